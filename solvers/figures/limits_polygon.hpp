#pragma once

#include <functional>
#include <vector>

#include "tautrack/data/dataset.hpp"

namespace tautrack::program {

/// A place in the picture of the polygon of limits.
struct PolygonPlace {
  double across = 0.0;  ///< Where the curve rises on average, in the units of the input.
  double down = 0.0;    ///< -1 ... 0; 0 on the edge of the exponentials.
};

/// All curves a + b sigma(w x + c), w > 0, sigma logistic and a, b fitted, of one set of data and their limits as the
/// points of a polygon (docs/theory.md, section 13).
///
/// A curve is told, up to a and b, by how its rise is shared among the gaps between neighbouring levels of the input: J -
/// 1 shares. A step has all of it in one gap and is a corner; a step through a level that is free shares it among two
/// gaps, an edge; exponentials are one further edge, the upper one, and close the polygon. Drawn is the mean place of
/// the rise across, and its variance in the other direction, from that of the steps with the same mean (the lower
/// edges) to that of the exponential with the same mean.
class LimitsPolygon {
 public:
  /// Parts of the rise, J - 1 of them, with sum 1.
  using Shares = std::vector<double>;

  /// @param problem One input in rising order, and a column of ones behind it.
  explicit LimitsPolygon(const Problem& problem);

  [[nodiscard]] const std::vector<double>& levels() const { return levels_; }
  /// The gaps' middles, where the corners stand.
  [[nodiscard]] const std::vector<double>& corners() const { return corners_; }

  /// Of sigma(w x + c). @pre w > 0
  [[nodiscard]] Shares sigmoid(double w, double c) const;
  /// Of exp(rate x); rate 0: of the straight line.
  [[nodiscard]] Shares exponential(double rate) const;
  /// Of a step that rises here: in a gap's middle in this one alone, else at the free level between two of them.
  [[nodiscard]] Shares step(double across) const;

  /// E of the best a and b.
  [[nodiscard]] double energy(const Shares& shares) const;
  [[nodiscard]] double energy_of_constant() const { return constant_; }
  [[nodiscard]] double energy_of_line() const { return energy(exponential(0.0)); }

  [[nodiscard]] PolygonPlace place(const Shares& shares) const;

  /// The rate of the exponential of least energy.
  [[nodiscard]] double best_rate() const;

  /// Calls with place and energy of curves that rise at a place between the first and the last corner, from the lower
  /// edges up to the exponentials.
  void walk_up(double across, int steps,
               const std::function<void(const PolygonPlace&, double energy)>& see) const;

  /// The lower edges.
  [[nodiscard]] double lower_edge(double across) const;

 private:
  [[nodiscard]] double mean(const Shares& shares) const;
  [[nodiscard]] double variance(const Shares& shares) const;
  /// Of the exponential that rises there on average.
  [[nodiscard]] double rate_of_mean(double across) const;
  [[nodiscard]] PolygonPlace place(const Shares& shares, double across, double rate) const;

  std::vector<double> levels_;   ///< J, rising.
  std::vector<double> targets_;  ///< J, their mean is zero.
  std::vector<double> weights_;  ///< J
  std::vector<double> corners_;  ///< J - 1
  double constant_ = 0.0;
  double replicates_ = 0.0;    ///< What no curve changes.
  double largest_rate_ = 0.0;  ///< So large that the exponential is a step to rounding.
};

}  // namespace tautrack::program
