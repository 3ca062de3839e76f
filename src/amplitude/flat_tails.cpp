#include "amplitude/flat_tails.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace tautrack::amplitude {
namespace {

/// Rounds of the bounds of what is small, which then must hold: each shrinks the rest by the size of a tail.
constexpr int kBoundRounds = 8;
constexpr double kBoundRoom = 1.001;

/// exp(-from length) or less: for w >= from.
Interval fall(double from, const Interval& length) {
  return {0.0, proof::exponential(-(Interval(from) * length)).upper()};
}

Interval up_to(double bound) { return {0.0, bound}; }
Interval either_sign(double bound) { return {-bound, bound}; }

/// One side of the pivot, in units of the distance of its nearest level to its plateau.
struct HalfTail {
  std::vector<std::size_t> level;  ///< The nearest first.
  bool is_known = false;           ///< Its plateau.
  double held = 0.0;               ///< Weight of a level at infinity, which is on it with eps = 0.
  bool is_flat = false;
  bool is_single = false;  ///< One level with a fitted plateau, which follows it.
  double most = 0.0;       ///< Of eps of the nearest.
  std::vector<Interval> eps,
      slope;            ///< Relative: eps_j / eps_nearest, sigma'_j / (sigma'_pivot eps_nearest).
  Interval rest;        ///< sum omega (1 - eps)
  Interval mean;        ///< Of eps, relative; 0 where the plateau is known.
  double spread = 0.0;  ///< Of |mean - eps|, relative: 1 at most, 0 for one level.

  [[nodiscard]] bool empty() const { return level.empty(); }
};

class FlatTail {
 public:
  FlatTail(const Levels& levels, std::size_t pivot, Side side, double from, const Interval& e,
           const Fit<Interval>& fit)
      : levels_(levels), pivot_(pivot), from_(from), e_(e), fit_(fit) {
    const bool beyond = side == Side::beyond;
    for (std::size_t j = pivot; j-- > 0;) (beyond ? far_ : behind_).level.push_back(j);
    for (std::size_t j = pivot + 1; j < levels.size(); ++j)
      (beyond ? behind_ : far_).level.push_back(j);
    HalfTail& low = beyond ? far_ : behind_;
    low.is_known = levels.has_known_offset();
    low.held = levels.zero_weight;
    (beyond ? behind_ : far_).held = levels.top_weight;
    sign_ = beyond ? 1.0 : -1.0;
  }

  [[nodiscard]] bool is_empty() {
    if (behind_.empty() || !proof::excludes_zero(fit_.factor)) return false;
    far_.is_flat = is_flat(far_.level, far_);
    behind_.is_flat = is_flat(behind_.level, behind_);
    std::vector<std::size_t> with_pivot = far_.level;
    with_pivot.push_back(pivot_);
    if (is_flat(with_pivot, far_)) return pivot_follows_is_empty();
    if (far_.empty() || !(far_.is_flat || behind_.is_flat) || !(e_.lower() > 0.0)) return false;
    scale();
    return far_.is_flat && behind_.is_flat ? both_are_off() : one_is_off();
  }

 private:
  /// Whether these levels, of this side, have one target.
  [[nodiscard]] bool is_flat(const std::vector<std::size_t>& level, const HalfTail& side) const {
    if (level.empty() || (side.held > 0.0 && !levels_.repeats_zero)) return false;
    const auto [first, last] = std::minmax_element(level.begin(), level.end());
    return levels_.are_flat(*first, *last + 1, side.is_known);
  }
  /// Whether so many levels of a side are one that has a fitted plateau for itself.
  [[nodiscard]] static bool follows(const HalfTail& side, std::size_t levels) {
    return !side.is_known && side.held == 0.0 && levels == 1;
  }
  [[nodiscard]] Interval distance(std::size_t j) const {
    return proof::abs(levels_.x[j] - levels_.x[pivot_]);
  }
  [[nodiscard]] Interval apart(std::size_t j, std::size_t k) const {
    return proof::abs(levels_.x[j] - levels_.x[k]);
  }
  [[nodiscard]] Interval omega(std::size_t j) const { return levels_.weight[j]; }

