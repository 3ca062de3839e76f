#include "tautrack/solve_plot.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "io/text.hpp"
#include "pictures/gnuplot.hpp"
#include "pictures/picture.hpp"

namespace tautrack::program {
namespace {

// Lengths are in pixels of the PNG picture.
constexpr int header_height = 92;
constexpr int row_height = 540;
constexpr int left_margin = 105;
constexpr int right_margin = 130;  ///< Room for a colour box.
constexpr int panel_top = 48;      ///< From the top of a row to its panels: room for its title.
constexpr int panel_bottom = 78;   ///< From its panels to the bottom of a row.
constexpr std::size_t most_panels = 12;

constexpr std::size_t most_named = 5;          ///< Minima that carry their number.
constexpr std::size_t most_links = 5000;       ///< Lines in a graph of points.
constexpr std::size_t most_plane_links = 400;  ///< Lines in a picture of two weights.
constexpr double very_different = 30.0;        ///< A ratio from which on an axis is logarithmic.

/// How points of one kind look.
struct Mark {
  StationaryKind kind;
  std::string_view name;
  std::string_view style;  ///< gnuplot's, without a size.
};
constexpr Mark marks[] = {
    {StationaryKind::maximum, "maximum", "pt 8 lw 1.4 lc rgb '#D55E00'"},
    {StationaryKind::saddle, "saddle", "pt 6 lw 1.4 lc rgb '#009E73'"},
    {StationaryKind::degenerate, "without a sure Morse index", "pt 2 lw 1.4 lc rgb '#000000'"},
    {StationaryKind::minimum, "minimum", "pt 7 lc rgb '#0072B2'"},
};
constexpr std::string_view curve_colour = "#444444";
constexpr std::string_view curve_style = "lw 0.7 lc rgb '#C4C4C4'";
constexpr std::string_view descent_style = "lw 0.8 lc rgb '#88B4DC'";
constexpr std::string_view faint_descent_style = "lw 0.8 lc rgb '#B088B4DC'";  ///< Of many.
constexpr std::string_view saddle_level_style = "lw 0.9 dt 3 lc rgb '#555555'";
constexpr std::string_view limit_style = "lw 1.4 dt 2 lc rgb '#CC79A7'";

/// A problem, ready to be drawn.
struct Drawing {
  const Problem* problem = nullptr;
  const SolvedProblem* solved = nullptr;
  const PerceptronOptions* perceptron = nullptr;

  [[nodiscard]] const std::vector<StationaryPoint>& points() const { return solved->fits.points; }
  [[nodiscard]] Index weights() const { return problem->X.cols(); }
};

/// The axis of one weight, with a window that holds the weights of all points and zero.
struct WeightWindow {
  WeightWindow(const Drawing& drawing, Index column)
      : axis(make_axis(drawing, column)), name(drawing.problem->columns[at(column)]) {
    const double typical = typical_weight(drawing, column);
    for (const StationaryPoint& point : drawing.points()) {
      low = std::min(low, axis.position(point.weights(column)));
      high = std::max(high, axis.position(point.weights(column)));
    }
    // Without a point there is the whole sigmoid to see.
    const double margin = drawing.points().empty()
                              ? axis.position(4.0 * typical)
                              : 0.2 * std::max(high - low, axis.position(typical));
    low -= margin;
    high += margin;
  }

  WeightAxis axis;
  std::string name;
  double low = 0.0;  ///< Positions.
  double high = 0.0;

 private:
  static std::size_t at(Index column) { return static_cast<std::size_t>(column); }

  /// A weight that gives node inputs of about one.
  static double typical_weight(const Drawing& drawing, Index column) {
    const Vector& inputs = drawing.problem->X.col(column);
    const double size = inputs.norm() / std::sqrt(static_cast<double>(inputs.size()));
    return size > 0.0 ? 1.0 / size : 1.0;
  }

