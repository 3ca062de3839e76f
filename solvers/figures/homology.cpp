#include "homology.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include <fmt/format.h>

#include "tautrack/network/layer.hpp"

#include "homology_samples.hpp"
#include "layers_panels.hpp"

namespace tautrack::program {
namespace {

/// Of components, loops and voids: they differ in lightness, too.
constexpr const char* bar_colours[] = {"#000000", "#0072B2", "#E69F00"};
constexpr const char* bar_names[] = {"components", "loops", "voids"};
constexpr int diagram_points[] = {7, 9, 5};  ///< gnuplot's point types.

constexpr int most_bars = 9;  ///< Drawn of each dimension beside those that count.

constexpr double side = 322.0, across = 386.0, left = 62.0, top = 112.0;
constexpr double bars_top = top + 400.0, bars_height = 250.0;
constexpr double diagram_top = bars_top + bars_height + 92.0;
constexpr double spirals_top = diagram_top + side + 176.0, spirals_height = 130.0;
constexpr double spirals_side = 254.0, spirals_across = 309.0;

/// A shape with its barcode.
struct DrawnShape {
  KnownShape shape;
  PersistentHomology homology;
  BettiDecision betti;
  std::vector<bool> counted;
};

DrawnShape draw(KnownShape shape) {
  HomologyOptions options;
  options.dimension = shape.dimension;
  options.points = shape.thinned;
  PersistentHomology homology = persistent_homology(shape.points, options);
  BettiDecision betti;
  if (homology.ok()) betti = decide_betti(homology);
  std::vector<bool> counted = betti.counted(homology);
  return {std::move(shape), std::move(homology), std::move(betti), std::move(counted)};
}

/// The points of the samples: all points where there is no sample.
FigureTable points_table(const std::vector<DrawnShape>& shapes) {
  FigureTable table{"points", {"shape", "x", "y", "z"}, {}};
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Matrix& points = shapes[i].shape.points;
    double radius = 0.0;
    const std::vector<Index> sample = farthest_points(points, shapes[i].shape.thinned, radius);
    for (const Index row : sample)
      table.rows.push_back({static_cast<double>(i), points(row, 0), points(row, 1),
                            points.cols() > 2 ? points(row, 2) : 0.0});
  }
  return table;
}

/// Bars from the top of their panel on; `row` is negative. Bars without an end end at the scale of the
/// panel.
FigureTable bars_table(std::string name, const std::vector<DrawnShape>& shapes) {
  FigureTable table{std::move(name),
                    {"shape", "dimension", "birth", "death", "row", "counted", "drawn", "infinite"},
                    {}};
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const PersistentHomology& homology = shapes[i].homology;
    double row = 0.0;
    int dimension = 0, others = 0;
    for (std::size_t k = 0; k < homology.intervals.size(); ++k) {
      const HomologyInterval& bar = homology.intervals[k];
      if (bar.dimension != dimension) {
        dimension = bar.dimension;
        others = 0;
        row -= 1.0;
      }
      const bool is_counted = shapes[i].counted[k];
      const bool is_drawn = is_counted || others++ < most_bars;
      if (is_drawn) row -= 1.0;
      table.rows.push_back({static_cast<double>(i), static_cast<double>(bar.dimension), bar.birth,
                            std::min(bar.death, homology.scale), row, is_counted ? 1.0 : 0.0,
                            is_drawn ? 1.0 : 0.0, std::isinf(bar.death) ? 1.0 : 0.0});
    }
  }
  return table;
}

void check_shapes(const std::vector<DrawnShape>& shapes, Figure& figure) {
  for (const DrawnShape& one : shapes) {
    for (std::size_t k = 0; k <= static_cast<std::size_t>(one.shape.dimension); ++k)
      figure.checks.push_back({fmt::format("number of {} of {}", bar_names[k], one.shape.name),
                               static_cast<double>(one.betti.numbers[k]),
                               static_cast<double>(one.shape.betti[k]), 0.0});
    figure.checks.push_back({fmt::format("the Betti numbers of {} are clear", one.shape.name),
                             one.betti.clear ? 1.0 : 0.0, 1.0, 0.0});
  }
}

/// The longest bar of a dimension, or the one after so many.
double death_of(const DrawnShape& drawn, int dimension, int which = 0) {
  for (const HomologyInterval& bar : drawn.homology.intervals)
    if (bar.dimension == dimension && which-- == 0) return bar.death;
  return 0.0;
}

/// A check of where a bar ends, up to what the spacing of the sample may change.
void check_death(const DrawnShape& drawn, int dimension, const std::string& what, double reference,
                 Figure& figure) {
  figure.checks.push_back({fmt::format("scale at which {} dies", what), death_of(drawn, dimension),
                           reference, 2.0 * drawn.homology.covering_radius / reference});
}

