#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/options.hpp"
#include "pictures/format.hpp"

namespace tautrack::program {

/// What the user asks of `tautrack figures`.
struct FiguresRequest {
  std::vector<std::string> names;  ///< Empty: all.
  std::string folder = "figures";
  PictureFormat format = PictureFormat::svg;
  NetworkRequest network;  ///< Its file is empty: the data of the thesis.
  bool train = false;
  std::uint64_t seed = 0;
  int threads = 1;  ///< Figures that are made at the same time. > 0.
  bool quiet = false;
};

/// The subcommand with all its options, which fill the request.
[[nodiscard]] Command figures_command(FiguresRequest& request);

/// Makes the figures and writes them into the folder. Returns the exit status.
/// @throws UsageError, DataError: an unusable request; nothing is written.
/// @param command As it was read from the command line.
int run_figures(const Command& command, FiguresRequest request);

}  // namespace tautrack::program
