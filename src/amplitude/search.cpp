#include "amplitude/search.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace tautrack::amplitude {
namespace {

/// Boxes times levels between two looks at the stop condition: some milliseconds.
constexpr long kLevelsBetweenLooks = 4096;
/// A box is not divided when it is narrower than this, relative to its place and to one: a few hundred units in
/// the last place, where only roots are left that are too near to a double one.
constexpr double kNarrowest = 1e-13;
constexpr int kNewtonSteps = 8;
/// Steps that narrow the enclosure of a root, each worth a tenth at least: slow first, then quadratic.
constexpr int kNarrowings = 40;
constexpr double kNarrower = 0.9;
/// The box that is verified about a root reaches so much beyond the one that it was found from.
constexpr double kInflation = 1.25;
/// Where Newton's method has converged to rounding, the root is looked for within this.
constexpr double kSmallRadius = 1e-9;
/// Newton's method may leave a box by so many of its widths.
constexpr double kReach = 2.0;
/// A contraction by less than this is not worth a second look before bisection.
constexpr double kWorthwhile = 0.6;
/// A box whose area shrinks by this may have a root in it.
constexpr double kPromising = 0.1;

/// From this slope on, over the distance to the nearest level, and for boxes that are narrower than that, sums over
/// levels may say less than the combinations of `curve_vectors`, which leave out what is small of higher order.
constexpr double kHardSlope = 4.0;
constexpr double kSmallBox = 1e-2;

using Square = std::array<std::array<double, 2>, 2>;

/// The inverse of the middles; nothing where that is not finite.
std::optional<Square> inverse_of_middles(const Dual& first, const Dual& second) {
  const double a = proof::middle(first.first), b = proof::middle(first.second);
  const double c = proof::middle(second.first), d = proof::middle(second.second);
  const double determinant = a * d - b * c;
  const Square inverse{{{d / determinant, -b / determinant}, {-c / determinant, a / determinant}}};
  for (const auto& row : inverse)
    for (const double entry : row)
      if (!std::isfinite(entry)) return std::nullopt;
  return inverse;
}

/// Whether a box has been contracted by enough to be looked at again before it is divided.
bool is_worthwhile(const ChartBox& box, const ChartBox& rest) {
  return proof::width_of(rest.first) < kWorthwhile * proof::width_of(box.first) ||
         proof::width_of(rest.second) < kWorthwhile * proof::width_of(box.second);
}

ChartBox point_box(double first, double second) { return {first, second}; }

bool is_finite(const ChartBox& box) {
  return proof::is_finite(box.first) && proof::is_finite(box.second);
}

bool is_narrow(const Interval& side) {
  return !(proof::width_of(side) > kNarrowest * (1.0 + proof::magnitude(side)));
}

}  // namespace

std::size_t ChartEquations::pivot(const ChartBox& box) const {
  if (chart_ != Chart::bulk) return pivot_;
  const double h = proof::middle(box.second);
  const std::vector<Interval>& x = levels_->x;
  std::size_t nearest = 0;
  for (std::size_t j = 1; j < x.size(); ++j)
    if (std::abs(proof::middle(x[j]) - h) < std::abs(proof::middle(x[nearest]) - h)) nearest = j;
  return nearest;
}

bool ChartEquations::is_beyond_cell(const ChartBox& box) const {
  // Half a gap, and a little more: cells of neighbours overlap.
  constexpr double half = 0.5 + 1e-9;
  const std::vector<Interval>& x = levels_->x;
  const auto beyond = [&](std::size_t neighbour, const Interval& v) {
    return neighbour < x.size() &&
           v.lower() > (half * proof::abs(x[neighbour] - x[pivot_]) * box.first.upper()).upper();
  };
  return beyond(pivot_ - 1, box.second) || beyond(pivot_ + 1, -box.second);
}

