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

/// V' H V and V' g of an evaluation, as intervals.
struct Turned {
  std::vector<Interval> gradient, hessian;
};

template <class S>
Turned turned(const Evaluation<S>& at, const Matrix& V) {
  const auto n = static_cast<std::size_t>(V.rows());
  const auto entry = [&](std::size_t j, std::size_t k) {
    return V(static_cast<Index>(j), static_cast<Index>(k));
  };
  using proof::to_interval;
  Turned result;
  for (std::size_t k = 0; k < n; ++k) {
    S sum(0.0);
    for (std::size_t j = 0; j < n; ++j) sum = sum + S(entry(j, k)) * at.gradient[j];
    result.gradient.push_back(to_interval(sum));
  }
  std::vector<S> right(n * n, S(0.0));  // H V
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t j = 0; j < n; ++j)
        right[i * n + k] = right[i * n + k] + at.hessian[i * n + j] * S(entry(j, k));
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < n; ++k) {
      S sum(0.0);
      for (std::size_t j = 0; j < n; ++j) sum = sum + S(entry(j, i)) * right[j * n + k];
      result.hessian.push_back(to_interval(sum));
    }
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
      const std::vector<double> point(proof_.x.data(), proof_.x.data() + n_);
      const Evaluation<double> at = evaluate_model(model_, point);
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
    const std::vector<double> point(proof_.x.data(), proof_.x.data() + n_);
    const Evaluation<double> at = evaluate_model(model_, point);
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
      std::vector<S> point;
      for (Index j = 0; j < n_; ++j) point.push_back(around<S>(proof_.x(j), 0.0));
      const Turned here = turned(evaluate_model(model_, point), V_);
      Vector move(n_);
      for (Index k = 0; k < n_; ++k) {
        // Of balls, eigenvalues that doubles do not see.
        const Interval entry = here.hessian[tautrack::at(k * n_ + k)];
        if (!proof::excludes_zero(entry)) return false;
        diagonal_(k) = proof::middle(entry);
        const Interval z = here.gradient[tautrack::at(k)] / Interval(diagonal_(k));
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
    for (Index j = 0; j < n_; ++j) box.push_back(around<S>(proof_.x(j), reach_of(V_, reach, j)));
    const Turned over = turned(evaluate_model(model_, box), V_);
    int index = 0;
    for (Index k = 0; k < n_; ++k) {
      Interval sum = 0.0;
      for (Index l = 0; l < n_; ++l) {
        const Interval share = over.hessian[tautrack::at(k * n_ + l)] / Interval(diagonal_(k));
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
    proof_.box.clear();
    for (Index j = 0; j < n_; ++j)
      proof_.box.push_back(around<Interval>(proof_.x(j), reach_of(V_, reach, j)));
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
