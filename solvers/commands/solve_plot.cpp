#include "commands/solve_plot.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "tautrack/data/zero_doses.hpp"
#include "tautrack/fits/fitted_range.hpp"

#include "commands/fit_plot.hpp"
#include "commands/hidden_plot.hpp"
#include "commands/units.hpp"
#include "io/text.hpp"
#include "pictures/format.hpp"
#include "pictures/landscape.hpp"
#include "pictures/picture.hpp"
#include "pictures/weight_plane.hpp"

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

constexpr std::size_t most_curves = 3;    ///< Fits that are drawn over the data.
constexpr std::size_t most_named = 5;     ///< Minima that carry their number.
constexpr std::size_t most_links = 5000;  ///< Lines in a graph of points.

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
const std::string link_style = line_style(0.8, "#88B4DC");
const std::string faint_link_style = line_style(0.8, "#B088B4DC");  ///< Of many.
const std::string descent_style = line_style(1.6, "#0072B2");
const std::string ascent_style = line_style(1.2, "#999999", "(8,4)");
const std::string saddle_level_style = line_style(0.9, "#555555", "3");
const std::string limit_style = line_style(1.4, "#CC79A7", "2");
const std::string way_style = line_style(2.2, "#CC79A7");

/// The energy of a problem at weights in the user's units.
class Energy {
 public:
  /// @param problem With its doses of zero; `computed` is that of the other rows.
  Energy(const Problem& problem, const ComputedProblem& computed, const OutputRange& range)
      : problem_(problem),
        has_zero_(has_zero_doses(problem.X)),
        computed_(computed),
        range_(range),
        network_(computed_.problem, computed_.perceptron),
        work_(network_) {}

