// Affine, Dual and the charts enclose what they say, at points of random boxes, against long doubles.

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "amplitude/affine.hpp"
#include "amplitude/charts.hpp"
#include "amplitude/dual.hpp"
#include "amplitude/levels.hpp"
#include "amplitude/quadratic.hpp"
#include "amplitude/search.hpp"
#include "amplitude/sigmoid_sums.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace inclusion_test {

using namespace tautrack;
using namespace tautrack::amplitude;
using Long = long double;
using support::Random;

namespace {

/// What long doubles may be off by themselves, relative to what was summed: much less than the least width of an
/// interval of doubles.
constexpr Long kLongError = 1e-16L;

bool is_within(Long value, const Interval& range, Long size) {
  const Long slack = kLongError * (std::abs(value) + size);
  // An end that is not finite claims nothing.
  return !(value < static_cast<Long>(range.lower()) - slack) &&
         !(value > static_cast<Long>(range.upper()) + slack);
}

/// Whether the affine form allows the value at these places in [-1, 1].
bool is_within(Long value, const Affine& form, Long e1, Long e2, Long size) {
  const Long linear = form.centre() + form.first() * e1 + form.second() * e2;
  const Long off = std::abs(value - linear);
  return !(off > form.error() + kLongError * (std::abs(value) + size));
}

bool is_within(Long value, const Quadratic& form, Long e1, Long e2, Long size) {
  const Long at = form.centre() + form.first() * e1 + form.second() * e2 +
                  form.first_squared() * e1 * e1 + form.mixed() * e1 * e2 +
                  form.second_squared() * e2 * e2;
  const Long off = std::abs(value - at);
  return !(off > form.error() + kLongError * (std::abs(value) + size));
}

/// The place in [-1, 1] of a number that a variable takes.
template <class Form>
Long place_in(const Form& variable, bool is_first, Long value) {
  const double radius = is_first ? variable.first() : variable.second();
  return radius > 0.0 ? (value - variable.centre()) / radius : 0.0L;
}

/// Log-uniform.
double random_size(Random& random, double low, double high) {
  return low * std::pow(high / low, random.uniform(0.0, 1.0));
}

Long inside(Random& random, const Interval& side) {
  const double choice = random.uniform(0.0, 1.0);
  if (choice < 0.1) return side.lower();
  if (choice < 0.2) return side.upper();
  const Long t = random.uniform(0.0, 1.0);
  return static_cast<Long>(side.lower()) * (1.0L - t) + static_cast<Long>(side.upper()) * t;
}

/// What is known of the low plateau, with a level at minus infinity or without one.
enum class Low { free, known, observed, known_and_falling };

Low random_low(Random& random) { return static_cast<Low>(random.integer(0, 4)); }

/// Data of J levels, equally spaced or not.
Levels random_levels(Random& random, Low kind) {
  const int J = 4 + static_cast<int>(random.uniform(0.0, 7.0));
  const bool even = random.uniform(0.0, 1.0) < 0.5;
  std::vector<double> x, y, weights;
  double at = random.uniform(-5.0, 5.0);
  for (int j = 0; j < J; ++j) {
    x.push_back(at);
    at += even ? 0.75 : random_size(random, 0.05, 2.0);
    y.push_back(random.uniform(-1.0, 1.0));
    weights.push_back(even ? 1.0 : random_size(random, 0.2, 5.0));
  }
  const double low = random.uniform(-1.5, 0.0);
  const ZeroLevel zero{random.uniform(-1.0, 1.0), random_size(random, 0.2, 20.0)};
  switch (kind) {
    case Low::free:
      return {x, y, weights, nullptr};
    case Low::known:
      return {x, y, weights, &low};
    case Low::observed:
      return {x, y, weights, nullptr, zero};
    case Low::known_and_falling:
      break;
  }
  return Levels(x, y, weights, &low, zero).falling();
}

/// x of a level, exact.
Long place(const Levels& levels, std::size_t j) {
  return (static_cast<Long>(levels.value[j]) - levels.centre) / levels.scale;
}

/// (sinh z - z) / z^3
Long long_chi(Long z) {
  if (std::abs(z) > 0.5L) return (std::sinh(z) - z) / (z * z * z);
  Long sum = 0.0L, term = 1.0L / 6.0L;
  for (int k = 0; k < 20; ++k) {
    sum += term;
    term *= z * z / static_cast<Long>((2 * k + 4) * (2 * k + 5));
  }
  return sum;
}
Long long_sinhc(Long z) { return std::abs(z) < 1e-6L ? 1.0L + z * z / 6.0L : std::sinh(z) / z; }

Long logistic(Long u) { return 1.0L / (1.0L + std::exp(-u)); }
/// log sigma'(u)
Long log_slope(Long u) { return -std::abs(u) - 2.0L * std::log1p(std::exp(-std::abs(u))); }

using Vectors = std::array<std::vector<Long>, 3>;

/// (sigma_j - s) / (w s (1 - s)), its square, and what is left of x sigma'; with a known offset sigma_j / s; with a level
/// at infinity sigma_j, and its derivatives over s (1 - s).
Vectors long_gentle(const Levels& levels, Long w, Long s) {
  Vectors out;
  for (std::size_t j = 0; j < levels.size(); ++j) {
    const Long x = place(levels, j), z = w * x, e = std::exp(0.5L * z);
    const Long q = (1.0L - s) / e + s * e;
    if (levels.free_offset) {
      const Long phi = x * long_sinhc(0.5L * z) / q;
      out[0].push_back(phi);
      out[1].push_back(phi * phi);
      out[2].push_back(-x * x * x * long_chi(z) / (q * q));
    } else if (levels.top_weight > 0.0) {
      out[0].push_back(s * e / q);
      out[1].push_back(1.0L / (q * q));
      out[2].push_back(x / (q * q));
    } else {
      const Long grown = std::abs(z) > 0.1L
                             ? (std::expm1(z) - z) / (z * z)
                             : 0.5L * long_sinhc(0.5L * z) * long_sinhc(0.5L * z) + z * long_chi(z);
      out[0].push_back(e / q);
      out[1].push_back(x * e * long_sinhc(0.5L * z) / (q * q));
      out[2].push_back(-x * x * grown / (q * q));
    }
  }
  return out;
}

/// The slopes relative to that of the pivot; these times the distance, with a multiple of what the residual is
/// orthogonal to, c - c_pivot t, with which the followed level vanishes.
Vectors long_bulk(const Levels& levels, std::size_t pivot, Long w, Long input) {
  const std::size_t J = levels.size();
  const std::size_t followed = chart_functions::followed_level(levels, pivot),
                    neighbour = chart_functions::nearest_level(levels, pivot);
  const auto distance = [&](std::size_t j) { return place(levels, j) - place(levels, pivot); };
  const auto u = [&](std::size_t j) { return input + w * distance(j); };
  const Long unit = w * std::abs(distance(neighbour));
  const auto slope = [&](std::size_t j) { return std::exp(log_slope(u(j)) - log_slope(u(pivot))); };
  const bool from_high = followed > pivot;
  const auto c = [&](std::size_t j) { return logistic(from_high ? u(j) : -u(j)); };
  Vectors out;
  for (std::size_t j = 0; j < J; ++j) {
    out[0].push_back(logistic(u(j)));
    out[1].push_back(slope(j));
    Long second = slope(j) * distance(j);
    if (followed < J) {
      const Long share =
          slope(followed) * distance(followed) / (c(followed) - c(pivot) * slope(followed));
      second = j == followed || j == pivot ? 0.0L : second - share * (c(j) - c(pivot) * slope(j));
    }
    out[2].push_back(second * std::exp(unit));
  }
  return out;
}

Vectors long_outside(Chart chart, const Levels& levels, Long w, Long e) {
  Vectors out;
  const std::size_t J = levels.size();
  const bool rises = chart == Chart::right;
  const Long origin = place(levels, rises ? J - 1 : 0);
  for (std::size_t j = 0; j < J; ++j) {
    const Long d = place(levels, j) - origin, t = std::exp(rises ? w * d : -w * d);
    const bool has_top = levels.top_weight > 0.0;
    const Long phi = (rises ? (has_top ? e * t : t) : 1.0L) / (1.0L + e * t);
    out[0].push_back(phi);
    const Long tangent = t / ((1.0L + e * t) * (1.0L + e * t));
    out[1].push_back(rises && !has_top ? phi * (phi - 1.0L / (1.0L + e)) : tangent);
    out[2].push_back(tangent * d);
  }
  return out;
}

Vectors long_vectors(Chart chart, const Levels& levels, std::size_t pivot, Long first,
                     Long second) {
  if (chart == Chart::gentle) return long_gentle(levels, first, second);
  if (chart == Chart::bulk)
    return long_bulk(levels, pivot, first, first * (place(levels, pivot) - second));
  if (chart == Chart::steep) return long_bulk(levels, pivot, first, second);
  return long_outside(chart, levels, first, second);
}

/// The mean of phi over all levels, that at minus infinity included; 0 with a known offset.
Long mean_of(const Levels& levels, const std::vector<Long>& phi) {
  if (levels.has_known_offset()) return 0.0L;
  Long mean = 0.0L, total = levels.zero_weight;
  for (std::size_t j = 0; j < levels.size(); ++j) {
    mean += levels.weight[j] * phi[j];
    total += levels.weight[j];
  }
  return mean / total;
}

/// sum omega (phi - mean)^2 over all levels, those at infinity included.
Long size_of(const Levels& levels, const std::vector<Long>& phi) {
  const Long mean = mean_of(levels, phi);
  Long size = levels.zero_weight * mean * mean + levels.top_weight;
  for (std::size_t j = 0; j < levels.size(); ++j)
    size += levels.weight[j] * (phi[j] - mean) * (phi[j] - mean);
  return size;
}

/// b, and <r, t> for both t.
std::array<Long, 3> long_equations(const Levels& levels, const Vectors& vectors) {
  const std::size_t J = levels.size();
  std::vector<Long> y;
  for (std::size_t j = 0; j < J; ++j)
    y.push_back(0.5L * levels.y[j].lower() + 0.5L * levels.y[j].upper());
  const Long mean = mean_of(levels, vectors[0]);
  const Long zero = 0.5L * levels.zero_y.lower() + 0.5L * levels.zero_y.upper();
  Long product = levels.zero_weight * -mean * zero + levels.top_weight * zero;
  for (std::size_t j = 0; j < J; ++j) product += levels.weight[j] * (vectors[0][j] - mean) * y[j];
  const Long b = product / size_of(levels, vectors[0]);
  std::array<Long, 3> out{b, 0.0L, 0.0L};
  for (std::size_t j = 0; j < J; ++j)
    for (std::size_t k = 1; k < 3; ++k)
      out[k] += levels.weight[j] * (y[j] - b * (vectors[0][j] - mean)) * vectors[k][j];
  return out;
}

/// A box of the kinds that the search comes to, and such that stick out of the chart.
ChartBox random_box(Random& random, Chart chart, const Levels& levels) {
  const double width = random_size(random, 1e-14, 0.5), other = random_size(random, 1e-14, 0.5);
  const double choice = random.uniform(0.0, 1.0);
  double first = 0.0, second = 0.0;
  switch (chart) {
    case Chart::gentle:
      first = choice < 0.2 ? 0.0
                           : random.uniform(levels.free_offset || levels.is_half ? 0.0 : -2.5, 2.5);
      second = choice > 0.8 ? 0.0 : choice > 0.7 ? 1.0 : random.uniform(0.0, 1.0);
      break;
    case Chart::steep:
      first = random_size(random, 5.0, choice < 0.7 ? 50.0 : 5000.0);
      second = choice < 0.8 ? random.uniform(-10.0, 10.0) : first * random.uniform(-0.3, 0.3);
      break;
    case Chart::bulk: {
      first = random_size(random, 0.05, choice < 0.7 ? 50.0 : 5000.0);
      const auto level =
          static_cast<std::size_t>(random.integer(0, static_cast<Index>(levels.size()) - 1));
      const double low = proof::middle(levels.x[level]), high = proof::middle(levels.x[level + 1]);
      second = choice < 0.2   ? 0.5 * low + 0.5 * high
               : choice < 0.4 ? low
                              : random.uniform(low, high);
      break;
    }
    case Chart::right:
    case Chart::left:
      first = random_size(random, 0.05, choice < 0.7 ? 50.0 : 5000.0);
      second = choice < 0.2 ? 0.0 : choice < 0.4 ? 1.0 : random_size(random, 1e-12, 1.0);
      break;
  }
  const Interval about = chart == Chart::gentle
                             ? Interval(first - width, first + width)
                             : Interval(first * (1.0 - 0.5 * width), first * (1.0 + width));
  return {about, {second - (choice < 0.5 ? other : 0.0), second + other}};
}

struct Evaluated {
  std::vector<Interval> intervals;  ///< b and the two equations, then phi and t
  std::vector<Dual> duals;
  std::vector<Affine> forms;
  std::vector<Quadratic> quadratics;
};

template <class T>
std::vector<T> everything(Chart chart, const Levels& levels, std::size_t pivot, const T& first,
                          const T& second) {
  CurveVectors<T> vectors;
  curve_vectors(chart, levels, pivot, first, second, vectors);
  Fit<T> fit;
  fit_to(levels, vectors.phi, fit);
  std::vector<T> all{fit.factor, product(levels, fit.residual, vectors.first),
                     product(levels, fit.residual, vectors.second)};
  for (const auto* vector : {&vectors.phi, &vectors.first, &vectors.second})
    all.insert(all.end(), vector->begin(), vector->end());
  return all;
}

std::vector<Long> everything(Chart chart, const Levels& levels, std::size_t pivot, Long first,
                             Long second) {
  const Vectors vectors = long_vectors(chart, levels, pivot, first, second);
  const auto equations = long_equations(levels, vectors);
  std::vector<Long> all(equations.begin(), equations.end());
  for (const auto& vector : vectors) all.insert(all.end(), vector.begin(), vector.end());
  return all;
}

/// Whether everything is enclosed at one point of the box, and derivatives by central differences.
int faults_at(Random& random, Chart chart, const Levels& levels, std::size_t pivot,
              const ChartBox& box, const Evaluated& at) {
  const Long p = inside(random, box.first), q = inside(random, box.second);
  const std::vector<Long> values = everything(chart, levels, pivot, p, q);
  const Long e1 = place_in(Affine::variable(box.first, true), true, p);
  const Long e2 = place_in(Affine::variable(box.second, false), false, q);
  const Long q1 = place_in(Quadratic::variable(box.first, true), true, p);
  const Long q2 = place_in(Quadratic::variable(box.second, false), false, q);
  // What the equations, 1 and 2, are summed from is of the size of the vectors.
  Long size = 0.0L;
  for (const Long value : values)
    if (std::isfinite(value)) size = std::max(size, std::abs(value));
  const Long step1 = 1e-6L * (1e-3L + std::abs(p)),
             step2 =
                 1e-6L * (chart == Chart::bulk ? 1.0L / (1.0L + std::abs(p)) : 1e-3L + std::abs(q));
  const auto plus1 = everything(chart, levels, pivot, p + step1, q);
  const auto minus1 = everything(chart, levels, pivot, p - step1, q);
  const auto plus2 = everything(chart, levels, pivot, p, q + step2);
  const auto minus2 = everything(chart, levels, pivot, p, q - step2);
  int faults = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) continue;
    const Long own = i < 3 ? size : 0.0L;
    const bool value_is_in = is_within(values[i], at.intervals[i], own) &&
                             is_within(values[i], at.duals[i].value, own) &&
                             is_within(values[i], at.forms[i], e1, e2, own) &&
                             is_within(values[i], at.forms[i].range(), own) &&
                             is_within(values[i], at.quadratics[i], q1, q2, own) &&
                             is_within(values[i], at.quadratics[i].range(), own);
    const Long slope1 = (plus1[i] - minus1[i]) / (2.0L * step1);
    const Long slope2 = (plus2[i] - minus2[i]) / (2.0L * step2);
    // Differences are off by the third derivative: relative to the values so much.
    const Long third1 =
        1e-6L * (std::abs(plus1[i]) + std::abs(minus1[i]) + own) * (1.0L + std::abs(slope1));
    const Long third2 =
        1e-6L * (std::abs(plus2[i]) + std::abs(minus2[i]) + own) * (1.0L + std::abs(slope2));
    const auto near = [](Long slope, const Interval& range, Long off) {
      return !(slope < range.lower() - off - 1e-6L * std::abs(slope)) &&
             !(slope > range.upper() + off + 1e-6L * std::abs(slope));
    };
    const bool slope_is_in = !std::isfinite(slope1) || !std::isfinite(slope2) ||
                             (near(slope1, at.duals[i].first, 1e-6L * third1 / step1) &&
                              near(slope2, at.duals[i].second, 1e-6L * third2 / step2));
    if (!value_is_in || !slope_is_in) {
      ++faults;
      CAPTURE(i);
      CAPTURE(static_cast<int>(chart));
      CAPTURE(static_cast<double>(p));
      CAPTURE(static_cast<double>(q));
      CAPTURE(static_cast<double>(values[i]));
      CAPTURE(at.intervals[i].lower());
      CAPTURE(at.intervals[i].upper());
      CAPTURE(static_cast<double>(slope1));
      CAPTURE(at.duals[i].first.lower());
      CAPTURE(at.duals[i].first.upper());
      CAPTURE(static_cast<double>(slope2));
      CAPTURE(at.duals[i].second.lower());
      CAPTURE(at.duals[i].second.upper());
      CHECK(value_is_in);
      CHECK(slope_is_in);
    }
  }
  return faults;
}