/// Facts of the layers, which no sample is needed for.
void check_layers(Figure& figure) {
  const Layer two(Matrix{{1.2, 0.5}, {-0.4, 1.0}}, Vector{{0.1, -0.2}});
  figure.checks.push_back({"the layer of two units is proven to be a homeomorphism",
                           two.homeomorphism().answer == Homeomorphism::yes ? 1.0 : 0.0, 1.0, 0.0});
  const Layer three(Matrix{{1.0, 0.0}, {0.0, 4.0}, {0.0, 4.0}}, Vector{{0.0, 2.0, -2.0}});
  figure.checks.push_back({"the layer of three units is none of the plane onto an open set",
                           three.homeomorphism().answer == Homeomorphism::no ? 1.0 : 0.0, 1.0,
                           0.0});
}

std::string column_if(std::string_view condition, int column) {
  return fmt::format("({}?${}:NaN)", condition, column);
}

Panel panel_at(std::size_t i, double panel_top, double height) {
  return {left + across * static_cast<double>(i), panel_top, side, height};
}

void add_sample(const DrawnShape& one, std::size_t i, Figure& figure) {
  std::string& script = figure.script;
  const Panel panel = panel_at(i, top, side);
  const Matrix& points = one.shape.points;
  script += text_at(figure, panel.left, panel.top - 18, one.shape.title, "font ',11'");
  if (points.cols() == 2) {
    script += panel_margins(figure, panel) +
              window_ranges(window_around(points.transpose(), 0.12)) +
              "set xtics autofreq\nset ytics autofreq\n";
    script +=
        fmt::format("plot {} using ($1=={}?$2:NaN):3 with points pt 7 ps 0.5 lc rgb '#404040'\n",
                    table_source(figure, "points"), i);
  } else {
    script += panel_margins(figure, panel);
    script += fmt::format(
        "set view 38,30,1.45\nset xyplane 0\nset view equal xyz\nunset border\nunset tics\n"
        "set xrange [-3:3]\nset yrange [-3:3]\nset zrange [-1:1]\n"
        "splot {} using ($1=={}?$2:NaN):3:4 with points pt 7 ps 0.5 lc rgb '#404040'\n"
        "unset view\nset border 31 lw 0.8 lc rgb '#606060'\nset tics textcolor rgb '#404040' font "
        "',10'\n",
        table_source(figure, "points"), i);
  }
  script += "unset label\n";
}

/// Bars of one shape in a panel, thick where they count.
/// @param least 0, or where a logarithmic axis begins, and with it bars born at 0.
void add_bars(const DrawnShape& one, std::size_t i, const Panel& panel, std::string_view table,
              double least, Figure& figure) {
  std::string& script = figure.script;
  double lowest = -2.0;
  for (const FigureTable& any : figure.tables)
    if (any.name == table)
      for (const std::vector<double>& row : any.rows)
        if (row[0] == static_cast<double>(i)) lowest = std::min(lowest, row[4]);
  const double end = least > 0.0 ? 1.3 * one.homology.scale : 1.04 * one.homology.scale;
  script += panel_margins(figure, panel);
  script += fmt::format(
      "{}set xrange [{:g}:{:.6g}]\nset yrange [{:g}:0]\nset xtics autofreq\nunset ytics\nplot ",
      least > 0.0 ? "set logscale x\n" : "", least, end, lowest - 1.0);
  const char* separator = "";
  for (int dimension = 0; dimension <= one.homology.dimension; ++dimension)
    for (const int is_counted : {0, 1}) {
      script += fmt::format(
          "{0}{1} using "
          "($1=={2}&&$2=={3}&&$6=={4}&&$7==1?($3>{5:g}?$3:{5:g}):NaN):5:($4-($3>{5:g}?$3:"
          "{5:g})):(0) with vectors nohead lw {6} lc rgb '{7}'",
          separator, table_source(figure, table), i, dimension, is_counted, least,
          is_counted ? 5 : 1.4, bar_colours[dimension]);
      separator = ", \\\n     ";
    }
  script += "\nunset label\nunset logscale\nset ytics font ',10' textcolor rgb '#404040'\n";
}

void add_diagram(const DrawnShape& one, std::size_t i, Figure& figure) {
  std::string& script = figure.script;
  const Panel panel = panel_at(i, diagram_top, side);
  const double end = 1.06 * one.homology.scale;
  script += panel_margins(figure, panel);
  script += fmt::format(
      "set xrange [{0:.6g}:{1:.6g}]\nset yrange [0:{1:.6g}]\nset xtics autofreq\nset ytics "
      "autofreq\nset xlabel 'birth' offset 0,0.5\n{2}plot x with lines lw 1 lc rgb '#9A9A9A'",
      -0.04 * end, end, i == 0 ? "set ylabel 'death' offset 1.5,0\n" : "");
  for (int dimension = 0; dimension <= one.homology.dimension; ++dimension)
    for (const int is_counted : {0, 1}) {
      const std::string condition = fmt::format("$1=={}&&$2=={}&&$6=={}", i, dimension, is_counted);
      script +=
          fmt::format(", \\\n     {} using {}:4 with points pt {} ps {} lc rgb '{}'",
                      table_source(figure, "bars"), column_if(condition, 3),
                      diagram_points[dimension], is_counted ? 1.7 : 0.45, bar_colours[dimension]);
    }
  script += "\nunset xlabel\nunset ylabel\nunset label\n";
}

