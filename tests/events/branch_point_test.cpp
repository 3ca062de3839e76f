#include "events/branch_point.hpp"

#include <cmath>

#include <doctest/doctest.h>

#include "support/known_problems.hpp"

namespace branch_point_test {

using namespace tautrack;
using namespace tautrack::known;

namespace {

/// A point of the branch x = 0 with the orientation that `homotopy` gives it.
template <class H>
PathPoint on_axis(H& homotopy, double tau) {
  PathPoint point;
  point.x = Vector::Zero(1);
  point.tau = tau;
  point.tangent = Eigen::Vector2d(0.0, 1.0);
  point.tau_direction = 1;
  Corrector corrector(homotopy, {});
  REQUIRE(corrector.linearise(point.x, tau, point.tangent, {}));
  point.orientation = corrector.determinant_sign();
  point.arclength = tau;
  return point;
}

}  // namespace

TEST_CASE("a pitchfork is located wherever it lies within the segment") {
  for (const double before : {1e-6, 1e-3, 0.1, 0.3}) {
    for (const double after : {1e-6, 1e-3, 0.1, 0.3}) {
      Pitchfork pitchfork;
      const PathPoint first = on_axis(pitchfork, 0.5 - before);
      const PathPoint second = on_axis(pitchfork, 0.5 + after);
      CHECK(first.orientation * second.orientation == -1);
      Corrector corrector(pitchfork, {});
      const auto branch = locate_branch_point(Segment(first, second), corrector);
      REQUIRE(branch);
      CHECK(std::abs(branch->point.tau - 0.5) <= 1e-15);
      CHECK(branch->bracket_low <= 0.5);
      CHECK(branch->bracket_high >= 0.5);
      CHECK(branch->precision <= 1e-7);
      REQUIRE(branch->other_tangent.size() == 2);
      CHECK(std::abs(branch->other_tangent(1)) <= 1e-8);
    }
  }
}

TEST_CASE("an imperfect pitchfork has no branch point, and none is invented") {
  // (tau - 1/2) x - x^3 = small: the straight branch and the crossing one are two curves.
  struct Imperfect {
    double small;
    static Index size() { return 1; }
    void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) const {
      H(0) = (tau - 0.5) * x(0) - x(0) * x(0) * x(0) - small;
      H_x(0, 0) = tau - 0.5 - 3.0 * x(0) * x(0);
      H_tau(0) = x(0);
    }
  };
  for (const double small : {1e-3, 1e-5, 1e-7}) {
    CAPTURE(small);
    Imperfect imperfect{small};
    // Points of the two different curves near x = 0, on either side of tau = 1/2.
    Corrector corrector(imperfect, {});
    const auto at = [&](double tau) {
      PathPoint point;
      point.x = Vector::Constant(1, small / (tau - 0.5));
      point.tau = tau;
      REQUIRE(corrector.correct(point.x, point.tau, Constraint::fixed_tau, {}, {}).converged);
      point.tangent.resize(2);
      corrector.tangent(point.tangent);
      point.tau_direction = 1;
      point.orientation = corrector.determinant_sign();
      return point;
    };
    const PathPoint first = at(0.3);
    const PathPoint second = at(0.7);
    CHECK(first.orientation * second.orientation == -1);
    CHECK_FALSE(locate_branch_point(Segment(first, second), corrector).has_value());
  }
}

}  // namespace branch_point_test
