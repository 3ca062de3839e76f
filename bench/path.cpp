#include <cmath>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "tautrack/path/amplitude_path.hpp"
#include "tautrack/path/natural_path.hpp"

#include "problems.hpp"

namespace {

using namespace tautrack;

/// Tracks the seeds in turn; counters are means per path. Fails loudly when a path does not arrive.
void track_seeds(benchmark::State& state, Index L, Index s, int seeds, PredictorKind predictor) {
  std::vector<Perceptron> networks;
  for (int seed = 1; seed <= seeds; ++seed)
    networks.emplace_back(bench::regression_problem(L, s, static_cast<std::uint64_t>(seed)));
  TrackOptions options;
  options.predictor.kind = predictor;
  Work total;
  std::size_t next = 0;
  double folds = 0.0;
  for (auto _ : state) {
    const NaturalPath path = track_natural(networks[next++ % networks.size()], options);
    if (!path.ok()) {
      state.SkipWithError(path.message.c_str());
      break;
    }
    total.steps += path.work.steps;
    total.rejected += path.work.rejected;
    total.factorisations += path.work.factorisations;
    total.evaluations += path.work.evaluations;
    total.passes_over_data += path.work.passes_over_data;
    folds += static_cast<double>(path.folds.size());
  }
  const auto mean = [](double sum) {
    return benchmark::Counter(sum, benchmark::Counter::kAvgIterations);
  };
  state.counters["steps"] = mean(static_cast<double>(total.steps));
  state.counters["rejected"] = mean(static_cast<double>(total.rejected));
  state.counters["factorisations"] = mean(static_cast<double>(total.factorisations));
  state.counters["hessians"] = mean(static_cast<double>(total.evaluations));
  state.counters["passes"] = mean(static_cast<double>(total.passes_over_data));
  state.counters["folds"] = mean(folds);
}

// Question: what does one whole path cost, start, tracking and report in the user's units, for four
// sizes? (The factorisation X = QR is not in it: see column_space in network.cpp.)
void path(benchmark::State& state, PredictorKind predictor) {
  const Index L = state.range(0);
  const Index s = state.range(1);
  track_seeds(state, L, s, L <= 1000 ? 20 : 1, predictor);
}
BENCHMARK_CAPTURE(path, taylor, PredictorKind::taylor)->Apply(bench::four_sizes);
BENCHMARK_CAPTURE(path, tangent, PredictorKind::tangent)->Apply(bench::four_sizes);
BENCHMARK_CAPTURE(path, davidenko, PredictorKind::davidenko)->Apply(bench::four_sizes);

// Question: how does the cost of a path grow with the number of patterns at fixed s = 10?
void path_growth_in_patterns(benchmark::State& state) {
  track_seeds(state, state.range(0), 10, 1, PredictorKind::taylor);
  state.SetComplexityN(state.range(0));
}
BENCHMARK(path_growth_in_patterns)
    ->RangeMultiplier(4)
    ->Range(256, 65536)
    ->Unit(benchmark::kMicrosecond)
    ->Complexity(benchmark::oN);

// Question: what does the path of a four-parameter curve cost, from the data to the report, for 20 doses? S-shapes
// with noise of a twentieth of their half width, all of which have a finite fit.
void amplitude_path(benchmark::State& state) {
  constexpr Index doses = 20, problems = 20;
  std::mt19937_64 engine(1);
  std::normal_distribution<double> normal;
  std::vector<Problem> curves;
  for (Index p = 0; p < problems; ++p) {
    Matrix X(doses, 2);
    Vector y(doses);
    for (Index i = 0; i < doses; ++i) {
      X.row(i) << static_cast<double>(i), 1.0;
      y(i) = 3.0 + 2.0 * std::tanh(0.3 * (static_cast<double>(i) - 9.0)) + 0.1 * normal(engine);
    }
    curves.push_back(make_problem(X, y));
  }
  std::size_t next = 0;
  double steps = 0.0;
  for (auto _ : state) {
    const NaturalPath path = track_amplitude(curves[next++ % curves.size()]);
    if (!path.ok()) {
      state.SkipWithError(path.message.c_str());
      break;
    }
    steps += static_cast<double>(path.work.steps);
  }
  state.counters["steps"] = benchmark::Counter(steps, benchmark::Counter::kAvgIterations);
}
BENCHMARK(amplitude_path)->Unit(benchmark::kMicrosecond);

}  // namespace
