// All local minima: explore() of tautrack and multistart local fits by Ceres Solver on the same problems
// in the same run. See bench/README.md.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/version.hpp"

#include "../peers/ceres_fit.hpp"
#include "../peers/format.hpp"
#include "auer.hpp"
#include "contest.hpp"
#include "multistart.hpp"

namespace tautrack::multistart {

namespace {

using peers::duration;
using peers::number;
using peers::Row;

constexpr const char* about =
    R"(Look for all local minima with explore() of tautrack and with multistart
Levenberg-Marquardt fits by Ceres Solver

Problems are s x k: k patterns on each of s hidden axes, k^s minima among
(2k - 1)^s stationary points, or data from a file. Exit status 1: explore()
missed a stationary point that is known, or listed or certified one wrongly,
and a sentence on standard error says which.)";

struct Options {
  std::vector<std::string> problems = {"3x4", "4x3"};
  std::vector<std::string> inputs = {"rotated"};
  std::string data;
  bool standardise = false;
  std::uint64_t seed = 1;
  int seeds = 1;
  bool remarks = false;
  ContestOptions contest;
};

/// "3x4" is s = 3, k = 4.
std::optional<AuerShape> parse_shape(const std::string& text) {
  AuerShape shape;
  const char* const end = text.data() + text.size();
  const auto axes = std::from_chars(text.data(), end, shape.s);
  if (axes.ec != std::errc() || axes.ptr == end || *axes.ptr != 'x') return std::nullopt;
  const auto patterns = std::from_chars(axes.ptr + 1, end, shape.k);
  if (patterns.ec != std::errc() || patterns.ptr != end) return std::nullopt;
  if (shape.s < 1 || shape.k < 1 || shape.k > 5) return std::nullopt;
  double points = 1.0;
  for (int i = 0; i < shape.s; ++i) points *= 2.0 * shape.k - 1.0;
  return points <= 1e6 ? std::optional(shape) : std::nullopt;
}

/// Every column that is not constant gets mean zero and standard deviation one.
void standardise(Matrix& X) {
  for (Index j = 0; j < X.cols(); ++j) {
    const double mean = X.col(j).mean();
    const double deviation = std::sqrt((X.col(j).array() - mean).square().mean());
    if (deviation > 0.0) X.col(j) = (X.col(j).array() - mean) / deviation;
  }
}

// ------------------------------------------------------------------------------------------- tables

/// Over the seeds.
struct Spread {
  double median;
  double worst;
};

/// @param best_is_least Whether less is better.
Spread spread(std::vector<double> values, bool best_is_least) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  // Of an even number the worse one of the two in the middle: infinity has no mean with a number.
  const double median = values[values.size() % 2 == 0 && !best_is_least ? half - 1 : half];
  return {median, best_is_least ? values.back() : values.front()};
}

/// One value a contest, of the same contender.
template <class Value>
std::vector<double> collect(const std::vector<Contest>& contests, std::size_t who, Value value) {
  std::vector<double> values;
  for (const Contest& contest : contests) values.push_back(value(contest.entries[who]));
  return values;
}

/// "median (worst)", without the latter when there is one seed only.
template <class Format>
std::string cell(const Spread& of, std::size_t seeds, Format format) {
  return format(of.median) + (seeds > 1 ? " (" + format(of.worst) + ")" : "");
}

std::string integer(double value) { return number("%.0f", value); }

/// Whether the contender claims to be complete, in how many runs, and in how many wrongly.
std::string knowledge(const std::vector<Contest>& contests, std::size_t who) {
  std::size_t claims = 0;
  std::size_t wrong = 0;
  for (const Contest& contest : contests) {
    const Entry& entry = contest.entries[who];
    if (!entry.claims) continue;
    ++claims;
    if (entry.is_wrong) ++wrong;
  }
  if (claims == 0) return "no";
  std::string out = "yes";
  if (claims < contests.size())
    out += ", in " + std::to_string(claims) + " of " + std::to_string(contests.size());
  if (wrong > 0) out += ", wrongly in " + std::to_string(wrong);
  return out;
}

