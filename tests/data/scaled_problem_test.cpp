#include "tautrack/data/scaled_problem.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>

#include <doctest/doctest.h>

#include "tautrack/network/perceptron.hpp"

#include "support/random_problem.hpp"

namespace {

using namespace tautrack;
using support::Random;

OutputRange own_range(Activation activation) {
  const Range own = range(activation);
  return {own.low, own.high};
}

/// Energy in the user's units, written down from its definition.
double users_energy_of(const Problem& problem, Activation activation, const OutputRange& asked,
                       double ridge, const Vector& w, double tau) {
  const Range own = range(activation);
  const double unit = (*asked.high - *asked.low) / (own.high - own.low);
  const Vector u = problem.X * w;
  double sum = ridge * w.squaredNorm();
  for (Index i = 0; i < u.size(); ++i) {
    const double f = (1.0 - tau) * u(i) + tau * evaluate(activation, u(i)).value;
    const double r = *asked.low + unit * (f - own.low) - problem.y(i);
    sum += problem.pattern_weights(i) * r * r;
  }
  return 0.5 * sum;
}

}  // namespace

TEST_CASE(
    "energies of a scaled problem are those of the user's outputs, ridge and weights included") {
  Random random(5);
  for (const Activation activation :
       {Activation::tanh, Activation::logistic, Activation::arctan, Activation::erf}) {
    for (const OutputRange& asked :
         {OutputRange{0.0, 100.0}, OutputRange{-7.5, -7.0}, OutputRange{1e-4, 3e-4}}) {
      Problem problem;
      problem.X = Matrix::NullaryExpr(9, 3, [&] { return random.normal(); });
      problem.y = Vector::NullaryExpr(
          9, [&] { return *asked.low + random.uniform(-0.2, 1.2) * (*asked.high - *asked.low); });
      problem.pattern_weights = Vector::NullaryExpr(9, [&] { return random.uniform(0.5, 2.0); });
      problem.columns = {"a", "b", "c"};
      const OutputScale scale(own_range(activation), asked);
      PerceptronOptions options;
      options.activation = activation;
      const double ridge = 0.03 * scale.energy(1.0);
      options.ridge = scale.ridge(ridge);
      const Perceptron network(scale_targets(std::make_shared<const Problem>(problem), scale),
                               options);
      Perceptron::Workspace work(network);
      for (const double tau : {0.0, 0.6, 1.0}) {
        const Vector w = Vector::NullaryExpr(3, [&] { return random.normal(); });
        const double energy = scale.energy(network.energy(network.coordinates(w), tau, work));
        CHECK(energy == doctest::Approx(users_energy_of(problem, activation, asked, ridge, w, tau))
                            .epsilon(1e-11));
      }
      for (Index i = 0; i < 9; ++i)
        CHECK(scale.output(scale.target(problem.y(i))) ==
              doctest::Approx(problem.y(i)).epsilon(1e-13));
    }
  }
}

TEST_CASE("targets at an end stay there, those inside stay inside, those outside outside") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Random random(6);
  for (int k = 0; k < 2000; ++k) {
    const OutputRange own = k % 2 == 0 ? OutputRange{-1.0, 1.0} : OutputRange{0.0, 1.0};
    const double low = random.normal() * std::pow(10.0, random.uniform(-6.0, 6.0));
    const double high = low + std::abs(random.normal()) * std::pow(10.0, random.uniform(-3.0, 6.0));
    const OutputScale scale(own, {low, high});
    CAPTURE(low);
    CAPTURE(high);
    CHECK(scale.target(low) == *own.low);
    CHECK(scale.target(high) == *own.high);
    CHECK(scale.target(std::nextafter(low, infinity)) > *own.low);
    CHECK(scale.target(std::nextafter(high, -infinity)) < *own.high);
    CHECK(scale.target(std::nextafter(low, -infinity)) < *own.low);
    CHECK(scale.target(std::nextafter(high, infinity)) > *own.high);
    CHECK(scale.output(*own.low) == low);
    CHECK(scale.output(*own.high) == high);
  }
}

TEST_CASE("the own range changes nothing, and copies nothing") {
  const OutputScale scale({-1.0, 1.0}, {-1.0, 1.0});
  CHECK(scale.is_identity());
  CHECK(scale.target(0.1) == 0.1);
  CHECK(scale.ridge(1e-300) == 1e-300);
  const auto problem =
      std::make_shared<const Problem>(make_problem(Matrix::Ones(2, 1), Vector{{0.1, 0.3}}));
  CHECK(scale_targets(problem, scale) == problem);
}

TEST_CASE("ranges that cannot be scaled to are refused with the rule") {
  const OutputRange own{-1.0, 1.0};
  CHECK_THROWS_AS(OutputScale(own, {1.0, 1.0}), std::invalid_argument);
  CHECK_THROWS_AS(OutputScale(own, {0.0, std::nullopt}), std::invalid_argument);
  CHECK_THROWS_AS(OutputScale(own, {-1e308, 1e308}), std::invalid_argument);
  CHECK_THROWS_AS(OutputScale(own, {0.0, 1e-200}), std::invalid_argument);
  const OutputScale narrow(own, {0.0, 1e-140});
  CHECK_THROWS_AS((void)narrow.ridge(1e100), std::invalid_argument);
  CHECK(narrow.ridge(0.0) == 0.0);
  const auto large =
      std::make_shared<const Problem>(make_problem(Matrix::Ones(2, 1), Vector{{0.1, 1e300}}));
  CHECK_THROWS_AS((void)scale_targets(large, narrow), DataError);
}

TEST_CASE("targets that no output reaches are counted, with their rows and extent") {
  const Vector y{{0.5, -1.0, 1.0, 0.0, 3.0, 0.25}};
  CHECK_FALSE(unreachable_targets(y, {-1.0, 3.0}));
  const auto found = unreachable_targets(y, {0.0, 1.0}, 1);
  REQUIRE(found);
  CHECK(found->count == 2);
  CHECK(found->of == 6);
  CHECK(found->rows == std::vector<Index>{1});
  CHECK(found->lowest == -1.0);
  CHECK(found->highest == 3.0);
  CHECK(found->below);
  CHECK(found->above);
  const auto above = unreachable_targets(y, {std::nullopt, 1.0});
  REQUIRE(above);
  CHECK(above->rows == std::vector<Index>{4});
  CHECK_FALSE(above->below);
}
