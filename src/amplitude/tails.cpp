#include "amplitude/tails.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "amplitude/flat_tails.hpp"

namespace tautrack::amplitude {
namespace {

/// The place of the pivot between the plateaus is divided down to this width.
constexpr double kNarrowestPlace = 1e-4;

/// [0, exp(-from length)]: exp(-w length) for w >= from.
Interval decay(double from, const Interval& length) {
  return {0.0, proof::exponential(-(Interval(from) * length)).upper()};
}

/// One side of a level: the levels there by their distance.
struct Half {
  std::vector<std::size_t> level;  ///< The nearest first.
};

/// What is known of all curves with w >= from whose pivot has e^-|u| in `e`.
///
/// The levels on the far side of the pivot, away from the half point, have e^-|u| = e t, t = exp(-w distance);
/// those behind the half point g e, where the nearest has g = exp(-w distance) / e^2 <= 1.
class Tail {
 public:
  Tail(const Levels& levels, std::size_t pivot, Side side, double from)
      : levels_(levels), pivot_(pivot), side_(side), from_(from) {
    for (std::size_t j = pivot; j-- > 0;)
      (side == Side::beyond ? far_ : behind_).level.push_back(j);
    for (std::size_t j = pivot + 1; j < levels.size(); ++j)
      (side == Side::beyond ? behind_ : far_).level.push_back(j);
  }

  [[nodiscard]] bool is_empty(const Interval& e) {
    prepare(e);
    fit_to(levels_, phi_, fit_);
    // A target on the known plateau is below the output, by what the output is.
    if (fit_.factor.lower() > 0.0)
      for (std::size_t j = 0; j < levels_.size(); ++j)
        if (levels_.is_on_plateau[j])
          fit_.residual[j] = {fit_.residual[j].lower(), std::min(0.0, fit_.residual[j].upper())};
    return pivot_is_off() || pivot_is_just_off(e) || neighbours_are_off(e) || height_is_off(e) ||
           small_height_is_off() || flat_tail_is_empty(levels_, pivot_, side_, from_, e, fit_);
  }

 private:
  [[nodiscard]] Interval distance(std::size_t j) const {
    return proof::abs(levels_.x[j] - levels_.x[pivot_]);
  }

  /// phi and the slopes relative to that of the pivot; those of the far side relative to their nearest, too.
  void prepare(const Interval& e) {
    const std::size_t J = levels_.size();
    phi_.assign(J, 0.0);
    slope_.assign(J, 1.0);
    relative_.assign(J, 1.0);
    relative_small_.assign(J, 0.0);
    const bool beyond = side_ == Side::beyond;
    // Beyond the last level all outputs are small: they are taken relative to e.
    const bool scaled = beyond && behind_.level.empty() && levels_.top_weight == 0.0;
    const auto put = [&](std::size_t j, const Interval& small, const Interval& by_e, bool is_low) {
      const Interval share = 1.0 / (1.0 + small);
      phi_[j] = is_low ? (scaled ? by_e : small) * share : share;
    };
    put(pivot_, e, 1.0, beyond);
    for (std::size_t k = 0; k < far_.level.size(); ++k) {
      const std::size_t j = far_.level[k];
      const Interval t = decay(from_, distance(j));
      put(j, e * t, t, beyond);
      const Interval share = proof::square((1.0 + e) / (1.0 + e * t));
      slope_[j] = t * share;
      const Interval fall =
          k == 0 ? Interval(1.0) : decay(from_, distance(j) - distance(far_.level[0]));
      relative_[j] = fall * share;
      relative_small_[j] = e * fall / (1.0 + e * t);
    }
    if (behind_.level.empty()) return;
    const std::size_t next = behind_.level[0];
    double largest = 1.0;
    if (e.lower() > 0.0)
      largest = std::min(
          1.0, (decay(from_, distance(next)) / proof::square(Interval(e.lower()))).upper());
    const double root = decay(from_, 0.5 * distance(next)).upper();
    for (std::size_t k = 0; k < behind_.level.size(); ++k) {
      const std::size_t j = behind_.level[k];
      const Interval fall = k == 0 ? Interval(1.0) : decay(from_, distance(j) - distance(next));
      const Interval g = Interval(0.0, largest) * fall;
      Interval small = Interval(0.0, std::min((e * Interval(0.0, largest)).upper(), root)) * fall;
      small = {0.0, small.upper()};
      put(j, small, 0.0, !beyond);
      const Interval share = proof::square((1.0 + e) / (1.0 + small));
      slope_[j] = g * share;
      relative_[j] = fall * share;
      relative_small_[j] = e * fall / (1.0 + small);
    }
  }

