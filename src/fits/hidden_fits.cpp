#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "tautrack/fits/all_fits.hpp"

#include "core/checked.hpp"
#include "core/decompositions.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "explore/descent.hpp"
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

/// Weights nearer than this, relative to one or their size, and energies nearer than that, relative, are those of copies: the
/// index is the same as well, so that no two ends of a fold are.
constexpr double kSameCopy = 1e-8, kSameCopyEnergy = 1e-9;

/// Copies of one family that are counted exactly, in a sum of many as well.
constexpr double kMostCopies = 0x1p40;

/// Symmetries of the data beyond this number are not looked for.
constexpr std::size_t kMostSymmetries = 10000;

/// Independent columns up to which one hidden unit is searched by intervals by default: an input and a bias.
constexpr Index kSearchedColumns = 2;

/// What weights are, unit by unit.
class UnitWeights {
 public:
  UnitWeights(const HiddenLayer& network, const Vector& weights)
      : s_(network.columns()), h_(network.units()), K_(network.outputs()), w_(weights) {
    const Range ends = range(network.options().activation);
    shift_ = ends.low + ends.high - 2.0 * network.origin();
    has_bias_ = network.has_free_bias();
    may_turn_ = network.has_sign_symmetry();
    may_move_ = network.has_unit_symmetry();
  }

  [[nodiscard]] const Vector& weights() const { return w_; }
  [[nodiscard]] Index units() const { return h_; }

  /// Hidden and output weights of a unit.
  [[nodiscard]] Vector unit(Index j) const {
    Vector out(s_ + K_);
    out.head(s_) = w_.segment(j * s_, s_);
    for (Index k = 0; k < K_; ++k) out(s_ + k) = w_(output(j, k));
    return out;
  }
  void set_unit(Index j, const Vector& unit) {
    w_.segment(j * s_, s_) = unit.head(s_);
    for (Index k = 0; k < K_; ++k) w_(output(j, k)) = unit(s_ + k);
  }
  [[nodiscard]] Vector bias() const { return w_.tail(has_bias_ ? K_ : 0); }

  /// Turns a unit over; no output changes. @pre may_turn()
  void turn(Index j) {
    for (Index k = 0; has_bias_ && k < K_; ++k) w_(w_.size() - K_ + k) += shift_ * w_(output(j, k));
    set_unit(j, -unit(j));
  }
  [[nodiscard]] bool may_turn() const { return may_turn_; }
  [[nodiscard]] bool may_move() const { return may_move_; }
  /// Whether turning a unit rounds a bias.
  [[nodiscard]] bool turns_round() const { return shift_ != 0.0; }

  /// The image under a symmetry of the data.
  [[nodiscard]] UnitWeights image(const DataSymmetry& of) const {
    UnitWeights out = *this;
    for (Index j = 0; j < h_; ++j) {
      for (Index a = 0; a < s_; ++a)
        out.w_(j * s_ + a) = of.sign(a) * w_(j * s_ + of.column[at(a)]);
      for (Index k = 0; k < K_; ++k) out.w_(output(j, k)) = of.output_sign(k) * w_(output(j, k));
    }
    for (Index k = 0; has_bias_ && k < K_; ++k)
      out.w_(w_.size() - K_ + k) = of.output_sign(k) * w_(w_.size() - K_ + k);
    return out;
  }

  /// Whether the units of this one, exchanged and turned over, are those of the other one.
  [[nodiscard]] bool is_copy_of(UnitWeights other) const {
    const double margin = kSameCopy * (1.0 + w_.norm());
    std::vector<bool> is_taken(at(h_), false);
    for (Index j = 0; j < h_; ++j) {
      const Vector own = unit(j);
      bool is_found = false;
      for (Index l = may_move_ ? 0 : j; !is_found && l < (may_move_ ? h_ : j + 1); ++l) {
        if (is_taken[at(l)]) continue;
        const Vector there = other.unit(l);
        is_found = (own - there).norm() <= margin;
        if (!is_found && may_turn_ && (own + there).norm() <= margin) {
          other.turn(l);
          is_found = true;
        }
        if (is_found) is_taken[at(l)] = true;
      }
      if (!is_found) return false;
    }
    return (bias() - other.bias()).norm() <= margin;
  }

