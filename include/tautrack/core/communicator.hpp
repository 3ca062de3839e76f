#pragma once

#include <functional>
#include <span>
#include <stdexcept>

#include "tautrack/core/types.hpp"

namespace tautrack {

/// Ranks can no longer work together: the connection failed, or another rank is gone. what() is one
/// sentence. The ranks are not in step any more, so that nothing is left to them but to end.
class CommunicationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Ranks 0 ... size() - 1 that run the same program on different data: processes on one or many
/// machines (MpiCommunicator) or threads. All functions but rank(), size() and take() are
/// collective: every rank calls the same ones in the same order with arrays of the same size. They
/// throw CommunicationError.
class Communicator {
 public:
  Communicator() = default;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;
  virtual ~Communicator() = default;

  [[nodiscard]] virtual int rank() const noexcept = 0;
  [[nodiscard]] virtual int size() const noexcept = 0;

  /// Replaces each number by the sum of those of all ranks; every rank gets the same bits. x + 0 is
  /// x: arrays that are zero outside a part of each rank's own are thereby gathered.
  virtual void sum(std::span<double> values) = 0;

  /// Replaces each number by the largest of those of all ranks. @pre No NaN.
  virtual void maximum(std::span<double> values) = 0;

  /// Replaces the numbers by those of the rank `from`.
  virtual void broadcast(std::span<double> values, int from) = 0;

  /// Returns when every rank has called it.
  virtual void barrier() = 0;

  /// The next `count` tasks of a queue that all ranks share, the first of them: 0 at the first call
  /// of all, and never twice the same. The ranks need not call it equally often.
  [[nodiscard]] virtual Index take(Index count) = 0;

  /// Lets take() begin at 0 again. Collective.
  virtual void restart_queue() = 0;

  /// Calls work() on every rank, and if it throws on any, throws on all, so that no rank waits for
  /// one that is gone: on each rank its own exception, and where there is none the sentence of the
  /// first rank that failed with its number in front, as a DataError if it was one and as a
  /// std::runtime_error if not. work() must not call collective functions.
  void together(const std::function<void()>& work);
};

/// The one rank of a program that runs alone.
class OneRank final : public Communicator {
 public:
  [[nodiscard]] int rank() const noexcept override { return 0; }
  [[nodiscard]] int size() const noexcept override { return 1; }
  void sum(std::span<double>) override {}
  void maximum(std::span<double>) override {}
  void broadcast(std::span<double>, int) override {}
  void barrier() override {}
  [[nodiscard]] Index take(Index count) override { return (next_ += count) - count; }
  void restart_queue() override { next_ = 0; }

 private:
  Index next_ = 0;
};

}  // namespace tautrack
