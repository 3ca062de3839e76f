#include "inference/limit_values.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/numbers.hpp"
#include "core/text.hpp"
#include "fits/target_sums.hpp"
#include "network/inverse.hpp"

namespace tautrack::inference {
namespace {

/// Rates at which exponentials are looked at, each way, in equal steps of their logarithm ...
constexpr int kRates = 400;
/// ... from this over the extent of the input ...
constexpr double kSlowest = 1e-3;
/// ... to this over the distance of the level at the end to the next: there they are steps.
constexpr double kFastest = 40.0;
/// Halvings of a step.
constexpr int kHalvings = 50;

ProfilePiece piece(double low, double high) {
  return {low, high, std::isfinite(low) ? ProfileEnd::limit : ProfileEnd::unbounded,
          std::isfinite(high) ? ProfileEnd::limit : ProfileEnd::unbounded};
}
ProfilePiece towards(double sign) {
  const double end = sign > 0.0 ? kInfinity : -kInfinity;
  return piece(end, end);
}

/// Values of a number that is quadratic in the energy: at its best, and how far from it the threshold is.
ProfilePiece about(double best, double curvature, double room) {
  const double reach = std::sqrt(2.0 * room / curvature);
  return piece(best - reach, best + reach);
}

class Limits {
 public:
  Limits(const fits::Covariate& data, Activation activation, const OutputRange& range,
         double threshold, const StopCondition& stop)
      : data_(data),
        range_(range),
        activation_(activation),
        per_rate_(activation == Activation::tanh  ? 0.5
                  : activation == Activation::erf ? 0.0
                                                  : 1.0),
        threshold_(threshold),
        powers_(data.size()) {
    long double total = 0.0L, target = 0.0L;
    for (std::size_t j = 0; j < data_.size(); ++j) {
      total += data_.weights[j];
      target += static_cast<long double>(data_.weights[j]) * data_.means[j];
    }
    centre_ = target / total;
    first_.resize(data_.size() + 1);
    for (std::size_t j = 0; j < data_.size(); ++j) {
      first_[j + 1] = first_[j];
      first_[j + 1].add(data_.weights[j], data_.means[j] - centre_);
    }
    // Those that grow towards a dose of zero are not bounded there.
    if (range.is_known() || activation == Activation::arctan) return;
    exponentials(1.0, stop);
    if (!data_.zero) exponentials(-1.0, stop);
  }

  std::vector<LimitValues> of(const ParameterPlace& parameter) {
    kind_ = parameter.kind;
    is_bias_ = kind_ == ParameterKind::weight && parameter.column == data_.bias;
    found_.clear();
    steps();
    if (data_.zero) zero_steps();
    one_plateau();
    if (range_.is_known()) return std::move(found_);
    if (!data_.zero) range_.low || range_.high ? constant() : line();
    for (const Run& run : runs_) exponentials_of(run);
    return std::move(found_);
  }

 private:
  /// A limit that the next calls of add() are about.
  void begin(double energy, const std::string& words) {
    energy_ = energy;
    words_ = words + ", E = " + number(energy);
  }
  void add(const ProfilePiece& values) { found_.push_back({values, energy_, words_}); }

  struct Plateau {
    double weight = 0.0, mean = 0.0, energy = 0.0;
  };
  /// Levels from ... to - 1 on one plateau.
  /// @param with_zero Doses of zero are on it, too.
  [[nodiscard]] Plateau plateau(std::size_t from, std::size_t to,
                                const std::optional<double>& known, bool with_zero) const {
    fits::TargetSums sums = first_[to].without(first_[from]);
    if (with_zero && data_.zero) sums.add(data_.zero->weight, data_.zero->target - centre_);
    const long double mean = known ? *known - centre_ : sums.mean();
    return {static_cast<double>(sums.weight), known ? *known : static_cast<double>(mean + centre_),
            static_cast<double>(0.5L * sums.about(mean))};
  }

  // --- Steps -----------------------------------------------------------------------------------------------

