#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <sys/types.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/exponential_minima.hpp"
#include "support/program.hpp"
#include "support/slow_build.hpp"

namespace {

using namespace tautrack::support;

constexpr const char* inputs_csv =
    "x1,x2,x3,y\n2.576,2.899,0.133,0\n-1.529,-2.184,0.063,0\n-2.044,-2.874,0.399,0\n"
    "0.267,1.093,-1.828,0\n0.01,-0.129,-3.012,0\n1.076,0.641,4.778,0\n0.406,-0.289,2.466,0\n"
    "0.398,1.818,-0.731,0\n";

constexpr const char* targets_json =
    R"({"tasks":[{"command":"track","data":"inputs.csv","targets":"targets.csv","no-bias":true}]})";

/// So many targets for the inputs; some paths fold.
std::string targets_csv(int rows) {
  std::mt19937 random(7);
  std::string text = "p1,p2,p3,p4,p5,p6,p7,p8\n";
  for (int row = 0; row < rows; ++row)
    for (int i = 0; i < 8; ++i)
      text += std::to_string((static_cast<int>(random() % 1901U) - 950) / 1000.0) +
              (i == 7 ? "\n" : ",");
  return text;
}

/// A folder with a manifest of two data sets, options that multiply and a solve.
void write_manifest(const Scratch& scratch) {
  scratch.write("folds.csv", two_folds_csv);
  scratch.write("infinite.csv", infinite_csv);
  scratch.write("m.json", R"({"tasks": [
    {"command": "track", "data": ["folds.csv", "infinite.csv"], "no-bias": true, "ridge": [0, 0.5]},
    {"command": "solve", "data": "folds.csv", "no-bias": true, "seed": {"from": 3, "to": 4},
     "no-exhaustive": true, "name": "seeds"}]})");
}

std::vector<Json> records(const Scratch& scratch, const std::string& folder) {
  REQUIRE(scratch.run("report " + folder + " --records all.jsonl").status != 2);
  std::vector<Json> all;
  for (const std::string& line : lines(contents(scratch / "all.jsonl")))
    all.push_back(Json::parse(line));
  return all;
}

/// All that a report says, which no interruption may change.
std::string whole_report(const Scratch& scratch, const std::string& folder) {
  const Run run = scratch.run("report " + folder + " --records r --json j --csv c");
  const std::string text = run.output.substr(run.output.find('\n'));  // Not the name of the folder.
  return std::to_string(run.status) + text + contents(scratch / "r") + contents(scratch / "j") +
         contents(scratch / "c");
}

/// A program, by its path, in the background; standard output and error are left alone.
pid_t start(const Scratch& scratch, const std::string& program,
            const std::vector<std::string>& arguments) {
  const std::string folder = (scratch / "").string();
  const pid_t child = ::fork();
  if (child == 0) {
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, 1);
    ::dup2(nowhere, 2);
    std::vector<char*> words{const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments)
      words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    if (::chdir(folder.c_str()) == 0) ::execv(program.c_str(), words.data());
    ::_exit(127);
  }
  REQUIRE(child > 0);
  return child;
}

/// tautrack in the background.
pid_t start(const Scratch& scratch, const std::vector<std::string>& arguments) {
  return start(scratch, TAUTRACK_PROGRAM, arguments);
}

