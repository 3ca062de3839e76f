#include "commands/geometry_plot.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "tautrack/geometry/data_manifold.hpp"
#include "tautrack/geometry/plane_curve.hpp"

#include "commands/units.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"
#include "pictures/format.hpp"
#include "pictures/mesh.hpp"
#include "pictures/picture.hpp"

namespace tautrack::program {
namespace geometry_plot {

// Lengths are in pixels of the PNG picture.
constexpr int header_height = 64;
constexpr int row_height = 1000;
constexpr int left_margin = 110, panel_size = 880, panel_top = 36;
constexpr int legend_left = left_margin + panel_size + 60;
constexpr std::size_t most_rows = 6;

constexpr std::string_view manifold_colour = "#000000";
constexpr std::string_view caustic_colour = "#8E44AD";
constexpr std::string_view above_colour = "#0072B2", below_colour = "#E69F00";
constexpr std::string_view target_colour = "#009E73";
constexpr std::string_view band_colour = "#EAF2F8";
constexpr std::string_view limit_colour = "#C0392B";
constexpr std::string_view guide_colour = "#BBBBBB";

constexpr double pi = 3.14159265358979323846;
constexpr View view{28.0, -62.0};

/// Half the ranges of a view in space, for what is one away from the middle to touch the panel.
constexpr double view_margin = 1.06;

constexpr double saturated = 15.0;  ///< sigma is at its limit to a picture's precision.

constexpr const char* in_plane = "1:2";
constexpr const char* in_space = "1:2:3";

/// The data manifold of one problem, ready to be drawn.
struct Drawing {
  Drawing(const Problem& problem, const GeometryRequest& request, const ExaminedProblem& result)
      : name(problem.name),
        computed(computed_rows(request.network, problem)),
        network(computed.problem, computed.perceptron),
        manifold(network, request.tau),
        examined(&result) {
    const Vector root = network.pattern_weights().cwiseSqrt();
    low = computed.scale.low() * root;
    high = computed.scale.high() * root;
    y = place(manifold.target());
    is_weighted = problem.pattern_weights.size() > 0;
  }

  /// The place in the user's units of one on the manifold that is computed with.
  [[nodiscard]] Vector place(const Vector& own) const {
    const Vector root = network.pattern_weights().cwiseSqrt();
    return root.cwiseProduct(own.cwiseQuotient(root).unaryExpr(
        [this](double output) { return computed.scale.output(output); }));
  }
  [[nodiscard]] Vector position(const Vector& v) const { return place(manifold.position(v)); }

  /// The largest coordinate v along a row, at which its sigmoid is at its limit and the manifold
  /// out of the window.
  [[nodiscard]] double extent(double half_window) const {
    const Matrix A = network.space().basis();
    double least = A.rowwise().norm().maxCoeff();
    for (Index i = 0; i < A.rows(); ++i)
      if (const double norm = A.row(i).norm(); norm > 1e-6 * least) least = std::min(least, norm);
    double far = saturated / least;
    if (manifold.tau() < 1.0)
      far = std::max(far, 3.0 * half_window / computed.scale.unit() /
                              ((1.0 - manifold.tau()) * A.rowwise().norm().maxCoeff()));
    return far;
  }

  /// 1 / k for the parallel curves, and whether k is the supremum over all weights.
  [[nodiscard]] std::pair<double, bool> parallel_distance() const {
    const CurvatureSupremum& supremum = *examined->supremum;
    if (supremum.bounded == true && supremum.best > 0.0) return {1.0 / supremum.best, true};
    if (examined->point && examined->point->largest.value > 0.0)
      return {1.0 / examined->point->largest.value, false};
    return {0.0, false};
  }

