#include "tautrack/fits/zero_doses.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "tautrack/data/zero_doses.hpp"

#include "core/numbers.hpp"
#include "core/text.hpp"
#include "fits/covariate.hpp"
#include "fits/range_verdict.hpp"
#include "network/inverse.hpp"
#include "proof/interval.hpp"

namespace tautrack {
namespace {

using proof::Interval;

constexpr const char* kFoundBy = "doses of zero";

class ZeroDoses {
 public:
  ZeroDoses(const Problem& problem, Activation activation, const Range& range)
      : activation_(activation), range_(range), data_(*fits::covariate_of(problem)) {
    for (Index i = 0; i < problem.X.rows(); ++i) {
      if (!is_zero_dose(problem.X, i)) continue;
      const double omega = problem.pattern_weights.size() > 0 ? problem.pattern_weights(i) : 1.0;
      const double off = problem.y(i) - data_.zero->target;
      scatter_ += 0.5 * omega * off * off;
    }
  }

  [[nodiscard]] AllFits judge(AllFits fits) {
    const bool was_complete = fits.strata.complete || fits.strata.none_exists;
    move_points(fits);
    std::vector<fits::NamedLimit> limits = moved_limits(fits);
    add_constants(limits);
    add_flat(limits);
    forget_curves(fits);
    const bool is_list = fits.level == Completeness::complete;
    fits.global_minimum.reset();
    fits.infimum_at_infinity = fits.global_is_proven = false;
    fits.unique = Answer::unknown;
    fits.at_infinity.clear();
    fits.strata.complete = was_complete && is_decided_;
    fits.strata.none_exists = false;
    fits.strata.message = "limits of the two directions, doses of zero on either plateau: ";
    fits.strata.message += fits.strata.complete ? "all of them were looked at"
                                                : "some may be missing or are not decided";
    fits::judge_fitted_range(fits, std::move(limits), is_list && fits.strata.complete);
    return fits;
  }

 private:
  [[nodiscard]] double end(bool high) const { return high ? range_.high : range_.low; }

  /// What doses of zero add where the slope has this sign.
  [[nodiscard]] double energy_of_zero(int sign) const {
    const double off = data_.zero->target - end(sign < 0);
    return scatter_ + 0.5 * data_.zero->weight * off * off;
  }

  void move_points(AllFits& fits) {
    for (StationaryPoint& point : fits.points) {
      const double w = point.weights(data_.input);
      point.energy += energy_of_zero(w > 0.0 ? 1 : -1);
      if (std::abs(w) > point.radius) continue;
      // It may be none: at w = 0 there is no curve.
      fits.level = Completeness::heuristic;
      fits.level_reason = "the sign of the slope of a point could not be proven";
    }
    std::stable_sort(
        fits.points.begin(), fits.points.end(),
        [](const StationaryPoint& a, const StationaryPoint& b) { return a.energy < b.energy; });
  }

  /// Of steps and of steps with free levels, whose directions have a slope.
  [[nodiscard]] std::vector<fits::NamedLimit> moved_limits(const AllFits& fits) {
    std::vector<fits::NamedLimit> limits;
    for (InfinitePoint limit : fits.at_infinity) {
      const bool is_constant =
          limit.signs.empty() || (limit.signs.front() != 0 &&
                                  std::all_of(limit.signs.begin(), limit.signs.end(),
                                              [&](int s) { return s == limit.signs.front(); }));
      if (is_constant) continue;  // judged below
      const int sign = limit.direction(data_.input) > 0.0 ? 1 : -1;
      limit.energy += energy_of_zero(sign);
      limit.signs = with_zero(limit.signs, -sign);
      std::string words = "the slope is infinite: " + std::string(to_string(limit.kind()));
      limit.reason = words + (limit.reason.empty() ? "" : "; " + limit.reason);
      limits.push_back({std::move(limit), std::move(words)});
    }
    return limits;
  }

  /// Signs of all rows from those of the rows that are no doses of zero.
  [[nodiscard]] std::vector<int> with_zero(const std::vector<int>& signs, int of_zero) const {
    std::vector<int> all;
    std::size_t next = 0;
    for (const std::size_t level : data_.level_of)
      all.push_back(level == fits::kZeroDose ? of_zero : signs.at(next++));
    return all;
  }
  [[nodiscard]] std::vector<int> with_zero(int sign, int of_zero) const {
    return with_zero(std::vector<int>(data_.level_of.size(), sign), of_zero);
  }

