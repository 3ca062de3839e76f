#pragma once

#include <memory>

#include "tautrack/predictor/predictor.hpp"

namespace tautrack {

/// PredictorKind::taylor. @pre corrector.homotopy().has_series().
[[nodiscard]] std::unique_ptr<Predictor> make_taylor_predictor(const PredictorOptions& options,
                                                               Corrector& corrector);

}  // namespace tautrack
