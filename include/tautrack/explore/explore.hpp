#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/communicator.hpp"
#include "tautrack/core/stop_condition.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/explore/memo.hpp"
#include "tautrack/infinity/infinite_point.hpp"
#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/network/perceptron.hpp"
#include "tautrack/network/stationary_point.hpp"
#include "tautrack/path/natural_path.hpp"

namespace tautrack {

/// What an exploration may cost and when it ends by itself.
struct ExploreOptions {
  std::uint64_t seed = 0;
  /// Rounds without news after which it ends; four times as many while forced_index_sum() says that points are missing. > 0.
  int quiet_rounds = 6;
  long max_curves = 1000000;  ///< > 0.
  long max_points = 1000000;  ///< Stationary points, copies not counted. > 0.
  int max_steps = 2000;       ///< Of one curve, both ways counted apart. > 0.
  int descent_directions =
      2;                  ///< Negative eigenvectors of a saddle that are descended along. >= 0.
  double seconds = 60.0;  ///< Wall time. > 0.
  int threads = 1;        ///< >= 1. A run that ends by itself gives the same list for any number.
  bool certify = true;    ///< Prove each point, if the library can (Certifier::available()).
  StopCondition stop;     ///< Ends the run early, with what it has.
  /// What was done before, and is not done again; nothing: all is done. On several ranks the first
  /// one recalls, and each takes notes of what it does itself.
  ExploreMemo* memo = nullptr;
  /// Ranks that share the work, each with as many threads; nothing: this one is alone. explore() is
  /// then collective: all ranks call it with the same arguments and get the same, and where one is
  /// out of time or asked to stop all end.
  Communicator* ranks = nullptr;
  /// Called several times a round, from the calling thread: points so far, curves so far, quiet rounds.
  std::function<void(long, long, int)> progress;

  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// What kind of curve led from one stationary point to another.
enum class CurveKind {
  given,    ///< None: the caller named the point.
  natural,  ///< H(w, tau) = 0, the natural homotopy.
  branch,   ///< The same, on another branch.
  newton,   ///< grad E(w) = lambda a.
  target,   ///< grad E(w; y(t)) = 0 with targets that move.
  descent,  ///< Energy falls, from a saddle along a direction of negative curvature.
  far_line  ///< None: a zero of the energy's derivative along a line to infinity on which n - 1 patterns have their targets.
};

[[nodiscard]] std::string_view to_string(CurveKind kind) noexcept;

/// A piece of curve between two stationary points, or from one to infinite weights.
struct Link {
  CurveKind kind = CurveKind::newton;
  int from = -1;  ///< Index into Exploration::points; -1: the linear network.
  int to = -1;    ///< Index into Exploration::points; -1: infinite weights.
};

/// Where a curve ran away to infinite weights.
struct Escape {
  CurveKind kind = CurveKind::newton;
  int from = -1;        ///< As of a Link.
  InfinitePoint limit;  ///< The ray along which the curve was left.
};

enum class ExploreEnd {
  quiet,     ///< `quiet_rounds` rounds found nothing new.
  budget,    ///< Curves, points or seconds are used up.
  cancelled  ///< The stop token.
};

/// The stationary points found and the curves that join them.
struct Exploration {
  std::vector<StationaryPoint> points;  ///< By energy.
  std::vector<Link> links;              ///< In the order found, each pair once per kind.
  std::vector<Escape> escapes;
  NaturalPath path;  ///< The natural path that it started from.
  ExploreEnd end = ExploreEnd::quiet;
  std::string message;  ///< One sentence.
  int rounds = 0;
  long curves = 0;         ///< Traced, both ways together.
  long failed_curves = 0;  ///< Ended before they closed or ran away.
  long spurious = 0;       ///< Landings that were no stationary points and thrown away.
  long steps = 0;
  long descents = 0;
  double seconds = 0.0;  ///< Those before the last interruption included.
};

/// Looks for all stationary points of the energy at tau = 1 by following curves from known ones.
/// @param starts Weights near stationary points to start from, s each.
/// @throws std::invalid_argument when an option breaks its rule, or patterns are split among ranks.
/// @throws CommunicationError when ranks are lost, or not in step because their arguments, or their
///         processors and with them roundings, differ.
[[nodiscard]] Exploration explore(const Perceptron& network, const ExploreOptions& options = {},
                                  const std::vector<Vector>& starts = {});

/// The same for a network with a hidden layer; weights as HiddenLayer::weights() has them. The points that the symmetries of
/// the units, up to 2^h h! of them, and those of the data (data_symmetries()) make of one are in the list once, with
/// their number in StationaryPoint::copies: the one whose units come in falling order of their output weights stands for all
/// of them, and a link says that a curve joins some copies of its ends. Curves may lead far out and come back, the farther
/// the smaller the ridge; there is nothing at infinity, so that an escape says no more than that a curve was left there.
///
/// @throws std::invalid_argument as above, and unless there is a ridge above zero on all hidden and output weights
/// and, where the outputs are sigmoids, on a fitted output bias: without, stationary points form continua (units
/// that are equal, or whose output weights are zero).
[[nodiscard]] Exploration explore(const HiddenLayer& network, const ExploreOptions& options = {},
                                  const std::vector<Vector>& starts = {});

/// The sum of (-1)^index over all stationary points at tau = 1, where topology forces it: 1 with a
/// ridge on all weights, and with all targets inside the range (the gradient points outwards, in
/// the sense of a common direction, along a large sphere; docs/theory.md, sections 3 and 9).
/// Nothing otherwise.
[[nodiscard]] std::optional<int> forced_index_sum(const Perceptron& network);

}  // namespace tautrack
