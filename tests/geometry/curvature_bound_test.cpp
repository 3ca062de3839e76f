#include "tautrack/geometry/curvature_bound.hpp"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "tautrack/geometry/curvature.hpp"
#include "tautrack/geometry/data_manifold.hpp"

#include "geometry/node_function.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace tautrack::curvature_bound_test {
namespace {

constexpr Activation kActivations[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                                       Activation::erf};

double bend(Activation activation, double tau, double u) {
  const NodeFunction f(activation, tau);
  return std::abs(f.second(u)) / (f.slope(u) * f.slope(u));
}

}  // namespace

TEST_CASE("C(tau) of tanh has the values of geometry, section 1") {
  const double rows[4][2] = {{.5, 0.6351623405504441},
                             {.8, 2.208790931176466},
                             {.9, 4.730312930887918},
                             {.99, 49.74811562150647}};
  for (const auto& row : rows)
    CHECK(std::abs(largest_bend(Activation::tanh, row[0]) - row[1]) <= 1e-12 * row[1]);
  CHECK(largest_bend(Activation::tanh, 0.0) == 0.0);
  CHECK(std::isinf(largest_bend(Activation::tanh, 1.0)));
}

TEST_CASE("C(tau) is the maximum of |f''| / f'^2 for every activation") {
  for (const Activation activation : kActivations)
    for (const double tau : {0.1, 0.5, 0.9, 0.99, 0.9999}) {
      CAPTURE(to_string(activation));
      CAPTURE(tau);
      double largest = 0.0;
      for (int k = 1; k < 40000; ++k)
        largest = std::max(largest, bend(activation, tau, 1e-3 * std::exp(k * 3e-4)));
      const double C = largest_bend(activation, tau);
      CHECK(C >= largest * (1.0 - 1e-14));
      CHECK(C <= largest * (1.0 + 1e-6));
    }
}

TEST_CASE("bounds over all weights are not exceeded at random weights, and rise with tau") {
  double sharpest = 0.0;
  for (std::uint64_t seed = 0; seed < support::sampled<std::uint64_t>(150); ++seed) {
    support::Random random(seed);
    Problem problem = support::random_problem(seed);
    if (seed % 3 == 1) {
      problem.pattern_weights.resize(problem.y.size());
      for (double& omega : problem.pattern_weights) omega = std::pow(10.0, random.uniform(-1, 1));
    }
    PerceptronOptions options;
    options.activation = kActivations[seed % 4];
    if (seed % 5 == 0) options.ridge = std::pow(10.0, random.uniform(-2.0, 1.0));
    const Perceptron network(problem, options);
    const CurvatureBounds bounds(network);
    double before = 0.0;
    for (const double tau : {0.2, 0.6, 0.9, 0.99, 1.0}) {
      const CurvatureBound bound = bounds.at(tau);
      CHECK_FALSE(bound.from.empty());
      CHECK(bound.value >= before * (1.0 - 1e-3));
      before = bound.value;
      if (tau == 1.0)
        CHECK(std::isinf(bound.value) ==
              (options.ridge == 0.0 && network.patterns() > network.unknowns()));
      const DataManifold manifold(network, tau);
      for (int trial = 0; trial < 30; ++trial) {
        Vector v(network.unknowns());
        const double size = std::pow(10.0, random.uniform(-1.0, 1.5));
        for (double& entry : v) entry = size * random.normal();
        CurvatureOptions effort;
        effort.starts = 8;
        const LargestCurvature k = largest_curvature(manifold.at(v), effort);
        CHECK(k.value <= bound.value);
        CHECK(k.value <= k.upper * (1.0 + 1e-12));
        if (bound.value > 0.0 && std::isfinite(bound.value))
          sharpest = std::max(sharpest, k.value / bound.value);
      }
    }
  }
  CHECK(sharpest > 0.5);  // some come near
}

TEST_CASE("a ridge bounds the curvature at tau = 1, and less the smaller it is") {
  const Problem problem = support::random_problem(12);
  double before = 0.0;
  for (const double ridge : {10.0, 1.0, 0.1, 0.01}) {
    PerceptronOptions options;
    options.ridge = ridge;
    const double bound = CurvatureBounds(Perceptron(problem, options)).at(1.0).value;
    CHECK(std::isfinite(bound));
    CHECK(bound > before);
    before = bound;
  }
}

TEST_CASE("bounds of the node function over intervals hold at the points inside") {
  support::Random random(7);
  for (int trial = 0; trial < 1500; ++trial) {
    const Activation activation = kActivations[trial % 4];
    const double tau = trial % 3 == 0 ? 1.0 : random.uniform(0.0, 1.0);
    const NodeFunction f(activation, tau);
    const Range ends = range(activation);
    const double y = random.uniform(ends.low + 0.01, ends.high - 0.01);
    const double theta = f.inverse(y);
    CHECK(std::abs(f.residual(theta, y)) <= 1e-14);
    const double scale = std::pow(10.0, random.uniform(-2.0, 1.3));
    const double a = scale * random.uniform(-1.0, 1.0), b = scale * random.uniform(-1.0, 1.0);
    const Span u{std::min(a, b), std::max(a, b)};
    const double convexity = f.least_convexity(u, y, 16);
    const Span pull = f.pulls(u, y, theta, 16);
    const double loss = f.convexity_loss(u, y, theta, 16);
    const Span slopes = f.slopes(u), seconds = f.seconds(u);
    for (int k = 0; k <= 20; ++k) {
      const double x = u.low + u.width() * k / 20.0;
      const double room = 1e-13;
      CHECK(f.slope(x) >= slopes.low * (1.0 - room));
      CHECK(f.slope(x) <= slopes.high * (1.0 + room));
      CHECK(f.second(x) >= seconds.low - room);
      CHECK(f.second(x) <= seconds.high + room);
      CHECK(f.slope(x) * f.slope(x) + f.second(x) * f.residual(x, y) >= convexity - room);
      if (std::abs(x - theta) < 1e-6) continue;
      const double fallen = f.slope(theta) * f.slope(theta) - f.slope(x) * f.slope(x) -
                            f.second(x) * f.residual(x, y);
      CHECK(fallen <= loss * std::abs(f.residual(x, y)) * (1.0 + 1e-9) + room);
      const double d = f.slope(x) * f.residual(x, y) / (x - theta);
      CHECK(d >= pull.low * (1.0 - 1e-8));
      CHECK(d <= pull.high * (1.0 + 1e-8));
    }
  }
}

}  // namespace tautrack::curvature_bound_test