  // --- The pivot between the plateaus --------------------------------------------------------------------

  /// Relative distances and slopes of both sides. @pre e > 0.
  void scale() {
    // sigma' of the pivot is e / (1 + e)^2.
    const Interval per_slope = proof::square(1.0 + e_) / e_;
    for (HalfTail* half : {&far_, &behind_}) {
      const std::size_t nearest = half->level[0];
      const double gone = fall(from_, distance(nearest)).upper();
      // exp(-|u|) of the nearest: e t on the far side, t / e behind, where it is no more than sqrt t.
      const double small = half == &far_ ? (e_ * gone).upper()
                                         : std::min((Interval(gone) / e_).upper(),
                                                    proof::sqrt(Interval(gone)).upper());
      half->most = small;
      half->is_single = follows(*half, half->level.size());
      half->eps.clear();
      half->slope.clear();
      half->rest = half->held;
      Interval sum = 0.0;
      for (const std::size_t j : half->level) {
        // eps = small / (1 + small)
        const Interval eps =
            j == nearest ? Interval(1.0)
                         : up_to((fall(from_, apart(j, nearest)) * (1.0 + up_to(small))).upper());
        const Interval left = 1.0 - up_to(small) * eps;
        half->eps.push_back(eps);
        half->slope.push_back(eps * left * per_slope);
        half->rest += omega(j) * left;
        sum += omega(j) * eps * left;
      }
      half->mean = half->is_known ? Interval(0.0) : sum / half->rest;
      half->spread = 1.0;
      if (half->is_single) {
        half->mean = 1.0;
        half->spread = 0.0;
      }
    }
  }

  /// sum omega (eps - mean) slope distance, relative to the square of the nearest eps; positive but for one level.
  [[nodiscard]] Interval square_of(const HalfTail& half) const {
    Interval sum = 0.0;
    if (half.is_single) return sum;
    for (std::size_t k = 0; k < half.level.size(); ++k)
      sum += omega(half.level[k]) * (half.eps[k] - half.mean) * half.slope[k] *
             distance(half.level[k]);
    return sum;
  }
  /// sum omega slope [distance]
  [[nodiscard]] double slopes_of(const HalfTail& half, bool with_distance) const {
    Interval sum = 0.0;
    for (std::size_t k = 0; k < half.level.size(); ++k)
      sum += omega(half.level[k]) * half.slope[k] *
             (with_distance ? distance(half.level[k]) : Interval(1.0));
    return sum.upper();
  }
  [[nodiscard]] double eps_of(const HalfTail& half) const {
    Interval sum = 0.0;
    for (std::size_t k = 0; k < half.level.size(); ++k) sum += omega(half.level[k]) * half.eps[k];
    return sum.upper();
  }
  /// What is 1 / rest where the plateau is fitted, and 0 where it cannot move.
  [[nodiscard]] static double give(const HalfTail& half) {
    return half.is_known ? 0.0 : (1.0 / half.rest).upper();
  }

  /// Bounds of |omega r| of the pivot and of s on both sides, over |b|, in a unit of what they come from.
  struct Bounds {
    double pivot = 0.0, far = 0.0, behind = 0.0;
  };
  /// The solution of v <= N v + source, where N is of the size of the tails; nothing when that is not shown.
  [[nodiscard]] std::optional<Bounds> bounds_from(const Bounds& source) const {
    const double far_slopes = (Interval(far_.most) * slopes_of(far_, false)).upper();
    const double behind_slopes = (Interval(behind_.most) * slopes_of(behind_, false)).upper();
    const double far_eps = (Interval(far_.most) * eps_of(far_)).upper();
    const double behind_eps = (Interval(behind_.most) * eps_of(behind_)).upper();
    const auto next = [&](const Bounds& v) {
      const Interval pivot = v.pivot, far = v.far, behind = v.behind;
      return Bounds{(far * far_slopes + behind * behind_slopes + source.pivot).upper(),
                    ((pivot + behind * behind_eps) * give(far_) + source.far).upper(),
                    ((pivot + far * far_eps) * give(behind_) + source.behind).upper()};
    };
    Bounds v = source;
    for (int round = 0; round < kBoundRounds; ++round) v = next(v);
    v = {kBoundRoom * v.pivot, kBoundRoom * v.far, kBoundRoom * v.behind};
    const Bounds image = next(v);
    if (!(image.pivot <= v.pivot && image.far <= v.far && image.behind <= v.behind))
      return std::nullopt;
    return v;
  }

