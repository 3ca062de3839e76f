#include "path/monotone_path.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "kernels/kernels.hpp"
#include "network/loops.hpp"
#include "path/monotone_report.hpp"
#include "path/monotone_steps.hpp"

namespace tautrack {

namespace {

using Clock = std::chrono::steady_clock;

constexpr kernels::Count kMostPanels = 8;

/// Where the way is longer, steps are shorter.
constexpr std::array<double, 4> kShares = {1.0, 0.85, 0.7, 0.55};

/// The equations of a small perceptron, by the kernels.
template <int unknowns>
class SmallPerceptron {
 public:
  static constexpr int n = unknowns;
  static constexpr bool is_dear = false;
  static constexpr auto orders = monotone::kOrders;
  using Column = Eigen::Matrix<double, n, 1>;
  using Square = Eigen::Matrix<double, n, n>;

  static constexpr int most_steps = 4;
  static constexpr std::array<double, 4> shares = kShares;

  SmallPerceptron(const SmallPerceptron&) = delete;  // it points to itself
  SmallPerceptron& operator=(const SmallPerceptron&) = delete;
  explicit SmallPerceptron(const Perceptron& network)
      : network_(network),
        view_(network_view(network)),
        panels_{0, kernels::panels_of(view_.rows)} {
    series_.stride = kernels::panel_rows * kernels::arrays_of(view_.sigmoid);
    for (int k = 1; k <= monotone::kMostOrders; ++k)
      series_.order[k] = orders_.data() + (k - 1) * series_.stride * panels_.last;
    series_.point = point_.data();
    std::fill_n(point_.begin(), panels_.last * kernels::panel_rows * kernels::point_arrays, 0.0);
    series_.in_tau = true;
    series_.tau[1] = 1.0;
    sums_.scratch = nullptr;  // not used for so few columns
    sums_.H_tau = H_tau.data();
    sums_.H_v = H_v.data();
  }

  [[nodiscard]] static Index size() { return n; }
  [[nodiscard]] bool starts_with_identity() const { return !has_ridge(); }
  [[nodiscard]] Column start() {
    Column v = Column::Zero();
    gradient(v, 0.0);
    if (has_ridge()) H_v = Square::Identity() + ridge();
    return v;
  }

  void gradient(const Column& v, double tau) { evaluate(v, tau, kernels_.gradient); }

  void derivatives(const Column& v, double tau) {
    evaluate(v, tau, kernels_.derivatives);
    if (has_ridge()) H_v += ridge();
    ++evaluations;
  }

  void start_series(double tau) { series_.tau[0] = tau; }

  void append_series(int k, const Column& v_k, Column& rest) {
    sums_.H = rest.data();
    series_.k = k;
    series_.v = v_k.data();
    kernels_.append_series(view_, series_, panels_, sums_);
    ++passes;
  }

  [[nodiscard]] double displacement() const { return sums_.displacement; }
  [[nodiscard]] double total_weight() const { return network_.total_pattern_weight(); }

  Column H, H_tau;  ///< Of the last evaluation, as all that follows.
  Square H_v;       ///< Its lower triangle.
  double scale = 0.0, energy = 0.0;
  long evaluations = 0, passes = 0;

 private:
  [[nodiscard]] bool has_ridge() const { return network_.penalty().size() > 0; }
  [[nodiscard]] auto ridge() const { return Eigen::Map<const Square>(network_.penalty().data()); }

  void evaluate(const Column& v, double tau,
                void (*pass)(const kernels::Network&, const kernels::Point&, kernels::PanelRange,
                             kernels::Sums&)) {
    const double length = v.norm();
    sums_.H = H.data();
    pass(view_, {v.data(), tau, 1.0 - tau, length, point_.data()}, panels_, sums_);
    ++passes;
    energy = 0.5 * sums_.energy;
    scale = sums_.scale;
    if (!has_ridge()) return;
    const Column slope = ridge() * v;
    H += slope;
    energy += 0.5 * v.dot(slope);
    scale += network_.penalty_norm() * length;
  }

  const Perceptron& network_;
  kernels::Network view_;
  kernels::PanelRange panels_;
  const kernels::Kernels& kernels_ = kernels::active();
  kernels::Sums sums_{};
  kernels::Series series_{};
  alignas(64) std::array<double, kMostPanels * kernels::panel_rows * kernels::point_arrays> point_;
  alignas(64) std::array<double, monotone::kMostOrders * kMostPanels * kernels::panel_rows *
                                     kernels::series_arrays> orders_;
};

/// Those of any perceptron.
class LargePerceptron {
 public:
  static constexpr int n = Eigen::Dynamic;
  static constexpr bool is_dear = true;
  static constexpr auto orders = monotone::kOrders;
  using Column = Vector;
  using Square = Matrix;

