#include "commands/solve_plot.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "tautrack/data/zero_doses.hpp"
#include "tautrack/fits/fitted_range.hpp"

#include "commands/fit_plot.hpp"
#include "commands/units.hpp"
#include "io/text.hpp"
#include "pictures/format.hpp"
#include "pictures/picture.hpp"

namespace tautrack::program {
namespace solve_plot {

// Lengths are in pixels of the PNG picture.
constexpr int header_height = 92;
constexpr int row_height = 540;
constexpr int left_margin = 105;
constexpr int right_margin = 130;  ///< Room for a colour box.
constexpr int panel_top = 48;      ///< From the top of a row to its panels: room for its title.
constexpr int panel_bottom = 78;   ///< From its panels to the bottom of a row.
constexpr std::size_t most_panels = 12;

constexpr std::size_t most_curves = 3;         ///< Fits that are drawn over the data.
constexpr std::size_t most_named = 5;          ///< Minima that carry their number.
constexpr std::size_t most_links = 5000;       ///< Lines in a graph of points.
constexpr std::size_t most_plane_links = 400;  ///< Lines in a picture of two weights.
constexpr double very_different = 30.0;        ///< A ratio from which on an axis is logarithmic.

/// How points of one kind look.
struct Mark {
  StationaryKind kind;
  std::string_view name;
  Shape shape;
  std::string_view colour;

  [[nodiscard]] std::string style(double size) const {
    return point_style(shape, size, colour, 1.4);
  }
};
constexpr Mark marks[] = {
    {StationaryKind::maximum, "maximum", Shape::open_triangle, "#D55E00"},
    {StationaryKind::saddle, "saddle", Shape::circle, "#009E73"},
    {StationaryKind::degenerate, "without a sure Morse index", Shape::cross, "#000000"},
    {StationaryKind::minimum, "minimum", Shape::disc, "#0072B2"},
};
const std::string curve_style = line_style(0.7, "#C4C4C4");
const std::string descent_style = line_style(0.8, "#88B4DC");
const std::string faint_descent_style = line_style(0.8, "#B088B4DC");  ///< Of many.
const std::string saddle_level_style = line_style(0.9, "#555555", "3");
const std::string limit_style = line_style(1.4, "#CC79A7", "2");

/// A problem, ready to be drawn.
struct Drawing {
  const Problem* problem = nullptr;
  const SolvedProblem* solved = nullptr;
  std::shared_ptr<const Problem> positive;  ///< Its rows without doses of zero.
  ComputedProblem computed;                 ///< With all rows of these.
  OutputRange range;                        ///< In the user's units.
  std::vector<StationaryPoint> fitted;      ///< The points without the weights that are held.

  [[nodiscard]] const std::vector<StationaryPoint>& points() const { return fitted; }
  /// The axes are those of the weights that are fitted.
  [[nodiscard]] const Problem& axes() const { return *computed.problem; }
  [[nodiscard]] Index weights() const { return axes().X.cols(); }
  /// Of the best fit; null where none is reported.
  [[nodiscard]] const FitReport* fit_report() const {
    return solved->fit ? &*solved->fit : nullptr;
  }
  [[nodiscard]] bool has(StationaryKind kind) const {
    return std::any_of(points().begin(), points().end(),
                       [kind](const StationaryPoint& point) { return point.kind == kind; });
  }
};

/// The axis of one weight, with a window that holds the weights of all points and zero.
struct WeightWindow {
  WeightWindow(const Drawing& drawing, Index column)
      : axis(make_axis(drawing, column)), name(drawing.axes().columns[at(column)]) {
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

  [[nodiscard]] double position(int k, int cells) const { return low + (high - low) * k / cells; }

  [[nodiscard]] Axis text() const {
    return {
        fmt::format("weight of {}{}", cut(name, 40), axis.is_logarithmic() ? " (logarithmic)" : ""),
        range_text(low, high), axis.ticks()};
  }

 private:
  static std::size_t at(Index column) { return static_cast<std::size_t>(column); }

  /// A weight that gives node inputs of about one.
  static double typical_weight(const Drawing& drawing, Index column) {
    const Vector& inputs = drawing.axes().X.col(column);
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
    const double largest_input = drawing.axes().X.col(column).cwiseAbs().maxCoeff();
    if (largest_input > 0.0) smallest = std::max(smallest, 0.3 / largest_input);
    const bool is_logarithmic = std::isfinite(smallest) && largest > very_different * smallest;
    return {is_logarithmic ? smallest : 0.0, 100.0 * largest};
  }
};

/// The energy of a problem at weights in the user's units.
class Energy {
 public:
  explicit Energy(const Drawing& drawing)
      : computed_(drawing.computed),
        range_(drawing.range),
        problem_(*drawing.problem),
        has_zero_(has_zero_doses(problem_.X)),
        network_(computed_.problem, computed_.perceptron),
        work_(network_) {}

