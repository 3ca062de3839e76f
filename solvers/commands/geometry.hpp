#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/fits/all_fits.hpp"
#include "tautrack/geometry/curvature.hpp"
#include "tautrack/geometry/curvature_supremum.hpp"
#include "tautrack/geometry/uniqueness.hpp"
#include "tautrack/infinity/strata.hpp"
#include "tautrack/path/natural_path.hpp"

#include "commands/outputs.hpp"
#include "io/command.hpp"
#include "io/data.hpp"
#include "io/options.hpp"

namespace tautrack::program {

/// What the user asks of `tautrack geometry`.
struct GeometryRequest {
  NetworkRequest network;
  double tau = 1.0;                       ///< In [0, 1].
  std::optional<std::vector<double>> at;  ///< s weights, user's units; else the end of the path.
  CurvatureOptions curvature;
  SupremumOptions supremum;
  StrataOptions strata;
  std::uint64_t seed = 0;
  int threads = 1;  ///< > 0
  OutputRequest outputs;
};

/// Where an examined point comes from.
enum class PointSource { natural_path, linear_fit, given_weights, best_fit };
[[nodiscard]] std::string_view to_string(PointSource source) noexcept;

/// The data manifold at one point.
struct ExaminedPoint {
  PointSource source = PointSource::natural_path;
  Vector v;        ///< n
  Vector weights;  ///< s, user's units.
  /// Its plateaus, where one is fitted; then best_fit, given_weights and, where the search has found nothing, natural_path
  /// are all there is.
  std::optional<Range> range;
  /// By how much given weights were moved to the stationary point at them, in node inputs, relative to one unit or
  /// their size (with a fitted plateau: that of what they are summed from).
  double moved = 0.0;
  bool is_stationary = true;
  double gradient_norm = 0.0, gradient_scale = 0.0;  ///< As PathEnd has them.
  double energy = 0.0;
  double distance = 0.0;           ///< |y - z|, the ridge term included.
  double normal_distance = 0.0;    ///< Of the normal part of y - z.
  std::optional<int> morse_index;  ///< Of the Hessian; nothing when an eigenvalue has no sign.

  /// Principal curvatures in the direction of the normal part of y - z, the largest first; empty
  /// where that is zero to rounding.
  Vector curvatures;
  Matrix directions;  ///< s x n, user's units: the moves that they belong to, of speed |dz| = 1.
  Matrix range_directions;  ///< 2 x n, low and high: those of the plateaus, where one is fitted.
  /// Curvatures times normal_distance above one: the Morse index at a stationary point. Nothing
  /// when one of them is one to rounding.
  std::optional<int> focal_index;

  LargestCurvature largest;
  Vector largest_direction;        ///< s, user's units; empty when flat.
  Vector largest_range_direction;  ///< 2, where a plateau is fitted; empty when flat.
  BatesWatts bates_watts;
};

/// What one problem came to.
struct ExaminedProblem {
  DataFacts facts;
  Index ambient = 0;                   ///< m
  Index dimension = 0;                 ///< n
  std::optional<NaturalPath> path;     ///< Nothing with given weights and at tau = 0.
  std::optional<ExaminedPoint> point;  ///< Nothing when the path has no end.
  std::optional<AllFits> fits;  ///< Where an end of the range is fitted, unless weights are given.
  /// Nothing where an end of the range is fitted, as for the three after it.
  std::optional<CurvatureSupremum> supremum;
  std::optional<UniquenessCertificate> certificate;  ///< Of a stationary point.
  StrataResult strata;                               ///< At tau = 1.
  double strata_in_general = 0.0;  ///< Strata at infinity of as many patterns in general position.
  std::vector<std::string> unresolved;  ///< Sentences: what is missing, and why.

  [[nodiscard]] bool is_solved() const { return unresolved.empty(); }
};

/// The subcommand with all its options, which fill the request.
[[nodiscard]] Command geometry_command(GeometryRequest& request);

/// Refuses options that the network of the request does not go with.
/// @throws UsageError
void check_request(const GeometryRequest& request);

/// Refuses weights to examine that are not as many as the data have.
/// @throws UsageError
void check_data(const GeometryRequest& request, const Data& data);

/// Examines all problems. The largest curvature of a data manifold is looked for once, for all problems
/// in a row that are over the same inputs.
/// @throws DataError, std::invalid_argument
[[nodiscard]] std::vector<ExaminedProblem> examine_all(GeometryRequest request, const Data& data);

/// Runs the subcommand and writes its results. Returns the exit status.
/// @throws UsageError, DataError, std::invalid_argument: unusable input, option or output.
int run_geometry(GeometryRequest request);

}  // namespace tautrack::program
