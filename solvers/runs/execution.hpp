#pragma once

#include <cstdint>
#include <stop_token>

#include "tautrack/core/communicator.hpp"

#include "records/run_directory.hpp"
#include "runs/plan.hpp"

namespace tautrack::program {

/// How the tasks of a run are worked off.
struct ExecutionOptions {
  int threads = 1;     ///< >= 1
  bool quiet = false;  ///< No progress on standard error.
  std::stop_token stop;
};

/// What this process did.
struct ExecutionResult {
  std::uint64_t done = 0;
  bool stopped = false;  ///< The stop token ended it before all tasks were done.
};

/// Works off the tasks of the plan that the index does not have, and records each when it is done.
/// What a task comes to depends neither on threads nor on processes nor on the tasks before it.
///
/// Each process takes tasks of its own, until none is left; but where there are few that `solve`,
/// all processes share the curves of each.
/// @param ranks The processes of the run. Collective, all with the same index.
/// @throws RecordError when a record cannot be written; what is written stays. CommunicationError.
ExecutionResult execute(const Plan& plan, const RunDirectory& run, const RecordIndex& finished,
                        RecordWriter& writer, const ExecutionOptions& options, Communicator& ranks);

}  // namespace tautrack::program
