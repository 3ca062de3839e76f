#include "certify/prover.hpp"

#ifdef TAUTRACK_WITH_FLINT

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "network/penalty_scale.hpp"
#include "network/traits.hpp"
#include "proof/exact_rank.hpp"
#include "proof/rounding.hpp"

namespace tautrack {

using proof::Ball;
using proof::BallMatrix;
using proof::Balls;
using proof::Bound;
using proof::kRounding;
using proof::kUnderflow;
using proof::nearest;
using proof::product_above;
using proof::slack;
using proof::transposed_product_above;

namespace {

/// The rule of what is near: see Certifier.
constexpr double kNear = 1e-3, kNearWhereFlat = 0.1, kFlat = 1e-12;

/// Displacement below which Newton's method in double has done what it can for the proof.
constexpr double kPolished = 1e-9;

/// Quadratic convergence shrinks a step by more than this, and how often it may fail to.
constexpr double kShrink = 0.25;
constexpr int kSlowSteps = 3;

/// It makes them shrink by more than this even towards a degenerate point, but not on the way to
/// infinity.
constexpr double kHolds = 0.9;

constexpr int kPolishSteps = 4, kStepsPerPrecision = 10;

/// Off-diagonal entries of the Hessian, relative to the geometric mean of the diagonal ones, above
/// which eigenvectors are improved: eigenvalues are good to the square of it.
constexpr slong kDiagonalBits = 14;

/// The same relative to the smaller of the two, for boxes that reach as far in all directions.
constexpr slong kSeparatedBits = 6;

/// Error bound of the diagonal in double, relative to it. The error is some twenty times less.
constexpr slong kAccurateBits = 22;

/// Eigenvalues in double are good to a few digits as long as they are above this times the largest.
constexpr double kResolved = 1e-8;

/// Wanted uncertainty of the weights relative to their size, or to this part of what moves a node input by
/// one.
constexpr double kSharp = 0x1p-51, kSmallWeights = 1e-3;

/// A step of so many radii of itself is nothing but rounding.
constexpr double kNoise = 4.0;

/// The box of a proof reaches so many steps; the second one lies within it if N contracts.
constexpr double kReach = 2.0;

/// The large box of uniqueness: displacement of node inputs that is tried first, the trials, the contraction
/// that is good enough and the one that is aimed at after a success and after a failure, the factor where the
/// contraction is next to nothing, and those where it is beyond bounds.
constexpr double kFirstDisplacement = 0.25;
constexpr int kGrowTrials = 12;
constexpr double kGoodEnough = 0.75, kAimUp = 0.85, kAimDown = 0.8;
constexpr double kNextToNothing = 0.1, kMuchLarger = 4.0;
constexpr double kMuchSmaller = 0.125, kSmallestFactor = 1e-300;

/// Time that an exact rank takes, about, for each of its L s n steps, in seconds.
constexpr double kRankSeconds = 2e-8;

/// Boxes that reach farther in flat directions are tried where eigenvalues span so many bits for each stretch.
constexpr slong kStretchBits = 16;

/// Distances below this power of two are not worth a claim, and as doubles would be rounded up.
constexpr slong kLeastDistance = -900;

/// What the ridge penalty multiplies the weights with.
Vector weights_of_penalty(const Perceptron& network) {
  if (!network.options().ridge_standardised) return Vector::Ones(network.columns());
  return penalty_scale(network.inputs(), network.pattern_weights());
}

/// Leaves the midpoint only.
void drop_radius(arb_ptr x) { mag_zero(arb_radref(x)); }

/// Exponent e with 2^(e-1) <= |x| < 2^e for the midpoint, cut off where sums of a few would overflow;
/// that of zero is the lowest.
slong exponent(arb_srcptr x) {
  constexpr slong highest = std::numeric_limits<slong>::max() / 16;
  if (arf_is_zero(arb_midref(x)) != 0) return -highest - 1;
  return std::clamp(arf_abs_bound_lt_2exp_si(arb_midref(x)), -highest, highest);
}

}  // namespace

Prover::Prover(const Perceptron& network, const CertifyOptions& certify)
    : limits_(certify),
      network_(network),
      work_(network_),
      L_(network_.patterns()),
      s_(network_.columns()),
      n_(network_.unknowns()),
      omega_sum_(network_.total_pattern_weight()),
      inputs_(network_.inputs()),
      dependent_(!network_.space().dependencies().empty()),
      penalised_(network_.options().ridge > 0.0),
      sigmoid_(traits(network_.options().activation).form),
      X_(0, 0),
      target_(L_),
      omega_(L_),
      has_offset_(network_.has_offset()),
      offset_(L_),
      penalty_(s_),
      T_(s_, n_),
      R_(n_, s_),
      basis_(L_ + s_, n_),
      basis_error_(L_ + s_),
      w_(s_),
      z_(n_),
      force_(L_),
      force_radius_(at(L_ + s_)),
      curvature_(L_),
      patterns_(at(L_)),
      penalty_force_(s_),
      rows_(L_ + s_, n_),
      rows_error_(L_ + s_),
      rows_above_(L_ + s_, n_),
      V_(n_, n_),
      P_(s_, n_),
      a_(0, 0),
      ca_(0, 0),
      hessian_(n_, n_),
      image_(n_),
      gradient_(s_),
      step_(n_),
      omega_bounds_(at(L_)),
      defect_(at(n_ * n_)),
      pivot_below_(at(n_)),
      contraction_(at(n_)) {
  for (Index i = 0; i < L_; ++i) {
    arb_set_d(target_[i], network_.targets()(i));
    arb_set_d(omega_[i], network_.pattern_weights()(i));
    arb_set_d(offset_[i], network_.offset(i));
    omega_bounds_[at(i)] = Bound::above(omega_[i]);
  }
  largest_row_ = inputs_.rowwise().stableNorm().maxCoeff();
  if (penalised_) {
    const Vector scale = weights_of_penalty(network_);
    for (Index j = 0; j < s_; ++j) {
      arb_set_d(penalty_[j], scale(j));
      arb_mul(penalty_[j], penalty_[j], penalty_[j], ARF_PREC_EXACT);
      arb_set_d(t_.get(), network_.options().ridge);
      arb_mul(penalty_[j], penalty_[j], t_.get(), ARF_PREC_EXACT);
    }
  }
}

void Prover::prepare() {
  if (is_prepared_ || is_cut()) return;
  X_.reset(L_, s_);
  for (Index i = 0; i < L_ && !is_cut(); ++i)
    for (Index j = 0; j < s_; ++j) arb_set_d(X_(i, j), inputs_(i, j));
  if (is_cut()) return;
  const ColumnSpace& space = network_.space();
  const Matrix A = space.basis();
  metric_ = A.transpose() * network_.pattern_weights().asDiagonal() * A;
  for (Index j = 0; j < s_; ++j) R_.col(j) = space.coordinates(Vector::Unit(s_, j));
  set_map(A);
  set_basis();
  is_prepared_ = !is_cut();
}

void Prover::set_map(const Matrix& A) {
  if (!dependent_) {
    Matrix T(s_, n_);
    for (Index j = 0; j < n_; ++j) T.col(j) = network_.weights(Vector::Unit(n_, j));
    T_.set(T);
    return;
  }
  // T = B' C with n independent rows B of X, so that the columns of T lie in the row space of X.
  const PivotedQr pivoting = pivoted_qr(A.transpose());
  Matrix B(n_, s_);
  for (Index i = 0; i < n_; ++i) B.row(i) = inputs_.row(pivoting.colsPermutation().indices()(i));
  const Matrix C = inverse_of(R_ * B.transpose());
  for (Index i = 0; i < s_ && !is_cut(); ++i) {
    for (Index j = 0; j < n_; ++j) {
      arb_zero(T_(i, j));
      for (Index k = 0; k < n_; ++k) {
        arb_set_d(t_.get(), B(k, i));
        arb_set_d(t2_.get(), C(k, j));
        arb_addmul(T_(i, j), t_.get(), t2_.get(), ARF_PREC_EXACT);
      }
    }
  }
}

void Prover::set_basis() {
  constexpr slong p = 2 * FLINT_BITS;
  Vector radius(n_);
  for (Index i = 0; i < L_ + s_ && !is_cut(); ++i) {
    for (Index j = 0; j < n_; ++j) {
      if (i < L_)
        arb_dot(t_.get(), nullptr, 0, X_(i, 0), 1, T_(0, j), n_, s_, p);
      else
        arb_set(t_.get(), T_(i - L_, j));
      basis_(i, j) = nearest(t_.get());
      radius(j) = Bound::of_radius(t_.get()).above_as_double();
    }
    basis_error_(i) =
        slack(n_) * (static_cast<double>(n_ + 1) * kRounding * basis_.row(i).stableNorm() +
                     radius.stableNorm());
  }
  BallMatrix R(n_, s_);
  R.set(R_);
  Bound square;
  for (Index j = 0; j < n_ && !is_cut(); ++j) {
    for (Index k = 0; k < n_; ++k) {
      arb_dot(t_.get(), nullptr, 0, R(j, 0), 1, T_(0, k), n_, s_, p);
      if (j == k) arb_sub_ui(t_.get(), t_.get(), 1, p);
      const Bound entry = Bound::above(t_.get());
      square.add_product(entry, entry);
    }
  }
  inverse_error_ = square_root(square);
}

const std::string& Prover::rank_mismatch() {
  if (mismatch_) return *mismatch_;
  const bool is_needed = dependent_ && n_ < std::min(L_, s_);
  const double work = static_cast<double>(L_) * static_cast<double>(s_) * static_cast<double>(n_);
  if (is_needed && kRankSeconds * work > stop_.seconds_left()) {
    is_cut_ = true;  // It cannot be left in its middle.
    static const std::string no_time;
    return no_time;
  }
  mismatch_ = "";
  if (is_needed) {
    const Index rank = proof::exact_rank(inputs_);
    if (rank != n_)
      mismatch_ = "the columns of X, its numbers taken exactly, have rank " + std::to_string(rank) +
                  ", but only " + std::to_string(n_) + " of them are independent to rank_tolerance";
  }
  return *mismatch_;
}

Certificate Prover::certify(const Vector& weights, const StopCondition& stop) {
  stop_ = stop;
  is_cut_ = false;
  Certificate certificate = prove_near(weights);
  if (is_cut_) {
    certificate = Certificate();
    certificate.is_cut = true;
    certificate.reason = std::string("the proof was left unfinished, as ") + stop_.reason();
  }
  return certificate;
}

Certificate Prover::prove_near(const Vector& weights) {
  Certificate certificate;
  prepare();
  if (is_cut_) return certificate;
  certificate.reason = rank_mismatch();
  if (is_cut_ || !certificate.reason.empty()) return certificate;
  if (!network_.coordinates(weights).allFinite()) {
    certificate.reason = "node inputs are beyond the range of double";
    return certificate;
  }
  Progress progress;
  set_midpoint(polish(weights, progress));
  if (is_cut()) return certificate;
  for (precision_ = limits_.first_precision;; precision_ = std::min(2 * precision_, most())) {
    switch (attempt(progress, certificate)) {
      case Attempt::proven:
        certificate.precision = static_cast<int>(precision_);
        return certificate;
      case Attempt::refused:
        return certificate;
      case Attempt::needs_precision:
        break;
    }
    if (precision_ == most()) return certificate;
  }
}

std::optional<PointValues> Prover::values_where(const Matrix& rows, const Vector& inputs,
                                                int morse_index) {
  assert(!dependent_ && rows.rows() == n_ && rows.cols() == n_ && inputs.size() == n_);
  stop_ = {};
  is_cut_ = false;
  prepare();
  if (!set_midpoint_where(rows, inputs)) return std::nullopt;
  set_eigenvectors(Matrix::Identity(n_, n_));
  in_double_ = false;
  Index resolved = n_;
  for (precision_ = limits_.first_precision;; precision_ = std::min(2 * precision_, most())) {
    evaluate();
    if (diagonalise()) break;
    if (precision_ < most()) continue;
    for (Index j = 1; j < n_; ++j) {
      for (Index k = 0; k < j; ++k) subtract(j, k);
      transform();
    }
    resolved = columns_above_underflow();
    if (!is_diagonal(resolved)) return std::nullopt;
    break;
  }
  PointValues values;
  values.energy = nearest(energy_.get());
  values.eigenvalues.resize(n_);
  for (Index j = 0; j < resolved; ++j) values.eigenvalues(j) = eigenvalue(j);
  const auto negative = (values.eigenvalues.head(resolved).array() < 0.0).count();
  const Index rest = morse_index - negative;
  if (rest < 0 || rest > n_ - resolved) return std::nullopt;
  for (Index j = resolved; j < n_; ++j)
    values.eigenvalues(j) =
        (j < resolved + rest ? -1.0 : 1.0) * std::numeric_limits<double>::denorm_min();
  std::sort(values.eigenvalues.begin(), values.eigenvalues.end());
  return values;
}

Vector Prover::polish(const Vector& weights, Progress& progress) {
  Vector w = weights;
  Vector v = network_.coordinates(weights);
  Vector H(n_), H_tau(n_);
  Matrix H_v(n_, n_);
  Matrix first_vectors = Matrix::Identity(n_, n_);
  for (int k = 0; k < kPolishSteps && !is_cut(); ++k) {
    network_.derivatives(v, 1.0, work_, H, H_v, H_tau);
    if (!H.allFinite() || !H_v.allFinite()) break;
    symmetric_eigen(H_v, eigen_);
    if (eigen_.info() != Eigen::Success) break;
    if (k == 0) first_vectors = eigen_.eigenvectors();
    const Vector by_vector = eigen_.eigenvectors().transpose() * H;
    const Vector step = -by_vector.cwiseQuotient(eigen_.eigenvalues());
    if (!step.allFinite()) break;
    const Vector dv = eigen_.eigenvectors() * step;
    const double displacement = network_.relative_displacement(v, dv, work_);
    if (!(displacement <= kNear) ||
        (k > 0 && !(displacement <= kShrink * progress.last_displacement)))
      break;
    w += network_.weights(dv);
    progress.add(displacement, step.cwiseProduct(by_vector).cwiseAbs().sum());
    if (displacement <= kPolished) {
      set_eigenvectors(eigen_.eigenvectors());
      return w;
    }
    v += dv;
  }
  // Double precision cannot do it, or should not: the balls begin where the caller did.
  progress = Progress();
  set_eigenvectors(first_vectors);
  return weights;
}

void Prover::set_eigenvectors(const Matrix& vectors) {
  V_.set(vectors);
  in_double_ = !only_balls_;
  rows_.noalias() = basis_ * vectors;
  const double longest = slack(n_) * vectors.colwise().stableNorm().maxCoeff();
  rows_error_ = (slack(1) * longest * basis_error_).array() + kUnderflow;
  rows_above_ = slack(1) * (rows_.cwiseAbs().colwise() + rows_error_);
  for (Index i = 0; i < s_; ++i) {
    for (Index j = 0; j < n_; ++j) {
      arb_set_d(P_(i, j), rows_(L_ + i, j));
      mag_set_d(arb_radref(P_(i, j)), rows_error_(L_ + i));
    }
  }
}

void Prover::set_midpoint(const Vector& weights) {
  if (dependent_) {
    const Vector z = network_.coordinates(weights);
    for (Index j = 0; j < n_; ++j) arb_set_d(z_[j], z(j));
  } else {
    for (Index j = 0; j < s_; ++j) arb_set_d(w_[j], weights(j));
  }
}

bool Prover::set_midpoint_where(const Matrix& rows, const Vector& inputs) {
  arb_mat_t A, q, w;
  arb_mat_init(A, n_, n_);
  arb_mat_init(q, n_, 1);
  arb_mat_init(w, n_, 1);
  for (Index i = 0; i < n_; ++i) {
    for (Index j = 0; j < n_; ++j) arb_set_d(arb_mat_entry(A, i, j), rows(i, j));
    arb_set_d(arb_mat_entry(q, i, 0), inputs(i));
  }
  const bool is_solved = arb_mat_solve(w, A, q, most()) != 0;
  for (Index j = 0; is_solved && j < n_; ++j) arb_get_mid_arb(w_[j], arb_mat_entry(w, j, 0));
  arb_mat_clear(w);
  arb_mat_clear(q);
  arb_mat_clear(A);
  return is_solved;
}

Prover::Attempt Prover::attempt(Progress& progress, Certificate& certificate) {
  for (int k = 0; k < kStepsPerPrecision; ++k) {
    evaluate();
    if (is_cut()) return Attempt::refused;
    if (!diagonalise()) {
      certificate.reason = "degenerate: with " + std::to_string(precision_) +
                           " bits some eigenvalue of the Hessian cannot be told from zero";
      return Attempt::needs_precision;
    }
    set_step();
    if (is_cut()) return Attempt::refused;
    const bool noise = step_is_noise();
    const double displacement = step_displacement();
    Progress next = progress;
    next.add(displacement, step_decrement());
    const bool near = next.moved <= kNear ||
                      (next.moved <= kNearWhereFlat && next.decrements <= kFlat * omega_sum_);
    const std::optional<Proof> proof = prove();
    if (!proof && noise) {
      certificate.reason = "the gradient cannot be told from zero well enough with " +
                           std::to_string(precision_) + " bits";
      return Attempt::needs_precision;
    }
    if (!near) {
      if (step_displacement(/*only_known=*/true) <= kNear) {
        certificate.reason =
            "the step of Newton's method along a flat direction is not known with " +
            std::to_string(precision_) + " bits";
        return Attempt::needs_precision;
      }
      certificate.refuted = true;
      certificate.reason = "no stationary point near: Newton's method moves node inputs by " +
                           number(next.moved) + " relative to one or to their size";
      return Attempt::refused;
    }
    if (proof) {
      if (proof->sharp || precision_ == most() || k + 1 == kStepsPerPrecision)
        return finish(*proof, certificate);
      if (noise) {
        certificate.reason =
            "the point cannot be located well enough with " + std::to_string(precision_) + " bits";
        return Attempt::needs_precision;
      }
    } else if (next.moved > kNear && displacement > kHolds * progress.last_displacement &&
               progress.last_displacement > 0.0) {
      certificate.refuted = true;
      certificate.reason = "no stationary point near: the steps of Newton's method do not shrink";
      return Attempt::refused;
    } else if (progress.last_displacement > 0.0 &&
               displacement > kShrink * progress.last_displacement && ++next.slow >= kSlowSteps) {
      certificate.reason =
          "degenerate: Newton's method does not converge quadratically, as where the Hessian is "
          "singular";
      return Attempt::refused;
    }
    progress = next;
    move_midpoint();
  }
  certificate.reason = "degenerate: Newton's method has not converged after " +
                       std::to_string(kStepsPerPrecision) + " steps";
  return Attempt::refused;
}

void Prover::evaluate() {
  const slong p = precision_;
  if (dependent_)
    for (Index j = 0; j < s_; ++j)
      arb_dot(w_[j], nullptr, 0, T_(j, 0), 1, z_[0], 1, n_, p + FLINT_BITS);
  arb_zero(energy_.get());
  for (Index i = 0; i < L_ && !is_cut(); ++i) {
    arb_ptr const u = t_.get();
    arb_dot(u, has_offset_ ? offset_[i] : nullptr, 0, X_(i, 0), 1, w_[0], 1, s_, p);
    const certify::PatternValues sigma = certify::evaluate(sigmoid_, u, target_[i], p);
    certify::PatternBounds& bounds = patterns_[at(i)];
    bounds.slope = Bound::above(sigma.slope.get());
    bounds.residual = Bound::above(sigma.residual.get());
    bounds.input = Bound::above(u);
    bounds.input_below = Bound::below(u);
    arb_ptr const weighted = t2_.get();
    arb_mul(weighted, sigma.residual.get(), omega_[i], p);
    arb_addmul(energy_.get(), weighted, sigma.residual.get(), p);
    arb_mul(force_[i], weighted, sigma.slope.get(), p);
    force_radius_[at(i)] = Bound::of_radius(force_[i]);
    drop_radius(force_[i]);
    arb_mul(curvature_[i], weighted, sigma.second.get(), p);
    arb_mul(weighted, sigma.slope.get(), sigma.slope.get(), p);
    arb_addmul(curvature_[i], weighted, omega_[i], p);
  }
  if (penalised_) {
    for (Index j = 0; j < s_; ++j) {
      arb_mul(penalty_force_[j], penalty_[j], w_[j], p);
      arb_addmul(energy_.get(), penalty_force_[j], w_[j], p);
      force_radius_[at(L_ + j)] = Bound::of_radius(penalty_force_[j]);
      drop_radius(penalty_force_[j]);
    }
  }
  arb_div_si(energy_.get(), energy_.get(), 2, p);
}

void Prover::transform() {
  const slong p = precision_;
  if (a_.is_empty()) {
    a_.reset(L_, n_);
    ca_.reset(L_, n_);
  }
  for (Index i = 0; i < s_ && !is_cut(); ++i)
    for (Index j = 0; j < n_; ++j) arb_dot(P_(i, j), nullptr, 0, T_(i, 0), 1, V_(0, j), n_, n_, p);
  for (Index i = 0; i < L_ && !is_cut(); ++i) {
    for (Index j = 0; j < n_; ++j) {
      arb_dot(a_(i, j), nullptr, 0, X_(i, 0), 1, P_(0, j), n_, s_, p);
      arb_mul(ca_(i, j), curvature_[i], a_(i, j), p);
    }
  }
  for (Index j = 0; j < n_ && !is_cut(); ++j) {
    for (Index k = j; k < n_; ++k) {
      arb_dot(hessian_(j, k), nullptr, 0, ca_(0, j), n_, a_(0, k), n_, L_, p);
      if (penalised_) {
        for (Index i = 0; i < s_; ++i) {
          arb_mul(t_.get(), penalty_[i], P_(i, j), p);
          arb_addmul(hessian_(j, k), t_.get(), P_(i, k), p);
        }
      }
      if (k > j) arb_set(hessian_(k, j), hessian_(j, k));
    }
  }
}

void Prover::transform_in_double() {
  // H_jk is the sum of c_i a_ij a_ik over the rows; with c~ and a~ for what the doubles are, it is off
  // by gamma |c~| |a~_ij| |a~_ik|, |c_i - c~_i| |a_ij| |a_ik| and |c~_i| (|a_ij - a~_ij| |a_ik| +
  // |a~_ij| |a_ik - a~_ik|), and each sum of these is bounded by the inequality of Cauchy.
  const Index rows = penalised_ ? L_ + s_ : L_;
  Vector c(rows);
  Vector radius(rows);
  for (Index i = 0; i < rows; ++i) {
    arb_srcptr const factor = i < L_ ? curvature_[i] : penalty_[i - L_];
    c(i) = nearest(factor);
    radius(i) = Bound::of_radius(factor).above_as_double() + kUnderflow;
  }
  const auto a = rows_.topRows(rows);
  const Matrix H = a.transpose() * (c.asDiagonal() * a);

  const double gamma = slack(rows) * static_cast<double>(rows + 2) * kRounding;
  const double underflow = kUnderflow * (1.0 + rows_above_.maxCoeff());
  const Matrix square = rows_above_.topRows(rows).cwiseAbs2();
  const Vector size = (square.transpose() * c.cwiseAbs()).array() + kUnderflow;
  const Vector of_c = ((square.transpose() * radius).array() + kUnderflow).sqrt();
  const double of_a = std::sqrt(c.cwiseAbs().dot(rows_error_.head(rows).cwiseAbs2()) + kUnderflow);
  const Vector root = size.cwiseSqrt();
  for (Index j = 0; j < n_; ++j) {
    for (Index k = 0; k < n_; ++k) {
      arb_set_d(hessian_(j, k), H(std::min(j, k), std::max(j, k)));
      const double error =
          gamma * root(j) * root(k) + of_c(j) * of_c(k) + of_a * (root(j) + root(k));
      mag_set_d(arb_radref(hessian_(j, k)), slack(rows) * error + underflow);
    }
  }
}

void Prover::round_rows() {
  for (Index i = 0; i < L_ + s_; ++i) {
    double error = 0.0;
    for (Index j = 0; j < n_; ++j) {
      arb_srcptr const entry = i < L_ ? a_(i, j) : P_(i - L_, j);
      rows_(i, j) = nearest(entry);
      rows_above_(i, j) = Bound::above(entry).above_as_double();
      error = std::max(
          error, kRounding * std::abs(rows_(i, j)) + Bound::of_radius(entry).above_as_double());
    }
    rows_error_(i) = slack(1) * error + kUnderflow;
  }
}

bool Prover::is_diagonal(Index columns) const {
  const Bound small = Bound::power_of_two(-kDiagonalBits);
  const Bound small_square = small * small;
  std::vector<Bound> diagonal(at(columns));
  for (Index j = 0; j < columns; ++j) {
    diagonal[at(j)] = Bound::below(hessian_(j, j));
    if (diagonal[at(j)].is_zero()) return false;
    if (!(Bound::of_radius(hessian_(j, j)) < product_below(small, diagonal[at(j)]))) return false;
  }
  for (Index j = 0; j < columns; ++j) {
    for (Index k = 0; k < j; ++k) {
      const Bound entry = Bound::above(hessian_(j, k));
      if (!(entry * entry <
            product_below(small_square, product_below(diagonal[at(j)], diagonal[at(k)]))))
        return false;
    }
  }
  return true;
}

Index Prover::columns_above_underflow() const {
  const Bound least(std::numeric_limits<double>::denorm_min());
  for (Index j = n_; j > 0; --j)
    for (Index k = 0; k < n_; ++k)
      if (!(Bound::above(hessian_(j - 1, k)) < least)) return j;
  return 0;
}

bool Prover::is_separated() const {
  const Bound small = Bound::power_of_two(-kSeparatedBits);
  for (Index j = 0; j < n_; ++j) {
    const Bound limit = product_below(small, Bound::below(hessian_(j, j)));
    for (Index k = 0; k < n_; ++k)
      if (k != j && !(Bound::above(hessian_(j, k)) <= limit)) return false;
  }
  return true;
}

bool Prover::is_accurate() const {
  const Bound small = Bound::power_of_two(-kAccurateBits);
  for (Index j = 0; j < n_; ++j)
    if (!(Bound::of_radius(hessian_(j, j)) <= product_below(small, Bound::below(hessian_(j, j)))))
      return false;
  return true;
}

bool Prover::diagonalise() {
  if (in_double_) {
    transform_in_double();
    if (is_diagonal(n_) && is_separated() && is_accurate()) return true;
    in_double_ = false;
  }
  transform();
  if (!is_diagonal(n_)) {
    // Eigenvalues are found in double, some eight decades at a time: what is below is freed of the
    // eigenvectors found so far by elimination, and so the next decades come up.
    for (Index first = 0; first < n_ && !is_cut();) {
      const Index found = rotate(first);
      if (found == 0) return false;
      first += found;
      transform();
      if (first < n_) {
        eliminate(first);
        transform();
      }
    }
  }
  // Flat directions need stiff ones taken out of them to more digits than double has.
  for (int pass = 0; pass < 2 && !is_separated(); ++pass) {
    for (Index j = 0; j < n_ && !is_cut(); ++j)
      for (Index k = 0; k < n_; ++k)
        if (exponent(hessian_(j, j)) < exponent(hessian_(k, k)) - kSeparatedBits) subtract(j, k);
    transform();
  }
  round_rows();
  return is_diagonal(n_);
}

void Prover::eliminate(Index first) {
  for (Index j = first; j < n_ && !is_cut(); ++j)
    for (Index k = 0; k < first; ++k) subtract(j, k);
}

void Prover::subtract(Index j, Index k) {
  if (arf_is_zero(arb_midref(hessian_(k, k))) != 0) return;
  arb_ptr const factor = t_.get();
  arb_div(factor, hessian_(k, j), hessian_(k, k), precision_);
  drop_radius(factor);
  if (arb_is_finite(factor) == 0) return;
  for (Index i = 0; i < n_; ++i) {
    arb_submul(V_(i, j), factor, V_(i, k), precision_);
    drop_radius(V_(i, j));
  }
}

Index Prover::rotate(Index first) {
  const Index size = n_ - first;
  arb_srcptr largest = hessian_(first, first);
  for (Index j = first; j < n_; ++j)
    for (Index k = first; k <= j; ++k)
      if (exponent(hessian_(j, k)) > exponent(largest)) largest = hessian_(j, k);
  // Relative to the largest entry, in case all of them are out of the range of double.
  arb_get_mid_arb(t2_.get(), largest);
  if (arb_is_zero(t2_.get()) != 0) return 0;
  const double sign = arf_sgn(arb_midref(largest));
  Matrix block(size, size);
  for (Index j = 0; j < size; ++j) {
    for (Index k = 0; k < size; ++k) {
      arb_div(t_.get(), hessian_(first + j, first + k), t2_.get(), precision_);
      block(j, k) = sign * nearest(t_.get());
    }
  }
  if (!block.allFinite()) return 0;
  symmetric_eigen(block, eigen_);
  if (eigen_.info() != Eigen::Success) return 0;
  const Vector size_of = eigen_.eigenvalues().cwiseAbs();
  std::vector<Index> order(at(size));
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(), [&](Index j, Index k) { return size_of(j) > size_of(k); });
  if (size_of(order.front()) == 0.0) return 0;
  // V_act <- V_act W
  for (Index i = 0; i < n_ && !is_cut(); ++i) {
    for (Index j = 0; j < size; ++j) {
      arb_ptr const sum = image_[j];
      arb_zero(sum);
      for (Index k = 0; k < size; ++k) {
        arb_set_d(t_.get(), eigen_.eigenvectors()(k, order[at(j)]));
        arb_addmul(sum, t_.get(), V_(i, first + k), precision_);
      }
      drop_radius(sum);
    }
    for (Index j = 0; j < size; ++j) arb_set(V_(i, first + j), image_[j]);
  }
  Index found = 0;
  while (found < size && size_of(order[at(found)]) >= kResolved * size_of(order.front())) ++found;
  return found;
}

