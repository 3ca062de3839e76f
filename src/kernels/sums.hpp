#pragma once

#include "kernels/simd.hpp"

/// Sums over a few arrays, entry by entry: the products of Taylor series of which all terms but one are known.
namespace tautrack::kernels::TAUTRACK_ISA {

/// Vectors that are summed at once, so that each sum need not wait for its own last addition.
inline constexpr int sum_vectors = 4;

template <int vectors, bool has_second>
TAUTRACK_INLINE void sum_at(const Term* terms, int count, Count at, double* out) {
  Real sum[vectors] = {};
  for (int j = 0; j < count; ++j) {
    const Term& term = terms[j];
    for (int h = 0; h < vectors; ++h) {
      Real a = term.factor * load(term.first + at + h * lanes);
      if constexpr (has_second) a *= load(term.second + at + h * lanes);
      sum[h] += a;
    }
  }
  for (int h = 0; h < vectors; ++h) store(out + at + h * lanes, sum[h]);
}

template <bool has_second>
inline void sum_terms(const Term* terms, int count, Count size, double* out) {
  Count at = 0;
  for (; at + sum_vectors * lanes <= size; at += sum_vectors * lanes)
    sum_at<sum_vectors, has_second>(terms, count, at, out);
  for (; at < size; at += lanes) sum_at<1, has_second>(terms, count, at, out);
}

inline double inner_product(const Term* terms, int count, Count size) {
  Real total = {};
  for (int j = 0; j < count; ++j) {
    Real sum = {};
    for (Count at = 0; at < size; at += lanes)
      sum += load(terms[j].first + at) * load(terms[j].second + at);
    total += terms[j].factor * sum;
  }
  return sum(total);
}

}  // namespace tautrack::kernels::TAUTRACK_ISA
