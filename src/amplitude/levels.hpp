#pragma once

#include <vector>

#include "proof/interval.hpp"

/// Sigmoids of one covariate with fitted plateaus, z = a + b sigma(w x + c) for logistic sigma: what is
/// computed with (docs/theory.md, section 13).
namespace tautrack::amplitude {

using proof::Interval;

/// The data: at J different values x, the levels, in rising order, the mean targets. In units in which nothing is
/// far from one: x in [-1, 1], y at most 2 in size.
struct Levels {
  /// @param values J, strictly rising, finite.
  /// @param targets, weights J means and sums of weights, finite, the latter positive.
  /// @param low Nothing: the plateau at u -> -infinity is fitted (a); else its value, and z = low + b sigma.
  Levels(std::vector<double> values, const std::vector<double>& targets,
         std::vector<double> weights, const double* low);

  /// Whether levels `from` to `to`, the latter not included, have the same target: that of the known plateau, where
  /// they are on its side.
  [[nodiscard]] bool are_flat(std::size_t from, std::size_t to, bool on_known) const {
    for (std::size_t j = from; j < to; ++j)
      if (on_known ? !is_on_plateau[j] : j + 1 < to && !repeats[j]) return false;
    return from < to;
  }

  /// The same seen from the other end: x -> -x.
  [[nodiscard]] Levels mirrored() const;

  [[nodiscard]] std::size_t size() const { return x.size(); }

  std::vector<double> value;        ///< J, in the user's units; see `moved`.
  std::vector<bool> is_on_plateau;  ///< J, known offset: the target equals it exactly.
  std::vector<bool> repeats;        ///< J - 1: the next target is the same number.
  std::vector<double> weight;       ///< J
  std::vector<Interval> x;          ///< J, (value - centre) / scale
  std::vector<Interval>
      y;  ///< J, less their mean where the offset is fitted, else less the known plateau.
  std::vector<double>
      gap;  ///< J - 1, between neighbours, in a power of two near `scale`: equal where they are.
  bool gaps_are_exact = true;  ///< What is equal there is equal, and what differs differs.
  bool free_offset = true;
  double centre = 0.0, scale = 1.0;  ///< Of x.
  double target_scale = 1.0;         ///< Of y; a power of two.
  /// Values that are equally spaced but for the rounding of their last digits are taken as equally spaced; this
  /// is how far one was moved, in user's units, at most. What is proven is proven of the values above.
  double moved = 0.0;

 private:
  Levels() = default;
};

/// Where the derivative of the fit is to be zero.
template <class T>
struct Fit {
  T factor;                 ///< b of the least squares fit a + b phi.
  std::vector<T> residual;  ///< J, y - a - b phi.
};

/// The least squares fit by 1 and phi, or by phi alone where the offset is known.
template <class T>
void fit_to(const Levels& levels, const std::vector<T>& phi, Fit<T>& fit) {
  const std::size_t J = levels.size();
  fit.residual.resize(J);
  T mean = 0.0;
  if (levels.free_offset) {
    Interval total = 0.0;
    for (std::size_t j = 0; j < J; ++j) {
      mean += phi[j] * Interval(levels.weight[j]);
      total += levels.weight[j];
    }
    mean = mean * (1.0 / total);
  }
  T product = 0.0, size = 0.0;
  for (std::size_t j = 0; j < J; ++j) {
    const T centred = phi[j] - mean;
    fit.residual[j] = centred;
    product += centred * (levels.y[j] * levels.weight[j]);
    size += square(centred) * Interval(levels.weight[j]);
  }
  fit.factor = product / size;
  for (std::size_t j = 0; j < J; ++j)
    fit.residual[j] = T(levels.y[j]) - fit.factor * fit.residual[j];
}

/// <r, t>
template <class T>
T product(const Levels& levels, const std::vector<T>& residual, const std::vector<T>& t) {
  T sum = 0.0;
  for (std::size_t j = 0; j < levels.size(); ++j)
    sum += residual[j] * t[j] * Interval(levels.weight[j]);
  return sum;
}

}  // namespace tautrack::amplitude