/// Ends a process with a signal. Returns what waitpid() says of its end.
int end(pid_t child, int signal) {
  ::kill(child, signal);
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

/// Returns when the file has as many lines, when the process that writes it is at its end, or after a
/// minute.
void wait_for_lines(const filesystem::path& file, std::size_t count, pid_t child) {
  for (int i = 0; i < 60000 && lines(contents(file)).size() < count; ++i) {
    siginfo_t ended{};
    if (::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        ended.si_pid != 0)
      return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// A search that takes a while: 81 stationary points.
void write_many_points(const Scratch& scratch, const std::string& name) {
  const tautrack::Problem problem = exponential_minima(4, 2, 3);
  std::ofstream file(scratch / name);
  file.precision(17);
  file << "x1,x2,x3,x4,y\n";
  for (tautrack::Index i = 0; i < problem.X.rows(); ++i) {
    for (const double x : problem.X.row(i)) file << x << ',';
    file << problem.y(i) << '\n';
  }
}

/// The files of a run with curves of tasks that are not finished.
std::vector<filesystem::path> curve_files(const Scratch& scratch, const std::string& folder) {
  std::vector<filesystem::path> files;
  std::error_code none_yet;
  for (const auto& entry : filesystem::directory_iterator(scratch / folder, none_yet))
    if (entry.path().filename().string().starts_with("curves-")) files.push_back(entry.path());
  return files;
}

}  // namespace

TEST_CASE("help of batch, resume and report fits the page and says what the exit status means") {
  const Scratch scratch;
  for (const char* command : {"batch", "resume", "report"}) {
    const Run run = scratch.run(std::string(command) +
                                (command == std::string_view("batch") ? " --help-all" : " --help"));
    CHECK(run.status == 0);
    CHECK(run.output.find("xit status") != std::string::npos);
    check_says(run.output, {"--json", "--csv", "--records"});
    check_page(run.output);
    CHECK(scratch.run("--help").output.find("\n  " + std::string(command)) != std::string::npos);
  }
}

TEST_CASE("a batch multiplies options, names its tasks and records what track and solve say") {
  const Scratch scratch;
  write_manifest(scratch);
  const Run run = scratch.run("batch m.json --run night --csv night.csv --quiet");
  CHECK(run.status == 1);  // One of the problems has infinite weights.
  CHECK(run.errors.empty());
  check_says(run.output, {"6: 6 done, 0 left", "infinite_weights", "most work", "audit"});
  check_page(run.output);

  const std::vector<Json> all = records(scratch, "night");
  REQUIRE(all.size() == 6);
  const std::vector<std::string> labels{"folds.csv ridge=0/y",      "folds.csv ridge=0.5/y",
                                        "infinite.csv ridge=0/y",   "infinite.csv ridge=0.5/y",
                                        "seeds folds.csv seed=3/y", "seeds folds.csv seed=4/y"};
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].at("task") == i);
    CHECK(all[i].at("label") == labels[i]);
    CHECK_FALSE(all[i].contains("seconds"));
    CHECK_FALSE(all[i].contains("checksum"));
  }
  CHECK(all[0].at("status") == "reached_target");
  CHECK(all[0].at("audit") == "confirmed");
  CHECK(all[0].at("result").at("path").at("folds").size() == 2);
  CHECK(all[2].at("status") == "infinite_weights");
  CHECK(all[2].at("solved") == false);
  CHECK_FALSE(all[2].at("reason").get<std::string>().empty());

  // The same numbers as those of the subcommands.
  const Json track = Json::parse(scratch.run("track folds.csv --no-bias --json -").output);
  CHECK(all[0].at("result").at("end") == track.at("problems")[0].at("end"));
  const Json solve = Json::parse(
      scratch.run("solve folds.csv --no-bias --seed 3 --no-exhaustive --json -").output);
  CHECK(all[4].at("result").at("stationary_points") ==
        solve.at("problems")[0].at("stationary_points"));
  CHECK(all[4].at("result").at("unique") == solve.at("problems")[0].at("unique"));

  const std::vector<std::string> rows = lines(contents(scratch / "night.csv"));
  REQUIRE(rows.size() == 7);
  CHECK(fields(rows[0])[1] == "label");
  CHECK(fields(rows[1])[1] == labels[0]);
  CHECK(std::stod(fields(rows[1])[4]) == all[0].at("result").at("end").at("energy"));

  // A second call finds everything done, and a report is the same.
  CHECK(scratch.run("batch m.json --run night --quiet").output == run.output);
  CHECK(scratch.run("resume night --quiet").output == run.output);
  CHECK(scratch.run("report night").output == run.output);
  CHECK(scratch.run("report night").status == 1);
}

TEST_CASE("points of paths are kept on request, else only what a path can be taken up from") {
  const Scratch scratch;
  scratch.write("folds.csv", two_folds_csv);
  scratch.write(
      "all.json",
      R"({"points":true,"tasks":[{"command":"track","data":"folds.csv","no-bias":true}]})");
  scratch.write("end.json", R"({"tasks":[{"command":"track","data":"folds.csv","no-bias":true,
                 "max-steps":3}]})");
  CHECK(scratch.run("batch all.json --run all --quiet").status == 0);
  CHECK(scratch.run("batch end.json --run end --quiet").status == 1);
  const Json all = records(scratch, "all").at(0).at("result");
  CHECK(all.at("path").at("points").size() > 5);
  CHECK(all.contains("data"));
  const Json end = records(scratch, "end").at(0);
  CHECK(end.at("status") == "max_steps_reached");
  CHECK(end.at("result").at("path").at("points").size() == 1);
  CHECK(end.at("result").at("path").at("points_left_out") > 0);
}

TEST_CASE("a file of targets gives the paths of data with those targets") {
  const Scratch scratch;
  scratch.write("inputs.csv", inputs_csv);
  scratch.write("targets.csv", targets_csv(600));
  scratch.write("m.json", targets_json);
  std::string with_points = targets_json;
  with_points.insert(1, R"("points":true,)");
  scratch.write("points.json", with_points);
  CHECK(scratch.run("batch m.json --run r --quiet --threads 2").status == 0);
  CHECK(scratch.run("batch points.json --run whole --quiet").status == 0);
  const std::vector<Json> all = records(scratch, "r"), whole = records(scratch, "whole");
  REQUIRE(all.size() == 600);
  REQUIRE(whole.size() == 600);
  const std::vector<std::string> rows = lines(contents(scratch / "targets.csv"));
  const std::vector<std::string> inputs = lines(inputs_csv);
  for (const std::size_t task : {0U, 255U, 256U, 599U}) {
    const std::vector<std::string> target = fields(rows[task + 1]);
    std::string csv = inputs[0] + "\n";
    for (std::size_t i = 0; i < 8; ++i)
      csv += inputs[i + 1].substr(0, inputs[i + 1].rfind(',')) + "," + target[i] + "\n";
    scratch.write("one.csv", csv);
    const Json one = Json::parse(scratch.run("track one.csv --no-bias --json -").output);
    CHECK(all[task].at("label") == "inputs.csv targets.csv:" + std::to_string(task + 1));
    const Json& end = one.at("problems")[0].at("end");
    CHECK(whole[task].at("result").at("end") == end);
    // Without points on the way paths that do not fold take fewer steps.
    const Json& found = all[task].at("result").at("end");
    CHECK(found.at("morse_index") == end.at("morse_index"));
    CHECK(found.at("status") == end.at("status"));
    for (std::size_t j = 0; j < 3; ++j)
      CHECK(std::abs(found.at("weights")[j].get<double>() - end.at("weights")[j].get<double>()) <=
            1e-12);
  }
}

