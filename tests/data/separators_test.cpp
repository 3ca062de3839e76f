#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "tautrack/data/dataset.hpp"
#include "tautrack/topology/labelled_points.hpp"

namespace separators_test {

namespace {

using tautrack::DataError;
using tautrack::Dataset;
using tautrack::DatasetOptions;
using tautrack::Problem;
using Cells = std::vector<std::vector<std::string>>;
using Names = std::vector<std::string>;

/// The sentence with which the text, named t.txt, is refused, or "accepted".
std::string refusal(std::string_view text, const DatasetOptions& options = {}) {
  try {
    static_cast<void>(tautrack::parse_csv(text, "t.txt", options));
  } catch (const DataError& error) {
    return error.what();
  }
  return "accepted";
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

DatasetOptions with_classes() {
  DatasetOptions options;
  options.classes = true;
  return options;
}

DatasetOptions with_positive(const std::string& label) {
  DatasetOptions options;
  options.positive = label;
  return options;
}

/// Random tables and the ways to write them.
class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return random_() % bound; }

  /// A header and rows of numbers; the last column may hold three labels instead.
  Cells table(bool labels) {
    const std::size_t columns = 2 + below(4);
    const std::size_t rows = 1 + below(12) + (labels ? 3 : 0);
    Cells cells(rows + 1);
    for (std::size_t column = 0; column < columns; ++column)
      cells[0].push_back(std::string(1, static_cast<char>('a' + column)) +
                         std::to_string(below(100)));
    for (std::size_t row = 1; row <= rows; ++row) {
      for (std::size_t column = 0; column < columns; ++column) cells[row].push_back(number());
      if (labels) cells[row].back() = row <= 3 ? Names{"oak", "elm", "fir"}[row - 1] : "elm";
    }
    return cells;
  }

  /// A number with a point, a sign and an exponent now and then.
  std::string number() {
    std::string text = below(3) == 0 ? "-" : "";
    text += std::to_string(below(1000));
    if (below(2) == 0) text += "." + std::to_string(below(1000));
    if (below(6) == 0) text += "e-" + std::to_string(below(20));
    return text;
  }

  /// The table as text, with line ends, quotes and blanks as files have them.
  std::string text(const Cells& cells, char separator) {
    const std::string line_end = below(2) == 0 ? "\n" : "\r\n";
    const bool quotes = below(3) == 0;
    const bool padded = below(2) == 0;
    std::string result = below(4) == 0 ? "\xEF\xBB\xBF" : "";
    for (std::size_t row = 0; row < cells.size(); ++row) {
      if (padded && !quotes) result += blanks();
      for (std::size_t column = 0; column < cells[row].size(); ++column) {
        if (column > 0) {
          result += separator;
          if (padded && (separator == ' ' || !quotes)) result += blanks();
        }
        const std::string& cell = cells[row][column];
        result += quotes && below(2) == 0 ? '"' + cell + '"' : cell;
        if (padded && !quotes) result += blanks();
      }
      if (row + 1 < cells.size() || below(3) > 0) result += line_end;
    }
    for (std::size_t blank = below(3); blank > 0 && result.ends_with(line_end); --blank)
      result += (separator == '\t' ? "\t " : " ") + line_end;
    return result;
  }

 private:
  std::string blanks() { return std::string(below(4), ' '); }

  std::mt19937 random_;
};

/// The table as plain as can be, separated by commas.
std::string plain(const Cells& cells) {
  std::string text;
  for (const auto& row : cells) {
    for (std::size_t column = 0; column < row.size(); ++column)
      text += (column > 0 ? "," : "") + row[column];
    text += '\n';
  }
  return text;
}

bool same(const Dataset& a, const Dataset& b) {
  return std::equal(a.problems.begin(), a.problems.end(), b.problems.begin(), b.problems.end(),
                    [](const Problem& left, const Problem& right) {
                      return left.name == right.name && left.columns == right.columns &&
                             left.X == right.X && left.y == right.y;
                    });
}

}  // namespace

TEST_CASE("a table is the same whatever separates its columns") {
  Writer writer(1);
  for (int round = 0; round < 400; ++round) {
    const Cells cells = writer.table(writer.below(3) == 0);
    const Dataset expected = tautrack::parse_csv(plain(cells), "t.txt");
    for (const char separator : {',', ';', '\t', ' '}) {
      const std::string text = writer.text(cells, separator);
      CAPTURE(text);
      CHECK(refusal(text) == "accepted");
      CHECK(same(tautrack::parse_csv(text, "t.txt"), expected));
    }
  }
}

TEST_CASE("a table with a field too few or too many is refused whatever separates its columns") {
  Writer writer(2);
  for (int round = 0; round < 200; ++round) {
    Cells cells = writer.table(writer.below(3) == 0);
    auto& row = cells[writer.below(cells.size())];
    if (writer.below(2) == 0)
      row.push_back(writer.number());
    else
      row.pop_back();
    if (cells[0].size() == 1) continue;  // The header says that there is one column.
    if (cells.size() == 2 && cells[1].empty()) continue;
    for (const char separator : {',', ';', '\t', ' '}) {
      const std::string text = writer.text(cells, separator);
      CAPTURE(text);
      CHECK(refusal(text).starts_with("t.txt:"));
    }
  }
}

