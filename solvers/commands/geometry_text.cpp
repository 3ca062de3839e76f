#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "commands/geometry_fitted_range.hpp"
#include "commands/geometry_report.hpp"
#include "commands/page.hpp"
#include "commands/verdict.hpp"

namespace tautrack::program {
namespace {

constexpr Index most_curvatures = 10;    ///< Rows of the table of curvatures.
constexpr Index most_negative = 3;       ///< Of them for the lowest ones when there are more.
constexpr double smallest_move = 1e-12;  ///< Below that weights count as given exactly.

/// What kind of stationary point it is, in a word or two.
std::string_view point_kind(const ExaminedPoint& point) {
  if (!point.morse_index) return "degenerate point";
  if (*point.morse_index == 0) return "minimum";
  return *point.morse_index == point.v.size() ? "maximum" : "saddle";
}

std::string point_text(const GeometryRequest& request, const ExaminedPoint& point) {
  const std::string at = fmt::format("at tau = {:.15g}", request.tau);
  switch (point.source) {
    case PointSource::natural_path:
      return fmt::format("{} {}, {}", point_kind(point), at,
                         request.tau < 1.0 ? "where the natural path first meets it"
                                           : "where the natural path ends");
    case PointSource::linear_fit:
      return fmt::format("the linear least-squares fit, {}", at);
    case PointSource::best_fit:
      return fmt::format("{} {}, the best finite fit", point_kind(point), at);
    case PointSource::given_weights:
      break;
  }
  const std::string_view plateaus = point.range ? ", with the plateaus that fit best to them" : "";
  if (!point.is_stationary)
    return fmt::format(
        "the given weights {}{}: not stationary, or degenerate (|gradient| {:.2g}): only the part "
        "of y - z that is normal to the data manifold counts{}",
        at, plateaus, point.gradient_norm,
        point.range ? "" : ", and nothing is said about the uniqueness of this point");
  if (point.moved > smallest_move)
    return fmt::format(
        "{} {}, the stationary point that the given weights agree with to a "
        "relative {:.1g}",
        point_kind(point), at, point.moved);
  return fmt::format("{} {}, the given weights{}", point_kind(point), at, plateaus);
}

void add_point(Page& page, const GeometryRequest& request, const ExaminedPoint& point) {
  page.line("point", point_text(request, point));
  std::string text = fmt::format("E = {:.15g}, |y - z| = {:.12g}", point.energy, point.distance);
  if (!point.is_stationary) text += fmt::format(", of which {:.12g} normal", point.normal_distance);
  page.line("", text);
}

/// An answer with its reason, which may begin with the answer.
std::string verdict(bool is_proven, const std::string& reason) {
  const std::string answer = is_proven ? "yes, proven: " : "not certified: ";
  return (reason.starts_with(answer) ? "" : answer) + printable(reason);
}

/// What the search of all fits says, where an end of the range is fitted.
void add_verdict(Page& page, const AllFits& fits) {
  page.line("global", fmt::format("{}: {}", fits.global_is_proven ? "yes" : "not proven",
                                  printable(fits.global_reason)));
  page.line("unique", fmt::format("{}: {}", to_string(fits.unique), printable(fits.unique_reason)));
}

void add_certificate(Page& page, const ExaminedProblem& examined) {
  if (!examined.certificate) return;
  const UniquenessCertificate& certificate = *examined.certificate;
  page.line("unique", verdict(certificate.unique, certificate.message));
  page.line("global", verdict(certificate.global, certificate.global_message));
}

std::string curvature_row(const ExaminedPoint& point, Index j) {
  const double kappa = point.curvatures(j);
  return fmt::format("{:>4}{:>16}{:>20}{:>18}", j + 1, short_number(kappa),
                     kappa == 0.0 ? "infinite" : short_number(1.0 / kappa),
                     short_number(point.normal_distance * kappa));
}

/// What the largest |y - z| kappa says about the point.
std::string product_text(const ExaminedPoint& point) {
  const double largest = point.normal_distance * point.curvatures(0);
  if (!point.is_stationary)
    return fmt::format("largest |y - z| kappa = {:.7g} of the normal part of y - z", largest);
  if (!point.focal_index)
    return fmt::format(
        "one |y - z| kappa is 1 to rounding: y is a focal point, the fit is about "
        "to fold");
  std::string text =
      *point.focal_index == 0
          ? fmt::format("largest |y - z| kappa = {:.7g} < 1: a minimum", largest)
          : fmt::format("{} above 1, the largest {:.7g}: Morse index {}",
                        *point.focal_index == 1
                            ? "one |y - z| kappa is"
                            : fmt::format("{} of |y - z| kappa are", *point.focal_index),
                        largest, *point.focal_index);
  if (point.morse_index == point.focal_index) return text + ", as the Hessian says";
  return text + fmt::format("; but the Hessian's Morse index is {}, so rounding decides here",
                            index_text(point.morse_index));
}

void add_curvatures(Page& page, const ExaminedPoint& point) {
  const Index count = point.curvatures.size();
  if (count == 0) {
    page.line("towards y", "y lies on the data manifold to rounding: there is no direction");
    return;
  }
  page.row(fmt::format("{:>20}{:>20}{:>18}", "kappa", "focal distance", "|y - z| kappa"),
           "towards y");
  const bool is_whole = count <= most_curvatures;
  const Index first = is_whole ? count : most_curvatures - most_negative;
  for (Index j = 0; j < first; ++j) page.row(curvature_row(point, j));
  if (!is_whole) {
    page.row(fmt::format("{:>4}   and {} between them (all: --csv, --json)", "...",
                         count - most_curvatures));
    for (Index j = count - most_negative; j < count; ++j) page.row(curvature_row(point, j));
  }
  page.line("", product_text(point));
}

void add_largest(Page& page, const ExaminedPoint& point) {
  const LargestCurvature& largest = point.largest;
  if (largest.method == CurvatureMethod::flat) {
    page.line("largest", "0: the data manifold is flat");
    return;
  }
  if (largest.method != CurvatureMethod::ascent) {
    page.line("largest", fmt::format("|k|max = {:.9g} of all normal directions ({})", largest.value,
                                     to_string(largest.method)));
    return;
  }
  page.line("largest", fmt::format("|k|max of all normal directions is between {:.9g} ({}) and "
                                   "{:.9g} ({})",
                                   largest.value, to_string(largest.method), largest.upper,
                                   printable(largest.upper_from)));
}

/// Whether the linear approximation of the network at the point is a good one, in words.
std::string reading(const ExaminedPoint& point) {
  const BatesWatts& curvature = point.bates_watts;
  if (curvature.intrinsic * curvature.rho >= curvature.threshold)
    return "not good: the data manifold bends too much within the uncertainty of the fit for "
           "confidence regions of a linearised model";
  if (curvature.parameter_effects * curvature.rho >= curvature.threshold)
    return fmt::format(
        "good for the outputs, not for the {0}: the data manifold is nearly flat within the "
        "uncertainty of the fit, but equal steps of the {0} are unequal steps on it",
        point.range ? "weights and plateaus" : "weights");
  return "good: confidence regions of the linearised model can be trusted";
}

void add_bates_watts(Page& page, const ExaminedPoint& point) {
  const BatesWatts& curvature = point.bates_watts;
  if (curvature.threshold <= 0.0) {
    page.line("linear approx.",
              "not judged: as many weights as patterns leave no residual to "
              "judge it by");
    return;
  }
  page.line("linear approx.", reading(point));
  page.line("", fmt::format("relative curvatures {:.4g} intrinsic, {:.4g} parameter effects; small "
                            "below {:.4g} (Bates & Watts; standard radius {:.4g})",
                            curvature.intrinsic * curvature.rho,
                            curvature.parameter_effects * curvature.rho, curvature.threshold,
                            curvature.rho));
}

/// A positive number or "infinity".
std::string bound_text(double bound) {
  return std::isfinite(bound) ? fmt::format("{:.9g}", bound) : "infinity";
}

/// The direction of weights that the library calls way_out, where it is short.
std::string way_out_text(const Vector& direction) {
  constexpr Index most = 8;
  if (direction.size() > most) return "(that direction of the weights: --json, way_out)";
  const double zero = largest_zero(direction);
  std::string list;
  for (const double part : direction)
    list += fmt::format("{}{:.4g}", list.empty() ? "" : ", ", std::abs(part) <= zero ? 0.0 : part);
  return fmt::format("direction of the weights: ({})", list);
}

void add_supremum(Page& page, const GeometryRequest& request, const CurvatureSupremum& supremum) {
  const std::string reason = printable(supremum.message);
  if (supremum.bounded == false) {
    page.line("everywhere", fmt::format("at tau = {:.15g} {}", request.tau, reason));
    page.line("", way_out_text(supremum.way_out));
    page.line("reach", "0: no distance from the data manifold is safe for every y");
    return;
  }
  if (supremum.upper == 0.0) {
    page.line("reach", fmt::format("infinite at tau = {:.15g}: {}", request.tau, reason));
    return;
  }
  page.line("everywhere",
            fmt::format("|k|max at tau = {:.15g}: largest found {:.12g}, proven to be at most {}{}",
                        request.tau, supremum.best, bound_text(supremum.upper),
                        std::isfinite(supremum.upper)
                            ? fmt::format(" ({})", printable(supremum.upper_from))
                            : ""));
  page.line("", reason);
  page.line("reach", fmt::format("between {:.9g} and {}: a stationary point nearer to y than the "
                                 "reach is the only one",
                                 1.0 / supremum.upper, bound_text(1.0 / supremum.best)));
}

std::string patterns_text(const std::vector<int>& signs) {
  const auto patterns_with = [&](int sign) { return std::count(signs.begin(), signs.end(), sign); };
  return fmt::format("{} saturated high, {} low, {} free", counted(patterns_with(1), "pattern"),
                     patterns_with(-1), patterns_with(0));
}

/// Limits of fitted plateaus, as the search of all fits has them.
void add_limits(Page& page, const AllFits& fits) {
  std::vector<std::string> sentences;
  if (!fits.strata.message.empty()) sentences.push_back(printable(fits.strata.message));
  for (std::size_t i = 0; i < std::min(fits.at_infinity.size(), most_limits); ++i)
    sentences.push_back(fmt::format("E -> {:.11g}: {}", fits.at_infinity[i].energy,
                                    printable(fits.at_infinity[i].reason)));
  if (const auto more = more_limits(fits, most_limits)) sentences.push_back(*more);
  page.lines("infinity", sentences);
}

void add_infinity(Page& page, const ExaminedProblem& examined) {
  const StrataResult& strata = examined.strata;
  std::vector<std::string> sentences;
  if (!strata.message.empty()) sentences.push_back(printable(strata.message));
  if (strata.strata > 0)
    sentences.push_back(fmt::format("{} at tau = 1 looked at, {} can hold an infimum",
                                    counted(strata.strata, "stratum", "strata"),
                                    strata.infima.size()));
  sentences.push_back(
      fmt::format("inputs in general position have {} at infinity",
                  counted_roughly(examined.strata_in_general, "stratum", "strata")));
  for (std::size_t i = 0; i < std::min(strata.infima.size(), most_limits); ++i)
    sentences.push_back(fmt::format("E -> {:.11g}{}: {}", strata.infima[i].energy,
                                    strata.infima[i].local_infimum ? "" : " (undecided)",
                                    patterns_text(strata.infima[i].signs)));
  if (strata.infima.size() > most_limits)
    sentences.push_back(
        fmt::format("and {} more (all: --json)", strata.infima.size() - most_limits));
  if (examined.path && examined.path->infinity) {
    const InfinitePoint& limit = *examined.path->infinity;
    sentences.push_back(fmt::format("the natural path leads to the stratum with {}, E = {:.11g}",
                                    patterns_text(limit.signs), limit.energy));
  }
  page.lines("infinity", sentences);
}

void add_problem(Page& page, const GeometryRequest& request, const ProblemView& problem,
                 const ExaminedProblem& examined) {
  add_unreachable(page, request.network, examined.facts);
  page.lines("unresolved", examined.unresolved);
  if (examined.point) add_point(page, request, *examined.point);
  if (examined.fits) add_verdict(page, *examined.fits);
  if (examined.point) {
    add_certificate(page, examined);
    add_curvatures(page, *examined.point);
    add_largest(page, *examined.point);
    add_bates_watts(page, *examined.point);
  }
  if (examined.supremum) {
    add_supremum(page, request, *examined.supremum);
    add_infinity(page, examined);
  } else {
    page.line("not claimed", not_claimed_of_fitted_range);
    if (examined.fits) add_limits(page, *examined.fits);
  }
  if (examined.point)
    add_weights(page, "weights", problem, examined.facts.held, examined.point->weights,
                examined.point->source == PointSource::given_weights ? "given" : "fit");
  if (examined.point && examined.point->range)
    add_plateaus(page, problem, examined.point->weights, *examined.point->range);
  add_network(page, problem, request.network);
  page.line("data manifold",
            fmt::format("{} in {}", counted(examined.dimension, "dimension"), examined.ambient));
  add_replicates(page, examined.facts);
  add_dependencies(page, problem, examined.facts);
}

/// One row a problem.
void add_overview(Page& page, const Data& data, const std::vector<ExaminedProblem>& examined) {
  const auto row = [](std::string_view name, std::string_view distance, std::string_view product,
                      std::string_view curvature, std::string_view unique) {
    return fmt::format("{:<20}{:>14}{:>15}{:>14}  {}", name, distance, product, curvature, unique);
  };
  page.plain(row("problem", "|y - z|", "|y - z| kappa", "|k|max", "unique"));
  for (std::size_t i = 0; i < examined.size(); ++i) {
    const std::optional<ExaminedPoint>& point = examined[i].point;
    const bool is_unique = examined[i].certificate && examined[i].certificate->unique;
    const std::string_view unique = examined[i].fits        ? to_string(examined[i].fits->unique)
                                    : is_unique             ? "yes, proven"
                                    : !examined[i].supremum ? "-"
                                                            : "not certified";
    page.plain(row(cut(data.problem(i).name(), short_name_width),
                   point ? short_number(point->distance) : "-",
                   point && point->curvatures.size() > 0
                       ? short_number(point->normal_distance * point->curvatures(0))
                       : "-",
                   point ? short_number(point->largest.value) : "-", unique));
  }
}

}  // namespace

std::string text_report(const GeometryRequest& request, const Data& data,
                        const std::vector<ExaminedProblem>& examined) {
  return problems_text("geometry", request, data, examined, add_problem, add_overview);
}

}  // namespace tautrack::program
