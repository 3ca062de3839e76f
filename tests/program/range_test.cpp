#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/slow_build.hpp"

namespace {

using namespace tautrack::support;

/// Weights 1, 3 and 2, 2 at doses that occur twice: means and sums are exact.
constexpr const char* twice_csv =
    "weight,dose,y\n1,-3,-0.875\n3,-3,-0.625\n2,-1,-0.5\n2,0,0.125\n2,0,0.375\n2,1,0.5\n4,2,0.75\n";

/// From the two-pattern wedge that has three stationary points.
constexpr const char* narrow_wedge_csv = "x,y\n3,0.3125\n1,0.8125\n";

/// The same data with y -> shift + factor y.
std::string with_targets(const std::string& csv, double factor, double shift) {
  std::string out;
  for (const std::string& row : lines(csv)) {
    const std::size_t comma = row.rfind(',') + 1;
    std::ostringstream target;
    target.precision(17);
    if (out.empty())
      target << row.substr(comma);
    else
      target << shift + factor * std::stod(row.substr(comma));
    out += row.substr(0, comma) + target.str() + '\n';
  }
  return out;
}

/// By which power of the unit a number of the JSON report scales.
int power_of(const std::string& key, const std::string& parent) {
  static const std::map<std::string, int> powers{{"energy", 2},
                                                 {"best_energy", 2},
                                                 {"global_bound", 2},
                                                 {"energy_of_replicates", 2},
                                                 {"path_energy", 2},
                                                 {"gradient_norm", 2},
                                                 {"gradient_scale", 2},
                                                 {"eigenvalues", 2},
                                                 {"nearest_eigenvalue", 2},
                                                 {"lowest_eigenvalue", 2},
                                                 {"distance", 1},
                                                 {"normal_distance", 1},
                                                 {"focal_distances", 1},
                                                 {"at_least", 1},
                                                 {"at_most", 1},
                                                 {"rho", 1},
                                                 {"curvatures", -1},
                                                 {"curvature_bound", -1},
                                                 {"directions", -1},
                                                 {"value", -1},
                                                 {"upper", -1},
                                                 {"best", -1},
                                                 {"intrinsic", -1},
                                                 {"parameter_effects", -1}};
  if (key == "direction") return parent == "largest_curvature" ? -1 : 0;
  const auto found = powers.find(key);
  return found == powers.end() ? 0 : found->second;
}

/// Checks that every number of a report is that of another one in units so many times as large.
class Comparison {
 public:
  Comparison(double unit, double tolerance) : unit_(unit), tolerance_(tolerance) {}

  void operator()(const Json& own, const Json& users, const std::string& key = "",
                  const std::string& parent = "") {
    CAPTURE(key);
    CAPTURE(parent);
    REQUIRE(own.type_name() == std::string(users.type_name()));
    if (own.is_object()) {
      REQUIRE(own.size() == users.size());
      for (const auto& [name, member] : own.items())
        if (!is_left_out(name)) (*this)(member, users.at(name), name, key);
    } else if (own.is_array()) {
      REQUIRE(own.size() == users.size());
      for (std::size_t i = 0; i < own.size(); ++i) (*this)(own[i], users[i], key, parent);
    } else if (own.is_number()) {
      ++numbers;
      const double expected = own.get<double>() * std::pow(unit_, power_of(key, parent));
      // Rounding of a gradient is rounding, whatever the units.
      if (tolerance_ > 0.0 && (key == "gradient_norm" || key == "last_newton_step")) return;
      CHECK(std::abs(users.get<double>() - expected) <= tolerance_ * std::abs(expected));
    } else if (own.is_string() && own.get<std::string>().find("E = ") == std::string::npos) {
      CHECK(own == users);
    }
  }

  long numbers = 0;

 private:
  static bool is_left_out(const std::string& name) {
    // What a fit says of its numbers is computed in the user's units.
    return name == "seconds" || name == "range" || name == "ridge" || name == "fit";
  }

