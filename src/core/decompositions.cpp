#include "core/decompositions.hpp"

#include <Eigen/SVD>

#include "core/eigen_kernels.hpp"

TAUTRACK_EIGEN_KERNELS(template)

namespace tautrack {

SymmetricEigen symmetric_eigen(const Matrix& A) { return SymmetricEigen(A); }

void symmetric_eigen(const Matrix& A, SymmetricEigen& out) { out.compute(A); }

SymmetricEigen symmetric_eigenvalues(const Matrix& A) {
  return SymmetricEigen(A, Eigen::EigenvaluesOnly);
}

void factor(const Matrix& A, Lu& out) { out.compute(A); }

Vector solve(const Lu& factors, const Vector& right) { return factors.solve(right); }

Vector solve_square(const Matrix& A, const Vector& right) { return Lu(A).solve(right); }

Matrix solve_square(const Matrix& A, const Matrix& right) { return Lu(A).solve(right); }

Matrix inverse_of(const Matrix& A) { return Lu(A).inverse(); }

double determinant_of(const Matrix& A) { return Lu(A).determinant(); }

Cholesky cholesky(const Matrix& A) { return Cholesky(A); }

Vector solve(const Cholesky& factors, const Vector& right) { return factors.solve(right); }

Matrix solve_lower(const Cholesky& factors, const Matrix& right) {
  return factors.matrixL().solve(right);
}

PivotedQr pivoted_qr(const Matrix& A) { return PivotedQr(A); }

Vector solve(const PivotedQr& factors, const Vector& right) { return factors.solve(right); }

Qr householder_qr(const Matrix& A) { return Qr(A); }

Matrix orthogonal_times(const Qr& factors, const Matrix& right) {
  return factors.householderQ() * right;
}

Matrix orthogonal_times(const PivotedQr& factors, const Matrix& right) {
  return factors.householderQ() * right;
}

Vector least_squares(const Matrix& A, const Vector& right) {
  return Eigen::CompleteOrthogonalDecomposition<Matrix>(A).solve(right);
}

Matrix pseudo_inverse(const Matrix& A) {
  return Eigen::CompleteOrthogonalDecomposition<Matrix>(A).pseudoInverse();
}

Matrix kernel_of(const Matrix& A, double threshold) {
  Eigen::CompleteOrthogonalDecomposition<Matrix> decomposition;
  decomposition.setThreshold(threshold);
  decomposition.compute(A);
  const Matrix Z = decomposition.matrixZ();
  return (decomposition.colsPermutation() * Z.transpose())
      .rightCols(A.cols() - decomposition.rank());
}

Svd full_svd(const Matrix& A) {
  // Full pivoting: small singular values of rows of different size come out with small errors.
  const Eigen::JacobiSVD<Matrix, Eigen::FullPivHouseholderQRPreconditioner> svd(
      A, Eigen::ComputeFullU | Eigen::ComputeFullV);
  return {svd.matrixU(), svd.singularValues(), svd.matrixV()};
}

Vector singular_values(const Matrix& A) { return Eigen::JacobiSVD<Matrix>(A).singularValues(); }

Eigen::VectorXcd general_eigenvalues(const Matrix& A) {
  return Eigen::EigenSolver<Matrix>(A, false).eigenvalues();
}

}  // namespace tautrack
