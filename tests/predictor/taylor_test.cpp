#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "tautrack/homotopy/generic.hpp"

#include "homotopy/natural.hpp"
#include "predictor/predictor.hpp"
#include "support/generic_problems.hpp"
#include "support/known_problems.hpp"
#include "support/random_problem.hpp"

namespace taylor_test {

namespace {

using namespace tautrack;
using namespace tautrack::known;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// A Taylor predictor with the corrector that it lives on, and what it proposes.
struct Probe {
  Corrector corrector;
  std::unique_ptr<Predictor> predictor;
  Prediction out;

  explicit Probe(HomotopyRef homotopy, const PredictorOptions& options = {})
      : corrector(homotopy, {}), predictor(make_predictor(options, corrector)) {
    out.x.resize(homotopy.size());
    out.direction.resize(homotopy.size() + 1);
  }
  [[nodiscard]] bool predict(const PathPoint& from, double step) {
    return predictor->predict(from, step, out);
  }
};

PredictorOptions with_order(int order, double tolerance = 1e-4) {
  PredictorOptions options;
  options.max_order = order;
  options.series_tolerance = tolerance;
  return options;
}

/// Angle between two directions in a metric.
double angle(const Vector& a, const Vector& b, const MetricScales& scales) {
  const Vector difference = a / metric_norm(a, scales) - b / metric_norm(b, scales);
  return 2.0 * std::asin(std::min(1.0, 0.5 * metric_norm(difference, scales)));
}

/// How far the curve is from a proposal: both in units of what the proposal claims.
struct Disagreement {
  double distance = not_a_number;
  double angle = not_a_number;
};

/// By a corrector of its own, to rounding.
Disagreement disagreement(HomotopyRef homotopy, const Prediction& out, const MetricScales& scales) {
  CorrectorOptions options;
  options.tolerance = 1e-12;
  options.reuse = 0.0;
  Corrector corrector(homotopy, options);
  Vector x = out.x;
  double tau = out.tau;
  const Correction c =
      corrector.correct(x, tau, Constraint::hyperplane, out.direction, scales, true);
  if (!c.converged || !corrector.linearise(x, tau, out.direction, scales)) return {};
  Vector move(x.size() + 1), tangent(x.size() + 1);
  move << x - out.x, tau - out.tau;
  corrector.tangent(tangent);
  return {std::max(metric_norm(move, scales), homotopy.displacement(x, x - out.x)) / out.agreement,
          angle(tangent, out.direction, scales) / out.agreement_angle};
}

/// The point of the curve there, with its tangent along `forwards`.
PathPoint point_on(HomotopyRef homotopy, Vector x, double tau, const Vector& forwards) {
  CorrectorOptions options;
  options.tolerance = 1e-12;
  Corrector corrector(homotopy, options);
  PathPoint point;
  point.scales = homotopy.scales(x, tau);
  const Correction c =
      corrector.correct(x, tau, Constraint::hyperplane, forwards, point.scales, true);
  REQUIRE(c.converged);
  REQUIRE(corrector.linearise(x, tau, forwards, point.scales));
  point.x = x;
  point.tau = tau;
  point.scales = homotopy.scales(x, tau);
  point.tangent.resize(x.size() + 1);
  corrector.tangent(point.tangent);
  point.tangent /= metric_norm(point.tangent, point.scales);
  point.tau_direction = point.tangent(x.size()) < 0.0 ? -1 : 1;
  return point;
}

/// The point of CubicFolds at x, towards larger x.
PathPoint cubic_point(const CubicFolds& cubic, double eps, double x) {
  PathPoint point;
  point.x = Vector::Constant(1, x);
  point.tau = cubic.tau(x);
  point.tangent = Vector{{1.0, 3.0 * x * x - eps}}.normalized();
  point.tau_direction = point.tangent(1) < 0.0 ? -1 : 1;
  return point;
}

/// The circle whose series is no number from this order on.
struct BrokenSeries {
  GenericHomotopy<CircleEquation> inner{1, CircleEquation{}};
  int broken_from = 2;
  [[nodiscard]] static Index size() { return 1; }
  void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    inner.derivatives(x, tau, H, H_x, H_tau);
  }
  double append_series(int k, const Vector& x_k, double tau_k, Vector& rest) {
    const double size = inner.append_series(k, x_k, tau_k, rest);
    if (k + 1 >= broken_from) rest(0) = not_a_number;
    return size;
  }
};

/// The circle whose derivatives are no numbers.
struct BrokenDerivatives : BrokenSeries {
  static void derivatives(const Vector&, double, Vector& H, Matrix& H_x, Vector& H_tau) {
    H.setConstant(not_a_number);
    H_x.setConstant(not_a_number);
    H_tau.setConstant(not_a_number);
  }
};

Perceptron random_network(std::uint64_t seed, Activation activation) {
  support::Random random(seed);
  const Index L = random.integer(6, 20);
  const Index s = random.integer(1, 4);
  Matrix X(L, s);
  Vector y(L);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = 1.5 * random.normal();
    y(i) = random.uniform(-0.9, 0.9);
  }
  PerceptronOptions options;
  options.activation = activation;
  return Perceptron(make_problem(X, y), options);
}

}  // namespace

