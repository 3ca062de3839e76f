#include "tautrack/path/batch.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>

#include "core/parallel.hpp"
#include "path/lane_paths.hpp"

namespace tautrack {

namespace {

/// Paths that a thread takes at a time: enough to leave the counter alone, few enough to end
/// together.
constexpr std::size_t kShare = 32;

/// How many paths ahead data are fetched: about as many as there are lanes.
constexpr std::size_t kAhead = 8;

/// Paths 0 ... count - 1, shared out among threads.
class Shares {
 public:
  explicit Shares(std::size_t count) : count_(count) {}

  /// The shares of one thread, one path after another.
  class Reader {
   public:
    explicit Reader(Shares& of) : of_(of) {}
    [[nodiscard]] std::optional<std::size_t> next() {
      if (at_ == last_) {
        at_ = std::min(of_.next_.fetch_add(kShare), of_.count_);
        last_ = std::min(at_ + kShare, of_.count_);
      }
      return at_ < last_ ? std::optional(at_++) : std::nullopt;
    }

   private:
    Shares& of_;
    std::size_t at_ = 0, last_ = 0;
  };

  /// No more of them.
  void close() { next_ = count_; }

 private:
  std::size_t count_;
  std::atomic<std::size_t> next_ = 0;
};

/// Many paths on one thread: those that lanes take in lanes, the others one by one.
/// @tparam Tasks count(), network(i), that of path i, task(i), the same for lanes, and for_lanes(i), whether they take it.
template <class Tasks>
class BatchWorker {
 public:
  BatchWorker(const Tasks& tasks, const TrackOptions& options, Shares& shares,
              std::vector<NaturalPath>& paths)
      : tasks_(tasks),
        options_(options),
        has_lanes_(LanePaths::take(options)),
        shares_(shares),
        paths_(paths) {}

  void run() {
    take_next();
    while (fill_lanes()) {
      if (options_.stop.is_met()) return stop();
      lanes_->step();
      for (int lane = 0; lane < lanes_->lanes(); ++lane) collect(lane);
    }
  }

 private:
  /// Follows what is not for lanes, up to the next path that is.
  void take_next() {
    for (waiting_ = shares_.next(); waiting_; waiting_ = shares_.next()) {
      tasks_.fetch(*waiting_);
      if (has_lanes_ && tasks_.for_lanes(*waiting_)) return;
      follow(*waiting_);
    }
  }

  void follow(std::size_t i) { paths_[i] = track_natural(tasks_.network(i), options_); }

  /// @return whether there is a path in a lane.
  bool fill_lanes() {
    bool is_busy = std::any_of(in_lane_.begin(), in_lane_.end(),
                               [](const auto& path) { return path.has_value(); });
    if (waiting_ && !is_busy) {
      const Perceptron& shape = *tasks_.task(*waiting_).network;
      if (!lanes_ || !lanes_->fits(shape)) lanes_.emplace(shape, options_);
      in_lane_.resize(static_cast<std::size_t>(lanes_->lanes()));
    }
    for (int lane = 0; lane < static_cast<int>(in_lane_.size()); ++lane) {
      std::optional<std::size_t>& path = in_lane_[static_cast<std::size_t>(lane)];
      if (path) continue;
      if (!waiting_ || !lanes_->fits(*tasks_.task(*waiting_).network)) break;
      path = waiting_;
      lanes_->put(lane, tasks_.task(*path));
      is_busy = true;
      take_next();
    }
    return is_busy;
  }

  void collect(int lane) {
    std::optional<std::size_t>& path = in_lane_[static_cast<std::size_t>(lane)];
    if (!path) return;
    switch (lanes_->outcome(lane)) {
      case LanePaths::Outcome::arrived:
        paths_[*path] = lanes_->path(lane);
        break;
      case LanePaths::Outcome::refused:
        follow(*path);
        break;
      case LanePaths::Outcome::idle:
      case LanePaths::Outcome::going:
        return;
    }
    path.reset();
  }

  /// The tracker, which looks at the stop before each step, says of the rest that it was stopped.
  void stop() {
    const auto leave = [this](std::size_t i) {
      paths_[i] = track_natural(tasks_.network(i), options_, [](const PathPoint&) { return true; });
    };
    for (const auto& path : in_lane_)
      if (path) leave(*path);
    for (; waiting_; waiting_ = shares_.next()) leave(*waiting_);
  }

  const Tasks& tasks_;
  const TrackOptions& options_;
  bool has_lanes_;
  Shares::Reader shares_;
  std::vector<NaturalPath>& paths_;
  std::optional<LanePaths> lanes_;
  std::vector<std::optional<std::size_t>> in_lane_;
  std::optional<std::size_t> waiting_;  ///< The next path for a lane.
};

template <class Tasks>
std::vector<NaturalPath> track_all(const Tasks& tasks, const TrackOptions& options, int threads) {
  if (threads < 1)
    throw std::invalid_argument("threads must be >= 1, got " + std::to_string(threads));
  std::vector<NaturalPath> paths(tasks.count());
  Shares shares(tasks.count());
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto work = [&](int) {
    try {
      BatchWorker<Tasks>(tasks, options, shares, paths).run();
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      failure = std::current_exception();
      shares.close();
    }
  };
  Team(threads).for_each(threads, work);
  if (failure) std::rethrow_exception(failure);
  return paths;
}

/// Networks of their own.
class ManyNetworks {
 public:
  explicit ManyNetworks(std::span<const Perceptron> networks) : networks_(networks) {}

  [[nodiscard]] std::size_t count() const { return networks_.size(); }
  [[nodiscard]] const Perceptron& network(std::size_t i) const { return networks_[i]; }
  [[nodiscard]] LaneTask task(std::size_t i) const { return {&networks_[i], nullptr}; }
  [[nodiscard]] bool for_lanes(std::size_t i) const { return LanePaths::take(networks_[i]); }
  void fetch(std::size_t i) const {
    if (i + 2 * kAhead < networks_.size())
      LanePaths::fetch(networks_[i + 2 * kAhead], networks_[i + kAhead]);
  }

 private:
  std::span<const Perceptron> networks_;
};

/// One network for many targets.
class ManyTargets {
 public:
  ManyTargets(const Perceptron& network, const Matrix& targets)
      : network_(network),
        targets_(targets),
        for_lanes_(targets.rows() == network.rows() && LanePaths::take(network)) {}

  [[nodiscard]] std::size_t count() const { return static_cast<std::size_t>(targets_.cols()); }
  [[nodiscard]] Perceptron network(std::size_t i) const {
    return network_.with_targets(targets_.col(static_cast<Index>(i)));
  }
  [[nodiscard]] LaneTask task(std::size_t i) const {
    return {&network_, targets_.col(static_cast<Index>(i)).data()};
  }
  void fetch(std::size_t) const {}  // it is there already
  [[nodiscard]] bool for_lanes(std::size_t i) const {
    return for_lanes_ && targets_.col(static_cast<Index>(i)).allFinite();
  }

 private:
  const Perceptron& network_;
  const Matrix& targets_;
  bool for_lanes_;
};

}  // namespace

std::vector<NaturalPath> track_natural_batch(std::span<const Perceptron> networks,
                                             const TrackOptions& options, int threads) {
  return track_all(ManyNetworks(networks), options, threads);
}

std::vector<NaturalPath> track_natural_batch(const Perceptron& network, const Matrix& targets,
                                             const TrackOptions& options, int threads) {
  return track_all(ManyTargets(network, targets), options, threads);
}

}  // namespace tautrack
