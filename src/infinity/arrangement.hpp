#pragma once

#include <functional>
#include <vector>

#include "tautrack/core/types.hpp"

namespace tautrack::infinity {

/// The rows of a matrix of rank n <= 3 as an arrangement of hyperplanes through the origin:
/// parallel rows share one. Unit normals whose determinant is at most `degenerate` count as
/// linearly dependent.
struct Arrangement {
  static constexpr double degenerate = 1e-12;

  Matrix normals;            ///< n x m, of length one.
  std::vector<Index> plane;  ///< Of each row.
  Vector coefficient;        ///< Of each row: row = coefficient * normal of its plane.
  [[nodiscard]] Index planes() const noexcept { return normals.cols(); }
};

/// @param rows g x n, none zero, of rank n, n in 1..3.
[[nodiscard]] Arrangement arrangement_of(const Matrix& rows);

/// A relatively open cone on which the signs of all normals are constant.
struct Face {
  std::vector<signed char> signs;  ///< m
  std::vector<Index> free;         ///< Planes of sign 0, ascending.
  Matrix kernel;                   ///< n x d, orthonormal basis of the span of the face.
  Vector inside;                   ///< n, of length one, in the face.
};

/// Visits each face but the origin once, until `visit` returns false; then the answer is false.
///
/// Rank 2: the planes are lines, whose 2 m rays are sorted by angle. Rank 3: on each great circle
/// of the unit sphere the vertices (where other circles cross) are sorted by angle; arcs lie
/// between neighbours and cells beside arcs. Signs of arcs are composed from those of their ends,
/// signs of cells from those of an arc, so that a thin arc or cell is not lost to rounding. Cost
/// O(m^2) faces, O(m) each; memory for the signs of the cells met so far.
bool for_each_face(const Arrangement& arrangement, const std::function<bool(const Face&)>& visit);

}  // namespace tautrack::infinity