  std::string name;
  ComputedProblem computed;
  Perceptron network;
  DataManifold manifold;  ///< In the units of the activation.
  Vector y;               ///< L, of ambient space in the user's units, as all places.
  Vector low, high;       ///< L, ends of the range.
  bool is_weighted = false;
  const ExaminedProblem* examined;
};

/// A square or cubic window around the range and y.
struct Window {
  explicit Window(const Drawing& drawing, double margin) : centre(drawing.y.size()) {
    Vector least = drawing.low.cwiseMin(drawing.y), most = drawing.high.cwiseMax(drawing.y);
    if (drawing.examined->point) {
      const Vector z = drawing.position(drawing.examined->point->v);
      least = least.cwiseMin(z);
      most = most.cwiseMax(z);
    }
    centre = (least + most) / 2.0;
    half = margin * (most - least).maxCoeff() / 2.0;
  }
  [[nodiscard]] bool is_near(const Vector& place) const {
    return (place - centre).lpNorm<Eigen::Infinity>() <= 4.0 * half;
  }

  [[nodiscard]] bool holds(const Vector& place) const {
    return (place - centre).lpNorm<Eigen::Infinity>() <= half;
  }

  /// Grows to hold the place.
  void see(const Vector& place) {
    half = std::max(half, 1.02 * (place - centre).lpNorm<Eigen::Infinity>());
  }

  Vector centre;
  double half = 1.0;
};

/// A sample of a curve in the plane.
struct Sample {
  double v = 0.0;
  Vector z, normal;
  double curvature = 0.0;
};

std::vector<Sample> sample_curve(const Drawing& drawing, double far) {
  constexpr int count = 3000;
  const double unit = 0.2;
  const double end = std::asinh(far / unit);
  std::vector<Sample> samples;
  for (int k = 0; k <= count; ++k) {
    Sample sample;
    sample.v = unit * std::sinh(end * (2.0 * k / count - 1.0));
    const ManifoldPoint at = drawing.manifold.at(Vector::Constant(1, sample.v));
    sample.z = drawing.place(at.position());
    sample.normal = at.normal_basis().col(0);
    sample.curvature = drawing.computed.scale.curvature(at.shape_operator(sample.normal)(0, 0));
    if (sample.normal.allFinite() && std::isfinite(sample.curvature)) samples.push_back(sample);
  }
  return samples;
}

/// All feet of y on a curve.
std::vector<OneWeightPoint> feet(const Drawing& drawing) {
  // In orthonormal coordinates: the columns of the user may depend on each other.
  const Perceptron& network = drawing.network;
  const Problem problem = make_problem(network.space().basis(), network.targets(), "feet", {"v"},
                                       network.pattern_weights());
  return stationary_points_of_one_weight(Perceptron(problem, network.options()),
                                         drawing.manifold.tau())
      .points;
}

/// The directions from what is seen to the camera, and to its right and upper side.
struct Camera {
  Vector eye{{std::cos(e) * std::cos(a), std::cos(e) * std::sin(a), std::sin(e)}};
  Vector right{{-std::sin(a), std::cos(a), 0.0}};
  Vector up{{-std::sin(e) * std::cos(a), -std::sin(e) * std::sin(a), std::cos(e)}};