  static WeightAxis make_axis(const Drawing& drawing, Index column) {
    double smallest = std::numeric_limits<double>::infinity();
    double largest = typical_weight(drawing, column);
    for (const StationaryPoint& point : drawing.points()) {
      const double size = std::abs(point.weights(column));
      if (size > 0.0) smallest = std::min(smallest, size);
      largest = std::max(largest, size);
    }
    // Below a third of the weight that bends the output for the largest input, E is flat.
    const double largest_input = drawing.problem->X.col(column).cwiseAbs().maxCoeff();
    if (largest_input > 0.0) smallest = std::max(smallest, 0.3 / largest_input);
    const bool is_logarithmic = std::isfinite(smallest) && largest > very_different * smallest;
    return {is_logarithmic ? smallest : 0.0, 100.0 * largest};
  }
};

/// The energy of a problem at weights in the user's units.
class Energy {
 public:
  explicit Energy(const Drawing& drawing)
      : network_(*drawing.problem, *drawing.perceptron), work_(network_) {}

  [[nodiscard]] double operator()(const Vector& weights) {
    return network_.energy(network_.coordinates(weights), 1.0, work_);
  }

 private:
  Perceptron network_;
  Perceptron::Workspace work_;
};

/// A range of energies with a margin on either side.
struct EnergyAxis {
  bool is_logarithmic = false;
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void see(double energy) {
    if (!std::isfinite(energy)) return;
    low = std::min(low, energy);
    high = std::max(high, energy);
  }

  /// Chooses the scale and adds the margins.
  void finish(bool may_be_logarithmic) {
    if (!(low <= high)) low = high = 0.0;
    is_logarithmic = may_be_logarithmic && low > 0.0 && high > very_different * low;
    if (is_logarithmic) {
      const double factor = std::pow(high / low, 0.08);
      low /= factor;
      high *= factor;
      return;
    }
    // Numbers on the axis that differ only behind the digits that gnuplot shows help nobody.
    const double margin = std::max({0.08 * (high - low), 1e-3 * std::abs(high), 1e-12});
    low -= margin;
    high += margin;
  }
};

/// What a panel says about its problem.
std::string panel_title(const Drawing& drawing) {
  const AllFits& fits = drawing.solved->fits;
  long long minima = 0;
  const StationaryPoint* best = nullptr;
  for (const StationaryPoint& point : fits.points) {
    if (point.kind != StationaryKind::minimum) continue;
    if (++minima == 1) best = &point;
  }
  std::string text =
      fmt::format("{}:  {}, {}", cut(drawing.problem->name, 30),
                  counted(static_cast<long long>(fits.points.size()), "stationary point"),
                  counted(minima, "minimum", "minima"));
  if (fits.infimum_at_infinity)
    text += fmt::format(", E -> {:.7g} at infinity", fits.at_infinity.front().energy);
  else if (best != nullptr)
    text += fmt::format(", best E = {:.7g}", best->energy);
  return text + fmt::format(" ({})", to_string(fits.level));
}

/// Writes the gnuplot script.
class Script {
 public:
  explicit Script(const std::vector<Drawing>& drawings) : drawings_(drawings) {
    columns_ = drawings.size() > 1 ? 2 : 1;
    rows_ = (drawings.size() + columns_ - 1) / columns_;
  }

  /// Of the picture.
  [[nodiscard]] int height() const { return header_height + row_height * static_cast<int>(rows_); }

  /// The script, but for the terminal.
  std::string text(const std::string& title) {
    add("set encoding utf8\nset multiplot\nunset key\nunset border\nunset tics\n");
    add_header(title);
    for (std::size_t i = 0; i < drawings_.size(); ++i)
      add_label(panel_title(drawings_[i]), panel_left(i), row_top(i) + 26, "font ',11'");
    // Texts appear with a plot: this one is empty.
    add("plot [0:1] [0:1] 2\nunset label\nunset arrow\n");
    add("set border 3 lc rgb '#444444'\nset tics nomirror scale 0.6 textcolor rgb '#222222'\n"
        "set format '%g'\nset grid lt 1 lw 0.6 lc rgb '#E4E4E4'\n");
    for (std::size_t i = 0; i < drawings_.size(); ++i) {
      const Index weights = drawings_[i].weights();
      place_panel(i);
      add_points_data(i);
      if (weights == 1)
        add_curve_panel(i);
      else if (weights == 2)
        add_plane_panel(i);
      else
        add_graph_panel(i);
      add("unset logscale\nunset label\n");
    }
    add("unset multiplot\n");
    return script_;
  }

