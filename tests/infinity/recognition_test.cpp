#include "tautrack/infinity/recognition.hpp"

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "tautrack/path/natural_path.hpp"

namespace recognition_test {

using namespace tautrack;

namespace {

/// Two patterns, one weight: X = (3, 1)'.
NaturalPath two_patterns(double y1, double y2, Activation activation = Activation::tanh) {
  Matrix X(2, 1);
  X << 3.0, 1.0;
  PerceptronOptions options;
  options.activation = activation;
  return track_natural(Perceptron(make_problem(X, Eigen::Vector2d(y1, y2)), options));
}

}  // namespace

TEST_CASE("the slow pattern decides: a target beyond the range there gives logarithmic growth") {
  const NaturalPath path = two_patterns(0.3, 1.05);
  REQUIRE(path.status == TrackStatus::infinite_weights);
  CHECK(path.folds.size() == 2);
  CHECK(std::abs(path.folds[0].point.tau - 0.9413466815689154) <= 1e-14);
  CHECK(std::abs(path.folds[1].point.tau - 0.9212502649600272) <= 1e-14);
  const InfinitePoint& limit = *path.infinity;
  CHECK(limit.signs == std::vector<int>{1, 1});
  CHECK(limit.approach->growth == std::vector<Growth>{Growth::slow, Growth::slow});
  CHECK(limit.energy == doctest::Approx(0.24625).epsilon(1e-14).scale(0.0));
  CHECK(limit.approach->energy == doctest::Approx(0.24625).epsilon(1e-14).scale(0.0));
  CHECK(limit.approach->linear_rate(0) == 0.0);
  CHECK(limit.direction(0) == 1.0);
  CHECK(limit.local_infimum == true);  // rate 3 of the bad pattern beats rate 1 of the good one
  // w - 1/2 log(1/delta) -> 1/2 log(4/41)
  const NaturalPoint& last = path.points.back();
  CHECK(last.weights(0) - 0.5 * std::log(1.0 / (1.0 - last.tau)) ==
        doctest::Approx(0.5 * std::log(4.0 / 41.0)).epsilon(1e-5).scale(0.0));
}

TEST_CASE("targets beyond the range on both patterns give linear growth with its exact rate") {
  const NaturalPath path = two_patterns(1.3, 1.2);
  REQUIRE(path.status == TrackStatus::infinite_weights);
  const InfinitePoint& limit = *path.infinity;
  CHECK(limit.approach->growth == std::vector<Growth>{Growth::linear, Growth::linear});
  CHECK(limit.approach->linear_rate(0) == doctest::Approx(0.11).epsilon(1e-12).scale(0.0));
  CHECK(limit.approach->energy == doctest::Approx(0.0045).epsilon(1e-12).scale(0.0));
  CHECK(limit.energy == doctest::Approx(0.065).epsilon(1e-12).scale(0.0));
  CHECK(limit.local_infimum == true);
}

TEST_CASE("targets at the ends of the range give logarithmic growth and no energy") {
  const NaturalPath path = two_patterns(1.0, 1.0);
  REQUIRE(path.status == TrackStatus::infinite_weights);
  CHECK(path.infinity->energy == 0.0);
  CHECK(path.infinity->approach->growth == std::vector<Growth>{Growth::slow, Growth::slow});
  CHECK(path.infinity->local_infimum == true);
}

TEST_CASE("a neutral slow pattern still carries the weights to infinity") {
  const NaturalPath path = two_patterns(0.5, 1.0);
  REQUIRE(path.status == TrackStatus::infinite_weights);
  const NaturalPoint& last = path.points.back();
  // w - 1/4 log(1/delta) -> 1/4 log(16/3)
  CHECK(last.weights(0) - 0.25 * std::log(1.0 / (1.0 - last.tau)) ==
        doctest::Approx(0.25 * std::log(16.0 / 3.0)).epsilon(1e-2).scale(0.0));
  // r_b = 3 > 2 r_n = 2
  CHECK(path.infinity->local_infimum == true);
}

TEST_CASE("on the way to infinity the weights follow their laws (docs/theory.md, section 8)") {
  // y, delta, w; w goes with rate * log(1 / delta), linear * delta^-1 where that is not zero.
  struct Row {
    double y1, y2, delta, w, rate;
  };
  const Row rows[] = {{0.3, 1.05, 1e-10, 10.34928662032708, 0.5},
                      {1.0, 1.0, 1e-8, 8.375196732196457, 0.5},
                      {0.5, 1.0, 1e-10, 6.174939284850395, 0.25}};
  for (const Row& row : rows) {
    CAPTURE(row.w);
    TrackOptions options;
    options.landings = {1.0 - row.delta};
    Matrix X(2, 1);
    X << 3.0, 1.0;
    Vector y(2);
    y << row.y1, row.y2;
    const NaturalPath path = track_natural(Perceptron(make_problem(X, y)), options);
    const auto landing =
        std::find_if(path.points.begin(), path.points.end(),
                     [](const NaturalPoint& point) { return point.kind == PointKind::landing; });
    REQUIRE(landing != path.points.end());
    // 1 - tau is delta only to the rounding of tau.
    const double w = row.w + row.rate * std::log(row.delta / (1.0 - landing->tau));
    CHECK(std::abs(landing->weights(0) - w) <= 1e-9 * w);
  }
}

TEST_CASE("a path may run to infinity although the limit is no infimum") {
  const NaturalPath path = two_patterns(3.0, 0.5);
  REQUIRE(path.status == TrackStatus::infinite_weights);
  const InfinitePoint& limit = *path.infinity;
  CHECK(limit.approach->linear_rate(0) == doctest::Approx(0.55).epsilon(1e-12).scale(0.0));
  CHECK(limit.approach->energy == doctest::Approx(0.6125).epsilon(1e-12).scale(0.0));
  CHECK(limit.energy == doctest::Approx(2.125).epsilon(1e-12).scale(0.0));
  CHECK(limit.local_infimum == false);
}

TEST_CASE("interior targets never give infinite weights, however close to the end of the range") {
  for (const double y : {0.99, 0.9999, 1.0 - 1e-5}) {
    CAPTURE(y);
    const NaturalPath path = two_patterns(0.3, y);
    REQUIRE(path.status == TrackStatus::reached_target);
    CHECK(path.end->morse_index == 0);
  }
  // The path turns to its finite end where 1 - tau is of the order of (1 - y)^2, beyond the resolution of
  // tau in double precision, but not of tau - 1. With t = exp(-2 w), up to terms of order t in proportion,
  // 3 (1 - 0.3) t^2 = 2 t - (1 - y), both sides from the tails of tanh(3 w) and tanh(w).
  for (const double y : {1.0 - 1e-8, 1.0 - 1e-10}) {
    CAPTURE(y);
    const NaturalPath path = two_patterns(0.3, y);
    REQUIRE_MESSAGE(path.status == TrackStatus::reached_target, path.message);
    CHECK(path.end->weights(0) ==
          doctest::Approx(-0.5 * std::log(0.5 * (1.0 - y))).epsilon(1e-6).scale(0.0));
  }
}

TEST_CASE("free patterns keep their own solution beside saturated ones") {
  // The first weight runs away, the second pattern pair sees only the second weight.
  Matrix X(4, 2);
  X << 1.0, 0.0, 2.0, 0.0, 0.0, 1.0, 0.0, 2.0;
  Vector y(4);
  y << 1.2, 1.1, 0.3, 0.7;
  const NaturalPath path = track_natural(Perceptron(make_problem(X, y)));
  REQUIRE(path.status == TrackStatus::infinite_weights);
  const InfinitePoint& limit = *path.infinity;
  CHECK(limit.signs == std::vector<int>{1, 1, 0, 0});
  CHECK(limit.approach->growth[2] == Growth::free);
  CHECK(std::abs(limit.direction(0)) == doctest::Approx(1.0));
  CHECK(std::abs(limit.direction(1)) <= 1e-12);
  // the free problem on its own
  const NaturalPath free =
      track_natural(Perceptron(make_problem(X.bottomRightCorner(2, 1), y.tail(2))));
  REQUIRE(free.ok());
  const double saturated = 0.5 * (0.2 * 0.2 + 0.1 * 0.1);
  CHECK(limit.energy == doctest::Approx(free.end->energy + saturated).epsilon(1e-10).scale(0.0));
}

TEST_CASE("the logistic saturates at zero and one") {
  Matrix X(2, 1);
  X << 3.0, 1.0;
  PerceptronOptions options;
  options.activation = Activation::logistic;
  const NaturalPath path =
      track_natural(Perceptron(make_problem(X, Eigen::Vector2d(1.3, 1.2)), options));
  REQUIRE(path.status == TrackStatus::infinite_weights);
  CHECK(path.infinity->energy == doctest::Approx(0.5 * (0.09 + 0.04)).epsilon(1e-12).scale(0.0));
  CHECK(path.infinity->signs == std::vector<int>{1, 1});
}

TEST_CASE("away from tau = 1 and with a ridge nothing is recognised, and the reason is given") {
  Matrix X(2, 1);
  X << 3.0, 1.0;
  const Vector y = Eigen::Vector2d(1.3, 1.2);
  const Perceptron network(make_problem(X, y));
  PathPoint point;
  point.x = Vector::Constant(1, 1.0);
  point.tangent = Eigen::Vector2d(0.1, 1.0);
  std::string why;
  CHECK_FALSE(recognise_infinite_weights(network, point, 0.5, {}, why));
  CHECK(why == "1 - tau is not small yet");
  point.tangent(1) = -1.0;
  CHECK_FALSE(recognise_infinite_weights(network, point, 1e-6, {}, why));
  CHECK(why == "tau does not grow");
  point.tangent << 0.0, 1.0;
  CHECK_FALSE(recognise_infinite_weights(network, point, 1e-6, {}, why));
  CHECK(why == "no node input grows");
  PerceptronOptions options;
  options.ridge = 0.1;
  CHECK_FALSE(
      recognise_infinite_weights(Perceptron(make_problem(X, y), options), point, 1e-6, {}, why));
  CHECK(why.find("ridge") != std::string::npos);
}

TEST_CASE("every growth has a name") {
  CHECK(to_string(Growth::free) == "free");
  CHECK(to_string(Growth::slow) == "slow");
  CHECK(to_string(Growth::linear) == "linear");
}

}  // namespace recognition_test
