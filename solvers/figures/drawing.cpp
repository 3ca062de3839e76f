#include "drawing.hpp"

#include <algorithm>
#include <cmath>

#include "pictures/gnuplot.hpp"

namespace tautrack::program {

Box Box::with_margin(double fraction) const {
  const double margin = fraction * std::max(width(), height());
  return {left - margin, right + margin, bottom - margin, top + margin};
}

Box square_around(const Box& box) {
  const double half = 0.5 * std::max(box.width(), box.height());
  const double x = 0.5 * (box.left + box.right), y = 0.5 * (box.bottom + box.top);
  return {x - half, x + half, y - half, y + half};
}

Script& Script::start() {
  return add(
      "set encoding utf8\n"
      "set datafile separator comma\n"
      "set datafile columnheaders\n"
      "unset key\n");
}

std::string line_style(double width, std::string_view colour) {
  return fmt::format("lines lw {:g} lc rgb '{}'", width, colour);
}

LegendEntry manifold_entry() { return {line_style(3.0, manifold_colour), "data manifold Z"}; }
LegendEntry caustic_entry() { return {line_style(1.8, caustic_colour), "evolute (caustic)"}; }
LegendEntry target_entry() {
  return {fmt::format("points pt 3 ps 1.5 lw 2 lc rgb '{}'", target_colour), "target y"};
}

Script& Script::start_panels(const Figure& figure) {
  start();
  add("set multiplot\n");
  // Texts appear with a plot: this one is empty.
  add("unset border\nunset tics\nset label 1 {} at screen 0.5,{:.5f} center font ',13'\n",
      gnuplot_string(figure.title), 1.0 - 28.0 / figure.height);
  add("plot [0:1] [0:1] 2 notitle\nunset label 1\n");
  return add(
      "set border 15 lw 0.8 lc rgb '#555555'\n"
      "set tics nomirror scale 0.5 textcolor rgb '#222222'\n");
}

namespace {

/// About how many pixels wide the text is, subscripts as gnuplot writes them.
double text_width(std::string_view text) {
  constexpr double letter = 8.6;
  double width = 0.0;
  for (const char c : text)
    if (c != '_' && c != '{' && c != '}' && (c & 0xC0) != 0x80) width += letter;
  return width;
}

constexpr double sample_width = 44.0;  ///< Of a legend, in pixels, with the gap behind it.
constexpr double entry_gap = 34.0;

double entry_width(const LegendEntry& entry) {
  return (entry.style.empty() ? 0.0 : sample_width) + text_width(entry.name);
}

}  // namespace

Script& Script::end_panels(const Figure& figure, double from_top,
                           const std::vector<LegendEntry>& entries) {
  place(figure, 0, figure.width, 0, figure.height);
  add("unset border\nunset tics\nunset xlabel\nunset ylabel\nunset title\nset size noratio\n");
  double width = -entry_gap;
  for (const LegendEntry& entry : entries) width += entry_width(entry) + entry_gap;
  double x = 0.5 * (figure.width - width);
  const double y = figure.height - from_top;
  for (const LegendEntry& entry : entries) {
    const std::string_view style = entry.style;
    const double text = x + (style.empty() ? 0.0 : sample_width);
    if (style.starts_with("lines"))
      add("set arrow from {:.1f},{:.1f} to {:.1f},{:.1f} nohead{}\n", x, y, x + 34.0, y,
          style.substr(5));
    else if (style.starts_with("points"))
      add("set label '' at {:.1f},{:.1f} point{}\n", x + 24.0, y, style.substr(6));
    add("set label '{}' at {:.1f},{:.1f} left\n", entry.name, text, y);
    x += entry_width(entry) + entry_gap;
  }
  return add("plot [0:{}] [0:{}] -1 notitle\nunset multiplot\n", figure.width, figure.height);
}

Script& Script::place(const Figure& figure, double left, double right, double top, double bottom) {
  add("set lmargin at screen {:.5f}\nset rmargin at screen {:.5f}\n", left / figure.width,
      right / figure.width);
  return add("set tmargin at screen {:.5f}\nset bmargin at screen {:.5f}\n",
             1.0 - top / figure.height, 1.0 - bottom / figure.height);
}

Script& Script::ranges(const Box& box) {
  return add("set xrange [{:.12g}:{:.12g}]\nset yrange [{:.12g}:{:.12g}]\nset size ratio -1\n",
             box.left, box.right, box.bottom, box.top);
}

std::string file_of(const Figure& figure, std::string_view table) {
  return fmt::format("'{}-{}.csv'", figure.name, table);
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