  /// On a plateau that is known there may be no level at all, if one on the way to it is free.
  void steps() {
    for (const bool rises : {true, false}) {
      const bool left_known = (rises ? range_.low : range_.high).has_value();
      const bool right_known = (rises ? range_.high : range_.low).has_value();
      for (std::size_t below = 0; below < data_.size(); ++below) {
        if (below > 0) step(below, below, rises);
        if ((below > 0 || data_.zero || left_known) && (below + 1 < data_.size() || right_known))
          step(below, below + 1, rises);
      }
    }
  }

  /// Levels before `below` are on the left plateau, those from `above` on on the right one, one between is free.
  void step(std::size_t below, std::size_t above, bool rises) {
    const Plateau left = plateau(0, below, rises ? range_.low : range_.high, true);
    const Plateau right = plateau(above, data_.size(), rises ? range_.high : range_.low, false);
    const double room = threshold_ - data_.energy - left.energy - right.energy;
    if (!(room > 0.0) || (left.mean < right.mean) != rises) return;
    if (above > below) {
      const double free = data_.means[below];
      if ((free - left.mean) * (free - right.mean) >= 0.0) return;
    }
    const Plateau& low = rises ? left : right;
    const Plateau& high = rises ? right : left;
    const double from = data_.values[above > below ? below : below - 1], to = data_.values[below];
    const double sign = rises ? 1.0 : -1.0;
    begin(threshold_ - room,
          "a step " + (above > below ? "at " + number(to)
                                     : "between " + number(from) + " and " + number(to)));
    switch (kind_) {
      case ParameterKind::low:
        add(about(low.mean, low.weight, room));
        break;
      case ParameterKind::high:
        add(about(high.mean, high.weight, room));
        break;
      case ParameterKind::half_point:
        add(piece(from, to));
        break;
      default:
        if (!is_bias_) {
          add(towards(sign));
          break;
        }
        // -w x for the half points.
        if (to > 0.0) add(towards(-sign * data_.bias_value));
        if (from < 0.0) add(towards(sign * data_.bias_value));
    }
  }

  /// Doses of zero on their plateau and all others at one output.
  void zero_steps() {
    for (const bool rises : {true, false}) {
      const std::optional<double>& far = rises ? range_.high : range_.low;
      zero_step(rises, plateau(0, data_.size(), std::nullopt, false), far.has_value());
      if (far) zero_step(rises, plateau(0, data_.size(), far, false), false);
    }
  }

  /// @param is_flat By a slope of zero: both plateaus are where they are, and the others between them. Else they are on the
  /// other plateau, or near it, by any slope.
  void zero_step(bool rises, const Plateau& others, bool is_flat) {
    const Plateau zero = plateau(0, 0, rises ? range_.low : range_.high, true);
    const double room = threshold_ - data_.energy - zero.energy - others.energy;
    if (!(room > 0.0) || (zero.mean < others.mean) != rises) return;
    const std::optional<double>& far = rises ? range_.high : range_.low;
    if (is_flat && (others.mean < *far) != rises) return;
    begin(threshold_ - room, "a step behind the doses of zero");
    if (kind_ == ParameterKind::low || kind_ == ParameterKind::high) {
      const ProfilePiece beyond = about(others.mean, others.weight, room);
      add(kind_ == (rises ? ParameterKind::low : ParameterKind::high)
              ? about(zero.mean, zero.weight, room)
          : rises ? piece(beyond.low, kInfinity)
                  : piece(-kInfinity, beyond.high));
    } else if (is_flat) {
      flat(rises, zero, others, *far, room);
    } else if (kind_ != ParameterKind::half_point && !is_bias_) {
      add(rises ? piece(0.0, kInfinity) : piece(-kInfinity, 0.0));
    } else if (!far) {
      // Far from the other plateau, too, where a slope of zero has any bias.
      everything();
    } else if (kind_ == ParameterKind::half_point) {
      add(piece(-kInfinity, data_.values.front()));
    } else {
      const double sign = rises ? 1.0 : -1.0;
      add(towards(sign * data_.bias_value));
      // A step between zero and the first level.
      if (data_.values.front() > 0.0) add(towards(-sign * data_.bias_value));
    }
  }

