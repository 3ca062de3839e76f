#include "inference/profile_follower.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "tautrack/tracker/tracker.hpp"

#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "corrector/newton.hpp"

namespace tautrack::inference {
namespace {

/// Values so many standard errors away from the fit are beyond all bounds ...
constexpr double kFarAway = 1e6;
/// ... when the energy has risen, over the second half of the way there, by no more than this part of what is left to the
/// threshold.
constexpr double kFlat = 1e-3;
/// How often a curve may be left at a fold.
constexpr int kMostFalls = 20;
/// How far beyond a fold the minimum below is looked for, in standard errors.
constexpr double kBeyondFold = 1e-4;
/// Steps of Newton's method to the minimum below.
constexpr int kFallSteps = 300;
constexpr int kGentler = 24;            ///< Curves that are less and less steep, ...
constexpr double kGentlerBy = 0.7;      ///< ... each by this.
constexpr double kRoundedGain = 1e-14;  ///< Relative to the energy.
constexpr double kFallen = 1e-9;        ///< A step shorter than this ends it.
constexpr double kLeastEigenvalue = 1e-10, kShortestStep = 1e-12, kSufficient = 1e-4;
/// Steps to where the energy is at the threshold, and how near is there.
constexpr int kLandingSteps = 60;
constexpr double kLanded = 1e-10;  ///< Of the energy between fit and threshold.
constexpr double kNarrow = 1e-13;
/// A constrained minimum that is moved by no more than this from where a followed curve is expected, as the homotopy
/// measures moves, may be on that curve, ...
constexpr double kNearCurve = 0.02;
/// ... and is when both, corrected, are this near: minima of a slice that are as near as rounding are one.
constexpr double kSameMinimum = 1e-7;

}  // namespace

struct ProfileFollower::State {
 public:
  State(const AnyNetwork& network, const Slice& slice, const ZeroDoseTerm* zero, double value,
        FollowedCurves* curves, double threshold, double excess, const ProfileOptions& options,
        const StopCondition& stop)
      : homotopy_(network, slice, zero),
        slice_(slice),
        value_(value),
        curves_(curves),
        threshold_(threshold),
        excess_(excess),
        options_(options),
        stop_(stop) {}

  /// From the constrained minimum (y, t) with energy below the threshold.
  [[nodiscard]] WayEnd follow(const Vector& y, double t, double side) {
    if (homotopy_.size() == 0) return follow_alone(t, side);
    const std::size_t way = curves_ == nullptr ? 0 : curves_->ends.size();
    if (curves_ != nullptr) curves_->ends.emplace_back();
    WayEnd end = follow_curves(y, t, side, way);
    if (curves_ != nullptr) curves_->ends[way] = at_value(end, value_);
    return end;
  }

  [[nodiscard]] std::optional<std::pair<Vector, double>> settle(const Vector& y, double t) {
    if (homotopy_.size() == 0) return std::pair(y, homotopy_.energy(y, t));
    const std::optional<Place> place = descend({y, t, 0.0, {}});
    if (!place || !homotopy_.is_on_side(place->y, place->t)) return std::nullopt;
    return std::pair(place->y, place->energy);
  }

 private:
  struct Place {
    Vector y;
    double t = 0.0, energy = 0.0;
    Vector by_t;  ///< dy/dt of the curve.
  };
  struct Way {
    WayEnd end;
    std::optional<Place> fold;  ///< Where t turned back.
  };

  static WayEnd lost(double t, std::string why) { return {ProfileEnd::lost, t, std::move(why)}; }

  static WayEnd at_value(WayEnd end, double value) {
    end.t += value;
    return end;
  }

  /// From curve to curve.
  [[nodiscard]] WayEnd follow_curves(Vector y, double t, double side, std::size_t way) {
    for (int falls = 0;; ++falls) {
      if (const auto end = known_end(y, t, side)) return at_value(*end, -value_);
      std::vector<Place> passed;
      const Way piece = follow_curve(y, t, side, passed);
      if (curves_ != nullptr) keep(passed, side, way);
      if (!piece.fold) return piece.end;
      if (falls == kMostFalls)
        return lost(piece.fold->t, "the constrained minimum ends in folds again and again");
      const auto below = fall(*piece.fold, side);
      if (!below)
        return lost(piece.fold->t,
                    "the constrained minimum ends in a fold, and none was found below it");
      y = below->y;
      t = below->t;
      if (homotopy_.energy(y, t) >= threshold_) return {ProfileEnd::reached, piece.fold->t, ""};
    }
  }

