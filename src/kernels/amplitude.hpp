#pragma once

#include "kernels/passes.hpp"

/// Passes over the patterns of one sigmoid with a linear output, r = c + b f(A v, tau) - y, which are few: all orders of a
/// vector of patterns lie together.
///
/// sigma' is 1 - sigma^2 or sigma - sigma^2, so that all Taylor coefficients along a curve come from Cauchy products, as in
/// kernels/series.hpp; e = omega r and q = b e:
///
///     F_k = (1 - tau) u_k + tau s_k + (s - u)_{k-1},    e_k = omega (c_k + sum_j b_j F_{k-j}),    q_k = sum_j b_j e_{k-j}
///
/// and the coefficients of the gradient are those of A' (D q), F'e and the sum of e.
namespace tautrack::kernels::TAUTRACK_ISA {

/// Where the data of a vector of patterns begin.
template <int n>
struct AmplitudeRow {
  const double* pattern;
  double* series;

  TAUTRACK_INLINE AmplitudeRow(const Amplitude& model, Count vector)
      : pattern(model.patterns + vector * lanes / amplitude_group * pattern_size +
                vector * lanes % amplitude_group),
        series(model.series +
               vector * lanes / amplitude_group * (model.orders * amplitude_order_size) +
               vector * lanes % amplitude_group) {}

  TAUTRACK_INLINE Real a(int j) const { return load(pattern + j * amplitude_group); }
  TAUTRACK_INLINE Real of(AmplitudePattern which) const {
    return load(pattern + (n + which) * amplitude_group);
  }
  TAUTRACK_INLINE Real times(const double* v) const {
    Real u = a(0) * v[0];
    for (int j = 1; j < n; ++j) u += a(j) * v[j];
    return u;
  }
  [[nodiscard]] TAUTRACK_INLINE double* at(int order, AmplitudeArray which) const {
    return series + order * amplitude_order_size + which * amplitude_group;
  }
  TAUTRACK_INLINE Real get(int order, AmplitudeArray which) const { return load(at(order, which)); }
  TAUTRACK_INLINE void set(int order, AmplitudeArray which, Real x) const {
    store(at(order, which), x);
  }

