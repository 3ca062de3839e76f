#include "csv_table.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tautrack/data/dataset.hpp"

#include "text_input.hpp"

namespace tautrack::detail {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::string_view blanks_and_line_ends = " \t\r\n";

/// The text without surrounding spaces and tabs.
std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// The byte as a number in [0, 255].
unsigned byte_at(std::string_view text, std::size_t position) {
  return static_cast<unsigned char>(text[position]);
}

/// Whether the byte is a second, third or fourth one of a UTF-8 sequence.
bool is_continuation(unsigned byte) { return (byte & 0xC0U) == 0x80U; }

/// Whether the byte is a control character that text may not contain.
bool is_forbidden_control(unsigned byte) {
  return (byte < 0x20U && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7FU;
}

/// "0x1B" for 27.
std::string hexadecimal(unsigned byte) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  return {'0', 'x', digits[byte >> 4U], digits[byte & 0xFU]};
}

/// Whether the byte ends a line or, as a carriage return, may begin its end.
bool is_line_end(char character) { return character == '\n' || character == '\r'; }

/// Bytes of the well-formed UTF-8 sequence (Unicode 15, table 3-7) that begins with the byte at
/// `position`, which is above 0x7F; 0 when it is not well formed.
std::size_t utf8_length(std::string_view text, std::size_t position) {
  const unsigned lead = byte_at(text, position);
  std::size_t length = 0;
  if (lead >= 0xC2U && lead <= 0xDFU) length = 2;
  if (lead >= 0xE0U && lead <= 0xEFU) length = 3;
  if (lead >= 0xF0U && lead <= 0xF4U) length = 4;
  if (length == 0 || text.size() - position < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (!is_continuation(byte_at(text, position + i))) return 0;
  const unsigned second = byte_at(text, position + 1);
  const bool overlong = (lead == 0xE0U && second < 0xA0U) || (lead == 0xF0U && second < 0x90U);
  const bool surrogate = lead == 0xEDU && second > 0x9FU;
  const bool too_large = lead == 0xF4U && second > 0x8FU;
  return overlong || surrogate || too_large ? 0 : length;
}

/// All separators, in the order in which they are tried.
constexpr std::array kSeparators = {Separator::comma, Separator::semicolon, Separator::tab,
                                    Separator::blanks};

/// How a message calls one separator, and many.
struct SeparatorName {
  const char* one;
  const char* many;
};

SeparatorName words_for(Separator separator) {
  switch (separator) {
    case Separator::comma:
      return {"comma", "commas"};
    case Separator::semicolon:
      return {"semicolon", "semicolons"};
    case Separator::tab:
      return {"tab", "tabs"};
    case Separator::blanks:
      break;
  }
  return {"blank", "blanks"};
}

/// How many fields a line has, by each separator.
struct FieldCounts {
  Index line = 0;                                  ///< On which it begins, counted from 1.
  bool blank = true;                               ///< There are only blanks and separators.
  std::array<Index, kSeparators.size()> fields{};  ///< By each of kSeparators.
};

/// Counts fields line after line; line ends in quotes end none.
class FieldCounter {
 public:
  /// @param line The number of the first line.
  FieldCounter(std::string_view text, Index line) : text_(text), line_(line) {}

  /// The counts of the next line, or nothing at the end of the text.
  std::optional<FieldCounts> next() {
    if (position_ == text_.size()) return std::nullopt;
    FieldCounts counts;
    counts.line = line_;
    Index commas = 0, semicolons = 0, tabs = 0, words = 0;
    bool quoted = false, in_word = false;
    bool tab_between = false;  // Since the last word.
    bool tab_splits = false;   // Some tab stands between two words, so blanks separate nothing.
    while (position_ < text_.size()) {
      const char character = text_[position_++];
      if (character == '\n') ++line_;
      if (character == '\n' && !quoted) break;
      if (character == '"') quoted = !quoted;
      const bool blank = character == ' ' || character == '\t' || character == '\r';
      if (!quoted && blank) {
        in_word = false;
        if (character == '\t') {
          ++tabs;
          tab_between = true;
        }
        continue;
      }
      if (!in_word) {
        tab_splits = tab_splits || (words > 0 && tab_between);
        tab_between = false;
        in_word = true;
        ++words;
      }
      if (!quoted && character == ',')
        ++commas;
      else if (!quoted && character == ';')
        ++semicolons;
      else
        counts.blank = false;
    }
    counts.fields = {commas + 1, semicolons + 1, tabs + 1, tab_splits ? 1 : words};
    return counts;
  }

 private:
  std::string_view text_;
  std::size_t position_ = 0;
  Index line_;
};

/// Which separators split all lines alike, into at least two fields, and where the others fail to.
struct Splits {
  std::optional<FieldCounts> header;
  std::array<Index, kSeparators.size()> first_uneven{};  ///< Lines; 0: none.
  std::array<Index, kSeparators.size()> fields_there{};

  /// By one of kSeparators.
  [[nodiscard]] bool evenly(std::size_t i) const {
    return header && header->fields[i] >= 2 && first_uneven[i] == 0;
  }
};

Splits splits_of(std::string_view text, Index first_line) {
  FieldCounter counter(text, first_line);
  Splits splits;
  splits.header = counter.next();
  if (!splits.header || splits.header->blank) return splits;
  while (splits.evenly(0) || splits.evenly(1) || splits.evenly(2) || splits.evenly(3)) {
    const std::optional<FieldCounts> line = counter.next();
    if (!line) break;
    if (line->blank) continue;
    for (std::size_t i = 0; i < kSeparators.size(); ++i) {
      if (!splits.evenly(i) || line->fields[i] == splits.header->fields[i]) continue;
      splits.first_uneven[i] = line->line;
      splits.fields_there[i] = line->fields[i];
    }
  }
  return splits;
}

/// What is known of the decimal sign of a text that is a number by one of them.
enum class DecimalUse {
  none,  ///< No sign, or no number.
  point,
  comma,
  both  ///< Like 1.234,5 or 1,234.5.
};

/// The text with its first comma as a point.
std::string with_point(std::string_view text) {
  std::string result(text);
  if (const std::size_t comma = result.find(','); comma != std::string::npos) result[comma] = '.';
  return result;
}

/// The text without all of these characters.
std::string without(std::string_view text, char character) {
  std::string rest(text);
  rest.erase(std::remove(rest.begin(), rest.end(), character), rest.end());
  return rest;
}

bool is_number(std::string_view text) { return read_number(text).reading == Reading::number; }

DecimalUse decimal_use_of(std::string_view text) {
  const bool has_comma = text.find(',') != std::string_view::npos;
  const bool has_point = text.find('.') != std::string_view::npos;
  if (has_comma && has_point)
    return is_number(without(text, ',')) || is_number(with_point(without(text, '.')))
               ? DecimalUse::both
               : DecimalUse::none;
  if (has_comma) return is_number(with_point(text)) ? DecimalUse::comma : DecimalUse::none;
  return has_point && is_number(text) ? DecimalUse::point : DecimalUse::none;
}

/// Whether the sign of a number that has one may stand between thousands, as in 1,234 or 12.500.
bool may_be_thousands(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  const std::size_t before = text.find_first_of(".,");
  const std::string_view after = text.substr(before + 1);
  return before >= 1 && before <= 3 && text.front() != '0' && after.size() == 3 &&
         after.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Texts of missing cells beside the empty one.
constexpr std::array<std::string_view, 5> kMissingTexts = {"NA", "NaN", "nan", ".", "-"};

bool means_missing(std::string_view text) {
  return text.empty() ||
         std::find(kMissingTexts.begin(), kMissingTexts.end(), text) != kMissingTexts.end();
}

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::size_t length = std::min(text.size(), longest);
  if (length < text.size())
    while (length > 0 && is_continuation(byte_at(text, length))) --length;
  std::string result = "'";
  for (const char character : text.substr(0, length)) {
    const unsigned byte = static_cast<unsigned char>(character);
    if (character == '\n')
      result += "\\n";
    else if (character == '\r')
      result += "\\r";
    else if (character == '\t')
      result += "\\t";
    else if (is_forbidden_control(byte))
      result += '<' + hexadecimal(byte) + '>';
    else
      result += character;
  }
  if (length < text.size()) result += "...";
  return result + "'";
}

std::string list_in_quotes(const std::vector<std::string>& texts) {
  constexpr std::size_t most = 12;
  const std::size_t shown = std::min(texts.size(), most);
  std::string result;
  for (std::size_t i = 0; i < shown; ++i) result += (i > 0 ? ", " : "") + in_quotes(texts[i]);
  if (shown < texts.size()) result += " and " + std::to_string(texts.size() - shown) + " more";
  return result;
}

bool is_like_number(std::string_view text) {
  return is_number(text) || is_number(with_point(text));
}

std::string as_option(const std::string& name) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
  if (!name.empty() && name.find_first_not_of(plain) == std::string::npos) return name;
  return name.find(',') == std::string::npos ? in_quotes(name) : in_quotes('"' + name + '"');
}

CsvTable::CsvTable(std::string_view text, std::string source, const TableOptions& options)
    : text_(text),
      source_(std::move(source)),
      missing_(options.missing),
      decimal_said_(options.decimal) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF"))
    fail("the text is UTF-16, but UTF-8 is expected: save it as UTF-8");
  if (text_.starts_with("PK\x03\x04") || text_.starts_with("\xD0\xCF\x11\xE0"))
    fail("this is a spreadsheet (.xlsx, .ods, .xls) or an archive: save the table as CSV in UTF-8");
  if (text_.starts_with(byte_order_mark)) text_.remove_prefix(byte_order_mark.size());
  require_text();
  const std::optional<Separator> said = read_separator_line();
  choose_separator(options.separator ? options.separator : said);
  std::string at_end(blanks_and_line_ends);
  if (separator_ == Separator::comma) at_end += ',';
  if (separator_ == Separator::semicolon) at_end += ';';
  content_end_ = text_.find_last_not_of(at_end) + 1;
  if (decimal_said_) decimal_ = *decimal_said_;
  read_header();
  first_row_ = position_;
  first_row_line_ = line_;
  rows_at_most_ = count_rows_at_most();
}

