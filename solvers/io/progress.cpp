#include "io/progress.hpp"

#include <cstdio>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "io/text.hpp"

namespace tautrack::program {

Progress::Progress(const std::string& problem, Listener listener)
    : problem_(cut(problem, quote_width)), listener_(std::move(listener)) {}

bool Progress::is_due() const { return Clock::now() - last_said_ >= std::chrono::seconds(1); }

void Progress::say(std::string_view text) {
  last_said_ = Clock::now();
  if (listener_) {
    listener_(text);
    return;
  }
  const std::chrono::duration<double> elapsed = last_said_ - start_;
  const std::string line =
      fmt::format("tautrack: {}: {}, {:.0f} s\n", problem_, text, elapsed.count());
  std::fwrite(line.data(), 1, line.size(),
              stderr);  // One call: lines of several threads do not mix.
}

Heartbeat::Heartbeat(const std::string& name, bool is_silent, Listener listener)
    : progress_(name), listener_(std::move(listener)) {
  if (is_silent) return;
  try {
    thread_ = std::jthread([this](const std::stop_token& end) { beat(end); });
  } catch (const std::system_error&) {
    // Without a thread there is no progress.
  }
}

void Heartbeat::note(std::string text) {
  if (listener_) listener_(text);
  const std::lock_guard lock(mutex_);
  text_ = std::move(text);
  noted_ = std::chrono::steady_clock::now();
}

bool Heartbeat::is_due() const {
  constexpr auto soon = std::chrono::milliseconds(250);
  if (!thread_.joinable() && !listener_) return false;
  const std::lock_guard lock(mutex_);
  return std::chrono::steady_clock::now() - noted_ >= soon;
}

void Heartbeat::beat(const std::stop_token& end) {
  std::unique_lock lock(mutex_);
  const auto never = [] { return false; };
  while (!end.stop_requested()) {
    ended_.wait_for(lock, end, std::chrono::seconds(1), never);
    if (!end.stop_requested() && !text_.empty()) progress_.say(text_);
  }
}

void PathProgress::see(const PathPoint& point) {
  ++points_;
  if (point.kind == PointKind::fold) ++folds_;
  if (progress_.is_due())
    progress_.say(fmt::format("tau = {:.12g}, {}, {}", point.tau, counted(points_, "point"),
                              counted(folds_, "fold")));
}

}  // namespace tautrack::program
