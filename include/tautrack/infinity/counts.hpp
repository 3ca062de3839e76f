#pragma once

#include "tautrack/core/types.hpp"

namespace tautrack {

/// The number of strata at infinity of the closed data manifold at tau = 1 that have `free`
/// patterns free and all others saturated, for rows in general position:
///
///     2 binom(L, k) sum_{i=0}^{n-k-1} binom(L-k-1, i),   k = free < n,
///
/// the k-dimensional faces of a zonotope of L segments in n dimensions (Zaslavsky 1975). Zero for
/// k >= n. An integer, exact as long as it is below 2^52, then to rounding; infinity when it is
/// beyond the range of double.
/// @param patterns L >= 1. @param rank n, 1 <= n <= L. @param free k >= 0.
/// @throws std::invalid_argument when one breaks its rule.
/// Cost: about n, and no more than about 10^3 whatever n is.
[[nodiscard]] double strata_count(Index patterns, Index rank, Index free);

/// All strata of the closure, the manifold itself among them. Exact below 2^52, infinity when
/// beyond the range of double. Cost: O(n^2), and no more than about 10^6 whatever n is.
/// @throws std::invalid_argument unless 1 <= rank <= patterns.
[[nodiscard]] double strata_count(Index patterns, Index rank);

}  // namespace tautrack
