#include "interruption.hpp"

#include <chrono>
#include <system_error>

namespace tautrack::program {
namespace {

sigset_t only_interrupt() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  return set;
}

bool is_ignored() {
  struct sigaction action {};
  return sigaction(SIGINT, nullptr, &action) != 0 || action.sa_handler == SIG_IGN;
}

}  // namespace

Interruption::Interruption() {
  if (is_ignored()) return;
  const sigset_t set = only_interrupt();
  pthread_sigmask(SIG_BLOCK, &set, &previous_);
  try {
    watcher_ = std::jthread([this](const std::stop_token& end) { watch(end); });
  } catch (const std::system_error&) {
    pthread_sigmask(SIG_SETMASK, &previous_,
                    nullptr);  // Without a thread, SIGINT ends the program.
  }
}

Interruption::~Interruption() {
  if (!watcher_.joinable()) return;
  watcher_.request_stop();
  pthread_kill(watcher_.native_handle(), SIGINT);  // Wakes it up.
  watcher_.join();
  pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

void Interruption::watch(const std::stop_token& end) {
  using Clock = std::chrono::steady_clock;
  constexpr auto one_press = std::chrono::milliseconds(500);  // It may send more than one signal.
  const sigset_t set = only_interrupt();
  Clock::time_point first;
  int received = 0;
  while (sigwait(&set, &received) == 0 && !end.stop_requested()) {
    if (source_.request_stop()) {
      first = Clock::now();
    } else if (Clock::now() - first > one_press) {
      pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
      raise(SIGINT);
    }
  }
}

}  // namespace tautrack::program
