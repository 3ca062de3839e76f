#pragma once

#include <memory>

#include "tautrack/core/types.hpp"
#include "tautrack/corrector/options.hpp"
#include "tautrack/homotopy/homotopy.hpp"

#include "core/bordered.hpp"
#include "corrector/bordered_krylov.hpp"

namespace tautrack {

/// Outcome of one correction.
struct Correction {
  bool converged = false;
  const char* failure = "";  ///< Why not, as the end of a sentence.
  int iterations = 0;
  double first_step = 0.0;  ///< Length of the first Newton step.
  double last_step = 0.0;   ///< Length of the last Newton step: the size of the error before it.
  double error = 0.0;  ///< Estimated distance to the curve: of quadratic convergence or rounding.
  double contraction = 0.0;   ///< Second Newton step over the first; 0 when the first was the last.
  double residual = 0.0;      ///< |H| where the last Newton step was taken from.
  double displacement = 0.0;  ///< From the guess, as the homotopy measures it.
  double linearisation_distance = 0.0;  ///< From the last linearisation to the corrected point.
  double residual_scale = 0.0;          ///< Size of what H is summed from there.
};

/// Where Newton's method looks for the point.
enum class Constraint {
  hyperplane,  ///< Through the guess, orthogonal (in the metric) to the given normal.
  fixed_tau    ///< tau stays exactly as it is.
};

/// Newton's method for H(x, tau) = 0 under one constraint, and what its last linearisation tells:
/// the tangent, the orientation, H_x. Owns all scratch; nothing allocates after construction.
///
/// Where the homotopy offers H alone, a step shorter than CorrectorOptions::reuse is followed by
/// steps with the same factorisation (chord method): from a distance d they contract by O(d), as
/// the next Newton step would.
///
/// For a matrix-free homotopy the bordered systems are solved by a Krylov method (BorderedKrylov) with
/// the H_x of the last evaluation. Then there is no H_x, no orientation and no condition, and "factor"
/// means to take a matrix for the next systems. A solution that is not found within the budget of
/// iterations fails the correction, or is answered with entries that are not finite; solver_failed()
/// tells it from other reasons.
class Corrector {
 public:
  Corrector(HomotopyRef homotopy, const CorrectorOptions& options);

  /// Moves (x, tau) onto the curve. On failure (x, tau) is the last iterate and not to be used.
  /// @param normal n + 1, normal of the hyperplane; for fixed_tau only the sign of its tau part
  /// matters and it may be empty.
  /// @param polish Go on while the Newton steps still shrink, down to rounding.
  Correction correct(Vector& x, double& tau, Constraint constraint, const Vector& normal,
                     const MetricScales& scales, bool polish = false);

  /// Evaluates H, H_x and H_tau at (x, tau). @return false where one of them is not finite.
  bool evaluate(const Vector& x, double tau);

  /// The same, and factors the bordered matrix: linearises at (x, tau) as it is, with the given
  /// border. @return false where H, H_x or H_tau are not finite or the bordered matrix has a zero
  /// row.
  bool linearise(const Vector& x, double tau, const Vector& border, const MetricScales& scales);

  /// After a correction: makes the last linearisation one at the corrected point, if it is not, for a
  /// caller to whom the difference matters. @return as linearise() does.
  bool settle(const Vector& x, double tau, const Vector& border, const MetricScales& scales,
              const Correction& correction);

  /// From (x, tau) to the last linearisation, in the metric; infinity before the first.
  [[nodiscard]] double linearisation_distance(const Vector& x, double tau,
                                              const MetricScales& scales) const {
    return distance(linearised_, x, tau, scales);
  }

  /// Whether the last linearisation was made within `reach` of (x, tau) in the metric, and H was
  /// last evaluated within the square of it.
  [[nodiscard]] bool is_near(const Vector& x, double tau, const MetricScales& scales,
                             double reach) const;

  /// Factors H_x and H_tau of the last linearisation (matrix-free: of the last evaluation, which
  /// becomes the last linearisation) once more, with another border.
  bool refactor(const Vector& border, const MetricScales& scales);

  /// Of the last linearisation: unit tangent with border . tangent > 0.
  void tangent(Vector& t);
  /// Of the last linearisation: solves B z = (right, last); z is n + 1. See BorderedMatrix. Matrix-free
  /// it is as accurate as KrylovOptions::series_tolerance.
  void solve(const Vector& right, double last, Vector& z);
  /// Matrix-free 0: unknown.
  [[nodiscard]] int determinant_sign() const;
  /// Matrix-free 1: unknown.
  [[nodiscard]] double reciprocal_condition();
  /// How a failure of the Krylov method is reported.
  static constexpr const char* solver_failure =
      "the Krylov solver does not converge within its budget of iterations";
  /// Whether the last bordered system was given up because the budget of iterations was used up.
  [[nodiscard]] bool solver_failed() const noexcept { return krylov_ && krylov_->gave_up(); }
  [[nodiscard]] const Vector& H() const noexcept { return H_; }
  /// Matrix-free 0 x 0.
  [[nodiscard]] const Matrix& H_x() const noexcept { return H_x_; }
  [[nodiscard]] const Vector& H_tau() const noexcept { return H_tau_; }
  [[nodiscard]] double residual_scale() const noexcept { return residual_scale_; }

  [[nodiscard]] HomotopyRef homotopy() const noexcept { return homotopy_; }
  [[nodiscard]] const CorrectorOptions& options() const noexcept { return options_; }
  [[nodiscard]] long evaluations() const noexcept { return evaluations_; }
  [[nodiscard]] long factorisations() const noexcept { return factorisations_; }
  /// Of the Krylov method; 0 for a dense homotopy.
  [[nodiscard]] long krylov_iterations() const noexcept {
    return krylov_ ? krylov_->iterations() : 0;
  }

 private:
  [[nodiscard]] static double distance(const Vector& z, const Vector& x, double tau,
                                       const MetricScales& scales);
  bool factor(const Vector& border, const MetricScales& scales);
  Correction iterate(Vector& x, double& tau, Constraint constraint, const Vector& normal,
                     const MetricScales& scales, bool polish);
  const char* newton_step(const Vector& x, double tau, const Vector& border,
                          const MetricScales& scales, bool reuse);
  void update_residual_scale(const Vector& x, double tau);

  HomotopyRef homotopy_;
  CorrectorOptions options_;
  Vector H_, H_tau_, step_, tau_axis_;
  Vector tangent_;  ///< n + 1, scratch; empty when dense.
  Matrix H_x_;
  Vector diagonal_;                           ///< n, matrix-free: the preconditioner; else empty.
  std::unique_ptr<BorderedMatrix> bordered_;  ///< Dense.
  std::unique_ptr<BorderedKrylov> krylov_;    ///< Matrix-free.
  Vector linearised_, evaluated_;  ///< n + 1, (x, tau) of the last linearisation and evaluation.
  double residual_scale_ = 0.0;
  long evaluations_ = 0;
  long factorisations_ = 0;
};

}  // namespace tautrack
