#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "amplitude/affine.hpp"
#include "amplitude/dual.hpp"
#include "amplitude/levels.hpp"
#include "amplitude/quadratic.hpp"

/// The curves z = a + b sigma(w x + c), w > 0, in coordinates in which nothing degenerates. Up to affine maps of z,
/// which are fitted, a curve is a point of a disc with corners, and each chart covers a part of that:
///
///   gentle   (w, s), s = sigma(c): slopes up to kGentleSlope. w = 0 is the straight line, s = 0 are the exponentials;
///            with a fitted offset s <= 1/2, and the other half is that of mirrored levels. With a known one
///            slopes are of either sign, w = 0 and s = 1 are constants
///   bulk     (w, h), h = -c / w the half point, among the levels
///   steep    (w, v), v = u of one level, the pivot: the half point near that level, and a slope that is steep there
///   right    (w, e), e = exp(u_J) <= 1: half points beyond the last level; e = 0 are the exponentials
///   left     (w, e), e = exp(-u_1) <= 1, known offset: half points before the first; e = 0 is a constant
///
/// With a level at minus infinity the charts are those of a known offset with w > 0: there phi and the two vectors are 0.
/// Constants, w = 0, s = 1 and e = 0, are the step behind that level. With a level at infinity (Levels::falling()) phi is 1
/// there, and the two vectors, which then span the derivatives themselves, are 0.
///
/// A chart gives phi, which is z up to the affine map, and two vectors t that span its derivatives up to what phi
/// and, with a fitted offset, 1 span: a curve is stationary where the residual r is orthogonal to both.
namespace tautrack::amplitude {

enum class Chart { gentle, bulk, steep, right, left };

/// Slopes up to this, over the whole range of the levels, are those of the chart `gentle`; by experience with how
/// many boxes the charts take.
inline constexpr double kGentleSlope = 2.5;

/// phi and the two vectors, J each.
template <class T>
struct CurveVectors {
  std::vector<T> phi, first, second;
};

/// Even functions of z as functions of y = z^2, with their first two derivatives by y: all increase, and are convex,
/// for y >= 0.
struct EvenFunction {
  Interval value, first, second;
};
enum class Even {
  cosh,   ///< cosh z
  sinhc,  ///< sinh z / z
  chi     ///< (sinh z - z) / z^3
};
/// @pre 0 <= y <= kGentleSlope^2, up to rounding; else nothing is known.
[[nodiscard]] EvenFunction even_function(Even function, const Interval& y);
/// The third derivative alone.
[[nodiscard]] Interval third_of_even(Even function, const Interval& y);

/// The same of the variables of a box.
inline Interval even(Even function, const Interval& y) { return even_function(function, y).value; }
inline Dual even(Even function, const Dual& y) {
  const EvenFunction at = even_function(function, y.value);
  return {at.value, at.first * y.first, at.first * y.second};
}
inline Affine even(Even function, const Affine& y) {
  const EvenFunction middle = even_function(function, std::max(0.0, y.centre()));
  const Interval range = y.range();  // a square is not negative
  const EvenFunction whole = even_function(function, {std::max(0.0, range.lower()), range.upper()});
  const Affine away = y - Affine(std::max(0.0, y.centre()));
  return Affine(middle.value) + away * Affine(middle.first) +
         square(away) * Affine(0.5 * whole.second);
}

inline Quadratic even(Even function, const Quadratic& y) {
  const Interval range = y.range();  // a square is not negative
  if (!proof::is_finite(range)) return Quadratic::around_zero(range.upper() - range.lower());
  const double centre = std::max(0.0, proof::middle(range));
  const EvenFunction middle = even_function(function, centre);
  const Interval thirds = third_of_even(function, {std::max(0.0, range.lower()), range.upper()});
  const Quadratic away = y - Quadratic(centre);
  // Of the third derivative: a middle, which a linear function accounts for in part, and what is left.
  const double reach = proof::magnitude(away.range()), cubed = reach * reach * reach;
  const double third = proof::middle(thirds) / 6.0;
  const double rest =
      cubed * (0.25 * std::abs(third) + 0.5 * proof::width_of(thirds)) * (1.0 + 0x1p-40);
  return Quadratic(middle.value) +
         away * Interval(middle.first + Interval(0.75 * reach * reach * third)) +
         square(away) * Interval(0.5 * middle.second) + Quadratic::around_zero(rest);
}

/// @param pivot Of the charts `bulk` and `steep`: the level that the half point is near to.
template <class T>
void curve_vectors(Chart chart, const Levels& levels, std::size_t pivot, const T& first,
                   const T& second, CurveVectors<T>& out);

namespace chart_functions {

/// With z = w x, S = sinh(z/2) / (z/2) and q = cosh(z/2) + (2 s - 1) sinh(z/2):
///
///     fitted offset   phi = x S / q,      t = phi^2,                     -x^3 chi(z) / q^2
///     known offset    phi = e^(z/2) / q,  t = x e^(z/2) S / q^2,         -x^2 (e^z - 1 - z) / z^2 / q^2
///
///     at infinity 1   phi = s e^(z/2) / q,  t = 1 / q^2,              x / q^2
///
/// These are (sigma_j - sigma(c)) / (w sigma'(c)) and sigma_j / sigma(c). By w^3 times the second t, x sigma' is more than
/// what phi and phi^2 (for a known offset w times it, and phi times the rise) account for: as w -> 0 nothing cancels.
template <class T>
void gentle(const Levels& levels, const T& w, const T& s, CurveVectors<T>& out) {
  const T place = s + s - T(1.0);
  const T half_w = w * Interval(0.5), squared_w = square(w);
  for (std::size_t j = 0; j < levels.size(); ++j) {
    const Interval& x = levels.x[j];
    const Interval squared_x = proof::square(x);
    const T y = squared_w * squared_x, quarter = y * Interval(0.25);
    const T rise = even(Even::sinhc, quarter) * x;  // x S
    const T cosh = even(Even::cosh, quarter), sinh = half_w * rise;
    const T inverse = T(1.0) / (cosh + place * sinh);
    const T chi = even(Even::chi, y);
    if (levels.free_offset) {
      out.phi[j] = rise * inverse;
      out.first[j] = square(out.phi[j]);
      out.second[j] = -(chi * square(inverse) * Interval(x * squared_x));
    } else if (levels.top_weight > 0.0) {
      out.phi[j] = s * (cosh + sinh) * inverse;
      out.first[j] = square(inverse);
      out.second[j] = out.first[j] * x;
    } else {
      const T slope = square(inverse), grown = cosh + sinh;
      out.phi[j] = grown * inverse;
      out.first[j] = rise * grown * slope;
      // (e^z - 1 - z) / z^2 = S^2 / 2 + z chi
      out.second[j] = -((square(rise) * Interval(0.5) + w * chi * Interval(x * squared_x)) * slope);
    }
  }
}

/// The level that has a fitted plateau for itself when the half point is at the pivot, and follows it: then the
/// residual there is small of higher order. Nothing (J) where there is none.
inline std::size_t followed_level(const Levels& levels, std::size_t pivot) {
  const std::size_t J = levels.size();
  if (pivot == 1 && levels.free_offset) return 0;
  return pivot + 2 == J && levels.top_weight == 0.0 ? J - 1 : J;
}

/// The nearest level to the pivot, but the followed one.
inline std::size_t nearest_level(const Levels& levels, std::size_t pivot) {
  const std::size_t followed = followed_level(levels, pivot);
  if (pivot == 0 || followed + 1 == pivot) return pivot + 1;
  if (pivot + 1 == levels.size() || followed == pivot + 1) return pivot - 1;
  return levels.gap[pivot] < levels.gap[pivot - 1] ? pivot + 1 : pivot - 1;
}

/// What the levels on one side of the pivot share. With v = -+u_pivot for those above and below, the slope at a distance
/// l is e^(-w l) (1 + e^v)^2 / (1 + e^(v - w l))^2 relative to that of the pivot; where v > 0, e^(2 v - w l) (1 + e^-v)^2
/// / ... does not overflow.
template <class T>
struct BulkSide {
  explicit BulkSide(const T& v)
      : is_lifted(value_of(v).lower() > 0.0),
        shift(is_lifted ? v + v : T(0.0)),
        lift(exponential(is_lifted ? -v : v)),
        sum(T(1.0) + lift) {}

