#include "path/monotone_amplitude.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "tautrack/network/activation.hpp"

#include "core/column_panels.hpp"
#include "core/numbers.hpp"
#include "kernels/kernels.hpp"
#include "path/monotone_steps.hpp"

namespace tautrack {

namespace {

constexpr Index kMostPatterns = 128;
constexpr int kMostAmplitudeUnknowns = kernels::most_amplitude_columns + 2;

/// z = c + b f(A v, tau) - y and its equations, see HiddenLayer: x = (v, b, c), the last two in units of
/// output_unit(). What is summed over the patterns is that of kernels/amplitude.hpp.
template <int unknowns>
class AmplitudeModel {
 public:
  static constexpr int n = unknowns;
  static constexpr bool is_dear = false;
  static constexpr auto orders = monotone::kOrders;
  using Column = Eigen::Matrix<double, n, 1>;
  using Square = Eigen::Matrix<double, n, n>;

  /// Where the ridge goes, near tau = 1, steps are shorter than those of a perceptron.
  static constexpr int most_steps = 8;
  static constexpr std::array<double, 7> shares = {1.0, 0.85, 0.7, 0.55, 0.45, 0.35, 0.25};

  explicit AmplitudeModel(const HiddenLayer& network)
      : network_(network),
        ridge_(network.options().start_ridge),
        unit_(network.output_unit()),
        size_(network.output_unit() > 0.0 ? std::sqrt(network.total_pattern_weight()) : 1.0),
        norm_(network.space().norm_matrix(Vector())),
        norm_size_(norm_.norm()),
        patterns_{pattern_data_.data(), series_.data(),
                  network.patterns(),   rank,
                  kOrdersKept,          network.options().activation == Activation::tanh} {
    const ColumnPanels panels(network.space());
    const std::size_t count = at(network.patterns());
    for (std::size_t group = 0; group * kGroup < count; ++group) {
      double* const of = pattern_data_.data() + group * kPatternSize;
      for (std::size_t l = 0; l < kGroup; ++l) {
        const std::size_t i = group * kGroup + l, panel = i / kPanel, row = i % kPanel;
        const bool is_there = i < count;
        const auto put = [&](std::size_t array, double value) {
          of[array * kGroup + l] = is_there ? value : 0.0;
        };
        for (std::size_t a = 0; a < kRank; ++a)
          put(a, panels.basis()[(panel * kRank + a) * kPanel + row]);
        const Index own = is_there ? static_cast<Index>(i) : 0;
        put(kRank + kernels::amplitude_target, network.targets()(own));
        put(kRank + kernels::amplitude_weight, network.pattern_weights()(own));
        put(kRank + kernels::amplitude_norm, panels.row_norms()[i]);
      }
      std::fill_n(series_.data() + group * kSeriesSize, kGroup, 0.0);
    }
  }

  [[nodiscard]] static Index size() { return n; }
  [[nodiscard]] bool starts_with_identity() const { return false; }
  [[nodiscard]] Column start() {
    Column x = network_.linear_solution_to_correct();
    derivatives(x, 0.0);
    return x;
  }

  void gradient(const Column& x, double tau) {
    loops_.amplitude_gradient(patterns_, point_at(x, tau), sums_);
    evaluated(x, tau);
  }

  void derivatives(const Column& x, double tau) {
    loops_.amplitude_derivatives(patterns_, point_at(x, tau), sums_);
    evaluated(x, tau);
    const double rest = 1.0 - tau, square = unit_ * unit_;
    H_v.setZero();
    int entry = 0;
    for (int a = 0; a < rank; ++a) {
      for (int other = a; other < rank; ++other, ++entry)
        H_v(other, a) = sums_.vv[entry] + rest * ridge_ * norm_(other, a);
      H_v(rank, a) = unit_ * sums_.vb[a];
      H_v(rank + 1, a) = unit_ * sums_.vc[a];
      H_tau(a) = sums_.tau_v[a];
    }
    H_v(rank, rank) = square * (sums_.FF + rest * ridge_);
    H_v(rank + 1, rank) = square * sums_.F;
    H_v(rank + 1, rank + 1) = square * network_.total_pattern_weight();
    H_tau(rank) = unit_ * sums_.tau_b;
    H_tau(rank + 1) = unit_ * sums_.tau_c;
    H_tau -= ridge_ * penalty(x);
    ++evaluations;
  }

  void start_series(double tau) {
    tau_ = tau;
    b_[0] = unit_ * last_(rank);
  }

  void append_series(int k, const Column& x_k, Column& rest) {
    b_[at(k)] = unit_ * x_k(rank);
    loops_.amplitude_series(patterns_, {k, x_k.data(), b_.data(), unit_ * x_k(rank + 1), tau_},
                            sums_);
    displacement_ = std::max(output_displacement(last_, x_k), sums_.displacement);
    set_gradient(rest);
    rest -= ridge_ * penalty(x_k);
    ++passes;
  }

  [[nodiscard]] double displacement() const { return displacement_; }
  [[nodiscard]] double total_weight() const { return network_.total_pattern_weight(); }

  Column H, H_tau;  ///< Of the last evaluation, as all that follows.
  Square H_v;       ///< Its lower triangle.
  double scale = 0.0;
  double energy = 0.0;  ///< Of the data, without the ridge.
  long evaluations = 0, passes = 0;

