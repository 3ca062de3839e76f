#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tautrack/certify/certificate.hpp"

#include "support/program.hpp"

namespace {

using namespace tautrack::support;

/// b = 2 a, and two classes.
constexpr const char* dependent_csv = "a,b,class\n1,2,no\n2,4,yes\n3,6,no\n4.5,9,yes\n6,12,yes\n";

}  // namespace

TEST_CASE("help and version go to standard output with status 0") {
  const Scratch scratch;
  for (const char* arguments : {"--help", "-h"}) {
    const Run run = scratch.run(arguments);
    CHECK(run.status == 0);
    CHECK(run.errors.empty());
    CHECK(run.output.find("Exit status:") != std::string::npos);
    check_page(run.output);
  }
  const std::string help = check_help(scratch, "track", shared_options);
  check_says(help,
             {"--matrix-free", "--predictor", "--tolerance", "--max-steps", "--tau", "--certify"},
             "  ");
  const Run version = scratch.run("--version");
  CHECK(version.status == 0);
  CHECK(version.output.starts_with("tautrack "));
  CHECK(lines(version.output).size() == 6);
  check_says(version.output, {"  oneTBB ", "  FLINT/Arb ", "  Clp ", "  GUDHI ", "  MPI "});
}

TEST_CASE("without a data file the iris data are tracked and the summary is on standard output") {
  const Scratch scratch;
  const Run run = scratch.run("track");
  CHECK(run.status == 0);
  CHECK(run.errors.empty());
  check_says(run.output, {"setosa", "versicolor", "virginica", "minimum", "petal_width_cm"});
  CHECK(scratch.files().empty());
}

TEST_CASE("the text says what the ends are worth as fits, in one line") {
  const Scratch scratch;
  scratch.write("folds.csv", two_folds_csv);
  scratch.write("infinite.csv", infinite_csv);
  scratch.write("maximum.csv", maximum_csv);
  scratch.write("saddle.csv", saddle_csv);
  scratch.write("surface.csv", "x1,x2,y\n2,0.3,0.3\n-0.4,1.8,0.2\n1,1.2,0.15\n");
  scratch.write("line.csv", "x,y\n-1,-0.5\n0,0\n1,0.5\n2,0.8\n");
  const auto last = [&](const std::string& arguments) {
    const Run run = scratch.run("track " + arguments);
    CHECK(run.status == (arguments.starts_with("infinite") ? 1 : 0));
    check_page(run.output);
    return lines(run.output).back();
  };
  // Status 0 all the same.
  CHECK(last("saddle.csv --no-bias") == "a saddle is no fit: tautrack solve looks for fits");
  CHECK(last("maximum.csv --no-bias") == "a maximum is no fit: tautrack solve looks for fits");
  CHECK(last("") == "a minimum may not be the best fit: tautrack solve tells");
  CHECK(last("folds.csv --no-bias") == "a minimum may not be the best fit: tautrack solve tells");
  CHECK(last("folds.csv --no-bias --matrix-free") ==
        "a minimum may not be the best fit: tautrack solve (to 1000 weights) tells");
  // Nothing is better than the only stationary point and an energy of zero, and no limit is a fit.
  CHECK(last("line.csv").find("tautrack solve") == std::string::npos);
  CHECK(last("surface.csv --no-bias --ridge 1 --certify unique").find("tautrack solve") ==
        std::string::npos);
  CHECK(last("infinite.csv --no-bias").find("tautrack solve") == std::string::npos);
}

TEST_CASE("a misspelt option or subcommand is told first, with what it is like") {
  const Scratch scratch;
  check_refused(scratch.run("track --thread 2"),
                "tautrack: there is no option --thread of track; did you mean --threads?");
  check_refused(scratch.run("track --ridge -1 --thread=2"), "did you mean --threads?");
  check_refused(scratch.run("track one.csv two.csv --no-bais"), "did you mean --no-bias?");
  check_refused(scratch.run("solve --Ridge_standardized"), "did you mean --ridge-standardised?");
  check_refused(scratch.run("batch --rnu x"),
                "there is no option --rnu of batch; did you mean --run?");
  check_refused(scratch.run("--verison"), "there is no option --verison; did you mean --version?");
  check_refused(scratch.run("trakc"), "there is no subcommand 'trakc'; did you mean 'track'?");
  const Run unlike = scratch.run("track --wander");
  check_refused(unlike, "there is no option --wander of track (see tautrack track --help)");
}

TEST_CASE("command lines that make no sense are refused") {
  const Scratch scratch;
  check_refused(scratch.run(""), "subcommand is required");
  check_refused(scratch.run("wander"), "'wander'");
  check_refused(scratch.run("track --wander"), "--wander");
  check_refused(scratch.run("track one.csv two.csv"), "two.csv");
  check_refused(scratch.run("track --target"), "--target");
}

