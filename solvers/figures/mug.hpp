#pragma once

#include "figure.hpp"

namespace tautrack::program {

/// A mug deformed into a torus, with the same topology all the way.
[[nodiscard]] Figure make_mug(const FigureRequest& request);

}  // namespace tautrack::program
