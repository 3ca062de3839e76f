#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/data/table.hpp"

#include "text_input.hpp"

namespace tautrack::detail {

/// One field of a record.
struct CsvCell {
  std::string_view text;  ///< Without surrounding blanks; valid until the next row is read.
  Index line = 0;         ///< Line on which the field begins, counted from 1.
  bool quoted = false;    ///< Written in quotes.
};

/// Text for a message: in single quotes, on one line; a long one is cut and ends in dots.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// The texts, each in single quotes, separated by commas; of a long list the rest is only counted.
[[nodiscard]] std::string list_in_quotes(const std::vector<std::string>& texts);

/// Whether the text is a number with a decimal point or a decimal comma.
[[nodiscard]] bool is_like_number(std::string_view text);

/// The name as it may stand behind an option that takes column names, for a message.
[[nodiscard]] std::string as_option(const std::string& name);

/// A cursor over the text of a table: the header once, then row after row. It knows the shape of a
/// table, and of numbers only how they are written.
///
/// How fields are separated is said at read_csv(). Quotes are those of RFC 4180, strictly: a quote may
/// only open, close or (doubled) stand inside a quoted field; every row has as many fields as the
/// header; lines end with LF or CRLF and a lone carriage return is refused. Beside the RFC: the text
/// is UTF-8 without control characters, a byte-order mark at its start is skipped, spaces and tabs
/// around a field do not belong to it, blank lines between rows are ignored, and so are lines of
/// separators after the last row.
///
/// The constructor and next_row() throw DataError when the text breaks these rules.
class CsvTable {
 public:
  /// Reads the header. The text must outlive the table.
  CsvTable(std::string_view text, std::string source, const TableOptions& options);
  CsvTable(const CsvTable&) = delete;  // The cells point into the table.
  CsvTable& operator=(const CsvTable&) = delete;

  /// Column names, distinct and not empty.
  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }

  [[nodiscard]] Separator separator() const noexcept { return separator_; }

  [[nodiscard]] Index header_line() const noexcept { return header_line_; }

  /// An upper bound on the number of rows, exact unless there are blank lines or quoted fields with
  /// line ends. The bound times columns().size() never exceeds the size of the text by more than one
  /// row.
  [[nodiscard]] Index rows_at_most() const noexcept { return rows_at_most_; }

  /// Of a table of one column: " (by blanks, line 3 has 2 fields and the header 3)" when the header
  /// could be split by something else than commas but a line disagrees; else empty.
  [[nodiscard]] const std::string& uneven_separator() const noexcept { return uneven_separator_; }

  /// Finds out from the cells of these columns which sign is before the decimals, unless the options
  /// say it. Numbers are read by it from then on. @throws DataError when it is not clear.
  void choose_decimal(const std::vector<std::size_t>& columns);

  [[nodiscard]] DecimalSign decimal() const noexcept { return decimal_; }

  /// What is questionable about the decimal sign that was found; else empty.
  [[nodiscard]] const std::string& decimal_note() const noexcept { return decimal_note_; }

  /// The text as a number, by the decimal sign of the table.
  [[nodiscard]] NumberReading number(std::string_view text) const;

  /// Why the text, which is not a number, is none: "'x' is not a number", and what to do about other
  /// decimal signs and signs between thousands.
  [[nodiscard]] std::string why_no_number(std::string_view text) const;

  /// Whether the text would be a number by the other decimal sign, where columns are not separated by
  /// commas.
  [[nodiscard]] bool has_other_decimal(std::string_view text) const;

  /// Whether rows with missing cells are left out and a cell of this text is missing.
  [[nodiscard]] bool is_missing(std::string_view text) const;

  /// What to do about a cell that may be a missing one, to be put behind a sentence; else empty.
  [[nodiscard]] std::string missing_advice(std::string_view text) const;

  /// Steps to the next row. @return false when there is none.
  bool next_row();

  /// The current row, one cell per column.
  [[nodiscard]] const std::vector<CsvCell>& row() const noexcept { return cells_; }

  /// Throws DataError "SOURCE: rule".
  [[noreturn]] void fail(const std::string& rule) const;
  /// Throws DataError "SOURCE:LINE: rule".
  [[noreturn]] void fail(Index line, const std::string& rule) const;
  /// The same for the line of the header.
  [[noreturn]] void fail_in_header(const std::string& rule) const { fail(header_line_, rule); }
  /// Throws DataError "SOURCE: column 'NAME': rule".
  [[noreturn]] void fail_in_column(std::size_t column, const std::string& rule) const;
  /// Throws DataError "SOURCE:LINE: column 'NAME': rule".
  [[noreturn]] void fail_in_column(Index line, std::size_t column, const std::string& rule) const;

 private:
  /// Refuses control characters and whatever is not UTF-8.
  void require_text() const;
  /// Steps over a first line sep=X. @return what X separates by.
  std::optional<Separator> read_separator_line();
  /// Finds out what separates fields, unless that is said.
  void choose_separator(std::optional<Separator> said);
  /// Reads the first record as column names.
  void read_header();
  /// The bound of rows_at_most(), from the text behind the header.
  [[nodiscard]] Index count_rows_at_most() const;
  /// Reads one record into cells_. @return false at the end of the text.
  bool read_record();
  /// Reads the field that begins here.
  [[nodiscard]] CsvCell read_cell();
  /// Reads the quoted field whose opening quote is here.
  [[nodiscard]] CsvCell read_quoted_cell();
  /// Steps over the separator that is here, if there is one and a field follows it.
  bool skip_separator();
  /// Steps over the spaces and tabs that are here.
  void skip_blanks();
  /// Whether the byte ends a field that is not quoted.
  [[nodiscard]] bool ends_field(char character) const noexcept;
  /// Steps over the LF or CRLF that is here.
  void read_line_end();
  /// Whether the current record is a line of nothing but blanks.
  [[nodiscard]] bool record_is_blank() const noexcept;
  /// Steps back to the first row.
  void rewind() noexcept;
  /// Whether the whole text has been read.
  [[nodiscard]] bool at_end() const noexcept { return position_ == text_.size(); }
  /// Throws DataError "SOURCE:LINE: field NUMBER: rule" for the field that is being read.
  [[noreturn]] void fail_in_field(Index line, const std::string& rule) const;

  std::string_view text_;
  std::string source_;
  MissingCells missing_;
  Separator separator_ = Separator::comma;
  std::optional<DecimalSign> decimal_said_;
  DecimalSign decimal_ = DecimalSign::point;
  std::string decimal_note_;
  std::string uneven_separator_;
  std::string other_separator_;  ///< What else splits every line alike, for messages; or empty.
  std::size_t position_ = 0;
  Index line_ = 1;
  Index header_line_ = 1;
  std::size_t first_row_ = 0;    ///< Position behind the header.
  Index first_row_line_ = 1;     ///< The line there.
  std::size_t content_end_ = 0;  ///< Behind it are only blanks, separators and line ends.
  Index rows_at_most_ = 0;
  std::size_t fields_ = 0;  ///< Of each row. Those beyond the columns have no name and are empty.
  std::vector<std::string> columns_;
  std::vector<CsvCell> cells_;
  std::deque<std::string> unescaped_;  ///< Cells of this record that had doubled quotes.
};

}  // namespace tautrack::detail
