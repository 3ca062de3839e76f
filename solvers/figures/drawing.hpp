#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/geometry/plane_curve.hpp"

#include "figure.hpp"
#include "pictures/picture.hpp"

/// What the figures have in common: colours, tables of curves, pictures.
namespace tautrack::program {

/// Colours that differ for any colour vision, and in lightness or dashes on grey prints too.
constexpr std::string_view manifold_colour = "#000000";  ///< Z
constexpr std::string_view caustic_colour = "#8E2A8B";   ///< Purple.
constexpr std::string_view a_colour = "#0072B2";         ///< P_a, blue.
constexpr std::string_view b_colour = "#E07B00";         ///< P_b, orange.
constexpr std::string_view target_colour = "#C1121F";    ///< The star y.

/// Legend entries that figures share.
[[nodiscard]] LegendEntry manifold_entry();
[[nodiscard]] LegendEntry caustic_entry();
[[nodiscard]] LegendEntry target_entry();

/// An empty picture of the figure, which has a size and a title.
[[nodiscard]] Picture picture_of(const Figure& figure);

/// Smaller texts, and ticks on all sides: for many panels.
void make_small(Picture& picture);

/// The gnuplot name of a table of the figure: 'NAME-TABLE.csv'; empty if it has no rows.
[[nodiscard]] std::string file_of(const Figure& figure, std::string_view table);

/// Adds a check.
void check(Figure& figure, std::string what, double value, double reference,
           double tolerance = 1e-10);

/// The same for the two or three numbers of a point.
void check(Figure& figure, const std::string& what, const Vector& value,
           std::initializer_list<double> reference, double tolerance = 1e-10);

/// Numbers from -largest to largest, dense within `unit` of zero: count of them, odd.
[[nodiscard]] std::vector<double> sinh_grid(double unit, double largest, int count);

/// A curve of the plane over a parameter: points within the box, at grid numbers; pieces end where
/// it leaves the box or has no point. Columns w, y1, y2.
[[nodiscard]] FigureTable curve_table(std::string name, const std::vector<double>& grid,
                                      const Box& box,
                                      const std::function<std::optional<Vector>(double)>& curve);

/// A column vector.
[[nodiscard]] Vector vector_of(std::initializer_list<double> numbers);

/// A matrix of so many columns, row by row.
[[nodiscard]] Matrix matrix_of(Index columns, std::initializer_list<double> numbers);

/// The problem X = (3, 1)' of the plane figures.
[[nodiscard]] Problem plane_problem(double y1, double y2);

/// The problem of the surface figures.
[[nodiscard]] Problem surface_problem();

/// The user's problem, or this one.
[[nodiscard]] Perceptron network_of(const FigureRequest& request, const Problem& otherwise);

/// A data curve, ready to be drawn.
class DrawnCurve {
 public:
  /// @param window What the figure shows of the plane.
  DrawnCurve(const Perceptron& network, double tau, const Box& window);

  [[nodiscard]] const PlaneCurve& curve() const { return curve_; }
  [[nodiscard]] const std::vector<CurveVertex>& vertices() const { return vertices_; }
  /// Weights that are dense enough for all curves; vertices are among them.
  [[nodiscard]] const std::vector<double>& grid() const { return grid_; }

  [[nodiscard]] FigureTable manifold(std::string name) const;
  [[nodiscard]] FigureTable evolute(std::string name) const;
  [[nodiscard]] FigureTable parallel(std::string name, double distance) const;

 private:
  PlaneCurve curve_;
  Box reach_;  ///< Points outside are not written.
  std::vector<CurveVertex> vertices_;
  std::vector<double> grid_;
};

/// What the figure shows of the plane for the user's data: the curve without its wings, and y.
[[nodiscard]] Box window_of(const Perceptron& network);

/// 1 / |x| of the steepest and of the flattest pattern.
struct WeightScales {
  double steepest, flattest;
};
[[nodiscard]] WeightScales weight_scales(const Perceptron& network);

}  // namespace tautrack::program
