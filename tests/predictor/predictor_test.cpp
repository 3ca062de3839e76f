#include "predictor/predictor.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/known_problems.hpp"

namespace predictor_test {

namespace {

using tautrack::Corrector;
using tautrack::HomotopyRef;
using tautrack::Index;
using tautrack::Matrix;
using tautrack::metric_norm;
using tautrack::MetricScales;
using tautrack::PathPoint;
using tautrack::Prediction;
using tautrack::PredictorKind;
using tautrack::PredictorOptions;
using tautrack::Vector;
using tautrack::known::Circle;
using tautrack::known::TiltedParabola;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// So lenient that a Davidenko step of moderate length is taken at the first try.
constexpr double lenient = 0.09;

PredictorOptions options_with(PredictorKind kind, double tolerance = 1e-5, int max_tries = 12) {
  PredictorOptions options;
  options.kind = kind;
  options.tolerance = tolerance;
  options.max_tries = max_tries;
  return options;
}

/// The prediction from a point, or nothing.
std::optional<Prediction> predicted(HomotopyRef homotopy, const PathPoint& from, double step,
                                    const PredictorOptions& options) {
  Corrector corrector(homotopy, {});
  const std::unique_ptr<tautrack::Predictor> predictor =
      tautrack::make_predictor(options, corrector);
  Prediction out;
  out.x.resize(from.x.size());
  out.direction.resize(from.x.size() + 1);
  if (!predictor->predict(from, step, out)) return std::nullopt;
  return out;
}

/// The same on the circle from the point of that arclength. @pre something is proposed.
Prediction on_circle(double arclength, double step, const PredictorOptions& options) {
  Circle circle;
  const std::optional<Prediction> out = predicted(circle, Circle::point(arclength), step, options);
  REQUIRE(out.has_value());
  return *out;
}

/// Distance of a prediction of the circle to the point where it should be.
double error(const Prediction& prediction, double arclength) {
  return std::hypot(prediction.x(0) - std::cos(arclength), prediction.tau - std::sin(arclength));
}

/// Error of one step of this length from the point at 0.4.
double step_error(double step, const PredictorOptions& options) {
  const Prediction prediction = on_circle(0.4, step, options);
  CHECK(prediction.step == step);
  return error(prediction, 0.4 + step);
}

/// The point of the tilted parabola at p, towards falling p: (dp, dq, dtau) ~ (-1, 2 p, 2 p).
PathPoint parabola_point(double p) {
  const double c = std::sqrt(0.5);
  PathPoint point;
  point.x = TiltedParabola::x(p);
  point.tau = TiltedParabola::tau(p);
  point.tau_direction = p > 0.0 ? 1 : -1;
  point.tangent = Vector{{c * (-1.0 + 2.0 * p), c * (-1.0 - 2.0 * p), 2.0 * p}}.normalized();
  return point;
}

/// p of a point with two unknowns.
double p_of(const Prediction& prediction) {
  return std::sqrt(0.5) * (prediction.x(0) + prediction.x(1));
}

/// How far one step of this length from p = 0.3 leaves the parabola.
double parabola_error(double step, const PredictorOptions& options) {
  TiltedParabola parabola;
  const std::optional<Prediction> out = predicted(parabola, parabola_point(0.3), step, options);
  REQUIRE(out.has_value());
  CHECK(out->step == step);
  return std::abs(out->tau - TiltedParabola::tau(p_of(*out)));
}

/// The circle around x = 1000.
struct DistantCircle {
  [[nodiscard]] static Index size() { return 1; }
  static void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    Circle::derivatives(x - Vector::Constant(1, 1000.0), tau, H, H_x, H_tau);
  }
};

/// The circle that becomes unusable where tau > wall: not a number or, with H_x = H_tau = 0,
/// singular.
struct Walled {
  double wall = infinity;
  double derivative = not_a_number;
  [[nodiscard]] static Index size() { return 1; }
  void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) const {
    Circle::derivatives(x, tau, H, H_x, H_tau);
    if (tau > wall) {
      H_x(0, 0) = derivative;
      H_tau(0) = derivative;
    }
  }
};

/// Two copies of the same equation, so that the tangent is not unique anywhere.
struct RankOne {
  [[nodiscard]] static Index size() { return 2; }
  static void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    H.setConstant(x(0) + x(1) - tau);
    H_x.setOnes();
    H_tau.setConstant(-1.0);
  }
};

}  // namespace

