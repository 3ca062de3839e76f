#include "tautrack/data/dataset.hpp"

#include <clocale>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/text_input.hpp"

namespace dataset_test {

namespace {

using tautrack::DataError;
using tautrack::Dataset;
using tautrack::DatasetOptions;
using tautrack::Index;
using tautrack::Matrix;
using tautrack::Problem;
using tautrack::Vector;
using tautrack::support::complaint;
using tautrack::support::entries;
using tautrack::support::mutated;
using tautrack::support::TemporaryFile;
using Names = std::vector<std::string>;

/// The sentence with which the text, named t.csv, is refused, or "accepted".
std::string refusal(std::string_view text, const DatasetOptions& options = {}) {
  return complaint([&] { return tautrack::parse_csv(text, "t.csv", options); });
}

/// The data in the text.
Dataset parsed(std::string_view text, const DatasetOptions& options = {}) {
  return tautrack::parse_csv(text, "t.csv", options);
}

/// The only problem in the text.
Problem only_problem(std::string_view text, const DatasetOptions& options = {}) {
  Dataset dataset = parsed(text, options);
  REQUIRE(dataset.problems.size() == 1);
  return dataset.problems.front();
}

/// The number that a cell of this text is read as.
double number_of(const std::string& cell) { return only_problem("a,y\n" + cell + ",0\n").X(0, 0); }

/// Names of the problems in order.
Names problem_names(const Dataset& dataset) {
  Names names;
  for (const Problem& problem : dataset.problems) names.push_back(problem.name);
  return names;
}

/// Two classes, two features.
constexpr std::string_view two_classes = "a,b,kind\n1,2,no\n3,4,yes\n5,6,no\n";

/// Three classes, one feature.
constexpr std::string_view three_classes = "a,kind\n1,oak\n2,elm\n3,fir\n4,elm\n";

/// Options with this target column.
DatasetOptions with_target(const std::string& name) {
  DatasetOptions options;
  options.target = name;
  return options;
}

/// Options with this column of pattern weights.
DatasetOptions with_pattern_weights(const std::string& name) {
  DatasetOptions options;
  options.pattern_weights = name;
  return options;
}

/// Options with this positive class.
DatasetOptions with_positive(const std::string& label) {
  DatasetOptions options;
  options.positive = label;
  return options;
}

/// Options that take every target cell for a label.
DatasetOptions with_classes() {
  DatasetOptions options;
  options.classes = true;
  return options;
}

/// What a message about a cell says that may be missing.
const std::string missing_advice = " (--missing drop leaves out rows with missing cells)";

/// What a message about a text in the column of an input says.
std::string text_advice(const std::string& column) {
  return " (--ignore " + column + " leaves the column out, --one-hot " + column +
         " makes columns of zeros and ones of its values)";
}

/// Options without the bias column.
DatasetOptions without_bias() {
  DatasetOptions options;
  options.bias = false;
  return options;
}

}  // namespace

TEST_CASE("a numeric target makes one problem named after its column") {
  const Problem problem = only_problem("a,b,y\n1,2,3\n4,5,6\n");
  CHECK(problem.name == "y");
  CHECK(problem.columns == Names{"a", "b", "(bias)"});
  CHECK(problem.X == (Matrix(2, 3) << 1, 2, 1, 4, 5, 1).finished());
  CHECK(entries(problem.y) == std::vector<double>{3, 6});
  CHECK(problem.pattern_weights.size() == 0);
  CHECK(parsed("a,b,y\n1,2,3\n").source == "t.csv");
}

TEST_CASE("the target may be any column, and the features keep their order") {
  const Problem problem = only_problem("a,y,b\n1,2,3\n4,5,6\n", with_target("y"));
  CHECK(problem.name == "y");
  CHECK(problem.columns == Names{"a", "b", "(bias)"});
  CHECK(problem.X == (Matrix(2, 3) << 1, 3, 1, 4, 6, 1).finished());
  CHECK(entries(problem.y) == std::vector<double>{2, 5});
}

TEST_CASE("without a bias X holds the features alone") {
  const Problem problem = only_problem("a,y\n1,2\n3,4\n", without_bias());
  CHECK(problem.columns == Names{"a"});
  CHECK(problem.X == (Matrix(2, 1) << 1, 3).finished());
}

TEST_CASE("the bias alone is a legal X") {
  const Problem problem = only_problem("y\n2\n4\n");
  CHECK(problem.columns == Names{"(bias)"});
  CHECK(problem.X == Matrix::Ones(2, 1));
  CHECK(refusal("y\n2\n", without_bias()) ==
        "t.csv:1: there is no column beside the target, and no bias, to compute it from");
}

TEST_CASE("one pattern is legal for a numeric target") {
  CHECK(only_problem("a,y\n1,2\n").X.rows() == 1);
}

TEST_CASE("a pattern weight column is neither feature nor default target") {
  const Problem last = only_problem("a,y,w\n1,2,0.5\n3,4,2\n", with_pattern_weights("w"));
  CHECK(last.name == "y");
  CHECK(last.columns == Names{"a", "(bias)"});
  CHECK(entries(last.pattern_weights) == std::vector<double>{0.5, 2});

  const Problem first = only_problem("w,a,y\n1,2,3\n", with_pattern_weights("w"));
  CHECK(first.name == "y");
  CHECK(first.columns == Names{"a", "(bias)"});
  CHECK(entries(first.pattern_weights) == std::vector<double>{1});

  CHECK(refusal("w\n1\n", with_pattern_weights("w")) ==
        "t.csv:1: the only column holds the pattern weights, so there is no target");
}

TEST_CASE("pattern weights are finite and positive") {
  const auto refused = [](const std::string& weight) {
    return refusal("a,w,y\n1,1,1\n1," + weight + ",1\n", with_pattern_weights("w"));
  };
  CHECK(refused("0") == "t.csv:3: column 'w': the pattern weight '0' is not positive");
  CHECK(refused("-1") == "t.csv:3: column 'w': the pattern weight '-1' is not positive");
  CHECK(refused("x") == "t.csv:3: column 'w': 'x' is not a number");
  CHECK(refused("inf") == "t.csv:3: column 'w': 'inf' is not a finite number");
  CHECK(refused("") == "t.csv:3: column 'w': the cell is empty" + missing_advice);
}

TEST_CASE("two classes make one problem, whose positive class is the last in sorted order") {
  const Problem problem = only_problem(two_classes);
  CHECK(problem.name == "yes");
  CHECK(entries(problem.y) == std::vector<double>{-0.9, 0.9, -0.9});
  const Problem other = only_problem(two_classes, with_positive("no"));
  CHECK(other.name == "no");
  CHECK(entries(other.y) == std::vector<double>{0.9, -0.9, 0.9});
}

TEST_CASE("three classes make one problem each in sorted order, class against rest") {
  const Dataset dataset = parsed(three_classes);
  CHECK(problem_names(dataset) == Names{"elm", "fir", "oak"});
  CHECK(entries(dataset.problems[0].y) == std::vector<double>{-0.9, 0.9, -0.9, 0.9});
  CHECK(entries(dataset.problems[1].y) == std::vector<double>{-0.9, -0.9, 0.9, -0.9});
  CHECK(entries(dataset.problems[2].y) == std::vector<double>{0.9, -0.9, -0.9, -0.9});
  for (const Problem& problem : dataset.problems) {
    CHECK(problem.columns == Names{"a", "(bias)"});
    CHECK(problem.X == dataset.problems[0].X);
  }
}

TEST_CASE("a positive class among several gets the only problem") {
  const Problem problem = only_problem(three_classes, with_positive("fir"));
  CHECK(problem.name == "fir");
  CHECK(entries(problem.y) == std::vector<double>{-0.9, -0.9, 0.9, -0.9});
}

TEST_CASE("pattern weights go with every class") {
  const Dataset dataset = parsed("a,w,kind\n1,1,x\n2,2,y\n3,3,z\n", with_pattern_weights("w"));
  REQUIRE(dataset.problems.size() == 3);
  for (const Problem& problem : dataset.problems)
    CHECK(entries(problem.pattern_weights) == std::vector<double>{1, 2, 3});
}

TEST_CASE("the desired outputs of a class are the user's levels") {
  DatasetOptions options;
  options.low = 0.05;
  options.high = 0.95;
  CHECK(entries(only_problem(two_classes, options).y) == std::vector<double>{0.05, 0.95, 0.05});
  options.low = 0.95;
  CHECK(refusal(two_classes, options) ==
        "t.csv: the desired outputs of a class must be finite with low < high, but low = 0.95 and "
        "high = 0.95");
  options.low = -std::numeric_limits<double>::infinity();
  CHECK(refusal(two_classes, options) ==
        "t.csv: the desired outputs of a class must be finite with low < high, but low = -inf and "
        "high = 0.95");
  options.low = std::numeric_limits<double>::quiet_NaN();
  CHECK(refusal(two_classes, options) != "accepted");
}

TEST_CASE("numeric labels sort by value and keep their spelling") {
  const Dataset dataset = parsed("a,y\n1,10\n2,9\n3,-1\n4,9\n", with_classes());
  CHECK(problem_names(dataset) == Names{"-1", "9", "10"});
  CHECK(entries(dataset.problems[1].y) == std::vector<double>{-0.9, 0.9, -0.9, 0.9});
}

TEST_CASE("one text among numeric labels makes all of them sort as texts") {
  CHECK(problem_names(parsed("a,y\n1,10\n2,9\n3,x\n", with_classes())) == Names{"10", "9", "x"});
}

TEST_CASE("numeric labels of the same value are one class, named by the first spelling") {
  const std::string_view text = "a,y\n1,1\n2,0\n3,1.0\n4,+0\n";
  const Problem problem = only_problem(text, with_classes());
  CHECK(problem.name == "1");
  CHECK(entries(problem.y) == std::vector<double>{0.9, -0.9, 0.9, -0.9});
  DatasetOptions options = with_classes();
  options.positive = "0.0";
  CHECK(only_problem(text, options).name == "0");
}

TEST_CASE("texts that differ in case or in spelling are different labels") {
  CHECK(problem_names(parsed("a,y\n1,x\n2,X\n3,x1\n")) == Names{"X", "x", "x1"});
}

TEST_CASE("classes are refused when they cannot make a problem") {
  CHECK(refusal("a,kind\n1,x\n2,x\n") ==
        "t.csv: column 'kind': every row has the label 'x', but at least two classes are needed");
  CHECK(refusal("a,y\n1,1\n2,1.0\n", with_classes()) ==
        "t.csv: column 'y': every row has the label '1', but at least two classes are needed");
  CHECK(refusal(three_classes, with_positive("ash")) ==
        "t.csv: column 'kind': there is no label 'ash'; the labels are 'elm', 'fir', 'oak'");
  CHECK(refusal(two_classes, with_positive("Yes")) ==
        "t.csv: column 'kind': there is no label 'Yes'; the labels are 'no', 'yes'");
  CHECK(refusal("a,y\n1,2\n3,4\n", with_positive("4")) ==
        "t.csv: column 'y': the target is numeric, so there is no positive class '4' (--classes "
        "takes every cell for a label)");
}

TEST_CASE("more than a hundred classes are taken for a mistake unless one is picked") {
  std::string numbers = "a,y\n";
  std::string texts = "a,kind\n";
  for (int row = 1; row <= 100; ++row) {
    numbers += "0," + std::to_string(row) + '\n';
    texts += "0,label" + std::to_string(row) + '\n';
  }
  CHECK(parsed(numbers, with_classes()).problems.size() == 100);
  CHECK(parsed(texts, with_classes()).problems.size() == 100);
  numbers += "0,101\n";
  texts += "0,label101\n";
  CHECK(refusal(numbers, with_classes()) ==
        "t.csv: column 'y': the number of different labels is 101, but at most 100 classes are "
        "accepted (a numeric target needs no --classes, --positive picks one class)");
  CHECK(refusal(texts) ==
        "t.csv: column 'kind': the number of different labels is 101, but at most 100 classes are "
        "accepted (--target names another target column, --positive picks one class)");
  CHECK(only_problem(texts, with_positive("label7")).y.sum() ==
        doctest::Approx(0.9 - 100 * 0.9).epsilon(1e-14));
  CHECK(refusal(texts, with_positive("x")) ==
        "t.csv: column 'kind': there is no label 'x'; the labels are 'label1', 'label10', "
        "'label100', 'label101', 'label11', 'label12', 'label13', 'label14', 'label15', 'label16', "
        "'label17', 'label18' and 89 more");
}

TEST_CASE("a target that mixes numbers and texts is refused at the first text") {
  CHECK(refusal("a,y\n1,10\n2,20\n3,3o\n4,4o\n") ==
        "t.csv:4: column 'y': '3o' is not a number, but '10' in line 2 is (--classes takes every "
        "cell for a label)");
  CHECK(refusal("a,y\n1,l0\n2,l1\n3,30\n") ==
        "t.csv:2: column 'y': 'l0' is not a number, but '30' in line 4 is (--classes takes every "
        "cell for a label)");
  CHECK(problem_names(parsed("a,y\n1,10\n2,3o\n3,20\n", with_classes())) ==
        Names{"10", "20", "3o"});
}

TEST_CASE("decimal numbers are read to the last bit in all their spellings") {
  CHECK(number_of("1e-3") == 1e-3);
  CHECK(number_of("+1") == 1.0);
  CHECK(number_of(" 2 ") == 2.0);
  CHECK(number_of("\t2\t ") == 2.0);
  CHECK(number_of(".5") == 0.5);
  CHECK(number_of("5.") == 5.0);
  CHECK(number_of("-.5e+2") == -50.0);
  CHECK(number_of("1E5") == 1e5);
  CHECK(number_of("\"7\"") == 7.0);
  CHECK(number_of("007") == 7.0);
  CHECK(number_of("0.1") == 0.1);
  CHECK(number_of("1.7976931348623157e308") == std::numeric_limits<double>::max());
  CHECK(number_of("5e-324") == std::numeric_limits<double>::denorm_min());
  CHECK(number_of("0e99999") == 0.0);
  CHECK(std::signbit(number_of("-0")));
  CHECK(number_of("3.14159265358979323846264338327950288") ==
        3.14159265358979323846264338327950288);
}

TEST_CASE("what is not a decimal number is refused with file, line and column") {
  const auto refused = [](const std::string& cell) {
    return refusal("a,b,y\n1,2,3\n1," + cell + ",3\n");
  };
  for (const std::string cell : {"abc", "0x10", "1e", "1.2.3", "--1", "+-1", "-+1", "++1", "+",
                                 "1 2", "1_000", "e5", "1;5", "5%", "1d3", "0b1", "1f"}) {
    CAPTURE(cell);
    CHECK(refused(cell).starts_with("t.csv:3: column 'b': '" + cell + "' is not a number"));
  }
  for (const std::string cell : {".", "-", "NA"}) {
    CAPTURE(cell);
    CHECK(refused(cell) == "t.csv:3: column 'b': '" + cell + "' is not a number" + missing_advice);
  }
  CHECK(refused("\"1,5\"") ==
        "t.csv:3: column 'b': '1,5' is not a number: the decimal sign of this table is the point "
        "(--decimal comma: the comma), and nothing stands between thousands");
  CHECK(refused("\"1,234.5\"") ==
        "t.csv:3: column 'b': '1,234.5' is not a number: write nothing between thousands");

  CHECK(refused("\"1\"\"\"") == "t.csv:3: column 'b': '1\"' is not a number");
  CHECK(refused("\"1\n\"") == "t.csv:3: column 'b': '1\\n' is not a number");
}

TEST_CASE("empty, infinite, undefined and unrepresentable cells are refused") {
  const auto refused = [](const std::string& cell) {
    return refusal("a,y\n1,2\n" + cell + ",2\n");
  };
  for (const std::string cell : {"", " ", "\"\"", "\" \""}) {
    CAPTURE(cell);
    CHECK(refused(cell) == "t.csv:3: column 'a': the cell is empty" + missing_advice);
  }
  for (const std::string cell : {"nan", "NaN"}) {
    CAPTURE(cell);
    CHECK(refused(cell) ==
          "t.csv:3: column 'a': '" + cell + "' is not a finite number" + missing_advice);
  }
  for (const std::string cell : {"-nan", "+nan", "nan(1)", "inf", "-Inf", "infinity"}) {
    CAPTURE(cell);
    CHECK(refused(cell) == "t.csv:3: column 'a': '" + cell + "' is not a finite number");
  }
  for (const std::string cell : {"1e309", "-1e999", "1e-400", "1e99999999999999999999"}) {
    CAPTURE(cell);
    CHECK(refused(cell) ==
          "t.csv:3: column 'a': '" + cell + "' is outside the range of double precision");
  }
}

TEST_CASE("a target cell is refused like any other, as a label too") {
  for (const bool classes : {false, true}) {
    CAPTURE(classes);
    DatasetOptions options;
    options.classes = classes;
    CHECK(refusal("a,y\n1,2\n1,\n3,4\n", options) ==
          "t.csv:3: column 'y': the cell is empty" + missing_advice);
    CHECK(refusal("a,y\n1,2\n1,nan\n", options) ==
          "t.csv:3: column 'y': 'nan' is not a finite number" + missing_advice);
    CHECK(refusal("a,y\n1,x\n1,inf\n", options) ==
          "t.csv:3: column 'y': 'inf' is not a finite number");
    CHECK(refusal("a,y\n1,1e400\n", options) ==
          "t.csv:2: column 'y': '1e400' is outside the range of double precision");
  }
}

TEST_CASE("the point is the decimal sign in every locale") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* const name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", ""})
    if (std::setlocale(LC_ALL, name) != nullptr) break;
  const double half = number_of("0.5");
  const std::string comma = refusal("a,y\n\"0,5\",1\n");
  std::setlocale(LC_ALL, before.c_str());
  CHECK(half == 0.5);
  CHECK(comma.starts_with("t.csv:2: column 'a': '0,5' is not a number"));
}

