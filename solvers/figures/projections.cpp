#include <algorithm>
#include <cmath>
#include <numbers>

#include "drawing.hpp"
#include "drivers.hpp"

namespace tautrack::program {
namespace {

/// A target with its feet: the points of the curve on whose normals it lies.
struct Projected {
  std::string name;
  Vector y;
  OneWeightPoints feet;
};

Projected project(const Perceptron& network, std::string name, const Vector& targets) {
  return {std::move(name), network.pattern_weights().cwiseSqrt().cwiseProduct(targets),
          stationary_points_of_one_weight(network.with_targets(targets), 1.0)};
}

FigureTable feet_table(const PlaneCurve& curve, const Projected& projected, std::string name) {
  FigureTable table{std::move(name),
                    {"w", "z1", "z2", "y1", "y2", "dy1", "dy2", "energy", "index", "rho", "k"},
                    {}};
  for (const OneWeightPoint& foot : projected.feet.points) {
    const Vector z = curve.position(foot.weight);
    const Vector way = projected.y - z;
    table.rows.push_back({foot.weight, z(0), z(1), projected.y(0), projected.y(1), way(0), way(1),
                          foot.energy, static_cast<double>(foot.index), way.norm(),
                          std::abs(curve.curvature(foot.weight))});
  }
  return table;
}

FigureTable circle_table(const CurveVertex& vertex) {
  FigureTable table{"circle", {"y1", "y2"}, {}};
  const double radius = 1.0 / std::abs(vertex.curvature);
  for (int i = 0; i <= 180; ++i) {
    const double angle = 2.0 * std::numbers::pi * i / 180;
    table.rows.push_back(
        {vertex.cusp(0) + radius * std::cos(angle), vertex.cusp(1) + radius * std::sin(angle)});
  }
  return table;
}

/// The vertex whose osculating circle is shown: at a positive weight, of the largest curvature.
const CurveVertex* shown_vertex(const std::vector<CurveVertex>& vertices) {
  const CurveVertex* shown = nullptr;
  for (const CurveVertex& vertex : vertices)
    if (!shown || (vertex.weight > 0.0 && (shown->weight <= 0.0 || std::abs(vertex.curvature) >
                                                                       std::abs(shown->curvature))))
      shown = &vertex;
  return shown;
}

void add_known_checks(Figure& figure, const PlaneCurve& curve, const CurveVertex& vertex,
                      const Projected& three, const Projected& one) {
  check(figure, "w at the vertex", vertex.weight, 0.5426038909337228);
  check(figure, "curvature at the vertex", vertex.curvature, 2.257711945754515);
  check(figure, "radius of the osculating circle", 1.0 / vertex.curvature, 0.442926300620607);
  check(figure, "z at the vertex", vertex.position, {0.9257493095167148, 0.4949564840070014});
  check(figure, "cusp of the evolute", vertex.cusp, {0.5406391167200073, 0.7137574145021415});
  check(figure, "derivative of the curvature at w = 0", curve.curvature_derivative(0.0),
        1.517893276880822);
  check(figure, "projections of y", static_cast<double>(three.feet.points.size()), 3, 0);
  check(figure, "projections of y that are minima", three.feet.minima(), 2, 0);
  const double known[3][4] = {
      {0.220118359530102, 0.6464807169664771, 1.871765942650058, 0.3453854470987893},
      {0.6518884564806395, 0.6986823439094119, 0.5003783990027118, 1.396307964736154},
      {0.9452290672384478, 0.6959391041554388, 1.143573647926625, 0.6085651811033097}};
  for (std::size_t i = 0; i < std::min<std::size_t>(3, three.feet.points.size()); ++i) {
    const double w = three.feet.points[i].weight;
    const double rho = (three.y - curve.position(w)).norm(), k = std::abs(curve.curvature(w));
    const std::string of = fmt::format(" of foot {} of y", i + 1);
    check(figure, "w" + of, w, known[i][0]);
    check(figure, "distance" + of, rho, known[i][1]);
    check(figure, "radius of curvature" + of, 1.0 / k, known[i][2]);
    check(figure, "distance times curvature" + of, rho * k, known[i][3]);
  }
  check(figure, "projections of y'", static_cast<double>(one.feet.points.size()), 1, 0);
  if (one.feet.points.empty()) return;
  check(figure, "w of the foot of y'", one.feet.points[0].weight, 0.368790628370712);
  check(figure, "E of the foot of y'", one.feet.points[0].energy, 0.05108003045319);
}

/// What holds for any data.
void add_general_checks(Figure& figure, const PlaneCurve& curve, const CurveVertex* vertex,
                        const Projected& projected) {
  if (vertex) {
    const std::optional<Vector> centre = curve.evolute(vertex->weight);
    check(figure, "distance of the cusp to the evolute at the vertex",
          centre ? (*centre - vertex->cusp).norm() : 1.0, 0.0, 1e-9);
  }
  for (const OneWeightPoint& foot : projected.feet.points) {
    const Vector way = projected.y - curve.position(foot.weight);
    check(figure, fmt::format("cosine between y - z and the tangent at w = {:.6g}", foot.weight),
          way.norm() > 0.0 ? curve.tangent(foot.weight).dot(way) / way.norm() : 0.0, 0.0, 1e-9);
  }
}

/// Names of targets, feet and the vertex.
void add_labels(Picture& picture, const Box& window, const PlaneCurve& curve,
                const std::vector<Projected>& targets, const CurveVertex* vertex) {
  const double em = window.width() / 100.0;
  const auto label = [&](const std::string& text, double x, double y, std::string_view colour) {
    picture.label({x, y}, text, fmt::format("left textcolor rgb '{}' font ',10' front", colour));
  };
  for (const Projected& target : targets) {
    label(target.name, target.y(0) - 3.6 * em, target.y(1) + 0.6 * em, target_colour);
    for (const OneWeightPoint& foot : target.feet.points) {
      const Vector z = curve.position(foot.weight);
      label(fmt::format("w = {:.3f}", foot.weight), z(0) + 1.4 * em, z(1) - 1.6 * em, "#333333");
    }
  }
  if (vertex) label("vertex", vertex->position(0) + 1.4 * em, vertex->position(1), "#666666");
}

/// The osculating circle with its radius and centre.
void add_circle(Plot& plot, const Figure& figure, const CurveVertex& vertex) {
  constexpr std::string_view colour = "#A0A0A0";
  const Vector& z = vertex.position;
  const Vector radius = vertex.cusp - z;
  plot.add(file_of(figure, "circle"), "1:2", line_style(1.0, colour), "osculating circle")
      .add("'+'",
           fmt::format("({:.12g}):({:.12g}):({:.12g}):({:.12g}) every ::0::0", z(0), z(1),
                       radius(0), radius(1)),
           vector_style(1.0, colour))
      .mark(vertex.cusp(0), vertex.cusp(1), point_style(Shape::diamond, 0.9, caustic_colour),
            "cusp, its centre");
}

/// Targets joined to their feet.
void add_feet(Plot& plot, const Figure& figure, std::size_t target_count) {
  for (std::size_t i = 0; i < target_count; ++i) {
    const std::string feet = file_of(figure, fmt::format("feet{}", i + 1));
    const std::string maxima = "(column('index')==1?column(2):NaN):3";
    plot.add(feet, "2:3:6:7", vector_style(1.2, "#444444", "(6,4)"), i == 0 ? "projection" : "")
        .add(feet, "(column('index')==1?NaN:column(2)):3", point_style(Shape::disc, 1.0, "black"),
             i == 0 ? "minimum of E" : "")
        .add(feet, maxima, point_style(Shape::disc, 1.2, "black"))
        .add(feet, maxima, point_style(Shape::disc, 0.7, "white"));
  }
}

}  // namespace

Figure make_projections(const FigureRequest& request) {
  const bool is_thesis = !request.problem;
  const Perceptron network = network_of(request, plane_problem(0.3, 0.8));
  const Box window = is_thesis ? Box{-0.1, 1.12, -0.1, 1.12} : window_of(network);
  const DrawnCurve drawn(network, 1.0, window);
  const PlaneCurve& curve = drawn.curve();
  const CurveVertex* vertex = shown_vertex(drawn.vertices());
  std::vector<Projected> targets = {project(network, "y", network.targets())};
  if (is_thesis) targets.push_back(project(network, "y'", vector_of({0.6, 0.6})));

  Figure figure;
  figure.name = "projections";
  figure.width = 1250;
  figure.height = 1000;
  figure.title = "Solutions are projections of y on the data manifold Z";
  figure.caption =
      is_thesis
          ? "The data manifold Z of X = (3, 1)' at tau = 1 (black) and its evolute (purple). The "
            "targets y and y' (stars) are joined to their projections, the points of Z on whose "
            "normals they lie: y, inside the wedge of the evolute, has three (two minima of E, "
            "filled; a maximum, open), y' has one. At the vertex the curvature of Z is largest; "
            "its osculating circle (grey) is centred on the cusp of the evolute."
          : "The data manifold Z at tau = 1 (black), its evolute (purple), and the target y (star) "
            "joined to its projections, the points of Z on whose normals it lies: minima of E "
            "filled, maxima open.";
  figure.tables = {drawn.manifold("manifold"), drawn.evolute("evolute")};
  if (vertex) figure.tables.push_back(circle_table(*vertex));
  FigureTable stars{"targets", {"y1", "y2"}, {}};
  for (std::size_t i = 0; i < targets.size(); ++i) {
    figure.tables.push_back(feet_table(curve, targets[i], fmt::format("feet{}", i + 1)));
    stars.rows.push_back({targets[i].y(0), targets[i].y(1)});
  }
  figure.tables.push_back(stars);
  if (is_thesis && vertex) add_known_checks(figure, curve, *vertex, targets[0], targets[1]);
  add_general_checks(figure, curve, vertex, targets[0]);

  Picture picture = picture_of(figure);
  picture.panel({90, 60, 870, 870}).equal_ranges(window).names("y_1", "y_2");
  picture.add("set key at screen 0.79,0.93 left top Left reverse samplen 2.2 spacing 1.5\n");
  add_labels(picture, window, curve, targets, vertex);
  Plot plot;
  plot.add(file_of(figure, "evolute"), "2:3", caustic_entry().style, caustic_entry().name);
  if (vertex) add_circle(plot, figure, *vertex);
  plot.add(file_of(figure, "manifold"), "2:3", manifold_entry().style, "data manifold Z");
  add_feet(plot, figure, targets.size());
  plot.add(file_of(figure, "targets"), "1:2", point_style(Shape::star, 1.6, target_colour, 2.0),
           "target");
  const bool has_maxima = std::any_of(targets.begin(), targets.end(), [](const Projected& one) {
    return std::any_of(one.feet.points.begin(), one.feet.points.end(),
                       [](const OneWeightPoint& foot) { return foot.index == 1; });
  });
  if (has_maxima) plot.key_entry(point_style(Shape::circle, 1.1, "black", 2.0), "maximum of E");
  figure.script = std::move(picture.plot(plot)).script();
  return figure;
}

}  // namespace tautrack::program
