#pragma once

#include <optional>

#include "tautrack/core/types.hpp"
#include "tautrack/network/activation.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// sup |u sigma'(u)|: 0.4477... for tanh, half of that for logistic, 1/pi for arctan and
/// sqrt(2 / (pi e)) for erf.
[[nodiscard]] double largest_slope_moment(Activation activation) noexcept;

/// Where all stationary points of the energy at one tau lie. Bounds hold up to rounding; infinity:
/// none is known.
struct RadiusBound {
  double inputs;  ///< max_i |x_i.w| is at most this: the closed form below, or that of the ridge.
  Vector per_input;    ///< L: |x_i.w|, each at most `inputs`.
  double coordinates;  ///< |v|
  double weights;  ///< |w|, Euclidean, user's units. Of dependent columns: of the w of least norm.
};

/// At a stationary point 0 = w'H = sum omega_i f'_i u_i (f_i - y_i) + ridge w'Mw. Let c = sigma(0),
/// so that f - tau c is odd and increasing in u; with Y_i = |y_i - tau c|, F_i = |f_i - tau c| a
/// term is negative only if F_i < Y_i, and then, as delta |u_i| <= F_i (delta = 1 - tau) and f'|u|
/// <= delta |u| + tau K with K = sup |u sigma'|, its size is at most omega_i times
///
///     max over a of (a + tau K)(Y_i - a) <= Y_i (Y_i + tau K),   0 <= a <= Y_i, a = 0 at tau = 1.
///
/// A term that is not negative is at least omega_i delta |u_i| (delta |u_i| - Y_i), and at most the
/// sum of the sizes of those that are. Hence for every i
///
///     |u_i| <= ( Y_i + sqrt(Y_i^2 + 4 B / omega_i) ) / (2 delta)
///
/// with the sum B of these sizes over the other patterns (`per_input`). `inputs` takes the larger B
/// = sum omega_i Y_i (Y_i + tau K), max Y_i and min omega_i: for omega = 1 the form of
/// docs/theory.md, section 3. Besides, (1 - tau) f' u^2 <= f' u (f - tau c) pattern by pattern, and
/// f' <= 1, so by Cauchy and Schwarz
///
///     |v|^2 = sum omega u^2 <= sum omega Y^2 / (1 - tau)^3,   |u_i| <= |A_i| |v|,
///
/// which bounds more where tau is small (at tau = 0 it is |v| <= |y|) and is used in all but
/// `inputs`. A ridge term is not negative: it only helps, and alone it gives ridge v'Mv <= B for
/// all tau, which is used where it bounds more. Finally |w| <= |v| / smallest singular value of R
/// (v = R w; without pattern weights those of R are those of X).
/// Cost: L n + n^3.
/// @param tau In [0, 1]. @throws std::invalid_argument when it is not.
[[nodiscard]] RadiusBound radius_bound(const Perceptron& network, double tau);

/// A bound that holds for all tau in [0, 1] at once, of targets inside the range of sigma.
struct InteriorBound {
  double weights;   ///< |w|, Euclidean, user's units. Of dependent columns: of the w of least norm.
  double eta;       ///< Beyond |u_i| = eta every pattern pulls inwards, at every tau.
  double singular;  ///< Smallest singular value among all n linearly independent rows.
  double ratio;     ///< Largest |x_i| divided by it, >= 1.
};

/// If all targets are strictly inside the range of sigma, every stationary point at every tau in
/// [0, 1] has
///
///     |w| <= sqrt(n!) ratio^(n - 1) eta / singular.
///
/// It is the theorem of docs/theory.md, section 3, with smaller factors: in its proof a, the
/// projection of w on the span of the rows with |u_i| <= U, solves k independent ones of them, k <=
/// n, so |a| <= sqrt(k) U / singular; and subsets of n independent rows have the smallest singular
/// values of all. With one weight it is |w| <= eta / min |x_i|. eta = max over i of |y_i| and
/// |sigma^-1(y_i)|: f is linear in tau. Pattern weights do not matter, a ridge counts as n more
/// rows with target zero. Zero rows are left out, and n rows whose singular values differ by more
/// than 10^13 count as dependent.
///
/// Nothing when a target is not inside the range or there are more than `budget` subsets of n rows;
/// for one weight there are as many as rows.
/// Cost: n^3 for each subset.
/// @param budget > 0.
/// @throws std::invalid_argument when it is not.
[[nodiscard]] std::optional<InteriorBound> interior_bound(const Perceptron& network,
                                                          double budget = 1e5);

/// A closed interval, whose ends may be infinite.
struct Interval {
  double low;
  double high;
};

/// Of one weight (s = 1), in user's units: every stationary point at this tau lies between the
/// smallest and the largest of the w_i that give one pattern its target, f(x_i w_i, tau) = y_i (of
/// 0, too, with a ridge), because beyond them all terms of the gradient have one sign. At tau = 1 a
/// target at or beyond an end of the range has its w_i at infinity. Widened by rounding.
/// @param tau In [0, 1].
/// @throws std::invalid_argument when it is not, or unless s = 1.
[[nodiscard]] Interval interval_of_one_weight(const Perceptron& network, double tau);

}  // namespace tautrack
