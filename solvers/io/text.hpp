#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tautrack::program {

constexpr std::size_t quote_width = 40;  ///< Most characters of what a sentence quotes from a file.

/// The text as it may be shown in a terminal or a picture: bytes that are not UTF-8 become U+FFFD,
/// control characters become '?'.
[[nodiscard]] std::string printable(std::string_view text);

/// printable(text), cut to at most `width` characters; the cut shows as "...". @pre width > 3.
[[nodiscard]] std::string cut(std::string_view text, std::size_t width);

/// The text broken at blanks into lines of at most `width` characters (longer words stay whole),
/// each line but the first after `indent` blanks.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t width, std::size_t indent);

/// The parts of the text between separators; one more than there are separators.
[[nodiscard]] std::vector<std::string> split(const std::string& text, char separator);

/// "1 fold", "2 folds".
[[nodiscard]] std::string counted(long long count, std::string_view noun);

/// "1 box", "2 boxes".
[[nodiscard]] std::string counted(long long count, std::string_view one, std::string_view many);

/// The same for a count that need not fit an integer, >= 0: "13 strata", "about 7.0e75 strata".
[[nodiscard]] std::string counted_roughly(double count, std::string_view one,
                                          std::string_view many);

/// "; did you mean 'NAME'?" with the nearest name; empty without one.
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& names);

}  // namespace tautrack::program
