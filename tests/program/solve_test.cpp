#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tautrack/certify/certificate.hpp"

#include "support/program.hpp"

namespace {

using namespace tautrack::support;

/// Two columns of two scales; without a bias, minima and saddles (reference s2_auer_k2).
constexpr const char* many_csv =
    "x1,x2,y\n"
    "0.5,0,0.45\n10,0,0.55\n0,0.4,0.5\n0,12,0.58\n";

}  // namespace

TEST_CASE("solve --help fits the page, has all options and says what the exit status means") {
  const Scratch scratch;
  const std::string help = check_help(scratch, "solve", shared_options);
  check_says(
      help,
      {"--seconds", "--rounds", "--max-curves", "--max-points", "--max-steps", "--no-certify",
       "--descents", "--exhaustive", "--no-exhaustive", "--box", "--search-seconds", "--graph",
       "--infinity-seconds", "--global-seconds", "--global-nodes"},
      "  ");
}

TEST_CASE("that the best fit is the best is proven by a lower bound where no list does") {
  const Scratch scratch;
  scratch.write("data.csv", many_csv);
  const auto solve = [&](const std::string& options) {
    return scratch.run("solve data.csv --no-bias --seconds 300 " + options);
  };
  const Json by_list = Json::parse(solve("--json -").output)["problems"][0];
  const double energy = by_list["stationary_points"][0]["energy"];
  CHECK(by_list["bound"].is_null());
  CHECK(by_list["global_bound"] == energy);
  const Json by_bound =
      Json::parse(solve("--no-exhaustive --global-seconds 200 --json -").output)["problems"][0];
  CHECK(by_bound["completeness"]["level"] == "index-consistent");
  CHECK(by_bound["global"]["proven"] == tautrack::Certifier::available());
  CHECK(by_bound["bound"]["is_global"] == tautrack::Certifier::available());
  if (tautrack::Certifier::available()) CHECK(by_bound["global_bound"] == energy);
  CHECK(by_bound["bound"]["energy"].get<double>() <= energy * (1.0 + 1e-13));
  CHECK(by_bound["bound"]["energy"].get<double>() >= energy * (1.0 - 1e-5));
  // Without certificates no minimum is known to exist, but the bound is one.
  const Run text = solve("--no-exhaustive --no-certify --verbose");
  check_says(on_one_line(text.output),
             {"lower bound no weights have E < ", "proven", "bound it is reached to 1e-06 of it"});
  check_page(text.output);
  check_refused(solve("--global-seconds 0"), "--global-seconds");
}