TEST_CASE("neither threads nor kills change a byte of what a run comes to") {
  const Scratch scratch;
  scratch.write("inputs.csv", inputs_csv);
  constexpr int tasks = kSlowBuild ? 400 : 3000;
  scratch.write("targets.csv", targets_csv(tasks));
  scratch.write("m.json", targets_json);
  CHECK(scratch.run("batch m.json --run whole --quiet").status == 0);
  const std::string expected = whole_report(scratch, "whole");
  CHECK(scratch.run("batch m.json --run three --threads 3 --quiet").status == 0);
  CHECK(whole_report(scratch, "three") == expected);

  std::mt19937 random(11);
  int kills = 0;
  for (int attempt = 0; attempt < 40 && kills < 8; ++attempt) {
    const pid_t child = start(scratch, {"batch", "m.json", "--run", "killed", "--threads", "2"});
    std::this_thread::sleep_for(std::chrono::milliseconds(1 + random() % 40U));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    kills += WIFSIGNALED(status) ? 1 : 0;
  }
  CHECK(kills > 0);
  CHECK(scratch.run("batch m.json --run killed --quiet").status == 0);
  CHECK(whole_report(scratch, "killed") == expected);
  // No task has been done twice.
  CHECK(lines(contents(scratch / "killed/records-0.jsonl")).size() == tasks);
}

TEST_CASE("a record that was cut anywhere is redone, a damaged one is told and redone") {
  const Scratch scratch;
  write_manifest(scratch);
  REQUIRE(scratch.run("batch m.json --run night --quiet").status == 1);
  const std::string expected = whole_report(scratch, "night");
  const filesystem::path file = scratch / "night/records-0.jsonl";
  const std::string sound = contents(file);
  const std::size_t last = sound.rfind('\n', sound.size() - 2) + 1;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, last - 1, last, last + 1,
                                 last + 100, sound.size() - 2, sound.size() - 1}) {
    CAPTURE(size);
    scratch.write("night/records-0.jsonl", sound.substr(0, size));
    CHECK(scratch.run("resume night --quiet").status == 1);
    CHECK(whole_report(scratch, "night") == expected);
  }
  std::string damaged = sound;
  damaged[last / 2] ^= 1;
  scratch.write("night/records-0.jsonl", damaged);
  const Run report = scratch.run("report night");
  CHECK(report.output.find("6: 5 done, 1 left") != std::string::npos);
  CHECK(report.output.find("damaged") != std::string::npos);
  CHECK(report.output.find("tautrack resume night") != std::string::npos);
  CHECK(scratch.run("resume night --quiet").status == 1);
  REQUIRE(scratch.run("report night --records r").status == 1);
  REQUIRE(scratch.run("report night").output.find("6: 6 done") != std::string::npos);
  CHECK(expected.find(contents(scratch / "r")) != std::string::npos);
}

TEST_CASE("a record that cannot be written ends the run, and what is written stays sound") {
  const Scratch scratch;
  scratch.write("inputs.csv", inputs_csv);
  scratch.write("targets.csv", targets_csv(1000));
  scratch.write("m.json", targets_json);
  CHECK(scratch.run("batch m.json --run whole --quiet").status == 0);
  const std::string expected = whole_report(scratch, "whole");
  // A limit on the size of files, in units of 1024 bytes in every shell.
  const Run run = scratch.run("batch m.json --run full --quiet", "", "ulimit -f 200 &&");
  CHECK(run.status == 1);
  CHECK(run.output.empty());
  CHECK(run.errors.find("cannot write 'full/records-0.jsonl'") != std::string::npos);
  CHECK(run.errors.find("tautrack resume full") != std::string::npos);
  const Run report = scratch.run("report full");
  CHECK(report.status == 1);
  CHECK(report.output.find("damaged") == std::string::npos);
  CHECK(report.output.find("1000: 0 done") == std::string::npos);
  CHECK(scratch.run("resume full --quiet").status == 0);
  CHECK(whole_report(scratch, "full") == expected);
}

TEST_CASE("SIGTERM and SIGINT finish the record and show in the exit status") {
  const Scratch scratch;
  scratch.write("inputs.csv", inputs_csv);
  scratch.write("targets.csv", targets_csv(100000));
  scratch.write("m.json", targets_json);
  for (const int signal : {SIGTERM, SIGINT}) {
    const std::string folder = "signal" + std::to_string(signal);
    const pid_t child = start(scratch, {"batch", "m.json", "--run", folder, "--quiet"});
    // The run is at work when the first records are there.
    const filesystem::path file = scratch / (folder + "/records-0.jsonl");
    std::error_code none_yet;
    for (int i = 0; i < 6000 && !(filesystem::file_size(file, none_yet) > 0 && !none_yet); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(scratch.run("report " + folder).output.find("a process is working on it") !=
          std::string::npos);
    check_refused(scratch.run("resume " + folder), "another process is working on this run");
    ::kill(child, signal);
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 128 + signal);
    const std::string text = contents(file);
    CHECK(text.ends_with("}\n"));
    const Run report = scratch.run("report " + folder);
    CHECK(report.status == 1);
    CHECK(report.output.find("damaged") == std::string::npos);
    CHECK(report.output.find("interrupted; go on: tautrack resume " + folder) != std::string::npos);
  }
}