TEST_CASE("on the circle a step is at most as long as asked for and as accurate as it claims") {
  GenericHomotopy circle(1, CircleEquation{});
  for (const int order : {0, 6, 7, 8, 9, 11, 12, 15, 18, 24}) {
    for (const double tolerance : {1e-3, 1e-4, 1e-5, 1e-7}) {
      for (const double start : {0.0, 0.4, 1.2, 2.0, 3.14, 3.5, 4.71, 5.5}) {
        for (const double step : {1e-6, 1e-3, 0.05, 0.3, 1.0, 10.0}) {
          CAPTURE(order);
          CAPTURE(tolerance);
          CAPTURE(start);
          CAPTURE(step);
          Probe probe(circle, with_order(order, tolerance));
          const PathPoint from = Circle::point(start);
          REQUIRE(probe.predict(from, step));
          const Prediction& out = probe.out;
          CHECK(out.step > 0.0);
          CHECK(out.step <= step);
          CHECK(out.next_step == infinity);
          CHECK(Circle::distance(out.x, out.tau) <= out.agreement);
          // Counterclockwise at right angles to the radius.
          const Vector there{{-out.tau, out.x(0)}};
          CHECK(angle(out.direction, there, {}) <= out.agreement_angle);
          CHECK(out.direction.norm() == doctest::Approx(1.0).epsilon(1e-14).scale(0.0));
          // Forwards, and not once around.
          const double gone = std::hypot(out.x(0) - from.x(0), out.tau - from.tau);
          CHECK(gone <= 2.0 * out.step);
          CHECK(gone > 0.5 * std::min(out.step, 1.0));
        }
      }
    }
  }
}

TEST_CASE("the same point answers again, with another step, without another series") {
  CountedGeneric<CircleEquation> circle(1, {});
  Probe probe(circle);
  REQUIRE(probe.predict(Circle::point(0.4), 1.0));
  const long terms = circle.terms;
  const long linearisations = circle.linearisations;
  CHECK(linearisations == 1);
  const double longest = probe.out.step;
  REQUIRE(probe.predict(Circle::point(0.4), 0.1));
  CHECK(probe.out.step == 0.1);
  CHECK(longest > 0.1);
  CHECK(Circle::distance(probe.out.x, probe.out.tau) <= 1e-5);
  CHECK(circle.terms == terms);
  CHECK(circle.linearisations == linearisations);
  // Elsewhere it costs a new one.
  REQUIRE(probe.predict(Circle::point(1.4), 0.1));
  CHECK(circle.linearisations == linearisations + 1);
  CHECK(Circle::distance(probe.out.x, probe.out.tau) <= 1e-5);
}

