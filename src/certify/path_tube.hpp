#pragma once

#include "certify/path_problem.hpp"

#ifdef TAUTRACK_WITH_FLINT

#include <optional>
#include <vector>

namespace tautrack::tube {

/// Coordinates x = (z, delta) = x_m + F (b, a) of a tube and its centre curve b = sum_k curve_k a^k. All
/// numbers are doubles taken exactly, so none of them need be accurate.
struct Frame {
  Vector x;       ///< n + 1, the midpoint x_m: z, then delta = 1 - tau.
  Vector scale;   ///< n + 1, powers of two
  Matrix Q;       ///< n + 1 x n + 1, nearly orthogonal; the last column is the direction.
  Matrix F;       ///< diag(scale) Q
  Matrix C;       ///< n x n: C times dH/db is nearly the identity at x_m.
  Matrix curve;   ///< n x kDegree + 1, columns 0 and 1 are zero.
  Matrix P1, P2;  ///< n x n: C(a) = (1 + P1 a + P2 a^2) C
};

/// In double: the point of the centre curve.
[[nodiscard]] Vector centre(const Frame& frame, double a);

/// A point of a curve: b - curve(a) is within +-spread at a, and its derivative within +-rate.
struct Gate {
  Frame frame;
  double a = 0.0;
  Vector spread;  ///< n
  Vector rate;    ///< n
};

/// Why a tube is not proven.
enum class Failure { none, too_long, imprecise };

/// Proves tubes of one problem. First place() the midpoint, then enclose(), then prove() for as many
/// lengths as wanted.
class Tube {
 public:
  explicit Tube(const ExactProblem& problem);

  /// Moves x onto the curve with Newton's method in double and makes a frame there.
  /// @param forward n + 1, in the units of x: the direction of the tube makes an acute angle with it, and
  /// Newton's method stays in the hyperplane orthogonal to it, or (fixed_delta) keeps delta.
  /// @return false when Newton's method does not converge or moves farther than `most`, relative to scale.
  bool place(const Vector& x, const Vector& scale, const Vector& forward, bool fixed_delta,
             double most);

  /// Everything that is known at the midpoint, in double intervals (precision 53) or in balls.
  void enclose(slong precision);

  /// Proves: for each a in [-length, length] there is exactly one solution with |b - curve(a)| < box().
  /// @param least n, the box is to be at least so large.
  [[nodiscard]] Failure prove(double length, const Vector& least);

  // After a proof.
  [[nodiscard]] double length() const noexcept { return length_; }
  [[nodiscard]] const Vector& box() const noexcept { return box_; }
  /// How much the map contracts the box, about: below one.
  [[nodiscard]] double contraction() const;
  /// Whether the solution at a is known so well that another tube can start from it.
  [[nodiscard]] bool is_sharp(double a) const;
  [[nodiscard]] const Frame& frame() const noexcept { return frame_; }
  [[nodiscard]] Gate gate(double a) const;
  /// |b - curve(a)| at the solutions with |a| <= size.
  [[nodiscard]] Vector spread(double size) const;
  /// Encloses delta, and its derivative by a, of the solutions with a in [low, high].
  [[nodiscard]] Interval delta(double low, double high) const;
  [[nodiscard]] Interval delta_rate(double low, double high) const;
  /// Sign of the second derivative of delta at all solutions; 0 when it is not sure.
  [[nodiscard]] int delta_curvature_sign() const;
  /// Encloses z at the solutions with a in [low, high].
  [[nodiscard]] std::vector<Interval> solutions(double low, double high) const;

  /// Coordinates in this frame of a point of another tube.
  struct Entry {
    Interval a;
    std::vector<Interval> b;  ///< b - curve(a)
    bool is_forward = false;  ///< a grows along the other tube, too.
  };
  [[nodiscard]] Entry entry(const Gate& gate) const;

  /// In double: a of the point in this frame, and by how much it is farther from the centre curve than
  /// the box allows.
  struct Place {
    double a = 0.0;
    double outside = 0.0;
  };
  [[nodiscard]] Place locate(const Vector& x) const;

  [[nodiscard]] long evaluations() const noexcept { return evaluations_; }

 private:
  template <class S>
  struct Sums;
  template <class S>
  void enclose(const Data<S>& data);
  /// The coefficients of delta along the centre curve.
  template <class S>
  Series<S> enclose_delta();
  template <class S>
  void enclose_patterns(const Data<S>& data, const Series<S>& delta, Sums<S>& sums);
  template <class S>
  void add_penalty(const Data<S>& data, Sums<S>& sums) const;
  /// In double: H and its derivatives.
  void evaluate(const Vector& x, Vector& H, Matrix& J);
  void set_curve();
  void set_preconditioner();
  /// |1 - C(a) dH/db| over the box up to what `wide_` adds.
  void set_contraction(double length);
  [[nodiscard]] Vector residual(double size) const;
  /// The derivative of b - curve(a) at the solutions with |a| <= size.
  [[nodiscard]] Vector rate(double size) const;
  /// x with x <= b + M x is at most this.
  [[nodiscard]] Vector solve(const Vector& b) const;
  /// C(a) v or less for |a| <= size, v >= 0.
  [[nodiscard]] Vector preconditioned(double size, const Vector& v) const;
  /// Ranges over the tube of what each pattern contributes; false where numbers are too large.
  [[nodiscard]] bool widen(double length);
  [[nodiscard]] Interval polynomial(const Interval& a, int derivative) const;  ///< Of delta.
  [[nodiscard]] Interval polynomial_over(double low, double high, int derivative) const;

  const ExactProblem& problem_;
  Index L_, n_;
  double up_;  ///< Makes sums of non-negative products in double upper bounds.
  long evaluations_ = 0;
  Frame frame_;
  Data<proof::Real> balls_;
  slong precision_ = 53;

  // At the midpoint.
  std::vector<Interval> q_;      ///< n x kDegree + 2, coefficients of C H on the centre curve
  std::vector<Interval> Y_;      ///< L x n, A C'
  std::vector<Interval> u_;      ///< L x kDegree + 1, coefficients of u on the centre curve
  std::vector<Interval> delta_;  ///< kDegree + 1, those of delta
  Matrix Y_above_, W_above_;     ///< L x n, of |A C'| and |A F|
  Vector delta_above_;           ///< n, of |the last row of F|
  Matrix q_above_;               ///< n x kDegree + 2
  Matrix K_[3], K_radius_[3];    ///< n x n, coefficients of C dH/db
  bool usable_ = false;          ///< No number is too large.
  double defect_ = 0.0;          ///< Frobenius norm of Q Q' - 1 or more

  Vector excess_;  ///< n, remainders of the last proof relative to the coefficient of their order.

  // Of the last proof.
  double length_ = 0.0;
  Vector box_;
  Matrix M_;                      ///< n x n
  Matrix remainder_, variation_;  ///< n x n
  Vector top_;                    ///< n, remainder of C H at order kDegree + 1
  Vector rate_variation_;         ///< n
  std::vector<Interval> by_uu_, by_ud_, by_dd_, speed_;  ///< L
  Vector rate_;                                          ///< n, all over the tube
};

}  // namespace tautrack::tube

#endif
