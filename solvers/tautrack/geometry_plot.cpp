#include "tautrack/geometry_plot.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "tautrack/geometry/data_manifold.hpp"
#include "tautrack/geometry/plane_curve.hpp"

#include "io/text.hpp"
#include "io/usage_error.hpp"
#include "pictures/gnuplot.hpp"
#include "pictures/picture.hpp"

namespace tautrack::program {
namespace {

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
constexpr double elevation = 28.0, azimuth = -62.0;  ///< Of the camera, in degrees.

/// Half the ranges of a view in space, for what is one away from the middle to touch the panel.
constexpr double view_margin = 1.06;

constexpr double saturated = 15.0;  ///< sigma is at its limit to a picture's precision.

/// A point in the plane or in space.
using Place = Vector;

std::string place_text(const Place& place) {
  std::string text;
  for (const double coordinate : place) text += fmt::format("{:.9g} ", coordinate);
  return text + '\n';
}

/// The data manifold of one problem, ready to be drawn.
struct Drawing {
  Drawing(const Problem& problem, const GeometryRequest& request, const ExaminedProblem& result)
      : name(problem.name),
        network(problem, request.network.perceptron),
        manifold(network, request.tau),
        y(manifold.target()),
        examined(&result) {
    const Range limits = range(request.network.perceptron.activation);
    const Vector root = network.pattern_weights().cwiseSqrt();
    low = limits.low * root;
    high = limits.high * root;
    is_weighted = problem.pattern_weights.size() > 0;
  }

  /// The largest coordinate v along a row, at which its sigmoid is at its limit and the manifold
  /// out of the window.
  [[nodiscard]] double extent(double half_window) const {
    const Matrix A = network.space().basis();
    double least = A.rowwise().norm().maxCoeff();
    for (Index i = 0; i < A.rows(); ++i)
      if (const double norm = A.row(i).norm(); norm > 1e-6 * least) least = std::min(least, norm);
    double far = saturated / least;
    if (manifold.tau() < 1.0)
      far = std::max(far,
                     3.0 * half_window / ((1.0 - manifold.tau()) * A.rowwise().norm().maxCoeff()));
    return far;
  }

  /// 1 / k for the parallel curves, and whether k is the supremum over all weights.
  [[nodiscard]] std::pair<double, bool> parallel_distance() const {
    const CurvatureSupremum& supremum = examined->supremum;
    if (supremum.bounded == true && supremum.best > 0.0) return {1.0 / supremum.best, true};
    if (examined->point && examined->point->largest.value > 0.0)
      return {1.0 / examined->point->largest.value, false};
    return {0.0, false};
  }

  std::string name;
  Perceptron network;
  DataManifold manifold;
  Vector y;          ///< L, of ambient space, as all places.
  Vector low, high;  ///< L, ends of the range.
  bool is_weighted = false;
  const ExaminedProblem* examined;
};

/// A square or cubic window around the range and y.
struct Window {
  explicit Window(const Drawing& drawing, double margin) : centre(drawing.y.size()) {
    Vector least = drawing.low.cwiseMin(drawing.y), most = drawing.high.cwiseMax(drawing.y);
    if (drawing.examined->point) {
      const Vector z = drawing.manifold.position(drawing.examined->point->v);
      least = least.cwiseMin(z);
      most = most.cwiseMax(z);
    }
    centre = (least + most) / 2.0;
    half = margin * (most - least).maxCoeff() / 2.0;
  }
  [[nodiscard]] bool is_near(const Place& place) const {
    return (place - centre).lpNorm<Eigen::Infinity>() <= 4.0 * half;
  }

  /// Grows to hold the place.
  void see(const Place& place) {
    half = std::max(half, 1.02 * (place - centre).lpNorm<Eigen::Infinity>());
  }

