#pragma once

#include "kernels/passes.hpp"

/// Small natural paths side by side: each lane of a vector is another problem. The steps of path/monotone_steps.hpp, all of
/// one order, with arithmetic that does not know of other lanes; what lanes share is when a loop ends, and a lane that is
/// done before others stays as it is.
namespace tautrack::kernels::TAUTRACK_ISA {

/// Which lanes: all bits of a lane, or none.
using Mask = Bits;

TAUTRACK_INLINE Mask but_not(Mask a, Mask b) { return a & (b == 0); }

TAUTRACK_INLINE bool any(Mask mask) {
#if TAUTRACK_LANES > 1
  long long all = 0;
  for (int i = 0; i < lanes; ++i) all |= mask[i];
  return all != 0;
#else
  return mask != 0;
#endif
}

TAUTRACK_INLINE Real square_roots(Real x) {
  alignas(64) double each[lanes];
  store(each, x);
  for (int i = 0; i < lanes; ++i) each[i] = square_root(each[i]);
  return load(each);
}

TAUTRACK_INLINE Real smaller(Real a, Real b) { return b < a ? b : a; }

/// Every lane as a float, as often as they fit into a vector.
TAUTRACK_INLINE SingleReal narrowed(Real x) {
#if TAUTRACK_LANES > 1
  const SingleHalf half = __builtin_convertvector(x, SingleHalf);
  alignas(64) float parts[single_lanes];
  *reinterpret_cast<SingleHalf*>(parts) = half;
  *reinterpret_cast<SingleHalf*>(parts + lanes) = half;
  return load(parts);
#else
  return static_cast<float>(x);
#endif
}

/// About x^over for x > 0: within a few percent for every factor of 2 in x, for scales that need not be exact.
TAUTRACK_INLINE Real rough_power(Real x, double over) {
  // The upper half of a double, as an integer, is about 2^20 times its logarithm to the base of 2.
  constexpr double shift = 0x1p52, one = 1023.0 * 0x1p20;
  const Real logarithm = real(((bits(x) >> 32) & 0xffffffffLL) | bits(fill(shift))) - (shift + one);
  return real((bits(logarithm * over + (shift + one)) & 0xffffffffLL) << 32);
}

/// asin(s) for s in [0, 1]: s times a polynomial in s^2 (Chebyshev's on [0, 1/4], relative error 3e-16), beyond 1/2 by
/// the complement.
TAUTRACK_INLINE Real arc_sine(Real s) {
  constexpr double half_pi = 1.5707963267948966;
  constexpr double coefficients[] = {
      0.031504776751624312, -0.011693559679531318, 0.018256370242133529, 0.0093764734810566538,
      0.014324235149944571, 0.017313700945909895,  0.022374928823605691, 0.030381820752221769,
      0.044642860386031558, 0.074999999956244145,  0.16666666666689706,  1.0};
  const Mask beyond = s > 0.5;
  const Real z = beyond ? 0.5 - 0.5 * s : s * s;
  const Real root = beyond ? square_roots(z) : s;
  Real sum = {};
  for (const double c : coefficients) sum = sum * z + c;
  sum *= root;
  return beyond ? half_pi - 2.0 * sum : sum;
}

/// What an evaluation leaves of each pattern, and whether it measures how far its input has moved.
enum class Keep { nothing, inputs, inputs_moved, all };

/// A point of each lane's curve; like Point.
template <Keep kept>
struct LanePoint {
  const Real* v;
  Real tau;
  Real rest;
  Real length;
  double* data;
};

template <Keep kept>
TAUTRACK_INLINE void keep(const LanePoint<kept>& point, Count panel, int h, Real u,
                          const Sigma& sigma, Real gain, Real r, Totals& totals) {
  if constexpr (kept == Keep::nothing) return;
  double* const data = point.data + panel * (point_arrays * panel_rows) + h * lanes;
  if constexpr (kept == Keep::all) return keep_all(data, u, sigma, gain, r);
  if constexpr (kept == Keep::inputs_moved) {
    const Real before = load(data + point_input * panel_rows);
    totals.displacement =
        larger(totals.displacement, absolute(u - before) / (1.0 + absolute(before)));
  }
  store(data + point_input * panel_rows, u);
}

template <int n>
TAUTRACK_INLINE Real product_of(const Real (&x)[n], const Real (&y)[n]) {
  Real sum = x[0] * y[0];
  for (int j = 1; j < n; ++j) sum += x[j] * y[j];
  return sum;
}
template <int n>
TAUTRACK_INLINE Real norm_of(const Real (&x)[n]) {
  return square_roots(product_of(x, x));
}

/// Where column j of a packed lower triangle has its row i >= j.
constexpr int packed(int n, int i, int j) { return j * n - j * (j + 1) / 2 + i; }

template <int n>
struct LaneFactors {
  Real L[triangle_of(n)];
  Real inverse[n];  ///< One over the diagonal.

