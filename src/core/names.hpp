#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace tautrack {

/// The names of an enumeration, in its order; one table serves both directions.
template <class Enum, std::size_t N>
using NameTable = std::array<std::pair<Enum, std::string_view>, N>;

template <class Enum, std::size_t N>
[[nodiscard]] constexpr std::string_view name_of(const NameTable<Enum, N>& table,
                                                 Enum key) noexcept {
  for (const auto& [entry, name] : table)
    if (entry == key) return name;
  return "unknown";
}

template <class Enum, std::size_t N>
[[nodiscard]] constexpr std::optional<Enum> key_of(const NameTable<Enum, N>& table,
                                                   std::string_view name) noexcept {
  for (const auto& [entry, known] : table)
    if (known == name) return entry;
  return std::nullopt;
}

template <class Enum, std::size_t N>
[[nodiscard]] std::vector<std::string_view> names_of(const NameTable<Enum, N>& table) {
  std::vector<std::string_view> names;
  for (const auto& entry : table) names.push_back(entry.second);
  return names;
}

}  // namespace tautrack
