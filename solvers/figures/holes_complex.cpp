#include "holes_complex.hpp"

#include <cmath>
#include <stdexcept>
#include <utility>

namespace tautrack::program {

PixelSet::PixelSet(Index width, Index height, const Vector& low, const Vector& high)
    : width_(width), height_(height), low_(low), high_(high) {
  if (width <= 0 || height <= 0) throw std::invalid_argument("a frame must have pixels");
  if (low.size() != 2 || high.size() != 2 || !(low.array() < high.array()).all())
    throw std::invalid_argument(
        "the corners of a frame must be two points of the plane, low < high");
  pixels_.assign(static_cast<std::size_t>(width * height), 0);
}

bool PixelSet::has(Index column, Index row) const noexcept {
  return column >= 0 && column < width_ && row >= 0 && row < height_ &&
         pixels_[static_cast<std::size_t>(row * width_ + column)] != 0;
}

void PixelSet::add(Index column, Index row) {
  if (column < 0 || column >= width_ || row < 0 || row >= height_)
    throw std::invalid_argument("a pixel must be within its frame");
  pixels_[static_cast<std::size_t>(row * width_ + column)] = 1;
}

void PixelSet::add_point(double x, double y) {
  const double column = std::floor((x - low_(0)) / pixel_width());
  const double row = std::floor((y - low_(1)) / pixel_height());
  if (column >= 0.0 && column < static_cast<double>(width_) && row >= 0.0 &&
      row < static_cast<double>(height_))
    add(static_cast<Index>(column), static_cast<Index>(row));
}

double PixelSet::pixel_width() const noexcept {
  return (high_(0) - low_(0)) / static_cast<double>(width_);
}

double PixelSet::pixel_height() const noexcept {
  return (high_(1) - low_(1)) / static_cast<double>(height_);
}

Index PixelSet::euler_characteristic() const {
  Index vertices = 0, edges = 0, faces = 0;
  for (Index row = 0; row <= height_; ++row)
    for (Index column = 0; column <= width_; ++column) {
      // The four pixels around the lower left corner of this one.
      const bool here = has(column, row), left = has(column - 1, row);
      const bool below = has(column, row - 1), across = has(column - 1, row - 1);
      vertices += here || left || below || across ? 1 : 0;
      edges += (here || left ? 1 : 0) + (here || below ? 1 : 0);
      faces += here ? 1 : 0;
    }
  return vertices - edges + faces;
}

Index PixelSet::components() const {
  std::vector<char> seen(pixels_.size(), 0);
  std::vector<std::pair<Index, Index>> open;
  Index count = 0;
  const auto visit = [&](Index column, Index row) {
    if (!has(column, row)) return false;
    char& mark = seen[static_cast<std::size_t>(row * width_ + column)];
    if (mark != 0) return false;
    mark = 1;
    open.emplace_back(column, row);
    return true;
  };
  for (Index row = 0; row < height_; ++row)
    for (Index column = 0; column < width_; ++column) {
      if (!visit(column, row)) continue;
      ++count;
      while (!open.empty()) {
        const auto [at_column, at_row] = open.back();
        open.pop_back();
        for (Index up = -1; up <= 1; ++up)
          for (Index right = -1; right <= 1; ++right) visit(at_column + right, at_row + up);
      }
    }
  return count;
}

std::vector<PixelSet::Run> PixelSet::runs() const {
  std::vector<Run> all;
  for (Index row = 0; row < height_; ++row)
    for (Index column = 0; column < width_; ++column) {
      if (!has(column, row)) continue;
      const Index first = column;
      while (has(column, row)) ++column;
      const double y = low_(1) + pixel_height() * static_cast<double>(row);
      all.push_back({low_(0) + pixel_width() * static_cast<double>(first),
                     low_(0) + pixel_width() * static_cast<double>(column), y, y + pixel_height()});
    }
  return all;
}

}  // namespace tautrack::program
