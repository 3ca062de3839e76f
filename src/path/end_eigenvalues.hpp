#pragma once

#include "tautrack/core/types.hpp"
#include "tautrack/events/morse_index.hpp"
#include "tautrack/path/natural_path.hpp"

namespace tautrack {

/// Eigenvalues of the Hessian at the end of a path and |H| there, of a homotopy that forms it.
template <class Homotopy>
void set_eigenvalues(Homotopy& homotopy, const PathPoint& from, PathEnd& out) {
  const Index n = homotopy.size();
  Vector H(n), H_tau(n);
  Matrix H_x(n, n);
  homotopy.derivatives(from.x, from.tau, H, H_x, H_tau);
  out.gradient_norm = H.norm();
  MorseIndex morse;
  out.morse_index = morse.count(H_x);
  out.eigenvalues = morse.eigenvalues(H_x);
  if (out.eigenvalues.size() > 0) {
    Index nearest = 0;
    out.eigenvalues.cwiseAbs().minCoeff(&nearest);
    out.nearest_eigenvalue = out.eigenvalues(nearest);
    out.lowest_eigenvalue = out.eigenvalues(0);
  }
  out.status = out.morse_index ? "converged" : "degenerate";
}

}  // namespace tautrack