TEST_CASE("a folder made from other inputs, options or by another version is refused") {
  const Scratch scratch;
  write_manifest(scratch);
  REQUIRE(scratch.run("batch m.json --run night --quiet").status == 1);
  const std::string record = contents(scratch / "night/records-0.jsonl");

  scratch.write("folds.csv", std::string(two_folds_csv) + "7,0.5\n");
  check_refused(scratch.run("batch m.json --run night"), "input 'folds.csv' had other contents");
  check_refused(scratch.run("resume night"), "input 'folds.csv' had other contents");
  scratch.write("folds.csv", two_folds_csv);
  scratch.write("other.json", R"({"tasks":[{"command":"track","data":"folds.csv"}]})");
  check_refused(scratch.run("batch other.json --run night"), "it holds another run");
  check_refused(scratch.run("track folds.csv --run night"), "it holds another run");

  const std::string description = contents(scratch / "night/run.json");
  std::string other = description;
  other.replace(other.find("\"tautrack\": \"") + 13, 1, "9");
  scratch.write("night/run.json", other);
  check_refused(scratch.run("resume night"), "this run was made by tautrack 9");
  check_refused(scratch.run("report night"), "this run was made by tautrack 9");
  for (const char* broken : {"", "{", "[]", "{}", R"({"tautrack":"0.1.0","format":1})"}) {
    scratch.write("night/run.json", broken);
    check_refused(scratch.run("resume night"), "'night': its run.json is");
  }
  scratch.write("night/run.json", description);
  CHECK(contents(scratch / "night/records-0.jsonl") == record);
  CHECK(scratch.run("resume night --quiet").status == 1);

  filesystem::create_directory(scratch / "mine");
  scratch.write("mine/letter.txt", "Dear");
  check_refused(scratch.run("batch m.json --run mine"), "must be a new or an empty one");
  CHECK(contents(scratch / "mine/letter.txt") == "Dear");
  check_refused(scratch.run("report mine"), "there is no run");
  check_refused(scratch.run("report nowhere"), "there is no run");
  check_refused(scratch.run("batch m.json --run folds.csv"), "'folds.csv'");
}

TEST_CASE("what is wrong with a manifest is said with its place, and nothing is written") {
  const Scratch scratch;
  scratch.write("folds.csv", two_folds_csv);
  scratch.write("broken.csv", "x,y\n1,oops\n2,3\n");
  scratch.write("inputs.csv", inputs_csv);
  scratch.write("short.csv", "p1,p2\n1,2\n");
  scratch.write("text.csv", "a,b,c,d,e,f,g,h\n1,2,3,4,5,6,7,8\n1,2,3,4,nan,6,7,8\n");
  scratch.write("many.csv", "a,b,c,d,e,f,g,h\n1,2,3,4,5,6,7,8,9\n");
  scratch.write("few.csv", "a,b,c,d,e,f,g,h\n1,2,3\n");
  scratch.write("none.csv", "a,b,c,d,e,f,g,h\n");
  scratch.write("gap.csv", "a,b,c,d,e,f,g,h\n1,2,3,4,5,6,7,8\n\n1,2,3,4,5,6,7,8\n");
  const auto targets = [](const char* file) {
    return std::string(R"({"tasks":[{"command":"track","data":"inputs.csv","targets":")") + file +
           "\"}]}";
  };
  const struct {
    std::string text;
    const char* part;
  } cases[] = {
      {"", "m.json:1: column 1: this is not JSON"},
      {"{\n \"tasks\": [\n  {]\n}", "m.json:3: column 4: this is not JSON"},
      {"[]", "a manifest is an object"},
      {"{}", "a member 'tasks' is needed"},
      {R"({"tasks":[]})", "tasks: a list of tasks is needed"},
      {R"({"tasks":[3]})", "tasks[0]: an object is needed"},
      {R"({"tasks":[{"data":"folds.csv"}]})", "tasks[0]: a member 'command' is needed"},
      {R"({"tasks":[{"command":"figures"}]})", "'figures' is neither track nor solve"},
      {R"({"tasks":[{"command":"track","tasks":1}]})", "there is no option 'tasks' of track"},
      {R"({"tasks":[{"command":"track"},{"command":"solve","name":"b","data":"folds.csv","sede":1}]})",
       "m.json: tasks[1] (b folds.csv): there is no option 'sede' of solve; did you mean 'seed'?"},
      {R"({"tasks":[{"command":"track","--ridge":1}]})",
       "m.json: tasks[0] (iris): there is no option '--ridge' of track; did you mean 'ridge'?"},
      {R"({"tasks":[{"command":"track","activaton":"tanh"}]})", "did you mean 'activation'?"},
      {R"({"tasks":[{"command":"track","date":"folds.csv"}]})", "did you mean 'data'?"},
      {R"({"tasks":[{"comand":"track"}]})",
       "'command' is needed: track or solve; is it called 'comand'?"},
      {R"({"tasks":[{"command":"track","--threads":2}]})", "--threads belongs to the command line"},
      {R"({"tasks":[{"command":"track","ridge":-1}]})", "m.json: tasks[0] (iris): --ridge"},
      {R"({"tasks":[{"command":"track","ridge":[0,-1]}]})", "m.json: tasks[0] (iris): --ridge"},
      {R"({"tasks":[{"command":"track","ridge":[]}]})", "tasks[0].ridge: the list is empty"},
      {R"({"tasks":[{"command":"track","ridge":[1,1]}]})", "names a value twice"},
      {R"({"tasks":[{"command":"track","ridge":null}]})", "tasks[0].ridge: a text, a number"},
      {R"({"tasks":[{"command":"track","json":"x"}]})", "--json belongs to the command line"},
      {R"({"tasks":[{"command":"track","threads":2}]})", "--threads belongs to the command line"},
      {R"({"tasks":[{"command":"solve","seed":{"from":2,"to":1}}]})", "the range from 2 to 1"},
      {R"({"tasks":[{"command":"solve","seed":{"from":0,"to":1e9}}]})", "a whole number 'to'"},
      {R"({"tasks":[{"command":"solve","seed":{"from":0,"to":1000000000}}]})", "at most 10000000"},
      {R"({"tasks":[{"command":"solve","seed":{"by":1}}]})",
       "there is no member 'by': a range has 'from' and 'to'"},
      {R"({"tasks":[{"command":"track","ridge":1,"ridge":2}]})", "the member 'ridge' twice"},
      {R"({"tasks":[{"command":"track"}],"threads":2})", "threads: there is no such member"},
      {R"({"tasks":[{"command":"track"}],"points":1})", "points: true or false"},
      {R"({"tasks":[{"command":"track"},{"command":"track"}]})", "give it a 'name'"},
      {R"({"tasks":[{"command":"track","data":"nowhere.csv"}]})", "nowhere.csv"},
      {R"({"tasks":[{"command":"track","data":"broken.csv"}]})", "broken.csv:2: column 'y'"},
      {targets("short.csv"), "short.csv:1: 2 columns for 8 patterns"},
      {targets("text.csv"), "text.csv:3: column 'e': 'nan' is not a finite number"},
      {targets("many.csv"), "many.csv:2: more than 8 fields"},
      {targets("few.csv"), "few.csv:2: 3 fields instead of 8"},
      {targets("none.csv"), "none.csv: there is no target"},
      {targets("gap.csv"), "gap.csv:3: the line is empty"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.text);
    scratch.write("m.json", one.text);
    check_refused(scratch.run("batch m.json --run night"), one.part);
    CHECK_FALSE(filesystem::exists(scratch / "night"));
  }
  check_refused(scratch.run("batch nowhere.json --run night"),
                "nowhere.json: the file cannot be opened");
  check_refused(scratch.run("batch m.json"), "--run");
  check_refused(scratch.run("batch --run night"), "MANIFEST");
}

