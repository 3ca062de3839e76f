#include "tautrack/homotopy/homotopy.hpp"

#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "support/derivative_check.hpp"
#include "support/known_problems.hpp"

namespace homotopy_test {

namespace {

using tautrack::Homotopy;
using tautrack::HomotopyRef;
using tautrack::Index;
using tautrack::Matrix;
using tautrack::MetricScales;
using tautrack::Vector;
using tautrack::support::check_derivatives;

/// x_0^3 x_1 + tau^3 x_1 = 0 and x_0 + x_1 - 2 tau = 0, with nothing optional. Counts evaluations.
struct Minimal {
  int evaluations = 0;
  [[nodiscard]] int size() const { return 2; }  // convertible to Index
  void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    ++evaluations;
    const double a = x(0), b = x(1);
    H << a * a * a * b + tau * tau * tau * b, a + b - 2.0 * tau;
    H_x << 3.0 * a * a * b, a * a * a + tau * tau * tau, 1.0, 1.0;
    H_tau << 3.0 * tau * tau * b, -2.0;
  }
};

/// The same with every optional member, each with an answer that is no default.
struct Complete : Minimal {
  [[nodiscard]] MetricScales scales(const Vector& x, double tau) const {
    return {2.0 + x(0), 3.0 + tau};
  }
  [[nodiscard]] double residual_scale(const Vector& x, double tau) const { return x(1) + tau; }
  [[nodiscard]] double displacement(const Vector& x, const Vector& dx) const {
    return x(0) + 10.0 * dx(1);
  }
  [[nodiscard]] bool symmetric() const { return true; }
  void hessian_form_gradient(const Vector&, double tau, const Vector& psi, const Vector& phi,
                             Vector& by_x, double& by_tau) const {
    by_x << psi(0), phi(1);
    by_tau = tau;
  }
};

struct WithoutSize {
  void derivatives(const Vector&, double, Vector&, Matrix&, Vector&) {}
};
struct WithoutDerivatives {
  [[nodiscard]] Index size() const { return 1; }
};
struct SizeIsNoNumber {
  [[nodiscard]] const char* size() const { return "two"; }
  void derivatives(const Vector&, double, Vector&, Matrix&, Vector&) {}
};
struct DerivativesWithoutTau {
  [[nodiscard]] Index size() const { return 1; }
  void derivatives(const Vector&, Vector&, Matrix&, Vector&) {}
};

static_assert(Homotopy<Minimal>);
static_assert(Homotopy<Complete>);
static_assert(Homotopy<tautrack::known::Circle>);
static_assert(Homotopy<tautrack::known::CubicFolds>);
static_assert(Homotopy<tautrack::known::TiltedParabola>);
static_assert(Homotopy<HomotopyRef>);
static_assert(!Homotopy<WithoutSize>);
static_assert(!Homotopy<WithoutDerivatives>);
static_assert(!Homotopy<SizeIsNoNumber>);
static_assert(!Homotopy<DerivativesWithoutTau>);
static_assert(!Homotopy<int>);

/// A reference is made from an object, not from a temporary that would be gone.
static_assert(std::is_constructible_v<HomotopyRef, Minimal&>);
static_assert(!std::is_constructible_v<HomotopyRef, Minimal>);
static_assert(!std::is_constructible_v<HomotopyRef, WithoutSize&>);

/// Another homotopy with one of its answers falsified, or one of its members taken away.
template <class Original>
struct Altered {
  Original original{};
  double factor_H_x = 1.0;
  double factor_H_tau = 1.0;
  [[nodiscard]] Index size() const { return original.size(); }
  void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    original.derivatives(x, tau, H, H_x, H_tau);
    H_x(0, 0) *= factor_H_x;
    H_tau *= factor_H_tau;
  }
};

/// Claims to be symmetric without being it.
struct FalselySymmetric : Minimal {
  [[nodiscard]] bool symmetric() const { return true; }
};

/// Forgets the tau part of its form gradient.
struct ForgetsTau : tautrack::known::Pitchfork {
  static void hessian_form_gradient(const Vector& x, double tau, const Vector& psi,
                                    const Vector& phi, Vector& by_x, double& by_tau) {
    tautrack::known::Pitchfork::hessian_form_gradient(x, tau, psi, phi, by_x, by_tau);
    by_tau = 0.0;
  }
};

const Vector two{{0.7, -1.2}};
const Vector psi_2{{0.6, -0.8}};
const Vector phi_2{{1.3, 0.4}};
const Vector one = Vector::Ones(1);

}  // namespace

TEST_CASE("a homotopy without optional members has the defaults") {
  Minimal minimal;
  const HomotopyRef homotopy(minimal);
  CHECK(homotopy.size() == 2);
  CHECK(homotopy.scales(two, 0.3).unknown == 1.0);
  CHECK(homotopy.scales(two, 0.3).parameter == 1.0);
  CHECK(homotopy.displacement(two, psi_2) == 0.0);
  CHECK_FALSE(homotopy.symmetric());
}

