#include "pictures/box.hpp"

#include <algorithm>

namespace tautrack::program {

Box Box::with_margin(double fraction) const {
  const double margin = fraction * std::max(width(), height());
  return {left - margin, right + margin, bottom - margin, top + margin};
}

Box square_around(const Box& box) {
  const double half = 0.5 * std::max(box.width(), box.height());
  const double x = 0.5 * (box.left + box.right), y = 0.5 * (box.bottom + box.top);
  return {x - half, x + half, y - half, y + half};
}

Box square_around(const Matrix& points, double margin) {
  const Vector low = points.rowwise().minCoeff(), high = points.rowwise().maxCoeff();
  Box box = square_around(Box{low(0), high(0), low(1), high(1)});
  if (!(box.width() > 0.0)) box = {low(0) - 1.0, low(0) + 1.0, low(1) - 1.0, low(1) + 1.0};
  return box.with_margin(0.5 * margin);
}

}  // namespace tautrack::program