void CsvTable::rewind() noexcept {
  position_ = first_row_;
  line_ = first_row_line_;
}

bool CsvTable::next_row() {
  do {
    if (position_ >= content_end_) {
      while (read_record()) {
      }
      return false;
    }
    read_record();
  } while (record_is_blank());
  if (cells_.size() != fields_)
    fail(cells_.front().line, "the number of fields is " + std::to_string(cells_.size()) +
                                  ", but the header has " + std::to_string(fields_) +
                                  (fields_ == 1 && separator_ == Separator::comma
                                       ? " (names of columns stand in the first line)"
                                       : other_separator_));
  for (std::size_t i = columns_.size(); i < fields_; ++i)
    if (!cells_[i].text.empty())
      fail(cells_[i].line, "field " + std::to_string(i + 1) + ": " + in_quotes(cells_[i].text) +
                               " stands in a column that has no name in the header");
  return true;
}

void CsvTable::fail(const std::string& rule) const { throw DataError(source_ + ": " + rule); }

void CsvTable::fail(Index line, const std::string& rule) const {
  throw DataError(source_ + ':' + std::to_string(line) + ": " + rule);
}

void CsvTable::fail_in_column(std::size_t column, const std::string& rule) const {
  fail("column " + in_quotes(columns_[column]) + ": " + rule);
}

