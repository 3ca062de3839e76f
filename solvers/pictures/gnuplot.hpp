#pragma once

#include <string>
#include <string_view>

namespace tautrack::program {

/// Runs gnuplot (Debian package gnuplot-nox) on a script and returns what it wrote to its standard
/// output. Neither a shell nor a named file is involved. @throws UsageError with gnuplot's own
/// words.
[[nodiscard]] std::string run_gnuplot(const std::string& script);

/// A gnuplot expression for the text, in which nothing is special: no escapes, no substitution.
[[nodiscard]] std::string gnuplot_string(std::string_view text);

}  // namespace tautrack::program
