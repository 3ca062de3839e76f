#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/tracker/result.hpp"

namespace tautrack {

/// What a tree of branches may cost.
struct BranchTreeOptions {
  int max_branches = 200;  ///< > 0.
  int max_steps = 2000;    ///< Of one branch. > 0.
  double seconds = 10.0;   ///< Wall time. > 0.
  StopCondition stop;      ///< Ends it early, with what it has.

  /// Nothing when usable; else one sentence with the field, its value and the rule it breaks.
  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// A point of a branch.
struct BranchSample {
  double tau = 0.0;
  double energy = 0.0;
  std::optional<int> morse_index;  ///< Of the whole network.
  Vector weights;                  ///< As HiddenLayer::weights(), of the whole network.
};

/// Where symmetry breaks on a branch: a pitchfork.
struct Pitchfork {
  int on = 0;          ///< The branch that it lies on.
  bool wakes = false;  ///< Units without weights get some; else equal units come to differ.
  Index units = 0;     ///< How many units have been dead, or equal, so far.
  double tau_error = 0.0;
  BranchSample at;
};

/// A curve of stationary points of the natural homotopy, followed within the weights that have its symmetry.
struct Branch {
  /// Numbers of units that are equal, largest first; all others are dead: their weights are zero.
  std::vector<Index> equal;
  int from = -1;  ///< The pitchfork that it sets out from; -1: a solution at tau = 0.
  std::vector<BranchSample> points;
  std::vector<BranchSample> folds;
  TrackStatus status = TrackStatus::not_started;
  std::string message;
  std::optional<BranchSample> end;  ///< At tau = 1, if it arrives.
};

/// The branches of the natural homotopy of a hidden layer.
struct BranchTree {
  std::vector<Branch> branches;
  std::vector<Pitchfork> pitchforks;
  bool finished = false;  ///< No branch is left to be followed, and all pitchforks are located.
  std::string message;    ///< One sentence.
};

/// Follows the natural homotopy of a hidden layer, penalties included, from its symmetric solutions at tau = 0, and from
/// every pitchfork on the way (docs/theory.md, section 12).
///
/// With one output the solutions of the linear network are 0 and, where |A'C y| stands against the penalties, a sphere: all
/// weights that are (W, b) = (q, 1) v' up to lengths, v (h) on a sphere. The homotopy leaves of it those with
/// v in the directions of m equal units, m = 1 ... h, all others dead. Each of these lies in a space of symmetric weights
/// in which the network is one with fewer units, whose path is regular; what breaks the symmetry is seen in the
/// part of the Hessian across that space, and located where an eigenvalue of it vanishes: of the dead units where a
/// singular value of A'(dE/dP) is the root of the penalties' product, of equal ones where the curvature of one of them does.
/// There a branch with fewer equal units begins, which is followed in the same way. Mirror images are not followed twice.
///
/// @throws std::invalid_argument when an option breaks its rule, and with the sentence of why_no_branches(), if there is one.
[[nodiscard]] BranchTree track_branches(const HiddenLayer& network,
                                        const BranchTreeOptions& options = {});

/// Why this network has no tree, or nothing: it needs one output, an odd activation, and a ridge on all hidden and output
/// weights that is the same for all units.
[[nodiscard]] std::optional<std::string> why_no_branches(const HiddenLayer& network);

}  // namespace tautrack
