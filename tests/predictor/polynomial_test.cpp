#include "predictor/polynomial.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "support/random_problem.hpp"

namespace polynomial_test {

namespace {

using tautrack::Polynomial;
using tautrack::support::Random;

constexpr double epsilon = std::numeric_limits<double>::epsilon();

Polynomial from_coefficients(const std::vector<double>& c) {
  Polynomial p(static_cast<int>(c.size()) - 1);
  for (int k = 0; k <= p.degree(); ++k) p[k] = c[static_cast<std::size_t>(k)];
  return p;
}

/// factor (a - r_1) (a - r_2) ...; the coefficients are rounded once.
Polynomial from_roots(const std::vector<double>& roots, double factor = 1.0) {
  std::vector<long double> c{factor};
  for (const double root : roots) {
    c.push_back(0.0L);
    for (std::size_t k = c.size() - 1; k > 0; --k) c[k] = c[k - 1] - root * c[k];
    c[0] *= -root;
  }
  Polynomial p(static_cast<int>(roots.size()));
  for (int k = 0; k <= p.degree(); ++k) p[k] = static_cast<double>(c[static_cast<std::size_t>(k)]);
  return p;
}

/// The Chebyshev polynomial T_n: zeros cos((2 j - 1) pi / (2 n)), all in (-1, 1).
Polynomial chebyshev(int n) {
  std::vector<double> before{1.0}, last{0.0, 1.0};
  if (n == 0) return from_coefficients(before);
  for (int k = 2; k <= n; ++k) {
    std::vector<double> next(static_cast<std::size_t>(k) + 1);
    for (std::size_t i = 0; i < last.size(); ++i) next[i + 1] = 2.0 * last[i];
    for (std::size_t i = 0; i < before.size(); ++i) next[i] -= before[i];
    before = std::move(last);
    last = std::move(next);
  }
  return from_coefficients(last);
}

/// By how much rounding of the coefficients and of Horner's rule moves a simple zero.
double rounding(const Polynomial& p, double root) {
  double size = 0.0;
  double slope = 0.0;
  double power = 1.0;  // root^(k - 1)
  for (int k = 1; k <= p.degree(); ++k) {
    slope += k * p[k] * power;
    power *= root;
    size += std::abs(p[k] * power);
  }
  size += std::abs(p[0]);
  return 2.0 * (p.degree() + 1) * epsilon * size / std::abs(slope) + epsilon * std::abs(root);
}

/// Whether first_root() finds this simple zero, to rounding.
bool finds(const Polynomial& p, double low, double high, double root) {
  const std::optional<double> found = p.first_root(low, high);
  const double ends = 4.0 * epsilon * std::max(std::abs(low), std::abs(high));
  return found && std::abs(*found - root) <= rounding(p, root) + ends;
}

bool finds_nothing(const Polynomial& p, double low, double high) {
  return !p.first_root(low, high).has_value();
}

}  // namespace

TEST_CASE("a new polynomial is zero") {
  const Polynomial p(7);
  CHECK(p.degree() == 7);
  for (int k = 0; k <= 7; ++k) CHECK(p[k] == 0.0);
  CHECK(p(3.0) == 0.0);
  CHECK(Polynomial().degree() == 0);
}

TEST_CASE("a polynomial is evaluated from its coefficients") {
  const Polynomial p = from_coefficients({1.0, -2.0, 0.5, 3.0});
  CHECK(p(0.0) == 1.0);
  CHECK(p(1.0) == 2.5);
  CHECK(p(-2.0) == 1.0 + 4.0 + 2.0 - 24.0);
  CHECK(from_coefficients({4.0})(17.0) == 4.0);
  // sum of a^k: (1 - a^31) / (1 - a)
  Polynomial geometric(Polynomial::max_degree);
  for (int k = 0; k <= Polynomial::max_degree; ++k) geometric[k] = 1.0;
  for (const double a : {-0.9, 0.3, 0.99, 1.5})
    CHECK(geometric(a) ==
          doctest::Approx((1.0 - std::pow(a, 31)) / (1.0 - a)).epsilon(1e-12).scale(0.0));
}

TEST_CASE("Chebyshev polynomials are evaluated to rounding up to the highest degree") {
  for (int n = 0; n <= Polynomial::max_degree; ++n) {
    CAPTURE(n);
    const Polynomial p = chebyshev(n);
    for (const double angle : {0.1, 1.0, 1.5, 2.0, 3.0}) {
      double size = 0.0;
      for (int k = 0; k <= n; ++k) size += std::abs(p[k] * std::pow(std::cos(angle), k));
      CHECK(std::abs(p(std::cos(angle)) - std::cos(n * angle)) <= 2.0 * (n + 2) * epsilon * size);
    }
  }
}

TEST_CASE("the numerator of the derivative of a quotient") {
  // p = 1 + 2 a + 3 a^2, q = 4 + 5 a: p' q - p q' = (2 + 6 a)(4 + 5 a) - 5 (1 + 2 a + 3 a^2)
  const Polynomial p = from_coefficients({1.0, 2.0, 3.0});
  const Polynomial q = from_coefficients({4.0, 5.0});
  const Polynomial d = Polynomial::quotient_derivative(p, q);
  REQUIRE(d.degree() == 2);
  CHECK(d[0] == 3.0);
  CHECK(d[1] == 24.0);
  CHECK(d[2] == 15.0);
  // By a constant: the derivative times that constant.
  const Polynomial plain = Polynomial::quotient_derivative(p, from_coefficients({2.0}));
  REQUIRE(plain.degree() == 1);
  CHECK(plain[0] == 4.0);
  CHECK(plain[1] == 12.0);
  // Of a constant by a linear one.
  const Polynomial inverse = Polynomial::quotient_derivative(from_coefficients({2.0}), q);
  REQUIRE(inverse.degree() == 0);
  CHECK(inverse[0] == -10.0);
  // p / p does not change.
  const Polynomial none = Polynomial::quotient_derivative(p, p);
  for (int k = 0; k <= none.degree(); ++k) CHECK(none[k] == 0.0);
}

TEST_CASE("the derivative of a quotient by a power of the denominator") {
  // p = 1 + 2 a, q = 3 + a: (p / q^2)' = (p' q - 2 p q') / q^3 = (4 - 2 a) / q^3.
  Polynomial p(1), q(1);
  p[0] = 1.0;
  p[1] = 2.0;
  q[0] = 3.0;
  q[1] = 1.0;
  const Polynomial numerator = Polynomial::quotient_derivative(p, q, 2);
  CHECK(numerator[0] == 4.0);
  CHECK(numerator[1] == -2.0);
}

TEST_CASE("the derivative of a quotient agrees with differences of the quotient") {
  Random random(3);
  for (int trial = 0; trial < 50; ++trial) {
    CAPTURE(trial);
    Polynomial p(static_cast<int>(random.integer(1, 25)));
    Polynomial q(static_cast<int>(random.integer(0, 4)));
    for (int k = 0; k <= p.degree(); ++k) p[k] = random.uniform(-1.0, 1.0);
    for (int k = 1; k <= q.degree(); ++k) q[k] = random.uniform(-0.2, 0.2);
    q[0] = 1.0;
    const Polynomial d = Polynomial::quotient_derivative(p, q);
    CHECK(d.degree() == p.degree() + q.degree() - 1);
    const auto quotient = [&](double a) { return p(a) / q(a); };
    for (const double a : {-0.5, 0.0, 0.2, 0.6}) {
      const double h = 1e-3;
      const double difference = (45.0 * (quotient(a + h) - quotient(a - h)) -
                                 9.0 * (quotient(a + 2.0 * h) - quotient(a - 2.0 * h)) +
                                 (quotient(a + 3.0 * h) - quotient(a - 3.0 * h))) /
                                (60.0 * h);
      CHECK(std::abs(d(a) / (q(a) * q(a)) - difference) <= 1e-10);
    }
  }
}

TEST_CASE("the zero of a line lies where it crosses") {
  const Polynomial p = from_coefficients({-0.3, 1.0});
  CHECK(finds(p, 0.0, 1.0, 0.3));
  CHECK(finds(p, -5.0, 0.3000001, 0.3));
  CHECK(finds(p, 0.2999999, 1e6, 0.3));
  CHECK(finds_nothing(p, 0.31, 1.0));
  CHECK(finds_nothing(p, -1.0, 0.29));
}

TEST_CASE("without a zero inside nothing is found") {
  CHECK(finds_nothing(from_coefficients({1.0, 0.0, 1.0}), -10.0, 10.0));
  CHECK(finds_nothing(from_coefficients({1e-12, 0.0, 1.0}), -1.0, 1.0));
  CHECK(finds_nothing(from_roots({-0.1, 1.1, 2.0, -3.0}), 0.0, 1.0));
  CHECK(finds_nothing(from_roots({-1e-6, 1.0 + 1e-6}), 0.0, 1.0));
  CHECK(finds_nothing(Polynomial(5), 0.0, 1.0));  // zero changes its sign nowhere
}

TEST_CASE("a constant has no zero") {
  for (const double c : {0.0, 1.0, -1.0}) CHECK(finds_nothing(from_coefficients({c}), -1.0, 1.0));
}

TEST_CASE("an interval that is empty or no interval has no zero") {
  const double not_a_number = std::numeric_limits<double>::quiet_NaN();
  const Polynomial p = from_roots({0.5});
  CHECK(finds_nothing(p, 0.5, 0.5));
  CHECK(finds_nothing(p, 1.0, 0.0));
  CHECK(finds_nothing(p, not_a_number, 1.0));
  CHECK(finds_nothing(p, 0.0, not_a_number));
}

TEST_CASE("coefficients that are no numbers have no zero") {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    for (int k = 0; k <= 12; ++k) {
      CAPTURE(k);
      Polynomial p = from_roots({0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.5, 2.0, 3.0});
      p[k] = bad;
      const auto root = p.first_root(0.0, 1.0);
      if (root) CHECK((*root >= 0.0 && *root <= 1.0));
    }
  }
}

