#include "contest.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <set>
#include <utility>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/explore/explore.hpp"
#include "tautrack/fits/all_fits.hpp"

#include "../peers/format.hpp"

namespace tautrack::multistart {

namespace {

using peers::duration;
using peers::number;

/// Sentences of one sort before the rest is only counted.
constexpr std::size_t kMostSentences = 3;

double energy_at(const Problem& problem, const Vector& node_inputs) {
  return 0.5 * (node_inputs.array().tanh().matrix() - problem.y).squaredNorm();
}

/// The points that a problem is known to have; numbers in `all` are those in AuerProblem::points.
struct Expected {
  explicit Expected(const AuerProblem& from) {
    for (const ExpectedPoint& point : from.points) {
      const Vector u = from.problem.X * point.weights;
      const double energy = energy_at(from.problem, u);
      all.add(u, energy);
      energies.push_back(energy);
      if (point.morse_index == 0) minima.add(u, energy);
    }
  }
  PointTable all, minima;
  std::vector<double> energies;
};

struct ExploreRun {
  Exploration exploration;
  double seconds = 0.0;
  std::optional<double> all_points_after;  ///< End of the round with as many points as there are.
  PointTable minima;
  double best_energy = std::numeric_limits<double>::infinity();
  bool is_consistent = false;  ///< It ended by itself and the sum of (-1)^index is the one forced.
  bool all_certified = true;
};

ExploreRun run_explore(const Problem& problem, std::uint64_t seed, int threads, double seconds,
                       std::optional<long> points) {
  using Clock = std::chrono::steady_clock;
  ExploreRun run;
  const Clock::time_point began = Clock::now();
  const auto elapsed = [began] {
    return std::chrono::duration<double>(Clock::now() - began).count();
  };
  ExploreOptions options;
  options.seed = seed;
  options.threads = threads;
  options.seconds = seconds;
  options.progress = [&](long found, long /*curves*/, int /*quiet*/) {
    if (points && found >= *points && !run.all_points_after) run.all_points_after = elapsed();
  };
  run.exploration = explore(Perceptron(problem), options);
  run.seconds = elapsed();

  int index_sum = 0;
  bool all_known = true;
  for (const StationaryPoint& point : run.exploration.points) {
    run.all_certified = run.all_certified && point.status == PointStatus::certified;
    all_known = all_known && point.morse_index.has_value();
    index_sum += point.morse_index.value_or(0) % 2 == 0 ? 1 : -1;
    run.best_energy = std::min(run.best_energy, point.energy);
    if (point.morse_index != 0) continue;
    const Vector u = problem.X * point.weights;
    if (!run.minima.find(u, point.energy)) run.minima.add(u, point.energy);
  }
  run.is_consistent = run.exploration.end == ExploreEnd::quiet && all_known &&
                      forced_index_sum(Perceptron(problem)) == index_sum;
  return run;
}

std::string plural_threads(int threads) {
  return std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

/// Appends at most kMostSentences of them, and how many there are besides.
void append(std::vector<std::string>& to, const std::string& where,
            const std::vector<std::string>& sentences) {
  const std::size_t shown = std::min(sentences.size(), kMostSentences);
  for (std::size_t i = 0; i < shown; ++i) to.push_back(where + sentences[i]);
  if (shown < sentences.size())
    to.push_back(where + std::to_string(sentences.size() - shown) + " more of this sort");
}

/// What a run has missed, added or got wrong; true when that is nothing.
bool check_points(const AuerProblem& auer, const AuerShape& shape, const Expected& expected,
                  const ExploreRun& run, const std::string& where, Contest& out) {
  const std::size_t before = out.failures.size();
  const std::vector<StationaryPoint>& points = run.exploration.points;
  std::vector<int> times(auer.points.size(), 0);
  std::vector<long> by_index(static_cast<std::size_t>(shape.s) + 1, 0);
  std::vector<std::string> wrong;
  std::vector<std::string> uncertified;
  for (const StationaryPoint& point : points) {
    const Vector u = auer.problem.X * point.weights;
    const std::string name = "the point of index " +
                             (point.morse_index ? std::to_string(*point.morse_index) : "unknown") +
                             number(" and energy %.12g (", point.energy) + point.found_by + ")";
    if (point.morse_index) ++by_index[static_cast<std::size_t>(*point.morse_index)];
    if (Certifier::available() && point.status != PointStatus::certified)
      uncertified.push_back(name + " is not certified: " + point.reason);
    const std::optional<int> known = expected.all.find(u, energy_at(auer.problem, u));
    if (!known) {
      wrong.push_back(name + " is none of those that there are");
      continue;
    }
    const auto k = static_cast<std::size_t>(*known);
    if (++times[k] == 2) wrong.push_back(name + " is listed twice");
    if (point.morse_index != auer.points[k].morse_index)
      wrong.push_back(name + " has index " + std::to_string(auer.points[k].morse_index));
  }
  std::vector<std::string> missed;
  for (std::size_t k = 0; k < times.size(); ++k)
    if (times[k] == 0)
      missed.push_back("missed the point of index " + std::to_string(auer.points[k].morse_index) +
                       number(" and energy %.12g", expected.energies[k]));
  const std::vector<long> counts = expected_by_index(shape);
  if (by_index != counts) {
    std::string sentence = "points by index:";
    for (std::size_t j = 0; j < counts.size(); ++j)
      sentence +=
          (j > 0 ? ", " : " ") + std::to_string(by_index[j]) + " of " + std::to_string(counts[j]);
    out.failures.push_back(where + sentence + "; " + run.exploration.message);
  }
  append(out.failures, where, missed);
  append(out.failures, where, wrong);
  append(out.failures, where, uncertified);
  return out.failures.size() == before;
}

bool is_same_list(const Exploration& a, const Exploration& b) {
  return std::equal(a.points.begin(), a.points.end(), b.points.begin(), b.points.end(),
                    [](const StationaryPoint& p, const StationaryPoint& q) {
                      return p.weights == q.weights && p.morse_index == q.morse_index;
                    });
}

std::string remark_on(const ExploreRun& run) {
  const Exploration& from = run.exploration;
  return std::to_string(from.points.size()) + " points" +
         (run.all_points_after ? ", the last one after at most " + duration(*run.all_points_after)
                               : "") +
         ", " + std::to_string(from.rounds) + " rounds, " + std::to_string(from.curves) +
         " curves (" + std::to_string(from.failed_curves) + " failed), " +
         std::to_string(from.steps) + " steps, " + std::to_string(from.descents) + " descents, " +
         std::to_string(from.spurious) + " landings that were no points" +
         (run.all_certified ? "; all certified" : "");
}

/// Runs everybody. `auer` and `expected` are null when nothing is known beforehand.
Contest run(const Problem& problem, const AuerProblem* auer, const AuerShape& shape,
            const Expected* expected, std::uint64_t seed, FitMethod method,
            const ContestOptions& options) {
  Contest out;
  const std::string where =
      (auer != nullptr ? to_string(shape) + ", seed " : problem.name + ", seed ") +
      std::to_string(seed) + ": ";
  PointTable everyone;  // the minima that anyone has found
  const auto add_to_everyone = [&everyone](const PointTable& minima) {
    for (int i = 0; i < minima.size(); ++i)
      if (!everyone.find(minima.node_inputs(i), minima.energy(i)))
        everyone.add(minima.node_inputs(i), minima.energy(i));
  };

  std::vector<ExploreRun> explorations;
  for (const int threads : std::set<int>{1, options.threads}) {
    const ExploreRun run = run_explore(
        problem, seed, threads, options.explore_seconds,
        auer != nullptr ? std::optional(static_cast<long>(auer->points.size())) : std::nullopt);
    Entry entry;
    entry.who = "explore, " + plural_threads(threads);
    entry.seconds = run.seconds;
    entry.minima = entry.in_explore_time = run.minima.size();
    entry.best_energy = run.best_energy;
    entry.claims = run.is_consistent && (run.all_certified || !Certifier::available());
    if (expected != nullptr && run.minima.size() == expected->minima.size())
      entry.all_after = run.seconds;
    const std::string at = where + entry.who + ": ";
    if (auer != nullptr && !explorations.empty() &&
        is_same_list(explorations.back().exploration, run.exploration))
      entry.is_wrong = out.entries.back().is_wrong;  // said already
    else if (auer != nullptr)
      entry.is_wrong = !check_points(*auer, shape, *expected, run, at, out);
    out.entries.push_back(entry);
    out.remarks.push_back(at + remark_on(run));
    add_to_everyone(run.minima);
    explorations.push_back(run);
  }
  const Exploration& first = explorations.front().exploration;
  const Exploration& last = explorations.back().exploration;
  if (first.end == ExploreEnd::quiet && last.end == ExploreEnd::quiet && !is_same_list(first, last))
    out.failures.push_back(where + "the list of explore depends on the number of threads");

  const double explore_seconds = explorations.back().seconds;
  for (const Starts starts : all_starts) {
    if (options.seconds <= 0.0) break;
    MultistartOptions fit_options;
    fit_options.starts = starts;
    fit_options.method = method;
    fit_options.seed = seed;
    fit_options.threads = options.threads;
    fit_options.seconds =
        expected != nullptr ? std::max(options.seconds, explore_seconds) : explore_seconds;
    fit_options.expected = expected != nullptr ? &expected->minima : nullptr;
    const MultistartRun run = multistart(problem, fit_options);
    Entry entry;
    entry.who = "LM from " + std::string(to_string(starts));
    entry.seconds = run.seconds;
    entry.minima = run.minima.size();
    entry.in_explore_time = run.found_within(explore_seconds);
    entry.best_energy = run.best_energy;
    entry.fits = run.fits;
    entry.false_share =
        static_cast<double>(run.false_ends) / static_cast<double>(std::max(1L, run.fits));
    if (expected != nullptr && run.minima.size() == expected->minima.size())
      entry.all_after = run.seconds;
    out.entries.push_back(entry);
    out.remarks.push_back(where + entry.who + ": " + std::to_string(run.fits) + " fits in " +
                          duration(run.seconds) + ", of which " + std::to_string(run.false_ends) +
                          " false ends, " + std::to_string(run.saddles) + " saddles, " +
                          std::to_string(run.unfinished) + " unfinished");
    if (run.unexpected > 0)
      out.failures.push_back(where + entry.who + ": " + std::to_string(run.unexpected) +
                             " fits ended in minima that are none of those that there are");
    add_to_everyone(run.minima);
  }
  out.minima = expected != nullptr ? expected->minima.size() : everyone.size();
  return out;
}

}  // namespace

Contest run_contest(const AuerShape& shape, std::uint64_t seed, FitMethod method,
                    const ContestOptions& options) {
  const AuerProblem auer = make_auer_problem(shape, seed);
  const Expected expected(auer);
  return run(auer.problem, &auer, shape, &expected, seed, method, options);
}

Contest run_contest(const Problem& problem, std::uint64_t seed, FitMethod method,
                    const ContestOptions& options) {
  return run(problem, nullptr, {}, nullptr, seed, method, options);
}

}  // namespace tautrack::multistart
