#include "tautrack/corrector/newton.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/homotopy/natural.hpp"

#include "support/known_problems.hpp"

namespace {

using tautrack::Activation;
using tautrack::Constraint;
using tautrack::Correction;
using tautrack::Corrector;
using tautrack::CorrectorOptions;
using tautrack::HomotopyRef;
using tautrack::Index;
using tautrack::make_problem;
using tautrack::Matrix;
using tautrack::metric_dot;
using tautrack::metric_norm;
using tautrack::MetricScales;
using tautrack::NaturalHomotopy;
using tautrack::Perceptron;
using tautrack::PerceptronOptions;
using tautrack::Vector;
using tautrack::known::Circle;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// A corrected point and what was said about it.
struct Corrected {
  Vector x;
  double tau = 0.0;
  Correction correction;
};

Corrected at_fixed_tau(HomotopyRef homotopy, const Vector& x, double tau,
                       const CorrectorOptions& options = {}, bool polish = false) {
  Corrected result{x, tau, {}};
  Corrector corrector(homotopy, options);
  result.correction =
      corrector.correct(result.x, result.tau, Constraint::fixed_tau, Vector(), {}, polish);
  return result;
}

Corrected on_hyperplane(HomotopyRef homotopy, const Vector& x, double tau, const Vector& normal,
                        const MetricScales& scales = {}, const CorrectorOptions& options = {}) {
  Corrected result{x, tau, {}};
  Corrector corrector(homotopy, options);
  result.correction =
      corrector.correct(result.x, result.tau, Constraint::hyperplane, normal, scales);
  return result;
}

/// Whether a correction failed and says why.
bool failed(const Correction& correction) {
  return !correction.converged && !std::string(correction.failure).empty();
}

bool succeeded(const Correction& correction) {
  return correction.converged && std::string(correction.failure).empty();
}

Vector scalar(double value) { return Vector::Constant(1, value); }

/// The circle, except that one of its answers is not a number where x < wall.
struct Walled {
  enum class Bad { H, H_x, H_tau } bad = Bad::H;
  double wall = 10.0;
  [[nodiscard]] static Index size() { return 1; }
  void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) const {
    Circle::derivatives(x, tau, H, H_x, H_tau);
    if (x(0) >= wall) return;
    if (bad == Bad::H) H(0) = not_a_number;
    if (bad == Bad::H_x) H_x(0, 0) = not_a_number;
    if (bad == Bad::H_tau) H_tau(0) = not_a_number;
  }
};

/// The circle with a residual that never falls below 1e-12, and honest about it or not.
struct Noisy {
  double claimed_scale = 1.0;
  double noise = 1e-12;
  int evaluations = 0;
  [[nodiscard]] static Index size() { return 1; }
  void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    Circle::derivatives(x, tau, H, H_x, H_tau);
    H(0) += ++evaluations % 2 == 0 ? noise : -noise;
  }
  [[nodiscard]] double residual_scale(const Vector&, double) const { return claimed_scale; }
};

/// Errors of x after 1, 2, ... Newton steps at fixed tau = 0.6 from x = 1 towards 0.8.
std::vector<double> errors_of_iterates(int steps) {
  std::vector<double> errors;
  for (int k = 1; k <= steps; ++k) {
    Circle circle;
    CorrectorOptions options;
    options.max_iterations = k;
    errors.push_back(at_fixed_tau(circle, scalar(1.0), 0.6, options).x(0) - 0.8);
  }
  return errors;
}

/// What is said about (w, tau = 1) for one weight, inputs 1 and these targets. H is summed from
/// nothing but saturated patterns when w is large.
Corrected saturated(Activation activation, const Vector& targets, double u, bool polish) {
  PerceptronOptions options;
  options.activation = activation;
  const Perceptron network(make_problem(Matrix::Ones(targets.size(), 1), targets), options);
  NaturalHomotopy homotopy(network);
  Corrected result{network.coordinates(scalar(u)), 1.0, {}};
  Corrector corrector(homotopy, {});
  result.correction = corrector.correct(result.x, result.tau, Constraint::fixed_tau, Vector(),
                                        homotopy.scales(result.x, 1.0), polish);
  return result;
}

}  // namespace