void ChartEquations::evaluate(const ChartBox& box, std::size_t pivot, Dual& first, Dual& second,
                              Dual& factor) {
  curve_vectors(chart_, *levels_, pivot, Dual(box.first, 1.0, 0.0), Dual(box.second, 0.0, 1.0),
                duals_);
  fit_to(*levels_, duals_.phi, dual_fit_);
  first = product(*levels_, dual_fit_.residual, duals_.first);
  second = product(*levels_, dual_fit_.residual, duals_.second);
  factor = dual_fit_.factor;
}

namespace {

/// m - Y F(m) + (1 - Y F'(box)) (box - m).
ChartBox krawczyk(const ChartBox& box, double m1, double m2, const Square& Y, const Dual& f1,
                  const Dual& f2, const Interval& at1, const Interval& at2) {
  const Interval d1 = box.first - m1, d2 = box.second - m2;
  const auto row = [&](std::size_t i, double middle, const Interval& unit1, const Interval& unit2) {
    const Interval y1 = Y[i][0], y2 = Y[i][1];
    return middle - (y1 * at1 + y2 * at2) + (unit1 - (y1 * f1.first + y2 * f2.first)) * d1 +
           (unit2 - (y1 * f1.second + y2 * f2.second)) * d2;
  };
  return {row(0, m1, 1.0, 0.0), row(1, m2, 0.0, 1.0)};
}

}  // namespace

std::optional<ChartBox> ChartEquations::verify(const ChartBox& box, std::size_t pivot) {
  Dual f1, f2, factor, at1, at2;
  ChartBox current = box;
  std::optional<ChartBox> proven;
  // Once it is proven, some more steps make it narrow.
  for (int step = 0; step < kNarrowings; ++step) {
    evaluate(current, pivot, f1, f2, factor);
    const auto Y = inverse_of_middles(f1, f2);
    if (!Y) break;
    const double m1 = proof::middle(current.first), m2 = proof::middle(current.second);
    evaluate(point_box(m1, m2), pivot, at1, at2, factor);
    const ChartBox image = krawczyk(current, m1, m2, *Y, f1, f2, at1.value, at2.value);
    if (!is_finite(image)) break;
    if (!proven) {
      if (!proof::is_inside(image.first, current.first) ||
          !proof::is_inside(image.second, current.second))
        return std::nullopt;
      proven = image;
    } else {
      ChartBox met = *proven;
      if (!proof::meet(met.first, image.first) || !proof::meet(met.second, image.second)) break;
      const bool narrower =
          proof::width_of(met.first) < kNarrower * proof::width_of(proven->first) ||
          proof::width_of(met.second) < kNarrower * proof::width_of(proven->second);
      proven = met;
      if (!narrower) break;
    }
    current = *proven;
  }
  return proven;
}

std::optional<std::pair<double, double>> ChartEquations::newton(const ChartBox& box,
                                                                std::size_t pivot) {
  const double m1 = proof::middle(box.first), m2 = proof::middle(box.second);
  const double reach1 = kReach * proof::width_of(box.first);
  const double reach2 = kReach * proof::width_of(box.second);
  double p = m1, q = m2;
  Dual f1, f2, factor;
  for (int step = 0; step < kNewtonSteps; ++step) {
    evaluate(point_box(p, q), pivot, f1, f2, factor);
    const auto Y = inverse_of_middles(f1, f2);
    if (!Y) return std::nullopt;
    const double v1 = proof::middle(f1.value), v2 = proof::middle(f2.value);
    const double d1 = (*Y)[0][0] * v1 + (*Y)[0][1] * v2, d2 = (*Y)[1][0] * v1 + (*Y)[1][1] * v2;
    p -= d1;
    q -= d2;
    if (!(std::abs(p - m1) <= reach1 && std::abs(q - m2) <= reach2)) return std::nullopt;
    if (std::abs(d1) <= kNarrowest * (1.0 + std::abs(p)) &&
        std::abs(d2) <= kNarrowest * (1.0 + std::abs(q)))
      return std::pair(p, q);
  }
  return std::nullopt;
}