TEST_CASE("the highest order is respected") {
  for (const int order : {6, 7, 11, 18, 24}) {
    CAPTURE(order);
    CountedGeneric<CircleEquation> circle(1, {});
    Probe probe(circle, with_order(order));
    REQUIRE(probe.predict(Circle::point(0.4), 1.0));
    CHECK(circle.terms == order - 1);  // the first term is the tangent
    CHECK(circle.linearisations == 1);
  }
}

TEST_CASE("by itself the order grows with the cost of a linearisation and with the accuracy") {
  const auto terms = [](double cost, double tolerance) {
    CountedGeneric<CircleEquation> circle(1, {});
    circle.cost = cost;
    Probe probe(circle, with_order(0, tolerance));
    CHECK(probe.predict(Circle::point(0.4), 1.0));
    return circle.terms;
  };
  CHECK(terms(1.0, 1e-4) < terms(10.0, 1e-4));
  CHECK(terms(10.0, 1e-4) < terms(40.0, 1e-4));
  CHECK(terms(5.0, 1e-2) < terms(5.0, 1e-8));
  CHECK(terms(1e6, 1e-4) == max_series_order - 1);
  CHECK(terms(0.0, 1e-2) >= 5);
}

TEST_CASE("a higher order reaches further with the same accuracy") {
  GenericHomotopy circle(1, CircleEquation{});
  double before = 0.0;
  for (const int order : {6, 10, 14, 20}) {
    Probe probe(circle, with_order(order, 1e-6));
    REQUIRE(probe.predict(Circle::point(0.2), 10.0));
    const double gone = std::hypot(probe.out.x(0) - std::cos(0.2), probe.out.tau - std::sin(0.2));
    CHECK(gone > before);
    before = gone;
  }
}

TEST_CASE("aimed at a tau nearby fewer orders are computed, and it is met") {
  const auto terms = [](double ahead) {
    CountedGeneric<CircleEquation> circle(1, {});
    Probe probe(circle, with_order(20));
    const PathPoint from = Circle::point(0.4);
    probe.predictor->aim(from.tau + ahead);
    CHECK(probe.predict(from, 2.0));
    Prediction landing = probe.out;
    CHECK(probe.predictor->meet(from, from.tau + ahead, landing));
    CHECK(std::abs(landing.x(0) - std::sqrt(1.0 - landing.tau * landing.tau)) <= landing.agreement);
    return circle.terms;
  };
  CHECK(terms(0.01) <= 7);
  CHECK(terms(0.1) < 19);
  CHECK(terms(0.01) <= terms(0.1));
  // Downwards as well.
  CountedGeneric<CircleEquation> circle(1, {});
  Probe probe(circle, with_order(20));
  const PathPoint from = Circle::point(2.5);
  probe.predictor->aim(from.tau - 0.02);
  REQUIRE(probe.predict(from, 2.0));
  CHECK(circle.terms <= 9);
  // A target in the other direction, or none, is no reason to stop early.
  for (const double target : {from.tau + 0.02, -infinity}) {
    CountedGeneric<CircleEquation> other(1, {});
    Probe full(other, with_order(20));
    full.predictor->aim(target);
    REQUIRE(full.predict(from, 2.0));
    CHECK(other.terms >= (target < from.tau ? 19 : 5));
  }
}

