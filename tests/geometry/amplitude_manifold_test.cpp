#include "tautrack/geometry/amplitude_manifold.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <vector>

#include <boost/math/special_functions/erf.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <doctest/doctest.h>

#include "tautrack/fits/fitted_range.hpp"
#include "tautrack/geometry/caustic.hpp"
#include "tautrack/geometry/curvature.hpp"

#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

/// Geometry of fitted plateaus against derivatives written out here and linear algebra in 50 digits.
namespace tautrack::amplitude_manifold_test {
namespace {

using Real = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>,
                                           boost::multiprecision::et_off>;
using Reals = std::vector<Real>;

constexpr Activation kEveryActivation[] = {Activation::tanh, Activation::logistic,
                                           Activation::arctan, Activation::erf};

Real dot(const Reals& a, const Reals& b) {
  Real sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

Real norm(const Reals& a) { return sqrt(dot(a, a)); }

void add(Reals& to, const Real& factor, const Reals& what) {
  for (std::size_t i = 0; i < to.size(); ++i) to[i] += factor * what[i];
}

/// sigma scaled to (0, 1), and two derivatives.
struct Unit {
  Real s, first, second;
};

Unit unit_at(Activation activation, const Real& u) {
  if (activation == Activation::arctan) {
    const Real pi = boost::math::constants::pi<Real>(), x = pi * u / 2, q = 1 + x * x;
    return {Real(0.5) + atan(x) / pi, 1 / (2 * q), -pi * x / (2 * q * q)};
  }
  if (activation == Activation::erf) {
    const Real pi = boost::math::constants::pi<Real>(), slope = exp(-pi * u * u / 4) / 2;
    return {(1 + boost::math::erf(Real(sqrt(pi) * u / 2))) / 2, slope, -pi * u * slope / 2};
  }
  const Real scale = activation == Activation::tanh ? 2 : 1, s = 1 / (1 + exp(-scale * u));
  const Real slope = s * (1 - s);
  return {s, scale * slope, scale * scale * slope * (1 - 2 * s)};
}

/// A curve low + (high - low) sigma01(X w) with its derivatives by (w, free plateaus), in 50 digits.
struct Model {
  Problem problem;
  Activation activation = Activation::tanh;
  OutputRange range;
  AmplitudeCurve curve;

  [[nodiscard]] std::size_t patterns() const { return static_cast<std::size_t>(problem.y.size()); }
  [[nodiscard]] bool is_low_free() const { return !range.low; }
  [[nodiscard]] bool is_high_free() const { return !range.high; }
  [[nodiscard]] Index parameters() const {
    return curve.weights.size() + (is_low_free() ? 1 : 0) + (is_high_free() ? 1 : 0);
  }
  [[nodiscard]] Real root(std::size_t i) const {
    return problem.pattern_weights.size() > 0
               ? sqrt(Real(problem.pattern_weights(static_cast<Index>(i))))
               : Real(1);
  }
  [[nodiscard]] Unit unit(std::size_t i) const {
    Real u = 0;
    for (Index j = 0; j < curve.weights.size(); ++j)
      u += Real(problem.X(static_cast<Index>(i), j)) * Real(curve.weights(j));
    return unit_at(activation, u);
  }

  /// Columns of J = dz/d(w, low, high), as far as they are free.
  [[nodiscard]] std::vector<Reals> jacobian() const {
    std::vector<Reals> J(static_cast<std::size_t>(parameters()), Reals(patterns()));
    const Real height = Real(curve.range.high) - Real(curve.range.low);
    for (std::size_t i = 0; i < patterns(); ++i) {
      const Unit at = unit(i);
      std::size_t k = 0;
      for (Index j = 0; j < curve.weights.size(); ++j)
        J[k++][i] = root(i) * height * at.first * Real(problem.X(static_cast<Index>(i), j));
      if (is_low_free()) J[k++][i] = root(i) * (1 - at.s);
      if (is_high_free()) J[k++][i] = root(i) * at.s;
    }
    return J;
  }

  /// y - z
  [[nodiscard]] Reals residual() const {
    Reals r(patterns());
    for (std::size_t i = 0; i < patterns(); ++i)
      r[i] = root(i) * (Real(problem.y(static_cast<Index>(i))) - Real(curve.range.low) -
                        (Real(curve.range.high) - Real(curve.range.low)) * unit(i).s);
    return r;
  }

  /// d2z/(d parameter a d parameter b)
  [[nodiscard]] Reals second(Index a, Index b) const {
    const Index s = curve.weights.size();
    const auto of_height = [&](Index k) {
      if (k < s) return 0;
      return is_low_free() && k == s ? -1 : 1;
    };
    Reals result(patterns());
    for (std::size_t i = 0; i < patterns(); ++i) {
      const Unit at = unit(i);
      const auto input = [&](Index k) {
        return k < s ? Real(problem.X(static_cast<Index>(i), k)) : Real(0);
      };
      const Real height = Real(curve.range.high) - Real(curve.range.low);
      result[i] = root(i) * (height * at.second * input(a) * input(b) +
                             at.first * (of_height(a) * input(b) + of_height(b) * input(a)));
    }
    return result;
  }
};

/// An orthonormal basis of the span of J, Q = J to_parameters.
struct Basis {
  std::vector<Reals> Q, to_parameters;

  explicit Basis(const std::vector<Reals>& J) {
    const std::size_t n = J.size();
    for (std::size_t k = 0; k < n; ++k) {
      Reals q = J[k], t(n);
      t[k] = 1;
      const Real length = norm(q);
      for (int twice = 0; twice < 2; ++twice)
        for (std::size_t l = 0; l < k; ++l) {
          const Real part = dot(Q[l], q);
          add(q, -part, Q[l]);
          add(t, -part, to_parameters[l]);
        }
      REQUIRE(norm(q) > 1e-35 * length);
      const Real by = 1 / norm(q);
      for (Real& entry : q) entry *= by;
      for (Real& entry : t) entry *= by;
      Q.push_back(q);
      to_parameters.push_back(t);
    }
  }
  [[nodiscard]] Reals normal_part(Reals x) const {
    for (int twice = 0; twice < 2; ++twice)
      for (const Reals& q : Q) add(x, -dot(q, x), q);
    return x;
  }
};

/// Eigenvalues of a symmetric matrix by Jacobi's method, ascending.
Reals eigenvalues(std::vector<Reals> A) {
  const std::size_t n = A.size();
  for (int sweep = 0; sweep < 60; ++sweep)
    for (std::size_t p = 0; p < n; ++p)
      for (std::size_t q = p + 1; q < n; ++q) {
        if (A[p][q] == 0) continue;
        const Real theta = (A[q][q] - A[p][p]) / (2 * A[p][q]);
        const Real t = (theta < 0 ? -1 : 1) / (abs(theta) + sqrt(theta * theta + 1));
        const Real c = 1 / sqrt(t * t + 1), s = t * c;
        for (std::size_t k = 0; k < n; ++k) {
          const Real kp = A[k][p], kq = A[k][q];
          A[k][p] = c * kp - s * kq;
          A[k][q] = s * kp + c * kq;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const Real pk = A[p][k], qk = A[q][k];
          A[p][k] = c * pk - s * qk;
          A[q][k] = s * pk + c * qk;
        }
      }
  Reals values;
  for (std::size_t k = 0; k < n; ++k) values.push_back(A[k][k]);
  std::sort(values.begin(), values.end());
  return values;
}

/// Eigenvalues of the form nu.z'' relative to the metric J'J: principal curvatures times |nu|.
Reals curvatures(const Model& model, const Basis& basis, const Reals& nu) {
  const auto n = static_cast<std::size_t>(model.parameters());
  std::vector<Reals> form(n, Reals(n)), reduced(n, Reals(n));
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b)
      form[a][b] = dot(nu, model.second(static_cast<Index>(a), static_cast<Index>(b)));
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t l = 0; l < n; ++l)
      for (std::size_t a = 0; a < n; ++a)
        reduced[k][l] += basis.to_parameters[k][a] * dot(form[a], basis.to_parameters[l]);
  return eigenvalues(reduced);
}

double to_double(const Real& x) { return static_cast<double>(x); }

Vector doubles(const Reals& x) {
  Vector result(static_cast<Index>(x.size()));
  for (std::size_t i = 0; i < x.size(); ++i) result(static_cast<Index>(i)) = to_double(x[i]);
  return result;
}

enum class Where { anywhere, foot, shoulder, line, steep };

/// A random model: with a bias, and targets near its outputs.
Model random_model(support::Random& random, Where where, Index L, Index inputs, int known,
                   Activation activation, bool bias = true) {
  Model model;
  Matrix X(L, inputs + (bias ? 1 : 0));
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < inputs; ++j) X(i, j) = random.normal();
    if (bias) X(i, inputs) = 1.0;
  }
  model.activation = activation;
  model.curve.weights.resize(X.cols());
  for (double& w : model.curve.weights) w = random.normal();
  const double scale = activation == Activation::tanh ? 0.5 : 1.0;
  if (where == Where::line)
    model.curve.weights.head(inputs) *= std::pow(10.0, random.uniform(-3, -1));
  if (where == Where::steep) model.curve.weights *= 8.0;
  if (where == Where::foot) model.curve.weights(inputs) = scale * random.uniform(-25, -8);
  if (where == Where::shoulder) model.curve.weights(inputs) = scale * random.uniform(8, 25);
  double height = std::pow(10.0, random.uniform(-1, 1));
  if (where == Where::foot || where == Where::shoulder)
    height *= std::exp(std::abs(model.curve.weights(inputs)) / scale);
  if (where == Where::line) height /= model.curve.weights.head(inputs).norm();
  const double low = where == Where::shoulder ? 1.0 - height : random.normal();
  model.curve.range = {low, low + height};
  if (known == 1) model.range.low = low;
  if (known == 2) model.range.high = model.curve.range.high;
  model.problem = make_problem(X, Vector::Zero(L));
  if (random.integer(0, 2) == 0) {
    model.problem.pattern_weights.resize(L);
    for (double& omega : model.problem.pattern_weights)
      omega = std::pow(10.0, random.uniform(-1, 1));
  }
  const Reals z = model.residual();  // of y = 0
  for (Index i = 0; i < L; ++i)
    model.problem.y(i) = static_cast<double>(-z[static_cast<std::size_t>(i)] /
                                             model.root(static_cast<std::size_t>(i))) +
                         0.3 * random.normal();
  return model;
}