TEST_CASE("the first fault from the left in the first faulty row is the one reported") {
  CHECK(refusal("a,y,b\n1,2,3\n1,x,z\nq,2,3\n", with_target("y")) ==
        "t.csv:3: column 'y': 'x' is not a number, but '2' in line 2 is (--classes takes every "
        "cell for a label)");
  CHECK(refusal("a,y,b\n1,2,3\nq,x,z\n", with_target("y")) ==
        "t.csv:3: column 'a': 'q' is not a number");
}

TEST_CASE("line ends may be LF or CRLF, and the last one may be missing") {
  const Problem expected = only_problem("a,y\n1,2\n3,4\n");
  for (const std::string_view text : {"a,y\r\n1,2\r\n3,4\r\n", "a,y\n1,2\r\n3,4",
                                      "a,y\r\n1,2\r\n3,4", "a,y\n1,2\n3,4\n\n \n\t\r\n\r\n"}) {
    CAPTURE(text);
    const Problem problem = only_problem(text);
    CHECK(problem.columns == expected.columns);
    CHECK(problem.X == expected.X);
    CHECK(problem.y == expected.y);
  }
}

TEST_CASE("a lone carriage return is refused") {
  const std::string rule = "a carriage return without a line feed; lines end with LF or CRLF";
  CHECK(refusal("a,y\r1,2\r3,4\r") == "t.csv:1: " + rule);
  CHECK(refusal("a,y\n1,2\r3,4\n") == "t.csv:2: " + rule);
  CHECK(refusal("a,y\n1,2\r") == "t.csv:2: " + rule);
  CHECK(refusal("a,y\n1,2\r\r\n") == "t.csv:2: " + rule);
}