TEST_CASE("zeros at the ends of the interval are not inside") {
  // Dyadic, so that nothing is rounded.
  CHECK(finds_nothing(from_roots({0.0}), 0.0, 1.0));
  CHECK(finds_nothing(from_roots({1.0}), 0.0, 1.0));
  CHECK(finds_nothing(from_roots({0.0, 1.0}), 0.0, 1.0));
  CHECK(finds_nothing(from_roots({0.25, 0.75}), 0.25, 0.75));
  // They hide no other zero.
  CHECK(finds(from_roots({0.0, 0.5}), 0.0, 1.0, 0.5));
  CHECK(finds(from_roots({0.5, 1.0}), 0.0, 1.0, 0.5));
  CHECK(finds(from_roots({0.0, 0.375, 1.0}), 0.0, 1.0, 0.375));
  CHECK(finds(from_roots({0.25, 0.3, 0.75}), 0.25, 0.75, 0.3));
}

TEST_CASE("zeros on the points of subdivision are found") {
  for (const double root : {0.5, 0.25, 0.75, 0.125, 0.375, 0.625, 1.0 / 1024.0}) {
    CAPTURE(root);
    CHECK(finds(from_roots({root}), 0.0, 1.0, root));
    CHECK(finds(from_roots({root, 0.8, 0.9}), 0.0, 1.0, root));
    CHECK(finds(from_roots({root, 0.9, 0.95, 0.975}, -3.0), 0.0, 1.0, root));
  }
}

