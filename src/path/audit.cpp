#include "tautrack/path/audit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "core/names.hpp"
#include "core/text.hpp"
#include "path/audited.hpp"

namespace tautrack {

namespace {

constexpr NameTable<AuditLevel, 3> kLevelNames{{
    {AuditLevel::none, "none"},
    {AuditLevel::suspects, "suspects"},
    {AuditLevel::all, "all"},
}};

constexpr NameTable<AuditVerdict, 4> kVerdictNames{{
    {AuditVerdict::unsuspicious, "unsuspicious"},
    {AuditVerdict::confirmed, "confirmed"},
    {AuditVerdict::replaced, "replaced"},
    {AuditVerdict::suspect, "suspect"},
}};

/// Taus on the way at which runs are compared.
constexpr std::size_t kMiddles = 3;

/// How much shorter the steps of the second run are, and those of the third once more: in the wanted
/// values of the step control, and in the error of a predictor.
constexpr double kTighter = 0.3;
constexpr double kTighterSeries = 1e-3;
constexpr double kTightestSeries = 1e-11;
constexpr int kMoreSteps = 20;

/// The taus, and those of a few points on the way.
std::vector<double> with_middles(std::vector<double> chosen, const NaturalPath& path) {
  std::vector<double> taus;
  for (const NaturalPoint& point : path.points)
    if (point.kind == PointKind::regular && point.tau > 0.0 && point.tau < 1.0)
      taus.push_back(point.tau);
  const std::size_t count = std::min(kMiddles, taus.size());
  for (std::size_t i = 0; i < count; ++i)
    chosen.push_back(taus[(2 * i + 1) * taus.size() / (2 * count)]);
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

/// Why a path deserves a second look; empty if nothing does.
std::string suspicion(const NaturalPath& path) {
  if (!path.folds.empty()) return "the path folds";
  if (!path.branch_points.empty()) return "the path meets a branch point";
  if (path.work.rejected > 0) return "steps were refused";
  return {};
}

/// Whether the path says where the curve goes. One that could not go on has jumped nowhere.
bool claims_end(const NaturalPath& path) {
  return path.status == TrackStatus::reached_target || path.status == TrackStatus::infinite_weights;
}

class Comparison {
 public:
  explicit Comparison(const Perceptron& network) : network_(network), work_(network) {}

  [[nodiscard]] bool is_same(const Vector& weights, const Vector& other) {
    const Vector v = network_.coordinates(weights);
    return network_.relative_displacement(v, network_.coordinates(other) - v, work_) <=
           kSameAuditedPoint;
  }

 private:
  const Perceptron& network_;
  Perceptron::Workspace work_;
};

}  // namespace

TrackOptions tightened(TrackOptions options) {
  StepControlOptions& step = options.step;
  step.initial = std::max(step.min, kTighter * step.initial);
  for (double* wanted :
       {&step.contraction, &step.distance, &step.displacement, &step.angle, &step.skew})
    *wanted *= kTighter;
  PredictorOptions& predictor = options.predictor;
  predictor.series_tolerance =
      std::max(kTightestSeries, kTighterSeries * predictor.series_tolerance);
  predictor.tolerance *= kTighter * kTighter;
  options.max_steps =
      std::min(options.max_steps, std::numeric_limits<int>::max() / kMoreSteps) * kMoreSteps;
  return options;
}

std::string_view to_string(AuditLevel level) noexcept { return name_of(kLevelNames, level); }

std::optional<AuditLevel> audit_level_from_name(std::string_view name) noexcept {
  return key_of(kLevelNames, name);
}

std::string_view to_string(AuditVerdict verdict) noexcept {
  return name_of(kVerdictNames, verdict);
}

std::string path_difference(const Perceptron& network, const NaturalPath& path,
                            const NaturalPath& other) {
  if (path.status != other.status)
    return "one ends with " + std::string(to_string(path.status)) + ", the other with " +
           std::string(to_string(other.status));
  if (path.folds.size() != other.folds.size())
    return "one has " + counted(static_cast<long long>(path.folds.size()), "fold") +
           ", the other " + std::to_string(other.folds.size());
  Comparison comparison(network);
  for (std::size_t i = 0; i < path.folds.size(); ++i) {
    const NaturalFold& a = path.folds[i];
    const NaturalFold& b = other.folds[i];
    const double allowed = kSameAuditedFold * (1.0 - std::min(a.point.tau, b.point.tau)) +
                           kStatedErrors * (a.tau_error + b.tau_error);
    if (!(std::abs(a.point.tau - b.point.tau) <= allowed))
      return "fold " + std::to_string(i + 1) + " is at tau = " + number(a.point.tau) + " or " +
             number(b.point.tau);
  }
  // At the taus at which the other one has stopped it may have done so several times.
  for (const NaturalPoint& point : path.points) {
    if (point.kind != PointKind::regular) continue;
    bool is_met = false;
    bool is_there = false;
    for (const NaturalPoint& landing : other.points) {
      if (landing.kind != PointKind::landing || landing.tau != point.tau) continue;
      is_met = true;
      is_there = is_there || comparison.is_same(point.weights, landing.weights);
    }
    if (is_met && !is_there) return "at tau = " + number(point.tau) + " they are at other points";
  }
  if (path.end && other.end) {
    if (path.end->morse_index != other.end->morse_index ||
        !comparison.is_same(path.end->weights, other.end->weights))
      return "they arrive at other points";
  }
  if (path.infinity && other.infinity && path.infinity->signs != other.infinity->signs)
    return "other patterns saturate at infinite weights";
  return {};
}

PathAudit audit_path(const Perceptron& network, const TrackOptions& options, AuditLevel level,
                     NaturalPath& path) {
  PathAudit audit;
  const std::string why = suspicion(path);
  if (level == AuditLevel::none || !claims_end(path) ||
      (level == AuditLevel::suspects && why.empty()))
    return audit;
  TrackOptions tighter = tightened(options);
  const auto run_again = [&](const NaturalPath& like) {
    tighter.landings = with_middles(options.landings, like);
    NaturalPath again = track_natural(network, tighter);
    audit.more_steps += again.work.steps;
    tighter = tightened(tighter);
    return again;
  };
  const std::string begin = why.empty() ? "" : why + "; ";
  const NaturalPath second = run_again(path);
  const std::string difference = path_difference(network, path, second);
  if (difference.empty()) {
    audit.verdict = AuditVerdict::confirmed;
    audit.message = begin + "tracked again with tighter steps it is the same";
    return audit;
  }
  NaturalPath third = run_again(claims_end(second) ? second : path);
  const std::string doubt = path_difference(network, claims_end(second) ? second : path, third);
  if (!doubt.empty()) {
    audit.verdict = AuditVerdict::suspect;
    audit.message =
        begin + "runs with tighter steps come to other ends: " + difference + "; " + doubt;
  } else if (claims_end(second)) {
    audit.verdict = AuditVerdict::replaced;
    audit.message = begin + "two runs with tighter steps agree and take its place: " + difference;
    path = std::move(third);
  } else {
    audit.verdict = AuditVerdict::confirmed;
    audit.message =
        begin + "of two runs with tighter steps one is the same, the other came to no end";
  }
  return audit;
}

}  // namespace tautrack