std::size_t random_pivot(Random& random, Chart chart, const Levels& levels, const ChartBox& box) {
  if (chart == Chart::steep)
    return static_cast<std::size_t>(random.integer(0, static_cast<Index>(levels.size()) - 1));
  if (chart != Chart::bulk) return 0;
  // As the search: near to the half point; now and then not the nearest.
  const double h = proof::middle(box.second);
  std::size_t nearest = 0;
  for (std::size_t j = 1; j < levels.size(); ++j)
    if (std::abs(proof::middle(levels.x[j]) - h) < std::abs(proof::middle(levels.x[nearest]) - h))
      nearest = j;
  if (random.uniform(0.0, 1.0) < 0.1 && nearest > 0) --nearest;
  return nearest;
}

}  // namespace

TEST_CASE("charts enclose values, derivatives and linear parts at the points of random boxes") {
  Random random(11);
  int faults = 0, finite = 0, count = 0;
  for (int trial = 0; trial < support::sampled(800) && faults < 5; ++trial) {
    const Levels levels = random_levels(random, random_low(random));
    for (const Chart chart :
         {Chart::gentle, Chart::bulk, Chart::steep, Chart::right, Chart::left}) {
      if (levels.free_offset && chart == Chart::left) continue;
      const ChartBox box = random_box(random, chart, levels);
      const std::size_t pivot = random_pivot(random, chart, levels, box);
      const Evaluated at{
          everything(chart, levels, pivot, box.first, box.second),
          everything(chart, levels, pivot, Dual(box.first, 1.0, 0.0), Dual(box.second, 0.0, 1.0)),
          everything(chart, levels, pivot, Affine::variable(box.first, true),
                     Affine::variable(box.second, false)),
          everything(chart, levels, pivot, Quadratic::variable(box.first, true),
                     Quadratic::variable(box.second, false))};
      ++count;
      if (proof::is_finite(at.intervals[1]) && std::isfinite(at.forms[1].error())) ++finite;
      for (int point = 0; point < 3; ++point)
        faults += faults_at(random, chart, levels, pivot, box, at);
    }
  }
  CHECK(faults == 0);
  CHECK(finite > count / 2);  // or nothing was tested
}