  /// With the best plateaus, where they are fitted.
  [[nodiscard]] double operator()(const Vector& weights) {
    if (range_.is_known())
      return users_energy(computed_, network_.energy(network_.coordinates(weights), 1.0, work_)) +
             energy_of_zero_doses(weights(0) < 0.0);
    // Next to a slope of zero are straight lines, at zero constants: a picture has no room for the difference.
    constexpr double flat = 1e-5;
    const double largest_input = network_.inputs().col(0).cwiseAbs().maxCoeff();
    Vector beside = weights;
    if (std::abs(weights(0)) * largest_input < flat) beside(0) = flat / largest_input;
    // Doses of zero and weights that are held do not go together.
    const Problem& rows = computed_.held.any() ? *computed_.merged.problem : problem_;
    return energy_of_best_range(rows, computed_.perceptron.activation, range_, beside);
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

  const Problem& problem_;
  bool has_zero_;
  const ComputedProblem& computed_;
  const OutputRange& range_;
  Perceptron network_;
  Perceptron::Workspace work_;
};

/// A problem, ready to be drawn.
struct Drawing {
  const Problem* problem = nullptr;
  const SolvedProblem* solved = nullptr;
  std::shared_ptr<const Problem> positive;  ///< Its rows without doses of zero.
  ComputedProblem computed;                 ///< With all rows of these.
  OutputRange range;                        ///< In the user's units.
  std::vector<StationaryPoint> fitted;      ///< The points without the weights that are held.
  std::optional<WeightPlane> plane;         ///< Of one or two weights.

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
  /// The limit that is better than all fits; null where there is none.
  [[nodiscard]] const InfinitePoint* infimum() const {
    const AllFits& fits = solved->fits;
    return fits.infimum_at_infinity ? &fits.at_infinity.front() : nullptr;
  }
};

Drawing make_drawing(const NetworkRequest& request, const Problem& problem,
                     const SolvedProblem& solved) {
  auto positive = std::make_shared<const Problem>(without_zero_doses(problem));
  ComputedProblem computed = computed_rows(request, *positive);
  Drawing drawing{
      &problem,           &solved, std::move(positive), std::move(computed), target_range(request),
      solved.fits.points, {}};
  std::vector<Vector> weights;
  int best = -1;
  for (StationaryPoint& point : drawing.fitted) {
    point.weights = drawing.computed.held.fitted(point.weights);
    if (best < 0 && point.kind == StationaryKind::minimum) best = static_cast<int>(weights.size());
    weights.push_back(point.weights);
  }
  if (drawing.weights() > 2) return drawing;
  Energy energy(problem, drawing.computed, drawing.range);
  drawing.plane.emplace(
      drawing.axes(), weights, best, [&](const Vector& at) { return energy(at); },
      WeightPlane::energy_of_constant(problem));
  // With both plateaus free a curve has two pairs of weights, w and -w, if none is held.
  if (!drawing.range.low && !drawing.range.high && !drawing.computed.held.any())
    drawing.plane->keep_side();
  return drawing;
}

/// Saddles with the minima that descents from them came to, of more than two weights; nothing where they would be too
/// many to see anything.
std::vector<Link> drawn_links(const Drawing& drawing) {
  if (drawing.plane) return {};
  std::vector<Link> drawn;
  for (const Link& link : drawing.solved->fits.exploration.links)
    if (link.kind == CurveKind::descent && link.from >= 0 && link.to >= 0 && link.from != link.to)
      drawn.push_back(link);
  if (drawn.size() > most_links) drawn.clear();
  return drawn;
}

/// Where the points are in their panel: x, y.
std::vector<Vector> places_of(const Drawing& drawing) {
  std::vector<Vector> places;
  if (drawing.plane) {
    for (const StationaryPoint& point : drawing.points()) {
      const Vector at = drawing.plane->place(point.weights);
      places.push_back(Vector{{at(0), at.size() > 1 ? at(1) : point.energy}});
    }
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
  text += fmt::format(" ({})", to_string(fits.level));
  if (drawing.plane && drawing.plane->far_points() > 0)
    text += fmt::format(", {} far outside", drawing.plane->far_points());
  return text;
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
  FitsPicture(const std::vector<Drawing>& drawings, const NetworkRequest& network)
      : drawings_(drawings),
        network_(network),
        has_one_input_(has_one_input(network, *drawings.front().problem)),
        has_fits_(has_fits(drawings, has_one_input_)),
        columns_(drawings.size() > 1 || (has_fits_ && any(has_points)) ? 2 : 1),
        picture_(picture_width, picture_height(drawings.size(), has_fits_)) {}

  /// Whether there are panels of fits beside those of points.
  [[nodiscard]] static bool has_fits(const std::vector<Drawing>& drawings, bool has_one_input) {
    return has_one_input || std::any_of(drawings.begin(), drawings.end(), has_observed);
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
    picture_.draw_texts().open_frame();
    for (std::size_t i = 0; i < drawings_.size(); ++i) {
      const Drawing& drawing = drawings_[i];
      Place at = place(cell(i));
      if (has_points(drawing)) {
        add_points_panel(drawing, at);
        at = place(cell(i) + 1);
      } else {  // Below the title.
        constexpr double legend = 24.0;
        at.top += legend;
        at.height -= legend;
      }
      if (has_one_input_)
        draw_fits(picture_, at, network_, *drawing.problem, best_curves(drawing),
                  drawing.fit_report());
      else if (has_observed(drawing))
        draw_observed(picture_, at, network_, *drawing.problem, drawing.fit_report(),
                      drawing.infimum());
    }
    return std::move(picture_).script();
  }

 private:
  /// Whether there are outputs of rows to be drawn: of a fit, or of a limit that is better than all.
  [[nodiscard]] static bool has_observed(const Drawing& drawing) {
    return drawing.fit_report() != nullptr || drawing.infimum() != nullptr;
  }

  /// Whether there is more to be drawn of the energy than limits.
  [[nodiscard]] static bool has_points(const Drawing& drawing) {
    return drawing.plane || !drawing.points().empty();
  }

  void add_points_panel(const Drawing& drawing, const Place& at) {
    picture_.panel(at);
    if (drawing.weights() == 1)
      add_curve_panel(drawing);
    else if (drawing.plane)
      add_plane_panel(drawing, at);
    else
      add_graph_panel(drawing);
  }

  /// Where the panel of a problem stands; its curves stand behind it.
  [[nodiscard]] std::size_t cell(std::size_t i) const {
    return has_fits_ && columns_ == 2 ? 2 * i : i;
  }
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
    if (any([](const Drawing& drawing) { return !drawn_links(drawing).empty(); }))
      entries.push_back({link_style, "link: a descent from the saddle comes to the minimum"});
    const auto has_saddles = [](const Drawing& drawing) {
      return drawing.weights() == 2 && drawing.has(StationaryKind::saddle);
    };
    if (any(has_saddles)) {
      entries.push_back({descent_style, "steepest descent from a saddle"});
      entries.push_back({ascent_style, "steepest ascent: parts the basins"});
      entries.push_back({saddle_level_style, "energy of a saddle"});
    }
    if (any([](const Drawing& drawing) {
          return drawing.weights() != 2 && !drawing.solved->fits.at_infinity.empty() &&
                 has_points(drawing);
        }))
      entries.push_back({limit_style, "limit at infinite weights"});
    if (any([](const Drawing& drawing) { return is_way_shown(drawing); }))
      entries.push_back({way_style, "to the limit at infinite weights"});
    if (any([](const Drawing& drawing) { return drawing.has(StationaryKind::minimum); }))
      entries.push_back({"", "numbers: the best minima"});
    picture_.legend(20, 70, picture_width - 40.0, entries);
  }

  /// Whether the way to infinite weights is what there is to see.
  [[nodiscard]] static bool is_way_shown(const Drawing& drawing) {
    return drawing.weights() == 2 && drawing.points().empty() && drawing.infimum() != nullptr &&
           drawing.infimum()->direction.size() == drawing.problem->X.cols();
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

  /// Pairs of points.
  [[nodiscard]] std::string links_block(const Drawing& drawing) {
    const std::vector<Vector> at = places_of(drawing);
    Rows rows;
    for (const Link& link : drawn_links(drawing))
      rows.add(at[static_cast<std::size_t>(link.from)])
          .add(at[static_cast<std::size_t>(link.to)])
          .gap();
    return picture_.block(rows);
  }

  /// Curves with the levels of their energies.
  [[nodiscard]] std::string curves_block(const std::vector<Polyline>& curves,
                                         const Landscape& landscape) {
    Rows rows;
    for (const Polyline& curve : curves) {
      for (const auto& [x, y] : curve.points) rows.add(x, y, landscape.level(curve.energy));
      rows.gap();
    }
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

  /// Sees the energies of all points and limits.
  [[nodiscard]] static EnergyAxis energies_of(const Drawing& drawing) {
    EnergyAxis axis(drawing.computed.scale.energy(1.0));
    for (const StationaryPoint& point : drawing.points()) axis.see(point.energy);
    for (const InfinitePoint& limit : drawing.solved->fits.at_infinity) axis.see(limit.energy);
    return axis;
  }

  /// One weight: the energy itself.
  void add_curve_panel(const Drawing& drawing) {
    constexpr int samples = 1600;
    const WeightWindow& window = drawing.plane->window(0);
    Energy energy(*drawing.problem, drawing.computed, drawing.range);
    EnergyAxis axis = energies_of(drawing);
    Rows rows;
    for (int k = 0; k <= samples; ++k) {
      const double position = window.low() + (window.high() - window.low()) * k / samples;
      const double value = energy(Vector::Constant(1, window.value(position)));
      axis.see(value);
      rows.add(position, value);
    }
    picture_.axes(window.axis(), axis.axis())
        .plot(limit_layers(drawing)
                  .add(picture_.block(rows), "1:2", line_style(1.8, "#444444"))
                  .add(point_layers(drawing, "offset 0,-1")));
  }

  /// Two weights: contours of the energy, at levels that come closer towards the lowest energy, and steepest curves.
  void add_plane_panel(const Drawing& drawing, const Place& panel) {
    constexpr double most_evaluations = 2e8;  // of one pattern
    constexpr double fewest = 4e3, most = 2e5, most_for_curves = 4e5;
    constexpr std::size_t most_saddles = 8;
    const WeightPlane& plane = *drawing.plane;
    Energy energy_of(*drawing.problem, drawing.computed, drawing.range);
    const PlaneEnergy energy = [&](double x, double y) {
      return energy_of(plane.weights(Vector{{x, y}}));
    };
    const double affordable = most_evaluations / static_cast<double>(drawing.problem->X.rows());
    const PlaneView view{plane.box(), panel.width, panel.height};
    std::vector<double> energies, saddles;
    std::vector<PlanePoint> points;
    for (const StationaryPoint& point : drawing.points()) {
      const Vector at = plane.place(point.weights);
      if (!plane.box().contains(at(0), at(1))) continue;
      energies.push_back(point.energy);
      const bool is_saddle = point.kind == StationaryKind::saddle;
      if (is_saddle && saddles.size() < most_saddles) saddles.push_back(point.energy);
      if (point.morse_index) points.push_back({at(0), at(1), *point.morse_index});
    }
    const auto minima = std::count_if(points.begin(), points.end(),
                                      [](const PlanePoint& point) { return point.index == 0; });
    const Landscape landscape(energy, view, energies, minima > 1,
                              static_cast<int>(std::clamp(affordable, fewest, most)));
    const auto steepest = [&](bool up) {
      return curves_block(steepest_curves(energy, view, points, up,
                                          static_cast<int>(std::min(affordable, most_for_curves))),
                          landscape);
    };
    const std::string contours = curves_block(landscape.contours(), landscape);
    const std::string valleys = curves_block(landscape.contours(saddles), landscape);
    const std::string ascents = steepest(true), descents = steepest(false);
    picture_.add("{}set cblabel ''\n", landscape_palette);
    const Place box{panel.right() + 22.0, panel.top + 24.0, 14.0, panel.height - 24.0};
    picture_.colour_box(box, range_text(-Landscape::depth, 0.0), landscape.ticks());
    picture_.text(box.left, panel.top + 8.0, "E");
    picture_.axes(plane.window(0).axis(), plane.window(1).axis())
        .plot(Plot()
                  .add(contours, "1:2:3", line_style(1.1, "palette"))
                  .add(valleys, "1:2", saddle_level_style)
                  .add(ascents, "1:2", ascent_style)
                  .add(descents, "1:2", descent_style)
                  .add(way_block(drawing), "1:2", way_style)
                  .add(point_layers(drawing, "left offset 0.8,0.6")));
  }

  /// The ray of weights to the limit, as far as it is seen.
  [[nodiscard]] std::string way_block(const Drawing& drawing) {
    constexpr int steps = 400;
    if (!is_way_shown(drawing)) return "";
    Rows rows;
    const Vector direction = drawing.computed.held.fitted(drawing.infimum()->direction);
    const Vector start = drawing.computed.held.fitted(drawing.infimum()->weights);
    const WeightPlane& plane = *drawing.plane;
    const Box box = plane.box();
    const double size = (plane.weights(Vector{{box.right, box.top}}) -
                         plane.weights(Vector{{box.left, box.bottom}}))
                            .norm();
    for (int k = 0; k <= steps; ++k) {
      const Vector at =
          plane.place(Vector(start + direction * (size * k / steps) / direction.norm()));
      if (!box.contains(at(0), at(1))) break;
      rows.add(at);
    }
    return picture_.block(rows);
  }

  /// More weights: which minima the saddles join, at which energies.
  void add_graph_panel(const Drawing& drawing) {
    constexpr std::size_t many = 100;  // Points, whose descents would hide them.
    constexpr int most_ticks = 16;
    int lowest_index = 0, highest_index = 0;
    for (const StationaryPoint& point : drawing.points()) {
      lowest_index = std::min(lowest_index, point.morse_index.value_or(-1));
      highest_index = std::max(highest_index, point.morse_index.value_or(-1));
    }
    Ticks ticks;
    if (lowest_index < 0) ticks.add("?", -1.0);
    const int step = highest_index / most_ticks + 1;
    for (int index = 0; index <= highest_index; index += step)
      ticks.add(std::to_string(index), index);
    const NumberAxis indices{
        "Morse index (0: minima)", lowest_index - 0.5, highest_index + 0.5, false, {ticks}};
    picture_.axes(indices, energies_of(drawing).axis())
        .plot(limit_layers(drawing)
                  .add(links_block(drawing), "1:2",
                       drawing.points().size() > many ? faint_link_style : link_style)
                  .add(point_layers(drawing, "left offset 0.8,-0.5")));
  }

  const std::vector<Drawing>& drawings_;
  const NetworkRequest& network_;
  bool has_one_input_;  ///< Curves are drawn over the data.
  bool has_fits_;
  std::size_t columns_;  ///< Panels side by side.
  Picture picture_;
};

}  // namespace solve_plot

std::string plot_report(const SolveRequest& request, const Dataset& dataset,
                        const std::vector<SolvedProblem>& solved) {
  using namespace solve_plot;
  if (!solved.empty() && solved.front().hidden) {
    std::vector<HiddenDrawing> drawings;
    for (std::size_t i = 0; i < solved.size(); ++i) {
      // The constant alone is no picture.
      const auto& tree = solved[i].fits.tree;
      const bool has_branches = tree && tree->branches.size() > 1;
      drawings.push_back(
          {dataset.problems[i].name, &solved[i].fits, has_branches ? &*tree : nullptr});
    }
    return hidden_plot(request.outputs.plot_file, request.network, dataset.source, drawings);
  }
  const std::size_t count = std::min(solved.size(), most_panels);
  std::vector<Drawing> drawings;
  for (std::size_t i = 0; i < count; ++i)
    drawings.push_back(make_drawing(request.network, dataset.problems[i], solved[i]));
  const std::string title =
      fmt::format("Stationary points of the energy of a {} perceptron: {}{}",
                  to_string(request.network.perceptron.activation), source_text(dataset.source),
                  part_note(count, solved.size()));
  const bool is_curve = has_one_input(request.network, dataset.problems.front());
  return draw_picture(request.outputs.plot_file,
                      FitsPicture::picture_height(count, FitsPicture::has_fits(drawings, is_curve)),
                      title, FitsPicture(drawings, request.network).script(title));
}

}  // namespace tautrack::program
