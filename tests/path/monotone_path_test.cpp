#include "path/monotone_path.hpp"

#include <cmath>

#include <doctest/doctest.h>

#include "support/one_weight_curve.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace monotone_path_test {

using namespace tautrack;
using namespace tautrack::support;

namespace {

constexpr std::uint64_t kProblems = sampled(4000);

/// The path as the tracker follows it: an observer wants to see every point of it.
NaturalPath by_tracker(const Perceptron& network, const TrackOptions& options = {}) {
  return track_natural(network, options, [](const PathPoint&) { return true; });
}

/// Everything that both know about a path.
void check_same(const Perceptron& network, const NaturalPath& path, const NaturalPath& tracked) {
  REQUIRE(path.ok());
  REQUIRE_MESSAGE(tracked.ok(), tracked.message);
  REQUIRE(tracked.folds.empty());
  REQUIRE(tracked.branch_points.empty());
  REQUIRE(path.message == tracked.message);
  REQUIRE(path.points.size() == static_cast<std::size_t>(path.work.steps) + 1);
  REQUIRE(path.points.front().kind == PointKind::start);
  REQUIRE(path.points.back().kind == PointKind::landing);
  for (std::size_t k = 1; k < path.points.size(); ++k) {
    REQUIRE(path.points[k].tau > path.points[k - 1].tau);
    REQUIRE(path.points[k].arclength > path.points[k - 1].arclength);
    REQUIRE(path.points[k].morse_index == 0);
  }
  const NaturalPoint& start = path.points.front();
  REQUIRE((start.weights - tracked.points.front().weights).norm() <=
          1e-12 * (1.0 + start.weights.norm()));
  REQUIRE(start.energy == doctest::Approx(tracked.points.front().energy).epsilon(1e-12));
  const PathEnd& end = *path.end;
  const PathEnd& other = *tracked.end;
  const Vector v = network.coordinates(end.weights);
  REQUIRE((v - network.coordinates(other.weights)).norm() <= 1e-9 * (1.0 + v.norm()));
  REQUIRE(end.energy == doctest::Approx(other.energy).epsilon(1e-10));
  REQUIRE((end.weights - path.points.back().weights).norm() == 0.0);
  REQUIRE(end.energy == path.points.back().energy);
  REQUIRE(end.gradient_norm <= 4e-15 * end.gradient_scale);
  REQUIRE(end.gradient_scale == doctest::Approx(other.gradient_scale).epsilon(1e-6));
  REQUIRE(end.last_newton_step <= 1e-7);
  REQUIRE(end.eigenvalues.size() == other.eigenvalues.size());
  REQUIRE((end.eigenvalues - other.eigenvalues).norm() <= 1e-8 * other.eigenvalues.norm());
  REQUIRE(end.morse_index == other.morse_index);
  REQUIRE(end.nearest_eigenvalue == end.eigenvalues(0));
  REQUIRE(end.status == other.status);
}

TEST_CASE("monotone paths: what is accepted is what the tracker finds") {
  constexpr Activation activations[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                                        Activation::erf};
  std::uint64_t accepted = 0, arrived = 0;
  for (std::uint64_t seed = 0; seed < kProblems; ++seed) {
    Problem problem = random_problem(seed);
    PerceptronOptions options;
    options.activation = activations[seed % 4];
    if (seed % 3 == 1) options.ridge = 0.01;
    if (seed % 5 == 2) problem.pattern_weights = Vector::LinSpaced(problem.y.size(), 0.5, 3.0);
    if (options.activation == Activation::logistic) problem.y = 0.5 * problem.y.array() + 0.5;
    CAPTURE(seed);
    const Perceptron network(problem, options);
    const NaturalPath tracked = by_tracker(network);
    arrived += tracked.ok() ? 1 : 0;
    const auto path = track_monotone_path(network, {});
    if (!path) continue;
    ++accepted;
    check_same(network, *path, tracked);
  }
  // Most paths of these problems, which are hard for their size, are of the kind.
  CHECK(10 * accepted > 7 * arrived);
}

TEST_CASE("monotone paths: larger networks up to the limits") {
  for (const auto& size : {std::pair{20, 8}, {128, 8}, {128, 1}, {100, 5}, {17, 3}}) {
    const int L = size.first, s = size.second;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      CAPTURE(L);
      CAPTURE(s);
      CAPTURE(seed);
      Random random(seed);
      Matrix X(L, s);
      Vector y(L);
      for (Index i = 0; i < L; ++i) {
        for (Index j = 0; j < s; ++j) X(i, j) = random.normal();
        y(i) = random.uniform(-0.8, 0.8);
      }
      const Perceptron network(make_problem(X, y));
      const auto path = track_monotone_path(network, {});
      REQUIRE(path);
      check_same(network, *path, by_tracker(network));
      // It is what users get.
      CHECK(track_natural(network).work.passes_over_data == path->work.passes_over_data);
    }
  }
}

