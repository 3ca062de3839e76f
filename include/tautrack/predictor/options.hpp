#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tautrack {

enum class PredictorKind {
  taylor,    ///< Taylor series of high order, continued by a Pade approximant; needs a series.
  tangent,   ///< Euler: a straight step along the tangent, order 1.
  davidenko  ///< Dormand-Prince 5(4) on the Davidenko equation in arclength, with error control.
};

[[nodiscard]] std::string_view to_string(PredictorKind kind) noexcept;
[[nodiscard]] std::optional<PredictorKind> predictor_from_name(std::string_view name) noexcept;
/// All names, in the order of the enumeration.
[[nodiscard]] const std::vector<std::string_view>& predictor_names();

struct PredictorOptions {
  /// A homotopy that brings no series is followed with `tangent` where `taylor` is asked for.
  PredictorKind kind = PredictorKind::taylor;
  double series_tolerance = 1e-4;  ///< Error of a Taylor step, in the metric. In (0, 0.01].
  int max_order = 0;               ///< Of the Taylor series: 0 (by cost) or 6 to 24.
  double tolerance = 1e-5;         ///< Error of a Davidenko step, in the metric. In (0, 0.1).
  int max_tries = 12;              ///< Budget of tries of one Davidenko step. > 0.

  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

}  // namespace tautrack
