#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/program.hpp"
#include "support/slow_build.hpp"

namespace {

using namespace tautrack::support;

/// NIST StRD Rat42 (pasture yield): y = b1 / (1 + exp(b2 - b3 x)), certified b and residual sum of squares.
constexpr const char* pasture_csv =
    "time,yield\n9,8.93\n14,10.8\n21,18.59\n28,22.33\n42,39.35\n57,56.11\n63,61.73\n70,64.62\n"
    "79,67.08\n";
constexpr double pasture_b1 = 72.462237576, pasture_b2 = 2.6180768402, pasture_b3 = 0.067359200066,
                 pasture_squares = 8.0565229338;

/// R's data set DNase, run 1, over log2(concentration / 0.78125).
constexpr const char* assay_csv =
    "dose,density\n-4,0.017\n-4,0.018\n-2,0.121\n-2,0.124\n-1,0.206\n-1,0.215\n0,0.377\n0,0.374\n"
    "1,0.614\n1,0.609\n2,1.019\n2,1.001\n3,1.334\n3,1.364\n4,1.73\n4,1.71\n";

/// No upper plateau.
constexpr const char* growing_csv = "x,y\n0,1.2\n1,1.9\n2,2.4\n3,3.9\n4,5.6\n5,8.9\n6,13.1\n7,21\n";

/// The rise lies between 4 and 5.
constexpr const char* jump_csv =
    "x,y\n1,2.1\n2,1.3\n3,3.2\n4,0.9\n5,101.8\n6,99.4\n7,98.1\n8,100.7\n";

/// The rise lies at 4: plateaus 0 and 10, with residuals 0.1, -0.1, 0.1 and -0.1.
constexpr const char* halfway_csv = "x,y\n1,0\n2,0.1\n3,-0.1\n4,5\n5,10.1\n6,9.9\n7,10\n";

/// Two finite fits, and an exponential that is better.
constexpr const char* two_rises_csv =
    "x,y\n0,0\n0.3,0.5\n1,1\n1.2,9\n2.5,10\n3,11\n4,10\n6,11\n6.3,19\n7,20\n9,21\n9.5,20\n";

// The numbers of these four were computed in 40-digit arithmetic by a program of its own.
constexpr double assay_energy = 0.00235362752836321, assay_low = -0.007897177380863945,
                 assay_high = 2.377238875081567, assay_slope = 0.3261627676386776,
                 assay_bias = -0.825474435991546, growing_energy = 0.1155688727604574,
                 growing_offset = 0.4700265051613948, growing_factor = 0.831856464172849,
                 growing_rate = 0.4573281528118041, jump_energy = 5.39375,
                 two_rises_limit = 37.90122858253534;
const std::vector<double> two_rises_energies = {78.93990105588709, 86.29034921191472,
                                                91.81249795061895, 98.22162442617523};

doctest::Approx near(double value) { return doctest::Approx(value).epsilon(1e-10); }

/// What a command says of a table, as text and as JSON, with both ends free unless there are other options.
struct Told {
  Run text;
  std::string words;  ///< The text on one line.
  Json problem;
};

Told told(const Scratch& scratch, const std::string& command, const std::string& csv,
          const std::string& options = "--range free,free") {
  scratch.write("data.csv", csv);
  Told result;
  result.text = scratch.run(command + " data.csv " + options);
  const Run json = scratch.run(command + " data.csv --quiet --json - " + options);
  CAPTURE(result.text.errors);
  CHECK(json.status == result.text.status);
  check_page(result.text.output);
  result.words = on_one_line(result.text.output);
  CHECK(result.words.find("nan") == std::string::npos);
  result.problem = problem_of(json);
  return result;
}

}  // namespace

