#pragma once

#include "tautrack/data/dataset.hpp"
#include "tautrack/fits/all_fits.hpp"
#include "tautrack/network/activation.hpp"

namespace tautrack {

/// All fits of outputs low + (high - low) sigma01(w x + c), both ends known, of data with doses of zero (data/zero_doses.hpp),
/// from those of the other rows. Doses of zero have the output low for w > 0 and high for w < 0: stationary points stay what
/// they are, and energies of the two directions grow by two numbers. At w = 0 the energy jumps, and there may be one more
/// limit: the best constant of the other rows, from the side on which the energy falls towards it. Constants at an end of the
/// range are judged again, for each direction.
///
/// What the natural path, curves and geometry said is left out, since it is not of these data.
/// @param fits Of without_zero_doses(problem), in the user's units, without a ridge.
/// @param range low < high.
/// @throws DataError as check_with_zero_doses(), and without one input, a bias and a dose of zero.
[[nodiscard]] AllFits with_zero_doses(AllFits fits, const Problem& problem, Activation activation,
                                      const Range& range);

}  // namespace tautrack
