#include "commands/track_plot.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "commands/fit_plot.hpp"
#include "commands/track_report.hpp"
#include "io/standardised_weights.hpp"
#include "io/text.hpp"
#include "pictures/format.hpp"
#include "pictures/picture.hpp"

namespace tautrack::program {
namespace track_plot {

// Lengths are in pixels of the PNG picture.
constexpr int row_height = 330;
constexpr int header_height = 70;
constexpr int left_margin = 85;
constexpr int legend_width = 250;
constexpr int panel_gap = 85;     ///< Between two panels: room for the numbers of the right one.
constexpr int panel_top = 40;     ///< From the top of a row to its panels: room for its title.
constexpr int panel_bottom = 60;  ///< From its panels to the bottom of a row.
constexpr std::size_t most_rows = 12;

constexpr std::size_t most_named =
    std::size(colours);  ///< Weights in the legend, the largest first.
constexpr std::string_view other_colour = "#BBBBBB";
constexpr std::string_view energy_colour = "#000000";

/// A point of a path, ready to be drawn.
struct DrawnPoint {
  double tau = 0.0;
  double energy = 0.0;
  Vector weights;    ///< s, standardised.
  double way = 0.0;  ///< Of the weights, from the start: length of the drawn curve.
};

/// One path, ready to be drawn.
struct Drawing {
  std::string title;
  const Problem* problem = nullptr;
  const NaturalPath* path = nullptr;
  std::vector<DrawnPoint> curve;  ///< Finite throughout.
  std::vector<DrawnPoint> folds;
  Vector largest;  ///< s, largest magnitude of each standardised weight.
};

/// tau from 0 to 1, logarithmic in 1 - tau if most happens close to 1, which stays in view.
class TauAxis {
 public:
  explicit TauAxis(const Drawing& drawing) {
    double closest = late_distance(drawing.curve);
    for (const DrawnPoint& fold : drawing.folds) closest = std::min(closest, 1.0 - fold.tau);
    if (!drawing.path->ok())
      for (const DrawnPoint& point : drawing.curve) closest = std::min(closest, 1.0 - point.tau);
    if (closest < close) offset_ = std::max(closest / 10.0, 1e-13);
  }

  [[nodiscard]] bool is_logarithmic() const { return offset_ > 0.0; }

  [[nodiscard]] double position(double tau) const {
    return is_logarithmic() ? -std::log10(std::max(1.0 - tau, 0.0) + offset_) : tau;
  }

  /// Argument of gnuplot's `set xtics`.
  [[nodiscard]] std::string ticks() const {
    if (!is_logarithmic()) return "0, 0.2";
    const int decades = static_cast<int>(std::floor(-std::log10(offset_) - 0.5));
    const int step = decades / most_named_decades + 1;
    Ticks ticks;
    ticks.add("0", position(0.0));
    // Not so near the end that two labels meet.
    for (int decade = step; decade <= decades - step / 2; decade += step) {
      const double distance = std::pow(10.0, -decade);
      ticks.add(decade <= most_nines ? fmt::format("{:g}", 1.0 - distance)
                                     : fmt::format("1-1e-{}", decade),
                position(1.0 - distance));
    }
    return ticks.add("1", position(1.0)).text();
  }

 private:
  static constexpr double close = 0.05;
  static constexpr int most_named_decades = 6;
  static constexpr int most_nines = 4;  ///< "0.9999"; beyond, "1-1e-5" is easier to read.

  /// 1 - tau where nine tenths of the way of the weights are done, if half of it is done closer to
  /// tau = 1 than `close`; else 1.
  static double late_distance(const std::vector<DrawnPoint>& curve) {
    double late = 0.0, total = 0.0;
    std::vector<double> way{0.0};
    for (std::size_t i = 1; i < curve.size(); ++i) {
      const double part = (curve[i].weights - curve[i - 1].weights).lpNorm<1>();
      total += part;
      if (1.0 - curve[i].tau < close) late += part;
      way.push_back(total);
    }
    if (!(late > 0.5 * total)) return 1.0;
    const auto at = std::lower_bound(way.begin(), way.end(), 0.9 * total);
    return std::max(1.0 - curve[static_cast<std::size_t>(at - way.begin())].tau, 1e-12);
  }

