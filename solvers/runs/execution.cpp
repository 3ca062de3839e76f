#include "runs/execution.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <iterator>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "io/text.hpp"
#include "records/record.hpp"
#include "runs/task.hpp"

namespace tautrack::program {
namespace {

using Clock = std::chrono::steady_clock;

/// Tasks that a thread takes at a time: enough to leave the counter alone, few enough to end together.
constexpr std::uint64_t most_at_a_time = 32;
/// And the shares of each thread that a run falls into at least.
constexpr std::uint64_t shares = 16;
/// With fewer tasks for each process than this that `solve`, processes share their curves.
constexpr std::uint64_t few_solves = 4;
/// Finished tasks wait no longer than this for their share to be recorded.
constexpr auto longest_wait = std::chrono::milliseconds(100);

/// How far a run has come, on standard error: one line that changes on a terminal, a line now and then
/// in a log.
class RunProgress {
 public:
  RunProgress(std::uint64_t tasks, std::uint64_t done_before, bool quiet)
      : tasks_(tasks),
        done_before_(done_before),
        is_terminal_(::isatty(STDERR_FILENO) == 1),
        quiet_(quiet) {}

  void count(bool solved) {
    ++done_;
    if (!solved) ++unresolved_;
    if (quiet_) return;
    const std::unique_lock lock(mutex_, std::try_to_lock);
    const Clock::time_point now = Clock::now();
    if (lock && now >= next_) {
      next_ = now + (is_terminal_ ? std::chrono::seconds(1) : std::chrono::seconds(10));
      say(now);
    }
  }

  /// The last line, if there was one before. @pre All threads are done.
  void finish() {
    if (quiet_ || next_ == first_) return;
    if (said_ != done_) say(Clock::now());
    if (is_terminal_) std::fputc('\n', stderr);
  }

 private:
  void say(Clock::time_point now) {
    said_ = done_;
    const double seconds = std::chrono::duration<double>(now - begin_).count();
    const double rate = static_cast<double>(said_) / seconds;
    const std::uint64_t done = done_before_ + said_;
    std::string line = fmt::format("{} of {} done, {:.3g} a second", done,
                                   counted(static_cast<long long>(tasks_), "task"), rate);
    if (done < tasks_)
      line += fmt::format(", {} left", time_text(static_cast<double>(tasks_ - done) / rate));
    line += fmt::format(", {} unresolved", unresolved_.load());
    if (done_before_ > 0) line += " so far";
    line = is_terminal_ ? fmt::format("\r{}\x1b[K", line) : fmt::format("tautrack: {}\n", line);
    std::fwrite(line.data(), 1, line.size(), stderr);
  }

  static std::string time_text(double seconds) {
    if (seconds < 100.0) return fmt::format("{:.0f} s", seconds);
    if (seconds < 6000.0) return fmt::format("{:.0f} min", seconds / 60.0);
    return fmt::format("{:.1f} h", seconds / 3600.0);
  }

  std::uint64_t tasks_;
  std::uint64_t done_before_;
  bool is_terminal_;
  bool quiet_;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point first_ = begin_ + std::chrono::seconds(1);
  std::mutex mutex_;
  Clock::time_point next_ = first_;
  std::uint64_t said_ = 0;  ///< done_ in the last line.
  std::atomic<std::uint64_t> done_ = 0;
  std::atomic<std::uint64_t> unresolved_ = 0;
};

class Execution {
 public:
  Execution(const Plan& plan, const RunDirectory& run, const RecordIndex& finished,
            RecordWriter& writer, const ExecutionOptions& options, Communicator& ranks)
      : plan_(plan),
        run_(run),
        writer_(writer),
        options_(options),
        ranks_(ranks),
        // With others this process knows its own share alone.
        progress_(finished.tasks(), finished.done(), options.quiet || ranks.size() > 1) {
    left_.reserve(finished.tasks() - finished.done());
    for (std::uint64_t task = 0; task < finished.tasks(); ++task)
      if (!finished.is_done(task)) left_.push_back(task);
    const auto processes = static_cast<std::uint64_t>(ranks.size());
    if (processes > 1) {
      const auto is_solve = [&](std::uint64_t task) {
        return plan.is_solve(plan.place(task).combination);
      };
      std::copy_if(left_.begin(), left_.end(), std::back_inserter(shared_), is_solve);
      if (shared_.size() < few_solves * processes)
        std::erase_if(left_, is_solve);
      else
        shared_.clear();
    }
    const std::uint64_t threads = static_cast<std::uint64_t>(options.threads) * processes;
    at_a_time_ = std::clamp<std::uint64_t>(left_.size() / (shares * threads), 1, most_at_a_time);
  }

  ExecutionResult run() {
    {
      std::vector<std::jthread> helpers;
      try {
        while (static_cast<int>(helpers.size()) + 1 < options_.threads)
          helpers.emplace_back([this] { guard([this] { work_off(); }); });
      } catch (const std::system_error&) {
        // The system gives no more threads: those that run do all the work.
      }
      guard([this] { work_off(); });
    }
    guard([this] { work_off_shared(); });
    progress_.finish();
    if (failure_) std::rethrow_exception(failure_);
    writer_.synchronise();
    return {done_, options_.stop.stop_requested()};
  }

