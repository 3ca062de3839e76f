#pragma once

#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/network/layer.hpp"

namespace tautrack::program {

/// Two spirals in the plane, each the other turned by half a turn.
struct SpiralData {
  Matrix points;  ///< 2 x 2 count: the spiral labelled 1 from its inner end, then that labelled -1.
  Vector labels;  ///< 2 count
};

/// The points +-r (cos T r, sin T r), r = 0.15 ... 1, for the twist T.
/// @param count Points on each spiral, >= 2.
[[nodiscard]] SpiralData spiral_data(double twist, Index count = 60);

/// So many points on each spiral make a smooth curve after all layers.
constexpr Index curve_count = 800;

/// The twist of the figures: 1.19 turns.
constexpr double full_twist = 7.5;

/// The network 2-2-2-2-2-1: four layers of tanh units, then the output v . h + c.
class SpiralNetwork {
 public:
  static constexpr Index layer_count = 4;
  static constexpr Index parameter_count = layer_count * 6 + 3;

  /// @param parameters For each layer W by rows and b; then v and c.
  explicit SpiralNetwork(const Vector& parameters);

  [[nodiscard]] const LayerStack& hidden() const noexcept { return hidden_; }
  [[nodiscard]] const Vector& direction() const noexcept { return v_; }  ///< v, 2
  [[nodiscard]] double offset() const noexcept { return c_; }            ///< c

  /// One output for each column of points.
  [[nodiscard]] Vector outputs(const Matrix& points, double tau = 1.0) const;

  /// Two points on the line v . h + c = 0, which are columns, so far from the one next to the origin.
  [[nodiscard]] Matrix separating_line(double reach) const;

 private:
  LayerStack hidden_;
  Vector v_;
  double c_;
};

/// Parameters that training by continuation in the twist came to.
[[nodiscard]] Vector listed_spiral_parameters();

/// Lines of a grid over [-1.1, 1.1]^2: so many each way, so many points on each, which are columns.
[[nodiscard]] std::vector<Matrix> grid_lines(int lines, int points);

}  // namespace tautrack::program
