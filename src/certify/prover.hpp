#pragma once

#include <optional>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack {

/// What belongs to a stationary point that somebody else has proven.
struct PointValues {
  double energy = 0.0;
  Vector eigenvalues;  ///< n, of the Hessian in orthonormal coordinates, ascending.
};

}  // namespace tautrack

#ifdef TAUTRACK_WITH_FLINT

#include <memory>
#include <string>
#include <vector>

#include "certify/pattern.hpp"
#include "core/decompositions.hpp"
#include "proof/ball.hpp"

namespace tautrack {

/// What Certifier does. Coordinates are w = w_c + P z with P = T V (s x n): T takes the network's
/// orthonormal coordinates to weights, V (n x n) holds approximate eigenvectors of the Hessian, and
/// the midpoint w_c moves with Newton's method.
///
/// The Hessian is a matrix of balls, but nearly always these may come from double arithmetic with
/// rigorous error bounds (see proof/rounding.hpp): X T is rounded to double once, V is a matrix of
/// doubles, and ball arithmetic is left with the node inputs, sigma and the gradient. Where some
/// eigenvalue is not clearly known and separated that way, the Hessian is evaluated in ball
/// arithmetic, too, and V improved in it.
class Prover {
 public:
  Prover(const Perceptron& network, const CertifyOptions& certify);

  /// @pre s finite numbers.
  [[nodiscard]] Certificate certify(const Vector& weights, const StopCondition& stop = {});

  /// The values at the weights w with rows.w = inputs, which need no rounding to double. Eigenvalues below
  /// every double, which even the highest precision need not tell from zero, get the signs that the Morse
  /// index leaves to them. Nothing where the signs of the others contradict it.
  /// @param rows n x n, independent, taken exactly. @param inputs n finite numbers.
  /// @pre The columns of X are independent, and morse_index is proven for the Hessian there.
  [[nodiscard]] std::optional<PointValues> values_where(const Matrix& rows, const Vector& inputs,
                                                        int morse_index);

  /// From now on no Hessian is evaluated in double.
  void use_only_balls() noexcept { only_balls_ = true; }
  /// Whether the last Hessian was evaluated in double.
  [[nodiscard]] bool in_double() const noexcept { return in_double_; }

 private:
  using Bound = proof::Bound;

  /// How far the steps have come from the given weights, and how fast they shrink.
  struct Progress {
    double moved = 0.0;       ///< Sum of the displacements.
    double decrements = 0.0;  ///< Sum of the squared Newton decrements.
    double last_displacement = 0.0;
    int slow = 0;  ///< Steps that did not shrink as they do where convergence is quadratic.

    void add(double displacement, double decrement) {
      moved += displacement;
      decrements += decrement;
      last_displacement = displacement;
    }
  };
  /// What is proven at a midpoint.
  struct Proof {
    Vector weights;
    bool sharp = false;   ///< The point is known to about the rounding of `weights`.
    Bound radius;         ///< Its distance to `weights`.
    Bound offset;         ///< That of `weights` to the midpoint.
    Bound energy_radius;  ///< Of its energy, around that of the midpoint.
  };
  enum class Attempt { proven, needs_precision, refused };

  /// Whether the proof is to be left unfinished; from the first time on that it is, nothing that is
  /// computed counts.
  [[nodiscard]] bool is_cut() {
    is_cut_ = is_cut_ || stop_.is_met();
    return is_cut_;
  }
  /// What does not depend on the weights, once.
  void prepare();
  /// certify(), unless it is cut.
  [[nodiscard]] Certificate prove_near(const Vector& weights);
  /// T. @param A Orthonormal basis of the column space.
  void set_map(const Matrix& A);
  /// What T decides.
  void set_basis();

  [[nodiscard]] slong most() const noexcept { return limits_.max_precision; }
  /// Why the rank of X forbids a certificate; empty when it does not, or there is no time to know.
  [[nodiscard]] const std::string& rank_mismatch();
  /// Newton's method in double, from which weights and eigenvectors come if it converges.
  [[nodiscard]] Vector polish(const Vector& weights, Progress& progress);
  /// V, and in double what depends on it alone.
  void set_eigenvectors(const Matrix& vectors);
  void set_midpoint(const Vector& weights);

  /// Whether rows.w = inputs could be solved for the midpoint.
  [[nodiscard]] bool set_midpoint_where(const Matrix& rows, const Vector& inputs);

  /// All steps at one precision. Whatever fails leaves its reason in the certificate.
  [[nodiscard]] Attempt attempt(Progress& progress, Certificate& certificate);

  /// All that the midpoint decides and V does not.
  void evaluate();
  /// P, a = X P and the Hessian V' H V, in ball arithmetic.
  void transform();
  /// The Hessian V' H V from the rows in double.
  void transform_in_double();
  /// The rows in double from P and a.
  void round_rows();
  /// Whether the Hessian of the first columns of V is nearly diagonal, with nothing on the diagonal that may be
  /// zero.
  [[nodiscard]] bool is_diagonal(Index columns) const;
  /// Columns of V before those along which the Hessian is below every double.
  [[nodiscard]] Index columns_above_underflow() const;
  /// Of column j of V, where the Hessian is diagonal: with the sign of the diagonal, and never zero.
  [[nodiscard]] double eigenvalue(Index j) const;
  /// Whether it is so relative to the smaller of two eigenvalues, too.
  [[nodiscard]] bool is_separated() const;
  /// Whether the diagonal is known to what eigenvalues are promised to be good to.
  [[nodiscard]] bool is_accurate() const;
  /// Improves V until the Hessian is diagonal; false when the precision does not suffice for that.
  [[nodiscard]] bool diagonalise();
  /// Takes eigenvectors before `first` out of the others, to first order.
  void eliminate(Index first);
  /// Takes column k of V out of column j.
  void subtract(Index j, Index k);
  /// Turns the columns from `first` on to the eigenvectors of their block, larger eigenvalues first.
  /// Returns how many of them double precision has resolved; zero when the block is not finite or
  /// zero.
  [[nodiscard]] Index rotate(Index first);

