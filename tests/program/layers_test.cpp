#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tautrack/topology/persistent_homology.hpp"

#include "support/program.hpp"

namespace {

using namespace tautrack::support;

/// Cases that only a program with GUDHI can pass.
auto needs_gudhi() { return doctest::skip(!tautrack::has_persistent_homology()); }

/// Two layers: a homeomorphism, and one that folds along x2 = 0.
constexpr const char* fold_json = R"([
  {"W": [[1.2, 0.5], [-0.4, 1]], "b": [0.1, -0.2]},
  {"W": [[1, 0], [0, 4], [0, 4]], "b": [0, 2, -2], "activation": "tanh"},
  {"W": [[1, 0, 0], [0, 1, -1]], "b": [0, -1]}
])";

constexpr const char* square_csv = "x,y\n0,0\n1,0\n1,1\n0,1\n";
constexpr const char* one_layer_json = R"([{"W": [[1, 0.5], [0, 2]], "b": [0, 1]}])";

/// Points of two rings, with a label column if it is wanted.
std::string rings_csv(bool labelled) {
  std::string text = labelled ? "x,y,ring\n" : "x,y\n";
  for (int i = 0; i < 120; ++i) {
    const double angle = 2.0 * std::numbers::pi * i / 60.0, radius = i < 60 ? 0.9 : 0.3;
    text +=
        std::to_string(radius * std::cos(angle)) + ',' + std::to_string(radius * std::sin(angle));
    if (labelled) text += i < 60 ? ",outer" : ",inner";
    text += '\n';
  }
  return text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("layers --help fits the page, has all options and an example that works") {
  const Scratch scratch;
  const std::string help =
      check_help(scratch, "layers",
                 {"DATA.csv", "--weights", "--label", "--tau", "--homology", "--points",
                  "--simplices", "--gap", "--threads", "--json", "--csv", "--plot", "--quiet"});
  // The weights of the help are weights.
  const std::size_t from = help.find("  [{"), to = help.find("}]", from);
  REQUIRE(to != std::string::npos);
  scratch.write("net.json", help.substr(from, to + 2 - from));
  scratch.write("data.csv", square_csv);
  CHECK(scratch.run("layers data.csv --weights net.json").status == 0);
}

TEST_CASE("layers without homology say what each layer is, and where the data are") {
  const Scratch scratch;
  scratch.write("data.csv", square_csv);
  scratch.write("net.json", fold_json);
  const Run run = scratch.run("layers data.csv --weights net.json --json out.json --csv out.csv");
  CAPTURE(run.errors);
  CHECK(run.status == 0);
  CHECK(run.errors.empty());
  CHECK(contains(run.output, "4 points of 2 coordinates, no labels"));
  CHECK(contains(run.output, "3 layers from net.json, tau = 1"));
  CHECK(contains(run.output, "homeomorphism   yes: W is not singular"));
  CHECK(contains(run.output, "homeomorphism   no: it maps 3 units to 2"));
  CHECK_FALSE(contains(run.output, "Betti"));

  const Json json = Json::parse(contents(scratch / "out.json"));
  CHECK(json.at("tautrack").is_string());
  CHECK(json.at("command") == "layers");
  CHECK(json.at("source") == "data.csv");
  CHECK(json.at("weights") == "net.json");
  CHECK(json.at("options").at("tau") == 1.0);
  CHECK(json.at("options").at("homology") == false);
  CHECK(json.at("data").at("points") == 4);
  CHECK(json.at("data").at("columns") == Json({"x", "y"}));
  CHECK(json.at("data").at("label_column").is_null());
  CHECK(json.at("data").at("labels").empty());
  CHECK(json.at("conclusions").empty());
  CHECK(json.at("unresolved").empty());
  REQUIRE(json.at("stages").size() == 4);
  CHECK(json.at("stages")[0].at("layer").is_null());
  CHECK(json.at("stages")[0].at("low") == Json({0.0, 0.0}));
  const Json& first = json.at("stages")[1];
  CHECK(first.at("after_layer") == 1);
  CHECK(first.at("homology").is_null());
  CHECK(first.at("layer").at("activation") == "tanh");
  CHECK(first.at("layer").at("homeomorphism").at("answer") == "yes");
  CHECK(first.at("layer").at("condition").get<double>() > 1.0);
  CHECK(first.at("layer").at("inverse_slope").get<double>() > 0.0);
  CHECK(json.at("stages")[2].at("dimension") == 3);
  CHECK(json.at("stages")[2].at("layer").at("inverse_slope").is_null());

  const std::vector<std::string> rows = lines(contents(scratch / "out.csv"));
  REQUIRE(rows.size() == 1 + 4 * 4);
  CHECK(rows[0] == "layer,row,label,h1,h2,h3");
  CHECK(rows[2] == "0,2,,1,0,");
  const std::vector<std::string> image = fields(rows[1 + 4 + 1]);
  CHECK(image[0] == "1");
  CHECK(image[1] == "2");
  CHECK(std::stod(image[3]) == doctest::Approx(std::tanh(1.3)).epsilon(1e-15));
  CHECK(std::stod(image[4]) == doctest::Approx(std::tanh(-0.6)).epsilon(1e-15));
  CHECK(image[5].empty());
}

TEST_CASE("tau bends the layers from linear to sigmoid") {
  const Scratch scratch;
  scratch.write("data.csv", square_csv);
  scratch.write("net.json", one_layer_json);
  const auto second = [&](const std::string& tau) {
    const Run run = scratch.run("layers data.csv --weights net.json --csv - --tau " + tau);
    return std::stod(fields(lines(run.output).at(4 + 2))[3]);
  };
  CHECK(second("0") == 1.0);
  CHECK(second("1") == doctest::Approx(std::tanh(1.0)));
  CHECK(second("0.5") == doctest::Approx(0.5 + 0.5 * std::tanh(1.0)));
}

TEST_CASE("Betti numbers before and after each layer, of all data and each label" * needs_gudhi()) {
  const Scratch scratch;
  scratch.write("rings.csv", rings_csv(true));
  scratch.write("net.json", fold_json);
  const Run run =
      scratch.run("layers rings.csv --weights net.json --homology --json out.json --quiet");
  CAPTURE(run.output);
  CHECK(run.errors.empty());
  const Json json = Json::parse(contents(scratch / "out.json"));
  CHECK(json.at("data").at("label_column") == "ring");
  CHECK(json.at("data").at("labels") == Json({"inner", "outer"}));
  const Json& given = json.at("stages")[0].at("homology");
  REQUIRE(given.size() == 3);
  CHECK(given[0].at("label").is_null());
  CHECK(given[0].at("points") == 120);
  CHECK(given[0].at("betti").at("numbers") == Json({2, 2, 0}));
  CHECK(given[0].at("betti").at("clear") == true);
  CHECK(given[1].at("label") == "inner");
  CHECK(given[1].at("status") == "complete");
  CHECK(given[1].at("betti").at("numbers") == Json({1, 1, 0}));
  CHECK(given[1].at("intervals").size() >= 61);
  for (const Json& evidence : given[1].at("betti").at("evidence"))
    for (const char* field :
         {"dimension", "count", "clear", "shortest_counted", "longest_rest", "floor", "ratio"})
      CHECK(evidence.contains(field));
  // One component does not die: null, as all that is infinite.
  CHECK(given[1].at("intervals")[0][2].is_null());
  const auto shape = [&](std::size_t layer, const std::string& label) {
    for (const Json& one : json.at("conclusions"))
      if (one.at("layer") == layer && one.at("label") == label)
        return one.at("shape").get<std::string>();
    return std::string("none");
  };
  CHECK(shape(1, "outer") == "preserved");
  CHECK(shape(1, "inner") == "preserved");
  CHECK(shape(2, "outer") == "preserved");
  CHECK(shape(3, "outer") == "changed");
  CHECK(contains(on_one_line(run.output),
                 "layer 3 cannot be a homeomorphism on the data labelled 'outer': 1 component, 1 "
                 "loop before, 1 component after"));
  CHECK(contains(on_one_line(run.output), "layer 1 preserved"));
}

TEST_CASE("the exit status is 1 where something is undecided" * needs_gudhi()) {
  const Scratch scratch;
  scratch.write("square.csv", square_csv);
  scratch.write("net.json", one_layer_json);
  const Run ambiguous = scratch.run("layers square.csv --weights net.json --homology");
  CHECK(ambiguous.status == 1);
  CHECK(contains(ambiguous.output, "unresolved"));
  CHECK(contains(on_one_line(ambiguous.output), "ambiguous"));
  scratch.write("rings.csv", rings_csv(false));
  scratch.write("net.json", R"([{"W": [[1, 0.2], [0, 1]], "b": [0, 0]}])");
  CHECK(scratch.run("layers rings.csv --weights net.json --homology").status == 0);
  const Run small =
      scratch.run("layers rings.csv --weights net.json --homology --simplices 50 --quiet");
  CHECK(small.status == 1);
  CHECK(contains(on_one_line(small.output), "more than 50 simplices"));
}

TEST_CASE("without GUDHI everything else is written, and one sentence says what is missing" *
          doctest::skip(tautrack::has_persistent_homology())) {
  const Scratch scratch;
  scratch.write("rings.csv", rings_csv(true));
  scratch.write("net.json", one_layer_json);
  const Run run = scratch.run("layers rings.csv --weights net.json --homology --csv out.csv");
  CHECK(run.status == 1);
  CHECK(contains(on_one_line(run.output), "libgudhi-dev"));
  CHECK(lines(contents(scratch / "out.csv")).size() == 241);
}

TEST_CASE("layers does the same every time, and whatever the number of threads") {
  const Scratch scratch;
  scratch.write("rings.csv", rings_csv(true));
  scratch.write("net.json", fold_json);
  const std::string command = "layers rings.csv --weights net.json --homology --quiet --json - ";
  const Run one = scratch.run(command);
  CHECK_FALSE(one.output.empty());
  CHECK(scratch.run(command).output == one.output);
  CHECK(scratch.run(command + "--threads 3").output == one.output);
}

TEST_CASE("a barcode that a signal cuts short is said, and all else is there" * needs_gudhi()) {
  const Scratch scratch;
  // 2000 points of ten coordinates take minutes.
  std::string csv = "a,b,c,d,e,f,g,h,i,j\n", W, b;
  for (int i = 0; i < 2000; ++i)
    for (int j = 1; j <= 10; ++j)
      csv += std::to_string(std::cos(j * j * (i + 1.0) * 0.7123)) + (j < 10 ? ',' : '\n');
  for (int i = 0; i < 10; ++i) {
    W += i > 0 ? ",[" : "[";
    for (int j = 0; j < 10; ++j) W += (j > 0 ? "," : "") + std::to_string(i == j ? 2 : 0);
    W += ']';
    b += i > 0 ? ",0" : "0";
  }
  scratch.write("data.csv", csv);
  scratch.write("net.json", R"([{"W": [)" + W + R"(], "b": [)" + b + "]}]");
  for (const std::string& signal : {std::string("INT"), std::string("TERM")}) {
    CAPTURE(signal);
    // As in the test of solve: the work is under way once there is progress.
    const std::string command =
        "cd '" + (scratch / ".").string() +
        "' || exit; rm -f progress; env --default-signal=INT '" + TAUTRACK_PROGRAM +
        "' layers data.csv --weights net.json --homology --points 2000 --json out.json "
        "> text 2> progress & pid=$!; "
        "while kill -0 $pid && ! grep -qs 'of 2 barcodes' progress; do sleep 0.05; done; "
        "kill -" +
        signal + " $pid; wait $pid; echo $? > status";
    REQUIRE(std::system(command.c_str()) == 0);
    CHECK(contents(scratch / "status") == "1\n");
    const std::string reason = "the barcode was not finished, because the run was stopped";
    CHECK(contains(contents(scratch / "text"), reason));
    const Json json = Json::parse(contents(scratch / "out.json"));
    CHECK(json.at("stages")[1].at("layer").at("homeomorphism").at("answer") == "yes");
    for (const Json& stage : json.at("stages")) {
      const Json& homology = stage.at("homology").at(0);
      CHECK(homology.at("status") == "stopped");
      CHECK(homology.at("message") == reason);
      CHECK(homology.at("betti").is_null());
      CHECK(homology.at("intervals").empty());
    }
    CHECK(json.at("conclusions")[0].at("shape") == "undecided");
    CHECK(json.at("unresolved").size() == 2);
  }
}

TEST_CASE("layers draws data of one, two and more coordinates, with and without barcodes") {
  if (!has_gnuplot()) return;
  const Scratch scratch;
  scratch.write("rings.csv", rings_csv(true));
  scratch.write("net.json", R"({"layers": [
    {"W": [[1, 0.5], [0, 2], [1, 1]], "b": [0, 1, 0]},
    {"W": [[1, 1, -1]], "b": [0.5], "activation": "erf"}]})");
  const Run plain = scratch.run("layers rings.csv --weights net.json --plot plain.svg");
  CAPTURE(plain.errors);
  CHECK(plain.status == 0);
  const std::string picture = contents(scratch / "plain.svg");
  CHECK(contains(picture, "</svg>"));
  CHECK(contains(picture, "<title>rings.csv carried through 2 layers, tau = 1</title>"));
  // Axes have the names of the columns; without barcodes there are none in the legend.
  CHECK(contains(picture, ">x<"));
  CHECK(contains(picture, ">outer<"));
  CHECK_FALSE(contains(picture, ">loops<"));
  const Run bars =
      scratch.run("layers rings.csv --weights net.json --homology --quiet --plot bars.png");
  CHECK(bars.errors.empty());
  CHECK(contents(scratch / "bars.png").substr(1, 3) == "PNG");
  check_refused(scratch.run("layers rings.csv --weights net.json --plot x.gif"), ".svg");
}

