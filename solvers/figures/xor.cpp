#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "tautrack/fits/all_fits.hpp"

#include "drawing.hpp"
#include "drivers.hpp"
#include "xor_curves.hpp"

namespace tautrack::program {
namespace {

// --- What is known. ----------------------------------------------------------------------------

constexpr double drawn_ridge = 0.03;
constexpr double least_ridge = 1e-4, largest_ridge = 1.0;
constexpr std::size_t indices = 4;  ///< Morse indices that occur: 0 to 3.

/// A family of stationary points at the drawn ridge. These and all known numbers below were computed by another program, by
/// the method of Levenberg and Marquardt from some 300 000 starts, and curves followed from each family.
struct KnownFamily {
  double energy;
  int index, copies;
};
constexpr std::array<KnownFamily, 12> known_families = {{{0.225005446438528, 0, 16},
                                                         {1.02014142563177, 0, 32},
                                                         {1.02493706575624, 1, 64},
                                                         {1.24721506985502, 1, 16},
                                                         {1.32151647725989, 1, 16},
                                                         {1.62, 0, 1},
                                                         {1.62021959763636, 1, 16},
                                                         {1.62025533839143, 2, 16},
                                                         {1.62039937651096, 2, 32},
                                                         {1.62068640993649, 2, 16},
                                                         {1.92778627723072, 2, 32},
                                                         {1.95673930063016, 3, 32}}};
constexpr std::size_t family_of_zero = 5;

/// A curve in tau between two families, numbered by energy from 0 on.
struct KnownCurve {
  std::size_t from, to;
  double fold;
  std::optional<double> pitchfork;
};
constexpr std::array<KnownCurve, 5> known_curves = {{{0, 7, .0569051118464, .612007770690},
                                                     {1, 8, .299476502566, .355446780549},
                                                     {3, 6, .375365132373, .990834223031},
                                                     {4, 9, .503239408018, std::nullopt},
                                                     {10, 11, .977636528432, std::nullopt}}};
constexpr std::size_t meeting_family = 2;  ///< Whose curve ends at the pitchfork of the second one.

/// Points of each index.
using Counts = std::array<int, indices>;
struct KnownCounts {
  double ridge;
  Counts points;
};
constexpr std::array<KnownCounts, 5> known_counts = {{{0.1, {49, 128, 80, 0}},
                                                      {0.03, {49, 112, 96, 32}},
                                                      {0.01, {49, 112, 96, 32}},
                                                      {1e-3, {49, 112, 96, 32}},
                                                      {1e-4, {49, 112, 96, 32}}}};
/// Where the number of points is compared with that of another search.
constexpr std::array searched_ridges = {0.5, 0.3, 0.05};

// --- Points and curves. ------------------------------------------------------------------------

Problem exclusive_or() {
  return make_problem(matrix_of(3, {-1, -1, 1, -1, 1, 1, 1, -1, 1, 1, 1, 1}),
                      vector_of({-0.9, 0.9, 0.9, -0.9}));
}

HiddenLayerOptions two_units(double ridge) {
  HiddenLayerOptions options;
  options.units = 2;
  options.output = OutputNode::sigmoid;
  options.ridge_hidden = options.ridge_output = options.ridge_bias = ridge;
  return options;
}

AllFits fits_of_ridge(double ridge, const FigureRequest& request) {
  FitOptions options;
  options.explore.seed = request.seed;
  options.explore.quiet_rounds = 2;  // Enough for all points with any of many seeds.
  options.explore.certify = false;
  return find_all_fits(HiddenLayer(exclusive_or(), two_units(ridge)), options);
}

double points_of(const AllFits& fits) {
  double sum = 0.0;
  for (const StationaryPoint& point : fits.points) sum += point.copies;
  return sum;
}

/// A curve, and of how many points it is one.
struct CountedCurve {
  FollowedCurve curve;
  double copies = 1.0;
  std::optional<std::size_t> family;  ///< That it was followed from; nothing: from a pitchfork.
};

/// Adds the curves that begin at pitchforks which no curve met so far. Half of the symmetries of a pitchfork turn its null
/// vector over, so that the curve along that has twice as many copies.
template <class Follow>
void add_other_curves(std::vector<CountedCurve>& curves, const Follow& follow) {
  constexpr double same = 1e-8;  // Of located events, relative.
  std::vector<double> met;
  const auto note = [&met](const FollowedCurve& curve) {
    for (const CurveEvent& event : curve.events)
      if (event.kind == CurveEventKind::meeting) met.push_back(event.place.at);
  };
  for (const CountedCurve& one : curves) note(one.curve);
  for (std::size_t i = 0; i < curves.size(); ++i)
    for (std::size_t k = 0; k < curves[i].curve.events.size(); ++k) {
      const CurveEvent event = curves[i].curve.events[k];
      const double at = event.place.at;
      const bool is_known = std::any_of(
          met.begin(), met.end(), [&](double other) { return std::abs(other - at) <= same * at; });
      if (event.kind != CurveEventKind::pitchfork || is_known || event.across.size() == 0) continue;
      met.push_back(at);
      curves.push_back({follow(event), 2.0 * curves[i].copies, std::nullopt});
      note(curves.back().curve);
    }
}

/// All that the figure shows.
class ExclusiveOr {
 public:
  explicit ExclusiveOr(const FigureRequest& request)
      : network_(exclusive_or(), two_units(drawn_ridge)),
        fits_(fits_of_ridge(drawn_ridge, request)) {
    follow_tau();
    follow_ridge();
  }