TEST_CASE("the JSON of solve keeps the contract") {
  const Scratch scratch;
  scratch.write("data.csv", many_csv);
  const Run run = scratch.run("solve data.csv --no-bias --graph --search-seconds 0.2 --json -");
  CAPTURE(run.errors);
  CHECK(run.status == 0);
  const Json json = Json::parse(run.output);
  CHECK(json.at("tautrack").is_string());
  CHECK(json.at("command") == "solve");
  CHECK(json.at("source") == "data.csv");
  CHECK(json.at("options").at("seed") == 0);
  REQUIRE(json.at("problems").size() == 1);
  const Json& problem = json.at("problems")[0];
  CHECK(problem.at("name") == "y");
  CHECK(problem.at("data").at("patterns") == 4);
  CHECK(problem.at("data").at("columns") == Json({"x1", "x2"}));
  CHECK(problem.at("path").at("points").size() >= 2);
  CHECK(problem.at("end").at("tau") == 1.0);
  CHECK(problem.at("infinity").is_null());

  // E is a sum of a function of each weight, each with two minima and a maximum between them.
  const Json& points = problem.at("stationary_points");
  REQUIRE(points.size() == 9);
  double energy = 0.0;
  int index_sum = 0, minima = 0;
  for (const Json& point : points) {
    CHECK(point.at("weights").size() == 2);
    CHECK(point.at("energy") >= energy);
    energy = point.at("energy");
    REQUIRE(point.at("eigenvalues").size() == 2);
    CHECK(point.at("eigenvalues")[0] <= point.at("eigenvalues")[1]);
    const int morse_index = point.at("morse_index");
    index_sum += morse_index % 2 == 0 ? 1 : -1;
    CHECK(point.at("kind") == (morse_index == 0   ? "minimum"
                               : morse_index == 1 ? "saddle"
                                                  : "maximum"));
    minima += morse_index == 0 ? 1 : 0;
    CHECK((point.at("status") == "certified" || point.at("status") == "converged"));
    CHECK((point.at("radius").is_null() || point.at("radius") < 1e-6));
    CHECK(point.at("found_by").is_string());
    CHECK(point.at("reason").is_string());
  }
  CHECK(minima == 4);
  CHECK(points[0].at("kind") == "minimum");
  CHECK(problem.at("at_infinity").is_array());

  const Json& completeness = problem.at("completeness");
  CHECK((completeness.at("level") == "index-consistent" ||
         completeness.at("level") == "complete-in-box" || completeness.at("level") == "complete"));
  CHECK(completeness.at("index_sum") == index_sum);
  CHECK(completeness.at("expected_index_sum") == 1);
  CHECK(completeness.at("message").is_string());
  CHECK(problem.at("global_minimum") == 0);
  CHECK(problem.at("global").at("proven").is_boolean());
  CHECK(problem.at("global").at("at_infinity") == false);
  CHECK(problem.at("global").at("message").is_string());
  CHECK((problem.at("unique").at("answer") == "no" ||
         problem.at("unique").at("answer") == "unknown"));
  CHECK(problem.at("unique").at("why").is_string());
  CHECK(problem.at("unresolved").empty());

  const Json& exploration = problem.at("exploration");
  CHECK(exploration.at("end") == "quiet");
  for (const char* field :
       {"rounds", "curves", "failed_curves", "spurious", "steps", "descents", "seconds"})
    CHECK(exploration.at(field).is_number());
  CHECK(problem.at("search").at("region").contains("low"));
  CHECK(problem.at("search").at("finished").is_boolean());

  const Json& graph = problem.at("graph");
  REQUIRE(graph.at("links").size() == exploration.at("links").get<std::size_t>());
  CHECK(graph.at("escapes").size() == exploration.at("escapes").get<std::size_t>());
  for (const Json& link : graph.at("links")) {
    CHECK(link.at("kind").is_string());
    for (const char* end : {"from", "to"})
      CHECK((link.at(end).is_null() || link.at(end) < points.size()));
  }
  CHECK_FALSE(problem_of(scratch.run("solve data.csv --no-bias --no-exhaustive --json -"))
                  .contains("graph"));
  CHECK(scratch.files() == "data.csv ");
}

TEST_CASE("without a data file the iris data are solved; the text has the verdict first") {
  const Scratch scratch;
  const Run run = scratch.run("solve --quiet --max-curves 20 --seconds 600 --global-nodes 16");
  CAPTURE(run.output);
  CHECK((run.status == 0 || run.status == 1));
  CHECK(run.errors.empty());
  check_says(run.output,
             {"setosa", "versicolor", "virginica", "E = 0.3727565278869", "unique",
              "petal_width_cm", "natural path", "heuristic", "150 rows are 149 patterns"});
  CHECK(lines(run.output)[6].starts_with("  answer "));
  check_page(run.output);
  const Run one = scratch.run("solve --positive setosa");
  CHECK(one.status == 0);
  check_says(one.output, {"best fit        E = 0.3727565278869", "unique          no: 4 minima"});
  CHECK(scratch.files().empty());
}