  /// Where the way that has gone along the curve of a constrained minimum came to.
  [[nodiscard]] std::optional<WayEnd> known_end(const Vector& y, double t, double side) {
    if (curves_ == nullptr) return std::nullopt;
    std::optional<Vector> corrected;
    for (const FollowedCurves::Curve& curve : curves_->curves) {
      const std::optional<WayEnd>& end = curves_->ends[curve.way];
      if (curve.side != side || !end || end->end == ProfileEnd::lost) continue;
      const double value = value_ + t;
      const auto behind = std::find_if(
          curve.places.begin(), curve.places.end(),
          [&](const FollowedCurves::Place& place) { return side * (place.value - value) > 0.0; });
      if (behind == curve.places.begin() || behind == curve.places.end()) continue;
      const Place low = place_of(*std::prev(behind)), high = place_of(*behind);
      if (!(homotopy_.displacement(y, between(low, high, t) - y) <= kNearCurve)) continue;
      const auto found = place_between(low, high, t);
      if (!found) continue;
      if (!corrected) {
        corrected = y;
        if (!correct(*corrected, t)) return std::nullopt;
      }
      if (homotopy_.displacement(*corrected, found->y - *corrected) <= kSameMinimum) return end;
    }
    return std::nullopt;
  }

  void keep(const std::vector<Place>& passed, double side, std::size_t way) {
    FollowedCurves::Curve curve;
    curve.side = side;
    curve.way = way;
    for (const Place& place : passed)
      curve.places.push_back({value_ + place.t, homotopy_.point(place.y, place.t),
                              slice_.shift + times(slice_.M, place.by_t)});
    curves_->curves.push_back(std::move(curve));
  }

  /// M is orthonormal, and orthogonal to the shift.
  [[nodiscard]] Place place_of(const FollowedCurves::Place& place) const {
    return {transposed_times(slice_.M, place.x - slice_.origin), place.value - value_, 0.0,
            transposed_times(slice_.M, place.by_value)};
  }

  [[nodiscard]] bool is_far(double t) const { return std::abs(t) > kFarAway * slice_.unit; }

  /// @param passed Takes the places.
  [[nodiscard]] Way follow_curve(const Vector& y, double t, double side,
                                 std::vector<Place>& passed) {
    TrackOptions options;
    options.tau_start = t;
    options.tau_target = side * kInfinity;
    options.max_steps = options_.max_steps;
    options.stop = stop_;
    Tracker tracker(homotopy_, y, options);
    Place last = place_at(tracker.point());
    passed = {last};
    while (tracker.advance()) {
      const PathPoint& point = tracker.point();
      if (point.kind == PointKind::fold || point.tau_direction * side < 0.0) {
        Way way;
        way.fold = Place{point.x, point.tau, 0.0, {}};
        return way;
      }
      Place place = place_at(point);
      if (!homotopy_.is_on_side(place.y, place.t)) return {flat_between(last, place), {}};
      if (!(place.energy < threshold_)) return {land(last, place), {}};
      if (const auto between = hidden_maximum(last, place, side)) return {*between, {}};
      passed.push_back(place);
      last = std::move(place);
      if (is_far(last.t)) {
        const auto half = std::find_if(passed.begin(), passed.end(), [&](const Place& p) {
          return std::abs(p.t) >= 0.25 * std::abs(last.t);
        });
        if (last.energy - half->energy <= kFlat * (threshold_ - last.energy))
          return {{ProfileEnd::unbounded, side * kInfinity,
                   "the energy stays below the threshold however far it goes"},
                  {}};
      }
      if (!std::isfinite(last.energy)) break;
    }
    const std::string why = stop_.is_met() ? "time was up" : tracker.result().message;
    return {lost(last.t, why), {}};
  }

  /// The way ends where the slope is zero, or plateaus meet, between two places, as far as the energy is below the
  /// threshold: there all outputs, but those for doses of zero, are one, a limit.
  [[nodiscard]] WayEnd flat_between(const Place& on_side, const Place& off_side) {
    Place low = on_side, high = off_side;
    for (int step = 0; step < kLandingSteps; ++step) {
      const double t = 0.5 * (low.t + high.t);
      const auto found = place_between(low, high, t);
      if (!found) break;
      (homotopy_.is_on_side(found->y, t) ? low : high) = *found;
      if (!(low.energy < threshold_)) return land(on_side, low);
      if (std::abs(high.t - low.t) <= kNarrow * (slice_.unit + std::abs(t)))
        return {ProfileEnd::limit, high.t, ""};
    }
    return lost(low.t, "the curve comes to a constant, and where could not be found to rounding");
  }

  /// One unknown, which is the parameter.
  [[nodiscard]] WayEnd follow_alone(double t, double side) {
    const Vector none(0);
    double step = slice_.unit, inner = t;
    double energy = homotopy_.energy(none, t), before = energy;
    while (!stop_.is_met()) {
      const double next = inner + side * step;
      energy = homotopy_.energy(none, next);
      if (!(energy < threshold_))
        return land({none, inner, before, none}, {none, next, energy, none});
      if (is_far(next)) {
        if (energy - before <= kFlat * (threshold_ - energy))
          return {ProfileEnd::unbounded, side * kInfinity,
                  "the energy stays below the threshold however far it goes"};
        return lost(next, "the energy has not come to the threshold");
      }
      inner = next;
      before = energy;
      step *= 1.5;
    }
    return lost(inner, "time was up");
  }

