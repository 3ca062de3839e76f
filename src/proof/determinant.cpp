#include "proof/determinant.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include <boost/multiprecision/cpp_int.hpp>

#include "core/small_inverse.hpp"

namespace tautrack::proof {

namespace {

using Rational = boost::multiprecision::cpp_rational;
using RationalMatrix = std::vector<std::vector<Rational>>;

/// An approximate inverse serves if it is one to this.
constexpr double kNearInverse = 1e-8;

/// The conversion of a rational number is to the nearest double, beyond the largest an infinity.
Interval enclose(const Rational& x) {
  constexpr double largest = std::numeric_limits<double>::max();
  const auto nearest = x.convert_to<double>();
  if (nearest > largest) return {largest, nearest};
  if (nearest < -largest) return {nearest, -largest};
  return {below(nearest), above(nearest)};
}

RationalMatrix rational(const RowPointers& rows) {
  RationalMatrix M(rows.size());
  for (std::size_t i = 0; i < M.size(); ++i)
    for (std::size_t j = 0; j < M.size(); ++j) M[i].emplace_back(rows[i][j]);
  return M;
}

/// Turns [M | B] into [1 | M^-1 B] and returns the sign of det M; zero, and what came so far, when M is
/// singular.
int eliminate(RationalMatrix& M) {
  const std::size_t n = M.size();
  int sign = 1;
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    while (pivot < n && M[pivot][k].is_zero()) ++pivot;
    if (pivot == n) return 0;
    if (pivot != k) {
      std::swap(M[pivot], M[k]);
      sign = -sign;
    }
    if (M[k][k] < 0) sign = -sign;
    const Rational by = M[k][k];
    for (Rational& entry : M[k]) entry /= by;
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k || M[i][k].is_zero()) continue;
      const Rational factor = M[i][k];
      for (std::size_t j = k; j < M[i].size(); ++j) M[i][j] -= factor * M[k][j];
    }
  }
  return sign;
}

/// Nothing where the approximate inverse is not good enough.
std::optional<std::vector<Interval>> inverse_from_residual(const RowPointers& rows) {
  // Y near M^-1, E = I - Y M, e = |E|_inf < 1: M^-1 - Y = E (I - E)^-1 Y is at most e / (1 - e)
  // times the largest entry of the column of Y.
  const auto n = static_cast<int>(rows.size());
  assert(n <= kMostRows);
  static_assert(kMostRows <= kLargestSmallInverse);
  std::array<double, kMostRows * kMostRows> M{}, Y{};  // row after row; Y column after column
  const auto at = [n](int i, int j) { return static_cast<std::size_t>(j * n + i); };
  // Rows of norm one (to rounding, by powers of two) for the approximate inverse alone.
  std::array<double, kMostRows> by_row{};
  for (int i = 0; i < n; ++i) {
    double& factor = by_row[static_cast<std::size_t>(i)];
    for (int j = 0; j < n; ++j) factor = std::hypot(factor, rows[static_cast<std::size_t>(i)][j]);
    factor = std::exp2(-std::round(std::log2(factor)));
    for (int j = 0; j < n; ++j) M[at(j, i)] = factor * rows[static_cast<std::size_t>(i)][j];
  }
  if (small_inverse(n).invert(M.data(), Y.data()) == 0) return std::nullopt;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      Y[at(i, j)] *= by_row[static_cast<std::size_t>(j)];
      if (!std::isfinite(Y[at(i, j)])) return std::nullopt;
    }
  }
  double norm = 0.0;
  for (int i = 0; i < n; ++i) {
    double sum = 0.0;
    for (int j = 0; j < n; ++j) {
      Interval entry(i == j ? 1.0 : 0.0);
      for (int k = 0; k < n; ++k)
        entry -= Interval(Y[at(i, k)]) * rows[static_cast<std::size_t>(k)][j];
      sum = above(sum + magnitude(entry));
    }
    if (!(sum < kNearInverse)) return std::nullopt;
    norm = std::max(norm, sum);
  }
  std::vector<Interval> inverse;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      double largest = 0.0;
      for (int k = 0; k < n; ++k) largest = std::max(largest, std::abs(Y[at(k, j)]));
      inverse.push_back(widened(Y[at(i, j)], 2.0 * norm * largest));
    }
  }
  return inverse;
}

}  // namespace

int exact_determinant_sign(const RowPointers& rows) {
  RationalMatrix M = rational(rows);
  return eliminate(M);
}

int determinant_sign(const RowPointers& rows) {
  const auto at = [&](std::size_t i, std::size_t j) { return Interval(rows[i][j]); };
  Interval determinant(-1.0, 1.0);
  if (rows.size() == 1) {
    determinant = at(0, 0);
  } else if (rows.size() == 2) {
    determinant = at(0, 0) * at(1, 1) - at(0, 1) * at(1, 0);
  } else if (rows.size() == 3) {
    determinant = at(0, 0) * (at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)) -
                  at(0, 1) * (at(1, 0) * at(2, 2) - at(1, 2) * at(2, 0)) +
                  at(0, 2) * (at(1, 0) * at(2, 1) - at(1, 1) * at(2, 0));
  }
  const int sign = sign_of(determinant);
  return sign != 0 ? sign : exact_determinant_sign(rows);
}

struct ExactInverse::Numbers {
  RationalMatrix M;  ///< [1 | inverse]; empty when there is none.
};

ExactInverse::ExactInverse(const RowPointers& rows) : numbers_(std::make_unique<Numbers>()) {
  RationalMatrix& M = numbers_->M;
  M = rational(rows);
  for (std::size_t i = 0; i < M.size(); ++i)
    for (std::size_t j = 0; j < M.size(); ++j) M[i].emplace_back(i == j ? 1 : 0);
  if (eliminate(M) == 0) M.clear();
}

ExactInverse::~ExactInverse() = default;

bool ExactInverse::exists() const noexcept { return !numbers_->M.empty(); }

Interval ExactInverse::entry(int i, int j) const {
  const RationalMatrix& M = numbers_->M;
  return enclose(M[static_cast<std::size_t>(i)][M.size() + static_cast<std::size_t>(j)]);
}

Interval ExactInverse::product(const double* row, int j) const {
  const RationalMatrix& M = numbers_->M;
  Rational sum = 0;
  for (std::size_t k = 0; k < M.size(); ++k)
    sum += Rational(row[k]) * M[k][M.size() + static_cast<std::size_t>(j)];
  return sum.is_zero() ? Interval(0.0) : enclose(sum);
}

std::optional<std::vector<Interval>> enclose_inverse(const RowPointers& rows) {
  if (auto inverse = inverse_from_residual(rows)) return inverse;
  const ExactInverse exact(rows);
  if (!exact.exists()) return std::nullopt;
  const int n = static_cast<int>(rows.size());
  std::vector<Interval> inverse;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) inverse.push_back(exact.entry(i, j));
  return inverse;
}

}  // namespace tautrack::proof