void Prover::set_step() {
  const slong p = precision_;
  // The gradient nearly vanishes in the coordinates w, so that P need not be known better than it is.
  for (Index i = 0; i < s_ && !is_cut(); ++i)
    arb_dot(gradient_[i], penalised_ ? penalty_force_[i] : nullptr, 0, X_(0, i), s_, force_[0], 1,
            L_, p + FLINT_BITS);
  const std::vector<Bound> radius = transposed_product_above(rows_above_, force_radius_);
  for (Index j = 0; j < n_; ++j) {
    arb_ptr const G = t_.get();
    arb_dot(G, nullptr, 0, gradient_[0], 1, P_(0, j), n_, s_, p);
    arb_add_error_mag(G, radius[at(j)].get());
    // C takes the midpoint of the diagonal exactly.
    arb_get_mid_arb(t2_.get(), hessian_(j, j));
    arb_div(step_[j], G, t2_.get(), p);
    pivot_below_[at(j)] = Bound::below(t2_.get());
    const Bound& pivot = pivot_below_[at(j)];
    for (Index k = 0; k < n_; ++k)
      defect_[at(j * n_ + k)] =
          (j == k ? Bound::of_radius(hessian_(j, j)) : Bound::above(hessian_(j, k))) / pivot;
  }
}

