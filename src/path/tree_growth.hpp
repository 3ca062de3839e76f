#pragma once

#include "tautrack/path/branch_tree.hpp"
#include "tautrack/path/natural_path.hpp"

namespace tautrack {

/// track_branches() with other steps. @param steps How curves are followed; max_steps and stop are those of `options`.
[[nodiscard]] BranchTree track_branches(const HiddenLayer& network,
                                        const BranchTreeOptions& options,
                                        const TrackOptions& steps);

}  // namespace tautrack
