#include <algorithm>
#include <cmath>

#include "tautrack/path/natural_path.hpp"

#include "drawing.hpp"
#include "drivers.hpp"
#include "io/standardised_weights.hpp"
#include "io/text.hpp"
#include "pictures/curve.hpp"

namespace tautrack::program {
namespace {

constexpr std::string_view path_colour = "#D55E00";
constexpr std::string_view other_colour = "#BBBBBB";
constexpr std::size_t most_named =
    std::size(colours);  ///< Weights in the legend, the largest first.
const std::string manifold_style = line_style(1.0, "#A8A8A8");
const std::string last_manifold_style = line_style(2.4, manifold_colour);
const std::string limit_style = point_style(Shape::diamond, 1.1, "#8E2A8B");

/// A path as it is drawn.
struct DrawnPath {
  std::string label;
  Perceptron network;
  NaturalPath path;
  std::vector<CurvePoint> curve;
  bool in_plane = false;  ///< Outputs are points of a plane.
  /// Of several weights, what is drawn: those of standardised columns.
  std::optional<StandardisedWeights> standardised;

  /// The weights that are drawn, s.
  [[nodiscard]] Vector shown(const Vector& weights) const {
    return standardised ? (*standardised)(weights) : weights;
  }
};

/// The axes of a path.
struct PathAxes {
  TauAxis tau;
  WeightAxis weights;
  double lowest = 0.0, highest = 0.0;  ///< Positions of weights.
  std::vector<std::size_t> ranking;    ///< Of weights, the largest first.
};

PathAxes axes_of(const DrawnPath& drawn) {
  PathView view;
  Vector largest = Vector::Zero(drawn.curve.front().weights.size()), before;
  double way = 0.0;
  for (const CurvePoint& point : drawn.curve) {
    const Vector weights = drawn.shown(point.weights);
    largest = largest.cwiseMax(weights.cwiseAbs());
    if (before.size() > 0) way += (weights - before).lpNorm<1>();
    before = weights;
    view.points.push_back({point.tau, way, point.energy});
  }
  for (const NaturalFold& fold : drawn.path.folds) view.folds.push_back(fold.point.tau);
  view.ends = drawn.path.end.has_value();
  const double start = drawn.shown(drawn.curve.front().weights).cwiseAbs().maxCoeff();
  PathAxes axes{TauAxis(view), WeightAxis::of_path(start, largest.maxCoeff()), 0.0, 0.0, {}};
  for (const CurvePoint& point : drawn.curve)
    for (const double weight : drawn.shown(point.weights)) {
      axes.lowest = std::min(axes.lowest, axes.weights.position(weight));
      axes.highest = std::max(axes.highest, axes.weights.position(weight));
    }
  for (Index j = 0; j < largest.size(); ++j) axes.ranking.push_back(static_cast<std::size_t>(j));
  std::stable_sort(axes.ranking.begin(), axes.ranking.end(), [&](std::size_t a, std::size_t b) {
    return largest(static_cast<Index>(a)) > largest(static_cast<Index>(b));
  });
  return axes;
}

DrawnPath follow(std::string label, const Perceptron& network) {
  TrackOptions options;
  options.predictor.max_order = 6;  // short steps where the curve bends
  options.predictor.series_tolerance = 1e-8;
  std::vector<PathPoint> points;
  const auto observer = [&points](const PathPoint& point) {
    points.push_back(point);
    return true;
  };
  DrawnPath drawn{
      std::move(label), network, track_natural(network, options, observer), {}, false, {}};
  drawn.curve = smooth_curve(network, points, 1200);
  drawn.in_plane =
      network.patterns() == 2 && network.unknowns() == 1 && network.penalty().size() == 0;
  return drawn;
}

/// Columns of the tables of a path; the last are positions on its axes.
std::vector<std::string> columns_of(const DrawnPath& drawn, Index weights) {
  std::vector<std::string> columns = {"tau", "energy"};
  if (drawn.in_plane) columns.insert(columns.end(), {"z1", "z2"});
  for (Index j = 0; j < weights; ++j) columns.push_back(fmt::format("w{}", j + 1));
  for (Index j = 0; drawn.standardised && j < weights; ++j)
    columns.push_back(fmt::format("standardised{}", j + 1));
  columns.emplace_back("tau position");
  for (Index j = 0; j < weights; ++j) columns.push_back(fmt::format("position{}", j + 1));
  return columns;
}

std::vector<double> row_of(const DrawnPath& drawn, const PathAxes& axes, double tau, double energy,
                           const Vector& weights) {
  std::vector<double> row = {tau, energy};
  if (drawn.in_plane) {
    const Vector z = PlaneCurve(drawn.network, tau).position(weights(0));
    row.insert(row.end(), {z(0), z(1)});
  }
  row.insert(row.end(), weights.begin(), weights.end());
  if (drawn.standardised) {
    const Vector standardised = (*drawn.standardised)(weights);
    row.insert(row.end(), standardised.begin(), standardised.end());
  }
  row.push_back(axes.tau.position(tau));
  for (const double weight : drawn.shown(weights)) row.push_back(axes.weights.position(weight));
  return row;
}

/// The path, its folds, and its start and end.
void add_tables(Figure& figure, const DrawnPath& drawn, const PathAxes& axes, std::size_t number) {
  const Index weights = drawn.curve.front().weights.size();
  const std::vector<std::string> columns = columns_of(drawn, weights);
  FigureTable path{fmt::format("path{}", number), columns, {}};
  for (const CurvePoint& point : drawn.curve)
    path.rows.push_back(row_of(drawn, axes, point.tau, point.energy, point.weights));
  FigureTable folds{fmt::format("folds{}", number), columns, {}};
  for (const NaturalFold& fold : drawn.path.folds)
    folds.rows.push_back(
        row_of(drawn, axes, fold.point.tau, fold.point.energy, fold.point.weights));
  FigureTable ends{fmt::format("ends{}", number), columns, {path.rows.front()}};
  if (drawn.path.end) ends.rows.push_back(path.rows.back());
  figure.tables.insert(figure.tables.end(), {path, folds, ends});
}

/// Z at several tau, each a table.
void add_manifolds(Figure& figure, const Perceptron& network, const Box& window) {
  for (int i = 0; i <= 5; ++i) {
    const double tau = 0.2 * i;
    figure.tables.push_back(
        DrawnCurve(network, std::min(tau, 1.0), window).manifold(fmt::format("Z{}", i)));
  }
}

struct KnownPath {
  double y1, y2, w0;
  double folds[2][2];
  double energy;  ///< At the end, or at infinity.
};
constexpr KnownPath known_paths[] = {
    {.4,
     .9,
     .21,
     {{.4156587404998703, .9608017649578813}, {.6020435266606967, .9506170631172932}},
     .1798076949388165},
    {.3,
     1.05,
     .195,
     {{.3756016468841551, .9413466815689154}, {.5959549508248111, .9212502649600272}},
     .24625},
    {.2,
     1.2,
     .18,
     {{.3386711267173852, .9347273414249298}, {.5934993157399669, .8984743990894525}},
     .34}};

void add_known_checks(Figure& figure, const DrawnPath& drawn, const KnownPath& known) {
  const std::string of = fmt::format(" of y = ({:g}, {:g})", known.y1, known.y2);
  const std::vector<NaturalFold>& folds = drawn.path.folds;
  check(figure, "w at tau = 0" + of, drawn.curve.front().weights(0), known.w0);
  check(figure, "folds" + of, static_cast<double>(folds.size()), 2, 0);
  for (std::size_t k = 0; k < std::min<std::size_t>(2, folds.size()); ++k) {
    check(figure, fmt::format("w at fold {}{}", k + 1, of), folds[k].point.weights(0),
          known.folds[k][0]);
    check(figure, fmt::format("tau at fold {}{}", k + 1, of), folds[k].point.tau,
          known.folds[k][1]);
  }
  if (drawn.path.end) check(figure, "E at the end" + of, drawn.path.end->energy, known.energy);
  if (drawn.path.infinity)
    check(figure, "E at infinite weights" + of, drawn.path.infinity->energy, known.energy);
  check(figure, "whether the weights become infinite" + of, drawn.path.infinity ? 1 : 0,
        known.y2 > 1.0 ? 1 : 0, 0);
  if (known.y1 != .4 || folds.size() != 2) return;
  check(figure, "E at fold 1" + of, folds[0].point.energy, .2351733009086438);
  check(figure, "E at fold 2" + of, folds[1].point.energy, .238167759607053);
  if (drawn.path.end)
    check(figure, "w at the end" + of, drawn.path.end->weights(0), 1.439894532008681);
  check(figure, "solutions at tau = 1" + of,
        static_cast<double>(stationary_points_of_one_weight(drawn.network, 1.0).points.size()), 1,
        0);
}

/// At a fold y lies on the caustic.
void add_fold_checks(Figure& figure, const DrawnPath& drawn) {
  if (!drawn.in_plane) return;
  const Vector y =
      drawn.network.pattern_weights().cwiseSqrt().cwiseProduct(drawn.network.targets());
  for (const NaturalFold& fold : drawn.path.folds) {
    const std::optional<Vector> centre =
        PlaneCurve(drawn.network, fold.point.tau).evolute(fold.point.weights(0));
    check(figure,
          fmt::format("distance of y to the evolute at the fold of {}, tau = {:.5f}", drawn.label,
                      fold.point.tau),
          centre ? (*centre - y).norm() : 1.0, 0.0, 1e-8);
  }
}

/// Draws the panels of one path.
class PathRow {
 public:
  /// @param columns Panels in a row. @param window Of the plane of outputs.
  PathRow(const Figure& figure, const DrawnPath& drawn, const PathAxes& axes, std::size_t number,
          double top, int columns, const Box& window, Picture& picture)
      : figure_(figure),
        drawn_(drawn),
        axes_(axes),
        number_(number),
        top_(top),
        columns_(columns),
        window_(window),
        picture_(picture) {}

