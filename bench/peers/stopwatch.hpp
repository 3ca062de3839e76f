#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <vector>

namespace tautrack::peers {

/// Wall times of several runs taken in turn, one call of each a round: what disturbs the machine
/// disturbs all of them.
class Stopwatch {
 public:
  /// @return The number to ask least() with.
  std::size_t add(std::function<void()> run);

  /// Measures at least `least_rounds` rounds, and on until they have taken `seconds` per run on
  /// average.
  void measure(double seconds, int least_rounds);

  /// Least time of one call, in seconds: the one that was disturbed least. @pre measure() has run.
  [[nodiscard]] double least(std::size_t number) const { return entries_[number].seconds; }

  [[nodiscard]] int rounds() const { return rounds_; }

  /// Share of the wall time in which this process had the processor; well below one: others had it.
  [[nodiscard]] double share_of_processor() const { return share_of_processor_; }

 private:
  struct Entry {
    std::function<void()> run;
    double seconds = std::numeric_limits<double>::infinity();
  };
  std::vector<Entry> entries_;
  int rounds_ = 0;
  double share_of_processor_ = 0.0;
};

}  // namespace tautrack::peers
