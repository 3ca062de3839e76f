#pragma once

#include <limits>
#include <memory>

#include "tautrack/core/path_point.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/predictor/options.hpp"
#include "tautrack/predictor/outlook.hpp"

#include "corrector/newton.hpp"

namespace tautrack {

/// A proposed next point.
struct Prediction {
  Vector x;  ///< n
  double tau = 0.0;
  Vector direction;  ///< n + 1, tangent there as far as the predictor knows it; the corrector's
                     ///< normal.
  double step =
      0.0;  ///< Length of the proposal, at most what was asked for: along the curve, along
            ///< its tangent, or of x, as the predictor measures it.
  double next_step = 0.0;  ///< Largest step that the predictor advises next; infinity: no opinion.
  bool turns = false;      ///< The tau part of the tangent had both signs on the way.
  /// Largest distance of the curve from the proposal, and largest angle to its direction in radians,
  /// that the predictor's error explains; infinity: no opinion.
  double agreement = std::numeric_limits<double>::infinity();
  double agreement_angle = std::numeric_limits<double>::infinity();
};

/// Proposes the point of a curve at a given arclength from an accepted one. One object per path: it
/// may keep scratch.
class Predictor {
 public:
  virtual ~Predictor() = default;

  /// @param step > 0, arclength asked for. @return false when nothing could be proposed, for
  /// example because the tangent field is singular on the way; `out` is then not to be used.
  [[nodiscard]] virtual bool predict(const PathPoint& from, double step, Prediction& out) = 0;

  /// The tau that the path is about to meet: no more is worth knowing than how to get there.
  virtual void aim(double) {}

  /// From now on proposals need not end where tau turns, nor where it might without being seen.
  virtual void pass_folds() {}

  /// What the series at this point, the last one proposed from, tells about the curve ahead. Costs
  /// no evaluation of H.
  [[nodiscard]] virtual Outlook outlook(const PathPoint&) { return {}; }

  /// After a refusal: whether the predictor can do better from the same point, at some cost.
  [[nodiscard]] virtual bool improve() { return false; }

  /// Within the last proposal from this point: where the proposed curve first has this tau. @return
  /// false: no opinion.
  [[nodiscard]] virtual bool meet(const PathPoint&, double, Prediction&) { return false; }

  /// Within the last proposal from this point: where tau turns. @return false: no opinion.
  [[nodiscard]] virtual bool turning_point(const PathPoint&, Prediction&) { return false; }
};

/// Whether these options make the Taylor predictor for this homotopy.
[[nodiscard]] inline bool follows_series(const PredictorOptions& options, HomotopyRef homotopy) {
  return options.kind == PredictorKind::taylor && homotopy.has_series();
}

/// @param corrector Linearises on behalf of the predictor; must outlive it.
[[nodiscard]] std::unique_ptr<Predictor> make_predictor(const PredictorOptions& options,
                                                        Corrector& corrector);

}  // namespace tautrack