  /// With the best plateaus, where they are fitted.
  [[nodiscard]] double operator()(const Vector& weights) {
    if (!range_.is_known())
      return energy_of_best_range(problem_, computed_.perceptron.activation, range_, weights);
    const double energy =
        users_energy(computed_, network_.energy(network_.coordinates(weights), 1.0, work_));
    return energy + energy_of_zero_doses(weights(0) < 0.0);
  }

 private:
  /// Of rows that are no part of the network, on an end of a known range.
  [[nodiscard]] double energy_of_zero_doses(bool are_high) const {
    double energy = 0.0;
    for (Index i = 0; has_zero_ && i < problem_.X.rows(); ++i) {
      if (!is_zero_dose(problem_.X, i)) continue;
      const double off = problem_.y(i) - (are_high ? *range_.high : *range_.low);
      const Vector& omega = problem_.pattern_weights;
      energy += 0.5 * (omega.size() > 0 ? omega(i) : 1.0) * off * off;
    }
    return energy;
  }

  const ComputedProblem& computed_;
  const OutputRange& range_;
  const Problem& problem_;
  bool has_zero_;
  Perceptron network_;
  Perceptron::Workspace work_;
};

/// A range of energies with a margin on either side.
struct EnergyAxis {
  double unit = 1.0;  ///< Energies of outputs of size one are of this size.
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
    const double margin = std::max({0.08 * (high - low), 1e-3 * std::abs(high), 1e-12 * unit});
    low -= margin;
    high += margin;
  }