AmplitudeManifold manifold_of(const Model& model) {
  return AmplitudeManifold(model.problem, model.activation, model.range);
}

/// A move of the parameters of the manifold as one of those of the model.
Reals move_of(const AmplitudeManifold& manifold, const Model& model, const Vector& a) {
  const AmplitudeCurve move = manifold.curve(a, model.curve);
  Reals result;
  for (const double w : move.weights) result.emplace_back(w);
  if (model.is_low_free()) result.emplace_back(move.range.low);
  if (model.is_high_free()) result.emplace_back(move.range.high);
  return result;
}

}  // namespace

TEST_CASE(
    "fitted plateaus: principal curvatures are those of the Hessian relative to the Gram matrix, "
    "in "
    "50 digits") {
  struct Place {
    Where where;
    double accuracy;  ///< Relative to the largest one.
  };
  int told = 0, not_told = 0, poor = 0;
  for (const Place place :
       {Place{Where::anywhere, 1e-9}, Place{Where::foot, 1e-8}, Place{Where::shoulder, 1e-8},
        Place{Where::line, 1e-9}, Place{Where::steep, 1e-5}})
    for (std::uint64_t seed = 0; seed < (support::kSlowBuild ? 6 : 30); ++seed) {
      support::Random random(seed + 1000 * static_cast<std::uint64_t>(place.where));
      const Index inputs = 1 + random.integer(0, 2);
      const int known = static_cast<int>(seed % 3);
      // Without a plateau that stays there is nothing to be seen.
      if (place.where == Where::foot && known == 2) continue;
      if (place.where == Where::shoulder && known == 1) continue;
      if (place.where == Where::line && known != 0) continue;
      const Activation activation = seed % 2 == 0 ? Activation::tanh : Activation::logistic;
      const Model model = random_model(random, place.where, inputs + 4 + random.integer(0, 6),
                                       inputs, known, activation);
      CAPTURE(static_cast<int>(place.where));
      CAPTURE(seed);
      CAPTURE(known);
      const std::optional<ManifoldPoint> point = manifold_of(model).at(model.curve);
      if (!point) {
        ++not_told;
        // Steps, and what is nearly a constant.
        CHECK((place.where == Where::steep || (place.where == Where::foot && known == 1) ||
               (place.where == Where::shoulder && known == 2)));
        continue;
      }
      ++told;
      const Basis basis(model.jacobian());
      const Reals nu = basis.normal_part(model.residual());
      const Reals expected = curvatures(model, basis, nu);
      const double length = to_double(norm(nu));
      if (place.where == Where::anywhere)
        CHECK(point->normal_part(point->residual()).norm() ==
              doctest::Approx(length).epsilon(1e-10));
      // The direction in 50 digits: a residual is rounded where plateaus are far away.
      Vector direction(point->ambient());
      for (Index i = 0; i < direction.size(); ++i)
        direction(i) = to_double(nu[static_cast<std::size_t>(i)]) / length;
      const PrincipalCurvatures found = principal_curvatures(*point, point->normal_part(direction));
      const double size =
          std::max(std::abs(to_double(expected.front())), std::abs(to_double(expected.back()))) /
          length;
      double error = 0.0;
      for (Index j = 0; j < found.values.size(); ++j)
        error = std::max(
            error,
            std::abs(found.values(j) - to_double(expected[static_cast<std::size_t>(j)]) / length));
      CHECK(error <= place.accuracy * size);
      if (error > 1e-9 * size) ++poor;
      // Moves: J move is the unit tangent vector.
      if (place.where != Where::anywhere) continue;
      const std::vector<Reals> J = model.jacobian();
      const AmplitudeManifold manifold = manifold_of(model);
      const Matrix Q = point->basis();
      for (Index j = 0; j < point->dimension(); ++j) {
        const Reals move =
            move_of(manifold, model, point->move(Vector::Unit(point->dimension(), j)));
        Reals p(model.patterns());
        for (std::size_t k = 0; k < J.size(); ++k) add(p, move[k], J[k]);
        for (Index i = 0; i < Q.rows(); ++i)
          CHECK(std::abs(Q(i, j) - to_double(p[static_cast<std::size_t>(i)])) <= 1e-9);
      }
    }
  CHECK(told > (support::kSlowBuild ? 12 : 90));
  CHECK(not_told < 6);
  CHECK(poor < 6);
}

