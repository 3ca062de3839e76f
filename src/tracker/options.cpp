#include "tautrack/tracker/options.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"

namespace tautrack {

std::optional<std::string> TrackOptions::invalid_reason() const {
  if (!std::isfinite(tau_start) || std::isnan(tau_target) || tau_start == tau_target)
    return "tau_start must be finite and tau_target another number, got " + number(tau_start) +
           " and " + number(tau_target);
  const bool ends = std::isfinite(tau_target);
  const double back = tau_back.value_or(tau_start);
  if (!std::isfinite(back) || (back - tau_start) * (tau_target > tau_start ? 1.0 : -1.0) > 0.0)
    return "tau_back must lie on the side of tau_start that is away from tau_target, got " +
           number(back);
  const auto [low, high] = std::minmax(back, tau_target);
  for (const double tau : landings)
    if (!std::isfinite(tau) || (ends && !(tau > low && tau < high)))
      return "landings must lie strictly between tau_start (or tau_back) and tau_target, got " +
             number(tau);
  if (!locate_folds && predictor.kind != PredictorKind::taylor)
    return std::string(
               "folds can be passed unseen (locate_folds = false) by the Taylor predictor ") +
           "alone";
  if (!(start_reach > 0.0)) return "start_reach must be > 0, got " + number(start_reach);
  if (heading && !(heading->tangent.allFinite() && heading->tangent.squaredNorm() > 0.0))
    return "the tangent of a heading must be finite and not zero";
  if (heading && std::abs(heading->tau_direction) != 1)
    return "the direction of tau of a heading must be 1 or -1, got " +
           std::to_string(heading->tau_direction);
  if (max_steps <= 0) return "max_steps must be > 0, got " + std::to_string(max_steps);
  if (auto reason = predictor.invalid_reason()) return reason;
  if (auto reason = corrector.invalid_reason()) return reason;
  return step.invalid_reason();
}

}  // namespace tautrack