namespace {

/// Where in [-1, 1] each variable may be at a root of the form; false where there is none.
bool solve_for(const Quadratic& f, Interval& e1, Interval& e2) {
  if (f.excludes_zero()) return false;
  if (!std::isfinite(f.error())) return true;
  // e^2 = 1/2 +- 1/2.
  const double centre = f.centre() + 0.5 * (f.first_squared() + f.second_squared());
  const double rest = 0.5 * (std::abs(f.first_squared()) + std::abs(f.second_squared())) +
                      std::abs(f.mixed()) + f.error() + f.size() * 0x1p-48;
  const auto solve = [&](double own, double other, Interval& unit) {
    if (!(std::abs(own) > 0.0)) return true;
    const double by = rest + std::abs(other);
    const Interval image = -(Interval(centre) + Interval(-by, by)) / Interval(own);
    return proof::meet(unit, proof::widened(image, proof::magnitude(image) * 0x1p-40));
  };
  return solve(f.first(), f.second(), e1) && solve(f.second(), f.first(), e2);
}

/// What of a side of a box has its place, by the variable `form`, in `unit`.
Interval part_of(const Interval& side, const Quadratic& form, bool is_first, const Interval& unit) {
  const double radius = is_first ? form.first() : form.second();
  const Interval part = Interval(form.centre()) + Interval(radius) * unit;
  Interval met = side;
  return proof::meet(met, part) ? met : side;
}

}  // namespace

EquationForms ChartEquations::forms(const ChartBox& box, std::size_t pivot) {
  curve_vectors(chart_, *levels_, pivot, Quadratic::variable(box.first, true),
                Quadratic::variable(box.second, false), forms_);
  fit_to(*levels_, forms_.phi, form_fit_);
  return {product(*levels_, form_fit_.residual, forms_.first),
          product(*levels_, form_fit_.residual, forms_.second)};
}

namespace {

/// A box within `box` that has all its roots; nothing when there are none.
std::optional<ChartBox> contracted(const ChartBox& box, const EquationForms& forms) {
  const auto& [f1, f2] = forms;
  Interval e1(-1.0, 1.0), e2(-1.0, 1.0);
  if (!solve_for(f1, e1, e2) || !solve_for(f2, e1, e2)) return std::nullopt;
  // The two combinations that know of one variable only.
  const Quadratic by_first = f1 * f2.second() - f2 * f1.second();
  const Quadratic by_second = f2 * f1.first() - f1 * f2.first();
  if (!solve_for(by_first, e1, e2) || !solve_for(by_second, e1, e2)) return std::nullopt;
  return ChartBox{part_of(box.first, Quadratic::variable(box.first, true), true, e1),
                  part_of(box.second, Quadratic::variable(box.second, false), false, e2)};
}

}  // namespace

std::optional<ChartBox> ChartEquations::contract(const ChartBox& box, std::size_t pivot) {
  if (chart_ != Chart::bulk && chart_ != Chart::steep) return contracted(box, forms(box, pivot));
  const auto rest =
      contracted(box, chart_ == Chart::bulk ? sums_.bulk(pivot, box.first, box.second)
                                            : sums_.steep(pivot, box.first, box.second));
  if (!rest || is_worthwhile(box, *rest) || !is_hard(box, pivot)) return rest;
  return contracted(*rest, forms(*rest, pivot));
}

bool ChartEquations::is_hard(const ChartBox& box, std::size_t pivot) const {
  if (chart_ == Chart::steep) return true;
  const double near = proof::middle(
      proof::abs(levels_->x[chart_functions::nearest_level(*levels_, pivot)] - levels_->x[pivot]));
  return box.first.upper() * near > kHardSlope || proof::width_of(box.first) < kSmallBox;
}

