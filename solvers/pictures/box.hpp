#pragma once

#include "tautrack/core/types.hpp"

namespace tautrack::program {

/// A rectangle of the plane.
struct Box {
  double left, right, bottom, top;

  [[nodiscard]] bool contains(double x, double y) const {
    return x >= left && x <= right && y >= bottom && y <= top;
  }
  [[nodiscard]] double width() const { return right - left; }
  [[nodiscard]] double height() const { return top - bottom; }
  /// The rectangle with margins of this fraction of its longer side.
  [[nodiscard]] Box with_margin(double fraction) const;
};

/// The smallest square around the box, with the same centre.
[[nodiscard]] Box square_around(const Box& box);

/// The smallest square around points, which are columns, and margins of this fraction of it.
[[nodiscard]] Box square_around(const Matrix& points, double margin);

}  // namespace tautrack::program
