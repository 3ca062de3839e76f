#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "tautrack/fits/all_fits.hpp"

#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "explore/descent.hpp"
#include "explore/landscape.hpp"
#include "explore/point_set.hpp"
#include "network/any_network.hpp"
#include "path/symmetric_layer.hpp"

namespace tautrack {

namespace {

/// Parts of the time that is left: what the tree of branches may take, and what the exploration leaves to the interval search.
constexpr double kTreeShare = 0.1, kHiddenSearchShare = 0.25;
/// The same of explorations among symmetric weights, and classes of equal units in these: of more there are too many.
constexpr double kSymmetricShare = 0.2;
constexpr std::size_t kMostClasses = 2;
/// From so many units on descents begin at such points before all is explored, along so many directions, so far from them.
constexpr Index kManyUnits = 3, kDescentWays = 3;
constexpr double kDescentStep = 1e-2;

/// Copies of one family that are counted exactly, in a sum of many as well.
constexpr double kMostCopies = 0x1p40;

/// Independent columns up to which one hidden unit is searched by intervals by default: an input and a bias.
constexpr Index kSearchedColumns = 2;

/// Points of which none is a copy of another one.
class Families {
 public:
  explicit Families(const HiddenLayer& network)
      : landscape_(landscape_of(network)), known_(*landscape_) {}

  [[nodiscard]] std::vector<StationaryPoint> take() { return std::move(points_); }
  [[nodiscard]] std::size_t size() const { return points_.size(); }
  [[nodiscard]] const StationaryPoint& operator[](std::size_t k) const { return points_[k]; }

  /// The family of these weights, if it is there.
  [[nodiscard]] std::optional<std::size_t> find(const Vector& weights, double energy,
                                                std::optional<int> index) {
    const auto known = known_.find(landscape_->network().coordinates(weights), energy, index);
    if (!known) return std::nullopt;
    return static_cast<std::size_t>(*known);
  }

  /// @return The family of the point, a new one if need be.
  std::size_t add(StationaryPoint point) {
    if (const auto known = find(point.weights, point.energy, point.morse_index)) return *known;
    Vector x = landscape_->network().coordinates(point.weights);
    landscape_->choose_copy(point, x);
    known_.add(x, point.energy, point.morse_index);
    points_.push_back(std::move(point));
    return points_.size() - 1;
  }

 private:
  std::unique_ptr<Landscape> landscape_;
  PointSet known_;
  std::vector<StationaryPoint> points_;
};

/// Puts families in the order of their energies, and numbers of points in links, escapes and the tree in theirs.
void take_families(Families& families, std::vector<int> family_of_point, AllFits& fits) {
  std::vector<StationaryPoint> points = families.take();
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return points[a].energy < points[b].energy;
  });
  std::vector<int> rank(points.size());
  std::vector<int> reached(points.size(), -1);
  fits.points.clear();
  for (std::size_t k = 0; k < order.size(); ++k) {
    rank[order[k]] = static_cast<int>(k);
    if (order[k] < fits.reached_by.size()) reached[k] = fits.reached_by[order[k]];
    fits.points.push_back(std::move(points[order[k]]));
  }
  fits.reached_by = std::move(reached);
  // False where the point was left out: -1 would mean the linear network or infinite weights.
  const auto renumber = [&](int& i) {
    if (i < 0) return true;
    const int family = family_of_point[static_cast<std::size_t>(i)];
    if (family >= 0) i = rank[static_cast<std::size_t>(family)];
    return family >= 0;
  };
  Exploration& exploration = fits.exploration;
  std::vector<Link> links;
  for (Link link : exploration.links)
    if (renumber(link.from) && renumber(link.to)) links.push_back(link);
  exploration.links = std::move(links);
  std::vector<Escape> escapes;
  for (Escape& escape : exploration.escapes)
    if (renumber(escape.from)) escapes.push_back(std::move(escape));
  exploration.escapes = std::move(escapes);
}