TEST_CASE("a known lower plateau: the certified numbers of NIST's pasture data") {
  const Scratch scratch;
  const Told solve = told(scratch, "solve", pasture_csv, "--range 0,free --activation logistic");
  CHECK(solve.text.status == 0);
  check_says(solve.words,
             {"a minimum, certified", "yes: a finite fit is the best",
              "yes: the list is complete: 1 minimum", "complete: exactly 1", "high 72.46224",
              "half point 38.8674", "outputs from 0 to a fitted high end"});
  const Json& point = solve.problem.at("stationary_points").at(0);
  CHECK(solve.problem.at("data").at("range") == Json{0.0, nullptr});
  CHECK(solve.problem.at("global_minimum") == 0);
  CHECK(solve.problem.at("completeness").at("level") == "complete");
  CHECK(solve.problem.at("unresolved").empty());
  CHECK(point.at("range").at(0) == 0.0);
  CHECK(point.at("range").at(1).get<double>() == near(pasture_b1));
  CHECK(point.at("weights").at(0).get<double>() == near(pasture_b3));
  CHECK(point.at("weights").at(1).get<double>() == near(-pasture_b2));
  CHECK(point.at("energy").get<double>() == near(0.5 * pasture_squares));
  CHECK(point.at("morse_index") == 0);

  const Told track = told(scratch, "track", pasture_csv, "--range 0,free --activation logistic");
  CHECK(track.text.status == 0);
  CHECK(track.problem.at("end").at("range").at(1).get<double>() == near(pasture_b1));
  CHECK(track.problem.at("end").at("weights").at(0).get<double>() == near(pasture_b3));
}

TEST_CASE("both plateaus fitted, with replicates: one fit, proven to be the only one") {
  const Scratch scratch;
  const Told solve = told(scratch, "solve", assay_csv);
  CHECK(solve.text.status == 0);
  check_says(solve.words,
             {"yes: the list is complete: 1 minimum with finite weights", "16 rows are 8 patterns",
              "half point 2.530867", "outputs from a fitted low end to a fitted high end"});
  const Json& problem = solve.problem;
  CHECK(problem.at("data").at("range") == Json{nullptr, nullptr});
  CHECK(problem.at("data").at("unreachable_targets") == 0);
  REQUIRE(problem.at("stationary_points").size() == 1);
  const Json& point = problem.at("stationary_points").at(0);
  CHECK(point.at("energy").get<double>() == near(assay_energy));
  CHECK(point.at("range").at(0).get<double>() == near(assay_low));
  CHECK(point.at("range").at(1).get<double>() == near(assay_high));
  CHECK(point.at("weights").at(0).get<double>() == near(assay_slope));
  CHECK(point.at("weights").at(1).get<double>() == near(assay_bias));
  CHECK(point.at("status") == "certified");
  CHECK(problem.at("at_infinity").empty());
  CHECK(problem.at("completeness").at("index_sum") == 1);
  CHECK(problem.at("completeness").at("expected_index_sum") == 1);
  CHECK(problem.at("global").at("proven") == true);
  CHECK(problem.at("unique").at("answer") == "yes");
  CHECK(problem.at("search").at("finished") == true);

  // Falling data have a falling curve, and still low < high.
  std::string falling;
  for (const std::string& row : lines(assay_csv))
    falling += falling.empty()
                   ? row + '\n'
                   : fields(row)[0] + "," + std::to_string(2.0 - std::stod(fields(row)[1])) + '\n';
  const Json down = told(scratch, "solve", falling).problem.at("stationary_points").at(0);
  CHECK(down.at("weights").at(0).get<double>() == near(-assay_slope));
  CHECK(down.at("range").at(0).get<double>() == near(2.0 - assay_high));
  CHECK(down.at("range").at(1).get<double>() == near(2.0 - assay_low));

  const Told track = told(scratch, "track", assay_csv);
  CHECK(track.text.status == 0);
  check_says(track.words, {"reached_target", "plateaus low -0.00789717738"});
  CHECK(track.problem.at("end").at("energy").get<double>() == near(assay_energy));
  for (const Json& at : track.problem.at("path").at("points"))
    CHECK(at.at("range").at(0).get<double>() < at.at("range").at(1).get<double>());
}

