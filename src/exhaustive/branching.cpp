#include "exhaustive/branching.hpp"

namespace tautrack::exhaustive {

namespace {

/// A search that may give up is asked after this part of its time, and then after each such one more, whether it has done its
/// even share.
constexpr double kTrial = 0.25, kAskedAgain = 0.0625;

/// Cells between reports.
constexpr long kReported = 256;

}  // namespace

Watch::Watch(const SearchOptions& options)
    : options_(options),
      start_(std::chrono::steady_clock::now()),
      stop_(options.stop.within(options.seconds)) {}

void Watch::begin() {
  begin_ = seconds();
  allowed_ = stop_.seconds_left();
  if (options_.gives_up) trial_ = begin_ + kTrial * allowed_;
}

bool Watch::allows() {
  if (is_over_.load(std::memory_order_relaxed)) return false;
  if (stop_.is_met()) return end(stop_.reason());
  if (const double now = seconds(); now >= trial_.load(std::memory_order_relaxed)) {
    trial_ = now + kAskedAgain * allowed_;
    if (done_.load() < (now - begin_) / allowed_)
      return end("less was done than lets it finish in its time");
  }
  if (boxes_.fetch_add(1, std::memory_order_relaxed) >= options_.max_boxes) {
    boxes_.fetch_sub(1, std::memory_order_relaxed);
    return end("it had looked at " + std::to_string(options_.max_boxes) + " boxes");
  }
  return true;
}

void Watch::report(double share, long change) {
  waiting_.fetch_add(change, std::memory_order_relaxed);
  double done = done_.load(std::memory_order_relaxed);
  while (!done_.compare_exchange_weak(done, done + share, std::memory_order_relaxed)) {
  }
  if (!options_.progress || boxes_.load(std::memory_order_relaxed) < next_report_.load()) return;
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;
  next_report_ = boxes_.load() + kReported;
  options_.progress(boxes_.load(), std::max(0L, waiting_.load()), std::min(1.0, done_.load()));
}

double Watch::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

bool Watch::end(std::string reason) {
  const std::lock_guard lock(mutex_);
  if (!is_over_.exchange(true)) reason_ = std::move(reason);
  return false;
}

void list_undecided(std::vector<SizedBox> boxes, std::size_t most, SearchResult& result) {
  std::sort(boxes.begin(), boxes.end(), [](const SizedBox& a, const SizedBox& b) {
    if (a.first != b.first) return a.first > b.first;
    return std::lexicographical_compare(a.second.low.begin(), a.second.low.end(),
                                        b.second.low.begin(), b.second.low.end());
  });
  result.undecided_count = static_cast<long>(boxes.size());
  if (boxes.size() > most) boxes.resize(most);
  for (auto& [size, box] : boxes) result.undecided.push_back(std::move(box));
}

void sum_up(const Watch& watch, const std::string& refusal, SearchResult& result) {
  result.boxes = watch.boxes();
  result.seconds = watch.seconds();
  if (!refusal.empty()) {
    result.region_reason = refusal;
    result.message = refusal;
    return;
  }
  result.finished = result.undecided_count == 0;
  const std::size_t count = result.points.size();
  const std::string points =
      std::to_string(count) + (count == 1 ? " stationary point" : " stationary points");
  const std::string boxes =
      std::to_string(result.undecided_count) + (result.undecided_count == 1 ? " box" : " boxes");
  if (result.finished)
    result.message = (count == 1 ? "there is exactly " : "there are exactly ") + points +
                     (result.region_holds_all ? "" : " in the region; outside is unknown");
  else if (watch.is_over())
    result.message = "the search ended because " + watch.reason() + ": " + points + " found, " +
                     boxes + " left undecided";
  else
    result.message = points + " found, and " + boxes +
                     " left undecided, too small to be halved: a degenerate stationary point may "
                     "be near";
}

}  // namespace tautrack::exhaustive