 private:
  /// Places of the points of one problem in its panel.
  using Places = std::vector<std::pair<double, double>>;

  template <class... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(script_), format, std::forward<Arguments>(arguments)...);
  }

  [[nodiscard]] static double x(double pixels) { return pixels / picture_width; }
  [[nodiscard]] double y(double pixels_from_top) const { return 1.0 - pixels_from_top / height(); }
  [[nodiscard]] double row_top(std::size_t i) const {
    const std::size_t row = i / columns_;
    return header_height + row_height * static_cast<double>(row);
  }
  [[nodiscard]] double cell_width() const {
    return static_cast<double>(picture_width) / static_cast<double>(columns_);
  }
  [[nodiscard]] double panel_left(std::size_t i) const {
    return left_margin + cell_width() * static_cast<double>(i % columns_);
  }
  [[nodiscard]] double panel_right(std::size_t i) const {
    return panel_left(i) + cell_width() - left_margin - right_margin;
  }

  /// Adds a text that appears with the next plot.
  void add_label(const std::string& text, double left, double from_top, std::string_view style) {
    add("set label {} at screen {:.6f},{:.6f} left noenhanced {}\n", gnuplot_string(text), x(left),
        y(from_top), style);
  }

  /// Title and legend; the legend has what is drawn and no more.
  void add_header(const std::string& title) {
    constexpr double top = 58.0;
    constexpr double letter = 7.6;  // about, in this font
    add_label(title, 20, 24, "font ',13'");
    double left = 30.0;
    const auto add_entry = [&](const std::string& text) {
      add_label(text, left + 16, top, "textcolor rgb '#222222'");
      left += 52.0 + letter * static_cast<double>(text.size());
    };
    for (const Mark& mark : marks) {
      if (!has_kind(mark.kind)) continue;
      add("set label '' at screen {:.6f},{:.6f} point {} ps 1.2\n", x(left), y(top), mark.style);
      add_entry(std::string(mark.name));
    }
    const auto add_line_entry = [&](const std::string& text, std::string_view style) {
      add("set arrow from screen {:.6f},{:.6f} to screen {:.6f},{:.6f} nohead {}\n", x(left),
          y(top), x(left + 30), y(top), style);
      left += 24.0;
      add_entry(text);
    };
    bool has_curves = false, has_descents = false, has_limits = false;
    for (const Drawing& drawing : drawings_) {
      has_curves = has_curves || !links(drawing, false).empty();
      has_descents = has_descents || !links(drawing, true).empty();
      has_limits =
          has_limits || (drawing.weights() != 2 && !drawing.solved->fits.at_infinity.empty());
    }
    if (has_descents) add_line_entry("descent from a saddle to a minimum", descent_style);
    if (has_curves) add_line_entry("joined by a curve", curve_style);
    if (has_saddle_levels()) add_line_entry("energy of a saddle", saddle_level_style);
    if (has_limits) add_line_entry("limit at infinite weights", limit_style);
    if (has_kind(StationaryKind::minimum))
      add_label("numbers: the best minima", left, top, "textcolor rgb '#222222'");
  }

  [[nodiscard]] bool has_kind(StationaryKind kind) const {
    return std::any_of(drawings_.begin(), drawings_.end(), [kind](const Drawing& drawing) {
      return std::any_of(drawing.points().begin(), drawing.points().end(),
                         [kind](const StationaryPoint& point) { return point.kind == kind; });
    });
  }

