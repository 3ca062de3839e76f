#pragma once

#include <optional>
#include <string>

namespace tautrack {

/// The plateaus of outputs low + (high - low) sigma01(u), where sigma01 is the activation scaled to (0, 1). An end
/// without a number is free: it is fitted.
struct OutputRange {
  std::optional<double> low;
  std::optional<double> high;

  [[nodiscard]] bool is_known() const noexcept { return low && high; }

  /// Nothing when usable: numbers finite, low < high; else one sentence with the rule that is broken.
  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

}  // namespace tautrack
