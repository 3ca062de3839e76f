#include "tautrack/path/tree_audit.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/numbers.hpp"
#include "core/text.hpp"
#include "network/layer_symmetry.hpp"
#include "path/audited.hpp"
#include "path/tree_growth.hpp"

namespace tautrack {

namespace {

bool is_same_tau(double a, double b, double stated_errors) {
  const double allowed = kSameAuditedFold * (1.0 - std::min(a, b)) + stated_errors;
  return std::abs(a - b) <= allowed;
}

/// "fold 2 is at tau = 0.3 or 0.4".
std::string two_taus(const std::string& what, double a, double b) {
  return what + " is at tau = " + number(a) + " or " + number(b);
}

class TreeComparison {
 public:
  explicit TreeComparison(const HiddenLayer& network)
      : network_(network), work_(network), symmetry_(network) {}

  /// What tells two branches apart; empty: nothing.
  [[nodiscard]] std::string difference(const Branch& a, const Branch& b) {
    if (a.equal != b.equal || a.from != b.from) return "other units are equal or dead";
    if (!has_end(a) || !has_end(b)) return {};
    if (a.status != b.status)
      return "one ends with " + std::string(to_string(a.status)) + ", the other with " +
             std::string(to_string(b.status));
    // Where a branch meets one with more symmetry tau has an extremum as well, which one run takes for a fold.
    if (a.status == TrackStatus::closed_curve) return {};
    if (a.folds.size() != b.folds.size())
      return "one has " + counted(static_cast<long long>(a.folds.size()), "fold") + ", the other " +
             std::to_string(b.folds.size());
    for (std::size_t i = 0; i < a.folds.size(); ++i)
      if (!is_same_tau(a.folds[i].tau, b.folds[i].tau, kStatedErrors * kEpsilon))
        return two_taus("fold " + std::to_string(i + 1), a.folds[i].tau, b.folds[i].tau);
    if (a.end && b.end && (a.end->morse_index != b.end->morse_index || !are_copies(*a.end, *b.end)))
      return "they arrive at other points";
    return {};
  }

 private:
  [[nodiscard]] static bool has_end(const Branch& branch) {
    return branch.status == TrackStatus::reached_target ||
           branch.status == TrackStatus::closed_curve ||
           branch.status == TrackStatus::returned_to_start;
  }

  [[nodiscard]] bool are_copies(const BranchSample& a, const BranchSample& b) {
    const Vector x = network_.coordinates(a.weights);
    return symmetry_.any_image(network_.coordinates(b.weights), x, [&](const Vector& image) {
      return network_.relative_displacement(x, image - x, work_) <= kSameAuditedPoint;
    });
  }

  const HiddenLayer& network_;
  HiddenLayer::Workspace work_;
  LayerSymmetry symmetry_;
};

/// Why a tree deserves a second look; empty if nothing does.
std::string suspicion(const BranchTree& tree) {
  if (!tree.pitchforks.empty()) return "there are pitchforks";
  const bool folds = std::any_of(tree.branches.begin(), tree.branches.end(),
                                 [](const Branch& branch) { return !branch.folds.empty(); });
  return folds ? "a branch folds" : "";
}

long points_of(const BranchTree& tree) {
  std::size_t points = 0;
  for (const Branch& branch : tree.branches) points += branch.points.size();
  return static_cast<long>(points);
}

}  // namespace

std::string tree_difference(const HiddenLayer& network, const BranchTree& tree,
                            const BranchTree& other) {
  const auto numbers = [](const BranchTree& of) {
    return std::to_string(of.branches.size()) +
           (of.branches.size() == 1 ? " branch" : " branches") + " and " +
           counted(static_cast<long long>(of.pitchforks.size()), "pitchfork");
  };
  TreeComparison comparison(network);
  const std::size_t branches = std::min(tree.branches.size(), other.branches.size());
  const std::size_t forks = std::min(tree.pitchforks.size(), other.pitchforks.size());
  for (std::size_t k = 0; k < forks; ++k) {
    const Pitchfork &a = tree.pitchforks[k], &b = other.pitchforks[k];
    const std::string name = "pitchfork " + std::to_string(k + 1);
    if (a.on != b.on || a.wakes != b.wakes || a.units != b.units)
      return name + " is on another branch, or of other units";
    if (!is_same_tau(a.at.tau, b.at.tau, kStatedErrors * (a.tau_error + b.tau_error)))
      return two_taus(name, a.at.tau, b.at.tau);
  }
  for (std::size_t k = 0; k < branches; ++k) {
    const std::string found = comparison.difference(tree.branches[k], other.branches[k]);
    if (!found.empty()) return "branch " + std::to_string(k + 1) + ": " + found;
  }
  if (branches != std::max(tree.branches.size(), other.branches.size()) ||
      forks != std::max(tree.pitchforks.size(), other.pitchforks.size()))
    return "one has " + numbers(tree) + ", the other " + numbers(other);
  return {};
}

PathAudit audit_tree(const HiddenLayer& network, const BranchTreeOptions& options, AuditLevel level,
                     const BranchTree& tree) {
  PathAudit audit;
  const std::string why = suspicion(tree);
  if (level == AuditLevel::none || !tree.finished || (level == AuditLevel::suspects && why.empty()))
    return audit;
  TrackOptions steps;
  steps.max_steps = options.max_steps;
  steps = tightened(steps);
  BranchTreeOptions tighter = options;
  tighter.max_steps = steps.max_steps;
  const BranchTree second = track_branches(network, tighter, steps);
  audit.more_steps = points_of(second);
  const std::string begin = why.empty() ? "" : why + "; ";
  const std::string difference = tree_difference(network, tree, second);
  if (difference.empty()) {
    audit.verdict = AuditVerdict::confirmed;
    audit.message = begin + "followed again with tighter steps it is the same";
  } else if (options.stop.is_met()) {
    audit.message = begin + "the time was up before it was followed again with tighter steps";
  } else {
    audit.verdict = AuditVerdict::suspect;
    audit.message = begin + "followed again with tighter steps it is another one: " + difference;
  }
  return audit;
}

}  // namespace tautrack
