#include "tautrack/network/perceptron.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string>

#include <Eigen/Cholesky>

namespace tautrack {

namespace {

/// Patterns per block: a block of A, its scaled copy and the vectors stay in the second-level
/// cache.
constexpr Index kBlock = 256;

Vector standard_deviations(const Matrix& X) {
  const Eigen::RowVectorXd mean = X.colwise().mean();
  return ((X.rowwise() - mean).colwise().squaredNorm() / static_cast<double>(X.rows()))
      .cwiseSqrt()
      .transpose();
}

PerceptronOptions checked(const PerceptronOptions& options) {
  if (!(options.ridge >= 0.0) || !std::isfinite(options.ridge))
    throw std::invalid_argument("ridge must be a number >= 0, got " +
                                std::to_string(options.ridge));
  if (!(options.rank_tolerance > 0.0 && options.rank_tolerance < 1.0))
    throw std::invalid_argument("rank_tolerance must lie in (0, 1), got " +
                                std::to_string(options.rank_tolerance));
  return options;
}

/// make_problem() is the one place that checks sizes and finiteness.
const Problem& checked(const Problem& problem) {
  (void)make_problem(problem.X, problem.y, problem.name, problem.columns, problem.pattern_weights);
  return problem;
}

}  // namespace

Perceptron::Perceptron(const Problem& problem, const PerceptronOptions& options)
    : options_(checked(options)),
      y_(checked(problem).y),
      omega_(problem.pattern_weights.size() > 0 ? problem.pattern_weights
                                                : Vector::Ones(problem.y.size())),
      omega_sum_(omega_.sum()),
      space_(problem.X, problem.pattern_weights, options.rank_tolerance) {
  if (space_.rank() == 0)
    throw DataError("problem '" + problem.name +
                    "': every column of X is zero, so no weight changes the output");
  row_norms_ = space_.basis().rowwise().norm();
  if (options_.ridge > 0.0)
    ridge_ =
        options_.ridge *
        space_.norm_matrix(options_.ridge_standardised ? standard_deviations(problem.X) : Vector());
}

Perceptron::Workspace::Workspace(const Perceptron& network) {
  const Index rows = std::min(kBlock, network.patterns());
  u_.resize(rows);
  gradient_.resize(rows);
  hessian_.resize(rows);
  mixed_.resize(rows);
  scaled_.resize(rows, network.unknowns());
}

Vector Perceptron::linear_solution() const {
  const Matrix& A = space_.basis();
  Vector v = A.transpose() * omega_.cwiseProduct(y_);
  if (ridge_.size() == 0) {
    // A' omega A = I up to rounding; one refinement removes what the orthogonalisation left.
    v += A.transpose() * omega_.cwiseProduct(y_ - A * v);
    return v;
  }
  const Matrix system = Matrix::Identity(unknowns(), unknowns()) + ridge_;
  const Eigen::LLT<Matrix> cholesky(system);
  const Vector right = v;
  v = cholesky.solve(right);
  v += cholesky.solve(A.transpose() * omega_.cwiseProduct(y_ - A * v) - ridge_ * v);
  return v;
}

double Perceptron::energy(const Vector& v, double tau, Workspace& work) const {
  assert(v.size() == unknowns());
  const Matrix& A = space_.basis();
  double sum = 0.0;
  for (Index first = 0; first < patterns(); first += kBlock) {
    const Index rows = std::min(kBlock, patterns() - first);
    auto u = work.u_.head(rows);
    u.noalias() = A.middleRows(first, rows) * v;
    for (Index i = 0; i < rows; ++i) {
      const double r =
          (1.0 - tau) * u(i) + tau * evaluate(options_.activation, u(i)).value - y_(first + i);
      sum += omega_(first + i) * r * r;
    }
  }
  if (ridge_.size() > 0) sum += v.dot(ridge_ * v);
  return 0.5 * sum;
}

double Perceptron::gradient(const Vector& v, double tau, Workspace& work, Vector& H) const {
  assert(v.size() == unknowns() && H.size() == unknowns());
  const Matrix& A = space_.basis();
  const double delta = 1.0 - tau;
  const double length = v.norm();
  double scale = 0.0;
  H.setZero();
  for (Index first = 0; first < patterns(); first += kBlock) {
    const Index rows = std::min(kBlock, patterns() - first);
    const auto block = A.middleRows(first, rows);
    auto u = work.u_.head(rows);
    auto gradient = work.gradient_.head(rows);
    u.noalias() = block * v;
    for (Index i = 0; i < rows; ++i) {
      const Index p = first + i;
      const ActivationValues s = evaluate(options_.activation, u(i));
      const double f = delta * u(i) + tau * s.value;
      const double slope = delta + tau * s.first;
      const double r = f - y_(p);
      const double weighted = omega_(p) * slope;
      gradient(i) = weighted * r;
      scale += row_norms_(p) *
               (weighted * (std::abs(f) + std::abs(y_(p))) +
                omega_(p) * std::abs(slope * slope + tau * s.second * r) * row_norms_(p) * length);
    }
    H.noalias() += block.transpose() * gradient;
  }
  if (ridge_.size() > 0) {
    H.noalias() += ridge_ * v;
    scale += ridge_.norm() * length;
  }
  return scale;
}

double Perceptron::derivatives(const Vector& v, double tau, Workspace& work, Vector& H, Matrix& H_v,
                               Vector& H_tau) const {
  const Index n = unknowns();
  assert(v.size() == n && H.size() == n && H_tau.size() == n && H_v.rows() == n && H_v.cols() == n);
  const Matrix& A = space_.basis();
  const double delta = 1.0 - tau;
  const double length = v.norm();
  double scale = 0.0;
  H.setZero();
  H_tau.setZero();
  H_v.setZero();
  for (Index first = 0; first < patterns(); first += kBlock) {
    const Index rows = std::min(kBlock, patterns() - first);
    const auto block = A.middleRows(first, rows);
    auto u = work.u_.head(rows);
    auto gradient = work.gradient_.head(rows);
    auto hessian = work.hessian_.head(rows);
    auto mixed = work.mixed_.head(rows);
    u.noalias() = block * v;
    for (Index i = 0; i < rows; ++i) {
      const Index p = first + i;
      const ActivationValues s = evaluate(options_.activation, u(i));
      const double f = delta * u(i) + tau * s.value;
      const double slope = delta + tau * s.first;
      const double r = f - y_(p);
      const double weighted = omega_(p) * slope;
      gradient(i) = weighted * r;
      hessian(i) = omega_(p) * (slope * slope + tau * s.second * r);
      mixed(i) = omega_(p) * ((s.first - 1.0) * r + slope * (s.value - u(i)));
      scale += row_norms_(p) * (weighted * (std::abs(f) + std::abs(y_(p))) +
                                std::abs(hessian(i)) * row_norms_(p) * length);
    }
    auto scaled = work.scaled_.topRows(rows);
    scaled.noalias() = hessian.asDiagonal() * block;
    H.noalias() += block.transpose() * gradient;
    H_tau.noalias() += block.transpose() * mixed;
    H_v.triangularView<Eigen::Lower>() += block.transpose() * scaled;
  }
  H_v.triangularView<Eigen::StrictlyUpper>() = H_v.transpose();
  if (ridge_.size() > 0) {
    H.noalias() += ridge_ * v;
    H_v += ridge_;
    scale += ridge_.norm() * length;
  }
  return scale;
}

double Perceptron::relative_displacement(const Vector& v, const Vector& dv, Workspace& work) const {
  assert(v.size() == unknowns() && dv.size() == unknowns());
  const Matrix& A = space_.basis();
  double largest = 0.0;
  for (Index first = 0; first < patterns(); first += kBlock) {
    const Index rows = std::min(kBlock, patterns() - first);
    const auto block = A.middleRows(first, rows);
    auto u = work.u_.head(rows);
    auto du = work.gradient_.head(rows);
    u.noalias() = block * v;
    du.noalias() = block * dv;
    largest = std::max(largest, (du.array().abs() / (1.0 + u.array().abs())).maxCoeff());
  }
  return largest;
}

void Perceptron::hessian_form_gradient(const Vector& v, double tau, const Vector& psi,
                                       const Vector& phi, Vector& by_v, double& by_tau) const {
  assert(v.size() == unknowns() && psi.size() == unknowns() && phi.size() == unknowns());
  const Matrix& A = space_.basis();
  const double delta = 1.0 - tau;
  const Vector u = A * v;
  Vector form = (A * psi).cwiseProduct(A * phi).cwiseProduct(omega_);
  by_tau = 0.0;
  for (Index p = 0; p < patterns(); ++p) {
    const ActivationValues s = evaluate(options_.activation, u(p));
    const double slope = delta + tau * s.first;
    const double second = tau * s.second;
    const double r = delta * u(p) + tau * s.value - y_(p);
    // d/du and d/dtau of  f_u^2 + f_uu r
    by_tau += form(p) * (2.0 * slope * (s.first - 1.0) + s.second * r + second * (s.value - u(p)));
    form(p) *= 3.0 * slope * second + tau * s.third * r;
  }
  by_v.noalias() = A.transpose() * form;
}

}  // namespace tautrack