  Vector centre;
  double half = 1.0;
};

/// A sample of a curve in the plane.
struct Sample {
  double v = 0.0;
  Place z, normal;
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
    sample.z = at.position();
    sample.normal = at.normal_basis().col(0);
    sample.curvature = at.shape_operator(sample.normal)(0, 0);
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
  static constexpr double e = elevation * pi / 180.0, a = azimuth * pi / 180.0;
};

/// How far from the middle of the panel the camera sees a place.
double reach_in_view(const Place& from_centre) {
  const Camera camera;
  return std::max(std::abs(camera.right.dot(from_centre)), std::abs(camera.up.dot(from_centre)));
}

/// A corner of the box of all outputs of three patterns; bit i tells the side in direction i.
Place box_corner(const Drawing& drawing, unsigned bits) {
  Place place(3);
  for (int axis = 0; axis < 3; ++axis)
    place(axis) = (bits >> axis) & 1U ? drawing.high(axis) : drawing.low(axis);
  return place;
}

class Script {
 public:
  explicit Script(const std::vector<Drawing>& drawings) : drawings_(drawings) {}

  [[nodiscard]] int height() const {
    return header_height + row_height * static_cast<int>(drawings_.size());
  }

  std::string text(const std::string& title) {
    add("set multiplot\nset label 1 {} at screen {:.6f},{:.6f} font ',15'\n", gnuplot_string(title),
        x(left_margin - 80.0), y(32.0));
    for (std::size_t i = 0; i < drawings_.size(); ++i) {
      if (drawings_[i].y.size() == 2)
        add_plane(i);
      else
        add_space(i);
      add("unset label 1\n");
    }
    add("unset multiplot\n");
    return script_;
  }

 private:
  template <class... Parts>
  void add(fmt::format_string<Parts...> format, Parts&&... parts) {
    fmt::format_to(std::back_inserter(script_), format, std::forward<Parts>(parts)...);
  }

  [[nodiscard]] static double x(double pixels) { return pixels / picture_width; }
  [[nodiscard]] double y(double pixels) const { return 1.0 - pixels / height(); }
  [[nodiscard]] static double row_top(std::size_t i) {
    return header_height + row_height * static_cast<double>(i);
  }

  void add_block(const std::string& name, const std::string& rows) {
    add("${} << EOD\n{}EOD\n", name, rows.empty() ? std::string("NaN NaN NaN\n") : rows);
  }

  void add_plot(std::string_view command, const std::vector<std::string>& parts) {
    add("{} {}\n", command, fmt::join(parts, ", \\\n     "));
  }

  [[nodiscard]] static std::string axis_title(const Drawing& drawing, int pattern) {
    return fmt::format("output of pattern {}{}", pattern,
                       drawing.is_weighted ? " x sqrt(its weight)" : "");
  }

