#pragma once

#include <limits>
#include <string_view>

namespace tautrack {

/// What a series says about the curve beyond an accepted point.
struct Outlook {
  enum class Kind {
    unknown,  ///< No series, or none that tells.
    clear,    ///< Nothing within four times the trusted length.
    fold,     ///< tau turns on the real curve.
    pinch,  ///< A complex pair of singularities close to the real axis: two branches come close or
            ///< cross; a branch point or a near miss.
    pole    ///< As a function of tau the unknowns grow without bound at the target.
  };
  Kind kind = Kind::unknown;
  double distance =
      std::numeric_limits<double>::infinity();  ///< To it, in arclength; for a pole in
                                                ///< tau.
  double trusted = 0.0;                         ///< Arclength to which the series is trusted.
};

[[nodiscard]] std::string_view to_string(Outlook::Kind kind) noexcept;

}  // namespace tautrack