TEST_CASE("accelerations in weights and plateaus, of every activation, with a bias and without") {
  for (std::uint64_t seed = 0; seed < (support::kSlowBuild ? 12 : 60); ++seed) {
    support::Random random(seed);
    const Activation activation = kEveryActivation[seed % 4];
    const bool bias = seed % 5 != 0;
    const Index inputs = 1 + random.integer(0, 3);
    const Model model = random_model(random, Where::anywhere, inputs + 4 + random.integer(0, 4),
                                     inputs, static_cast<int>(seed % 3), activation, bias);
    const AmplitudeManifold manifold = manifold_of(model);
    const std::optional<ManifoldPoint> point = manifold.at(model.curve);
    CAPTURE(seed);
    REQUIRE(point);
    const Index n = point->dimension();
    CHECK(n == model.parameters());
    const Basis basis(model.jacobian());
    Vector alpha(n), beta(n);
    for (double& entry : alpha) entry = random.normal();
    for (double& entry : beta) entry = random.normal();
    const Reals a = move_of(manifold, model, point->move(alpha)),
                b = move_of(manifold, model, point->move(beta));
    Reals expected(model.patterns());
    for (Index k = 0; k < n; ++k)
      for (Index l = 0; l < n; ++l)
        add(expected, a[static_cast<std::size_t>(k)] * b[static_cast<std::size_t>(l)],
            model.second(k, l));
    const double room = 1e-9 * to_double(norm(expected));
    CHECK((point->acceleration(alpha, beta) - doubles(expected)).norm() <= room);
    const Vector bend = doubles(basis.normal_part(expected));
    CHECK((point->second_fundamental_form(alpha, beta) - bend).norm() <= room);
    Vector nu(point->ambient());
    for (double& entry : nu) entry = random.normal();
    CHECK(beta.dot(point->acceleration_operator(nu) * alpha) ==
          doctest::Approx(nu.dot(doubles(expected))).epsilon(1e-7));
    CHECK((point->acceleration_operator(nu) * alpha - point->acceleration_product(nu, alpha))
              .norm() <= 1e-12 * point->acceleration_operator(nu).norm() * alpha.norm());
    nu = point->normal_part(nu);
    CHECK((point->shape_operator(nu) * alpha - point->shape_product(nu, alpha)).norm() <=
          1e-8 * (1.0 + point->shape_operator(nu).norm()) * alpha.norm());
    CHECK(beta.dot(point->shape_operator(nu) * alpha) ==
          doctest::Approx(nu.dot(bend)).epsilon(1e-7).scale(nu.norm() * bend.norm()));
    CHECK((point->basis().transpose() * point->basis() - Matrix::Identity(n, n)).norm() <= 1e-13);
    // What a single pattern bends.
    const Vector sizes = point->largest_bends().cwiseProduct(point->leverages().cwiseSqrt());
    CHECK(point->pattern_bound() == doctest::Approx(sizes.norm()));
    CHECK(point->second_fundamental_form(alpha, alpha).norm() <=
          point->pattern_bound() * alpha.squaredNorm());
    const LargestCurvature largest = largest_curvature(*point);
    CHECK(point->second_fundamental_form(alpha, alpha).norm() <=
          largest.upper * alpha.squaredNorm() * (1.0 + 1e-12));
    CHECK(largest.value <= largest.upper);
  }
}

