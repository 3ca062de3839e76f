#include "records/targets.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "tautrack/data/dataset.hpp"

#include "io/command.hpp"
#include "io/text.hpp"

namespace tautrack::program {
namespace {

/// The next line without its end; false at the end of the file.
bool next_line(std::ifstream& stream, std::string& line) {
  if (!std::getline(stream, line)) return false;
  if (line.ends_with('\r')) line.pop_back();
  return true;
}

bool is_blank(const std::string& line) {
  return line.find_first_not_of(" \t") == std::string::npos;
}

/// The field from `begin` on, without blanks around it; `begin` moves behind the comma, or behind the
/// end of the line.
std::string next_field(const std::string& line, std::size_t& begin) {
  const std::size_t end = std::min(line.find(',', begin), line.size());
  std::size_t first = begin;
  std::size_t last = end;
  const auto is_blank_at = [&](std::size_t i) { return line[i] == ' ' || line[i] == '\t'; };
  while (first < last && is_blank_at(first)) ++first;
  while (last > first && is_blank_at(last - 1)) --last;
  begin = end + 1;
  return line.substr(first, last - first);
}

}  // namespace

TargetsFile::TargetsFile(const std::string& path, Index patterns)
    : path_(path), patterns_(patterns) {
  std::ifstream stream = open();
  std::string line;
  if (!next_line(stream, line))
    throw DataError(
        fmt::format("{}: the file is empty: a header and a row a target are needed", path));
  for (std::size_t begin = 0; begin <= line.size();) columns_.push_back(next_field(line, begin));
  if (static_cast<Index>(columns_.size()) != patterns)
    throw DataError(fmt::format("{}:1: {} for {}: each row of targets has one number a pattern",
                                path, counted(static_cast<long long>(columns_.size()), "column"),
                                counted(patterns, "pattern")));
  std::uint64_t offset = static_cast<std::uint64_t>(stream.tellg());
  while (next_line(stream, line)) {
    if (is_blank(line)) {  // Fine behind the last row.
      const std::uint64_t blank = rows_ + 2;
      while (next_line(stream, line))
        if (!is_blank(line)) throw DataError(fmt::format("{}:{}: the line is empty", path, blank));
      break;
    }
    (void)parse(line, rows_);
    if (rows_ % stride == 0) places_.push_back(offset);
    ++rows_;
    if (stream.eof()) break;
    offset = static_cast<std::uint64_t>(stream.tellg());
  }
  if (rows_ == 0) throw DataError(fmt::format("{}: there is no target behind the header", path));
}

std::ifstream TargetsFile::open() const {
  std::ifstream stream(path_, std::ios::binary);
  if (!stream) throw DataError(fmt::format("cannot read '{}'", path_));
  return stream;
}

Vector TargetsFile::parse(const std::string& line, std::uint64_t row) const {
  Vector target(patterns_);
  std::size_t begin = 0;
  for (Index i = 0; i < patterns_; ++i) {
    if (begin > line.size())
      throw DataError(
          fmt::format("{}:{}: {} instead of {}", path_, row + 2, counted(i, "field"), patterns_));
    const std::string field = next_field(line, begin);
    const std::optional<double> number = read_number(field);
    if (!number)
      throw DataError(fmt::format("{}:{}: column '{}': '{}' is not a finite number", path_, row + 2,
                                  columns_[static_cast<std::size_t>(i)], cut(field, quote_width)));
    target(i) = *number;
  }
  if (begin <= line.size())
    throw DataError(
        fmt::format("{}:{}: more than {}", path_, row + 2, counted(patterns_, "field")));
  return target;
}

TargetsFile::Reader::Reader(const TargetsFile& file) : file_(&file), stream_(file.open()) {
  next_ = file.rows();  // Nowhere yet.
}

Vector TargetsFile::Reader::read(std::uint64_t row) {
  if (next_ > row || row - next_ > stride) {
    stream_.clear();
    stream_.seekg(static_cast<std::streamoff>(file_->places_[row / stride]));
    next_ = row / stride * stride;
  }
  for (; next_ <= row; ++next_)
    if (!next_line(stream_, line_))
      throw DataError(fmt::format("{}: the file has changed", file_->path_));
  return file_->parse(line_, row);
}

}  // namespace tautrack::program