  /// Of H - shift I. @return where that is positive definite.
  TAUTRACK_INLINE Mask compute(const Real (&H)[triangle_of(n)], Real shift) {
    Mask positive = absolute(shift) >= 0.0;
    for (int j = 0; j < n; ++j) {
      Real pivot = H[packed(n, j, j)] - shift;
      for (int k = 0; k < j; ++k) pivot -= L[packed(n, j, k)] * L[packed(n, j, k)];
      positive &= pivot > 0.0;
      inverse[j] = 1.0 / square_roots(pivot);
      for (int i = j + 1; i < n; ++i) {
        Real sum = H[packed(n, i, j)];
        for (int k = 0; k < j; ++k) sum -= L[packed(n, i, k)] * L[packed(n, j, k)];
        L[packed(n, i, j)] = sum * inverse[j];
      }
    }
    return positive;
  }

  TAUTRACK_INLINE void solve(Real (&x)[n]) const {
    for (int j = 0; j < n; ++j) {
      x[j] *= inverse[j];
      for (int i = j + 1; i < n; ++i) x[i] -= L[packed(n, i, j)] * x[j];
    }
    for (int j = n - 1; j >= 0; --j) {
      for (int i = j + 1; i < n; ++i) x[j] -= L[packed(n, i, j)] * x[i];
      x[j] *= inverse[j];
    }
  }
};

/// Eigenvalues, ascending, of symmetric positive definite matrices (packed lower triangles), by Jacobi's method (Golub & Van
/// Loan, Matrix Computations, 2013, section 8.5). @return where it has converged.
template <int n>
inline Mask lane_eigenvalues(const Real (&H)[triangle_of(n)], Real (&values)[n]) {
  // Of squared entries, relative to their diagonal: after a sweep in which all are as small as this, they are zero.
  constexpr double small = 1e-20;
  constexpr int most_sweeps = 12;
  Real A[n][n];
  for (int j = 0; j < n; ++j)
    for (int i = j; i < n; ++i) A[i][j] = H[packed(n, i, j)];
  Mask going_on = absolute(H[0]) >= 0.0;
  for (int sweep = 0; sweep < most_sweeps && any(going_on); ++sweep) {
    Mask large = {};
    for (int p = 0; p < n - 1; ++p) {
      for (int q = p + 1; q < n; ++q) {
        const Real entry = A[q][p], square = entry * entry;
        large |= square > small * (A[p][p] * A[q][q]);
        const Real half = 0.5 * (A[q][q] - A[p][p]);
        const Real root = square_roots(half * half + square);
        const Real sum = absolute(half) + root;
        const Mask turns = going_on & (square > 0.0);
        const Real ratio = entry / sum;
        const Real tangent = turns ? (half < 0.0 ? -ratio : ratio) : Real{};
        const Real cosine = turns ? square_roots(0.5 * sum / root) : fill(1.0);
        const Real sine = tangent * cosine;
        A[p][p] -= tangent * entry;
        A[q][q] += tangent * entry;
        A[q][p] = turns ? Real{} : entry;
        for (int i = 0; i < n; ++i) {
          if (i == p || i == q) continue;
          Real& by_p = i > p ? A[i][p] : A[p][i];
          Real& by_q = i > q ? A[i][q] : A[q][i];
          const Real a = by_p, b = by_q;
          by_p = cosine * a - sine * b;
          by_q = sine * a + cosine * b;
        }
      }
    }
    going_on &= large;
  }
  for (int j = 0; j < n; ++j) values[j] = A[j][j];
  for (int last = n - 1; last > 0; --last) {
    for (int j = 0; j < last; ++j) {
      const Real a = values[j], b = values[j + 1];
      values[j] = smaller(a, b);
      values[j + 1] = larger(a, b);
    }
  }
  return going_on == 0;
}

/// One step of all lanes.
template <int n>
class LaneStep {
 public:
  explicit LaneStep(LaneBlock& block)
      : block_(block), rules_(block.rules), vectors_{0, block.network.rows / lanes} {}

