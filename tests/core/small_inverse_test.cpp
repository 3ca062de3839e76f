#include "core/small_inverse.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <Eigen/LU>
#include <doctest/doctest.h>

#include "tautrack/core/types.hpp"

namespace small_inverse_test {

namespace {

using tautrack::Index;
using tautrack::kLargestSmallInverse;
using tautrack::Matrix;
using tautrack::small_inverse;
using tautrack::Vector;

constexpr double epsilon = std::numeric_limits<double>::epsilon();

struct Inverted {
  Matrix inverse;
  int sign = 0;
};

Inverted inverted(const Matrix& A) {
  const Index d = A.rows();
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = A;
  Inverted result{Matrix(d, d), 0};
  result.sign = small_inverse(static_cast<int>(d)).invert(rows.data(), result.inverse.data());
  return result;
}

Matrix random_matrix(Index d, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  return Matrix::NullaryExpr(d, d, [&] { return normal(engine); });
}

double one_norm(const Matrix& A) { return A.cwiseAbs().colwise().sum().maxCoeff(); }

}  // namespace

TEST_CASE("the inverse and the sign of the determinant agree with a dense factorisation") {
  for (int d = 1; d <= kLargestSmallInverse; ++d) {
    int negative = 0;
    for (unsigned seed = 0; seed < 50; ++seed) {
      CAPTURE(d);
      CAPTURE(seed);
      const Matrix A = random_matrix(d, 10 * seed + static_cast<unsigned>(d));
      const Eigen::FullPivLU<Matrix> exact(A);
      const Inverted found = inverted(A);
      const double condition = one_norm(A) * one_norm(exact.inverse());
      CHECK(one_norm(found.inverse - exact.inverse()) <=
            20.0 * d * epsilon * condition * one_norm(exact.inverse()));
      CHECK(found.sign == (exact.determinant() < 0.0 ? -1 : 1));
      negative += found.sign < 0 ? 1 : 0;
    }
    CHECK(negative > 5);
    CHECK(negative < 45);
  }
}

TEST_CASE("a product with the inverse solves") {
  for (int d = 1; d <= kLargestSmallInverse; ++d) {
    CAPTURE(d);
    const Matrix A = random_matrix(d, 77 + static_cast<unsigned>(d));
    const Inverted found = inverted(A);
    const Vector right = Vector::LinSpaced(d, -1.0, 3.0);
    Vector x = Vector::Constant(d, std::numeric_limits<double>::quiet_NaN());  // overwritten
    small_inverse(d).multiply(found.inverse.data(), right.data(), x.data());
    CHECK((x - found.inverse * right).norm() <= 4.0 * d * epsilon * one_norm(found.inverse) * 3.0);
    CHECK((A * x - right).norm() <= 1e-11 * one_norm(A) * x.norm());
  }
}

TEST_CASE("permutations are inverted exactly, whatever order the rows come in") {
  for (int d = 2; d <= kLargestSmallInverse; ++d) {
    CAPTURE(d);
    Matrix A = Matrix::Zero(d, d);  // the cycle i -> i + 1
    for (int i = 0; i < d; ++i) A(i, (i + 1) % d) = 1.0;
    const Inverted found = inverted(A);
    CHECK(found.inverse == A.transpose());
    CHECK(found.sign == (d % 2 == 0 ? -1 : 1));
    Matrix reversed = Matrix::Zero(d, d);
    for (int i = 0; i < d; ++i) reversed(i, d - 1 - i) = 2.0;
    const Inverted back = inverted(reversed);
    CHECK(back.inverse == 0.25 * reversed);
    CHECK(back.sign == ((d / 2) % 2 == 0 ? 1 : -1));
  }
}

TEST_CASE("small leading entries do not spoil the inverse: rows are exchanged") {
  for (int d = 2; d <= kLargestSmallInverse; ++d) {
    CAPTURE(d);
    Matrix A = random_matrix(d, 5 + static_cast<unsigned>(d));
    A(0, 0) = 1e-17;
    const Inverted found = inverted(A);
    CHECK(one_norm(A * found.inverse - Matrix::Identity(d, d)) <=
          100.0 * d * epsilon * one_norm(A) * one_norm(found.inverse));
  }
}

TEST_CASE("a matrix with a zero pivot has no sign and no finite inverse") {
  for (int d = 1; d <= kLargestSmallInverse; ++d) {
    CAPTURE(d);
    Matrix A = Matrix::Identity(d, d);
    A.row(d - 1).setZero();
    const Inverted zero_row = inverted(A);
    CHECK(zero_row.sign == 0);
    CHECK_FALSE(zero_row.inverse.allFinite());
    if (d == 1) continue;
    A.row(d - 1) = A.row(0);
    const Inverted twice = inverted(A);
    CHECK(twice.sign == 0);
    CHECK_FALSE(twice.inverse.allFinite());
  }
}

}  // namespace small_inverse_test
