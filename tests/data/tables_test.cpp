#include <cmath>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/data/dataset.hpp"
#include "tautrack/data/table.hpp"
#include "tautrack/data/zero_doses.hpp"
#include "tautrack/topology/labelled_points.hpp"

#include "support/text_input.hpp"

namespace tables_test {

namespace {

using tautrack::Dataset;
using tautrack::DatasetOptions;
using tautrack::DecimalSign;
using tautrack::Index;
using tautrack::Matrix;
using tautrack::MissingCells;
using tautrack::Problem;
using tautrack::Separator;
using tautrack::Vector;
using tautrack::support::complaint;
using Names = std::vector<std::string>;

/// Options with some of them set.
DatasetOptions with(const std::function<void(DatasetOptions&)>& set) {
  DatasetOptions options;
  set(options);
  return options;
}

const DatasetOptions drop = with([](auto& o) { o.missing = MissingCells::drop; });

Dataset parsed(std::string_view text, const DatasetOptions& options = {}) {
  return tautrack::parse_csv(text, "t.csv", options);
}

/// The sentence with which the text, named t.csv, is refused, or "accepted".
std::string refusal(std::string_view text, const DatasetOptions& options = {}) {
  return complaint([&] { return parsed(text, options); });
}

Names problem_names(const Dataset& dataset) {
  Names names;
  for (const Problem& problem : dataset.problems) names.push_back(problem.name);
  return names;
}

}  // namespace

TEST_CASE("what separates columns is found and told") {
  CHECK(parsed("a,y\n1,2\n").table->separator == Separator::comma);
  CHECK(parsed("a;y\n1;2\n").table->separator == Separator::semicolon);
  CHECK(parsed("a\ty\n1\t2\n").table->separator == Separator::tab);
  CHECK(parsed("a y\n1   2\n").table->separator == Separator::blanks);
  CHECK(parsed("a,y\n1,2\n").table->decimal == DecimalSign::point);
  for (const Separator separator :
       {Separator::comma, Separator::semicolon, Separator::tab, Separator::blanks})
    CHECK(tautrack::separator_from_name(to_string(separator)) == separator);
  CHECK(!tautrack::separator_from_name("pipe"));
  // German headers have commas in names.
  const Dataset german = parsed("Dosis, mg;Antwort\n0,5;0,1\n1,5;0,9\n");
  CHECK(german.table->separator == Separator::semicolon);
  CHECK(german.problems[0].columns == Names{"Dosis, mg", "(bias)"});
  CHECK(german.problems[0].y == Vector{{0.1, 0.9}});
}

TEST_CASE("a separator that is insisted on is taken, or the text is said to look otherwise") {
  const auto separated_by = [](Separator separator) {
    return with([separator](auto& o) { o.separator = separator; });
  };
  CHECK(parsed("a b,c;d\n1 2,3;4\n1 2,3;5\n", with([](auto& o) {
                 o.separator = Separator::semicolon;
                 o.one_hot = {"a b,c"};
                 o.bias = false;
               }))
            .problems[0]
            .columns == Names{"a b,c=1 2,3"});
  CHECK(refusal("a,b,y\n1,2,3\n", separated_by(Separator::semicolon)) ==
        "t.csv:1: the header is not separated by semicolons, as it is said to be (by commas every "
        "line has 3)");
  CHECK(refusal("a\ty\n1\t2\n", separated_by(Separator::comma)) ==
        "t.csv:1: the header is not separated by commas, as it is said to be (by tabs every line "
        "has 2)");
  CHECK(refusal("a,b y\n1,5 2\n2,5,6 3\n", separated_by(Separator::comma)) ==
        "t.csv:3: the number of fields is 3, but the header has 2");
  CHECK(
      refusal("a,b;y\n1;2\n", separated_by(Separator::comma)) ==
      "t.csv:2: the number of fields is 1, but the header has 2 (by semicolons every line has 2)");
  CHECK(parsed("weight\n80\n75\n", separated_by(Separator::tab)).problems[0].name == "weight");
}

TEST_CASE("the first line of spreadsheets that says what separates columns is obeyed") {
  for (const std::string line : {"sep=;\n", "sep=;\r\n", "\"sep=;\"\n", "\xEF\xBB\xBFsep=;\r\n"}) {
    CAPTURE(line);
    const Dataset dataset = parsed(line + "a,1;y\n1;2\n");
    CHECK(dataset.table->separator == Separator::semicolon);
    CHECK(dataset.problems[0].columns == Names{"a,1", "(bias)"});
    CHECK(refusal(line + "a;y\n1;2\n3;x\n").starts_with("t.csv:4: column 'y': 'x'"));
    CHECK(refusal(line + "a;;y\n1;2;3\n").starts_with("t.csv:2: column 2 has no name"));
  }
  CHECK(parsed("sep=\t\na\ty\n1\t2\n").table->separator == Separator::tab);
  CHECK(refusal("sep=|\na|y\n1|2\n") ==
        "t.csv:1: 'sep=|': columns are separated by commas, semicolons, tabs or blanks");
  CHECK(refusal("sep=;\na,y\n1,2\n") ==
        "t.csv:2: the header is not separated by semicolons, as it is said to be (by commas every "
        "line has 2)");
  for (const char* text : {"sep=;", "sep=;\n"})
    CHECK(refusal(text).starts_with("t.csv: nothing but what separates columns"));
}

TEST_CASE("decimal commas are found between semicolons, tabs and blanks") {
  for (const std::string separator : {";", "\t", " "}) {
    CAPTURE(separator);
    const auto text = [&](const Names& cells) {
      std::string result = "a" + separator + "y\n";
      for (std::size_t i = 0; i < cells.size(); i += 2)
        result += cells[i] + separator + cells[i + 1] + "\n";
      return result;
    };
    const Dataset dataset = parsed(text({"1", "2", "-0,5", "1,25e-3", ",5", "+7,", "1,234", "8"}));
    CHECK(dataset.table->decimal == DecimalSign::comma);
    CHECK(dataset.problems[0].X.col(0) == Vector{{1.0, -0.5, 0.5, 1.234}});
    CHECK(dataset.problems[0].y == Vector{{2.0, 1.25e-3, 7.0, 8.0}});
    // No sign at all, and points alone.
    CHECK(parsed(text({"1", "2"})).table->decimal == DecimalSign::point);
    CHECK(parsed(text({"1.5", "2"})).problems[0].X(0, 0) == 1.5);
    // Both.
    CHECK(
        refusal(text({"1,234", "5.6"})) ==
        "t.csv: the decimal sign is not clear: '1,234' in line 2 has a comma and '5.6' in line 2 a "
        "point: write all numbers alike, and nothing between thousands");
    CHECK(refusal(text({"0.5", "1", "0,5", "1"})) ==
          "t.csv: the decimal sign is not clear: '0,5' in line 3 has a comma and '0.5' in line 2 a "
          "point: write all numbers alike, and nothing between thousands");
    for (const std::string number : {"1.234,5", "1,234.5", "-1.234.567,8"})
      CHECK(refusal(text({"1", number})) == "t.csv:2: column 'y': '" + number +
                                                "' has a comma and a point: write nothing between "
                                                "thousands");
    // Thousands?
    const std::string thousands = text({"1,234", "5", "12,500", "6"});
    CHECK(refusal(thousands) ==
          "t.csv: the comma in '1,234' in line 2 may be a decimal sign or stand between thousands, "
          "and so all commas here: --decimal comma says that it is a decimal sign; else write "
          "nothing between thousands");
    const DatasetOptions comma = with([](auto& o) { o.decimal = DecimalSign::comma; });
    const DatasetOptions point = with([](auto& o) { o.decimal = DecimalSign::point; });
    CHECK(parsed(thousands, comma).problems[0].X.col(0) == Vector{{1.234, 12.5}});
    CHECK(refusal(thousands, point) ==
          "t.csv:2: column 'a': '1,234' is not a number: the decimal sign of this table is the "
          "point (--decimal comma: the comma), and nothing stands between thousands");
    CHECK(
        refusal(text({"0,5", "1", "5.6", "1"}), comma) ==
        "t.csv:3: column 'a': '5.6' is not a number: the decimal sign of this table is the comma, "
        "and nothing stands between thousands");
    CHECK(refusal(text({"1", "2", "1,234,567", "1"})).starts_with("t.csv:3: column 'a'"));
    CHECK(parsed(text({"0,123", "1", "1,234", "2"})).problems[0].X(1, 0) == 1.234);
    // Labels are no numbers.
    CHECK(parsed(text({"1.5", "0,5", "2.5", "1,5"}), with([](auto& o) { o.classes = true; }))
              .table->decimal == DecimalSign::point);
  }
  // German numbers without decimals have points between thousands.
  const std::string_view points = "a;y\n1.200;3\n2.400;4\n";
  CHECK(parsed(points).problems[0].X(0, 0) == 1.2);
  CHECK(
      parsed(points).table->notes ==
      Names{"'1.200' in line 2 is read with a decimal point, and so are all numbers here that have "
            "one: none may stand between thousands (--decimal point says that none does)"});
  CHECK(parsed(points, with([](auto& o) { o.decimal = DecimalSign::point; })).table->notes.empty());
  CHECK(parsed("a;y\n1.200;3\n0.400;4\n").table->notes.empty());
  CHECK(parsed("a,y\n1.200,3\n2.400,4\n").table->notes.empty());
  // Columns that are not used say nothing.
  CHECK(parsed("a;y;version\n0,5;1;2.5\n", with([](auto& o) { o.ignore = {"version"}; }))
            .problems[0]
            .X(0, 0) == 0.5);
  CHECK(tautrack::parse_points("x;y\n1;2\n3;0,5\n", "t", 2).points ==
        Matrix{{1.0, 2.0}, {3.0, 0.5}});
  CHECK(refusal("0,5;1\n2;3\n").starts_with("t.csv:1: every field is a number"));
}

TEST_CASE("decimal commas in quotes between commas must be insisted on") {
  const std::string_view text = "a,y\n\"0,5\",1\n\"1,25\",2\n";
  CHECK(refusal(text) ==
        "t.csv:2: column 'a': '0,5' is not a number: the decimal sign of this table is the point "
        "(--decimal comma: the comma), and nothing stands between thousands");
  CHECK(parsed(text, with([](auto& o) { o.decimal = DecimalSign::comma; })).problems[0].X.col(0) ==
        Vector{{0.5, 1.25}});
}

TEST_CASE("lines of separators are rows of empty cells, but not behind the last row") {
  for (const std::string separator : {",", ";", "\t"}) {
    CAPTURE(separator);
    const std::string header = "a" + separator + "b" + separator + "y\n";
    const std::string row = "1" + separator + "2" + separator + "3\n";
    const std::string empty = separator + separator + "\n";
    CHECK(parsed(header + row + row + empty + empty + "\n").problems[0].X.rows() == 2);
    CHECK(parsed(header + row + empty + separator + separator).problems[0].X.rows() == 1);
    CHECK(refusal(header + row + "\n" + empty + row) ==
          "t.csv:4: column 'a': the cell is empty (--missing drop leaves out rows with missing "
          "cells)");
    const Dataset dropped = parsed(header + row + "\n" + empty + row, drop);
    CHECK(dropped.problems[0].X.rows() == 2);
    CHECK(dropped.table->targets[0].dropped.lines == std::vector<Index>{4});
    CHECK(refusal(header + empty) == "t.csv: there is a header, but no row follows it");
    // A last row that lacks its last cells is a row.
    CHECK(refusal(header + row + "1" + separator + separator + "\n" + empty)
              .starts_with("t.csv:3: column 'b': the cell is empty"));
  }
}

TEST_CASE("columns at the end of a header may have no name if they are empty") {
  CHECK(parsed("a,y,,\n1,2,,\n3,4,,\n").problems[0].y == Vector{{2.0, 4.0}});
  CHECK(parsed("a;y;\r\n1;2;\r\n3;4;\r\n").problems[0].columns == Names{"a", "(bias)"});
  CHECK(refusal("a,y,\n1,2,3\n") ==
        "t.csv:2: field 3: '3' stands in a column that has no name in the header");
  CHECK(refusal("a,y\n1,2,\n") == "t.csv:2: the number of fields is 3, but the header has 2");
  CHECK(refusal("a,y,\n1,2\n") == "t.csv:2: the number of fields is 2, but the header has 3");
}

TEST_CASE("titles above the header and names of rows are refused with what to do") {
  CHECK(refusal("Experiment 7\n\na,y\n1,2\n") ==
        "t.csv:3: the number of fields is 2, but the header has 1 (names of columns stand in the "
        "first line)");
  CHECK(refusal("\"x\" \"y\"\n\"1\" 9 8.93\n\"2\" 14 10.8\n") ==
        "t.csv:1: field 1: only a comma or the end of the line may follow the closing quote (by "
        "blanks, line 2 has 3 fields and the header 2)");
  CHECK(refusal("\"\",\"a\",\"y\"\n\"1\",2,3\n")
            .starts_with("t.csv:1: column 1 has no name: give it one, and --ignore leaves it out"));
}

TEST_CASE("inputs are those that are named, in this order, or those that are not ignored") {
  const std::string_view text = "id,a,b,rep,y\n1,2,3,1,5\n2,4,6,2,9\n";
  const Dataset all = parsed(text);
  CHECK(all.problems[0].columns == Names{"id", "a", "b", "rep", "(bias)"});
  CHECK(all.table->unused.empty());
  const Dataset named = parsed(text, with([](auto& o) { o.columns = {"b", "a"}; }));
  CHECK(named.problems[0].X == Matrix{{3.0, 2.0, 1.0}, {6.0, 4.0, 1.0}});
  CHECK(named.problems[0].columns == Names{"b", "a", "(bias)"});
  CHECK(named.problems[0].name == "y");
  CHECK(named.table->unused == Names{"id", "rep"});
  const Dataset ignored = parsed(text, with([](auto& o) { o.ignore = {"rep", "id"}; }));
  CHECK(ignored.problems[0].columns == Names{"a", "b", "(bias)"});
  CHECK(ignored.table->unused == Names{"id", "rep"});
  // Cells of columns that are not used may be anything.
  CHECK(parsed("note,a,y\nx,1,2\n,3,4\n", with([](auto& o) { o.ignore = {"note"}; }))
            .problems[0]
            .X.col(0) == Vector{{1.0, 3.0}});
  // The target is the last column that is left.
  CHECK(parsed("a,y,note\n1,2,x\n", with([](auto& o) { o.ignore = {"note"}; })).problems[0].name ==
        "y");
  CHECK(parsed("y,a\n1,2\n", with([](auto& o) { o.columns = {"a"}; })).problems[0].name == "y");
  // Names with commas.
  CHECK(parsed("\"a,b\",c,y\n1,2,3\n", with([](auto& o) { o.columns = {"a,b"}; }))
            .problems[0]
            .columns == Names{"a,b", "(bias)"});
}

TEST_CASE("names of columns that do not fit are refused with the nearest one") {
  const std::string_view text = "dose,weight,response\n1,2,3\n";
  CHECK(refusal(text, with([](auto& o) { o.columns = {"dos"}; })) ==
        "t.csv:1: there is no column 'dos' to be an input; did you mean 'dose'?; the columns are "
        "'dose', 'weight', 'response'");
  CHECK(refusal(text, with([](auto& o) { o.ignore = {"wieght"}; })) ==
        "t.csv:1: there is no column 'wieght' to be ignored; did you mean 'weight'?; the columns "
        "are 'dose', 'weight', 'response'");
  CHECK(refusal(text, with([](auto& o) {
                  o.columns = {"dose", "dose"};
                })) == "t.csv:1: column 'dose' is named twice to be an input");
  CHECK(refusal(text, with([](auto& o) {
                  o.columns = {"dose"};
                  o.ignore = {"dose"};
                })) == "t.csv:1: column 'dose' cannot be both an input and ignored");
  CHECK(refusal(text, with([](auto& o) {
                  o.columns = {"response"};
                  o.target = "response";
                })) == "t.csv:1: column 'response' cannot be both the target and an input");
  CHECK(refusal(text, with([](auto& o) {
                  o.columns = {"dose", "weight", "response"};
                })) == "t.csv:1: every column is used for something else, so there is no target");
  CHECK(refusal(text, with([](auto& o) { o.log = {"dos"}; }))
            .starts_with("t.csv:1: there is no column 'dos' to be taken the logarithm of"));
  CHECK(refusal(text, with([](auto& o) { o.one_hot = {"sex"}; }))
            .starts_with("t.csv:1: there is no column 'sex' to be an input of --one-hot"));
}

TEST_CASE("each of several targets has problems of its own") {
  const std::string_view plate = "dose,A1,B1,note\n1,0.1,0.2,5\n2,0.3,0.4,5\n";
  const Dataset two = parsed(plate, with([](auto& o) {
                               o.targets = {"B1", "A1"};
                               o.ignore = {"note"};
                             }));
  CHECK(problem_names(two) == Names{"B1", "A1"});
  CHECK(two.problems[0].y == Vector{{0.2, 0.4}});
  CHECK(two.problems[1].y == Vector{{0.1, 0.3}});
  for (const Problem& problem : two.problems) CHECK(problem.columns == Names{"dose", "(bias)"});
  CHECK(two.table->targets[1].column == "A1");

  const Dataset all = parsed(plate, with([](auto& o) {
                               o.all_targets = true;
                               o.columns = {"dose"};
                               o.pattern_weights = "note";
                             }));
  CHECK(problem_names(all) == Names{"A1", "B1"});
  CHECK(all.problems[1].pattern_weights == Vector{{5.0, 5.0}});
  CHECK(all.table->pattern_weights == "note");

  CHECK(refusal(plate, with([](auto& o) { o.all_targets = true; })) ==
        "t.csv:1: --targets all leaves no column to be an input: --columns names the inputs");
  CHECK(refusal(plate, with([](auto& o) {
                  o.all_targets = true;
                  o.target = "A1";
                })) ==
        "t.csv:1: the target is named in two ways: give one of --target and --targets");
  // Labels and numbers side by side.
  const Dataset mixed = parsed("a,y,k\n1,2,no\n3,4,yes\n5,6,no\n", with([](auto& o) {
                                 o.targets = {"y", "k"};
                               }));
  CHECK(problem_names(mixed) == Names{"y", "k=yes"});
}

TEST_CASE("rows that lack a cell are left out for the targets that need it") {
  const std::string text =
      "dose,note,A,B\n1,,1,2\n2,x,NA,4\n,x,5,6\n4,x,7,-\n5,x,.,nan\n6,x,NaN,12\n7,x,13,\n";
  const DatasetOptions options = with([](auto& o) {
    o.missing = MissingCells::drop;
    o.columns = {"dose"};
    o.targets = {"A", "B"};
  });
  const Dataset dataset = parsed(text, options);
  CHECK(dataset.problems[0].X == Matrix{{1.0, 1.0}, {4.0, 1.0}, {7.0, 1.0}});
  CHECK(dataset.problems[0].y == Vector{{1.0, 7.0, 13.0}});
  CHECK(dataset.problems[1].X.col(0) == Vector{{1.0, 2.0, 6.0}});
  CHECK(dataset.problems[1].y == Vector{{2.0, 4.0, 12.0}});
  CHECK(dataset.table->targets[0].dropped.count == 4);
  CHECK(dataset.table->targets[0].dropped.lines == std::vector<Index>{3, 4, 6, 7});
  CHECK(dataset.table->targets[1].dropped.lines == std::vector<Index>{4, 5, 6, 8});

  // Weights go with their rows, and classes share what is left.
  const Dataset weighted = parsed("a,w,k\n1,1,x\n2,2,NA\n3,3,y\n4,NA,y\n5,5,x\n", with([](auto& o) {
                                    o.missing = MissingCells::drop;
                                    o.pattern_weights = "w";
                                  }));
  CHECK(weighted.problems[0].pattern_weights == Vector{{1.0, 3.0, 5.0}});
  CHECK(weighted.problems[0].y == Vector{{-0.9, 0.9, -0.9}});

  // Nothing else is left out.
  CHECK(
      refusal("a,y\n1,2\nn/a,3\n", drop).starts_with("t.csv:3: column 'a': 'n/a' is not a number"));
  CHECK(refusal("a,y\n1,2\ninf,3\n", drop) == "t.csv:3: column 'a': 'inf' is not a finite number");
  CHECK(refusal("a,y\n1,\n,3\n", drop) ==
        "t.csv: column 'y': every row lacks a cell that is used, so none is left for this target");
  // More lines than are named.
  std::string many = "a,y\n0,1\n";
  for (int i = 0; i < 20; ++i) many += ",1\n";
  const Dataset few = parsed(many + "2,3\n", drop);
  CHECK(few.table->targets[0].dropped.count == 20);
  CHECK(few.table->targets[0].dropped.lines == std::vector<Index>{3, 4, 5, 6, 7});
  CHECK(few.problems[0].y == Vector{{1.0, 3.0}});
  // Without drop the first such cell is refused with what to do.
  CHECK(refusal("a,y\n1,NA\n2,3\n") ==
        "t.csv:2: column 'y': 'NA' is not a number, but '3' in line 3 is (--classes takes every "
        "cell for a label) (--missing drop leaves out rows with missing cells)");
}

TEST_CASE("a column of texts becomes columns of zeros and ones") {
  const std::string_view text = "sex,a,y\nm,1,1\nf,2,2\nd,3,3\nm,4,4\n";
  const auto coded = with([](auto& o) { o.one_hot = {"sex"}; });
  const Dataset dataset = parsed(text, coded);
  CHECK(dataset.problems[0].columns == Names{"sex=f", "sex=m", "a", "(bias)"});
  CHECK(dataset.problems[0].X == Matrix{{0.0, 1.0, 1.0, 1.0},
                                        {1.0, 0.0, 2.0, 1.0},
                                        {0.0, 0.0, 3.0, 1.0},
                                        {0.0, 1.0, 4.0, 1.0}});
  REQUIRE(dataset.table->baselines.size() == 1);
  CHECK(dataset.table->baselines[0].first == "sex");
  CHECK(dataset.table->baselines[0].second == "d");
  const Dataset whole = parsed(text, with([](auto& o) {
                                 o.one_hot = {"sex"};
                                 o.bias = false;
                                 o.columns = {"a", "sex"};
                               }));
  CHECK(whole.problems[0].columns == Names{"a", "sex=d", "sex=f", "sex=m"});
  CHECK(whole.problems[0].X.row(2) == Eigen::RowVectorXd{{3.0, 1.0, 0.0, 0.0}});
  CHECK(whole.table->baselines.empty());
  // Numbers sort by value, and equal ones are one.
  CHECK(parsed("n,y\n10,1\n9,2\n9.0,3\n8,4\n", with([](auto& o) { o.one_hot = {"n"}; }))
            .problems[0]
            .columns == Names{"n=9", "n=10", "(bias)"});

  std::string many = "k,y\n";
  for (int i = 0; i < 50; ++i) many += "v" + std::to_string(i) + ",1\n";
  const auto of_k = with([](auto& o) { o.one_hot = {"k"}; });
  CHECK(parsed(many, of_k).problems[0].X.cols() == 50);
  CHECK(refusal(many + "v50,1\n", of_k) ==
        "t.csv: column 'k': the number of different values is 51, but --one-hot takes at most 50");
  CHECK(refusal("k,y\n,1\na,2\n", of_k).starts_with("t.csv:2: column 'k': the cell is empty"));
  CHECK(refusal("k,k=b,y\na,1,2\nb,3,4\n", of_k) ==
        "t.csv:1: two inputs are named 'k=b': give a column another name in the header");
  CHECK(refusal("k,y\na,1\n", with([](auto& o) {
                  o.one_hot = {"y"};
                  o.target = "y";
                })) == "t.csv:1: column 'y' cannot be both the target and an input");
  CHECK(refusal(text, with([](auto& o) {
                  o.one_hot = {"sex"};
                  o.columns = {"a"};
                })) == "t.csv:1: column 'sex' of --one-hot is no input");
  CHECK(refusal("a,y\nx,1\n") ==
        "t.csv:2: column 'a': 'x' is not a number (--ignore a leaves the column out, --one-hot a "
        "makes columns of zeros and ones of its values)");
  CHECK(refusal("a,y\n1,2\nx,1\n") == "t.csv:3: column 'a': 'x' is not a number");
  CHECK(refusal("a,y\n\u22121,2\n") ==
        "t.csv:2: column 'a': '\u22121' is not a number: write a hyphen for the minus sign");
  CHECK(
      refusal("a,y\n1'200,2\n") ==
      "t.csv:2: column 'a': '1'200' is not a number: write it with digits, a decimal point and an "
      "exponent alone");
  CHECK(refusal("\"a,b\",y\nx,1\n") ==
        "t.csv:2: column 'a,b': 'x' is not a number (--ignore '\"a,b\"' leaves the column out, "
        "--one-hot '\"a,b\"' makes columns of zeros and ones of its values)");
}

TEST_CASE("the logarithm of a column is taken, and where it has none that is said") {
  const auto logged = with([](auto& o) { o.log = {"dose"}; });
  const Dataset dataset = parsed("dose,y\n1,1\n10,2\n0.001,3\n", logged);
  CHECK(dataset.problems[0].columns == Names{"log10(dose)", "(bias)"});
  for (Index i = 0; i < 3; ++i)
    CHECK(dataset.problems[0].X(i, 0) == std::log10(Vector{{1.0, 10.0, 0.001}}(i)));
  CHECK(refusal("dose,y\n1,1\n-0.5,2\n", logged) ==
        "t.csv:3: column 'dose': '-0.5' is negative and has no logarithm (--log)");
  CHECK(
      refusal("dose,y\n1,1\n0,2\n0.0,3\n-0,4\n", logged) ==
      "t.csv:3: column 'dose': 0 has no logarithm, and 3 rows have it (lines 3, 4, 5): 'tautrack "
      "solve' takes a dose of zero for an observation of the plateau there; else take them out of "
      "the table, or use no --log dose");
  CHECK(refusal("dose,y\n0,1\n1,2\n", logged) ==
        "t.csv:2: column 'dose': 0 has no logarithm, and 1 row has it (line 2): 'tautrack solve' "
        "takes a dose of zero for an observation of the plateau there; else take it out of the "
        "table, or use no --log dose");
  // Of several inputs, or without a bias, nothing takes it.
  CHECK(refusal("dose,b,y\n0,1,1\n1,2,2\n", logged) ==
        "t.csv:2: column 'dose': 0 has no logarithm, and 1 row has it (line 2): take it out of the "
        "table, or use no --log dose");
  // Rows that are left out anyway do not matter.
  CHECK(parsed("dose,y\n0,\n1,2\n", with([](auto& o) {
                 o.log = {"dose"};
                 o.missing = MissingCells::drop;
               }))
            .problems[0]
            .X(0, 0) == 0.0);
  const auto taken = [](auto& o) {
    o.log = {"dose"};
    o.zero_doses = true;
  };
  const Dataset zeros = parsed("dose,y\n0,1\n10,2\n0.0,3\n", with(taken));
  CHECK(tautrack::is_zero_dose(zeros.problems[0].X, 0));
  CHECK(zeros.problems[0].X(1, 0) == 1.0);
  CHECK(tautrack::is_zero_dose(zeros.problems[0].X, 2));
  CHECK(refusal("dose,y\n-1,1\n10,2\n", with(taken)) ==
        "t.csv:2: column 'dose': '-1' is negative and has no logarithm (--log)");
  CHECK(refusal("dose,b,y\n0,1,1\n1,2,2\n", with(taken)).find("0 has no logarithm") !=
        std::string::npos);
  CHECK(refusal("dose,y\n0,1\n1,2\n", with([&](auto& o) {
                  taken(o);
                  o.bias = false;
                }))
            .find("0 has no logarithm") != std::string::npos);
  const Dataset target = parsed("a,y\n1,100\n2,1000\n", with([](auto& o) { o.log = {"y"}; }));
  CHECK(target.problems[0].name == "log10(y)");
  CHECK(target.problems[0].y == Vector{{2.0, 3.0}});
  CHECK(refusal("a,y\n1,100\n2,0\n", with([](auto& o) { o.log = {"y"}; }))
            .starts_with("t.csv:3: column 'y': 0 has no logarithm"));
  CHECK(refusal("a,y\n1,low\n2,high\n", with([](auto& o) { o.log = {"y"}; })) ==
        "t.csv:2: column 'y': 'low' is not a number");
  CHECK(refusal("a,y\n1,2\n", with([](auto& o) {
                  o.log = {"a"};
                  o.ignore = {"a"};
                })) == "t.csv:1: column 'a' of --log is neither an input of numbers nor a target");
}

TEST_CASE("inputs that look like numbers of rows or identifiers are questioned") {
  const auto notes = [](const std::string& name, const Names& cells,
                        const DatasetOptions& options = {}) {
    std::string text = name + ",z,y\n";
    for (const std::string& cell : cells) text += cell + ",0.5,1\n";
    return parsed(text, options).table->notes;
  };
  const auto row_number = [](const std::string& name) {
    return Names{"column '" + name + "' looks like a row number: --ignore " + name +
                 " leaves it out"};
  };
  const auto identifier = [](const std::string& name) {
    return Names{"column '" + name + "' looks like an identifier: --ignore " + name +
                 " leaves it out"};
  };
  CHECK(notes("x", {"1", "2", "3"}) == row_number("x"));
  CHECK(notes("x", {"0", "1", "2", "3"}) == row_number("x"));
  CHECK(notes("x", {"2", "3", "4"}).empty());
  CHECK(notes("x", {"1", "3", "2"}).empty());
  CHECK(notes("x", {"0", "1"}).empty());
  CHECK(notes("id", {"17", "4", "9"}) == identifier("id"));
  CHECK(notes("ID", {"17", "4", "9"}) == identifier("ID"));
  CHECK(notes("rep", {"1", "2", "1", "2"}) == identifier("rep"));
  CHECK(notes("subject_id", {"17", "4", "9"}) == identifier("subject_id"));
  CHECK(notes("SubjectId", {"17", "4", "9"}) == identifier("SubjectId"));
  CHECK(notes("subject_age", {"17", "17", "9"}).empty());
  CHECK(notes("id", {"1.5", "2", "7"}).empty());
  CHECK(notes("dose", {"17", "4", "9"}).empty());
  CHECK(notes("width", {"17", "4", "9"}).empty());
  CHECK(notes("id", {"1", "2", "3"}, with([](auto& o) { o.ignore = {"id"}; })).empty());
  CHECK(notes("id", {"1", "2", "3"}, with([](auto& o) { o.one_hot = {"id"}; })).empty());
  // The only input may count, but no identifier is one.
  CHECK(parsed("x,y\n1,1\n2,1\n3,2\n").table->notes.empty());
  CHECK(parsed("id,y\n1,1\n2,1\n3,2\n").table->notes == identifier("id"));
  // Rows that are left out count.
  CHECK(notes("x", {"1", "2", "NA", "4"}, drop) == row_number("x"));
}

TEST_CASE("points have inputs that are named, and rows may be left out") {
  tautrack::TableOptions options;
  options.ignore = {"id"};
  options.missing = MissingCells::drop;
  const auto points =
      tautrack::parse_points("id;x;y;kind\n7;1;2;a\n8;;2;a\n9;3;0,5;b\n", "t.csv", 2, "", options);
  CHECK(points.points == Matrix{{1.0, 2.0}, {3.0, 0.5}});
  CHECK(points.labels == Names{"a", "b"});
  CHECK(points.label_column == "kind");
  CHECK(points.table.unused == Names{"id"});
  CHECK(points.table.targets.at(0).dropped.lines == std::vector<Index>{3});
  options = {};
  options.columns = {"y", "x"};
  const auto turned = tautrack::parse_points("x,y,z,k\n1,2,3,a\n", "t.csv", 2, "", options);
  CHECK(turned.points == Matrix{{2.0, 1.0}});
  CHECK(turned.labels.empty());
  CHECK(turned.table.unused == Names{"z", "k"});
  CHECK(tautrack::parse_points("x,y,z,k\n1,2,3,a\n", "t.csv", 2, "k", options).labels ==
        Names{"a"});
  CHECK(tautrack::parse_points("x,y,k\n1,2,a\n", "t.csv", 2, "", options).labels == Names{"a"});
}

}  // namespace tables_test