 private:
  static constexpr Count pattern_size = (n + amplitude_patterns) * amplitude_group;
};

/// What the gradient alone is made of, and its size.
template <int n>
struct AmplitudeTotals {
  Real v[n] = {};
  Real e = {}, Fe = {}, square = {}, scale = {}, displacement = {};
};

template <int n, bool is_tanh, bool has_hessian>
TAUTRACK_INLINE void amplitude_point(const Amplitude& model, const AmplitudePoint& point,
                                     AmplitudeSums& sums) {
  constexpr int triangle = n * (n + 1) / 2;
  AmplitudeTotals<n> totals;
  Real hessian[triangle] = {}, cross[n] = {}, moved[n] = {}, tau_v[n] = {};
  Real FF = {}, F_sum = {}, tau_b = {}, tau_c = {};
  const double b = point.b, size_b = b < 0.0 ? -b : b;
  const double size_c = point.c < 0.0 ? -point.c : point.c;
  const double tau = point.tau, unit = point.unit, length = point.length;
  for (Count i = 0; i < vectors_of(model.rows); ++i) {
    const AmplitudeRow<n> row(model, i);
    const Real u = row.times(point.v);
    const Sigma sigma = exponential_sigmoid(is_tanh, u);
    const Real omega = row.of(amplitude_weight), norm = row.of(amplitude_norm);
    const Real target = row.of(amplitude_target);
    const Real F = point.rest * u + tau * sigma.value, D = point.rest + tau * sigma.slope;
    const Real r = point.c + b * F - target, e = omega * r, q = b * e;
    const Real before = row.get(0, amplitude_input);
    totals.displacement =
        larger(totals.displacement, absolute(u - before) / (1.0 + absolute(before)));
    row.set(0, amplitude_input, u);
    row.set(0, amplitude_value, sigma.value);
    row.set(0, amplitude_slope, sigma.slope);
    row.set(0, amplitude_output, F);
    row.set(0, amplitude_gain, D);
    row.set(0, amplitude_residual, e);
    row.set(0, amplitude_force, q);
    const Real by_v = D * q;
    totals.e += e;
    totals.Fe += F * e;
    totals.square += e * r;
    // As HiddenLayer::Evaluation::scale().
    const Real bent = tau * (sigma.bend * sigma.slope) * q;
    const Real error = omega * (size_c + absolute(target) + size_b * absolute(F));
    const Real reach = norm * length;
    const Real both = error + size_b * omega * D * reach;
    totals.scale += unit * error + reach * norm * absolute(bent) + size_b * norm * D * both +
                    unit * (absolute(F) * both + D * reach * absolute(e));
    for (int j = 0; j < n; ++j) totals.v[j] += row.a(j) * by_v;
    if constexpr (has_hessian) {
      const Real moving = omega * b * D;
      const Real by_vv = moving * b * D + bent;
      const Real by_vb = moving * F + D * e;
      const Real F_tau = sigma.value - u, e_tau = omega * b * F_tau;
      const Real by_tau = (sigma.slope - 1.0) * q + D * b * e_tau;
      int entry = 0;
      for (int j = 0; j < n; ++j) {
        const Real a = row.a(j), scaled = a * by_vv;
        cross[j] += a * by_vb;
        moved[j] += a * moving;
        tau_v[j] += a * by_tau;
        for (int k = j; k < n; ++k, ++entry) hessian[entry] += scaled * row.a(k);
      }
      FF += omega * F * F;
      F_sum += omega * F;
      tau_b += F_tau * e + F * e_tau;
      tau_c += e_tau;
    }
  }
  write_sums(totals.v, sums.v);
  const Real gradient[] = {totals.e, totals.Fe, totals.square, totals.scale};
  double written[4];
  write_sums(gradient, written);
  sums.e = written[0];
  sums.Fe = written[1];
  sums.square = written[2];
  sums.scale = written[3];
  sums.displacement = largest(totals.displacement);
  if constexpr (has_hessian) {
    write_sums(hessian, sums.vv);
    write_sums(cross, sums.vb);
    write_sums(moved, sums.vc);
    write_sums(tau_v, sums.tau_v);
    const Real rest[] = {FF, F_sum, tau_b, tau_c};
    write_sums(rest, written);
    sums.FF = written[0];
    sums.F = written[1];
    sums.tau_b = written[2];
    sums.tau_c = written[3];
  }
}

template <int n>
void amplitude_gradient(const Amplitude& model, const AmplitudePoint& point, AmplitudeSums& sums) {
  if (model.columns == n)
    return model.is_tanh ? amplitude_point<n, true, false>(model, point, sums)
                         : amplitude_point<n, false, false>(model, point, sums);
  if constexpr (n < most_amplitude_columns) amplitude_gradient<n + 1>(model, point, sums);
}

template <int n>
void amplitude_derivatives(const Amplitude& model, const AmplitudePoint& point,
                           AmplitudeSums& sums) {
  if (model.columns == n)
    return model.is_tanh ? amplitude_point<n, true, true>(model, point, sums)
                         : amplitude_point<n, false, true>(model, point, sums);
  if constexpr (n < most_amplitude_columns) amplitude_derivatives<n + 1>(model, point, sums);
}

/// Sums over j + m = k, both from 1 to k - 1, of the products that the formulas of order k need.
struct AmplitudeProducts {
  Real us = {};  ///< j u_j sigma'_m
  Real ss = {};  ///< s_j s_m
  Real bF = {}, be = {}, Dq = {}, Fe = {};