  [[nodiscard]] Place place_at(const PathPoint& point) {
    const Index n = homotopy_.size();
    return {point.x, point.tau, homotopy_.energy(point.x, point.tau),
            point.tangent.head(n) / point.tangent(n)};
  }

  /// The place of a curve at t, between two of its places without a fold between them.
  [[nodiscard]] std::optional<Place> place_between(const Place& low, const Place& high, double t) {
    const Index n = homotopy_.size();
    if (n == 0) return Place{low.y, t, homotopy_.energy(low.y, t), low.y};
    if (t == low.t) return low;
    if (t == high.t) return high;
    // Newton's method from Hermite's cubic; if that does not converge, the tracker.
    Place place;
    place.t = t;
    place.y = between(low, high, t);
    if (!correct(place.y, t)) {
      TrackOptions options;
      options.tau_start = low.t;
      options.tau_target = t;
      options.max_steps = options_.max_steps;
      options.stop = stop_;
      const PathResult path = track(homotopy_, low.y, options);
      if (!path.ok()) return std::nullopt;
      return place_at(path.points.back());
    }
    place.energy = homotopy_.energy(place.y, t);
    Vector tangent(n + 1);
    const MetricScales scales = homotopy_.scales(place.y, t);
    if (!corrector_->linearise(place.y, t, Vector::Unit(n + 1, n), scales)) return std::nullopt;
    corrector_->tangent(tangent);
    place.by_t = tangent.head(n) / tangent(n);
    return place;
  }

  /// Hermite's cubic through two places of a curve.
  [[nodiscard]] static Vector between(const Place& low, const Place& high, double t) {
    const double width = high.t - low.t, q = (t - low.t) / width, p = 1.0 - q;
    return p * p * (1.0 + 2.0 * q) * low.y + q * q * (1.0 + 2.0 * p) * high.y +
           (p * p * q * width) * low.by_t - (p * q * q * width) * high.by_t;
  }

  /// Newton's method on the slice of t, to rounding. False: it does not converge.
  [[nodiscard]] bool correct(Vector& y, double t) {
    if (!corrector_) corrector_ = std::make_unique<Corrector>(homotopy_, CorrectorOptions{});
    double parameter = t;
    return corrector_
        ->correct(y, parameter, Constraint::fixed_tau, Vector(), homotopy_.scales(y, t), true)
        .converged;
  }

  /// Between two places of a curve, the energy of one of which is below the threshold and that of the other is not,
  /// without a fold between them: safeguarded Newton's method for E(t) - threshold, whose derivative is dE/dt.
  [[nodiscard]] WayEnd land(const Place& below, const Place& above) {
    Place low = below, high = above;
    double t = low.t + (high.t - low.t) * share(low, high);
    for (int step = 0; step < kLandingSteps; ++step) {
      const auto found = place_between(low, high, t);
      if (!found) break;
      const Place& place = *found;
      const double missing = threshold_ - place.energy;
      if (std::abs(missing) <= kLanded * excess_ ||
          std::abs(high.t - low.t) <= kNarrow * (slice_.unit + std::abs(t)))
        return {ProfileEnd::reached, t, ""};
      (missing > 0.0 ? low : high) = place;
      const double newton = t + missing / homotopy_.slope(place.y, t);
      const bool inside = (newton - low.t) * (newton - high.t) < 0.0;
      t = inside ? newton : 0.5 * (low.t + high.t);
    }
    return lost(low.t,
                "the place where the energy is at the threshold could not be found to rounding");
  }

  /// Where on the way the threshold is, by the root of the energy above the best, which is nearly linear.
  [[nodiscard]] double share(const Place& low, const Place& high) const {
    const double part = (threshold_ - low.energy) / (high.energy - low.energy);
    return std::isfinite(part) ? std::clamp(part, 0.05, 0.95) : 0.5;
  }
  /// Whether the energy has been above the threshold between two places that are below it: then the way ends there.
  [[nodiscard]] std::optional<WayEnd> hidden_maximum(const Place& before, const Place& after,
                                                     double side) {
    const double rise = side * homotopy_.slope(before.y, before.t);
    const double fall = side * homotopy_.slope(after.y, after.t);
    if (!(rise > 0.0 && fall < 0.0)) return std::nullopt;
    Place low = before, high = after;
    for (int step = 0; step < kLandingSteps; ++step) {
      const double t = 0.5 * (low.t + high.t);
      const auto found = place_between(low, high, t);
      if (!found) return std::nullopt;
      const Place& place = *found;
      if (!(place.energy < threshold_)) return land(low, place);
      const double slope = side * homotopy_.slope(place.y, t);
      // What may be gained to the top is less than this.
      if (place.energy + std::abs(slope * (high.t - low.t)) < threshold_) return std::nullopt;
      (slope > 0.0 ? low : high) = place;
    }
    return std::nullopt;
  }

