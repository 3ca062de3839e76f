#pragma once

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"

namespace tautrack {

/// Highest dimension of homology that is computed: components, loops, voids.
inline constexpr int max_homology_dimension = 2;

/// How persistent homology is computed. Safe to start from the defaults.
struct HomologyOptions {
  int dimension = 2;         ///< Highest one that is wanted. 0, 1 or 2.
  Index points = 400;        ///< A larger cloud is thinned to so many points. 1 to 2000.
  long simplices = 1000000;  ///< Budget: a larger complex is cut off at a smaller scale. >= 1.
  /// Edges up to this length are looked at. > 0. By itself the computation ends where the complex
  /// becomes a cone and nothing more can happen.
  double scale = std::numeric_limits<double>::infinity();
  int field = 11;      ///< Prime p below 1000: coefficients are integers modulo p.
  StopCondition stop;  ///< Once it is met there is no barcode: HomologyStatus::stopped.

  /// Nothing when usable; else one sentence with the field, its value and the rule it breaks.
  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// A class of homology that is there at scales from birth to death, a bar of the barcode.
struct HomologyInterval {
  int dimension = 0;  ///< 0: a component, 1: a loop, 2: a void.
  double birth = 0.0;
  double death = 0.0;  ///< > birth; infinity: it outlives the largest scale that was looked at.
  [[nodiscard]] double length() const noexcept { return death - birth; }
};

/// Outcome of persistent_homology().
enum class HomologyStatus {
  not_started,
  complete,     ///< The only success.
  too_large,    ///< A budget is too small; the message says which.
  unavailable,  ///< The library was built without GUDHI.
  stopped       ///< HomologyOptions::stop was met before the barcode was finished.
};
[[nodiscard]] std::string_view to_string(HomologyStatus status) noexcept;

/// Persistent homology of a cloud of points.
struct PersistentHomology {
  HomologyStatus status = HomologyStatus::not_started;
  std::string message = "persistent_homology() was not called";  ///< One sentence unless complete.
  std::vector<Index> sample;  ///< Rows that the complex is built on, in increasing order.
  /// Largest distance of a point to the nearest one of the sample. A bar that is no longer than
  /// twice this number may belong to the thinning.
  double covering_radius = 0.0;
  double scale = 0.0;    ///< The largest one that was looked at.
  bool is_whole = true;  ///< Whether the budget of simplices did not lower it.
  int dimension = 0;     ///< The highest one that was looked at.
  /// Of the complex, after edge collapse. 0 in dimension 0, which needs none.
  long edges = 0, simplices = 0;
  std::vector<HomologyInterval> intervals;  ///< By dimension, the longest first; none of length 0.
  [[nodiscard]] bool ok() const noexcept { return status == HomologyStatus::complete; }

  /// The Betti numbers of the complex at this scale; zeros above `dimension`.
  [[nodiscard]] std::array<int, max_homology_dimension + 1> betti(double at_scale) const;
};

/// Whether the library was built with GUDHI: without it there is no persistent homology.
[[nodiscard]] bool has_persistent_homology() noexcept;

/// Rows of well spread points, in increasing order: first the row farthest from the mean, then again
/// and again the one farthest from all chosen (Gonzalez 1985), until there are `count` or all others
/// are copies of chosen ones. Ties go to the first row, so the choice is the same every time.
/// @param points N x d, finite, N >= 1, d >= 1.
/// @param covering_radius Set to the largest distance of a row to the nearest chosen one.
/// @throws std::invalid_argument. Cost: N d count.
[[nodiscard]] std::vector<Index> farthest_points(const Matrix& points, Index count,
                                                 double& covering_radius);

/// The homology of the Vietoris-Rips complexes of the points: at scale t it has a simplex for every
/// set of points whose distances are all <= t. Distances are Euclidean, and a circle of radius r that
/// is sampled closely gives a loop that dies at sqrt(3) r. Edges that do not change the homology are
/// collapsed first (Boissonnat & Pritam 2020); the rest is the persistent cohomology of GUDHI. The
/// collapse takes longest: from seconds to minutes for 2000 points, by their dimension.
///
/// @param points N x d, finite, N >= 1, d >= 1: one point a row.
/// @throws std::invalid_argument for other points and for unusable options.
[[nodiscard]] PersistentHomology persistent_homology(const Matrix& points,
                                                     const HomologyOptions& options = {});

/// Why a Betti number is what it is.
struct BettiEvidence {
  int dimension = 0;
  int count = 0;                  ///< The Betti number.
  double shortest_counted = 0.0;  ///< Length of a bar; 0 when none is counted.
  double longest_rest = 0.0;      ///< Length of a bar; 0 when all are counted.
  double floor = 0.0;             ///< Bars this short are noise whatever the others are.
  double ratio = 0.0;             ///< shortest_counted over the larger one of the two others.
  bool clear = false;
  std::string reason;  ///< One sentence.
};

/// Betti numbers of the shape that the points are a sample of, as far as the barcode tells.
struct BettiDecision {
  std::array<int, max_homology_dimension + 1> numbers{};
  bool clear = false;  ///< Whether all numbers are.
  /// The scale at which what is counted as one component holds together.
  double resolution = 0.0;
  /// Where the first two components that count merge; infinity with one. Bars of loops and voids
  /// that are born later do not count.
  double merged_at = std::numeric_limits<double>::infinity();
  std::vector<BettiEvidence> evidence;  ///< By dimension.

  /// The bars that count: of each dimension as many as its number says. In the order of the barcode.
  [[nodiscard]] std::vector<bool> counted(const PersistentHomology& homology) const;

  /// The first evidence that is not clear, or nothing.
  [[nodiscard]] const BettiEvidence* doubt() const noexcept;
};

/// Decides by gaps: bars count that are `gap` times as long as all bars which do not. If there are
/// several such gaps the one below the most bars counts (the finest shape). In dimension 0 at most
/// half of the points can be components. Above it, bars born only where components have merged are
/// about something larger and do not count, and bars shorter than half the resolution never do.
/// A number is not clear when no gap is that large and the bars are not all short either, or when a
/// finer gap gets two fifths as far above one as `gap` does. It is a statement on a sample, never a
/// proof: what is finer than the spacing of the points cannot be seen.
/// @param homology Complete.   @param gap > 1.
/// @throws std::invalid_argument otherwise.
[[nodiscard]] BettiDecision decide_betti(const PersistentHomology& homology, double gap = 2.0);

/// "(1, 2, 1)"
[[nodiscard]] std::string betti_text(const std::array<int, max_homology_dimension + 1>& numbers);

}  // namespace tautrack
