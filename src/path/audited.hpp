#pragma once

#include "tautrack/path/natural_path.hpp"

/// What audits of paths and of trees have in common.
namespace tautrack {

/// Points are the same when no node input differs by more than this, relative to one unit or to its
/// size. Points of one curve are known much better, points of two differ by much more.
inline constexpr double kSameAuditedPoint = 1e-5;

/// Folds are the same when 1 - tau differs by less than this part of itself, beyond the errors that are
/// stated.
inline constexpr double kSameAuditedFold = 1e-5;
inline constexpr double kStatedErrors = 100.0;

/// The options with shorter steps and more of them.
[[nodiscard]] TrackOptions tightened(TrackOptions options);

}  // namespace tautrack
