#include "tautrack/tracker/tracker.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <span>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "support/generic_problems.hpp"
#include "support/known_problems.hpp"

namespace tracker_test {

using namespace tautrack;
using namespace tautrack::known;

namespace {

Vector scalar(double value) { return Vector::Constant(1, value); }

TrackOptions with(PredictorKind kind) {
  TrackOptions options;
  options.predictor.kind = kind;
  return options;
}

constexpr PredictorKind kBoth[] = {PredictorKind::tangent, PredictorKind::davidenko};

/// H = x - tau up to tau = 0.6; not defined beyond.
struct HalfDefined {
  static Index size() { return 1; }
  static void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    const double bad = tau > 0.6 ? std::numeric_limits<double>::quiet_NaN() : 0.0;
    H(0) = x(0) - tau + bad;
    H_x(0, 0) = 1.0 + bad;
    H_tau(0) = -1.0 + bad;
  }
};

/// x^2 = 1 - tau.
struct TouchEquation {
  template <class Scalar>
  void operator()(std::span<const Scalar> x, const Scalar& tau, std::span<Scalar> H) const {
    H[0] = x[0] * x[0] + tau - 1.0;
  }
};

/// x (1 - tau) = 1: the solution runs to infinity as tau -> 1.
struct Pole {
  static Index size() { return 1; }
  static void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    H(0) = x(0) * (1.0 - tau) - 1.0;
    H_x(0, 0) = 1.0 - tau;
    H_tau(0) = -x(0);
  }
};

/// Two separate curves a distance `gap` apart at tau = 1/2: ((tau - 1/2) - x) ((tau - 1/2) + x) =
/// (gap / 2)^2, a pitchfork-like near miss where the orientation of the branches differs.
struct NearMiss {
  double gap;
  static Index size() { return 1; }
  void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) const {
    const double t = tau - 0.5;
    H(0) = x(0) * x(0) - t * t - 0.25 * gap * gap;
    H_x(0, 0) = 2.0 * x(0);
    H_tau(0) = -2.0 * t;
  }
};

/// Checks a path with landings at the taus of both folds, plus or minus the offset.
void check_landings(const PathResult& path, const CubicFolds& known, double offset) {
  REQUIRE_MESSAGE(path.ok(), path.message);
  REQUIRE(path.folds.size() == 2);
  CHECK(std::abs(path.folds[0].point.tau - known.first_fold_tau()) <= 4e-16);
  CHECK(std::abs(path.folds[1].point.tau - known.second_fold_tau()) <= 4e-16);
  long landed = 0;
  for (const PathPoint& point : path.points)
    if (point.kind == PointKind::landing && point.tau != 1.0) ++landed;
  // Beyond the folds each of the two is met once, before them three times; nearer than the
  // resolution the fold itself is the landing and one or two passes remain.
  if (offset == 1e-6) CHECK(landed == 2);
  if (offset == -1e-6) CHECK(landed == 6);
  CHECK(landed >= 2);
  CHECK(landed <= 6);
}

/// Checks a path along x = 0 through the branch point of a pitchfork.
void check_pitchfork(const PathResult& path) {
  REQUIRE_MESSAGE(path.ok(), path.message);
  CHECK(path.folds.empty());
  REQUIRE(path.branch_points.size() == 1);
  const BranchPoint& branch = path.branch_points[0];
  CHECK(std::abs(branch.point.tau - Pitchfork::branch_tau) <= 1e-15);
  CHECK(std::abs(branch.point.x(0)) <= 1e-15);
  CHECK(std::abs(branch.point.tangent(1)) == doctest::Approx(1.0));
  REQUIRE(branch.other_tangent.size() == 2);
  CHECK(std::abs(branch.other_tangent(0)) == doctest::Approx(1.0));
  CHECK(std::abs(branch.other_tangent(1)) <= 1e-8);
  CHECK(branch.index_before == 1);
  CHECK(branch.index_after == 0);
  CHECK(branch.multiplicity == 1);
  CHECK(path.points.back().x(0) == 0.0);
}

/// Checks a path through the branch point of Transcritical, on either branch.
void check_transcritical(const PathResult& path, bool diagonal) {
  REQUIRE_MESSAGE(path.ok(), path.message);
  CHECK(path.folds.empty());
  REQUIRE(path.branch_points.size() == 1);
  const BranchPoint& branch = path.branch_points[0];
  CHECK(std::abs(branch.point.tau - Transcritical::branch_tau) <= 1e-14);
  REQUIRE(branch.other_tangent.size() == 2);
  const Vector& straight = diagonal ? branch.other_tangent : branch.point.tangent;
  const Vector& slanted = diagonal ? branch.point.tangent : branch.other_tangent;
  CHECK(std::abs(straight(0)) <= 1e-8);
  CHECK(slanted(0) == doctest::Approx(slanted(1)).epsilon(1e-8).scale(0.0));
  CHECK(std::abs(path.points.back().x(0) - (diagonal ? 0.5 : 0.0)) <= 1e-14);
}