/// The table of one shape, over the seeds.
std::vector<Row> table(const std::vector<Contest>& contests) {
  std::vector<Row> rows = {{"method", "all minima after", "found in explore's time",
                            "time per minimum", "false ends", "claims all"}};
  const std::size_t seeds = contests.size();
  const std::string all = std::to_string(contests.front().minima);
  for (std::size_t who = 0; who < contests.front().entries.size(); ++who) {
    const auto values = [&](auto value) { return collect(contests, who, value); };
    const Spread after =
        spread(values([](const Entry& entry) {
                 return entry.all_after.value_or(std::numeric_limits<double>::infinity());
               }),
               true);
    const Spread minima =
        spread(values([](const Entry& entry) { return static_cast<double>(entry.minima); }), false);
    const Spread seconds = spread(values([](const Entry& entry) { return entry.seconds; }), true);
    const Spread in_time = spread(
        values([](const Entry& entry) { return static_cast<double>(entry.in_explore_time); }),
        false);
    const Spread per_minimum =
        spread(values([](const Entry& entry) {
                 return entry.seconds / static_cast<double>(std::max(1L, entry.minima));
               }),
               true);
    const Spread false_share =
        spread(values([](const Entry& entry) { return entry.false_share; }), true);
    const bool is_fit = contests.front().entries[who].fits > 0;
    // Not all found: then how long it was tried, and how many were found.
    const std::string long_enough = std::isfinite(after.median) ? duration(after.median)
                                                                : "> " + duration(seconds.median) +
                                                                      ": " + integer(minima.median);
    const std::string at_worst =
        std::isfinite(after.worst) ? duration(after.worst) : integer(minima.worst) + " of " + all;
    std::string remainder;
    if (seeds > 1)
      remainder.append(" (").append(at_worst).append(")");
    else if (!std::isfinite(after.median))
      remainder = " of " + all;
    rows.push_back(
        {contests.front().entries[who].who, long_enough + remainder,
         cell(in_time, seeds, integer) + " of " + all, cell(per_minimum, seeds, duration),
         is_fit ? number("%.0f %%", 100.0 * false_share.median) : "-", knowledge(contests, who)});
  }
  return rows;
}

/// The table of data of which nothing is known beforehand.
std::vector<Row> table_of_data(const Contest& contest) {
  std::vector<Row> rows = {
      {"method", "time", "minima", "best energy", "time per minimum", "false ends", "claims all"}};
  for (const Entry& entry : contest.entries)
    rows.push_back(
        {entry.who, duration(entry.seconds),
         std::to_string(entry.minima) + " of " + std::to_string(contest.minima),
         std::isfinite(entry.best_energy) ? number("%.9g", entry.best_energy) : "-",
         entry.minima > 0 ? duration(entry.seconds / static_cast<double>(entry.minima)) : "-",
         entry.fits > 0 ? number("%.0f %%", 100.0 * entry.false_share) : "-",
         entry.claims ? "yes" : "no"});
  return rows;
}

/// On standard error, at once; true when there are none.
bool print_failures(const Contest& contest) {
  for (const std::string& sentence : contest.failures)
    std::fprintf(stderr, "%s\n", sentence.c_str());
  return contest.failures.empty();
}

void print(const std::vector<Row>& rows, const std::vector<Contest>& contests, bool with_remarks) {
  peers::print_table(rows, /*markdown=*/true);
  std::puts("");
  if (with_remarks) {
    for (const Contest& contest : contests)
      for (const std::string& remark : contest.remarks) std::printf("- %s\n", remark.c_str());
    std::puts("");
  }
  std::fflush(stdout);
}

FitMethod choose_method(const Problem& problem, std::uint64_t seed) {
  const Trial trial = try_methods(problem, seed);
  std::printf("One fit in a trial: TinySolver %s, ceres::Solve %s; multistart takes %s.\n\n",
              duration(trial.tiny_fit).c_str(), duration(trial.full_fit).c_str(),
              std::string(to_string(trial.method)).c_str());
  std::fflush(stdout);
  return trial.method;
}

