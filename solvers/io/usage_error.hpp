#pragma once

#include <stdexcept>

namespace tautrack::program {

/// An option or an output that cannot be used. what() is one sentence for the user; the program
/// ends with exit_unusable.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Exit statuses of the program, the same for every subcommand.
enum ExitStatus : int {
  exit_solved = 0,      ///< Everything that was asked for is there.
  exit_unresolved = 1,  ///< Something is unresolved or infinite; the output says what.
  exit_unusable = 2     ///< The input, an option or an output is unusable; nothing was written.
};

}  // namespace tautrack::program
