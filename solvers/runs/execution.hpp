#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "plan.hpp"
#include "run_directory.hpp"

namespace tautrack::program {

/// How the tasks of a run are worked off.
struct ExecutionOptions {
  int threads = 1;     ///< >= 1
  bool quiet = false;  ///< No progress on standard error.
  int rank = 0;        ///< Number of this process among those of the run ...
  int ranks = 1;       ///< ... and how many these are.
  std::stop_token stop;
  /// Hands out the next numbers, `count` of them at a time, and returns the first; numbers are of the
  /// tasks that were left at the beginning. All processes of a run share one. Nothing: this process
  /// is alone.
  std::function<std::uint64_t(std::uint64_t)> next;
};

/// What this process did.
struct ExecutionResult {
  std::uint64_t done = 0;
  bool stopped = false;  ///< The stop token ended it before all tasks were done.
};

/// Works off the tasks of the plan that the index does not have, and records each when it is done.
/// What a task comes to depends neither on threads nor on processes nor on the tasks before it.
/// @throws RecordError when a record cannot be written; what is written stays.
ExecutionResult execute(const Plan& plan, const RecordIndex& finished, RecordWriter& writer,
                        const ExecutionOptions& options);

}  // namespace tautrack::program
