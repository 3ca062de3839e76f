#include "tautrack/explore/explore.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>
#include <set>
#include <span>
#include <stdexcept>
#include <tuple>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/events/morse_index.hpp"

#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/digest.hpp"
#include "core/names.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "corrector/newton.hpp"
#include "explore/curves.hpp"
#include "explore/descent.hpp"
#include "explore/landscape.hpp"
#include "explore/outcome.hpp"
#include "explore/point_set.hpp"
#include "explore/shared_work.hpp"
#include "homotopy/newton.hpp"
#include "kernels/kernels.hpp"

namespace tautrack {

namespace {

using Clock = std::chrono::steady_clock;

constexpr NameTable<CurveKind, 7> kCurveNames{{
    {CurveKind::given, "given"},
    {CurveKind::natural, "natural path"},
    {CurveKind::branch, "branch of the natural path"},
    {CurveKind::newton, "Newton curve"},
    {CurveKind::target, "target curve"},
    {CurveKind::descent, "descent"},
    {CurveKind::far_line, "far line"},
}};

/// Curves that are traced at a time, at least and at most. Whether a curve has been met before is known up to the batch
/// before, so that one may be traced twice in a batch: after that the next batch is half as large, else twice.
/// Threads wait for each other at the end of a batch. Nothing of this depends on how many there are, and so does the list.
constexpr std::size_t kSmallestBatch = 4, kLargestBatch = 64;

/// Descents at a time.
constexpr std::size_t kDescents = 64;

/// Descents from random places at the start of a run, at scales over several decades.
constexpr int kRandomStarts = 8;
constexpr double kSmallestStart = 1e-2;
constexpr double kLargestStart = 1e2;

/// Kinds of curves that rounds take turns with: target curves, and Newton curves with a direction from
/// patterns and from curvatures.
constexpr int kFamilies = 3;

/// Directions in a round where there are symmetries: a curve in another direction through a point is the image of one
/// through one of its copies.
constexpr int kSymmetricDirections = 2;

/// Descents from random places in a round.
constexpr int kPlaces = 8;

/// Target curves from random places in a round.
constexpr int kTargetCurves = 2;

/// Descents from places that fit in a round, and draws for them.
constexpr std::size_t kFittingPlaces = 16;
constexpr int kDraws = 64;

/// So many times as many quiet rounds end a run in which the sum of (-1)^index says that points are missing.
constexpr int kPatience = 4;

/// Of the lines to infinity and of the places that fit, where all can be had, so many are looked at in a round.
constexpr std::size_t kSubsystems = 16384;
/// And so many at a time.
constexpr std::size_t kSubsystemsAtOnce = 256;

/// How far from a saddle a descent sets out, as relative_displacement() measures it.
constexpr double kSetOut = 1e-3;

/// L n^2 up to which a whole path takes less time than is worth a look at the clock.
constexpr double kQuickPath = 1e4;

/// A proof may take this part of the time that is left, and this many seconds of it: large problems are explored,
/// too, where no proof can be had in time.
constexpr double kProofShare = 0.25, kLeastProof = 0.1;

/// A point of interest on a curve, before it is known to be one.
struct Candidate {
  Vector v;
  std::optional<int> morse_index;
  double energy = 0.0;
  CurveKind kind = CurveKind::newton;
  int from = -1;
  bool is_copy = false;  ///< Of the point that it was found to be, another one of its images.
};

/// What a piece of work came to.
template <class Result>
struct Piece {
  Result result;
  bool is_cut = false;  ///< The end of the exploration cut it short; else it would come to more.
};

using Traces = std::vector<HalfTrace>;

/// Kinds of work, which keep apart the digests of their inputs.
enum class WorkKind : std::uint64_t {
  newton_curve,
  target_curve,
  curve_from_anywhere,
  beyond_arrival,
  branches,
  descent,
  confirmation
};

/// Digest of what else decides about the work that there is.
Digest add(Digest digest, const ExploreOptions& options, const std::vector<Vector>& starts) {
  digest.add(options.seed)
      .add(static_cast<std::uint64_t>(options.quiet_rounds))
      .add(static_cast<std::uint64_t>(options.max_curves))
      .add(static_cast<std::uint64_t>(options.max_points))
      .add(static_cast<std::uint64_t>(options.descent_directions))
      .add(std::uint64_t{options.memo != nullptr});
  for (const Vector& weights : starts) digest.add(weights);
  for (const char* letter = kernels::active().name; *letter != '\0'; ++letter)
    digest.add(static_cast<std::uint64_t>(*letter));
  return digest;
}

/// What one thread brings: everything that evaluates.
struct Worker {
  Worker(const Landscape& of, bool certify)
      : landscape(of),
        certifies(certify),
        curves(of.network()),
        equations(of.network()),
        descender(of.network()),
        corrector(equations, {}) {}
  /// Proves what it can before the stop.
  [[nodiscard]] Certificate certify(const Vector& weights, const StopCondition& stop) {
    if (!certifier) certifier = landscape.certifier();
    return certifier->certify(weights, stop);
  }
  const Landscape& landscape;
  bool certifies;
  NewtonHomotopy curves;
  std::optional<TargetHomotopy> targets;  ///< Of this round, if it is one of target curves.
  AnyNaturalHomotopy equations;           ///< Taken at tau = 1.
  Descender descender;
  Corrector corrector;
  MorseIndex morse;
  std::unique_ptr<Certifier>
      certifier;  ///< Made when it is needed: it keeps the data in ball arithmetic.
};

class Explorer {
 public:
  Explorer(std::unique_ptr<Landscape> landscape, const ExploreOptions& options)
      : options_(options),
        landscape_(std::move(landscape)),
        network_(landscape_->network()),
        known_(*landscape_),
        team_(options.threads),
        work_(options.memo, options.ranks),
        common_(landscape_->digest()),
        draws_(options.seed) {
    const bool certify = options.certify && landscape_->has_proofs();
    common_.add(static_cast<std::uint64_t>(options.max_steps)).add(std::uint64_t{certify});
    for (int i = 0; i < options.threads; ++i)
      workers_.push_back(std::make_unique<Worker>(*landscape_, certify));
  }