  /// A slope of zero on the side `rises`: the node input of all others is that of the bias.
  void flat(bool rises, const Plateau& zero, const Plateau& others, double far, double room) {
    if (kind_ != ParameterKind::half_point && !is_bias_) {
      add(piece(0.0, 0.0));
      return;
    }
    // Others are at a share s of the way from the plateau of the zeros, p, to the other one, m = (1 - s) p + s far. What
    // that adds to the energy, p where it is best, is at most `room` where this is not positive.
    const bool is_known = rises ? range_.low.has_value() : range_.high.has_value();
    const double softness = is_known ? 0.0 : 1.0 / zero.weight;
    const auto excess = [&](double s) {
      const double miss = others.mean - (1.0 - s) * zero.mean - s * far;
      return miss * miss - 2.0 * room * (1.0 / others.weight + (1.0 - s) * (1.0 - s) * softness);
    };
    const double best = (others.mean - zero.mean) / (far - zero.mean);
    const auto last = [&](double end) {
      if (!(excess(end) > 0.0)) return end;
      double in = best, out = end;
      for (int i = 0; i < kHalvings; ++i) {
        const double middle = 0.5 * (in + out);
        (excess(middle) > 0.0 ? out : in) = middle;
      }
      return in;
    };
    const double least = last(0.0), most = last(1.0);
    if (kind_ == ParameterKind::half_point) {
      // Before all inputs where more than half of the way is done, behind them where less is.
      if (least < 0.5 && most > 0.5)
        everything();
      else
        add(towards(most > 0.5 ? -1.0 : 1.0));
      return;
    }
    const double factor = (rises ? 1.0 : -1.0) / data_.bias_value;
    const double a = factor * node_input(least), b = factor * node_input(most);
    add(piece(std::min(a, b), std::max(a, b)));
  }
  /// At which the activation, scaled to (0, 1), is `share`.
  [[nodiscard]] double node_input(double share) const {
    if (!(share > 0.0)) return -kInfinity;
    if (!(share < 1.0)) return kInfinity;
    const Range own = tautrack::range(activation_);
    return inverse_sigmoid(activation_, own.low + share * (own.high - own.low));
  }

  // --- All rows on one plateau --------------------------------------------------------------------------------

  void one_plateau() {
    for (const bool is_low : {true, false}) {
      const std::optional<double>& own = is_low ? range_.low : range_.high;
      const std::optional<double>& far = is_low ? range_.high : range_.low;
      const Plateau all = plateau(0, data_.size(), own, true);
      const double room = threshold_ - data_.energy - all.energy;
      if (!(room > 0.0) || (!own && far && (all.mean < *far) != is_low)) continue;
      begin(threshold_ - room,
            std::string("all rows on the ") + (is_low ? "lower" : "upper") + " plateau");
      on_plateau(is_low, all, room);
    }
  }

  /// By any slope, and where the other plateau is fitted, and may be next to this one, by any half point and bias.
  void on_plateau(bool is_low, const Plateau& all, double room) {
    const bool is_own_known = is_low ? range_.low.has_value() : range_.high.has_value();
    const bool is_far_known = is_low ? range_.high.has_value() : range_.low.has_value();
    const double first = data_.values.front(), last = data_.values.back();
    const double sign = is_low ? -1.0 : 1.0;  // Of node inputs.
    switch (kind_) {
      case ParameterKind::low:
      case ParameterKind::high: {
        const double reach = is_own_known ? 0.0 : std::sqrt(2.0 * room / all.weight);
        if ((kind_ == ParameterKind::low) == is_low)
          add(piece(std::max(all.mean - reach, range_.low.value_or(-kInfinity)),
                    std::min(all.mean + reach, range_.high.value_or(kInfinity))));
        else
          add(is_low ? piece(all.mean - reach, kInfinity) : piece(-kInfinity, all.mean + reach));
        return;
      }
      case ParameterKind::half_point:
        if (!is_far_known) return everything();
        add(piece(last, kInfinity));
        if (!data_.zero) add(piece(-kInfinity, first));
        return;
      case ParameterKind::weight:
        if (!is_bias_) break;
        if (!is_far_known) return everything();
        add(towards(sign * data_.bias_value));
        // Half points between zero and all levels.
        if (last < 0.0 || (first > 0.0 && !data_.zero)) add(towards(-sign * data_.bias_value));
        return;
      case ParameterKind::slope:
        break;
    }
    if (!data_.zero)
      everything();
    else
      add(is_low ? piece(0.0, kInfinity) : piece(-kInfinity, 0.0));
  }
  void everything() { add(piece(-kInfinity, kInfinity)); }

