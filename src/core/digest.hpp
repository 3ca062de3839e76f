#pragma once

#include <bit>
#include <cstdint>

#include "tautrack/core/types.hpp"

namespace tautrack {

/// Mixes numbers, to the bit and in their order, into one that tells them from others. The same on
/// every machine; no protection against somebody who wants two to look the same.
class Digest {
 public:
  Digest() = default;
  /// Goes on from the value of another one.
  explicit Digest(std::uint64_t value) : value_(value) {}

  Digest& add(std::uint64_t number) {
    // A round of splitmix64 (Steele, Lea & Flood 2014).
    value_ = (value_ ^ number) + 0x9e3779b97f4a7c15U;
    value_ = (value_ ^ (value_ >> 30U)) * 0xbf58476d1ce4e5b9U;
    value_ = (value_ ^ (value_ >> 27U)) * 0x94d049bb133111ebU;
    value_ ^= value_ >> 31U;
    return *this;
  }
  Digest& add(double number) { return add(std::bit_cast<std::uint64_t>(number)); }
  /// Entries column by column, and their number.
  template <class Derived>
  Digest& add(const Eigen::PlainObjectBase<Derived>& entries) {
    add(static_cast<std::uint64_t>(entries.size()));
    for (Index i = 0; i < entries.size(); ++i) add(entries.data()[i]);
    return *this;
  }

  [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_ = 0;
};

}  // namespace tautrack
