#include "tautrack/core/column_space.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <vector>

#include <Eigen/SVD>
#include <doctest/doctest.h>

#include "core/column_panels.hpp"

namespace column_space_test {

namespace {

using tautrack::ColumnDependency;
using tautrack::ColumnPanels;
using tautrack::ColumnSpace;
using tautrack::Index;
using tautrack::Matrix;
using tautrack::Vector;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double usual_tolerance = 1e-11;

/// Normally distributed entries from a fixed seed.
Matrix random_matrix(Index rows, Index columns, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  return Matrix::NullaryExpr(rows, columns, [&] { return normal(engine); });
}

/// Entries in (1/2, 2) from a fixed seed.
Vector random_pattern_weights(Index rows, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<double> uniform(0.5, 2.0);
  return Vector::NullaryExpr(rows, [&] { return uniform(engine); });
}

/// Largest entry of |A' diag(omega) A - I|.
double orthonormality_error(const ColumnSpace& space, const Vector& omega) {
  const Matrix& A = space.basis();
  const Matrix gram = A.transpose() * omega.asDiagonal() * A;
  return (gram - Matrix::Identity(space.rank(), space.rank())).cwiseAbs().maxCoeff();
}

/// R, read off column by column.
Matrix triangle(const ColumnSpace& space, Index columns) {
  Matrix R(space.rank(), columns);
  for (Index j = 0; j < columns; ++j) R.col(j) = space.coordinates(Vector::Unit(columns, j));
  return R;
}

/// R^+, read off column by column.
Matrix pseudo_inverse(const ColumnSpace& space, Index columns) {
  Matrix inverse(columns, space.rank());
  for (Index j = 0; j < space.rank(); ++j)
    inverse.col(j) = space.weights(Vector::Unit(space.rank(), j));
  return inverse;
}

/// Largest difference relative to the largest entry of the second.
double relative_difference(const Matrix& a, const Matrix& b) {
  return (a - b).cwiseAbs().maxCoeff() / b.cwiseAbs().maxCoeff();
}

/// Two unit columns in R^3, the second at this distance from the span of the first.
Matrix two_columns_at_distance(double distance) {
  Matrix X(3, 2);
  X << 1.0, std::sqrt(1.0 - distance * distance),  //
      0.0, distance,                               //
      0.0, 0.0;
  return X;
}

}  // namespace

TEST_CASE("the basis is orthonormal under the pattern weights and spans the columns") {
  const Matrix X = random_matrix(20, 5, 1);
  const Vector omega = random_pattern_weights(20, 2);
  const Vector ones = Vector::Ones(20);

  const ColumnSpace plain(X, Vector(), usual_tolerance);
  CHECK(plain.rank() == 5);
  CHECK(plain.dependencies().empty());
  CHECK(orthonormality_error(plain, ones) <= 20 * epsilon);
  CHECK(orthonormality_error(plain, omega) > 0.1);

  const ColumnSpace weighted(X, omega, usual_tolerance);
  CHECK(orthonormality_error(weighted, omega) <= 20 * epsilon);
  CHECK(orthonormality_error(weighted, ones) > 0.1);

  // u = X w = A v, for every unit w at once.
  CHECK(relative_difference(plain.basis() * triangle(plain, 5), X) <= 20 * epsilon);
  CHECK(relative_difference(weighted.basis() * triangle(weighted, 5), X) <= 20 * epsilon);
}

TEST_CASE("the basis is orthonormal however near the columns are to each other") {
  // A second column at this distance from the first, by three ways of orthogonalisation.
  for (const Index L : {5, 40, 700}) {
    for (const double distance : {1.0, 0.1, 0.02, 1e-3, 1e-4, 1e-7, 1e-10}) {
      CAPTURE(L);
      CAPTURE(distance);
      Matrix X = random_matrix(L, 4, 40);
      X.col(2) = X.col(0) + distance * X.col(2);
      const Vector omega = random_pattern_weights(L, 41);
      const ColumnSpace space(X, omega, usual_tolerance);
      REQUIRE(space.rank() == 4);
      // One factorisation of the Gram matrix leaves epsilon over the square of the distance.
      const double bound = distance > 0.01 ? 50 * epsilon / (distance * distance) : 50 * epsilon;
      CHECK(orthonormality_error(space, omega) <= std::max(bound, 50 * epsilon));
      CHECK(relative_difference(space.basis() * triangle(space, 4), X) <= 50 * epsilon);
      const Vector norms = space.basis().rowwise().norm();
      CHECK((Vector::Map(ColumnPanels(space).row_norms(), L) - norms).cwiseAbs().maxCoeff() <=
            20 * epsilon);
      CHECK(relative_difference(pseudo_inverse(space, 4) * triangle(space, 4),
                                Matrix::Identity(4, 4)) <= 1e4 * epsilon / distance);
    }
  }
}

TEST_CASE("the panels hold the basis, filled up with zeros") {
  const Matrix X = random_matrix(20, 3, 42);
  const ColumnSpace space(X, Vector(), usual_tolerance);
  const Matrix A = space.basis();
  for (Index i = 0; i < 32; ++i)
    for (Index j = 0; j < 3; ++j)
      CHECK(ColumnPanels(space).basis()[(i / 16 * 3 + j) * 16 + i % 16] ==
            (i < 20 ? A(i, j) : 0.0));
  for (Index i = 20; i < 32; ++i) CHECK(ColumnPanels(space).row_norms()[i] == 0.0);
}

TEST_CASE("an entry that is not finite shows in the norms of the columns") {
  for (const double bad :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    Matrix X = random_matrix(20, 3, 43);
    CHECK(ColumnSpace(X, Vector(), usual_tolerance).column_norms().allFinite());
    X(7, 1) = bad;
    CHECK_FALSE(ColumnSpace(X, Vector(), usual_tolerance).column_norms().allFinite());
  }
}

TEST_CASE("R is upper triangular with a positive diagonal when the columns are independent") {
  const Matrix R = triangle(ColumnSpace(random_matrix(9, 4, 3), Vector(), usual_tolerance), 4);
  for (Index i = 0; i < 4; ++i) {
    CHECK(R(i, i) > 0.0);
    for (Index j = 0; j < i; ++j) CHECK(R(i, j) == 0.0);
  }
}

TEST_CASE("basis and R of a matrix with known factors") {
  // (3, 4, 0) = 5 (0.6, 0.8, 0); (3, 4, 2) = 5 (0.6, 0.8, 0) + 2 (0, 0, 1)
  Matrix X(3, 2);
  X << 3.0, 3.0, 4.0, 4.0, 0.0, 2.0;
  Matrix A(3, 2);
  A << 0.6, 0.0, 0.8, 0.0, 0.0, 1.0;
  Matrix R(2, 2);
  R << 5.0, 5.0, 0.0, 2.0;
  const ColumnSpace space(X, Vector(), usual_tolerance);
  CHECK((space.basis() - A).cwiseAbs().maxCoeff() <= 10 * epsilon);  // the second column: 0.37
  CHECK((triangle(space, 2) - R).cwiseAbs().maxCoeff() <= 20 * epsilon);
}

TEST_CASE("weights and coordinates are inverse to each other") {
  const Matrix X = random_matrix(30, 6, 4);
  const ColumnSpace space(X, random_pattern_weights(30, 5), usual_tolerance);
  const Vector w = random_matrix(6, 1, 6);
  const Vector v = space.coordinates(w);
  CHECK((space.weights(v) - w).norm() <= 100 * epsilon * w.norm());
  CHECK((space.basis() * v - X * w).norm() <= 100 * epsilon * (X * w).norm());
}

TEST_CASE("the length of v is the weighted length of the node inputs") {
  const Matrix X = random_matrix(15, 3, 7);
  const Vector omega = random_pattern_weights(15, 8);
  const Vector w = random_matrix(3, 1, 9);
  const Vector u = X * w;
  const double length = std::sqrt(omega.dot(u.cwiseAbs2()));
  CHECK(ColumnSpace(X, omega, usual_tolerance).coordinates(w).norm() ==
        doctest::Approx(length).epsilon(1e-14).scale(0.0));
  CHECK(ColumnSpace(X, Vector(), usual_tolerance).coordinates(w).norm() ==
        doctest::Approx(u.norm()).epsilon(1e-14).scale(0.0));
  CHECK(std::abs(length - u.norm()) > 0.01 * length);
}

TEST_CASE("scaling the columns changes neither basis nor coordinates") {
  const Matrix X = random_matrix(12, 5, 10);
  const Vector w = random_matrix(5, 1, 11);
  for (const bool weighted : {false, true}) {
    CAPTURE(weighted);
    const Vector omega = weighted ? random_pattern_weights(12, 12) : Vector();
    const ColumnSpace plain(X, omega, usual_tolerance);
    Vector scale(5);
    scale << 1e-6, 1e6, 3.0, 1e3, 1e-3;
    const ColumnSpace scaled(X * scale.asDiagonal(), omega, usual_tolerance);
    CHECK((scaled.basis() - plain.basis()).cwiseAbs().maxCoeff() <= 50 * epsilon);
    const Vector v = plain.coordinates(w);
    CHECK((scaled.coordinates(w.cwiseQuotient(scale)) - v).norm() <= 100 * epsilon * v.norm());
    CHECK((scaled.weights(v).cwiseProduct(scale) - w).norm() <= 100 * epsilon * w.norm());
  }
}

TEST_CASE("the sign of a column shows in R alone up to the sign of its basis vector") {
  Matrix X = random_matrix(8, 3, 13);
  const ColumnSpace plain(X, Vector(), usual_tolerance);
  X.col(1) *= -1.0;
  const ColumnSpace flipped(X, Vector(), usual_tolerance);
  CHECK((flipped.basis().col(1) + plain.basis().col(1)).norm() <= 20 * epsilon);
  CHECK((flipped.basis().col(2) - plain.basis().col(2)).norm() <= 20 * epsilon);
}

TEST_CASE(
    "columns of entries near the ends of the range of double are independent like any other") {
  // The columns (1, 1, 0) and (1, 1, 1) in the units 1e-200 and 1e200.
  Matrix X(3, 2);
  X << 1e-200, 1e200, 1e-200, 1e200, 0.0, 1e200;
  const ColumnSpace space(X, Vector(), usual_tolerance);
  REQUIRE(space.rank() == 2);
  CHECK(orthonormality_error(space, Vector::Ones(3)) <= 10 * epsilon);
  // u = (3, 3, 2) = 1 (1, 1, 0) + 2 (1, 1, 1)
  Vector w(2);
  w << 1e200, 2e-200;
  const Vector u = space.basis() * space.coordinates(w);
  CHECK((u - Vector{{3.0, 3.0, 2.0}}).norm() <= 20 * epsilon);
  const Vector back = space.weights(space.coordinates(w));
  CHECK(back(0) == doctest::Approx(1e200).epsilon(1e-14).scale(0.0));
  CHECK(back(1) == doctest::Approx(2e-200).epsilon(1e-14).scale(0.0));
}

TEST_CASE("columns two hundred decades apart may be dependent") {
  // Column 1 is 1e200 times column 0; columns 0 and 2 are independent.
  Matrix X(3, 3);
  X << 1e-100, 1e100, 1.0, 1e-100, 1e100, 1.0, 0.0, 0.0, 1.0;
  const ColumnSpace space(X, Vector(), usual_tolerance);
  REQUIRE(space.rank() == 2);
  REQUIRE(space.dependencies().size() == 1);
  CHECK(space.dependencies()[0].column == 1);
  CHECK(orthonormality_error(space, Vector::Ones(3)) <= 10 * epsilon);
  // Whatever weights() returns, it must lead back to the same node inputs.
  const Vector v{{3.0, 2.0}};
  const Vector back = space.coordinates(space.weights(v));
  CHECK((back - v).norm() <= 100 * epsilon * v.norm());
}

TEST_CASE("one entry of 1e200 beside 1e-200 in the same column keeps the column's direction") {
  Matrix X(2, 1);
  X << 1e200, 1e-200;
  const ColumnSpace space(X, Vector(), usual_tolerance);
  CHECK(space.basis()(0, 0) == doctest::Approx(1.0));
  CHECK(space.basis()(1, 0) == 0.0);  // 1e-400
  CHECK(space.weights(Vector::Ones(1))(0) == doctest::Approx(1e-200).epsilon(1e-14).scale(0.0));
}

TEST_CASE("a duplicated column depends on the first of the two with coefficient one") {
  Matrix X = random_matrix(7, 3, 14);
  X.col(2) = X.col(0);
  const ColumnSpace space(X, Vector(), usual_tolerance);
  CHECK(space.rank() == 2);
  REQUIRE(space.dependencies().size() == 1);
  const ColumnDependency& found = space.dependencies()[0];
  CHECK(found.column == 2);
  REQUIRE(found.on.size() == 1);
  CHECK(found.on[0].first == 0);
  CHECK(found.on[0].second == doctest::Approx(1.0).epsilon(1e-13).scale(0.0));
  CHECK(found.relative_distance <= 10 * epsilon);
}

TEST_CASE("a combination of columns is found with its coefficients in the user's units") {
  Matrix X = random_matrix(9, 5, 15);
  X.col(0) *= 1e-3;
  X.col(2) *= 1e4;
  X.col(3) = 2.0 * X.col(0) - 0.5 * X.col(2);
  const ColumnSpace space(X, random_pattern_weights(9, 16), usual_tolerance);
  CHECK(space.rank() == 4);
  REQUIRE(space.dependencies().size() == 1);
  const ColumnDependency& found = space.dependencies()[0];
  CHECK(found.column == 3);
  // Column 0 is a 1e-7-th part of the sum, still far above rounding; column 1 takes no part.
  REQUIRE(found.on.size() == 2);
  CHECK(found.on[0].first == 0);
  CHECK(found.on[0].second == doctest::Approx(2.0).epsilon(1e-7).scale(0.0));
  CHECK(found.on[1].first == 2);
  CHECK(found.on[1].second == doctest::Approx(-0.5).epsilon(1e-13).scale(0.0));
}

TEST_CASE("several dependent columns are reported in order, each on independent ones only") {
  Matrix X = random_matrix(8, 6, 17);
  X.col(1) = 3.0 * X.col(0);
  X.col(4) = X.col(2) + X.col(3);
  X.col(5) = X.col(1) - X.col(4);  // = 3 X.col(0) - X.col(2) - X.col(3)
  const ColumnSpace space(X, Vector(), usual_tolerance);
  CHECK(space.rank() == 3);
  REQUIRE(space.dependencies().size() == 3);
  CHECK(space.dependencies()[0].column == 1);
  CHECK(space.dependencies()[1].column == 4);
  const ColumnDependency& last = space.dependencies()[2];
  CHECK(last.column == 5);
  REQUIRE(last.on.size() == 3);
  const std::vector<Index> columns{0, 2, 3};
  const std::vector<double> coefficients{3.0, -1.0, -1.0};
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(last.on[k].first == columns[k]);
    CHECK(last.on[k].second == doctest::Approx(coefficients[k]).epsilon(1e-12).scale(0.0));
  }
}

