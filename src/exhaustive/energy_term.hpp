#pragma once

#include <cmath>
#include <limits>

#include "tautrack/core/types.hpp"

#include "exhaustive/sigmoid.hpp"

namespace tautrack::exhaustive {

/// What one pattern adds to the energy, as a function of its node input:
///
///     phi(x) = factor / 2 (S(x) - Y)^2
///
/// falls to its zero and rises after it (one of these is missing where the target is not inside the range), is
/// concave far out on both sides and convex between the inflections (docs/theory.md, section 17).
class EnergyTerm {
 public:
  /// @param factor > 0.
  /// Keeps no reference.
  EnergyTerm(const OddSigmoid& sigmoid, const Target& target, double factor);

  // --- Rounded. -------------------------------------------------------------------------------------------

  struct At {
    double value, slope, bend;
  };
  /// phi and two derivatives. @param x Finite.
  [[nodiscard]] At at(double x) const;
  [[nodiscard]] double value(double x) const {
    return std::isfinite(x) ? at(x).value : limit(x < 0.0);
  }
  [[nodiscard]] double limit(bool negative) const;
  /// Where phi is least; an infinity where it is not attained.
  [[nodiscard]] double best() const { return best_; }
  [[nodiscard]] const Interval& target() const { return target_.value; }
  [[nodiscard]] double factor() const { return factor_; }
  /// Where phi comes to most of its limit on a side; that infinity where it falls there.
  [[nodiscard]] double nearly(bool negative) const { return negative ? nearly_low_ : nearly_high_; }
  /// phi is convex from the one to the other; infinite where there is none.
  [[nodiscard]] double convex_from() const { return lower_.upper(); }
  [[nodiscard]] double convex_to() const { return upper_.lower(); }

  // --- Proven. --------------------------------------------------------------------------------------------

  /// Encloses phi over x, and phi' at x; finite.
  [[nodiscard]] Interval proven_value(const Interval& x) const;
  [[nodiscard]] Interval proven_slope(double x) const;

  /// A number that phi(x) - tilt x is not below for any x in [low, high], whose ends may be infinite.
  /// @param near Where it may be least, by rounded numbers.
  [[nodiscard]] double least_tilted(double low, double high, double tilt, double near) const;

  /// A number that phi'' is not below anywhere in [low, high].
  [[nodiscard]] double least_bend(double low, double high) const;

  /// Whether the inflections are known: else nothing is proven.
  [[nodiscard]] bool is_usable() const { return is_usable_; }

 private:
  [[nodiscard]] Interval inflection(bool upper);
  [[nodiscard]] Interval far_bend(double from, const Interval& below) const;
  /// Where phi has a value on one side of its zero.
  [[nodiscard]] double place_of(double value, bool negative) const;

  OddSigmoid sigmoid_;
  Target target_;
  double factor_, y_;
  double best_ = 0.0;
  double nearly_low_ = -std::numeric_limits<double>::infinity();
  double nearly_high_ = std::numeric_limits<double>::infinity();
  double steepest_ = 0.0;   ///< |phi'| is not above it.
  Interval lower_, upper_;  ///< The inflections; infinite where there is none.
  bool is_usable_ = true;
};

}  // namespace tautrack::exhaustive
