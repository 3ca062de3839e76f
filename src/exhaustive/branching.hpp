#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <iterator>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tautrack/exhaustive/search.hpp"

#include "core/numbers.hpp"
#include "core/parallel.hpp"

/// Branch and bound, whatever the cells are.
namespace tautrack::exhaustive {

/// What looking at a cell came to.
enum class Verdict {
  excluded,  ///< No stationary point in the cell.
  found,     ///< There is one that is the only one which the cell can hold.
  split,     ///< The cell was cut into halves.
  undecided  ///< Too small to be cut further.
};

/// What ends a search, watched by all threads.
class Watch {
 public:
  explicit Watch(const SearchOptions& options);

  /// The first cell is about to be looked at: what is done is compared with the time from now on.
  void begin();

  /// Whether one more cell may be looked at.
  [[nodiscard]] bool allows();

  /// A part of the search is done, and `change` cells more are waiting.
  void report(double share, long change);

  /// What ends it from outside.
  [[nodiscard]] const StopCondition& stop() const noexcept { return stop_; }

  [[nodiscard]] double seconds() const;
  [[nodiscard]] long boxes() const { return boxes_.load(); }
  [[nodiscard]] bool is_over() const { return is_over_.load(); }
  /// Why it ended early.
  [[nodiscard]] std::string reason() const { return reason_; }

 private:
  bool end(std::string reason);

  const SearchOptions& options_;
  std::chrono::steady_clock::time_point start_;
  StopCondition stop_;
  double begin_ = 0.0, allowed_ = 0.0;     ///< Seconds from the start, and from there on.
  std::atomic<double> trial_ = kInfinity;  ///< Seconds after which it is asked whether it gets on.
  std::atomic<bool> is_over_{false};
  std::atomic<long> boxes_{0}, waiting_{1}, next_report_{0};
  std::atomic<double> done_{0.0};
  std::mutex mutex_;
  std::string reason_;
};

/// What one thread came to.
template <class Cell, class Found>
struct Harvest {
  std::vector<Found> found;
  std::vector<Cell> undecided;  ///< Too small, or left over.

  void add(Harvest&& other) {
    found.insert(found.end(), std::make_move_iterator(other.found.begin()),
                 std::make_move_iterator(other.found.end()));
    undecided.insert(undecided.end(), std::make_move_iterator(other.undecided.begin()),
                     std::make_move_iterator(other.undecided.end()));
  }
};

/// Looks at the cell; what is left of it goes to the end of `waiting`.
template <class Cell, class Found, class Examiner, class Cells>
void look_at(Cell&& cell, Examiner& examiner, Watch& watch, Harvest<Cell, Found>& harvest,
             Cells& waiting) {
  switch (examiner.examine(cell)) {
    case Verdict::excluded:
      watch.report(cell.share, -1);
      break;
    case Verdict::found:
      harvest.found.push_back(examiner.found());
      watch.report(cell.share, -1);
      break;
    case Verdict::undecided:
      watch.report(cell.share, -1);
      harvest.undecided.push_back(std::move(cell));
      break;
    case Verdict::split:
      watch.report(0.0, 1);
      waiting.push_back(std::move(examiner.second_half()));
      waiting.push_back(std::move(cell));
      break;
  }
}

/// Cells that are collected before they are shared among threads.
inline constexpr std::size_t kCollected = 512;

/// Breadth first until there are enough cells for all threads, then each of these depth first. What
/// becomes of a cell depends on nothing but the cell, so that the outcome does not depend on the
/// threads.
/// @param first Has a `share` of the search, which examiners halve with it.
/// @param make_examiner Makes one for a thread: `examine(cell)`, and then `found()` or `second_half()`.
template <class Found, class Cell, class MakeExaminer>
Harvest<Cell, Found> branch_and_bound(Cell first, const MakeExaminer& make_examiner,
                                      const SearchOptions& options, Watch& watch) {
  Harvest<Cell, Found> all;
  watch.begin();
  std::deque<Cell> collected;
  collected.push_back(std::move(first));
  {
    auto examiner = make_examiner();
    while (!collected.empty() && collected.size() < kCollected && watch.allows()) {
      Cell cell = std::move(collected.front());
      collected.pop_front();
      look_at(std::move(cell), examiner, watch, all, collected);
    }
  }
  const Team team(options.threads);
  std::vector<Harvest<Cell, Found>> harvests(static_cast<std::size_t>(options.threads));
  std::atomic<std::size_t> next{0};
  team.for_each(options.threads, [&](int thread) {
    Harvest<Cell, Found>& harvest = harvests[static_cast<std::size_t>(thread)];
    auto examiner = make_examiner();
    std::vector<Cell> waiting;
    for (;;) {
      const std::size_t mine = next.fetch_add(1);
      if (mine >= collected.size()) return;
      waiting.push_back(std::move(collected[mine]));
      while (!waiting.empty() && watch.allows()) {
        Cell cell = std::move(waiting.back());
        waiting.pop_back();
        look_at(std::move(cell), examiner, watch, harvest, waiting);
      }
      for (Cell& cell : waiting) harvest.undecided.push_back(std::move(cell));
      waiting.clear();
    }
  });
  for (Harvest<Cell, Found>& harvest : harvests) all.add(std::move(harvest));
  return all;
}

/// A box and the width it is listed by.
using SizedBox = std::pair<double, Box>;

/// Lists the largest ones, and how many there are.
void list_undecided(std::vector<SizedBox> boxes, std::size_t most, SearchResult& result);

/// What a search came to as numbers and in a sentence. @param refusal Why nothing was searched; empty when it was.
void sum_up(const Watch& watch, const std::string& refusal, SearchResult& result);

}  // namespace tautrack::exhaustive
