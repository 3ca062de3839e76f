#include "explore/shared_work.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "core/digest.hpp"

namespace tautrack {

namespace {

constexpr const char* kOutOfStep = "the ranks of an exploration are not in step any more";

/// A number of 64 bits as two of which a double keeps all.
std::array<double, 2> halves(std::uint64_t number) {
  constexpr unsigned kHalf = 32U;
  return {static_cast<double>(number >> kHalf),
          static_cast<double>(number & ((std::uint64_t{1} << kHalf) - 1U))};
}

/// Outcomes in one message.
void append(std::vector<double>& message, std::size_t piece, const WorkOutcome& outcome,
            bool is_cut) {
  message.insert(message.end(), {static_cast<double>(piece), is_cut ? 1.0 : 0.0, outcome.seconds,
                                 static_cast<double>(outcome.numbers.size()),
                                 static_cast<double>(outcome.text.size())});
  message.insert(message.end(), outcome.numbers.begin(), outcome.numbers.end());
  for (const char letter : outcome.text)
    message.push_back(static_cast<double>(static_cast<unsigned char>(letter)));
}

}  // namespace

void SharedWork::agree(std::uint64_t number, const char* otherwise) {
  if (ranks_ == nullptr) return;
  const auto [high, low] = halves(number);
  std::array<double, 4> ends{high, low, -high, -low};
  ranks_->maximum(ends);
  if (ends[0] != -ends[2] || ends[1] != -ends[3]) throw CommunicationError(otherwise);
}

double SharedWork::largest(double number) {
  if (ranks_ == nullptr) return number;
  std::array<double, 1> value{number};
  ranks_->maximum(value);
  return value[0];
}

double SharedWork::begin(int round, const std::vector<std::uint64_t>& inputs,
                         const std::function<bool(const WorkOutcome&)>& is_sound) {
  const std::size_t count = inputs.size();
  Digest digest;
  items_.clear();
  for (const std::uint64_t input : inputs) {
    items_.push_back({next_number_++, round, input});
    digest.add(input);
  }
  agree(digest.add(static_cast<std::uint64_t>(next_number_)).value(), kOutOfStep);
  outcomes_.assign(count, {});
  is_cut_.assign(count, 0);
  is_own_.assign(count, 0);
  double latest = 0.0;
  if (memo_ != nullptr && is_first()) {
    for (std::size_t i = 0; i < count; ++i) {
      std::optional<WorkOutcome> outcome = memo_->recall(items_[i]);
      if (!outcome || !is_sound(*outcome)) continue;
      latest = std::max(latest, outcome->seconds);
      outcomes_[i] = std::move(*outcome);
      is_own_[i] = 1;
    }
  }
  // What the first rank has recalled, and the time.
  std::vector<double> known(is_own_.begin(), is_own_.end());
  if (ranks_ != nullptr) {
    known.push_back(latest);
    ranks_->broadcast(known, 0);
    latest = known.back();
  }
  missing_.clear();
  for (std::size_t i = 0; i < count; ++i)
    if (known[i] == 0.0) missing_.push_back(i);
  next_ = 0;
  if (ranks_ != nullptr && !missing_.empty()) ranks_->restart_queue();
  return latest;
}

std::size_t SharedWork::take() {
  std::size_t next = missing_.size();
  if (ranks_ == nullptr) {
    next = next_++;
  } else if (!missing_.empty()) {
    const std::lock_guard lock(mutex_);
    try {
      if (!failure_) next = static_cast<std::size_t>(ranks_->take(1));
    } catch (const CommunicationError&) {
      failure_ = std::current_exception();
    }
  }
  return next < missing_.size() ? missing_[next] : items_.size();
}

void SharedWork::finish(std::size_t piece, WorkOutcome outcome, bool is_cut) {
  if (memo_ != nullptr && notes_ && !is_cut) memo_->note(items_[piece], outcome);
  outcomes_[piece] = std::move(outcome);
  is_cut_[piece] = is_cut ? 1 : 0;
  is_own_[piece] = 1;
}

void SharedWork::end() {
  if (failure_) std::rethrow_exception(failure_);
  if (ranks_ != nullptr) exchange();
  // What follows builds on less than there could be.
  if (std::count(is_cut_.begin(), is_cut_.end(), 0) < std::ssize(is_cut_)) stop_noting();
}

void SharedWork::exchange() {
  std::vector<double> own;
  for (std::size_t i = 0; i < items_.size(); ++i)
    if (is_own_[i] != 0) append(own, i, outcomes_[i], is_cut(i));
  std::vector<double> sizes(static_cast<std::size_t>(ranks_->size()), 0.0);
  sizes[static_cast<std::size_t>(ranks_->rank())] = static_cast<double>(own.size());
  ranks_->sum(sizes);
  for (int rank = 0; rank < ranks_->size(); ++rank) {
    std::vector<double> message(static_cast<std::size_t>(sizes[static_cast<std::size_t>(rank)]));
    if (message.empty()) continue;
    if (rank == ranks_->rank()) message = own;
    // Not a sum, which would lose the sign of a zero.
    ranks_->broadcast(message, rank);
    if (rank == ranks_->rank()) continue;
    for (const double* at = message.data(); at != message.data() + message.size();) {
      const auto piece = static_cast<std::size_t>(*at++);
      is_cut_[piece] = *at++ != 0.0 ? 1 : 0;
      WorkOutcome& outcome = outcomes_[piece];
      outcome.seconds = *at++;
      const auto numbers = static_cast<std::ptrdiff_t>(*at++);
      const auto letters = static_cast<std::ptrdiff_t>(*at++);
      outcome.numbers.assign(at, at + numbers);
      at += numbers;
      outcome.text.clear();
      for (const double letter : std::span(at, static_cast<std::size_t>(letters)))
        outcome.text += static_cast<char>(static_cast<unsigned char>(letter));
      at += letters;
    }
  }
}

}  // namespace tautrack
