#include "exhaustive/relaxation.hpp"

#include <algorithm>
#include <cmath>

#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/products.hpp"

namespace tautrack::exhaustive {
namespace {

constexpr int kNewtonSteps = 100, kBacktracks = 25;
constexpr double kRounded = 1e-14;  ///< Relative to the energy.
/// A gradient this small, relative to what it is summed from, is zero.
constexpr double kFlat = 1e-11;
/// Multipliers that leave no more than this part of themselves are good.
constexpr double kBalanced = 1e-6;
/// Rounds of multipliers; the penalty grows by this where violations do not shrink to a quarter.
constexpr int kRounds = 14;
constexpr double kGrowth = 8.0;
/// Inputs may be outside their intervals by this.
constexpr double kOutside = 1e-8;
constexpr double kSufficient = 1e-4;
constexpr double kLeastDamping = 1e-12, kFirstDamping = 1e-2;

/// Newton's method for a convex sum of functions of node inputs (damped where flat), from v. `term(i, u)` gives value,
/// slope and bend.
template <class Term>
void minimise(const BoundProblem& problem, const Term& term, Vector& v) {
  const Index L = problem.Q.rows(), n = problem.Q.cols();
  Vector slope(L), bend(L), size(L);
  Matrix scaled(L, n);
  const auto evaluate = [&](const Vector& at, bool all) {
    const Vector u = problem.Q * at + problem.shift;
    double sum = 0.5 * at.dot(problem.ridge * at);
    for (Index i = 0; i < L; ++i) {
      const EnergyTerm::At t = term(i, u(i));
      sum += t.value;
      if (!all) continue;
      slope(i) = t.slope;
      bend(i) = t.bend;
    }
    return sum;
  };
  double value = evaluate(v, true);
  double damping = kFirstDamping;
  for (int step = 0; step < kNewtonSteps; ++step) {
    const Vector gradient = problem.Q.transpose() * slope + problem.ridge * v;
    const double norm = gradient.norm(), size_of_terms = slope.norm();
    if (!(norm > kFlat * size_of_terms)) return;
    scaled = bend.cwiseMax(0.0).asDiagonal() * problem.Q;
    Matrix H = problem.Q.transpose() * scaled + problem.ridge;
    H.diagonal().array() += damping * norm + kLeastDamping * (1.0 + H.trace());
    const Vector move = -solve(cholesky(H), gradient);
    const double gain = gradient.dot(move);
    if (!move.allFinite() || !(gain < 0.0)) return;
    // What is left to gain is rounding: the step is taken, for the gradient gets smaller by it.
    if (-gain <= kRounded * std::abs(value)) {
      v += move;
      return;
    }
    double length = 1.0;
    Vector next = v + move;
    double there = evaluate(next, true);
    for (int k = 0; k < kBacktracks && !(there <= value + kSufficient * length * gain); ++k) {
      length *= 0.5;
      next = v + length * move;
      there = evaluate(next, true);
    }
    if (!(there <= value)) {
      evaluate(v, true);
      return;
    }
    damping = length == 1.0 ? std::max(1e-8, 0.2 * damping) : std::min(1e8, 4.0 * damping);
    const bool is_done = value - there <= 1e-15 * std::abs(value) && length == 1.0;
    v = next;
    value = there;
    if (is_done && step > 3) return;
  }
}

}  // namespace

RelaxedSolution relax(const BoundProblem& problem, const Inputs& inputs,
                      const std::vector<Envelope>& envelopes, const Vector& start,
                      const SidePulls& pulls, double enough) {
  const Index L = problem.Q.rows();
  Vector pull = Vector::Zero(L);
  for (const auto& [i, force] : pulls) pull(static_cast<Index>(i)) = force;
  RelaxedSolution best;
  best.bound = -kInfinity;
  Vector v = start;
  double stiffness = 1.0, last_violation = kInfinity;
  const auto side = [&](Index i, double u) {
    const auto k = static_cast<std::size_t>(i);
    const double high = std::max(0.0, pull(i)) + stiffness * (u - inputs.high[k]);
    if (high > 0.0) return high;
    const double low = std::min(0.0, pull(i)) + stiffness * (u - inputs.low[k]);
    return std::min(0.0, low);
  };
  for (int round = 0; round < kRounds; ++round) {
    minimise(
        problem,
        [&](Index i, double u) {
          const auto k = static_cast<std::size_t>(i);
          EnergyTerm::At at = envelopes[k].at(problem.terms[k], u);
          if (const double force = side(i, u); force != 0.0) {
            at.value += 0.5 * (force * force - pull(i) * pull(i)) / stiffness;
            at.slope += force;
            at.bend += stiffness;
          } else {
            at.value -= 0.5 * pull(i) * pull(i) / stiffness;
          }
          return at;
        },
        v);
    RelaxedSolution now;
    now.v = v;
    now.inputs = problem.Q * v + problem.shift;
    now.multipliers.resize(L);
    now.bound = problem.constant;
    double violation = 0.0;
    for (Index i = 0; i < L; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const double u = now.inputs(i), inside = std::clamp(u, inputs.low[k], inputs.high[k]);
      const double force = side(i, u);
      const EnergyTerm::At at = envelopes[k].at(problem.terms[k], u);
      const double mu = at.slope + force;
      now.multipliers(i) = mu;
      // The tangent at u, less mu u, is least at the side that pulls.
      now.bound += at.value - mu * (u - problem.shift(i));
      if (force != 0.0) now.bound -= force * ((force > 0.0 ? inputs.high[k] : inputs.low[k]) - u);
      if (force != 0.0) now.pulls.emplace_back(k, force);
      violation = std::max(violation, std::abs(u - inside));
    }
    const Vector left = problem.Q.transpose() * now.multipliers;
    const Vector imbalance = left + problem.ridge * v;
    const bool is_balanced = imbalance.norm() <= kBalanced * now.multipliers.norm();
    now.bound += left.dot(v) + 0.5 * v.dot(problem.ridge * v);
    if (!is_balanced) now.bound = -kInfinity;
    pull.setZero();
    for (const auto& [k, force] : now.pulls) pull(static_cast<Index>(k)) = force;
    if (now.bound > best.bound || round == 0) best = std::move(now);
    if (best.bound > enough || violation <= kOutside) break;
    if (violation > 0.25 * last_violation) stiffness *= kGrowth;
    last_violation = violation;
  }
  return best;
}

Vector descend(const BoundProblem& problem, Vector v) {
  minimise(
      problem,
      [&](Index i, double u) {
        EnergyTerm::At at = problem.terms[static_cast<std::size_t>(i)].at(u);
        at.bend = std::abs(at.bend);
        return at;
      },
      v);
  return v;
}

double rounded_energy(const BoundProblem& problem, const Vector& v) {
  const Vector u = problem.Q * v + problem.shift;
  double energy = problem.constant + 0.5 * v.dot(problem.ridge * v);
  for (Index i = 0; i < u.size(); ++i)
    energy += problem.terms[static_cast<std::size_t>(i)].at(u(i)).value;
  return energy;
}

}  // namespace tautrack::exhaustive