 private:
  [[nodiscard]] bool should_stop() const { return end_.stop_requested(); }

  /// Keeps what is thrown if it is the first, and ends all work. In a handler.
  void fail() {
    const std::lock_guard lock(failure_mutex_);
    if (!failure_) failure_ = std::current_exception();
    end_.request_stop();
  }

  template <class Work>
  void guard(const Work& work) {
    try {
      work();
    } catch (...) {
      fail();
    }
  }

  std::uint64_t take() {
    if (ranks_.size() == 1) return next_.fetch_add(at_a_time_);
    const std::lock_guard lock(take_mutex_);
    return static_cast<std::uint64_t>(ranks_.take(static_cast<Index>(at_a_time_)));
  }

  /// @param alone No other task is being done.
  [[nodiscard]] TaskRunner runner(bool alone) const {
    const bool tells = alone && !options_.quiet && ranks_.rank() == 0;
    return {run_, ranks_.rank(), end_, plan_.keeps_points(), tells};
  }

  /// Finished tasks on their way into the record.
  struct Lines {
    std::string text;
    std::vector<std::uint64_t> solves;  ///< Those with curves that are not needed any more.
    Clock::time_point written = Clock::now();
  };

  void add(const Record& finished, bool is_solve, Lines& lines) {
    lines.text += to_line(finished);
    if (is_solve) lines.solves.push_back(finished.task);
    ++done_;
    progress_.count(finished.solved);
  }

  void record(Lines& lines) {
    writer_.append(lines.text);
    lines.text.clear();
    lines.written = Clock::now();
    if (lines.solves.empty()) return;
    writer_.synchronise();
    for (const std::uint64_t task : lines.solves) run_.remove_curves(task);
    lines.solves.clear();
  }

  void work_off() {
    TaskRunner runner = this->runner(/*alone=*/left_.size() == 1);
    std::shared_ptr<const Context> context;
    std::size_t combination = 0;
    Lines lines;
    for (std::uint64_t first = take(); first < left_.size(); first = take()) {
      const std::uint64_t end = std::min<std::uint64_t>(first + at_a_time_, left_.size());
      for (std::uint64_t i = first; i < end && !should_stop(); ++i) {
        const Plan::Place place = plan_.place(left_[i]);
        if (!context || place.combination != combination) {
          context = plan_.context(place.combination);
          combination = place.combination;
        }
        // Near the end the threads without a task of their own help with those of others.
        const std::uint64_t others = left_.size() - i;
        const int threads = std::max(
            1, options_.threads / static_cast<int>(std::min<std::uint64_t>(others, 1U << 20U)));
        const std::optional<Record> result = runner.run(*context, left_[i], place.item, threads);
        if (!result) continue;
        add(*result, context->is_solve, lines);
        if (Clock::now() - lines.written > longest_wait) record(lines);
      }
      if (!lines.text.empty()) record(lines);
      if (should_stop()) return;
    }
  }

  /// One task after the other, all ranks together.
  void work_off_shared() {
    TaskRunner runner = this->runner(/*alone=*/true);
    Lines lines;
    for (const std::uint64_t task : shared_) {
      std::array<double, 1> ends{should_stop() ? 1.0 : 0.0};
      ranks_.maximum(ends);
      if (ends[0] != 0.0) return;
      const Plan::Place place = plan_.place(task);
      std::shared_ptr<const Context> context;
      ranks_.together([&] { context = plan_.context(place.combination); });
      try {
        const std::optional<Record> result =
            runner.run(*context, task, place.item, options_.threads, &ranks_);
        if (!result) continue;
        add(*result, /*is_solve=*/true, lines);
        record(lines);
      } catch (const RecordError&) {
        fail();  // The ranks are still in step, and end together.
      }
    }
  }

  const Plan& plan_;
  const RunDirectory& run_;
  RecordWriter& writer_;
  const ExecutionOptions& options_;
  Communicator& ranks_;
  RunProgress progress_;
  std::vector<std::uint64_t> left_;    ///< Tasks that are to be done by one process each.
  std::vector<std::uint64_t> shared_;  ///< And by all together.
  std::stop_source end_;               ///< Of all work.
  std::stop_callback<std::function<void()>> stop_callback_{options_.stop,
                                                           [this] { end_.request_stop(); }};
  std::uint64_t at_a_time_ = 1;
  std::atomic<std::uint64_t> next_ = 0;
  std::atomic<std::uint64_t> done_ = 0;
  std::mutex take_mutex_;
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
};

}  // namespace

ExecutionResult execute(const Plan& plan, const RunDirectory& run, const RecordIndex& finished,
                        RecordWriter& writer, const ExecutionOptions& options,
                        Communicator& ranks) {
  return Execution(plan, run, finished, writer, options, ranks).run();
}

}  // namespace tautrack::program