TEST_CASE("data that cannot be used are tasks that fail, or refused with --strict") {
  const Scratch scratch;
  scratch.write("folds.csv", two_folds_csv);
  scratch.write("broken.csv", "x,y\n1,oops,2\n2,3\n");
  scratch.write("inputs.csv", inputs_csv);
  scratch.write("targets.csv", targets_csv(2));
  scratch.write("short.csv", "p1,p2\n1,2\n");
  scratch.write("m.json", R"({"tasks": [
    {"command": "track", "data": ["broken.csv", "folds.csv", "nowhere.csv"], "no-bias": true,
     "ridge": [0, 0.5]},
    {"command": "solve", "data": "broken.csv", "name": "all"},
    {"command": "track", "data": "inputs.csv", "targets": "short.csv", "no-bias": true},
    {"command": "track", "data": "inputs.csv", "targets": "targets.csv", "no-bias": true}]})");
  check_refused(scratch.run("batch m.json --run night --strict"), "nowhere.csv");
  CHECK_FALSE(filesystem::exists(scratch / "night"));
  const Run run = scratch.run("batch m.json --run night --json summary.json --csv rows.csv");
  CHECK(run.status == 1);
  CHECK(run.errors.find("the data of 6 of 10 tasks cannot be used") != std::string::npos);
  check_says(run.output, {"10: 10 done, 0 left", "unusable", "nowhere.csv"});
  check_page(run.output);
  const std::vector<Json> all = records(scratch, "night");
  REQUIRE(all.size() == 10);
  const std::vector<std::string> labels{"broken.csv ridge=0",       "broken.csv ridge=0.5",
                                        "folds.csv ridge=0/y",      "folds.csv ridge=0.5/y",
                                        "nowhere.csv ridge=0",      "nowhere.csv ridge=0.5",
                                        "all broken.csv",           "inputs.csv short.csv",
                                        "inputs.csv targets.csv:1", "inputs.csv targets.csv:2"};
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].at("label") == labels[i]);
    const bool is_usable = i == 2 || i == 3 || i >= 8;
    CHECK(all[i].at("solved") == is_usable);
    CHECK((all[i].at("status") == "unusable") == !is_usable);
    CHECK(all[i].at("reason").get<std::string>().empty() == is_usable);
  }
  CHECK(all[0].at("reason").get<std::string>().find("broken.csv:2") != std::string::npos);
  const Json summary = Json::parse(contents(scratch / "summary.json"));
  CHECK(summary.at("statuses").at("unusable") == 6);
  CHECK(summary.at("inputs").at("nowhere.csv") == "unreadable");
  CHECK(lines(contents(scratch / "rows.csv")).size() == 11);
  // Nothing is left to do, whatever is asked; other contents are another run.
  CHECK(scratch.run("resume night --quiet").output == run.output);
  CHECK(scratch.run("batch m.json --run night --quiet").output == run.output);
  scratch.write("nowhere.csv", two_folds_csv);
  check_refused(scratch.run("resume night --quiet"), "input 'nowhere.csv' had other contents");
}