/// Ways to have up to kMostClasses classes of equal units, fewer than units, the others dead.
std::vector<std::vector<Index>> symmetric_classes(Index units, bool may_be_dead) {
  std::vector<std::vector<Index>> all;
  const auto add = [&](std::vector<Index> classes) {
    const Index live = std::accumulate(classes.begin(), classes.end(), Index{0});
    if (live > units || (live < units && !may_be_dead)) return;
    if (static_cast<Index>(classes.size()) < units) all.push_back(std::move(classes));
  };
  for (Index first = 1; first <= units; ++first) {
    add({first});
    for (Index second = 1; kMostClasses > 1 && second <= first; ++second) add({first, second});
  }
  return all;
}

/// Points with dead or equal units, from explorations of the smaller networks that these are: curves of all weights may pass
/// them by for long, and those of few do not.
std::vector<Vector> symmetric_points(const HiddenLayer& network, const ExploreOptions& asked,
                                     const StopCondition& stop) {
  std::vector<Vector> found;
  if (!network.has_unit_symmetry() || network.has_offset()) return found;
  const Range ends = range(network.options().activation);
  const bool may_be_dead = ends.low + ends.high == 0.0 && network.origin() == 0.0;
  const std::vector<std::vector<Index>> all = symmetric_classes(network.units(), may_be_dead);
  for (std::size_t k = 0; k < all.size() && !stop.is_met(); ++k) {
    const SymmetricLayer layer(network, all[k]);
    ExploreOptions options = asked;
    options.certify = false;
    options.memo = nullptr;
    options.progress = nullptr;
    options.stop = stop.within(stop.seconds_left() / static_cast<double>(all.size() - k));
    for (const StationaryPoint& point : explore(layer.network(), options).points)
      found.push_back(layer.weights(layer.network().coordinates(point.weights)));
  }
  return found;
}

/// Minima below these points: descents along their lowest eigenvectors, where the energy falls along them. Of many units an
/// exploration that has not time for all copies would come to them late.
std::vector<Vector> minima_below(const HiddenLayer& network, const std::vector<Vector>& points,
                                 const StopCondition& stop) {
  std::vector<Vector> minima;
  Descender descender{AnyNetwork(network)};
  HiddenLayer::Workspace work(network);
  const Index n = network.unknowns();
  Vector H(n), H_tau(n);
  Matrix H_x(n, n);
  for (const Vector& weights : points) {
    const Vector x = network.coordinates(weights);
    network.derivatives(x, 1.0, work, H, H_x, H_tau);
    if (!H_x.allFinite()) continue;
    const SymmetricEigen eigen = symmetric_eigen(H_x);
    Vector way = Vector::Zero(n);
    for (Index k = 0; k < std::min(n, kDescentWays) && eigen.eigenvalues()(k) < 0.0; ++k) {
      if (stop.is_met()) return minima;
      // Each lowest direction alone, and with those before it: where these are equal, out of their symmetry.
      way += eigen.eigenvectors().col(k) / static_cast<double>(k + 1);
      const double size = kDescentStep * std::max(1.0, x.norm());
      const Descent descent = descender.descend(x + size * way, stop);
      if (descent.end == Descent::End::minimum) minima.push_back(network.weights(descent.v));
    }
  }
  return minima;
}

bool is_minimum(const StationaryPoint& point) {
  return point.kind == StationaryKind::minimum && !point.is_beyond_precision();
}

