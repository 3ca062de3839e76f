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
#include "tautrack/data/zero_doses.hpp"
#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/network/perceptron.hpp"

#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/names.hpp"
#include "core/numbers.hpp"
#include "core/parallel.hpp"
#include "core/products.hpp"
#include "core/quantiles.hpp"
#include "core/text.hpp"
#include "fits/covariate.hpp"
#include "inference/limit_values.hpp"
#include "inference/one_weight.hpp"
#include "inference/profile_follower.hpp"
#include "inference/seen_values.hpp"
#include "inference/steepness.hpp"
#include "network/any_network.hpp"

namespace tautrack {
namespace {

constexpr NameTable<ProfileEnd, 4> kProfileEndNames{{
    {ProfileEnd::reached, "reached"},
    {ProfileEnd::limit, "limit"},
    {ProfileEnd::unbounded, "unbounded"},
    {ProfileEnd::lost, "lost"},
}};

/// What is seen beyond an end by no more than this, relative to the end and the interval, is the end.
constexpr double kSeenSlack = 1e-6;
/// Beyond an end it is looked for curves this much of the interval away.
constexpr double kBesideEnd = 1e-3;
/// Several inputs: the same, from near to far; behind a maximum of the energy that is little above the threshold a curve may
/// be below it again.
constexpr std::array kBesideEnds{kBesideEnd, 1e-2};
/// How often a region is extended by what is found beyond an end.
constexpr int kMostExtensions = 10;
/// Several inputs: points from which descents begin beyond an end, fewer where a step takes longer.
constexpr Index kStartsTimesUnknowns = 100, kLeastStarts = 2, kMostStarts = 16;
/// What is followed: a network at tau = 1, and how its unknowns are the numbers that are reported.
struct FollowedModel {
  AnyNetwork network;
  Index s = 0;             ///< Weights.
  OutputRange range = {};  ///< Free ends are unknowns.
  double height = 0.0;     ///< Plateau from plateau over the output weight.
  bool from_high = false;  ///< The fitted output bias is the high plateau.
  double unit = 1.0;       ///< Energies of the network are those of the user divided by this.
  bool is_upright =
      false;  ///< Only points whose high plateau is above the low one are of the model.

  /// x of a fit.
  [[nodiscard]] Vector coordinates(const Vector& weights, const Range& plateaus) const {
    return network.coordinates(all_weights(weights, plateaus.high - plateaus.low,
                                           from_high ? plateaus.high : plateaus.low));
  }
  /// The fit at x.
  [[nodiscard]] FittedSigmoid fit(const Vector& x) const {
    const Vector w = network.weights(x);
    if (range.is_known()) return {w, {*range.low, *range.high}};
    const double b = height * w(s);
    const double base = has_base() ? w(s + 1) : from_high ? *range.high : *range.low;
    return {w.head(s), from_high ? Range{base - b, base} : Range{base, base + b}};
  }
  /// The change of x with these weights and plateaus.
  [[nodiscard]] Vector direction(const Vector& weights) const {
    return network.coordinates(all_weights(weights, 0.0, 0.0));
  }
  /// The change of x with this distance of the plateaus, where one of them is fitted.
  [[nodiscard]] Vector height_direction(double distance) const {
    return network.coordinates(all_weights(Vector::Zero(s), distance, 0.0));
  }
  /// The change of x with the plateau that outputs are counted from, where that is fitted.
  [[nodiscard]] Vector base_direction() const {
    return network.coordinates(all_weights(Vector::Zero(s), 0.0, 1.0));
  }
  /// Gradient of a parameter by x, which it is linear in.
  [[nodiscard]] Vector form(ParameterKind kind, Index column) const {
    return form_of([&](const Vector& w) {
      if (kind == ParameterKind::weight) return w(column);
      const double b = height * w(s), base = w.size() > s + 1 ? w(s + 1) : 0.0;
      const bool is_base = from_high == (kind == ParameterKind::high);
      return is_base ? base : base + (from_high ? -b : b);
    });
  }
  /// Gradient of the distance of the plateaus by x, where one of them is fitted.
  [[nodiscard]] Vector distance_form() const {
    return form_of([&](const Vector& w) { return height * w(s); });
  }