TEST_CASE("options with unusable values are refused by name") {
  const Scratch scratch;
  for (const char* option : {"--ridge -1",        "--ridge nan",
                             "--ridge much",      "--ridge ''",
                             "--level 0",         "--level 1.5",
                             "--activation step", "--predictor crystal",
                             "--tolerance 0",     "--tolerance 1",
                             "--tolerance x",     "--max-steps 0",
                             "--max-steps 1e9",   "--max-steps 99999999999999999999",
                             "--threads 0",       "--threads two",
                             "--format xml",      "--format csv",
                             "--format svmlight", "--seed -1",
                             "--tau 0",           "--tau 1",
                             "--tau 0.5,",        "--tau 0.5,x",
                             "--tau nan",         "--target ''",
                             "--json ''",         "--csv ''",
                             "--plot picture",    "--plot picture.gif",
                             "--plot svg",        "--plot ''"}) {
    CAPTURE(option);
    const std::string text = option;
    check_refused(scratch.run("track " + text), text.substr(0, text.find(' ')) + ":");
  }
  check_refused(scratch.run("track ''"), "DATA.csv");
  CHECK(scratch.files().empty());
}

TEST_CASE("unusable data are refused with the name of the file") {
  const Scratch scratch;
  filesystem::create_directory(scratch / "folder.csv");
  scratch.write("empty.csv", "");
  scratch.write("header.csv", "a,b\n");
  scratch.write("words.csv", "a,b\nx,y\nz,y\n");
  scratch.write("ragged.csv", "a,b\n1,2\n3\n");
  scratch.write("nan.csv", "a,b\n1,2\nnan,3\n");
  scratch.write("infinite.csv", "a,b\n1,2\n3,inf\n");
  scratch.write("one_class.csv", "a,b\n1,x\n2,x\n");
  scratch.write("mixed.csv", "a,b\n1,2\n2,x\n");
  scratch.write("percent.csv", "a,b\n1,5%\n2,7%\n3,5%\n");
  scratch.write("commas.csv", "a;b\n1;0,5\n2;0.7\n");
  scratch.write("uneven.txt", "a b\n1 2\n3 4 5\n");
  scratch.write("units.csv", "a,b\n1,5 mg\n2,6 mg\n3,7 mg\n4,8 mg\n");
  for (const char* name : {"missing.csv", "folder.csv", "empty.csv", "header.csv", "words.csv",
                           "ragged.csv", "nan.csv", "infinite.csv", "one_class.csv", "mixed.csv",
                           "percent.csv", "commas.csv", "uneven.txt", "units.csv"}) {
    CAPTURE(name);
    check_refused(scratch.run(std::string("track --json result.json ") + name), name);
  }
  scratch.write("good.csv", "a,b\n1,0.5\n2,-0.5\n");
  check_refused(scratch.run("track good.csv --target q"), "'q'");
  check_refused(scratch.run("track good.csv --pattern-weights q"), "'q'");
  check_refused(scratch.run("track --positive q"), "'q'");
  CHECK(scratch.files().find("result.json") == std::string::npos);
}

TEST_CASE("columns may be separated by blanks, tabs or semicolons") {
  const Scratch scratch;
  const std::string data = two_folds_csv;
  scratch.write("commas.csv", data);
  const auto energies = [&](const char* file) {
    const Run run = scratch.run(std::string("track --json result.json ") + file);
    CAPTURE(run.errors);
    CHECK(run.status == 0);
    const Json json = Json::parse(contents(scratch / "result.json"));
    CHECK(json.at("problems").size() == 1);
    return json.at("problems").at(0).at("end").at("energy").get<double>();
  };
  const double expected = energies("commas.csv");
  for (const char separator : {' ', '\t', ';'}) {
    CAPTURE(separator);
    std::string text = data;
    std::replace(text.begin(), text.end(), ',', separator);
    scratch.write("data.txt", text);
    CHECK(energies("data.txt") == expected);
  }
}

TEST_CASE("outputs that cannot be written are refused and leave no trace") {
  const Scratch scratch;
  scratch.write("data.csv", two_folds_csv);
  scratch.write("old.json", "old");
  filesystem::create_directory(scratch / "folder");
  const std::string before = scratch.files();
  for (const char* file : {"folder", "missing/result.json", "data.csv/result.json", "/dev/full",
                           "/proc/result.json", "folder/"}) {
    CAPTURE(file);
    for (const char* option : {"--json ", "--csv "})
      check_refused(scratch.run("track data.csv --quiet " + std::string(option) + file + " "),
                    file);
    // A good file beside a bad one is not written either.
    check_refused(scratch.run("track data.csv --json old.json --csv " + std::string(file)), file);
  }
  if (::geteuid() != 0) {  // The superuser may write everywhere.
    ::chmod((scratch / "folder").c_str(), 0555);
    check_refused(scratch.run("track data.csv --json folder/result.json"), "folder/result.json");
    ::chmod((scratch / "old.json").c_str(), 0444);
    check_refused(scratch.run("track data.csv --json old.json"), "old.json");
  }
  // A limit on the size of files: the failure comes in the middle of the writing. It would strike the
  // counters of a coverage build too, so those go elsewhere.
  check_refused(
      scratch.run("track --json old.json", "",
                  "export GCOV_PREFIX=$PWD/../counters GCOV_ERROR_FILE=/dev/null; ulimit -f 1 &&"),
      "old.json");
  CHECK(contents(scratch / "old.json") == "old");
  CHECK(scratch.files() == before);
}

