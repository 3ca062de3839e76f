#pragma once

#include <string>

#include "figure.hpp"

namespace tautrack::program {

/// A page on which the solid turns and changes from the mug to the torus; it is turned by the pointer or the
/// arrow keys. @param figure Has its title and caption.
[[nodiscard]] std::string mug_page(const Figure& figure);

}  // namespace tautrack::program
