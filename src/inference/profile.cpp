#include "tautrack/inference/profile.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <utility>

#include "tautrack/data/scaled_problem.hpp"
#include "tautrack/data/single_input.hpp"
#include "tautrack/geometry/amplitude_manifold.hpp"
#include "tautrack/geometry/data_manifold.hpp"
#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/network/perceptron.hpp"
#include "tautrack/tracker/tracker.hpp"

#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/names.hpp"
#include "core/numbers.hpp"
#include "core/parallel.hpp"
#include "core/quantiles.hpp"
#include "core/text.hpp"
#include "corrector/newton.hpp"
#include "fits/covariate.hpp"
#include "inference/limit_values.hpp"
#include "inference/profile_homotopy.hpp"

namespace tautrack {
namespace {

constexpr NameTable<ProfileEnd, 4> kProfileEndNames{{
    {ProfileEnd::reached, "reached"},
    {ProfileEnd::limit, "limit"},
    {ProfileEnd::unbounded, "unbounded"},
    {ProfileEnd::lost, "lost"},
}};

/// Values so many standard errors away from the fit are beyond all bounds ...
constexpr double kFarAway = 1e6;
/// ... when the energy has risen, over the second half of the way there, by no more than this part of what is left to the
/// threshold.
constexpr double kFlat = 1e-3;
/// Of more parameters curvatures are left out.
constexpr std::size_t kMostForCurvature = 8;
/// Minima of the list that are followed from, the lowest first.
constexpr std::size_t kMostMinima = 20;
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

/// What is followed: a network at tau = 1, and how its unknowns are the numbers that are reported.
template <DenseNetwork Network>
struct Landscape {
  Network network;
  Index s = 0;             ///< Weights.
  OutputRange range;       ///< Free ends are unknowns.
  double height = 0.0;     ///< Plateau from plateau over the output weight.
  bool from_high = false;  ///< The fitted output bias is the high plateau.
  double unit = 1.0;       ///< Energies of the network are those of the user divided by this.

  /// x of a fit.
  [[nodiscard]] Vector coordinates(const Vector& weights, const Range& plateaus) const {
    return network.coordinates(all_weights(weights, plateaus.high - plateaus.low,
                                           from_high ? plateaus.high : plateaus.low));
  }
  /// The change of x with these weights and plateaus.
  [[nodiscard]] Vector direction(const Vector& weights) const {
    return network.coordinates(all_weights(weights, 0.0, 0.0));
  }
  /// Gradient of a parameter by x, which it is linear in.
  [[nodiscard]] Vector form(ParameterKind kind, Index column) const {
    const Index n = network.unknowns();
    Vector form(n), unit_vector = Vector::Zero(n);
    for (Index k = 0; k < n; ++k) {
      unit_vector(k) = 1.0;
      const Vector w = network.weights(unit_vector);
      unit_vector(k) = 0.0;
      if (kind == ParameterKind::weight) {
        form(k) = w(column);
        continue;
      }
      const double b = height * w(s), base = w.size() > s + 1 ? w(s + 1) : 0.0;
      const bool is_base = from_high == (kind == ParameterKind::high);
      form(k) = is_base ? base : base + (from_high ? -b : b);
    }
    return form;
  }

 private:
  [[nodiscard]] Vector all_weights(const Vector& weights, double b, double base) const {
    const bool has_base = !range.low && !range.high;
    if (range.is_known()) return weights;
    Vector w(s + 1 + (has_base ? 1 : 0));
    w.head(s) = weights;
    w(s) = b / height;
    if (has_base) w(s + 1) = base;
    return w;
  }
};

Landscape<Perceptron> known_range(const SigmoidModel& model) {
  const Range own = range(model.activation);
  const OutputScale scale({own.low, own.high}, model.range);
  PerceptronOptions options;
  options.activation = model.activation;
  const auto given = std::make_shared<const Problem>(model.problem);
  Landscape<Perceptron> landscape{Perceptron(scale_targets(given, scale), options), 0, {}};
  landscape.s = model.problem.X.cols();
  landscape.range = model.range;
  landscape.unit = scale.energy(1.0);
  return landscape;
}

Landscape<HiddenLayer> fitted_range(const SigmoidModel& model, const FittedSigmoid& fit) {
  const Range own = range(model.activation);
  HiddenLayerOptions options = amplitude_model(model.activation, model.range);
  bool from_high = model.range.high.has_value();
  if (!model.range.low && !model.range.high) {
    // From the plateau that most outputs are nearer to nothing cancels, however far away the other one is.
    from_high = (model.problem.X * fit.weights).sum() > 0.0;
    options.origin = from_high ? UnitOrigin::high : UnitOrigin::low;
  }
  Landscape<HiddenLayer> landscape{HiddenLayer(model.problem, options), 0, {}};
  landscape.s = model.problem.X.cols();
  landscape.range = model.range;
  landscape.height = own.high - own.low;
  landscape.from_high = from_high;
  return landscape;
}

/// Where a way along a curve of constrained minima came to, in t.
struct WayEnd {
  ProfileEnd end = ProfileEnd::lost;
  double t = 0.0;
  std::string remark;
};

/// Follows constrained minima on the slices of one parameter.
template <DenseNetwork Network>
class Follower {
 public:
  Follower(const Network& network, const inference::Slice& slice, double threshold, double excess,
           const ProfileOptions& options, const StopCondition& stop)
      : homotopy_(network, slice),
        slice_(slice),
        threshold_(threshold),
        excess_(excess),
        options_(options),
        stop_(stop) {}

