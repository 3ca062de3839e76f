#include "tautrack/parts.hpp"

#include "tautrack/certify/certificate.hpp"
#include "tautrack/topology/persistent_homology.hpp"

namespace tautrack {
namespace {

#ifdef TAUTRACK_WITH_TBB
constexpr bool has_tbb = true;
#else
constexpr bool has_tbb = false;
#endif
#ifdef TAUTRACK_WITH_CLP
constexpr bool has_clp = true;
#else
constexpr bool has_clp = false;
#endif

}  // namespace

std::array<Part, 4> parts() noexcept {
  return {{{"oneTBB", has_tbb, "no threads within a pass over large data"},
           {"FLINT/Arb", Certifier::available(), "nothing is certified"},
           {"Clp", has_clp, "limits at infinity that take a linear programme stay undecided"},
           {"GUDHI", has_persistent_homology(), "no Betti numbers"}}};
}

}  // namespace tautrack