  double unit_, tolerance_;
};

struct RangeCase {
  std::string csv;
  std::string options;
};

const std::vector<RangeCase>& range_cases() {
  static const std::vector<RangeCase> cases{{two_folds_csv, "--no-bias"},
                                            {infinite_csv, "--no-bias"},
                                            {narrow_wedge_csv, "--no-bias"},
                                            {twice_csv, "--pattern-weights weight"}};
  return cases;
}

/// Runs a command on data in the units of the activation and on the same in those of a user, of whose range the
/// arithmetic is exact, and compares all numbers.
void check_range(const std::string& command, const std::string& more) {
  const Scratch scratch;
  for (const RangeCase& one : sampled(range_cases()))
    for (const std::string activation : {"tanh", "logistic"})
      for (const double ridge : {0.0, 0.25}) {
        if (ridge > 0.0 && more.find("--certify") != std::string::npos) continue;
        const bool is_odd = activation == "tanh";
        const std::string own = is_odd ? one.csv : with_targets(one.csv, 0.5, 0.5);
        // -4 ... 12 is 16 wide: all factors are powers of 2.
        const double unit = is_odd ? 8.0 : 16.0;
        scratch.write("own.csv", own);
        scratch.write("users.csv", with_targets(own, unit, is_odd ? 4.0 : -4.0));
        const auto report = [&](const std::string& file, double factor, const std::string& range) {
          std::ostringstream arguments;
          arguments << command << ' ' << file << ".csv " << one.options << " --activation "
                    << activation << " --ridge " << ridge * factor << ' ' << range << ' ' << more
                    << " --json - --quiet";
          const Run run = scratch.run(arguments.str());
          CAPTURE(arguments.str());
          CAPTURE(run.errors);
          REQUIRE(run.status <= 1);
          CHECK(run.errors.empty());
          return std::pair(run.status, problem_of(run));
        };
        const auto [status, expected] = report("own", 1.0, "");
        const auto [users_status, found] = report("users", unit * unit, "--range -4,12");
        CAPTURE(one.csv);
        CAPTURE(activation);
        CAPTURE(ridge);
        CHECK(status == users_status);
        CHECK(found.at("data").at("range") == Json{-4.0, 12.0});
        CHECK(found.at("data").at("ridge") == ridge * unit * unit);
        Comparison compare(unit, 0.0);
        compare(expected, found);
        CHECK(compare.numbers > 30);
      }
}

}  // namespace

TEST_CASE("track: data in a range of the user come to the same as those of the activation") {
  check_range("track", "");
  check_range("track", "--certify unique,path");
}

TEST_CASE("solve: data in a range of the user come to the same as those of the activation") {
  check_range("solve", "--graph");
}

TEST_CASE("geometry: data in a range of the user come to the same as those of the activation") {
  check_range("geometry", "");
  check_range("geometry", "--tau 0.75");
}

TEST_CASE("a matrix-free path in a range of the user comes to the same") {
  const Scratch scratch;
  scratch.write("own.csv", two_folds_csv);
  scratch.write("users.csv", with_targets(two_folds_csv, 8.0, 4.0));
  const Run own = scratch.run("track own.csv --matrix-free --no-bias --json -");
  const Run users = scratch.run("track users.csv --matrix-free --no-bias --range -4,12 --json -");
  Comparison(8.0, 0.0)(problem_of(own), problem_of(users));
}

TEST_CASE("percentages have the fit of the fractions, with energies times 10000") {
  // stackoverflow.com, answer 60800647; energy and weights by Newton's method in 40 digits.
  const Scratch scratch;
  scratch.write("percent.csv",
                "x,y\n30,0.3\n35,1.5\n40,4.1\n45,10.1\n50,21.9\n55,39\n60,4\n65,58.2\n70,77\n"
                "75,89.6\n80,95\n85,98.3\n90,100\n");
  const Run run = scratch.run("solve percent.csv --activation logistic --range 0,100 --json -");
  CHECK(run.status == 0);
  CHECK(run.errors.empty());
  const Json problem = problem_of(run);
  CHECK(problem.at("data").at("range") == Json{0.0, 100.0});
  CHECK(problem.at("data").at("unreachable_targets") == 0);
  const Json best = problem.at("stationary_points").at(0);
  CHECK(best.at("energy").get<double>() == doctest::Approx(788.0665459218425).epsilon(1e-13));
  CHECK(best.at("range") == Json{0.0, 100.0});
  CHECK(best.at("weights").at(0).get<double>() ==
        doctest::Approx(0.15434584649023142).epsilon(1e-11));
  CHECK(best.at("weights").at(1).get<double>() ==
        doctest::Approx(-9.856427472618744).epsilon(1e-11));
  const Run text = scratch.run("track percent.csv --activation logistic --range 0,100");
  CHECK(text.status == 0);
  CHECK(text.output.find("13 x 2 (patterns x weights), logistic, outputs from 0 to 100") !=
        std::string::npos);
  CHECK(text.output.find("E = 788.066545921") != std::string::npos);
  check_page(text.output);
}