void CsvTable::fail_in_column(Index line, std::size_t column, const std::string& rule) const {
  fail(line, "column " + in_quotes(columns_[column]) + ": " + rule);
}

void CsvTable::fail_in_field(Index line, const std::string& rule) const {
  fail(line, "field " + std::to_string(cells_.size() + 1) + ": " + rule);
}

void CsvTable::require_text() const {
  const bool is_wide = text_.size() >= 2 && (text_[0] == '\0') != (text_[1] == '\0');
  if (is_wide) fail("the text seems to be UTF-16, but UTF-8 is expected: save it as UTF-8");
  Index line = 1;
  std::size_t position = 0;
  while (position < text_.size()) {
    const unsigned byte = byte_at(text_, position);
    std::size_t length = 1;
    if (byte == '\n')
      ++line;
    else if (is_forbidden_control(byte))
      fail(line, "the control character " + hexadecimal(byte) + " does not belong in a text file");
    else if (byte > 0x7FU)
      length = utf8_length(text_, position);
    if (length == 0)
      fail(line,
           "the byte " + hexadecimal(byte) +
               " is not valid UTF-8 here (text in Windows-1252 or Latin-1 must be saved as UTF-8)");
    position += length;
  }
}

std::optional<Separator> CsvTable::read_separator_line() {
  const std::size_t end = std::min(text_.find('\n'), text_.size());
  std::string_view line = text_.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() > 2 && line.starts_with('"') && line.ends_with('"'))
    line = line.substr(1, line.size() - 2);
  constexpr std::string_view key = "sep=";
  if (line.size() != key.size() + 1 || !line.starts_with(key)) return std::nullopt;
  position_ = std::min(end + 1, text_.size());
  header_line_ = line_ = 2;
  switch (line.back()) {
    case ',':
      return Separator::comma;
    case ';':
      return Separator::semicolon;
    case '\t':
      return Separator::tab;
    case ' ':
      return Separator::blanks;
    default:
      fail(1, in_quotes(line) + ": columns are separated by commas, semicolons, tabs or blanks");
  }
}