TEST_CASE("tables as R, spreadsheets and the collections of test problems write them") {
  const Dataset blanks = tautrack::read_csv(TAUTRACK_TEST_DATA "/pasture.txt");
  REQUIRE(blanks.problems.size() == 1);
  CHECK(blanks.problems[0].name == "y");
  CHECK(blanks.problems[0].columns == Names{"x", "(bias)"});
  CHECK(blanks.problems[0].X.rows() == 9);
  CHECK(blanks.problems[0].y(8) == 67.08);
  const Dataset quoted = tautrack::parse_csv("\"dose in mg\" \"y\"\n1 2\n3 4.5\n", "t.txt");
  CHECK(quoted.problems[0].columns == Names{"dose in mg", "(bias)"});
  const Dataset tabs = tautrack::parse_csv("dose\tfirst city\n1\tNew York\n2\tOslo\n", "t.txt");
  REQUIRE(tabs.problems.size() == 1);
  CHECK(tabs.problems[0].name == "Oslo");
  const Dataset semicolons = tautrack::parse_csv("a b; c\td\n1; 2\n3; 4\n", "t.txt");
  CHECK(semicolons.problems[0].columns == Names{"a b", "(bias)"});
  CHECK(semicolons.problems[0].name == "c\td");
  CHECK(tautrack::parse_points("x y\n1 2\n3 -4e1\n", "t.txt", 2).points ==
        tautrack::Matrix{{1.0, 2.0}, {3.0, -40.0}});
  // R's row names have no column name.
  CHECK(refusal("\"x\" \"y\"\n\"1\" 9 8.93\n\"2\" 14 10.8\n") != "accepted");
  CHECK(contains(refusal("x y\n1 9 8.93\n2 14 10.8\n"),
                 "(by blanks, line 2 has 3 fields and the header 2)"));
}

TEST_CASE("the comma comes first where it fits, and one column stays one column") {
  CHECK(tautrack::parse_csv("a b,c;d\n1,2\n", "t.txt").problems[0].columns ==
        Names{"a b", "(bias)"});
  CHECK(tautrack::parse_csv("a,b;c\n1;2\n", "t.txt").problems[0].columns == Names{"a,b", "(bias)"});
  CHECK(refusal("a,b\tc\n1;2\n") == "t.txt:2: the number of fields is 1, but the header has 2");
  // Blanks are in many names.
  CHECK(refusal("a b,c\n1 2\n") == "t.txt:2: the number of fields is 1, but the header has 2");
  CHECK(
      refusal("a,b;c\n1,5;2\n2,6;3\n") ==
      "t.txt:2: column 'b;c': the label '5;2' looks like a number but is none: separate columns by "
      "commas, or every line alike by semicolons, tabs or blanks, and write nothing between "
      "thousands (--classes takes every cell for a label, --positive picks one class)");
  CHECK(tautrack::parse_csv("weight in kg\n80\n75\n", "t.txt").problems[0].name == "weight in kg");
  CHECK(tautrack::parse_csv("\"a;b c\"\n1\n2\n", "t.txt").problems[0].name == "a;b c");
  CHECK(tautrack::parse_csv("\"a,b\";c\n1;2\n", "t.txt").problems[0].columns ==
        Names{"a,b", "(bias)"});
}

TEST_CASE("semicolons and tabs do not collapse, and blanks do") {
  const std::string empty =
      "t.txt:2: column 'b': the cell is empty (--missing drop leaves out rows with missing cells)";
  CHECK(refusal("a;b;c\n1;;3\n") == empty);
  CHECK(refusal("a\tb\tc\n1\t\t3\n") == empty);
  CHECK(refusal("a\tb\n1\t\t3\n") ==
        "t.txt:1: the header is the single field 'a\\tb', but columns are separated by commas (by "
        "tabs, line 2 has 3 fields and the header 2)");
  CHECK(refusal("a;b\n1;2\n3\n") ==
        "t.txt:1: the header is the single field 'a;b', but columns are separated by commas (by "
        "semicolons, line 3 has 1 field and the header 2)");
  CHECK(refusal("  a    b \n\n1  2\n") == "accepted");
  CHECK(refusal("a  b\n1\t2\n3\t4\n") != "accepted");  // A tab is no blank.
  CHECK(refusal("a;b\n\"1\" ;2\n") ==
        "t.txt:2: field 1: only a semicolon or the end of the line may follow the closing quote");
  CHECK(refusal("a b\n\"1\"x 2\n") ==
        "t.txt:2: field 1: only a blank or the end of the line may follow the closing quote");
  CHECK(refusal("5.1 3.5\n4.9 3.0\n") ==
        "t.txt:1: every field is a number, but the first line must be a header of column names");
}

