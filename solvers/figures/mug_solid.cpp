#include "mug_solid.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <boost/pending/disjoint_sets.hpp>

namespace tautrack::program {
namespace {

double length(double x, double y) { return std::sqrt(x * x + y * y); }

/// The place of voxel i of `count` between low and high, ends included.
double place(double low, double high, Index i, Index count) {
  return low + (high - low) * static_cast<double>(i) / static_cast<double>(count - 1);
}

/// What a corner adds to V - E + F - C, with the edges, faces and the cube that go from it to larger
/// coordinates. Bit dx + 2 dy + 4 dz of `around` is the voxel on that side of the corner.
constexpr int corner_part(unsigned around) {
  constexpr unsigned x = 0b10101010U, y = 0b11001100U, z = 0b11110000U;
  const auto any = [around](unsigned mask) { return (around & mask) != 0U ? 1 : 0; };
  return any(0xFFU) - any(x) - any(y) - any(z) + any(x & y) + any(y & z) + any(z & x) -
         any(x & y & z);
}

constexpr std::array<int, 256> corner_parts = [] {
  std::array<int, 256> parts{};
  for (unsigned around = 0; around < parts.size(); ++around) parts[around] = corner_part(around);
  return parts;
}();

}  // namespace

MugSolid::MugSolid(double t) {
  if (!(t >= 0.0 && t <= 1.0)) throw std::invalid_argument("t must be in [0, 1]");
  const double a = std::min(1.0, 2.0 * t), b = std::max(0.0, 2.0 * t - 1.0);
  const auto between = [b](double from, double to) { return from + (to - from) * b; };
  centre_ = between(-1.2, -1.15);
  radius_ = between(0.8, 0.2);
  half_height_ = between(1.0, 0.2);
  ring_ = between(0.65, 0.75);
  thickness_ = between(0.16, 0.35);
  has_cavity_ = a < 1.0;
  floor_ = -0.75 + 1.8 * a;
}

double MugSolid::body_level(const SolidPoint& p) const {
  return std::max(length(p(0) - centre_, p(1)) - radius_, std::abs(p(2)) - half_height_);
}

double MugSolid::handle_level(const SolidPoint& p) const {
  return length(length(p(0) + 0.4, p(2)) - ring_, p(1)) - thickness_;
}

double MugSolid::level(const SolidPoint& p) const {
  const double solid = std::min(body_level(p), handle_level(p));
  if (!has_cavity_) return solid;
  constexpr double radius = 0.6, top = 2.0;
  const double cavity =
      std::max({length(p(0) - centre_, p(1)) - radius, floor_ - p(2), p(2) - top});
  return std::max(solid, -cavity);
}

double MugSolid::lowest() const { return -std::max(half_height_, ring_ + thickness_); }

VoxelSet::VoxelSet(const std::array<Index, 3>& size) : size_(size) {
  for (const Index n : size)
    if (n <= 0) throw std::invalid_argument("a set of voxels must have some in each direction");
  voxels_.assign(static_cast<std::size_t>((size[0] + 2) * (size[1] + 2) * (size[2] + 2)), 0);
}

std::size_t VoxelSet::index(Index i, Index j, Index k) const noexcept {
  return static_cast<std::size_t>(((k + 1) * (size_[1] + 2) + j + 1) * (size_[0] + 2) + i + 1);
}

bool VoxelSet::has(Index i, Index j, Index k) const noexcept {
  return voxels_[index(i, j, k)] != 0;
}

void VoxelSet::add(Index i, Index j, Index k) {
  if (i < 0 || i >= size_[0] || j < 0 || j >= size_[1] || k < 0 || k >= size_[2])
    throw std::invalid_argument("a voxel must be within its set");
  voxels_[index(i, j, k)] = 1;
}

Index VoxelSet::count() const noexcept {
  return static_cast<Index>(std::count(voxels_.begin(), voxels_.end(), 1));
}

Index VoxelSet::euler_characteristic() const {
  Index sum = 0;
  for (Index k = 0; k <= size_[2]; ++k)
    for (Index j = 0; j <= size_[1]; ++j) {
      // The four voxels on the lower side in x of a corner, then on its upper side.
      unsigned lower = 0;
      for (Index i = 0; i <= size_[0]; ++i) {
        const unsigned upper = voxels_[index(i, j - 1, k - 1)] |
                               static_cast<unsigned>(voxels_[index(i, j, k - 1)]) << 2U |
                               static_cast<unsigned>(voxels_[index(i, j - 1, k)]) << 4U |
                               static_cast<unsigned>(voxels_[index(i, j, k)]) << 6U;
        sum += corner_parts[lower | upper << 1U];
        lower = upper;
      }
    }
  return sum;
}

Index VoxelSet::components() const {
  std::vector<std::size_t> rank(voxels_.size()), parent(voxels_.size());
  boost::disjoint_sets<std::size_t*, std::size_t*> sets(rank.data(), parent.data());
  for (std::size_t at = 0; at < voxels_.size(); ++at)
    if (voxels_[at] != 0) sets.make_set(at);
  // Half of the 26 neighbours: those behind. The layer all around keeps them within the memory.
  std::vector<std::size_t> behind;
  const std::size_t here = index(0, 0, 0);
  for (Index k = -1; k <= 0; ++k)
    for (Index j = -1; j <= 1; ++j)
      for (Index i = -1; i <= 1; ++i)
        if (const std::size_t there = index(i, j, k); there < here) behind.push_back(here - there);
  Index count = 0;
  for (std::size_t at = here; at < voxels_.size(); ++at) {
    if (voxels_[at] == 0) continue;
    ++count;
    for (const std::size_t step : behind) {
      if (voxels_[at - step] == 0) continue;
      const std::size_t one = sets.find_set(at), other = sets.find_set(at - step);
      if (one == other) continue;
      sets.link(one, other);
      --count;
    }
  }
  return count;
}

VoxelSet mug_voxels(double t) {
  const MugSolid solid(t);
  VoxelSet set({91, 67, 79});
  const auto [across, deep, high] = set.size();
  for (Index k = 0; k < high; ++k)
    for (Index j = 0; j < deep; ++j)
      for (Index i = 0; i < across; ++i) {
        const SolidPoint p(place(-2.2, 0.8, i, across), place(-1.1, 1.1, j, deep),
                           place(-1.3, 1.3, k, high));
        if (solid.level(p) <= 0.0) set.add(i, j, k);
      }
  return set;
}

}  // namespace tautrack::program
