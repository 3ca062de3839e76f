#include "explore/newton_curve.hpp"

#include <cmath>
#include <limits>

#include "tautrack/tracker/tracker.hpp"

namespace tautrack {

namespace {

/// Where lambda and its rate of change are below this part of what the gradient is summed from, the
/// curve cannot be told from its neighbours in double precision.
constexpr double kFaded = 1e-12;

/// Weights this many times as large as those of the start are beyond all bounds.
constexpr double kFarAway = 1e8;

/// A landing this close to the start, as displacement() measures it, is the start.
constexpr double kSamePoint = 1e-6;

HalfTrace trace_half(NewtonHomotopy& homotopy, const Vector& v, double side, int max_steps,
                     const std::function<bool()>& should_stop, long& steps) {
  const Index n = v.size();
  TrackOptions options;
  options.tau_target = side * std::numeric_limits<double>::infinity();
  options.landings = {0.0};
  options.locate_folds = false;
  options.max_steps = max_steps;
  Tracker tracker(homotopy, v, options);
  HalfTrace half;
  const double far_away = kFarAway * homotopy.scales(v, 0.0).unknown;
  bool goes_on = true;
  while (goes_on && tracker.advance()) {
    const PathPoint& point = tracker.point();
    const double scale = point.scales.parameter;
    const bool faded =
        std::abs(point.tau) <= kFaded * scale && std::abs(point.tangent(n)) <= kFaded * scale;
    if (faded || !(point.x.norm() < far_away)) {
      half.end = TraceEnd::ran_away;
      goes_on = false;
    } else if (point.kind == PointKind::landing) {
      if (homotopy.displacement(v, point.x - v) <= kSamePoint) {
        half.end = TraceEnd::closed;
        goes_on = false;
      } else {
        half.landings.push_back({point.x, point.morse_index});
      }
    }
    if (goes_on && should_stop()) {
      half.end = TraceEnd::budget;
      goes_on = false;
    }
  }
  if (goes_on)
    half.end = tracker.result().status == TrackStatus::max_steps_reached ? TraceEnd::budget
                                                                         : TraceEnd::failed;
  half.v = tracker.point().x;
  half.tangent = tracker.point().tangent.head(n);
  steps += tracker.result().work.steps + tracker.result().work.rejected;
  return half;
}

}  // namespace

CurveTrace trace_newton_curve(NewtonHomotopy& homotopy, const Vector& v, int max_steps,
                              const std::function<bool()>& should_stop) {
  CurveTrace trace;
  // The metric of the start is that of the last evaluation.
  Vector H(v.size());
  homotopy.residual(v, 0.0, H);
  for (const double side : {1.0, -1.0}) {
    trace.halves.push_back(trace_half(homotopy, v, side, max_steps, should_stop, trace.steps));
    const TraceEnd end = trace.halves.back().end;
    if (end == TraceEnd::closed || end == TraceEnd::budget) break;
  }
  return trace;
}

}  // namespace tautrack
