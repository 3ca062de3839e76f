#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

#include "core/decompositions.hpp"
#include "core/products.hpp"
#include "explore/descent.hpp"
#include "explore/landscape.hpp"
#include "network/layer_symmetry.hpp"

namespace tautrack {

namespace {

/// Sizes of units, outputs' weights and biases at random places, relative to what was asked for.
constexpr double kSmallestShare = 0.1, kLargestShare = 10.0;

/// See far_away().
constexpr double kReturns = 10.0, kLeastFarAway = 1e5, kMostFarAway = 1e7;

/// Root mean squares of node inputs of hidden units at places that fit.
constexpr double kSmallestInputs = 0.1, kLargestInputs = 20.0;

class HiddenLandscape final : public Landscape {
 public:
  explicit HiddenLandscape(const HiddenLayer& layer)
      : Landscape(layer), layer_(layer), symmetry_(layer) {}

  [[nodiscard]] Index weights() const override {
    return layer_.columns() * layer_.units() + layer_.unknowns() -
           layer_.space().rank() * layer_.units();
  }

  [[nodiscard]] Digest digest() const override {
    const HiddenLayerOptions& options = layer_.options();
    Digest digest;
    digest.add(layer_.inputs()).add(layer_.targets()).add(layer_.pattern_weights());
    digest.add(static_cast<std::uint64_t>(options.units))
        .add(static_cast<std::uint64_t>(options.activation))
        .add(static_cast<std::uint64_t>(options.output))
        .add(static_cast<std::uint64_t>(options.origin))
        .add(std::uint64_t{options.held_output_bias.has_value()})
        .add(options.held_output_bias.value_or(0.0));
    for (const double ridge : {options.ridge_hidden, options.ridge_output, options.ridge_bias,
                               options.start_ridge, options.rank_tolerance})
      digest.add(ridge);
    for (const Vector* factors :
         {&options.hidden_factors, &options.output_factors, &options.start_factors})
      if (factors->size() > 0) digest.add(*factors);
    return digest.add(options.start_centre).add(layer_.output_unit());
  }

  /// Intervals do without FLINT.
  [[nodiscard]] bool has_proofs() const override { return true; }
  [[nodiscard]] std::unique_ptr<Certifier> certifier() const override {
    return std::make_unique<Certifier>(layer_);
  }

  [[nodiscard]] NaturalPath natural_path(const TrackOptions& options, int) const override {
    try {
      return track_natural(layer_, options);
    } catch (const std::exception& without_start) {  // No linear solution is known, and why.
      NaturalPath path;
      path.message = without_start.what();
      return path;
    }
  }

  /// The ridge pulls back whatever the data push out, so that curves return from the farther out the smaller it is:
  /// from 10^4 to 10^5 at a ridge of 10^-4. Beyond 10^7 doubles no longer tell neighbouring curves apart.
  [[nodiscard]] double far_away() const override {
    const HiddenLayerOptions& options = layer_.options();
    const double ridge = std::min(options.ridge_hidden, options.ridge_output);
    return std::clamp(kReturns / ridge, kLeastFarAway, kMostFarAway);
  }

  /// With a penalty on all weights none goes to infinity as lambda falls.
  [[nodiscard]] std::optional<Vector> newton_asymptote(const Vector&, double,
                                                       const Vector&) const override {
    return std::nullopt;
  }

  /// The ridge keeps all points in.
  [[nodiscard]] std::optional<int> index_sum() const override { return std::nullopt; }
  [[nodiscard]] std::uint32_t fitting_places() const override { return 0; }
  [[nodiscard]] std::optional<Vector> fitting_place(std::uint32_t) const override {
    return std::nullopt;
  }
  [[nodiscard]] std::uint32_t far_lines() const override { return 0; }
  [[nodiscard]] std::vector<Vector> places_on(std::uint32_t) const override { return {}; }

  [[nodiscard]] bool any_image(const Vector& x, const Vector& at,
                               const std::function<bool(const Vector&)>& is_it) const override {
    return symmetry_.any_image(x, at, is_it);
  }
  void choose_copy(StationaryPoint& point, Vector& x) const override {
    point.copies = symmetry_.orbit_size(x);
    Vector weights = symmetry_.canonical(point.weights);
    if (weights == point.weights) return;
    if (point.status == PointStatus::certified)
      point.radius = symmetry_.canonical_radius(point.weights, point.radius);
    point.weights = std::move(weights);
    x = layer_.coordinates(point.weights);
  }
  [[nodiscard]] bool has_symmetries() const override { return !symmetry_.is_trivial(); }

