#pragma once

#include "io/command.hpp"

namespace tautrack::program {

/// What the help says of the subcommand that is a program of its own.
[[nodiscard]] Command figures_in_help();

/// Where the command line asks for figures, runs the program that draws them, tautrack-figures, in place
/// of this one, and does not return. Returns where something else is asked for, or the help of a program
/// that is not there.
/// @throws UsageError: the program is not there, or cannot be started.
void become_figures_program(int argc, char** argv);

}  // namespace tautrack::program