TEST_CASE("blank lines are skipped, but not in front of the header") {
  for (const std::string_view text :
       {"a,y\n1,2\n\n3,4\n", "a,y\n\n1,2\n \t\n\r\n3,4\n\n", "a,y\r\n1,2\r\n\r\n\r\n3,4"}) {
    CAPTURE(text);
    CHECK(only_problem(text).X.col(0) == Vector{{1.0, 3.0}});
    CHECK(only_problem(text).y == Vector{{2.0, 4.0}});
  }
  CHECK(refusal("a,y\n\n1,2\n\n\n3,x\n").starts_with("t.csv:6: column 'y': 'x' is not a number"));
  CHECK(refusal("\na,y\n1,2\n") ==
        "t.csv:1: the first line is blank, but the header is expected there");
}

TEST_CASE("a byte-order mark is skipped, once and at the start") {
  CHECK(only_problem("\xEF\xBB\xBF"
                     "a,y\n1,2\n")
            .columns == Names{"a", "(bias)"});
  CHECK(only_problem("\xEF\xBB\xBF\"a\",y\n1,2\n").columns == Names{"a", "(bias)"});
  CHECK(refusal("a,y\n\xEF\xBB\xBF"
                "1,2\n") != "accepted");
}

TEST_CASE("quoted fields may hold commas, doubled quotes and line ends") {
  const Dataset dataset = parsed(
      "\"a, in cm\",\"the \"\"y\"\"\"\n1,\"one, two\"\n2,\"say \"\"hi\"\"\"\n3,\"up\ndown\"\n"
      "4,\"up\r\ndown\"\n5,\"\"\"\"\n",
      with_classes());
  CHECK(problem_names(dataset) == Names{"\"", "one, two", "say \"hi\"", "up\ndown", "up\r\ndown"});
  CHECK(dataset.problems[0].columns == Names{"a, in cm", "(bias)"});
  CHECK(dataset.problems[0].X.rows() == 5);
  CHECK(only_problem("a,\"the \"\"y\"\"\"\n1,2\n").name == "the \"y\"");
}

