#include "core/bordered.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <Eigen/LU>
#include <Eigen/SVD>
#include <doctest/doctest.h>

#include "support/known_problems.hpp"

namespace bordered_test {

namespace {

using tautrack::BorderedMatrix;
using tautrack::Index;
using tautrack::Matrix;
using tautrack::metric_dot;
using tautrack::metric_norm;
using tautrack::MetricScales;
using tautrack::Vector;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// What a bordered matrix is made of.
struct System {
  Matrix H_x;     // n x n
  Vector H_tau;   // n
  Vector border;  // n + 1
  [[nodiscard]] Index n() const { return H_tau.size(); }
};

/// Normally distributed entries from a fixed seed.
System random_system(Index n, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  const auto next = [&] { return normal(engine); };
  System system;
  system.H_x = Matrix::NullaryExpr(n, n, next);
  system.H_tau = Vector::NullaryExpr(n, next);
  system.border = Vector::NullaryExpr(n + 1, next);
  return system;
}

/// B as the header defines it: its last row times z is metric_dot(border, z), border of length one.
Matrix dense(const System& system, const MetricScales& scales) {
  const Index n = system.n();
  Matrix B(n + 1, n + 1);
  B.topLeftCorner(n, n) = system.H_x;
  B.col(n).head(n) = system.H_tau;
  const double length = metric_norm(system.border, scales);
  for (Index j = 0; j <= n; ++j)
    B(n, j) = metric_dot(system.border, Vector::Unit(n + 1, j), scales) / length;
  return B;
}

/// B factored. @pre it can be.
BorderedMatrix factored(const System& system, const MetricScales& scales = {}) {
  BorderedMatrix B(system.n());
  REQUIRE(B.factor(system.H_x, system.H_tau, system.border, scales));
  return B;
}

/// Whether factor() takes the system.
bool accepted(const System& system, const MetricScales& scales = {}) {
  return BorderedMatrix(system.n()).factor(system.H_x, system.H_tau, system.border, scales);
}

/// Smallest over largest singular value of B with the scales in its columns and every row but the
/// last with largest entry one: what reciprocal_condition() estimates.
double scaled_reciprocal_condition(const System& system, const MetricScales& scales) {
  const Index n = system.n();
  Matrix B = dense(system, scales);
  B.leftCols(n) *= scales.unknown;
  B.col(n) *= scales.parameter;
  for (Index i = 0; i < n; ++i) B.row(i) /= B.row(i).cwiseAbs().maxCoeff();
  const Vector singular_values = Eigen::JacobiSVD<Matrix>(B).singularValues();
  return singular_values(n) / singular_values(0);
}

int sign_of(double value) { return value < 0.0 ? -1 : 1; }

}  // namespace

TEST_CASE("lengths in a metric divide each part by its scale") {
  const MetricScales scales{2.0, 0.5};
  const Vector a{{6.0, 8.0, 6.0}};  // (3, 4, 12) in units of the scales
  CHECK(metric_norm(a, scales) == doctest::Approx(13.0));
  CHECK(metric_norm(a, MetricScales{}) == doctest::Approx(std::sqrt(136.0)));
  const Vector b{{2.0, 0.0, -1.0}};  // (1, 0, -2)
  CHECK(metric_dot(a, b, scales) == doctest::Approx(3.0 - 24.0));
  CHECK(metric_dot(a, a, scales) == doctest::Approx(169.0));
}

TEST_CASE("solve agrees with a dense reference in any metric") {
  for (const Index n : {1, 2, 5, 20}) {
    for (const MetricScales scales : {MetricScales{}, {3.0, 0.01}, {1e-3, 1e3}}) {
      CAPTURE(n);
      CAPTURE(scales.unknown);
      const System system = random_system(n, static_cast<unsigned>(n));
      BorderedMatrix B = factored(system, scales);
      Vector rhs = Vector::LinSpaced(n, -1.0, 2.0);
      const double last = 0.7;
      Vector z(n + 1);
      B.solve(rhs, last, z);
      Vector right(n + 1);
      right << rhs, last;
      const Vector expected = dense(system, scales).fullPivLu().solve(right);
      const double condition = 1.0 / scaled_reciprocal_condition(system, scales);
      CHECK(metric_norm(z - expected, scales) <=
            100 * epsilon * condition * metric_norm(expected, scales));
      // The equations themselves: [H_x H_tau] z = rhs, border . z = last.
      const Vector left = system.H_x * z.head(n) + system.H_tau * z(n);
      CHECK((left - rhs).norm() <= 1e-12 * condition);
      CHECK(metric_dot(system.border, z, scales) / metric_norm(system.border, scales) ==
            doctest::Approx(last).epsilon(1e-12 * condition).scale(0.0));
    }
  }
}

TEST_CASE("rows of any size are solved alike") {
  System system = random_system(4, 7);
  Vector rhs{{1.0, -2.0, 3.0, 0.5}};
  Vector plain(5), scaled(5);
  factored(system).solve(rhs, 1.0, plain);
  const Vector factor{{1e-150, 1e150, -1e-8, 1e8}};
  system.H_x = factor.asDiagonal() * system.H_x;
  system.H_tau = factor.cwiseProduct(system.H_tau);
  factored(system).solve(factor.cwiseProduct(rhs), 1.0, scaled);
  CHECK((scaled - plain).norm() <= 1e-12 * plain.norm());
}

TEST_CASE("the tangent is a null vector of length one in the metric, on the side of the border") {
  for (const MetricScales scales : {MetricScales{}, {5.0, 0.1}}) {
    CAPTURE(scales.unknown);
    System system = random_system(6, 8);
    Vector t(7);
    factored(system, scales).tangent(t);
    CHECK((system.H_x * t.head(6) + system.H_tau * t(6)).norm() <= 1e-13 * t.norm());
    CHECK(metric_norm(t, scales) == doctest::Approx(1.0).epsilon(1e-14).scale(0.0));
    CHECK(metric_dot(system.border, t, scales) > 0.0);
    system.border *= -1.0;
    Vector back(7);
    factored(system, scales).tangent(back);
    CHECK((back + t).norm() <= 1e-13 * t.norm());
  }
}

TEST_CASE("the tangent of the circle is (-sin a, cos a), also at its folds") {
  const Vector counterclockwise{
      {-1.0, 1.0}};  // within 90 degrees of the tangent for a in [0, pi/2]
  for (const double a : {0.0, 0.3, 1.0, 1.5, tautrack::known::Circle::fold_arclength}) {
    CAPTURE(a);
    const Vector t = tautrack::known::circle_tangent(a, counterclockwise);
    CHECK(std::abs(t(0) + std::sin(a)) <= 1e-15);
    CHECK(std::abs(t(1) - std::cos(a)) <= 1e-15);
  }
}

TEST_CASE("the tau part of the tangent changes sign at a fold") {
  const double fold = tautrack::known::Circle::fold_arclength;
  const Vector previous = -Vector::Unit(2, 0);  // moving towards smaller x
  CHECK(tautrack::known::circle_tangent(fold - 0.1, previous)(1) > 0.09);
  CHECK(tautrack::known::circle_tangent(fold + 0.1, previous)(1) < -0.09);
  CHECK(std::abs(tautrack::known::circle_tangent(fold, previous)(1)) <= 1e-15);
}

TEST_CASE("the tangent does not change its direction with the metric, only its length") {
  const System system = random_system(3, 9);
  const MetricScales scales{4.0, 0.02};
  Vector euclidean(4), scaled(4);
  factored(system).tangent(euclidean);
  factored(system, scales).tangent(scaled);
  const double cosine = euclidean.dot(scaled) / scaled.norm();
  CHECK(std::abs(cosine) == doctest::Approx(1.0).epsilon(1e-13).scale(0.0));
  CHECK(scaled.norm() != doctest::Approx(1.0).epsilon(1e-3).scale(0.0));
}

TEST_CASE("the determinant sign is that of the dense matrix") {
  int negative = 0;
  int wrong = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    const Index n = 1 + static_cast<Index>(seed % 7);
    const System system = random_system(n, 100 + seed);
    const int expected = sign_of(dense(system, {}).fullPivLu().determinant());
    negative += expected < 0 ? 1 : 0;
    wrong += factored(system).determinant_sign() != expected ? 1 : 0;
    wrong += factored(system, {3.0, 1e-3}).determinant_sign() !=
                     sign_of(dense(system, {3.0, 1e-3}).fullPivLu().determinant())
                 ? 1
                 : 0;
  }
  CHECK(wrong == 0);
  CHECK(negative > 100);  // both signs were met often
  CHECK(negative < 200);
}