  bool is_lifted;
  T shift, lift, sum;
};

/// t: the slopes of all levels relative to that of the pivot, and these times the distance from it, relative to the
/// larger of its neighbours. From the latter so much of 1 - phi - (1 - phi_pivot) t (on the high side phi - phi_pivot
/// t) is taken, to which the residual is orthogonal, that the followed level does not appear.
///
/// @param input u of the pivot.
template <class T>
void bulk(const Levels& levels, std::size_t pivot, const T& w, const T& input,
          CurveVectors<T>& out) {
  const std::size_t J = levels.size();
  const Interval& centre = levels.x[pivot];
  const BulkSide<T> over(-input), under(input);
  const std::size_t neighbour = nearest_level(levels, pivot),
                    followed = followed_level(levels, pivot);
  const Interval near = proof::abs(levels.x[neighbour] - centre);
  const T to_neighbour = exponential(-(w * T(near)));
  // Where u is large, what overflows is not computed.
  const bool is_negative = value_of(input).upper() < 0.0;
  const T small = exponential(is_negative ? input : -input);
  const T one = T(1.0) / (T(1.0) + small), other = small * one;
  const T& at_pivot = is_negative ? other : one;
  out.phi[pivot] = at_pivot;
  out.first[pivot] = 1.0;
  out.second[pivot] = 0.0;
  const T& rest = (followed > pivot) != is_negative ? one : other;  // phi or 1 - phi of the pivot
  T share = 0.0;
  // The followed level first, which says how much is taken from the others.
  for (std::size_t k = 0; k <= J; ++k) {
    if (k == 0 ? followed == J : k - 1 == followed || k - 1 == pivot) continue;
    const std::size_t j = k == 0 ? followed : k - 1;
    const Interval distance = levels.x[j] - centre;
    const bool above = j > pivot;
    const BulkSide<T>& side = above ? over : under;
    const Interval further = j == neighbour ? Interval(0.0) : (above ? distance : -distance) - near;
    const T relative = exponential(side.shift - w * T(further));
    // Far away from the pivot the first factor may overflow.
    const T t = side.is_lifted ? exponential(side.shift - w * T(above ? distance : -distance))
                               : relative * to_neighbour;
    const T u = input + w * T(distance);
    const T there = exponential(above ? -u : u);  // small where the level is saturated
    const T full = T(1.0) / (T(1.0) + there);
    const T squared = square(side.sum * full);
    out.phi[j] = above ? full : there * full;
    out.first[j] = t * squared;
    if (j == followed) {
      share = out.first[j] * T(distance) / (full - rest * out.first[j]);
      out.second[j] = 0.0;
      continue;
    }
    const T slope = relative * squared;
    out.second[j] = slope * T(distance);
    if (followed < J)
      out.second[j] = out.second[j] - share * (relative * side.lift * full - rest * slope);
  }
}

template <class T>
void right(const Levels& levels, const T& w, const T& e, CurveVectors<T>& out) {
  const std::size_t J = levels.size();
  if (levels.top_weight > 0.0) {
    for (std::size_t j = 0; j < J; ++j) {
      const Interval distance = levels.x[j] - levels.x[J - 1];
      const T t = exponential(w * distance);
      const T share = T(1.0) / (T(1.0) + e * t);
      out.phi[j] = e * t * share;
      out.first[j] = t * square(share);
      out.second[j] = out.first[j] * T(distance);
    }
    return;
  }
  const T last = T(1.0) / (T(1.0) + e);
  for (std::size_t j = 0; j < J; ++j) {
    const Interval distance = levels.x[j] - levels.x[J - 1];
    if (j + 1 == J) {
      out.phi[j] = last;
      out.first[j] = out.second[j] = 0.0;
      continue;
    }
    const T t = exponential(w * distance);
    const T share = T(1.0) / (T(1.0) + e * t);
    out.phi[j] = t * share;
    out.first[j] = (t - T(1.0)) * t * square(share) * last;  // phi (phi - phi_J)
    out.second[j] = t * square(share) * distance;
  }
}

template <class T>
void left(const Levels& levels, const T& w, const T& e, CurveVectors<T>& out) {
  for (std::size_t j = 0; j < levels.size(); ++j) {
    const Interval distance = levels.x[j] - levels.x[0];
    const T t = exponential(-(w * T(distance)));
    const T share = T(1.0) / (T(1.0) + e * t);
    out.phi[j] = share;
    out.first[j] = t * square(share);
    out.second[j] = out.first[j] * T(distance);
  }
}

}  // namespace chart_functions

template <class T>
void curve_vectors(Chart chart, const Levels& levels, std::size_t pivot, const T& first,
                   const T& second, CurveVectors<T>& out) {
  for (std::vector<T>* vector : {&out.phi, &out.first, &out.second}) vector->resize(levels.size());
  switch (chart) {
    case Chart::gentle:
      return chart_functions::gentle(levels, first, second, out);
    case Chart::bulk:
      return chart_functions::bulk(levels, pivot, first, first * (T(levels.x[pivot]) - second),
                                   out);
    case Chart::steep:
      return chart_functions::bulk(levels, pivot, first, second, out);
    case Chart::right:
      return chart_functions::right(levels, first, second, out);
    case Chart::left:
      return chart_functions::left(levels, first, second, out);
  }
}

}  // namespace tautrack::amplitude
