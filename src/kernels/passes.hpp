#pragma once

#include "kernels/columns.hpp"
#include "kernels/product.hpp"
#include "kernels/series.hpp"
#include "kernels/sigmoid.hpp"
#include "kernels/sums.hpp"

/// The passes over the patterns: what one pattern contributes, and the loops that multiply it by its
/// row of A. For few columns everything stays in registers; else in blocks that stay in the caches.
namespace tautrack::kernels::TAUTRACK_ISA {

inline Count vectors_of(Count patterns) { return (patterns + lanes - 1) / lanes; }

/// The factors of a vector of rows of A in H, H_v and H_tau.
struct Contribution {
  Real gradient;  ///< omega f_u r
  Real hessian;   ///< omega (f_u^2 + f_uu r)
  Real mixed;     ///< omega (f_utau r + f_u f_tau)
};

/// What is added up over the patterns beside them.
struct Totals {
  Real scale = {};
  Real energy = {};
  Real displacement = {};
};

TAUTRACK_INLINE void finish(const Totals& totals, Sums& sums) {
  sums.scale = sum(totals.scale);
  sums.energy = sum(totals.energy);
  sums.displacement = largest(totals.displacement);
}

/// Data of a vector of patterns for a series.
TAUTRACK_INLINE void keep_all(double* data, Real u, const Sigma& sigma, Real gain, Real r) {
  store(data + point_input * panel_rows, u);
  store(data + point_value * panel_rows, sigma.value);
  store(data + point_slope * panel_rows, sigma.slope);
  store(data + point_bend * panel_rows, sigma.bend);
  store(data + point_gain * panel_rows, gain);
  store(data + point_residual * panel_rows, r);
}

/// Leaves what is known of the vector `h` of a panel for the series that starts there, and measures how far it has moved.
TAUTRACK_INLINE void keep(const Point& point, Count panel, int h, Real u, const Sigma& sigma,
                          Real gain, Real r, Totals& totals) {
  if (point.data == nullptr) return;
  double* const data = point.data + panel * (point_arrays * panel_rows) + h * lanes;
  const Real before = load(data + point_input * panel_rows);
  totals.displacement =
      larger(totals.displacement, absolute(u - before) / (1.0 + absolute(before)));
  keep_all(data, u, sigma, gain, r);
}

/// Contribution of the vector `h` of a panel, whose node inputs are `u`.
/// @tparam At Point, or the like with one tau and length for each lane; with a function keep() of its own.
template <class At>
TAUTRACK_INLINE Contribution contribution(const Network& network, const At& point, Count panel,
                                          int h, Real u, const Sigma& sigma, Totals& totals) {
  const double* const pattern =
      network.patterns + panel * (pattern_arrays * panel_rows) + h * lanes;
  const Real omega = load(pattern + pattern_weight * panel_rows);
  const Real norm = load(pattern + pattern_norm * panel_rows);
  const Real offset = load(pattern + pattern_offset * panel_rows);
  const Residual r =
      residual(network, sigma, u, point, load(pattern + pattern_target * panel_rows));
  const Real gain = point.rest + point.tau * sigma.slope;
  const Real weighted = omega * gain;
  Contribution result;
  result.gradient = weighted * r.value;
  result.hessian = omega * (gain * gain + point.tau * (sigma.bend * sigma.slope) * r.value);
  result.mixed = omega * ((sigma.slope - 1.0) * r.value + gain * (sigma.value - u));
  totals.scale += norm * (absolute(weighted) * r.size +
                          absolute(result.hessian) * (norm * point.length + absolute(offset)));
  totals.energy += omega * (r.value * r.value);
  keep(point, panel, h, u, sigma, gain, r.value, totals);
  return result;
}

/// u = A v + o of the vector `h` of a panel, of which A v is `moving`.
TAUTRACK_INLINE Real input_of(const Network& network, Count panel, int h, Real moving) {
  return moving + load(network.patterns + (panel * pattern_arrays + pattern_offset) * panel_rows +
                       h * lanes);
}

template <class At>
TAUTRACK_INLINE Contribution contribution(const Network& network, const At& point, Count panel,
                                          int h, Real moving, Totals& totals) {
  const Real u = input_of(network, panel, h, moving);
  return contribution(network, point, panel, h, u, evaluate(network, u), totals);
}

/// What is added up over the patterns beside a coefficient of a series.
template <class Number>
struct SeriesTotals {
  RealOf<Number> displacement = {};
};

/// Weights of the patterns of a panel.
template <class Number>
TAUTRACK_INLINE const Number* weights_of(const Network& network, Count panel);
template <>
TAUTRACK_INLINE const double* weights_of<double>(const Network& network, Count panel) {
  return network.patterns + (panel * pattern_arrays + pattern_weight) * panel_rows;
}
template <>
TAUTRACK_INLINE const float* weights_of<float>(const Network& network, Count panel) {
  return network.single_weights + panel * panel_rows;
}

/// Coefficient k + 1 of omega f_u r for `count` vectors of a panel whose u_k are `input`.
template <class Number, int count, bool in_tau, bool by_lane>
TAUTRACK_INLINE void next_coefficient(const Network& network, const SeriesOf<Number>& series,
                                      const SeriesTable<Number, by_lane>& table, Count panel, int h,
                                      const RealOf<Number>* input, RealOf<Number>* product,
                                      SeriesTotals<Number>& totals) {
  constexpr int width = lanes_of<Number>;
  const Number* const point = series.point + panel * (point_arrays * panel_rows) + h * width;
  const Number* const weights = weights_of<Number>(network, panel) + h * width;
  advance<Number, count, in_tau, by_lane>(network.sigmoid, series, table,
                                          panel * series.stride + h * width, point, input, product);
  for (int i = 0; i < count; ++i) {
    product[i] *= load(weights + i * width);
    const RealOf<Number> u_0 = load(point + point_input * panel_rows + i * width);
    totals.displacement =
        larger(totals.displacement, absolute(input[i]) / (Number{1} + absolute(u_0)));
  }
}

/// A series has no other totals.
template <class Number>
TAUTRACK_INLINE void finish(const SeriesTotals<Number>& totals, Sums& sums) {
  sums.scale = sums.energy = 0.0;
  sums.displacement = largest(widened_largest(totals.displacement));
}

// --- Few columns. ---------------------------------------------------------------------------------

/// A vector of rows of A, and its product with v.
template <int n, class Number = double>
struct FixedRows {
  RealOf<Number> a[n];
  TAUTRACK_INLINE FixedRows(const Number* panels, Count vector) {
    constexpr int vectors = vectors_of_panel<Number>;
    const Number* const from =
        panels + (vector / vectors) * (n * panel_rows) + (vector % vectors) * lanes_of<Number>;
    TAUTRACK_UNROLL
    for (int j = 0; j < n; ++j) a[j] = load(from + j * panel_rows);
  }
  /// @tparam Entry A number, or one for each lane.
  template <class Entry>
  TAUTRACK_INLINE RealOf<Number> times(const Entry* v) const {
    RealOf<Number> u = a[0] * v[0];
    for (int j = 1; j < n; ++j) u += a[j] * v[j];
    return u;
  }
};

template <int n>
TAUTRACK_INLINE void write_sums(const Real (&x)[n], double* out) {
  Real added[whole_vectors(n)];
  all_sums(x, added);
  for (int j = 0; j < n; ++j) out[j] = lane(added[j / lanes], j % lanes);
}

/// Vectors of patterns in the range.
struct VectorRange {
  Count first;
  Count last;
};
inline VectorRange vectors_in(const Network& network, PanelRange range) {
  const Count all = vectors_of(network.rows);
  const Count last = range.last * panel_vectors;
  return {range.first * panel_vectors, last < all ? last : all};
}

/// Calls add(rows, contribution) for each of the vectors. The sigmoids of a few are evaluated first, because each of them is
/// one long chain of operations.
template <int n, class At, class Add>
TAUTRACK_INLINE void for_contributions(const Network& network, const At& point, VectorRange vectors,
                                       Totals& totals, const Add& add) {
  constexpr Count together = 8;
  Real u[together];
  Sigma sigma[together];
  for (Count first = vectors.first; first < vectors.last; first += together) {
    const Count last = first + together < vectors.last ? first + together : vectors.last;
    for (Count i = first; i < last; ++i) {
      u[i - first] = input_of(network, i / panel_vectors, static_cast<int>(i % panel_vectors),
                              FixedRows<n>(network.panels, i).times(point.v));
      sigma[i - first] = evaluate(network, u[i - first]);
    }
    for (Count i = first; i < last; ++i)
      add(FixedRows<n>(network.panels, i),
          contribution(network, point, i / panel_vectors, static_cast<int>(i % panel_vectors),
                       u[i - first], sigma[i - first], totals));
  }
}

/// Adds what the vectors contribute, each lane by itself.
template <int n, class At>
TAUTRACK_INLINE void add_gradient(const Network& network, const At& point, VectorRange vectors,
                                  Real (&H)[n], Totals& totals) {
  for_contributions<n>(network, point, vectors, totals,
                       [&](const FixedRows<n>& rows, const Contribution& c) {
                         TAUTRACK_UNROLL
                         for (int j = 0; j < n; ++j) H[j] += rows.a[j] * c.gradient;
                       });
}

template <int n>
void fixed_gradient(const Network& network, const Point& point, PanelRange range, Sums& sums) {
  Real H[n] = {};
  Totals totals;
  add_gradient(network, point, vectors_in(network, range), H, totals);
  write_sums(H, sums.H);
  finish(totals, sums);
}

/// Numbers of a lower triangle.
constexpr int triangle_of(int n) { return n * (n + 1) / 2; }

/// The same; the lower triangle of H_v column by column.
template <int n, class At>
TAUTRACK_INLINE void add_derivatives(const Network& network, const At& point, VectorRange vectors,
                                     Real (&H)[n], Real (&H_tau)[n], Real (&H_v)[triangle_of(n)],
                                     Totals& totals) {
  for_contributions<n>(network, point, vectors, totals,
                       [&](const FixedRows<n>& rows, const Contribution& c) {
                         int at = 0;
                         TAUTRACK_UNROLL
                         for (int j = 0; j < n; ++j) {
                           H[j] += rows.a[j] * c.gradient;
                           H_tau[j] += rows.a[j] * c.mixed;
                           const Real scaled = rows.a[j] * c.hessian;
                           TAUTRACK_UNROLL
                           for (int k = j; k < n; ++k, ++at) H_v[at] += scaled * rows.a[k];
                         }
                       });
}

template <int n>
void fixed_derivatives(const Network& network, const Point& point, PanelRange range, Sums& sums) {
  Real H[n] = {}, H_tau[n] = {}, H_v[triangle_of(n)] = {};
  Totals totals;
  add_derivatives(network, point, vectors_in(network, range), H, H_tau, H_v, totals);
  write_sums(H, sums.H);
  write_sums(H_tau, sums.H_tau);
  Real added[whole_vectors(triangle_of(n))];
  all_sums(H_v, added);
  int at = 0;
  for (int j = 0; j < n; ++j)
    for (int k = j; k < n; ++k, ++at) sums.H_v[j * n + k] = lane(added[at / lanes], at % lanes);
  finish(totals, sums);
}

template <int n, bool in_tau>
void fixed_series(const Network& network, const Series& series, PanelRange range, Sums& sums) {
  const SeriesTable<double> table = table_of(network.sigmoid, series);
  Real H[n] = {};
  SeriesTotals<double> totals;
  const VectorRange vectors = vectors_in(network, range);
  Count i = vectors.first;
  constexpr int pair = panel_vectors > 1 ? 2 : 1;
  for (; i + pair <= vectors.last; i += pair) {
    Real input[pair], product[pair];
    for (int k = 0; k < pair; ++k) input[k] = FixedRows<n>(network.panels, i + k).times(series.v);
    next_coefficient<double, pair, in_tau, false>(network, series, table, i / panel_vectors,
                                                  static_cast<int>(i % panel_vectors), input,
                                                  product, totals);
    for (int k = 0; k < pair; ++k) {
      const FixedRows<n> rows(network.panels, i + k);
      for (int j = 0; j < n; ++j) H[j] += rows.a[j] * product[k];
    }
  }
  for (; i < vectors.last; ++i) {
    const FixedRows<n> rows(network.panels, i);
    const Real input = rows.times(series.v);
    Real product;
    next_coefficient<double, 1, in_tau, false>(network, series, table, i / panel_vectors,
                                               static_cast<int>(i % panel_vectors), &input,
                                               &product, totals);
    for (int j = 0; j < n; ++j) H[j] += rows.a[j] * product;
  }
  write_sums(H, sums.H);
  finish(totals, sums);
}

// --- Many columns. --------------------------------------------------------------------------------

/// Factors of a panel's rows in H: u to omega f_u r or to its next coefficient.
struct GradientFactors {
  const Network& network;
  const Point& point;
  Totals& totals;
  const double* v() const { return point.v; }
  TAUTRACK_INLINE void operator()(Count panel, const Real* u, Real* g) const {
    for (int h = 0; h < panel_vectors; ++h)
      g[h] = contribution(network, point, panel, h, u[h], totals).gradient;
  }
};

template <class Number, bool in_tau>
struct SeriesFactors {
  const Network& network;
  const SeriesOf<Number>& series;
  const SeriesTable<Number>& table;
  SeriesTotals<Number>& totals;
  bool fetch;  ///< Whether the series is too long to stay in the second-level cache.
  const Number* v() const { return series.v; }
  TAUTRACK_INLINE void operator()(Count panel, const RealOf<Number>* u, RealOf<Number>* g) const {
    constexpr int vectors = vectors_of_panel<Number>;
    constexpr int pair = vectors > 1 ? 2 : 1;
    if (fetch) fetch_orders(panel + 1);
    for (int h = 0; h < vectors; h += pair)
      next_coefficient<Number, pair, in_tau, false>(network, series, table, panel, h, u + h, g + h,
                                                    totals);
  }

