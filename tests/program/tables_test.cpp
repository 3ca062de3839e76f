#include <string>

#include <doctest/doctest.h>

#include "support/program.hpp"

namespace {

using namespace tautrack::support;

/// A plate as a spreadsheet writes it.
constexpr const char* plate_csv =
    "\xEF\xBB\xBFsep=;\r\nid;rep;Dosis, mg;A1;B1;\r\n1;1;0,1;-0,92;-0,8;\r\n2;1;1;-0,55;;\r\n"
    "3;1;10;0,05;0,1;\r\n\r\n4;2;100;0,61;0,5;\r\n5;2;1000;0,83;NA;\r\n;;;;;\r\n";

constexpr const char* dose_csv =
    "dose,response\n-3,-0.92\n-2,-0.85\n-1,-0.55\n0,0.05\n1,0.61\n2,0.83\n3,0.95\n";

}  // namespace

TEST_CASE("the first lines of a report say how the table was read") {
  const Scratch scratch;
  scratch.write("plate.csv", plate_csv);
  const std::string options =
      " plate.csv --columns '\"Dosis, mg\"' --ignore id --log '\"Dosis, mg\"' --targets A1,B1 "
      "--missing drop";
  for (const std::string command : {"track", "solve --max-curves 20", "geometry --seconds 0.5"}) {
    CAPTURE(command);
    const Run run = scratch.run(command + options + " --quiet");
    CAPTURE(run.output);
    CHECK(run.status != 2);
    CHECK(run.errors.empty());
    check_page(run.output);
    CHECK(lines(run.output)[1] == "columns separated by semicolons, decimal commas");
    CHECK(lines(run.output)[2] ==
          "inputs: \"log10(Dosis, mg)\", (bias); targets: A1, B1; not used: id, rep");
    CHECK(lines(run.output)[3] == "left out, a cell is missing: 2 rows (lines 4, 8) of B1");
  }
  const Json report = Json::parse(scratch.run("track" + options + " --json -").output);
  REQUIRE(report.at("problems").size() == 2);
  const Json& first = report.at("problems")[0].at("data");
  CHECK(first.at("separator") == "semicolon");
  CHECK(first.at("decimal") == "comma");
  CHECK(first.at("target") == "A1");
  CHECK(first.at("unused") == Json{"id", "rep"});
  CHECK(first.at("patterns") == 5);
  CHECK(first.at("dropped") == Json::parse(R"({"rows": 0, "lines": []})"));
  const Json& second = report.at("problems")[1].at("data");
  CHECK(second.at("target") == "B1");
  CHECK(second.at("patterns") == 3);
  CHECK(second.at("dropped") == Json::parse(R"({"rows": 2, "lines": [4, 8]})"));
}

TEST_CASE("the data manifold of each target has the rows of that target") {
  const Scratch scratch;
  scratch.write("two.csv", "x,a,b\n1,0.1,\n2,0.3,0.2\n3,0.5,0.6\n-4,-0.3,-0.5\n");
  // Four rows bound the curvature, three of them do not.
  const std::string options = " --no-bias --columns x --missing drop --json - --quiet";
  const auto is_bounded = [&](const std::string& targets, std::size_t i) {
    const Run run = scratch.run("geometry two.csv" + targets + options);
    return Json::parse(run.output).at("problems")[i].at("geometry").at("supremum").at("bounded");
  };
  CHECK(is_bounded(" --target a --ignore b", 0) == true);
  CHECK(is_bounded(" --target b --ignore a", 0) == false);
  CHECK(is_bounded(" --targets a,b", 0) == true);
  CHECK(is_bounded(" --targets a,b", 1) == false);
  CHECK(is_bounded(" --targets b,a", 0) == false);
}

TEST_CASE("columns that look like numbers of rows are questioned") {
  const Scratch scratch;
  scratch.write("id.csv", "id,dose,y\n1,-1,-0.5\n2,0,0.1\n3,1,0.4\n4,2,0.6\n");
  const std::string note = "column 'id' looks like a row number: --ignore id leaves it out";
  const Run run = scratch.run("track id.csv");
  check_says(run.errors, {note});
  check_says(run.output, {"note: " + note});
  CHECK(scratch.run("track id.csv --quiet").errors.empty());
  CHECK(Json::parse(scratch.run("solve id.csv --json - --quiet").output)
            .at("problems")[0]
            .at("data")
            .at("notes") == Json{note});
  CHECK(scratch.run("track id.csv --ignore id").output.find("note:") == std::string::npos);
}

