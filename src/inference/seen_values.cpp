#include "inference/seen_values.hpp"

#include <algorithm>
#include <cmath>

#include "inference/steepness.hpp"

namespace tautrack::inference {
namespace {

/// Slopes, each way, from the first to the last over the extent of the input, and half points, from one extent before it to
/// one behind.
constexpr int kSlopes = 60, kPlaces = 120;
constexpr double kLeastSlope = 0.05, kMostSlope = 100.0;

void see(SeenRange& range, const SeenCurve& curve, double value) {
  const auto take = [&](std::optional<SeenCurve>& place) {
    place = curve;
    place->value = value;
  };
  if (!range.lowest || value < range.lowest->value) take(range.lowest);
  if (!range.highest || value > range.highest->value) take(range.highest);
}

/// Of the way from the low plateau to the high one, level by level: done, and left. Both to their own rounding, for where
/// nearly all levels are on one plateau the other is found from what is left.
struct Shares {
  Vector done, left;
};

/// Plateaus that fit best to shares of the way between them, and the energy.
struct BestPlateaus {
  double low = 0.0, high = 0.0, energy = 0.0;
  double low_stiffness = 0.0, high_stiffness = 0.0;  ///< The other one fitted again, if it is: ...
  double high_per_low = 0.0, low_per_high = 0.0;     ///< ... so it changes with this one.
  double height_stiffness = 0.0;  ///< Of their distance, what is free fitted again: ...
  double low_per_height = 0.0;    ///< ... so the low one changes with it.
};

/// @param rises Of the side on which doses of zero are.
/// @param height The distance of the plateaus, where that is given; at least one of them is free then.
BestPlateaus best_plateaus(const fits::Covariate& data, const OutputRange& range,
                           const Shares& shares, bool rises, const std::optional<double>& height) {
  double aa = 0.0, ab = 0.0, bb = 0.0, ya = 0.0, yb = 0.0;
  if (data.zero) {
    (rises ? aa : bb) = data.zero->weight;
    (rises ? ya : yb) = data.zero->weight * data.zero->target;
  }
  for (std::size_t j = 0; j < data.size(); ++j) {
    const auto k = static_cast<Index>(j);
    const double b = shares.done(k), a = shares.left(k), weight = data.weights[j];
    aa += weight * a * a;
    ab += weight * a * b;
    bb += weight * b * b;
    ya += weight * a * data.means[j];
    yb += weight * b * data.means[j];
  }
  BestPlateaus best;
  const double determinant = aa * bb - ab * ab, total = aa + 2.0 * ab + bb;
  if (height) {
    best.low = range.low    ? *range.low
               : range.high ? *range.high - *height
                            : (ya + yb - *height * (ab + bb)) / total;
    best.high = best.low + *height;
  } else if (range.low && range.high) {
    best.low = *range.low;
    best.high = *range.high;
  } else if (range.low) {
    best.low = *range.low;
    best.high = (yb - ab * best.low) / bb;
    best.high_stiffness = best.height_stiffness = bb;
  } else if (range.high) {
    best.high = *range.high;
    best.low = (ya - ab * best.high) / aa;
    best.low_stiffness = best.height_stiffness = aa;
    best.low_per_height = -1.0;
  } else {
    best.low = (ya * bb - yb * ab) / determinant;
    best.high = (yb * aa - ya * ab) / determinant;
    best.low_stiffness = determinant / bb;
    best.high_stiffness = determinant / aa;
    best.high_per_low = -ab / bb;
    best.low_per_high = -ab / aa;
    best.height_stiffness = determinant / total;
    best.low_per_height = -(ab + bb) / total;
  }
  best.energy = data.energy;
  if (data.zero) {
    const double r = (rises ? best.low : best.high) - data.zero->target;
    best.energy += 0.5 * data.zero->weight * r * r;
  }
  for (std::size_t j = 0; j < data.size(); ++j) {
    const auto k = static_cast<Index>(j);
    const double r = best.low * shares.left(k) + best.high * shares.done(k) - data.means[j];
    best.energy += 0.5 * data.weights[j] * r * r;
  }
  return best;
}

/// Curves of one slope: node inputs in the middle, each way beyond what the levels span.
constexpr double kFarthestInput = 30.0;
/// Curves on a slice of one unknown: so many.
constexpr int kOnSlice = 800;
/// Largest node input of the level next to a half point or at the end: from there on curves are steps.
constexpr double kSteepest = 50.0;

/// Distance to the nearer end of an activation that is scaled to (0, 1).
double share_left(Activation activation, double u) {
  if (activation == Activation::tanh || activation == Activation::logistic) {
    const double e = std::exp(-std::abs(activation == Activation::tanh ? 2.0 * u : u));
    return e / (1.0 + e);
  }
  const Range own = tautrack::range(activation);
  return evaluate(activation, u).tail / (own.high - own.low);
}

/// Shares of a curve with these node inputs.
template <class Input>
void set_shares(const fits::Covariate& data, Activation activation, const Input& input,
                Shares& shares) {
  for (std::size_t j = 0; j < data.size(); ++j) {
    const double u = input(data.values[j]);
    const double tail = share_left(activation, u);
    const auto k = static_cast<Index>(j);
    shares.done(k) = u > 0.0 ? 1.0 - tail : tail;
    shares.left(k) = u > 0.0 ? tail : 1.0 - tail;
  }
}

/// What a grid is made of.
class Grid {
 public:
  Grid(const fits::Covariate& data, Activation activation, const OutputRange& range)
      : data_(data),
        activation_(activation),
        range_(range),
        shares_{Vector(static_cast<Index>(data.size())), Vector(static_cast<Index>(data.size()))} {}