TEST_CASE("Newton's method converges quadratically on the circle") {
  // x' = (x^2 + 0.64) / (2 x): error' = error^2 / (2 x).
  const std::vector<double> errors = errors_of_iterates(4);
  CHECK(errors[0] == doctest::Approx(0.02).epsilon(1e-12).scale(0.0));
  CHECK(errors[1] == doctest::Approx(0.02 * 0.02 / 1.64).epsilon(1e-10).scale(0.0));
  CHECK(
      errors[2] ==
      doctest::Approx(errors[1] * errors[1] / (2.0 * (0.8 + errors[1]))).epsilon(1e-6).scale(0.0));
  CHECK(std::abs(errors[3]) <= 8.0 * epsilon);
}

TEST_CASE("a correction reports its steps, error, contraction and residual") {
  Circle circle;
  const Corrected result = at_fixed_tau(circle, scalar(1.0), 0.6);
  const Correction& c = result.correction;
  CHECK(succeeded(c));
  CHECK(std::abs(result.x(0) - 0.8) <= 4.0 * epsilon);
  CHECK(c.iterations == 5);  // the steps below
  CHECK(c.first_step == doctest::Approx(0.18).epsilon(1e-12).scale(0.0));
  CHECK(c.contraction == doctest::Approx((0.02 - 0.0004 / 1.64) / 0.18).epsilon(1e-12).scale(0.0));
  CHECK(c.last_step <= 1e-8);
  CHECK(c.error <= c.last_step);
  CHECK(c.residual <= 1e-14);
  CHECK(c.residual_scale == doctest::Approx(2.0 * 0.8 * 0.8 + 1.2).epsilon(0.5).scale(0.0));
}

TEST_CASE("a point on the curve stays where it is, in one step") {
  Circle circle;
  const Corrected result = on_hyperplane(circle, scalar(0.8), 0.6, Vector{{-0.6, 0.8}});
  CHECK(succeeded(result.correction));
  CHECK(result.correction.iterations == 1);
  CHECK(result.correction.contraction == 0.0);
  CHECK(std::abs(result.x(0) - 0.8) <= epsilon);
  CHECK(std::abs(result.tau - 0.6) <= epsilon);
}

TEST_CASE(
    "a point is corrected within the hyperplane through the guess, orthogonal in the metric") {
  Circle circle;
  for (const MetricScales scales : {MetricScales{}, {2.0, 0.5}}) {
    CAPTURE(scales.unknown);
    const Vector normal{{-0.6, 0.8}};
    const Vector guess{{0.8 - 0.12, 0.6 + 0.16}};
    const Corrected result = on_hyperplane(circle, guess.head(1), guess(1), normal, scales);
    CHECK(succeeded(result.correction));
    CHECK(Circle::distance(result.x, result.tau) <= 2.0 * epsilon);
    const Vector move{{result.x(0) - guess(0), result.tau - guess(1)}};
    CHECK(std::abs(metric_dot(normal, move, scales)) <= 1e-15);
    CHECK(move.norm() > 0.01);
    CHECK(result.correction.first_step ==
          doctest::Approx(metric_norm(move, scales)).epsilon(0.05).scale(0.0));
    if (scales.unknown != 1.0) CHECK(std::abs(metric_dot(normal, move, {})) > 1e-3);
  }
}

TEST_CASE("on a hyperplane a fold is a point like any other, at fixed tau it is not") {
  Circle circle;
  const Vector along{{-1.0, 0.0}};
  const Corrected there = on_hyperplane(circle, scalar(1e-3), 1.01, along);
  CHECK(succeeded(there.correction));
  CHECK(there.x(0) == 1e-3);  // the hyperplane is x = 1e-3
  CHECK(std::abs(there.tau - std::sqrt(1.0 - 1e-6)) <= 2.0 * epsilon);
  const Corrected fixed = at_fixed_tau(circle, scalar(1e-3), 1.01);
  CHECK(failed(fixed.correction));
}

TEST_CASE("fixed tau is fixed to the last bit") {
  for (const double tau : {0.1, 1.0 / 3.0, 1.0 - 1e-9}) {
    CAPTURE(tau);
    Circle circle;
    const double x = std::sqrt((1.0 - tau) * (1.0 + tau));
    const Corrected result = at_fixed_tau(circle, scalar(1.05 * x), tau, {}, true);
    CHECK(succeeded(result.correction));
    CHECK(result.tau == tau);
    CHECK(result.x(0) == doctest::Approx(x).epsilon(1e-7).scale(0.0));
    CHECK(result.x(0) != 1.05 * x);
  }
}

