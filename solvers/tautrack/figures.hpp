#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/options.hpp"

namespace CLI {
class App;
}

namespace tautrack::program {

/// How figures are drawn.
enum class PictureFormat { svg, png, pdf, html };
[[nodiscard]] std::string_view to_string(PictureFormat format) noexcept;

/// What the user asks of `tautrack figures`.
struct FiguresRequest {
  std::vector<std::string> names;  ///< Empty: all.
  std::string folder = "figures";
  PictureFormat format = PictureFormat::svg;
  NetworkRequest network;  ///< Its file is empty: the data of the thesis.
  /// An option about data or network that was given; it makes no sense without data.
  std::string network_option;
  bool train = false;
  std::uint64_t seed = 0;
  int threads = 1;  ///< Figures that are made at the same time. > 0.
  bool quiet = false;
};

/// Adds the subcommand with all its options.
CLI::App& add_figures_command(CLI::App& program, FiguresRequest& request);

/// Makes the figures and writes them into the folder. Returns the exit status.
/// @throws UsageError, DataError: an unusable request; nothing is written.
int run_figures(FiguresRequest request);

}  // namespace tautrack::program
