#include "local_fit.hpp"

#include <cmath>

#include <Eigen/Cholesky>
#include <Eigen/LU>

#include "../peers/ceres_fit.hpp"
#include "ceres/tiny_solver.h"

namespace tautrack::multistart {

namespace {

// Levenberg-Marquardt.
constexpr int kMostIterations = 200;
constexpr double kGradientTolerance = 1e-9;
constexpr double kStepTolerance = 1e-9;     ///< Relative to the weights.
constexpr double kEnergyTolerance = 1e-13;  ///< Change of the energy in one step.

/// A fit has converged when the largest entry of its gradient is below this share of the sizes that
/// the entry is summed from.
constexpr double kSmallGradient = 1e-3;

// Newton's method.
constexpr int kMostNewtonSteps = 10;
/// Largest change of a node input in the last step. Absolute: far out, where the energy is flat to
/// rounding, steps are small only in relation to the node inputs.
constexpr double kNewtonTolerance = 1e-7;
/// Largest change of a node input, relative to one unit or to its size, in all steps together:
/// farther off is another point.
constexpr double kFarthest = 0.1;

/// Residuals tanh(X w) - y and their Jacobian as ceres::TinySolver asks for them.
template <int s>
class Residuals {
 public:
  using Scalar = double;
  enum { NUM_RESIDUALS = Eigen::Dynamic, NUM_PARAMETERS = s };
  using Columns = Eigen::Matrix<double, Eigen::Dynamic, s>;

  explicit Residuals(const Problem& problem) : X_(problem.X), y_(problem.y) {}

  [[nodiscard]] int NumResiduals() const { return static_cast<int>(X_.rows()); }
  [[nodiscard]] int NumParameters() const { return static_cast<int>(X_.cols()); }

  bool operator()(const double* parameters, double* residuals, double* jacobian) const {
    Eigen::Map<Vector> sigma(residuals, X_.rows());
    sigma.noalias() = X_ * Eigen::Map<const Eigen::Matrix<double, s, 1>>(parameters, X_.cols());
    sigma = sigma.array().tanh();
    if (jacobian != nullptr)
      Eigen::Map<Columns>(jacobian, X_.rows(), X_.cols()).noalias() =
          (1.0 - sigma.array().square()).matrix().asDiagonal() * X_;
    sigma -= y_;
    return true;
  }

 private:
  const Columns X_;
  const Vector& y_;
};

/// Decides whether there is a minimum where a fit has ended.
class Judge {
 public:
  explicit Judge(const Problem& problem) : X_(problem.X), y_(problem.y) {}

  void judge(LocalFit& fit) {
    fit.end = FitEnd::false_end;
    double moved = 0.0;
    for (int step = 0; step < kMostNewtonSteps; ++step) {
      evaluate(fit);
      if (step == 0 && !is_small_gradient()) return;
      const Vector change = hessian_.partialPivLu().solve(gradient_);
      const Vector du = X_ * change;
      moved += (du.array().abs() / (1.0 + fit.node_inputs.array().abs())).maxCoeff();
      if (!(moved <= kFarthest)) return;
      fit.weights -= change;
      if (du.cwiseAbs().maxCoeff() <= kNewtonTolerance) {
        evaluate(fit);
        fit.end = hessian_.llt().info() == Eigen::Success ? FitEnd::minimum : FitEnd::saddle;
        return;
      }
    }
  }

 private:
  void evaluate(LocalFit& fit) {
    fit.node_inputs.noalias() = X_ * fit.weights;
    const Eigen::ArrayXd sigma = fit.node_inputs.array().tanh();
    const Eigen::ArrayXd slope = fit.node_inputs.array().cosh().square().inverse();
    const Eigen::ArrayXd residual = sigma - y_.array();
    fit.energy = 0.5 * residual.square().sum();
    factor_ = slope * residual;
    gradient_.noalias() = X_.transpose() * factor_;
    hessian_.noalias() =
        X_.transpose() * (slope * (slope - 2.0 * sigma * residual)).matrix().asDiagonal() * X_;
  }

  [[nodiscard]] bool is_small_gradient() const {
    const double scale = (X_.cwiseAbs().transpose() * factor_.cwiseAbs()).maxCoeff();
    return gradient_.cwiseAbs().maxCoeff() < kSmallGradient * scale;
  }

  const Matrix& X_;
  const Vector& y_;
  Vector factor_, gradient_;
  Matrix hessian_;
};

template <int s>
class TinyFitter final : public LocalFitter {
 public:
  explicit TinyFitter(const Problem& problem) : residuals_(problem), judge_(problem) {
    solver_.options.max_num_iterations = kMostIterations;
    solver_.options.gradient_tolerance = kGradientTolerance;
    solver_.options.parameter_tolerance = kStepTolerance;
    // Compared with twice the change of the energy itself, not with a relative change as documented.
    solver_.options.function_tolerance = 2.0 * kEnergyTolerance;
  }

  LocalFit fit(const Vector& start) override {
    parameters_ = start;
    const typename Solver::Summary& summary = solver_.Solve(residuals_, &parameters_);
    LocalFit out;
    out.weights = parameters_;
    if (summary.status != Solver::HIT_MAX_ITERATIONS) judge_.judge(out);
    return out;
  }

 private:
  using Solver = ceres::TinySolver<Residuals<s>>;
  Residuals<s> residuals_;
  Judge judge_;
  Solver solver_;
  Eigen::Matrix<double, s, 1> parameters_;
};

class FullFitter final : public LocalFitter {
 public:
  explicit FullFitter(const Problem& problem) : judge_(problem) {
    fit_.X = problem.X;
    fit_.y = problem.y;
    fit_.most_iterations = kMostIterations;
    fit_.gradient_tolerance = kGradientTolerance;
    fit_.step_tolerance = kStepTolerance;
    fit_.energy_tolerance = kEnergyTolerance;
  }

  LocalFit fit(const Vector& start) override {
    fit_.start = start;
    const peers::CeresResult result =
        peers::ceres_fit(fit_, {peers::CeresSetup::Solver::normal_cholesky, 0});
    LocalFit out;
    out.weights = result.weights;
    if (result.ok) judge_.judge(out);
    return out;
  }

 private:
  peers::FitProblem fit_;
  Judge judge_;
};

}  // namespace

std::string_view to_string(FitMethod method) noexcept {
  return method == FitMethod::tiny ? "TinySolver" : "ceres::Solve";
}

std::unique_ptr<LocalFitter> make_fitter(const Problem& problem, FitMethod method) {
  if (method == FitMethod::full) return std::make_unique<FullFitter>(problem);
  switch (problem.X.cols()) {  // a size that the compiler knows is faster
    case 2:
      return std::make_unique<TinyFitter<2>>(problem);
    case 3:
      return std::make_unique<TinyFitter<3>>(problem);
    case 4:
      return std::make_unique<TinyFitter<4>>(problem);
    case 5:
      return std::make_unique<TinyFitter<5>>(problem);
    case 6:
      return std::make_unique<TinyFitter<6>>(problem);
    default:
      return std::make_unique<TinyFitter<Eigen::Dynamic>>(problem);
  }
}

}  // namespace tautrack::multistart