bool run_family(const AuerShape& shape, const Options& options) {
  std::printf("%s: %ld minima among %.0f stationary points; %d %s from %llu, %d %s.\n",
              to_string(shape).c_str(), expected_by_index(shape).front(),
              std::pow(2.0 * shape.k - 1.0, shape.s), options.seeds,
              options.seeds == 1 ? "seed" : "seeds", static_cast<unsigned long long>(options.seed),
              options.contest.threads, options.contest.threads == 1 ? "thread" : "threads");
  const FitMethod method =
      choose_method(make_auer_problem(shape, options.seed).problem, options.seed);
  bool ok = true;
  std::vector<Contest> contests;
  for (int i = 0; i < options.seeds; ++i) {
    contests.push_back(
        run_contest(shape, options.seed + static_cast<std::uint64_t>(i), method, options.contest));
    ok = print_failures(contests.back()) && ok;
  }
  print(table(contests), contests, options.remarks);
  return ok;
}

bool run_data(const Options& options) {
  bool ok = true;
  for (Problem& problem : read_csv(options.data).problems) {
    if (options.standardise) standardise(problem.X);
    std::printf("%s: %ld patterns, %ld weights%s; %d threads.\n", problem.name.c_str(),
                static_cast<long>(problem.X.rows()), static_cast<long>(problem.X.cols()),
                options.standardise ? ", columns standardised" : "", options.contest.threads);
    const FitMethod method = choose_method(problem, options.seed);
    const Contest contest = run_contest(problem, options.seed, method, options.contest);
    ok = print_failures(contest) && ok;
    print(table_of_data(contest), {contest}, options.remarks);
  }
  return ok;
}

int run(int argc, char** argv) {
  Options options;
  CLI::App program(about, "tautrack_multistart");
  program.add_option("--problems", options.problems, "Sizes s x k, separated by commas")
      ->delimiter(',')
      ->check(CLI::Validator(
          [](const std::string& text) {
            return parse_shape(text) ? std::string()
                                     : "a problem is s x k such as 3x4, k at most 5 and (2k - 1)^s "
                                       "at most a million, got " +
                                           text;
          },
          "SxK"))
      ->capture_default_str();
  program
      .add_option(
          "--inputs", options.inputs,
          "How columns hide the axes: rotated, or mixed by a matrix of condition 10 besides")
      ->delimiter(',')
      ->check(CLI::IsMember({"rotated", "mixed"}))
      ->capture_default_str();
  CLI::Option* const data =
      program.add_option("--data", options.data, "Take a CSV file instead of these problems")
          ->check(CLI::ExistingFile);
  program
      .add_flag("--standardise", options.standardise,
                "Columns of the file get mean zero and standard deviation one")
      ->needs(data);
  program
      .add_option("--seconds", options.contest.seconds,
                  "Time per multistart run, at least; explore's if that is longer. With --data it "
                  "is always explore's. 0 leaves multistart out")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  program
      .add_option("--explore-seconds", options.contest.explore_seconds,
                  "Time after which explore has to end")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  program.add_option("--threads", options.contest.threads, "Threads of multistart and of explore")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  program.add_option("--seed", options.seed, "Of the data, of explore and of the starts")
      ->capture_default_str();
  program
      .add_option("--seeds", options.seeds,
                  "So many, one after the other; tables show the median and the worst")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  program.add_flag("--remarks", options.remarks, "Print what each run did");
  CLI11_PARSE(program, argc, argv);

  std::printf("tautrack %s%s, Ceres %s\n\n", std::string(version).c_str(),
              Certifier::available() ? "" : " without certificates",
              peers::ceres_version().c_str());
  try {
    if (!options.data.empty()) return run_data(options) ? 0 : 1;
    bool ok = true;
    for (const std::string& inputs : options.inputs)
      for (const std::string& text : options.problems) {
        AuerShape shape = *parse_shape(text);
        shape.inputs = inputs == "mixed" ? Inputs::mixed : Inputs::rotated;
        ok = run_family(shape, options) && ok;
      }
    return ok ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}

}  // namespace

}  // namespace tautrack::multistart

int main(int argc, char** argv) { return tautrack::multistart::run(argc, argv); }
