#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/slow_build.hpp"

namespace hidden_test {

namespace {

using namespace tautrack::support;

constexpr const char* xor_csv = "a,b,y\n-1,-1,-0.9\n-1,1,0.9\n1,-1,0.9\n1,1,-0.9\n";
constexpr const char* two_csv =
    "x,y,z\n-2,-0.9,0.8\n-1,-0.7,0.3\n-0.5,-0.4,0.1\n0,0.1,0.0\n0.5,0.5,0.2\n1,0.8,0.4\n2,0.9,0."
    "9\n";

double output_of(const Json& point, const std::vector<double>& x, std::size_t k) {
  double p = point["output_bias"][k].get<double>();
  for (std::size_t j = 0; j < point["hidden_weights"].size(); ++j) {
    double u = 0.0;
    for (std::size_t a = 0; a < x.size(); ++a)
      u += x[a] * point["hidden_weights"][j][a].get<double>();
    p += point["output_weights"][j][k].get<double>() * std::tanh(u);
  }
  return p;
}

}  // namespace

TEST_CASE("--hidden finds the families of exclusive or" * not_in_slow_builds()) {
  const Scratch scratch;
  scratch.write("xor.csv", xor_csv);
  const std::string solve =
      "solve xor.csv --target y --hidden 2 --output sigmoid --ridge 0.1 --rounds 3";
  const Run run =
      scratch.run(solve + " --json xor.json --csv rows.csv --points points.csv --graph");
  CHECK(run.status == 0);
  check_page(run.output);
  check_says(run.output,
             {"11 families of 257 points", "index-consistent", "8 of the units times 8 of",
              "2 hidden units tanh", "they end at 1 of 11 families"});
  const Json problem = Json::parse(contents(scratch / "xor.json"))["problems"][0];
  double copies = 0.0;
  for (const Json& point : problem["stationary_points"]) {
    copies += point["copies"].get<double>();
    CHECK(point["hidden_weights"].size() == 2);
    CHECK(point["hidden_weights"][0].size() == 3);
    CHECK(point["status"] == "certified");
  }
  CHECK(copies == 257.0);
  CHECK(problem["completeness"]["index_sum"] == 1);
  CHECK(problem["data"]["hidden"]["data_symmetries"] == 8);
  CHECK(problem["tree"]["branches"].size() == 1);
  // The fitted column is what the weights say.
  const Json& best = problem["stationary_points"][problem["global_minimum"].get<std::size_t>()];
  const std::string rows = contents(scratch / "rows.csv");
  CHECK(rows.rfind("problem,row,output,target,fitted,residual,a,b,(bias)\n", 0) == 0);
  const double fitted = std::tanh(output_of(best, {-1.0, -1.0, 1.0}, 0));
  const std::string line = rows.substr(rows.find("y,1,y,-0.9,") + 11);
  CHECK(std::stod(line) == doctest::Approx(fitted).epsilon(1e-12));
  CHECK(scratch.run("predict xor.json xor.csv").status == 0);
  CHECK(contents(scratch / "points.csv").find(",copies,unit1:a,unit1:b,unit1:(bias),unit2:a") !=
        std::string::npos);
}

TEST_CASE("outputs share a hidden layer" * not_in_slow_builds()) {
  const Scratch scratch;
  scratch.write("two.csv", two_csv);
  const Run run = scratch.run(
      "solve two.csv --outputs y,z --hidden 2 --ridge 0.1 --rounds 2 --json two.json --csv "
      "rows.csv");
  CHECK(run.status == 0);
  check_page(run.output);
  check_says(run.output, {"y, z", "-> y", "-> z"});
  const Json problem = Json::parse(contents(scratch / "two.json"))["problems"][0];
  CHECK(problem["name"] == "y, z");
  CHECK(problem["data"]["hidden"]["outputs"] == Json{"y", "z"});
  CHECK(problem["data"]["range"].is_null());
  CHECK(problem["tree"].is_null());
  const Json& best = problem["stationary_points"][problem["global_minimum"].get<std::size_t>()];
  // Energy, with the ridge on all weights and biases.
  double energy = 0.0;
  const std::vector<std::vector<double>> rows{{-2, -0.9, 0.8}, {-1, -0.7, 0.3}, {-0.5, -0.4, 0.1},
                                              {0, 0.1, 0.0},   {0.5, 0.5, 0.2}, {1, 0.8, 0.4},
                                              {2, 0.9, 0.9}};
  for (const auto& row : rows)
    for (const std::size_t k : {0U, 1U})
      energy += 0.5 * std::pow(output_of(best, {row[0], 1.0}, k) - row[k + 1], 2);
  for (const Json& weight : best["weights"]) energy += 0.05 * std::pow(weight.get<double>(), 2);
  CHECK(best["energy"].get<double>() == doctest::Approx(energy).epsilon(1e-12));
  CHECK(problem["completeness"]["index_sum"] == 1);
}

TEST_CASE("one unit is proven complete, and an output in the user's range is scaled" *
          not_in_slow_builds()) {
  const Scratch scratch;
  scratch.write("two.csv", two_csv);
  const Json one = problem_of(scratch.run(
      "solve two.csv --columns x --target y --hidden 1 --ridge 0.2 --rounds 2 --json -"));
  CHECK(one["completeness"]["level"] == "complete");
  CHECK(one["unique"]["answer"] == "yes");
  CHECK(one["global"]["proven"] == true);
  CHECK(one["search"]["region_holds_all"] == true);
  // Percent in place of units, with a ridge for the same fit: energies are 100^2 as large.
  scratch.write("unit.csv", "x,y\n-2,0.1\n-1,0.2\n0,0.5\n1,0.9\n2,0.8\n");
  scratch.write("percent.csv", "x,y\n-2,10\n-1,20\n0,50\n1,90\n2,80\n");
  const std::string solve =
      " --activation logistic --hidden 1 --output sigmoid --rounds 2 --json - ";
  const Json unit = problem_of(scratch.run("solve unit.csv --ridge 0.05" + solve));
  const Json percent =
      problem_of(scratch.run("solve percent.csv --range 0,100 --ridge 500" + solve));
  REQUIRE(unit["stationary_points"].size() == percent["stationary_points"].size());
  for (std::size_t k = 0; k < unit["stationary_points"].size(); ++k) {
    const Json &a = unit["stationary_points"][k], &b = percent["stationary_points"][k];
    CHECK(b["energy"].get<double>() ==
          doctest::Approx(1e4 * a["energy"].get<double>()).epsilon(1e-9));
    CHECK(a["morse_index"] == b["morse_index"]);
  }
}

TEST_CASE("what does not go with a hidden layer is refused") {
  const Scratch scratch;
  scratch.write("two.csv", two_csv);
  const std::string solve = "solve two.csv --columns x --target y ";
  check_refused(scratch.run(solve + "--hidden 2"), "continua");
  check_refused(scratch.run(solve + "--hidden 2 --ridge-hidden 0.1"), "continua");
  check_refused(scratch.run(solve + "--hidden 0 --ridge 0.1"), "is not a whole number from 1");
  check_refused(scratch.run(solve + "--hidden 1.5 --ridge 0.1"), "is not a whole number from 1");
  check_refused(scratch.run(solve + "--output sigmoid"), "needs --hidden H");
  check_refused(scratch.run(solve + "--outputs y,z"), "needs --hidden H");
  check_refused(scratch.run(solve + "--ridge-output 1"), "needs --hidden H");
  check_refused(scratch.run(solve + "--hidden 2 --ridge-output 0"), "is not above 0");
  check_refused(scratch.run(solve + "--hidden 2 --ridge 0.1 --output tanh"),
                "none of linear, sigmoid");
  check_refused(scratch.run(solve + "--hidden 2 --ridge 0.1 --range 0,1"), "linear outputs");
  check_refused(scratch.run(solve + "--hidden 2 --ridge 0.1 --output sigmoid --range 0,free"),
                "--ridge");
  check_refused(scratch.run(solve + "--hidden 2 --ridge 0.1 --fix x=1"), "--fix");
  check_refused(scratch.run(solve + "--hidden 2 --ridge 0.1 --intervals 0.95"), "--intervals");
  check_refused(scratch.run(solve + "--hidden 2 --ridge 0.1 --ridge-standardised"),
                "--ridge-standardised");
}

TEST_CASE("hidden layers in runs" * not_in_slow_builds()) {
  const Scratch scratch;
  scratch.write("two.csv", two_csv);
  scratch.write("night.json", R"({"tasks": [
    {"command": "solve", "data": "two.csv", "columns": "x", "target": "y", "hidden": 2, "ridge": [0.1, 0.3], "rounds": 2}]})");
  const Run batch = scratch.run("batch night.json --run night --quiet --records -");
  CAPTURE(batch.errors);
  CHECK(batch.status == 0);
  const std::vector<std::string> records = lines(batch.output);
  REQUIRE(records.size() == 2);
  const Json first = Json::parse(records[0])["result"];
  CHECK(first["data"]["hidden"]["units"] == 2);
  CHECK(first["completeness"]["index_sum"] == 1);
  CHECK(first["stationary_points"][0]["copies"].get<double>() >= 1.0);
  CHECK(lines(scratch.run("resume night --quiet --records -").output) == records);
  // What a run has is what solve says.
  const Json solved = problem_of(scratch.run(
      "solve two.csv --columns x --target y --hidden 2 --ridge 0.1 --rounds 2 --json -"));
  CHECK(solved["stationary_points"] == first["stationary_points"]);
}

