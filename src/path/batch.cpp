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

}  // namespace

std::vector<NaturalPath> track_natural_batch(std::span<const Perceptron> networks,
                                             const TrackOptions& options, int threads) {
  if (threads < 1)
    throw std::invalid_argument("threads must be >= 1, got " + std::to_string(threads));
  std::vector<NaturalPath> paths(networks.size());
  std::atomic<std::size_t> next = 0;
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto work = [&](int) {
    try {
      for (std::size_t first = next.fetch_add(kShare); first < networks.size();
           first = next.fetch_add(kShare))
        for (std::size_t i = first; i < std::min(first + kShare, networks.size()); ++i)
          paths[i] = track_natural(networks[i], options);
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      failure = std::current_exception();
      next = networks.size();
    }
  };
  Team(threads).for_each(threads, work);
  if (failure) std::rethrow_exception(failure);
  return paths;
}

}  // namespace tautrack
