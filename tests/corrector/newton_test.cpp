#include "corrector/newton.hpp"

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "homotopy/natural.hpp"
#include "support/known_problems.hpp"

namespace newton_test {

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

/// A circle of this radius that offers H alone and counts what it is asked for.
struct WithResidual {
  double radius = 1.0;
  double wall = -1e9;  ///< H alone is not a number where x < wall.
  int linearisations = 0;
  int residuals = 0;
  [[nodiscard]] static Index size() { return 1; }
  void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    ++linearisations;
    Circle::derivatives(x, tau, H, H_x, H_tau);
    H(0) += 1.0 - radius * radius;
  }
  void residual(const Vector& x, double tau, Vector& H) {
    ++residuals;
    H(0) = x(0) < wall ? not_a_number : x(0) * x(0) + tau * tau - radius * radius;
  }
};

/// The same, and how far apart the last two points were.
struct WithDisplacement : WithResidual {
  double last = 0.0;
  double before = 0.0;
  void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    before = last;
    last = x(0);
    WithResidual::derivatives(x, tau, H, H_x, H_tau);
  }
  void residual(const Vector& x, double tau, Vector& H) {
    before = last;
    last = x(0);
    WithResidual::residual(x, tau, H);
  }
  [[nodiscard]] double last_displacement() const { return std::abs(last - before); }
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

TEST_CASE("after a short first step one linearisation is enough, where H can be had alone") {
  for (const double offset : {9e-4, -5e-4, 1e-5}) {
    CAPTURE(offset);
    for (const bool polish : {false, true}) {
      WithResidual circle;
      const Corrected chord = at_fixed_tau(circle, scalar(0.8 + offset), 0.6, {}, polish);
      CHECK(succeeded(chord.correction));
      CHECK(circle.linearisations == 1);
      CHECK(circle.residuals == chord.correction.iterations - 1);
      CHECK(circle.residuals >= 1);
      CHECK(std::abs(chord.x(0) - 0.8) <= (polish ? 4.0 * epsilon : 1e-12));
      CHECK(std::abs(chord.x(0) - 0.8) <= 2.0 * chord.correction.error + 4.0 * epsilon);
      // Newton's method leads to the same point.
      WithResidual again;
      CorrectorOptions newton;
      newton.reuse = 0.0;
      const Corrected plain = at_fixed_tau(again, scalar(0.8 + offset), 0.6, newton, polish);
      CHECK(again.residuals == 0);
      CHECK(again.linearisations == plain.correction.iterations);
      CHECK(chord.correction.first_step == plain.correction.first_step);
      CHECK(std::abs(chord.x(0) - plain.x(0)) <= (polish ? 8.0 * epsilon : 1e-12));
    }
  }
  // On a hyperplane as well.
  WithResidual circle;
  const Corrected there =
      on_hyperplane(circle, scalar(0.8 - 3e-4), 0.6 + 4e-4, Vector{{-0.6, 0.8}});
  CHECK(succeeded(there.correction));
  CHECK(circle.linearisations == 1);
  CHECK(circle.residuals >= 1);
  CHECK(Circle::distance(there.x, there.tau) <= 1e-12);
}

TEST_CASE("a first step beyond `reuse` is followed by another linearisation") {
  WithResidual circle;  // steps 1e-2, 6e-5, 2e-9
  const Corrected result = at_fixed_tau(circle, scalar(0.81), 0.6);
  CHECK(succeeded(result.correction));
  CHECK(circle.linearisations == 2);
  CHECK(circle.residuals >= 1);
  CorrectorOptions eager;
  eager.reuse = 0.1;
  WithResidual once;
  CHECK(succeeded(at_fixed_tau(once, scalar(0.81), 0.6, eager).correction));
  CHECK(once.linearisations == 1);
  CorrectorOptions reluctant;
  reluctant.reuse = 1e-6;
  WithResidual thrice;
  CHECK(succeeded(at_fixed_tau(thrice, scalar(0.81), 0.6, reluctant).correction));
  CHECK(thrice.linearisations == 3);
}

TEST_CASE("a homotopy that does not offer H alone is linearised at every iterate") {
  Noisy exact{1.0, 0.0, 0};
  const Corrected result = at_fixed_tau(exact, scalar(0.8 + 5e-4), 0.6);
  CHECK(succeeded(result.correction));
  CHECK(exact.evaluations == result.correction.iterations);
}

