#include "exhaustive/bound_node.hpp"

#include <algorithm>

namespace tautrack::exhaustive {
namespace {

/// No split is expected to gain less than this part of the gap.
constexpr double kLeastRate = 1e-6;

}  // namespace

double SplitGains::rate(std::size_t pattern, Side side) const {
  const auto mean = [](const Gain& gain, double prior) {
    return (gain.sum + prior) / static_cast<double>(gain.splits + 1);
  };
  return std::max(kLeastRate, mean(of_pattern_[pattern][side], mean(of_all_[side], 1.0)));
}

void SplitGains::learn(const Split& split, Side side, double bound) {
  if (!(split.gap > 0.0) || split.bound == -kInfinity) return;
  const double gain = std::max(0.0, bound - split.bound) / split.gap;
  for (Gain* const own : {&of_pattern_[split.pattern][side], &of_all_[side]}) {
    own->sum += gain;
    ++own->splits;
  }
}

void SplitGains::write(NumberWriter& writer) const {
  const auto put = [&](const Gains& gains) {
    for (const Gain& gain : gains) {
      writer.add(gain.sum);
      writer.add_whole(gain.splits);
    }
  };
  put(of_all_);
  for (const Gains& gains : of_pattern_) put(gains);
}

void SplitGains::read(NumberReader& reader) {
  const auto take = [&](Gains& gains) {
    for (Gain& gain : gains) {
      gain.sum = reader.number();
      gain.splits = reader.count();
    }
  };
  take(of_all_);
  for (Gains& gains : of_pattern_) take(gains);
}

void write(const BoundNode& node, NumberWriter& writer) {
  writer.add(node.inputs.low);
  writer.add(node.inputs.high);
  writer.add(node.bound);
  writer.add(node.v);
  writer.add_whole(static_cast<long>(node.pulls.size()));
  for (const auto& [pattern, pull] : node.pulls) {
    writer.add_whole(static_cast<long>(pattern));
    writer.add(pull);
  }
  writer.add_whole(node.number);
  writer.add_whole(static_cast<long>(node.made_by.pattern));
  writer.add(node.made_by.gap);
  writer.add(node.made_by.bound);
  writer.add_whole(static_cast<long>(node.side));
}

BoundNode read_node(NumberReader& reader, std::size_t patterns, Index weights) {
  const long last = static_cast<long>(patterns) - 1;
  BoundNode node;
  node.inputs.low = reader.numbers(patterns);
  node.inputs.high = reader.numbers(patterns);
  node.bound = reader.number();
  node.v = reader.vector(weights);
  for (long left = reader.whole(0, last + 1); left > 0 && reader.is_sound(); --left) {
    const auto pattern = static_cast<std::size_t>(reader.whole(0, last));
    node.pulls.emplace_back(pattern, reader.number());
  }
  node.number = reader.count();
  node.made_by.pattern = static_cast<std::size_t>(reader.whole(0, last));
  node.made_by.gap = reader.number();
  node.made_by.bound = reader.number();
  node.side = reader.whole(0, 1) == 0 ? low_side : high_side;
  return node;
}

}  // namespace tautrack::exhaustive
