#pragma once

#include "kernels/simd.hpp"

/// Taylor coefficients along a curve, the recurrences of one order for a few vectors of patterns:
///
///     k s_k = sum_{j=1..k} j u_j d_{k-j}
///     tanh, logistic   d_k = b_0 s_k - sum_{j=1..k-1} s_j s_{k-j},    b_0 = sigma''_0 / sigma'_0
///     arctan           d_k = -d_0 sum_{j=1..k} q_j d_{k-j},           q = (pi u / 2)^2
///     erf            k d_k = sum_{j=1..k} j q_j d_{k-j},              q = -pi u^2 / 4
///     f_k = u_k + sum_{j=0..k} tau_j (s - u)_{k-j}
///     D_k = [k = 0] + sum_{j=0..k} tau_j (d - 1)_{k-j}
///     g_k = omega sum_{j=0..k} D_j r_{k-j}
///
/// (Griewank & Walther, Evaluating Derivatives, 2008, section 13.2). The first two are exact in the
/// tails: no 1 - sigma^2. Of each order what does not need u_k and tau_k is computed when order
/// k - 1 is appended, and the rest, linear in them with known factors, when they are.
namespace tautrack::kernels::TAUTRACK_ISA {

/// over[j] = 1 / j
template <class Number>
struct Reciprocals {
  Number over[max_order + 2] = {};
  constexpr Reciprocals() {
    for (int j = 1; j <= max_order + 1; ++j) over[j] = static_cast<Number>(1.0 / j);
  }
};
template <class Number>
inline constexpr Reciprocals<Number> reciprocals;

/// What tau is given by: a number, or one for each lane.
template <class Number, bool by_lane>
struct TauOf {
  using Type = Number;
};
template <class Number>
struct TauOf<Number, true> {
  using Type = RealOf<Number>;
};

/// What is the same for all patterns.
template <class Number, bool by_lane = false>
struct SeriesTable {
  using Tau = typename TauOf<Number, by_lane>::Type;
  Tau tau[max_order + 1];
  Number tau_over[max_order + 2];  ///< tau_over[j] = tau_j / (k + 1 - j)
  Number quadratic;                ///< See quadratic_of().
};

/// q = quadratic u^2
template <class Number>
inline Number quadratic_of(Sigmoid sigmoid) {
  constexpr double pi = 3.14159265358979323846;
  return static_cast<Number>(sigmoid == Sigmoid::arctan ? 0.25 * pi * pi : -0.25 * pi);
}

template <class Number>
inline SeriesTable<Number> table_of(Sigmoid sigmoid, const SeriesOf<Number>& series) {
  SeriesTable<Number> table;
  table.tau[0] = static_cast<Number>(series.tau[0]);
  for (int j = 1; j <= series.k; ++j) {
    table.tau[j] = static_cast<Number>(series.tau[j]);
    table.tau_over[j] = table.tau[j] * reciprocals<Number>.over[series.k + 1 - j];
  }
  table.quadratic = quadratic_of<Number>(sigmoid);
  return table;
}

/// What the formulas of `count` vectors of patterns need.
template <class Number, int count>
struct Recurrence {
  using Vec = RealOf<Number>;
  Vec d_0[count], b_0[count], D_0[count], r_0[count];  ///< At the point.
  // Sums over j + m = k + 1, both from 1 to k; with the parameter tau just order k of s, u and d.
  Vec us[count] = {};  ///< j u_j d_m
  Vec ss[count] = {};  ///< s_j s_m / 2
  Vec ts[count] = {};  ///< tau_j s_m
  Vec tu[count] = {};  ///< tau_j u_m
  Vec td[count] = {};  ///< tau_j d_m
  Vec Dr[count] = {};  ///< D_j r_m
};

/// Adds to order k what u_k (`input`) and tau_k contribute.
template <class Number, int count, bool in_tau, bool by_lane>
TAUTRACK_INLINE void complete(Recurrence<Number, count>& of, const SeriesOf<Number>& series,
                              const SeriesTable<Number, by_lane>& table, bool quadratic, Count at,
                              const Number* point, const RealOf<Number>* input) {
  using Vec = RealOf<Number>;
  constexpr Count row = panel_rows;
  const int k = series.k;
  const auto tau_0 = table.tau[0], tau_k = table.tau[k];
  Number* const now = series.order[k] + at;
  for (int h = 0; h < count; ++h) {
    const Number* const p = point + h * lanes_of<Number>;
    const Vec u_0 = load(p + point_input * row);
    of.d_0[h] = load(p + point_slope * row);
    of.b_0[h] = load(p + point_bend * row);
    of.D_0[h] = load(p + point_gain * row);
    of.r_0[h] = load(p + point_residual * row);
    Number* const o = now + h * lanes_of<Number>;
    Vec s = of.d_0[h] * input[h];
    Vec d = of.b_0[h] * s;
    Vec D = tau_0 * d + tau_k * (of.d_0[h] - Number{1});
    Vec r = of.D_0[h] * input[h] + tau_k * (load(p + point_value * row) - u_0);
    Vec q = (Number{2} * table.quadratic) * (u_0 * input[h]);
    if (k > 1) {
      s += load(o + series_value * row);
      d += load(o + series_slope * row);
      D += load(o + series_gain * row);
      r += load(o + series_residual * row);
      if (quadratic) q += load(o + series_quadratic * row);
    }
    store(o + series_input * row, input[h] * static_cast<Number>(k));
    store(o + series_value * row, s);
    store(o + series_slope * row, d);
    store(o + series_gain * row, D);
    store(o + series_residual * row, r);
    if (quadratic) store(o + series_quadratic * row, q);
    if constexpr (in_tau) {
      of.ts[h] = s;
      of.tu[h] = input[h];
      of.td[h] = d;
    }
  }
}

/// Sums over j + m = k + 1, both from 1 to k, of the products that the formulas need.
template <class Number, int count, bool in_tau, bool by_lane>
TAUTRACK_INLINE void add_products(Recurrence<Number, count>& of, const SeriesOf<Number>& series,
                                  const SeriesTable<Number, by_lane>& table, Count at) {
  using Vec = RealOf<Number>;
  constexpr Count row = panel_rows;
  constexpr int width = lanes_of<Number>;
  const int k = series.k;
  int j = (k + 1) / 2;
  if (2 * j == k + 1) {
    const Number* const o = series.order[j] + at;
    for (int h = 0; h < count; ++h) {
      const Number* const a = o + h * width;
      const Vec u = load(a + series_input * row), s = load(a + series_value * row),
                d = load(a + series_slope * row);
      of.us[h] = u * d;
      of.ss[h] = Number(0.5) * (s * s);
      if constexpr (!in_tau) {
        of.ts[h] = table.tau[j] * s;
        of.tu[h] = table.tau_over[j] * u;
        of.td[h] = table.tau[j] * d;
      }
      of.Dr[h] = load(a + series_gain * row) * load(a + series_residual * row);
    }
    --j;
  }
  for (; j >= 1; --j) {
    const int m = k + 1 - j;
    const Number* const order_j = series.order[j] + at;
    const Number* const order_m = series.order[m] + at;
    const auto tau_j = table.tau[j], tau_m = table.tau[m];
    const Number over_j = table.tau_over[j], over_m = table.tau_over[m];
    for (int h = 0; h < count; ++h) {
      const Number* const a = order_j + h * width;
      const Number* const b = order_m + h * width;
      const Vec u_j = load(a + series_input * row), u_m = load(b + series_input * row);
      const Vec s_j = load(a + series_value * row), s_m = load(b + series_value * row);
      const Vec d_j = load(a + series_slope * row), d_m = load(b + series_slope * row);
      of.us[h] += u_j * d_m;
      of.us[h] += u_m * d_j;
      of.ss[h] += s_j * s_m;
      if constexpr (!in_tau) {
        of.ts[h] += tau_j * s_m;
        of.ts[h] += tau_m * s_j;
        of.tu[h] += over_j * u_m;
        of.tu[h] += over_m * u_j;
        of.td[h] += tau_j * d_m;
        of.td[h] += tau_m * d_j;
      }
      of.Dr[h] += load(a + series_gain * row) * load(b + series_residual * row);
      of.Dr[h] += load(b + series_gain * row) * load(a + series_residual * row);
    }
  }
}

/// d_{k+1} of arctan and erf for u_{k+1} = 0, of the vector that begins at `at`; stores q_{k+1}.
template <class Number, bool by_lane>
TAUTRACK_INLINE RealOf<Number> quadratic_slope(const SeriesOf<Number>& series,
                                               const SeriesTable<Number, by_lane>& table,
                                               bool is_arctan, Count at, RealOf<Number> d_0) {
  using Vec = RealOf<Number>;
  constexpr Count row = panel_rows;
  const int k = series.k;
  // u_j = series_input / j
  Vec q = {};
  for (int i = 1; i <= k; ++i) {
    const Number both = reciprocals<Number>.over[i] * reciprocals<Number>.over[k + 1 - i];
    q += (load(series.order[i] + at + series_input * row) * both) *
         load(series.order[k + 1 - i] + at + series_input * row);
  }
  q *= table.quadratic;
  store(series.order[k + 1] + at + series_quadratic * row, q);
  Vec d = is_arctan ? q * d_0 : q * d_0 * static_cast<Number>(k + 1);
  for (int i = 1; i <= k; ++i) {
    const Number weight = is_arctan ? Number{1} : static_cast<Number>(i);
    d += weight * load(series.order[i] + at + series_quadratic * row) *
         load(series.order[k + 1 - i] + at + series_slope * row);
  }
  return is_arctan ? d * -d_0 : d * reciprocals<Number>.over[k + 1];
}

/// Appends u_k of `count` vectors whose data begin at `at` in each order and at `point` in the
/// point; returns the coefficient k + 1 of f_u r with u_{k+1} = tau_{k+1} = 0. With `in_tau` the
/// parameter is tau: tau_1 = 1, and tau_2 = ... = 0.
template <class Number, int count, bool in_tau, bool by_lane>
TAUTRACK_INLINE void advance(Sigmoid sigmoid, const SeriesOf<Number>& series,
                             const SeriesTable<Number, by_lane>& table, Count at,
                             const Number* point, const RealOf<Number>* input,
                             RealOf<Number>* product) {
  using Vec = RealOf<Number>;
  constexpr Count row = panel_rows;
  constexpr int width = lanes_of<Number>;
  const int k = series.k;
  const auto tau_0 = table.tau[0];
  const bool quadratic = arrays_of(sigmoid) > series_quadratic;
  Recurrence<Number, count> of;
  complete<Number, count, in_tau, by_lane>(of, series, table, quadratic, at, point, input);
  add_products<Number, count, in_tau, by_lane>(of, series, table, at);
  Number* const next = series.order[k + 1] + at;
  for (int h = 0; h < count; ++h) {
    Number* const o = next + h * width;
    const Vec s = of.us[h] * reciprocals<Number>.over[k + 1];
    Vec d;
    if (quadratic) {
      const bool is_arctan = sigmoid == Sigmoid::arctan;
      d = quadratic_slope<Number, by_lane>(series, table, is_arctan, at + h * width, of.d_0[h]);
    } else {
      d = of.b_0[h] * s - Number{2} * of.ss[h];
    }
    const Vec r = tau_0 * s + (of.ts[h] - of.tu[h]);
    const Vec D = tau_0 * d + of.td[h];
    store(o + series_value * row, s);
    store(o + series_slope * row, d);
    store(o + series_gain * row, D);
    store(o + series_residual * row, r);
    product[h] = of.D_0[h] * r + (of.Dr[h] + D * of.r_0[h]);
  }
}

}  // namespace tautrack::kernels::TAUTRACK_ISA