TEST_CASE("one plateau known, inputs 0, 1 and -1: the data manifold is a plane") {
  Model model;
  model.activation = Activation::logistic;
  model.range.low = 0.0;
  model.curve = {Vector::Constant(1, 0.7), {0.0, 2.0}};
  model.problem = make_problem(Matrix{{0.0}, {1.0}, {-1.0}}, Vector{{0.3, 1.0, 0.2}});
  const std::optional<ManifoldPoint> point = manifold_of(model).at(model.curve);
  REQUIRE(point);
  CHECK(largest_curvature(*point).value <= 1e-13);
  // s(u) + s(-u) = 1 = 2 s(0).
  const Vector normal{{-2.0, 1.0, 1.0}};
  CHECK((point->normal_part(normal) - normal).norm() <= 1e-13);
}

TEST_CASE("one plateau known, inputs 0, 1 and 2: the curvature of a cone in closed form") {
  // z1 = h/2, z2 = h s, z3 = h phi(s), phi = s^2 / (s^2 + (1 - s)^2): the graph of 2 z1 phi(z2 / (2 z1)).
  for (const double weight : {-2.0, -0.3, 0.4, 1.5})
    for (const double height : {0.5, 3.0}) {
      const AmplitudeCurve curve{Vector::Constant(1, weight), {0.0, height}};
      const AmplitudeManifold manifold(
          make_problem(Matrix{{0.0}, {1.0}, {2.0}}, Vector{{0.3, 1.0, 0.2}}), Activation::logistic,
          OutputRange{0.0, {}});
      const std::optional<ManifoldPoint> point = manifold.at(curve);
      REQUIRE(point);
      const double s = 1.0 / (1.0 + std::exp(-weight)), D = s * s + (1.0 - s) * (1.0 - s);
      const double phi = s * s / D, by_s = 2.0 * s * (1.0 - s) / (D * D);
      const double bend =
          (2.0 - 4.0 * s) / (D * D) - 8.0 * s * (1.0 - s) * (2.0 * s - 1.0) / (D * D * D);
      const double F0 = 2.0 * phi - 2.0 * s * by_s, F1 = by_s;
      const double F00 = 4.0 * s * s * bend / height, F01 = -2.0 * s * bend / height,
                   F11 = bend / height;
      const double W = std::sqrt(1.0 + F0 * F0 + F1 * F1);
      const double kappa =
          ((1.0 + F1 * F1) * F00 - 2.0 * F0 * F1 * F01 + (1.0 + F0 * F0) * F11) / (W * W * W);
      const LargestCurvature largest = largest_curvature(*point);
      CHECK(largest.method == CurvatureMethod::hypersurface);
      CHECK(largest.value == doctest::Approx(std::abs(kappa)).epsilon(1e-12));
      const Vector both =
          principal_curvatures(*point, point->normal_basis().col(0)).values.cwiseAbs();
      CHECK(both.minCoeff() <= 1e-13 * both.maxCoeff());
    }
}

