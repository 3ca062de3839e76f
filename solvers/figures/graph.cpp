#include "graph.hpp"

#include <algorithm>

namespace tautrack::program {
namespace {

/// How points of each Morse index are drawn.
const std::string minimum_style = point_style(Shape::disc, 1.3, "#000000");
const std::string saddle_style = point_style(Shape::square, 1.1, "#D55E00");
const std::string maximum_style = point_style(Shape::triangle, 1.5, "#8E2A8B");
const std::string descent_style = line_style(2.2, "#0072B2");
const std::string curve_style = line_style(1.0, "#A0A0A0");

int count_of(const AllFits& fits, int index) {
  return static_cast<int>(
      std::count_if(fits.points.begin(), fits.points.end(), [index](const StationaryPoint& point) {
        return point.morse_index && *point.morse_index == index;
      }));
}

}  // namespace

AllFits fits_of_figure(const Problem& problem, const FigureRequest& request) {
  FitOptions options;
  options.explore.seed = request.seed;
  options.seconds = 10.0;
  return find_all_fits(Perceptron(problem, request.problem ? request.network : PerceptronOptions{}),
                       options);
}

FigureTable points_table(const AllFits& fits, const Placement& place) {
  FigureTable table{"points", {"x", "y", "energy", "index", "w1", "w2", "rank"}, {}};
  double rank = 0.0;
  for (const StationaryPoint& point : fits.points) {
    const Vector at = place(point.weights);
    table.rows.push_back({at(0), at(1), point.energy,
                          static_cast<double>(point.morse_index.value_or(-1)), point.weights(0),
                          point.weights(1), ++rank});
  }
  return table;
}

FigureTable links_table(const AllFits& fits, const Placement& place, std::string name,
                        bool descents) {
  FigureTable table{std::move(name), {"x", "y"}, {}};
  for (const Link& link : fits.exploration.links) {
    if (link.from < 0 || link.to < 0 || (link.kind == CurveKind::descent) != descents) continue;
    if (!table.rows.empty()) table.rows.emplace_back();
    for (const int end : {link.from, link.to}) {
      const Vector at = place(fits.points[static_cast<std::size_t>(end)].weights);
      table.rows.push_back({at(0), at(1)});
    }
  }
  return table;
}

Plot points_plot(const Figure& figure, std::string_view x, std::string_view y) {
  Plot plot;
  int index = 2;
  for (const std::string& style : {maximum_style, saddle_style, minimum_style})
    plot.add(file_of(figure, "points"),
             fmt::format("(column('index')=={}?{}:NaN):{}", index--, x, y), style);
  return plot;
}

Plot graph_plot(const Figure& figure) {
  return Plot()
      .add(file_of(figure, "curves"), "1:2", curve_style)
      .add(file_of(figure, "descents"), "1:2", descent_style)
      .add(points_plot(figure, "$1", "2"));
}

std::vector<LegendEntry> points_legend(const AllFits& fits) {
  std::vector<LegendEntry> entries;
  if (count_of(fits, 0) > 0) entries.push_back({minimum_style, "minimum"});
  if (count_of(fits, 1) > 0) entries.push_back({saddle_style, "saddle"});
  if (count_of(fits, 2) > 0) entries.push_back({maximum_style, "maximum"});
  return entries;
}

std::vector<LegendEntry> graph_legend(const AllFits& fits) {
  std::vector<LegendEntry> entries = points_legend(fits);
  entries.insert(entries.end(), {{descent_style, "link: found by a descent"},
                                 {curve_style, "link: found along a curve"}});
  return entries;
}

void check_counts(Figure& figure, const AllFits& fits, int minima, int saddles, int maxima) {
  check(figure, "stationary points", static_cast<double>(fits.points.size()),
        minima + saddles + maxima, 0);
  check(figure, "minima", count_of(fits, 0), minima, 0);
  check(figure, "saddles", count_of(fits, 1), saddles, 0);
  check(figure, "maxima", count_of(fits, 2), maxima, 0);
  check(figure, "sum of (-1)^index", static_cast<double>(fits.index_sum), minima - saddles + maxima,
        0);
  check(figure, "whether the list is at least index-consistent",
        fits.level >= Completeness::index_consistent ? 1 : 0, 1, 0);
}

}  // namespace tautrack::program
