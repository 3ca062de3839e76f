#include <algorithm>
#include <cmath>
#include <limits>

#include "drivers.hpp"
#include "graph.hpp"

namespace tautrack::program {
namespace {

/// A neuron with exponentially many minima (after Auer, Herbster & Warmuth, NIPS 1995): on each of
/// two axes three patterns of steepness 1, 16 and 256, hidden by a change of weights. Each axis alone
/// has three minima and two maxima. All numbers of X are dyadic, so that patterns of one axis are
/// parallel to the last bit: rounded ones are independent, with fits of their own far out.
struct ManyMinima {
  static constexpr double steepness[] = {1.0, 1.25};
  static constexpr double targets[2][3] = {{0.52, 0.44, 0.58}, {0.47, 0.55, 0.5}};

  [[nodiscard]] static Matrix mix() { return matrix_of(2, {0.875, -0.5, 0.5, 0.875}); }

  /// One axis alone.
  [[nodiscard]] static Problem axis(std::size_t which) {
    Vector x(3), y(3);
    for (std::size_t j = 0; j < 3; ++j) {
      x(static_cast<Index>(j)) = steepness[which] * std::pow(16.0, static_cast<double>(j));
      y(static_cast<Index>(j)) = targets[which][j];
    }
    return make_problem(x, y);
  }

  [[nodiscard]] static Problem problem() {
    Matrix X = Matrix::Zero(6, 2);
    Vector y(6);
    for (std::size_t which = 0; which < 2; ++which) {
      const Problem alone = axis(which);
      const auto first = static_cast<Index>(3 * which);
      X.block(first, static_cast<Index>(which), 3, 1) = alone.X;
      y.segment(first, 3) = alone.y;
    }
    return make_problem(X * mix(), y);
  }
};

/// The fits are the pairs of those of the axes, which are found by another method.
void add_checks(Figure& figure, const AllFits& fits) {
  check_counts(figure, fits, 9, 12, 4);
  OneWeightPoints axes[2];
  for (std::size_t which = 0; which < 2; ++which) {
    axes[which] = stationary_points_of_one_weight(Perceptron(ManyMinima::axis(which)), 1.0);
    check(figure, fmt::format("stationary points of axis {} alone", which + 1),
          static_cast<double>(axes[which].points.size()), 5, 0);
  }
  double largest = 0.0, largest_energy = 0.0;
  for (const OneWeightPoint& a : axes[0].points)
    for (const OneWeightPoint& b : axes[1].points) {
      double nearest = std::numeric_limits<double>::infinity(), energy = 0.0;
      const Vector pair = vector_of({a.weight, b.weight});
      for (const StationaryPoint& point : fits.points) {
        const Vector off = (ManyMinima::mix() * point.weights - pair).cwiseQuotient(pair);
        if (off.cwiseAbs().maxCoeff() >= nearest) continue;
        nearest = off.cwiseAbs().maxCoeff();
        energy = point.energy;
      }
      largest = std::max(largest, nearest);
      largest_energy = std::max(largest_energy, std::abs(energy - a.energy - b.energy));
    }
  check(figure, "largest relative difference to a pair of fits of the axes", largest, 0.0, 1e-9);
  check(figure, "largest difference of E to the sum of theirs", largest_energy, 0.0, 1e-10);
}

}  // namespace

Figure make_completeness(const FigureRequest& request) {
  const AllFits fits = fits_of_figure(ManyMinima::problem(), request);
  const auto place = [](const Vector& w) { return Vector(ManyMinima::mix() * w); };

  Figure figure;
  figure.name = "completeness";
  figure.width = 1600;
  figure.height = 860;
  figure.title = "A neuron with exponentially many minima, and the search that finds them all";
  figure.caption =
      "Six patterns on two hidden axes, of steepness 1, 16 and 256 on each: every axis alone has "
      "three minima and two maxima, so that there must be 25 stationary points, 9 of them minima. "
      "Left: those that were found, in the coordinates of the axes, which the search does not "
      "know, with links between those that it found from each other. Right: their energies, in "
      "order. The list "
      "is complete by the count of the axes, and " +
      std::string(fits.level >= Completeness::complete_in_box ? "by interval arithmetic, too."
                                                              : "by the sum of (-1)^index.");
  figure.tables = {points_table(fits, place), links_table(fits, place, "descents", true),
                   links_table(fits, place, "curves", false)};
  add_checks(figure, fits);

  Picture picture = picture_of(figure);
  picture.centred_legend(825, graph_legend(fits));
  picture.panel({110, 60, 670, 660})
      .add("set logscale xy\nset format xy '10^{{%T}}'\n")
      .names("axis 1", "axis 2")
      .plot(graph_plot(figure))
      .add("unset logscale\nset format '%h'\n");
  picture.panel({940, 60, 620, 660})
      .names("stationary points by energy", "energy E")
      .add("set xrange [0:{}]\nset ylabel offset -0.5,0\n", fits.points.size() + 1)
      .plot(points_plot(figure, "$7", "3"));
  figure.script = std::move(picture).script();
  return figure;
}

}  // namespace tautrack::program