  /// The copy in which the first output weight of each unit is positive, and units come in falling order of their output
  /// weights, then of their hidden ones.
  [[nodiscard]] UnitWeights canonical() const {
    UnitWeights out = *this;
    for (Index j = 0; may_turn_ && j < h_; ++j) {
      const Vector own = unit(j);
      const auto first =
          std::find_if(own.begin() + s_, own.end(), [](double b) { return b != 0.0; });
      if (first != own.end() && *first < 0.0) out.turn(j);
    }
    if (!may_move_) return out;
    std::vector<Vector> all;
    for (Index j = 0; j < h_; ++j) all.push_back(out.unit(j));
    const auto is_before = [&](const Vector& a, const Vector& b) {
      for (Index k = 0; k < K_; ++k)
        if (a(s_ + k) != b(s_ + k)) return a(s_ + k) > b(s_ + k);
      return std::lexicographical_compare(b.begin(), b.begin() + s_, a.begin(), a.begin() + s_);
    };
    std::stable_sort(all.begin(), all.end(), is_before);
    for (Index j = 0; j < h_; ++j) out.set_unit(j, all[at(j)]);
    return out;
  }

 private:
  [[nodiscard]] Index output(Index j, Index k) const { return s_ * h_ + k * h_ + j; }

  Index s_, h_, K_;
  Vector w_;
  double shift_ = 0.0;
  bool has_bias_ = false, may_turn_ = false, may_move_ = false;
};

/// Families of points.
class Families {
 public:
  explicit Families(const HiddenLayer& network)
      : network_(network), symmetries_(data_symmetries(network)) {}

  [[nodiscard]] const std::vector<DataSymmetry>& symmetries() const { return symmetries_; }
  [[nodiscard]] std::vector<StationaryPoint> take() { return std::move(points_); }
  [[nodiscard]] std::size_t size() const { return points_.size(); }
  [[nodiscard]] const StationaryPoint& operator[](std::size_t k) const { return points_[k]; }

  /// The family of these weights, if it is there.
  [[nodiscard]] std::optional<std::size_t> find(const Vector& weights, double energy,
                                                std::optional<int> index) const {
    const double margin = kSameCopyEnergy * std::max(1.0, std::abs(energy));
    std::vector<UnitWeights> images;
    for (auto of = by_energy_.lower_bound(energy - margin);
         of != by_energy_.end() && of->first <= energy + margin; ++of) {
      if (index && points_[of->second].morse_index != index) continue;
      if (images.empty())
        for (const DataSymmetry& symmetry : symmetries_)
          images.push_back(UnitWeights(network_, weights).image(symmetry));
      const UnitWeights own(network_, points_[of->second].weights);
      if (std::any_of(images.begin(), images.end(),
                      [&](const UnitWeights& image) { return own.is_copy_of(image); }))
        return of->second;
    }
    return std::nullopt;
  }

  /// @return The family of the point, a new one if need be.
  std::size_t add(StationaryPoint point) {
    if (const auto known = find(point.weights, point.energy, point.morse_index)) return *known;
    const UnitWeights own = UnitWeights(network_, point.weights).canonical();
    if (own.turns_round()) point.radius *= 1.0 + kEpsilon;
    point.weights = own.weights();
    point.copies = copies_of(own);
    by_energy_.emplace(point.energy, points_.size());
    points_.push_back(std::move(point));
    return points_.size() - 1;
  }

 private:
  [[nodiscard]] double copies_of(const UnitWeights& own) const {
    std::vector<UnitWeights> different;
    for (const DataSymmetry& symmetry : symmetries_) {
      UnitWeights image = own.image(symmetry);
      if (std::none_of(different.begin(), different.end(),
                       [&](const UnitWeights& other) { return other.is_copy_of(image); }))
        different.push_back(std::move(image));
    }
    return static_cast<double>(different.size()) *
           network_.orbit_size(network_.coordinates(own.weights()));
  }

