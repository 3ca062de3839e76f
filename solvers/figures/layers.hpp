#pragma once

#include <optional>
#include <string>

#include "figure.hpp"

namespace tautrack::program {

/// The spirals carried through the layers of their network as tau grows from 0 to 1;
/// or the user's points of two columns and two labels, through layers trained on them.
[[nodiscard]] Figure make_layers(const FigureRequest& request);

/// Why it cannot show these data, in words that follow "the figure layers"; nothing: it can.
[[nodiscard]] std::optional<std::string> layers_refuses(const Problem& problem);

}  // namespace tautrack::program