  [[nodiscard]] bool has_saddle_levels() const {
    return std::any_of(drawings_.begin(), drawings_.end(), [](const Drawing& drawing) {
      return drawing.weights() == 2 && std::any_of(drawing.points().begin(), drawing.points().end(),
                                                   [](const StationaryPoint& point) {
                                                     return point.kind == StationaryKind::saddle;
                                                   });
    });
  }

  /// The descents, or the links by all other curves, that are drawn; nothing where they would be too many to see anything.
  [[nodiscard]] static std::vector<Link> links(const Drawing& drawing, bool descents) {
    const bool is_plane = drawing.weights() == 2;
    if (drawing.weights() == 1 || (!descents && !is_plane)) return {};
    std::vector<Link> drawn;
    for (const Link& link : drawing.solved->fits.exploration.links)
      if ((link.kind == CurveKind::descent) == descents && link.from >= 0 && link.to >= 0 &&
          link.from != link.to)
        drawn.push_back(link);
    if (drawn.size() > (is_plane ? most_plane_links : most_links)) drawn.clear();
    return drawn;
  }

  void place_panel(std::size_t i) {
    add("set lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\n", x(panel_left(i)),
        x(panel_right(i)));
    add("set tmargin at screen {:.6f}\nset bmargin at screen {:.6f}\n", y(row_top(i) + panel_top),
        y(row_top(i) + row_height - panel_bottom));
  }

  void set_axis(char axis, const std::string& range, const std::string& ticks,
                const std::string& label) {
    add("set {0}range {1}\nset {0}tics nomirror {2}\nset {0}label {3} noenhanced offset {4}\n",
        axis, range, ticks, gnuplot_string(label), axis == 'x' ? "0,0.2" : "0.5,0");
  }

  void set_axis(char axis, const WeightWindow& window) {
    set_axis(axis, range_text(window.low, window.high), window.axis.ticks(),
             fmt::format("weight of {}{}", cut(window.name, 40),
                         window.axis.is_logarithmic() ? " (logarithmic)" : ""));
  }

  void set_axis(const EnergyAxis& energy) {
    if (energy.is_logarithmic) add("set logscale y\n");
    set_axis('y', range_text(energy.low, energy.high), "autofreq",
             energy.is_logarithmic ? "energy E (logarithmic)" : "energy E");
  }

  /// Adds a block of lines.
  template <class Rows>
  void add_block(const std::string& name, const Rows& rows) {
    add("${} << EndOfData\n{}EndOfData\n", name, rows);
  }

  /// Places of the points of problem i.
  [[nodiscard]] Places places(std::size_t i) const {
    const Drawing& drawing = drawings_[i];
    Places result;
    if (drawing.weights() <= 2) {
      const WeightWindow first(drawing, 0);
      for (const StationaryPoint& point : drawing.points()) {
        const double up = drawing.weights() == 1
                              ? point.energy
                              : WeightWindow(drawing, 1).axis.position(point.weights(1));
        result.emplace_back(first.axis.position(point.weights(0)), up);
      }
      return result;
    }
    // Points of one Morse index side by side, in an order that keeps neighbours in energy apart.
    constexpr double golden = 0.6180339887498949, widest = 0.7;
    std::map<int, int> seen;
    std::map<int, int> total;
    for (const StationaryPoint& point : drawing.points()) ++total[point.morse_index.value_or(-1)];
    for (const StationaryPoint& point : drawing.points()) {
      const int index = point.morse_index.value_or(-1);
      const double turn = std::fmod(0.5 + golden * seen[index]++, 1.0) - 0.5;
      const double width = widest * std::min(1.0, 0.1 * (total[index] - 1));
      result.emplace_back(index + width * turn, point.energy);
    }
    return result;
  }

