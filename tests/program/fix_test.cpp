#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/epidemic.hpp"
#include "support/program.hpp"
#include "support/slow_build.hpp"

namespace fix_test {

namespace {

using namespace tautrack::support;

constexpr const char* dose_csv =
    "dose,age,y\n-3,1,-0.92\n-2,2,-0.85\n-1,1,-0.55\n0,3,0.05\n1,1,0.61\n2,2,0.83\n3,2,0.95\n";

std::string epidemic_csv() {
  std::string text = "day,cases\n";
  int day = 0;
  for (const int cases : epidemic_cases)
    text += std::to_string(day++) + ',' + std::to_string(cases) + '\n';
  return text;
}

std::string digits(double number) {
  std::ostringstream text;
  text.precision(17);
  text << number;
  return text.str();
}

}  // namespace

TEST_CASE("--fix holds a weight in track and solve") {
  const Scratch scratch;
  scratch.write("dose.csv", dose_csv);
  const Json solved =
      problem_of(scratch.run("solve dose.csv --fix age=0.25 --fix '(bias)=-0.5' --json -"));
  CHECK(solved["data"]["held"] == Json{{"age", 0.25}, {"(bias)", -0.5}});
  CHECK(solved["data"]["columns"] == Json{"dose", "age", "(bias)"});
  CHECK(solved["data"]["weights"] == 3);
  CHECK(solved["data"]["rank"] == 1);
  CHECK(solved["data"]["weights_are"] == "unique");
  CHECK(solved["certificate"].is_null());
  REQUIRE(solved["stationary_points"].size() >= 1);
  for (const Json& point : solved["stationary_points"]) {
    REQUIRE(point["weights"].size() == 3);
    CHECK(point["weights"][1] == 0.25);
    CHECK(point["weights"][2] == -0.5);
  }
  CHECK(solved["search"]["region"]["low"][1] == 0.25);
  CHECK(solved["search"]["region"]["high"][2] == -0.5);
  // The one weight that is left, by bisection of the derivative of the energy.
  const std::vector<std::vector<double>> rows{{-3, 1, -0.92}, {-2, 2, -0.85}, {-1, 1, -0.55},
                                              {0, 3, 0.05},   {1, 1, 0.61},   {2, 2, 0.83},
                                              {3, 2, 0.95}};
  double low = 0.0, high = 3.0;
  for (int k = 0; k < 200; ++k) {
    const double w = 0.5 * (low + high);
    double slope = 0.0;
    for (const auto& row : rows) {
      const double s = std::tanh(row[0] * w + 0.25 * row[1] - 0.5);
      slope += (s - row[2]) * (1.0 - s * s) * row[0];
    }
    (slope > 0.0 ? high : low) = w;
  }
  const Json& best = solved["stationary_points"][solved["global_minimum"].get<std::size_t>()];
  CHECK(best["weights"][0].get<double>() == doctest::Approx(low).epsilon(1e-12));

  const Run track =
      scratch.run("track dose.csv --fix 'age=0.25;(bias)=-0.5' --json track.json --certify path");
  CHECK(track.status == 0);
  check_page(track.output);
  check_says(track.output, {"(held)", "2 weights held", "one curve of solutions"});
  const Json tracked = Json::parse(contents(scratch / "track.json"))["problems"][0];
  CHECK(tracked["end"]["weights"][0].get<double>() == doctest::Approx(low).epsilon(1e-12));
  CHECK(tracked["end"]["weights"][1] == 0.25);
  for (const Json& point : tracked["path"]["points"]) CHECK(point["weights"][2] == -0.5);
}

TEST_CASE("a weight held at zero is a column left out" * not_in_slow_builds()) {
  const Scratch scratch;
  scratch.write("dose.csv", dose_csv);
  const Json held = problem_of(scratch.run("solve dose.csv --fix '(bias)=0' --json -"));
  const Json without = problem_of(scratch.run("solve dose.csv --no-bias --json -"));
  REQUIRE(held["stationary_points"].size() == without["stationary_points"].size());
  for (std::size_t k = 0; k < held["stationary_points"].size(); ++k) {
    const Json &a = held["stationary_points"][k], &b = without["stationary_points"][k];
    CHECK(a["energy"] == b["energy"]);
    CHECK(a["weights"][0] == b["weights"][0]);
    CHECK(a["weights"][2] == 0.0);
  }
  CHECK(held["completeness"]["level"] == without["completeness"]["level"]);
}

TEST_CASE("the known start of an epidemic, in cases") {
  const Scratch scratch;
  scratch.write("epidemic.csv", epidemic_csv());
  const Run run =
      scratch.run("solve epidemic.csv --activation logistic --range 0,7.8e9 --fix '(bias)=" +
                  digits(epidemic_bias()) + "' --json -");
  CHECK(run.status == 0);
  const Json problem = problem_of(run);
  const Json& best = problem["stationary_points"][problem["global_minimum"].get<std::size_t>()];
  CHECK(best["weights"][0].get<double>() == doctest::Approx(epidemic_rate).epsilon(1e-13));
  CHECK(best["weights"][1] == epidemic_bias());
}

TEST_CASE("the known start of an epidemic whose end is not known") {
  const Scratch scratch;
  scratch.write("epidemic.csv", epidemic_csv());
  const std::string solve =
      "solve epidemic.csv --activation logistic --range 0,free --fix '(bias)=" +
      digits(epidemic_bias()) + "'";
  const Run run = scratch.run(solve + " --json fit.json --csv points.csv --plot fit.svg");
  CHECK(run.status == 0);
  check_says(run.output, {"(held)", "1 weight held", "a finite fit"});
  const Json problem = Json::parse(contents(scratch / "fit.json"))["problems"][0];
  const Json& best = problem["stationary_points"][problem["global_minimum"].get<std::size_t>()];
  CHECK(best["status"] == "certified");
  CHECK(best["weights"][1] == epidemic_bias());
  CHECK(best["range"][0] == 0.0);
  CHECK(best["range"][1].get<double>() > 0.0);
  CHECK(problem["completeness"]["level"] == "heuristic");
  const Json fit = problem_of(scratch.run(solve + " --intervals 0.95 --json -"))["fit"];
  REQUIRE(fit["parameters"].size() == 2);
  for (const Json& parameter : fit["parameters"]) {
    CHECK(parameter["interval_method"] == "profile");
    CHECK(parameter["resolved"] == true);
    CHECK(parameter["interval"][0] < parameter["estimate"]);
    CHECK(parameter["estimate"] < parameter["interval"][1]);
  }
  // Another start that is held, far from the data's, and what a limit is called.
  scratch.write("convex.csv", "t,y\n1,2.1\n2,3\n3,4.6\n4,7.5\n5,12.9\n6,22.5\n7,40.5\n8,74\n");
  const Json limits = problem_of(
      scratch.run("solve convex.csv --activation logistic --range free,free --fix t=0.5 --json -"));
  REQUIRE(!limits["at_infinity"].empty());
  const Json& limit = limits["at_infinity"][0];
  CHECK(limit["kind"] == "exponential");
  CHECK(limit["exponential"]["rate"][0] == 0.5);
  CHECK(limit["exponential"]["rate"][1] == 0.0);
  CHECK(limit["line"].is_null());
  const Json lines = problem_of(scratch.run(
      "solve convex.csv --activation logistic --range free,free --fix '(bias)=1' --json -"));
  for (const Json& at : lines["at_infinity"])
    if (at["kind"] == "line") CHECK(at["line"]["slope"][1] == 0.0);
}

TEST_CASE("the natural path of an epidemic whose start is known and whose end is not" *
          not_in_slow_builds()) {
  const Scratch scratch;
  scratch.write("epidemic.csv", epidemic_csv());
  const std::string model = " epidemic.csv --activation logistic --range 0,free --fix '(bias)=" +
                            digits(epidemic_bias()) + "' --json ";
  const Run run = scratch.run("track" + model + "path.json --plot path.svg");
  CHECK(run.status == 0);
  check_says(run.output, {"1 weight held"});
  const Json path = Json::parse(contents(scratch / "path.json"))["problems"][0];
  // Its end is one of the two fits that solve finds, and not the better one.
  const Json fits = problem_of(scratch.run("solve" + model + "-"));
  CHECK(path["end"]["weights"][1] == epidemic_bias());
  CHECK(std::any_of(fits["stationary_points"].begin(), fits["stationary_points"].end(),
                    [&](const Json& fit) {
                      const double w = fit["weights"][0].get<double>();
                      return std::abs(path["end"]["weights"][0].get<double>() - w) <= 1e-8 * w;
                    }));
  for (const Json& point : path["path"]["points"]) CHECK(point["weights"][1] == epidemic_bias());
  // A limit has the held rate.
  scratch.write("convex.csv", "t,y\n1,2.1\n2,3\n3,4.6\n4,7.5\n5,12.9\n6,22.5\n7,40.5\n8,74\n");
  const Json limit = problem_of(
      scratch.run("track convex.csv --activation logistic --range free,free --fix t=0.5 --json -"));
  CHECK(limit["path"]["status"] == "infinite_weights");
  CHECK(limit["infinity"]["kind"] == "exponential");
  CHECK(limit["infinity"]["exponential"]["rate"][0].get<double>() ==
        doctest::Approx(0.5).epsilon(1e-3));
}

TEST_CASE("what cannot be held is refused") {
  const Scratch scratch;
  scratch.write("dose.csv", dose_csv);
  check_refused(scratch.run("track dose.csv --fix dos=1"),
                "--fix: there is no weight of a column 'dos'; did you mean 'dose'?");
  check_refused(scratch.run("solve dose.csv --fix bias=1"), "did you mean '(bias)'?");
  check_refused(scratch.run("solve dose.csv --no-bias --fix '(bias)=1'"),
                "there is no weight of a column '(bias)'");
  check_refused(scratch.run("solve dose.csv --fix y=1"), "there is no weight of a column 'y'");
  check_refused(scratch.run("track dose.csv --fix dose"), "is not COLUMN=VALUE");
  check_refused(scratch.run("track dose.csv --fix dose=x"), "is not COLUMN=VALUE");
  check_refused(scratch.run("track dose.csv --fix dose=1 --fix dose=2"), "is held twice");
  check_refused(scratch.run("track dose.csv --fix 'dose=1;age=1;(bias)=1'"),
                "every weight is held");
  check_refused(scratch.run("geometry dose.csv --fix age=1"),
                "geometry does not know held weights");
  check_refused(scratch.run("track dose.csv --fix age=1 --certify unique"), "--certify unique");
  check_refused(scratch.run("track dose.csv --fix age=1 --matrix-free"), "matrix-free");
}

TEST_CASE("held weights in manifests and records" * not_in_slow_builds()) {
  const Scratch scratch;
  scratch.write("dose.csv", dose_csv);
  scratch.write("targets.csv", "a,b,c,d,e,f,g\n-0.9,-0.8,-0.5,0,0.5,0.8,0.9\n");
  scratch.write("night.json", R"({"points": true, "tasks": [
    {"command": "track", "data": "dose.csv", "fix": ["age=0.25;(bias)=-0.5", "age=0"]},
    {"command": "solve", "data": "dose.csv", "fix": "age=0.25;(bias)=-0.5", "name": "all"},
    {"command": "track", "data": "dose.csv", "targets": "targets.csv", "fix": "age=0.25"}]})");
  const Run batch = scratch.run("batch night.json --run night --quiet --records -");
  CAPTURE(batch.errors);
  CHECK(batch.status == 0);
  const std::vector<std::string> records = lines(batch.output);
  REQUIRE(records.size() == 4);
  const Json first = Json::parse(records[0]), last = Json::parse(records[3]);
  CHECK(first["result"]["data"]["held"] == Json{{"age", 0.25}, {"(bias)", -0.5}});
  CHECK(first["result"]["end"]["weights"][2] == -0.5);
  REQUIRE(last["result"]["end"]["weights"].size() == 3);
  CHECK(last["result"]["end"]["weights"][1] == 0.25);

  const std::string label = Json::parse(records[2])["label"];
  const std::string from = " --from 'night:" + label + "'";
  const std::string held = " --fix 'age=0.25;(bias)=-0.5'";
  CHECK(scratch.run("solve dose.csv" + held + from + " --json -").status == 0);
  CHECK(scratch.run("solve dose.csv --fix '(bias)=-0.5;age=0.25'" + from + " --json -").status ==
        0);
  check_refused(scratch.run("solve dose.csv" + from), "the task holds the weights");
  check_refused(scratch.run("solve dose.csv --fix age=0.5" + from), "the task holds the weights");

  // A run of one call holds them, too, and what resumes it.
  const Run run =
      scratch.run("track dose.csv --fix age=0.25 --fix '(bias)=-0.5' --run one --json -");
  CHECK(run.status == 0);
  const std::string again = scratch.run("resume one --records -").output;
  CHECK(Json::parse(lines(again).at(0))["result"]["end"]["weights"] ==
        problem_of(run)["end"]["weights"]);

  scratch.write("wrong.json",
                R"({"tasks": [{"command": "track", "data": "dose.csv", "fix": "aeg=1"}]})");
  check_refused(scratch.run("batch wrong.json --run wrong"), "did you mean 'age'?");
}

TEST_CASE("pictures with held weights" * doctest::skip(!has_gnuplot()) * not_in_slow_builds()) {
  const Scratch scratch;
  scratch.write("dose.csv", dose_csv);
  scratch.write("two.csv", "x,y\n-1,-0.5\n0,0.25\n2,0.5\n");
  for (const char* options : {"dose.csv --fix age=0.25", "dose.csv --fix 'age=0.25;dose=1'",
                              "two.csv --fix '(bias)=0.5'"}) {
    CAPTURE(options);
    for (const char* command : {"track ", "solve "}) {
      const Run run = scratch.run(std::string(command) + options + " --plot fit.svg");
      CHECK(run.errors.empty());
      CHECK(contents(scratch / "fit.svg").find("<svg") != std::string::npos);
    }
  }
}

}  // namespace fix_test
