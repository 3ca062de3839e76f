#pragma once

#include <span>
#include <vector>

#include "tautrack/path/natural_path.hpp"

namespace tautrack {

/// The natural paths of many networks, each as track_natural() follows it; paths[i] belongs to
/// networks[i], whatever the number of threads. Small problems in numbers are what it is for: the
/// threads share the paths out among themselves, a few at a time. Large ones gain more from threads
/// within each pass over the data.
///
/// @param threads >= 1; without oneTBB the calling thread does everything.
/// @throws std::invalid_argument as track_natural() does.
[[nodiscard]] std::vector<NaturalPath> track_natural_batch(std::span<const Perceptron> networks,
                                                           const TrackOptions& options = {},
                                                           int threads = 1);

/// The natural paths of one network for many targets over the same inputs, whose column space is shared;
/// paths[j] belongs to column j.
/// @param targets L x number of problems, finite.
/// @throws DataError when the targets do not fit; std::invalid_argument as track_natural() does.
[[nodiscard]] std::vector<NaturalPath> track_natural_batch(const Perceptron& network,
                                                           const Matrix& targets,
                                                           const TrackOptions& options = {},
                                                           int threads = 1);

}  // namespace tautrack
