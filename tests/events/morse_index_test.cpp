#include "tautrack/events/morse_index.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <random>

#include <Eigen/QR>
#include <doctest/doctest.h>

namespace morse_index_test {

namespace {

using tautrack::Index;
using tautrack::Matrix;
using tautrack::MorseIndex;
using tautrack::Vector;

constexpr double epsilon = std::numeric_limits<double>::epsilon();

std::optional<int> index_of(const Matrix& H_x, double relative_error = 0.0) {
  return MorseIndex().count(H_x, relative_error);
}

std::optional<int> index_of_diagonal(const Vector& diagonal, double relative_error = 0.0) {
  return index_of(Matrix(diagonal.asDiagonal()), relative_error);
}

/// Q diag(eigenvalues) Q' with a random orthogonal Q from a fixed seed, symmetric to the last bit.
Matrix with_eigenvalues(const Vector& eigenvalues, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  const Index n = eigenvalues.size();
  const Matrix random = Matrix::NullaryExpr(n, n, [&] { return normal(engine); });
  const Matrix Q = Eigen::HouseholderQR<Matrix>(random).householderQ();
  const Matrix product = Q * eigenvalues.asDiagonal() * Q.transpose();
  return 0.5 * (product + product.transpose());
}

}  // namespace

TEST_CASE("the Morse index counts negative eigenvalues") {
  CHECK(index_of_diagonal(Vector{{2.0}}) == 0);
  CHECK(index_of_diagonal(Vector{{-2.0}}) == 1);
  CHECK(index_of_diagonal(Vector{{1.0, -3.0, 2.0, -0.5}}) == 2);
  CHECK(index_of_diagonal(-Vector::Ones(5)) == 5);
  CHECK(index_of(Matrix{{0.0, 1.0}, {1.0, 0.0}}) == 1);  // -1 and 1
  CHECK(index_of(Matrix{{1.0, 2.0}, {2.0, 1.0}}) == 1);  // -1 and 3
  CHECK(index_of(Matrix{{2.0, 1.0}, {1.0, 2.0}}) == 0);  // 1 and 3
  for (unsigned seed = 0; seed < 10; ++seed) {
    CAPTURE(seed);
    CHECK(index_of(with_eigenvalues(Vector{{-5.0, -1e-6, 1e-6, 0.3, 2.0, 7.0}}, seed)) == 2);
    CHECK(index_of(with_eigenvalues(Vector{{-5.0, 1e-5, 1e-6, 0.3, 2.0, 7.0}}, seed)) == 1);
  }
}

TEST_CASE("the scale of the matrix does not matter") {
  for (const double scale : {1e-150, 1e-20, 1e20, 1e150}) {
    CAPTURE(scale);
    CHECK(index_of_diagonal(scale * Vector{{1.0, -1e-3, 4.0}}) == 1);
    CHECK(index_of_diagonal(scale * Vector{{1.0, -1e-20, 4.0}}) == std::nullopt);
  }
}

TEST_CASE("an eigenvalue of 1e-20 beside one of order one has no sign") {
  CHECK(index_of_diagonal(Vector{{1.0, 1e-20}}) == std::nullopt);
  CHECK(index_of_diagonal(Vector{{1.0, -1e-20}}) == std::nullopt);
  CHECK(index_of_diagonal(Vector{{-1.0, 1e-20, 2.0}}) == std::nullopt);
  CHECK(index_of_diagonal(Vector{{1.0, -1e-10}}) == 1);
  CHECK(index_of_diagonal(Vector{{1.0, 1e-10}}) == 0);
}

TEST_CASE("nothing is counted of a singular matrix, also when rounding has made it regular") {
  CHECK(index_of(Matrix::Zero(3, 3)) == std::nullopt);
  CHECK(index_of(Matrix::Ones(3, 3)) == std::nullopt);
  CHECK(index_of_diagonal(Vector{{1.0, 0.0, 2.0}}) == std::nullopt);
  for (unsigned seed = 10; seed < 30; ++seed) {
    CAPTURE(seed);
    CHECK(index_of(with_eigenvalues(Vector{{-5.0, 0.0, 1.0, 7.0}}, seed)) == std::nullopt);
    CHECK(index_of(with_eigenvalues(Vector{{-5.0, epsilon, 1.0, 7.0}}, seed)) == std::nullopt);
  }
}

TEST_CASE("a stated error of the matrix hides the eigenvalues below it and no others") {
  const Vector eigenvalues{{-4.0, 1.0, -1e-6}};
  CHECK(index_of_diagonal(eigenvalues) == 2);
  CHECK(index_of_diagonal(eigenvalues, 1e-7) == 2);             // error 4e-7
  CHECK(index_of_diagonal(eigenvalues, 1e-6) == std::nullopt);  // error 4e-6
}

TEST_CASE(
    "triangular factors count as the eigenvalues do, whatever the size and the stated error") {
  // Eigenvalues over eight decades with both signs; those below the error, if any, forbid an answer.
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937_64 engine(1000 + seed);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    const Index n = 1 + static_cast<Index>(engine() % 40);
    Vector values(n);
    for (double& value : values)
      value = (engine() % 2 == 0 ? 1.0 : -1.0) * std::pow(10.0, -8.0 * uniform(engine));
    const Matrix H_x = with_eigenvalues(values, seed);
    const double largest = values.cwiseAbs().maxCoeff();
    for (const double error : {0.0, 1e-12, 1e-9, 1e-6, 1e-3}) {
      CAPTURE(seed);
      CAPTURE(error);
      const double smallest = values.cwiseAbs().minCoeff();
      const double hidden = error * largest;
      // Not where it depends on rounding.
      if (std::abs(smallest - hidden) <= 0.01 * hidden + 1e-13 * largest) continue;
      const auto expected =
          smallest > hidden ? std::optional<int>(static_cast<int>((values.array() < 0.0).count()))
                            : std::nullopt;
      CHECK(index_of(H_x, error) == expected);
    }
  }
}

