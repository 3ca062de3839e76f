#include <atomic>

#include "kernels/kernels.hpp"

namespace tautrack::kernels {

namespace {

/// Those that this processor runs, the most portable first, then null.
struct Available {
  const Kernels* list[4] = {baseline_kernels(), nullptr, nullptr, nullptr};
  int count = 1;

  Available() {
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) add(avx2_kernels());
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd"))
      add(avx512_kernels());
#endif
  }

  void add(const Kernels* kernels) {
    if (kernels != nullptr) list[count++] = kernels;
  }
};

const Available& all() {
  static const Available available;
  return available;
}

std::atomic<const Kernels*> chosen = nullptr;

}  // namespace

const Kernels* const* available() { return all().list; }

const Kernels& active() {
  const Kernels* kernels = chosen.load(std::memory_order_relaxed);
  if (kernels == nullptr) {
    kernels = all().list[all().count - 1];
    chosen.store(kernels, std::memory_order_relaxed);
  }
  return *kernels;
}

void force(const Kernels* kernels) { chosen.store(kernels, std::memory_order_relaxed); }

}  // namespace tautrack::kernels