TEST_CASE("one file for two purposes is refused") {
  const Scratch scratch;
  scratch.write("data.csv", two_folds_csv);
  filesystem::create_symlink("data.csv", scratch / "link.csv");
  check_refused(scratch.run("track --json same --csv ./same"), "same file");
  check_refused(scratch.run("track --json - --csv /dev/stdout"), "same file");
  check_refused(scratch.run("track data.csv --csv data.csv"), "not overwritten");
  check_refused(scratch.run("track data.csv --csv link.csv"), "not overwritten");
  CHECK(contents(scratch / "data.csv") == two_folds_csv);
}

TEST_CASE("a standard output that takes nothing is an error, and no file is written") {
  const Scratch scratch;
  for (const char* arguments :
       {"track", "track --json -", "track --json result.json --csv result.csv", "--help",
        "--version"}) {
    CAPTURE(arguments);
    for (const char* output : {"/dev/full", "&-"}) {
      const Run run = scratch.run(arguments, output);
      CHECK(run.status == 2);
      CHECK(sentences(run.errors).size() == 1);
      CHECK(run.errors.find("standard output") != std::string::npos);
    }
  }
  CHECK(scratch.files().empty());
}

TEST_CASE("a failed write to a pipe does not end in a signal") {
  const Scratch scratch;
  const std::string command = "cd '" + (scratch / ".").string() + "' && { sleep 0.1; '" +
                              TAUTRACK_PROGRAM + "' track 2> errors; echo $? > status; } | true";
  REQUIRE(std::system(command.c_str()) == 0);
  CHECK(contents(scratch / "status") == "2\n");
  CHECK(contents(scratch / "errors").find("standard output") != std::string::npos);
}

TEST_CASE("existing files are replaced in place: links, permissions, devices") {
  const Scratch scratch;
  scratch.write("data.csv", two_folds_csv);
  scratch.write("real.json", "old");
  ::chmod((scratch / "real.json").c_str(), 0640);
  filesystem::create_symlink("real.json", scratch / "link.json");
  CHECK(scratch.run("track data.csv --json link.json --csv /dev/null").status == 0);
  CHECK(filesystem::is_symlink(scratch / "link.json"));
  CHECK(Json::accept(contents(scratch / "real.json")));
  CHECK(static_cast<int>(filesystem::status(scratch / "real.json").permissions()) == 0640);
  CHECK(filesystem::is_character_file("/dev/null"));
  CHECK(scratch.files() == "data.csv link.json real.json ");
}

TEST_CASE("--double-precision: said, and the same end of a network that has a copy otherwise") {
  const Scratch scratch;
  std::ostringstream rows;
  rows << "a,b,c,d,e,f,g,h,i,y\n";
  for (int i = 0; i < 1000; ++i) {
    double sum = 0.0;
    for (int j = 0; j < 9; ++j) {
      const double x = std::sin(1.0 + 0.7 * i + 2.3 * j * j + 0.01 * i * j);
      sum += x * (j % 2 == 0 ? 0.6 : -0.4);
      rows << x << ',';
    }
    rows << 0.9 * std::tanh(sum) << '\n';
  }
  scratch.write("data.csv", rows.str());
  const Json mixed = Json::parse(scratch.run("track data.csv --json -").output);
  const Run run = scratch.run("track data.csv --double-precision --json -");
  CHECK(run.status == 0);
  const Json all = Json::parse(run.output);
  const Json& one = mixed.at("problems").at(0);
  const Json& other = all.at("problems").at(0);
  CHECK(one.at("data").at("precision") == "mixed");
  CHECK(other.at("data").at("precision") == "double");
  CHECK(other.at("end").at("energy").get<double>() ==
        doctest::Approx(one.at("end").at("energy").get<double>()).epsilon(1e-12));
  CHECK(scratch.run("track data.csv --double-precision").output.find("double precision") !=
        std::string::npos);
}

