#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "tautrack/path/natural_path.hpp"

namespace tautrack {

/// The natural paths of many networks; paths[i] belongs to networks[i], whatever the number of threads. Small problems in
/// numbers are what it is for: the threads share the paths out among themselves, a few at a time. Large ones gain more from
/// threads within each pass over the data.
///
/// Networks of up to 6 unknowns and 128 patterns are followed several at once, each in a lane of the processor's vectors, under
/// the conditions of track_natural() for paths as functions of tau: to the same ends, up to rounding, in other steps. What
/// does not meet them, and folds above all, is left to track_natural(). No path depends on those beside it, to the last bit,
/// and those of the same shape are followed together in whatever order they come. Once options.stop is met, paths that
/// have not arrived have the status stopped_by_observer, and those that are followed so have no points.
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

/// The paths of a batch in one piece of memory: a NaturalPath by itself takes as long to build and to free as some paths
/// take to follow. Can be moved, not copied.
class BatchPaths {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

  [[nodiscard]] TrackStatus status(std::size_t i) const;
  [[nodiscard]] bool ok(std::size_t i) const { return status(i) == TrackStatus::reached_target; }
  [[nodiscard]] Index folds(std::size_t i) const;

  /// s, those of PathEnd; empty where the path has no end. Valid as long as this is.
  [[nodiscard]] Eigen::Map<const Vector> weights(std::size_t i) const;
  /// The energy there; NaN where the path has no end.
  [[nodiscard]] double energy(std::size_t i) const;

  /// All that track_natural_batch() says of it.
  [[nodiscard]] NaturalPath path(std::size_t i) const;

 private:
  friend class BatchStore;

  /// A record of path/lane_paths.hpp, or a whole path.
  struct Entry {
    const double* record = nullptr;
    const NaturalPath* whole = nullptr;
  };
  std::vector<Entry> entries_;
  std::vector<std::unique_ptr<double[]>> records_;
  std::vector<std::unique_ptr<const NaturalPath>> wholes_;
};

/// The same paths as those of track_natural_batch(), to the last bit, without a NaturalPath for each.
[[nodiscard]] BatchPaths track_natural_compact(std::span<const Perceptron> networks,
                                               const TrackOptions& options = {}, int threads = 1);
[[nodiscard]] BatchPaths track_natural_compact(const Perceptron& network, const Matrix& targets,
                                               const TrackOptions& options = {}, int threads = 1);

}  // namespace tautrack
