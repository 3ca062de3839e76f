#define TAUTRACK_ISA baseline
#include "kernels/table.hpp"

namespace tautrack::kernels {

const Kernels* baseline_kernels() {
  static constexpr Kernels kernels = baseline::table("baseline");
  return &kernels;
}

}  // namespace tautrack::kernels
