#include "tautrack/core/bordered.hpp"

#include <cassert>
#include <cmath>

namespace tautrack {

double metric_dot(const Vector& a, const Vector& b, const MetricScales& scales) {
  assert(a.size() == b.size() && a.size() > 0);
  const Index n = a.size() - 1;
  const double unknown = scales.unknown;
  return (a.head(n) / unknown).dot(b.head(n) / unknown) +
         (a(n) / scales.parameter) * (b(n) / scales.parameter);
}

double metric_norm(const Vector& z, const MetricScales& scales) {
  assert(z.size() > 0);
  const Index n = z.size() - 1;
  return std::hypot(z.head(n).norm() / scales.unknown, z(n) / scales.parameter);
}

BorderedMatrix::BorderedMatrix(Index n)
    : n_(n), matrix_(n + 1, n + 1), row_scale_(n), right_(n + 1), lu_(n + 1) {}

bool BorderedMatrix::factor(const Matrix& H_x, const Vector& H_tau, const Vector& border,
                            const MetricScales& scales) {
  assert(H_x.rows() == n_ && H_x.cols() == n_ && H_tau.size() == n_ && border.size() == n_ + 1);
  scales_ = scales;
  matrix_.topLeftCorner(n_, n_) = H_x * scales.unknown;
  matrix_.col(n_).head(n_) = H_tau * scales.parameter;
  for (Index i = 0; i < n_; ++i) {
    const double largest = matrix_.row(i).cwiseAbs().maxCoeff();
    if (!(largest > 0.0) || !matrix_.row(i).allFinite()) return false;
    row_scale_(i) = 1.0 / largest;
    if (!std::isfinite(row_scale_(i))) return false;
    matrix_.row(i) *= row_scale_(i);
  }
  const double length = metric_norm(border, scales);
  if (!(length > 0.0) || !std::isfinite(length)) return false;
  matrix_.row(n_).head(n_) = border.head(n_).transpose() / (scales.unknown * length);
  matrix_(n_, n_) = border(n_) / (scales.parameter * length);
  lu_.compute(matrix_);
  return true;
}

void BorderedMatrix::solve(const Vector& rhs, double last, Vector& z) {
  assert(rhs.size() == n_);
  right_.head(n_) = rhs.cwiseProduct(row_scale_);
  right_(n_) = last;
  z.noalias() = lu_.solve(right_);
  z.head(n_) *= scales_.unknown;
  z(n_) *= scales_.parameter;
}

void BorderedMatrix::tangent(Vector& t) {
  right_.setZero();
  right_(n_) = 1.0;
  t.noalias() = lu_.solve(right_);
  t.head(n_) *= scales_.unknown;
  t(n_) *= scales_.parameter;
  t /= metric_norm(t, scales_);
}

double BorderedMatrix::reciprocal_condition() const { return lu_.rcond(); }

int BorderedMatrix::determinant_sign() const {
  int sign = static_cast<int>(lu_.permutationP().determinant());
  for (Index i = 0; i <= n_; ++i)
    if (lu_.matrixLU()(i, i) < 0.0) sign = -sign;
  return sign;
}

}  // namespace tautrack
