// Amplitude models with any inputs and activations: derivatives against differences, points, exponentials and steps
// against the proven lists of one input, and limits of several against sampling.

#include "amplitude/model.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/fits/fitted_range.hpp"

#include "amplitude/descents.hpp"
#include "amplitude/eigenvalues.hpp"
#include "amplitude/exponentials.hpp"
#include "amplitude/point_proof.hpp"
#include "core/decompositions.hpp"
#include "fits/amplitude_limits.hpp"
#include "support/needs_flint.hpp"
#include "support/random_curves.hpp"
#include "support/random_problem.hpp"
#include "support/slow_build.hpp"

namespace amplitude_model_test {

using namespace tautrack;
using amplitude::Base;
using amplitude::Model;
using support::Random;

namespace {

OutputRange random_range(Random& random, const Vector& y) {
  switch (random.integer(0, 3)) {
    case 0:
      return {};
    case 1:
      return {y.minCoeff() - random.uniform(0.0, 0.3), {}};
    default:
      return {{}, y.maxCoeff() + random.uniform(0.0, 0.3)};
  }
}

/// A sigmoid of s - 1 inputs and a bias, with noise; on a grid when `is_grid`.
Problem random_inputs(Random& random, Index inputs, bool is_grid) {
  const Index L = random.integer(3 * inputs + 4, 6 * inputs + 8);
  Matrix X(L, inputs + 1);
  for (Index i = 0; i < L; ++i) {
    for (Index j = 0; j < inputs; ++j)
      X(i, j) = is_grid ? static_cast<double>(random.integer(0, 4)) : random.uniform(-1.0, 1.0);
    X(i, inputs) = 1.0;
  }
  Vector w(inputs + 1);
  for (Index j = 0; j <= inputs; ++j) w(j) = random.normal();
  const double steep = std::exp(random.uniform(-0.5, 2.5));
  Vector u = X * w;
  u = steep * (u.array() - u.mean()) / (1e-3 + (u.array() - u.mean()).abs().maxCoeff());
  const double noise = std::exp(random.uniform(-4.0, -0.5));
  Vector y(L), omega(L);
  for (Index i = 0; i < L; ++i) {
    y(i) = 3.0 / (1.0 + std::exp(-2.0 * u(i))) - 1.0 + noise * random.normal();
    omega(i) = is_grid ? 1.0 : random.uniform(0.5, 2.0);
  }
  return make_problem(X, y, "y", {}, omega);
}

/// z by its definition, in long double.
long double energy_in_long_double(const Problem& problem, Activation activation,
                                  const Range& plateaus, const Vector& w) {
  long double energy = 0.0L;
  const long double root_pi = std::sqrt(std::acos(-1.0L)), pi = std::acos(-1.0L);
  for (Index i = 0; i < problem.X.rows(); ++i) {
    long double u = 0.0L;
    for (Index j = 0; j < w.size(); ++j)
      u += static_cast<long double>(problem.X(i, j)) * static_cast<long double>(w(j));
    long double share = 0.0L;
    switch (activation) {
      case Activation::tanh:
        share = 1.0L / (1.0L + std::exp(-2.0L * u));
        break;
      case Activation::logistic:
        share = 1.0L / (1.0L + std::exp(-u));
        break;
      case Activation::arctan:
        share = 0.5L + std::atan(pi * u / 2.0L) / pi;
        break;
      case Activation::erf:
        share = 0.5L * std::erfc(-root_pi * u / 2.0L);
        break;
    }
    const long double z =
        plateaus.low + (static_cast<long double>(plateaus.high) - plateaus.low) * share;
    const long double r = z - static_cast<long double>(problem.y(i));
    energy += 0.5L * static_cast<long double>(problem.pattern_weights(i)) * r * r;
  }
  return energy;
}

/// However slow the machine is.
AllFits fits_of(const Problem& problem, Activation activation, const OutputRange& range) {
  FitOptions options;
  options.seconds = options.explore.seconds = 1e6;
  return find_all_fits(problem, activation, range, options);
}

}  // namespace

TEST_CASE("amplitude models: energies and derivatives by their definition, from either base") {
  Random random(5);
  for (const std::string_view name : activation_names()) {
    const Activation activation = *activation_from_name(name);
    for (int trial = 0; trial < support::sampled(20); ++trial) {
      CAPTURE(name);
      CAPTURE(trial);
      const Problem problem = random_inputs(random, 1 + trial % 3, false);
      const OutputRange range = random_range(random, problem.y);
      const Model model = amplitude::model_of(problem, activation, range);
      Vector x(model.unknowns());
      for (Index k = 0; k < x.size(); ++k) x(k) = random.normal();
      if (!range.low && !range.high) x(1) = std::abs(x(1)) + 0.1;
      const auto energy = [&](const Vector& at) {
        return energy_in_long_double(problem, activation, model.plateaus(at), model.weights(at));
      };
      const double here = amplitude::energy_of_model(model, x);
      CHECK(here == doctest::Approx(static_cast<double>(energy(x))).epsilon(1e-12));
      const auto evaluated = amplitude::evaluate_model(model, x);
      CHECK(evaluated.energy == doctest::Approx(here).epsilon(1e-12));
      const auto enclosed = amplitude::evaluate_model(
          model,
          amplitude::frame_at<proof::Interval>(model, x, Matrix::Identity(x.size(), x.size())),
          std::vector<proof::Interval>(static_cast<std::size_t>(x.size()), 0.0));
      const double h = 1e-4;
      for (Index k = 0; k < x.size(); ++k) {
        Vector above = x, below = x;
        above(k) += h;
        below(k) -= h;
        const double slope = static_cast<double>((energy(above) - energy(below)) /
                                                 (2.0L * static_cast<long double>(h)));
        CHECK(evaluated.gradient[static_cast<std::size_t>(k)] ==
              doctest::Approx(slope).epsilon(1e-6).scale(1.0 + here));
        CHECK(proof::subset(
            evaluated.gradient[static_cast<std::size_t>(k)],
            proof::widened(enclosed.gradient[static_cast<std::size_t>(k)], 1e-12 * (1.0 + here))));
        for (Index l = 0; l < x.size(); ++l) {
          Vector corners[4] = {above, above, below, below};
          for (int c = 0; c < 4; ++c) corners[c](l) += c % 2 == 0 ? h : -h;
          const double bend = static_cast<double>(
              (energy(corners[0]) - energy(corners[1]) - energy(corners[2]) + energy(corners[3])) /
              (4.0L * static_cast<long double>(h) * static_cast<long double>(h)));
          CHECK(evaluated.hessian[static_cast<std::size_t>(k * x.size() + l)] ==
                doctest::Approx(bend).epsilon(1e-5).scale(1.0 + here));
        }
      }
      // The other base, and the curve turned upside down, are the same curve.
      if (range.low || range.high) continue;
      Model turned = model;
      Vector y = x;
      amplitude::turn_base(turned, y);
      CHECK(amplitude::energy_of_model(turned, y) == doctest::Approx(here).epsilon(1e-12));
      Vector fallen = x;
      fallen(0) += fallen(1);
      fallen(1) = -fallen(1);
      fallen.tail(problem.X.cols()) *= -1.0;
      Model upright = model;
      CHECK(amplitude::energy_of_model(model, fallen) == doctest::Approx(here).epsilon(1e-12));
      REQUIRE(amplitude::turn_upright(upright, fallen));
      CHECK(upright.plateaus(fallen).low < upright.plateaus(fallen).high);
      CHECK(amplitude::energy_of_model(upright, fallen) == doctest::Approx(here).epsilon(1e-12));
    }
  }
}

TEST_CASE(
    "amplitude models: eigenvalues do not depend on units, and have the signs of the Hessian") {
  Random random(6);
  for (int trial = 0; trial < support::sampled(40); ++trial) {
    CAPTURE(trial);
    const Problem problem = random_inputs(random, 1 + trial % 3, false);
    const Activation activation =
        *activation_from_name(activation_names()[static_cast<std::size_t>(trial) % 4]);
    const Model model = amplitude::model_of(problem, activation, {});
    Vector x(model.unknowns());
    for (Index k = 0; k < x.size(); ++k) x(k) = random.normal();
    x(1) = std::abs(x(1)) + 0.1;
    const Vector values = amplitude::relative_eigenvalues(model, x);
    Problem scaled = problem;
    scaled.X.col(0) *= 1e3;
    scaled.y *= 1e-4;
    Vector y = x;
    y.head(2) *= 1e-4;
    y(2) *= 1e-3;
    const Vector again =
        amplitude::relative_eigenvalues(amplitude::model_of(scaled, activation, {}), y);
    REQUIRE(values.size() == again.size());
    CHECK((values - again).cwiseAbs().maxCoeff() <= 1e-7 * values.cwiseAbs().maxCoeff());
    const auto at = amplitude::evaluate_model(model, x);
    Matrix H(x.size(), x.size());
    for (Index j = 0; j < x.size(); ++j)
      for (Index k = 0; k < x.size(); ++k)
        H(j, k) = at.hessian[static_cast<std::size_t>(j * x.size() + k)];
    const Vector of_hessian = symmetric_eigenvalues(H).eigenvalues();
    CHECK((values.array() < 0.0).count() == (of_hessian.array() < 0.0).count());
  }
}

TEST_CASE("amplitude models: descents and proofs agree with the complete lists of one input") {
  int sets = 0, points = 0, infima = 0;
  for (std::uint64_t seed = 0; seed < support::sampled(std::uint64_t{40}); ++seed) {
    CAPTURE(seed);
    const support::RandomCurve curve = support::random_curve(seed);
    if (curve.kind == support::CurveKind::rounded) continue;
    const auto L = static_cast<Index>(curve.x.size());
    Matrix X(L, 2);
    Vector y(L);
    for (Index i = 0; i < L; ++i) {
      X.row(i) << curve.x[static_cast<std::size_t>(i)], 1.0;
      y(i) = curve.y[static_cast<std::size_t>(i)];
    }
    const Problem problem = make_problem(X, y);
    const OutputRange range = seed % 3 == 2 ? OutputRange{y.minCoeff() - 0.01, {}} : OutputRange{};
    const AllFits all = fits_of(problem, Activation::logistic, range);
    if (all.level != Completeness::complete) continue;
    ++sets;
    const Model model = amplitude::model_of(problem, Activation::logistic, range);
    const amplitude::Descents found = amplitude::descend_from_many(model, 100, seed, {});
    for (const amplitude::Descent& minimum : found.minima) {
      const amplitude::PointProof proof = amplitude::prove_point(minimum.model, minimum.x);
      if (!proof.is_proven) continue;
      ++points;
      const Vector w = model.weights(proof.x);
      const bool is_listed =
          std::any_of(all.points.begin(), all.points.end(), [&](const StationaryPoint& point) {
            // Inputs of the search may be moved in their last digits.
            return (point.weights - w).norm() <=
                       point.radius + proof.radius + 1e-9 * (1.0 + w.norm()) &&
                   point.morse_index == proof.index;
          });
      CHECK(is_listed);
    }
    // Limits: decided ones are the same, in both directions.
    const fits::AmplitudeLimits limits =
        fits::limits_of_amplitude(problem, Activation::logistic, range, {}, kInfinity, seed, {});
    CHECK(limits.complete);
    const auto has = [](const auto& list, double energy, bool decided) {
      return std::any_of(list.begin(), list.end(), [&](const InfinitePoint& other) {
        return (!decided || other.local_infimum == true) &&
               std::abs(other.energy - energy) <= 1e-9 * (1.0 + energy);
      });
    };
    std::vector<InfinitePoint> own;
    for (const fits::NamedLimit& limit : limits.limits) own.push_back(limit.point);
    for (const InfinitePoint& limit : all.at_infinity) {
      if (limit.local_infimum != true) continue;
      ++infima;
      CAPTURE(limit.reason);
      CHECK(has(own, limit.energy, false));
    }
    for (const InfinitePoint& limit : own) {
      if (limit.local_infimum != true) continue;
      CAPTURE(limit.reason);
      CHECK(has(all.at_infinity, limit.energy, false));
    }
  }
  if (support::kSlowBuild) return;
  CHECK(sets > 15);
  CHECK(points > 7);
  CHECK(infima > 10);
}

TEST_CASE("several inputs: nothing that sampling finds is lower than what is listed") {
  Random random(11);
  int finite = 0, limits = 0;
  for (int trial = 0; trial < support::sampled(24); ++trial) {
    CAPTURE(trial);
    const Problem problem = random_inputs(random, 2, trial % 2 == 1);
    const Activation activation = trial % 3 == 0   ? Activation::erf
                                  : trial % 3 == 1 ? Activation::logistic
                                                   : Activation::tanh;
    const OutputRange range = random_range(random, problem.y);
    const AllFits all = fits_of(problem, activation, range);
    CHECK(all.level == Completeness::heuristic);
    CHECK_FALSE(all.global_is_proven);
    CHECK(all.strata.complete);
    double best = std::numeric_limits<double>::infinity();
    for (const StationaryPoint& point : all.points) {
      CHECK(point.energy ==
            doctest::Approx(energy_of_best_range(problem, activation, range, point.weights))
                .epsilon(1e-10));
      best = std::min(best, point.energy);
      ++finite;
    }
    for (const InfinitePoint& limit : all.at_infinity) {
      best = std::min(best, limit.energy);
      ++limits;
      // Far out on its ray the energy is that of the limit.
      if (limit.exponential || limit.kind() == LimitKind::constant) continue;
      double slowest = std::numeric_limits<double>::infinity();
      for (Index i = 0; i < problem.X.rows(); ++i)
        if (limit.signs[static_cast<std::size_t>(i)] != 0)
          slowest = std::min(slowest, std::abs(problem.X.row(i).dot(limit.direction)));
      const Vector far = limit.weights + 60.0 / slowest * limit.direction;
      CHECK(energy_of_best_range(problem, activation, range, far) ==
            doctest::Approx(limit.energy).epsilon(1e-9));
    }
    const double all_of_it =
        0.5 * problem.pattern_weights.dot((problem.y.array() - problem.y.mean()).square().matrix());
    // Sigmoids of all slopes, and steps.
    double lowest = std::numeric_limits<double>::infinity();
    for (int sample = 0; sample < support::sampled(20000); ++sample) {
      Vector w(3);
      for (Index j = 0; j < 3; ++j) w(j) = random.normal();
      const Vector u = problem.X * w;
      const double place = u(random.integer(0, u.size())) + 0.1 * random.normal();
      w(2) -= place;
      w *= std::exp(random.uniform(-2.0, 6.0));
      lowest = std::min(lowest, energy_of_best_range(problem, activation, range, w));
    }
    CHECK(lowest >= best - 1e-9 * all_of_it);
  }
  if (support::kSlowBuild) return;
  CHECK(finite > 8);
  CHECK(limits > 8);
}

TEST_CASE("a factorial design: points are proven and limits judged one by one" *
          support::needs_flint()) {
  // y = 2 + 5 logistic(1.5 a - b - 0.5) on a 4 x 3 grid, with noise: one fit, certified.
  Matrix X(12, 3);
  Vector y(12);
  Random random(3);
  for (Index i = 0; i < 12; ++i) {
    const auto a = static_cast<double>(i % 4), b = static_cast<double>(i / 4);
    X.row(i) << a, b, 1.0;
    y(i) = 2.0 + 5.0 / (1.0 + std::exp(-(1.5 * a - b - 0.5))) + 0.05 * random.normal();
  }
  const AllFits all = fits_of(make_problem(X, y), Activation::logistic, {});
  REQUIRE(all.points.size() >= 1);
  const StationaryPoint& best = all.points.front();
  CHECK(best.status == PointStatus::certified);
  CHECK(best.morse_index == 0);
  CHECK(best.weights(0) == doctest::Approx(1.5).epsilon(0.2));
  CHECK(best.range->low == doctest::Approx(2.0).epsilon(0.2));
  CHECK(all.global_minimum == 0);
  // Exact data with a plateau that is never seen: an exponential is better than all else, to rounding.
  for (Index i = 0; i < 12; ++i) y(i) = 1.0 + std::exp(0.4 * X(i, 0) - 0.3 * X(i, 1));
  y(5) -= 0.02;
  y(11) += 0.03;
  for (const Activation activation : {Activation::tanh, Activation::logistic, Activation::erf}) {
    const AllFits limit = fits_of(make_problem(X, y), activation, {});
    const bool has_exponential =
        std::any_of(limit.at_infinity.begin(), limit.at_infinity.end(),
                    [](const InfinitePoint& point) { return point.exponential.has_value(); });
    CHECK((has_exponential || !limit.points.empty()));
    for (const InfinitePoint& point : limit.at_infinity) {
      if (!point.exponential) continue;
      // Its own equations, by their definition.
      double energy = 0.0, end = 0.0;
      Vector with_rates = Vector::Zero(2);
      for (Index i = 0; i < 12; ++i) {
        const double e =
            point.exponential->factor * std::exp(X.row(i).dot(point.exponential->rate));
        const double r = point.exponential->offset + e - y(i);
        energy += 0.5 * r * r;
        end += r;
        with_rates += r * e * X.row(i).head(2).transpose();
      }
      CHECK(point.energy == doctest::Approx(energy).epsilon(1e-10));
      CHECK(std::abs(end) <= 1e-9);
      CHECK(with_rates.norm() <= 1e-9);
    }
  }
}

TEST_CASE("limits of several inputs: on a face, of rank four, and without a height") {
  SUBCASE("an exponential on an edge of the data, the others at the plateau that stays") {
    Matrix X(18, 3);
    Vector y(18);
    for (Index i = 0; i < 18; ++i) {
      const double a = static_cast<double>(i % 6), b = static_cast<double>(i / 6);
      const double noise = std::sin(7.0 * static_cast<double>(i * i));
      X.row(i) << a + 0.1 * b, b, 1.0;
      // The nearer row of the others lies below the plateau, and so resists.
      y(i) = i < 6 ? 1.0 + 0.6 * std::exp(0.45 * a) + 0.04 * noise
                   : 1.0 + (i < 12 ? -0.15 : 0.15) + 0.02 * noise;
    }
    const AllFits all = fits_of(make_problem(X, y), Activation::logistic, {});
    REQUIRE(!all.at_infinity.empty());
    const InfinitePoint& limit = all.at_infinity.front();
    REQUIRE(limit.exponential);
    CHECK(limit.local_infimum == true);
    CHECK(all.infimum_at_infinity);
    // By its definition: the exponential on the first six rows, its offset on the others.
    double energy = 0.0;
    for (Index i = 0; i < 18; ++i) {
      const double e =
          i < 6 ? limit.exponential->factor * std::exp(X.row(i).dot(limit.exponential->rate)) : 0.0;
      const double r = limit.exponential->offset + e - y(i);
      energy += 0.5 * r * r;
    }
    CHECK(limit.energy == doctest::Approx(energy).epsilon(1e-10));
    // Sigmoids near it are no better, and come near it.
    double nearest = std::numeric_limits<double>::infinity();
    for (const double far : {8.0, 12.0, 16.0})
      for (const double away : {4.0, 8.0, 12.0}) {
        Vector w = limit.exponential->rate;
        w(1) -= away;
        w(2) = -far;
        const double energy_there =
            energy_of_best_range(make_problem(X, y), Activation::logistic, {}, w);
        CHECK(energy_there >= limit.energy);
        nearest = std::min(nearest, energy_there);
      }
    CHECK(nearest <= limit.energy * (1.0 + 1e-3));
  }
  SUBCASE("rank four: a plane that separates two values, which descents run to") {
    Random random(8);
    Matrix X(30, 4);
    Vector y(30);
    for (Index i = 0; i < 30; ++i) {
      for (Index j = 0; j < 3; ++j) X(i, j) = random.uniform(-1.0, 1.0);
      X(i, 3) = 1.0;
      y(i) = X(i, 0) - 0.5 * X(i, 1) + 0.2 * X(i, 2) > 0.1 ? 3.0 : -1.0;
    }
    const AllFits all = fits_of(make_problem(X, y), Activation::tanh, {});
    REQUIRE(!all.at_infinity.empty());
    CHECK(all.at_infinity.front().energy == 0.0);
    CHECK(all.at_infinity.front().kind() == LimitKind::step);
    CHECK(all.infimum_at_infinity);
    CHECK_FALSE(all.global_minimum);
    CHECK_FALSE(all.strata.complete);
    for (Index i = 0; i < 30; ++i) {
      const double along = X.row(i).dot(all.at_infinity.front().direction);
      CHECK((y(i) > 0.0) == (along > 0.0));
    }
  }
  SUBCASE("all targets on the wrong side of the known plateau") {
    Matrix X(9, 3);
    Vector y(9);
    for (Index i = 0; i < 9; ++i) {
      X.row(i) << static_cast<double>(i % 3), static_cast<double>(i / 3), 1.0;
      y(i) = 2.0 - 0.1 * static_cast<double>(i);
    }
    for (const Activation activation : {Activation::erf, Activation::tanh}) {
      const AllFits below = fits_of(make_problem(X, y), activation, {2.5, {}});
      REQUIRE(below.at_infinity.size() == 1);
      CHECK(below.at_infinity[0].kind() == LimitKind::constant);
      CHECK(below.points.empty());
      CHECK(below.at_infinity[0].energy ==
            doctest::Approx(0.5 * (y.array() - 2.5).square().sum()).epsilon(1e-12));
    }
  }
}

TEST_CASE("proofs of points: what is singular or no point is refused") {
  // All targets on a line: the best sigmoid runs off to it.
  Matrix X(6, 2);
  X << 0, 1, 1, 1, 2, 1, 3, 1, 4, 1, 5, 1;
  const Problem problem = make_problem(X, Vector{{0.0, 1.0, 2.0, 3.0, 4.0, 5.0}});
  const Model model = amplitude::model_of(problem, Activation::logistic, {});
  CHECK_FALSE(amplitude::prove_point(model, Vector{{-10.0, 25.0, 0.16, -0.4}}).is_proven);
  CHECK_FALSE(amplitude::prove_point(model, Vector{{0.0, 0.0, 0.0, 0.0}}).is_proven);
}

}  // namespace amplitude_model_test
