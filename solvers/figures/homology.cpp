#include "homology.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include <fmt/format.h>

#include "tautrack/network/layer.hpp"

#include "drawing.hpp"
#include "homology_samples.hpp"
#include "io/text.hpp"

namespace tautrack::program {
namespace {

constexpr Shape diagram_shapes[] = {Shape::disc, Shape::triangle, Shape::square};

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
      figure.checks.push_back({fmt::format("number of {} of {}", homology_names[k], one.shape.name),
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

Place panel_at(std::size_t i, double panel_top, double height) {
  return {left + across * static_cast<double>(i), panel_top, side, height};
}

void add_sample(const DrawnShape& one, std::size_t i, const Figure& figure, Picture& picture) {
  const Place panel = panel_at(i, top, side);
  const Matrix& points = one.shape.points;
  const std::string file = file_of(figure, "points"),
                    style = point_style(Shape::disc, 0.5, "#404040");
  const std::string columns = fmt::format("($1=={}?$2:NaN):3", i);
  picture.panel(panel).text(panel.left, panel.top - 18, one.shape.title, "left font ',11'");
  if (points.cols() == 2) {
    const Box window = square_around(Matrix(points.transpose()), 0.12);
    picture.names(i == 0 ? "x_1" : "h_1", "")
        .add("set ylabel '{}' offset 1.5,0\n", i == 0 ? "x_2" : "h_2")
        .ranges(window)
        .plot(Plot().add(file, columns, style))
        .names("", "");
    return;
  }
  // Axes by arrows of length 1.
  constexpr double origin[] = {-3.6, -2.8, -1.0}, length = 1.0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    double tip[] = {origin[0], origin[1], origin[2]}, name[] = {origin[0], origin[1], origin[2]};
    tip[axis] += length;
    name[axis] += 1.5 * length;
    picture.add("set arrow from {},{},{} to {},{},{} filled lw 1.2 lc rgb '#333333'\n", origin[0],
                origin[1], origin[2], tip[0], tip[1], tip[2]);
    picture.label({name[0], name[1], name[2]}, fmt::format("x_{}", axis + 1), "center");
  }
  picture
      .add(
          "set view 38,30,1.45\nset xyplane 0\nset view equal xyz\nunset border\nunset tics\n"
          "set xrange [-3.4:3.4]\nset yrange [-3.4:3.4]\nset zrange [-1:1]\n")
      .splot(Plot().add(file, columns + ":4", style))
      .add("unset view\n")
      .closed_frame();
  make_small(picture);
}

/// Bars of one shape in a panel, thick where they count.
/// @param least 0, or where a logarithmic axis begins, and with it bars born at 0.
void add_bars(const DrawnShape& one, std::size_t i, const Place& panel, std::string_view table,
              double least, const Figure& figure, Picture& picture) {
  double lowest = -2.0;
  for (const FigureTable& any : figure.tables)
    if (any.name == table)
      for (const std::vector<double>& row : any.rows)
        if (row[0] == static_cast<double>(i)) lowest = std::min(lowest, row[4]);
  Plot plot;
  for (int dimension = 0; dimension <= one.homology.dimension; ++dimension)
    for (const int is_counted : {0, 1}) {
      const std::string birth = fmt::format("($3>{0:g}?$3:{0:g})", least);
      plot.add(file_of(figure, table),
               fmt::format("($1=={0}&&$2=={1}&&$6=={2}&&$7==1?{3}:NaN):5:($4-{3}):(0)", i,
                           dimension, is_counted, birth),
               vector_style(is_counted ? 5.0 : 1.4, homology_colours[dimension]));
    }
  if (least > 0.0) picture.add("set logscale x\n");
  const double end = (least > 0.0 ? 1.3 : 1.04) * one.homology.scale;
  picture.panel(panel)
      .axes(Axis{least > 0.0 ? "" : "scale", range_text(least, end)},
            Axis{"", range_text(lowest - 1.0, 0.0), ""})
      .plot(plot)
      .add("unset logscale\nset ytics font ',10' textcolor rgb '#404040'\n");
}

void add_diagram(const DrawnShape& one, std::size_t i, const Figure& figure, Picture& picture) {
  const double end = 1.06 * one.homology.scale;
  Plot plot;
  plot.add("'+'", "1:1", line_style(1.0, "#9A9A9A"));
  for (int dimension = 0; dimension <= one.homology.dimension; ++dimension)
    for (const int is_counted : {0, 1})
      plot.add(file_of(figure, "bars"),
               fmt::format("($1=={}&&$2=={}&&$6=={}?$3:NaN):4", i, dimension, is_counted),
               point_style(diagram_shapes[dimension], is_counted ? 1.7 : 0.45,
                           homology_colours[dimension]));
  picture.panel(panel_at(i, diagram_top, side))
      .axes(Axis{"", range_text(-0.04 * end, end)}, Axis{"", range_text(0.0, end)})
      .names("birth", i == 0 ? "death" : "")
      .add("set ylabel offset 1.5,0\n")
      .plot(plot)
      .names("", "");
}

std::string betti_title(const DrawnShape& one) {
  return fmt::format("Betti numbers {}", betti_text(one.betti.numbers));
}

void add_legend(Picture& picture) {
  std::vector<LegendEntry> entries;
  for (std::size_t dimension = 0; dimension <= max_homology_dimension; ++dimension)
    entries.push_back({point_style(diagram_shapes[dimension], 1.5, homology_colours[dimension]),
                       std::string(homology_names[dimension])});
  entries.push_back(
      {"", fmt::format("thick or large: counted, of the others the {} longest bars of each kind; "
                       "one component never dies",
                       most_bars)});
  picture.legend(left, diagram_top + side + 72.0, picture.width() - 2.0 * left, entries);
}

void add_all(const std::vector<DrawnShape>& shapes, const std::vector<DrawnShape>& spirals,
             const Figure& figure, Picture& picture) {
  picture.text(26, bars_top + 0.5 * bars_height, "barcode", "center rotate by 90 font ',11'");
  add_legend(picture);
  picture.text(left, spirals_top - 48,
               "Two spirals in the layers of their network: two components all the way",
               "left font ',12'");
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    const Place panel = panel_at(i, bars_top, bars_height);
    picture.text(panel.left, bars_top - 18, betti_title(shapes[i]), "left font ',11'");
    add_bars(shapes[i], i, panel, "bars", 0.0, figure, picture);
    add_diagram(shapes[i], i, figure, picture);
  }
  constexpr double least_scale = 2e-3;
  for (std::size_t i = 0; i < spirals.size(); ++i) {
    const Place panel{left + spirals_across * static_cast<double>(i), spirals_top, spirals_side,
                      spirals_height};
    picture.text(panel.left, spirals_top - 16,
                 fmt::format("{}: {}", spirals[i].shape.title,
                             counted(spirals[i].betti.numbers[0], "component")),
                 "left font ',10'");
    picture.text(panel.middle(), panel.bottom() + 44, "scale", "center");
    add_bars(spirals[i], i, panel, "spirals", least_scale, figure, picture);
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
  Picture picture = picture_of(figure);
  make_small(picture);
  if (!is_known) picture.text(left, bars_top, shapes[0].homology.message, "left font ',12'");
  for (std::size_t i = 0; i < shapes.size(); ++i) add_sample(shapes[i], i, figure, picture);
  if (is_known) add_all(shapes, spirals, figure, picture);
  figure.script = std::move(picture).script();
  return figure;
}

}  // namespace tautrack::program
