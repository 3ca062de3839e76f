#include "tautrack/endgame/infinite_weights.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "tautrack/corrector/newton.hpp"
#include "tautrack/homotopy/natural.hpp"

#include "core/decompositions.hpp"
#include "core/names.hpp"

namespace tautrack {

namespace {

using Rows = std::vector<Index>;

constexpr NameTable<Growth, 3> kGrowthNames{{
    {Growth::free, "free"},
    {Growth::slow, "slow"},
    {Growth::linear, "linear"},
}};

/// Orthonormal basis of { v : A.row(i) v = 0 for i in rows }; n x k.
Matrix kernel(const Matrix& A, const Rows& rows) {
  const Index n = A.cols();
  if (rows.empty()) return Matrix::Identity(n, n);
  return kernel_of(A(rows, Eigen::all), 1e-10);
}

/// Least-squares solution W, within span(N), of A_i W = target_i over rows with weights.
Vector constrained_least_squares(const Matrix& A, const Matrix& N, const Rows& rows,
                                 const Vector& omega, const Vector& target) {
  if (N.cols() == 0 || rows.empty()) return Vector::Zero(A.cols());
  const Vector root = omega(rows).cwiseSqrt();
  const Matrix system = root.asDiagonal() * (A(rows, Eigen::all) * N);
  const Vector right = root.cwiseProduct(target(rows));
  return N * least_squares(system, right);
}

/// Solution of the problem of the free patterns at tau = 1 near v; energy of those patterns.
struct FreeSolution {
  double energy = 0.0;
  double moved = 0.0;  ///< Largest change of a free node input.
};

std::optional<FreeSolution> solve_free(const Perceptron& network, const Vector& v,
                                       const Rows& rows) {
  FreeSolution solution;
  if (rows.empty()) return solution;
  const Matrix X = network.space().basis()(rows, Eigen::all);
  if (X.cwiseAbs().maxCoeff() == 0.0) {
    const double zero = evaluate(network.options().activation, 0.0).value;
    for (const Index i : rows) {
      const double r = zero - network.targets()(i);
      solution.energy += 0.5 * network.pattern_weights()(i) * r * r;
    }
    return solution;
  }
  Problem problem;
  problem.X = X;
  problem.y = network.targets()(rows);
  problem.pattern_weights = network.pattern_weights()(rows);
  for (Index j = 0; j < X.cols(); ++j) problem.columns.push_back("v" + std::to_string(j + 1));
  PerceptronOptions options = network.options();
  options.ridge = 0.0;
  const Perceptron free(problem, options);
  NaturalHomotopy homotopy(free);
  Corrector corrector(homotopy, {});
  Vector x = free.coordinates(v);
  double tau = 1.0;
  if (!corrector.correct(x, tau, Constraint::fixed_tau, {}, homotopy.scales(x, 1.0), true)
           .converged)
    return std::nullopt;
  solution.energy = homotopy.energy(x, 1.0);
  solution.moved = (free.node_inputs(x) - X * v).cwiseAbs().maxCoeff();
  return solution;
}

}  // namespace

std::string_view to_string(Growth growth) noexcept { return name_of(kGrowthNames, growth); }

std::optional<InfiniteWeights> recognise_infinite_weights(const Perceptron& network,
                                                          const PathPoint& point,
                                                          const InfiniteWeightsOptions& options,
                                                          std::string& why_not) {
  const Index L = network.patterns();
  const Index n = network.unknowns();
  const Matrix& A = network.space().basis();
  const Vector& omega = network.pattern_weights();
  const Range ends = range(network.options().activation);
  const double delta = 1.0 - point.tau;
  const auto refuse = [&](std::string sentence) -> std::optional<InfiniteWeights> {
    why_not = std::move(sentence);
    return std::nullopt;
  };
  if (network.ranks() != nullptr)
    return refuse("infinite weights are not recognised when the patterns are split among ranks");
  if (!(delta > 0.0 && delta <= options.largest_delta)) return refuse("1 - tau is not small yet");
  if (!(point.tangent(n) > 0.0)) return refuse("tau does not grow");
  if (network.options().ridge > 0.0) return refuse("with a ridge term all weights stay bounded");

  const Vector velocity = point.tangent.head(n) * (delta / point.tangent(n));  // dv/dlog(1/delta)
  const Vector u = A * point.x;
  const Vector rate = A * velocity;

  InfiniteWeights limit;
  limit.delta = delta;
  limit.signs.assign(static_cast<std::size_t>(L), 0);
  limit.growth.assign(static_cast<std::size_t>(L), Growth::free);
  Rows free, slow, linear;
  for (Index i = 0; i < L; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const double growth = u(i) < 0.0 ? -rate(i) : rate(i);
    const double exponent = growth / std::abs(u(i));
    if (std::abs(growth) <= options.free_rate) {
      free.push_back(i);
      continue;
    }
    if (growth >= options.slow_rate && exponent >= options.linear_exponent) {
      linear.push_back(i);
      limit.growth[k] = Growth::linear;
    } else if (growth >= options.slow_rate && exponent <= options.slow_exponent &&
               evaluate(network.options().activation, u(i)).first <= 1e-2) {
      slow.push_back(i);
      limit.growth[k] = Growth::slow;
    } else {
      return refuse("pattern " + std::to_string(i + 1) + " is neither free nor clearly growing");
    }
    limit.signs[k] = u(i) < 0.0 ? -1 : 1;
  }
  if (slow.empty() && linear.empty()) return refuse("no node input grows");
  if (!slow.empty() && delta > options.slow_delta)
    return refuse("1 - tau is not small enough yet for patterns that grow slowly");

  Vector saturated(L);  // the ends of the range that the patterns run to
  for (Index i = 0; i < L; ++i)
    saturated(i) = limit.signs[static_cast<std::size_t>(i)] < 0 ? ends.low : ends.high;
  // Positive: the pattern wants an output beyond the end of the range (good), zero: exactly the end
  // (neutral), negative: inside (bad).
  const auto excess = [&](Index i) {
    return limit.signs[static_cast<std::size_t>(i)] * (network.targets()(i) - saturated(i));
  };

  // 1. covector
  const Matrix stay = kernel(A, free);
  const Vector direction = stay * (stay.transpose() * velocity);
  const Vector along = A * direction;
  double weakest = std::numeric_limits<double>::infinity();
  for (Index i = 0; i < L; ++i)
    if (const int sign = limit.signs[static_cast<std::size_t>(i)]; sign != 0)
      weakest = std::min(weakest, sign * along(i));
  if (!(weakest > 0.5 * options.slow_rate))
    return refuse("the signs of the growing patterns are not realised by any direction found");

  // 2. wing of the patterns that grow linearly
  Rows others = free;
  others.insert(others.end(), slow.begin(), slow.end());
  const Matrix wing = kernel(A, others);
  const Vector W = constrained_least_squares(A, wing, linear, omega, network.targets() - saturated);
  if (!linear.empty()) {
    const Vector path = delta * (A * point.x);
    const Vector limit_inputs = A * W;
    double largest = 0.0;
    double worst = 0.0;
    for (const Index i : linear) {
      largest = std::max(largest, std::abs(limit_inputs(i)));
      worst = std::max(worst, std::abs(limit_inputs(i) - path(i)));
      if (!(limit_inputs(i) * limit.signs[static_cast<std::size_t>(i)] > 0.0))
        return refuse("the least-squares problem of the linear patterns has another sign pattern");
    }
    if (!(worst <= options.agreement * largest))
      return refuse("the linear growth does not agree with its least-squares problem yet");
  }

  // 3. free patterns
  const auto solution = solve_free(network, point.x, free);
  if (!solution || solution->moved > 0.1)
    return refuse("Newton's method does not converge on the problem of the free patterns");

  // 4. outputs of the saturated patterns
  double saturated_energy = 0.0;
  double path_energy = 0.0;
  for (const Rows* rows : {&slow, &linear}) {
    for (const Index i : *rows) {
      const double output =
          delta * u(i) + (1.0 - delta) * evaluate(network.options().activation, u(i)).value;
      const double wanted = saturated(i) + A.row(i).dot(W);
      if (std::abs(output - wanted) > options.agreement * std::max(1.0, std::abs(wanted)))
        return refuse("the outputs of the saturated patterns have not settled yet");
      const double r = saturated(i) - network.targets()(i);
      saturated_energy += 0.5 * omega(i) * r * r;
      const double r_path = wanted - network.targets()(i);
      path_energy += 0.5 * omega(i) * r_path * r_path;
    }
  }

  // 5. something must pull outwards
  bool pulls = false;
  if (!linear.empty()) {
    for (const Index i : linear) pulls = pulls || excess(i) > 0.0;
  } else {
    double slowest = std::numeric_limits<double>::infinity();
    for (const Index i : slow) slowest = std::min(slowest, std::abs(rate(i)));
    for (const Index i : slow)
      pulls = pulls || (std::abs(rate(i)) <= 1.2 * slowest && excess(i) >= 0.0);
  }
  if (!pulls) return refuse("no pattern wants an output at or beyond the end of the range");

  const double length = W.norm();
  const Vector in_user_units = network.weights(length > 0.0 ? W : direction);
  limit.direction = in_user_units.normalized();
  limit.linear_rate = network.weights(W);
  limit.energy = solution->energy + saturated_energy;
  limit.path_energy = solution->energy + path_energy;

  // Is it a local infimum of E at tau = 1? Patterns approach the ends of the range at rates
  // exp(-2 |u|): the first-order test compares the rates of the good with those of the bad.
  bool any_bad = false;
  bool any_pull = false;
  for (Index i = 0; i < L; ++i) {
    if (limit.signs[static_cast<std::size_t>(i)] == 0) continue;
    (excess(i) < 0.0 ? any_bad : any_pull) = true;
  }
  const Activation activation = network.options().activation;
  const bool exponential = activation == Activation::tanh || activation == Activation::logistic;
  if (!any_bad) {
    limit.local_infimum = true;
    limit.local_infimum_reason =
        "every saturated pattern wants an output at or beyond the end of the range";
  } else if (!any_pull) {
    limit.local_infimum = false;
    limit.local_infimum_reason = "every saturated pattern wants an output inside the range";
  } else if (exponential && stay.cols() == 1) {
    double needed = 0.0;
    for (Index i = 0; i < L; ++i) {
      const int sign = limit.signs[static_cast<std::size_t>(i)];
      if (sign == 0 || excess(i) < 0.0) continue;
      needed = std::max(needed, (excess(i) > 0.0 ? 1.0 : 0.5) / (sign * along(i)));
    }
    double least = std::numeric_limits<double>::infinity();
    for (Index i = 0; i < L; ++i) {
      const int sign = limit.signs[static_cast<std::size_t>(i)];
      if (sign != 0 && excess(i) < 0.0) least = std::min(least, needed * sign * along(i));
    }
    if (std::abs(least - 1.0) < 1e-9) {
      limit.local_infimum_reason =
          "the rates of saturation are equal: the first order does not decide";
    } else {
      limit.local_infimum = least > 1.0;
      limit.local_infimum_reason =
          least > 1.0 ? "the patterns that want less saturate faster than those that want more"
                      : "a pattern that wants an output inside the range saturates too slowly";
    }
  } else {
    limit.local_infimum_reason =
        exponential
            ? "several directions lead to this limit: a linear programme would have to decide"
            : "the first-order test knows exponential tails only";
  }
  return limit;
}

}  // namespace tautrack
