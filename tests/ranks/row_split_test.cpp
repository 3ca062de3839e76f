#include <algorithm>
#include <cmath>
#include <cstring>
#include <exception>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/certify/path_certificate.hpp"
#include "tautrack/fits/all_fits.hpp"
#include "tautrack/geometry/curvature_bound.hpp"
#include "tautrack/geometry/data_manifold.hpp"
#include "tautrack/geometry/radius.hpp"
#include "tautrack/path/natural_path.hpp"
#include "tautrack/ranks/rows.hpp"

#include "ranks/thread_ranks.hpp"
#include "support/random_problem.hpp"
#include "support/reference_case.hpp"
#include "support/slow_build.hpp"

using namespace tautrack;
using namespace tautrack::support;

namespace {

constexpr int kSizes[] = {1, 2, 3, 5};
constexpr double kTolerance = 1e-10;

/// Paths of all ranks.
std::vector<NaturalPath> track_on_ranks(const Problem& problem, const PerceptronOptions& options,
                                        int size, const TrackOptions& track = {}) {
  std::vector<NaturalPath> paths(static_cast<std::size_t>(size));
  on_ranks(size, [&](Communicator& ranks) {
    const Problem share =
        rows_of(problem, rows_of_rank(problem.X.rows(), ranks.rank(), ranks.size()));
    const Perceptron network(share, options, ranks);
    CHECK(network.patterns() == problem.X.rows());
    paths[static_cast<std::size_t>(ranks.rank())] = track_natural(network, track);
  });
  return paths;
}

bool same_bits(const Vector& a, const Vector& b) {
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(double)) == 0;
}

void check_same_bits(const NaturalPath& a, const NaturalPath& b) {
  CHECK(a.status == b.status);
  CHECK(a.message == b.message);
  CHECK(a.work.passes_over_data == b.work.passes_over_data);
  REQUIRE(a.points.size() == b.points.size());
  for (std::size_t i = 0; i < a.points.size(); ++i) {
    CHECK(a.points[i].tau == b.points[i].tau);
    CHECK(a.points[i].energy == b.points[i].energy);
    CHECK(same_bits(a.points[i].weights, b.points[i].weights));
  }
  REQUIRE(a.end.has_value() == b.end.has_value());
  if (a.end) CHECK(same_bits(a.end->eigenvalues, b.end->eigenvalues));
}

double distance(const Vector& a, const Vector& b) { return (a - b).norm() / (1e-300 + b.norm()); }

/// Folds, branch points and end of a path against those of the plain network.
void check_same_path(const NaturalPath& path, const NaturalPath& plain,
                     double tolerance = kTolerance) {
  CHECK(path.status == plain.status);
  CHECK(distance(path.points.front().weights, plain.points.front().weights) <= tolerance);
  REQUIRE(path.folds.size() == plain.folds.size());
  for (std::size_t i = 0; i < path.folds.size(); ++i) {
    const NaturalFold& fold = path.folds[i];
    CHECK(std::abs(fold.point.tau - plain.folds[i].point.tau) <= tolerance);
    CHECK(distance(fold.point.weights, plain.folds[i].point.weights) <= tolerance);
    CHECK(fold.index_before == plain.folds[i].index_before);
    CHECK(fold.index_after == plain.folds[i].index_after);
  }
  CHECK(path.branch_points.size() == plain.branch_points.size());
  REQUIRE(path.end.has_value() == plain.end.has_value());
  if (!path.end) return;
  CHECK(distance(path.end->weights, plain.end->weights) <= tolerance);
  CHECK(std::abs(path.end->energy - plain.end->energy) <= tolerance * (1e-10 + plain.end->energy));
  CHECK(path.end->morse_index == plain.end->morse_index);
  CHECK(path.end->status == plain.end->status);
}

/// On all numbers of ranks: the path of the plain network, the same bits everywhere.
void check_all_sizes(const Problem& problem, const PerceptronOptions& options = {},
                     const TrackOptions& track = {}, double tolerance = kTolerance) {
  const NaturalPath plain = track_natural(Perceptron(problem, options), track);
  for (const int size : kSizes) {
    CAPTURE(size);
    const std::vector<NaturalPath> paths = track_on_ranks(problem, options, size, track);
    check_same_path(paths.front(), plain, tolerance);
    for (const NaturalPath& path : paths) check_same_bits(path, paths.front());
  }
}