  /// Added to 1 - tau before the logarithm is taken; 0: the axis is linear.
  double offset_ = 0.0;
};

/// The axis of the weights on a path: logarithmic if they grow by orders of magnitude.
/// @param start, largest Largest magnitudes at the start and on the whole path.
WeightAxis weight_axis_for(double start, double largest) {
  constexpr double much = 300.0;
  return {start > 0.0 && largest > much * start ? start : 0.0, largest};
}

/// What the row of a problem says above its panels.
std::string row_title(const Problem& problem, const NaturalPath& path) {
  std::string text = cut(problem.name, 60) + ":  ";
  const std::string folds =
      path.folds.empty() ? "no folds" : counted(static_cast<long long>(path.folds.size()), "fold");
  if (path.end)
    return text + fmt::format("{}, ends at a {} of E = {:.8g}", folds, kind_of_point(*path.end),
                              path.end->energy);
  if (path.infinity)
    return text + fmt::format("{}, the weights become infinite, E -> {:.8g}", folds,
                              path.infinity->energy);
  return text + fmt::format("{}, not resolved ({})", folds, to_string(path.status));
}

/// Where a fold lies on the drawn curve, which has it as one of its points.
double way_at(const std::vector<DrawnPoint>& curve, const DrawnPoint& fold) {
  const auto distance = [&](const DrawnPoint& point) {
    return (point.weights - fold.weights).norm() + std::abs(point.tau - fold.tau);
  };
  const auto nearest = std::min_element(
      curve.begin(), curve.end(),
      [&](const DrawnPoint& a, const DrawnPoint& b) { return distance(a) < distance(b); });
  return nearest != curve.end() ? nearest->way : 0.0;
}

Drawing make_drawing(const Problem& problem, const TrackedProblem& tracked) {
  const StandardisedWeights standardised(problem.X);
  Drawing drawing;
  drawing.title = row_title(problem, tracked.path);
  drawing.problem = &problem;
  drawing.path = &tracked.path;
  drawing.largest = Vector::Zero(problem.X.cols());
  for (const CurvePoint& point : tracked.curve) {
    DrawnPoint drawn{point.tau, point.energy, standardised(point.weights)};
    if (!std::isfinite(drawn.energy) || !drawn.weights.allFinite()) continue;
    drawing.largest = drawing.largest.cwiseMax(drawn.weights.cwiseAbs());
    if (!drawing.curve.empty()) {
      const DrawnPoint& before = drawing.curve.back();
      drawn.way = before.way + (drawn.weights - before.weights).norm();
    }
    drawing.curve.push_back(std::move(drawn));
  }
  for (const NaturalFold& fold : tracked.path.folds) {
    const NaturalPoint& point = fold.point;
    DrawnPoint drawn{point.tau, point.energy, standardised(point.weights)};
    drawn.way = way_at(drawing.curve, drawn);
    drawing.folds.push_back(std::move(drawn));
  }
  return drawing;
}

/// The outputs at the start and at the end of a path, over one input.
std::vector<FittedCurve> fitted_curves(const NaturalPath& path) {
  std::vector<FittedCurve> curves;
  if (path.end)
    curves.push_back({fmt::format("outputs at tau = {:.6g}", path.end->tau),
                      line_style(2.2, colours[0]), path.end->weights, path.end->tau, nullptr,
                      path.end->range});
  if (path.infinity)
    curves.push_back(
        {"limit at infinite weights", line_style(2.2, colours[3]), {}, 1.0, &*path.infinity, {}});
  if (!path.points.empty())
    curves.push_back({fmt::format("at tau = {:.6g}", path.points.front().tau),
                      line_style(1.4, other_colour, "(8,5)"), path.points.front().weights,
                      path.points.front().tau, nullptr, path.points.front().range});
  return curves;
}

/// Where the folds are: their range of tau and of the way, with some margin.
struct FoldWindow {
  double tau_low = 1.0;
  double tau_high = 0.0;
  double way_low = std::numeric_limits<double>::infinity();
  double way_high = 0.0;

