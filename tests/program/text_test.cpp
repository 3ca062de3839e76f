#include "io/text.hpp"

#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace tautrack::program;

TEST_CASE("counts have their noun in the right number") {
  CHECK(counted(0, "fold") == "0 folds");
  CHECK(counted(1, "fold") == "1 fold");
  CHECK(counted(2, "box", "boxes") == "2 boxes");
  CHECK(counted_roughly(1.0, "stratum", "strata") == "1 stratum");
  CHECK(counted_roughly(13.0, "stratum", "strata") == "13 strata");
  CHECK(counted_roughly(999999999.0, "stratum", "strata") == "999999999 strata");
  CHECK(counted_roughly(1e9, "stratum", "strata") == "about 1.0e9 strata");
  CHECK(counted_roughly(6.98661858660326e75, "stratum", "strata") == "about 7.0e75 strata");
  CHECK(counted_roughly(9.99e99, "stratum", "strata") == "about 1.0e100 strata");
  CHECK(counted_roughly(std::numeric_limits<double>::infinity(), "stratum", "strata") ==
        "more than 1e308 strata");
}

TEST_CASE("the nearest name is one that may have been meant, or none") {
  const std::vector<std::string> names{"--threads",   "--tau",   "--target",
                                       "--tolerance", "--ridge", "--ridge-standardised",
                                       "--no-bias",   "--csv"};
  CHECK(nearest("--thread", names) == "--threads");
  CHECK(nearest("thraeds", names) == "--threads");
  CHECK(nearest("-threads", names) == "--threads");
  CHECK(nearest("--ridgee", names) == "--ridge");
  CHECK(nearest("--ridge", names) == "--ridge");
  CHECK(nearest("--tol", names) == "--tolerance");
  CHECK(nearest("--No_Bias", names) == "--no-bias");
  CHECK(nearest("--cvs", names) == "--csv");
  for (const char* word : {"", "--", "x", "--wander", "--verbose"}) {
    CAPTURE(word);
    CHECK(nearest(word, names).empty());
  }
  CHECK(nearest(std::string(100000, 'a'), names).empty());
  CHECK(suggestion("rigde", {"ridge"}) == "; did you mean 'ridge'?");
  CHECK(suggestion("wander", {"ridge"}).empty());
}
