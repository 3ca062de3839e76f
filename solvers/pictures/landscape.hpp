#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "pictures/axis.hpp"
#include "pictures/box.hpp"

/// What pictures show of an energy over the plane: contours, and curves of steepest descent.
namespace tautrack::program {

/// gnuplot's command for the colours of levels, dark where the energy is low.
constexpr std::string_view landscape_palette =
    "set palette defined (0 '#2A186C', 0.25 '#15559F', 0.5 '#2B8C8C', 0.75 '#73B368', "
    "1 '#D9C25A')\n";

/// An energy at a place of the plane.
using PlaneEnergy = std::function<double(double x, double y)>;

/// A piece of a curve, with the energy on it where there is one.
struct Polyline {
  std::vector<std::array<double, 2>> points;
  double energy = 0.0;
};

/// The part of the plane that a panel shows.
struct PlaneView {
  Box box;
  double width, height;  ///< Pixels.
};

/// An energy over a part of the plane, sampled finer where it bends more, so that narrow valleys are as smooth as
/// wide ones. What is told apart are the logarithms of energies above the lowest one, in levels.
class Landscape {
 public:
  static constexpr double depth =
      4.0;  ///< Decades of energies above the lowest that are told apart.
  static constexpr int levels_in_decade = 6;

  /// @param seen Energies that count besides those of the samples.
  /// @param is_dense More levels where much of the plane is: for several minima.
  /// @param most About how many samples. > 0.
  Landscape(PlaneEnergy energy, const PlaneView& view, const std::vector<double>& seen,
            bool is_dense, int most);

  /// From -depth (the lowest energy) to 0 (the highest).
  [[nodiscard]] double level(double energy) const;
  /// Its inverse.
  [[nodiscard]] double energy_at(double level) const;

  /// Contours at levels `levels_in_decade` to a decade, and those between them.
  [[nodiscard]] std::vector<Polyline> contours() const;
  /// Contours at these energies.
  [[nodiscard]] std::vector<Polyline> contours(const std::vector<double>& energies) const;

  /// Round energies at their levels.
  [[nodiscard]] Ticks ticks() const;

 private:
  struct Cell {
    int i, j, size;  ///< On the lattice of the finest cells.
  };

  int node(int i, int j);
  void choose_contours(const std::vector<double>& seen, bool is_dense);
  void refine(int most);
  [[nodiscard]] bool is_rough(const Cell& cell);
  /// The rough ones of cells of one size, and those beside them: a valley may slip through between the samples of a
  /// cell, but not through those of many in a row.
  [[nodiscard]] std::vector<bool> rough_ones(const std::vector<Cell>& cells);
  void add_triangles(const Cell& cell);
  /// The nodes on a side of a cell, without the last one.
  void collect(int from_i, int from_j, int to_i, int to_j, std::vector<int>& ring) const;
  [[nodiscard]] std::array<double, 2> place(int node) const;
  [[nodiscard]] std::vector<Polyline> contours_at(double level) const;

  PlaneEnergy energy_;
  PlaneView view_;
  std::unordered_map<std::uint64_t, int> ids_;  ///< Of nodes, by their place on the lattice.
  std::vector<std::array<int, 2>> nodes_;
  std::vector<double> energies_, levels_;
  std::vector<Cell> leaves_;
  std::vector<std::array<int, 3>> triangles_;
  double low_ = 0.0, span_ = 1.0;
  std::vector<double> contours_;  ///< Their levels.
  std::vector<double> smooth_;    ///< Levels at which curves have to be smooth, sorted.
};

/// A point at which curves of steepest descent begin or end.
struct PlanePoint {
  double x, y;
  int index;  ///< Morse: 0 a minimum, 1 a saddle, 2 a maximum.
};

/// The curves of steepest descent from the saddles, on both sides, or those of steepest ascent, which part the
/// basins of the minima: gradient flows in the metric of the panel, which cross its contours at right angles. They
/// end at points, where they leave the view, or where rounding hides the slope. Linearly implicit steps of second order (ROS2, Verwer et al. 1999).
/// @param most_samples Curves that would take more are left out, those of the last saddles first.
[[nodiscard]] std::vector<Polyline> steepest_curves(const PlaneEnergy& energy,
                                                    const PlaneView& view,
                                                    const std::vector<PlanePoint>& points, bool up,
                                                    int most_samples);

}  // namespace tautrack::program