  /// All other rows at one end, doses of zero at this one or the other. To first order the energy changes by the sum of the
  /// targets beyond that end, the nearer ones weighted more.
  void add_constants(std::vector<fits::NamedLimit>& limits) {
    for (const int sign : {1, -1})
      for (const bool high : {false, true}) {
        Interval sum = 0.0;
        bool any_back = false, any_beyond = false;
        double energy = data_.energy - scatter_ + energy_of_zero(sign);
        for (std::size_t j = 0; j < data_.size(); ++j) {
          const double off = data_.means[j] - end(high);
          const Interval beyond = Interval(data_.means[j]) - end(high);
          sum += (high ? beyond : -beyond) * data_.weights[j];
          any_beyond = any_beyond || (high ? off > 0.0 : off < 0.0);
          any_back = any_back || (high ? off < 0.0 : off > 0.0);
          energy += 0.5 * data_.weights[j] * off * off;
        }
        if (sum.upper() < 0.0) continue;  // it falls
        fits::NamedLimit limit;
        InfinitePoint& point = limit.point;
        point.energy = energy;
        const int other = high ? 1 : -1;
        point.signs = with_zero(other, -sign);
        point.weights = point.direction = Vector::Zero(2);
        point.direction(data_.bias) = data_.bias_value > 0.0 ? other : -other;
        point.range = range_;
        if (any_beyond && !any_back) point.local_infimum = true;
        is_decided_ = is_decided_ && point.local_infimum.has_value();
        point.found_by = kFoundBy;
        limit.words = "all outputs but those for doses of zero are " + number(end(high));
        point.reason =
            limit.words + (point.local_infimum ? "; their targets are beyond it"
                                               : "; what the energy does nearby is not decided");
        limits.push_back(std::move(limit));
      }
  }

  /// The best constant of the other rows, from one side.
  void add_flat(std::vector<fits::NamedLimit>& limits) {
    Interval sum = 0.0, total = 0.0;
    for (std::size_t j = 0; j < data_.size(); ++j) {
      sum += Interval(data_.means[j]) * data_.weights[j];
      total += data_.weights[j];
    }
    const Interval mean = sum / total;
    if (mean.upper() <= range_.low || mean.lower() >= range_.high) return;
    const bool is_inside = mean.lower() > range_.low && mean.upper() < range_.high;
    Interval tilt = 0.0;
    const double value = proof::middle(mean);
    double energy = data_.energy - scatter_;
    for (std::size_t j = 0; j < data_.size(); ++j) {
      tilt += (Interval(data_.means[j]) - mean) * data_.weights[j] *
              (Interval(data_.values[j]) - data_.values.front());
      energy += 0.5 * data_.weights[j] * (data_.means[j] - value) * (data_.means[j] - value);
    }
    // With a slope of the sign of the tilt the energy falls.
    const int tilted = is_inside ? proof::sign_of(tilt) : 0;
    for (const int sign : {1, -1}) {
      if (tilted == sign) continue;
      fits::NamedLimit limit;
      InfinitePoint& point = limit.point;
      point.energy = energy + energy_of_zero(sign);
      point.signs = with_zero(0, -sign);
      point.direction = point.weights = Vector::Zero(2);
      const Range own = tautrack::range(activation_);
      const double share =
          std::clamp((value - range_.low) / (range_.high - range_.low), kEpsilon, 1.0 - kEpsilon);
      point.weights(data_.bias) =
          inverse_sigmoid(activation_, own.low + share * (own.high - own.low)) / data_.bias_value;
      point.range = range_;
      if (tilted != 0) point.local_infimum = true;
      is_decided_ = is_decided_ && point.local_infimum.has_value();
      point.found_by = kFoundBy;
      limit.words = "the slope is zero: all outputs are " + number(value) +
                    ", but those for doses of zero " + number(end(sign < 0));
      point.reason = limit.words + (point.local_infimum
                                        ? "; proven: the energy grows with a slope of that side"
                                        : "; what the energy does nearby is not decided");
      limits.push_back(std::move(limit));
    }
  }

  void forget_curves(AllFits& fits) const {
    fits.certificate.reset();
    fits.exploration.links.clear();
    fits.exploration.escapes.clear();
    fits.exploration.path = NaturalPath();
    fits.exploration.path.message = fits::kNoPathOfZeroDoses;
  }

  Activation activation_;
  Range range_;
  fits::Covariate data_;
  double scatter_ = 0.0;  ///< Of the doses of zero about their mean.
  bool is_decided_ = true;
};

}  // namespace

AllFits with_zero_doses(AllFits fits, const Problem& problem, Activation activation,
                        const Range& range) {
  check_with_zero_doses(problem);
  const std::optional<fits::Covariate> data = fits::covariate_of(problem);
  if (!data || !data->zero) throw DataError("there is no dose of zero");
  return ZeroDoses(problem, activation, range).judge(std::move(fits));
}

}  // namespace tautrack
