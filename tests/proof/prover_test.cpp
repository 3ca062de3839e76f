#include "certify/prover.hpp"

#include <cmath>

#include <doctest/doctest.h>

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
    Prover prover(Perceptron(one_pattern(x, y)), {});
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

TEST_CASE("a prover claims no second point within the distance of uniqueness") {
  // tanh(w) (1 - ...) has three stationary points: two minima and the maximum between them.
  Matrix X(2, 1);
  X << 1.0, 10.0;
  Vector y(2);
  y << 0.9, -0.9;
  const Problem problem = make_problem(X, y);
  Prover prover(Perceptron(problem), {});
  std::vector<Certificate> found;
  for (double w = -3.0; w <= 3.0; w += 0.01) {
    const Certificate certificate = prover.certify(Vector::Constant(1, w));
    if (!certificate.certified) {
      CHECK_FALSE(certificate.reason.empty());
      continue;
    }
    for (const Certificate& other : found) {
      const double distance = std::abs(other.weights(0) - certificate.weights(0));
      if (distance > other.radius + certificate.radius)
        CHECK(distance >= other.unique_within - certificate.radius);
    }
    found.push_back(certificate);
  }
  CHECK(found.size() >= 2);
  // Nothing is near these.
  const Certificate refuted = prover.certify(Vector::Constant(1, 30.0));
  CHECK_FALSE(refuted.certified);
}

#endif
