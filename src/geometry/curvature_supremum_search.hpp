#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/geometry/curvature_supremum.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack::supremum {

/// Numbers that are equal to this relative tolerance count as equal, and rows as dependent.
inline constexpr double kEqual = 1e-9;

/// Uniform random numbers in (-1, 1), the same on every platform.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  double symmetric() { return static_cast<double>(engine_() >> 11U) * 0x1p-52 - 1.0; }
  double unit() { return 0.5 * (symmetric() + 1.0); }  ///< In (0, 1).
  Index below(Index count) { return static_cast<Index>(unit() * static_cast<double>(count)); }
  Vector direction(Index n) {
    Vector v(n);
    for (double& entry : v) entry = symmetric();
    return v.norm() > 0.0 ? Vector(v.normalized()) : Vector(Vector::Unit(n, 0));
  }

 private:
  std::mt19937_64 engine_;
};

/// When the search has to end.
class Budget {
 public:
  explicit Budget(const SupremumOptions& options) : stop_(options.stop.within(options.seconds)) {}
  /// True from the first time on that the answer is true.
  [[nodiscard]] bool is_spent() {
    spent_ = spent_ || stop_.is_met();
    return spent_;
  }
  [[nodiscard]] bool was_spent() const noexcept { return spent_; }

 private:
  StopCondition stop_;
  bool spent_ = false;
};

/// The patterns as far as curvature sees them. Rows that are equal up to sign move as one, whose
/// weight is the sum of theirs, since z_i / sqrt(omega_i) is the same up to sign; zero rows do not move.
struct Rows {
  Activation activation = Activation::tanh;
  Matrix A;                    ///< l x n, none zero, no two equal up to sign.
  Vector roots;                ///< l, square roots of the weights.
  Matrix ridge;                ///< Rows of the ridge term, which do not curve; 0 x n without.
  std::vector<Index> row_of;   ///< L: the row of a pattern; -1 of a zero row.
  std::vector<Index> line_of;  ///< l: parallel rows have the same number.
  Index lines = 0;

  [[nodiscard]] Index count() const noexcept { return A.rows(); }
  [[nodiscard]] Index dimension() const noexcept { return A.cols(); }
  /// As many coordinates as dimensions: a product of line segments.
  [[nodiscard]] bool is_flat() const noexcept { return count() + ridge.rows() == dimension(); }
};

/// Cost: L (n + log L) where few rows are alike.
[[nodiscard]] Rows distinct_rows(const Perceptron& network);

/// The node input beyond which all that curves has died away at this tau.
[[nodiscard]] double largest_input(Activation activation, double tau);

/// The patterns that are free on a limit stratum and the space that they span.
struct Flat {
  std::vector<Index> free;  ///< Rows, ascending.
  Matrix span;              ///< n x r, orthonormal basis of the span of the free rows.
};

[[nodiscard]] Flat whole_space(const Rows& rows);

/// The flats of one and two lines that are not the whole space: all of them up to n = 3. At most
/// `most` of them; `complete` tells whether there are no more.
[[nodiscard]] std::vector<Flat> proper_flats(const Rows& rows, long most, bool& complete);

/// A local maximum of the curvature on a stratum.
struct Peak {
  double value = 0.0;
  Vector v;  ///< n, in the span of the free rows.
};

/// The largest curvature that is found on a stratum: points are looked at with a direction each,
/// the best ones are followed uphill in both. Source: geometry, section 1.
[[nodiscard]] Peak highest_peak(const Rows& rows, const Flat& flat, double tau,
                                const SupremumOptions& options, Budget& budget);

/// The local maximum that an ascent from v in direction a (n, not zero) comes to; at least the curvature
/// there.
[[nodiscard]] Peak peak_from(const Rows& rows, const Flat& flat, double tau, const Vector& v,
                             const Vector& a, Budget& budget);

}  // namespace tautrack::supremum
