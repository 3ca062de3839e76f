#pragma once

#include <string>

#include "figure.hpp"
#include "spirals_network.hpp"

namespace tautrack::program {

/// A page on which tau can be moved: the browser carries the spirals and a grid through the layers.
[[nodiscard]] std::string layers_page(const Figure& figure, const SpiralNetwork& network,
                                      const SpiralData& data);

}  // namespace tautrack::program
