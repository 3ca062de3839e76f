#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "tautrack/data/dataset.hpp"

namespace tautrack {

/// Rows whose entries all agree to this, relative to the larger of the two, are one pattern: they differ by
/// what arithmetic in double leaves behind.
inline constexpr double kSameRow = 1e-12;

/// Which rows are the same pattern.
struct Replicates {
  std::vector<Index>
      pattern_of;  ///< L: the number of the pattern that the row is; in the order of the rows.
  std::vector<Index> first;  ///< Of each pattern its first row, whose inputs it has.
  Index equal = 0;           ///< Rows after the first of their pattern that equal it.
  Index rounded = 0;         ///< Those that agree with it only up to rounding.
  /// The first of these and the row that it was taken for.
  std::optional<std::pair<Index, Index>> rounded_pair;

  [[nodiscard]] Index patterns() const { return static_cast<Index>(first.size()); }
  [[nodiscard]] bool any() const { return first.size() < pattern_of.size(); }
};

/// Finds rows that are equal, and rows of which every two entries a and b satisfy
///
///     |a - b| <= max(tolerance max(|a|, |b|), 2^-52 times the largest entry of the column).
///
/// An infinite entry agrees with an equal one only. All rows of a pattern are compared with the same one, so that no chain of small differences adds up.
/// Cost: O(L s + L log L), and more where many rows agree in a fixed combination of their entries but
/// are different.
/// @param tolerance In [0, 1e-6]; 0: only rows that are equal.
/// @throws std::invalid_argument for another one.
[[nodiscard]] Replicates find_replicates(const Matrix& X, double tolerance = kSameRow);

/// A problem with one row for each pattern.
struct MergedProblem {
  /// Of each pattern the inputs of its first row, the mean of the targets, weighted, and the sum of the
  /// weights. The problem as given where no two rows are the same.
  std::shared_ptr<const Problem> problem;
  Replicates replicates;
  /// What no weights can change: the energy of the problem as given is that of `problem` plus this,
  /// 1/2 sum omega_i (y_i - mean)^2.
  double energy = 0.0;
};

/// Every pattern once; offsets count as one more column, so that rows are the same only where these agree, too.
/// Stationary points, their Morse indices and the paths to them are those of the problem as given, and a target at the end of the range may have become a mean inside it. Whatever is proven
/// afterwards is proven of the doubles in the problem that is returned.
/// @throws std::invalid_argument as find_replicates().
[[nodiscard]] MergedProblem merge_replicates(std::shared_ptr<const Problem> given,
                                             double tolerance = kSameRow);

}  // namespace tautrack
