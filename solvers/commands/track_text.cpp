#include <algorithm>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "commands/page.hpp"
#include "commands/track_report.hpp"
#include "commands/units.hpp"

namespace tautrack::program {
namespace {

constexpr double next_to_one = 1e-9;     ///< Below this 1 - tau is shown instead of tau.
constexpr std::size_t most_events = 40;  ///< Rows of a table of folds, branch points or landings.

constexpr double rounding_energy = 1e-28;  ///< Outputs are of size 1: none is better to rounding.

/// A tau, with digits enough to see how far from 1 it is.
std::string tau_text(double tau) { return fmt::format("{:.15g}", tau); }

/// The tau that a proof got to, which is not 1, though it may be next to it.
std::string proven_text(double tau) {
  const double rest = 1.0 - tau;
  if (rest >= next_to_one) return "tau = " + tau_text(tau);
  return rest > 0.0 ? fmt::format("1 - tau = {:.2g}", rest) : "the last digit of tau before 1";
}

/// What a path that was tracked matrix-free does not tell.
void add_method(Page& page, const DataFacts& facts) {
  std::string text =
      "matrix-free: no Morse indices, branch points or infinite weights are looked for, nor "
      "columns that depend on each other";
  if (facts.zero_columns > 0)
    text += fmt::format("; {} of zeros, whose weights are 0",
                        counted(static_cast<long long>(*facts.zero_columns), "column"));
  page.line("method", text);
}

/// Titles of the table of folds, branch points and landings, and one row of it.
std::string event_titles() { return fmt::format("{:<20}{:>10}{:>18}", "tau", "Morse", "E"); }
std::string event_row(const NaturalPoint& point, const std::string& morse) {
  // The nines of a tau next to 1 say nothing.
  const bool is_next_to_one = point.one_minus_tau > 0.0 && point.one_minus_tau < next_to_one;
  const std::string tau =
      is_next_to_one ? fmt::format("1 - {:.10g}", point.one_minus_tau) : tau_text(point.tau);
  return fmt::format("{:<20}{:>10}{:>18}", tau, morse, fmt::format("{:.11g}", point.energy));
}

/// A table of events: folds or branch points.
template <class Event>
void add_events(Page& page, std::string_view label, const std::vector<Event>& events) {
  if (events.empty()) {
    page.line(label, "none");
    return;
  }
  page.row(event_titles(), label);
  for (std::size_t i = 0; i < std::min(events.size(), most_events); ++i)
    page.row(event_row(events[i].point, index_text(events[i].index_before) + " -> " +
                                            index_text(events[i].index_after)));
  if (events.size() > most_events)
    page.row(fmt::format("and {} more (all: --json)", events.size() - most_events));
}

/// The points at which the path stopped because the user asked for their tau.
void add_landings(Page& page, const NaturalPath& path, const std::vector<double>& asked) {
  if (asked.empty()) return;
  std::vector<const NaturalPoint*> landings;
  for (const NaturalPoint& point : path.points)
    if (point.kind == PointKind::landing &&
        std::find(asked.begin(), asked.end(), point.tau) != asked.end())
      landings.push_back(&point);
  if (landings.empty()) {
    page.line("stops", "none of the taus asked for was reached");
    return;
  }
  page.row(event_titles(), "stops");
  for (std::size_t i = 0; i < std::min(landings.size(), most_events); ++i)
    page.row(event_row(*landings[i], index_text(landings[i]->morse_index)));
  if (landings.size() > most_events)
    page.row(fmt::format("and {} more (all: --csv)", landings.size() - most_events));
}

/// What the path came to, in one sentence.
std::string answer(const TrackedProblem& tracked) {
  const NaturalPath& path = tracked.path;
  if (tracked.audit && tracked.audit->verdict == AuditVerdict::suspect)
    return "doubtful: tighter steps lead elsewhere, see audit";
  const std::string folds =
      path.folds.empty() ? "without a fold"
                         : "over " + counted(static_cast<long long>(path.folds.size()), "fold");
  if (path.infinity)
    return fmt::format("the path leads to infinite weights, {}; no end at finite ones", folds);
  if (!path.end) return fmt::format("no end: {}", printable(path.message));
  if (tracked.uniqueness && tracked.uniqueness->whole)
    return fmt::format("the path ends at the only fit, {}: proven", folds);
  return fmt::format("the path ends at a {}, {}", kind_of_point(*path.end), folds);
}

/// The numbers of the point at which the path arrived.
void add_numbers(Page& page, const ProblemView& problem, const HeldWeights& held,
                 const NaturalPath& path) {
  const PathEnd& end = *path.end;
  page.line("fit", fmt::format("E = {:.15g} at tau = {}", end.energy, tau_text(end.tau)));
  if (end.range)
    page.line("plateaus",
              fmt::format("low {:.10g}, high {:.10g}", end.range->low, end.range->high));
  if (path.points.empty()) return;
  const NaturalPoint& start = path.points.front();
  add_weights(page, "weights", problem, held, start.weights, "at tau = " + tau_text(start.tau),
              &end.weights, "at tau = " + tau_text(end.tau));
}

/// What that point is, and how well it is known.
void add_end(Page& page, const PathEnd& end) {
  page.line("end", fmt::format("{}, Morse index {}, {}", kind_of_point(end),
                               index_text(end.morse_index), end.status));
  if (end.eigenvalues.size() > 0)
    page.line("", fmt::format("smallest eigenvalue {:.3g}", end.eigenvalues(0)));
  else if (end.nearest_eigenvalue)
    page.line("",
              fmt::format("eigenvalue nearest to zero about {:.2g}, {}", *end.nearest_eigenvalue,
                          end.lowest_eigenvalue < 0.0
                              ? fmt::format("a negative one {:.2g} or below", end.lowest_eigenvalue)
                              : "no negative one found"));
  else
    page.line("",
              "the eigenvalue nearest to zero could not be estimated: the point may be "
              "degenerate");
  page.line("",
            fmt::format("|gradient| {:.2g}, where rounding alone gives {:.2g}", end.gradient_norm,
                        end.gradient_scale * std::numeric_limits<double>::epsilon()));
}

/// The limit of a path of a model with fitted plateaus.
void add_fitted_limit(Page& page, const ProblemView& problem, const HeldWeights& held,
                      const InfinitePoint& infinity) {
  const std::string_view kind = to_string(infinity.kind());
  // Of patterns that stay on the way the energy is that where the path was left, which is near.
  const bool is_near = infinity.kind() == LimitKind::step_with_free_patterns;
  page.line("limit", !std::isfinite(infinity.energy) ? fmt::format("of kind {}", kind)
                     : is_near ? fmt::format("E -> about {:.4g}, of kind {}", infinity.energy, kind)
                               : fmt::format("E -> {:.11g}, of kind {}", infinity.energy, kind));
  if (const auto& curve = infinity.exponential)
    page.line("", fmt::format("near the exponential {:.8g} + {:.8g} exp(x . rate)", curve->offset,
                              curve->factor));
  else if (infinity.range)
    page.line("", fmt::format("outputs from {:.8g} to {:.8g}", infinity.range->low,
                              infinity.range->high));
  page.line("local infimum", "not judged here: `tautrack solve` tells");
  add_weights(page, "weights", problem, held, infinity.direction, "direction");
}

/// The limit of weights that grow without bound.
void add_infinity(Page& page, const ProblemView& problem, const HeldWeights& held,
                  const InfinitePoint& infinity) {
  if (!infinity.approach) return add_fitted_limit(page, problem, held, infinity);
  const Approach& approach = *infinity.approach;
  const auto patterns_with = [&](int sign) {
    return std::count(infinity.signs.begin(), infinity.signs.end(), sign);
  };
  const auto inputs_with = [&](Growth growth) {
    return std::count(approach.growth.begin(), approach.growth.end(), growth);
  };
  page.line("infinity", fmt::format("recognised at 1 - tau = {:.3g}", approach.delta));
  page.line("patterns", fmt::format("{} saturated high, {} saturated low, {} free",
                                    patterns_with(1), patterns_with(-1), patterns_with(0)));
  page.line("inputs", fmt::format("{} like 1/(1 - tau), {} more slowly, {} bounded",
                                  counted(inputs_with(Growth::linear), "grows", "grow"),
                                  counted(inputs_with(Growth::slow), "grows", "grow"),
                                  counted(inputs_with(Growth::free), "stays", "stay")));
  page.line("limit", fmt::format("E = {:.15g} at tau = 1; along the path E -> {:.15g}",
                                 infinity.energy, approach.energy));
  page.line("local infimum", fmt::format("{}: {}",
                                         !infinity.local_infimum   ? "undecided"
                                         : *infinity.local_infimum ? "yes"
                                                                   : "no",
                                         printable(infinity.reason)));
  const bool is_linear = !approach.linear_rate.isZero(0.0);
  add_weights(page, "weights", problem, held, infinity.direction, "direction",
              is_linear ? &approach.linear_rate : nullptr, is_linear ? "(1 - tau) w ->" : "");
}

/// What is proven about the path.
void add_certificate(Page& page, const PathCertificate& certificate) {
  const auto tubes = counted(certificate.tubes, "tube");
  if (certificate.certified)
    page.line("certified",
              fmt::format("one curve of solutions joins the linear fit to this end (within "
                          "{:.2g}): {}, {}",
                          certificate.end_radius, tubes,
                          certificate.precision == 53
                              ? "double intervals"
                              : fmt::format("up to {} bits", certificate.precision)));
  else
    page.line("not certified", fmt::format("{}; proven up to {}, {}", printable(certificate.reason),
                                           proven_text(certificate.proven_until), tubes));
  if (certificate.folds)
    page.line("", fmt::format("proven: {} up to there", counted(*certificate.folds, "fold")));
  else
    page.line("", printable(certificate.folds_reason));
}

void add_problem(Page& page, const TrackRequest& request, const ProblemView& problem,
                 const TrackedProblem& tracked) {
  const DataFacts& facts = tracked.facts;
  const NaturalPath& path = tracked.path;
  page.line("answer", answer(tracked));
  add_unreachable(page, request.network, facts);
  if (path.end) add_numbers(page, problem, facts.held, path);
  if (path.infinity) add_infinity(page, problem, facts.held, *path.infinity);
  page.line("path", fmt::format("{}: {}", to_string(path.status), printable(path.message)));
  add_events(page, "folds", path.folds);
  if (facts.rank)
    add_events(page, "branch points", path.branch_points);
  else
    page.line("branch points", "not looked for");
  add_landings(page, path, request.track.landings);
  if (path.end) add_end(page, *path.end);
  if (tracked.audit)
    page.line("audit", fmt::format("{}: {}", to_string(tracked.audit->verdict),
                                   printable(tracked.audit->message)));
  if (tracked.uniqueness) page.line("unique", printable(tracked.uniqueness->message));
  if (tracked.certificate) add_certificate(page, *tracked.certificate);
  add_network(page, problem, request.network);
  if (!facts.rank) add_method(page, facts);
  add_replicates(page, facts);
  add_dependencies(page, problem, facts);
  if (!request.verbose) return;
  const Work& work = path.work;
  page.line("work",
            fmt::format("{}, {} refused, {}, {}, {:.3g} s", counted(work.steps, "step"),
                        work.rejected, counted(work.factorisations, "factorisation"),
                        counted(work.passes_over_data, "data pass", "data passes"), work.seconds));
  if (work.krylov_iterations > 0)
    page.line("", counted(work.krylov_iterations, "Krylov iteration"));
}

/// One row a problem.
void add_overview(Page& page, const Data& data, const std::vector<TrackedProblem>& tracked) {
  const auto row = [](std::string_view name, std::string_view status, std::string_view folds,
                      std::string_view energy, std::string_view kind) {
    return fmt::format("{:<20}{:<20}{:>5}{:>16}  {}", name, status, folds, energy, kind);
  };
  page.plain(row("problem", "status", "folds", "E", "end"));
  for (std::size_t i = 0; i < tracked.size(); ++i) {
    const NaturalPath& path = tracked[i].path;
    const std::string_view kind = path.end        ? kind_of_point(*path.end)
                                  : path.infinity ? "at infinity"
                                                  : "-";
    const std::string energy = path.end        ? fmt::format("{:.10g}", path.end->energy)
                               : path.infinity ? fmt::format("{:.10g}", path.infinity->energy)
                                               : "-";
    page.plain(row(cut(data.problem(i).name(), short_name_width), to_string(path.status),
                   std::to_string(path.folds.size()), energy, kind));
  }
}

/// What the ends are worth as fits.
/// @param best An energy that none is below but by rounding.
void add_worth(Page& page, const Data& data, const std::vector<TrackedProblem>& tracked,
               double best) {
  EndKinds ends;
  for (const TrackedProblem& one : tracked) {
    if (!one.path.end || (one.uniqueness && one.uniqueness->whole)) continue;
    if (one.path.end->energy <= best) continue;
    const std::string_view kind = kind_of_point(*one.path.end);
    if (kind == "minimum" || kind == "stationary point") ++ends.minima;
    if (kind == "saddle") ++ends.saddles;
    if (kind == "maximum") ++ends.maxima;
    if (kind == "saddle or maximum") ++ends.saddles_or_maxima;
  }
  const std::string text = worth_text(
      ends, data.is_matrix_free() ? "tautrack solve (to 1000 weights)" : "tautrack solve");
  if (text.empty()) return;
  if (tracked.size() == 1) page.plain("");
  page.plain(wrap(text, page_width, 0));
}

}  // namespace

std::string_view kind_of_point(const PathEnd& end) {
  if (end.status == "unclassified")
    return end.lowest_eigenvalue < 0.0 ? "saddle or maximum" : "stationary point";
  if (!end.morse_index) return "degenerate point";
  if (*end.morse_index == 0) return "minimum";
  return *end.morse_index == end.eigenvalues.size() ? "maximum" : "saddle";
}

std::string text_report(const TrackRequest& request, const Data& data,
                        const std::vector<TrackedProblem>& tracked) {
  Page worth;
  add_worth(worth, data, tracked, output_scale(request.network).energy(rounding_energy));
  return problems_text("track", request, data, tracked, add_problem, add_overview) + worth.text();
}

}  // namespace tautrack::program
