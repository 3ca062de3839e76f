#pragma once

#include <optional>

#include "proof/interval.hpp"
#include "proof/shape.hpp"

namespace tautrack::exhaustive {

using proof::above;
using proof::below;
using proof::from_library;
using proof::Interval;
using proof::widened;

/// What a pattern wants, in the range (-1, 1) of an odd sigmoid S.
struct Target {
  Interval value;            ///< Y.
  Interval third, peak;      ///< Y / 3 and 1 + Y^2 / 3.
  Interval below_one;        ///< 1 - Y.
  Interval above_minus_one;  ///< -1 - Y.
  /// Sign that S(x) - Y has for every finite x: -1 when Y >= 1, 1 when Y <= -1, otherwise 0.
  int constant_sign = 0;
};

/// Enclosures over an interval of x of what one pattern contributes to the gradient,
/// phi(x) = S'(x) (S(x) - Y), and of its derivative.
struct PatternBounds {
  Interval phi, slope;    ///< Both times exp(lift), see OddSigmoid::lift().
  Interval residual;      ///< S(x) - Y.
  int residual_sign = 0;  ///< Common sign of S(x) - Y, 0 when there is none.
};

/// phi and its derivative at one x.
struct PointBounds {
  Interval phi, slope;
};

/// Rigorous enclosures of what a pattern contributes through an odd sigmoid S with range (-1, 1), which every
/// activation is up to a change of scale: see proof::Sigmoid.
///
/// S and S' are monotonic for x >= 0 and follow from their values at the ends, phi and phi'
/// wherever phi'/S' = S' + (S''/S')(S - Y) or phi''/S' = 3 S'' + (S'''/S')(S - Y) have a sure sign.
/// In both the common factor S' is taken out, so that signs are right in the tails too.
class OddSigmoid {
 public:
  /// sigma(u) = middle + height S(input u): S takes x = input() u, and sigma - y = height (S - Y).
  explicit OddSigmoid(const proof::Sigmoid& sigma) : sigma_(sigma), S_{sigma.shape} {}

  [[nodiscard]] double input() const { return sigma_.input; }
  /// Squared residuals of the activation are this times those of S.
  [[nodiscard]] double square() const { return sigma_.height * sigma_.height; }
  [[nodiscard]] proof::Shape shape() const { return S_.shape; }
  [[nodiscard]] Target target(double y) const;

  /// About -log S'(x) where that is so large that S' comes near the end of the range of doubles,
  /// for the smallest |x|; otherwise 0. Not negative.
  [[nodiscard]] double lift(double smallest) const;

  /// @param lift phi and its derivative come times exp(lift).
  [[nodiscard]] PatternBounds bounds(const Interval& x, const Target& target, double lift) const;

  /// phi alone times exp(lift), for an x that is a point up to rounding.
  [[nodiscard]] Interval phi(const Interval& x, const Target& target, double lift) const;

  /// phi and its derivative at one x.
  [[nodiscard]] PointBounds at_point(double x, const Target& target) const;

  /// The same in doubles, for what is not proven but guessed.
  struct Rounded {
    double phi, slope;
  };
  [[nodiscard]] Rounded rounded(double x, double y) const;

  /// Common sign of phi'' over x, 0 when it is not sure that there is one.
  [[nodiscard]] int bend_sign(const Interval& x, const Target& target) const;

  /// S(x) for one x.
  [[nodiscard]] Interval value(double x) const;

  /// Encloses the solution of S(x) = Y; nothing when Y is not inside (-1, 1).
  [[nodiscard]] std::optional<Interval> inverse(const Target& target) const;

 private:
  /// S at one x: 1 - |S|, > 0, S' and S' exp(lift).
  struct End {
    Interval tail, slope, lifted;
  };
  [[nodiscard]] End at(double x, double lift = 0.0) const;
  [[nodiscard]] static Interval residual(double low, const End& at_low, double high,
                                         const End& at_high, const Target& target);

  proof::Sigmoid sigma_, S_;
};

}  // namespace tautrack::exhaustive
