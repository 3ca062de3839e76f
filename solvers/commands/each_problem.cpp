#include "commands/each_problem.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <system_error>
#include <thread>
#include <vector>

namespace tautrack::program {

void for_each_problem(const Data& data, int threads,
                      const std::function<void(std::size_t, int)>& work) {
  const std::size_t count = data.size();
  std::vector<std::exception_ptr> failures(count);
  const int within = std::max(1, threads / static_cast<int>(std::max<std::size_t>(count, 1)));
  std::atomic<std::size_t> next = 0;
  const auto work_off = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      try {
        work(i, within);
      } catch (const DataError& error) {
        failures[i] = std::make_exception_ptr(DataError(data.source() + ": " + error.what()));
      } catch (...) {
        failures[i] = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    const std::size_t wanted = std::min(static_cast<std::size_t>(threads), count);
    try {
      while (helpers.size() + 1 < wanted) helpers.emplace_back(work_off);
    } catch (const std::system_error&) {
      // The system gives no more threads: those that run do all the work.
    }
    work_off();
  }
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace tautrack::program