  [[nodiscard]] const AllFits& fits() const { return fits_; }
  [[nodiscard]] const std::vector<CountedCurve>& tau_curves() const { return tau_curves_; }
  [[nodiscard]] const std::vector<CountedCurve>& ridge_curves() const { return ridge_curves_; }

  /// The family of an end of a curve in tau.
  [[nodiscard]] std::optional<std::size_t> family_of(const Vector& x) const {
    constexpr double same = 1e-10;
    HiddenLayer::Workspace work(network_);
    const double energy = network_.energy(x, 1.0, work);
    for (std::size_t k = 0; k < fits_.points.size(); ++k)
      if (std::abs(fits_.points[k].energy - energy) <= same) return k;
    return std::nullopt;
  }

  /// Stationary points by index at a ridge where nothing happens.
  [[nodiscard]] Counts counts(double ridge) const {
    constexpr double rounding = 1e-12;  // Of the ends of curves, whose parameter is the logarithm.
    ridge = std::clamp(ridge, least_ridge * (1.0 + rounding), largest_ridge * (1.0 - rounding));
    Counts counts{};
    for (const CountedCurve& one : ridge_curves_)
      for (const CurveStretch& stretch : one.curve.stretches) {
        const double a = stretch.places.front().at, b = stretch.places.back().at;
        const auto index = static_cast<std::size_t>(stretch.index);
        if (stretch.index >= 0 && index < indices && std::min(a, b) <= ridge &&
            ridge < std::max(a, b))
          counts[index] += static_cast<int>(one.copies);
      }
    return counts;
  }

  /// The ridges between which the counts are the same, rising, with the ends.
  [[nodiscard]] std::vector<double> borders() const {
    std::vector<double> all;
    for (const CountedCurve& one : ridge_curves_)
      for (const CurveEvent& event : one.curve.events) all.push_back(event.place.at);
    std::sort(all.begin(), all.end());
    std::vector<double> borders{least_ridge};
    constexpr double same = 1e-8;
    for (const double at : all)
      if (at > borders.back() * (1.0 + same)) borders.push_back(at);
    borders.push_back(largest_ridge);
    return borders;
  }

 private:
  /// From one point of each family that no other curve arrived at.
  void follow_tau() {
    std::set<std::size_t> arrived;
    for (std::size_t k = 0; k < fits_.points.size(); ++k) {
      if (arrived.contains(k)) continue;
      const StationaryPoint& point = fits_.points[k];
      tau_curves_.push_back(
          {follow_in_tau(network_, network_.coordinates(point.weights)), point.copies, k});
      if (const auto& end = tau_curves_.back().curve.end)
        if (const auto family = family_of(*end)) arrived.insert(*family);
    }
    add_other_curves(tau_curves_, [this](const CurveEvent& pitchfork) {
      return follow_in_tau(network_, pitchfork);
    });
  }

  void follow_ridge() {
    const RidgeCurves ridge(exclusive_or(), two_units(drawn_ridge), least_ridge, largest_ridge);
    for (std::size_t k = 0; k < fits_.points.size(); ++k)
      for (const double towards : {least_ridge, largest_ridge}) {
        const StationaryPoint& point = fits_.points[k];
        ridge_curves_.push_back(
            {ridge.follow(network_.coordinates(point.weights), drawn_ridge, towards), point.copies,
             k});
      }
    add_other_curves(ridge_curves_,
                     [&](const CurveEvent& pitchfork) { return ridge.follow(pitchfork); });
  }