  static constexpr int most_steps = 6;
  static constexpr std::array<double, 4> shares = kShares;
  /// Of a Hessian in single precision: up to 128 products are summed in a row, each to 2^-24.
  [[nodiscard]] double rough_error() const { return 1e-5 * network_.single_error(); }

  LargePerceptron(const Perceptron& network, int threads)
      : H(network.unknowns()),
        H_tau(network.unknowns()),
        H_v(network.unknowns(), network.unknowns()),
        network_(network),
        work_(network, threads),
        size_(network.unknowns()) {}

  [[nodiscard]] Index size() const { return size_; }
  [[nodiscard]] bool starts_with_identity() const { return network_.penalty().size() == 0; }
  [[nodiscard]] Column start() {
    Column v = Column::Zero(size_);
    gradient(v, 0.0);
    H_v = Square::Identity(size_, size_);
    if (!starts_with_identity()) H_v += network_.penalty();
    return v;
  }

  void gradient(const Column& v, double tau) { evaluated(network_.gradient(v, tau, work_, H)); }
  void slopes(const Column& v, double tau) { evaluated(network_.slopes(v, tau, work_, H, H_tau)); }
  void derivatives(const Column& v, double tau) {
    evaluated(network_.derivatives(v, tau, work_, H, H_v, H_tau));
    evaluations += tau > 0.0 ? 1 : 0;
  }
  void rough_derivatives(const Column& v, double tau) {
    evaluated(network_.derivatives(v, tau, work_, H, H_v, H_tau, true));
    ++evaluations;
  }

  void start_series(double) {}
  void append_series(int k, const Column& v_k, Column& rest) {
    displacement_ = network_.append_series(k, v_k, k == 1 ? 1.0 : 0.0, work_, rest);
    ++passes;
  }

  [[nodiscard]] double displacement() const { return displacement_; }
  [[nodiscard]] double total_weight() const { return network_.total_pattern_weight(); }

  Column H, H_tau;  ///< Of the last evaluation, as all that follows.
  Square H_v;
  double scale = 0.0, energy = 0.0;
  long evaluations = 0, passes = 0;

 private:
  void evaluated(double of_scale) {
    scale = of_scale;
    energy = work_.last_energy();
    displacement_ = work_.last_displacement();
    ++passes;
  }

  const Perceptron& network_;
  Perceptron::Workspace work_;
  Index size_;
  double displacement_ = 0.0;
};

template <class Model>
std::optional<NaturalPath> track_by(Model& model, const Perceptron& network,
                                    const TrackOptions& options, Clock::time_point began) {
  monotone::MonotoneSteps steps(model, options);
  if (!steps.track()) return std::nullopt;
  Vector eigenvalues = monotone::eigenvalues_of(model.H_v);
  if (eigenvalues.size() == 0) return std::nullopt;
  PathEnd end;
  end.energy = model.energy;
  end.gradient_norm = model.H.norm();
  end.gradient_scale = model.scale;
  end.last_newton_step = steps.last_newton_step();
  end.eigenvalues = std::move(eigenvalues);
  NaturalPath path;
  monotone::report(
      steps.steps(),
      [&](int i) {
        const auto& from = steps.node(i);
        NaturalPoint point;
        point.tau = from.tau;
        point.arclength = from.arclength;
        point.energy = from.energy;
        point.weights = network.weights(from.v);
        return point;
      },
      std::move(end), path);
  path.work.evaluations = model.evaluations;
  path.work.factorisations = model.evaluations;
  path.work.passes_over_data = model.passes;
  path.work.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  return path;
}

template <int n>
std::optional<NaturalPath> track_small(const Perceptron& network, const TrackOptions& options) {
  if (network.unknowns() == n) {
    const Clock::time_point began = Clock::now();
    SmallPerceptron<n> model(network);
    return track_by(model, network, options, began);
  }
  if constexpr (n < monotone::kMostUnknowns) return track_small<n + 1>(network, options);
  return std::nullopt;
}

}  // namespace

std::optional<NaturalPath> track_monotone_path(const Perceptron& network,
                                               const TrackOptions& options, int threads) {
  if (!monotone::asked_for(options) || network.ranks() != nullptr) return std::nullopt;
  if (network.unknowns() <= monotone::kMostUnknowns &&
      kernels::panels_of(network.patterns()) <= kMostPanels)
    return track_small<1>(network, options);
  const Clock::time_point began = Clock::now();
  LargePerceptron model(network, threads);
  return track_by(model, network, options, began);
}

}  // namespace tautrack