void CsvTable::choose_separator(std::optional<Separator> said) {
  const Splits splits = splits_of(text_.substr(position_), line_);
  if (!splits.header || splits.header->blank) {
    if (said) separator_ = *said;
    return;
  }
  const auto number_of = [](Separator separator) {
    return static_cast<std::size_t>(std::find(kSeparators.begin(), kSeparators.end(), separator) -
                                    kSeparators.begin());
  };
  const bool has_comma = splits.header->fields[number_of(Separator::comma)] >= 2;
  // Blanks are in many names and texts: where there are commas they separate nothing.
  const auto may_be = [&](std::size_t i) {
    return splits.evenly(i) && !(has_comma && kSeparators[i] == Separator::blanks);
  };
  std::size_t chosen = kSeparators.size();
  if (said)
    chosen = number_of(*said);
  else
    for (std::size_t i = kSeparators.size(); i-- > 0;)
      if (may_be(i)) chosen = i;
  const bool is_found = chosen < kSeparators.size();
  if (is_found) separator_ = kSeparators[chosen];
  const std::size_t own = number_of(separator_);
  if (!splits.evenly(own) || separator_ == Separator::comma)
    for (std::size_t i = kSeparators.size(); i-- > 0;)
      if (i != own && may_be(i))
        other_separator_ = std::string(" (by ") + words_for(kSeparators[i]).many +
                           " every line has " + std::to_string(splits.header->fields[i]) + ")";
  if (said && splits.header->fields[own] == 1 && !other_separator_.empty())
    fail_in_header(std::string("the header is not separated by ") + words_for(separator_).many +
                   ", as it is said to be" + other_separator_);
  if (is_found || has_comma) return;
  for (std::size_t i = 0; i < kSeparators.size(); ++i) {
    if (splits.first_uneven[i] == 0) continue;
    uneven_separator_ = std::string(" (by ") + words_for(kSeparators[i]).many + ", line " +
                        std::to_string(splits.first_uneven[i]) + " has " +
                        std::to_string(splits.fields_there[i]) +
                        (splits.fields_there[i] == 1 ? " field" : " fields") + " and the header " +
                        std::to_string(splits.header->fields[i]) + ")";
    return;
  }
}

