#pragma once

#include <chrono>
#include <string>

#include "tautrack/tracker/result.hpp"

namespace tautrack::program {

/// Says on standard error, once a second, how far one problem has come. Says nothing about a
/// problem that takes less than a second. One object a problem; objects in different threads do not
/// disturb each other.
class Progress {
 public:
  explicit Progress(const std::string& problem);

  /// Takes note of an accepted point.
  void see(const PathPoint& point);

 private:
  using Clock = std::chrono::steady_clock;

  std::string problem_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_said_ = start_;
  long points_ = 0;
  long folds_ = 0;
};

}  // namespace tautrack::program
