#include <algorithm>
#include <cmath>

#include "tautrack/geometry/curvature_supremum.hpp"

#include "drawing.hpp"
#include "drivers.hpp"

namespace tautrack::program {
namespace {

constexpr double beyond = 1.8;  ///< Offset of the right panel, in 1 / |k|max.

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
std::string lines_of_panel(const Figure& figure, bool is_beyond) {
  const std::string which = is_beyond ? "beyond" : "";
  Script script;
  script.add("plot ");
  if (!is_beyond)
    script.add(
        "{} using 1:2 with filledcurves closed fc rgb '#DCEAF4' notitle, "
        "\\\n  {} using 1:2:($5-$1):($6-$2) with vectors nohead lw "
        "1 dt (2,3) lc rgb '#666666' notitle, \\\n  ",
        file_of(figure, "band"), file_of(figure, "ends"));
  script.add("{} using 2:3 with lines lw 1.8 dt (12,3,2,3) lc rgb '{}' notitle, \\\n",
             file_of(figure, "evolute"), caustic_colour);
  script.add("  {} using 2:3 with lines lw 2.2 lc rgb '{}' notitle, \\\n",
             file_of(figure, "a" + which), a_colour);
  script.add("  {} using 2:3 with lines lw 2.2 dt (6,2) lc rgb '{}' notitle, \\\n",
             file_of(figure, "b" + which), b_colour);
  script.add("  {} using 2:3 with lines lw 3 lc rgb '{}' notitle", file_of(figure, "manifold"),
             manifold_colour);
  if (is_beyond)
    script.add(", \\\n  {} using 2:3 with points pt 6 ps 1.1 lw 1.6 lc rgb 'black' notitle",
               file_of(figure, "cusps"));
  else
    script.add(", \\\n  {} using 3:4 with points pt 7 ps 0.7 lc rgb 'black' notitle",
               file_of(figure, "ends"));
  return std::move(script.add("\n")).text();
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

  Script script;
  script.start_panels(figure);
  script.add("set xlabel 'y_1'\nset ylabel 'y_2' offset 1,0\n");
  for (const bool is_beyond : {false, true}) {
    const double left = is_beyond ? 880.0 : 80.0;
    script.place(figure, left, left + 680, 90, 770).ranges(window);
    script.add("set title '{}' offset 0,-0.4\n",
               is_beyond ? "distance 1.8 / |k|_{max}" : "distance 1 / |k|_{max}");
    script.add(
        "set key at screen {:.5f},{:.5f} center top horizontal maxrows 2 samplen 2.5 "
        "Left reverse width 0\n",
        (left + 340) / figure.width, 0.105);
    script.add("{}", lines_of_panel(figure, is_beyond));
  }
  script.end_panels(figure, 870,
                    {manifold_entry(),
                     // Dashed, because it is as dark as P_a on grey prints.
                     {line_style(1.8, caustic_colour) + " dt (12,3,2,3)", "evolute (caustic)"},
                     {line_style(2.2, a_colour), "P_a"},
                     {line_style(2.2, b_colour) + " dt (6,2)", "P_b"},
                     {"points pt 5 ps 2.4 lc rgb '#DCEAF4'", "one projection only"},
                     {line_style(1.0, "#666666") + " dt (2,3)", "normals at the ends of Z"},
                     {"points pt 6 ps 1.1 lw 1.6 lc rgb 'black'", "cusps of P_a, P_b"}});
  figure.script = std::move(script).text();
  return figure;
}

}  // namespace tautrack::program
