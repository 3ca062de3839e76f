#pragma once

#include <string>

#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/path/audit.hpp"
#include "tautrack/path/branch_tree.hpp"

namespace tautrack {

/// What tells two trees of branches of one network apart, in words: how many branches and pitchforks they have, and of the
/// first pitchfork or branch that differs what it is: where it lies; its symmetry, how it ends, its folds (but of one that meets a
/// branch with more symmetry), its end but for copies under symmetries. Empty when nothing does. A branch that came to no end
/// of its own in one of them says nothing but its symmetry.
[[nodiscard]] std::string tree_difference(const HiddenLayer& network, const BranchTree& tree,
                                          const BranchTree& other);

/// Follows all branches once more with tighter steps, if the level asks for it, and compares: what differs is suspect, and
/// nothing is replaced. Suspicion falls on trees with a pitchfork or a fold. Evidence and no proof.
/// @param tree Of track_branches() with these options. One that ended early is not audited; a time that is up in between leaves it
/// unsuspicious, which the message says.
/// @throws std::invalid_argument as track_branches() does.
[[nodiscard]] PathAudit audit_tree(const HiddenLayer& network, const BranchTreeOptions& options,
                                   AuditLevel level, const BranchTree& tree);

}  // namespace tautrack