TEST_CASE("monotone paths: of large networks, with single precision and without") {
  constexpr Activation activations[] = {Activation::tanh, Activation::logistic, Activation::arctan,
                                        Activation::erf};
  int accepted = 0, all = 0, single = 0;
  for (const auto& size : {std::pair{300, 3}, {60, 9}, {1000, 12}, {400, 30}}) {
    const Index L = size.first, s = size.second;
    for (std::uint64_t seed = 0; seed < sampled(20U); ++seed) {
      CAPTURE(L);
      CAPTURE(s);
      CAPTURE(seed);
      Random random(seed);
      Matrix X(L, s);
      Vector y(L), w(s);
      PerceptronOptions options;
      options.activation = activations[seed % 4];
      if (seed % 3 == 1) options.ridge = 0.1;
      const double middle = options.activation == Activation::logistic ? 0.5 : 0.0;
      const double height = 1.0 - middle;
      for (Index j = 0; j < s; ++j)
        w(j) = 2.0 * random.normal() / std::sqrt(static_cast<double>(s));
      const double noise = random.uniform(0.05, 1.0);
      for (Index i = 0; i < L; ++i) {
        for (Index j = 0; j < s; ++j) X(i, j) = random.normal();
        y(i) = middle + height * std::clamp(std::tanh(X.row(i).dot(w)) + noise * random.normal(),
                                            -0.95, 0.95);
      }
      Problem problem = make_problem(X, y);
      if (seed % 5 == 2) problem.pattern_weights = Vector::LinSpaced(L, 0.5, 3.0);
      const Perceptron network(problem, options);
      options.mixed_precision = false;
      const Perceptron plain(problem, options);
      const NaturalPath tracked = by_tracker(plain);
      ++all;
      single += network.has_single() ? 1 : 0;
      const auto path = track_monotone_path(network, {}), other = track_monotone_path(plain, {});
      CHECK(path.has_value() == other.has_value());
      if (!path || !other) continue;
      ++accepted;
      check_same(network, *path, tracked);
      check_same(plain, *other, tracked);
      CHECK((path->end->weights - other->end->weights).norm() <=
            1e-12 * (1.0 + other->end->weights.norm()));
      // The Hessian at the end is one of doubles.
      CHECK((path->end->eigenvalues - other->end->eigenvalues).norm() <=
            1e-11 * other->end->eigenvalues.norm());
      const auto by_two = track_monotone_path(network, {}, 2);
      REQUIRE(by_two);
      CHECK(by_two->end->weights == path->end->weights);
      CHECK(by_two->end->energy == path->end->energy);
      CHECK(by_two->work.passes_over_data == path->work.passes_over_data);
    }
  }
  CHECK(10 * accepted > 9 * all);
  CHECK(single > 0);
}

TEST_CASE("monotone paths: where X stands for A, however it is conditioned") {
  int implied = 0, formed = 0;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    constexpr Index L = 27000, s = 10;
    Matrix X(L, s);
    // Columns share a part that is the larger the larger the seed is.
    const auto common = static_cast<double>(seed);
    Vector y(L), w(s);
    for (double& entry : w) entry = 0.3 * random.normal() / (1.0 + common);
    for (Index i = 0; i < L; ++i) {
      const double part = common * random.normal();
      for (Index j = 0; j < s; ++j) X(i, j) = part + random.normal();
      y(i) = std::clamp(std::tanh(X.row(i).dot(w)) + 0.1 * random.normal(), -0.95, 0.95);
    }
    PerceptronOptions options;
    const Problem problem = make_problem(X, y);
    const Perceptron network(problem, options);
    (network.space().is_implied() ? implied : formed) += 1;
    options.mixed_precision = false;
    const Perceptron plain(problem, options);
    const auto path = track_monotone_path(network, {}), other = track_monotone_path(plain, {});
    REQUIRE(path);
    REQUIRE(other);
    CHECK((path->end->weights - other->end->weights).norm() <= 1e-12 * other->end->weights.norm());
    CHECK((path->end->eigenvalues - other->end->eigenvalues).norm() <=
          1e-11 * other->end->eigenvalues.norm());
    CHECK(path->end->gradient_norm <= 8.0 * 2.3e-16 * path->end->gradient_scale);
    check_same(network, *path, by_tracker(network));
    const auto by_two = track_monotone_path(network, {}, 2);
    REQUIRE(by_two);
    CHECK(by_two->end->weights == path->end->weights);
  }
  CHECK(implied > 0);
  CHECK(formed > 0);
}

TEST_CASE(
    "monotone paths: large ones end at once when they are stopped, and are left to the tracker") {
  Matrix X(400, 9);
  Random random(5);
  for (double& entry : X.reshaped()) entry = random.normal();
  const Perceptron network(make_problem(X, Vector((X.col(0) + X.col(1)).array().tanh())));
  REQUIRE(track_monotone_path(network, {}));
  for (const long looks : {0L, 1L, 5L, 10L}) {
    TrackOptions options;
    options.stop = StopCondition::after_looks(looks);
    CHECK(!track_monotone_path(network, options));
    const NaturalPath path = track_natural(network, options);
    CHECK(path.status == TrackStatus::stopped_by_observer);
  }
}