  /// Each unit, the output weights and the biases by themselves at sizes about the one that is asked for: a
  /// unit may be saturated where another one is nearly linear.
  [[nodiscard]] Vector random_place(Draws& draws, double size) const override {
    Vector x = random_units(draws, size * kSmallestShare, size * kLargestShare);
    const Index first = layer_.space().rank() * layer_.units();
    const double share = draws.decades(kSmallestShare, kLargestShare);
    x.tail(x.size() - first) =
        draws.normal(x.size() - first) * (share * std::sqrt(layer_.total_pattern_weight()));
    return x;
  }

  /// Random units, and the output weights and biases that fit best to them: of sigmoid outputs, to the node
  /// inputs that the targets want.
  [[nodiscard]] std::optional<Vector> fitting_place(Draws& draws) override;

  [[nodiscard]] Vector pattern_direction(Draws& draws) const override {
    constexpr double kSpread = 3.0;  // of log weights
    const Matrix A = layer_.space().basis();
    const Index n = A.cols(), first = n * layer_.units();
    Vector a = draws.normal(layer_.unknowns());
    a.tail(a.size() - first) *= std::exp(kSpread * draws.normal());
    for (Index j = 0; j < layer_.units(); ++j) {
      Vector z = draws.normal(A.rows());
      for (Index i = 0; i < A.rows(); ++i) {
        const double norm = A.row(i).norm();
        z(i) *= norm > 0.0 ? std::exp(kSpread * draws.normal()) / norm : 0.0;
      }
      a.segment(n * j, n) = transposed_times(A, z);
    }
    return a;
  }

  [[nodiscard]] double output_size() const override {
    return layer_.output_unit() * std::sqrt(layer_.total_pattern_weight());
  }

  /// The ridge moves it, and where there are more unknowns than targets by far: a minimum that a descent finds.
  [[nodiscard]] std::optional<Vector> curve_start(const AnyNetwork& moved, const Vector& v,
                                                  const StopCondition& stop) const override {
    Descent descent = Descender(moved).descend(v, stop);
    if (descent.end != Descent::End::minimum) return std::nullopt;
    return std::move(descent.v);
  }

 private:
  /// x with units in random directions whose node inputs have root mean squares from low to high, and no outputs.
  [[nodiscard]] Vector random_units(Draws& draws, double low, double high) const {
    const Index n = layer_.space().rank();
    Vector x = Vector::Zero(layer_.unknowns());
    for (Index j = 0; j < layer_.units(); ++j) {
      const Vector v = draws.normal(n);
      x.segment(n * j, n) =
          v * (draws.decades(low, high) * std::sqrt(layer_.total_pattern_weight()) / v.norm());
    }
    return x;
  }

  HiddenLayer layer_;
  LayerSymmetry symmetry_;
};

std::optional<Vector> HiddenLandscape::fitting_place(Draws& draws) {
  const HiddenLayerOptions& options = layer_.options();
  const Index L = layer_.patterns(), h = layer_.units(), K = layer_.outputs();
  const Index columns = h + (layer_.has_free_bias() ? 1 : 0);
  Vector x = random_units(draws, kSmallestInputs, kLargestInputs);
  Matrix F(L, columns);
  const Matrix U = layer_.node_inputs(x);
  for (Index j = 0; j < h; ++j)
    for (Index i = 0; i < L; ++i)
      F(i, j) = evaluate(options.activation, U(i, j)).value - layer_.origin();
  if (layer_.has_free_bias()) F.col(h).setOnes();
  // The ridge keeps it regular.
  const double unit = layer_.output_unit();
  const Matrix weighted = layer_.pattern_weights().asDiagonal() * F;
  Matrix normal = product(Matrix(F.transpose()), weighted);
  normal.diagonal().head(h).array() += options.ridge_output;
  if (layer_.has_free_bias()) normal(h, h) += options.ridge_bias;
  for (Index k = 0; k < K; ++k) {
    Vector wanted = layer_.targets().segment(k * L, L);
    if (options.output == OutputNode::sigmoid)
      for (double& y : wanted) y = input_for(options.activation, y);
    wanted.array() -= options.held_output_bias.value_or(0.0);
    const Vector fit = solve_square(normal, transposed_times(weighted, wanted)) / unit;
    const Index first = layer_.space().rank() * h;
    x.segment(first + k * h, h) = fit.head(h);
    if (layer_.has_free_bias()) x(first + K * h + k) = fit(h);
  }
  if (!x.allFinite()) return std::nullopt;
  return x;
}

}  // namespace

std::unique_ptr<Landscape> landscape_of(const HiddenLayer& network) {
  return std::make_unique<HiddenLandscape>(network);
}

}  // namespace tautrack
