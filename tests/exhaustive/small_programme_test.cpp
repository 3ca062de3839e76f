#include "exhaustive/small_programme.hpp"

#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include <Eigen/Dense>
#include <doctest/doctest.h>

#include "support/random_problem.hpp"

namespace small_programme_test {

namespace {

using namespace tautrack;
using exhaustive::SmallProgramme;
using support::Random;

/// The largest gain.x over all vertices of { A x <= b } that are feasible; nothing: there are none.
std::optional<double> best_vertex(const Matrix& A, const Vector& b, const Vector& gain) {
  const Index d = A.cols(), m = A.rows();
  std::optional<double> best;
  std::vector<Index> chosen(static_cast<std::size_t>(d));
  for (std::size_t k = 0; k < chosen.size(); ++k) chosen[k] = static_cast<Index>(k);
  for (;;) {
    const Matrix M = A(chosen, Eigen::all);
    const Vector x = M.fullPivLu().solve(Vector(b(chosen)));
    if (x.allFinite() && x.norm() < 1e6 && ((A * x - b).array() <= 1e-9).all()) {
      const double value = gain.dot(x);
      if (!best || value > *best) best = value;
    }
    std::size_t k = chosen.size();
    while (k > 0 && chosen[k - 1] == m - d + static_cast<Index>(k) - 1) --k;
    if (k == 0) return best;
    ++chosen[k - 1];
    for (; k < chosen.size(); ++k) chosen[k] = chosen[k - 1] + 1;
  }
}

}  // namespace

TEST_CASE("the optimum is that of the best vertex, and lies on the rows that are named") {
  Random random(3);
  int feasible = 0, infeasible = 0;
  for (int trial = 0; trial < 300; ++trial) {
    CAPTURE(trial);
    const Index d = random.integer(1, 5), m = random.integer(1, 9);
    const double reach = 10.0;
    Matrix A(m + 2 * d, d);
    Vector b(m + 2 * d), gain(d);
    SmallProgramme programme;
    programme.begin(static_cast<int>(d));
    for (Index i = 0; i < m; ++i) {
      double* const row = programme.add();
      for (Index j = 0; j < d; ++j) row[j] = A(i, j) = random.normal();
      row[d] = b(i) = random.uniform(-2.0, 3.0);
    }
    for (Index j = 0; j < d; ++j) {
      A.row(m + 2 * j) = Vector::Unit(d, j).transpose();
      A.row(m + 2 * j + 1) = -Vector::Unit(d, j).transpose();
      b(m + 2 * j) = b(m + 2 * j + 1) = reach;
      gain(j) = random.normal();
    }
    const std::optional<double> best = best_vertex(A, b, gain);
    Vector x(8);
    const bool solved = programme.solve(gain.data(), reach, x.data());
    CHECK(solved == best.has_value());
    if (!solved || !best) {
      ++infeasible;
      continue;
    }
    ++feasible;
    const Vector at = x.head(d);
    CHECK(gain.dot(at) == doctest::Approx(*best).epsilon(1e-8).scale(1.0));
    CHECK(((A * at - b).array() <= 1e-8).all());
    for (const int i : programme.tight()) CHECK(std::abs(A.row(i).dot(at) - b(i)) <= 1e-7);
    Index sides = 0;
    for (Index j = 0; j < d; ++j) sides += std::abs(at(j)) >= reach - 1e-9 ? 1 : 0;
    CHECK(static_cast<Index>(programme.tight().size()) + sides >= d);
  }
  CHECK(feasible > 100);
  CHECK(infeasible > 20);
}

}  // namespace small_programme_test
