#include "inference/seen_values.hpp"

#include <algorithm>
#include <cmath>

namespace tautrack::inference {
namespace {

/// Slopes, each way, from the first to the last over the extent of the input, and half points, from one extent before it to
/// one behind.
constexpr int kSlopes = 60, kPlaces = 120;
constexpr double kLeastSlope = 0.05, kMostSlope = 100.0;

void see(SeenRange& range, double low, double high) {
  range.low = std::min(range.low, low);
  range.high = std::max(range.high, high);
}

/// Plateaus that fit best to shares s of the way between them, and the energy.
struct BestPlateaus {
  double low = 0.0, high = 0.0, energy = 0.0;
  double low_stiffness = 0.0, high_stiffness = 0.0;  ///< The other one fitted again, if it is.
};

/// @param rises Of the side on which doses of zero are.
BestPlateaus best_plateaus(const fits::Covariate& data, const OutputRange& range, const Vector& s,
                           bool rises) {
  double aa = 0.0, ab = 0.0, bb = 0.0, ya = 0.0, yb = 0.0;
  if (data.zero) {
    (rises ? aa : bb) = data.zero->weight;
    (rises ? ya : yb) = data.zero->weight * data.zero->target;
  }
  for (std::size_t j = 0; j < data.size(); ++j) {
    const double b = s(static_cast<Index>(j)), a = 1.0 - b, weight = data.weights[j];
    aa += weight * a * a;
    ab += weight * a * b;
    bb += weight * b * b;
    ya += weight * a * data.means[j];
    yb += weight * b * data.means[j];
  }
  BestPlateaus best;
  const double determinant = aa * bb - ab * ab;
  if (range.low && range.high) {
    best.low = *range.low;
    best.high = *range.high;
  } else if (range.low) {
    best.low = *range.low;
    best.high = (yb - ab * best.low) / bb;
    best.high_stiffness = bb;
  } else if (range.high) {
    best.high = *range.high;
    best.low = (ya - ab * best.high) / aa;
    best.low_stiffness = aa;
  } else {
    best.low = (ya * bb - yb * ab) / determinant;
    best.high = (yb * aa - ya * ab) / determinant;
    best.low_stiffness = determinant / bb;
    best.high_stiffness = determinant / aa;
  }
  best.energy = data.energy;
  if (data.zero) {
    const double r = (rises ? best.low : best.high) - data.zero->target;
    best.energy += 0.5 * data.zero->weight * r * r;
  }
  for (std::size_t j = 0; j < data.size(); ++j) {
    const double b = s(static_cast<Index>(j));
    const double r = best.low * (1.0 - b) + best.high * b - data.means[j];
    best.energy += 0.5 * data.weights[j] * r * r;
  }
  return best;
}

/// Node inputs in the middle, each way, of curves of one slope.
constexpr double kFarthestInput = 30.0;
constexpr int kInputs = 1200;

/// Shares of a curve with these node inputs.
template <class Input>
void set_shares(const fits::Covariate& data, Activation activation, const Input& input, Vector& s) {
  const Range own = tautrack::range(activation);
  for (std::size_t j = 0; j < data.size(); ++j)
    s(static_cast<Index>(j)) =
        (evaluate(activation, input(data.values[j])).value - own.low) / (own.high - own.low);
}

}  // namespace

const SeenRange& SeenValues::of(ParameterKind kind, bool is_bias) const {
  switch (kind) {
    case ParameterKind::low:
      return low;
    case ParameterKind::high:
      return high;
    case ParameterKind::half_point:
      return half_point;
    default:
      return is_bias ? bias : slope;
  }
}

SeenValues look_around(const fits::Covariate& data, Activation activation, const OutputRange& range,
                       double threshold) {
  SeenValues seen;
  const double first = data.values.front(), extent = data.values.back() - first;
  Vector s(static_cast<Index>(data.size()));
  for (int a = 0; a < 2 * kSlopes; ++a)
    for (int b = 0; b <= kPlaces; ++b) {
      const int step = a / 2;
      const double size =
          kLeastSlope * std::pow(kMostSlope / kLeastSlope, step / (kSlopes - 1.0)) / extent;
      const double slope = a % 2 == 0 ? size : -size;
      const double half = first + extent * (3.0 * b / kPlaces - 1.0);
      set_shares(
          data, activation, [&](double x) { return slope * (x - half); }, s);
      const BestPlateaus best = best_plateaus(data, range, s, slope > 0.0);
      if (!(best.low < best.high && best.energy < threshold)) continue;
      const double room = 2.0 * (threshold - best.energy);
      see(seen.slope, slope, slope);
      const double bias = -slope * half / data.bias_value;
      see(seen.bias, bias, bias);
      see(seen.half_point, half, half);
      if (best.low_stiffness > 0.0) {
        const double reach = std::sqrt(room / best.low_stiffness);
        see(seen.low, best.low - reach, std::min(best.low + reach, best.high));
      }
      if (best.high_stiffness > 0.0) {
        const double reach = std::sqrt(room / best.high_stiffness);
        see(seen.high, std::max(best.high - reach, best.low), best.high + reach);
      }
    }
  return seen;
}

bool has_curve_of_slope(const fits::Covariate& data, Activation activation,
                        const OutputRange& range, double slope, double threshold) {
  const double middle = 0.5 * (data.values.front() + data.values.back());
  const double span =
      kFarthestInput + 0.5 * std::abs(slope) * (data.values.back() - data.values.front());
  Vector s(static_cast<Index>(data.size()));
  for (int k = 0; k <= kInputs; ++k) {
    const double at = span * (2.0 * k / kInputs - 1.0);
    set_shares(
        data, activation, [&](double x) { return slope * (x - middle) + at; }, s);
    const BestPlateaus best = best_plateaus(data, range, s, slope > 0.0);
    if (best.low < best.high && best.energy < threshold) return true;
  }
  return false;
}

}  // namespace tautrack::inference
