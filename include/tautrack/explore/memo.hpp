#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tautrack {

/// A piece of work of an exploration: the curves through a point, a descent, or the proof of a point.
struct WorkItem {
  long number = 0;          ///< Counts the pieces of one exploration, from 0, in a fixed order.
  int round = 0;            ///< In which it is done; what comes before the first belongs to it.
  std::uint64_t input = 0;  ///< Digest of the problem and of all that the work starts from.
};

/// What a piece of work came to, in a form that can be kept and sent.
struct WorkOutcome {
  std::vector<double> numbers;  ///< Keep their bits: they may be -0, infinite or not a number.
  std::string text;
  double seconds = 0.0;  ///< Time that the exploration had taken when this was done.
};

/// Keeps what pieces of work came to, so that an exploration that was ended from outside can be made
/// again without doing them again: its clock then shows what it showed when they were done.
class ExploreMemo {
 public:
  ExploreMemo() = default;
  ExploreMemo(const ExploreMemo&) = delete;
  ExploreMemo& operator=(const ExploreMemo&) = delete;
  virtual ~ExploreMemo() = default;

  /// The outcome noted for exactly this item, or nothing: then the work is done. Called for all
  /// items, by number, from the calling thread of explore().
  [[nodiscard]] virtual std::optional<WorkOutcome> recall(const WorkItem& item) = 0;

  /// Takes note of an outcome as soon as it is there, and in whatever order. Not called for work that
  /// was cut short by the end of the exploration. Called from any of its threads, also from several
  /// at a time; must not throw: a memo that cannot take notes may ask the exploration to stop.
  virtual void note(const WorkItem& item, const WorkOutcome& outcome) = 0;
};

}  // namespace tautrack
