#include "textbook_tracker.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/Cholesky>
#include <Eigen/LU>

namespace tautrack::peers {

namespace {

constexpr double kFirstStep = 0.1;
constexpr double kLargestStep = 10.0;
constexpr double kSmallestStep = 1e-10;
constexpr long kMostSteps = 10000;

/// Newton's method on the way converges quadratically: a last step of this relative length leaves
/// an error of the order of its square.
constexpr double kTolerance = 1e-6;
constexpr int kFewIterations = 3;   ///< So many or fewer: the next step is twice as long.
constexpr int kMostIterations = 5;  ///< More: the step is refused.

constexpr double kEndTolerance = 1e-11;  ///< Relative length of the last Newton step at tau = 1.
constexpr int kMostEndIterations = 8;

/// Patterns per block, so that the scaled copy of a block of X stays in the cache.
constexpr Index kBlock = 512;

/// H, H_w and H_tau of the tanh network, divided by the number of patterns.
class NaturalEquations {
 public:
  NaturalEquations(const Matrix& X, const Vector& y)
      : X_(X),
        y_(y),
        u_(std::min(kBlock, X.rows())),
        hessian_(u_.size()),
        factors_(u_.size(), 2),
        scaled_(u_.size(), X.cols()),
        products_(X.cols(), 2),
        H_w_(X.cols(), X.cols()) {}

  void evaluate(const Eigen::Ref<const Vector>& w, double tau) {
    const double mean = 1.0 / static_cast<double>(X_.rows());
    products_.setZero();
    H_w_.setZero();
    for (Index begin = 0; begin < X_.rows(); begin += kBlock) {
      const Index rows = std::min(kBlock, X_.rows() - begin);
      const auto X = X_.middleRows(begin, rows);
      auto u = u_.head(rows);
      u.noalias() = X * w;
      for (Index i = 0; i < rows; ++i) {
        const double sigma = std::tanh(u(i));
        const double first = 1.0 - sigma * sigma;
        const double second = -2.0 * sigma * first;
        const double slope = (1.0 - tau) + tau * first;
        const double residual = (1.0 - tau) * u(i) + tau * sigma - y_(begin + i);
        factors_(i, 0) = mean * slope * residual;
        factors_(i, 1) = mean * ((first - 1.0) * residual + slope * (sigma - u(i)));
        hessian_(i) = mean * (slope * slope + tau * second * residual);
      }
      auto scaled = scaled_.topRows(rows);
      scaled.noalias() = hessian_.head(rows).asDiagonal() * X;
      products_.noalias() += X.transpose() * factors_.topRows(rows);
      H_w_.triangularView<Eigen::Lower>() += X.transpose() * scaled;
    }
    H_w_.triangularView<Eigen::StrictlyUpper>() = H_w_.transpose();
    ++evaluations_;
  }

  [[nodiscard]] auto H() const { return products_.col(0); }
  [[nodiscard]] auto H_tau() const { return products_.col(1); }
  [[nodiscard]] const Matrix& H_w() const { return H_w_; }
  [[nodiscard]] long evaluations() const { return evaluations_; }

 private:
  const Matrix& X_;
  const Vector& y_;
  Vector u_, hessian_;  ///< One block of patterns.
  Matrix factors_;      ///< block x 2, what the rows of X are multiplied by in H and H_tau.
  Matrix scaled_;       ///< block x s
  Matrix products_;     ///< s x 2, H and H_tau.
  Matrix H_w_;
  long evaluations_ = 0;
};

class Tracker {
 public:
  Tracker(const Matrix& X, const Vector& y)
      : equations_(X, y), s_(X.cols()), bordered_(s_ + 1, s_ + 1), lu_(s_ + 1), right_(s_ + 1) {}

