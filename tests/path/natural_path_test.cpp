#include "tautrack/path/natural_path.hpp"

#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <Eigen/Geometry>
#include <doctest/doctest.h>

#include "support/random_problem.hpp"

namespace natural_path_test {

using namespace tautrack;
using namespace tautrack::support;

namespace {

/// L = 40, s = 4 with two folds or more for some seeds.
Problem medium_problem(std::uint64_t seed) {
  Random random(seed);
  Matrix X(40, 4);
  Vector y(40);
  for (Index i = 0; i < 40; ++i) {
    for (Index j = 0; j < 4; ++j) X(i, j) = 2.0 * random.normal();
    X(i, 3) = 1.0;
    y(i) = random.uniform(0.0, 1.0) < 0.5 ? -0.9 : 0.9;
  }
  return make_problem(X, y);
}

}  // namespace

TEST_CASE("the units of the columns change no step, no fold and no end point") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Problem problem = seed % 2 == 0 ? medium_problem(seed) : random_problem(seed);
    if (problem.X.rows() < problem.X.cols()) continue;  // minimum norm depends on the units
    const NaturalPath path = track_natural(Perceptron(problem));
    Random random(seed + 5);
    Vector units(problem.X.cols());
    for (Index j = 0; j < units.size(); ++j) units(j) = std::pow(10.0, random.uniform(-6.0, 6.0));
    problem.X = problem.X * units.asDiagonal();
    const NaturalPath scaled = track_natural(Perceptron(problem));
    CAPTURE(seed);
    REQUIRE(scaled.status == path.status);
    REQUIRE(scaled.points.size() == path.points.size());
    REQUIRE(scaled.work.rejected == path.work.rejected);
    for (std::size_t k = 0; k < path.points.size(); ++k)
      REQUIRE(scaled.points[k].tau == doctest::Approx(path.points[k].tau).epsilon(1e-7));
    REQUIRE(scaled.folds.size() == path.folds.size());
    for (std::size_t k = 0; k < path.folds.size(); ++k)
      REQUIRE(std::abs(scaled.folds[k].point.tau - path.folds[k].point.tau) <= 1e-13);
    if (path.end) {
      const Vector back = units.cwiseProduct(scaled.end->weights);
      REQUIRE((back - path.end->weights).norm() <= 1e-8 * path.end->weights.norm());
      REQUIRE(scaled.end->energy == doctest::Approx(path.end->energy).epsilon(1e-12));
    }
  }
}

TEST_CASE("a pattern of weight two is a pattern counted twice") {
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    Problem weighted = medium_problem(seed);
    Problem doubled = weighted;
    weighted.pattern_weights = Vector::Ones(40);
    weighted.pattern_weights.head(5).setConstant(2.0);
    doubled.X.conservativeResize(45, Eigen::NoChange);
    doubled.X.bottomRows(5) = weighted.X.topRows(5);
    doubled.y.conservativeResize(45);
    doubled.y.tail(5) = weighted.y.head(5);
    const NaturalPath a = track_natural(Perceptron(weighted));
    const NaturalPath b = track_natural(Perceptron(doubled));
    CAPTURE(seed);
    REQUIRE(a.ok());
    REQUIRE(b.ok());
    REQUIRE(a.work.steps == b.work.steps);
    REQUIRE((a.end->weights - b.end->weights).norm() <= 1e-9 * b.end->weights.norm());
    REQUIRE(a.end->energy == doctest::Approx(b.end->energy).epsilon(1e-12));
  }
}

TEST_CASE("with a ridge every path arrives, also where it would run to infinity without one") {
  int infinite = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Problem problem = random_problem(seed);
    if (track_natural(Perceptron(problem)).status != TrackStatus::infinite_weights) continue;
    ++infinite;
    PerceptronOptions options;
    options.ridge = 1e-3;
    const NaturalPath path = track_natural(Perceptron(problem, options));
    CAPTURE(seed);
    CHECK_MESSAGE(path.ok(), path.message);
    CHECK_FALSE(path.infinity.has_value());
  }
  CHECK(infinite > 3);
}

