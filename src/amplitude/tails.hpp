#pragma once

#include <cstddef>

#include "tautrack/core/stop_condition.hpp"

#include "amplitude/levels.hpp"

namespace tautrack::amplitude {

/// On which side of a level the half point lies.
enum class Side { beyond, before };

/// Whether no curve is stationary that has its half point nearer to level `pivot` than to any other, on that side of
/// it, and a slope w >= `from`. True is a proof (docs/theory.md, section 13).
///
/// With a fitted offset the side away from all other levels is taken as `beyond` the last, of mirrored levels.
/// @pre A known offset, a level at minus infinity, or not `before` the first level.
[[nodiscard]] bool tail_is_empty(const Levels& levels, std::size_t pivot, Side side, double from,
                                 const StopCondition& stop = {});

/// The same for exponentials on the last level: rates w >= `from`.
[[nodiscard]] bool exponential_tail_is_empty(const Levels& levels, double from,
                                             const StopCondition& stop = {});

}  // namespace tautrack::amplitude