TEST_CASE("outputs share a hidden layer in runs" * not_in_slow_builds()) {
  const Scratch scratch;
  scratch.write("two.csv", two_csv);
  scratch.write("shared.json", R"({"tasks": [
    {"command": "solve", "data": "two.csv", "outputs": ["y,z", "y"], "columns": "x", "hidden": 1, "ridge": 0.1, "rounds": 2}]})");
  const Run batch = scratch.run("batch shared.json --run shared --quiet --records -");
  CAPTURE(batch.errors);
  CHECK(batch.status == 0);
  const std::vector<std::string> records = lines(batch.output);
  REQUIRE(records.size() == 2);
  CHECK(Json::parse(records[0])["label"] == "two.csv outputs=y,z/y, z");
  CHECK(Json::parse(records[1])["label"] == "two.csv outputs=y/y");
  const Json both = Json::parse(records[0])["result"];
  CHECK(both["data"]["hidden"]["outputs"] == Json{"y", "z"});
  CHECK(both["stationary_points"][0]["output_bias"].size() == 2);
  const Json solved = problem_of(scratch.run(
      "solve two.csv --outputs y,z --columns x --hidden 1 --ridge 0.1 --rounds 2 --json -"));
  CHECK(solved["stationary_points"] == both["stationary_points"]);
  CHECK(lines(scratch.run("resume shared --quiet --records -").output) == records);
  // One run of one call.
  CHECK(scratch
            .run("solve two.csv --outputs y,z --columns x --hidden 1 --ridge 0.1 --rounds 2 --run "
                 "one --json one.json")
            .status == 0);
  CHECK(Json::parse(contents(scratch / "one.json"))["problems"][0]["stationary_points"] ==
        solved["stationary_points"]);
  scratch.write("targets.csv", "a,b,c,d,e,f,g\n1,2,3,4,5,6,7\n");
  scratch.write("wrong.json", R"({"tasks": [
    {"command": "solve", "data": "two.csv", "outputs": "y,z", "targets": "targets.csv", "hidden": 1, "ridge": 0.1}]})");
  check_refused(scratch.run("batch wrong.json --run wrong"), "do not go with a file of targets");
  scratch.write("track.json", R"({"tasks": [
    {"command": "track", "data": "two.csv", "outputs": "y,z", "hidden": 1, "ridge": 0.1}]})");
  check_refused(scratch.run("batch track.json --run track"), "not for runs");
}

