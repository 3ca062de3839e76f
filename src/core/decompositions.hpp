#pragma once

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/QR>

#include "tautrack/core/types.hpp"

/// Eigen's decompositions of matrices whose size is not known when they are compiled, compiled once
/// for all of the library: each of them takes a compiler several times as long as an ordinary file.
/// Those of small, fixed size, and those in loops that must not allocate, stay where they are used.
namespace tautrack {

/// eigenvalues(), ascending, and eigenvectors(); of the lower triangle. info() is Eigen::Success
/// unless the iteration has not converged or an entry is not finite.
using SymmetricEigen = Eigen::SelfAdjointEigenSolver<Matrix>;

[[nodiscard]] SymmetricEigen symmetric_eigen(const Matrix& A);

/// The same in the memory of `out`.
void symmetric_eigen(const Matrix& A, SymmetricEigen& out);

/// The same without eigenvectors.
[[nodiscard]] SymmetricEigen symmetric_eigenvalues(const Matrix& A);

// --- Square systems, by LU factors with partial pivoting; not finite where A is singular. ----------

using Lu = Eigen::PartialPivLU<Matrix>;

void factor(const Matrix& A, Lu& out);
[[nodiscard]] Vector solve(const Lu& factors, const Vector& right);
[[nodiscard]] Vector solve_square(const Matrix& A, const Vector& right);
[[nodiscard]] Matrix solve_square(const Matrix& A, const Matrix& right);
[[nodiscard]] Matrix inverse_of(const Matrix& A);
[[nodiscard]] double determinant_of(const Matrix& A);

// --- Positive definite systems. --------------------------------------------------------------------

/// info() is Eigen::Success if A is positive definite; of the lower triangle.
using Cholesky = Eigen::LLT<Matrix>;

[[nodiscard]] Cholesky cholesky(const Matrix& A);
[[nodiscard]] Vector solve(const Cholesky& factors, const Vector& right);

/// L^-1 right, A = L L'.
[[nodiscard]] Matrix solve_lower(const Cholesky& factors, const Matrix& right);

// --- Orthogonal factors. ---------------------------------------------------------------------------

/// A P = Q R, the columns that are least dependent on those before them first.
using PivotedQr = Eigen::ColPivHouseholderQR<Matrix>;

[[nodiscard]] PivotedQr pivoted_qr(const Matrix& A);
[[nodiscard]] Vector solve(const PivotedQr& factors, const Vector& right);

/// A = Q R.
using Qr = Eigen::HouseholderQR<Matrix>;

[[nodiscard]] Qr householder_qr(const Matrix& A);

/// Q right, Q all of the orthogonal factor.
[[nodiscard]] Matrix orthogonal_times(const Qr& factors, const Matrix& right);
[[nodiscard]] Matrix orthogonal_times(const PivotedQr& factors, const Matrix& right);

/// The vector of least length among those that make |A x - right| least.
[[nodiscard]] Vector least_squares(const Matrix& A, const Vector& right);
[[nodiscard]] Matrix pseudo_inverse(const Matrix& A);

/// An orthonormal basis of { x : A x = 0 }; pivots below `threshold` times the largest are zeros.
[[nodiscard]] Matrix kernel_of(const Matrix& A, double threshold);

/// A = U diag(values) V', values descending, U and V square.
struct Svd {
  Matrix U;
  Vector values;
  Matrix V;
};

[[nodiscard]] Svd full_svd(const Matrix& A);
[[nodiscard]] Vector singular_values(const Matrix& A);

/// Eigenvalues of a square matrix that is not symmetric, in no order.
[[nodiscard]] Eigen::VectorXcd general_eigenvalues(const Matrix& A);

}  // namespace tautrack
