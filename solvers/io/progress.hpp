#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "tautrack/tracker/result.hpp"

namespace tautrack::program {

/// Says on standard error, once a second, how far one problem has come. Says nothing about a
/// problem that takes less than a second. One object a problem; objects in different threads do not
/// disturb each other.
class Progress {
 public:
  explicit Progress(const std::string& problem);

  /// Whether the last line is a second old.
  [[nodiscard]] bool is_due() const;

  /// Writes a line: the name of the problem, the text, and the seconds since the beginning.
  void say(std::string_view text);

 private:
  using Clock = std::chrono::steady_clock;

  std::string problem_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_said_ = start_;
};

/// The progress of a path.
class PathProgress {
 public:
  explicit PathProgress(const std::string& problem) : progress_(problem) {}

  /// Takes note of an accepted point.
  void see(const PathPoint& point);

 private:
  Progress progress_;
  long points_ = 0;
  long folds_ = 0;
};

}  // namespace tautrack::program
