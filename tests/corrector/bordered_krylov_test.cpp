#include "corrector/bordered_krylov.hpp"

#include <cmath>

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/QR>
#include <doctest/doctest.h>

#include "tautrack/core/metric.hpp"

#include "core/bordered.hpp"
#include "core/minres.hpp"
#include "support/random_problem.hpp"

namespace bordered_krylov_test {

using namespace tautrack;
using tautrack::support::Random;

namespace {

Vector random_vector(Random& random, Index n) {
  Vector x(n);
  for (double& entry : x) entry = random.normal();
  return x;
}

Matrix random_orthogonal(Random& random, Index n) {
  Matrix X(n, n);
  for (double& entry : X.reshaped()) entry = random.normal();
  return Eigen::HouseholderQR<Matrix>(X).householderQ();
}

/// Symmetric, with these eigenvalues.
Matrix with_eigenvalues(Random& random, const Vector& eigenvalues) {
  const Matrix Q = random_orthogonal(random, eigenvalues.size());
  const Matrix A = Q * eigenvalues.asDiagonal() * Q.transpose();
  return 0.5 * (A + A.transpose());
}

SymmetricProduct product_of(const Matrix& A) {
  return [&A](const Vector& p, Vector& out) { out.noalias() = A * p; };
}

/// Eigenvalues of both signs between `smallest` and 1 in size.
Vector indefinite(Random& random, Index n, double smallest) {
  Vector eigenvalues(n);
  for (double& entry : eigenvalues)
    entry = std::pow(smallest, random.uniform(0.0, 1.0)) *
            (random.uniform(0.0, 1.0) < 0.3 ? -1.0 : 1.0);
  eigenvalues(0) = smallest;
  eigenvalues(n - 1) = -1.0;
  return eigenvalues;
}

}  // namespace

TEST_CASE("Minres agrees with a dense solution, definite, indefinite and nearly singular") {
  Random random(1);
  for (const Index n : {1, 2, 5, 30, 100}) {
    for (const double smallest : {0.5, 1e-2, 1e-6}) {
      CAPTURE(n);
      CAPTURE(smallest);
      const Matrix A = with_eigenvalues(random, indefinite(random, n, smallest));
      const Vector truth = random_vector(random, n);
      const Vector b = A * truth;
      Vector x = Vector::Zero(n);
      Minres minres(n);
      const Vector ones = Vector::Ones(n);
      const MinresResult result = minres.solve(product_of(A), ones, b, x, 1e-12 * b.norm(), 100000);
      CHECK(result.converged);
      CHECK((b - A * x).norm() <= 1e-11 * b.norm() + 1e-13 * x.norm());
      CHECK((x - truth).norm() <= 1e-11 / smallest * truth.norm());
      CHECK(result.residual == doctest::Approx((b - A * x).norm()).epsilon(1e-2).scale(1e-14));
    }
  }
}

TEST_CASE("a preconditioner that takes out the scales takes out their iterations") {
  Random random(2);
  const Index n = 100;
  const Matrix core = with_eigenvalues(random, indefinite(random, n, 0.3));
  Vector scale(n);
  for (double& entry : scale) entry = std::pow(10.0, random.uniform(-1.5, 1.5));
  const Matrix A = scale.asDiagonal() * core * scale.asDiagonal();
  const Vector b = A * random_vector(random, n);
  const auto iterations = [&](const Vector& diagonal) {
    Vector x = Vector::Zero(n);
    Minres minres(n);
    const MinresResult result =
        minres.solve(product_of(A), diagonal, b, x, 1e-8 * Minres::norm(b, diagonal), 20000);
    CHECK(result.converged);
    return result.iterations;
  };
  CHECK(iterations(scale.cwiseAbs2()) < 60);
  CHECK(iterations(Vector::Ones(n)) > 100);
}

TEST_CASE("a good guess saves iterations, and a solution none at all") {
  Random random(3);
  const Matrix A = with_eigenvalues(random, indefinite(random, 50, 0.1));
  const Vector truth = random_vector(random, 50);
  const Vector b = A * truth;
  const Vector ones = Vector::Ones(50);
  Minres minres(50);
  Vector x = Vector::Zero(50);
  const int from_zero = minres.solve(product_of(A), ones, b, x, 1e-8 * b.norm(), 1000).iterations;
  x = truth + 1e-6 * random_vector(random, 50);
  CHECK(minres.solve(product_of(A), ones, b, x, 1e-8 * b.norm(), 1000).iterations < from_zero);
  x = truth;
  const MinresResult result = minres.solve(product_of(A), ones, b, x, 1e-8 * b.norm(), 1000);
  CHECK(result.converged);
  CHECK(result.iterations == 0);
}

TEST_CASE("the budget is kept and its end is no convergence") {
  Random random(4);
  const Matrix A = with_eigenvalues(random, indefinite(random, 100, 1e-4));
  const Vector b = random_vector(random, 100);
  Vector x = Vector::Zero(100);
  Minres minres(100);
  const MinresResult result =
      minres.solve(product_of(A), Vector::Ones(100), b, x, 1e-10 * b.norm(), 7);
  CHECK_FALSE(result.converged);
  CHECK_FALSE(result.is_least_squares);
  CHECK(result.iterations == 7);
  CHECK(x.allFinite());
}

TEST_CASE("a singular matrix: solved within its range, a least-squares solution outside it") {
  Random random(5);
  Vector eigenvalues = indefinite(random, 40, 0.1);
  eigenvalues(7) = 0.0;
  const Matrix A = with_eigenvalues(random, eigenvalues);
  const Vector null = Eigen::FullPivLU<Matrix>(A + 0.0 * Matrix::Identity(40, 40))
                          .setThreshold(1e-10)
                          .kernel()
                          .col(0)
                          .normalized();
  const Vector ones = Vector::Ones(40);
  const Vector b = A * random_vector(random, 40);
  Minres minres(40);
  Vector x = Vector::Zero(40);
  CHECK(minres.solve(product_of(A), ones, b, x, 1e-10 * b.norm(), 1000).converged);
  CHECK((b - A * x).norm() <= 1e-9 * b.norm());
  x.setZero();
  const MinresResult result =
      minres.solve(product_of(A), ones, b + null, x, 1e-10 * b.norm(), 1000);
  CHECK_FALSE(result.converged);
  CHECK(result.is_least_squares);
  CHECK((b - A * x).norm() <= 1e-6 * b.norm());
  CHECK(result.euclidean_residual == doctest::Approx(1.0).epsilon(1e-6));
}

TEST_CASE("no right-hand side, no iterations; what is not a number is no convergence") {
  Minres minres(3);
  const Matrix A = Matrix::Identity(3, 3);
  Vector x = Vector::Zero(3);
  CHECK(minres.solve(product_of(A), Vector::Ones(3), Vector::Zero(3), x, 0.0, 10).converged);
  CHECK(x == Vector::Zero(3));
  Vector b = Vector::Ones(3);
  b(1) = std::nan("");
  CHECK_FALSE(minres.solve(product_of(A), Vector::Ones(3), b, x, 1e-10, 10).converged);
}

TEST_CASE("bordered systems and tangents agree with those of the dense matrix, at a fold too") {
  Random random(6);
  const MetricScales scales{3.0, 0.5};
  for (const Index n : {1, 3, 20, 60}) {
    // The last: regular, H_x singular at a fold, indefinite.
    for (const double special : {0.3, 0.0, -0.2, -1e-7}) {
      CAPTURE(n);
      CAPTURE(special);
      Vector eigenvalues(n);
      for (double& entry : eigenvalues) entry = random.uniform(0.1, 1.0);
      eigenvalues(0) = special;
      const Matrix H_x = with_eigenvalues(random, eigenvalues);
      const Vector H_tau = random_vector(random, n);
      const Vector right = random_vector(random, n);
      const Vector diagonal = Vector::Ones(n);
      BorderedKrylov krylov(n, product_of(H_x));
      BorderedMatrix dense(n);
      Vector t(n + 1), truth(n + 1), z(n + 1), z_truth(n + 1);
      // A border beside the tangent, and any other.
      Vector border = random_vector(random, n + 1);
      for (int round = 0; round < 2; ++round) {
        CAPTURE(round);
        REQUIRE(dense.factor(H_x, H_tau, border, scales));
        REQUIRE(krylov.factor(diagonal, H_tau, border, scales));
        dense.tangent(truth);
        REQUIRE(krylov.tangent(t));
        CHECK(metric_norm(t - truth, scales) <= 1e-7);
        dense.solve(right, 0.7, z_truth);
        REQUIRE(krylov.solve(right, 0.7, 1e-12, 0.0, z));
        const double condition = 1.0 / dense.reciprocal_condition();
        CHECK((z - z_truth).norm() <= 1e-10 * condition * z_truth.norm());
        CHECK((H_x * z.head(n) + z(n) * H_tau - right).norm() <= 1e-6 * right.norm());
        border = truth + 1e-3 * random_vector(random, n + 1);
      }
      if (special == 0.0) CHECK(std::abs(t(n)) <= 1e-8 * scales.parameter);
    }
  }
}

TEST_CASE("a border along tau fixes tau, and last is its share of the border's length") {
  Random random(7);
  const MetricScales scales{2.0, 0.25};
  const Matrix H_x = with_eigenvalues(random, Vector::LinSpaced(10, 0.2, 1.0));
  const Vector H_tau = random_vector(random, 10);
  const Vector right = random_vector(random, 10);
  const Vector border = Vector::Unit(11, 10) * 5.0;
  BorderedKrylov krylov(10, product_of(H_x));
  BorderedMatrix dense(10);
  Vector z(11), truth(11);
  REQUIRE(dense.factor(H_x, H_tau, border, scales));
  REQUIRE(krylov.factor(Vector::Ones(10), H_tau, border, scales));
  dense.solve(right, 0.3, truth);
  REQUIRE(krylov.solve(right, 0.3, 1e-12, 0.0, z));
  CHECK((z - truth).norm() <= 1e-10 * truth.norm());
}

TEST_CASE("a bordered solution that runs out of its budget is refused and is not finite") {
  Random random(8);
  const Matrix H_x = with_eigenvalues(random, indefinite(random, 50, 1e-3));
  const Vector H_tau = random_vector(random, 50);
  KrylovOptions options;
  options.max_iterations = 3;
  BorderedKrylov krylov(50, product_of(H_x), options);
  REQUIRE(krylov.factor(Vector::Ones(50), H_tau, Vector::Unit(51, 50), MetricScales{}));
  Vector z(51);
  CHECK_FALSE(krylov.tangent(z));
  CHECK(krylov.gave_up());
  CHECK_FALSE(z.allFinite());
  CHECK_FALSE(krylov.solve(H_tau, 0.0, 1e-8, 0.0, z));
  CHECK_FALSE(z.allFinite());
  CHECK(krylov.iterations() == 6);
}

TEST_CASE("a bordered matrix of what is not finite or not positive is refused") {
  BorderedKrylov krylov(2, [](const Vector& p, Vector& out) { out = p; });
  const Vector ones = Vector::Ones(2);
  const Vector border = Vector::Unit(3, 2);
  const MetricScales scales;
  CHECK(krylov.factor(ones, ones, border, scales));
  CHECK_FALSE(krylov.factor(ones, ones, Vector::Zero(3), scales));
  CHECK_FALSE(krylov.factor(Vector::Zero(2), ones, border, scales));
  CHECK_FALSE(krylov.factor(ones, ones * std::nan(""), border, scales));
}

TEST_CASE("each Krylov option that breaks its rule is named") {
  const auto reason = [](auto change) {
    KrylovOptions options;
    change(options);
    return options.invalid_reason().value_or("usable");
  };
  CHECK(reason([](KrylovOptions&) {}) == "usable");
  CHECK(reason([](KrylovOptions& o) { o.correction_tolerance = 0.0; }) ==
        "krylov correction_tolerance must lie in (0, 1e-3], got 0");
  CHECK(reason([](KrylovOptions& o) { o.series_tolerance = 0.5; }) ==
        "krylov series_tolerance must lie in (0, 1e-3], got 0.5");
  CHECK(reason([](KrylovOptions& o) { o.tangent_tolerance = -1.0; }) ==
        "krylov tangent_tolerance must lie in (0, 1e-3], got -1");
  CHECK(reason([](KrylovOptions& o) { o.max_iterations = -1; }) ==
        "krylov max_iterations must be >= 0, got -1");
}

}  // namespace bordered_krylov_test
