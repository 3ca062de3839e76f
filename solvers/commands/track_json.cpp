#include "commands/track_report.hpp"

namespace tautrack::program {
namespace {

Json options_report(const TrackRequest& request) {
  const TrackOptions& track = request.track;
  return {{"range", request.network.range ? range_report(*request.network.range) : Json()},
          {"level", request.network.level},
          {"fix", held_report(request.network)},
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

Json certificate_report(const PathCertificate& certificate) {
  Json pieces = Json::array();
  for (const ProvenPiece& piece : certificate.pieces)
    pieces.push_back(
        {{"from", piece.tau_from}, {"to", piece.tau_to}, {"direction", piece.direction}});
  return {{"certified", certificate.certified},
          {"reason", certificate.reason},
          {"proven_until", certificate.proven_until},
          {"largest_tau", certificate.largest_tau},
          {"pieces", pieces},
          {"folds", value_or_null(certificate.folds)},
          {"folds_reason", certificate.folds_reason},
          {"end_radius", certificate.certified ? Json(certificate.end_radius) : Json()},
          {"stopped_between",
           {value_or_null(certificate.stopped_from), value_or_null(certificate.stopped_to)}},
          {"points_passed", certificate.points_passed},
          {"tubes", certificate.tubes},
          {"trials", certificate.trials},
          {"evaluations", certificate.evaluations},
          {"narrowest_tube", certificate.narrowest_tube},
          {"precision", certificate.precision}};
}

void add_proofs(const TrackedProblem& tracked, Json& report) {
  if (tracked.uniqueness) report["certificate"] = certificate_report(*tracked.uniqueness);
  if (tracked.certificate) report["path_certificate"] = certificate_report(*tracked.certificate);
  if (tracked.audit) report["audit"] = audit_report(*tracked.audit);
}

}  // namespace

Json problem_report(const TrackRequest& request, const ProblemView& problem,
                    const TrackedProblem& tracked) {
  Json report = report_start(request.network, problem, tracked.facts, &tracked.path);
  add_proofs(tracked, report);
  return report;
}

Json problem_record(const Json& data, const std::string& name, const TrackedProblem& tracked,
                    std::size_t points_left_out) {
  Json report = record_start(data, name, tracked.path, points_left_out);
  add_proofs(tracked, report);
  return report;
}

std::string json_report(const TrackRequest& request, const std::string& source,
                        const Json& problems) {
  return report_text("track", source, options_report(request), problems);
}

}  // namespace tautrack::program
