#pragma once

#include "figure.hpp"

namespace tautrack::program {

/// The spirals carried through the layers of their network as tau grows from 0 to 1 (geometry, F4).
[[nodiscard]] Figure make_layers(const FigureRequest& request);

}  // namespace tautrack::program
