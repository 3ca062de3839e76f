#include "core/decompositions.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace decompositions_test {

using namespace tautrack;

namespace {

constexpr double kRounding = 1e-13;

Matrix random_matrix(Index rows, Index columns, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  Matrix A(rows, columns);
  for (Index j = 0; j < columns; ++j)
    for (Index i = 0; i < rows; ++i) A(i, j) = normal(engine);
  return A;
}

bool is_orthonormal(const Matrix& Q) {
  return (Q.transpose() * Q - Matrix::Identity(Q.cols(), Q.cols())).norm() <= kRounding;
}

/// The four conditions of Penrose (1955).
void check_pseudo_inverse(const Matrix& A, const Matrix& B) {
  const double size = kRounding * (1.0 + A.norm() * B.norm()) * (A.norm() + B.norm());
  CHECK((A * B * A - A).norm() <= size);
  CHECK((B * A * B - B).norm() <= size);
  CHECK((A * B - (A * B).transpose()).norm() <= size);
  CHECK((B * A - (B * A).transpose()).norm() <= size);
}

}  // namespace

TEST_CASE("eigenvalues of a symmetric matrix come from its lower triangle, ascending") {
  const Matrix Q = householder_qr(random_matrix(4, 4, 1)).householderQ();
  const Vector values = (Vector(4) << -3.0, 0.0, 0.5, 7.0).finished();
  Matrix A = Q * values.asDiagonal() * Q.transpose();
  const Matrix whole = A;
  A.triangularView<Eigen::StrictlyUpper>().setConstant(std::numeric_limits<double>::quiet_NaN());
  SymmetricEigen eigen = symmetric_eigen(A);
  REQUIRE(eigen.info() == Eigen::Success);
  CHECK((eigen.eigenvalues() - values).norm() <= kRounding * 7.0);
  CHECK(is_orthonormal(eigen.eigenvectors()));
  CHECK((whole * eigen.eigenvectors() - eigen.eigenvectors() * values.asDiagonal()).norm() <=
        kRounding * 7.0);
  CHECK(symmetric_eigenvalues(A).eigenvalues() == symmetric_eigenvalues(whole).eigenvalues());
  CHECK((symmetric_eigenvalues(A).eigenvalues() - values).norm() <= kRounding * 7.0);
  symmetric_eigen(Matrix(2.0 * Matrix::Identity(2, 2)), eigen);
  CHECK(eigen.eigenvalues() == Vector::Constant(2, 2.0));
}

TEST_CASE("square systems are solved; a singular one gives what is not finite") {
  const Matrix A = random_matrix(5, 5, 2);
  const Vector x = random_matrix(5, 1, 3);
  const Matrix X = random_matrix(5, 3, 4);
  CHECK((solve_square(A, Vector(A * x)) - x).norm() <= 100.0 * kRounding);
  CHECK((solve_square(A, Matrix(A * X)) - X).norm() <= 100.0 * kRounding);
  CHECK((inverse_of(A) * A - Matrix::Identity(5, 5)).norm() <= 100.0 * kRounding);
  Lu factors(5);
  factor(A, factors);
  CHECK(solve(factors, Vector(A * x)) == solve_square(A, Vector(A * x)));
  const Matrix B = (Matrix(2, 2) << 0.0, 2.0, 3.0, 4.0).finished();
  CHECK(determinant_of(B) == doctest::Approx(-6.0).epsilon(1e-15));
  CHECK_FALSE(inverse_of(Matrix::Zero(2, 2)).allFinite());
  CHECK_FALSE(solve_square(Matrix::Zero(2, 2), Vector(Vector::Ones(2))).allFinite());
}