/// Checks a path that ends where HalfDefined does.
void check_half_defined(const PathResult& path) {
  CHECK(path.status == TrackStatus::step_too_small);
  CHECK(path.points.back().tau <= 0.6 + 1e-8);
  CHECK(path.points.back().tau > 0.59);
  for (const PathPoint& point : path.points) {
    CHECK(std::isfinite(point.tau));
    CHECK(point.x.allFinite());
    CHECK(point.tangent.allFinite());
  }
  CHECK(path.message.find("finite") != std::string::npos);
}

/// Checks a path along the solution of Pole.
void check_pole(const PathResult& path) {
  CHECK_FALSE(path.ok());
  CHECK(path.points.back().tau < 1.0);
  for (const PathPoint& point : path.points)
    CHECK(std::abs(point.x(0) * (1.0 - point.tau) - 1.0) <= 1e-7);
}

}  // namespace

TEST_CASE("a straight curve is followed to the target, exactly") {
  struct Line {
    static Index size() { return 2; }
    static void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
      H << x(0) - tau, x(1) + 2.0 * tau;
      H_x.setIdentity();
      H_tau << -1.0, 2.0;
    }
  } line;
  for (const auto kind : kBoth) {
    const PathResult path = track(line, Vector::Zero(2), with(kind));
    REQUIRE(path.status == TrackStatus::reached_target);
    CHECK(path.ok());
    CHECK(path.points.back().tau == 1.0);
    CHECK(path.points.back().kind == PointKind::landing);
    CHECK((path.points.back().x - Eigen::Vector2d(1.0, -2.0)).norm() <= 1e-15);
    CHECK(path.points.back().arclength ==
          doctest::Approx(std::sqrt(6.0)).epsilon(1e-13).scale(0.0));
    CHECK(path.folds.empty());
    CHECK(path.branch_points.empty());
    CHECK(path.work.steps == static_cast<long>(path.points.size()) - 1);
    CHECK(path.work.passes_over_data == 0);
  }
}

TEST_CASE("both folds of a cubic are found to full accuracy, however close they are") {
  for (const auto kind : kBoth) {
    for (const double epsilon : {1.0, 1e-1, 1e-2, 1e-3, 1e-4}) {
      CAPTURE(epsilon);
      CubicFolds cubic(epsilon);
      const PathResult path = track(cubic, scalar(cubic.root(0.0)), with(kind));
      REQUIRE(path.ok());
      REQUIRE(path.folds.size() == 2);
      const Fold& first = path.folds[0];
      const Fold& second = path.folds[1];
      CHECK(std::abs(first.point.tau - cubic.first_fold_tau()) <= 4e-16);
      CHECK(std::abs(second.point.tau - cubic.second_fold_tau()) <= 4e-16);
      CHECK(std::abs(first.point.x(0) + cubic.fold_x()) <= 1e-13);
      CHECK(std::abs(second.point.x(0) - cubic.fold_x()) <= 1e-13);
      CHECK(first.second_derivative ==
            doctest::Approx(-6.0 * cubic.fold_x()).epsilon(1e-6).scale(0.0));
      CHECK(second.second_derivative ==
            doctest::Approx(6.0 * cubic.fold_x()).epsilon(1e-6).scale(0.0));
      CHECK(first.index_before == 0);
      CHECK(first.index_after == 1);
      CHECK(second.index_before == 1);
      CHECK(second.index_after == 0);
      CHECK(std::abs(path.points.back().x(0) - cubic.root(1.0)) <= 1e-15);
    }
  }
}

TEST_CASE("a cubic without folds has none reported, however nearly it folds") {
  for (const auto kind : kBoth) {
    for (const double epsilon : {-1e-1, -1e-3, -1e-6}) {
      CAPTURE(epsilon);
      CubicFolds cubic(epsilon);
      const PathResult path = track(cubic, scalar(cubic.root(0.0)), with(kind));
      REQUIRE(path.ok());
      CHECK(path.folds.empty());
      CHECK(path.branch_points.empty());
    }
  }
}

TEST_CASE("every fold has opposite directions of tau at the ends of its bracket") {
  CubicFolds cubic(0.3);
  const PathResult path = track(cubic, scalar(cubic.root(0.0)));
  REQUIRE(path.folds.size() == 2);
  for (const Fold& fold : path.folds) {
    CHECK(fold.bracket_low < fold.bracket_high);
    CHECK(fold.bracket_low <= fold.point.arclength + 1e-9);
    CHECK(fold.point.arclength <= fold.bracket_high + 1e-9);
    int before = 0;
    int after = 0;
    for (const PathPoint& point : path.points) {
      if (point.kind == PointKind::fold) continue;
      if (point.arclength <= fold.bracket_low) before = point.tau_direction;
      if (point.arclength >= fold.bracket_high && after == 0) after = point.tau_direction;
    }
    CHECK(before * after == -1);
  }
}

