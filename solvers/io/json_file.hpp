#pragma once

#include <string>
#include <string_view>

#include "tautrack/core/types.hpp"

#include "io/json_fwd.hpp"

/// JSON that people hand in. All of these throw UsageError with a sentence that begins with `where` or the source.
namespace tautrack::program {

/// All bytes of a file, or of standard input for "-".
[[nodiscard]] std::string read_text(const std::string& path);

/// The same as JSON.
[[nodiscard]] Json read_json(const std::string& path);

/// The text as JSON; `source` stands for the file name in messages.
[[nodiscard]] Json parse_json(std::string_view text, const std::string& source);

/// The numbers of an array, at least one.
[[nodiscard]] Vector numbers_of(const Json& array, const std::string& where);

/// Rows of numbers of one length, at least one.
[[nodiscard]] Matrix rows_of(const Json& array, const std::string& where);

/// Throws UsageError "WHERE: RULE".
[[noreturn]] void fail_in_json(const std::string& where, std::string_view rule);

}  // namespace tautrack::program