  [[nodiscard]] Axis text() const {
    return {is_logarithmic ? "energy E (logarithmic)" : "energy E", range_text(low, high)};
  }
};

/// The descents, or the links by all other curves, that are drawn; nothing where they would be too many
/// to see anything.
std::vector<Link> drawn_links(const Drawing& drawing, bool descents) {
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

/// Where the points are in their panel: x, y.
std::vector<Vector> places_of(const Drawing& drawing) {
  std::vector<Vector> places;
  if (drawing.weights() <= 2) {
    const bool is_plane = drawing.weights() == 2;
    const WeightWindow first(drawing, 0), last(drawing, is_plane ? 1 : 0);
    for (const StationaryPoint& point : drawing.points())
      places.push_back(Vector{{first.axis.position(point.weights(0)),
                               is_plane ? last.axis.position(point.weights(1)) : point.energy}});
    return places;
  }
  // Points of one Morse index side by side, in an order that keeps neighbours in energy apart.
  constexpr double golden = 0.6180339887498949, widest = 0.7, each = 0.1;
  std::map<int, int> seen;
  std::map<int, int> total;
  for (const StationaryPoint& point : drawing.points()) ++total[point.morse_index.value_or(-1)];
  for (const StationaryPoint& point : drawing.points()) {
    const int index = point.morse_index.value_or(-1);
    const double turn = std::fmod(0.5 + golden * seen[index]++, 1.0) - 0.5;
    const double width = widest * std::min(1.0, each * (total[index] - 1));
    places.push_back(Vector{{index + width * turn, point.energy}});
  }
  return places;
}

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

/// The lowest minima and limits that may be infima, over one input.
std::vector<FittedCurve> best_curves(const Drawing& drawing) {
  struct Candidate {
    double energy;
    FittedCurve curve;
  };
  std::vector<Candidate> candidates;
  int number = 0;
  for (const StationaryPoint& point : drawing.solved->fits.points) {
    ++number;
    if (point.kind != StationaryKind::minimum || point.is_beyond_precision()) continue;
    candidates.push_back({point.energy,
                          {fmt::format("{}: E = {:.6g}", number, point.energy), "", point.weights,
                           1.0, nullptr, point.range}});
  }
  for (const InfinitePoint& limit : drawing.solved->fits.at_infinity)
    if (limit.local_infimum != false)
      candidates.push_back(
          {limit.energy,
           {fmt::format("limit: E -> {:.6g}", limit.energy), "", {}, 1.0, &limit, {}}});
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.energy < b.energy; });
  std::vector<FittedCurve> curves;
  for (std::size_t i = 0; i < std::min(candidates.size(), most_curves); ++i) {
    FittedCurve curve = std::move(candidates[i].curve);
    curve.style = line_style(i == 0 ? 2.4 : 1.4, colours[i], curve.limit != nullptr ? "(8,4)" : "");
    curves.push_back(std::move(curve));
  }
  return curves;
}

/// Draws the points of all problems, each in a panel, with the fitted curves in one beside it where there is
/// one input, else the targets over the outputs of the best fit.
class FitsPicture {
 public:
  /// @param network Null: no curves are drawn over the data.
  FitsPicture(const std::vector<Drawing>& drawings, const NetworkRequest* network)
      : drawings_(drawings),
        network_(network),
        has_fits_(has_fits(drawings, network)),
        columns_(drawings.size() > 1 || has_fits_ ? 2 : 1),
        picture_(picture_width, picture_height(drawings.size(), has_fits_)) {}

  /// Whether there are panels of fits beside those of points.
  [[nodiscard]] static bool has_fits(const std::vector<Drawing>& drawings,
                                     const NetworkRequest* network) {
    return network != nullptr ||
           std::any_of(drawings.begin(), drawings.end(),
                       [](const Drawing& drawing) { return drawing.fit_report() != nullptr; });
  }

  [[nodiscard]] static int picture_height(std::size_t problems, bool has_fits) {
    const std::size_t rows = has_fits ? problems : (problems + 1) / 2;
    return header_height + row_height * static_cast<int>(rows);
  }

  /// The script, but for the terminal.
  [[nodiscard]] std::string script(const std::string& title) && {
    add_header(title);
    for (std::size_t i = 0; i < drawings_.size(); ++i)
      picture_.text(place(cell(i)).left, row_top(cell(i)) + 26, panel_title(drawings_[i]),
                    "left font ',11'");
    picture_.draw_texts().open_frame().add("set format '%g'\n");
    for (std::size_t i = 0; i < drawings_.size(); ++i) {
      picture_.panel(place(cell(i)));
      if (drawings_[i].weights() == 1)
        add_curve_panel(drawings_[i]);
      else if (drawings_[i].weights() == 2)
        add_plane_panel(drawings_[i], place(cell(i)));
      else
        add_graph_panel(drawings_[i]);
      picture_.add("unset logscale\n");
      if (network_ != nullptr)
        draw_fits(picture_, place(cell(i) + 1), *network_, *drawings_[i].problem,
                  best_curves(drawings_[i]), drawings_[i].fit_report());
      else if (const FitReport* const fit = drawings_[i].fit_report())
        draw_observed(picture_, place(cell(i) + 1), *drawings_[i].problem, *fit);
    }
    return std::move(picture_).script();
  }

