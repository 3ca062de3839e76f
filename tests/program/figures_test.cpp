#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "tautrack/topology/persistent_homology.hpp"

#include "support/program.hpp"

namespace {

using namespace tautrack::support;

/// A figure, and what has to be among its tables and checks.
struct Expected {
  const char* name;
  std::size_t checks;  ///< At least.
  std::vector<const char*> tables;
  std::vector<const char*> words;  ///< Each in what some check is about.
};

const std::vector<Expected>& expected_figures() {
  static const std::vector<Expected> figures = {
      {"manifold",
       31,
       {"surface", "points", "square1", "vertices"},
       {"k1 at", "k2 at", "normal at", "strata", "|k|max at w = 8"}},
      {"projections",
       22,
       {"manifold", "evolute", "circle", "feet1", "feet2", "targets"},
       {"vertex", "cusp", "radius", "foot 3 of y", "foot of y'", "E of"}},
      {"boundaries",
       15,
       {"manifold", "evolute", "a", "b", "band", "abeyond", "bbeyond", "cusps"},
       {"1/|k|max", "1.8/|k|max", "cusp"}},
      {"boundaries_surface",
       17,
       {"manifold", "a", "b", "abeyond", "bbeyond"},
       {"tau = 0.5", "tau = 0.8", "tau = 0.9", "radius", "folded", "stratum"}},
      {"counts",
       50,
       {"earlier", "end", "walls", "evolute_end", "manifold_earlier"},
       {"solutions of", "colour of the map", "wall", "across the evolute", "inflection"}},
      {"paths",
       34,
       {"path1", "path2", "path3", "folds1", "ends1", "Z0", "Z5"},
       {"tau at fold 2", "infinite weights", "E at the end", "evolute at the fold"}},
      {"frames",
       12,
       {"manifold1", "evolute6", "feet4"},
       {"tau = 0.955", "just before", "just after"}},
      {"contours",
       24,
       {"contours", "points", "descents", "ascents", "path"},
       {"minima", "saddles", "sum of (-1)^index", "E of the point"}},
      {"completeness",
       10,
       {"points", "descents", "curves"},
       {"stationary points", "axis 2 alone", "index-consistent", "pair of fits"}},
      {"envelope",
       6,
       {"phi", "envelope1", "envelope2", "envelope3", "bound"},
       {"inflection", "E of the best fit", "lower bound"}},
      {"asymptotes",
       81,
       {"data_one", "curves_two", "polygon_step", "window_one", "normal_exponential", "marks_two"},
       {"E of point 4", "rate of the exponential", "high plateau of the step", "index sum",
        "E in the polygon", "infima", "E of the straight line"}},
      {"xor",
       85,
       {"points", "descents", "curves", "tau", "tau_folds", "tau_pitchforks", "ridge", "counts",
        "totals"},
       {"points of index 3", "copies of family 12", "tau of the fold", "tau of the pitchfork",
        "by a search there", "at any ridge"}},
      {"bifurcation",
       36,
       {"data", "branches1", "waking1", "parting2", "outputs2"},
       {"sum of b^2", "|X'e|", "equal units part", "change of the Morse index", "reach"}},
  };
  return figures;
}

std::string name_of(const std::string& folder, const std::string& figure, const char* ending) {
  return folder + "/" + figure + ending;
}

Json json_of(const Scratch& scratch, const std::string& folder, const std::string& figure) {
  return Json::parse(contents(scratch / name_of(folder, figure, ".json")));
}

/// The checks of a figure hold; returns their number.
std::size_t check_checks(const Json& figure) {
  for (const Json& check : figure.at("checks")) {
    const std::string what = check.at("what");
    CAPTURE(what);
    CHECK(check.at("holds") == true);
    const double value = check.at("value"), reference = check.at("reference"),
                 tolerance = check.at("tolerance");
    CHECK(std::abs(value - reference) <=
          tolerance * (reference == 0.0 ? 1.0 : std::abs(reference)));
  }
  return figure.at("checks").size();
}

/// The numbers of a figure are those of docs/figures/numbers.json (written by .ci/figures), as
/// far as other processors and libraries round them alike.
void check_recorded(const Json& figure, const Json& expected) {
  Json found = Json::object();  // As in the file, the last of several checks of one name counts.
  for (const Json& check : figure.at("checks")) found[check.at("what")] = check;
  CHECK(found.size() == expected.size());
  for (const auto& [what, check] : found.items()) {
    CAPTURE(what);
    REQUIRE(expected.contains(what));
    const double value = check.at("value"), known = expected.at(what),
                 allowed = 2.0 * check.at("tolerance").get<double>();
    const double size = std::max({1.0, std::abs(value), std::abs(known)});
    CHECK(std::abs(value - known) <= std::max(1e-9 * size, allowed));
  }
}

/// A table has a header and rows of so many numbers, or empty ones.
void check_table(const std::string& text) {
  const std::vector<std::string> all = lines(text);
  REQUIRE(!all.empty());
  const auto commas = [](const std::string& line) {
    return std::count(line.begin(), line.end(), ',');
  };
  CHECK(std::isalpha(static_cast<unsigned char>(all[0][0])) != 0);
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i].empty()) continue;
    CHECK(commas(all[i]) == commas(all[0]));
    CHECK(all[i].find_first_not_of("0123456789.,+-e") == std::string::npos);
  }
}

