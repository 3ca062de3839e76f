#include "explore/curves.hpp"

#include <algorithm>
#include <cmath>
#include <deque>

#include "tautrack/tracker/tracker.hpp"

#include "core/numbers.hpp"
#include "corrector/newton.hpp"
#include "explore/landscape.hpp"

namespace tautrack {

namespace {

/// Where lambda and its rate of change are below this part of what the gradient is summed from, the
/// curve cannot be told from its neighbours in double precision.
constexpr double kFaded = 1e-12;

/// The last piece of a curve is looked for whenever lambda has fallen to this part of what it was.
constexpr double kLookAgain = 0.1;

/// A landing this close to the start, as displacement() measures it, is the start.
constexpr double kSamePoint = 1e-6;

/// Where what the gradient is summed from is below this part of what it was, all patterns are
/// saturated.
constexpr double kFadedTargets = 1e-25;

/// Parameters of target curves and of natural paths beyond tau = 1 that are of interest.
constexpr double kTargetsLow = -1e-3, kTargetsHigh = 1e4;
constexpr double kTauLow = 0.0, kTauHigh = 2.0;

/// Branch points that are followed up, and how far from them, in the metric.
constexpr std::size_t kMostBranchPoints = 16;
constexpr double kBesideBranchPoint = 1e-3;

/// Follows a curve from (x, tau) without an end of its own. `judge` sees every accepted point and says
/// why to stop, if so.
template <class Judge>
HalfTrace trace(HomotopyRef homotopy, const Vector& x, double tau, double side, double landing,
                bool locate_folds, int max_steps, const Judge& judge, const StopCondition& stop,
                PathResult* result = nullptr) {
  HalfTrace half;
  if (stop.is_met()) {
    half.end = TraceEnd::budget;
    half.v = x;
    half.tangent = Vector::Zero(x.size());
    return half;
  }
  TrackOptions options;
  options.tau_start = tau;
  options.tau_target = side * kInfinity;
  options.landings = {landing};
  options.locate_folds = locate_folds;
  options.max_steps = max_steps;
  Tracker tracker(homotopy, x, options);
  bool goes_on = true;
  while (goes_on && tracker.advance()) {
    const PathPoint& point = tracker.point();
    std::optional<TraceEnd> end = judge(point);
    if (!end && point.kind == PointKind::landing)
      half.landings.push_back({point.x, point.morse_index});
    if (!end && stop.is_met()) end = TraceEnd::budget;
    if (end) {
      half.end = *end;
      goes_on = false;
    }
  }
  if (goes_on)
    half.end = tracker.result().status == TrackStatus::max_steps_reached ? TraceEnd::budget
                                                                         : TraceEnd::failed;
  half.v = tracker.point().x;
  half.tangent = tracker.point().tangent.head(x.size());
  half.steps = tracker.result().work.steps + tracker.result().work.rejected;
  if (result != nullptr) *result = tracker.take_result();
  return half;
}

/// Whether a target curve runs along saturated patterns: all of them, or those that still move, so that
/// the targets stand still to rounding and the direction is lost in it.
bool has_faded(const PathPoint& point, double faded) {
  const Index n = point.x.size();
  return !(point.residual_scale > faded * (1.0 + std::abs(point.tau))) ||
         std::abs(point.tangent(n)) <= kFaded * point.scales.parameter ||
         point.reciprocal_condition <= kFaded;
}

/// A place on a branch that leaves a branch point, and the way on.
struct BranchStart {
  Vector x;
  double tau = 0.0;
  double side = 1.0;  ///< Direction of tau on the way away from the branch point.
};

/// Corrects a place beside the branch point z = (x, tau) along the branch's tangent t, both n + 1.
std::optional<BranchStart> set_out(AnyNaturalHomotopy& homotopy, const Vector& z, const Vector& t) {
  const Index n = homotopy.size();
  Corrector corrector(homotopy, {});
  BranchStart start;
  start.x = z.head(n);
  start.tau = z(n);
  const MetricScales scales = homotopy.scales(start.x, start.tau);
  const Vector unit = t / metric_norm(t, scales);
  start.x += kBesideBranchPoint * unit.head(n);
  start.tau += kBesideBranchPoint * unit(n);
  if (!corrector.correct(start.x, start.tau, Constraint::hyperplane, unit, scales, true)
           .converged ||
      !corrector.linearise(start.x, start.tau, unit, scales))
    return std::nullopt;
  Vector tangent(n + 1);
  corrector.tangent(tangent);
  if (!tangent.allFinite() || !(start.tau > 0.0 && start.tau < 1.0)) return std::nullopt;
  start.side = tangent(n) < 0.0 ? -1.0 : 1.0;
  return start;
}

}  // namespace

std::vector<HalfTrace> trace_newton_curve(NewtonHomotopy& homotopy, const Vector& v,
                                          const Landscape& landscape, int max_steps,
                                          const StopCondition& stop) {
  const Index n = v.size();
  const double bound = landscape.far_away() * homotopy.scales(v, 0.0).unknown;
  double looked_at = kInfinity;    // |lambda|
  std::optional<Vector> last_way;  // of v, once it is on the last piece
  const auto is_on_last_piece = [&](const PathPoint& point) {
    const double size = std::abs(point.tau);
    if (!(point.tau * point.tangent(n) < 0.0) || point.kind == PointKind::landing) {
      looked_at = kInfinity;
      return false;
    }
    if (!(size <= kLookAgain * looked_at)) return false;
    looked_at = size;
    last_way = landscape.newton_asymptote(point.x, point.tau, homotopy.direction());
    return last_way.has_value();
  };
  const auto judge = [&](const PathPoint& point) -> std::optional<TraceEnd> {
    const double faded = kFaded * point.scales.parameter;
    if (std::abs(point.tau) <= faded && std::abs(point.tangent(n)) <= faded)
      return TraceEnd::ran_away;
    if (!(point.x.norm() < bound)) return TraceEnd::ran_away;
    if (point.kind == PointKind::landing && homotopy.displacement(v, point.x - v) <= kSamePoint)
      return TraceEnd::closed;
    if (is_on_last_piece(point)) return TraceEnd::ran_away;
    return std::nullopt;
  };
  std::vector<HalfTrace> halves;
  // The metric of the start is that of the last evaluation.
  Vector H(n);
  for (const double side : {1.0, -1.0}) {
    homotopy.residual(v, 0.0, H);
    looked_at = kInfinity;
    last_way.reset();
    HalfTrace& half =
        halves.emplace_back(trace(homotopy, v, 0.0, side, 0.0, false, max_steps, judge, stop));
    if (last_way) half.tangent = std::move(*last_way);
    if (half.end == TraceEnd::closed || half.end == TraceEnd::budget) break;
  }
  return halves;
}

std::vector<HalfTrace> trace_target_curve(TargetHomotopy& homotopy, const Vector& v, int max_steps,
                                          const StopCondition& stop) {
  Vector H(v.size());
  homotopy.residual(v, 0.0, H);
  const double faded = kFadedTargets * homotopy.residual_scale(v, 0.0);
  const auto judge = [&](const PathPoint& point) -> std::optional<TraceEnd> {
    if (has_faded(point, faded)) return TraceEnd::ran_away;
    if (std::abs(point.tau) > kTargetsHigh) return TraceEnd::left;
    if (point.kind == PointKind::landing && homotopy.displacement(v, point.x - v) <= kSamePoint)
      return TraceEnd::closed;
    return std::nullopt;
  };
  std::vector<HalfTrace> halves;
  for (const double side : {1.0, -1.0}) {
    halves.push_back(trace(homotopy, v, 0.0, side, 0.0, false, max_steps, judge, stop));
    const TraceEnd end = halves.back().end;
    if (end == TraceEnd::closed || end == TraceEnd::budget) break;
  }
  return halves;
}

HalfTrace trace_from_anywhere(const AnyNetwork& start, const AnyNetwork& network, const Vector& v,
                              int max_steps, const StopCondition& stop) {
  TargetHomotopy homotopy(start, network);
  const double faded = kFadedTargets * network.total_pattern_weight();
  const auto judge = [&](const PathPoint& point) -> std::optional<TraceEnd> {
    if (has_faded(point, faded)) return TraceEnd::ran_away;
    if (point.tau < kTargetsLow || point.tau > kTargetsHigh) return TraceEnd::left;
    return std::nullopt;
  };
  return trace(homotopy, v, 0.0, 1.0, 1.0, false, max_steps, judge, stop);
}

HalfTrace trace_beyond_arrival(const AnyNetwork& network, const Vector& v, double far_away,
                               int max_steps, const StopCondition& stop) {
  AnyNaturalHomotopy homotopy(network, 1, 1.0);
  const double bound = far_away * homotopy.scales(v, 1.0).unknown;
  const auto judge = [&](const PathPoint& point) -> std::optional<TraceEnd> {
    if (!(point.x.norm() < bound)) return TraceEnd::ran_away;
    if (point.tau < kTauLow || point.tau > kTauHigh) return TraceEnd::left;
    return std::nullopt;
  };
  return trace(homotopy, v, 1.0, 1.0, 1.0, false, max_steps, judge, stop);
}

std::vector<HalfTrace> trace_branches(const AnyNetwork& network, const NaturalPath& path,
                                      int max_steps, const StopCondition& stop) {
  const Index n = network.unknowns();
  AnyNaturalHomotopy homotopy(network);
  struct Crossing {
    Vector point, tangent;  // n + 1
  };
  std::deque<Crossing> waiting;
  for (const NaturalBranchPoint& branch : path.branch_points) {
    if (!branch.other_tangent) continue;
    const Index s = branch.point.weights.size();
    Crossing crossing{Vector(n + 1), Vector(n + 1)};
    crossing.point << network.coordinates(branch.point.weights), branch.point.tau;
    crossing.tangent << network.coordinates(branch.other_tangent->head(s)),
        (*branch.other_tangent)(s);
    waiting.push_back(std::move(crossing));
  }
  const auto judge = [](const PathPoint& point) -> std::optional<TraceEnd> {
    if (point.tau <= 0.0) return TraceEnd::left;
    return std::nullopt;
  };
  std::vector<HalfTrace> halves;
  std::vector<Vector> seen;
  while (!waiting.empty() && seen.size() < kMostBranchPoints && !stop.is_met()) {
    const Crossing crossing = std::move(waiting.front());
    waiting.pop_front();
    const bool known = std::any_of(seen.begin(), seen.end(), [&](const Vector& z) {
      return (z - crossing.point).norm() <= kSamePoint * (1.0 + z.norm());
    });
    if (known) continue;
    seen.push_back(crossing.point);
    for (const double way : {1.0, -1.0}) {
      const auto start = set_out(homotopy, crossing.point, way * crossing.tangent);
      if (!start) continue;
      bool arrived = false;
      const auto until_arrival = [&](const PathPoint& point) -> std::optional<TraceEnd> {
        if (arrived) return TraceEnd::left;
        arrived = point.kind == PointKind::landing;
        return judge(point);
      };
      PathResult result;
      halves.push_back(trace(homotopy, start->x, start->tau, start->side, 1.0, true, max_steps,
                             until_arrival, stop, &result));
      for (const BranchPoint& branch : result.branch_points) {
        if (branch.other_tangent.size() == 0) continue;
        Vector z(n + 1);
        z << branch.point.x, branch.point.tau;
        waiting.push_back({z, branch.other_tangent});
      }
    }
  }
  return halves;
}

}  // namespace tautrack
