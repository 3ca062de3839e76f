#pragma once

#include <string>

namespace tautrack::program {

/// Whether the name of an input stands for standard input.
[[nodiscard]] bool is_standard_input(const std::string& file);

/// What messages and reports call an input.
[[nodiscard]] std::string shown_name(const std::string& file);

/// All bytes of standard input.
/// @throws UsageError the second time, and when it cannot be read.
[[nodiscard]] std::string read_standard_input();

}  // namespace tautrack::program