TEST_CASE("the first of all subsets of known zeros is found") {
  const std::vector<double> all{-0.7, 0.1, 0.35, 0.5, 0.61, 0.97, 1.3, 2.2};
  for (unsigned subset = 1; subset < 256; ++subset) {
    CAPTURE(subset);
    std::vector<double> roots;
    for (std::size_t i = 0; i < all.size(); ++i)
      if ((subset >> i) & 1U) roots.push_back(all[i]);
    const double sign = subset % 2 == 0 ? 1.0 : -1.0;
    const Polynomial p = from_roots(roots, sign);
    const auto first =
        std::find_if(roots.begin(), roots.end(), [](double r) { return r > 0.0 && r < 1.0; });
    if (first == roots.end())
      CHECK(finds_nothing(p, 0.0, 1.0));
    else
      CHECK(finds(p, 0.0, 1.0, *first));
  }
}

TEST_CASE("the smallest of random zeros is found in any interval") {
  Random random(11);
  int empty = 0;
  int wrong = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<double> roots;
    const int degree = static_cast<int>(random.integer(1, 13));
    while (static_cast<int>(roots.size()) < degree) {
      const double root = random.uniform(-2.0, 2.0);
      bool near = false;
      for (const double other : roots) near = near || std::abs(root - other) < 2e-3;
      if (!near) roots.push_back(root);
    }
    std::sort(roots.begin(), roots.end());
    const double low = random.uniform(-2.0, 1.0);
    const double high = low + random.uniform(0.01, 2.0);
    const Polynomial p = from_roots(roots, random.uniform(-5.0, 5.0));
    const auto first =
        std::find_if(roots.begin(), roots.end(), [&](double root) { return root > low; });
    if (first == roots.end() || *first >= high) {
      ++empty;
      wrong += finds_nothing(p, low, high) ? 0 : 1;
    } else {
      wrong += finds(p, low, high, *first) ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
  CHECK(empty > 200);
  CHECK(empty < 1800);
}

TEST_CASE("zeros of Chebyshev polynomials are found one after the other up to the highest degree") {
  for (int n = 1; n <= Polynomial::max_degree; ++n) {
    CAPTURE(n);
    const Polynomial p = chebyshev(n);
    CHECK(finds(p, -1.0, 1.0, -std::cos(0.5 * std::numbers::pi / n)));
    // From between the zeros next to the origin, where the coefficients are harmless.
    for (int j = (n + 1) / 2; j >= std::max(1, n / 4); --j) {
      CAPTURE(j);
      const double root = std::cos((2 * j - 1) * std::numbers::pi / (2 * n));
      const double before = std::cos(j * std::numbers::pi / n);
      CHECK(finds(p, before, 1.0, root));
    }
  }
}

TEST_CASE("of a cluster the first is found") {
  for (const double gap : {1e-2, 1e-3, 1e-4}) {
    CAPTURE(gap);
    const Polynomial three = from_roots({0.4, 0.4 + gap, 0.4 + 2.0 * gap});
    CHECK(finds(three, 0.0, 1.0, 0.4));
    CHECK(finds(three, 0.4 + 0.5 * gap, 1.0, 0.4 + gap));
    CHECK(finds(three, 0.4 + 1.5 * gap, 1.0, 0.4 + 2.0 * gap));
  }
  for (const double gap : {1e-2, 1e-4, 1e-6}) {
    CAPTURE(gap);
    const Polynomial two = from_roots({0.4, 0.4 + gap, 0.9});
    CHECK(finds(two, 0.0, 1.0, 0.4));
    CHECK(finds(two, 0.4 + 0.5 * gap, 1.0, 0.4 + gap));
    CHECK(finds(two, 0.4 + 2.0 * gap, 1.0, 0.9));
  }
}

TEST_CASE("a pair of zeros is seen however early in the interval it lies") {
  for (const double place : {1e-1, 1e-3, 1e-5}) {
    CAPTURE(place);
    CHECK(finds(from_roots({place, 1.5 * place, 0.8}), 0.0, 1.0, place));
    CHECK(finds(from_roots({-place, place, 0.8}), 0.0, 1.0, place));
  }
}

TEST_CASE("a double zero changes no sign, but by rounding, and hides no other zero") {
  for (const double root : {0.25, 0.5, 0.625}) {
    CAPTURE(root);
    CHECK(finds_nothing(from_roots({root, root}), 0.0, 1.0));
    const auto found = from_roots({root, root, 0.7}).first_root(0.0, 1.0);
    REQUIRE(found.has_value());
    // Rounding may make two zeros of one, a distance of eps^(1/2) apart.
    CHECK((std::abs(*found - root) <= 1e-7 || std::abs(*found - 0.7) <= 1e-15));
    CHECK(finds(from_roots({0.1, root, root}), 0.0, 1.0, 0.1));
    CHECK(finds(from_roots({0.125, root, root}), 0.0, 1.0, 0.125));
  }
}

TEST_CASE("a triple zero changes the sign") {
  for (const double root : {0.25, 0.5, 0.3, 0.71}) {
    for (const double high : {1.0, 1.7}) {
      CAPTURE(root);
      CAPTURE(high);
      // Rounding makes a cluster of it, of width eps^(1/3).
      const auto found = from_roots({root, root, root}).first_root(0.0, high);
      REQUIRE(found.has_value());
      CHECK(std::abs(*found - root) <= 2e-5);
    }
  }
}

TEST_CASE("the size of the polynomial does not matter") {
  for (const double factor : {1e-250, 1e-170, 1e-100, 1e100, 1e170, 1e250}) {
    CAPTURE(factor);
    CHECK(finds(from_roots({0.3, 0.6, 1.4}, factor), 0.0, 1.0, 0.3));
    CHECK(finds(from_roots({0.5, 1.4}, -factor), 0.0, 1.0, 0.5));
    CHECK(finds_nothing(from_roots({-0.3, 1.4}, factor), 0.0, 1.0));
  }
}

TEST_CASE("the size of the interval does not matter") {
  for (const double unit : {1e-12, 1e-6, 1e6, 1e12}) {
    CAPTURE(unit);
    const Polynomial p = from_roots({0.3 * unit, 0.6 * unit, 1.4 * unit});
    CHECK(finds(p, 0.0, unit, 0.3 * unit));
    CHECK(finds(p, 0.4 * unit, unit, 0.6 * unit));
    CHECK(finds_nothing(p, 0.7 * unit, unit));
  }
}

}  // namespace polynomial_test
