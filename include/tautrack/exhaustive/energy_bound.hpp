#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// What a lower bound of the energy may cost.
struct EnergyBoundOptions {
  double seconds = 10.0;      ///< Wall time. > 0.
  long max_nodes = 10000000;  ///< Nodes looked at. > 0.
  /// An energy that weights come as near to as one likes, without having it: at infinite ones.
  std::optional<double> infimum;
  int threads = 1;     ///< >= 1. What a search that ends by itself comes to does not depend on it.
  StopCondition stop;  ///< Ends the search early, with what it has.
  /// Called now and then from the calling thread: the bound, the energy that it is to reach, nodes looked at, nodes left.
  std::function<void(double, double, long, long)> progress;
  /// Called from the calling thread, every so many seconds and when a stop ends the search, with all that it has come to.
  std::function<void(const std::vector<double>&)> checkpoint;
  double checkpoint_seconds = 10.0;  ///< >= 0.
  /// What a checkpoint of a search for the same problem, start, infimum and known minima was given: it goes on there, and
  /// comes to the same, to the bit; its time counts. Anything else is ignored.
  std::vector<double> resume;

  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// A minimum that is proven to exist.
struct KnownMinimum {
  Vector weights;       ///< s
  double radius = 0.0;  ///< A minimum lies within this distance of `weights`.
};

/// What a lower bound of the energy came to.
struct EnergyBound {
  /// Proven: no weights, finite or infinite, have less energy. At least the sum of what each pattern has at least.
  double bound = 0.0;
  double best = 0.0;    ///< Proven: some finite weights have no more energy than this.
  Vector best_weights;  ///< s, those weights.
  /// Proven: no weights have less energy than the lowest of the known minima. Its energy then is the bound but for what
  /// is not known of its digits.
  bool is_global = false;
  long nodes = 0;  ///< Looked at.
  long left = 0;   ///< Not done.
  double seconds = 0.0;
  std::string message;  ///< One sentence.
};

/// A lower bound of the energy at tau = 1 over all weights by branch and bound on the node inputs u_i = x_i.w.
///
/// A node of the tree is an interval, perhaps infinite, for each u_i. The energy is a sum of functions phi_i(u_i), and for
/// any multipliers mu with sum mu_i x_i = 0 it is at least sum min { phi_i(u) - mu_i u }, the minima over the intervals: weak
/// duality. Good multipliers are those of the convex problem with the convex envelopes of the phi_i in their place (Udell &
/// Boyd, Maximizing a sum of sigmoids, 2013), which is solved in rounded numbers; the bound is computed from them in
/// intervals, with multipliers corrected so that the sum is zero exactly (after Neumaier & Shcherbina, Safe bounds in linear
/// and mixed-integer programming, Math. Program. 99, 2004). Intervals are tightened to what energies below the best leave, and split
/// where envelope and function differ most. A node in which the energy is strictly convex, on the hull with the known minimum,
/// is done: nothing in it is lower than that.
///
/// @param start Weights, s, of a good fit: the lower its energy, the fewer nodes.
/// @param known The minima of which one may be the lowest: the best that is known, and those that tie with it to rounding.
/// Empty: only the bound is asked for.
/// @throws std::invalid_argument when an option breaks its rule, sizes disagree, or patterns are split among ranks.
[[nodiscard]] EnergyBound bound_energy(const Perceptron& network, const Vector& start,
                                       const std::vector<KnownMinimum>& known = {},
                                       const EnergyBoundOptions& options = {});

}  // namespace tautrack
