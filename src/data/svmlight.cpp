#include "tautrack/data/svmlight.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "csv_table.hpp"
#include "text_input.hpp"

namespace tautrack {
namespace {

using detail::bias_name;
using detail::failure_reason;
using detail::in_quotes;
using detail::list_in_quotes;
using detail::open_file;
using detail::shortest_text;

using StorageIndex = SparseMatrix::StorageIndex;

/// More classes than this are taken for a mistake. Ten times as many as for a table, because here a
/// class costs only its y.
constexpr std::size_t kMostClassLabels = 1000;

/// Rows, columns and stored entries that a sparse matrix can hold.
constexpr auto largest_size = std::numeric_limits<StorageIndex>::max();

/// The largest feature index: the bias takes one column more.
constexpr auto largest_index = largest_size - 1;

/// Reads the whole text as one finite decimal number. @return what is wrong with it, or nothing.
std::string_view read_number(std::string_view text, double& value) {
  const detail::NumberReading number = detail::read_number(text);
  value = number.value;
  switch (number.reading) {
    case detail::Reading::number:
      return {};
    case detail::Reading::text:
      return "is not a number";
    case detail::Reading::not_finite:
      return "is not a finite number";
    case detail::Reading::out_of_range:
      break;
  }
  return "is outside the range of double precision";
}

/// Reads the whole text as an integer; one of more digits than `value` can hold becomes the
/// smallest or largest that it can. @return whether the text is an integer.
bool read_integer(std::string_view text, long long& value) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (stop != end || error == std::errc::invalid_argument) return false;
  if (error == std::errc::result_out_of_range)
    value = text.starts_with('-') ? std::numeric_limits<long long>::min()
                                  : std::numeric_limits<long long>::max();
  return true;
}

bool is_blank(char character) { return character == ' ' || character == '\t'; }

/// Takes the next token, free of blanks, off the front of the text; empty when there is none.
std::string_view take_token(std::string_view& text) {
  std::size_t first = 0;
  while (first < text.size() && is_blank(text[first])) ++first;
  std::size_t last = first;
  while (last < text.size() && !is_blank(text[last])) ++last;
  const std::string_view token = text.substr(first, last - first);
  text.remove_prefix(last);
  return token;
}

/// Takes lines one by one and makes a dataset of them. It keeps the entries in deques, which grow
/// without a second copy of themselves.
class SvmlightParser {
 public:
  SvmlightParser(const std::string& source, const SvmlightOptions& options)
      : source_(source), options_(options) {
    if (!(options.low < options.high) || !std::isfinite(options.low) ||
        !std::isfinite(options.high))
      fail("the desired outputs of a class must be finite with low < high, but low = " +
           shortest_text(options.low) + " and high = " + shortest_text(options.high));
  }

  /// Takes the next line, with the line end that it has in the file.
  void add_line(std::string_view line) {
    ++line_;
    if (line_ == 1) skip_byte_order_mark(line);
    if (line.ends_with('\n')) {
      line.remove_suffix(1);
      if (line.ends_with('\r')) line.remove_suffix(1);
    }
    if (line.find('\r') != std::string_view::npos)
      fail_in_line("a carriage return without a line feed; lines end with LF or CRLF");
    line = line.substr(0, line.find('#'));

    std::string_view token = take_token(line);
    if (token.empty()) return;
    token_number_ = 1;
    add_label(token);
    StorageIndex previous_index = 0;
    for (;;) {
      token = take_token(line);
      if (token.empty()) break;
      ++token_number_;
      add_feature(token, previous_index);
    }
    end_row();
  }

  /// The dataset of all lines. To be called once, after the last one.
  SparseDataset finish() {
    if (labels_.empty())
      fail(std::string(line_ == 0 ? "empty" : "only blank lines and comments") +
           ", but at least one pattern is expected");
    if (features_ == 0 && !options_.bias)
      fail("no pattern has a feature, and there is no bias, so that X has no column");
    if (!options_.classes && !options_.positive.empty())
      fail("the labels are numeric, so there is no positive class " + in_quotes(options_.positive) +
           " (--classes takes every number for a label)");

    SparseDataset dataset{source_, {}};
    if (!options_.classes) {
      const std::shared_ptr<const SparseMatrix> X = inputs();
      Vector y = Vector::Map(labels_.data(), static_cast<Index>(labels_.size()));
      dataset.problems.push_back({"y", {}, X, std::move(y), {}, options_.bias});
      return dataset;
    }
    const std::vector<Class> positive = positive_classes();
    const std::shared_ptr<const SparseMatrix> X = inputs();
    for (const auto& [label, name] : positive)
      dataset.problems.push_back({name, {}, X, desired_outputs(label), {}, options_.bias});
    return dataset;
  }

