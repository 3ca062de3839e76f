#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace tautrack::program {

/// While it lives, Ctrl-C (SIGINT) asks for a stop instead of ending the program; a second one ends it.
/// At most one at a time. Does nothing where SIGINT is ignored.
class Interruption {
 public:
  Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption();

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  void watch(const std::stop_token& end);

  std::stop_source source_;
  struct sigaction previous_ {};
  std::jthread watcher_;  ///< Waits for the signal; not there where it is ignored.
};

}  // namespace tautrack::program