TEST_CASE("a zero column depends on nothing and gets no weight") {
  Matrix X = random_matrix(6, 3, 18);
  X.col(1).setZero();
  const ColumnSpace space(X, Vector(), usual_tolerance);
  CHECK(space.rank() == 2);
  REQUIRE(space.dependencies().size() == 1);
  CHECK(space.dependencies()[0].column == 1);
  CHECK(space.dependencies()[0].on.empty());
  CHECK(space.dependencies()[0].relative_distance == 0.0);
  const Vector w = space.weights(Vector{{1.0, 2.0}});
  CHECK(w(1) == 0.0);
  CHECK((space.coordinates(w) - Vector{{1.0, 2.0}}).norm() <= 50 * epsilon);
}

TEST_CASE("a zero matrix has rank zero, and zero weights") {
  const ColumnSpace space(Matrix::Zero(4, 3), Vector(), usual_tolerance);
  CHECK(space.rank() == 0);
  CHECK(space.dependencies().size() == 3);
  CHECK(space.basis().rows() == 4);
  CHECK(space.coordinates(Vector::Ones(3)).size() == 0);
  CHECK(space.weights(Vector(0)) == Vector::Zero(3));
  CHECK(space.norm_matrix(Vector()).size() == 0);
}

TEST_CASE("fewer patterns than columns: the rank is the number of patterns") {
  const Matrix X = random_matrix(3, 5, 19);
  const ColumnSpace space(X, Vector(), usual_tolerance);
  CHECK(space.rank() == 3);
  REQUIRE(space.dependencies().size() == 2);
  CHECK(space.dependencies()[0].column == 3);
  CHECK(space.dependencies()[1].column == 4);
  CHECK(orthonormality_error(space, Vector::Ones(3)) <= 20 * epsilon);
  CHECK(relative_difference(space.basis() * triangle(space, 5), X) <= 20 * epsilon);
  // Whatever the tolerance: the distance of a fourth vector in R^3 is rounding.
  CHECK(ColumnSpace(X, Vector(), 1e-300).rank() == 3);
  for (const ColumnDependency& dependency : space.dependencies()) {
    Vector rest = X.col(dependency.column);
    for (const auto& [column, coefficient] : dependency.on) rest -= coefficient * X.col(column);
    CHECK(rest.norm() <= 1e-13 * X.col(dependency.column).norm());
  }
}