bool Prover::step_is_noise() const {
  Bound largest;
  Bound radius;
  for (Index j = 0; j < n_; ++j) {
    const Bound scale = square_root(pivot_below_[at(j)]);
    largest = std::max(largest, Bound::above(step_[j]) * scale);
    radius = std::max(radius, Bound::of_radius(step_[j]) * scale);
  }
  return largest <= Bound(kNoise) * radius;
}

bool Prover::is_known_step(Index j) const {
  Bound error = Bound::of_radius(step_[j]);
  for (Index k = 0; k < n_; ++k) error.add_product(defect_[at(j * n_ + k)], Bound::above(step_[k]));
  return !(Bound::above(step_[j]) <= Bound(kNoise) * error);
}

double Prover::step_displacement(bool only_known) const {
  Vector step = Vector::Zero(n_);
  Vector error = Vector::Zero(n_);  // of the doubles and of sums of them
  for (Index j = 0; j < n_; ++j) {
    if (only_known && !is_known_step(j)) continue;
    step(j) = nearest(step_[j]);
    error(j) = Bound::of_radius(step_[j]).above_as_double() +
               static_cast<double>(n_ + 1) * kRounding * std::abs(step(j));
  }
  if (!step.allFinite() || !error.allFinite()) return std::numeric_limits<double>::infinity();
  const double sum = step.cwiseAbs().sum() + error.sum();
  const Vector move = slack(n_) * ((rows_.topRows(L_) * step).cwiseAbs() +
                                   rows_above_.topRows(L_) * error + sum * rows_error_.head(L_));
  if (!move.allFinite()) return std::numeric_limits<double>::infinity();
  double largest = 0.0;
  for (Index i = 0; i < L_; ++i)
    largest = std::max(largest, move(i) / (1.0 + patterns_[at(i)].input.above_as_double()));
  return largest;
}