  void run() {
    const Real stage = number(lane_stage);
    const Mask fresh = stage == static_cast<double>(lane_fresh);
    const Mask going = stage == static_cast<double>(lane_going);
    live_ = fresh | going | (stage == static_cast<double>(lane_shorter));
    set_out(fresh, going);
    const Mask started = live_;
    expand();
    check_half_way();
    const Mask arrives = live_ & (reach_ == parameter_);
    const Mask arrived = take_step(arrives);
    const Real shorter = shrink * reach_ / parameter_;
    Real next = fill(static_cast<double>(lane_refused));
    const Mask tries = started & (shorter >= shares[count_shares - 1]);
    next = tries ? fill(static_cast<double>(lane_shorter)) : next;
    next = live_ ? fill(static_cast<double>(lane_going)) : next;
    next = arrived ? fill(static_cast<double>(lane_arrived)) : next;
    const Mask working = fresh | going | (stage == static_cast<double>(lane_shorter));
    set_number(lane_stage, working ? next : stage);
    set_number(lane_share, live_ ? fill(1.0) : shorter);
  }

 private:
  /// Parts of the way to tau = 1 that a step may have.
  static constexpr int count_shares = 12;
  static constexpr double shares[count_shares] = {1.0, 0.85, 0.7, 0.55, 0.4,  0.3,
                                                  0.2, 0.15, 0.1, 0.07, 0.05, 0.03};
  static constexpr double shrink = 0.5;  ///< Of a refused step.
  static constexpr int order = lane_order;

  [[nodiscard]] Real number(LaneArray which) const { return load(block_.numbers + which * lanes); }
  void set_number(LaneArray which, Real x) { store(block_.numbers + which * lanes, x); }

  // --------------------------------------------------------------------------------- equations

  [[nodiscard]] Real ridge(int i, int j) const { return load(block_.ridge + (j * n + i) * lanes); }

  void add_ridge(const Real (&v)[n], Real length) {
    Real square = {};
    for (int i = 0; i < n; ++i) {
      Real slope = ridge(i, 0) * v[0];
      for (int j = 1; j < n; ++j) slope += ridge(i, j) * v[j];
      H_[i] += slope;
      square += slope * v[i];
    }
    energy_ += 0.5 * square;
    scale_ += number(lane_ridge_norm) * length;
  }

  void finish(const Totals& totals, const Real (&v)[n], Real length) {
    energy_ = 0.5 * totals.energy;
    scale_ = totals.scale;
    displacement_ = totals.displacement;
    if (block_.ridge != nullptr) add_ridge(v, length);
    is_rounding_ = norm_of(H_) <= rules_.rounding * scale_;
  }

  /// Sets H, scale, energy and displacement.
  void gradient(const Real (&v)[n], Real tau) {
    const Real length = norm_of(v);
    Totals totals;
    Real H[n] = {};
    add_gradient(block_.network,
                 LanePoint<Keep::inputs_moved>{v, tau, 1.0 - tau, length, block_.point}, vectors_,
                 H, totals);
    for (int j = 0; j < n; ++j) H_[j] = H[j];
    finish(totals, v, length);
  }

