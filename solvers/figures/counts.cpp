#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "drawing.hpp"
#include "drivers.hpp"

namespace tautrack::program {
namespace {

constexpr int rows_of_map = 500;
constexpr int columns_of_map = 250;  ///< Borders between columns are found by bisection.

/// Lightness falls with the count, so that the map reads in grey, too.
constexpr std::array<std::string_view, 7> count_colours = {
    "#FFFFFF", "#E3ECF5", "#B7CFE5", "#7FAAD0", "#5585B5", "#32628F", "#1A426B"};

/// Counts projections of targets on a curve of the plane by changes of the sign of dE/dw.
///
/// For fixed w, dE/dw is linear in the target: it vanishes on the normal of Z at w.
class Counter {
 public:
  Counter(const PlaneCurve& curve, const std::vector<double>& weights) {
    for (const double w : weights) {
      const Vector t = curve.tangent(w);
      if (t.squaredNorm() > 0.0) lines_.push_back({t(0), t(1), t.dot(curve.position(w))});
    }
  }

  [[nodiscard]] int operator()(double y1, double y2) const {
    int count = 0;
    bool was_positive = false, is_first = true;
    for (const Line& line : lines_) {
      const bool is_positive = line.offset - line.a * y1 - line.b * y2 > 0.0;
      count += !is_first && is_positive != was_positive ? 1 : 0;
      was_positive = is_positive;
      is_first = false;
    }
    return count;
  }

 private:
  struct Line {
    double a, b, offset;
  };
  std::vector<Line> lines_;
};

/// The map as stripes of equal counts, one after the other along each row.
FigureTable map_table(const Counter& count, const Box& window, std::string name) {
  FigureTable map{std::move(name), {"left", "right", "bottom", "top", "count"}, {}};
  const double step = window.width() / columns_of_map, height = window.height() / rows_of_map;
  // More than a row, so that nothing shows between rows; its own middle decides its colour.
  const double overlap = 0.4 * height;
  for (int row = 0; row < rows_of_map; ++row) {
    const double bottom = window.bottom + height * row, y2 = bottom + 0.5 * height;
    double left = window.left;
    int current = count(left, y2);
    const auto close = [&](double right) {
      map.rows.push_back({left, right, std::max(bottom - overlap, window.bottom),
                          std::min(bottom + height + overlap, window.top),
                          static_cast<double>(current)});
      left = right;
    };
    for (int column = 1; column <= columns_of_map; ++column) {
      double low = window.left + step * (column - 1), high = low + step;
      const int next = count(high, y2);
      if (next == current) continue;
      for (int i = 0; i < 12; ++i) {
        const double middle = 0.5 * (low + high);
        (count(middle, y2) == current ? low : high) = middle;
      }
      close(high);
      current = next;
    }
    close(window.right);
  }
  return map;
}

/// One of the two maps.
struct CountMap {
  double tau;
  std::string tag;  ///< Of its tables.
  DrawnCurve drawn;
  Counter counter;