void judge_list(AllFits& fits, bool contradicts) {
  bool all_indices_known = true, are_counted = true;
  for (const StationaryPoint& point : fits.points) {
    if (!point.morse_index) all_indices_known = false;
    if (!(point.copies <= kMostCopies)) are_counted = false;
    if (point.morse_index && are_counted)
      fits.index_sum += (*point.morse_index % 2 == 0 ? 1 : -1) * static_cast<long>(point.copies);
  }
  if (are_counted)
    fits.expected_index_sum = 1;
  else
    fits.index_sum = 0;
  if (fits.search && fits.search->finished && !contradicts) {
    fits.level =
        fits.search->region_holds_all ? Completeness::complete : Completeness::complete_in_box;
    fits.level_reason = fits.search->message + "; " + fits.search->region_reason;
    return;
  }
  const bool is_consistent = all_indices_known && are_counted && !contradicts &&
                             fits.index_sum == 1 && fits.exploration.end == ExploreEnd::quiet;
  fits.level = is_consistent ? Completeness::index_consistent : Completeness::heuristic;
  fits.level_reason = fits.exploration.message;
  if (contradicts)
    fits.level_reason += "; the exhaustive search and the exploration contradict each other";
  if (is_consistent)
    fits.level_reason +=
        ", and the sum of (-1)^index over all copies is 1, as the ridge forces; families whose "
        "signs add up "
        "to nothing may still be missing";
  else if (!are_counted)
    fits.level_reason += "; there are too many copies for their signs to be added up exactly";
  else if (!all_indices_known)
    fits.level_reason += "; a point without a sure Morse index leaves the index sum open";
  else if (fits.index_sum != 1)
    fits.level_reason += "; the sum of (-1)^index over all copies is " +
                         std::to_string(fits.index_sum) +
                         " instead of 1: points are missing, more time or rounds may find them";
  if (fits.search && !fits.search->finished)
    fits.level_reason += "; exhaustive search: " + fits.search->message;
}

void judge_best(AllFits& fits) {
  const auto best = std::find_if(fits.points.begin(), fits.points.end(), is_minimum);
  const auto minima = std::count_if(fits.points.begin(), fits.points.end(), is_minimum);
  const auto certified =
      std::count_if(fits.points.begin(), fits.points.end(), [](const StationaryPoint& point) {
        return is_minimum(point) && point.status == PointStatus::certified;
      });
  const bool is_complete = fits.level == Completeness::complete;
  if (best == fits.points.end()) {
    fits.global_reason = "no minimum is known";
  } else {
    fits.global_minimum = static_cast<int>(best - fits.points.begin());
    fits.global_is_proven = is_complete && best->status == PointStatus::certified;
    fits.global_reason = fits.global_is_proven
                             ? "the list is complete, and the ridge keeps all weights finite"
                             : "the lowest that is known";
  }
  const std::string families =
      std::to_string(minima) + (minima == 1 ? " family" : " families") + " of minima";
  if (certified > 1) {
    fits.unique = Answer::no;
    fits.unique_reason = families;
  } else if (is_complete && minima == 1) {
    fits.unique = Answer::yes;
    fits.unique_reason = "the list is complete, and has one family of minima";
  } else {
    fits.unique_reason = families + " known, and others not excluded";
  }
}

}  // namespace

UnitFacts unit_facts(const HiddenLayer& network, const Vector& weights, double tolerance) {
  const Index s = network.columns(), h = network.units(), K = network.outputs();
  std::vector<Vector> units;
  double largest = 0.0;
  for (Index j = 0; j < h; ++j) {
    Vector& unit = units.emplace_back(s + K);
    unit.head(s) = weights.segment(j * s, s);
    for (Index k = 0; k < K; ++k) unit(s + k) = weights(s * h + k * h + j);
    largest = std::max(largest, unit.norm());
  }
  const double margin = tolerance * std::max(1.0, largest);
  UnitFacts facts;
  std::vector<bool> is_told(units.size(), false);
  for (Index j = 0; j < h; ++j) {
    const Vector& own = units[at(j)];
    if (own.norm() <= margin) {
      facts.dead.push_back(j);
      continue;
    }
    if (is_told[at(j)]) continue;
    std::vector<Index> group{j};
    for (Index l = j + 1; l < h; ++l) {
      const Vector& other = units[at(l)];
      if ((own - other).norm() > margin &&
          !(network.has_sign_symmetry() && (own + other).norm() <= margin))
        continue;
      group.push_back(l);
      is_told[at(l)] = true;
    }
    if (group.size() > 1) facts.equal.push_back(std::move(group));
  }
  return facts;
}

