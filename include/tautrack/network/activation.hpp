#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace tautrack {

/// Sigmoids sigma(u). All are increasing and bounded. tanh, arctan and erf are odd with range (-1,
/// 1) and slope one at u = 0; logistic has range (0, 1) and slope 1/4 at u = 0.
enum class Activation {
  tanh,      ///< tanh(u)
  logistic,  ///< 1 / (1 + exp(-u))
  arctan,    ///< (2/pi) atan(pi u / 2)
  erf        ///< erf(sqrt(pi) u / 2)
};

[[nodiscard]] std::string_view to_string(Activation activation) noexcept;

/// The activation of that name, or nothing.
[[nodiscard]] std::optional<Activation> activation_from_name(std::string_view name) noexcept;

/// All names, in the order of the enumeration.
[[nodiscard]] const std::vector<std::string_view>& activation_names();

/// Open range of sigma.
struct Range {
  double low;
  double high;
};
[[nodiscard]] Range range(Activation activation) noexcept;

/// sigma and its first three derivatives at one u, each to a few units in the last place relative
/// to itself, also in the tails: sigma'(u) does not cancel (tanh at u = 30: 3.5e-26, not 0) and
/// underflows to zero only where its true value is below the range of double.
struct ActivationValues {
  double value;   ///< sigma
  double first;   ///< sigma'  > 0
  double second;  ///< sigma''
  double third;   ///< sigma'''
  double tail;    ///< Distance of sigma to the end of its range on the side of u, > 0.
};
[[nodiscard]] ActivationValues evaluate(Activation activation, double u) noexcept;

}  // namespace tautrack
