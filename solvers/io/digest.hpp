#pragma once

#include <string>
#include <string_view>

namespace tautrack::program {

/// XXH3-64 (Collet) of the text, as 16 hexadecimal digits: it tells damaged text from sound one.
[[nodiscard]] std::string checksum(std::string_view text);

/// XXH3-128 of the bytes of a file, as 32 hexadecimal digits: it tells one input from another, but
/// does not protect against somebody who wants two to look the same.
/// @throws DataError when the file cannot be read.
[[nodiscard]] std::string digest_of_file(const std::string& path);

}  // namespace tautrack::program
