#include "layers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "drawing.hpp"
#include "io/text.hpp"
#include "layers_page.hpp"
#include "spirals_network.hpp"
#include "spirals_training.hpp"

namespace tautrack::program {
namespace {

constexpr std::array<double, 5> taus{0.0, 0.25, 0.5, 0.75, 1.0};
constexpr Index stages = SpiralNetwork::layer_count + 1;
constexpr double side = 262.0, across = 300.0, down = 296.0, left = 96.0, top = 104.0;

/// What the score of the user's points means, after the caption.
constexpr std::string_view about_separation =
    " That separates the points, not the sets that they are samples of: a set that surrounds the "
    "other, as an "
    "annulus does a disc, surrounds it after every homeomorphism, and then the line comes in "
    "through a gap "
    "between points of the sample.";
constexpr std::string_view about_failure =
    " These layers do not separate them. Another seed may; where one class surrounds the other "
    "without gaps "
    "no homeomorphism of the plane does.";

/// Whether the last column of X is the bias.
bool has_bias(const Problem& problem) {
  return problem.columns.back() == "(bias)" && (problem.X.rightCols<1>().array() == 1.0).all();
}

/// The points of a problem, centred and scaled to touch [-1, 1]^2, those with the label 1 first.
SpiralData labelled_plane_points(const Problem& problem) {
  const double middle = 0.5 * (problem.y.minCoeff() + problem.y.maxCoeff());
  const Matrix points = problem.X.leftCols<2>().transpose();
  const Vector low = points.rowwise().minCoeff(), high = points.rowwise().maxCoeff();
  const double half = 0.5 * (high - low).maxCoeff();
  SpiralData data{Matrix(2, points.cols()), Vector(points.cols())};
  Index next = 0;
  for (const double label : {1.0, -1.0})
    for (Index j = 0; j < points.cols(); ++j) {
      if ((problem.y(j) > middle ? 1.0 : -1.0) != label) continue;
      data.points.col(next) = (points.col(j) - 0.5 * (low + high)) / (half > 0.0 ? half : 1.0);
      data.labels(next++) = label;
    }
  return data;
}

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

void add_panel(std::size_t t, Index k, const Frames& frames, const Figure& figure,
               Picture& picture) {
  const Place panel{left + across * static_cast<double>(k), top + down * static_cast<double>(t),
                    side, side};
  const Box window = square_around(frames[t][static_cast<std::size_t>(k)], 0.12);
  const double half = 0.5 * window.width();
  const double step = std::pow(10.0, std::floor(std::log10(half)));
  const double ticks = step * (half / step >= 5.0 ? 5.0 : half / step >= 2.0 ? 2.0 : 1.0);
  if (t == 0)
    picture.text(panel.middle(), panel.top - 16,
                 k == 0 ? "input (x_1, x_2)" : fmt::format("after layer {} (h_1, h_2)", k),
                 "center font ',11'");
  if (k == 0)
    picture.text(36, panel.top + 0.5 * side, fmt::format("τ = {:g}", taus[t]),
                 "center rotate by 90 font ',12'");
  Plot plot;
  plot.add(file_of(figure, "grid"), fmt::format("{}:{}", column(t, k, 0), column(t, k, 0) + 1),
           line_style(0.6, "#BBBBBB"));
  if (k == stages - 1)
    plot.add(file_of(figure, "line"), "1:2", line_style(1.6, "#000000", "(9,7)"));
  for (const int label : {1, -1}) {
    const std::string_view colour = colours[label > 0 ? 0 : 1];
    const std::string columns =
        fmt::format("($1=={}?${}:NaN):{}", label, column(t, k, 1), column(t, k, 1) + 1);
    plot.add(file_of(figure, "curves"), columns, line_style(1.0, colour))
        .add(file_of(figure, "points"), columns,
             label > 0 ? point_style(Shape::disc, 0.5, colour)
                       : point_style(Shape::triangle, 0.6, colour));
  }
  picture.panel(panel)
      .axes(Axis{"", "[*:*]", fmt::format("{:g} offset 0,0.5 font ',8'", ticks)},
            Axis{"", "[*:*]", fmt::format("{:g} offset 0.6,0 font ',8'", ticks)})
      .ranges(window)
      .plot(plot);
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

/// The sign of det J of the whole stack over the points and all tau: 0 where it is not the same everywhere. The
/// product of the signs layer by layer, for the product of the numbers rounds to anything where layers saturate.
double sign_of_determinant(const SpiralNetwork& network, const Frames& frames) {
  const std::vector<Layer>& layers = network.hidden().layers();
  double sign = 1.0;
  for (const Layer& layer : layers) sign *= layer.determinant() > 0.0 ? 1.0 : -1.0;
  for (std::size_t t = 0; t < taus.size(); ++t)
    for (std::size_t k = 0; k < layers.size(); ++k) {
      const Matrix inputs = (layers[k].weights() * frames[t][k]).colwise() + layers[k].bias();
      for (const double u : inputs.reshaped())
        if (!(1.0 - taus[t] + taus[t] * evaluate(layers[k].activation(), u).first > 0.0))
          return 0.0;
    }
  return sign;
}

Index points_on_their_side(const SpiralNetwork& network, const SpiralData& data) {
  const Vector outputs = network.outputs(data.points);
  return (data.labels.array() * outputs.array() > 0.0).count();
}

/// Draws a figure that has its title and caption. @param curves Behind the points; may be empty.
/// @param names Of the labels 1 and -1.
void add_panels(const SpiralNetwork& network, const SpiralData& data, const Frames& frames,
                FigureTable curves, const std::array<std::string, 2>& names, Figure& figure) {
  figure.width = 1600;
  figure.height = 1660;
  FigureTable points{"points", frame_columns({"label"}), {}};
  add_rows(frames, &data.labels, points);
  const Matrix ends = network.separating_line(200.0);
  figure.tables.push_back(std::move(points));
  if (!curves.rows.empty()) figure.tables.push_back(std::move(curves));
  figure.tables.push_back(grid_table(network));
  figure.tables.push_back(
      {"line", {"x", "y"}, {{ends(0, 0), ends(1, 0)}, {ends(0, 1), ends(1, 1)}}});
  figure.checks.push_back({"distance of the images at tau = 0 from those of one linear map",
                           distance_from_linear(network, frames), 0.0, 1e-12});
  figure.checks.push_back(
      {"the sign of det J at all points and tau", sign_of_determinant(network, frames), 1.0, 0.0});
  Picture picture = picture_of(figure);
  make_small(picture);
  picture.centred_legend(figure.height - 30,
                         {{point_style(Shape::disc, 1.2, colours[0]), names[0]},
                          {point_style(Shape::triangle, 1.3, colours[1]), names[1]},
                          {line_style(1.0, "#BBBBBB"), "image of a grid"},
                          {line_style(1.6, "#000000", "(9,7)"), "the output is 0"}});
  for (std::size_t t = 0; t < taus.size(); ++t)
    for (Index k = 0; k < stages; ++k) add_panel(t, k, frames, figure, picture);
  figure.script = std::move(picture).script();
}

/// The figure of the user's points, which layers_refuses() has let pass.
Figure layers_of(const Problem& problem, std::uint64_t seed) {
  const SpiralData data = labelled_plane_points(problem);
  const SpiralTraining trained = train_on(data, seed);
  const SpiralNetwork network(trained.parameters);
  const Frames frames = frames_of(network, data.points);
  const Index right = points_on_their_side(network, data), all = data.labels.size();
  Figure figure;
  figure.name = "layers";
  figure.title = "Two classes on their way through the layers, from the linear network to tanh";
  figure.caption = fmt::format(
                       "Each row is a network 2-2-2-2-2-1 at one tau, with the images of the "
                       "points (centred, scaled to "
                       "[-1, 1]) and of a grid after each layer. It was trained on these points, "
                       "from random starts, with "
                       "layers that stay homeomorphisms: they bend the plane and never tear it. At "
                       "tau = 1 the dashed line, "
                       "where the output is 0, has {} of {} points on their side.",
                       right, all) +
                   std::string(right == all ? about_separation : about_failure);
  add_panels(network, data, frames, {}, {as_is(cut(problem.name, 30)), "the others"}, figure);
  figure.checks.push_back(
      {"layers proven to be homeomorphisms",
       network.hidden().homeomorphism().answer == Homeomorphism::yes ? 4.0 : 0.0, 4.0, 0.0});
  figure.checks.push_back({"points on their side of the line at tau = 1",
                           static_cast<double>(right), static_cast<double>(all), 0.0});
  figure.html = layers_page(figure, network, data, {Matrix(2, 0), Vector(0)});
  return figure;
}

}  // namespace

std::optional<std::string> layers_refuses(const Problem& problem) {
  constexpr Index most_points = 2000;
  const Index columns = problem.X.cols() - (has_bias(problem) ? 1 : 0);
  if (columns != 2)
    return fmt::format("it shows points of two columns, and these data have {}", columns);
  const double low = problem.y.minCoeff(), high = problem.y.maxCoeff();
  if (low == high || !((problem.y.array() == low) || (problem.y.array() == high)).all())
    return "it shows two labels (or one against the rest, see --positive), and the target of these "
           "data is a number";
  if (problem.y.size() > most_points)
    return fmt::format("it shows at most {} points, and these data have {}", most_points,
                       problem.y.size());
  return std::nullopt;
}

Figure make_layers(const FigureRequest& request) {
  if (request.problem) return layers_of(*request.problem, request.seed);
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
  const SpiralData dense = spiral_data(full_twist, curve_count / 2);
  FigureTable curves{"curves", frame_columns({"label"}), {}};
  add_rows(frames_of(network, dense.points), &dense.labels, curves);
  add_panels(network, data, frames, std::move(curves),
             {"spiral with label 1", "spiral with label -1"}, figure);
  const auto right = points_on_their_side(network, data);
  figure.checks.push_back(
      {"points on their side of the line at tau = 1", static_cast<double>(right), 120.0, 0.0});
  figure.html = layers_page(figure, network, data, dense);
  return figure;
}

}  // namespace tautrack::program
