#include "proof/determinant.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <Eigen/LU>
#include <boost/multiprecision/cpp_int.hpp>
#include <doctest/doctest.h>

#include "proof/exact_rank.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace {

using namespace tautrack;
using support::Random;
using Fraction = boost::multiprecision::cpp_rational;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// By its definition, over all permutations.
Fraction determinant(const RowMajor& M) {
  std::vector<Index> columns(static_cast<std::size_t>(M.rows()));
  std::iota(columns.begin(), columns.end(), Index{0});
  Fraction sum = 0;
  do {
    int inversions = 0;
    for (std::size_t i = 0; i < columns.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) inversions += columns[j] > columns[i] ? 1 : 0;
    Fraction product = inversions % 2 == 0 ? 1 : -1;
    for (std::size_t i = 0; i < columns.size(); ++i)
      product *= Fraction(M(static_cast<Index>(i), columns[i]));
    sum += product;
  } while (std::next_permutation(columns.begin(), columns.end()));
  return sum;
}

proof::RowPointers pointers(const RowMajor& M) {
  proof::RowPointers rows;
  for (Index i = 0; i < M.rows(); ++i) rows.push_back(M.row(i).data());
  return rows;
}

/// A matrix whose last row is a combination of the others, exactly or up to a rounding.
RowMajor near_singular(Random& random, Index n) {
  RowMajor M(n, n);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j) M(i, j) = static_cast<double>(random.integer(-999, 999)) / 64.0;
  if (n > 1) {
    M.row(n - 1).setZero();
    for (Index i = 0; i + 1 < n; ++i)
      M.row(n - 1) += static_cast<double>(random.integer(-3, 4)) * M.row(i);
  }
  if (random.integer(0, 2) == 0) {
    const Index row = random.integer(0, n), column = random.integer(0, n);
    double& entry = M(row, column);
    entry = std::nextafter(entry, random.integer(0, 2) == 0 ? 1e9 : -1e9);
  }
  for (Index j = 0; j < n; ++j) M.col(j) *= std::exp2(random.integer(-40, 40));
  M.row(random.integer(0, n)).swap(M.row(random.integer(0, n)));
  return M;
}

RowMajor random_matrix(Random& random, Index n) {
  RowMajor M(n, n);
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j)
      M(i, j) = random.normal() * std::pow(10.0, random.uniform(-3.0, 3.0));
  return M;
}

}  // namespace

TEST_CASE("signs of determinants are those of the exact sum over permutations") {
  Random random(1);
  int zero = 0, tiny = 0;
  for (int k = 0; k < tautrack::support::sampled(600); ++k) {
    const Index n = 1 + k % 5;
    const RowMajor M = k % 3 == 0 ? random_matrix(random, n) : near_singular(random, n);
    const Fraction exact = determinant(M);
    CHECK(proof::determinant_sign(pointers(M)) == exact.sign());
    CHECK(proof::exact_determinant_sign(pointers(M)) == exact.sign());
    zero += exact.is_zero() ? 1 : 0;
    // What elimination in double would not tell from zero.
    if (!exact.is_zero() && std::abs(M.determinant()) <= 1e-12 * M.rowwise().norm().prod()) ++tiny;
  }
  CHECK(zero > tautrack::support::sampled(50));
  CHECK(tiny > tautrack::support::sampled(50));
}

