#include "stopwatch.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

namespace tautrack::peers {

std::size_t Stopwatch::add(std::function<void()> run) {
  entries_.push_back({std::move(run)});
  return entries_.size() - 1;
}

void Stopwatch::measure(double seconds, int least_rounds) {
  using Clock = std::chrono::steady_clock;
  const double budget = seconds * static_cast<double>(entries_.size());
  double spent = 0.0;
  const std::clock_t processor_start = std::clock();
  while (rounds_ < least_rounds || spent < budget) {
    for (Entry& entry : entries_) {
      const Clock::time_point start = Clock::now();
      entry.run();
      const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
      entry.seconds = std::min(entry.seconds, elapsed);
      spent += elapsed;
    }
    ++rounds_;
  }
  share_of_processor_ =
      static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC / spent;
}

}  // namespace tautrack::peers