  explicit FoldWindow(const std::vector<DrawnPoint>& folds) {
    for (const DrawnPoint& fold : folds) {
      tau_low = std::min(tau_low, fold.tau);
      tau_high = std::max(tau_high, fold.tau);
      way_low = std::min(way_low, fold.way);
      way_high = std::max(way_high, fold.way);
    }
    const double tau_margin = std::max({0.3 * (tau_high - tau_low), 0.05 * (1.0 - tau_low), 1e-12});
    tau_low = std::max(tau_low - tau_margin, 0.0);
    tau_high = std::min(tau_high + tau_margin, 1.0);
    const double way_margin = std::max(0.3 * (way_high - way_low), 0.02 * way_high);
    way_low -= way_margin;
    way_high += way_margin;
  }
};

/// gnuplot's list of ticks for a linear axis of tau: at most four, with all the digits they need.
std::string tau_ticks(double low, double high) {
  const double smallest_step = (high - low) / 3.0;
  const double decade = std::pow(10.0, std::floor(std::log10(smallest_step)));
  double step = 10.0 * decade;
  for (const double factor : {5.0, 2.0, 1.0})
    if (factor * decade >= smallest_step) step = factor * decade;
  const int digits = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  Ticks ticks;
  for (double tick = std::ceil(low / step) * step; tick <= high; tick += step)
    ticks.add(fmt::format("{:.{}f}", tick, digits), tick);
  return ticks.text();
}

/// gnuplot's range for an axis of energies: its own choice, unless the numbers on the axis would
/// differ only behind the digits it shows.
std::string energy_range(const std::vector<DrawnPoint>& curve) {
  constexpr double narrow = 1e-3;
  double low = curve.front().energy, high = low;
  for (const DrawnPoint& point : curve) {
    low = std::min(low, point.energy);
    high = std::max(high, point.energy);
  }
  if (high - low >= narrow * high) return "[*:*]";
  return range_text((1.0 - narrow) * low, (1.0 + narrow) * high);
}

/// Draws the paths, each in a row.
class PathsPicture {
 public:
  /// @param network Null: no curves are drawn over the data.
  PathsPicture(const std::vector<std::string>& columns, const std::vector<Drawing>& drawings,
               const NetworkRequest* network)
      : columns_(columns),
        drawings_(drawings),
        network_(network),
        picture_(picture_width, picture_height(drawings.size(), network != nullptr)),
        ranking_(columns.size()) {
    Vector largest = Vector::Zero(static_cast<Index>(columns.size()));
    for (const Drawing& drawing : drawings) largest = largest.cwiseMax(drawing.largest);
    std::iota(ranking_.begin(), ranking_.end(), Index{0});
    std::stable_sort(ranking_.begin(), ranking_.end(),
                     [&](Index a, Index b) { return largest(a) > largest(b); });
  }

  [[nodiscard]] static int picture_height(std::size_t rows, bool has_fits) {
    return header_height + (has_fits ? 2 : 1) * row_height * static_cast<int>(rows);
  }

  /// The script, but for the terminal.
  [[nodiscard]] std::string script(const std::string& title) && {
    add_header(title);
    for (std::size_t row = 0; row < drawings_.size(); ++row)
      picture_.text(left_margin, row_top(row) + 22, drawings_[row].title, "left font ',11'");
    picture_.draw_texts().open_frame();
    for (std::size_t row = 0; row < drawings_.size(); ++row) {
      add_row(row);
      if (network_ != nullptr) add_fits(row);
    }
    return std::move(picture_).script();
  }

 private:
  /// The data of a row. Columns: 1 position of tau, 2 tau, 3 way, 4 E, then the positions of the
  /// weights, then the weights less those at the first fold (or zero, without folds).
  struct Blocks {
    std::string path, folds, end;
  };
  static constexpr std::size_t first_weight = 5;

  [[nodiscard]] double row_top(std::size_t row) const {
    return header_height + (network_ != nullptr ? 2 : 1) * row_height * static_cast<double>(row);
  }
  [[nodiscard]] std::size_t named() const { return std::min(columns_.size(), most_named); }

  /// Title and legend.
  void add_header(const std::string& title) {
    picture_.text(20, 22, title, "left font ',13'");
    picture_.text(20, 46,
                  "Weights are those of standardised columns (mean 0, standard deviation 1).   "
                  "Circles: folds.   Dots: the fit at tau = 1.",
                  "left textcolor rgb '#444444'");
    double top = header_height + panel_top + 6;
    const auto add_entry = [&](const std::string& text, std::string_view colour) {
      picture_.entry(picture_width - legend_width + 25, top, {line_style(2.0, colour), text});
      top += 22;
    };
    for (std::size_t i = 0; i < named(); ++i)
      add_entry(cut(columns_[static_cast<std::size_t>(ranking_[i])], 25), colours[i]);
    if (columns_.size() > named())
      add_entry(counted(static_cast<long long>(columns_.size() - named()), "smaller one"),
                other_colour);
  }

  /// One problem.
  void add_row(std::size_t row) {
    const Drawing& drawing = drawings_[row];
    if (drawing.curve.empty()) return;
    const TauAxis tau_axis(drawing);
    const WeightAxis weight_axis = weight_axis_for(
        drawing.curve.front().weights.cwiseAbs().maxCoeff(), drawing.largest.maxCoeff());
    const Blocks blocks = add_data(drawing, tau_axis, weight_axis);
    const int width = drawing.folds.empty() ? 2 : 1;
    const Axis tau{tau_axis.is_logarithmic() ? "tau (logarithmic in 1 - tau)" : "tau",
                   range_text(tau_axis.position(0.0), tau_axis.position(1.0)), tau_axis.ticks()};
    panel(row, 0, width)
        .axes(tau, {weight_axis.is_logarithmic() ? "weights (logarithmic)" : "weights", "[*:*]",
                    weight_axis.ticks()})
        .plot(weight_lines(blocks, 1, first_weight));
    panel(row, width, width)
        .axes(tau, {"energy E", energy_range(drawing.curve)})
        .plot(line(blocks, 1, 4, energy_colour));
    if (drawing.folds.empty()) return;

    const FoldWindow window(drawing.folds);
    const Axis near_folds{"tau, at the folds", range_text(window.tau_low, window.tau_high),
                          tau_ticks(window.tau_low, window.tau_high)};
    panel(row, 2, 1)
        .axes(near_folds, {"change from the first fold"})
        .plot(weight_lines(blocks, 2, first_weight + columns_.size()));
    panel(row, 3, 1)
        .axes({"way of the weights", range_text(window.way_low, window.way_high)},
              {"tau", near_folds.range, near_folds.ticks})
        .plot(line(blocks, 3, 2, energy_colour));
  }

