#include "tautrack/network/perceptron.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string>

#include <Eigen/Cholesky>

#include "core/text.hpp"

namespace tautrack {

namespace {

/// Patterns per block: a block of A, its scaled copy and the vectors stay in the second-level
/// cache.
constexpr Index kBlock = 256;

/// r = f(u, tau) - y and the size of what it is summed from.
struct Residual {
  double value;
  double size;
};

/// Where sigma is near an end of its range, r is summed from the distances to that end: a target at
/// the end itself (y = 1, u = 30) must leave the tail of the sigmoid, not zero.
Residual residual(const ActivationValues& sigma, const Range& ends, double u, double tau,
                  double y) {
  const double delta = 1.0 - tau;
  if (sigma.tail < 0.25 * (ends.high - ends.low)) {
    const double end = u < 0.0 ? ends.low : ends.high;
    const double tail = tau * (u < 0.0 ? sigma.tail : -sigma.tail);
    const double wing = delta * (u - end);
    return {(end - y) + tail + wing, std::abs(end - y) + std::abs(tail) + std::abs(wing)};
  }
  const double linear = delta * u;
  const double sigmoid = tau * sigma.value;
  return {linear + sigmoid - y, std::abs(linear) + std::abs(sigmoid) + std::abs(y)};
}

/// What one pattern contributes: the factors of its row of A in H, H_v and H_tau, and to the scale.
struct Contribution {
  double gradient;  ///< omega f_u r
  double hessian;   ///< omega (f_u^2 + f_uu r)
  double mixed;     ///< omega (f_utau r + f_u f_tau)
  double scale;     ///< Size of what H is summed from, the rounding of u included.
};

/// @param row_norm Norm of the pattern's row of A. @param length |v|.
Contribution contribution(const ActivationValues& sigma, const Range& ends, double u, double tau,
                          double y, double omega, double row_norm, double length) {
  const auto [r, size] = residual(sigma, ends, u, tau, y);
  const double slope = (1.0 - tau) + tau * sigma.first;
  const double weighted = omega * slope;
  const double hessian = omega * (slope * slope + tau * sigma.second * r);
  return {weighted * r, hessian, omega * ((sigma.first - 1.0) * r + slope * (sigma.value - u)),
          row_norm * (std::abs(weighted) * size + std::abs(hessian) * row_norm * length)};
}

/// Standard deviations of the columns, a pattern of weight two counted twice.
Vector standard_deviations(const Matrix& X, const Vector& omega) {
  const Eigen::RowVectorXd mean = omega.transpose() * X / omega.sum();
  const Matrix centred = X.rowwise() - mean;
  return (centred.cwiseAbs2().transpose() * omega / omega.sum()).cwiseSqrt();
}

const PerceptronOptions& checked(const PerceptronOptions& options) {
  if (const auto reason = options.invalid_reason()) throw std::invalid_argument(*reason);
  return options;
}

const Problem& checked(const Problem& problem) {
  check(problem);
  return problem;
}

}  // namespace

std::optional<std::string> PerceptronOptions::invalid_reason() const {
  if (!(ridge >= 0.0) || !std::isfinite(ridge))
    return "ridge must be a number >= 0, got " + number(ridge);
  if (!(rank_tolerance > 0.0 && rank_tolerance < 1.0))
    return "rank_tolerance must lie in (0, 1), got " + number(rank_tolerance);
  return std::nullopt;
}

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
  if (options_.ridge > 0.0 && options_.ridge_standardised && !space_.dependencies().empty())
    throw DataError(
        "problem '" + problem.name +
        "': columns depend on each other, and the weights of least norm are least in the "
        "units of the data, not in standardised ones: leave out a column or penalise the "
        "weights in the units of the data");
  row_norms_ = space_.basis().rowwise().norm();
  if (options_.ridge > 0.0)
    ridge_ = options_.ridge * space_.norm_matrix(options_.ridge_standardised
                                                     ? standard_deviations(problem.X, omega_)
                                                     : Vector());
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
  const Range ends = range(options_.activation);
  double sum = 0.0;
  for (Index first = 0; first < patterns(); first += kBlock) {
    const Index rows = std::min(kBlock, patterns() - first);
    auto u = work.u_.head(rows);
    u.noalias() = A.middleRows(first, rows) * v;
    for (Index i = 0; i < rows; ++i) {
      const ActivationValues sigma = evaluate(options_.activation, u(i));
      const double r = residual(sigma, ends, u(i), tau, y_(first + i)).value;
      sum += omega_(first + i) * r * r;
    }
  }
  if (ridge_.size() > 0) sum += v.dot(ridge_ * v);
  return 0.5 * sum;
}

double Perceptron::gradient(const Vector& v, double tau, Workspace& work, Vector& H) const {
  assert(v.size() == unknowns() && H.size() == unknowns());
  const Matrix& A = space_.basis();
  const Range ends = range(options_.activation);
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
      const Contribution terms = contribution(evaluate(options_.activation, u(i)), ends, u(i), tau,
                                              y_(p), omega_(p), row_norms_(p), length);
      gradient(i) = terms.gradient;
      scale += terms.scale;
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
  [[maybe_unused]] const Index n = unknowns();
  assert(v.size() == n && H.size() == n && H_tau.size() == n && H_v.rows() == n && H_v.cols() == n);
  const Matrix& A = space_.basis();
  const Range ends = range(options_.activation);
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
      const Contribution terms = contribution(evaluate(options_.activation, u(i)), ends, u(i), tau,
                                              y_(p), omega_(p), row_norms_(p), length);
      gradient(i) = terms.gradient;
      hessian(i) = terms.hessian;
      mixed(i) = terms.mixed;
      scale += terms.scale;
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
  const Range ends = range(options_.activation);
  const double delta = 1.0 - tau;
  const Vector u = A * v;
  Vector form = (A * psi).cwiseProduct(A * phi).cwiseProduct(omega_);
  by_tau = 0.0;
  for (Index p = 0; p < patterns(); ++p) {
    const ActivationValues s = evaluate(options_.activation, u(p));
    const double slope = delta + tau * s.first;
    const double second = tau * s.second;
    const double r = residual(s, ends, u(p), tau, y_(p)).value;
    // d/du and d/dtau of  f_u^2 + f_uu r
    by_tau += form(p) * (2.0 * slope * (s.first - 1.0) + s.second * r + second * (s.value - u(p)));
    form(p) *= 3.0 * slope * second + tau * s.third * r;
  }
  by_v.noalias() = A.transpose() * form;
}

}  // namespace tautrack