 private:
  static constexpr int rank = n - 2;
  static constexpr std::size_t kRank = static_cast<std::size_t>(rank);
  static constexpr std::size_t kGroup = kernels::amplitude_group, kPanel = kernels::panel_rows;
  static constexpr std::size_t kMostGroups = (kMostPatterns + kGroup - 1) / kGroup;
  static constexpr Index kOrdersKept = monotone::kMostOrders + 1;
  static constexpr std::size_t kPatternSize = (kRank + kernels::amplitude_patterns) * kGroup;
  static constexpr std::size_t kSeriesSize =
      static_cast<std::size_t>(kOrdersKept * kernels::amplitude_order_size);

  [[nodiscard]] kernels::AmplitudePoint point_at(const Column& x, double tau) const {
    return {
        x.data(), x.template head<rank>().norm(), unit_ * x(rank), unit_ * x(rank + 1), unit_, tau,
        1.0 - tau};
  }

  [[nodiscard]] double output_displacement(const Column& x, const Column& dx) const {
    return std::max(std::abs(dx(rank)) / (size_ + std::abs(x(rank))),
                    std::abs(dx(rank + 1)) / (size_ + std::abs(x(rank + 1))));
  }

  void set_gradient(Column& out) const {
    for (int a = 0; a < rank; ++a) out(a) = sums_.v[a];
    out(rank) = unit_ * sums_.Fe;
    out(rank + 1) = unit_ * sums_.e;
  }

  /// H, its scale, the energy and what the last move displaced.
  void evaluated(const Column& x, double tau) {
    const double rest = 1.0 - tau, length = x.template head<rank>().norm();
    const Column ridge = penalty(x);
    set_gradient(H);
    H += (rest * ridge_) * ridge;
    scale = sums_.scale + rest * ridge_ * (norm_size_ * length + unit_ * unit_ * std::abs(x(rank)));
    energy = 0.5 * sums_.square;
    displacement_ = has_point_ ? std::max(sums_.displacement, output_displacement(last_, x - last_))
                               : std::numeric_limits<double>::infinity();
    has_point_ = true;
    last_ = x;
    ++passes;
  }

  /// The gradient of half of |W|^2 + b^2.
  [[nodiscard]] Column penalty(const Column& x) const {
    Column out;
    out.template head<rank>() = norm_ * x.template head<rank>();
    out(rank) = unit_ * unit_ * x(rank);
    out(rank + 1) = 0.0;
    return out;
  }

  const HiddenLayer& network_;
  const kernels::Kernels& loops_ = kernels::active();
  double ridge_, unit_, size_;
  Eigen::Matrix<double, rank, rank> norm_;
  double norm_size_;
  alignas(64) std::array<double, kMostGroups * kPatternSize> pattern_data_;
  alignas(64) std::array<double, kMostGroups * kSeriesSize> series_;
  kernels::Amplitude patterns_;
  kernels::AmplitudeSums sums_;
  std::array<double, static_cast<std::size_t>(kOrdersKept)> b_{};
  Column last_ = Column::Zero();
  bool has_point_ = false;
  double tau_ = 0.0, displacement_ = 0.0;
};

template <int n>
std::optional<MonotoneAmplitudePath> track_amplitude_of(const HiddenLayer& network,
                                                        const TrackOptions& options) {
  if (network.unknowns() != n) {
    if constexpr (n < kMostAmplitudeUnknowns) return track_amplitude_of<n + 1>(network, options);
    return std::nullopt;
  }
  AmplitudeModel<n> model(network);
  monotone::MonotoneSteps steps(model, options);
  if (!steps.track()) return std::nullopt;
  MonotoneAmplitudePath path;
  path.eigenvalues = monotone::eigenvalues_of(model.H_v);
  if (path.eigenvalues.size() == 0) return std::nullopt;
  path.nodes.reserve(static_cast<std::size_t>(steps.steps() + 1));
  for (int i = 0; i <= steps.steps(); ++i) {
    const auto& node = steps.node(i);
    path.nodes.push_back({node.tau, node.arclength, node.energy, node.v});
  }
  path.gradient_norm = model.H.norm();
  path.gradient_scale = model.scale;
  path.last_newton_step = steps.last_newton_step();
  path.evaluations = model.evaluations;
  path.passes = model.passes;
  return path;
}

}  // namespace

std::optional<MonotoneAmplitudePath> track_monotone_amplitude(const HiddenLayer& network,
                                                              const TrackOptions& options) {
  const HiddenLayerOptions& model = network.options();
  const bool is_amplitude =
      network.units() == 1 && network.outputs() == 1 && !network.has_offset() &&
      model.output == OutputNode::linear && network.has_free_bias() &&
      model.origin == UnitOrigin::zero && model.start_ridge > 0.0 &&
      model.start_centre.size() == 0 && model.ridge_hidden == 0.0 && model.ridge_output == 0.0 &&
      model.ridge_bias == 0.0 && network.patterns() <= kMostPatterns &&
      (model.activation == Activation::tanh || model.activation == Activation::logistic);
  if (!is_amplitude || !monotone::asked_for(options)) return std::nullopt;
  return track_amplitude_of<3>(network, options);
}

}  // namespace tautrack
