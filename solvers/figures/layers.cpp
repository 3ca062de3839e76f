#include "layers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <Eigen/LU>
#include <fmt/format.h>

#include "../tautrack/picture.hpp"
#include "layers_page.hpp"
#include "layers_panels.hpp"
#include "spirals_network.hpp"
#include "spirals_training.hpp"

namespace tautrack::program {
namespace {

constexpr std::array<double, 5> taus{0.0, 0.25, 0.5, 0.75, 1.0};
constexpr Index stages = SpiralNetwork::layer_count + 1;
constexpr double side = 262.0, across = 300.0, down = 296.0, left = 96.0, top = 104.0;

/// All images of the same points: of each tau those after each layer.
using Frames = std::vector<std::vector<Matrix>>;

Frames frames_of(const SpiralNetwork& network, const Matrix& points) {
  Frames frames;
  for (const double tau : taus) frames.push_back(network.hidden().stages(points, tau));
  return frames;
}

/// Columns x_tau_layer, y_tau_layer, after those given.
std::vector<std::string> frame_columns(std::vector<std::string> columns) {
  for (const double tau : taus)
    for (Index k = 0; k < stages; ++k)
      for (const char axis : {'x', 'y'})
        columns.push_back(fmt::format("{} tau={:g} layer {}", axis, tau, k));
  return columns;
}

/// The column of x for the frame at taus[t] after layer k, after `before` other columns.
Index column(std::size_t t, Index k, Index before) {
  return before + 2 * (static_cast<Index>(t) * stages + k) + 1;
}

void add_rows(const Frames& frames, const Vector* labels, FigureTable& table) {
  for (Index j = 0; j < frames[0][0].cols(); ++j) {
    std::vector<double> row;
    if (labels != nullptr) {
      if (j > 0 && (*labels)(j) != (*labels)(j - 1)) table.rows.emplace_back();
      row.push_back((*labels)(j));
    }
    for (const std::vector<Matrix>& frame : frames)
      for (const Matrix& points : frame) {
        row.push_back(points(0, j));
        row.push_back(points(1, j));
      }
    table.rows.push_back(std::move(row));
  }
}

FigureTable grid_table(const SpiralNetwork& network) {
  FigureTable table{"grid", frame_columns({}), {}};
  for (const Matrix& line : grid_lines(13, 89)) {
    add_rows(frames_of(network, line), nullptr, table);
    table.rows.emplace_back();
  }
  return table;
}

void add_panel(std::size_t t, Index k, const Frames& frames, Figure& figure) {
  const Panel panel{left + across * static_cast<double>(k), top + down * static_cast<double>(t),
                    side, side};
  const Window window = window_around(frames[t][static_cast<std::size_t>(k)], 0.12);
  std::string& script = figure.script;
  script += panel_margins(figure, panel) + window_ranges(window);
  const double step = std::pow(10.0, std::floor(std::log10(window.half)));
  const double ticks = step * (window.half / step >= 5.0   ? 5.0
                               : window.half / step >= 2.0 ? 2.0
                                                           : 1.0);
  script += fmt::format(
      "set xtics {0:g} offset 0,0.5 font ',8'\nset ytics {0:g} offset 0.6,0 font ',8'\n", ticks);
  if (t == 0)
    script += text_at(figure, panel.left + 0.5 * side, panel.top - 16,
                      k == 0 ? "input" : fmt::format("after layer {}", k), "center font ',11'");
  if (k == 0)
    script += text_at(figure, 36, panel.top + 0.5 * side, fmt::format("τ = {:g}", taus[t]),
                      "center rotate by 90 font ',12'");
  script += fmt::format("plot {} using {}:{} with lines lw 0.6 lc rgb '#BBBBBB'",
                        table_source(figure, "grid"), column(t, k, 0), column(t, k, 0) + 1);
  if (k == stages - 1)
    script += fmt::format(", \\\n     {} using 1:2 with lines dt 2 lw 1.6 lc rgb '#000000'",
                          table_source(figure, "line"));
  for (const int label : {1, -1})
    for (const bool is_curve : {true, false})
      script += fmt::format(", \\\n     {} using ($1=={}?${}:NaN):{} with {} lc rgb '{}'",
                            table_source(figure, is_curve ? "curves" : "points"), label,
                            column(t, k, 1), column(t, k, 1) + 1,
                            is_curve    ? "lines lw 1"
                            : label > 0 ? "points pt 7 ps 0.5"
                                        : "points pt 9 ps 0.6",
                            colours[label > 0 ? 0 : 1]);
  script += "\nunset label\n";
}

/// At tau = 0 the network is one linear map, the product of all W with what the biases add.
double distance_from_linear(const SpiralNetwork& network, const Frames& frames) {
  Matrix product = Matrix::Identity(2, 2);
  Vector shift = Vector::Zero(2);
  for (const Layer& layer : network.hidden().layers()) {
    product = layer.weights() * product;
    shift = layer.weights() * shift + layer.bias();
  }
  const Matrix linear = (product * frames[0].front()).colwise() + shift;
  return (linear - frames[0].back()).norm() / linear.norm();
}

/// Smallest |det J| of the whole stack over the points and all tau.
double least_determinant(const SpiralNetwork& network, const Matrix& points) {
  double least = std::numeric_limits<double>::infinity();
  for (const double tau : taus)
    for (Index j = 0; j < points.cols(); ++j)
      least = std::min(least, network.hidden().jacobian(points.col(j), tau).determinant());
  return least;
}

}  // namespace

Figure make_layers(const FigureRequest& request) {
  const SpiralNetwork network(request.train ? train_spirals(request.seed).parameters
                                            : listed_spiral_parameters());
  const SpiralData data = spiral_data(full_twist);
  const Frames frames = frames_of(network, data.points);
  Figure figure;
  figure.name = "layers";
  figure.title = "Two spirals on their way through the layers, from the linear network to tanh";
  figure.caption =
      "Each row is the network of the spirals at one tau, with the images of the spirals and of a "
      "grid after each layer; the windows follow the data, with equal axes. At tau = 0 every layer "
      "is "
      "linear and the spirals stay as entangled as they were; as tau grows the layers begin to "
      "bend them apart, and at tau = 1 a line separates them (dashed: where the output is 0).";
  figure.width = 1600;
  figure.height = 1600;
  FigureTable points{"points", frame_columns({"label"}), {}};
  add_rows(frames, &data.labels, points);
  const SpiralData dense = spiral_data(full_twist, curve_count / 2);
  FigureTable curves{"curves", frame_columns({"label"}), {}};
  add_rows(frames_of(network, dense.points), &dense.labels, curves);
  const Matrix ends = network.separating_line(200.0);
  figure.tables = {std::move(points),
                   std::move(curves),
                   grid_table(network),
                   {"line", {"x", "y"}, {{ends(0, 0), ends(1, 0)}, {ends(0, 1), ends(1, 1)}}}};
  figure.checks.push_back({"distance of the images at tau = 0 from those of one linear map",
                           distance_from_linear(network, frames), 0.0, 1e-12});
  const Vector outputs = network.outputs(data.points);
  const auto right = (data.labels.array() * outputs.array() > 0.0).count();
  figure.checks.push_back(
      {"points on their side of the line at tau = 1", static_cast<double>(right), 120.0, 0.0});
  figure.checks.push_back({"the sign of det J at all points and tau",
                           least_determinant(network, data.points) > 0.0 ? 1.0 : -1.0, 1.0, 0.0});
  figure.html = layers_page(figure, network, data);
  figure.script = script_head(figure);
  for (std::size_t t = 0; t < taus.size(); ++t)
    for (Index k = 0; k < stages; ++k) add_panel(t, k, frames, figure);
  figure.script += "unset multiplot\n";
  return figure;
}

}  // namespace tautrack::program
