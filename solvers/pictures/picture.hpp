#pragma once

#include <string>
#include <string_view>

namespace tautrack::program {

/// Width of every picture in pixels of its PNG form, which all lengths of pictures are in.
constexpr int picture_width = 1600;

/// Colours that people with any colour vision tell apart (Okabe & Ito 2008), without its yellow,
/// which is faint on white.
constexpr std::string_view colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                        "#E69F00", "#56B4E9", "#000000"};

/// Checks that a picture can be made for a file of this name.
/// @throws UsageError: another ending than .svg, .png or .pdf, or gnuplot is missing.
void require_plot(const std::string& file);

/// The bytes of a picture of this height, drawn by a gnuplot script that sets no terminal, in the
/// format that the ending of the file's name asks for. @throws UsageError when gnuplot fails.
[[nodiscard]] std::string draw_picture(const std::string& file, int height,
                                       const std::string& script);

/// "1e6" rather than "1e+06".
[[nodiscard]] std::string tick_text(double value);

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

/// gnuplot's range between two numbers.
[[nodiscard]] std::string range_text(double low, double high);

}  // namespace tautrack::program