AllFits find_all_fits(const HiddenLayer& network, const FitOptions& options) {
  checked(options);
  const StopCondition stop = options.explore.stop.within(options.seconds);
  const auto begin = [&](std::string_view part) {
    if (options.begins) options.begins(part);
  };
  AllFits fits;
  fits.strata.none_exists = fits.strata.complete = true;
  fits.strata.message = "none: the ridge on all weights keeps them finite";

  std::vector<Vector> starts = options.starts;
  if (!why_no_branches(network)) {
    begin("branches of the natural homotopy");
    BranchTreeOptions tree;
    tree.stop = stop.within(kTreeShare * stop.seconds_left());
    fits.tree = track_branches(network, tree);
    for (const Branch& branch : fits.tree->branches)
      if (branch.end) starts.push_back(branch.end->weights);
  }

  if (network.units() > 1) {
    begin("points with dead or equal units");
    const std::vector<Vector> symmetric = symmetric_points(
        network, options.explore, stop.within(kSymmetricShare * stop.seconds_left()));
    starts.insert(starts.end(), symmetric.begin(), symmetric.end());
    if (network.units() >= kManyUnits) {
      const std::vector<Vector> minima =
          minima_below(network, symmetric, stop.within(kSymmetricShare * stop.seconds_left()));
      starts.insert(starts.begin(), minima.begin(), minima.end());
    }
  }

  const bool is_small = network.units() == 1 && network.space().rank() <= kSearchedColumns;
  const bool wants_search = options.exhaustive.value_or(is_small);
  begin("search along curves");
  ExploreOptions explore_options = options.explore;
  explore_options.stop =
      stop.within((1.0 - (wants_search ? kHiddenSearchShare : 0.0)) * stop.seconds_left());
  fits.exploration = explore(network, explore_options, starts);
  const std::vector<StationaryPoint> explored = std::move(fits.exploration.points);
  fits.exploration.points.clear();
  const bool is_cancelled = stop.is_requested() || fits.exploration.end == ExploreEnd::cancelled;

  std::vector<StationaryPoint> searched;
  if (wants_search && !is_cancelled) {
    begin("exhaustive search");
    SearchOptions search = options.search;
    search.threads = options.explore.threads;
    search.gives_up = search.gives_up || !options.exhaustive;
    search.stop = stop;
    fits.search = search_exhaustively(network, search);
    searched = std::move(fits.search->points);
    fits.search->points.clear();
  }

  begin("verdict");
  Families families(network);
  const std::size_t count = searched.size();
  for (StationaryPoint& point : searched) families.add(std::move(point));
  const std::size_t proven = families.size();
  // Each copy is a point of a complete list.
  double copies = 0.0;
  for (std::size_t k = 0; k < proven; ++k) copies += families[k].copies;
  const bool is_list = fits.search && fits.search->finished && fits.search->region_holds_all;
  bool contradicts = is_list && copies != static_cast<double>(count);
  std::vector<int> family_of_point;
  for (const StationaryPoint& point : explored) {
    const auto known = families.find(point.weights, point.energy, point.morse_index);
    // What a finished search does not have is none.
    const bool is_excluded = is_list && (!known || *known >= proven);
    if (is_excluded && point.status != PointStatus::certified) {
      family_of_point.push_back(-1);
      continue;
    }
    contradicts = contradicts || is_excluded;
    family_of_point.push_back(static_cast<int>(families.add(point)));
  }
  fits.reached_by.assign(families.size(), -1);
  for (std::size_t b = 0; fits.tree && b < fits.tree->branches.size(); ++b)
    if (const auto& end = fits.tree->branches[b].end)
      if (const auto of = families.find(end->weights, end->energy, end->morse_index))
        fits.reached_by[*of] = static_cast<int>(b);
  take_families(families, std::move(family_of_point), fits);
  for (StationaryPoint& point : fits.points) {
    const Matrix W = point.weights.head(network.columns() * network.units())
                         .reshaped(network.columns(), network.units());
    point.data_sensitivity = kEpsilon * (network.inputs().cwiseAbs() * W.cwiseAbs()).maxCoeff();
  }
  judge_list(fits, contradicts);
  judge_best(fits);
  return fits;
}

}  // namespace tautrack
