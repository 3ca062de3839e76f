#include "io/json_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <set>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "io/file.hpp"
#include "io/json.hpp"
#include "io/standard_input.hpp"
#include "io/text.hpp"
#include "io/usage_error.hpp"

namespace tautrack::program {

void fail_in_json(const std::string& where, std::string_view rule) {
  throw UsageError(fmt::format("{}: {}", where, rule));
}

std::string read_text(const std::string& path) {
  if (is_standard_input(path)) return read_standard_input();
  const auto reason = [] { return std::generic_category().message(errno); };
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file) fail_in_json(path, "the file cannot be opened: " + reason());
  std::string bytes;
  char chunk[65536];
  while (const std::size_t read = std::fread(chunk, 1, sizeof chunk, file.get()))
    bytes.append(chunk, read);
  if (std::ferror(file.get()) != 0) fail_in_json(path, "the file cannot be read: " + reason());
  return bytes;
}

Json read_json(const std::string& path) { return parse_json(read_text(path), shown_name(path)); }

Json parse_json(std::string_view text, const std::string& source) {
  std::vector<std::set<std::string>> open;  // Members of the objects that are being read.
  const auto watch = [&](int /*depth*/, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key && !open.back().insert(parsed.get<std::string>()).second)
      fail_in_json(source, fmt::format("an object has the member '{}' twice",
                                       cut(parsed.get<std::string>(), quote_width)));
    return true;
  };
  try {
    return Json::parse(text.begin(), text.end(), watch);
  } catch (const Json::parse_error& error) {
    const std::string_view before = text.substr(0, error.byte == 0 ? 0 : error.byte - 1);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t last = before.rfind('\n');
    const std::size_t column = before.size() - (last == std::string_view::npos ? 0 : last + 1) + 1;
    std::string_view reason = error.what();  // "[...] parse error at line 1, column 2: REASON"
    if (const std::size_t at = reason.find("column"); at != std::string_view::npos)
      reason = reason.substr(std::min(reason.find(": ", at), reason.size() - 2) + 2);
    fail_in_json(fmt::format("{}:{}: column {}", source, lines + 1, column),
                 fmt::format("this is not JSON: {}", reason));
  } catch (const Json::exception&) {
    fail_in_json(source, "a number is outside the range of double precision");
  }
}

Vector numbers_of(const Json& array, const std::string& where) {
  if (!array.is_array() || array.empty())
    fail_in_json(where, "a list of numbers is wanted, and at least one");
  Vector numbers(static_cast<Index>(array.size()));
  for (std::size_t i = 0; i < array.size(); ++i) {
    const std::string entry = fmt::format("{}, entry {}", where, i + 1);
    if (!array[i].is_number())
      fail_in_json(entry, fmt::format("{} is not a number", cut(array[i].dump(), quote_width)));
    const auto number = array[i].get<double>();
    if (!std::isfinite(number)) fail_in_json(entry, "it is outside the range of double precision");
    numbers(static_cast<Index>(i)) = number;
  }
  return numbers;
}

Matrix rows_of(const Json& array, const std::string& where) {
  if (!array.is_array() || array.empty())
    fail_in_json(where, "a list of rows is wanted, one row a unit, and at least one");
  Matrix rows;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const Vector row = numbers_of(array[i], fmt::format("{}, row {}", where, i + 1));
    if (i == 0) rows.resize(static_cast<Index>(array.size()), row.size());
    if (row.size() != rows.cols())
      fail_in_json(fmt::format("{}, row {}", where, i + 1),
                   fmt::format("it has {}, but row 1 has {}",
                               counted(static_cast<long long>(row.size()), "number"), rows.cols()));
    rows.row(static_cast<Index>(i)) = row.transpose();
  }
  return rows;
}

}  // namespace tautrack::program