double Prover::step_decrement() const {
  Bound sum;
  for (Index j = 0; j < n_; ++j) {
    const Bound step = Bound::above(step_[j]);
    sum += step * step * Bound::above(hessian_(j, j));
  }
  return sum.above_as_double();
}

double Prover::contract(const std::vector<Bound>& r) {
  std::vector<Bound> displacements = product_above(rows_above_.topRows(L_), r);
  std::vector<Bound> changes(at(L_));
  for (Index i = 0; i < L_; ++i) {
    certify::PatternBounds& pattern = patterns_[at(i)];
    pattern.displacement = std::move(displacements[at(i)]);
    changes[at(i)] =
        omega_bounds_[at(i)] * pattern.displacement * certify::curvature_change(sigmoid_, pattern);
    if (!changes[at(i)].is_finite()) return std::numeric_limits<double>::infinity();
  }
  const std::vector<Bound> sums = transposed_product_above(rows_above_.topRows(L_), changes);
  Bound ratio;
  for (Index j = 0; j < n_; ++j) {
    Bound& left = contraction_[at(j)];
    left = sums[at(j)] / pivot_below_[at(j)];
    for (Index k = 0; k < n_; ++k) left.add_product(defect_[at(j * n_ + k)], r[at(k)]);
    ratio = std::max(ratio, left / r[at(j)]);
  }
  return ratio.above_as_double();
}