TEST_CASE("a first column of zeros and duplicated patterns leave the later columns in order") {
  Matrix X(2, 3);
  X << 0.0, 2.0, 1.0, 0.0, 2.0, 3.0;
  const ColumnSpace space(X, Vector(), usual_tolerance);
  REQUIRE(space.rank() == 2);
  Matrix R(2, 3);  // (2, 2) = sqrt(8) a;  (1, 3) = sqrt(8) a + sqrt(2) b
  R << 0.0, std::sqrt(8.0), std::sqrt(8.0), 0.0, 0.0, std::sqrt(2.0);
  CHECK((triangle(space, 3) - R).cwiseAbs().maxCoeff() <= 10 * epsilon);
}

TEST_CASE("weights() is the pseudo-inverse: the smallest weights in the user's units") {
  for (const bool wide : {false, true}) {
    CAPTURE(wide);
    Matrix X = random_matrix(wide ? 4 : 10, 6, 20);
    X.col(1) *= 30.0;
    X.col(3) = X.col(0) + 0.1 * X.col(1);
    X.col(5).setZero();
    const ColumnSpace space(X, Vector(), usual_tolerance);
    CHECK(space.rank() == 4);
    // R^+ = X^+ A
    const Eigen::JacobiSVD<Matrix> svd(X, Eigen::ComputeThinU | Eigen::ComputeThinV);
    const Matrix expected = svd.solve(space.basis());
    CHECK(svd.rank() == 4);
    CHECK(relative_difference(pseudo_inverse(space, 6), expected) <= 1e-12);
    // Any other weights with the same node inputs are longer.
    const Vector w = space.weights(Vector{{1.0, -1.0, 2.0, 0.5}});
    Vector other = w;
    other(0) += 1e-3;
    other(1) += 1e-4;
    other(3) -= 1e-3;
    CHECK((X * other - X * w).norm() <= 1e-14 * (X * w).norm());
    CHECK(other.norm() > w.norm());
  }
}

