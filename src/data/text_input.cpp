#include "text_input.hpp"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "tautrack/data/dataset.hpp"

namespace tautrack::detail {

NumberReading read_number(std::string_view text) {
  const bool has_plus = text.starts_with('+');
  if (has_plus) text.remove_prefix(1);
  if (has_plus && text.starts_with('-')) return {};
  const char* const end = text.data() + text.size();
  double value = 0.0;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (stop != end || error == std::errc::invalid_argument) return {};
  if (error == std::errc::result_out_of_range) return {Reading::out_of_range, 0.0};
  if (!std::isfinite(value)) return {Reading::not_finite, 0.0};
  return {Reading::number, value};
}

std::string shortest_text(double value) {
  char buffer[32];  // The longest needs 24.
  return {buffer, std::to_chars(std::begin(buffer), std::end(buffer), value).ptr};
}

std::string failure_reason() { return std::generic_category().message(errno); }

File open_file(const std::string& path) {
  if (path.empty()) throw DataError("the name of the data file is empty");
  std::error_code ignored;  // Whatever else is wrong shows, with its reason, on opening.
  const std::filesystem::file_status status = std::filesystem::status(path, ignored);
  if (status.type() == std::filesystem::file_type::not_found)
    throw DataError(path + ": there is no such file");
  if (std::filesystem::is_directory(status))
    throw DataError(path + ": this is a directory, but a file is expected");
  File file(std::fopen(path.c_str(), "rb"));
  if (!file) throw DataError(path + ": the file cannot be opened: " + failure_reason());
  return file;
}

std::string read_file(const std::string& path) {
  const File file = open_file(path);
  constexpr std::size_t chunk = std::size_t{1} << 20U;
  std::string bytes;
  std::size_t size = 0;
  std::size_t read = 0;
  do {
    bytes.resize(size + chunk);
    read = std::fread(bytes.data() + size, 1, chunk, file.get());
    size += read;
  } while (read == chunk);
  if (std::ferror(file.get()) != 0)
    throw DataError(path + ": the file cannot be read: " + failure_reason());
  bytes.resize(size);
  return bytes;
}

}  // namespace tautrack::detail