TEST_CASE("at a fold the eigenvalue smallest in size is left out") {
  MorseIndex morse;
  const auto without_smallest = [&](const Vector& diagonal) {
    return morse.count_without_smallest(Matrix(diagonal.asDiagonal()));
  };
  CHECK(without_smallest(Vector{{1.0, 0.0, -2.0}}) == 1);
  CHECK(without_smallest(Vector{{1.0, -1e-20, -2.0}}) == 1);
  CHECK(without_smallest(Vector{{1.0, -0.5, -2.0}}) == 1);  // also when it has a sign
  CHECK(without_smallest(Vector{{1.0, 0.5, 2.0}}) == 0);
  CHECK(without_smallest(Vector{{0.0}}) == 0);
  CHECK(without_smallest(Vector{{1.0, 0.0, 0.0, -2.0}}) == std::nullopt);
  CHECK(without_smallest(Vector{{1.0, 0.0, 1e-17, -2.0}}) == std::nullopt);
  CHECK(without_smallest(Vector{{1.0, 0.0, std::nan(""), -2.0}}) == std::nullopt);
  CHECK(without_smallest(Vector{{2.0, 0.0, -1.0}}) == 1);
}

TEST_CASE("only the lower triangle is read") {
  Matrix H_x{{1.0, 100.0}, {2.0, 1.0}};  // lower triangle: -1 and 3
  CHECK(index_of(H_x) == 1);
  H_x(1, 0) = 0.5;  // 1/2 and 3/2
  CHECK(index_of(H_x) == 0);
}

TEST_CASE("entries that are not finite have no index") {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    Matrix H_x = Matrix::Identity(3, 3);
    H_x(2, 1) = bad;
    CHECK(index_of(H_x) == std::nullopt);
  }
}

TEST_CASE("eigenvalues come in ascending order, and none when an entry is not finite") {
  MorseIndex morse;
  const Vector values = morse.eigenvalues(Matrix{{1.0, 2.0}, {2.0, 1.0}});
  REQUIRE(values.size() == 2);
  CHECK(values(0) == doctest::Approx(-1.0));
  CHECK(values(1) == doctest::Approx(3.0));
  CHECK(morse.eigenvalues(Vector{{2.0, 0.0, -1.0}}.asDiagonal()) == Vector{{-1.0, 0.0, 2.0}});
  CHECK(morse.eigenvalues(Matrix::Constant(2, 2, std::nan(""))).size() == 0);
}

TEST_CASE("a matrix too large for plain loops has the same index") {
  // Shifted second differences: eigenvalues 2 - 2 cos(k pi / (n + 1)) - shift, k = 1..n.
  const Index n = 40;
  for (const double shift : {-0.5, 0.0, 0.1, 1.0}) {
    Matrix H_x = Matrix::Zero(n, n);
    int negative = 0;
    for (Index k = 0; k < n; ++k) {
      H_x(k, k) = 2.0 - shift;
      if (k > 0) H_x(k, k - 1) = H_x(k - 1, k) = -1.0;
      if (2.0 - 2.0 * std::cos(static_cast<double>(k + 1) * std::acos(-1.0) / 41.0) < shift)
        ++negative;
    }
    CAPTURE(shift);
    CHECK(index_of(H_x) == negative);
    CHECK(MorseIndex().count(H_x, 0.5) == (shift < 0.0 ? std::nullopt : std::optional<int>()));
  }
}

}  // namespace morse_index_test