  /// Blocks $kind<i>_<kind> of points and $names<i>: x, y (and the number).
  void add_points_data(std::size_t i) {
    const std::vector<StationaryPoint>& points = drawings_[i].points();
    const Places at = places(i);
    const auto row = [&](std::size_t k) {
      return fmt::format("{:.12g} {:.17g}", at[k].first, at[k].second);
    };
    std::map<StationaryKind, std::string> rows;
    std::string names;
    std::size_t named = 0;
    for (std::size_t k = 0; k < points.size(); ++k) {
      rows[points[k].kind] += row(k) + '\n';
      if (points[k].kind == StationaryKind::minimum && named++ < most_named)
        names += fmt::format("{} {}\n", row(k), k + 1);
    }
    for (const auto& [kind, text] : rows)
      add_block(fmt::format("kind{}_{}", i, static_cast<int>(kind)), text);
    if (!names.empty()) add_block(fmt::format("names{}", i), names);
  }

  /// The parts of gnuplot's `plot` that draw the points and the numbers of the best.
  [[nodiscard]] std::vector<std::string> points_parts(std::size_t i,
                                                      std::string_view name_place) const {
    const std::vector<StationaryPoint>& points = drawings_[i].points();
    const double size = points.size() > 400 ? 0.6 : points.size() > 100 ? 0.9 : 1.2;
    std::vector<std::string> parts;
    bool has_minimum = false;
    for (const Mark& mark : marks) {
      const bool is_there =
          std::any_of(points.begin(), points.end(),
                      [&](const StationaryPoint& point) { return point.kind == mark.kind; });
      if (!is_there) continue;
      parts.push_back(fmt::format("$kind{}_{} using 1:2 with points {} ps {}", i,
                                  static_cast<int>(mark.kind), mark.style, size));
      has_minimum = has_minimum || mark.kind == StationaryKind::minimum;
    }
    if (has_minimum)
      parts.push_back(fmt::format("$names{} using 1:2:3 with labels {} textcolor rgb '#000000'", i,
                                  name_place));
    return parts;
  }

  /// The part that draws descents or the other links, if there are any, and the data for it.
  void add_links(std::size_t i, bool descents, std::string_view style,
                 std::vector<std::string>& parts) {
    const std::vector<Link> drawn = links(drawings_[i], descents);
    if (drawn.empty()) return;
    const Places at = places(i);
    std::string rows;
    for (const Link& link : drawn) {
      const auto& [x0, y0] = at[static_cast<std::size_t>(link.from)];
      const auto& [x1, y1] = at[static_cast<std::size_t>(link.to)];
      fmt::format_to(std::back_inserter(rows), "{:.12g} {:.17g}\n{:.12g} {:.17g}\n\n", x0, y0, x1,
                     y1);
    }
    const std::string name = fmt::format("{}{}", descents ? "descents" : "curves", i);
    add_block(name, rows);
    parts.push_back(fmt::format("${} using 1:2 with lines {}", name, style));
  }

  /// The parts that draw the energies of limits at infinite weights.
  void add_limits(std::size_t i, std::vector<std::string>& parts) const {
    constexpr std::size_t most_limits = 8;
    const std::vector<InfinitePoint>& limits = drawings_[i].solved->fits.at_infinity;
    for (std::size_t k = 0; k < std::min(limits.size(), most_limits); ++k)
      parts.push_back(fmt::format("{:.17g} with lines {}", limits[k].energy, limit_style));
  }

  void add_plot(const std::vector<std::string>& parts) {
    add("plot {}\n", fmt::join(parts, ", \\\n     "));
  }

