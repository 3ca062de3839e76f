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

TEST_CASE("a suggestion is a question, or nothing") {
  CHECK(suggestion("rigde", {"ridge"}) == "; did you mean 'ridge'?");
  CHECK(suggestion("wander", {"ridge"}).empty());
}