  /// By the combination in which the nearest level behind the half point does not appear, the pivot dominates.
  [[nodiscard]] bool pivot_is_off() const {
    Interval sum = 0.0;
    for (std::size_t j = 0; j < levels_.size(); ++j) {
      Interval factor = levels_.weight[j];
      if (!behind_.level.empty()) {
        if (j == behind_.level[0]) continue;
        factor *= levels_.x[j] - levels_.x[behind_.level[0]];
      }
      sum += fit_.residual[j] * slope_[j] * factor;
    }
    return proof::excludes_zero(sum);
  }

  /// The same where the target of the pivot is on the known plateau, and so is its output as e -> 0: divided by e,
  /// which is at least half way to the next level behind the half point.
  [[nodiscard]] bool pivot_is_just_off(const Interval& e) const {
    if (!levels_.is_on_plateau[pivot_] || side_ != Side::beyond || behind_.level.empty() ||
        !(fit_.factor.lower() > 0.0))
      return false;
    const Interval& origin = levels_.x[behind_.level[0]];
    const Interval half = 0.5 * distance(behind_.level[0]);
    // r (x - origin) of the pivot is positive.
    Interval sum =
        fit_.factor / (1.0 + e) * ((origin - levels_.x[pivot_]) * levels_.weight[pivot_]);
    const auto take = [&](std::size_t j, const Interval& apart) {
      const Interval term = fit_.residual[j] * ((levels_.x[j] - origin) * levels_.weight[j]);
      if (!(apart.lower() > 0.0)) return false;
      sum += term * decay(from_, apart) * proof::square(1.0 + e);
      return true;
    };
    for (const std::size_t j : far_.level)
      if (!(fit_.residual[j].upper() <= 0.0) && !take(j, distance(j) - half)) return false;
    // Behind the neighbour, which is left out, slopes over e are exp(-w distance) / e^3 at most.
    for (std::size_t k = 1; k < behind_.level.size(); ++k) {
      const std::size_t j = behind_.level[k];
      if (!(fit_.residual[j].lower() >= 0.0) &&
          !take(j, distance(j) - distance(behind_.level[0]) - half))
        return false;
    }
    return sum.lower() > 0.0;
  }

  /// The part of one side in the combination in which the pivot does not appear, relative to its nearest level.
  [[nodiscard]] Interval part(const Half& half) const {
    Interval sum = 0.0;
    bool none_positive = true, none_negative = true;
    for (const std::size_t j : half.level) {
      sum += fit_.residual[j] * relative_[j] *
             ((levels_.x[j] - levels_.x[pivot_]) * levels_.weight[j]);
      const Interval& r = fit_.residual[j];
      none_positive = none_positive && (j > pivot_ ? r.upper() <= 0.0 : r.lower() >= 0.0);
      none_negative = none_negative && (j > pivot_ ? r.lower() >= 0.0 : r.upper() <= 0.0);
    }
    // Rounding moves a zero, too.
    if (none_negative) sum = {std::max(0.0, sum.lower()), std::max(0.0, sum.upper())};
    if (none_positive) sum = {std::min(0.0, sum.lower()), std::min(0.0, sum.upper())};
    return sum;
  }

  [[nodiscard]] bool is_low(const Half& half) const {
    return (&half == &far_) == (side_ == Side::beyond);
  }

