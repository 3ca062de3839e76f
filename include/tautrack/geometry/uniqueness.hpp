#pragma once

#include <limits>
#include <string>
#include <string_view>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/geometry/curvature_bound.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// What proves that a stationary point is the only one.
enum class UniquenessProof {
  none,           ///< Not certified.
  zero_residual,  ///< The residual is zero to rounding: unique for targets that differ by rounding.
  tube,           ///< |y - z| < 1 / k, k a bound of the curvature over all weights.
  convexity       ///< All stationary points lie where the energy is convex.
};

[[nodiscard]] std::string_view to_string(UniquenessProof proof) noexcept;

/// What could be proven about the stationary points at one tau, and the numbers it rests on.
struct UniquenessCertificate {
  bool unique = false;  ///< There is exactly one stationary point at finite weights, of any index.
  UniquenessProof proof = UniquenessProof::none;
  double tau = 1.0;
  double distance = 0.0;         ///< |y - z(v)|, ridge term included.
  double curvature_bound = 0.0;  ///< Of |k|max over all weights; infinity: none.
  std::string curvature_bound_from;
  double product = 0.0;  ///< distance * curvature_bound: below 1 inside the tube.
  bool global = false;   ///< The point at v is proven to have the lowest energy of all weights.
  /// sqrt(2) distance times the largest loss of convexity that a residual brings: below 1 the energy is
  /// convex between all fits that are no worse. Infinity where it was not computed.
  double global_product = std::numeric_limits<double>::infinity();
  std::string message;         ///< One sentence: the proof, or why none was found.
  std::string global_message;  ///< The same for `global`.
  bool is_cut = false;         ///< Time was up before all proofs were tried.
};

/// @param v n, a stationary point to rounding.
/// @param known A bound of the curvature over all weights at this tau that the caller has besides, such
/// as that of curvature_supremum(); counts where it is smaller than that of CurvatureBounds.
/// @param stop Once it is met, proofs are left unfinished; what was proven before stands.
/// @throws std::invalid_argument when tau is not in [0, 1].
[[nodiscard]] UniquenessCertificate certify_unique(
    const Perceptron& network, const Vector& v, double tau,
    const CurvatureBound& known = {std::numeric_limits<double>::infinity(), ""},
    const StopCondition& stop = {});

/// How far along the natural path there is exactly one stationary point.
struct PathUniqueness {
  double until =
      0.0;   ///< For each tau in [0, until] there is one and no more: no fold there and no
             ///< other branch.
  Vector v;  ///< n, near the point at `until`.
  double distance = 0.0,
         curvature_bound = 0.0;  ///< There: their product is just below 1, or tau is 1.
  bool whole = false;            ///< until = 1.
  std::string message;           ///< One sentence.
};

[[nodiscard]] PathUniqueness certify_unique_path(const Perceptron& network);

}  // namespace tautrack
