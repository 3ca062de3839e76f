#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/core/types.hpp"

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

/// A cursor over comma-separated text: the header once, then row after row. It knows the shape of a
/// table and nothing of numbers.
///
/// RFC 4180, strictly: a quote may only open, close or (doubled) stand inside a quoted field; every
/// row has as many fields as the header; lines end with LF or CRLF and a lone carriage return is
/// refused. Beside the RFC: the text is UTF-8 without control characters, a byte-order mark at its
/// start is skipped, spaces and tabs around a field do not belong to it, and blank lines after the
/// last row are ignored.
///
/// The constructor and next_row() throw DataError when the text breaks these rules.
class CsvTable {
 public:
  /// Reads the header. The text must outlive the table.
  CsvTable(std::string_view text, std::string source);
  CsvTable(const CsvTable&) = delete;  // The cells point into the table.
  CsvTable& operator=(const CsvTable&) = delete;

  /// Column names, distinct and not empty.
  [[nodiscard]] const std::vector<std::string>& columns() const noexcept { return columns_; }

  /// An upper bound on the number of rows, exact unless quoted fields contain line ends. The bound
  /// times columns().size() never exceeds the size of the text by more than one row.
  [[nodiscard]] Index rows_at_most() const noexcept { return rows_at_most_; }

  /// Steps to the next row. @return false when there is none.
  bool next_row();

  /// The current row, one cell per column.
  [[nodiscard]] const std::vector<CsvCell>& row() const noexcept { return cells_; }

  /// Throws DataError "SOURCE: rule".
  [[noreturn]] void fail(const std::string& rule) const;
  /// Throws DataError "SOURCE:LINE: rule".
  [[noreturn]] void fail(Index line, const std::string& rule) const;
  /// Throws DataError "SOURCE: column 'NAME': rule".
  [[noreturn]] void fail_in_column(std::size_t column, const std::string& rule) const;
  /// Throws DataError "SOURCE:LINE: column 'NAME': rule".
  [[noreturn]] void fail_in_column(Index line, std::size_t column, const std::string& rule) const;

 private:
  /// Refuses control characters and whatever is not UTF-8.
  void require_text() const;
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
  /// Steps over the LF or CRLF that is here.
  void read_line_end();
  /// Whether the current record is a line of nothing but blanks.
  [[nodiscard]] bool record_is_blank() const noexcept;
  /// Whether the whole text has been read.
  [[nodiscard]] bool at_end() const noexcept { return position_ == text_.size(); }
  /// Throws DataError "SOURCE:LINE: field NUMBER: rule" for the field that is being read.
  [[noreturn]] void fail_in_field(Index line, const std::string& rule) const;

  std::string_view text_;
  std::string source_;
  std::size_t position_ = 0;
  Index line_ = 1;
  Index rows_at_most_ = 0;
  std::vector<std::string> columns_;
  std::vector<CsvCell> cells_;
  std::deque<std::string> unescaped_;  ///< Cells of this record that had doubled quotes.
};

}  // namespace tautrack::detail
