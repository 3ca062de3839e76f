#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "tautrack/data/dataset.hpp"
#include "tautrack/network/perceptron.hpp"

#include "support/random_problem.hpp"

namespace tautrack::support {

/// What is wrong, or nearly so, with the data of an adversarial problem.
enum class Trap {
  equal_rows,         ///< Two rows agree up to 1e-16 ... 1e-8.
  dependent_rows,     ///< Two are parallel up to 1e-14 ... 1e-7.
  dependent_columns,  ///< A column is twice another one, exactly or up to 1e-13 ... 1e-10.
  replicates,         ///< Rows stand several times, with other targets, also at the ends.
  targets_at_ends,
  decades,  ///< Rows of lengths from 1e-3 to 1e3.
  small_integers,
  chains  ///< A nearly equal row and a sum of two others.
};
inline constexpr std::array<std::string_view, 8> kTrapNames = {
    "equal rows",          "dependent rows", "dependent columns", "replicates",
    "targets at the ends", "decades",        "small integers",    "chains"};

struct AdversarialProblem {
  Trap trap;
  Problem problem;
  PerceptronOptions options;
};

namespace adversarial {

inline double tenth(Random& random, double low, double high) {
  return std::pow(10.0, random.uniform(low, high));
}

/// Row `to` becomes that multiple of row `from`, up to `by` of each entry.
inline void repeat_row(Random& random, Matrix& X, Index from, Index to, double factor, double by) {
  for (Index j = 0; j < X.cols(); ++j)
    X(to, j) = factor * X(from, j) * (1.0 + by * random.uniform(-1.0, 1.0));
}

}  // namespace adversarial

/// L 2..9, s 1..3, the traps and the activations in turn.
inline AdversarialProblem adversarial_problem(std::uint64_t seed) {
  using adversarial::repeat_row;
  using adversarial::tenth;
  Random random(seed);
  AdversarialProblem out;
  out.trap = static_cast<Trap>(seed % kTrapNames.size());
  out.options.activation = static_cast<Activation>(seed / kTrapNames.size() % 4);
  const Range ends = range(out.options.activation);
  Index s = random.integer(1, 4);
  if (out.trap == Trap::dependent_columns) s = std::max<Index>(s, 2);
  Index L = random.integer(std::max<Index>(s + 1, 3), s + 5);
  Matrix X(L, s);
  Vector y(L);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < s; ++j) X(i, j) = 2.0 * random.normal();
    y(i) = ends.low + (ends.high - ends.low) * random.uniform(0.05, 0.95);
  }
  const auto end = [&] { return random.integer(0, 2) == 0 ? ends.low : ends.high; };
  const Index from = random.integer(0, L);
  const Index to = (from + 1 + random.integer(0, L - 1)) % L;
  switch (out.trap) {
    case Trap::equal_rows: {
      if (random.integer(0, 2) == 0)
        for (Index j = 0; j < s; ++j) X(from, j) = std::round(10.0 * X(from, j)) / 10.0;
      repeat_row(random, X, from, to, 1.0, tenth(random, -16.0, -8.0));
      break;
    }
    case Trap::dependent_rows: {
      constexpr std::array<double, 4> factors = {1.0, 2.0, -1.0, 0.5};
      repeat_row(random, X, from, to, factors[static_cast<std::size_t>(random.integer(0, 4))],
                 tenth(random, -14.0, -7.0));
      break;
    }
    case Trap::dependent_columns: {
      const double by = random.integer(0, 2) == 0 ? 0.0 : tenth(random, -13.0, -10.0);
      for (Index i = 0; i < L; ++i)
        X(i, s - 1) = 2.0 * X(i, 0) * (1.0 + by * random.uniform(-1.0, 1.0));
      break;
    }
    case Trap::replicates:
      for (Index i = 1; i < L; ++i) {
        if (random.integer(0, 3) == 0) continue;
        X.row(i) = X.row(random.integer(0, i));
        if (random.integer(0, 2) == 0) y(i) = end();
      }
      break;
    case Trap::targets_at_ends:
      for (Index i = 0; i < L; ++i)
        if (random.integer(0, 5) < 3) y(i) = end();
      break;
    case Trap::decades:
      for (Index i = 0; i < L; ++i) X.row(i) *= tenth(random, -3.0, 3.0);
      break;
    case Trap::small_integers:
      for (Index i = 0; i < L; ++i) {
        for (Index j = 0; j < s; ++j) X(i, j) = static_cast<double>(random.integer(-2, 3));
        y(i) = ends.low + (ends.high - ends.low) * 0.25 * static_cast<double>(random.integer(0, 5));
      }
      for (Index j = 0; j < s; ++j)
        if (X.col(j).isZero(0.0)) X(0, j) = 1.0;
      break;
    case Trap::chains: {
      repeat_row(random, X, from, to, 1.0, tenth(random, -14.0, -8.0));
      const Index other = random.integer(0, L), sum = (to + 1) % L;
      if (sum != from) X.row(sum) = X.row(from) + X.row(other);
      if (random.integer(0, 2) == 0) y(sum) = end();
      break;
    }
  }
  if (random.integer(0, 2) == 0 && s < 3) {
    X.conservativeResize(Eigen::NoChange, s + 1);
    X.col(s).setOnes();
  }
  out.problem = make_problem(X, y);
  return out;
}

}  // namespace tautrack::support
