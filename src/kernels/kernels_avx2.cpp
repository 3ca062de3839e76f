#define TAUTRACK_ISA avx2
#include "kernels/kernels.hpp"

#if defined(__AVX2__) && defined(__FMA__)
#include "kernels/table.hpp"

namespace tautrack::kernels {

const Kernels* avx2_kernels() {
  static constexpr Kernels kernels = avx2::table("AVX2");
  return &kernels;
}

}  // namespace tautrack::kernels

#else

namespace tautrack::kernels {

const Kernels* avx2_kernels() { return nullptr; }

}  // namespace tautrack::kernels

#endif
