#include "tautrack/topology/persistent_homology.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "core/checked.hpp"
#include "core/names.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"
#include "topology/rips_persistence.hpp"

namespace tautrack {

namespace {

constexpr NameTable<HomologyStatus, 5> kStatuses{{
    {HomologyStatus::not_started, "not started"},
    {HomologyStatus::complete, "complete"},
    {HomologyStatus::too_large, "too large"},
    {HomologyStatus::unavailable, "unavailable"},
    {HomologyStatus::stopped, "stopped"},
}};

/// Distances to all points for each chosen one: more of them take more than about a minute.
constexpr double kMostThinning = 2e10;

/// The edges of more points may take longer than some minutes to collapse.
constexpr Index kMostPoints = 2000;

/// A larger field tells nothing more, and its table of inverses takes time.
constexpr int kFieldsEnd = 1000;

bool is_prime(int p) {
  if (p < 2) return false;
  for (int q = 2; q * q <= p; ++q)
    if (p % q == 0) return false;
  return true;
}

void check_points(const Matrix& points) {
  if (points.rows() < 1 || points.cols() < 1)
    throw std::invalid_argument("points must have at least one row and one column, got " +
                                std::to_string(points.rows()) + " x " +
                                std::to_string(points.cols()));
  if (!points.allFinite()) throw std::invalid_argument("points must be finite");
}

/// The power of two that brings the largest coordinate into [1/2, 1), so that no square of a
/// difference overflows; exact but for coordinates that do not matter beside the largest.
int exponent_of(const Matrix& points) {
  int exponent = 0;
  static_cast<void>(std::frexp(points.cwiseAbs().maxCoeff(), &exponent));
  return exponent;
}

Matrix scaled(const Matrix& points, int exponent) {
  return points.unaryExpr([&](double x) { return std::ldexp(x, -exponent); });
}

/// farthest_points() of points that need no scaling, which are columns.
/// @throws detail::HomologyStopped
std::vector<Index> choose(const Matrix& columns, Index count, double& covering_radius,
                          const StopCondition& stop = {}) {
  Index next = 0;
  (columns.colwise() - columns.rowwise().mean()).colwise().squaredNorm().maxCoeff(&next);
  Eigen::RowVectorXd nearest = Eigen::RowVectorXd::Constant(columns.cols(), kInfinity);
  std::vector<Index> chosen;
  double farthest = kInfinity;
  while (static_cast<Index>(chosen.size()) < count && farthest > 0.0) {
    detail::look_at(stop);
    chosen.push_back(next);
    const Vector from = columns.col(next);
    nearest = nearest.cwiseMin((columns.colwise() - from).colwise().squaredNorm());
    farthest = nearest.maxCoeff(&next);
  }
  covering_radius = std::sqrt(farthest);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

#ifdef TAUTRACK_WITH_GUDHI

/// All edges of the sample up to the largest scale, which is lowered to where one point is joined to
/// all others.
/// @throws detail::HomologyStopped
std::vector<detail::WeightedEdge> edges_of(const Matrix& sample, double& scale,
                                           const StopCondition& stop) {
  const Index count = sample.cols();
  Matrix distances(count, count);
  for (Index j = 0; j < count; ++j) {
    detail::look_at(stop);
    distances.col(j) = (sample.colwise() - sample.col(j)).colwise().norm();
  }
  scale = std::min(scale, distances.colwise().maxCoeff().minCoeff());
  std::vector<detail::WeightedEdge> edges;
  for (Index j = 1; j < count; ++j)
    for (Index i = 0; i < j; ++i)
      if (distances(i, j) <= scale)
        edges.push_back({static_cast<int>(i), static_cast<int>(j), distances(i, j)});
  return edges;
}

#endif

/// Lengths of bars of one dimension, the longest first.
std::vector<double> lengths_of(const PersistentHomology& homology, int dimension,
                               double born_before) {
  std::vector<double> lengths;
  for (const HomologyInterval& interval : homology.intervals)
    if (interval.dimension == dimension && interval.birth < born_before)
      lengths.push_back(std::min(interval.death, homology.scale) - interval.birth);
  std::sort(lengths.rbegin(), lengths.rend());
  return lengths;
}

/// The components of the sample, whose points are columns, by Prim's minimum spanning tree; the scale
/// is lowered as edges_of() does.
/// @throws detail::HomologyStopped
std::vector<HomologyInterval> components_of(const Matrix& sample, double& scale,
                                            const StopCondition& stop) {
  const Index count = sample.cols();
  Eigen::RowVectorXd nearest = Eigen::RowVectorXd::Constant(count, kInfinity);
  std::vector<bool> is_in(static_cast<std::size_t>(count), false);
  std::vector<double> lengths;
  double enclosing = kInfinity;
  for (Index step = 0, next = 0; step < count; ++step) {
    detail::look_at(stop);
    is_in[static_cast<std::size_t>(next)] = true;
    const Eigen::RowVectorXd from = (sample.colwise() - sample.col(next)).colwise().norm();
    enclosing = std::min(enclosing, from.maxCoeff());
    nearest = nearest.cwiseMin(from);
    Index best = -1;
    for (Index j = 0; j < count; ++j)
      if (!is_in[static_cast<std::size_t>(j)] && (best < 0 || nearest(j) < nearest(best))) best = j;
    if (best < 0) break;
    lengths.push_back(nearest(best));
    next = best;
  }
  scale = std::min(scale, enclosing);
  std::vector<HomologyInterval> intervals{{0, 0.0, kInfinity}};
  for (const double length : lengths)
    intervals.push_back({0, 0.0, length <= scale ? length : kInfinity});
  return intervals;
}

/// A number for a sentence.
std::string short_number(double value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

std::string noun(int dimension, int count) {
  static const char* const names[][2] = {
      {"component", "components"}, {"loop", "loops"}, {"void", "voids"}};
  return std::to_string(count) + " " + names[dimension][count == 1 ? 0 : 1];
}

/// Finds the gap in lengths, the longest first, of which the first `most` may count.
BettiEvidence find_gap(int dimension, const std::vector<double>& lengths, std::size_t most,
                       double floor, double gap) {
  const double near = 1.0 + 0.4 * (gap - 1.0);  // a gap that is none, but nearly
  const auto rest_after = [&](std::size_t count) {
    return count < lengths.size() ? lengths[count] : 0.0;
  };
  const auto ratio_after = [&](std::size_t count) {
    const double rest = std::max(rest_after(count), floor);
    return rest > 0.0 ? lengths[count - 1] / rest : kInfinity;
  };
  BettiEvidence evidence;
  evidence.dimension = dimension;
  evidence.floor = floor;
  std::size_t count = 0, doubtful = 0;
  for (std::size_t c = 1; c <= std::min(most, lengths.size()); ++c) {
    if (!(lengths[c - 1] > floor)) break;
    if (ratio_after(c) >= gap)
      count = c;
    else if (ratio_after(c) >= near)
      doubtful = c;
  }
  evidence.clear = doubtful <= count;
  if (count == 0) {
    const double longest = lengths.empty() ? 0.0 : lengths.front();
    // No gap: then all bars have to be short.
    evidence.clear = dimension > 0 && longest <= near * floor;
    if (!evidence.clear) {
      count = doubtful;
      for (std::size_t c = 1; c <= std::min(most, lengths.size()) && doubtful == 0; ++c)
        if (lengths[c - 1] > floor && (count == 0 || ratio_after(c) > ratio_after(count)))
          count = c;
    }
  }
  evidence.count = static_cast<int>(count);
  evidence.longest_rest = rest_after(count);
  if (count > 0) {
    evidence.shortest_counted = lengths[count - 1];
    evidence.ratio = ratio_after(count);
  }
  std::string& reason = evidence.reason;
  reason = noun(dimension, evidence.count) + ": ";
  if (lengths.empty())
    reason += "there is no bar";
  else if (count == 0)
    reason += "the longest bar, " + short_number(lengths.front()) +
              ", is not long beside the spacing of the points";
  else
    reason += std::string(count == 1 ? "its bar, " : "the shortest of their bars, ") +
              short_number(evidence.shortest_counted) + ", is " + short_number(evidence.ratio) +
              " times as long as " +
              (evidence.longest_rest >= floor ? "the longest of the rest"
                                              : "half the spacing of the points, and the rest is "
                                                "shorter");
  if (!evidence.clear)
    reason = "ambiguous, perhaps " + reason +
             (doubtful > count ? ", but " + noun(dimension, static_cast<int>(doubtful)) +
                                     " would do nearly as well"
                               : ", which is no clear gap");
  return evidence;
}

/// Adds the homology of the sample; false where it is too large.
/// @throws detail::HomologyStopped
bool add_rips([[maybe_unused]] const Matrix& sample, [[maybe_unused]] double scale,
              [[maybe_unused]] int exponent, [[maybe_unused]] const HomologyOptions& options,
              [[maybe_unused]] PersistentHomology& result) {
#ifdef TAUTRACK_WITH_GUDHI
  const std::vector<detail::WeightedEdge> edges = edges_of(sample, scale, options.stop);
  detail::RipsOutcome outcome =
      detail::rips_persistence(static_cast<int>(sample.cols()), edges, options);
  result.edges = outcome.edges;
  result.simplices = outcome.simplices;
  result.is_whole = outcome.is_whole;
  result.scale = std::ldexp(outcome.is_whole ? scale : outcome.scale, exponent);
  if (!outcome.fits) {
    result.status = HomologyStatus::too_large;
    result.message = "the complex has more than " + std::to_string(options.simplices) +
                     " simplices at any scale: ask for fewer points or for more simplices";
    return false;
  }
  result.intervals = std::move(outcome.intervals);
#endif
  return true;
}

}  // namespace

std::string_view to_string(HomologyStatus status) noexcept { return name_of(kStatuses, status); }

std::optional<std::string> HomologyOptions::invalid_reason() const {
  if (dimension < 0 || dimension > max_homology_dimension)
    return "dimension must be 0, 1 or 2, got " + std::to_string(dimension);
  if (points < 1 || points > kMostPoints)
    return "points must be from 1 to " + std::to_string(kMostPoints) + ", got " +
           std::to_string(points);
  if (simplices < 1) return "simplices must be at least 1, got " + std::to_string(simplices);
  if (!(scale > 0.0)) return "scale must be > 0, got " + number(scale);
  if (!is_prime(field) || field >= kFieldsEnd)
    return "field must be a prime below " + std::to_string(kFieldsEnd) + ", got " +
           std::to_string(field);
  return std::nullopt;
}

std::array<int, max_homology_dimension + 1> PersistentHomology::betti(double at_scale) const {
  std::array<int, max_homology_dimension + 1> numbers{};
  for (const HomologyInterval& interval : intervals)
    if (interval.birth <= at_scale && at_scale < interval.death)
      ++numbers.at(static_cast<std::size_t>(interval.dimension));
  return numbers;
}

bool has_persistent_homology() noexcept {
#ifdef TAUTRACK_WITH_GUDHI
  return true;
#else
  return false;
#endif
}

std::vector<Index> farthest_points(const Matrix& points, Index count, double& covering_radius) {
  check_points(points);
  if (count < 1)
    throw std::invalid_argument("count must be at least 1, got " + std::to_string(count));
  const int exponent = exponent_of(points);
  std::vector<Index> chosen = choose(scaled(points, exponent).transpose(), count, covering_radius);
  covering_radius = std::ldexp(covering_radius, exponent);
  return chosen;
}

namespace {

/// persistent_homology() of points and options that are usable, in a library with GUDHI.
/// @throws detail::HomologyStopped: then the result has what is known of the sample.
void find_homology(const Matrix& points, const HomologyOptions& options,
                   PersistentHomology& result) {
  const auto wanted = static_cast<double>(std::min(options.points, points.rows()));
  if (static_cast<double>(points.size()) * wanted > kMostThinning) {
    result.status = HomologyStatus::too_large;
    result.message = "thinning " + std::to_string(points.rows()) + " points of " +
                     std::to_string(points.cols()) + " coordinates to " + number(wanted) +
                     " takes too long: ask for fewer points";
    return;
  }
  const int exponent = exponent_of(points);
  const Matrix columns = scaled(points, exponent).transpose();
  result.sample = choose(columns, options.points, result.covering_radius, options.stop);
  result.covering_radius = std::ldexp(result.covering_radius, exponent);
  double scale = std::ldexp(options.scale, -exponent);
  const Matrix sample = columns(Eigen::all, result.sample);
  if (options.dimension == 0) {
    result.intervals = components_of(sample, scale, options.stop);
    result.scale = std::ldexp(scale, exponent);
  } else if (!add_rips(sample, scale, exponent, options, result)) {
    return;
  }
  for (HomologyInterval& interval : result.intervals) {
    interval.birth = std::ldexp(interval.birth, exponent);
    interval.death = std::ldexp(interval.death, exponent);
  }
  std::sort(result.intervals.begin(), result.intervals.end(),
            [&](const HomologyInterval& a, const HomologyInterval& b) {
              if (a.dimension != b.dimension) return a.dimension < b.dimension;
              const double in_sight = std::min(a.death, result.scale) - a.birth;
              const double in_sight_b = std::min(b.death, result.scale) - b.birth;
              if (in_sight != in_sight_b) return in_sight > in_sight_b;
              if (a.death != b.death) return a.death > b.death;
              return a.birth < b.birth;
            });
  result.status = HomologyStatus::complete;
  result.message.clear();
}

}  // namespace

PersistentHomology persistent_homology(const Matrix& points, const HomologyOptions& options) {
  check_points(points);
  checked(options);
  PersistentHomology result;
  result.dimension = options.dimension;
  if (!has_persistent_homology()) {
    result.status = HomologyStatus::unavailable;
    result.message =
        "persistent homology needs GUDHI (Debian package libgudhi-dev) when tautrack is built";
    return result;
  }
  try {
    find_homology(points, options, result);
  } catch (const detail::HomologyStopped&) {
    result.status = HomologyStatus::stopped;
    result.message = std::string("the barcode was not finished, because ") + options.stop.reason();
  }
  return result;
}

std::vector<bool> BettiDecision::counted(const PersistentHomology& homology) const {
  std::array<int, max_homology_dimension + 1> left = numbers;
  std::vector<bool> result;
  for (const HomologyInterval& bar : homology.intervals) {
    const bool may_count = bar.dimension == 0 || bar.birth < merged_at;
    result.push_back(may_count && left.at(static_cast<std::size_t>(bar.dimension))-- > 0);
  }
  return result;
}

const BettiEvidence* BettiDecision::doubt() const noexcept {
  for (const BettiEvidence& one : evidence)
    if (!one.clear) return &one;
  return nullptr;
}

BettiDecision decide_betti(const PersistentHomology& homology, double gap) {
  if (!homology.ok()) throw std::invalid_argument("homology must be complete");
  if (!(gap > 1.0)) throw std::invalid_argument("gap must be > 1, got " + number(gap));
  BettiDecision decision;
  const std::size_t count = homology.sample.size();
  std::vector<double> lengths = lengths_of(homology, 0, kInfinity);
  if (count == 1) {
    decision.evidence.push_back(
        {0, 1, 0.0, 0.0, 0.0, kInfinity, true, "1 component: all points are the same"});
  } else {
    decision.evidence.push_back(find_gap(0, lengths, count / 2, 0.0, gap));
    const auto components = static_cast<std::size_t>(decision.evidence.front().count);
    decision.resolution = decision.evidence.front().longest_rest;
    if (components > 1) decision.merged_at = lengths[components - 1];
  }
  for (int dimension = 1; dimension <= homology.dimension; ++dimension) {
    lengths = lengths_of(homology, dimension, decision.merged_at);
    decision.evidence.push_back(
        find_gap(dimension, lengths, lengths.size(), 0.5 * decision.resolution, gap));
  }
  decision.clear = decision.doubt() == nullptr;
  for (const BettiEvidence& one : decision.evidence)
    decision.numbers.at(static_cast<std::size_t>(one.dimension)) = one.count;
  return decision;
}

std::string betti_text(const std::array<int, max_homology_dimension + 1>& numbers) {
  std::string text;
  for (const int one : numbers) text += (text.empty() ? "(" : ", ") + std::to_string(one);
  return text + ")";
}

}  // namespace tautrack
