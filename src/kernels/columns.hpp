#pragma once

#include "kernels/product.hpp"

/// Products with a block of rows of X as it was given, column by column: for networks whose A is implied by X.
namespace tautrack::kernels::TAUTRACK_ISA {

/// Rows [16 first, 16 (first + count)) of X, as far as there are any.
struct ColumnBlock {
  const double* x;
  Count stride;  ///< From one column to the next.
  Count rows;
  bool is_last;
  ColumnBlock(const Network& network, Count first, Count count, Count last)
      : x(network.inputs + first * panel_rows),
        stride(network.rows),
        rows(network.rows - first * panel_rows < count * panel_rows
                 ? network.rows - first * panel_rows
                 : count * panel_rows),
        is_last(first + count >= last) {}
};

/// u += columns of X times v, in a few sums that are added at the end: that is quicker, and loses less to rounding.
template <int columns>
TAUTRACK_INLINE void add_columns(const double* x, Count stride, Count rows, const double* v,
                                 double* u) {
  constexpr int sums = columns < 4 ? columns : 4;
  Count i = 0;
  for (; i + lanes <= rows; i += lanes) {
    Real sum[sums] = {};
    TAUTRACK_UNROLL
    for (int j = 0; j < columns; ++j) sum[j % sums] += load_anywhere(x + j * stride + i) * v[j];
    for (int k = 1; k < sums; ++k) sum[0] += sum[k];
    store(u + i, load(u + i) + sum[0]);
  }
  for (; i < rows; ++i) {
    double sum = 0.0;
    for (int j = 0; j < columns; ++j) sum += x[j * stride + i] * v[j];
    u[i] += sum;
  }
}

/// u = X v of a block of `count` panels, zero where there are no rows.
inline void multiply_columns(const ColumnBlock& block, Count n, Count count, const double* v,
                             double* u) {
  constexpr int together = 16;
  clear(u, count * panel_rows);
  Count j = 0;
  for (; j + together <= n; j += together)
    add_columns<together>(block.x + j * block.stride, block.stride, block.rows, v + j, u);
  for (; j < n; ++j) add_columns<1>(block.x + j * block.stride, block.stride, block.rows, v + j, u);
}

/// sums[k][j] += column j of the block times g[k]. Meanwhile the same columns of the next block are fetched.
template <int columns, int sides>
TAUTRACK_INLINE void add_products(const ColumnBlock& block, Count first,
                                  const double* const (&g)[sides], double* const (&sums)[sides]) {
  const double* const x = block.x + first * block.stride;
  Real total[columns][sides] = {};
  Count i = 0;
  for (; i + panel_rows <= block.rows; i += panel_rows)
    for (int j = 0; j < columns; ++j) {
      const double* const from = x + j * block.stride + i;
      if (!block.is_last) {
        prefetch(from + block.rows);
        prefetch(from + block.rows + panel_rows / 2);
      }
      for (int h = 0; h < panel_vectors; ++h) {
        const Real a = load_anywhere(from + h * lanes);
        for (int k = 0; k < sides; ++k) total[j][k] += a * load(g[k] + i + h * lanes);
      }
    }
  for (int j = 0; j < columns; ++j)
    for (int k = 0; k < sides; ++k) {
      double rest = 0.0;
      for (Count row = i; row < block.rows; ++row) rest += x[j * block.stride + row] * g[k][row];
      sums[k][first + j] += sum(total[j][k]) + rest;
    }
}

template <int sides>
inline void add_all_products(const ColumnBlock& block, Count n, const double* const (&g)[sides],
                             double* const (&sums)[sides]) {
  constexpr int together = 4;
  Count j = 0;
  for (; j + together <= n; j += together) add_products<together, sides>(block, j, g, sums);
  for (; j < n; ++j) add_products<1, sides>(block, j, g, sums);
}

/// Panels in single precision of X with column j multiplied by factor[j], and the norms of its rows, 16 a panel.
inline void narrow_columns(const double* X, Count rows, Count n, const double* factor,
                           float* panels, double* norms) {
  const Count block = block_panels<double>(n), all = panels_of(rows);
  clear(norms, all * panel_rows);
  for (Count first = 0; first < all; first += block) {
    const Count last = first + block < all ? first + block : all;
    for (Count j = 0; j < n; ++j)
      for (Count p = first; p < last; ++p) {
        const Count row = p * panel_rows;
        const Count there = rows - row < panel_rows ? rows - row : panel_rows;
        const double* from = X + j * rows + row;
        double filled[panel_rows] = {};
        if (there < panel_rows) {
          for (Count i = 0; i < there; ++i) filled[i] = from[i];
          from = filled;
        } else if (j + 1 < n) {
          prefetch(from + rows);
          prefetch(from + rows + panel_rows / 2);
        }
        float* const to = panels + (p * n + j) * panel_rows;
        for (int h = 0; h < panel_vectors; ++h) {
          const Real x = load_anywhere(from + h * lanes) * factor[j];
          double* const square = norms + row + h * lanes;
          store(square, load(square) + x * x);
          store_narrowed(to + h * lanes, x);
        }
      }
    for (Count i = first * panel_rows; i < last * panel_rows; ++i) norms[i] = square_root(norms[i]);
  }
}

}  // namespace tautrack::kernels::TAUTRACK_ISA
