#include "io/interruption.hpp"

#include <cerrno>
#include <chrono>
#include <semaphore.h>
#include <system_error>

namespace tautrack::program {
namespace {

/// Counts signals. A handler reaches nothing but what is global; threads that libraries started before
/// main() may take a signal, too, so that blocking it would not do.
sem_t presses;
volatile std::sig_atomic_t last_signal = 0;

void note_press(int signal) {
  const int kept = errno;
  last_signal = signal;
  sem_post(&presses);
  errno = kept;
}

}  // namespace

Interruption::Interruption() {
  bool is_needed = false;
  for (std::size_t i = 0; i < signals.size(); ++i) {
    if (sigaction(signals[i], nullptr, &previous_[i]) != 0) previous_[i].sa_handler = SIG_IGN;
    is_needed = is_needed || previous_[i].sa_handler != SIG_IGN;
  }
  if (!is_needed || sem_init(&presses, 0, 0) != 0) return;
  try {
    watcher_ = std::jthread([this](const std::stop_token& end) { watch(end); });
  } catch (const std::system_error&) {
    return;  // Without a thread, the signals end the program.
  }
  struct sigaction action {};
  action.sa_handler = note_press;
  action.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < signals.size(); ++i)
    if (previous_[i].sa_handler != SIG_IGN) sigaction(signals[i], &action, nullptr);
}

Interruption::~Interruption() {
  if (!watcher_.joinable()) return;
  for (std::size_t i = 0; i < signals.size(); ++i)
    if (previous_[i].sa_handler != SIG_IGN) sigaction(signals[i], &previous_[i], nullptr);
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
    const int signal = last_signal;
    if (signal_ == 0) signal_ = signal;
    if (source_.request_stop()) {
      first = Clock::now();
    } else if (Clock::now() - first > one_press) {
      std::signal(signal, SIG_DFL);
      std::raise(signal);
    }
  }
}

}  // namespace tautrack::program
