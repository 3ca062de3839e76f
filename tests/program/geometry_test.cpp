#include <algorithm>
#include <cmath>
#include <cstddef>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/program.hpp"

namespace {

using namespace tautrack::support;

/// The curve and the surface of the geometry page.
constexpr const char* curve_csv = "x,y\n3,0.3\n1,0.8\n";
constexpr const char* space_surface_csv = "x1,x2,y\n2,0.3,0.3\n-0.4,1.8,0.2\n1,1.2,-0.1\n";

Json geometry_of(const Run& run) { return problem_of(run).at("geometry"); }

bool is_close(const Json& number, double expected, double relative = 1e-11) {
  return std::abs(number.get<double>() - expected) <= relative * std::abs(expected);
}

}  // namespace

TEST_CASE("geometry --help fits the page, has all options and says what the exit status means") {
  const Scratch scratch;
  const std::string help = check_help(scratch, "geometry", shared_options);
  check_says(help, {"--at", "--tau", "--seconds", "--infinity-seconds"}, "  ");
}

TEST_CASE("the JSON of geometry keeps the contract") {
  const Scratch scratch;
  scratch.write("data.csv", curve_csv);
  const Run run = scratch.run("geometry data.csv --no-bias --json - --seconds 1");
  CAPTURE(run.errors);
  CHECK(run.status == 0);
  const Json json = Json::parse(run.output);
  CHECK(json.at("tautrack").is_string());
  CHECK(json.at("command") == "geometry");
  CHECK(json.at("source") == "data.csv");
  CHECK(json.at("options").at("tau") == 1.0);
  CHECK(json.at("options").at("at").is_null());
  CHECK(json.at("options").at("seed") == 0);
  REQUIRE(json.at("problems").size() == 1);
  const Json& problem = json.at("problems")[0];
  CHECK(problem.at("name") == "y");
  CHECK(problem.at("data").at("patterns") == 2);
  CHECK(problem.at("data").at("columns") == Json({"x"}));
  CHECK(problem.at("path").at("status") == "reached_target");
  CHECK(problem.at("end").at("tau") == 1.0);
  CHECK(problem.at("infinity").is_null());
  CHECK(problem.at("unresolved").empty());

  const Json& geometry = problem.at("geometry");
  CHECK(geometry.at("tau") == 1.0);
  CHECK(geometry.at("dimension") == 1);
  CHECK(geometry.at("ambient") == 2);
  const Json& point = geometry.at("point");
  CHECK(point.at("from") == "natural path");
  CHECK(point.at("weights") == problem.at("end").at("weights"));
  CHECK(point.at("stationary") == true);
  CHECK(point.at("moved") == 0.0);
  CHECK(is_close(point.at("energy"), problem.at("end").at("energy")));
  CHECK(is_close(point.at("energy"), std::pow(point.at("distance").get<double>(), 2) / 2.0));
  CHECK(point.at("morse_index") == problem.at("end").at("morse_index"));
  const Json& towards = geometry.at("towards_target");
  for (const char* field : {"curvatures", "focal_distances", "products", "directions"})
    CHECK(towards.at(field).size() == 1);
  CHECK(towards.at("directions")[0].size() == 1);
  CHECK(towards.at("morse_index") == point.at("morse_index"));
  const Json& largest = geometry.at("largest_curvature");
  CHECK(largest.at("method") == "curve");
  CHECK(largest.at("upper").get<double>() >= largest.at("value").get<double>());
  for (const char* field : {"intrinsic", "parameter_effects", "rho", "threshold",
                            "relative_intrinsic", "relative_parameter_effects"})
    CHECK(geometry.at("bates_watts").at(field).is_number());
  CHECK(geometry.at("bates_watts").at("outputs_are_linear").is_boolean());
  CHECK(geometry.at("supremum").at("message").is_string());
  CHECK(geometry.at("reach").at("at_least").get<double>() <=
        geometry.at("reach").at("at_most").get<double>());
  const Json& certificate = geometry.at("certificate");
  CHECK(certificate.at("unique") == false);
  CHECK(certificate.at("global").is_boolean());
  CHECK(certificate.at("message").is_string());
  CHECK(certificate.at("global_message").is_string());
  CHECK(geometry.at("strata").at("none_exists") == true);
  CHECK(scratch.files() == "data.csv ");
}

