#include "explore/outcome.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace tautrack {

namespace {

class Writer {
 public:
  void add(double number) { outcome_.numbers.push_back(number); }
  /// Whole numbers up to 2^53.
  void add_whole(long number) { add(static_cast<double>(number)); }
  void add(const Vector& vector) {
    add_whole(vector.size());
    outcome_.numbers.insert(outcome_.numbers.end(), vector.begin(), vector.end());
  }
  void add(const std::optional<int>& number) { add_whole(number.value_or(-1)); }
  void set_text(std::string text) { outcome_.text = std::move(text); }
  [[nodiscard]] WorkOutcome take() { return std::move(outcome_); }

 private:
  WorkOutcome outcome_;
};

/// Reads what a Writer wrote. After something that cannot be, all is zero and is_sound() false.
class Reader {
 public:
  explicit Reader(const WorkOutcome& outcome) : outcome_(outcome) {}

  double number() {
    if (at_ < outcome_.numbers.size()) return outcome_.numbers[at_++];
    is_sound_ = false;
    return 0.0;
  }
  /// A whole number in [low, high].
  long whole(long low, long high) {
    const double read = number();
    if (read >= static_cast<double>(low) && read <= static_cast<double>(high) &&
        read == std::floor(read))
      return static_cast<long>(read);
    is_sound_ = false;
    return low;
  }
  /// As many entries as that, or none where none are allowed.
  Vector vector(Index size, bool may_be_empty = false) {
    const long count = whole(0, size);
    const auto left = static_cast<long>(outcome_.numbers.size() - at_);
    if ((count != size && !(may_be_empty && count == 0)) || count > left) {
      is_sound_ = false;
      return Vector::Zero(size);
    }
    Vector read = Eigen::Map<const Vector>(outcome_.numbers.data() + at_, count);
    at_ += static_cast<std::size_t>(count);
    return read;
  }
  std::optional<int> index(Index size) {
    const auto read = static_cast<int>(whole(-1, size));
    return read < 0 ? std::nullopt : std::optional(read);
  }
  /// Whether all was sound so far; afterwards nothing else counts.
  [[nodiscard]] bool is_sound() const { return is_sound_; }
  /// And nothing is left.
  [[nodiscard]] bool is_done() const { return is_sound_ && at_ == outcome_.numbers.size(); }

 private:
  const WorkOutcome& outcome_;
  std::size_t at_ = 0;
  bool is_sound_ = true;
};

/// More halves or landings than any curve has.
constexpr long kMost = 1L << 40U;

}  // namespace

WorkOutcome to_outcome(const std::vector<HalfTrace>& traces) {
  Writer writer;
  writer.add_whole(static_cast<long>(traces.size()));
  for (const HalfTrace& half : traces) {
    writer.add_whole(static_cast<long>(half.end));
    writer.add_whole(half.steps);
    writer.add(half.v);
    writer.add(half.tangent);
    writer.add_whole(static_cast<long>(half.landings.size()));
    for (const Landing& landing : half.landings) {
      writer.add(landing.v);
      writer.add(landing.morse_index);
    }
  }
  return writer.take();
}

template <>
std::optional<std::vector<HalfTrace>> from_outcome(const WorkOutcome& outcome,
                                                   const OutcomeShape& shape) {
  Reader reader(outcome);
  std::vector<HalfTrace> traces;
  for (long left = reader.whole(0, kMost); left > 0 && reader.is_sound(); --left) {
    HalfTrace& half = traces.emplace_back();
    half.end = static_cast<TraceEnd>(reader.whole(0, static_cast<long>(TraceEnd::budget)));
    half.steps = reader.whole(0, kMost);
    half.v = reader.vector(shape.unknowns);
    half.tangent = reader.vector(shape.unknowns);
    for (long landings = reader.whole(0, kMost); landings > 0 && reader.is_sound(); --landings) {
      Landing& landing = half.landings.emplace_back();
      landing.v = reader.vector(shape.unknowns);
      landing.morse_index = reader.index(shape.unknowns);
    }
  }
  if (!reader.is_done()) return std::nullopt;
  return traces;
}

WorkOutcome to_outcome(const Descent& descent) {
  Writer writer;
  writer.add_whole(static_cast<long>(descent.end));
  writer.add(descent.v);
  writer.add(descent.direction);
  writer.add(descent.energy);
  return writer.take();
}

template <>
std::optional<Descent> from_outcome(const WorkOutcome& outcome, const OutcomeShape& shape) {
  Reader reader(outcome);
  Descent descent;
  descent.end = static_cast<Descent::End>(reader.whole(0, static_cast<long>(Descent::End::budget)));
  descent.v = reader.vector(shape.unknowns);
  descent.direction = reader.vector(shape.unknowns, /*may_be_empty=*/true);
  descent.energy = reader.number();
  if (!reader.is_done()) return std::nullopt;
  return descent;
}

WorkOutcome to_outcome(const Confirmation& confirmation) {
  Writer writer;
  writer.add_whole(confirmation.point ? 1 : 0);
  if (confirmation.point) {
    const StationaryPoint& point = *confirmation.point;
    writer.add_whole(static_cast<long>(point.status));
    writer.add(confirmation.v);
    writer.add(point.weights);
    writer.add(point.energy);
    writer.add(point.morse_index);
    writer.add(point.eigenvalues);
    writer.add(point.radius);
    writer.set_text(point.reason);
  }
  return writer.take();
}

template <>
std::optional<Confirmation> from_outcome(const WorkOutcome& outcome, const OutcomeShape& shape) {
  Reader reader(outcome);
  Confirmation confirmation;
  if (reader.whole(0, 1) == 1) {
    StationaryPoint& point = confirmation.point.emplace();
    point.status =
        static_cast<PointStatus>(reader.whole(0, static_cast<long>(PointStatus::failed)));
    confirmation.v = reader.vector(shape.unknowns);
    point.weights = reader.vector(shape.weights);
    point.energy = reader.number();
    point.morse_index = reader.index(shape.unknowns);
    point.eigenvalues = reader.vector(shape.unknowns, /*may_be_empty=*/true);
    point.radius = reader.number();
    point.reason = outcome.text;
    point.kind = kind_of(point.morse_index, shape.unknowns);
  }
  if (!reader.is_done()) return std::nullopt;
  return confirmation;
}

}  // namespace tautrack
