#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/network/perceptron.hpp"
#include "tautrack/network/stationary_point.hpp"

namespace tautrack {

/// An axis-parallel box of weights, in the user's units.
struct Box {
  Vector low, high;  ///< s, low <= high.
};

/// What an exhaustive search may cost.
struct SearchOptions {
  std::optional<Box>
      box;                ///< Where to look; nothing: a region proven to hold all finite solutions.
  double seconds = 10.0;  ///< Wall time. > 0.
  /// From a quarter of the time on it ends, too, where less is done than its even share.
  bool gives_up = false;
  long max_boxes = 20000000;         ///< Boxes looked at. > 0.
  std::size_t max_undecided = 1000;  ///< Undecided boxes that are listed; their number is exact.
  int threads = 1;     ///< >= 1. The result of a search that ends by itself does not depend on it.
  StopCondition stop;  ///< Ends the search early, with what it has.
  /// Called now and then, from one thread at a time: boxes looked at, boxes left, share done in [0, 1].
  std::function<void(long, long, double)> progress;

  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// What an exhaustive search came to.
struct SearchResult {
  std::vector<StationaryPoint> points;  ///< By energy, each certified.
  Box region;                           ///< Where it looked.
  bool finished = false;          ///< No box is left undecided: `points` are all in the region.
  bool region_holds_all = false;  ///< Proven: outside the region there is no stationary point.
  std::string region_reason;      ///< Which theorem, or why it could not be proven.
  std::vector<Box> undecided;     ///< At most max_undecided of them, the largest first.
  long undecided_count = 0;
  long boxes = 0;  ///< Looked at.
  double seconds = 0.0;
  std::string message;  ///< One sentence.
};

/// Interval branch and bound for all stationary points at tau = 1: a box is thrown away when the gradient
/// is proven to have no zero in it, by intervals, by signs or by lines around what each pattern contributes
/// (docs/theory.md, section 7), taken when a Krawczyk test proves one solution in it, and cut otherwise
/// (Moore 1966; Krawczyk 1969; Neumaier, Interval Methods for Systems of Equations, 1990). The doubles of the problem are taken exactly. Boxes are parallelepipeds along
/// patterns, so that the strips in which one pattern is not saturated yet take few of them, however
/// far out they reach.
///
/// For at most six independent weights; more, or a ridge term with dependent columns, are refused
/// in `message`. Without a box the region holds all stationary points when every target is inside
/// the range of the activation (they lie in the hull of the solutions of the square subsystems of
/// x_i.w = sigma^-1(y_i): Jacobi 1841), when the ridge term is on every weight, or when there is
/// none at all. Energies and eigenvalues come from ball arithmetic at the point itself, with the signs
/// that morse_index, which is proven, says; without the library FLINT they are rounded, and eigenvalues
/// are left empty where rounding has changed a sign. A degenerate point cannot be certified and stays in
/// an undecided box.
///
/// Cost: milliseconds for two weights, tenths of a second for three, seconds for four and five, for some ten
/// patterns, and minutes for four and tens of patterns; memory for n - 1 of L patterns in combination, at most
/// 5000 of them, for as many bases, and for the boxes that wait.
/// @throws std::invalid_argument when an option breaks its rule, or patterns are split among ranks.
[[nodiscard]] SearchResult search_exhaustively(const Perceptron& network,
                                               const SearchOptions& options = {});

/// The same for a network with a hidden layer of at most nine weights, as HiddenLayer::weights() has them; all copies of a
/// point under the symmetries of the units are points. Without a box the region holds all stationary points when
/// there is a ridge on all hidden and output weights and, of sigmoid outputs, on a fitted output bias; otherwise it
/// is refused in `message`. Linear outputs tell their weights from the hidden ones, so that only these are cut
/// (variable projection: Golub & Pereyra, SIAM J. Numer. Anal. 10, 1973). Cost: of one unit with one input and a bias
/// tenths of a second at a ridge of 0.1, seconds at 0.01; more inputs or units as a rule do not come to an end.
/// @throws std::invalid_argument when an option breaks its rule, or the box is none of these weights.
[[nodiscard]] SearchResult search_exhaustively(const HiddenLayer& network,
                                               const SearchOptions& options = {});

}  // namespace tautrack