  [[nodiscard]] double extent() const { return data_.values.back() - data_.values.front(); }
  [[nodiscard]] double bias_of(double slope, double half) const {
    return -slope * half / data_.bias_value;
  }

  /// The best curve with node inputs slope (x - half), or nothing when it does not belong to the model; see `best`.
  [[nodiscard]] std::optional<SeenCurve> curve(double slope, double half) {
    set_shares(
        data_, activation_, [&](double x) { return slope * (x - half); }, shares_);
    return here(slope, bias_of(slope, half));
  }
  [[nodiscard]] std::optional<SeenCurve> curve_of_bias(double slope, double bias) {
    set_shares(
        data_, activation_, [&](double x) { return slope * x + bias * data_.bias_value; }, shares_);
    return here(slope, bias);
  }
  /// The same of the slope and half point that for_each() is at.
  [[nodiscard]] std::optional<SeenCurve> curve_here(double slope, double half) {
    return here(slope, bias_of(slope, half));
  }
  /// With this distance of the plateaus from now on.
  void hold_height(double height) { height_ = height; }
  [[nodiscard]] const BestPlateaus& best() const { return best_; }

  /// Calls look(slope, half) for all.
  template <class Look>
  void for_each(const Look& look) {
    for (int step = 0; step < kSlopes; ++step) {
      const double slope =
          kLeastSlope * std::pow(kMostSlope / kLeastSlope, step / (kSlopes - 1.0)) / extent();
      for (int b = 0; b <= kPlaces; ++b) {
        const double half = data_.values.front() + extent() * (3.0 * b / kPlaces - 1.0);
        set_shares(
            data_, activation_, [&](double x) { return slope * (x - half); }, shares_);
        look(slope, half);
        shares_.done.swap(shares_.left);
        look(-slope, half);
      }
    }
  }

 private:
  [[nodiscard]] std::optional<SeenCurve> here(double slope, double bias) {
    best_ = best_plateaus(data_, range_, shares_, slope > 0.0, height_);
    if (!(best_.low < best_.high)) return std::nullopt;
    return SeenCurve{0.0, slope, bias, {best_.low, best_.high}, best_.energy};
  }