TEST_CASE("sentences have the energies of all rows in the user's units") {
  const Scratch scratch;
  // Rows that are the same, and a target beyond the end: the infimum is at infinity.
  scratch.write("step.csv", "x,y\n1,12\n1,16\n2,14\n2,14\n");
  const Run run =
      scratch.run("solve step.csv --no-bias --range 0,10 --activation logistic --quiet --json -");
  const Json problem = problem_of(run);
  const double energy = problem.at("at_infinity").at(0).at("energy");
  // All outputs at 10: (2^2 + 6^2 + 4^2 + 4^2) / 2.
  CHECK(energy == doctest::Approx(36.0).epsilon(1e-13));
  CHECK(problem.at("global").at("message") == "at infinity: infimum E = 36 not attained");
}

TEST_CASE("targets that the range cannot reach are named before anything runs") {
  const Scratch scratch;
  const auto said = [&](const std::string& targets, const std::string& options) {
    std::string csv = "x,y\n";
    int row = 0;
    for (const std::string& target : fields(targets))
      csv += std::to_string(++row) + ".5," + target + '\n';
    scratch.write("data.csv", csv);
    std::string sentence;
    const bool is_first = row == 4 && options == "--activation logistic";
    for (const char* command : {"track", "solve --max-curves 1", "geometry --seconds 0.1"}) {
      if (!is_first && std::string(command) != "track") continue;  // They say the same.
      const Run run = scratch.run(std::string(command) + " data.csv " + options);
      CAPTURE(run.errors);
      const std::vector<std::string> sentences_said = sentences(run.errors);
      REQUIRE(sentences_said.size() <= 1);
      const std::string now = sentences_said.empty() ? "" : sentences_said.front();
      CHECK((sentence.empty() || now == sentence));
      sentence = now;
      // The text has it, too.
      if (!now.empty())
        CHECK(on_one_line(run.output).find(now.substr(std::string("tautrack: y: ").size())) !=
              std::string::npos);
      check_page(run.output);
      CHECK(scratch.run(std::string(command) + " data.csv --quiet " + options).errors.empty());
    }
    return sentence;
  };
  CHECK(said("0.3,20,60,101", "--activation logistic") ==
        "tautrack: y: 3 of 4 targets are outside 0 ... 1 (rows 2, 3, 4): they run from 0.3 to 101; "
        "--range 0,101 or --range 0,free?");
  CHECK(said("0.3,20,60,99.5", "")
            .find("outside -1 ... 1 (rows 2, 3, 4): they run from 0.3 to "
                  "99.5; --range 0,100 or --range 0,free?") != std::string::npos);
  CHECK(
      said("0.3,20,60,101", "--range 0,100").find("1 of 4 targets is outside 0 ... 100 (row 4)") !=
      std::string::npos);
  // Ends that were given are kept where the data respect them.
  CHECK(said("0.3,20,60,101", "--range -5,100").ends_with("--range -5,101 or --range -5,free?"));
  CHECK(said("0.3,20,60,70", "--range 10,80").ends_with("--range 0,80 or --range free,80?"));
  CHECK(said("-2,20,60,70", "--range 0,50").ends_with("--range -2,70 or --range free,free?"));
  // No model with a free end has a ridge.
  CHECK(said("-2,20,60,70", "--range 0,50 --ridge 1").ends_with("; --range -2,70?"));
  CHECK(said("-1.25,1.25,1.25,-1.25", "--activation erf")
            .ends_with("--range -1.25,1.25 or --range free,free?"));
  CHECK(said("1000,1001,1005,1004", "").ends_with("--range 1000,1005 or --range free,free?"));
  // Targets at the ends are approached.
  CHECK(said("0,0.5,1,1", "--activation logistic").empty());
}

