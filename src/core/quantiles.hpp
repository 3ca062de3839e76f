#pragma once

/// Quantiles, compiled once for all of the library (Boost.Math).
namespace tautrack {

/// Of Fisher's F distribution with n and m degrees of freedom, both > 0, at p in (0, 1).
[[nodiscard]] double fisher_f_quantile(double n, double m, double p);

}  // namespace tautrack
