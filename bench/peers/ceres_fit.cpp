#include "ceres_fit.hpp"

#include <algorithm>
#include <cstdint>

#include <Eigen/Cholesky>

#include "ceres/ceres.h"
#include "ceres/tiny_solver.h"
#include "ceres/version.h"

namespace tautrack::peers {

namespace {

/// Wanted size of the gradient, relative to what it is summed from.
constexpr double kGradientTolerance = 1e-10;

/// Relative change that is rounding.
constexpr double kRounding = 1e-16;

/// Entries of X up to which a problem is small.
constexpr Index kSmallProblem = 100000;
constexpr Index kRowsPerBlock = 256;

/// Residuals tanh(x_i . w) - y_i of the patterns first ... first + rows - 1 and their derivatives,
/// for ceres::Solve.
class SigmoidResiduals final : public ceres::CostFunction {
 public:
  SigmoidResiduals(const RowMajorMatrix& X, const Vector& y, Index first, Index rows)
      : X_(X), y_(y), first_(first) {
    set_num_residuals(static_cast<int>(rows));
    mutable_parameter_block_sizes()->push_back(static_cast<std::int32_t>(X.cols()));
  }

  bool Evaluate(double const* const* parameters, double* residuals,
                double** jacobians) const override {
    const Index rows = num_residuals();
    const auto X = X_.middleRows(first_, rows);
    Eigen::Map<Vector> sigma(residuals, rows);
    sigma.noalias() = X * Eigen::Map<const Vector>(parameters[0], X.cols());
    sigma = sigma.array().tanh();
    if (jacobians != nullptr && jacobians[0] != nullptr)
      Eigen::Map<RowMajorMatrix>(jacobians[0], rows, X.cols()).noalias() =
          (1.0 - sigma.array().square()).matrix().asDiagonal() * X;
    sigma -= y_.segment(first_, rows);
    return true;
  }

 private:
  const RowMajorMatrix& X_;
  const Vector& y_;
  Index first_;
};

/// The same for ceres::TinySolver, which asks for these names and a Jacobian in columns.
class TinyResiduals {
 public:
  using Scalar = double;
  enum { NUM_RESIDUALS = Eigen::Dynamic, NUM_PARAMETERS = Eigen::Dynamic };

  TinyResiduals(const RowMajorMatrix& X, const Vector& y) : X_(X), y_(y) {}

  [[nodiscard]] int NumResiduals() const { return static_cast<int>(X_.rows()); }
  [[nodiscard]] int NumParameters() const { return static_cast<int>(X_.cols()); }

  bool operator()(const double* parameters, double* residuals, double* jacobian) const {
    Eigen::Map<Vector> sigma(residuals, X_.rows());
    sigma.noalias() = X_ * Eigen::Map<const Vector>(parameters, X_.cols());
    sigma = sigma.array().tanh();
    if (jacobian != nullptr)
      Eigen::Map<Matrix>(jacobian, X_.rows(), X_.cols()).noalias() =
          (1.0 - sigma.array().square()).matrix().asDiagonal() * X_;
    sigma -= y_;
    return true;
  }

