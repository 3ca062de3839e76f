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

constexpr double zoom_from = 0.8;
constexpr std::string_view path_colour = "#D55E00";
const std::string manifold_style = line_style(1.0, "#A8A8A8");
const std::string last_manifold_style = line_style(2.4, manifold_colour);

/// A path as it is drawn.
struct DrawnPath {
  std::string label;
  Perceptron network;
  NaturalPath path;
  std::vector<CurvePoint> curve;
  bool in_plane = false;  ///< Outputs are points of a plane.
  /// Of several weights, what is drawn: those of standardised columns.
  std::optional<StandardisedWeights> standardised;
};

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

/// Columns of the tables of a path.
std::vector<std::string> columns_of(const DrawnPath& drawn, Index weights) {
  std::vector<std::string> columns = {"tau", "energy"};
  if (drawn.in_plane) columns.insert(columns.end(), {"z1", "z2"});
  for (Index j = 0; j < weights; ++j) columns.push_back(fmt::format("w{}", j + 1));
  for (Index j = 0; drawn.standardised && j < weights; ++j)
    columns.push_back(fmt::format("standardised{}", j + 1));
  return columns;
}

std::vector<double> row_of(const DrawnPath& drawn, double tau, double energy,
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
  return row;
}

/// The path, its folds, and its start and end.
void add_tables(Figure& figure, const DrawnPath& drawn, std::size_t number) {
  const Index weights = drawn.curve.front().weights.size();
  const std::vector<std::string> columns = columns_of(drawn, weights);
  FigureTable path{fmt::format("path{}", number), columns, {}};
  for (const CurvePoint& point : drawn.curve)
    path.rows.push_back(row_of(drawn, point.tau, point.energy, point.weights));
  FigureTable folds{fmt::format("folds{}", number), columns, {}};
  for (const NaturalFold& fold : drawn.path.folds)
    folds.rows.push_back(row_of(drawn, fold.point.tau, fold.point.energy, fold.point.weights));
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
  PathRow(const Figure& figure, const DrawnPath& drawn, std::size_t number, double top,
          const Box& window, Picture& picture)
      : figure_(figure),
        drawn_(drawn),
        number_(number),
        top_(top),
        window_(window),
        picture_(picture) {}

  void draw() {
    picture_.text(90, top_ - 20, cut(drawn_.label, 12 + (drawn_.standardised ? 0 : 4)),
                  "left noenhanced font ',12'");
    draw_weights();
    draw_energy();
    draw_zoom();
    if (drawn_.in_plane) draw_plane();
  }

 private:
  [[nodiscard]] Place place(int column) const {
    const int columns = drawn_.in_plane ? 4 : 3;
    const double width = (figure_.width - 40.0) / columns;
    return {90.0 + width * column, top_, width - 95.0, 310.0};
  }

  /// A part of a panel, for an inset.
  [[nodiscard]] Place inset(int column, double left, double top, double width,
                            double height) const {
    const Place at = place(column);
    return {at.left + left * at.width, at.top + top * at.height, width * at.width,
            height * at.height};
  }

  [[nodiscard]] std::string file(const char* table) const {
    return file_of(figure_, fmt::format("{}{}", table, number_));
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
    const auto weights = static_cast<std::size_t>(drawn_.curve.front().weights.size());
    const std::size_t first =
        (drawn_.in_plane ? 5 : 3) + (drawn_.standardised ? weights : std::size_t{0});
    Plot plot;
    for (std::size_t j = 0; j < weights; ++j)
      plot.add(line(1, first + j, weights == 1 ? path_colour : colours[j % std::size(colours)], 2.2,
                    weights <= most_with_folds));
    picture_.panel(place(0))
        .axes({"τ", "[0:1]"}, {"", weight_range()})
        .names("τ", "", weights == 1 ? "weight w" : "standardised weights")
        .plot(plot);
    if (!drawn_.path.folds.empty() && weights == 1) draw_weights_inset(first);
  }

  /// The last fifth of tau again, in the empty upper left corner.
  void draw_weights_inset(std::size_t first) {
    picture_.panel(inset(0, 0.14, 0.08, 0.56, 0.54))
        .axes({"", fmt::format("[{}:1]", zoom_from),
               fmt::format("{},0.1,1 font ',9' offset 0,0.5", zoom_from)},
              {"", weight_range(), "autofreq font ',9' offset 0.5,0"})
        .names("", "")
        .plot(line(1, first, path_colour, 1.6))
        .add("set tics font ',12' offset 0,0\n");
  }

  /// Of the axis of weights: up to what they are a little before they become infinite.
  [[nodiscard]] std::string weight_range() const {
    constexpr double before_infinity = 0.9999;
    double low = 0.0, high = 0.0;
    for (const CurvePoint& point : drawn_.curve) {
      if (drawn_.path.infinity && point.tau > before_infinity) continue;
      const Vector weights =
          drawn_.standardised ? (*drawn_.standardised)(point.weights) : point.weights;
      low = std::min(low, weights.minCoeff());
      high = std::max(high, weights.maxCoeff());
    }
    const double margin = high > low ? 0.05 * (high - low) : 1.0;
    return range_text(low < 0.0 ? low - margin : 0.0, high + margin);
  }

  /// Of the axis of energies: gnuplot's choice, unless its numbers would become too long.
  [[nodiscard]] std::string energy_range() const {
    constexpr double narrow = 0.01;
    double low = drawn_.curve.front().energy, high = low;
    for (const CurvePoint& point : drawn_.curve) {
      low = std::min(low, point.energy);
      high = std::max(high, point.energy);
    }
    if (high - low >= narrow * high) return "[*:*]";
    return range_text((1.0 - narrow) * low, (1.0 + narrow) * high + 1e-12);
  }

  void draw_energy() {
    picture_.panel(place(1))
        .axes({"", "[0:1]"}, {"", energy_range()})
        .names("τ", "", "energy E")
        .plot(line(1, 2, path_colour));
  }

  void draw_zoom() {
    picture_.panel(place(2))
        .axes({"", fmt::format("[{}:1]", zoom_from), "0.05"}, {"", energy_range()})
        .names("τ", "", "energy E, τ > 0.8")
        .plot(line(1, 2, path_colour));
    if (!drawn_.path.folds.empty()) draw_swallowtail();
  }

  /// The swallowtail of the energy between the folds, in the empty lower left corner.
  void draw_swallowtail() {
    double low = 1.0, high = 0.0, least = drawn_.path.folds[0].point.energy, most = least;
    for (const NaturalFold& fold : drawn_.path.folds) {
      low = std::min(low, fold.point.tau);
      high = std::max(high, fold.point.tau);
      least = std::min(least, fold.point.energy);
      most = std::max(most, fold.point.energy);
    }
    const double margin = std::max(0.35 * (high - low), 1e-9), rise = 0.35 * (most - least);
    const Ticks ticks =
        Ticks().add(fmt::format("{:.4f}", low), low).add(fmt::format("{:.4f}", high), high);
    picture_.panel(inset(2, 0.07, 0.46, 0.49, 0.42))
        .axes(
            {"", range_text(low - margin, high + margin), ticks.text() + " font ',9' offset 0,0.5"},
            {"", range_text(least - rise, most + rise), ""})
        .names("", "")
        .plot(line(1, 2, path_colour, 1.6))
        .add("set tics font ',12' offset 0,0\n");
  }

  void draw_plane() {
    Plot plot;
    for (int i = 0; i <= 5; ++i)
      plot.add(file_of(figure_, fmt::format("Z{}", i)), "2:3",
               i == 5 ? last_manifold_style : manifold_style);
    const Vector& y = drawn_.network.targets();
    plot.add(line(3, 4, path_colour))
        .mark(y(0), y(1), point_style(Shape::star, 1.3, target_colour, 2.0));
    picture_.panel(place(3))
        .axes({}, {})
        .equal_ranges(window_)
        .names("y_1", "y_2", "output z")
        .plot(plot)
        .ranges(window_);
  }

  const Figure& figure_;
  const DrawnPath& drawn_;
  std::size_t number_;
  double top_;
  Box window_;  ///< Of the plane of outputs.
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
  Figure figure;
  figure.name = "paths";
  figure.width = paths.front().in_plane ? 1800 : 1500;
  figure.height = 110 + 420 * static_cast<int>(paths.size());
  figure.title = "Natural paths from the linear network (τ = 0) to the sigmoid one (τ = 1)";
  figure.caption =
      "The solution as tau grows, from the linear one on: weights, energy, and the energy from tau "
      "= "
      "0.8 on. Folds, where the path turns back in tau, are open circles. Between them the energy "
      "makes a swallowtail (inset): three solutions at one tau.";
  if (paths.front().in_plane)
    figure.caption +=
        " On the right the output z of the network in the plane of targets, over the data "
        "manifolds "
        "Z_0, Z_0.2, ... (grey) and Z_1 (black); y is the star.";
  if (paths.front().standardised)
    figure.caption += " Weights are those of columns of mean 0 and standard deviation 1.";
  if (!request.problem)
    figure.caption +=
        " X = (3, 1)'. The first path ends at the only solution there is; on the others, whose "
        "second target is above 1, the weight grows without bound.";
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (paths[i].curve.empty())
      throw DataError("the figure paths cannot show these data: " + paths[i].path.message);
    add_tables(figure, paths[i], i + 1);
    if (!request.problem) add_known_checks(figure, paths[i], known_paths[i]);
    add_fold_checks(figure, paths[i]);
  }
  const Box window = request.problem && paths.front().in_plane ? window_of(paths.front().network)
                                                               : Box{-0.1, 1.3, -0.1, 1.3};
  if (paths.front().in_plane) add_manifolds(figure, paths.front().network, window);

  Picture picture = picture_of(figure);
  std::vector<LegendEntry> legend = {{point_style(Shape::circle, 0.95, "black", 1.5), "fold"},
                                     {point_style(Shape::disc, 0.6, path_colour), "start and end"}};
  if (paths.front().in_plane)
    legend.insert(legend.end(), {target_entry(),
                                 {last_manifold_style, "data manifold Z_1"},
                                 {manifold_style, "Z_0, Z_{0.2}, ..., Z_{0.8}"}});
  picture.centred_legend(figure.height - 25, legend);
  for (std::size_t i = 0; i < paths.size(); ++i)
    PathRow(figure, paths[i], i + 1, 90.0 + 420.0 * static_cast<double>(i), window, picture).draw();
  figure.script = std::move(picture).script();
  return figure;
}

}  // namespace tautrack::program
