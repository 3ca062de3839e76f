#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>

#include "tautrack/fits/fitted_range.hpp"

#include "drawing.hpp"
#include "drivers.hpp"
#include "limits_polygon.hpp"

namespace tautrack::program {
namespace {

/// A stationary point as it is known: E, Morse index, weights for tanh, plateaus.
struct KnownPoint {
  double energy;
  int index;
  double slope, bias, low, high;
};

/// The infimum that is not attained as it is known: an exponential (offset, factor, rate), or a step (low, high
/// plateau, and how many patterns lie low).
struct KnownLimit {
  bool is_exponential;
  double energy;
  double first, second, third;
};

/// One of the four data sets. The known numbers were computed in 40-digit arithmetic, by another program.
struct CurveData {
  std::string_view tag, title;
  std::vector<double> x, y;
  double energy_of_constant, energy_of_line;
  double energy_of_exponential;  ///< Of the best one.
  std::vector<KnownPoint> points;
  std::optional<KnownLimit> limit;
  std::optional<int> index_sum;  ///< Over points and limits; nothing where data tie.
  std::string_view outside;      ///< What lies outside the part of the normal form that is shown.
};

const std::vector<CurveData>& data_sets() {
  static const std::vector<CurveData> sets = {
      // R's data set DNase, run 1: optical density over log2(concentration / 0.78125) (Davidian &
      // Giltinan, Nonlinear Models for Repeated Measurement Data, 1995).
      {"one",
       "a finite fit, the only one",
       {-4, -4, -2, -2, -1, -1, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4},
       {.017, .018, .121, .124, .206, .215, .377, .374, .614, .609, 1.019, 1.001, 1.334, 1.364,
        1.73, 1.71},
       2.70598446875,
       .2791197412280701,
       .02298609670623108,
       {{.00235362752836321, 0, .3261627676386776, -.825474435991546, -.007897177380863945,
         2.377238875081567}},
       std::nullopt,
       1,
       ""},
      // Made up, as are the others.
      {"exponential",
       "no upper plateau: an exponential",
       {0, 1, 2, 3, 4, 5, 6, 7},
       {1.2, 1.9, 2.4, 3.9, 5.6, 8.9, 13.1, 21},
       164.35,
       25.749880952380952,
       .1155688727604574,
       {},
       KnownLimit{true, .1155688727604574, .4700265051613948, .831856464172849, .4573281528118041},
       1,
       ""},
      {"step",
       "no finite slope: a step",
       {1, 2, 3, 4, 5, 6, 7, 8},
       {2.1, 1.3, 3.2, .9, 101.8, 99.4, 98.1, 100.7},
       9633.909375,
       2356.6543452380947,
       2356.64379551633,
       {},
       KnownLimit{false, 5.39375, 1.875, 100.0, 4.0},
       std::nullopt,
       "↑ the step"},
      {"two",
       "two finite fits; an exponential is better",
       {0, .3, 1, 1.2, 2.5, 3, 4, 6, 6.3, 7, 9, 9.5},
       {0, .5, 1, 9, 10, 11, 10, 11, 19, 20, 21, 20},
       331.6145833333333,
       46.747453609643784,
       37.90122858253534,
       {{78.93990105588709, 0, 4.817705011938321, -29.21120513842426, 5.928548807189494,
         20.33435582190791},
        {86.29034921191472, 1, .9914159695863144, -5.855471759119613, 5.789980062671986,
         20.96279057928069},
        {91.81249795061895, 0, 8.202200797743942, -9.674404552093147, .2499900759686835,
         15.25000008205168},
        {98.22162442617523, 1, 1.781177990654218, -2.266829333129435, -.4411829685849278,
         15.33091978085137}},
       KnownLimit{true, 37.90122858253534, 27.2297327244914, -27.00186821090557,
                  -.1488219528351491},
       1,
       "← the finite fits →"}};
  return sets;
}

/// A data set with all its fits, and its polygon.
struct Solved {
  const CurveData* data;
  Problem problem;
  AllFits fits;
  LimitsPolygon polygon;