  /// The lowest constrained minimum that descents from a fold lead to, a little beyond it. Where slices turn, and a half
  /// point comes to a level, the fold is one of infinite slope: so descents begin from less steep curves, too.
  [[nodiscard]] std::optional<Place> fall(const Place& fold, double side) {
    Place start = fold;
    start.t += side * kBeyondFold * slice_.unit;
    std::optional<Place> lowest = descend(start);
    if (lowest && !homotopy_.is_on_side(lowest->y, lowest->t)) lowest.reset();
    if (slice_.turn.size() == 0) return lowest;
    for (int k = 0; k < kGentler; ++k) {
      start.y(0) *= kGentlerBy;
      const std::optional<Place> found = descend(start);
      if (found && homotopy_.is_on_side(found->y, found->t) &&
          (!lowest || found->energy < lowest->energy))
        lowest = found;
    }
    return lowest;
  }

  /// The same from one place, by Newton's method with all curvatures made positive.
  [[nodiscard]] std::optional<Place> descend(const Place& start) {
    const Index n = homotopy_.size();
    Place at{start.y, start.t, 0.0, {}};
    Vector H(n), H_t(n);
    Matrix H_y(n, n);
    at.energy = homotopy_.energy(at.y, at.t);
    for (int step = 0; step < kFallSteps && !stop_.is_met(); ++step) {
      homotopy_.derivatives(at.y, at.t, H, H_y, H_t);
      bool is_convex = false;
      const Vector move = downhill(H, H_y, is_convex);
      if (!move.allFinite()) return std::nullopt;
      const double gain = H.dot(move);
      // Where the energy cannot tell any more, Newton's method of the tracker goes on.
      if (homotopy_.displacement(at.y, move) <= kFallen || -gain <= kRoundedGain * at.energy)
        return is_convex ? std::optional(at) : std::nullopt;
      double length = 1.0;
      double energy = homotopy_.energy(at.y + move, at.t);
      while (!(energy <= at.energy + kSufficient * length * gain) && length > kShortestStep) {
        length *= 0.5;
        energy = homotopy_.energy(at.y + length * move, at.t);
      }
      if (!(energy < at.energy)) return std::nullopt;
      at.y += length * move;
      at.energy = energy;
    }
    return std::nullopt;
  }

  /// Newton's step with all curvatures made positive.
  [[nodiscard]] Vector downhill(const Vector& H, const Matrix& H_y, bool& is_convex) {
    const Cholesky factors = cholesky(H_y);
    is_convex = factors.info() == Eigen::Success && factors.rcond() > kLeastEigenvalue;
    if (is_convex) return -solve(factors, H);
    const SymmetricEigen eigen = symmetric_eigen(H_y);
    const Vector& values = eigen.eigenvalues();
    is_convex = values(0) > 0.0;
    const double least = kLeastEigenvalue * values.cwiseAbs().maxCoeff();
    Vector move = transposed_times(eigen.eigenvectors(), H);
    for (Index k = 0; k < H.size(); ++k) move(k) /= -std::max(std::abs(values(k)), least);
    return times(eigen.eigenvectors(), move);
  }

  ProfileHomotopy homotopy_;
  const Slice& slice_;
  double value_;            ///< Of the parameter at t = 0.
  FollowedCurves* curves_;  ///< Or null.
  double threshold_;
  double excess_;  ///< Of the threshold over the best energy.
  const ProfileOptions& options_;
  const StopCondition& stop_;
  std::unique_ptr<Corrector> corrector_;
};

ProfileFollower::ProfileFollower(const AnyNetwork& network, const Slice& slice,
                                 const ZeroDoseTerm* zero, double value, FollowedCurves* curves,
                                 double threshold, double excess, const ProfileOptions& options,
                                 const StopCondition& stop)
    : state_(std::make_unique<State>(network, slice, zero, value, curves, threshold, excess,
                                     options, stop)) {}
ProfileFollower::~ProfileFollower() = default;
ProfileFollower::ProfileFollower(ProfileFollower&&) noexcept = default;
ProfileFollower& ProfileFollower::operator=(ProfileFollower&&) noexcept = default;

WayEnd ProfileFollower::follow(const Vector& y, double t, double side) {
  return state_->follow(y, t, side);
}

std::optional<std::pair<Vector, double>> ProfileFollower::settle(const Vector& y, double t) {
  return state_->settle(y, t);
}

}  // namespace tautrack::inference
