#include "interruption.hpp"

#include <cerrno>
#include <chrono>
#include <semaphore.h>
#include <system_error>

namespace tautrack::program {
namespace {

/// Counts presses of Ctrl-C. A handler reaches nothing but what is global; threads that libraries
/// started before main() may take the signal, too, so that blocking it would not do.
sem_t presses;

void note_press(int /*signal*/) {
  const int kept = errno;
  sem_post(&presses);
  errno = kept;
}

}  // namespace

Interruption::Interruption() {
  const bool is_known = sigaction(SIGINT, nullptr, &previous_) == 0;
  if (!is_known || previous_.sa_handler == SIG_IGN || sem_init(&presses, 0, 0) != 0) return;
  try {
    watcher_ = std::jthread([this](const std::stop_token& end) { watch(end); });
  } catch (const std::system_error&) {
    return;  // Without a thread, SIGINT ends the program.
  }
  struct sigaction action {};
  action.sa_handler = note_press;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
}

Interruption::~Interruption() {
  if (!watcher_.joinable()) return;
  sigaction(SIGINT, &previous_, nullptr);
  watcher_.request_stop();
  sem_post(&presses);  // Wakes it up.
}

void Interruption::watch(const std::stop_token& end) {
  using Clock = std::chrono::steady_clock;
  constexpr auto one_press = std::chrono::milliseconds(500);  // It may send more than one signal.
  Clock::time_point first;
  for (;;) {
    if (sem_wait(&presses) != 0) continue;  // Interrupted by another signal.
    if (end.stop_requested()) return;
    if (source_.request_stop()) {
      first = Clock::now();
    } else if (Clock::now() - first > one_press) {
      std::signal(SIGINT, SIG_DFL);
      std::raise(SIGINT);
    }
  }
}

}  // namespace tautrack::program