TEST_CASE(
    "data without an upper plateau: the exponential is named, with a proof, and the status is 1") {
  const Scratch scratch;
  const Told solve = told(scratch, "solve", growing_csv);
  CHECK(solve.text.status == 1);
  check_says(solve.words,
             {"none: E falls towards 0.11556887276", "as a plateau moves away",
              "the data show no upper plateau: the exponential 0.4700265052 + 0.8318564642 "
              "exp(0.4573281528 x)",
              "yes: the list is complete: one infimum, which is not attained",
              "proven: the energy grows when the plateau comes nearer"});
  const Json& problem = solve.problem;
  CHECK(problem.at("stationary_points").empty());
  CHECK(problem.at("global_minimum").is_null());
  CHECK(problem.at("global").at("at_infinity") == true);
  CHECK(problem.at("global").at("proven") == true);
  CHECK(problem.at("completeness").at("level") == "complete");
  CHECK(problem.at("unresolved").size() == 1);
  REQUIRE(problem.at("at_infinity").size() == 1);
  const Json& limit = problem.at("at_infinity").at(0);
  CHECK(limit.at("kind") == "exponential");
  CHECK(limit.at("local_infimum") == true);
  CHECK(limit.at("energy").get<double>() == near(growing_energy));
  CHECK(limit.at("range").at(0).get<double>() == near(growing_offset));
  CHECK(limit.at("range").at(1).is_null());
  const Json& curve = limit.at("exponential");
  CHECK(curve.at("offset").get<double>() == near(growing_offset));
  CHECK(curve.at("factor").get<double>() == near(growing_factor));
  CHECK(curve.at("rate").at(0).get<double>() == near(growing_rate));
  CHECK(curve.at("rate").at(1) == 0.0);

  std::string turned;  // upside down
  for (const std::string& row : lines(growing_csv))
    turned += turned.empty() ? row + '\n' : fields(row)[0] + ",-" + fields(row)[1] + '\n';
  const Told lower = told(scratch, "solve", turned);
  CHECK(lower.text.status == 1);
  CHECK(lower.words.find("no lower plateau: the exponential -0.4700265052 - 0.8318564642") !=
        std::string::npos);
  CHECK(lower.problem.at("at_infinity").at(0).at("range").at(0).is_null());

  const Told track = told(scratch, "track", growing_csv);
  CHECK(track.text.status == 1);
  check_says(track.words, {"infinite_weights: no finite fit", "the high plateau moves away",
                           "of kind exponential", "`tautrack solve` tells"});
  const Json& end = track.problem.at("infinity");
  CHECK(track.problem.at("end").is_null());
  CHECK(end.at("kind") == "exponential");
  CHECK(end.at("local_infimum").is_null());
  CHECK(end.at("exponential").at("rate").at(0).get<double>() ==
        doctest::Approx(growing_rate).epsilon(0.01));
}

TEST_CASE("an infinite slope: a step between two doses, or at one") {
  const Scratch scratch;
  const Told between = told(scratch, "solve", jump_csv);
  CHECK(between.text.status == 1);
  CHECK(between.words.find("the slope is infinite: a step between 4 and 5, from 1.875 to 100") !=
        std::string::npos);
  REQUIRE(between.problem.at("at_infinity").size() == 1);
  const Json& step = between.problem.at("at_infinity").at(0);
  CHECK(step.at("kind") == "step");
  CHECK(step.at("energy").get<double>() == near(jump_energy));
  CHECK(step.at("range").at(0).get<double>() == near(1.875));
  CHECK(step.at("range").at(1).get<double>() == near(100.0));
  CHECK(step.at("signs") == Json{-1, -1, -1, -1, 1, 1, 1, 1});
  CHECK(step.at("exponential").is_null());

  const Told at = told(scratch, "solve", halfway_csv);
  CHECK(at.text.status == 1);
  CHECK(at.words.find("a step between 3 and 5, with 4 on its way, from 0 to 10") !=
        std::string::npos);
  const Json& free = at.problem.at("at_infinity").at(0);
  CHECK(free.at("kind") == "step with free patterns");
  CHECK(free.at("energy").get<double>() == near(0.02));
  CHECK(free.at("signs") == Json{-1, -1, -1, 0, 1, 1, 1});

  const Told track = told(scratch, "track", jump_csv);
  CHECK(track.text.status == 1);
  CHECK(track.problem.at("infinity").at("kind") == "step");
  CHECK(track.problem.at("infinity").at("energy").get<double>() == near(jump_energy));
}

