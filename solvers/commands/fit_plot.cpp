#include "commands/fit_plot.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "tautrack/data/zero_doses.hpp"

#include "commands/units.hpp"
#include "io/text.hpp"

namespace tautrack::program {
namespace fit_plot {

constexpr std::string_view data_colour = "#888888";
constexpr std::string_view band_colour = "#BBD3E8";
constexpr std::string_view band_style = "filledcurves lc rgb '#BBD3E8' fs solid 0.6 noborder";
constexpr Index most_data = 5000;  ///< Dots; of more rows some are drawn.
constexpr int samples = 1000;      ///< Points of a curve.
constexpr double margin = 0.05;    ///< On both sides of the data, of their width.

/// What is drawn, and the numbers on the upright axis that it takes.
struct Window {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void see(double y) {
    low = std::min(low, y);
    high = std::max(high, y);
  }

  /// What a band may take beside what is seen so far: as much again on either side.
  void see_band(double below, double above) {
    const double most = high - low;
    low = std::max(std::min(low, below), low - most);
    high = std::min(std::max(high, above), high + most);
  }

  /// Dots on the frame would be cut.
  [[nodiscard]] NumberAxis axis(std::string label) const {
    const double room = margin * (high > low ? high - low : std::max(std::abs(high), 1.0));
    return {std::move(label), low - room, high + room};
  }
};

/// Where the input is drawn: doses of zero have a place of their own at the left edge.
struct InputWindow {
  explicit InputWindow(const Problem& problem) {
    const Matrix& X = problem.X;
    double least = std::numeric_limits<double>::infinity(), most = -least;
    for (Index i = 0; i < X.rows(); ++i) {
      if (is_zero_dose(X, i)) continue;
      least = std::min(least, X(i, 0));
      most = std::max(most, X(i, 0));
    }
    low = curves_from = least - margin * (most - least);
    high = most + margin * (most - least);
    if (!has_zero_doses(X)) return;
    zero = least - 4.0 * margin * (most - least);
    low = *zero - margin * (most - least);
  }
  [[nodiscard]] double place(double x) const { return std::isfinite(x) ? x : zero.value_or(x); }
  /// How far the plateau is drawn about zero.
  [[nodiscard]] double reach() const { return *zero - low; }

  double low = 0.0, high = 0.0, curves_from = 0.0;
  std::optional<double> zero;
};

/// Of an end that has moved away nothing is drawn.
OutputScale scale_of_range(const Range& own, const Range& moved) {
  const double low = std::isfinite(moved.low)    ? moved.low
                     : std::isfinite(moved.high) ? moved.high - 1.0
                                                 : own.low;
  return {OutputRange{own.low, own.high},
          OutputRange{low, std::isfinite(moved.high) ? moved.high : low + 1.0}};
}

/// Outputs over the input, in the user's units.
class Curve {
 public:
  Curve(const NetworkRequest& request, const FittedCurve& curve)
      : activation_(request.perceptron.activation), curve_(curve), scale_(output_scale(request)) {
    const Range own = range(activation_);
    const std::optional<Range>& moved = curve.limit != nullptr ? curve.limit->range : curve.range;
    if (moved && moved->low < moved->high) scale_ = scale_of_range(own, *moved);
  }

  [[nodiscard]] double operator()(double x) const {
    if (curve_.limit == nullptr) return output(input(curve_.weights, x), curve_.tau);
    const InfinitePoint& limit = *curve_.limit;
    if (limit.exponential)
      return limit.exponential->offset +
             limit.exponential->factor * std::exp(limit.exponential->rate(0) * x);
    if (limit.line) return limit.line->offset + limit.line->slope(0) * x;
    const double side = input(limit.direction, x);
    return side > 0.0   ? scale_.high()
           : side < 0.0 ? scale_.low()
                        : output(input(limit.weights, x), 1.0);
  }

  /// The plateau at a dose of zero.
  [[nodiscard]] Rows at_zero(const Problem& problem, const InputWindow& input,
                             Window& window) const {
    std::size_t row = 0;
    while (!is_zero_dose(problem.X, static_cast<Index>(row))) ++row;
    double y = 0.0;
    if (curve_.limit == nullptr)
      y = (*this)(-std::numeric_limits<double>::infinity());
    else if (curve_.limit->exponential)
      y = curve_.limit->exponential->offset;
    else
      y = curve_.limit->signs[row] > 0 ? scale_.high() : scale_.low();
    window.see(y);
    Rows rows;
    rows.add(*input.zero - input.reach(), y).add(*input.zero + input.reach(), y);
    return rows;
  }

  /// Where a limit jumps; nothing where there is no such place.
  [[nodiscard]] std::optional<double> step() const {
    if (curve_.limit == nullptr || curve_.limit->exponential) return std::nullopt;
    const Vector& direction = curve_.limit->direction;
    if (direction.size() == 0 || direction(0) == 0.0) return std::nullopt;
    return direction.size() == 1 ? 0.0 : -direction(1) / direction(0);
  }

