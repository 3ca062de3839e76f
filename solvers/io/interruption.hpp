#pragma once

#include <array>
#include <atomic>
#include <csignal>
#include <stop_token>
#include <thread>

namespace tautrack::program {

/// While it lives, Ctrl-C (SIGINT) and SIGTERM ask for a stop instead of ending the program; a second
/// one ends it. At most one at a time. A signal that is ignored stays ignored.
class Interruption {
 public:
  Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption();

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }
  /// The signal that came first; 0: none.
  [[nodiscard]] int signal() const { return signal_; }

 private:
  void watch(const std::stop_token& end);

  static constexpr std::array<int, 2> signals{SIGINT, SIGTERM};

  std::stop_source source_;
  std::array<struct sigaction, 2> previous_{};
  std::atomic<int> signal_ = 0;
  std::jthread watcher_;  ///< Waits for signals; not there where all are ignored.
};

}  // namespace tautrack::program
