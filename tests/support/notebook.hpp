#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "tautrack/explore/memo.hpp"

namespace tautrack::support {

using Notes = std::map<long, std::pair<WorkItem, WorkOutcome>>;

/// Keeps everything in memory.
class Notebook final : public ExploreMemo {
 public:
  Notebook() = default;
  explicit Notebook(Notes notes) : notes_(std::move(notes)) {}

  std::optional<WorkOutcome> recall(const WorkItem& item) override {
    const auto found = notes_.find(item.number);
    if (found == notes_.end() || found->second.first.input != item.input ||
        found->second.first.round != item.round)
      return std::nullopt;
    return found->second.second;
  }
  void note(const WorkItem& item, const WorkOutcome& outcome) override {
    const std::lock_guard lock(mutex_);
    ++noted_;
    notes_[item.number] = {item, outcome};
  }

  [[nodiscard]] const Notes& notes() const { return notes_; }
  [[nodiscard]] std::size_t noted() const { return noted_; }

 private:
  std::mutex mutex_;
  Notes notes_;
  std::size_t noted_ = 0;
};

}  // namespace tautrack::support
