#include "exhaustive/bound_problem.hpp"

#include "core/decompositions.hpp"
#include "exhaustive/rows.hpp"
#include "network/traits.hpp"
#include "proof/exact_rank.hpp"

namespace tautrack::exhaustive {

std::optional<BoundProblem> BoundProblem::make(const Perceptron& network, std::string& reason) {
  const proof::Sigmoid& form = traits(network.options().activation).form;
  BoundProblem problem{OddSigmoid(form)};
  std::vector<bool> depends(static_cast<std::size_t>(network.columns()), false);
  for (const ColumnDependency& dependency : network.space().dependencies())
    depends[static_cast<std::size_t>(dependency.column)] = true;
  for (Index j = 0; j < network.columns(); ++j)
    if (!depends[static_cast<std::size_t>(j)]) problem.columns.push_back(j);
  const double ridge = network.options().ridge;
  if (static_cast<Index>(problem.columns.size()) < network.columns()) {
    if (ridge > 0.0) {
      reason = "a bound with a ridge term needs independent columns";
      return std::nullopt;
    }
#ifdef TAUTRACK_WITH_FLINT
    const bool is_exact =
        proof::exact_rank(network.inputs()) == static_cast<Index>(problem.columns.size());
#else
    const bool is_exact = false;
#endif
    if (!is_exact) {
      reason = "columns depend on each other only up to rounding, or it could not be told";
      return std::nullopt;
    }
  }
  const Vector scale = network.options().ridge_standardised
                           ? standard_deviations(network.inputs(), network.pattern_weights())
                           : Vector(Vector::Ones(network.columns()));
  for (const Index j : problem.columns) {
    const Interval penalty = ridge * proof::square(Interval(scale(j)));
    problem.penalty.push_back(ridge == 0.0 || scale(j) == 0.0 ? Interval(0.0) : penalty);
  }
  const Matrix all = network.inputs()(Eigen::all, problem.columns);
  std::vector<Index> rows;
  Interval constant = 0.0;
  for (Index i = 0; i < all.rows(); ++i) {
    const Target target = problem.sigmoid.target(network.targets()(i));
    const double factor = network.pattern_weights()(i) * problem.sigmoid.square();
    if (all.row(i).isZero(0.0)) {
      const Interval x = Interval(network.offset(i)) * form.input;
      constant += 0.5 * (factor * proof::square(problem.sigmoid.bounds(x, target, 0.0).residual));
      continue;
    }
    rows.push_back(i);
    problem.terms.emplace_back(problem.sigmoid, target, factor);
    if (!problem.terms.back().is_usable()) {
      reason = "a target is so near to an end of the range that its energy could not be bounded";
      return std::nullopt;
    }
    if (network.has_offset()) problem.offset.push_back(Interval(network.offset(i)) * form.input);
  }
  problem.constant = constant.lower();
  problem.constant_above = constant.upper();
  problem.X = all(rows, Eigen::all) * form.input;
  problem.X_all = network.inputs()(rows, Eigen::all) * form.input;
  if (problem.X.rows() < problem.X.cols()) {
    reason = "there are fewer patterns than weights";
    return std::nullopt;
  }
  const Qr qr = householder_qr(problem.X);
  const Index n = problem.weights();
  problem.Q = orthogonal_times(qr, Matrix::Identity(problem.X.rows(), n));
  const Matrix R = Matrix(qr.matrixQR().topRows(n)).triangularView<Eigen::Upper>();
  problem.inverse_R = inverse_of(R);
  if (!problem.inverse_R.allFinite()) {
    reason = "the columns are nearly dependent";
    return std::nullopt;
  }
  problem.shift = Vector::Zero(problem.X.rows());
  for (std::size_t i = 0; i < problem.offset.size(); ++i)
    problem.shift(static_cast<Index>(i)) = proof::middle(problem.offset[i]);
  Vector diagonal(n);
  for (Index j = 0; j < n; ++j)
    diagonal(j) = proof::middle(problem.penalty[static_cast<std::size_t>(j)]);
  problem.ridge = problem.inverse_R.transpose() * diagonal.asDiagonal() * problem.inverse_R;
  return problem;
}

Interval energy_at(const BoundProblem& problem, const Vector& weights) {
  Interval energy(problem.constant, problem.constant_above);
  for (std::size_t i = 0; i < problem.patterns(); ++i) {
    Interval x = problem.offset.empty() ? Interval(0.0) : problem.offset[i];
    for (Index j = 0; j < problem.weights(); ++j)
      x += Interval(problem.X(static_cast<Index>(i), j)) * weights(j);
    energy += problem.terms[i].proven_value(x);
  }
  for (Index j = 0; j < problem.weights(); ++j)
    energy +=
        0.5 * (problem.penalty[static_cast<std::size_t>(j)] * proof::square(Interval(weights(j))));
  return energy;
}

}  // namespace tautrack::exhaustive
