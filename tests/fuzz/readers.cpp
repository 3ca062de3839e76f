#include "readers.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

#include "tautrack/data/dataset.hpp"
#include "tautrack/data/svmlight.hpp"
#include "tautrack/explore/memo.hpp"
#include "tautrack/topology/labelled_points.hpp"

#include "io/json.hpp"
#include "io/json_file.hpp"
#include "io/usage_error.hpp"
#include "records/manifest.hpp"
#include "records/record.hpp"
#include "records/targets.hpp"

namespace tautrack::fuzz {
namespace {

void require(bool promise, const char* what) {
  if (promise) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

/// A file with this text, gone at the end.
class File {
 public:
  explicit File(std::string_view text)
      : path_("/tmp/tautrack-fuzz-" + std::to_string(::getpid()) + ".txt") {
    std::ofstream(path_, std::ios::binary) << text;
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { std::remove(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

namespace {

/// What the first bytes of a text ask for, or nothing asked where it has none.
class Wishes {
 public:
  explicit Wishes(std::string_view bytes) : bytes_(bytes) {}

  /// The next number under the bound.
  std::size_t below(std::size_t bound) {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte % bound;
  }

 private:
  std::string_view bytes_;
};

/// The names of columns that the corpus has, or one that is not there.
std::vector<std::string> some_columns(Wishes& wishes) {
  constexpr std::array names{"a", "b", "y", "w", "a,b", "(bias)"};
  std::vector<std::string> columns;
  for (std::size_t count = wishes.below(8); count > 5; --count)
    columns.emplace_back(names[wishes.below(names.size())]);
  return columns;
}

TableOptions table_options(Wishes& wishes) {
  TableOptions options;
  constexpr std::array separators{Separator::comma, Separator::semicolon, Separator::tab,
                                  Separator::blanks};
  if (const std::size_t wish = wishes.below(8); wish > 3) options.separator = separators[wish - 4];
  if (const std::size_t wish = wishes.below(4); wish > 1)
    options.decimal = wish == 2 ? DecimalSign::point : DecimalSign::comma;
  if (wishes.below(2) == 1) options.missing = MissingCells::drop;
  options.columns = some_columns(wishes);
  options.ignore = some_columns(wishes);
  return options;
}

void points(std::string_view text, const TableOptions& options) {
  try {
    const LabelledPoints data = parse_points(text, "data.csv", 2, "", options);
    require(data.points.rows() >= 1 && data.points.cols() == 2, "points have coordinates");
    require(data.points.allFinite(), "points are finite");
    require(data.labels.empty() ||
                data.label_of_row.size() == static_cast<std::size_t>(data.points.rows()),
            "each point has a label, or none");
    require(data.table.targets.size() == 1, "a table of points has a target");
  } catch (const DataError& error) {
    require(std::string_view(error.what()).starts_with("data.csv"), "an error names the file");
  }
}

}  // namespace

/// Between two bytes 0x80 at the beginning, which no table has there, stand the options.
void csv(std::string_view text) {
  DatasetOptions options;
  if (!text.empty() && static_cast<unsigned char>(text.front()) == 0x80U) {
    text.remove_prefix(1);
    const std::size_t end = std::min(text.find('\x80'), text.size());
    Wishes wishes(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    static_cast<TableOptions&>(options) = table_options(wishes);
    options.bias = wishes.below(2) == 0;
    options.one_hot = some_columns(wishes);
    options.log = some_columns(wishes);
    options.targets = some_columns(wishes);
    options.all_targets = wishes.below(4) == 3;
    if (wishes.below(4) == 3) options.pattern_weights = "w";
  }
  points(text, options);
  for (const bool classes : {false, true}) {
    options.classes = classes;
    try {
      const Dataset data = parse_csv(text, "data.csv", options);
      require(!data.problems.empty(), "a data set has a problem");
      for (const Problem& problem : data.problems) {
        check(problem);
        require(problem.columns == data.problems.front().columns, "problems have the same columns");
      }
      require(data.table && data.table->targets.size() == data.problems.size(),
              "each problem has a target");
      for (const TargetFacts& target : data.table->targets)
        require(target.dropped.count == 0 || options.missing == MissingCells::drop,
                "no row is left out unasked");
    } catch (const DataError& error) {
      const std::string_view sentence = error.what();
      require(sentence.starts_with("data.csv"), "an error names the file");
      require(sentence.find_first_of("\r\n") == std::string_view::npos, "an error is one line");
    }
  }
}

void svmlight(std::string_view text) {
  for (const bool classes : {false, true}) {
    SvmlightOptions options;
    options.classes = classes;
    try {
      const SparseDataset data = parse_svmlight(text, "data.svm", options);
      require(!data.problems.empty(), "a data set has a problem");
      for (const SparseProblem& problem : data.problems) {
        require(problem.y.size() == problem.X->rows(), "a pattern has a target");
        require(problem.y.allFinite(), "targets are finite");
      }
    } catch (const DataError& error) {
      require(std::string_view(error.what()).starts_with("data.svm"), "an error names the file");
    }
  }
}

void manifest(std::string_view text) {
  try {
    const program::Manifest manifest =
        program::Manifest::parse(program::parse_json(text, "manifest.json"), "manifest.json");
    require(!manifest.groups.empty(), "a manifest has tasks");
    for (const program::TaskGroup& group : manifest.groups) {
      const std::uint64_t count = group.combinations();
      require(count > 0, "tasks have combinations");
      for (const std::uint64_t number : {std::uint64_t{0}, count / 2, count - 1})
        require(program::call_of(group, number).arguments.size() <= group.options.size(),
                "a call has an argument an option");
    }
  } catch (const DataError&) {
  } catch (const program::UsageError&) {
  }
}

void record(std::string_view text) {
  const std::optional<program::Record> head = program::from_line(text, program::RecordPart::head);
  const std::optional<program::Record> whole = program::from_line(text);
  require(!whole || head, "a record has a head");
  require(!whole || program::task_of_line(text) == whole->task, "a record has one task");
  require(!program::item_of_line(text) || !whole, "a curve is no task");
  // The other way round: any text may be the label of a record.
  program::Record made;
  made.task = text.size();
  made.label = std::string(text);
  made.reason = std::string(text);
  made.work = {{"steps", 1}};
  std::string line = program::to_line(made);
  require(line.ends_with('\n'), "a record is a line");
  line.pop_back();
  require(line.find('\n') == std::string::npos, "a record is one line");
  const std::optional<program::Record> read = program::from_line(line);
  require(read && read->task == made.task, "a record reads back");
  require(program::from_line(line, program::RecordPart::head)->label == read->label,
          "the head reads back");
  if (!text.empty()) {
    std::string damaged = line;
    damaged[text.size() % damaged.size()] ^= 4;
    require(!program::from_line(damaged), "a damaged record is noticed");
  }
  // And the same of a piece of work, with any bits for numbers.
  WorkItem item;
  item.number = static_cast<long>(text.size());
  item.input = std::hash<std::string_view>{}(text);
  WorkOutcome outcome;
  outcome.text = std::string(text);
  for (std::string_view rest = text; rest.size() >= sizeof(double);
       rest.remove_prefix(sizeof(double)))
    std::memcpy(&outcome.numbers.emplace_back(), rest.data(), sizeof(double));
  line = program::to_line(item, outcome);
  require(line.find('\n') == line.size() - 1, "a piece of work is one line");
  line.pop_back();
  const std::optional<WorkItem> item_read = program::item_of_line(line);
  const std::optional<WorkOutcome> outcome_read = program::outcome_of_line(line);
  require(item_read && outcome_read, "a piece of work reads back");
  require(item_read->number == item.number && item_read->input == item.input, "it is the same one");
  require(std::equal(outcome.numbers.begin(), outcome.numbers.end(), outcome_read->numbers.begin(),
                     outcome_read->numbers.end(),
                     [](double a, double b) {
                       return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
                     }),
          "its numbers keep their bits");
  line[text.size() % line.size()] ^= 4;
  require(!program::item_of_line(line) && !program::outcome_of_line(line),
          "a damaged one is noticed");
}

void targets(std::string_view text) {
  const File file(text);
  try {
    const program::TargetsFile targets(file.path(), 3);
    program::TargetsFile::Reader reader(targets);
    require(targets.rows() > 0, "a file of targets has rows");
    for (const std::uint64_t row : {targets.rows() - 1, std::uint64_t{0}, targets.rows() / 2})
      require(reader.read(row).allFinite(), "targets are finite");
  } catch (const DataError& error) {
    require(std::string_view(error.what()).find(file.path()) != std::string_view::npos,
            "an error names the file");
  }
}

}  // namespace tautrack::fuzz
