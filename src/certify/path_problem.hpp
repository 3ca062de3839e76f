#pragma once

#include "tautrack/network/perceptron.hpp"

#ifdef TAUTRACK_WITH_FLINT

#include <string>
#include <vector>

#include "certify/path_series.hpp"
#include "proof/ball.hpp"
#include "proof/real.hpp"

namespace tautrack::tube {

/// What the equations A' g + K z = 0 are made of, enclosed: row after row.
template <class S>
struct Data {
  std::vector<S> A;  ///< L x n, X T
  std::vector<S> K;  ///< n x n, T' (ridge scale^2) T; empty without ridge.
};

/// The problem with its doubles taken exactly, in coordinates w = T z that are nearly orthonormal: T is
/// a matrix of doubles, or an exact product of such where columns of X depend on each other.
class ExactProblem {
 public:
  explicit ExactProblem(const Perceptron& network);

  /// Why nothing can be proven about it, as a sentence; empty when something can.
  [[nodiscard]] const std::string& obstacle() const noexcept { return obstacle_; }
  [[nodiscard]] const Perceptron& network() const noexcept { return network_; }
  [[nodiscard]] Index patterns() const noexcept { return L_; }
  [[nodiscard]] Index unknowns() const noexcept { return n_; }
  [[nodiscard]] const Pattern& pattern(Index i) const {
    return patterns_[static_cast<std::size_t>(i)];
  }
  /// The known part of the node input of a pattern, exact.
  [[nodiscard]] double offset(Index i) const { return network_.offset(i); }
  [[nodiscard]] double total_pattern_weight() const { return network_.total_pattern_weight(); }

  [[nodiscard]] const Data<Interval>& intervals() const noexcept { return intervals_; }
  [[nodiscard]] Data<proof::Real> balls(slong precision) const;
  [[nodiscard]] const Matrix& midpoint() const noexcept { return A_; }  ///< L x n, of A.
  [[nodiscard]] const Matrix& penalty() const noexcept { return K_; }   ///< n x n or empty, of K.

  /// z of weights, rounded.
  [[nodiscard]] Vector coordinates(const Vector& w) const { return network_.coordinates(w); }
  /// A bound of |T z - w| for all z.
  [[nodiscard]] double distance(const std::vector<Interval>& z, const Vector& w) const;

 private:
  void set_map(const Matrix& X, const Matrix& basis);
  [[nodiscard]] std::string find_obstacle(const Matrix& X) const;

  Perceptron network_;
  Index L_, s_, n_;
  std::vector<Pattern> patterns_;
  proof::BallMatrix X_;
  proof::BallMatrix T_;   ///< s x n
  proof::Balls penalty_;  ///< s, ridge scale_j^2
  bool penalised_;
  Matrix R_;  ///< n x s, R T = 1 nearly
  Data<Interval> intervals_;
  std::vector<Interval> map_;  ///< s x n, T
  Matrix A_, K_;
  std::string obstacle_;
};

}  // namespace tautrack::tube

#endif