TEST_CASE("two fits and a better limit: all of them are listed, in the CSV, too") {
  const Scratch scratch;
  const Told solve = told(scratch, "solve", two_rises_csv);
  CHECK(solve.text.status == 1);
  check_says(solve.words, {"the best minimum at finite weights has E = 78.93990105",
                           "no: 2 minima with finite weights and 1 limit",
                           "2 minima, 2 saddles of index 1, 0 maxima"});
  CHECK(solve.problem.at("unique").at("answer") == "no");
  CHECK(solve.problem.at("at_infinity").at(0).at("energy").get<double>() == near(two_rises_limit));
  const Run csv = scratch.run("solve data.csv --range free,free --quiet --points -");
  const std::vector<std::string> rows = lines(csv.output);
  REQUIRE(rows.size() == 1 + two_rises_energies.size());
  CHECK(rows[0] == "problem,number,energy,kind,morse_index,status,radius,found_by,x,(bias)");
  for (std::size_t i = 0; i < two_rises_energies.size(); ++i) {
    const std::vector<std::string> row = fields(rows[i + 1]);
    REQUIRE(row.size() == 10);
    CHECK(std::stod(row[2]) == near(two_rises_energies[i]));
    CHECK(row[3] == (i % 2 == 0 ? "minimum" : "saddle"));
  }
}

TEST_CASE(
    "geometry examines the best finite fit, in weights and plateaus, and what it says is local") {
  const Scratch scratch;
  const std::string logistic = "--range 0,free --activation logistic";
  const Told fit = told(scratch, "geometry", pasture_csv, logistic);
  CHECK(fit.text.status == 0);
  check_says(fit.words,
             {"minimum at tau = 1, the best finite fit", "global yes: a finite fit is the best",
              "unique yes: the list is complete", "< 1: a minimum, as the Hessian says",
              "linear approx.", "not claimed neither a reach nor uniqueness by curvature",
              "plateaus low 0, high 72.4622375", "3 dimensions in 9"});
  const Json& geometry = fit.problem.at("geometry");
  const Json& point = geometry.at("point");
  CHECK(point.at("from") == "best fit");
  CHECK(point.at("range").at(0) == 0.0);
  CHECK(point.at("range").at(1).get<double>() == near(pasture_b1));
  CHECK(point.at("weights").at(0).get<double>() == near(pasture_b3));
  CHECK(point.at("energy").get<double>() == near(0.5 * pasture_squares));
  CHECK(point.at("distance").get<double>() == near(std::sqrt(pasture_squares)));
  CHECK(point.at("morse_index") == 0);
  CHECK(point.at("stationary") == true);
  CHECK(geometry.at("dimension") == 3);
  CHECK(geometry.at("ambient") == 9);
  for (const char* field : {"supremum", "reach", "certificate", "strata"})
    CHECK(geometry.at(field).is_null());
  CHECK(geometry.at("not_claimed").is_string());
  CHECK(geometry.at("bates_watts").at("parameters") == "weights and fitted plateaus");
  CHECK(fit.problem.at("unresolved").empty());
  CHECK(fit.problem.at("global").at("proven") == true);
  CHECK(fit.problem.at("unique").at("answer") == "yes");
  // A cone is straight along its rays: one curvature is zero, without a focal point.
  const Json& towards = geometry.at("towards_target");
  REQUIRE(towards.at("curvatures").size() == 3);
  CHECK(towards.at("curvatures").at(1) == 0.0);
  CHECK(towards.at("focal_distances").at(1).is_null());
  CHECK(towards.at("morse_index") == 0);
  for (const Json& move : towards.at("range_directions")) CHECK(move.at(0) == 0.0);
  // The Hessian relative to the metric, as the interval search has it, is one less the products.
  const Json solve = told(scratch, "solve", pasture_csv, logistic).problem;
  const Json& eigenvalues = solve.at("stationary_points").at(0).at("eigenvalues");
  for (std::size_t j = 0; j < 3; ++j)
    CHECK(1.0 - towards.at("products").at(j).get<double>() ==
          near(eigenvalues.at(j).get<double>()));

  // In other units.
  std::string percent;
  for (const std::string& row : lines(pasture_csv))
    percent += percent.empty() ? row + '\n'
                               : std::to_string(1000.0 - 10.0 * std::stod(fields(row)[0])) + "," +
                                     std::to_string(100.0 * std::stod(fields(row)[1])) + '\n';
  const Json other = told(scratch, "geometry", percent, logistic).problem.at("geometry");
  for (std::size_t j = 0; j < 3; ++j) {
    const double expected = towards.at("products").at(j).get<double>();
    CHECK(other.at("towards_target").at("products").at(j).get<double>() ==
          doctest::Approx(expected).epsilon(1e-8));
  }
  for (const char* field : {"relative_intrinsic", "relative_parameter_effects", "threshold"})
    CHECK(other.at("bates_watts").at(field).get<double>() ==
          doctest::Approx(geometry.at("bates_watts").at(field).get<double>()).epsilon(1e-6));
  CHECK(100.0 * other.at("largest_curvature").at("value").get<double>() ==
        doctest::Approx(geometry.at("largest_curvature").at("value").get<double>()).epsilon(1e-6));

  scratch.write("data.csv", pasture_csv);
  const std::vector<std::string> rows =
      lines(scratch.run("geometry data.csv --quiet --csv - " + logistic).output);
  REQUIRE(rows.size() == 4);
  CHECK(rows[0] == "problem,index,kappa,focal_distance,rho_kappa,low,high,time,(bias)");
  CHECK(fields(rows[1]).size() == 9);
}

