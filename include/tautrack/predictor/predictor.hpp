#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/corrector/newton.hpp"
#include "tautrack/tracker/result.hpp"

namespace tautrack {

enum class PredictorKind {
  tangent,   ///< Euler: a straight step along the tangent, order 1.
  davidenko  ///< Dormand-Prince 5(4) on the Davidenko equation in arclength, with error control.
};

[[nodiscard]] std::string_view to_string(PredictorKind kind) noexcept;
[[nodiscard]] std::optional<PredictorKind> predictor_from_name(std::string_view name) noexcept;
/// All names, in the order of the enumeration.
[[nodiscard]] const std::vector<std::string_view>& predictor_names();

struct PredictorOptions {
  PredictorKind kind = PredictorKind::tangent;
  double tolerance =
      1e-5;            ///< Local error of a Davidenko step, in the metric of the step. In (0, 0.1).
  int max_tries = 12;  ///< Budget of tries of one Davidenko step. > 0.

  [[nodiscard]] std::optional<std::string> invalid_reason() const;
};

/// A proposed next point.
struct Prediction {
  Vector x;  ///< n
  double tau = 0.0;
  Vector direction;   ///< n + 1, tangent there as far as the predictor knows it; the corrector's
                      ///< normal.
  double step = 0.0;  ///< Arclength of the proposal, at most what was asked for.
  double next_step = 0.0;  ///< Largest step that the predictor advises next; infinity: no opinion.
  bool turns = false;      ///< The tau part of the tangent had both signs on the way.
};

/// Proposes the point of a curve at a given arclength from an accepted one. One object per path: it
/// may keep scratch.
class Predictor {
 public:
  virtual ~Predictor() = default;

  /// @param step > 0, arclength asked for. @return false when nothing could be proposed, for
  /// example because the tangent field is singular on the way; `out` is then not to be used.
  [[nodiscard]] virtual bool predict(const PathPoint& from, double step, Prediction& out) = 0;
};

/// @param corrector Linearises on behalf of the predictor; must outlive it.
[[nodiscard]] std::unique_ptr<Predictor> make_predictor(const PredictorOptions& options,
                                                        Corrector& corrector);

}  // namespace tautrack