TEST_CASE("a report counts minima, saddles and maxima apart") {
  const Scratch scratch;
  scratch.write("folds.csv", two_folds_csv);
  scratch.write("maximum.csv", maximum_csv);
  scratch.write("saddle.csv", saddle_csv);
  scratch.write("m.json", R"({"tasks": [
    {"command": "track", "data": ["folds.csv", "maximum.csv", "saddle.csv"], "no-bias": true},
    {"command": "solve", "data": "maximum.csv", "no-bias": true, "name": "all"}]})");
  const Run run = scratch.run("batch m.json --run ends --quiet --json summary.json --csv rows.csv");
  CHECK(run.status == 0);
  check_page(run.output);
  check_says(on_one_line(run.output),
             {"1 minimum, 1 saddle, 1 maximum; saddles and maxima are no fits, minima may not be "
              "the best: tautrack solve tells"});
  const Json ends = Json::parse(contents(scratch / "summary.json")).at("ends");
  CHECK(ends == Json({{"minima", 1}, {"saddles", 1}, {"maxima", 1}, {"others", 0}}));
  const std::vector<std::string> rows = lines(contents(scratch / "rows.csv"));
  REQUIRE(rows.size() == 5);
  CHECK(rows[0].ends_with(",reason,kind,saddles,maxima"));
  CHECK(rows[1].ends_with(",minimum,,"));
  CHECK(rows[2].ends_with(",maximum,,"));
  CHECK(rows[3].ends_with(",saddle,,"));
  CHECK(rows[4].ends_with(",minimum,2,1"));
  CHECK(records(scratch, "ends")[2].at("kind") == "saddle");
}

TEST_CASE("track and solve keep a run, and their JSON is that of a call without one") {
  const Scratch scratch;
  for (const std::string command :
       {"track --activation logistic",
        "solve --max-curves 20 --seconds 600 --global-nodes 16 --no-certify"}) {
    CAPTURE(command);
    const std::string folder = command.substr(0, 5);
    const Run run = scratch.run(command + " --quiet --threads 2 --json run.json --run " + folder);
    const Run plain = scratch.run(command + " --quiet --json plain.json");
    CHECK(run.status == plain.status);
    CHECK(run.output.find("3: 3 done, 0 left") != std::string::npos);
    Json recorded = without_seconds(contents(scratch / "run.json"));
    for (Json& problem : recorded.at("problems")) problem.erase("audit");  // Of runs alone.
    CHECK(recorded == without_seconds(contents(scratch / "plain.json")));
    check_refused(scratch.run(command + " --csv c.csv --run " + folder), "--csv: not with --run");
    check_refused(scratch.run(command + " --ridge 1 --run " + folder), "it holds another run");
  }
}

TEST_CASE("a search that is killed at any moment goes on with the curves that it has" *
          not_in_slow_builds()) {
  const Scratch scratch;
  write_many_points(scratch, "many.csv");
  const std::vector<std::string> search{"solve", "many.csv",       "--no-bias", "--seconds",
                                        "600",   "--global-nodes", "16",        "--no-exhaustive",
                                        "--run"};
  std::string plain;
  for (const std::string& word : search) plain += word + ' ';
  REQUIRE(scratch.run(plain + "whole --quiet --json whole.json").status == 0);
  const std::string expected = whole_report(scratch, "whole");
  CHECK(curve_files(scratch, "whole").empty());

  std::mt19937 random(5);
  std::vector<std::string> killed = search;
  killed.emplace_back("killed");
  int kills = 0;
  std::size_t recorded = 0;
  std::set<std::string> items;
  for (int attempt = 0; attempt < 12 && kills < 6; ++attempt) {
    const pid_t child = start(scratch, killed);
    wait_for_lines(scratch / "killed/curves-0-0.jsonl", recorded + random() % 40U, child);
    kills += WIFSIGNALED(end(child, SIGKILL)) ? 1 : 0;
    // Nothing that was recorded is lost or done again.
    std::size_t now = 0;
    items.clear();
    for (const filesystem::path& file : curve_files(scratch, "killed"))
      for (const std::string& line : lines(contents(file))) {
        items.insert(line.substr(0, line.find(",\"round\"")));
        ++now;
      }
    CHECK(now >= recorded);
    CHECK(items.size() == now);
    recorded = now;
  }
  CHECK(kills > 0);
  CHECK(recorded > 0);
  CHECK(scratch.run("resume killed --quiet --threads 2").status == 0);
  CHECK((whole_report(scratch, "killed") == expected));
  CHECK(curve_files(scratch, "killed").empty());
  CHECK(scratch.run(plain + "killed --quiet --json killed.json").status == 0);
  CHECK((contents(scratch / "killed.json") == contents(scratch / "whole.json")));
}