  const HiddenLayer& network_;
  std::vector<DataSymmetry> symmetries_;
  std::vector<StationaryPoint> points_;
  std::multimap<double, std::size_t> by_energy_;
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
  for (Link link : exploration.links) {
    if (!renumber(link.from) || !renumber(link.to)) continue;
    const bool is_known = std::any_of(links.begin(), links.end(), [&](const Link& other) {
      return other.kind == link.kind && other.from == link.from && other.to == link.to;
    });
    if (link.kind != CurveKind::symmetry && link.from != link.to && !is_known)
      links.push_back(link);
  }
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

std::vector<DataSymmetry> data_symmetries(const HiddenLayer& network) {
  const Matrix& X = network.inputs();
  const Index L = X.rows(), s = X.cols(), K = network.outputs();
  DataSymmetry same;
  same.column.resize(at(s));
  std::iota(same.column.begin(), same.column.end(), Index{0});
  same.sign = Vector::Ones(s);
  same.output_sign = Vector::Ones(K);
  std::vector<DataSymmetry> all{same};
  if (network.has_offset()) return all;

  // Columns with the same numbers, up to order, and their negatives; zero has one sign.
  const auto sorted = [](Vector column) {
    column.array() += 0.0;
    std::sort(column.begin(), column.end());
    return column;
  };
  std::vector<Vector> plus, minus;
  for (Index j = 0; j < s; ++j) {
    plus.push_back(sorted(X.col(j)));
    minus.push_back(sorted(-X.col(j)));
  }
  const HiddenLayerOptions& options = network.options();
  const Range ends = range(options.activation);
  const bool may_turn_outputs =
      (options.output == OutputNode::linear || ends.low + ends.high == 0.0) &&
      options.held_output_bias.value_or(0.0) == 0.0;
  const Matrix Y = network.targets().reshaped(L, K);
  const auto table = [&](const DataSymmetry& of) {
    std::vector<std::vector<double>> rows;
    for (Index i = 0; i < L; ++i) {
      std::vector<double>& row = rows.emplace_back();
      for (Index j = 0; j < s; ++j) row.push_back(of.sign(j) * X(i, of.column[at(j)]) + 0.0);
      for (Index k = 0; k < K; ++k) row.push_back(of.output_sign(k) * Y(i, k) + 0.0);
      row.push_back(network.pattern_weights()(i));
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  };
  const auto as_given = table(same);

  std::size_t tried = 0;
  std::vector<bool> is_taken(at(s), false);
  DataSymmetry trial = same;
  const auto try_outputs = [&] {
    const Index signs = may_turn_outputs ? Index{1} << std::min<Index>(K, 10) : 1;
    for (Index bits = 0; bits < signs; ++bits) {
      for (Index k = 0; k < K; ++k) trial.output_sign(k) = (bits >> k) & 1 ? -1.0 : 1.0;
      if (++tried > kMostSymmetries) return;
      const bool is_same = trial.column == same.column && trial.sign == same.sign && bits == 0;
      if (!is_same && table(trial) == as_given) all.push_back(trial);
    }
  };
  const auto assign = [&](const auto& self, Index j) -> void {
    if (tried > kMostSymmetries) return;
    if (j == s) {
      try_outputs();
      return;
    }
    for (Index from = 0; from < s; ++from) {
      if (is_taken[at(from)]) continue;
      for (const double sign : {1.0, -1.0}) {
        if ((sign > 0.0 ? plus : minus)[at(from)] != plus[at(j)]) continue;
        is_taken[at(from)] = true;
        trial.column[at(j)] = from;
        trial.sign(j) = sign;
        self(self, j + 1);
        is_taken[at(from)] = false;
      }
    }
  };
  assign(assign, 0);
  // Of a part of a group counts would be wrong.
  if (tried > kMostSymmetries) all.resize(1);
  return all;
}

UnitFacts unit_facts(const HiddenLayer& network, const Vector& weights, double tolerance) {
  const UnitWeights of(network, weights);
  double largest = 0.0;
  for (Index j = 0; j < of.units(); ++j) largest = std::max(largest, of.unit(j).norm());
  const double margin = tolerance * std::max(1.0, largest);
  UnitFacts facts;
  std::vector<bool> is_told(at(of.units()), false);
  for (Index j = 0; j < of.units(); ++j) {
    const Vector own = of.unit(j);
    if (own.norm() <= margin) {
      facts.dead.push_back(j);
      continue;
    }
    if (is_told[at(j)]) continue;
    std::vector<Index> group{j};
    for (Index l = j + 1; l < of.units(); ++l) {
      const Vector other = of.unit(l);
      if ((own - other).norm() > margin && !(of.may_turn() && (own + other).norm() <= margin))
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
