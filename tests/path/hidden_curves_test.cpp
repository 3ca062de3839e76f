#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/core/data_error.hpp"
#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/tracker/tracker.hpp"

#include "homotopy/natural.hpp"
#include "support/random_problem.hpp"
#include "support/reference_case.hpp"

namespace hidden_curves_test {

using namespace tautrack;

TEST_CASE("the tracker takes a hidden layer: curves of XOR fold where the reference says") {
  const reference::Json run = reference::load("hidden_xor")["runs"][0];
  const double ridge = run["ridge"].get<double>();
  REQUIRE(ridge == 0.03);
  HiddenLayerOptions options;
  options.units = 2;
  options.output = OutputNode::sigmoid;
  options.ridge_hidden = options.ridge_output = options.ridge_bias = ridge;
  Matrix X(4, 3);
  X << -1, -1, 1, -1, 1, 1, 1, -1, 1, 1, 1, 1;
  const Vector y = (Vector(4) << -0.9, 0.9, 0.9, -0.9).finished();
  const HiddenLayer network(make_problem(X, y), options);

  // Where the curves through these points of the list turn, and where a branch crosses the first of them: computed
  // independently of this library, like the list.
  struct Curve {
    std::size_t from;
    double fold;
    std::optional<double> branch_point;
  };
  for (const Curve& curve : {Curve{0, 0.0569051118464, 0.612007770690},
                             Curve{4, 0.503239408018, {}}, Curve{10, 0.977636528432, {}}}) {
    CAPTURE(curve.from);
    const Vector start = network.coordinates(reference::vector(run["list"][curve.from]["weights"]));
    BasicNaturalHomotopy<HiddenLayer> homotopy(network, 1, 1.0);
    TrackOptions track_options;
    track_options.tau_start = 1.0;
    track_options.tau_target = 0.0;
    const PathResult result = track(homotopy, start, track_options);
    CHECK(result.status == TrackStatus::returned_to_start);
    REQUIRE(result.folds.size() == 1);
    CHECK(result.folds[0].point.tau == doctest::Approx(curve.fold).epsilon(1e-11));
    REQUIRE(result.branch_points.size() == (curve.branch_point ? 1 : 0));
    if (curve.branch_point)
      CHECK(result.branch_points[0].point.tau ==
            doctest::Approx(*curve.branch_point).epsilon(1e-10));
  }
}

TEST_CASE("folds beside branch points are not lost, whatever the predictor") {
  // One live unit and others that stay dead: branch points, where those might wake, lie close to folds of this curve. From
  // tau = 0 to tau = 1 folds come in pairs. Numbers 39 ... 1758 once lost one of them in a long step.
  std::vector<int> numbers{39, 380, 404, 604, 835, 994, 1102, 1421, 1506, 1606, 1654, 1690, 1758};
  for (int k = 0; k < 60; ++k) numbers.push_back(2000 + k);
  int folding = 0;
  for (const int number : numbers) {
    CAPTURE(number);
    support::Random random(90000 + static_cast<std::uint64_t>(number));
    const Index s = 2 + number % 2, L = 6 + number % 7, h = 2 + number % 2;
    Matrix X(L, s);
    Vector y(L);
    for (Index i = 0; i < L; ++i) {
      for (Index j = 0; j + 1 < s; ++j) X(i, j) = 1.5 * random.normal();
      X(i, s - 1) = 1.0;
      y(i) = random.uniform(-0.9, 0.9);
    }
    HiddenLayerOptions options;
    options.units = h;
    options.ridge_hidden = options.ridge_output = options.ridge_bias =
        0.01 * std::pow(10.0, random.uniform(0.0, 1.0));
    options.start_ridge = 0.05;
    options.start_factors = Vector::LinSpaced(h, 1.0, 3.0);
    if (number % 3 == 0) options.output = OutputNode::sigmoid;
    const Problem problem = make_problem(X, y);
    const HiddenLayer network(problem, options);
    options.units = 1;
    options.start_factors.resize(0);
    const HiddenLayer one(problem, options);
    Vector start;
    try {
      start = one.weights(one.linear_solution());
    } catch (const DataError&) {
      continue;  // no linear signal
    }
    Vector w = Vector::Zero(s * h + h + 1);
    w.head(s) = start.head(s);
    w(s * h) = start(s);
    w(w.size() - 1) = start(s + 1);
    std::optional<double> energy;
    std::size_t folds = 0;
    for (const PredictorKind kind :
         {PredictorKind::taylor, PredictorKind::tangent, PredictorKind::davidenko}) {
      TrackOptions track_options;
      track_options.predictor.kind = kind;
      BasicNaturalHomotopy<HiddenLayer> homotopy(network);
      const PathResult path = track(homotopy, network.coordinates(w), track_options);
      REQUIRE(path.ok());
      CHECK(path.folds.size() % 2 == 0);
      HiddenLayer::Workspace work(network);
      const double end = network.energy(path.points.back().x, 1.0, work);
      if (energy) {
        CHECK(path.folds.size() == folds);
        CHECK(end == doctest::Approx(*energy).epsilon(1e-9));
      }
      energy = end;
      folds = path.folds.size();
    }
    folding += folds > 0 ? 1 : 0;
  }
  CHECK(folding >= 13);
}

}  // namespace hidden_curves_test
