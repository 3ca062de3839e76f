#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "csv_table.hpp"

/// What readers of tables share: which columns are meant, and what their cells say.
namespace tautrack::detail {

/// Refuses a first line of numbers only, which is a row whose header is missing.
void require_header_of_names(const CsvTable& table);

/// The column of that name; `role` says in the message what it is for, as "the target".
[[nodiscard]] std::size_t column_named(const CsvTable& table, const std::string& name,
                                       const std::string& role);

/// What columns are used for, each for one thing.
class ColumnRoles {
 public:
  explicit ColumnRoles(const CsvTable& table) : table_(table), roles_(table.columns().size()) {}

  /// Gives the column of this name a role, such as "the target". Throws DataError when it has one.
  /// @return the column.
  std::size_t assign(const std::string& name, const std::string& role);
  void assign(std::size_t column, const std::string& role) { roles_[column] = role; }
  [[nodiscard]] bool has_role(std::size_t column) const { return !roles_[column].empty(); }
  [[nodiscard]] const std::string& role(std::size_t column) const { return roles_[column]; }
  /// The columns without role, in order.
  [[nodiscard]] std::vector<std::size_t> others() const;

 private:
  const CsvTable& table_;
  std::vector<std::string> roles_;
};

/// What the cell in the column of the current row says as a number; an empty one and one that no
/// double can hold are refused.
[[nodiscard]] NumberReading reading_in(const CsvTable& table, std::size_t column);

/// The number in the column of the current row.
/// @param advice Behind the sentence that refuses a text.
[[nodiscard]] double number_in(const CsvTable& table, std::size_t column,
                               std::string_view advice = {});

/// Leaves out the current row, whose cell is missing.
void drop_row(const CsvTable& table, DroppedRows& dropped);

/// log10 of the numbers of a column, of which zeros, whose logarithm is minus infinity, are counted and may be refused
/// together.
class Logarithm {
 public:
  explicit Logarithm(std::size_t column) : column_(column) {}
  /// @throws DataError for a negative number.
  [[nodiscard]] double operator()(const CsvTable& table, double number);
  /// Refuses the column when there was a zero in it.
  /// @param is_dose It is the only input: then there is something that takes zeros.
  void require_no_zeros(const CsvTable& table, bool is_dose = false) const;

 private:
  std::size_t column_;
  DroppedRows zeros_;
};

/// Watches a column of numbers for one that looks like a number of the row or an identifier.
class IdentifierWatch {
 public:
  explicit IdentifierWatch(const std::string& name);
  /// @param row Counts all rows, those that are left out, too, from 0.
  void see(Index row, double number);
  /// The question that the column deserves, if any.
  /// @param is_only Input: then it may well count 1, 2, 3, ...
  [[nodiscard]] std::optional<std::string> note(bool is_only) const;

 private:
  enum class Likeness {
    none,
    word,
    whole
  };  ///< One word of the name is an identifier, or all of it.

  std::string name_;
  Likeness likeness_;
  Index rows_ = 0;
  bool counts_from_0_ = true, counts_from_1_ = true, is_whole_ = true, is_different_ = true;
  std::unordered_set<double> seen_;
};

}  // namespace tautrack::detail
