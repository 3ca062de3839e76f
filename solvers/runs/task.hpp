#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <utility>

#include "tautrack/core/communicator.hpp"

#include "records/record.hpp"
#include "records/run_directory.hpp"
#include "runs/plan.hpp"

namespace tautrack::program {

/// Does one task after the other. One a thread.
class TaskRunner {
 public:
  /// @param run Whose curves it records; to live as long as this. @param rank Of this process.
  /// @param end Stops tasks, and is asked to when a curve cannot be recorded.
  /// @param keeps_points Results have all points of paths.
  /// @param tells How far a search has come is said on standard error.
  TaskRunner(const RunDirectory& run, int rank, std::stop_source end, bool keeps_points, bool tells)
      : run_(run), rank_(rank), end_(std::move(end)), keeps_points_(keeps_points), tells_(tells) {}

  /// Does the task, with so many threads. Nothing when it was stopped: then it is to be done again.
  /// What is wrong with its data is part of the record.
  /// @param ranks That share the task, which is a solve; null: this one does all. With them
  /// collective, and all but the first get nothing.
  /// @throws RecordError when a curve cannot be recorded; CommunicationError.
  [[nodiscard]] std::optional<Record> run(const Context& context, std::uint64_t task,
                                          std::uint64_t item, int threads,
                                          Communicator* ranks = nullptr);

 private:
  void track(const Context& context, std::uint64_t item, int threads, Record& record);
  [[nodiscard]] bool solve(const Context& context, std::uint64_t item, int threads,
                           Communicator* ranks, Record& record);
  [[nodiscard]] const Vector& target(const Context& context, std::uint64_t item);

  const RunDirectory& run_;
  int rank_;
  std::stop_source end_;
  bool keeps_points_;
  bool tells_;
  std::shared_ptr<const TargetsFile> targets_;  ///< Those of the reader.
  std::optional<TargetsFile::Reader> reader_;
  Vector target_;
};

}  // namespace tautrack::program
