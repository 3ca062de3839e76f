#include <cmath>
#include <limits>

#include <Eigen/QR>
#include <doctest/doctest.h>

#include "tautrack/path/natural_path.hpp"
#include "tautrack/tracker/tracker.hpp"

#include "homotopy/newton.hpp"
#include "homotopy/target.hpp"
#include "support/derivative_check.hpp"
#include "support/random_problem.hpp"

namespace curves_test {

using namespace tautrack;
using namespace tautrack::support;

namespace {

Problem problem_of(Index L, Index s, std::uint64_t seed) {
  Random random(seed);
  Matrix X(L, s);
  Vector y(L);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = random.normal();
    y(i) = random.uniform(-0.9, 0.9);
  }
  return make_problem(X, y);
}

const Vector point{{1.0, -0.7, 0.4}};
const Vector psi{{0.3, -0.5, 0.8}};
const Vector phi{{1.1, 0.2, -0.4}};

/// Largest error of the series of H along the tangent direction, against differences of H itself on a
/// polynomial curve x(a), tau(a) with given coefficients.
template <class H>
double series_error(H& homotopy, const Vector& x0, double tau0, const Matrix& x, const Vector& tau,
                    int order) {
  const Index n = homotopy.size();
  Vector value(n), rest(n), H_tau(n);
  Matrix H_x(n, n);
  homotopy.derivatives(x0, tau0, value, H_x, H_tau);
  // rest is the whole coefficient of order k + 1 where x and tau have none.
  for (int k = 1; k <= order; ++k) CHECK(homotopy.append_series(k, x.col(k), tau(k), rest) >= 0.0);
  // The same from values in Chebyshev points of a small interval.
  constexpr int nodes = 33;
  const double radius = 0.2;
  Matrix values(n, nodes);
  Vector a(nodes);
  for (int j = 0; j < nodes; ++j) {
    a(j) = std::cos(3.14159265358979323846 * (j + 0.5) / nodes);
    Vector at = x0;
    double t = tau0;
    for (int k = 1; k <= order; ++k) {
      at += std::pow(radius * a(j), k) * x.col(k);
      t += std::pow(radius * a(j), k) * tau(k);
    }
    homotopy.residual(at, t, value);
    values.col(j) = value;
  }
  Matrix powers(nodes, nodes - 8);
  for (int j = 0; j < nodes; ++j)
    for (int k = 0; k < powers.cols(); ++k) powers(j, k) = std::pow(a(j), k);
  const Matrix fit = powers.colPivHouseholderQr().solve(values.transpose()).transpose();
  const Vector truth = fit.col(order + 1) / std::pow(radius, order + 1);
  return (rest - truth).norm() / truth.norm();
}

}  // namespace

TEST_CASE("the derivatives of the Newton homotopy are right") {
  const Perceptron network(problem_of(12, 3, 1));
  NewtonHomotopy homotopy(network);
  homotopy.set_direction(Vector{{0.5, -1.0, 0.25}});
  for (const double lambda : {-2.0, 0.0, 0.3})
    CHECK(check_derivatives(homotopy, point, lambda, psi, phi).largest() <= 1e-10);
}

TEST_CASE("the derivatives of the target homotopy are right") {
  const Perceptron to(problem_of(12, 3, 1));
  const Perceptron from = to.with_targets(problem_of(12, 3, 2).y);
  TargetHomotopy homotopy(from, to);
  for (const double t : {-0.5, 0.0, 0.3, 1.0, 2.0})
    CHECK(check_derivatives(homotopy, point, t, psi, phi).largest() <= 1e-10);
}

TEST_CASE("the series of both agree with a fit of H along a polynomial curve") {
  const Perceptron to(problem_of(12, 3, 1));
  const Perceptron from = to.with_targets(problem_of(12, 3, 2).y);
  TargetHomotopy target(from, to);
  NewtonHomotopy newton(to);
  newton.set_direction(Vector{{0.5, -1.0, 0.25}});
  Random random(3);
  Matrix x(3, 6);
  Vector tau(6);
  for (int k = 0; k < 6; ++k) {
    for (Index i = 0; i < 3; ++i) x(i, k) = random.normal();
    tau(k) = random.normal();
  }
  for (int order = 1; order <= 5; ++order) {
    CAPTURE(order);
    CHECK(series_error(target, point, 0.3, x, tau, order) <= 1e-6);
    CHECK(series_error(newton, point, 0.3, x, tau, order) <= 1e-6);
  }
}

TEST_CASE("a network with other targets is the network of those targets, to the last bit") {
  const Problem problem = problem_of(40, 3, 1);
  const Problem other = problem_of(40, 3, 2);
  Problem both = problem;
  both.y = other.y;
  const Perceptron direct(both);
  const Perceptron derived = Perceptron(problem).with_targets(other.y);
  Perceptron::Workspace work(direct), derived_work(derived);
  Vector H(3), derived_H(3);
  CHECK(direct.gradient(point, 0.7, work, H) ==
        derived.gradient(point, 0.7, derived_work, derived_H));
  CHECK(H == derived_H);
  CHECK(derived.targets() == other.y);
  CHECK_THROWS_AS((void)direct.with_targets(Vector::Zero(3)), DataError);
  Vector bad = other.y;
  bad(7) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS((void)direct.with_targets(bad),
                       "target of pattern 8: nan is not a finite number", DataError);
}

TEST_CASE("a target curve from a point of the data manifold arrives where the natural path does") {
  // One stationary point at tau = 1, so that all roads lead to it.
  Random random(4);
  Matrix X(15, 3);
  for (Index i = 0; i < 15; ++i)
    for (Index j = 0; j < 3; ++j) X(i, j) = 0.3 * random.normal();
  Vector y(15);
  for (double& entry : y) entry = random.uniform(-0.4, 0.4);
  const Perceptron network(make_problem(X, y));
  const NaturalPath path = track_natural(network);
  REQUIRE(path.ok());
  const Vector w0{{1.0, 2.0, -1.5}};
  const Perceptron start = network.with_targets((X * w0).array().tanh());
  TargetHomotopy homotopy(start, network);
  const PathResult curve = track(homotopy, network.coordinates(w0));
  REQUIRE(curve.ok());
  const Vector end = network.weights(curve.points.back().x);
  CHECK((end - path.end->weights).norm() <= 1e-12 * end.norm());
}

}  // namespace curves_test
