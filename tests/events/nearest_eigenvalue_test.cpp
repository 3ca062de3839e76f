#include "events/nearest_eigenvalue.hpp"

#include <cmath>

#include <doctest/doctest.h>

namespace nearest_eigenvalue_test {

using namespace tautrack;

namespace {

SpectrumEstimate estimate(const Vector& eigenvalues) {
  return estimate_spectrum([&](const Vector& p, Vector& out) { out = eigenvalues.cwiseProduct(p); },
                           Vector::Ones(eigenvalues.size()));
}

}  // namespace

TEST_CASE("the eigenvalue nearest to zero is estimated, with its sign") {
  Vector eigenvalues = Vector::LinSpaced(200, 0.5, 3.0);
  for (const double special : {0.1, -0.1, 1e-5, -1e-8}) {
    CAPTURE(special);
    eigenvalues(17) = special;
    const SpectrumEstimate found = estimate(eigenvalues);
    REQUIRE(found.nearest.has_value());
    CHECK(*found.nearest == doctest::Approx(special).epsilon(0.01));
    CHECK_FALSE(found.is_singular);
    CHECK(found.largest == doctest::Approx(3.0).epsilon(0.05));
    CHECK((found.lowest < 0.0) == (special < 0.0));
  }
}

TEST_CASE("a negative eigenvalue is found, and a positive matrix has none") {
  Vector eigenvalues = Vector::LinSpaced(500, 0.1, 1.0);
  CHECK(estimate(eigenvalues).lowest >= 0.1 * (1.0 - 1e-12));
  eigenvalues(3) = -0.5;
  CHECK(estimate(eigenvalues).lowest == doctest::Approx(-0.5).epsilon(1e-3));
}

TEST_CASE("a singular matrix is said to be one") {
  Vector eigenvalues = Vector::LinSpaced(100, 0.5, 2.0);
  for (const double zero : {0.0, 1e-16, -1e-17}) {
    eigenvalues(5) = zero;
    CHECK(estimate(eigenvalues).is_singular);
  }
  eigenvalues(5) = 1e-10;
  CHECK_FALSE(estimate(eigenvalues).is_singular);
}

TEST_CASE("one and two unknowns") {
  CHECK(*estimate(Vector::Constant(1, -2.0)).nearest == doctest::Approx(-2.0));
  CHECK(*estimate(Vector::LinSpaced(2, 1.0, 4.0)).nearest == doctest::Approx(1.0).epsilon(0.01));
}

}  // namespace nearest_eigenvalue_test
