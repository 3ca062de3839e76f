#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "tautrack/core/types.hpp"

#include "kernels/kernels.hpp"
#include "kernels/numbers.hpp"
#include "network/loops.hpp"

namespace tautrack::test {

/// Calls with each instruction set of this processor, which is the active one meanwhile.
template <class Body>
void for_each_instruction_set(const Body& body) {
  for (int i = 0; kernels::available()[i] != nullptr; ++i) {
    kernels::force(kernels::available()[i]);
    body(*kernels::available()[i]);
  }
  kernels::force(nullptr);
}

inline Matrix random_matrix(Index rows, Index columns, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  return Matrix::NullaryExpr(rows, columns, [&] { return normal(engine); });
}

/// Numbers in panels of the arrays given as columns: the layout of A and of everything beside it.
inline kernels::Numbers in_panels(const Matrix& columns) {
  const Index panels = kernels::panels_of(columns.rows());
  kernels::Numbers result = kernels::numbers(panels * columns.cols() * kernels::panel_rows);
  std::fill_n(result.get(), panels * columns.cols() * kernels::panel_rows, 0.0);
  for (Index j = 0; j < columns.cols(); ++j)
    for (Index i = 0; i < columns.rows(); ++i)
      result[static_cast<std::size_t>((i / kernels::panel_rows * columns.cols() + j) *
                                          kernels::panel_rows +
                                      i % kernels::panel_rows)] = columns(i, j);
  return result;
}

/// The reverse of in_panels().
inline Matrix from_panels(const double* panels, Index rows, Index columns) {
  Matrix result(rows, columns);
  for (Index j = 0; j < columns; ++j)
    for (Index i = 0; i < rows; ++i)
      result(i, j) = panels[(i / kernels::panel_rows * columns + j) * kernels::panel_rows +
                            i % kernels::panel_rows];
  return result;
}

/// A network of random numbers: rows of A of length one, targets of the order of one, weights in
/// [1/4, 4].
struct RandomNetwork {
  RandomNetwork(Activation activation, Index L, Index n)
      : A(random_matrix(L, n, static_cast<std::uint64_t>(100 * L + n))),
        y(0.7 * random_matrix(L, 1, 2)),
        omega((random_matrix(L, 1, 3).array().abs() + 0.25).min(4.0)) {
    A = A.rowwise().norm().cwiseInverse().asDiagonal() * A;
    Matrix beside(L, Index{kernels::pattern_arrays});
    beside.col(kernels::pattern_target) = y;
    beside.col(kernels::pattern_weight) = omega;
    beside.col(kernels::pattern_norm).setOnes();
    beside.col(kernels::pattern_offset).setZero();
    panels = in_panels(A);
    patterns = in_panels(beside);
    view = network_view(activation, panels.get(), patterns.get(), L, n);
    all = {0, kernels::panels_of(L)};
    const Index padded = all.last * kernels::panel_rows;
    single_panels = kernels::single_numbers(padded * n);
    single_weights = kernels::single_numbers(padded);
    std::copy_n(panels.get(), padded * n, single_panels.get());
    std::fill_n(single_weights.get(), padded, 0.0F);
    std::copy_n(omega.data(), L, single_weights.get());
  }

  /// A column by column in place of its panels.
  [[nodiscard]] kernels::Network by_columns() const {
    kernels::Network other = view;
    other.panels = nullptr;
    other.inputs = A.data();
    other.single_panels = single_panels.get();
    other.single_weights = single_weights.get();
    return other;
  }

  Matrix A;
  Vector y, omega;
  kernels::Numbers panels, patterns;
  kernels::SingleNumbers single_panels, single_weights;
  kernels::Network view{};
  kernels::PanelRange all{};
};

}  // namespace tautrack::test
