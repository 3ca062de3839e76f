#include <algorithm>
#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include "tautrack/homotopy/homotopy.hpp"
#include "tautrack/tracker/tracker.hpp"

#include "corrector/newton.hpp"
#include "homotopy/natural.hpp"
#include "support/random_problem.hpp"

namespace matrix_free_test {

using namespace tautrack;
using tautrack::support::Random;

namespace {

/// A user's own: n cubics, coupled by a chain so weak that the first alone decides about folds.
///
///     H_i = x_i^3 - e_i x_i - (tau - 1/2) + c (2 x_i - x_{i-1} - x_{i+1}),   e_1 = epsilon, e_i = -1
class CubicChain {
 public:
  CubicChain(Index n, double epsilon) : x_(n), epsilon_(epsilon) {}
  [[nodiscard]] Index size() const { return x_.size(); }
  void residual(const Vector& x, double tau, Vector& H) {
    x_ = x;
    for (Index i = 0; i < x.size(); ++i)
      H(i) = x(i) * x(i) * x(i) - e(i) * x(i) - (tau - 0.5) + coupling_ * chain(x, i);
  }
  static void parameter_derivative(Vector& H_tau) { H_tau.setConstant(-1.0); }
  void hessian_product(const Vector& p, Vector& out) const {
    for (Index i = 0; i < p.size(); ++i)
      out(i) = (3.0 * x_(i) * x_(i) - e(i)) * p(i) + coupling_ * chain(p, i);
  }
  void preconditioner(Vector& d) const {
    for (Index i = 0; i < d.size(); ++i)
      d(i) = 3.0 * x_(i) * x_(i) + std::abs(e(i)) + 2.0 * coupling_;
  }

 protected:
  [[nodiscard]] double e(Index i) const { return i == 0 ? epsilon_ : -1.0; }
  [[nodiscard]] static double chain(const Vector& x, Index i) {
    return 2.0 * x(i) - (i > 0 ? x(i - 1) : 0.0) - (i + 1 < x.size() ? x(i + 1) : 0.0);
  }
  static constexpr double coupling_ = 0.01;