  HiddenLayer network_;
  AllFits fits_;
  std::vector<CountedCurve> tau_curves_, ridge_curves_;
};

// --- Tables. -----------------------------------------------------------------------------------

/// Most families have nearly the energy of w = 0: energies are drawn by their difference to it.
constexpr double energy_unit = 1e-4;

double energy_of_zero() { return known_families[family_of_zero].energy; }

WeightAxis energy_axis() { return {energy_unit, energy_of_zero()}; }

/// Where the families stand: by index, side by side those of one index.
std::vector<std::pair<double, double>> family_places(const AllFits& fits) {
  constexpr double pitch = 0.2;
  Counts seen{}, all{};
  const auto index_of = [](const StationaryPoint& point) {
    return static_cast<std::size_t>(std::clamp(point.morse_index.value_or(0), 0, 3));
  };
  for (const StationaryPoint& point : fits.points) ++all[index_of(point)];
  std::vector<std::pair<double, double>> places;
  for (const StationaryPoint& point : fits.points) {
    const std::size_t index = index_of(point);
    places.emplace_back(static_cast<double>(index) + pitch * (seen[index] - 0.5 * (all[index] - 1)),
                        energy_axis().position(point.energy - energy_of_zero()));
    ++seen[index];
  }
  return places;
}

void add_family_tables(Figure& figure, const AllFits& fits) {
  const std::vector<std::pair<double, double>> places = family_places(fits);
  FigureTable points{"points", {"x", "position", "energy", "index", "copies", "norm"}, {}};
  for (std::size_t k = 0; k < places.size(); ++k) {
    const StationaryPoint& point = fits.points[k];
    points.rows.push_back({places[k].first, places[k].second, point.energy,
                           static_cast<double>(point.morse_index.value_or(-1)), point.copies,
                           point.weights.norm()});
  }
  figure.tables.push_back(std::move(points));
  for (const bool descents : {false, true}) {
    std::set<std::pair<int, int>> pairs;
    for (const Link& link : fits.exploration.links)
      if (link.from >= 0 && link.to >= 0 && link.from != link.to &&
          (link.kind == CurveKind::descent) == descents)
        pairs.insert(std::minmax(link.from, link.to));
    FigureTable table{descents ? "descents" : "curves", {"x", "position"}, {}};
    for (const auto& [from, to] : pairs) {
      if (!table.rows.empty()) table.rows.emplace_back();
      for (const int end : {from, to}) {
        const auto& place = places[static_cast<std::size_t>(end)];
        table.rows.push_back({place.first, place.second});
      }
    }
    figure.tables.push_back(std::move(table));
  }
}

/// Curves with their index, and what happens on them. No line is drawn at w = 0.
void add_curve_tables(Figure& figure, const std::vector<CountedCurve>& curves,
                      const std::string& name, const std::string& parameter) {
  const std::vector<std::string> columns = {parameter, "norm", "energy"};
  FigureTable lines{name, columns, {}};
  lines.columns.emplace_back("index");
  FigureTable folds{name + "_folds", columns, {}}, pitchforks{name + "_pitchforks", columns, {}};
  for (const CountedCurve& one : curves) {
    if (one.family == family_of_zero) continue;
    for (const CurveStretch& stretch : one.curve.stretches) {
      if (stretch.places.size() < 2) continue;
      if (!lines.rows.empty()) lines.rows.emplace_back();
      for (const CurvePlace& place : stretch.places)
        lines.rows.push_back(
            {place.at, place.norm, place.energy, static_cast<double>(stretch.index)});
    }
    for (const CurveEvent& event : one.curve.events)
      if (event.kind != CurveEventKind::meeting)
        (event.kind == CurveEventKind::fold ? folds : pitchforks)
            .rows.push_back({event.place.at, event.place.norm, event.place.energy});
  }
  figure.tables.insert(figure.tables.end(), {lines, folds, pitchforks});
}

/// Counts as boxes between borders, one index upon the other, and their sums.
void add_count_tables(Figure& figure, const ExclusiveOr& found) {
  FigureTable table{"counts", {"left", "right", "bottom", "top", "index"}, {}};
  FigureTable totals{"totals", {"left", "right", "middle", "points"}, {}};
  const std::vector<double> borders = found.borders();
  for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
    const double middle = std::sqrt(borders[i] * borders[i + 1]);
    const Counts counts = found.counts(middle);
    double top = 0.0;
    for (std::size_t index = 0; index < indices; ++index) {
      const double bottom = std::exchange(top, top + counts[index]);
      if (top > bottom)
        table.rows.push_back({borders[i], borders[i + 1], bottom, top, static_cast<double>(index)});
    }
    totals.rows.push_back({borders[i], borders[i + 1], middle, top});
  }
  figure.tables.insert(figure.tables.end(), {table, totals});
}

// --- Checks. -----------------------------------------------------------------------------------

void check_families(Figure& figure, const AllFits& fits) {
  Counts by_index{};
  for (const StationaryPoint& point : fits.points)
    if (point.morse_index && *point.morse_index < static_cast<int>(indices))
      by_index[static_cast<std::size_t>(*point.morse_index)] += static_cast<int>(point.copies);
  check(figure, "families", static_cast<double>(fits.points.size()), known_families.size(), 0);
  check(figure, "points, all copies", points_of(fits), 289, 0);
  check(figure, "sum of (-1)^index", static_cast<double>(fits.index_sum), 1, 0);
  const Counts& known = known_counts[1].points;
  for (std::size_t index = 0; index < indices; ++index)
    check(figure, fmt::format("points of index {}", index), by_index[index], known[index], 0);
  for (std::size_t k = 0; k < std::min(fits.points.size(), known_families.size()); ++k) {
    const std::string of = fmt::format(" of family {}", k + 1);
    check(figure, "E" + of, fits.points[k].energy, known_families[k].energy, 1e-12);
    check(figure, "Morse index" + of, fits.points[k].morse_index.value_or(-1),
          known_families[k].index, 0);
    check(figure, "copies" + of, fits.points[k].copies, known_families[k].copies, 0);
  }
}

/// The first event of a kind on a curve, or nothing.
std::optional<double> event_at(const FollowedCurve& curve, CurveEventKind kind) {
  for (const CurveEvent& event : curve.events)
    if (event.kind == kind) return event.place.at;
  return std::nullopt;
}

void check_tau(Figure& figure, const ExclusiveOr& found) {
  constexpr double digits = 1e-11;  // Twelve digits are known.
  const auto curve_of = [&](std::optional<std::size_t> family) -> const FollowedCurve* {
    for (const CountedCurve& one : found.tau_curves())
      if (one.family == family) return &one.curve;
    return nullptr;
  };
  for (const KnownCurve& known : known_curves) {
    const std::string between = fmt::format("families {} and {}", known.from + 1, known.to + 1);
    const FollowedCurve* curve = curve_of(known.from);
    const auto end = curve && curve->end ? found.family_of(*curve->end) : std::nullopt;
    check(figure, fmt::format("family at the end of the curve from family {}", known.from + 1),
          end ? static_cast<double>(*end + 1) : 0.0, static_cast<double>(known.to + 1), 0);
    if (!curve) continue;
    check(figure, "tau of the fold between " + between,
          event_at(*curve, CurveEventKind::fold).value_or(0.0), known.fold, digits);
    if (known.pitchfork)
      check(figure, "tau of the pitchfork between " + between,
            event_at(*curve, CurveEventKind::pitchfork).value_or(0.0), *known.pitchfork, digits);
  }
  const auto meets = [&](const std::string& what, const FollowedCurve* curve, double reference) {
    check(figure, what, curve ? event_at(*curve, CurveEventKind::meeting).value_or(0.0) : 0.0,
          reference, digits);
  };
  meets(fmt::format("tau where the curve of family {} meets another", meeting_family + 1),
        curve_of(meeting_family), *known_curves[1].pitchfork);
  meets("tau where the curve from one pitchfork meets another", curve_of(std::nullopt),
        *known_curves[2].pitchfork);
  const FollowedCurve* zero = curve_of(family_of_zero);
  check(figure, "whether w = 0 comes from tau = 0", zero && zero->end && zero->end->norm() == 0.0,
        1, 0);
  check(figure, "curves in tau", static_cast<double>(found.tau_curves().size()),
        known_curves.size() + 3, 0);
}

void check_ridges(Figure& figure, const ExclusiveOr& found, const FigureRequest& request) {
  for (const KnownCounts& known : known_counts) {
    const Counts counts = found.counts(known.ridge);
    for (std::size_t index = 0; index < indices; ++index)
      check(figure,
            fmt::format("points of index {} along curves at ridge {:g}", index, known.ridge),
            counts[index], known.points[index], 0);
  }
  const auto total = [&](double ridge) {
    double sum = 0.0;
    for (const int count : found.counts(ridge)) sum += count;
    return sum;
  };
  for (const double ridge : searched_ridges)
    check(figure, fmt::format("points along curves at ridge {:g}, and by a search there", ridge),
          total(ridge), points_of(fits_of_ridge(ridge, request)), 0);
  const std::vector<double> borders = found.borders();
  double largest = 0.0;
  for (std::size_t i = 0; i + 1 < borders.size(); ++i) {
    const Counts counts = found.counts(std::sqrt(borders[i] * borders[i + 1]));
    int sum = 0;
    for (std::size_t index = 0; index < indices; ++index)
      sum += index % 2 == 0 ? counts[index] : -counts[index];
    largest = std::max(largest, std::abs(sum - 1.0));
  }
  check(figure, "largest difference of the sum of (-1)^index to 1 at any ridge", largest, 0.0, 0);
  check(figure, "points at the largest ridge", total(largest_ridge), 1, 0);
}

// --- Drawing. ----------------------------------------------------------------------------------

struct IndexStyle {
  Shape shape;
  double size;
  std::string_view colour, name;
};
constexpr std::array<IndexStyle, indices> index_styles = {
    {{Shape::disc, 1.5, "#000000", "minimum"},
     {Shape::square, 1.3, "#0072B2", "index 1"},
     {Shape::triangle, 1.6, "#D55E00", "index 2"},
     {Shape::diamond, 1.7, "#8E2A8B", "index 3"}}};
const std::string xor_curve_style = line_style(0.8, "#B8B8B8");
const std::string xor_descent_style = line_style(1.6, "#56B4E9");
const std::string xor_fold_style = point_style(Shape::circle, 1.2, "#000000", 1.6);
const std::string xor_pitchfork_style = point_style(Shape::open_square, 1.2, "#C1121F", 1.8);

std::string of_index(std::size_t index, std::string_view x, std::string_view y) {
  return fmt::format("(column('index')=={}?{}:NaN):{}", index, x, y);
}

std::string points_of_index(std::size_t index, double larger = 1.0) {
  const IndexStyle& style = index_styles[index];
  return point_style(style.shape, larger * style.size, style.colour);
}

Plot lines_plot(const Figure& figure, const std::string& name) {
  Plot plot;
  for (std::size_t index = 0; index < indices; ++index)
    plot.add(file_of(figure, name), of_index(index, "$1", "2"),
             line_style(2.2, index_styles[index].colour));
  return plot;
}

Plot events_plot(const Figure& figure, const std::string& name) {
  return Plot()
      .add(file_of(figure, name + "_folds"), "1:2", xor_fold_style)
      .add(file_of(figure, name + "_pitchforks"), "1:2", xor_pitchfork_style);
}

void draw_families(Picture& picture, const Figure& figure, const Place& place) {
  Plot plot;
  plot.add(file_of(figure, "curves"), "1:2", xor_curve_style)
      .add(file_of(figure, "descents"), "1:2", xor_descent_style);
  for (std::size_t index = 0; index < indices; ++index)
    plot.add(file_of(figure, "points"), of_index(index, "$1", "2"), points_of_index(index, 2.2));
  plot.add(file_of(figure, "points"), "1:2:5", "labels center font ',9' textcolor rgb '#FFFFFF'");
  Ticks ticks;
  for (std::size_t index = 0; index < indices; ++index)
    ticks.add(fmt::format("{}", index), static_cast<double>(index));
  const WeightAxis energies = energy_axis();
  constexpr double margin = 0.6;
  picture.panel(place)
      .names("", "",
             fmt::format("The families at ridge {:g}, and how many points each has", drawn_ridge))
      .axes({"Morse index", -margin, 3.0 + margin, false, {ticks}},
            {"E - E(w = 0)", energies.position(-3.0), energies.position(0.9), false,
             energies.ticks()})
      .plot(plot);
}

void draw_tau(Picture& picture, const Figure& figure, const Place& place) {
  Plot plot = lines_plot(figure, "tau");
  for (std::size_t index = 0; index < indices; ++index)
    plot.add(file_of(figure, "points"), of_index(index, "(1)", "6"), points_of_index(index));
  plot.add(events_plot(figure, "tau"));
  picture.panel(place)
      .names("", "", fmt::format("Curves in τ, ridge {:g}", drawn_ridge))
      .axes(NumberAxis{"τ", 0.0, 1.03}, NumberAxis{"|w|", 0.13, 7.0, true})
      .plot(plot)
      .add("unset logscale\n");
}

void draw_ridge(Picture& picture, const Figure& figure, const Place& place) {
  picture.panel(place)
      .names("", "", "Curves in the ridge, τ = 1")
      .axes(NumberAxis{"ridge", least_ridge, largest_ridge, true},
            NumberAxis{"|w|", 0.007, 13.0, true})
      .plot(lines_plot(figure, "ridge").add(events_plot(figure, "ridge")))
      .add("unset logscale\n");
}

void draw_counts(Picture& picture, const Figure& figure, const Place& place) {
  Plot plot;
  // A box covers a little more than its ridges, so that nothing shows between two.
  for (std::size_t index = 0; index < indices; ++index)
    plot.add(
        file_of(figure, "counts"),
        fmt::format("(column('index')=={}?$1:NaN):3:1:($2*1.003):3:4", index),
        fmt::format("boxxyerror fs solid 1 noborder lw 0 fc rgb '{}'", index_styles[index].colour));
  // Where there is room for the number.
  plot.add(file_of(figure, "totals"), "($2>1.39*$1?$3:NaN):4:4",
           "labels center offset 0,0.6 font ',10' textcolor rgb '#222222'");
  picture.panel(place)
      .names("", "", "How many points there are, τ = 1")
      .axes(NumberAxis{"ridge", least_ridge, largest_ridge, true},
            NumberAxis{"stationary points", 0.0, 340.0})
      .plot(plot)
      .add("unset logscale\n");
}

std::string xor_script(const Figure& figure) {
  constexpr double width = 640.0, height = 460.0, left = 110.0, right = 900.0, top = 80.0,
                   lower = 640.0;
  Picture picture = picture_of(figure);
  std::vector<LegendEntry> legend;
  for (std::size_t index = 0; index < indices; ++index)
    legend.push_back({points_of_index(index), std::string(index_styles[index].name)});
  legend.insert(legend.end(), {{xor_fold_style, "fold"},
                               {xor_pitchfork_style, "pitchfork"},
                               {xor_descent_style, "link: found by a descent"},
                               {xor_curve_style, "link: found along a curve"}});
  picture.centred_legend(figure.height - 24.0, legend);
  draw_families(picture, figure, {left, top, width, height});
  draw_tau(picture, figure, {right, top, width, height});
  draw_ridge(picture, figure, {left, lower, width, height});
  draw_counts(picture, figure, {right, lower, width, height});
  return std::move(picture).script();
}

}  // namespace

