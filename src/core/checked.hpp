#pragma once

#include <stdexcept>

#include "core/text.hpp"

namespace tautrack {

/// The options themselves.
/// @throws std::invalid_argument with invalid_reason() unless they are usable.
template <class Options>
const Options& checked(const Options& options) {
  if (const auto reason = options.invalid_reason()) throw std::invalid_argument(*reason);
  return options;
}

/// @throws std::invalid_argument unless tau is in [0, 1].
inline void require_tau(double tau) {
  if (!(tau >= 0.0 && tau <= 1.0))
    throw std::invalid_argument("tau must lie in [0, 1], got " + number(tau));
}

}  // namespace tautrack
