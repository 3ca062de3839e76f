#pragma once

#include <vector>

#include "tautrack/core/types.hpp"
#include "tautrack/network/hidden_layer.hpp"

namespace tautrack {

/// A symmetry of patterns and targets: inputs change places and signs, outputs their signs, and the same patterns are there.
struct DataSymmetry {
  std::vector<Index> column;  ///< s: column j of the image is ...
  Vector sign;                ///< ... this sign times column[j].
  Vector output_sign;         ///< K
};

/// All of them, the identity first, that leave the penalties as they are: exact, for the doubles of the data. Output signs
/// only where negative outputs are outputs. Of more than five columns with different entries only signs are tried, and of more
/// than twelve nothing.
[[nodiscard]] std::vector<DataSymmetry> data_symmetries(const HiddenLayer& network);

}  // namespace tautrack