TEST_CASE("weights that cannot be used are refused with file, layer, field and rule") {
  const Scratch scratch;
  scratch.write("data.csv", square_csv);
  const auto refused = [&](const std::string& weights, const std::string& part) {
    CAPTURE(weights);
    scratch.write("net.json", weights);
    const Run run = scratch.run("layers data.csv --weights net.json --csv out.csv");
    check_refused(run, part);
    CHECK(contains(run.errors, "net.json"));
    CHECK(scratch.files() == "data.csv net.json ");
  };
  refused("", "net.json:1: column 1: this is not JSON");
  refused("[\n{\"W\": [[1, 2],\n}", "net.json:3: column 1: this is not JSON");
  refused("[]", "a list of layers is wanted");
  refused("7", "a list of layers is wanted");
  refused("{\"layer\": []}", "the field layers is missing");
  refused("[3]", "layer 1: an object with W and b");
  refused(R"([{"W": [[1, 2]]}])", "layer 1: the field b is missing");
  refused(R"([{"b": [1]}])", "layer 1: the field W is missing");
  refused(R"([{"W": [[1, 2]], "b": [1], "bias": 3}])", "there is a field 'bias'");
  refused(R"([{"W": [1, 2], "b": [1]}])", "layer 1: W, row 1: a list of numbers");
  refused(R"([{"W": [], "b": [1]}])", "layer 1: W: a list of rows");
  refused(R"([{"W": [[1, "x"]], "b": [1]}])", "layer 1: W, row 1, entry 2: \"x\" is not a number");
  refused(R"([{"W": [[1, null]], "b": [1]}])", "entry 2: null is not a number");
  refused(R"([{"W": [[1, 1e999]], "b": [1]}])", "double precision");
  refused(R"([{"W": [[1, 2], [3]], "b": [1, 2]}])", "layer 1: W, row 2: it has 1 number");
  refused(R"([{"W": [[1, 2]], "b": [1, 2]}])", "layer 1: b: it has 2 numbers, but W has 1 row");
  refused(R"([{"W": [[1, 2]], "b": [1], "activation": "relu"}])",
          "layer 1: activation: \"relu\" is none of tanh");
  refused(R"([{"W": [[1, 2]], "b": [1]}, {"W": [[1, 2]], "b": [1]}])",
          "layer 2: W: its rows have 2 numbers, but layer 1 has 1 unit");
  refused(R"([{"W": [[1e308, 1e308]], "b": [1]}])", "layer 1: W x + b must not overflow");
  check_refused(scratch.run("layers data.csv --weights missing.json"), "missing.json");
}

