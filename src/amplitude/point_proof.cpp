#include "amplitude/point_proof.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/products.hpp"
#include "proof/real.hpp"

namespace tautrack::amplitude {
namespace {

/// A box reaches so many times as far as the first step of the operator, at least; it is widened so often, each
/// time by the factor.
constexpr double kRoom = 2.0, kWiden = 8.0;
constexpr int kWidenings = 6;
/// The least half width of a box relative to the size of an unknown in the direction of an eigenvector.
constexpr double kLeastWidth = 4.0 * kEpsilon;
/// Steps of Newton's method before the proof, in doubles and once more in its arithmetic, there while they shrink to
/// this part of the one before.
constexpr int kImprovements = 4;
constexpr double kShrinks = 0.5;
/// Bits of the balls.
[[maybe_unused]] constexpr int kBits = 192;

/// The numbers from middle - radius to middle + radius.
template <class S>
S around(double middle, double radius);

template <>
Interval around<Interval>(double middle, double radius) {
  if (radius == 0.0) return middle;
  return {proof::below(middle - radius), proof::above(middle + radius)};
}

#ifdef TAUTRACK_WITH_FLINT
template <>
proof::Real around<proof::Real>(double middle, double radius) {
  arb_t ball;
  mag_t size;
  arb_init(ball);
  mag_init(size);
  arb_set_d(ball, middle);
  mag_set_d(size, radius);
  arb_add_error_mag(ball, size);
  proof::Real result(ball, kBits);
  arb_clear(ball);
  mag_clear(size);
  return result;
}
#endif

template <class S>
std::vector<Interval> intervals_of(const std::vector<S>& values) {
  using proof::to_interval;
  std::vector<Interval> result;
  for (const S& value : values) result.push_back(to_interval(value));
  return result;
}

/// Upper bound of the sum of |V_jk| reach_k over k.
double reach_of(const Matrix& V, const Vector& reach, Index j) {
  Interval sum = 0.0;
  for (Index k = 0; k < V.cols(); ++k) sum += Interval(std::abs(V(j, k))) * Interval(reach(k));
  return sum.upper();
}

class PointProver {
 public:
  PointProver(const Model& model, Vector x) : model_(model), n_(x.size()) {
    proof_.x = std::move(x);
  }

  PointProof run() {
    if (!improve()) {
      proof_.reason = "the Hessian is singular to rounding";
      return std::move(proof_);
    }
    if (attempt<Interval>()) return std::move(proof_);
#ifdef TAUTRACK_WITH_FLINT
    if (attempt<proof::Real>()) return std::move(proof_);
#endif
    if (proof_.reason.empty()) proof_.reason = "Krawczyk's operator does not contract a box here";
    return std::move(proof_);
  }

 private:
  /// Newton's method in doubles, and V.
  bool improve() {
    double last = kInfinity;
    for (int step = 0;; ++step) {
      if (!set_frame()) return false;
      const Evaluation<double> at = evaluate_model(model_, proof_.x);
      const Vector g = Eigen::Map<const Vector>(at.gradient.data(), n_);
      const Vector z = transposed_times(V_, g).cwiseQuotient(diagonal_);
      const double size = z.cwiseAbs().maxCoeff();
      if (step == kImprovements || !(size < last)) return true;
      last = size;
      const Vector next = proof_.x - times(V_, z);
      if (!next.allFinite()) return false;
      proof_.x = next;
    }
  }

  /// Eigenvectors of the Hessian in units in which it has a diagonal of ones.
  bool set_frame() {
    const Evaluation<double> at = evaluate_model(model_, proof_.x);
    Matrix H(n_, n_);
    Vector unit(n_);
    for (Index j = 0; j < n_; ++j) {
      const double size = std::abs(at.hessian[tautrack::at(j * n_ + j)]);
      if (!(size > 0.0 && std::isfinite(size))) return false;
      unit(j) = std::exp2(-std::round(0.5 * std::log2(size)));
    }
    for (Index j = 0; j < n_; ++j)
      for (Index k = 0; k < n_; ++k)
        H(j, k) = unit(j) * unit(k) * at.hessian[tautrack::at(j * n_ + k)];
    if (!H.allFinite()) return false;
    const SymmetricEigen eigen = symmetric_eigen(H);
    V_ = unit.asDiagonal() * eigen.eigenvectors();
    diagonal_ = eigen.eigenvalues();
    return (diagonal_.array() != 0.0).all() && V_.allFinite();
  }

