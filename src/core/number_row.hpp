#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "tautrack/core/types.hpp"

namespace tautrack {

/// Puts numbers into a row, from which a NumberReader takes them again, to the bit.
class NumberWriter {
 public:
  void add(double number) { numbers_.push_back(number); }
  /// Whole numbers up to 2^53.
  void add_whole(long number) { add(static_cast<double>(number)); }
  /// Entries, and their number before them.
  void add(const Vector& vector) {
    add_whole(vector.size());
    numbers_.insert(numbers_.end(), vector.begin(), vector.end());
  }
  void add(const std::vector<double>& numbers) {
    add_whole(static_cast<long>(numbers.size()));
    numbers_.insert(numbers_.end(), numbers.begin(), numbers.end());
  }
  void add(const std::optional<int>& number) { add_whole(number.value_or(-1)); }
  [[nodiscard]] std::vector<double> take() { return std::move(numbers_); }

 private:
  std::vector<double> numbers_;
};

/// Reads what a NumberWriter wrote. After something that cannot be, all is zero and is_sound() false.
class NumberReader {
 public:
  explicit NumberReader(const std::vector<double>& numbers) : numbers_(numbers) {}

  double number() {
    if (at_ < numbers_.size()) return numbers_[at_++];
    is_sound_ = false;
    return 0.0;
  }
  /// A whole number in [low, high].
  long whole(long low, long high) {
    const double read = number();
    if (read >= static_cast<double>(low) && read <= static_cast<double>(high) &&
        read == std::floor(read))
      return static_cast<long>(read);
    is_sound_ = false;
    return low;
  }
  /// How many there are of something, which are less than 2^40.
  long count() { return whole(0, 1L << 40U); }
  /// As many entries as that, or none where none are allowed.
  Vector vector(Index size, bool may_be_empty = false) {
    const long count = whole(0, size);
    const auto left = static_cast<long>(numbers_.size() - at_);
    if ((count != size && !(may_be_empty && count == 0)) || count > left) {
      is_sound_ = false;
      return Vector::Zero(size);
    }
    Vector read = Eigen::Map<const Vector>(numbers_.data() + at_, count);
    at_ += static_cast<std::size_t>(count);
    return read;
  }
  std::vector<double> numbers(std::size_t size) {
    const Vector read = vector(static_cast<Index>(size));
    return {read.begin(), read.end()};
  }
  std::optional<int> index(Index size) {
    const auto read = static_cast<int>(whole(-1, size));
    return read < 0 ? std::nullopt : std::optional(read);
  }
  /// Whether all was sound so far; afterwards nothing else counts.
  [[nodiscard]] bool is_sound() const { return is_sound_; }
  /// And nothing is left.
  [[nodiscard]] bool is_done() const { return is_sound_ && at_ == numbers_.size(); }

 private:
  const std::vector<double>& numbers_;
  std::size_t at_ = 0;
  bool is_sound_ = true;
};

}  // namespace tautrack
