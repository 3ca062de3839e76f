#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "tautrack/core/types.hpp"

namespace tautrack {

class Communicator;

/// A column of X that is a linear combination of earlier ones, to the stated tolerance.
struct ColumnDependency {
  Index column;                              ///< Column of X, counted from 0.
  std::vector<std::pair<Index, double>> on;  ///< column = sum of coefficient * X.col(index).
  double relative_distance;  ///< |column - combination| / |column|; 0 for a zero column.
};

/// Orthonormal coordinates of the column space of X (L x s), for patterns weighted by omega > 0:
///
///     diag(sqrt(omega)) X = Q R,   u = X w = basis() v,   v = R w,   basis()' diag(omega) basis()
///     = I.
///
/// |v| is the omega-weighted norm of u = X w, so nothing computed in v depends on the units of the
/// columns. R has rank() rows; when X has dependent columns (always when L < s), weights() gives
/// the w of smallest Euclidean norm in the user's units.
///
/// Method: the Gram matrix of the columns scaled to norm one, its Cholesky factor R and A = X R^-1,
/// all in products at the speed of the processor, so that R_jj is the distance of column j to the
/// span of the columns before it. A' omega A = I holds to epsilon / min R_jj^2; where min R_jj is
/// below 1e-2 the same is done once more with A in place of X (CholeskyQR2; Yamamoto et al., ETNA 44,
/// 2015), and below 1e-5 Householder QR takes its place (Golub & Van Loan, Matrix Computations, 2013,
/// section 5.2). Only if a distance is below the tolerance, modified Gram-Schmidt with
/// reorthogonalisation picks the independent columns in the user's order. Cost: 2 L s^2.
///
/// Where X may be kept and is well conditioned, A need not be there: A v = X R^-1 v. It is formed when somebody asks for it, as
/// above, and then stays.
class ColumnSpace {
 public:
  /// @param X L x s, finite. @param pattern_weights L positive numbers; empty: all one.
  /// @param tolerance A column nearer than this, relative to its own norm, to the span of earlier
  /// ones counts as dependent.
  ColumnSpace(const Matrix& X, const Vector& pattern_weights, double tolerance);

  /// The column space of an X whose rows are split among ranks, X and pattern_weights being this
  /// rank's (there may be none, but s columns). The basis then has this rank's rows, everything else
  /// is that of the whole and has the same bits on all ranks. Collective.
  ///
  /// Method: that above with sums over the ranks of the Gram matrices, where these show that the
  /// columns are independent: no distance below 1e-5. Else the triangular factors of all ranks' own
  /// Householder QR factorisations are factorised once more (TSQR; Demmel, Grigori, Hoemmen & Langou,
  /// SIAM J. Sci. Comput. 34, 2012), which does not square the condition; the small matrix that comes
  /// out stands for X in the choice of the independent columns, and the same for A = X R^-1 leaves
  /// A' omega A = I to epsilon. Memory beside the rows: a few s^2.
  ColumnSpace(const Matrix& X, const Vector& pattern_weights, double tolerance,
              Communicator& ranks);

  /// The same, where A is not formed if X D^-1, D the norms of its columns, is well conditioned: |(R D^-1)^-1| at most
  /// largest_implied. X is kept.
  /// @param ranks Null: all rows are here.
  ColumnSpace(std::shared_ptr<const Matrix> X, const Vector& pattern_weights, double tolerance,
              Communicator* ranks);

  /// Largest sqrt(|.|_1 |.|_infinity) of (R D^-1)^-1, which bounds its norm, with which A is implied: sums over rows of X lose
  /// one digit, in single precision as well, against sums over rows of A.
  static constexpr double largest_implied = 10.0;

  [[nodiscard]] Index rank() const noexcept { return R_.rows(); }
  [[nodiscard]] Matrix basis() const;  ///< A copy, L x rank(). Forms A where it is implied.

  /// A bound of |(R D^-1)^-1|, D the norms of the columns; of a triangular R.
  [[nodiscard]] double inverse_norm() const;

  /// Whether A is implied by X, whether formed or not.
  [[nodiscard]] bool is_implied() const noexcept { return implied_ != nullptr; }
  [[nodiscard]] const std::vector<ColumnDependency>& dependencies() const noexcept {
    return dependencies_;
  }

  [[nodiscard]] Vector coordinates(const Vector& w) const;  ///< v = R w; w is s, v is rank().
  [[nodiscard]] Vector weights(const Vector& v) const;      ///< w of least norm with R w = v.

  /// The rank() x rank() matrix M with |weights(v)|^2 = v' M v when `scale` is empty, and
  /// sum_j (scale_j w_j)^2 = v' M v otherwise.
  [[nodiscard]] Matrix norm_matrix(const Vector& scale) const;

  /// s, norms of the columns of diag(sqrt(omega)) X, one for a zero column. All are finite unless an
  /// entry of X is not, or too large for a norm.
  [[nodiscard]] const Vector& column_norms() const noexcept { return column_norms_; }

 private:
  friend class ColumnPanels;
  struct Implied;

  void compute(const Matrix& X, const Vector& pattern_weights, double tolerance);
  void compute(const Matrix& X, const Vector& pattern_weights, double tolerance,
               Communicator& ranks);
  [[nodiscard]] bool factor_gram(const Matrix& X, const Vector& root, double tolerance,
                                 Communicator* ranks);
  [[nodiscard]] bool factor_full_rank(const Matrix& scaled, double tolerance, Matrix& basis);
  void factor_rank_deficient(const Matrix& scaled, double tolerance, Matrix& basis);
  void set_minimum_norm_map();
  void set_inverse();
  void set_panels(const Matrix& basis);
  double* new_panels(Index rank);

  Index rows_ = 0;
  Vector column_norms_;
  std::shared_ptr<const Implied> implied_;  ///< Null: A is in the panels.
  std::shared_ptr<const double[]> panels_;  ///< See ColumnPanels.
  Matrix R_;                                ///< rank() x s, in the user's units.
  Matrix inverse_;                          ///< s x rank(): R^+.
  std::vector<ColumnDependency> dependencies_;
};

}  // namespace tautrack
