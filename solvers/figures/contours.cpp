#include <algorithm>
#include <cmath>
#include <limits>

#include "drivers.hpp"
#include "graph.hpp"
#include "pictures/curve.hpp"
#include "pictures/landscape.hpp"
#include "pictures/weight_plane.hpp"

namespace tautrack::program {
namespace {

/// Two copies of the problem X = (3, 1)', y = (.3, .8), mixed by a change of weights: its stationary
/// points are pairs of those of the copies. The change is a dyadic one, so that rows of X that are
/// parallel stay so to the last bit: rounded ones are independent, with fits of their own far out.
struct MixedProblem {
  Matrix mix = matrix_of(2, {1.0, 0.375, -0.25, 1.0});

  [[nodiscard]] Problem problem() const {
    const Matrix X = matrix_of(2, {3.0, 0.0, 1.0, 0.0, 0.0, 3.0, 0.0, 1.0});
    return make_problem(X * mix, vector_of({.3, .8, .3, .8}));
  }
};

void add_known_checks(Figure& figure, const AllFits& fits) {
  check_counts(figure, fits, 4, 4, 1);
  const double w[] = {0.220118359530102, 0.6518884564806395, 0.9452290672384478};
  const double rho[] = {0.6464807169664771, 0.6986823439094119, 0.6959391041554388};
  const MixedProblem mixed;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      const Vector parts = vector_of({w[i], w[j]});
      double nearest = std::numeric_limits<double>::infinity(), energy = 0.0;
      for (const StationaryPoint& point : fits.points) {
        const double distance = (mixed.mix * point.weights - parts).norm();
        if (distance >= nearest) continue;
        nearest = distance;
        energy = point.energy;
      }
      const std::string of = fmt::format(" of the point made of {} and {}", i + 1, j + 1);
      check(figure, "distance to the known weights" + of, nearest, 0.0);
      check(figure, "E" + of, energy, 0.5 * (rho[i] * rho[i] + rho[j] * rho[j]));
    }
}

/// What is seen of the plane of weights: all points, and where the path starts.
WeightPlane plane_of(const Problem& problem, const Perceptron& network, const AllFits& fits) {
  std::vector<Vector> seen;
  int best = -1;
  for (const StationaryPoint& point : fits.points) {
    if (best < 0 && point.kind == StationaryKind::minimum) best = static_cast<int>(seen.size());
    seen.push_back(point.weights);
  }
  if (!fits.exploration.path.points.empty())
    seen.push_back(fits.exploration.path.points.front().weights);
  Perceptron::Workspace work(network);
  return {problem, seen, best,
          [&](const Vector& w) { return network.energy(network.coordinates(w), 1.0, work); },
          WeightPlane::energy_of_constant(problem)};
}

FigureTable curves_table(std::string name, const std::vector<Polyline>& curves,
                         const Landscape& landscape) {
  FigureTable table{std::move(name), {"x", "y", "level"}, {}};
  for (const Polyline& curve : curves) {
    if (!table.rows.empty()) table.rows.emplace_back();
    for (const auto& [x, y] : curve.points)
      table.rows.push_back({x, y, landscape.level(curve.energy)});
  }
  return table;
}

FigureTable path_table(const Perceptron& network, const WeightPlane& plane) {
  std::vector<PathPoint> points;
  TrackOptions options;
  options.predictor.max_order = 6;
  options.predictor.series_tolerance = 1e-8;
  (void)track_natural(network, options, [&points](const PathPoint& point) {
    points.push_back(point);
    return true;
  });
  FigureTable table{"path", {"x", "y", "tau"}, {}};
  const Box near = plane.box().with_margin(0.2);
  for (const CurvePoint& point : smooth_curve(network, points, 600)) {
    const Vector at = plane.place(point.weights);
    if (near.contains(at(0), at(1))) table.rows.push_back({at(0), at(1), point.tau});
  }
  return table;
}

}  // namespace