TEST_CASE("a row of negative scale flips the determinant sign, one of positive scale does not") {
  for (unsigned seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    System system = random_system(5, 500 + seed);
    const int sign = factored(system).determinant_sign();
    const auto scale_row = [&system](Index row, double factor) {
      system.H_x.row(row) *= factor;
      system.H_tau(row) *= factor;
    };
    scale_row(1, -1e-5);
    CHECK(factored(system).determinant_sign() == -sign);
    scale_row(3, 1e7);
    CHECK(factored(system).determinant_sign() == -sign);
    scale_row(4, -2.0);
    CHECK(factored(system).determinant_sign() == sign);
    system.border *= -0.1;
    CHECK(factored(system).determinant_sign() == -sign);
  }
}

TEST_CASE("the determinant sign is constant through the fold of the circle") {
  for (const double a : {0.0, 1.0, 1.57, 1.58, 2.5, 4.0, 6.0}) {
    CAPTURE(a);
    const tautrack::PathPoint point = tautrack::known::Circle::point(a);
    System system{Matrix(1, 1), Vector(1), point.tangent};
    Vector H(1);
    tautrack::known::Circle::derivatives(point.x, point.tau, H, system.H_x, system.H_tau);
    CHECK(factored(system).determinant_sign() == 1);
    system.border *= -1.0;  // the same curve run through backwards
    CHECK(factored(system).determinant_sign() == -1);
  }
}