  CountMap(const Perceptron& network, double at, std::string named, const Box& window)
      : tau(at),
        tag(std::move(named)),
        drawn(network, at, window),
        counter(drawn.curve(), drawn.grid()) {}
};

/// Stationary points by the method of the library.
double count_at(const Perceptron& network, double y1, double y2, double tau) {
  const Vector targets = vector_of({y1, y2}).cwiseQuotient(network.pattern_weights().cwiseSqrt());
  return static_cast<double>(
      stationary_points_of_one_weight(network.with_targets(targets), tau).points.size());
}

/// Both ways of counting give this number.
void check_count(Figure& figure, const Perceptron& network, const CountMap& map, double y1,
                 double y2, int expected) {
  const std::string where = fmt::format(" of ({:.6g}, {:.6g}), tau = {:g}", y1, y2, map.tau);
  check(figure, "solutions" + where, count_at(network, y1, y2, map.tau), expected, 0);
  check(figure, "colour of the map" + where, map.counter(y1, y2), expected, 0);
}

void add_known_checks(Figure& figure, const Perceptron& network, const CountMap& earlier,
                      const CountMap& end) {
  struct Known {
    double y1, y2;
    int count;
  };
  for (const Known& known : std::initializer_list<Known>{{.3, .8, 3},
                                                         {.6, .6, 1},
                                                         {0, .95, 3},
                                                         {-1, .92, 3},
                                                         {-1, 1.5, 2},
                                                         {.2, 1.2, 0},
                                                         {1.5, 1.5, 0}})
    check_count(figure, network, end, known.y1, known.y2, known.count);
  for (const Known& known : std::initializer_list<Known>{{.2, 1.2, 3}, {.3, .8, 1}, {1.5, 1.5, 1}})
    check_count(figure, network, earlier, known.y1, known.y2, known.count);

  const std::vector<CurveVertex>& vertices = earlier.drawn.vertices();
  check(figure, "cusps at tau = 0.9", static_cast<double>(vertices.size()), 4, 0);
  if (vertices.size() == 4) {
    check(figure, "w of the first cusp at tau = 0.9", vertices[2].weight, .4847938212595498);
    check(figure, "curvature there", vertices[2].curvature, 1.134830068395936);
    check(figure, "first cusp at tau = 0.9", vertices[2].cusp,
          {.333805191262702, 1.081169865806197});
    check(figure, "w of the second cusp at tau = 0.9", vertices[3].weight, 1.498238497901132);
    check(figure, "curvature there", vertices[3].curvature, -1.356238286433674);
    check(figure, "second cusp at tau = 0.9", vertices[3].cusp,
          {1.834238486458535, .4087928893993517});
  }
  const std::vector<double> inflections = earlier.drawn.curve().inflections();
  check(figure, "w of the inflection at tau = 0.9", inflections.empty() ? 0 : inflections.back(),
        .8355918277847455);
  const OneWeightPoints points =
      stationary_points_of_one_weight(network.with_targets(vector_of({0.0, .95})), 1.0);
  const double known[] = {.1058973272369207, .6004029001762481, 1.808913031682786};
  for (std::size_t i = 0; i < std::min<std::size_t>(3, points.points.size()); ++i)
    check(figure, fmt::format("w of solution {} of (0, 0.95)", i + 1), points.points[i].weight,
          known[i]);
  for (const double y1 : {-1.5, -0.7, 0.0, 0.4, 0.8, 1.6})
    for (const double wall : {-1.0, 1.0})
      check(figure, fmt::format("change of the count across the wall at ({:g}, {:g})", y1, wall),
            std::abs(count_at(network, y1, wall * (1 - 1e-6), 1.0) -
                     count_at(network, y1, wall * (1 + 1e-6), 1.0)),
            1, 0);
}

/// The count changes by two across the evolute, by the map as by the library.
void add_border_checks(Figure& figure, const Perceptron& network, const CountMap& map,
                       const Box& window) {
  int checked = 0;
  const PlaneCurve& curve = map.drawn.curve();
  const std::vector<double>& grid = map.drawn.grid();
  for (std::size_t i = 0; i < grid.size() && checked < 6; i += 31) {
    const double w = grid[i];
    const std::optional<Vector> border = curve.evolute(w);
    if (!border || !window.contains((*border)(0), (*border)(1))) continue;
    // The evolute's tangent is the normal of Z; the tangent of Z crosses it.
    const Vector step = 1e-3 * curve.tangent(w);
    const Vector a = *border + step, b = *border - step;
    const double by_library =
        std::abs(count_at(network, a(0), a(1), map.tau) - count_at(network, b(0), b(1), map.tau));
    const double by_map = std::abs(map.counter(a(0), a(1)) - map.counter(b(0), b(1)));
    const std::string where = fmt::format(" across the evolute at ({:.4f}, {:.4f}), tau = {:g}",
                                          (*border)(0), (*border)(1), map.tau);
    // Near a cusp or a crossing of borders both sides may look alike.
    if (by_library != 2.0) continue;
    ++checked;
    check(figure, "change of the colour" + where, by_map, 2, 0);
  }
}

/// The largest count of a map.
int largest_count(const FigureTable& map) {
  double largest = 0.0;
  for (const std::vector<double>& row : map.rows) largest = std::max(largest, row[4]);
  return static_cast<int>(largest);
}

/// Where a solution goes to infinity at tau = 1: the target of the flattest pattern is at an end of
/// the range.
FigureTable walls_table(const Perceptron& network, const Box& window) {
  const Vector inputs = network.node_inputs(network.coordinates(Vector::Ones(1))).cwiseAbs();
  const Index slow = inputs(0) < inputs(1) ? 0 : 1;
  const double root = std::sqrt(network.pattern_weights()(slow));
  const Range limits = range(network.options().activation);
  FigureTable walls{"walls", {"y1", "y2"}, {}};
  for (const double end : {root * limits.low, root * limits.high}) {
    if (!walls.rows.empty()) walls.rows.emplace_back();
    for (const double along : {-1.0, 1.0}) {
      const double far = along < 0.0 ? (slow == 0 ? window.bottom : window.left)
                                     : (slow == 0 ? window.top : window.right);
      walls.rows.push_back(slow == 0 ? std::vector<double>{end, far}
                                     : std::vector<double>{far, end});
    }
  }
  return walls;
}

std::string script_of(const Figure& figure, std::span<const CountMap> maps, const Box& window,
                      int largest) {
  const int most = std::min<int>(largest, count_colours.size() - 1);
  const std::string wall = line_style(1.6, "#333333", "(8,5)");
  const std::string end = point_style(Shape::disc, 0.8, "black");
  std::vector<LegendEntry> legend = {manifold_entry(),
                                     {end, "its ends"},
                                     caustic_entry(),
                                     {wall, "wall"},
                                     {"", "number of solutions:"}};
  for (int count = 0; count <= most; ++count)
    legend.push_back({count == 0 ? point_style(Shape::open_square, 2.2, "#777777")
                                 : point_style(Shape::square, 2.4,
                                               count_colours[static_cast<std::size_t>(count)]),
                      std::to_string(count)});
  Picture picture = picture_of(figure);
  picture.centred_legend(868, legend);
  picture.add("set style fill solid 1 noborder\n");
  for (const CountMap& map : maps) {
    const bool is_end = map.tag == "end";
    Plot plot;
    for (int count = 0; count <= most; ++count)
      plot.add(file_of(figure, map.tag),
               fmt::format("($5=={}?0.5*($1+$2):NaN):(0.5*($3+$4)):1:2:3:4", count),
               fmt::format("boxxyerror lw 0 fc rgb '{}'",
                           count_colours[static_cast<std::size_t>(count)]));
    if (is_end)
      plot.add(file_of(figure, "walls"), "1:2", wall).add(file_of(figure, "ends"), "1:2", end);
    plot.add(file_of(figure, "evolute_" + map.tag), "2:3", line_style(2.0, caustic_colour))
        .add(file_of(figure, "manifold_" + map.tag), "2:3", manifold_entry().style);
    picture.panel({is_end ? 880.0 : 90.0, 90, 680, 680})
        .equal_ranges(window)
        .names("y_1", "y_2", fmt::format("τ = {:g}", map.tau))
        .plot(plot);
  }
  return std::move(picture).script();
}

}  // namespace

Figure make_counts(const FigureRequest& request) {
  const bool is_thesis = !request.problem;
  const Perceptron network = network_of(request, plane_problem(0.3, 0.8));
  const Box window = is_thesis ? Box{-2, 2, -2, 2} : window_of(network).with_margin(0.15);
  const CountMap maps[] = {{network, 0.9, "earlier", window}, {network, 1.0, "end", window}};

  Figure figure;
  figure.name = "counts";
  figure.width = 1600;
  figure.height = 900;
  figure.title = "The number of solutions for each target y";
  figure.caption =
      "The plane of targets, coloured by the number of finite stationary points of E, at tau = 0.9 "
      "and 1; the data manifold Z in black, with its ends at tau = 1. The number changes by two "
      "across the evolute (purple) "
      "and, at tau = 1, by one across the walls (dashed) where the target of the flattest pattern "
      "reaches an end of the sigmoid's range: there a solution goes to infinite weights. Beyond "
      "the walls there may be none at all.";
  int largest = 0;
  for (const CountMap& map : maps) {
    figure.tables.push_back(map_table(map.counter, window, map.tag));
    largest = std::max(largest, largest_count(figure.tables.back()));
    figure.tables.push_back(map.drawn.manifold("manifold_" + map.tag));
    figure.tables.push_back(map.drawn.evolute("evolute_" + map.tag));
  }
  figure.tables.push_back(walls_table(network, window));
  FigureTable ends{"ends", {"y1", "y2"}, {}};
  for (const double w : {maps[1].drawn.grid().front(), maps[1].drawn.grid().back()}) {
    const Vector z = maps[1].drawn.curve().position(w);
    ends.rows.push_back({z(0), z(1)});
  }
  figure.tables.push_back(ends);
  if (is_thesis) add_known_checks(figure, network, maps[0], maps[1]);
  for (const CountMap& map : maps) add_border_checks(figure, network, map, window);

  figure.script = script_of(figure, maps, window, largest);
  return figure;
}

}  // namespace tautrack::program