 private:
  static constexpr double e = view.elevation * pi / 180.0, a = view.azimuth * pi / 180.0;
};

/// How far from the middle of the panel the camera sees a place.
double reach_in_view(const Vector& from_centre) {
  const Camera camera;
  return std::max(std::abs(camera.right.dot(from_centre)), std::abs(camera.up.dot(from_centre)));
}

/// A corner of the box of all outputs of three patterns; bit i tells the side in direction i.
Vector box_corner(const Drawing& drawing, unsigned bits) {
  Vector place(3);
  for (int axis = 0; axis < 3; ++axis)
    place(axis) = (bits >> axis) & 1U ? drawing.high(axis) : drawing.low(axis);
  return place;
}

/// Where outputs go as weights grow without bound, given the signs of the node inputs, at tau = 1.
Vector saturated_outputs(const Drawing& drawing, const Vector& inputs) {
  Vector outputs(inputs.size());
  for (Index i = 0; i < inputs.size(); ++i)
    outputs(i) = inputs(i) > 0.0   ? drawing.high(i)
                 : inputs(i) < 0.0 ? drawing.low(i)
                                   : (drawing.low(i) + drawing.high(i)) / 2.0;
  return outputs;
}

Point3 point_of(const Vector& place) { return {place(0), place(1), place(2)}; }

/// The limits at infinite weights of a surface at tau = 1: a polygon.
std::vector<Line3> boundary_of(const Drawing& drawing) {
  constexpr double same_angle = 1e-9;  // Patterns that are parallel change sign together.
  const Matrix A = drawing.network.space().basis();
  std::vector<double> angles;
  for (Index i = 0; i < A.rows(); ++i) {
    if (A.row(i).norm() == 0.0) continue;
    const double angle = std::atan2(A(i, 0), -A(i, 1));
    for (const double turned : {angle, angle + pi})
      angles.push_back(turned < 0.0 ? turned + 2.0 * pi : std::fmod(turned, 2.0 * pi));
  }
  std::sort(angles.begin(), angles.end());
  angles.push_back(angles.front() + 2.0 * pi);
  std::vector<Point3> vertices;
  for (std::size_t k = 1; k < angles.size(); ++k) {
    if (angles[k] - angles[k - 1] < same_angle) continue;
    const double middle = (angles[k] + angles[k - 1]) / 2.0;
    vertices.push_back(
        point_of(saturated_outputs(drawing, A * Vector{{std::cos(middle), std::sin(middle)}})));
  }
  std::vector<Line3> lines;
  for (std::size_t k = 0; k < vertices.size(); ++k)
    lines.push_back({vertices[k], vertices[(k + 1) % vertices.size()]});
  return lines;
}

/// The edges of the box of all outputs.
std::vector<Line3> edges_of(const Drawing& drawing) {
  std::vector<Line3> edges;
  for (unsigned from = 0; from < 8; ++from)
    for (unsigned axis = 0; axis < 3; ++axis)
      if (const unsigned to = from | (1U << axis); to != from)
        edges.push_back({point_of(box_corner(drawing, from)), point_of(box_corner(drawing, to))});
  return edges;
}

std::string axis_title(const Drawing& drawing, int pattern) {
  return fmt::format("output of pattern {}{}", pattern,
                     drawing.is_weighted ? " x sqrt(its weight)" : "");
}

/// What stands above a panel.
std::string row_title(const Drawing& drawing) {
  const std::optional<ExaminedPoint>& point = drawing.examined->point;
  std::string text = cut(drawing.name, 40);
  if (!point) return text + ": the natural path has no end here";
  text += fmt::format(":  |y - z| = {:.6g}", point->distance);
  if (point->curvatures.size() > 0)
    text += fmt::format(",  largest |y - z| kappa = {:.6g}",
                        point->normal_distance * point->curvatures(0));
  if (drawing.examined->certificate)
    text += drawing.examined->certificate->unique ? ",  proven to be the only stationary point"
                                                  : ",  uniqueness not certified";
  return text;
}

/// Draws the data manifolds, each in a row with a key.
class ManifoldPicture {
 public:
  explicit ManifoldPicture(const std::vector<Drawing>& drawings)
      : drawings_(drawings), picture_(picture_width, picture_height(drawings.size())) {}

  [[nodiscard]] static int picture_height(std::size_t rows) {
    return header_height + row_height * static_cast<int>(rows);
  }

  [[nodiscard]] std::string script(const std::string& title) && {
    picture_.text(left_margin - 80.0, 32.0, title, "left font ',15'");
    for (std::size_t i = 0; i < drawings_.size(); ++i) {
      const Place at{left_margin, header_height + row_height * static_cast<double>(i) + panel_top,
                     panel_size, panel_size};
      picture_.panel(at).key(legend_left, at.top + 4.0);
      picture_.text(at.left, at.top - 20.0, row_title(drawings_[i]), "left font ',11'");
      if (drawings_[i].y.size() == 2)
        add_plane(drawings_[i]);
      else
        add_space(drawings_[i], at);
    }
    return std::move(picture_).script();
  }

 private:
  [[nodiscard]] std::string point_block(const Vector& place) {
    return picture_.block(Rows().add(place));
  }

