#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/exhaustive/energy_bound.hpp"
#include "tautrack/exhaustive/search.hpp"
#include "tautrack/explore/explore.hpp"
#include "tautrack/geometry/uniqueness.hpp"
#include "tautrack/infinity/strata.hpp"
#include "tautrack/network/data_symmetry.hpp"
#include "tautrack/network/stationary_point.hpp"
#include "tautrack/path/branch_tree.hpp"

namespace tautrack {

/// How much is known about a list of stationary points having no gaps, in rising order.
enum class Completeness {
  heuristic,         ///< Searched until nothing new came up, or until the budget was used up.
  index_consistent,  ///< Also: the sum of (-1)^index is the value that topology forces.
  complete_in_box,   ///< Proven by interval arithmetic within a stated box.
  complete           ///< Proven, and the outside of the box is proven empty.
};

/// "heuristic", "index-consistent", "complete-in-box", "complete".
[[nodiscard]] std::string_view to_string(Completeness level) noexcept;

enum class Answer { yes, no, unknown };

[[nodiscard]] std::string_view to_string(Answer answer) noexcept;

/// What is looked at, and how long.
struct FitOptions {
  /// Wall time of all parts together, > 0. Their own seconds count where they are less. A part that is cut off keeps
  /// what it has, and what it did not do is said.
  double seconds = 60.0;
  /// What it keeps in a memo is the exploration of the whole problem and the lower bound of the energy, what it shares
  /// among ranks the exploration alone.
  ExploreOptions explore;
  std::vector<Vector> starts;  ///< Weights near stationary points to start from, s each.
  /// Interval search: nothing: with at most `exhaustive_rank` weights, and, for as long as it gets on well enough to
  /// finish, with one more, or two more and at most `exhaustive_patterns` patterns; else whenever it is true.
  std::optional<bool> exhaustive;
  int exhaustive_rank = 3;       ///< >= 0.
  int exhaustive_patterns = 15;  ///< >= 0.
  SearchOptions search;          ///< Its threads and stop are those of `explore`.
  StrataOptions strata;          ///< Its stop is that of `explore`.
  /// Of the lower bound of the energy, which is looked for when nothing else proves the best fit to be the best; its
  /// threads and stop are those of `explore`.
  EnergyBoundOptions bound;
  /// Called from the calling thread when a part begins, with its name.
  std::function<void(std::string_view)> begins;

  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// Every fit of one problem that was found, with the evidence.
struct AllFits {
  std::vector<StationaryPoint> points;  ///< By energy.
  /// By energy: local infima, limits not decided to be none, and, where strata are not enumerated, limits that
  /// are none but to which descents ran.
  std::vector<InfinitePoint> at_infinity;
  /// Local infima of higher energy that are left out there: steps of one input, where patterns times limits are
  /// more than some million.
  std::size_t unlisted_limits = 0;

  Completeness level = Completeness::heuristic;
  /// Sum of (-1)^index over points with a known index, all copies counted.
  long index_sum = 0;
  std::optional<int> expected_index_sum;  ///< Nothing: not known for these data.
  std::string level_reason;  ///< One sentence; says how to spend more effort if that helps.

  std::optional<int> global_minimum;  ///< Into `points`; nothing: at infinity, or none known.
  bool infimum_at_infinity = false;   ///< The lowest energy is at_infinity.front(), not attained.
  bool global_is_proven = false;      ///< And that is a theorem.
  std::string global_reason;          ///< One sentence.

  Answer unique = Answer::unknown;  ///< Is there one local minimum and no more, infinity included?
  std::string unique_reason;        ///< One sentence.
  /// What geometry proves of the best finite minimum without a list; nothing without such a
  /// minimum.
  std::optional<UniquenessCertificate> certificate;

  Exploration exploration;           ///< Without its points, which are above; links refer to them.
  std::optional<EnergyBound> bound;  ///< Without its weights; only if one was looked for.
  std::optional<SearchResult> search;  ///< Without its points; only if one was made.
  StrataResult strata;                 ///< Without its infima.
  /// Of a hidden layer: the curves of the natural homotopy from tau = 0 on, and for each point the number of one that ends
  /// there, or -1.
  std::optional<BranchTree> tree;
  std::vector<int> reached_by;
};

/// All stationary points of the energy at tau = 1 and all local infima at infinite weights:
/// explores by curves, searches exhaustively where that can be afforded, enumerates strata at
/// infinity or tests those that curves ran away to, and says what is known of the whole.
/// @throws std::invalid_argument as its parts do.
[[nodiscard]] AllFits find_all_fits(const Perceptron& network, const FitOptions& options = {});

/// The same for a network with a hidden layer, as explore() takes it. The list has each family of points that the
/// symmetries of the units, and those of the data, make of one (data_symmetries()) once, with its number of `copies`; `weights`
/// are HiddenLayer::weights(). The ridge keeps all weights finite, so that nothing is at infinity; the sum of (-1)^index is 1.
/// Interval search: by default with one unit, one input and a bias. The best fit is proven only by a complete list. `unique` is
/// about families.
[[nodiscard]] AllFits find_all_fits(const HiddenLayer& network, const FitOptions& options = {});

/// Units of a point that stand out.
struct UnitFacts {
  std::vector<Index> dead;  ///< No weights, to `tolerance` relative to the largest one.
  std::vector<std::vector<Index>>
      equal;  ///< Groups with the same weights, up to signs where they are a symmetry.
};
/// @param weights As HiddenLayer::weights().
[[nodiscard]] UnitFacts unit_facts(const HiddenLayer& network, const Vector& weights,
                                   double tolerance = 1e-8);

/// Says global_reason with the energies that `fits` has now, for who has put them into other units or added a
/// constant to them.
void say_energies_again(AllFits& fits);

}  // namespace tautrack
