#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tautrack/explore/memo.hpp"

#include "io/json.hpp"

namespace tautrack::program {

/// What one finished task came to: one line of a run's record, a JSON object whose last member is the
/// checksum of all that stands before it.
struct Record {
  std::uint64_t task = 0;  ///< Number in the plan, from 0.
  std::string label;       ///< Name in the plan.
  bool solved = false;
  std::string status;   ///< In a word, such as "reached_target".
  std::string reason;   ///< Why it is not solved; empty if it is.
  std::string problem;  ///< Digest: tasks with the same one are to come to the same end.
  std::string audit;    ///< Verdict; empty without an audit.
  /// [energy, Morse index, folds] of a path, and where outputs have a range of their own how many times as large
  /// energies are as in that of the activation; null: none of these.
  Json end;
  std::string kind;  ///< Of the end of a path as a stationary point; empty: none of these.
  Json work;         ///< Counts; the first one tells how much work the task was.
  Json result;       ///< The problem as in the JSON report, without times.
  double seconds = 0.0;
};

/// The line, with its end.
[[nodiscard]] std::string to_line(const Record& record);

/// How much of a line is wanted.
enum class RecordPart { head, whole };  ///< head: all but result and seconds.

/// The record in a line without its end; nothing when the line is damaged.
[[nodiscard]] std::optional<Record> from_line(std::string_view line,
                                              RecordPart part = RecordPart::whole);

/// The task of the record in a line whose checksum is right; nothing when the line is damaged.
[[nodiscard]] std::optional<std::uint64_t> task_of_line(std::string_view line);

/// The line without what differs from run to run: times, and the checksum over them.
/// @pre task_of_line(line)
[[nodiscard]] std::string_view lasting_part(std::string_view line);

/// What a piece of work of a search along curves came to, as one line with its end: JSON like above,
/// with the bits of the numbers as one text of 16 hexadecimal digits each.
[[nodiscard]] std::string to_line(const WorkItem& item, const WorkOutcome& outcome);

/// The piece of work of such a line whose checksum is right; nothing when the line is damaged.
[[nodiscard]] std::optional<WorkItem> item_of_line(std::string_view line);

/// The outcome in such a line; nothing when the line is damaged.
[[nodiscard]] std::optional<WorkOutcome> outcome_of_line(std::string_view line);

}  // namespace tautrack::program