/// 60 x 4 with a bias, targets that no perceptron fits well.
Problem some_problem(std::uint64_t seed = 1) {
  Random random(seed);
  Matrix X(60, 4);
  Vector y(60);
  for (Index i = 0; i < 60; ++i) {
    for (Index j = 0; j < 3; ++j) X(i, j) = random.normal();
    X(i, 3) = 1.0;
    y(i) = random.uniform(-0.9, 0.9);
  }
  return make_problem(X, y);
}

std::string what(const std::exception_ptr& failure) {
  if (!failure) return "";
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("rows are shared out evenly, each of them once") {
  for (const Index rows : {0, 1, 7, 100})
    for (const int size : {1, 2, 3, 7, 12}) {
      Index next = 0;
      for (int rank = 0; rank < size; ++rank) {
        const RowRange range = rows_of_rank(rows, rank, size);
        CHECK(range.first == next);
        CHECK(range.count >= rows / size);
        CHECK(range.count <= rows / size + 1);
        next += range.count;
      }
      CHECK(next == rows);
    }
}

TEST_CASE("split among ranks, every reference case that arrives has the same path, folds and end") {
  int folds = 0;
  for (const std::string& name : sampled(reference::small_cases())) {
    CAPTURE(name);
    const reference::Json json = reference::load(name);
    if (!json["path"]["reaches_tau_1"].get<bool>()) continue;
    PerceptronOptions options;
    options.activation = *activation_from_name(json["activation"].get<std::string>());
    folds += static_cast<int>(json["path"]["folds"].size());
    check_all_sizes(make_problem(reference::matrix(json["X"]), reference::vector(json["y"])),
                    options);
  }
  CHECK(folds > 0);
}

TEST_CASE("the other predictors, landings, pattern weights and all activations work on ranks") {
  Problem problem = some_problem();
  TrackOptions track;
  track.landings = {0.25, 0.75};
  for (const PredictorKind kind :
       {PredictorKind::taylor, PredictorKind::tangent, PredictorKind::davidenko}) {
    track.predictor.kind = kind;
    check_all_sizes(problem, {}, track);
  }
  Random random(2);
  problem.pattern_weights.resize(problem.y.size());
  for (Index i = 0; i < problem.y.size(); ++i)
    problem.pattern_weights(i) = random.uniform(0.1, 3.0);
  for (const Activation activation :
       {Activation::tanh, Activation::logistic, Activation::arctan, Activation::erf}) {
    PerceptronOptions options;
    options.activation = activation;
    Problem within = problem;  // its range, or the weights grow without bound
    if (activation == Activation::logistic) within.y = 0.5 + 0.5 * problem.y.array();
    check_all_sizes(within, options);
  }
}

TEST_CASE("a ridge has the same meaning on ranks, in both kinds of units") {
  PerceptronOptions options;
  options.ridge = 0.5;
  check_all_sizes(some_problem(), options);
  options.ridge_standardised = true;
  check_all_sizes(some_problem(), options);
}

TEST_CASE("many columns: the products and the series in blocks") {
  Random random(3);
  Matrix X(400, 15);
  Vector y(400);
  for (Index i = 0; i < X.rows(); ++i) {
    for (Index j = 0; j < X.cols(); ++j) X(i, j) = random.normal();
    y(i) = random.uniform(-0.9, 0.9);
  }
  check_all_sizes(make_problem(X, y));
}

TEST_CASE("so many patterns that X stands for its basis") {
  Random random(4);
  Matrix X(27000, 10);
  Vector y(27000);
  for (Index i = 0; i < X.rows(); ++i) {
    for (Index j = 0; j < X.cols(); ++j) X(i, j) = random.normal();
    y(i) = std::tanh(X(i, 0) - X(i, 1)) + 0.1 * random.normal();
  }
  const Problem problem = make_problem(X, y);
  CHECK(Perceptron(problem).space().is_implied());
  const NaturalPath plain = track_natural(Perceptron(problem));
  // One rank has four rows, fewer than there are columns.
  std::vector<NaturalPath> paths(3);
  on_ranks(3, [&](Communicator& ranks) {
    const RowRange rows = ranks.rank() == 0   ? RowRange{0, 4}
                          : ranks.rank() == 1 ? RowRange{4, 19996}
                                              : RowRange{20000, 7000};
    const Perceptron network(rows_of(problem, rows), {}, ranks);
    CHECK(network.space().is_implied());
    paths[static_cast<std::size_t>(ranks.rank())] = track_natural(network);
  });
  check_same_path(paths.front(), plain);
  for (const NaturalPath& path : paths) check_same_bits(path, paths.front());
}

TEST_CASE("columns that depend on each other are found out as by one rank") {
  Problem problem = some_problem();
  Matrix X(problem.X.rows(), 6);
  X << problem.X.leftCols(2), problem.X.col(0) - 2e5 * problem.X.col(1), problem.X.rightCols(2),
      Vector::Zero(problem.X.rows());
  problem = make_problem(X, problem.y);
  const Perceptron plain(problem);
  REQUIRE(plain.unknowns() == 4);
  for (const int size : kSizes) {
    on_ranks(size, [&](Communicator& ranks) {
      const Perceptron network(rows_of(problem, rows_of_rank(problem.X.rows(), ranks.rank(), size)),
                               {}, ranks);
      REQUIRE(network.unknowns() == plain.unknowns());
      const auto& found = network.space().dependencies();
      const auto& wanted = plain.space().dependencies();
      REQUIRE(found.size() == wanted.size());
      for (std::size_t i = 0; i < found.size(); ++i) {
        CHECK(found[i].column == wanted[i].column);
        REQUIRE(found[i].on.size() == wanted[i].on.size());
        for (std::size_t k = 0; k < found[i].on.size(); ++k) {
          CHECK(found[i].on[k].first == wanted[i].on[k].first);
          CHECK(std::abs(found[i].on[k].second / wanted[i].on[k].second - 1.0) <= 1e-9);
        }
      }
    });
  }
  check_all_sizes(problem);
}

TEST_CASE("with fewer patterns than weights the weights are those of least norm") {
  const Problem all = some_problem();
  check_all_sizes(rows_of(all, {0, 3}));
}

TEST_CASE("nearly dependent columns in units far apart: coordinates are orthonormal to rounding") {
  Problem problem = some_problem();
  Random random(4);
  Matrix X = problem.X;
  // At a distance of 1e-8 from the first column: a Gram matrix would not see it.
  for (Index i = 0; i < X.rows(); ++i) X(i, 1) = X(i, 0) + 1e-8 * X(i, 1);
  X.col(0) *= 1e-150;
  X.col(2) *= 1e120;
  problem = make_problem(X, problem.y);
  for (const int size : kSizes) {
    CAPTURE(size);
    Matrix gram = Matrix::Zero(4, 4);
    std::mutex mutex;
    on_ranks(size, [&](Communicator& ranks) {
      const Perceptron network(rows_of(problem, rows_of_rank(problem.X.rows(), ranks.rank(), size)),
                               {}, ranks);
      REQUIRE(network.unknowns() == 4);
      const Matrix A = network.space().basis();
      const std::lock_guard lock(mutex);
      gram += A.transpose() * A;
    });
    CHECK((gram - Matrix::Identity(4, 4)).cwiseAbs().maxCoeff() <= 1e-14);
  }
  // The column space itself is known to epsilon over the distance.
  const NaturalPath plain = track_natural(Perceptron(problem));
  const NaturalPath split = track_on_ranks(problem, {}, 3).front();
  REQUIRE(plain.ok());
  REQUIRE(split.ok());
  CHECK(std::abs(split.end->energy - plain.end->energy) <= 1e-7 * plain.end->energy);
}

TEST_CASE("ranks without rows, and shares of very different size, change nothing") {
  const Problem problem = some_problem();
  const NaturalPath plain = track_natural(Perceptron(problem));
  const std::vector<RowRange> shares{{0, 0}, {0, 55}, {55, 0}, {55, 5}};
  std::vector<NaturalPath> paths(shares.size());
  on_ranks(static_cast<int>(shares.size()), [&](Communicator& ranks) {
    const auto rank = static_cast<std::size_t>(ranks.rank());
    const Perceptron network(rows_of(problem, shares[rank]), {}, ranks);
    paths[rank] = track_natural(network);
  });
  check_same_path(paths.front(), plain);
  for (const NaturalPath& path : paths) check_same_bits(path, paths.front());
}

TEST_CASE("derivatives, series and Hessian forms are those of the plain network") {
  const Problem problem = some_problem();
  PerceptronOptions options;
  options.ridge = 0.1;
  const Perceptron plain(problem, options);
  const Index n = plain.unknowns();
  const Vector v = plain.linear_solution();
  const Vector move = Vector::LinSpaced(n, 0.1, 0.4);
  for (const double tau : {0.0, 0.3, 1.0}) {
    Perceptron::Workspace plain_work(plain);
    Vector H(n), H_tau(n), rest(n), by_v(n);
    Matrix H_v(n, n);
    double by_tau = 0.0;
    const double scale = plain.derivatives(v, tau, plain_work, H, H_v, H_tau);
    const double size = plain.append_series(1, move, 0.5, plain_work, rest);
    plain.hessian_form_gradient(v, tau, move, v, by_v, by_tau);
    // Once, for the ranks are threads, and a workspace belongs to one.
    const double displacement = plain.relative_displacement(v, move, plain_work);
    const double energy = plain.energy(v, tau, plain_work);
    on_ranks(3, [&](Communicator& ranks) {
      const Perceptron network(rows_of(problem, rows_of_rank(problem.X.rows(), ranks.rank(), 3)),
                               options, ranks);
      Perceptron::Workspace work(network);
      Vector H2(n), H_tau2(n), rest2(n), by_v2(n);
      Matrix H_v2(n, n);
      double by_tau2 = 0.0;
      CHECK(std::abs(network.derivatives(v, tau, work, H2, H_v2, H_tau2) / scale - 1.0) <= 1e-12);
      CHECK(std::isinf(work.last_displacement()));
      CHECK(std::abs(network.append_series(1, move, 0.5, work, rest2) / size - 1.0) <= 1e-12);
      network.hessian_form_gradient(v, tau, move, v, by_v2, by_tau2);
      CHECK((H2 - H).norm() <= 1e-12 * scale);
      CHECK((H_tau2 - H_tau).norm() <= 1e-12 * (1.0 + H_tau.norm()));
      CHECK((H_v2 - H_v).norm() <= 1e-12 * H_v.norm());
      CHECK((rest2 - rest).norm() <= 1e-12 * rest.norm());
      CHECK((by_v2 - by_v).norm() <= 1e-12 * (1.0 + by_v.norm()));
      CHECK(std::abs(by_tau2 - by_tau) <= 1e-12 * (1.0 + std::abs(by_tau)));
      CHECK(std::abs(network.relative_displacement(v, move, work) / displacement - 1.0) <= 1e-12);
      CHECK(std::abs(network.energy(v, tau, work) / energy - 1.0) <= 1e-12);
      network.gradient(v + move, tau, work, H2);
      Perceptron::Workspace before(plain);
      Vector H3(n);
      plain.gradient(v, tau, before, H3);
      plain.gradient(v + move, tau, before, H3);
      CHECK(std::abs(work.last_displacement() / before.last_displacement() - 1.0) <= 1e-12);
      CHECK((H2 - H3).norm() <= 1e-12 * scale);
    });
  }
}

TEST_CASE("infinite weights are not recognised on ranks, and the path says so") {
  const reference::Json json = reference::load("s2_diverges_outside");
  const Problem problem = make_problem(reference::matrix(json["X"]), reference::vector(json["y"]));
  const std::vector<NaturalPath> paths = track_on_ranks(problem, {}, 2);
  CHECK_FALSE(paths.front().ok());
  CHECK_FALSE(paths.front().infinity);
  CHECK(paths.front().message.find("split among ranks") != std::string::npos);
  check_same_bits(paths.front(), paths.back());
}

TEST_CASE("what is wrong on one rank is thrown on all of them") {
  const auto failures_with = [](const std::function<void(Problem&, PerceptronOptions&)>& spoil) {
    const Problem problem = some_problem();
    return try_on_ranks(3, [&](Communicator& ranks) {
      Problem share = rows_of(problem, rows_of_rank(problem.X.rows(), ranks.rank(), 3));
      PerceptronOptions options;
      if (ranks.rank() == 1) spoil(share, options);
      const Perceptron network(share, options, ranks);
    });
  };
  const auto check_all = [](const std::vector<std::exception_ptr>& failures,
                            const std::string& part) {
    for (const std::exception_ptr& failure : failures) {
      CAPTURE(what(failure));
      CHECK(what(failure).ends_with(what(failures.at(1))));
      CHECK(what(failure).find(part) != std::string::npos);
    }
  };
  check_all(failures_with([](Problem& share, PerceptronOptions&) { share.X(4, 2) = NAN; }),
            "problem 'y': row 5");
  check_all(
      failures_with([](Problem& share, PerceptronOptions&) { share.y.conservativeResize(3); }),
      "problem 'y': y has size 3");
  check_all(failures_with([](Problem&, PerceptronOptions& options) { options.ridge = -1.0; }),
            "ridge must be");
  check_all(failures_with([](Problem&, PerceptronOptions& options) { options.ridge = 1.0; }),
            "different ridges");
  check_all(failures_with([](Problem& share, PerceptronOptions&) {
              share = make_problem(share.X.leftCols(2), share.y);
            }),
            "different numbers of columns");
  check_all(failures_with([](Problem& share, PerceptronOptions&) {
              share.pattern_weights = Vector::Ones(share.y.size());
            }),
            "some ranks have pattern weights");

  check_all(try_on_ranks(2,
                         [](Communicator& ranks) {
                           Problem none;
                           none.X.resize(0, 1);
                           none.columns = {"x"};
                           const Perceptron network(none, {}, ranks);
                         }),
            "no rank has any row");
  check_all(try_on_ranks(2,
                         [](Communicator& ranks) {
                           const Perceptron network(
                               make_problem(Matrix::Zero(2, 1), Vector::Ones(2)), {}, ranks);
                         }),
            "every column of X is zero");
}

TEST_CASE("ranks share a queue, and their failures") {
  for (const int size : kSizes) {
    on_ranks(size, [&](Communicator& ranks) {
      for (int round = 0; round < 2; ++round) {
        std::vector<double> done(50, 0.0);
        for (Index first = ranks.take(4); first < 50; first = ranks.take(4))
          for (Index i = first; i < std::min<Index>(first + 4, 50); ++i)
            done[static_cast<std::size_t>(i)] += 1.0;
        ranks.sum(done);
        for (const double times : done) CHECK(times == 1.0);
        ranks.restart_queue();
      }
      CHECK_THROWS_WITH_AS(ranks.together([&] { throw DataError("all of them"); }), "all of them",
                           DataError);
      if (size > 1) try {
          ranks.together([&] {
            if (ranks.rank() == 1) throw std::runtime_error("just one");
          });
          CHECK(false);
        } catch (const std::runtime_error& error) {
          CHECK(error.what() == (ranks.rank() == 1
                                     ? "just one"
                                     : "rank 1 of " + std::to_string(size) + ": just one"));
        }
    });
  }
  OneRank alone;
  CHECK(alone.take(3) == 0);
  CHECK(alone.take(2) == 3);
  alone.restart_queue();
  CHECK(alone.take(1) == 0);
}

TEST_CASE("what takes all patterns on one rank says so when they are split") {
  const Problem problem = some_problem();
  on_ranks(2, [&](Communicator& ranks) {
    const Perceptron network(rows_of(problem, rows_of_rank(60, ranks.rank(), 2)), {}, ranks);
    CHECK(network.patterns() == 60);
    CHECK(network.rows() == 30);
    CHECK_THROWS_WITH_AS(
        (void)find_all_fits(network),
        "an enumeration of strata takes all patterns on one rank, but here they are split among 2",
        std::invalid_argument);
    CHECK_THROWS_AS((void)explore(network), std::invalid_argument);
    CHECK_THROWS_AS((void)search_exhaustively(network), std::invalid_argument);
    CHECK_THROWS_AS((void)test_infimum(network, std::vector<int>(60, 1)), std::invalid_argument);
    CHECK_THROWS_AS((void)forced_index_sum(network), std::invalid_argument);
    CHECK_THROWS_AS((void)certify_path(network, NaturalPath()), std::invalid_argument);
    CHECK_THROWS_AS(Certifier{network}, std::invalid_argument);
    CHECK_THROWS_AS(DataManifold(network, 1.0), std::invalid_argument);
    CHECK_THROWS_AS(CurvatureBounds{network}, std::invalid_argument);
    CHECK_THROWS_AS((void)radius_bound(network, 0.5), std::invalid_argument);
  });
}