  [[nodiscard]] double middle() const {
    return 0.5 * (polygon.levels().front() + polygon.levels().back());
  }
  [[nodiscard]] double half() const {
    return 0.5 * (polygon.levels().back() - polygon.levels().front());
  }
};

Solved solve(const CurveData& data, const FigureRequest& request) {
  const auto L = static_cast<Index>(data.x.size());
  Matrix X(L, 2);
  X.col(0) = Eigen::Map<const Vector>(data.x.data(), L);
  X.col(1).setOnes();
  Problem problem = make_problem(X, Eigen::Map<const Vector>(data.y.data(), L));
  FitOptions options;
  options.explore.seed = request.seed;
  AllFits fits = find_all_fits(problem, Activation::tanh, OutputRange{}, options);
  LimitsPolygon polygon(problem);
  return {&data, std::move(problem), std::move(fits), std::move(polygon)};
}

// --- What is drawn. ---------------------------------------------------------------------------

constexpr double tanh_scale = 2.0;  ///< tanh(u) = 2 logistic(2u) - 1
/// The colours show E as a share of that of the constant, the mean, in decades.
constexpr double darkest = -3.4;
constexpr int bands_in_decade = 8;
/// The part of the normal form that is shown, for inputs scaled to [-1, 1].
constexpr Box normal_window = {-2.0, 2.0, -0.55, 3.6};

/// One column of a coloured picture: ordinates in rising order, with log10 of the share of E.
struct Column {
  double left, right;
  std::vector<std::pair<double, double>> values;
};

/// Columns as boxes of one colour each, a band of shares, whose borders are interpolated.
void add_bands(FigureTable& table, const Column& column) {
  const auto band_of = [](double value) { return std::floor(value * bands_in_decade); };
  double bottom = column.values.front().first;
  double band = band_of(column.values.front().second);
  const auto close = [&](double top) {
    if (top > bottom)
      table.rows.push_back(
          {column.left, column.right, bottom, top, (band + 0.5) / bands_in_decade});
    bottom = top;
  };
  for (std::size_t i = 0; i + 1 < column.values.size(); ++i) {
    const auto [y, value] = column.values[i];
    const auto [next_y, next] = column.values[i + 1];
    for (const double to = band_of(next); band != to;) {
      const double border = (band < to ? band + 1.0 : band) / bands_in_decade;
      const double part =
          next != value ? std::clamp((border - value) / (next - value), 0.0, 1.0) : 1.0;
      close(y + part * (next_y - y));
      band += band < to ? 1.0 : -1.0;
    }
  }
  close(column.values.back().first);
}

FigureTable bands_table(std::string name) {
  return {std::move(name), {"left", "right", "bottom", "top", "share"}, {}};
}

double share_of(const Solved& solved, double energy) {
  return std::max(std::log10(energy / solved.polygon.energy_of_constant()), darkest);
}

/// More than a column, so that nothing shows between them.
constexpr double overlap = 0.3;

/// E over the polygon.
FigureTable polygon_table(const Solved& solved) {
  constexpr int columns = 220, steps = 48;
  FigureTable table = bands_table("polygon_" + std::string(solved.data->tag));
  const std::vector<double>& corners = solved.polygon.corners();
  const double width = (corners.back() - corners.front()) / columns;
  for (int i = 0; i < columns; ++i) {
    const double across = corners.front() + (i + 0.5) * width;
    Column column{across - (0.5 + overlap) * width, across + (0.5 + overlap) * width, {}};
    column.left = std::max(column.left, corners.front());
    column.right = std::min(column.right, corners.back());
    solved.polygon.walk_up(across, steps, [&](const PolygonPlace& place, double energy) {
      // Next to the edges rounding may change the order.
      const double y =
          column.values.empty() ? place.down : std::max(place.down, column.values.back().first);
      column.values.emplace_back(y, share_of(solved, energy));
    });
    add_bands(table, column);
  }
  return table;
}

/// The curve with p and m, in the shares of its rise. @pre m >= 0
LimitsPolygon::Shares normal_form(const Solved& solved, double p, double m) {
  const double scale = solved.half();
  if (m > 0.0) {
    // p = w tanh(c), m = w^2 - p^2 for tanh(w x + c), x in [-1, 1].
    const double w = std::sqrt(p * p + m), c = std::atanh(p / w);
    return solved.polygon.sigmoid(tanh_scale * w / scale,
                                  tanh_scale * (c - w * solved.middle() / scale));
  }
  return solved.polygon.exponential(-2.0 * p / scale);
}

/// E over (p, m).
FigureTable normal_table(const Solved& solved) {
  constexpr int columns = 160, steps = 80;
  FigureTable table = bands_table("normal_" + std::string(solved.data->tag));
  const double width = normal_window.width() / columns;
  for (int i = 0; i < columns; ++i) {
    const double p = normal_window.left + (i + 0.5) * width;
    Column column{std::max(p - (0.5 + overlap) * width, normal_window.left),
                  std::min(p + (0.5 + overlap) * width, normal_window.right),
                  {}};
    for (int k = 0; k <= steps; ++k) {
      const double m = normal_window.top * k / steps;
      column.values.emplace_back(
          m, share_of(solved, solved.polygon.energy(normal_form(solved, p, m))));
    }
    add_bands(table, column);
  }
  return table;
}

/// The window of the normal form in the polygon.
FigureTable window_table(const Solved& solved) {
  constexpr int steps = 60;
  FigureTable table{"window_" + std::string(solved.data->tag), {"x", "y"}, {}};
  const auto add = [&](double p, double m) {
    const PolygonPlace place = solved.polygon.place(normal_form(solved, p, m));
    table.rows.push_back({place.across, place.down});
  };
  // Close to m = 0 the place moves like the root of m.
  for (int k = 0; k <= steps; ++k)
    add(normal_window.left, normal_window.top * std::pow(static_cast<double>(k) / steps, 3));
  for (int k = 0; k <= steps; ++k)
    add(normal_window.left + normal_window.width() * k / steps, normal_window.top);
  for (int k = steps; k >= 0; --k)
    add(normal_window.right, normal_window.top * std::pow(static_cast<double>(k) / steps, 3));
  return table;
}

FigureTable outline_table(const Solved& solved) {
  FigureTable table{"corners_" + std::string(solved.data->tag), {"x", "y"}, {}};
  for (const double corner : solved.polygon.corners())
    table.rows.push_back({corner, solved.polygon.lower_edge(corner)});
  return table;
}

/// What marks a place in the lower rows.
enum class Mark { minimum = 0, saddle = 1, limit = 2, exponential = 3, line = 4 };

/// Fits, limits, the best exponential where it is no limit of fits, and the straight line.
FigureTable marks_table(const Solved& solved) {
  FigureTable table{
      "marks_" + std::string(solved.data->tag), {"x", "y", "p", "m", "energy", "mark"}, {}};
  const LimitsPolygon& polygon = solved.polygon;
  const auto add = [&](const LimitsPolygon::Shares& shares, double p, double m, double energy,
                       Mark mark) {
    const PolygonPlace place = polygon.place(shares);
    table.rows.push_back(
        {place.across, place.down, p, m, energy, static_cast<double>(static_cast<int>(mark))});
  };
  add(polygon.exponential(0.0), 0.0, 0.0, polygon.energy_of_line(), Mark::line);
  for (const StationaryPoint& point : solved.fits.points) {
    const double slope = point.weights(0), bias = point.weights(1);
    const double w = slope * solved.half(), c = bias + slope * solved.middle();
    add(polygon.sigmoid(tanh_scale * slope, tanh_scale * bias), w * std::tanh(c),
        std::pow(w / std::cosh(c), 2), point.energy,
        point.kind == StationaryKind::minimum ? Mark::minimum : Mark::saddle);
  }
  bool has_exponential = false;
  constexpr double outside = 1e6;  // of the window of the normal form
  for (const InfinitePoint& limit : solved.fits.at_infinity) {
    if (limit.exponential) {
      has_exponential = true;
      const double rate = limit.exponential->rate(0);
      add(polygon.exponential(rate), -0.5 * rate * solved.half(), 0.0, limit.energy, Mark::limit);
    } else {
      const auto low = std::count(limit.signs.begin(), limit.signs.end(), -1);
      add(polygon.step(polygon.corners()[static_cast<std::size_t>(low - 1)]), outside, outside,
          limit.energy, Mark::limit);
    }
  }
  const double rate = polygon.best_rate();
  if (!has_exponential)
    add(polygon.exponential(rate), -0.5 * rate * solved.half(), 0.0,
        polygon.energy(polygon.exponential(rate)), Mark::exponential);
  return table;
}

FigureTable data_table(const Solved& solved) {
  FigureTable table{"data_" + std::string(solved.data->tag), {"x", "y"}, {}};
  for (std::size_t i = 0; i < solved.data->x.size(); ++i)
    table.rows.push_back({solved.data->x[i], solved.data->y[i]});
  return table;
}

/// What is shown of the inputs and outputs.
Box data_window(const Solved& solved) {
  constexpr double margin = 0.12;
  const auto [low, high] = std::minmax_element(solved.data->y.begin(), solved.data->y.end());
  const double x = margin * solved.half(), y = 0.5 * margin * (*high - *low);
  return {solved.polygon.levels().front() - x, solved.polygon.levels().back() + x, *low - y,
          *high + y};
}

/// Curves of the minima and of the limits. Columns x, y, rank (0: a limit).
FigureTable curves_table(const Solved& solved) {
  constexpr int steps = 240;
  FigureTable table{"curves_" + std::string(solved.data->tag), {"x", "y", "is_limit"}, {}};
  const Box window = data_window(solved);
  const auto add = [&](bool is_limit, const std::function<double(double)>& curve) {
    if (!table.rows.empty()) table.rows.emplace_back();
    for (int i = 0; i <= steps; ++i) {
      const double x = window.left + window.width() * i / steps;
      table.rows.push_back({x, curve(x), is_limit ? 1.0 : 0.0});
    }
  };
  for (const StationaryPoint& point : solved.fits.points)
    if (point.kind == StationaryKind::minimum)
      add(false, [&](double x) {
        const double u = point.weights(0) * x + point.weights(1);
        return 0.5 * (point.range->high + point.range->low) +
               0.5 * (point.range->high - point.range->low) * std::tanh(u);
      });
  for (const InfinitePoint& limit : solved.fits.at_infinity) {
    if (const std::optional<ExponentialCurve>& curve = limit.exponential) {
      add(true,
          [&](double x) { return curve->offset + curve->factor * std::exp(curve->rate(0) * x); });
      continue;
    }
    const auto low = std::count(limit.signs.begin(), limit.signs.end(), -1);
    const double at = solved.polygon.corners()[static_cast<std::size_t>(low - 1)];
    if (!table.rows.empty()) table.rows.emplace_back();
    for (const auto& [x, y] : {std::pair{window.left, limit.range->low},
                               {at, limit.range->low},
                               {at, limit.range->high},
                               {window.right, limit.range->high}})
      table.rows.push_back({x, y, 1.0});
  }
  return table;
}

// --- Checks. ----------------------------------------------------------------------------------

constexpr double agreement = 1e-9;

void check_points(Figure& figure, const Solved& solved, const std::string& of) {
  const std::vector<KnownPoint>& known = solved.data->points;
  const std::vector<StationaryPoint>& found = solved.fits.points;
  check(figure, "stationary points" + of, static_cast<double>(found.size()),
        static_cast<double>(known.size()), 0);
  for (std::size_t i = 0; i < std::min(known.size(), found.size()); ++i) {
    const std::string point = fmt::format(" of point {}{}", i + 1, of);
    check(figure, "E" + point, found[i].energy, known[i].energy, agreement);
    check(figure, "Morse index" + point, found[i].morse_index.value_or(-1), known[i].index, 0);
    check(figure, "weights" + point, found[i].weights, {known[i].slope, known[i].bias}, agreement);
    check(figure, "low plateau" + point, found[i].range->low, known[i].low, agreement);
    check(figure, "high plateau" + point, found[i].range->high, known[i].high, agreement);
    // The picture's own arithmetic.
    const double drawn = solved.polygon.energy(
        solved.polygon.sigmoid(tanh_scale * found[i].weights(0), tanh_scale * found[i].weights(1)));
    check(figure, "E in the polygon" + point, drawn, known[i].energy, agreement);
  }
}

void check_limit(Figure& figure, const Solved& solved, const std::string& of) {
  const std::optional<KnownLimit>& known = solved.data->limit;
  check(figure, "limits that are infima" + of, static_cast<double>(solved.fits.at_infinity.size()),
        known ? 1 : 0, 0);
  if (!known || solved.fits.at_infinity.empty()) return;
  const InfinitePoint& found = solved.fits.at_infinity.front();
  check(figure, "E of the limit" + of, found.energy, known->energy, agreement);
  check(figure, "whether it is proven to be an infimum" + of, found.local_infimum == true ? 1 : 0,
        1, 0);
  if (known->is_exponential && found.exponential) {
    check(figure, "offset of the exponential" + of, found.exponential->offset, known->first,
          agreement);
    check(figure, "factor of the exponential" + of, found.exponential->factor, known->second,
          agreement);
    check(figure, "rate of the exponential" + of, found.exponential->rate(0), known->third,
          agreement);
  } else if (found.range) {
    check(figure, "low plateau of the step" + of, found.range->low, known->first, agreement);
    check(figure, "high plateau of the step" + of, found.range->high, known->second, agreement);
    check(figure, "patterns below the step" + of,
          static_cast<double>(std::count(found.signs.begin(), found.signs.end(), -1)), known->third,
          0);
  }
}

void add_checks(Figure& figure, const Solved& solved) {
  const CurveData& data = *solved.data;
  const AllFits& fits = solved.fits;
  const std::string of = fmt::format(", {}", data.title);
  check_points(figure, solved, of);
  check_limit(figure, solved, of);
  const auto minima = std::count_if(
      fits.points.begin(), fits.points.end(),
      [](const StationaryPoint& point) { return point.kind == StationaryKind::minimum; });
  const auto known_minima = std::count_if(data.points.begin(), data.points.end(),
                                          [](const KnownPoint& point) { return point.index == 0; });
  check(figure, "infima" + of,
        static_cast<double>(minima) + static_cast<double>(fits.at_infinity.size()),
        static_cast<double>(known_minima) + (data.limit ? 1.0 : 0.0), 0);
  if (data.index_sum)
    check(figure, "index sum" + of, static_cast<double>(fits.index_sum), *data.index_sum, 0);
  check(figure, "whether the list is complete" + of, fits.level == Completeness::complete ? 1 : 0,
        1, 0);
  const LimitsPolygon& polygon = solved.polygon;
  check(figure, "E of the constant" + of, polygon.energy_of_constant(), data.energy_of_constant,
        agreement);
  check(figure, "E of the straight line" + of, polygon.energy_of_line(), data.energy_of_line,
        agreement);
  check(figure, "E of the best exponential" + of,
        polygon.energy(polygon.exponential(polygon.best_rate())), data.energy_of_exponential,
        agreement);
}

// --- The picture. -----------------------------------------------------------------------------

const std::string corner_style = point_style(Shape::disc, 0.75, "#000000");
const std::string steps_style = line_style(2.6, "#000000");
const std::string exponentials_style = line_style(4.2, b_colour);
const std::string window_style = line_style(1.6, "#333333", "(5,4)");
const std::string data_style = point_style(Shape::circle, 1.0, "#000000", 1.6);
const std::string fit_style = line_style(2.6, a_colour);
const std::string limit_style = line_style(2.6, target_colour, "(9,4)");

struct MarkStyle {
  Mark mark;
  std::string style, halo, name;
};

const std::vector<MarkStyle>& mark_styles() {
  static const std::vector<MarkStyle> styles = {
      {Mark::line, point_style(Shape::diamond, 1.5, "#777777"),
       point_style(Shape::diamond, 2.2, "#FFFFFF"), "straight line"},
      {Mark::exponential, point_style(Shape::circle, 1.5, target_colour, 2.2),
       point_style(Shape::disc, 1.9, "#FFFFFF"), "best exponential, not a limit of fits"},
      {Mark::saddle, point_style(Shape::square, 1.3, "#D55E00"),
       point_style(Shape::square, 1.9, "#FFFFFF"), "saddle"},
      {Mark::minimum, point_style(Shape::disc, 1.6, a_colour),
       point_style(Shape::disc, 2.3, "#FFFFFF"), "finite fit"},
      {Mark::limit, point_style(Shape::triangle, 1.9, target_colour),
       point_style(Shape::triangle, 2.9, "#FFFFFF"), "limit that fits tend to"}};
  return styles;
}

/// The marks at these columns of their table.
Plot marks_plot(const Figure& figure, const Solved& solved, const char* x, const char* y) {
  Plot plot;
  const std::string table = file_of(figure, "marks_" + std::string(solved.data->tag));
  for (const MarkStyle& style : mark_styles()) {
    const std::string columns = fmt::format("(column('mark')=={}?column('{}'):NaN):(column('{}'))",
                                            static_cast<int>(style.mark), x, y);
    plot.add(table, columns, style.halo).add(table, columns, style.style);
  }
  return plot;
}

constexpr const char* small_text = "center front textcolor rgb '#444444' font ',10'";
constexpr const char* bands_columns = "(0.5*($1+$2)):(0.5*($3+$4)):1:2:3:4:5";
constexpr const char* bands_style = "boxxyerror lw 0 fc palette";

void draw_data(Picture& picture, const Figure& figure, const Solved& solved, const Place& place) {
  const std::string tag(solved.data->tag);
  picture.panel(place)
      .ranges(data_window(solved))
      .names("x", place.left < 200.0 ? "y" : "", solved.data->title)
      .plot(Plot()
                .add(file_of(figure, "curves_" + tag), "1:($3==0?$2:NaN)", fit_style)
                .add(file_of(figure, "curves_" + tag), "1:($3==1?$2:NaN)", limit_style)
                .add(file_of(figure, "data_" + tag), "1:2", data_style));
}

void draw_polygon(Picture& picture, const Figure& figure, const Solved& solved,
                  const Place& place) {
  const std::string tag(solved.data->tag);
  const Box window = data_window(solved);
  const std::string corners = file_of(figure, "corners_" + tag);
  const std::vector<double>& x = solved.polygon.corners();
  picture.label({0.5 * (x.front() + x.back()), 0.085}, "exponentials", small_text);
  picture.label({0.93 * x.front() + 0.07 * x.back(), -1.02}, "steps", small_text);
  picture.panel(place)
      .ranges({window.left, window.right, -1.1, 0.15})
      .add("set ytics scale 0 format ''\n")
      .names("x at which the curve rises", place.left < 200.0 ? "steep  ←  →  gradual" : "")
      .plot(Plot()
                .add(file_of(figure, "polygon_" + tag), bands_columns, bands_style)
                .add(file_of(figure, "window_" + tag), "1:2", window_style)
                .add(corners, "1:2", steps_style)
                .add(corners, "1:2", corner_style)
                .add(corners, "1:(0)", exponentials_style)
                .add(marks_plot(figure, solved, "x", "y")))
      .add("set ytics scale default format '%g'\n");
}

void draw_normal_form(Picture& picture, const Figure& figure, const Solved& solved,
                      const Place& place) {
  const std::string tag(solved.data->tag);
  picture.label({0.0, 0.5 * normal_window.bottom}, "no sigmoids", small_text);
  if (!solved.data->outside.empty())
    picture.label({0.0, 0.93 * normal_window.top}, solved.data->outside,
                  "center front textcolor rgb '#222222' font ',11'");
  picture.panel(place)
      .ranges(normal_window)
      .names("p", place.left < 200.0 ? "m" : "")
      .plot(Plot()
                .add(file_of(figure, "normal_" + tag), bands_columns, bands_style)
                .add(file_of(figure, "edge"), "1:2", exponentials_style)
                .add(marks_plot(figure, solved, "p", "m")));
}

/// What the marks, lines and colours mean.
void draw_legends(Picture& picture) {
  std::vector<LegendEntry> marks = {{data_style, "data"},
                                    {fit_style, "curve of a finite fit"},
                                    {limit_style, "curve of a limit"}};
  for (auto style = mark_styles().rbegin(); style != mark_styles().rend(); ++style)
    marks.push_back({style->style, style->name});
  picture.centred_legend(1190, {marks.begin(), marks.begin() + 6});
  std::vector<LegendEntry> lines = {marks.begin() + 6, marks.end()};
  lines.insert(lines.end(), {{corner_style, "step between two x"},
                             {steps_style, "step with one x free"},
                             {exponentials_style, "exponentials"},
                             {window_style, "what the lowest row shows"}});
  picture.centred_legend(1226, lines);
}

std::string script_of(const Figure& figure, std::span<const Solved> sets) {
  constexpr double first = 92.0, pitch = 388.0, width = 326.0;
  constexpr Place data{first, 92, width, 240}, polygon{first, 440, width, 290},
      normal{first, 848, width, 250};
  Picture picture = picture_of(figure);
  picture.add(
      "set style fill solid 1 noborder\nunset colorbox\nset cbrange [{}:0]\n"
      "set palette defined (0 '#081D3A', 0.35 '#1F5A96', 0.62 '#5A9BCF', 0.82 '#A9CFE8', 1 "
      "'#FFFFFF')\n",
      darkest);
  constexpr const char* heading = "center font ',12'";
  const double middle = first + 0.5 * (3.0 * pitch + width);
  picture.text(middle, polygon.top - 24.0,
               "All curves and all their limits: the colour is the energy of each", heading);
  picture.text(middle, normal.top - 24.0,
               "The same near the exponentials, in the normal form (p, m)", heading);
  draw_legends(picture);
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const auto at = [&](Place place) {
      place.left += pitch * static_cast<double>(i);
      return place;
    };
    if (i + 1 == sets.size()) {
      Ticks ticks;
      for (int decade = 0; decade > darkest; --decade)
        ticks.add(fmt::format("{:g}", std::pow(10.0, decade)), decade);
      picture.text(at(polygon).right() + 14.0, polygon.top - 8.0, "E / E(mean)", "left font ',10'");
      picture.colour_box({at(polygon).right() + 26.0, polygon.top + 10.0, 16.0, 280.0},
                         range_text(darkest, 0.0), ticks);
    }
    draw_data(picture, figure, sets[i], at(data));
    draw_polygon(picture, figure, sets[i], at(polygon));
    picture.add("unset colorbox\n");
    draw_normal_form(picture, figure, sets[i], at(normal));
  }
  return std::move(picture).script();
}

}  // namespace