  [[nodiscard]] Rows rows(double low, double high, Window& window) const {
    Rows rows;
    const auto add = [&](double from, double to) {
      for (int k = 0; k <= samples; ++k) {
        const double x = from + (to - from) * k / samples;
        const double y = (*this)(x);
        if (!std::isfinite(y)) continue;
        window.see(y);
        rows.add(x, y);
      }
    };
    const std::optional<double> at = step();
    if (!at || *at <= low || *at >= high) {
      add(low, high);
      return rows;
    }
    // The jump is upright, whatever the output is on it.
    const double beside = 1e-9 * (high - low);
    add(low, *at - beside);
    add(*at + beside, high);
    return rows;
  }

 private:
  [[nodiscard]] static double input(const Vector& weights, double x) {
    return weights.size() == 1 ? weights(0) * x : weights(0) * x + weights(1);
  }
  [[nodiscard]] double output(double u, double tau) const {
    const double value = evaluate(activation_, u).value;
    return scale_.output(tau == 1.0 ? value : (1.0 - tau) * u + tau * value);
  }

  Activation activation_;
  const FittedCurve& curve_;
  OutputScale scale_;
};

/// The rows of a problem as dots.
Rows dots(const Problem& problem, const InputWindow& input, Window& window) {
  window.see(problem.y.minCoeff());
  window.see(problem.y.maxCoeff());
  Rows rows;
  const Index stride = (problem.X.rows() - 1) / most_data + 1;
  for (Index i = 0; i < problem.X.rows(); i += stride)
    rows.add(input.place(problem.X(i, 0)), problem.y(i));
  return rows;
}

/// The interval of the curve over the input: x, low, high. Empty where there is none. What it takes at the data goes
/// into the window.
Rows band(const NetworkRequest& request, const Problem& problem, const FitReport& fit, double low,
          double high, Window& window) {
  Rows rows;
  const Index columns = problem.X.cols();
  if (fit.output_errors.size() == 0 || fit.fit.weights.size() != columns) return rows;
  Matrix X = Matrix::Ones(samples + 1, columns);
  for (Index k = 0; k <= samples; ++k)
    X(k, 0) = low + (high - low) * static_cast<double>(k) / samples;
  const SigmoidModel model{problem, request.perceptron.activation, target_range(request)};
  const Vector outputs = sigmoid_outputs(fit.fit, model.activation, X);
  const Vector reach = t_factor(fit.level, fit.statistics.degrees_of_freedom) *
                       output_errors(model, fit.fit, fit.statistics, X);
  for (Index k = 0; k <= samples; ++k) {
    const double below = outputs(k) - reach(k), above = outputs(k) + reach(k);
    if (!std::isfinite(below) || !std::isfinite(above)) continue;
    rows.add(X(k, 0), below, above);
  }
  const Vector at_data = t_factor(fit.level, fit.statistics.degrees_of_freedom) * fit.output_errors;
  window.see_band((fit.statistics.fitted - at_data).minCoeff(),
                  (fit.statistics.fitted + at_data).maxCoeff());
  return rows;
}

/// The same at a dose of zero, about its place.
Rows band_at_zero(const NetworkRequest& request, const Problem& problem, const FitReport& fit,
                  const InputWindow& input) {
  Rows rows;
  Matrix X = Matrix::Ones(1, problem.X.cols());
  X(0, 0) = -std::numeric_limits<double>::infinity();
  const SigmoidModel model{problem, request.perceptron.activation, target_range(request)};
  const double output = sigmoid_outputs(fit.fit, model.activation, X)(0);
  const double reach = t_factor(fit.level, fit.statistics.degrees_of_freedom) *
                       output_errors(model, fit.fit, fit.statistics, X)(0);
  for (const double side : {-1.0, 1.0})
    rows.add(*input.zero + side * input.reach(), output - reach, output + reach);
  return rows;
}

/// An axis over the input: of a logarithm in the units of what it was taken of.
NumberAxis input_axis(const std::string& column, const InputWindow& input) {
  const double low = input.low, high = input.high;
  const std::optional<std::string> linear = column_of_logarithm(column);
  if (!linear) return {column, low, high};
  Ticks ticks;
  if (input.zero) ticks.add("0", *input.zero);
  const double from = input.curves_from;
  const int first = static_cast<int>(std::ceil(from)), last = static_cast<int>(std::floor(high));
  const bool has_parts = last - first < 3;  // one, two and five of each decade
  for (const double part : {1.0, 2.0, 5.0})
    for (int decade = first - 1; decade <= last; ++decade) {
      const double at = decade + std::log10(part);
      if ((part == 1.0 || has_parts) && at >= from && at <= high)
        ticks.add(tick_text(std::pow(10.0, decade) * part), at);
    }
  return {*linear + " (logarithmic)", low, high, false, {ticks}};
}

/// The outputs of the rows at a limit of infinite weights.
Vector outputs_at(const NetworkRequest& request, const Problem& problem,
                  const InfinitePoint& limit) {
  if (limit.exponential)
    return limit.exponential->offset +
           limit.exponential->factor * (problem.X * limit.exponential->rate).array().exp();
  if (limit.line) return limit.line->offset + (problem.X * limit.line->slope).array();
  OutputScale scale = output_scale(request);
  if (limit.range && limit.range->low < limit.range->high)
    scale = scale_of_range(range(request.perceptron.activation), *limit.range);
  const Vector sides = problem.X * limit.direction, inputs = problem.X * limit.weights;
  const double zero = 1e-9 * sides.cwiseAbs().maxCoeff();
  Vector outputs(sides.size());
  for (Index i = 0; i < sides.size(); ++i)
    outputs(i) = sides(i) > zero ? scale.high()
                 : sides(i) < -zero
                     ? scale.low()
                     : scale.output(evaluate(request.perceptron.activation, inputs(i)).value);
  return outputs;
}

/// The half point of a fit, and the output there; nothing where it is none of the parameters.
std::optional<std::pair<double, double>> half_point(const FitReport& fit) {
  for (const FitParameter& parameter : fit.statistics.parameters)
    if (parameter.kind == ParameterKind::half_point)
      return std::pair(parameter.estimate, 0.5 * (fit.fit.range.low + fit.fit.range.high));
  return std::nullopt;
}

}  // namespace fit_plot

bool has_one_input(const NetworkRequest& request, const Problem& problem) {
  const Index inputs = problem.X.cols() - (request.dataset.bias ? 1 : 0);
  return inputs == 1 && problem.X.col(0).minCoeff() < problem.X.col(0).maxCoeff();
}

void draw_fits(Picture& picture, const Place& place, const NetworkRequest& request,
               const Problem& problem, const std::vector<FittedCurve>& curves,
               const FitReport* fit) {
  using namespace fit_plot;
  const InputWindow input(problem);
  const double low = input.curves_from, high = input.high;
  Plot plot;
  Window window;
  const std::string dot_style = point_style(Shape::disc, 0.9, data_colour);
  const std::string half_style = point_style(Shape::diamond, 1.4, "#000000");
  std::vector<LegendEntry> entries{{dot_style, "data"}};
  const std::string data = picture.block(dots(problem, input, window));
  Plot lines;
  // The best on top, but for what is dashed, which lets what is below be seen.
  for (const bool is_dashed : {false, true})
    for (auto curve = curves.rbegin(); curve != curves.rend(); ++curve)
      if ((curve->style.find(" dt ") != std::string::npos) == is_dashed) {
        const Curve drawn(request, *curve);
        lines.add(picture.block(drawn.rows(low, high, window)), "1:2", curve->style);
        if (input.zero)
          lines.add(picture.block(drawn.at_zero(problem, input, window)), "1:2", curve->style);
      }
  const Rows around = fit != nullptr ? band(request, problem, *fit, low, high, window) : Rows();
  plot.add(picture.block(around), "1:2:3", band_style);
  if (!around.empty() && input.zero)
    plot.add(picture.block(band_at_zero(request, problem, *fit, input)), "1:2:3", band_style);
  plot.add(data, "1:2", dot_style).add(lines);
  for (const FittedCurve& curve : curves) entries.push_back({curve.style, curve.name});
  if (!around.empty())
    entries.push_back({line_style(6.0, band_colour), fmt::format("{:g} %", 100.0 * fit->level)});
  const auto half = fit != nullptr ? half_point(*fit) : std::nullopt;
  if (half && half->first > low && half->first < high) {
    plot.mark(half->first, half->second, half_style);
    entries.push_back({half_style, "half point"});
  }
  picture.legend(place.left + 8.0, place.top - 16.0, place.width + 80.0, entries);
  picture.panel(place)
      .axes(input_axis(problem.columns.front(), input), window.axis(problem.name))
      .plot(plot);
}

void draw_observed(Picture& picture, const Place& place, const NetworkRequest& request,
                   const Problem& problem, const FitReport* fit, const InfinitePoint* limit) {
  using namespace fit_plot;
  const bool is_limit = limit != nullptr;
  const Vector fitted = is_limit ? outputs_at(request, problem, *limit) : fit->statistics.fitted;
  Window window;
  for (const Vector* const numbers : {&fitted, &problem.y}) {
    window.see(numbers->minCoeff());
    window.see(numbers->maxCoeff());
  }
  const NumberAxis across = window.axis(is_limit ? "output at the limit" : "fitted"),
                   up = window.axis(problem.name);
  Rows rows, equal;
  const Index stride = (fitted.size() - 1) / most_data + 1;
  for (Index i = 0; i < fitted.size(); i += stride) rows.add(fitted(i), problem.y(i));
  equal.add(across.low, across.low).add(across.high, across.high);
  const std::string dot_style = point_style(Shape::circle, 0.9, colours[0], 1.2);
  const std::string line = line_style(1.4, data_colour, "(8,4)");
  picture.legend(
      place.left + 8.0, place.top - 16.0, place.width + 80.0,
      {{dot_style, is_limit ? "rows, at the limit of infinite weights" : "rows, by the best fit"},
       {line, "equal"}});
  picture.panel(place)
      .axes(across, up)
      .plot(
          Plot().add(picture.block(equal), "1:2", line).add(picture.block(rows), "1:2", dot_style));
}

}  // namespace tautrack::program