/// An SVG picture has this title, as markup has it.
void check_title(const std::string& picture, const std::string& title) {
  const std::size_t begin = picture.find("<title>") + 7;
  CHECK(picture.substr(begin, picture.find("</title>") - begin) == title);
  CHECK(picture.find("_plot_1a</title>") == std::string::npos);
}

/// Tables hold the numbers of the figures.
void check_numbers(const Scratch& scratch, const std::string& folder) {
  const std::vector<std::string> feet =
      lines(contents(scratch / (folder + "projections-feet1.csv")));
  REQUIRE(feet.size() == 4);
  CHECK(feet[0].starts_with("w,z1,z2,"));
  CHECK(std::abs(std::stod(feet[1]) - 0.220118359530102) < 1e-10);
  CHECK(std::abs(std::stod(feet[3]) - 0.9452290672384478) < 1e-10);
  const std::vector<std::string> folds = lines(contents(scratch / (folder + "paths-folds1.csv")));
  REQUIRE(folds.size() == 3);
  CHECK(folds[0].starts_with("tau,energy,z1,z2,w1,"));
  CHECK(std::abs(std::stod(folds[1]) - .9608017649578813) < 1e-10);
}

/// The script of a figure can be run by hand, in another format too.
void check_script(const std::string& folder) {
  const std::string enter = "cd '" + folder + "' && ";
  CHECK(std::system((enter + "rm boundaries.svg && gnuplot boundaries.gp").c_str()) == 0);
  CHECK(contents(folder + "/boundaries.svg").find("</svg>") != std::string::npos);
  CHECK(std::system((enter + "gnuplot -e \"format='pdf'\" boundaries.gp").c_str()) == 0);
  CHECK(contents(folder + "/boundaries.pdf").starts_with("%PDF"));
}

constexpr const char* plane_csv = "x,y\n2,0.3\n-0.8,0.7\n";
constexpr const char* surface_csv = "a,b,y\n100,2,0.3\n-40,3,0.6\n20,-3,-0.2\n";

}  // namespace

