#include "tautrack/core/column_space.hpp"

#include <cassert>
#include <cmath>
#include <limits>

#include <Eigen/QR>

namespace tautrack {

namespace {

/// Relative size below which a coefficient of a dependency is rounding.
constexpr double kNoise = 1e3 * std::numeric_limits<double>::epsilon();

/// The same numbers with one for zero.
Vector positive(const Vector& sizes) { return (sizes.array() > 0.0).select(sizes, 1.0); }

/// Solution of a square system, with every column of it counted as independent.
Matrix solve_square(const Eigen::ColPivHouseholderQR<Matrix>& qr, const Matrix& right) {
  const Index n = qr.cols();
  const Matrix rotated = qr.householderQ().transpose() * right;
  const Matrix solved = qr.matrixQR().topRows(n).triangularView<Eigen::Upper>().solve(rotated);
  return qr.colsPermutation() * solved;
}

}  // namespace

ColumnSpace::ColumnSpace(const Matrix& X, const Vector& pattern_weights, double tolerance) {
  assert(X.rows() > 0 && X.cols() > 0);
  assert(pattern_weights.size() == 0 || pattern_weights.size() == X.rows());
  Matrix scaled = X;
  if (pattern_weights.size() > 0) scaled = pattern_weights.cwiseSqrt().asDiagonal() * X;
  column_norms_.resize(X.cols());
  for (Index j = 0; j < X.cols(); ++j) {
    // stableNorm: entries as far apart as 1e-200 and 1e200 are legal.
    const double norm = scaled.col(j).stableNorm();
    column_norms_(j) = norm > 0.0 ? norm : 1.0;
    scaled.col(j) /= column_norms_(j);
  }
  if (!factor_full_rank(scaled, tolerance)) factor_rank_deficient(scaled, tolerance);
  if (pattern_weights.size() > 0)
    basis_ = pattern_weights.cwiseSqrt().cwiseInverse().asDiagonal() * basis_;
  set_minimum_norm_map();
}

bool ColumnSpace::factor_full_rank(const Matrix& scaled, double tolerance) {
  const Index L = scaled.rows();
  const Index s = scaled.cols();
  if (L < s) return false;
  Eigen::HouseholderQR<Matrix> qr(scaled);
  R_ = qr.matrixQR().topRows(s).triangularView<Eigen::Upper>();
  if (!(R_.diagonal().cwiseAbs().minCoeff() > tolerance)) return false;
  basis_ = qr.householderQ() * Matrix::Identity(L, s);
  // A positive diagonal makes the coordinates unique, whatever the signs the reflections chose.
  for (Index j = 0; j < s; ++j) {
    if (R_(j, j) < 0.0) {
      R_.row(j) *= -1.0;
      basis_.col(j) *= -1.0;
    }
  }
  return true;
}

void ColumnSpace::factor_rank_deficient(const Matrix& scaled, double tolerance) {
  const Index L = scaled.rows();
  const Index s = scaled.cols();
  const Index most = std::min(L, s);
  Matrix Q(L, most);
  Matrix R = Matrix::Zero(most, s);
  std::vector<Index> independent;
  Vector rest(L);
  for (Index j = 0; j < s; ++j) {
    const Index rank = static_cast<Index>(independent.size());
    rest = scaled.col(j);
    for (int sweep = 0; sweep < 2; ++sweep) {  // twice is enough (Parlett 1980, section 6.9)
      const Vector part = Q.leftCols(rank).transpose() * rest;
      rest.noalias() -= Q.leftCols(rank) * part;
      R.col(j).head(rank) += part;
    }
    const double distance = rest.norm();
    if (rank < most && distance > tolerance) {
      Q.col(rank) = rest / distance;
      R(rank, j) = distance;
      independent.push_back(j);
      continue;
    }
    // What is left in R is rounding where it is small beside the column, which has norm one.
    for (Index k = 0; k < rank; ++k)
      if (std::abs(R(k, j)) <= kNoise) R(k, j) = 0.0;
    ColumnDependency dependency{j, {}, distance};
    const Matrix triangle = R(Eigen::seqN(0, rank), independent);
    const Vector coefficient =
        triangle.triangularView<Eigen::Upper>().solve(R.col(j).head(rank).eval());
    const double small = kNoise * (rank > 0 ? coefficient.cwiseAbs().maxCoeff() : 0.0);
    for (Index k = 0; k < rank; ++k) {
      if (std::abs(coefficient(k)) > small) {
        const Index on = independent[static_cast<std::size_t>(k)];
        dependency.on.emplace_back(on, coefficient(k) * column_norms_(j) / column_norms_(on));
      }
    }
    dependencies_.push_back(std::move(dependency));
  }
  const Index rank = static_cast<Index>(independent.size());
  basis_ = Q.leftCols(rank);
  R_ = R.topRows(rank);
}

void ColumnSpace::set_minimum_norm_map() {
  R_ = R_ * column_norms_.asDiagonal();
  if (rank() == 0) {
    inverse_ = Matrix::Zero(R_.cols(), 0);
    return;
  }
  if (rank() == R_.cols()) {
    // X has full column rank: R is triangular, and scaling its columns is exact for the solve.
    Matrix scaled = R_ * column_norms_.cwiseInverse().asDiagonal();
    inverse_ = column_norms_.cwiseInverse().asDiagonal() *
               scaled.triangularView<Eigen::Upper>().solve(Matrix::Identity(rank(), rank()));
    return;
  }
  // Least norm: column pivoting takes the largest independent columns B, R = [B C] with C = B K, so
  // that the entries of K are of order one whatever the units; of all solutions (B^-1 v - K z, z)
  // of R w = v the shortest is a least-squares problem in z.
  const Index r = rank();
  const Index rest = R_.cols() - r;
  const Eigen::ColPivHouseholderQR<Matrix> pivoting(R_);
  const Matrix ordered = R_ * pivoting.colsPermutation();
  const Vector size = ordered.leftCols(r).colwise().stableNorm().transpose();
  const Eigen::ColPivHouseholderQR<Matrix> B(ordered.leftCols(r) *
                                             size.cwiseInverse().asDiagonal());
  Matrix inverse_of_B = Matrix::Identity(r, r);
  inverse_of_B = size.cwiseInverse().asDiagonal() * solve_square(B, inverse_of_B);
  const Matrix C = ordered.rightCols(rest);
  const Vector size_of_C = C.colwise().stableNorm().transpose();
  Matrix K = solve_square(B, C * positive(size_of_C).cwiseInverse().asDiagonal());
  K = (K.array().abs() > kNoise).select(K, 0.0);  // rounding, which the scales would magnify
  K = size.cwiseInverse().asDiagonal() * K * size_of_C.asDiagonal();
  Matrix kernel(r + rest, rest);
  kernel << K, -Matrix::Identity(rest, rest);
  Matrix particular = Matrix::Zero(r + rest, r);
  particular.topRows(r) = inverse_of_B;
  const Matrix z = kernel.householderQr().solve(particular);
  Matrix shortest(r + rest, r);
  shortest << inverse_of_B - K * z, z;
  inverse_ = pivoting.colsPermutation() * shortest;
}

Vector ColumnSpace::coordinates(const Vector& w) const {
  assert(w.size() == R_.cols());
  return R_ * w;
}

Vector ColumnSpace::weights(const Vector& v) const {
  assert(v.size() == rank());
  return inverse_ * v;
}

Matrix ColumnSpace::norm_matrix(const Vector& scale) const {
  if (scale.size() == 0) return inverse_.transpose() * inverse_;
  assert(scale.size() == R_.cols());
  const Matrix scaled = scale.asDiagonal() * inverse_;
  return scaled.transpose() * scaled;
}

}  // namespace tautrack
