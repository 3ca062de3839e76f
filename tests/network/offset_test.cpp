#include <cmath>
#include <stdexcept>
#include <utility>

#include <doctest/doctest.h>

#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/network/perceptron.hpp"

#include "homotopy/natural.hpp"
#include "homotopy/newton.hpp"
#include "support/derivative_check.hpp"
#include "support/random_problem.hpp"

namespace offset_test {

namespace {

using namespace tautrack;
using support::Random;

constexpr Activation activations[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                                      Activation::erf};

/// Inputs of order one, offsets that lie in no span of the columns, weights in [1/4, 4].
Problem problem_with_offset(Index L, Index s, std::uint64_t seed) {
  Random random(seed);
  Matrix X(L, s);
  Vector y(L), omega(L), offset(L);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = random.normal();
    y(i) = random.uniform(-0.9, 0.9);
    omega(i) = random.uniform(0.25, 4.0);
    offset(i) = 1.5 * random.normal();
  }
  Problem problem = make_problem(X, y, "y", {}, omega);
  problem.offset = offset;
  return problem;
}

PerceptronOptions options_with(Activation activation, double ridge = 0.0) {
  PerceptronOptions options;
  options.activation = activation;
  options.ridge = ridge;
  return options;
}

Vector random_vector(Index n, std::uint64_t seed) {
  Random random(seed);
  return Vector::NullaryExpr(n, [&] { return random.normal(); });
}

}  // namespace

TEST_CASE("energy and node inputs with an offset are those of the formula") {
  // Few columns, and more than are compiled for their number.
  for (const Index s : {Index{1}, Index{3}, Index{8}, Index{11}}) {
    const Problem problem = problem_with_offset(37, s, 5 + static_cast<std::uint64_t>(s));
    for (const Activation activation : activations) {
      const Perceptron network(problem, options_with(activation, 0.5));
      Perceptron::Workspace work(network);
      const Vector w = 0.5 * random_vector(s, 3);
      const Vector v = network.coordinates(w);
      const Vector u = problem.X * w + problem.offset;
      CHECK(support::relative_error(network.node_inputs(v), u) <= 1e-13);
      for (const double tau : {0.0, 0.4, 1.0}) {
        double energy = 0.25 * w.squaredNorm();
        for (Index i = 0; i < u.size(); ++i) {
          const double f = (1.0 - tau) * u(i) + tau * evaluate(activation, u(i)).value;
          energy += 0.5 * problem.pattern_weights(i) * std::pow(f - problem.y(i), 2);
        }
        CHECK(network.energy(v, tau, work) == doctest::Approx(energy).epsilon(1e-12));
      }
      const Vector move = random_vector(network.unknowns(), 4);
      const Vector du = network.node_inputs(move) - problem.offset;
      CHECK(
          network.relative_displacement(v, move, work) ==
          doctest::Approx((du.array().abs() / (1.0 + u.array().abs())).maxCoeff()).epsilon(1e-12));
    }
  }
}

TEST_CASE("derivatives with an offset are those of differences") {
  for (const Index s : {Index{2}, Index{10}}) {
    const Problem problem = problem_with_offset(30, s, 11);
    for (const Activation activation : activations) {
      const Perceptron network(problem, options_with(activation));
      NaturalHomotopy homotopy(network);
      const Index n = network.unknowns();
      const Vector x = 2.0 * random_vector(n, 6);
      const auto errors =
          support::check_derivatives(homotopy, x, 0.6, random_vector(n, 7), random_vector(n, 8));
      CHECK(errors.largest() <= 1e-8);
      // H itself is the gradient of the energy.
      Perceptron::Workspace work(network);
      Vector H(n);
      (void)network.gradient(x, 0.6, work, H);
      const Vector direction = random_vector(n, 9).normalized();
      const double slope = support::sixth_order_difference(
          [&](double t) {
            return Matrix::Constant(1, 1, network.energy(x + t * direction, 0.6, work));
          },
          4e-3)(0, 0);
      CHECK(slope == doctest::Approx(H.dot(direction)).epsilon(1e-8));
    }
  }
}