TEST_CASE("blanks around a field do not belong to it") {
  const Dataset dataset = parsed(" a ,\tkind \n 1 , x \n2,x\n3,\" y \"\n4,z 1\n");
  CHECK(dataset.problems[0].columns == Names{"a", "(bias)"});
  CHECK(problem_names(dataset) == Names{"x", "y", "z 1"});
}

TEST_CASE("line numbers stay right after quoted line ends") {
  CHECK(refusal("\"a\n\na\",y\n\"1\n\n\",2\n") ==
        "t.csv:4: column 'a\\n\\na': '1\\n\\n' is not a number" + text_advice("'a\\n\\na'"));
  CHECK(refusal("a,b,kind\n1,2,\"x\r\ny\"\n3,4,\"\n\n\"\"\n\"\n5,oops,x\n") ==
        "t.csv:8: column 'b': 'oops' is not a number");
  CHECK(refusal("a,kind,b\n1,\"x\n\",oops\n", with_target("kind")) ==
        "t.csv:3: column 'b': 'oops' is not a number" + text_advice("b"));
}

TEST_CASE("misplaced quotes are refused with line and field") {
  CHECK(refusal("a,y\n1,2\n3,4\"\n") ==
        "t.csv:3: field 2: a quote may stand only in a field that begins with a quote");
  CHECK(refusal("a,y\n1, \"2\"\n") ==
        "t.csv:2: field 2: a quote may stand only in a field that begins with a quote");
  CHECK(refusal("a,y\n\"1\" ,2\n") ==
        "t.csv:2: field 1: only a comma or the end of the line may follow the closing quote");
  CHECK(refusal("a,y\n\"1\n\"x,2\n") ==
        "t.csv:3: field 1: only a comma or the end of the line may follow the closing quote");
  CHECK(refusal("a,y\n1,\"2\n3,4\n5,6\n") ==
        "t.csv:2: field 2: the quote that opens here is never closed");
  CHECK(refusal("a,y\n1,\"") == "t.csv:2: field 2: the quote that opens here is never closed");
  CHECK(refusal("a,y\n1,\"2\"\"") == "t.csv:2: field 2: the quote that opens here is never closed");
}