TEST_CASE("predict takes fits with a hidden layer" * not_in_slow_builds()) {
  const Scratch scratch;
  scratch.write("two.csv", two_csv);
  scratch.write("new.csv", "name,x\na,-3\nb,0.25\n");
  const std::string solve =
      "solve two.csv --columns x --hidden 2 --ridge 0.1 --rounds 1 --json fit.json ";
  CHECK(scratch.run(solve + "--outputs y,z").status <= 1);
  const Json best =
      Json::parse(contents(scratch / "fit.json"))["problems"][0]["stationary_points"][0];
  const Run run = scratch.run("predict fit.json new.csv --json new.json --csv rows.csv");
  CAPTURE(run.errors);
  CHECK(run.status == 0);
  check_page(run.output);
  check_says(run.output, {"none: standard errors are not known"});
  const Json problems = Json::parse(contents(scratch / "new.json"))["problems"];
  REQUIRE(problems.size() == 2);
  for (std::size_t k = 0; k < 2; ++k) {
    CHECK(problems[k]["name"] == (k == 0 ? "y" : "z"));
    CHECK(problems[k]["reason"].is_string());
    for (std::size_t i = 0; i < 2; ++i) {
      const Json& row = problems[k]["rows"][i];
      CHECK(row["output"].get<double>() ==
            doctest::Approx(output_of(best, {i == 0 ? -3.0 : 0.25, 1.0}, k)).epsilon(1e-12));
      CHECK(row["interval"].is_null());
      CHECK(row["measurement_interval"].is_null());
    }
  }
  CHECK(lines(contents(scratch / "rows.csv")).size() == 5);
  check_refused(scratch.run("predict fit.json new.csv --response x"), "may have many inputs");
  check_refused(scratch.run("predict fit.json new.csv --problem w"), "has no problem 'w'");
  scratch.write("other.csv", "t\n1\n");
  check_refused(scratch.run("predict fit.json other.csv"), "x");
  // Sigmoid outputs in the user's range; what it says of the rows of the fit is what the fit says.
  CHECK(scratch
            .run("solve two.csv --columns x --target y --hidden 1 --output sigmoid --range -2,3 "
                 "--ridge "
                 "0.1 --rounds 1 --json fit.json --csv fitted.csv")
            .status <= 1);
  CHECK(scratch.run("predict fit.json two.csv --json new.json").status == 0);
  const Json rows = Json::parse(contents(scratch / "new.json"))["problems"][0]["rows"];
  const Json point =
      Json::parse(contents(scratch / "fit.json"))["problems"][0]["stationary_points"][0];
  REQUIRE(rows.size() == 7);
  for (std::size_t i = 0; i < 7; ++i) {
    const double x = std::vector<double>{-2, -1, -0.5, 0, 0.5, 1, 2}[i];
    CHECK(rows[i]["output"].get<double>() ==
          doctest::Approx(0.5 + 2.5 * std::tanh(output_of(point, {x, 1.0}, 0))).epsilon(1e-12));
  }
}