TEST_CASE("a landing is exact each time the path passes its tau") {
  for (const auto kind : kBoth) {
    TrackOptions options = with(kind);
    CubicFolds cubic(0.5);
    const double between = 0.5;
    options.landings = {0.25, between, 0.75};
    const PathResult path = track(cubic, scalar(cubic.root(0.0)), options);
    REQUIRE(path.ok());
    int passes = 0;
    double previous = 0.0;
    for (const PathPoint& point : path.points) {
      if (point.kind != PointKind::landing || point.tau != between) continue;
      ++passes;
      // the three roots of x^3 - x / 2
      CHECK(std::abs(point.x(0) * (point.x(0) * point.x(0) - 0.5)) <= 1e-15);
      if (passes > 1) CHECK(point.x(0) > previous + 0.5);
      previous = point.x(0);
    }
    CHECK(passes == 3);
  }
}

TEST_CASE("a landing at, or next to, the tau of a fold does not stop the path") {
  for (const auto kind : kBoth) {
    CubicFolds cubic(0.5);
    for (const double offset : {0.0, 1e-15, -1e-15, 1e-12, -1e-12, 1e-9, -1e-9, 1e-6, -1e-6}) {
      CAPTURE(offset);
      TrackOptions options = with(kind);
      options.landings = {cubic.first_fold_tau() + offset, cubic.second_fold_tau() - offset};
      check_landings(track(cubic, scalar(cubic.root(0.0)), options), cubic, offset);
    }
  }
}

TEST_CASE("a thousand landings are all met and change no fold") {
  CubicFolds cubic(0.5);
  TrackOptions options;
  for (int k = 1; k < 1000; ++k) options.landings.push_back(k / 1000.0);
  const PathResult path = track(cubic, scalar(cubic.root(0.0)), options);
  REQUIRE(path.ok());
  CHECK(path.folds.size() == 2);
  // every tau once, those between the folds three times
  long expected = 0;
  for (const double tau : options.landings)
    expected += tau > cubic.second_fold_tau() && tau < cubic.first_fold_tau() ? 3 : 1;
  long landed = 0;
  for (const PathPoint& point : path.points)
    if (point.kind == PointKind::landing && point.tau != 1.0) ++landed;
  CHECK(landed == expected);
}

TEST_CASE("a target beyond the fold is not reached and the path says where it went") {
  Circle circle;
  TrackOptions options;
  options.tau_target = 2.0;
  const PathResult path = track(circle, Circle::x(0.0), options);
  CHECK(path.status == TrackStatus::returned_to_start);
  CHECK_FALSE(path.ok());
  CHECK(path.folds.size() == 1);
  CHECK(std::abs(path.folds[0].point.tau - 1.0) <= 1e-15);
  CHECK(path.message.find("tau left the range") != std::string::npos);
}

TEST_CASE("tau may run downwards from start to target") {
  Circle circle;
  TrackOptions options;
  options.tau_start = 0.5;
  options.tau_target = -0.5;
  const PathResult path = track(circle, scalar(std::sqrt(0.75)), options);
  REQUIRE(path.ok());
  CHECK(path.points.back().tau == -0.5);
  CHECK(path.points.back().x(0) == doctest::Approx(std::sqrt(0.75)).epsilon(1e-14).scale(0.0));
}

TEST_CASE("without a symmetric H_x there is no Morse index") {
  Circle circle;
  TrackOptions options;
  options.tau_target = 0.5;
  const PathResult path = track(circle, Circle::x(0.0), options);
  REQUIRE(path.ok());
  for (const PathPoint& point : path.points) CHECK_FALSE(point.morse_index.has_value());
}

TEST_CASE(
    "the branch point of a pitchfork is passed straight on, located and never called a fold") {
  for (const auto kind : kBoth) {
    Pitchfork pitchfork;
    check_pitchfork(track(pitchfork, scalar(0.0), with(kind)));
  }
}

TEST_CASE("both tangents of a transcritical branch point are found, on either branch") {
  for (const bool diagonal : {false, true}) {
    CAPTURE(diagonal);
    Transcritical crossing;
    check_transcritical(track(crossing, scalar(diagonal ? -0.5 : 0.0)), diagonal);
  }
}

TEST_CASE(
    "a branch point of even multiplicity, blind to the determinant, shows in the Morse index") {
  // (tau - 1/2) x - |x|^2 x in two unknowns: along x = 0 two eigenvalues change sign at once.
  struct DoublePitchfork {
    static Index size() { return 2; }
    static bool symmetric() { return true; }
    static void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
      const double slope = tau - 0.5 - x.squaredNorm();
      H = slope * x;
      H_x = slope * Matrix::Identity(2, 2) - 2.0 * x * x.transpose();
      H_tau = x;
    }
  } pitchfork;
  for (const auto kind : kBoth) {
    const PathResult path = track(pitchfork, Vector::Zero(2), with(kind));
    REQUIRE_MESSAGE(path.ok(), path.message);
    CHECK(path.folds.empty());
    REQUIRE(path.branch_points.size() == 1);
    const BranchPoint& branch = path.branch_points[0];
    CHECK(branch.multiplicity == 2);
    CHECK(branch.index_before == 2);
    CHECK(branch.index_after == 0);
    CHECK(std::abs(branch.point.tau - 0.5) <= 1e-15);
    CHECK(branch.bracket_low <= 0.5);
    CHECK(branch.bracket_high >= 0.5);
    CHECK(branch.precision <= 1e-12);
    CHECK(branch.other_tangent.size() == 0);
  }
}