  template <class S>
  bool attempt() {
    Vector step(n_), reach(n_);
    double last = kInfinity;
    for (int newton = 0;; ++newton) {
      const Frame<S> frame = frame_at<S>(model_, proof_.x, V_);
      const std::vector<S> origin(tautrack::at(n_), around<S>(0.0, 0.0));
      const Evaluation<S> here = evaluate_model(model_, frame, origin);
      const std::vector<Interval> gradient = intervals_of(here.gradient);
      const std::vector<Interval> hessian = intervals_of(here.hessian);
      Vector move(n_);
      for (Index k = 0; k < n_; ++k) {
        // Of balls, eigenvalues that doubles do not see.
        const Interval entry = hessian[tautrack::at(k * n_ + k)];
        if (!proof::excludes_zero(entry)) return false;
        diagonal_(k) = proof::middle(entry);
        const Interval z = gradient[tautrack::at(k)] / Interval(diagonal_(k));
        step(k) = proof::magnitude(z);
        move(k) = proof::middle(z);
        if (!std::isfinite(step(k))) return false;
      }
      // What doubles left of Newton's method, where the arithmetic sees more.
      const double size = move.norm();
      const Vector next = proof_.x - times(V_, move);
      if (newton == kImprovements || !(size < kShrinks * last) || next == proof_.x) break;
      last = size;
      proof_.x = next;
      if (!set_frame()) return false;
    }
    for (Index k = 0; k < n_; ++k) {
      double own = 0.0;  // how far x in its last digits
      for (Index j = 0; j < n_; ++j)
        if (V_(j, k) != 0.0) {
          const double digits = kLeastWidth * std::abs(proof_.x(j)) / std::abs(V_(j, k));
          own = own == 0.0 ? digits : std::min(own, digits);
        }
      reach(k) = kRoom * step(k) + own;
    }
    for (int widening = 0; widening < kWidenings; ++widening, reach *= kWiden)
      if (contracts<S>(step, reach)) return true;
    return false;
  }

  /// |K_k| <= step_k + sum_l |delta_kl - H_kl / d_k| reach_l < reach_k.
  template <class S>
  bool contracts(const Vector& step, const Vector& reach) {
    std::vector<S> box;
    for (Index k = 0; k < n_; ++k) box.push_back(around<S>(0.0, reach(k)));
    const std::vector<Interval> over =
        intervals_of(evaluate_model(model_, frame_at<S>(model_, proof_.x, V_), box).hessian);
    int index = 0;
    for (Index k = 0; k < n_; ++k) {
      Interval sum = 0.0;
      for (Index l = 0; l < n_; ++l) {
        const Interval share = over[tautrack::at(k * n_ + l)] / Interval(diagonal_(k));
        const Interval defect = l == k ? 1.0 - share : share;
        sum += Interval(proof::magnitude(defect)) * Interval(reach(l));
      }
      // Contraction alone makes the Hessian regular; with the step there is a point in the box.
      if (!((sum + Interval(step(k))).upper() < reach(k))) return false;
      if (diagonal_(k) < 0.0) ++index;
    }
    proof_.is_proven = true;
    proof_.reason.clear();
    proof_.index = index;
    proof_.V = V_;
    proof_.reach = reach;
    Interval square = 0.0;
    for (Index j = model_.first_weight(); j < n_; ++j)
      square += proof::square(Interval(reach_of(V_, reach, j)));
    proof_.radius = proof::sqrt(square).upper();
    return true;
  }

  const Model& model_;
  Index n_;
  Matrix V_;         ///< n x n
  Vector diagonal_;  ///< n, of V' H V.
  PointProof proof_;
};

}  // namespace

PointProof prove_point(const Model& model, const Vector& x) { return PointProver(model, x).run(); }

}  // namespace tautrack::amplitude
