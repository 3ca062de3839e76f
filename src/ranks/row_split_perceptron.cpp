#include "tautrack/ranks/row_split_perceptron.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>

#include "core/checked.hpp"
#include "kernels/kernels.hpp"
#include "network/linear_solution.hpp"
#include "network/penalty_scale.hpp"

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

/// The share, once every rank has found its own usable.
const Problem& checked(const Problem& share, const PerceptronOptions& options,
                       Communicator& ranks) {
  ranks.together([&] {
    checked(options);
    if (share.X.cols() < 1) throw DataError("problem '" + share.name + "': X has no column");
    const bool is_empty = share.X.rows() == 0 && share.y.size() == 0 &&
                          share.pattern_weights.size() == 0 &&
                          static_cast<Index>(share.columns.size()) == share.X.cols();
    if (!is_empty) check(share);
  });
  check_agreement(
      std::array<Agreement, 6>{
          {{static_cast<double>(share.X.cols()), "the ranks have different numbers of columns"},
           {static_cast<double>(options.activation), "the ranks have different activations"},
           {options.ridge, "the ranks have different ridges"},
           {options.ridge_standardised ? 1.0 : 0.0, "the ranks have penalties of different kinds"},
           {options.rank_tolerance, "the ranks have different tolerances of the rank"},
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
  return share;
}

/// Adds up vectors and numbers over the ranks in one message, and finds the largest of one number
/// of each of them, for which each has a place of its own.
class Message {
 public:
  Message(std::vector<double>& memory, Communicator& ranks) : numbers_(memory), ranks_(ranks) {
    numbers_.clear();
  }

  void add(const double* from, Index count) { numbers_.insert(numbers_.end(), from, from + count); }
  void add(double number) { numbers_.push_back(number); }
  void add(const Vector& vector) { add(vector.data(), vector.size()); }
  void add_lower(const Matrix& G) {
    for (Index j = 0; j < G.cols(); ++j) add(G.col(j).data() + j, G.cols() - j);
  }

  /// Exchanges the message. Returns the largest `number` of all ranks.
  double exchange(double number) {
    const auto size = static_cast<std::size_t>(ranks_.size());
    const std::size_t count = numbers_.size();
    numbers_.resize(count + size, 0.0);
    numbers_[count + static_cast<std::size_t>(ranks_.rank())] = number;
    ranks_.sum(numbers_);
    return *std::max_element(numbers_.begin() + static_cast<std::ptrdiff_t>(count), numbers_.end());
  }

  // What was added comes back in the same order.
  void take(double* to, Index count) {
    std::copy_n(numbers_.begin() + taken_, count, to);
    taken_ += count;
  }
  double take() { return numbers_[static_cast<std::size_t>(taken_++)]; }
  void take(Vector& vector) { take(vector.data(), vector.size()); }
  /// Both triangles.
  void take_lower(Matrix& G) {
    for (Index j = 0; j < G.cols(); ++j) {
      take(G.col(j).data() + j, G.cols() - j);
      G.row(j).tail(G.cols() - j) = G.col(j).tail(G.cols() - j).transpose();
    }
  }

 private:
  std::vector<double>& numbers_;
  Communicator& ranks_;
  std::ptrdiff_t taken_ = 0;
};

}  // namespace

RowRange rows_of_rank(Index rows, int rank, int size) {
  assert(rows >= 0 && rank >= 0 && rank < size);
  const Index each = rows / size;
  const Index more = rows % size;  // ranks that get one more
  const Index first = each * rank + std::min<Index>(rank, more);
  return {first, each + (rank < more ? 1 : 0)};
}

Problem rows_of(const Problem& problem, const RowRange& range) {
  return {problem.name, problem.columns, problem.X.middleRows(range.first, range.count),
          problem.y.segment(range.first, range.count),
          problem.pattern_weights.size() > 0
              ? Vector(problem.pattern_weights.segment(range.first, range.count))
              : Vector()};
}

RowSplitPerceptron::RowSplitPerceptron(const Problem& share, const PerceptronOptions& options,
                                       Communicator& ranks)
    : ranks_(&ranks),
      options_(options),
      share_(ColumnSpace(checked(share, options, ranks).X, share.pattern_weights,
                         options.rank_tolerance, ranks),
             share.y, share.pattern_weights, options) {
  std::array<double, 2> sums{static_cast<double>(share.y.size()), share_.total_pattern_weight()};
  ranks.sum(sums);
  patterns_ = static_cast<Index>(sums[0]);
  omega_sum_ = sums[1];
  ridge_ = penalty_of(share, share_.pattern_weights(), space(), options_, ranks_);
  ridge_norm_ = ridge_.norm();
}

Vector RowSplitPerceptron::linear_solution() const { return solve_linear(*this); }

RowSplitPerceptron::Workspace::Workspace(const RowSplitPerceptron& network, int threads)
    : share_(network.share_, threads),
      H_(network.unknowns()),
      H_tau_(network.unknowns()),
      displacement_(std::numeric_limits<double>::infinity()) {}

double RowSplitPerceptron::energy(const Vector& v, double tau, Workspace& work) const {
  std::array<double, 1> sum{share_.energy(v, tau, work.share_)};
  ranks_->sum(sum);
  return ridge_.size() > 0 ? sum[0] + 0.5 * v.dot(ridge_ * v) : sum[0];
}

double RowSplitPerceptron::gradient(const Vector& v, double tau, Workspace& work, Vector& H) const {
  assert(H.size() == unknowns());
  const double own_scale = share_.gradient(v, tau, work.share_, work.H_);
  Message message(work.message_, *ranks_);
  message.add(work.H_);
  message.add(own_scale);
  work.displacement_ = message.exchange(work.share_.last_displacement());
  message.take(H);
  double scale = message.take();
  if (ridge_.size() > 0) {
    H.noalias() += ridge_ * v;
    scale += ridge_norm_ * v.norm();
  }
  return scale;
}

double RowSplitPerceptron::derivatives(const Vector& v, double tau, Workspace& work, Vector& H,
                                       Matrix& H_v, Vector& H_tau) const {
  const Index n = unknowns();
  assert(H.size() == n && H_tau.size() == n && H_v.rows() == n && H_v.cols() == n);
  work.H_v_.resize(n, n);
  const double own_scale = share_.derivatives(v, tau, work.share_, work.H_, work.H_v_, work.H_tau_);
  Message message(work.message_, *ranks_);
  message.add(work.H_);
  message.add(work.H_tau_);
  if (tau != 0.0) message.add_lower(work.H_v_);
  message.add(own_scale);
  work.displacement_ = message.exchange(work.share_.last_displacement());
  message.take(H);
  message.take(H_tau);
  if (tau != 0.0)
    message.take_lower(H_v);
  else
    H_v.setIdentity();  // A' diag(omega) A of all ranks
  double scale = message.take();
  if (ridge_.size() > 0) {
    H.noalias() += ridge_ * v;
    H_v += ridge_;
    scale += ridge_norm_ * v.norm();
  }
  return scale;
}

double RowSplitPerceptron::append_series(int k, const Vector& v_k, double tau_k, Workspace& work,
                                         Vector& rest) const {
  assert(rest.size() == unknowns());
  const double own_displacement = share_.append_series(k, v_k, tau_k, work.share_, work.H_);
  Message message(work.message_, *ranks_);
  message.add(work.H_);
  const double displacement = message.exchange(own_displacement);
  message.take(rest);
  return displacement;
}

double RowSplitPerceptron::relative_displacement(const Vector& v, const Vector& dv,
                                                 Workspace& work) const {
  Message message(work.message_, *ranks_);
  return message.exchange(share_.relative_displacement(v, dv, work.share_));
}

void RowSplitPerceptron::hessian_form_gradient(const Vector& v, double tau, const Vector& psi,
                                               const Vector& phi, Vector& by_v,
                                               double& by_tau) const {
  Vector sums(unknowns() + 1);
  Vector own(unknowns());
  double own_by_tau = 0.0;
  share_.hessian_form_gradient(v, tau, psi, phi, own, own_by_tau);
  sums << own, own_by_tau;
  ranks_->sum({sums.data(), static_cast<std::size_t>(sums.size())});
  by_v = sums.head(unknowns());
  by_tau = sums(unknowns());
}

}  // namespace tautrack
