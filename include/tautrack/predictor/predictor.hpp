#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/core/path_point.hpp"
#include "tautrack/core/types.hpp"
#include "tautrack/corrector/newton.hpp"

namespace tautrack {

enum class PredictorKind {
  taylor,    ///< Taylor series of high order, continued by a Pade approximant; needs a series.
  tangent,   ///< Euler: a straight step along the tangent, order 1.
  davidenko  ///< Dormand-Prince 5(4) on the Davidenko equation in arclength, with error control.
};

[[nodiscard]] std::string_view to_string(PredictorKind kind) noexcept;
[[nodiscard]] std::optional<PredictorKind> predictor_from_name(std::string_view name) noexcept;
/// All names, in the order of the enumeration.
[[nodiscard]] const std::vector<std::string_view>& predictor_names();

struct PredictorOptions {
  /// A homotopy that brings no series is followed with `tangent` where `taylor` is asked for.
  PredictorKind kind = PredictorKind::taylor;
  double series_tolerance = 1e-4;  ///< Error of a Taylor step, in the metric. In (0, 0.01].
  int max_order = 0;               ///< Of the Taylor series: 0 (by cost) or 6 to 24.
  double tolerance = 1e-5;         ///< Error of a Davidenko step, in the metric. In (0, 0.1).
  int max_tries = 12;              ///< Budget of tries of one Davidenko step. > 0.

  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

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

/// What a series says about the curve beyond an accepted point.
struct Outlook {
  enum class Kind {
    unknown,  ///< No series, or none that tells.
    clear,    ///< Nothing within four times the trusted length.
    fold,     ///< tau turns on the real curve.
    pinch,  ///< A complex pair of singularities close to the real axis: two branches come close or
            ///< cross; a branch point or a near miss.
    pole    ///< As a function of tau the unknowns grow without bound at the target.
  };
  Kind kind = Kind::unknown;
  double distance =
      std::numeric_limits<double>::infinity();  ///< To it, in arclength; for a pole in
                                                ///< tau.
  double trusted = 0.0;                         ///< Arclength to which the series is trusted.
};

[[nodiscard]] std::string_view to_string(Outlook::Kind kind) noexcept;

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
