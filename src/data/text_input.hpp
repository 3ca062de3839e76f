#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

/// What the readers of all formats share.
namespace tautrack::detail {

/// Name of the column of ones.
inline constexpr const char* bias_name = "(bias)";

/// What a piece of text says when it is read as a decimal number.
enum class Reading {
  number,
  text,          ///< Not a decimal number.
  not_finite,    ///< nan or inf in one of their spellings.
  out_of_range,  ///< A decimal number that overflows a double or underflows to zero.
};

/// A reading and, when it is a number, its value.
struct NumberReading {
  Reading reading = Reading::text;
  double value = 0.0;
};

/// Reads the whole text as one decimal number, independently of the locale: optional sign, digits
/// with an optional point, optional exponent; no hexadecimal, no separators of thousands.
[[nodiscard]] NumberReading read_number(std::string_view text);

/// Shortest decimal text that reads back as the same number.
[[nodiscard]] std::string shortest_text(double value);

/// Text of the last failure of a file operation.
[[nodiscard]] std::string failure_reason();

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// The file, which may also be a pipe, opened for reading.
/// @throws DataError when it cannot be.
[[nodiscard]] File open_file(const std::string& path);

/// All bytes of the file, which may also be a pipe.
/// @throws DataError when it cannot be read.
[[nodiscard]] std::string read_file(const std::string& path);

}  // namespace tautrack::detail