TEST_CASE("curvatures of the surface of the geometry page at given weights") {
  const Scratch scratch;
  scratch.write("data.csv", space_surface_csv);
  struct Row {
    const char* at;
    double first, second;
  };
  for (const Row& row : {Row{"0.5,0.2", 1.018993801612502, -0.1811831584072381},
                         Row{"-0.6,0.7", 1.539187454978992, -0.7246729869890335},
                         Row{"0.3,-1", 0.1672295901211738, -1.34116162959781}}) {
    CAPTURE(row.at);
    const Run run = scratch.run("geometry data.csv --no-bias --seconds 0.1 --json - --at " +
                                std::string(row.at));
    CHECK(run.status == 0);
    const Json problem = problem_of(run);
    CHECK(problem.at("path").is_null());
    CHECK(problem.at("end").is_null());
    const Json& geometry = problem.at("geometry");
    const Json& point = geometry.at("point");
    CHECK(point.at("from") == "given weights");
    CHECK(point.at("stationary") == false);
    CHECK(point.at("morse_index").is_null());
    CHECK(point.at("normal_distance").get<double>() < point.at("distance").get<double>());
    CHECK(geometry.at("certificate").is_null());
    // There is one normal; y is on one of its sides.
    const Json& curvatures = geometry.at("towards_target").at("curvatures");
    REQUIRE(curvatures.size() == 2);
    const double side = std::abs(curvatures[0].get<double>() - row.first) < 1e-6 ? 1.0 : -1.0;
    CHECK(is_close(curvatures[side > 0.0 ? 0 : 1], side * row.first));
    CHECK(is_close(curvatures[side > 0.0 ? 1 : 0], side * row.second));
    CHECK(is_close(geometry.at("largest_curvature").at("value"),
                   std::max(std::abs(row.first), std::abs(row.second))));
    CHECK(geometry.at("largest_curvature").at("method") == "hypersurface");
  }
  const Run text = scratch.run("geometry data.csv --no-bias --seconds 1 --at 0.5,0.2");
  CHECK(on_one_line(text.output).find("not stationary") != std::string::npos);
  CHECK(on_one_line(text.output).find("at tau = 1 the curvature is unbounded") !=
        std::string::npos);
  const Json far =
      geometry_of(scratch.run("geometry data.csv --no-bias --seconds 0.1 --json - --at 8,2.4"));
  CHECK(is_close(far.at("largest_curvature").at("value"), 12294.02581950283, 1e-9));
}

TEST_CASE("the three feet of the curve of the geometry page, and what their curvature says") {
  const Scratch scratch;
  scratch.write("data.csv", curve_csv);
  struct Row {
    const char* weight;
    double rho, radius, product;
    int index;
  };
  for (const Row& row :
       {Row{"0.220118359530102", 0.6464807169664771, 1.871765942650058, 0.3453854470987893, 0},
        Row{"0.6518884564806395", 0.6986823439094119, 0.5003783990027118, 1.396307964736154, 1},
        Row{"0.9452290672384478", 0.6959391041554388, 1.143573647926625, 0.6085651811033097, 0}}) {
    CAPTURE(row.weight);
    const Run run = scratch.run("geometry data.csv --no-bias --seconds 0.1 --json - --at " +
                                std::string(row.weight));
    CHECK(run.status == 0);
    const Json geometry = geometry_of(run);
    const Json& point = geometry.at("point");
    CHECK(point.at("stationary") == true);
    CHECK(point.at("morse_index") == row.index);
    CHECK(is_close(point.at("distance"), row.rho));
    CHECK(is_close(geometry.at("towards_target").at("products")[0], row.product));
    CHECK(is_close(geometry.at("towards_target").at("focal_distances")[0], row.radius));
    CHECK(geometry.at("towards_target").at("morse_index") == row.index);
    CHECK(is_close(geometry.at("largest_curvature").at("value"), 1.0 / row.radius));
    // rho k < 1 at both minima, but there are three stationary points.
    CHECK(geometry.at("certificate").at("unique") == false);
  }
  // Far out the gradient vanishes, but nothing is stationary.
  for (const char* far : {"50", "500", "-1e200"})
    CHECK(geometry_of(scratch.run("geometry data.csv --no-bias --seconds 0.1 --json - --at " +
                                  std::string(far)))
              .at("point")
              .at("stationary") == false);
  // Weights copied from a text with seven digits mean the stationary point.
  const Json near =
      geometry_of(scratch.run("geometry data.csv --no-bias --seconds 0.1 --json - --at 0.6518885"));
  CHECK(near.at("point").at("stationary") == true);
  CHECK(near.at("point").at("moved") > 0.0);
  CHECK(is_close(near.at("point").at("weights")[0], 0.6518884564806395));
  const Run text = scratch.run("geometry data.csv --no-bias --seconds 0.1 --at 0.6518885");
  CHECK(on_one_line(text.output)
            .find("maximum at tau = 1, the stationary point that the given weights") !=
        std::string::npos);
  CHECK(on_one_line(text.output).find("one |y - z| kappa is above 1") != std::string::npos);
}