TEST_CASE("all figures: every check holds, tables and scripts are there, pictures are drawn") {
  const Scratch scratch;
  const Run run = scratch.run("figures --out drawn/here --threads 2");
  const bool drawn = has_gnuplot();
  CAPTURE(run.errors);
  CHECK(run.status == (drawn ? 0 : 1));
  if (drawn) CHECK(run.errors.empty());
  std::vector<std::string> first_words;
  for (const std::string& line : lines(run.output))
    first_words.push_back(line.substr(0, line.find(' ')));
  for (const Expected& expected : expected_figures()) {
    const std::string name = expected.name;
    CAPTURE(name);
    CHECK(std::find(first_words.begin(), first_words.end(), name) != first_words.end());
    const Json figure = json_of(scratch, "drawn/here", name);
    CHECK(figure.at("name") == name);
    CHECK(!figure.at("title").get<std::string>().empty());
    CHECK(figure.at("caption").get<std::string>().size() > 80);
    CHECK(check_checks(figure) >= expected.checks);
    for (const std::string word : expected.words) {
      CAPTURE(word);
      const Json& checks = figure.at("checks");
      CHECK(std::any_of(checks.begin(), checks.end(), [&](const Json& check) {
        return check.at("what").get<std::string>().find(word) != std::string::npos;
      }));
    }
    for (const std::string table : figure.at("tables")) {
      CAPTURE(table);
      check_table(contents(scratch / ("drawn/here/" + table)));
    }
    for (const std::string table : expected.tables) {
      CAPTURE(table);
      CHECK(filesystem::exists(scratch / ("drawn/here/" + name + "-" + table + ".csv")));
    }
    const std::string script = contents(scratch / name_of("drawn/here", name, ".gp"));
    CHECK(script.find("set output '" + name + ".'.format") != std::string::npos);
    if (drawn) {
      const std::string picture = contents(scratch / name_of("drawn/here", name, ".svg"));
      CHECK(picture.find("<svg") != std::string::npos);
      CHECK(picture.find("</svg>") != std::string::npos);
      check_title(picture, figure.at("title"));
    }
  }
  const Json recorded =
      Json::parse(contents(TAUTRACK_TEST_DATA "/../../docs/figures/numbers.json"));
  for (const auto& [name, numbers] : recorded.items()) {
    if (name == "homology" && !tautrack::has_persistent_homology()) continue;
    CAPTURE(name);
    check_recorded(json_of(scratch, "drawn/here", name), numbers);
  }
  check_numbers(scratch, "drawn/here/");
  if (drawn) check_script((scratch / "drawn/here").string());
}

TEST_CASE("pictures come in four formats; pages need no network and the moving one has a slider") {
  if (!has_gnuplot()) return;
  const Scratch scratch;
  CHECK(scratch.run("figures projections --out f --format png").status == 0);
  CHECK(contents(scratch / "f/projections.png").substr(1, 3) == "PNG");
  CHECK(scratch.run("figures projections --out f --format pdf").status == 0);
  CHECK(contents(scratch / "f/projections.pdf").starts_with("%PDF"));
  CHECK(scratch.run("figures projections frames mug --out f --format html").status == 0);
  for (const char* file : {"f/projections.html", "f/frames.html", "f/mug.html"}) {
    CAPTURE(file);
    const std::string page = contents(scratch / file);
    CHECK(page.starts_with("<!DOCTYPE html>"));
    CHECK(page.find("</html>") != std::string::npos);
    const bool is_drawn = std::string(file) == "f/mug.html";
    CHECK(page.find(is_drawn ? "<canvas" : "<svg") != std::string::npos);
    CHECK(page.find("Gnuplot</title>") == std::string::npos);
    CHECK(page.find("http") == std::string::npos);
    CHECK(page.find("src=") == std::string::npos);
  }
  const std::string moving = contents(scratch / "f/frames.html");
  CHECK(moving.find("type=\"range\"") != std::string::npos);
  CHECK(moving.find("<script>") != std::string::npos);
  check_says(moving, {">0</text>", ">0.5</text>", ">1.5</text>", ">y<tspan"});
  check_says(contents(scratch / "f/mug.html"), {"type=\"range\"", "requestAnimationFrame(frame)",
                                                "'pointerdown'", "'pointermove'", "'keydown'"});
}