TEST_CASE("every activation arrives for interior targets and agrees between predictors") {
  for (const auto activation :
       {Activation::tanh, Activation::logistic, Activation::arctan, Activation::erf}) {
    for (std::uint64_t seed = 0; seed < 25; ++seed) {
      Problem problem = medium_problem(seed);
      const Range ends = range(activation);
      problem.y = (0.5 * (ends.low + ends.high) + 0.5 * (ends.high - ends.low) * problem.y.array())
                      .matrix();
      PerceptronOptions options;
      options.activation = activation;
      const Perceptron network(problem, options);
      TrackOptions euler, davidenko;
      euler.predictor.kind = PredictorKind::tangent;
      davidenko.predictor.kind = PredictorKind::davidenko;
      const NaturalPath a = track_natural(network, euler);
      const NaturalPath b = track_natural(network, davidenko);
      CAPTURE(to_string(activation));
      CAPTURE(seed);
      REQUIRE(a.ok());
      REQUIRE(b.ok());
      CHECK(a.folds.size() == b.folds.size());
      CHECK((a.end->weights - b.end->weights).norm() <= 1e-9 * b.end->weights.norm());
    }
  }
}

TEST_CASE("one pattern, one weight, constant and duplicated columns, fewer patterns than weights") {
  SUBCASE("one pattern and one weight is solved exactly") {
    const Perceptron network(make_problem(Matrix::Constant(1, 1, 2.0), Vector::Constant(1, 0.5)));
    const NaturalPath path = track_natural(network);
    REQUIRE(path.ok());
    CHECK(path.end->weights(0) == doctest::Approx(std::atanh(0.5) / 2.0).epsilon(1e-14));
    CHECK(path.end->energy <= 1e-30);
  }
  SUBCASE("one pattern beyond the range runs to infinity") {
    const Perceptron network(make_problem(Matrix::Constant(1, 1, 2.0), Vector::Constant(1, 1.5)));
    const NaturalPath path = track_natural(network);
    REQUIRE(path.status == TrackStatus::infinite_weights);
    CHECK(path.infinity->energy == doctest::Approx(0.125));
    CHECK(path.infinity->approach->linear_rate(0) == doctest::Approx(0.25).epsilon(1e-12));
  }
  SUBCASE("three weights for two patterns: minimum norm, zero residual") {
    Matrix X(2, 3);
    X << 1.0, 2.0, 0.5, -1.0, 1.0, 3.0;
    const Vector y = Eigen::Vector2d(0.4, -0.7);
    const Perceptron network(make_problem(X, y));
    CHECK(network.unknowns() == 2);
    const NaturalPath path = track_natural(network);
    REQUIRE(path.ok());
    CHECK(path.end->energy <= 1e-30);
    const Vector u = X * path.end->weights;
    CHECK(u(0) == doctest::Approx(std::atanh(0.4)).epsilon(1e-13));
    CHECK(u(1) == doctest::Approx(std::atanh(-0.7)).epsilon(1e-13));
    // least norm: no part in the kernel of X
    const Eigen::Vector3d first = X.row(0).transpose();
    const Eigen::Vector3d second = X.row(1).transpose();
    const Eigen::Vector3d kernel = first.cross(second);
    CHECK(std::abs(kernel.dot(path.end->weights)) <= 1e-12);
  }
  SUBCASE("a constant column beside the bias and a duplicated one are named") {
    Problem problem = medium_problem(3);
    problem.X.conservativeResize(Eigen::NoChange, 6);
    problem.X.col(4).setConstant(7.0);
    problem.X.col(5) = problem.X.col(0);
    problem.columns.push_back("constant");
    problem.columns.push_back("copy");
    const Perceptron network(problem);
    CHECK(network.unknowns() == 4);
    REQUIRE(network.space().dependencies().size() == 2);
    CHECK(network.space().dependencies()[0].column == 4);
    CHECK(network.space().dependencies()[0].on[0].first == 3);
    CHECK(network.space().dependencies()[0].on[0].second == doctest::Approx(7.0));
    CHECK(network.space().dependencies()[1].column == 5);
    const NaturalPath path = track_natural(network);
    REQUIRE(path.ok());
    CHECK(path.end->weights(5) == doctest::Approx(path.end->weights(0)).epsilon(1e-9));
  }
}