TEST_CASE("the default residual scale is |H_x| |x| + |H_tau|") {
  Minimal minimal;
  const HomotopyRef homotopy(minimal);
  Matrix H_x(2, 2);
  H_x << 1.0, 2.0, 2.0, 4.0;       // norm 5
  const Vector H_tau{{3.0, 4.0}};  // norm 5
  const Vector x{{5.0, 12.0}};     // norm 13
  CHECK(homotopy.residual_scale(x, 1.0, H_x, H_tau) == doctest::Approx(70.0));
  CHECK(homotopy.residual_scale(x, 0.0, H_x, H_tau) == doctest::Approx(70.0));
  CHECK(homotopy.residual_scale(Vector::Zero(2), 0.5, H_x, H_tau) == doctest::Approx(5.0));
}

TEST_CASE("optional members are used when they are there") {
  Complete complete;
  const HomotopyRef homotopy(complete);
  CHECK(homotopy.size() == 2);
  CHECK(homotopy.scales(two, 0.5).unknown == doctest::Approx(2.7));
  CHECK(homotopy.scales(two, 0.5).parameter == doctest::Approx(3.5));
  CHECK(homotopy.residual_scale(two, 0.5, Matrix::Ones(2, 2), psi_2) == doctest::Approx(-0.7));
  CHECK(homotopy.displacement(two, psi_2) == doctest::Approx(-7.3));
  CHECK(homotopy.symmetric());
  Vector by_x(2);
  double by_tau = 0.0;
  homotopy.hessian_form_gradient(two, 0.25, psi_2, phi_2, by_x, by_tau);
  CHECK(by_x == Vector{{0.6, 0.4}});
  CHECK(by_tau == 0.25);
  CHECK(complete.evaluations == 0);
}

TEST_CASE("derivatives come from the object itself, through any number of copies") {
  Minimal minimal;
  const HomotopyRef homotopy(minimal);
  HomotopyRef copy = homotopy;
  const HomotopyRef copy_of_copy(copy);
  Vector H(2), H_tau(2);
  Matrix H_x(2, 2);
  copy_of_copy.derivatives(Vector{{2.0, 3.0}}, 0.5, H, H_x, H_tau);
  homotopy.derivatives(Vector{{2.0, 3.0}}, 0.5, H, H_x, H_tau);
  CHECK(minimal.evaluations == 2);
  CHECK(H == Vector{{24.375, 4.0}});
  CHECK(H_x == Matrix{{36.0, 8.125}, {1.0, 1.0}});
  CHECK(H_tau == Vector{{2.25, -2.0}});
}

TEST_CASE(
    "the default form gradient is that of differences: close to the exact one, 2 n + 2 "
    "evaluations") {
  // psi' H_x phi = psi_0 (3 a^2 b phi_0 + (a^3 + tau^3) phi_1) + psi_1 (phi_0 + phi_1)
  Minimal minimal;
  const double a = two(0), b = two(1), tau = 0.4;
  const Vector by_x_exact{{psi_2(0) * (6.0 * a * b * phi_2(0) + 3.0 * a * a * phi_2(1)),
                           psi_2(0) * 3.0 * a * a * phi_2(0)}};
  const double by_tau_exact = psi_2(0) * 3.0 * tau * tau * phi_2(1);
  Vector by_x(2);
  double by_tau = 0.0;
  HomotopyRef(minimal).hessian_form_gradient(two, tau, psi_2, phi_2, by_x, by_tau);
  CHECK(minimal.evaluations == 6);
  CHECK((by_x - by_x_exact).norm() <= 1e-9 * by_x_exact.norm());
  CHECK(std::abs(by_tau - by_tau_exact) <= 1e-9);
}

TEST_CASE("the default form gradient agrees with the exact ones of the known problems") {
  const auto agree = [](auto exact, auto by_differences, const Vector& x, double tau) {
    const Index n = exact.size();
    const Vector psi = Vector::LinSpaced(n, 0.5, 1.0), phi = Vector::LinSpaced(n, 1.5, -1.0);
    Vector by_x(n), by_x_default(n);
    double by_tau = 0.0, by_tau_default = 0.0;
    exact.hessian_form_gradient(x, tau, psi, phi, by_x, by_tau);
    HomotopyRef(by_differences)
        .hessian_form_gradient(x, tau, psi, phi, by_x_default, by_tau_default);
    CHECK((by_x_default - by_x).norm() <= 1e-9 * (1.0 + by_x.norm()));
    CHECK(std::abs(by_tau_default - by_tau) <= 1e-9);
    CHECK((by_x_default - by_x).norm() + std::abs(by_tau_default - by_tau) > 0.0);  // not the same
  };
  using namespace tautrack::known;
  agree(Pitchfork{}, Altered<Pitchfork>{}, Vector::Constant(1, 0.3), 0.2);
  agree(Transcritical{}, Altered<Transcritical>{}, Vector::Constant(1, 0.3), 0.2);
  agree(TiltedParabola{}, Altered<TiltedParabola>{}, TiltedParabola::x(0.2), 0.2);
  const CubicFolds cubic(0.4);
  agree(cubic, Altered<CubicFolds>{cubic}, Vector::Constant(1, 0.3), 0.2);
}

