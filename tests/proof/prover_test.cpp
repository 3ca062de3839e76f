#include "certify/prover.hpp"

#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/network/activation.hpp"

#include "proof/real.hpp"
#include "support/random_problem.hpp"

#ifdef TAUTRACK_WITH_FLINT

namespace {

using namespace tautrack;

Problem one_pattern(double x, double y) {
  return make_problem(Matrix::Constant(1, 1, x), Vector::Constant(1, y));
}

/// |w - atanh(y) / x| or more.
double distance_to_fit(double w, double x, double y) {
  constexpr slong bits = 300;
  const auto exact = [](double value) {
    proof::Ball ball;
    arb_set_d(ball.get(), value);
    return proof::Real(ball.get(), bits);
  };
  proof::Ball fit;
  arb_atanh(fit.get(), exact(y).get(), bits);
  const proof::Real offset = exact(w) - proof::Real(fit.get(), bits) / exact(x);
  return proof::Bound::above(offset.get()).above_as_double();
}

}  // namespace

TEST_CASE("a prover encloses fits that are known") {
  support::Random random(1);
  for (int k = 0; k < 40; ++k) {
    const double x = std::pow(10.0, random.uniform(-2.0, 2.0));
    const double y = k == 0 ? 0.0 : random.uniform(-0.999, 0.999);
    CAPTURE(x);
    CAPTURE(y);
    const Perceptron network(one_pattern(x, y));
    Prover prover(network, {});
    const double near = std::atanh(y) / x;
    for (const bool only_balls : {false, true}) {
      if (only_balls) prover.use_only_balls();
      const Certificate certificate =
          prover.certify(Vector::Constant(1, near + 1e-5 * (1.0 + std::abs(near * x)) / x));
      REQUIRE(certificate.certified);
      CHECK(prover.in_double() == !only_balls);
      const double distance = distance_to_fit(certificate.weights(0), x, y);
      CHECK(distance <= certificate.radius * (1.0 + 1e-8));
      CHECK(certificate.radius <= 0x1p-50 * (std::abs(near) + 1e-2 / x));
      CHECK(certificate.unique_within >= certificate.radius);
      CHECK(certificate.morse_index == 0);
      CHECK(std::abs(certificate.energy) <= certificate.energy_radius);
      REQUIRE(certificate.eigenvalues.size() == 1);
      CHECK(certificate.eigenvalues(0) > 0.0);
    }
  }
}

TEST_CASE("a prover tells stationary points apart and refuses what is none") {
  // Two minima, and the maximum between them.
  Matrix X(2, 1);
  X << 1.0, 10.0;
  Vector y(2);
  y << 0.9, -0.9;
  const auto gradient = [&](double w) {
    double sum = 0.0;
    for (Index i = 0; i < 2; ++i) {
      const ActivationValues s = evaluate(Activation::tanh, X(i, 0) * w);
      sum += X(i, 0) * s.first * (s.value - y(i));
    }
    return sum;
  };
  const Perceptron network(make_problem(X, y));
  Prover prover(network, {});
  std::vector<Certificate> found;
  for (int k = -100; k < 100; ++k) {
    double low = 0.02 * k + 1e-3, high = low + 0.02;
    if (gradient(low) * gradient(high) > 0.0) continue;
    for (int step = 0; step < 40; ++step) {
      const double middle = 0.5 * (low + high);
      (gradient(middle) * gradient(high) > 0.0 ? high : low) = middle;
    }
    found.push_back(prover.certify(Vector::Constant(1, low)));
    REQUIRE(found.back().certified);
  }
  REQUIRE(found.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) {
    CHECK(found[k].morse_index == (k == 1 ? 1 : 0));
    for (std::size_t l = 0; l < 3; ++l)
      if (k != l)
        CHECK(std::abs(found[k].weights(0) - found[l].weights(0)) >=
              found[k].unique_within - found[l].radius);
  }
  for (const double far : {-3.0, 0.7, 30.0}) {
    const Certificate refused = prover.certify(Vector::Constant(1, far));
    CHECK_FALSE(refused.certified);
    CHECK_FALSE(refused.reason.empty());
  }
}

#endif
