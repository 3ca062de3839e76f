#include <cstddef>
#include <optional>

#include <doctest/doctest.h>

#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/tracker/tracker.hpp"

#include "homotopy/natural.hpp"
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

}  // namespace hidden_curves_test