TEST_CASE("the supremum of the curvature of the geometry page, and the reach") {
  const Scratch scratch;
  scratch.write("data.csv", space_surface_csv);
  struct Row {
    const char* tau;
    double supremum, bound;
  };
  for (const Row& row : {Row{"0.5", 0.3375684548326504, 0.4491275981575383},
                         Row{"0.8", 1.12847966051505, 1.561851045658228}}) {
    CAPTURE(row.tau);
    const Run run =
        scratch.run("geometry data.csv --no-bias --json - --tau " + std::string(row.tau));
    CHECK(run.status == 0);
    const Json problem = problem_of(run);
    CHECK(problem.at("end").at("tau") == std::stod(row.tau));
    const Json& geometry = problem.at("geometry");
    const Json& supremum = geometry.at("supremum");
    CHECK(supremum.at("bounded") == true);
    CHECK(is_close(supremum.at("best"), row.supremum, 1e-9));
    CHECK(supremum.at("upper").get<double>() <= row.bound * (1.0 + 1e-12));
    CHECK(supremum.at("upper").get<double>() >= row.supremum);
    CHECK(is_close(geometry.at("reach").at("at_most"), 1.0 / row.supremum, 1e-9));
    CHECK(geometry.at("reach").at("at_least").get<double>() >= 1.0 / row.bound * (1.0 - 1e-12));
  }
  const Run text = scratch.run("geometry data.csv --no-bias --tau 0.8");
  CHECK(on_one_line(text.output).find("where the natural path first meets it") !=
        std::string::npos);
  CHECK(on_one_line(text.output).find("reach") != std::string::npos);
}

TEST_CASE("a fit close to the data manifold is proven to be the only stationary point") {
  const Scratch scratch;
  scratch.write("data.csv", space_surface_csv);
  const Run run = scratch.run("geometry data.csv --no-bias --tau 0.5 --json -");
  const Json geometry = geometry_of(run);
  CHECK(run.status == 0);
  CHECK(geometry.at("certificate").at("unique") == true);
  CHECK(geometry.at("certificate").at("product").get<double>() < 1.0);
  const Run text = scratch.run("geometry data.csv --no-bias --tau 0.5");
  CHECK(on_one_line(text.output).find("unique yes, proven") != std::string::npos);
}

TEST_CASE("tau = 0 is the linear fit on a flat manifold") {
  const Scratch scratch;
  scratch.write("data.csv", curve_csv);
  const Run run = scratch.run("geometry data.csv --no-bias --tau 0 --json -");
  CHECK(run.status == 0);
  const Json problem = problem_of(run);
  CHECK(problem.at("path").is_null());
  CHECK(problem.at("geometry").at("point").at("from") == "linear fit");
  CHECK(is_close(problem.at("geometry").at("point").at("weights")[0], 0.17));
  CHECK(problem.at("geometry").at("largest_curvature").at("method") == "flat");
  const Run text = scratch.run("geometry data.csv --no-bias --tau 0");
  CHECK(text.status == 0);
  CHECK(on_one_line(text.output).find("the data manifold is flat") != std::string::npos);
}

