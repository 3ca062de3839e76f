#include "kernels/numbers.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace tautrack::kernels {

namespace {

template <class Number>
std::unique_ptr<Number[], FreeNumbers> allocate(std::ptrdiff_t count) {
  const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(Number);
  std::align_val_t alignment{64};
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr std::size_t page = std::size_t{2} << 20U;
  if (bytes >= 2 * page) alignment = std::align_val_t{page};
#endif
  std::unique_ptr<Number[], FreeNumbers> result(
      static_cast<Number*>(::operator new[](bytes, alignment)), FreeNumbers{alignment});
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  // First use of a page costs as much as a pass over it; a refusal changes nothing but that.
  if (bytes >= 2 * page) (void)madvise(result.get(), bytes / page * page, MADV_HUGEPAGE);
#endif
  return result;
}

}  // namespace

Numbers numbers(std::ptrdiff_t count) { return allocate<double>(count); }

SingleNumbers single_numbers(std::ptrdiff_t count) { return allocate<float>(count); }

}  // namespace tautrack::kernels
