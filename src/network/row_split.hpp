#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "tautrack/core/communicator.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// Throws on all ranks unless the shares of all of them are usable and make one problem, and the ranks
/// agree on the options and compute alike; see Perceptron.
void check_shares(const Problem& share, const PerceptronOptions& options, Communicator& ranks);

/// Adds up vectors and numbers over the ranks in one message, and finds the largest of one number
/// of each of them, for which each has a place of its own.
class Message {
 public:
  Message(std::vector<double>& memory, Communicator& ranks) : numbers_(memory), ranks_(ranks) {
    numbers_.clear();
  }

  void add(const double* from, Index count) { numbers_.insert(numbers_.end(), from, from + count); }
  void add(double number) { numbers_.push_back(number); }
  void add(const Vector& vector) { add(vector.data(), vector.size()); }
  void add_lower(const Matrix& G) {
    for (Index j = 0; j < G.cols(); ++j) add(G.col(j).data() + j, G.cols() - j);
  }

  /// Exchanges the message. Returns the largest `number` of all ranks.
  double exchange(double number) {
    const auto size = static_cast<std::size_t>(ranks_.size());
    const std::size_t count = numbers_.size();
    numbers_.resize(count + size, 0.0);
    numbers_[count + static_cast<std::size_t>(ranks_.rank())] = number;
    ranks_.sum(numbers_);
    return *std::max_element(numbers_.begin() + static_cast<std::ptrdiff_t>(count), numbers_.end());
  }

  // What was added comes back in the same order.
  void take(double* to, Index count) {
    std::copy_n(numbers_.begin() + taken_, count, to);
    taken_ += count;
  }
  double take() { return numbers_[static_cast<std::size_t>(taken_++)]; }
  void take(Vector& vector) { take(vector.data(), vector.size()); }
  void take_lower(Matrix& G) {
    for (Index j = 0; j < G.cols(); ++j) take(G.col(j).data() + j, G.cols() - j);
  }

 private:
  std::vector<double>& numbers_;
  Communicator& ranks_;
  std::ptrdiff_t taken_ = 0;
};

}  // namespace tautrack
