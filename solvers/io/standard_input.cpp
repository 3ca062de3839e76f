#include "io/standard_input.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <system_error>
#include <unistd.h>

#include "io/usage_error.hpp"

namespace tautrack::program {

bool is_standard_input(const std::string& file) { return file == "-"; }

std::string shown_name(const std::string& file) {
  return is_standard_input(file) ? "standard input" : file;
}

std::string read_standard_input() {
  static std::atomic<bool> is_read = false;
  if (is_read.exchange(true))
    throw UsageError("standard input is named for two inputs, but can be read only once");
  std::string bytes;
  constexpr std::size_t chunk = std::size_t{1} << 16U;
  for (;;) {
    const std::size_t size = bytes.size();
    bytes.resize(size + chunk);
    const ssize_t count = ::read(STDIN_FILENO, bytes.data() + size, chunk);
    bytes.resize(size + static_cast<std::size_t>(count > 0 ? count : 0));
    if (count == 0) return bytes;
    if (count < 0 && errno != EINTR)
      throw UsageError("standard input cannot be read: " + std::generic_category().message(errno));
  }
}

}  // namespace tautrack::program
