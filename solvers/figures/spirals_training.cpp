#include "spirals_training.hpp"

#include <array>
#include <cmath>
#include <deque>
#include <limits>
#include <random>
#include <utility>

#include "tautrack/core/line_search.hpp"

namespace tautrack::program {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The last steps of L-BFGS and minus the changes of the gradient over them.
class StepMemory {
 public:
  void see(Vector step, Vector change) {
    const double product = step.dot(change);
    if (!(product > 1e-14 * step.norm() * change.norm())) return;
    if (pairs_.size() == most) pairs_.pop_front();
    pairs_.push_back({std::move(step), std::move(change), product});
  }

  void forget() { pairs_.clear(); }

  [[nodiscard]] bool empty() const { return pairs_.empty(); }

  /// The approximate inverse of minus the Hessian times the gradient, by the two loops: a way up.
  [[nodiscard]] Vector direction(const Vector& gradient) const {
    Vector q = gradient;
    std::array<double, most> factors{};
    for (std::size_t i = pairs_.size(); i-- > 0;) {
      factors[i] = pairs_[i].step.dot(q) / pairs_[i].product;
      q -= factors[i] * pairs_[i].change;
    }
    if (!pairs_.empty()) q *= pairs_.back().product / pairs_.back().change.squaredNorm();
    for (std::size_t i = 0; i < pairs_.size(); ++i)
      q += (factors[i] - pairs_[i].change.dot(q) / pairs_[i].product) * pairs_[i].step;
    return q;
  }

 private:
  struct Pair {
    Vector step, change;
    double product;
  };
  static constexpr std::size_t most = 20;
  std::deque<Pair> pairs_;
};

/// What the layers of a network pass on, forwards.
struct Passes {
  std::array<Matrix, SpiralNetwork::layer_count + 1> h;  ///< 2 x L
};

using LayerMap = Eigen::Map<const Eigen::Matrix<double, 2, 2, Eigen::RowMajor>>;

LayerMap weights_of(const Vector& parameters, Index layer) {
  return LayerMap(parameters.data() + 6 * layer);
}

Passes forward(const Matrix& points, const Vector& parameters) {
  Passes passes;
  passes.h[0] = points;
  for (Index k = 0; k < SpiralNetwork::layer_count; ++k) {
    const auto from = static_cast<std::size_t>(k);
    passes.h[from + 1] =
        ((weights_of(parameters, k) * passes.h[from]).colwise() + parameters.segment<2>(6 * k + 4))
            .array()
            .tanh();
  }
  return passes;
}

/// Adds the gradient of the data term, given that of each output.
void backward(const Passes& passes, const Vector& parameters, const Vector& by_output,
              Vector& gradient) {
  constexpr Index layers = SpiralNetwork::layer_count;
  const Vector v = parameters.segment<2>(6 * layers);
  gradient.segment<2>(6 * layers) += passes.h[layers] * by_output;
  gradient(6 * layers + 2) += by_output.sum();
  Matrix by_h = v * by_output.transpose();
  for (Index k = layers; k-- > 0;) {
    const auto from = static_cast<std::size_t>(k);
    const Matrix by_u = by_h.array() * (1.0 - passes.h[from + 1].array().square());
    const Matrix by_W = by_u * passes.h[from].transpose();
    gradient.segment<6>(6 * k) += Vector{
        {by_W(0, 0), by_W(0, 1), by_W(1, 0), by_W(1, 1), by_u.row(0).sum(), by_u.row(1).sum()}};
    by_h = weights_of(parameters, k).transpose() * by_u;
  }
}

/// -weight sum_k log det W_k; adds its gradient.
double barrier(const Vector& parameters, double weight, Vector& gradient) {
  double value = 0.0;
  for (Index k = 0; k < SpiralNetwork::layer_count; ++k) {
    const auto p = parameters.segment<4>(6 * k);
    const double determinant = p(0) * p(3) - p(1) * p(2);
    if (!(determinant > 0.0)) return infinity;
    value -= weight * std::log(determinant);
    gradient.segment<4>(6 * k) -= weight / determinant * Vector{{p(3), -p(2), -p(1), p(0)}};
  }
  return value;
}

/// log(1 + exp(-m)) without overflow.
double logistic_loss(double margin) {
  return std::max(-margin, 0.0) + std::log1p(std::exp(-std::abs(margin)));
}

Vector start_parameters(std::mt19937_64& engine) {
  constexpr double spread = 0.3;
  Vector parameters(SpiralNetwork::parameter_count);
  for (double& entry : parameters)
    entry = spread * (static_cast<double>(engine() >> 11U) * 0x1p-52 - 1.0);
  for (Index k = 0; k < SpiralNetwork::layer_count; ++k) {
    parameters(6 * k) += 1.0;
    parameters(6 * k + 3) += 1.0;
  }
  return parameters;
}

bool separates(const SpiralData& data, const Vector& parameters) {
  const SpiralNetwork network(parameters);
  for (const Layer& layer : network.hidden().layers())
    if (!(layer.determinant() > 0.0)) return false;
  return (network.outputs(data.points).array() * data.labels.array() > 0.0).all();
}

}  // namespace

