#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

#include <benchmark/benchmark.h>

#include "tautrack/data/dataset.hpp"

namespace tautrack::bench {

/// L patterns, s weights: inputs normal with standard deviation 1.5, the last column ones. Small
/// problems (L <= 100) have targets uniform in [-0.9, 0.9]; larger ones are noisy outputs of a
/// perceptron, tanh(X w) + 0.1 N(0, 1) clipped to [-0.95, 0.95] with w ~ N(0, 1/s). Seeded.
inline Problem regression_problem(Index L, Index s, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform(-0.9, 0.9);
  Matrix X(L, s);
  for (Index j = 0; j < s; ++j)
    for (Index i = 0; i < L; ++i) X(i, j) = 1.5 * normal(engine);
  X.col(s - 1).setOnes();
  Vector y(L);
  if (L <= 100) {
    for (Index i = 0; i < L; ++i) y(i) = uniform(engine);
  } else {
    Vector w(s);
    for (Index j = 0; j < s; ++j) w(j) = normal(engine) / std::sqrt(static_cast<double>(s));
    const Vector u = X * w;
    for (Index i = 0; i < L; ++i)
      y(i) = std::clamp(std::tanh(u(i)) + 0.1 * normal(engine), -0.95, 0.95);
  }
  return make_problem(std::move(X), std::move(y));
}

/// The sizes that every question about a network is asked for.
inline void four_sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"L", "s"})
      ->Args({10, 3})
      ->Args({50, 6})
      ->Args({1000, 20})
      ->Args({20000, 100})
      ->Unit(benchmark::kMicrosecond);
}

}  // namespace tautrack::bench
