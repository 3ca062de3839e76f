#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

/// Runs of the program, for its tests. Needs TAUTRACK_PROGRAM, the path of the program.
namespace tautrack::support {

namespace filesystem = std::filesystem;
using Json = nlohmann::json;

/// One weight, seven patterns; the natural path has two folds (reference s1_folds).
inline constexpr const char* two_folds_csv =
    "x1,y\n-48,-0.09375\n-64,-0.890625\n-960,-0.453125\n3,0.125\n31,0.90625\n28,-0.265625\n"
    "-100,-0.671875\n";

/// Targets outside (-1, 1): the weights grow without bound (reference s2_diverges_outside).
inline constexpr const char* infinite_csv =
    "x1,x2,y\n-1.875,-0.40625,-1.53125\n2,0.25,1.4375\n-1.71875,-0.5,-1.359375\n"
    "0.3125,0.0625,1.578125\n0.03125,2.15625,1.625\n";

/// Two weights; the natural path ends at a maximum (reference s2_ends_at_maximum).
inline constexpr const char* maximum_csv =
    "x1,x2,y\n-29,-18,-0.921875\n-0.6875,0.96875,-0.671875\n13.25,-12.25,0.71875\n"
    "-14.75,2.75,-0.828125\n-0.5625,-0.40625,-0.515625\n";

/// The same beside a weight of its own, of which the end is a minimum: a saddle.
inline constexpr const char* saddle_csv =
    "x1,x2,x3,y\n-29,-18,0,-0.921875\n-0.6875,0.96875,0,-0.671875\n13.25,-12.25,0,0.71875\n"
    "-14.75,2.75,0,-0.828125\n-0.5625,-0.40625,0,-0.515625\n0,0,1,0.25\n";

inline std::string contents(const filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline std::vector<std::string> lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> result;
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

/// The fields of a row of comma-separated text without quotes.
inline std::vector<std::string> fields(const std::string& row) {
  std::istringstream stream(row);
  std::vector<std::string> result;
  for (std::string field; std::getline(stream, field, ',');) result.push_back(field);
  if (row.ends_with(',')) result.emplace_back();
  return result;
}

/// How one run of the program ended.
struct Run {
  int status = -1;     ///< Exit status; -1 when a signal ended it.
  std::string output;  ///< Standard output.
  std::string errors;  ///< Standard error.
};

/// An empty folder in which the program runs, gone at the end.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (filesystem::temp_directory_path() / "tautrack-test-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    filesystem::create_directory(folder_ / "work");
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    filesystem::remove_all(folder_, ignored);
  }

  [[nodiscard]] filesystem::path operator/(const std::string& name) const {
    return folder_ / "work" / name;
  }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(*this / name, std::ios::binary) << text;
  }

  /// Runs `tautrack <arguments>` through the shell, with `before` in front of it and its standard
  /// output going to `output` instead of being kept, if that is given.
  [[nodiscard]] Run run(const std::string& arguments, const std::string& output = "",
                        const std::string& before = "") const {
    const std::string command = "cd '" + (folder_ / "work").string() + "' && " + before + " '" +
                                TAUTRACK_PROGRAM + "' " + arguments + " >" +
                                (output.empty() ? "../output" : output) + " 2> ../errors";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            output.empty() ? contents(folder_ / "output") : "", contents(folder_ / "errors")};
  }

  /// Names of the files in the folder, hidden ones too, in sorted order, a blank behind each.
  [[nodiscard]] std::string files() const {
    std::vector<std::string> names;
    for (const auto& entry : filesystem::directory_iterator(folder_ / "work"))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    std::string all;
    for (const std::string& name : names) all += name + ' ';
    return all;
  }

 private:
  filesystem::path folder_;
};

