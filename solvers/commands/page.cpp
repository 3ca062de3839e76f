#include "commands/page.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "commands/table_report.hpp"
#include "commands/units.hpp"

namespace tautrack::program {
namespace {

constexpr Index most_weights = 16;             ///< Rows of a table of weights.
constexpr double zero_weight = 1e-15;          ///< Of the largest one: below that 0 is meant.
constexpr std::size_t most_dependencies = 40;  ///< Lines on dependent columns.

/// The weights with 0 for those that are rounding, in the units of the data and measured by what they
/// do to the outputs alike: columns may have any units.
Vector without_rounding(const StandardisedWeights& standardised, const Vector& weights) {
  const Vector sizes = standardised.sizes(weights);
  const double zero = largest_zero(weights);
  const double zero_size = largest_zero(sizes);
  Vector shown = weights;
  for (Index i = 0; i < shown.size(); ++i)
    if (std::abs(shown(i)) <= zero && sizes(i) <= zero_size) shown(i) = 0.0;
  return shown;
}

}  // namespace

std::vector<Index> shown_columns(const ProblemView& problem, const Vector& weights) {
  const Index count = std::min(weights.size(), most_weights);
  const Vector size = problem.standardised()(weights).cwiseAbs();
  std::vector<Index> order(static_cast<std::size_t>(weights.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return size(a) > size(b); });
  order.resize(static_cast<std::size_t>(count));
  std::sort(order.begin(), order.end());
  return order;
}

void Page::line(std::string_view label, std::string_view text) {
  row(wrap(text, page_width - label_width, label_width), label);
}

void Page::lines(std::string_view label, const std::vector<std::string>& texts, std::size_t most) {
  for (std::size_t i = 0; i < std::min(texts.size(), most); ++i)
    line(i == 0 ? label : "", texts[i]);
  if (texts.size() > most) line("", fmt::format("and {} more (all: --json)", texts.size() - most));
}

void Page::row(std::string_view text, std::string_view label) {
  text = text.substr(0, text.find_last_not_of(' ') + 1);
  fmt::format_to(std::back_inserter(text_), "  {:<{}}{}\n", label, label_width - 2, text);
}

void Page::plain(std::string_view text) { (text_ += text) += '\n'; }

std::string short_number(double number) { return fmt::format("{:.7g}", number); }

double largest_zero(const Vector& vector) {
  return vector.size() > 0 ? zero_weight * vector.cwiseAbs().maxCoeff() : 0.0;
}

std::string index_text(std::optional<int> morse_index) {
  return morse_index ? std::to_string(*morse_index) : "?";
}

std::string worth_text(const EndKinds& ends, std::string_view by) {
  const bool are_unknown = ends.saddles_or_maxima > 0 || (ends.saddles > 0 && ends.maxima > 0);
  const std::string_view no_fit = ends.no_fits() == 0 ? ""
                                  : are_unknown       ? "saddles and maxima are no fits"
                                  : ends.saddles > 0  ? "a saddle is no fit"
                                                      : "a maximum is no fit";
  if (ends.minima == 0)
    return no_fit.empty() ? "" : fmt::format("{}: {} looks for fits", no_fit, by);
  if (no_fit.empty()) return fmt::format("a minimum may not be the best fit: {} tells", by);
  return fmt::format("{}, minima may not be the best: {} tells", no_fit, by);
}

void add_table(Page& page, const Data& data) {
  if (!data.table) return;
  const ProblemView first = data.problem(0);
  std::vector<std::string> inputs;
  for (Index column = 0; column < first.weights(); ++column) inputs.push_back(first.column(column));
  add_table(page, *data.table, inputs);
}

void add_network(Page& page, const ProblemView& problem, const NetworkRequest& request) {
  const PerceptronOptions& perceptron = request.perceptron;
  std::string network = fmt::format("{} x {} (patterns x weights), {}", problem.patterns(),
                                    problem.weights(), to_string(perceptron.activation));
  if (!request.fix.empty())
    network +=
        fmt::format(", {} held", counted(static_cast<long long>(request.fix.size()), "weight"));
  if (request.range && request.range->is_known())
    network += fmt::format(", outputs from {} to {}", *request.range->low, *request.range->high);
  if (request.range && !request.range->is_known())
    network += fmt::format(
        ", outputs from {} to {}",
        request.range->low ? fmt::format("{}", *request.range->low) : "a fitted low end",
        request.range->high ? fmt::format("{}", *request.range->high) : "a fitted high end");
  if (perceptron.ridge > 0.0)
    network += fmt::format(
        ", ridge {:g} on the weights {}", perceptron.ridge,
        perceptron.ridge_standardised ? "of standardised columns" : "in the units of the data");
  if (!perceptron.mixed_precision) network += ", double precision throughout";
  page.line("network", network);
}

void add_unreachable(Page& page, const NetworkRequest& request, const DataFacts& facts) {
  if (facts.unreachable) page.line("targets", unreachable_text(request, *facts.unreachable));
}

void add_replicates(Page& page, const DataFacts& facts) {
  if (!facts.replicates || !facts.replicates->any()) return;
  const Replicates& replicates = *facts.replicates;
  const auto rows = static_cast<long long>(replicates.pattern_of.size());
  page.line("replicates",
            fmt::format("{} are {}, with mean targets; E holds {:.6g} that no weights change",
                        counted(rows, "row"),
                        counted(static_cast<long long>(replicates.patterns()), "pattern"),
                        facts.energy_of_replicates));
  if (replicates.rounded == 0) return;
  const auto [row, first] = *replicates.rounded_pair;
  page.line("", fmt::format(
                    "{} up to rounding only, such as row {} to row {} (--keep-replicates "
                    "keeps them apart)",
                    counted(static_cast<long long>(replicates.rounded), "row agrees", "rows agree"),
                    row + 1, first + 1));
}

void add_dependencies(Page& page, const ProblemView& problem, const DataFacts& facts) {
  const Index weights = fitted_weights(problem, facts);
  if (!facts.rank || facts.rank == weights) return;
  page.line("rank", fmt::format("{} of {}: many weights give the same outputs; shown are those of "
                                "smallest norm (minimum-norm weights)",
                                *facts.rank, weights));
  std::size_t shown = 0;
  for (const ColumnDependency& dependency : facts.dependencies) {
    if (shown++ == most_dependencies) {
      page.line(
          "",
          fmt::format("and {} (all: --json)",
                      counted(static_cast<long long>(facts.dependencies.size() - most_dependencies),
                              "more dependent column")));
      break;
    }
    std::string sum;
    for (const auto& [column, coefficient] : dependency.on) {
      const std::string name = cut(problem.column(column), name_width);
      sum += fmt::format(
          "{}{:.6g} {}",
          sum.empty() ? (coefficient < 0 ? "-" : "") : (coefficient < 0 ? " - " : " + "),
          std::abs(coefficient), name);
    }
    page.line("", fmt::format("{} = {}", cut(problem.column(dependency.column), name_width),
                              sum.empty() ? "0" : sum));
  }
}

void add_weights(Page& page, std::string_view label, const ProblemView& problem,
                 const HeldWeights& held, const Vector& first, std::string_view first_title,
                 const Vector* second, std::string_view second_title) {
  page.row(fmt::format("{:<{}}{:>16}{:>16}", "column", name_width, first_title, second_title),
           label);
  const std::vector<Index> columns = shown_columns(problem, second ? *second : first);
  const StandardisedWeights standardised = problem.standardised();
  const Vector shown = without_rounding(standardised, first);
  const Vector second_shown = second ? without_rounding(standardised, *second) : Vector();
  const auto is_held = [&held](Index column) {
    return std::any_of(held.list().begin(), held.list().end(),
                       [column](const HeldWeight& weight) { return weight.column == column; });
  };
  constexpr std::string_view mark = " (held)";
  const auto name = [&](Index column) {
    return is_held(column)
               ? cut(problem.column(column), name_width - 2 - mark.size()) + std::string(mark)
               : cut(problem.column(column), name_width - 2);
  };
  for (const Index column : columns)
    page.row(fmt::format("{:<{}}{:>16}{:>16}", name(column), name_width,
                         short_number(shown(column)),
                         second ? short_number(second_shown(column)) : ""));
  const auto hidden = first.size() - static_cast<Index>(columns.size());
  if (hidden > 0)
    page.row(
        fmt::format("and {} less (all: --json)", counted(hidden, "that matters", "that matter")));
}

void add_plateaus(Page& page, const ProblemView& problem, const Vector& weights,
                  const Range& range) {
  page.line("plateaus", fmt::format("low {:.10g}, high {:.10g}", range.low, range.high));
  if (weights.size() == 2 && problem.column(1) == "(bias)")
    page.line("half point",
              fmt::format("{} = {:.10g}", problem.column(0), -weights(1) / weights(0)));
}

}  // namespace tautrack::program