  /// The target, with its name.
  void add_target(const Drawing& drawing, const char* columns, Plot& plot) {
    plot.add(point_block(drawing.y), columns, point_style(Shape::star, 2.2, target_colour, 2.6),
             "y, the targets");
  }

  /// A curve in the plane, its caustic, parallel curves and feet.
  void add_plane(const Drawing& drawing) {
    const Window window(drawing, 1.5);
    const auto [distance, is_supremum] = drawing.parallel_distance();
    const double tau = drawing.manifold.tau();
    const std::optional<ExaminedPoint>& point = drawing.examined->point;

    Rows curve, caustic, above, below, band;
    bool is_caustic_seen = false;
    const std::vector<Sample> samples = sample_curve(drawing, drawing.extent(window.half));
    double before = 0.0;
    for (const Sample& sample : samples) {
      curve.add(sample.z);
      const Vector centre = sample.z + sample.normal / sample.curvature;
      const bool is_near = sample.curvature != 0.0 && window.is_near(centre);
      if (!is_near || sample.curvature * before < 0.0) caustic.gap();
      if (is_near) {
        caustic.add(centre);
        is_caustic_seen = is_caustic_seen || window.holds(centre);
      }
      before = sample.curvature;
    }
    if (distance > 0.0) {
      for (const Sample& sample : samples) {
        above.add(Vector(sample.z + distance * sample.normal));
        below.add(Vector(sample.z - distance * sample.normal));
        band.add(Vector(sample.z + distance * sample.normal));
      }
      for (auto sample = samples.rbegin(); sample != samples.rend(); ++sample)
        band.add(Vector(sample->z - distance * sample->normal));
    }
    Rows minima, maxima, ways, ends;
    for (const OneWeightPoint& foot : feet(drawing)) {
      const Vector place = drawing.position(Vector::Constant(1, foot.weight));
      (foot.index == 0 ? minima : maxima).add(place);
      ways.add(drawing.y).add(place).gap();
    }
    if (tau == 1.0)
      for (const double side : {-1.0, 1.0})
        ends.add(saturated_outputs(drawing, side * drawing.network.space().basis().col(0)));

    Plot plot;
    if (is_supremum)
      plot.add(picture_.block(band), in_plane,
               fmt::format("filledcurves closed fs solid noborder fc rgb '{}'", band_colour),
               "|y - z| < 1/k: z is the only foot");
    if (is_caustic_seen)
      plot.add(picture_.block(caustic), in_plane, line_style(2.0, caustic_colour),
               "caustic (centres of curvature)");
    plot.add(picture_.block(above), in_plane, line_style(1.6, above_colour),
             fmt::format("P_a: z + n/k, 1/k = {:.6g}", distance));
    plot.add(
        picture_.block(below), in_plane, line_style(1.6, below_colour),
        fmt::format("P_b: z - n/k, {}", is_supremum ? "k the largest found" : "k that of the fit"));
    plot.add(picture_.block(curve), in_plane, line_style(2.6, manifold_colour),
             fmt::format("data manifold, tau = {:.6g}", tau));
    plot.add(picture_.block(ways), in_plane, line_style(1.2, target_colour, "(6,5)"),
             "normals from y to its feet");
    plot.add(picture_.block(ends), in_plane, point_style(Shape::disc, 1.3, limit_colour),
             "limits at infinite weights");
    plot.add(picture_.block(minima), in_plane, point_style(Shape::disc, 1.4, target_colour),
             "feet of y: minima");
    const std::string open = picture_.block(maxima);
    plot.add(open, in_plane, point_style(Shape::disc, 1.4, "#FFFFFF"));
    plot.add(open, in_plane, point_style(Shape::circle, 1.4, target_colour, 2.0),
             "feet of y: maxima");
    if (point)
      plot.add(point_block(drawing.position(point->v)), in_plane,
               point_style(Shape::circle, 2.4, manifold_colour, 1.6),
               point->source == PointSource::given_weights ? "given weights" : "the fit");
    add_target(drawing, in_plane, plot);

    const auto axis = [&](Index i) {
      return NumberAxis{axis_title(drawing, static_cast<int>(i) + 1),
                        window.centre(i) - window.half, window.centre(i) + window.half};
    };
    picture_.add("set size ratio -1\nset border lc rgb '#444444'\nset tics scale 0.5\n")
        .axes(axis(0), axis(1))
        .plot(plot);
  }

