#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>

#include "plan.hpp"
#include "record.hpp"

namespace tautrack::program {

/// Does one task after the other. One a thread.
class TaskRunner {
 public:
  /// @param keeps_points Results have all points of paths.
  explicit TaskRunner(bool keeps_points) : keeps_points_(keeps_points) {}

  /// Does the task, with so many threads. Nothing when it was stopped: then it is to be done again.
  /// What is wrong with its data is part of the record.
  [[nodiscard]] std::optional<Record> run(const Context& context, std::uint64_t task,
                                          std::uint64_t item, int threads,
                                          const std::stop_token& stop);

 private:
  void track(const Context& context, std::uint64_t item, int threads, Record& record);
  [[nodiscard]] bool solve(const Context& context, std::uint64_t item, int threads,
                           const std::stop_token& stop, Record& record);
  [[nodiscard]] const Vector& target(const Context& context, std::uint64_t item);

  bool keeps_points_;
  std::shared_ptr<const TargetsFile> targets_;  ///< Those of the reader.
  std::optional<TargetsFile::Reader> reader_;
  Vector target_;
};

}  // namespace tautrack::program
