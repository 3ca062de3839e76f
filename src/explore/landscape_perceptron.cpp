#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "tautrack/explore/explore.hpp"

#include "core/decompositions.hpp"
#include "explore/asymptote.hpp"
#include "explore/landscape.hpp"
#include "explore/subsystems.hpp"

namespace tautrack {

namespace {

bool are_interior(const Perceptron& network) {
  const Range ends = range(network.options().activation);
  const Vector& y = network.targets();
  return (y.array() > ends.low).all() && (y.array() < ends.high).all();
}

class PerceptronLandscape final : public Landscape {
 public:
  explicit PerceptronLandscape(const Perceptron& perceptron)
      : Landscape(perceptron),
        perceptron_(perceptron),
        basis_(perceptron.space().basis()),
        asymptotes_(perceptron),
        subsystems_(perceptron),
        wanted_(perceptron.patterns()) {
    for (Index i = 0; i < perceptron.patterns(); ++i)
      wanted_(i) = input_for(perceptron.options().activation, perceptron.targets()(i));
  }

  [[nodiscard]] Index weights() const override { return perceptron_.columns(); }

  [[nodiscard]] Digest digest() const override {
    const PerceptronOptions& options = perceptron_.options();
    const Vector& omega = perceptron_.pattern_weights();
    Digest digest;
    digest.add(perceptron_.inputs()).add(perceptron_.targets());
    digest.add((omega.array() == 1.0).all() ? Vector() : omega);
    if (perceptron_.has_offset()) digest.add(perceptron_.offsets());
    return digest.add(static_cast<std::uint64_t>(options.activation))
        .add(options.ridge)
        .add(std::uint64_t{options.ridge_standardised})
        .add(options.rank_tolerance);
  }

  [[nodiscard]] bool has_proofs() const override { return Certifier::available(); }
  [[nodiscard]] std::unique_ptr<Certifier> certifier() const override {
    return std::make_unique<Certifier>(perceptron_);
  }
  [[nodiscard]] NaturalPath natural_path(const TrackOptions& options, int threads) const override {
    return track_natural(perceptron_, options, {}, threads);
  }

  [[nodiscard]] double far_away() const override { return 1e8; }
  [[nodiscard]] std::optional<Vector> newton_asymptote(const Vector& v, double lambda,
                                                       const Vector& a) const override {
    return asymptotes_.direction(v, lambda, a);
  }
  [[nodiscard]] std::optional<int> index_sum() const override {
    return forced_index_sum(perceptron_);
  }
  [[nodiscard]] std::uint32_t fitting_places() const override { return subsystems_.corners(); }
  [[nodiscard]] std::optional<Vector> fitting_place(std::uint32_t number) const override {
    return subsystems_.corner(number);
  }
  [[nodiscard]] std::uint32_t far_lines() const override { return subsystems_.lines(); }
  [[nodiscard]] std::vector<Vector> places_on(std::uint32_t line) const override {
    return subsystems_.on_line(line);
  }

  [[nodiscard]] Vector random_place(Draws& draws, double size) const override {
    const Vector v = draws.normal(perceptron_.unknowns());
    return v * (size * std::sqrt(perceptron_.total_pattern_weight()) / v.norm());
  }

  [[nodiscard]] std::optional<Vector> fitting_place(Draws& draws) override;

  [[nodiscard]] Vector pattern_direction(Draws& draws) const override {
    constexpr double kSpread = 3.0;  // of log weights
    Vector z = draws.normal(basis_.rows());
    for (Index i = 0; i < basis_.rows(); ++i) {
      const double norm = basis_.row(i).norm();
      z(i) *= norm > 0.0 ? std::exp(kSpread * draws.normal()) / norm : 0.0;
    }
    return basis_.transpose() * z;
  }

  [[nodiscard]] double output_size() const override { return 1.0; }

  /// Of a zero residual there is no second point; what a ridge moves it by is for the tracker to correct.
  [[nodiscard]] std::optional<Vector> curve_start(const AnyNetwork&, const Vector& v,
                                                  const StopCondition&) const override {
    return v;
  }

 private:
  Perceptron perceptron_;
  Matrix basis_;  ///< L x n, A.
  NewtonAsymptotes asymptotes_;
  Subsystems subsystems_;
  Vector wanted_;  ///< L, node inputs with the targets for outputs; at the end of the range, large.
  std::set<std::vector<Index>> drawn_subsystems_;
};

/// A place at which n patterns, drawn at random, have their targets. Every stationary point is a
/// least-squares solution of x_i.w = sigma^-1(y_i) for some positive weights, and so lies in the hull
/// of these places (Jacobi 1841; Ben-Tal & Teboulle 1990); where n patterns outweigh the others there
/// is a minimum close to one.
std::optional<Vector> PerceptronLandscape::fitting_place(Draws& draws) {
  const Index n = perceptron_.unknowns();
  std::vector<Index> rows(static_cast<std::size_t>(perceptron_.patterns()));
  std::iota(rows.begin(), rows.end(), Index{0});
  std::shuffle(rows.begin(), rows.end(), draws.engine());
  Matrix unit(n, n);  // orthonormal, of the rows taken
  Matrix system(n, n);
  Vector right(n);
  Index taken = 0;
  std::vector<Index> drawn;
  for (const Index row : rows) {
    const Vector a = basis_.row(row).transpose();
    Vector rest = a;
    for (int pass = 0; pass < 2; ++pass)
      rest -= unit.leftCols(taken) * (unit.leftCols(taken).transpose() * rest);
    const double length = rest.norm();
    if (!(length > infinity::kClearlyIndependent * a.norm())) continue;
    unit.col(taken) = rest / length;
    system.row(taken) = a.transpose();
    right(taken) = wanted_(row) - perceptron_.offset(row);
    drawn.push_back(row);
    if (++taken == n) break;
  }
  if (taken < n) return random_place(draws, 1.0);
  std::sort(drawn.begin(), drawn.end());
  if (!drawn_subsystems_.insert(std::move(drawn)).second) return std::nullopt;
  return solve_square(system, right);
}

}  // namespace

std::unique_ptr<Landscape> landscape_of(const Perceptron& network) {
  return std::make_unique<PerceptronLandscape>(network);
}

std::optional<int> forced_index_sum(const Perceptron& network) {
  network.need_all_patterns("an index sum");
  const PerceptronOptions& options = network.options();
  const bool all_penalised = options.ridge > 0.0 && !options.ridge_standardised;
  if (all_penalised || are_interior(network)) return 1;
  return std::nullopt;
}

}  // namespace tautrack
