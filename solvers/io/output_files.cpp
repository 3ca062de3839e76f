#include "io/output_files.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "io/usage_error.hpp"
#include "io/write_all.hpp"

namespace tautrack::program {
namespace {

namespace filesystem = std::filesystem;

[[noreturn]] void fail(const std::string& path, int reason) {
  throw UsageError(
      fmt::format("cannot write '{}': {}", path, std::generic_category().message(reason)));
}

[[noreturn]] void fail_standard_output(int reason) {
  throw UsageError("cannot write to standard output: " + std::generic_category().message(reason));
}

/// Creates a file of a new name beside `target`. Returns its descriptor, or -1 with errno set.
int create_beside(const filesystem::path& target, filesystem::path& name) {
  for (int attempt = 0;; ++attempt) {
    name = target.parent_path() / fmt::format(".tautrack-{}-{}.tmp", ::getpid(), attempt);
    const int descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0 || errno != EEXIST) return descriptor;
  }
}

/// What the path names, or nothing when that cannot be told.
std::optional<struct stat> status_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

/// What standard output is, or nothing when that cannot be told.
std::optional<struct stat> status_of_standard_output() {
  struct stat status {};
  if (::fstat(STDOUT_FILENO, &status) != 0) return std::nullopt;
  return status;
}

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// Whether the path is a name for an open descriptor, such as /dev/stdout, /dev/fd/3 or
/// /proc/self/fd/1: it must not be renamed over even if a regular file is behind it.
bool names_descriptor(const std::string& path) {
  const std::string name = filesystem::path(path).lexically_normal().string();
  return name == "/dev/stdout" || name == "/dev/stderr" || name.starts_with("/dev/fd/") ||
         (name.starts_with("/proc/") && name.find("/fd/") != std::string::npos);
}

/// Whether both are the same file, also through links and other spellings of its name.
bool is_same_file(const filesystem::path& a, const filesystem::path& b) {
  std::error_code error;
  if (filesystem::equivalent(a, b, error)) return true;
  const filesystem::path full_a = filesystem::weakly_canonical(filesystem::absolute(a), error);
  if (error) return false;
  const filesystem::path full_b = filesystem::weakly_canonical(filesystem::absolute(b), error);
  return !error && full_a == full_b;
}

}  // namespace

int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written >= 0)
      text.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      return errno;
  }
  return 0;
}

OutputFiles::~OutputFiles() {
  for (const Output& output : outputs_)
    if (!output.staged.empty()) ::unlink(output.staged.c_str());
}

std::size_t OutputFiles::add(const std::string& option, const std::string& path) {
  Output output;
  output.option = option;
  output.path = path;
  if (path.empty()) throw UsageError(option + ": the name of the file is empty");

  const std::optional<struct stat> standard_output = status_of_standard_output();
  const std::optional<struct stat> status = path == "-" ? standard_output : status_of(path);
  const int reason = errno;
  const bool is_standard_output = status && standard_output && is_same(*status, *standard_output);
  if (path == "-" || (is_standard_output && names_descriptor(path))) {
    output.kind = Kind::standard_output;
  } else if (status) {
    if (S_ISDIR(status->st_mode)) fail(path, EISDIR);
    if (::access(path.c_str(), W_OK) != 0) fail(path, errno);
    const bool is_regular = S_ISREG(status->st_mode);
    if (is_regular && is_standard_output)
      throw UsageError(fmt::format("{}: standard output goes to the same file '{}'", option, path));
    output.kind = is_regular && !names_descriptor(path) ? Kind::renamed : Kind::direct;
  } else if (reason != ENOENT) {
    fail(path, reason);
  } else if (!filesystem::path(path).has_filename()) {
    fail(path, EISDIR);
  }

  if (output.kind == Kind::renamed) {
    std::error_code error;
    output.target = status ? filesystem::canonical(path, error) : filesystem::path(path);
    if (error) fail(path, error.value());
    filesystem::path probe;
    const int descriptor = create_beside(output.target, probe);
    if (descriptor < 0) fail(path, errno);
    ::close(descriptor);
    ::unlink(probe.c_str());
  }
  for (const Output& other : outputs_) {
    const bool clash =
        output.kind == other.kind &&
        (output.kind == Kind::standard_output ||
         (output.kind == Kind::renamed && is_same_file(output.target, other.target)));
    if (clash)
      throw UsageError(
          fmt::format("{} and {} name the same file '{}'", other.option, option, path));
  }
  outputs_.push_back(std::move(output));
  return outputs_.size() - 1;
}