  /// The same, H_tau and H_v; and its factors. @return where that is positive definite beyond doubt.
  template <Keep kept>
  Mask linearise(const Real (&v)[n], Real tau) {
    const Real length = norm_of(v);
    Totals totals;
    Real H[n] = {}, H_tau[n] = {}, H_v[triangle_of(n)] = {};
    add_derivatives(block_.network, LanePoint<kept>{v, tau, 1.0 - tau, length, block_.point},
                    vectors_, H, H_tau, H_v, totals);
    for (int j = 0; j < n; ++j) {
      H_[j] = H[j];
      H_tau_[j] = H_tau[j];
    }
    for (int j = 0; j < n; ++j)
      for (int i = j; i < n; ++i)
        H_v_[packed(n, i, j)] =
            block_.ridge != nullptr ? H_v[packed(n, i, j)] + ridge(i, j) : H_v[packed(n, i, j)];
    finish(totals, v, length);
    Real bound = {}, nothing = {};  // 0 unless something is not finite
    for (int j = 0; j < n; ++j) {
      Real sum = {};
      for (int i = 0; i < n; ++i)
        sum += absolute(i < j ? H_v_[packed(n, j, i)] : H_v_[packed(n, i, j)]);
      bound = larger(bound, sum);
      nothing += 0.0 * (sum + H_[j] + H_tau_[j]);
    }
    return factors_.compute(H_v_, rules_.margin * bound) & (nothing == 0.0);
  }

  // ------------------------------------------------------------------------------------- steps

  /// The point that the step begins at, and the data of its patterns: the linear solution, the end of the last step, or where
  /// that began.
  void set_out(Mask fresh, Mask going) {
    if (any(fresh)) solve_linear();
    for (int j = 0; j < n; ++j)
      v_[j] = fresh ? v_[j] : (going ? load_node(block_.to, j) : load_node(block_.from, j));
    const auto known = [&](LaneNode which) {
      const Count at = which * lanes;
      return fresh ? Real{} : (going ? load(block_.to + at) : load(block_.from + at));
    };
    tau_ = known(lane_tau);
    arclength_ = known(lane_arclength);
    Mask definite = linearise<Keep::all>(v_, tau_);
    Mask moving = but_not(fresh, is_rounding_);
    for (int again = 0; again < 2 && any(moving); ++again) {
      Real step[n];
      for (int j = 0; j < n; ++j) step[j] = H_[j];
      factors_.solve(step);
      for (int j = 0; j < n; ++j) v_[j] = moving ? v_[j] - step[j] : v_[j];
      definite = linearise<Keep::all>(v_, tau_);
      moving = but_not(fresh, is_rounding_);
    }
    live_ = but_not(live_ & definite, moving);
    for (int j = 0; j < n; ++j) slope_[j] = -H_tau_[j];
    factors_.solve(slope_);
    unknown_ = square_roots(number(lane_total_weight) + product_of(v_, v_));
    parameter_ = 1.0 - tau_;
    share_ = number(lane_share);
    store(block_.from + lane_tau * lanes, tau_);
    store(block_.from + lane_arclength * lanes, arclength_);
    store(block_.from + lane_energy * lanes, energy_);
    for (int j = 0; j < n; ++j) store(block_.from + (lane_node_arrays + j) * lanes, v_[j]);
  }

  [[nodiscard]] static Real load_node(const double* node, int j) {
    return load(node + (lane_node_arrays + j) * lanes);
  }

  /// v = (I + ridge M)^-1 A' omega (y - o).
  void solve_linear() {
    const Network& network = block_.network;
    Real v[n] = {};
    for (Count i = vectors_.first; i < vectors_.last; ++i) {
      const FixedRows<n> rows(network.panels, i);
      const double* const pattern = network.patterns +
                                    i / panel_vectors * (pattern_arrays * panel_rows) +
                                    i % panel_vectors * lanes;
      const Real force = load(pattern + pattern_weight * panel_rows) *
                         (load(pattern + pattern_target * panel_rows) -
                          load(pattern + pattern_offset * panel_rows));
      for (int j = 0; j < n; ++j) v[j] += rows.a[j] * force;
    }
    if (block_.ridge != nullptr) {
      Real G[triangle_of(n)];
      for (int j = 0; j < n; ++j)
        for (int i = j; i < n; ++i) G[packed(n, i, j)] = ridge(i, j) + (i == j ? 1.0 : 0.0);
      (void)factors_.compute(G, Real{});  // at least I; what is not finite shows in H
      factors_.solve(v);
    }
    for (int j = 0; j < n; ++j) v_[j] = v[j];
  }

