#pragma once

#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"

namespace tautrack {

/// Consecutive rows of X.
struct RowRange {
  Index first = 0;
  Index count = 0;
};

/// The rows that a rank gets when all get about as many.
/// @pre rows >= 0, 0 <= rank < size.
[[nodiscard]] RowRange rows_of_rank(Index rows, int rank, int size);

/// These rows of a problem alone.
[[nodiscard]] Problem rows_of(const Problem& problem, const RowRange& range);

}  // namespace tautrack