TEST_CASE("a tau within the proposal is met exactly, at a point as close as it claims") {
  GenericHomotopy circle(1, CircleEquation{});
  for (const double start : {0.1, 0.9, 2.0, 4.0}) {
    Probe probe(circle, with_order(16));
    const PathPoint from = Circle::point(start);
    REQUIRE(probe.predict(from, 0.5));
    const double end = probe.out.tau;
    const double step = probe.out.step;
    for (const double share : {1e-6, 0.1, 0.5, 0.9, 0.999}) {
      CAPTURE(start);
      CAPTURE(share);
      const double tau = from.tau + share * (end - from.tau);
      Prediction out = probe.out;
      REQUIRE(probe.predictor->meet(from, tau, out));
      CHECK(out.tau == tau);
      CHECK(out.step > 0.0);
      CHECK(out.step < step);
      const double x = std::copysign(std::sqrt((1.0 - tau) * (1.0 + tau)), from.x(0));
      CHECK(std::abs(out.x(0) - x) <= out.agreement);
      CHECK(angle(out.direction, Vector{{-tau, x}}, {}) <= out.agreement_angle);
    }
    Prediction out = probe.out;
    CHECK_FALSE(probe.predictor->meet(from, end + 0.1 * (end - from.tau), out));
    CHECK_FALSE(probe.predictor->meet(from, from.tau - 0.1 * (end - from.tau), out));
    CHECK_FALSE(probe.predictor->meet(Circle::point(start + 0.1), end, out));
  }
}

TEST_CASE("of two places with the same tau the first is met") {
  GenericHomotopy circle(1, CircleEquation{});
  Probe probe(circle, with_order(20));
  const PathPoint from = Circle::point(1.2);
  REQUIRE(probe.predict(from, 2.0));
  REQUIRE(probe.out.turns);
  const double end = probe.out.tau;
  REQUIRE(probe.out.x(0) < -0.1);
  const double tau = std::max(end, from.tau) + 0.3 * (1.0 - std::max(end, from.tau));
  Prediction out = probe.out;
  REQUIRE(probe.predictor->meet(from, tau, out));
  CHECK(out.x(0) == doctest::Approx(std::sqrt(1.0 - tau * tau)).epsilon(1e-2).scale(0.0));
  CHECK_FALSE(probe.predictor->meet(from, 1.01, out));
}

TEST_CASE("the turning point of tau is the fold, as close as it claims") {
  for (const double before : {0.3, 0.1, 0.01, 1e-4}) {
    for (const int order : {8, 12, 20}) {
      CAPTURE(before);
      CAPTURE(order);
      GenericHomotopy circle(1, CircleEquation{});
      Probe probe(circle, with_order(order));
      const PathPoint from = Circle::point(Circle::fold_arclength - before);
      REQUIRE(probe.predict(from, 2.0 * before));
      if (!probe.out.turns) continue;  // shortened
      CHECK(probe.out.x(0) < 0.0);
      CHECK(probe.out.direction(1) < 0.0);
      Prediction fold = probe.out;
      REQUIRE(probe.predictor->turning_point(from, fold));
      CHECK(fold.step < probe.out.step);
      CHECK(std::hypot(fold.x(0), fold.tau - 1.0) <= fold.agreement);
      CHECK(std::abs(fold.tau - 1.0) <= 1e-4);
      CHECK(angle(fold.direction, Vector{{-1.0, 0.0}}, {}) <= fold.agreement_angle);
      CHECK_FALSE(probe.predictor->turning_point(Circle::point(0.0), fold));
      // A step that ends before it has none.
      REQUIRE(probe.predict(from, 0.5 * before));
      CHECK_FALSE(probe.out.turns);
      CHECK_FALSE(probe.predictor->turning_point(from, fold));
    }
  }
}

TEST_CASE("with order 12 the fold of the circle is seen from 0.3 before it") {
  GenericHomotopy circle(1, CircleEquation{});
  Probe probe(circle, with_order(12));
  REQUIRE(probe.predict(Circle::point(Circle::fold_arclength - 0.3), 1.0));
  CHECK(probe.out.turns);
}

