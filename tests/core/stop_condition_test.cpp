#include "tautrack/core/stop_condition.hpp"

#include <cmath>
#include <limits>
#include <stop_token>
#include <string>

#include <doctest/doctest.h>

namespace stop_condition_test {

using namespace tautrack;

TEST_CASE("a stop condition is met by its token, its time or its looks, whichever comes first") {
  const StopCondition never;
  CHECK_FALSE(never.is_met());
  CHECK(std::isinf(never.seconds_left()));
  CHECK_FALSE(never.within(std::numeric_limits<double>::infinity()).is_met());
  CHECK(std::isinf(never.within(1e300).seconds_left()));

  std::stop_source source;
  const StopCondition asked = source.get_token();
  const StopCondition copy = asked.within(1e6);
  CHECK_FALSE(copy.is_met());
  CHECK(copy.seconds_left() <= 1e6);
  source.request_stop();
  CHECK(asked.is_met());
  CHECK(copy.is_met());
  CHECK(copy.is_requested());
  CHECK(std::string(copy.reason()) == "the run was stopped");

  for (const double seconds : {0.0, -1.0, 1e-12}) {
    const StopCondition over = never.within(seconds);
    CHECK(over.seconds_left() <= 1e-12);
    if (seconds > 0.0) continue;  // perhaps not yet
    CHECK(over.is_met());
    CHECK_FALSE(over.is_requested());
    CHECK(std::string(over.reason()) == "the time was used up");
    CHECK(over.within(1e6).is_met());  // never later than before
  }
}

TEST_CASE("looks are counted over all copies") {
  const StopCondition first = StopCondition::after_looks(3);
  const StopCondition second = first.within(1e6);
  CHECK_FALSE(first.is_met());
  CHECK_FALSE(second.is_met());
  CHECK_FALSE(first.is_met());
  CHECK(second.is_met());
  CHECK(first.is_met());
  CHECK_FALSE(first.is_requested());
}

}  // namespace stop_condition_test
