#pragma once

#include <string>
#include <vector>

#include "tautrack/fits/all_fits.hpp"

#include "core/numbers.hpp"

namespace tautrack::fits {

/// A limit of a model with fitted plateaus, and what it is called in a verdict.
struct NamedLimit {
  InfinitePoint point;
  std::string words;
};

/// Where the natural path is not looked at.
inline constexpr const char* kNoPathOfZeroDoses =
    "a dose of zero has no place on the natural path, which starts from a linear network";

/// What the limit of a vanishing height is called, where one end is known.
inline constexpr const char* kVanishingHeight =
    "the height is zero: the targets are on the wrong side of the known plateau, on the whole";

/// The same beside a known part of the node inputs.
inline constexpr const char* kVanishingHeightBesideHeld =
    "the height is zero: with the weights that are held the outputs run against the targets";

/// Says which of the minima and limits is the best, and whether it is the only one: sets at_infinity, by energy,
/// global_minimum, infimum_at_infinity, global_is_proven, unique and their reasons. Those that are not listed count, too.
/// @param fits With points, by energy. @param complete Both lists are proven complete.
/// @param lowest_off The lowest energy that descents came to which ran off to who knows where; infinity without any.
void judge_fitted_range(AllFits& fits, std::vector<NamedLimit> limits, bool complete,
                        double lowest_off = kInfinity);

/// "1 minimum", "2 minima".
[[nodiscard]] std::string counted(std::size_t number, const char* one, const char* many);

}  // namespace tautrack::fits
