#include "path/lane_paths.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/column_panels.hpp"
#include "network/loops.hpp"
#include "path/monotone_report.hpp"
#include "path/monotone_steps.hpp"

namespace tautrack {

namespace {

using kernels::Count;
using kernels::panel_rows;

constexpr Count kMostLanePatterns = 128;

/// Steps of a path, accepted and refused: beyond that it is not a simple one.
constexpr int kMostTries = 24;

/// Passes over the data in each step beside those of Newton's method: where it begins, the series, half way and its end.
constexpr long kPassesOfStep = 1 + (kernels::lane_order - 1) + 1 + 1;
/// Those that form a Hessian: where it begins, half way, and its end; and the first ones of Newton's method.
constexpr long kHessiansOfStep = 3, kNewtonHessians = 2;

constexpr std::size_t kHeader = static_cast<std::size_t>(LaneRecord::size);
constexpr Index kPointNumbers = 3;  ///< Of a point in a record, beside the weights.

/// Where a record has what.
struct Record {
  explicit Record(const double* from)
      : record(from),
        columns(static_cast<Index>(number(LaneRecord::weights))),
        unknowns(static_cast<Index>(number(LaneRecord::eigenvalues))),
        steps(static_cast<int>(number(LaneRecord::steps))) {}

  [[nodiscard]] double number(LaneRecord which) const {
    return record[static_cast<std::size_t>(which)];
  }
  [[nodiscard]] const double* point(int i) const {
    return record + kHeader + unknowns + i * (kPointNumbers + columns);
  }