  // --- No plateaus at all -----------------------------------------------------------------------------------

  /// By a slope of zero.
  void all_but_the_weight() {
    if (kind_ == ParameterKind::weight && !is_bias_)
      add(piece(0.0, 0.0));
    else
      everything();
  }

  void constant() {
    const Plateau all = plateau(0, data_.size(), std::nullopt, false);
    const double room = threshold_ - data_.energy - all.energy;
    const double known = range_.low ? *range_.low : *range_.high;
    if (!(room > 0.0) || (range_.low ? all.mean <= known : all.mean >= known)) return;
    begin(threshold_ - room, "a constant");
    if (kind_ == ParameterKind::low)
      add(piece(-kInfinity, all.mean));
    else if (kind_ == ParameterKind::high)
      add(piece(all.mean, kInfinity));
    else
      all_but_the_weight();
  }

  void line() {
    const Curve curve = fit([](double x) { return x; });
    const double room = threshold_ - curve.energy;
    if (!(room > 0.0)) return;
    begin(curve.energy, "a straight line");
    if (kind_ == ParameterKind::low)
      add(towards(-1.0));
    else if (kind_ == ParameterKind::high)
      add(towards(1.0));
    else if (kind_ == ParameterKind::slope)
      add(about(curve.factor, curve.spread, room));
    else
      all_but_the_weight();
  }

  // --- Exponentials -----------------------------------------------------------------------------------------

  struct Curve {
    double offset = 0.0, factor = 0.0, energy = 0.0;
    /// Of the offset, and of the factor, the other one fitted again: half of it times a change squared is the change of
    /// energy.
    double stiffness = 0.0, spread = 0.0;
  };
  /// z = offset + factor g, by least squares.
  template <class Function>
  [[nodiscard]] Curve fit(const Function& function) {
    std::vector<double>& g = powers_;
    for (std::size_t j = 0; j < data_.size(); ++j) g[j] = function(data_.values[j]);
    double total = 0.0, first = 0.0, square = 0.0, target = 0.0, product = 0.0;
    if (data_.zero) {
      total = data_.zero->weight;
      target = data_.zero->weight * data_.zero->target;
    }
    const bool is_known = range_.low || range_.high;
    const double known = range_.low ? *range_.low : range_.high ? *range_.high : 0.0;
    for (std::size_t j = 0; j < data_.size(); ++j) {
      total += data_.weights[j];
      first += data_.weights[j] * g[j];
      target += data_.weights[j] * data_.means[j];
    }
    const double mean_g = is_known ? 0.0 : first / total,
                 mean_y = is_known ? known : target / total;
    double raw_square = 0.0;
    for (std::size_t j = 0; j < data_.size(); ++j) {
      const double value = g[j], centred = value - mean_g;
      square += data_.weights[j] * centred * centred;
      product += data_.weights[j] * centred * (data_.means[j] - mean_y);
      raw_square += data_.weights[j] * value * value;
    }
    // At a dose of zero g is 0.
    if (data_.zero) {
      square += data_.zero->weight * mean_g * mean_g;
      product -= data_.zero->weight * mean_g * (data_.zero->target - mean_y);
    }
    Curve curve;
    curve.factor = square > 0.0 ? product / square : 0.0;
    curve.offset = mean_y - curve.factor * mean_g;
    curve.spread = square;
    curve.energy = data_.energy;
    for (std::size_t j = 0; j < data_.size(); ++j) {
      const double r = data_.means[j] - mean_y - curve.factor * (g[j] - mean_g);
      curve.energy += 0.5 * data_.weights[j] * r * r;
    }
    if (data_.zero) {
      const double r = data_.zero->target - curve.offset;
      curve.energy += 0.5 * data_.zero->weight * r * r;
    }
    curve.stiffness = raw_square > 0.0 ? total - first * first / raw_square : total;
    return curve;
  }
  [[nodiscard]] Curve exponential(double rate) {
    const double end = rate > 0.0 ? data_.values.back() : data_.values.front();
    return fit([&](double x) { return std::exp(rate * (x - end)); });
  }
  /// Whether it belongs to the model, and is below the threshold.
  [[nodiscard]] bool counts(const Curve& curve) const {
    if (range_.low && !(curve.factor > 0.0)) return false;
    if (range_.high && !(curve.factor < 0.0)) return false;
    return curve.energy < threshold_;
  }