TEST_CASE("a proposal contains at most one turn of tau, and says which side of it it ends on") {
  int turned = 0;
  int straight = 0;
  for (const double eps : {1.0, 0.1, 1e-2, 1e-3, 1e-4}) {
    const CubicFolds cubic(eps);
    const double r = cubic.fold_x();
    GenericHomotopy homotopy(1, CubicEquation{eps});
    for (const double start : {-3.0, -1.5, -1.1, -1.01, -0.9, -0.5, 0.0, 0.5, 0.9, 0.99, 1.1}) {
      for (const double step : {0.01, 0.1, 0.5, 1.0, 2.0, 5.0}) {
        for (const int order : {0, 8, 20}) {
          CAPTURE(eps);
          CAPTURE(start);
          CAPTURE(step);
          CAPTURE(order);
          Probe probe(homotopy, with_order(order));
          const PathPoint from = cubic_point(cubic, eps, start * r);
          REQUIRE(probe.predict(from, step * r));
          const Prediction& out = probe.out;
          CHECK(out.step <= step * r);
          CHECK(out.x(0) > from.x(0));
          CHECK(std::abs(cubic.tau(out.x(0)) - out.tau) <= out.agreement * (1.0 + eps + 3.0 * r));
          // Folds between the two ends, for ends that are not within the error of one.
          if (std::abs(std::abs(out.x(0)) - r) <= out.agreement) continue;
          const auto behind = [&](double x) { return (x > -r ? 1 : 0) + (x > r ? 1 : 0); };
          const int folds = behind(out.x(0)) - behind(from.x(0));
          CHECK(folds <= 1);
          CHECK(out.turns == (folds == 1));
          ++(out.turns ? turned : straight);
          if (!out.turns) continue;
          Prediction fold = out;
          REQUIRE(probe.predictor->turning_point(from, fold));
          CHECK(std::abs(std::abs(fold.x(0)) - r) <= fold.agreement);
        }
      }
    }
  }
  CHECK(turned > 50);
  CHECK(straight > 200);
}

TEST_CASE("the fold that a step starts from is no turn within it") {
  for (const double eps : {1.0, 1e-2, 1e-4}) {
    const CubicFolds cubic(eps);
    const double r = cubic.fold_x();
    GenericHomotopy homotopy(1, CubicEquation{eps});
    for (const double off : {0.0, 1e-12, -1e-12, 1e-9, -1e-9}) {
      CAPTURE(eps);
      CAPTURE(off);
      PathPoint from = cubic_point(cubic, eps, -r * (1.0 + off));
      from.kind = PointKind::fold;
      from.tau_direction = -1;
      Probe probe(homotopy);
      REQUIRE(probe.predict(from, r));
      CHECK_FALSE(probe.out.turns);
      CHECK(probe.out.x(0) > -r);
      CHECK(probe.out.tau < from.tau);
      // The next one is.
      REQUIRE(probe.predict(from, 4.0 * r));
      if (probe.out.x(0) > r + probe.out.agreement) CHECK(probe.out.turns);
    }
  }
}

TEST_CASE("two unknowns: the fold of the parabola is seen and met") {
  GenericHomotopy parabola(2, TiltedParabolaEquations{});
  const auto at = [](double p) {
    const double c = std::sqrt(0.5);
    PathPoint point;
    point.x = TiltedParabola::x(p);
    point.tau = TiltedParabola::tau(p);
    point.tau_direction = p > 0.0 ? 1 : -1;
    point.tangent = Vector{{c * (-1.0 + 2.0 * p), c * (-1.0 - 2.0 * p), 2.0 * p}}.normalized();
    return point;
  };
  for (const double p : {0.8, 0.3, 0.05, -0.2}) {
    for (const double step : {0.05, 0.4, 2.0}) {
      CAPTURE(p);
      CAPTURE(step);
      Probe probe(parabola);
      const PathPoint from = at(p);
      REQUIRE(probe.predict(from, step));
      const Prediction& out = probe.out;
      const double there = std::sqrt(0.5) * out.x.sum();
      CHECK(there < p);
      CHECK(out.step <= step);
      CHECK((out.x - TiltedParabola::x(there)).norm() <= out.agreement);
      CHECK(std::abs(out.tau - TiltedParabola::tau(there)) <= out.agreement);
      CHECK(angle(out.direction, at(there).tangent, {}) <= out.agreement_angle);
      if (std::abs(there) > out.agreement) CHECK(out.turns == (p > 0.0 && there < 0.0));
      Prediction fold = out;
      CHECK(probe.predictor->turning_point(from, fold) == out.turns);
      if (!out.turns) continue;
      CHECK((fold.x - TiltedParabola::x(0.0)).norm() <= fold.agreement);
      CHECK(std::abs(fold.tau - TiltedParabola::fold_tau) <= fold.agreement);
    }
  }
}

