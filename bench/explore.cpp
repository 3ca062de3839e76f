// Parts of the exploration.

#include "tautrack/explore/explore.hpp"

#include <cmath>
#include <random>

#include <Eigen/QR>
#include <benchmark/benchmark.h>

#include "tautrack/events/morse_index.hpp"
#include "tautrack/tracker/tracker.hpp"

#include "core/numbers.hpp"
#include "explore/asymptote.hpp"
#include "explore/descent.hpp"
#include "explore/subsystems.hpp"
#include "homotopy/newton.hpp"
#include "support/exponential_minima.hpp"
#include "support/random_problem.hpp"

namespace {

using namespace tautrack;

/// A third of the eigenvalues negative, over three decades.
Matrix saddle_hessian(Index n) {
  std::mt19937_64 engine(1);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> decades(-3.0, 0.0);
  const Matrix random = Matrix::NullaryExpr(n, n, [&] { return normal(engine); });
  const Matrix Q = Eigen::HouseholderQR<Matrix>(random).householderQ();
  Vector values(n);
  for (Index i = 0; i < n; ++i)
    values(i) = (i % 3 == 0 ? -1.0 : 1.0) * std::pow(10.0, decades(engine));
  return Q * values.asDiagonal() * Q.transpose();
}

// Question: what does the Morse index of a saddle cost, and what do the eigenvalues that it does without?
void morse_index(benchmark::State& state) {
  const Matrix H_x = saddle_hessian(state.range(0));
  MorseIndex morse;
  for (auto _ : state) benchmark::DoNotOptimize(morse.count(H_x, 1e-7));
}
BENCHMARK(morse_index)->Arg(5)->Arg(7)->Arg(31)->Arg(100);

void morse_index_by_eigenvalues(benchmark::State& state) {
  const Matrix H_x = saddle_hessian(state.range(0));
  MorseIndex morse;
  for (auto _ : state) benchmark::DoNotOptimize(morse.eigenvalues(H_x).data());
}
BENCHMARK(morse_index_by_eigenvalues)->Arg(5)->Arg(7)->Arg(31)->Arg(100);

/// The last points that are accepted on a Newton curve before it is known that it has come to its last piece, and when it is.
struct Tail {
  Vector before, after;
  double lambda_before = 0.0, lambda_after = 0.0;
};

Tail tail_of(const Perceptron& network, const NewtonAsymptotes& asymptotes, const Vector& a) {
  NewtonHomotopy homotopy(network);
  homotopy.set_direction(a);
  ExploreOptions few;
  few.certify = false;
  few.max_points = 1;
  const Vector start = network.coordinates(explore(network, few).points.front().weights);
  Vector H(network.unknowns());
  homotopy.residual(start, 0.0, H);
  TrackOptions options;
  options.tau_target = kInfinity;
  options.locate_folds = false;
  Tracker tracker(homotopy, start, options);
  Tail tail;
  while (tracker.advance()) {
    const PathPoint& point = tracker.point();
    if (asymptotes.direction(point.x, point.tau, a)) {
      tail.after = point.x;
      tail.lambda_after = point.tau;
      break;
    }
    tail.before = point.x;
    tail.lambda_before = point.tau;
  }
  return tail;
}

// Question: what does it cost to tell that a Newton curve has come to its last piece (argument 1: yes), or has not (0)?
void newton_asymptote(benchmark::State& state) {
  const Perceptron network(support::exponential_minima(6, 3, 1));
  const NewtonAsymptotes asymptotes(network);
  const Vector a = Vector::LinSpaced(network.unknowns(), 1.0, 2.0).normalized();
  const Tail tail = tail_of(network, asymptotes, a);
  if (tail.before.size() == 0 || tail.after.size() == 0) {
    state.SkipWithError("the curve does not run away");
    return;
  }
  const bool is_after = state.range(0) == 1;
  const Vector& v = is_after ? tail.after : tail.before;
  const double lambda = is_after ? tail.lambda_after : tail.lambda_before;
  for (auto _ : state) benchmark::DoNotOptimize(asymptotes.direction(v, lambda, a));
}
BENCHMARK(newton_asymptote)->Arg(0)->Arg(1);

// Question: what does a descent cost that sets out next to a saddle?
void descent_from_saddle(benchmark::State& state) {
  const Perceptron network(support::exponential_minima(state.range(0), 2, 1));
  ExploreOptions options;
  options.certify = false;
  const Exploration exploration = explore(network, options);
  Vector start;
  for (const StationaryPoint& point : exploration.points)
    if (point.morse_index.value_or(0) > 0)
      start = network.coordinates(point.weights) * (1.0 + 1e-3);
  Descender descender(network);
  for (auto _ : state) benchmark::DoNotOptimize(descender.descend(start).energy);
}
BENCHMARK(descent_from_saddle)->Arg(3)->Arg(5);

// Question: what do all zeros on one line to infinity cost, for L patterns and s weights?
void far_line(benchmark::State& state) {
  const Index L = state.range(0), s = state.range(1);
  support::Random random(1);
  Matrix X(L, s);
  Vector y(L);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = random.normal();
    y(i) = random.uniform(-0.9, 0.9);
  }
  const Subsystems subsystems{Perceptron(make_problem(X, y))};
  std::uint32_t line = 0;
  std::size_t places = 0;
  for (auto _ : state) {
    places += subsystems.on_line(line).size();
    line = (line + 1) % subsystems.lines();
  }
  state.counters["places"] =
      benchmark::Counter(static_cast<double>(places), benchmark::Counter::kAvgIterations);
}
BENCHMARK(far_line)
    ->ArgNames({"L", "s"})
    ->Args({10, 3})
    ->Args({30, 3})
    ->Args({34, 4})
    ->Args({60, 4})
    ->Unit(benchmark::kMicrosecond);

// Question: what does a whole exploration cost, certificates included: s axes, (2k - 1)^s points?
void exploration(benchmark::State& state) {
  const Perceptron network(
      support::exponential_minima(state.range(0), static_cast<int>(state.range(1)), 1));
  for (auto _ : state) benchmark::DoNotOptimize(explore(network).points.size());
}
BENCHMARK(exploration)->Args({3, 3})->Args({4, 3})->Unit(benchmark::kMillisecond);

}  // namespace