TEST_CASE("track --hidden follows the branches" * not_in_slow_builds()) {
  const Scratch scratch;
  scratch.write("two.csv", two_csv);
  const Run run = scratch.run(
      "track two.csv --columns x --target y --hidden 3 --ridge 0.05 --json tree.json --csv "
      "tree.csv");
  CHECK(run.status == 0);
  check_page(run.output);
  check_says(run.output, {"all dead", "1, 2 dead", "2, 1 dead", "3 hidden units tanh"});
  const Json problem = Json::parse(contents(scratch / "tree.json"))["problems"][0];
  const Json& tree = problem["tree"];
  CHECK(tree["finished"] == true);
  CHECK(tree["branches"].size() >= 4);
  CHECK(tree["branches"][1]["equal"] == Json{1});
  CHECK(tree["branches"][1]["points"].front()["tau"] == 0.0);
  CHECK(tree["branches"][1]["points"].back()["tau"] == 1.0);
  CHECK(tree["branches"][1]["end_weights"].size() == 3 * 2 + 3 + 1);
  CHECK(contents(scratch / "tree.csv").rfind("problem,branch,tau,energy,morse_index,unit1:x", 0) ==
        0);
  CHECK(problem.find("audit") == problem.end());
  const Run audited = scratch.run(
      "track two.csv --columns x --target y --hidden 3 --ridge 0.05 --audit suspects --json "
      "audited.json");
  CHECK(audited.status == 0);
  check_page(audited.output);
  check_says(audited.output, {"confirmed: there are pitchforks"});
  const Json second = Json::parse(contents(scratch / "audited.json"))["problems"][0];
  CHECK(second["audit"]["verdict"] == "confirmed");
  CHECK(second["audit"]["more_steps"].get<long>() > 0);
  CHECK(second["tree"] == tree);
  // Each end is in the list of solve.
  const Json solved = problem_of(scratch.run(
      "solve two.csv --columns x --target y --hidden 3 --ridge 0.05 --rounds 2 --json -"));
  for (const Json& branch : solved["tree"]["branches"])
    if (!branch["end_weights"].is_null()) CHECK(branch["stationary_point"].is_number());
  check_refused(
      scratch.run(
          "track two.csv --hidden 2 --ridge 0.1 --columns x --target y --activation logistic"),
      "odd activation");
}