  /// Both sides are flat: T / b = x^2 (...) + y^2 (...) with x and y the nearest eps.
  [[nodiscard]] bool both_are_off() const {
    // Sources of the bounds, over x^2: |r| of the far side is x spread + s.
    Bounds of_far, of_behind;
    of_far.pivot = far_.spread * slopes_of(far_, false);
    of_far.behind = (Interval(far_.spread) * eps_of(far_) * give(behind_)).upper();
    of_behind.pivot = behind_.spread * slopes_of(behind_, false);
    of_behind.far = (Interval(behind_.spread) * eps_of(behind_) * give(far_)).upper();
    const Interval far_moment = Interval(far_.most) * slopes_of(far_, true);
    const Interval behind_moment = Interval(behind_.most) * slopes_of(behind_, true);
    const auto is_positive = [&](const HalfTail& half, const Bounds& source) {
      const auto small = bounds_from(source);
      if (!small) return false;
      const Interval errors =
          far_moment * Interval(small->far) + behind_moment * Interval(small->behind);
      return square_of(half).lower() > errors.upper();
    };
    // A side that follows is no source, and adds nothing but what the other one's bounds have.
    if (far_.is_single && behind_.is_single) return false;
    return (far_.is_single || is_positive(far_, of_far)) &&
           (behind_.is_single || is_positive(behind_, of_behind));
  }

  /// One side is flat, with x its nearest eps, and the other, y, is not: T / b = x^2 q + y h.
  [[nodiscard]] bool one_is_off() const {
    const HalfTail& flat = far_.is_flat ? far_ : behind_;
    const HalfTail& other = far_.is_flat ? behind_ : far_;
    Interval h = 0.0, pull = 0.0, push = 0.0;
    for (std::size_t k = 0; k < other.level.size(); ++k) {
      const std::size_t j = other.level[k];
      const Interval r = fit_.residual[j] / fit_.factor;
      h += omega(j) * r * other.slope[k] * distance(j);
      pull += omega(j) * proof::abs(r) * other.slope[k];
      push += omega(j) * proof::abs(r) * other.eps[k];
    }
    h *= Interval(far_.is_flat ? sign_ : -sign_);
    // s <= alpha x^2 + beta y
    const double slopes = slopes_of(flat, false);
    const Interval left = 1.0 - Interval(flat.most) * slopes * give(flat);
    if (!(left.lower() > 0.0)) return false;
    const double alpha = (Interval(flat.spread) * slopes * give(flat) / left).upper();
    const double beta = ((pull + push) * give(flat) / left).upper();
    const Interval moment = Interval(flat.most) * slopes_of(flat, true);
    const Interval q = square_of(flat) + either_sign((moment * alpha).upper());
    h += either_sign((moment * beta).upper());
    if (flat.is_single) return proof::excludes_zero(h);
    if (!(q.lower() > 0.0) || !proof::excludes_zero(h)) return false;
    if (h.lower() > 0.0) return true;
    return ratio_is_off(q, h);
  }

