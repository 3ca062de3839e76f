#include <algorithm>
#include <cmath>
#include <limits>

#include "tautrack/geometry/caustic.hpp"
#include "tautrack/geometry/curvature.hpp"
#include "tautrack/geometry/curvature_supremum.hpp"

#include "drivers.hpp"
#include "surface.hpp"

namespace tautrack::program {
namespace {

constexpr View view = {18, -50};
constexpr double tau = 0.8;
constexpr double largest_weight = 4.5;
constexpr double offsets[] = {0.98, 2.2};  ///< In 1 / |k|max.

CurvatureSupremum supremum_at(const Perceptron& network, double at, const FigureRequest& request) {
  SupremumOptions options;
  options.seed = request.seed;
  return curvature_supremum(network, at, options);
}

/// The parallel surface at a distance along the normal, and how many mesh points it has folded at.
struct Sheet {
  Mesh mesh;
  int folded = 0;
};

Sheet sheet_at(const Perceptron& network, const DataManifold& manifold,
               const SurfaceParameters& parameters, const std::vector<double>& grid,
               double distance) {
  Sheet sheet;
  sheet.mesh = mesh_of(grid, grid, [&](double a, double b) {
    const ManifoldPoint point = manifold.at(parameters(a, b));
    const Vector offset = distance * oriented_normal(network, point);
    if (focal_determinant(point, offset) <= 0.0) ++sheet.folded;
    return point_of(point.position() + offset);
  });
  return sheet;
}

/// The largest curvature on the limit stratum on which pattern i alone stays free.
double largest_of_stratum(const Perceptron& network, const DataManifold& manifold, Index i) {
  const Vector row = network.space().basis().row(i).transpose();
  const Vector way = vector_of({-row(1), row(0)}) / row.norm();
  constexpr double far = 400.0;  // all other patterns saturated, their f'' gone
  double largest = 0.0;
  for (int step = 0; step <= 800; ++step) {
    const double u = 0.005 * step;
    const Vector v = row * (u / row.squaredNorm()) + far / row.norm() * way;
    largest = std::max(largest, largest_curvature(manifold.at(v)).value);
  }
  return largest;
}

void add_known_checks(Figure& figure, const Perceptron& network, const CurvatureSupremum& found,
                      const FigureRequest& request) {
  struct Known {
    double tau, k, w1, w2;
  };
  constexpr Known knowns[] = {{.5, .3375684548326504, -0.7748620557023898, 1.396386655244177},
                              {.8, 1.12847966051505, 1.18823307787444, -2.190718018968502},
                              {.9, 2.385233015416606, -1.466810698896502, 2.748055194864887}};
  for (const Known& known : knowns) {
    const std::string at = fmt::format(" at tau = {:g}", known.tau);
    const CurvatureSupremum supremum =
        known.tau == tau ? found : supremum_at(network, known.tau, request);
    check(figure, "|k|max over all weights" + at, supremum.best, known.k);
    const Vector w = vector_of({known.w1, known.w2});
    check(figure, "|k|max at the weights of the maximum" + at,
          largest_curvature(DataManifold(network, known.tau).at(network.coordinates(w))).value,
          known.k);
    if (supremum.weights.size() == 2)
      check(figure, "distance of the weights of the maximum to the known ones" + at,
            std::min((supremum.weights - w).norm(), (supremum.weights + w).norm()), 0.0, 1e-5);
  }
  check(figure, "radius 1/|k|max at τ = 0.8", 1.0 / found.best, 0.8861480051342616);
  const DataManifold manifold(network, tau);
  const double known_strata[] = {.5760, .6192, .8492};
  std::vector<double> strata;
  for (Index i = 0; i < 3; ++i) strata.push_back(largest_of_stratum(network, manifold, i));
  std::sort(strata.begin(), strata.end());
  for (std::size_t i = 0; i < 3; ++i)
    check(figure, fmt::format("|k|max of limit stratum {} at tau = 0.8, lower than that", i + 1),
          strata[i], known_strata[i], 2e-4);
}

/// Directions of the axes, at the lower left, by arrows of this length.
void add_axes(Picture& picture, double limit, double length) {
  const Point3 origin = {-0.6 * limit, -0.54 * limit, -0.93 * limit};
  for (std::size_t k = 0; k < 3; ++k) {
    Point3 tip = origin, text = origin;
    tip[k] += length;
    text[k] += length + 0.065 * limit;
    picture.add("set arrow from {},{},{} to {},{},{} filled lw 1.5 lc rgb '#333333'\n", origin[0],
                origin[1], origin[2], tip[0], tip[1], tip[2]);
    picture.label({text[0], text[1], text[2]}, fmt::format("y_{}", k + 1), "center front");
  }
}

}  // namespace

Figure make_boundaries_surface(const FigureRequest& request) {
  const bool is_thesis = !request.problem;
  const Perceptron network = network_of(request, surface_problem());
  const DataManifold manifold(network, tau);
  if (network.unknowns() != 2 || manifold.ambient() != 3)
    throw DataError(
        "the figure boundaries_surface cannot show these data: its columns depend on "
        "each other, or there is a ridge term");
  const CurvatureSupremum supremum = supremum_at(network, tau, request);
  if (!(supremum.best > 0.0))
    throw DataError(
        "the figure boundaries_surface cannot show these data: their data manifold is "
        "flat");
  const double radius = 1.0 / supremum.best;
  const SurfaceParameters parameters(network, is_thesis);
  const std::vector<double> grid = sinh_grid(1.2, largest_weight, 57);

  Figure figure;
  figure.name = "boundaries_surface";
  figure.width = 1700;
  figure.height = 900;
  figure.title = "A data surface and its boundaries, τ = 0.8";
  figure.caption =
      "The data manifold Z (grey) of three patterns and two weights at tau = 0.8 with the parallel "
      "surfaces P_a (blue) and P_b (orange) on its two sides. Left, at the distance 0.98/|k|max, "
      "they do not fold, and a target between them has one projection only. Right, at 2.2/|k|max, "
      "both have folded.";
  const Mesh surface = mesh_of(grid, grid, [&](double a, double b) {
    return point_of(manifold.position(parameters(a, b)));
  });
  figure.tables = {mesh_table("manifold", surface)};
  Point3 largest{};
  const auto see = [&largest](const Mesh& mesh) {
    for (const Point3& point : mesh.points)
      for (std::size_t k = 0; k < 3; ++k) largest[k] = std::max(largest[k], std::abs(point[k]));
  };
  see(surface);
  if (is_thesis) add_known_checks(figure, network, supremum, request);
  for (const double offset : offsets)
    for (const double side : {1.0, -1.0}) {
      const Sheet sheet = sheet_at(network, manifold, parameters, grid, side * offset * radius);
      const std::string name = side > 0.0 ? "P_a" : "P_b";
      figure.tables.push_back(mesh_table(
          fmt::format("{}{}", side > 0.0 ? "a" : "b", offset < 1.0 ? "" : "beyond"), sheet.mesh));
      see(sheet.mesh);
      if (offset < 1.0)
        check(figure, fmt::format("points at which {} has folded at {:g}/|k|max", name, offset),
              sheet.folded, 0, 0);
      else if (is_thesis)
        check(figure, fmt::format("whether {} has folded at {:g}/|k|max", name, offset),
              sheet.folded > 0 ? 1 : 0, 1, 0);
    }

  Picture picture = picture_of(figure);
  std::vector<LegendEntry> legend;
  for (const auto& [name, colour] :
       {std::pair{"P_a", a_colour}, std::pair{"data manifold Z", std::string_view("#808080")},
        std::pair{"P_b", b_colour}})
    legend.push_back({point_style(Shape::square, 2.0, colour), name});
  double limit = 0.0;
  for (const double coordinate : largest) limit = std::max(limit, 1.02 * coordinate);
  const double arrow = roundest(0.15 * limit, 0.25 * limit);
  legend.push_back({"", fmt::format("arrows: of length {:g}", arrow)});
  picture.centred_legend(865, legend);
  picture.add(
      "unset colorbox\nunset border\nunset xtics\nunset ytics\nunset ztics\n"
      "set xrange [{0}:{1}]\nset yrange [{0}:{1}]\nset zrange [{0}:{1}]\nset xyplane at {0}\n"
      "set view {2}\nset view equal xyz\n"
      "set pm3d depthorder border lw 0.25 lc rgb '#505050'\n"
      "set pm3d lighting primary 0.45 specular 0.08\n",
      -limit, limit, view.command());
  for (const double offset : offsets) {
    const Place at{offset < 1.0 ? 20.0 : 840.0, 70, 820, 770};
    const std::string which = offset < 1.0 ? "" : "beyond";
    picture.panel(at).text(at.middle(), 75, fmt::format("distance {:g} / |k|_{{max}}", offset),
                           "center");
    add_axes(picture, limit, arrow);
    const auto fill = [](std::string_view colour) {
      return fmt::format("pm3d fillcolor rgb '{}'", colour);
    };
    const auto translucent = [](std::string_view colour) {
      return fmt::format("#70{}", colour.substr(1));
    };
    picture.splot(Plot()
                      .add(file_of(figure, "a" + which), "1:2:3", fill(translucent(a_colour)))
                      .add(file_of(figure, "manifold"), "1:2:3", fill("#30808080"))
                      .add(file_of(figure, "b" + which), "1:2:3", fill(translucent(b_colour))));
  }
  figure.script = std::move(picture).script();
  return figure;
}

}  // namespace tautrack::program