  template <int n>
  TAUTRACK_INLINE void add(const AmplitudeRow<n>& row, const double* b, int k) {
    for (int j = 1; j < k; ++j) {
      const int m = k - j;
      const Real F = row.get(m, amplitude_output), e = row.get(m, amplitude_residual);
      us += row.get(j, amplitude_input) * row.get(m, amplitude_slope);
      ss += row.get(j, amplitude_value) * row.get(m, amplitude_value);
      bF += b[j] * F;
      be += b[j] * e;
      Dq += row.get(j, amplitude_gain) * row.get(m, amplitude_force);
      Fe += row.get(j, amplitude_output) * e;
    }
  }
};

template <int n>
TAUTRACK_INLINE void amplitude_order(const Amplitude& model, const AmplitudeOrder& order,
                                     AmplitudeSums& sums) {
  const int k = order.k, next = k + 1;
  const double b_0 = order.b[0], b_k = order.b[k], tau = order.tau, rest = 1.0 - order.tau;
  const double sign = model.is_tanh ? 0.0 : 1.0;
  AmplitudeTotals<n> totals;
  for (Count i = 0; i < vectors_of(model.rows); ++i) {
    const AmplitudeRow<n> row(model, i);
    const Real omega = row.of(amplitude_weight);
    const Real u_0 = row.get(0, amplitude_input), s_0 = row.get(0, amplitude_value);
    const Real Q_0 = row.get(0, amplitude_slope), F_0 = row.get(0, amplitude_output);
    const Real D_0 = row.get(0, amplitude_gain), e_0 = row.get(0, amplitude_residual);
    const Real bend = sign - 2.0 * s_0;
    // Order k, of which all that does not need x_k is there; of the first one that is little.
    const Real u = row.times(order.v);
    totals.displacement = larger(totals.displacement, absolute(u) / (1.0 + absolute(u_0)));
    const Real s_added = u * Q_0, Q_added = s_added * bend;
    const Real F_added = rest * u + tau * s_added;
    const Real e_added = omega * (order.c + b_k * F_0 + b_0 * F_added);
    const Real q_added = b_k * e_0 + b_0 * e_added;
    Real s = s_added, Q = Q_added;
    if (k == 1) {
      const Real F = s_0 - u_0, e = omega * (b_0 * F);
      row.set(1, amplitude_output, F + F_added);
      row.set(1, amplitude_gain, (Q_0 - 1.0) + tau * Q_added);
      row.set(1, amplitude_residual, e + e_added);
      row.set(1, amplitude_force, b_0 * e + q_added);
    } else {
      s += row.get(k, amplitude_value);
      Q += row.get(k, amplitude_slope);
      row.set(k, amplitude_output, row.get(k, amplitude_output) + F_added);
      row.set(k, amplitude_gain, row.get(k, amplitude_gain) + tau * Q_added);
      row.set(k, amplitude_residual, row.get(k, amplitude_residual) + e_added);
      row.set(k, amplitude_force, row.get(k, amplitude_force) + q_added);
    }
    row.set(k, amplitude_input, u * static_cast<double>(k));
    row.set(k, amplitude_value, s);
    row.set(k, amplitude_slope, Q);
    // Order k + 1 without x_(k+1).
    AmplitudeProducts of;
    of.add(row, order.b, next);
    const Real s_next = of.us * reciprocals<double>.over[next], Q_next = bend * s_next - of.ss;
    const Real F_next = tau * s_next + (s - u), D_next = tau * Q_next + Q;
    const Real e_next = omega * (b_0 * F_next + of.bF), q_next = b_0 * e_next + of.be;
    row.set(next, amplitude_value, s_next);
    row.set(next, amplitude_slope, Q_next);
    row.set(next, amplitude_output, F_next);
    row.set(next, amplitude_gain, D_next);
    row.set(next, amplitude_residual, e_next);
    row.set(next, amplitude_force, q_next);
    const Real by_v = of.Dq + D_0 * q_next + D_next * row.get(0, amplitude_force);
    for (int j = 0; j < n; ++j) totals.v[j] += row.a(j) * by_v;
    totals.Fe += of.Fe + F_0 * e_next + F_next * e_0;
    totals.e += e_next;
  }
  write_sums(totals.v, sums.v);
  sums.Fe = sum(totals.Fe);
  sums.e = sum(totals.e);
  sums.displacement = largest(totals.displacement);
}

template <int n>
void amplitude_series(const Amplitude& model, const AmplitudeOrder& order, AmplitudeSums& sums) {
  if (model.columns == n) return amplitude_order<n>(model, order, sums);
  if constexpr (n < most_amplitude_columns) amplitude_series<n + 1>(model, order, sums);
}

}  // namespace tautrack::kernels::TAUTRACK_ISA