namespace {

/// <r, s'> and <r, (x - x_pivot) s'>, times the size of the centred s; and a size of what they are summed from.
std::array<Long, 3> long_sums(const Levels& levels, std::size_t pivot, Long w, Long input) {
  Vectors vectors;
  Long total = 0.0L, largest = 0.0L;
  for (std::size_t j = 0; j < levels.size(); ++j) {
    const Long x = place(levels, j) - place(levels, pivot), s = logistic(input + w * x);
    vectors[0].push_back(s);
    vectors[1].push_back(std::exp(log_slope(input + w * x)));
    vectors[2].push_back(x * vectors[1].back());
    total += levels.weight[j];
    largest = std::max(largest, levels.weight[j] * vectors[1].back());
  }
  const Long size = size_of(levels, vectors[0]);
  const auto equations = long_equations(levels, vectors);
  return {size * equations[1], size * equations[2], largest * total};
}

}  // namespace

TEST_CASE("sums of sigmoids enclose the equations at the points of random boxes") {
  Random random(14);
  int faults = 0, count = 0, narrow = 0;
  for (int trial = 0; trial < support::sampled(4000) && faults < 5; ++trial) {
    const Levels levels = random_levels(random, random_low(random));
    SigmoidSums sums(levels);
    for (const Chart chart : {Chart::bulk, Chart::steep}) {
      const ChartBox box = random_box(random, chart, levels);
      const std::size_t pivot = random_pivot(random, chart, levels, box);
      const bool is_bulk = chart == Chart::bulk;
      const EquationForms forms = is_bulk ? sums.bulk(pivot, box.first, box.second)
                                          : sums.steep(pivot, box.first, box.second);
      for (int point = 0; point < 3; ++point) {
        const Long p = inside(random, box.first), q = inside(random, box.second);
        const Long e1 = place_in(Quadratic::variable(box.first, true), true, p);
        const Long e2 = place_in(Quadratic::variable(box.second, false), false, q);
        const Long input = is_bulk ? p * (place(levels, pivot) - q) : q;
        const auto [first, second, size] = long_sums(levels, pivot, p, input);
        if (!std::isfinite(first) || !std::isfinite(size)) continue;
        ++count;
        if (forms.first.error() < 1e-2 * static_cast<double>(size)) ++narrow;
        for (const auto& pair : {std::pair(first, forms.first), std::pair(second, forms.second)}) {
          const auto& value = pair.first;
          const auto& form = pair.second;
          if (is_within(value, form, e1, e2, size) && is_within(value, form.range(), size))
            continue;
          ++faults;
          CAPTURE(is_bulk);
          CAPTURE(static_cast<double>(p));
          CAPTURE(static_cast<double>(q));
          CAPTURE(static_cast<double>(value));
          CAPTURE(form.centre());
          CAPTURE(form.error());
          CHECK(faults == 0);
        }
      }
    }
  }
  CHECK(narrow > count / 4);  // or nothing was tested
}