TEST_CASE("every row has as many fields as the header") {
  CHECK(refusal("a,b,y\n1,2,3\n4,5\n") ==
        "t.csv:3: the number of fields is 2, but the header has 3");
  CHECK(refusal("a,b,y\n1,2,3,\n") == "t.csv:2: the number of fields is 4, but the header has 3");
  CHECK(refusal("a,kind\n1,\"x\n\n\"\n4\n") ==
        "t.csv:5: the number of fields is 1, but the header has 2");
}

TEST_CASE("column names are distinct and not empty") {
  const std::string advice =
      ": give it one, and --ignore leaves it out (names of rows: write.csv(..., row.names = FALSE) "
      "in "
      "R, to_csv(..., index=False) in pandas)";
  CHECK(refusal("a,,y\n1,2,3\n") == "t.csv:1: column 2 has no name" + advice);
  CHECK(refusal("a,\" \",y\n1,2,3\n") == "t.csv:1: column 2 has no name" + advice);
  CHECK(refusal("a,b,a ,y\n1,2,3,4\n") == "t.csv:1: columns 1 and 3 are both named 'a'");
  CHECK(refusal("(bias),y\n1,2\n") ==
        "t.csv:1: column '(bias)': this name is reserved for the bias column that is added");
  CHECK(only_problem("(bias),y\n1,2\n", without_bias()).columns == Names{"(bias)"});
}

TEST_CASE("a first line of numbers is a missing header") {
  CHECK(refusal("5.1,3.5,1\n4.9,3.0,2\n") ==
        "t.csv:1: every field is a number, but the first line must be a header of column names");
  CHECK(only_problem("400,500,y\n1,2,3\n").columns == Names{"400", "500", "(bias)"});
}

TEST_CASE("columns that nothing separates in every line are refused") {
  CHECK(refusal("a;b;y\n1\n") ==
        "t.csv:1: the header is the single field 'a;b;y', but columns are separated by commas (by "
        "semicolons, line 2 has 1 field and the header 3)");
  CHECK(refusal("a\tb\n1 2\n") ==
        "t.csv:1: the header is the single field 'a\\tb', but columns are separated by commas (by "
        "tabs, line 2 has 1 field and the header 2)");
  CHECK(only_problem("\"a;b\"\n1\n").name == "a;b");
}

