// The commands of docs/tutorial.md say what it says that they do.

#include <cstdio>
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

/// With so many digits after the point.
std::string rounded(const Json& number, int digits) {
  char text[64];
  std::snprintf(text, sizeof(text), "%.*f", digits, number.get<double>());
  return text;
}

}  // namespace

TEST_CASE("the tutorial's commands do what it says") {
  const Scratch scratch;
  const std::string data = TAUTRACK_TEST_DATA;
  for (const char* file : {"assay.csv", "psychometric.csv", "inspection.csv"})
    scratch.write(file, contents(filesystem::path(data) / file));
  int commands = 0, excerpts = 0;
  std::string said;
  const std::string tutorial = contents(filesystem::path(data) / "../../docs/tutorial.md");
  for (const std::string& line : lines(tutorial)) {
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
  // Numbers in sentences.
  std::string prose;
  for (const std::string& line : lines(tutorial)) prose += line + ' ';
  const Json fit = Json::parse(contents(scratch / "fit.json")).at("problems")[0].at("fit");
  const auto parameter = [&](const std::string& name) {
    for (const Json& found : fit.at("parameters"))
      if (found.at("name") == name) return found;
    FAIL("no parameter " << name);
    return Json();
  };
  const Json half = parameter("half point, conc"), high = parameter("high");
  for (const std::string& sentence :
       {"the half point (EC50) is " + rounded(half.at("estimate"), 1) + ", between " +
            rounded(half.at("interval")[0], 1) + " and " + rounded(half.at("interval")[1], 1) + ".",
        "estimate -+ t standard errors would have it from " + rounded(high.at("linearised")[0], 2) +
            " to " + rounded(high.at("linearised")[1], 2) + "."}) {
    CAPTURE(sentence);
    CHECK(prose.find(sentence) != std::string::npos);
  }
  CHECK(contents(scratch / "fit.svg").find("<svg") != std::string::npos);
}

}  // namespace tutorial_test
