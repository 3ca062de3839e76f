#include "inference/one_weight.hpp"

#include <algorithm>
#include <cmath>

#include "tautrack/data/zero_doses.hpp"

#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"

namespace tautrack::inference {
namespace {

/// The smallest weight that is looked at moves no node input by more than this.
constexpr double kLeastMove = 1e-6;
/// The largest one leaves every node input that it moves this far from zero.
constexpr double kSaturated = 50.0;
/// From one weight to the next none moves by more than this where sigmoids are not flat ...
constexpr double kMoveOnGrid = 0.1;
/// ... but there are no more than so many, each way.
constexpr int kMostWeights = 20000;
/// Curves are nearly straight where no node input moves by more than this.
constexpr double kNearlyStraight = 1e-3;
/// Known parts that are equal to this are so.
constexpr double kEqualInputs = 1e-12;

ProfilePiece values(double low, double high) {
  return {low, high, std::isfinite(low) ? ProfileEnd::limit : ProfileEnd::unbounded,
          std::isfinite(high) ? ProfileEnd::limit : ProfileEnd::unbounded};
}
ProfilePiece infinite(double sign) { return values(sign * kInfinity, sign * kInfinity); }

/// Of a number that is quadratic in the energy.
ProfilePiece around(double best, double curvature, double room) {
  const double reach = std::sqrt(2.0 * room / curvature);
  return values(best - reach, best + reach);
}

void extend(SeenRange& range, const SeenCurve& curve) {
  if (!range.lowest || curve.value < range.lowest->value) range.lowest = curve;
  if (!range.highest || curve.value > range.highest->value) range.highest = curve;
}

}  // namespace

OneWeight::OneWeight(const SigmoidModel& model, double threshold, const StopCondition& stop)
    : x_(model.problem.X.col(0)),
      o_(model.problem.offset.size() > 0 ? model.problem.offset
                                         : Vector(Vector::Zero(model.problem.X.rows()))),
      y_(model.problem.y),
      omega_(model.problem.pattern_weights.size() > 0
                 ? model.problem.pattern_weights
                 : Vector(Vector::Ones(model.problem.X.rows()))),
      total_(omega_.sum()),
      mean_(omega_.dot(y_) / total_),
      activation_(model.activation),
      range_(model.range),
      threshold_(threshold),
      stop_(stop) {
  set_grid();
  look();
  if (!range_.low && !range_.high) add_line();
  for (const double side : {-1.0, 1.0}) add_end(side);
}

void OneWeight::set_grid() {
  double least = kInfinity, most = 0.0;
  for (const double x : x_) {
    if (x == 0.0) continue;
    least = std::min(least, std::abs(x));
    most = std::max(most, std::abs(x));
  }
  const double far = o_.cwiseAbs().maxCoeff();
  const double first = kLeastMove / most, last = (kSaturated + far) / least;
  // Inputs that are not flat are below a few, or what the known part leaves of a larger one.
  const double step = kMoveOnGrid / (1.0 + far);
  const int count = static_cast<int>(std::min<double>(kMostWeights, std::log(last / first) / step));
  grid_.push_back(0.0);
  for (int k = 0; k <= count; ++k) {
    const double w = first * std::pow(last / first, static_cast<double>(k) / count);
    grid_.push_back(w);
    grid_.push_back(-w);
  }
}

OneWeight::Shares OneWeight::shares_at(double w) const {
  const Range own = tautrack::range(activation_);
  const Vector u = w * x_ + o_;
  Shares shares{Vector(u.size()), range_.high.has_value()};
  // From the plateau that most are nearer to nothing cancels.
  if (!range_.low && !range_.high) shares.from_high = (u.array() > 0.0).count() * 2 > u.size();
  for (Index i = 0; i < u.size(); ++i) {
    const double near = evaluate(activation_, u(i)).tail / (own.high - own.low);
    const bool is_high = u(i) > 0.0;
    shares.part(i) =
        part_of(is_high ? 1.0 - near : near, is_high ? near : 1.0 - near, shares.from_high);
  }
  return shares;
}

OneWeight::Best OneWeight::best_of(const Shares& shares, const OutputRange& range) const {
  Best best;
  const std::optional<double>& base = shares.from_high ? range.high : range.low;
  const std::optional<double>& other = shares.from_high ? range.low : range.high;
  // What the other plateau sees: z = other -+ height (1 - |part|).
  const double sense = shares.from_high ? -1.0 : 1.0;
  const Vector rest = sense * (1.0 - shares.part.array().abs());
  const Vector weighted = omega_.cwiseProduct(shares.part);
  const Vector weighted_rest = omega_.cwiseProduct(rest);
  const double pp = weighted.dot(shares.part), p = weighted.sum();
  const double rr = weighted_rest.dot(rest), r = weighted_rest.sum();
  if (base && other) {
    best.base = *base;
    best.height = sense * (*other - *base);
  } else if (base) {
    best.base = *base;
    best.height = weighted.dot(Vector(y_.array() - *base)) / pp;
    best.of_other = pp;
  } else if (other) {
    best.height = -weighted_rest.dot(Vector(y_.array() - *other)) / rr;
    best.base = *other - sense * best.height;
    best.of_base = rr;
    best.height_per_base = -sense;
  } else {
    const Vector centred = shares.part.array() - p / total_;
    const Vector moved = omega_.cwiseProduct(centred);
    best.height = moved.dot(Vector(y_.array() - mean_)) / moved.dot(centred);
    best.base = mean_ - best.height * p / total_;
    best.of_base = total_ - p * p / pp;
    best.of_other = total_ - r * r / rr;
    best.height_per_base = -p / pp;
    // height = (base - other) / -sense, and the height moves by r / rr with the other plateau.
    best.base_per_other = 1.0 - sense * r / rr;
  }
  best.is_curve = std::isfinite(best.base) && best.height > 0.0 && std::isfinite(best.height);
  const Vector z = best.base + best.height * shares.part.array();
  best.energy = 0.5 * omega_.dot((z - y_).cwiseAbs2());
  return best;
}

Range OneWeight::plateaus_of(const Shares& shares, const Best& best) {
  return shares.from_high ? Range{best.base - best.height, best.base}
                          : Range{best.base, best.base + best.height};
}

double OneWeight::energy_of_constant(double value) const {
  return 0.5 * omega_.dot(Vector((y_.array() - value).square()));
}

void OneWeight::look() {
  for (const double w : grid_) {
    if (stop_.is_met()) {
      missed_ = "time was up before all curves were looked at";
      return;
    }
    const Shares shares = shares_at(w);
    const Best best = best_of(shares, range_);
    if (!best.is_curve || !(best.energy < threshold_)) continue;
    SeenCurve curve{w, w, 0.0, plateaus_of(shares, best), best.energy};
    extend(weight_, curve);
    const double room = 2.0 * (threshold_ - best.energy), sense = shares.from_high ? -1.0 : 1.0;
    // One plateau as far away as the threshold allows, the other one fitted again.
    const auto see = [&](bool is_base, double by) {
      Best moved = best;
      if (is_base) {
        moved.base += by;
        moved.height += best.height_per_base * by;
      } else {
        const double base_by = best.base_per_other * by;
        moved.base += base_by;
        moved.height += sense * (by - base_by);
      }
      if (!(moved.height > 0.0)) return;
      const Range plateaus = plateaus_of(shares, moved);
      const bool is_low = is_base != shares.from_high;
      extend(is_low ? low_ : high_,
             {is_low ? plateaus.low : plateaus.high, w, 0.0, plateaus, threshold_});
    };
    for (const double side : {-1.0, 1.0}) {
      if (best.of_base > 0.0) see(true, side * std::sqrt(room / best.of_base));
      if (best.of_other > 0.0) see(false, side * std::sqrt(room / best.of_other));
    }
  }
}

SeenCurve OneWeight::lowest_curve(ParameterKind kind, double value) const {
  OutputRange range = range_;
  (kind == ParameterKind::low ? range.low : range.high) = value;
  SeenCurve lowest;
  for (const double w : grid_) {
    if (stop_.is_met()) break;
    const Shares shares = shares_at(w);
    const Best best = best_of(shares, range);
    if (best.is_curve && best.energy < lowest.energy)
      lowest = {value, w, 0.0, plateaus_of(shares, best), best.energy};
  }
  return lowest;
}

const SeenRange& OneWeight::seen(ParameterKind kind) const {
  return kind == ParameterKind::low ? low_ : kind == ParameterKind::high ? high_ : weight_;
}

std::vector<LimitValues> OneWeight::limits(ParameterKind kind) const {
  return kind == ParameterKind::low ? of_low_ : kind == ParameterKind::high ? of_high_ : of_weight_;
}

void OneWeight::add(double energy, const std::string& words, const ProfilePiece& weight,
                    const ProfilePiece& low, const ProfilePiece& high) {
  const std::string text = words + ", E = " + number(energy);
  of_weight_.push_back({weight, energy, text});
  of_low_.push_back({low, energy, text});
  of_high_.push_back({high, energy, text});
}

void OneWeight::add_line() {
  if ((x_.array() == x_(0)).all()) return;
  Matrix columns(x_.size(), 2);
  columns << Vector::Ones(x_.size()), x_;
  const Vector of_known = least_squares(columns, o_);
  const double size = o_.cwiseAbs().maxCoeff();
  if ((columns * of_known - o_).cwiseAbs().maxCoeff() > kEqualInputs * size) return;
  const Vector root = omega_.cwiseSqrt();
  const Vector line =
      least_squares(Matrix(root.asDiagonal() * columns), Vector(root.cwiseProduct(y_)));
  const double energy = 0.5 * omega_.dot((columns * line - y_).cwiseAbs2());
  if (!(energy < threshold_)) return;
  // Else node inputs are nearly equal, and curves nearly straight, at a weight between those of the grid.
  if ((o_.array() == o_(0)).all())
    add(energy, "a straight line, of plateaus that are infinitely far apart",
        values(-nearly_straight(-1.0), nearly_straight(1.0)), infinite(-1.0), infinite(1.0));
  else
    missed_ =
        "straight lines were not looked at, for the known part of the node inputs is a multiple of "
        "the column and a constant";
}

double OneWeight::nearly_straight(double side) const {
  const double most = kNearlyStraight / x_.cwiseAbs().maxCoeff();
  double reach = 0.0;
  for (const double size : grid_) {
    if (!(size > 0.0)) continue;
    if (stop_.is_met()) break;
    const Best best = best_of(shares_at(side * size), range_);
    if (size > most || !best.is_curve || !(best.energy < threshold_)) break;
    reach = size;
  }
  return reach;
}

void OneWeight::add_end(double side) {
  const bool is_rising = (side * x_.array() > 0.0).all();
  if (!is_rising && !(side * x_.array() < 0.0).all()) return add_two_sided_end(side);
  // All come to one plateau. What they are away from it, beside one that moves away, falls as the tails do.
  const Vector size = x_.cwiseAbs();
  const double least = size.minCoeff();
  Shares shares{Vector::Zero(x_.size()), is_rising};
  const double rate = activation_ == Activation::tanh ? 2.0 : 1.0;
  double nearest = kInfinity;  // of what is known of those that fall last, towards the middle
  for (Index i = 0; i < size.size(); ++i)
    if (size(i) == least) nearest = std::min(nearest, is_rising ? o_(i) : -o_(i));
  for (Index i = 0; i < size.size(); ++i) {
    double part = 0.0;
    if (activation_ == Activation::arctan)
      part = least / size(i);
    else if (size(i) == least && activation_ == Activation::erf)
      part = (is_rising ? o_(i) : -o_(i)) == nearest ? 1.0 : 0.0;
    else if (size(i) == least)
      part = std::exp(-rate * ((is_rising ? o_(i) : -o_(i)) - nearest));
    shares.part(i) = is_rising ? -part : part;
  }
  const bool is_other_free = is_rising ? !range_.low : !range_.high;
  const std::optional<double>& known = is_rising ? range_.high : range_.low;
  const double away = is_rising ? -1.0 : 1.0;
  const auto add_of = [&](double energy, const std::string& words, const ProfilePiece& base,
                          const ProfilePiece& other) {
    if (energy < threshold_)
      add(energy, words, infinite(side), is_rising ? other : base, is_rising ? base : other);
  };
  if (is_other_free) {
    const Best best = best_of(shares, range_);
    if (best.is_curve)
      return add_of(best.energy, "an infinite slope, and a plateau infinitely far away",
                    known ? values(best.base, best.base)
                          : around(best.base, best.of_base, threshold_ - best.energy),
                    infinite(away));
  }
  const double value = known.value_or(mean_), energy = energy_of_constant(value);
  const double other =
      is_rising ? range_.low.value_or(-kInfinity) : range_.high.value_or(kInfinity);
  if (!(away * (other - value) > 0.0)) return;
  add_of(energy, "an infinite slope, with all rows on one plateau",
         known ? values(value, value) : around(value, total_, threshold_ - energy),
         values(std::min(value, other), std::max(value, other)));
}

void OneWeight::add_two_sided_end(double side) {
  const Range own = tautrack::range(activation_);
  Shares shares{Vector(x_.size()), range_.high.has_value()};
  for (Index i = 0; i < x_.size(); ++i) {
    const double near = evaluate(activation_, o_(i)).tail / (own.high - own.low);
    const double u = side * x_(i);
    double done = u > 0.0 ? 1.0 : 0.0, left = 1.0 - done;
    if (u == 0.0) {
      done = o_(i) > 0.0 ? 1.0 - near : near;
      left = o_(i) > 0.0 ? near : 1.0 - near;
    }
    shares.part(i) = part_of(done, left, shares.from_high);
  }
  const Best best = best_of(shares, range_);
  if (!best.is_curve || !(best.energy < threshold_)) return;
  const double room = threshold_ - best.energy;
  const Range plateaus = plateaus_of(shares, best);
  const auto of = [&](double value, double curvature) {
    return curvature > 0.0 ? around(value, curvature, room) : values(value, value);
  };
  add(best.energy, "a step", infinite(side),
      of(plateaus.low, shares.from_high ? best.of_other : best.of_base),
      of(plateaus.high, shares.from_high ? best.of_base : best.of_other));
}

}  // namespace tautrack::inference
