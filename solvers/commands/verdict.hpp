#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/fits/all_fits.hpp"

#include "commands/solve.hpp"

namespace tautrack::program {

/// The lowest finite minimum that does not exist through the last digits of the data alone, or a null pointer.
/// @param points By energy.
[[nodiscard]] const StationaryPoint* best_minimum(const std::vector<StationaryPoint>& points);

/// What keeps a problem from being solved, a sentence each, with what the user can do about it.
/// Nothing: there is a finite best fit, it and all points are certified as far as that was asked
/// for and is built in, and the search came to its own end.
[[nodiscard]] std::vector<std::string> unresolved_matters(const SolveRequest& request,
                                                          const AllFits& fits);

/// How many limits there are besides the first `shown` of the list.
[[nodiscard]] std::optional<std::string> more_limits(const AllFits& fits, std::size_t shown);

}  // namespace tautrack::program
