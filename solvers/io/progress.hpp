#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "tautrack/tracker/result.hpp"

namespace tautrack::program {

/// Who wants to know how far work has come, instead of standard error. From any thread.
using Listener = std::function<void(std::string_view)>;

/// Says on standard error, once a second, how far one problem has come. Says nothing about a
/// problem that takes less than a second. One object a problem; objects in different threads do not
/// disturb each other.
class Progress {
 public:
  explicit Progress(const std::string& problem, Listener listener = {});

  /// Whether the last line is a second old.
  [[nodiscard]] bool is_due() const;

  /// Writes a line: the name of the problem, the text, and the seconds since the beginning. A listener gets the text.
  void say(std::string_view text);

 private:
  using Clock = std::chrono::steady_clock;

  std::string problem_;
  Listener listener_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_said_ = start_;
};

/// Says once a second, from a thread of its own, what was noted last: in stretches without news, too. A listener hears
/// it at once.
class Heartbeat {
 public:
  /// @param is_silent Says nothing, but to the listener, if there is one.
  Heartbeat(const std::string& name, bool is_silent, Listener listener = {});
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;
  ~Heartbeat() = default;

  void note(std::string text);
  /// Whether what was noted last is so old that something else is worth the effort.
  [[nodiscard]] bool is_due() const;

 private:
  void beat(const std::stop_token& end);

  Progress progress_;
  Listener listener_;
  mutable std::mutex mutex_;
  std::condition_variable_any ended_;
  std::string text_;
  std::chrono::steady_clock::time_point noted_;
  std::jthread thread_;  ///< Not there when silent.
};

/// The progress of a path, on standard error or for the listener.
class PathProgress {
 public:
  explicit PathProgress(const std::string& problem, const Listener& listener = {})
      : progress_(problem, listener) {}

  /// Takes note of an accepted point.
  void see(const PathPoint& point);

 private:
  Progress progress_;
  long points_ = 0;
  long folds_ = 0;
};

}  // namespace tautrack::program
