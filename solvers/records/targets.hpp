#pragma once

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tautrack/core/types.hpp"

namespace tautrack::program {

/// Many targets for the inputs of one data set: a CSV file with a header, one column a pattern, one
/// row a target. The file is read row by row, however long it is, and never kept.
class TargetsFile {
 public:
  /// Reads all of it once and takes note of where rows stand.
  /// @throws DataError naming file, line and column: fields that are missing, too many or no finite
  /// numbers, or no row at all.
  TargetsFile(const std::string& path, Index patterns);

  [[nodiscard]] std::uint64_t rows() const { return rows_; }

  /// Reads rows, quickest in rising order. One a thread.
  class Reader {
   public:
    /// The file must outlive the reader. @throws DataError
    explicit Reader(const TargetsFile& file);
    /// Row number `row`, from 0. @throws DataError when the file has changed.
    [[nodiscard]] Vector read(std::uint64_t row);

   private:
    const TargetsFile* file_;
    std::ifstream stream_;
    std::string line_;
    std::uint64_t next_ = 0;  ///< Row at which the stream stands.
  };

 private:
  static constexpr std::uint64_t stride = 256;  ///< Rows from one place to the next.

  [[nodiscard]] std::ifstream open() const;
  /// The numbers of a line.
  [[nodiscard]] Vector parse(const std::string& line, std::uint64_t row) const;

  std::string path_;
  Index patterns_;
  std::vector<std::string> columns_;
  std::uint64_t rows_ = 0;
  std::vector<std::uint64_t> places_;  ///< Offsets of rows 0, stride, 2 stride, ...
};

}  // namespace tautrack::program
