#pragma once

#include <string>

#include "tautrack/core/types.hpp"

namespace tautrack::peers {

/// What the textbook tracker came to.
struct TextbookResult {
  bool ok = false;
  std::string message = "textbook_path() was not called";  ///< One sentence.
  Vector weights;                                          ///< s, at tau = 1 when ok.
  long hessians = 0;  ///< Evaluations of H, H_w and H_tau, and as many LU factorisations.
  long steps = 0;     ///< Accepted steps.
  long rejected = 0;  ///< Refused steps.
};

/// Follows the natural homotopy of the tanh network from the linear least-squares weights at tau = 0
/// to tau = 1 the way textbooks have it: pseudo-arclength, Euler tangent predictor, Newton's method
/// on the bordered system
///
///     H(w, tau) = 0,   t' (x - x_predicted) = 0,   x = (w, tau),   t the unit tangent,
///
/// a step halved when Newton's method needs too many iterations and doubled when it needs few. The
/// step that would pass tau = 1 is cut to end there, and Newton's method at tau = 1 finishes.
/// Nothing is checked beyond Newton's convergence. It shares no code with the library.
///
/// Source: Keller (1977); Allgower & Georg, Introduction to Numerical Continuation Methods (2003),
/// chapters 2, 3 and 6.
/// @param X L x s of full column rank. @param y L.
[[nodiscard]] TextbookResult textbook_path(const Matrix& X, const Vector& y);

}  // namespace tautrack::peers