TEST_CASE("a long list of points is cut in the text, and whole in the CSV") {
  const Scratch scratch;
  std::string text = "x1,x2,x3,y\n";
  for (int axis = 0; axis < 3; ++axis)
    for (const char* value : {"0.5", "10"})
      for (int column = 0; column < 4; ++column)
        text += std::string(column == axis ? value
                            : column == 3  ? "0.5"
                                           : "0") +
                (column == 3 ? "\n" : ",");
  scratch.write("data.csv", text);
  const Run run = scratch.run(
      "solve data.csv --no-bias --points points.csv --json points.json --graph --verbose");
  CHECK(run.status == 0);
  CHECK(run.output.find("8 minima, 18 saddles (12 of index 1, 6 of index 2), 1 maximum") !=
        std::string::npos);
  CHECK(run.output.find("and 17 more") != std::string::npos);
  CHECK(run.output.find("links between points") != std::string::npos);

  const Json points =
      Json::parse(contents(scratch / "points.json")).at("problems")[0].at("stationary_points");
  const std::vector<std::string> rows = lines(contents(scratch / "points.csv"));
  REQUIRE(points.size() == 27);
  REQUIRE(rows.size() == 28);
  CHECK(rows[0] == "problem,number,energy,kind,morse_index,status,radius,found_by,x1,x2,x3");
  for (std::size_t i = 0; i < points.size(); ++i) {
    const std::vector<std::string> row = fields(rows[i + 1]);
    REQUIRE(row.size() == 11);
    CHECK(row[0] == "y");
    CHECK(row[1] == std::to_string(i + 1));
    CHECK(std::stod(row[2]) == points[i].at("energy").get<double>());
    CHECK(row[3] == points[i].at("kind").get<std::string>());
    CHECK(row[4] == std::to_string(points[i].at("morse_index").get<int>()));
    CHECK(row[5] == points[i].at("status").get<std::string>());
    CHECK(row[6].empty() == points[i].at("radius").is_null());
    CHECK(row[7] == points[i].at("found_by").get<std::string>());
    for (std::size_t column = 0; column < 3; ++column)
      CHECK(std::stod(row[8 + column]) == points[i].at("weights")[column].get<double>());
  }
}

TEST_CASE("a search that is cut off keeps what it has, with status 1, and says so") {
  const Scratch scratch;
  for (const char* limit : {"--seconds 1e-9", "--max-curves 1", "--max-points 1"}) {
    CAPTURE(limit);
    const std::string options = "solve --positive setosa --global-nodes 16 " + std::string(limit);
    const Run run = scratch.run(options + " --json -");
    CHECK(run.status == 1);
    const Json problem = problem_of(run);
    CHECK(problem.at("completeness").at("level") == "heuristic");
    CHECK(problem.at("exploration").at("end") == "budget");
    CHECK(problem.at("stationary_points").size() >= 1);
    CHECK(problem.at("unresolved").size() >= 1);
    const Run text = scratch.run(options);
    CHECK(text.status == 1);
    CHECK(text.output.find("unresolved") != std::string::npos);
    const std::string option(limit, std::string(limit).find(' '));
    CHECK(text.output.find(option) != std::string::npos);
  }
}

TEST_CASE("an infimum at infinity gives status 1") {
  const Scratch scratch;
  scratch.write("data.csv", infinite_csv);
  const Run run = scratch.run("solve data.csv --no-bias --no-exhaustive --json -");
  CHECK(run.status == 1);
  const Json problem = problem_of(run);
  CHECK(problem.at("end").is_null());
  CHECK(problem.at("infinity").at("signs") == Json::parse("[-1,1,-1,1,1]"));
  CHECK(problem.at("completeness").at("expected_index_sum").is_null());
  CHECK(problem.at("global_minimum").is_null());
  CHECK(problem.at("unresolved").size() >= 1);
  const Run text = scratch.run("solve data.csv --no-bias --no-exhaustive");
  CHECK(text.status == 1);
  CHECK(text.output.find("--ridge") != std::string::npos);
  CHECK(scratch.run("solve data.csv --no-bias --no-exhaustive --ridge 0.1").status == 0);
}

TEST_CASE("an exhaustive search is made where it is asked for, in the box that is asked for") {
  const Scratch scratch;
  scratch.write("data.csv", two_folds_csv);
  const auto search = [&](const std::string& options) {
    return problem_of(scratch.run("solve data.csv --json - " + options)).at("search");
  };
  CHECK(search("--no-bias --search-seconds 0.2").is_object());
  CHECK(search("--no-bias --no-exhaustive").is_null());
  CHECK(search("--no-exhaustive").is_null());
  CHECK(search("--exhaustive --search-seconds 0.2").is_object());
  const Run box =
      scratch.run("solve data.csv --no-bias --box -0.5,0.25 --search-seconds 2 --json -");
  const Json json = Json::parse(box.output);
  CHECK(json.at("options").at("exhaustive") == true);
  CHECK(json.at("options").at("box") == "-0.5,0.25");
  const Json found = json.at("problems")[0].at("search");
  CHECK(box.status == (found.at("finished") == true ? 0 : 1));
  if (found.at("finished") == true) {
    CHECK(found.at("region").at("low") == Json({-0.5}));
    CHECK(found.at("region").at("high") == Json({0.25}));
  }
}

