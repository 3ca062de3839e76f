#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/tracker/options.hpp"

namespace tautrack::monotone {

inline constexpr int kMostUnknowns = 8;

/// Orders after which it is looked how far the series reaches.
inline constexpr std::array<int, 3> kOrders = {8, 11, 14};
inline constexpr int kMostOrders = kOrders.back();

inline std::size_t at_index(int k) { return static_cast<std::size_t>(k); }

/// Whether options leave a path to this: all of it, by Taylor series, and no point on the way is asked for.
[[nodiscard]] bool asked_for(const TrackOptions& options);

/// The equations of a model with few unknowns, n <= kMostUnknowns, and memory for what they say of a
/// point. Columns of unknowns are n numbers.
class Equations {
 public:
  /// @param parts Kept as a reference.
  Equations(int unknowns, int steps, std::span<const double> parts)
      : n(unknowns), most_steps(steps), shares(parts) {}
  Equations(const Equations&) = delete;
  Equations& operator=(const Equations&) = delete;
  virtual ~Equations() = default;

  /// H_v is I at tau = 0, and need not be factored.
  [[nodiscard]] virtual bool starts_with_identity() const = 0;

  /// A point next to the solution at tau = 0, with its H and H_v set.
  virtual void start(double* v) = 0;

  /// Sets H, scale, energy.
  virtual void gradient(const double* v, double tau) = 0;

  /// The same, H_tau and the lower triangle of H_v.
  virtual void derivatives(const double* v, double tau) = 0;

  /// From the last point.
  virtual void start_series(double tau) = 0;

  /// rest = [tau^(k + 1)] H with v_(k + 1) = 0.
  virtual void append_series(int k, const double* v_k, double* rest) = 0;

  /// Relative change of what moves most, between the last two points or by the last term.
  [[nodiscard]] virtual double displacement() const = 0;

  /// See BasicNaturalHomotopy::scales().
  [[nodiscard]] virtual double total_weight() const = 0;

  /// Eigenvalues of H_v, ascending; empty when there are none.
  [[nodiscard]] Vector eigenvalues() const;

  /// |H|
  [[nodiscard]] double gradient_norm() const;

  const int n;
  const int
      most_steps;  ///< A path that takes more is for the tracker, which chooses them with more care.
  /// Parts of the way to tau = 1 that a step may have, in falling order, the first one 1.
  const std::span<const double> shares;

  // Of the last evaluation:
  alignas(16) std::array<double, kMostUnknowns> H;
  alignas(16) std::array<double, kMostUnknowns> H_tau;
  alignas(16) std::array<double, kMostUnknowns * kMostUnknowns> H_v;  ///< n x n, column by column.
  double scale = 0.0, energy = 0.0;

  long evaluations = 0, passes = 0;
};

/// An accepted point.
struct Node {
  double tau = 0.0;
  double arclength = 0.0;
  double energy = 0.0;
  Vector v;
};

/// A path from tau = 0 to 1.
struct Steps {
  std::vector<Node> nodes;
  double last_newton_step = 0.0;
};

/// Steps along a natural path as a function of tau; nothing when a condition fails, or where there are
/// more than kMostUnknowns unknowns. The equations are left at the end of the path.
[[nodiscard]] std::optional<Steps> track(Equations& equations, const TrackOptions& options);

}  // namespace tautrack::monotone
