#include <algorithm>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "commands/page.hpp"
#include "commands/solve_hidden.hpp"
#include "commands/solve_report.hpp"
#include "commands/verdict.hpp"

namespace tautrack::program {
namespace {

constexpr std::size_t most_points = 10;  ///< Rows of the table of points.
constexpr std::size_t most_indices = 8;  ///< Morse indices that are counted one by one.

std::string status_text(const StationaryPoint& point) {
  if (point.status == PointStatus::certified)
    return fmt::format("certified within {:.2g}", point.radius);
  return point.status == PointStatus::converged ? "converged, not certified" : "not confirmed";
}

/// The best fit in a sentence.
std::string best_fit_text(const AllFits& fits) {
  const StationaryPoint* const best = best_minimum(fits.points);
  if (fits.infimum_at_infinity) {
    const InfinitePoint& limit = fits.at_infinity.front();
    std::string text = fmt::format("none: E falls towards {:.15g} as {}", limit.energy,
                                   limit.exponential ? "a plateau moves away"
                                   : limit.line      ? "both plateaus move away"
                                   : limit.range && limit.kind() == LimitKind::constant
                                       ? "the height of the sigmoid vanishes"
                                       : "the weights become infinite");
    if (best != nullptr)
      text += fmt::format("; the best minimum at finite weights has E = {:.15g}", best->energy);
    return text;
  }
  if (best == nullptr) return "none: no minimum is known";
  return fmt::format("E = {:.15g}, a minimum, {}", best->energy, status_text(*best));
}

/// What a person wants to know first.
std::string answer_text(const AllFits& fits) {
  if (fits.infimum_at_infinity) {
    const bool is_named = fits.at_infinity.front().range.has_value();
    return fmt::format("no finite fit is the best{}{}",
                       fits.global_is_proven ? ", proven" : " that is known",
                       is_named ? ": " + printable(fits.at_infinity.front().reason)
                                : ": " + printable(fits.global_reason));
  }
  if (best_minimum(fits.points) == nullptr)
    return "no fit is known: " + printable(fits.global_reason);
  std::string text = "one fit";
  switch (fits.unique) {
    case Answer::yes:
      return "a finite fit, and the only one: proven";
    case Answer::no:
      text = fmt::format("a finite fit, but not the only one: {}", printable(fits.unique_reason));
      break;
    case Answer::unknown:
      text = "a finite fit; whether it is the only one is not proven";
      break;
  }
  return text + (fits.global_is_proven ? "; it is the best: proven"
                                       : "; no better one is known, and none is excluded");
}

/// What is proven of fits that are not known.
std::string bound_text(const AllFits& fits) {
  const EnergyBound& bound = *fits.bound;
  const double best = std::min(
      fits.global_minimum ? fits.points[static_cast<std::size_t>(*fits.global_minimum)].energy
                          : std::numeric_limits<double>::infinity(),
      fits.infimum_at_infinity ? fits.at_infinity.front().energy
                               : std::numeric_limits<double>::infinity());
  if (!(bound.bound > 0.0)) return "none above 0: " + printable(bound.message);
  std::string text = fmt::format("no weights have E < {:.8g}: proven", bound.bound);
  if (std::isfinite(best) && best > bound.bound)
    text +=
        best < 2.0 * bound.bound
            ? fmt::format("; the best known is {:.2g} % above", 100.0 * (best / bound.bound - 1.0))
            : fmt::format("; the best known is {:.3g} times as much", best / bound.bound);
  return text + " (" + printable(bound.message) + ")";
}

/// How many points there are of which index, in words: "3 saddles (2 of index 1, 1 of index 2)".
std::string saddles_text(const std::vector<StationaryPoint>& points) {
  std::map<int, long long> of_index;
  long long saddles = 0;
  for (const StationaryPoint& point : points) {
    if (point.kind != StationaryKind::saddle || point.is_beyond_precision()) continue;
    ++saddles;
    ++of_index[*point.morse_index];
  }
  std::string text = counted(saddles, "saddle");
  if (saddles == 0) return text;
  if (of_index.size() == 1) return text + fmt::format(" of index {}", of_index.begin()->first);
  if (of_index.size() > most_indices)
    return text +
           fmt::format(" (of index {} to {})", of_index.begin()->first, of_index.rbegin()->first);
  std::string parts;
  for (const auto& [index, count] : of_index)
    parts += fmt::format("{}{} of index {}", parts.empty() ? "" : ", ", count, index);
  return text + " (" + parts + ")";
}

/// How many points there are of each kind, in words.
std::string kinds_text(const std::vector<StationaryPoint>& points) {
  const auto number = [&](StationaryKind kind) -> long long {
    return std::count_if(points.begin(), points.end(), [kind](const StationaryPoint& point) {
      return point.kind == kind && !point.is_beyond_precision();
    });
  };
  std::string text = counted(number(StationaryKind::minimum), "minimum", "minima") + ", " +
                     saddles_text(points) + ", " +
                     counted(number(StationaryKind::maximum), "maximum", "maxima");
  if (const long long degenerate = number(StationaryKind::degenerate))
    text += fmt::format(", {} degenerate", degenerate);
  if (const long long beyond =
          std::count_if(points.begin(), points.end(),
                        [](const StationaryPoint& point) { return point.is_beyond_precision(); }))
    text += fmt::format("; beside {} that only the last digits of the data make (--json, --csv)",
                        counted(beyond, "point"));
  return text;
}

std::string limit_text(const InfinitePoint& limit) {
  if (limit.range)  // of fitted plateaus: the reason says which
    return fmt::format("E -> {:.11g}, {}: {}", limit.energy,
                       limit.local_infimum ? "a local infimum" : "perhaps a local infimum",
                       limit.reason);
  const auto patterns_with = [&](int sign) {
    return std::count(limit.signs.begin(), limit.signs.end(), sign);
  };
  return fmt::format("E -> {:.11g}, {}: {} saturated high, {} low, {} free", limit.energy,
                     !limit.local_infimum   ? "perhaps a local infimum"
                     : *limit.local_infimum ? "a local infimum"
                                            : "no local infimum, but local fits run to it",
                     counted(patterns_with(1), "pattern"), patterns_with(-1), patterns_with(0));
}

/// What is known of infinite weights.
void add_infinity(Page& page, const AllFits& fits) {
  const StrataResult& strata = fits.strata;
  const std::optional<InfinitePoint>& path_end = fits.exploration.path.infinity;
  std::vector<std::string> sentences;
  if (!strata.message.empty()) sentences.push_back(printable(strata.message));
  for (std::size_t i = 0; i < std::min(fits.at_infinity.size(), most_limits); ++i)
    sentences.push_back(limit_text(fits.at_infinity[i]));
  if (const auto more = more_limits(fits, most_limits)) sentences.push_back(*more);
  if (path_end)
    sentences.push_back("the natural path leads to infinite weights" +
                        (std::isfinite(path_end->energy)
                             ? fmt::format(", E -> {:.11g}", path_end->energy)
                             : fmt::format(": an {}", to_string(path_end->kind()))));
  if (sentences.empty())
    sentences.emplace_back("no limit with infinite weights is known, and none is excluded");
  page.lines("infinity", sentences);
}

/// The best points.
void add_points(Page& page, const std::vector<StationaryPoint>& points) {
  if (points.empty()) return;
  const auto row = [](std::string_view number, std::string_view energy, std::string_view kind,
                      std::string_view morse, std::string_view status, std::string_view found_by) {
    return fmt::format("{:>4} {:<16}{:<11}{:>5}  {:<10} {}", number, energy, kind, morse, status,
                       found_by);
  };
  page.row(row("", "E", "kind", "Morse", "status", "found by"), "points");
  const auto told = static_cast<std::size_t>(
      std::count_if(points.begin(), points.end(),
                    [](const StationaryPoint& point) { return !point.is_beyond_precision(); }));
  const std::size_t most = told <= most_points + 1 ? told : most_points;
  std::size_t shown = 0;
  double highest = 0.0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const StationaryPoint& point = points[i];
    if (point.is_beyond_precision()) continue;
    highest = point.energy;
    if (shown == most) continue;
    ++shown;
    page.row(row(std::to_string(i + 1), fmt::format("{:.10g}", point.energy), to_string(point.kind),
                 index_text(point.morse_index), to_string(point.status), cut(point.found_by, 12)));
  }
  if (shown < told)
    page.row(fmt::format("     and {} more, up to E = {:.6g} (all: --csv, --json)", told - shown,
                         highest));
}

/// Where the exhaustive search looked and what it came to.
void add_search(Page& page, const SearchResult& search) {
  const std::string text = search.message.empty() ? "no result" : printable(search.message);
  page.line("exhaustive", fmt::format("{} ({} in {:.3g} s)", text,
                                      counted(search.boxes, "box", "boxes"), search.seconds));
}

void add_problem(Page& page, const SolveRequest& request, const ProblemView& problem,
                 const SolvedProblem& solved) {
  const AllFits& fits = solved.fits;
  add_unreachable(page, request.network, solved.facts);
  page.line("answer", answer_text(fits));
  if (solved.fit) add_fit(page, problem, solved.facts.held, *solved.fit);
  page.line("best fit", best_fit_text(fits));
  page.line("global", fmt::format("{}: {}", fits.global_is_proven ? "yes" : "not proven",
                                  printable(fits.global_reason)));
  if (fits.bound && !fits.global_is_proven) page.line("lower bound", bound_text(fits));
  page.line("unique", fmt::format("{}: {}", to_string(fits.unique), printable(fits.unique_reason)));
  page.lines("unresolved", solved.unresolved);
  page.line("complete", fmt::format("{}: {}", to_string(fits.level), printable(fits.level_reason)));
  if (!solved.hidden) add_infinity(page, fits);
  if (solved.hidden) add_hidden(page, request, problem, solved);
  if (!solved.hidden) page.line("found", kinds_text(fits.points));
  if (!solved.hidden) add_points(page, fits.points);
  const StationaryPoint* const best = solved.hidden ? nullptr : best_minimum(fits.points);
  if (!solved.fit && best != nullptr) {
    add_weights(page, "weights", problem, solved.facts.held, best->weights,
                fits.infimum_at_infinity ? "best finite" : "best fit");
    if (best->range) add_plateaus(page, problem, best->weights, *best->range);
  }
  if (!solved.hidden) add_network(page, problem, request.network);
  add_replicates(page, solved.facts);
  add_dependencies(page, problem, solved.facts);
  if (!request.verbose) return;
  const Exploration& exploration = fits.exploration;
  if (exploration.rounds > 0)
    page.line("search",
              fmt::format("{}, {} ({} failed), {}, {:.3g} s", counted(exploration.rounds, "round"),
                          counted(exploration.curves, "curve"), exploration.failed_curves,
                          counted(exploration.descents, "descent"), exploration.seconds));
  if (fits.search) add_search(page, *fits.search);
  if (fits.bound)
    page.line("bound", fmt::format("{} ({} left, {:.3g} s)", printable(fits.bound->message),
                                   fits.bound->left, fits.bound->seconds));
  if (request.graph)
    page.line("graph",
              fmt::format("{} between points, {} to infinite weights",
                          counted(static_cast<long long>(exploration.links.size()), "link"),
                          counted(static_cast<long long>(exploration.escapes.size()), "escape")));
}

/// One row a problem.
void add_overview(Page& page, const Data& data, const std::vector<SolvedProblem>& solved) {
  const auto row = [](std::string_view name, std::string_view energy, std::string_view minima,
                      std::string_view points, std::string_view unique, std::string_view level) {
    return fmt::format("{:<20}{:<18}{:>7}{:>8}  {:<9}{}", name, energy, minima, points, unique,
                       level);
  };
  page.plain(row("problem", "best E", "minima", "points", "unique", "complete"));
  for (std::size_t i = 0; i < solved.size(); ++i) {
    const AllFits& fits = solved[i].fits;
    const StationaryPoint* const best = best_minimum(fits.points);
    const auto minima =
        std::count_if(fits.points.begin(), fits.points.end(), [](const StationaryPoint& point) {
          return point.kind == StationaryKind::minimum && !point.is_beyond_precision();
        });
    const std::string energy = fits.infimum_at_infinity ? "at infinity"
                               : best != nullptr        ? fmt::format("{:.11g}", best->energy)
                                                        : "-";
    std::string level(to_string(fits.level));
    if (!solved[i].is_solved()) level += " !";
    page.plain(row(cut(data.problem(i).name(), short_name_width), energy, std::to_string(minima),
                   std::to_string(fits.points.size()), to_string(fits.unique), level));
  }
  if (exit_status(solved) != exit_solved) page.plain("!: see \"unresolved\" above");
}

}  // namespace

std::string text_report(const SolveRequest& request, const Data& data,
                        const std::vector<SolvedProblem>& solved) {
  return problems_text("solve", request, data, solved, add_problem, add_overview);
}

}  // namespace tautrack::program