TEST_CASE("options of solve with unusable values are refused by name") {
  const Scratch scratch;
  for (const char* option : {"--seconds 0",
                             "--seconds -1",
                             "--seconds nan",
                             "--seconds soon",
                             "--rounds 0",
                             "--rounds many",
                             "--descents -1",
                             "--max-curves 0",
                             "--max-points 0",
                             "--max-steps 0",
                             "--seed -1",
                             "--threads 0",
                             "--box 1",
                             "--box 1,2,3",
                             "--box 2,1",
                             "--box 1,1",
                             "--box 1,x",
                             "--box 1:2,3",
                             "--box 1:2:3",
                             "--box nan,1",
                             "--box 1:2,",
                             "--infinity-seconds 0",
                             "--box ''",
                             "--box -inf,inf",
                             "--search-seconds x",
                             "--ridge -1",
                             "--level 0",
                             "--activation step",
                             "--plot fits.gif",
                             "--json ''"}) {
    CAPTURE(option);
    const std::string text = option;
    check_refused(scratch.run("solve " + text), text.substr(0, text.find(' ')) + ":");
  }
  check_refused(scratch.run("solve --box 0:1,0:1"),
                "--box: 2 intervals but the data have 5 weights to fit, the bias included");
  check_refused(scratch.run("solve --exhaustive --no-exhaustive"), "--no-exhaustive");
  check_refused(scratch.run("solve --box 0,1 --no-exhaustive"), "--no-exhaustive");
  check_refused(scratch.run("solve --wander"), "see tautrack solve --help");
  check_refused(scratch.run("track --rounds 3"), "see tautrack track --help");
  check_refused(scratch.run("solve --matrix-free"), "--matrix-free");
  CHECK(scratch.files().empty());
}

TEST_CASE("unusable data and outputs are refused by solve, and no file is touched") {
  const Scratch scratch;
  scratch.write("data.csv", two_folds_csv);
  scratch.write("ragged.csv", "a,b\n1,2\n3\n");
  scratch.write("old.json", "old");
  const std::string before = scratch.files();
  check_refused(scratch.run("solve missing.csv --json old.json"), "missing.csv");
  check_refused(scratch.run("solve ragged.csv --json old.json"), "ragged.csv");
  check_refused(scratch.run("solve data.csv --json old.json --csv missing/points.csv"),
                "missing/points.csv");
  check_refused(scratch.run("solve data.csv --json old.json --csv ./old.json"), "same file");
  check_refused(scratch.run("solve data.csv --csv data.csv"), "not overwritten");
  check_refused(
      scratch.run("solve data.csv --no-bias --no-exhaustive --json old.json", "/dev/full"),
      "standard output");
  CHECK(contents(scratch / "old.json") == "old");
  CHECK(contents(scratch / "data.csv") == two_folds_csv);
  CHECK(scratch.files() == before);
}

TEST_CASE("sparse data are solved when they are small, and refused in a sentence when not") {
  const Scratch scratch;
  scratch.write("small.svm", "0.5 1:1\n-0.25 1:2 2:1\n0.125 2:-1\n");
  const Run run = scratch.run("solve small.svm --no-bias --no-exhaustive --json -");
  CHECK(run.status == 0);
  CHECK(problem_of(run).at("data").at("columns") == Json({"x1", "x2"}));
  std::string text;
  for (int i = 1; i <= 1200; ++i) text += "0.5 " + std::to_string(i) + ":1\n";
  scratch.write("large.svm", text);
  check_refused(scratch.run("solve large.svm --json result.json"), "'large.svm' has more than");
  CHECK(scratch.files() == "large.svm small.svm ");
}

TEST_CASE("the results of solve do not depend on the number of threads, but on the seed they may") {
  const Scratch scratch;
  scratch.write("data.csv", many_csv);
  const std::string options = "solve data.csv --no-bias --no-exhaustive --graph --json - ";
  const Json expected = without_seconds(scratch.run(options).output);
  CHECK(without_seconds(scratch.run(options + "--threads 2").output) == expected);
  CHECK(without_seconds(scratch.run(options).output) == expected);
  const Json other = without_seconds(scratch.run(options + "--seed 5").output);
  CHECK(other.at("options").at("seed") == 5);
  CHECK(other.at("problems")[0].at("stationary_points").size() ==
        expected.at("problems")[0].at("stationary_points").size());
}

