#include "xor_curves.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include <Eigen/Dense>

#include "tautrack/tracker/tracker.hpp"

namespace tautrack::program {
namespace {

/// How far from a pitchfork the other curve is taken up, in the metric: tau then differs by the square of that.
constexpr double beside_pitchfork = 5e-3;

/// The natural homotopy of a hidden layer for curves that pass tau = 1 instead of arriving there.
class TauHomotopy {
 public:
  explicit TauHomotopy(const HiddenLayer& network) : network_(network), work_(network) {}

  [[nodiscard]] Index size() const { return network_.unknowns(); }
  [[nodiscard]] bool symmetric() const { return true; }
  void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    scale_ = network_.derivatives(x, tau, work_, H, H_x, H_tau);
  }
  void residual(const Vector& x, double tau, Vector& H) {
    scale_ = network_.gradient(x, tau, work_, H);
  }
  [[nodiscard]] double residual_scale(const Vector&, double) const { return scale_; }
  [[nodiscard]] double append_series(int k, const Vector& x_k, double tau_k, Vector& rest) {
    return network_.append_series(k, x_k, tau_k, work_, rest);
  }
  [[nodiscard]] MetricScales scales(const Vector& x, double) const {
    return {std::sqrt(network_.total_pattern_weight() + x.squaredNorm()), 1.0};
  }

  [[nodiscard]] CurvePlace place(const Vector& x, double tau) {
    return {tau, network_.energy(x, tau, work_), network_.weights(x).norm()};
  }

 private:
  const HiddenLayer& network_;
  HiddenLayer::Workspace work_;
  double scale_ = 0.0;
};

/// The gradient at tau = 1 and the logarithm of the ridge: H = H_bare + exp(t) penalty x.
class RidgeHomotopy {
 public:
  RidgeHomotopy(const HiddenLayer& bare, const Matrix& penalty)
      : bare_(bare), penalty_(penalty), work_(bare) {}

  [[nodiscard]] Index size() const { return bare_.unknowns(); }
  [[nodiscard]] bool symmetric() const { return true; }
  void derivatives(const Vector& x, double t, Vector& H, Matrix& H_x, Vector& H_t) {
    bare_.derivatives(x, 1.0, work_, H, H_x, H_t);
    const double ridge = std::exp(t);
    H_t = ridge * (penalty_ * x);
    H += H_t;
    H_x += ridge * penalty_;
  }
  [[nodiscard]] MetricScales scales(const Vector& x, double) const {
    return {std::sqrt(bare_.total_pattern_weight() + x.squaredNorm()), 1.0};
  }

  [[nodiscard]] CurvePlace place(const Vector& x, double t) {
    const double ridge = std::exp(t);
    return {ridge, bare_.energy(x, 1.0, work_) + 0.5 * ridge * x.dot(penalty_ * x),
            bare_.weights(x).norm()};
  }

