#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <sys/resource.h>
#include <vector>

#include <benchmark/benchmark.h>

#include "tautrack/path/natural_path.hpp"

namespace {

using namespace tautrack;

/// L patterns with 20 entries each, N(0, 1.5^2), in random columns; y = tanh(X w) + 0.1 N(0, 1) clipped
/// to [-0.95, 0.95], with X w of variance 1.5. Seeded.
SparseProblem sparse_problem(Index L, Index s, std::uint64_t seed) {
  constexpr Index entries = 20;
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  std::uniform_int_distribution<Index> any_column(0, s - 1);
  SparseMatrix X(L, s);
  X.reserve(L * entries);
  std::vector<Index> columns;
  for (Index i = 0; i < L; ++i) {
    columns.clear();
    while (static_cast<Index>(columns.size()) < entries) {
      const Index column = any_column(engine);
      if (std::find(columns.begin(), columns.end(), column) == columns.end())
        columns.push_back(column);
    }
    std::sort(columns.begin(), columns.end());
    X.startVec(i);
    for (const Index column : columns) X.insertBack(i, column) = 1.5 * normal(engine);
  }
  X.finalize();
  Vector w(s);
  for (double& weight : w)
    weight = std::sqrt(1.5 / (2.25 * static_cast<double>(entries))) * normal(engine);
  const Vector u = X * w;
  Vector y(L);
  for (Index i = 0; i < L; ++i)
    y(i) = std::clamp(std::tanh(u(i)) + 0.1 * normal(engine), -0.95, 0.95);
  return make_sparse_problem(std::move(X), std::move(y));
}

/// Largest memory that the process has had so far, in megabytes.
double peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

// Question: what does a whole path cost without any matrix, from X and y to the report in the user's
// units? peak_MB is that of the process: run one size alone.
void sparse_path(benchmark::State& state) {
  const SparseProblem problem = sparse_problem(state.range(0), state.range(1), 1);
  Work work;
  for (auto _ : state) {
    const NaturalPath path = track_natural(SparsePerceptron(problem));
    if (!path.ok()) {
      state.SkipWithError(path.message.c_str());
      break;
    }
    work = path.work;
  }
  state.counters["steps"] = static_cast<double>(work.steps);
  state.counters["krylov"] = static_cast<double>(work.krylov_iterations);
  state.counters["passes"] = static_cast<double>(work.passes_over_data);
  state.counters["peak_MB"] = peak_memory();
}

// Question: what does one product with the Hessian cost, the unit of all the others?
void sparse_product(benchmark::State& state) {
  const SparsePerceptron network(sparse_problem(state.range(0), state.range(1), 1));
  SparsePerceptron::Workspace work(network);
  Vector p = network.linear_solution();
  Vector out(network.unknowns());
  network.gradient(p, 0.5, work, out);
  for (auto _ : state) {
    network.hessian_product(work, p, out);
    benchmark::DoNotOptimize(out.data());
  }
}

/// The large size takes most of a minute and a gigabyte: only with TAUTRACK_LARGE=1 in the environment.
void sparse_sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"L", "s"})->Args({20000, 2000})->Unit(benchmark::kMillisecond);
  const char* const large = std::getenv("TAUTRACK_LARGE");
  if (large != nullptr && *large == '1') benchmark->Args({1000000, 20000});
}
BENCHMARK(sparse_path)->Apply(sparse_sizes);
BENCHMARK(sparse_product)->Apply(sparse_sizes);

}  // namespace
