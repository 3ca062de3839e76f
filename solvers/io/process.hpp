#pragma once

#include <string_view>

namespace tautrack::program {

/// What a program does first: writing to a reader that went away, or beyond a limit on the size of
/// files, is to show as an error of write(), and the standard descriptors are to be open.
void prepare_process();

/// Writes "tautrack: TEXT" as a line on standard error.
void say(std::string_view text);

/// Says why the program ends without a result. Returns the exit status, exit_unusable.
int fail(std::string_view reason);

}  // namespace tautrack::program
