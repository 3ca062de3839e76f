#include "commands/verdict.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tautrack/certify/certificate.hpp"

#include "io/text.hpp"

namespace tautrack::program {
namespace {

/// Why the exploration ended early, if that matters.
std::string early_end(const SolveRequest& request, const AllFits& fits) {
  const ExploreOptions& limits = request.fits.explore;
  if (fits.level == Completeness::complete) return "";
  if (limits.stop.is_requested()) return "interrupted: the lists hold what was found until then";
  if (fits.exploration.end != ExploreEnd::budget) return "";
  if (fits.exploration.curves >= limits.max_curves)
    return fmt::format("the search ended after {}; more: --max-curves",
                       counted(fits.exploration.curves, "curve"));
  if (static_cast<long>(fits.points.size()) >= limits.max_points)
    return fmt::format("the search ended with {}; more: --max-points",
                       counted(static_cast<long long>(fits.points.size()), "point"));
  return fmt::format("the search was cut off after {:.3g} s; more time: --seconds",
                     fits.exploration.seconds);
}

/// What is wrong with the best fit, if anything is.
std::string best_fit_matter(const SolveRequest& request, const AllFits& fits) {
  constexpr const char* remedy =
      "targets inside the range of the outputs (--range; --level, for classes) or a --ridge keep "
      "weights finite";
  if (fits.infimum_at_infinity && fits.at_infinity.front().range)
    return fits.at_infinity.front().reason;
  if (fits.infimum_at_infinity)
    return fmt::format("no finite weights attain the lowest energy that is known: {}", remedy);
  if (fits.global_minimum) return "";
  if (!target_range(request.network).is_known()) return fits.global_reason;
  if (fits.strata.no_finite_point)
    return fmt::format("there is no best fit with finite weights: {}", remedy);
  if (!fits.expected_index_sum)
    return fmt::format("no minimum at finite weights is known, and there may be none: {}", remedy);
  return "no minimum at finite weights is known: more effort (--rounds, --seconds) may give one";
}

/// What is wrong with single points, if anything is.
std::string points_matter(const SolveRequest& request, const AllFits& fits) {
  const bool wants_proofs = request.fits.explore.certify && Certifier::available();
  const auto is_open = [&](const StationaryPoint& point) {
    return point.status == PointStatus::failed || !point.morse_index ||
           (wants_proofs && point.status != PointStatus::certified);
  };
  const auto open = std::count_if(fits.points.begin(), fits.points.end(), is_open);
  if (open == 0) return "";
  const StationaryPoint& first = *std::find_if(fits.points.begin(), fits.points.end(), is_open);
  return fmt::format("{} without {}{}: {}", counted(static_cast<long long>(open), "point"),
                     wants_proofs ? "a certificate" : "a sure Morse index",
                     open == 1 ? "" : ", the lowest", printable(first.reason));
}

/// What the sum of (-1)^index gives away about a search that was not cut off.
std::string index_sum_matter(const AllFits& fits) {
  if (fits.exploration.end != ExploreEnd::quiet) return "";
  bool all_known = true, all_certified = true;
  for (const StationaryPoint& point : fits.points) {
    all_known = all_known && point.morse_index;
    all_certified = all_certified && point.status == PointStatus::certified;
  }
  if (!all_known || !fits.expected_index_sum || fits.index_sum == *fits.expected_index_sum)
    return "";
  return fmt::format(
      "points are missing{}: the sum of (-1)^index is {} instead of {}; more --rounds, more "
      "--descents or another --seed may find them",
      all_certified ? "" : ", or some that are not certified are none", fits.index_sum,
      *fits.expected_index_sum);
}

}  // namespace

const StationaryPoint* best_minimum(const std::vector<StationaryPoint>& points) {
  const auto best = std::find_if(points.begin(), points.end(), [](const StationaryPoint& point) {
    return point.kind == StationaryKind::minimum && !point.is_beyond_precision();
  });
  return best == points.end() ? nullptr : &*best;
}

std::vector<std::string> unresolved_matters(const SolveRequest& request, const AllFits& fits) {
  std::vector<std::string> matters;
  for (std::string matter : {early_end(request, fits), best_fit_matter(request, fits),
                             points_matter(request, fits), index_sum_matter(fits)})
    if (!matter.empty()) matters.push_back(std::move(matter));
  const bool is_search_wanted = request.fits.exhaustive == true;
  const bool is_unfinished = !fits.search || !fits.search->finished;
  if (is_search_wanted && is_unfinished && !request.fits.explore.stop.is_requested())
    matters.push_back(fmt::format(
        "the exhaustive search did not finish{}{}; more time: --search-seconds, a smaller box: "
        "--box",
        fits.search && !fits.search->message.empty() ? ": " : "",
        fits.search ? printable(fits.search->message) : ""));
  return matters;
}

std::optional<std::string> more_limits(const AllFits& fits, std::size_t shown) {
  const std::size_t hidden = fits.at_infinity.size() - std::min(fits.at_infinity.size(), shown);
  const std::size_t unlisted = fits.unlisted_limits;
  if (hidden + unlisted == 0) return std::nullopt;
  if (unlisted == 0) return fmt::format("and {} more (all: --json)", hidden);
  return fmt::format("and {} more (--json lists {} of them, the lowest)", hidden + unlisted,
                     hidden);
}

}  // namespace tautrack::program