  /// C G and I - C H.
  void set_step();
  [[nodiscard]] bool step_is_noise() const;
  /// Whether component j of C G is more than rounding and what the other components make of it, since V is not
  /// quite diagonal: of a flat direction it may be nothing else.
  [[nodiscard]] bool is_known_step(Index j) const;
  /// @param only_known Components of which no more is known than their size do not count.
  [[nodiscard]] double step_displacement(bool only_known = false) const;
  [[nodiscard]] double step_decrement() const;
  void move_midpoint();

  /// With N' the derivative of N and r a box: contraction_j = sum_k r_k max |N'_jk| over the box. Returns
  /// max_j contraction_j / r_j or more: N contracts the box if that is below one.
  [[nodiscard]] double contract(const std::vector<Bound>& r);
  /// The theorem at this midpoint; nothing when its inequality does not hold.
  [[nodiscard]] std::optional<Proof> prove();
  /// Fills the certificate; refused when the rounding of the weights is more than uniqueness allows.
  [[nodiscard]] Attempt finish(const Proof& proof, Certificate& certificate);
  /// No second point lies within this distance of the weights.
  [[nodiscard]] Bound uniqueness(const Proof& proof);
  /// A large box that N contracts, with r_j like |H_jj|^(-stretch/4); empty when none is found.
  [[nodiscard]] std::vector<Bound> grow(int stretch);

  CertifyOptions limits_;
  Perceptron network_;
  Perceptron::Workspace work_;
  Index L_, s_, n_;
  double omega_sum_;
  const Matrix& inputs_;      ///< X
  double largest_row_ = 0.0;  ///< Norm of the largest row of X.
  bool dependent_;            ///< Columns of X depend on each other.
  bool penalised_;
  std::optional<std::string> mismatch_;  ///< rank_mismatch(), once it is known.
  slong precision_ = 0;                  ///< Bits.
  StopCondition stop_;
  bool is_cut_ = false, is_prepared_ = false;
  proof::Sigmoid sigmoid_;

  // The problem, exactly.
  proof::BallMatrix X_;          ///< Empty before prepare().
  proof::Balls target_, omega_;  ///< L
  bool has_offset_;
  proof::Balls offset_;   ///< L, of the node inputs, exact.
  proof::Balls penalty_;  ///< s, ridge scale_j^2
  proof::BallMatrix T_;   ///< s x n; each column lies in the row space of X.
  Matrix R_;              ///< n x s, R T = 1 nearly
  Bound inverse_error_;   ///< Of |R T - 1|, Frobenius norm.
  Matrix basis_;          ///< L + s x n, X T and below it T, rounded to double.
  Vector basis_error_;  ///< L + s: rows of basis_ times a vector in double are off by this at most,
                        ///< relative to the length of the vector, for X T and T without rounding.
  Matrix metric_;       ///< n x n, T' X' omega X T, nearly one

  // The midpoint.
  proof::Balls w_;  ///< s
  proof::Balls z_;  ///< n, w = T z; this is what moves when columns depend on each other.

  // At the midpoint.
  proof::Balls force_;               ///< L, omega sigma' r, its midpoint
  std::vector<Bound> force_radius_;  ///< L + s, radius of that and of the force of the penalty
  proof::Balls curvature_;           ///< L, omega (sigma'^2 + sigma'' r)
  std::vector<certify::PatternBounds> patterns_;
  proof::Balls penalty_force_;  ///< s, its midpoint
  proof::Ball energy_;

  // In the coordinates of V.
  bool only_balls_ = false;
  bool in_double_ = false;   ///< V is of doubles, and the Hessian comes from rows_.
  Matrix rows_;              ///< L + s x n, a = X P and below it P, in double
  Vector rows_error_;        ///< L + s, how far any entry of the row is off
  Matrix rows_above_;        ///< L + s x n, of |a| and |P|
  proof::BallMatrix V_, P_;  ///< n x n and s x n
  proof::BallMatrix a_,
      ca_;  ///< L x n, rows of X P and those times curvature_; empty before transform()
  proof::BallMatrix hessian_;        ///< n x n
  proof::Balls image_;               ///< Scratch, n.
  proof::Balls gradient_;            ///< s, X' force_ + penalty_force_
  proof::Balls step_;                ///< n, C G: the step of Newton's method is its negative.
  std::vector<Bound> omega_bounds_;  ///< L
  std::vector<Bound> defect_;        ///< n x n, of |I - C H|
  std::vector<Bound> pivot_below_;   ///< n, the diagonal without its radius is at least this.
  std::vector<Bound> contraction_;   ///< n, see contract().
  SymmetricEigen eigen_;
  proof::Ball t_, t2_;  ///< Scratch.
};

}  // namespace tautrack

#else

namespace tautrack {

/// Stands in for the one above in a library without FLINT.
class Prover {
 public:
  Prover(const Perceptron&, const CertifyOptions&) {}
  void use_only_balls() noexcept {}
  [[nodiscard]] static bool in_double() noexcept { return false; }
  [[nodiscard]] static Certificate certify(const Vector&, const StopCondition& = {}) {
    Certificate certificate;
    certificate.reason = "tautrack was built without FLINT, which certificates need";
    return certificate;
  }
  [[nodiscard]] static std::optional<PointValues> values_where(const Matrix&, const Vector&, int) {
    return std::nullopt;
  }
};

}  // namespace tautrack

#endif