TEST_CASE("along the branch of a pitchfork that turns, its branch point is no fold") {
  for (const int order : {-1, -2, 0, 12}) {  // the predictors of low order, then series
    CAPTURE(order);
    TrackOptions options = order < 0 ? with(kBoth[-1 - order]) : TrackOptions{};
    if (order >= 0) options.predictor.max_order = order;
    options.tau_start = 1.0;
    options.tau_target = 0.0;
    options.tau_back = 2.0;
    Pitchfork pitchfork;
    SymmetricGeneric<PitchforkEquation> generic(1, PitchforkEquation{});
    const HomotopyRef homotopy = order < 0 ? HomotopyRef(pitchfork) : HomotopyRef(generic);
    const PathResult path = track(homotopy, scalar(std::sqrt(0.5)), options);
    // From x > 0 to x < 0 along x^2 = tau - 1/2.
    CHECK(path.status == TrackStatus::returned_to_start);
    CHECK(path.folds.empty());
    REQUIRE(path.branch_points.size() == 1);
    CHECK(std::abs(path.branch_points[0].point.tau - 0.5) <= 1e-9);
    CHECK(path.points.back().x(0) < -1.0);
  }
}

TEST_CASE("a closed curve ends where it began") {
  for (const auto kind : kBoth) {
    Circle circle;
    TrackOptions options = with(kind);
    options.tau_target = 5.0;
    options.tau_back = -5.0;
    const PathResult path = track(circle, Circle::x(0.3), [&] {
      options.tau_start = Circle::tau(0.3);
      return options;
    }());
    CHECK(path.status == TrackStatus::closed_curve);
    REQUIRE(path.folds.size() == 2);
    CHECK(std::abs(path.folds[0].point.tau - 1.0) <= 1e-15);
    CHECK(std::abs(path.folds[1].point.tau + 1.0) <= 1e-15);
    // Once around, and at most the last step further.
    CHECK(path.points.back().arclength > 2.0 * std::numbers::pi - 1e-6);
    CHECK(path.points[path.points.size() - 2].arclength < 2.0 * std::numbers::pi);
  }
}

TEST_CASE("a target that tau only touches is reached, and the fold there is one") {
  for (const auto kind :
       {PredictorKind::taylor, PredictorKind::tangent, PredictorKind::davidenko}) {
    CAPTURE(to_string(kind));
    SymmetricGeneric<TouchEquation> touch(1, TouchEquation{});
    const PathResult path = track(touch, scalar(-1.0), with(kind));
    CHECK_MESSAGE(path.status == TrackStatus::reached_target, path.message);
    REQUIRE(path.folds.size() == 1);
    CHECK(std::abs(path.folds[0].point.tau - 1.0) <= 1e-15);
    CHECK(std::abs(path.points.back().x(0)) <= 1e-7);
    CHECK(path.message.find("the last of them there") != std::string::npos);
  }
}

TEST_CASE("a start that Newton's method moves far is refused with the limit, which can be moved") {
  Circle circle;
  TrackOptions options = with(PredictorKind::tangent);
  options.tau_target = 0.5;
  const Vector off = Circle::x(0.0) * 1.01;
  const PathResult refused = track(circle, off, options);
  CHECK(refused.status == TrackStatus::invalid_start);
  CHECK(refused.message.find("start_reach = 0.001") != std::string::npos);
  options.start_reach = 0.02;
  CHECK(track(circle, off, options).ok());
  options.start_reach = 0.0;
  CHECK_THROWS_AS((void)track(circle, off, options), std::invalid_argument);
}

TEST_CASE("a stop condition ends a path where it stands, between any two trials") {
  const auto stopped = [](long looks) {
    Circle circle;
    TrackOptions options = with(PredictorKind::tangent);
    options.tau_target = 0.9;
    options.stop = StopCondition::after_looks(looks);
    return track(circle, Circle::x(0.0), options);
  };
  const PathResult whole = stopped(1000);
  REQUIRE(whole.ok());
  const PathResult at_once = stopped(0);
  CHECK(at_once.status == TrackStatus::stopped_by_observer);
  CHECK(at_once.points.size() == 1);
  const PathResult later = stopped(3);
  CHECK(later.status == TrackStatus::stopped_by_observer);
  REQUIRE(later.points.size() == 4);
  for (std::size_t k = 0; k < 4; ++k) CHECK(later.points[k].tau == whole.points[k].tau);
}

