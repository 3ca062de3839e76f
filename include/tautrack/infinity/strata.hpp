#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// A projection of y on a stratum at infinity of the data manifold (geometry of its closure): patterns
/// with sign +1 or -1 are saturated, those with sign 0 are free and form a perceptron of lower
/// dimension, of which `weights` is a stationary point.
struct InfinitePoint {
  Vector direction;        ///< s, user's units, length one: where the weights run to. x_i.d has the
                           ///< sign signs[i], zero on free patterns.
  std::vector<int> signs;  ///< L
  Vector weights;          ///< s, of least norm, that gives the free patterns their node inputs.
  double energy = 0.0;     ///< E of the limit.
  std::optional<bool> local_infimum;  ///< Nothing: the first-order criterion does not decide.
  std::string reason;                 ///< One sentence for the above.
  std::string found_by;
};

/// Whether a stratum holds a local infimum of the energy, as far as the first-order criterion says.
struct InfimumTest {
  bool is_stratum = false;            ///< The signs are a covector of the rows of X.
  Vector direction;                   ///< s, length one; realises the signs.
  std::optional<bool> local_infimum;  ///< For free patterns at a strict local minimiser.
  std::string reason;                 ///< One sentence.
  Vector way_in;  ///< s; a direction of the cone along which the energy falls when moving in from
                  ///< infinity, when local_infimum is false; else empty.
};

/// Whether linear programmes can be solved: the library was built with Clp.
[[nodiscard]] bool can_solve_linear_programmes() noexcept;

/// The linear-programme criterion on one stratum.
/// @param signs L, each -1, 0 or +1, not all 0.
[[nodiscard]] InfimumTest test_infimum(const Problem& problem, const PerceptronOptions& network,
                                       const std::vector<int>& signs);

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
  std::string message;  ///< One sentence.
};

/// Budget of the enumeration.
struct StrataOptions {
  long max_strata = 200000;  ///< > 0
  double seconds = 30.0;     ///< > 0
  std::stop_token stop;
};

/// All strata at infinity that can hold a local infimum of the energy, for problems of rank <= 3; for
/// larger rank only the statements about all of them are made.
[[nodiscard]] StrataResult enumerate_strata(const Problem& problem,
                                            const PerceptronOptions& network,
                                            const StrataOptions& options = {});

}  // namespace tautrack
