// tautrack, a local fit by Ceres Solver and a textbook path tracker on the same problems in the same
// run. See bench/README.md.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "tautrack/version.hpp"

#include "ceres_fit.hpp"
#include "comparison.hpp"
#include "format.hpp"
#include "machine.hpp"

namespace tautrack::peers {

namespace {

constexpr const char* about =
    R"(Compare tautrack with a local fit by Ceres Solver and with a textbook tracker

All contenders run on the same problems, in turn, on one thread; times are
the least wall times for one problem. Exit status 1: a contender failed on a
problem, and a sentence on standard error says which.)";

const Row head = {"problem",
                  "tautrack",
                  "path only",
                  "Ceres",
                  "TinySolver",
                  "textbook",
                  "Ceres / tautrack",
                  "TinySolver / tautrack",
                  "textbook / tautrack",
                  "Hessians: tautrack, Ceres, textbook",
                  "passes of tautrack",
                  "X'X",
                  "X w",
                  "limit",
                  "tautrack / limit"};

Row row(const Comparison& from) {
  const ProblemSet& set = from.set;
  const std::string none = "-";
  const std::optional<MachineLimit>& limit = from.limit;
  return {set.name + " (" + std::to_string(set.L) + " x " + std::to_string(set.s) + ")",
          duration(from.tautrack),
          duration(from.path_only),
          duration(from.ceres),
          from.tiny ? duration(*from.tiny) : none,
          duration(from.textbook),
          number("%.2f", from.ceres / from.tautrack),
          from.tiny ? number("%.2f", *from.tiny / from.tautrack) : none,
          number("%.2f", from.textbook / from.tautrack),
          number("%.1f, ", from.tautrack_hessians) + number("%.1f, ", from.ceres_jacobians) +
              number("%.1f", from.textbook_hessians),
          number("%.1f", from.tautrack_passes),
          limit ? duration(limit->product) : none,
          limit ? duration(limit->pass) : none,
          limit ? duration(limit->path()) : none,
          limit ? number("%.2f", from.tautrack / limit->path()) : none};
}

/// What the table leaves out: the measurement, the set-up of Ceres, how many ends agree.
std::string summary(const Comparison& from) {
  const auto count = [&from](const char* who, std::uint64_t same) {
    return std::string(who) + " " + std::to_string(same) + " of " + std::to_string(from.set.seeds);
  };
  return from.set.name + ": same end as tautrack: " + count("Ceres", from.ceres_same) +
         (from.tiny ? count(", TinySolver", from.tiny_same) : "") +
         count(", textbook", from.textbook_same) +
         "; folds on all paths: " + std::to_string(from.folds) + "; Ceres with " +
         from.ceres_setup + "; " + std::to_string(from.rounds) + " rounds with " +
         number("%.0f %% of a processor", 100.0 * from.share_of_processor);
}

int run(int argc, char** argv) {
  CLI::App program(about, "tautrack_peers");
  std::vector<std::string> names;
  for (const ProblemSet& set : problem_sets()) names.push_back(set.name);
  std::vector<std::string> chosen = names;
  double seconds = 0.3;
  bool markdown = false;
  program.add_option("--problems", chosen, "The sets of problems, separated by commas")
      ->delimiter(',')
      ->check(CLI::IsMember(names))
      ->capture_default_str();
  program
      .add_option("--seconds", seconds,
                  "Time per contender and set, at least; three rounds are always run")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  program.add_flag("--markdown", markdown, "Print the table as Markdown");
  CLI11_PARSE(program, argc, argv);

  std::vector<Row> rows = {head};
  std::vector<std::string> remarks;
  bool failed = false;
  for (const ProblemSet& set : problem_sets()) {
    if (std::find(chosen.begin(), chosen.end(), set.name) == chosen.end()) continue;
    const Comparison result = compare(set, seconds);
    rows.push_back(row(result));
    remarks.push_back(summary(result));
    remarks.insert(remarks.end(), result.remarks.begin(), result.remarks.end());
    for (const std::string& sentence : result.failures)
      std::fprintf(stderr, "%s\n", sentence.c_str());
    failed = failed || !result.failures.empty();
  }

  std::printf("tautrack %s, Ceres %s, %s\n\n", std::string(version).c_str(),
              ceres_version().c_str(),
              has_openblas() ? ("OpenBLAS for " + openblas_processor()).c_str() : "no OpenBLAS");
  print_table(rows, markdown);
  std::puts("");
  for (const std::string& remark : remarks)
    std::printf("%s%s\n", markdown ? "- " : "", remark.c_str());
  return failed ? 1 : 0;
}

}  // namespace

}  // namespace tautrack::peers

int main(int argc, char** argv) { return tautrack::peers::run(argc, argv); }
