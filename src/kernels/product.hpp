#pragma once

#include "kernels/simd.hpp"

/// Products of panels: A v, A' g, A' diag(c) A and A times the inverse of a triangle.
namespace tautrack::kernels::TAUTRACK_ISA {

/// u += a panel of A times v. Several columns at once, because each sum waits for its last term.
template <class Number>
TAUTRACK_INLINE void multiply_panel(const Number* panel, Count n, const Number* v,
                                    RealOf<Number>* u) {
  constexpr int vectors = vectors_of_panel<Number>;
  constexpr int unroll = vectors >= 8 ? 1 : 8 / vectors;
  RealOf<Number> sum[unroll][vectors] = {};
  Count j = 0;
  for (; j + unroll <= n; j += unroll)
    for (int k = 0; k < unroll; ++k)
      for (int h = 0; h < vectors; ++h)
        sum[k][h] += load(panel + (j + k) * panel_rows + h * lanes_of<Number>) * v[j + k];
  for (; j < n; ++j)
    for (int h = 0; h < vectors; ++h)
      sum[0][h] += load(panel + j * panel_rows + h * lanes_of<Number>) * v[j];
  for (int h = 0; h < vectors; ++h) {
    for (int k = 1; k < unroll; ++k) sum[0][h] += sum[k][h];
    u[h] = sum[0][h];
  }
}

/// sums[j] += column j of the panel times g, lane by lane. Meanwhile a later panel, unless `next` is
/// null, is fetched into the second-level cache: what the processor fetches by itself does not span
/// the work between two readings of A.
template <class Number>
TAUTRACK_INLINE void accumulate(const Number* panel, Count n, const RealOf<Number>* g, Number* sums,
                                const Number* next) {
  constexpr Count in_a_line = 64 / sizeof(Number);
  for (Count j = 0; j < n; ++j, panel += panel_rows) {
    if (next != nullptr)
      for (Count i = 0; i < panel_rows; i += in_a_line) prefetch(next + j * panel_rows + i);
    RealOf<Number> even = load(sums + j * lanes_of<Number>);
    RealOf<Number> odd = {};
    for (int h = 0; h < vectors_of_panel<Number>; ++h) {
      RealOf<Number>& part = h % 2 == 0 ? even : odd;
      part += load(panel + h * lanes_of<Number>) * g[h];
    }
    store(sums + j * lanes_of<Number>, even + odd);
  }
}

/// The panel that accumulate() fetches at panel p of the range.
template <class Number>
TAUTRACK_INLINE const Number* panel_ahead(const Number* panel, Count p, Count last, Count n) {
  constexpr Count ahead = 2;
  return p + ahead < last ? panel + ahead * n * panel_rows : nullptr;
}

/// out[j] = sum of the lanes of sums[j].
inline void add_up(const double* sums, Count n, double* out) {
  for (Count j = 0; j < n; ++j) out[j] = sum(load(sums + j * lanes));
}

template <class Number>
inline void clear(Number* x, Count count) {
  for (Count i = 0; i < count; ++i) x[i] = Number{};
}

inline void narrow(const double* in, Count count, float* out) {
  for (Count i = 0; i < count; ++i) {
    const double x = in[i];
    out[i] = x < least_single && x > -least_single ? 0.0F : static_cast<float>(x);
  }
}

// --- A' diag(c) A. --------------------------------------------------------------------------------
//
// Only the lower triangle, in tiles of tile_rows x tile_columns entries whose sums fill the
// registers. A block of rows that stays in the second-level cache is walked tile by tile; the columns
// of one tile column, times c, lie in a buffer and are used for all tiles of it. Sums are added over
// their lanes at the end of a block, so that blocks should be long.

#if TAUTRACK_LANES == 8
inline constexpr int tile_rows = 5, tile_columns = 5;
#elif TAUTRACK_LANES > 1
inline constexpr int tile_rows = 4, tile_columns = 3;
#else
inline constexpr int tile_rows = 2, tile_columns = 2;
#endif

/// Numbers that one tile takes up.
inline constexpr int tile_size = whole_vectors(tile_rows * tile_columns) * lanes;

/// Panels in a block: half a megabyte, so that sums over lanes at its end are few.
template <class Number>
inline Count block_panels(Count n) {
  constexpr Count bytes = Count{512} * 1024;
  const Count panels = bytes / (n * panel_rows * static_cast<Count>(sizeof(Number)));
  return panels < 4 ? 4 : panels > 64 ? 64 : panels;
}

/// Tiles in the tile column that begins at column j.
inline Count tiles_at(Count j, Count n) {
  const Count end = j + tile_columns < n ? j + tile_columns : n;
  return (end + tile_rows - 1) / tile_rows;
}

inline Count tile_count(Count n) {
  Count count = 0;
  for (Count j = 0; j < n; j += tile_columns) count += tiles_at(j, n);
  return count;
}

/// tile[k * rows + i] += sum over the rows of column i of a times column k of b, which lies in
/// [panel][vector][columns]. Sums of floats become doubles at the end of a block.
template <class Number, int rows, int columns>
void add_tile(const Number* a, Count stride, Count panels, const Number* b, double* tile) {
  RealOf<Number> total[rows * columns];
  TAUTRACK_UNROLL
  for (int i = 0; i < rows * columns; ++i) total[i] = RealOf<Number>{};
  for (Count p = 0; p < panels; ++p, a += stride) {
    for (int h = 0; h < vectors_of_panel<Number>; ++h, b += columns * lanes_of<Number>) {
      RealOf<Number> left[rows];
      for (int i = 0; i < rows; ++i) left[i] = load(a + i * panel_rows + h * lanes_of<Number>);
      for (int k = 0; k < columns; ++k) {
        const RealOf<Number> right = load(b + k * lanes_of<Number>);
        for (int i = 0; i < rows; ++i) total[k * rows + i] += left[i] * right;
      }
    }
  }
  Real added[whole_vectors(rows * columns)];
  all_sums(total, added);
  for (int i = 0; i < whole_vectors(rows * columns); ++i)
    store(tile + i * lanes, load(tile + i * lanes) + added[i]);
}

template <class Number>
using AddTile = void (*)(const Number*, Count, Count, const Number*, double*);

/// Tiles of every size up to the full one.
template <class Number, int rows, int columns>
AddTile<Number> tile_of(Count wanted_rows, Count wanted_columns) {
  if constexpr (columns > 1) {
    if (wanted_columns < columns)
      return tile_of<Number, rows, columns - 1>(wanted_rows, wanted_columns);
  }
  if constexpr (rows > 1) {
    if (wanted_rows < rows) return tile_of<Number, rows - 1, columns>(wanted_rows, wanted_columns);
  }
  return add_tile<Number, rows, columns>;
}

/// Adds the product of `count` panels to the tiles. buffer: tile_columns * 16 numbers a panel.
template <class Number>
inline void add_block(const Number* panels, Count count, Count n, const Number* c, Number* buffer,
                      double* tiles) {
  const Count stride = n * panel_rows;
  for (Count j = 0; j < n; j += tile_columns) {
    const Count columns = n - j < tile_columns ? n - j : Count{tile_columns};
    Number* to = buffer;
    for (Count p = 0; p < count; ++p)
      for (int h = 0; h < vectors_of_panel<Number>; ++h)
        for (Count k = 0; k < columns; ++k, to += lanes_of<Number>) {
          const RealOf<Number> a =
              load(panels + p * stride + (j + k) * panel_rows + h * lanes_of<Number>);
          store(to, c != nullptr ? a * load(c + p * panel_rows + h * lanes_of<Number>) : a);
        }
    for (Count i = 0; i < j + columns; i += tile_rows, tiles += tile_size) {
      const Count rows = j + columns - i < tile_rows ? j + columns - i : Count{tile_rows};
      tile_of<Number, tile_rows, tile_columns>(rows, columns)(panels + i * panel_rows, stride,
                                                              count, buffer, tiles);
    }
  }
}

/// The lower triangle G (n x n, column by column) from the tiles.
inline void read_tiles(const double* tiles, Count n, double* G) {
  for (Count j = 0; j < n; j += tile_columns) {
    const Count columns = n - j < tile_columns ? n - j : Count{tile_columns};
    for (Count i = 0; i < j + columns; i += tile_rows, tiles += tile_size) {
      const Count rows = j + columns - i < tile_rows ? j + columns - i : Count{tile_rows};
      for (Count k = 0; k < columns; ++k)
        for (Count l = 0; l < rows && i + l <= j + k; ++l)
          G[(i + l) * n + j + k] = tiles[k * rows + l];
    }
  }
}

/// Numbers of scratch for add_block() and its tiles.
template <class Number>
inline Count buffer_size(Count n) {
  return block_panels<Number>(n) * panel_rows * tile_columns;
}
inline Count tiles_size(Count n) { return tile_count(n) * tile_size; }

inline void symmetric_product(const double* panels, PanelRange range, Count n, const double* c,
                              double* scratch, double* G) {
  double* const buffer = scratch;
  double* const tiles = buffer + buffer_size<double>(n);
  clear(tiles, tiles_size(n));
  const Count block = block_panels<double>(n);
  for (Count first = range.first; first < range.last; first += block) {
    const Count count = range.last - first < block ? range.last - first : block;
    add_block(panels + first * n * panel_rows, count, n,
              c != nullptr ? c + first * panel_rows : nullptr, buffer, tiles);
  }
  read_tiles(tiles, n, G);
}

/// Copies the rows [16 first, 16 (first + count)) of diag(factor) X, as far as there are any, to `panels`.
inline void pack(const double* X, Count rows, Count n, const double* factor, Count first,
                 Count count, double* panels) {
  for (Count j = 0; j < n; ++j) {
    for (Count p = first; p < first + count; ++p) {
      const Count row = p * panel_rows;
      const Count there = rows - row < panel_rows ? rows - row : panel_rows;
      const double* const from = X + j * rows + row;
      double* const to = panels + ((p - first) * n + j) * panel_rows;
      if (there == panel_rows) {
        if (j + 1 < n) {
          prefetch(from + rows);
          prefetch(from + rows + panel_rows / 2);
        }
        for (int h = 0; h < panel_vectors; ++h) {
          const Real x = load_anywhere(from + h * lanes);
          store(to + h * lanes,
                factor != nullptr ? x * load_anywhere(factor + row + h * lanes) : x);
        }
        continue;
      }
      for (Count i = 0; i < there; ++i)
        to[i] = factor != nullptr ? from[i] * factor[row + i] : from[i];
      for (Count i = there; i < panel_rows; ++i) to[i] = 0.0;
    }
  }
}

inline void pack_all(const double* X, Count rows, Count n, const double* factor, double* panels) {
  const Count block = block_panels<double>(n), all = panels_of(rows);
  for (Count first = 0; first < all; first += block)
    pack(X, rows, n, factor, first, all - first < block ? all - first : block,
         panels + first * n * panel_rows);
}

// --- A times the inverse of a triangular matrix. ---------------------------------------------------
//
// By substitution, not with the inverse: then A R = X holds to rounding whatever the condition of R.

#if TAUTRACK_LANES == 8
inline constexpr int strip_vectors = 2, strip_columns = 10;
#elif TAUTRACK_LANES > 1
inline constexpr int strip_vectors = 2, strip_columns = 5;
#else
inline constexpr int strip_vectors = 1, strip_columns = 4;
#endif

inline Count strip_count(Count n) { return (n + strip_columns - 1) / strip_columns; }

/// Numbers of scratch for solve_triangular(): R in strips, [strip][row][column].
inline Count triangle_size(Count n) { return strip_count(n) * (n + strip_columns) * strip_columns; }

/// R (i <= j) is triangle[i n + j]. Beyond R there are zeros, on its diagonal the reciprocals.
inline void pack_triangle(const double* triangle, Count n, double* strips) {
  for (Count s = 0; s < strip_count(n); ++s)
    for (Count i = 0; i < n + strip_columns; ++i)
      for (Count j = s * strip_columns; j < (s + 1) * strip_columns; ++j, ++strips) {
        *strips = j < n && i <= j ? triangle[i * n + j] : 0.0;
        if (i == j && j < n) *strips = 1.0 / *strips;
      }
}

/// Solves for the columns k, k + 1, ... of a strip, `right` being its square part of R.
template <int k>
TAUTRACK_INLINE void substitute(Real (&x)[strip_columns][strip_vectors], const double* right) {
  if constexpr (k < strip_columns) {
    for (int l = 0; l < strip_vectors; ++l) x[k][l] *= right[k];
    for (int m = k + 1; m < strip_columns; ++m)
      for (int l = 0; l < strip_vectors; ++l) x[m][l] -= x[k][l] * right[m];
    substitute<k + 1>(x, right + strip_columns);
  }
}

inline void solve_triangular(double* panels, PanelRange range, Count n, const double* triangle,
                             const double* factor, double* norms, double* scratch) {
  pack_triangle(triangle, n, scratch);
  for (Count p = range.first; p < range.last; ++p) {
    for (int h = 0; h < panel_vectors; h += strip_vectors) {
      double* const panel = panels + p * n * panel_rows + h * lanes;
      const Count row = p * panel_rows + h * lanes;
      const double* right = scratch;
      for (Count first = 0; first < n; first += strip_columns) {
        Real x[strip_columns][strip_vectors];
        for (int k = 0; k < strip_columns; ++k)
          for (int l = 0; l < strip_vectors; ++l)
            x[k][l] = first + k < n ? load(panel + (first + k) * panel_rows + l * lanes) : Real{};
        for (Count i = 0; i < first; ++i, right += strip_columns) {
          Real left[strip_vectors];
          for (int l = 0; l < strip_vectors; ++l)
            left[l] = load(panel + i * panel_rows + l * lanes);
          for (int k = 0; k < strip_columns; ++k)
            for (int l = 0; l < strip_vectors; ++l) x[k][l] -= left[l] * right[k];
        }
        substitute<0>(x, right);
        right += (n + strip_columns - first) * strip_columns;
        for (int k = 0; k < strip_columns; ++k) {
          if (first + k >= n) break;
          for (int l = 0; l < strip_vectors; ++l)
            store(panel + (first + k) * panel_rows + l * lanes, x[k][l]);
        }
      }
      Real scale[strip_vectors], square[strip_vectors] = {};
      for (int l = 0; l < strip_vectors; ++l)
        scale[l] = factor != nullptr ? load(factor + row + l * lanes) : fill(1.0);
      for (Count j = 0; j < n; ++j)
        for (int l = 0; l < strip_vectors; ++l) {
          double* const to = panel + j * panel_rows + l * lanes;
          const Real a = load(to) * scale[l];
          square[l] += a * a;
          store(to, a);
        }
      for (int l = 0; l < strip_vectors; ++l)
        for (int i = 0; i < lanes; ++i)
          norms[row + l * lanes + i] = square_root(lane(square[l], i));
    }
  }
}

// --- Scratch. -------------------------------------------------------------------------------------

/// Numbers for a block of derivatives of either kind: of floats with their factors, half a number each.
inline Count derivatives_buffer(Count n) {
  const Count floats = (buffer_size<float>(n) + block_panels<float>(n) * panel_rows) / 2;
  return floats > buffer_size<double>(n) ? floats : buffer_size<double>(n);
}

inline Count scratch_size(Count n) {
  const Count pass =
      2 * n * lanes + block_panels<float>(n) * panel_rows + derivatives_buffer(n) + tiles_size(n);
  const Count triangle = triangle_size(n);
  const Count most = pass > triangle ? pass : triangle;
  return (most + 7) / 8 * 8;  // whole cache lines
}

/// Three arrays beside the rows of a block, and the block in panels.
inline Count packing_size(Count n) {
  return 3 * block_panels<float>(n) * panel_rows + block_panels<double>(n) * n * panel_rows;
}

inline void pack_and_multiply(const double* X, Count rows, Count n, const double* factor,
                              double* panels, double* scratch, double* G) {
  double* const buffer = scratch;
  double* const tiles = buffer + buffer_size<double>(n);
  double* const packing = scratch + scratch_size(n);
  clear(tiles, tiles_size(n));
  const Count block = block_panels<double>(n);
  const Count all = panels_of(rows);
  for (Count first = 0; first < all; first += block) {
    const Count count = all - first < block ? all - first : block;
    double* const to = panels != nullptr ? panels + first * n * panel_rows : packing;
    pack(X, rows, n, factor, first, count, to);
    add_block<double>(to, count, n, nullptr, buffer, tiles);
  }
  read_tiles(tiles, n, G);
}

// --- Factors of a Gram matrix. --------------------------------------------------------------------

/// G = L L' in place, lower triangles column by column; the smallest entry of the diagonal of L, 0
/// when G is not positive definite to rounding.
inline double cholesky(double* G, Count n) {
  double smallest = 0.0;
  for (Count k = 0; k < n; ++k) {
    double* const column = G + k * n;
    if (!(column[k] > 0.0)) return 0.0;
    const double diagonal = square_root(column[k]);
    smallest = k == 0 || diagonal < smallest ? diagonal : smallest;
    column[k] = diagonal;
    for (Count i = k + 1; i < n; ++i) column[i] /= diagonal;
    for (Count j = k + 1; j < n; ++j)
      for (Count i = j; i < n; ++i) G[j * n + i] -= column[j] * column[i];
  }
  return smallest;
}

/// The inverse of a lower triangle, column by column like L itself; nothing above the diagonal.
inline void invert_lower(const double* L, Count n, double* inverse) {
  for (Count j = 0; j < n; ++j) {
    double* const x = inverse + j * n;
    x[j] = 1.0;
    for (Count i = j + 1; i < n; ++i) x[i] = 0.0;
    for (Count k = j; k < n; ++k) {
      x[k] /= L[k * n + k];
      for (Count i = k + 1; i < n; ++i) x[i] -= x[k] * L[k * n + i];
    }
  }
}

}  // namespace tautrack::kernels::TAUTRACK_ISA