  TextbookResult run() {
    start();
    double step = kFirstStep;
    while (result_.steps + result_.rejected < kMostSteps) {
      // A step that would pass tau = 1 ends there.
      const double rest = tangent_(s_) > 0.0 ? (1.0 - x_(s_)) / tangent_(s_) : kLargestStep;
      const bool is_last = rest <= step;
      corrected_ = x_ + std::min(step, rest) * tangent_;
      int iterations = 0;
      if (is_last) {
        corrected_(s_) = 1.0;
        if (correct_at_end()) return finish();
      } else {
        iterations = correct();
      }
      if (iterations > 0) {
        ++result_.steps;
        x_ = corrected_;
        turn_tangent();
        if (iterations <= kFewIterations) step = std::min(2.0 * step, kLargestStep);
        continue;
      }
      ++result_.rejected;
      step = 0.5 * std::min(step, rest);
      if (step < kSmallestStep) return give_up("the step became too small");
    }
    return give_up("the budget of steps was used up");
  }

 private:
  /// The linear least-squares weights (at tau = 0 one Newton step from anywhere) and the tangent.
  void start() {
    x_ = Vector::Zero(s_ + 1);
    equations_.evaluate(x_.head(s_), 0.0);
    x_.head(s_) = -equations_.H_w().llt().solve(equations_.H());
    equations_.evaluate(x_.head(s_), 0.0);
    tangent_ = Vector::Unit(s_ + 1, s_);
    factor();
    turn_tangent();
  }

  /// Factors [H_w H_tau; t'].
  void factor() {
    bordered_.topLeftCorner(s_, s_) = equations_.H_w();
    bordered_.topRightCorner(s_, 1) = equations_.H_tau();
    bordered_.row(s_) = tangent_.transpose();
    lu_.compute(bordered_);
  }

  /// The tangent from the matrix of the last Newton step: its last row, the old tangent, keeps the
  /// direction.
  void turn_tangent() {
    right_.setZero();
    right_(s_) = 1.0;
    tangent_ = lu_.solve(right_);
    tangent_.normalize();
  }

  /// Newton's method on the bordered system from the predicted point. Returns the number of
  /// iterations, or 0 when it does not converge.
  int correct() {
    for (int iteration = 1; iteration <= kMostIterations; ++iteration) {
      equations_.evaluate(corrected_.head(s_), corrected_(s_));
      factor();
      right_.head(s_) = -equations_.H();
      right_(s_) = 0.0;
      right_ = lu_.solve(right_);
      corrected_ += right_;
      if (right_.norm() <= kTolerance * (1.0 + corrected_.norm())) return iteration;
      if (!right_.allFinite()) return 0;
    }
    return 0;
  }

  /// Newton's method at tau = 1.
  bool correct_at_end() {
    for (int iteration = 1; iteration <= kMostEndIterations; ++iteration) {
      equations_.evaluate(corrected_.head(s_), 1.0);
      const Vector change = equations_.H_w().partialPivLu().solve(equations_.H());
      corrected_.head(s_) -= change;
      if (change.norm() <= kEndTolerance * (1.0 + corrected_.norm())) return true;
      if (!change.allFinite()) return false;
    }
    return false;
  }

  TextbookResult finish() {
    ++result_.steps;
    result_.weights = corrected_.head(s_);
    result_.ok = true;
    result_.message = "arrived at tau = 1";
    result_.hessians = equations_.evaluations();
    return result_;
  }

  TextbookResult give_up(const std::string& why) {
    result_.weights = x_.head(s_);
    result_.message = why + " at tau = " + std::to_string(x_(s_));
    result_.hessians = equations_.evaluations();
    return result_;
  }

  NaturalEquations equations_;
  Index s_;
  Matrix bordered_;
  Eigen::PartialPivLU<Matrix> lu_;
  Vector right_;
  Vector x_, tangent_, corrected_;  ///< s + 1: weights, then tau.
  TextbookResult result_;
};

}  // namespace

TextbookResult textbook_path(const Matrix& X, const Vector& y) { return Tracker(X, y).run(); }

}  // namespace tautrack::peers
