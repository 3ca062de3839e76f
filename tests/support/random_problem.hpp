#pragma once

#include <cmath>
#include <cstdint>
#include <random>

#include "tautrack/data/dataset.hpp"

namespace tautrack::support {

/// Random numbers that are the same on every platform: the distributions of the standard library
/// are not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(engine_() >> 11U) * 0x1p-53;
  }
  /// Mean 0, variance 1, nearly normal.
  double normal() {
    double sum = -6.0;
    for (int k = 0; k < 12; ++k) sum += uniform(0.0, 1.0);
    return sum;
  }
  /// low, ..., high - 1.
  Index integer(Index low, Index high) {
    return low + static_cast<Index>(uniform(0.0, static_cast<double>(high - low)));
  }

 private:
  std::mt19937_64 engine_;
};

/// L 3..12, s 1..4, each pattern's inputs scaled by 10^U(-1.5, 1.5); half of the problems have
/// targets within the range of tanh, half beyond it.
inline Problem random_problem(std::uint64_t seed) {
  Random random(seed);
  const Index L = random.integer(3, 13);
  const Index s = random.integer(1, 5);
  const double largest = random.uniform(0.0, 1.0) < 0.5 ? 0.95 : 1.4;
  Matrix X(L, s);
  Vector y(L);
  for (Index i = 0; i < L; ++i) {
    const double scale = std::pow(10.0, random.uniform(-1.5, 1.5));
    for (Index j = 0; j < s; ++j) X(i, j) = scale * random.normal();
    y(i) = random.uniform(-largest, largest);
  }
  return make_problem(X, y);
}

}  // namespace tautrack::support
