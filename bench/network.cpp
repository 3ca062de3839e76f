#include <benchmark/benchmark.h>

#include "tautrack/network/activation.hpp"
#include "tautrack/network/perceptron.hpp"

#include "core/bordered.hpp"
#include "problems.hpp"

namespace {

using namespace tautrack;

// Question: what does one linearisation (H, H_v, H_tau in one pass) cost, the unit of a path's
// work?
void derivatives(benchmark::State& state) {
  const Perceptron network(bench::regression_problem(state.range(0), state.range(1), 1));
  Perceptron::Workspace work(network);
  const Index n = network.unknowns();
  const Vector v = network.linear_solution();
  Vector H(n), H_tau(n);
  Matrix H_v(n, n);
  for (auto _ : state) {
    benchmark::DoNotOptimize(network.derivatives(v, 0.9, work, H, H_v, H_tau));
    benchmark::ClobberMemory();
  }
  const double flops = static_cast<double>(state.range(0) * n * (n + 1));
  state.counters["flops of H_v"] = benchmark::Counter(
      flops, benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
}
BENCHMARK(derivatives)->Apply(bench::four_sizes);

// Question: what does the factorisation X = QR cost, once per problem?
void column_space(benchmark::State& state) {
  const Problem problem = bench::regression_problem(state.range(0), state.range(1), 1);
  for (auto _ : state)
    benchmark::DoNotOptimize(
        ColumnSpace(problem.X, problem.pattern_weights, PerceptronOptions{}.rank_tolerance));
}
BENCHMARK(column_space)->Apply(bench::four_sizes);

// Question: how does one factorisation of the bordered matrix grow with the number of unknowns?
void bordered_factor(benchmark::State& state) {
  const Index n = state.range(0);
  const Matrix A = Matrix::Random(n, n);
  const Matrix H_x = A + A.transpose();
  const Vector H_tau = Vector::Random(n);
  const Vector border = Vector::Unit(n + 1, n);
  BorderedMatrix bordered(n);
  for (auto _ : state) benchmark::DoNotOptimize(bordered.factor(H_x, H_tau, border, {}));
  state.SetComplexityN(n);
}
BENCHMARK(bordered_factor)->RangeMultiplier(2)->Range(2, 256)->Complexity();

// Question: what does one sigmoid with its three derivatives cost, by activation?
void activation(benchmark::State& state) {
  const auto kind = static_cast<Activation>(state.range(0));
  const Vector u = Vector::LinSpaced(1024, -8.0, 8.0);
  state.SetLabel(std::string(to_string(kind)));
  for (auto _ : state) {
    double sum = 0.0;
    for (Index i = 0; i < u.size(); ++i) {
      const ActivationValues values = evaluate(kind, u(i));
      sum += values.value + values.first + values.second + values.third;
    }
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * u.size());
}
BENCHMARK(activation)->DenseRange(0, 3);

}  // namespace
