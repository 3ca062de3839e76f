#pragma once

#include <nlohmann/json_fwd.hpp>

namespace tautrack::program {

using Json = nlohmann::ordered_json;

}  // namespace tautrack::program
