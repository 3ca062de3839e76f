#pragma once

#include <memory>

#include "predictor/predictor.hpp"

namespace tautrack {

/// The corrected point may be this multiple of the tolerance away from the series.
inline constexpr double series_agreement = 30.0;

/// And this much its tangent may be turned away, in radians: the tangent comes from a linearisation
/// beside the point.
inline constexpr double series_agreement_angle = 300.0;

/// PredictorKind::taylor. @pre corrector.homotopy().has_series().
[[nodiscard]] std::unique_ptr<Predictor> make_taylor_predictor(const PredictorOptions& options,
                                                               Corrector& corrector);

}  // namespace tautrack
