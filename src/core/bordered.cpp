#include "tautrack/core/bordered.hpp"

#include <cassert>
#include <cmath>

#include "core/small_lu.hpp"

namespace tautrack {

double metric_dot(const Vector& a, const Vector& b, const MetricScales& scales) {
  assert(a.size() == b.size() && a.size() > 0);
  const Index n = a.size() - 1;
  const double x = a.head(n).dot(b.head(n));
  const double unknown = scales.unknown;
  return x / unknown / unknown + (a(n) / scales.parameter) * (b(n) / scales.parameter);
}

double metric_norm(const Vector& z, const MetricScales& scales) {
  assert(z.size() > 0);
  const Index n = z.size() - 1;
  const double x = z.head(n).norm() / scales.unknown;
  const double tau = z(n) / scales.parameter;
  return std::sqrt(x * x + tau * tau);
}

BorderedMatrix::BorderedMatrix(Index n)
    : n_(n),
      small_(n < kLargestSmallLu),
      matrix_(n + 1, n + 1),
      row_scale_(n),
      right_(n + 1),
      solution_(n + 1) {
  if (!small_) lu_ = Eigen::PartialPivLU<Matrix>(n + 1);
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
    const Index d = n_ + 1;
    double* row = matrix_.data();  // row-major
    norm_ = 0.0;
    for (Index i = 0; i < n_; ++i, row += d) {
      for (Index j = 0; j < n_; ++j) row[j] = H_x(i, j) * (scales.unknown * row_scale_(i));
      row[n_] = H_tau(i) * (scales.parameter * row_scale_(i));
    }
    for (Index j = 0; j < n_; ++j) row[j] = border(j) * by_unknown;
    row[n_] = border(n_) * by_parameter;
    for (Index j = 0; j < d; ++j) {
      double column = 0.0;
      for (Index i = 0; i < d; ++i) column += std::abs(matrix_.data()[i * d + j]);
      norm_ = std::max(norm_, column);
    }
    permutation_sign_ = small_lu(static_cast<int>(d)).factor(matrix_.data(), order_.data());
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

void BorderedMatrix::solve_scaled(Vector& z) {
  if (small_) {
    small_lu(static_cast<int>(n_ + 1))
        .solve(matrix_.data(), order_.data(), right_.data(), solution_.data());
  } else {
    solution_.noalias() = lu_.solve(right_);
  }
  z.head(n_) = solution_.head(n_) * scales_.unknown;
  z(n_) = solution_(n_) * scales_.parameter;
}

void BorderedMatrix::solve(const Vector& rhs, double last, Vector& z) {
  assert(rhs.size() == n_);
  right_.head(n_) = rhs.cwiseProduct(row_scale_);
  right_(n_) = last;
  z.resize(n_ + 1);
  solve_scaled(z);
}

void BorderedMatrix::tangent(Vector& t) {
  right_.setZero();
  right_(n_) = 1.0;
  t.resize(n_ + 1);
  solve_scaled(t);
  t /= metric_norm(t, scales_);
}

double BorderedMatrix::reciprocal_condition() {
  if (!small_) return lu_.rcond();
  // The inverse, column by column.
  double inverse = 0.0;
  for (Index j = 0; j <= n_; ++j) {
    right_.setZero();
    right_(j) = 1.0;
    small_lu(static_cast<int>(n_ + 1))
        .solve(matrix_.data(), order_.data(), right_.data(), solution_.data());
    inverse = std::max(inverse, solution_.cwiseAbs().sum());
  }
  const double reciprocal = 1.0 / (inverse * norm_);
  return std::isfinite(inverse) && std::isfinite(reciprocal) ? reciprocal : 0.0;
}

int BorderedMatrix::determinant_sign() const {
  int sign = small_ ? permutation_sign_ : static_cast<int>(lu_.permutationP().determinant());
  for (Index i = 0; i <= n_; ++i) {
    const double pivot = small_ ? matrix_.data()[i * (n_ + 2)] : lu_.matrixLU()(i, i);
    if (pivot < 0.0) sign = -sign;
  }
  return sign;
}

}  // namespace tautrack