TEST_CASE("the derivatives of the known problems are right") {
  tautrack::known::Circle circle;
  tautrack::known::CubicFolds cubic(0.3);
  tautrack::known::Pitchfork pitchfork;
  tautrack::known::Transcritical transcritical;
  tautrack::known::TiltedParabola parabola;
  for (const double tau : {0.0, 0.5, 0.9}) {
    for (const double x : {-1.1, 0.0, 0.4}) {
      CAPTURE(tau);
      CAPTURE(x);
      const Vector at = Vector::Constant(1, x);
      CHECK(check_derivatives(circle, at, tau, one, one).largest() <= 1e-9);  // default gradient
      CHECK(check_derivatives(cubic, at, tau, one, one).largest() <= 1e-11);
      CHECK(check_derivatives(pitchfork, at, tau, one, one).largest() <= 1e-11);
      CHECK(check_derivatives(transcritical, at, tau, one, one).largest() <= 1e-11);
      CHECK(check_derivatives(parabola, Vector{{x, 0.7}}, tau, psi_2, phi_2).largest() <= 1e-11);
    }
  }
}

TEST_CASE("the known curves lie where their comments say") {
  Vector H(1), H_tau(1);
  Matrix H_x(1, 1);
  const tautrack::known::CubicFolds cubic(0.3);
  for (const double tau : {0.0, 1.0}) {
    cubic.derivatives(Vector::Constant(1, cubic.root(tau)), tau, H, H_x, H_tau);
    CHECK(std::abs(H(0)) <= 1e-15);
    CHECK(H_x(0, 0) > 0.0);
  }
  for (const double side : {-1.0, 1.0}) {
    const double tau = side < 0.0 ? cubic.first_fold_tau() : cubic.second_fold_tau();
    cubic.derivatives(Vector::Constant(1, side * cubic.fold_x()), tau, H, H_x, H_tau);
    CHECK(std::abs(H(0)) <= 1e-15);
    CHECK(std::abs(H_x(0, 0)) <= 1e-15);
    CHECK(cubic.tau(side * cubic.fold_x()) == doctest::Approx(tau).epsilon(1e-14).scale(0.0));
  }
  CHECK(cubic.first_fold_tau() > cubic.second_fold_tau());
  Vector H2(2), H2_tau(2);
  Matrix H2_x(2, 2);
  using Parabola = tautrack::known::TiltedParabola;
  for (const double p : {0.8, 0.0, -0.5}) {
    Parabola::derivatives(Parabola::x(p), Parabola::tau(p), H2, H2_x, H2_tau);
    CHECK(H2.norm() <= 1e-15);
    CHECK((H2_x * Vector::Ones(2) - 2.0 * p * Vector::Ones(2)).norm() <= 1e-15);
  }
  CHECK(Parabola::tau(0.0) == Parabola::fold_tau);
  CHECK(std::abs(Parabola::tau(std::sqrt(0.75))) <= 1e-15);
}

TEST_CASE("check_derivatives notices what is wrong, and where") {
  const Vector at = Vector::Constant(1, 0.8);
  Altered<tautrack::known::Circle> circle;
  circle.factor_H_x = 1.0 + 1e-6;
  CHECK(check_derivatives(circle, at, 0.5, one, one).H_x ==
        doctest::Approx(1e-6).epsilon(1e-3).scale(0.0));
  CHECK(check_derivatives(circle, at, 0.5, one, one).H_tau <= 1e-12);
  circle.factor_H_x = 1.0;
  circle.factor_H_tau = 1.0 - 1e-6;
  CHECK(check_derivatives(circle, at, 0.5, one, one).H_x <= 1e-12);
  CHECK(check_derivatives(circle, at, 0.5, one, one).H_tau ==
        doctest::Approx(1e-6).epsilon(1e-3).scale(0.0));
  circle.factor_H_x = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(check_derivatives(circle, at, 0.5, one, one).largest()));

  FalselySymmetric false_claim;
  Minimal no_claim;
  CHECK(check_derivatives(false_claim, two, 0.5, psi_2, phi_2).symmetry > 0.1);
  CHECK(check_derivatives(no_claim, two, 0.5, psi_2, phi_2).symmetry == 0.0);

  ForgetsTau forgets;
  CHECK(check_derivatives(forgets, at, 0.5, one, one).form_by_tau == doctest::Approx(1.0));
  CHECK(check_derivatives(forgets, at, 0.5, one, one).form_by_x <= 1e-11);
}

}  // namespace homotopy_test
