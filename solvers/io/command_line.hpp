#pragma once

#include <string>
#include <vector>

#include "io/command.hpp"

namespace tautrack::program {

/// What the help of the whole program says.
struct ProgramText {
  std::string about;    ///< Above the list of subcommands.
  std::string more;     ///< Below it.
  std::string version;  ///< What --version prints.
};

/// Reads the command line of the program tautrack. Returns the subcommand that it names, whose options
/// have taken effect; a null pointer when it asked for help or the version, which was written to
/// standard output.
/// @throws UsageError
[[nodiscard]] const Command* read_command_line(const ProgramText& text,
                                               std::vector<Command>& commands, int argc,
                                               char** argv);

/// Has the subcommand take these arguments, as if they stood behind its name on a command line.
/// @throws UsageError
void read_arguments(Command& command, std::vector<std::string> arguments);

}  // namespace tautrack::program
