#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <stop_token>
#include <utility>

namespace tautrack {

/// When work ends early: when it is asked to, at a time, or after it was looked at so often, whichever
/// comes first. A small value, handed down to all that may take long. What takes it looks at it within
/// half a second of work, and once it is met keeps what it has and says what it has not done.
class StopCondition {
 public:
  using Clock = std::chrono::steady_clock;

  /// Is never met.
  StopCondition() = default;
  /// Met when a stop is asked for. Implicit: a token is such a condition.
  StopCondition(std::stop_token token) : token_(std::move(token)) {}  // NOLINT(*-explicit-*)

  /// Met when is_met() of this and of all its copies together was asked more often than that: for
  /// tests, which may not depend on time.
  [[nodiscard]] static StopCondition after_looks(long looks) {
    StopCondition condition;
    condition.looks_left_ = std::make_shared<std::atomic<long>>(looks);
    return condition;
  }

  /// The same, met so many seconds from now at the latest.
  [[nodiscard]] StopCondition within(double seconds) const {
    constexpr double forever =
        1e9;  // seconds: far beyond any run, and within the range of the clock
    StopCondition condition = *this;
    if (seconds < forever)
      condition.end_ = std::min(end_, Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                                         std::chrono::duration<double>(seconds)));
    return condition;
  }

  [[nodiscard]] bool is_met() const {
    return token_.stop_requested() || (looks_left_ && looks_left_->fetch_sub(1) <= 0) ||
           (end_ != Clock::time_point::max() && Clock::now() >= end_);
  }

  /// Whether it is met because a stop was asked for.
  [[nodiscard]] bool is_requested() const { return token_.stop_requested(); }

  /// What is left of the time, not below 0; infinity without an end.
  [[nodiscard]] double seconds_left() const {
    if (end_ == Clock::time_point::max()) return std::numeric_limits<double>::infinity();
    return std::max(0.0, std::chrono::duration<double>(end_ - Clock::now()).count());
  }

  /// Once it is met: why, as the end of a sentence.
  [[nodiscard]] const char* reason() const {
    return is_requested() ? "the run was stopped" : "the time was used up";
  }

 private:
  std::stop_token token_;
  Clock::time_point end_ = Clock::time_point::max();
  std::shared_ptr<std::atomic<long>> looks_left_;  ///< Null: as often as one likes.
};

}  // namespace tautrack
