#include <algorithm>
#include <cmath>

#include "tautrack/geometry/curvature_supremum.hpp"

#include "drawing.hpp"
#include "drivers.hpp"

namespace tautrack::program {
namespace {

constexpr double beyond = 1.8;  ///< Offset of the right panel, in 1 / |k|max.

constexpr std::string_view band_colour = "#DCEAF4";
// Dashed, because it is as dark as P_a on grey prints.
const std::string evolute_style = line_style(1.8, caustic_colour, "(12,3,2,3)");
const std::string a_style = line_style(2.2, a_colour);
const std::string b_style = line_style(2.2, b_colour, "(6,2)");
const std::string end_style = point_style(Shape::disc, 0.7, "black");
const std::string cusp_style = point_style(Shape::circle, 1.1, "black", 1.6);

/// The largest |kappa| of the curve, its ends included. @throws DataError
double largest_curvature_of(const Perceptron& network, const FigureRequest& request) {
  SupremumOptions options;
  options.seed = request.seed;
  const CurvatureSupremum supremum = curvature_supremum(network, 1.0, options);
  const auto refuse = [](const char* why) {
    throw DataError(std::string("the figure boundaries cannot show these data: ") + why);
  };
  if (supremum.bounded && !*supremum.bounded)
    refuse(
        "the curvature of their data manifold is unbounded, so that P_a and P_b have no "
        "distance from it");
  if (!(supremum.best > 0.0)) refuse("their data manifold is straight");
  return supremum.best;
}

/// The band between two parallel curves as one polygon.
FigureTable band_table(const FigureTable& a, const FigureTable& b) {
  FigureTable band{"band", {"y1", "y2"}, {}};
  const auto add = [&](const std::vector<double>& row) {
    if (!row.empty()) band.rows.push_back({row[1], row[2]});
  };
  std::for_each(a.rows.begin(), a.rows.end(), add);
  std::for_each(b.rows.rbegin(), b.rows.rend(), add);
  return band;
}

/// Where parallel curves turn round, on the evolute.
FigureTable cusps_table(const PlaneCurve& curve, double distance) {
  FigureTable cusps{"cusps", {"w", "y1", "y2"}, {}};
  for (const double side : {1.0, -1.0})
    for (const double w : curve.parallel_cusps(side * distance)) {
      const Vector point = curve.parallel(w, side * distance);
      cusps.rows.push_back({w, point(0), point(1)});
    }
  return cusps;
}

/// The ends of the curve with their normals.
FigureTable ends_table(const DrawnCurve& drawn, double radius) {
  FigureTable ends{"ends", {"a1", "a2", "z1", "z2", "b1", "b2"}, {}};
  for (const double w : {drawn.grid().front(), drawn.grid().back()}) {
    const Vector a = drawn.curve().parallel(w, radius), b = drawn.curve().parallel(w, -radius);
    const Vector z = drawn.curve().position(w);
    ends.rows.push_back({a(0), a(1), z(0), z(1), b(0), b(1)});
  }
  return ends;
}

void add_checks(Figure& figure, const DrawnCurve& drawn, double radius, bool is_thesis) {
  const PlaneCurve& curve = drawn.curve();
  if (is_thesis) check(figure, "offset 1/|k|max", radius, 0.442926300620607);
  for (const CurveVertex& vertex : drawn.vertices()) {
    if (std::abs(vertex.curvature) * radius < 1.0 - 1e-9) continue;
    const double side = vertex.curvature > 0.0 ? 1.0 : -1.0;
    if (is_thesis)
      check(figure, fmt::format("cusp of the evolute that P_{} touches", side > 0.0 ? 'a' : 'b'),
            vertex.cusp, {side * 0.5406391167200073, side * 0.7137574145021415});
    check(figure,
          fmt::format("distance of P_{} to the cusp that it touches", side > 0.0 ? 'a' : 'b'),
          (curve.parallel(vertex.weight, side * radius) - vertex.cusp).norm(), 0.0);
  }
  for (const double sign : {1.0, -1.0}) {
    const std::string of = sign > 0.0 ? " of P_a" : " of P_b";
    check(figure, "cusps" + of + " at 1/|k|max",
          static_cast<double>(curve.parallel_cusps(sign * radius * (1.0 - 1e-12)).size()), 0, 0);
    if (!is_thesis) continue;
    const std::vector<double> cusps = curve.parallel_cusps(sign * beyond * radius);
    check(figure, "cusps" + of + " at 1.8/|k|max", static_cast<double>(cusps.size()), 2, 0);
    for (const double w : cusps) {
      const std::optional<Vector> centre = curve.evolute(w);
      check(figure, fmt::format("distance of a cusp{} at 1.8/|k|max to the evolute", of),
            centre ? (*centre - curve.parallel(w, sign * beyond * radius)).norm() : 1.0, 0.0);
    }
  }
}

/// The lines of one panel.
Plot plot_of(const Figure& figure, bool is_beyond) {
  const std::string which = is_beyond ? "beyond" : "";
  Plot plot;
  if (!is_beyond)
    plot.add(file_of(figure, "band"), "1:2",
             fmt::format("filledcurves closed fc rgb '{}'", band_colour))
        .add(file_of(figure, "ends"), "1:2:($5-$1):($6-$2)", vector_style(1.0, "#666666", "(2,3)"));
  plot.add(file_of(figure, "evolute"), "2:3", evolute_style)
      .add(file_of(figure, "a" + which), "2:3", a_style)
      .add(file_of(figure, "b" + which), "2:3", b_style)
      .add(file_of(figure, "manifold"), "2:3", manifold_entry().style);
  if (is_beyond) return plot.add(file_of(figure, "cusps"), "2:3", cusp_style);
  return plot.add(file_of(figure, "ends"), "3:4", end_style);
}

}  // namespace

Figure make_boundaries(const FigureRequest& request) {
  const bool is_thesis = !request.problem;
  const Perceptron network = network_of(request, plane_problem(0.3, 0.8));
  const Box window = is_thesis ? Box{-1.6, 1.6, -1.6, 1.6} : window_of(network);
  const DrawnCurve drawn(network, 1.0, window);
  const double radius = 1.0 / largest_curvature_of(network, request);

  Figure figure;
  figure.name = "boundaries";
  figure.width = 1600;
  figure.height = 940;
  figure.title = "Boundaries of the data manifold between which a projection is the only one";
  figure.caption =
      "Left: the curves P_a and P_b at the distance 1/|k|max on either side of the data manifold "
      "Z. "
      "They do not fold; each touches the evolute in one cusp, and the band between them ends at "
      "the normals of the ends of Z. A target in the band has its foot there for the only "
      "projection. Right: at the distance 1.8/|k|max both fold into swallowtails, whose cusps lie "
      "on the evolute: beyond 1/|k|max it is the map from (w, distance) to Z + distance n that "
      "folds, not Z.";
  const FigureTable a = drawn.parallel("a", radius), b = drawn.parallel("b", -radius);
  figure.tables = {drawn.manifold("manifold"),
                   drawn.evolute("evolute"),
                   a,
                   b,
                   band_table(a, b),
                   ends_table(drawn, radius),
                   drawn.parallel("abeyond", beyond * radius),
                   drawn.parallel("bbeyond", -beyond * radius),
                   cusps_table(drawn.curve(), beyond * radius)};
  add_checks(figure, drawn, radius, is_thesis);

  Picture picture = picture_of(figure);
  for (const bool is_beyond : {false, true}) {
    picture.panel({is_beyond ? 880.0 : 90.0, 90, 680, 680})
        .equal_ranges(window)
        .names("y_1", "y_2", is_beyond ? "distance 1.8 / |k|_{max}" : "distance 1 / |k|_{max}");
    if (is_beyond) {
      std::vector<LegendEntry> legend{
          manifold_entry(),
          {evolute_style, "evolute (caustic)"},
          {a_style, "P_a"},
          {b_style, "P_b"},
          {point_style(Shape::square, 2.4, band_colour), "one projection only"},
          {line_style(1.0, "#666666", "(2,3)"), "normals at the ends of Z"},
          {end_style, "ends of Z"}};
      if (!file_of(figure, "cusps").empty()) legend.push_back({cusp_style, "cusps of P_a, P_b"});
      picture.centred_legend(885, legend);
    }
    picture.plot(plot_of(figure, is_beyond));
  }
  figure.script = std::move(picture).script();
  return figure;
}

}  // namespace tautrack::program
