#include "records/curve_record.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "tautrack/data/dataset.hpp"

#include "records/record.hpp"

namespace tautrack::program {
namespace {

bool is_before(const WorkItem& a, const WorkItem& b) {
  return std::tie(a.number, a.input) < std::tie(b.number, b.input);
}

}  // namespace

CurveRecord::CurveRecord(const RunDirectory& run, std::uint64_t task, int rank,
                         std::stop_source end)
    : own_file_(run.curve_file(task, rank)), end_(std::move(end)) {
  try {
    for (const std::filesystem::path& file : run.curve_files(task)) add_file(file);
  } catch (const DataError& error) {
    fail(error.what());
  }
  std::stable_sort(places_.begin(), places_.end(),
                   [](const Place& a, const Place& b) { return is_before(a.item, b.item); });
}

void CurveRecord::add_file(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw DataError(fmt::format("cannot read '{}'", file.string()));
  std::string line;
  for (std::uint64_t offset = 0; std::getline(stream, line); offset += line.size() + 1) {
    if (const std::optional<WorkItem> item = item_of_line(line); item && !stream.eof())
      places_.push_back({*item, static_cast<std::uint32_t>(files_.size()), offset});
    else
      ++unusable_;
  }
  stream.clear();
  files_.push_back(std::move(stream));
}

std::optional<WorkOutcome> CurveRecord::recall(const WorkItem& item) {
  const auto place =
      std::lower_bound(places_.begin(), places_.end(), item,
                       [](const Place& a, const WorkItem& b) { return is_before(a.item, b); });
  const bool is_there = place != places_.end() && place->item.number == item.number &&
                        place->item.input == item.input && place->item.round == item.round;
  if (!is_there) {
    // Recorded with another input?
    const auto other = std::partition_point(places_.begin(), places_.end(), [&](const Place& a) {
      return a.item.number < item.number;
    });
    if (other != places_.end() && other->item.number == item.number) ++unusable_;
    return std::nullopt;
  }
  std::ifstream& stream = files_[place->file];
  // Most often the next line is where the stream stands already.
  if (stream.tellg() != static_cast<std::streamoff>(place->offset))
    stream.seekg(static_cast<std::streamoff>(place->offset));
  std::string line;
  std::getline(stream, line);
  std::optional<WorkOutcome> outcome = outcome_of_line(line);
  if (!outcome) {
    ++unusable_;
    stream.clear();
  }
  return outcome;
}

void CurveRecord::note(const WorkItem& item, const WorkOutcome& outcome) {
  const std::string line = to_line(item, outcome);
  const auto writer = [&]() -> RecordWriter* {
    const std::lock_guard lock(mutex_);
    if (failure_) return nullptr;
    if (!writer_) writer_.emplace(own_file_);
    return &*writer_;
  };
  try {
    if (RecordWriter* const open = writer()) open->append(line);
  } catch (const RecordError& error) {
    fail(error.what());
  }
}

void CurveRecord::fail(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_.emplace(reason);
  end_.request_stop();
}

void CurveRecord::check() const {
  if (failure_) throw RecordError(*failure_);
}

}  // namespace tautrack::program
