#include "tautrack/topology/labelled_points.hpp"

#include <string>

#include <doctest/doctest.h>

namespace labelled_points_test {

namespace {

using namespace tautrack;

/// The sentence with which the text is refused.
std::string refusal(const std::string& text, Index coordinates, const std::string& label = "") {
  try {
    static_cast<void>(parse_points(text, "points.csv", coordinates, label));
  } catch (const DataError& error) {
    return error.what();
  }
  return "not refused";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("as many columns as coordinates are points without labels") {
  const LabelledPoints points = parse_points("x,y\n1,2\n3,-4e1\n", "p", 2);
  CHECK(points.columns == std::vector<std::string>{"x", "y"});
  CHECK(points.points == Matrix{{1.0, 2.0}, {3.0, -40.0}});
  CHECK(points.label_column.empty());
  CHECK(points.labels.empty());
  CHECK(points.label_of_row.empty());
}

TEST_CASE("one column more is the label, the last or the one that is named") {
  const LabelledPoints last = parse_points("x,y,kind\n1,2,b\n3,4,a\n5,6,b\n", "p", 2);
  CHECK(last.label_column == "kind");
  CHECK(last.labels == std::vector<std::string>{"a", "b"});
  CHECK(last.label_of_row == std::vector<std::size_t>{1, 0, 1});
  CHECK(last.with_label(1) == Matrix{{1.0, 2.0}, {5.0, 6.0}});
  CHECK(last.with_label(0) == Matrix{{3.0, 4.0}});
  const LabelledPoints first = parse_points("kind,x,y\nb,1,2\na,3,4\n", "p", 2, "kind");
  CHECK(first.columns == std::vector<std::string>{"x", "y"});
  CHECK(first.points == Matrix{{1.0, 2.0}, {3.0, 4.0}});
  // One label is enough.
  CHECK(parse_points("x,kind\n1,a\n2,a\n", "p", 1).labels.size() == 1);
}

TEST_CASE("labels that are numbers sort by value, and equal ones are one") {
  const LabelledPoints points = parse_points("x,n\n1,10\n2,9\n3,9.0\n4,1e1\n", "p", 1);
  CHECK(points.labels == std::vector<std::string>{"9", "10"});
  CHECK(points.label_of_row == std::vector<std::size_t>{1, 0, 0, 1});
}

TEST_CASE("tables that are no points are refused with file, line, column and rule") {
  CHECK(contains(refusal("x,y\n1,two\n", 2), "points.csv:2: column 'y': 'two' is not a number"));
  CHECK(contains(refusal("x,y\n1,\n", 2), "the cell is empty"));
  CHECK(contains(refusal("x,y\n1,nan\n", 2), "'nan' is not a finite number"));
  CHECK(contains(refusal("x,y\n1,1e999\n", 2), "double precision"));
  CHECK(contains(refusal("x,y,z,w\n1,2,3,4\n", 2),
                 "points.csv:1: the table has 4 columns, but 2 coordinates and at most one label"));
  CHECK(contains(refusal("x\n1\n", 2), "the table has 1 column,"));
  CHECK(contains(refusal("x,y\n1,2\n", 2, "kind"), "there is no column 'kind'"));
  CHECK(contains(refusal("x,y\n1,2\n", 2, "y"), "2 coordinates beside the label"));
  CHECK(contains(refusal("1,2\n3,4\n", 2), "must be a header"));
  CHECK(contains(refusal("x,y\n", 2), "no row follows"));
  CHECK(contains(refusal("x,y,k\n1,2,\n", 2), "column 'k': the cell is empty"));
  std::string many = "x,k\n";
  for (int i = 0; i < 101; ++i) many += "1,label" + std::to_string(i) + "\n";
  CHECK(contains(refusal(many, 1), "more than 100 different labels"));
  CHECK_THROWS_AS(static_cast<void>(read_points("/nowhere/points.csv", 2)), DataError);
}

}  // namespace

}  // namespace labelled_points_test
