#include "csv_table.hpp"

#include <algorithm>
#include <array>
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

/// The separators that may stand in for the comma, in the order in which they are tried.
constexpr std::array kOtherSeparators = {Separator::semicolon, Separator::tab, Separator::blanks};

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
  Index line = 0;                                       ///< On which it begins, counted from 1.
  bool blank = true;                                    ///< There are only blanks.
  bool commas = false;                                  ///< There is a comma outside quotes.
  std::array<Index, kOtherSeparators.size()> fields{};  ///< By each of kOtherSeparators.
};

/// Counts fields line after line; line ends in quotes end none.
class FieldCounter {
 public:
  explicit FieldCounter(std::string_view text) : text_(text) {}

  /// The counts of the next line, or nothing at the end of the text.
  std::optional<FieldCounts> next() {
    if (position_ == text_.size()) return std::nullopt;
    FieldCounts counts;
    counts.line = line_;
    Index semicolons = 0, tabs = 0, words = 0;
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
      if (quoted) continue;
      if (character == ',') counts.commas = true;
      if (character == ';') ++semicolons;
    }
    counts.blank = words == 0;
    counts.fields = {semicolons + 1, tabs + 1, tab_splits ? 1 : words};
    return counts;
  }

 private:
  std::string_view text_;
  std::size_t position_ = 0;
  Index line_ = 1;
};

/// The number with a decimal comma (and points between thousands) as it should be written; nothing
/// when the text is no such number.
std::optional<std::string> with_decimal_point(std::string_view text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '.') {
      result += i == comma ? '.' : text[i];
      continue;
    }
    const bool before_thousands = i + 4 <= comma && (text[i + 4] == '.' || i + 4 == comma);
    if (!before_thousands) return std::nullopt;
  }
  if (read_number(result).reading != Reading::number) return std::nullopt;
  return result;
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

CsvTable::CsvTable(std::string_view text, std::string source)
    : text_(text), source_(std::move(source)) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF"))
    fail("the text is UTF-16, but UTF-8 is expected");
  if (text_.starts_with(byte_order_mark)) text_.remove_prefix(byte_order_mark.size());
  require_text();
  choose_separator();
  read_header();
  rows_at_most_ = count_rows_at_most();
}

bool CsvTable::next_row() {
  if (!read_record()) return false;
  if (record_is_blank()) {
    const Index line = cells_.front().line;
    while (read_record())
      if (!record_is_blank()) fail(line, "a blank line is allowed after the last row only");
    return false;
  }
  if (cells_.size() != columns_.size())
    fail(cells_.front().line, "the number of fields is " + std::to_string(cells_.size()) +
                                  ", but the header has " + std::to_string(columns_.size()));
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
    if (length == 0) fail(line, "the byte " + hexadecimal(byte) + " is not valid UTF-8 here");
    position += length;
  }
}

void CsvTable::choose_separator() {
  FieldCounter counter(text_);
  const std::optional<FieldCounts> header = counter.next();
  if (!header || header->blank || header->commas) return;
  std::array<Index, kOtherSeparators.size()> first_uneven{};  // Lines; 0: none.
  std::array<Index, kOtherSeparators.size()> fields_there{};
  const auto may_separate = [&](std::size_t i) {
    return header->fields[i] >= 2 && first_uneven[i] == 0;
  };
  while (may_separate(0) || may_separate(1) || may_separate(2)) {
    const std::optional<FieldCounts> line = counter.next();
    if (!line) break;
    if (line->blank) continue;
    for (std::size_t i = 0; i < kOtherSeparators.size(); ++i) {
      if (!may_separate(i) || line->fields[i] == header->fields[i]) continue;
      first_uneven[i] = line->line;
      fields_there[i] = line->fields[i];
    }
  }
  for (std::size_t i = 0; i < kOtherSeparators.size(); ++i) {
    if (!may_separate(i)) continue;
    separator_ = kOtherSeparators[i];
    uneven_separator_.clear();
    return;
  }
  for (std::size_t i = 0; i < kOtherSeparators.size(); ++i) {
    if (first_uneven[i] == 0) continue;
    uneven_separator_ = std::string(" (by ") + words_for(kOtherSeparators[i]).many + ", line " +
                        std::to_string(first_uneven[i]) + " has " +
                        std::to_string(fields_there[i]) +
                        (fields_there[i] == 1 ? " field" : " fields") + " and the header " +
                        std::to_string(header->fields[i]) + ")";
    return;
  }
}

std::string CsvTable::why_no_number(std::string_view text) const {
  std::string result = in_quotes(text) + " is not a number";
  if (has_decimal_comma(text))
    result += ": write a point for the decimal comma, " + in_quotes(*with_decimal_point(text));
  return result;
}

bool CsvTable::has_decimal_comma(std::string_view text) const {
  return separator_ != Separator::comma && with_decimal_point(text).has_value();
}

void CsvTable::read_header() {
  if (text_.empty()) fail("empty, but a header line and at least one row are expected");
  if (text_.find_first_not_of(blanks_and_line_ends) == std::string_view::npos)
    fail("only blank lines, but a header line and at least one row are expected");
  read_record();
  if (record_is_blank()) fail(1, "the first line is blank, but the header is expected there");

  const CsvCell& first = cells_.front();
  if (cells_.size() == 1 && !first.quoted && first.text.find_first_of(";\t") != std::string::npos)
    fail(first.line, "the header is the single field " + in_quotes(first.text) +
                         ", but columns are separated by commas" + uneven_separator_);

  std::unordered_map<std::string, std::size_t> number_of;
  for (const CsvCell& cell : cells_) {
    const std::size_t number = columns_.size() + 1;
    if (cell.text.empty()) fail(cell.line, "column " + std::to_string(number) + " has no name");
    const auto [earlier, is_new] = number_of.emplace(cell.text, number);
    if (!is_new)
      fail(cell.line, "columns " + std::to_string(earlier->second) + " and " +
                          std::to_string(number) + " are both named " + in_quotes(cell.text));
    columns_.emplace_back(cell.text);
  }
}

Index CsvTable::count_rows_at_most() const {
  std::string_view rest = text_.substr(position_);
  rest = rest.substr(0, rest.find_last_not_of(blanks_and_line_ends) + 1);
  if (rest.empty()) return 0;
  const auto line_ends = static_cast<Index>(std::count(rest.begin(), rest.end(), '\n'));
  // Each row but the last takes at least a separator or a line end per column.
  const auto rows_that_fit = static_cast<Index>(rest.size() / columns_.size());
  return std::min(line_ends, rows_that_fit) + 1;
}

bool CsvTable::read_record() {
  cells_.clear();
  unescaped_.clear();
  if (at_end()) return false;
  if (separator_ == Separator::blanks) skip_blanks();
  if (separator_ == Separator::tab) {
    // A line of tabs is blank, and no row of empty cells.
    const std::size_t here = position_;
    skip_blanks();
    if (!at_end() && !is_line_end(text_[position_])) position_ = here;
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
                                 " or the end of the line may follow the closing quote");
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