  /// The series from the point, and how far to go with it.
  void expand() {
    const Count panels = (block_.network.rows + panel_rows - 1) / panel_rows;
    narrow(block_.point, panels * panel_rows * point_arrays, block_.single_point);
    SeriesTable<float, true> table;
    table.quadratic = quadratic_of<float>(block_.network.sigmoid);
    table.tau[0] = narrowed(tau_);
    for (int k = 1; k < order; ++k) table.tau[k] = SingleReal{} + (k == 1 ? 1.0F : 0.0F);
    for (int j = 0; j < n; ++j) term_[1][j] = slope_[j];
    append_from<1>(table, panels);
    approximate();
  }

  /// Terms k + 1 and those behind. Compiled for each k, of which there are few.
  template <int k>
  void append_from(const SeriesTable<float, true>& table, Count panels) {
    SingleSeries series;
    series.k = k;
    series.stride = panel_rows * arrays_of(block_.network.sigmoid);
    series.point = block_.single_point;
    series.in_tau = true;
    for (int j = 1; j <= k + 1; ++j)
      series.order[j] = block_.orders + (j - 1) * panels * series.stride;
    SingleReal v[n], sum[n] = {};
    for (int j = 0; j < n; ++j) v[j] = narrowed(term_[k][j]);
    SeriesTotals<float> totals;
    constexpr int vectors = vectors_of_panel<float>;
    for (Count i = 0; i < panels * vectors; ++i) {
      const FixedRows<n, float> rows(block_.network.single_panels, i);
      const SingleReal input = rows.times(v);
      SingleReal product;
      next_coefficient<float, 1, true, true>(block_.network, series, table, i / vectors,
                                             static_cast<int>(i % vectors), &input, &product,
                                             totals);
      TAUTRACK_UNROLL
      for (int j = 0; j < n; ++j) sum[j] += rows.a[j] * product;
    }
    displacement_ = widened_largest(totals.displacement);
    for (int j = 0; j < n; ++j) term_[k + 1][j] = -widened(sum[j]);
    factors_.solve(term_[k + 1]);
    if constexpr (k + 1 < order) append_from<k + 1>(table, panels);
  }

  /// The approximant of the terms, and the longest step for which it is trusted.
  void approximate() {
    const Real by_unknown = 1.0 / (unknown_ * unknown_);
    const Real by_parameter = 1.0 / (parameter_ * parameter_);
    const auto product = [&](int i, int j) {
      const Real x = product_of(term_[i], term_[j]) * by_unknown;
      return i == 1 && j == 1 ? x + by_parameter : x;
    };
    const Real last = product(order, order), before = product(order - 1, order - 1);
    const Real last_size = square_roots(last), before_size = square_roots(before);
    const Real ratio = displacement_ / before_size;
    const Mask exceeds = (ratio > 1.0) & (ratio * 0.0 == 0.0);
    const Real excess = exceeds ? ratio : fill(1.0);
    fit_denominator(product, last, before);
    Real numerator[2][n];  // of the last two orders
    for (int i = 0; i < 2; ++i) numerator_of(order - 1 + i, denominator_, numerator[i]);
    const Real by_size = excess / unknown_;
    const Real rest_before = by_size * norm_of(numerator[0]);
    const Real rest_last = by_size * norm_of(numerator[1]);
    Mask sought = live_;
    Mask plain = {};
    reach_ = Real{};
    for (int i = 0; i < count_shares && any(sought); ++i) {
      // What was refused is not tried again.
      const Mask asked = sought & (shares[i] <= share_);
      const Real a = i == 0 ? parameter_ : shares[i] * parameter_;
      const Real power = power_of(a, order - 1);
      const Real scaled = a / rules_.furthest;
      const Real scaled_power = power_of(scaled, order - 1);
      const auto reaches = [&](Real x, Real x_power) -> Mask {
        return (excess * before_size * x_power <= rules_.tolerance) &
               (excess * last_size * (x_power * x) <= rules_.tolerance);
      };
      const Mask by_quotient =
          reaches(scaled, scaled_power) & stays_above(a) &
          (larger(rest_before, rest_last * a) * power <= rules_.tolerance * denominator(a));
      const Mask by_series = reaches(a, power);
      const Mask trusted = asked & (by_quotient | by_series);
      plain |= but_not(trusted, by_quotient);
      reach_ = trusted ? a : reach_;
      sought = but_not(sought, trusted);
    }
    live_ = but_not(live_, sought);
    for (int j = 1; j <= degree; ++j) denominator_[j] = plain ? Real{} : denominator_[j];
    for (int k = 1; k <= order; ++k) numerator_of(k, denominator_, numerator_[k]);
  }