  /// One weight: the energy itself.
  void add_curve_panel(std::size_t i) {
    constexpr int samples = 1600;
    const Drawing& drawing = drawings_[i];
    const WeightWindow window(drawing, 0);
    Energy energy(drawing);
    EnergyAxis axis;
    std::string rows;
    for (int k = 0; k <= samples; ++k) {
      const double position = window.low + (window.high - window.low) * k / samples;
      const double value = energy(Vector::Constant(1, window.axis.value(position)));
      axis.see(value);
      fmt::format_to(std::back_inserter(rows), "{:.12g} {:.17g}\n", position, value);
    }
    for (const StationaryPoint& point : drawing.points()) axis.see(point.energy);
    for (const InfinitePoint& limit : drawing.solved->fits.at_infinity) axis.see(limit.energy);
    axis.finish(true);
    add_block(fmt::format("curve{}", i), rows);
    std::vector<std::string> parts;
    add_limits(i, parts);
    parts.push_back(
        fmt::format("$curve{} using 1:2 with lines lw 1.8 lc rgb '{}'", i, curve_colour));
    for (std::string& part : points_parts(i, "offset 0,-1")) parts.push_back(std::move(part));
    set_axis('x', window);
    set_axis(axis);
    add_plot(parts);
  }

  /// Two weights: contours of the energy, at levels that come closer towards the lowest energy.
  void add_plane_panel(std::size_t i) {
    constexpr int finest = 200, coarsest = 60;
    constexpr double most_evaluations = 2e8;  // of one pattern
    constexpr double depth = 4.0;             // decades of E - lowest that are told apart
    constexpr int levels_in_decade = 6;
    const Drawing& drawing = drawings_[i];
    const WeightWindow first(drawing, 0), second(drawing, 1);
    const auto patterns = static_cast<double>(drawing.problem->X.rows());
    const int cells =
        std::clamp(static_cast<int>(std::sqrt(most_evaluations / patterns)), coarsest, finest);
    Energy energy(drawing);
    EnergyAxis range;
    Matrix grid(cells + 1, cells + 1);
    const auto position = [cells](const WeightWindow& window, int k) {
      return window.low + (window.high - window.low) * k / cells;
    };
    for (int k = 0; k <= cells; ++k)
      for (int l = 0; l <= cells; ++l) {
        const Vector weights{
            {first.axis.value(position(first, k)), second.axis.value(position(second, l))}};
        grid(k, l) = energy(weights);
        range.see(grid(k, l));
      }
    for (const StationaryPoint& point : drawing.points()) range.see(point.energy);
    const double span = std::max(range.high - range.low, std::numeric_limits<double>::min());
    const double smallest = std::pow(10.0, -depth);
    std::string rows;
    for (int k = 0; k <= cells; ++k) {
      for (int l = 0; l <= cells; ++l)
        fmt::format_to(std::back_inserter(rows), "{:.17g} {:.17g} {:.9g}\n", position(first, k),
                       position(second, l), std::log10(smallest + (grid(k, l) - range.low) / span));
      rows += '\n';
    }
    add_block(fmt::format("grid{}", i), rows);
    set_axis('x', first);
    set_axis('y', second);
    add("set contour base\nunset surface\n");
    const auto add_contours = [&](const char* name, const std::string& levels) {
      add("set cntrparam levels {}\nset table ${}{}\nsplot $grid{} using 1:2:3 with lines\n"
          "unset table\n",
          levels, name, i, i);
    };
    add_contours("contours",
                 fmt::format("incremental {:g},{:.9g},0", -depth, 1.0 / levels_in_decade));
    const std::string saddles = saddle_levels(
        drawing, [&](double value) { return std::log10(smallest + (value - range.low) / span); });
    if (!saddles.empty()) add_contours("saddles", "discrete " + saddles);
    add("unset contour\nset surface\n");
    std::string ticks;
    for (int decade = 0; decade <= static_cast<int>(depth); ++decade)
      ticks += fmt::format("{}'{:.4g}' {}", ticks.empty() ? "" : ", ",
                           range.low + span * std::pow(10.0, -decade), -decade);
    const double left = panel_right(i) + 22.0, bottom = row_top(i) + row_height - panel_bottom;
    add("set palette defined (0 '#2A186C', 0.25 '#15559F', 0.5 '#2B8C8C', 0.75 '#73B368', "
        "1 '#D9C25A')\n"
        "set cbrange [{:g}:0]\nset cbtics ({}) scale 0.4\nset cblabel ''\n"
        "set colorbox vertical user origin screen {:.6f},{:.6f} size screen {:.6f},{:.6f}\n",
        -depth, ticks, x(left), y(bottom), 14.0 / picture_width,
        (row_height - panel_bottom - panel_top - 24.0) / height());
    add("set label 'E' at screen {:.6f},{:.6f}\n", x(left), y(row_top(i) + panel_top + 8.0));
    std::vector<std::string> parts{
        fmt::format("$contours{} using 1:2:3 with lines lw 1.1 lc palette", i)};
    if (!saddles.empty())
      parts.push_back(fmt::format("$saddles{} using 1:2 with lines {}", i, saddle_level_style));
    add_links(i, false, curve_style, parts);
    add_links(i, true, descent_style, parts);
    for (std::string& part : points_parts(i, "left offset 0.8,0.6"))
      parts.push_back(std::move(part));
    add_plot(parts);
  }

