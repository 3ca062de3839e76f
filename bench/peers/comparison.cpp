#include "comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "tautrack/path/natural_path.hpp"

#include "../problems.hpp"
#include "ceres_fit.hpp"
#include "format.hpp"
#include "machine.hpp"
#include "stopwatch.hpp"
#include "textbook_tracker.hpp"

namespace tautrack::peers {

namespace {

constexpr int kLeastRounds = 3;
constexpr int kLeastTrials = 2;

/// Relative differences up to which two energies, or two vectors of weights, are the same.
constexpr double kSameEnergy = 1e-8;
constexpr double kSameWeights = 1e-8;

/// A fit whose gradient is larger than this, relative to what it is summed from, has not converged.
/// (The energy is flat to rounding where the gradient is about 1e-8.)
constexpr double kLargestGradient = 1e-7;

/// Patterns at a time that one pass over X is tried with, besides all of them.
constexpr Index kPassRows = 8192;

constexpr CeresSetup tiny_setup{CeresSetup::Solver::tiny, 0};

/// One problem in the forms in which the contenders take it.
struct Case {
  explicit Case(Problem given)
      : problem(std::move(given)), network(problem), fit(prepare_fit(problem)) {}
  Problem problem;
  Perceptron network;
  FitProblem fit;
};

/// Tries the set-ups of Ceres in turn and takes the fastest.
CeresSetup fastest_setup(const std::vector<Case>& cases, double seconds, Comparison& out) {
  const std::vector<CeresSetup> setups = ceres_setups(out.set.L, out.set.s);
  Stopwatch watch;
  for (const CeresSetup& setup : setups)
    watch.add([&cases, &setup] {
      for (const Case& one : cases) (void)ceres_fit(one.fit, setup);
    });
  watch.measure(seconds, kLeastTrials);
  std::string remark = out.set.name + ": Ceres in trials:";
  std::size_t best = 0;
  for (std::size_t i = 0; i < setups.size(); ++i) {
    if (watch.least(i) < watch.least(best)) best = i;
    remark += (i > 0 ? "; " : " ") + to_string(setups[i]) + " " +
              duration(watch.least(i) / static_cast<double>(cases.size()));
  }
  out.remarks.push_back(remark);
  out.ceres_setup = to_string(setups[best]);
  return setups[best];
}

/// Whether a fit has converged, to the energy at the end of the path. What is wrong with it goes into
/// `out`.
bool is_same_fit(const CeresResult& fit, const FitProblem& problem, const NaturalPath& path,
                 const std::string& who, Comparison& out) {
  const double gradient = relative_gradient(problem, fit.weights);
  if (!fit.ok || !(gradient <= kLargestGradient)) {
    out.failures.push_back(who + number(": relative gradient %.1e, ", gradient) + fit.message);
    return false;
  }
  if (!path.ok()) return false;
  const double energy = path.end->energy;
  if (std::abs(fit.energy - energy) <= kSameEnergy * energy) return true;
  out.remarks.push_back(who + number(": energy %.12g", fit.energy) +
                        number(", tautrack %.12g", energy));
  return false;
}

/// The same for the end of the textbook tracker and its weights.
bool is_same_end(const TextbookResult& end, const NaturalPath& path, const std::string& who,
                 Comparison& out) {
  if (!end.ok) {
    out.failures.push_back(who + ": " + end.message);
    return false;
  }
  if (!path.ok()) return false;
  const double difference = (end.weights - path.end->weights).norm() / path.end->weights.norm();
  if (difference <= kSameWeights) return true;
  out.remarks.push_back(who +
                        number(": it ends elsewhere, at a relative distance of %.1e", difference));
  return false;
}

/// The untimed run: who arrives, where, and after how much work.
void check_answers(const std::vector<Case>& cases, const CeresSetup& setup, Comparison& out) {
  const double share = 1.0 / static_cast<double>(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& one = cases[i];
    const std::string where = out.set.name + ", seed " + std::to_string(i + 1) + ": ";
    const NaturalPath path = track_natural(one.network);
    if (!path.ok()) out.failures.push_back(where + "tautrack: " + path.message);
    out.tautrack_hessians += share * static_cast<double>(path.work.evaluations);
    out.tautrack_passes += share * static_cast<double>(path.work.passes_over_data);
    out.folds += path.folds.size();

    const CeresResult fit = ceres_fit(one.fit, setup);
    out.ceres_jacobians += share * static_cast<double>(fit.jacobians);
    if (is_same_fit(fit, one.fit, path, where + "Ceres", out)) ++out.ceres_same;
    if (is_tiny(out.set.L, out.set.s) &&
        is_same_fit(ceres_fit(one.fit, tiny_setup), one.fit, path, where + "TinySolver", out))
      ++out.tiny_same;

    const TextbookResult end = textbook_path(one.problem.X, one.problem.y);
    out.textbook_hessians += share * static_cast<double>(end.hessians);
    if (is_same_end(end, path, where + "textbook tracker", out)) ++out.textbook_same;
  }
}

}  // namespace

const std::vector<ProblemSet>& problem_sets() {
  static const std::vector<ProblemSet> sets = {{"P1", 10, 3, 20, false},
                                               {"P2", 50, 6, 20, false},
                                               {"P3", 1000, 20, 1, false},
                                               {"P4", 20000, 100, 1, true},
                                               {"P5", 100000, 200, 1, true}};
  return sets;
}

Comparison compare(const ProblemSet& set, double seconds) {
  use_one_thread();
  Comparison out;
  out.set = set;
  std::vector<Case> cases;
  cases.reserve(set.seeds);
  for (std::uint64_t seed = 1; seed <= set.seeds; ++seed)
    cases.emplace_back(bench::regression_problem(set.L, set.s, seed));
  const CeresSetup setup = fastest_setup(cases, 0.5 * seconds, out);
  check_answers(cases, setup, out);

  Stopwatch watch;
  const std::size_t whole = watch.add([&cases] {
    for (const Case& one : cases) (void)track_natural(Perceptron(one.problem));
  });
  const std::size_t path_only = watch.add([&cases] {
    for (const Case& one : cases) (void)track_natural(one.network);
  });
  const std::size_t ceres = watch.add([&cases, &setup] {
    for (const Case& one : cases) (void)ceres_fit(one.fit, setup);
  });
  const std::size_t textbook = watch.add([&cases] {
    for (const Case& one : cases) (void)textbook_path(one.problem.X, one.problem.y);
  });

  std::optional<std::size_t> tiny;
  if (is_tiny(set.L, set.s))
    tiny = watch.add([&cases] {
      for (const Case& one : cases) (void)ceres_fit(one.fit, tiny_setup);
    });

  // The operations of the machine limit, each in several ways, of which the fastest counts.
  std::vector<std::size_t> products, passes;
  Matrix gram(set.s, set.s);
  Vector u(set.L);
  if (set.has_limit) {
    const Matrix& X = cases.front().problem.X;
    const Vector& w = cases.front().fit.start;
    for (const Library library : {Library::eigen, Library::openblas}) {
      if (library == Library::openblas && !has_openblas()) continue;
      products.push_back(watch.add([&X, &gram, library] { symmetric_product(library, X, gram); }));
      for (const Index rows : {set.L, kPassRows})
        passes.push_back(watch.add([&X, &w, &u, library, rows] { pass(library, rows, X, w, u); }));
    }
  }

  watch.measure(seconds, kLeastRounds);
  const double share = 1.0 / static_cast<double>(cases.size());
  out.rounds = watch.rounds();
  out.share_of_processor = watch.share_of_processor();
  out.tautrack = share * watch.least(whole);
  out.path_only = share * watch.least(path_only);
  out.ceres = share * watch.least(ceres);
  out.textbook = share * watch.least(textbook);
  if (tiny) out.tiny = share * watch.least(*tiny);
  if (set.has_limit) {
    const auto fastest = [&watch](const std::vector<std::size_t>& numbers) {
      double least = std::numeric_limits<double>::infinity();
      for (const std::size_t number : numbers) least = std::min(least, watch.least(number));
      return least;
    };
    out.limit = MachineLimit{fastest(products), fastest(passes)};
  }
  return out;
}

}  // namespace tautrack::peers
