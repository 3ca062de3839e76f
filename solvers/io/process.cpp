#include "io/process.hpp"

#include <csignal>
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "io/output_files.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {

void prepare_process() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);  // A caller that ignores it would hide how gnuplot ended.
  occupy_standard_descriptors();
}

void say(std::string_view text) {
  const std::string line = fmt::format("tautrack: {}\n", printable(text));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int fail(std::string_view reason) {
  say(reason);
  return exit_unusable;
}

}  // namespace tautrack::program
