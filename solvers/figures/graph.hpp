#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tautrack/fits/all_fits.hpp"

#include "drawing.hpp"

/// What figures of all fits of a problem of two weights have in common.
namespace tautrack::program {

/// Where a point of weights is drawn.
using Placement = std::function<Vector(const Vector&)>;

/// Finds all fits, with limits that suit a figure.
[[nodiscard]] AllFits fits_of_figure(const Problem& problem, const FigureRequest& request);

/// The stationary points. Columns x, y, energy, index (-1: not known), w1, w2.
[[nodiscard]] FigureTable points_table(const AllFits& fits, const Placement& place);

/// Pairs of points that a descent joins, or another curve: pieces of two rows. Columns x, y.
[[nodiscard]] FigureTable links_table(const AllFits& fits, const Placement& place, std::string name,
                                      bool descents);

/// The links and the points of these tables, at columns x:y.
[[nodiscard]] Plot graph_plot(const Figure& figure);

/// The points alone, at other columns of their table: "$7" and "3".
[[nodiscard]] Plot points_plot(const Figure& figure, std::string_view x, std::string_view y);

/// Entries of the legend for points, of those kinds that there are.
[[nodiscard]] std::vector<LegendEntry> points_legend(const AllFits& fits);

/// The same for both.
[[nodiscard]] std::vector<LegendEntry> graph_legend(const AllFits& fits);

/// Numbers of minima, saddles and maxima, the sum of (-1)^index, and the completeness level.
void check_counts(Figure& figure, const AllFits& fits, int minima, int saddles, int maxima);

}  // namespace tautrack::program
