#include "tautrack/infinity/counts.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace tautrack {

namespace {

void require_general_position(Index patterns, Index rank) {
  if (!(rank >= 1 && rank <= patterns))
    throw std::invalid_argument("rank must lie in [1, " + std::to_string(patterns) + "], got " +
                                std::to_string(rank));
}

/// binom(n, i + 1) from binom(n, i). The product is off by a relative 2^-53 at most, so that the
/// nearest integer is right up to 2^52; beyond, every double is an integer.
double next_binomial(double binomial, Index n, Index i) {
  const double up = binomial * static_cast<double>(n - i);
  const double down = static_cast<double>(i + 1);
  if (std::isfinite(up)) return std::round(up / down);
  return binomial / down * static_cast<double>(n - i);
}

double binomial(Index n, Index k) {
  double value = 1.0;
  const Index last = std::min(k, n - k);
  for (Index i = 0; i < last && std::isfinite(value); ++i) value = next_binomial(value, n, i);
  return value;
}

}  // namespace

double strata_count(Index patterns, Index rank, Index free) {
  require_general_position(patterns, rank);
  if (free < 0) throw std::invalid_argument("free must be >= 0, got " + std::to_string(free));
  if (free >= rank) return 0.0;
  const Index others = patterns - free - 1;
  double sum = 0.0, term = 1.0;
  for (Index i = 0; i < rank - free; ++i) {
    sum += term;
    if (i == others || !std::isfinite(sum)) break;
    term = next_binomial(term, others, i);
  }
  return 2.0 * binomial(patterns, free) * sum;
}

double strata_count(Index patterns, Index rank) {
  require_general_position(patterns, rank);
  double total = 1.0;
  for (Index free = 0; free < rank && std::isfinite(total); ++free)
    total += strata_count(patterns, rank, free);
  return total;
}

}  // namespace tautrack