  /// x^2 q + y h with q and h of opposite signs: x^2 / y = e^3 exp(-w (2 d - d')), or the same with 1/e, d and d' the
  /// distances of the nearest levels of the flat and of the other side.
  [[nodiscard]] bool ratio_is_off(const Interval& q, const Interval& h) const {
    const HalfTail& flat = far_.is_flat ? far_ : behind_;
    const HalfTail& other = far_.is_flat ? behind_ : far_;
    const Interval cube = e_ * proof::square(e_);
    const Interval power = far_.is_flat ? cube : 1.0 / cube;
    const Interval rounded = (1.0 + up_to(other.most)) / proof::square(1.0 + up_to(flat.most));
    const Interval more = 2.0 * distance(flat.level[0]) - distance(other.level[0]);
    const auto gap_to = [&](std::size_t j) { return levels_.gap[std::min(j, pivot_)]; };
    if (levels_.gaps_are_exact && 2.0 * gap_to(flat.level[0]) == gap_to(other.level[0]))
      return proof::excludes_zero(power * rounded * q + h);
    if (more.lower() > 0.0)
      return proof::excludes_zero(power * rounded * fall(from_, more) * q + h);
    if (more.upper() < 0.0)
      return proof::excludes_zero(q + h * fall(from_, -more) / (power * rounded));
    return false;
  }

  // --- The pivot on the plateau of the far side ----------------------------------------------------------

  /// eps of the far levels and the pivot relative to e, slopes relative to the pivot's; behind relative to g e and g, where
  /// exp(-|u|) of the nearest is g e, g <= 1. T' is the combination without the nearest level behind.
  [[nodiscard]] bool pivot_follows_is_empty() const {
    const std::size_t m = behind_.level[0];
    const Interval D = distance(m);
    const double root = fall(from_, 0.5 * D).upper();  // g e is no more
    std::vector<std::size_t> level = far_.level;
    level.insert(level.begin(), pivot_);
    const bool is_single = follows(far_, level.size());
    Interval rest = far_.held, weighted = 0.0, all_eps = 0.0, Z = 0.0, moment = 0.0;
    std::vector<Interval> eps, slope;
    for (const std::size_t j : level) {
      const Interval t = j == pivot_ ? Interval(1.0) : fall(from_, distance(j));
      const Interval own = t / (1.0 + e_ * t);
      eps.push_back(own);
      slope.push_back(t * proof::square((1.0 + e_) / (1.0 + e_ * t)));
      const Interval left = 1.0 / (1.0 + e_ * t);
      rest += omega(j) * left;
      weighted += omega(j) * own * left;
      all_eps += omega(j) * own;
      Z += omega(j) * slope.back() * (D + distance(j));
      moment += omega(j) * slope.back() * distance(j);
    }
    const Interval mean = far_.is_known ? Interval(0.0) : weighted / rest;
    const double give_far = far_.is_known ? 0.0 : (1.0 / rest).upper();
    Interval P = 0.0, far = 0.0;
    for (std::size_t k = 0; k < level.size() && !is_single; ++k) {
      const Interval part = omega(level[k]) * (eps[k] - mean) * slope[k];
      P += part * (D + distance(level[k]));
      far += part * distance(level[k]);
    }
    // Behind: slopes over g are (1 + e)^2 / (1 + small)^2 times the fall.
    Interval sum_eps = 0.0, next = 0.0, whole = 0.0, first = 0.0, rest_behind = behind_.held;
    const bool flat_behind = behind_.is_flat;
    for (const std::size_t k : behind_.level) {
      const Interval t = k == m ? Interval(1.0) : fall(from_, apart(k, m));
      const Interval small = up_to(root) * t;
      const Interval steep = t * proof::square((1.0 + e_) / (1.0 + small));
      const Interval r = flat_behind ? Interval(1.0) : proof::abs(fit_.residual[k] / fit_.factor);
      sum_eps += omega(k) * r * t;
      next += omega(k) * r * steep * apart(k, m);
      if (!flat_behind) first += omega(k) * (fit_.residual[k] / fit_.factor) * steep * distance(k);
      whole += omega(k) * steep * distance(k);
      rest_behind += omega(k) / (1.0 + small);
    }
    if (flat_behind)
      return flat_steps_are_off(P, Z, sum_eps, next, all_eps, give_far,
                                behind_.is_known ? 0.0 : (1.0 / rest_behind).upper(), root,
                                is_single);
    // s / e <= g U; T' / (b e) >= P - g U Z - (g / e) V.
    const Interval U = sum_eps * give_far;
    if (is_single) return false;
    // The combination without the pivot: g h against e (far) + e g U moment.
    const Interval h = proof::abs(first);
    const Interval against = h - e_ * U * moment;
    if (!(against.lower() > 0.0) || !(P.lower() > 0.0)) return false;
    // Unless g <= e G, it excludes; and then T' does.
    const Interval G = proof::abs(far) / against;
    return P.lower() > (G * (e_ * U * Z + next)).upper();
  }