std::string betti_title(const DrawnShape& one) {
  return fmt::format("Betti numbers {}", betti_text(one.betti.numbers));
}

void add_legend(Figure& figure) {
  double x = left;
  const double y = diagram_top + side + 72.0;
  std::string& script = figure.script;
  for (int dimension = 0; dimension <= max_homology_dimension; ++dimension) {
    script += text_at(figure, x + 8, y, "",
                      fmt::format("point pt {} ps 1.5 lc rgb '{}'", diagram_points[dimension],
                                  bar_colours[dimension]));
    script += text_at(figure, x + 28, y, bar_names[dimension]);
    x += 150.0;
  }
  script += text_at(figure, x, y,
                    fmt::format("thick or large: counted, of the others the {} longest bars of "
                                "each kind; one component never dies",
                                most_bars));
}

void add_all(const std::vector<DrawnShape>& shapes, const std::vector<DrawnShape>& spirals,
             Figure& figure) {
  std::string& script = figure.script;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Panel panel = panel_at(i, bars_top, bars_height);
    script += text_at(figure, panel.left, bars_top - 18, betti_title(shapes[i]), "font ',11'");
    if (i == 0) {
      script += text_at(figure, 26, bars_top + 0.5 * bars_height, "barcode",
                        "center rotate by 90 font ',11'");
      add_legend(figure);
      script += text_at(figure, left, spirals_top - 48,
                        "Two spirals in the layers of their network: two components all the way",
                        "font ',12'");
    }
    add_bars(shapes[i], i, panel, "bars", 0.0, figure);
    add_diagram(shapes[i], i, figure);
  }
  for (std::size_t i = 0; i < spirals.size(); ++i) {
    const Panel panel{left + spirals_across * static_cast<double>(i), spirals_top, spirals_side,
                      spirals_height};
    script += text_at(
        figure, panel.left, spirals_top - 16,
        fmt::format("{}: {} component{}", spirals[i].shape.title, spirals[i].betti.numbers[0],
                    spirals[i].betti.numbers[0] == 1 ? "" : "s"),
        "font ',10'");
    script += text_at(figure, panel.left + 0.5 * panel.width, spirals_top + spirals_height + 44,
                      "scale", "center");
    add_bars(spirals[i], i, panel, "spirals", 2e-3, figure);
  }
}

}  // namespace

Figure make_homology(const FigureRequest& /*request*/) {
  std::vector<DrawnShape> shapes, spirals;
  for (KnownShape& shape : known_shapes()) shapes.push_back(draw(std::move(shape)));
  Figure figure;
  figure.name = "homology";
  figure.title = "Persistent homology: which holes a layer keeps, and which it fills";
  figure.caption =
      "Points, barcodes and persistence diagrams of their Vietoris-Rips complexes. The loop of an "
      "annulus lives on in its image by a homeomorphism, and a fold fills it; a torus has two "
      "loops "
      "and a void. Below, the layers that take two spirals apart: at no stage do they come "
      "together, "
      "though after the second they are close.";
  figure.width = 1600;
  figure.height = static_cast<int>(has_persistent_homology() ? spirals_top + spirals_height + 76.0
                                                             : bars_top + 40.0);
  figure.tables.push_back(points_table(shapes));
  check_layers(figure);
  const bool is_known = has_persistent_homology();
  if (is_known) {
    for (KnownShape& shape : spiral_shapes()) spirals.push_back(draw(std::move(shape)));
    figure.tables.push_back(bars_table("bars", shapes));
    figure.tables.push_back(bars_table("spirals", spirals));
    check_shapes(shapes, figure);
    check_shapes(spirals, figure);
    check_death(shapes[0], 1, "the loop of the annulus, a circle of radius 0.45 inside,",
                0.45 * std::numbers::sqrt3, figure);
    check_death(shapes[3], 2, "the void of the torus, whose tube has radius 1,",
                std::numbers::sqrt3, figure);
  } else {
    figure.caption += " Only the points are here: " + shapes[0].homology.message + ".";
  }
  figure.script = script_head(figure);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    if (i == 0 && !is_known)
      figure.script += text_at(figure, left, bars_top, shapes[0].homology.message, "font ',12'");
    add_sample(shapes[i], i, figure);
  }
  if (is_known) add_all(shapes, spirals, figure);
  figure.script += "unset multiplot\n";
  return figure;
}

}  // namespace tautrack::program
