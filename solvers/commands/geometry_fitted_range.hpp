#pragma once

#include <string_view>

#include "tautrack/data/dataset.hpp"

#include "commands/geometry.hpp"

/// `tautrack geometry` where an end of the range is fitted.
namespace tautrack::program {

/// What is not said of such manifolds, and why: a sentence.
inline constexpr std::string_view not_claimed_of_fitted_range =
    "neither a reach nor uniqueness by curvature (the tube theorem): with a fitted plateau the "
    "data "
    "manifold is a cone, which bends without bound towards height zero, and in general its chords "
    "may be normal to it; what is said is local";

/// @throws UsageError when the request has options that such a range does not go with.
void refuse_options_of_known_ranges(const GeometryRequest& request);

/// Examines the best finite fit, or the curve with the given weights and the plateaus that fit best to them.
[[nodiscard]] ExaminedProblem examine_fitted_range(const GeometryRequest& request,
                                                   const Problem& problem);

}  // namespace tautrack::program
