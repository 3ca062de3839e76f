#pragma once

#include <string_view>

/// Readers of text that may come from anywhere, as a fuzzer calls them: text that is refused is fine,
/// and what is accepted has to keep the promises of its reader. Anything else ends the process.
namespace tautrack::fuzz {

void csv(std::string_view text);
void svmlight(std::string_view text);
void manifest(std::string_view text);
void record(std::string_view text);
void targets(std::string_view text);

}  // namespace tautrack::fuzz