Figure make_contours(const FigureRequest& request) {
  const bool is_thesis = !request.problem;
  const Problem problem = is_thesis ? MixedProblem().problem() : *request.problem;
  const Perceptron network = network_of(request, problem);
  const AllFits fits = fits_of_figure(problem, request);
  if (fits.points.empty())
    throw DataError("the figure contours cannot show these data: no finite fit was found");
  const WeightPlane plane = plane_of(problem, network, fits);
  const auto place = [&plane](const Vector& w) { return plane.place(w); };
  const Place panel{120, 64, 1010, 880};

  Figure figure;
  figure.name = "contours";
  figure.width = 1300;
  figure.height = 1080;
  figure.title = is_thesis ? "The energy of two weights, and how its stationary points are joined"
                           : "The energy of two weights, and its stationary points";
  Perceptron::Workspace work(network);
  const PlaneEnergy energy = [&](double x, double y) {
    return network.energy(network.coordinates(plane.weights(vector_of({x, y}))), 1.0, work);
  };
  const PlaneView view{plane.box(), panel.width, panel.height};
  std::vector<PlanePoint> points;
  std::vector<double> energies;
  for (const StationaryPoint& point : fits.points) {
    const Vector at = plane.place(point.weights);
    if (!plane.box().contains(at(0), at(1))) continue;
    energies.push_back(point.energy);
    if (point.morse_index) points.push_back({at(0), at(1), *point.morse_index});
  }
  constexpr double most_evaluations = 2e8;  // of one pattern
  const auto samples = static_cast<int>(
      std::clamp(most_evaluations / static_cast<double>(problem.X.rows()), 4e3, 2e5));
  const auto minima = std::count_if(points.begin(), points.end(),
                                    [](const PlanePoint& point) { return point.index == 0; });
  const Landscape landscape(energy, view, energies, minima > 1, samples);
  figure.tables = {
      curves_table("contours", landscape.contours(), landscape), points_table(fits, place),
      curves_table("descents", steepest_curves(energy, view, points, false, 400000), landscape),
      curves_table("ascents", steepest_curves(energy, view, points, true, 400000), landscape),
      path_table(network, plane)};
  const bool has_saddles = !file_of(figure, "descents").empty();
  figure.caption =
      "Contours of E at tau = 1, the denser the lower it is, its stationary points, and the "
      "natural "
      "path from the linear solution (open circle).";
  if (has_saddles)
    figure.caption +=
        " From each saddle E falls steepest along the blue curves, and rises steepest along the "
        "dashed ones, which part the basins of the minima.";
  if (is_thesis) {
    figure.caption +=
        " The problem is made of two copies of X = (3, 1)', y = (0.3, 0.8), mixed by a change of "
        "weights: three times three stationary points, four of them minima.";
    add_known_checks(figure, fits);
  }

  const std::string path_style = line_style(2.6, "#009E73", "(7,3)");
  const std::string descent_style = line_style(2.2, "#0072B2");
  const std::string ascent_style = line_style(1.4, "#707070", "(8,4)");
  Picture picture = picture_of(figure);
  std::vector<LegendEntry> legend = points_legend(fits);
  if (has_saddles)
    legend.insert(legend.end(), {{descent_style, "steepest descent from a saddle"},
                                 {ascent_style, "steepest ascent"}});
  legend.push_back({path_style, "natural path"});
  picture.centred_legend(1045, legend);
  NumberAxis x = plane.window(0).axis(), y = plane.window(1).axis();
  x.label = is_thesis ? "w_1" : as_is(x.label);
  y.label = is_thesis ? "w_2" : as_is(y.label);
  picture.add("{}", landscape_palette);
  const Place colours_at{panel.right() + 34.0, panel.top + 30.0, 16.0, panel.height - 30.0};
  picture.colour_box(colours_at, range_text(-Landscape::depth, 0.0), landscape.ticks())
      .text(colours_at.left, panel.top + 10.0, "E");
  picture.panel(panel).axes(x, y).plot(
      Plot()
          .add(file_of(figure, "contours"), "1:2:3", line_style(1.0, "palette"))
          .add(file_of(figure, "ascents"), "1:2", ascent_style)
          .add(file_of(figure, "descents"), "1:2", descent_style)
          .add(file_of(figure, "path"), "1:2", path_style)
          .add(file_of(figure, "path"), "1:2 every ::0::0",
               point_style(Shape::circle, 1.3, "#009E73", 2.0))
          .add(points_plot(figure, "$1", "2")));
  figure.script = std::move(picture).script();
  return figure;
}

}  // namespace tautrack::program