TEST_CASE("along the natural path of random networks every proposal agrees with the curve") {
  int proposals = 0;
  for (const Activation activation :
       {Activation::tanh, Activation::logistic, Activation::arctan, Activation::erf}) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
      const auto name = to_string(activation);
      CAPTURE(name);
      CAPTURE(seed);
      const Perceptron network = random_network(seed, activation);
      NaturalHomotopy homotopy(network), judge(network);
      const Index n = network.unknowns();
      PathPoint point = point_on(judge, network.linear_solution(), 0.0, Vector::Unit(n + 1, n));
      for (int k = 0; k < 8 && point.tau < 0.99; ++k) {
        CAPTURE(k);
        for (const double step : {2.0, 0.3}) {
          CAPTURE(step);
          Probe probe(homotopy);
          REQUIRE(probe.predict(point, step));
          CHECK(probe.out.step <= step);
          const Disagreement found = disagreement(judge, probe.out, point.scales);
          CHECK(found.distance <= 1.0);
          CHECK(found.angle <= 1.0);
          ++proposals;
          if (step > 1.0) continue;
          Prediction landing = probe.out;
          const double tau = 0.5 * (point.tau + probe.out.tau);
          if (probe.out.turns) continue;
          REQUIRE(probe.predictor->meet(point, tau, landing));
          CHECK(landing.tau == tau);
          CHECK(disagreement(judge, landing, point.scales).distance <= 1.0);
        }
        Probe walk(homotopy);
        REQUIRE(walk.predict(point, 0.7));
        point = point_on(judge, walk.out.x, walk.out.tau, walk.out.direction);
      }
    }
  }
  CHECK(proposals > 200);
}

TEST_CASE("a linearisation beside the point is borrowed once, and improved on") {
  CountedGeneric<CircleEquation> circle(1, {});
  Probe probe(circle);
  // The corrector comes from 1e-5 beside the point: one linearisation there, then chord steps.
  PathPoint from = Circle::point(0.4);
  Vector x = from.x * (1.0 + 1e-5);
  double tau = from.tau * (1.0 + 1e-5);
  const Correction c = probe.corrector.correct(x, tau, Constraint::hyperplane, from.tangent, {});
  REQUIRE(c.converged);
  REQUIRE(c.linearisation_distance > 1e-6);
  CHECK(circle.linearisations == 1);
  from.x = x;
  from.tau = tau;
  CHECK_FALSE(probe.predictor->improve());  // nothing was proposed so far
  REQUIRE(probe.predict(from, 0.3));
  CHECK(circle.linearisations == 1);
  CHECK(Circle::distance(probe.out.x, probe.out.tau) <= probe.out.agreement);
  const double borrowed = Circle::distance(probe.out.x, probe.out.tau);
  CHECK(probe.predictor->improve());
  REQUIRE(probe.predict(from, 0.3));
  CHECK(circle.linearisations == 2);
  CHECK(Circle::distance(probe.out.x, probe.out.tau) <= borrowed);
  CHECK_FALSE(probe.predictor->improve());  // there is nothing better
  REQUIRE(probe.predict(from, 0.3));
  CHECK(circle.linearisations == 2);
}

TEST_CASE("a linearisation far from the point is not borrowed") {
  CountedGeneric<CircleEquation> circle(1, {});
  Probe probe(circle);
  REQUIRE(probe.corrector.linearise(Vector::Constant(1, 0.7), 0.7, Vector{{-1.0, 1.0}}, {}));
  REQUIRE(probe.predict(Circle::point(0.4), 0.3));
  CHECK(circle.linearisations == 2);
  CHECK_FALSE(probe.predictor->improve());
}

