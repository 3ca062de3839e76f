#pragma once

#include <limits>
#include <memory>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/core/types.hpp"

namespace tautrack::infinity {

/// Whether linear programmes can be solved: the library was built with Clp.
[[nodiscard]] bool have_linear_programmes() noexcept;

/// Outcome of one linear programme.
struct LinearSolution {
  bool optimal = false;  ///< Else infeasible, unbounded, given up, or there is no solver.
  double value = std::numeric_limits<double>::quiet_NaN();  ///< c'x at the optimum.
  Vector x;                                                 ///< n; empty unless optimal.
};

/// Linear programmes that differ in the objective alone,
///
///     minimise c'x   subject to   A x >= lower,   |x_j| <= bound,
///
/// solved by the simplex method, each from the basis of the one before. Constraints hold to 1e-10.
class LinearProgramme {
 public:
  /// @param A m x n. @param lower m, finite. @param bound > 0; infinity: x is free.
  LinearProgramme(const Matrix& A, const Vector& lower, double bound);
  ~LinearProgramme();
  LinearProgramme(const LinearProgramme&) = delete;
  LinearProgramme& operator=(const LinearProgramme&) = delete;

  /// @param c n. @param stop Looked at in every iteration; once it is met the solver gives up.
  [[nodiscard]] LinearSolution minimise(const Vector& c, const StopCondition& stop = {});

 private:
  struct Model;
  std::unique_ptr<Model> model_;
};

}  // namespace tautrack::infinity