  Exploration run(const std::vector<Vector>& starts);

 private:
  /// Seconds since the beginning, those of interrupted runs whose work is recalled included.
  [[nodiscard]] double elapsed() const {
    return std::chrono::duration<double>(Clock::now() - began_).count();
  }
  void set_elapsed(double seconds) {
    began_ = Clock::now() -
             std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    stop_ = options_.stop.within(options_.seconds - seconds);
  }
  [[nodiscard]] bool is_over();
  /// Whether a curve ended before it had to: the tracker could not go on, or its steps are used up.
  [[nodiscard]] static bool is_cut_short(const HalfTrace& half, bool is_cut) {
    return half.end == TraceEnd::failed || (half.end == TraceEnd::budget && !is_cut);
  }
  void report() const {
    if (options_.progress) options_.progress(known_.size(), result_.curves, quiet_);
  }

  /// work(worker, i) for i = 0 ... count - 1, on all threads.
  template <class Work>
  void in_parallel(std::size_t count, const Work& work) {
    std::atomic<std::size_t> next = 0;
    team_.for_each(static_cast<int>(workers_.size()), [&](int thread) {
      for (std::size_t i = next++; i < count; i = next++)
        work(*workers_[static_cast<std::size_t>(thread)], i);
    });
  }

  /// Digest of a kind of work and of what it starts from.
  template <class... Inputs>
  [[nodiscard]] std::uint64_t input_of(WorkKind kind, const Inputs&... inputs) const {
    Digest digest = common_;
    digest.add(static_cast<std::uint64_t>(kind));
    (digest.add(inputs), ...);
    return digest.value();
  }

  /// The pieces work(worker, i), one for each input, on all threads of all ranks, but for those that
  /// the memo recalls.
  template <class Result, class Work>
  std::vector<Piece<Result>> perform(const std::vector<std::uint64_t>& inputs, const Work& work) {
    std::vector<Piece<Result>> pieces(inputs.size());
    if (inputs.empty()) return pieces;
    if (!work_.has_purpose()) {
      in_parallel(inputs.size(),
                  [&](Worker& worker, std::size_t i) { pieces[i] = work(worker, i); });
      return pieces;
    }
    const OutcomeShape shape{network_.unknowns(), landscape_->weights()};
    const double latest = work_.begin(result_.rounds, inputs, [&](const WorkOutcome& outcome) {
      return from_outcome<Result>(outcome, shape).has_value();
    });
    if (latest > 0.0) set_elapsed(std::min(latest, options_.seconds));
    team_.for_each(static_cast<int>(workers_.size()), [&](int thread) {
      for (std::size_t i = work_.take(); i < inputs.size(); i = work_.take()) {
        const Piece<Result> piece = work(*workers_[static_cast<std::size_t>(thread)], i);
        WorkOutcome outcome = to_outcome(piece.result);
        outcome.seconds = elapsed();
        work_.finish(i, std::move(outcome), piece.is_cut);
      }
    });
    work_.end();
    for (std::size_t i = 0; i < inputs.size(); ++i)
      pieces[i] = {from_outcome<Result>(work_.outcome(i), shape).value(), work_.is_cut(i)};
    return pieces;
  }

  void follow_path();
  void seed_from(const std::vector<Vector>& starts);
  Vector random_place();  ///< Of a size drawn over decades.
  void take_landings(CurveKind kind, int from, const std::vector<Piece<Traces>>& pieces);
  void trace_target_curves();
  Vector choose_direction(bool by_patterns);
  void trace_direction(CurveKind kind, bool by_patterns);
  void trace_round();
  bool take_traces(CurveKind kind, const std::vector<int>& seeds,
                   const std::vector<Piece<Traces>>& pieces, int own);
  [[nodiscard]] bool are_missing() const;
  std::vector<std::uint32_t> shuffled(std::uint32_t count);
  static std::vector<std::uint32_t> some(std::vector<std::uint32_t>& numbers, std::size_t most);
  void look_far_out();
  void look_at_fitting_places();
  void look_at_subsystems();
  void trace_soft_curves();
  void descend_from_saddles();
  void descend_from_places();
  void descend_from(const std::vector<Vector>& places);
  std::vector<Descent> descend(std::span<const Vector> places);
  void take(std::vector<Candidate>& candidates, std::vector<int>* numbers = nullptr);
  [[nodiscard]] Piece<Confirmation> confirm(Worker& worker, const Vector& v) const;
  void link(CurveKind kind, int from, int to);
  void escape(CurveKind kind, int from, const Vector& v, const Vector& tangent);
  Exploration finish();

