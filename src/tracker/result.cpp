#include "tautrack/tracker/result.hpp"

#include "core/names.hpp"

namespace tautrack {

namespace {

constexpr NameTable<TrackStatus, 12> kStatusNames{{
    {TrackStatus::not_started, "not_started"},
    {TrackStatus::running, "running"},
    {TrackStatus::reached_target, "reached_target"},
    {TrackStatus::infinite_weights, "infinite_weights"},
    {TrackStatus::unresolved_end, "unresolved_end"},
    {TrackStatus::step_too_small, "step_too_small"},
    {TrackStatus::singular_jacobian, "singular_jacobian"},
    {TrackStatus::max_steps_reached, "max_steps_reached"},
    {TrackStatus::invalid_start, "invalid_start"},
    {TrackStatus::returned_to_start, "returned_to_start"},
    {TrackStatus::closed_curve, "closed_curve"},
    {TrackStatus::stopped_by_observer, "stopped_by_observer"},
}};

}  // namespace

std::string_view to_string(TrackStatus status) noexcept { return name_of(kStatusNames, status); }

}  // namespace tautrack
