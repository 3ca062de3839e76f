#include <algorithm>

#include <doctest/doctest.h>

#include "figures/drivers.hpp"
#include "figures/figure_checks.hpp"

namespace {

using namespace tautrack::program;

TEST_CASE("bifurcations of two units have their checks, and lines from pitchfork to pitchfork") {
  const Figure figure = make_bifurcation({});
  check_figure(figure);
  // A curve that leaves a pitchfork begins there, and each is drawn once.
  const auto table = [&](const std::string& name) {
    return *std::find_if(figure.tables.begin(), figure.tables.end(),
                         [&](const FigureTable& one) { return one.name == name; });
  };
  for (const std::string number : {"1", "2"}) {
    const FigureTable branches = table("branches" + number);
    for (const std::string kind : {"waking", "parting"})
      for (const std::vector<double>& fork : table(kind + number).rows) {
        int ends = 0;
        for (std::size_t i = 0; i < branches.rows.size(); ++i) {
          const std::vector<double>& row = branches.rows[i];
          if (row.empty() || row[0] != fork[0]) continue;
          const bool is_end = i == 0 || i + 1 == branches.rows.size() ||
                              branches.rows[i - 1].empty() || branches.rows[i + 1].empty();
          ends += is_end ? 1 : 0;
        }
        // Both sides of the branch that it lies on, and the other branch.
        CHECK(ends == 3);
      }
  }
}

}  // namespace
