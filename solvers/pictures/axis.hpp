#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace tautrack::program {

/// gnuplot's range between two numbers.
[[nodiscard]] std::string range_text(double low, double high);

/// About how wide a text is in a sans-serif font, in units of the size of its letters.
[[nodiscard]] double text_width(std::string_view text);

/// Named places on an axis.
class Ticks {
 public:
  Ticks& add(std::string_view name, double position);

  /// A short one without a name or a line of the grid.
  Ticks& add_minor(double position);

  /// Those whose names do not meet that of one added before.
  /// @param pixels_per_unit Of positions. @param letter Size of letters, in pixels.
  [[nodiscard]] Ticks fitting(double pixels_per_unit, double letter, bool is_upright) const;

  /// Of the names, in sizes of letters.
  [[nodiscard]] double widest() const;

  /// Whether any two names are closer than what is between them needs, as above.
  [[nodiscard]] bool is_crowded(double pixels_per_unit, double letter, bool is_upright) const;

  [[nodiscard]] std::size_t size() const { return named_.size(); }

  /// Argument of gnuplot's `set xtics`.
  [[nodiscard]] std::string text() const;

 private:
  friend struct NumberAxis;
  struct Tick {
    std::string name;
    double position;
  };
  std::vector<Tick> named_;
  std::vector<double> minor_;
};

/// "1e6" rather than "1e+06".
[[nodiscard]] std::string tick_text(double value);

/// The number with the fewest digits between two numbers; of several with so many preferably one that ends with 5, or
/// an even one. @pre low <= high
[[nodiscard]] double roundest(double low, double high);

/// How an axis looks, in gnuplot's words.
struct Axis {
  std::string label;
  std::string range = "[*:*]";
  std::string ticks = "autofreq";  ///< Empty: none.
};

/// An axis of numbers, low < high.
struct NumberAxis {
  std::string label;
  double low = 0.0, high = 1.0;
  bool is_logarithmic = false;
  std::vector<Ticks> ticks{};  ///< The first that have room; none: round numbers.

  /// Ticks on so many pixels, whose names do not meet.
  [[nodiscard]] Ticks fitting_ticks(double pixels, double letter, bool is_upright) const;
};

/// An axis of weights: linear, or logarithmic on both sides of zero.
class WeightAxis {
 public:
  /// @param unit Below it a logarithmic axis is nearly linear; 0: it is linear everywhere.
  /// @param largest Largest magnitude on the axis.
  WeightAxis(double unit, double largest) : unit_(unit), largest_(largest) {}

  /// Of a path: logarithmic if its weights grow by orders of magnitude.
  /// @param start, largest Largest magnitudes at the start and on the whole path.
  [[nodiscard]] static WeightAxis of_path(double start, double largest) {
    constexpr double much = 300.0;
    return {start > 0.0 && largest > much * start ? start : 0.0, largest};
  }

  [[nodiscard]] bool is_logarithmic() const { return unit_ > 0.0; }

  [[nodiscard]] double position(double value) const;

  /// The inverse of position().
  [[nodiscard]] double value(double position) const;

  /// Of a logarithmic axis: zero, and powers of ten, ever fewer.
  [[nodiscard]] std::vector<Ticks> ticks() const;

 private:
  double unit_ = 0.0;
  double largest_ = 0.0;
};

/// An axis of energies: logarithmic where they differ by more than a factor of 30.
class EnergyAxis {
 public:
  /// @param unit Energies of outputs of size one are of this size.
  explicit EnergyAxis(double unit = 1.0) : unit_(unit) {}

  void see(double energy);

  /// With margins on both sides.
  [[nodiscard]] NumberAxis axis() const;

 private:
  double unit_;
  double low_ = std::numeric_limits<double>::infinity();
  double high_ = -std::numeric_limits<double>::infinity();
};

/// What an axis of tau must show of a path.
struct PathView {
  struct Point {
    double tau, way, energy;  ///< `way`: what a line of the picture has gone until then.
  };
  std::vector<Point> points;
  std::vector<double> folds;  ///< tau
  bool ends = true;           ///< At tau = 1.
};

/// tau from 0 to 1, logarithmic in 1 - tau if much happens close to 1, which stays in view.
class TauAxis {
 public:
  explicit TauAxis(const PathView& path);

  [[nodiscard]] bool is_logarithmic() const { return offset_ > 0.0; }

  [[nodiscard]] double position(double tau) const;

  /// @param tau What it is called.
  [[nodiscard]] NumberAxis axis(const std::string& tau) const;

 private:
  /// Added to 1 - tau before the logarithm is taken; 0: the axis is linear.
  double offset_ = 0.0;
};

}  // namespace tautrack::program