TEST_CASE("the JSON of the iris data keeps the contract") {
  const Scratch scratch;
  const Run run = scratch.run("track --json -");
  CHECK(run.status == 0);
  const Json json = Json::parse(run.output);
  CHECK(json.at("tautrack").is_string());
  CHECK(json.at("command") == "track");
  REQUIRE(json.at("problems").size() == 3);
  const Json& problem = json.at("problems").at(0);
  CHECK(problem.at("name") == "setosa");

  const Json& data = problem.at("data");
  CHECK(data.at("patterns") == 150);
  CHECK(data.at("weights") == 5);
  CHECK(data.at("columns").size() == 5);
  CHECK(data.at("columns").back() == "(bias)");
  CHECK(data.at("activation") == "tanh");
  CHECK(data.at("ridge") == 0.0);
  CHECK(data.at("ridge_units") == "user");
  CHECK(data.at("precision") == "mixed");
  CHECK(data.at("rank") == 5);
  CHECK(data.at("dependent_columns").empty());
  CHECK(data.at("weights_are") == "unique");

  const Json& path = problem.at("path");
  CHECK(path.at("status") == "reached_target");
  CHECK(path.at("message").is_string());
  CHECK(path.at("folds").empty());
  CHECK(path.at("branch_points").empty());
  for (const char* field : {"steps", "rejected", "factorisations", "passes_over_data", "seconds"})
    CHECK(path.at("work").at(field).is_number());
  for (const Json& point : path.at("points")) {
    CHECK(point.at("weights").size() == 5);
    CHECK(point.at("energy").is_number());
    CHECK(point.at("morse_index") == 0);
    CHECK(point.at("kind").is_string());
    CHECK(point.at("folds_before") == 0);
  }
  CHECK(path.at("points").front().at("tau") == 0.0);
  CHECK(path.at("points").front().at("kind") == "start");
  CHECK(path.at("points").back().at("tau") == 1.0);

  const Json& end = problem.at("end");
  CHECK(end.at("tau") == 1.0);
  CHECK(end.at("energy").get<double>() == doctest::Approx(0.37275652788698).epsilon(1e-12));
  CHECK(end.at("weights") == path.at("points").back().at("weights"));
  CHECK(end.at("gradient_norm") < 1e-12);
  CHECK(end.at("eigenvalues").size() == 5);
  CHECK(end.at("morse_index") == 0);
  CHECK(end.at("status") == "converged");
  CHECK(problem.at("infinity").is_null());
}

TEST_CASE("folds are reported with their evidence") {
  const Scratch scratch;
  scratch.write("data.csv", two_folds_csv);
  const Run run = scratch.run("track data.csv --no-bias --json -");
  CHECK(run.status == 0);
  const Json json = Json::parse(run.output);
  const Json& folds = json.at("problems").at(0).at("path").at("folds");
  REQUIRE(folds.size() == 2);
  CHECK(folds[0].at("tau").get<double>() == doctest::Approx(0.97956091765786087).epsilon(1e-12));
  CHECK(folds[0].at("weights")[0].get<double>() ==
        doctest::Approx(1.0613985638348279e-3).epsilon(1e-9));
  CHECK(folds[1].at("tau").get<double>() == doctest::Approx(0.87783991217849262).epsilon(1e-12));
  CHECK(folds[0].at("index_before") == 0);
  CHECK(folds[0].at("index_after") == 1);
  CHECK(folds[0].at("curvature_sign") == -1);
  CHECK(folds[1].at("curvature_sign") == 1);
  CHECK(folds[0].at("folds_before") == 0);
  CHECK(folds[1].at("folds_before") == 1);
  const Json& points = json.at("problems").at(0).at("path").at("points");
  for (std::size_t k = 1; k < points.size(); ++k) {
    CHECK(points[k].at("folds_before") >= points[k - 1].at("folds_before"));
    const bool grows = points[k].at("tau") > points[k - 1].at("tau");
    CHECK(grows == (points[k].at("folds_before").get<int>() % 2 == 0));
  }
  CHECK(points.back().at("folds_before") == 2);
  for (const Json& fold : folds) {
    CHECK(fold.at("tangent").size() == 1);
    CHECK(fold.at("tau_error") < 1e-9);
    CHECK(fold.at("energy").is_number());
  }
  CHECK(scratch.run("track data.csv --no-bias").output.find("0.97956091765786") !=
        std::string::npos);
}

TEST_CASE("infinite weights give status 1 and their limit") {
  const Scratch scratch;
  scratch.write("data.csv", infinite_csv);
  const Run run = scratch.run("track data.csv --no-bias --quiet --json -");
  CHECK(run.status == 1);
  CHECK(run.errors.empty());
  const Json json = Json::parse(run.output);
  const Json& problem = json.at("problems").at(0);
  CHECK(problem.at("path").at("status") == "infinite_weights");
  CHECK(problem.at("end").is_null());
  const Json& infinity = problem.at("infinity");
  CHECK(infinity.at("energy").get<double>() == doctest::Approx(0.663818359375).epsilon(1e-9));
  CHECK(infinity.at("path_energy").get<double>() ==
        doctest::Approx(0.13321499504099402).epsilon(1e-4));
  CHECK(infinity.at("direction")[0].get<double>() == doctest::Approx(0.5659597610).epsilon(1e-3));
  CHECK(infinity.at("linear_rate").size() == 2);
  CHECK(infinity.at("signs") == Json::parse("[-1,1,-1,1,1]"));
  CHECK(infinity.at("growth").size() == 5);
  CHECK(infinity.at("growth")[0] == "linear");
  CHECK(infinity.at("delta").is_number());
  CHECK(infinity.contains("local_infimum"));
  CHECK(infinity.at("local_infimum_reason").is_string());

  const Run text = scratch.run("track data.csv --no-bias");
  CHECK(text.status == 1);
  CHECK(text.output.find("3 saturated high, 2 saturated low, 0 free") != std::string::npos);
}

TEST_CASE("a path that does not arrive gives status 1 and says so") {
  const Scratch scratch;
  const Run run = scratch.run("track --max-steps 1");
  CHECK(run.status == 1);
  CHECK(run.output.find("max_steps_reached") != std::string::npos);
}

