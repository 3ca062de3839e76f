#pragma once

#include <string>
#include <string_view>

namespace tautrack::program {

/// gnuplot's range between two numbers.
[[nodiscard]] std::string range_text(double low, double high);

/// Named places on an axis.
class Ticks {
 public:
  Ticks& add(std::string_view name, double position);

  /// Argument of gnuplot's `set xtics`.
  [[nodiscard]] std::string text() const { return "(" + list_ + ")"; }

 private:
  std::string list_;
};

/// "1e6" rather than "1e+06".
[[nodiscard]] std::string tick_text(double value);

/// How an axis looks, in gnuplot's words.
struct Axis {
  std::string label;
  std::string range = "[*:*]";
  std::string ticks = "autofreq";  ///< Empty: none.
};

/// An axis of weights: linear, or logarithmic on both sides of zero.
class WeightAxis {
 public:
  /// @param unit Below it a logarithmic axis is nearly linear; 0: it is linear everywhere.
  /// @param largest Largest magnitude on the axis.
  WeightAxis(double unit, double largest) : unit_(unit), largest_(largest) {}

  [[nodiscard]] bool is_logarithmic() const { return unit_ > 0.0; }

  [[nodiscard]] double position(double value) const;

  /// The inverse of position().
  [[nodiscard]] double value(double position) const;

  /// Argument of gnuplot's `set xtics` and `set ytics`.
  [[nodiscard]] std::string ticks() const;

 private:
  double unit_ = 0.0;
  double largest_ = 0.0;
};

}  // namespace tautrack::program
