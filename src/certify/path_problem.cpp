#include "certify/path_problem.hpp"

#ifdef TAUTRACK_WITH_FLINT

#include <algorithm>
#include <cmath>

#include "core/decompositions.hpp"
#include "network/penalty_scale.hpp"
#include "network/traits.hpp"
#include "proof/exact_rank.hpp"
#include "proof/rounding.hpp"

namespace tautrack::tube {

using proof::Bound;

namespace {

/// Numbers up to this can be multiplied a dozen times without leaving the range of double.
constexpr double kLargest = 1e20;

constexpr slong kBits = 2 * FLINT_BITS;

/// L x n entries of the product of M (L x s) and T (s x n).
std::vector<proof::Real> multiply(const proof::BallMatrix& M, Index rows,
                                  const proof::BallMatrix& T, Index inner, slong precision) {
  const Index columns = T.columns();
  std::vector<proof::Real> product;
  product.reserve(static_cast<std::size_t>(rows * columns));
  proof::Ball sum;
  for (Index i = 0; i < rows; ++i) {
    for (Index j = 0; j < columns; ++j) {
      arb_dot(sum.get(), nullptr, 0, M(i, 0), 1, T(0, j), columns, inner, precision);
      product.emplace_back(sum.get(), precision);
    }
  }
  return product;
}

std::vector<Interval> intervals_of(const std::vector<proof::Real>& balls) {
  std::vector<Interval> intervals;
  intervals.reserve(balls.size());
  for (const proof::Real& x : balls) intervals.push_back(to_interval(x));
  return intervals;
}

Matrix middle_of(const std::vector<Interval>& entries, Index columns) {
  const auto size = static_cast<Index>(entries.size());
  Matrix result(columns == 0 ? 0 : size / columns, columns);
  for (Index i = 0; i < size; ++i)
    result(i / columns, i % columns) = proof::middle(entries[static_cast<std::size_t>(i)]);
  return result;
}

bool fits(double x) { return std::abs(x) <= kLargest; }
bool fit(const std::vector<Interval>& entries) {
  return std::all_of(entries.begin(), entries.end(),
                     [](const Interval& x) { return fits(x.lower()) && fits(x.upper()); });
}

}  // namespace

ExactProblem::ExactProblem(const Perceptron& network)
    : network_(network),
      L_(network_.patterns()),
      s_(network_.columns()),
      n_(network_.unknowns()),
      X_(L_, s_),
      T_(s_, n_),
      penalty_(s_),
      penalised_(network_.options().ridge > 0.0),
      R_(n_, s_) {
  const PerceptronOptions& options = network_.options();
  const Matrix& X = network_.inputs();
  for (Index i = 0; i < L_; ++i)
    patterns_.push_back(
        {traits(options.activation).form, network_.targets()(i), network_.pattern_weights()(i)});
  X_.set(X);
  if (penalised_) {
    const Vector scale = options.ridge_standardised ? penalty_scale(X, network_.pattern_weights())
                                                    : Vector(Vector::Ones(s_));
    proof::Ball ridge;
    arb_set_d(ridge.get(), options.ridge);
    for (Index j = 0; j < s_; ++j) {
      arb_set_d(penalty_[j], scale(j));
      arb_mul(penalty_[j], penalty_[j], penalty_[j], ARF_PREC_EXACT);
      arb_mul(penalty_[j], penalty_[j], ridge.get(), ARF_PREC_EXACT);
    }
  }
  set_map(X, network_.space().basis());
  const Data<proof::Real> data = balls(kBits);
  intervals_ = {intervals_of(data.A), intervals_of(data.K)};
  A_ = middle_of(intervals_.A, n_);
  if (penalised_) K_ = middle_of(intervals_.K, n_);
  for (Index i = 0; i < s_; ++i)
    for (Index j = 0; j < n_; ++j) map_.push_back(to_interval(proof::Real(T_(i, j), kBits)));
  obstacle_ = find_obstacle(X);
}

void ExactProblem::set_map(const Matrix& X, const Matrix& basis) {
  for (Index j = 0; j < s_; ++j) R_.col(j) = network_.coordinates(Vector::Unit(s_, j));
  if (network_.space().dependencies().empty()) {
    Matrix T(s_, n_);
    for (Index j = 0; j < n_; ++j) T.col(j) = network_.weights(Vector::Unit(n_, j));
    T_.set(T);
    return;
  }
  // T = B' C with n independent rows B of X, so that the columns of T lie in the row space of X.
  const PivotedQr pivoting = pivoted_qr(basis.transpose());
  Matrix B(n_, s_);
  for (Index i = 0; i < n_; ++i) B.row(i) = X.row(pivoting.colsPermutation().indices()(i));
  const Matrix C = inverse_of(R_ * B.transpose());
  proof::Ball x;
  proof::Ball y;
  for (Index i = 0; i < s_; ++i) {
    for (Index j = 0; j < n_; ++j) {
      for (Index k = 0; k < n_; ++k) {
        arb_set_d(x.get(), B(k, i));
        arb_set_d(y.get(), C(k, j));
        arb_addmul(T_(i, j), x.get(), y.get(), ARF_PREC_EXACT);
      }
    }
  }
}

std::string ExactProblem::find_obstacle(const Matrix& X) const {
  if (!network_.space().dependencies().empty() && n_ < std::min(L_, s_)) {
    const Index rank = proof::exact_rank(X);
    if (rank != n_)
      return "the columns of X, its numbers taken exactly, have rank " + std::to_string(rank) +
             ", but only " + std::to_string(n_) + " of them are independent to rank_tolerance";
  }
  const bool small = std::all_of(patterns_.begin(), patterns_.end(), [](const Pattern& pattern) {
    return fits(pattern.target) && fits(pattern.omega);
  });
  const bool has_small_offsets =
      !network_.has_offset() || network_.offsets().cwiseAbs().maxCoeff() <= kLargest;
  if (!small || !has_small_offsets || !fit(intervals_.A) || !fit(intervals_.K) || !fit(map_) ||
      !R_.allFinite())
    return "numbers of the problem are too large or too small for interval arithmetic in double";
  // T has rank n if |R T - 1| < 1.
  proof::BallMatrix R(n_, s_);
  R.set(R_);
  const std::vector<proof::Real> product = multiply(R, n_, T_, s_, kBits);
  Bound square;
  for (Index j = 0; j < n_; ++j) {
    for (Index k = 0; k < n_; ++k) {
      const proof::Real entry =
          product[static_cast<std::size_t>(j * n_ + k)] - proof::Real(j == k ? 1.0 : 0.0);
      const Bound size = Bound::above(entry.get());
      square.add_product(size, size);
    }
  }
  if (!(square < Bound(0.25)))
    return "the columns of X are too nearly dependent for coordinates in double";
  return "";
}

Data<proof::Real> ExactProblem::balls(slong precision) const {
  Data<proof::Real> data;
  data.A = multiply(X_, L_, T_, s_, precision);
  if (penalised_) {
    proof::BallMatrix scaled(s_, n_);  // penalty T
    proof::BallMatrix transposed(n_, s_);
    for (Index i = 0; i < s_; ++i) {
      for (Index j = 0; j < n_; ++j) {
        arb_mul(scaled(i, j), penalty_[i], T_(i, j), precision);
        arb_set(transposed(j, i), T_(i, j));
      }
    }
    data.K = multiply(transposed, n_, scaled, s_, precision);
  }
  return data;
}

double ExactProblem::distance(const std::vector<Interval>& z, const Vector& w) const {
  Interval sum(0.0);
  for (Index i = 0; i < s_; ++i) {
    Interval offset(-w(i));
    for (Index j = 0; j < n_; ++j)
      offset += map_[static_cast<std::size_t>(i * n_ + j)] * z[static_cast<std::size_t>(j)];
    sum += square(offset);
  }
  return sqrt(sum).upper();
}

}  // namespace tautrack::tube

#endif