TEST_CASE("an arrival whose Hessian has an eigenvalue without a sign gives status 1 and says so") {
  const Scratch scratch;
  scratch.write("data.csv", "a,b,y\n1,0,0.3\n0,1,0.99999999\n");
  const Run run = scratch.run("track data.csv --no-bias --json -");
  CHECK(run.status == 1);
  const auto problem = nlohmann::json::parse(run.output).at("problems").at(0);
  CHECK(problem.at("path").at("status") == "reached_target");
  CHECK(problem.at("end").at("status") == "degenerate");
  CHECK(problem.at("end").at("morse_index").is_null());
  // The same with a target that leaves the eigenvalue its sign.
  scratch.write("data.csv", "a,b,y\n1,0,0.3\n0,1,0.999\n");
  CHECK(scratch.run("track data.csv --no-bias").status == 0);
}

TEST_CASE("dependent columns are named and the weights are called minimum norm") {
  const Scratch scratch;
  scratch.write("data.csv", dependent_csv);
  const Run run = scratch.run("track data.csv --json result.json");
  CHECK(run.status == 0);
  CHECK(run.output.find("minimum-norm weights") != std::string::npos);
  CHECK(run.output.find("b = 2 a") != std::string::npos);
  const Json json = Json::parse(contents(scratch / "result.json"));
  REQUIRE(json.at("problems").size() == 1);
  CHECK(json.at("problems").at(0).at("name") == "yes");
  const Json& data = json.at("problems").at(0).at("data");
  CHECK(data.at("rank") == 2);
  CHECK(data.at("weights_are") == "minimum norm");
  REQUIRE(data.at("dependent_columns").size() == 1);
  CHECK(data.at("dependent_columns")[0].at("column") == "b");
  CHECK(data.at("dependent_columns")[0].at("on")[0].at("column") == "a");
  CHECK(data.at("dependent_columns")[0].at("on")[0].at("coefficient").get<double>() ==
        doctest::Approx(2.0).epsilon(1e-12));
}

TEST_CASE("the path as CSV has one row a point, with the numbers of the JSON") {
  const Scratch scratch;
  scratch.write("data.csv", "\"a,\"\"b\"\"\",y\n1,0.2\n-2,0.4\n3,-0.8\n");
  CHECK(scratch.run("track data.csv --csv path.csv --json path.json --tau 0.25,0.75").status == 0);
  const std::vector<std::string> rows = lines(contents(scratch / "path.csv"));
  const Json json = Json::parse(contents(scratch / "path.json"));
  const Json& points = json.at("problems").at(0).at("path").at("points");
  REQUIRE(rows.size() == points.size() + 1);
  CHECK(rows[0] == "problem,kind,tau,folds_before,energy,morse_index,\"a,\"\"b\"\"\",(bias)");
  int landings = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::istringstream row(rows[i + 1]);
    std::string field;
    std::getline(row, field, ',');
    CHECK(field == "y");
    std::getline(row, field, ',');
    CHECK(field == points[i].at("kind").get<std::string>());
    std::getline(row, field, ',');
    CHECK(std::stod(field) == points[i].at("tau").get<double>());
    if (points[i].at("kind") == "landing") ++landings;
    const std::string last = rows[i + 1].substr(rows[i + 1].rfind(',') + 1);
    CHECK(std::stod(last) == points[i].at("weights").back().get<double>());
  }
  CHECK(landings >= 2);
  for (const double tau : {0.25, 0.75})
    CHECK(std::any_of(points.begin(), points.end(),
                      [&](const Json& point) { return point.at("tau") == tau; }));
  CHECK(scratch.run("track data.csv --csv - --tau 0.25,0.75").output ==
        contents(scratch / "path.csv"));
  CHECK(scratch.files() == "data.csv path.csv path.json ");
}

TEST_CASE("the level of class targets follows the range of the activation") {
  const Scratch scratch;
  scratch.write("data.csv", "a,class\n0,no\n0,yes\n0,yes\n0,yes\n");
  // With the bias alone, u = atanh or logit of the mean target, and E is the variance term.
  const auto energy = [&](const std::string& options) {
    const Json json = Json::parse(scratch.run("track data.csv --json - " + options).output);
    return json.at("problems").at(0).at("end").at("energy").get<double>();
  };
  CHECK(energy("") == doctest::Approx(0.5 * 0.75 * 1.8 * 1.8).epsilon(1e-12));
  CHECK(energy("--level 0.5") == doctest::Approx(0.5 * 0.75).epsilon(1e-12));
  CHECK(energy("--activation logistic") == doctest::Approx(0.5 * 0.75 * 0.9 * 0.9).epsilon(1e-12));
  CHECK(energy("--positive no") == doctest::Approx(0.5 * 0.75 * 1.8 * 1.8).epsilon(1e-12));
}

TEST_CASE("the results do not depend on the number of threads") {
  const Scratch scratch;
  const auto result = [&](const std::string& options) {
    return without_seconds(scratch.run("track --json - " + options).output);
  };
  const Json expected = result("");
  CHECK(result("--threads 2") == expected);
  CHECK(result("--threads 64 --seed 7") == expected);
}

