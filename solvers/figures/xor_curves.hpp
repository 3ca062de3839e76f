#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tautrack/network/hidden_layer.hpp"

namespace tautrack::program {

/// A place on a curve of stationary points of a hidden layer.
struct CurvePlace {
  double at = 0.0;  ///< tau, or the ridge.
  double energy = 0.0;
  double norm = 0.0;  ///< |w| of all weights.
};

/// A piece of curve along which the Morse index is the same.
struct CurveStretch {
  int index = -1;
  std::vector<CurvePlace> places;
};

enum class CurveEventKind {
  fold,
  pitchfork,  ///< Another curve with less symmetry begins here.
  meeting  ///< The curve meets one with more symmetry, at a pitchfork of that, and ends; beyond is its mirror image.
};

struct CurveEvent {
  CurveEventKind kind = CurveEventKind::fold;
  CurvePlace place;
  Vector x;       ///< Coordinates of the network (n).
  Vector across;  ///< n, the direction of the other curve; of pitchforks alone.
};

/// A curve, as far as it was followed.
struct FollowedCurve {
  std::vector<CurveStretch> stretches;
  std::vector<CurveEvent> events;  ///< In the order met.
  std::optional<Vector> end;       ///< Coordinates where it arrives.
  std::string message;             ///< Why it ends.
};

/// The curve of the natural homotopy from a stationary point at tau = 1 towards smaller tau, through folds, until it is
/// back at tau = 1, at tau = 0, or meets another curve.
/// @param x Coordinates of the point (n).
[[nodiscard]] FollowedCurve follow_in_tau(const HiddenLayer& network, const Vector& x);

/// The curve that begins at a pitchfork of another one.
[[nodiscard]] FollowedCurve follow_in_tau(const HiddenLayer& network, const CurveEvent& pitchfork);

/// Curves of stationary points at tau = 1 as the ridge changes, which is the same on all weights.
class RidgeCurves {
 public:
  /// @param low, high Where curves end, 0 < low < high.
  RidgeCurves(const Problem& problem, HiddenLayerOptions options, double low, double high);

  /// From a stationary point at this ridge to the end `towards` or the first fold.
  [[nodiscard]] FollowedCurve follow(const Vector& x, double ridge, double towards) const;

  /// The curve that begins at a pitchfork of another one, to the first fold.
  [[nodiscard]] FollowedCurve follow(const CurveEvent& pitchfork) const;

  [[nodiscard]] double low() const { return low_; }
  [[nodiscard]] double high() const { return high_; }

 private:
  HiddenLayer bare_;  ///< Without a ridge.
  Matrix penalty_;    ///< n x n: |w|^2 = x' penalty x.
  double low_, high_;
};

}  // namespace tautrack::program
