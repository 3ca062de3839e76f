#include "spirals.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "drawing.hpp"
#include "spirals_network.hpp"
#include "spirals_training.hpp"

namespace tautrack::program {
namespace {

constexpr double window_half = 1.16;
constexpr double panel_side = 430.0;
constexpr Index stages = SpiralNetwork::layer_count + 1;

const std::string grid_style = line_style(0.7, "#B4B4B4");
const std::string border_style = line_style(2.0, "#000000", "(9,7)");  ///< Where the output is 0.

std::string_view label_colour(int label) { return colours[label > 0 ? 0 : 1]; }

/// Columns x0, y0, x1, y1, ... of the stages, after those given.
std::vector<std::string> stage_columns(std::vector<std::string> columns) {
  for (Index k = 0; k < stages; ++k) {
    columns.push_back(fmt::format("x{}", k));
    columns.push_back(fmt::format("y{}", k));
  }
  return columns;
}

void add_stages(const std::vector<Matrix>& at, Index j, std::vector<double>& row) {
  for (const Matrix& points : at) {
    row.push_back(points(0, j));
    row.push_back(points(1, j));
  }
}

FigureTable points_table(const SpiralNetwork& network, const SpiralData& data, std::string name) {
  FigureTable table{std::move(name), stage_columns({"label", "output"}), {}};
  const std::vector<Matrix> at = network.hidden().stages(data.points);
  const Vector outputs = network.outputs(data.points);
  for (Index j = 0; j < data.labels.size(); ++j) {
    std::vector<double> row{data.labels(j), outputs(j)};
    if (j > 0 && data.labels(j) != data.labels(j - 1)) table.rows.emplace_back();
    add_stages(at, j, row);
    table.rows.push_back(std::move(row));
  }
  return table;
}

FigureTable grid_table(const SpiralNetwork& network) {
  FigureTable table{"grid", stage_columns({}), {}};
  for (const Matrix& line : grid_lines(23, 281)) {
    const std::vector<Matrix> at = network.hidden().stages(line);
    for (Index j = 0; j < line.cols(); ++j) {
      std::vector<double> row;
      add_stages(at, j, row);
      table.rows.push_back(std::move(row));
    }
    table.rows.emplace_back();
  }
  return table;
}

FigureTable line_table(const SpiralNetwork& network) {
  const Matrix ends = network.separating_line(4.0 * window_half);
  return {"line", {"x", "y"}, {{ends(0, 0), ends(1, 0)}, {ends(0, 1), ends(1, 1)}}};
}

/// Largest distance between a point and the inverse of its image, relative to what the rounding of the
/// image makes of it.
double round_trip(const SpiralNetwork& network, const Matrix& points) {
  const Matrix images = network.hidden().apply(points);
  double largest = 0.0;
  for (Index j = 0; j < points.cols(); ++j) {
    const Preimage back = network.hidden().inverse(images.col(j));
    largest = std::max(largest, back.ok() ? (back.x - points.col(j)).norm() : 1.0);
  }
  return largest /
         (std::numeric_limits<double>::epsilon() * network.hidden().largest_inverse_slope(points));
}

void check_listed(const SpiralNetwork& network, const SpiralData& data, Figure& figure) {
  constexpr double tolerance = 1e-10;
  constexpr std::array<double, 4> determinants{3.026546201682108, 1.0291080858828223,
                                               20.393361744502574, 4.057775444674961};
  const std::vector<Layer>& layers = network.hidden().layers();
  for (std::size_t k = 0; k < layers.size(); ++k)
    figure.checks.push_back({fmt::format("det W of layer {}", k + 1), layers[k].determinant(),
                             determinants[k], tolerance});
  const Vector o = network.outputs(data.points);
  figure.checks.push_back({"smallest margin y o over the 120 points",
                           (data.labels.array() * o.array()).minCoeff(), 3.6415389423047,
                           tolerance});
  figure.checks.push_back({"output at the inner end, label 1", o(0), 4.05478307112746, tolerance});
  figure.checks.push_back({"output at the outer end, label 1", o(59), 4.18114261749920, tolerance});
  figure.checks.push_back(
      {"output at the inner end, label -1", o(60), -4.05572608511776, tolerance});
  figure.checks.push_back(
      {"output at the outer end, label -1", o(119), -4.20160076933204, tolerance});
}

/// What holds for every network that separates the spirals by homeomorphisms.
void check_any(const SpiralNetwork& network, const SpiralData& data, Figure& figure) {
  const std::vector<Layer>& layers = network.hidden().layers();
  const auto positive = std::count_if(layers.begin(), layers.end(),
                                      [](const Layer& l) { return l.determinant() > 0.0; });
  const auto proven = std::count_if(layers.begin(), layers.end(), [](const Layer& l) {
    return l.homeomorphism().answer == Homeomorphism::yes;
  });
  const auto right = (data.labels.array() * network.outputs(data.points).array() > 0.0).count();
  figure.checks.push_back({"layers with det W > 0", static_cast<double>(positive), 4.0, 0.0});
  figure.checks.push_back(
      {"layers proven to be homeomorphisms", static_cast<double>(proven), 4.0, 0.0});
  figure.checks.push_back(
      {"points on their side of the line", static_cast<double>(right), 120.0, 0.0});
  figure.checks.push_back(
      {"distance of a point from the inverse of its image, in units of epsilon |J^-1|",
       round_trip(network, data.points), 0.0, 10.0});
}

Place stage_panel(Index k) {
  constexpr double left = 80.0, top = 92.0, across = 515.0, down = 530.0;
  return {left + across * static_cast<double>(k % 3), top + down * static_cast<double>(k / 3),
          panel_side, panel_side};
}

std::string panel_title(const SpiralNetwork& network, Index k) {
  if (k == 0) return "Input: two spirals of 1.19 turns, and a grid";
  const Layer& layer = network.hidden().layers()[static_cast<std::size_t>(k - 1)];
  return fmt::format("After layer {}:  det W = {:.4g}", k, layer.determinant());
}

void add_panel(const SpiralNetwork& network, Index k, const Figure& figure, Picture& picture) {
  const Place panel = stage_panel(k);
  const Index x = 3 + 2 * k;
  Plot plot;
  plot.add(file_of(figure, "grid"), fmt::format("{}:{}", 1 + 2 * k, 2 + 2 * k), grid_style);
  if (k == stages - 1) plot.add(file_of(figure, "line"), "1:2", border_style);
  for (const int label : {1, -1}) {
    const std::string columns = fmt::format("($1=={}?${}:NaN):{}", label, x, x + 1);
    plot.add(file_of(figure, "curves"), columns, line_style(1.3, label_colour(label)))
        .add(file_of(figure, "points"), columns,
             label > 0 ? point_style(Shape::disc, 0.85, label_colour(label))
                       : point_style(Shape::triangle, 1.15, label_colour(label)));
  }
  picture.text(panel.left, panel.top - 16, panel_title(network, k), "left font ',11'");
  picture.panel(panel)
      .axes(Axis{k == 0 ? "x_1" : "h_1", "[*:*]", "-1,0.5,1"},
            Axis{k == 0 ? "x_2" : "h_2", "[*:*]", "-1,0.5,1"})
      .ranges({-window_half, window_half, -window_half, window_half})
      .plot(plot);
}

/// The place of the sixth panel: what the lines mean, and numbers of the layers.
void add_legend(const SpiralNetwork& network, const SpiralData& data, Picture& picture) {
  const Place place = stage_panel(stages);
  const double left = place.left + 20.0;
  double y = place.top + 20.0;
  const auto line = [&](double x, const std::string& text) {
    picture.text(left + x, y, text, "left font ',11'");
  };
  const std::vector<LegendEntry> samples = {
      {point_style(Shape::disc, 1.3, label_colour(1)), "spiral with label 1"},
      {point_style(Shape::triangle, 1.3, label_colour(-1)), "spiral with label -1"},
      {grid_style, "image of the grid over [-1.1, 1.1]²"},
      {border_style, "the output v · h + c is 0"}};
  for (const LegendEntry& sample : samples) {
    picture.entry(left, y, sample, "font ',11'");
    y += 28;
  }
  y += 18;
  line(0, "layer");
  line(80, "|W⁻¹| at most");
  line(220, "|J⁻¹| on the data at most");
  const std::vector<Matrix> at = network.hidden().stages(data.points);
  for (std::size_t k = 0; k < network.hidden().layers().size(); ++k) {
    y += 28;
    const Layer& layer = network.hidden().layers()[k];
    line(0, fmt::format("{}", k + 1));
    line(80, fmt::format("{:.4g}", 1.0 / layer.homeomorphism().smallest_singular_value));
    line(220, fmt::format("{:.4g}", layer.largest_inverse_slope(at[k])));
  }
  y += 28;
  line(0, "all");
  line(220, fmt::format("{:.4g}", network.hidden().largest_inverse_slope(data.points)));
  y += 46;
  const double margin = (data.labels.array() * network.outputs(data.points).array()).minCoeff();
  line(0, fmt::format("Smallest margin y (v · h + c) over the {} points: {:.4g}",
                      data.labels.size(), margin));
  y += 28;
  if (network.hidden().homeomorphism().answer == Homeomorphism::yes) {
    line(0, "Every W is proven not to be singular: each layer is a");
    y += 24;
    line(0, "homeomorphism, and none of the panels tears or glues.");
  }
}

}  // namespace

Figure make_spirals(const FigureRequest& request) {
  std::optional<SpiralTraining> training;
  if (request.train) training = train_spirals(request.seed);
  const SpiralNetwork network(training ? training->parameters : listed_spiral_parameters());
  const SpiralData data = spiral_data(full_twist);
  Figure figure;
  figure.name = "spirals";
  figure.title = "Two spirals taken apart by four homeomorphisms";
  figure.caption =
      "Two spirals no line separates, and their images after each of four layers of two tanh "
      "units. "
      "Every W has a positive determinant, so that each layer only bends and stretches the plane: "
      "no line of the grid meets another where it did not before. After the last layer a line "
      "separates the spirals.";
  if (training)
    figure.caption +=
        fmt::format(" Trained by continuation in the twist, {} iterations from random start {}.",
                    training->iterations, training->starts);
  figure.width = 1600;
  figure.height = 1120;
  figure.tables = {points_table(network, data, "points"),
                   points_table(network, spiral_data(full_twist, curve_count), "curves"),
                   grid_table(network), line_table(network)};
  if (!training) check_listed(network, data, figure);
  check_any(network, data, figure);
  Picture picture = picture_of(figure);
  make_small(picture);
  add_legend(network, data, picture);
  for (Index k = 0; k < stages; ++k) add_panel(network, k, figure, picture);
  figure.script = std::move(picture).script();
  return figure;
}

}  // namespace tautrack::program