 private:
  /// Where the panel of a problem stands; its curves stand behind it.
  [[nodiscard]] std::size_t cell(std::size_t i) const { return has_fits_ ? 2 * i : i; }
  [[nodiscard]] double row_top(std::size_t i) const {
    const std::size_t row = i / columns_;
    return header_height + row_height * static_cast<double>(row);
  }
  [[nodiscard]] Place place(std::size_t i) const {
    const double cell = static_cast<double>(picture_width) / static_cast<double>(columns_);
    return {left_margin + cell * static_cast<double>(i % columns_), row_top(i) + panel_top,
            cell - left_margin - right_margin, row_height - panel_top - panel_bottom};
  }

  [[nodiscard]] bool any(const std::function<bool(const Drawing&)>& is_so) const {
    return std::any_of(drawings_.begin(), drawings_.end(), is_so);
  }

  /// Title and legend; the legend has what is drawn and no more.
  void add_header(const std::string& title) {
    picture_.text(20, 24, title, "left font ',13'");
    std::vector<LegendEntry> entries;
    for (const Mark& mark : marks)
      if (any([&](const Drawing& drawing) { return drawing.has(mark.kind); }))
        entries.push_back({mark.style(1.2), std::string(mark.name)});
    if (any([](const Drawing& drawing) { return !drawn_links(drawing, true).empty(); }))
      entries.push_back({descent_style, "descent from a saddle to a minimum"});
    if (any([](const Drawing& drawing) { return !drawn_links(drawing, false).empty(); }))
      entries.push_back({curve_style, "joined by a curve"});
    if (any([](const Drawing& drawing) {
          return drawing.weights() == 2 && drawing.has(StationaryKind::saddle);
        }))
      entries.push_back({saddle_level_style, "energy of a saddle"});
    if (any([](const Drawing& drawing) {
          return drawing.weights() != 2 && !drawing.solved->fits.at_infinity.empty();
        }))
      entries.push_back({limit_style, "limit at infinite weights"});
    if (any([](const Drawing& drawing) { return drawing.has(StationaryKind::minimum); }))
      entries.push_back({"", "numbers: the best minima"});
    picture_.legend(16, 58, entries);
  }

  /// The points and the numbers of the best.
  [[nodiscard]] Plot point_layers(const Drawing& drawing, std::string_view name_place) {
    const std::vector<StationaryPoint>& points = drawing.points();
    const std::vector<Vector> at = places_of(drawing);
    const double size = points.size() > 400 ? 0.6 : points.size() > 100 ? 0.9 : 1.2;
    Plot plot;
    Rows names;
    for (const Mark& mark : marks) {
      Rows rows;
      for (std::size_t k = 0; k < points.size(); ++k)
        if (points[k].kind == mark.kind) rows.add(at[k]);
      plot.add(picture_.block(rows), "1:2", mark.style(size));
    }
    std::size_t named = 0;
    for (std::size_t k = 0; k < points.size(); ++k)
      if (points[k].kind == StationaryKind::minimum && named++ < most_named)
        names.add(at[k], static_cast<double>(k + 1));
    return plot.add(picture_.block(names), "1:2:3",
                    fmt::format("labels {} textcolor rgb '#000000'", name_place));
  }

  /// Descents or the other links.
  [[nodiscard]] std::string links_block(const Drawing& drawing, bool descents) {
    const std::vector<Vector> at = places_of(drawing);
    Rows rows;
    for (const Link& link : drawn_links(drawing, descents))
      rows.add(at[static_cast<std::size_t>(link.from)])
          .add(at[static_cast<std::size_t>(link.to)])
          .gap();
    return picture_.block(rows);
  }

  /// The energies of limits at infinite weights.
  [[nodiscard]] static Plot limit_layers(const Drawing& drawing) {
    constexpr std::size_t most_limits = 8;
    Plot plot;
    const std::vector<InfinitePoint>& limits = drawing.solved->fits.at_infinity;
    for (std::size_t k = 0; k < std::min(limits.size(), most_limits); ++k)
      plot.add("'+'", fmt::format("1:({:.17g})", limits[k].energy), limit_style);
    return plot;
  }

