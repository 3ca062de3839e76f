#pragma once

#include <array>
#include <string_view>

namespace tautrack {

/// Another library that this one can do without.
struct Part {
  std::string_view name;
  bool built_in = false;
  std::string_view without;  ///< What cannot be done without it, for a sentence.
};

/// All such parts, and which of them this library was built with: oneTBB, FLINT/Arb, Clp, GUDHI.
[[nodiscard]] std::array<Part, 4> parts() noexcept;

}  // namespace tautrack