TEST_CASE("geometry without a finite best fit says so, and has no numbers that are not there" *
          not_in_slow_builds()) {
  const Scratch scratch;
  const Told none = told(scratch, "geometry", growing_csv);
  CHECK(none.text.status == 1);
  check_says(none.words, {"there is no finite fit to examine: no finite fit is the best: the data "
                          "show no upper plateau: the exponential 0.4700265052",
                          "not claimed"});
  CHECK(none.problem.at("unresolved").size() == 1);
  for (const char* field : {"point", "towards_target", "largest_curvature", "bates_watts"})
    CHECK(none.problem.at("geometry").at(field).is_null());
  CHECK(none.problem.at("at_infinity").at(0).at("kind") == "exponential");

  const Told worse = told(scratch, "geometry", two_rises_csv);
  CHECK(worse.text.status == 1);
  check_says(worse.words, {"what is examined is the best fit that is finite"});
  CHECK(worse.problem.at("geometry").at("point").at("energy").get<double>() ==
        near(two_rises_energies[0]));

  // A steep curve without noise, for which the interval search has too many boxes.
  std::string steep = "x,y\n";
  for (const int x : {4, 8, 10, 12, 15, 18, 19}) {
    std::ostringstream y;
    y << std::setprecision(17) << 3.0 / (1.0 + std::exp(-1.59692 * (x - 5.60098)));
    steep += std::to_string(x) + "," + y.str() + '\n';
  }
  const Told path = told(scratch, "geometry", steep, "--range free,free --activation logistic");
  // The end of the natural path is known all the same, and proven.
  CHECK(path.text.status == 0);
  const Json& end = path.problem.at("geometry").at("point");
  CHECK(end.at("from") == "best fit");
  CHECK(end.at("energy").get<double>() < 1e-25);
  CHECK(end.at("weights").at(0).get<double>() == doctest::Approx(1.59692).epsilon(1e-7));

  const Told few = told(scratch, "geometry", "x,y\n1,2\n2,3\n3,5\n");
  CHECK(few.text.status == 1);
  CHECK(few.words.find("3 levels of the input and 4 unknowns") != std::string::npos);
  check_refused(scratch.run("geometry data.csv --range free,free --at 1"), "--at: 1 number but");
}

