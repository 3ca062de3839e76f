#include <algorithm>
#include <cmath>
#include <limits>

#include "drivers.hpp"
#include "graph.hpp"
#include "pictures/curve.hpp"

namespace tautrack::program {
namespace {

constexpr int side = 121;  ///< Points of the grid of energies.
constexpr int levels = 28;

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

/// What is shown of the plane of weights: all points and the path, as far as it is finite.
Box window_of_fits(const AllFits& fits) {
  Box box = {0.0, 0.0, 0.0, 0.0};
  bool is_empty = true;
  const auto see = [&](const Vector& w) {
    box = is_empty ? Box{w(0), w(0), w(1), w(1)}
                   : Box{std::min(box.left, w(0)), std::max(box.right, w(0)),
                         std::min(box.bottom, w(1)), std::max(box.top, w(1))};
    is_empty = false;
  };
  for (const StationaryPoint& point : fits.points) see(point.weights);
  if (!fits.exploration.path.points.empty()) see(fits.exploration.path.points.front().weights);
  // Of their own scale in each direction.
  const double x = std::max(0.3 * box.width(), 1e-3 + 0.1 * std::abs(box.left));
  const double y = std::max(0.3 * box.height(), 1e-3 + 0.1 * std::abs(box.bottom));
  return {box.left - x, box.right + x, box.bottom - y, box.top + y};
}

FigureTable energy_table(const Perceptron& network, const Box& window) {
  FigureTable table{"energy", {"w1", "w2", "energy"}, {}};
  Perceptron::Workspace work(network);
  for (int i = 0; i < side; ++i) {
    if (i > 0) table.rows.emplace_back();
    for (int j = 0; j < side; ++j) {
      const double w1 = window.left + window.width() * i / (side - 1);
      const double w2 = window.bottom + window.height() * j / (side - 1);
      table.rows.push_back(
          {w1, w2, network.energy(network.coordinates(vector_of({w1, w2})), 1.0, work)});
    }
  }
  return table;
}

/// Energies of contours: quantiles of the grid, so that they lie about as densely everywhere, the
/// low ones denser.
std::string level_text(const FigureTable& energies) {
  std::vector<double> sorted;
  for (const std::vector<double>& row : energies.rows)
    if (!row.empty()) sorted.push_back(row[2]);
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (int k = 1; k <= levels; ++k) {
    const double part = std::pow(static_cast<double>(k) / (levels + 1), 1.7);
    const auto at = static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1));
    text += fmt::format("{}{:.9g}", text.empty() ? "" : ",", sorted[at]);
  }
  return text;
}

FigureTable path_table(const Perceptron& network, const Box& window) {
  std::vector<PathPoint> points;
  TrackOptions options;
  options.predictor.max_order = 6;
  options.predictor.series_tolerance = 1e-8;
  (void)track_natural(network, options, [&points](const PathPoint& point) {
    points.push_back(point);
    return true;
  });
  FigureTable table{"path", {"w1", "w2", "tau"}, {}};
  const Box near = window.with_margin(0.2);
  for (const CurvePoint& point : smooth_curve(network, points, 600))
    if (near.contains(point.weights(0), point.weights(1)))
      table.rows.push_back({point.weights(0), point.weights(1), point.tau});
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
  const Box window = window_of_fits(fits);
  const auto place = [](const Vector& w) { return w; };

  Figure figure;
  figure.name = "contours";
  figure.width = 1300;
  figure.height = 1080;
  figure.title = "The energy of two weights, and how its stationary points are joined";
  figure.caption =
      "Contours of E at tau = 1 (denser where it is low), its stationary points, and the natural "
      "path from the linear solution (open circle). Lines join points that the search found from "
      "each other: by descent from a saddle (blue) or along a curve (grey); they are drawn "
      "straight.";
  if (is_thesis)
    figure.caption +=
        " The problem is made of two copies of X = (3, 1)', y = (0.3, 0.8), mixed by a change of "
        "weights: three times three stationary points, four of them minima.";
  figure.tables = {energy_table(network, window), points_table(fits, place),
                   links_table(fits, place, "descents", true),
                   links_table(fits, place, "curves", false), path_table(network, window)};
  if (is_thesis) add_known_checks(figure, fits);

  const std::string path_style = line_style(2.6, "#009E73", "(7,3)");
  Picture picture = picture_of(figure);
  std::vector<LegendEntry> legend = graph_legend();
  legend.push_back({path_style, "natural path"});
  picture.centred_legend(1045, legend);
  picture.panel({110, 60, figure.width - 170.0, 890});
  // A plot of the contours, which have no header, without a frame.
  const std::string contours =
      picture.contours(file_of(figure, "energy"), "discrete " + level_text(figure.tables[0]));
  picture.ranges(window)
      .add(
          "set datafile separator whitespace\nunset datafile columnheaders\nunset border\n"
          "unset tics\n")
      .plot(Plot().add(contours, "1:2", line_style(0.9, "#AFC0D2")))
      .add("set datafile separator comma\nset datafile columnheaders\n")
      .closed_frame()
      .add("set xtics mirror\nset ytics mirror\n")
      .names("w_1", "w_2")
      .plot(graph_plot(figure)
                .add(file_of(figure, "path"), "1:2", path_style)
                .add(file_of(figure, "path"), "1:2 every ::0::0",
                     point_style(Shape::circle, 1.3, "#009E73", 2.0)));
  figure.script = std::move(picture).script();
  return figure;
}

}  // namespace tautrack::program
