#pragma once

#include <array>
#include <optional>

#include "tautrack/network/activation.hpp"

#include "exhaustive/interval.hpp"

namespace tautrack::exhaustive {

/// What a pattern wants, in the range (-1, 1) of an odd sigmoid S.
struct Target {
  Interval value;            ///< Y.
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

/// Rigorous enclosures of an odd sigmoid S with range (-1, 1). Every activation is one of them up
/// to a change of scale: tanh, arctan and erf themselves, logistic(u) = (1 + tanh(u / 2)) / 2.
///
/// S and S' are monotonic for x >= 0 and follow from their values at the ends, phi and phi'
/// wherever phi'/S' = S' + (S''/S')(S - Y) or phi''/S' = 3 S'' + (S'''/S')(S - Y) have a sure sign.
/// In both the common factor S' is taken out, so that signs are right in the tails too.
class OddSigmoid {
 public:
  explicit OddSigmoid(Activation activation) : kind_(activation) {}

  /// Node input and squared residual of the activation are `input` u and `square` times those of S:
  /// x = input() u, sigma - y = sqrt(square()) (S - Y).
  [[nodiscard]] double input() const;
  [[nodiscard]] double square() const;
  [[nodiscard]] Target target(double y) const;

  /// About -log S'(x) where that is so large that S' comes near the end of the range of doubles,
  /// for the smallest |x|; otherwise 0. Not negative.
  [[nodiscard]] double lift(double smallest) const;

  /// @param lift phi and its derivative come times exp(lift).
  [[nodiscard]] PatternBounds bounds(const Interval& x, const Target& target, double lift) const;

  /// phi alone times exp(lift), for an x that is a point up to rounding.
  [[nodiscard]] Interval phi(const Interval& x, const Target& target, double lift) const;

  /// S(x) for one x.
  [[nodiscard]] Interval value(double x) const;

  /// log S'(x), roughly.
  [[nodiscard]] double log_slope(double x) const;

  /// Encloses S'(x) / S'(z); nothing when it is too large. @param distance Encloses |x| - |z|.
  [[nodiscard]] std::optional<Interval> slope_ratio(const Interval& x, const Interval& z,
                                                    const Interval& distance) const;

  /// Encloses the solution of S(x) = Y; nothing when Y is not inside (-1, 1).
  [[nodiscard]] std::optional<Interval> inverse(const Target& target) const;

  /// Upper bound of x S'(x).
  [[nodiscard]] double largest_moment() const;

 private:
  /// S at one x: 1 - |S|, > 0, S' and S' exp(lift).
  struct End {
    Interval tail, slope, lifted;
  };
  [[nodiscard]] End at(double x, double lift = 0.0) const;
  [[nodiscard]] static Interval residual(double low, const End& at_low, double high,
                                         const End& at_high, const Target& target);

  Activation kind_;
};

}  // namespace tautrack::exhaustive