TEST_CASE("standard input is read like a file, once, and not by runs") {
  const Scratch scratch;
  scratch.write("dose.csv", dose_csv);
  const auto piped = [&](const std::string& arguments) {
    return scratch.run(arguments, "", "cat dose.csv |");
  };
  for (const std::string command : {"track", "solve", "geometry --seconds 0.5"}) {
    CAPTURE(command);
    Json file = Json::parse(scratch.run(command + " dose.csv --quiet --json -").output);
    Json input = Json::parse(piped(command + " - --quiet --json -").output);
    CHECK(input.at("source") == "standard input");
    CHECK(input.at("problems")[0].at("data") == file.at("problems")[0].at("data"));
  }
  scratch.write("net.json", R"([{"W": [[2]], "b": [0]}])");
  CHECK(piped("layers - --weights net.json --label response").status == 0);
  CHECK(piped("layers - --weights net.json").status == 0);
  check_refused(piped("layers - --weights -"), "can be read only once");
  check_refused(piped("track - --run night"), "standard input cannot be read again by resume");
  check_refused(piped("solve - --run night"), "standard input cannot be read again by resume");
  check_refused(piped("track - --target dosis"), "standard input:1: there is no column 'dosis'");
  scratch.write("m.json", R"({"tasks":[{"command":"track","data":"-"}]})");
  check_refused(scratch.run("batch m.json --run night"), "standard input cannot be read again");
  scratch.write("sparse.svm", "0.5 1:1\n-0.5 1:-1\n0.1 1:0.5\n");
  CHECK(scratch.run("track - --format svmlight", "", "cat sparse.svm |").status == 0);
}

TEST_CASE("a run remembers how its table is read") {
  const Scratch scratch;
  scratch.write("plate.csv", plate_csv);
  const std::string options =
      "track plate.csv --columns '\"Dosis, mg\"' --log '\"Dosis, mg\"' --targets A1,B1 --missing "
      "drop";
  const Run run = scratch.run(options + " --run night --json run.json --quiet");
  CHECK(run.status != 2);
  const Json direct = Json::parse(scratch.run(options + " --json - --quiet").output);
  const Json recorded = Json::parse(contents(scratch / "run.json"));
  REQUIRE(recorded.at("problems").size() == 2);
  for (std::size_t i = 0; i < 2; ++i)
    CHECK(recorded.at("problems")[i].at("data") == direct.at("problems")[i].at("data"));
  CHECK(scratch.run("resume night --quiet").status == run.status);
  const std::string other =
      "track plate.csv --columns '\"Dosis, mg\"' --targets A1,B1 --missing drop --run night";
  check_refused(scratch.run(other), "it holds another run");
  // Weights of other columns are not taken up.
  check_refused(scratch.run("track plate.csv --columns '\"Dosis, mg\"' --target A1 --missing drop "
                            "--from night:plate.csv/A1"),
                "weight 1 of the task is that of \"log10(Dosis, mg)\", here it is that of 'Dosis, "
                "mg'");

  // In a manifest "targets" is a file, and what varies may change what problems there are.
  scratch.write("m.json", R"({"tasks":[{"command":"track","data":"plate.csv",
    "columns":"\"Dosis, mg\"","target-columns":["A1","A1,B1","all"],"missing":"drop",
    "ignore":"id,rep"}]})");
  CHECK(scratch.run("batch m.json --run all --quiet --records r.jsonl").status != 2);
  CHECK(lines(contents(scratch / "r.jsonl")).size() == 5);
  scratch.write("t.csv", "p1,p2,p3,p4,p5\n0,0,0,0,0.5\n");
  scratch.write("m.json", R"({"tasks":[{"command":"track","data":"plate.csv","targets":"t.csv",
    "columns":"\"Dosis, mg\"","target-columns":"A1,B1","missing":"drop"}]})");
  check_refused(scratch.run("batch m.json --run both"),
                "several target columns do not go with a file of targets");
}

TEST_CASE("options of tables that do not fit are refused") {
  const Scratch scratch;
  scratch.write("dose.csv", dose_csv);
  scratch.write("sparse.svm", "0.5 1:1\n-0.5 1:-1\n");
  scratch.write("utf16.csv", std::string("\xFF\xFE"
                                         "a\0,\0",
                                         6));
  scratch.write("latin.csv",
                "gr\xF6\xDF"
                "e,y\n1,2\n");
  check_refused(scratch.run("track dose.csv --separator pipe"), "--separator: 'pipe' is none of");
  check_refused(scratch.run("track dose.csv --separator tab"),
                "dose.csv:1: the header is not separated by tabs, as it is said to be (by commas "
                "every line has 2)");
  check_refused(scratch.run("track dose.csv --decimal dot"), "--decimal: 'dot' is none of");
  check_refused(scratch.run("track dose.csv --missing maybe"), "--missing: 'maybe' is none of");
  check_refused(scratch.run("track dose.csv --columns dose,"),
                "--columns: 'dose,' has an empty name");
  check_refused(scratch.run("track dose.csv --columns '\"dose'"), "a quote is not closed");
  check_refused(scratch.run("track dose.csv --columns '\"dose\"x'"),
                "a comma may follow a closing quote");
  check_refused(scratch.run("track dose.csv --ignore dos"), "did you mean 'dose'?");
  check_refused(scratch.run("track dose.csv --target response --targets dose"), "--target");
  check_refused(scratch.run("track dose.csv --targets all"), "--columns names the inputs");
  check_refused(scratch.run("track dose.csv --log dose"),
                "dose.csv:2: column 'dose': '-3' is negative and has no logarithm");
  check_refused(scratch.run("track sparse.svm --ignore a"),
                "--ignore: 'sparse.svm' is sparse data");
  check_refused(scratch.run("track sparse.svm --missing drop"), "--missing: 'sparse.svm'");
  check_refused(scratch.run("track utf16.csv"), "utf16.csv: the text is UTF-16");
  check_refused(scratch.run("track latin.csv"), "latin.csv:1: the byte 0xF6 is not valid UTF-8");
}