TEST_CASE("geometry at given weights has the plateaus that fit best to them" *
          not_in_slow_builds()) {
  const Scratch scratch;
  const Json solve = told(scratch, "solve", two_rises_csv).problem;
  for (const std::size_t k : {0U, 1U, 3U}) {
    const Json& fit = solve.at("stationary_points").at(k);
    const auto at = [&](double factor) {
      return "--range free,free --at " +
             Json(fit.at("weights").at(0).get<double>() * factor).dump() + "," +
             fit.at("weights").at(1).dump();
    };
    const Json exact = told(scratch, "geometry", two_rises_csv, at(1.0)).problem.at("geometry");
    CHECK(exact.at("point").at("from") == "given weights");
    CHECK(exact.at("point").at("stationary") == true);
    CHECK(exact.at("point").at("morse_index") == fit.at("morse_index"));
    CHECK(exact.at("towards_target").at("morse_index") == fit.at("morse_index"));
    CHECK(exact.at("point").at("range").at(0).get<double>() ==
          near(fit.at("range").at(0).get<double>()));
    const Told rounded = told(scratch, "geometry", two_rises_csv, at(1.0 + 2e-8));
    CHECK(rounded.problem.at("geometry").at("point").at("moved") > 0.0);
    CHECK(rounded.problem.at("geometry").at("point").at("weights").at(0).get<double>() ==
          near(fit.at("weights").at(0).get<double>()));
    CHECK(rounded.problem.at("path").is_null());
    CHECK(rounded.text.status == 0);
    const Told off = told(scratch, "geometry", two_rises_csv, at(1.1));
    CHECK(off.problem.at("geometry").at("point").at("stationary") == false);
    CHECK(off.words.find("with the plateaus that fit best to them") != std::string::npos);
  }
  const Told flat = told(scratch, "geometry", two_rises_csv, "--range free,free --at 0,0");
  CHECK(flat.text.status == 1);
  CHECK(flat.words.find("the best height of the curve is zero") != std::string::npos);
  const Told far = told(scratch, "geometry", two_rises_csv, "--range free,free --at 4000,-16000");
  CHECK(far.text.status == 1);
  CHECK(far.words.find("no curvature is told") != std::string::npos);
}

TEST_CASE("geometry of fitted plateaus with other activations and several inputs" *
          not_in_slow_builds()) {
  const Scratch scratch;
  // Below the known low plateau: no height > 0 is better than none.
  for (const char* activation : {"erf", "tanh"}) {
    CAPTURE(activation);
    const Told below = told(scratch, "geometry", "x,y\n1,9\n2,8.7\n3,7\n4,4\n5,2.5\n6,2.1\n7,2\n",
                            std::string("--range 10,free --activation ") + activation);
    CHECK(below.text.status == 1);
    CHECK(below.problem.at("geometry").at("point").is_null());
    check_says(below.words, {"there is no finite fit to examine", "the height is zero"});
  }

  std::string two = "a,b,y\n";
  for (int i = 0; i < 14; ++i) {
    const double a = (5 * i) % 7 - 3.0, b = (3 * i) % 11 - 5.0;
    two += std::to_string(a) + "," + std::to_string(b) + "," +
           std::to_string(2.0 + 3.0 / (1.0 + std::exp(-a + 0.5 * b)) + 0.05 * std::sin(7.0 * i)) +
           '\n';
  }
  const Told several = told(scratch, "geometry", two);
  CHECK(several.text.status == 0);
  const Json& geometry = several.problem.at("geometry");
  CHECK(geometry.at("dimension") == 5);
  CHECK(geometry.at("point").at("morse_index") == 0);
  CHECK(geometry.at("towards_target").at("morse_index") == 0);
  const Json& curvatures = geometry.at("towards_target").at("curvatures");
  CHECK(std::count(curvatures.begin(), curvatures.end(), Json(0.0)) == 2);
  CHECK(several.words.find("unique unknown") != std::string::npos);
}

TEST_CASE("data that determine no curve are told in words") {
  const Scratch scratch;
  scratch.write("same.csv", "x,y\n1,2\n2,2\n3,2\n4,2\n");
  check_refused(scratch.run("solve same.csv --range free,free"),
                "all targets are 2: every sigmoid with a plateau there is as good as its limit");
  scratch.write("rises.csv", "x,y\n1,2\n2,3\n3,5\n4,6\n");
  check_refused(scratch.run("solve rises.csv --range free,free --fix x=0"),
                "all rows have the same inputs, and their targets the mean 4");
  const Run path = scratch.run("track same.csv --range free,free");
  CHECK(path.status == 1);
  check_says(on_one_line(path.output), {"invalid_start", "every sigmoid is as good as its limit"});

  const Told few = told(scratch, "solve", "x,y\n1,2\n2,3\n3,5\n");
  CHECK(few.text.status == 1);
  CHECK(few.words.find("3 levels of the input and 4 unknowns: infinitely many curves") !=
        std::string::npos);
  CHECK(few.problem.at("global_minimum").is_null());
  CHECK(few.problem.at("unique").at("answer") == "no");
  // With a plateau they are enough: 6 / (1 + exp(1 - x)).
  const Told known = told(scratch, "solve", "x,y\n0,1.6136485282199669\n1,3\n2,4.386351471780033\n",
                          "--range 0,free --activation logistic");
  CHECK(known.text.status == 0);
  CHECK(known.problem.at("stationary_points").at(0).at("range").at(1).get<double>() == near(6.0));

  // Targets below a known lower plateau: 1/2 (1 + 4 + 4 + 9).
  const Told below = told(scratch, "solve", "x,y\n1,-1\n2,-2\n3,-2\n4,-3\n", "--range 0,free");
  CHECK(below.text.status == 1);
  CHECK(below.words.find("the height is zero") != std::string::npos);
  CHECK(below.problem.at("data").at("unreachable_targets") == 4);
  CHECK(below.problem.at("at_infinity").at(0).at("kind") == "constant");
  CHECK(below.problem.at("at_infinity").at(0).at("energy").get<double>() == near(9.0));
}

