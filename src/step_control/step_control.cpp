#include "step_control/step_control.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"

namespace tautrack {

std::optional<std::string> StepControlOptions::invalid_reason() const {
  const auto say = [](const char* rule, double value) {
    return std::string("step control ") + rule + ", got " + number(value);
  };
  if (!(min > 0.0)) return say("min must be > 0", min);
  if (!(max >= min) || !std::isfinite(max)) return say("max must be finite and >= min", max);
  if (!(initial >= min && initial <= max)) return say("initial must lie in [min, max]", initial);
  if (!(shrink > 0.0 && shrink < 1.0)) return say("shrink must lie in (0, 1)", shrink);
  if (!(grow > 1.0) || !std::isfinite(grow)) return say("grow must be > 1", grow);
  if (!(contraction > 0.0 && contraction < 1.0))
    return say("contraction must lie in (0, 1)", contraction);
  if (!(distance > 0.0) || !std::isfinite(distance)) return say("distance must be > 0", distance);
  if (!(displacement > 0.0) || !std::isfinite(displacement))
    return say("displacement must be > 0", displacement);
  if (!(angle > 0.0 && angle < 1.0)) return say("angle must lie in (0, 1)", angle);
  if (!(skew > 0.0 && skew < 1.0)) return say("skew must lie in (0, 1)", skew);
  if (!(tolerance > 1.0) || !std::isfinite(tolerance))
    return say("tolerance must be > 1", tolerance);
  return std::nullopt;
}

bool StepControl::acceptable(const StepMeasures& m) const {
  const double t = options_.tolerance;
  return m.contraction <= t * options_.contraction && m.distance <= t * options_.distance &&
         m.displacement <= t * options_.displacement && m.angle <= t * options_.angle &&
         m.skew <= t * options_.skew;
}

void StepControl::accepted(const StepMeasures& m) {
  // Distance, displacement, contraction and skew grow like step^2, the angle like step.
  const double excess = std::max({std::sqrt(m.contraction / options_.contraction),
                                  std::sqrt(m.distance / options_.distance),
                                  std::sqrt(m.displacement / options_.displacement),
                                  m.angle / options_.angle, std::sqrt(m.skew / options_.skew)});
  const double factor = excess > 0.0 ? 1.0 / excess : options_.grow;
  const double largest = refused_ ? 1.0 : options_.grow;
  refused_ = false;
  const double wanted = m.step * std::clamp(factor, options_.shrink, largest);
  step_ = std::max(options_.min, std::min({wanted, options_.max, m.limit}));
}

bool StepControl::refused(double step) {
  refused_ = true;
  step_ = step * options_.shrink;
  return step_ >= options_.min;
}

}  // namespace tautrack
