#include "spirals_network.hpp"

#include <array>
#include <cmath>
#include <stdexcept>
#include <string>

namespace tautrack::program {
namespace {

/// Weights and biases of one layer.
struct ListedLayer {
  std::array<double, 4> W;  ///< By rows.
  std::array<double, 2> b;
};

constexpr std::array<ListedLayer, SpiralNetwork::layer_count> listed_layers{{
    {{4.085916399924417, 2.4380944450117203, -1.8966584637873505, -0.3910227490194974},
     {0.00044315781887294955, -0.0003907172677307683}},
    {{-3.043427763994513, -6.805389452956556, 1.2738224117792045, 2.5102450633334086},
     {-0.0014936106338479035, 0.00040405079485571904}},
    {{3.0997829777238386, -1.6223561662435781, 2.6250744594932556, 5.20505987814112},
     {0.00018205809409194758, 0.00043743846904762784}},
    {{-0.947622570017007, -4.712711217995756, 1.6840639844927694, 4.093118831896472},
     {0.00019718969811130172, 0.0003775169995067872}},
}};
constexpr std::array<double, 3> listed_output{4.752461217473391, -4.4871740496577885,
                                              5.810082898454041e-07};

LayerStack hidden_layers(const Vector& parameters) {
  if (parameters.size() != SpiralNetwork::parameter_count)
    throw std::invalid_argument("the spiral network has " +
                                std::to_string(SpiralNetwork::parameter_count) +
                                " parameters, got " + std::to_string(parameters.size()));
  std::vector<Layer> layers;
  for (Index k = 0; k < SpiralNetwork::layer_count; ++k) {
    const auto p = parameters.segment<6>(6 * k);
    layers.emplace_back(Matrix{{p(0), p(1)}, {p(2), p(3)}}, Vector{{p(4), p(5)}});
  }
  return LayerStack(std::move(layers));
}

}  // namespace

SpiralData spiral_data(double twist, Index count) {
  constexpr double inner = 0.15, outer = 1.0;
  SpiralData data{Matrix(2, 2 * count), Vector(2 * count)};
  for (Index i = 0; i < count; ++i) {
    const double r =
        inner + (outer - inner) * static_cast<double>(i) / static_cast<double>(count - 1);
    data.points.col(i) << r * std::cos(twist * r), r * std::sin(twist * r);
    data.points.col(count + i) = -data.points.col(i);
    data.labels(i) = 1.0;
    data.labels(count + i) = -1.0;
  }
  return data;
}

SpiralNetwork::SpiralNetwork(const Vector& parameters)
    : hidden_(hidden_layers(parameters)),
      v_(parameters.segment<2>(6 * layer_count)),
      c_(parameters(6 * layer_count + 2)) {}

Vector SpiralNetwork::outputs(const Matrix& points, double tau) const {
  return (hidden_.apply(points, tau).transpose() * v_).array() + c_;
}

Matrix SpiralNetwork::separating_line(double reach) const {
  const Eigen::Vector2d foot = -c_ / v_.squaredNorm() * v_;
  const Eigen::Vector2d along = reach / v_.norm() * Eigen::Vector2d(-v_(1), v_(0));
  Matrix ends(2, 2);
  ends << foot - along, foot + along;
  return ends;
}

Vector listed_spiral_parameters() {
  Vector parameters(SpiralNetwork::parameter_count);
  Index at = 0;
  for (const ListedLayer& layer : listed_layers) {
    for (const double weight : layer.W) parameters(at++) = weight;
    for (const double bias : layer.b) parameters(at++) = bias;
  }
  for (const double weight : listed_output) parameters(at++) = weight;
  return parameters;
}

std::vector<Matrix> grid_lines(int lines, int points) {
  constexpr double half = 1.1;
  const auto place = [](int i, int count) { return -half + 2.0 * half * i / (count - 1); };
  std::vector<Matrix> all;
  for (const Index across : {0, 1})
    for (int line = 0; line < lines; ++line) {
      Matrix curve(2, points);
      for (int i = 0; i < points; ++i) {
        curve(across, i) = place(line, lines);
        curve(1 - across, i) = place(i, points);
      }
      all.push_back(std::move(curve));
    }
  return all;
}

}  // namespace tautrack::program