TEST_CASE("Ctrl-C ends the search with what was found, and status 1") {
  const Scratch scratch;
  // A search that would go on for an hour, until its first word. Programs in the background of a
  // shell ignore SIGINT, so that `env` has to undo that.
  const std::string command =
      "cd '" + (scratch / ".").string() + "' || exit; env --default-signal=INT '" +
      TAUTRACK_PROGRAM +
      "' solve --positive virginica --rounds 1000000000 --seconds 3600 --json fits.json "
      "> text 2> progress & pid=$!; "
      "while kill -0 $pid && ! grep -qs news progress; do sleep 0.05; done; "
      "kill -INT $pid; wait $pid; echo $? > status";
  REQUIRE(std::system(command.c_str()) == 0);
  CHECK(contents(scratch / "status") == "1\n");
  CHECK(contents(scratch / "text").find("interrupted") != std::string::npos);
  const Json problem = Json::parse(contents(scratch / "fits.json")).at("problems").at(0);
  CHECK(problem.at("exploration").at("end") == "cancelled");
  CHECK(problem.at("stationary_points").size() >= 1);
  REQUIRE(problem.at("unresolved").size() >= 1);
  CHECK(problem.at("unresolved")[0].get<std::string>().starts_with("interrupted"));
}

TEST_CASE("a long search says on standard error how far it is, unless it is to be quiet") {
  const Scratch scratch;
  const std::string options = "solve --positive virginica --rounds 1000000000 --seconds ";
  const Run loud = scratch.run(options + "2.5");
  CHECK(loud.status == 1);
  REQUIRE_FALSE(lines(loud.errors).empty());
  for (const std::string& line : lines(loud.errors))
    CHECK(line.starts_with("tautrack: virginica: "));
  CHECK(lines(loud.errors).front().find("without news") != std::string::npos);
  CHECK(scratch.run(options + "1.5 --quiet").errors.empty());
}

TEST_CASE("pictures of solve are made for one, two and more weights") {
  if (!has_gnuplot()) {
    MESSAGE("gnuplot is not installed, so --plot is not tested");
    return;
  }
  const Scratch scratch;
  scratch.write("one.csv", two_folds_csv);
  const std::string many = many_csv;
  scratch.write("two.csv", "it's $(x),`y`_1^2,<a&b>" + many.substr(many.find('\n')));
  scratch.write("infinite.csv", infinite_csv);
  const auto plot = [&](const std::string& options) {
    const Run run = scratch.run("solve --quiet --no-exhaustive " + options + " --plot fits.svg");
    CAPTURE(options);
    CAPTURE(run.errors);
    CHECK((run.status == 0 || run.status == 1));
    CHECK(run.errors.empty());
    return contents(scratch / "fits.svg");
  };
  const std::string one = plot("one.csv --no-bias");
  CHECK(one.starts_with("<?xml"));
  CHECK(one.find("weight of x1") != std::string::npos);
  const std::string two = plot("two.csv --no-bias");
  CHECK(two.find("weight of it's $(x)") != std::string::npos);
  CHECK(two.find("weight of `y`_1^2") != std::string::npos);
  CHECK(two.find("9 stationary points, 4 minima") != std::string::npos);
  CHECK(plot("infinite.csv --no-bias").starts_with("<?xml"));
  // What is not there has no entry in the legend, and no panel.
  check_says(two, {">minimum<", ">saddle<", ">maximum<", ">steepest descent from a saddle<"});
  CHECK(one.find(">saddle<") == std::string::npos);
  CHECK(one.find("<title>Stationary points of the energy of a tanh perceptron: one.csv</title>") !=
        std::string::npos);
  const std::string limit = plot("infinite.csv");
  CHECK(limit.find("Morse index") == std::string::npos);
  CHECK(limit.find(">minimum<") == std::string::npos);
  CHECK(limit.find(">output at the limit<") != std::string::npos);
  CHECK(plot("--seconds 0.2 --infinity-seconds 0.2").find("versicolor") != std::string::npos);
  check_refused(scratch.run("solve --plot path.svg", "", "PATH=/nonexistent"),
                "--plot needs gnuplot");
}