TEST_CASE("curves that are cut, damaged or of another search are told and traced again" *
          not_in_slow_builds()) {
  const Scratch scratch;
  write_many_points(scratch, "many.csv");
  const std::string search =
      "solve many.csv --no-bias --seconds 600 --global-nodes 16 --no-exhaustive --quiet --seed 0 "
      "--run ";
  REQUIRE(scratch.run(search + "whole").status == 0);
  const std::string expected = whole_report(scratch, "whole");
  const auto interrupt = [&](const std::string& folder, const std::string& seed) {
    const pid_t child =
        start(scratch, {"solve", "many.csv", "--no-bias", "--seconds", "600", "--global-nodes",
                        "16", "--no-exhaustive", "--quiet", "--seed", seed, "--run", folder});
    wait_for_lines(scratch / (folder + "/curves-0-0.jsonl"), 30, child);
    const int status = end(child, SIGTERM);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == 128 + SIGTERM);
  };
  interrupt("night", "0");
  interrupt("other", "1");
  const std::string sound = contents(scratch / "night/curves-0-0.jsonl");
  REQUIRE(lines(sound).size() >= 30);
  const std::string record = contents(scratch / "night/records-0.jsonl");
  CHECK(record.empty());
  const auto resumed = [&](const std::string& curves) {
    scratch.write("night/records-0.jsonl", "");
    scratch.write("night/curves-0-0.jsonl", curves);
    const Run run = scratch.run("resume night --quiet");
    CHECK(run.status == 0);
    CHECK((whole_report(scratch, "night") == expected));
    CHECK(curve_files(scratch, "night").empty());
    return run.errors;
  };
  CHECK(resumed(sound) == "");
  CHECK(resumed("") == "");
  CHECK(resumed(sound.substr(0, sound.size() - 1)) == "");
  CHECK(resumed(sound.substr(0, sound.size() / 2)) == "");
  std::string damaged = sound;
  damaged[sound.size() / 2] ^= 1;
  CHECK(resumed(damaged) ==
        "tautrack: many.csv/y: 1 recorded curve was damaged or of other inputs, and done again\n");
  CHECK(resumed(contents(scratch / "other/curves-0-0.jsonl"))
            .ends_with("recorded curves were damaged or of other inputs, and done again\n"));

  // A curve that cannot be recorded ends the run; what is there goes on.
  const Run full = scratch.run(search + "full", "", "ulimit -f 20 &&");
  CHECK(full.status == 1);
  CHECK(full.errors.find("cannot write 'full/curves-0-0.jsonl'") != std::string::npos);
  CHECK(full.errors.find("tautrack resume full") != std::string::npos);
  CHECK(lines(contents(scratch / "full/curves-0-0.jsonl")).size() > 1);
  CHECK(scratch.run("resume full --quiet").status == 0);
  CHECK((whole_report(scratch, "full") == expected));
}

#ifdef TAUTRACK_MPIRUN