TEST_CASE("inverses are enclosed, and refused exactly where there is none") {
  Random random(2);
  int singular = 0;
  for (int k = 0; k < tautrack::support::sampled(300); ++k) {
    const Index n = 1 + k % 5;
    const RowMajor M = k % 2 == 0 ? random_matrix(random, n) : near_singular(random, n);
    const Fraction det = determinant(M);
    const auto inverse = proof::enclose_inverse(pointers(M));
    const proof::ExactInverse exact(pointers(M));
    CHECK(inverse.has_value() == !det.is_zero());
    CHECK(exact.exists() == !det.is_zero());
    singular += det.is_zero() ? 1 : 0;
    if (!inverse) continue;
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < n; ++j) {
        // Cramer's rule.
        RowMajor replaced = M;
        replaced.col(i) = RowMajor::Identity(n, n).col(j);
        const Fraction entry = determinant(replaced) / det;
        for (const proof::Interval& enclosure :
             {(*inverse)[static_cast<std::size_t>(i * n + j)],
              exact.entry(static_cast<int>(i), static_cast<int>(j))}) {
          // Next to a subnormal entry the inverse may be larger than any double.
          CHECK((std::isinf(enclosure.lower()) || Fraction(enclosure.lower()) <= entry));
          CHECK((std::isinf(enclosure.upper()) || Fraction(enclosure.upper()) >= entry));
          CHECK(enclosure.lower() < std::numeric_limits<double>::infinity());
          CHECK(enclosure.upper() > -std::numeric_limits<double>::infinity());
        }
        const proof::Interval tight = exact.entry(static_cast<int>(i), static_cast<int>(j));
        CHECK(proof::width_of(tight) <= 0x1p-49 * proof::magnitude(tight) + 1e-300);
        // Row i of M times column j of the inverse.
        const proof::Interval unit = exact.product(M.row(i).data(), static_cast<int>(j));
        CHECK(unit.lower() <= (i == j ? 1.0 : 0.0));
        CHECK(unit.upper() >= (i == j ? 1.0 : 0.0));
        if (i != j) CHECK(proof::width_of(unit) == 0.0);
      }
    }
  }
  CHECK(singular > tautrack::support::sampled(20));
}

#ifdef TAUTRACK_WITH_FLINT

namespace {

/// By elimination in rational numbers.
Index rational_rank(const Matrix& X) {
  std::vector<std::vector<Fraction>> M(static_cast<std::size_t>(X.rows()));
  for (Index i = 0; i < X.rows(); ++i)
    for (Index j = 0; j < X.cols(); ++j) M[static_cast<std::size_t>(i)].emplace_back(X(i, j));
  std::size_t rank = 0;
  for (std::size_t j = 0; j < static_cast<std::size_t>(X.cols()); ++j) {
    std::size_t pivot = rank;
    while (pivot < M.size() && M[pivot][j].is_zero()) ++pivot;
    if (pivot == M.size()) continue;
    std::swap(M[pivot], M[rank]);
    for (std::size_t i = rank + 1; i < M.size(); ++i) {
      const Fraction factor = M[i][j] / M[rank][j];
      if (factor.is_zero()) continue;
      for (std::size_t l = j; l < M[i].size(); ++l) M[i][l] -= factor * M[rank][l];
    }
    if (++rank == M.size()) break;
  }
  return static_cast<Index>(rank);
}

}  // namespace

TEST_CASE("exact ranks are those of elimination in rational numbers") {
  Random random(3);
  int deficient = 0, nearly = 0;
  for (int k = 0; k < 200; ++k) {
    const Index rows = 1 + random.integer(0, 6), columns = 1 + random.integer(0, 4);
    const Index inner = 1 + random.integer(0, std::min(rows, columns));
    const auto integers = [&](Index m, Index n) {
      Matrix M(m, n);
      for (double& entry : M.reshaped()) entry = static_cast<double>(random.integer(-50, 50));
      return M;
    };
    const Matrix left = integers(rows, inner);
    Matrix X = left * integers(inner, columns);
    if (k % 3 == 1) {
      const Index row = random.integer(0, rows), column = random.integer(0, columns);
      double& entry = X(row, column);
      entry = std::nextafter(entry, 1e300);  // of zero a subnormal number
    }
    for (Index j = 0; j < columns; ++j) X.col(j) *= std::exp2(random.integer(-300, 300));
    if (k % 5 == 0) X.row(random.integer(0, rows)) *= std::exp2(-200);
    const Index rank = rational_rank(X);
    CHECK(proof::exact_rank(X) == rank);
    deficient += rank < std::min(rows, columns) ? 1 : 0;
    nearly += k % 3 == 1 && rank > inner ? 1 : 0;
  }
  CHECK(deficient > 20);
  CHECK(nearly > 10);
  CHECK(proof::exact_rank(Matrix::Zero(3, 2)) == 0);
}

#endif
