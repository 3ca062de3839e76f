#include "tautrack/figures_program.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "io/usage_error.hpp"

namespace tautrack::program {
namespace {

constexpr std::string_view subcommand = "figures";

/// The program of the figures, which is built and installed beside this one.
std::string figures_program() {
  std::error_code error;
  const std::filesystem::path here = std::filesystem::read_symlink("/proc/self/exe", error);
  return (here.parent_path() / "tautrack-figures").string();
}

std::string how_to_build() {
  return fmt::format(
      "figures are drawn by a program of their own, {}, which is not there: build the target "
      "tautrack_figures_program (cmake --build FOLDER --target tautrack_figures_program)",
      figures_program());
}

}  // namespace

Command figures_in_help() {
  return {std::string(subcommand), "figures of the geometry, and the data behind them",
          "Here " + how_to_build() + "."};
}

void become_figures_program(int argc, char** argv) {
  if (argc < 2 || argv[1] != subcommand) return;
  std::string name = figures_program();
  std::vector<char*> arguments{name.data()};
  arguments.insert(arguments.end(), argv + 2, argv + argc);
  arguments.push_back(nullptr);
  ::execv(name.c_str(), arguments.data());
  if (errno != ENOENT)
    throw UsageError(
        fmt::format("{} cannot be started: {}", name, std::generic_category().message(errno)));
  const bool asks_for_help = std::any_of(argv + 2, argv + argc, [](std::string_view argument) {
    return argument == "--help" || argument == "-h";
  });
  if (!asks_for_help) throw UsageError(how_to_build());
}

}  // namespace tautrack::program
