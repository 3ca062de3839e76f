#include <cmath>
#include <random>

#include <benchmark/benchmark.h>

#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/path/branch_tree.hpp"
#include "tautrack/tracker/tracker.hpp"

#include "homotopy/natural.hpp"

#ifdef TAUTRACK_BENCH_CERES
#include "ceres/ceres.h"
#endif

namespace {

using namespace tautrack;

/// L patterns of s - 1 normal inputs and a bias; targets of three tanh units, with noise.
Problem teacher(Index L, Index s) {
  std::mt19937_64 engine(1);
  std::normal_distribution<double> normal;
  Matrix X(L, s), W(s, 3);
  for (double& entry : W.reshaped()) entry = normal(engine);
  Vector y(L);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j + 1 < s; ++j) X(i, j) = normal(engine);
    X(i, s - 1) = 1.0;
    y(i) = (X.row(i) * W).array().tanh().sum() / 3.0 + 0.1 * normal(engine);
  }
  return make_problem(X, y);
}

HiddenLayer layer(Index L, Index s, Index units, double ridge) {
  HiddenLayerOptions options;
  options.units = units;
  options.ridge_hidden = options.ridge_output = options.ridge_bias = ridge;
  return HiddenLayer(teacher(L, s), options);
}

Vector some_place(Index n) {
  std::mt19937_64 engine(2);
  std::normal_distribution<double> normal;
  Vector x(n);
  for (double& entry : x) entry = 3.0 * normal(engine);
  return x;
}

constexpr Index kPatterns = 1000, kColumns = 10, kUnits = 10;

// Question: what do the gradient, the Hessian and the series of a path cost beside what a local fit evaluates, the
// residuals and their Jacobian matrix?
void hidden_gradient(benchmark::State& state) {
  const HiddenLayer network = layer(kPatterns, kColumns, kUnits, 0.1);
  HiddenLayer::Workspace work(network);
  const Vector x = some_place(network.unknowns());
  Vector H(network.unknowns());
  for (auto _ : state) benchmark::DoNotOptimize(network.gradient(x, 0.9, work, H));
}
BENCHMARK(hidden_gradient)->Unit(benchmark::kMicrosecond);

void hidden_hessian(benchmark::State& state) {
  const HiddenLayer network = layer(kPatterns, kColumns, kUnits, 0.1);
  HiddenLayer::Workspace work(network);
  const Index n = network.unknowns();
  const Vector x = some_place(n);
  Vector H(n), H_tau(n);
  Matrix H_x(n, n);
  for (auto _ : state) benchmark::DoNotOptimize(network.derivatives(x, 0.9, work, H, H_x, H_tau));
}
BENCHMARK(hidden_hessian)->Unit(benchmark::kMicrosecond);

void hidden_series(benchmark::State& state) {
  const HiddenLayer network = layer(kPatterns, kColumns, kUnits, 0.1);
  HiddenLayer::Workspace work(network);
  const Index n = network.unknowns();
  const Vector x = some_place(n), direction = 0.01 * some_place(n);
  Vector H(n), rest(n);
  const auto orders = static_cast<int>(state.range(0));
  for (auto _ : state) {
    (void)network.gradient(x, 0.9, work, H);
    for (int k = 1; k <= orders; ++k)
      benchmark::DoNotOptimize(
          network.append_series(k, direction, k == 1 ? 0.01 : 0.0, work, rest));
  }
}
BENCHMARK(hidden_series)->Arg(8)->Arg(16)->Unit(benchmark::kMicrosecond);

/// One live unit and seven dead ones, from the linear solution of the one.
Vector one_live_unit(const HiddenLayer& network) {
  const HiddenLayer one =
      layer(network.patterns(), network.columns(), 1, network.options().ridge_hidden);
  const Vector from = one.weights(one.linear_solution());
  const Index s = network.columns(), h = network.units();
  Vector w = Vector::Zero(s * h + h + 1);
  w.head(s) = from.head(s);
  w(s * h) = from(s);
  w(w.size() - 1) = from(s + 1);
  return network.coordinates(w);
}

// Question: what does a natural path of 2-8-1 take beside one local fit?
void hidden_path(benchmark::State& state) {
  const HiddenLayer network = layer(kPatterns, 3, 8, 1.0);
  const Vector start = one_live_unit(network);
  TrackStatus status = TrackStatus::not_started;
  for (auto _ : state) {
    BasicNaturalHomotopy<HiddenLayer> homotopy(network);
    status = track(homotopy, start).status;
  }
  state.SetLabel(std::string(to_string(status)));
}
BENCHMARK(hidden_path)->Unit(benchmark::kMillisecond);