TEST_CASE("data, options and outputs that cannot be used are refused, and nothing is written") {
  const Scratch scratch;
  scratch.write("net.json", one_layer_json);
  scratch.write("data.csv", square_csv);
  scratch.write("broken.csv", "x,y\n1,2\n3,four\n");
  scratch.write("wide.csv", "a,b,c,d\n1,2,3,4\n");
  check_refused(scratch.run("layers"), "data file");
  check_refused(scratch.run("layers data.csv"), "--weights");
  check_refused(scratch.run("layers missing.csv --weights net.json"), "missing.csv");
  check_refused(scratch.run("layers broken.csv --weights net.json"),
                "broken.csv:3: column 'y': 'four' is not a number");
  check_refused(scratch.run("layers wide.csv --weights net.json"), "the table has 4 columns");
  check_refused(scratch.run("layers data.csv --weights net.json --label kind"),
                "there is no column 'kind'");
  check_refused(scratch.run("layers data.csv --weights net.json --tau 1.5"), "--tau");
  check_refused(scratch.run("layers data.csv --weights net.json --gap 1"), "--gap");
  check_refused(scratch.run("layers data.csv --weights net.json --points 0"), "--points");
  check_refused(scratch.run("layers data.csv --weights net.json --points 100000"), "--points");
  check_refused(scratch.run("layers data.csv --weights net.json --simplices -3"), "--simplices");
  check_refused(scratch.run("layers data.csv --weights net.json --threads 0"), "--threads");
  check_refused(scratch.run("layers data.csv --weights net.json --csv data.csv"), "data.csv");
  check_refused(scratch.run("layers data.csv --weights net.json --json net.json"), "net.json");
  CHECK(contents(scratch / "net.json") == one_layer_json);
  CHECK(scratch.files() == "broken.csv data.csv net.json wide.csv ");
}

TEST_CASE("a singular layer is no homeomorphism, and the data say what it glues") {
  const Scratch scratch;
  scratch.write("rings.csv", rings_csv(false));
  scratch.write("net.json", R"([{"W": [[1, 2], [2, 4]], "b": [0, 0]}])");
  const Run run = scratch.run("layers rings.csv --weights net.json --json out.json");
  const Json json = Json::parse(contents(scratch / "out.json"));
  const Json& layer = json.at("stages")[1].at("layer");
  const std::string answer = layer.at("homeomorphism").at("answer");
  CHECK(answer != "yes");
  CHECK(run.status == (answer == "undecided" ? 1 : 0));
}
