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
struct Reciprocals {
  double over[max_order + 2] = {};
  constexpr Reciprocals() {
    for (int j = 1; j <= max_order + 1; ++j) over[j] = 1.0 / j;
  }
};
inline constexpr Reciprocals reciprocals;

/// What is the same for all patterns.
struct SeriesTable {
  double tau_over[max_order + 2];  ///< tau_over[j] = tau_j / (k + 1 - j)
  double quadratic;                ///< q = quadratic u^2
};

inline SeriesTable table_of(const Network& network, const Series& series) {
  SeriesTable table;
  for (int j = 1; j <= series.k; ++j)
    table.tau_over[j] = series.tau[j] * reciprocals.over[series.k + 1 - j];
  constexpr double pi = 3.14159265358979323846;
  table.quadratic = network.sigmoid == Sigmoid::arctan ? 0.25 * pi * pi : -0.25 * pi;
  return table;
}

/// What the formulas of `count` vectors of patterns need.
template <int count>
struct Recurrence {
  Real d_0[count], b_0[count], D_0[count], r_0[count];  ///< At the point.
  // Sums over j + m = k + 1, both from 1 to k; with the parameter tau just order k of s, u and d.
  Real us[count] = {};  ///< j u_j d_m
  Real ss[count] = {};  ///< s_j s_m / 2
  Real ts[count] = {};  ///< tau_j s_m
  Real tu[count] = {};  ///< tau_j u_m
  Real td[count] = {};  ///< tau_j d_m
  Real Dr[count] = {};  ///< D_j r_m
};

/// Adds to order k what u_k (`input`) and tau_k contribute.
template <int count, bool in_tau>
TAUTRACK_INLINE void complete(Recurrence<count>& of, const Series& series, const SeriesTable& table,
                              bool quadratic, Count at, const double* point, const Real* input) {
  constexpr Count row = panel_rows;
  const int k = series.k;
  const double tau_0 = series.tau[0], tau_k = series.tau[k];
  double* const now = series.order[k] + at;
  for (int h = 0; h < count; ++h) {
    const double* const p = point + h * lanes;
    const Real u_0 = load(p + point_input * row);
    of.d_0[h] = load(p + point_slope * row);
    of.b_0[h] = load(p + point_bend * row);
    of.D_0[h] = load(p + point_gain * row);
    of.r_0[h] = load(p + point_residual * row);
    double* const o = now + h * lanes;
    Real s = of.d_0[h] * input[h];
    Real d = of.b_0[h] * s;
    Real D = tau_0 * d + tau_k * (of.d_0[h] - 1.0);
    Real r = of.D_0[h] * input[h] + tau_k * (load(p + point_value * row) - u_0);
    Real q = (2.0 * table.quadratic) * (u_0 * input[h]);
    if (k > 1) {
      s += load(o + series_value * row);
      d += load(o + series_slope * row);
      D += load(o + series_gain * row);
      r += load(o + series_residual * row);
      if (quadratic) q += load(o + series_quadratic * row);
    }
    store(o + series_input * row, input[h] * static_cast<double>(k));
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
template <int count, bool in_tau>
TAUTRACK_INLINE void add_products(Recurrence<count>& of, const Series& series,
                                  const SeriesTable& table, Count at) {
  constexpr Count row = panel_rows;
  const int k = series.k;
  int j = (k + 1) / 2;
  if (2 * j == k + 1) {
    const double* const o = series.order[j] + at;
    for (int h = 0; h < count; ++h) {
      const double* const a = o + h * lanes;
      const Real u = load(a + series_input * row), s = load(a + series_value * row),
                 d = load(a + series_slope * row);
      of.us[h] = u * d;
      of.ss[h] = 0.5 * (s * s);
      if constexpr (!in_tau) {
        of.ts[h] = series.tau[j] * s;
        of.tu[h] = table.tau_over[j] * u;
        of.td[h] = series.tau[j] * d;
      }
      of.Dr[h] = load(a + series_gain * row) * load(a + series_residual * row);
    }
    --j;
  }
  for (; j >= 1; --j) {
    const int m = k + 1 - j;
    const double* const order_j = series.order[j] + at;
    const double* const order_m = series.order[m] + at;
    const double tau_j = series.tau[j], tau_m = series.tau[m];
    const double over_j = table.tau_over[j], over_m = table.tau_over[m];
    for (int h = 0; h < count; ++h) {
      const double* const a = order_j + h * lanes;
      const double* const b = order_m + h * lanes;
      const Real u_j = load(a + series_input * row), u_m = load(b + series_input * row);
      const Real s_j = load(a + series_value * row), s_m = load(b + series_value * row);
      const Real d_j = load(a + series_slope * row), d_m = load(b + series_slope * row);
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
TAUTRACK_INLINE Real quadratic_slope(const Series& series, const SeriesTable& table, bool is_arctan,
                                     Count at, Real d_0) {
  constexpr Count row = panel_rows;
  const int k = series.k;
  // u_j = series_input / j
  Real q = {};
  for (int i = 1; i <= k; ++i) {
    const double both = reciprocals.over[i] * reciprocals.over[k + 1 - i];
    q += (load(series.order[i] + at + series_input * row) * both) *
         load(series.order[k + 1 - i] + at + series_input * row);
  }
  q *= table.quadratic;
  store(series.order[k + 1] + at + series_quadratic * row, q);
  Real d = is_arctan ? q * d_0 : q * d_0 * static_cast<double>(k + 1);
  for (int i = 1; i <= k; ++i) {
    const double weight = is_arctan ? 1.0 : static_cast<double>(i);
    d += weight * load(series.order[i] + at + series_quadratic * row) *
         load(series.order[k + 1 - i] + at + series_slope * row);
  }
  d *= is_arctan ? -d_0 : fill(reciprocals.over[k + 1]);
  return d;
}

/// Appends u_k of `count` vectors whose data begin at `at` in each order and at `point` in the
/// point; returns the coefficient k + 1 of f_u r with u_{k+1} = tau_{k+1} = 0. With `in_tau` the
/// parameter is tau: tau_1 = 1, and tau_2 = ... = 0.
template <int count, bool in_tau = false>
TAUTRACK_INLINE void advance(const Network& network, const Series& series, const SeriesTable& table,
                             Count at, const double* point, const Real* input, Real* product) {
  constexpr Count row = panel_rows;
  const int k = series.k;
  const double tau_0 = series.tau[0];
  const bool quadratic = arrays_of(network.sigmoid) > series_quadratic;
  Recurrence<count> of;
  complete<count, in_tau>(of, series, table, quadratic, at, point, input);
  add_products<count, in_tau>(of, series, table, at);
  double* const next = series.order[k + 1] + at;
  for (int h = 0; h < count; ++h) {
    double* const o = next + h * lanes;
    const Real s = of.us[h] * reciprocals.over[k + 1];
    Real d;
    if (quadratic) {
      const bool is_arctan = network.sigmoid == Sigmoid::arctan;
      d = quadratic_slope(series, table, is_arctan, at + h * lanes, of.d_0[h]);
    } else {
      d = of.b_0[h] * s - 2.0 * of.ss[h];
    }
    const Real r = tau_0 * s + (of.ts[h] - of.tu[h]);
    const Real D = tau_0 * d + of.td[h];
    store(o + series_value * row, s);
    store(o + series_slope * row, d);
    store(o + series_gain * row, D);
    store(o + series_residual * row, r);
    product[h] = of.D_0[h] * r + (of.Dr[h] + D * of.r_0[h]);
  }
}

}  // namespace tautrack::kernels::TAUTRACK_ISA
