#include <benchmark/benchmark.h>

#include "tautrack/path/natural_path.hpp"

#include "problems.hpp"

namespace {

using namespace tautrack;

/// From X and y to the end of the path, the factorisation X = QR included. Fails loudly when the
/// path does not arrive.
void whole_path(benchmark::State& state, Index L, Index s) {
  const Problem problem = bench::regression_problem(L, s, 1);
  for (auto _ : state) {
    const NaturalPath path = track_natural(Perceptron(problem));
    if (!path.ok()) {
      state.SkipWithError(path.message.c_str());
      break;
    }
  }
  state.SetComplexityN(state.range(0));
}

// Question: how does the cost of a fit grow with the number of patterns at fixed s = 10?
void growth_in_patterns(benchmark::State& state) { whole_path(state, state.range(0), 10); }
BENCHMARK(growth_in_patterns)
    ->RangeMultiplier(2)
    ->Range(256, 65536)
    ->Unit(benchmark::kMillisecond)
    ->Complexity(benchmark::oN);

// Question: how does it grow with the number of weights at fixed L = 20000?
void growth_in_weights(benchmark::State& state) { whole_path(state, 20000, state.range(0)); }
BENCHMARK(growth_in_weights)
    ->Arg(5)
    ->Arg(10)
    ->Arg(20)
    ->Arg(40)
    ->Arg(80)
    ->Arg(160)
    ->Unit(benchmark::kMillisecond)
    ->Complexity(benchmark::oNSquared);

}  // namespace