  /// Rates next to each other, all of them below the threshold.
  struct Run {
    double slowest = 0.0, fastest = 0.0;  ///< Of one sign.
    Curve lowest;
    double rate = 0.0;                                             ///< Of the lowest one.
    double least_offset = kInfinity, largest_offset = -kInfinity;  ///< As the threshold allows.
  };

  void exponentials(double side, const StopCondition& stop) {
    const double extent = data_.values.back() - data_.values.front();
    const std::size_t J = data_.size();
    const double gap =
        side > 0.0 ? data_.values[J - 1] - data_.values[J - 2] : data_.values[1] - data_.values[0];
    const double slowest = kSlowest / extent, growth = std::log(kFastest / gap / slowest) / kRates;
    const auto rate_at = [&](double k) { return side * slowest * std::exp(growth * k); };
    double first = 0.0;
    bool is_run = false;
    for (int k = 0; k <= kRates + 1 && !stop.is_met(); ++k) {
      const bool is_in = k <= kRates && counts(exponential(rate_at(k)));
      if (is_in && !is_run) first = k == 0 ? -1.0 : border(rate_at, k - 1, k);
      if (!is_in && is_run)
        runs_.push_back(run(rate_at, first, k > kRates ? kRates : border(rate_at, k - 1, k)));
      is_run = is_in;
    }
  }
  template <class Rate>
  [[nodiscard]] double border(const Rate& rate_at, double a, double b) {
    const bool at_a = counts(exponential(rate_at(a)));
    for (int i = 0; i < kHalvings; ++i) {
      const double middle = 0.5 * (a + b);
      (counts(exponential(rate_at(middle))) == at_a ? a : b) = middle;
    }
    return counts(exponential(rate_at(a))) ? a : b;
  }

  /// All rates between two; from = -1: from zero on.
  template <class Rate>
  [[nodiscard]] Run run(const Rate& rate_at, double from, double to) {
    const double first = std::max(from, 0.0);
    Run found;
    found.slowest = from < 0.0 ? 0.0 : rate_at(from);
    found.fastest = rate_at(to);
    found.rate = rate_at(first);
    found.lowest = exponential(found.rate);
    constexpr int kLooks = 400;
    for (int i = 0; i <= kLooks; ++i) {
      const double rate = rate_at(first + (to - first) * i / kLooks);
      const Curve curve = exponential(rate);
      const double room = std::max(threshold_ - curve.energy, 0.0);
      const ProfilePiece near = about(curve.offset, curve.stiffness, room);
      found.least_offset = std::min(found.least_offset, near.low);
      found.largest_offset = std::max(found.largest_offset, near.high);
      if (curve.energy < found.lowest.energy) {
        found.lowest = curve;
        found.rate = rate;
      }
    }
    return found;
  }