 private:
  [[nodiscard]] bool has_base() const { return !range.low && !range.high; }
  [[nodiscard]] Vector all_weights(const Vector& weights, double b, double base) const {
    if (range.is_known()) return weights;
    Vector w(s + 1 + (has_base() ? 1 : 0));
    w.head(s) = weights;
    w(s) = b / height;
    if (has_base()) w(s + 1) = base;
    return w;
  }
  /// Gradient by x of what is linear in the weights.
  template <class OfWeights>
  [[nodiscard]] Vector form_of(OfWeights of) const {
    const Index n = network.unknowns();
    Vector form(n), unit_vector = Vector::Zero(n);
    for (Index k = 0; k < n; ++k) {
      unit_vector(k) = 1.0;
      form(k) = of(network.weights(unit_vector));
      unit_vector(k) = 0.0;
    }
    return form;
  }
};

OutputScale scale_of(const SigmoidModel& model) {
  const Range own = range(model.activation);
  return OutputScale({own.low, own.high}, model.range);
}

/// The network of a known range.
Perceptron scaled_perceptron(const SigmoidModel& model) {
  PerceptronOptions options;
  options.activation = model.activation;
  return Perceptron(scale_targets(std::make_shared<const Problem>(model.problem), scale_of(model)),
                    options);
}

FollowedModel known_range(const SigmoidModel& model) {
  FollowedModel followed{scaled_perceptron(model)};
  followed.s = model.problem.X.cols();
  followed.range = model.range;
  followed.unit = scale_of(model).energy(1.0);
  return followed;
}

FollowedModel fitted_range(const SigmoidModel& model, const FittedSigmoid& fit) {
  const Range own = range(model.activation);
  HiddenLayerOptions options = amplitude_model(model.activation, model.range);
  bool from_high = model.range.high.has_value();
  if (!model.range.low && !model.range.high) {
    // From the plateau that most outputs are nearer to nothing cancels, however far away the other one is.
    from_high = node_inputs(model.problem.X, fit.weights, model.problem.offset).sum() > 0.0;
    options.origin = from_high ? UnitOrigin::high : UnitOrigin::low;
  }
  FollowedModel followed{HiddenLayer(model.problem, options)};
  followed.s = model.problem.X.cols();
  followed.range = model.range;
  followed.height = own.high - own.low;
  followed.from_high = from_high;
  followed.is_upright = model.problem.offset.size() > 0;
  return followed;
}

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

/// Pieces become one where a way was lost right before the next piece: at a level, where slopes are infinite.
void close_gaps(std::vector<ProfilePiece>& pieces) {
  for (std::size_t k = 0; k + 1 < pieces.size();) {
    ProfilePiece& piece = pieces[k];
    const ProfilePiece& next = pieces[k + 1];
    const bool is_lost = piece.high_end == ProfileEnd::lost || next.low_end == ProfileEnd::lost;
    const double widths = (piece.high - piece.low) + (next.high - next.low);
    if (!(is_lost && next.low - piece.high <= kSeenSlack * widths)) {
      ++k;
      continue;
    }
    piece.high = next.high;
    piece.high_end = next.high_end;
    pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(k) + 1);
  }
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
  if (parameter.kind == ParameterKind::slope)
    return inference::steepness(model.activation) * (fit.range.high - fit.range.low) *
           fit.weights(input.input);
  return -fit.weights(input.bias) * input.bias_value / fit.weights(input.input);
}

Range plateaus_of(const SigmoidModel& model, const StationaryPoint& point) {
  return point.range ? *point.range : Range{*model.range.low, *model.range.high};
}

/// The slices through a fit x of the slope at the half point where a plateau is fitted: the product of a weight and the
/// distance of the plateaus.
inference::Slice slope_slice(const FollowedModel& followed, const SigmoidModel& model,
                             const FittedSigmoid& fit, const Vector& x, double value, double unit,
                             Vector& y) {
  const SingleInput input = *single_input(model.problem.X);
  Vector w = Vector::Zero(2);
  w(input.bias) = 1.0;
  const Vector shift = followed.direction(w).normalized();
  w(input.bias) = 0.0;
  w(input.input) = fit.weights(input.input);
  const Vector turn = followed.direction(w);
  inference::ProductParameter product;
  product.first = turn - shift.dot(turn) * shift;
  product.second = followed.height_direction((fit.range.high - fit.range.low) / value);
  product.start = value;
  product.length = std::hypot(product.first.norm(), value * product.second.norm());
  const Index n = x.size();
  inference::Slice slice;
  slice.unit = unit;
  slice.M = Matrix::Zero(n, n - 1);
  slice.M.col(1) = shift;
  // A fitted output bias, if there is one.
  slice.M.bottomRightCorner(n - 3, n - 3).setIdentity();
  slice.shift = Vector::Zero(n);
  slice.origin = Vector::Zero(n);
  slice.product = product;
  y = transposed_times(slice.M, x);
  return slice;
}

/// The slices of a parameter through a fit x.
inference::Slice slice_of(const FollowedModel& followed, const SigmoidModel& model,
                          const FitParameter& parameter, const Vector& x, double value, double unit,
                          Vector& y) {
  inference::Slice slice;
  slice.unit = unit;
  const Index n = x.size();
  if (parameter.kind != ParameterKind::half_point) {
    const Vector a = followed.form(parameter.kind, parameter.column);
    slice.M = orthogonal_times(householder_qr(Matrix(a)), Matrix::Identity(n, n)).rightCols(n - 1);
    if (followed.is_upright) slice.upright = followed.distance_form();
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
  const Vector along = followed.direction(w);
  w(input.input) = 0.0;
  w(input.bias) = -1.0 / input.bias_value;
  const Vector across = followed.direction(w);
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
  std::optional<inference::OneWeight> line;    ///< Of one weight beside fitted plateaus.
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
  for (ProfilePiece& piece : interval.pieces) {
    // Of a zero without its sign.
    piece.low += 0.0;
    piece.high += 0.0;
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

/// For each of the parameters.
[[nodiscard]] std::vector<std::vector<inference::LimitValues>> limits_of(
    const Region& region, const std::vector<FitParameter>& parameters) {
  if (region.data) {
    std::vector<inference::ParameterPlace> places;
    for (const FitParameter& parameter : parameters)
      places.push_back({parameter.kind, parameter.column});
    return inference::limit_values(*region.data, region.model.activation, region.model.range,
                                   places, region.threshold, region.stop);
  }
  std::vector<std::vector<inference::LimitValues>> limits;
  const Problem& problem = region.model.problem;
  const bool may_vanish =
      !region.model.range.is_known() && (region.line || problem.offset.size() > 0);
  for (const FitParameter& parameter : parameters) {
    limits.push_back(region.line ? region.line->limits(parameter.kind)
                                 : inference::limit_values(region.fits.at_infinity, parameter.kind,
                                                           parameter.column, region.threshold));
    if (!may_vanish) continue;
    if (auto constant = inference::constant_values(problem, region.model.range, parameter.kind,
                                                   region.threshold))
      limits.back().push_back(std::move(*constant));
  }
  return limits;
}

/// What a parameter comes to from one curve.
struct FromCurve {
  ProfilePiece piece;
  std::vector<Way> ways;
  bool is_done =
      false;  ///< Else there was no time to begin, or no constrained minimum below the threshold.
};

/// What all ways of one parameter share.
struct Subject {
  const FollowedModel& followed;
  const Region& region;
  const FitParameter& parameter;
  const std::vector<inference::LimitValues>& limits;
};

/// What doses of zero add to the energies of the network of the others on the side on which a fit has them.
std::optional<inference::ZeroDoseTerm> zero_dose_term(const FollowedModel& followed,
                                                      const Region& region,
                                                      const FittedSigmoid& fit) {
  if (!region.data || !region.data->zero) return std::nullopt;
  const Problem& problem = region.model.problem;
  const OutputRange& range = region.model.range;
  const double slope = fit.weights(region.data->input);
  inference::ZeroDoseTerm term;
  term.slope =
      (slope > 0.0 ? 1.0 : -1.0) * followed.form(ParameterKind::weight, region.data->input);
  const ParameterKind plateau = slope > 0.0 ? ParameterKind::low : ParameterKind::high;
  const std::optional<double>& known = slope > 0.0 ? range.low : range.high;
  const std::optional<double>& other = slope > 0.0 ? range.high : range.low;
  // Plateaus are counted from one that is known.
  term.form = known ? Vector(Vector::Zero(term.slope.size())) : followed.form(plateau, 0);
  const double target = region.data->zero->target;
  term.shift = (known ? *known : other ? *other : 0.0) - target;
  term.weight = region.data->zero->weight / followed.unit;
  for (Index i = 0; i < problem.X.rows(); ++i) {
    if (!is_zero_dose(problem.X, i)) continue;
    const double omega = problem.pattern_weights.size() > 0 ? problem.pattern_weights(i) : 1.0;
    const double off = problem.y(i) - target;
    term.constant += 0.5 * omega * off * off / followed.unit;
  }
  return term;
}

/// Both ways from a fit, whose parameter is changed by `move` before; unless it is a constrained minimum, a descent with the
/// parameter as it is leads to one first.
/// @param curves Those that the parameter has been followed along.
FromCurve follow_from(const Subject& subject, const FittedSigmoid& fit, double move,
                      bool is_minimum, inference::FollowedCurves& curves) {
  const auto& [followed, region, parameter, limits] = subject;
  const double value = value_at(region.model, parameter, fit);
  Vector y;
  const Vector x = followed.coordinates(fit.weights, fit.range);
  const double unit = parameter.standard_error.value_or(1.0);
  const inference::Slice slice =
      parameter.kind == ParameterKind::slope
          ? slope_slice(followed, region.model, fit, x, value, unit, y)
          : slice_of(followed, region.model, parameter, x, value, unit, y);
  const double threshold = region.threshold / followed.unit;
  const auto zero = zero_dose_term(followed, region, fit);
  // Half points and slopes have slices of their own from each fit.
  const bool is_shared = slice.turn.size() == 0 && !slice.product && !zero;
  inference::ProfileFollower follower(followed.network, slice, zero ? &*zero : nullptr, value,
                                      is_shared ? &curves : nullptr, threshold,
                                      region.excess / followed.unit, region.options, region.stop);
  FromCurve found{{value + move, value + move, ProfileEnd::reached, ProfileEnd::reached}, {}, true};
  if (!is_minimum) {
    const auto settled = follower.settle(y, move);
    found.is_done = settled && settled->second < threshold;
    if (!found.is_done) return found;
    y = settled->first;
  }
  for (const double side : {-1.0, 1.0}) {
    double& end = side < 0.0 ? found.piece.low : found.piece.high;
    ProfileEnd& kind = side < 0.0 ? found.piece.low_end : found.piece.high_end;
    if (lowest_beyond(limits, side) != nullptr) {
      end = side * kInfinity;
      kind = ProfileEnd::unbounded;
      continue;
    }
    const inference::WayEnd way = follower.follow(y, move, side);
    end = value + way.t;
    kind = way.end;
    // Where the slope turns over it is zero.
    const bool is_slope = parameter.kind == ParameterKind::slope ||
                          (parameter.kind == ParameterKind::weight && region.data &&
                           parameter.column == region.data->input);
    if (kind == ProfileEnd::limit && is_slope) end = 0.0;
    if (!way.remark.empty()) found.ways.push_back({end, side, way.remark});
  }
  return found;
}

FromCurve follow_from(const Subject& subject, const StationaryPoint& minimum,
                      inference::FollowedCurves& curves) {
  return follow_from(subject, {minimum.weights, plateaus_of(subject.region.model, minimum)}, 0.0,
                     true, curves);
}

/// One side of a region.
struct RegionEnd {
  double& at;
  ProfileEnd& kind;
  double side = 1.0;
};
RegionEnd end_of(std::vector<ProfilePiece>& pieces, double side) {
  if (side < 0.0) return {pieces.front().low, pieces.front().low_end, side};
  return {pieces.back().high, pieces.back().high_end, side};
}

/// Looks for curves below the threshold beyond the ends of a region, and follows those. Ends of followed curves are true
/// only where no other constrained minimum reaches further, and finite curves beside a limit may reach further than it.
class Beyond {
 public:
  Beyond(const Subject& subject, const inference::SeenValues* seen,
         inference::FollowedCurves& curves)
      : subject_(subject), seen_(seen), curves_(curves) {
    const auto& data = subject.region.data;
    is_bias_ = data && subject.parameter.column == data->bias;
  }

  /// Adds what is found to the region. False: more may be there, for time is up or it went on and on.
  [[nodiscard]] bool extend(std::vector<ProfilePiece>& pieces, std::vector<Way>& ways) const {
    for (int round = 0; round < kMostExtensions; ++round) {
      bool is_extended = false;
      for (const double side : {-1.0, 1.0}) is_extended = extend(pieces, ways, side) || is_extended;
      if (!is_extended) return !subject_.region.stop.is_met();
    }
    return false;
  }

 private:
  bool extend(std::vector<ProfilePiece>& pieces, std::vector<Way>& ways, double side) const {
    const RegionEnd end = end_of(pieces, side);
    if (!std::isfinite(end.at) || end.kind == ProfileEnd::lost || subject_.region.stop.is_met())
      return false;
    const double before = end.at;
    const FromCurve more = subject_.region.data   ? from_grid(end, width(pieces, end))
                           : subject_.region.line ? from_line(end, width(pieces, end))
                                                  : from_points(end, width(pieces, end));
    if (!more.is_done) return false;
    add_piece(pieces, more.piece);
    ways.insert(ways.end(), more.ways.begin(), more.ways.end());
    return side * (end_of(pieces, side).at - before) > 0.0;
  }

  [[nodiscard]] static double width(const std::vector<ProfilePiece>& pieces, const RegionEnd& end) {
    const double width = pieces.back().high - pieces.front().low;
    return std::isfinite(width) && width > 0.0 ? width : std::abs(end.at);
  }

  /// One input and a bias.
  [[nodiscard]] FromCurve from_grid(const RegionEnd& end, double width) const {
    const Region& region = subject_.region;
    const ParameterKind kind = subject_.parameter.kind;
    const inference::SeenRange& range = seen_->of(kind, is_bias_);
    const auto& furthest = end.side < 0.0 ? range.lowest : range.highest;
    if (furthest && end.side * (furthest->value - end.at) > kSeenSlack * (std::abs(end.at) + width))
      return from_curve(*furthest);
    // Two numbers are left that are not plateaus: the grid is the same.
    const bool is_seen =
        kind == ParameterKind::low || kind == ParameterKind::high || kind == ParameterKind::slope;
    if (is_seen && end.kind != ProfileEnd::limit) return {};
    const double beyond = end.at + end.side * kBesideEnd * width;
    const inference::SeenCurve lowest = inference::lowest_curve(
        *region.data, region.model.activation, region.model.range, kind, is_bias_, beyond);
    return lowest.energy < region.threshold ? from_curve(lowest) : FromCurve{};
  }

  /// One weight.
  [[nodiscard]] FromCurve from_line(const RegionEnd& end, double width) const {
    const inference::OneWeight& line = *subject_.region.line;
    const ParameterKind kind = subject_.parameter.kind;
    const inference::SeenRange& range = line.seen(kind);
    const auto& furthest = end.side < 0.0 ? range.lowest : range.highest;
    if (furthest && end.side * (furthest->value - end.at) > kSeenSlack * (std::abs(end.at) + width))
      return from_curve(*furthest);
    if (kind == ParameterKind::weight || end.kind != ProfileEnd::limit) return {};
    const inference::SeenCurve lowest =
        line.lowest_curve(kind, end.at + end.side * kBesideEnd * width);
    return lowest.energy < subject_.region.threshold ? from_curve(lowest) : FromCurve{};
  }

  /// From a curve that is not above the threshold. If no descent leads from it to a constrained minimum, its value is in the
  /// region all the same.
  [[nodiscard]] FromCurve from_curve(const inference::SeenCurve& curve) const {
    FittedSigmoid fit{Vector::Constant(1, curve.slope), curve.plateaus};
    if (const auto& data = subject_.region.data) {
      fit.weights.resize(2);
      fit.weights(data->input) = curve.slope;
      fit.weights(data->bias) = curve.bias;
    }
    FromCurve more = follow_from(subject_, fit, 0.0, false, curves_);
    if (more.is_done) return more;
    more.piece = {curve.value, curve.value, ProfileEnd::lost, ProfileEnd::lost};
    for (const double side : {-1.0, 1.0})
      more.ways.push_back(
          {curve.value, side, "a curve below the threshold is there that could not be followed"});
    more.is_done = true;
    return more;
  }

  /// Several inputs: descents with the parameter a little beyond the end, from the curve that came to it and from points of
  /// the list.
  [[nodiscard]] FromCurve from_points(const RegionEnd& end, double width) const {
    const Region& region = subject_.region;
    if (subject_.parameter.kind == ParameterKind::half_point) return {};
    std::vector<FittedSigmoid> starts;
    // Of a way the last curve is the nearest.
    const auto nearest = std::find_if(curves_.curves.rbegin(), curves_.curves.rend(),
                                      [&](const inference::FollowedCurves::Curve& curve) {
                                        const double came_to = curves_.ends[curve.way]->t;
                                        return curve.side == end.side &&
                                               std::abs(came_to - end.at) <= kSeenSlack * width;
                                      });
    if (nearest != curves_.curves.rend())
      starts.push_back(subject_.followed.fit(nearest->places.back().x));
    const auto count = static_cast<std::size_t>(std::clamp<Index>(
        kStartsTimesUnknowns / subject_.followed.network.unknowns(), kLeastStarts, kMostStarts));
    for (auto point = region.fits.points.begin();
         point != region.fits.points.end() && starts.size() <= count; ++point)
      if (!point->is_beyond_precision())
        starts.push_back({point->weights, plateaus_of(region.model, *point)});
    for (const double beside : kBesideEnds) {
      const double beyond = end.at + end.side * beside * width;
      for (const FittedSigmoid& fit : starts) {
        if (region.stop.is_met()) return {};
        const double move = beyond - value_at(region.model, subject_.parameter, fit);
        FromCurve more = follow_from(subject_, fit, move, false, curves_);
        if (more.is_done) return more;
      }
    }
    return {};
  }

  const Subject& subject_;
  const inference::SeenValues* seen_;
  inference::FollowedCurves& curves_;
  bool is_bias_ = false;
};

/// What a region is found to be.
struct FoundRegion {
  std::vector<ProfilePiece> pieces;
  std::vector<Way> ways;
  std::size_t left_out = 0;  ///< Fits below the threshold that were not followed.
  bool is_seen_around = true;
};

/// What there is of a parameter while its region is put together.
struct Followed {
  FromCurve of_best;
  inference::FollowedCurves curves;
};

/// The region of a parameter from what the best fit leads to.
FoundRegion put_together(const Subject& subject, Followed& followed,
                         const inference::SeenValues* seen) {
  const Region& region = subject.region;
  FoundRegion found;
  const auto add = [&](const FromCurve& part) {
    add_piece(found.pieces, part.piece);
    found.ways.insert(found.ways.end(), part.ways.begin(), part.ways.end());
  };
  add(followed.of_best);
  std::size_t done = 1;
  for (; done < region.minima.size() && !region.stop.is_met(); ++done)
    add(follow_from(subject, *region.minima[done], followed.curves));
  found.left_out = region.minima.size() - done;
  // Values beyond all bounds are those of the pieces that are.
  for (const inference::LimitValues& limit : subject.limits)
    if (limit.values.low != kInfinity && limit.values.high != -kInfinity)
      add_piece(found.pieces, limit.values);
  found.is_seen_around =
      found.left_out > 0 || Beyond(subject, seen, followed.curves).extend(found.pieces, found.ways);
  close_gaps(found.pieces);
  return found;
}

/// The same of a parameter that is `factor` > 0 times as large.
FoundRegion scaled(FoundRegion found, double factor) {
  for (ProfilePiece& piece : found.pieces) {
    piece.low *= factor;
    piece.high *= factor;
  }
  for (Way& way : found.ways) way.at *= factor;
  return found;
}

/// Limits beside a known part of the node inputs and fitted plateaus that were not looked at; empty: none.
std::string missed_limits(const Region& region) {
  if (region.line) return region.line->missed();
  if (region.model.range.is_known() || region.model.problem.offset.size() == 0) return {};
  return "beside weights that are held, curves near limits that are no infima were not looked at";
}

void report(const Subject& subject, FoundRegion found, ProfileInterval& interval) {
  interval.pieces = std::move(found.pieces);
  const std::string missed = missed_limits(subject.region);
  for (const double side : {-1.0, 1.0})
    if (const auto* const lowest = lowest_beyond(subject.limits, side))
      remark(interval, std::string("unbounded ") + (side > 0.0 ? "upwards" : "downwards") + ": " +
                           lowest->words + ", is below the threshold");
  judge(interval, found.ways);
  if (!found.is_seen_around) {
    interval.is_resolved = false;
    remark(interval, "the search for curves beyond the ends was cut off");
  }
  if (!missed.empty()) {
    interval.is_resolved = false;
    remark(interval, missed + ": it may be wider");
  }
  if (found.left_out == 0) return;
  interval.is_resolved = false;
  remark(interval, std::to_string(found.left_out) + " of " +
                       std::to_string(subject.region.minima.size()) +
                       " fits below the threshold were not followed, for time was up");
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
                std::nullopt,
                result.threshold,
                result.threshold - best.energy,
                options,
                options.stop.within(options.seconds)};
  for (const StationaryPoint& point : fits.points)
    if (point.kind == StationaryKind::minimum && point.energy < result.threshold &&
        !point.is_beyond_precision())
      region.minima.push_back(&point);
  if (region.minima.empty()) {
    result.reason = "the fit is exact up to rounding, and profiles need residuals";
    result.parameters.clear();
    return result;
  }
  if (model.problem.offset.size() == 0) region.data = fits::covariate_of(model.problem);
  if (!model.range.is_known() && model.problem.X.cols() == 1)
    region.line.emplace(model, result.threshold, region.stop);
  const bool has_zero = has_zero_doses(model.problem.X);
  const Problem positive = has_zero ? without_zero_doses(model.problem) : Problem();
  const SigmoidModel network_model{has_zero ? positive : model.problem, model.activation,
                                   model.range};
  const FollowedModel followed =
      model.range.is_known() ? known_range(network_model) : fitted_range(network_model, fit);
  const std::vector<std::vector<inference::LimitValues>> limits = limits_of(region, parameters);
  std::vector<Subject> subjects;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    subjects.push_back({followed, region, parameters[i], limits[i]});
  // With both plateaus known the slope at the half point is a multiple of the weight.
  const bool has_slope = parameters.back().kind == ParameterKind::slope;
  const bool is_multiple = has_slope && model.range.is_known();
  // All parameters from the best fit first: what is cut off then has these.
  const std::size_t count = parameters.size() - (is_multiple ? 1 : 0);
  std::vector<Followed> all(count);
  std::atomic<std::size_t> next = 0;
  const Team team(options.threads);
  team.for_each(options.threads, [&](int) {
    for (std::size_t i = next++; i < count; i = next++)
      all[i].of_best = follow_from(subjects[i], *region.minima.front(), all[i].curves);
  });
  std::optional<inference::SeenValues> seen;
  if (region.data)
    seen = inference::look_around(*region.data, model.activation, model.range, result.threshold);
  next = 0;
  team.for_each(options.threads, [&](int) {
    for (std::size_t i = next++; i < count; i = next++) {
      const FoundRegion found = put_together(subjects[i], all[i], seen ? &*seen : nullptr);
      report(subjects[i], found, result.parameters[i]);
      if (!is_multiple || parameters[i].kind != ParameterKind::weight ||
          parameters[i].column != region.data->input)
        continue;
      const double multiple =
          inference::steepness(model.activation) * (fit.range.high - fit.range.low);
      report(subjects.back(), scaled(found, multiple), result.parameters.back());
    }
  });
  return result;
}

}  // namespace tautrack