TEST_CASE("affine and quadratic forms enclose what they are made of") {
  Random random(12);
  int faults = 0;
  for (int trial = 0; trial < support::sampled(30000) && faults < 5; ++trial) {
    const auto side = [&] {
      const double at = random.uniform(0.0, 1.0) < 0.2 ? 0.0 : random.uniform(-3.0, 3.0);
      const double width = random_size(random, 1e-15, 3.0);
      return Interval(at - width * random.uniform(0.0, 1.0), at + width);
    };
    const Interval one = side(), two = side();
    const Affine x = Affine::variable(one, true), y = Affine::variable(two, false);
    const Long p = inside(random, one), q = inside(random, two);
    const Long e1 = place_in(x, true, p), e2 = place_in(y, false, q);
    const Interval known = side();
    const Long k = inside(random, known);
    const double far = random.uniform(-600.0, 600.0);
    const auto check = [&]<class Form>(const Form& a, const Form& b, const Form& constant) {
      const std::array<std::pair<Form, Long>, 8> pairs{{
          {a * b + a, p * q + p},
          {square(a - b), (p - q) * (p - q)},
          {a * constant - b, p * k - q},
          {inverse(a), 1.0L / p},
          {inverse(Form(4.0) + a * b), 1.0L / (4.0L + p * q)},
          {exponential(a), std::exp(p)},
          {exponential(b * Form(far)), std::exp(q * static_cast<Long>(far))},
          {exponential(a) / (Form(1.0) + exponential(a)), std::exp(p) / (1.0L + std::exp(p))},
      }};
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        const Form& form = pairs[i].first;
        const Long value = pairs[i].second;
        if (!std::isfinite(value) || is_within(value, form, e1, e2, 1.0L + std::abs(p * q)))
          continue;
        if (i == 6 && is_within(value, form, e1, e2, 0.0L)) continue;
        ++faults;
        CAPTURE(i);
        CAPTURE(form.centre());
        CAPTURE(form.error());
        CAPTURE(static_cast<double>(value));
        CHECK(faults == 0);
      }
    };
    check(x, y, Affine(known));
    check(Quadratic::variable(one, true), Quadratic::variable(two, false), Quadratic(known));
  }
}

