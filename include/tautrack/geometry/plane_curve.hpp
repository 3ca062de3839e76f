#pragma once

#include <array>
#include <optional>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/geometry/radius.hpp"
#include "tautrack/network/activation.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// A vertex of the data curve: an extremum of its curvature, and a cusp of its evolute.
struct CurveVertex {
  double weight;     ///< w, user's units.
  double curvature;  ///< kappa != 0
  Vector position;   ///< 2, z(w)
  Vector cusp;       ///< 2, z + n / kappa: the cusp of the evolute.
};

/// The data manifold of one weight and two patterns: a curve z(w) in the plane, with its evolute
/// and its parallel curves (docs/theory.md, sections 4 and 5; do Carmo, Differential Geometry of
/// Curves and Surfaces, 1976, section 1.7). One pattern with a ridge is a plane curve, too.
///
/// w is the weight in the user's units. The plane is ambient space of DataManifold: coordinates are
/// scaled by the roots of the pattern weights. The unit normal n is to the left of the tangent t,
/// det [t, n] = 1, and kappa > 0 where the curve bends to the left. With l_i = f''/f' and m_i =
/// f'''/f' times x_i and x_i^2,
///
///     kappa = t_1 t_2 (l_2 - l_1) / |z'|,
///     dkappa/dw = t_1 t_2 / |z'| [ m_2 - m_1 - 3 (l_2 - l_1)(t_1^2 l_1 + t_2^2 l_2) ].
///
/// Where an f' underflows (tanh at tau = 1: |u| > 372) kappa, its derivative and, if both do, the
/// tangent are 0.
class PlaneCurve {
 public:
  /// @param tau In [0, 1].
  /// @throws std::invalid_argument when it is not, or unless s = 1 and the ambient space is a
  /// plane.
  PlaneCurve(const Perceptron& network, double tau);

  [[nodiscard]] double tau() const noexcept { return tau_; }

  /// The curve is a straight line whatever w: tau = 0, |x_1| = |x_2| to rounding, or a zero row. It
  /// has no curvature, no evolute, no vertices and no inflections.
  [[nodiscard]] bool is_straight() const noexcept { return straight_; }

  [[nodiscard]] Vector position(double w) const;   ///< z, 2
  [[nodiscard]] Vector tangent(double w) const;    ///< t, 2, unit; 0 where z' underflows.
  [[nodiscard]] Vector normal(double w) const;     ///< n, 2, unit; 0 where z' underflows.
  [[nodiscard]] double speed(double w) const;      ///< |dz/dw|
  [[nodiscard]] double curvature(double w) const;  ///< kappa, per unit of ambient length.
  [[nodiscard]] double curvature_derivative(double w) const;  ///< dkappa/dw

  /// z + n / kappa, 2: the centre of the osculating circle. Nothing where kappa is zero to
  /// rounding: the evolute has the normal there for an asymptote.
  [[nodiscard]] std::optional<Vector> evolute(double w) const;

  /// z + d n, 2: the parallel curve at the signed distance d.
  [[nodiscard]] Vector parallel(double w, double distance) const;

  /// All vertices, ascending in w.
  ///
  /// Method: sign changes of the bracket of dkappa/dw, which is of moderate size everywhere, on a
  /// sinh-spaced grid from a twentieth of the width of the steepest pattern to where the flattest
  /// has saturated to the end of double precision; where its size has a minimum between neighbours,
  /// the minimum is located, too, so that a pair of vertices between grid points is found. Closed
  /// with TOMS 748 (Alefeld, Potra & Shi 1995).
  /// Resolution: a pair nearer to each other than about 1e-8 of the width of the steepest pattern,
  /// or a place where kappa' touches zero without a change of sign, is not reported; nor is one
  /// where dkappa/dw is below its rounding all the way. Two pairs between neighbours of the grid
  /// (2% of w apart) count as one.
  [[nodiscard]] std::vector<CurveVertex> vertices() const;

  /// All w with kappa = 0 and a change of its sign, ascending. Method and resolution as above, with
  /// the closed form of the derivative in place of the search for minima.
  [[nodiscard]] std::vector<double> inflections() const;

  /// All w, ascending, at which the parallel curve at the signed distance d has a cusp, 1 - d kappa
  /// = 0 with a change of sign: where it meets the evolute. Between vertices kappa is monotone, so
  /// none is missed unless a vertex is. At d = 1 / kappa of a vertex the two cusps of a swallowtail
  /// are being born, and there is none.
  [[nodiscard]] std::vector<double> parallel_cusps(double distance) const;

 private:
  struct Row {
    double root;   ///< sqrt(omega)
    double input;  ///< x, in units of the steepest pattern.
    double tau;    ///< 0 for the row of a ridge.
  };
  struct Bends;
  [[nodiscard]] Bends bends_at(double scaled) const;
  [[nodiscard]] std::vector<double> grid() const;
  [[nodiscard]] std::vector<double> scaled_vertices() const;

  std::array<Row, 2> rows_;
  Activation activation_;
  double tau_;
  double steepest_ = 1.0;  ///< Largest |x_i|; scaled weights are w times this.
  double flattest_ = 1.0;  ///< Smallest |x_i| that is not zero, divided by it.
  bool straight_ = false;
};

/// A stationary point of the energy of one weight.
struct OneWeightPoint {
  double weight;             ///< w, user's units.
  double energy;             ///< E
  double second_derivative;  ///< d2E/dw2
  int index;  ///< Change of sign of dE/dw: 0 for a minimum, 1 for a maximum, -1 for a
              ///< double point, where dE/dw is zero to rounding without changing it.
};

/// Stationary points of the energy of one weight at one tau.
struct OneWeightPoints {
  std::vector<OneWeightPoint> points;  ///< Ascending in w.
  Interval searched;  ///< User's units. All finite stationary points lie in it, but
                      ///< for those below.
  bool is_whole =
      true;  ///< False at tau = 1 with a target at or beyond an end of the range: then a
             ///< stationary point at which every pattern has saturated to the end of
             ///< double precision (|u| > 320 for tanh) is not seen.

  [[nodiscard]] int minima() const noexcept;
  [[nodiscard]] int maxima() const noexcept;
};

/// All finite stationary points at tau for one weight (s = 1) and any number of patterns.
///
/// Method: zeros of dE/dw, by changes of its sign between breakpoints. These are a sinh-spaced grid
/// (with offsets one around each weight at which a node input is zero)
/// over the interval that can hold them (interval_of_one_weight()), the zeros of the third
/// derivative found on it, and the zeros of the second derivative found between all these; so dE/dw
/// is monotone between neighbours. Zeros are closed with TOMS 748. A sign that is below the
/// rounding of its sum does not count.
///
/// Resolution: where dE/dw is zero to rounding (about 1e-15 times its terms) at an extremum without
/// a change of sign, y is on the caustic to rounding, and one double point stands there; two simple
/// points are told apart from a double one when they are further apart than about 1e-8 of the width
/// of the steepest pattern. A pair is missed only where the third derivative changes its sign twice
/// between neighbours of the grid, which are 2% of w or 0.1% of the width of the steepest pattern
/// apart. Where all of dE/dw is rounding (f' underflows) there are no points.
/// Cost: some thousand evaluations of L patterns.
/// @throws std::invalid_argument when tau is not in [0, 1] or unless s = 1.
[[nodiscard]] OneWeightPoints stationary_points_of_one_weight(const Perceptron& network,
                                                              double tau);

}  // namespace tautrack
