#include "path/monotone_path.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>

#include "kernels/kernels.hpp"
#include "network/loops.hpp"
#include "path/monotone_steps.hpp"

namespace tautrack {

namespace {

using Clock = std::chrono::steady_clock;

constexpr kernels::Count kMostPanels = 8;

constexpr std::array<double, 4> kShares = {1.0, 0.85, 0.7, 0.55};

/// The equations of a perceptron, by the kernels.
class PerceptronEquations : public monotone::Equations {
 public:
  explicit PerceptronEquations(const Perceptron& network)
      : Equations(static_cast<int>(network.unknowns()), 4, kShares),
        network_(network),
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

  [[nodiscard]] bool starts_with_identity() const override { return !has_ridge(); }
  void start(double* v) override {
    std::fill_n(v, n, 0.0);
    gradient(v, 0.0);
    if (!has_ridge()) return;
    H_v.fill(0.0);
    for (int i = 0; i < n; ++i) H_v[monotone::at_index(i + i * n)] = 1.0;
    add_ridge();
  }

  void gradient(const double* v, double tau) override { evaluate(v, tau, kernels_.gradient); }

  void derivatives(const double* v, double tau) override {
    evaluate(v, tau, kernels_.derivatives);
    if (has_ridge()) add_ridge();
    ++evaluations;
  }

  void start_series(double tau) override { series_.tau[0] = tau; }

  void append_series(int k, const double* v_k, double* rest) override {
    sums_.H = rest;
    series_.k = k;
    series_.v = v_k;
    kernels_.append_series(view_, series_, panels_, sums_);
    ++passes;
  }

  [[nodiscard]] double displacement() const override { return sums_.displacement; }
  [[nodiscard]] double total_weight() const override { return network_.total_pattern_weight(); }

 private:
  [[nodiscard]] bool has_ridge() const { return network_.penalty().size() > 0; }

  void add_ridge() {
    for (int i = 0; i < n * n; ++i) H_v[monotone::at_index(i)] += network_.penalty().data()[i];
  }

  void evaluate(const double* v, double tau,
                void (*pass)(const kernels::Network&, const kernels::Point&, kernels::PanelRange,
                             kernels::Sums&)) {
    double square = 0.0;
    for (int i = 0; i < n; ++i) square += v[i] * v[i];
    const double length = std::sqrt(square);
    sums_.H = H.data();
    pass(view_, {v, tau, 1.0 - tau, length, point_.data()}, panels_, sums_);
    ++passes;
    energy = 0.5 * sums_.energy;
    scale = sums_.scale;
    if (!has_ridge()) return;
    double product = 0.0;
    for (int i = 0; i < n; ++i) {
      double slope = 0.0;
      for (int j = 0; j < n; ++j) slope += network_.penalty()(i, j) * v[j];
      H[monotone::at_index(i)] += slope;
      product += v[i] * slope;
    }
    energy += 0.5 * product;
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

}  // namespace

std::optional<NaturalPath> track_monotone_path(const Perceptron& network,
                                               const TrackOptions& options) {
  if (!monotone::asked_for(options) || network.unknowns() > monotone::kMostUnknowns ||
      kernels::panels_of(network.patterns()) > kMostPanels)
    return std::nullopt;
  const Clock::time_point began = Clock::now();
  PerceptronEquations model(network);
  const auto steps = monotone::track(model, options);
  if (!steps) return std::nullopt;
  Vector eigenvalues = model.eigenvalues();
  if (eigenvalues.size() == 0) return std::nullopt;
  NaturalPath path;
  path.status = TrackStatus::reached_target;
  path.message = "the path reached tau = 1 after 0 folds";
  const std::size_t last = steps->nodes.size() - 1;
  path.points.resize(last + 1);
  for (std::size_t i = 0; i <= last; ++i) {
    const monotone::Node& from = steps->nodes[i];
    NaturalPoint& point = path.points[i];
    point.kind = i == 0 ? PointKind::start : i == last ? PointKind::landing : PointKind::regular;
    point.tau = from.tau;
    point.one_minus_tau = 1.0 - from.tau;
    point.arclength = from.arclength;
    point.energy = from.energy;
    point.weights = network.weights(from.v);
    point.morse_index = 0;
  }
  PathEnd& end = path.end.emplace();
  end.weights = path.points.back().weights;
  end.energy = model.energy;
  end.gradient_norm = model.gradient_norm();
  end.gradient_scale = model.scale;
  end.last_newton_step = steps->last_newton_step;
  end.eigenvalues = std::move(eigenvalues);
  end.morse_index = 0;
  end.nearest_eigenvalue = end.lowest_eigenvalue = end.eigenvalues(0);
  end.status = "converged";
  path.work.steps = static_cast<int>(last);
  path.work.evaluations = model.evaluations;
  path.work.factorisations = model.evaluations;
  path.work.passes_over_data = model.passes;
  path.work.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  return path;
}

}  // namespace tautrack