TEST_CASE("options that are for known plateaus are refused where one is fitted") {
  const Scratch scratch;
  scratch.write("data.csv", assay_csv);
  const auto refused = [&](const std::string& command, const std::string& options,
                           const std::string& part) {
    for (const char* range : {"free,free", "0,free", "free,3"}) {
      check_refused(scratch.run(command + " data.csv --range " + range + " " + options), part);
      if (kSlowBuild) break;
    }
  };
  for (const char* option : {"--box -1,1", "--graph", "--from=night:label"}) {
    const std::string text = option;
    refused("solve", option,
            text.substr(0, text.find_first_of(" =")) + ": not where --range has a free end");
  }
  refused("track", "--audit all", "--audit: paths are not audited where --range has a free end");
  refused("track", "--certify unique", "--certify: nothing is proven of paths");
  refused("track", "--certify path", "--certify: nothing is proven of paths");
  refused("track", "--from=night:label", "--from: paths are not taken up again");
  refused("track", "--matrix-free", "--matrix-free: paths are not followed matrix-free");
  for (const char* command : {"track", "solve"})
    refused(command, "--ridge 0.1", "--ridge: a ridge would pull on the weights");
  refused("geometry", "--ridge 0.1", "--ridge: a ridge would pull on the weights");
  refused("geometry", "--tau 0.5", "--tau: only 1 where --range has a free end");
  refused("geometry", "--plot fit.svg", "--plot: not where --range has a free end");
  refused("geometry", "--fix '(bias)=1'", "--fix: geometry does not know held weights");
  CHECK(scratch.files() == "data.csv ");
}

TEST_CASE("manifests have fitted ranges") {
  const Scratch scratch;
  scratch.write("assay.csv", assay_csv);
  scratch.write("growing.csv", growing_csv);
  scratch.write("targets.csv", "a,b,c,d,e,f,g,h\n1,2,3,4,5,6,7,8\n");
  scratch.write("night.json", R"({"tasks": [
    {"command": "solve", "data": ["assay.csv", "growing.csv"], "range": ["free,free", "0,free"]},
    {"command": "track", "data": "assay.csv", "range": "free,free"}]})");
  const Run batch =
      scratch.run("batch night.json --run night --csv night.csv --records records.jsonl --quiet");
  CHECK(batch.status == 1);
  std::vector<Json> results;
  for (const std::string& record : lines(contents(scratch / "records.jsonl")))
    results.push_back(Json::parse(record));
  REQUIRE(results.size() == 5);
  std::size_t solved = 0, exponentials = 0;
  for (const Json& record : results) {
    const std::string label = record.at("label");
    CAPTURE(label);
    const bool has_fit = label.find("assay") != std::string::npos;
    CHECK(record.at("solved") == has_fit);
    solved += has_fit ? 1 : 0;
    if (has_fit) continue;
    exponentials += record.at("result").at("at_infinity").at(0).at("kind") == "exponential" ? 1 : 0;
    CHECK(record.at("reason").get<std::string>().find("no upper plateau") != std::string::npos);
  }
  CHECK(solved == 3);
  CHECK(exponentials == 2);
  CHECK(lines(contents(scratch / "night.csv")).size() == 6);
  CHECK(results.back().at("end").at(0).get<double>() == near(assay_energy));

  const auto refused = [&](const std::string& task, const std::string& part) {
    scratch.write("bad.json",
                  R"({"tasks": [{"data": "growing.csv", "range": "free,free", )" + task + "}]}");
    check_refused(scratch.run("batch bad.json --run bad"), part);
  };
  refused(R"("command": "track", "targets": "targets.csv")",
          "a range with a free end does not go with a file of targets");
  refused(R"("command": "solve", "graph": true)", "--graph: not where --range has a free end");
  refused(R"("command": "track", "certify": "path")", "--certify: nothing is proven of paths");
  CHECK_FALSE(filesystem::exists(scratch / "bad"));
}