TEST_CASE("the determinant sign changes where the branches of a pitchfork cross") {
  for (const double tau : {0.3, 0.499, 0.501, 0.7}) {
    CAPTURE(tau);
    System system{Matrix(1, 1), Vector(1), Vector::Unit(2, 1)};
    Vector H(1);
    tautrack::known::Pitchfork::derivatives(Vector::Zero(1), tau, H, system.H_x, system.H_tau);
    CHECK(factored(system).determinant_sign() == (tau < 0.5 ? -1 : 1));
  }
}

TEST_CASE("entries that are not finite and rows of zeros are rejected") {
  const System good = random_system(3, 10);
  CHECK(accepted(good));
  for (const double bad : {not_a_number, infinity, -infinity}) {
    CAPTURE(bad);
    for (Index i = 0; i < 3; ++i) {
      System system = good;
      system.H_x(i, 1) = bad;
      CHECK_FALSE(accepted(system));
      system = good;
      system.H_tau(i) = bad;
      CHECK_FALSE(accepted(system));
    }
    for (Index j = 0; j <= 3; ++j) {
      System system = good;
      system.border(j) = bad;
      CHECK_FALSE(accepted(system));
    }
  }
  System system = good;
  system.H_x.row(1).setZero();
  CHECK(accepted(system));  // H_tau is left in that row
  system.H_tau(1) = 0.0;
  CHECK_FALSE(accepted(system));
  system = good;
  system.border.setZero();
  CHECK_FALSE(accepted(system));
}