TEST_CASE("what is no range is refused in a sentence") {
  const Scratch scratch;
  const auto refused = [&](const std::string& options, const std::string& part) {
    for (const char* command : {"track", "solve", "geometry"})
      check_refused(scratch.run(std::string(command) + " " + options), part);
  };
  refused("--range 1,0", "--range: the low end of the range, 1, is not below the high one, 0");
  refused("--range 1,1", "is not below the high one");
  refused("--range 5", "'5': two ends LOW,HIGH are needed, each a number or the word free");
  refused("--range 0,1,2", "'0,1,2': two ends LOW,HIGH are needed");
  refused("--range 0,fre", "'fre' is no end of a range; did you mean 'free'?");
  refused("--range x,1", "'x' is no end of a range: two ends LOW,HIGH are needed");
  refused("--range nan,1", "'nan' is no end of a range");
  refused("--range 0,1e200", "--range: the range is 1e+200 wide");
  refused("--rang 0,1", "did you mean --range?");
  // A free end is fitted (fitted_range_test.cpp).
  refused("--ridge 1 --range 0,free", "--ridge: a ridge would pull on the weights");
}

TEST_CASE("class targets lie in the range of the user") {
  const Scratch scratch;
  scratch.write("classes.csv", "x,class\n1,no\n2,yes\n3,no\n4,yes\n5,yes\n");
  scratch.write("numbers.csv", "x,class\n1,0.3\n2,0.7\n3,0.3\n4,0.7\n5,0.7\n");
  const std::string options = " --range 0.1,0.9 --quiet --json -";
  const Json classes =
      problem_of(scratch.run("track classes.csv --level 0.5 --activation erf" + options));
  const Json targets = problem_of(scratch.run("track numbers.csv --activation erf" + options));
  CHECK(classes.at("end").at("energy").get<double>() ==
        doctest::Approx(targets.at("end").at("energy").get<double>()).epsilon(1e-13));
}

TEST_CASE("known guess and lapse rates: proportions in 0.1 ... 0.9 are targets of the activation") {
  const Scratch scratch;
  std::string proportions = "x,y\n", scaled = "x,y\n";
  int dose = -4;
  for (const bool is_high : {false, false, true, false, true, false, true, true}) {
    proportions += std::to_string(dose) + (is_high ? ",1\n" : ",0\n");
    scaled += std::to_string(dose++) + (is_high ? ",1.25\n" : ",-1.25\n");
  }
  scratch.write("proportions.csv", proportions);
  scratch.write("scaled.csv", scaled);
  const Json users = problem_of(
      scratch.run("solve proportions.csv --activation erf --range 0.1,0.9 --quiet --json -"));
  const Json own = problem_of(scratch.run("solve scaled.csv --activation erf --quiet --json -"));
  CHECK(users.at("data").at("unreachable_targets") == 8);
  REQUIRE(users.at("stationary_points").size() == own.at("stationary_points").size());
  for (std::size_t k = 0; k < own.at("stationary_points").size(); ++k)
    CHECK(users.at("stationary_points").at(k).at("energy").get<double>() ==
          doctest::Approx(0.16 * own.at("stationary_points").at(k).at("energy").get<double>())
              .epsilon(1e-12));
}

TEST_CASE("manifests have ranges, and records are taken up with the same one only") {
  const Scratch scratch;
  scratch.write("data.csv", with_targets(two_folds_csv, 8.0, 4.0));
  scratch.write("targets.csv", "a,b,c,d,e,f,g\n3.25,-3.125,0.375,5,11.25,1.875,-1.375\n");
  scratch.write("night.json", R"({"points": true, "tasks": [
    {"command": "track", "data": "data.csv", "no-bias": true, "range": ["-4,12", "-5,13"]},
    {"command": "track", "data": "data.csv", "no-bias": true, "range": "-4,12",
     "targets": "targets.csv"},
    {"command": "solve", "data": "data.csv", "no-bias": true, "range": "-4,12"}]})");
  const Run batch = scratch.run("batch night.json --run night --records records.jsonl");
  CAPTURE(batch.errors);
  REQUIRE(batch.status == 0);
  const std::vector<std::string> records = lines(contents(scratch / "records.jsonl"));
  REQUIRE(records.size() == 4);
  const auto energy = [&](std::size_t task) {
    return Json::parse(records[task]).at("end").at(0).get<double>();
  };
  // The file of targets has those of the data.
  CHECK(energy(2) == energy(0));
  CHECK(energy(1) != energy(0));
  const Run once = scratch.run("track data.csv --no-bias --range -4,12 --json -");
  CHECK(energy(0) == problem_of(once).at("end").at("energy").get<double>());

  const std::string label = Json::parse(records[0]).at("label");
  const auto from = [&](const std::string& command, const std::string& range) {
    return scratch.run(command + " data.csv --no-bias --range " + range + " --quiet --json - '" +
                       "--from=night:" + label + "'");
  };
  CHECK(from("track", "-4,12").status == 0);
  CHECK(from("solve", "-4,12").status == 0);
  for (const char* command : {"track", "solve"})
    check_refused(from(command, "-4,13"),
                  "the task has the range -4.0 ... 12.0, the outputs here -4.0 ... 13.0");

  scratch.write("list.json",
                R"({"tasks": [{"command": "track", "data": "data.csv", "range": [0, 100]}]})");
  check_refused(scratch.run("batch list.json --run list"), "'0': two ends LOW,HIGH are needed");
}

