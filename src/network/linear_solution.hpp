#pragma once

#include "tautrack/core/types.hpp"

#include "core/decompositions.hpp"

namespace tautrack {

/// The solution of a network in orthonormal coordinates at tau = 0.
template <class Network>
[[nodiscard]] Vector solve_linear(const Network& network) {
  // H is linear at tau = 0, so Newton's method from v = 0 arrives at once; a second step removes
  // what the orthogonalisation has left of A' omega A - I.
  const Index n = network.unknowns();
  const Matrix& ridge = network.penalty();
  typename Network::Workspace work(network);
  Vector v = Vector::Zero(n);
  Vector H(n);
  Cholesky factors;
  if (ridge.size() > 0) factors = cholesky(Matrix::Identity(n, n) + ridge);
  for (int step = 0; step < 2; ++step) {
    network.gradient(v, 0.0, work, H);
    if (ridge.size() > 0)
      v -= solve(factors, H);
    else
      v -= H;
  }
  return v;
}

}  // namespace tautrack
