#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/network/hidden_layer.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// How hard a Certifier tries.
struct CertifyOptions {
  int first_precision = 64;  ///< Bits of the first attempt. In [53, max_precision].
  int max_precision = 2048;  ///< Bits at which it gives up.

  /// Nothing when usable; else one sentence with the field, its value and the rule it breaks.
  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// What could be proven about a stationary point near given weights.
struct Certificate {
  bool certified = false;
  bool refuted = false;  ///< Not certified because no stationary point is near.
  bool is_cut = false;   ///< Neither: the proof was left unfinished because time was up.
  std::string reason;    ///< One sentence why not; empty when certified.
  Vector weights;        ///< s, the doubles nearest to the point; as given when not certified.
  double radius = 0.0;   ///< The point lies within this (Euclidean, user's units) of `weights`.
  /// >= radius. No second stationary point lies within this distance of `weights`. Proven, hence below
  /// the true distance to the next point, near flat strips by orders of magnitude.
  double unique_within = 0.0;
  std::optional<int> morse_index;  ///< Proven; nothing when not certified.
  Vector
      eigenvalues;  ///< n, of the Hessian in the network's orthonormal coordinates, ascending, each
                    ///< with its right sign; empty when not certified. The signs are proven, the
                    ///< values are good to about 1e-8 of each and carry no bound.
  double energy = 0.0;         ///< E at the point ...
  double energy_radius = 0.0;  ///< ... to within this.
  int precision = 0;           ///< Bits that it took.
};

/// Proves in ball arithmetic (FLINT/Arb; Johansson 2017) that the equations X' D r + ridge M w = 0 of
/// the problem as given, every double of it taken exactly, have exactly one solution near given
/// weights. (With a standardised penalty the standard deviations, rounded to double, are part of the
/// problem as given; those of constant columns are zero.)
///
/// Method: in approximate eigenvectors z of the Hessian the simplified Newton map N(z) = z - C G(z),
/// C the inverse of the diagonal, maps a box |z_j| <= r_j into itself and contracts it in the maximum
/// norm weighted by 1 / r (Krawczyk 1969; Rump, Acta Numerica 2010, section 13). The Hessian at the
/// midpoint is a ball; how much it changes over the box follows from bounds of the second and third
/// derivative of sigma relative to the first, which stay sharp where sigma saturates. The same
/// inequality keeps C times the Hessian nonsingular all over the box, so that the signs of the
/// diagonal are its inertia (Sylvester). In the end the box is made as large as the inequality
/// allows, which gives `unique_within`.
///
/// Precision doubles while an eigenvalue is not separated from zero or the gradient drowns in
/// rounding: a saddle with eigenvalues 1 and -1e-27 gets its index, a singular Hessian never a
/// certificate.
///
/// Near means what a caller's rounding may do. Let the displacement of a step be max_i |du_i| /
/// (1 + |u_i|), u = X w the node inputs, and add up all steps of Newton's method from the given
/// weights to the point. At most 1e-3 is near. Up to 0.1 is near, too, when the squared Newton
/// decrements |G' H^-1 G| of these steps, twice their change of the energy, add up to no more than
/// 1e-12 times the sum of the pattern weights: along a flat strip doubles can do no better. All else
/// is refused, however flat the energy is, and so is a point to which Newton's method does not
/// converge quadratically.
///
/// Where columns of X depend on each other, stationary points form affine families, and each family
/// counts as the one point of least norm in it; `unique_within` is a distance between such points.
/// This needs the rank of X, its doubles taken exactly, to be the one that the network works with.
///
/// Of a HiddenLayer the equations are those of its energy at tau = 1 in all its weights (HiddenLayer::weights()),
/// penalties, held bias and origin included. Krawczyk's operator as above, but the midpoint and the eigenvectors
/// are doubles, and the Hessian is enclosed all over the box: first in intervals, whatever first_precision says, then, with
/// FLINT, in balls of 192 bits, if max_precision allows these. At most 1e-3 is near, of hidden node inputs and of output
/// weights relative to their sizes. A point at which the Hessian is singular has no certificate: without a ridge
/// equal units, units without outputs, dependent columns. Eigenvalues are good to rounding of the largest one, their
/// signs are proven.
class Certifier {
 public:
  /// Whether the library was built with FLINT: without it nothing is ever certified but of a HiddenLayer what
  /// intervals suffice for.
  [[nodiscard]] static bool available() noexcept;

  /// Shares the data of the network.
  /// @throws std::invalid_argument when an option breaks its rule, or patterns are split among ranks.
  explicit Certifier(const Perceptron& network, const CertifyOptions& options = {});
  explicit Certifier(const HiddenLayer& network, const CertifyOptions& options = {});
  ~Certifier();
  Certifier(Certifier&&) noexcept;
  Certifier& operator=(Certifier&&) noexcept;

  /// One thread at a time; make one Certifier a thread. Cost: as a rule L (n + s) products and L
  /// evaluations of sigma in ball arithmetic, and L n^2 products in double, whose rounding is bounded;
  /// where some eigenvalue is too small for that, L n (s + n) products in ball arithmetic, ten times
  /// as much. The memory is kept between calls.
  ///
  /// Where columns depend on each other, only the part of `weights` that moves node inputs counts,
  /// and the first call determines the exact rank. The first call takes the data to ball arithmetic, too:
  /// L s numbers and L s n products.
  ///
  /// Of a HiddenLayer, n numbers of weights: an evaluation is L h n (s + n) products in intervals, and a proof some ten.
  /// @param weights s, user's units, a numerical solution. Numbers that are not finite are refused
  /// with a reason.
  /// @param stop Once it is met the proof is left unfinished.
  /// @throws std::invalid_argument when there are not so many.
  [[nodiscard]] Certificate certify(const Vector& weights, const StopCondition& stop = {});

 private:
  struct State;
  struct OfPerceptron;
  struct OfHiddenLayer;
  std::unique_ptr<State> state_;
};

}  // namespace tautrack
