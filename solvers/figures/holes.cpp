#include "holes.hpp"

#include <array>
#include <cmath>
#include <cstdlib>
#include <numbers>

#include <fmt/format.h>

#include "tautrack/network/layer.hpp"

#include "drawing.hpp"
#include "holes_complex.hpp"
#include "io/text.hpp"

namespace tautrack::program {
namespace {

using std::numbers::pi;

constexpr double inner = 0.45, outer = 1.0;

/// A layer and what is added up of its units, and how its picture is framed.
struct PlaneMap {
  std::string name, title;
  LayerStack layers;
  Matrix sum;  ///< 2 x units; the image is sum h.
  Box window;
  double characteristic;  ///< Known.

  [[nodiscard]] Matrix operator()(const Matrix& points) const {
    return sum * layers.apply(points, tau);
  }
  double tau = 1.0;  ///< 0: the linear network.
};

std::vector<PlaneMap> maps() {
  const Matrix identity = Matrix::Identity(2, 2);
  std::vector<PlaneMap> all;
  all.push_back({"the annulus", "Annulus, 0.45 ≤ r ≤ 1",
                 LayerStack({Layer(identity, Vector::Zero(2))}), identity,
                 Box{-1.42, 1.42, -1.42, 1.42}, 0.0, 0.0});
  all.push_back({"its image by two units", "Two units: tanh(W x + b), det W = 1.4",
                 LayerStack({Layer(Matrix{{1.2, 0.5}, {-0.4, 1.0}}, Vector{{0.1, -0.2}})}),
                 identity, Box{-1.0, 1.1, -1.15, 0.95}, 0.0});
  // (tanh x1, tanh(4 x2 + 2) - tanh(4 x2 - 2))
  all.push_back(
      {"its image by three units", "Three units: (tanh x₁, tanh(4x₂ + 2) − tanh(4x₂ − 2))",
       LayerStack({Layer(Matrix{{1.0, 0.0}, {0.0, 4.0}, {0.0, 4.0}}, Vector{{0.0, 2.0, -2.0}})}),
       Matrix{{1.0, 0.0, 0.0}, {0.0, 1.0, -1.0}}, Box{-1.18, 1.18, -0.18, 2.18}, 1.0});
  return all;
}

Vector polar(double r, double angle) { return Vector{{r * std::cos(angle), r * std::sin(angle)}}; }

/// The pixels that the image of the annulus meets: those with the images of a grid of points so fine
/// that no pixel is stepped over, and of both circles, so that no shallow cut of a pixel is missed.
PixelSet rasterise(const PlaneMap& map) {
  constexpr Index pixels = 220, across = 400, down = 1500, around = 6000;
  const Box& window = map.window;
  PixelSet set(pixels, pixels, Vector{{window.left, window.bottom}},
               Vector{{window.right, window.top}});
  const auto add = [&](const Matrix& points) {
    const Matrix images = map(points);
    for (Index j = 0; j < images.cols(); ++j) set.add_point(images(0, j), images(1, j));
  };
  const auto place = [](Index i, Index count) {
    return -outer + 2.0 * outer * static_cast<double>(i) / static_cast<double>(count);
  };
  Matrix line(2, down + 1);
  for (Index i = 0; i <= across; ++i) {
    Index count = 0;
    for (Index j = 0; j <= down; ++j) {
      const Vector point{{place(i, across), place(j, down)}};
      if (point.norm() >= inner && point.norm() <= outer) line.col(count++) = point;
    }
    add(line.leftCols(count));
  }
  Matrix circle(2, around);
  for (const double r : {inner, outer}) {
    for (Index j = 0; j < around; ++j)
      circle.col(j) = polar(r, 2.0 * pi * static_cast<double>(j) / static_cast<double>(around));
    add(circle);
  }
  return set;
}

constexpr std::array<double, 5> dot_radii{0.52, 0.62, 0.725, 0.83, 0.93};

/// Images of a polar grid, by rows of equal angle, as gnuplot's pm3d has it.
FigureTable sectors_table(const std::vector<PlaneMap>& all) {
  constexpr int angles = 180, rings = 24;
  FigureTable table{"sectors", {"angle", "x0", "y0", "x1", "y1", "x2", "y2"}, {}};
  for (int a = 0; a <= angles; ++a) {
    // From -180 to 0, then to 180: the upper half is drawn last.
    const double angle = -180.0 + 360.0 * a / angles;
    for (int k = 0; k <= rings; ++k) {
      const Vector point = polar(inner + (outer - inner) * k / rings, angle * pi / 180.0);
      std::vector<double> row{angle};
      for (const PlaneMap& map : all) {
        const Matrix image = map(point);
        row.insert(row.end(), {image(0), image(1)});
      }
      table.rows.push_back(std::move(row));
    }
    table.rows.emplace_back();
  }
  return table;
}

/// Dots in the lower half: where it lies on the upper one, both can be seen.
FigureTable dots_table(const std::vector<PlaneMap>& all) {
  FigureTable table{"dots", {"angle", "x0", "y0", "x1", "y1", "x2", "y2"}, {}};
  for (int angle = -170; angle < 0; angle += 10)
    for (const double r : dot_radii) {
      const Vector point = polar(r, angle * pi / 180.0);
      std::vector<double> row{static_cast<double>(angle)};
      for (const PlaneMap& map : all) {
        const Matrix image = map(point);
        row.insert(row.end(), {image(0), image(1)});
      }
      table.rows.push_back(std::move(row));
    }
  return table;
}

FigureTable pixels_table(const std::vector<PixelSet>& sets) {
  FigureTable table{"pixels", {"panel", "x", "y", "x low", "x high", "y low", "y high"}, {}};
  for (std::size_t i = 0; i < sets.size(); ++i)
    for (const PixelSet::Run& run : sets[i].runs())
      table.rows.push_back({static_cast<double>(i), 0.5 * (run.x_low + run.x_high),
                            0.5 * (run.y_low + run.y_high), run.x_low, run.x_high, run.y_low,
                            run.y_high});
  return table;
}

/// Largest distance between the images of angles a and -a.
double fold_gap(const PlaneMap& map) {
  double largest = 0.0;
  for (int angle = 0; angle <= 180; ++angle)
    for (const double r : dot_radii) {
      const Vector up = polar(r, angle * pi / 180.0);
      const Matrix difference = map(up) - map(Vector{{up(0), -up(1)}});
      largest = std::max(largest, difference.norm());
    }
  return largest;
}

Place panel_at(std::size_t i, int row) {
  constexpr double side = 440.0, small_side = 300.0;
  const double left = 66.0 + 516.0 * static_cast<double>(i);
  return row == 0 ? Place{left, 96.0, side, side}
                  : Place{left + 0.5 * (side - small_side), 652.0, small_side, small_side};
}

/// Angles that the panels name, in degrees.
constexpr std::array<int, 8> named_angles{0, 45, 90, 135, 180, -135, -90, -45};

/// The angles, written beside the outer circle of the annulus.
void add_angles(Picture& picture) {
  for (const int angle : named_angles) {
    const Vector at = polar(1.19, angle * pi / 180.0);
    picture.label({at(0), at(1)}, angle == 180 ? "±180°" : fmt::format("{}°", angle),
                  "center font ',9' front");
  }
}

void add_coloured_panel(const PlaneMap& map, std::size_t i, const Figure& figure,
                        Picture& picture) {
  const Place panel = panel_at(i, 0);
  picture.text(panel.left, panel.top - 16, map.title, "left font ',11'");
  if (i == 0) add_angles(picture);
  if (i == 2) picture.label({0.0, 2.05}, "folded along x₂ = 0", "center font ',9' front");
  const std::string at = fmt::format("{}:{}:(0)", 2 + 2 * i, 3 + 2 * i);
  picture.panel(panel)
      .ranges(map.window)
      .splot(
          Plot()
              .add(file_of(figure, "sectors"), at + ":1", "pm3d")
              .add(file_of(figure, "dots"), at, point_style(Shape::disc, 1.05, "#FFFFFF"))
              .add(file_of(figure, "dots"), at + ":1", point_style(Shape::disc, 0.75, "palette")));
}

void add_pixel_panel(const PlaneMap& map, const PixelSet& set, std::size_t i, const Figure& figure,
                     Picture& picture) {
  const Place panel = panel_at(i, 1);
  const Index pieces = set.components(), holes = pieces - set.euler_characteristic();
  picture.text(panel.middle(), panel.top - 16,
               fmt::format("as pixels: {}, {}, χ = {}", counted(pieces, "piece"),
                           counted(holes, "hole"), set.euler_characteristic()),
               "center font ',11'");
  picture.panel(panel)
      .ranges(map.window)
      .plot(Plot().add(file_of(figure, "pixels"), fmt::format("($1=={}?$2:NaN):3:4:5:6:7", i),
                       "boxxyerror fs solid 1 lw 1.3 lc rgb '#404040'"));
}

}  // namespace

Figure make_holes(const FigureRequest& /*request*/) {
  const std::vector<PlaneMap> all = maps();
  std::vector<PixelSet> sets;
  Figure figure;
  figure.name = "holes";
  figure.title = "An annulus keeps its hole in a homeomorphism and loses it in a fold";
  figure.caption =
      "Colours are polar angles; dots are in the lower half. Two units with det W = 1.4 bend the "
      "annulus, hole and all (Euler characteristic 0). Three units, two of them subtracted, fold "
      "the "
      "plane along x2 = 0: angles a and -a come to lie on each other, and the image has no hole "
      "(Euler characteristic 1).";
  figure.width = 1600;
  figure.height = 1000;
  for (const PlaneMap& map : all) {
    sets.push_back(rasterise(map));
    figure.checks.push_back({"Euler characteristic of the pixels of " + map.name,
                             static_cast<double>(sets.back().euler_characteristic()),
                             map.characteristic, 0.0});
    figure.checks.push_back({"components of the pixels of " + map.name,
                             static_cast<double>(sets.back().components()), 1.0, 0.0});
  }
  figure.checks.push_back(
      {"det W of the layer of two units", all[1].layers.layers()[0].determinant(), 1.4, 1e-14});
  figure.checks.push_back({"it is proven to be a homeomorphism",
                           all[1].layers.homeomorphism().answer == Homeomorphism::yes ? 1.0 : 0.0,
                           1.0, 0.0});
  figure.checks.push_back(
      {"distance of the images of angles a and -a in the fold", fold_gap(all[2]), 0.0, 1e-14});
  figure.tables = {sectors_table(all), dots_table(all), pixels_table(sets)};
  Picture picture = picture_of(figure);
  make_small(picture);
  // Blue below, orange above, of different lightness.
  picture.add(
      "set view map\nset pm3d map corners2color mean\nunset colorbox\nset cbrange [-180:180]\n"
      "set palette defined (-180 '#E6D9BC', -135 '#A6CBE3', -90 '#2F7FB8', -45 '#0B4272', 0 "
      "'#1A1A1A', 45 '#A8500A', 90 '#E08A1E', 135 '#F3C679', 180 '#E6D9BC')\n"
      "set xtics 0.5\nset ytics 0.5\nset zrange [-1:1]\n");
  for (std::size_t i = 0; i < all.size(); ++i) add_coloured_panel(all[i], i, figure, picture);
  for (std::size_t i = 0; i < all.size(); ++i) add_pixel_panel(all[i], sets[i], i, figure, picture);
  figure.script = std::move(picture).script();
  return figure;
}

}  // namespace tautrack::program