TEST_CASE("the tangent predictor goes straight on") {
  const Prediction out = on_circle(0.4, 0.3, options_with(PredictorKind::tangent));
  CHECK(out.x(0) == doctest::Approx(std::cos(0.4) - 0.3 * std::sin(0.4)).epsilon(1e-15).scale(0.0));
  CHECK(out.tau == doctest::Approx(std::sin(0.4) + 0.3 * std::cos(0.4)).epsilon(1e-15).scale(0.0));
  CHECK(out.direction == Circle::point(0.4).tangent);
  CHECK(out.step == 0.3);
  CHECK(out.next_step == infinity);
  CHECK_FALSE(out.turns);
}

TEST_CASE("the tangent predictor has order one: half the step, a quarter of the error") {
  const PredictorOptions tangent = options_with(PredictorKind::tangent);
  for (const double h : {0.4, 0.1, 0.025}) {
    CAPTURE(h);
    // To second order the error is h^2 / 2, the curvature of the circle being one.
    CHECK(step_error(h, tangent) == doctest::Approx(0.5 * h * h).epsilon(0.02).scale(0.0));
    CHECK(step_error(h, tangent) / step_error(0.5 * h, tangent) ==
          doctest::Approx(4.0).epsilon(0.02).scale(0.0));
  }
}

TEST_CASE("the Davidenko predictor has order five: half the step, at most a 64th of the error") {
  const PredictorOptions davidenko = options_with(PredictorKind::davidenko, lenient);
  for (const double h : {0.4, 0.2, 0.1}) {
    CAPTURE(h);
    CHECK(step_error(h, davidenko) / step_error(0.5 * h, davidenko) > 64.0);
    CHECK(step_error(h, davidenko) < 1e-3 * step_error(h, options_with(PredictorKind::tangent)));
  }
  for (const double h : {0.2, 0.1, 0.05}) {
    CAPTURE(h);
    CHECK(parabola_error(h, davidenko) / parabola_error(0.5 * h, davidenko) > 64.0);
    CHECK(parabola_error(h, davidenko) <
          1e-3 * parabola_error(h, options_with(PredictorKind::tangent)));
  }
}

TEST_CASE("the Davidenko predictor knows the tangent where it goes to") {
  const Prediction out = on_circle(0.4, 0.3, options_with(PredictorKind::davidenko, lenient));
  CHECK((out.direction - Circle::point(0.7).tangent).norm() <= 1e-5);
  CHECK(out.direction.norm() == doctest::Approx(1.0).epsilon(1e-14).scale(0.0));
  CHECK((out.direction - Circle::point(0.4).tangent).norm() > 0.2);
}

TEST_CASE("the tolerance bounds the error of a Davidenko step by shortening it") {
  for (const double tolerance : {1e-4, 1e-6, 1e-9}) {
    CAPTURE(tolerance);
    const PredictorOptions options = options_with(PredictorKind::davidenko, tolerance);
    const Prediction out = on_circle(0.4, 1.0, options);
    CHECK(out.step > 0.0);
    CHECK(out.step < 1.0);
    CHECK(error(out, 0.4 + out.step) <= tolerance);
    CHECK(out.next_step > 0.5 * out.step);
    CHECK(out.next_step < 5.0 * out.step);
    // A step that is short enough is taken as it is, and a longer one advised.
    const Prediction easy = on_circle(0.4, 0.2 * out.step, options);
    CHECK(easy.step == 0.2 * out.step);
    CHECK(easy.next_step > easy.step);
  }
  const double coarse = on_circle(0.4, 1.0, options_with(PredictorKind::davidenko, 1e-4)).step;
  const double fine = on_circle(0.4, 1.0, options_with(PredictorKind::davidenko, 1e-9)).step;
  CHECK(fine < 0.5 * coarse);
}

TEST_CASE("the tolerance is absolute in the metric: where the origin of x lies does not matter") {
  DistantCircle circle;
  const PredictorOptions options = options_with(PredictorKind::davidenko, 1e-6);
  for (const double arclength : {0.4, 3.1, 4.69}) {
    CAPTURE(arclength);
    PathPoint from = Circle::point(arclength);
    from.x(0) += 1000.0;
    std::optional<Prediction> out = predicted(circle, from, 1.0, options);
    REQUIRE(out.has_value());
    out->x(0) -= 1000.0;
    CHECK(error(*out, arclength + out->step) <= 1e-6);
    CHECK(out->step ==
          doctest::Approx(on_circle(arclength, 1.0, options).step).epsilon(1e-6).scale(0.0));
  }
}

