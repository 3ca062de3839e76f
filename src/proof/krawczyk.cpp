#include "proof/krawczyk.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/products.hpp"

namespace tautrack::proof {
namespace {

/// A box reaches so many times as far as the first step of the operator, at least; so often its sides are lengthened to
/// as many times what the operator makes of them.
constexpr double kRoom = 2.0;
constexpr int kWidenings = 10;
/// The least half width of a box relative to the size of an unknown in the direction of an eigenvector.
constexpr double kLeastWidth = 4.0 * kEpsilon;
/// Steps of Newton's method before the proof, in doubles and once more in its arithmetic, there while they shrink to
/// this part of the one before.
constexpr int kImprovements = 4;
constexpr double kShrinks = 0.5;
/// Balls in which a second point is sought: their number, what they shrink to at least and at most, and the contraction
/// that is aimed at.
constexpr int kBallTrials = 40;
constexpr double kLeastShrink = 1e-3, kMostShrink = 0.5, kAim = 0.8;

class PointProver {
 public:
  PointProver(const EnclosedEnergy& energy, Vector x, const StopCondition& stop)
      : energy_(energy), stop_(stop), n_(x.size()), image_(n_) {
    proof_.x = std::move(x);
  }

  PointProof run(ProofIn which) {
    if (!improve()) {
      proof_.reason = "the Hessian is singular to rounding";
      return std::move(proof_);
    }
    if (which != ProofIn::balls && attempt()) return std::move(proof_);
#ifdef TAUTRACK_WITH_FLINT
    proof_.arithmetic = Arithmetic::balls;
    if (which != ProofIn::intervals && attempt()) return std::move(proof_);
#endif
    proof_.reason = "Krawczyk's operator does not contract a box here";
    return std::move(proof_);
  }

 private:
  /// Newton's method in doubles, and V.
  bool improve() {
    double last = kInfinity;
    for (int step = 0; !stop_.is_met(); ++step) {
      const EnclosedEnergy::Rounded at = energy_.at(proof_.x);
      if (!set_frame(at.hessian)) return false;
      const Vector z = transposed_times(proof_.V, at.gradient).cwiseQuotient(proof_.diagonal);
      const double size = z.cwiseAbs().maxCoeff();
      if (step == kImprovements || !(size < last)) return true;
      last = size;
      const Vector next = proof_.x - times(proof_.V, z);
      if (!next.allFinite()) return false;
      proof_.x = next;
    }
    return true;
  }

  /// Eigenvectors of the Hessian in units in which it has a diagonal of ones.
  bool set_frame(const Matrix& hessian) {
    Matrix H(n_, n_);
    Vector unit(n_);
    for (Index j = 0; j < n_; ++j) {
      const double size = std::abs(hessian(j, j));
      if (!(size > 0.0 && std::isfinite(size))) return false;
      unit(j) = std::exp2(-std::round(0.5 * std::log2(size)));
    }
    for (Index j = 0; j < n_; ++j)
      for (Index k = 0; k < n_; ++k) H(j, k) = unit(j) * unit(k) * hessian(j, k);
    if (!H.allFinite()) return false;
    const SymmetricEigen eigen = symmetric_eigen(H);
    proof_.V = unit.asDiagonal() * eigen.eigenvectors();
    proof_.diagonal = eigen.eigenvalues();
    return (proof_.diagonal.array() != 0.0).all() && proof_.V.allFinite();
  }

  [[nodiscard]] EnclosedEnergy::Enclosed over(const Vector& reach) const {
    return energy_.over(proof_.x, proof_.V, reach, proof_.arithmetic);
  }

  bool attempt() {
    Vector step(n_), reach(n_);
    double last = kInfinity;
    EnclosedEnergy::Enclosed here;
    for (int newton = 0;; ++newton) {
      if (stop_.is_met()) return false;
      here = over(Vector::Zero(n_));
      Vector move(n_);
      for (Index k = 0; k < n_; ++k) {
        // Of balls, eigenvalues that doubles do not see.
        const Interval entry = here.hessian[tautrack::at(k * n_ + k)];
        if (!excludes_zero(entry)) return false;
        proof_.diagonal(k) = middle(entry);
        const Interval z = here.gradient[tautrack::at(k)] / Interval(proof_.diagonal(k));
        step(k) = magnitude(z);
        move(k) = middle(z);
        if (!std::isfinite(step(k))) return false;
      }
      // What doubles left of Newton's method, where the arithmetic sees more.
      const double size = move.norm();
      const Vector next = proof_.x - times(proof_.V, move);
      if (newton == kImprovements || !(size < kShrinks * last) || next == proof_.x) break;
      last = size;
      proof_.x = next;
      if (!set_frame(energy_.at(proof_.x).hessian)) return false;
    }
    for (Index k = 0; k < n_; ++k) {
      double own = 0.0;  // how far x in its last digits
      for (Index j = 0; j < n_; ++j)
        if (proof_.V(j, k) != 0.0) {
          const double digits = kLeastWidth * std::abs(proof_.x(j)) / std::abs(proof_.V(j, k));
          own = own == 0.0 ? digits : std::min(own, digits);
        }
      reach(k) = kRoom * step(k) + own;
    }
    for (int widening = 0; widening < kWidenings && !stop_.is_met(); ++widening) {
      if (contracts(here, step, reach)) return true;
      // Sides may be of very different lengths, and a short one need what it gets from a long one.
      for (Index k = 0; k < n_; ++k)
        if (!(image_(k) < reach(k))) reach(k) = kRoom * image_(k);
      if (!reach.allFinite()) return false;
    }
    return false;
  }