TEST_CASE("the report of a record without all points says its range, too") {
  const Scratch scratch;
  scratch.write("data.csv", "x,y\n1,20\n2,40\n3,70\n");
  scratch.write("one.json", R"({"tasks": [{"command": "track", "data": "data.csv",
                                            "range": "0,100"}]})");
  REQUIRE(scratch.run("batch one.json --run one --records records.jsonl --quiet").status == 0);
  const Json record = Json::parse(lines(contents(scratch / "records.jsonl")).front());
  CHECK(record.at("result").at("data").at("range") == Json{0.0, 100.0});
  check_refused(scratch.run("solve data.csv --range 0,101 '--from=one:data.csv/y' --quiet"),
                "the task has the range 0.0 ... 100.0");
}

TEST_CASE("pictures are in the user's units, with the fit over the data where there is one input" *
          doctest::skip(!has_gnuplot()) * not_in_slow_builds()) {
  const Scratch scratch;
  const auto plot = [&](const std::string& arguments) {
    const Run run = scratch.run(arguments + " --quiet --plot picture.svg");
    CAPTURE(arguments);
    CAPTURE(run.errors);
    CHECK(run.status <= 1);
    return contents(scratch / "picture.svg");
  };
  scratch.write("percent.csv", "dose,answer\n1,10\n2,25\n3,35\n4,75\n5,85\n");
  scratch.write("step.csv", "dose,answer\n1,0\n2,0\n3,100\n4,100\n");
  scratch.write("two.csv", "a,b,answer\n1,3,10\n2,1,25\n3,4,35\n4,1,75\n5,2,85\n");
  const std::string range = " --activation logistic --range 0,100";
  const std::string path = plot("track percent.csv" + range);
  check_says(path, {"outputs at tau = 1", "at tau = 0", "data", "dose", "answer"}, ">");
  const std::string fits = plot("solve percent.csv" + range);
  check_says(fits, {"data", "dose", "answer"}, ">");
  CHECK(fits.find(">1: E = ") != std::string::npos);
  check_says(plot("track step.csv" + range), {"limit at infinite weights"}, ">");
  CHECK(plot("solve step.csv" + range).find(">limit: E -> 0<") != std::string::npos);
  CHECK(plot("track percent.csv --no-bias" + range).find(">outputs at tau = 1<") !=
        std::string::npos);
  CHECK(plot("track two.csv" + range).find("outputs at") == std::string::npos);
  CHECK(plot("solve two.csv" + range).find(">data<") == std::string::npos);

  // What gnuplot draws in a window that follows the data is the same in any units: the longest line, and the
  // pieces of a surface.
  const auto drawn = [&](const std::string& arguments) {
    const std::string svg = plot(arguments);
    std::string longest, pieces;
    for (const std::string before : {" d='", " points = '"})
      for (std::size_t at = svg.find(before); at != std::string::npos;
           at = svg.find(before, at + 1)) {
        const std::size_t begin = at + before.size();
        const std::string numbers = svg.substr(begin, svg.find('\'', begin) - begin);
        if (before != " d='") pieces += numbers;
        if (before == " d='" && numbers.size() > longest.size()) longest = numbers;
      }
    return longest + pieces;
  };
  const std::string surface_csv = "x1,x2,y\n2,0.3,0.3125\n-0.4,1.8,0.25\n1,1.2,0.125\n";
  for (const auto& [csv, options] :
       std::vector<std::pair<std::string, std::string>>{{narrow_wedge_csv, ""},
                                                        {narrow_wedge_csv, " --tau 0.75"},
                                                        {surface_csv, " --seconds 0.2"}}) {
    scratch.write("own.csv", csv);
    scratch.write("users.csv", with_targets(csv, 8.0, 4.0));
    const std::string own = drawn("geometry own.csv --no-bias" + options);
    CHECK(own.size() > 10000);
    CHECK(own == drawn("geometry users.csv --no-bias --range -4,12" + options));
  }
}
