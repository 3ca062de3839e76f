#pragma once

#include <iterator>
#include <memory>

#include "tautrack/homotopy/homotopy.hpp"
#include "tautrack/predictor/outlook.hpp"
#include "tautrack/tracker/options.hpp"
#include "tautrack/tracker/result.hpp"

namespace tautrack {

/// Follows the curve H(x, tau) = 0 from a known point at options.tau_start to options.tau_target by
/// pseudo-arclength continuation: predict, correct, decide, point by point. Orientation is kept
/// through folds; folds, landings on requested taus and the target are points of the path; branch
/// points are passed on the straight branch and reported.
///
///     for (const PathPoint& point : Tracker(homotopy, x0, options)) ...
///
/// A step is refused, and tried again shorter, when the corrector does not contract or moves far,
/// the tangent turns much, the chord disagrees with the tangents at its ends, the orientation
/// changes without a branch point on a connected piece of curve, tau may turn twice within the
/// step, or the Morse index changes without an event.
class Tracker {
 public:
  /// @param x0 n, a point of the curve at tau_start; Newton's method must get from there to the curve and may
  /// move it by options.start_reach.
  /// @throws std::invalid_argument when an option breaks its rule or x0 has the wrong size.
  Tracker(HomotopyRef homotopy, const Vector& x0, const TrackOptions& options = {});
  ~Tracker();
  Tracker(Tracker&&) noexcept;
  Tracker& operator=(Tracker&&) noexcept;

  /// Goes on to the next accepted point. @return false when the path has ended; result() says why.
  bool advance();

  /// The current point: the start before the first advance(). @pre the start was valid.
  [[nodiscard]] const PathPoint& point() const;

  /// What the series at the current point tells about the curve ahead. It is the one that the next
  /// advance() takes its step from, so that nothing is computed twice. Kind unknown with predictors
  /// that have no series and when the path has ended.
  [[nodiscard]] Outlook outlook();

  /// Ends the path where it stands, for a caller that knows more than the tracker (an endgame, an
  /// observer).
  void stop(TrackStatus status, std::string message);

  /// What is known so far; status running while the path goes on.
  [[nodiscard]] const PathResult& result() const;

  /// Moves the result out; the tracker is of no further use.
  [[nodiscard]] PathResult take_result();

  /// Input iterator over accepted points, the start included.
  class iterator {
   public:
    using value_type = PathPoint;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    explicit iterator(Tracker& tracker) : tracker_(&tracker) {}
    const PathPoint& operator*() const { return tracker_->point(); }
    const PathPoint* operator->() const { return &tracker_->point(); }
    iterator& operator++() {
      done_ = !tracker_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator& it, std::default_sentinel_t) { return it.done_; }

   private:
    friend class Tracker;
    Tracker* tracker_;
    bool done_ = false;
  };
  [[nodiscard]] iterator begin();
  [[nodiscard]] static std::default_sentinel_t end() { return {}; }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Tracks the whole path at once. The observer, if any, sees each accepted point, the start
/// included, and stops the run by returning false.
/// @throws std::invalid_argument as Tracker does.
[[nodiscard]] PathResult track(HomotopyRef homotopy, const Vector& x0,
                               const TrackOptions& options = {}, const Observer& observer = {});

}  // namespace tautrack
