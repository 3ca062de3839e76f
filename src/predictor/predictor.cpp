#include "predictor/predictor.hpp"

#include <limits>

#include "core/names.hpp"
#include "core/text.hpp"
#include "predictor/approximant.hpp"
#include "predictor/davidenko.hpp"
#include "predictor/taylor.hpp"

namespace tautrack {

namespace {

constexpr NameTable<PredictorKind, 3> kNames{{
    {PredictorKind::taylor, "taylor"},
    {PredictorKind::tangent, "tangent"},
    {PredictorKind::davidenko, "davidenko"},
}};

constexpr NameTable<Outlook::Kind, 5> kOutlookNames{{
    {Outlook::Kind::unknown, "unknown"},
    {Outlook::Kind::clear, "clear"},
    {Outlook::Kind::fold, "fold"},
    {Outlook::Kind::pinch, "pinch"},
    {Outlook::Kind::pole, "pole"},
}};

class TangentPredictor final : public Predictor {
 public:
  [[nodiscard]] bool predict(const PathPoint& from, double step, Prediction& out) override {
    const Index n = from.x.size();
    out.x = from.x + step * from.tangent.head(n);
    out.tau = from.tau + step * from.tangent(n);
    out.direction = from.tangent;
    out.step = step;
    out.next_step = std::numeric_limits<double>::infinity();
    out.turns = false;
    out.agreement = out.agreement_angle = std::numeric_limits<double>::infinity();
    return true;
  }
};

}  // namespace

std::string_view to_string(PredictorKind kind) noexcept { return name_of(kNames, kind); }

std::string_view to_string(Outlook::Kind kind) noexcept { return name_of(kOutlookNames, kind); }

std::optional<PredictorKind> predictor_from_name(std::string_view name) noexcept {
  return key_of(kNames, name);
}

const std::vector<std::string_view>& predictor_names() {
  static const std::vector<std::string_view> names = names_of(kNames);
  return names;
}

std::optional<std::string> PredictorOptions::invalid_reason() const {
  if (!(tolerance > 0.0 && tolerance < 0.1))
    return "predictor tolerance must lie in (0, 0.1), got " + number(tolerance);
  if (!(series_tolerance > 0.0 && series_tolerance <= 0.01))
    return "predictor series_tolerance must lie in (0, 0.01], got " + number(series_tolerance);
  if (max_tries <= 0) return "predictor max_tries must be > 0, got " + std::to_string(max_tries);
  if (max_order != 0 && !(max_order >= kMinSeriesOrder && max_order <= max_series_order))
    return "predictor max_order must be 0 or lie in [" + std::to_string(kMinSeriesOrder) + ", " +
           std::to_string(max_series_order) + "], got " + std::to_string(max_order);
  return std::nullopt;
}

std::unique_ptr<Predictor> make_predictor(const PredictorOptions& options, Corrector& corrector) {
  if (options.kind == PredictorKind::davidenko) return make_davidenko_predictor(options, corrector);
  if (follows_series(options, corrector.homotopy()))
    return make_taylor_predictor(options, corrector);
  return std::make_unique<TangentPredictor>();
}

}  // namespace tautrack