TEST_CASE("no tube: a chord of the data manifold that is normal to it at one end") {
  // Outputs h s(w x), x = 1, 2, 3: for w = 0 and w = infinity they have the same direction, so that for each target some
  // w > 0 is stationary (Rolle), even for a target that another w < 0 attains (docs/theory.md, section 15).
  const Matrix X{{1.0}, {2.0}, {3.0}};
  Vector y(3);
  for (Index i = 0; i < 3; ++i) y(i) = 1.0 / (1.0 + std::exp(X(i, 0)));
  const AmplitudeManifold manifold(make_problem(X, y), Activation::logistic, OutputRange{0.0, {}});
  const AmplitudeCurve on_it{Vector::Constant(1, -1.0), {0.0, 1.0}};
  CHECK(manifold.at(on_it)->distance() <= 1e-16);
  const std::optional<AmplitudeCurve> other =
      manifold.best_curve(Vector::Constant(1, 0.706348694594151486));
  REQUIRE(other);
  CHECK(other->range.high == doctest::Approx(0.168219618038327057).epsilon(1e-14));
  const std::optional<ManifoldPoint> point = manifold.at_best(*other);
  REQUIRE(point);
  CHECK(point->distance() == doctest::Approx(0.187741).epsilon(1e-5));
  CHECK(point->coefficients(point->residual()).norm() <= 1e-15);
  // And curvature has no bound: it is that of a cone.
  const auto largest = [&](double height) {
    return largest_curvature(*manifold.at({on_it.weights, {0.0, height}})).value;
  };
  CHECK(largest(1e-6) == doctest::Approx(1e6 * largest(1.0)).epsilon(1e-10));
}

