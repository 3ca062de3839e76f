#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/network/activation.hpp"

#include "infinity/patterns.hpp"

namespace tautrack::infinity {

/// The directions in which the weights can run to one stratum, coordinates v in the span of the
/// cone (d of them): the saturated pattern g has |u_g| = rates.row(g) v + a constant.
struct Cone {
  Matrix rates;   ///< q x d
  Vector excess;  ///< q, see Patterns::excess.
  Vector inside;  ///< d, all rates positive there.
  /// p x d, or empty: rates of patterns that a fitted plateau follows, which count nothing.
  Matrix followed;
};

/// The cone of a stratum, without a point inside.
/// @param signs Of the groups of `patterns`. @param basis n x d, orthonormal, of the span.
[[nodiscard]] Cone cone_of(const Patterns& patterns, const std::vector<int>& signs,
                           const Matrix& basis);

/// What the first order says.
struct Verdict {
  std::optional<bool> local_infimum;
  std::string reason;  ///< One sentence.
  Vector way_in;       ///< d, when local_infimum is false: with all rates positive.
};

/// Whether the energy has a local infimum where the weights run through the cone to infinity, when
/// the patterns that stay free are at a local minimiser of their own energy.
///
/// Let eps_i > 0 be the distance of sigma(u_i) from its end. With e_i the excess of pattern i,
///
///     dE = sum_i [ e_i eps_i + omega_i eps_i^2 / 2 ] + (change of the free patterns >= 0),
///
/// so that good patterns (e_i > 0) and neutral ones (e_i = 0, through eps_i^2) resist a way in and
/// bad ones (e_i < 0) reward it. |u_i| = r_i(v) + O(1), r_i(v) -> infinity for every i. Let M(v) =
/// min( r_i(v) for good i, f r_i(v) for neutral i ) and m_b = min { r_b(v) : M(v) >= 1 } over the
/// closed cone, a linear programme for each bad b.
///
/// tanh and logistic, eps = exp(-k |u| + O(1)), f = 2; erf, eps = exp(-pi/4 u^2 (1 + o(1))), f =
/// sqrt 2 because eps^2 decays like eps at sqrt 2 times the input. If all m_b > 1, then r_b >= m_b
/// M with m_b > 1, each bad eps_b is of smaller order than the largest term that resists: a local
/// infimum. If some m_b < 1, then along a ray near the minimiser, moved into the open cone, eps_b
/// is of larger order than all that resists: none. Constants, pattern weights among them, play no
/// part. m_b = 1 is undecided.
///
/// arctan, eps = c / |u| (1 + O(1/|u|)): dE has the sign of F(v) = sum_i e_i / r_i(v). A v of the
/// open cone with F(v) < 0 proves that there is no infimum. Since 1 / r_b <= max_good (1 / r_i) /
/// m_b, with m_b over the good patterns alone, sum_b |e_b| / m_b < min_good e_i proves that there
/// is one. Otherwise it is undecided, but where the cone is a ray.
///
/// Undecided, too, once `stop` is met.
[[nodiscard]] Verdict judge(const Cone& cone, Activation activation, const StopCondition& stop);

/// The same with a ridge penalty, along the one direction that it does not see. All rates are equal
/// there, so that the patterns act as one with the sum of their excesses: the other weights tend to
/// zero, where the penalty pulls them. @param has_offset Then node inputs differ by their offsets, constants
/// play a part, and it is decided only where all excesses have one sign.
[[nodiscard]] Verdict judge_with_ridge(const Cone& cone, bool has_offset);

}  // namespace tautrack::infinity
