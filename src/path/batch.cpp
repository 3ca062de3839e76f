#include "tautrack/path/batch.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <iterator>
#include <limits>
#include <mutex>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

#include "core/parallel.hpp"
#include "path/lane_paths.hpp"

namespace tautrack {

/// Where the paths of a batch go, each as a NaturalPath.
class BatchReports {
 public:
  explicit BatchReports(std::size_t count) : paths_(count) {}

  /// What one thread hands in.
  class Writer {
   public:
    explicit Writer(BatchReports& to) : to_(to) {}
    void add(std::size_t i, NaturalPath&& path) { to_.paths_[i] = std::move(path); }
    void add(std::size_t i, const LanePaths& lanes, int lane) {
      record_.resize(lanes.record_size(lane));
      lanes.write_record(lane, record_.data());
      read_record(record_.data(), to_.paths_[i]);
    }

   private:
    BatchReports& to_;
    std::vector<double> record_;
  };

  [[nodiscard]] std::vector<NaturalPath> take() { return std::move(paths_); }

 private:
  std::vector<NaturalPath> paths_;
};

/// The same, as BatchPaths.
class BatchStore {
 public:
  explicit BatchStore(std::size_t count) { paths_.entries_.resize(count); }

  class Writer {
   public:
    explicit Writer(BatchStore& to) : to_(to) {}
    ~Writer() {
      const std::lock_guard lock(to_.mutex_);
      std::move(records_.begin(), records_.end(), std::back_inserter(to_.paths_.records_));
      std::move(wholes_.begin(), wholes_.end(), std::back_inserter(to_.paths_.wholes_));
    }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    void add(std::size_t i, NaturalPath&& path) {
      wholes_.push_back(std::make_unique<const NaturalPath>(std::move(path)));
      to_.paths_.entries_[i].whole = wholes_.back().get();
    }
    void add(std::size_t i, const LanePaths& lanes, int lane) {
      const std::size_t size = lanes.record_size(lane);
      if (size > left_) {
        left_ = std::max(size, kBlock);
        records_.push_back(std::make_unique_for_overwrite<double[]>(left_));
        next_ = records_.back().get();
      }
      lanes.write_record(lane, next_);
      to_.paths_.entries_[i].record = next_;
      next_ += size;
      left_ -= size;
    }

   private:
    static constexpr std::size_t kBlock = std::size_t{1} << 14U;  ///< Numbers allocated at a time.

    BatchStore& to_;
    std::vector<std::unique_ptr<double[]>> records_;
    std::vector<std::unique_ptr<const NaturalPath>> wholes_;
    double* next_ = nullptr;
    std::size_t left_ = 0;
  };

  [[nodiscard]] BatchPaths take() { return std::move(paths_); }

 private:
  BatchPaths paths_;
  std::mutex mutex_;
};

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
/// @tparam Out BatchReports or BatchStore.
/// @tparam Tasks count(), network(i), that of path i, task(i), the same for lanes, for_lanes(i), whether they take it, and place(i), where its result goes.
template <class Tasks, class Out>
class BatchWorker {
 public:
  BatchWorker(const Tasks& tasks, const TrackOptions& options, Shares& shares, Out& out)
      : tasks_(tasks),
        options_(options),
        has_lanes_(LanePaths::take(options)),
        shares_(shares),
        out_(out) {}

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

  void follow(std::size_t i) {
    out_.add(tasks_.place(i), track_natural(tasks_.network(i), options_));
  }

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
        out_.add(tasks_.place(*path), *lanes_, lane);
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

  /// Says of the rest that it was stopped.
  void stop() {
    const auto leave = [this](std::size_t i) {
      NaturalPath path;
      path.status = TrackStatus::stopped_by_observer;
      path.message =
          std::string("the path was not followed to its end, as ") + options_.stop.reason();
      out_.add(tasks_.place(i), std::move(path));
    };
    for (const auto& path : in_lane_)
      if (path) leave(*path);
    for (; waiting_; waiting_ = shares_.next()) leave(*waiting_);
  }