TEST_CASE("unknown columns are refused with the columns that exist") {
  CHECK(refusal("a,b,y\n1,2,3\n", with_target("z")) ==
        "t.csv:1: there is no column 'z' to be the target; the columns are 'a', 'b', 'y'");
  CHECK(refusal("dose,response\n1,2\n", with_target("respnose")) ==
        "t.csv:1: there is no column 'respnose' to be the target; did you mean 'response'?; the "
        "columns are 'dose', 'response'");
  CHECK(refusal("a,b,y\n1,2,3\n", with_pattern_weights("W")) ==
        "t.csv:1: there is no column 'W' to be the pattern weights; the columns are 'a', 'b', 'y'");
  DatasetOptions twice = with_target("y");
  twice.pattern_weights = "y";
  CHECK(refusal("a,b,y\n1,2,3\n", twice) ==
        "t.csv:1: column 'y' cannot be both the target and the pattern weights");

  std::string header = "c1";
  for (int column = 2; column <= 30; ++column) header += ",c" + std::to_string(column);
  CHECK(refusal(header + "\n", with_target("z")) ==
        "t.csv:1: there is no column 'z' to be the target; the columns are 'c1', 'c2', 'c3', 'c4', "
        "'c5', 'c6', 'c7', 'c8', 'c9', 'c10', 'c11', 'c12' and 18 more");
}

TEST_CASE("a text without rows is refused") {
  const std::string expected = " but a header line and at least one row are expected";
  CHECK(refusal("") == "t.csv: empty," + expected);
  CHECK(refusal("\xEF\xBB\xBF") == "t.csv: empty," + expected);
  CHECK(refusal("\n \r\n\t\n") == "t.csv: only blank lines," + expected);
  CHECK(refusal("a,y\n") == "t.csv: there is a header, but no row follows it");
  CHECK(refusal("a,y") == "t.csv: there is a header, but no row follows it");
  CHECK(refusal("a,y\r\n\r\n \n") == "t.csv: there is a header, but no row follows it");
}

TEST_CASE("what is not UTF-8 text is refused with its line") {
  using namespace std::string_view_literals;
  CHECK(refusal("a,y\n1,2\n1\0,2\n"sv) ==
        "t.csv:3: the control character 0x00 does not belong in a text file");
  CHECK(refusal("a,y\n1,\x1B[31m\n") ==
        "t.csv:2: the control character 0x1B does not belong in a text file");
  CHECK(refusal("a,y\n1,\x7F\n") ==
        "t.csv:2: the control character 0x7F does not belong in a text file");
  CHECK(refusal("\xFF\xFE"
                "a\0,\0"sv) ==
        "t.csv: the text is UTF-16, but UTF-8 is expected: save it as UTF-8");
  CHECK(refusal("\xFE\xFF\0a"sv) ==
        "t.csv: the text is UTF-16, but UTF-8 is expected: save it as UTF-8");
  for (const std::string_view text : {"a\0,\0y\0"sv, "\0a\0,\0y"sv})
    CHECK(refusal(text) ==
          "t.csv: the text seems to be UTF-16, but UTF-8 is expected: save it as UTF-8");
  CHECK(refusal("PK\x03\x04\x14\0"sv) ==
        "t.csv: this is a spreadsheet (.xlsx, .ods, .xls) or an archive: save the table as CSV in "
        "UTF-8");
  const std::string encoding = " (text in Windows-1252 or Latin-1 must be saved as UTF-8)";
  CHECK(refusal("a,y\n1,gr\xFCn\n") == "t.csv:2: the byte 0xFC is not valid UTF-8 here" + encoding);
  CHECK(refusal("a,y\n\n\xC3") == "t.csv:3: the byte 0xC3 is not valid UTF-8 here" + encoding);
  for (const std::string_view bytes :
       {"\x80", "\xC0\xAF", "\xC1\x81", "\xC3(", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xEF\xBF",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80"}) {
    CAPTURE(bytes);
    const std::string text = "a,kind\n1,x\n2," + std::string(bytes) + "\n";
    CHECK(refusal(text).ends_with(" is not valid UTF-8 here" + encoding));
  }
}

TEST_CASE("names and labels may be any UTF-8 text") {
  const Dataset dataset = parsed("Länge,Art\n1,grün\n2,樹\n3,🌲\n");
  CHECK(dataset.problems[0].columns == Names{"Länge", "(bias)"});
  CHECK(problem_names(dataset) == Names{"grün", "樹", "🌲"});
}

TEST_CASE("long cells are cut in messages, between characters") {
  const std::string forty(40, 'x');
  CHECK(refusal("a,y\n" + forty + ",1\n") ==
        "t.csv:2: column 'a': '" + forty + "' is not a number" + text_advice("a"));
  CHECK(refusal("a,y\n" + forty + "x,1\n") ==
        "t.csv:2: column 'a': '" + forty + "...' is not a number" + text_advice("a"));
  const std::string thirty_nine(39, 'x');
  CHECK(refusal("a,y\n" + thirty_nine + "\u00E4,1\n") ==
        "t.csv:2: column 'a': '" + thirty_nine + "...' is not a number" + text_advice("a"));
}

TEST_CASE("a message is one line whatever the user's names contain") {
  CHECK(refusal("a,y\n1,2\n", with_target("\x1B\n")) ==
        "t.csv:1: there is no column '<0x1B>\\n' to be the target; the columns are 'a', 'y'");
}