std::optional<Prover::Proof> Prover::prove() {
  // A cube in coordinates in which the Hessian is +-1, twice as large as the step.
  Bound size = Bound::power_of_two(-4 * precision_);
  for (Index j = 0; j < n_; ++j)
    size = std::max(size, Bound::above(step_[j]) * square_root(Bound::above(hessian_(j, j))));
  std::vector<Bound> r(at(n_));
  for (Index j = 0; j < n_; ++j)
    r[at(j)] = Bound(kReach) * size / square_root_below(pivot_below_[at(j)]);
  if (!(contract(r) < 1.0)) return std::nullopt;
  for (Index j = 0; j < n_; ++j)
    if (!(Bound::above(step_[j]) + contraction_[at(j)] <= r[at(j)])) return std::nullopt;

  Proof proof;
  proof.weights.resize(s_);
  Bound spread_square;
  Bound radius_square;
  Bound offset_square;
  for (Index i = 0; i < s_; ++i) {
    arb_ptr const weight = t_.get();
    arb_dot(weight, w_[i], 1, P_(i, 0), 1, step_[0], 1, n_, precision_);
    proof.weights(i) = nearest(weight);
    Bound spread = Bound::of_radius(weight);
    Bound rest;
    for (Index j = 0; j < n_; ++j) rest.add_product(Bound::above(P_(i, j)), contraction_[at(j)]);
    spread += rest;
    spread_square.add_product(spread, spread);
    arb_set_d(t2_.get(), proof.weights(i));
    arb_sub(weight, weight, t2_.get(), precision_);
    const Bound error = Bound::above(weight) + rest;
    radius_square.add_product(error, error);
    arb_sub(weight, w_[i], t2_.get(), precision_);
    const Bound offset = Bound::above(weight);
    offset_square.add_product(offset, offset);
  }
  if (!proof.weights.allFinite()) return std::nullopt;
  proof.radius = square_root(radius_square);
  proof.offset = square_root(offset_square);
  proof.sharp = square_root(spread_square).above_as_double() <=
                kSharp * (proof.weights.norm() + kSmallWeights / largest_row_);
  Bound energy;
  for (Index j = 0; j < n_; ++j)
    energy += Bound::above(hessian_(j, j)) * r[at(j)] * (Bound::above(step_[j]) + r[at(j)]);
  proof.energy_radius = energy;
  return proof;
}

