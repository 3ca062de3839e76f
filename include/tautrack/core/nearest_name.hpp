#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tautrack {

/// The name that the word is most likely a misspelling of, dashes in front of either left out of the
/// comparison; empty when it is like none of them.
/// Cost: the product of the lengths of word and name, for each name; a word of more than 64 letters
/// is like none.
[[nodiscard]] std::string nearest_name(std::string_view word,
                                       const std::vector<std::string>& names);

}  // namespace tautrack