  /// The same where all behind are flat, too: |r| over b is at most y + s there, y = g e.
  /// @param sum_eps, next With ones for residuals.
  [[nodiscard]] bool flat_steps_are_off(const Interval& P, const Interval& Z,
                                        const Interval& sum_eps, const Interval& next,
                                        const Interval& all_eps, double give_far,
                                        double give_behind, double root, bool is_single) const {
    const bool single_behind = follows(behind_, behind_.level.size());
    const double spread_far = is_single ? 0.0 : 1.0, spread = single_behind ? 0.0 : 1.0;
    // s_far <= (spread_behind y + s_behind) y Y give_far, s_behind <= (spread_far e + s_far) e X give_behind
    const Interval Y = sum_eps, X = all_eps;
    const Interval loop = Interval(root) * Y * give_far * e_ * X * give_behind;
    const Interval left = 1.0 - loop;
    if (!(left.lower() > 0.0)) return false;
    // s_far <= a y^2 + c y e^2, s_behind <= d e^2 + f y^2 e
    const Interval a = Interval(spread) * Y * give_far / left;
    const Interval c = Interval(spread_far) * Y * give_far * X * give_behind / left;
    const Interval d = (Interval(spread_far) + c * up_to(root)) * X * give_behind;
    const Interval f = a * X * give_behind;
    if (!is_single) {
      // T' / (b e): s Z / e with y^2 / e = g y <= root, y e <= root e; and (g / e) (y spread + s_behind) next, with
      // g y / e = g^2 <= 1, g e <= root, g y^2 <= root^2.
      const Interval bounds =
          (a * Interval(root) + c * Interval(root) * e_) * Z +
          (Interval(spread) + d * Interval(root) + f * proof::square(Interval(root))) * next;
      return P.lower() > bounds.upper();
    }
    if (single_behind) return false;
    // The pivot is the plateau: without it, over b g y, sum omega (eps - mean) slope distance of those behind, less s_behind
    // times their slopes; s_behind over the nearest eps, y / (1 + y), is f y e (1 + y).
    const std::size_t m = behind_.level[0];
    Interval rest = behind_.held, weighted = 0.0;
    std::vector<Interval> eps;
    for (const std::size_t k : behind_.level) {
      const Interval t =
          k == m ? Interval(1.0) : up_to((fall(from_, apart(k, m)) * (1.0 + up_to(root))).upper());
      eps.push_back(t);
      const Interval rest_of = 1.0 - up_to(root) * t;
      rest += omega(k) * rest_of;
      weighted += omega(k) * t * rest_of;
    }
    const Interval mean = behind_.is_known ? Interval(0.0) : weighted / rest;
    Interval sum = 0.0, slopes = 0.0;
    for (std::size_t i = 0; i < behind_.level.size(); ++i) {
      const std::size_t k = behind_.level[i];
      const Interval t = k == m ? Interval(1.0) : fall(from_, apart(k, m));
      const Interval steep = t * proof::square((1.0 + e_) / (1.0 + up_to(root) * t));
      sum += omega(k) * (eps[i] - mean) * steep * distance(k);
      slopes += omega(k) * steep * distance(k);
    }
    return sum.lower() > (f * Interval(root) * e_ * (1.0 + Interval(root)) * slopes).upper();
  }

  const Levels& levels_;
  std::size_t pivot_;
  double from_;
  Interval e_;
  const Fit<Interval>& fit_;
  HalfTail far_, behind_;
  double sign_ = 1.0;  ///< 1: the far side is the low one.
};

}  // namespace

bool flat_tail_is_empty(const Levels& levels, std::size_t pivot, Side side, double from,
                        const Interval& e, const Fit<Interval>& fit) {
  return FlatTail(levels, pivot, side, from, e, fit).is_empty();
}

}  // namespace tautrack::amplitude