TEST_CASE("chord steps are no factorisations and no evaluations of derivatives") {
  WithResidual circle;
  Corrector corrector(circle, {});
  Vector x = scalar(0.8 + 5e-4);
  double tau = 0.6;
  const Correction c = corrector.correct(x, tau, Constraint::fixed_tau, Vector(), {}, true);
  CHECK(succeeded(c));
  CHECK(c.iterations > 1);
  CHECK(corrector.factorisations() == 1);
  CHECK(corrector.evaluations() == 1);
}

TEST_CASE("the distance of the linearisation from the point is told") {
  WithResidual circle;
  const Corrected chord = at_fixed_tau(circle, scalar(0.8 + 5e-4), 0.6);
  CHECK(chord.correction.linearisation_distance == doctest::Approx(5e-4).epsilon(1e-3).scale(0.0));
  // In the metric of the step.
  WithResidual scaled;
  const MetricScales scales{0.5, 2.0};
  const Corrected there =
      on_hyperplane(scaled, scalar(0.8 + 1e-4), 0.6, Vector{{0.0, 1.0}}, scales);
  CHECK(there.correction.linearisation_distance == doctest::Approx(2e-4).epsilon(1e-3).scale(0.0));
  // Newton's method linearises anew: the last step alone.
  Circle plain;
  const Corrected newton = at_fixed_tau(plain, scalar(0.8 + 5e-4), 0.6);
  CHECK(newton.correction.linearisation_distance == newton.correction.last_step);
  CHECK(newton.correction.linearisation_distance < 1e-6);
}

TEST_CASE("settling makes the linearisation one at the point, if it is not") {
  WithResidual circle;
  Corrector corrector(circle, {});
  Vector x = scalar(0.8 + 5e-4);
  double tau = 0.6;
  const Vector border{{-0.6, 0.8}};
  const Correction chord = corrector.correct(x, tau, Constraint::hyperplane, border, {});
  REQUIRE(chord.converged);
  CHECK(corrector.H_x()(0, 0) == 2.0 * (0.8 + 5e-4));
  REQUIRE(corrector.settle(x, tau, border, {}, chord));
  CHECK(circle.linearisations == 2);
  CHECK(corrector.H_x()(0, 0) == 2.0 * x(0));
  Vector tangent(2);
  corrector.tangent(tangent);
  CHECK((tangent - Vector{{-tau, x(0)}} / std::hypot(x(0), tau)).norm() <= 1e-15);
  // A correction that ends where it was linearised is settled as it is.
  const Correction there = corrector.correct(x, tau, Constraint::hyperplane, border, {});
  REQUIRE(there.converged);
  const int before = circle.linearisations;
  CHECK(there.linearisation_distance <= 1e-8);
  CHECK(corrector.settle(x, tau, border, {}, there));
  CHECK(circle.linearisations == before);
  // Where the derivatives are not finite it fails.
  Walled walled{Walled::Bad::H_x, 0.7};
  Corrector other(walled, {});
  Correction far;
  far.linearisation_distance = 1e-3;
  CHECK_FALSE(other.settle(scalar(0.6), 0.8, border, {}, far));
}

TEST_CASE("a linearisation is near where it was made and H was evaluated close by") {
  WithResidual circle;
  Corrector corrector(circle, {});
  const Vector border{{-0.6, 0.8}};
  CHECK_FALSE(corrector.is_near(scalar(0.8), 0.6, {}, 1e6));  // nothing was linearised yet
  REQUIRE(corrector.linearise(scalar(0.8), 0.6, border, {}));
  CHECK(corrector.is_near(scalar(0.8), 0.6, {}, 1e-10));
  // The evaluation has to be within the square of the reach.
  CHECK(corrector.is_near(scalar(0.8 + 9e-5), 0.6, {}, 1e-2));
  CHECK_FALSE(corrector.is_near(scalar(0.8 + 1.1e-4), 0.6, {}, 1e-2));
  CHECK_FALSE(corrector.is_near(scalar(0.8), 0.6 + 1.1e-4, {}, 1e-2));
  // In the metric.
  CHECK(corrector.is_near(scalar(0.8 + 9e-3), 0.6, {100.0, 1.0}, 1e-2));
  CHECK_FALSE(corrector.is_near(scalar(0.8 + 9e-5), 0.6, {0.1, 1.0}, 1e-2));
  // After chord steps: linearised 5e-4 away, evaluated next to the point.
  Vector x = scalar(0.8 + 5e-4);
  double tau = 0.6;
  REQUIRE(corrector.correct(x, tau, Constraint::hyperplane, border, {}).converged);
  CHECK(corrector.is_near(x, tau, {}, 1e-3));
  CHECK_FALSE(corrector.is_near(x, tau, {}, 1e-4));
}

