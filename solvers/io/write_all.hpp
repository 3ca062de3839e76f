#pragma once

#include <string_view>

namespace tautrack::program {

/// Writes all of the text to an open file. Returns 0 or the reason of the failure.
[[nodiscard]] int write_all(int descriptor, std::string_view text);

}  // namespace tautrack::program
