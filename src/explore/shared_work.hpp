#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <vector>

#include "tautrack/core/communicator.hpp"
#include "tautrack/explore/memo.hpp"

namespace tautrack {

/// Pieces of work that are independent of each other, each done once: not if the memo has it, and by
/// one rank only. Between begin() and end() the threads of each rank take() pieces and finish() them.
class SharedWork {
 public:
  /// @param memo May be null. @param ranks May be null: this one is alone.
  SharedWork(ExploreMemo* memo, Communicator* ranks) : memo_(memo), ranks_(ranks) {}

  /// Whether anybody wants outcomes: without, the pieces are the caller's business alone.
  [[nodiscard]] bool has_purpose() const noexcept { return memo_ != nullptr || ranks_ != nullptr; }

  /// Makes sure that all ranks have the same number, such as a digest of what they are to do, and
  /// waits for all of them. Collective. @throws CommunicationError when they have not.
  void agree(std::uint64_t number, const char* otherwise);

  /// The largest of the numbers of all ranks. Collective.
  [[nodiscard]] double largest(double number);

  /// Begins with pieces of work that start from these inputs, and recalls. Collective.
  /// @param is_sound Whether an outcome is one of such work.
  /// @return The latest time at which one of those that were recalled was done; 0: none was.
  double begin(int round, const std::vector<std::uint64_t>& inputs,
               const std::function<bool(const WorkOutcome&)>& is_sound);

  /// The number of a piece that is to be done, or that of all pieces when none is left. From any thread.
  [[nodiscard]] std::size_t take();

  /// Takes the outcome of a piece, and notes it unless it or one before was cut short. From any thread.
  void finish(std::size_t piece, WorkOutcome outcome, bool is_cut);

  /// Waits for what the other ranks do. Then all ranks have all outcomes. Collective.
  void end();

  /// Takes no more notes: the exploration ends early, and what it still does another one might not.
  void stop_noting() noexcept { notes_ = false; }

  [[nodiscard]] const WorkOutcome& outcome(std::size_t piece) const { return outcomes_[piece]; }
  /// Whether the piece was cut short by the end of the exploration.
  [[nodiscard]] bool is_cut(std::size_t piece) const { return is_cut_[piece] != 0; }

 private:
  void exchange();
  [[nodiscard]] bool is_first() const { return ranks_ == nullptr || ranks_->rank() == 0; }

  ExploreMemo* memo_;
  Communicator* ranks_;
  bool notes_ = true;
  long next_number_ = 0;  ///< Of a WorkItem.
  std::vector<WorkItem> items_;
  std::vector<std::size_t> missing_;  ///< Pieces that are to be done.
  std::vector<WorkOutcome> outcomes_;
  std::vector<char> is_cut_;
  std::vector<char> is_own_;           ///< Outcome that this rank has brought.
  std::atomic<std::size_t> next_ = 0;  ///< Into missing_, when there is one rank.
  std::mutex mutex_;                   ///< One thread at a time speaks to the ranks.
  std::exception_ptr failure_;         ///< Of doing so.
};

}  // namespace tautrack