TEST_CASE("labels that look like numbers are refused, with what to do, unless they are meant") {
  const std::string if_meant =
      " (--classes takes every cell for a label, --positive picks one class)";
  const std::string looks = "' looks like a number but is none: ";
  const std::string write_a_point =
      "write a point for a decimal comma, or give --decimal comma, and write nothing between "
      "thousands";
  struct Spelling {
    std::string before, after, remedy;
  };
  Writer writer(3);
  for (const Spelling& spelling : std::vector<Spelling>{
           {"", "%", "write it without the percent sign"},
           {"", " %", "write it without the percent sign"},
           {"-", "\u2030", "write it without the percent sign"},
           {"$", "", "write it without the sign of the currency"},
           {"", "\u20AC", "write it without the sign of the currency"},
           {"-\u00A3", "", "write it without the sign of the currency"},
           {"0,", "", write_a_point},
           {"1.000,", "", write_a_point},
           {"1,000.", "", write_a_point},
           {"1 ", "",
            "separate columns by commas, or every line alike by semicolons, tabs or blanks, and "
            "write nothing between thousands"},
           {"-1e3|", "",
            "separate columns by commas, or every line alike by semicolons, tabs or blanks, and "
            "write nothing between thousands"},
           {"1\u00A0", "",
            "separate columns by commas, or every line alike by semicolons, tabs or blanks, and "
            "write nothing between thousands"},
           {"\u2212", "", "write a hyphen for the minus sign"},
           {"1'", "", "write it with digits, a decimal point and an exponent alone"},
           {"(", ")", "write it with digits, a decimal point and an exponent alone"},
           {"1_", "", "write it with digits, a decimal point and an exponent alone"},
           {"", ".5D+00", "write it with digits, a decimal point and an exponent alone"}}) {
    for (const std::size_t different : {2U, 3U, 7U, 40U, 100U}) {
      const auto label = [&](std::size_t row) {
        return spelling.before + std::to_string(100 + row % different) + spelling.after;
      };
      // Each label twice, so that it is the look alone that counts.
      std::string text = "a,y\n";
      for (std::size_t row = 0; row < 2 * different; ++row)
        text += writer.number() + ",\"" + label(row) + "\"\n";
      CAPTURE(text);
      CHECK(refusal(text) ==
            "t.txt:2: column 'y': the label '" + label(0) + looks + spelling.remedy + if_meant);
      CHECK(refusal(text, with_classes()) == "accepted");
      CHECK(refusal(text, with_positive(label(1))) == "accepted");
    }
  }
  // The first one is named, and a few other labels do not hide the rest.
  CHECK(refusal("a,y\n1,none\n2,7%\n3,5%\n4,none\n5,7%\n")
            .starts_with("t.txt:3: column 'y': the label '7%'"));
}

TEST_CASE("labels with a digit that are no numbers stay labels") {
  for (const auto& labels : std::vector<Names>{{"x1", "x2"},
                                               {"0-5", "6-10"},
                                               {"<5", ">=5"},
                                               {"2020-01-01", "2020-01-02"},
                                               {"1st", "2nd"},
                                               {"10 mg", "20 mg"},
                                               {"1e", "2e"},
                                               {"5d", "7d"},
                                               {"+", "-"},
                                               {"%", "$"},
                                               {"control", "5%"}}) {
    CAPTURE(labels[0]);
    CHECK(refusal("a,y\n1," + labels[0] + "\n2," + labels[1] + "\n3," + labels[0] + "\n4," +
                  labels[1] + "\n") == "accepted");
  }
}

TEST_CASE("four labels or more that mostly occur once are refused unless they are meant") {
  const auto text = [](std::size_t single, std::size_t twice) {
    std::string result = "a,y\n";
    for (std::size_t i = 0; i < single; ++i) result += "1,once" + std::to_string(i) + "\n";
    for (std::size_t i = 0; i < 2 * twice; ++i) result += "2,twice" + std::to_string(i / 2) + "\n";
    return result;
  };
  for (std::size_t single = 0; single <= 12; ++single) {
    for (std::size_t twice = 0; twice <= 12; ++twice) {
      if (single + twice < 2) continue;
      CAPTURE(single);
      CAPTURE(twice);
      const bool refused = single + twice >= 4 && single > twice;
      CHECK(refusal(text(single, twice)) ==
            (refused ? "t.txt: column 'y': " + std::to_string(single) + " of " +
                           std::to_string(single + twice) +
                           " labels occur in one row only, so they are most likely no classes: "
                           "separate columns by commas, and write numbers with a decimal point and "
                           "without units or percent signs (--classes takes every cell for a "
                           "label, --positive picks one class)"
                     : "accepted"));
      CHECK(refusal(text(single, twice), with_classes()) == "accepted");
      CHECK(refusal(text(single, twice), with_positive(single > 0 ? "once0" : "twice0")) ==
            "accepted");
    }
  }
}

}  // namespace separators_test
