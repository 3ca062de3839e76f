#include "network/row_split.hpp"

#include <array>
#include <optional>
#include <stdexcept>
#include <string>

#include "kernels/kernels.hpp"

namespace tautrack {

namespace {

/// Where the kernels stand among those that this processor has.
int number_of_kernels() {
  int number = 0;
  while (kernels::available()[number] != nullptr &&
         kernels::available()[number] != &kernels::active())
    ++number;
  return number;
}

/// What is wrong when the ranks' numbers are not all the same.
struct Agreement {
  double number;
  const char* sentence;
};

/// Throws on all ranks unless the ranks agree.
template <std::size_t count>
void check_agreement(const std::array<Agreement, count>& all, Communicator& ranks) {
  std::array<double, 2 * count> ends;  // the largest, and the smallest with the other sign
  for (std::size_t i = 0; i < count; ++i) {
    ends[i] = all[i].number;
    ends[count + i] = -all[i].number;
  }
  ranks.maximum(ends);
  for (std::size_t i = 0; i < count; ++i)
    if (ends[i] != -ends[count + i]) throw std::invalid_argument(all[i].sentence);
}

}  // namespace

void check_shares(const Problem& share, const PerceptronOptions& options, Communicator& ranks) {
  ranks.together([&] {
    if (const auto reason = options.invalid_reason()) throw std::invalid_argument(*reason);
    if (share.X.cols() < 1) throw DataError("problem '" + share.name + "': X has no column");
    const bool is_empty = share.X.rows() == 0 && share.y.size() == 0 &&
                          share.pattern_weights.size() == 0 &&
                          static_cast<Index>(share.columns.size()) == share.X.cols();
    if (!is_empty) check(share);
  });
  check_agreement(
      std::array<Agreement, 7>{
          {{static_cast<double>(share.X.cols()), "the ranks have different numbers of columns"},
           {static_cast<double>(options.activation), "the ranks have different activations"},
           {options.ridge, "the ranks have different ridges"},
           {options.ridge_standardised ? 1.0 : 0.0, "the ranks have penalties of different kinds"},
           {options.rank_tolerance, "the ranks have different tolerances of the rank"},
           {options.mixed_precision ? 1.0 : 0.0, "the ranks compute in different precisions"},
           {static_cast<double>(number_of_kernels()),
            "the ranks have processors of different kinds, whose results differ by rounding, so "
            "that they would not stay in step"}}},
      ranks);
  std::array<double, 3> rows{static_cast<double>(share.X.rows()),
                             share.pattern_weights.size() > 0 ? 1.0 : 0.0,
                             share.X.rows() > 0 && share.pattern_weights.size() == 0 ? 1.0 : 0.0};
  ranks.sum(rows);
  if (rows[0] == 0.0) throw DataError("problem '" + share.name + "': no rank has any row");
  if (rows[1] > 0.0 && rows[2] > 0.0)
    throw DataError("problem '" + share.name +
                    "': some ranks have pattern weights, others have none");
}

}  // namespace tautrack
