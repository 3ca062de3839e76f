#pragma once

#include <vector>

#include "tautrack/core/types.hpp"

/// Products and selections of matrices whose size is not known when they are compiled, compiled
/// once for all of the library, as the decompositions are. Not for loops that must not allocate.
namespace tautrack {

/// A x.
[[nodiscard]] Vector times(const Matrix& A, const Vector& x);

/// A' x.
[[nodiscard]] Vector transposed_times(const Matrix& A, const Vector& x);

/// A B.
[[nodiscard]] Matrix product(const Matrix& A, const Matrix& B);

/// Those rows, in that order.
[[nodiscard]] Matrix rows_of(const Matrix& A, const std::vector<Index>& rows);

/// Those entries, in that order.
[[nodiscard]] Vector entries_of(const Vector& x, const std::vector<Index>& entries);

/// Each row divided by its length; none is zero.
[[nodiscard]] Matrix unit_rows(const Matrix& A);

}  // namespace tautrack
