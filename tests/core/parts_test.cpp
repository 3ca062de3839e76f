#include "tautrack/parts.hpp"

#include <doctest/doctest.h>

#include "tautrack/certify/certificate.hpp"
#include "tautrack/topology/persistent_homology.hpp"

namespace {

TEST_CASE("each part that may be missing says what is missing then") {
  for (const tautrack::Part& part : tautrack::parts()) {
    CAPTURE(part.name);
    CHECK(!part.name.empty());
    CHECK(!part.without.empty());
    if (part.name == "FLINT/Arb") CHECK(part.built_in == tautrack::Certifier::available());
    if (part.name == "GUDHI") CHECK(part.built_in == tautrack::has_persistent_homology());
  }
}

}  // namespace
