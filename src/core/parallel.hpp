#pragma once

#include <memory>

#if TAUTRACK_WITH_TBB
#include <algorithm>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/partitioner.h>
#include <oneapi/tbb/task_arena.h>
#endif

namespace tautrack {

/// Threads that work together. Without oneTBB there is only the calling one.
class Team {
 public:
  /// @pre threads >= 1.
  explicit Team([[maybe_unused]] int threads) {
#if TAUTRACK_WITH_TBB
    // More threads than processors would gain nothing and make oneTBB complain.
    const int useful = std::min(threads, oneapi::tbb::info::default_concurrency());
    if (useful > 1) arena_ = std::make_unique<oneapi::tbb::task_arena>(useful);
#endif
  }

  /// Whether for_each() may call from more than one thread.
  [[nodiscard]] bool parallel() const noexcept {
#if TAUTRACK_WITH_TBB
    return arena_ != nullptr;
#else
    return false;
#endif
  }

  /// Calls work(0) ... work(count - 1), in any order and from any thread of the team. `work` must not
  /// throw.
  template <class Work>
  void for_each(int count, const Work& work) const {
#if TAUTRACK_WITH_TBB
    if (arena_ && count > 1) {
      arena_->execute(
          [&] { oneapi::tbb::parallel_for(0, count, work, oneapi::tbb::static_partitioner()); });
      return;
    }
#endif
    for (int i = 0; i < count; ++i) work(i);
  }

#if TAUTRACK_WITH_TBB
 private:
  std::unique_ptr<oneapi::tbb::task_arena> arena_;
#endif
};

}  // namespace tautrack
