#pragma once

#include <stdexcept>

namespace tautrack {

/// Unusable input. what() is one sentence that names file, line, column and the rule that is
/// broken, as far as they apply.
class DataError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace tautrack
