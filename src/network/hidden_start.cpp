#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "tautrack/core/data_error.hpp"
#include "tautrack/network/hidden_layer.hpp"

#include "core/bracketed_zero.hpp"
#include "core/column_panels.hpp"
#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "network/hidden_state.hpp"
#include "network/loops.hpp"

namespace tautrack {

namespace {

/// One unit with a linear output at tau = 0, all but its output weight b solved for:
///
///     v(b) = b (b^2 S + alpha N)^-1 (q + b m),    S = A'CA, q = A'C(y - base), m = A'Co
///     slope(b) = dE/db = (A v - o)'C (b (A v - o) - y + base) + beta b
///
/// with o the origin less the offset of the node inputs, one number for each pattern, m = A'Co, and C the centring
/// matrix, the metric of the patterns where c is held; in a basis of eigenvectors of S relative to N.
class LinearUnit {
 public:
  /// @param residuals y - base (L) @param from o (L), or empty: zero
  LinearUnit(const Matrix& A, const Vector& omega, const Vector& residuals, double extra_weight,
             bool is_centred, const Matrix& norm, const Vector& from) {
    const double total = omega.sum() + extra_weight;
    const auto centred = [&](Vector z) {
      z = z.cwiseProduct(omega).eval();
      if (is_centred) z -= omega * (z.sum() / total);
      return z;
    };
    Matrix CA(A.rows(), A.cols());
    for (Index j = 0; j < A.cols(); ++j) CA.col(j) = centred(A.col(j));
    const Vector Cy = centred(residuals);
    const Cholesky factors = cholesky(norm);
    const Matrix half = solve_lower(factors, A.transpose() * CA);
    const Matrix S = solve_lower(factors, half.transpose());
    const SymmetricEigen eigen = symmetric_eigen(S);
    lambda_ = eigen.eigenvalues().cwiseMax(0.0);
    from_ = solve_lower(factors, Matrix::Identity(A.cols(), A.cols())).transpose() *
            eigen.eigenvectors();
    q_ = from_.transpose() * (A.transpose() * Cy);
    m_ = Vector::Zero(q_.size());
    sum_ = Cy.sum();
    if (from.size() > 0) {
      const Vector Co = centred(from);
      m_ = from_.transpose() * (A.transpose() * Co);
      from_square_ = from.dot(Co);
      from_sum_ = from.dot(Cy);
    }
    square_ = residuals.dot(Cy);
    // Columns that C takes away leave rounding.
    for (Index i = 0; i < lambda_.size(); ++i)
      if (lambda_(i) <= kNoRise * lambda_.maxCoeff()) lambda_(i) = q_(i) = m_(i) = 0.0;
  }

  [[nodiscard]] double signal() const { return q_.norm(); }  ///< |A'C y| in the metric of N.
  [[nodiscard]] double size() const { return std::sqrt(std::max(0.0, square_)); }
  [[nodiscard]] double sum() const { return sum_; }

  void penalise(double hidden, double output) {
    alpha_ = hidden;
    beta_ = output;
  }

  /// v, in the coordinates of A.
  [[nodiscard]] Vector hidden(double b) const { return from_ * inner(b); }

  [[nodiscard]] double slope(double b) const {
    const Sums of = sums(b);
    return b * (of.outputs + beta_) - of.overlap;
  }

  [[nodiscard]] double energy(double b) const {
    const Sums of = sums(b);
    return 0.5 *
           (b * b * (of.outputs + beta_) - 2.0 * b * of.overlap + square_ + alpha_ * of.square);
  }

  /// A zero of slope() between two numbers at which its sign differs.
  [[nodiscard]] double zero(double low, double high) const {
    return narrowed([this](double b) { return slope(b); }, {low, high}, slope(low), slope(high))
        .middle();
  }

  /// The balanced point of the curve of solutions without penalties.
  [[nodiscard]] double balanced() const {
    double square = 0.0;
    for (Index i = 0; i < q_.size(); ++i)
      if (lambda_(i) > 0.0) square += q_(i) * q_(i) / (lambda_(i) * lambda_(i));
    return std::pow(square, 0.25);
  }

