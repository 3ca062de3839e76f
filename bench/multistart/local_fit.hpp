#pragma once

#include <memory>
#include <string_view>

#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"

namespace tautrack::multistart {

/// What a local fit came to.
enum class FitEnd {
  minimum,    ///< Newton's method confirms it, next to where the fit ended.
  saddle,     ///< The same, but the Hessian is not positive definite.
  false_end,  ///< The fit reports convergence where no stationary point is.
  unfinished  ///< Its iterations are used up.
};

struct LocalFit {
  FitEnd end = FitEnd::unfinished;
  Vector weights;      ///< s, after Newton's method when it converged.
  Vector node_inputs;  ///< L, there.
  double energy = 0.0;
};

enum class FitMethod { tiny, full };

/// "TinySolver", "ceres::Solve".
[[nodiscard]] std::string_view to_string(FitMethod method) noexcept;

/// Local fits tanh(X w) ~ y by a Levenberg-Marquardt method of Ceres with exact derivatives, on one
/// thread. It ends early, when another step would change little, and Newton's method with the exact
/// Hessian finishes: that is cheaper than to let it converge to rounding. One object a thread.
class LocalFitter {
 public:
  virtual ~LocalFitter() = default;
  [[nodiscard]] virtual LocalFit fit(const Vector& start) = 0;
};

/// @param problem Without pattern weights. It must outlive the fitter.
[[nodiscard]] std::unique_ptr<LocalFitter> make_fitter(const Problem& problem, FitMethod method);

}  // namespace tautrack::multistart
