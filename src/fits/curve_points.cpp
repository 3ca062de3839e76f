#include "fits/curve_points.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "amplitude/eigenvalues.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "fits/target_sums.hpp"

namespace tautrack::fits {
namespace {

/// 1 / (1 + exp(-u))
long double logistic(long double u) { return 1.0L / (1.0L + std::exp(-u)); }

amplitude::Levels levels_of(const Covariate& data, const OutputRange& range) {
  if (!range.low && !range.high) return {data.values, data.means, data.weights, nullptr, data.zero};
  if (range.low) return {data.values, data.means, data.weights, &*range.low, data.zero};
  std::vector<double> turned = data.means;
  for (double& mean : turned) mean = -mean;
  const double low = -*range.high;
  std::optional<amplitude::ZeroLevel> zero = data.zero;
  if (zero) zero->target = -zero->target;
  return {data.values, turned, data.weights, &low, zero};
}

}  // namespace

/// z = offset + factor phi by least squares; a known offset is zero, and targets are less the known end.
struct CurveTerms::Fitted {
  long double offset = 0.0L, factor = 0.0L, energy = 0.0L;
  std::vector<long double> residual;  ///< z - y
};

CurveTerms::CurveTerms(const Covariate& data, Activation activation, const OutputRange& range)
    : data_(data),
      input_scale_(activation == Activation::tanh ? 2.0 : 1.0),
      range_(range),
      upside_down_(range.high.has_value()),
      levels_(levels_of(data, range)) {
  const auto target = [&](double mean) {
    return range.low ? mean - *range.low : range.high ? *range.high - mean : mean;
  };
  for (const double mean : data.means) targets_.push_back(target(mean));
  if (data.zero) zero_target_ = target(data.zero->target);
}

CurveTerms::Fitted CurveTerms::fit(const std::vector<long double>& phi, long double at_zero) const {
  const std::size_t J = targets_.size();
  Fitted fitted;
  const std::optional<amplitude::ZeroLevel>& zero = data_.zero;
  long double total = 0.0L, mean_phi = 0.0L, mean_target = 0.0L;
  if (!levels_.has_known_offset()) {
    if (zero) {
      total = zero->weight;
      mean_phi = total * at_zero;
      mean_target = total * static_cast<long double>(zero_target_);
    }
    for (std::size_t j = 0; j < J; ++j) {
      const long double weight = data_.weights[j];
      total += weight;
      mean_phi += weight * phi[j];
      mean_target += weight * targets_[j];
    }
    mean_phi /= total;
    mean_target /= total;
  }
  long double product = 0.0L, size = 0.0L;
  for (std::size_t j = 0; j < J; ++j) {
    const long double weight = data_.weights[j], centred = phi[j] - mean_phi;
    product += weight * centred * (targets_[j] - mean_target);
    size += weight * centred * centred;
  }
  if (zero) {
    const long double weight = zero->weight, centred = at_zero - mean_phi;
    product += weight * centred * (static_cast<long double>(zero_target_) - mean_target);
    size += weight * centred * centred;
  }
  fitted.factor = size > 0.0L ? product / size : 0.0L;
  fitted.offset = mean_target - fitted.factor * mean_phi;
  for (std::size_t j = 0; j < J; ++j) {
    const long double residual =
        mean_target + fitted.factor * (phi[j] - mean_phi) - static_cast<long double>(targets_[j]);
    fitted.residual.push_back(residual);
    fitted.energy += 0.5L * static_cast<long double>(data_.weights[j]) * residual * residual;
  }
  if (zero) {
    const long double residual =
        mean_target + fitted.factor * (at_zero - mean_phi) - static_cast<long double>(zero_target_);
    fitted.energy += 0.5L * static_cast<long double>(zero->weight) * residual * residual;
  }
  return fitted;
}

Vector CurveTerms::weights(double slope, double intercept) const {
  Vector w(2);
  w(data_.input) = slope / input_scale_;
  w(data_.bias) = intercept / (input_scale_ * data_.bias_value);
  return w;
}

std::vector<int> CurveTerms::signs(const std::vector<int>& of_level, int of_zero) const {
  std::vector<int> signs;
  for (const std::size_t level : data_.level_of)
    signs.push_back(level == kZeroDose ? of_zero : of_level[level]);
  return signs;
}

namespace {

/// Eigenvalues, ascending, of the Hessian of 1/2 |z - y|^2 in (a, b, slope, intercept) relative to the metric of z,
/// which do not depend on the coordinates.
/// @param zero_weight Of doses of zero that observe a fitted plateau.
Vector curve_eigenvalues(const amplitude::Levels& levels, const std::vector<double>& weights,
                         double zero_weight, const std::vector<long double>& s,
                         const std::vector<long double>& residual, long double height) {
  const auto J = static_cast<Index>(s.size());
  const Index first = levels.has_known_offset() ? 0 : 1, n = first + 3;
  // There outputs are a, or b where a is known.
  const Index zeros = zero_weight > 0.0 ? 1 : 0;
  Matrix tangents = Matrix::Zero(J + zeros, n), bends = Matrix::Zero(n, n);
  if (zeros == 1) tangents(J, 0) = std::sqrt(zero_weight);
  for (Index j = 0; j < J; ++j) {
    const std::size_t k = at(j);
    const auto x = static_cast<long double>(proof::middle(levels.x[k]));
    const long double d = s[k] * (1.0L - s[k]),
                      root = std::sqrt(static_cast<long double>(weights[k]));
    if (first == 1) tangents(j, 0) = static_cast<double>(root);
    tangents(j, first) = static_cast<double>(root * s[k]);
    tangents(j, first + 1) = static_cast<double>(root * height * d * x);
    tangents(j, first + 2) = static_cast<double>(root * height * d);
    const long double r = static_cast<long double>(weights[k]) * residual[k];
    const long double bend = r * height * d * (1.0L - 2.0L * s[k]);
    bends(first, first + 1) += static_cast<double>(r * d * x);
    bends(first, first + 2) += static_cast<double>(r * d);
    bends(first + 1, first + 1) += static_cast<double>(bend * x * x);
    bends(first + 1, first + 2) += static_cast<double>(bend * x);
    bends(first + 2, first + 2) += static_cast<double>(bend);
  }
  return amplitude::relative_eigenvalues(std::move(tangents), std::move(bends));
}

}  // namespace

StationaryPoint CurveTerms::point(const amplitude::StationaryCurve& curve) const {
  const auto slope = static_cast<long double>(proof::middle(curve.slope));
  const auto intercept = static_cast<long double>(proof::middle(curve.intercept));
  const std::size_t J = targets_.size();
  std::vector<long double> s, phi;
  // What is nearly one is counted from one, where the offset is fitted.
  const bool from_one = !levels_.has_known_offset() && intercept > 0.0L;
  for (std::size_t j = 0; j < J; ++j) {
    const long double u = slope * static_cast<long double>(proof::middle(levels_.x[j])) + intercept;
    s.push_back(logistic(u));
    phi.push_back(from_one ? -logistic(-u) : s.back());
  }
  const bool falls = levels_.has_known_offset() && slope < 0.0L;
  const Fitted fitted = fit(phi, from_one ? -1.0L : falls ? 1.0L : 0.0L);
  long double low = from_one ? fitted.offset - fitted.factor : fitted.offset;
  long double high = from_one ? fitted.offset : fitted.offset + fitted.factor;

  StationaryPoint point;
  using proof::Interval;
  const Interval per_scale = Interval(1.0) / Interval(levels_.scale);
  const Interval W = curve.slope * per_scale, C = curve.intercept - W * levels_.centre;
  double sign = 1.0;
  if (range_.low) {
    high += *range_.low;
    low = *range_.low;
  } else if (range_.high) {
    low = *range_.high - high;
    high = *range_.high;
    sign = -1.0;
  } else if (high < low) {
    std::swap(low, high);
    sign = -1.0;
  }
  point.weights = weights(sign * proof::middle(W), sign * proof::middle(C));
  point.range = Range{static_cast<double>(low), static_cast<double>(high)};
  point.energy = static_cast<double>(fitted.energy) + data_.energy;
  point.morse_index = curve.index;
  const Vector eigenvalues = curve_eigenvalues(
      levels_, data_.weights, falls && data_.zero ? data_.zero->weight : levels_.zero_weight, s,
      fitted.residual, fitted.factor);
  point.kind = kind_of(curve.index, levels_.has_known_offset() ? 3 : 4);
  if (curve.index && (eigenvalues.array() < 0.0).count() == *curve.index)
    point.eigenvalues = eigenvalues;
  point.status = curve.index ? PointStatus::certified : PointStatus::converged;
  if (!curve.index) point.reason = "its Morse index could not be proven";
  const double error_slope = 0.5 * proof::width_of(W) / input_scale_;
  const double error_bias = 0.5 * proof::width_of(C) / (input_scale_ * std::abs(data_.bias_value));
  // The middles, and what is said of them, are rounded once more.
  point.radius =
      std::hypot(error_slope, error_bias) * (1.0 + 1e-10) + 4.0 * kEpsilon * point.weights.norm();
  point.found_by = "interval search";
  double largest = 0.0;
  for (const double value : {data_.values.front(), data_.values.back()})
    largest = std::max(largest, std::abs(value * point.weights(data_.input)));
  point.data_sensitivity =
      kEpsilon * (largest + std::abs(data_.bias_value * point.weights(data_.bias)));
  return point;
}

InfinitePoint CurveTerms::exponential(const amplitude::CurveLimit& limit) const {
  const double rate = proof::middle(limit.rate);  // in units of levels_.x
  const std::size_t J = targets_.size();
  std::vector<long double> phi;
  // From the end where it is largest.
  const double origin = proof::middle(rate > 0.0 ? levels_.x.back() : levels_.x.front());
  for (std::size_t j = 0; j < J; ++j)
    phi.push_back(std::exp(static_cast<long double>(rate) *
                           (static_cast<long double>(proof::middle(levels_.x[j])) - origin)));
  const Fitted fitted = fit(phi, 0.0L);
  InfinitePoint point;
  point.energy = static_cast<double>(fitted.energy) + data_.energy;
  const double v = rate / levels_.scale;
  const double at_zero = std::exp(-v * (origin * levels_.scale + levels_.centre));
  ExponentialCurve curve;
  double offset = static_cast<double>(fitted.offset), factor = static_cast<double>(fitted.factor);
  if (range_.low) offset = *range_.low;
  if (upside_down_) {
    offset = *range_.high;
    factor = -factor;
  }
  curve.offset = offset;
  curve.factor = factor * at_zero;
  curve.rate = Vector::Zero(2);
  curve.rate(data_.input) = v;
  point.exponential = curve;
  // The foot of the sigmoid, u -> -infinity, where the exponential is above its plateau; else its shoulder.
  const double side = factor > 0.0 ? 1.0 : -1.0;
  point.weights = weights(side * v, 0.0);
  point.direction = Vector::Zero(2);
  point.direction(data_.bias) = -side * (data_.bias_value > 0.0 ? 1.0 : -1.0);
  point.signs = signs(std::vector<int>(J, factor > 0.0 ? -1 : 1), factor > 0.0 ? -1 : 1);
  point.range = factor > 0.0 ? Range{offset, kInfinity} : Range{-kInfinity, offset};
  return point;
}

InfinitePoint CurveTerms::step(const amplitude::CurveLimit& limit) const {
  const std::size_t J = targets_.size(), free = limit.below,
                    above = free + (limit.has_free ? 1 : 0);
  // Outputs: the low side at small x, or the other way round where it falls (a known plateau is the foot).
  const auto mean = [&](std::size_t from, std::size_t to, bool with_zero) {
    long double sum = 0.0L, total = 0.0L;
    if (data_.zero && with_zero) {
      total = data_.zero->weight;
      sum = total * static_cast<long double>(zero_target_);
    }
    for (std::size_t j = from; j < to; ++j) {
      sum += static_cast<long double>(data_.weights[j]) * targets_[j];
      total += data_.weights[j];
    }
    return sum / total;
  };
  long double left = mean(0, limit.below, true), right = above < J ? mean(above, J, false) : 0.0L;
  if (levels_.has_known_offset()) (limit.rises ? left : right) = 0.0L;
  const long double between = limit.is_flat ? mean(0, J, false) : 0.0L;
  long double energy = data_.energy;
  for (std::size_t j = 0; j < J; ++j) {
    if (limit.has_free && j == free) continue;
    const long double residual = targets_[j] - (limit.is_flat     ? between
                                                : j < limit.below ? left
                                                                  : right);
    energy += 0.5L * static_cast<long double>(data_.weights[j]) * residual * residual;
  }
  if (data_.zero) {
    const long double residual = static_cast<long double>(zero_target_) - left;
    energy += 0.5L * static_cast<long double>(data_.zero->weight) * residual * residual;
  }
  InfinitePoint point;
  point.energy = static_cast<double>(energy);
  const auto output = [&](long double target) {
    return static_cast<double>(range_.low    ? *range_.low + target
                               : range_.high ? *range_.high - target
                                             : target);
  };
  const double at_left = output(left), at_right = output(right);
  // Of the slope, for low < high; where both plateaus are the same a known one says on which side it is.
  const bool rises =
      !levels_.has_known_offset() ? at_right >= at_left : limit.rises != upside_down_;
  const int sign = rises ? 1 : -1;
  point.range = Range{std::min(at_left, at_right), std::max(at_left, at_right)};
  std::vector<int> of_level(J, sign);
  for (std::size_t j = 0; j < limit.below; ++j) of_level[j] = -sign;
  // Before the first level, and behind the last, any place will do.
  double place = above == 0   ? data_.values[0] - levels_.scale
                 : above == J ? data_.values[J - 1] + levels_.scale
                              : 0.5 * (data_.values[above - 1] + data_.values[above]);
  double input = 0.0;
  if (limit.has_free || limit.is_flat) {
    if (limit.is_flat)
      of_level.assign(J, 0);
    else
      of_level[free] = 0;
    place = data_.values[free];
    const double value = output(limit.is_flat ? between : static_cast<long double>(targets_[free]));
    const double height = point.range->high - point.range->low;
    // Of data that tie it may be at a plateau, or these may be one.
    const double share = height > 0.0 ? (value - point.range->low) / height : 0.5;
    const double inside = std::clamp(share, kEpsilon, 1.0 - kEpsilon);
    input = std::log(inside / (1.0 - inside));
  }
  point.signs = signs(of_level, -sign);
  point.weights = weights(0.0, input);
  point.direction = Vector::Zero(2);
  if (limit.is_flat) return point;
  point.direction(data_.input) = sign;
  point.direction(data_.bias) = -sign * place / data_.bias_value;
  point.direction.normalize();
  return point;
}

std::vector<double> CurveTerms::rough_energies(
    const std::vector<amplitude::CurveLimit>& limits) const {
  const std::size_t J = targets_.size();
  std::vector<TargetSums> first(J + 1);  // of so many levels, and of doses of zero
  if (data_.zero) first[0].add(data_.zero->weight, zero_target_);
  for (std::size_t j = 0; j < J; ++j) {
    first[j + 1] = first[j];
    first[j + 1].add(data_.weights[j], targets_[j]);
  }
  std::vector<double> energies;
  for (const amplitude::CurveLimit& limit : limits) {
    if (limit.is_exponential || limit.is_flat) {
      energies.push_back(-kInfinity);
      continue;
    }
    const TargetSums& left = first[limit.below];
    const TargetSums right = first[J].without(first[limit.below + (limit.has_free ? 1 : 0)]);
    const bool knows_left = levels_.has_known_offset() && limit.rises,
               knows_right = levels_.has_known_offset() && !limit.rises;
    energies.push_back(static_cast<double>(left.about(knows_left ? 0.0L : left.mean()) +
                                           right.about(knows_right ? 0.0L : right.mean())));
  }
  return energies;
}

std::size_t CurveTerms::keep_lowest(std::vector<amplitude::CurveLimit>& limits,
                                    std::size_t most) const {
  const std::vector<double> energies = rough_energies(limits);
  std::vector<std::size_t> infima;
  for (std::size_t i = 0; i < limits.size(); ++i)
    if (limits[i].is_infimum == true && !limits[i].is_exponential) infima.push_back(i);
  if (infima.size() <= most) return 0;
  std::stable_sort(infima.begin(), infima.end(),
                   [&](std::size_t a, std::size_t b) { return energies[a] < energies[b]; });
  std::vector<bool> is_left_out(limits.size());
  for (std::size_t k = most; k < infima.size(); ++k) is_left_out[infima[k]] = true;
  std::vector<amplitude::CurveLimit> kept;
  for (std::size_t i = 0; i < limits.size(); ++i)
    if (!is_left_out[i]) kept.push_back(limits[i]);
  limits = std::move(kept);
  return infima.size() - most;
}

InfinitePoint CurveTerms::limit(const amplitude::CurveLimit& limit) const {
  InfinitePoint point = limit.is_exponential ? exponential(limit) : step(limit);
  point.local_infimum = limit.is_infimum;
  point.found_by = "interval search";
  const bool is_constant = data_.zero && !limit.is_exponential && !limit.has_free &&
                           (limit.below == 0 || limit.below == targets_.size());
  const char* what = limit.is_exponential ? "the plateau comes nearer"
                     : limit.is_flat      ? "there is a slope"
                     : is_constant        ? "the outputs leave it"
                                          : "the slope becomes finite";
  point.reason = !limit.is_infimum
                     ? "data tie: what the energy does nearby is not decided at first order"
                 : *limit.is_infimum ? std::string("proven: the energy grows when ") + what
                                     : std::string("proven: the energy falls when ") + what;
  return point;
}

bool CurveTerms::vanishes() const {
  if (!levels_.has_known_offset()) return false;
  // Every sigmoid is a mean of steps (and constants), so that none is better than the plateau when no step is: when
  // the sums of targets from either end are not positive.
  const std::size_t J = targets_.size();
  for (const bool from_left : {true, false}) {
    proof::Interval sum = 0.0;
    // A curve that falls has its height at a dose of zero.
    if (from_left && data_.zero) sum = levels_.zero_y * data_.zero->weight;
    if (sum.upper() > 0.0) return false;
    for (std::size_t k = 0; k < J; ++k) {
      const std::size_t j = from_left ? k : J - 1 - k;
      if (targets_[j] != 0.0) sum += levels_.y[j] * data_.weights[j];
      if (sum.upper() > 0.0) return false;
    }
  }
  return true;
}

InfinitePoint CurveTerms::vanishing() const {
  InfinitePoint point;
  long double energy = data_.energy;
  if (data_.zero)
    energy += 0.5L * static_cast<long double>(data_.zero->weight) * zero_target_ * zero_target_;
  for (std::size_t j = 0; j < targets_.size(); ++j)
    energy += 0.5L * static_cast<long double>(data_.weights[j]) * targets_[j] * targets_[j];
  point.energy = static_cast<double>(energy);
  const double end = range_.low ? *range_.low : *range_.high;
  point.range = Range{end, end};
  point.weights = Vector::Zero(2);
  point.direction = Vector::Zero(2);
  point.direction(data_.bias) = (range_.low ? -1.0 : 1.0) * (data_.bias_value > 0.0 ? 1.0 : -1.0);
  point.signs = signs(std::vector<int>(targets_.size(), range_.low ? -1 : 1), 0);
  point.local_infimum = true;
  point.reason =
      "proven: the targets are nearer to the known plateau than to any sigmoid away from it";
  point.found_by = "interval search";
  return point;
}

std::string CurveTerms::words(const amplitude::CurveLimit& limit,
                              const InfinitePoint& point) const {
  const auto value = [&](std::size_t level) { return number(data_.values[level]); };
  if (limit.is_exponential) {
    const ExponentialCurve& curve = *point.exponential;
    const std::string which = point.range->high == kInfinity ? "upper" : "lower";
    return "the data show no " + which + " plateau: the exponential " + number(curve.offset) +
           (curve.factor < 0.0 ? " - " : " + ") + number(std::abs(curve.factor)) + " exp(" +
           number(curve.rate(data_.input)) + " x)";
  }
  const std::size_t above = limit.below + (limit.has_free ? 1 : 0), J = data_.size();
  const std::string outputs =
      ", from " + number(point.range->low) + " to " + number(point.range->high);
  if (limit.is_flat)
    return "the slope is zero: all outputs but those for doses of zero are one" + outputs;
  if (limit.below == J)
    return "all outputs are one, at the fitted plateau: the other plateau is far away" + outputs;
  if (data_.zero && above == 0)
    return "all outputs but those for doses of zero are one: a step between minus infinity and " +
           value(0) + outputs;
  std::string between = limit.below > 0 ? "between " + value(limit.below - 1) + " and "
                        : data_.zero    ? std::string("between minus infinity and ")
                                        : std::string("below ");
  between += value(above);
  std::string text = "the slope is infinite: a step " + between;
  if (limit.has_free) text += ", with " + value(limit.below) + " on its way";
  return text + outputs;
}

}  // namespace tautrack::fits