TEST_CASE("without a data file the geometry of the iris data is told, the verdict first") {
  const Scratch scratch;
  const Run run = scratch.run("geometry --quiet --seconds 0.5 --infinity-seconds 0.5");
  CAPTURE(run.output);
  CHECK(run.status == 0);
  CHECK(run.errors.empty());
  check_says(
      on_one_line(run.output),
      {"setosa", "versicolor", "virginica", "minimum at tau = 1, where the natural path ends",
       "unique", "global", "towards y", "|k|max", "linear approx.", "everywhere", "reach",
       "infinity", "petal_width_cm", "as the Hessian says", "5 dimensions in 149"});
  CHECK(lines(run.output)[6].starts_with("  point "));
  check_page(run.output);
  CHECK(scratch.files().empty());
}

TEST_CASE("the CSV of geometry has one row a principal curvature") {
  const Scratch scratch;
  const Run run = scratch.run(
      "geometry --positive setosa --seconds 0.1 --csv curvatures.csv --json geometry.json");
  CHECK(run.status == 0);
  const Json towards = Json::parse(contents(scratch / "geometry.json"))
                           .at("problems")[0]
                           .at("geometry")
                           .at("towards_target");
  const std::vector<std::string> rows = lines(contents(scratch / "curvatures.csv"));
  REQUIRE(rows.size() == 6);
  CHECK(rows[0].starts_with("problem,index,kappa,focal_distance,rho_kappa,"));
  CHECK(rows[0].ends_with(",(bias)"));
  for (std::size_t j = 0; j < 5; ++j) {
    const std::vector<std::string> row = fields(rows[j + 1]);
    REQUIRE(row.size() == 10);
    CHECK(row[0] == "setosa");
    CHECK(row[1] == std::to_string(j + 1));
    CHECK(std::stod(row[2]) == towards.at("curvatures")[j].get<double>());
    CHECK(std::stod(row[3]) == towards.at("focal_distances")[j].get<double>());
    CHECK(std::stod(row[4]) == towards.at("products")[j].get<double>());
    if (j > 0) CHECK(towards.at("curvatures")[j - 1] >= towards.at("curvatures")[j]);
    for (std::size_t column = 0; column < 5; ++column)
      CHECK(std::stod(row[5 + column]) == towards.at("directions")[j][column].get<double>());
  }
}

TEST_CASE(
    "a path to infinite weights gives status 1 and what can be said; other points can be had") {
  const Scratch scratch;
  scratch.write("data.csv", infinite_csv);
  const Run run = scratch.run("geometry data.csv --no-bias --seconds 0.1 --json -");
  CHECK(run.status == 1);
  const Json problem = problem_of(run);
  CHECK(problem.at("end").is_null());
  CHECK(problem.at("infinity").at("signs") == Json::parse("[-1,1,-1,1,1]"));
  const Json& geometry = problem.at("geometry");
  CHECK(geometry.at("point").is_null());
  CHECK(geometry.at("certificate").is_null());
  CHECK(geometry.at("supremum").at("message").is_string());
  CHECK(geometry.at("strata").at("strata").get<int>() > 0);
  CHECK(problem.at("unresolved").size() == 1);
  const Run text = scratch.run("geometry data.csv --no-bias --seconds 0.1");
  CHECK(text.status == 1);
  check_says(on_one_line(text.output),
             {"unresolved", "without bound", "the natural path leads to the stratum with", "--at",
              "--tau", "infinity"});
  CHECK(scratch.run("geometry data.csv --no-bias --seconds 0.1 --tau 0.9").status == 0);
  CHECK(scratch.run("geometry data.csv --no-bias --seconds 0.1 --at 0.25,0.5").status == 0);
  CHECK(scratch.run("geometry data.csv --no-bias --seconds 0.1 --ridge 0.1").status == 0);
}

TEST_CASE("a ridge adds its dimensions to the data manifold") {
  const Scratch scratch;
  scratch.write("data.csv", space_surface_csv);
  const Json geometry =
      geometry_of(scratch.run("geometry data.csv --no-bias --seconds 0.1 --ridge 0.25 --json -"));
  CHECK(geometry.at("ambient") == 5);
  CHECK(geometry.at("dimension") == 2);
  const Json& point = geometry.at("point");
  CHECK(is_close(point.at("energy"), std::pow(point.at("distance").get<double>(), 2) / 2.0));
  CHECK(point.at("morse_index") == geometry.at("towards_target").at("morse_index"));
  CHECK(geometry.at("strata").at("none_exists") == true);
}

