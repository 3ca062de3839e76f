#include "tautrack/core/path_point.hpp"

#include "core/names.hpp"

namespace tautrack {

namespace {

constexpr NameTable<PointKind, 4> kPointNames{{
    {PointKind::regular, "regular"},
    {PointKind::start, "start"},
    {PointKind::landing, "landing"},
    {PointKind::fold, "fold"},
}};

}  // namespace

std::string_view to_string(PointKind kind) noexcept { return name_of(kPointNames, kind); }

}  // namespace tautrack