TEST_CASE("Taylor series with an offset are those of the same curve") {
  // H(v + a d, tau + a) from its series and by itself.
  const Problem problem = problem_with_offset(20, 3, 21);
  for (const Activation activation : activations) {
    const Perceptron network(problem, options_with(activation));
    Perceptron::Workspace work(network), other(network);
    const Index n = network.unknowns();
    const Vector v = random_vector(n, 1), d = 0.3 * random_vector(n, 2);
    Vector H(n), H_tau(n), rest(n), there(n);
    Matrix H_v(n, n);
    network.derivatives(v, 0.5, work, H, H_v, H_tau);
    const double a = 0.05;
    Vector sum = H + a * (H_v * d + 0.3 * H_tau);
    double power = a;
    for (int k = 1; k <= 12; ++k) {
      (void)network.append_series(k, k == 1 ? d : Vector(Vector::Zero(n)), k == 1 ? 0.3 : 0.0, work,
                                  rest);
      sum += (power *= a) * rest;
    }
    (void)network.gradient(v + a * d, 0.5 + 0.3 * a, other, there);
    CHECK(support::relative_error(sum, there) <= 1e-11);
  }
}

TEST_CASE("the linear solution is least squares for what the offset leaves") {
  const Problem problem = problem_with_offset(25, 4, 31);
  for (const double ridge : {0.0, 2.0}) {
    const Perceptron network(problem, options_with(Activation::tanh, ridge));
    const Vector w = network.weights(network.linear_solution());
    const Matrix& X = problem.X;
    const Vector gradient = X.transpose() * problem.pattern_weights.asDiagonal() *
                                (X * w + problem.offset - problem.y) +
                            ridge * w;
    CHECK(gradient.norm() <= 1e-12 * static_cast<double>(X.rows()));
  }
}

TEST_CASE("one unit beside an offset starts from the best linear solution with b > 0") {
  Random random(17);
  int without = 0;
  for (int trial = 0; trial < 40; ++trial) {
    CAPTURE(trial);
    const Problem problem = problem_with_offset(25, 2, 50 + static_cast<std::uint64_t>(trial));
    for (const bool is_held : {false, true}) {
      HiddenLayerOptions options;
      options.start_ridge = 0.05;
      if (is_held) {
        options.held_output_bias = problem.y.minCoeff() - 0.1;
        options.origin = UnitOrigin::low;
      }
      const HiddenLayer network(problem, options);
      HiddenLayer::Workspace work(network);
      Vector x;
      try {
        x = network.linear_solution();
      } catch (const DataError&) {
        // Then the constant is better than all of them.
        ++without;
        Vector other = Vector::Zero(network.unknowns());
        if (!is_held)
          other(network.unknowns() - 1) = problem.y.dot(problem.pattern_weights) /
                                          (problem.pattern_weights.sum() * network.output_unit());
        const double constant = network.energy(other, 0.0, work);
        for (int k = 0; k < 200; ++k) {
          for (double& entry : other) entry = std::exp(2.0 * random.normal()) * random.normal();
          other(network.space().rank()) = std::abs(other(network.space().rank()));
          CHECK(network.energy(other, 0.0, work) >= constant);
        }
        continue;
      }
      Vector H(network.unknowns());
      const double scale = network.gradient(x, 0.0, work, H);
      CHECK(H.norm() <= 1e-12 * scale);
      CHECK(network.output_weights(x)(0, 0) > 0.0);
      // No other place with b > 0 is lower.
      const double energy = network.energy(x, 0.0, work);
      for (int k = 0; k < 200; ++k) {
        Vector other(x.size());
        for (double& entry : other) entry = 3.0 * random.normal();
        const Index b = network.space().rank();
        other(b) = std::abs(x(b)) * std::exp(2.0 * random.normal());
        CHECK(network.energy(other, 0.0, work) >= energy);
        other = x + 1e-3 * other;
        other(b) = std::abs(other(b));
        CHECK(network.energy(other, 0.0, work) >= energy);
      }
    }
  }
  CHECK(without > 0);
  CHECK(without < 40);
}

TEST_CASE("an offset goes with the network and its targets, and what cannot do with it says so") {
  const Problem problem = problem_with_offset(10, 2, 41);
  const Perceptron network(problem);
  CHECK(network.has_offset());
  CHECK(network.with_targets(Vector::Zero(10)).offsets() == problem.offset);
  CHECK_THROWS_AS(network.need_no_offset("this"), std::invalid_argument);
  HiddenLayerOptions two;
  two.units = 2;
  CHECK_NOTHROW(HiddenLayer{problem});
  CHECK_THROWS_AS((HiddenLayer{problem, two}), std::invalid_argument);
  Problem plain = problem;
  plain.offset.resize(0);
  const Perceptron without(plain);
  CHECK_FALSE(without.has_offset());
  CHECK(without.offset(3) == 0.0);
  CHECK_NOTHROW(without.need_no_offset("this"));
  // Zeros are no offset.
  plain.offset = Vector::Zero(10);
  const Vector v = random_vector(2, 5);
  CHECK(Perceptron(plain).node_inputs(v) == without.node_inputs(v));
}

}  // namespace offset_test