  struct Surface;

  /// The surface of a drawing. @param half_window Half of what is seen at tau < 1.
  [[nodiscard]] static Surface surface_of(const Drawing& drawing, double half_window);

  [[nodiscard]] std::string lines_block(const std::vector<std::vector<Point3>>& lines);

  /// A surface in space, coloured by its curvature, with its boundary, the fit and its normal.
  void add_space(const Drawing& drawing, const Place& panel);

  /// The explanation of the colours of a surface, for logarithms of its curvature.
  void add_colours(std::vector<double> logarithms, const Place& panel);

  void add_axis_labels(const Drawing& drawing);

  /// The fit, the way to y and the centres of curvature.
  void add_foot(const Drawing& drawing, const Window& window, Plot& plot);

  const std::vector<Drawing>& drawings_;
  Picture picture_;
};

void ManifoldPicture::add_colours(std::vector<double> logarithms, const Place& panel) {
  constexpr double lowest_decade = -6.0;  // Flatter surfaces are flat.
  std::sort(logarithms.begin(), logarithms.end());
  const auto quantile = [&](double part) {
    return logarithms[static_cast<std::size_t>(part * static_cast<double>(logarithms.size() - 1))];
  };
  const double high = std::max(quantile(0.95), lowest_decade);
  const double low = std::clamp(quantile(0.02), high - 2.0, high - 0.3);
  Ticks ticks;
  for (int decade = static_cast<int>(std::floor(low)); decade <= high; ++decade)
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * std::pow(10.0, decade);
      if (std::log10(value) >= low && std::log10(value) <= high)
        ticks.add(tick_text(value), std::log10(value));
    }
  picture_.add("set palette defined (0 '#F2F5F9', 0.35 '#B9D0E4', 0.7 '#6F9FC8', 1 '#2F5F94')\n");
  const Place box{legend_left + 16.0, panel.top + 460.0, 18.0, 300.0};
  picture_.colour_box(box, range_text(low, high), ticks)
      .text(box.left, box.top - 26.0, "largest curvature |k|max", "left font ',11'");
}

/// A surface with the logarithms of its largest curvatures.
struct ManifoldPicture::Surface {
  Mesh mesh;
  std::vector<double> logarithms;  ///< Of the points of the mesh.
  std::vector<double> bent;        ///< Of those where the sigmoids bend.
};

ManifoldPicture::Surface ManifoldPicture::surface_of(const Drawing& drawing, double half_window) {
  constexpr int cells = 60;
  constexpr double bent = 4.5;    // Node inputs at which the sigmoid has done its bending.
  constexpr double flat = 1e-12;  // A curvature below any that is drawn.
  const double tau = drawing.manifold.tau();
  const OutputScale& scale = drawing.computed.scale;
  const Matrix& basis = drawing.network.space().basis();
  Surface surface;
  const auto add = [&](const Vector& v) {
    const ManifoldPoint at = drawing.manifold.at(v);
    const double logarithm =
        std::log10(scale.curvature(std::max(largest_curvature(at).value, flat)));
    surface.logarithms.push_back(logarithm);
    if (at.node_inputs().lpNorm<Eigen::Infinity>() < bent) surface.bent.push_back(logarithm);
    return point_of(drawing.place(at.position()));
  };
  if (tau == 1.0) {
    const PolarGrid grid = polar_grid(basis);
    surface.mesh = mesh_of(grid.radii, grid.angles, [&](double radius, double angle) {
      return add(Vector{{radius * std::cos(angle), radius * std::sin(angle)}});
    });
    return surface;
  }
  const double steepest = basis.rowwise().norm().maxCoeff(), unit = 0.6 / steepest;
  const double far = std::min(drawing.extent(0.0) / saturated * bent,
                              1.5 * half_window / scale.unit() / ((1.0 - tau) * steepest));
  const double end = std::asinh(far / unit);
  std::vector<double> grid;
  for (int k = 0; k <= cells; ++k) grid.push_back(unit * std::sinh(end * (2.0 * k / cells - 1.0)));
  surface.mesh = mesh_of(grid, grid, [&](double a, double b) { return add(Vector{{a, b}}); });
  return surface;
}

void ManifoldPicture::add_space(const Drawing& drawing, const Place& panel) {
  const double tau = drawing.manifold.tau();
  Window window(drawing, 1.05);
  double reach = reach_in_view(drawing.y - window.centre);
  for (unsigned bits = 0; bits < 8; ++bits)
    reach = std::max(reach, reach_in_view(box_corner(drawing, bits) - window.centre));
  Surface surface = surface_of(drawing, window.half);
  const Mesh& mesh = surface.mesh;
  Rows rows;
  for (std::size_t i = 0; i < mesh.rows; ++i) {
    for (std::size_t j = 0; j < mesh.columns; ++j) {
      const Point3& at = mesh.at(i, j);
      const Vector place{{at[0], at[1], at[2]}};
      window.see(place);
      reach = std::max(reach, reach_in_view(place - window.centre));
      rows.add(place, surface.logarithms[i * mesh.columns + j]);
    }
    rows.gap();
  }

  // gnuplot sorts a surface by depth and draws it last: what stands before or behind it are other plots. No light:
  // shades would be other colours than those of the scale.
  picture_.add(
      "set view {}\nset view equal xyz\nset xyplane 0\nunset border\nunset tics\n"
      "set pm3d depthorder border lc rgb '#A0000000' lw 0.3\nset pm3d nolighting\n",
      view.command());
  // The scale of a view has no effect when axes are equal, the ranges have.
  const double half = view_margin * reach;
  for (Index axis = 0; axis < 3; ++axis)
    picture_.add("set {}range {}\n", "xyz"[axis],
                 range_text(window.centre(axis) - half, window.centre(axis) + half));
  const Point3 eye = view.towards_viewer();
  const CutLines box = cut_lines(edges_of(drawing), mesh, eye);
  picture_.splot(Plot().add(lines_block(box.hidden), in_space, line_style(1.0, guide_colour)));
  add_colours(std::move(surface.bent), panel);
  picture_.splot(Plot().add(picture_.block(rows), "1:2:3:4", "pm3d"));

  add_axis_labels(drawing);
  Plot plot;
  plot.add(lines_block(box.seen), in_space, line_style(1.2, guide_colour), "range of the outputs");
  if (tau == 1.0) {
    const CutLines boundary = cut_lines(boundary_of(drawing), mesh, eye);
    plot.add(lines_block(boundary.seen), in_space, line_style(2.6, limit_colour),
             "boundary: limits at infinite weights")
        .add(lines_block(boundary.hidden), in_space, line_style(1.4, limit_colour, "(3,4)"),
             "boundary behind the surface");
  }
  if (drawing.examined->point) add_foot(drawing, window, plot);
  add_target(drawing, in_space, plot);
  picture_.splot(plot);
}

std::string ManifoldPicture::lines_block(const std::vector<std::vector<Point3>>& lines) {
  Rows rows;
  for (const std::vector<Point3>& line : lines) {
    for (const Point3& at : line) rows.add(at[0], at[1], at[2]);
    rows.gap().gap();
  }
  return picture_.block(rows);
}

void ManifoldPicture::add_axis_labels(const Drawing& drawing) {
  const Vector &low = drawing.low, &high = drawing.high, middle = (low + high) / 2.0;
  const double off = 0.09 * (high - low).maxCoeff();
  // Titles stand further away from an edge of the box than its numbers.
  const auto name_edge = [&](const Vector& at, const Vector& way, int pattern) {
    const Index axis = pattern - 1;
    const Vector title = at + off * way;
    picture_.label({title(0), title(1), title(2)}, axis_title(drawing, pattern),
                   "center textcolor rgb '#222222'");
    for (const double end : {low(axis), high(axis)}) {
      Vector number = at + 0.45 * off * way;
      number(axis) = end;
      picture_.label({number(0), number(1), number(2)}, tick_text(end),
                     "center textcolor rgb '#222222'");
    }
  };
  name_edge(Vector{{middle(0), low(1), low(2)}}, Vector{{0.0, -1.0, -1.0}}, 1);
  name_edge(Vector{{high(0), middle(1), low(2)}}, Vector{{3.0, 0.0, -1.0}}, 2);
  name_edge(Vector{{low(0), low(1), middle(2)}}, Vector{{-2.0, -1.0, 1.0}}, 3);
}

void ManifoldPicture::add_foot(const Drawing& drawing, const Window& window, Plot& plot) {
  const ExaminedPoint& point = *drawing.examined->point;
  const ManifoldPoint at = drawing.manifold.at(point.v);
  const Vector place = drawing.place(at.position());
  const Vector normal = at.normal_part(at.residual()).normalized();
  Rows focal, line;
  double low = 0.0, high = 0.0;
  for (const double kappa : point.curvatures) {
    const Vector centre = place + normal / kappa;
    if (kappa == 0.0 || (centre - window.centre).lpNorm<Eigen::Infinity>() > window.half) continue;
    focal.add(centre);
    low = std::min(low, 1.0 / kappa);
    high = std::max(high, 1.0 / kappa);
  }
  if (!focal.empty()) line.add(Vector(place + low * normal)).add(Vector(place + high * normal));
  plot.add(picture_.block(Rows().add(place).add(drawing.y)), in_space,
           line_style(1.8, target_colour), "y - z");
  plot.add(picture_.block(line), in_space, line_style(1.2, caustic_colour, "(6,5)"));
  plot.add(picture_.block(focal), in_space, point_style(Shape::disc, 1.2, caustic_colour),
           "centres of curvature on that normal");
  plot.add(point_block(place), in_space, point_style(Shape::disc, 1.4, target_colour),
           point.source == PointSource::given_weights ? "z of the given weights" : "z, the fit");
}

}  // namespace geometry_plot

