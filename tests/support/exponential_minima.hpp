#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include <Eigen/QR>

#include "tautrack/data/dataset.hpp"

#include "support/random_problem.hpp"

namespace tautrack::support {

/// A single neuron with exponentially many local minima (after Auer, Herbster & Warmuth, NIPS 1995): on
/// each of s axes k patterns x_j = 10^(j-1) b with targets in (0.4, 0.6), which alone have k minima and
/// k - 1 maxima; together k^s minima, (2k - 1)^s stationary points, C(s, j) k^(s-j) (k-1)^j of index j.
/// The axes are hidden by a rotation, or by a mixture of condition about 3.
inline Problem exponential_minima(Index s, int k, std::uint64_t seed, bool mixed = false) {
  Random random(seed);
  Matrix X = Matrix::Zero(s * k, s);
  Vector y(s * k);
  for (Index axis = 0; axis < s; ++axis) {
    const double b = 0.5 + static_cast<double>(random.integer(0, 65)) / 64.0;
    for (int j = 0; j < k; ++j) {
      X(axis * k + j, axis) = b * std::pow(10.0, j);
      y(axis * k + j) = static_cast<double>(random.integer(26, 39)) / 64.0;
    }
  }
  const auto rotation = [&] {
    Matrix G(s, s);
    for (Index i = 0; i < s; ++i)
      for (Index j = 0; j < s; ++j) G(i, j) = random.normal();
    return Matrix(Eigen::HouseholderQR<Matrix>(G).householderQ());
  };
  Matrix hide = rotation();
  if (mixed) {
    Vector stretch(s);
    for (double& entry : stretch) entry = random.uniform(1.0, 3.0);
    hide = hide * stretch.asDiagonal() * rotation();
  }
  return make_problem(X * hide, y);
}

/// The number of stationary points of each Morse index 0 ... s.
inline std::vector<long> exponential_minima_counts(int s, int k) {
  std::vector<long> counts;
  double binomial = 1.0;
  for (int j = 0; j <= s; ++j) {
    counts.push_back(std::lround(binomial * std::pow(k, s - j) * std::pow(k - 1, j)));
    binomial *= static_cast<double>(s - j) / (j + 1);
  }
  return counts;
}

}  // namespace tautrack::support
