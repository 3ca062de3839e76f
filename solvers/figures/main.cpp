#include <exception>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "figures/command.hpp"
#include "io/command_line.hpp"
#include "io/process.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {
namespace {

/// Reads the command line, which is that of `tautrack figures`, and makes the figures.
int run(int argc, char** argv) {
  FiguresRequest request;
  std::vector<Command> commands{figures_command(request)};
  std::string name = commands.front().name();
  std::vector<char*> arguments(argv, argv + argc);
  arguments.insert(arguments.begin() + 1, name.data());
  const Command* const command =
      read_command_line({}, commands, static_cast<int>(arguments.size()), arguments.data());
  return command == nullptr ? exit_solved : run_figures(*command, std::move(request));
}

}  // namespace
}  // namespace tautrack::program

int main(int argc, char** argv) {
  using tautrack::program::fail;
  tautrack::program::prepare_process();
  try {
    return tautrack::program::run(argc, argv);
  } catch (const std::bad_alloc&) {
    return fail("there is not enough memory");
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}
