#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/infinity/infinite_point.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// Whether a stratum holds a local infimum of the energy, as far as the first-order criterion says.
struct InfimumTest {
  /// The signs are a covector of the rows of X. False also when that is not known, because the
  /// library cannot solve linear programmes; the reason says so.
  bool is_stratum = false;
  Vector direction;  ///< s, length one; realises the signs.
  /// For free patterns at a strict local minimiser. False: arbitrarily far out there are weights
  /// near the limit with lower energies. Descents and paths from an open set of starts may run to
  /// such a limit all the same, in directions that avoid those weights.
  std::optional<bool> local_infimum;
  std::string reason;  ///< One sentence.
  Vector way_in;  ///< s; a direction of the cone along which the energy falls when moving in from
                  ///< infinity, when local_infimum is false; else empty.
};

/// Whether linear programmes can be solved: the library was built with Clp.
[[nodiscard]] bool can_solve_linear_programmes() noexcept;

/// The first-order criterion on one stratum (docs/theory.md, section 8). Patterns are good, neutral
/// or bad as they want an output beyond, at or inside the end of the range that they saturate at.
/// With rates r_i(v) = sign_i x_i.v on the cone K = { v : x_i.v = 0 on free patterns, r_i(v) >= 0
/// on the others } and
///
///     m_b = min { r_b(v) : v in K, r_i(v) >= 1 for good i, f r_i(v) >= 1 for neutral i },  b bad,
///
/// a linear programme each, the stratum holds a local infimum if all m_b > 1 and none if one is <
/// 1; m_b = 1 to a relative 1e-9 is undecided. f = 2 for the exponential tails of tanh and
/// logistic, sqrt 2 for erf. For arctan, whose tails are algebraic, sum_i omega_i e_i / r_i(v) > 0
/// on K is asked for, e_i the distance of the target beyond the end: decided where K is a ray,
/// where a v proves the contrary or where a bound by the m_b suffices. Patterns with equal or
/// opposite rows count as one with the mean of their targets. With a ridge only a direction without
/// penalty can lead to an infimum: that of a constant column when ridge_standardised is set, where
/// the mean of the targets decides.
///
/// Cost: at most one linear programme of L rows for each bad pattern, and one to find the
/// direction. A linear programme is needed only where several directions lead to the stratum;
/// without Clp local_infimum is then empty and the reason says so.
/// @param signs L, each -1, 0 or +1, not all 0.
/// @throws std::invalid_argument when patterns are split among ranks.
[[nodiscard]] InfimumTest test_infimum(const Perceptron& network, const std::vector<int>& signs);

/// What the enumeration of strata came to.
struct StrataResult {
  std::vector<InfinitePoint>
      infima;             ///< By energy: local infima, proven by first order or undecided.
  long strata = 0;        ///< Looked at.
  bool complete = false;  ///< Every stratum that can hold an infimum was looked at.
  /// Proven: there is no infinite-weight infimum (all targets inside the range, or a ridge).
  bool none_exists = false;
  /// Proven: no finite stationary point exists at all (separable data with targets at or beyond the
  /// ends of the range on the right sides).
  bool no_finite_point = false;
  /// Problems of free patterns with two weights that do not decouple, whose minima were searched
  /// for from many starts: some may have been missed. All others have one weight at a time.
  long searched = 0;
  std::string message;  ///< One sentence.
};

/// Budget of the enumeration.
struct StrataOptions {
  long max_strata = 200000;  ///< > 0
  double seconds = 30.0;     ///< > 0
  StopCondition stop;        ///< Ends the enumeration early, with what it has.

  /// Nothing when usable; else one sentence with the field, its value and the rule it breaks.
  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// All strata at infinity that can hold a local infimum of the energy, for problems of rank <= 3;
/// for larger rank only the statements about all of them are made.
///
/// Strata are the faces of the arrangement of the hyperplanes x_i.v = 0 (O(L^(rank - 1)) of them);
/// on each that the criterion of test_infimum() does not rule out, the problem of the free patterns
/// is solved for its local minima. Works in orthonormal coordinates, where unit rows whose
/// determinant is at most 1e-12 count as dependent.
///
/// none_exists: if every target is inside the range, |u| is bounded at stationary points and
/// outside of a ball E falls on the way in (docs/theory.md, section 3); a ridge penalty without
/// a free direction grows without bound. no_finite_point: if some v != 0 has x_i.v >= 0 where y_i
/// is at or beyond the high end, <= 0 where it is at or beyond the low end and = 0 elsewhere, not
/// all zero, then E falls along v from every w. Such a v is looked for by one linear programme for any
/// rank, and in the enumeration, where it is a stratum without bad patterns; that there is one is then
/// proven of the doubles of the problem: of the rows that must not change the exact rank, of the others
/// the signs with bounds of all rounding.
/// @throws std::invalid_argument when an option breaks its rule, or patterns are split among ranks.
[[nodiscard]] StrataResult enumerate_strata(const Perceptron& network,
                                            const StrataOptions& options = {});

}  // namespace tautrack