  static constexpr int degree = 3;  ///< Of the denominator, see predictor/approximant.hpp.
  static constexpr int fitted = 3;  ///< Orders that it makes small.

  static Real power_of(Real a, int k) {
    Real power = a;
    for (int i = 1; i < k; ++i) power *= a;
    return power;
  }

  void numerator_of(int k, const Real (&q)[degree + 1], Real (&out)[n]) const {
    for (int i = 0; i < n; ++i) {
      Real sum = term_[k][i];
      for (int j = 1; j <= degree && j < k; ++j) sum += q[j] * term_[k - j][i];
      out[i] = sum;
    }
  }

  /// See fit_denominator() in predictor/approximant.hpp; the growth is a rough one.
  template <class Product>
  void fit_denominator(const Product& product, Real last, Real before) {
    const Real by_first = 1.0 / product(1, 1);
    const Real growth = larger(rough_power(last * by_first, 1.0 / (2 * (order - 1))),
                               rough_power(before * by_first, 1.0 / (2 * (order - 2))));
    constexpr int terms = degree + fitted;
    Real weighted[terms][n];  // terms of order - 2 - i
    Real weight[terms];
    weight[0] = fill(1.0);
    for (int i = 0; i < terms; ++i) {
      if (i > 0) weight[i] = growth * weight[i - 1];
      for (int j = 0; j < n; ++j) weighted[i][j] = weight[i] * term_[order - 2 - i][j];
    }
    static_assert(order - 2 - (terms - 1) == 1);  // then the last of them is the first term
    const Real of_parameter =
        weight[terms - 1] * weight[terms - 1] * (unknown_ * unknown_) / (parameter_ * parameter_);
    Real normal[triangle_of(degree)] = {}, right[degree] = {};
    for (int row = 0; row < fitted; ++row) {
      for (int j = 1; j <= degree; ++j) {
        for (int i = j; i <= degree; ++i) {
          Real& entry = normal[packed(degree, i - 1, j - 1)];
          entry += product_of(weighted[row + i], weighted[row + j]);
          if (row + i == terms - 1 && i == j) entry += of_parameter;
        }
        right[j - 1] -= product_of(weighted[row + j], weighted[row]);
      }
    }
    Real trace = {};
    for (int j = 0; j < degree; ++j) trace += normal[packed(degree, j, j)];
    LaneFactors<degree> factors;
    Mask usable = factors.compute(normal, -rules_.regularisation * trace);
    factors.solve(right);
    Real nothing = {};
    for (const Real x : right) nothing += 0.0 * x;
    usable &= nothing == 0.0;
    denominator_[0] = fill(1.0);
    for (int j = 1; j <= degree; ++j) denominator_[j] = usable ? right[j - 1] * weight[j] : Real{};
  }

  [[nodiscard]] Real denominator(Real a) const {
    const auto& q = denominator_;
    return q[0] + a * (q[1] + a * (q[2] + a * q[3]));
  }

