#include "tautrack/path/branch_tree.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/events/morse_index.hpp"

#include "path/tree_growth.hpp"
#include "support/hidden_networks.hpp"
#include "support/random_problem.hpp"
#include "support/reference_case.hpp"

namespace branch_tree_test {

namespace {

using namespace tautrack;
using support::penalised;
using support::Random;

/// Outputs of another network with two units, with noise.
Problem teacher(std::uint64_t seed, Index L) {
  Random random(seed);
  Matrix X(L, 3);
  Vector y(L);
  for (Index i = 0; i < L; ++i) {
    X.row(i) << random.normal(), random.normal(), 1.0;
    y(i) = 0.8 * std::tanh(1.5 * X(i, 0) - 0.5 * X(i, 1)) -
           0.6 * std::tanh(X(i, 0) + X(i, 1) + 0.3) + 0.05 * random.normal();
  }
  return make_problem(X, y);
}

double gradient_error(const HiddenLayer& network, const Vector& weights, double tau) {
  HiddenLayer::Workspace work(network);
  Vector H(network.unknowns());
  const double scale = network.gradient(network.coordinates(weights), tau, work, H);
  return H.norm() / scale;
}

std::optional<int> index_at(const HiddenLayer& network, const Vector& weights, double tau) {
  HiddenLayer::Workspace work(network);
  const Index n = network.unknowns();
  Vector H(n), H_tau(n);
  Matrix H_x(n, n);
  network.derivatives(network.coordinates(weights), tau, work, H, H_x, H_tau);
  return MorseIndex().count(H_x);
}

/// e = omega g'(p) r at tanh hidden units and a linear or tanh output, from the formulas of the header alone.
Vector forces(const HiddenLayer& network, const Vector& w, double tau) {
  const Index s = network.columns(), h = network.units(), L = network.patterns();
  const auto f = [tau](double u) { return (1.0 - tau) * u + tau * std::tanh(u); };
  Vector e(L);
  for (Index i = 0; i < L; ++i) {
    double p = w(w.size() - 1);
    for (Index j = 0; j < h; ++j)
      p += w(s * h + j) * f(network.inputs().row(i).dot(w.segment(j * s, s)));
    const bool is_linear = network.options().output == OutputNode::linear;
    const double z = is_linear ? p : f(p);
    const double slope = is_linear ? 1.0 : 1.0 - tau * std::pow(std::tanh(p), 2);
    e(i) = network.pattern_weights()(i) * slope * (z - network.targets()(i));
  }
  return e;
}

void check_tree(const HiddenLayer& network, const BranchTree& tree) {
  CAPTURE(tree.message);
  const Index s = network.columns(), h = network.units();
  for (const Branch& branch : tree.branches) {
    CAPTURE(branch.message);
    for (const BranchSample& point : branch.points) {
      CHECK(gradient_error(network, point.weights, point.tau) <= 1e-9);
      // Units are as equal, and as dead, as the branch says.
      Index unit = 0;
      for (const Index equal : branch.equal)
        for (Index copy = 0; copy < equal; ++copy, ++unit) {
          const Index first = unit - copy;
          CHECK(point.weights.segment(unit * s, s) == point.weights.segment(first * s, s));
          CHECK(point.weights(s * h + unit) == point.weights(s * h + first));
        }
      for (; unit < h; ++unit) CHECK(point.weights.segment(unit * s, s).norm() == 0.0);
    }
    if (branch.end) {
      CHECK(branch.end->tau == 1.0);
      const auto index = index_at(network, branch.end->weights, 1.0);
      if (index && branch.end->morse_index) CHECK(*index == *branch.end->morse_index);
    }
  }
  for (const Pitchfork& fork : tree.pitchforks) {
    CHECK(gradient_error(network, fork.at.weights, fork.at.tau) <= 1e-9);
    CHECK(fork.tau_error <= 1e-10);
    CHECK(fork.units >= (fork.wakes ? 1 : 2));
    if (!fork.wakes) continue;
    // A dead unit wakes where |X'e| is the root of the product of the ridges.
    const Vector pull =
        network.inputs().transpose() * forces(network, fork.at.weights, fork.at.tau);
    CHECK(pull.norm() == doctest::Approx(std::sqrt(network.options().ridge_hidden *
                                                   network.options().ridge_output))
                             .epsilon(1e-9));
  }
}

}  // namespace

TEST_CASE("branches of the natural homotopy are stationary, symmetric, and fork where units wake") {
  std::size_t forks = 0, wakes = 0, ends = 0, folds = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed)
    for (const OutputNode output : {OutputNode::linear, OutputNode::sigmoid}) {
      CAPTURE(seed);
      CAPTURE(static_cast<int>(output));
      const Index units = seed % 3 == 0 ? 3 : 2;
      const HiddenLayer network(teacher(seed, 12),
                                penalised(units, seed % 2 == 0 ? 0.05 : 0.01, output));
      BranchTreeOptions options;
      options.seconds = 300.0;
      const BranchTree tree = track_branches(network, options);
      CHECK(tree.finished);
      check_tree(network, tree);
      // Dead units, and one to `units` equal ones from the linear network.
      CHECK(std::count_if(tree.branches.begin(), tree.branches.end(),
                          [](const Branch& branch) { return branch.from < 0; }) == units + 1);
      forks += tree.pitchforks.size();
      for (const Pitchfork& fork : tree.pitchforks) wakes += fork.wakes ? 1 : 0;
      for (const Branch& branch : tree.branches) {
        ends += branch.end ? 1 : 0;
        folds += branch.folds.size();
      }
    }
  CHECK(forks > wakes);
  CHECK(wakes > 0);
  CHECK(ends > 60);
  CHECK(folds > 0);
}