TEST_CASE("a Cholesky factorisation says whether there is one") {
  const Matrix M = random_matrix(6, 4, 5);
  const Matrix A = M.transpose() * M;
  const Cholesky factors = cholesky(A);
  REQUIRE(factors.info() == Eigen::Success);
  const Vector x = random_matrix(4, 1, 6);
  CHECK((solve(factors, Vector(A * x)) - x).norm() <= 1e3 * kRounding);
  const Matrix half = solve_lower(factors, M.transpose());  // of a projection, half * half' = I
  CHECK((half * half.transpose() - Matrix::Identity(4, 4)).norm() <= 1e3 * kRounding);
  CHECK(cholesky(-A).info() != Eigen::Success);
}

TEST_CASE("orthogonal factors and least squares, also of dependent columns") {
  const Matrix A = random_matrix(6, 3, 7);
  for (const Matrix& Q : {orthogonal_times(householder_qr(A), Matrix::Identity(6, 6)),
                          orthogonal_times(pivoted_qr(A), Matrix::Identity(6, 6))}) {
    CHECK(is_orthonormal(Q));
    CHECK((Q.rightCols(3).transpose() * A).norm() <= kRounding * A.norm());
  }
  const Matrix B = random_matrix(3, 3, 8);
  const Vector x = random_matrix(3, 1, 9);
  CHECK((solve(pivoted_qr(B), Vector(B * x)) - x).norm() <= 100.0 * kRounding);

  for (const Index rank : {Index{1}, Index{2}, Index{3}}) {
    CAPTURE(rank);
    const Matrix low = random_matrix(5, rank, 10) * random_matrix(rank, 3, 11);
    const Matrix inverse = pseudo_inverse(low);
    check_pseudo_inverse(low, inverse);
    const Vector right = random_matrix(5, 1, 12);
    CHECK((least_squares(low, right) - inverse * right).norm() <=
          100.0 * kRounding * inverse.norm());
    const Matrix kernel = kernel_of(low, 1e-10);
    CHECK(kernel.cols() == 3 - rank);
    if (kernel.cols() == 0) continue;
    CHECK(is_orthonormal(kernel));
    CHECK((low * kernel).norm() <= kRounding * low.norm());
  }
}

TEST_CASE("singular values, descending, with square orthogonal factors, of any shape") {
  const std::vector<std::pair<Index, Index>> shapes{{4, 4}, {3, 5}, {5, 3}};
  for (const std::pair<Index, Index>& shape : shapes) {
    const Index rows = shape.first, columns = shape.second;
    CAPTURE(rows);
    CAPTURE(columns);
    const Matrix A = random_matrix(rows, columns, 13);
    const Svd svd = full_svd(A);
    CHECK(svd.U.cols() == rows);
    CHECK(svd.V.cols() == columns);
    CHECK(is_orthonormal(svd.U));
    CHECK(is_orthonormal(svd.V));
    Matrix diagonal = Matrix::Zero(rows, columns);
    diagonal.diagonal() = svd.values;
    CHECK((svd.U * diagonal * svd.V.transpose() - A).norm() <= kRounding * A.norm());
    CHECK(std::is_sorted(svd.values.data(), svd.values.data() + svd.values.size(),
                         [](double a, double b) { return a > b; }));
    CHECK((singular_values(A) - svd.values).norm() <= kRounding * A.norm());
  }
}

TEST_CASE("eigenvalues of a companion matrix are the zeros of its polynomial") {
  // (x - 2) (x + 0.5) (x^2 + 2 x + 5)
  const double c[] = {-5.0, -9.5, 1.0, 0.5};
  Matrix companion = Matrix::Zero(4, 4);
  companion.bottomLeftCorner(3, 3).setIdentity();
  for (Index k = 0; k < 4; ++k) companion(k, 3) = -c[k];
  std::vector<std::complex<double>> found;
  for (const auto& value : general_eigenvalues(companion)) found.push_back(value);
  REQUIRE(found.size() == 4);
  for (const std::complex<double> zero :
       {std::complex<double>(2.0), {-0.5}, {-1.0, 2.0}, {-1.0, -2.0}})
    CHECK(std::any_of(found.begin(), found.end(), [&](const std::complex<double>& value) {
      return std::abs(value - zero) <= 1e-13 * 5.0;
    }));
}

}  // namespace decompositions_test
