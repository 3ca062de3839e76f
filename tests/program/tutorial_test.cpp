// The commands of docs/tutorial.md say what it says that they do.

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/program.hpp"

namespace tutorial_test {

using namespace tautrack::support;

namespace {

/// Blanks that come in rows as one, and none at the ends.
std::string squeezed(const std::string& text) {
  std::string result;
  for (const char letter : text)
    if (letter != ' ' || (!result.empty() && result.back() != ' ')) result += letter;
  while (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

}  // namespace

TEST_CASE("the tutorial's commands do what it says") {
  const Scratch scratch;
  const std::string data = TAUTRACK_TEST_DATA;
  for (const char* file : {"assay.csv", "psychometric.csv", "inspection.csv"})
    scratch.write(file, contents(filesystem::path(data) / file));
  int commands = 0, excerpts = 0;
  std::string said;
  for (const std::string& line :
       lines(contents(filesystem::path(data) / "../../docs/tutorial.md"))) {
    if (!line.starts_with("    ")) continue;
    const std::string text = squeezed(line);
    CAPTURE(text);
    if (text.starts_with("$ printf ")) {
      const std::string command = "cd '" + (scratch / "").string() + "' && " + text.substr(2);
      REQUIRE(std::system(command.c_str()) == 0);
      continue;
    }
    if (text.starts_with("$ tautrack ")) {
      const Run run = scratch.run(text.substr(11));
      CHECK((run.status == 0 || run.status == 1));
      // Infinite weights are no success.
      CHECK((run.status == 1) == (text.ends_with("--level 1")));
      said.clear();
      for (const std::string& one : lines(run.output)) said += squeezed(one) + '\n';
      ++commands;
      continue;
    }
    ++excerpts;
    const bool is_said = said.find(text) != std::string::npos;
    CHECK(is_said);
  }
  CHECK(commands == 6);
  CHECK(excerpts >= 20);
  CHECK(contents(scratch / "fit.svg").find("<svg") != std::string::npos);
}

}  // namespace tutorial_test
