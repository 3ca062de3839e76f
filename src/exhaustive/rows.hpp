#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/network/perceptron.hpp"

#include "exhaustive/sigmoid.hpp"
#include "proof/determinant.hpp"
#include "proof/interval.hpp"

namespace tautrack::exhaustive {

/// More weights than a search is tried for.
constexpr int kMaxWeights = proof::kMostRows;

/// One interval for each weight or row of a basis.
using Point = std::array<Interval, kMaxWeights>;

/// Standard deviations of the columns as the penalty of Perceptron takes them.
[[nodiscard]] Vector standard_deviations(const Matrix& X, const Vector& omega);

/// The gradient as a sum over rows,
///
///     grad E = sum_i factor_i phi_i(x_i.w + offset_i) x_i + sum_j linear_j w_j e_j,
///
/// in weights that are scaled by powers of two (exactly), so that columns are of order one. Rows
/// 0 ... patterns-1 are the patterns with a nonzero input, the last n are the unit vectors e_j,
/// which carry the ridge term and the sides of the searched box.
class Rows {
 public:
  /// @param X L x n, its columns independent. @param offset L, or empty: zero. @param ridge n, factor of
  /// w_j^2 / 2 in the energy.
  /// @pre can_hold(X, ...).
  Rows(const Matrix& X, const Vector& y, const Vector& omega, const Vector& offset,
       const std::vector<Interval>& ridge, const proof::Sigmoid& sigmoid);

  /// One sentence why these numbers cannot be searched, or nothing.
  [[nodiscard]] static std::optional<std::string> refusal(const Matrix& X, const Vector& y,
                                                          const Vector& omega, const Vector& offset,
                                                          double ridge);

  [[nodiscard]] int weights() const { return n_; }
  [[nodiscard]] int patterns() const { return patterns_; }
  [[nodiscard]] int size() const { return patterns_ + n_; }
  [[nodiscard]] const double* row(int i) const { return &x_[static_cast<std::size_t>(i * n_)]; }
  /// Those of n rows.
  [[nodiscard]] proof::RowPointers pointers(const std::array<int, kMaxWeights>& members) const;
  [[nodiscard]] const OddSigmoid& sigmoid() const { return sigmoid_; }
  [[nodiscard]] const Target& target(int i) const { return targets_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] double factor(int i) const { return factors_[static_cast<std::size_t>(i)]; }
  [[nodiscard]] const Interval& linear(int j) const { return linear_[static_cast<std::size_t>(j)]; }
  [[nodiscard]] bool has_ridge() const { return has_ridge_; }

  /// What the sigmoid of row i takes beside x_i.w.
  [[nodiscard]] Interval offset(int i) const {
    return has_offset_ && i < patterns_ ? offsets_[static_cast<std::size_t>(i)] : Interval(0.0);
  }
  /// x_i.w with that.
  [[nodiscard]] Interval shifted(int i, const Interval& input) const {
    return has_offset_ && i < patterns_ ? input + offsets_[static_cast<std::size_t>(i)] : input;
  }

  /// Whether row i contributes to the gradient.
  [[nodiscard]] bool is_active(int i) const {
    return i < patterns_ || linear(i - patterns_).upper() > 0.0;
  }

  /// The x_i.w where the contribution of the row changes its sign; nothing when it never does.
  [[nodiscard]] const std::optional<Interval>& root(int i) const {
    return roots_[static_cast<std::size_t>(i)];
  }

  /// User's weight j is scale(j) times the scaled one; a power of two.
  [[nodiscard]] double scale(int j) const { return scales_[static_cast<std::size_t>(j)]; }

 private:
  int n_, patterns_ = 0;
  OddSigmoid sigmoid_;
  bool has_ridge_ = false, has_offset_ = false;
  std::vector<double> x_, scales_, factors_;
  std::vector<Target> targets_;
  std::vector<Interval> linear_, offsets_;  ///< Offsets of the patterns, or none.
  std::vector<std::optional<Interval>> roots_;
};

/// Coordinates q of weights: the inputs x_b.w of n independent rows.
struct Basis {
  std::array<int, kMaxWeights> rows{};
  std::vector<Interval> inverse;       ///< n x n, row-major: w = inverse q.
  std::vector<Interval> coefficients;  ///< size x n, row-major: x_i.w = coefficients_i q.
  std::vector<double> sizes;           ///< Their absolute values, rounded.
  std::vector<double> middles;         ///< Them, rounded.
  double uncertainty = 0.0;            ///< Those are off by at most this relative to themselves.
};

/// Encloses x_i.w for the w with coordinates in q; n weights.
[[nodiscard]] inline Interval input(const Basis& basis, int i, int n, const Point& q) {
  const Interval* const c = &basis.coefficients[static_cast<std::size_t>(i * n)];
  Interval u = c[0] * q[0];
  for (int j = 1; j < n; ++j) u += c[j] * q[static_cast<std::size_t>(j)];
  return u;
}

/// Whoever holds one keeps it.
using BasisPointer = std::shared_ptr<const Basis>;

/// Bases that were asked for lately, shared by all threads.
class Bases {
 public:
  explicit Bases(const Rows& rows) : rows_(rows) {}
  /// The basis of these rows, or nullptr when they are (nearly) dependent.
  [[nodiscard]] BasisPointer find(const std::array<int, kMaxWeights>& members);

 private:
  [[nodiscard]] BasisPointer make(const std::array<int, kMaxWeights>& members) const;

  const Rows& rows_;
  std::mutex mutex_;
  std::map<std::array<int, kMaxWeights>, BasisPointer> known_;
};

/// Directions that exclude by signs alone: a vector v with x_i.v = 0 for n - 1 independent rows. If
/// (x_i.v) times the contribution of row i has one sign for all i, not all of them zero, then w is
/// not stationary. Such v are all that is needed (they are the extreme rays of the cones of v that
/// prove it; the cocircuits of an oriented matroid, Bjorner et al., Oriented Matroids, 1999).
class SignTest {
 public:
  /// Without effect for rows so many that the vectors are too many. Once the stop is met, with those that were found.
  explicit SignTest(const Rows& rows, const StopCondition& stop = {});

  /// @param signs size() of the contributions: -1, 0 (not sure) or 1.
  [[nodiscard]] bool excludes(const std::vector<int>& signs) const;

 private:
  std::size_t words_ = 0, count_ = 0;
  std::vector<std::uint64_t> vectors_;  ///< [count][positive, negative][words]
};

}  // namespace tautrack::exhaustive