TEST_CASE("with a heading a path sets out from a fold, or backwards") {
  Circle circle;
  TrackOptions options = with(PredictorKind::tangent);
  options.tau_start = Circle::fold_tau;
  options.tau_target = 5.0;
  options.tau_back = 0.0;
  for (const double side : {1.0, -1.0}) {
    options.heading = Heading{Eigen::Vector2d(-side, 0.0), -1};
    const PathResult path = track(circle, scalar(0.0), options);
    CHECK(path.status == TrackStatus::returned_to_start);  // tau falls to tau_back
    CHECK(path.folds.empty());
    CHECK(path.points.back().x(0) * side < -0.99);
  }
  options.tau_start = 0.5;
  options.heading = Heading{Eigen::Vector2d(std::tan(std::asin(0.5)), -1.0), -1};
  const PathResult back = track(circle, scalar(std::sqrt(0.75)), options);
  CHECK(back.status == TrackStatus::returned_to_start);
  CHECK(back.points.back().x(0) > 0.99);
  options.heading->tau_direction = 0;
  CHECK_THROWS_AS((void)track(circle, scalar(std::sqrt(0.75)), options), std::invalid_argument);
  options.heading = Heading{scalar(1.0), 1};
  CHECK_THROWS_AS((void)track(circle, scalar(std::sqrt(0.75)), options), std::invalid_argument);
}

TEST_CASE("a near miss of two branches is no branch point: the path stays on its own curve") {
  for (const auto kind : kBoth) {
    for (const double gap : {1e-1, 1e-2, 1e-3}) {
      CAPTURE(gap);
      NearMiss miss{gap};
      TrackOptions options = with(kind);
      const double start = std::sqrt(0.25 + 0.25 * gap * gap);
      const PathResult path = track(miss, scalar(start), options);
      REQUIRE(path.ok());
      CHECK(path.branch_points.empty());
      CHECK(path.folds.empty());
      // upper branch all the way; a jump would end at -start
      CHECK(path.points.back().x(0) == doctest::Approx(start).epsilon(1e-14).scale(0.0));
    }
  }
}

TEST_CASE("a start off the curve is an invalid start") {
  Circle circle;
  const PathResult path = track(circle, scalar(0.5));
  CHECK(path.status == TrackStatus::invalid_start);
  CHECK(path.message.find("not on the curve") != std::string::npos);
  CHECK(path.points.size() == 1);
}

TEST_CASE("where H is not defined the path stops with the last good point, never with NaN") {
  for (const auto kind : kBoth) {
    HalfDefined half;
    check_half_defined(track(half, scalar(0.0), with(kind)));
  }
}

TEST_CASE("a solution that runs to infinity is never reported as reached") {
  for (const auto kind : kBoth) {
    Pole pole;
    TrackOptions options = with(kind);
    options.max_steps = 500;
    check_pole(track(pole, scalar(1.0), options));
  }
}

TEST_CASE("the budget of steps is kept and what was found is kept too") {
  CubicFolds cubic(0.5);
  TrackOptions options;
  options.max_steps = 7;
  const PathResult path = track(cubic, scalar(cubic.root(0.0)), options);
  CHECK(path.status == TrackStatus::max_steps_reached);
  CHECK(path.work.steps + path.work.rejected == 7);
  CHECK(static_cast<long>(path.points.size()) == path.work.steps + 1);
  CHECK(path.message.find("max_steps") != std::string::npos);
}

TEST_CASE("an observer sees every accepted point once and can stop the run") {
  CubicFolds cubic(0.5);
  std::vector<double> seen;
  const PathResult all = track(cubic, scalar(cubic.root(0.0)), {}, [&](const PathPoint& point) {
    seen.push_back(point.arclength);
    return true;
  });
  REQUIRE(all.ok());
  REQUIRE(seen.size() == all.points.size());
  for (std::size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == all.points[i].arclength);

  int count = 0;
  const PathResult stopped =
      track(cubic, scalar(cubic.root(0.0)), {}, [&](const PathPoint&) { return ++count < 4; });
  CHECK(stopped.status == TrackStatus::stopped_by_observer);
  CHECK(stopped.points.size() == 4);
}

TEST_CASE("a range-for walks the path point by point") {
  CubicFolds cubic(0.5);
  Tracker tracker(cubic, scalar(cubic.root(0.0)));
  CHECK(tracker.result().status == TrackStatus::running);
  std::size_t count = 0;
  double last = -1.0;
  for (const PathPoint& point : tracker) {
    CHECK(point.arclength > last);
    last = point.arclength;
    ++count;
  }
  CHECK(tracker.result().ok());
  CHECK(count == tracker.result().points.size());
  CHECK_FALSE(tracker.advance());
  CHECK(tracker.take_result().points.size() == count);
}

TEST_CASE("a range-for over an invalid start visits nothing") {
  Circle circle;
  Tracker tracker(circle, scalar(0.5));
  for (const PathPoint& point : tracker) FAIL("visited tau = " << point.tau);
  CHECK(tracker.result().status == TrackStatus::invalid_start);
}

