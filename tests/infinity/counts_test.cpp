#include "tautrack/infinity/counts.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include <Eigen/LU>
#include <doctest/doctest.h>

#include "infinity/linear_programme.hpp"
#include "support/random_problem.hpp"

namespace counts_test {

using namespace tautrack;
using support::Random;

namespace {

using Signs = std::vector<int>;

Matrix random_rows(Random& random, Index L, Index n) {
  Matrix X(L, n);
  for (Index i = 0; i < L; ++i)
    for (Index j = 0; j < n; ++j) X(i, j) = random.normal();
  return X;
}

/// All subsets of n - 1 rows leave one direction, whose signs are a cocircuit; every covector is a
/// composition of cocircuits (Bjorner et al., Oriented Matroids, 1999, section 3.7).
std::set<Signs> covectors_of(const Matrix& X) {
  const Index L = X.rows(), n = X.cols();
  std::set<Signs> cocircuits;
  for (unsigned subset = 0; subset < (1U << L); ++subset) {
    std::vector<Index> rows;
    for (Index i = 0; i < L; ++i)
      if (((subset >> i) & 1U) != 0U) rows.push_back(i);
    if (static_cast<Index>(rows.size()) != n - 1) continue;
    Vector direction = Vector::Ones(n);
    if (n > 1) direction = Matrix(X(rows, Eigen::all)).fullPivLu().kernel().col(0);
    const Vector rates = X * direction;
    Signs signs(static_cast<std::size_t>(L), 0);
    for (Index i = 0; i < L; ++i)
      if (std::find(rows.begin(), rows.end(), i) == rows.end())
        signs[static_cast<std::size_t>(i)] = rates(i) > 0.0 ? 1 : -1;
    cocircuits.insert(signs);
    for (int& sign : signs) sign = -sign;
    cocircuits.insert(signs);
  }
  std::set<Signs> all{Signs(static_cast<std::size_t>(L), 0)};
  std::vector<Signs> newest(all.begin(), all.end());
  while (!newest.empty()) {
    std::vector<Signs> next;
    for (const Signs& covector : newest)
      for (const Signs& cocircuit : cocircuits) {
        Signs composed = covector;
        for (std::size_t i = 0; i < composed.size(); ++i)
          if (composed[i] == 0) composed[i] = cocircuit[i];
        if (all.insert(composed).second) next.push_back(composed);
      }
    newest = next;
  }
  return all;
}

/// Whether some v has these signs on the rows, by one linear programme.
bool is_covector(const Matrix& X, const Signs& signs) {
  Matrix constraints(2 * X.rows(), X.cols());
  Vector lower(2 * X.rows());
  for (Index i = 0; i < X.rows(); ++i) {
    const int sign = signs[static_cast<std::size_t>(i)];
    constraints.row(2 * i) = (sign == 0 ? 1 : sign) * X.row(i);
    constraints.row(2 * i + 1) = (sign == 0 ? -1 : sign) * X.row(i);
    lower(2 * i) = lower(2 * i + 1) = sign == 0 ? 0.0 : 1.0;
  }
  infinity::LinearProgramme programme(constraints, lower, 1e6);
  return programme.minimise(Vector::Zero(X.cols())).optimal;
}

Index free_rows(const Signs& signs) { return std::count(signs.begin(), signs.end(), 0); }

}  // namespace

TEST_CASE("strata of the closure in general position: Zaslavsky's numbers") {
  CHECK(strata_count(3, 2, 0) == 6.0);
  CHECK(strata_count(3, 2, 1) == 6.0);
  CHECK(strata_count(3, 2) == 13.0);
  CHECK(strata_count(4, 2) == 17.0);
  CHECK(strata_count(4, 3, 0) == 14.0);
  CHECK(strata_count(4, 3, 1) == 24.0);
  CHECK(strata_count(4, 3, 2) == 12.0);
  CHECK(strata_count(4, 3) == 51.0);
  CHECK(strata_count(5, 3, 0) == 22.0);
  CHECK(strata_count(5, 3, 1) == 40.0);
  CHECK(strata_count(5, 3, 2) == 20.0);
  CHECK(strata_count(5, 3) == 83.0);
  CHECK(strata_count(5, 3, 3) == 0.0);
  CHECK(strata_count(7, 1) == 3.0);
}

TEST_CASE("strata counts agree with the covectors of random rows") {
  Random random(3);
  for (const auto& [L, n] : std::vector<std::pair<Index, Index>>{{1, 1},
                                                                 {3, 1},
                                                                 {2, 2},
                                                                 {3, 2},
                                                                 {5, 2},
                                                                 {8, 2},
                                                                 {3, 3},
                                                                 {4, 3},
                                                                 {5, 3},
                                                                 {7, 3},
                                                                 {4, 4},
                                                                 {6, 4},
                                                                 {6, 5}}) {
    const std::set<Signs> covectors = covectors_of(random_rows(random, L, n));
    std::map<Index, double> by_free;
    for (const Signs& signs : covectors) ++by_free[free_rows(signs)];
    for (Index k = 0; k < n; ++k) CHECK(strata_count(L, n, k) == by_free[k]);
    CHECK(strata_count(L, n) == static_cast<double>(covectors.size()));
  }
}

TEST_CASE("strata counts agree with linear programmes over all sign vectors") {
  if (!infinity::have_linear_programmes()) return;
  Random random(9);
  for (const auto& [L, n] : std::vector<std::pair<Index, Index>>{{3, 2}, {4, 2}, {4, 3}, {5, 3}}) {
    const Matrix X = random_rows(random, L, n);
    double count = 0.0;
    Signs signs(static_cast<std::size_t>(L), -1);
    for (bool is_last = false; !is_last;) {
      if (is_covector(X, signs)) ++count;
      is_last = true;
      for (int& sign : signs) {
        if (sign < 1) {
          ++sign;
          is_last = false;
          break;
        }
        sign = -1;
      }
    }
    CHECK(strata_count(L, n) == count);
  }
}

TEST_CASE("the strata make up a closed ball: their alternating sum is one") {
  for (Index L = 1; L <= 24; ++L)
    for (Index n = 1; n <= L; ++n) {
      double sum = n % 2 == 0 ? 1.0 : -1.0;
      for (Index k = 0; k < n; ++k) sum += (k % 2 == 0 ? 1.0 : -1.0) * strata_count(L, n, k);
      CHECK(sum == 1.0);
    }
}

TEST_CASE("of n independent rows every sign vector is a stratum, and huge counts are infinite") {
  CHECK(strata_count(20, 20) == std::pow(3.0, 20));
  CHECK(strata_count(30, 30) == std::pow(3.0, 30));
  CHECK(strata_count(30, 30, 0) == std::pow(2.0, 30));
  CHECK(std::isinf(strata_count(5000, 4000)));
  CHECK(std::isinf(strata_count(100000000, 50000000)));
  CHECK(std::isfinite(strata_count(1000000, 3)));
  // 2 (1 + (L - 1) + binom(L - 1, 2)) vertices.
  CHECK(strata_count(1000000, 3, 0) == 2.0 * (1000000.0 + 499998500001.0));
  CHECK_THROWS_AS((void)strata_count(3, 4), std::invalid_argument);
  CHECK_THROWS_AS((void)strata_count(3, 0), std::invalid_argument);
  CHECK_THROWS_AS((void)strata_count(3, 2, -1), std::invalid_argument);
}

}  // namespace counts_test