Prover::Attempt Prover::finish(const Proof& proof, Certificate& certificate) {
  const Bound unique = uniqueness(proof);
  if (!(proof.radius <= unique)) {
    certificate.reason = "degenerate: with " + std::to_string(precision_) +
                         " bits a second stationary point may round to the same weights";
    return Attempt::needs_precision;
  }
  certificate.certified = true;
  certificate.reason.clear();
  certificate.weights = proof.weights;
  certificate.radius = proof.radius.above_as_double();
  certificate.unique_within = std::max(unique.above_as_double(), certificate.radius);
  certificate.energy = nearest(energy_.get());
  arb_set_d(t_.get(), certificate.energy);
  arb_sub(t_.get(), energy_.get(), t_.get(), precision_);
  certificate.energy_radius = (Bound::above(t_.get()) + proof.energy_radius).above_as_double();
  certificate.eigenvalues.resize(n_);
  for (Index j = 0; j < n_; ++j) certificate.eigenvalues(j) = eigenvalue(j);
  std::sort(certificate.eigenvalues.begin(), certificate.eigenvalues.end());
  certificate.morse_index = static_cast<int>((certificate.eigenvalues.array() < 0.0).count());
  return Attempt::proven;
}

double Prover::eigenvalue(Index j) const {
  Vector vector(n_);
  for (Index i = 0; i < n_; ++i) vector(i) = nearest(V_(i, j));
  const double size = std::abs(nearest(hessian_(j, j)) / vector.dot(metric_ * vector));
  const double sign = arf_sgn(arb_midref(hessian_(j, j))) < 0 ? -1.0 : 1.0;
  return sign * std::max(size, std::numeric_limits<double>::denorm_min());
}

