// The report of a fit, its intervals, and predictions by it.

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/program.hpp"

namespace predict_test {

using namespace tautrack::support;

namespace {

/// R's data set DNase, run 1.
constexpr const char* assay_csv =
    "conc,density\n0.04882812,0.017\n0.04882812,0.018\n0.1953125,0.121\n0.1953125,0.124\n"
    "0.390625,0.206\n0.390625,0.215\n0.78125,0.377\n0.78125,0.374\n1.5625,0.614\n1.5625,0.609\n"
    "3.125,1.019\n3.125,1.001\n6.25,1.334\n6.25,1.364\n12.5,1.73\n12.5,1.71\n";

constexpr const char* solve_assay =
    "solve assay.csv --range free,free --activation logistic --log conc ";

/// No upper plateau: the best four-parameter curve is an exponential.
constexpr const char* growing_csv = "x,y\n0,1.2\n1,1.9\n2,2.4\n3,3.9\n4,5.6\n5,8.9\n6,13.1\n7,21\n";

const Json& parameter(const Json& fit, const std::string& name) {
  for (const Json& found : fit.at("parameters"))
    if (found.at("name") == name) return found;
  FAIL("no parameter " << name);
  return fit;
}

bool says(const std::string& text, const char* words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a fit is reported with R's standard errors and intervals") {
  const Scratch scratch;
  scratch.write("assay.csv", assay_csv);
  const Run run = scratch.run(solve_assay + std::string("--intervals 0.95 --json fit.json"));
  CHECK(run.status == 0);
  CHECK(says(run.output, "answer          a finite fit, and the only one: proven"));
  CHECK(says(run.output, "95 % (profile)"));
  CHECK(run.output.find("answer") < run.output.find("half point"));
  CHECK(run.output.find("half point") < run.output.find("complete"));
  const Json problem = Json::parse(contents(scratch / "fit.json")).at("problems")[0];
  const Json& fit = problem.at("fit");
  CHECK(fit.at("point") == problem.at("global_minimum"));
  CHECK(fit.at("degrees_of_freedom") == 12);
  // R: nls(density ~ SSfpl(log(conc), A, B, xmid, scal)), summary and confint; log10 here.
  const double per_decade = std::log(10.0);
  const Json& half = parameter(fit, "half point");
  CHECK(half.at("estimate").get<double>() * per_decade ==
        doctest::Approx(1.507403217).epsilon(1e-6));
  CHECK(half.at("standard_error").get<double>() * per_decade ==
        doctest::Approx(0.10207988).epsilon(1e-5));
  CHECK(half.at("interval_method") == "profile");
  CHECK(half.at("resolved") == true);
  CHECK(half.at("interval")[0].get<double>() * per_decade ==
        doctest::Approx(1.31336928).epsilon(1e-3));
  CHECK(half.at("interval")[1].get<double>() * per_decade ==
        doctest::Approx(1.78353941).epsilon(1e-3));
  const Json& users = parameter(fit, "half point, conc");
  CHECK(users.at("estimate").get<double>() == doctest::Approx(std::exp(1.507403217)).epsilon(1e-6));
  CHECK(users.at("interval")[1].get<double>() ==
        doctest::Approx(std::exp(1.78353941)).epsilon(1e-3));
  for (const char* const error : {"standard_error", "hessian_standard_error"})
    CHECK(users.at(error).get<double>() ==
          doctest::Approx(per_decade * users.at("estimate").get<double>() *
                          half.at(error).get<double>()));
  const Json& low = parameter(fit, "low");
  CHECK(low.at("interval")[0].get<double>() == doctest::Approx(-0.04882947).epsilon(1e-3));
  double squares = 0.0;
  for (const Json& residual : fit.at("residuals")) squares += std::pow(residual.get<double>(), 2);
  CHECK(squares == doctest::Approx(0.004707255).epsilon(1e-6));
  CHECK(fit.at("fitted").size() == 16);
  const Json& slope = parameter(fit, "slope");
  CHECK(slope.at("interval_method") == "profile");
  CHECK(slope.at("resolved") == true);
  CHECK(slope.at("interval")[0].get<double>() < slope.at("estimate").get<double>());
  CHECK(slope.at("interval")[1].get<double>() > slope.at("estimate").get<double>());
}

TEST_CASE(
    "where curvature makes linearised intervals mislead the report says so, asked for others or "
    "not") {
  const Scratch scratch;
  scratch.write("assay.csv", assay_csv);
  const Run bent = scratch.run(solve_assay + std::string("--json fit.json"));
  const auto linearisation = [&] {
    return Json::parse(contents(scratch / "fit.json"))
        .at("problems")[0]
        .at("fit")
        .at("linearisation");
  };
  CHECK(linearisation().at("usable") == false);
  CHECK(linearisation().at("parameter_effects").get<double>() >
        linearisation().at("threshold").get<double>());
  CHECK(says(bent.output, "intervals of standard errors mislead"));
  CHECK(says(bent.output, "--intervals"));
  const Run asked = scratch.run(solve_assay + std::string("--intervals 0.95"));
  CHECK(says(asked.output, "intervals of standard errors mislead"));
  // Little noise, and plateaus that are known.
  scratch.write("straight.csv",
                "x,y\n-2,0.120\n-1,0.268\n-0.5,0.378\n0,0.501\n0.5,0.622\n1,0.731\n2,0.880\n");
  const std::string straight =
      "solve straight.csv --activation logistic --range 0,1 --json fit.json ";
  const Run trusted = scratch.run(straight);
  CHECK(linearisation().at("usable") == true);
  CHECK_FALSE(says(trusted.output, "mislead"));
  const Run profiled = scratch.run(straight + "--intervals 0.95");
  CHECK(says(profiled.output, "can be trusted"));
}

TEST_CASE("rows with fitted values as CSV") {
  const Scratch scratch;
  scratch.write("assay.csv", assay_csv);
  const Run run = scratch.run(solve_assay + std::string("--quiet --csv -"));
  const std::vector<std::string> rows = lines(run.output);
  REQUIRE(rows.size() == 17);
  CHECK(rows[0] == "problem,row,target,fitted,low,high,residual,log10(conc),(bias)");
  const std::vector<std::string> first = fields(rows[1]);
  REQUIRE(first.size() == 9);
  CHECK(std::stod(first[2]) == 0.017);
  CHECK(std::stod(first[2]) - std::stod(first[3]) == doctest::Approx(std::stod(first[6])));
  CHECK(std::stod(first[4]) < std::stod(first[3]));
  CHECK(std::stod(first[5]) > std::stod(first[3]));
}

TEST_CASE("predictions of outputs and of inputs go round in a circle") {
  const Scratch scratch;
  scratch.write("assay.csv", assay_csv);
  REQUIRE(scratch.run(solve_assay + std::string("--quiet --json fit.json")).status == 0);
  scratch.write("new.csv", "well,conc\na,0.5\nb,2\nc,8\n");
  const Run outputs = scratch.run("predict fit.json new.csv --json -");
  CHECK(outputs.status == 0);
  const Json rows = Json::parse(outputs.output).at("problems")[0].at("rows");
  REQUIRE(rows.size() == 3);
  // The fit's curve, by R's coefficients.
  const double A = -0.007897217, B = 2.377239195, mid = 1.507403217, scale = 1.062578815;
  const double doses[3] = {0.5, 2.0, 8.0};
  std::string responses = "density\n";
  for (std::size_t i = 0; i < 3; ++i) {
    const double z = rows[i].at("output").get<double>();
    CHECK(z == doctest::Approx(A + (B - A) / (1.0 + std::exp((mid - std::log(doses[i])) / scale)))
                   .epsilon(1e-6));
    CHECK(rows[i].at("interval")[0].get<double>() < z);
    CHECK(rows[i].at("measurement_interval")[0].get<double>() <
          rows[i].at("interval")[0].get<double>());
    std::ostringstream text;
    text.precision(17);
    text << z << '\n';
    responses += text.str();
  }
  scratch.write("responses.csv", responses + "3.1\n");
  const Run inputs = scratch.run("predict fit.json responses.csv --response density --json -");
  CHECK(inputs.status == 1);  // no dose has the last one
  const Json found = Json::parse(inputs.output).at("problems")[0];
  CHECK(found.at("input") == "conc");
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(found.at("rows")[i].at("input").get<double>() == doctest::Approx(doses[i]));
    CHECK(found.at("rows")[i].at("interval")[0].get<double>() < doses[i]);
    CHECK(found.at("rows")[i].at("interval")[1].get<double>() > doses[i]);
  }
  CHECK(found.at("rows")[3].at("input").is_null());
  CHECK(says(found.at("unresolved")[0].get<std::string>(), "outside the plateaus"));
  const Run csv = scratch.run("predict fit.json new.csv --csv - --quiet");
  CHECK(lines(csv.output).at(0) == "problem,row,output,low,high,measurement_low,measurement_high");
  CHECK(says(scratch.run("predict fit.json new.csv").output, "95 % of a measurement"));
}

TEST_CASE("without a finite best fit there is nothing to predict by, and it is said") {
  const Scratch scratch;
  scratch.write("growing.csv", growing_csv);
  CHECK(scratch.run("solve growing.csv --range free,free --quiet --json fit.json").status == 1);
  CHECK(Json::parse(contents(scratch / "fit.json")).at("problems")[0].at("fit").is_null());
  const Run run = scratch.run("predict fit.json growing.csv");
  CHECK(run.status == 1);
  CHECK(says(run.output, "no best fit with finite weights"));
}

TEST_CASE("files that cannot be used are refused") {
  const Scratch scratch;
  scratch.write("assay.csv", assay_csv);
  REQUIRE(scratch.run(solve_assay + std::string("--quiet --json fit.json")).status == 0);
  const auto refused = [&](const std::string& arguments, const char* words) {
    const Run run = scratch.run(arguments);
    CAPTURE(arguments);
    CAPTURE(run.errors);
    CHECK(run.status == 2);
    CHECK(run.output.empty());
    CHECK(says(run.errors, words));
  };
  scratch.write("other.csv", "dose\n1\n");
  refused("predict fit.json other.csv", "'log10(conc)'");
  scratch.write("no.json", "{\"command\": \"track\"}");
  refused("predict no.json assay.csv", "solve --json");
  scratch.write("broken.json", "{\"command\": \"solve\", \"problems\": [{\"name\": 3}]}");
  refused("predict broken.json assay.csv", "broken.json");
  scratch.write("cut.json", contents(scratch / "fit.json").substr(0, 200));
  refused("predict cut.json assay.csv", "not JSON");
  refused("predict fit.json assay.csv --problem other", "no problem 'other'");
  refused("predict fit.json assay.csv --level 2", "between 0 and 1");
  refused("predict missing.json assay.csv", "missing.json");
  refused("solve assay.csv --intervals 95", "between 0 and 1");
}

}  // namespace predict_test
