#pragma once

#include <doctest/doctest.h>

#include "tautrack/certify/certificate.hpp"

namespace tautrack::support {

/// For a test of what is proven: not in builds of the library without ball arithmetic.
inline doctest::skip needs_flint() { return doctest::skip(!Certifier::available()); }

}  // namespace tautrack::support