TEST_CASE("unusable options and starts are refused with the rule they break") {
  Circle circle;
  const auto refused = [&](const TrackOptions& options, const char* word) {
    try {
      (void)track(circle, Circle::x(0.0), options);
      return false;
    } catch (const std::invalid_argument& error) {
      return std::string(error.what()).find(word) != std::string::npos;
    }
  };
  TrackOptions options;
  options.tau_target = 0.0;
  CHECK(refused(options, "tau_target"));
  options = {};
  options.landings = {1.0};
  CHECK(refused(options, "landings"));
  options = {};
  options.landings = {std::numeric_limits<double>::quiet_NaN()};
  CHECK(refused(options, "landings"));
  options = {};
  options.max_steps = 0;
  CHECK(refused(options, "max_steps"));
  options = {};
  options.corrector.tolerance = 0.0;
  CHECK(refused(options, "tolerance"));
  options = {};
  options.step.min = -1.0;
  CHECK(refused(options, "min"));
  options = {};
  options.predictor.max_tries = 0;
  CHECK(refused(options, "max_tries"));
  CHECK_THROWS_AS((void)track(circle, Vector::Zero(2)), std::invalid_argument);
}

TEST_CASE("every status and kind of point has a name of its own") {
  std::vector<std::string_view> names;
  for (const auto status :
       {TrackStatus::not_started, TrackStatus::running, TrackStatus::reached_target,
        TrackStatus::infinite_weights, TrackStatus::unresolved_end, TrackStatus::step_too_small,
        TrackStatus::singular_jacobian, TrackStatus::max_steps_reached, TrackStatus::invalid_start,
        TrackStatus::returned_to_start, TrackStatus::closed_curve,
        TrackStatus::stopped_by_observer})
    names.push_back(to_string(status));
  for (const auto kind :
       {PointKind::regular, PointKind::start, PointKind::landing, PointKind::fold})
    names.push_back(to_string(kind));
  for (std::size_t i = 0; i < names.size(); ++i) {
    CHECK(names[i] != "unknown");
    for (std::size_t j = 0; j < i; ++j) CHECK(names[i] != names[j]);
  }
  CHECK(PathResult{}.status == TrackStatus::not_started);
  CHECK_FALSE(PathResult{}.ok());
}

// --------------------------------------------------------------------- the same problems by series

namespace {

/// What the series of the equations of known_problems.hpp are followed with.
TrackOptions by_series(int max_order = 0) {
  TrackOptions options = with(PredictorKind::taylor);
  options.predictor.max_order = max_order;
  return options;
}

constexpr int kOrders[] = {0, 6, 9, 12, 17, 24};

/// (tau - 1/2) x - |x|^2 x in two unknowns.
struct DoublePitchforkEquations {
  template <class Scalar>
  void operator()(std::span<const Scalar> x, const Scalar& tau, std::span<Scalar> H) const {
    const Scalar slope = tau - 0.5 - x[0] * x[0] - x[1] * x[1];
    H[0] = slope * x[0];
    H[1] = slope * x[1];
  }
};

struct NearMissEquation {
  double gap;
  template <class Scalar>
  void operator()(std::span<const Scalar> x, const Scalar& tau, std::span<Scalar> H) const {
    const Scalar t = tau - 0.5;
    H[0] = x[0] * x[0] - t * t - 0.25 * gap * gap;
  }
};

struct PoleEquation {
  template <class Scalar>
  void operator()(std::span<const Scalar> x, const Scalar& tau, std::span<Scalar> H) const {
    H[0] = x[0] * (1.0 - tau) - 1.0;
  }
};

struct LineEquations {
  template <class Scalar>
  void operator()(std::span<const Scalar> x, const Scalar& tau, std::span<Scalar> H) const {
    H[0] = x[0] - tau;
    H[1] = x[1] + 2.0 * tau;
  }
};

/// H = x - tau up to tau = 0.6; not defined beyond.
struct HalfDefinedEquation {
  template <class Scalar>
  void operator()(std::span<const Scalar> x, const Scalar& tau, std::span<Scalar> H) const {
    const double bad =
        static_cast<double>(tau) > 0.6 ? std::numeric_limits<double>::quiet_NaN() : 1.0;
    H[0] = bad * (x[0] - tau);
  }
};

}  // namespace

TEST_CASE("by series: a straight curve is followed to the target, exactly, in two steps at most") {
  for (const int order : kOrders) {
    CAPTURE(order);
    GenericHomotopy line(2, LineEquations{});
    const PathResult path = track(line, Vector::Zero(2), by_series(order));
    REQUIRE(path.ok());
    CHECK(path.points.back().tau == 1.0);
    CHECK((path.points.back().x - Eigen::Vector2d(1.0, -2.0)).norm() <= 1e-15);
    CHECK(path.points.back().arclength ==
          doctest::Approx(std::sqrt(6.0)).epsilon(1e-13).scale(0.0));
    CHECK(path.work.steps <= 2);  // of at most 2
    CHECK(path.work.rejected == 0);
  }
}

