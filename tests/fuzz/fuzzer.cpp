#include <cstddef>
#include <cstdint>

#include "readers.hpp"

/// Entry point of libFuzzer; TAUTRACK_FUZZ_READER is one of the functions of readers.hpp.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tautrack::fuzz::TAUTRACK_FUZZ_READER({reinterpret_cast<const char*>(data), size});
  return 0;
}