  ExploreOptions options_;
  std::unique_ptr<Landscape> landscape_;
  const AnyNetwork& network_;
  PointSet known_;
  Team team_;
  SharedWork work_;
  Digest common_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Draws draws_;
  Clock::time_point began_ = Clock::now();
  StopCondition stop_;                   ///< That of the options, with the time.
  std::vector<StationaryPoint> points_;  ///< By number in known_.
  std::vector<int>
      met_in_direction_;  ///< The same; the last one of directions_ in which a curve met it.
  std::set<std::tuple<CurveKind, int, int>> seen_links_;
  int directions_ = 0;  ///< In which curves have been traced, this one included.
  int quiet_ = 0;       ///< Rounds without news so far.
  int descended_ = 0;   ///< Points below this number have been descended from.
  std::vector<std::uint32_t> far_lines_, fitting_places_;  ///< Not yet looked at.
  std::vector<int> soft_curves_;                           ///< By number in known_: those traced.
  Exploration result_;
};

bool Explorer::is_over() {
  ExploreEnd end = ExploreEnd::quiet;  // It is not over.
  if (stop_.is_requested())
    end = ExploreEnd::cancelled;
  else if (stop_.is_met() || result_.curves >= options_.max_curves ||
           known_.size() >= options_.max_points)
    end = ExploreEnd::budget;
  // Where one rank has to end all do.
  result_.end = static_cast<ExploreEnd>(work_.largest(static_cast<double>(end)));
  if (result_.end == ExploreEnd::quiet) return false;
  work_.stop_noting();
  return true;
}

// ------------------------------------------------------------------------------------------ points

/// Whether there is a stationary point at v, and all that is known about it.
Piece<Confirmation> Explorer::confirm(Worker& worker, const Vector& v) const {
  StationaryPoint point;
  point.weights = network_.weights(v);
  bool is_cut = false;
  if (worker.certifies) {
    Certificate proof = worker.certify(
        point.weights, stop_.within(std::max(kLeastProof, kProofShare * stop_.seconds_left())));
    is_cut = proof.is_cut;
    if (proof.certified) {
      point.weights = std::move(proof.weights);
      point.energy = proof.energy;
      point.morse_index = proof.morse_index;
      point.eigenvalues = std::move(proof.eigenvalues);
      point.status = PointStatus::certified;
      point.radius = proof.radius;
      point.kind = kind_of(point.morse_index, network_.unknowns());
      Vector at = network_.coordinates(point.weights);
      return {{std::move(point), std::move(at)}};
    }
    point.reason = std::move(proof.reason);
    if (proof.refuted) return {};
  } else {
    point.reason = "the library was built without ball arithmetic, or it was not asked for";
  }
  // In double precision: Newton's method must converge here, and every eigenvalue have a sign.
  Vector at = v;
  double tau = 1.0;
  const Correction correction = worker.corrector.correct(
      at, tau, Constraint::fixed_tau, {}, worker.equations.scales(at, tau), /*polish=*/true);
  if (!correction.converged || correction.displacement > kSetOut ||
      !worker.corrector.evaluate(at, tau))
    return {{}, is_cut};
  point.morse_index = worker.morse.count(worker.corrector.H_x());
  if (!point.morse_index) return {{}, is_cut};
  point.eigenvalues = worker.morse.eigenvalues(worker.corrector.H_x());
  point.weights = network_.weights(at);
  point.status = PointStatus::converged;
  point.kind = kind_of(point.morse_index, network_.unknowns());
  return {{std::move(point), std::move(at)}, is_cut};
}

/// Sorts candidates into known points or copies of such, new points and what is none. `numbers`, if asked for, gets the
/// number of each candidate's point, -1 for those that are none.
void Explorer::take(std::vector<Candidate>& candidates, std::vector<int>* numbers) {
  std::vector<int> number(candidates.size(), -1);
  const auto is_known = [&](std::size_t i) {
    Candidate& candidate = candidates[i];
    const auto found = known_.find(candidate.v, candidate.energy, candidate.morse_index);
    if (!found) return false;
    number[i] = *found;
    candidate.is_copy = !known_.is_at(*found, candidate.v);
    return true;
  };
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    candidates[i].energy = known_.energy(candidates[i].v);
    if (!is_known(i)) unknown.push_back(i);
  }
  std::vector<std::uint64_t> inputs;
  for (const std::size_t i : unknown)
    inputs.push_back(input_of(WorkKind::confirmation, candidates[i].v));
  // Once the time is up, what is not confirmed yet stays out of the list, but for what the run starts
  // from.
  std::vector<Piece<Confirmation>> pieces =
      perform<Confirmation>(inputs, [&](Worker& worker, std::size_t k) -> Piece<Confirmation> {
        const Candidate& candidate = candidates[unknown[k]];
        if (stop_.is_met() && candidate.kind != CurveKind::natural &&
            candidate.kind != CurveKind::given)
          return {{}, /*is_cut=*/true};
        return confirm(worker, candidate.v);
      });
  for (std::size_t k = 0; k < unknown.size(); ++k) {
    Candidate& candidate = candidates[unknown[k]];
    std::optional<StationaryPoint>& point = pieces[k].result.point;
    if (!point) {
      if (!pieces[k].is_cut) ++result_.spurious;
      continue;
    }
    candidate.v = std::move(pieces[k].result.v);
    candidate.morse_index = point->morse_index;
    if (point->status != PointStatus::certified) point->energy = known_.energy(candidate.v);
    candidate.energy = point->energy;
    if (is_known(unknown[k])) continue;
    point->found_by = to_string(candidate.kind);
    Vector at = candidate.v;
    landscape_->choose_copy(*point, at);
    number[unknown[k]] = known_.add(at, candidate.energy, candidate.morse_index);
    candidate.is_copy = !known_.is_at(number[unknown[k]], candidate.v);
    points_.push_back(std::move(*point));
    met_in_direction_.push_back(-1);
  }
  if (numbers != nullptr) *numbers = std::move(number);
}

void Explorer::link(CurveKind kind, int from, int to) {
  if (from == to) return;
  // A curve between two points is the same in both directions; a descent is not.
  const bool directed = kind == CurveKind::descent || from < 0 || to < 0;
  const auto key = directed ? std::tuple(kind, from, to)
                            : std::tuple(kind, std::min(from, to), std::max(from, to));
  if (seen_links_.insert(key).second) result_.links.push_back({kind, from, to});
}

void Explorer::escape(CurveKind kind, int from, const Vector& v, const Vector& tangent) {
  const Vector direction = network_.weights(tangent);
  const double length = direction.norm();
  if (!(length > 0.0) || !std::isfinite(length)) return;
  Escape& escape = result_.escapes.emplace_back();
  escape.kind = kind;
  escape.from = from;
  escape.limit.weights = network_.weights(v);
  escape.limit.direction = direction / length;
}

// ------------------------------------------------------------------------------------------ curves

/// The natural path, as far as the time allows. What one rank has to leave all do.
void Explorer::follow_path() {
  NaturalPath& path = result_.path;
  TrackOptions track;
  const double numbers = static_cast<double>(network_.patterns()) *
                         static_cast<double>(network_.unknowns()) *
                         static_cast<double>(network_.unknowns());
  if (numbers > kQuickPath) track.stop = stop_;
  path = landscape_->natural_path(track, options_.threads);
  const bool is_cut = path.status == TrackStatus::stopped_by_observer;
  if (work_.largest(is_cut ? 1.0 : 0.0) == 0.0) return;
  path.status = TrackStatus::stopped_by_observer;
  path.message = "the path was left";
  if (!path.points.empty()) path.message += " at tau = " + number(path.points.back().tau);
  path.message += std::string(", as ") + stop_.reason();
  path.end.reset();
  path.infinity.reset();
  path.branch_points.clear();
}

/// The natural path, its branches, the caller's points, and descents from random places.
void Explorer::seed_from(const std::vector<Vector>& starts) {
  std::vector<Candidate> candidates;
  follow_path();
  const NaturalPath& path = result_.path;
  if (path.ok())
    candidates.push_back(
        {network_.coordinates(path.end->weights), {}, 0.0, CurveKind::natural, -1});
  for (const Vector& weights : starts)
    candidates.push_back({network_.coordinates(weights), {}, 0.0, CurveKind::given, -1});
  std::vector<int> numbers;
  take(candidates, &numbers);
  if (path.ok()) link(CurveKind::natural, -1, numbers.front());
  if (path.infinity) {
    Escape& escape = result_.escapes.emplace_back();
    escape.kind = CurveKind::natural;
    escape.limit.weights = path.points.back().weights;
    escape.limit.direction = path.infinity->direction;
  }

  if (path.ok() && numbers.front() >= 0) {
    const Vector& v = known_.coordinates(numbers.front());
    const auto trace = [&](Worker&, std::size_t) -> Piece<Traces> {
      return {
          {trace_beyond_arrival(network_, v, landscape_->far_away(), options_.max_steps, stop_)},
          stop_.is_met()};
    };
    take_landings(CurveKind::natural, numbers.front(),
                  perform<Traces>({input_of(WorkKind::beyond_arrival, v)}, trace));
  }
  const auto trace = [&](Worker&, std::size_t) -> Piece<Traces> {
    return {trace_branches(network_, path, options_.max_steps, stop_), stop_.is_met()};
  };
  take_landings(CurveKind::branch, -1, perform<Traces>({input_of(WorkKind::branches)}, trace));

  std::vector<Vector> places;
  for (int i = 0; i < kRandomStarts; ++i)
    places.push_back(landscape_->random_place(
        draws_,
        kSmallestStart * std::pow(kLargestStart / kSmallestStart, i / (kRandomStarts - 1.0))));
  descend_from(places);
}

std::vector<Descent> Explorer::descend(std::span<const Vector> places) {
  std::vector<std::uint64_t> inputs;
  for (const Vector& place : places) inputs.push_back(input_of(WorkKind::descent, place));
  std::vector<Piece<Descent>> pieces =
      perform<Descent>(inputs, [&](Worker& worker, std::size_t i) -> Piece<Descent> {
        const Descent descent = worker.descender.descend(places[i], stop_);
        return {descent, descent.end == Descent::End::budget && stop_.is_met()};
      });
  std::vector<Descent> descents;
  for (auto& piece : pieces) descents.push_back(std::move(piece.result));
  return descents;
}

/// Descents that start from no point of the list.
void Explorer::descend_from(const std::vector<Vector>& places) {
  const std::vector<Descent> descents = descend(places);
  result_.descents += static_cast<long>(places.size());
  std::vector<Candidate> candidates;
  for (const Descent& descent : descents) {
    if (descent.end == Descent::End::minimum)
      candidates.push_back({descent.v, 0, 0.0, CurveKind::descent, -1});
    else if (descent.end == Descent::End::ran_away)
      escape(CurveKind::descent, -1, descent.v, descent.direction);
  }
  take(candidates);
}

void Explorer::descend_from_places() {
  std::vector<Vector> places;
  for (int i = 0; i < kPlaces; ++i) places.push_back(random_place());
  for (int draw = 0; draw < kDraws && places.size() < kPlaces + kFittingPlaces; ++draw)
    if (auto place = landscape_->fitting_place(draws_)) places.push_back(std::move(*place));
  descend_from(places);
}

Vector Explorer::random_place() {
  return landscape_->random_place(draws_, draws_.decades(kSmallestStart, kLargestStart));
}

/// Takes what a few curves of one kind have met.
void Explorer::take_landings(CurveKind kind, int from, const std::vector<Piece<Traces>>& pieces) {
  std::vector<Candidate> candidates;
  for (const Piece<Traces>& piece : pieces)
    for (const HalfTrace& half : piece.result)
      for (const Landing& landing : half.landings)
        candidates.push_back({landing.v, landing.morse_index, 0.0, kind, from});
  std::vector<int> numbers;
  take(candidates, &numbers);
  std::size_t at = 0;
  for (const Piece<Traces>& piece : pieces) {
    for (const HalfTrace& half : piece.result) {
      int last = from;
      ++result_.curves;
      result_.steps += half.steps;
      for (std::size_t k = 0; k < half.landings.size(); ++k, ++at) {
        if (numbers[at] < 0) continue;
        link(kind, last, numbers[at]);
        last = numbers[at];
      }
      if (half.end == TraceEnd::ran_away) escape(kind, last, half.v, half.tangent);
      if (is_cut_short(half, piece.is_cut)) ++result_.failed_curves;
    }
  }
}

/// A second family, one that needs no known point: from random weights, for which targets are set that
/// make them the only solution.
void Explorer::trace_target_curves() {
  std::vector<Vector> places;
  for (int i = 0; i < kTargetCurves; ++i) places.push_back(random_place());
  std::vector<std::uint64_t> inputs;
  for (const Vector& place : places)
    inputs.push_back(input_of(WorkKind::curve_from_anywhere, place));
  const auto trace = [&](Worker&, std::size_t i) -> Piece<Traces> {
    const AnyNetwork start =
        network_.with_targets(network_.node_outputs(places[i], 1.0).reshaped());
    const std::optional<Vector> from = landscape_->curve_start(start, places[i], stop_);
    if (!from) return {{}, stop_.is_met()};
    return {{trace_from_anywhere(start, network_, *from, options_.max_steps, stop_)},
            stop_.is_met()};
  };
  take_landings(CurveKind::target, -1, perform<Traces>(inputs, trace));
}

/// A direction a for Newton curves. With a in general position they see the large humps of the energy
/// only; what a data set hides at other scales comes to light when a is weighted by them: by patterns
/// with weights over decades, or by the curvatures at a point that is drawn.
Vector Explorer::choose_direction(bool by_patterns) {
  const Index n = network_.unknowns();
  Vector a;
  if (by_patterns) {
    a = landscape_->pattern_direction(draws_);
  } else {
    const auto i = static_cast<int>(draws_.engine()() % static_cast<std::uint64_t>(known_.size()));
    Corrector& corrector = workers_.front()->corrector;
    const Vector z = draws_.normal(n);
    if (corrector.evaluate(known_.coordinates(i), 1.0)) {
      const SymmetricEigen eigen = symmetric_eigen(corrector.H_x());
      a = eigen.eigenvectors() * z.cwiseProduct(eigen.eigenvalues().cwiseAbs());
    }
  }
  const double length = a.size() == n ? a.norm() : 0.0;
  if (length > 0.0 && std::isfinite(length)) return a / length;
  a = draws_.normal(n);
  return a / a.norm();
}

/// Traces all curves of one direction that lead through known points, each once.
void Explorer::trace_direction(CurveKind kind, bool by_patterns) {
  const int own = directions_++;
  const WorkKind work_kind =
      kind == CurveKind::target ? WorkKind::target_curve : WorkKind::newton_curve;
  Vector direction;  // a, or the targets that the curves move to
  if (kind == CurveKind::target) {
    direction = network_.targets();
    for (double& entry : direction) entry += landscape_->output_size() * draws_.normal();
    const AnyNetwork moved = network_.with_targets(direction);
    for (const auto& worker : workers_) worker->targets.emplace(network_, moved);
  } else {
    direction = choose_direction(by_patterns);
    for (const auto& worker : workers_) worker->curves.set_direction(direction);
  }
  // Points found one after the other are likely to be on one curve.
  std::vector<int> order(points_.size());
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), draws_.engine());
  std::size_t batch = kSmallestBatch;
  for (std::size_t next = 0; next < order.size() && !is_over();) {
    std::vector<int> seeds;
    for (; next < order.size() && seeds.size() < batch; ++next)
      if (met_in_direction_[static_cast<std::size_t>(order[next])] != own)
        seeds.push_back(order[next]);
    std::vector<std::uint64_t> inputs;
    for (const int seed : seeds)
      inputs.push_back(input_of(work_kind, direction, known_.coordinates(seed)));
    const std::vector<Piece<Traces>> pieces =
        perform<Traces>(inputs, [&](Worker& worker, std::size_t i) -> Piece<Traces> {
          const Vector& v = known_.coordinates(seeds[i]);
          Traces traces =
              kind == CurveKind::target
                  ? trace_target_curve(*worker.targets, v, options_.max_steps, stop_)
                  : trace_newton_curve(worker.curves, v, *landscape_, options_.max_steps, stop_);
          return {std::move(traces), stop_.is_met()};
        });
    const bool is_traced_twice = take_traces(kind, seeds, pieces, own);
    batch =
        is_traced_twice ? std::max(kSmallestBatch, batch / 2) : std::min(kLargestBatch, batch * 2);
    report();
    // Minima as early as they can be had.
    if (known_.size() - descended_ >= static_cast<int>(kDescents)) descend_from_saddles();
  }
}