namespace {

/// The halves of a box, divided where it is wider in what moves the curves: by experience.
std::pair<ChartBox, ChartBox> halves(Chart chart, const ChartBox& box) {
  const Interval& p = box.first;
  const Interval& q = box.second;
  const bool by_ratio = chart != Chart::gentle;
  const double first = by_ratio ? std::log(p.upper() / p.lower()) : proof::width_of(p);
  double second = 2.0 * proof::width_of(q);
  if (chart == Chart::bulk) second = proof::width_of(q) * std::sqrt(p.lower() * p.upper());
  if (chart == Chart::gentle) second = 4.0 * proof::width_of(q);
  if (chart == Chart::steep) second = proof::width_of(q);
  const auto is_divisible = [](const Interval& side) { return !is_narrow(side); };
  if ((first >= second && is_divisible(p)) || !is_divisible(q)) {
    const double cut = by_ratio ? std::sqrt(p.lower() * p.upper()) : proof::middle(p);
    return {{{p.lower(), cut}, q}, {{cut, p.upper()}, q}};
  }
  const double cut = proof::middle(q);
  return {{p, {q.lower(), cut}}, {p, {cut, q.upper()}}};
}

/// A box about the root that Newton's method finds, which holds `box`, and in which it is the only one.
std::optional<ChartRoot> root_about(ChartEquations& equations, const ChartBox& box) {
  const std::size_t pivot = equations.pivot(box);
  const auto at = equations.newton(box, pivot);
  if (!at) return std::nullopt;
  const auto around = [](double z, const Interval& side) {
    const double radius =
        kInflation * std::max(std::abs(side.upper() - z), std::abs(z - side.lower())) +
        2.0 * kSmallRadius * (1.0 + std::abs(z));
    return Interval(z - radius, z + radius);
  };
  const ChartBox about{around(at->first, box.first), around(at->second, box.second)};
  if (!equations.verify(about, pivot)) return std::nullopt;
  // The only one there: a root in a small box about Newton's limit is the same.
  const auto small = [](double z) {
    const double radius = kSmallRadius * (1.0 + std::abs(z));
    return Interval(z - radius, z + radius);
  };
  const ChartBox near{small(at->first), small(at->second)};
  if (!proof::subset(near.first, about.first) || !proof::subset(near.second, about.second))
    return std::nullopt;
  const auto enclosure = equations.verify(near, pivot);
  if (!enclosure) return std::nullopt;
  return ChartRoot{equations.chart(), pivot, about, *enclosure};
}

}  // namespace

ChartSearch search_chart(ChartEquations& equations, std::vector<ChartBox> boxes, long most,
                         const StopCondition& stop) {
  ChartSearch result;
  const long between_looks =
      std::max(1L, kLevelsBetweenLooks / static_cast<long>(equations.levels().size()));
  while (!boxes.empty()) {
    if (result.boxes >= most || (result.boxes % between_looks == 0 && stop.is_met())) break;
    ++result.boxes;
    ChartBox box = boxes.back();
    boxes.pop_back();
    if (equations.chart() == Chart::steep && equations.is_beyond_cell(box)) continue;
    const std::optional<ChartBox> rest = equations.contract(box, equations.pivot(box));
    if (!rest) continue;
    const double first = proof::width_of(rest->first) / proof::width_of(box.first);
    const double second = proof::width_of(rest->second) / proof::width_of(box.second);
    if (first * second < kPromising)
      if (auto root = root_about(equations, *rest)) {
        result.roots.push_back(*root);
        continue;
      }
    if (is_narrow(rest->first) && is_narrow(rest->second)) {
      result.undecided.push_back(*rest);
    } else if (is_worthwhile(box, *rest)) {
      boxes.push_back(*rest);
    } else {
      auto [low, high] = halves(equations.chart(), *rest);
      boxes.push_back(high);
      boxes.push_back(low);
    }
  }
  result.undecided.insert(result.undecided.end(), boxes.begin(), boxes.end());
  return result;
}

}  // namespace tautrack::amplitude