TEST_CASE("a file is read like the text in it") {
  const TemporaryFile file(
      "\xEF\xBB\xBF"
      "a,y\r\n1,2\r\n3,4\r\n");
  const Dataset dataset = tautrack::read_csv(file.path());
  CHECK(dataset.source == file.path());
  REQUIRE(dataset.problems.size() == 1);
  CHECK(dataset.problems[0].X == (Matrix(2, 2) << 1, 1, 3, 1).finished());
  CHECK(entries(dataset.problems[0].y) == std::vector<double>{2, 4});
}

TEST_CASE("a file of several megabytes is read completely") {
  std::string text = "a,b,y\n";
  constexpr Index rows = 200'000;
  for (Index row = 0; row < rows; ++row) text += std::to_string(row) + ",0.25,-1\n";
  const TemporaryFile file(text);
  const Dataset dataset = tautrack::read_csv(file.path());
  REQUIRE(dataset.problems.size() == 1);
  CHECK(dataset.problems[0].X.col(0) == Vector::LinSpaced(rows, 0.0, rows - 1.0));
  CHECK(dataset.problems[0].y == Vector::Constant(rows, -1.0));
}

TEST_CASE("a file of exactly one or two megabytes ends where it ends") {
  for (const std::size_t size : {std::size_t{1} << 20U, std::size_t{1} << 21U}) {
    std::string text = "a,y\n1,2";
    text.append(size - text.size(), '\n');
    const TemporaryFile file(text);
    CHECK(tautrack::read_csv(file.path()).problems.at(0).y == Vector::Constant(1, 2.0));
  }
}

TEST_CASE("files that cannot be read are refused by name") {
  const auto refused = [](const std::string& path) {
    return complaint([&] { return tautrack::read_csv(path); });
  };
  const TemporaryFile empty("");
  CHECK(refused(empty.path()) ==
        empty.path() + ": empty, but a header line and at least one row are expected");
  const TemporaryFile faulty("a,y\n1,2\nx,2\n");
  CHECK(refused(faulty.path()) == faulty.path() + ":3: column 'a': 'x' is not a number");
  const std::string missing = faulty.path() + ".missing";
  CHECK(refused(missing) == missing + ": there is no such file");
  CHECK(refused(faulty.path() + "/x") == faulty.path() + "/x: there is no such file");
  const std::string directory = std::filesystem::temp_directory_path().string();
  CHECK(refused(directory) == directory + ": this is a directory, but a file is expected");
  CHECK(refused("") == "the name of the data file is empty");
  const std::string too_long(5000, 'x');
  CHECK(refused(too_long).starts_with(too_long + ": the file cannot be opened: "));
}

TEST_CASE("a file without read permission is refused, except to a user who may read everything") {
  const TemporaryFile file("a,y\n1,2\n");
  std::filesystem::permissions(file.path(), std::filesystem::perms::none);
  const bool may_read_everything = std::ifstream(file.path()).good();
  const std::string sentence = complaint([&] { return tautrack::read_csv(file.path()); });
  CHECK(sentence == (may_read_everything
                         ? "accepted"
                         : file.path() + ": the file cannot be opened: Permission denied"));
}

TEST_CASE("the bundled iris data are Fisher's 150 flowers of three species") {
  const Dataset dataset = tautrack::iris();
  CHECK(dataset.source == "bundled iris data");
  CHECK(problem_names(dataset) == Names{"setosa", "versicolor", "virginica"});
  const Names columns = {"sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm",
                         "(bias)"};
  for (Index species = 0; species < 3; ++species) {
    const Problem& problem = dataset.problems[static_cast<std::size_t>(species)];
    CAPTURE(problem.name);
    CHECK(problem.columns == columns);
    REQUIRE(problem.X.rows() == 150);
    REQUIRE(problem.X.cols() == 5);
    CHECK(problem.X.row(0) == (Eigen::RowVectorXd(5) << 5.1, 3.5, 1.4, 0.2, 1.0).finished());
    CHECK(problem.X.row(149) == (Eigen::RowVectorXd(5) << 5.9, 3.0, 5.1, 1.8, 1.0).finished());
    CHECK(problem.y.segment(50 * species, 50) == Vector::Constant(50, 0.9));
    CHECK((problem.y.array() == 0.9).count() == 50);
    CHECK((problem.y.array() == -0.9).count() == 100);
    CHECK(problem.pattern_weights.size() == 0);
  }
}

TEST_CASE("the iris data obey the options") {
  CHECK(problem_names(tautrack::iris(with_positive("virginica"))) == Names{"virginica"});
  CHECK(tautrack::iris(without_bias()).problems.at(0).X.cols() == 4);
  CHECK(complaint([] { return tautrack::iris(with_target("petal_width_cm")); }) ==
        "bundled iris data:2: column 'species': 'setosa' is not a number" + text_advice("species"));
}

TEST_CASE("a problem from numbers gets default names") {
  const Problem problem =
      tautrack::make_problem((Matrix(2, 3) << 1, 2, 3, 4, 5, 6).finished(), Vector::Ones(2));
  CHECK(problem.name == "y");
  CHECK(problem.columns == Names{"x1", "x2", "x3"});
  CHECK(problem.X == (Matrix(2, 3) << 1, 2, 3, 4, 5, 6).finished());
  CHECK(problem.y == Vector::Ones(2));
  CHECK(problem.pattern_weights.size() == 0);
}

