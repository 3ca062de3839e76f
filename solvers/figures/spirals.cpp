#include "spirals.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

#include "layers_panels.hpp"
#include "pictures/picture.hpp"
#include "spirals_network.hpp"
#include "spirals_training.hpp"

namespace tautrack::program {
namespace {

constexpr double window_half = 1.16;
constexpr double panel_side = 450.0;
constexpr Index stages = SpiralNetwork::layer_count + 1;

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

Panel stage_panel(Index k) {
  constexpr double left = 62.0, top = 92.0, across = 517.0, down = 530.0;
  return {left + across * static_cast<double>(k % 3), top + down * static_cast<double>(k / 3),
          panel_side, panel_side};
}

std::string panel_title(const SpiralNetwork& network, Index k) {
  if (k == 0) return "Input: two spirals of 1.19 turns, and a grid";
  const Layer& layer = network.hidden().layers()[static_cast<std::size_t>(k - 1)];
  return fmt::format("After layer {}:  det W = {:.4g}", k, layer.determinant());
}

void add_panel(const SpiralNetwork& network, Index k, Figure& figure) {
  const Panel panel = stage_panel(k);
  std::string& script = figure.script;
  script += panel_margins(figure, panel) + window_ranges({0.0, 0.0, window_half});
  script += text_at(figure, panel.left, panel.top - 16, panel_title(network, k), "font ',11'");
  script += "set xtics -1,0.5,1\nset ytics -1,0.5,1\n";
  const Index x = 3 + 2 * k, y = x + 1;
  script += fmt::format("plot {} using {}:{} with lines lw 0.7 lc rgb '#B4B4B4'",
                        table_source(figure, "grid"), 1 + 2 * k, 2 + 2 * k);
  if (k == stages - 1)
    script += fmt::format(", \\\n     {} using 1:2 with lines dt 2 lw 2 lc rgb '#000000'",
                          table_source(figure, "line"));
  for (const int label : {1, -1})
    for (const bool is_curve : {true, false})
      script += fmt::format(", \\\n     {} using ($1=={}?${}:NaN):{} with {} lc rgb '{}'",
                            table_source(figure, is_curve ? "curves" : "points"), label, x, y,
                            is_curve    ? "lines lw 1.3"
                            : label > 0 ? "points pt 7 ps 0.85"
                                        : "points pt 9 ps 1.15",
                            colours[label > 0 ? 0 : 1]);
  script += "\nunset label\n";
}

/// The place of the sixth panel: what the lines mean, and numbers of the layers.
void add_legend(const SpiralNetwork& network, const SpiralData& data, Figure& figure) {
  const Panel place = stage_panel(stages);
  std::string& script = figure.script;
  double y = place.top + 20.0;
  const double left = place.left + 20.0;
  script += panel_margins(figure, place);
  const auto line = [&](double x, std::string_view text, std::string_view style = "") {
    script += text_at(figure, x, y, text, fmt::format("font ',11' {}", style));
  };
  for (const int label : {1, -1}) {
    line(left + 12, "",
         fmt::format("point pt {} ps 1.3 lc rgb '{}'", label > 0 ? 7 : 9,
                     colours[label > 0 ? 0 : 1]));
    line(left + 44, fmt::format("spiral with label {}", label));
    y += 28;
  }
  script += fmt::format(
      "set arrow from screen {0:.6f},{2:.6f} to screen {1:.6f},{2:.6f} nohead lw 1 lc rgb "
      "'#B4B4B4'\n",
      left / figure.width, (left + 30) / figure.width, 1.0 - y / figure.height);
  line(left + 44, "image of the grid over [-1.1, 1.1]²");
  y += 28;
  script += fmt::format(
      "set arrow from screen {0:.6f},{2:.6f} to screen {1:.6f},{2:.6f} nohead dt 2 lw 2 lc rgb "
      "'#000000'\n",
      left / figure.width, (left + 30) / figure.width, 1.0 - y / figure.height);
  line(left + 44, "the output v · h + c is 0");
  y += 46;
  line(left, "layer");
  line(left + 80, "|W⁻¹| at most");
  line(left + 220, "|J⁻¹| on the data at most");
  const std::vector<Matrix> at = network.hidden().stages(data.points);
  for (std::size_t k = 0; k < network.hidden().layers().size(); ++k) {
    y += 28;
    const Layer& layer = network.hidden().layers()[k];
    line(left, fmt::format("{}", k + 1));
    line(left + 80, fmt::format("{:.4g}", 1.0 / layer.homeomorphism().smallest_singular_value));
    line(left + 220, fmt::format("{:.4g}", layer.largest_inverse_slope(at[k])));
  }
  y += 28;
  line(left, "all");
  line(left + 220, fmt::format("{:.4g}", network.hidden().largest_inverse_slope(data.points)));
  y += 46;
  const double margin = (data.labels.array() * network.outputs(data.points).array()).minCoeff();
  line(left, fmt::format("Smallest margin y (v · h + c) over the {} points: {:.4g}",
                         data.labels.size(), margin));
  y += 28;
  if (network.hidden().homeomorphism().answer == Homeomorphism::yes) {
    line(left, "Every W is proven not to be singular: each layer is a");
    y += 24;
    line(left, "homeomorphism, and none of the panels tears or glues.");
  }
  script +=
      "unset border\nunset tics\nset xrange [0:1]\nset yrange [0:1]\nplot NaN notitle\nunset "
      "label\nunset arrow\n";
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
  figure.height = 1130;
  figure.tables = {points_table(network, data, "points"),
                   points_table(network, spiral_data(full_twist, curve_count), "curves"),
                   grid_table(network), line_table(network)};
  if (!training) check_listed(network, data, figure);
  check_any(network, data, figure);
  figure.script = script_head(figure);
  for (Index k = 0; k < stages; ++k) add_panel(network, k, figure);
  add_legend(network, data, figure);
  figure.script += "unset multiplot\n";
  return figure;
}

}  // namespace tautrack::program