TEST_CASE("where there is no solution the correction fails") {
  for (const double x : {0.01, 0.3, 1.0, 5.0, -2.0, 1e-9}) {
    for (const bool polish : {false, true}) {
      CAPTURE(x);
      Circle circle;
      CHECK(failed(at_fixed_tau(circle, scalar(x), 1.2, {}, polish).correction));
      CHECK(failed(at_fixed_tau(circle, scalar(x), 1.0 + 1e-6, {}, polish).correction));
    }
  }
  // The line x = 3 misses the circle, the line x = 0.5 does not.
  Circle circle;
  CHECK(failed(on_hyperplane(circle, scalar(3.0), 0.1, Vector{{1.0, 0.0}}).correction));
  CHECK(succeeded(on_hyperplane(circle, scalar(0.5), 0.9, Vector{{1.0, 0.0}}).correction));
}

TEST_CASE("a singular bordered matrix is a failure") {
  Circle circle;  // at (0, 1) H_x = 0
  CHECK(failed(at_fixed_tau(circle, scalar(0.0), 0.9).correction));
  // At the origin H_x and H_tau vanish.
  CHECK(failed(on_hyperplane(circle, scalar(0.0), 0.0, Vector{{1.0, 0.0}}).correction));
  // A normal at right angles to the tangent.
  CHECK(failed(on_hyperplane(circle, scalar(1.1), 0.0, Vector{{1.0, 0.0}}).correction));
  CHECK(succeeded(on_hyperplane(circle, scalar(1.1), 0.0, Vector{{0.0, 1.0}}).correction));
}

TEST_CASE("a homotopy that is not a number is a failure and not a success") {
  using enum Walled::Bad;
  for (const Walled::Bad bad : {H, H_x, H_tau}) {
    for (const bool polish : {false, true}) {
      Walled everywhere{bad, 10.0};
      CHECK(failed(at_fixed_tau(everywhere, scalar(0.8), 0.6, {}, polish).correction));
      CHECK(failed(on_hyperplane(everywhere, scalar(0.8), 0.6, Vector{{-0.6, 0.8}}).correction));
      // From x = 1 the first step leads to 0.82, behind the wall.
      Walled behind{bad, 0.9};
      CHECK(failed(at_fixed_tau(behind, scalar(1.0), 0.6, {}, polish).correction));
      Walled out_of_the_way{bad, 0.7};
      CHECK(succeeded(at_fixed_tau(out_of_the_way, scalar(1.0), 0.6, {}, polish).correction));
    }
  }
}

TEST_CASE("a guess or a normal that is not a number is a failure") {
  Circle circle;
  CHECK(failed(at_fixed_tau(circle, scalar(not_a_number), 0.6).correction));
  CHECK(failed(at_fixed_tau(circle, scalar(0.8), not_a_number).correction));
  CHECK(failed(on_hyperplane(circle, scalar(0.8), 0.6, Vector{{not_a_number, 1.0}}).correction));
  CHECK(failed(on_hyperplane(circle, scalar(0.8), 0.6, Vector::Zero(2)).correction));
}

TEST_CASE("polishing goes on to rounding where the tolerance alone is satisfied earlier") {
  Circle circle;
  CorrectorOptions options;
  options.tolerance = 1e-3;
  const Corrected plain = at_fixed_tau(circle, scalar(0.8 + 9e-4), 0.6, options);
  CHECK(succeeded(plain.correction));
  CHECK(plain.correction.iterations == 1);
  CHECK(plain.x(0) - 0.8 == doctest::Approx(9e-4 * 9e-4 / 1.6).epsilon(1e-2).scale(0.0));
  CHECK(plain.correction.error == doctest::Approx(9e-4 * 9e-4).epsilon(1e-2).scale(0.0));
  const Corrected polished = at_fixed_tau(circle, scalar(0.8 + 9e-4), 0.6, options, true);
  CHECK(succeeded(polished.correction));
  CHECK(std::abs(polished.x(0) - 0.8) <= 2.0 * epsilon);
  CHECK(polished.correction.iterations > 1);
  CHECK(polished.correction.error <= 1e-13);
}

TEST_CASE("polishing with no iterations left is still a success at the tolerance") {
  Circle circle;
  CorrectorOptions options;
  options.tolerance = 1e-3;
  options.max_iterations = 1;
  const Corrected result = at_fixed_tau(circle, scalar(0.8 + 9e-4), 0.6, options, true);
  CHECK(succeeded(result.correction));
  CHECK(std::abs(result.x(0) - 0.8) <= 1e-6);
}