Figure make_asymptotes(const FigureRequest& request) {
  std::vector<Solved> sets;
  for (const CurveData& data : data_sets()) sets.push_back(solve(data, request));
  Figure figure;
  figure.name = "asymptotes";
  figure.width = 1720;
  figure.height = 1260;
  figure.title =
      "Curves with two fitted plateaus: where the best one is, and what if there is none";
  figure.caption =
      "Four data sets, a + b tanh(w x + c) fitted to each. Second row: every curve is a point "
      "of a polygon, across where it rises on average and up how gradually. Its border are the "
      "limits: steps between two neighbouring x (corners), steps with one x in the rise "
      "(edges), and exponentials, of which one plateau is infinitely far away (upper edge). "
      "Dark is a low energy E. First: the lowest point is inside, and E falls from the best "
      "exponential towards it. Second and third: it is on the border, so that no curve is the "
      "best; the data show no upper plateau, or no slope. Fourth: two finite fits next to the "
      "border, with saddles between them and an exponential that is better than both. Lowest "
      "row: near the exponentials, curves a + s z(x) in the normal form dz/dx = 1 - 2 p z - m "
      "z^2, z(0) = 0, x scaled to [-1, 1]. m > 0 are the sigmoids, p tells which plateau is "
      "nearer, and m = 0 is a smooth border: the sign of dE/dm there decides whether an "
      "exponential is a limit of fits. The straight line, p = m = 0, never is one but by "
      "symmetry.";
  for (const Solved& solved : sets) {
    figure.tables.push_back(data_table(solved));
    figure.tables.push_back(curves_table(solved));
    figure.tables.push_back(polygon_table(solved));
    figure.tables.push_back(outline_table(solved));
    figure.tables.push_back(window_table(solved));
    figure.tables.push_back(normal_table(solved));
    figure.tables.push_back(marks_table(solved));
    add_checks(figure, solved);
  }
  figure.tables.push_back(
      {"edge", {"p", "m"}, {{normal_window.left, 0.0}, {normal_window.right, 0.0}}});
  figure.script = script_of(figure, sets);
  return figure;
}

}  // namespace tautrack::program