/// The lines of standard error without those of the progress, which end in seconds: what takes more
/// than one of them on a slow machine says how far it is.
inline std::vector<std::string> sentences(const std::string& errors) {
  std::vector<std::string> said;
  for (const std::string& line : lines(errors)) {
    const std::size_t comma = line.rfind(", ");
    const std::string last = comma == std::string::npos ? "" : line.substr(comma + 2);
    const std::size_t digits = last.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string::npos || last.substr(digits) != " s")
      said.push_back(line);
  }
  return said;
}

/// Checks that a run ended with status 2, one sentence on standard error and nothing else. The
/// sentence has to contain `part`.
inline void check_refused(const Run& run, const std::string& part) {
  CAPTURE(run.errors);
  CHECK(run.status == 2);
  CHECK(run.output.empty());
  CHECK(run.errors.starts_with("tautrack: "));
  const std::vector<std::string> said = sentences(run.errors);
  REQUIRE(said.size() == 1);
  CHECK(said.front().find(part) != std::string::npos);
}

/// Checks that the text fits the width of a page.
inline void check_page(const std::string& text) {
  for (const std::string& line : lines(text)) {
    CAPTURE(line);
    CHECK(line.size() <= 80);
  }
}

/// Checks that the text has all these parts, `before` in front of each.
inline void check_says(const std::string& text, const std::vector<std::string>& parts,
                       const std::string& before = "") {
  for (const std::string& part : parts) {
    CAPTURE(part);
    CHECK(text.find(before + part) != std::string::npos);
  }
}

/// Options of data, network and output, which track, solve and geometry share.
inline const std::vector<std::string> shared_options = fields(
    "DATA.csv,--format,--separator,--decimal,--columns,--ignore,--missing,--one-hot,--log,--target,"
    "--targets,--classes,--positive,--level,--no-bias,--keep-replicates,--activation,--range,--fix,"
    "--ridge,--ridge-standardised,--pattern-weights,--seed,--threads,--json,--csv,--plot,--quiet");

/// Checks that the help of a subcommand fits a screen and names the whole help; that this fits the page, has all these
/// options and says what the exit status means; and that the main help names the subcommand. Returns the whole help.
inline std::string check_help(const Scratch& scratch, const std::string& command,
                              const std::vector<std::string>& options) {
  const Run brief = scratch.run(command + " --help");
  CHECK(brief.status == 0);
  CHECK(brief.errors.empty());
  check_page(brief.output);
  CHECK(lines(brief.output).size() <= 45);
  check_says(brief.output,
             {"Usage: tautrack " + command, "tautrack " + command + " --help-all\n", "Examples:"});
  const Run run = scratch.run(command + " --help-all");
  CHECK(run.status == 0);
  CHECK(run.errors.empty());
  check_page(run.output);
  check_says(run.output, options, "  ");
  CHECK(run.output.find("Exit status:") != std::string::npos);
  CHECK(scratch.run("--help").output.find("tautrack " + command) != std::string::npos);
  return run.output;
}

/// The text with its line breaks and indentation as single blanks.
inline std::string on_one_line(const std::string& text) {
  std::string result;
  for (const char c : text)
    if (const char blank = c == '\n' ? ' ' : c; blank != ' ' || !result.ends_with(' '))
      result += blank;
  return result;
}

/// The first problem of a JSON report.
inline Json problem_of(const Run& run) {
  CAPTURE(run.errors);
  return Json::parse(run.output).at("problems").at(0);
}

/// A JSON report without what time measures.
inline Json without_seconds(const std::string& report) {
  Json json = Json::parse(report);
  for (Json& problem : json.at("problems")) {
    for (const char* part : {"exploration", "search"})
      if (problem.contains(part) && problem.at(part).is_object()) problem[part].erase("seconds");
    if (!problem.at("path").is_null()) problem.at("path").at("work").erase("seconds");
  }
  return json;
}

inline bool has_gnuplot() { return std::system("gnuplot --version > /dev/null 2>&1") == 0; }

}  // namespace tautrack::support
