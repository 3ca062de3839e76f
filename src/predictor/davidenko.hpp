#pragma once

#include <memory>

#include "predictor/predictor.hpp"

namespace tautrack {

/// The only door to Boost.Odeint.
[[nodiscard]] std::unique_ptr<Predictor> make_davidenko_predictor(const PredictorOptions& options,
                                                                  Corrector& corrector);

}  // namespace tautrack