TEST_CASE("names of any kind survive: quotes, markup, shell and UTF-8") {
  const Scratch scratch;
  scratch.write("data.csv",
                "x_1^2,`touch pwned`,\"it's \"\"$(touch pwned)\"\"\",\xC3\xBC\\n,y\n"
                "1,2,0.5,1,a_b\n2,-1,0.25,2,'<&>'\n-1,0.5,3,1,'<&>'\n2,0,1,-1,a_b\n"
                "0,1,-1,2,\"tab\\t@x %s\"\n4,1,0,-2,\"tab\\t@x %s\"\n");
  const bool plots = has_gnuplot();
  const Run run = scratch.run(std::string("track data.csv --json path.json") +
                              (plots ? " --plot path.svg" : ""));
  CAPTURE(run.errors);
  CHECK((run.status == 0 || run.status == 1));
  const Json json = Json::parse(contents(scratch / "path.json"));
  CHECK(json.at("problems").at(0).at("data").at("columns").at(3) == "\xC3\xBC\\n");
  CHECK(json.at("problems").at(0).at("name") == "'<&>'");
  CHECK_FALSE(filesystem::exists(scratch / "pwned"));
  if (plots) {
    const std::string picture = contents(scratch / "path.svg");
    CHECK(picture.find("x_1^2") != std::string::npos);
    CHECK(picture.find("`touch pwned`") != std::string::npos);
  }
}

TEST_CASE("pictures are what their ending says") {
  if (!has_gnuplot()) {
    MESSAGE("gnuplot is not installed, so --plot is not tested");
    return;
  }
  const Scratch scratch;
  scratch.write("data.csv", two_folds_csv);
  const Run svg = scratch.run("track data.csv --no-bias --plot path.svg");
  CAPTURE(svg.errors);
  CHECK(svg.status == 0);
  CHECK(svg.errors.empty());
  CHECK(contents(scratch / "path.svg").starts_with("<?xml"));
  CHECK(contents(scratch / "path.svg").find("2 folds") != std::string::npos);
  CHECK(contents(scratch / "path.svg")
            .find("<title>Natural homotopy from the linear network (tau = 0) to the tanh network "
                  "(tau = 1): data.csv</title>") != std::string::npos);
  CHECK(contents(scratch / "path.svg").find("Circles: folds.") != std::string::npos);
  scratch.write("straight.csv", "x,y\n-1,-0.5\n0.5,0.25\n2,0.75\n");
  CHECK(scratch.run("track straight.csv --no-bias --plot straight.svg").status == 0);
  CHECK(contents(scratch / "straight.svg").find("Circles: folds.") == std::string::npos);
  filesystem::remove(scratch / "straight.csv");
  filesystem::remove(scratch / "straight.svg");
  CHECK(scratch.run("track data.csv --plot path.PNG").status == 0);
  CHECK(contents(scratch / "path.PNG").starts_with("\x89PNG"));
  CHECK(scratch.run("track data.csv --plot path.pdf").status == 0);
  CHECK(contents(scratch / "path.pdf").starts_with("%PDF"));
  CHECK(scratch.files() == "data.csv path.PNG path.pdf path.svg ");
}

TEST_CASE("a missing gnuplot is said before anything is computed") {
  const Scratch scratch;
  check_refused(scratch.run("track --plot path.svg", "", "PATH=/nonexistent"),
                "--plot needs gnuplot (Debian package gnuplot-nox)");
  CHECK(scratch.files().empty());
}

namespace {

/// The same numbers as two_folds_csv, without a bias when --no-bias is set.
constexpr const char* two_folds_svm =
    "-0.09375 1:-48\n-0.890625 1:-64\n-0.453125 1:-960\n0.125 1:3\n0.90625 1:31\n"
    "-0.265625 1:28\n-0.671875 1:-100\n";

}  // namespace

TEST_CASE("sparse data are read by the ending of their name or by --format, as the same problem") {
  const Scratch scratch;
  scratch.write("data.csv", two_folds_csv);
  for (const char* name : {"data.svm", "data.svmlight", "data.libsvm", "data.txt"})
    scratch.write(name, two_folds_svm);
  const Json truth = Json::parse(scratch.run("track data.csv --json -").output)["problems"][0];
  for (const char* arguments :
       {"data.svm", "data.svmlight", "data.libsvm", "data.txt --format svmlight"}) {
    CAPTURE(arguments);
    const Run run = scratch.run("track --json - " + std::string(arguments));
    CHECK(run.status == 0);
    const Json problem = Json::parse(run.output)["problems"][0];
    CHECK(problem["data"]["columns"] == Json({"x1", "(bias)"}));
    CHECK(problem["data"]["method"] == "dense");
    CHECK(problem["data"]["zero_columns"].is_null());
    CHECK(problem["path"]["folds"] == truth["path"]["folds"]);
    CHECK(problem["end"] == truth["end"]);
  }
  check_refused(scratch.run("track data.csv --format svmlight"), "data.csv:1: token 1");
  // The option overrules the name: as a table it has two columns, of which the second holds labels.
  check_says(scratch.run("track data.svm --format csv --classes").output, {"1:-64", "1:3"});
}

