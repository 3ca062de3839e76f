#include "explore/outcome.hpp"

#include "core/number_row.hpp"

namespace tautrack {

WorkOutcome to_outcome(const std::vector<HalfTrace>& traces) {
  NumberWriter writer;
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
  return {writer.take(), {}};
}

template <>
std::optional<std::vector<HalfTrace>> from_outcome(const WorkOutcome& outcome,
                                                   const OutcomeShape& shape) {
  NumberReader reader(outcome.numbers);
  std::vector<HalfTrace> traces;
  for (long left = reader.count(); left > 0 && reader.is_sound(); --left) {
    HalfTrace& half = traces.emplace_back();
    half.end = static_cast<TraceEnd>(reader.whole(0, static_cast<long>(TraceEnd::budget)));
    half.steps = reader.count();
    half.v = reader.vector(shape.unknowns);
    half.tangent = reader.vector(shape.unknowns);
    for (long landings = reader.count(); landings > 0 && reader.is_sound(); --landings) {
      Landing& landing = half.landings.emplace_back();
      landing.v = reader.vector(shape.unknowns);
      landing.morse_index = reader.index(shape.unknowns);
    }
  }
  if (!reader.is_done()) return std::nullopt;
  return traces;
}

WorkOutcome to_outcome(const Descent& descent) {
  NumberWriter writer;
  writer.add_whole(static_cast<long>(descent.end));
  writer.add(descent.v);
  writer.add(descent.direction);
  writer.add(descent.energy);
  return {writer.take(), {}};
}

template <>
std::optional<Descent> from_outcome(const WorkOutcome& outcome, const OutcomeShape& shape) {
  NumberReader reader(outcome.numbers);
  Descent descent;
  descent.end = static_cast<Descent::End>(reader.whole(0, static_cast<long>(Descent::End::budget)));
  descent.v = reader.vector(shape.unknowns);
  descent.direction = reader.vector(shape.unknowns, /*may_be_empty=*/true);
  descent.energy = reader.number();
  if (!reader.is_done()) return std::nullopt;
  return descent;
}

WorkOutcome to_outcome(const Confirmation& confirmation) {
  NumberWriter writer;
  std::string text;
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
    text = point.reason;
  }
  return {writer.take(), std::move(text)};
}

template <>
std::optional<Confirmation> from_outcome(const WorkOutcome& outcome, const OutcomeShape& shape) {
  NumberReader reader(outcome.numbers);
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