TEST_CASE(
    "with dependent columns weights() leads back to the same coordinates at any column scale") {
  Matrix X = random_matrix(10, 4, 21);
  X.col(2) = X.col(0) - 2.0 * X.col(1);
  for (const double scale : {1e-6, 1.0, 1e6, 1e12, 1e20}) {
    CAPTURE(scale);
    Matrix scaled = X;
    scaled.col(3) *= scale;
    const ColumnSpace space(scaled, Vector(), usual_tolerance);
    REQUIRE(space.rank() == 3);
    const Vector v{{1.0, -2.0, 0.7}};
    CHECK((space.coordinates(space.weights(v)) - v).norm() <= 1e-12 * v.norm());
  }
}

TEST_CASE("weights() leads back to the same coordinates when every column has its own scale") {
  std::mt19937_64 engine(32);
  std::normal_distribution<double> normal;
  for (const double decades : {1.0, 5.0, 10.0}) {
    CAPTURE(decades);
    double largest_error = 0.0;
    for (unsigned seed = 100; seed < 120; ++seed) {
      Matrix X = random_matrix(10, 6, seed);
      X.col(4) = X.col(0) - 2.0 * X.col(2);
      X.col(5) = X.col(1) + X.col(3);
      for (Index j = 0; j < 6; ++j) X.col(j) *= std::pow(10.0, 0.5 * decades * normal(engine));
      const ColumnSpace space(X, Vector(), usual_tolerance);
      REQUIRE(space.rank() == 4);
      const Vector v{{1.0, -2.0, 0.7, 0.4}};
      largest_error =
          std::max(largest_error, (space.coordinates(space.weights(v)) - v).norm() / v.norm());
    }
    CHECK(largest_error <= 1e-12);
  }
}

