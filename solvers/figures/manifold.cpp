#include <algorithm>
#include <cmath>
#include <numbers>

#include "tautrack/geometry/curvature.hpp"
#include "tautrack/infinity/counts.hpp"

#include "drivers.hpp"
#include "surface.hpp"

namespace tautrack::program {
namespace {

constexpr View views[] = {{22, -62}, {38, 20}};
constexpr double weights[][2] = {{.5, .2}, {-.6, .7}, {.3, -1}};
constexpr std::string_view ball_colours[] = {"#0072B2", "#009E73", "#E07B00"};
constexpr double half_side = 0.2;  ///< Of tangent squares.
constexpr double room = 1.28;      ///< Of panels, in sides of the cube.
constexpr double arrow = 0.5;      ///< Length of normals.

/// A point of the surface with its tangent square.
struct Ball {
  Vector z, normal, first, second;  ///< The latter: principal directions.
  double k1, k2;                    ///< k1 >= k2
};

Ball ball_at(const Perceptron& network, const DataManifold& manifold, const Vector& v) {
  const ManifoldPoint point = manifold.at(v);
  Ball ball{point.position(), oriented_normal(network, point), {}, {}, 0.0, 0.0};
  const PrincipalCurvatures principal = principal_curvatures(point, ball.normal);
  ball.k1 = principal.values(1);
  ball.k2 = principal.values(0);
  const auto tangent = [&](Index j) {
    return Vector(point.gains().cwiseProduct(network.node_inputs(principal.directions.col(j))));
  };
  ball.first = tangent(1);
  ball.second = tangent(0);
  return ball;
}

FigureTable square_table(const Ball& ball, std::string name) {
  FigureTable table{std::move(name), {"y1", "y2", "y3"}, {}};
  for (const double a : {-1.0, 1.0}) {
    if (a > 0.0) table.rows.emplace_back();
    for (const double b : {-1.0, 1.0}) {
      const Vector corner = ball.z + half_side * (a * ball.first + b * ball.second);
      table.rows.push_back({corner(0), corner(1), corner(2)});
    }
  }
  return table;
}

/// Vertices of the boundary at infinity in their order around it: the signs of Xv.
std::vector<Point3> boundary(const Perceptron& network) {
  const Range limits = range(network.options().activation);
  const Vector roots = network.pattern_weights().cwiseSqrt();
  const Matrix& basis = network.space().basis();
  std::vector<double> angles;  // where a sign changes
  for (Index i = 0; i < 3; ++i) {
    const double angle = std::atan2(-basis(i, 0), basis(i, 1));
    angles.insert(angles.end(),
                  {angle, angle < 0.0 ? angle + std::numbers::pi : angle - std::numbers::pi});
  }
  std::sort(angles.begin(), angles.end());
  std::vector<Point3> vertices;
  for (std::size_t k = 0; k < angles.size(); ++k) {
    const double next = k + 1 < angles.size() ? angles[k + 1] : angles[0] + 2.0 * std::numbers::pi;
    const double middle = 0.5 * (angles[k] + next);
    const Vector u = network.node_inputs(vector_of({std::cos(middle), std::sin(middle)}));
    Point3 vertex{};
    for (Index i = 0; i < 3; ++i)
      vertex[static_cast<std::size_t>(i)] = roots(i) * (u(i) > 0.0 ? limits.high : limits.low);
    vertices.push_back(vertex);
  }
  return vertices;
}

using Lines = std::vector<Line3>;

Lines closed(const std::vector<Point3>& vertices) {
  Lines lines;
  for (std::size_t k = 0; k < vertices.size(); ++k)
    lines.push_back({vertices[k], vertices[(k + 1) % vertices.size()]});
  return lines;
}

/// The edges of the box of the outputs.
Lines box_edges(const Point3& low, const Point3& high) {
  Lines lines;
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (int corner = 0; corner < 4; ++corner) {
      Point3 from{}, to{};
      for (std::size_t k = 0, bit = 0; k < 3; ++k) {
        if (k == axis) {
          from[k] = low[k];
          to[k] = high[k];
        } else {
          from[k] = to[k] = (corner >> bit++) % 2 == 0 ? low[k] : high[k];
        }
      }
      lines.push_back({from, to});
    }
  return lines;
}

void add_known_checks(Figure& figure, const Perceptron& network, const DataManifold& manifold,
                      const std::vector<Ball>& balls) {
  const double z[][3] = {{.7856638590269437, .1586485042974989, .6291451614140355},
                         {-.7573623242165263, .9051482536448664, .235495749538498},
                         {.2913126124515909, -.9579173059590634, -.7162978701990244}};
  const double k[][2] = {{1.018993801612502, -.1811831584072381},
                         {1.539187454978992, -.7246729869890335},
                         {.1672295901211738, -1.34116162959781}};
  for (std::size_t i = 0; i < balls.size(); ++i) {
    const std::string at = fmt::format(" at w = ({:g}, {:g})", weights[i][0], weights[i][1]);
    check(figure, "z" + at, balls[i].z, {z[i][0], z[i][1], z[i][2]});
    check(figure, "k1" + at, balls[i].k1, k[i][0]);
    check(figure, "k2" + at, balls[i].k2, k[i][1]);
  }
  check(figure, "normal at w = (0.5, 0.2)", balls[0].normal,
        {-.6743481324749229, -.2438566179969515, .696985327023943});
  const double unbounded[][2] = {
      {2, 6.521296663905141}, {4, 79.596451159898}, {8, 12294.02581950283}};
  for (const auto& [factor, largest] : unbounded) {
    const Vector v = network.coordinates(factor * vector_of({1.0, .3}));
    check(figure, fmt::format("|k|max at w = {:g} (1, 0.3)", factor),
          largest_curvature(manifold.at(v)).value, largest);
  }
  check(figure, "strata of the closure, by formula", strata_count(3, 2), 13, 0);
  check(figure, "strata that are points", strata_count(3, 2, 0), 6, 0);
  check(figure, "strata that are curves", strata_count(3, 2, 1), 6, 0);
}

/// What holds for any three patterns and two weights in general position.
void add_general_checks(Figure& figure, const std::vector<Ball>& balls,
                        const std::vector<Point3>& vertices) {
  for (std::size_t i = 0; i < balls.size(); ++i) {
    const Ball& ball = balls[i];
    const std::string at = fmt::format(" at point {}", i + 1);
    check(figure, "angle of normal and tangent plane, cosine" + at,
          std::max(std::abs(ball.normal.dot(ball.first)), std::abs(ball.normal.dot(ball.second))),
          0.0);
    check(figure, "cosine of the principal directions" + at, ball.first.dot(ball.second), 0.0);
  }
  check(figure, "neighbouring vertices of the boundary that differ in one pattern",
        static_cast<double>(std::count_if(vertices.begin(), vertices.end(),
                                          [&](const Point3& vertex) {
                                            const auto i =
                                                static_cast<std::size_t>(&vertex - vertices.data());
                                            const Point3& next = vertices[(i + 1) % 6];
                                            int changes = 0;
                                            for (std::size_t k = 0; k < 3; ++k)
                                              changes += vertex[k] != next[k] ? 1 : 0;
                                            return changes == 1;
                                          })),
        6, 0);
}

std::string legend_text(const FigureRequest& request, std::size_t i, const Ball& ball) {
  const std::string name = request.problem
                               ? fmt::format("point {}", i + 1)
                               : fmt::format("w = ({:g}, {:g})", weights[i][0], weights[i][1]);
  return fmt::format("{}:  k_1 = {:.3f},  k_2 = {:.3f}", name, ball.k1, ball.k2);
}

/// Names the vertices that are seen by which patterns are saturated high and low.
void add_vertex_names(Picture& picture, const Figure& figure, std::size_t view, const Mesh& mesh) {
  for (const FigureTable& table : figure.tables) {
    if (table.name != "vertices") continue;
    for (const std::vector<double>& row : table.rows) {
      const Point3 vertex = {row[0], row[1], row[2]};
      if (mesh.hides(vertex, views[view].towards_viewer())) continue;
      std::string name;
      for (const double z : vertex) name += z > 0.5 * (row[3] + row[4]) ? "+" : "−";
      picture.label({row[0], row[1], row[2]}, name,
                    fmt::format("center offset 0,{} front textcolor rgb '#C1121F'",
                                name.ends_with("+") ? 0.9 : -0.9));
    }
  }
}

/// Names the axes at edges of the cube that are in front.
void add_axis_names(Picture& picture, const View& view, const Point3& low, const Point3& high) {
  constexpr double out = 1.12;
  const Point3 way = view.towards_viewer();
  const auto at = [&](int axis, const Point3& part) {
    Point3 place{};
    for (std::size_t k = 0; k < 3; ++k)
      place[k] = 0.5 * (low[k] + high[k]) + 0.5 * part[k] * (high[k] - low[k]);
    picture.label({place[0], place[1], place[2]}, fmt::format("z_{}", axis), "center");
    const auto along = static_cast<std::size_t>(axis - 1);
    for (const double quarter : {0.25, 0.75}) {  // Numbers away from the names of vertices.
      place[along] = low[along] + quarter * (high[along] - low[along]);
      picture.label({place[0], place[1], place[2]}, fmt::format("{:.3g}", place[along]),
                    "center font ',10' textcolor rgb '#606060'");
    }
  };
  const double x = way[0] > 0.0 ? out : -out, y = way[1] > 0.0 ? out : -out;
  at(1, {0.0, y, -out});
  at(2, {x, 0.0, -out});
  at(3, {y, -x, 0.0});
}

/// One view, from back to front: each plot covers those before it.
void add_view(Picture& picture, const Figure& figure, std::size_t view, const Point3& low,
              const Point3& high, const Mesh& mesh) {
  const auto add_part = [&](std::string_view name, std::string_view part,
                            const std::string& style) {
    const std::string file = file_of(figure, fmt::format("{}{}_{}", name, view + 1, part));
    if (!file.empty()) picture.splot(Plot().add(file, "1:2:3", style));
  };
  const auto fill = [](std::string_view colour) {
    return fmt::format("pm3d fillcolor rgb '#{}'", colour);
  };
  picture.add("set view {}\n", views[view].command());
  add_part("cube", "hidden", line_style(1.0, "#B0B0B0"));
  picture
      .add(
          "set pm3d depthorder border lw 0.25 lc rgb '#808080'\n"
          "set pm3d lighting primary 0.25 specular 0.05\n")
      .splot(Plot().add(file_of(figure, "surface"), "1:2:3", fill("D8D8D8")))
      .add("set pm3d nolighting noborder\n");
  add_part("cube", "seen", line_style(1.0, "#808080"));
  add_part("boundary", "hidden", line_style(1.4, "#C1121F", "(2,4)"));
  add_part("boundary", "seen", line_style(3.0, "#C1121F"));
  add_axis_names(picture, views[view], low, high);
  add_vertex_names(picture, figure, view, mesh);
  const std::string points = file_of(figure, "points");
  for (std::size_t i = 0; i < std::size(ball_colours); ++i)
    picture.splot(
        Plot()
            .add(file_of(figure, fmt::format("square{}", i + 1)), "1:2:3",
                 fill("70" + std::string(ball_colours[i].substr(1))))
            .add(points, fmt::format("1:2:3:({0}*$4):({0}*$5):({0}*$6) every ::{1}::{1}", arrow, i),
                 fmt::format("vectors filled lw 2 lc rgb '{}'", ball_colours[i]))
            .add(points, fmt::format("1:2:3 every ::{0}::{0}", i),
                 point_style(Shape::disc, 1.6, ball_colours[i])));
}

}  // namespace

Figure make_manifold(const FigureRequest& request) {
  const bool is_thesis = !request.problem;
  const Perceptron network = network_of(request, surface_problem());
  const DataManifold manifold(network, 1.0);
  if (network.unknowns() != 2 || manifold.ambient() != 3)
    throw DataError(
        "the figure manifold cannot show these data: its columns depend on each other, "
        "or there is a ridge term");
  const SurfaceParameters parameters(network, is_thesis);
  const PolarGrid grid = polar_grid(network.space().basis());
  const Mesh mesh = mesh_of(grid.radii, grid.angles, [&](double radius, double angle) {
    return point_of(
        manifold.position(vector_of({radius * std::cos(angle), radius * std::sin(angle)})));
  });
  std::vector<Ball> balls;
  for (const auto& [a, b] : weights) balls.push_back(ball_at(network, manifold, parameters(a, b)));
  const std::vector<Point3> vertices = boundary(network);
  Point3 low = vertices[0], high = vertices[0];
  for (const Point3& vertex : vertices)
    for (std::size_t k = 0; k < 3; ++k) {
      low[k] = std::min(low[k], vertex[k]);
      high[k] = std::max(high[k], vertex[k]);
    }

  Figure figure;
  figure.name = "manifold";
  figure.width = 1700;
  figure.height = 920;
  figure.title = "The data manifold Z of three patterns and two weights";
  figure.caption =
      "All outputs z that two weights can give to three patterns at tau = 1, a surface in the cube "
      "of targets, from two sides. At three weights (balls): tangent squares along the principal "
      "directions, and normals. Infinite weights are its boundary (red): six vertices, where all "
      "patterns are saturated high (+) or low (−), and six edges of the cube, where one is free; "
      "with the surface "
      "these are the 13 strata of its closure.";
  if (is_thesis)
    figure.caption +=
        " At all three weights the principal curvatures have different signs: Z is a saddle there.";
  figure.tables = {mesh_table("surface", mesh)};
  FigureTable points{"points", {"z1", "z2", "z3", "n1", "n2", "n3", "k1", "k2"}, {}};
  for (std::size_t i = 0; i < balls.size(); ++i) {
    const Ball& ball = balls[i];
    points.rows.push_back({ball.z(0), ball.z(1), ball.z(2), ball.normal(0), ball.normal(1),
                           ball.normal(2), ball.k1, ball.k2});
    figure.tables.push_back(square_table(ball, fmt::format("square{}", i + 1)));
  }
  figure.tables.push_back(points);
  FigureTable named{"vertices", {"z1", "z2", "z3", "low", "high"}, {}};
  for (const Point3& vertex : vertices)
    named.rows.push_back({vertex[0], vertex[1], vertex[2], low[2], high[2]});
  figure.tables.push_back(named);
  for (std::size_t view = 0; view < 2; ++view) {
    for (const auto& [name, lines] :
         {std::pair{"cube", box_edges(low, high)}, std::pair{"boundary", closed(vertices)}}) {
      const CutLines cut = cut_lines(lines, mesh, views[view].towards_viewer());
      const std::string table = fmt::format("{}{}", name, view + 1);
      figure.tables.push_back(lines_table(table + "_seen", cut.seen));
      figure.tables.push_back(lines_table(table + "_hidden", cut.hidden));
    }
  }
  if (is_thesis) add_known_checks(figure, network, manifold, balls);
  add_general_checks(figure, balls, vertices);

  Picture picture = picture_of(figure);
  std::vector<LegendEntry> legend;
  for (std::size_t i = 0; i < balls.size(); ++i)
    legend.push_back(
        {point_style(Shape::disc, 1.6, ball_colours[i]), legend_text(request, i, balls[i])});
  legend.push_back({line_style(3.0, "#C1121F"), "infinite weights"});
  picture.centred_legend(890, legend);
  picture.add(
      "unset border\nunset colorbox\nset style fill solid 1 noborder\nset view equal xyz\n"
      "set xyplane at {}\nunset xtics\nunset ytics\nunset ztics\n",
      low[2]);
  for (std::size_t k = 0; k < 3; ++k)
    // gnuplot fills the panel with the range of the axes: leave room for the corners.
    picture.add("set {0}range [{1}:{2}]\n", "xyz"[k], high[k] - room * (high[k] - low[k]),
                low[k] + room * (high[k] - low[k]));
  for (std::size_t view = 0; view < 2; ++view) {
    picture.panel({20.0 + 840.0 * static_cast<double>(view), 64, 820, 760});
    add_view(picture, figure, view, low, high, mesh);
  }
  figure.script = std::move(picture).script();
  return figure;
}

}  // namespace tautrack::program
