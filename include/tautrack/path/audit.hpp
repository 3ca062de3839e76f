#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tautrack/path/natural_path.hpp"

namespace tautrack {

/// Which paths are tracked once more with tighter steps, to see whether the same comes of it.
enum class AuditLevel {
  none,
  suspects,  ///< Those that turned, met a branch point or had steps refused: where jumps happen.
  all
};

[[nodiscard]] std::string_view to_string(AuditLevel level) noexcept;
[[nodiscard]] std::optional<AuditLevel> audit_level_from_name(std::string_view name) noexcept;

enum class AuditVerdict {
  unsuspicious,  ///< Nothing speaks against the path, and it was not tracked again.
  confirmed,     ///< Tracked again with tighter steps: the same folds, points on the way and end.
  replaced,  ///< Two runs with tighter and tighter steps agree with each other and not with the path,
             ///< whose place they take.
  suspect    ///< No two runs agree: which one is right is not known.
};

/// "unsuspicious", "confirmed", "replaced", "suspect".
[[nodiscard]] std::string_view to_string(AuditVerdict verdict) noexcept;

/// What an audit came to.
struct PathAudit {
  AuditVerdict verdict = AuditVerdict::unsuspicious;
  std::string message;  ///< One sentence: why the path was looked at again, and what came of it.
  long more_steps = 0;  ///< Accepted steps of the additional runs.
};

/// What tells two paths of one network apart, in words: the way they end, the number of their folds, a
/// fold, the end, or a point on the way at a tau where both have stopped. Empty when nothing does: then
/// they are the same curve as far as their points tell.
[[nodiscard]] std::string path_difference(const Perceptron& network, const NaturalPath& path,
                                          const NaturalPath& other);

/// Tracks the path once more with tighter steps, if the level asks for it, and compares; a path that
/// differs is tracked a third time. This finds jumps to other branches that leave no trace on the path
/// itself, such as between branches of the same Morse index (Bates, Hauenstein, Sommese & Wampler,
/// Numerically Solving Polynomial Systems with Bertini, 2013, section 3.3, on path crossing). It is
/// evidence and no proof.
/// @param path Of track_natural() with these options; see AuditVerdict::replaced.
[[nodiscard]] PathAudit audit_path(const Perceptron& network, const TrackOptions& options,
                                   AuditLevel level, NaturalPath& path);

}  // namespace tautrack
