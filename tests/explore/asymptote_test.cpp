#include "explore/asymptote.hpp"

#include <cmath>
#include <limits>
#include <optional>

#include <doctest/doctest.h>

#include "tautrack/explore/explore.hpp"
#include "tautrack/tracker/tracker.hpp"

#include "homotopy/newton.hpp"
#include "support/exponential_minima.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace asymptote_test {

using namespace tautrack;
using namespace tautrack::support;

namespace {

constexpr std::uint64_t kProblems = sampled(200);

Problem one_weight(const Vector& x, const Vector& y) { return make_problem(Matrix(x), y); }

/// Which way the weight goes, if it is known: the curve through w with a = 1, lambda = dE/dv there.
std::optional<double> way(const Problem& problem, double w, const PerceptronOptions& options = {}) {
  const Perceptron network(problem, options);
  const NewtonAsymptotes asymptotes(network);
  Perceptron::Workspace work(network);
  const Vector v = network.coordinates(Vector{{w}});
  Vector H(1);
  static_cast<void>(network.gradient(v, 1.0, work, H));
  const auto d = asymptotes.direction(v, H(0), Vector::Ones(1));
  if (!d) return std::nullopt;
  return network.weights(*d)(0) > 0.0 ? 1.0 : -1.0;
}

/// What a Newton curve did after it was first known to be on its last piece.
struct Rest {
  bool was_known = false;
  int landings = 0;
  bool is_monotonic = true;  ///< |lambda| only fell.
  double angle = 0.0;        ///< Between the direction and the tangent at the end.
  double fall = 1.0;         ///< Of |lambda|, in all.
};

/// Follows the curve by the tracker alone until lambda is lost in rounding.
Rest follow(const Perceptron& network, const Vector& v, const Vector& a, double side) {
  const Index n = network.unknowns();
  const NewtonAsymptotes asymptotes(network);
  NewtonHomotopy homotopy(network);
  homotopy.set_direction(a);
  Vector H(n);
  homotopy.residual(v, 0.0, H);
  TrackOptions options;
  options.tau_target = side * std::numeric_limits<double>::infinity();
  options.landings = {0.0};
  options.locate_folds = false;
  options.max_steps = 2000;
  Tracker tracker(homotopy, v, options);
  Rest rest;
  Vector direction;
  double first = 0.0, last = 0.0;
  while (tracker.advance()) {
    const PathPoint& point = tracker.point();
    const double size = std::abs(point.tau);
    const double faded = 1e-11 * point.scales.parameter;
    if ((size <= faded && std::abs(point.tangent(n)) <= faded) || !(point.x.norm() < 1e8)) break;
    if (rest.was_known) {
      if (point.kind == PointKind::landing) ++rest.landings;
      if (!(size < last)) rest.is_monotonic = false;
      last = size;
      const Vector tangent = point.tangent.head(n).normalized();
      rest.angle = 2.0 * std::asin(std::min(1.0, 0.5 * (tangent - direction).norm()));
      rest.fall = last / first;
    } else if (point.kind != PointKind::landing && point.tau * point.tangent(n) < 0.0) {
      if (const auto d = asymptotes.direction(point.x, point.tau, a)) {
        rest.was_known = true;
        direction = *d;
        first = last = size;
      }
    }
  }
  return rest;
}

/// Curves of a few directions from all points of a problem.
void check_curves(const Problem& problem, const PerceptronOptions& network_options,
                  std::uint64_t seed, long& known) {
  const Perceptron network(problem, network_options);
  ExploreOptions options;
  options.seconds = 600.0;
  options.certify = false;
  options.max_points = 30;
  Random random(seed);
  for (const StationaryPoint& point : explore(network, options).points) {
    Vector a(network.unknowns());
    for (double& entry : a) entry = random.normal();
    a.normalize();
    for (const double side : {1.0, -1.0}) {
      const Rest rest = follow(network, network.coordinates(point.weights), a, side);
      if (!rest.was_known) continue;
      ++known;
      CHECK(rest.landings == 0);
      CHECK(rest.is_monotonic);
      // The tangent has come close to the direction by the end of a long piece.
      if (rest.fall < 1e-6) CHECK(rest.angle < 0.1);
    }
  }
}

}  // namespace

