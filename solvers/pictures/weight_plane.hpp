#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tautrack/data/dataset.hpp"

#include "pictures/axis.hpp"
#include "pictures/box.hpp"

namespace tautrack::program {

/// "bias", or "weight of NAME".
[[nodiscard]] std::string weight_name(const std::string& column);

/// The axis of a weight over a window.
class WeightWindow {
 public:
  /// @param values Of points that it holds; none: the whole sigmoid.
  /// @param typical A value that gives node inputs of about one. > 0.
  /// @param bending Below a third of it the energy is flat. > 0.
  /// @param around What it shows around a single point. >= 0.
  WeightWindow(std::string label, const std::vector<double>& values, double typical, double bending,
               double around);

  [[nodiscard]] double position(double value) const { return axis_.position(value); }
  [[nodiscard]] double value(double position) const { return axis_.value(position); }
  [[nodiscard]] double low() const { return low_; }  ///< Position.
  [[nodiscard]] double high() const { return high_; }
  [[nodiscard]] NumberAxis axis() const;

  /// Ends at zero, where all values are on one side of it.
  void keep_side();

 private:
  bool is_positive_ = false, is_negative_ = false;  ///< All values.
  std::string label_;
  WeightAxis axis_;
  double low_ = 0.0, high_ = 0.0;
};

/// What is to be seen of the energy as a function of one or two weights: windows that have the stationary points
/// in the middle, in coordinates in which valleys are not oblique. The bias is taken where it does not depend on the
/// slope of the best fit, if that is far from zero, for else every valley is a needle: in the plane are the slope and
/// the node input there.
class WeightPlane {
 public:
  using Energy = std::function<double(const Vector& weights)>;

  /// @param problem s = 1 or 2 columns. @param points Weights, s each. @param best Of them; -1: none.
  /// @param constant Energy of the best constant output.
  WeightPlane(const Problem& problem, const std::vector<Vector>& points, int best,
              const Energy& energy, double constant);

  /// The energy of the best constant output of these rows.
  [[nodiscard]] static double energy_of_constant(const Problem& problem);

  [[nodiscard]] const WeightWindow& window(Index axis) const {
    return windows_[static_cast<std::size_t>(axis)];
  }
  [[nodiscard]] Box box() const {
    return {window(0).low(), window(0).high(), window(1).low(), window(1).high()};
  }
  /// Positions on the axes, s.
  [[nodiscard]] Vector place(const Vector& weights) const;
  /// The weights at positions.
  [[nodiscard]] Vector weights(const Vector& positions) const;
  /// Shows only the side of the first axis on which all points are.
  void keep_side() { windows_.front().keep_side(); }
  /// Points so far out that the window does without them.
  [[nodiscard]] int far_points() const { return far_points_; }

 private:
  [[nodiscard]] Vector coordinates(const Vector& weights) const;
  [[nodiscard]] Vector at(Vector coordinates) const;

  double shift_ = 0.0;  ///< The number in the first column at which the bias is taken.
  std::vector<WeightWindow> windows_;
  int far_points_ = 0;
};

}  // namespace tautrack::program