TEST_CASE("polishing stops when the steps are noise") {
  Noisy noisy{1.0, 1e-12, 0};
  const Corrected result = at_fixed_tau(noisy, scalar(0.81), 0.6, {}, true);
  CHECK(succeeded(result.correction));
  CHECK(noisy.evaluations < CorrectorOptions{}.max_iterations);
  CHECK(std::abs(result.x(0) - 0.8) <= 2e-12);
}

TEST_CASE(
    "a residual that is rounding by its scale is accepted, the same without that scale is not") {
  // Noise of 1e-7 makes steps of 6e-8: never below the tolerance of 1e-8.
  Noisy honest{1e9, 1e-7, 0};
  const Corrected accepted = at_fixed_tau(honest, scalar(0.8), 0.6);
  CHECK(succeeded(accepted.correction));
  CHECK(accepted.correction.error == doctest::Approx(1e-7 / 1.6).epsilon(1e-6).scale(0.0));
  Noisy claims_to_be_exact{1.0, 1e-7, 0};
  CHECK(failed(at_fixed_tau(claims_to_be_exact, scalar(0.8), 0.6).correction));
}

TEST_CASE("slow contraction is refused by the wanted ratio") {
  // From x = 2: steps 0.84, 0.30, 0.057; ratios 0.36, 0.19.
  Circle circle;
  CorrectorOptions strict, lenient;
  lenient.max_contraction = 0.4;
  CHECK(failed(at_fixed_tau(circle, scalar(2.0), 0.6, strict).correction));
  const Corrected result = at_fixed_tau(circle, scalar(2.0), 0.6, lenient);
  CHECK(succeeded(result.correction));
  CHECK(result.correction.contraction == doctest::Approx(0.36).epsilon(0.03).scale(0.0));
}

TEST_CASE("iterations are bounded") {
  Circle circle;
  CorrectorOptions options;
  options.max_iterations = 4;
  const Correction four = at_fixed_tau(circle, scalar(1.0), 0.6, options).correction;
  CHECK(failed(four));
  CHECK(four.iterations == 4);
  options.max_iterations = 5;
  CHECK(succeeded(at_fixed_tau(circle, scalar(1.0), 0.6, options).correction));
}

TEST_CASE("saturated units: a vanishing gradient is not taken for a stationary point") {
  // With |y| >= 1 for every pattern the energy falls all the way to infinity: nothing is
  // stationary.
  for (const double size : {1.0, 1.5}) {
    for (const Vector& targets : {Vector{{size}}, Vector{{size, 2.0 * size, 1.25 * size}}}) {
      for (const Activation activation :
           {Activation::tanh, Activation::logistic, Activation::arctan, Activation::erf}) {
        for (const bool polish : {false, true}) {
          const auto name = tautrack::to_string(activation);
          const Index patterns = targets.size();
          CAPTURE(name);
          CAPTURE(size);
          CAPTURE(patterns);
          CAPTURE(polish);
          std::string taken_for_solutions;
          for (const double u :
               {1.0,   3.0,   8.0,   15.0,  18.0,  19.0,  20.0,  25.0,  30.0,   100.0, 180.0,
                200.0, 340.0, 350.0, 354.0, 358.0, 365.0, 372.0, 400.0, 1000.0, 1e6})
            if (!failed(saturated(activation, targets, u, polish).correction))
              taken_for_solutions += " u = " + std::to_string(u);
          CHECK(taken_for_solutions == "");
        }
      }
    }
  }
}

TEST_CASE("a stationary point among moderately saturated units is found") {
  // One pattern, |y| < 1: u = atanh(y) is stationary, with slope 1 - y^2 = 2e-3 there.
  const Corrected result = saturated(Activation::tanh, scalar(0.999), 3.8, true);
  CHECK(succeeded(result.correction));
  CHECK(result.x(0) == doctest::Approx(std::atanh(0.999)).epsilon(1e-12).scale(0.0));
}