Figure make_xor(const FigureRequest& request) {
  const ExclusiveOr found(request);
  Figure figure;
  figure.name = "xor";
  figure.width = 1600;
  figure.height = 1220;
  figure.title =
      "Exclusive or with two hidden units: all stationary points and how they are joined";
  figure.caption =
      "Inputs -1 and 1, targets -0.9 and 0.9, two hidden units and an output of tanh, the same "
      "ridge on all nine weights. Upper "
      "left: the 289 stationary points at ridge 0.03 are 12 families of images under the "
      "symmetries of units and data; the numbers say "
      "of how many points, and lines join families that the search found from each other. The best "
      "fit is the family of 16 at the "
      "bottom. Upper right: curves of the natural homotopy, followed backwards from one point of "
      "each family at tau = 1. None "
      "comes from the linear network, to which w = 0 alone belongs (not drawn): they turn round in "
      "five folds and are back at "
      "tau = 1 in another family. At three pitchforks curves of less symmetry begin: one leads to "
      "the family of 64, another one "
      "from pitchfork to pitchfork, and never to tau = 1. Below: the same for the ridge at tau = "
      "1. As it grows, families "
      "vanish in pairs in folds, until beyond 0.513 w = 0 alone is left. From 0.04 down to 1e-4 "
      "there are 289 points; above that, "
      "up to 0.056, 321, for there the curve between two pitchforks has 32 more.";
  add_family_tables(figure, found.fits());
  add_curve_tables(figure, found.tau_curves(), "tau", "tau");
  add_curve_tables(figure, found.ridge_curves(), "ridge", "ridge");
  add_count_tables(figure, found);
  check_families(figure, found.fits());
  check_tau(figure, found);
  check_ridges(figure, found, request);
  figure.script = xor_script(figure);
  return figure;
}

}  // namespace tautrack::program