void require_drawable(const GeometryRequest& request, const Dataset& dataset) {
  const Problem& problem = dataset.problems.front();
  const auto patterns = static_cast<long long>(problem.X.rows());
  const char* const rule = "--plot: pictures are for L = 2 and 3 patterns";
  if (patterns != 2 && patterns != 3)
    throw UsageError(fmt::format("{}, the data have {}", rule, patterns));
  if (request.network.perceptron.ridge > 0.0)
    throw UsageError(fmt::format(
        "{} without --ridge: the penalty adds dimensions that a picture does not have", rule));
  const Index rank = Perceptron(problem, request.network.perceptron).unknowns();
  if (rank != patterns - 1)
    throw UsageError(fmt::format(
        "{} in one dimension less; the data manifold of {} has {}{}", rule,
        counted(patterns, "pattern"), counted(static_cast<long long>(rank), "dimension"),
        request.network.dataset.bias && rank == patterns ? "; --no-bias leaves one weight out"
                                                         : ""));
}

std::string plot_report(const GeometryRequest& request, const Dataset& dataset,
                        const std::vector<ExaminedProblem>& examined) {
  using namespace geometry_plot;
  const std::size_t count = std::min(examined.size(), most_rows);
  std::vector<Drawing> drawings;
  for (std::size_t i = 0; i < count; ++i)
    drawings.emplace_back(dataset.problems[i], request, examined[i]);
  const std::string title =
      fmt::format("Data manifold of a {} perceptron at tau = {:.6g}: {}{}",
                  to_string(request.network.perceptron.activation), request.tau,
                  source_text(dataset.source), part_note(count, examined.size()));
  return draw_picture(request.outputs.plot_file, ManifoldPicture::picture_height(count), title,
                      ManifoldPicture(drawings).script(title));
}

}  // namespace tautrack::program
