// Doses of zero with --log: what solve says of them as text, JSON, CSV and picture, predictions at dose zero, and what is
// refused.

#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/slow_build.hpp"

namespace zero_dose_test {

using namespace tautrack::support;

namespace {

/// Roots of ryegrass: Inderjit, J. C. Streibig & M. Olofsdotter, Physiol. Plant. 114 (2002); R: drc::ryegrass.
constexpr const char* ryegrass_csv =
    "conc,root\n0,7.58\n0,8\n0,8.3285714\n0,7.25\n0,7.375\n0,7.9625\n0.94,8.3555556\n"
    "0.94,6.9142857\n0.94,7.75\n1.88,6.8714286\n1.88,6.45\n1.88,5.9222222\n3.75,1.925\n"
    "3.75,2.8857143\n3.75,4.2333333\n7.5,1.1875\n7.5,0.8571429\n7.5,1.0571429\n15,0.6875\n"
    "15,0.525\n15,0.825\n30,0.25\n30,0.22\n30,0.44\n";

constexpr const char* solve_ryegrass =
    "solve ryegrass.csv --log conc --range free,free --activation logistic ";

doctest::Approx near(double value, double tolerance = 1e-6) {
  return doctest::Approx(value).epsilon(tolerance);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool says(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a dose of zero is an observation of the plateau, and counts in all numbers of the fit") {
  const Scratch scratch;
  scratch.write("ryegrass.csv", ryegrass_csv);
  const Run run =
      scratch.run(solve_ryegrass + std::string("--intervals 0.95 --json fit.json --csv rows.csv"));
  CHECK(run.status == 0);
  check_page(run.output);
  const std::string words = on_one_line(run.output);
  CHECK(says(words, "answer a finite fit, and the only one: proven"));
  CHECK(says(words, "complete: exactly 1 stationary point with finite weights"));
  CHECK(says(words, "the sum over points and limits is 1, as it must be"));
  CHECK(says(words, "on 20 degrees of freedom"));
  CHECK(says(words, "24 rows are 7 patterns"));
  CHECK_FALSE(says(words, "nan"));
  const Json problem = Json::parse(contents(scratch / "fit.json")).at("problems")[0];
  CHECK(problem.at("completeness").at("level") == "complete");
  CHECK(problem.at("completeness").at("index_sum") == 1);
  CHECK(problem.at("at_infinity").empty());
  CHECK(problem.at("stationary_points").at(0).at("status") == "certified");
  CHECK(problem.at("end").is_null());
  CHECK(says(problem.at("path").at("message").get<std::string>(), "dose of zero"));
  // R: nls, summary.
  const Json& fit = problem.at("fit");
  CHECK(fit.at("sum_of_squares").get<double>() == near(5.4002146501616));
  CHECK(fit.at("degrees_of_freedom") == 20);
  const auto parameter = [&](const std::string& name) {
    for (const Json& found : fit.at("parameters"))
      if (found.at("name") == name) return found;
    FAIL("no parameter " << name);
    return Json();
  };
  CHECK(parameter("low").at("estimate").get<double>() == near(0.481409950951));
  CHECK(parameter("high").at("estimate").get<double>() == near(7.792962327878));
  CHECK(parameter("half point, conc").at("estimate").get<double>() == near(3.057955167812));
  CHECK(parameter("low").at("standard_error").get<double>() == near(0.2095060404497, 1e-5));
  CHECK(parameter("high").at("standard_error").get<double>() == near(0.1897332604851, 1e-5));
  CHECK(parameter("half point").at("standard_error").get<double>() == near(0.0263916454772, 1e-5));
  CHECK(fit.at("linearisation").at("parameter_effects").get<double>() > 0.0);
  CHECK(parameter("slope").at("interval_method") == "profile");
  // R: confint, by splines through its profile.
  CHECK(parameter("low").at("interval_method") == "profile");
  CHECK(parameter("low").at("interval")[0].get<double>() == near(0.0101768, 0.02));
  CHECK(parameter("low").at("interval")[1].get<double>() == near(0.9067257, 1e-3));
  CHECK(parameter("high").at("interval")[0].get<double>() == near(7.4053785, 1e-3));
  CHECK(parameter("high").at("interval")[1].get<double>() == near(8.1924635, 1e-3));
  CHECK(parameter("half point").at("interval")[0].get<double>() == near(0.4299294, 1e-3));
  CHECK(parameter("half point").at("interval")[1].get<double>() == near(0.5410051, 1e-3));
  CHECK(fit.at("fitted").size() == 24);
  CHECK(fit.at("fitted")[0].get<double>() == near(7.792962327878));
  CHECK(fit.at("residuals")[0].get<double>() == near(7.58 - 7.792962327878, 1e-5));
  const std::vector<std::string> rows = lines_of(contents(scratch / "rows.csv"));
  REQUIRE(rows.size() == 25);
  CHECK(rows[0] == "problem,row,target,fitted,low,high,residual,log10(conc),(bias)");
  CHECK(says(rows[1], "root,1,7.58,7.79296"));
  CHECK(rows[1].ends_with(",,1"));  // no number is the logarithm of zero

  scratch.write("new.csv", "conc\n0\n3.0579551678\n");
  const Run predict = scratch.run("predict fit.json new.csv --quiet --json -");
  CHECK(predict.status == 0);
  const Json predicted = Json::parse(predict.output).at("problems")[0].at("rows");
  CHECK(predicted[0].at("output").get<double>() == near(7.792962327878));
  CHECK(predicted[1].at("output").get<double>() == near(0.5 * (7.792962327878 + 0.481409950951)));
  // The interval of the plateau is that of its parameter: t with 20 degrees of freedom is 2.0859634.
  CHECK(predicted[0].at("interval")[1].get<double>() ==
        near(7.792962327878 + 2.0859634472658 * 0.1897332604851, 1e-6));
}

TEST_CASE("with one end known or both the numbers of all rows are told") {
  const Scratch scratch;
  scratch.write("ryegrass.csv", ryegrass_csv);
  for (const char* const range : {"0,free", "free,9", "0,9"}) {
    CAPTURE(range);
    const Run run =
        scratch.run(std::string("solve ryegrass.csv --log conc --quiet --json - --range ") + range);
    CHECK(run.status == 0);
    const Json problem = Json::parse(run.output).at("problems")[0];
    CHECK(problem.at("completeness").at("level") == "complete");
    const Json& fit = problem.at("fit");
    const Json& point = problem.at("stationary_points").at(0);
    double squares = 0.0;
    for (const Json& residual : fit.at("residuals"))
      squares += residual.get<double>() * residual.get<double>();
    CHECK(fit.at("residuals").size() == 24);
    CHECK(point.at("energy").get<double>() == near(0.5 * squares, 1e-12));
    // Falling: they are at the high end.
    CHECK(point.at("weights")[0].get<double>() < 0.0);
    CHECK(fit.at("fitted")[0] == fit.at("range")[1]);
    CHECK(problem.at("at_infinity").size() == 1);
    CHECK(problem.at("at_infinity")[0].at("signs").size() == 24);
  }
}

TEST_CASE("limits behind the doses of zero are told") {
  const Scratch scratch;
  scratch.write("all.csv", "dose,y\n0,0\n0,0.2\n1,1.1\n2,0.9\n4,0.95\n8,0.9\n");
  const Run run = scratch.run("solve all.csv --log dose --range free,free");
  CHECK(run.status == 1);
  check_page(run.output);
  CHECK(says(on_one_line(run.output), "a step between minus infinity and 0, from 0.1 to 0.9625"));
  CHECK(says(on_one_line(run.output), "the sum over points and limits is 1, as it must be"));
}

TEST_CASE("a picture has doses of zero at its left edge" * not_in_slow_builds()) {
  const Scratch scratch;
  scratch.write("ryegrass.csv", ryegrass_csv);
  if (scratch.run("solve ryegrass.csv --log conc --range free,free --quiet --plot fit.svg")
          .status == 0)
    CHECK(says(contents(scratch / "fit.svg"), "conc"));
}

TEST_CASE("where a dose of zero has no meaning it is refused, with what to do") {
  const Scratch scratch;
  scratch.write("ryegrass.csv", ryegrass_csv);
  for (const char* const command : {"track", "geometry"}) {
    CAPTURE(command);
    check_refused(
        scratch.run(command + std::string(" ryegrass.csv --log conc --range free,free")),
        "6 rows have it (lines 2, 3, 4, 5, 6, ...): 'tautrack solve' takes a dose of zero");
  }
  scratch.write("two.csv", "a,b,y\n0,1,1\n1,2,2\n2,1,3\n3,4,4\n");
  check_refused(scratch.run("solve two.csv --log a --range free,free"),
                "0 has no logarithm, and 1 row has it (line 2): take it out");
  check_refused(scratch.run("solve two.csv --log a,b --range free,free"), "0 has no logarithm");
  check_refused(scratch.run("solve ryegrass.csv --log conc --no-bias --range free,free"),
                "0 has no logarithm");
  check_refused(scratch.run("solve ryegrass.csv --log conc --range free,free --activation erf"),
                "a dose of zero and a fitted range take a tanh or logistic curve");
  check_refused(scratch.run("solve ryegrass.csv --log conc --range 0,9 --ridge 0.1"),
                "--ridge: not with doses of zero");
  scratch.write("minus.csv", "conc\n-1\n");
  REQUIRE(scratch.run(solve_ryegrass + std::string("--quiet --json fit.json")).status == 0);
  check_refused(scratch.run("predict fit.json minus.csv"), "a negative number has none");
}

}  // namespace zero_dose_test
