#pragma once

#include <cstddef>
#include <vector>

#include "tautrack/core/types.hpp"

namespace tautrack::program {

/// A set of pixels in a frame of width x height over a rectangle of the plane. As a space it is the
/// union of its closed pixels: two that share a corner touch (8-connected; what is left out is
/// 4-connected).
class PixelSet {
 public:
  /// @param low, high 2, opposite corners of the frame, low < high.
  PixelSet(Index width, Index height, const Vector& low, const Vector& high);

  [[nodiscard]] Index width() const noexcept { return width_; }
  [[nodiscard]] Index height() const noexcept { return height_; }

  /// Whether it has this pixel; none outside the frame.
  [[nodiscard]] bool has(Index column, Index row) const noexcept;

  void add(Index column, Index row);

  /// Adds the pixel with this point, if it is within the frame.
  void add_point(double x, double y);

  /// Side lengths of a pixel.
  [[nodiscard]] double pixel_width() const noexcept;
  [[nodiscard]] double pixel_height() const noexcept;

  /// V - E + F of the complex of closed pixels: components minus holes.
  [[nodiscard]] Index euler_characteristic() const;

  /// Components of the complex of closed pixels.
  [[nodiscard]] Index components() const;

  /// A run of pixels in one row: low and high x, low and high y.
  struct Run {
    double x_low, x_high, y_low, y_high;
  };
  [[nodiscard]] std::vector<Run> runs() const;

 private:
  Index width_, height_;
  Vector low_, high_;
  std::vector<char> pixels_;
};

}  // namespace tautrack::program
