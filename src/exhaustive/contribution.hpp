#pragma once

#include <vector>

#include "exhaustive/sigmoid.hpp"

namespace tautrack::exhaustive {

/// f(x) is in slope x + rest for all x of an interval.
struct Strip {
  double slope = 0.0;
  Interval rest;
};

/// What one pattern contributes to the gradient, phi(x) = S'(x) (S(x) - Y), as a function of its input alone: where
/// it is convex and where concave is proven once, and from then on it is enclosed between two parallel lines, nearly
/// as tightly as that can be (a minimax linear enclosure: Stolfi & de Figueiredo, Self-Validated Numerical Methods,
/// 1997, chapter 3).
class Contribution {
 public:
  /// Both are to outlive it.
  Contribution(const OddSigmoid& sigmoid, const Target& target);

  /// phi over x between two lines whose slope makes them about as near to each other as they can be. The distance
  /// falls with the square of the width of x.
  [[nodiscard]] Strip strip(const Interval& x) const;

  /// Places between which phi'' has one sign, and that sign between each and the one before; 0: not known. The last
  /// sign is that beyond all.
  [[nodiscard]] const std::vector<double>& knots() const { return places_; }
  [[nodiscard]] const std::vector<int>& signs() const { return signs_; }

 private:
  struct Piece;
  [[nodiscard]] double best_slope(const Interval& x) const;
  [[nodiscard]] Interval rest(const Piece& piece, double slope) const;

  const OddSigmoid& sigmoid_;
  const Target& target_;
  double y_;  ///< Y, rounded.
  std::vector<double> places_;
  std::vector<PointBounds> at_;  ///< One for each place.
  std::vector<int> signs_;
};

}  // namespace tautrack::exhaustive
