#pragma once

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "tautrack/core/communicator.hpp"

/// Threads as ranks: what processes do with MPI, in one process.
namespace tautrack::support {

/// What the threads share.
struct ThreadGroup {
  explicit ThreadGroup(int ranks) : size(ranks), values(static_cast<std::size_t>(ranks)) {}

  /// Returns when all ranks are here. @throws CommunicationError when one of them never will be.
  void wait() {
    std::unique_lock lock(mutex);
    const long before = meetings;
    if (++arrived == size) {
      arrived = 0;
      ++meetings;
      changed.notify_all();
    }
    changed.wait(lock, [&] { return meetings != before || is_broken; });
    if (meetings == before) throw CommunicationError("another rank is gone");
  }

  void break_up() {
    const std::lock_guard lock(mutex);
    is_broken = true;
    changed.notify_all();
  }

  int size;
  std::vector<std::span<double>> values;  ///< What each rank has brought.
  Index next = 0;                         ///< Of the queue.
  std::mutex mutex;
  std::condition_variable changed;
  int arrived = 0;
  long meetings = 0;
  bool is_broken = false;
};

class ThreadRank final : public Communicator {
 public:
  ThreadRank(ThreadGroup& group, int rank) : group_(group), rank_(rank) {}

  [[nodiscard]] int rank() const noexcept override { return rank_; }
  [[nodiscard]] int size() const noexcept override { return group_.size; }
  void sum(std::span<double> values) override {
    combine(values, [](double a, double b) { return a + b; });
  }
  void maximum(std::span<double> values) override {
    combine(values, [](double a, double b) { return a < b ? b : a; });
  }
  void broadcast(std::span<double> values, int from) override {
    exchange(values, [&](std::span<double> own) {
      const std::span<double> all = group_.values[static_cast<std::size_t>(from)];
      if (all.size() != own.size()) throw CommunicationError("the arrays have different sizes");
      std::copy(all.begin(), all.end(), own.begin());
    });
  }
  void barrier() override { group_.wait(); }
  [[nodiscard]] Index take(Index count) override {
    const std::lock_guard lock(group_.mutex);
    return (group_.next += count) - count;
  }
  void restart_queue() override {
    barrier();
    if (rank_ == 0) group_.next = 0;
    barrier();
  }

 private:
  /// Calls read(copy) when all have brought their values; the copy becomes the values.
  template <class Read>
  void exchange(std::span<double> values, const Read& read) {
    group_.values[static_cast<std::size_t>(rank_)] = values;
    group_.wait();
    std::vector<double> result(values.begin(), values.end());
    read(std::span<double>(result));
    group_.wait();
    std::copy(result.begin(), result.end(), values.begin());
  }

  template <class Combine>
  void combine(std::span<double> values, const Combine& two) {
    exchange(values, [&](std::span<double> own) {
      for (int rank = 0; rank < group_.size; ++rank) {
        const std::span<double> other = group_.values[static_cast<std::size_t>(rank)];
        if (other.size() != own.size()) throw CommunicationError("the arrays have different sizes");
        for (std::size_t i = 0; i < own.size(); ++i)
          own[i] = rank == 0 ? other[i] : two(own[i], other[i]);
      }
    });
  }

  ThreadGroup& group_;
  int rank_;
};

/// Calls work(ranks) on so many ranks. Returns what each of them threw (null: nothing).
inline std::vector<std::exception_ptr> try_on_ranks(
    int size, const std::function<void(Communicator&)>& work) {
  ThreadGroup group(size);
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(size));
  {
    std::vector<std::jthread> threads;
    for (int rank = 0; rank < size; ++rank)
      threads.emplace_back([&, rank] {
        ThreadRank ranks(group, rank);
        try {
          work(ranks);
        } catch (...) {
          failures[static_cast<std::size_t>(rank)] = std::current_exception();
          group.break_up();
        }
      });
  }
  return failures;
}

/// The same; the exception of the first rank that failed is thrown again.
inline void on_ranks(int size, const std::function<void(Communicator&)>& work) {
  for (const std::exception_ptr& failure : try_on_ranks(size, work))
    if (failure) std::rethrow_exception(failure);
}

}  // namespace tautrack::support
