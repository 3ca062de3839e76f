#pragma once

#include <cfloat>
#include <cmath>
#include <limits>

#include "tautrack/core/types.hpp"

// What every proof stands on: doubles that round to nearest, each operation by itself, in the order that
// is written. A compiler that was told otherwise must not compile a proof.
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || \
    defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || defined(_M_FP_FAST)
#error "proofs cannot be compiled with -ffast-math or parts of it"
#endif
static_assert(FLT_EVAL_METHOD == 0 || FLT_EVAL_METHOD == 1,
              "doubles must not be computed in a wider format: use -mfpmath=sse or -std=c++20");
static_assert(std::numeric_limits<double>::is_iec559 && std::numeric_limits<double>::digits == 53 &&
                  std::numeric_limits<double>::round_style == std::round_to_nearest,
              "doubles must be those of IEEE 754");

/// For the smallest functions of proofs: GCC's own estimate of what pays stops within large files.
#if defined(__GNUC__)
#define TAUTRACK_INLINE [[gnu::always_inline]] inline
#else
#define TAUTRACK_INLINE inline
#endif

/// Rigorous bounds from plain double arithmetic, rounded to nearest (Higham, Accuracy and Stability of
/// Numerical Algorithms, 2002, sections 2.1 and 3.1). A compiler that contracts a * b + c into one
/// rounding (-ffp-contract=fast) only makes errors smaller than they are taken for here: nothing relies on
/// two roundings.
namespace tautrack::proof {

/// Unit roundoff u: the result of an operation is off by at most u relative to it, unless it underflows.
constexpr double kRounding = 0.5 * std::numeric_limits<double>::epsilon();

/// More than all that underflows in a sum of fewer than 2^50 products.
constexpr double kUnderflow = std::numeric_limits<double>::min();

/// A sum of k products, in any order, is off by at most gamma_k = k u / (1 - k u) times the sum of their
/// sizes. A sum of `terms` non-negative products, computed in double and perhaps rooted or multiplied a
/// few times more, comes to at least its true value when multiplied by this.
inline double slack(Index terms) { return 1.0 + 2.0 * kRounding * static_cast<double>(terms + 16); }

/// A number that is surely <= the exact result of the operation that was rounded to x, and one that is
/// surely >= it.
///
/// The result is off by at most |x| 2^-53 (or 2^-1022, where results below the normal range are flushed
/// to zero) and is moved by |x| 2^-51 + 2^-1022. The move rounds once more, by at most |x| 2^-53 (1 +
/// 2^-50), so what is left is more than the first error.
/// @pre The operation did not overflow. Infinities and NaN come back as NaN or as they are: bounds that
/// are not finite must be refused where they are used.
TAUTRACK_INLINE double below(double x) { return x - (std::abs(x) * 0x1p-51 + kUnderflow); }
TAUTRACK_INLINE double above(double x) { return x + (std::abs(x) * 0x1p-51 + kUnderflow); }

}  // namespace tautrack::proof