/// Takes what curves through known points have met, one after the other. @return Whether one of them had been met before, so that
/// a curve was traced twice.
bool Explorer::take_traces(CurveKind kind, const std::vector<int>& seeds,
                           const std::vector<Piece<Traces>>& pieces, int own) {
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < seeds.size(); ++i)
    for (const HalfTrace& half : pieces[i].result)
      for (const Landing& landing : half.landings)
        candidates.push_back({landing.v, landing.morse_index, 0.0, kind, seeds[i]});
  std::vector<int> numbers;
  take(candidates, &numbers);
  std::size_t at = 0;
  bool is_traced_twice = false;
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    int& seed_met = met_in_direction_[static_cast<std::size_t>(seeds[i])];
    if (seed_met == own) is_traced_twice = true;
    seed_met = own;
    ++result_.curves;
    bool failed = false;
    for (const HalfTrace& half : pieces[i].result) {
      result_.steps += half.steps;
      int last = seeds[i];
      for (std::size_t k = 0; k < half.landings.size(); ++k, ++at) {
        if (numbers[at] < 0) continue;
        link(kind, last, numbers[at]);
        last = numbers[at];
        // Through a copy another curve leads, of the same direction.
        if (!candidates[at].is_copy) met_in_direction_[static_cast<std::size_t>(last)] = own;
      }
      if (half.end == TraceEnd::ran_away) escape(kind, last, half.v, half.tangent);
      if (half.end == TraceEnd::closed) link(kind, last, seeds[i]);
      failed = failed || is_cut_short(half, pieces[i].is_cut);
    }
    if (failed) ++result_.failed_curves;
  }
  return is_traced_twice;
}