  /// From the constrained minimum (y, t) with energy below the threshold.
  [[nodiscard]] WayEnd follow(Vector y, double t, double side) {
    if (homotopy_.size() == 0) return follow_alone(t, side);
    for (int falls = 0;; ++falls) {
      Way way = follow_curve(y, t, side);
      if (!way.fold) return way.end;
      if (falls == kMostFalls)
        return lost(way.fold->t, "the constrained minimum ends in folds again and again");
      const auto below = fall(*way.fold, side);
      if (!below)
        return lost(way.fold->t,
                    "the constrained minimum ends in a fold, and none was found below it");
      y = below->y;
      t = below->t;
      if (homotopy_.energy(y, t) >= threshold_) return {ProfileEnd::reached, way.fold->t, ""};
    }
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

  [[nodiscard]] bool is_far(double t) const { return std::abs(t) > kFarAway * slice_.unit; }

  [[nodiscard]] Way follow_curve(const Vector& y, double t, double side) {
    TrackOptions options;
    options.tau_start = t;
    options.tau_target = side * kInfinity;
    options.max_steps = options_.max_steps;
    options.stop = stop_;
    Tracker tracker(homotopy_, y, options);
    Place last = place_at(tracker.point());
    std::vector<Place> passed{last};
    while (tracker.advance()) {
      const PathPoint& point = tracker.point();
      if (point.kind == PointKind::fold || point.tau_direction * side < 0.0) {
        Way way;
        way.fold = Place{point.x, point.tau, 0.0, {}};
        return way;
      }
      Place place = place_at(point);
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
    // Hermite's cubic, and Newton's method from there; if that does not converge, the tracker.
    const double width = high.t - low.t, q = (t - low.t) / width, p = 1.0 - q;
    Place place;
    place.t = t;
    place.y = p * p * (1.0 + 2.0 * q) * low.y + q * q * (1.0 + 2.0 * p) * high.y +
              (p * p * q * width) * low.by_t - (p * q * q * width) * high.by_t;
    if (!corrector_) corrector_ = std::make_unique<Corrector>(homotopy_, CorrectorOptions{});
    double parameter = t;
    const bool converged = corrector_
                               ->correct(place.y, parameter, Constraint::fixed_tau, Vector(),
                                         homotopy_.scales(place.y, t), true)
                               .converged;
    if (!converged) {
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
    std::optional<Place> lowest = descend(fold, side);
    if (slice_.turn.size() == 0) return lowest;
    Place start = fold;
    for (int k = 0; k < kGentler; ++k) {
      start.y(0) *= kGentlerBy;
      const std::optional<Place> found = descend(start, side);
      if (found && (!lowest || found->energy < lowest->energy)) lowest = found;
    }
    return lowest;
  }

  /// The same from one place, by Newton's method with all curvatures made positive.
  [[nodiscard]] std::optional<Place> descend(const Place& start, double side) {
    const Index n = homotopy_.size();
    Place at{start.y, start.t + side * kBeyondFold * slice_.unit, 0.0, {}};
    Vector H(n), H_t(n);
    Matrix H_y(n, n);
    at.energy = homotopy_.energy(at.y, at.t);
    for (int step = 0; step < kFallSteps && !stop_.is_met(); ++step) {
      homotopy_.derivatives(at.y, at.t, H, H_y, H_t);
      const SymmetricEigen eigen = symmetric_eigen(H_y);
      const Vector& values = eigen.eigenvalues();
      const double least = kLeastEigenvalue * values.cwiseAbs().maxCoeff();
      Vector move = transposed_times(eigen.eigenvectors(), H);
      for (Index k = 0; k < n; ++k) move(k) /= -std::max(std::abs(values(k)), least);
      move = times(eigen.eigenvectors(), move);
      if (!move.allFinite()) return std::nullopt;
      const double gain = H.dot(move);
      // Where the energy cannot tell any more, Newton's method of the tracker goes on.
      if (homotopy_.displacement(at.y, move) <= kFallen || -gain <= kRoundedGain * at.energy)
        return values(0) > 0.0 ? std::optional(at) : std::nullopt;
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

  inference::ProfileHomotopy<Network> homotopy_;
  const inference::Slice& slice_;
  double threshold_;
  double excess_;  ///< Of the threshold over the best energy.
  const ProfileOptions& options_;
  const StopCondition& stop_;
  std::unique_ptr<Corrector> corrector_;
};

/// Adds a piece; pieces that touch become one.
void add_piece(std::vector<ProfilePiece>& pieces, ProfilePiece piece) {
  std::vector<ProfilePiece> apart;
  for (const ProfilePiece& other : pieces) {
    if (other.high < piece.low || piece.high < other.low) {
      apart.push_back(other);
      continue;
    }
    // Of two ends at the same place the one that is known better counts.
    const auto better = [](ProfileEnd a, ProfileEnd b) { return a < b ? a : b; };
    if (other.low < piece.low) {
      piece.low = other.low;
      piece.low_end = other.low_end;
    } else if (!(piece.low < other.low)) {
      piece.low_end = better(piece.low_end, other.low_end);
    }
    if (other.high > piece.high) {
      piece.high = other.high;
      piece.high_end = other.high_end;
    } else if (!(piece.high > other.high)) {
      piece.high_end = better(piece.high_end, other.high_end);
    }
  }
  apart.push_back(piece);
  std::sort(apart.begin(), apart.end(),
            [](const ProfilePiece& a, const ProfilePiece& b) { return a.low < b.low; });
  pieces = std::move(apart);
}

/// The estimate of a parameter at a fit.
double value_at(const SigmoidModel& model, const FitParameter& parameter,
                const FittedSigmoid& fit) {
  switch (parameter.kind) {
    case ParameterKind::weight:
      return fit.weights(parameter.column);
    case ParameterKind::low:
      return fit.range.low;
    case ParameterKind::high:
      return fit.range.high;
    default:
      break;
  }
  const SingleInput input = *single_input(model.problem.X);
  return -fit.weights(input.bias) * input.bias_value / fit.weights(input.input);
}

Range plateaus_of(const SigmoidModel& model, const StationaryPoint& point) {
  return point.range ? *point.range : Range{*model.range.low, *model.range.high};
}

/// The slices of a parameter through a fit x.
template <DenseNetwork Network>
inference::Slice slice_of(const Landscape<Network>& landscape, const SigmoidModel& model,
                          const FitParameter& parameter, const Vector& x, double value, double unit,
                          Vector& y) {
  inference::Slice slice;
  slice.unit = unit;
  const Index n = x.size();
  if (parameter.kind != ParameterKind::half_point) {
    const Vector a = landscape.form(parameter.kind, parameter.column);
    slice.M = orthogonal_times(householder_qr(Matrix(a)), Matrix::Identity(n, n)).rightCols(n - 1);
    slice.shift = a / a.squaredNorm();
    slice.origin = x;
    y = Vector::Zero(n - 1);
    return slice;
  }
  // Weights (1, -value / bias) times a slope; all other unknowns are themselves.
  const SingleInput input = *single_input(model.problem.X);
  Vector w = Vector::Zero(2);
  w(input.input) = 1.0;
  w(input.bias) = -value / input.bias_value;
  const Vector along = landscape.direction(w);
  w(input.input) = 0.0;
  w(input.bias) = -1.0 / input.bias_value;
  const Vector across = landscape.direction(w);
  const double length = along.norm();
  slice.M = Matrix::Zero(n, n - 1);
  slice.turn = Matrix::Zero(n, n - 1);
  slice.M.col(0) = along / length;
  slice.turn.col(0) = across / length;
  slice.M.bottomRightCorner(n - 2, n - 2).setIdentity();
  slice.shift = Vector::Zero(n);
  slice.origin = Vector::Zero(n);
  y.resize(n - 1);
  y(0) = slice.M.col(0).dot(x);
  y.tail(n - 2) = x.tail(n - 2);
  return slice;
}

/// A sentence once.
void remark(ProfileInterval& interval, std::string text) {
  if (std::find(interval.remarks.begin(), interval.remarks.end(), text) == interval.remarks.end())
    interval.remarks.push_back(std::move(text));
}

/// What all parameters share.
struct Region {
  const SigmoidModel& model;
  const AllFits& fits;
  std::vector<const StationaryPoint*> minima;  ///< Below the threshold, the lowest first.
  std::optional<fits::Covariate> data;         ///< Of one input and a bias.
  double threshold = 0.0;
  double excess = 0.0;  ///< Of the threshold over the best energy.
  const ProfileOptions& options;
  StopCondition stop;
};

/// The limit of the lowest energy near which values go beyond all bounds on a side; null where there is none.
[[nodiscard]] const inference::LimitValues* lowest_beyond(
    const std::vector<inference::LimitValues>& limits, double side) {
  const inference::LimitValues* lowest = nullptr;
  for (const inference::LimitValues& limit : limits) {
    const bool is_beyond =
        side > 0.0 ? limit.values.high == kInfinity : limit.values.low == -kInfinity;
    if (is_beyond && (lowest == nullptr || limit.energy < lowest->energy)) lowest = &limit;
  }
  return lowest;
}

/// Where a way came to that was not the threshold, and why.
struct Way {
  double at = 0.0, side = 1.0;
  std::string why;
};

/// The hull of the pieces, and what is to be said of it.
void judge(ProfileInterval& interval, const std::vector<Way>& ways) {
  interval.is_resolved = true;
  const auto look = [&](ProfileEnd end, double at, double side) {
    if (end == ProfileEnd::lost) interval.is_resolved = false;
    const std::string direction = side < 0.0 ? "downwards" : "upwards";
    for (const Way& way : ways)
      if (way.at == at && way.side == side)
        remark(interval, end == ProfileEnd::lost
                             ? "not known " + direction + " of " + number(at) + ": " + way.why
                             : "unbounded " + direction + ": " + way.why);
  };
  for (const ProfilePiece& piece : interval.pieces) {
    look(piece.low_end, piece.low, -1.0);
    look(piece.high_end, piece.high, 1.0);
  }
  const auto is_known = [](ProfileEnd end) {
    return end == ProfileEnd::reached || end == ProfileEnd::limit;
  };
  const ProfilePiece& first = interval.pieces.front();
  const ProfilePiece& last = interval.pieces.back();
  if (is_known(first.low_end)) interval.low = first.low;
  if (is_known(last.high_end)) interval.high = last.high;
  if (interval.pieces.size() == 1) return;
  std::string text = "the region has " + std::to_string(interval.pieces.size()) + " pieces:";
  for (const ProfilePiece& piece : interval.pieces)
    text += (&piece == &first ? " " : " and ") + number(piece.low) + " to " + number(piece.high);
  remark(interval, text);
}

/// All of one parameter.
template <DenseNetwork Network>
void find_interval(const Landscape<Network>& landscape, const Region& region,
                   const FitParameter& parameter, ProfileInterval& interval) {
  const std::vector<inference::LimitValues> limits =
      region.data
          ? inference::limit_values(*region.data, region.model.activation, region.model.range,
                                    parameter.kind, parameter.column, region.threshold)
          : inference::limit_values(region.fits.at_infinity, parameter.kind, parameter.column,
                                    region.threshold);
  if (region.minima.size() > kMostMinima)
    remark(interval, "only the lowest " + std::to_string(kMostMinima) + " of " +
                         std::to_string(region.minima.size()) +
                         " fits below the threshold were followed");
  const double unit = parameter.standard_error.value_or(1.0);
  std::vector<Way> ways;
  for (std::size_t k = 0; k < std::min(region.minima.size(), kMostMinima); ++k) {
    const FittedSigmoid fit{region.minima[k]->weights,
                            plateaus_of(region.model, *region.minima[k])};
    const double value = value_at(region.model, parameter, fit);
    Vector y;
    const inference::Slice slice =
        slice_of(landscape, region.model, parameter, landscape.coordinates(fit.weights, fit.range),
                 value, unit, y);
    Follower<Network> follower(landscape.network, slice, region.threshold / landscape.unit,
                               region.excess / landscape.unit, region.options, region.stop);
    ProfilePiece piece{value, value, ProfileEnd::lost, ProfileEnd::lost};
    for (const double side : {-1.0, 1.0}) {
      double& end = side < 0.0 ? piece.low : piece.high;
      ProfileEnd& kind = side < 0.0 ? piece.low_end : piece.high_end;
      if (lowest_beyond(limits, side) != nullptr) {
        end = side * kInfinity;
        kind = ProfileEnd::unbounded;
        continue;
      }
      const WayEnd way = follower.follow(y, 0.0, side);
      end = value + way.t;
      kind = way.end;
      if (!way.remark.empty()) ways.push_back({end, side, way.remark});
    }
    add_piece(interval.pieces, piece);
  }
  // Values beyond all bounds are those of the pieces that are.
  for (const inference::LimitValues& limit : limits)
    if (limit.values.low != kInfinity && limit.values.high != -kInfinity)
      add_piece(interval.pieces, limit.values);
  for (const double side : {-1.0, 1.0})
    if (const auto* const lowest = lowest_beyond(limits, side))
      remark(interval, std::string("unbounded ") + (side > 0.0 ? "upwards" : "downwards") + ": " +
                           lowest->words + ", is below the threshold");
  judge(interval, ways);
}

/// Relative curvatures at a fit.
std::optional<BatesWatts> relative_curvature(const SigmoidModel& model, const FittedSigmoid& fit) {
  std::optional<ManifoldPoint> point;
  std::optional<DataManifold> manifold;  // The point may refer to it.
  std::optional<AmplitudeManifold> amplitude;
  if (model.range.is_known()) {
    const Landscape<Perceptron> landscape = known_range(model);
    manifold.emplace(landscape.network, 1.0);
    point.emplace(manifold->at(landscape.network.coordinates(fit.weights)));
  } else {
    amplitude.emplace(model.problem, model.activation, model.range);
    point = amplitude->at_best({fit.weights, fit.range});
  }
  if (!point) return std::nullopt;
  return bates_watts(*point, largest_curvature(*point));
}

}  // namespace

std::string_view to_string(ProfileEnd end) noexcept { return name_of(kProfileEndNames, end); }

std::optional<std::string> ProfileOptions::invalid_reason() const {
  if (!(level > 0.0 && level < 1.0)) return "level must be between 0 and 1, got " + number(level);
  if (!(seconds > 0.0)) return "seconds must be > 0, got " + number(seconds);
  if (max_steps <= 0) return "max_steps must be > 0, got " + std::to_string(max_steps);
  if (threads < 1) return "threads must be >= 1, got " + std::to_string(threads);
  return std::nullopt;
}

ProfileIntervals profile_intervals(const SigmoidModel& model, const AllFits& fits,
                                   const ProfileOptions& options) {
  checked(options);
  if (!fits.global_minimum)
    throw std::invalid_argument("profile intervals need a best fit with finite weights");
  const StationaryPoint& best = fits.points[static_cast<std::size_t>(*fits.global_minimum)];
  const FittedSigmoid fit{best.weights, plateaus_of(model, best)};
  const FitStatistics statistics = fit_statistics(model, fit);
  ProfileIntervals result;
  result.level = options.level;
  result.reason = statistics.reason;
  if (!result.reason.empty()) return result;
  const double freedom = static_cast<double>(statistics.degrees_of_freedom);
  const double quantile = fisher_f_quantile(1.0, freedom, options.level);
  result.threshold = 0.5 * statistics.sum_of_squares * (1.0 + quantile / freedom);
  const double factor = std::sqrt(quantile);
  std::vector<FitParameter> parameters;
  for (const FitParameter& parameter : statistics.parameters) {
    if (parameter.kind == ParameterKind::slope) continue;
    ProfileInterval interval;
    interval.kind = parameter.kind;
    interval.column = parameter.column;
    interval.name = parameter.name;
    if (parameter.standard_error) {
      interval.linear_low = parameter.estimate - factor * *parameter.standard_error;
      interval.linear_high = parameter.estimate + factor * *parameter.standard_error;
    }
    result.parameters.push_back(std::move(interval));
    parameters.push_back(parameter);
  }
  Region region{model,
                fits,
                {},
                std::nullopt,
                result.threshold,
                result.threshold - best.energy,
                options,
                options.stop.within(options.seconds)};
  for (const StationaryPoint& point : fits.points)
    if (point.kind == StationaryKind::minimum && point.energy < result.threshold &&
        !point.is_beyond_precision())
      region.minima.push_back(&point);
  if (model.problem.offset.size() == 0) region.data = fits::covariate_of(model.problem);
  const auto find_all = [&](const auto& landscape) {
    std::atomic<std::size_t> next = 0;
    const Team team(options.threads);
    team.for_each(options.threads, [&](int) {
      for (std::size_t i = next++; i < parameters.size(); i = next++)
        find_interval(landscape, region, parameters[i], result.parameters[i]);
    });
  };
  if (result.parameters.size() <= kMostForCurvature && model.problem.offset.size() == 0)
    result.curvature = relative_curvature(model, fit);
  if (model.range.is_known())
    find_all(known_range(model));
  else
    find_all(fitted_range(model, fit));
  return result;
}

}  // namespace tautrack
