#include "io/digest.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <fmt/format.h>

#include "tautrack/data/dataset.hpp"

#include "io/file.hpp"

namespace tautrack::program {
namespace {

struct FreeState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

[[noreturn]] void fail(const std::string& path) {
  throw DataError(
      fmt::format("cannot read '{}': {}", path, std::generic_category().message(errno)));
}

}  // namespace

std::string checksum(std::string_view text) {
  constexpr std::size_t digits = 16;
  std::string value(digits, '0');
  XXH64_hash_t hash = XXH3_64bits(text.data(), text.size());
  for (std::size_t i = digits; i-- > 0; hash >>= 4U) value[i] = "0123456789abcdef"[hash & 15U];
  return value;
}

std::string digest_of_file(const std::string& path) {
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file) fail(path);
  const std::unique_ptr<XXH3_state_t, FreeState> state(XXH3_createState());
  if (!state) throw std::bad_alloc();
  XXH3_128bits_reset(state.get());
  std::array<char, 1U << 16U> block;
  std::size_t count = 0;
  while ((count = std::fread(block.data(), 1, block.size(), file.get())) > 0)
    XXH3_128bits_update(state.get(), block.data(), count);
  if (std::ferror(file.get()) != 0) fail(path);
  const XXH128_hash_t hash = XXH3_128bits_digest(state.get());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace tautrack::program
