#include "tautrack/fits/fitted_range.hpp"

#include <atomic>
#include <cmath>
#include <random>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

namespace {

using namespace tautrack;

/// An S-shape over equally spaced doses, its middle in the middle half of them, with noise of a twentieth of its
/// rise.
Problem s_shape(Index doses, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  const auto width = static_cast<double>(doses - 1);
  const double middle = width * (0.25 + 0.5 * uniform(engine));
  const double slope = (3.0 + 5.0 * uniform(engine)) / width;  // of tanh
  Matrix X(doses, 2);
  Vector y(doses);
  for (Index i = 0; i < doses; ++i) {
    const auto dose = static_cast<double>(i);
    X.row(i) << dose, 1.0;
    y(i) = 0.5 + 0.5 * std::tanh(slope * (dose - middle)) + 0.05 * normal(engine);
  }
  return make_problem(X, y);
}

std::vector<Problem> s_shapes(Index doses, int count) {
  std::vector<Problem> problems;
  for (int seed = 1; seed <= count; ++seed)
    problems.push_back(s_shape(doses, static_cast<std::uint64_t>(seed)));
  return problems;
}

AllFits all_fits_of(const Problem& problem) {
  return find_all_fits(problem, Activation::logistic, OutputRange{});
}

// Question: what do all fits of a four-parameter curve cost, with the proof that there are no others, by the number of
// doses? Fails when a list is not proven complete.
void fitted_range(benchmark::State& state) {
  const std::vector<Problem> problems = s_shapes(state.range(0), 10);
  std::size_t next = 0;
  double boxes = 0.0;
  for (auto _ : state) {
    const AllFits fits = all_fits_of(problems[next++ % problems.size()]);
    if (fits.level != Completeness::complete) {
      state.SkipWithError(fits.level_reason.c_str());
      break;
    }
    boxes += static_cast<double>(fits.search->boxes);
  }
  state.counters["boxes"] = benchmark::Counter(boxes, benchmark::Counter::kAvgIterations);
}
BENCHMARK(fitted_range)->ArgName("J")->Arg(8)->Arg(12)->Arg(20)->Unit(benchmark::kMillisecond);

// Question: how long does a plate of 96 curves of 8 doses take on one thread and on two?
void fitted_range_plate(benchmark::State& state) {
  const std::vector<Problem> plate = s_shapes(8, 96);
  const auto threads = static_cast<std::size_t>(state.range(0));
  std::atomic<int> complete{0};
  for (auto _ : state) {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t i; (i = next++) < plate.size();)
        if (all_fits_of(plate[i]).level == Completeness::complete) ++complete;
    };
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < threads; ++i) helpers.emplace_back(work);
    work();
  }
  state.counters["complete"] =
      benchmark::Counter(static_cast<double>(complete), benchmark::Counter::kAvgIterations);
}
BENCHMARK(fitted_range_plate)
    ->ArgName("threads")
    ->Arg(1)
    ->Arg(2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
