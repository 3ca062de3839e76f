#include "tautrack/network/stationary_point.hpp"

#include "core/names.hpp"

namespace tautrack {

namespace {

constexpr NameTable<PointStatus, 3> kStatusNames{{
    {PointStatus::certified, "certified"},
    {PointStatus::converged, "converged"},
    {PointStatus::failed, "failed"},
}};

constexpr NameTable<StationaryKind, 4> kKindNames{{
    {StationaryKind::minimum, "minimum"},
    {StationaryKind::saddle, "saddle"},
    {StationaryKind::maximum, "maximum"},
    {StationaryKind::degenerate, "degenerate"},
}};

}  // namespace

std::string_view to_string(PointStatus status) noexcept { return name_of(kStatusNames, status); }

std::string_view to_string(StationaryKind kind) noexcept { return name_of(kKindNames, kind); }

StationaryKind kind_of(std::optional<int> morse_index, Index n) noexcept {
  if (!morse_index) return StationaryKind::degenerate;
  if (*morse_index == 0) return StationaryKind::minimum;
  return *morse_index == n ? StationaryKind::maximum : StationaryKind::saddle;
}

}  // namespace tautrack