TEST_CASE("a system can be factored again after one that was rejected") {
  const System good = random_system(3, 11);
  System bad = good;
  bad.H_x(0, 0) = not_a_number;
  BorderedMatrix B(3);
  CHECK_FALSE(B.factor(bad.H_x, bad.H_tau, bad.border, {}));
  REQUIRE(B.factor(good.H_x, good.H_tau, good.border, {}));
  Vector again(4), expected(4);
  B.tangent(again);
  factored(good).tangent(expected);
  CHECK(again == expected);
}

TEST_CASE("a singular matrix shows in the condition and not as finite nonsense in a solution") {
  // At a branch point [H_x H_tau] has lost rank.
  System system;
  system.H_x.resize(2, 2);
  system.H_x << 1.0, 2.0, 2.0, 4.0;
  system.H_tau = Vector{{3.0, 6.0}};
  system.border = Vector::Unit(3, 2);
  BorderedMatrix B = factored(system);
  CHECK(B.reciprocal_condition() == 0.0);
  Vector z(3);
  B.solve(Vector{{1.0, 0.0}}, 0.0, z);
  CHECK_FALSE(z.allFinite());

  // At a fold H_x is singular and B is not.
  system.H_tau = Vector{{3.0, 5.0}};
  system.border = Vector{{-2.0, 1.0, 0.0}};
  BorderedMatrix fold = factored(system);
  CHECK(fold.reciprocal_condition() > 1e-3);
  fold.tangent(z);
  CHECK((z - Vector{{-2.0, 1.0, 0.0}} / std::sqrt(5.0)).norm() <= 1e-15);
}

TEST_CASE("the condition estimate is that of the singular values up to a factor of the size") {
  double smallest = 1.0;
  double largest = 0.0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    const Index n = 1 + static_cast<Index>(seed % 9);
    System system = random_system(n, 1000 + seed);
    // Every third one is made ill-conditioned: two rows that agree to 1e-2, 1e-3, ... 1e-11.
    if (n > 1 && seed % 3 == 0) {
      const double gap = std::pow(10.0, -2.0 - seed % 10);
      system.H_x.row(0) = system.H_x.row(1) + gap * system.H_x.row(0);
      system.H_tau(0) = system.H_tau(1) + gap * system.H_tau(0);
    }
    const MetricScales scales = seed % 2 == 0 ? MetricScales{} : MetricScales{10.0, 0.1};
    const double estimate = factored(system, scales).reciprocal_condition();
    const double truth = scaled_reciprocal_condition(system, scales);
    CAPTURE(seed);
    const double size = static_cast<double>(n + 1);
    CHECK(estimate <= 3.0 * size * truth);
    CHECK(estimate >= truth / (3.0 * size));
    smallest = std::min(smallest, estimate);
    largest = std::max(largest, estimate);
  }
  CHECK(smallest < 1e-10);  // the range of the test
  CHECK(largest > 0.1);
  CHECK(largest <= 1.0);
}

TEST_CASE("unknowns in other units: scales that follow leave condition and solution the same") {
  const System system = random_system(4, 12);
  System other = system;  // x = 1e6 x', tau = 1e-3 tau'
  other.H_x *= 1e6;
  other.H_tau *= 1e-3;
  other.border.head(4) /= 1e6;
  other.border(4) /= 1e-3;
  const MetricScales scales{2.0, 0.5};
  const MetricScales other_scales{2.0 / 1e6, 0.5 / 1e-3};
  CHECK(factored(other, other_scales).reciprocal_condition() ==
        doctest::Approx(factored(system, scales).reciprocal_condition()).epsilon(1e-10).scale(0.0));
  Vector t(5), other_t(5);
  factored(system, scales).tangent(t);
  factored(other, other_scales).tangent(other_t);
  CHECK((other_t.head(4) * 1e6 - t.head(4)).norm() <= 1e-12 * t.norm());
  CHECK(std::abs(other_t(4) * 1e-3 - t(4)) <= 1e-12 * t.norm());
  // Without scales that follow, the tangent is another multiple.
  factored(other, scales).tangent(other_t);
  CHECK(std::abs(other_t(4) * 1e-3 - t(4)) > 0.1 * std::abs(t(4)));
}