TEST_CASE("a problem from numbers keeps the names and pattern weights it is given") {
  const Problem problem = tautrack::make_problem(Matrix::Ones(1, 2), Vector::Zero(1), "z",
                                                 {"u", "v"}, Vector::Constant(1, 0.5));
  CHECK(problem.name == "z");
  CHECK(problem.columns == Names{"u", "v"});
  CHECK(entries(problem.pattern_weights) == std::vector<double>{0.5});
}

TEST_CASE("a problem from numbers is refused when a size disagrees") {
  const auto refused = [](const Matrix& X, Index y_size, const Names& columns = {},
                          Index weights_size = 0) {
    return complaint([&] {
      return tautrack::make_problem(X, Vector::Ones(y_size), "t", columns,
                                    Vector::Ones(weights_size));
    });
  };
  CHECK(refused(Matrix(0, 2), 0) ==
        "problem 't': X is 0 x 2, but at least one row and one column are needed");
  CHECK(refused(Matrix(2, 0), 2) ==
        "problem 't': X is 2 x 0, but at least one row and one column are needed");
  CHECK(refused(Matrix::Ones(3, 2), 2) ==
        "problem 't': y has size 2, but the number of rows of X is 3");
  CHECK(refused(Matrix::Ones(3, 2), 3, {"a"}) ==
        "problem 't': columns has size 1, but the number of columns of X is 2");
  CHECK(refused(Matrix::Ones(3, 2), 3, {}, 4) ==
        "problem 't': pattern_weights has size 4, but the number of rows of X is 3");
}

TEST_CASE("a problem from numbers is refused when an entry is unusable") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto refused = [](const Matrix& X, const Vector& y, const Names& columns = {},
                          const Vector& pattern_weights = {}) {
    return complaint([&] { return tautrack::make_problem(X, y, "t", columns, pattern_weights); });
  };
  Matrix X = Matrix::Ones(3, 2);
  Vector y = Vector::Ones(3);
  X(2, 1) = nan;
  CHECK(refused(X, y) == "problem 't': row 3 (counted from 1): column 'x2' is not finite");
  CHECK(refused(X, y, {"a", "b"}) ==
        "problem 't': row 3 (counted from 1): column 'b' is not finite");
  X(2, 1) = 0.0;
  y(1) = -infinity;
  CHECK(refused(X, y) == "problem 't': row 2 (counted from 1): y is not finite");
  y(1) = 0.0;
  for (const double weight : {0.0, -1.0, infinity, nan}) {
    CAPTURE(weight);
    CHECK(refused(X, y, {}, Vector::Constant(3, weight)) ==
          "problem 't': row 1 (counted from 1): the pattern weight is not positive and finite");
  }
}

TEST_CASE("any bytes give either a sentence or finite data of consistent size") {
  const std::vector<std::string> seeds = {
      std::string(two_classes),
      std::string(three_classes),
      "a,b,y\n1,-2.5e-3,3\n4,5,6\n+7,.5,9.\n",
      "\xEF\xBB\xBF\"a\"\"1\"\"\",w,\"k\nk\"\r\n1,2,\"x,\ny\"\r\n3,4,\"\"\"\"\r\n5,6,z",
      "w,y\n1,2\n2,3\n\n\n",
      "y\n1\n2\n3\n",
      "a;w;y\n1;2;3\n4;5;6,5\n",
      " a  w y\n1 2  3\n4 5 6 \n\n",
      "a\ty\tkind\r\n1\t2\tx y\r\n3\t4\t\"z\"\r\n",
      ""};
  const std::string alphabet = "aw,y\"\"\r\n\n,,0123456789.eE+- \tnif\xC3\xA4;x";
  std::mt19937 random(1);
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  int accepted = 0;
  constexpr int rounds = 20'000;
  for (int round = 0; round < rounds; ++round) {
    const std::string text = mutated(seeds, alphabet, below);
    DatasetOptions options;
    options.classes = below(2) == 0;
    options.bias = below(4) != 0;
    if (below(3) == 0) options.pattern_weights = "w";
    if (below(4) == 0) options.target = below(2) == 0 ? "a" : "y";
    if (below(4) == 0) options.positive = below(2) == 0 ? "2" : "no";
    if (below(2) == 0) options.missing = tautrack::MissingCells::drop;
    if (below(8) == 0) options.decimal = tautrack::DecimalSign::comma;
    if (below(12) == 0) options.separator = tautrack::Separator::semicolon;
    if (below(12) == 0) options.one_hot = {"a"};
    if (below(12) == 0) options.log = {"a"};
    if (below(12) == 0) options.ignore = {"w"};

    Dataset dataset;
    try {
      dataset = parsed(text, options);
    } catch (const DataError& error) {
      const std::string sentence = error.what();
      const bool is_one_line = sentence.find_first_of("\r\n") == std::string::npos;
      if (!sentence.starts_with("t.csv:") || !is_one_line) FAIL_CHECK(text << "\n-> " << sentence);
      continue;
    }
    ++accepted;
    bool usable = !dataset.problems.empty();
    for (const Problem& problem : dataset.problems)
      usable = usable && complaint([&] {
                           return tautrack::make_problem(problem.X, problem.y, problem.name,
                                                         problem.columns, problem.pattern_weights);
                         }) == "accepted";
    if (!usable) FAIL_CHECK(text);
  }
  CHECK(accepted > rounds / 20);
  CHECK(accepted < rounds / 2);
}

}  // namespace dataset_test
