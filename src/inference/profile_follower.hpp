#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tautrack/core/stop_condition.hpp"
#include "tautrack/inference/profile.hpp"

#include "inference/profile_homotopy.hpp"

namespace tautrack::inference {

/// Where a way along a curve of constrained minima came to, in t.
struct WayEnd {
  ProfileEnd end = ProfileEnd::lost;
  double t = 0.0;
  std::string remark;
};

/// The curves of constrained minima of one parameter that ways have gone along: another way that comes to one of them goes
/// where that one went.
struct FollowedCurves {
  struct Place {
    double value = 0.0;  ///< Of the parameter.
    Vector x, by_value;  ///< n, the point of the network there, and its derivative along the curve.
  };
  /// A piece without folds.
  struct Curve {
    std::vector<Place> places;  ///< In the order in which they were passed.
    double side = 1.0;
    std::size_t way = 0;
  };
  std::vector<Curve> curves;
  /// Where each way came to, t a value of the parameter; nothing while it goes on.
  std::vector<std::optional<WayEnd>> ends;
};

/// Follows constrained minima on the slices of one parameter to where the energy is at a threshold.
class ProfileFollower {
 public:
  /// Keep references to all but the numbers.
  /// @param zero Null, or what doses of zero add.
  /// @param value The parameter at t = 0.
  /// @param curves Null, or the curves of this parameter so far, to which others are added. @pre Slices are neither turned nor
  /// products then.
  /// @param threshold, excess In the network's energies: where to end, and how far above the best that is.
  ProfileFollower(const AnyNetwork& network, const Slice& slice, const ZeroDoseTerm* zero,
                  double value, FollowedCurves* curves, double threshold, double excess,
                  const ProfileOptions& options, const StopCondition& stop);
  ~ProfileFollower();
  ProfileFollower(ProfileFollower&&) noexcept;
  ProfileFollower& operator=(ProfileFollower&&) noexcept;

  /// From the constrained minimum (y, t) with energy below the threshold, towards larger t (side 1) or smaller (-1).
  [[nodiscard]] WayEnd follow(const Vector& y, double t, double side);

  /// Where a descent on the slice of t comes to from y: a constrained minimum, and its energy; nothing when it comes to none.
  [[nodiscard]] std::optional<std::pair<Vector, double>> settle(const Vector& y, double t);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tautrack::inference
