#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#if defined(TAUTRACK_PROGRAM) && defined(TAUTRACK_MPIRUN)

#include "support/program.hpp"
#include "support/slow_build.hpp"

namespace {

using namespace tautrack::support;

/// mpirun in front of the program. MPI itself never gives back all of its memory, which a sanitizer
/// would complain about.
std::string on_ranks(int ranks) {
  return "ASAN_OPTIONS=detect_leaks=0 " TAUTRACK_MPIRUN + std::to_string(ranks);
}

/// Whether two reports say the same: numbers to 1e-10, all but the time taken.
bool agree(const Json& a, const Json& b) {
  if (a.is_number_float() && b.is_number()) {
    const double x = a.get<double>(), y = b.get<double>();
    return std::abs(x - y) <= 1e-10 * (1.0 + std::abs(y));
  }
  if (a.type() != b.type() || a.size() != b.size()) return false;
  if (a.is_object()) {
    for (const auto& [key, value] : a.items()) {
      // Rounding that is left over.
      if (key == "seconds" || key == "gradient_norm" || key == "last_newton_step" ||
          key == "tau_error" || key == "bracket")
        continue;
      if (!b.contains(key) || !agree(value, b[key])) {
        MESSAGE("differs: " << key << ": " << value.dump() << " and "
                            << (b.contains(key) ? b[key].dump() : "nothing"));
        return false;
      }
    }
    return true;
  }
  if (a.is_array()) {
    for (std::size_t i = 0; i < a.size(); ++i)
      if (!agree(a[i], b[i])) return false;
    return true;
  }
  return a == b;
}

/// What is left of standard error without the notices of mpirun.
int sentences_of_program(const std::string& errors) {
  int count = 0;
  for (const std::string& line : lines(errors))
    if (line.starts_with("tautrack: ")) ++count;
  return count;
}

}  // namespace

TEST_CASE("the program finds the same with 1, 2 and 4 processes, and as without them" *
          not_in_slow_builds()) {
  const Scratch scratch;
  scratch.write("folds.csv", two_folds_csv);
  for (const char* arguments : {"track folds.csv --no-bias", "track"}) {
    CAPTURE(arguments);
    const Json alone =
        // All rows of the iris data, two of which are equal: ranks do not compare theirs.
        Json::parse(
            scratch.run(std::string(arguments) + " --keep-replicates --json - --quiet").output);
    for (const int ranks : {1, 2, 4}) {
      CAPTURE(ranks);
      const Run run = scratch.run(std::string(arguments) + " --split-rows --json - --quiet", "",
                                  on_ranks(ranks));
      CAPTURE(run.errors);
      CHECK(run.status == 0);
      CHECK(agree(Json::parse(run.output), alone));
    }
  }
}

TEST_CASE("the first process writes the summary and the files, no other does") {
  const Scratch scratch;
  scratch.write("folds.csv", two_folds_csv);
  const std::string alone = scratch.run("track folds.csv").output;
  const Run run = scratch.run("track folds.csv --split-rows --csv path.csv", "", on_ranks(2));
  CHECK(run.status == 0);
  CHECK(scratch.files() == "folds.csv path.csv ");
  REQUIRE(lines(run.output).size() >= 3);
  for (std::size_t i = 0; i < 4; ++i) CHECK(lines(run.output)[i] == lines(alone)[i]);
  CHECK(run.output.find("7 x 2 (patterns x weights)") != std::string::npos);
}

TEST_CASE("an error ends all processes with status 2 and one sentence") {
  const Scratch scratch;
  scratch.write("bad.csv", "x,y\n1,0.5\n2,oops\n3,0.1\n4,0.2\n");
  scratch.write("zero.csv", "x,y\n0,0.5\n0,0.25\n0,0.1\n");
  scratch.write("good.csv", two_folds_csv);
  for (const auto& pair :
       {std::pair{"track bad.csv", "bad.csv:3"}, std::pair{"track none.csv", "none.csv"},
        std::pair{"track zero.csv --no-bias", "zero.csv: problem 'y': every column"},
        std::pair{"track good.csv --json none/x.json", "none/x.json"},
        std::pair{"track good.csv --plot path.svg", "--plot"},
        std::pair{"track good.csv --certify unique", "--certify"},
        std::pair{"track good.csv --matrix-free", "matrix-free"},
        std::pair{"track good.csv --ridge -1", "--ridge"},
        std::pair{"track good.csv --nonsense", "--nonsense"}}) {
    const std::string arguments = pair.first;
    CAPTURE(arguments);
    const Run run = scratch.run(arguments + " --split-rows", "", on_ranks(2));
    CAPTURE(run.errors);
    CHECK(run.status == 2);
    CHECK(run.output.empty());
    CHECK(sentences_of_program(run.errors) == 1);
    CHECK(run.errors.find(pair.second) != std::string::npos);
  }
  CHECK(scratch.files() == "bad.csv good.csv zero.csv ");
}

TEST_CASE("without mpirun the option means one process, and infinite weights stay unresolved") {
  const Scratch scratch;
  scratch.write("infinite.csv", infinite_csv);
  scratch.write("folds.csv", two_folds_csv);
  CHECK(scratch.run("track folds.csv --split-rows").status == 0);
  const Run run = scratch.run("track infinite.csv --no-bias --split-rows");
  CHECK(run.status == 1);
  CHECK(run.output.find("split among ranks") != std::string::npos);
}

#endif
