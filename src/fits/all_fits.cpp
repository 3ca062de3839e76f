#include "tautrack/fits/all_fits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <optional>
#include <stdexcept>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/infinity/counts.hpp"

#include "core/checked.hpp"
#include "core/names.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "exhaustive/rows.hpp"
#include "fits/limits.hpp"

namespace tautrack {

namespace {

constexpr NameTable<Completeness, 4> kLevelNames{{
    {Completeness::heuristic, "heuristic"},
    {Completeness::index_consistent, "index-consistent"},
    {Completeness::complete_in_box, "complete-in-box"},
    {Completeness::complete, "complete"},
}};

constexpr NameTable<Answer, 3> kAnswerNames{{
    {Answer::yes, "yes"},
    {Answer::no, "no"},
    {Answer::unknown, "unknown"},
}};

/// Parts of the time that is left: what an enumeration of strata may take, and what an exploration leaves to the
/// exhaustive search, to the limits of its curves, to the proofs at the end and to the lower bound.
constexpr double kStrataShare = 0.25;
constexpr double kSearchShare = 0.25, kLimitsShare = 0.125, kProofsShare = 0.0625,
                 kBoundShare = 0.15;

/// Points without a proof nearer than this, relative to the size of their weights, are one point: Newton's
/// method leaves doubles of the same point much nearer.
constexpr double kSameWeights = 1e-9;

/// How often a lower bound may find a better fit.
constexpr int kMostImprovements = 3;

/// Energies nearer than this, relative, are not told apart without a proof.
constexpr double kSameEnergy = 1e-12;

std::string count(std::size_t number, const char* one, const char* many) {
  return std::to_string(number) + ' ' + (number == 1 ? one : many);
}

/// The same point in two lists: certified points by their proven radii, others by their distance.
bool is_same(const StationaryPoint& a, const StationaryPoint& b) {
  const double distance = (a.weights - b.weights).norm();
  return distance <= a.radius + b.radius ||
         (distance <= kSameWeights * (a.weights.norm() + b.weights.norm()) &&
          a.morse_index == b.morse_index);
}

/// Whether weights that mean the same, zero in dependent columns as those of the search are, lie in its region.
bool is_in_region(const Perceptron& network, const Box& region, const StationaryPoint& point) {
  Vector w = point.weights;
  for (const ColumnDependency& dependency : network.space().dependencies()) {
    for (const auto& [column, coefficient] : dependency.on)
      w(column) += coefficient * w(dependency.column);
    w(dependency.column) = 0.0;
  }
  const double room = point.radius + kSameWeights * w.norm();
  return (w.array() >= region.low.array() - room).all() &&
         (w.array() <= region.high.array() + room).all();
}

/// Adds the limits that an exploration ran to, and says of how many strata.
void add_limits(AllFits& fits, const Perceptron& network, const ExploreOptions& options) {
  const fits::LimitsOfRuns runs = fits::limits_of_runs(network, fits.exploration, options);
  fits.at_infinity.insert(fits.at_infinity.end(), runs.limits.begin(), runs.limits.end());
  std::stable_sort(
      fits.at_infinity.begin(), fits.at_infinity.end(),
      [](const InfinitePoint& a, const InfinitePoint& b) { return a.energy < b.energy; });
  fits.strata.strata += runs.strata;
  const double all = strata_count(network.patterns(), network.unknowns()) - 1.0;
  std::array<char, 16> about{};
  std::snprintf(about.data(), about.size(), "%.2g", all);
  fits.strata.message +=
      std::string("; of ") +
      (std::isfinite(all) ? std::string("about ") + about.data() : std::string("more than 1e308")) +
      " strata those were looked at that curves and descents ran to: " +
      std::to_string(runs.strata);
  if (runs.left > 0)
    fits.strata.message += ", and " + std::to_string(runs.left) +
                           " more that they ran to were not, as " + options.stop.reason();
}

/// Replaces the list by this one, in the order of energies; links follow, and go with a point that is left out.
/// @param place Of each point of the list as it is, its number in `points`, or -1.
void set_points(AllFits& fits, std::vector<StationaryPoint> points, const std::vector<int>& place) {
  std::vector<int> order(points.size()), rank(points.size());
  std::iota(order.begin(), order.end(), 0);
  const auto energy = [&](int i) { return points[static_cast<std::size_t>(i)].energy; };
  std::stable_sort(order.begin(), order.end(), [&](int i, int j) { return energy(i) < energy(j); });
  fits.points.clear();
  for (const int i : order) {
    rank[static_cast<std::size_t>(i)] = static_cast<int>(fits.points.size());
    fits.points.push_back(std::move(points[static_cast<std::size_t>(i)]));
  }
  // False where the point was left out: -1 would mean the linear network or infinite weights.
  const auto renumber = [&](int& i) {
    if (i < 0) return true;
    i = place[static_cast<std::size_t>(i)];
    if (i < 0) return false;
    i = rank[static_cast<std::size_t>(i)];
    return true;
  };
  Exploration& exploration = fits.exploration;
  std::vector<Link> links;
  for (Link link : exploration.links)
    if (renumber(link.from) && renumber(link.to) && (link.from < 0 || link.from != link.to))
      links.push_back(link);
  exploration.links = std::move(links);
  std::vector<Escape> escapes;
  for (Escape& escape : exploration.escapes)
    if (renumber(escape.from)) escapes.push_back(std::move(escape));
  exploration.escapes = std::move(escapes);
}

/// Puts the points of the curves and those of the search together, each once. What a finished search does not
/// have in its region is no stationary point: points without a proof are left out, and one with a proof is a
/// contradiction.
void put_together(AllFits& fits, const Perceptron& network, std::vector<StationaryPoint> searched) {
  const bool is_list = fits.search && fits.search->finished;
  // Those of the search are different by proof, however near each other.
  const std::size_t count = searched.size();
  std::vector<StationaryPoint> points = std::move(searched);
  std::vector<bool> is_met(count, false);
  std::vector<int> place(fits.points.size(), -1);
  const auto nearest = [&](const StationaryPoint& point, std::size_t from, std::size_t to) {
    std::optional<std::size_t> best;
    double least = kInfinity;
    for (std::size_t k = from; k < to; ++k) {
      const double distance = (points[k].weights - point.weights).norm();
      if (distance < least && is_same(points[k], point)) {
        least = distance;
        best = k;
      }
    }
    return best;
  };
  for (std::size_t i = 0; i < fits.points.size(); ++i) {
    StationaryPoint& point = fits.points[i];
    if (const std::optional<std::size_t> known = nearest(point, 0, count)) {
      place[i] = static_cast<int>(*known);
      if (!is_met[*known] && point.status == PointStatus::certified &&
          point.morse_index == points[*known].morse_index) {
        points[*known] = std::move(point);
        is_met[*known] = true;
      }
      continue;
    }
    if (is_list && is_in_region(network, fits.search->region, point)) {
      if (point.status != PointStatus::certified) continue;
      fits.level_reason = "the exhaustive search and the exploration contradict each other";
    }
    std::optional<std::size_t> known = nearest(point, count, points.size());
    if (!known) {
      known = points.size();
      points.push_back(std::move(point));
    }
    place[i] = static_cast<int>(*known);
  }
  set_points(fits, std::move(points), place);
}

/// What a change of the data in their last digits does to the points.
void judge_sensitivity(AllFits& fits, const Perceptron& network) {
  for (StationaryPoint& point : fits.points) {
    Vector sizes = network.inputs().cwiseAbs() * point.weights.cwiseAbs();
    if (network.has_offset()) sizes += network.offsets().cwiseAbs();
    point.data_sensitivity = kEpsilon * sizes.maxCoeff();
  }
}

/// The first minimum in the list that the data can tell; the end where there is none.
auto best_minimum(const AllFits& fits) {
  return std::find_if(fits.points.begin(), fits.points.end(), [](const StationaryPoint& point) {
    return point.kind == StationaryKind::minimum && !point.is_beyond_precision();
  });
}

/// A complete list is one of finite weights: what it leaves open, after a semicolon.
std::string open_at_infinity(const StrataResult& strata) {
  if (strata.none_exists || strata.complete) return "";
  return "; of infinite weights, where no stationary point is, not all limits were looked at";
}

void judge_completeness(AllFits& fits, const Perceptron& network) {
  bool all_indices_known = true;
  for (const StationaryPoint& point : fits.points) {
    if (point.morse_index)
      fits.index_sum += *point.morse_index % 2 == 0 ? 1 : -1;
    else
      all_indices_known = false;
  }
  fits.expected_index_sum = forced_index_sum(network);
  if (fits.strata.no_finite_point) {
    fits.level = fits.points.empty() ? Completeness::complete : Completeness::heuristic;
    fits.level_reason =
        "no weights are stationary: it is proven that along some direction the energy falls from "
        "all "
        "of them";
    fits.level_reason += fits.points.empty() ? open_at_infinity(fits.strata)
                                             : ": the points in the list contradict that";
    return;
  }
  if (fits.search && fits.search->finished && fits.level_reason.empty()) {
    fits.level =
        fits.search->region_holds_all ? Completeness::complete : Completeness::complete_in_box;
    fits.level_reason =
        fits.search->message + "; " + fits.search->region_reason + open_at_infinity(fits.strata);
    return;
  }
  const std::string contradiction = fits.level_reason;
  const bool consistent = all_indices_known && contradiction.empty() &&
                          fits.expected_index_sum == fits.index_sum &&
                          fits.exploration.end == ExploreEnd::quiet;
  fits.level = consistent ? Completeness::index_consistent : Completeness::heuristic;
  fits.level_reason = fits.exploration.message;
  if (!contradiction.empty()) fits.level_reason += "; " + contradiction;
  if (consistent) {
    fits.level_reason +=
        ", and the sum of (-1)^index is " + std::to_string(fits.index_sum) + ", as topology forces";
  } else if (!fits.expected_index_sum) {
    fits.level_reason +=
        "; with targets at or beyond the ends of the range no index sum is known to check against";
  } else if (!all_indices_known) {
    fits.level_reason += "; a point without a sure Morse index leaves the index sum open";
  } else if (fits.expected_index_sum != fits.index_sum) {
    fits.level_reason += "; the sum of (-1)^index is " + std::to_string(fits.index_sum) +
                         " instead of " + std::to_string(*fits.expected_index_sum) +
                         ": points are missing, more time or rounds may find them";
  }
  if (fits.search && !fits.search->finished)
    fits.level_reason += "; exhaustive search: " + fits.search->message;
}

/// What geometry says of the best minimum, and whether the list contradicts it.
void ask_geometry(AllFits& fits, const Perceptron& network, const StopCondition& stop) {
  const auto best = best_minimum(fits);
  if (best == fits.points.end()) return;
  fits.certificate =
      certify_unique(network, network.coordinates(best->weights), 1.0, {kInfinity, ""}, stop);
  // Nothing is built on a residual that is zero only to rounding.
  if (fits.certificate->proof == UniquenessProof::zero_residual) return;
  const bool is_contradicted = fits.certificate->unique && fits.points.size() != 1;
  if (!is_contradicted) return;
  fits.certificate->unique = fits.certificate->global = false;
  fits.certificate->proof = UniquenessProof::none;
  fits.certificate->message = "the certificate and the list contradict each other";
}

/// Whether geometry proves it of a point that itself is proven to exist.
bool geometry_proves(const AllFits& fits, bool UniquenessCertificate::*what) {
  if (!fits.certificate || fits.certificate->proof == UniquenessProof::zero_residual) return false;
  const auto best = best_minimum(fits);
  return best != fits.points.end() && *fits.certificate.*what &&
         best->status == PointStatus::certified;
}

/// What a memo has of a lower bound, the last checkpoint of it, and how further ones are noted there. Their numbers come after
/// those of all curves; whether they belong to this problem they say themselves.
void keep_bound(ExploreMemo* memo, int improvements, EnergyBoundOptions& options) {
  constexpr long first_bound = 1L << 40U, most_checkpoints = 1L << 20U;
  options.resume.clear();
  if (memo == nullptr) return;
  WorkItem item{first_bound + improvements * most_checkpoints, 0, 0};
  for (; std::optional<WorkOutcome> outcome = memo->recall(item); ++item.number)
    options.resume = std::move(outcome->numbers);
  options.checkpoint = [memo, item](const std::vector<double>& numbers) mutable {
    memo->note(item, {numbers, {}});
    ++item.number;
  };
}

/// What a lower bound of the energy says of the best fit; points that it finds better join the list.
void bound_from_below(AllFits& fits, const Perceptron& network, EnergyBoundOptions options,
                      ExploreMemo* memo) {
  for (int improvements = 0; improvements <= kMostImprovements; ++improvements) {
    keep_bound(memo, improvements, options);
    const auto best = best_minimum(fits);
    std::vector<KnownMinimum> known;
    Vector start = Vector::Zero(network.columns());
    double energy = kInfinity;
    if (best != fits.points.end()) {
      start = best->weights;
      energy = best->energy;
      // With those that tie with it to rounding.
      for (auto point = best; point != fits.points.end() &&
                              point->energy - energy <= kSameEnergy * std::max(1.0, energy);
           ++point)
        if (point->kind == StationaryKind::minimum && point->status == PointStatus::certified)
          known.push_back({point->weights, point->radius});
    }
    options.infimum.reset();
    if (!fits.at_infinity.empty() && fits.at_infinity.front().energy < energy) {
      options.infimum = energy = fits.at_infinity.front().energy;
      known.clear();
    }
    EnergyBound found = bound_energy(network, start, known, options);
    const Vector weights = std::move(found.best_weights);
    found.best_weights = Vector();
    const bool is_better = found.best < energy * (1.0 - kSameEnergy);
    if (fits.bound) {
      found.nodes += fits.bound->nodes;
      found.seconds += fits.bound->seconds;
    }
    fits.bound = std::move(found);
    if (!is_better || options.stop.is_met()) return;
    // A better point than the list has: it is proven, and the bound is asked about it.
    const Certificate certificate = Certifier(network).certify(weights, options.stop);
    if (!certificate.certified) return;
    StationaryPoint point;
    point.weights = certificate.weights;
    point.energy = certificate.energy;
    point.morse_index = certificate.morse_index;
    point.kind = kind_of(certificate.morse_index, network.unknowns());
    point.eigenvalues = certificate.eigenvalues;
    point.status = PointStatus::certified;
    point.radius = certificate.radius;
    point.found_by = "lower bound";
    if (std::any_of(fits.points.begin(), fits.points.end(),
                    [&](const StationaryPoint& other) { return is_same(other, point); }))
      return;
    std::vector<StationaryPoint> points = std::move(fits.points);
    std::vector<int> place(points.size());
    std::iota(place.begin(), place.end(), 0);
    fits.points.assign(place.size(), {});
    points.push_back(std::move(point));
    set_points(fits, std::move(points), place);
    judge_sensitivity(fits, network);
  }
}

void judge_global_minimum(AllFits& fits) {
  if (const auto first = best_minimum(fits); first != fits.points.end())
    fits.global_minimum = static_cast<int>(first - fits.points.begin());
  const bool infinity_is_known = fits.strata.none_exists || fits.strata.complete;
  const bool all_finite_known = fits.level == Completeness::complete;
  const StationaryPoint* best =
      fits.global_minimum ? &fits.points[static_cast<std::size_t>(*fits.global_minimum)] : nullptr;
  const InfinitePoint* limit = fits.at_infinity.empty() ? nullptr : &fits.at_infinity.front();
  if (limit != nullptr && (best == nullptr || limit->energy < best->energy)) {
    fits.infimum_at_infinity = true;
    fits.global_minimum.reset();
    // No energy is below zero.
    fits.global_is_proven = limit->energy == 0.0 ||
                            (all_finite_known && infinity_is_known && limit->local_infimum == true);
    say_energies_again(fits);
    return;
  }
  if (best == nullptr) {
    fits.global_reason = "no minimum is known";
    return;
  }
  // Minima that tie to rounding, as where the data have a symmetry, are as low as each other.
  const auto ties =
      std::count_if(fits.points.begin(), fits.points.end(), [&](const StationaryPoint& other) {
        return &other != best && other.kind == StationaryKind::minimum &&
               !other.is_beyond_precision() &&
               other.energy - best->energy <= kSameEnergy * std::max(1.0, other.energy);
      });
  fits.global_is_proven =
      all_finite_known && infinity_is_known && best->status == PointStatus::certified;
  fits.global_reason = fits.global_is_proven
                           ? "the list is complete and infinite weights are no better"
                           : "the lowest that is known";
  if (ties > 0)
    fits.global_reason += "; " + count(static_cast<std::size_t>(ties) + 1, "minimum", "minima") +
                          " have this energy to rounding";
  if (!fits.global_is_proven && geometry_proves(fits, &UniquenessCertificate::global)) {
    fits.global_is_proven = true;
    fits.global_reason = fits.certificate->global_message;
  }
  if (!fits.global_is_proven && fits.bound && fits.bound->is_global) {
    fits.global_is_proven = true;
    fits.global_reason = "no weights, finite or infinite, have less energy (branch and bound, " +
                         count(static_cast<std::size_t>(fits.bound->nodes), "node", "nodes") + ")";
  }
  if (best != &fits.points.front() && fits.points.front().is_beyond_precision()) {
    fits.global_is_proven = false;
    say_energies_again(fits);
  }
}

void judge_uniqueness(AllFits& fits, const Perceptron& network) {
  std::size_t minima = 0, certified = 0, infima = 0, beyond = 0;
  for (const StationaryPoint& point : fits.points) {
    if (point.kind != StationaryKind::minimum) continue;
    if (point.is_beyond_precision()) {
      ++beyond;
      continue;
    }
    ++minima;
    if (point.status == PointStatus::certified) ++certified;
  }
  bool has_undecided = false;
  for (const InfinitePoint& limit : fits.at_infinity) {
    if (limit.local_infimum == true) ++infima;
    has_undecided = has_undecided || !limit.local_infimum;
  }
  const bool infinity_is_known = fits.strata.none_exists || fits.strata.complete;
  const std::string found =
      count(minima, "minimum", "minima") + " at finite weights" +
      (infima > 0 ? " and " + count(infima, "infimum", "infima") + " at infinite ones" : "") +
      (beyond > 0
           ? ", beside " + std::to_string(beyond) + " that only the last digits of the data make"
           : "");
  if (certified + infima >= 2) {
    fits.unique = Answer::no;
    fits.unique_reason = found;
  } else if (fits.level == Completeness::complete && infinity_is_known && !has_undecided &&
             certified == minima && minima + infima == 1) {
    fits.unique = Answer::yes;
    fits.unique_reason = "the list is complete: " + found;
  } else if (geometry_proves(fits, &UniquenessCertificate::unique)) {
    fits.unique = Answer::yes;
    fits.unique_reason = fits.certificate->message;
  } else if (minima + infima >= 2) {
    fits.unique = Answer::unknown;
    fits.unique_reason = found + ", of which " + std::to_string(certified) +
                         (certified == 1 ? " is" : " are") + " certified";
  } else {
    fits.unique = Answer::unknown;
    fits.unique_reason =
        found + (minima + infima == 1 ? ", and no proof that there is no other" : "");
  }
  if (fits.unique != Answer::unknown) return;
  if (fits.certificate && fits.certificate->is_cut)
    fits.unique_reason += "; geometry did not get to its proofs in time";
  if (network.has_offset())
    fits.unique_reason += "; geometry, which could prove it, does not know held weights";
}

}  // namespace

std::string_view to_string(Completeness level) noexcept { return name_of(kLevelNames, level); }

std::string_view to_string(Answer answer) noexcept { return name_of(kAnswerNames, answer); }

std::optional<std::string> FitOptions::invalid_reason() const {
  if (exhaustive_rank < 0)
    return "exhaustive_rank must be >= 0, got " + std::to_string(exhaustive_rank);
  if (exhaustive_patterns < 0)
    return "exhaustive_patterns must be >= 0, got " + std::to_string(exhaustive_patterns);
  if (!(seconds > 0.0)) return "seconds must be > 0, got " + number(seconds);
  if (auto reason = explore.invalid_reason()) return reason;
  if (auto reason = search.invalid_reason()) return reason;
  if (auto reason = bound.invalid_reason()) return reason;
  return strata.invalid_reason();
}

void say_energies_again(AllFits& fits) {
  if (fits.infimum_at_infinity) {
    const InfinitePoint& limit = fits.at_infinity.front();
    fits.global_reason =
        limit.local_infimum == false
            ? "at infinity: E = " + number(limit.energy) +
                  " is the lowest limit that is known, and lower energies are near it"
            : "at infinity: infimum E = " + number(limit.energy) + " not attained" +
                  (fits.global_is_proven ? "" : ", the lowest that is known");
  } else if (fits.global_minimum && *fits.global_minimum > 0 &&
             fits.points.front().is_beyond_precision()) {
    fits.global_reason = "a point that only the last digits of the data make is lower: E = " +
                         number(fits.points.front().energy);
  }
}

AllFits find_all_fits(const Perceptron& network, const FitOptions& options) {
  checked(options);
  const StopCondition stop = options.explore.stop.within(options.seconds);
  const auto begin = [&](std::string_view part) {
    if (options.begins) options.begins(part);
  };
  AllFits fits;
  begin("limits at infinite weights");
  StrataOptions strata_options = options.strata;
  strata_options.stop = stop.within(kStrataShare * stop.seconds_left());
  fits.strata = enumerate_strata(network, strata_options);
  fits.at_infinity = std::move(fits.strata.infima);
  fits.strata.infima.clear();
  const Index beyond_rank = network.unknowns() - options.exhaustive_rank;
  const bool is_tried =
      beyond_rank <= 1 || (beyond_rank == 2 && network.patterns() <= options.exhaustive_patterns);
  const bool wants_search = options.exhaustive.value_or(is_tried && !fits.strata.no_finite_point);
  // It refuses more at once.
  const bool may_search =
      wants_search && network.unknowns() <= static_cast<Index>(exhaustive::kMaxWeights);
  const bool wants_limits = !fits.strata.none_exists && !fits.strata.complete;

  begin("search along curves");
  ExploreOptions explore_options = options.explore;
  const double left_over = (may_search ? kSearchShare : 0.0) + (wants_limits ? kLimitsShare : 0.0) +
                           kProofsShare +
                           std::min(kBoundShare, options.bound.seconds / options.seconds);
  explore_options.stop = stop.within((1.0 - left_over) * stop.seconds_left());
  fits.exploration = explore(network, explore_options, options.starts);
  fits.points = std::move(fits.exploration.points);
  fits.exploration.points.clear();
  const bool is_cancelled =  // perhaps on another rank
      stop.is_requested() || fits.exploration.end == ExploreEnd::cancelled;
  if (!is_cancelled && wants_limits) {
    begin("limits that curves ran to");
    explore_options.stop =
        stop.within((1.0 - kProofsShare - (may_search ? 0.5 : 0.0)) * stop.seconds_left());
    add_limits(fits, network, explore_options);
  } else if (wants_limits) {
    fits.strata.message += "; limits that curves ran to were not looked at, as the run was stopped";
  }

  if (wants_search && !is_cancelled) {
    begin("exhaustive search");
    SearchOptions search = options.search;
    search.threads = options.explore.threads;
    search.gives_up = search.gives_up || (!options.exhaustive && beyond_rank > 0);
    search.stop = stop.within((1.0 - kProofsShare) * stop.seconds_left());
    fits.search = search_exhaustively(network, search);
    put_together(fits, network, std::move(fits.search->points));
    fits.search->points.clear();
  } else {
    put_together(fits, network, {});
  }
  begin("verdict");
  judge_sensitivity(fits, network);
  judge_completeness(fits, network);
  if (!network.has_offset()) ask_geometry(fits, network, stop);
  judge_global_minimum(fits);
  if (!fits.global_is_proven && !is_cancelled && !stop.is_met()) {
    begin("lower bound of the energy");
    EnergyBoundOptions bound = options.bound;
    bound.threads = options.explore.threads;
    bound.stop = stop;
    bound_from_below(fits, network, bound, options.explore.memo);
    judge_global_minimum(fits);
  }
  judge_uniqueness(fits, network);
  return fits;
}

}  // namespace tautrack