  /// Whether these are one level with a fitted plateau for itself.
  [[nodiscard]] bool is_followed(const Half& half) const {
    return half.level.size() == 1 &&
           (is_low(half) ? levels_.free_offset : levels_.top_weight == 0.0);
  }

  /// What a level with a plateau for itself adds to the combination without the pivot, relative to the nearest
  /// level of the other half. With c = 1 - phi on the low side and phi on the high one, r is orthogonal to
  /// c - c_pivot t, t the slopes; that is about one at the level, and small on the other half.
  [[nodiscard]] Interval correction(const Half& single, const Half& other) const {
    const std::size_t q = single.level[0];
    const bool low = is_low(single);
    const auto c = [&](std::size_t j) { return low ? 1.0 - phi_[j] : phi_[j]; };
    const Interval at_pivot = c(pivot_);
    Interval sum = 0.0;
    for (const std::size_t j : other.level)
      sum += fit_.residual[j] * (relative_small_[j] - at_pivot * relative_[j]) * levels_.weight[j];
    // c is 1 - small there.
    const Interval at_q = c(q) - at_pivot * slope_[q];
    return -(sum / at_q) * slope_[q] * (levels_.x[q] - levels_.x[pivot_]);
  }

  [[nodiscard]] bool neighbours_are_off(const Interval& e) const {
    if (far_.level.empty()) return !behind_.level.empty() && proof::excludes_zero(part(behind_));
    const Interval far = part(far_);
    if (behind_.level.empty()) return proof::excludes_zero(far);
    const Interval behind = part(behind_);
    // A plateau of one level follows it.
    if (is_followed(far_)) return proof::excludes_zero(behind + correction(far_, behind_));
    if (is_followed(behind_)) return proof::excludes_zero(far + correction(behind_, far_));
    // Where both have the same sign, one of them perhaps zero, nothing cancels.
    if ((far.lower() >= 0.0 && behind.lower() > 0.0) ||
        (far.lower() > 0.0 && behind.lower() >= 0.0) ||
        (far.upper() <= 0.0 && behind.upper() < 0.0) ||
        (far.upper() < 0.0 && behind.upper() <= 0.0))
      return true;
    // far + q behind with q = exp(-w (distance behind - distance far)) / e^2.
    const std::size_t low = pivot_ - 1, high = pivot_;  // gaps
    const double gap_behind = levels_.gap[side_ == Side::beyond ? high : low];
    const double gap_far = levels_.gap[side_ == Side::beyond ? low : high];
    const Interval squared = proof::square(e);
    if (gap_behind == gap_far)
      return levels_.gaps_are_exact && proof::excludes_zero(far * squared + behind);
    const Interval more = distance(behind_.level[0]) - distance(far_.level[0]);
    if (more.lower() > 0.0)
      return proof::excludes_zero(far * squared + behind * decay(from_, more));
    if (more.upper() < 0.0)
      return proof::excludes_zero(behind + far * squared * decay(from_, -more));
    return false;
  }

  /// Beyond the last level where targets there are on the known plateau: the height itself is of the size of the
  /// slopes at the nearest level f that is not on it. Without the pivot, with d distances to it, what is left is
  ///
  ///     sum_j y_j (s_j d_j - phi_j K),   K = sum phi s d / sum phi^2,
  ///
  /// over levels that are not on the plateau; relative to exp(-w d_f) the first is f's own.
  [[nodiscard]] bool height_is_off(const Interval& e) const {
    if (levels_.free_offset || levels_.top_weight > 0.0 || side_ != Side::beyond ||
        !behind_.level.empty() || !levels_.is_on_plateau[pivot_])
      return false;
    Interval moment = 0.0, square = proof::square(phi_[pivot_]) * levels_.weight[pivot_];
    for (const std::size_t j : far_.level) {
      moment += phi_[j] * slope_[j] * (distance(j) * levels_.weight[j]);
      square += proof::square(phi_[j]) * levels_.weight[j];
    }
    const Interval K = moment / square;
    Interval sum = 0.0;
    std::optional<Interval> nearest;
    for (const std::size_t j : far_.level) {
      if (levels_.is_on_plateau[j]) continue;
      if (!nearest) nearest = distance(j);
      const Interval fall =
          j == nearest_off_plateau() ? Interval(1.0) : decay(from_, distance(j) - *nearest);
      const Interval share = 1.0 / (1.0 + e * decay(from_, distance(j)));
      sum += levels_.y[j] * levels_.weight[j] * fall * share *
             (proof::square(1.0 + e) * share * distance(j) - K);
    }
    return proof::excludes_zero(sum);
  }

