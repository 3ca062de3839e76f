#pragma once

#include <string>

#include "figure.hpp"
#include "spirals_network.hpp"

namespace tautrack::program {

/// A page on which tau can be moved: the browser carries the points, curves behind them and a grid
/// through the layers. @param curves In the order of their points; may be empty.
[[nodiscard]] std::string layers_page(const Figure& figure, const SpiralNetwork& network,
                                      const SpiralData& data, const SpiralData& curves);

}  // namespace tautrack::program
