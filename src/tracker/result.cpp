#include "tautrack/tracker/result.hpp"

namespace tautrack {

std::string_view to_string(TrackStatus status) noexcept {
  switch (status) {
    case TrackStatus::not_started:
      return "not_started";
    case TrackStatus::running:
      return "running";
    case TrackStatus::reached_target:
      return "reached_target";
    case TrackStatus::infinite_weights:
      return "infinite_weights";
    case TrackStatus::unresolved_end:
      return "unresolved_end";
    case TrackStatus::step_too_small:
      return "step_too_small";
    case TrackStatus::singular_jacobian:
      return "singular_jacobian";
    case TrackStatus::max_steps_reached:
      return "max_steps_reached";
    case TrackStatus::invalid_start:
      return "invalid_start";
    case TrackStatus::returned_to_start:
      return "returned_to_start";
    case TrackStatus::stopped_by_observer:
      return "stopped_by_observer";
  }
  return "unknown";
}

std::string_view to_string(PointKind kind) noexcept {
  switch (kind) {
    case PointKind::regular:
      return "regular";
    case PointKind::start:
      return "start";
    case PointKind::landing:
      return "landing";
    case PointKind::fold:
      return "fold";
  }
  return "unknown";
}

}  // namespace tautrack