  void draw() {
    picture_.text(100, top_ - 20, cut(drawn_.label, 30), "left noenhanced font ',12'");
    draw_weights();
    draw_energy();
    if (!drawn_.path.folds.empty()) draw_folds();
    if (drawn_.in_plane) draw_plane();
  }

 private:
  [[nodiscard]] Place place(int column) const {
    const double width = (figure_.width - 40.0) / columns_;
    return {100.0 + width * column, top_, width - 105.0, 310.0};
  }

  [[nodiscard]] std::string file(const char* table) const {
    return file_of(figure_, fmt::format("{}{}", table, number_));
  }

  /// The column of the position of tau, from one on; those of the weights are behind it.
  [[nodiscard]] std::size_t position_column() const {
    const auto weights = static_cast<std::size_t>(drawn_.curve.front().weights.size());
    return 3 + (drawn_.in_plane ? 2 : 0) + (drawn_.standardised ? 2 : 1) * weights;
  }

  /// The line of one column over another, with its ends and folds.
  [[nodiscard]] Plot line(std::size_t x, std::size_t y, std::string_view colour, double width = 2.2,
                          bool with_folds = true) const {
    const std::string columns = fmt::format("{}:{}", x, y);
    Plot plot;
    plot.add(file("path"), columns, line_style(width, colour))
        .add(file("ends"), columns, point_style(Shape::disc, 0.6, colour));
    if (with_folds)
      plot.add(file("folds"), columns, point_style(Shape::disc, 0.85, "white"))
          .add(file("folds"), columns, point_style(Shape::circle, 0.95, "#000000", 1.5));
    return plot;
  }