TEST_CASE("a matrix-free run has the path of a dense one and says what it does not know") {
  const Scratch scratch;
  scratch.write("data.svm", two_folds_svm);
  const Json dense = Json::parse(scratch.run("track data.svm --json -").output)["problems"][0];
  const Run run = scratch.run("track data.svm --matrix-free --json - --csv path.csv");
  CHECK(run.status == 0);
  const Json problem = Json::parse(run.output)["problems"][0];
  CHECK(problem["data"]["method"] == "matrix-free");
  CHECK(problem["data"]["rank"].is_null());
  CHECK(problem["data"]["zero_columns"] == 0);
  CHECK(problem["data"]["weights_are"] == "not examined");
  CHECK(problem["data"]["columns"] == Json({"x1", "(bias)"}));
  REQUIRE(problem["path"]["folds"].size() == dense["path"]["folds"].size());
  for (std::size_t i = 0; i < problem["path"]["folds"].size(); ++i)
    CHECK(problem["path"]["folds"][i]["tau"].get<double>() ==
          doctest::Approx(dense["path"]["folds"][i]["tau"].get<double>()).epsilon(1e-11));
  for (std::size_t j = 0; j < 2; ++j)
    CHECK(problem["end"]["weights"][j].get<double>() ==
          doctest::Approx(dense["end"]["weights"][j].get<double>()).epsilon(1e-9));
  CHECK(problem["end"]["status"] == "unclassified");
  CHECK(problem["end"]["morse_index"].is_null());
  CHECK(problem["end"]["eigenvalues"].empty());
  CHECK(problem["end"]["nearest_eigenvalue"].is_number());
  CHECK(problem["end"]["lowest_eigenvalue"].is_number());
  CHECK(problem["path"]["work"]["krylov_iterations"].get<long>() > 0);
  CHECK(dense["path"]["work"]["krylov_iterations"] == 0);
  CHECK(lines(contents(scratch / "path.csv"))[0] ==
        "problem,kind,tau,folds_before,energy,morse_index,x1,(bias)");
  const Run text = scratch.run("track data.svm --matrix-free --verbose");
  CHECK(text.status == 0);
  check_says(text.output, {"matrix-free", "unclassified", "Krylov iterations", "not looked for"});
}

TEST_CASE("tables may be tracked matrix-free, too") {
  const Scratch scratch;
  const Run run = scratch.run("track --matrix-free --json -");
  CHECK(run.status == 0);
  const Json json = Json::parse(run.output);
  const Json dense = Json::parse(scratch.run("track --json -").output);
  REQUIRE(json["problems"].size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const Json& problem = json["problems"][i];
    CHECK(problem["name"] == dense["problems"][i]["name"]);
    CHECK(problem["data"]["columns"] == dense["problems"][i]["data"]["columns"]);
    CHECK(problem["end"]["energy"].get<double>() ==
          doctest::Approx(dense["problems"][i]["end"]["energy"].get<double>()).epsilon(1e-10));
  }
}

TEST_CASE("classes of sparse data, and a column of zeros") {
  const Scratch scratch;
  scratch.write("classes.svm",
                "1 1:1 4:2\n2 1:0.5 2:1\n1 2:-1 4:1\n2 1:-1\n3 4:-2\n3 2:0.3 4:1\n2 1:2\n1 2:2\n");
  const Run run = scratch.run("track classes.svm --classes --matrix-free --ridge 0.1 --json -");
  CHECK(run.status == 0);
  const Json json = Json::parse(run.output);
  REQUIRE(json["problems"].size() == 3);
  CHECK(json["problems"][1]["name"] == "2");
  CHECK(json["problems"][0]["data"]["weights"] == 5);
  CHECK(json["problems"][0]["data"]["zero_columns"] == 1);
  CHECK(json["problems"][0]["end"]["weights"][2] == 0.0);
  const Json one = Json::parse(
      scratch.run("track classes.svm --classes --positive 3 --ridge 0.1 --json -").output);
  REQUIRE(one["problems"].size() == 1);
  CHECK(one["problems"][0]["name"] == "3");
  CHECK(scratch.run("track classes.svm --classes --matrix-free --ridge 0.1")
            .output.find("1 column of zeros") != std::string::npos);
}

TEST_CASE("more than 1000 weights are tracked matrix-free, and their names are not listed") {
  const Scratch scratch;
  std::string text;
  for (int i = 0; i < 3000; ++i)
    text += std::to_string(0.8 * std::sin(i)) + ' ' + std::to_string(1 + i % 1200) + ":" +
            std::to_string(1.0 + 0.3 * std::cos(i)) + ' ' + std::to_string(1201 + i % 7) + ":0.5\n";
  scratch.write("large.svm", text);
  const Run run = scratch.run("track large.svm --quiet --ridge 0.01 --json -");
  CHECK(run.status == 0);
  const Json problem = Json::parse(run.output)["problems"][0];
  CHECK(problem["data"]["weights"] == 1208);
  CHECK(problem["data"]["method"] == "matrix-free");
  CHECK(problem["data"]["columns"].is_null());
  CHECK(problem["end"]["weights"].size() == 1208);
}