TEST_CASE("the page of the mug turns by itself, by the pointer and by keys" *
          doctest::skip(std::system("node -e 0 > /dev/null 2>&1") != 0)) {
  // A page of stubs: what the script draws on the canvas, in an order of events.
  constexpr const char* stub = R"(
const page = require('fs').readFileSync('f/mug.html', 'utf8');
const script = page.match(/<script>\n([^]*)<\/script>/)[1];
const parts = {}, frames = [], images = [];
const part = () => ({value: '0', on: {}, setPointerCapture() {},
  addEventListener(name, act) { this.on[name] = act; },
  getContext: () => ({putImageData: image => images.push(image),
    createImageData: (w, h) => ({width: w, height: h, data: new Uint8ClampedArray(4 * w * h)})})});
let now = 0;
new Function('document', 'requestAnimationFrame', 'setTimeout', 'clearTimeout', 'performance', script)(
  {getElementById: id => parts[id] ??= part()}, act => frames.push(act), () => 0, () => {},
  {now: () => now++});
const look = () => images[images.length - 1];
const differ = (a, b) => a !== b && (a.width !== b.width || a.data.some((x, i) => x !== b.data[i]));
const seen = [];
const act = (name, event) => { const before = look(); event(); seen.push(name + ' ' + differ(before, look())); };
frames.shift()(0);
act('turns', () => frames.shift()(100));
parts.play.on.click();
parts.mug.on.pointerdown({clientX: 10, clientY: 10, pointerId: 1});
act('dragged', () => parts.mug.on.pointermove({clientX: 90, clientY: 40}));
parts.mug.on.pointerup({});
act('released', () => parts.mug.on.pointermove({clientX: 150, clientY: 40}));
act('key', () => parts.mug.on.keydown({key: 'ArrowLeft', preventDefault() {}}));
parts.t.value = '1000';
act('torus', () => parts.t.on.input());
console.log(seen.join(', '));
)";
  const Scratch scratch;
  REQUIRE(scratch.run("figures mug --out f --format html", "", "PATH=/nowhere").status == 0);
  scratch.write("stub.js", stub);
  const std::string enter = "cd '" + (scratch / "").string() + "' && ";
  REQUIRE(std::system((enter + "node stub.js > seen").c_str()) == 0);
  CHECK(contents(scratch / "seen") ==
        "turns true, dragged true, released false, key true, torus true\n");
}

TEST_CASE("without gnuplot everything but the pictures is written, and the status is 1") {
  const Scratch scratch;
  const Run run = scratch.run("figures projections boundaries --out f", "", "PATH=/nowhere");
  CHECK(run.status == 1);
  CHECK(lines(run.errors).size() == 1);
  CHECK(run.errors.find("gnuplot-nox") != std::string::npos);
  CHECK(lines(run.output).size() == 2);
  for (const std::string name : {"projections", "boundaries"}) {
    CHECK(check_checks(json_of(scratch, "f", name)) > 10);
    CHECK(filesystem::exists(scratch / name_of("f", name, ".gp")));
    CHECK(filesystem::exists(scratch / name_of("f", name, "-manifold.csv")));
    CHECK_FALSE(filesystem::exists(scratch / name_of("f", name, ".svg")));
  }
  // The moving page is not drawn by gnuplot.
  const Run moving = scratch.run("figures frames --out f --format html", "", "PATH=/nowhere");
  CHECK(moving.status == 0);
  CHECK(filesystem::exists(scratch / "f/frames.html"));
}

