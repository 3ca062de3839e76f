#include "mug.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "drawing.hpp"
#include "mug_page.hpp"
#include "mug_solid.hpp"
#include "mug_still.hpp"

namespace tautrack::program {
namespace {

constexpr std::array<double, 6> still_times{0.0, 0.25, 0.4, 0.6, 0.8, 1.0};
constexpr Index still_width = 508, still_height = 430;

FigureTable still_table(std::size_t i) {
  FigureTable table{fmt::format("still{}", i), {}, {}};
  for (Index column = 0; column < still_width; ++column)
    table.columns.push_back(fmt::format("c{}", column));
  const Matrix still = mug_still(still_times[i], still_width, still_height);
  for (Index row = 0; row < still_height; ++row) {
    std::vector<double> numbers;
    for (Index column = 0; column < still_width; ++column) numbers.push_back(still(row, column));
    table.rows.push_back(std::move(numbers));
  }
  return table;
}

/// t, Euler characteristic, components and voxels at t = 0, 1/40, ..., 1.
FigureTable topology_table() {
  constexpr int steps = 40;
  FigureTable table{"topology", {"t", "euler characteristic", "components", "voxels"}, {}};
  for (int step = 0; step <= steps; ++step) {
    const double t = static_cast<double>(step) / steps;
    const VoxelSet set = mug_voxels(t);
    table.rows.push_back({t, static_cast<double>(set.euler_characteristic()),
                          static_cast<double>(set.components()), static_cast<double>(set.count())});
  }
  return table;
}

void add_checks(const FigureTable& topology, Figure& figure) {
  const auto range_of = [&](std::size_t column) {
    const auto [low, high] = std::minmax_element(
        topology.rows.begin(), topology.rows.end(),
        [column](const auto& a, const auto& b) { return a[column] < b[column]; });
    return std::array<double, 2>{(*low)[column], (*high)[column]};
  };
  const auto characteristic = range_of(1), components = range_of(2);
  figure.checks = {
      {"smallest Euler characteristic of the solid at 41 times", characteristic[0], 0.0, 0.0},
      {"largest Euler characteristic of the solid at 41 times", characteristic[1], 0.0, 0.0},
      {"fewest components at 41 times", components[0], 1.0, 0.0},
      {"most components at 41 times", components[1], 1.0, 0.0}};
}

void add_panel(std::size_t i, const Figure& figure, Picture& picture) {
  constexpr double left = 20.0, top = 96.0, across = 526.0, down = 482.0;
  const Place panel{left + across * static_cast<double>(i % 3),
                    top + down * static_cast<double>(i / 3), still_width, still_height};
  picture.panel(panel)
      .text(panel.middle(), panel.top - 12, fmt::format("t = {:g}", still_times[i]),
            "center font ',12'")
      .plot(Plot().add(file_of(figure, fmt::format("still{}", i)) + " skip 1 matrix", "1:(-$2):3",
                       "image"));
}

}  // namespace

Figure make_mug(const FigureRequest& /*request*/) {
  Figure figure;
  figure.name = "mug";
  figure.title = "A mug becomes a torus: one piece, one tunnel, χ = 0 at every t";
  figure.caption =
      "Up to t = 1/2 the floor of the mug rises until it is full; then its body shrinks into the "
      "ring of the handle, which thickens. The solid is the same torus all the way to a "
      "topologist: "
      "its Euler characteristic is 0, and it is one piece, at each of 41 values of t. Body blue, "
      "handle orange.";
  figure.width = 1600;
  figure.height = 1030;
  figure.tables.push_back(topology_table());
  add_checks(figure.tables.front(), figure);
  for (std::size_t i = 0; i < still_times.size(); ++i) figure.tables.push_back(still_table(i));
  Picture picture = picture_of(figure);
  picture.add(
      "set palette defined (0 '#06223A', 62 '#0A4A78', 138 '#2F8AC4', 200 '#A9D3EE', 249.4 "
      "'#FFFFFF', 249.5 '#3A1800', 312 '#8A3A00', 388 '#DE7A1E', 450 '#F8C893', 499.4 '#FFFFFF', "
      "499.5 '#505050', 749 '#FFFFFF')\n"
      "unset datafile columnheaders\nset cbrange [0:749]\nunset colorbox\nunset border\nunset "
      "tics\n"
      "set xrange [-0.5:{:.1f}]\nset yrange [{:.1f}:0.5]\n",
      still_width - 0.5, 0.5 - still_height);
  for (std::size_t i = 0; i < still_times.size(); ++i) add_panel(i, figure, picture);
  figure.script = std::move(picture).script();
  figure.html = mug_page(figure);
  return figure;
}

}  // namespace tautrack::program
