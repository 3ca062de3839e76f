#pragma once

#ifdef TAUTRACK_WITH_FLINT

#include "tautrack/core/types.hpp"

namespace tautrack::proof {

/// Rank of a matrix whose doubles are taken exactly, by elimination in integers. Cost: L s rank
/// products of integers of up to rank times 53 bits, more where the sizes of entries differ much.
/// @pre The entries are finite.
[[nodiscard]] Index exact_rank(const Matrix& X);

}  // namespace tautrack::proof

#endif