TEST_CASE("the logistic network and weighted patterns are examined, too") {
  const Scratch scratch;
  const Run logistic =
      scratch.run("geometry --positive versicolor --activation logistic --seconds 0.1 --json -");
  CHECK(logistic.status == 0);
  CHECK(geometry_of(logistic).at("point").at("morse_index") == 0);
  CHECK(geometry_of(logistic).at("towards_target").at("morse_index") == 0);
  scratch.write("data.csv", "x,weight,y\n3,2,0.3\n1,1,0.8\n3,1,0.3\n");
  scratch.write("twice.csv", "x,y\n3,0.3\n1,0.8\n3,0.3\n3,0.3\n");
  const Json weighted = geometry_of(
      scratch.run("geometry data.csv --no-bias --pattern-weights weight --seconds 0.1 --json -"));
  const Json repeated =
      geometry_of(scratch.run("geometry twice.csv --no-bias --seconds 0.1 --json -"));
  CHECK(is_close(weighted.at("largest_curvature").at("value"),
                 repeated.at("largest_curvature").at("value").get<double>(), 1e-9));
}

TEST_CASE("of dependent columns the node inputs count") {
  const Scratch scratch;
  scratch.write("data.csv", "a,b,y\n3,6,0.3\n1,2,0.8\n");
  const auto at = [&](const std::string& weights) {
    return scratch.run("geometry data.csv --no-bias --seconds 0.1 --json - --at " + weights);
  };
  const Json first = problem_of(at("0.5,0")), second = problem_of(at("0,0.25"));
  CHECK(first.at("data").at("rank") == 1);
  CHECK(first.at("geometry").at("point").at("weights") == Json({0.5, 0.0}));
  CHECK(is_close(first.at("geometry").at("largest_curvature").at("value"),
                 second.at("geometry").at("largest_curvature").at("value").get<double>()));
  CHECK(is_close(first.at("geometry").at("point").at("distance"),
                 second.at("geometry").at("point").at("distance").get<double>()));
  const Run text = scratch.run("geometry data.csv --no-bias --seconds 0.1");
  CHECK(text.status == 0);
  CHECK(on_one_line(text.output).find("b = 2 a") != std::string::npos);
}

TEST_CASE("as many weights as patterns leave no normal direction") {
  const Scratch scratch;
  scratch.write("data.csv", curve_csv);
  const Run run = scratch.run("geometry data.csv --seconds 0.1 --json -");
  CHECK(run.status == 0);
  const Json geometry = geometry_of(run);
  CHECK(geometry.at("towards_target").at("curvatures").empty());
  CHECK(geometry.at("towards_target").at("morse_index") == 0);
  CHECK(geometry.at("certificate").at("unique") == true);
  const Run text = scratch.run("geometry data.csv --seconds 0.1");
  CHECK(on_one_line(text.output).find("y lies on the data manifold") != std::string::npos);
}

TEST_CASE("options of geometry with unusable values are refused by name") {
  const Scratch scratch;
  for (const char* option : {"--at ''",           "--at x",
                             "--at 1,,2",         "--at nan,1,1,1,1",
                             "--at 1,2,3,4,inf",  "--at 1,2,3",
                             "--at 1,2,3,4,5,6",  "--tau -0.1",
                             "--tau 1.5",         "--tau nan",
                             "--tau soon",        "--seconds 0",
                             "--seconds -1",      "--infinity-seconds 0",
                             "--threads 0",       "--seed -1",
                             "--ridge -1",        "--level 0",
                             "--activation step", "--plot manifold.gif",
                             "--json ''"}) {
    CAPTURE(option);
    const std::string text = option;
    check_refused(scratch.run("geometry " + text), text.substr(0, text.find(' ')) + ":");
  }
  check_refused(scratch.run("geometry --at 1,2,3"),
                "--at: 3 numbers but the data have 5 weights, the bias last");
  check_refused(scratch.run("geometry --at 1e300,1e300,1e300,1e300,1e308"), "--at:");
  check_refused(scratch.run("geometry --wander"), "see tautrack geometry --help");
  check_refused(scratch.run("geometry --matrix-free"), "--matrix-free");
  CHECK(scratch.files().empty());
}

