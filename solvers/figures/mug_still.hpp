#pragma once

#include "tautrack/core/types.hpp"

#include "mug_solid.hpp"

namespace tautrack::program {

/// Codes of the pixels of a still: the part seen, plus its brightness from 0 (dark) to
/// `brightest`.
enum class StillPart { body = 0, handle = 250, ground = 500 };
constexpr int brightest = 249;

/// A picture of the solid by parallel rays, each traced to the surface in steps of the level, which
/// no surface is nearer than (Hart, Sphere tracing, The Visual Computer 12, 1996). Light comes from
/// the upper left; the ground is below the solid and fades into white.
/// Pixels at edges take several rays.
/// @param width, height In pixels, > 0. The window is 3.5 wide.
/// @return height x width codes, the upper row first.
[[nodiscard]] Matrix mug_still(double t, Index width, Index height);

}  // namespace tautrack::program