TEST_CASE("a Davidenko step too long for its budget of tries is not proposed") {
  Circle circle;
  const auto proposed = [&](int max_tries) {
    return predicted(circle, Circle::point(0.4), 1.0,
                     options_with(PredictorKind::davidenko, 1e-9, max_tries))
        .has_value();
  };
  CHECK_FALSE(proposed(1));
  CHECK(proposed(12));
}

TEST_CASE("a Davidenko step goes around a fold, never past it in tau, and says so") {
  const double fold = Circle::fold_arclength;
  const PredictorOptions davidenko = options_with(PredictorKind::davidenko);
  for (const double before : {0.3, 0.1, 0.01, 1e-6}) {
    CAPTURE(before);
    const Prediction around = on_circle(fold - before, before + 0.1, davidenko);
    REQUIRE(around.step > before);
    CHECK(around.turns);
    CHECK(around.tau <= Circle::fold_tau);
    CHECK(around.x(0) < 0.0);
    CHECK(around.direction(1) < 0.0);
    CHECK(error(around, fold - before + around.step) <= davidenko.tolerance);
    const Prediction ahead = on_circle(fold - before, 0.5 * before, davidenko);
    CHECK_FALSE(ahead.turns);
    CHECK(ahead.tau < Circle::fold_tau);
    CHECK(ahead.direction(1) > 0.0);
  }
  // A try that went around and was too long does not count.
  const PredictorOptions accurate = options_with(PredictorKind::davidenko, 1e-9);
  const Prediction shortened = on_circle(fold - 0.5, 1.0, accurate);
  REQUIRE(shortened.step < 0.5);
  CHECK_FALSE(shortened.turns);
  // A straight step does leave the range of tau.
  CHECK(on_circle(fold - 0.1, 0.2, options_with(PredictorKind::tangent)).tau > 1.005);
}

TEST_CASE("a Davidenko step may run against tau") {
  // Downwards from (0, 1) on the left half.
  const Prediction out =
      on_circle(Circle::fold_arclength + 0.3, 0.2, options_with(PredictorKind::davidenko));
  CHECK_FALSE(out.turns);
  CHECK(error(out, Circle::fold_arclength + 0.5) <= 1e-5);
  // Clockwise: the same curve with its tangent reversed.
  Circle circle;
  PathPoint backwards = Circle::point(1.0);
  backwards.tangent *= -1.0;
  backwards.tau_direction = -1;
  const std::optional<Prediction> back =
      predicted(circle, backwards, 0.3, options_with(PredictorKind::davidenko));
  REQUIRE(back.has_value());
  CHECK(error(*back, 0.7) <= 1e-5);
  CHECK_FALSE(back->turns);
}

TEST_CASE("steps are lengths in the metric of the point") {
  Circle circle;
  PathPoint point = Circle::point(0.4);
  point.scales = MetricScales{2.0, 0.1};
  point.tangent /= metric_norm(point.tangent, point.scales);
  for (const PredictorKind kind : {PredictorKind::tangent, PredictorKind::davidenko}) {
    CAPTURE(static_cast<int>(kind));
    const std::optional<Prediction> out =
        predicted(circle, point, 0.5, options_with(kind, lenient));
    REQUIRE(out.has_value());
    const Vector chord{{out->x(0) - point.x(0), out->tau - point.tau}};
    CHECK(metric_norm(chord, point.scales) == doctest::Approx(out->step).epsilon(0.02).scale(0.0));
    CHECK(chord.norm() < 0.2 * out->step);
  }
  const std::optional<Prediction> curved =
      predicted(circle, point, 0.5, options_with(PredictorKind::davidenko, lenient));
  CHECK(Circle::distance(curved->x, curved->tau) <= 1e-8);
  CHECK(metric_norm(curved->direction, point.scales) ==
        doctest::Approx(1.0).epsilon(1e-14).scale(0.0));
}

TEST_CASE("with two unknowns a Davidenko step stays on the curve through its fold") {
  TiltedParabola parabola;
  const std::optional<Prediction> out =
      predicted(parabola, parabola_point(0.1), 0.25, options_with(PredictorKind::davidenko, 1e-3));
  REQUIRE(out.has_value());
  CHECK(out->turns);
  CHECK(p_of(*out) < -0.1);
  CHECK((out->x - TiltedParabola::x(p_of(*out))).norm() <= 1e-3);
  CHECK(std::abs(out->tau - TiltedParabola::tau(p_of(*out))) <= 1e-3);
  CHECK((out->direction - parabola_point(p_of(*out)).tangent).norm() <= 1e-2);
}