Bound Prover::uniqueness(const Proof& proof) {
  // Q = V' R is nearly the inverse of P: Q P = I + F, |F| <= f < 1 in the norm weighted by 1 / r, so
  // that w = w_c + P z has |z_j| / r_j <= max_k |row k of Q| |w - w_c| / r_k / (1 - f).
  // F = V' V - I + V' (R T - I) V
  Matrix V(n_, n_);
  for (Index i = 0; i < n_; ++i)
    for (Index j = 0; j < n_; ++j) V(i, j) = nearest(V_(i, j));
  const Vector length = slack(n_) * V.colwise().stableNorm().transpose();
  const Vector row =
      slack(n_ + s_) *
      ((V.transpose() * R_).rowwise().stableNorm().array() +
       static_cast<double>(n_ + 1) * kRounding * R_.stableNorm() * length.array() + kUnderflow);
  std::vector<Bound> F(at(n_ * n_));
  Matrix product;  // V' V, where V is of doubles
  if (in_double_) product = V.transpose() * V;
  const Bound rounding(slack(n_) * static_cast<double>(n_ + 1) * kRounding);
  for (Index j = 0; j < n_ && !is_cut(); ++j) {
    for (Index k = 0; k <= j; ++k) {
      Bound error;
      if (in_double_) {
        arb_set_d(t_.get(), product(j, k));
        error = rounding * Bound(length(j)) * Bound(length(k)) + Bound(kUnderflow);
      } else {
        arb_dot(t_.get(), nullptr, 0, V_(0, j), n_, V_(0, k), n_, n_, precision_);
      }
      if (j == k) arb_sub_ui(t_.get(), t_.get(), 1, precision_);
      F[at(j * n_ + k)] = F[at(k * n_ + j)] =
          error + Bound::above(t_.get()) + Bound(length(j)) * Bound(length(k)) * inverse_error_;
    }
  }
  slong lowest = std::numeric_limits<slong>::max();
  slong highest = std::numeric_limits<slong>::min();
  for (Index j = 0; j < n_; ++j) {
    lowest = std::min(lowest, exponent(hessian_(j, j)));
    highest = std::max(highest, exponent(hessian_(j, j)));
  }
  // Boxes that reach as far in all directions, or farther in flat ones.
  Bound best;
  for (int stretch = 0; stretch <= 2 && !is_cut(); ++stretch) {
    if (stretch > 0 && highest - lowest < kStretchBits * stretch) break;
    const std::vector<Bound> r = grow(stretch);
    if (r.empty()) continue;
    Bound f;
    Bound most;
    for (Index j = 0; j < n_; ++j) {
      Bound sum;
      for (Index k = 0; k < n_; ++k) sum.add_product(F[at(j * n_ + k)], r[at(k)]);
      f = std::max(f, sum / r[at(j)]);
      most = std::max(most, Bound(row(j)) / r[at(j)]);
    }
    const Bound rest = difference_below(Bound(1.0), f);
    if (rest.is_zero()) continue;
    best = std::max(best, difference_below(quotient_below(rest, most), proof.offset));
  }
  return best < Bound::power_of_two(kLeastDistance) ? Bound() : best;
}

