#include "network/layer_symmetry.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "support/hidden_networks.hpp"
#include "support/random_problem.hpp"

namespace layer_symmetry_test {

using namespace tautrack;
using support::exclusive_or;
using support::penalised;
using support::Random;

namespace {

Vector random_weights(const HiddenLayer& network, Random& random) {
  Vector x(network.unknowns());
  for (double& entry : x) entry = random.normal();
  return network.weights(x);
}

/// Units 0 and 1 of weights exchanged, of a network with one output.
Vector exchanged(const HiddenLayer& network, Vector w) {
  const Index s = network.columns(), h = network.units();
  w.head(s).swap(w.segment(s, s));
  std::swap(w(s * h), w(s * h + 1));
  return w;
}

/// Unit 0 turned over, where that moves the bias by `shift` times its output weight.
Vector turned(const HiddenLayer& network, Vector w, double shift) {
  const Index s = network.columns(), h = network.units();
  w(w.size() - 1) += shift * w(s * h);
  w.head(s) *= -1.0;
  w(s * h) *= -1.0;
  return w;
}

Vector nudged(Vector w, Random& random, double size) {
  for (double& entry : w) entry += size * random.normal();
  return w;
}

}  // namespace

TEST_CASE("symmetries of data are found, and none where there is none") {
  CHECK(data_symmetries(exclusive_or(0.1)).size() == 8);
  Random random(9);
  Matrix X(6, 3);
  Vector y(6);
  for (Index i = 0; i < 6; ++i) {
    X.row(i) << random.normal(), random.normal(), 1.0;
    y(i) = random.normal();
  }
  const HiddenLayer plain(make_problem(X, y), penalised(2, 0.1, OutputNode::linear));
  REQUIRE(data_symmetries(plain).size() == 1);
  // Two columns that may change places: patterns in pairs.
  Matrix pairs(6, 3);
  Vector both(6);
  for (Index i = 0; i < 3; ++i) {
    pairs.row(2 * i) = X.row(i);
    pairs.row(2 * i + 1) << X(i, 1), X(i, 0), 1.0;
    both(2 * i) = both(2 * i + 1) = y(i);
  }
  const HiddenLayer exchanged(make_problem(pairs, both), penalised(2, 0.1, OutputNode::linear));
  const std::vector<DataSymmetry> found = data_symmetries(exchanged);
  REQUIRE(found.size() == 2);
  CHECK(found[1].column == std::vector<Index>{1, 0, 2});
  CHECK(found[1].output_sign(0) == 1.0);
  // An image of a stationary energy has the same energy.
  HiddenLayer::Workspace work(exchanged);
  Vector w(9), image(9);
  for (double& entry : w) entry = random.normal();
  image = w;
  for (Index j = 0; j < 2; ++j)
    for (Index a = 0; a < 3; ++a)
      image(3 * j + a) = found[1].sign(a) * w(3 * j + found[1].column[static_cast<std::size_t>(a)]);
  CHECK(exchanged.energy(exchanged.coordinates(image), 1.0, work) ==
        doctest::Approx(exchanged.energy(exchanged.coordinates(w), 1.0, work)).epsilon(1e-14));
}

TEST_CASE(
    "images of weights are copies, others are none, and their number is that of the group over "
    "what leaves them") {
  Random random(4);
  const HiddenLayer network = exclusive_or(0.1);
  const LayerSymmetry symmetry(network);
  CHECK_FALSE(symmetry.is_trivial());
  const auto at = [&](const Vector& w) { return network.coordinates(w); };
  const Vector w = random_weights(network, random);
  CHECK(symmetry.orbit_size(at(w)) == 64.0);
  const Vector image = exchanged(network, turned(network, w, 0.0));
  // The inputs exchanged, and the first one turned with the output.
  Vector mirrored(9);
  mirrored << -w(1), w(0), w(2), -w(4), w(3), w(5), -w(6), -w(7), -w(8);
  for (const Vector& copy : {w, image, mirrored, exchanged(network, mirrored)}) {
    CHECK(symmetry.are_copies(at(nudged(copy, random, 1e-10)), at(w)));
    CHECK(symmetry.are_copies(at(w), at(nudged(copy, random, 1e-10))));
    CHECK_FALSE(symmetry.are_copies(at(nudged(copy, random, 1e-5)), at(w)));
    const Vector form = symmetry.canonical(copy);
    CHECK(form(6) >= form(7));
    CHECK(form(7) >= 0.0);
    CHECK(symmetry.are_copies(at(form), at(w)));
  }
  CHECK(symmetry.canonical(image) == symmetry.canonical(w));
  Vector other = w;
  other(8) *= -1.0;
  CHECK_FALSE(symmetry.are_copies(at(other), at(w)));
  // Equal units, a dead one, no weights.
  Vector equal = w;
  equal.segment(3, 3) = equal.head(3);
  equal(7) = equal(6);
  CHECK(symmetry.orbit_size(at(equal)) == 32.0);
  Vector dead = w;
  dead.segment(3, 3).setZero();
  dead(7) = 0.0;
  CHECK(symmetry.orbit_size(at(dead)) == 32.0);
  CHECK(symmetry.orbit_size(Vector::Zero(9)) == 1.0);
}

TEST_CASE("next to a symmetric point rounding neither makes two of one nor one of two") {
  Random random(5);
  const HiddenLayer network = exclusive_or(0.1);
  const LayerSymmetry symmetry(network);
  const auto at = [&](const Vector& w) { return network.coordinates(w); };
  for (const double distance : {0.0, 1e-15, 1e-12, 1e-9, 1e-7, 1e-6, 1e-4}) {
    CAPTURE(distance);
    Vector w = random_weights(network, random);
    w.segment(3, 3) = w.head(3);
    w(7) = w(6);
    const Vector apart = nudged(w, random, distance);  // units equal up to this
    const Vector copy = exchanged(network, turned(network, apart, 0.0));
    CHECK(symmetry.are_copies(at(nudged(copy, random, 1e-11)), at(apart)));
    CHECK(symmetry.are_copies(at(apart), at(w)) == (distance < 1e-8));
    CHECK(symmetry.orbit_size(at(apart)) == (distance < 1e-8 ? 32.0 : 64.0));
  }
}

TEST_CASE(
    "turning units over that are counted from zero moves the bias, and a ball stays within its "
    "radius") {
  Random random(6);
  Matrix X(7, 2);
  Vector y(7);
  for (Index i = 0; i < 7; ++i) {
    X.row(i) << random.normal(), 1.0;
    y(i) = random.normal();
  }
  HiddenLayerOptions options = penalised(2, 0.1, OutputNode::linear);
  options.activation = Activation::logistic;
  options.ridge_bias = 0.0;
  const HiddenLayer network(make_problem(X, y), options);
  const LayerSymmetry symmetry(network);
  HiddenLayer::Workspace work(network);
  const auto at = [&](const Vector& w) { return network.coordinates(w); };
  const auto energy = [&](const Vector& w) { return network.energy(at(w), 1.0, work); };
  for (int trial = 0; trial < 20; ++trial) {
    const Vector w = random_weights(network, random);
    const Vector copy = turned(network, w, 1.0);
    CHECK(energy(copy) == doctest::Approx(energy(w)).epsilon(1e-12));
    CHECK(symmetry.are_copies(at(copy), at(w)));
    const Vector form = symmetry.canonical(w);
    const double radius = symmetry.canonical_radius(w, 1e-3);
    CHECK(symmetry.canonical_radius(w, 0.0) <= 1e-13);
    for (int k = 0; k < 20; ++k) {
      Vector away = nudged(Vector::Zero(w.size()), random, 1.0);
      away *= 1e-3 / away.norm();
      CHECK((symmetry.canonical(w + away) - form).norm() <= radius);
    }
  }
  options.held_output_bias = 0.5;
  CHECK(LayerSymmetry(HiddenLayer(make_problem(X, y), options))
            .orbit_size(Vector{{1, 2, 3, 4, 5, 6}}) == 2.0);
}

}  // namespace layer_symmetry_test