 private:
  Vector x_;
  double epsilon_;
};

/// The same with a matrix.
class DenseCubicChain : public CubicChain {
 public:
  using CubicChain::CubicChain;
  [[nodiscard]] static bool symmetric() { return true; }
  void derivatives(const Vector& x, double tau, Vector& H, Matrix& H_x, Vector& H_tau) {
    residual(x, tau, H);
    parameter_derivative(H_tau);
    Vector out(x.size());
    for (Index j = 0; j < x.size(); ++j) {
      hessian_product(Vector::Unit(x.size(), j), out);
      H_x.col(j) = out;
    }
  }
};

/// A point of the curve at tau = 0 by Newton's method.
Vector start(Index n, double epsilon) {
  DenseCubicChain chain(n, epsilon);
  Corrector corrector(chain, {});
  Vector x = Vector::Constant(n, -0.4);
  x(0) = -0.95;
  double tau = 0.0;
  const Correction correction =
      corrector.correct(x, tau, Constraint::fixed_tau, {}, MetricScales{}, true);
  REQUIRE(correction.converged);
  return x;
}

}  // namespace

TEST_CASE("a homotopy is dense or matrix-free, and dense when it is both") {
  static_assert(MatrixFreeHomotopy<CubicChain> && !DenseHomotopy<CubicChain>);
  static_assert(MatrixFreeHomotopy<DenseCubicChain> && DenseHomotopy<DenseCubicChain>);
  static_assert(MatrixFreeHomotopy<SparseNaturalHomotopy>);
  static_assert(!MatrixFreeHomotopy<NaturalHomotopy> && DenseHomotopy<NaturalHomotopy>);
  CubicChain chain(3, 0.3);
  DenseCubicChain dense(3, 0.3);
  const HomotopyRef ref(chain), dense_ref(dense);
  CHECK(ref.is_matrix_free());
  CHECK_FALSE(ref.symmetric());
  CHECK(ref.has_residual());
  CHECK_FALSE(dense_ref.is_matrix_free());
  CHECK(dense_ref.symmetric());
  Vector x = Vector::LinSpaced(3, -1.0, 1.0), H(3), H_tau(3), out(3), d(3);
  ref.residual(x, 0.25, H);
  ref.parameter_derivative(H_tau);
  ref.hessian_product(Vector::Unit(3, 0), out);
  ref.preconditioner(d);
  CHECK(H_tau == Vector::Constant(3, -1.0));
  CHECK(out(0) == doctest::Approx(2.72));
  CHECK(d(0) == doctest::Approx(3.32));
  CHECK(ref.residual_scale(x, 0.25, d.norm(), H_tau) ==
        doctest::Approx(d.norm() * x.norm() + H_tau.norm()));
}

TEST_CASE("the corrector holds no matrix, and knows neither orientation nor condition") {
  CubicChain chain(5, 0.3);
  Corrector corrector(chain, {});
  CHECK(corrector.H_x().size() == 0);
  const Vector x = Vector::Constant(5, -0.5);
  REQUIRE(corrector.linearise(x, 0.1, Vector::Unit(6, 5), MetricScales{}));
  CHECK(corrector.determinant_sign() == 0);
  CHECK(corrector.reciprocal_condition() == 1.0);
  Vector t(6), H_x_t(5);
  corrector.tangent(t);
  chain.hessian_product(t.head(5), H_x_t);
  CHECK((H_x_t + t(5) * corrector.H_tau()).norm() <= 1e-9);
  CHECK(t.norm() == doctest::Approx(1.0));
  CHECK(corrector.krylov_iterations() > 0);
  CHECK(corrector.factorisations() == 1);
}

TEST_CASE("matrix-free and dense corrections lead to the same point, quadratically") {
  const Vector on_curve = start(8, 0.3);
  Random random(1);
  for (const bool fixed : {false, true}) {
    Vector guess = on_curve;
    for (double& entry : guess) entry += 1e-3 * random.normal();
    const Vector normal = Vector::Ones(9);
    const auto correct = [&](auto& chain, Vector& x, double& tau) {
      Corrector corrector(chain, {});
      return corrector.correct(x, tau, fixed ? Constraint::fixed_tau : Constraint::hyperplane,
                               normal, MetricScales{}, true);
    };
    CubicChain chain(8, 0.3);
    DenseCubicChain dense(8, 0.3);
    Vector x = guess, truth = guess;
    double tau = 0.01, true_tau = 0.01;
    const Correction correction = correct(chain, x, tau);
    REQUIRE(correction.converged);
    REQUIRE(correct(dense, truth, true_tau).converged);
    CHECK((x - truth).norm() <= 1e-13);
    CHECK(std::abs(tau - true_tau) <= 1e-13);
    CHECK(correction.contraction <= 1e-2);
    if (fixed) CHECK(tau == 0.01);
  }
}

TEST_CASE("a correction whose systems are not solved within the budget fails and says so") {
  CubicChain chain(30, 0.3);
  CorrectorOptions options;
  options.krylov.max_iterations = 1;
  Corrector corrector(chain, options);
  Vector x = Vector::LinSpaced(30, -1.0, -0.2);
  double tau = 0.1;
  const Correction correction =
      corrector.correct(x, tau, Constraint::fixed_tau, {}, MetricScales{});
  CHECK_FALSE(correction.converged);
  CHECK(std::string(correction.failure) ==
        "the Krylov solver does not converge within its budget of iterations");
  CHECK(corrector.solver_failed());
}

TEST_CASE("a user's matrix-free homotopy goes through the tracker, with its folds and landings") {
  constexpr Index n = 40;
  const Vector x0 = start(n, 0.3);
  for (const auto kind :
       {PredictorKind::tangent, PredictorKind::taylor, PredictorKind::davidenko}) {
    CAPTURE(to_string(kind));
    TrackOptions options;
    options.predictor.kind = kind;
    options.landings = {0.5};
    CubicChain chain(n, 0.3);
    DenseCubicChain dense(n, 0.3);
    const PathResult path = track(chain, x0, options);
    const PathResult truth = track(dense, x0, options);
    INFO(path.message);
    REQUIRE(path.ok());
    REQUIRE(truth.ok());
    REQUIRE(truth.folds.size() == 2);
    REQUIRE(path.folds.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(std::abs(path.folds[i].point.tau - truth.folds[i].point.tau) <= 1e-12);
      CHECK((path.folds[i].point.x - truth.folds[i].point.x).norm() <= 1e-7);
      CHECK((path.folds[i].null_vector - truth.folds[i].null_vector).norm() <= 1e-6);
      CHECK(path.folds[i].second_derivative * truth.folds[i].second_derivative > 0.0);
      CHECK_FALSE(path.folds[i].index_before.has_value());
    }
    CHECK((path.points.back().x - truth.points.back().x).norm() <= 1e-12);
    CHECK(path.points.back().orientation == 0);
    CHECK_FALSE(path.points.back().morse_index.has_value());
    CHECK(path.branch_points.empty());
    CHECK(path.work.krylov_iterations > 0);
    CHECK(truth.work.krylov_iterations == 0);
    const auto landings = [](const PathResult& result) {
      return std::count_if(result.points.begin(), result.points.end(),
                           [](const PathPoint& point) { return point.tau == 0.5; });
    };
    CHECK(landings(path) == landings(truth));
  }
}

TEST_CASE("the sparse natural homotopy counts its passes and has the metric of the dense one") {
  SparseMatrix X(4, 2);
  X.insert(0, 0) = 1.0;
  X.insert(1, 0) = -2.0;
  X.insert(2, 1) = 0.5;
  X.insert(3, 1) = 3.0;
  const SparsePerceptron network(make_sparse_problem(X, Vector::LinSpaced(4, -0.5, 0.5)));
  SparseNaturalHomotopy homotopy(network);
  Vector v = Vector::Ones(2), out(2);
  homotopy.residual(v, 0.5, out);
  homotopy.parameter_derivative(out);
  homotopy.preconditioner(out);
  homotopy.hessian_product(v, out);
  static_cast<void>(homotopy.append_series(1, v, 0.1, out));
  static_cast<void>(homotopy.energy(v, 0.5));
  CHECK(homotopy.passes_over_data() == 6);
  CHECK(homotopy.scales(v, 0.5).unknown == doctest::Approx(std::sqrt(6.0)));
  CHECK(homotopy.scales(v, 0.5).parameter == doctest::Approx(0.5));
  const HomotopyRef ref(homotopy);
  CHECK(ref.is_matrix_free());
  CHECK(ref.has_series());
  CHECK(ref.has_last_displacement());
  CHECK(ref.linearisation_cost() < 1.0);
}

}  // namespace matrix_free_test