  /// The same where the half point is among levels that are all on the known plateau, up to the last: with f the nearest
  /// that is not, the combination of the slopes alone is
  ///
  ///     sum_j y_j phi_j (Q - phi_j),   Q = sum phi^3 / sum phi^2,
  ///
  /// over levels that are not on the plateau; here relative to phi_f, which is small, while Q is not.
  [[nodiscard]] bool small_height_is_off() const {
    if (levels_.free_offset || levels_.top_weight > 0.0 ||
        (side_ == Side::beyond && behind_.level.empty()))
      return false;
    std::size_t f = levels_.size();
    while (f > 0 && levels_.is_on_plateau[f - 1]) --f;
    if (f == 0 || f-- > pivot_) return false;
    Interval cube = 0.0, square = 0.0;
    for (std::size_t j = 0; j < levels_.size(); ++j) {
      const Interval squared = proof::square(phi_[j]) * levels_.weight[j];
      square += squared;
      cube += squared * phi_[j];
    }
    const Interval Q = cube / square;
    Interval sum = 0.0;
    for (std::size_t j = 0; j <= f; ++j) {
      if (levels_.is_on_plateau[j]) continue;
      // phi_j / phi_f = exp(-w distance) (1 - phi_j) / (1 - phi_f)
      const Interval ratio =
          j == f ? Interval(1.0)
                 : decay(from_, levels_.x[f] - levels_.x[j]) * (1.0 - phi_[j]) / (1.0 - phi_[f]);
      sum += levels_.y[j] * levels_.weight[j] * ratio * (Q - phi_[j]);
    }
    return proof::excludes_zero(sum);
  }

  /// Of the far side.
  [[nodiscard]] std::size_t nearest_off_plateau() const {
    return *std::find_if(far_.level.begin(), far_.level.end(),
                         [&](std::size_t j) { return !levels_.is_on_plateau[j]; });
  }

  const Levels& levels_;
  std::size_t pivot_;
  Side side_;
  double from_;
  Half far_, behind_;
  std::vector<Interval> phi_;
  std::vector<Interval> slope_;  ///< Relative to that of the pivot.
  std::vector<Interval>
      relative_;  ///< The same, relative to that of the nearest level of the half.
  std::vector<Interval> relative_small_;  ///< Distance of phi to its end, relative in the same way.
  Fit<Interval> fit_;
};

}  // namespace

bool tail_is_empty(const Levels& levels, std::size_t pivot, Side side, double from,
                   const StopCondition& stop) {
  assert(!levels.free_offset || side == Side::beyond || pivot > 0);
  Tail tail(levels, pivot, side, from);
  std::vector<Interval> open{Interval(0.0, 1.0)};
  while (!open.empty()) {
    if (stop.is_met()) return false;
    const Interval e = open.back();
    open.pop_back();
    if (tail.is_empty(e)) continue;
    if (!(proof::width_of(e) > kNarrowestPlace)) return false;
    const double cut = proof::middle(e);
    open.emplace_back(e.lower(), cut);
    open.emplace_back(cut, e.upper());
  }
  return true;
}

bool exponential_tail_is_empty(const Levels& levels, double from, const StopCondition& stop) {
  // The derivative by the rate is the combination without the last level.
  return tail_is_empty(levels, levels.size() - 1, Side::beyond, from, stop);
}

}  // namespace tautrack::amplitude
