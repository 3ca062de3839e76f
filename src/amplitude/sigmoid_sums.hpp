#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "amplitude/levels.hpp"
#include "amplitude/quadratic.hpp"

namespace tautrack::amplitude {

/// The two equations of a chart over a box, up to positive factors.
struct EquationForms {
  Quadratic first, second;
};

/// The equations of the charts `bulk` and `steep` as Taylor forms, from sums over the levels.
///
/// Node inputs are u = c + d, where d is linear in the variables of a box or, in `bulk`, bilinear. All that the
/// equations are made of are sums of functions of u, with s = sigma(u): s, s', s s' = (s' - s'') / 2 and s^2 = s - s',
/// times targets and distances. So one Taylor expansion of s for each level, to degree three with the remainder
///
///     |s'(u) - ...| <= sup s' |d|^4 / 24,   since |s^(k)| <= s' for k = 1, ..., 5 and |s^(6)| <= 2 s',
///
/// and moments of its coefficients say everything. (With t = s' in [0, 1/4] and q = 1 - 2 s, q^2 = 1 - 4 t, the derivatives are
/// t, t q, t (1 - 6 t), t q (1 - 12 t), t (1 - 30 t + 120 t^2), t q (1 - 60 t + 360 t^2).)
class SigmoidSums {
 public:
  explicit SigmoidSums(const Levels& levels);

  /// Of (slope, half point).
  [[nodiscard]] EquationForms bulk(std::size_t pivot, const Interval& slope, const Interval& half);
  /// Of (slope, u of the pivot).
  [[nodiscard]] EquationForms steep(std::size_t pivot, const Interval& slope,
                                    const Interval& input);

 private:
  /// d = lever (first) e1 + (second) e2 + (mixed) e1 e2, the first times what each level has for a lever.
  struct Place {
    double first = 0.0, second = 0.0, mixed = 0.0;
  };
  /// Of a level.
  struct Level {
    double centre = 0.0;        ///< u is this + d,
    double lever = 0.0;         ///< with this lever,
    double off = 0.0;           ///< but for so much.
    double distance = 0.0;      ///< From the pivot,
    double distance_off = 0.0;  ///< but for so much.
  };

  /// Moments: of derivatives 0 to 3 of a function, times the lever to the powers 0 to 3.
  using Moments = std::array<std::array<double, 4>, 4>;

  [[nodiscard]] EquationForms sums(const Place& place);
  [[nodiscard]] static Quadratic form(const Moments& moments, const Place& place, double error);

  const Levels& levels_;
  std::vector<double> x_, x_off_;  ///< J, middles and radii.
  std::vector<double> y_, y_off_;
  double total_ =
      0.0;  ///< Of weights, that of the level at minus infinity included, but for rounding.
  std::vector<Level> level_;
};

}  // namespace tautrack::amplitude