  /// Draws a panel of energies.
  void plot_energies(const Axis& x, const EnergyAxis& energies, const Plot& plot) {
    if (energies.is_logarithmic) picture_.add("set logscale y\n");
    picture_.axes(x, energies.text()).plot(plot);
  }

  /// A range that holds the energies of all points and limits.
  [[nodiscard]] static EnergyAxis energies_of(const Drawing& drawing) {
    EnergyAxis axis{drawing.computed.scale.energy(1.0)};
    for (const StationaryPoint& point : drawing.points()) axis.see(point.energy);
    for (const InfinitePoint& limit : drawing.solved->fits.at_infinity) axis.see(limit.energy);
    return axis;
  }

  /// One weight: the energy itself.
  void add_curve_panel(const Drawing& drawing) {
    constexpr int samples = 1600;
    const WeightWindow window(drawing, 0);
    Energy energy(drawing);
    EnergyAxis axis = energies_of(drawing);
    Rows rows;
    for (int k = 0; k <= samples; ++k) {
      const double position = window.position(k, samples);
      const double value = energy(Vector::Constant(1, window.axis.value(position)));
      axis.see(value);
      rows.add(position, value);
    }
    axis.finish(true);
    plot_energies(window.text(), axis,
                  limit_layers(drawing)
                      .add(picture_.block(rows), "1:2", line_style(1.8, "#444444"))
                      .add(point_layers(drawing, "offset 0,-1")));
  }

  /// Two weights: contours of the energy, at levels that come closer towards the lowest energy.
  void add_plane_panel(const Drawing& drawing, const Place& panel) {
    constexpr int finest = 200, coarsest = 60;
    constexpr double most_evaluations = 2e8;  // of one pattern
    constexpr double depth = 4.0;             // decades of E - lowest that are told apart
    constexpr int levels_in_decade = 6;
    const WeightWindow first(drawing, 0), second(drawing, 1);
    const auto patterns = static_cast<double>(drawing.problem->X.rows());
    const int cells =
        std::clamp(static_cast<int>(std::sqrt(most_evaluations / patterns)), coarsest, finest);
    Energy energy(drawing);
    EnergyAxis range;
    Matrix grid(cells + 1, cells + 1);
    for (int k = 0; k <= cells; ++k)
      for (int l = 0; l <= cells; ++l) {
        grid(k, l) = energy(Vector{{first.axis.value(first.position(k, cells)),
                                    second.axis.value(second.position(l, cells))}});
        range.see(grid(k, l));
      }
    for (const StationaryPoint& point : drawing.points()) range.see(point.energy);
    const double span = std::max(range.high - range.low, std::numeric_limits<double>::min());
    const auto level = [&](double value) {
      return std::log10(std::pow(10.0, -depth) + (value - range.low) / span);
    };
    Rows rows;
    for (int k = 0; k <= cells; ++k) {
      for (int l = 0; l <= cells; ++l)
        rows.add(first.position(k, cells), second.position(l, cells), level(grid(k, l)));
      rows.gap();
    }
    picture_.axes(first.text(), second.text());
    const std::string energies = picture_.block(rows);
    const std::string contours = picture_.contours(
        energies, fmt::format("incremental {:g},{:.9g},0", -depth, 1.0 / levels_in_decade));
    const std::string saddles = saddle_levels(drawing, level);
    const std::string valleys =
        saddles.empty() ? "" : picture_.contours(energies, "discrete " + saddles);
    Ticks ticks;
    for (int decade = 0; decade <= static_cast<int>(depth); ++decade)
      ticks.add(fmt::format("{:.4g}", range.low + span * std::pow(10.0, -decade)), -decade);
    picture_.add(
        "set palette defined (0 '#2A186C', 0.25 '#15559F', 0.5 '#2B8C8C', 0.75 '#73B368', "
        "1 '#D9C25A')\nset cblabel ''\n");
    const Place box{panel.right() + 22.0, panel.top + 24.0, 14.0, panel.height - 24.0};
    picture_.colour_box(box, range_text(-depth, 0.0), ticks);
    picture_.text(box.left, panel.top + 8.0, "E");
    picture_.plot(Plot()
                      .add(contours, "1:2:3", line_style(1.1, "palette"))
                      .add(valleys, "1:2", saddle_level_style)
                      .add(links_block(drawing, false), "1:2", curve_style)
                      .add(links_block(drawing, true), "1:2", descent_style)
                      .add(point_layers(drawing, "left offset 0.8,0.6")));
  }