  void draw_weights() {
    constexpr std::size_t most_with_folds = 4;  // Circles on many lines would cover them.
    const std::size_t weights = axes_.ranking.size();
    Plot plot;
    for (std::size_t rank = weights; rank-- > 0;) {
      const std::string_view colour = weights == 1        ? path_colour
                                      : rank < most_named ? colours[rank]
                                                          : other_colour;
      plot.add(line(position_column(), position_column() + 1 + axes_.ranking[rank], colour,
                    rank < most_named ? 2.2 : 1.0, weights <= most_with_folds));
    }
    const double margin =
        axes_.highest > axes_.lowest ? 0.05 * (axes_.highest - axes_.lowest) : 1.0;
    const std::string name = weights > 1 ? "standardised weights" : "weight w";
    picture_.panel(place(0))
        .names("", "")
        .axes(axes_.tau.axis("τ"), {name + (axes_.weights.is_logarithmic() ? " (logarithmic)" : ""),
                                    axes_.lowest < 0.0 ? axes_.lowest - margin : 0.0,
                                    axes_.highest + margin, false, axes_.weights.ticks()})
        .plot(plot);
  }

  void draw_energy() {
    EnergyAxis energies;
    for (const CurvePoint& point : drawn_.curve) energies.see(point.energy);
    Plot plot = line(position_column(), 2, path_colour);
    if (const auto& limit = drawn_.path.infinity) {
      energies.see(limit->energy);
      plot.mark(axes_.tau.position(1.0), limit->energy, limit_style);
    }
    picture_.panel(place(1))
        .names("", "")
        .axes(axes_.tau.axis("τ"), energies.axis())
        .plot(plot)
        .add("unset logscale\n");
  }

