#include "tautrack/core/column_space.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <utility>

#include <Eigen/QR>

#include "tautrack/core/communicator.hpp"

#include "core/column_panels.hpp"
#include "kernels/kernels.hpp"
#include "kernels/numbers.hpp"

namespace tautrack {

namespace {

/// Relative size below which a coefficient of a dependency is rounding.
constexpr double kNoise = 1e3 * std::numeric_limits<double>::epsilon();

/// Smallest distance of a (unit) column to the span of those before it at which one Cholesky
/// factorisation of the Gram matrix is enough: A' omega A = I to 1e4 epsilon. Coordinates need no
/// more, since nothing but the linear solution relies on it, and that is refined.
constexpr double kSurelyIndependent = 1e-2;

/// The same for a factorisation that is repeated: the first leaves A' omega A = I to 1e10 epsilon,
/// the second to epsilon.
constexpr double kIndependent = 1e-5;

/// Range of the squared norms of columns whose products neither overflow nor lose digits to
/// underflow.
constexpr double kSmallSquare = 1e-200, kLargeSquare = 1e200;

/// The same numbers with one for zero.
Vector positive(const Vector& sizes) { return (sizes.array() > 0.0).select(sizes, 1.0); }

/// Solution of a square system, with every column of it counted as independent.
Matrix solve_square(const Eigen::ColPivHouseholderQR<Matrix>& qr, const Matrix& right) {
  const Index n = qr.cols();
  const Matrix rotated = qr.householderQ().transpose() * right;
  const Matrix solved = qr.matrixQR().topRows(n).triangularView<Eigen::Upper>().solve(rotated);
  return qr.colsPermutation() * solved;
}

/// Adds up the lower triangles of all ranks, if there are any.
void sum_triangles(Matrix& G, Communicator* ranks) {
  if (ranks == nullptr) return;
  const Index n = G.cols();
  Vector packed(n * (n + 1) / 2);
  for (Index j = 0, at = 0; j < n; at += n - j, ++j)
    packed.segment(at, n - j) = G.col(j).tail(n - j);
  ranks->sum({packed.data(), static_cast<std::size_t>(packed.size())});
  for (Index j = 0, at = 0; j < n; at += n - j, ++j)
    G.col(j).tail(n - j) = packed.segment(at, n - j);
}

/// The upper triangle R with a diagonal >= 0 and R' R = M' M, for an M (k x s) of any k; R is s x s.
Matrix triangle_of(const Matrix& M) {
  const Index s = M.cols();
  const Index k = std::min(M.rows(), s);
  Matrix R = Matrix::Zero(s, s);
  if (k == 0) return R;
  const Eigen::HouseholderQR<Matrix> qr(M);
  for (Index j = 0; j < s; ++j)
    R.col(j).head(std::min(j + 1, k)) = qr.matrixQR().col(j).head(std::min(j + 1, k));
  for (Index i = 0; i < k; ++i)
    if (R(i, i) < 0.0) R.row(i) *= -1.0;
  return R;
}

/// The same for the M of all ranks, one above the other.
Matrix triangle_of(const Matrix& M, Communicator& ranks) {
  const Index s = M.cols();
  const Matrix own = triangle_of(M);
  Matrix R;
  Matrix stacked(2 * s, s);
  for (int rank = 0; rank < ranks.size(); ++rank) {
    Matrix next = own;
    ranks.broadcast({next.data(), static_cast<std::size_t>(next.size())}, rank);
    if (rank == 0) {
      R = next;
      continue;
    }
    stacked << R, next;
    R = triangle_of(stacked);
  }
  return R;
}

}  // namespace

ColumnSpace::ColumnSpace(const Matrix& X, const Vector& pattern_weights, double tolerance)
    : rows_(X.rows()) {
  compute(X, pattern_weights, tolerance);
}

ColumnSpace::ColumnSpace(const Matrix& X, const Vector& pattern_weights, double tolerance,
                         Communicator& ranks)
    : rows_(X.rows()) {
  compute(X, pattern_weights, tolerance, ranks);
}

ColumnSpace::ColumnSpace(std::shared_ptr<const Matrix> X, const Vector& pattern_weights,
                         double tolerance, Communicator* ranks)
    : rows_(X->rows()) {
  const auto implied = std::make_shared<Implied>();
  implied->X = std::move(X);
  implied_ = implied;
  if (ranks != nullptr)
    compute(*implied->X, pattern_weights, tolerance, *ranks);
  else
    compute(*implied->X, pattern_weights, tolerance);
}

void ColumnSpace::compute(const Matrix& X, const Vector& pattern_weights, double tolerance) {
  assert(X.rows() > 0 && X.cols() > 0);
  assert(pattern_weights.size() == 0 || pattern_weights.size() == X.rows());
  const Vector root = pattern_weights.cwiseSqrt();
  if (factor_gram(X, root, tolerance, nullptr)) return;
  implied_.reset();
  Matrix scaled = X;
  if (root.size() > 0) scaled = root.asDiagonal() * X;
  column_norms_.resize(X.cols());
  for (Index j = 0; j < X.cols(); ++j) {
    // stableNorm: entries as far apart as 1e-200 and 1e200 are legal.
    const double norm = scaled.col(j).stableNorm();
    column_norms_(j) = norm == 0.0 ? 1.0 : norm;
    scaled.col(j) /= column_norms_(j);
  }
  Matrix basis;
  if (!factor_full_rank(scaled, tolerance, basis)) factor_rank_deficient(scaled, tolerance, basis);
  if (root.size() > 0) basis = root.cwiseInverse().asDiagonal() * basis;
  set_panels(basis);
  set_minimum_norm_map();
}

void ColumnSpace::compute(const Matrix& X, const Vector& pattern_weights, double tolerance,
                          Communicator& ranks) {
  assert(X.cols() > 0);
  assert(pattern_weights.size() == 0 || pattern_weights.size() == X.rows());
  const Index s = X.cols();
  const Vector root = pattern_weights.cwiseSqrt();
  if (factor_gram(X, root, tolerance, &ranks)) return;
  implied_.reset();
  const auto numbers_of = [](Vector& vector) {
    return std::span<double>(vector.data(), static_cast<std::size_t>(vector.size()));
  };
  Matrix scaled = X;
  if (root.size() > 0) scaled = root.asDiagonal() * X;
  // Entries as far apart as 1e-200 and 1e200 are legal.
  Vector largest = Vector::Zero(s);
  if (rows_ > 0) largest = scaled.cwiseAbs().colwise().maxCoeff().transpose();
  ranks.maximum(numbers_of(largest));
  largest = positive(largest);
  column_norms_.resize(s);
  for (Index j = 0; j < s; ++j) {
    scaled.col(j) /= largest(j);
    column_norms_(j) = scaled.col(j).squaredNorm();
  }
  ranks.sum(numbers_of(column_norms_));
  column_norms_ = positive(column_norms_.cwiseSqrt());
  for (Index j = 0; j < s; ++j) scaled.col(j) /= column_norms_(j);
  column_norms_ = column_norms_.cwiseProduct(largest);

  // The factor has the columns of X, turned.
  const Matrix factor = triangle_of(scaled, ranks);
  Matrix turned;
  if (!factor_full_rank(factor, tolerance, turned))
    factor_rank_deficient(factor, tolerance, turned);
  std::vector<Index> independent;
  std::size_t dependent = 0;
  for (Index j = 0; j < s; ++j) {
    if (dependent < dependencies_.size() && dependencies_[dependent].column == j)
      ++dependent;
    else
      independent.push_back(j);
  }
  Matrix basis = scaled(Eigen::all, independent);
  if (rank() > 0) {
    const Matrix first = R_(Eigen::all, independent);
    basis = first.triangularView<Eigen::Upper>().solve<Eigen::OnTheRight>(basis);
    // Orthonormal to epsilon over the condition of what was inverted: now to epsilon.
    const Matrix second = triangle_of(basis, ranks);
    basis = second.triangularView<Eigen::Upper>().solve<Eigen::OnTheRight>(basis);
    R_ = second.triangularView<Eigen::Upper>() * R_;
  }
  if (root.size() > 0) basis = root.cwiseInverse().asDiagonal() * basis;
  set_panels(basis);
  set_minimum_norm_map();
}

namespace {

/// Memory for panels of so many columns, and for the norms of their rows behind them.
kernels::Numbers panels_for(Index rows, Index columns) {
  return kernels::numbers(kernels::panels_of(rows) * kernels::panel_rows * (columns + 1));
}

double* norms_behind(double* panels, Index rows, Index columns) {
  return panels + kernels::panels_of(rows) * kernels::panel_rows * columns;
}

}  // namespace

void ColumnSpace::set_panels(const Matrix& basis) {
  double* const panels = new_panels(rank());
  double* const norms = norms_behind(panels, rows_, rank());
  std::fill(panels, norms + kernels::panels_of(rows_) * kernels::panel_rows, 0.0);
  for (Index j = 0; j < rank(); ++j)
    for (Index i = 0; i < rows_; ++i)
      panels[(i / kernels::panel_rows * rank() + j) * kernels::panel_rows +
             i % kernels::panel_rows] = basis(i, j);
  if (rank() == 0) return;
  for (Index i = 0; i < rows_; ++i) norms[i] = basis.row(i).norm();
}

double* ColumnSpace::new_panels(Index rank) {
  kernels::Numbers memory = panels_for(rows_, rank);
  double* const panels = memory.get();
  panels_ = std::move(memory);
  return panels;
}

bool ColumnSpace::factor_gram(const Matrix& X, const Vector& root, double tolerance,
                              Communicator* ranks) {
  const Index s = X.cols();
  std::array<double, 1> rows{static_cast<double>(X.rows())};
  if (ranks != nullptr) ranks->sum(rows);
  if (rows[0] < static_cast<double>(s)) return false;
  const kernels::Kernels& loops = kernels::active();
  const kernels::PanelRange all{0, kernels::panels_of(rows_)};
  const Index padded = all.last * kernels::panel_rows;
  double* panels = is_implied() ? nullptr : new_panels(s);
  const Index scratch_size = loops.scratch_size(s) + (is_implied() ? loops.packing_size(s) : 0);
  const kernels::Numbers memory = kernels::numbers(scratch_size + padded);
  double* const scratch = memory.get();
  double* const inverse_root = scratch + scratch_size;
  for (Index i = 0; i < root.size(); ++i) inverse_root[i] = 1.0 / root(i);
  std::fill(inverse_root + root.size(), inverse_root + padded, 0.0);
  const double* const factor = root.size() > 0 ? root.data() : nullptr;

  Matrix gram(s, s);
  loops.pack_and_multiply(X.data(), rows_, s, factor, panels, scratch, gram.data());
  sum_triangles(gram, ranks);
  column_norms_.resize(s);
  for (bool again = false;; again = true) {
    Vector size(s);
    for (Index j = 0; j < s; ++j) {
      if (!(gram(j, j) >= kSmallSquare && gram(j, j) <= kLargeSquare)) return false;
      size(j) = std::sqrt(gram(j, j));
    }
    for (Index j = 0; j < s; ++j)
      for (Index i = j; i < s; ++i) gram(i, j) /= size(i) * size(j);
    const double distance = loops.cholesky(gram.data(), s);
    if (!(distance > tolerance && distance >= kIndependent)) return false;
    // gram = L with (X diag(1/size))' (X diag(1/size)) = L L', so that A (diag(size) L)' = X.
    for (Index j = 0; j < s; ++j)
      for (Index i = j; i < s; ++i) gram(i, j) *= size(i);
    if (!again) {
      column_norms_ = size;
      R_ = gram.triangularView<Eigen::Lower>().transpose();
      if (is_implied()) {
        set_inverse();
        if (inverse_norm() <= largest_implied) return true;
        implied_.reset();
        panels = new_panels(s);
        loops.pack(X.data(), rows_, s, factor, panels);
      }
    } else {
      R_ = gram.triangularView<Eigen::Lower>().transpose() * R_;
    }
    const bool enough = again || distance >= kSurelyIndependent;
    loops.solve_triangular(panels, all, s, gram.data(),
                           enough && root.size() > 0 ? inverse_root : nullptr,
                           norms_behind(panels, rows_, s), scratch);
    if (enough) break;
    loops.symmetric_product(panels, all, s, nullptr, scratch, gram.data());
    sum_triangles(gram, ranks);
  }
  set_inverse();
  return true;
}

/// Of a triangular R of full rank.
void ColumnSpace::set_inverse() {
  const Index s = R_.cols();
  const kernels::Kernels& loops = kernels::active();
  // R^-1 = diag(1/norms) (R diag(1/norms))^-1: the rows of R' / norms are of order one.
  Matrix lower(s, s), inverse(s, s);
  for (Index j = 0; j < s; ++j)
    for (Index i = j; i < s; ++i) lower(i, j) = R_(j, i) / column_norms_(i);
  loops.invert_lower(lower.data(), s, inverse.data());
  inverse_ = column_norms_.cwiseInverse().asDiagonal() *
             Matrix(inverse.triangularView<Eigen::Lower>().transpose());
}

double ColumnSpace::inverse_norm() const {
  const Matrix sizes = (column_norms_.asDiagonal() * inverse_).cwiseAbs();
  return std::sqrt(sizes.colwise().sum().maxCoeff() * sizes.rowwise().sum().maxCoeff());
}

const double* ColumnPanels::basis() const {
  const auto& implied = space_->implied_;
  if (implied == nullptr) return space_->panels_.get();
  std::call_once(implied->is_formed, [&] {
    const Index rows = space_->rows_, s = space_->rank();
    const kernels::Kernels& loops = kernels::active();
    kernels::Numbers panels = panels_for(rows, s);
    const kernels::Numbers scratch = kernels::numbers(loops.scratch_size(s));
    loops.pack(implied->X->data(), rows, s, nullptr, panels.get());
    const Matrix lower = space_->R_.transpose();
    loops.solve_triangular(panels.get(), {0, kernels::panels_of(rows)}, s, lower.data(), nullptr,
                           norms_behind(panels.get(), rows, s), scratch.get());
    implied->panels = std::move(panels);
  });
  return implied->panels.get();
}

const double* ColumnPanels::row_norms() const {
  return basis() + kernels::panels_of(space_->rows_) * kernels::panel_rows * space_->rank();
}

bool ColumnSpace::factor_full_rank(const Matrix& scaled, double tolerance, Matrix& basis) {
  const Index L = scaled.rows();
  const Index s = scaled.cols();
  if (L < s) return false;
  Eigen::HouseholderQR<Matrix> qr(scaled);
  R_ = qr.matrixQR().topRows(s).triangularView<Eigen::Upper>();
  if (!(R_.diagonal().cwiseAbs().minCoeff() > tolerance)) return false;
  basis = qr.householderQ() * Matrix::Identity(L, s);
  // A positive diagonal makes the coordinates unique, whatever the signs the reflections chose.
  for (Index j = 0; j < s; ++j) {
    if (R_(j, j) < 0.0) {
      R_.row(j) *= -1.0;
      basis.col(j) *= -1.0;
    }
  }
  return true;
}

void ColumnSpace::factor_rank_deficient(const Matrix& scaled, double tolerance, Matrix& basis) {
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
  basis = Q.leftCols(rank);
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

Matrix ColumnSpace::basis() const {
  const double* const panels = ColumnPanels(*this).basis();
  Matrix A(rows_, rank());
  for (Index j = 0; j < rank(); ++j)
    for (Index i = 0; i < rows_; ++i)
      A(i, j) = panels[(i / kernels::panel_rows * rank() + j) * kernels::panel_rows +
                       i % kernels::panel_rows];
  return A;
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