TEST_CASE("monotone paths: of exact fits") {
  Random random(3);
  Matrix X(12, 3);
  for (double& entry : X.reshaped()) entry = random.normal();
  const Vector w = Vector::LinSpaced(3, -0.5, 0.4);
  for (const Vector& y : {Vector(Vector::Zero(12)), Vector((X * w).array().tanh())}) {
    const Perceptron network(make_problem(X, y));
    const auto path = track_monotone_path(network, {});
    REQUIRE(path);
    check_same(network, *path, by_tracker(network));
    CHECK(path->end->energy <= 1e-28);
    CHECK((path->end->weights - (y.isZero() ? Vector(Vector::Zero(3)) : w)).norm() <= 1e-14);
  }
}

TEST_CASE("monotone paths: no path of one weight that folds is taken for one") {
  std::size_t folding = 0;
  int accepted = 0;
  for (std::uint64_t seed = 0; seed < kProblems / 10; ++seed) {
    Random random(seed + 77777);
    const Index L = random.integer(2, 8);
    Vector x(L), y(L);
    for (Index i = 0; i < L; ++i) {
      x(i) = std::pow(10.0, random.uniform(-1.5, 1.5));
      y(i) =
          random.uniform(0.0, 1.0) < 0.7 ? random.uniform(0.2, 0.99) : random.uniform(-0.99, 0.99);
    }
    const OneWeightCurve curve(x, y);
    CAPTURE(seed);
    folding += curve.fold_deltas().empty() ? 0 : 1;
    const auto path = track_monotone_path(Perceptron(make_problem(Matrix(x), y)), {});
    if (!path) continue;
    ++accepted;
    REQUIRE(curve.fold_deltas().empty());
    REQUIRE(curve.end());
    REQUIRE(path->end->weights(0) == doctest::Approx(*curve.end()).epsilon(1e-3).scale(0.0));
  }
  CHECK(folding > kProblems / 200);
  CHECK(accepted > 0);
}

TEST_CASE("monotone paths: none goes through a branch point, behind which the end is no minimum") {
  // The series, its agreement with the curve and Newton's method see nothing of it: only the Hessian
  // tells. Both weights see the same patterns. Repeated patterns make a large network of it.
  for (const std::uint64_t seed : {1900U, 2798U})
    for (const Index copies : {1, 80}) {
      CAPTURE(seed);
      CAPTURE(copies);
      Random random(seed + 991);
      const Index pairs = random.integer(1, 5);
      Matrix X(2 * pairs, 2);
      Vector y(2 * pairs);
      for (Index i = 0; i < pairs; ++i) {
        const double a = random.normal();
        const double b = random.normal();
        X.row(2 * i) << a, b;
        X.row(2 * i + 1) << b, a;
        y(2 * i) = y(2 * i + 1) = random.uniform(-0.95, 0.95);
      }
      const Perceptron network(
          make_problem(Matrix(X.replicate(copies, 1)), Vector(y.replicate(copies, 1))));
      CHECK(!track_monotone_path(network, {}));
      const NaturalPath path = track_natural(network);
      CHECK(path.folds.empty());
      CHECK(path.branch_points.size() == 1);
      REQUIRE(path.ok());
      CHECK(path.end->morse_index == 1);
    }
}

TEST_CASE("monotone paths: nothing is made of what they do not do") {
  const Perceptron network(random_problem(1));
  REQUIRE(track_monotone_path(network, {}));
  const auto refused = [&](auto set) {
    TrackOptions options;
    set(options);
    REQUIRE(!options.invalid_reason());
    return !track_monotone_path(network, options);
  };
  CHECK(refused([](TrackOptions& o) { o.predictor.kind = PredictorKind::tangent; }));
  CHECK(refused([](TrackOptions& o) { o.predictor.max_order = 8; }));
  CHECK(refused([](TrackOptions& o) { o.tau_target = 0.9; }));
  CHECK(refused([](TrackOptions& o) { o.tau_back = -0.5; }));
  CHECK(refused([](TrackOptions& o) { o.landings = {0.5}; }));
  CHECK(refused([](TrackOptions& o) { o.step.max = 0.5; }));
  CHECK(refused([](TrackOptions& o) { o.step.max = 1.0; }));  // the path is longer
  // More steps than there may be.
  int longer = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Perceptron other(random_problem(seed));
    const auto path = track_monotone_path(other, {});
    if (!path || path->work.steps == 1) continue;
    ++longer;
    TrackOptions options;
    options.max_steps = static_cast<int>(path->work.steps) - 1;
    CHECK(!track_monotone_path(other, options));
  }
  CHECK(longer > 0);
}

}  // namespace

}  // namespace monotone_path_test