TEST_CASE("an end with an eigenvalue without a sign is degenerate, with the eigenvalue shown") {
  // Two patterns, each with a weight of its own: the eigenvalues are (1 - y_i^2)^2.
  const auto end_for = [](double y) {
    const NaturalPath path =
        track_natural(Perceptron(make_problem(Matrix::Identity(2, 2), Eigen::Vector2d(0.3, y))));
    REQUIRE_MESSAGE(path.ok(), path.message);
    return *path.end;
  };
  const PathEnd flat = end_for(1.0 - 1e-8);
  CHECK(flat.status == "degenerate");
  CHECK_FALSE(flat.morse_index.has_value());
  CHECK(flat.eigenvalues(0) == doctest::Approx(4e-16).epsilon(1e-3).scale(0.0));
  const PathEnd clear = end_for(0.999);
  CHECK(clear.status == "converged");
  CHECK(clear.morse_index == 0);
  CHECK(clear.eigenvalues(0) ==
        doctest::Approx(std::pow(1.0 - 0.999 * 0.999, 2)).epsilon(1e-9).scale(0.0));
}

TEST_CASE("targets all zero stay at zero weights") {
  const NaturalPath path =
      track_natural(Perceptron(make_problem(Matrix::Random(6, 2), Vector::Zero(6))));
  REQUIRE(path.ok());
  CHECK(path.end->weights.norm() <= 1e-15);
}

TEST_CASE("the observer of a natural path can stop it and the path so far is kept") {
  int seen = 0;
  TrackOptions options;
  options.landings = {0.2, 0.4, 0.6};
  const NaturalPath path = track_natural(Perceptron(medium_problem(1)), options,
                                         [&](const PathPoint&) { return ++seen < 3; });
  CHECK(path.status == TrackStatus::stopped_by_observer);
  CHECK(path.points.size() == 3);
  CHECK_FALSE(path.end.has_value());
}

TEST_CASE("a target before tau = 1 is landed on exactly") {
  TrackOptions options;
  options.tau_target = 0.7;
  const NaturalPath path = track_natural(Perceptron(medium_problem(2)), options);
  REQUIRE(path.ok());
  CHECK(path.end->tau == 0.7);
}

TEST_CASE("before tau = 1 the weights are finite, also on the way to infinity") {
  const Perceptron network(make_problem(Matrix::Constant(1, 1, 2.0), Vector::Constant(1, 1.5)));
  TrackOptions options;
  options.tau_target = 1.0 - 1e-8;
  const NaturalPath path = track_natural(network, options);
  REQUIRE(path.ok());
  // (1 - tau) u -> 1.5 - 1
  CHECK(path.end->weights(0) * 2.0 * 1e-8 == doctest::Approx(0.5).epsilon(1e-6).scale(0.0));
}

TEST_CASE("start and target of a natural path have their rules") {
  const Perceptron network(medium_problem(1));
  TrackOptions options;
  options.tau_start = 0.1;
  CHECK_THROWS_WITH_AS((void)track_natural(network, options), doctest::Contains("tau_start"),
                       std::invalid_argument);
  options = {};
  options.tau_target = 1.5;
  CHECK_THROWS_WITH_AS((void)track_natural(network, options), doctest::Contains("tau_target"),
                       std::invalid_argument);
}

