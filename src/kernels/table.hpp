#pragma once

#include "kernels/amplitude.hpp"
#include "kernels/lane_paths.hpp"
#include "kernels/passes.hpp"

/// All of the loops for one instruction set.
namespace tautrack::kernels::TAUTRACK_ISA {

constexpr Kernels table(const char* name) {
  return {name,
          lanes,
          scratch_size,
          packing_size,
          gradient<1>,
          derivatives<1>,
          any_derivatives<float>,
          energy,
          append_series<1>,
          append_series_single,
          narrow,
          displacement,
          multiply,
          multiply_transposed,
          symmetric_product,
          pack_all,
          pack_and_multiply,
          narrow_columns,
          solve_triangular,
          cholesky,
          invert_lower,
          evaluate_all,
          sum_terms<true>,
          sum_terms<false>,
          inner_product,
          amplitude_gradient<1>,
          amplitude_derivatives<1>,
          amplitude_series<1>,
          lane_step<1>};
}

}  // namespace tautrack::kernels::TAUTRACK_ISA