TEST_CASE("figures show the user's data where they can") {
  const Scratch scratch;
  scratch.write("plane.csv", plane_csv);
  scratch.write("surface.csv", surface_csv);
  scratch.write("folds.csv", two_folds_csv);
  const int good = has_gnuplot() ? 0 : 1;

  const Run plane = scratch.run("figures --data plane.csv --no-bias --out plane");
  CHECK(plane.status == good);
  CHECK(plane.errors.find("figure manifold cannot show") != std::string::npos);
  for (const char* name : {"projections", "boundaries", "counts", "paths", "frames"}) {
    CAPTURE(name);
    (void)check_checks(json_of(scratch, "plane", name));
  }
  CHECK_FALSE(filesystem::exists(scratch / "plane/manifold.json"));

  const Run surface = scratch.run("figures --data surface.csv --no-bias --out surface --quiet");
  CHECK(surface.status == good);
  if (good == 0) CHECK(surface.errors.empty());
  for (const char* name : {"manifold", "boundaries_surface", "paths", "contours"})
    (void)check_checks(json_of(scratch, "surface", name));

  // Names are those of the columns, and the legend has what is there.
  scratch.write("dose.csv", "dose_mg,y\n-3,-0.92\n-2,-0.85\n-1,-0.55\n0,0.05\n1,0.61\n2,0.83\n");
  CHECK(scratch.run("figures contours paths --data dose.csv --out dose").status == good);
  const std::string contours = contents(scratch / "dose/contours.gp");
  check_says(contours, {"'weight of dose\\_mg'", "'bias'", "'minimum'", "'natural path'"});
  for (const char* absent : {"'saddle'", "'maximum'", "steepest", "'w_1'"}) {
    CAPTURE(absent);
    CHECK(contours.find(absent) == std::string::npos);
  }
  const std::string paths = contents(scratch / "dose/paths.gp");
  check_says(paths, {"'dose\\_mg'", "'start and end'"});
  CHECK(paths.find("'fold'") == std::string::npos);

  CHECK(scratch.run("figures paths --data folds.csv --no-bias --out folds").status == good);
  CHECK(lines(contents(scratch / "folds/paths-folds1.csv")).size() == 3);
}

TEST_CASE("figures refuses what it cannot use, and writes nothing") {
  const Scratch scratch;
  scratch.write("plane.csv", plane_csv);
  scratch.write("steep.csv", "x,y\n2,0.3\n1.5,0.7\n");
  scratch.write("file", "");
  check_refused(scratch.run("figures nonsense"), "projections");
  check_refused(scratch.run("figures --format gif"), "svg");
  check_refused(scratch.run("figures --no-bias"), "--data");
  check_refused(scratch.run("figures --data missing.csv"), "missing.csv");
  check_refused(scratch.run("figures manifold --data plane.csv --no-bias"), "3 patterns");
  check_refused(scratch.run("figures projections --data plane.csv"), "--no-bias");
  check_refused(scratch.run("figures boundaries --data steep.csv --no-bias"), "unbounded");
  check_refused(scratch.run("figures projections --out file"), "file");
  check_refused(scratch.run("figures --threads 0"), "--threads");
  CHECK(scratch.files() == "file plane.csv steep.csv ");
}

TEST_CASE("the help of figures lists them, within the width of a page") {
  const Scratch scratch;
  const Run run = scratch.run("figures --help");
  CHECK(run.status == 0);
  CHECK(run.output.find("Exit status:") != std::string::npos);
  for (const Expected& expected : expected_figures())
    CHECK(run.output.find(std::string("  ") + expected.name) != std::string::npos);
  check_says(run.output, {"--out", "--format", "--data", "--seed", "--threads", "--quiet"});
  check_page(run.output);
}

TEST_CASE("figures do not depend on the number of threads") {
  const Scratch scratch;
  // Without gnuplot, whose pictures say nothing about that.
  const std::string figures = "figures boundaries_surface paths --out ";
  (void)scratch.run(figures + "one --threads 1", "", "PATH=/nowhere");
  (void)scratch.run(figures + "two --threads 2", "", "PATH=/nowhere");
  for (const char* file : {"boundaries_surface.json", "paths.json", "paths-path2.csv"})
    CHECK(contents(scratch / ("one/" + std::string(file))) ==
          contents(scratch / ("two/" + std::string(file))));
}
