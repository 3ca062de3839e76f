#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "tautrack/fits/all_fits.hpp"
#include "tautrack/geometry/uniqueness.hpp"
#include "tautrack/path/audit.hpp"
#include "tautrack/path/natural_path.hpp"

#include "io/data.hpp"
#include "io/json.hpp"
#include "io/options.hpp"

/// Parts of the JSON reports that several subcommands have (docs/reference.md, JSON).
namespace tautrack::program {

/// The beginning of the report on a problem: its name, its data and network, and its natural path, if
/// there is one, with the end that it arrived at or its limit at infinite weights.
[[nodiscard]] Json report_start(const NetworkRequest& request, const ProblemView& problem,
                                const DataFacts& facts, const NaturalPath* path);

/// The same for the record of a path whose points are left out, and without its work.
/// @param data record_data()
[[nodiscard]] Json record_start(const Json& data, const std::string& name, const NaturalPath& path,
                                std::size_t points_left_out);

/// Of the data what a path can be taken up with: columns, range and held weights.
[[nodiscard]] Json record_data(const NetworkRequest& request, const ProblemView& problem);

/// The weights that are held, an object of columns and values.
[[nodiscard]] Json held_report(const NetworkRequest& request);

/// The ends of a range; null: one that is fitted.
[[nodiscard]] Json range_report(const OutputRange& range);

/// The kind of a limit, and its plateaus (null: infinite) and exponential where an end of the range is fitted.
[[nodiscard]] Json limit_kind_report(const InfinitePoint& limit);

/// What is known of a list of fits as a whole, and the limits that go with it: fields of a problem.
[[nodiscard]] Json verdict_report(const AllFits& fits);

/// What geometry proves of a stationary point, or null.
[[nodiscard]] Json certificate_report(const std::optional<UniquenessCertificate>& certificate);

/// What an audit came to.
[[nodiscard]] Json audit_report(const PathAudit& audit);

/// Everything, for programs (docs/reference.md, JSON). Infinite and undefined numbers are null.
template <class Request, class Result>
[[nodiscard]] std::string json_report(const Request& request, const Data& data,
                                      const std::vector<Result>& results) {
  Json problems = Json::array();
  for (std::size_t i = 0; i < results.size(); ++i)
    problems.push_back(problem_report(request, data.problem(i), results[i]));
  return json_report(request, data.source(), problems);
}

}  // namespace tautrack::program