TEST_CASE("layers takes the layer of a fit" * not_in_slow_builds()) {
  const Scratch scratch;
  scratch.write("xor.csv", xor_csv);
  CHECK(scratch
            .run("solve xor.csv --target y --hidden 2 --output sigmoid --ridge 0.1 --rounds 1 "
                 "--json fit.json")
            .status <= 1);
  const Run run = scratch.run(
      "layers xor.csv --columns a,b --label y --fit fit.json --csv points.csv --json l.json");
  CHECK(run.status == 0);
  const Json best =
      Json::parse(contents(scratch / "fit.json"))["problems"][0]["stationary_points"][0];
  const Json stages = Json::parse(contents(scratch / "l.json"))["stages"];
  REQUIRE(stages.size() == 3);
  // The last stage is the output of the fit.
  double low = 1.0;
  for (const std::vector<double>& row :
       {std::vector<double>{-1, -1, 1}, {-1, 1, 1}, {1, -1, 1}, {1, 1, 1}})
    low = std::min(low, std::tanh(output_of(best, row, 0)));
  CHECK(stages[2]["low"][0].get<double>() == doctest::Approx(low).epsilon(1e-12));
  check_refused(
      scratch.run("layers xor.csv --columns a,b --label y --fit fit.json --weights fit.json"),
      "--weights is there, too");
  check_refused(scratch.run("layers xor.csv --columns a,b --label y --fit fit.json --problem z"),
                "there is no problem 'z'");
  check_refused(scratch.run("layers xor.csv --columns a,b --label y"), "--fit FILE");
  CHECK(scratch.run("solve xor.csv --target y --rounds 1 --json plain.json").status <= 1);
  check_refused(scratch.run("layers xor.csv --columns a,b --label y --fit plain.json"),
                "no report of");
}

TEST_CASE("pictures of hidden layers" * doctest::skip(!has_gnuplot()) * not_in_slow_builds()) {
  const Scratch scratch;
  scratch.write("two.csv", two_csv);
  const std::string network = " two.csv --columns x --target y --hidden 2 --ridge 0.1 ";
  const Run solve = scratch.run("solve" + network + "--rounds 2 --plot fits.svg");
  CHECK(solve.errors.find("gnuplot") == std::string::npos);
  const std::string fits = contents(scratch / "fits.svg");
  CHECK(fits.find("Stationary points of 2 hidden tanh units and linear output: two.csv") !=
        std::string::npos);
  CHECK(fits.find("Morse index (0: minima)") != std::string::npos);
  CHECK(fits.find(">2 live units<") != std::string::npos);
  CHECK(scratch.run("track" + network + "--plot tree.svg").status == 0);
  CHECK(contents(scratch / "tree.svg").find(">no live unit<") != std::string::npos);
}

}  // namespace hidden_test