  /// The levels of the lowest saddles, whose contours part the valleys of the minima.
  template <class Level>
  [[nodiscard]] static std::string saddle_levels(const Drawing& drawing, const Level& level) {
    constexpr int most = 8;
    std::string list;
    int count = 0;
    for (const StationaryPoint& point : drawing.points())
      if (point.kind == StationaryKind::saddle && count++ < most)
        list += fmt::format("{}{:.12g}", list.empty() ? "" : ",", level(point.energy));
    return list;
  }

  /// More weights: which minima the saddles join, at which energies.
  void add_graph_panel(std::size_t i) {
    const Drawing& drawing = drawings_[i];
    EnergyAxis axis;
    int lowest_index = 0, highest_index = 1;
    for (const StationaryPoint& point : drawing.points()) {
      axis.see(point.energy);
      lowest_index = std::min(lowest_index, point.morse_index.value_or(-1));
      highest_index = std::max(highest_index, point.morse_index.value_or(-1));
    }
    for (const InfinitePoint& limit : drawing.solved->fits.at_infinity) axis.see(limit.energy);
    axis.finish(true);
    std::vector<std::string> parts;
    add_limits(i, parts);
    constexpr std::size_t many = 100;
    add_links(i, true, drawing.points().size() > many ? faint_descent_style : descent_style, parts);
    for (std::string& part : points_parts(i, "left offset 0.8,-0.5"))
      parts.push_back(std::move(part));
    if (parts.empty()) parts.emplace_back("NaN");
    std::string ticks = lowest_index < 0 ? "'?' -1" : "";
    const int step = highest_index / 16 + 1;
    for (int index = 0; index <= highest_index; index += step)
      ticks += fmt::format("{}'{}' {}", ticks.empty() ? "" : ", ", index, index);
    set_axis('x', range_text(lowest_index - 0.5, highest_index + 0.5), "(" + ticks + ")",
             "Morse index (0: minima)");
    set_axis(axis);
    add_plot(parts);
  }

  const std::vector<Drawing>& drawings_;
  std::size_t columns_ = 1;  ///< Panels side by side.
  std::size_t rows_ = 1;
  std::string script_;
};

}  // namespace

std::string plot_report(const SolveRequest& request, const Dataset& dataset,
                        const std::vector<SolvedProblem>& solved) {
  const std::size_t count = std::min(solved.size(), most_panels);
  std::vector<Drawing> drawings;
  for (std::size_t i = 0; i < count; ++i)
    drawings.push_back({&dataset.problems[i], &solved[i], &request.network.perceptron});
  Script script(drawings);
  std::string title =
      fmt::format("Stationary points of the energy of a {} perceptron: {}",
                  to_string(request.network.perceptron.activation), cut(dataset.source, 60));
  if (count < solved.size())
    title += fmt::format(" (the first {} of {} problems)", count, solved.size());
  return draw_picture(request.outputs.plot_file, script.height(), script.text(title));
}

}  // namespace tautrack::program