  /// The swallowtail of the energy between the folds.
  void draw_folds() {
    double low = 1.0, high = 0.0, least = drawn_.path.folds[0].point.energy, most = least;
    for (const NaturalFold& fold : drawn_.path.folds) {
      low = std::min(low, fold.point.tau);
      high = std::max(high, fold.point.tau);
      least = std::min(least, fold.point.energy);
      most = std::max(most, fold.point.energy);
    }
    const double margin = std::max(0.35 * (high - low), 1e-9);
    const double rise = std::max(0.35 * (most - least), 1e-6 * std::abs(most));
    picture_.panel(place(2))
        .names("", "", "energy at the folds")
        .axes({"τ", low - margin, std::min(1.0, high + margin)},
              {"energy E", least - rise, most + rise})
        .plot(line(1, 2, path_colour));
  }

  void draw_plane() {
    Plot plot;
    for (int i = 0; i <= 5; ++i)
      plot.add(file_of(figure_, fmt::format("Z{}", i)), "2:3",
               i == 5 ? last_manifold_style : manifold_style);
    const Vector& y = drawn_.network.targets();
    plot.add(line(3, 4, path_colour))
        .mark(y(0), y(1), point_style(Shape::star, 1.3, target_colour, 2.0));
    Place square = place(columns_ - 1);  // As the window is.
    square.width = square.height = std::min(square.width, square.height);
    picture_.panel(square)
        .names("", "", "output z")
        .axes({"y_1", window_.left, window_.right}, {"y_2", window_.bottom, window_.top})
        .plot(plot);
  }

