#define TAUTRACK_ISA avx512
#include "kernels/kernels.hpp"

#if defined(__AVX512F__) && defined(__AVX512DQ__)
#include "kernels/table.hpp"

namespace tautrack::kernels {

const Kernels* avx512_kernels() {
  static constexpr Kernels kernels = avx512::table("AVX-512");
  return &kernels;
}

}  // namespace tautrack::kernels

#else

namespace tautrack::kernels {

const Kernels* avx512_kernels() { return nullptr; }

}  // namespace tautrack::kernels

#endif
