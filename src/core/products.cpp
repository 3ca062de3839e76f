#include "core/products.hpp"

namespace tautrack {

Vector times(const Matrix& A, const Vector& x) { return A * x; }

Vector transposed_times(const Matrix& A, const Vector& x) { return A.transpose() * x; }

Matrix product(const Matrix& A, const Matrix& B) { return A * B; }

Matrix rows_of(const Matrix& A, const std::vector<Index>& rows) { return A(rows, Eigen::all); }

Vector entries_of(const Vector& x, const std::vector<Index>& entries) { return x(entries); }

Matrix unit_rows(const Matrix& A) { return A.rowwise().normalized(); }

}  // namespace tautrack