  const fits::Covariate& data_;
  Activation activation_;
  OutputRange range_;
  std::optional<double> height_;
  Shares shares_;
  BestPlateaus best_;
};

}  // namespace

const SeenRange& SeenValues::of(ParameterKind kind, bool is_bias) const {
  switch (kind) {
    case ParameterKind::low:
      return low;
    case ParameterKind::high:
      return high;
    case ParameterKind::half_point:
      return half_point;
    case ParameterKind::slope:
      return slope;
    default:
      return is_bias ? bias : weight;
  }
}

SeenValues look_around(const fits::Covariate& data, Activation activation, const OutputRange& range,
                       double threshold) {
  SeenValues seen;
  Grid grid(data, activation, range);
  const double steepest = steepness(activation);
  grid.for_each([&](double slope, double half) {
    const auto curve = grid.curve_here(slope, half);
    if (!curve || !(curve->energy < threshold)) return;
    see(seen.weight, *curve, slope);
    see(seen.bias, *curve, curve->bias);
    see(seen.half_point, *curve, half);
    // One plateau as far away as the threshold allows, the other one fitted again.
    const double room = 2.0 * (threshold - curve->energy);
    const BestPlateaus best = grid.best();
    const auto moved_by = [&](double low, double high) {
      SeenCurve moved = *curve;
      moved.energy = threshold;
      moved.plateaus.low += low;
      moved.plateaus.high += high;
      return moved;
    };
    const auto see_plateau = [&](SeenRange& seen_range, bool is_low, double by) {
      const double other = by * (is_low ? best.high_per_low : best.low_per_high);
      const SeenCurve moved = is_low ? moved_by(by, other) : moved_by(other, by);
      if (moved.plateaus.low < moved.plateaus.high)
        see(seen_range, moved, is_low ? moved.plateaus.low : moved.plateaus.high);
    };
    for (const double side : {-1.0, 1.0}) {
      if (best.low_stiffness > 0.0)
        see_plateau(seen.low, true, side * std::sqrt(room / best.low_stiffness));
      if (best.high_stiffness > 0.0)
        see_plateau(seen.high, false, side * std::sqrt(room / best.high_stiffness));
      // The plateaus apart or together.
      if (!(best.height_stiffness > 0.0)) continue;
      const double by = side * std::sqrt(room / best.height_stiffness);
      const SeenCurve moved = moved_by(best.low_per_height * by, (1.0 + best.low_per_height) * by);
      const double height = moved.plateaus.high - moved.plateaus.low;
      if (height > 0.0) see(seen.slope, moved, steepest * height * slope);
    }
  });
  return seen;
}

SeenCurve lowest_curve(const fits::Covariate& data, Activation activation, const OutputRange& range,
                       ParameterKind kind, bool is_bias, double value) {
  OutputRange own = range;
  if (kind == ParameterKind::low) own.low = value;
  if (kind == ParameterKind::high) own.high = value;
  Grid grid(data, activation, own);
  SeenCurve lowest;
  const auto look = [&](const std::optional<SeenCurve>& curve) {
    if (curve && curve->energy < lowest.energy) lowest = *curve;
  };
  // Slopes of both signs.
  const auto look_at_slopes = [&](double most, const auto& curve) {
    const double least = kLeastSlope / grid.extent();
    for (int k = 0; k < kOnSlice; ++k) {
      const int step = k / 2;
      const double size =
          least * std::pow(std::max(1.0, most / least), step / (0.5 * kOnSlice - 1.0));
      look(curve(k % 2 == 0 ? size : -size));
    }
  };
  const auto nearest = [&](double place) {
    double distance = grid.extent();
    for (const double x : data.values)
      if (x != place) distance = std::min(distance, std::abs(x - place));
    return distance;
  };
  if (kind == ParameterKind::low || kind == ParameterKind::high) {
    grid.for_each([&](double slope, double half) { look(grid.curve_here(slope, half)); });
  } else if (kind == ParameterKind::slope) {
    grid.for_each([&](double slope, double half) {
      if (!(value / slope > 0.0)) return;
      grid.hold_height(value / (steepness(activation) * slope));
      look(grid.curve_here(slope, half));
    });
  } else if (kind == ParameterKind::half_point) {
    look_at_slopes(kSteepest / nearest(value),
                   [&](double slope) { return grid.curve(slope, value); });
  } else if (is_bias) {
    look_at_slopes((kSteepest + std::abs(value * data.bias_value)) / nearest(0.0),
                   [&](double slope) { return grid.curve_of_bias(slope, value); });
  } else {
    const double middle = 0.5 * (data.values.front() + data.values.back());
    const double span = kFarthestInput + 0.5 * std::abs(value) * grid.extent();
    for (int k = 0; k <= kOnSlice && value != 0.0; ++k)
      look(grid.curve(value, middle - span * (2.0 * k / kOnSlice - 1.0) / value));
  }
  lowest.value = value;
  return lowest;
}

}  // namespace tautrack::inference