TEST_CASE("one input with a bias: a target on the manifold has no other stationary point") {
  // The proposition of docs/theory.md, section 15, attacked by interval searches.
  int complete = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    support::Random random(seed);
    const Index L = 5 + static_cast<Index>(seed % 4);
    Matrix X = Matrix::Ones(L, 2);
    Vector y(L);
    double x = 0.0;
    const double slope = random.uniform(0.2, 2.0), place = random.uniform(0.0, 10.0);
    for (Index i = 0; i < L; ++i) {
      X(i, 0) = x += static_cast<double>(random.integer(1, 5));
      y(i) = 3.0 / (1.0 + std::exp(-slope * (x - place)));
    }
    const OutputRange range = seed % 2 == 0 ? OutputRange{} : OutputRange{0.0, {}};
    const AllFits fits = find_all_fits(make_problem(X, y), Activation::logistic, range);
    CAPTURE(seed);
    if (fits.level != Completeness::complete) continue;
    ++complete;
    CHECK(fits.points.size() == 1);
  }
  CHECK(complete >= 20);
}

TEST_CASE("focal points tell the Morse index of all fits of a curve that rises twice") {
  const std::vector<double> x{0, 0.3, 1, 1.2, 2.5, 3, 4, 6, 6.3, 7, 9, 9.5},
      targets{0, 0.5, 1, 9, 10, 11, 10, 11, 19, 20, 21, 20};
  Matrix X = Matrix::Ones(12, 2);
  Vector y(12);
  for (Index i = 0; i < 12; ++i) {
    X(i, 0) = x[static_cast<std::size_t>(i)];
    y(i) = targets[static_cast<std::size_t>(i)];
  }
  const Problem problem = make_problem(X, y);
  const AllFits fits = find_all_fits(problem, Activation::tanh, OutputRange{});
  const AmplitudeManifold manifold(problem, Activation::tanh, OutputRange{});
  REQUIRE(fits.points.size() == 4);
  for (const StationaryPoint& fit : fits.points) {
    const std::optional<AmplitudeCurve> curve = manifold.best_curve(fit.weights);
    REQUIRE(curve);
    CHECK(curve->range.low == doctest::Approx(fit.range->low).epsilon(1e-9));
    CHECK(curve->range.high == doctest::Approx(fit.range->high).epsilon(1e-9));
    const std::optional<ManifoldPoint> point = manifold.at_best(*curve);
    REQUIRE(point);
    CHECK(0.5 * point->distance() * point->distance() ==
          doctest::Approx(fit.energy).epsilon(1e-11));
    CHECK(point->coefficients(point->residual()).norm() <= 1e-7 * point->distance());
    CHECK(morse_index(*point) == fit.morse_index);
    // Those of the Hessian relative to the metric, which the search has computed with its own formulas.
    const Vector kappa = principal_curvatures(*point, point->normal_part(point->residual())).values;
    for (Index j = 0; j < 4; ++j)
      CHECK(1.0 - point->distance() * kappa(3 - j) ==
            doctest::Approx(fit.eigenvalues(j)).epsilon(1e-7));
    // Between the manifold and y, as many focal points as the index says.
    int passed = 0;
    for (const FocalPoint& focal : focal_points(*point, point->residual()))
      if (focal.distance > 0.0 && focal.distance < point->distance()) ++passed;
    CHECK(passed == fit.morse_index);
  }
}

