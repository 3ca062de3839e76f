#include "drawing.hpp"

#include <algorithm>
#include <cmath>

namespace tautrack::program {

LegendEntry manifold_entry() { return {line_style(3.0, manifold_colour), "data manifold Z"}; }
LegendEntry caustic_entry() { return {line_style(1.8, caustic_colour), "evolute (caustic)"}; }
LegendEntry target_entry() {
  return {point_style(Shape::star, 1.5, target_colour, 2.0), "target y"};
}

Picture picture_of(const Figure& figure) {
  constexpr double title_from_top = 28.0;
  Picture picture(figure.width, figure.height, Writing::enhanced);
  picture.add("set datafile separator comma\nset datafile columnheaders\n")
      .closed_frame()
      .add("set xtics mirror\nset ytics mirror\n");
  picture.text(0.5 * figure.width, title_from_top, figure.title, "center font ',13'");
  return picture;
}

void make_small(Picture& picture) {
  picture.add(
      "set clip two\nset border 31 lw 0.8 lc rgb '#606060'\n"
      "set tics scale 1 textcolor rgb '#404040' font ',10'\n");
}

std::string file_of(const Figure& figure, std::string_view table) {
  const bool has_rows =
      std::any_of(figure.tables.begin(), figure.tables.end(),
                  [&](const FigureTable& one) { return one.name == table && !one.rows.empty(); });
  return has_rows ? fmt::format("'{}-{}.csv'", figure.name, table) : "";
}

void check(Figure& figure, std::string what, double value, double reference, double tolerance) {
  figure.checks.push_back({std::move(what), value, reference, tolerance});
}

void check(Figure& figure, const std::string& what, const Vector& value,
           std::initializer_list<double> reference, double tolerance) {
  Index i = 0;
  for (const double number : reference) {
    check(figure, fmt::format("{}, coordinate {}", what, i + 1), value(i), number, tolerance);
    ++i;
  }
}

std::vector<double> sinh_grid(double unit, double largest, int count) {
  std::vector<double> grid;
  const double end = std::asinh(largest / unit);
  for (int i = 0; i < count; ++i)
    grid.push_back(unit * std::sinh(end * (2.0 * i / (count - 1) - 1.0)));
  return grid;
}

FigureTable curve_table(std::string name, const std::vector<double>& grid, const Box& box,
                        const std::function<std::optional<Vector>(double)>& curve) {
  FigureTable table{std::move(name), {"w", "y1", "y2"}, {}};
  for (const double w : grid) {
    const std::optional<Vector> point = curve(w);
    if (point && point->allFinite() && box.contains((*point)(0), (*point)(1)))
      table.rows.push_back({w, (*point)(0), (*point)(1)});
    else if (!table.rows.empty() && !table.rows.back().empty())
      table.rows.emplace_back();
  }
  return table;
}

Vector vector_of(std::initializer_list<double> numbers) {
  Vector vector(static_cast<Index>(numbers.size()));
  std::copy(numbers.begin(), numbers.end(), vector.data());
  return vector;
}

Matrix matrix_of(Index columns, std::initializer_list<double> numbers) {
  Matrix matrix(static_cast<Index>(numbers.size()) / columns, columns);
  Index i = 0;
  for (const double number : numbers) {
    matrix(i / columns, i % columns) = number;
    ++i;
  }
  return matrix;
}

Problem plane_problem(double y1, double y2) {
  return make_problem(vector_of({3.0, 1.0}), vector_of({y1, y2}));
}

Problem surface_problem() {
  return make_problem(matrix_of(2, {2.0, 0.3, -0.4, 1.8, 1.0, 1.2}), Vector::Zero(3));
}

Perceptron network_of(const FigureRequest& request, const Problem& otherwise) {
  return request.problem ? Perceptron(*request.problem, request.network) : Perceptron(otherwise);
}

WeightScales weight_scales(const Perceptron& network) {
  const Vector inputs = network.node_inputs(network.coordinates(Vector::Ones(1))).cwiseAbs();
  double flattest = inputs.maxCoeff();
  for (const double input : inputs)
    if (input > 0.0) flattest = std::min(flattest, input);
  return {1.0 / inputs.maxCoeff(), 1.0 / flattest};
}

DrawnCurve::DrawnCurve(const Perceptron& network, double tau, const Box& window)
    : curve_(network, tau), reach_(window.with_margin(2.0)), vertices_(curve_.vertices()) {
  const WeightScales scales = weight_scales(network);
  const double size = std::max({std::abs(window.left), std::abs(window.right),
                                std::abs(window.bottom), std::abs(window.top)});
  const double saturated = 18.0 * scales.flattest;
  const double wing = tau < 1.0 ? 3.0 * size * scales.flattest / (1.0 - tau) : saturated;
  grid_ =
      sinh_grid(0.3 * scales.steepest, std::max(saturated, std::min(wing, 1e3 * saturated)), 901);
  for (const CurveVertex& vertex : vertices_) grid_.push_back(vertex.weight);
  std::sort(grid_.begin(), grid_.end());
}

FigureTable DrawnCurve::manifold(std::string name) const {
  return curve_table(std::move(name), grid_, reach_,
                     [this](double w) { return curve_.position(w); });
}

FigureTable DrawnCurve::evolute(std::string name) const {
  return curve_table(std::move(name), grid_, reach_,
                     [this](double w) { return curve_.evolute(w); });
}

FigureTable DrawnCurve::parallel(std::string name, double distance) const {
  return curve_table(std::move(name), grid_, reach_,
                     [this, distance](double w) { return curve_.parallel(w, distance); });
}

Box window_of(const Perceptron& network) {
  const Range limits = range(network.options().activation);
  const Vector roots = network.pattern_weights().cwiseSqrt();
  const Vector target = roots.cwiseProduct(network.targets());
  Vector low = limits.low * roots, high = limits.high * roots;
  low = low.cwiseMin(target);
  high = high.cwiseMax(target);
  if (low.size() < 2) return square_around({-1.0, 1.0, -1.0, 1.0});
  return square_around(Box{low(0), high(0), low(1), high(1)}.with_margin(0.25));
}

}  // namespace tautrack::program
