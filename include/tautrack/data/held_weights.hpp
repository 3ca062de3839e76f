#pragma once

#include <memory>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"

namespace tautrack {

/// A weight that is not fitted.
struct HeldWeight {
  Index column;  ///< Of X.
  double value;  ///< In the units of the data, as all weights.
};

/// Which weights of a problem are held, and the way between vectors of all weights and of those that are left
/// to be fitted, in the order of the columns.
class HeldWeights {
 public:
  /// None.
  HeldWeights() = default;

  /// @param columns Of the problem.
  /// @throws std::invalid_argument when a column does not exist or is held twice, when a value is not a finite
  /// number, or when no column is left to be fitted.
  HeldWeights(Index columns, std::vector<HeldWeight> held);

  [[nodiscard]] bool any() const noexcept { return !held_.empty(); }
  [[nodiscard]] const std::vector<HeldWeight>& list() const noexcept {
    return held_;
  }  ///< By column.

  /// The column, among all, of a weight that is fitted.
  [[nodiscard]] Index column(Index fitted) const {
    return any() ? fitted_[static_cast<std::size_t>(fitted)] : fitted;
  }

  /// All weights, from those that are fitted.
  [[nodiscard]] Vector weights(const Vector& fitted) const;
  /// The same of a direction, in which those that are held do not move.
  [[nodiscard]] Vector direction(const Vector& fitted) const;
  /// Those that are fitted, of all.
  [[nodiscard]] Vector fitted(const Vector& all) const;

 private:
  friend std::shared_ptr<const Problem> hold_weights(std::shared_ptr<const Problem> given,
                                                     const HeldWeights& held);
  std::vector<HeldWeight> held_;
  std::vector<Index> fitted_;  ///< Columns; empty where none is held.
};

/// The problem of the weights that are left: node inputs u = X w + o with
///
///     o_i = offset_i + sum_j x_ij value_j    (j held, in the order of the columns)
///
/// and the other columns of X. The sum is rounded once, here, to the nearest double or a few units in the last
/// place of its largest term from it; whatever is computed or proven afterwards takes these doubles as they are.
/// An offset of zeros is none. The problem as given where no weight is held.
/// @throws DataError where a known part of a node input is not a finite number.
[[nodiscard]] std::shared_ptr<const Problem> hold_weights(std::shared_ptr<const Problem> given,
                                                          const HeldWeights& held);

}  // namespace tautrack