TEST_CASE("geometry of fitted plateaus does not depend on the units of inputs and outputs") {
  int told = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    support::Random random(seed + 77);
    const int known = static_cast<int>(seed % 3);
    const Model model = random_model(random, Where::anywhere, 9, 1, known, Activation::tanh);
    const double c = -3.0, d = 5.0, k = 40.0, e = -7.0;
    Model other = model;
    other.problem.X.col(0) = c * model.problem.X.col(0).array() + d;
    other.problem.y = k * model.problem.y.array() + e;
    other.curve.weights(0) /= c;
    other.curve.weights(1) -= other.curve.weights(0) * d;
    other.curve.range = {k * model.curve.range.low + e, k * model.curve.range.high + e};
    if (known == 1) other.range.low = other.curve.range.low;
    if (known == 2) other.range.high = other.curve.range.high;
    const std::optional<ManifoldPoint> first = manifold_of(model).at(model.curve),
                                       second = manifold_of(other).at(other.curve);
    CHECK(first.has_value() == second.has_value());
    if (!first || !second) continue;
    ++told;
    const auto near = [](double value) { return doctest::Approx(value).epsilon(1e-8); };
    const Vector nu = first->normal_part(first->residual()),
                 mu = second->normal_part(second->residual());
    CHECK(mu.norm() == near(k * nu.norm()));
    const Vector a = principal_curvatures(*first, nu).values,
                 b = principal_curvatures(*second, mu).values;
    CHECK((a - k * b).norm() <= 1e-8 * a.norm());
    const LargestCurvature largest = largest_curvature(*first),
                           of_other = largest_curvature(*second);
    const BatesWatts bates = bates_watts(*first, largest), watts = bates_watts(*second, of_other);
    CHECK(watts.intrinsic * watts.rho == near(bates.intrinsic * bates.rho));
    CHECK(watts.parameter_effects * watts.rho == near(bates.parameter_effects * bates.rho));
    CHECK(watts.threshold == bates.threshold);
  }
  CHECK(told >= 36);
}

