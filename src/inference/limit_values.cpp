#include "inference/limit_values.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/numbers.hpp"
#include "core/text.hpp"

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
         ParameterKind kind, Index column, double threshold)
      : data_(data),
        range_(range),
        per_rate_(activation == Activation::tanh  ? 0.5
                  : activation == Activation::erf ? 0.0
                                                  : 1.0),
        has_exponentials_(activation != Activation::arctan),
        kind_(kind),
        is_bias_(kind == ParameterKind::weight && column == data.bias),
        threshold_(threshold) {}

  std::vector<LimitValues> find() {
    steps();
    if (data_.zero) zero_steps();
    if (range_.is_known()) return std::move(found_);
    if (!data_.zero) range_.low || range_.high ? constant() : line();
    // Those that grow towards a dose of zero are not bounded there.
    if (has_exponentials_) exponentials(1.0);
    if (has_exponentials_ && !data_.zero) exponentials(-1.0);
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
    Plateau result;
    const bool has_zero = with_zero && data_.zero;
    if (has_zero) {
      result.weight = data_.zero->weight;
      result.mean = data_.zero->weight * data_.zero->target;
    }
    for (std::size_t j = from; j < to; ++j) {
      result.weight += data_.weights[j];
      result.mean += data_.weights[j] * data_.means[j];
    }
    result.mean /= result.weight;
    if (known) result.mean = *known;
    for (std::size_t j = from; j < to; ++j) {
      const double r = data_.means[j] - result.mean;
      result.energy += 0.5 * data_.weights[j] * r * r;
    }
    if (has_zero) {
      const double r = data_.zero->target - result.mean;
      result.energy += 0.5 * data_.zero->weight * r * r;
    }
    return result;
  }

  // --- Steps -----------------------------------------------------------------------------------------------

  void steps() {
    for (const bool rises : {true, false})
      for (std::size_t below = data_.zero ? 0 : 1; below < data_.size(); ++below) {
        if (below > 0) step(below, below, rises);
        if (below + 1 < data_.size()) step(below, below + 1, rises);
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
      const std::optional<double>& own = rises ? range_.low : range_.high;
      const std::optional<double>& far = rises ? range_.high : range_.low;
      zero_step(rises, plateau(0, data_.size(), std::nullopt, false), far.has_value());
      if (own || !far) continue;
      // All others on the known plateau, or all on the fitted one.
      zero_step(rises, plateau(0, data_.size(), far, false), false);
      const Plateau all = plateau(0, data_.size(), std::nullopt, true);
      if ((all.mean < *far) != rises || !(data_.energy + all.energy < threshold_)) continue;
      begin(data_.energy + all.energy, "a constant");
      const double room = threshold_ - data_.energy - all.energy;
      if (kind_ == ParameterKind::low || kind_ == ParameterKind::high)
        add(about(all.mean, all.weight, room));
      else
        add_any_slope(rises);
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
    } else if (!is_flat) {
      add_any_slope(rises);
    } else if (kind_ == ParameterKind::half_point || is_bias_) {
      everything();
    } else {
      add(piece(0.0, 0.0));
    }
  }
  void add_any_slope(bool rises) {
    if (kind_ == ParameterKind::half_point || is_bias_)
      everything();
    else
      add(rises ? piece(0.0, kInfinity) : piece(-kInfinity, 0.0));
  }

  // --- No plateaus at all -----------------------------------------------------------------------------------

  void everything() {
    if (kind_ == ParameterKind::weight && !is_bias_)
      add(piece(0.0, 0.0));
    else
      add(piece(-kInfinity, kInfinity));
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
      everything();
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
    else
      everything();
  }

  // --- Exponentials -----------------------------------------------------------------------------------------

  struct Curve {
    double offset = 0.0, factor = 0.0, energy = 0.0;
    double stiffness =
        0.0;  ///< Of the offset: half of it times a change squared is the change of energy.
  };
  /// z = offset + factor g, by least squares.
  template <class Function>
  [[nodiscard]] Curve fit(const Function& g) const {
    double total = 0.0, first = 0.0, square = 0.0, target = 0.0, product = 0.0;
    if (data_.zero) {
      total = data_.zero->weight;
      target = data_.zero->weight * data_.zero->target;
    }
    const bool is_known = range_.low || range_.high;
    const double known = range_.low ? *range_.low : range_.high ? *range_.high : 0.0;
    for (std::size_t j = 0; j < data_.size(); ++j) {
      total += data_.weights[j];
      first += data_.weights[j] * g(data_.values[j]);
      target += data_.weights[j] * data_.means[j];
    }
    const double mean_g = is_known ? 0.0 : first / total,
                 mean_y = is_known ? known : target / total;
    double raw_square = 0.0;
    for (std::size_t j = 0; j < data_.size(); ++j) {
      const double value = g(data_.values[j]), centred = value - mean_g;
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
    curve.energy = data_.energy;
    for (std::size_t j = 0; j < data_.size(); ++j) {
      const double r = data_.means[j] - mean_y - curve.factor * (g(data_.values[j]) - mean_g);
      curve.energy += 0.5 * data_.weights[j] * r * r;
    }
    if (data_.zero) {
      const double r = data_.zero->target - curve.offset;
      curve.energy += 0.5 * data_.zero->weight * r * r;
    }
    curve.stiffness = raw_square > 0.0 ? total - first * first / raw_square : total;
    return curve;
  }
  [[nodiscard]] Curve exponential(double rate) const {
    const double end = rate > 0.0 ? data_.values.back() : data_.values.front();
    return fit([&](double x) { return std::exp(rate * (x - end)); });
  }
  /// Whether it belongs to the model, and is below the threshold.
  [[nodiscard]] bool counts(const Curve& curve) const {
    if (range_.low && !(curve.factor > 0.0)) return false;
    if (range_.high && !(curve.factor < 0.0)) return false;
    return curve.energy < threshold_;
  }

  void exponentials(double side) {
    const double extent = data_.values.back() - data_.values.front();
    const std::size_t J = data_.size();
    const double gap =
        side > 0.0 ? data_.values[J - 1] - data_.values[J - 2] : data_.values[1] - data_.values[0];
    const double slowest = kSlowest / extent, growth = std::log(kFastest / gap / slowest) / kRates;
    const auto rate_at = [&](double k) { return side * slowest * std::exp(growth * k); };
    double first = 0.0;
    bool is_run = false;
    for (int k = 0; k <= kRates + 1; ++k) {
      const bool is_in = k <= kRates && counts(exponential(rate_at(k)));
      if (is_in && !is_run) first = k == 0 ? -1.0 : border(rate_at, k - 1, k);
      if (!is_in && is_run) run(rate_at, first, k > kRates ? kRates : border(rate_at, k - 1, k));
      is_run = is_in;
    }
  }
  template <class Rate>
  [[nodiscard]] double border(const Rate& rate_at, double a, double b) const {
    const bool at_a = counts(exponential(rate_at(a)));
    for (int i = 0; i < kHalvings; ++i) {
      const double middle = 0.5 * (a + b);
      (counts(exponential(rate_at(middle))) == at_a ? a : b) = middle;
    }
    return counts(exponential(rate_at(a))) ? a : b;
  }

  /// All rates between two, which are all below the threshold; from = -1: from zero on.
  template <class Rate>
  void run(const Rate& rate_at, double from, double to) {
    const double first = std::max(from, 0.0);
    Curve lowest = exponential(rate_at(first));
    double best = first;
    ProfilePiece offsets{kInfinity, -kInfinity, ProfileEnd::limit, ProfileEnd::limit};
    const auto look = [&](double k) {
      const Curve curve = exponential(rate_at(k));
      const double room = std::max(threshold_ - curve.energy, 0.0);
      const ProfilePiece near = about(curve.offset, curve.stiffness, room);
      offsets.low = std::min(offsets.low, near.low);
      offsets.high = std::max(offsets.high, near.high);
      if (curve.energy < lowest.energy) {
        lowest = curve;
        best = k;
      }
    };
    constexpr int kLooks = 400;
    for (int i = 0; i <= kLooks; ++i) look(first + (to - first) * i / kLooks);
    const double rate = rate_at(best);
    begin(lowest.energy, std::string("an exponential, without ") +
                             (lowest.factor > 0.0 ? "an upper" : "a lower") + " plateau");
    const bool loses_high = lowest.factor > 0.0;
    switch (kind_) {
      case ParameterKind::low:
        add(loses_high ? piece(offsets.low, offsets.high) : towards(-1.0));
        break;
      case ParameterKind::high:
        add(loses_high ? towards(1.0) : piece(offsets.low, offsets.high));
        break;
      case ParameterKind::half_point:
        add(towards(rate));
        break;
      default: {
        if (is_bias_) {
          add(towards(loses_high ? -data_.bias_value : data_.bias_value));
          break;
        }
        const double sign = loses_high ? per_rate_ : -per_rate_;
        const double a = from < 0.0 ? 0.0 : sign * rate_at(from), b = sign * rate_at(to);
        add(piece(std::min(a, b), std::max(a, b)));
      }
    }
  }

  const fits::Covariate& data_;
  const OutputRange& range_;
  double per_rate_;  ///< Weight over rate.
  bool has_exponentials_;
  ParameterKind kind_;
  bool is_bias_;
  double threshold_;
  double energy_ = 0.0;
  std::string words_;
  std::vector<LimitValues> found_;
};

}  // namespace

std::vector<LimitValues> limit_values(const fits::Covariate& data, Activation activation,
                                      const OutputRange& range, ParameterKind kind, Index column,
                                      double threshold) {
  return Limits(data, activation, range, kind, column, threshold).find();
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

}  // namespace tautrack::inference