 private:
  [[nodiscard]] double inner(double b, Index i) const {
    const double by = b * b * lambda_(i) + alpha_;
    return by > 0.0 ? b * (q_(i) + b * m_(i)) / by : 0.0;
  }
  [[nodiscard]] Vector inner(double b) const {
    return Vector::NullaryExpr(q_.size(), [&](Index i) { return inner(b, i); });
  }

  struct Sums {
    double outputs;  ///< (A v - o)'C (A v - o)
    double overlap;  ///< (A v - o)'C (y - base)
    double square;   ///< v'N v
  };
  [[nodiscard]] Sums sums(double b) const {
    Sums of{from_square_, -from_sum_, 0.0};
    for (Index i = 0; i < q_.size(); ++i) {
      const double v = inner(b, i);
      of.outputs += v * (lambda_(i) * v - 2.0 * m_(i));
      of.overlap += q_(i) * v;
      of.square += v * v;
    }
    return of;
  }

  static constexpr double kNoRise = 1e-13;

  Vector lambda_, q_, m_;
  Matrix from_;
  double sum_ = 0.0, square_ = 0.0, from_square_ = 0.0, from_sum_ = 0.0;
  double alpha_ = 0.0, beta_ = 0.0;
};

/// Sizes of b, relative to that of the targets, among which the best start of a model with a held plateau
/// is looked for: what lies outside is no fit.
constexpr double kLeastAmplitude = 1e-4, kLargestAmplitude = 1e4;
constexpr int kAmplitudes = 161;  // ten a decade, and both ends

/// The b of the given sign with the smallest energy.
double best_amplitude(const LinearUnit& unit, double size, bool is_negative) {
  const double sign = is_negative ? -1.0 : 1.0;
  std::vector<double> tried;
  const double ratio = std::log(kLargestAmplitude / kLeastAmplitude);
  std::size_t best = 0;
  for (int i = 0; i < kAmplitudes; ++i) {
    tried.push_back(sign * size * kLeastAmplitude * std::exp(ratio * i / (kAmplitudes - 1)));
    if (unit.energy(tried.back()) < unit.energy(tried[best])) best = tried.size() - 1;
  }
  if (best == 0 || best + 1 == tried.size()) return 0.0;
  return unit.zero(std::min(tried[best - 1], tried[best + 1]),
                   std::max(tried[best - 1], tried[best + 1]));
}

/// |H| below this multiple of its scale needs no step.
constexpr double kSettled = 8.0 * kEpsilon;

/// A longer step of Newton's method from a closed form is none of rounding.
constexpr double kSmallStep = 1e-6;

[[noreturn]] void refuse_signal(const std::string& name, const std::string& why) {
  throw DataError("problem '" + name + "': no linear signal: " + why);
}

}  // namespace

Vector HiddenLayer::linear_solution() const {
  Vector x = linear_solution_to_correct();
  const bool is_balanced = units() == 1 && outputs() == 1;
  if (is_balanced && options().ridge_hidden + options().start_ridge > 0.0) refine(x);
  return x;
}

Vector HiddenLayer::linear_solution_to_correct() const {
  if (inputs_->centre.size() > 0 && options().start_ridge > 0.0)
    throw std::invalid_argument(
        "no solution at tau = 0 is known in closed form where start_centre is not zero");
  return units() == 1 && outputs() == 1 ? balanced_solution() : zero_solution();
}

Vector HiddenLayer::zero_solution() const {
  const bool is_held_off_zero = !has_free_bias() || options().ridge_bias > 0.0;
  if (options().origin != UnitOrigin::zero && inputs_->origin != 0.0 && is_held_off_zero)
    throw std::invalid_argument(
        "no solution at tau = 0 is known in closed form for several units or outputs that are "
        "counted from an end of the range, unless a bias that goes free takes that up");
  const HiddenBlocks blocks(*this);
  Vector x = Vector::Zero(unknowns());
  if (has_free_bias())
    for (Index k = 0; k < outputs(); ++k)
      x(blocks.bias + k) = y_.segment(k * patterns(), patterns()).dot(inputs_->omega) /
                           ((inputs_->omega_sum + options().ridge_bias) * output_unit());
  return x;
}

Vector HiddenLayer::balanced_solution() const {
  const double hidden = hidden_penalty(0, 1.0), output = output_penalty(0, 1.0);
  if ((hidden > 0.0) != (output > 0.0))
    throw std::invalid_argument(
        "at tau = 0 there is no solution where only one of the hidden and the output weights is "
        "penalised: the other takes all");
  if (!(hidden > 0.0) && (has_offset() || (!has_free_bias() && inputs_->origin != 0.0)))
    throw std::invalid_argument(
        "without a penalty at tau = 0 the solutions of a model with a held plateau, or a held "
        "weight, are a "
        "curve");
  const Vector& omega = inputs_->omega;
  const double base = options().held_output_bias.value_or(y_.dot(omega) / inputs_->omega_sum);
  const Vector residuals = y_.array() - base;
  const bool is_free = has_free_bias();
  // What c takes up of the origin is all of it where c goes free.
  const bool takes_up_origin = is_free && options().ridge_bias == 0.0;
  const double origin = takes_up_origin ? 0.0 : inputs_->origin;
  Vector from;
  if (has_offset())
    from = origin - offsets().array();
  else if (origin != 0.0)
    from = Vector::Constant(patterns(), origin);
  LinearUnit unit(space().basis(), omega, is_free ? y_ : residuals, options().ridge_bias, is_free,
                  inputs_->norm.size() > 0
                      ? inputs_->norm
                      : Matrix(Matrix::Identity(space().rank(), space().rank())),
                  from);
  unit.penalise(hidden, output);
  if (!(unit.size() > kEpsilon * y_.norm())) refuse_signal(name(), "all targets are equal");

  // A unit that is counted from its low end adds what is above the held plateau, if its weight is positive.
  const bool is_above = unit.sum() > 0.0;
  // Beside an offset the other sign is another model.
  const bool is_negative = !takes_up_origin && options().origin != UnitOrigin::zero &&
                           !has_offset() && is_above != (options().origin == UnitOrigin::low);
  double b = 0.0;
  if (from.size() > 0) {
    b = best_amplitude(unit, inputs_->output_size, is_negative);
  } else if (hidden == 0.0) {
    b = unit.balanced();
  } else if (unit.signal() > std::sqrt(hidden * output)) {
    double high = inputs_->output_size;
    while (!(unit.slope(high) > 0.0)) high *= 2.0;
    double low = high;
    while (!(unit.slope(low) < 0.0)) low *= 0.5;
    b = unit.zero(low, high);
  }
  if (from.size() == 0 && is_negative) b = -b;
  if (b == 0.0 && from.size() > 0)
    refuse_signal(name(), "at tau = 0 no amplitude of this sign does better than a constant");
  if (b == 0.0)
    refuse_signal(name(), "the penalty, " + number(std::sqrt(hidden * output)) +
                              ", is not smaller than |X'C y| = " + number(unit.signal()) +
                              ", and leaves a constant");

  const HiddenBlocks blocks(*this);
  Vector x(unknowns());
  x.head(blocks.rank) = unit.hidden(b);
  x(blocks.output) = b / output_unit();
  if (is_free) {
    const Vector outputs_of_unit = node_inputs(x).col(0).array() - inputs_->origin;
    x(blocks.bias) = (y_ - b * outputs_of_unit).dot(omega) /
                     ((inputs_->omega_sum + options().ridge_bias) * output_unit());
  }
  return x;
}

/// One step of Newton's method at tau = 0 for what is left of the rounding of S.
void HiddenLayer::refine(Vector& x) const {
  const Index n = unknowns();
  Workspace work(*this);
  Vector H(n), H_tau(n);
  Matrix H_x(n, n);
  if (gradient(x, 0.0, work, H) * kSettled >= H.norm()) return;
  derivatives(x, 0.0, work, H, H_x, H_tau);
  const Vector step = solve_square(H_x, H);
  if (step.allFinite() && step.norm() <= kSmallStep * x.norm()) x -= step;
}

// --------------------------------------------------------------------------------------- symmetries

bool HiddenLayer::has_sign_symmetry() const noexcept {
  if (has_offset()) return false;
  const Range ends = range(options().activation);
  // f(-u) - origin = -(f(u) - origin) + shift
  const double shift = ends.low + ends.high - 2.0 * inputs_->origin;
  return shift == 0.0 || (has_free_bias() && options().ridge_bias == 0.0);
}

Vector HiddenLayer::canonical(const Vector& x) const {
  assert(x.size() == unknowns());
  const HiddenBlocks blocks(*this);
  const Range ends = range(options().activation);
  const double shift = ends.low + ends.high - 2.0 * inputs_->origin;
  Vector turned = x;
  if (has_sign_symmetry()) {
    for (Index j = 0; j < units(); ++j) {
      double first = 0.0;
      for (Index k = outputs() - 1; k >= 0; --k)
        if (x(blocks.weight(j, k)) != 0.0) first = x(blocks.weight(j, k));
      if (!(first < 0.0)) continue;
      turned.segment(blocks.hidden(j), blocks.rank) *= -1.0;
      for (Index k = 0; k < outputs(); ++k) {
        if (has_free_bias()) turned(blocks.bias + k) += shift * x(blocks.weight(j, k));
        turned(blocks.weight(j, k)) *= -1.0;
      }
    }
  }
  const auto key = [&](Index j) {
    std::vector<double> numbers;
    for (Index k = 0; k < outputs(); ++k) numbers.push_back(turned(blocks.weight(j, k)));
    for (Index a = 0; a < blocks.rank; ++a) numbers.push_back(turned(blocks.hidden(j) + a));
    return numbers;
  };
  std::vector<Index> order(at(units()));
  std::iota(order.begin(), order.end(), Index{0});
  if (has_unit_symmetry())
    std::sort(order.begin(), order.end(), [&](Index a, Index b) { return key(a) > key(b); });
  Vector sorted = turned;
  for (Index j = 0; j < units(); ++j) {
    const Index from = order[at(j)];
    sorted.segment(blocks.hidden(j), blocks.rank) =
        turned.segment(blocks.hidden(from), blocks.rank);
    for (Index k = 0; k < outputs(); ++k)
      sorted(blocks.weight(j, k)) = turned(blocks.weight(from, k));
  }
  return sorted;
}

double HiddenLayer::orbit_size(const Vector& x, double tolerance) const {
  const HiddenBlocks blocks(*this);
  const Vector form = canonical(x);
  const double margin = tolerance * std::max(1.0, form.norm());
  const auto unit = [&](Index j) {
    Vector all(blocks.rank + outputs());
    all.head(blocks.rank) = form.segment(blocks.hidden(j), blocks.rank);
    for (Index k = 0; k < outputs(); ++k) all(blocks.rank + k) = form(blocks.weight(j, k));
    return all;
  };
  double size = 1.0;
  std::vector<Index> copies;  // of each different unit
  std::vector<Vector> different;
  for (Index j = 0; j < units(); ++j) {
    const Vector own = unit(j);
    const bool is_dead = own.norm() <= margin;
    if (has_sign_symmetry() && !is_dead) size *= 2.0;
    if (!has_unit_symmetry()) continue;
    std::size_t same = 0;
    while (same < different.size() && (different[same] - own).norm() > margin) ++same;
    if (same == different.size()) {
      different.push_back(own);
      copies.push_back(0);
    }
    // h! over the product of the m!: one factor for each unit.
    size *= static_cast<double>(j + 1) / static_cast<double>(++copies[same]);
  }
  return std::round(size);
}

}  // namespace tautrack