 private:
  const RowMajorMatrix& X_;
  const Vector& y_;
};

struct Gradient {
  double size;   ///< max_j |dE/dw_j|
  double scale;  ///< max_j of the sum of the sizes that dE/dw_j is made of.
};

Gradient gradient(const FitProblem& fit, const Vector& w) {
  const Vector sigma = (fit.X * w).array().tanh();
  const Vector factor = (1.0 - sigma.array().square()) * (sigma - fit.y).array();
  return {(fit.X.transpose() * factor).cwiseAbs().maxCoeff(),
          (fit.X.cwiseAbs().transpose() * factor.cwiseAbs()).maxCoeff()};
}

CeresResult solve(const FitProblem& fit, const CeresSetup& setup) {
  CeresResult result;
  result.weights = fit.start;
  const Index L = fit.X.rows();
  const Index rows = setup.rows > 0 ? setup.rows : L;
  ceres::Problem problem;
  for (Index first = 0; first < L; first += rows)  // the problem owns its cost functions
    problem.AddResidualBlock(new SigmoidResiduals(fit.X, fit.y, first, std::min(rows, L - first)),
                             nullptr, result.weights.data());
  ceres::Solver::Options options;
  options.linear_solver_type =
      setup.solver == CeresSetup::Solver::qr ? ceres::DENSE_QR : ceres::DENSE_NORMAL_CHOLESKY;
  options.num_threads = 1;
  options.logging_type = ceres::SILENT;
  options.max_num_iterations = fit.most_iterations;
  options.gradient_tolerance = fit.gradient_tolerance;
  options.function_tolerance = fit.energy_tolerance;
  options.parameter_tolerance = fit.step_tolerance;
  ceres::Solver::Summary summary;
  ceres::Solve(options, &problem, &summary);
  result.ok = summary.termination_type == ceres::CONVERGENCE;
  result.message = summary.message;
  result.energy = summary.final_cost;
  result.jacobians = summary.num_jacobian_evaluations;
  return result;
}

CeresResult solve_tiny(const FitProblem& fit) {
  using Solver = ceres::TinySolver<TinyResiduals>;
  CeresResult result;
  result.weights = fit.start;
  Solver solver;
  solver.options.max_num_iterations = fit.most_iterations;
  solver.options.gradient_tolerance = fit.gradient_tolerance;
  solver.options.parameter_tolerance = kRounding;
  // Compared with twice the change of the energy itself, not with a relative change as documented.
  solver.options.function_tolerance = 2.0 * kRounding * fit.energy;
  const Solver::Summary& summary = solver.Solve(TinyResiduals(fit.X, fit.y), &result.weights);
  result.ok = summary.status != Solver::HIT_MAX_ITERATIONS;
  result.message = result.ok ? "TinySolver converged" : "TinySolver used up its iterations";
  result.energy = summary.final_cost;
  result.jacobians = summary.iterations;
  return result;
}

}  // namespace

std::string to_string(const CeresSetup& setup) {
  if (setup.solver == CeresSetup::Solver::tiny) return "TinySolver";
  return std::string(setup.solver == CeresSetup::Solver::qr ? "QR" : "normal Cholesky") +
         (setup.rows > 0 ? ", blocks of " + std::to_string(setup.rows) : ", one block");
}

std::vector<CeresSetup> ceres_setups(Index L, Index s) {
  std::vector<CeresSetup> setups = {{CeresSetup::Solver::normal_cholesky, 0}};
  if (L > kRowsPerBlock) setups.push_back({CeresSetup::Solver::normal_cholesky, kRowsPerBlock});
  if (L * s <= kSmallProblem) setups.push_back({CeresSetup::Solver::qr, 0});
  return setups;
}

bool is_tiny(Index L, Index s) { return L * s <= kSmallProblem; }

FitProblem prepare_fit(const Problem& problem) {
  FitProblem fit;
  fit.X = problem.X;
  fit.y = problem.y;
  const Matrix gram = problem.X.transpose() * problem.X;
  fit.start = gram.llt().solve(problem.X.transpose() * problem.y);
  fit.energy = 0.5 * ((fit.X * fit.start).array().tanh().matrix() - fit.y).squaredNorm();
  fit.gradient_tolerance = kGradientTolerance * gradient(fit, fit.start).scale;
  return fit;
}

double relative_gradient(const FitProblem& problem, const Vector& weights) {
  const Gradient at_weights = gradient(problem, weights);
  return at_weights.size / at_weights.scale;
}

CeresResult ceres_fit(const FitProblem& problem, const CeresSetup& setup) {
  return setup.solver == CeresSetup::Solver::tiny ? solve_tiny(problem) : solve(problem, setup);
}

std::string ceres_version() { return CERES_VERSION_STRING; }

}  // namespace tautrack::peers
