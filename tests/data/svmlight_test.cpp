#include "tautrack/data/svmlight.hpp"

#include <algorithm>
#include <clocale>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/random_problem.hpp"
#include "support/text_input.hpp"

namespace svmlight_test {

namespace {

using tautrack::DataError;
using tautrack::DatasetOptions;
using tautrack::Index;
using tautrack::Matrix;
using tautrack::SparseDataset;
using tautrack::SparseMatrix;
using tautrack::SparseProblem;
using tautrack::SvmlightOptions;
using tautrack::Vector;
using tautrack::support::complaint;
using tautrack::support::entries;
using tautrack::support::mutated;
using tautrack::support::Random;
using tautrack::support::TemporaryFile;
using Names = std::vector<std::string>;

/// The data in the text, named t.svm.
SparseDataset parsed(std::string_view text, const SvmlightOptions& options = {}) {
  return tautrack::parse_svmlight(text, "t.svm", options);
}

/// The sentence with which the text is refused, or "accepted".
std::string refusal(std::string_view text, const SvmlightOptions& options = {}) {
  return complaint([&] { return parsed(text, options); });
}

/// The only problem in the text.
SparseProblem only_problem(std::string_view text, const SvmlightOptions& options = {}) {
  SparseDataset dataset = parsed(text, options);
  REQUIRE(dataset.problems.size() == 1);
  return dataset.problems.front();
}

/// X with its zeros.
Matrix dense(const SparseProblem& problem) { return Matrix(*problem.X); }

/// Options without the bias column.
SvmlightOptions without_bias() {
  SvmlightOptions options;
  options.bias = false;
  return options;
}

/// Options that take every number for a label, with this positive class.
SvmlightOptions with_classes(const std::string& positive = "") {
  SvmlightOptions options;
  options.classes = true;
  options.positive = positive;
  return options;
}

/// X of the text without a bias, with its zeros.
Matrix features(std::string_view text) { return dense(only_problem(text, without_bias())); }

/// Names of the problems in order.
Names problem_names(const SparseDataset& dataset) {
  Names names;
  for (const SparseProblem& problem : dataset.problems) names.push_back(problem.name);
  return names;
}

/// The number with the digits that every double needs.
std::string digits_17(double number) {
  char buffer[32];
  const int length = std::snprintf(buffer, sizeof buffer, "%.17g", number);
  return {buffer, static_cast<std::size_t>(length)};
}

/// Two patterns, five features.
constexpr std::string_view two_patterns = "0.5 1:2 3:-4.5\n-1e-3 2:1 3:7 5:.25\n";

/// Four patterns of three classes, written in several ways.
constexpr std::string_view three_classes = "2 1:1\n10 1:2\n-1 1:3\n2.0 1:4\n";

}  // namespace

TEST_CASE("numeric labels make one problem with a sparse X, the bias last") {
  const SparseDataset dataset = parsed(two_patterns);
  CHECK(dataset.source == "t.svm");
  REQUIRE(dataset.problems.size() == 1);
  const SparseProblem& problem = dataset.problems.front();
  CHECK(problem.name == "y");
  CHECK(problem.bias);
  CHECK(problem.pattern_weights.size() == 0);
  CHECK(entries(problem.y) == std::vector<double>{0.5, -1e-3});
  CHECK(dense(problem) == (Matrix(2, 6) << 2, 0, -4.5, 0, 0, 1, 0, 1, 7, 0, 0.25, 1).finished());
  CHECK(problem.X->nonZeros() == 7);
  CHECK(problem.X->isCompressed());
  CHECK(complaint([&] { check(problem); }) == "accepted");
}

TEST_CASE("without a bias X holds the features alone") {
  const SparseProblem problem = only_problem(two_patterns, without_bias());
  CHECK(!problem.bias);
  CHECK(dense(problem) == (Matrix(2, 5) << 2, 0, -4.5, 0, 0, 0, 1, 7, 0, 0.25).finished());
  CHECK(problem.X->nonZeros() == 5);
}

TEST_CASE("columns are named by their index when they are asked for") {
  const SparseProblem problem = only_problem(two_patterns);
  CHECK(problem.columns.empty());
  CHECK(column_name(problem, 0) == "x1");
  CHECK(column_name(problem, 4) == "x5");
  CHECK(column_name(problem, 5) == "(bias)");
  CHECK(column_name(only_problem(two_patterns, without_bias()), 4) == "x5");
}

TEST_CASE("the options have the defaults of a table") {
  const SvmlightOptions options;
  const DatasetOptions table;
  CHECK(options.bias == table.bias);
  CHECK(options.classes == table.classes);
  CHECK(options.positive == table.positive);
  CHECK(options.low == table.low);
  CHECK(options.high == table.high);
}

TEST_CASE("one pattern is legal") {
  CHECK(dense(only_problem("7 1:3")) == (Matrix(1, 2) << 3, 1).finished());
}

TEST_CASE("a pattern without features is a row of zeros") {
  const std::string_view text = "1\n2 2:5\n3 \n4 1:1\n5";
  CHECK(features(text) == (Matrix(5, 2) << 0, 0, 0, 5, 0, 0, 1, 0, 0, 0).finished());
  const SparseProblem problem = only_problem(text);
  CHECK(problem.X->nonZeros() == 7);
  CHECK(problem.X->col(2).sum() == 5.0);
  CHECK(entries(problem.y) == std::vector<double>{1, 2, 3, 4, 5});
}

TEST_CASE("patterns without any feature leave the bias, or nothing") {
  CHECK(dense(only_problem("1\n2\n")) == Matrix::Ones(2, 1));
  CHECK(refusal("1\n2\n", without_bias()) ==
        "t.svm: no pattern has a feature, and there is no bias, so that X has no column");
}

TEST_CASE("an index that never occurs is a column of zeros") {
  CHECK(features("1 3:1\n2 3:2\n") == (Matrix(2, 3) << 0, 0, 1, 0, 0, 2).finished());
}

TEST_CASE("a zero is not stored, but its index counts") {
  const SparseProblem problem = only_problem("1 1:0 2:3 4:-0.0\n", without_bias());
  CHECK(dense(problem) == (Matrix(1, 4) << 0, 3, 0, 0).finished());
  CHECK(problem.X->nonZeros() == 1);
  CHECK(features("1 2:0\n") == Matrix::Zero(1, 2));
}

TEST_CASE("the largest index is one less than the largest int") {
  const SparseProblem problem = only_problem("1 1:2 2147483646:3\n2 2147483645:4\n");
  REQUIRE(problem.X->cols() == Index{2147483647});
  CHECK(problem.X->nonZeros() == 5);
  CHECK(problem.X->coeff(0, 0) == 2.0);
  CHECK(problem.X->coeff(0, 2147483645) == 3.0);
  CHECK(problem.X->coeff(1, 2147483644) == 4.0);
  CHECK(problem.X->coeff(0, 2147483646) == 1.0);
  CHECK(problem.X->coeff(1, 2147483646) == 1.0);
  CHECK(column_name(problem, 2147483645) == "x2147483646");
  CHECK(complaint([&] { check(problem); }) == "accepted");
}

TEST_CASE("blanks, comments, blank lines and line ends do not matter") {
  const SparseProblem expected = only_problem(two_patterns);
  for (const std::string_view text :
       {"0.5 1:2 3:-4.5\n-1e-3 2:1 3:7 5:.25", "0.5 1:2 3:-4.5\r\n-1e-3 2:1 3:7 5:.25\r\n",
        "  0.5\t1:2   3:-4.5 \t \n\t-1e-3 2:1 3:7 5:.25  ",
        "# made by hand\n0.5 1:2 3:-4.5 # 9:9 not a feature\n \t# -1 1:1\n-1e-3 2:1 3:7 5:.25#x\n",
        "\n\r\n0.5 1:2 3:-4.5\n \t\n\n-1e-3 2:1 3:7 5:.25\n\n\n",
        "\xEF\xBB\xBF"
        "0.5 1:2 3:-4.5\n-1e-3 2:1 3:7 5:.25\n",
        "#\n# gr\xFC\xDF\x65 \x01\n0.5 1:2 3:-4.5 \r\n-1e-3 2:1 3:7 5:.25 #\r\n"}) {
    CAPTURE(text);
    const SparseProblem problem = only_problem(text);
    CHECK(dense(problem) == dense(expected));
    CHECK(entries(problem.y) == entries(expected.y));
  }
}

TEST_CASE("a qid is ignored wherever it stands") {
  const SparseProblem problem = only_problem("3 qid:1 1:1\n2 1:2 qid:12\n1 1:3 qid:-1 2:1\n");
  CHECK(dense(problem) == (Matrix(3, 3) << 1, 0, 1, 2, 0, 1, 3, 1, 1).finished());
  CHECK(refusal("3 qid:x 1:1\n") == "t.svm:1: token 2: the qid 'x' is not an integer");
  CHECK(refusal("3 qid: 1:1\n") == "t.svm:1: token 2: the qid '' is not an integer");
  CHECK(refusal("3 qid:1.5\n") == "t.svm:1: token 2: the qid '1.5' is not an integer");
  CHECK(
      refusal("qid:1 3\n") ==
      "t.svm:1: token 1: the line begins with the feature 'qid:1', but a label is expected first");
}

TEST_CASE("decimal numbers are read to the last bit in all their spellings") {
  const auto number_of = [](const std::string& value) { return features("1 1:" + value)(0, 0); };
  CHECK(number_of("1e-3") == 1e-3);
  CHECK(number_of("+1") == 1.0);
  CHECK(number_of(".5") == 0.5);
  CHECK(number_of("5.") == 5.0);
  CHECK(number_of("-.5e+2") == -50.0);
  CHECK(number_of("1E5") == 1e5);
  CHECK(number_of("007") == 7.0);
  CHECK(number_of("0.1") == 0.1);
  CHECK(number_of("1.7976931348623157e308") == std::numeric_limits<double>::max());
  CHECK(number_of("5e-324") == std::numeric_limits<double>::denorm_min());
  CHECK(features("1 007:1").cols() == 7);
  CHECK(entries(only_problem("+1\n-1\n+.5\n").y) == std::vector<double>{1, -1, 0.5});
}

TEST_CASE("the point is the decimal sign in every locale") {
  const std::string before = std::setlocale(LC_ALL, nullptr);
  for (const char* const name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", ""})
    if (std::setlocale(LC_ALL, name) != nullptr) break;
  const double half = features("1 1:0.5")(0, 0);
  const std::string comma = refusal("1 1:0,5");
  std::setlocale(LC_ALL, before.c_str());
  CHECK(half == 0.5);
  CHECK(comma == "t.svm:1: token 2: the value '0,5' is not a number");
}

TEST_CASE("values that are not finite decimal numbers are refused with file, line and token") {
  const auto refused = [](const std::string& value) {
    return refusal("# comment\n1 1:1\n1 1:1 2:" + value + " 3:1\n");
  };
  for (const std::string value : {"abc", "0x10", "1e", "1.2.3", "--1", "+-1", "-+1", "++1", "+",
                                  "-", ".", "1_000", "e5", "5%", "1d3", "1f", "2:3", "1,5"}) {
    CAPTURE(value);
    CHECK(refused(value) == "t.svm:3: token 3: the value '" + value + "' is not a number");
  }
  for (const std::string value :
       {"nan", "NaN", "-nan", "+nan", "nan(1)", "inf", "-Inf", "infinity"}) {
    CAPTURE(value);
    CHECK(refused(value) == "t.svm:3: token 3: the value '" + value + "' is not a finite number");
  }
  for (const std::string value : {"1e309", "-1e999", "1e-400", "1e99999999999999999999"}) {
    CAPTURE(value);
    CHECK(refused(value) ==
          "t.svm:3: token 3: the value '" + value + "' is outside the range of double precision");
  }
  CHECK(refused("") == "t.svm:3: token 3: there is no value after the colon of '2:'");
  CHECK(refused(" 7") == "t.svm:3: token 3: there is no value after the colon of '2:'");
}

TEST_CASE("labels that are not finite decimal numbers are refused, as class labels too") {
  for (const SvmlightOptions& options : {SvmlightOptions{}, with_classes()}) {
    CAPTURE(options.classes);
    CHECK(refusal("1 1:1\nspam 1:1\n", options) ==
          "t.svm:2: token 1: the label 'spam' is not a number");
    CHECK(refusal("1,3 1:1\n", options) == "t.svm:1: token 1: the label '1,3' is not a number");
    CHECK(refusal("nan 1:1\n", options) ==
          "t.svm:1: token 1: the label 'nan' is not a finite number");
    CHECK(refusal("-inf\n", options) ==
          "t.svm:1: token 1: the label '-inf' is not a finite number");
    CHECK(refusal("1e400\n", options) ==
          "t.svm:1: token 1: the label '1e400' is outside the range of double precision");
    CHECK(
        refusal(" 1:1 2:1\n", options) ==
        "t.svm:1: token 1: the line begins with the feature '1:1', but a label is expected first");
  }
}

TEST_CASE("features without a colon are refused") {
  CHECK(refusal("1 1:1 2 3:1\n") ==
        "t.svm:1: token 3: '2' has no colon, but INDEX:VALUE is expected");
  CHECK(refusal("1,2,3\n4,5,6\n") == "t.svm:1: token 1: the label '1,2,3' is not a number");
  CHECK(refusal("1 2 3\n") == "t.svm:1: token 2: '2' has no colon, but INDEX:VALUE is expected");
}

TEST_CASE("indices are integers from 1") {
  const auto refused = [](const std::string& index) { return refusal("1 " + index + ":1\n"); };
  CHECK(refused("") == "t.svm:1: token 2: there is no index before the colon of ':1'");
  for (const std::string index : {"a", "1.5", "1e3", "+1", "0x1", "cost", "-", "--1", "1.0"}) {
    CAPTURE(index);
    CHECK(refused(index) == "t.svm:1: token 2: the index '" + index + "' is not an integer");
  }
  for (const std::string index : {"0", "-1", "-0", "-99999999999999999999999"}) {
    CAPTURE(index);
    CHECK(refused(index) ==
          "t.svm:1: token 2: the index '" + index + "' is below 1, the first one");
  }
  for (const std::string index : {"2147483647", "4294967297", "99999999999999999999999"}) {
    CAPTURE(index);
    CHECK(refused(index) ==
          "t.svm:1: token 2: the index '" + index + "' is above 2147483646, the largest one");
  }
}

TEST_CASE("indices increase within a line") {
  CHECK(
      refusal("1 1:1\n1 1:1 5:1 3:1\n") ==
      "t.svm:2: token 4: the index 3 follows the index 5, but indices must increase within a line");
  CHECK(
      refusal("1 4:1 4:1\n") ==
      "t.svm:1: token 3: the index 4 follows the index 4, but indices must increase within a line");
  CHECK(
      refusal("1 4:0 4:1\n") ==
      "t.svm:1: token 3: the index 4 follows the index 4, but indices must increase within a line");
  CHECK(
      refusal("1 4:1 qid:9 4:1\n") ==
      "t.svm:1: token 4: the index 4 follows the index 4, but indices must increase within a line");
}

TEST_CASE("the first fault in the text is the one reported") {
  CHECK(refusal("1 1:1\n1 1:x 2:y\nz\n") == "t.svm:2: token 2: the value 'x' is not a number");
  CHECK(
      refusal("1 2:1 1:x\n") ==
      "t.svm:1: token 3: the index 1 follows the index 2, but indices must increase within a line");
}

TEST_CASE("bytes that are not printable are named, and so are line ends that are none") {
  using namespace std::string_view_literals;
  CHECK(refusal("1 1:1\n1 gr\xFCn:1\n") ==
        "t.svm:2: token 2: the byte 0xFC does not belong in a label or feature");
  CHECK(refusal("1 1:1\0\n"sv) ==
        "t.svm:1: token 2: the byte 0x00 does not belong in a label or feature");
  CHECK(refusal("\x1B[31m\n") ==
        "t.svm:1: token 1: the byte 0x1B does not belong in a label or feature");
  const std::string rule = "a carriage return without a line feed; lines end with LF or CRLF";
  CHECK(refusal("1 1:1\r2 1:1\n") == "t.svm:1: " + rule);
  CHECK(refusal("1 1:1\n2 1:1\r") == "t.svm:2: " + rule);
  CHECK(refusal("# comment\r1 1:1\r") == "t.svm:1: " + rule);
  CHECK(refusal("\xFF\xFE\x31\0"sv) ==
        "t.svm: the text is UTF-16, but plain characters are expected");
  CHECK(refusal("\xFE\xFF\0\x31"sv) ==
        "t.svm: the text is UTF-16, but plain characters are expected");
}

TEST_CASE("long tokens are cut in messages") {
  const std::string forty(40, 'x');
  CHECK(refusal(forty + "x\n") == "t.svm:1: token 1: the label '" + forty + "...' is not a number");
}

TEST_CASE("a text without patterns is refused") {
  CHECK(refusal("") == "t.svm: empty, but at least one pattern is expected");
  for (const std::string_view text : {"\n", "# comment", " \t\r\n\n#\n", "\xEF\xBB\xBF"}) {
    CAPTURE(text);
    CHECK(refusal(text) ==
          "t.svm: only blank lines and comments, but at least one pattern is expected");
  }
}

TEST_CASE("labels of two values are numbers to fit unless they are asked to be classes") {
  for (const std::string_view text : {"-1 1:1\n+1 1:2\n-1 1:3\n", "0 1:1\n1 1:2\n0 1:3\n"}) {
    CAPTURE(text);
    const SparseProblem numeric = only_problem(text);
    CHECK(numeric.name == "y");
    CHECK(numeric.y.maxCoeff() == 1.0);
    const SparseProblem labelled = only_problem(text, with_classes());
    CHECK(entries(labelled.y) == std::vector<double>{-0.9, 0.9, -0.9});
    CHECK(dense(labelled) == dense(numeric));
    CHECK(labelled.bias);
  }
}

TEST_CASE("two classes make one problem, whose positive class is the larger unless it is named") {
  const std::string_view text = "+1 1:1\n-1 1:2\n1.0 1:3\n";
  CHECK(only_problem(text, with_classes()).name == "+1");
  CHECK(entries(only_problem(text, with_classes()).y) == std::vector<double>{0.9, -0.9, 0.9});
  const SparseProblem other = only_problem(text, with_classes("-1.0"));
  CHECK(other.name == "-1");
  CHECK(entries(other.y) == std::vector<double>{-0.9, 0.9, -0.9});
}

TEST_CASE("three classes make one problem each, sorted by value, over one X") {
  const SparseDataset dataset = parsed(three_classes, with_classes());
  CHECK(problem_names(dataset) == Names{"-1", "2", "10"});
  CHECK(entries(dataset.problems[0].y) == std::vector<double>{-0.9, -0.9, 0.9, -0.9});
  CHECK(entries(dataset.problems[1].y) == std::vector<double>{0.9, -0.9, -0.9, 0.9});
  CHECK(entries(dataset.problems[2].y) == std::vector<double>{-0.9, 0.9, -0.9, -0.9});
  for (const SparseProblem& problem : dataset.problems) {
    CHECK(problem.X == dataset.problems[0].X);
    CHECK(problem.bias);
  }
  CHECK(dense(dataset.problems[0]) == (Matrix(4, 2) << 1, 1, 2, 1, 3, 1, 4, 1).finished());
}

TEST_CASE("a positive class among several gets the only problem") {
  const SparseProblem problem = only_problem(three_classes, with_classes("1e1"));
  CHECK(problem.name == "10");
  CHECK(entries(problem.y) == std::vector<double>{-0.9, 0.9, -0.9, -0.9});
}

TEST_CASE("zero and minus zero are one class") {
  CHECK(entries(only_problem("0\n-0\n1\n", with_classes("-0")).y) ==
        std::vector<double>{0.9, 0.9, -0.9});
}

TEST_CASE("the desired outputs of a class are the user's levels") {
  SvmlightOptions options = with_classes();
  options.low = 0.05;
  options.high = 0.95;
  CHECK(entries(only_problem("1\n2\n", options).y) == std::vector<double>{0.05, 0.95});
  options.low = 0.95;
  CHECK(refusal("1\n2\n", options) ==
        "t.svm: the desired outputs of a class must be finite with low < high, but low = 0.95 and "
        "high = 0.95");
  options.low = -std::numeric_limits<double>::infinity();
  CHECK(refusal("1\n2\n", options) ==
        "t.svm: the desired outputs of a class must be finite with low < high, but low = -inf and "
        "high = 0.95");
  options.low = std::numeric_limits<double>::quiet_NaN();
  CHECK(refusal("1\n2\n", options) != "accepted");
}

TEST_CASE("classes are refused when they cannot make a problem") {
  CHECK(refusal("1 1:1\n1.0 1:2\n", with_classes()) ==
        "t.svm: every pattern has the label '1', but at least two classes are needed");
  CHECK(refusal(three_classes, with_classes("3")) ==
        "t.svm: there is no label '3'; the labels are '-1', '2', '10'");
  CHECK(refusal(three_classes, with_classes("ham")) ==
        "t.svm: there is no label 'ham'; the labels are '-1', '2', '10'");
  SvmlightOptions options;
  options.positive = "2";
  CHECK(refusal(three_classes, options) ==
        "t.svm: the labels are numeric, so there is no positive class '2' (--classes takes every "
        "number for a label)");
}

TEST_CASE("more than a thousand classes are taken for a mistake unless one is picked") {
  std::string text;
  for (int row = 1; row <= 1000; ++row) text += std::to_string(row) + " 1:1\n";
  CHECK(parsed(text, with_classes()).problems.size() == 1000);
  text += "1001 1:1\n";
  CHECK(refusal(text, with_classes()) ==
        "t.svm: the number of different labels is 1001, but at most 1000 classes are accepted "
        "(labels to fit need no --classes, --positive picks one class)");
  CHECK(only_problem(text, with_classes("7")).y.maxCoeff() == 0.9);
}

TEST_CASE("a random sparse matrix written with 17 digits comes back bit for bit") {
  Random random(1);
  constexpr Index rows = 300;
  constexpr Index columns = 200;
  std::vector<Eigen::Triplet<double>> triplets;
  Vector y(rows);
  std::string text;
  for (Index row = 0; row < rows; ++row) {
    y(row) = random.normal();
    text += digits_17(y(row));
    const double density = random.uniform(0.0, 1.0) < 0.1 ? 0.0 : 0.05;
    for (Index column = 0; column < columns; ++column) {
      const bool is_last = row == rows - 1 && column == columns - 1;
      if (!is_last && random.uniform(0.0, 1.0) >= density) continue;
      const double value = random.normal() * std::pow(10.0, random.uniform(-300.0, 300.0));
      triplets.emplace_back(static_cast<int>(row), static_cast<int>(column), value);
      text += ' ' + std::to_string(column + 1) + ':' + digits_17(value);
    }
    text += '\n';
  }
  SparseMatrix X(rows, columns);
  X.setFromTriplets(triplets.begin(), triplets.end());

  const SparseProblem problem = only_problem(text, without_bias());
  CHECK(problem.X->nonZeros() == X.nonZeros());
  CHECK(dense(problem) == Matrix(X));
  CHECK(problem.y == y);

  const SparseProblem with_bias = only_problem(text);
  CHECK(with_bias.X->nonZeros() == X.nonZeros() + rows);
  CHECK(dense(with_bias).leftCols(columns) == Matrix(X));
  CHECK(dense(with_bias).rightCols(1) == Matrix::Ones(rows, 1));
}

TEST_CASE("a file is read like the text in it") {
  const TemporaryFile file("\xEF\xBB\xBF" + std::string(two_patterns));
  const SparseDataset dataset = tautrack::read_svmlight(file.path());
  CHECK(dataset.source == file.path());
  REQUIRE(dataset.problems.size() == 1);
  CHECK(dense(dataset.problems[0]) == dense(only_problem(two_patterns)));
  CHECK(entries(dataset.problems[0].y) == std::vector<double>{0.5, -1e-3});
}

TEST_CASE("a file of several megabytes is read completely") {
  std::string text;
  constexpr Index rows = 200'000;
  for (Index row = 0; row < rows; ++row)
    text += std::to_string(row) + " 1:0.25 " + std::to_string(row + 2) + ":-1\n";
  const TemporaryFile file(text);
  const SparseProblem problem = tautrack::read_svmlight(file.path()).problems.at(0);
  REQUIRE(problem.X->rows() == rows);
  REQUIRE(problem.X->cols() == rows + 2);
  CHECK(problem.X->nonZeros() == 3 * rows);
  CHECK(problem.y == Vector::LinSpaced(rows, 0.0, rows - 1.0));
  CHECK(*problem.X * Vector::LinSpaced(rows + 2, 0.0, rows + 1.0) ==
        Vector::LinSpaced(rows, rows, 1.0));
}

TEST_CASE("a line longer than a megabyte is read completely") {
  std::string text = "1 1:1\n2";
  constexpr Index columns = 400'000;
  for (Index column = 1; column <= columns; ++column) text += ' ' + std::to_string(column) + ":0.5";
  REQUIRE(text.size() > (std::size_t{1} << 22U));
  const TemporaryFile file(text + "\n3 1:x\n");
  CHECK(complaint([&] { return tautrack::read_svmlight(file.path()); }) ==
        file.path() + ":3: token 2: the value 'x' is not a number");
  const TemporaryFile valid(text + "\n3 1:3\n");
  const SparseProblem problem = tautrack::read_svmlight(valid.path()).problems.at(0);
  REQUIRE(problem.X->rows() == 3);
  CHECK(problem.X->cols() == columns + 1);
  CHECK(problem.X->row(1).sum() == 0.5 * columns + 1.0);
  CHECK(problem.X->row(2).sum() == 4.0);
}

TEST_CASE("a file of exactly one or two megabytes ends where it ends") {
  for (const std::size_t size : {std::size_t{1} << 20U, std::size_t{1} << 21U}) {
    const std::string pattern = "1 1:2";
    const TemporaryFile blank_lines(pattern + std::string(size - pattern.size(), '\n'));
    CHECK(dense(tautrack::read_svmlight(blank_lines.path()).problems.at(0)) ==
          (Matrix(1, 2) << 2, 1).finished());
    const TemporaryFile blanks(std::string(size - pattern.size(), ' ') + pattern);
    CHECK(dense(tautrack::read_svmlight(blanks.path()).problems.at(0)) ==
          (Matrix(1, 2) << 2, 1).finished());
  }
}

TEST_CASE("files that cannot be read are refused by name") {
  const auto refused = [](const std::string& path) {
    return complaint([&] { return tautrack::read_svmlight(path); });
  };
  const TemporaryFile empty("");
  CHECK(refused(empty.path()) == empty.path() + ": empty, but at least one pattern is expected");
  const std::string missing = empty.path() + ".missing";
  CHECK(refused(missing) == missing + ": there is no such file");
  const std::string directory = std::filesystem::temp_directory_path().string();
  CHECK(refused(directory) == directory + ": this is a directory, but a file is expected");
  CHECK(refused("") == "the name of the data file is empty");
  const std::string too_long(5000, 'x');
  CHECK(refused(too_long).starts_with(too_long + ": the file cannot be opened: "));
}

TEST_CASE("a sparse problem from numbers gets default names and keeps what it is given") {
  SparseMatrix X(2, 3);
  X.insert(0, 1) = 5.0;
  const SparseProblem plain = tautrack::make_sparse_problem(X, Vector::Ones(2));
  CHECK(plain.name == "y");
  CHECK(plain.columns.empty());
  CHECK(column_name(plain, 2) == "x3");
  CHECK(!plain.bias);
  CHECK(dense(plain) == Matrix(X));
  CHECK(plain.pattern_weights.size() == 0);

  const SparseProblem full = tautrack::make_sparse_problem(X, Vector::Zero(2), "z", {"u", "v", "w"},
                                                           Vector::Constant(2, 0.5));
  CHECK(full.name == "z");
  CHECK(column_name(full, 2) == "w");
  CHECK(entries(full.pattern_weights) == std::vector<double>{0.5, 0.5});
}

TEST_CASE("a sparse problem is refused when a size disagrees") {
  const auto refused = [](Index rows, Index columns, Index y_size, const Names& names = {},
                          Index weights_size = 0) {
    return complaint([&] {
      return tautrack::make_sparse_problem(SparseMatrix(rows, columns), Vector::Ones(y_size), "t",
                                           names, Vector::Ones(weights_size));
    });
  };
  CHECK(refused(0, 2, 0) ==
        "problem 't': X is 0 x 2, but at least one row and one column are needed");
  CHECK(refused(2, 0, 2) ==
        "problem 't': X is 2 x 0, but at least one row and one column are needed");
  CHECK(refused(3, 2, 2) == "problem 't': y has size 2, but the number of rows of X is 3");
  CHECK(refused(3, 2, 3, {"a"}) ==
        "problem 't': columns has size 1, but the number of columns of X is 2");
  CHECK(refused(3, 2, 3, {}, 4) ==
        "problem 't': pattern_weights has size 4, but the number of rows of X is 3");
  CHECK(refused(3, 2, 3, {"a", "b"}, 3) == "accepted");
  SparseProblem nothing;
  nothing.name = "t";
  CHECK(complaint([&] { check(nothing); }) == "problem 't': there is no X");
}

TEST_CASE("a sparse problem is refused when an entry is unusable") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto refused = [](const SparseMatrix& X, const Vector& y, const Names& columns = {},
                          const Vector& pattern_weights = {}) {
    return complaint(
        [&] { return tautrack::make_sparse_problem(X, y, "t", columns, pattern_weights); });
  };
  SparseMatrix X(3, 2);
  X.insert(2, 1) = nan;
  Vector y = Vector::Ones(3);
  CHECK(refused(X, y) == "problem 't': row 3 (counted from 1): column 'x2' is not finite");
  CHECK(refused(X, y, {"a", "b"}) ==
        "problem 't': row 3 (counted from 1): column 'b' is not finite");
  X.coeffRef(2, 1) = 0.0;
  y(1) = -infinity;
  CHECK(refused(X, y) == "problem 't': row 2 (counted from 1): y is not finite");
  y(1) = 0.0;
  for (const double weight : {0.0, -1.0, infinity, nan}) {
    CAPTURE(weight);
    CHECK(refused(X, y, {}, Vector::Constant(3, weight)) ==
          "problem 't': row 1 (counted from 1): the pattern weight is not positive and finite");
  }
}

TEST_CASE("an announced bias is a column of ones") {
  SparseProblem problem = only_problem("1 1:1\n2 1:2\n");
  SparseMatrix X = *problem.X;
  X.coeffRef(1, 1) = 0.5;
  problem.X = std::make_shared<const SparseMatrix>(X);
  CHECK(complaint([&] { check(problem); }) ==
        "problem 'y': row 2 (counted from 1): the bias is 0.5, but it is the column of ones");
  X.prune(0.75, 1.0);
  problem.X = std::make_shared<const SparseMatrix>(X);
  CHECK(complaint([&] { check(problem); }) ==
        "problem 'y': row 2 (counted from 1): the bias is 0, but it is the column of ones");
  problem.bias = false;
  CHECK(complaint([&] { check(problem); }) == "accepted");
}

TEST_CASE("any bytes give either a sentence or a usable problem") {
  const std::vector<std::string> seeds = {std::string(two_patterns),
                                          std::string(three_classes),
                                          "-1 qid:3 1:1 7:2.5e-3 # c\r\n+1 qid:3 2:4\r\n\r\n-1\r\n",
                                          "\xEF\xBB\xBF# head\n0 1:0 2:0\n1 3:1\n\n",
                                          "1\n2\n",
                                          ""};
  const std::string alphabet = "01239:::  \t\n\n\r.eE+-#qidnaf\xC3\xA4";
  std::mt19937 random(1);
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  int accepted = 0;
  constexpr int rounds = 20'000;
  for (int round = 0; round < rounds; ++round) {
    const std::string text = mutated(seeds, alphabet, below);
    SvmlightOptions options;
    options.classes = below(2) == 0;
    options.bias = below(4) != 0;
    if (options.classes && below(4) == 0) options.positive = below(2) == 0 ? "2" : "no";

    SparseDataset dataset;
    try {
      dataset = parsed(text, options);
    } catch (const DataError& error) {
      const std::string sentence = error.what();
      const bool is_printable = std::all_of(sentence.begin(), sentence.end(), [](char character) {
        return character >= ' ' && character <= '~';
      });
      if (!sentence.starts_with("t.svm:") || !is_printable) FAIL_CHECK(text << "\n-> " << sentence);
      continue;
    }
    ++accepted;
    bool usable = !dataset.problems.empty();
    for (const SparseProblem& problem : dataset.problems)
      usable = usable && problem.X == dataset.problems[0].X &&
               complaint([&] { check(problem); }) == "accepted";
    if (!usable) FAIL_CHECK(text);
  }
  CHECK(accepted > rounds / 20);
  CHECK(accepted < rounds / 2);
}

}  // namespace svmlight_test
