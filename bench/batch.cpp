#include "tautrack/path/batch.hpp"

#include <vector>

#include <benchmark/benchmark.h>

#include "problems.hpp"

namespace {

using namespace tautrack;

// Question: how many small problems a second, and what does the second thread bring? Time per batch
// of 4096 problems of 10 patterns and 3 weights.
void batch(benchmark::State& state) {
  std::vector<Perceptron> networks;
  for (std::uint64_t seed = 1; seed <= 4096; ++seed)
    networks.emplace_back(bench::regression_problem(10, 3, seed));
  const int threads = static_cast<int>(state.range(0));
  for (auto _ : state) {
    const std::vector<NaturalPath> paths = track_natural_batch(networks, {}, threads);
    for (const NaturalPath& path : paths)
      if (!path.ok()) state.SkipWithError(path.message.c_str());
  }
  state.counters["paths/s"] = benchmark::Counter(
      static_cast<double>(networks.size()) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
}
BENCHMARK(batch)->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

// Question: what does it save to share the inputs? 4096 targets over the same 50 patterns and 6
// weights: one network each, or one column space for all.
void targets(benchmark::State& state) {
  constexpr Index count = 4096;
  const Problem problem = bench::regression_problem(50, 6, 1);
  Matrix y(problem.y.size(), count);
  for (Index j = 0; j < count; ++j)
    y.col(j) = bench::regression_problem(50, 6, static_cast<std::uint64_t>(j) + 1).y;
  const bool shared = state.range(0) == 1;
  for (auto _ : state) {
    std::vector<NaturalPath> paths;
    if (shared) {
      paths = track_natural_batch(Perceptron(problem), y);
    } else {
      std::vector<Perceptron> networks;
      Problem other = problem;
      for (Index j = 0; j < count; ++j) {
        other.y = y.col(j);
        networks.emplace_back(other);
      }
      paths = track_natural_batch(networks);
    }
    for (const NaturalPath& path : paths)
      if (!path.ok()) state.SkipWithError(path.message.c_str());
  }
}
BENCHMARK(targets)->ArgName("shared")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