void CsvTable::choose_decimal(const std::vector<std::size_t>& columns) {
  if (decimal_said_ || separator_ == Separator::comma) return;
  struct Place {
    std::string text;
    Index line = 0;
  };
  Place point, comma;
  bool is_sure = false;  // Some sign is none between thousands.
  while (next_row()) {
    for (const std::size_t column : columns) {
      const CsvCell& cell = cells_[column];
      const DecimalUse use = decimal_use_of(cell.text);
      if (use == DecimalUse::both)
        fail_in_column(
            cell.line, column,
            in_quotes(cell.text) + " has a comma and a point: write nothing between thousands");
      if (use == DecimalUse::none) continue;
      is_sure = is_sure || !may_be_thousands(cell.text);
      Place& first = use == DecimalUse::point ? point : comma;
      if (first.line == 0) first = {std::string(cell.text), cell.line};
    }
    if (point.line != 0 && comma.line != 0) break;
  }
  rewind();
  const auto told = [](const Place& place) {
    return in_quotes(place.text) + " in line " + std::to_string(place.line);
  };
  if (comma.line == 0) {
    // With points numbers are read as ever; where semicolons separate them they may be meant otherwise.
    if (point.line != 0 && !is_sure && separator_ == Separator::semicolon)
      decimal_note_ = told(point) +
                      " is read with a decimal point, and so are all numbers here that have one: "
                      "none may stand between thousands (--decimal point says that none does)";
    return;
  }
  if (point.line != 0)
    fail("the decimal sign is not clear: " + told(comma) + " has a comma and " + told(point) +
         " a point: write all numbers alike, and nothing between thousands");
  if (!is_sure)
    fail("the comma in " + told(comma) +
         " may be a decimal sign or stand between thousands, and so all commas here: --decimal "
         "comma says that it is a decimal sign; else write nothing between thousands");
  decimal_ = DecimalSign::comma;
}

NumberReading CsvTable::number(std::string_view text) const {
  if (decimal_ == DecimalSign::point) return read_number(text);
  if (text.find('.') != std::string_view::npos) return {};
  if (text.find(',') == std::string_view::npos) return read_number(text);
  return read_number(with_point(text));
}

std::string CsvTable::why_no_number(std::string_view text) const {
  std::string result = in_quotes(text) + " is not a number";
  const DecimalUse use = decimal_use_of(text);
  if (use == DecimalUse::both)
    result += ": write nothing between thousands";
  else if (decimal_ == DecimalSign::comma && use == DecimalUse::point)
    result += ": the decimal sign of this table is the comma, and nothing stands between thousands";
  else if (use == DecimalUse::comma)
    result +=
        ": the decimal sign of this table is the point (--decimal comma: the comma), and "
        "nothing stands between thousands";
  if (separator_ == Separator::comma && text.find_first_of(";\t") != std::string_view::npos)
    result += other_separator_;
  return result;
}

bool CsvTable::has_other_decimal(std::string_view text) const {
  if (separator_ == Separator::comma) return false;
  const DecimalUse use = decimal_use_of(text);
  if (use == DecimalUse::none) return false;
  return (use == DecimalUse::point) == (decimal_ == DecimalSign::comma);
}

bool CsvTable::is_missing(std::string_view text) const {
  return missing_ == MissingCells::drop && means_missing(text);
}

std::string CsvTable::missing_advice(std::string_view text) const {
  if (missing_ == MissingCells::drop || !means_missing(text)) return {};
  return " (--missing drop leaves out rows with missing cells)";
}

void CsvTable::read_header() {
  if (text_.empty()) fail("empty, but a header line and at least one row are expected");
  if (text_.find_first_not_of(blanks_and_line_ends) == std::string_view::npos)
    fail("only blank lines, but a header line and at least one row are expected");
  if (!read_record())
    fail("nothing but what separates columns, but a header line and at least one row are expected");
  if (record_is_blank())
    fail_in_header("the first line is blank, but the header is expected there");

  const CsvCell& first = cells_.front();
  if (cells_.size() == 1 && !first.quoted && first.text.find_first_of(";\t") != std::string::npos)
    fail(first.line, "the header is the single field " + in_quotes(first.text) +
                         ", but columns are separated by commas" + uneven_separator_);

  fields_ = cells_.size();
  // Spreadsheets put separators behind the last column.
  while (cells_.size() > 1 && cells_.back().text.empty()) cells_.pop_back();
  std::unordered_map<std::string, std::size_t> number_of;
  for (const CsvCell& cell : cells_) {
    const std::size_t number = columns_.size() + 1;
    if (cell.text.empty())
      fail(cell.line, "column " + std::to_string(number) +
                          " has no name: give it one, and --ignore leaves it out (names of rows: "
                          "write.csv(..., row.names = FALSE) in R, to_csv(..., index=False) in "
                          "pandas)");
    const auto [earlier, is_new] = number_of.emplace(cell.text, number);
    if (!is_new)
      fail(cell.line, "columns " + std::to_string(earlier->second) + " and " +
                          std::to_string(number) + " are both named " + in_quotes(cell.text));
    columns_.emplace_back(cell.text);
  }
}