TEST_CASE("a column counts as dependent below the tolerance and not above it") {
  for (const double tolerance : {1e-11, 1e-8, 1e-3}) {
    CAPTURE(tolerance);
    const ColumnSpace above(two_columns_at_distance(1.01 * tolerance), Vector(), tolerance);
    CHECK(above.rank() == 2);
    CHECK(above.dependencies().empty());
    const ColumnSpace below(two_columns_at_distance(0.99 * tolerance), Vector(), tolerance);
    CHECK(below.rank() == 1);
    REQUIRE(below.dependencies().size() == 1);
    CHECK(below.dependencies()[0].column == 1);
    CHECK(below.dependencies()[0].relative_distance ==
          doctest::Approx(0.99 * tolerance).epsilon(1e-4).scale(0.0));
  }
}

TEST_CASE("nearness is relative to the column's own norm") {
  const double tolerance = 1e-8;
  for (const double scale : {1e-9, 1e9}) {
    CAPTURE(scale);
    Matrix above = two_columns_at_distance(1.01 * tolerance);
    above.col(1) *= scale;
    CHECK(ColumnSpace(above, Vector(), tolerance).rank() == 2);
    Matrix below = two_columns_at_distance(0.99 * tolerance);
    below.col(1) *= scale;
    CHECK(ColumnSpace(below, Vector(), tolerance).rank() == 1);
  }
}