TEST_CASE("evaluations and factorisations are counted, one of each per linearisation") {
  Circle circle;
  Corrector corrector(circle, {});
  CHECK(corrector.evaluations() == 0);
  CHECK(corrector.factorisations() == 0);
  Vector x = scalar(1.0);
  double tau = 0.6;
  const Correction c = corrector.correct(x, tau, Constraint::fixed_tau, Vector(), {});
  CHECK(c.iterations == 5);
  CHECK(corrector.evaluations() == 5);
  CHECK(corrector.factorisations() == 5);
  CHECK(corrector.linearise(x, tau, Vector{{0.0, 1.0}}, {}));
  CHECK(corrector.evaluations() == 6);
  CHECK(corrector.factorisations() == 6);

  Walled walled;  // a residual that is not a number is not factored
  Corrector hopeless(walled, {});
  CHECK_FALSE(hopeless.linearise(x, tau, Vector{{0.0, 1.0}}, {}));
  CHECK(hopeless.evaluations() == 1);
  CHECK(hopeless.factorisations() == 0);
}

TEST_CASE("a linearisation gives derivatives, scale, tangent and orientation at the point") {
  Circle circle;
  Corrector corrector(circle, {});
  CHECK(corrector.options().tolerance == CorrectorOptions{}.tolerance);
  CHECK(corrector.homotopy().size() == 1);
  const Vector counterclockwise{{-0.5, 0.5}};
  REQUIRE(corrector.linearise(scalar(0.8), 0.7, counterclockwise, {}));
  CHECK(corrector.H()(0) == doctest::Approx(0.13));
  CHECK(corrector.H_x()(0, 0) == doctest::Approx(1.6));
  CHECK(corrector.H_tau()(0) == doctest::Approx(1.4));
  CHECK(corrector.residual_scale() > 1.6 * 0.8);
  CHECK(corrector.determinant_sign() == 1);
  Vector t(2);
  corrector.tangent(t);
  CHECK((t - Vector{{-0.7, 0.8}} / std::hypot(0.7, 0.8)).norm() <= 1e-15);

  Walled walled{Walled::Bad::H_tau, 10.0};
  Corrector hopeless(walled, {});
  CHECK_FALSE(hopeless.linearise(scalar(0.8), 0.6, counterclockwise, {}));
}

TEST_CASE("an evaluation gives the derivatives alone, and refuses what is not finite") {
  Circle circle;
  Corrector corrector(circle, {});
  REQUIRE(corrector.evaluate(scalar(0.8), 0.7));
  CHECK(corrector.H()(0) == doctest::Approx(0.13));
  CHECK(corrector.H_x()(0, 0) == doctest::Approx(1.6));
  CHECK(corrector.H_tau()(0) == doctest::Approx(1.4));
  CHECK(corrector.evaluations() == 1);
  CHECK(corrector.factorisations() == 0);
  CHECK(corrector.evaluate(scalar(0.0), 0.0));  // zero rows are finite
  using enum Walled::Bad;
  for (const Walled::Bad bad : {H, H_x, H_tau}) {
    Walled walled{bad, 0.5};
    Corrector walled_corrector(walled, {});
    CHECK_FALSE(walled_corrector.evaluate(scalar(0.4), 0.6));
    CHECK(walled_corrector.evaluate(scalar(0.6), 0.6));
    CHECK_FALSE(walled_corrector.linearise(scalar(0.4), 0.6, Vector{{0.0, 1.0}}, {}));
    CHECK(walled_corrector.linearise(scalar(0.6), 0.6, Vector{{0.0, 1.0}}, {}));
  }
}

TEST_CASE("each corrector option that breaks its rule is named") {
  CHECK(CorrectorOptions{}.invalid_reason() == std::nullopt);
  const auto complaint = [](auto set) {
    CorrectorOptions options;
    set(options);
    return options.invalid_reason().value_or("usable");
  };
  const auto names = [](const std::string& text, const std::string& field) {
    return text.find(field) != std::string::npos;
  };
  for (const double bad : {0.0, -1e-8, 1.1e-3, not_a_number}) {
    CAPTURE(bad);
    CHECK(names(complaint([=](CorrectorOptions& o) { o.tolerance = bad; }), "tolerance"));
  }
  CHECK(complaint([](CorrectorOptions& o) { o.tolerance = 1e-3; }) == "usable");
  for (const double bad : {0.0, 1.0, -0.3, not_a_number}) {
    CAPTURE(bad);
    CHECK(
        names(complaint([=](CorrectorOptions& o) { o.max_contraction = bad; }), "max_contraction"));
  }
  CHECK(complaint([](CorrectorOptions& o) { o.max_contraction = 0.99; }) == "usable");
  for (const int bad : {0, -1})
    CHECK(names(complaint([=](CorrectorOptions& o) { o.max_iterations = bad; }), "max_iterations"));
  CHECK(complaint([](CorrectorOptions& o) { o.max_iterations = 1; }) == "usable");
}
