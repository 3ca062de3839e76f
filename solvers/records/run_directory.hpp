#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "io/json.hpp"

namespace tautrack::program {

/// A record that cannot be written, such as on a full disk. What was written before is sound.
class RecordError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Where the records of finished tasks stand in the files of a run.
class RecordIndex {
 public:
  explicit RecordIndex(std::uint64_t tasks) : places_(tasks, none) {}

  /// Takes note of all sound records in a file; a task that is there twice keeps its first one.
  /// @throws DataError when the file cannot be read.
  void add_file(const std::filesystem::path& file);

  [[nodiscard]] std::uint64_t tasks() const { return places_.size(); }
  [[nodiscard]] std::uint64_t done() const { return done_; }
  [[nodiscard]] bool is_done(std::uint64_t task) const { return places_[task] != none; }
  /// Lines that are no sound records, torn ones at the ends of files included.
  [[nodiscard]] std::uint64_t damaged() const { return damaged_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

  /// Calls `see` with the line of each finished task, by number.
  /// @throws DataError when a file cannot be read any more.
  void for_each(const std::function<void(std::uint64_t, std::string_view)>& see) const;

 private:
  static constexpr std::uint64_t none = ~std::uint64_t{0};
  static constexpr int file_bits = 16;  ///< The upper ones of a place; the others are an offset.

  std::vector<std::filesystem::path> files_;
  std::vector<std::uint64_t> places_;
  std::uint64_t done_ = 0;
  std::uint64_t damaged_ = 0;
  std::uint64_t bytes_ = 0;
};

/// Appends records to one file of a run. Several threads may use it.
class RecordWriter {
 public:
  /// @throws RecordError when the file cannot be opened.
  explicit RecordWriter(std::filesystem::path file);
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;
  ~RecordWriter();

  /// Hands the lines to the system in one call, so that the end of this process loses none; once a
  /// second it also waits until they are on the disk. When only a part could be written, that is
  /// taken back. @throws RecordError
  void append(std::string_view lines);

  /// Waits until all lines are on the disk. @throws RecordError
  void synchronise();

 private:
  using Clock = std::chrono::steady_clock;

  [[noreturn]] void fail(int reason) const;

  std::filesystem::path file_;
  int descriptor_ = -1;
  std::mutex mutex_;
  std::uint64_t size_ = 0;
  bool is_broken_ = false;  ///< A part of a line could not be taken back.
  Clock::time_point synchronised_ = Clock::now();
};

/// The folder of a run:
///
///     run.json         what is to be done, with digests of the inputs
///     records-K.jsonl  what process K has finished, one line a task
///     curves-T-K.jsonl what process K has done of task T, a search along curves that is not finished
///     lock             taken by the processes of a run while they work
class RunDirectory {
 public:
  /// The folder of this run: a new one, or one that holds the same run already.
  /// @param description As description() returns it.
  /// @throws UsageError when the folder holds something else or cannot be made.
  static RunDirectory make(const std::filesystem::path& folder, const Json& description);

  /// The folder of a run that was begun. @throws UsageError when it is none, or the run of another
  /// version.
  static RunDirectory open(const std::filesystem::path& folder);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const Json& description() const { return description_; }

  /// Keeps other runs out of the folder until the end of the process. @throws UsageError when one is
  /// there already.
  void lock() const;
  /// Whether a run is working in the folder.
  [[nodiscard]] bool is_locked() const;

  /// Cuts off torn last lines, which the end of a machine may leave. @pre The run is locked.
  /// @throws RecordError, DataError
  void mend() const;

  /// All records that are there. @throws DataError
  [[nodiscard]] RecordIndex records() const;
  /// The file of process `rank`.
  [[nodiscard]] std::filesystem::path record_file(int rank) const;

  /// The files in which a task has recorded its curves. @throws DataError
  [[nodiscard]] std::vector<std::filesystem::path> curve_files(std::uint64_t task) const;
  /// That of process `rank`.
  [[nodiscard]] std::filesystem::path curve_file(std::uint64_t task, int rank) const;
  /// Removes those of a task, which is recorded as a whole.
  void remove_curves(std::uint64_t task) const;
  /// Removes those of all tasks that are. @throws DataError
  void remove_curves(const RecordIndex& finished) const;

 private:
  RunDirectory(std::filesystem::path folder, Json description)
      : folder_(std::move(folder)), description_(std::move(description)) {}

  /// In sorted order. @throws DataError
  [[nodiscard]] std::vector<std::filesystem::path> files(const std::string& beginning) const;

  std::filesystem::path folder_;
  Json description_;
};

}  // namespace tautrack::program