TEST_CASE("nearly dependent columns above the tolerance still give an orthonormal basis") {
  Matrix X = random_matrix(12, 4, 31);
  X.col(1) = X.col(0) + 1e-9 * X.col(1);
  X.col(3) = X.col(0) - X.col(2) + 1e-8 * X.col(3);
  const ColumnSpace near(X, Vector(), usual_tolerance);
  CHECK(near.rank() == 4);
  CHECK(orthonormality_error(near, Vector::Ones(12)) <= 20 * epsilon);
  // The same beside a duplicated column, where the other orthogonalisation is at work.
  Matrix longer(12, 5);
  longer << X, X.col(2);
  const ColumnSpace deficient(longer, Vector(), usual_tolerance);
  CHECK(deficient.rank() == 4);
  CHECK(orthonormality_error(deficient, Vector::Ones(12)) <= 20 * epsilon);
}

TEST_CASE("the basis does not depend on which orthogonalisation is used") {
  const Matrix X = random_matrix(10, 3, 22);
  const ColumnSpace full(X, Vector(), usual_tolerance);
  Matrix padded(10, 4);
  padded << X, X.col(1);
  const ColumnSpace deficient(padded, Vector(), usual_tolerance);
  REQUIRE(deficient.rank() == 3);
  CHECK((deficient.basis() - full.basis()).cwiseAbs().maxCoeff() <= 20 * epsilon);
}

TEST_CASE("a pattern of weight two is a pattern that occurs twice") {
  const Matrix X = random_matrix(8, 3, 23);
  Vector omega = Vector::Ones(8);
  omega(2) = 2.0;
  Matrix longer(9, 3);
  longer << X, X.row(2);
  const ColumnSpace weighted(X, omega, usual_tolerance);
  const ColumnSpace repeated(longer, Vector(), usual_tolerance);
  CHECK(relative_difference(triangle(weighted, 3), triangle(repeated, 3)) <= 20 * epsilon);
  CHECK((weighted.basis() - repeated.basis().topRows(8)).cwiseAbs().maxCoeff() <= 20 * epsilon);
  const Vector w{{0.3, -1.0, 2.0}};
  CHECK(weighted.coordinates(w).norm() ==
        doctest::Approx(repeated.coordinates(w).norm()).epsilon(1e-14).scale(0.0));
  CHECK(std::abs(weighted.coordinates(w).norm() -
                 ColumnSpace(X, Vector(), usual_tolerance).coordinates(w).norm()) > 1e-3);
}

