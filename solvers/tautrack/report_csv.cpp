#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "report.hpp"

namespace tautrack::program {
namespace {

/// The text as one CSV field (RFC 4180).
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + '"';
}

/// The shortest decimal number that reads back as the same double; empty if it is not finite.
std::string field(double number) { return std::isfinite(number) ? fmt::format("{}", number) : ""; }

}  // namespace

std::string csv_report(const Data& data, const std::vector<TrackedProblem>& tracked) {
  std::string out = "problem,kind,tau,arclength,energy,morse_index";
  const ProblemView first = data.problem(0);
  for (Index column = 0; column < first.weights(); ++column)
    out += ',' + field(first.column(column));
  out += '\n';
  for (std::size_t i = 0; i < tracked.size(); ++i) {
    const std::string name = field(data.problem(i).name());
    for (const NaturalPoint& point : tracked[i].path.points) {
      fmt::format_to(std::back_inserter(out), "{},{},{},{},{},", name, to_string(point.kind),
                     field(point.tau), field(point.arclength), field(point.energy));
      if (point.morse_index) out += std::to_string(*point.morse_index);
      for (const double weight : point.weights) out += ',' + field(weight);
      out += '\n';
    }
  }
  return out;
}

}  // namespace tautrack::program