/// Whether the sum of (-1)^index says that points are missing.
bool Explorer::are_missing() const {
  const std::optional<int> expected = landscape_->index_sum();
  if (!expected) return false;
  int sum = 0;
  for (const StationaryPoint& point : points_) {
    if (!point.morse_index) return false;
    sum += *point.morse_index % 2 == 0 ? 1 : -1;
  }
  return sum != *expected;
}

/// Numbers below `count`, shuffled.
std::vector<std::uint32_t> Explorer::shuffled(std::uint32_t count) {
  std::vector<std::uint32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0U);
  std::shuffle(numbers.begin(), numbers.end(), draws_.engine());
  return numbers;
}

/// Takes the last ones of the numbers.
std::vector<std::uint32_t> Explorer::some(std::vector<std::uint32_t>& numbers, std::size_t most) {
  const std::size_t count = std::min(most, numbers.size());
  std::vector<std::uint32_t> taken(numbers.end() - std::ptrdiff_t(count), numbers.end());
  numbers.resize(numbers.size() - count);
  return taken;
}

/// Descents from places that fit and that have not been looked at.
void Explorer::look_at_fitting_places() {
  std::vector<Vector> places;
  for (const std::uint32_t number : some(fitting_places_, kSubsystemsAtOnce))
    if (auto place = landscape_->fitting_place(number)) places.push_back(std::move(*place));
  descend_from(places);
}

