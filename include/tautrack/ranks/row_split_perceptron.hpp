#pragma once

#include <vector>

#include "tautrack/core/communicator.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/data/dataset.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// Consecutive rows of X.
struct RowRange {
  Index first = 0;
  Index count = 0;
};

/// The rows that a rank gets when all get about as many.
/// @pre rows >= 0, 0 <= rank < size.
[[nodiscard]] RowRange rows_of_rank(Index rows, int rank, int size);

/// These rows of a problem alone.
[[nodiscard]] Problem rows_of(const Problem& problem, const RowRange& range);

/// A Perceptron whose patterns are split among ranks: each holds some rows of X, y and the pattern
/// weights, and memory and time of a pass are those of its rows. Everything that is not of size L
/// (R, the penalty, H, H_v, ...) is on every rank, with the same bits, so that every rank runs the
/// same tracker and takes the same decisions: track_natural() works as it is.
///
/// An evaluation is a pass of each rank over its own patterns and one message in which sums and
/// largest displacements are exchanged: n^2/2 + 3 n numbers for derivatives(), n for the others, and
/// one for each rank. Sums depend on how many ranks there are by rounding.
///
/// The constructor and every evaluation are collective: all ranks call them in the same order with
/// the same arguments. The ranks must have the same kernels (the same kind of processor), or their
/// bits would differ. What takes all patterns on one rank, as the recognition of infinite weights
/// does, is not there. One thread of each rank uses the communicator; the threads of a Workspace do
/// not.
class RowSplitPerceptron {
 public:
  /// @param share This rank's rows; may have none, but must have the columns of the others. Not
  /// needed any more after construction.
  /// @param ranks Must outlive the network.
  /// @throws on all ranks if on one: DataError when the problem is unusable or every column of X is
  /// zero; std::invalid_argument when an option breaks its rule or is not the same on all ranks;
  /// std::runtime_error when the ranks have different kernels. A row in a message is counted from the
  /// first row of the rank that it names.
  RowSplitPerceptron(const Problem& share, const PerceptronOptions& options, Communicator& ranks);

  [[nodiscard]] Index patterns() const noexcept { return patterns_; }  ///< L, those of all ranks.
  [[nodiscard]] Index unknowns() const noexcept { return share_.unknowns(); }  ///< n
  /// Its panels are those of this rank's rows.
  [[nodiscard]] const ColumnSpace& space() const noexcept { return share_.space(); }
  [[nodiscard]] const PerceptronOptions& options() const noexcept { return options_; }
  [[nodiscard]] double total_pattern_weight() const noexcept { return omega_sum_; }
  [[nodiscard]] const Matrix& penalty() const noexcept { return ridge_; }  ///< ridge M; or empty
  [[nodiscard]] Communicator& ranks() const noexcept { return *ranks_; }

  [[nodiscard]] Vector weights(const Vector& v) const { return share_.weights(v); }
  [[nodiscard]] Vector coordinates(const Vector& w) const { return share_.coordinates(w); }

  /// As Perceptron::linear_solution().
  [[nodiscard]] Vector linear_solution() const;

  /// Highest k of append_series().
  static constexpr int max_series_order = Perceptron::max_series_order;

  /// Perceptron::Workspace of this rank's patterns, and the message.
  class Workspace {
   public:
    /// @param threads >= 1, those of this rank.
    explicit Workspace(const RowSplitPerceptron& network, int threads = 1);

    /// As Perceptron::Workspace::last_displacement(), of all patterns.
    [[nodiscard]] double last_displacement() const noexcept { return displacement_; }

   private:
    friend class RowSplitPerceptron;
    Perceptron::Workspace share_;
    std::vector<double> message_;
    Vector H_, H_tau_;  ///< n, of this rank.
    Matrix H_v_;        ///< n x n, of this rank; empty before the first derivatives().
    double displacement_;
  };

  // As those of Perceptron.
  [[nodiscard]] double energy(const Vector& v, double tau, Workspace& work) const;
  double gradient(const Vector& v, double tau, Workspace& work, Vector& H) const;
  double derivatives(const Vector& v, double tau, Workspace& work, Vector& H, Matrix& H_v,
                     Vector& H_tau) const;
  double append_series(int k, const Vector& v_k, double tau_k, Workspace& work, Vector& rest) const;
  [[nodiscard]] double relative_displacement(const Vector& v, const Vector& dv,
                                             Workspace& work) const;
  void hessian_form_gradient(const Vector& v, double tau, const Vector& psi, const Vector& phi,
                             Vector& by_v, double& by_tau) const;

 private:
  Communicator* ranks_;
  PerceptronOptions options_;
  Perceptron share_;  ///< This rank's patterns, without the penalty.
  Index patterns_ = 0;
  double omega_sum_ = 0.0;
  Matrix ridge_;
  double ridge_norm_ = 0.0;
};

}  // namespace tautrack
