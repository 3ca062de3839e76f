#pragma once

#include <optional>
#include <vector>

#include "proof/interval.hpp"

/// Sigmoids of one covariate with fitted plateaus, z = a + b sigma(w x + c) for logistic sigma: what is
/// computed with (docs/theory.md, section 13).
namespace tautrack::amplitude {

using proof::Interval;

/// Patterns with an input of minus infinity, a dose of zero on a logarithmic scale: for w > 0 they observe the low
/// plateau itself.
struct ZeroLevel {
  double target = 0.0;  ///< Their mean.
  double weight = 0.0;  ///< The sum of their weights, > 0.
};

/// The data: at J different values x, the levels, in rising order, the mean targets. In units in which nothing is
/// far from one: x in [-1, 1], y at most 2 in size. There may be one more level at minus infinity, where sigma is 0 and so
/// are its derivatives; then only w > 0 is meant, and b has either sign. Beside a known plateau, where b > 0, that level
/// says nothing of w > 0 and observes the fitted plateau for w < 0: see falling().
struct Levels {
  /// @param values J, strictly rising, finite.
  /// @param targets, weights J means and sums of weights, finite, the latter positive.
  /// @param low Nothing: the plateau at u -> -infinity is fitted (a); else its value, and z = low + b sigma.
  /// @param zero Nothing, or the level at minus infinity.
  Levels(std::vector<double> values, const std::vector<double>& targets,
         std::vector<double> weights, const double* low,
         const std::optional<ZeroLevel>& zero = std::nullopt);

  /// Whether levels `from` to `to`, the latter not included, have the same target: that of the known plateau, where
  /// they are on its side.
  [[nodiscard]] bool are_flat(std::size_t from, std::size_t to, bool on_known) const {
    for (std::size_t j = from; j < to; ++j)
      if (on_known ? !is_on_plateau[j] : j + 1 < to && !repeats[j]) return false;
    return from < to;
  }

  /// The same seen from the other end: x -> -x. @pre No fitted plateau at minus infinity.
  [[nodiscard]] Levels mirrored() const;

  [[nodiscard]] std::size_t size() const { return x.size(); }

  /// Beside a known plateau, with a level at minus infinity: curves of negative slope, seen from the other end. There that
  /// level is at infinity, where sigma is 1.
  [[nodiscard]] Levels falling() const;

  /// Whether z = low + b sigma for a number `low`.
  [[nodiscard]] bool has_known_offset() const { return !free_offset && zero_weight == 0.0; }

  /// Whether the target of a level is exactly the weighted mean of those of levels `from` to `to`, the latter not included.
  /// Cost: the square of their number.
  [[nodiscard]] bool is_at_mean(std::size_t level, std::size_t from, std::size_t to) const;

  std::vector<double> value;        ///< J, in the user's units; see `moved`.
  std::vector<double> target;       ///< J, mean targets as they were given.
  std::vector<bool> is_on_plateau;  ///< J, known offset: the target equals it exactly.
  std::vector<bool> repeats;        ///< J - 1: the next target is the same number.
  std::vector<double> weight;       ///< J
  std::vector<Interval> x;          ///< J, (value - centre) / scale
  /// J, less their mean (that of the level at minus infinity included) where the offset is fitted, else less the known
  /// plateau.
  std::vector<Interval> y;
  std::vector<double>
      gap;  ///< J - 1, between neighbours, in a power of two near `scale`: equal where they are.
  bool gaps_are_exact = true;  ///< What is equal there is equal, and what differs differs.
  bool free_offset = true;     ///< Fitted, and nothing but these levels says anything about it.
  /// There is a level at minus infinity, or, in falling(), at infinity: w > 0.
  bool is_half = false;
  double zero_weight =
      0.0;  ///< Of a level at minus infinity that observes a fitted plateau; 0: there is none.
  double top_weight = 0.0;     ///< The same at infinity.
  Interval zero_y = 0.0;       ///< Of the level at either, as y.
  bool repeats_zero = false;   ///< Its target is that of the level next to it, the same number, ...
  bool zero_is_known = false;  ///< ... or that of the known plateau.
  double centre = 0.0, scale = 1.0;  ///< Of x.
  double target_scale = 1.0;         ///< Of y; a power of two.
  /// Values that are equally spaced but for the rounding of their last digits are taken as equally spaced; this
  /// is how far one was moved, in user's units, at most. What is proven is proven of the values above.
  double moved = 0.0;

 private:
  double beside_ = 0.0;  ///< Weight of a level at minus infinity beside a known plateau.

  Levels() = default;
};

/// Where the derivative of the fit is to be zero.
template <class T>
struct Fit {
  T factor;                 ///< b of the least squares fit a + b phi.
  std::vector<T> residual;  ///< J, y - a - b phi.
};

/// The least squares fit by 1 and phi, or by phi alone where the offset is known. At minus infinity phi is 0, at infinity 1.
template <class T>
void fit_to(const Levels& levels, const std::vector<T>& phi, Fit<T>& fit) {
  const std::size_t J = levels.size();
  fit.residual.resize(J);
  T mean = 0.0;
  const bool is_anchored = levels.zero_weight > 0.0;
  if (!levels.has_known_offset()) {
    Interval total = levels.zero_weight;
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
  if (is_anchored) {
    product += mean * -(levels.zero_y * levels.zero_weight);
    size += square(mean) * Interval(levels.zero_weight);
  }
  if (levels.top_weight > 0.0) {
    product += T(levels.zero_y * levels.top_weight);
    size += T(levels.top_weight);
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
