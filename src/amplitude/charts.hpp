#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "amplitude/affine.hpp"
#include "amplitude/dual.hpp"
#include "amplitude/levels.hpp"

/// The curves z = a + b sigma(w x + c), w > 0, in coordinates in which nothing degenerates. Up to affine maps of z,
/// which are fitted, a curve is a point of a disc with corners, and each chart covers a part of that:
///
///   linear   (p, m), near straight lines, and beyond m = 0 nothing: m = 0 are the exponentials;
///   bulk     (w, h), h = -c / w the half point, among the levels;
///   right    (w, e), e = exp(u_J) <= 1: half points beyond the last level; e = 0 are the exponentials;
///   left     (w, e), e = exp(-u_1) <= 1, known offset: half points before the first; e = 0 is a constant;
///   flat     (w, e), e = exp(c) <= 1, known offset: slopes around zero, of either sign;
///   flat_left  the same with e = exp(-c) <= 1.
///
/// A chart gives phi, which is z up to the affine map, and two vectors t that span its derivatives up to what phi
/// and, with a fitted offset, 1 span: a curve is stationary where the residual r is orthogonal to both.
namespace tautrack::amplitude {

enum class Chart { linear, bulk, right, left, flat, flat_left };

/// Slopes up to this are those of the chart `linear`, |p| at most half of it and p^2 + m at most a quarter of its
/// square; by experience with how many boxes the charts take.
inline constexpr double kLinearSlope = 2.0;
/// The same for the charts `flat`, where the offset is known.
inline constexpr double kFlatSlope = 1.0;

/// phi and the two vectors, J each.
template <class T>
struct CurveVectors {
  std::vector<T> phi, first, second;
};

/// tanh(sqrt z) / sqrt z and its first two derivatives, for the chart `linear`. Nothing is known of z < -0.1.
struct TanhRatio {
  Interval value, first, second;
};
[[nodiscard]] TanhRatio tanh_ratio(const Interval& z);

/// tanh(sqrt z) / sqrt z and its derivative by z, as functions of the variables of a box.
inline std::pair<Interval, Interval> tanh_and_slope(const Interval& z) {
  const TanhRatio at = tanh_ratio(z);
  return {at.value, at.first};
}
inline std::pair<Dual, Dual> tanh_and_slope(const Dual& z) {
  const TanhRatio at = tanh_ratio(z.value);
  return {{at.value, at.first * z.first, at.first * z.second},
          {at.first, at.second * z.first, at.second * z.second}};
}
inline std::pair<Affine, Affine> tanh_and_slope(const Affine& z) {
  const TanhRatio middle = tanh_ratio(z.centre()), whole = tanh_ratio(z.range());
  const Affine away = z - Affine(z.centre());
  return {Affine(middle.value) + away * Affine(middle.first) +
              square(away) * Affine(0.5 * whole.second),
          Affine(middle.first) + away * Affine(whole.second)};
}

/// @param pivot Of the chart `bulk`: the level that the half point is near to.
template <class T>
void curve_vectors(Chart chart, const Levels& levels, std::size_t pivot, const T& first,
                   const T& second, CurveVectors<T>& out);

namespace chart_functions {

template <class T>
void linear(const Levels& levels, const T& p, const T& m, CurveVectors<T>& out) {
  const T k = square(p) + m;
  for (std::size_t j = 0; j < levels.size(); ++j) {
    const Interval& x = levels.x[j];
    const Interval squared = proof::square(x);
    const std::pair<T, T> ratio = tanh_and_slope(k * T(squared));
    const T tanh = ratio.first * T(x);
    const T by_k = ratio.second * T(x * squared);
    const T below = T(1.0) / (T(1.0) + p * tanh);
    out.phi[j] = tanh * below;
    out.first[j] = square(out.phi[j]);
    out.second[j] = by_k * square(below);
  }
}

/// d_j / d_pivot where it is e^-(w |x_j - x_pivot|) (1 + at)^2 / (1 + there)^2, written so that nothing overflows:
/// `apart` = -w |x_j - x_pivot|, `input` = +-u_pivot with `at` = e^input.
template <class T>
T relative_slope(const T& apart, const T& input, const T& there) {
  if (value_of(input).lower() > 0.0)  // e^(apart + 2 input) (1 + e^-input)^2
    return exponential(apart + input + input) *
           square((T(1.0) + exponential(-input)) / (T(1.0) + there));
  return exponential(apart) * square((T(1.0) + exponential(input)) / (T(1.0) + there));
}

/// The level that has a fitted plateau for itself when the half point is at the pivot, and follows it: then the
/// residual there is small of higher order. Nothing (J) where there is none.
inline std::size_t followed_level(const Levels& levels, std::size_t pivot) {
  const std::size_t J = levels.size();
  if (pivot == 1 && levels.free_offset) return 0;
  return pivot + 2 == J ? J - 1 : J;
}

/// The nearest level to the pivot, but the followed one.
inline std::size_t nearest_level(const Levels& levels, std::size_t pivot) {
  const std::size_t followed = followed_level(levels, pivot);
  if (pivot == 0 || followed + 1 == pivot) return pivot + 1;
  if (pivot + 1 == levels.size() || followed == pivot + 1) return pivot - 1;
  return levels.gap[pivot] < levels.gap[pivot - 1] ? pivot + 1 : pivot - 1;
}

/// t: the slopes of all levels relative to that of the pivot, and these times the distance from it, relative to the
/// larger of its neighbours. From the latter so much of 1 - phi - (1 - phi_pivot) t (on the high side phi - phi_pivot
/// t) is taken, to which the residual is orthogonal, that the followed level does not appear.
template <class T>
void bulk(const Levels& levels, std::size_t pivot, const T& w, const T& h, CurveVectors<T>& out) {
  const std::size_t J = levels.size();
  const Interval& centre = levels.x[pivot];
  const T input = w * (T(centre) - h);  // u of the pivot
  const std::size_t neighbour = nearest_level(levels, pivot),
                    followed = followed_level(levels, pivot);
  const Interval near = proof::abs(levels.x[neighbour] - centre);
  const T at_pivot = T(1.0) / (T(1.0) + exponential(-input));
  out.phi[pivot] = at_pivot;
  out.first[pivot] = 1.0;
  out.second[pivot] = 0.0;
  const bool from_high = followed > pivot;
  const T rest = from_high ? at_pivot : T(1.0) / (T(1.0) + exponential(input));
  T share = 0.0;
  // The followed level first, which says how much is taken from the others.
  for (std::size_t k = 0; k <= J; ++k) {
    if (k == 0 ? followed == J : k - 1 == followed || k - 1 == pivot) continue;
    const std::size_t j = k == 0 ? followed : k - 1;
    const Interval distance = levels.x[j] - centre;
    const bool above = j > pivot;
    const Interval length = above ? distance : -distance;
    const T u = input + w * distance;
    const T side = above ? -input : input;
    const T there = exponential(above ? -u : u);  // small where the level is saturated
    const T full = T(1.0) / (T(1.0) + there);
    out.phi[j] = above ? full : there * full;
    out.first[j] = relative_slope(-(w * length), side, there);
    if (j == followed) {
      share = out.first[j] * distance / (full - rest * out.first[j]);
      out.second[j] = 0.0;
      continue;
    }
    const Interval further = j == neighbour ? Interval(0.0) : length - near;
    const T slope = relative_slope(-(w * further), side, there);
    out.second[j] = slope * distance;
    if (followed < J)
      out.second[j] =
          out.second[j] - share * (exponential(side - w * further) * full - rest * slope);
  }
}

template <class T>
void right(const Levels& levels, const T& w, const T& e, CurveVectors<T>& out) {
  const std::size_t J = levels.size();
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

/// Chart `left`, and the flat ones with x = 0 in place of the first level.
template <class T>
void left(const Levels& levels, const Interval& origin, const T& w, const T& e,
          CurveVectors<T>& out) {
  for (std::size_t j = 0; j < levels.size(); ++j) {
    const Interval distance = levels.x[j] - origin;
    const T t = exponential(-(w * distance));
    const T share = T(1.0) / (T(1.0) + e * t);
    out.phi[j] = share;
    out.first[j] = t * square(share);
    out.second[j] = out.first[j] * distance;
  }
}

template <class T>
void flat(const Levels& levels, const T& w, const T& e, CurveVectors<T>& out) {
  for (std::size_t j = 0; j < levels.size(); ++j) {
    const T t = exponential(w * T(levels.x[j]));
    const T share = T(1.0) / (T(1.0) + e * t);
    out.phi[j] = t * share;
    out.first[j] = square(out.phi[j]);
    out.second[j] = t * square(share) * T(levels.x[j]);
  }
}

}  // namespace chart_functions

template <class T>
void curve_vectors(Chart chart, const Levels& levels, std::size_t pivot, const T& first,
                   const T& second, CurveVectors<T>& out) {
  for (std::vector<T>* vector : {&out.phi, &out.first, &out.second}) vector->resize(levels.size());
  switch (chart) {
    case Chart::linear:
      return chart_functions::linear(levels, first, second, out);
    case Chart::bulk:
      return chart_functions::bulk(levels, pivot, first, second, out);
    case Chart::right:
      return chart_functions::right(levels, first, second, out);
    case Chart::left:
      return chart_functions::left(levels, levels.x.front(), first, second, out);
    case Chart::flat:
      return chart_functions::flat(levels, first, second, out);
    case Chart::flat_left:
      return chart_functions::left(levels, 0.0, first, second, out);
  }
}

}  // namespace tautrack::amplitude