  const double* record;
  Index columns, unknowns;
  int steps;
};

kernels::LaneRules rules_of(const TrackOptions& options, Index unknowns) {
  const StepControlOptions& step = options.step;
  const CorrectorOptions& corrector = options.corrector;
  kernels::LaneRules rules{};
  rules.tolerance = options.predictor.series_tolerance;
  rules.agreement = series_agreement * rules.tolerance;
  rules.distance = std::min(rules.agreement, step.tolerance * step.distance);
  rules.displacement = std::min(rules.agreement, step.tolerance * step.displacement);
  rules.half_angle_sine = std::sin(
      0.5 * std::min(series_agreement_angle * rules.tolerance, step.tolerance * step.angle));
  rules.contraction = step.tolerance * step.contraction;
  rules.length = step.max;
  rules.furthest = Approximant::furthest;
  rules.smallest_denominator = smallest_denominator;
  rules.regularisation = denominator_regularisation;
  rules.rounding = monotone::kRounding;
  rules.margin = MorseIndex::margin(unknowns);
  rules.newton_tolerance = corrector.tolerance;
  rules.max_contraction = corrector.max_contraction;
  rules.reuse = corrector.reuse;
  rules.max_iterations = corrector.max_iterations;
  return rules;
}

}  // namespace

bool LanePaths::take(const Perceptron& network) {
  return network.ranks() == nullptr && network.unknowns() <= kernels::most_lane_columns &&
         network.patterns() <= kMostLanePatterns;
}

bool LanePaths::take(const TrackOptions& options) {
  return !options.invalid_reason() && monotone::asked_for(options, kernels::lane_order);
}

LanePaths::LanePaths(const Perceptron& shape, const TrackOptions& options)
    : kernels_(kernels::active()),
      lanes_(kernels_.lanes),
      patterns_(shape.patterns()),
      unknowns_(shape.unknowns()),
      activation_(shape.options().activation),
      has_ridge_(shape.penalty().size() > 0),
      most_tries_(std::min(kMostTries, options.max_steps)),
      paths_(static_cast<std::size_t>(lanes_)) {
  const Count panels = kernels::panels_of(patterns_ * lanes_), rows = panels * panel_rows;
  static constexpr Count whole =
      16;  // a multiple of this many lanes begins a cache line, in both precisions
  Count used = 0, used_single = 0;
  const auto take_room = [](Count& total, Count count) {
    const Count first = total;
    total += (count + whole - 1) / whole * whole;
    return first;
  };
  const Count node_size = (kernels::lane_node_arrays + unknowns_) * lanes_;
  const Count of_panels = take_room(used, rows * unknowns_);
  const Count of_patterns = take_room(used, rows * kernels::pattern_arrays);
  const Count of_ridge = take_room(used, unknowns_ * unknowns_ * lanes_);
  const Count of_numbers = take_room(used, kernels::lane_arrays * lanes_);
  const Count of_from = take_room(used, node_size), of_to = take_room(used, node_size);
  const Count of_eigenvalues = take_room(used, unknowns_ * lanes_);
  const Count of_point = take_room(used, rows * kernels::point_arrays);
  const Count of_nodes = take_room(used, (most_tries_ + 1) * node_size);
  const Count of_single_panels = take_room(used_single, rows * unknowns_);
  const Count of_single_weights = take_room(used_single, rows);
  const Count of_single_point = take_room(used_single, rows * kernels::point_arrays);
  const Count of_orders =
      take_room(used_single, kernels::lane_order * rows * kernels::series_arrays);
  memory_ = kernels::numbers(used);
  single_memory_ = kernels::single_numbers(used_single);
  std::fill_n(memory_.get(), used, 0.0);
  std::fill_n(single_memory_.get(), used_single, 0.0F);
  panels_ = memory_.get() + of_panels;
  pattern_data_ = memory_.get() + of_patterns;
  ridge_ = memory_.get() + of_ridge;
  nodes_ = memory_.get() + of_nodes;
  single_panels_ = single_memory_.get() + of_single_panels;
  single_weights_ = single_memory_.get() + of_single_weights;
  block_.network = network_view(activation_, panels_, pattern_data_, patterns_ * lanes_, unknowns_);
  block_.network.single_panels = single_panels_;
  block_.network.single_weights = single_weights_;
  block_.ridge = has_ridge_ ? ridge_ : nullptr;
  block_.numbers = memory_.get() + of_numbers;
  block_.from = memory_.get() + of_from;
  block_.to = memory_.get() + of_to;
  block_.eigenvalues = memory_.get() + of_eigenvalues;
  block_.point = memory_.get() + of_point;
  block_.single_point = single_memory_.get() + of_single_point;
  block_.orders = single_memory_.get() + of_orders;
  block_.rules = rules_of(options, unknowns_);
}

bool LanePaths::fits(const Perceptron& network) const {
  return network.patterns() == patterns_ && network.unknowns() == unknowns_ &&
         network.options().activation == activation_ &&
         (network.penalty().size() > 0) == has_ridge_;
}

void LanePaths::fetch([[maybe_unused]] const Perceptron& soon,
                      [[maybe_unused]] const Perceptron& next) {
#if defined(__GNUC__)
  // Of what is longer the processor sees the beginning and fetches the rest by itself.
  static constexpr std::ptrdiff_t line = 64, most = 16 * line;  // bytes
  const auto fetch_from = [](const void* from, std::ptrdiff_t bytes) {
    for (std::ptrdiff_t at = 0; at < std::min(bytes, most); at += line)
      __builtin_prefetch(static_cast<const char*>(from) + at);
  };
  fetch_from(&soon.options(), sizeof(PerceptronOptions) + 2 * sizeof(ColumnSpace));
  if (!take(next)) return;
  constexpr std::ptrdiff_t number_size = sizeof(double);
  const kernels::Network view = network_view(next);
  fetch_from(view.panels, panel_rows * view.columns * number_size);
  fetch_from(view.patterns, panel_rows * kernels::pattern_arrays * number_size);
  fetch_from(ColumnPanels(next.space()).inverse(), next.columns() * view.columns * number_size);
#endif
}

void LanePaths::put(int lane, const LaneTask& task) {
  const Perceptron& network = *task.network;
  const kernels::Network view = network_view(network);
  Path& path = paths_[at(lane)];
  const bool is_new = path.panels != view.panels;
  const Count n = unknowns_;
  for (Count i = 0; i < patterns_; ++i) {
    const Count row = i * lanes_ + lane, to_panel = row / panel_rows, to_row = row % panel_rows;
    const Count from_panel = i / panel_rows, from_row = i % panel_rows;
    double* const to = pattern_data_ + to_panel * kernels::pattern_arrays * panel_rows + to_row;
    const double* const from =
        view.patterns + from_panel * kernels::pattern_arrays * panel_rows + from_row;
    to[kernels::pattern_target * panel_rows] =
        task.targets != nullptr ? task.targets[i] : from[kernels::pattern_target * panel_rows];
    if (!is_new) continue;
    for (const Count array :
         {kernels::pattern_weight, kernels::pattern_norm, kernels::pattern_offset})
      to[array * panel_rows] = from[array * panel_rows];
    single_weights_[row] = static_cast<float>(from[kernels::pattern_weight * panel_rows]);
    const double* const columns = view.panels + from_panel * n * panel_rows + from_row;
    const Count to_columns = to_panel * n * panel_rows + to_row;
    for (Count j = 0; j < n; ++j) {
      panels_[to_columns + j * panel_rows] = columns[j * panel_rows];
      single_panels_[to_columns + j * panel_rows] = static_cast<float>(columns[j * panel_rows]);
    }
  }
  if (is_new) {
    path.panels = view.panels;
    if (has_ridge_)
      for (Count k = 0; k < unknowns_ * unknowns_; ++k)
        ridge_[k * lanes_ + lane] = network.penalty().data()[k];
    number(kernels::lane_total_weight, lane) = network.total_pattern_weight();
    number(kernels::lane_ridge_norm, lane) = network.penalty_norm();
  }
  number(kernels::lane_stage, lane) = kernels::lane_fresh;
  number(kernels::lane_share, lane) = 1.0;
  path.task = task;
  path.outcome = Outcome::going;
  path.steps = path.tries = 0;
  path.evaluations = path.passes = 0;
  path.seconds = 0.0;
}

double* LanePaths::node(int lane, int i) {
  return nodes_ + (lane * (most_tries_ + 1) + i) * (kernels::lane_node_arrays + unknowns_);
}
const double* LanePaths::node(int lane, int i) const {
  return nodes_ + (lane * (most_tries_ + 1) + i) * (kernels::lane_node_arrays + unknowns_);
}

void LanePaths::keep(int lane, int i, const double* from) {
  double* const to = node(lane, i);
  for (Count k = 0; k < kernels::lane_node_arrays + unknowns_; ++k) to[k] = from[k * lanes_ + lane];
}

void LanePaths::step() {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point began = Clock::now();
  kernels_.lane_step(block_);
  const double seconds =
      std::chrono::duration<double>(Clock::now() - began).count() / static_cast<double>(lanes_);
  for (int lane = 0; lane < lanes(); ++lane) {
    Path& path = paths_[at(lane)];
    if (path.outcome == Outcome::arrived || path.outcome == Outcome::refused)
      path.outcome = Outcome::idle;
    if (path.outcome == Outcome::idle) continue;
    path.seconds += seconds;
    judge(lane, path.tries++ == 0);
  }
}

void LanePaths::judge(int lane, bool was_fresh) {
  Path& path = paths_[at(lane)];
  const auto stage = static_cast<kernels::LaneStage>(number(kernels::lane_stage, lane));
  const auto newton = static_cast<long>(number(kernels::lane_newton_steps, lane));
  path.evaluations += kHessiansOfStep + std::min(newton, kNewtonHessians);
  path.passes += kPassesOfStep + newton + (was_fresh ? 1 : 0);
  if (was_fresh) keep(lane, 0, block_.from);
  if (stage == kernels::lane_going || stage == kernels::lane_arrived)
    keep(lane, ++path.steps, block_.to);
  const bool goes_on = stage == kernels::lane_going || stage == kernels::lane_shorter;
  if (goes_on && path.tries < most_tries_) return;
  path.outcome = stage == kernels::lane_arrived ? Outcome::arrived : Outcome::refused;
  number(kernels::lane_stage, lane) = kernels::lane_idle;
}

std::size_t LanePaths::record_size(int lane) const {
  const Path& path = paths_[at(lane)];
  return kHeader +
         static_cast<std::size_t>(unknowns_ + (path.steps + 1) *
                                                  (kPointNumbers + path.task.network->columns()));
}

void LanePaths::write_record(int lane, double* record) const {
  const Path& path = paths_[at(lane)];
  const Index columns = path.task.network->columns();
  const double* const map = ColumnPanels(path.task.network->space()).inverse();
  const auto set = [record](LaneRecord which, auto x) {
    record[static_cast<std::size_t>(which)] = static_cast<double>(x);
  };
  set(LaneRecord::weights, columns);
  set(LaneRecord::eigenvalues, unknowns_);
  set(LaneRecord::steps, path.steps);
  set(LaneRecord::rejected, path.tries - path.steps);
  set(LaneRecord::evaluations, path.evaluations);
  set(LaneRecord::passes, path.passes);
  set(LaneRecord::seconds, path.seconds);
  set(LaneRecord::gradient_norm, number(kernels::lane_gradient, lane));
  set(LaneRecord::gradient_scale, number(kernels::lane_scale, lane));
  set(LaneRecord::last_newton_step, number(kernels::lane_last_step, lane));
  double* out = record + kHeader;
  for (Count j = 0; j < unknowns_; ++j) *out++ = block_.eigenvalues[j * lanes_ + lane];
  for (int i = 0; i <= path.steps; ++i) {
    const double* const from = node(lane, i);
    const double* const v = from + kernels::lane_node_arrays;
    *out++ = from[kernels::lane_tau];
    *out++ = from[kernels::lane_arclength];
    *out++ = from[kernels::lane_energy];
    std::fill_n(out, columns, 0.0);
    for (Index j = 0; j < unknowns_; ++j)
      for (Index k = 0; k < columns; ++k) out[k] += map[j * columns + k] * v[j];
    out += columns;
  }
}

LaneEnd lane_end(const double* record) {
  const Record read(record);
  const double* const point = read.point(read.steps);
  return {point[2], Eigen::Map<const Vector>(point + kPointNumbers, read.columns)};
}

void read_record(const double* record, NaturalPath& path) {
  const Record read(record);
  PathEnd end;
  end.energy = lane_end(record).energy;
  end.gradient_norm = read.number(LaneRecord::gradient_norm);
  end.gradient_scale = read.number(LaneRecord::gradient_scale);
  end.last_newton_step = read.number(LaneRecord::last_newton_step);
  end.eigenvalues = Eigen::Map<const Vector>(record + kHeader, read.unknowns);
  monotone::report(
      read.steps,
      [&read](int i) {
        const double* const from = read.point(i);
        NaturalPoint point;
        point.tau = from[0];
        point.arclength = from[1];
        point.energy = from[2];
        point.weights = Eigen::Map<const Vector>(from + kPointNumbers, read.columns);
        return point;
      },
      std::move(end), path);
  path.work.rejected = static_cast<long>(read.number(LaneRecord::rejected));
  path.work.evaluations = path.work.factorisations =
      static_cast<long>(read.number(LaneRecord::evaluations));
  path.work.passes_over_data = static_cast<long>(read.number(LaneRecord::passes));
  path.work.seconds = read.number(LaneRecord::seconds);
}

}  // namespace tautrack
