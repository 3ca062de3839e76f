#include "tautrack/geometry/radius.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <Eigen/LU>
#include <Eigen/SVD>
#include <doctest/doctest.h>

#include "tautrack/geometry/plane_curve.hpp"

#include "support/random_problem.hpp"

namespace tautrack::radius_test {
namespace {

using support::Random;

constexpr Activation kActivations[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                                       Activation::erf};

Perceptron random_network(Random& random, int k, Index L, Index s, double low, double high,
                          bool with_ridge) {
  Matrix X(L, s);
  Vector y(L), omega(L);
  for (Index i = 0; i < L; ++i) {
    const double scale = std::pow(10.0, random.uniform(-0.5, 0.5));
    for (Index j = 0; j < s; ++j) X(i, j) = scale * random.normal();
    y(i) = random.uniform(low, high);
    omega(i) = k % 3 == 0 ? 1.0 : random.uniform(0.2, 3.0);
  }
  PerceptronOptions options;
  options.activation = kActivations[k % 4];
  options.ridge = with_ridge ? random.uniform(0.01, 0.5) : 0.0;
  return Perceptron(make_problem(X, y, "y", {}, omega), options);
}

/// Stationary points found by Newton's method, with steps of limited length, from random starts.
std::vector<Vector> stationary_points(const Perceptron& network, double tau, Random& random,
                                      int starts) {
  const Index n = network.unknowns();
  Perceptron::Workspace work(network);
  Vector H(n), H_tau(n);
  Matrix H_v(n, n);
  std::vector<Vector> found;
  for (int start = 0; start < starts; ++start) {
    Vector v(n);
    for (double& entry : v) entry = std::pow(10.0, random.uniform(-0.5, 1.2)) * random.normal();
    for (int step = 0; step < 60; ++step) {
      const double scale = network.derivatives(v, tau, work, H, H_v, H_tau);
      const Vector move = -H_v.partialPivLu().solve(H);
      if (!move.allFinite()) break;
      // Far out, where the gradient dies away, Newton's steps do not.
      if (H.norm() <= 1e-12 * scale && move.norm() <= 1e-8 * (1.0 + v.norm())) {
        found.push_back(v);
        break;
      }
      v += std::min(1.0, 2.0 / move.norm()) * move;
    }
  }
  return found;
}

/// The closed form of geometry, section 5, with any constant for max |u sigma'|; times tau or not.
double closed_form(const Vector& y, double tau, double moment) {
  const double largest = y.cwiseAbs().maxCoeff();
  const double B = (y.cwiseAbs().array() * (y.cwiseAbs().array() + moment)).sum();
  return (largest + std::sqrt(largest * largest + 4.0 * B)) / (2.0 * (1.0 - tau));
}

}  // namespace

TEST_CASE("the largest |u sigma'(u)| of every activation is attained and not exceeded") {
  for (const Activation activation : kActivations) {
    const double bound = largest_slope_moment(activation);
    double largest = 0.0;
    for (int k = 0; k <= 500000; ++k) {
      const double u = 1e-5 * k;
      largest = std::max(largest, u * evaluate(activation, u).first);
    }
    CHECK(largest <= bound * (1.0 + 1e-15));
    CHECK(largest >= bound * (1.0 - 1e-9));
  }
  CHECK(largest_slope_moment(Activation::tanh) == 0.4477432046943028);
}

TEST_CASE("the bound of the inputs is the closed form of geometry, section 5") {
  const Vector y = (Vector(2) << 0.4, 0.9).finished();
  const Perceptron network(make_problem((Matrix(2, 1) << 3.0, 1.0).finished(), y));
  // The number of the note has the constant rounded and without its factor tau.
  CHECK(std::abs(closed_form(y, 0.5, 0.4477) - 3.54915835691) <= 1e-11);
  for (const double tau : {0.0, 0.3, 0.5, 0.9}) {
    const RadiusBound bound = radius_bound(network, tau);
    const double exact = closed_form(y, tau, 0.4477432046943028 * tau);
    CHECK(std::abs(bound.inputs - exact) <= 1e-14 * exact);
    if (tau == 0.5) CHECK(bound.inputs < 3.54915835691);
    CHECK(bound.per_input.maxCoeff() <= bound.inputs);
    // |Xw| <= |y| (1 - tau)^(-3/2), X'X = 10.
    CHECK(bound.weights <= y.norm() * std::pow(1.0 - tau, -1.5) / std::sqrt(10.0) * (1.0 + 1e-14));
    // |w| <= sqrt(L) / sigma_min(X) times the largest, or less.
    CHECK(bound.weights <= std::sqrt(2.0 / 10.0) * bound.inputs * (1.0 + 1e-14));
    CHECK(bound.weights > 0.0);
  }
  CHECK(std::isinf(radius_bound(network, 1.0).weights));
  CHECK(std::isinf(radius_bound(network, 1.0).inputs));
}

TEST_CASE("all stationary points of random problems lie within the radius bounds") {
  Random random(17);
  double by_input = 0.0, by_closed_form = 0.0, by_coordinates = 0.0, by_weights = 0.0;
  int points = 0;
  for (int k = 0; k < 160; ++k) {
    const Index s = 1 + k % 3, L = s + random.integer(0, 4);
    const bool with_ridge = k % 5 == 4;
    const double tau = with_ridge && k % 2 == 0 ? 1.0 : random.uniform(0.0, 0.999);
    const Perceptron network = random_network(random, k, L, s, -2.0, 2.0, with_ridge);
    const RadiusBound bound = radius_bound(network, tau);
    CHECK(std::isfinite(bound.weights));
    CHECK(bound.per_input.maxCoeff() <= bound.inputs * (1.0 + 1e-14));
    for (const Vector& v : stationary_points(network, tau, random, 25)) {
      ++points;
      const Vector u = network.node_inputs(v).cwiseAbs();
      CHECK((u.array() <= bound.per_input.array() * (1.0 + 1e-10)).all());
      CHECK(v.norm() <= bound.coordinates * (1.0 + 1e-10));
      CHECK(network.weights(v).norm() <= bound.weights * (1.0 + 1e-10));
      by_input = std::max(by_input, u.cwiseQuotient(bound.per_input).maxCoeff());
      by_closed_form = std::max(by_closed_form, u.maxCoeff() / bound.inputs);
      by_coordinates = std::max(by_coordinates, v.norm() / bound.coordinates);
      by_weights = std::max(by_weights, network.weights(v).norm() / bound.weights);
    }
  }
  CHECK(points > 1000);
  CHECK(by_input > 0.3);  // a bound that is never nearly reached would test nothing
  CHECK(by_input <= 1.0 + 1e-10);
}

TEST_CASE("one pattern has |u| <= |y - tau sigma(0)| / (1 - tau), and it is attained at tau = 0") {
  for (const Activation activation : kActivations) {
    PerceptronOptions options;
    options.activation = activation;
    const Perceptron network(make_problem(Matrix::Constant(1, 1, 2.0), Vector::Constant(1, 0.7)),
                             options);
    CHECK(std::abs(radius_bound(network, 0.0).weights - 0.35) <= 1e-15);
    for (const double tau : {0.4, 0.9}) {
      const OneWeightPoints points = stationary_points_of_one_weight(network, tau);
      REQUIRE(points.points.size() == 1);
      CHECK(std::abs(points.points[0].weight) <= radius_bound(network, tau).weights);
    }
  }
}

TEST_CASE("interior targets: all stationary points lie within the bound at every tau") {
  Random random(23);
  double largest = 0.0;
  int points = 0;
  for (int k = 0; k < 120; ++k) {
    const Index s = 1 + k % 3, L = s + random.integer(0, 4);
    const bool is_logistic = kActivations[k % 4] == Activation::logistic;
    const Perceptron network = random_network(random, k, L, s, is_logistic ? 0.05 : -0.9,
                                              is_logistic ? 0.95 : 0.9, k % 5 == 4);
    const std::optional<InteriorBound> bound = interior_bound(network);
    REQUIRE(bound);
    CHECK(bound->ratio >= 1.0);
    for (const double tau : {0.0, random.uniform(0.0, 1.0), 0.99, 1.0})
      for (const Vector& v : stationary_points(network, tau, random, 8)) {
        ++points;
        const double norm = network.weights(v).norm();
        CHECK(norm <= bound->weights * (1.0 + 1e-10));
        largest = std::max(largest, norm / bound->weights);
      }
  }
  CHECK(points > 500);
  CHECK(largest > 0.3);
}

TEST_CASE("the interior bound of one weight is eta over the smallest row, without zero rows") {
  const Matrix X = (Matrix(3, 1) << 3.0, -0.5, 0.0).finished();
  const Vector y = (Vector(3) << 0.3, 0.8, 5.0).finished();
  const std::optional<InteriorBound> bound = interior_bound(Perceptron(make_problem(X, y)));
  REQUIRE(bound);
  CHECK(std::abs(bound->eta - std::atanh(0.8)) <= 1e-15);
  CHECK(std::abs(bound->singular - 0.5) <= 1e-15);
  CHECK(std::abs(bound->weights - 2.0 * std::atanh(0.8)) <= 1e-14);
}

TEST_CASE("the interior bound of two weights is sqrt 2 max|x| eta / sigma^2 over pairs of rows") {
  const Matrix X = (Matrix(3, 2) << 2.0, 0.3, -0.4, 1.8, 1.0, 1.2).finished();
  const Vector y = (Vector(3) << 0.3, -0.8, 0.5).finished();
  const Perceptron network(make_problem(X, y));
  double sigma = std::numeric_limits<double>::infinity();
  for (Index out = 0; out < 3; ++out) {
    Matrix pair(2, 2);
    pair << X.row((out + 1) % 3), X.row((out + 2) % 3);
    sigma = std::min(sigma, Eigen::JacobiSVD<Matrix>(pair).singularValues()(1));
  }
  // Single rows have larger ones.
  CHECK(X.rowwise().norm().minCoeff() >= sigma);
  const std::optional<InteriorBound> bound = interior_bound(network);
  REQUIRE(bound);
  CHECK(std::abs(bound->singular - sigma) <= 1e-14);
  const double largest = X.rowwise().norm().maxCoeff(), eta = std::atanh(0.8);
  CHECK(std::abs(bound->weights - std::sqrt(2.0) * largest * eta / (sigma * sigma)) <= 1e-12);
  // The form of geometry, section 4: sqrt(L) rho0 eta / sig, rho0 = sqrt(L) max|x| / sig.
  CHECK(bound->weights <= 3.0 * largest * eta / (sigma * sigma));
  // Not within the budget, and targets at an end of the range or beyond.
  CHECK_FALSE(interior_bound(network, 2.0));
  CHECK(interior_bound(network, 3.0));
  CHECK_FALSE(interior_bound(network.with_targets(Vector::Ones(3))));
  CHECK_FALSE(interior_bound(network.with_targets(Vector::Constant(3, -1.5))));
  CHECK_THROWS_AS((void)interior_bound(network, 0.0), std::invalid_argument);
}

TEST_CASE("stationary points of one weight lie between the weights that fit one pattern each") {
  Random random(29);
  double nearest = 1.0;
  for (int k = 0; k < 60; ++k) {
    const Perceptron network =
        random_network(random, k, random.integer(1, 6), 1, -1.8, 1.8, k % 5 == 4);
    const double tau = random.uniform(0.0, 0.999);
    const Interval interval = interval_of_one_weight(network, tau);
    REQUIRE(std::isfinite(interval.low));
    REQUIRE(std::isfinite(interval.high));
    const std::vector<Vector> points = stationary_points(network, tau, random, 10);
    CHECK(!points.empty());
    for (const Vector& v : points) {
      const double w = network.weights(v)(0);
      CHECK(w >= interval.low);
      CHECK(w <= interval.high);
      const double width = interval.high - interval.low;
      if (network.patterns() > 1)
        nearest = std::min(nearest, std::min(w - interval.low, interval.high - w) / width);
    }
  }
  CHECK(nearest < 0.1);
  const Perceptron network(
      make_problem((Matrix(2, 1) << 3.0, -1.0).finished(), (Vector(2) << 0.3, 1.2).finished()));
  const Interval half = interval_of_one_weight(network, 1.0);
  CHECK(std::isinf(half.low));
  CHECK(std::abs(half.high - std::atanh(0.3) / 3.0) <= 1e-8);
  // At tau = 0 the interval of a consistent problem is one point.
  const Perceptron consistent = network.with_targets((Vector(2) << 0.6, -0.2).finished());
  const Interval point = interval_of_one_weight(consistent, 0.0);
  CHECK(point.low <= 0.2);
  CHECK(point.high >= 0.2);
  CHECK(point.high - point.low <= 1e-8);
}

TEST_CASE("radius bounds take any numbers without becoming undefined, and check tau") {
  const Perceptron network(make_problem((Matrix(2, 1) << 1e150, 1e-150).finished(),
                                        (Vector(2) << 1e200, -1e-200).finished()));
  for (const double tau : {0.0, 0.5, 1.0 - 1e-16, 1.0}) {
    const RadiusBound bound = radius_bound(network, tau);
    CHECK_FALSE(std::isnan(bound.inputs));
    CHECK_FALSE(std::isnan(bound.weights));
    CHECK_FALSE(std::isnan(bound.coordinates));
    CHECK_FALSE(bound.per_input.hasNaN());
    const Interval interval = interval_of_one_weight(network, tau);
    CHECK_FALSE(std::isnan(interval.low));
    CHECK_FALSE(std::isnan(interval.high));
  }
  const Perceptron zero = network.with_targets(Vector::Zero(2));
  CHECK(radius_bound(zero, 0.5).weights == 0.0);
  CHECK(radius_bound(zero, 0.5).inputs == 0.0);
  CHECK_THROWS_AS((void)radius_bound(network, -0.5), std::invalid_argument);
  CHECK_THROWS_AS((void)radius_bound(network, std::numeric_limits<double>::quiet_NaN()),
                  std::invalid_argument);
  CHECK_THROWS_AS((void)interval_of_one_weight(network, 2.0), std::invalid_argument);
  const Perceptron two(make_problem(Matrix::Identity(2, 2), Vector::Zero(2)));
  CHECK_THROWS_AS((void)interval_of_one_weight(two, 0.5), std::invalid_argument);
}

}  // namespace tautrack::radius_test
