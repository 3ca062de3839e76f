#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "tautrack/core/stop_condition.hpp"

#include "amplitude/charts.hpp"
#include "amplitude/sigmoid_sums.hpp"

namespace tautrack::amplitude {

/// A rectangle of a chart.
struct ChartBox {
  Interval first, second;
};

/// A curve that is stationary: exactly one within `unique_in`, and it lies in `at`.
struct ChartRoot {
  Chart chart = Chart::bulk;
  std::size_t pivot = 0;
  ChartBox unique_in, at;
};

/// What a search of boxes came to. Every stationary curve in them is among the roots, unless it is undecided.
struct ChartSearch {
  std::vector<ChartRoot> roots;     ///< Some may lie outside the boxes, and some twice in the list.
  std::vector<ChartBox> undecided;  ///< Too small to go on with, or not looked at.
  long boxes = 0;                   ///< Looked at.
};

/// The two equations of one set of data in one chart.
class ChartEquations {
 public:
  /// @param pivot Of the chart `steep`.
  ChartEquations(Chart chart, const Levels& levels, std::size_t pivot = 0)
      : chart_(chart), levels_(&levels), pivot_(pivot), sums_(levels) {}

  [[nodiscard]] Chart chart() const { return chart_; }
  [[nodiscard]] const Levels& levels() const { return *levels_; }

  /// The level that the half points of the box are near to; 0 where the chart has no pivot.
  [[nodiscard]] std::size_t pivot(const ChartBox& box) const;

  /// Whether the half points of a box of the chart `steep` are all nearer to another level.
  [[nodiscard]] bool is_beyond_cell(const ChartBox& box) const;

  /// Values and derivatives over a box, and the factor b of the fit.
  void evaluate(const ChartBox& box, std::size_t pivot, Dual& first, Dual& second, Dual& factor);

  /// Encloses the one root in `box` by Krawczyk's operator (R. Krawczyk, Computing 4, 1969; R. E. Moore, SIAM J.
  /// Numer. Anal. 14, 1977): Nothing unless it maps the box into its interior.
  [[nodiscard]] std::optional<ChartBox> verify(const ChartBox& box, std::size_t pivot);

  /// Newton's method from the middle of a box; nothing when it goes far away.
  [[nodiscard]] std::optional<std::pair<double, double>> newton(const ChartBox& box,
                                                                std::size_t pivot);

  /// The equations over a box as Taylor forms, from curve_vectors().
  [[nodiscard]] EquationForms forms(const ChartBox& box, std::size_t pivot);

  /// A box within `box` that has all its roots, by Taylor forms: nothing when there are none.
  [[nodiscard]] std::optional<ChartBox> contract(const ChartBox& box, std::size_t pivot);

 private:
  /// Whether the forms of SigmoidSums may not do.
  [[nodiscard]] bool is_hard(const ChartBox& box, std::size_t pivot) const;

  Chart chart_;
  const Levels* levels_;
  std::size_t pivot_;
  SigmoidSums sums_;
  CurveVectors<Quadratic> forms_;
  CurveVectors<Dual> duals_;
  Fit<Quadratic> form_fit_;
  Fit<Dual> dual_fit_;
};

/// All stationary curves in the boxes, by bisection.
/// @param most Boxes to look at; what is left then is undecided.
[[nodiscard]] ChartSearch search_chart(ChartEquations& equations, std::vector<ChartBox> boxes,
                                       long most, const StopCondition& stop);

}  // namespace tautrack::amplitude
