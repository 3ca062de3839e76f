#include <benchmark/benchmark.h>

#include "tautrack/geometry/curvature.hpp"
#include "tautrack/geometry/curvature_bound.hpp"
#include "tautrack/geometry/data_manifold.hpp"
#include "tautrack/geometry/uniqueness.hpp"
#include "tautrack/network/perceptron.hpp"

#include "problems.hpp"

/// Question: what does the geometry at a fit cost, beside a gradient of the same network?
namespace {

using namespace tautrack;

void sizes(benchmark::internal::Benchmark* benchmark) {
  bench::four_sizes(benchmark);
  benchmark->Args({100000, 200});
}

/// A network, its data manifold and weights of the size of a fit.
struct Setting {
  explicit Setting(const benchmark::State& state, double tau = 1.0)
      : network(bench::regression_problem(state.range(0), state.range(1), 1)),
        manifold(network, tau),
        v(network.linear_solution()) {}
  Perceptron network;
  DataManifold manifold;
  Vector v;
};

/// The unit of the others.
void geometry_gradient(benchmark::State& state) {
  const Setting setting(state);
  Perceptron::Workspace work(setting.network);
  Vector H(setting.network.unknowns());
  for (auto _ : state) benchmark::DoNotOptimize(setting.network.gradient(setting.v, 1.0, work, H));
}
BENCHMARK(geometry_gradient)->Apply(sizes);

/// Factorisation of J, leverages included.
void geometry_tangent_space(benchmark::State& state) {
  const Setting setting(state);
  for (auto _ : state) benchmark::DoNotOptimize(setting.manifold.at(setting.v).distance());
}
BENCHMARK(geometry_tangent_space)->Apply(sizes);

/// Principal curvatures towards y, and the bound of all others.
void geometry_curvatures(benchmark::State& state) {
  const Setting setting(state);
  const ManifoldPoint point = setting.manifold.at(setting.v);
  for (auto _ : state) {
    benchmark::DoNotOptimize(point.pattern_bound());
    benchmark::DoNotOptimize(principal_curvatures(point, point.residual()).values.data());
  }
}
BENCHMARK(geometry_curvatures)->Apply(sizes);

/// One ascent to a local maximum of the curvature over all tangents.
void geometry_ascent(benchmark::State& state) {
  const Setting setting(state);
  const ManifoldPoint point = setting.manifold.at(setting.v);
  CurvatureOptions options;
  options.starts = 1;
  options.tolerance = 1e-6;
  for (auto _ : state) benchmark::DoNotOptimize(largest_curvature(point, options).value);
}
BENCHMARK(geometry_ascent)->Apply(sizes);

/// The bound over all weights, and whether the fit is inside the tube.
void geometry_certificate(benchmark::State& state) {
  const Setting setting(state, 0.5);
  for (auto _ : state)
    benchmark::DoNotOptimize(certify_unique(setting.network, setting.v, 0.5).unique);
}
BENCHMARK(geometry_certificate)->Apply(sizes);

}  // namespace
