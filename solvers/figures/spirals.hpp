#pragma once

#include "figure.hpp"

namespace tautrack::program {

/// Two spirals that four homeomorphic layers take apart.
[[nodiscard]] Figure make_spirals(const FigureRequest& request);

}  // namespace tautrack::program