  /// What stands above a panel.
  [[nodiscard]] static std::string row_title(const Drawing& drawing) {
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

  void set_panel(std::size_t i) {
    const double top = row_top(i) + panel_top;
    add("set lmargin at screen {:.6f}\nset rmargin at screen {:.6f}\nset tmargin at screen {:.6f}\n"
        "set bmargin at screen {:.6f}\n",
        x(left_margin), x(left_margin + panel_size), y(top), y(top + panel_size));
    add("set label 2 {} at screen {:.6f},{:.6f} font ',11'\n",
        gnuplot_string(row_title(drawings_[i])), x(left_margin), y(top - 20.0));
    add("set key at screen {:.6f},{:.6f} left top Left reverse samplen 2.2 spacing 1.8 width -8 "
        "font ',11'\n",
        x(legend_left), y(top + 4.0));
  }

  /// A curve in the plane, its caustic, parallel curves and feet.
  void add_plane(std::size_t i) {
    const Drawing& drawing = drawings_[i];
    const Window window(drawing, 1.5);
    const std::vector<Sample> samples = sample_curve(drawing, drawing.extent(window.half));
    const auto [distance, is_supremum] = drawing.parallel_distance();
    const double tau = drawing.manifold.tau();

    std::string curve, caustic, above, below, reversed;
    double before = 0.0;
    for (const Sample& sample : samples) {
      curve += place_text(sample.z);
      if (distance > 0.0) {
        above += place_text(sample.z + distance * sample.normal);
        below += place_text(sample.z - distance * sample.normal);
        reversed = place_text(sample.z - distance * sample.normal) + reversed;
      }
      const Place centre = sample.z + sample.normal / sample.curvature;
      const bool is_near = sample.curvature != 0.0 && window.is_near(centre);
      if (!is_near || sample.curvature * before < 0.0) caustic += '\n';
      if (is_near) caustic += place_text(centre);
      before = sample.curvature;
    }
    add_block(fmt::format("curve{}", i), curve);
    add_block(fmt::format("caustic{}", i), caustic);
    add_block(fmt::format("above{}", i), above);
    add_block(fmt::format("below{}", i), below);
    add_block(fmt::format("band{}", i), above + reversed);

    std::string minima, maxima, lines;
    const std::vector<OneWeightPoint> found = feet(drawing);
    const bool has_foot = drawing.examined->point.has_value();
    for (const OneWeightPoint& foot : found) {
      const Place place = drawing.manifold.position(Vector::Constant(1, foot.weight));
      (foot.index == 0 ? minima : maxima) += place_text(place);
      lines += place_text(drawing.y) + place_text(place) + '\n';
    }
    add_block(fmt::format("lines{}", i), lines);
    add_block(fmt::format("minima{}", i), minima);
    add_block(fmt::format("maxima{}", i), maxima);
    add_block(fmt::format("target{}", i), place_text(drawing.y));
    if (has_foot)
      add_block(fmt::format("point{}", i),
                place_text(drawing.manifold.position(drawing.examined->point->v)));
    std::string corners;
    if (tau == 1.0)
      for (const double side : {-1.0, 1.0}) corners += place_text(corner(drawing, side));
    add_block(fmt::format("corners{}", i), corners);

    std::vector<std::string> parts;
    if (is_supremum)
      parts.push_back(fmt::format(
          "$band{} using 1:2 with filledcurves closed fs solid noborder fc rgb '{}' title "
          "'|y - z| < 1/k: z is the only foot'",
          i, band_colour));
    parts.push_back(
        fmt::format("$caustic{} using 1:2 with lines lw 2 lc rgb '{}' title 'caustic "
                    "(centres of curvature)'",
                    i, caustic_colour));
    if (distance > 0.0) {
      const std::string k = fmt::format("1/k = {:.6g}", distance);
      parts.push_back(
          fmt::format("$above{} using 1:2 with lines lw 1.6 lc rgb '{}' title 'P_a: z + n/k, {}'",
                      i, above_colour, k));
      parts.push_back(
          fmt::format("$below{} using 1:2 with lines lw 1.6 lc rgb '{}' title 'P_b: z - n/k, {}'",
                      i, below_colour, is_supremum ? "k the largest found" : "k that of the fit"));
    }
    parts.push_back(fmt::format(
        "$curve{} using 1:2 with lines lw 2.6 lc rgb '{}' title 'data manifold, tau = {:.6g}'", i,
        manifold_colour, tau));
    if (!found.empty())
      parts.push_back(fmt::format(
          "$lines{} using 1:2 with lines dt (6,5) lw 1.2 lc rgb '{}' notitle", i, target_colour));
    if (!corners.empty())
      parts.push_back(fmt::format(
          "$corners{} using 1:2 with points pt 7 ps 1.3 lc rgb '{}' title 'limits at infinite "
          "weights'",
          i, limit_colour));
    if (!minima.empty())
      parts.push_back(fmt::format(
          "$minima{} using 1:2 with points pt 7 ps 1.4 lc rgb '{}' title 'feet of y: minima'", i,
          target_colour));
    if (!maxima.empty()) {
      parts.push_back(
          fmt::format("$maxima{} using 1:2 with points pt 7 ps 1.4 lc rgb '#FFFFFF' notitle", i));
      parts.push_back(fmt::format(
          "$maxima{} using 1:2 with points pt 6 ps 1.4 lw 2 lc rgb '{}' title 'feet of y: maxima'",
          i, target_colour));
    }
    if (has_foot)
      parts.push_back(fmt::format(
          "$point{} using 1:2 with points pt 6 ps 2.4 lw 1.6 lc rgb '{}' title '{}'", i,
          manifold_colour,
          drawing.examined->point->source == PointSource::given_weights ? "given weights"
                                                                        : "the fit"));
    parts.push_back(fmt::format(
        "$target{} using 1:2 with points pt 3 ps 2.2 lw 2.6 lc rgb '{}' title 'y, the targets'", i,
        target_colour));

    set_panel(i);
    add("set size ratio -1\nset border lc rgb '#444444'\nset tics scale 0.5\n"
        "set xlabel {} offset 0,0.3\nset ylabel {} offset 0.8,0\n",
        gnuplot_string(axis_title(drawing, 1)), gnuplot_string(axis_title(drawing, 2)));
    add("set xrange {}\nset yrange {}\n",
        range_text(window.centre(0) - window.half, window.centre(0) + window.half),
        range_text(window.centre(1) - window.half, window.centre(1) + window.half));
    add_plot("plot", parts);
  }

  /// The end of the curve at infinite weights on one side, tau = 1.
  [[nodiscard]] static Place corner(const Drawing& drawing, double side) {
    const Matrix A = drawing.network.space().basis();
    Place place(drawing.y.size());
    for (Index i = 0; i < place.size(); ++i) {
      const double rate = side * A(i, 0);
      place(i) = rate > 0.0   ? drawing.high(i)
                 : rate < 0.0 ? drawing.low(i)
                              : (drawing.low(i) + drawing.high(i)) / 2.0;
    }
    return place;
  }

  /// A surface in space, coloured by its curvature, with its boundary, the fit and its normal.
  void add_space(std::size_t i);
  void add_surface_range(std::vector<double> logarithms, double top);
  void add_axis_labels(const Drawing& drawing);

  /// The edges of the box of all outputs that lie behind everything in it, and the others.
  static void add_cube(const Drawing& drawing, std::string& back, std::string& front);

  /// The limits at infinite weights of a surface at tau = 1: a polygon.
  static std::string boundary_text(const Drawing& drawing);

  /// The parts that draw the fit, the way to y and the centres of curvature.
  void add_foot(std::size_t i, const Window& window, std::vector<std::string>& parts);

  const std::vector<Drawing>& drawings_;
  std::string script_;
};

void Script::add_surface_range(std::vector<double> logarithms, double top) {
  std::sort(logarithms.begin(), logarithms.end());
  const auto quantile = [&](double part) {
    return logarithms[static_cast<std::size_t>(part * static_cast<double>(logarithms.size() - 1))];
  };
  const double high = std::max(quantile(0.95), -6.0);
  const double low = std::clamp(quantile(0.02), high - 2.0, high - 0.3);
  std::string ticks;
  for (int decade = static_cast<int>(std::floor(low)); decade <= high; ++decade)
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * std::pow(10.0, decade);
      if (std::log10(value) < low || std::log10(value) > high) continue;
      ticks += fmt::format("{}'{}' {:.9g}", ticks.empty() ? "" : ", ", tick_text(value),
                           std::log10(value));
    }
  add("set palette defined (0 '#F2F5F9', 0.35 '#B9D0E4', 0.7 '#6F9FC8', 1 '#2F5F94')\n"
      "set cbrange {}\nset cbtics ({}) scale 0.4\n",
      range_text(low, high), ticks);
  const double left = legend_left + 16.0, below = top + 760.0;
  add("set colorbox vertical user origin screen {:.6f},{:.6f} size screen {:.6f},{:.6f}\n", x(left),
      y(below), 18.0 / picture_width, 300.0 / height());
  add("set label 3 'largest curvature |k|max' at screen {:.6f},{:.6f} font ',11'\n", x(left),
      y(below - 326.0));
}

void Script::add_space(std::size_t i) {
  constexpr int cells = 60;
  constexpr double bent = 4.5;  // Node inputs at which the sigmoid has done its bending.
  constexpr double edge = 7.0;  // Those at which a picture does not tell them from infinite ones.
  const Drawing& drawing = drawings_[i];
  const double tau = drawing.manifold.tau();
  Window window(drawing, 1.05);
  const double steepest = drawing.network.space().basis().rowwise().norm().maxCoeff();
  double far = drawing.extent(0.0) / saturated * (tau < 1.0 ? bent : edge);
  if (tau < 1.0) far = std::min(far, 1.5 * window.half / ((1.0 - tau) * steepest));
  const double unit = 0.6 / steepest;
  const double end = std::asinh(far / unit);
  const auto coordinate = [&](int k) { return unit * std::sinh(end * (2.0 * k / cells - 1.0)); };

  std::string surface;
  std::vector<double> logarithms;
  double reach = reach_in_view(drawing.y - window.centre);
  for (unsigned bits = 0; bits < 8; ++bits)
    reach = std::max(reach, reach_in_view(box_corner(drawing, bits) - window.centre));
  for (int k = 0; k <= cells; ++k) {
    for (int l = 0; l <= cells; ++l) {
      const ManifoldPoint at = drawing.manifold.at(Vector{{coordinate(k), coordinate(l)}});
      const double logarithm = std::log10(std::max(largest_curvature(at).value, 1e-12));
      if (at.node_inputs().lpNorm<Eigen::Infinity>() < bent) logarithms.push_back(logarithm);
      window.see(at.position());
      reach = std::max(reach, reach_in_view(at.position() - window.centre));
      std::string row = place_text(at.position());
      row.back() = ' ';
      surface += row + fmt::format("{:.6g}\n", logarithm);
    }
    surface += '\n';
  }
  add_block(fmt::format("surface{}", i), surface);

  // Lines behind the surface are drawn before it, those in front of it after it.
  std::string back, front;
  add_cube(drawing, back, front);
  add_block(fmt::format("back{}", i), back);
  add_block(fmt::format("front{}", i), front);
  const std::string boundary = tau == 1.0 ? boundary_text(drawing) : "";
  add_block(fmt::format("boundary{}", i), boundary);

  // gnuplot sorts a surface by depth and draws it last: what stands before it is another plot.
  set_panel(i);
  add("set view {:g},{:g}\nset view equal xyz\nset xyplane 0\nunset border\nunset tics\n"
      "set pm3d depthorder border lc rgb '#33000000' lw 0.35\n"
      "set pm3d lighting primary 0.35 specular 0.15\n",
      90.0 - elevation, 90.0 + azimuth);
  // The scale of a view has no effect when axes are equal, the ranges have.
  const double half = view_margin * reach;
  const char axes[] = {'x', 'y', 'z'};
  for (int axis = 0; axis < 3; ++axis)
    add("set {}range {}\n", axes[axis],
        range_text(window.centre(axis) - half, window.centre(axis) + half));
  add_plot("splot", {fmt::format("$back{} using 1:2:3 with lines lw 1 lc rgb '{}' notitle", i,
                                 guide_colour)});
  add("unset label\n");
  add_surface_range(std::move(logarithms), row_top(i) + panel_top);
  add_plot("splot", {fmt::format("$surface{} using 1:2:3:4 with pm3d notitle", i)});
  add("unset label\n");
  add_axis_labels(drawing);

  std::vector<std::string> parts{
      fmt::format("$front{} using 1:2:3 with lines lw 1.2 lc rgb '{}' title 'range of the outputs'",
                  i, guide_colour)};
  if (!boundary.empty())
    parts.push_back(
        fmt::format("$boundary{} using 1:2:3 with lines lw 2.2 lc rgb '{}' title "
                    "'boundary: limits at infinite weights'",
                    i, limit_colour));
  if (drawing.examined->point) add_foot(i, window, parts);
  add_block(fmt::format("target{}", i), place_text(drawing.y));
  parts.push_back(fmt::format(
      "$target{} using 1:2:3 with points pt 3 ps 2.2 lw 2.6 lc rgb '{}' title 'y, the targets'", i,
      target_colour));
  add_plot("splot", parts);
  add("unset label\n");
}

void Script::add_axis_labels(const Drawing& drawing) {
  const Vector &low = drawing.low, &high = drawing.high, middle = (low + high) / 2.0;
  const double off = 0.09 * (high - low).maxCoeff();
  const auto place = [&](int tag, const Place& at, int pattern) {
    add("set label {} {} at {:.6g},{:.6g},{:.6g} center textcolor rgb '#222222'\n", tag,
        gnuplot_string(axis_title(drawing, pattern)), at(0), at(1), at(2));
  };
  place(11, Place{{middle(0), low(1) - off, low(2) - off}}, 1);
  place(12, Place{{high(0) + 3.0 * off, middle(1), low(2) - off}}, 2);
  place(13, Place{{low(0) - 2.0 * off, low(1) - off, middle(2) + off}}, 3);
}

void Script::add_cube(const Drawing& drawing, std::string& back, std::string& front) {
  const Vector eye = Camera().eye;
  unsigned hidden = 0;
  for (unsigned axis = 0; axis < 3; ++axis)
    if (eye(axis) < 0.0) hidden |= 1U << axis;
  for (unsigned from = 0; from < 8; ++from)
    for (unsigned axis = 0; axis < 3; ++axis) {
      const unsigned to = from | (1U << axis);
      if (to == from) continue;
      const bool is_hidden = from == hidden || to == hidden;
      (is_hidden ? back : front) +=
          place_text(box_corner(drawing, from)) + place_text(box_corner(drawing, to)) + "\n\n";
    }
}

std::string Script::boundary_text(const Drawing& drawing) {
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
  std::string text, first;
  for (std::size_t k = 1; k < angles.size(); ++k) {
    if (angles[k] - angles[k - 1] < 1e-9) continue;
    const double middle = (angles[k] + angles[k - 1]) / 2.0;
    const Vector u = A * Vector{{std::cos(middle), std::sin(middle)}};
    Place vertex(3);
    for (Index i = 0; i < 3; ++i)
      vertex(i) = u(i) > 0.0   ? drawing.high(i)
                  : u(i) < 0.0 ? drawing.low(i)
                               : (drawing.low(i) + drawing.high(i)) / 2.0;
    if (first.empty()) first = place_text(vertex);
    text += place_text(vertex);
  }
  return text + first;
}

void Script::add_foot(std::size_t i, const Window& window, std::vector<std::string>& parts) {
  const Drawing& drawing = drawings_[i];
  const ExaminedPoint& point = *drawing.examined->point;
  const ManifoldPoint at = drawing.manifold.at(point.v);
  const Vector normal = at.normal_part(at.residual()).normalized();
  std::string focal, line = place_text(at.position()) + place_text(drawing.y) + '\n';
  double low = 0.0, high = 0.0;
  for (const double kappa : point.curvatures) {
    const Place centre = at.position() + normal / kappa;
    if (kappa == 0.0 || (centre - window.centre).lpNorm<Eigen::Infinity>() > window.half) continue;
    focal += place_text(centre);
    low = std::min(low, 1.0 / kappa);
    high = std::max(high, 1.0 / kappa);
  }
  add_block(fmt::format("foot{}", i), place_text(at.position()));
  add_block(fmt::format("way{}", i), line);
  parts.push_back(fmt::format("$way{} using 1:2:3 with lines lw 1.8 lc rgb '{}' title 'y - z'", i,
                              target_colour));
  if (!focal.empty()) {
    add_block(fmt::format("focal{}", i), focal);
    add_block(fmt::format("normal{}", i),
              place_text(at.position() + low * normal) + place_text(at.position() + high * normal));
    parts.push_back(
        fmt::format("$normal{} using 1:2:3 with lines dt (6,5) lw 1.2 lc rgb '{}' "
                    "notitle",
                    i, caustic_colour));
    parts.push_back(
        fmt::format("$focal{} using 1:2:3 with points pt 7 ps 1.2 lc rgb '{}' title "
                    "'centres of curvature on that normal'",
                    i, caustic_colour));
  }
  parts.push_back(fmt::format(
      "$foot{} using 1:2:3 with points pt 7 ps 1.4 lc rgb '{}' title '{}'", i, target_colour,
      point.source == PointSource::given_weights ? "z of the given weights" : "z, the fit"));
}

}  // namespace

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
  const std::size_t count = std::min(examined.size(), most_rows);
  std::vector<Drawing> drawings;
  for (std::size_t i = 0; i < count; ++i)
    drawings.emplace_back(dataset.problems[i], request, examined[i]);
  Script script(drawings);
  std::string title = fmt::format("Data manifold of a {} perceptron at tau = {:.6g}: {}",
                                  to_string(request.network.perceptron.activation), request.tau,
                                  cut(dataset.source, 60));
  if (count < examined.size())
    title += fmt::format(" (the first {} of {} problems)", count, examined.size());
  return draw_picture(request.outputs.plot_file, script.height(), script.text(title));
}

}  // namespace tautrack::program