TEST_CASE("a chord that does not contract is renewed and not a failure") {
  // In units of x at the solution, from 0.6: a Newton step to 1.133, a chord step of 0.44 times its
  // length, which is not taken, and a Newton step of 0.24 times it.
  const double unit = 8e-5;
  CorrectorOptions options;
  options.tolerance = 1e-12;
  WithResidual circle{1e-4, -1e9, 0, 0};
  const Corrected result = at_fixed_tau(circle, scalar(0.6 * unit), 6e-5, options);
  CHECK(succeeded(result.correction));
  CHECK(circle.linearisations >= 2);
  CHECK(circle.residuals >= 1);
  CHECK(result.x(0) == doctest::Approx(unit).epsilon(1e-9).scale(0.0));
  // A step that Newton's method itself would not take is a failure.
  WithResidual missed{1e-4, -1e9, 0, 0};
  CHECK(failed(at_fixed_tau(missed, scalar(0.6 * unit), 1.2e-4, options).correction));
}

TEST_CASE("a chord that contracts slowly is renewed") {
  // From 1.9 in the same units: steps 0.687 and, by the chord, 0.124.
  const double unit = 8e-5;
  CorrectorOptions options;
  options.tolerance = 1e-12;
  WithResidual circle{1e-4, -1e9, 0, 0};
  const Corrected result = at_fixed_tau(circle, scalar(1.9 * unit), 6e-5, options);
  CHECK(succeeded(result.correction));
  CHECK(result.correction.contraction == doctest::Approx(0.18).epsilon(0.05).scale(0.0));
  CHECK(circle.linearisations >= 2);
  CHECK(result.x(0) == doctest::Approx(unit).epsilon(1e-9).scale(0.0));
}

TEST_CASE("H alone that is not a number is a failure and not a success") {
  for (const bool polish : {false, true}) {
    WithResidual walled{1.0, 0.9, 0,
                        0};  // the first step leads from 0.8005 to 0.8, behind the wall
    CHECK(failed(at_fixed_tau(walled, scalar(0.8 + 5e-4), 0.6, {}, polish).correction));
    CHECK(walled.residuals >= 1);
  }
}

TEST_CASE("a homotopy that keeps displacements is asked between evaluations") {
  WithDisplacement circle;
  const Corrected result = at_fixed_tau(circle, scalar(0.8 + 5e-4), 0.6);
  CHECK(succeeded(result.correction));
  // All moves but the last one, after which H is not evaluated.
  CHECK(result.correction.displacement == doctest::Approx(5e-4).epsilon(1e-3).scale(0.0));
  Circle plain;
  CHECK(at_fixed_tau(plain, scalar(0.8 + 5e-4), 0.6).correction.displacement == 0.0);
}

TEST_CASE("the rule of the option `reuse`") {
  const auto complaint = [](double reuse) {
    CorrectorOptions options;
    options.reuse = reuse;
    return options.invalid_reason().value_or("usable");
  };
  for (const double good : {0.0, 1e-4, 0.1}) CHECK(complaint(good) == "usable");
  for (const double bad : {-1e-4, 0.11, 1.0, not_a_number}) {
    CAPTURE(bad);
    CHECK(complaint(bad).find("reuse") != std::string::npos);
  }
}

TEST_CASE("another border gives the same tangent of the same linearisation") {
  WithResidual circle;
  Corrector corrector(circle, {});
  REQUIRE(corrector.linearise(scalar(0.8), 0.6, Vector{{-0.6, 0.8}}, {}));
  Vector before(2), after(2), z(2);
  corrector.tangent(before);
  REQUIRE(corrector.refactor(Vector{{0.1, 1.0}}, {}));
  corrector.tangent(after);
  CHECK((after - before).norm() <= 1e-15);
  CHECK(circle.linearisations == 1);
  CHECK(corrector.factorisations() == 2);
  // [H_x H_tau; border / |border|] z = (0.5, 0.25)
  corrector.solve(scalar(0.5), 0.25, z);
  CHECK(1.6 * z(0) + 1.2 * z(1) == doctest::Approx(0.5).epsilon(1e-14).scale(0.0));
  CHECK((0.1 * z(0) + z(1)) / std::hypot(0.1, 1.0) ==
        doctest::Approx(0.25).epsilon(1e-14).scale(0.0));
  CHECK_FALSE(corrector.refactor(Vector::Zero(2), {}));
}

}  // namespace newton_test