  const Tasks& tasks_;
  const TrackOptions& options_;
  bool has_lanes_;
  Shares::Reader shares_;
  typename Out::Writer out_;
  std::optional<LanePaths> lanes_;
  std::vector<std::optional<std::size_t>> in_lane_;
  std::optional<std::size_t> waiting_;  ///< The next path for a lane.
};

template <class Out, class Tasks>
auto track_all(const Tasks& tasks, const TrackOptions& options, int threads) {
  if (threads < 1)
    throw std::invalid_argument("threads must be >= 1, got " + std::to_string(threads));
  Out out(tasks.count());
  Shares shares(tasks.count());
  std::exception_ptr failure;
  std::mutex failure_mutex;
  const auto work = [&](int) {
    try {
      BatchWorker<Tasks, Out>(tasks, options, shares, out).run();
    } catch (...) {
      const std::lock_guard lock(failure_mutex);
      failure = std::current_exception();
      shares.close();
    }
  };
  Team(threads).for_each(threads, work);
  if (failure) std::rethrow_exception(failure);
  return out.take();
}

/// Networks of their own, those of the same shape together: lanes follow one shape at a time.
class ManyNetworks {
 public:
  explicit ManyNetworks(std::span<const Perceptron> networks) : networks_(networks) {
    if (networks.empty()) return;
    const auto first = shape(networks.front());
    if (std::all_of(networks.begin(), networks.end(),
                    [&first](const Perceptron& network) { return shape(network) == first; }))
      return;
    order_.resize(networks.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [networks](std::size_t i, std::size_t j) {
      return shape(networks[i]) < shape(networks[j]);
    });
  }

  [[nodiscard]] std::size_t count() const { return networks_.size(); }
  [[nodiscard]] std::size_t place(std::size_t i) const { return order_.empty() ? i : order_[i]; }
  [[nodiscard]] const Perceptron& network(std::size_t i) const { return networks_[place(i)]; }
  [[nodiscard]] LaneTask task(std::size_t i) const { return {&network(i), nullptr}; }
  [[nodiscard]] bool for_lanes(std::size_t i) const { return LanePaths::take(network(i)); }
  void fetch(std::size_t i) const {
    if (i + 2 * kAhead < count()) LanePaths::fetch(network(i + 2 * kAhead), network(i + kAhead));
  }

 private:
  /// See LanePaths::fits().
  static std::tuple<Index, Index, Activation, bool> shape(const Perceptron& network) {
    return {network.patterns(), network.unknowns(), network.options().activation,
            network.penalty().size() > 0};
  }

  std::span<const Perceptron> networks_;
  std::vector<std::size_t> order_;  ///< Empty: as they come.
};

/// One network for many targets.
class ManyTargets {
 public:
  ManyTargets(const Perceptron& network, const Matrix& targets)
      : network_(network),
        targets_(targets),
        for_lanes_(targets.rows() == network.rows() && LanePaths::take(network)) {}

  [[nodiscard]] std::size_t count() const { return static_cast<std::size_t>(targets_.cols()); }
  [[nodiscard]] std::size_t place(std::size_t i) const { return i; }
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
  return track_all<BatchReports>(ManyNetworks(networks), options, threads);
}

std::vector<NaturalPath> track_natural_batch(const Perceptron& network, const Matrix& targets,
                                             const TrackOptions& options, int threads) {
  return track_all<BatchReports>(ManyTargets(network, targets), options, threads);
}

BatchPaths track_natural_compact(std::span<const Perceptron> networks, const TrackOptions& options,
                                 int threads) {
  return track_all<BatchStore>(ManyNetworks(networks), options, threads);
}

BatchPaths track_natural_compact(const Perceptron& network, const Matrix& targets,
                                 const TrackOptions& options, int threads) {
  return track_all<BatchStore>(ManyTargets(network, targets), options, threads);
}

TrackStatus BatchPaths::status(std::size_t i) const {
  const Entry& entry = entries_[i];
  return entry.whole != nullptr ? entry.whole->status : TrackStatus::reached_target;
}

Index BatchPaths::folds(std::size_t i) const {
  const Entry& entry = entries_[i];
  return entry.whole != nullptr ? static_cast<Index>(entry.whole->folds.size()) : 0;
}

Eigen::Map<const Vector> BatchPaths::weights(std::size_t i) const {
  const Entry& entry = entries_[i];
  if (entry.record != nullptr) return lane_end(entry.record).weights;
  if (!entry.whole->end) return {nullptr, 0};
  const Vector& weights = entry.whole->end->weights;
  return {weights.data(), weights.size()};
}

double BatchPaths::energy(std::size_t i) const {
  const Entry& entry = entries_[i];
  if (entry.record != nullptr) return lane_end(entry.record).energy;
  return entry.whole->end ? entry.whole->end->energy : std::numeric_limits<double>::quiet_NaN();
}

NaturalPath BatchPaths::path(std::size_t i) const {
  const Entry& entry = entries_[i];
  if (entry.whole != nullptr) return *entry.whole;
  NaturalPath path;
  read_record(entry.record, path);
  return path;
}

}  // namespace tautrack
