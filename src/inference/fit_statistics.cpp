#include "tautrack/inference/fit_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "tautrack/data/single_input.hpp"
#include "tautrack/data/zero_doses.hpp"

#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/products.hpp"
#include "core/quantiles.hpp"
#include "core/text.hpp"
#include "inference/steepness.hpp"

namespace tautrack {
namespace {

/// Columns of the Jacobian that depend on the others to within this are dependent.
constexpr double kDependent = 1e-12;
/// Of more fitted numbers curvature is left out.
constexpr Index kMostForCurvature = 8;
/// Ascents to the largest acceleration: how many, steps of one, and the relative growth at which it ends.
constexpr int kAscents = 16, kAscentSteps = 200;
constexpr double kAscended = 1e-12;

/// sigma01 and its derivatives, and the distance to the nearer plateau, at one node input.
struct Share {
  double value, rest;  ///< rest = 1 - value
  double first, second;
};

Share share_at(Activation activation, double u) {
  const Range own = range(activation);
  const double width = own.high - own.low;
  const ActivationValues at = evaluate(activation, u);
  const double tail = at.tail / width;
  return {u > 0.0 ? 1.0 - tail : tail, u > 0.0 ? tail : 1.0 - tail, at.first / width,
          at.second / width};
}

double output_at(const Range& range, const Share& share) {
  const double height = range.high - range.low;
  return share.value < share.rest ? range.low + height * share.value
                                  : range.high - height * share.rest;
}

/// Second derivatives, weighted: sum_i force_i d2z_i, p x p.
Matrix bends(const SigmoidModel& model, const FittedSigmoid& fit, const Vector& force) {
  // At a dose of zero no derivative but those by the plateaus is anything.
  const Matrix X = model.problem.X.array().isFinite().select(model.problem.X, 0.0);
  const Index s = X.cols(), low = s, high = s + (model.range.low ? 0 : 1);
  const Index p = high + (model.range.high ? 0 : 1);
  const double height = fit.range.high - fit.range.low;
  const Vector u = node_inputs(model.problem.X, fit.weights, model.problem.offset);
  Vector turn(u.size()), lift(u.size());
  for (Index i = 0; i < u.size(); ++i) {
    const Share share = share_at(model.activation, u(i));
    turn(i) = force(i) * height * share.second;
    lift(i) = force(i) * share.first;
  }
  Matrix B = Matrix::Zero(p, p);
  B.topLeftCorner(s, s) = product(X.transpose(), turn.asDiagonal() * X);
  const Vector lifted = transposed_times(X, lift);
  if (!model.range.low) B.col(low).head(s) = -lifted;
  if (!model.range.high) B.col(high).head(s) = lifted;
  B.bottomLeftCorner(p - s, s) = B.topRightCorner(s, p - s).transpose();
  return B;
}

/// Largest |(phi' T_k phi)_k| over unit vectors phi, by ascent: for the direction nu of that vector the best phi is an
/// eigenvector of sum_k nu_k T_k. From unit vectors and the middles between two.
double largest_acceleration(const std::vector<Matrix>& T) {
  const Index p = T.front().rows();
  const auto acceleration = [&](const Vector& phi) {
    Vector t(p);
    for (Index k = 0; k < p; ++k) t(k) = phi.dot(times(T[at(k)], phi));
    return t;
  };
  const auto ascend = [&](Vector phi) {
    Vector t = acceleration(phi);
    double value = t.norm();
    for (int step = 0; step < kAscentSteps && value > 0.0; ++step) {
      Matrix sum = Matrix::Zero(p, p);
      for (Index k = 0; k < p; ++k) sum += (t(k) / value) * T[at(k)];
      const SymmetricEigen eigen = symmetric_eigen(sum);
      const Vector& values = eigen.eigenvalues();
      phi = eigen.eigenvectors().col(-values(0) > values(p - 1) ? 0 : p - 1);
      t = acceleration(phi);
      const double grown = t.norm();
      if (!(grown > value * (1.0 + kAscended))) return std::max(grown, value);
      value = grown;
    }
    return value;
  };
  double largest = 0.0;
  int left = kAscents;
  for (Index gap = 0; gap < p; ++gap)
    for (Index i = 0; i + gap < p; ++i)
      for (const double sign : {1.0, -1.0}) {
        if ((gap == 0 && sign < 0.0) || left-- <= 0) continue;
        Vector phi = Vector::Unit(p, i);
        if (gap > 0) phi(i + gap) = sign;
        largest = std::max(largest, ascend(phi.normalized()));
      }
  return largest;
}

/// @param half, Q J half = Q, an orthonormal basis of the tangent space; J of rows times `root`.
Linearisation linearisation_of(const SigmoidModel& model, const FittedSigmoid& fit,
                               const FitStatistics& statistics, const Vector& root,
                               const Matrix& half, const Matrix& Q) {
  std::vector<Matrix> T;
  for (Index k = 0; k < Q.cols(); ++k)
    T.push_back(
        product(half.transpose(), product(bends(model, fit, root.cwiseProduct(Q.col(k))), half)));
  const double p = static_cast<double>(Q.cols());
  const double freedom = static_cast<double>(statistics.degrees_of_freedom);
  return {*statistics.standard_error * std::sqrt(p) * largest_acceleration(T),
          0.5 / std::sqrt(fisher_f_quantile(p, freedom, 0.95))};
}

/// Gradient of a parameter by the fitted numbers, p.
Vector gradient_of(const SigmoidModel& model, const FittedSigmoid& fit,
                   const FitParameter& parameter, Index p) {
  const Index s = fit.weights.size();
  Vector g = Vector::Zero(p);
  const Index low = s, high = s + (model.range.low ? 0 : 1);
  switch (parameter.kind) {
    case ParameterKind::weight:
      g(parameter.column) = 1.0;
      break;
    case ParameterKind::low:
      g(low) = 1.0;
      break;
    case ParameterKind::high:
      g(high) = 1.0;
      break;
    case ParameterKind::half_point: {
      const SingleInput dose = *single_input(model.problem.X);
      const double slope = fit.weights(dose.input);
      g(dose.input) = -parameter.estimate / slope;
      g(dose.bias) = -dose.bias_value / slope;
      break;
    }
    case ParameterKind::slope: {
      const SingleInput dose = *single_input(model.problem.X);
      const double steepest = inference::steepness(model.activation);
      g(dose.input) = steepest * (fit.range.high - fit.range.low);
      const double by_height = steepest * fit.weights(dose.input);
      if (!model.range.low) g(low) = -by_height;
      if (!model.range.high) g(high) = by_height;
      break;
    }
  }
  return g;
}

/// All that is reported, without uncertainties.
std::vector<FitParameter> estimates(const SigmoidModel& model, const FittedSigmoid& fit) {
  std::vector<FitParameter> list;
  const auto add = [&](ParameterKind kind, const std::string& name, double estimate,
                       Index column = 0) {
    FitParameter parameter;
    parameter.kind = kind;
    parameter.column = column;
    parameter.name = name;
    parameter.estimate = estimate;
    list.push_back(std::move(parameter));
  };
  for (Index j = 0; j < fit.weights.size(); ++j)
    add(ParameterKind::weight,
        at(j) < model.problem.columns.size() ? model.problem.columns[at(j)]
                                             : "x" + std::to_string(j + 1),
        fit.weights(j), j);
  if (!model.range.low) add(ParameterKind::low, "low", fit.range.low);
  if (!model.range.high) add(ParameterKind::high, "high", fit.range.high);
  const auto dose = single_input(model.problem.X);
  if (!dose || model.problem.offset.size() > 0 || fit.weights(dose->input) == 0.0) return list;
  const double slope = fit.weights(dose->input);
  add(ParameterKind::half_point, "half point", -fit.weights(dose->bias) * dose->bias_value / slope);
  add(ParameterKind::slope, "slope",
      inference::steepness(model.activation) * (fit.range.high - fit.range.low) * slope);
  return list;
}

}  // namespace

Vector sigmoid_outputs(const FittedSigmoid& fit, Activation activation, const Matrix& X,
                       const Vector& offset) {
  Vector z = node_inputs(X, fit.weights, offset);
  for (double& entry : z) entry = output_at(fit.range, share_at(activation, entry));
  return z;
}

Matrix sigmoid_jacobian(const SigmoidModel& model, const FittedSigmoid& fit, const Matrix& X,
                        const Vector& offset) {
  const Index s = X.cols(), low = s, high = s + (model.range.low ? 0 : 1);
  Matrix J(X.rows(), high + (model.range.high ? 0 : 1));
  const Vector u = node_inputs(X, fit.weights, offset);
  const double height = fit.range.high - fit.range.low;
  for (Index i = 0; i < X.rows(); ++i) {
    const Share share = share_at(model.activation, u(i));
    if (is_zero_dose(X, i))
      J.row(i).head(s).setZero();
    else
      J.row(i).head(s) = height * share.first * X.row(i);
    if (!model.range.low) J(i, low) = share.rest;
    if (!model.range.high) J(i, high) = share.value;
  }
  return J;
}

FitStatistics fit_statistics(const SigmoidModel& model, const FittedSigmoid& fit, double ridge) {
  const Problem& problem = model.problem;
  check_with_zero_doses(problem);
  const Index L = problem.X.rows(), s = problem.X.cols();
  if (fit.weights.size() != s)
    throw std::invalid_argument("a fit has " + std::to_string(fit.weights.size()) +
                                " weights, and the problem " + counted(s, "column"));
  if (!(fit.range.low < fit.range.high))
    throw std::invalid_argument("the plateaus of a fit must have low < high, got " +
                                number(fit.range.low) + " and " + number(fit.range.high));
  const Vector omega =
      problem.pattern_weights.size() > 0 ? problem.pattern_weights : Vector::Ones(L);
  FitStatistics result;
  result.fitted = sigmoid_outputs(fit, model.activation, problem.X, problem.offset);
  result.residuals = problem.y - result.fitted;
  result.parameters = estimates(model, fit);
  const Vector squares = result.residuals.cwiseAbs2();
  const double total = omega.sum();
  result.sum_of_squares = omega.dot(squares);
  result.rmse = std::sqrt(result.sum_of_squares / total);
  const double mean = omega.dot(problem.y) / total;
  const double about_mean = omega.dot((problem.y.array() - mean).matrix().cwiseAbs2());
  if (about_mean > 0.0) result.r_squared = 1.0 - result.sum_of_squares / about_mean;

  const Vector root = omega.cwiseSqrt();
  const Matrix J = root.asDiagonal() * sigmoid_jacobian(model, fit, problem.X, problem.offset);
  const Index p = J.cols();
  // Units of columns do not matter to their dependence.
  Vector unit = J.colwise().norm();
  for (double& entry : unit)
    if (!(entry > 0.0)) entry = 1.0;
  PivotedQr qr = pivoted_qr(J * unit.cwiseInverse().asDiagonal());
  qr.setThreshold(kDependent);
  result.degrees_of_freedom = L - qr.rank();
  if (ridge > 0.0) {
    result.reason =
        "the fit is penalised, and standard errors of what a penalty holds mean nothing";
    return result;
  }
  if (qr.rank() < p) {
    result.reason =
        "the " + counted(p, "number") +
        " to be fitted are not determined by the outputs: their derivatives depend on each other";
    return result;
  }
  if (result.degrees_of_freedom <= 0) {
    result.reason = counted(L, "row") + " and " + counted(p, "number") +
                    " to be fitted leave no degrees of freedom";
    return result;
  }
  const double variance = result.sum_of_squares / static_cast<double>(result.degrees_of_freedom);
  result.standard_error = std::sqrt(variance);
  // J unit^-1 P = Q R, so that J'J = C'C with C = R P' unit.
  const Matrix R = qr.matrixR().topRows(p).triangularView<Eigen::Upper>();
  const Matrix R_inverse = inverse_of(R);
  const Matrix half =
      unit.cwiseInverse().asDiagonal() * (qr.colsPermutation() * R_inverse);  // C^-1
  result.covariance = variance * product(half, half.transpose());
  if (p <= kMostForCurvature)
    result.linearisation = linearisation_of(model, fit, result, root, half, product(J, half));
  // C^-T H C^-1 = 1 + C^-T B C^-1.
  const Vector force = -omega.cwiseProduct(result.residuals);
  Matrix relative = product(half.transpose(), product(bends(model, fit, force), half));
  relative.diagonal().array() += 1.0;
  const Cholesky factors = cholesky(relative);
  const bool is_minimum = factors.info() == Eigen::Success;
  for (FitParameter& parameter : result.parameters) {
    const Vector g = gradient_of(model, fit, parameter, p);
    const Vector turned = transposed_times(half, g);
    parameter.standard_error = *result.standard_error * turned.norm();
    if (is_minimum)
      parameter.hessian_standard_error =
          *result.standard_error * solve_lower(factors, turned).norm();
  }
  return result;
}

Vector output_errors(const SigmoidModel& model, const FittedSigmoid& fit,
                     const FitStatistics& statistics, const Matrix& X, const Vector& offset) {
  const Matrix J = sigmoid_jacobian(model, fit, X, offset);
  const Vector variance = product(J, statistics.covariance).cwiseProduct(J).rowwise().sum();
  return variance.cwiseMax(0.0).cwiseSqrt();
}

double t_factor(double level, Index degrees_of_freedom) {
  return std::sqrt(fisher_f_quantile(1.0, static_cast<double>(degrees_of_freedom), level));
}

}  // namespace tautrack