TEST_CASE("forks within a long step, whose interpolant misses the curve, are not lost") {
  // Of these seeds some lay where no point of the curve was found.
  for (const std::uint64_t seed : {7, 9})
    for (const OutputNode output : {OutputNode::linear, OutputNode::sigmoid}) {
      CAPTURE(seed);
      CAPTURE(static_cast<int>(output));
      const HiddenLayer network(teacher(seed, 12), penalised(seed == 9 ? 3 : 2, 0.01, output));
      BranchTreeOptions options;
      options.seconds = 300.0;
      const BranchTree tree = track_branches(network, options);
      TrackOptions short_steps;
      short_steps.predictor.kind = PredictorKind::tangent;
      const BranchTree slow = track_branches(network, options, short_steps);
      CHECK(tree.finished);
      CHECK(slow.finished);
      // Short steps along the tangent get stuck next to tau = 0 on branches that return there, where signs across are noise.
      const auto taus_of = [](const BranchTree& of) {
        std::vector<double> taus;
        for (const Pitchfork& fork : of.pitchforks)
          if (fork.at.tau > 1e-5) taus.push_back(fork.at.tau);
        return taus;
      };
      CHECK(taus_of(tree).size() == tree.pitchforks.size());
      const std::vector<double> taus = taus_of(tree), slowly = taus_of(slow);
      REQUIRE(taus.size() == slowly.size());
      for (std::size_t k = 0; k < taus.size(); ++k)
        CHECK(taus[k] == doctest::Approx(slowly[k]).epsilon(1e-9));
    }
}

TEST_CASE("forks next to tau = 0, where what is across is zero to rounding, are not lost") {
  // Of seven points; rounding of the start, and with it the first step, differs from scale to scale.
  Matrix X(7, 2);
  Vector y(7);
  for (Index i = 0; i < 7; ++i) X.row(i) << static_cast<double>(i - 3), 1.0;
  y << -1.2, -0.8, -1.0, 0.1, 0.4, 1.3, 0.9;
  for (int k = -10; k <= 10; ++k) {
    CAPTURE(k);
    HiddenLayerOptions options;
    options.units = 2;
    options.ridge_hidden = options.ridge_output = 0.02;
    const double scale = 1.0 + 1e-13 * k;
    const BranchTree tree =
        track_branches(HiddenLayer(make_problem(scale * X, scale * y), options));
    CHECK(tree.finished);
    REQUIRE(tree.pitchforks.size() == 5);
    std::vector<double> taus;
    for (const Pitchfork& fork : tree.pitchforks) taus.push_back(fork.at.tau);
    std::sort(taus.begin(), taus.end());
    CHECK(taus.front() == doctest::Approx(0.103717662992).epsilon(1e-9));
    CHECK(taus.back() == doctest::Approx(0.960629449561).epsilon(1e-9));
  }
}

TEST_CASE("ends of branches are stationary points of the reference") {
  const reference::Json json = reference::load("hidden_two_units");
  for (const auto& run : json["runs"]) {
    const HiddenLayer network = support::two_units(run);
    const BranchTree tree = track_branches(network);
    CHECK(tree.finished);
    check_tree(network, tree);
    int known = 0;
    for (const Branch& branch : tree.branches) {
      if (!branch.end) continue;
      const double energy = branch.end->energy;
      CAPTURE(energy);
      CHECK(std::any_of(run["list"].begin(), run["list"].end(), [&](const auto& point) {
        const bool is_it =
            std::abs(reference::number(point["energy"]) - energy) <= 1e-10 * energy &&
            branch.end->morse_index == point["morse_index"].template get<int>();
        known += is_it ? 1 : 0;
        return is_it;
      }));
    }
    CHECK(known >= 2);
  }
}

TEST_CASE("exclusive or has the constant alone, and what has no tree says why") {
  Matrix X(4, 3);
  X << -1, -1, 1, -1, 1, 1, 1, -1, 1, 1, 1, 1;
  const Problem problem = make_problem(X, Vector{{-0.9, 0.9, 0.9, -0.9}});
  const HiddenLayer network(problem, penalised(2, 0.03, OutputNode::sigmoid));
  const BranchTree tree = track_branches(network);
  CHECK(tree.finished);
  REQUIRE(tree.branches.size() == 1);
  CHECK(tree.pitchforks.empty());
  REQUIRE(tree.branches[0].end);
  CHECK(tree.branches[0].end->weights.norm() == 0.0);
  CHECK(tree.branches[0].end->energy == doctest::Approx(1.62).epsilon(1e-14));
  CHECK(tree.branches[0].end->morse_index == 0);
  CHECK(tree.message.find("no linear signal") != std::string::npos);

  HiddenLayerOptions options = penalised(2, 0.03, OutputNode::linear);
  options.activation = Activation::logistic;
  CHECK_THROWS_WITH_AS((void)track_branches(HiddenLayer(problem, options)),
                       doctest::Contains("odd activation"), std::invalid_argument);
  options = penalised(2, 0.03, OutputNode::linear);
  options.ridge_output = 0.0;
  CHECK_THROWS_WITH_AS((void)track_branches(HiddenLayer(problem, options)),
                       doctest::Contains("ridge"), std::invalid_argument);
  BranchTreeOptions cut;
  cut.stop = StopCondition::after_looks(3);
  CHECK_FALSE(
      track_branches(HiddenLayer(teacher(1, 10), penalised(2, 0.05, OutputNode::linear)), cut)
          .finished);
}

}  // namespace branch_tree_test
