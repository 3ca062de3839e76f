#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace tautrack::kernels {

/// Gives back what numbers() took.
struct FreeNumbers {
  std::align_val_t alignment{64};
  void operator()(void* numbers) const noexcept { ::operator delete[](numbers, alignment); }
};
using Numbers = std::unique_ptr<double[], FreeNumbers>;
using SingleNumbers = std::unique_ptr<float[], FreeNumbers>;

/// Uninitialised numbers, aligned to 64 bytes; large arrays in large pages where the system has
/// them.
[[nodiscard]] Numbers numbers(std::ptrdiff_t count);
[[nodiscard]] SingleNumbers single_numbers(std::ptrdiff_t count);

}  // namespace tautrack::kernels
