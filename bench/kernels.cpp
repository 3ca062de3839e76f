#include "kernels/kernels.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <benchmark/benchmark.h>

#include "tautrack/core/column_space.hpp"
#include "tautrack/network/activation.hpp"
#include "tautrack/network/perceptron.hpp"

#include "core/column_panels.hpp"
#include "kernels/numbers.hpp"
#include "problems.hpp"

#if defined(TAUTRACK_BENCH_OPENBLAS)
#include <cblas.h>
#endif

namespace {

using namespace tautrack;
using benchmark::Counter;

Counter rate(double amount) {
  return Counter(amount, Counter::kIsIterationInvariantRate, Counter::kIs1000);
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  bench::four_sizes(benchmark);
  benchmark->Args({100000, 200});
}

/// The sizes, each with every instruction set of this processor.
void sizes_and_instruction_sets(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"L", "s", "set"})->Unit(benchmark::kMicrosecond);
  for (const auto& [L, s] : {std::pair{10, 3}, {50, 6}, {1000, 20}, {20000, 100}, {100000, 200}})
    for (int set = 0; kernels::available()[set] != nullptr; ++set) benchmark->Args({L, s, set});
}

/// Makes the numbered instruction set the active one, as long as this lives.
struct Forced {
  Forced(benchmark::State& state, long set) {
    const kernels::Kernels* const chosen = kernels::available()[set];
    kernels::force(chosen);
    state.SetLabel(chosen->name);
  }
  ~Forced() { kernels::force(nullptr); }
  Forced(const Forced&) = delete;
  Forced& operator=(const Forced&) = delete;
};

const Perceptron& network_of(Index L, Index s) {
  static Index last_L = 0, last_s = 0;
  static std::optional<Perceptron> network;
  if (last_L != L || last_s != s) network.emplace(bench::regression_problem(L, s, 1));
  last_L = L;
  last_s = s;
  return *network;
}

// Question: how near to the limit of the machine is A' diag(c) A? Flops of the triangle; for the
// same number of them OpenBLAS is next.
void symmetric_product(benchmark::State& state) {
  const Index L = state.range(0), n = state.range(1);
  const Forced forced(state, state.range(2));
  const kernels::Kernels& loops = kernels::active();
  const Perceptron& network = network_of(L, n);
  const kernels::PanelRange all{0, kernels::panels_of(L)};
  const kernels::Numbers memory =
      kernels::numbers(loops.scratch_size(n) + all.last * kernels::panel_rows);
  double* const c = memory.get() + loops.scratch_size(n);
  for (Index i = 0; i < all.last * kernels::panel_rows; ++i)
    c[i] = 1.0 - 1e-6 * static_cast<double>(i);
  Matrix G(n, n);
  for (auto _ : state) {
    loops.symmetric_product(ColumnPanels(network.space()).basis(), all, n, c, memory.get(),
                            G.data());
    benchmark::ClobberMemory();
  }
  state.counters["flop/s"] = rate(static_cast<double>(L * n * (n + 1)));
}
BENCHMARK(symmetric_product)->Apply(sizes_and_instruction_sets);

#if defined(TAUTRACK_BENCH_OPENBLAS)
void dsyrk(benchmark::State& state) {
  const Index L = state.range(0), n = state.range(1);
  openblas_set_num_threads(1);
  const Matrix A = Matrix::Random(L, n);
  Matrix G(n, n);
  for (auto _ : state) {
    cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, static_cast<int>(n), static_cast<int>(L),
                1.0, A.data(), static_cast<int>(L), 0.0, G.data(), static_cast<int>(n));
    benchmark::ClobberMemory();
  }
  state.counters["flop/s"] = rate(static_cast<double>(L * n * (n + 1)));
}
BENCHMARK(dsyrk)->Apply(sizes);
#endif

// Question: what does reading the data once cost, u = A v alone?
void one_pass(benchmark::State& state) {
  const Index L = state.range(0), n = state.range(1);
  const Forced forced(state, state.range(2));
  const Perceptron& network = network_of(L, n);
  const kernels::Network view{
      ColumnPanels(network.space()).basis(), nullptr, L, n, {}, -1.0, 1.0, nullptr};
  const kernels::Numbers u = kernels::numbers(kernels::panels_of(L) * kernels::panel_rows);
  const Vector v = network.linear_solution();
  for (auto _ : state) {
    kernels::active().multiply(view, v.data(), nullptr, u.get());
    benchmark::ClobberMemory();
  }
  state.counters["byte/s"] = rate(static_cast<double>(8 * L * n));
}
BENCHMARK(one_pass)->Apply(sizes_and_instruction_sets);

