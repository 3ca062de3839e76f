#include "tautrack/track_plot.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "commands/track_report.hpp"
#include "io/standardised_weights.hpp"
#include "io/text.hpp"
#include "pictures/gnuplot.hpp"
#include "pictures/picture.hpp"

namespace tautrack::program {
namespace {

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
  double arclength = 0.0;
  double energy = 0.0;
  Vector weights;  ///< s, standardised.
};

/// One path, ready to be drawn.
struct Drawing {
  std::string title;
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
    const int step = decades / 6 + 1;
    std::string list = fmt::format("'0' {:.12g}", position(0.0));
    for (int decade = step; decade <= decades; decade += step) {
      const double distance = std::pow(10.0, -decade);
      const std::string text =
          decade <= 4 ? fmt::format("{:g}", 1.0 - distance) : fmt::format("1-1e-{}", decade);
      list += fmt::format(", '{}' {:.12g}", text, position(1.0 - distance));
    }
    return fmt::format("({}, '1' {:.12g})", list, position(1.0));
  }

 private:
  static constexpr double close = 0.05;

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

Drawing make_drawing(const Problem& problem, const TrackedProblem& tracked) {
  const StandardisedWeights standardised(problem.X);
  Drawing drawing;
  drawing.title = row_title(problem, tracked.path);
  drawing.path = &tracked.path;
  drawing.largest = Vector::Zero(problem.X.cols());
  for (const CurvePoint& point : tracked.curve) {
    DrawnPoint drawn{point.tau, point.arclength, point.energy, standardised(point.weights)};
    if (!std::isfinite(drawn.energy) || !drawn.weights.allFinite()) continue;
    drawing.largest = drawing.largest.cwiseMax(drawn.weights.cwiseAbs());
    drawing.curve.push_back(std::move(drawn));
  }
  for (const NaturalFold& fold : tracked.path.folds) {
    const NaturalPoint& point = fold.point;
    drawing.folds.push_back(
        {point.tau, point.arclength, point.energy, standardised(point.weights)});
  }
  return drawing;
}

/// Where the folds are: their range of tau and of arclength, with some margin.
struct FoldWindow {
  double tau_low = 1.0;
  double tau_high = 0.0;
  double arclength_low = std::numeric_limits<double>::infinity();
  double arclength_high = 0.0;

  explicit FoldWindow(const std::vector<DrawnPoint>& folds) {
    for (const DrawnPoint& fold : folds) {
      tau_low = std::min(tau_low, fold.tau);
      tau_high = std::max(tau_high, fold.tau);
      arclength_low = std::min(arclength_low, fold.arclength);
      arclength_high = std::max(arclength_high, fold.arclength);
    }
    const double tau_margin = std::max({0.3 * (tau_high - tau_low), 0.05 * (1.0 - tau_low), 1e-12});
    tau_low = std::max(tau_low - tau_margin, 0.0);
    tau_high = std::min(tau_high + tau_margin, 1.0);
    const double arclength_margin =
        std::max(0.3 * (arclength_high - arclength_low), 0.02 * arclength_high);
    arclength_low -= arclength_margin;
    arclength_high += arclength_margin;
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
  std::string list;
  for (double tick = std::ceil(low / step) * step; tick <= high; tick += step)
    list += fmt::format("{}'{:.{}f}' {:.17g}", list.empty() ? "" : ", ", tick, digits, tick);
  return "(" + list + ")";
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

/// Writes the gnuplot script.
class Script {
 public:
  Script(const std::vector<std::string>& columns, const std::vector<Drawing>& drawings)
      : columns_(columns), drawings_(drawings), ranking_(columns.size()) {
    Vector largest = Vector::Zero(static_cast<Index>(columns.size()));
    for (const Drawing& drawing : drawings) largest = largest.cwiseMax(drawing.largest);
    std::iota(ranking_.begin(), ranking_.end(), Index{0});
    std::stable_sort(ranking_.begin(), ranking_.end(),
                     [&](Index a, Index b) { return largest(a) > largest(b); });
  }

  /// Of the picture.
  [[nodiscard]] int height() const {
    return header_height + row_height * static_cast<int>(drawings_.size());
  }

  /// The script, but for the terminal.
  std::string text(const std::string& title) {
    add("set encoding utf8\nset multiplot\nunset key\nunset border\nunset tics\n");
    add_header(title);
    for (std::size_t row = 0; row < drawings_.size(); ++row)
      add_label(drawings_[row].title, left_margin, row_top(row) + 22, "font ',11'");
    // Texts appear with a plot: this one is empty.
    add("plot [0:1] [0:1] 2\nunset label\nunset arrow\n");
    add("set border 3 lc rgb '#444444'\nset tics nomirror scale 0.6 textcolor rgb '#222222'\n"
        "set grid lt 1 lw 0.6 lc rgb '#E4E4E4'\n");
    for (std::size_t row = 0; row < drawings_.size(); ++row) add_row(row);
    add("unset multiplot\n");
    return script_;
  }

 private:
  /// What one panel shows: a pair of columns of the data blocks, and its axes.
  struct Panel {
    int column = 0;  ///< Of four.
    int width = 1;
    std::string x_range, x_ticks, x_label;
    std::string y_range, y_ticks, y_label;
  };

  static constexpr std::size_t first_weight = 5;  ///< Column of the data blocks.

  template <class... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(script_), format, std::forward<Arguments>(arguments)...);
  }

