#include "tautrack/path/batch.hpp"

#include <vector>

#include <benchmark/benchmark.h>

#include "problems.hpp"

namespace {

using namespace tautrack;

constexpr Index kPaths = 4096;

std::vector<Perceptron> many_networks(Index L, Index s) {
  std::vector<Perceptron> networks;
  for (Index j = 1; j <= kPaths; ++j)
    networks.emplace_back(bench::regression_problem(L, s, static_cast<std::uint64_t>(j)));
  return networks;
}

Matrix many_targets(Index L, Index s) {
  Matrix targets(L, kPaths);
  for (Index j = 0; j < kPaths; ++j)
    targets.col(j) = bench::regression_problem(L, s, static_cast<std::uint64_t>(j) + 1).y;
  return targets;
}

void count_paths(benchmark::State& state) {
  state.counters["paths/s"] =
      benchmark::Counter(static_cast<double>(kPaths) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}

void expect(benchmark::State& state, bool ok) {
  if (!ok) state.SkipWithError("a path has not arrived");
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"L", "s"})->Args({10, 3})->Args({50, 6})->Unit(benchmark::kMillisecond);
}

void sizes_and_threads(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"L", "s", "threads"})->UseRealTime()->Unit(benchmark::kMillisecond);
  for (const int threads : {1, 2}) benchmark->Args({10, 3, threads})->Args({50, 6, threads});
}

// Question: how many small problems a second, and what does the second thread bring? Time per batch of 4096 problems, each
// with inputs of its own: one after another, as a batch, and as a compact one.
void batch_alone(benchmark::State& state) {
  const std::vector<Perceptron> networks = many_networks(state.range(0), state.range(1));
  for (auto _ : state) {
    std::vector<NaturalPath> paths;
    paths.reserve(networks.size());
    for (const Perceptron& network : networks) paths.push_back(track_natural(network));
    for (const NaturalPath& path : paths) expect(state, path.ok());
  }
  count_paths(state);
}
BENCHMARK(batch_alone)->Apply(sizes);

void batch(benchmark::State& state) {
  const std::vector<Perceptron> networks = many_networks(state.range(0), state.range(1));
  for (auto _ : state) {
    const std::vector<NaturalPath> paths =
        track_natural_batch(networks, {}, static_cast<int>(state.range(2)));
    for (const NaturalPath& path : paths) expect(state, path.ok());
  }
  count_paths(state);
}
BENCHMARK(batch)->Apply(sizes_and_threads);

void batch_compact(benchmark::State& state) {
  const std::vector<Perceptron> networks = many_networks(state.range(0), state.range(1));
  for (auto _ : state) {
    const BatchPaths paths = track_natural_compact(networks, {}, static_cast<int>(state.range(2)));
    for (std::size_t i = 0; i < paths.size(); ++i) expect(state, paths.ok(i));
  }
  count_paths(state);
}
BENCHMARK(batch_compact)->Apply(sizes_and_threads);

// Question: what does it save to share the inputs? 4096 targets over the same patterns: one network each, built anew, or one
// column space for all, as NaturalPaths or compact.
void targets_alone(benchmark::State& state) {
  const Matrix y = many_targets(state.range(0), state.range(1));
  Problem problem = bench::regression_problem(state.range(0), state.range(1), 1);
  for (auto _ : state) {
    std::vector<Perceptron> networks;
    for (Index j = 0; j < kPaths; ++j) {
      problem.y = y.col(j);
      networks.emplace_back(problem);
    }
    for (const NaturalPath& path : track_natural_batch(networks)) expect(state, path.ok());
  }
  count_paths(state);
}
BENCHMARK(targets_alone)->Apply(sizes);

void targets(benchmark::State& state) {
  const Matrix y = many_targets(state.range(0), state.range(1));
  const Perceptron network(bench::regression_problem(state.range(0), state.range(1), 1));
  for (auto _ : state)
    for (const NaturalPath& path : track_natural_batch(network, y)) expect(state, path.ok());
  count_paths(state);
}
BENCHMARK(targets)->Apply(sizes);

void targets_compact(benchmark::State& state) {
  const Matrix y = many_targets(state.range(0), state.range(1));
  const Perceptron network(bench::regression_problem(state.range(0), state.range(1), 1));
  for (auto _ : state) {
    const BatchPaths paths = track_natural_compact(network, y);
    for (std::size_t i = 0; i < paths.size(); ++i) expect(state, paths.ok(i));
  }
  count_paths(state);
}
BENCHMARK(targets_compact)->Apply(sizes);

}  // namespace