  /// Fetches the known orders of a panel (or, after the last one, what lies behind) into the cache:
  /// there are more of them than the processor follows by itself.
  TAUTRACK_INLINE void fetch_orders(Count panel) const {
    constexpr Count in_a_line = 64 / sizeof(Number);
    for (int j = 1; j <= series.k + 1; ++j)
      for (Count i = 0; i < series.stride; i += in_a_line)
        prefetch(series.order[j] + panel * series.stride + i);
  }
};

/// Panels whose sums are floats before they are added to doubles.
inline constexpr Count single_panels_together = 64;

/// One pass: u = A v, g = factors(u), H = A' g.
template <class Number, class Factors>
TAUTRACK_INLINE void pass(const Number* panels, Count n, PanelRange range, const Factors& factors,
                          Sums& sums) {
  Number* const H = reinterpret_cast<Number*>(sums.scratch);
  const Count together =
      sizeof(Number) == sizeof(double) ? range.last - range.first : single_panels_together;
  clear(sums.H, n);
  for (Count first = range.first; first < range.last; first += together) {
    const Count last = first + together < range.last ? first + together : range.last;
    clear(H, n * lanes_of<Number>);
    for (Count p = first; p < last; ++p) {
      const Number* const panel = panels + p * n * panel_rows;
      RealOf<Number> u[vectors_of_panel<Number>], g[vectors_of_panel<Number>];
      multiply_panel<Number>(panel, n, factors.v(), u);
      factors(p, u, g);
      accumulate<Number>(panel, n, g, H, panel_ahead(panel, p, range.last, n));
    }
    for (Count j = 0; j < n; ++j) sums.H[j] += sum(widened(load(H + j * lanes_of<Number>)));
  }
}

/// The same by the columns of X, with a block of u and g in scratch.
template <class Factors>
TAUTRACK_INLINE void column_pass(const Network& network, PanelRange range, const Factors& factors,
                                 Sums& sums) {
  const Count n = network.columns;
  const Count block = block_panels<double>(n);
  double* const u = sums.scratch;
  double* const g = u + block * panel_rows;
  clear(sums.H, n);
  for (Count first = range.first; first < range.last; first += block) {
    const Count count = range.last - first < block ? range.last - first : block;
    const ColumnBlock rows(network, first, count, range.last);
    multiply_columns(rows, n, count, factors.v(), u);
    for (Count p = 0; p < count; ++p) {
      Real inputs[panel_vectors], results[panel_vectors];
      for (int h = 0; h < panel_vectors; ++h) inputs[h] = load(u + p * panel_rows + h * lanes);
      factors(first + p, inputs, results);
      for (int h = 0; h < panel_vectors; ++h) store(g + p * panel_rows + h * lanes, results[h]);
    }
    add_all_products<1>(rows, n, {g}, {sums.H});
  }
}

/// By doubles, in whatever form they are.
template <class Factors>
TAUTRACK_INLINE void any_pass(const Network& network, PanelRange range, const Factors& factors,
                              Sums& sums, const double*) {
  if (network.panels == nullptr) return column_pass(network, range, factors, sums);
  pass(network.panels, network.columns, range, factors, sums);
}
template <class Factors>
TAUTRACK_INLINE void any_pass(const Network& network, PanelRange range, const Factors& factors,
                              Sums& sums, const float*) {
  pass(network.single_panels, network.columns, range, factors, sums);
}

inline void any_gradient(const Network& network, const Point& point, PanelRange range, Sums& sums) {
  Totals totals;
  any_pass(network, range, GradientFactors{network, point, totals}, sums,
           static_cast<const double*>(nullptr));
  finish(totals, sums);
}

template <class Number, bool in_tau>
inline void any_series(const Network& network, const SeriesOf<Number>& series, PanelRange range,
                       Sums& sums) {
  const SeriesTable<Number> table = table_of(network.sigmoid, series);
  SeriesTotals<Number> totals;
  constexpr Count long_series = Count{1} << 19;  // bytes
  const bool fetch =
      series.k * series.stride * (range.last - range.first) * static_cast<Count>(sizeof(Number)) >
      long_series;
  any_pass(network, range, SeriesFactors<Number, in_tau>{network, series, table, totals, fetch},
           sums, static_cast<const Number*>(nullptr));
  finish(totals, sums);
}

inline void append_series_single(const Network& network, const SingleSeries& series,
                                 PanelRange range, Sums& sums) {
  return series.in_tau ? any_series<float, true>(network, series, range, sums)
                       : any_series<float, false>(network, series, range, sums);
}

/// A' diag(c) A of a block: by the doubles, or by floats.
inline void add_products_of(const Network& network, Count first, Count count, double* c,
                            double* buffer, double* tiles, double* packing, const double*) {
  const Count n = network.columns;
  const double* panels = network.panels + first * n * panel_rows;
  if (network.panels == nullptr) {
    pack(network.inputs, network.rows, n, nullptr, first, count, packing);
    panels = packing;
  }
  add_block(panels, count, n, c, buffer, tiles);
}
inline void add_products_of(const Network& network, Count first, Count count, double* c,
                            double* buffer, double* tiles, double*, const float*) {
  float* const narrowed = reinterpret_cast<float*>(buffer);
  narrow(c, count * panel_rows, narrowed);
  add_block(network.single_panels + first * network.columns * panel_rows, count, network.columns,
            narrowed, narrowed + count * panel_rows, tiles);
}

template <class Number>
inline void any_derivatives(const Network& network, const Point& point, PanelRange range,
                            Sums& sums) {
  const Count n = network.columns;
  const Count size = n * panel_rows;
  const Count block = block_panels<Number>(n);
  double* const H = sums.scratch;
  double* const H_tau = H + n * lanes;
  double* const c = H_tau + n * lanes;
  double* const buffer = c + block * panel_rows;
  double* const tiles = buffer + derivatives_buffer(n);
  // Where there are no panels, u, g and m of a block, and the block in panels.
  double* const u = sums.scratch + scratch_size(n);
  double* const gradients = u + block * panel_rows;
  double* const mixed = gradients + block * panel_rows;
  double* const packing = mixed + block * panel_rows;
  const bool by_columns = network.panels == nullptr;
  if (by_columns) {
    clear(sums.H, n);
    clear(sums.H_tau, n);
  } else {
    clear(H, 2 * n * lanes);
  }
  if (!point.without_hessian) clear(tiles, tiles_size(n));
  Totals totals;
  for (Count first = range.first; first < range.last; first += block) {
    const Count count = range.last - first < block ? range.last - first : block;
    const auto contribute = [&](Count p, const Real* inputs, Real* g, Real* m) {
      for (int h = 0; h < panel_vectors; ++h) {
        const Contribution all = contribution(network, point, first + p, h, inputs[h], totals);
        g[h] = all.gradient;
        m[h] = all.mixed;
        store(c + p * panel_rows + h * lanes, all.hessian);
      }
    };
    Real inputs[panel_vectors], g[panel_vectors], m[panel_vectors];
    if (by_columns) {
      const ColumnBlock rows(network, first, count, range.last);
      multiply_columns(rows, n, count, point.v, u);
      for (Count p = 0; p < count; ++p) {
        for (int h = 0; h < panel_vectors; ++h) inputs[h] = load(u + p * panel_rows + h * lanes);
        contribute(p, inputs, g, m);
        for (int h = 0; h < panel_vectors; ++h) {
          store(gradients + p * panel_rows + h * lanes, g[h]);
          store(mixed + p * panel_rows + h * lanes, m[h]);
        }
      }
      add_all_products<2>(rows, n, {gradients, mixed}, {sums.H, sums.H_tau});
    } else {
      const double* const panels = network.panels + first * size;
      for (Count p = 0; p < count; ++p) {
        multiply_panel(panels + p * size, n, point.v, inputs);
        contribute(p, inputs, g, m);
        accumulate(panels + p * size, n, g, H, panel_ahead(panels + p * size, p, count, n));
        accumulate<double>(panels + p * size, n, m, H_tau, nullptr);
      }
    }
    // At tau = 0 every factor is omega, and the caller knows A' diag(omega) A.
    if (point.tau != 0.0 && !point.without_hessian)
      add_products_of(network, first, count, c, buffer, tiles, packing,
                      static_cast<const Number*>(nullptr));
  }
  if (!by_columns) {
    add_up(H, n, sums.H);
    add_up(H_tau, n, sums.H_tau);
  }
  if (!point.without_hessian) read_tiles(tiles, n, sums.H_v);
  finish(totals, sums);
}

// --- By the number of columns. --------------------------------------------------------------------

template <int n>
void gradient(const Network& network, const Point& point, PanelRange range, Sums& sums) {
  if (network.columns == n) return fixed_gradient<n>(network, point, range, sums);
  if constexpr (n < most_fixed_columns) {
    gradient<n + 1>(network, point, range, sums);
  } else {
    any_gradient(network, point, range, sums);
  }
}

template <int n>
void derivatives(const Network& network, const Point& point, PanelRange range, Sums& sums) {
  if (network.columns == n) return fixed_derivatives<n>(network, point, range, sums);
  if constexpr (n < most_fixed_columns) {
    derivatives<n + 1>(network, point, range, sums);
  } else {
    any_derivatives<double>(network, point, range, sums);
  }
}

template <int n>
void append_series(const Network& network, const Series& series, PanelRange range, Sums& sums) {
  if (network.columns == n)
    return series.in_tau ? fixed_series<n, true>(network, series, range, sums)
                         : fixed_series<n, false>(network, series, range, sums);
  if constexpr (n < most_fixed_columns) {
    append_series<n + 1>(network, series, range, sums);
  } else {
    series.in_tau ? any_series<double, true>(network, series, range, sums)
                  : any_series<double, false>(network, series, range, sums);
  }
}

/// Calls take(panel, u) with u = A v (count of them for so many v) for each panel; scratch as for the other loops, used where
/// there are no panels.
template <int count, class Take>
TAUTRACK_INLINE void for_products(const Network& network, PanelRange range,
                                  const double* const (&v)[count], double* scratch,
                                  const Take& take) {
  const Count n = network.columns;
  Real u[count][panel_vectors];
  if (network.panels != nullptr) {
    for (Count p = range.first; p < range.last; ++p) {
      for (int k = 0; k < count; ++k)
        multiply_panel(network.panels + p * n * panel_rows, n, v[k], u[k]);
      take(p, u);
    }
    return;
  }
  const Count block = block_panels<double>(n);
  for (Count first = range.first; first < range.last; first += block) {
    const Count panels = range.last - first < block ? range.last - first : block;
    const ColumnBlock rows(network, first, panels, range.last);
    for (int k = 0; k < count; ++k)
      multiply_columns(rows, n, panels, v[k], scratch + k * block * panel_rows);
    for (Count p = 0; p < panels; ++p) {
      for (int k = 0; k < count; ++k)
        for (int h = 0; h < panel_vectors; ++h)
          u[k][h] = load(scratch + (k * block + p) * panel_rows + h * lanes);
      take(first + p, u);
    }
  }
}

inline void energy(const Network& network, const Point& point, PanelRange range, Sums& sums) {
  Totals totals;
  for_products<1>(network, range, {point.v}, sums.scratch, [&](Count p, const auto& u) {
    for (int h = 0; h < panel_vectors; ++h) contribution(network, point, p, h, u[0][h], totals);
  });
  finish(totals, sums);
}

inline double displacement(const Network& network, const double* v, const double* dv,
                           double* scratch) {
  Real most = {};
  for_products<2>(
      network, {0, panels_of(network.rows)}, {v, dv}, scratch, [&](Count p, const auto& u) {
        for (int h = 0; h < panel_vectors; ++h)
          most =
              larger(most, absolute(u[1][h]) / (1.0 + absolute(input_of(network, p, h, u[0][h]))));
      });
  return largest(most);
}

inline void multiply(const Network& network, const double* v, double* scratch, double* out) {
  for_products<1>(network, {0, panels_of(network.rows)}, {v}, scratch, [&](Count p, const auto& u) {
    for (int h = 0; h < panel_vectors; ++h) store(out + p * panel_rows + h * lanes, u[0][h]);
  });
}

inline void multiply_transposed(const Network& network, const double* g, double* scratch,
                                double* by_v) {
  const Count n = network.columns, all = panels_of(network.rows);
  if (network.panels == nullptr) {
    clear(by_v, n);
    const Count block = block_panels<double>(n);
    for (Count first = 0; first < all; first += block) {
      const ColumnBlock rows(network, first, block, all);
      add_all_products<1>(rows, n, {g + first * panel_rows}, {by_v});
    }
    return;
  }
  clear(scratch, n * lanes);
  for (Count p = 0; p < all; ++p) {
    Real rows[panel_vectors];
    for (int h = 0; h < panel_vectors; ++h) rows[h] = load(g + p * panel_rows + h * lanes);
    accumulate<double>(network.panels + p * n * panel_rows, n, rows, scratch, nullptr);
  }
  add_up(scratch, n, by_v);
}

inline void evaluate_all(const Network& network, const double* u, Count count, double* out) {
  if (arrays_of(network.sigmoid) > series_quadratic)
    return network.lanes(network.sigmoid, u, count, out);
  const bool is_tanh = network.sigmoid == Sigmoid::tanh;
  for (Count i = 0; i < count; i += lanes) {
    const Sigma sigma = exponential_sigmoid(is_tanh, load(u + i));
    const Real third = is_tanh ? 2.0 * sigma.slope * (2.0 - 3.0 * sigma.slope)
                               : sigma.slope * (1.0 - 6.0 * sigma.slope);
    store(out + sigmoid_value * count + i, sigma.value);
    store(out + sigmoid_slope * count + i, sigma.slope);
    store(out + sigmoid_second * count + i, sigma.bend * sigma.slope);
    store(out + sigmoid_third * count + i, third);
    store(out + sigmoid_bend * count + i, sigma.bend);
    store(out + sigmoid_tail * count + i, sigma.tail);
  }
}

}  // namespace tautrack::kernels::TAUTRACK_ISA