 private:
  using Class = std::pair<double, std::string>;  ///< Value of the label, and how it is written.

  /// Takes a byte-order mark off the first line.
  void skip_byte_order_mark(std::string_view& line) const {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (line.starts_with("\xFF\xFE") || line.starts_with("\xFE\xFF"))
      fail("the text is UTF-16, but plain characters are expected");
    if (line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  }

  /// Begins a row with this label.
  void add_label(std::string_view token) {
    double label = 0.0;
    const std::string_view fault = read_number(token, label);
    if (!fault.empty() && token.find(':') != std::string_view::npos)
      fail_in_token(token, "the line begins with the feature " + in_quotes(token) +
                               ", but a label is expected first");
    if (!fault.empty())
      fail_in_token(token, "the label " + in_quotes(token) + ' ' + std::string(fault));
    labels_.push_back(label);
    if (options_.classes && !spelling_.contains(label)) spelling_.emplace(label, token);
  }

  /// Appends a feature to the row. `previous_index` is the one before, and becomes this one.
  void add_feature(std::string_view token, StorageIndex& previous_index) {
    const std::size_t colon = token.find(':');
    if (colon == std::string_view::npos)
      fail_in_token(token, in_quotes(token) + " has no colon, but INDEX:VALUE is expected");
    const std::string_view index_text = token.substr(0, colon);
    const std::string_view value_text = token.substr(colon + 1);
    if (index_text == "qid") {
      long long ignored = 0;
      if (!read_integer(value_text, ignored))
        fail_in_token(token, "the qid " + in_quotes(value_text) + " is not an integer");
      return;
    }

    const StorageIndex index = index_in(token, index_text);
    if (index <= previous_index)
      fail_in_token(token, "the index " + std::to_string(index) + " follows the index " +
                               std::to_string(previous_index) +
                               ", but indices must increase within a line");
    previous_index = index;
    features_ = std::max(features_, index);

    if (value_text.empty())
      fail_in_token(token, "there is no value after the colon of " + in_quotes(token));
    double value = 0.0;
    const std::string_view fault = read_number(value_text, value);
    if (!fault.empty())
      fail_in_token(token, "the value " + in_quotes(value_text) + ' ' + std::string(fault));
    if (value != 0.0) append(index - 1, value);
  }

  /// The index of the token, within its limits.
  [[nodiscard]] StorageIndex index_in(std::string_view token, std::string_view text) const {
    if (text.empty())
      fail_in_token(token, "there is no index before the colon of " + in_quotes(token));
    long long index = 0;
    if (!read_integer(text, index))
      fail_in_token(token, "the index " + in_quotes(text) + " is not an integer");
    if (index < 1)
      fail_in_token(token, "the index " + in_quotes(text) + " is below 1, the first one");
    if (index > largest_index)
      fail_in_token(token, "the index " + in_quotes(text) + " is above " +
                               std::to_string(largest_index) + ", the largest one");
    return static_cast<StorageIndex>(index);
  }

  /// Ends the row, with its bias.
  void end_row() {
    // The bias goes behind the last feature, whose index is known at the end: see inputs().
    if (options_.bias) append(0, 1.0);
    constexpr auto most = static_cast<std::size_t>(largest_size);
    if (values_.size() > most || labels_.size() > most)
      fail_in_line("more than " + std::to_string(most) +
                   " patterns or numbers, the most that a sparse matrix can hold");
    row_ends_.push_back(static_cast<StorageIndex>(values_.size()));
  }

  /// Appends an entry to the row; columns count from 0.
  void append(StorageIndex column, double value) {
    columns_.push_back(column);
    values_.push_back(value);
  }

  /// Moves the entries into a matrix.
  std::shared_ptr<const SparseMatrix> inputs() {
    const auto X = std::make_shared<SparseMatrix>(static_cast<Index>(row_ends_.size()),
                                                  Index{features_} + (options_.bias ? 1 : 0));
    X->resizeNonZeros(static_cast<Index>(values_.size()));
    std::copy(values_.begin(), values_.end(), X->valuePtr());
    values_ = {};
    std::copy(columns_.begin(), columns_.end(), X->innerIndexPtr());
    columns_ = {};
    std::copy(row_ends_.begin(), row_ends_.end(), X->outerIndexPtr() + 1);
    if (options_.bias)
      for (const StorageIndex end : row_ends_) X->innerIndexPtr()[end - 1] = features_;
    return X;
  }

  /// The classes that get a problem of their own.
  [[nodiscard]] std::vector<Class> positive_classes() const {
    const std::size_t count = spelling_.size();
    if (count == 1)
      fail("every pattern has the label " + in_quotes(spelling_.begin()->second) +
           ", but at least two classes are needed");
    if (!options_.positive.empty()) return {class_labelled(options_.positive)};
    if (count == 2) return {*spelling_.rbegin()};
    if (count > kMostClassLabels)
      fail("the number of different labels is " + std::to_string(count) + ", but at most " +
           std::to_string(kMostClassLabels) +
           " classes are accepted (labels to fit need no --classes, --positive picks one class)");
    return {spelling_.begin(), spelling_.end()};
  }

  /// The class with this label, written in whatever way.
  [[nodiscard]] Class class_labelled(std::string_view label) const {
    double value = 0.0;
    const bool is_number = read_number(label, value).empty();
    const auto found = is_number ? spelling_.find(value) : spelling_.end();
    if (found == spelling_.end()) {
      std::vector<std::string> labels;
      for (const auto& [ignored, name] : spelling_) labels.push_back(name);
      fail("there is no label " + in_quotes(label) + "; the labels are " + list_in_quotes(labels));
    }
    return *found;
  }

  /// Desired outputs of the class against the rest.
  [[nodiscard]] Vector desired_outputs(double positive) const {
    Vector y(static_cast<Index>(labels_.size()));
    std::transform(labels_.begin(), labels_.end(), y.begin(),
                   [&](double label) { return label == positive ? options_.high : options_.low; });
    return y;
  }

  /// Throws DataError "SOURCE: rule".
  [[noreturn]] void fail(const std::string& rule) const { throw DataError(source_ + ": " + rule); }

  /// Throws DataError "SOURCE:LINE: rule".
  [[noreturn]] void fail_in_line(const std::string& rule) const {
    throw DataError(source_ + ':' + std::to_string(line_) + ": " + rule);
  }

  /// Throws DataError "SOURCE:LINE: token NUMBER: rule", or that the token is not even text: what a
  /// message quotes is printable.
  [[noreturn]] void fail_in_token(std::string_view token, const std::string& rule) const {
    const std::string where = "token " + std::to_string(token_number_) + ": ";
    for (const char character : token) {
      const auto byte = static_cast<unsigned char>(character);
      constexpr std::string_view digits = "0123456789ABCDEF";
      if (byte < 0x20U || byte > 0x7EU)
        fail_in_line(where + "the byte 0x" + digits[byte >> 4U] + digits[byte & 0xFU] +
                     " does not belong in a label or feature");
    }
    fail_in_line(where + rule);
  }

  const std::string& source_;
  const SvmlightOptions& options_;
  Index line_ = 0;          ///< Lines taken.
  Index token_number_ = 0;  ///< Within the line.
  StorageIndex features_ = 0;
  std::deque<double> values_;
  std::deque<StorageIndex> columns_;
  std::vector<StorageIndex> row_ends_;      ///< Entries up to the end of each row.
  std::vector<double> labels_;              ///< One a row.
  std::map<double, std::string> spelling_;  ///< With options.classes: the first one of each value.
};

/// Hands the lines of the text that end with a line feed to the parser. @return the rest.
std::string_view add_complete_lines(SvmlightParser& parser, std::string_view text) {
  for (;;) {
    const std::size_t line_feed = text.find('\n');
    if (line_feed == std::string_view::npos) return text;
    parser.add_line(text.substr(0, line_feed + 1));
    text.remove_prefix(line_feed + 1);
  }
}

}  // namespace

SparseDataset read_svmlight(const std::string& path, const SvmlightOptions& options) {
  const auto file = open_file(path);
  SvmlightParser parser(path, options);
  constexpr std::size_t chunk = std::size_t{1} << 20U;
  std::string buffer(chunk, '\0');
  std::size_t kept = 0;  // Bytes of an incomplete line, at the front of the buffer.
  for (;;) {
    const std::size_t wanted = buffer.size() - kept;
    const std::size_t read = std::fread(buffer.data() + kept, 1, wanted, file.get());
    if (std::ferror(file.get()) != 0)
      throw DataError(path + ": the file cannot be read: " + failure_reason());
    const std::string_view rest =
        add_complete_lines(parser, std::string_view(buffer).substr(0, kept + read));
    if (read < wanted) {
      if (!rest.empty()) parser.add_line(rest);
      return parser.finish();
    }
    std::copy(rest.begin(), rest.end(), buffer.begin());
    kept = rest.size();
    if (kept == buffer.size()) buffer.resize(2 * kept);
  }
}

SparseDataset parse_svmlight(std::string_view text, const std::string& source,
                             const SvmlightOptions& options) {
  SvmlightParser parser(source, options);
  const std::string_view rest = add_complete_lines(parser, text);
  if (!rest.empty()) parser.add_line(rest);
  return parser.finish();
}

std::string column_name(const SparseProblem& problem, Index column) {
  assert(problem.X && column >= 0 && column < problem.X->cols());
  if (!problem.columns.empty()) return problem.columns[static_cast<std::size_t>(column)];
  if (problem.bias && column == problem.X->cols() - 1) return bias_name;
  return 'x' + std::to_string(column + 1);
}

void check(const SparseProblem& problem) {
  const auto fail = [&problem](const std::string& rule) {
    throw DataError("problem " + in_quotes(problem.name) + ": " + rule);
  };
  const auto fail_in_row = [&fail](Index row, const std::string& rule) {
    fail("row " + std::to_string(row + 1) + " (counted from 1): " + rule);
  };
  if (!problem.X) fail("there is no X");
  const SparseMatrix& X = *problem.X;
  const Vector& y = problem.y;
  const Vector& omega = problem.pattern_weights;
  const auto require_size = [&fail](const char* what, Index size, const char* lines, Index count) {
    if (size != count)
      fail(std::string(what) + " has size " + std::to_string(size) + ", but the number of " +
           lines + " of X is " + std::to_string(count));
  };
  if (X.rows() < 1 || X.cols() < 1)
    fail("X is " + std::to_string(X.rows()) + " x " + std::to_string(X.cols()) +
         ", but at least one row and one column are needed");
  require_size("y", y.size(), "rows", X.rows());
  if (omega.size() != 0) require_size("pattern_weights", omega.size(), "rows", X.rows());
  if (!problem.columns.empty())
    require_size("columns", static_cast<Index>(problem.columns.size()), "columns", X.cols());

  for (Index row = 0; row < X.rows(); ++row) {
    double last = 0.0;  // Entry in the last column.
    for (SparseMatrix::InnerIterator entry(X, row); entry; ++entry) {
      if (!std::isfinite(entry.value()))
        fail_in_row(row,
                    "column " + in_quotes(column_name(problem, entry.col())) + " is not finite");
      if (entry.col() == X.cols() - 1) last = entry.value();
    }
    if (problem.bias && last != 1.0)
      fail_in_row(row, "the bias is " + shortest_text(last) + ", but it is the column of ones");
    if (!std::isfinite(y(row))) fail_in_row(row, "y is not finite");
    if (omega.size() != 0 && !(std::isfinite(omega(row)) && omega(row) > 0.0))
      fail_in_row(row, "the pattern weight is not positive and finite");
  }
}

SparseProblem make_sparse_problem(SparseMatrix X, Vector y, std::string name,
                                  std::vector<std::string> columns, Vector pattern_weights) {
  const auto shared_X = std::make_shared<SparseMatrix>();
  shared_X->swap(X);  // Eigen 3.4 copies a sparse matrix that is moved.
  SparseProblem problem{std::move(name), std::move(columns),         shared_X,
                        std::move(y),    std::move(pattern_weights), false};
  check(problem);
  return problem;
}

}  // namespace tautrack