TEST_CASE("every size from one to twelve agrees with a dense factorisation") {
  int negative = 0;
  for (Index n = 1; n <= 12; ++n) {
    for (unsigned seed = 0; seed < 20; ++seed) {
      CAPTURE(n);
      CAPTURE(seed);
      const MetricScales scales = seed % 2 == 0 ? MetricScales{} : MetricScales{0.2, 30.0};
      const System system = random_system(n, 2000 + 100 * static_cast<unsigned>(n) + seed);
      BorderedMatrix B = factored(system, scales);
      const Eigen::FullPivLU<Matrix> exact(dense(system, scales));
      const double condition = 1.0 / scaled_reciprocal_condition(system, scales);
      const double rounding = 100.0 * epsilon * condition;

      Vector right = Vector::LinSpaced(n + 1, -1.0, 2.0);
      right(0) = 0.3;
      Vector z(n + 1);
      B.solve(right.head(n), right(n), z);
      const Vector expected = exact.solve(right);
      CHECK(metric_norm(z - expected, scales) <= rounding * metric_norm(expected, scales));
      // The next solution forgets the last one.
      B.solve(Vector::Zero(n), 0.0, z);
      CHECK(z.norm() == 0.0);

      Vector t(n + 1);
      B.tangent(t);
      Vector null = exact.solve(Vector::Unit(n + 1, n));
      null /= metric_norm(null, scales);
      CHECK(metric_norm(t - null, scales) <= rounding);

      const int sign = sign_of(exact.determinant());
      CHECK(B.determinant_sign() == sign);
      negative += sign < 0 ? 1 : 0;

      // 1-norms of the scaled matrix and of its inverse: exact for the small ones, from above for
      // the others.
      Matrix scaled = dense(system, scales);
      scaled.leftCols(n) *= scales.unknown;
      scaled.col(n) *= scales.parameter;
      for (Index i = 0; i < n; ++i) scaled.row(i) /= scaled.row(i).cwiseAbs().maxCoeff();
      const Matrix inverse = Eigen::FullPivLU<Matrix>(scaled).inverse();
      const double truth = 1.0 / (scaled.cwiseAbs().colwise().sum().maxCoeff() *
                                  inverse.cwiseAbs().colwise().sum().maxCoeff());
      CHECK(B.reciprocal_condition() >= truth * (1.0 - 1e-9));
      CHECK(B.reciprocal_condition() <= (n <= 8 ? 1.0 + 1e-9 : 3.0) * truth);
    }
  }
  CHECK(negative > 80);
  CHECK(negative < 160);
}

TEST_CASE("singular matrices of every size have condition zero and no finite solution") {
  for (Index n = 2; n <= 12; ++n) {
    CAPTURE(n);
    // Two equations that are the same: powers of two, so that elimination is exact.
    System system{Matrix::Identity(n, n), Vector::Zero(n), Vector::Unit(n + 1, n)};
    system.H_x.row(1) = system.H_x.row(0);
    BorderedMatrix B = factored(system);
    CHECK(B.reciprocal_condition() == 0.0);
    Vector z(n + 1);
    B.solve(Vector::Ones(n), 1.0, z);
    B.solve(Vector::Unit(n, 1), 0.0, z);
    CHECK_FALSE(z.allFinite());
    // It can be factored again.
    system.H_x(1, 0) = 0.0;
    system.H_x(1, 1) = 4.0;
    REQUIRE(B.factor(system.H_x, system.H_tau, system.border, {}));
    CHECK(B.reciprocal_condition() == doctest::Approx(1.0).epsilon(1e-14).scale(0.0));
    CHECK(B.determinant_sign() == 1);
    B.solve(Vector::Ones(n), 1.0, z);
    CHECK(z(1) == 0.25);
  }
}

}  // namespace bordered_test