TEST_CASE("pictures of fitted plateaus have the data, the curves and the limits") {
  if (!has_gnuplot()) {
    MESSAGE("gnuplot is not installed, so --plot is not tested");
    return;
  }
  const Scratch scratch;
  const auto plot = [&](const std::string& command, const std::string& csv) {
    scratch.write("data.csv", csv);
    const Run run = scratch.run(command + " data.csv --range free,free --quiet --plot p.svg");
    CAPTURE(run.errors);
    CHECK(run.status <= 1);
    return contents(scratch / "p.svg");
  };
  check_says(plot("track", assay_csv), {"outputs at tau = 1", "data", "dose", "density"}, ">");
  check_says(plot("solve", two_rises_csv), {"data", "limit: E -> 37.9012", "1: E = 78.9399"}, ">");
  check_says(plot("solve", jump_csv), {"data", "limit: E -> 5.39375"}, ">");
}

TEST_CASE("the help says what free ends are") {
  const Scratch scratch;
  for (const std::string command : {"track", "solve"}) {
    const Run run = scratch.run(command + " --help-all");
    CHECK(run.status == 0);
    check_page(run.output);
    check_says(on_one_line(run.output),
               {"--range LOW,HIGH The plateaus of the outputs: each a number, or free",
                "Unknown plateaus: --range free,free"});
  }
}

TEST_CASE(
    "several inputs and other activations: proven minima by descents, limits, no proof of all") {
  const Scratch scratch;
  const Told two = told(scratch, "solve",
                        "x1,x2,y\n0.1,0.3,13.1\n0.9,-0.2,19.6\n1.8,0.4,52.1\n2.7,0.1,60.9\n"
                        "0.2,1.2,14.5\n1.1,0.9,35.3\n2.1,1.3,58.8\n2.9,1.1,74.7\n0.0,2.1,21.6\n"
                        "1.2,2.2,59.0\n1.9,1.8,67.1\n3.1,2.3,93.7\n");
  CHECK(two.text.status == 0);
  check_says(two.words, {"200 descents", "a minimum, certified within",
                         "steps and exponentials: all strata were looked at",
                         "from 15.73333333 (3 rows) to 62.25714286 (7), with 2 on its way"});
  // Its only stationary point, from 40-digit arithmetic.
  REQUIRE(two.problem.at("stationary_points").size() == 1);
  const Json& point = two.problem.at("stationary_points").at(0);
  CHECK(point.at("energy").get<double>() == near(83.9289628639882));
  CHECK(point.at("range").at(0).get<double>() == doctest::Approx(-23.0155579384671).epsilon(1e-6));
  CHECK(point.at("range").at(1).get<double>() == doctest::Approx(116.9365435334632).epsilon(1e-6));
  CHECK(two.problem.at("completeness").at("level") == "heuristic");
  // A step with two free patterns is an infimum, too.
  CHECK(two.problem.at("unique").at("answer") == "no");
  CHECK(two.problem.at("global").at("proven") == false);
  CHECK(scratch.run("solve data.csv --range free,free --no-certify --quiet").status == 0);

  // The end of the path is a minimum that the descents know.
  const std::string options = "--range free,free --activation erf";
  const Json path = told(scratch, "track", assay_csv, options).problem;
  const Json descents = told(scratch, "solve", assay_csv, options).problem;
  CHECK(descents.at("stationary_points").at(0).at("energy").get<double>() ==
        near(path.at("end").at("energy").get<double>()));
}