TEST_CASE("processes share the curves of a search, and one that dies does not lose it" *
          not_in_slow_builds()) {
  const Scratch scratch;
  write_many_points(scratch, "many.csv");
  const std::string search =
      "solve many.csv --no-bias --seconds 600 --global-nodes 16 --no-exhaustive --quiet --run ";
  REQUIRE(scratch.run(search + "whole --json whole.json").status == 0);
  const std::string expected = whole_report(scratch, "whole");
  const auto on = [](int ranks) {
    return "ASAN_OPTIONS=detect_leaks=0 " TAUTRACK_MPIRUN + std::to_string(ranks);
  };
  for (const int ranks : {1, 2, 4}) {
    const std::string folder = "ranks" + std::to_string(ranks);
    const Run run = scratch.run(search + folder + " --json ranks.json", "", on(ranks));
    CAPTURE(run.errors);
    CHECK(run.status == 0);
    CHECK((whole_report(scratch, folder) == expected));
    CHECK((contents(scratch / "ranks.json") == contents(scratch / "whole.json")));
  }
  // One of two processes is killed, which ends the other; then a signal for all.
  const auto begin = [&] {
    return start(scratch, "/bin/sh",
                 {"-c", "exec " TAUTRACK_MPIRUN "2 '" TAUTRACK_PROGRAM "' " + search + "killed"});
  };
  const pid_t launcher = begin();
  const filesystem::path second = scratch / "killed/curves-0-1.jsonl";
  wait_for_lines(second, 10, launcher);
  std::ifstream children("/proc/" + std::to_string(launcher) + "/task/" + std::to_string(launcher) +
                         "/children");
  pid_t child = 0;
  REQUIRE((children >> child && child > 0));
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(launcher, &status, 0);
  CHECK_FALSE((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  const std::size_t recorded = lines(contents(second)).size();
  CHECK(recorded >= 10);
  CHECK(contents(scratch / "killed/records-0.jsonl").empty());
  const pid_t again = begin();
  wait_for_lines(second, recorded + 5, again);
  const int ended = end(again, SIGTERM);
  CHECK_FALSE((WIFEXITED(ended) && WEXITSTATUS(ended) == 0));
  CHECK(scratch.run("resume killed --quiet", "", on(4)).status == 0);
  CHECK((whole_report(scratch, "killed") == expected));
  CHECK(curve_files(scratch, "killed").empty());
}

TEST_CASE("a run is the same on any number of processes, and goes on with another number" *
          not_in_slow_builds()) {
  const Scratch scratch;
  scratch.write("inputs.csv", inputs_csv);
  scratch.write("targets.csv", targets_csv(2000));
  scratch.write("m.json", targets_json);
  CHECK(scratch.run("batch m.json --run whole --quiet").status == 0);
  const std::string expected = whole_report(scratch, "whole");
  // MPI never gives back all of its memory, which a sanitizer would complain about.
  const auto on = [](int ranks) {
    return "ASAN_OPTIONS=detect_leaks=0 " TAUTRACK_MPIRUN + std::to_string(ranks);
  };
  for (const int ranks : {1, 2, 4}) {
    const std::string folder = "ranks" + std::to_string(ranks);
    const Run run = scratch.run("batch m.json --quiet --run " + folder, "", on(ranks));
    CAPTURE(run.errors);
    CHECK(run.status == 0);
    CHECK(run.output.find("2000: 2000 done") != std::string::npos);
    CHECK(whole_report(scratch, folder) == expected);
    std::size_t records = 0;
    for (int rank = 0; rank < ranks; ++rank)
      records += lines(contents(scratch / (folder + "/records-" + std::to_string(rank) + ".jsonl")))
                     .size();
    CHECK(records == 2000);
  }
  // What one process has recorded another number of them goes on with.
  const std::string some = contents(scratch / "ranks4/records-1.jsonl");
  scratch.write("ranks4/records-1.jsonl", some.substr(0, some.size() / 2));
  CHECK(scratch.run("resume ranks4 --quiet", "", on(2)).status == 0);
  CHECK(whole_report(scratch, "ranks4") == expected);

  scratch.write("broken.json", "{}");
  const Run refused = scratch.run("batch broken.json --run none", "", on(2));
  CHECK(refused.status == 2);
  CHECK(refused.errors.find("a member 'tasks' is needed") != std::string::npos);
  CHECK_FALSE(filesystem::exists(scratch / "none"));
}

#endif

TEST_CASE("a recorded path is taken up where it stopped, and recorded points start a search") {
  const Scratch scratch;
  scratch.write("folds.csv", two_folds_csv);
  const Json whole =
      Json::parse(scratch.run("track folds.csv --no-bias --json -").output).at("problems")[0];
  const double energy = whole.at("end").at("energy");
  for (const char* points : {"true", "false"}) {
    for (const int steps : {2, 4, 6}) {
      CAPTURE(points);
      CAPTURE(steps);
      const std::string folder = std::string("short") + points + std::to_string(steps);
      scratch.write("m.json", std::string(R"({"points":)") + points +
                                  R"(,"tasks":[{"command":"track","data":"folds.csv",
                                   "no-bias":true,"max-steps":)" +
                                  std::to_string(steps) + "}]}");
      CHECK(scratch.run("batch m.json --run " + folder + " --quiet").status == 1);
      const Run run =
          scratch.run("track folds.csv --no-bias --json - --from " + folder + ":folds.csv/y");
      if (run.status == 2) {  // Tau falls at the only point that was kept.
        CHECK(std::string(points) == "false");
        check_refused(run, "no point before the end at which tau grows");
        continue;
      }
      const Json rest = Json::parse(run.output).at("problems")[0];
      CHECK(rest.at("end").at("energy").get<double>() == doctest::Approx(energy).epsilon(1e-12));
      CHECK(rest.at("path").at("points")[0].at("tau") > 0.0);
      CHECK(rest.at("path").at("points").size() < whole.at("path").at("points").size());
    }
  }
  // Two columns of two scales: nine points.
  scratch.write("many.csv", "x1,x2,y\n0.5,0,0.45\n10,0,0.55\n0,0.4,0.5\n0,12,0.58\n");
  scratch.write("m.json", R"({"tasks":[{"command":"solve","data":"many.csv","no-bias":true}]})");
  CHECK(scratch.run("batch m.json --run found --quiet").status == 0);
  const Json found = records(scratch, "found").at(0).at("result").at("stationary_points");
  REQUIRE(found.size() == 9);
  const Json again = Json::parse(
      scratch
          .run("solve many.csv --no-bias --max-curves 1 --no-exhaustive --from found:many.csv/y "
               "--json -")
          .output);
  CHECK(again.at("problems")[0].at("stationary_points").size() == found.size());

  check_refused(scratch.run("track folds.csv --from found"), "'found' is not DIR:LABEL");
  check_refused(scratch.run("track folds.csv --no-bias --from found:x"), "no finished task");
  check_refused(scratch.run("track folds.csv --no-bias --from nowhere:x"), "there is no run");
  check_refused(scratch.run("track many.csv --no-bias --from found:many.csv/y"),
                "no point before the end");
  check_refused(scratch.run("solve many.csv --from found:many.csv/y"),
                "the task has 2 weights, the data have 3");
  check_refused(scratch.run("track --from found:many.csv/y"), "must be one problem");
  check_refused(scratch.run("track many.csv --no-bias --audit all --from found:many.csv/y"),
                "for whole paths");
  check_refused(scratch.run("track many.csv --no-bias --run x --from found:many.csv/y"),
                "not with --run");
}

TEST_CASE("tasks that ask for the same path and end elsewhere are told") {
  const Scratch scratch;
  scratch.write("folds.csv", two_folds_csv);
  scratch.write("m.json", R"({"tasks":[{"command":"track","data":"folds.csv","no-bias":true,
      "predictor":["taylor","tangent","davidenko"]}]})");
  const Run same = scratch.run("batch m.json --run same --quiet");
  CAPTURE(same.output);
  CAPTURE(same.errors);
  CHECK(same.status == 0);
  const std::vector<Json> all = records(scratch, "same");
  REQUIRE(all.size() == 3);
  CHECK(all[0].at("problem") == all[1].at("problem"));
  CHECK(all[0].at("problem") == all[2].at("problem"));
}