  [[nodiscard]] static double x(double pixels) { return pixels / picture_width; }
  [[nodiscard]] double y(double pixels_from_top) const { return 1.0 - pixels_from_top / height(); }
  [[nodiscard]] static double row_top(std::size_t row) {
    return header_height + row_height * static_cast<double>(row);
  }
  [[nodiscard]] std::size_t named() const { return std::min(columns_.size(), most_named); }

  /// Adds a text that appears with the next plot.
  void add_label(const std::string& text, double left, double from_top, const char* style) {
    add("set label {} at screen {:.6f},{:.6f} left noenhanced {}\n", gnuplot_string(text), x(left),
        y(from_top), style);
  }

  /// Title and legend.
  void add_header(const std::string& title) {
    add_label(title, 20, 22, "font ',13'");
    add_label(
        "Weights are those of standardised columns (mean 0, standard deviation 1).   "
        "Circles: folds.   Dots: the fit at tau = 1.",
        20, 46, "textcolor rgb '#444444'");
    const double left = picture_width - legend_width + 25;
    double top = header_height + panel_top + 6;
    const auto add_entry = [&](const std::string& text, std::string_view colour) {
      add("set arrow from screen {:.6f},{:.6f} to screen {:.6f},{:.6f} nohead lw 2 lc rgb '{}'\n",
          x(left), y(top), x(left + 26), y(top), colour);
      add_label(text, left + 34, top, "");
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
    add_data(row, tau_axis, weight_axis);

    Panel panel;
    panel.width = drawing.folds.empty() ? 2 : 1;
    panel.x_range = range_text(tau_axis.position(0.0), tau_axis.position(1.0));
    panel.x_ticks = tau_axis.ticks();
    panel.x_label = tau_axis.is_logarithmic() ? "tau (logarithmic in 1 - tau)" : "tau";
    panel.y_range = "[*:*]";
    panel.y_ticks = weight_axis.ticks();
    panel.y_label = weight_axis.is_logarithmic() ? "weights (logarithmic)" : "weights";
    add_panel(row, panel, weight_lines(row, 1, first_weight));
    panel.column = panel.width;
    panel.y_range = energy_range(drawing.curve);
    panel.y_ticks = "autofreq";
    panel.y_label = "energy E";
    add_panel(row, panel, line(row, 1, 4, energy_colour));
    if (drawing.folds.empty()) return;

    const FoldWindow window(drawing.folds);
    panel.column = 2;
    panel.x_range = range_text(window.tau_low, window.tau_high);
    panel.x_ticks = tau_ticks(window.tau_low, window.tau_high);
    panel.x_label = "tau, at the folds";
    panel.y_range = "[*:*]";
    panel.y_label = "change from the first fold";
    add_panel(row, panel, weight_lines(row, 2, first_weight + columns_.size()));
    panel.column = 3;
    panel.y_range = panel.x_range;
    panel.y_ticks = panel.x_ticks;
    panel.y_label = "tau";
    panel.x_range = range_text(window.arclength_low, window.arclength_high);
    panel.x_ticks = "autofreq";
    panel.x_label = "arclength";
    add_panel(row, panel, line(row, 3, 2, energy_colour));
  }

  /// Data blocks of a row. Columns: 1 position of tau, 2 tau, 3 arclength, 4 E, then the positions
  /// of the weights, then the weights less those at the first fold (or zero, without folds).
  void add_data(std::size_t row, const TauAxis& tau_axis, const WeightAxis& weight_axis) {
    const Drawing& drawing = drawings_[row];
    const Vector origin = drawing.folds.empty() ? Vector::Zero(drawing.largest.size())
                                                : drawing.folds.front().weights;
    const auto add_block = [&](const char* name, const std::vector<DrawnPoint>& points) {
      add("${}{} << EndOfData\n", name, row);
      for (const DrawnPoint& point : points) {
        add("{:.12g} {:.17g} {:.12g} {:.12g}", tau_axis.position(point.tau), point.tau,
            point.arclength, point.energy);
        for (const double weight : point.weights) add(" {:.9g}", weight_axis.position(weight));
        for (const double change : point.weights - origin) add(" {:.9g}", change);
        add("\n");
      }
      add("EndOfData\n");
    };
    add_block("path", drawing.curve);
    if (!drawing.folds.empty()) add_block("folds", drawing.folds);
    if (drawing.path->ok()) add_block("end", {drawing.curve.back()});
  }

  /// The parts of gnuplot's `plot` that draw one line, its folds and its end.
  [[nodiscard]] std::vector<std::string> line(std::size_t row, int x_column, std::size_t y_column,
                                              std::string_view colour) const {
    const Drawing& drawing = drawings_[row];
    const auto part = [&](const char* block, const char* style) {
      return fmt::format("${}{} using {}:{} with {} lc rgb '{}'", block, row, x_column, y_column,
                         style, colour);
    };
    std::vector<std::string> parts{part("path", "lines lw 1.8")};
    if (!drawing.folds.empty()) parts.push_back(part("folds", "points pt 6 ps 0.8 lw 1.2"));
    if (drawing.path->ok()) parts.push_back(part("end", "points pt 7 ps 0.5"));
    return parts;
  }

  /// The parts that draw all weights, which stand in the data from column `first` on; the largest
  /// on top.
  [[nodiscard]] std::vector<std::string> weight_lines(std::size_t row, int x_column,
                                                      std::size_t first) const {
    std::vector<std::string> parts;
    for (std::size_t rank = columns_.size(); rank-- > 0;) {
      const std::size_t column = first + static_cast<std::size_t>(ranking_[rank]);
      if (rank >= most_named)
        parts.push_back(fmt::format("$path{} using {}:{} with lines lw 1 lc rgb '{}'", row,
                                    x_column, column, other_colour));
      else
        for (std::string& part : line(row, x_column, column, colours[rank]))
          parts.push_back(std::move(part));
    }
    return parts;
  }

  /// Draws a panel.
  void add_panel(std::size_t row, const Panel& panel, const std::vector<std::string>& parts) {
    const double available = picture_width - left_margin - legend_width + panel_gap;
    const double left = left_margin + available * panel.column / 4.0;
    const double right = left + available * panel.width / 4.0 - panel_gap;
    add("set lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\n", x(left), x(right));
    add("set tmargin at screen {:.6f}\nset bmargin at screen {:.6f}\n", y(row_top(row) + panel_top),
        y(row_top(row) + row_height - panel_bottom));
    add("set xrange {}\nset xtics nomirror {}\nset xlabel '{}' offset 0,0.4\n", panel.x_range,
        panel.x_ticks, panel.x_label);
    add("set yrange {}\nset ytics nomirror {}\nset ylabel '{}' offset 0.8,0\n", panel.y_range,
        panel.y_ticks, panel.y_label);
    add("plot {}\n", fmt::join(parts, ", \\\n     "));
  }

  const std::vector<std::string>& columns_;
  const std::vector<Drawing>& drawings_;
  std::vector<Index> ranking_;  ///< Columns, the one with the largest weight on any path first.
  std::string script_;
};

}  // namespace

std::string plot_report(const TrackRequest& request, const Dataset& dataset,
                        const std::vector<TrackedProblem>& tracked) {
  const std::size_t rows = std::min(tracked.size(), most_rows);
  std::vector<Drawing> drawings;
  for (std::size_t i = 0; i < rows; ++i)
    drawings.push_back(make_drawing(dataset.problems[i], tracked[i]));
  Script script(dataset.problems.front().columns, drawings);
  std::string title = fmt::format(
      "Natural homotopy from the linear network (tau = 0) to the {} network (tau = 1): {}",
      to_string(request.network.perceptron.activation), cut(dataset.source, 60));
  if (rows < tracked.size())
    title += fmt::format(" (the first {} of {} problems)", rows, tracked.size());
  return draw_picture(request.outputs.plot_file, script.height(), script.text(title));
}

}  // namespace tautrack::program
