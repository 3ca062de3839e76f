#include "graph.hpp"

#include <algorithm>

namespace tautrack::program {
namespace {

constexpr std::string_view descent_colour = "#0072B2";
constexpr std::string_view curve_colour = "#A0A0A0";

/// How points of each Morse index are drawn: filled, then what is painted on top.
constexpr std::string_view minimum_style = "points pt 7 ps 1.3 lc rgb '#000000'";
constexpr std::string_view saddle_style = "points pt 5 ps 1.1 lc rgb '#D55E00'";
constexpr std::string_view maximum_style = "points pt 9 ps 1.5 lc rgb '#8E2A8B'";

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
  options.explore.seconds = 5.0;
  options.search.seconds = 5.0;
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

std::string points_parts(const Figure& figure, const std::string& columns) {
  const std::string file = file_of(figure, "points");
  std::string parts;
  int index = 2;
  for (const std::string_view style : {maximum_style, saddle_style, minimum_style}) {
    parts += fmt::format("{}{} using (column('index')=={}?{}:NaN):{} with {} notitle",
                         parts.empty() ? "" : ", \\\n  ", file, index,
                         columns.substr(0, columns.find(':')),
                         columns.substr(columns.find(':') + 1), style);
    --index;
  }
  return parts;
}

std::string graph_parts(const Figure& figure) {
  std::string parts;
  const auto has_rows = [&](std::string_view name) {
    return std::any_of(figure.tables.begin(), figure.tables.end(), [&](const FigureTable& table) {
      return table.name == name && !table.rows.empty();
    });
  };
  if (has_rows("curves"))
    parts += fmt::format("{} using 1:2 with {} notitle, \\\n  ", file_of(figure, "curves"),
                         line_style(1.0, curve_colour));
  if (has_rows("descents"))
    parts += fmt::format("{} using 1:2 with {} notitle, \\\n  ", file_of(figure, "descents"),
                         line_style(2.2, descent_colour));
  return parts + points_parts(figure, "$1:2");
}

std::vector<LegendEntry> graph_legend() {
  return {{std::string(minimum_style), "minimum"},
          {std::string(saddle_style), "saddle"},
          {std::string(maximum_style), "maximum"},
          {line_style(2.2, descent_colour), "joined by descent"},
          {line_style(1.0, curve_colour), "joined by a curve"}};
}

void check_counts(Figure& figure, const AllFits& fits, int minima, int saddles, int maxima) {
  check(figure, "stationary points", static_cast<double>(fits.points.size()),
        minima + saddles + maxima, 0);
  check(figure, "minima", count_of(fits, 0), minima, 0);
  check(figure, "saddles", count_of(fits, 1), saddles, 0);
  check(figure, "maxima", count_of(fits, 2), maxima, 0);
  check(figure, "sum of (-1)^index", fits.index_sum, minima - saddles + maxima, 0);
  check(figure, "whether the list is at least index-consistent",
        fits.level >= Completeness::index_consistent ? 1 : 0, 1, 0);
}

}  // namespace tautrack::program
