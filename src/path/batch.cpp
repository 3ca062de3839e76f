#include "tautrack/path/batch.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>

#include "core/parallel.hpp"

namespace tautrack {

namespace {

/// Paths that a thread takes at a time: enough to leave the counter alone, few enough to end
/// together.
constexpr std::size_t kShare = 8;

/// paths[i] = path_of(i), on several threads.
template <class PathOf>
std::vector<NaturalPath> track_all(std::size_t count, int threads, const PathOf& path_of) {
  if (threads < 1)
    throw std::invalid_argument("threads must be >= 1, got " + std::to_string(threads));
  std::vector<NaturalPath> paths(count);
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto work = [&](int) {
    try {
      for (std::size_t first = next.fetch_add(kShare); first < count;
           first = next.fetch_add(kShare))
        for (std::size_t i = first; i < std::min(first + kShare, count); ++i) paths[i] = path_of(i);
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      failure = std::current_exception();
      next = count;
    }
  };
  Team(threads).for_each(threads, work);
  if (failure) std::rethrow_exception(failure);
  return paths;
}

}  // namespace

std::vector<NaturalPath> track_natural_batch(std::span<const Perceptron> networks,
                                             const TrackOptions& options, int threads) {
  return track_all(networks.size(), threads,
                   [&](std::size_t i) { return track_natural(networks[i], options); });
}

std::vector<NaturalPath> track_natural_batch(const Perceptron& network, const Matrix& targets,
                                             const TrackOptions& options, int threads) {
  return track_all(static_cast<std::size_t>(targets.cols()), threads, [&](std::size_t j) {
    return track_natural(network.with_targets(targets.col(static_cast<Index>(j))), options);
  });
}

}  // namespace tautrack
