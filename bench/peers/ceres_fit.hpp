#pragma once

#include <string>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"

namespace tautrack::peers {

using RowMajorMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// One way to put the fit to Ceres.
struct CeresSetup {
  enum class Solver {
    normal_cholesky,  ///< ceres::Solve, DENSE_NORMAL_CHOLESKY.
    qr,               ///< ceres::Solve, DENSE_QR.
    tiny              ///< ceres::TinySolver.
  };
  Solver solver = Solver::normal_cholesky;
  Index rows = 0;  ///< Patterns per cost function; 0: one for all of them.
};

[[nodiscard]] std::string to_string(const CeresSetup& setup);

/// The set-ups for ceres::Solve that are worth a trial at this size.
[[nodiscard]] std::vector<CeresSetup> ceres_setups(Index L, Index s);

/// Whether a problem of this size is one for ceres::TinySolver.
[[nodiscard]] bool is_tiny(Index L, Index s);

/// What a local fit starts from, prepared outside the measured time.
struct FitProblem {
  RowMajorMatrix X;                 ///< L x s. Ceres stores Jacobians by rows.
  Vector y;                         ///< L
  Vector start;                     ///< s, the linear least-squares solution.
  double energy = 0.0;              ///< At the start.
  double gradient_tolerance = 0.0;  ///< On the largest entry of the gradient: 1e-10 of what it is
                                    ///< summed from at the start.
  double step_tolerance = 0.0;      ///< On a step, relative to the weights; ceres::Solve only.
  double energy_tolerance = 0.0;    ///< On a relative change of the energy; ceres::Solve only.
  int most_iterations = 1000;
};

/// @param problem X of full column rank.
[[nodiscard]] FitProblem prepare_fit(const Problem& problem);

/// Largest entry of dE/dw at tau = 1 relative to the sizes that it is summed from.
[[nodiscard]] double relative_gradient(const FitProblem& problem, const Vector& weights);

struct CeresResult {
  bool ok = false;                                     ///< Ceres reports convergence.
  std::string message = "ceres_fit() was not called";  ///< One sentence.
  Vector weights;                                      ///< s
  double energy = 0.0;
  long jacobians = 0;  ///< Evaluations of the Jacobian matrix.
};

/// One local fit tanh(X w) ~ y by the Levenberg-Marquardt method of Ceres from the start, with
/// analytic derivatives, on one thread. It ends when the gradient is within its tolerance or when
/// the energy no longer changes in double precision.
[[nodiscard]] CeresResult ceres_fit(const FitProblem& problem, const CeresSetup& setup);

/// The version of Ceres.
[[nodiscard]] std::string ceres_version();

}  // namespace tautrack::peers
