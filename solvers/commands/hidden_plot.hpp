#pragma once

#include <string>
#include <vector>

#include "tautrack/fits/all_fits.hpp"

#include "io/options.hpp"

namespace tautrack::program {

/// What a picture shows of one problem of a network with a hidden layer.
struct HiddenDrawing {
  std::string name;
  const AllFits* fits = nullptr;     ///< Families by Morse index and energy; null: none are drawn.
  const BranchTree* tree = nullptr;  ///< Energies of the branches against tau; null: there is none.
};

/// The bytes of the picture, in the format that the ending of the file's name asks for: a row of panels a problem.
/// @param source Of the data. @throws UsageError when gnuplot fails.
[[nodiscard]] std::string hidden_plot(const std::string& file, const NetworkRequest& request,
                                      const std::string& source,
                                      const std::vector<HiddenDrawing>& drawings);

}  // namespace tautrack::program
