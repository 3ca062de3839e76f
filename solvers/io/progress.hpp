#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

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

/// Says once a second, from a thread of its own, what was noted last: in stretches without news, too.
class Heartbeat {
 public:
  /// @param is_silent Says nothing.
  Heartbeat(const std::string& name, bool is_silent);
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;
  ~Heartbeat() = default;

  void note(std::string text);
  /// Whether what was noted last is so old that something else is worth the effort.
  [[nodiscard]] bool is_due() const;

 private:
  void beat(const std::stop_token& end);

  Progress progress_;
  mutable std::mutex mutex_;
  std::condition_variable_any ended_;
  std::string text_;
  std::chrono::steady_clock::time_point noted_;
  std::jthread thread_;  ///< Not there when silent.
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