Minimised minimise(const GradientFunction& function, Vector x, double tolerance, int iterations) {
  const auto height = [&function](const Vector& at, Vector& gradient) {
    const double value = function(at, gradient);
    gradient = -gradient;
    return -value;
  };
  LinePoint here{std::move(x), Vector()};
  here.gradient.resize(here.x.size());
  here.value = height(here.x, here.gradient);
  StepMemory memory;
  Minimised result;
  while (result.iterations < iterations && std::isfinite(here.value) &&
         here.gradient.lpNorm<Eigen::Infinity>() > tolerance) {
    const Vector way = memory.direction(here.gradient);
    const double first = memory.empty() ? std::min(1.0, 0.1 / here.gradient.norm()) : 1.0;
    ++result.iterations;
    LinePoint next{Vector(), Vector(here.x.size())};
    const bool is_found = search_line(height, here, way, first, next);
    if (is_found || next.value > here.value) {
      memory.see(next.x - here.x, here.gradient - next.gradient);
      here = std::move(next);
    } else if (memory.empty()) {
      break;
    } else {
      memory.forget();
    }
  }
  result.x = std::move(here.x);
  result.value = -here.value;
  return result;
}

double spiral_loss(const SpiralData& data, const Vector& parameters, Vector& gradient) {
  constexpr double decay = 1e-4, barrier_weight = 2e-3;
  constexpr Index layers = SpiralNetwork::layer_count;
  gradient = 2.0 * decay * parameters;
  double value = decay * parameters.squaredNorm();
  const double of_barrier = barrier(parameters, barrier_weight, gradient);
  if (std::isinf(of_barrier)) return infinity;
  value += of_barrier;
  const Passes passes = forward(data.points, parameters);
  const Vector margins =
      data.labels.array() *
      ((passes.h[layers].transpose() * parameters.segment<2>(6 * layers)).array() +
       parameters(6 * layers + 2));
  const auto count = static_cast<double>(margins.size());
  Vector by_output(margins.size());
  for (Index i = 0; i < margins.size(); ++i) {
    value += logistic_loss(margins(i)) / count;
    by_output(i) = -data.labels(i) / (1.0 + std::exp(margins(i))) / count;
  }
  backward(passes, parameters, by_output, gradient);
  return value;
}

SpiralTraining train_spirals(std::uint64_t seed) {
  constexpr int most_starts = 60, steps = 30, iterations = 500, last_iterations = 2000;
  constexpr double tolerance = 1e-5;
  std::mt19937_64 engine(seed);
  SpiralTraining result;
  while (!result.separates && result.starts < most_starts) {
    ++result.starts;
    result.iterations = 0;
    result.parameters = start_parameters(engine);
    for (int step = 0; step <= steps; ++step) {
      const SpiralData data = spiral_data(full_twist * step / steps);
      const Minimised found = minimise(
          [&](const Vector& x, Vector& gradient) { return spiral_loss(data, x, gradient); },
          result.parameters, tolerance, step < steps ? iterations : last_iterations);
      result.parameters = found.x;
      result.loss = found.value;
      result.iterations += found.iterations;
    }
    result.separates = separates(spiral_data(full_twist), result.parameters);
  }
  return result;
}

SpiralTraining train_on(const SpiralData& data, std::uint64_t seed) {
  constexpr int most_starts = 6, iterations = 800;
  constexpr double tolerance = 1e-5;
  std::mt19937_64 engine(seed);
  SpiralTraining best;
  for (int start = 1; start <= most_starts && !best.separates; ++start) {
    const Minimised found =
        minimise([&](const Vector& x, Vector& gradient) { return spiral_loss(data, x, gradient); },
                 start_parameters(engine), tolerance, iterations);
    const bool is_better = separates(data, found.x) || start == 1 || found.value < best.loss;
    if (is_better) best = {found.x, found.value, start, found.iterations, separates(data, found.x)};
  }
  return best;
}

}  // namespace tautrack::program
