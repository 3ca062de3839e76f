#pragma once

#include <string>

#include "tautrack/core/types.hpp"

namespace tautrack::peers {

/// The two operations that a path is made of, as fast as the libraries of this machine do them on
/// one thread.

enum class Library { eigen, openblas };

/// Whether OpenBLAS was there when this was compiled.
[[nodiscard]] bool has_openblas();

/// The processor that OpenBLAS has kernels for and believes to run on; empty without OpenBLAS.
[[nodiscard]] std::string openblas_processor();

/// Keeps OpenBLAS to one thread, whoever calls it.
void use_one_thread();

/// The symmetric product X'X: the lower triangle of `gram`, s x s.
/// @pre library is eigen, or has_openblas().
void symmetric_product(Library library, const Matrix& X, Matrix& gram);

/// One pass over the data, u = X w, `rows` patterns at a time.
/// @pre library is eigen, or has_openblas().
void pass(Library library, Index rows, const Matrix& X, const Vector& w, Vector& u);

}  // namespace tautrack::peers