  /// Whether the denominator stays large enough on [0, a], by its Bernstein coefficients.
  [[nodiscard]] Mask stays_above(Real a) const {
    const double least = rules_.smallest_denominator;
    const Real q_1 = denominator_[1] * a, q_2 = denominator_[2] * (a * a),
               q_3 = denominator_[3] * (a * a * a);
    constexpr double third = 1.0 / 3.0;
    return (1.0 + q_1 * third > least) & (1.0 + (2.0 * q_1 + q_2) * third > least) &
           (1.0 + q_1 + q_2 + q_3 > least);
  }

  /// The approximant and its derivative at a distance of a.
  void predict(Real a, Real (&v)[n], Real (&slope)[n]) const {
    const Real by_q = 1.0 / denominator(a);
    const Real q_slope =
        denominator_[1] + a * (2.0 * denominator_[2] + a * (3.0 * denominator_[3]));
    for (int j = 0; j < n; ++j) {
      Real offset = numerator_[order][j], change = offset * static_cast<double>(order);
      for (int k = order - 1; k >= 1; --k) {
        change = change * a + numerator_[k][j] * static_cast<double>(k);
        offset = offset * a + numerator_[k][j];
      }
      offset *= a * by_q;
      slope[j] = (change - offset * q_slope) * by_q;
      v[j] = v_[j] + offset;
    }
  }

  /// Sine of half of the angle between the tangents (slope, 1) in the metric of the point.
  [[nodiscard]] Real half_angle_sine(const Real (&slope)[n], const Real (&other)[n]) const {
    const Real ratio = parameter_ / unknown_;
    const Real square = ratio * ratio;
    const Real by = 1.0 / square_roots(1.0 + product_of(slope, slope) * square);
    const Real by_other = 1.0 / square_roots(1.0 + product_of(other, other) * square);
    Real gap = {};
    for (int j = 0; j < n; ++j) {
      const Real apart = by * slope[j] - by_other * other[j];
      gap += apart * apart;
    }
    const Real along = by - by_other;
    const Real sine = 0.5 * square_roots(gap * square + along * along);
    return sine > 1.0 ? fill(1.0) : sine;
  }

  /// Whether the tangent of the curve at the last linearise() is `slope`.
  [[nodiscard]] Mask agrees(const Real (&slope)[n], Real (&tangent)[n]) const {
    for (int j = 0; j < n; ++j) tangent[j] = -H_tau_[j];
    factors_.solve(tangent);
    return half_angle_sine(slope, tangent) <= rules_.half_angle_sine;
  }

  /// Whether the curve is where it is expected half way.
  void check_half_way() {
    Real v[n], slope[n], tangent[n], step[n];
    const Real a = 0.5 * reach_;
    predict(a, v, slope);
    const Mask definite = linearise<Keep::nothing>(v, tau_ + a);
    for (int j = 0; j < n; ++j) step[j] = H_[j];
    factors_.solve(step);
    live_ &= definite & (norm_of(step) <= rules_.agreement * unknown_) & agrees(slope, tangent);
  }