/// Lines to infinity that have not been looked at.
void Explorer::look_far_out() {
  const std::vector<std::uint32_t> lines = some(far_lines_, kSubsystemsAtOnce);
  std::vector<std::vector<Vector>> places(lines.size());
  in_parallel(lines.size(), [&](Worker&, std::size_t i) {
    // Ranks stay in step: each looks at all lines.
    if (options_.ranks == nullptr && stop_.is_met()) return;
    places[i] = landscape_->places_on(lines[i]);
  });
  std::vector<Candidate> candidates;
  for (std::vector<Vector>& on_line : places)
    for (Vector& v : on_line)
      candidates.push_back({std::move(v), {}, 0.0, CurveKind::far_line, -1});
  take(candidates);
}

/// Both, as many as a round has.
void Explorer::look_at_subsystems() {
  for (std::size_t done = 0; done < kSubsystems; done += kSubsystemsAtOnce) {
    if ((far_lines_.empty() && fitting_places_.empty()) || is_over()) return;
    look_at_fitting_places();
    look_far_out();
    report();
  }
}

/// A Newton curve from each point along which, at first, the k directions of its smallest curvatures alone are moved in, each by as
/// much as the others; for each point a larger k every time. Far out, where curvatures differ by many orders of size, a
/// direction for all points moves in the largest ones only.
void Explorer::trace_soft_curves() {
  const Index n = network_.unknowns();
  const int own = directions_++;
  std::vector<int> seeds;
  std::vector<Vector> directions;
  soft_curves_.resize(points_.size(), 0);
  Corrector& corrector = workers_.front()->corrector;
  for (int i = 0; i < known_.size(); ++i) {
    // Ranks stay in step: they stop below, all of them.
    if (options_.ranks == nullptr && stop_.is_met()) break;
    int& traced = soft_curves_[static_cast<std::size_t>(i)];
    if (traced > quiet_ || traced >= n) continue;
    ++traced;
    if (!corrector.evaluate(known_.coordinates(i), 1.0)) continue;
    const SymmetricEigen eigen = symmetric_eigen(corrector.H_x());
    if (eigen.info() != Eigen::Success) continue;
    const Vector sizes = eigen.eigenvalues().cwiseAbs();
    std::vector<Index> order(static_cast<std::size_t>(n));
    std::iota(order.begin(), order.end(), Index{0});
    std::sort(order.begin(), order.end(), [&](Index a, Index b) { return sizes(a) < sizes(b); });
    Vector a = Vector::Zero(n);
    for (int k = 0; k < traced; ++k) {
      const Index j = order[static_cast<std::size_t>(k)];
      a += eigen.eigenvectors().col(j) * (sizes(j) * draws_.normal());
    }
    const double length = a.norm();
    if (!(length > 0.0) || !std::isfinite(length)) continue;
    seeds.push_back(i);
    directions.push_back(a / length);
  }
  for (std::size_t first = 0; first < seeds.size() && !is_over(); first += kLargestBatch) {
    const std::size_t count = std::min(kLargestBatch, seeds.size() - first);
    const std::vector<int> batch(seeds.begin() + std::ptrdiff_t(first),
                                 seeds.begin() + std::ptrdiff_t(first + count));
    std::vector<std::uint64_t> inputs;
    for (std::size_t i = 0; i < count; ++i)
      inputs.push_back(
          input_of(WorkKind::newton_curve, directions[first + i], known_.coordinates(batch[i])));
    const std::vector<Piece<Traces>> pieces =
        perform<Traces>(inputs, [&](Worker& worker, std::size_t i) -> Piece<Traces> {
          worker.curves.set_direction(directions[first + i]);
          return {trace_newton_curve(worker.curves, known_.coordinates(batch[i]), *landscape_,
                                     options_.max_steps, stop_),
                  stop_.is_met()};
        });
    (void)take_traces(CurveKind::newton, batch, pieces, own);
    report();
  }
}