  /// |K_k| <= step_k + sum_l |delta_kl - H_kl / d_k| reach_l < reach_k.
  bool contracts(const EnclosedEnergy::Enclosed& here, const Vector& step, const Vector& reach) {
    const EnclosedEnergy::Enclosed box = over(reach);
    int index = 0;
    bool is_inside = true;
    for (Index k = 0; k < n_; ++k) {
      Interval sum = step(k);
      for (Index l = 0; l < n_; ++l) {
        const Interval share = box.hessian[tautrack::at(k * n_ + l)] / Interval(proof_.diagonal(k));
        const Interval defect = l == k ? 1.0 - share : share;
        sum += Interval(magnitude(defect)) * Interval(reach(l));
      }
      image_(k) = sum.upper();
      // Contraction alone makes the Hessian regular; with the step there is a point in the box.
      is_inside = is_inside && image_(k) < reach(k);
      if (proof_.diagonal(k) < 0.0) ++index;
    }
    if (!is_inside) return false;
    proof_.is_proven = true;
    proof_.reason.clear();
    proof_.index = index;
    proof_.reach = reach;
    // Taylor's formula about x.
    Interval change = 0.0;
    for (Index k = 0; k < n_; ++k) {
      change += Interval(magnitude(here.gradient[tautrack::at(k)])) * Interval(reach(k));
      for (Index l = 0; l < n_; ++l)
        change += 0.5 * (Interval(magnitude(box.hessian[tautrack::at(k * n_ + l)])) *
                         Interval(reach(k)) * Interval(reach(l)));
    }
    proof_.energy = here.energy + Interval(-change.upper(), change.upper());
    return true;
  }

  const EnclosedEnergy& energy_;
  const StopCondition& stop_;
  Index n_;
  Vector image_;  ///< n, how far the operator sends the box.
  PointProof proof_;
};

/// Upper bound of the sum of |M_jk| reach_k over k.
double reach_of(const Matrix& M, const Vector& reach, Index j) {
  Interval sum = 0.0;
  for (Index k = 0; k < M.cols(); ++k) sum += Interval(std::abs(M(j, k))) * Interval(reach(k));
  return sum.upper();
}

/// max_k sum_l |A_kl| r_l / r_k or more, infinity where that is not finite; A row by row.
double norm_in(const std::vector<Interval>& A, const Vector& r) {
  const Index n = r.size();
  double norm = 0.0;
  for (Index k = 0; k < n; ++k) {
    Interval sum = 0.0;
    for (Index l = 0; l < n; ++l)
      sum += Interval(magnitude(A[tautrack::at(k * n + l)])) * Interval(r(l));
    const double share = (sum / Interval(r(k))).upper();
    if (!std::isfinite(share)) return kInfinity;
    norm = std::max(norm, share);
  }
  return norm;
}

}  // namespace

#ifdef TAUTRACK_WITH_FLINT
template <>
Real around<Real>(double middle, double radius) {
  arb_t ball;
  mag_t size;
  arb_init(ball);
  mag_init(size);
  arb_set_d(ball, middle);
  mag_set_d(size, radius);
  arb_add_error_mag(ball, size);
  Real result(ball, kBallBits);
  arb_clear(ball);
  mag_clear(size);
  return result;
}
#endif

PointProof prove_point(const EnclosedEnergy& energy, const Vector& x, ProofIn which,
                       const StopCondition& stop) {
  return PointProver(energy, x, stop).run(which);
}

double radius_of(const PointProof& proof, Index first) {
  Interval sum = 0.0;
  for (Index j = first; j < proof.x.size(); ++j)
    sum += square(Interval(reach_of(proof.V, proof.reach, j)));
  return sqrt(sum).upper();
}

double unique_within(const EnclosedEnergy& energy, const PointProof& proof,
                     const StopCondition& stop) {
  // Q = V^-1 nearly, Q V = 1 + F: |w - x| <= t is |z_k| <= t |row k of Q| / (1 - f), f the norm of F weighted by
  // 1 / r, and r_k >= t |row k of Q| the box.
  const Index n = proof.x.size();
  const Matrix Q = inverse_of(proof.V);
  if (!Q.allFinite()) return 0.0;
  std::vector<Interval> F;
  Vector rows(n);
  for (Index k = 0; k < n; ++k) {
    Interval length = 0.0;
    for (Index l = 0; l < n; ++l) {
      length += square(Interval(Q(k, l)));
      Interval sum = k == l ? -1.0 : 0.0;
      for (Index j = 0; j < n; ++j) sum += Interval(Q(k, j)) * Interval(proof.V(j, l));
      F.push_back(sum);
    }
    rows(k) = sqrt(length).upper();
  }
  const double f = norm_in(F, rows);
  if (!(f < 1.0)) return 0.0;
  const double least = radius_of(proof);
  double t = 1.0;
  for (int trial = 0; trial < kBallTrials && !stop.is_met(); ++trial) {
    const double within = (Interval(t) * (1.0 - Interval(f))).lower();
    if (!(within >= least)) return 0.0;
    const Vector r = (t * (1.0 + kLeastWidth)) * rows;  // rounded
    std::vector<Interval> defect = energy.over(proof.x, proof.V, r, proof.arithmetic).hessian;
    for (Index k = 0; k < n; ++k)
      for (Index l = 0; l < n; ++l) {
        Interval& entry = defect[tautrack::at(k * n + l)];
        entry = (k == l ? 1.0 : 0.0) - entry / Interval(proof.diagonal(k));
      }
    const double ratio = norm_in(defect, r);
    if (ratio < 1.0) return within;
    t *= std::clamp(kAim / ratio, kLeastShrink, kMostShrink);
  }
  return 0.0;
}

}  // namespace tautrack::proof