TEST_CASE(
    "a field that is not a number or singular ahead shortens the step, everywhere refuses it") {
  for (const double derivative : {not_a_number, infinity, 0.0}) {
    CAPTURE(derivative);
    const PathPoint from = Circle::point(0.4);
    const PredictorOptions davidenko = options_with(PredictorKind::davidenko, lenient);
    Walled ahead{std::sin(0.55), derivative};
    const std::optional<Prediction> shortened = predicted(ahead, from, 0.4, davidenko);
    REQUIRE(shortened.has_value());
    CHECK(shortened->step < 0.15);
    CHECK(shortened->step > 0.01);
    CHECK(shortened->tau < ahead.wall);
    CHECK(error(*shortened, 0.4 + shortened->step) <= 1e-6);

    Walled out_of_the_way{std::sin(0.9), derivative};
    CHECK(predicted(out_of_the_way, from, 0.4, davidenko)->step == 0.4);

    Walled everywhere{-infinity, derivative};
    CHECK_FALSE(predicted(everywhere, from, 0.4, davidenko).has_value());
    Walled right_ahead{std::sin(0.4), derivative};
    CHECK_FALSE(predicted(right_ahead, from, 0.4, davidenko).has_value());
    const PredictorOptions one_try = options_with(PredictorKind::davidenko, lenient, 1);
    CHECK_FALSE(predicted(ahead, from, 0.4, one_try).has_value());
  }
}

TEST_CASE("no Davidenko step from a tangent that is no number") {
  Circle circle;
  PathPoint from = Circle::point(0.4);
  from.tangent.setConstant(not_a_number);
  CHECK_FALSE(predicted(circle, from, 0.1, options_with(PredictorKind::davidenko)).has_value());
}

TEST_CASE("a predictor can be used again after a refusal") {
  Walled walled{std::sin(0.4), not_a_number};
  Corrector corrector(walled, {});
  const std::unique_ptr<tautrack::Predictor> predictor =
      tautrack::make_predictor(options_with(PredictorKind::davidenko, lenient), corrector);
  Prediction out;
  out.x.resize(1);
  out.direction.resize(2);
  CHECK_FALSE(predictor->predict(Circle::point(0.4), 0.2, out));
  CHECK(predictor->predict(Circle::point(0.1), 0.2, out));
  CHECK(error(out, 0.3) <= 1e-6);
}

TEST_CASE("predictor names go to kinds and back") {
  CHECK(tautrack::predictor_names() ==
        std::vector<std::string_view>{"taylor", "tangent", "davidenko"});
  for (const PredictorKind kind :
       {PredictorKind::taylor, PredictorKind::tangent, PredictorKind::davidenko})
    CHECK(tautrack::predictor_from_name(tautrack::to_string(kind)) == kind);
  for (const std::string_view unknown : {"", "Tangent", "euler"})
    CHECK(tautrack::predictor_from_name(unknown) == std::nullopt);
}

TEST_CASE("each predictor option that breaks its rule is named") {
  CHECK(PredictorOptions{}.invalid_reason() == std::nullopt);
  const auto complaint = [](double tolerance, int max_tries) {
    return options_with(PredictorKind::davidenko, tolerance, max_tries)
        .invalid_reason()
        .value_or("usable");
  };
  for (const double bad : {0.0, -1e-3, 0.1, 1.0, not_a_number}) {
    CAPTURE(bad);
    CHECK(complaint(bad, 12).find("tolerance") != std::string::npos);
  }
  CHECK(complaint(0.099, 12) == "usable");
  CHECK(complaint(1e-12, 1) == "usable");
  for (const int bad : {0, -3}) CHECK(complaint(1e-5, bad).find("max_tries") != std::string::npos);
  PredictorOptions options;
  for (const int bad : {-1, 1, 5, 25}) {
    options.max_order = bad;
    CHECK(options.invalid_reason().value_or("usable").find("max_order") != std::string::npos);
  }
  for (const int good : {0, 6, 24}) {
    options.max_order = good;
    CHECK(options.invalid_reason() == std::nullopt);
  }
}

}  // namespace predictor_test