std::vector<Bound> Prover::grow(int stretch) {
  std::vector<Bound> r(at(n_));
  for (Index j = 0; j < n_; ++j)
    r[at(j)] = Bound::power_of_two(-exponent(hessian_(j, j)) * stretch / 4);
  const auto scale = [&](const Bound& factor) {
    for (Bound& x : r) x = x * factor;
  };
  const std::vector<Bound> displacements = product_above(rows_above_.topRows(L_), r);
  const Bound displacement = *std::max_element(displacements.begin(), displacements.end());
  scale(Bound(kFirstDisplacement) / displacement);
  std::vector<Bound> good;
  for (int trial = 0; trial < kGrowTrials && !is_cut(); ++trial) {
    const double ratio = contract(r);
    if (ratio < 1.0) {
      const bool enough = !good.empty() || ratio > kGoodEnough;
      good = r;
      if (enough) break;
      scale(Bound(ratio > kNextToNothing ? kAimUp / ratio : kMuchLarger));
    } else {
      if (!good.empty()) break;
      scale(
          Bound(std::isfinite(ratio) ? std::max(kAimDown / ratio, kSmallestFactor) : kMuchSmaller));
    }
  }
  return good;
}

void Prover::move_midpoint() {
  const slong p = precision_ + FLINT_BITS;
  const Index size = dependent_ ? n_ : s_;
  for (Index i = 0; i < size; ++i) {
    arb_ptr const x = dependent_ ? z_[i] : w_[i];
    arb_dot(x, x, 1, dependent_ ? V_(i, 0) : P_(i, 0), 1, step_[0], 1, n_, p);
    drop_radius(x);
  }
}

}  // namespace tautrack

#endif
