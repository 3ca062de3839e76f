#pragma once

#include <optional>

#include "tautrack/core/types.hpp"
#include "tautrack/data/svmlight.hpp"

namespace tautrack::program {

/// The weights that give the same node inputs when every column of X (L x s) is standardised to
/// mean 0 and (population) standard deviation 1: comparable between columns, whatever their units.
/// Columns that are constant, such as the bias, count as the constant one, and the last of them
/// takes up the means of the others; without one, the means are lost.
class StandardisedWeights {
 public:
  /// Doses of zero count nothing.
  explicit StandardisedWeights(const Matrix& X);
  explicit StandardisedWeights(const SparseMatrix& X);

  /// @param weights s, in the user's units. Returns s numbers.
  [[nodiscard]] Vector operator()(const Vector& weights) const;
  /// How much each weight alone changes the outputs: |w_j| times the standard deviation of column j, or
  /// times the size of a constant one.
  [[nodiscard]] Vector sizes(const Vector& weights) const;

 private:
  Vector scales_;                  ///< s, standard deviation, or the entry of a constant column.
  Vector means_;                   ///< s, 0 for constant columns.
  std::optional<Index> constant_;  ///< The last constant column.
};

}  // namespace tautrack::program
