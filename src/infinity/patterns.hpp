#pragma once

#include <optional>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack::infinity {

/// Unit vectors whose distance to a subspace is at most this lie in it. Rounding of the orthonormal
/// coordinates stays far below as long as the columns of X are not nearly dependent.
inline constexpr double kInSpan = 1e-10;

/// A row this far from the span of others, relative to its length, is clearly independent of them.
inline constexpr double kClearlyIndependent = 1e-6;

/// A rate along a unit vector, of a row of length one, is positive if it is larger than this:
/// linear programmes hold their constraints to 1e-10.
inline constexpr double kOpen = 1e-9;

/// The patterns of a problem with those put together that have the same |u_i| for all weights (rows
/// that are exactly equal or opposite, and their offsets likewise). sigma has the symmetry
/// sigma(-u) = low + high - sigma(u), so that each group is one pattern with the mean of its targets, up to a constant energy: nothing
/// about saturation depends on its members one by one.
struct Patterns {
  Matrix rows;         ///< g x n, in the orthonormal coordinates of the network; none is zero.
  Vector targets;      ///< g, weighted means.
  Vector weights;      ///< g, sums of pattern weights.
  Vector offsets;      ///< g, or empty: zero.
  Vector excess_high;  ///< g, sum of omega (y - high): its sign says whether the end attracts.
  Vector excess_low;   ///< g, sum of omega (low - y).
  std::vector<Index> group;      ///< L; -1 for a zero row, which no weight moves.
  std::vector<int> orientation;  ///< L; -1 where the row is the opposite of its group's.

  [[nodiscard]] Index count() const noexcept { return rows.rows(); }
  /// Of saturation at the end on the side of `sign`: positive, the pattern wants an output beyond
  /// it; zero, exactly there; negative, inside.
  [[nodiscard]] double excess(Index g, int sign) const {
    return sign > 0 ? excess_high(g) : excess_low(g);
  }
  [[nodiscard]] bool is_interior(Index g) const {
    return excess_high(g) < 0.0 && excess_low(g) < 0.0;
  }
};

[[nodiscard]] Patterns patterns_of(const Perceptron& network);

/// Signs of the groups, from those of the patterns; nothing when members disagree or a zero row has
/// a sign.
[[nodiscard]] std::optional<std::vector<int>> group_signs(const Patterns& patterns,
                                                          const std::vector<int>& signs);

/// And back: L signs, 0 for zero rows.
[[nodiscard]] std::vector<int> pattern_signs(const Patterns& patterns,
                                             const std::vector<int>& of_groups);

/// Orthonormal basis of { v : rows v = 0 }, n x d, lengths of the rows notwithstanding; none is
/// zero.
[[nodiscard]] Matrix null_space(const Matrix& rows);

}  // namespace tautrack::infinity