TEST_CASE("curvatures of Bates and Watts against all directions of a surface, in 50 digits") {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    support::Random random(seed + 900);
    const Model model =
        random_model(random, Where::anywhere, 6, 1, 1, kEveryActivation[seed % 4], false);
    const std::optional<ManifoldPoint> point = manifold_of(model).at(model.curve);
    REQUIRE(point);
    REQUIRE(point->dimension() == 2);
    const BatesWatts found = bates_watts(*point, largest_curvature(*point));
    const Basis basis(model.jacobian());
    const Reals second[2][2] = {{model.second(0, 0), model.second(0, 1)},
                                {model.second(1, 0), model.second(1, 1)}};
    double intrinsic = 0.0, parameter_effects = 0.0;
    constexpr int angles = 720;
    for (int k = 0; k < angles; ++k) {
      const double angle = std::numbers::pi * k / angles;
      Reals move(2);
      add(move, Real(std::cos(angle)), basis.to_parameters[0]);
      add(move, Real(std::sin(angle)), basis.to_parameters[1]);
      Reals acceleration(model.patterns());
      for (std::size_t a = 0; a < 2; ++a)
        for (std::size_t b = 0; b < 2; ++b) add(acceleration, move[a] * move[b], second[a][b]);
      const Reals normal = basis.normal_part(acceleration);
      Reals tangential = acceleration;
      add(tangential, Real(-1), normal);
      intrinsic = std::max(intrinsic, to_double(norm(normal)));
      parameter_effects = std::max(parameter_effects, to_double(norm(tangential)));
    }
    CAPTURE(seed);
    // Angles are half a quarter of a degree from the best one at most.
    CHECK(found.intrinsic >= intrinsic * (1.0 - 1e-12));
    CHECK(found.intrinsic <= intrinsic * (1.0 + 1e-4));
    CHECK(found.parameter_effects >= parameter_effects * (1.0 - 1e-12));
    CHECK(found.parameter_effects <= parameter_effects * (1.0 + 1e-4));
  }
}

TEST_CASE("fitted plateaus: what has no tangent space, and what is no curve of the model") {
  const Matrix X{{0.0, 1.0}, {1.0, 1.0}, {2.0, 1.0}, {2.0, 1.0}, {0.0, 1.0}};
  const Problem problem = make_problem(X, Vector{{0.1, 0.5, 0.8, 0.9, 0.2}});
  const AmplitudeManifold manifold(problem, Activation::tanh, OutputRange{});
  CHECK(manifold.dimension() == 4);
  CHECK(manifold.ambient() == 5);
  // Three different patterns, four unknowns.
  CHECK(!manifold.at({Vector{{1.0, -1.0}}, {0.0, 1.0}}));
  CHECK(!manifold.best_curve(Vector::Zero(2)));
  CHECK_THROWS_AS((void)manifold.at({Vector{{1.0, -1.0}}, {1.0, 1.0}}), std::invalid_argument);
  const AmplitudeManifold known(problem, Activation::tanh, OutputRange{0.0, {}});
  CHECK(known.dimension() == 3);
  CHECK(known.at({Vector{{1.0, -1.0}}, {0.0, 1.0}}));
  CHECK(known.at({Vector{{1.0, -1.0}}, {-1.0, 0.0}}));
  CHECK_THROWS_AS((void)known.at({Vector{{1.0, -1.0}}, {0.1, 1.0}}), std::invalid_argument);
  // Saturated to rounding.
  CHECK(!known.at({Vector{{400.0, -200.0}}, {0.0, 1.0}}));
  CHECK_THROWS_AS(AmplitudeManifold(problem, Activation::tanh, OutputRange{0.0, 1.0}),
                  std::invalid_argument);
  // A known low plateau above the targets is the high one of the best curve.
  const AmplitudeManifold above(problem, Activation::tanh, OutputRange{2.0, {}});
  const std::optional<AmplitudeCurve> best = above.best_curve(Vector{{1.0, -1.0}});
  REQUIRE(best);
  CHECK(best->range.high == 2.0);
  CHECK(best->range.low < 2.0);
  CHECK(best->weights == Vector{{-1.0, 1.0}});
  const std::optional<ManifoldPoint> point = above.at_best(*best);
  REQUIRE(point);
  // Only the plateau fits best.
  const AmplitudeCurve change = above.curve(point->move(Vector::Unit(3, 0)), *best);
  CHECK(change.range.high == 0.0);
  CHECK(point->position().array().minCoeff() > best->range.low);
}

}  // namespace tautrack::amplitude_manifold_test
