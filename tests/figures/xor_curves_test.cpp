#include "figures/xor_curves.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/Dense>
#include <doctest/doctest.h>

#include "support/reference_case.hpp"

namespace {

using namespace tautrack;
using namespace tautrack::program;

constexpr double xor_ridge = 0.03;

Problem xor_problem() {
  Matrix X(4, 3);
  X << -1, -1, 1, -1, 1, 1, 1, -1, 1, 1, 1, 1;
  return make_problem(X, Vector{{-0.9, 0.9, 0.9, -0.9}});
}

HiddenLayerOptions xor_options(double ridge) {
  HiddenLayerOptions options;
  options.units = 2;
  options.output = OutputNode::sigmoid;
  options.ridge_hidden = options.ridge_output = options.ridge_bias = ridge;
  return options;
}

/// |H| relative to its size, and the eigenvalue of H_x nearest to zero.
std::pair<double, double> residual_and_eigenvalue(const HiddenLayer& network, const Vector& x,
                                                  double tau) {
  HiddenLayer::Workspace work(network);
  const Index n = network.unknowns();
  Vector H(n), H_tau(n);
  Matrix H_x(n, n);
  const double scale = network.derivatives(x, tau, work, H, H_x, H_tau);
  return {H.norm() / scale,
          Eigen::SelfAdjointEigenSolver<Matrix>(H_x).eigenvalues().cwiseAbs().minCoeff()};
}

/// Coordinates of a family of the reference, by energy.
Vector reference_point(const HiddenLayer& network, std::size_t family) {
  const reference::Json run = reference::load("hidden_xor")["runs"][0];
  return network.coordinates(reference::vector(run["list"][family]["weights"]));
}

int count_of_kind(const FollowedCurve& curve, CurveEventKind kind) {
  return static_cast<int>(
      std::count_if(curve.events.begin(), curve.events.end(),
                    [kind](const CurveEvent& event) { return event.kind == kind; }));
}

}  // namespace

TEST_CASE("curves in tau fold, and come back to tau = 1 at another point of the reference") {
  const HiddenLayer network(xor_problem(), xor_options(xor_ridge));
  const FollowedCurve curve = follow_in_tau(network, reference_point(network, 0));
  CAPTURE(curve.message);
  REQUIRE(curve.end);
  CHECK(residual_and_eigenvalue(network, *curve.end, 1.0).first < 1e-12);
  HiddenLayer::Workspace work(network);
  CHECK(network.energy(*curve.end, 1.0, work) ==
        doctest::Approx(network.energy(reference_point(network, 7), 1.0, work)).epsilon(1e-12));
  CHECK(count_of_kind(curve, CurveEventKind::fold) == 1);
  REQUIRE(count_of_kind(curve, CurveEventKind::pitchfork) == 1);
  for (const CurveEvent& event : curve.events) {
    const auto [residual, eigenvalue] = residual_and_eigenvalue(network, event.x, event.place.at);
    CHECK(residual < 1e-12);
    CHECK(eigenvalue < 1e-10);
  }
  // The index is the same along a piece, and changes by one from piece to piece.
  REQUIRE(curve.stretches.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(curve.stretches[i].index == static_cast<int>(i));
  CHECK(curve.stretches[1].places.front().at == curve.stretches[0].places.back().at);

  // The other curve of the pitchfork goes towards larger tau and meets a curve of more symmetry.
  const FollowedCurve other = follow_in_tau(network, curve.events[1]);
  CAPTURE(other.message);
  CHECK_FALSE(other.end);
  REQUIRE(count_of_kind(other, CurveEventKind::meeting) == 1);
  CHECK(other.events.back().place.at > curve.events[1].place.at);
  CHECK(other.events.back().place.at < 1.0);
}

TEST_CASE("curves in the ridge are stationary for a network with that ridge") {
  constexpr double low = 1e-3, high = 1.0;
  const HiddenLayer network(xor_problem(), xor_options(xor_ridge));
  const RidgeCurves ridge(xor_problem(), xor_options(xor_ridge), low, high);
  const FollowedCurve down = ridge.follow(reference_point(network, 0), xor_ridge, low);
  CAPTURE(down.message);
  REQUIRE(down.end);
  CHECK(down.events.empty());
  const HiddenLayer weak(xor_problem(), xor_options(low));
  CHECK(residual_and_eigenvalue(weak, *down.end, 1.0).first < 1e-11);
  HiddenLayer::Workspace work(weak);
  CHECK(down.stretches.back().places.back().energy ==
        doctest::Approx(weak.energy(*down.end, 1.0, work)).epsilon(1e-12));

  // Upwards two families meet in the same fold, and the second one has a pitchfork before it.
  const FollowedCurve up = ridge.follow(reference_point(network, 0), xor_ridge, high);
  const FollowedCurve partner = ridge.follow(reference_point(network, 7), xor_ridge, high);
  REQUIRE(up.events.size() == 1);
  REQUIRE(partner.events.size() == 2);
  CHECK(up.events[0].kind == CurveEventKind::fold);
  CHECK(up.events[0].place.at == doctest::Approx(partner.events[1].place.at).epsilon(1e-10));
  CHECK(partner.events[0].kind == CurveEventKind::pitchfork);
  for (const CurveEvent& event : {up.events[0], partner.events[0], partner.events[1]}) {
    const HiddenLayer there(xor_problem(), xor_options(event.place.at));
    const auto [residual, eigenvalue] = residual_and_eigenvalue(there, event.x, 1.0);
    CHECK(residual < 1e-11);
    CHECK(eigenvalue < 1e-9);
  }
  // What begins at the pitchfork goes down to another one.
  const FollowedCurve other = ridge.follow(partner.events[0]);
  REQUIRE(count_of_kind(other, CurveEventKind::meeting) == 1);
  CHECK(other.events.back().place.at < partner.events[0].place.at);
  CHECK(other.events.back().place.at > xor_ridge);
}