TEST_CASE(
    "one weight runs to infinity beyond the last extremum of the slope, and not next to a root") {
  const Problem one = one_weight(Vector{{1.0}}, Vector{{0.5}});  // dE/dw = (1 - t^2) (t - 1/2)
  CHECK(way(one, 4.0) == 1.0);
  CHECK(way(one, -4.0) == -1.0);
  CHECK(way(one, 0.56) == std::nullopt);  // the root is 0.549
  CHECK(way(one, 1.0) == std::nullopt);   // the slope still grows
}

TEST_CASE("with two patterns the one that fades more slowly decides, if it does so clearly") {
  const Vector y{{0.5, -0.25}};
  CHECK(way(one_weight(Vector{{1.0, 3.0}}, y), 5.0) == 1.0);
  CHECK(way(one_weight(Vector{{3.0, 1.0}}, y), 5.0) == 1.0);
  // At three the first one has 4 exp(-6) 0.5, the second 4 exp(-6.06) 1.25.
  CHECK(way(one_weight(Vector{{1.0, 1.01}}, y), 3.0) == std::nullopt);
  // Equal rows are one pattern.
  CHECK(way(one_weight(Vector{{1.0, -1.0}}, y), 5.0) == 1.0);
}

TEST_CASE("a second axis may stay at a stationary point of its own, and the other one goes") {
  // Two patterns on the first axis, whose energy has a minimum; one on the second.
  const Problem problem =
      make_problem(Matrix{{1.0, 0.0}, {2.0, 0.0}, {0.0, 1.0}}, Vector{{0.3, 0.8, 0.5}});
  const Perceptron network(problem);
  const NewtonAsymptotes asymptotes(network);
  Perceptron::Workspace work(network);
  // The root of the first axis, by bisection.
  const auto slope = [](double w) {
    const double one = std::tanh(w), two = std::tanh(2.0 * w);
    return (1.0 - one * one) * (one - 0.3) + 2.0 * (1.0 - two * two) * (two - 0.8);
  };
  double low = 0.1, high = 1.0;
  REQUIRE(slope(low) * slope(high) < 0.0);
  for (int k = 0; k < 60; ++k) {
    const double middle = 0.5 * (low + high);
    ((slope(middle) < 0.0) == (slope(low) < 0.0) ? low : high) = middle;
  }
  for (const double sign : {1.0, -1.0}) {
    const Vector v = network.coordinates(Vector{{low, sign * 6.0}});
    Vector a(2);
    static_cast<void>(network.gradient(v, 1.0, work, a));
    const double lambda = a.norm();
    a /= lambda;
    const auto d = asymptotes.direction(v, lambda, a);
    REQUIRE(d.has_value());
    const Vector expected = network.coordinates(Vector{{0.0, sign}}).normalized();
    CHECK((*d - expected).norm() <= 1e-12);
  }
  // Away from the root of the first axis nothing is known.
  const Vector v = network.coordinates(Vector{{low + 0.3, 6.0}});
  Vector a(2);
  static_cast<void>(network.gradient(v, 1.0, work, a));
  CHECK(asymptotes.direction(v, a.norm(), a.normalized()) == std::nullopt);
}

TEST_CASE("nothing is said with a penalty or with other tails") {
  const Problem one = one_weight(Vector{{1.0}}, Vector{{0.5}});
  CHECK(way(one, 8.0, {.activation = Activation::tanh, .ridge = 1e-3}) == std::nullopt);
  CHECK(way(one, 8.0, {.activation = Activation::arctan}) == std::nullopt);
  CHECK(way(one, 8.0, {.activation = Activation::erf}) == std::nullopt);
  const Problem logistic = one_weight(Vector{{1.0}}, Vector{{0.4}});
  CHECK(way(logistic, 9.0, {.activation = Activation::logistic}) == 1.0);
}

TEST_CASE(
    "on the last piece a curve meets nothing, lambda falls, and the weights take its direction") {
  long known = 0;
  for (std::uint64_t seed = 1; seed <= kProblems; ++seed) {
    CAPTURE(seed);
    check_curves(random_problem(seed), {}, seed, known);
  }
  CHECK(known >= static_cast<long>(kProblems));
  known = 0;
  check_curves(exponential_minima(3, 3, 1), {}, 1, known);
  CHECK(known >= 20);
}

}  // namespace asymptote_test
