#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "tautrack/core/types.hpp"

namespace tautrack::program {

/// A point of space.
using SolidPoint = Eigen::Vector3d;

/// The solid on its way from a mug (t = 0) to a torus (t = 1): (body u handle) \ cavity. Up
/// to t = 1/2 the cavity fills up from its floor; then the body shrinks into
/// the thickening ring of the handle. The topology is the same for all t.
class MugSolid {
 public:
  /// @param t In [0, 1]. @throws std::invalid_argument when it is not.
  explicit MugSolid(double t);

  /// <= 0 in the solid, > 0 outside; changes by at most the distance of two points.
  [[nodiscard]] double level(const SolidPoint& p) const;

  /// The level of the body and that of the handle: the smaller one tells which part a point of the
  /// surface belongs to.
  [[nodiscard]] double body_level(const SolidPoint& p) const;
  [[nodiscard]] double handle_level(const SolidPoint& p) const;

  [[nodiscard]] double lowest() const;  ///< z of the lowest point.

 private:
  double centre_, radius_, half_height_;  ///< Of the body.
  double ring_, thickness_;               ///< Of the handle.
  bool has_cavity_;
  double floor_;  ///< Of the cavity.
};

/// A set of voxels. As a space it is the union of its closed cubes: two that share a corner touch.
class VoxelSet {
 public:
  /// @param size Voxels in each direction, > 0.
  explicit VoxelSet(const std::array<Index, 3>& size);

  [[nodiscard]] const std::array<Index, 3>& size() const noexcept { return size_; }
  [[nodiscard]] bool has(Index i, Index j, Index k) const noexcept;  ///< @pre Within the size.
  void add(Index i, Index j, Index k);
  [[nodiscard]] Index count() const noexcept;

  /// V - E + F - C of the complex of closed cubes: components - tunnels + holes.
  [[nodiscard]] Index euler_characteristic() const;

  /// Components of the complex of closed cubes, by union-find.
  [[nodiscard]] Index components() const;

 private:
  [[nodiscard]] std::size_t index(Index i, Index j, Index k) const noexcept;

  std::array<Index, 3> size_;
  std::vector<unsigned char> voxels_;  ///< With a layer of nothing all around.
};

/// The solid at the middles of 91 x 67 x 79 voxels of [-2.2, 0.8] x [-1.1, 1.1] x [-1.3, 1.3].
[[nodiscard]] VoxelSet mug_voxels(double t);

}  // namespace tautrack::program