// Question: and all branches of 2-2-1?
void hidden_branches(benchmark::State& state) {
  const HiddenLayer network = layer(kPatterns, 3, 2, 1.0);
  std::size_t branches = 0;
  for (auto _ : state) branches = track_branches(network).branches.size();
  state.counters["branches"] = static_cast<double>(branches);
}
BENCHMARK(hidden_branches)->Unit(benchmark::kMillisecond);

#ifdef TAUTRACK_BENCH_CERES

using RowMajorMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Residuals of a tanh layer with a linear output, and what the ridge adds, with analytic derivatives.
class LayerResiduals final : public ceres::CostFunction {
 public:
  LayerResiduals(const HiddenLayer& network, Index weights)
      : X_(network.inputs()),
        y_(network.targets()),
        units_(network.units()),
        root_(std::sqrt(network.options().ridge_hidden)) {
    set_num_residuals(static_cast<int>(X_.rows() + weights));
    mutable_parameter_block_sizes()->push_back(static_cast<std::int32_t>(weights));
  }

  bool Evaluate(double const* const* parameters, double* residuals,
                double** jacobians) const override {
    const Index L = X_.rows(), s = X_.cols(), h = units_, n = s * h + h + 1;
    const Eigen::Map<const Vector> w(parameters[0], n);
    const Matrix F = (X_ * w.head(s * h).reshaped(s, h)).array().tanh();
    Eigen::Map<Vector> r(residuals, L + n);
    r.head(L) = (F * w.segment(s * h, h) - y_).array() + w(n - 1);
    r.tail(n) = root_ * w;
    if (jacobians == nullptr || jacobians[0] == nullptr) return true;
    Eigen::Map<RowMajorMatrix> J(jacobians[0], L + n, n);
    for (Index j = 0; j < h; ++j) {
      const Vector slope = w(s * h + j) * (1.0 - F.col(j).array().square());
      J.block(0, j * s, L, s).noalias() = slope.asDiagonal() * X_;
    }
    J.block(0, s * h, L, h) = F;
    J.col(n - 1).head(L).setOnes();
    J.bottomRows(n).setZero();
    J.bottomRows(n).diagonal().setConstant(root_);
    return true;
  }

 private:
  RowMajorMatrix X_;
  Vector y_;
  Index units_;
  double root_;
};

void ceres_evaluation(benchmark::State& state) {
  const HiddenLayer network = layer(kPatterns, kColumns, kUnits, 0.1);
  Vector w = network.weights(some_place(network.unknowns()));
  ceres::Problem problem;
  problem.AddResidualBlock(new LayerResiduals(network, w.size()), nullptr, w.data());
  double cost = 0.0;
  std::vector<double> residuals, gradient;
  ceres::CRSMatrix jacobian;
  const bool with_jacobian = state.range(0) == 1;
  for (auto _ : state)
    problem.Evaluate({}, &cost, &residuals, &gradient, with_jacobian ? &jacobian : nullptr);
}
BENCHMARK(ceres_evaluation)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

// Question: what do the residuals, their Jacobian matrix and its Gram product cost, by Eigen alone?
void gauss_newton_by_eigen(benchmark::State& state) {
  const HiddenLayer network = layer(kPatterns, kColumns, kUnits, 0.1);
  const Vector w = network.weights(some_place(network.unknowns()));
  const LayerResiduals residuals(network, w.size());
  RowMajorMatrix J(kPatterns + w.size(), w.size());
  Vector r(J.rows());
  Matrix H(w.size(), w.size());
  const double* parameters = w.data();
  double* jacobian = J.data();
  for (auto _ : state) {
    residuals.Evaluate(&parameters, r.data(), &jacobian);
    H.setZero();
    H.selfadjointView<Eigen::Lower>().rankUpdate(J.transpose());
    benchmark::DoNotOptimize(H.data());
  }
}
BENCHMARK(gauss_newton_by_eigen)->Unit(benchmark::kMicrosecond);

void ceres_hidden_fit(benchmark::State& state) {
  const HiddenLayer network = layer(kPatterns, 3, 8, 1.0);
  const Vector start = network.weights(0.1 * some_place(network.unknowns()));
  ceres::Solver::Options options;
  options.linear_solver_type = ceres::DENSE_NORMAL_CHOLESKY;
  options.logging_type = ceres::SILENT;
  options.max_num_iterations = 1000;
  options.function_tolerance = options.parameter_tolerance = 1e-16;
  int iterations = 0;
  for (auto _ : state) {
    Vector w = start;
    ceres::Problem problem;
    problem.AddResidualBlock(new LayerResiduals(network, w.size()), nullptr, w.data());
    ceres::Solver::Summary summary;
    ceres::Solve(options, &problem, &summary);
    iterations = static_cast<int>(summary.iterations.size());
  }
  state.counters["iterations"] = iterations;
}
BENCHMARK(ceres_hidden_fit)->Unit(benchmark::kMillisecond);

#endif

}  // namespace
