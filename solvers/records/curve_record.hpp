#pragma once

#include <cstdint>
#include <fstream>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tautrack/explore/memo.hpp"

#include "records/run_directory.hpp"

namespace tautrack::program {

/// The search along curves of one task, recorded in the folder of its run piece by piece.
class CurveRecord final : public ExploreMemo {
 public:
  /// Reads where the pieces stand that are recorded already.
  /// @param rank Of this process.
  /// @param end Is asked to stop the search when a file cannot be read, or a piece not be recorded.
  CurveRecord(const RunDirectory& run, std::uint64_t task, int rank, std::stop_source end);

  [[nodiscard]] std::optional<WorkOutcome> recall(const WorkItem& item) override;
  void note(const WorkItem& item, const WorkOutcome& outcome) override;

  /// Lines that were damaged, or whose piece of work was asked for with other inputs: it was done again.
  [[nodiscard]] std::uint64_t unusable() const { return unusable_; }

  /// @throws RecordError Why the search was asked to stop, if it was.
  void check() const;

 private:
  /// Where a line is.
  struct Place {
    WorkItem item;
    std::uint32_t file = 0;
    std::uint64_t offset = 0;
  };

  void add_file(const std::filesystem::path& file);
  void fail(const std::string& reason);

  std::filesystem::path own_file_;
  std::stop_source end_;
  std::vector<std::ifstream> files_;
  std::vector<Place> places_;  ///< By number and input.
  std::uint64_t unusable_ = 0;
  std::mutex mutex_;  ///< Of what follows, until all threads are done.
  std::optional<RecordWriter> writer_;
  std::optional<RecordError> failure_;
};

}  // namespace tautrack::program
