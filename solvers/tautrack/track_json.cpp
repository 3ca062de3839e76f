#include "tautrack/version.hpp"

#include "json_parts.hpp"
#include "track_report.hpp"

namespace tautrack::program {
namespace {

Json options_report(const TrackRequest& request) {
  const TrackOptions& track = request.track;
  return {{"level", request.network.level},
          {"predictor", to_string(track.predictor.kind)},
          {"tolerance", track.corrector.tolerance},
          {"max_steps", track.max_steps},
          {"taus", track.landings}};
}

Json certificate_report(const PathUniqueness& uniqueness) {
  return {{"kind", "unique"},
          {"until", uniqueness.until},
          {"whole", uniqueness.whole},
          {"distance", uniqueness.distance},
          {"curvature_bound", uniqueness.curvature_bound},
          {"message", uniqueness.message}};
}

}  // namespace

std::string json_report(const TrackRequest& request, const Data& data,
                        const std::vector<TrackedProblem>& tracked) {
  Json problems = Json::array();
  for (std::size_t i = 0; i < tracked.size(); ++i) {
    const NaturalPath& path = tracked[i].path;
    problems.push_back({{"name", data.problem(i).name()},
                        {"data", data_report(request.network, data.problem(i), tracked[i].facts)},
                        {"path", path_report(path)},
                        {"end", end_report(path)},
                        {"infinity", infinity_report(path)}});
    if (tracked[i].uniqueness)
      problems.back()["certificate"] = certificate_report(*tracked[i].uniqueness);
  }
  const Json report{{"tautrack", version},
                    {"command", "track"},
                    {"source", data.source()},
                    {"options", options_report(request)},
                    {"problems", problems}};
  return json_text(report);
}

}  // namespace tautrack::program