void OutputFiles::protect_input(const std::string& path) const {
  for (const Output& output : outputs_)
    if (output.kind == Kind::renamed && is_same_file(output.target, path))
      throw UsageError(
          fmt::format("{}: '{}' is the data file, which is not overwritten", output.option, path));
}

bool OutputFiles::takes_standard_output() const {
  for (const Output& output : outputs_)
    if (output.kind == Kind::standard_output) return true;
  return false;
}

void OutputFiles::set_text(std::size_t number, std::string text) {
  outputs_[number].text = std::move(text);
}

void OutputFiles::set_writer(std::size_t number, Writer write) {
  outputs_[number].write = std::move(write);
}

/// Writes the text. Returns 0 or the reason of the failure.
int OutputFiles::write_text(int descriptor, const Output& output) {
  if (!output.write) return write_all(descriptor, output.text);
  constexpr std::size_t most_kept = 1U << 20U;
  std::string kept;
  int reason = 0;
  output.write([&](std::string_view text) {
    kept += text;
    if (kept.size() < most_kept) return;
    if (reason == 0) reason = write_all(descriptor, kept);
    kept.clear();
  });
  return reason == 0 ? write_all(descriptor, kept) : reason;
}

/// Writes the text to a temporary file beside the target, with the target's permissions if it
/// exists.
void OutputFiles::stage(Output& output) {
  const int descriptor = create_beside(output.target, output.staged);
  if (descriptor < 0) {
    const int reason = errno;
    output.staged.clear();
    fail(output.path, reason);
  }
  int reason = write_text(descriptor, output);
  const std::optional<struct stat> existing = status_of(output.target.string());
  if (reason == 0 && existing && ::fchmod(descriptor, existing->st_mode & 07777) != 0)
    reason = errno;
  if (reason == 0 && ::fsync(descriptor) != 0 && errno != EINVAL) reason = errno;
  if (::close(descriptor) != 0 && reason == 0) reason = errno;
  if (reason != 0) fail(output.path, reason);
}

void OutputFiles::publish(std::string_view report) {
  for (Output& output : outputs_)
    if (output.kind == Kind::renamed) stage(output);
  for (const Output& output : outputs_) {
    if (output.kind != Kind::direct) continue;
    const int descriptor = ::open(output.path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (descriptor < 0) fail(output.path, errno);
    int reason = write_text(descriptor, output);
    if (::close(descriptor) != 0 && reason == 0) reason = errno;
    if (reason != 0) fail(output.path, reason);
  }
  const auto to_standard_output =
      std::find_if(outputs_.begin(), outputs_.end(),
                   [](const Output& output) { return output.kind == Kind::standard_output; });
  if (to_standard_output == outputs_.end()) {
    write_standard_output(report);
  } else if (const int reason = write_text(STDOUT_FILENO, *to_standard_output); reason != 0) {
    fail_standard_output(reason);
  }
  for (Output& output : outputs_) {
    if (output.kind != Kind::renamed) continue;
    if (::rename(output.staged.c_str(), output.target.c_str()) != 0) fail(output.path, errno);
    output.staged.clear();
  }
}

void write_standard_output(std::string_view text) {
  if (const int reason = write_all(STDOUT_FILENO, text); reason != 0) fail_standard_output(reason);
}

void occupy_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const bool is_closed = ::fcntl(descriptor, F_GETFD) == -1 && errno == EBADF;
    // The lowest free number is taken: this one. Opened for the wrong direction, so that its use
    // fails.
    if (is_closed && ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY) == -1)
      return;
  }
}

}  // namespace tautrack::program
