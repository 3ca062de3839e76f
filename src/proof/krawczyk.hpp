#pragma once

#include <string>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"

#include "proof/interval.hpp"
#include "proof/real.hpp"

/// Stationary points of any energy that can be enclosed, proven one at a time.
namespace tautrack::proof {

/// What an energy is enclosed in.
enum class Arithmetic {
  intervals,  ///< Of doubles.
  balls       ///< Of kBallBits; in a library with FLINT only.
};

/// Those that a proof may use, in this order.
enum class ProofIn { intervals, balls, intervals_then_balls };

/// Bits of the balls.
inline constexpr int kBallBits = 192;

/// The numbers from middle - radius to middle + radius. @pre radius >= 0.
template <class S>
[[nodiscard]] S around(double middle, double radius);

template <>
[[nodiscard]] inline double around<double>(double middle, double) {
  return middle;
}

template <>
[[nodiscard]] inline Interval around<Interval>(double middle, double radius) {
  if (radius == 0.0) return middle;
  return {below(middle - radius), above(middle + radius)};
}

#ifdef TAUTRACK_WITH_FLINT
template <>
[[nodiscard]] Real around<Real>(double middle, double radius);
#endif

/// An energy of n unknowns x, every number of it taken exactly.
class EnclosedEnergy {
 public:
  /// In doubles, rounded.
  struct Rounded {
    Vector gradient;  ///< n
    Matrix hessian;   ///< n x n, both triangles.
  };
  struct Enclosed {
    Interval energy = 0.0;
    std::vector<Interval> gradient;  ///< n
    std::vector<Interval> hessian;   ///< n x n, row by row, both triangles.
  };

  EnclosedEnergy() = default;
  EnclosedEnergy(const EnclosedEnergy&) = delete;
  EnclosedEnergy& operator=(const EnclosedEnergy&) = delete;
  virtual ~EnclosedEnergy() = default;

  [[nodiscard]] virtual Rounded at(const Vector& x) const = 0;

  /// The energy and its derivatives by z (n) in the frame x + V z, for all |z| <= reach.
  /// @param V n x n
  [[nodiscard]] virtual Enclosed over(const Vector& x, const Matrix& V, const Vector& reach,
                                      Arithmetic arithmetic) const = 0;
};

/// What is proven of a stationary point.
struct PointProof {
  bool is_proven = false;  ///< Within the box there is exactly one.
  std::string reason;      ///< Why not.
  Vector x;                ///< n, improved by Newton's method.
  Matrix V;                ///< n x n; the box is x + V z, |z| <= reach.
  Vector reach;            ///< n
  Vector diagonal;         ///< n, about that of V' H V.
  int index = 0;           ///< Negative eigenvalues of the Hessian.
  Interval energy = 0.0;   ///< Encloses that of the point.
  Arithmetic arithmetic = Arithmetic::intervals;
};

/// Proves that there is exactly one stationary point near x: Krawczyk's operator (1969; Rump, Acta Numerica
/// 2010, section 13) in approximate eigenvectors of the Hessian, first in intervals, then in balls. Where it contracts a
/// box the Hessian is regular all over it, so that the signs of the diagonal are its inertia (Sylvester).
/// @param stop Once it is met nothing is proven any more.
[[nodiscard]] PointProof prove_point(const EnclosedEnergy& energy, const Vector& x,
                                     ProofIn which = ProofIn::intervals_then_balls,
                                     const StopCondition& stop = {});

/// How far the point of a proof is from its x at most, in the unknowns from `first` on.
[[nodiscard]] double radius_of(const PointProof& proof, Index first = 0);

/// No second stationary point is this near to the x of a proof: the largest ball, up to radius one, that was found to
/// lie in a box in which the operator contracts. At least radius_of(proof); zero where that could not be shown.
[[nodiscard]] double unique_within(const EnclosedEnergy& energy, const PointProof& proof,
                                   const StopCondition& stop = {});

}  // namespace tautrack::proof