TEST_CASE("options that make no sense for sparse data or without matrices are refused") {
  const Scratch scratch;
  scratch.write("data.svm", two_folds_svm);
  check_refused(scratch.run("track data.svm --target y"), "--target: 'data.svm' is sparse data");
  check_refused(scratch.run("track data.svm --pattern-weights w"),
                "--pattern-weights: 'data.svm' is sparse data");
  check_refused(scratch.run("track data.svm --positive 1"), "no positive class '1'");
  if (has_gnuplot())
    check_refused(scratch.run("track data.svm --matrix-free --plot path.svg"),
                  "--plot: pictures are not made of data that are tracked matrix-free");
  CHECK(scratch.files() == "data.svm ");
}

TEST_CASE("track --certify unique says how far the path is the only one") {
  const Scratch scratch;
  scratch.write("folds.csv", two_folds_csv);
  scratch.write("surface.csv", "x1,x2,y\n2,0.3,0.3\n-0.4,1.8,0.2\n1,1.2,0.15\n");
  for (const char* arguments : {"folds.csv --no-bias", "surface.csv --no-bias", ""}) {
    CAPTURE(arguments);
    const std::string command = "track --certify unique " + std::string(arguments);
    const Run run = scratch.run(command + " --json -");
    CHECK(run.status == 0);
    const Json json = Json::parse(run.output);
    for (const Json& problem : json.at("problems")) {
      const Json& certificate = problem.at("certificate");
      CHECK(certificate.at("kind") == "unique");
      const double until = certificate.at("until");
      CHECK(until >= 0.0);
      CHECK(until <= 1.0);
      CHECK(certificate.at("whole").get<bool>() == (until == 1.0));
      CHECK(certificate.at("message").is_string());
      for (const Json& fold : problem.at("path").at("folds"))
        CHECK(fold.at("tau").get<double>() > until);
    }
    const Run text = scratch.run(command);
    CHECK(text.status == 0);
    CHECK(text.output.find("  unique ") != std::string::npos);
    check_page(text.output);
  }
  CHECK_FALSE(
      Json::parse(scratch.run("track --json -").output)["problems"][0].contains("certificate"));
  check_refused(scratch.run("track --certify all"),
                "--certify: 'all' is no certificate that is known: unique, path");
  check_refused(scratch.run("track --certify ''"), "--certify:");
  check_refused(scratch.run("track folds.csv --matrix-free --certify unique"), "--certify:");
}

TEST_CASE("track --certify path proves that the end is connected to the linear fit") {
  const Scratch scratch;
  scratch.write("folds.csv", two_folds_csv);
  scratch.write("infinite.csv", infinite_csv);
  const Run run = scratch.run("track --certify unique,path folds.csv --no-bias --json -");
  const Json problem = Json::parse(run.output).at("problems")[0];
  CHECK(problem.contains("certificate"));
  const Json& certificate = problem.at("path_certificate");
  if (!tautrack::Certifier::available()) {
    CHECK(run.status == 1);
    CHECK_FALSE(certificate.at("certified").get<bool>());
    return;
  }
  CHECK(run.status == 0);
  CHECK(certificate.at("certified").get<bool>());
  CHECK(certificate.at("folds") == problem.at("path").at("folds").size());
  CHECK(certificate.at("reason") == "");
  CHECK(certificate.at("pieces").back().at("to").get<double>() > 1.0);
  const Run text = scratch.run("track --certify path folds.csv --no-bias");
  CHECK(text.status == 0);
  CHECK(text.output.find("  certified ") != std::string::npos);
  check_page(text.output);

  // Without an end there is nothing to be certified, and the exit status says so.
  const Run infinite = scratch.run("track --certify path infinite.csv --no-bias");
  CHECK(infinite.status == 1);
  CHECK(infinite.output.find("not certified") != std::string::npos);
  CHECK(infinite.output.find("the record has no end") != std::string::npos);
  CHECK_FALSE(Json::parse(scratch.run("track --json - folds.csv").output)["problems"][0].contains(
      "path_certificate"));
  check_refused(scratch.run("track folds.csv --matrix-free --certify path"), "--certify:");
  check_refused(scratch.run("track folds.csv --certify path,"),
                "--certify: '' is no certificate that is known: unique, path");
}

TEST_CASE("matrix-free: infinite weights are not recognised, a degenerate end is said to be one") {
  const Scratch scratch;
  scratch.write("infinite.csv", infinite_csv);
  const Run infinite = scratch.run("track infinite.csv --no-bias --matrix-free");
  CHECK(infinite.status == 1);
  CHECK(on_one_line(infinite.output)
            .find("infinite weights are not recognised in matrix-free mode") != std::string::npos);
  scratch.write("dependent.csv", dependent_csv);
  const Run dependent = scratch.run("track dependent.csv --matrix-free --json -");
  CHECK(dependent.status == 1);
  CHECK(Json::parse(dependent.output)["problems"][0]["end"]["status"] == "degenerate");
}
