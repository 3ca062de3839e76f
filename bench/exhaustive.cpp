#include <algorithm>
#include <cmath>
#include <vector>

#include <benchmark/benchmark.h>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/exhaustive/energy_bound.hpp"
#include "tautrack/exhaustive/search.hpp"

#include "exhaustive/sigmoid.hpp"
#include "network/traits.hpp"
#include "support/random_problem.hpp"

namespace {

using namespace tautrack;

/// L patterns with s normal inputs of size three and targets inside the range.
Problem small_problem(Index L, Index s, std::uint64_t seed) {
  support::Random random(seed);
  Matrix X(L, s);
  Vector y(L);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = 3.0 * random.normal();
    y(i) = random.uniform(-0.9, 0.9);
  }
  return make_problem(X, y);
}

void report(benchmark::State& state, const SearchResult& result) {
  state.counters["boxes"] = static_cast<double>(result.boxes);
  state.counters["points"] = static_cast<double>(result.points.size());
  state.counters["undecided"] = static_cast<double>(result.undecided_count);
}

// Question: how does the cost of a proven list grow with the weights and the patterns?
void search(benchmark::State& state) {
  const Problem problem = small_problem(state.range(1), state.range(0), 1);
  SearchOptions options;
  options.seconds = 600.0;
  SearchResult result;
  for (auto _ : state) result = search_exhaustively(Perceptron(problem), options);
  report(state, result);
}
BENCHMARK(search)
    ->ArgNames({"s", "L"})
    ->Args({1, 10})
    ->Args({2, 10})
    ->Args({2, 30})
    ->Args({3, 6})
    ->Args({3, 10})
    ->Args({4, 6})
    ->Args({4, 13})
    ->Args({4, 22})
    ->Args({5, 9})
    ->Args({5, 12})
    ->Unit(benchmark::kMillisecond);

/// One axis a weight, k patterns on each: (2k - 1)^s stationary points.
void exponential_minima(benchmark::State& state) {
  const Index s = state.range(0), k = state.range(1);
  Matrix X = Matrix::Zero(s * k, s);
  Vector y(s * k);
  support::Random random(1);
  for (Index a = 0; a < s; ++a) {
    double size = 0.5 + static_cast<double>(random.integer(0, 65)) / 64.0;
    for (Index j = 0; j < k; ++j, size *= 10.0) {
      X(a * k + j, a) = size;
      y(a * k + j) = static_cast<double>(random.integer(26, 39)) / 64.0;
    }
  }
  // Integer multiples of rotations: the axes are hidden, parallel rows stay parallel.
  Matrix axes = Matrix::Identity(s, s);
  if (s == 2) axes << 3, 4, -4, 3;
  if (s == 3) axes << 1, 2, 2, 2, 1, -2, 2, -2, 1;
  const Problem problem = make_problem(X * axes, y);
  SearchResult result;
  for (auto _ : state) result = search_exhaustively(Perceptron(problem));
  report(state, result);
}
BENCHMARK(exponential_minima)
    ->ArgNames({"s", "k"})
    ->Args({2, 3})
    ->Args({3, 2})
    ->Args({3, 3})
    ->Args({4, 2})
    ->Unit(benchmark::kMillisecond);

/// L patterns with s - 1 normal inputs and a bias, and a sigmoid with this noise, in hundredths.
Problem noisy_problem(Index L, Index s, Index noise) {
  support::Random random(static_cast<std::uint64_t>(1000 * s + L));
  Matrix X(L, s);
  Vector w(s), y(L);
  for (Index j = 0; j < s; ++j) w(j) = 1.5 * random.normal();
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = j + 1 < s ? random.normal() : 1.0;
    const double clean = std::tanh(X.row(i).dot(w));
    y(i) = std::clamp(clean + 0.01 * static_cast<double>(noise) * random.normal(), -0.95, 0.95);
  }
  return make_problem(X, y);
}

// Question: what does the proof cost that the best fit is the best, as weights, patterns and noise grow?
void lower_bound(benchmark::State& state) {
  const Perceptron network(noisy_problem(state.range(1), state.range(0), state.range(2)));
  EnergyBoundOptions options;
  options.seconds = 600.0;
  options.max_nodes = 20000;
  // Its own descents find the best fit.
  Vector best = bound_energy(network, Vector::Zero(network.columns()), {}, options).best_weights;
  const Certificate certificate = Certifier(network).certify(best);
  std::vector<KnownMinimum> known;
  if (certificate.certified) known.push_back({certificate.weights, certificate.radius});
  EnergyBound bound;
  for (auto _ : state) bound = bound_energy(network, best, known, options);
  state.counters["nodes"] = static_cast<double>(bound.nodes);
  state.counters["proven"] = bound.is_global ? 1.0 : 0.0;
}
BENCHMARK(lower_bound)
    ->ArgNames({"s", "L", "noise"})
    ->Args({2, 30, 20})
    ->Args({3, 30, 20})
    ->Args({4, 30, 20})
    ->Args({4, 60, 20})
    ->Args({4, 60, 60})
    ->Args({6, 60, 20})
    ->Unit(benchmark::kMillisecond);

// Question: what do rigorous bounds of one pattern over an interval cost, by activation?
void pattern_bounds(benchmark::State& state) {
  const auto kind = static_cast<Activation>(state.range(0));
  state.SetLabel(std::string(to_string(kind)));
  const exhaustive::OddSigmoid sigmoid(traits(kind).form);
  const exhaustive::Target target = sigmoid.target(0.25);
  double low = -3.0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(sigmoid.bounds({low, low + 0.1}, target, 0.0));
    low = low > 3.0 ? -3.0 : low + 0.01;
  }
}
BENCHMARK(pattern_bounds)->DenseRange(0, 3);

}  // namespace
