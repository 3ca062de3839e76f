#include "pictures/gnuplot.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>
#include <spawn.h>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "io/text.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// A file without a name, gone when it is closed.
using NamelessFile = std::unique_ptr<std::FILE, CloseFile>;

[[noreturn]] void fail(std::string_view what, int reason) {
  throw UsageError(fmt::format("--plot: {}: {}", what, std::generic_category().message(reason)));
}

NamelessFile open_nameless() {
  NamelessFile file(std::tmpfile());
  if (!file) fail("no temporary file can be opened", errno);
  return file;
}

/// The whole file, also if another process wrote it.
std::string contents(std::FILE* file) {
  std::string text;
  char buffer[65536];
  std::rewind(file);
  while (const std::size_t read = std::fread(buffer, 1, sizeof buffer, file))
    text.append(buffer, read);
  if (std::ferror(file) != 0) fail("a temporary file cannot be read", errno);
  return text;
}

/// What posix_spawn is told about the child; frees itself.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
  }

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

/// Starts gnuplot with these standard streams and the default reaction to signals. Returns 0 or the
/// reason.
int start_gnuplot(std::FILE* input, std::FILE* output, std::FILE* errors, pid_t& child) {
  SpawnSettings settings;
  posix_spawn_file_actions_adddup2(&settings.actions, fileno(input), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&settings.actions, fileno(output), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&settings.actions, fileno(errors), STDERR_FILENO);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGXFSZ);
  posix_spawnattr_setsigdefault(&settings.attributes, &defaults);
  posix_spawnattr_setflags(&settings.attributes, POSIX_SPAWN_SETSIGDEF);
  std::string name = "gnuplot";
  std::string without_user_settings = "-d";
  char* arguments[] = {name.data(), without_user_settings.data(), nullptr};
  return posix_spawnp(&child, name.c_str(), &settings.actions, &settings.attributes, arguments,
                      environ);
}

/// The last line of gnuplot's complaint, which says what is wrong.
std::string last_line(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \t\n");
  if (end == std::string_view::npos) return "it gave no reason";
  text = text.substr(0, end + 1);
  const std::size_t begin = text.find_last_of('\n');
  text.remove_prefix(begin == std::string_view::npos ? 0 : begin + 1);
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return printable(text);
}

}  // namespace

std::string run_gnuplot(const std::string& script) {
  const NamelessFile input = open_nameless();
  const NamelessFile output = open_nameless();
  const NamelessFile errors = open_nameless();
  const bool is_written =
      std::fwrite(script.data(), 1, script.size(), input.get()) == script.size();
  if (!is_written || std::fflush(input.get()) != 0)
    fail("a temporary file cannot be written", errno);
  std::rewind(input.get());

  pid_t child = 0;
  const int reason = start_gnuplot(input.get(), output.get(), errors.get(), child);
  if (reason == ENOENT) throw UsageError("--plot needs gnuplot (Debian package gnuplot-nox)");
  if (reason != 0) fail("gnuplot cannot be started", reason);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) fail("gnuplot was lost", errno);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw UsageError("--plot: gnuplot failed: " + last_line(contents(errors.get())));
  return contents(output.get());
}

std::string gnuplot_string(std::string_view text) {
  // gnuplot 5.4 understands doubled quotes in a string in some places only: join pieces instead.
  std::string result = "'";
  for (const char c : printable(text))
    result += c == '\'' ? std::string("'.\"'\".'") : std::string(1, c);
  return result + '\'';
}

}  // namespace tautrack::program
