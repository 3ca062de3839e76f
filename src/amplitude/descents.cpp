#include "amplitude/descents.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <utility>

#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/products.hpp"

namespace tautrack::amplitude {
namespace {

constexpr int kSteps = 300, kTrials = 40;
/// Components of the gradient below this times what they are summed from are rounding.
constexpr double kRoundedGradient = 1e3 * kEpsilon;
/// A minimum whose least eigenvalue, in the scaled units, is below this is not told from a place on the way to a limit.
constexpr double kFlat = 1e-11;
/// The damping at the start, and the least.
constexpr double kFirstDamping = 1e-2, kLeastDamping = 1e-15;
/// Steps of Newton's method alone, where the energy is rounding.
constexpr int kLastSteps = 3;
/// Node inputs that differ by less, relative to one or to the largest, are the same.
constexpr double kSameInputs = 1e-6;
/// Node inputs of starts reach from 1/2 to this.
constexpr double kLargestStart = 20.0;
/// Squares of shares below this are near underflow.
constexpr double kLeastSquare = 1e-280;
/// Node inputs, in units of tanh, that starts give to single patterns beside an offset.
constexpr double kRise = 2.0;

/// Derivatives in units in which the Gauss-Newton Hessian has a diagonal of ones.
struct Scaled {
  Vector unit;            ///< n, of the unknowns.
  Vector gradient;        ///< n
  Matrix hessian;         ///< n x n
  double rounding = 0.0;  ///< What the gradient would be, at most, of sizes alone.
};

/// Sizes of what the gradient is summed from come from |r| and the columns of J.
Scaled scaled_derivatives(const Model& model, const Vector& x) {
  const Index n = model.unknowns(), first = model.first_weight();
  const Evaluation<double> at = evaluate_model(model, x);
  const Vector u = model.inputs(model.weights(x));
  Vector square = Vector::Zero(n);
  double residual = 0.0;  // |z - y|, sizes
  const double end = model.end(x), height = model.height(x);
  const auto add = [&](double omega, double phi, double target) {
    Index k = 0;
    if (!model.known_end) square(k++) += omega;
    if (!model.held_height) square(k) += omega * phi * phi;
    const double size = std::abs(end) + std::abs(height * phi) + std::abs(target);
    residual += omega * size * size;
  };
  for (Index i = 0; i < u.size(); ++i) {
    const detail::Shares<double> phi = detail::shares(model, u(i));
    add(model.omega(i), phi.value, model.y(i));
    const double slope = height * phi.first;
    square.tail(n - first) +=
        model.omega(i) * slope * slope * model.X.row(i).cwiseAbs2().transpose();
  }
  for (const bool is_low : {true, false}) {
    const Saturated& group = is_low ? model.low : model.high;
    if (!(group.weight > 0.0)) continue;
    const bool at_end = is_low == (model.base == Base::low);
    add(group.weight, at_end ? 0.0 : (is_low ? -1.0 : 1.0), group.target);
  }
  Scaled scaled;
  scaled.unit = Vector::Ones(n);
  for (Index k = 0; k < n; ++k)
    if (square(k) > 0.0) scaled.unit(k) = 1.0 / std::sqrt(square(k));
  scaled.gradient = Vector(n);
  scaled.hessian = Matrix(n, n);
  for (Index j = 0; j < n; ++j) {
    scaled.gradient(j) = scaled.unit(j) * at.gradient[tautrack::at(j)];
    for (Index k = 0; k < n; ++k)
      scaled.hessian(j, k) = scaled.unit(j) * scaled.unit(k) * at.hessian[tautrack::at(j * n + k)];
  }
  scaled.rounding = kRoundedGradient * std::sqrt(residual);
  return scaled;
}

/// Counts outputs from the plateau that most node inputs are nearer to. @return whether that is another one now: then
/// less cancels in energies than before.
bool settle_base(Model& model, Vector& x) {
  if (model.known_end || model.held_height) return false;
  const double sum = model.omega.dot(model.inputs(model.weights(x)));
  if ((sum > 0.0) != (model.base == Base::low)) return false;
  turn_base(model, x);
  return true;
}

/// Whether x is a minimum, after a few steps of Newton's method alone.
bool is_minimum_near(const Model& model, Vector& x) {
  for (int step = 0;; ++step) {
    const Scaled at = scaled_derivatives(model, x);
    const SymmetricEigen eigen = symmetric_eigen(at.hessian);
    if (!(eigen.eigenvalues()(0) > kFlat * eigen.eigenvalues()(x.size() - 1))) return false;
    const bool is_zero = at.gradient.norm() <= at.rounding;
    if (step == kLastSteps) return is_zero;
    const Vector components = transposed_times(eigen.eigenvectors(), at.gradient);
    const Vector move = times(eigen.eigenvectors(), components.cwiseQuotient(eigen.eigenvalues()));
    const Vector next = x - at.unit.cwiseProduct(move);
    if (!next.allFinite()) return false;
    x = next;
  }
}

/// Their weighted square; not a number where squares underflow, and shares soon have few digits: no energy is believed there.
double size_of_shares(const Vector& omega, const Vector& shares) {
  const double square = omega.dot(shares.cwiseAbs2());
  return square > kLeastSquare ? square : std::numeric_limits<double>::quiet_NaN();
}

/// Sets the plateaus of x, what is free of them, where they fit best to its weights. From centred shares, so that
/// nothing is lost where they are all small.
void fit_plateaus(const Model& model, Vector& x) {
  const Index first = model.first_weight();
  if (first == 0) return;
  const Vector u = model.inputs(model.weights(x));
  const Index L = u.size();
  Vector phi(L + 2), omega(L + 2), y(L + 2);
  for (Index i = 0; i < L; ++i) phi(i) = detail::shares(model, u(i)).value;
  omega.head(L) = model.omega;
  y.head(L) = model.y;
  for (const bool is_low : {true, false}) {
    const Saturated& group = is_low ? model.low : model.high;
    const Index row = L + (is_low ? 0 : 1);
    phi(row) = is_low == (model.base == Base::low) ? 0.0 : (is_low ? -1.0 : 1.0);
    omega(row) = group.weight;
    y(row) = group.target;
  }
  const double total = omega.sum();
  if (model.known_end) {  // the height alone
    const Vector above = y.array() - *model.known_end;
    x(0) = omega.cwiseProduct(phi).dot(above) / size_of_shares(omega, phi);
    return;
  }
  const double mean_y = omega.dot(y) / total;
  if (model.held_height) {  // the end alone
    x(0) = mean_y - *model.held_height * omega.dot(phi) / total;
    return;
  }
  const double mean_phi = omega.dot(phi) / total;
  const Vector centred = phi.array() - mean_phi;
  const Vector apart = y.array() - mean_y;
  x(1) = omega.cwiseProduct(centred).dot(apart) / size_of_shares(omega, centred);
  x(0) = mean_y - x(1) * mean_phi;
}

/// Weights that give as many random patterns as there are weights node inputs in the rise, whatever is known of them; or
/// differences of that size to pairs of patterns, which may be far out on one tail.
Vector weights_through_patterns(const Model& model, std::mt19937_64& random) {
  std::uniform_real_distribution<double> uniform(-kRise, kRise);
  std::uniform_int_distribution<Index> any(0, model.X.rows() - 1);
  const Index s = model.X.cols();
  const bool in_pairs = uniform(random) < 0.0;
  Matrix rows(s, s);
  Vector inputs(s);
  for (Index k = 0; k < s; ++k) {
    const Index i = any(random);
    rows.row(k) = model.X.row(i);
    inputs(k) = uniform(random) / model.sigmoid.input - model.offset(i);
    if (!in_pairs) continue;
    const Index j = any(random);
    rows.row(k) -= model.X.row(j);
    inputs(k) += model.offset(j);
  }
  return least_squares(rows, inputs);
}

/// A start: random slopes, and the plateaus that fit best to them.
Vector random_start(const Model& model, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  const Index s = model.X.cols();
  Vector x = Vector::Zero(model.unknowns());
  // In orthonormal coordinates of the columns of X all directions are alike.
  Vector direction(model.X.rows());
  for (Index i = 0; i < direction.size(); ++i) direction(i) = normal(random);
  x.tail(s) = least_squares(model.X, direction);
  const double largest = times(model.X, model.weights(x)).cwiseAbs().maxCoeff();
  const double size = 0.5 * std::pow(2.0 * kLargestStart, uniform(random));
  if (largest > 0.0) x.tail(s) *= size / (largest * model.sigmoid.input);
  if (model.offset.size() > 0 && uniform(random) < 0.5)
    x.tail(s) = weights_through_patterns(model, random);
  fit_plateaus(model, x);
  return x;
}

/// The scaled Hessian of the energy with the best plateaus, in the weights.
Matrix reduced_hessian(const Scaled& at, Index first) {
  const Index s = at.hessian.rows() - first;
  Matrix H = at.hessian.bottomRightCorner(s, s);
  if (first > 0)
    H -= at.hessian.bottomLeftCorner(s, first) *
         solve_square(Matrix(at.hessian.topLeftCorner(first, first)),
                      Matrix(at.hessian.topRightCorner(first, s)));
  return 0.5 * (H + H.transpose());
}

}  // namespace

bool are_same_inputs(const Matrix& X, const Vector& v, const Vector& w) {
  const Vector apart = v - w;
  const double largest = 1.0 + times(X, v).cwiseAbs().maxCoeff();
  return times(X, apart).cwiseAbs().maxCoeff() <= kSameInputs * largest;
}

Descent descend(Model model, Vector x, const StopCondition& stop) {
  const Index first = model.first_weight(), s = model.X.cols();
  fit_plateaus(model, x);
  const double energy = energy_of_model(model, x);
  double damping = kFirstDamping;
  Descent found{std::move(model), std::move(x), energy, false};
  for (int step = 0; step < kSteps && !stop.is_met(); ++step) {
    if (settle_base(found.model, found.x)) {
      fit_plateaus(found.model, found.x);
      found.energy = energy_of_model(found.model, found.x);
    }
    const Scaled at = scaled_derivatives(found.model, found.x);
    if (!at.hessian.allFinite() || !at.gradient.allFinite()) return found;
    bool moved = false;
    if (at.gradient.norm() > at.rounding) {
      const Matrix H = reduced_hessian(at, first);
      if (!H.allFinite()) return found;
      const SymmetricEigen eigen = symmetric_eigen(H);
      const Vector sizes = eigen.eigenvalues().cwiseAbs();
      // Along each eigenvector downhill.
      const Vector components = transposed_times(eigen.eigenvectors(), at.gradient.tail(s));
      for (int trial = 0; trial < kTrials && !moved; ++trial) {
        const Vector move = -components.array() / (sizes.array() + damping * sizes.maxCoeff());
        Vector next = found.x;
        next.tail(s) += at.unit.tail(s).cwiseProduct(times(eigen.eigenvectors(), move));
        fit_plateaus(found.model, next);
        const double lower = energy_of_model(found.model, next);
        moved = lower < found.energy;
        if (moved) {
          found.x = next;
          found.energy = lower;
        }
        damping = std::max((moved ? 0.1 : 4.0) * damping, kLeastDamping);
      }
    }
    if (moved) continue;
    // The energy is rounding; the gradient decides.
    Vector last = found.x;
    found.is_minimum = is_minimum_near(found.model, last);
    if (found.is_minimum) {
      found.x = last;
      found.energy = energy_of_model(found.model, found.x);
    }
    return found;
  }
  return found;
}

Descents descend_from_many(const Model& model, int starts, unsigned long seed,
                           const StopCondition& stop) {
  std::mt19937_64 random(seed);
  Descents found;
  for (; found.starts < starts && !stop.is_met(); ++found.starts) {
    Descent next = descend(model, random_start(model, random), stop);
    if (!model.is_exponential() && !turn_upright(next.model, next.x)) {
      ++found.upside_down;
      continue;
    }
    if (!next.is_minimum) {
      found.ran_off.push_back(std::move(next));
      continue;
    }
    const Vector w = next.model.weights(next.x);
    const bool is_known =
        std::any_of(found.minima.begin(), found.minima.end(), [&](const Descent& other) {
          return are_same_inputs(model.X, w, other.model.weights(other.x));
        });
    if (!is_known) found.minima.push_back(std::move(next));
  }
  std::stable_sort(found.minima.begin(), found.minima.end(),
                   [](const Descent& a, const Descent& b) { return a.energy < b.energy; });
  return found;
}

}  // namespace tautrack::amplitude