TEST_CASE("unusable data and outputs are refused by geometry, and no file is touched") {
  const Scratch scratch;
  scratch.write("data.csv", curve_csv);
  scratch.write("ragged.csv", "a,b\n1,2\n3\n");
  scratch.write("zero.csv", "a,b\n0,0.2\n0,0.1\n");
  scratch.write("old.json", "old");
  const std::string before = scratch.files();
  check_refused(scratch.run("geometry missing.csv --json old.json"), "missing.csv");
  check_refused(scratch.run("geometry ragged.csv --json old.json"), "ragged.csv");
  check_refused(scratch.run("geometry zero.csv --no-bias --json old.json"), "zero.csv");
  check_refused(scratch.run("geometry data.csv --json old.json --csv missing/points.csv"),
                "missing/points.csv");
  check_refused(scratch.run("geometry data.csv --csv data.csv"), "not overwritten");
  std::string text;
  for (int i = 1; i <= 1200; ++i) text += "0.5 " + std::to_string(i) + ":1\n";
  scratch.write("large.svm", text);
  check_refused(scratch.run("geometry large.svm"), "'large.svm' has more than");
  CHECK(contents(scratch / "old.json") == "old");
  CHECK(scratch.files() == "data.csv large.svm old.json ragged.csv zero.csv ");
}

TEST_CASE("the results of geometry do not depend on the number of threads") {
  const Scratch scratch;
  scratch.write("data.csv", "x1,x2,class\n2,0.3,a\n-0.4,1.8,b\n1,1.2,c\n0.5,-1,a\n");
  const std::string options = "geometry data.csv --tau 0.7 --json - ";
  const Json expected = without_seconds(scratch.run(options).output);
  CHECK(expected.at("problems").size() == 3);
  CHECK(without_seconds(scratch.run(options + "--threads 3").output) == expected);
  CHECK(without_seconds(scratch.run(options).output) == expected);
}

TEST_CASE("pictures of geometry are made for two and three patterns, and refused for others") {
  if (!has_gnuplot()) {
    MESSAGE("gnuplot is not installed, so --plot is not tested");
    return;
  }
  const Scratch scratch;
  scratch.write("plane.csv", curve_csv);
  scratch.write("space.csv", space_surface_csv);
  scratch.write("four.csv", "x,y\n3,0.3\n1,0.8\n2,0.1\n1,0.2\n");
  scratch.write("infinite.csv", "x,y\n3,1.3\n1,1.2\n");
  const auto plot = [&](const std::string& options, int status = 0) {
    const Run run =
        scratch.run("geometry --quiet --no-bias --seconds 0.1 " + options + " --plot manifold.svg");
    CAPTURE(options);
    CAPTURE(run.errors);
    CHECK(run.status == status);
    CHECK(run.errors.empty());
    const std::string picture = contents(scratch / "manifold.svg");
    CHECK(picture.starts_with("<?xml"));
    return picture;
  };
  const std::string plane = plot("plane.csv");
  check_says(plane, {"data manifold", "caustic", "feet of y: minima", "feet of y: maxima",
                     "output of pattern 1", "limits at infinite weights"});
  const std::string early = plot("plane.csv --tau 0.8");
  CHECK(early.find("limits at infinite") == std::string::npos);
  CHECK(early.find(">caustic") == std::string::npos);  // out of the picture
  CHECK(early.find("<title>Data manifold of a tanh perceptron at tau = 0.8: plane.csv</title>") !=
        std::string::npos);
  CHECK(plot("space.csv").find("boundary: limits at infinite weights") != std::string::npos);
  static_cast<void>(plot("space.csv --tau 0.8 --activation logistic"));
  static_cast<void>(plot("space.csv --at 0.5,0.2"));
  static_cast<void>(plot("infinite.csv", 1));
  check_refused(scratch.run("geometry four.csv --no-bias --plot four.svg"),
                "--plot: pictures are for L = 2 and 3 patterns, the data have 4");
  check_refused(scratch.run("geometry plane.csv --plot two.svg"), "--no-bias");
  check_refused(scratch.run("geometry plane.csv --no-bias --ridge 1 --plot ridge.svg"), "--ridge");
  check_refused(scratch.run("geometry --plot iris.svg"), "the data have 150");
}