TEST_CASE("without a series the tangent takes over") {
  Circle circle;
  Probe probe(circle);
  const PathPoint from = Circle::point(0.4);
  REQUIRE(probe.predict(from, 0.3));
  CHECK(probe.out.x(0) == from.x(0) + 0.3 * from.tangent(0));
  CHECK(probe.out.tau == from.tau + 0.3 * from.tangent(1));
  CHECK(probe.out.direction == from.tangent);
  CHECK(probe.out.agreement == infinity);
  CHECK_FALSE(probe.predictor->improve());
  Prediction out = probe.out;
  CHECK_FALSE(probe.predictor->meet(from, 0.5 * (from.tau + out.tau), out));
  CHECK_FALSE(probe.predictor->turning_point(from, out));
}

TEST_CASE("a series that is no number is refused; as many terms as are numbers are used") {
  for (int broken_from = 2; broken_from <= 14; ++broken_from) {
    CAPTURE(broken_from);
    BrokenSeries broken;
    broken.broken_from = broken_from;
    Probe probe(broken, with_order(12));
    const bool proposed = probe.predict(Circle::point(0.4), 0.5);
    CHECK(proposed == (broken_from > 6));
    if (!proposed) continue;
    CHECK(probe.out.x.allFinite());
    CHECK(std::isfinite(probe.out.tau));
    CHECK(Circle::distance(probe.out.x, probe.out.tau) <= 1e-4);
  }
}

TEST_CASE("derivatives or a tangent that are no numbers are refused") {
  BrokenDerivatives broken;
  Probe hopeless(broken);
  CHECK_FALSE(hopeless.predict(Circle::point(0.4), 0.1));
  GenericHomotopy circle(1, CircleEquation{});
  Probe probe(circle);
  PathPoint from = Circle::point(0.4);
  from.tangent.setConstant(not_a_number);
  CHECK_FALSE(probe.predict(from, 0.1));
  // It works again afterwards.
  CHECK(probe.predict(Circle::point(0.4), 0.1));
}

TEST_CASE("the rules of the options of the series") {
  const auto complaint = [](const PredictorOptions& options) {
    return options.invalid_reason().value_or("usable");
  };
  for (const double bad : {0.0, -1e-4, 0.011, 1.0, not_a_number}) {
    CAPTURE(bad);
    CHECK(complaint(with_order(0, bad)).find("series_tolerance") != std::string::npos);
  }
  for (const double good : {1e-12, 1e-4, 0.01}) CHECK(complaint(with_order(0, good)) == "usable");
  for (const int bad : {-1, 1, 5, max_series_order + 1})
    CHECK(complaint(with_order(bad)).find("max_order") != std::string::npos);
  for (const int good : {0, 6, max_series_order}) CHECK(complaint(with_order(good)) == "usable");
}

TEST_CASE("steps are lengths in the metric of the point") {
  GenericHomotopy circle(1, CircleEquation{});
  for (const MetricScales scales : {MetricScales{2.0, 0.1}, {0.05, 3.0}}) {
    CAPTURE(scales.unknown);
    PathPoint from = Circle::point(0.4);
    from.scales = scales;
    from.tangent /= metric_norm(from.tangent, scales);
    Probe probe(circle);
    REQUIRE(probe.predict(from, 0.2));
    const Vector chord{{probe.out.x(0) - from.x(0), probe.out.tau - from.tau}};
    CHECK(metric_norm(chord, scales) == doctest::Approx(probe.out.step).epsilon(0.1).scale(0.0));
    CHECK(metric_norm(probe.out.direction, scales) ==
          doctest::Approx(1.0).epsilon(1e-14).scale(0.0));
    CHECK(disagreement(circle, probe.out, scales).distance <= 1.0);
  }
}

}  // namespace taylor_test