  /// The levels of the lowest saddles, whose contours part the valleys of the minima.
  [[nodiscard]] static std::string saddle_levels(const Drawing& drawing,
                                                 const std::function<double(double)>& level) {
    constexpr int most = 8;
    std::string list;
    int count = 0;
    for (const StationaryPoint& point : drawing.points())
      if (point.kind == StationaryKind::saddle && count++ < most)
        list += fmt::format("{}{:.12g}", list.empty() ? "" : ",", level(point.energy));
    return list;
  }

  /// More weights: which minima the saddles join, at which energies.
  void add_graph_panel(const Drawing& drawing) {
    constexpr std::size_t many = 100;  // Points, whose descents would hide them.
    constexpr int most_ticks = 16;
    EnergyAxis axis = energies_of(drawing);
    axis.finish(true);
    int lowest_index = 0, highest_index = 1;
    for (const StationaryPoint& point : drawing.points()) {
      lowest_index = std::min(lowest_index, point.morse_index.value_or(-1));
      highest_index = std::max(highest_index, point.morse_index.value_or(-1));
    }
    Ticks ticks;
    if (lowest_index < 0) ticks.add("?", -1.0);
    const int step = highest_index / most_ticks + 1;
    for (int index = 0; index <= highest_index; index += step)
      ticks.add(std::to_string(index), index);
    plot_energies({"Morse index (0: minima)", range_text(lowest_index - 0.5, highest_index + 0.5),
                   ticks.text()},
                  axis,
                  limit_layers(drawing)
                      .add(links_block(drawing, true), "1:2",
                           drawing.points().size() > many ? faint_descent_style : descent_style)
                      .add(point_layers(drawing, "left offset 0.8,-0.5")));
  }

  const std::vector<Drawing>& drawings_;
  const NetworkRequest* network_;
  bool has_fits_;
  std::size_t columns_;  ///< Panels side by side.
  Picture picture_;
};

}  // namespace solve_plot

std::string plot_report(const SolveRequest& request, const Dataset& dataset,
                        const std::vector<SolvedProblem>& solved) {
  using namespace solve_plot;
  const std::size_t count = std::min(solved.size(), most_panels);
  std::vector<Drawing> drawings;
  for (std::size_t i = 0; i < count; ++i) {
    auto positive = std::make_shared<const Problem>(without_zero_doses(dataset.problems[i]));
    ComputedProblem computed = computed_rows(request.network, *positive);
    drawings.push_back({&dataset.problems[i], &solved[i], std::move(positive), std::move(computed),
                        target_range(request.network), solved[i].fits.points});
    for (StationaryPoint& point : drawings.back().fitted)
      point.weights = drawings.back().computed.held.fitted(point.weights);
  }
  const std::string title = fmt::format("Stationary points of the energy of a {} perceptron: {}{}",
                                        to_string(request.network.perceptron.activation),
                                        cut(dataset.source, 60), part_note(count, solved.size()));
  const NetworkRequest* const network =
      has_one_input(request.network, dataset.problems.front()) ? &request.network : nullptr;
  return draw_picture(request.outputs.plot_file,
                      FitsPicture::picture_height(count, FitsPicture::has_fits(drawings, network)),
                      FitsPicture(drawings, network).script(title));
}

}  // namespace tautrack::program