TEST_CASE("even functions of z, by z^2, are enclosed, and narrowly") {
  Random random(13);
  constexpr double largest = kGentleSlope * kGentleSlope;
  for (int trial = 0; trial < support::sampled(3000); ++trial) {
    const double y =
        random.uniform(0.0, 1.0) < 0.1 ? 0.0 : random_size(random, 1e-8, 0.99 * largest);
    const double width = std::min(random_size(random, 1e-12, 1.0), largest - y);
    const std::array<Long (*)(Long), 3> exact{[](Long at) { return std::cosh(std::sqrt(at)); },
                                              [](Long at) { return long_sinhc(std::sqrt(at)); },
                                              [](Long at) { return long_chi(std::sqrt(at)); }};
    for (std::size_t k = 0; k < exact.size(); ++k) {
      const auto function = static_cast<Even>(k);
      const EvenFunction at = even_function(function, y);
      const EvenFunction over = even_function(function, {y, y + width});
      CHECK(is_within(exact[k](y), at.value, 0.0L));
      CHECK(is_within(exact[k](y + 0.37L * width), over.value, 0.0L));
      CHECK(proof::width_of(at.value) <= 1e-12 * proof::magnitude(at.value));
      CHECK(proof::width_of(at.second) <= 1e-12 * proof::magnitude(at.second));
      // Derivatives against differences of what is one order below.
      const double step = 1e-4 * (0.01 + y);
      if (y <= step || y + step >= largest) continue;
      const Long slope = (exact[k](y + step) - exact[k](y - step)) / (2.0L * step);
      CHECK(std::abs(slope - proof::middle(at.first)) <= 1e-6L * std::abs(slope));
      const double bend = (proof::middle(even_function(function, y + step).first) -
                           proof::middle(even_function(function, y - step).first)) /
                          (2.0 * step);
      CHECK(std::abs(bend - proof::middle(at.second)) <= 1e-5 * std::abs(bend));
      CHECK(over.first.lower() <= at.first.lower());
      CHECK(over.second.upper() >= at.second.upper());
    }
  }
  CHECK_FALSE(proof::is_finite(even_function(Even::chi, {-0.2, 0.1}).value));
  CHECK_FALSE(proof::is_finite(even_function(Even::chi, {0.1, 1.1 * largest}).value));
}

}  // namespace inclusion_test