Index CsvTable::count_rows_at_most() const {
  if (content_end_ <= position_) return 0;
  const std::string_view rest = text_.substr(position_, content_end_ - position_);
  const auto line_ends = static_cast<Index>(std::count(rest.begin(), rest.end(), '\n'));
  // Each row but the last takes at least a separator or a line end per column.
  const auto rows_that_fit = static_cast<Index>(rest.size() / fields_);
  return std::min(line_ends, rows_that_fit) + 1;
}

bool CsvTable::read_record() {
  cells_.clear();
  unescaped_.clear();
  if (at_end()) return false;
  if (separator_ == Separator::blanks) skip_blanks();
  if (separator_ == Separator::tab) {
    // A line of spaces is blank, one of tabs a row of empty cells.
    const std::size_t end = std::min(text_.find_first_not_of(' ', position_), text_.size());
    if (end == text_.size() || is_line_end(text_[end])) position_ = end;
  }
  do cells_.push_back(read_cell());
  while (skip_separator());
  if (!at_end()) read_line_end();
  return true;
}

bool CsvTable::skip_separator() {
  if (separator_ == Separator::blanks) {
    skip_blanks();
    return !at_end() && !is_line_end(text_[position_]);
  }
  if (at_end() || is_line_end(text_[position_])) return false;
  ++position_;
  return true;
}

void CsvTable::skip_blanks() {
  position_ = std::min(text_.find_first_not_of(blanks, position_), text_.size());
}

bool CsvTable::ends_field(char character) const noexcept {
  if (is_line_end(character)) return true;
  switch (separator_) {
    case Separator::comma:
      return character == ',';
    case Separator::semicolon:
      return character == ';';
    case Separator::tab:
      return character == '\t';
    case Separator::blanks:
      break;
  }
  return character == ' ' || character == '\t';
}

CsvCell CsvTable::read_cell() {
  if (!at_end() && text_[position_] == '"') return read_quoted_cell();
  const std::size_t first = position_;
  for (; !at_end(); ++position_) {
    const char character = text_[position_];
    if (ends_field(character)) break;
    if (character == '"')
      fail_in_field(line_, "a quote may stand only in a field that begins with a quote");
  }
  return {trimmed(text_.substr(first, position_ - first)), line_, false};
}

CsvCell CsvTable::read_quoted_cell() {
  const Index first_line = line_;
  std::size_t first = ++position_;
  std::string* unescaped = nullptr;
  for (;;) {
    const std::size_t quote = text_.find('"', position_);
    if (quote == std::string_view::npos)
      fail_in_field(first_line, "the quote that opens here is never closed");
    const std::string_view part = text_.substr(first, quote - first);
    line_ += static_cast<Index>(std::count(part.begin(), part.end(), '\n'));
    position_ = quote + 1;
    const bool is_doubled = !at_end() && text_[position_] == '"';
    if (is_doubled && unescaped == nullptr) unescaped = &unescaped_.emplace_back();
    if (unescaped != nullptr) unescaped->append(part);
    if (!is_doubled) {
      if (!at_end() && !ends_field(text_[position_]))
        fail_in_field(line_, std::string("only a ") + words_for(separator_).one +
                                 " or the end of the line may follow the closing quote" +
                                 uneven_separator_);
      return {trimmed(unescaped != nullptr ? *unescaped : part), first_line, true};
    }
    unescaped->push_back('"');
    first = ++position_;
  }
}

void CsvTable::read_line_end() {
  if (text_[position_] == '\r') {
    ++position_;
    if (at_end() || text_[position_] != '\n')
      fail(line_, "a carriage return without a line feed; lines end with LF or CRLF");
  }
  ++position_;
  ++line_;
}

bool CsvTable::record_is_blank() const noexcept {
  return cells_.size() == 1 && !cells_.front().quoted && cells_.front().text.empty();
}

}  // namespace tautrack::detail
