#pragma once

#include <cstddef>
#include <limits>

#include "tautrack/core/types.hpp"

namespace tautrack {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The distance of 1 to the next double: two units of rounding.
inline constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

/// An index of Eigen's as one of the standard library's. @pre i >= 0.
constexpr std::size_t at(Index i) { return static_cast<std::size_t>(i); }

}  // namespace tautrack