/// A round of one of the kinds that take turns.
void Explorer::trace_round() {
  const int family = result_.rounds % kFamilies;
  const int directions = landscape_->has_symmetries() ? kSymmetricDirections : 1;
  for (int i = 0; i < directions && !is_over(); ++i)
    trace_direction(family == 0 ? CurveKind::target : CurveKind::newton, family == 1);
}

/// From every saddle not yet descended from, both ways along each negative eigenvector.
void Explorer::descend_from_saddles() {
  const int end = known_.size();
  std::vector<int> saddles;  // one of each place
  std::vector<Vector> places;
  for (int i = descended_; i < end; ++i) {
    // Ranks stay in step: they stop below, all of them.
    if (options_.ranks == nullptr && stop_.is_met()) break;
    const StationaryPoint& point = points_[static_cast<std::size_t>(i)];
    if (!point.morse_index || *point.morse_index == 0) continue;
    Worker& worker = *workers_.front();
    const Vector& v = known_.coordinates(i);
    if (!worker.corrector.evaluate(v, 1.0)) continue;
    const SymmetricEigen eigen = symmetric_eigen(worker.corrector.H_x());
    const int directions = std::min(*point.morse_index, options_.descent_directions);
    for (int k = 0; k < directions; ++k) {
      const Vector direction = eigen.eigenvectors().col(k);
      const double length = worker.equations.displacement(v, direction);
      for (const double side : {1.0, -1.0})
        if (length > 0.0) {
          saddles.push_back(i);
          places.emplace_back(v + direction * (side * kSetOut / length));
        }
    }
  }
  descended_ = end;
  for (std::size_t first = 0; first < places.size() && !is_over(); first += kDescents) {
    const std::size_t count = std::min(kDescents, places.size() - first);
    const std::vector<Descent> descents = descend({places.data() + first, count});
    result_.descents += static_cast<long>(count);
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < count; ++i) {
      const int from = saddles[first + i];
      if (descents[i].end == Descent::End::minimum)
        candidates.push_back({descents[i].v, 0, 0.0, CurveKind::descent, from});
      else if (descents[i].end == Descent::End::ran_away)
        escape(CurveKind::descent, from, descents[i].v, descents[i].direction);
    }
    std::vector<int> numbers;
    take(candidates, &numbers);
    for (std::size_t i = 0; i < candidates.size(); ++i)
      if (numbers[i] >= 0) link(CurveKind::descent, candidates[i].from, numbers[i]);
    report();
  }
}

