#include "core/bordered.hpp"

#include <cassert>
#include <cmath>

#include "core/small_inverse.hpp"

namespace tautrack {

BorderedMatrix::BorderedMatrix(Index n)
    : n_(n),
      small_(n < kLargestSmallInverse),
      matrix_(n + 1, n + 1),
      row_scale_(n),
      right_(n + 1),
      zero_(n) {
  if (small_)
    inverse_.resize(n + 1, n + 1);
  else
    lu_ = Eigen::PartialPivLU<Matrix>(n + 1);
}

bool BorderedMatrix::factor(const Matrix& H_x, const Vector& H_tau, const Vector& border,
                            const MetricScales& scales) {
  assert(H_x.rows() == n_ && H_x.cols() == n_ && H_tau.size() == n_ && border.size() == n_ + 1);
  scales_ = scales;
  const double length = metric_norm(border, scales);
  if (!(length > 0.0) || !std::isfinite(length)) return false;
  // Largest entries of the rows; a sum carries what is not finite.
  row_scale_ = H_tau.cwiseAbs() * scales.parameter;
  double sum = row_scale_.sum();
  for (Index j = 0; j < n_; ++j) {
    for (Index i = 0; i < n_; ++i) {
      const double size = std::abs(H_x(i, j)) * scales.unknown;
      sum += size;
      row_scale_(i) = std::max(row_scale_(i), size);
    }
  }
  if (!std::isfinite(sum)) return false;
  for (Index i = 0; i < n_; ++i) {
    row_scale_(i) = 1.0 / row_scale_(i);
    if (!std::isfinite(row_scale_(i))) return false;
  }
  const double by_unknown = 1.0 / (scales.unknown * length);
  const double by_parameter = 1.0 / (scales.parameter * length);
  if (small_) {
    factor_small(H_x, H_tau, border, by_unknown, by_parameter);
    return true;
  }
  for (Index j = 0; j < n_; ++j)
    matrix_.col(j).head(n_) = (H_x.col(j) * scales.unknown).cwiseProduct(row_scale_);
  matrix_.col(n_).head(n_) = (H_tau * scales.parameter).cwiseProduct(row_scale_);
  matrix_.row(n_).head(n_) = border.head(n_).transpose() * by_unknown;
  matrix_(n_, n_) = border(n_) * by_parameter;
  lu_.compute(matrix_);
  return true;
}

void BorderedMatrix::factor_small(const Matrix& H_x, const Vector& H_tau, const Vector& border,
                                  double by_unknown, double by_parameter) {
  const Index d = n_ + 1;
  double* row = matrix_.data();  // row-major
  for (Index i = 0; i < n_; ++i, row += d) {
    for (Index j = 0; j < n_; ++j) row[j] = H_x(i, j) * (scales_.unknown * row_scale_(i));
    row[n_] = H_tau(i) * (scales_.parameter * row_scale_(i));
  }
  for (Index j = 0; j < n_; ++j) row[j] = border(j) * by_unknown;
  row[n_] = border(n_) * by_parameter;
  const auto norm = [d](const double* a) {  // sums along the longer stride
    double largest = 0.0;
    for (Index j = 0; j < d; ++j) {
      double sum = 0.0;
      for (Index i = 0; i < d; ++i) sum += std::abs(a[i * d + j]);
      largest = std::max(largest, sum);
    }
    return largest;
  };
  const double one_norm = norm(matrix_.data());
  sign_ = small_inverse(static_cast<int>(d)).invert(matrix_.data(), inverse_.data());
  const double inverse_norm = inverse_.cwiseAbs().colwise().sum().maxCoeff();
  reciprocal_condition_ = 1.0 / (one_norm * inverse_norm);
  if (sign_ == 0 || !std::isfinite(inverse_norm)) reciprocal_condition_ = 0.0;
  // From here on it takes and gives what is not scaled.
  inverse_.topRows(n_) *= scales_.unknown;
  inverse_.row(n_) *= scales_.parameter;
  for (Index j = 0; j < n_; ++j) inverse_.col(j) *= row_scale_(j);
}

void BorderedMatrix::solve(const Vector& rhs, double last, Vector& z) {
  assert(rhs.size() == n_);
  z.resize(n_ + 1);
  right_.head(n_) = rhs;
  right_(n_) = last;
  if (small_) {
    small_inverse(static_cast<int>(n_ + 1)).multiply(inverse_.data(), right_.data(), z.data());
    return;
  }
  right_.head(n_).array() *= row_scale_.array();
  z.noalias() = lu_.solve(right_);
  z.head(n_) *= scales_.unknown;
  z(n_) *= scales_.parameter;
}

void BorderedMatrix::tangent(Vector& t) {
  zero_.setZero(n_);
  solve(zero_, 1.0, t);
  t /= metric_norm(t, scales_);
}

double BorderedMatrix::reciprocal_condition() const {
  if (small_) return reciprocal_condition_;
  const double estimate = lu_.rcond();
  return estimate > 0.0 ? estimate : 0.0;  // no number where a pivot is zero
}

int BorderedMatrix::determinant_sign() const {
  if (small_) return sign_;
  int sign = static_cast<int>(lu_.permutationP().determinant());
  for (Index i = 0; i <= n_; ++i)
    if (lu_.matrixLU()(i, i) < 0.0) sign = -sign;
  return sign;
}

}  // namespace tautrack
