#include "exhaustive/small_programme.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace tautrack::exhaustive {

namespace {

constexpr std::size_t kMostVariables = 8;
constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

/// Coefficients this small, relative to the largest of the row as it was, are zero.
constexpr double kZero = 1e-12;

/// A side may be exceeded by this, relative to its terms.
constexpr double kExcess = 1e-13;

}  // namespace

bool SmallProgramme::solve(const double* gain, double reach, double* x) {
  level_.resize(kMostVariables);
  held_.assign(kMostVariables + 1, kNone);
  if (!solve(d_, rows_, gain, reach, x)) return false;
  // Rows of a level are those before the one that is held, after two for the reach of the variable that is gone.
  tight_.clear();
  for (std::size_t d = static_cast<std::size_t>(d_), skipped = 0; d > 0; --d, skipped += 2) {
    const std::size_t row = held_[d];
    if (row == kNone) break;
    // Its place in the level above, and so on.
    if (row >= skipped) tight_.push_back(static_cast<int>(row - skipped));
  }
  return true;
}

bool SmallProgramme::solve(int dimension, std::vector<double>& rows, const double* gain,
                           double reach, double* x) {
  const auto d = static_cast<std::size_t>(dimension);
  const std::size_t width = d + 1, count = rows.size() / width;
  held_[d] = kNone;
  for (std::size_t j = 0; j < d; ++j) x[j] = gain[j] < 0.0 ? -reach : reach;
  for (std::size_t i = 0; i < count; ++i) {
    const double* const a = &rows[i * width];
    double sum = -a[d], size = std::abs(a[d]);
    std::size_t pivot = 0;
    for (std::size_t j = 0; j < d; ++j) {
      sum += a[j] * x[j];
      size += std::abs(a[j] * x[j]);
      if (std::abs(a[j]) > std::abs(a[pivot])) pivot = j;
    }
    if (!(sum > kExcess * size)) continue;
    // The optimum lies on this side of all so far.
    if (!(std::abs(a[pivot]) * reach > kZero * std::abs(a[d])) || a[pivot] == 0.0) return false;
    held_[d] = i;
    if (d == 1) {
      x[0] = a[1] / a[0];
      if (!(std::abs(x[0]) <= reach)) return false;
      for (std::size_t k = 0; k < i; ++k) {
        const double* const b = &rows[k * width];
        if (b[0] * x[0] - b[1] > kExcess * (std::abs(b[0] * x[0]) + std::abs(b[1]))) return false;
      }
      continue;
    }
    std::vector<double>& rest = level_[d - 1];
    rest.clear();
    const auto add = [&](const double* b) {
      const double factor = b[pivot] / a[pivot];
      for (std::size_t j = 0; j <= d; ++j)
        if (j != pivot) rest.push_back(b[j] - factor * a[j]);
    };
    std::array<double, kMostVariables + 1> side{};
    for (const double sign : {1.0, -1.0}) {
      side[pivot] = sign;
      side[d] = reach;
      add(side.data());
    }
    for (std::size_t k = 0; k < i; ++k) add(&rows[k * width]);
    std::array<double, kMostVariables> rest_gain{}, rest_x{};
    for (std::size_t j = 0, l = 0; j < d; ++j)
      if (j != pivot) rest_gain[l++] = gain[j] - gain[pivot] * a[j] / a[pivot];
    if (!solve(dimension - 1, rest, rest_gain.data(), reach, rest_x.data())) return false;
    double at = a[d];
    for (std::size_t j = 0, l = 0; j < d; ++j) {
      if (j == pivot) continue;
      x[j] = rest_x[l++];
      at -= a[j] * x[j];
    }
    x[pivot] = at / a[pivot];
  }
  return true;
}

}  // namespace tautrack::exhaustive