 private:
  const HiddenLayer& bare_;
  const Matrix& penalty_;
  HiddenLayer::Workspace work_;
};

/// What happened on a path, in its order.
template <class PathHomotopy>
std::vector<std::pair<double, CurveEvent>> events_of(PathHomotopy& homotopy,
                                                     const PathResult& path) {
  std::vector<std::pair<double, CurveEvent>> events;
  const Index n = homotopy.size();
  for (const Fold& fold : path.folds)
    events.push_back({fold.point.arclength,
                      {CurveEventKind::fold, homotopy.place(fold.point.x, fold.point.tau),
                       fold.point.x, Vector()}});
  for (const BranchPoint& branch : path.branch_points) {
    // On the curve with more symmetry an eigenvalue changes its sign; on the other one it touches zero.
    const bool meets = branch.index_before == branch.index_after;
    events.push_back(
        {branch.point.arclength,
         {meets ? CurveEventKind::meeting : CurveEventKind::pitchfork,
          homotopy.place(branch.point.x, branch.point.tau), branch.point.x,
          branch.other_tangent.size() > 0 ? Vector(branch.other_tangent.head(n)) : Vector()}});
  }
  std::sort(events.begin(), events.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return events;
}

/// Follows a curve to an end of the parameter, a landing, or, if asked, the first fold.
template <class PathHomotopy>
FollowedCurve follow_curve(PathHomotopy& homotopy, const Vector& x, const TrackOptions& options,
                           bool ends_at_fold) {
  const auto is_end = [&](const PathPoint& point) {
    return point.kind == PointKind::landing || (ends_at_fold && point.kind == PointKind::fold);
  };
  const PathResult path =
      track(homotopy, x, options, [&](const PathPoint& point) { return !is_end(point); });
  FollowedCurve curve;
  curve.message = path.message;
  const std::vector<std::pair<double, CurveEvent>> events = events_of(homotopy, path);
  std::size_t next = 0;
  curve.stretches.push_back({path.points.front().morse_index.value_or(-1), {}});
  for (const PathPoint& point : path.points) {
    for (; next < events.size() && events[next].first <= point.arclength; ++next) {
      const CurveEvent& event = events[next].second;
      curve.events.push_back(event);
      curve.stretches.back().places.push_back(event.place);
      if (event.kind == CurveEventKind::meeting ||
          (ends_at_fold && event.kind == CurveEventKind::fold))
        return curve;
      curve.stretches.push_back({-1, {event.place}});
    }
    if (point.kind == PointKind::fold) continue;
    CurveStretch& stretch = curve.stretches.back();
    if (point.morse_index) stretch.index = *point.morse_index;
    stretch.places.push_back(homotopy.place(point.x, point.tau));
  }
  const PathPoint& last = path.points.back();
  if (path.ok() || last.kind == PointKind::landing) curve.end = last.x;
  return curve;
}

/// A point on the other curve at a pitchfork: H = 0 in the hyperplane across it.
template <class PathHomotopy>
std::pair<Vector, double> beside(PathHomotopy& homotopy, const CurveEvent& pitchfork,
                                 double parameter) {
  constexpr int steps = 8;  // Newton's method: from the fourth digit on they double.
  const Index n = homotopy.size();
  const Vector way =
      pitchfork.across * (beside_pitchfork * homotopy.scales(pitchfork.x, parameter).unknown /
                          pitchfork.across.norm());
  const Vector middle = pitchfork.x + way;
  Vector x = middle, H(n), H_parameter(n), right(n + 1);
  Matrix H_x(n, n), bordered(n + 1, n + 1);
  for (int step = 0; step < steps; ++step) {
    homotopy.derivatives(x, parameter, H, H_x, H_parameter);
    bordered << H_x, H_parameter, way.transpose(), 0.0;
    right << H, way.dot(x - middle);
    const Vector move = bordered.partialPivLu().solve(right);
    x -= move.head(n);
    parameter -= move(n);
  }
  return {x, parameter};
}

/// Sets out from a pitchfork, towards the side on which the other curve lies.
template <class PathHomotopy>
FollowedCurve follow_other(PathHomotopy& homotopy, const CurveEvent& pitchfork, double parameter,
                           double low, double high, TrackOptions options, bool ends_at_fold) {
  const auto [x, start] = beside(homotopy, pitchfork, parameter);
  const bool rises = start > parameter;
  Heading heading;
  heading.tangent.resize(homotopy.size() + 1);
  heading.tangent << pitchfork.across, 0.0;
  heading.tau_direction = rises ? 1 : -1;
  options.heading = heading;
  options.tau_start = start;
  options.tau_target = rises ? high : low;
  options.tau_back = rises ? low : high;
  FollowedCurve curve = follow_curve(homotopy, x, options, ends_at_fold);
  CurveStretch& first = curve.stretches.front();
  first.places.insert(first.places.begin(), pitchfork.place);
  return curve;
}

constexpr double beyond_one = 2.0;  ///< Curves in tau are to land at 1, not to end there.

TrackOptions tau_options() {
  TrackOptions options;
  options.predictor.max_order = 6;  // Short steps, to be drawn.
  options.predictor.series_tolerance = 1e-8;
  options.landings = {1.0};
  return options;
}

TrackOptions ridge_options() {
  TrackOptions options;
  options.predictor.kind = PredictorKind::davidenko;
  options.step.max = 0.1;  // In log ridge: short steps, to be drawn.
  return options;
}

HiddenLayerOptions with_ridge(HiddenLayerOptions options, double ridge) {
  options.ridge_hidden = options.ridge_output = options.ridge_bias = ridge;
  return options;
}

/// The Hessian of the same network at w = 0.
Matrix hessian_at_zero(const HiddenLayer& network) {
  const Index n = network.unknowns();
  HiddenLayer::Workspace work(network);
  Vector H(n), H_tau(n);
  Matrix H_x(n, n);
  network.derivatives(Vector::Zero(n), 1.0, work, H, H_x, H_tau);
  return H_x;
}

}  // namespace

FollowedCurve follow_in_tau(const HiddenLayer& network, const Vector& x) {
  TauHomotopy homotopy(network);
  TrackOptions options = tau_options();
  options.tau_start = 1.0;
  options.tau_target = 0.0;
  options.tau_back = beyond_one;
  return follow_curve(homotopy, x, options, false);
}

FollowedCurve follow_in_tau(const HiddenLayer& network, const CurveEvent& pitchfork) {
  TauHomotopy homotopy(network);
  return follow_other(homotopy, pitchfork, pitchfork.place.at, 0.0, beyond_one, tau_options(),
                      false);
}

RidgeCurves::RidgeCurves(const Problem& problem, HiddenLayerOptions options, double low,
                         double high)
    : bare_(problem, with_ridge(options, 0.0)),
      // The penalties are quadratic: their Hessian is the same everywhere.
      penalty_(hessian_at_zero(HiddenLayer(problem, with_ridge(std::move(options), 1.0))) -
               hessian_at_zero(bare_)),
      low_(low),
      high_(high) {}

FollowedCurve RidgeCurves::follow(const Vector& x, double ridge, double towards) const {
  RidgeHomotopy homotopy(bare_, penalty_);
  TrackOptions options = ridge_options();
  options.tau_start = std::log(ridge);
  options.tau_target = std::log(towards);
  return follow_curve(homotopy, x, options, true);
}

FollowedCurve RidgeCurves::follow(const CurveEvent& pitchfork) const {
  RidgeHomotopy homotopy(bare_, penalty_);
  return follow_other(homotopy, pitchfork, std::log(pitchfork.place.at), std::log(low_),
                      std::log(high_), ridge_options(), true);
}

}  // namespace tautrack::program
