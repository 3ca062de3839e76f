#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/data/table.hpp"

namespace tautrack {

/// Columns of a table by the names that they have in a model.
struct ModelInputs {
  Matrix X;                         ///< Rows x names.
  std::vector<std::string> unused;  ///< Columns of the table that serve as none of them.
};

/// Reads the columns of a model from another table than that of its fit: the column of that name; for "(bias)" ones, for
/// log10(NAME) the logarithm of NAME (minus infinity of zero where it is the only one beside "(bias)"), for NAME=VALUE whether NAME has that value, where the table has no column named so
/// itself. Columns are separated and numbers written as read_csv() finds them out.
/// @param source Stands for the file name in messages.
/// @param options Without the names of columns, which have no meaning here. Cells that are missing are refused.
/// @throws DataError naming file, line, column and rule.
[[nodiscard]] ModelInputs parse_model_inputs(std::string_view text, const std::string& source,
                                             const std::vector<std::string>& names,
                                             const TableOptions& options = {});

/// The same from a file.
[[nodiscard]] ModelInputs read_model_inputs(const std::string& path,
                                            const std::vector<std::string>& names,
                                            const TableOptions& options = {});

}  // namespace tautrack
