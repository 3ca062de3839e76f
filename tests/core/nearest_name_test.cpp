#include "tautrack/core/nearest_name.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using tautrack::nearest_name;

TEST_CASE("the nearest name is one that may have been meant, or none") {
  const std::vector<std::string> names{"--threads",   "--tau",   "--target",
                                       "--tolerance", "--ridge", "--ridge-standardised",
                                       "--no-bias",   "--csv"};
  CHECK(nearest_name("--thread", names) == "--threads");
  CHECK(nearest_name("thraeds", names) == "--threads");
  CHECK(nearest_name("-threads", names) == "--threads");
  CHECK(nearest_name("--ridgee", names) == "--ridge");
  CHECK(nearest_name("--ridge", names) == "--ridge");
  CHECK(nearest_name("--tol", names) == "--tolerance");
  CHECK(nearest_name("--No_Bias", names) == "--no-bias");
  CHECK(nearest_name("--cvs", names) == "--csv");
  for (const char* word : {"", "--", "x", "--wander", "--verbose"}) {
    CAPTURE(word);
    CHECK(nearest_name(word, names).empty());
  }
  CHECK(nearest_name(std::string(100000, 'a'), names).empty());
}
