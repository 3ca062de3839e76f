#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "tautrack/network/perceptron.hpp"
#include "tautrack/version.hpp"

#include "io/data.hpp"
#include "io/options.hpp"
#include "io/text.hpp"

namespace tautrack::program {

constexpr std::size_t page_width = 80;
constexpr std::size_t label_width = 18;       ///< The two blanks in front of a label included.
constexpr std::size_t name_width = 28;        ///< Of column names in tables.
constexpr std::size_t short_name_width = 18;  ///< Of problems in a table with one row a problem.
constexpr std::size_t most_limits = 4;        ///< Lines on limits at infinity.

/// A report for a person: lines of the form "  label   text".
class Page {
 public:
  /// A labelled text, broken into lines.
  void line(std::string_view label, std::string_view text);

  /// Texts behind one label, each with lines of its own; at most so many, with a word on the others.
  void lines(std::string_view label, const std::vector<std::string>& texts,
             std::size_t most = std::numeric_limits<std::size_t>::max());

  /// A row of a table, behind the label, without the blanks at its end.
  void row(std::string_view text, std::string_view label = "");

  /// A line without label.
  void plain(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// A number for a table of names and numbers.
[[nodiscard]] std::string short_number(double number);

/// Entries of a vector up to here are rounding where 0 is meant: so small beside the largest one.
[[nodiscard]] double largest_zero(const Vector& vector);

/// A Morse index, or '?' where an eigenvalue is zero to working precision.
[[nodiscard]] std::string index_text(std::optional<int> morse_index);

/// How many natural paths end at which kind of point.
struct EndKinds {
  long long minima = 0;  ///< And points of which no more is known than that they may be ones.
  long long saddles = 0;
  long long maxima = 0;
  long long saddles_or_maxima = 0;  ///< It is not known which.

  [[nodiscard]] long long no_fits() const { return saddles + maxima + saddles_or_maxima; }
};

/// What such ends are worth as fits, in a line that names the subcommand which tells more; empty without
/// ends.
/// @param by That subcommand, with what limits it.
[[nodiscard]] std::string worth_text(const EndKinds& ends, std::string_view by = "tautrack solve");

/// Below the title: how the table was read that the data are from, if any.
void add_table(Page& page, const Data& data);

/// Size of a problem and what its network is.
void add_network(Page& page, const ProblemView& problem, const NetworkRequest& request);

/// Which targets no output reaches, if there are any.
void add_unreachable(Page& page, const NetworkRequest& request, const DataFacts& facts);

/// Which rows are the same pattern, if any are.
void add_replicates(Page& page, const DataFacts& facts);

/// Which columns depend on which, in words; nothing if none does.
void add_dependencies(Page& page, const ProblemView& problem, const DataFacts& facts);

/// The columns that a table shows: all, or those with the largest standardised weights, in their order.
[[nodiscard]] std::vector<Index> shown_columns(const ProblemView& problem, const Vector& weights);

/// A table with one row a column of X and up to two numbers in it; held weights are marked. Of many columns,
/// those with the largest standardised weights.
void add_weights(Page& page, std::string_view label, const ProblemView& problem,
                 const HeldWeights& held, const Vector& first, std::string_view first_title,
                 const Vector* second = nullptr, std::string_view second_title = "");

/// The plateaus of a curve, and where its outputs are halfway.
void add_plateaus(Page& page, const ProblemView& problem, const Vector& weights,
                  const Range& range);

/// The report of a subcommand on all problems of its data: a title, what `add_problem` adds under the
/// name of each, and what `add_overview` does where there are several.
template <class Request, class Result>
[[nodiscard]] std::string problems_text(std::string_view command, const Request& request,
                                        const Data& data, const std::vector<Result>& results,
                                        void (*add_problem)(Page&, const Request&,
                                                            const ProblemView&, const Result&),
                                        void (*add_overview)(Page&, const Data&,
                                                             const std::vector<Result>&)) {
  Page page;
  page.plain(fmt::format("tautrack {} {}: {}, {}", version, command, printable(data.source()),
                         counted(static_cast<long long>(results.size()), "problem")));
  add_table(page, data);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const ProblemView problem = data.problem(i);
    page.plain("");
    page.plain(cut(problem.name(), page_width));
    add_problem(page, request, problem, results[i]);
  }
  if (results.size() > 1) {
    page.plain("");
    add_overview(page, data, results);
  }
  return page.text();
}

}  // namespace tautrack::program
