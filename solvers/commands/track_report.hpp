#pragma once

#include <string>
#include <vector>

#include "commands/json_parts.hpp"
#include "commands/track.hpp"

/// Results of `tautrack track` as text. `tracked` has one entry for each problem of the data set.
namespace tautrack::program {

/// Summary for a person.
[[nodiscard]] std::string text_report(const TrackRequest& request, const Data& data,
                                      const std::vector<TrackedProblem>& tracked);

/// The whole report for programs from the parts that the problems are.
[[nodiscard]] std::string json_report(const TrackRequest& request, const std::string& source,
                                      const Json& problems);

/// One such part.
[[nodiscard]] Json problem_report(const TrackRequest& request, const ProblemView& problem,
                                  const TrackedProblem& tracked);

/// What a record has of it, without the points on the way.
/// @param data record_data()
[[nodiscard]] Json problem_record(const Json& data, const std::string& name,
                                  const TrackedProblem& tracked, std::size_t points_left_out);

/// The paths, one row a point. Numbers read back as the same doubles; undefined ones are empty.
[[nodiscard]] std::string csv_report(const Data& data, const std::vector<TrackedProblem>& tracked);

/// What kind of stationary point the end of a path is, in a word or three.
[[nodiscard]] std::string_view kind_of_point(const PathEnd& end);

}  // namespace tautrack::program