  const Figure& figure_;
  const DrawnPath& drawn_;
  const PathAxes& axes_;
  std::size_t number_;
  double top_;
  int columns_;
  Box window_;
  Picture& picture_;
};

std::vector<DrawnPath> follow_all(const FigureRequest& request) {
  std::vector<DrawnPath> paths;
  if (request.problem) {
    paths.push_back(follow(request.problem->name, Perceptron(*request.problem, request.network)));
    if (request.problem->X.cols() > 1) paths.back().standardised.emplace(request.problem->X);
    return paths;
  }
  for (const KnownPath& known : known_paths)
    paths.push_back(follow(fmt::format("y = ({:g}, {:g})", known.y1, known.y2),
                           Perceptron(plane_problem(known.y1, known.y2))));
  return paths;
}

}  // namespace

Figure make_paths(const FigureRequest& request) {
  const std::vector<DrawnPath> paths = follow_all(request);
  const auto any = [&](const auto& is_so) {
    return std::any_of(paths.begin(), paths.end(), is_so);
  };
  const bool in_plane = paths.front().in_plane;
  const bool has_folds = any([](const DrawnPath& drawn) { return !drawn.path.folds.empty(); });
  const bool has_limits =
      any([](const DrawnPath& drawn) { return drawn.path.infinity.has_value(); });
  const int columns = 2 + (has_folds ? 1 : 0) + (in_plane ? 1 : 0);
  Figure figure;
  figure.name = "paths";
  figure.width = columns == 4 ? 1800 : columns == 3 ? 1500 : 1200;
  figure.title = "Natural paths from the linear network (τ = 0) to the sigmoid one (τ = 1)";
  figure.caption = "The solution as tau grows, from the linear one on: weights and energy.";
  std::vector<PathAxes> axes;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (paths[i].curve.empty())
      throw DataError("the figure paths cannot show these data: " + paths[i].path.message);
    axes.push_back(axes_of(paths[i]));
    add_tables(figure, paths[i], axes[i], i + 1);
    if (!request.problem) add_known_checks(figure, paths[i], known_paths[i]);
    add_fold_checks(figure, paths[i]);
  }
  if (std::any_of(axes.begin(), axes.end(),
                  [](const PathAxes& one) { return one.tau.is_logarithmic(); }))
    figure.caption += " Axes of tau are logarithmic in 1 - tau where much happens close to 1.";
  if (has_folds)
    figure.caption +=
        " Folds, where the path turns back in tau, are open circles. Between two of them there are "
        "three solutions at one tau, and the energy makes a swallowtail.";
  if (in_plane)
    figure.caption +=
        " On the right the output z of the network in the plane of targets, over the data "
        "manifolds Z_0, Z_0.2, ... (grey) and Z_1 (black); y is the star.";
  if (paths.front().standardised)
    figure.caption += " Weights are those of columns of mean 0 and standard deviation 1.";
  if (!request.problem)
    figure.caption +=
        " X = (3, 1)'. The first path ends at the only solution there is; on the others, whose "
        "second target is above 1, the weight grows without bound.";
  const Box window =
      request.problem && in_plane ? window_of(paths.front().network) : Box{-0.1, 1.3, -0.1, 1.3};
  if (in_plane) add_manifolds(figure, paths.front().network, window);

  std::vector<LegendEntry> legend;
  if (const std::vector<std::string>& names = paths.front().network.column_names();
      paths.front().standardised) {
    for (std::size_t rank = 0; rank < std::min(names.size(), most_named); ++rank)
      legend.push_back(
          {line_style(2.2, colours[rank]), as_is(cut(names[axes[0].ranking[rank]], 25))});
    if (names.size() > most_named)
      legend.push_back({line_style(1.0, other_colour),
                        counted(static_cast<long long>(names.size() - most_named), "smaller one")});
  }
  if (has_folds) legend.push_back({point_style(Shape::circle, 0.95, "black", 1.5), "fold"});
  legend.push_back({point_style(Shape::disc, 0.6, path_colour),
                    has_limits && !any([](const DrawnPath& drawn) { return drawn.path.ok(); })
                        ? "start"
                        : "start and end"});
  if (has_limits) legend.push_back({limit_style, "limit at infinite weights"});
  if (in_plane)
    legend.insert(legend.end(), {target_entry(),
                                 {last_manifold_style, "data manifold Z_1"},
                                 {manifold_style, "Z_0, Z_{0.2}, ..., Z_{0.8}"}});
  constexpr double row_height = 430.0, legend_height = 50.0;
  figure.height =
      static_cast<int>(90.0 + row_height * static_cast<double>(paths.size()) + legend_height);
  Picture picture = picture_of(figure);
  picture.centred_legend(figure.height - 25, legend);
  for (std::size_t i = 0; i < paths.size(); ++i)
    PathRow(figure, paths[i], axes[i], i + 1, 100.0 + row_height * static_cast<double>(i), columns,
            window, picture)
        .draw();
  figure.script = std::move(picture).script();
  return figure;
}

}  // namespace tautrack::program