TEST_CASE("taken up at a fold, a path goes on as it went on") {
  int folds = 0;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    const Perceptron network(random_problem(seed));
    const NaturalPath path = track_natural(network);
    for (std::size_t k = 0; k < path.folds.size(); ++k) {
      CAPTURE(seed);
      CAPTURE(k);
      const NaturalPath rest = resume_natural(network, path.folds[k], {});
      REQUIRE_MESSAGE(rest.status == path.status, rest.message);
      REQUIRE(rest.folds.size() == path.folds.size() - k - 1);
      for (std::size_t j = 0; j < rest.folds.size(); ++j)
        CHECK(rest.folds[j].point.one_minus_tau ==
              doctest::Approx(path.folds[k + 1 + j].point.one_minus_tau).epsilon(1e-9).scale(0.0));
      if (path.end)
        CHECK((rest.end->weights - path.end->weights).norm() <= 1e-7 * path.end->weights.norm());
      ++folds;
    }
  }
  CHECK(folds > 10);
  CHECK_THROWS_AS((void)resume_natural(Perceptron(random_problem(0)), NaturalFold{}, {}),
                  std::invalid_argument);
}

TEST_CASE("with every activation the predictors agree next to tau = 1, and every path has an end") {
  for (const auto activation : {Activation::tanh, Activation::logistic, Activation::erf}) {
    for (std::uint64_t seed = 3900; seed < 4100; ++seed) {
      Problem problem = random_problem(seed);
      if (activation == Activation::logistic) problem.y = (problem.y.array() + 1.0) / 2.0;
      PerceptronOptions options;
      options.activation = activation;
      const Perceptron network(problem, options);
      CAPTURE(to_string(activation));
      CAPTURE(seed);
      std::vector<NaturalPath> paths;
      for (const auto kind : {PredictorKind::taylor, PredictorKind::tangent}) {
        TrackOptions track;
        track.predictor.kind = kind;
        paths.push_back(track_natural(network, track));
        REQUIRE_MESSAGE((paths.back().ok() || paths.back().infinity), paths.back().message);
      }
      REQUIRE(paths[0].status == paths[1].status);
      REQUIRE(paths[0].folds.size() == paths[1].folds.size());
      if (paths[0].ok()) {
        const Vector u = problem.X * paths[0].end->weights;
        REQUIRE((u - problem.X * paths[1].end->weights).norm() <= 1e-6 * u.norm());
      }
    }
  }
}

TEST_CASE("observers and stop conditions end a path in its last piece, too") {
  // Followed by its tails from 1 - tau = 1e-11 on, to 1e-52.
  const Perceptron network(random_problem(1883));
  int seen = 0, seen_late = 0;
  const NaturalPath whole = track_natural(network, {}, [&](const PathPoint& point) {
    ++seen;
    seen_late += point.tau == 1.0 ? 1 : 0;
    return true;
  });
  REQUIRE(whole.ok());
  REQUIRE(seen == static_cast<int>(whole.points.size()));
  REQUIRE(seen_late > 3);
  int left = seen - 2;
  const NaturalPath stopped =
      track_natural(network, {}, [&](const PathPoint&) { return --left > 0; });
  CHECK(stopped.status == TrackStatus::stopped_by_observer);
  CHECK(stopped.points.size() == whole.points.size() - 2);
  CHECK(stopped.points.back().one_minus_tau < 1e-16);
  CHECK_FALSE(stopped.end);
  for (const long looks : {5L, 18L, 20L, 22L}) {
    TrackOptions options;
    options.predictor.max_order = 12;
    options.stop = StopCondition::after_looks(looks);
    const NaturalPath cut = track_natural(network, options);
    CAPTURE(looks);
    CHECK(cut.status == TrackStatus::stopped_by_observer);
    CHECK_FALSE(cut.end);
  }
}

TEST_CASE("short steps arrive where long ones do") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Perceptron network(random_problem(seed));
    const NaturalPath path = track_natural(network);
    for (const double longest : {0.02, 0.3}) {
      TrackOptions options;
      options.predictor.kind = PredictorKind::tangent;
      options.step.initial = 0.01;
      options.step.max = longest;
      const NaturalPath slow = track_natural(network, options);
      CAPTURE(seed);
      CAPTURE(longest);
      REQUIRE_MESSAGE(slow.status == path.status, slow.message);
      CHECK(slow.folds.size() == path.folds.size());
      if (path.end)
        CHECK((slow.end->weights - path.end->weights).norm() <= 1e-7 * path.end->weights.norm());
    }
  }
}

}  // namespace natural_path_test
