// Columns of a model found again in another table.

#include "tautrack/data/model_inputs.hpp"

#include <cmath>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "tautrack/core/data_error.hpp"

namespace model_inputs_test {

using namespace tautrack;

namespace {

std::string refused(const std::string& text, const std::vector<std::string>& names) {
  try {
    (void)parse_model_inputs(text, "new.csv", names);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

bool says(const std::string& text, const char* words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("columns are found by their names, in any order") {
  const ModelInputs inputs = parse_model_inputs("site;b;a;kind\nx;0,5;1;red\ny;-2,25;4;blue\n",
                                                "new.csv", {"a", "b", "(bias)", "kind=red"});
  Matrix expected(2, 4);
  expected << 1.0, 0.5, 1.0, 1.0, 4.0, -2.25, 1.0, 0.0;
  CHECK(inputs.X == expected);
  CHECK(inputs.unused == std::vector<std::string>{"site"});
}

TEST_CASE("a logarithm of the model is taken here, too, unless the table has it") {
  const ModelInputs raw =
      parse_model_inputs("dose\n10\n0.1\n", "new.csv", {"log10(dose)", "(bias)"});
  CHECK(raw.X(0, 0) == doctest::Approx(1.0));
  CHECK(raw.X(1, 0) == doctest::Approx(-1.0));
  const ModelInputs taken =
      parse_model_inputs("dose,log10(dose)\n10,7\n", "new.csv", {"log10(dose)", "(bias)"});
  CHECK(taken.X(0, 0) == 7.0);
  CHECK(says(refused("dose\n10\n-1\n", {"log10(dose)", "(bias)"}), "new.csv:3"));
  CHECK(says(refused("dose,b\n10,1\n0,2\n", {"log10(dose)", "b", "(bias)"}), "new.csv:3"));
  CHECK(says(refused("dose\n10\n0\n", {"log10(dose)"}), "new.csv:3"));
  // Of one input beside a bias it is a dose of zero.
  const ModelInputs zero = parse_model_inputs("dose\n0\n", "new.csv", {"log10(dose)", "(bias)"});
  CHECK(zero.X(0, 0) == -std::numeric_limits<double>::infinity());
}

TEST_CASE("values of classes may be numbers") {
  const ModelInputs inputs =
      parse_model_inputs("dose,site\n1,2\n2,2.0\n3,5\n", "new.csv", {"dose", "site=2"});
  CHECK(inputs.X.col(1) == (Vector(3) << 1.0, 1.0, 0.0).finished());
}

TEST_CASE("what is missing is named") {
  CHECK(says(refused("a,b\n1,2\n", {"a", "c"}), "'c'"));
  CHECK(says(refused("a,b\n1,\n", {"a", "b"}), "new.csv:2"));
  CHECK(says(refused("a,b\n1,x\n", {"a", "b"}), "'x'"));
  CHECK(says(refused("a,b\n", {"a", "b"}), "no rows"));
}

}  // namespace model_inputs_test