  /// The outputs over the data, below the path.
  void add_fits(std::size_t row) {
    const Place place{left_margin, row_top(row) + row_height + panel_top,
                      picture_width - left_margin - legend_width,
                      row_height - panel_top - panel_bottom};
    draw_fits(picture_, place, *network_, *drawings_[row].problem,
              fitted_curves(*drawings_[row].path));
  }

  [[nodiscard]] Blocks add_data(const Drawing& drawing, const TauAxis& tau_axis,
                                const WeightAxis& weight_axis) {
    const Vector origin = drawing.folds.empty() ? Vector::Zero(drawing.largest.size())
                                                : drawing.folds.front().weights;
    const auto block = [&](const std::vector<DrawnPoint>& points) {
      Rows rows;
      for (const DrawnPoint& point : points) {
        const Vector positions =
            point.weights.unaryExpr([&](double weight) { return weight_axis.position(weight); });
        rows.add(tau_axis.position(point.tau), point.tau, point.way, point.energy, positions,
                 Vector(point.weights - origin));
      }
      return picture_.block(rows);
    };
    Blocks blocks{block(drawing.curve), block(drawing.folds), ""};
    if (drawing.path->ok()) blocks.end = block({drawing.curve.back()});
    return blocks;
  }

  /// One line, its folds and its end.
  [[nodiscard]] static Plot line(const Blocks& blocks, int x_column, std::size_t y_column,
                                 std::string_view colour) {
    const std::string columns = fmt::format("{}:{}", x_column, y_column);
    return Plot()
        .add(blocks.path, columns, line_style(1.8, colour))
        .add(blocks.folds, columns, point_style(Shape::circle, 0.8, colour, 1.2))
        .add(blocks.end, columns, point_style(Shape::disc, 0.5, colour));
  }

  /// All weights, which stand in the data from column `first` on; the largest on top.
  [[nodiscard]] Plot weight_lines(const Blocks& blocks, int x_column, std::size_t first) const {
    Plot plot;
    for (std::size_t rank = columns_.size(); rank-- > 0;) {
      const std::size_t column = first + static_cast<std::size_t>(ranking_[rank]);
      if (rank >= most_named)
        plot.add(blocks.path, fmt::format("{}:{}", x_column, column),
                 line_style(1.0, other_colour));
      else
        plot.add(line(blocks, x_column, column, colours[rank]));
    }
    return plot;
  }

  /// A panel of a row: `width` columns of four from `column` on.
  [[nodiscard]] Picture& panel(std::size_t row, int column, int width) {
    const double available = picture_width - left_margin - legend_width + panel_gap;
    return picture_.panel({left_margin + available * column / 4.0, row_top(row) + panel_top,
                           available * width / 4.0 - panel_gap,
                           row_height - panel_top - panel_bottom});
  }

  const std::vector<std::string>& columns_;
  const std::vector<Drawing>& drawings_;
  const NetworkRequest* network_;
  Picture picture_;
  std::vector<Index> ranking_;  ///< Columns, the one with the largest weight on any path first.
};

}  // namespace track_plot

std::string plot_report(const TrackRequest& request, const Dataset& dataset,
                        const std::vector<TrackedProblem>& tracked) {
  using namespace track_plot;
  const std::size_t rows = std::min(tracked.size(), most_rows);
  std::vector<Drawing> drawings;
  for (std::size_t i = 0; i < rows; ++i)
    drawings.push_back(make_drawing(dataset.problems[i], tracked[i]));
  const std::string title = fmt::format(
      "Natural homotopy from the linear network (tau = 0) to the {} network (tau = 1): {}{}",
      to_string(request.network.perceptron.activation), source_text(dataset.source),
      part_note(rows, tracked.size()));
  const Problem& first = dataset.problems.front();
  const NetworkRequest* const network =
      has_one_input(request.network, first) ? &request.network : nullptr;
  return draw_picture(request.outputs.plot_file,
                      PathsPicture::picture_height(rows, network != nullptr), title,
                      PathsPicture(first.columns, drawings, network).script(title));
}

}  // namespace tautrack::program