TEST_CASE("norm_matrix is the metric of the weights in the coordinates") {
  for (const bool deficient : {false, true}) {
    CAPTURE(deficient);
    Matrix X = random_matrix(9, 4, 24);
    if (deficient) X.col(3) = X.col(1) - X.col(0);
    const ColumnSpace space(X, random_pattern_weights(9, 25), usual_tolerance);
    const Vector scale{{0.5, 2.0, 0.0, 3.0}};
    const Matrix plain = space.norm_matrix(Vector());
    const Matrix scaled = space.norm_matrix(scale);
    REQUIRE(plain.rows() == space.rank());
    CHECK((plain - plain.transpose()).norm() == 0.0);
    for (unsigned seed = 26; seed < 30; ++seed) {
      const Vector v = random_matrix(space.rank(), 1, seed);
      const Vector w = space.weights(v);
      CHECK(v.dot(plain * v) == doctest::Approx(w.squaredNorm()).epsilon(1e-12).scale(0.0));
      CHECK(v.dot(scaled * v) ==
            doctest::Approx(scale.cwiseProduct(w).squaredNorm()).epsilon(1e-12).scale(0.0));
    }
  }
}

TEST_CASE("a well-conditioned X implies the basis, which is the same once somebody asks for it") {
  const auto X = std::make_shared<const Matrix>(random_matrix(250, 12, 51) *
                                                Vector::LinSpaced(12, 1e-3, 1e4).asDiagonal());
  for (const Vector& omega : {Vector(), random_pattern_weights(250, 52)}) {
    const ColumnSpace space(X, omega, usual_tolerance, nullptr);
    const ColumnSpace formed(*X, omega, usual_tolerance);
    CHECK(space.is_implied());
    CHECK_FALSE(formed.is_implied());
    CHECK(relative_difference(triangle(space, 12), triangle(formed, 12)) <= 50 * epsilon);
    CHECK(relative_difference(pseudo_inverse(space, 12), pseudo_inverse(formed, 12)) <=
          50 * epsilon);
    // Of a copy that has not asked for it.
    const ColumnSpace copy = space;
    CHECK(relative_difference(space.basis(), formed.basis()) <= 50 * epsilon);
    CHECK(copy.basis() == space.basis());
    CHECK(orthonormality_error(space, omega.size() > 0 ? omega : Vector::Ones(250)) <= 1e-13);
    for (Index i = 0; i < 250; ++i)
      CHECK(ColumnPanels(space).row_norms()[i] ==
            doctest::Approx(formed.basis().row(i).norm()).epsilon(1e-13));
    // The bound of the inverse holds, and not by much.
    const Matrix whitening = space.column_norms().asDiagonal() * pseudo_inverse(space, 12);
    const double norm = Eigen::JacobiSVD<Matrix>(whitening).singularValues()(0);
    CHECK(space.inverse_norm() >= norm);
    CHECK(space.inverse_norm() <= 4.0 * norm);
  }
}

TEST_CASE("an X that is not so well conditioned does not imply the basis") {
  Matrix X = random_matrix(250, 12, 53);
  const Vector own = X.col(11);
  bool was_implied = true;
  int implied = 0, formed = 0;
  for (double distance = 1.0; distance > 1e-9; distance *= 0.7) {
    X.col(11) = X.col(0) + distance * own;
    const auto shared = std::make_shared<const Matrix>(X);
    const ColumnSpace space(shared, Vector(), usual_tolerance, nullptr);
    CHECK(space.is_implied() == (space.inverse_norm() <= ColumnSpace::largest_implied));
    CHECK((was_implied || !space.is_implied()));
    was_implied = space.is_implied();
    (was_implied ? implied : formed) += 1;
    CHECK(orthonormality_error(space, Vector::Ones(250)) <= 1e-11);
    CHECK(relative_difference(space.basis(), ColumnSpace(X, Vector(), usual_tolerance).basis()) <=
          (was_implied ? 1e-13 : 0.0));
  }
  CHECK(implied > 3);
  CHECK(formed > 3);
  // Nor does one whose columns depend on each other, or with fewer rows than columns.
  X.col(11) = X.col(0) + X.col(10);
  const ColumnSpace dependent(std::make_shared<const Matrix>(X), Vector(), usual_tolerance,
                              nullptr);
  CHECK_FALSE(dependent.is_implied());
  CHECK(dependent.rank() == 11);
  const ColumnSpace wide(std::make_shared<const Matrix>(random_matrix(5, 9, 54)), Vector(),
                         usual_tolerance, nullptr);
  CHECK_FALSE(wide.is_implied());
  CHECK(wide.rank() == 5);
}

}  // namespace column_space_test