Exploration Explorer::run(const std::vector<Vector>& starts) {
  work_.agree(add(common_, options_, starts).value(),
              "the ranks of an exploration have different problems or options, or processors whose "
              "results differ by rounding");
  set_elapsed(0.0);
  far_lines_ = shuffled(landscape_->far_lines());
  fitting_places_ = shuffled(landscape_->fitting_places());
  seed_from(starts);
  while (quiet_ / (are_missing() ? kPatience : 1) < options_.quiet_rounds && !is_over()) {
    const int before = known_.size();
    look_at_subsystems();
    if (known_.size() > 0) trace_round();
    descend_from_saddles();
    trace_target_curves();
    descend_from_places();
    if (known_.size() == before && are_missing()) trace_soft_curves();
    ++result_.rounds;
    quiet_ =
        known_.size() > before || !far_lines_.empty() || !fitting_places_.empty() ? 0 : quiet_ + 1;
    report();
  }
  return finish();
}

/// Points by energy, and all that refers to them renumbered.
Exploration Explorer::finish() {
  std::vector<int> order(points_.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [this](int i, int j) {
    return points_[static_cast<std::size_t>(i)].energy <
           points_[static_cast<std::size_t>(j)].energy;
  });
  std::vector<int> place(points_.size());
  for (std::size_t k = 0; k < order.size(); ++k) {
    place[static_cast<std::size_t>(order[k])] = static_cast<int>(k);
    result_.points.push_back(std::move(points_[static_cast<std::size_t>(order[k])]));
  }
  const auto renumber = [&](int& i) {
    if (i >= 0) i = place[static_cast<std::size_t>(i)];
  };
  for (Link& link : result_.links) {
    renumber(link.from);
    renumber(link.to);
  }
  for (Escape& escape : result_.escapes) renumber(escape.from);
  result_.seconds = elapsed();
  const auto count = [](auto number, const char* one) {
    return std::to_string(number) + ' ' + one + (number == 1 ? "" : "s");
  };
  std::string found = count(result_.points.size(), "stationary point");
  double copies = 0.0;
  for (const StationaryPoint& point : result_.points) copies += point.copies;
  if (copies > static_cast<double>(result_.points.size()))
    found += " (" + number(copies) + " with their copies)";
  found += " on " + count(result_.curves, "curve");
  switch (result_.end) {
    case ExploreEnd::quiet:
      result_.message =
          found + "; the last " + std::to_string(quiet_) + " rounds found nothing new";
      break;
    case ExploreEnd::budget:
      result_.message = found + " so far: the budget is used up";
      break;
    case ExploreEnd::cancelled:
      result_.message = found + " so far: the run was cancelled";
      break;
  }
  return std::move(result_);
}

}  // namespace

std::string_view to_string(CurveKind kind) noexcept { return name_of(kCurveNames, kind); }

std::optional<std::string> ExploreOptions::invalid_reason() const {
  const auto say = [](const char* rule, double value) {
    return std::string(rule) + ", got " + number(value);
  };
  if (quiet_rounds <= 0) return say("quiet_rounds must be > 0", quiet_rounds);
  if (max_curves <= 0) return say("max_curves must be > 0", static_cast<double>(max_curves));
  if (max_points <= 0) return say("max_points must be > 0", static_cast<double>(max_points));
  if (max_steps <= 0) return say("max_steps must be > 0", max_steps);
  if (descent_directions < 0) return say("descent_directions must be >= 0", descent_directions);
  if (!(seconds > 0.0)) return say("seconds must be > 0", seconds);
  if (threads < 1) return say("threads must be >= 1", threads);
  return std::nullopt;
}

namespace {

Exploration explore_landscape(std::unique_ptr<Landscape> landscape, const ExploreOptions& options,
                              const std::vector<Vector>& starts) {
  for (const Vector& weights : starts)
    if (weights.size() != landscape->weights() || !weights.allFinite())
      throw std::invalid_argument("a start of explore() needs " +
                                  std::to_string(landscape->weights()) + " finite weights");
  return Explorer(std::move(landscape), options).run(starts);
}

}  // namespace

Exploration explore(const Perceptron& network, const ExploreOptions& options,
                    const std::vector<Vector>& starts) {
  checked(options);
  network.need_all_patterns("an exploration");
  return explore_landscape(landscape_of(network), options, starts);
}

Exploration explore(const HiddenLayer& network, const ExploreOptions& options,
                    const std::vector<Vector>& starts) {
  checked(options);
  const HiddenLayerOptions& layer = network.options();
  const bool has_free_bias =
      network.has_free_bias() && layer.output == OutputNode::sigmoid && !(layer.ridge_bias > 0.0);
  if (!(layer.ridge_hidden > 0.0) || !(layer.ridge_output > 0.0) || has_free_bias)
    throw std::invalid_argument(
        "the exploration of a hidden layer needs ridge_hidden and ridge_output above zero, and "
        "with "
        "sigmoid outputs ridge_bias, too: without them stationary points form continua, got " +
        number(layer.ridge_hidden) + ", " + number(layer.ridge_output) + " and " +
        number(layer.ridge_bias));
  return explore_landscape(landscape_of(network), options, starts);
}

}  // namespace tautrack