TEST_CASE("by series: both folds of a cubic are found to full accuracy, however close they are") {
  for (const int order : kOrders) {
    for (const double epsilon : {1.0, 1e-1, 1e-2, 1e-3, 1e-4}) {
      CAPTURE(order);
      CAPTURE(epsilon);
      const CubicFolds known(epsilon);
      SymmetricGeneric<CubicEquation> cubic(1, CubicEquation{epsilon});
      const PathResult path = track(cubic, scalar(known.root(0.0)), by_series(order));
      REQUIRE_MESSAGE(path.ok(), path.message);
      REQUIRE(path.folds.size() == 2);
      CHECK(path.branch_points.empty());
      const Fold& first = path.folds[0];
      const Fold& second = path.folds[1];
      CHECK(std::abs(first.point.tau - known.first_fold_tau()) <= 4e-16);
      CHECK(std::abs(second.point.tau - known.second_fold_tau()) <= 4e-16);
      CHECK(std::abs(first.point.x(0) + known.fold_x()) <= 1e-13);
      CHECK(std::abs(second.point.x(0) - known.fold_x()) <= 1e-13);
      CHECK(first.second_derivative ==
            doctest::Approx(-6.0 * known.fold_x()).epsilon(1e-6).scale(0.0));
      CHECK(second.second_derivative ==
            doctest::Approx(6.0 * known.fold_x()).epsilon(1e-6).scale(0.0));
      CHECK(first.index_before == 0);
      CHECK(first.index_after == 1);
      CHECK(second.index_before == 1);
      CHECK(second.index_after == 0);
      CHECK(std::abs(path.points.back().x(0) - known.root(1.0)) <= 1e-15);
      for (const PathPoint& point : path.points)
        CHECK(std::abs(known.tau(point.x(0)) - point.tau) <= 1e-10);
    }
  }
}

TEST_CASE("by series: a cubic without folds has none reported, however nearly it folds") {
  for (const int order : kOrders) {
    for (const double epsilon : {-1e-1, -1e-3, -1e-6}) {
      CAPTURE(order);
      CAPTURE(epsilon);
      const CubicFolds known(epsilon);
      GenericHomotopy cubic(1, CubicEquation{epsilon});
      const PathResult path = track(cubic, scalar(known.root(0.0)), by_series(order));
      REQUIRE_MESSAGE(path.ok(), path.message);
      CHECK(path.folds.empty());
      CHECK(path.branch_points.empty());
      CHECK(std::abs(path.points.back().x(0) - known.root(1.0)) <= 1e-14);
    }
  }
}

TEST_CASE("by series: the circle turns at its fold and returns, one way and the other") {
  for (const int order : kOrders) {
    CAPTURE(order);
    GenericHomotopy circle(1, CircleEquation{});
    TrackOptions options = by_series(order);
    options.tau_target = 2.0;
    const PathResult path = track(circle, Circle::x(0.0), options);
    CHECK(path.status == TrackStatus::returned_to_start);
    REQUIRE(path.folds.size() == 1);
    CHECK(std::abs(path.folds[0].point.tau - 1.0) <= 2.3e-16);
    CHECK(path.points.back().tau < 0.0);
    CHECK(path.points.back().x(0) < 0.0);
    options.tau_start = 0.5;
    options.tau_target = -0.5;
    const PathResult down = track(circle, scalar(std::sqrt(0.75)), options);
    REQUIRE(down.ok());
    CHECK(down.folds.empty());
    CHECK(down.points.back().tau == -0.5);
    CHECK(down.points.back().x(0) == doctest::Approx(std::sqrt(0.75)).epsilon(1e-14).scale(0.0));
  }
}

TEST_CASE("by series: the fold of a parabola in two unknowns") {
  for (const int order : kOrders) {
    CAPTURE(order);
    SymmetricGeneric<TiltedParabolaEquations> parabola(2, TiltedParabolaEquations{});
    const PathResult path = track(parabola, TiltedParabola::start(), by_series(order));
    CHECK(path.status == TrackStatus::returned_to_start);
    REQUIRE(path.folds.size() == 1);
    CHECK(std::abs(path.folds[0].point.tau - TiltedParabola::fold_tau) <= 2.3e-16);
    CHECK(path.folds[0].index_before == 0);
    CHECK(path.folds[0].index_after == 1);
  }
}

TEST_CASE("by series: a thousand landings are all met and change no fold") {
  const CubicFolds known(0.5);
  SymmetricGeneric<CubicEquation> cubic(1, CubicEquation{0.5});
  TrackOptions options = by_series();
  long expected = 0;
  for (int k = 1; k < 1000; ++k) {
    const double tau = k / 1000.0;
    options.landings.push_back(tau);
    expected += tau > known.second_fold_tau() && tau < known.first_fold_tau() ? 3 : 1;
  }
  const PathResult path = track(cubic, scalar(known.root(0.0)), options);
  REQUIRE_MESSAGE(path.ok(), path.message);
  CHECK(path.folds.size() == 2);
  long landed = 0;
  double last = -2.0;
  for (const PathPoint& point : path.points) {
    CHECK(point.x(0) > last);
    last = point.x(0);
    if (point.kind != PointKind::landing || point.tau == 1.0) continue;
    ++landed;
    CHECK(std::abs(known.tau(point.x(0)) - point.tau) <= 1e-15);
  }
  CHECK(landed == expected);
}