  /// To the end of the step, by Newton's method. @return the lanes that have arrived; those that have not made it are no
  /// longer live.
  Mask take_step(Mask arrives) {
    Real v[n], slope[n], guess[n];
    predict(reach_, v, slope);
    for (int j = 0; j < n; ++j) guess[j] = v[j];
    const Real tau = arrives ? fill(1.0) : tau_ + reach_;
    const Real by_unknown = 1.0 / unknown_;
    constexpr double epsilon = 0x1p-52;
    Mask running = live_;
    Real previous = fill(1.0), displacement = {}, contraction = {}, last = {}, count = {};
    for (int k = 0; k < rules_.max_iterations && any(running); ++k) {
      if (k == 0) {
        running &= linearise<Keep::inputs>(v, tau);
      } else if (k == 1) {
        running &= linearise<Keep::inputs_moved>(v, tau);
      } else {
        gradient(v, tau);
      }
      if (k > 0) displacement += displacement_;
      Real step[n];
      for (int j = 0; j < n; ++j) step[j] = H_[j];
      factors_.solve(step);
      const Real length = norm_of(step) * by_unknown;
      running &= length <= rules_.agreement;
      if (k > 0) running &= is_rounding_ | (length <= rules_.max_contraction * previous);
      const Real quotient = length / previous;
      if (k == 1) contraction = but_not(running, is_rounding_) ? quotient : contraction;
      for (int j = 0; j < n; ++j) v[j] = running ? v[j] - step[j] : v[j];
      last = running ? length : last;
      count += running ? fill(1.0) : Real{};
      // What is left is rounding: after this step, or after another at this contraction; with the first two factors, of which
      // each is that of its own point, the method converges quadratically.
      const Real next = k == 0   ? length
                        : k == 1 ? length * (quotient * quotient)
                                 : length * quotient;
      const Mask converged =
          is_rounding_ | (arrives ? next <= epsilon : length <= rules_.newton_tolerance);
      done_ = k == 0 ? running & converged : done_ | (running & converged);
      // Where later ones would need new factors, too, a shorter step is better.
      running = but_not(running, converged);
      if (k > 0) running &= length <= rules_.reuse;
      previous = length;
    }
    live_ &= done_;
    live_ &= linearise<Keep::inputs_moved>(v, tau);
    displacement += displacement_;
    Real tangent[n], chord[n], correction[n];
    const Mask same = agrees(slope, tangent);
    for (int j = 0; j < n; ++j) {
      chord[j] = v[j] - v_[j];
      correction[j] = v[j] - guess[j];
    }
    const Real turn = half_angle_sine(slope_, tangent);
    const Real along = reach_ / parameter_, across = norm_of(chord) * by_unknown;
    constexpr double straight = 1e-4;  // as in events/segment.cpp
    Real length = square_roots(along * along + across * across);
    length *= turn > straight ? arc_sine(turn) / turn : fill(1.0);
    live_ &= same & (norm_of(correction) <= rules_.distance * unknown_) &
             (displacement <= rules_.displacement) & (contraction <= rules_.contraction) &
             (length <= rules_.length) & (energy_ * 0.0 == 0.0);
    store(block_.to + lane_tau * lanes, tau);
    store(block_.to + lane_arclength * lanes, arclength_ + length);
    store(block_.to + lane_energy * lanes, energy_);
    for (int j = 0; j < n; ++j) store(block_.to + (lane_node_arrays + j) * lanes, v[j]);
    set_number(lane_newton_steps, count);
    set_number(lane_gradient, norm_of(H_));
    set_number(lane_scale, scale_);
    set_number(lane_last_step, last);
    Mask arrived = live_ & arrives;
    if (any(arrived)) {
      Real values[n];
      const Mask known = lane_eigenvalues<n>(H_v_, values);
      live_ = but_not(live_, but_not(arrived, known));
      arrived &= known;
      for (int j = 0; j < n; ++j) store(block_.eigenvalues + j * lanes, values[j]);
    }
    return arrived;
  }

  LaneBlock& block_;
  const LaneRules& rules_;
  VectorRange vectors_;  ///< A vector a pattern.

  Mask live_ = {};  ///< Lanes whose step has not failed.
  Mask done_ = {};  ///< Lanes in which Newton's method has converged.

  // The point that the step begins at, and sizes there.
  Real v_[n], slope_[n];
  Real tau_, arclength_, unknown_, parameter_;
  Real share_;
  Real reach_;  ///< Length of the step.

  // Of the last evaluation.
  Real H_[n], H_tau_[n], H_v_[triangle_of(n)];
  Real scale_, energy_, displacement_;
  Mask is_rounding_;
  LaneFactors<n> factors_;

  Real term_[order + 1][n], numerator_[order + 1][n];  ///< Coefficients of powers of tau.
  Real denominator_[degree + 1];
};

template <int n>
void lane_step(LaneBlock& block) {
  if (block.network.columns == n) return LaneStep<n>(block).run();
  if constexpr (n < most_lane_columns) lane_step<n + 1>(block);
}

}  // namespace tautrack::kernels::TAUTRACK_ISA