// Questions: what do the three evaluations of a path cost?
void gradient(benchmark::State& state) {
  const Forced forced(state, state.range(2));
  const Perceptron& network = network_of(state.range(0), state.range(1));
  Perceptron::Workspace work(network);
  const Vector v = network.linear_solution();
  Vector H(network.unknowns());
  for (auto _ : state) {
    benchmark::DoNotOptimize(network.gradient(v, 0.9, work, H));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(gradient)->Apply(sizes_and_instruction_sets);

void hessian(benchmark::State& state) {
  const Forced forced(state, state.range(2));
  const Perceptron& network = network_of(state.range(0), state.range(1));
  const Index n = network.unknowns();
  Perceptron::Workspace work(network);
  const Vector v = network.linear_solution();
  Vector H(n), H_tau(n);
  Matrix H_v(n, n);
  for (auto _ : state) {
    benchmark::DoNotOptimize(network.derivatives(v, 0.9, work, H, H_v, H_tau));
    benchmark::ClobberMemory();
  }
  state.counters["flop/s"] = rate(static_cast<double>(state.range(0) * n * (n + 1)));
}
BENCHMARK(hessian)->Apply(sizes_and_instruction_sets);

// A series of so many orders; the time is that of all of them, items are orders.
void append_series(benchmark::State& state) {
  const Perceptron& network = network_of(state.range(0), state.range(1));
  const int orders = static_cast<int>(state.range(2));
  Perceptron::Workspace work(network);
  const Vector v = 0.1 * network.linear_solution();
  Vector rest(network.unknowns());
  network.gradient(v, 0.9, work, rest);
  for (auto _ : state) {
    for (int k = 1; k <= orders; ++k) {
      benchmark::DoNotOptimize(network.append_series(k, v, 0.01, work, rest));
      benchmark::ClobberMemory();
    }
  }
  state.SetItemsProcessed(state.iterations() * orders);
}
BENCHMARK(append_series)
    ->ArgNames({"L", "s", "orders"})
    ->ArgsProduct({{10}, {3}, {4, 8, 12}})
    ->ArgsProduct({{50}, {6}, {4, 8, 12}})
    ->ArgsProduct({{1000}, {20}, {4, 8, 12}})
    ->ArgsProduct({{20000}, {100}, {4, 8, 12}})
    ->ArgsProduct({{100000}, {200}, {4, 8, 12}})
    ->Unit(benchmark::kMicrosecond);

// Question: what do threads save?
void hessian_with_threads(benchmark::State& state) {
  const Perceptron& network = network_of(state.range(0), state.range(1));
  const Index n = network.unknowns();
  Perceptron::Workspace work(network, static_cast<int>(state.range(2)));
  const Vector v = network.linear_solution();
  Vector H(n), H_tau(n);
  Matrix H_v(n, n);
  for (auto _ : state) benchmark::DoNotOptimize(network.derivatives(v, 0.9, work, H, H_v, H_tau));
}
BENCHMARK(hessian_with_threads)
    ->ArgNames({"L", "s", "threads"})
    ->ArgsProduct({{20000}, {100}, {1, 2}})
    ->ArgsProduct({{100000}, {200}, {1, 2}})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

// Question: what does a sigmoid with its derivatives cost, one by one and in vectors? The tanh of
// the standard library and that of Eigen, which give the value alone, are there for comparison.
void sigmoids(benchmark::State& state) {
  const Forced forced(state, state.range(0));
  const Vector u = Vector::LinSpaced(1024, -8.0, 8.0);
  const kernels::Network view{nullptr, nullptr, 0, 0, kernels::Sigmoid::tanh, -1.0, 1.0, nullptr};
  const kernels::Numbers memory = kernels::numbers(1024 * (1 + kernels::sigmoid_arrays));
  std::copy(u.data(), u.data() + 1024, memory.get());
  for (auto _ : state) {
    kernels::active().evaluate(view, memory.get(), 1024, memory.get() + 1024);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * 1024);
}
void all_instruction_sets(benchmark::internal::Benchmark* benchmark) {
  for (int set = 0; kernels::available()[set] != nullptr; ++set) benchmark->Arg(set);
}
BENCHMARK(sigmoids)->Apply(all_instruction_sets);

void tanh_of_the_standard_library(benchmark::State& state) {
  const Vector u = Vector::LinSpaced(1024, -8.0, 8.0);
  Vector t(1024);
  for (auto _ : state) {
    for (Index i = 0; i < 1024; ++i) t(i) = std::tanh(u(i));
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * 1024);
}
BENCHMARK(tanh_of_the_standard_library);

void tanh_of_Eigen(benchmark::State& state) {
  const Vector u = Vector::LinSpaced(1024, -8.0, 8.0);
  Vector t(1024);
  for (auto _ : state) {
    t = u.array().tanh();
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * 1024);
}
BENCHMARK(tanh_of_Eigen);

// Question: what does a problem cost before its path begins?
void perceptron(benchmark::State& state) {
  const Problem problem = bench::regression_problem(state.range(0), state.range(1), 1);
  for (auto _ : state) benchmark::DoNotOptimize(Perceptron(problem));
}
BENCHMARK(perceptron)->Apply(sizes);

void workspace(benchmark::State& state) {
  const Perceptron& network = network_of(state.range(0), state.range(1));
  for (auto _ : state) benchmark::DoNotOptimize(Perceptron::Workspace(network));
}
BENCHMARK(workspace)->Apply(sizes);

void linear_solution(benchmark::State& state) {
  const Perceptron& network = network_of(state.range(0), state.range(1));
  for (auto _ : state) benchmark::DoNotOptimize(network.linear_solution());
}
BENCHMARK(linear_solution)->Apply(sizes);

}  // namespace
