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

}  // namespace
