#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tautrack/data/dataset.hpp"

namespace tautrack::multistart {

/// How the s columns of an Auer problem hide its axes.
enum class Inputs {
  rotated,  ///< X = C Q, Q random orthogonal.
  mixed     ///< X = C Q M, M random with a condition number of at most 10.
};

/// Size and kind of a problem with exponentially many minima.
struct AuerShape {
  int s = 3;  ///< Axes, hence weights. >= 1.
  int k = 4;  ///< Patterns per axis. >= 1.
  Inputs inputs = Inputs::rotated;
};

/// A stationary point that the construction predicts.
struct ExpectedPoint {
  Vector weights;  ///< s
  int morse_index = 0;
};

/// A problem all of whose stationary points are known.
struct AuerProblem {
  Problem problem;  ///< k s patterns, s columns.
  std::vector<ExpectedPoint> points;
};

/// k patterns on each of s axes, x_j = 10^(j-1) b with b in [0.5, 1.5] and targets in [26/64, 38/64]:
/// the rows of C have one entry each. The energy is the sum of one energy per axis with k minima and
/// k - 1 maxima between them, so that there are k^s minima, (2k - 1)^s stationary points, and
/// C(s, j) k^(s-j) (k - 1)^j of index j. Columns are transformed as `shape.inputs` says, rows are
/// shuffled. Where the points are on each axis is computed here by bisection.
///
/// Source: after Auer, Herbster & Warmuth, Exponentially many local minima for single neurons (1995).
/// @throws std::logic_error when an axis has not k minima and k - 1 maxima.
[[nodiscard]] AuerProblem make_auer_problem(const AuerShape& shape, std::uint64_t seed);

/// How many stationary points have each Morse index, by the formula above.
[[nodiscard]] std::vector<long> expected_by_index(const AuerShape& shape);

/// "s = 3, k = 4, rotated".
[[nodiscard]] std::string to_string(const AuerShape& shape);

}  // namespace tautrack::multistart