  void exponentials_of(const Run& run) {
    const bool loses_high = run.lowest.factor > 0.0;
    begin(run.lowest.energy, std::string("an exponential, without ") +
                                 (loses_high ? "an upper" : "a lower") + " plateau");
    switch (kind_) {
      case ParameterKind::low:
        add(loses_high ? piece(run.least_offset, run.largest_offset) : towards(-1.0));
        break;
      case ParameterKind::high:
        add(loses_high ? towards(1.0) : piece(run.least_offset, run.largest_offset));
        break;
      case ParameterKind::half_point:
        add(towards(run.rate));
        break;
      case ParameterKind::slope:
        add(towards(loses_high ? run.rate : -run.rate));
        break;
      case ParameterKind::weight: {
        if (is_bias_) {
          add(towards(loses_high ? -data_.bias_value : data_.bias_value));
          break;
        }
        const double sign = loses_high ? per_rate_ : -per_rate_;
        const double a = sign * run.slowest, b = sign * run.fastest;
        add(piece(std::min(a, b), std::max(a, b)));
      }
    }
  }

  const fits::Covariate& data_;
  const OutputRange& range_;
  Activation activation_;
  double per_rate_;  ///< Weight over rate.
  double threshold_;
  long double centre_ = 0.0L;            ///< Mean of all targets.
  std::vector<fits::TargetSums> first_;  ///< J + 1: of so many levels, less `centre_`.
  std::vector<double> powers_;           ///< J, in the hands of fit().
  std::vector<Run> runs_;
  // Of the parameter, and of the limit, that is looked at.
  ParameterKind kind_ = ParameterKind::weight;
  bool is_bias_ = false;
  double energy_ = 0.0;
  std::string words_;
  std::vector<LimitValues> found_;
};

}  // namespace

std::vector<std::vector<LimitValues>> limit_values(const fits::Covariate& data,
                                                   Activation activation, const OutputRange& range,
                                                   const std::vector<ParameterPlace>& parameters,
                                                   double threshold, const StopCondition& stop) {
  Limits limits(data, activation, range, threshold, stop);
  std::vector<std::vector<LimitValues>> found;
  found.reserve(parameters.size());
  for (const ParameterPlace& parameter : parameters) found.push_back(limits.of(parameter));
  return found;
}

std::vector<LimitValues> limit_values(const std::vector<InfinitePoint>& limits, ParameterKind kind,
                                      Index column, double threshold) {
  std::vector<LimitValues> found;
  for (const InfinitePoint& limit : limits) {
    if (!(limit.energy < threshold)) continue;
    const std::string words =
        limit.reason.substr(0, limit.reason.find(';')) + ", E = " + number(limit.energy);
    const auto add = [&](const ProfilePiece& values) {
      found.push_back({values, limit.energy, words});
    };
    if (limit.exponential) {
      const bool loses_high = limit.exponential->factor > 0.0;
      const double offset = limit.exponential->offset;
      if (kind == ParameterKind::high) add(loses_high ? towards(1.0) : piece(offset, offset));
      if (kind == ParameterKind::low) add(loses_high ? piece(offset, offset) : towards(-1.0));
      continue;
    }
    if (limit.kind() != LimitKind::constant && kind == ParameterKind::weight &&
        limit.direction(column) != 0.0)
      add(towards(limit.direction(column)));
  }
  return found;
}

std::optional<LimitValues> constant_values(const Problem& problem, const OutputRange& range,
                                           ParameterKind kind, double threshold) {
  const Vector& y = problem.y;
  const Vector omega =
      problem.pattern_weights.size() > 0 ? problem.pattern_weights : Vector::Ones(y.size());
  const double total = omega.sum();
  const bool is_known = range.low || range.high;
  const double value = range.low ? *range.low : range.high ? *range.high : omega.dot(y) / total;
  const double energy = 0.5 * omega.dot(Vector((y.array() - value).square()));
  if (!(energy < threshold)) return std::nullopt;
  const ProfilePiece values = kind == ParameterKind::weight ? piece(-kInfinity, kInfinity)
                              : is_known                    ? piece(value, value)
                                         : about(value, total, threshold - energy);
  return LimitValues{values, energy, "a constant, where the plateaus meet, E = " + number(energy)};
}

}  // namespace tautrack::inference