TEST_CASE("by series: a landing at, or next to, the tau of a fold does not stop the path") {
  const CubicFolds known(0.5);
  for (const double offset : {0.0, 1e-15, -1e-15, 1e-12, -1e-12, 1e-9, -1e-9, 1e-6, -1e-6}) {
    CAPTURE(offset);
    SymmetricGeneric<CubicEquation> cubic(1, CubicEquation{0.5});
    TrackOptions options = by_series();
    options.landings = {known.first_fold_tau() + offset, known.second_fold_tau() - offset};
    check_landings(track(cubic, scalar(known.root(0.0)), options), known, offset);
  }
}

TEST_CASE("by series: the branch point of a pitchfork is passed straight on, located, no fold") {
  for (const int order : kOrders) {
    CAPTURE(order);
    SymmetricGeneric<PitchforkEquation> pitchfork(1, PitchforkEquation{});
    check_pitchfork(track(pitchfork, scalar(0.0), by_series(order)));
  }
}

TEST_CASE("by series: both tangents of a transcritical branch point, on either branch") {
  for (const bool diagonal : {false, true}) {
    for (const int order : kOrders) {
      CAPTURE(diagonal);
      CAPTURE(order);
      SymmetricGeneric<TranscriticalEquation> crossing(1, TranscriticalEquation{});
      check_transcritical(track(crossing, scalar(diagonal ? -0.5 : 0.0), by_series(order)),
                          diagonal);
    }
  }
}

TEST_CASE("by series: a branch point of even multiplicity shows in the Morse index") {
  for (const int order : kOrders) {
    CAPTURE(order);
    SymmetricGeneric<DoublePitchforkEquations> pitchfork(2, DoublePitchforkEquations{});
    const PathResult path = track(pitchfork, Vector::Zero(2), by_series(order));
    REQUIRE_MESSAGE(path.ok(), path.message);
    CHECK(path.folds.empty());
    REQUIRE(path.branch_points.size() == 1);
    const BranchPoint& branch = path.branch_points[0];
    CHECK(branch.multiplicity == 2);
    CHECK(branch.index_before == 2);
    CHECK(branch.index_after == 0);
    CHECK(branch.bracket_low <= 0.5);
    CHECK(branch.bracket_high >= 0.5);
    CHECK(branch.precision <= 1e-12);
    CHECK(std::abs(branch.point.tau - 0.5) <= 1e-15);
  }
}

TEST_CASE("by series: a near miss of two branches is no branch point") {
  for (const int order : kOrders) {
    for (const double gap : {1e-1, 1e-2, 1e-3, 1e-4}) {
      CAPTURE(order);
      CAPTURE(gap);
      GenericHomotopy miss(1, NearMissEquation{gap});
      const double start = std::sqrt(0.25 + 0.25 * gap * gap);
      const PathResult path = track(miss, scalar(start), by_series(order));
      REQUIRE_MESSAGE(path.ok(), path.message);
      CHECK(path.branch_points.empty());
      CHECK(path.folds.empty());
      CHECK(path.points.back().x(0) == doctest::Approx(start).epsilon(1e-14).scale(0.0));
    }
  }
}

TEST_CASE("by series: where H is not defined the path stops with the last good point") {
  for (const int order : kOrders) {
    CAPTURE(order);
    GenericHomotopy half(1, HalfDefinedEquation{});
    check_half_defined(track(half, scalar(0.0), by_series(order)));
  }
}

TEST_CASE("by series: a solution that runs to infinity is never reported as reached") {
  for (const int order : kOrders) {
    CAPTURE(order);
    GenericHomotopy pole(1, PoleEquation{});
    TrackOptions options = by_series(order);
    options.max_steps = 500;
    check_pole(track(pole, scalar(1.0), options));
  }
}

TEST_CASE("a homotopy without series is followed by the tangent where series are asked for") {
  const CubicFolds known(0.3);
  CubicFolds cubic(0.3);
  const PathResult asked = track(cubic, scalar(known.root(0.0)), with(PredictorKind::taylor));
  TrackOptions options = with(PredictorKind::tangent);
  const PathResult tangent = track(cubic, scalar(known.root(0.0)), options);
  REQUIRE(asked.ok());
  CHECK(asked.points.size() == tangent.points.size());
  CHECK(asked.folds.size() == 2);
}

TEST_CASE("without a series no factorisation is used again, whatever predictor was asked for") {
  /// A cubic with folds that offers H alone, but no series.
  struct WithResidual : CubicFolds {
    using CubicFolds::CubicFolds;
    int residuals = 0;
    void residual(const Vector& x, double tau, Vector& H) {
      ++residuals;
      H(0) = x(0) * x(0) * x(0) - 0.3 * x(0) - (tau - 0.5);
    }
  };
  for (const auto kind :
       {PredictorKind::taylor, PredictorKind::tangent, PredictorKind::davidenko}) {
    CAPTURE(to_string(kind));
    WithResidual cubic(0.3);
    const PathResult path = track(cubic, scalar(cubic.root(0.0)), with(kind));
    REQUIRE(path.ok());
    CHECK(path.folds.size() == 2);
    CHECK(cubic.residuals == 0);
  }
}

}  // namespace tracker_test
