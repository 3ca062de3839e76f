#include "predictor/polynomial.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace tautrack {

namespace {

using Coefficients = std::array<double, Polynomial::max_degree + 1>;

/// Subdivisions after which two zeros are one.
constexpr int kDeepest = 30;

/// Steps to one zero, every so many of them a bisection: 33 halvings even where the secants are of no
/// use.
constexpr int kZeroBudget = 100, kBisectEvery = 3;

/// How near to an end of the interval a secant may lead, relative to its width; by experience.
constexpr double kFromEnd = 0.02;

/// Bernstein coefficients of p on [low, high].
Coefficients bernstein(const Polynomial& p, double low, double high) {
  const int d = p.degree();
  const double width = high - low;
  Coefficients c{};
  for (int k = 0; k <= d; ++k) c[static_cast<std::size_t>(k)] = p[k];
  // Taylor shift to low (Horner), then scaling to [0, 1].
  if (low != 0.0)
    for (int i = 0; i < d; ++i)
      for (int k = d - 1; k >= i; --k)
        c[static_cast<std::size_t>(k)] += low * c[static_cast<std::size_t>(k + 1)];
  double power = 1.0;
  double binomial = 1.0;  // d over k
  for (int k = 0; k <= d; ++k) {
    c[static_cast<std::size_t>(k)] *= power / binomial;
    power *= width;
    binomial *= static_cast<double>(d - k) / static_cast<double>(k + 1);
  }
  // b_i = sum_k (i over k) c_k: repeated sums.
  for (int j = 1; j <= d; ++j)
    for (int i = d; i >= j; --i)
      c[static_cast<std::size_t>(i)] += c[static_cast<std::size_t>(i - 1)];
  return c;
}

int sign_changes(const Coefficients& b, int degree) {
  int changes = 0;
  double last = 0.0;
  for (int i = 0; i <= degree; ++i) {
    const double value = b[static_cast<std::size_t>(i)];
    if (value == 0.0) continue;
    if (value * last < 0.0) ++changes;
    last = value > 0.0 ? 1.0 : -1.0;
  }
  return changes;
}

/// Splits the Bernstein form at the middle (de Casteljau): b becomes the left half.
Coefficients split(Coefficients& b, int degree) {
  Coefficients right{};
  for (int j = 0; j <= degree; ++j) {
    right[static_cast<std::size_t>(degree - j)] = b[static_cast<std::size_t>(degree)];
    for (int i = degree; i > j; --i) {
      const auto k = static_cast<std::size_t>(i);
      b[k] = 0.5 * (b[k - 1] + b[k]);
    }
  }
  return right;
}

/// The zero between two ends of different sign: regula falsi with bisection as a guard.
double bisect(const Polynomial& p, double low, double high) {
  double at_low = p(low);
  double at_high = p(high);
  if (at_low == 0.0) return low;
  for (int k = 0; k < kZeroBudget; ++k) {
    double middle = 0.5 * (low + high);
    if (k % kBisectEvery != kBisectEvery - 1) {
      const double secant = low - at_low * (high - low) / (at_high - at_low);
      // Not next to an end, whose value may be rounding: a zero seen there is another one.
      const double margin = kFromEnd * (high - low);
      if (secant > low && secant < high) middle = std::clamp(secant, low + margin, high - margin);
    }
    if (!(middle > low && middle < high)) break;
    const double value = p(middle);
    if (value == 0.0) return middle;
    if ((value < 0.0) == (at_low < 0.0)) {
      low = middle;
      at_low = value;
    } else {
      high = middle;
      at_high = value;
    }
  }
  return 0.5 * (low + high);
}

bool differ(double a, double b) { return (a < 0.0 && b > 0.0) || (a > 0.0 && b < 0.0); }

std::optional<double> search(const Polynomial& p, Coefficients b, double low, double high,
                             int depth) {
  const int d = p.degree();
  const auto last = static_cast<std::size_t>(d);
  const int changes = sign_changes(b, d);
  if (changes == 0) return std::nullopt;
  const bool crosses = differ(b[0], b[last]);
  if (crosses && (changes == 1 || depth == kDeepest)) return bisect(p, low, high);
  if (depth == kDeepest) return std::nullopt;
  const double middle = 0.5 * (low + high);
  Coefficients right = split(b, d);
  // One value for both halves, the one that bisect() sees.
  b[last] = right[0] = p(middle);
  if (auto root = search(p, b, low, middle, depth + 1)) return root;
  // A zero at the middle itself belongs to neither half.
  if (right[0] == 0.0) {
    int i = d;
    int j = 0;
    while (i > 0 && b[static_cast<std::size_t>(i)] == 0.0) --i;
    while (j < d && right[static_cast<std::size_t>(j)] == 0.0) ++j;
    if (differ(b[static_cast<std::size_t>(i)], right[static_cast<std::size_t>(j)])) return middle;
  }
  return search(p, right, middle, high, depth + 1);
}

}  // namespace

double Polynomial::operator()(double a) const {
  double value = 0.0;
  for (int k = degree_; k >= 0; --k) value = value * a + (*this)[k];
  return value;
}

Polynomial Polynomial::over_argument() const {
  Polynomial out(degree_ - 1);
  for (int k = 0; k < degree_; ++k) out[k] = (*this)[k + 1];
  return out;
}

Polynomial Polynomial::quotient_derivative(const Polynomial& p, const Polynomial& q, int power) {
  assert(p.degree() + q.degree() >= 1 && p.degree() + q.degree() - 1 <= max_degree);
  Polynomial out(p.degree() + q.degree() - 1);
  for (int i = 0; i <= p.degree(); ++i)
    for (int j = 0; j <= q.degree(); ++j)
      if (i + j > 0) out[i + j - 1] += static_cast<double>(i - power * j) * p[i] * q[j];
  return out;
}

std::optional<double> Polynomial::first_root(double low, double high) const {
  if (!(high > low) || degree_ == 0) return std::nullopt;
  Coefficients b = bernstein(*this, low, high);
  b[0] = (*this)(low);
  b[static_cast<std::size_t>(degree_)] = (*this)(high);
  for (int k = 0; k <= degree_; ++k)
    if (!std::isfinite(b[static_cast<std::size_t>(k)])) return std::nullopt;
  return search(*this, b, low, high, 0);
}

}  // namespace tautrack
