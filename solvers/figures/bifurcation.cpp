#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <set>
#include <utility>

#include <Eigen/Dense>

#include "tautrack/events/morse_index.hpp"
#include "tautrack/fits/all_fits.hpp"

#include "drawing.hpp"
#include "drivers.hpp"

namespace tautrack::program {
namespace {

// --- The networks. -----------------------------------------------------------------------------

constexpr std::array input_values = {-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0};
constexpr std::array target_values = {-1.2, -0.8, -1.0, 0.1, 0.4, 1.3, 0.9};  ///< Made up.
constexpr std::array bifurcation_ridges = {0.05, 0.02};
constexpr Index two = 2;  ///< Units, and columns: the input and the bias of a unit.

/// Two units of tanh and a linear output.
HiddenLayer bifurcation_network(double ridge, Index units) {
  Matrix X(static_cast<Index>(input_values.size()), two);
  X.col(0) = Eigen::Map<const Vector>(input_values.data(), X.rows());
  X.col(1).setOnes();
  HiddenLayerOptions options;
  options.units = units;
  options.ridge_hidden = options.ridge_output = ridge;
  return HiddenLayer(make_problem(X, Eigen::Map<const Vector>(target_values.data(), X.rows())),
                     options);
}

/// Parts of the weights of two units.
auto unit_of(const Vector& w, Index unit) { return w.segment(unit * two, two); }
double output_of(const Vector& w, Index unit) { return w(two * two + unit); }
double size_of(const Vector& w, Index unit) {
  return std::hypot(unit_of(w, unit).norm(), output_of(w, unit));
}

int live_units(const Branch& branch) {
  Index live = 0;
  for (const Index equal : branch.equal) live += equal;
  return static_cast<int>(live);
}

/// The images of weights under exchange and changes of sign of the units.
std::vector<Vector> images_of(const Vector& w) {
  std::vector<Vector> images;
  for (const bool exchange : {false, true})
    for (const double first : {1.0, -1.0})
      for (const double second : {1.0, -1.0}) {
        Vector image = w;
        for (Index unit = 0; unit < two; ++unit) {
          const Index from = exchange ? 1 - unit : unit;
          const double sign = unit == 0 ? first : second;
          image.segment(unit * two, two) = sign * unit_of(w, from);
          image(two * two + unit) = sign * output_of(w, from);
        }
        images.push_back(std::move(image));
      }
  return images;
}

/// A place on a branch, as it is drawn.
struct BranchPlace {
  double tau;
  double
      angle;  ///< Of the sizes of the two units, in degrees: 0 or 90 for one alone, 45 for equal ones.
  double excess;  ///< Energy less that of one live unit at the same tau.
  double energy;
};

struct DrawnPiece {
  int live;
  std::optional<int> index;
  std::vector<BranchPlace> places;
};

/// The branches of one ridge.
class DrawnTree {
 public:
  explicit DrawnTree(double ridge)
      : ridge_(ridge),
        network_(bifurcation_network(ridge, two)),
        one_(bifurcation_network(ridge, 1)),
        work_(network_),
        one_work_(one_) {
    FitOptions options;
    options.explore.certify = false;
    fits_ = find_all_fits(network_, options);
    for (const Branch& branch : tree().branches)
      if (live_units(branch) > 0) draw(branch);
  }

  [[nodiscard]] double ridge() const { return ridge_; }
  [[nodiscard]] const AllFits& fits() const { return fits_; }
  [[nodiscard]] const BranchTree& tree() const { return *fits_.tree; }
  [[nodiscard]] const std::vector<DrawnPiece>& pieces() const { return pieces_; }

  /// Morse indices on the branch of a pitchfork, beside it.
  [[nodiscard]] std::pair<int, int> indices_beside(const Pitchfork& fork) {
    constexpr double part = 0.05;  // Of the way to the next sample.
    const std::vector<BranchSample>& points =
        tree().branches.at(static_cast<std::size_t>(fork.on)).points;
    std::pair<int, int> indices{-1, -1};
    for (std::size_t i = 1; i < points.size(); ++i) {
      if ((points[i - 1].tau - fork.at.tau) * (points[i].tau - fork.at.tau) >= 0.0) continue;
      indices = {index_at(between(fork.at, points[i - 1], part)).value_or(-1),
                 index_at(between(fork.at, points[i], part)).value_or(-1)};
    }
    return indices;
  }

  [[nodiscard]] BranchPlace place(const BranchSample& sample) {
    const Vector& w = sample.weights;
    const double tau = sample.tau, energy = network_.energy(network_.coordinates(w), tau, work_);
    return {tau, std::atan2(size_of(w, 1), size_of(w, 0)) * 180.0 / std::numbers::pi,
            energy - energy_of_one(tau), energy};
  }

  /// The output of stationary weights at tau = 1.
  [[nodiscard]] static double output(const Vector& w, double x) {
    double z = w(w.size() - 1);
    for (Index unit = 0; unit < two; ++unit)
      z += output_of(w, unit) * std::tanh(unit_of(w, unit)(0) * x + unit_of(w, unit)(1));
    return z;
  }

 private:
  /// The branch of one live unit, which has no folds, at this tau: by Newton's method from between its samples.
  double energy_of_one(double tau) {
    constexpr int steps = 12;
    constexpr std::size_t of_one_unit = 1;  // After the constant.
    const std::vector<BranchSample>& points = tree().branches.at(of_one_unit).points;
    std::size_t i = 1;
    while (i + 1 < points.size() && points[i].tau < tau) ++i;
    const BranchSample &a = points[i - 1], &b = points[i];
    const Vector w = a.weights + (tau - a.tau) / (b.tau - a.tau) * (b.weights - a.weights);
    Vector x = one_.coordinates(vector_of({w(0), w(1), output_of(w, 0), w(w.size() - 1)}));
    Vector H(x.size()), H_tau(x.size());
    Matrix H_x(x.size(), x.size());
    for (int step = 0; step < steps; ++step) {
      one_.derivatives(x, tau, one_work_, H, H_x, H_tau);
      x -= H_x.partialPivLu().solve(H);
    }
    return one_.energy(x, tau, one_work_);
  }

  /// Between two points of a branch, in the hyperplane across their chord. The symmetry of a branch makes the matrix
  /// singular at its pitchforks, but not for changes that have the symmetry.
  [[nodiscard]] BranchSample between(const BranchSample& a, const BranchSample& b, double part) {
    constexpr int steps = 8;
    const Vector from = network_.coordinates(a.weights), to = network_.coordinates(b.weights);
    const Index n = from.size();
    Vector chord(n + 1), middle(n + 1), H(n), H_tau(n), right(n + 1);
    chord << to - from, b.tau - a.tau;
    middle << from + part * (to - from), a.tau + part * (b.tau - a.tau);
    Vector at = middle;
    Matrix H_x(n, n), bordered(n + 1, n + 1);
    for (int step = 0; step < steps; ++step) {
      network_.derivatives(at.head(n), at(n), work_, H, H_x, H_tau);
      bordered << H_x, H_tau, chord.transpose();
      right << H, chord.dot(at - middle);
      at -= bordered.completeOrthogonalDecomposition().solve(right);
    }
    BranchSample sample;
    sample.tau = at(n);
    sample.weights = network_.weights(at.head(n));
    return sample;
  }

  /// Pieces of equal index, from the pitchfork where the branch begins to that where it ends. What begins there is the same
  /// curve once more, and is not drawn.
  void draw(const Branch& branch) {
    const std::vector<Pitchfork>& forks = tree().pitchforks;
    std::vector<BranchSample> samples = branch.points;
    if (samples.empty() || met_.contains(branch.from)) return;
    if (branch.from >= 0)
      samples.insert(samples.begin(),
                     image_near(forks[static_cast<std::size_t>(branch.from)].at, samples.front()));
    if (!branch.end && !forks.empty()) {
      const double tau = samples.back().tau;
      const auto last =
          std::min_element(forks.begin(), forks.end(), [tau](const auto& a, const auto& b) {
            return std::abs(a.at.tau - tau) < std::abs(b.at.tau - tau);
          });
      samples.push_back(image_near(last->at, samples.back()));
      met_.insert(static_cast<int>(last - forks.begin()));
    }
    const auto number = static_cast<int>(&branch - tree().branches.data());
    pieces_.push_back({live_units(branch), std::nullopt, {place(samples.front())}});
    for (std::size_t i = 1; i < samples.size(); ++i) {
      // Pitchforks on the way, along which tau runs one way.
      BranchSample from = samples[i - 1];
      std::vector<const Pitchfork*> passed;
      for (const Pitchfork& fork : forks)
        if (fork.on == number && (fork.at.tau - from.tau) * (fork.at.tau - samples[i].tau) < 0.0)
          passed.push_back(&fork);
      std::sort(passed.begin(), passed.end(), [&](const Pitchfork* a, const Pitchfork* b) {
        return std::abs(a->at.tau - from.tau) < std::abs(b->at.tau - from.tau);
      });
      for (const Pitchfork* fork : passed) {
        const BranchSample stop = image_near(fork->at, from);
        draw_segment(from, stop);
        from = stop;
      }
      draw_segment(from, samples[i]);
    }
  }

  /// Between two points that have nothing between them. The index is that in the middle.
  void draw_segment(const BranchSample& from, const BranchSample& to) {
    constexpr int parts = 16;
    std::vector<BranchPlace> places;
    std::optional<int> index;
    for (int part = 1; part < parts; ++part) {
      const BranchSample sample = between(from, to, static_cast<double>(part) / parts);
      if (2 * part == parts) index = index_at(sample);
      places.push_back(place(sample));
    }
    places.push_back(place(to));
    DrawnPiece* piece = &pieces_.back();
    if (piece->index && piece->index != index) {
      const BranchPlace here = piece->places.back();
      pieces_.push_back({piece->live, std::nullopt, {here}});
      piece = &pieces_.back();
    }
    piece->index = index;
    piece->places.insert(piece->places.end(), places.begin(), places.end());
  }

  [[nodiscard]] std::optional<int> index_at(const BranchSample& sample) {
    const Index n = network_.unknowns();
    Vector H(n), H_tau(n);
    Matrix H_x(n, n);
    network_.derivatives(network_.coordinates(sample.weights), sample.tau, work_, H, H_x, H_tau);
    return MorseIndex().count(H_x);
  }

  static BranchSample image_near(BranchSample sample, const BranchSample& other) {
    double nearest = std::numeric_limits<double>::infinity();
    for (const Vector& image : images_of(sample.weights))
      if (const double distance = (image - other.weights).norm(); distance < nearest) {
        nearest = distance;
        sample.weights = image;
      }
    return sample;
  }

  double ridge_;
  HiddenLayer network_, one_;
  HiddenLayer::Workspace work_, one_work_;
  AllFits fits_;
  std::vector<DrawnPiece> pieces_;
  std::set<int> met_;  ///< Pitchforks where a drawn branch ends.
};

// --- Tables. -----------------------------------------------------------------------------------

void add_tree_tables(Figure& figure, DrawnTree& drawn, const std::string& number) {
  FigureTable branches{
      "branches" + number, {"tau", "angle", "excess", "energy", "live", "index"}, {}};
  for (const DrawnPiece& piece : drawn.pieces()) {
    if (!branches.rows.empty()) branches.rows.emplace_back();
    for (const BranchPlace& place : piece.places)
      branches.rows.push_back({place.tau, place.angle, place.excess, place.energy,
                               static_cast<double>(piece.live),
                               static_cast<double>(piece.index.value_or(-1))});
  }
  FigureTable waking{"waking" + number, {"tau", "angle", "excess", "energy"}, {}};
  FigureTable parting{"parting" + number, waking.columns, {}};
  for (const Pitchfork& fork : drawn.tree().pitchforks) {
    const BranchPlace place = drawn.place(fork.at);
    (fork.wakes ? waking : parting)
        .rows.push_back({place.tau, place.angle, place.excess, place.energy});
  }
  FigureTable outputs{"outputs" + number, {"x", "z", "live", "index"}, {}};
  constexpr double reach = 3.4;
  constexpr int steps = 136;
  for (const Branch& branch : drawn.tree().branches) {
    if (!branch.end || live_units(branch) == 0) continue;
    if (!outputs.rows.empty()) outputs.rows.emplace_back();
    for (int i = 0; i <= steps; ++i) {
      const double x = reach * (2.0 * i / steps - 1.0);
      outputs.rows.push_back({x, DrawnTree::output(branch.end->weights, x),
                              static_cast<double>(live_units(branch)),
                              static_cast<double>(branch.end->morse_index.value_or(-1))});
    }
  }
  figure.tables.insert(figure.tables.end(), {branches, waking, parting, outputs});
}

// --- Checks. -----------------------------------------------------------------------------------

/// Node functions (1 - tau) u + tau tanh(u) and their derivatives, by the formulas alone.
struct NodeValues {
  double value, slope, bend;
};
NodeValues node_values(double u, double tau) {
  const double z = std::tanh(u), slope = 1.0 - z * z;
  return {(1.0 - tau) * u + tau * z, 1.0 - tau + tau * slope, -2.0 * tau * z * slope};
}

/// The part of the Hessian that belongs to changes of one unit which another one takes back: (W, b) of the unit, 3 x 3.
Matrix hessian_across(const Vector& w, double tau, Index unit, double ridge) {
  Matrix T = ridge * Matrix::Identity(two + 1, two + 1);
  for (std::size_t i = 0; i < input_values.size(); ++i) {
    const Vector row = vector_of({input_values[i], 1.0});
    double e = w(w.size() - 1) - target_values[i];
    for (Index j = 0; j < two; ++j)
      e += output_of(w, j) * node_values(row.dot(unit_of(w, j)), tau).value;
    const NodeValues at = node_values(row.dot(unit_of(w, unit)), tau);
    T.topLeftCorner(two, two) += e * output_of(w, unit) * at.bend * row * row.transpose();
    T.topRightCorner(two, 1) += e * at.slope * row;
  }
  T.bottomLeftCorner(1, two) = T.topRightCorner(two, 1).transpose();
  return T;
}

/// The linear network: E = |Cy - b w x|^2 / 2 + ridge (w^2 + b^2) / 2 is least where b^2 = (|q| - ridge) / S, q = x'y, S =
/// x'x, for inputs of mean zero; with several units the same is true of their sums of squares.
void check_start(Figure& figure, const DrawnTree& drawn, const std::string& at) {
  double S = 0.0, q = 0.0, mean = 0.0, squares = 0.0;
  for (std::size_t i = 0; i < input_values.size(); ++i) {
    S += input_values[i] * input_values[i];
    q += input_values[i] * target_values[i];
    mean += target_values[i] / static_cast<double>(input_values.size());
    squares += target_values[i] * target_values[i];
  }
  const double size = (std::abs(q) - drawn.ridge()) / S;
  const double variance = squares - static_cast<double>(input_values.size()) * mean * mean;
  const double energy =
      0.5 * variance - std::abs(q) * size + 0.5 * S * size * size + drawn.ridge() * size;
  for (const Branch& branch : drawn.tree().branches) {
    if (branch.from >= 0 || branch.points.empty()) continue;
    const int live = live_units(branch);
    const std::string of = fmt::format(" with {} live units at tau = 0{}", live, at);
    const BranchSample& start = branch.points.front();
    check(figure, "sum of b^2" + of, start.weights.segment(two * two, two).squaredNorm(),
          live > 0 ? size : 0.0);
    check(figure, "E" + of, start.energy, live > 0 ? energy : 0.5 * variance);
  }
}

void check_tree(Figure& figure, DrawnTree& drawn) {
  const std::string at = fmt::format(", ridge {:g}", drawn.ridge());
  check_start(figure, drawn, at);
  const BranchTree& tree = drawn.tree();
  for (const Pitchfork& fork : tree.pitchforks) {
    const std::string there = fmt::format(" at tau = {:.4f}{}", fork.at.tau, at);
    const Matrix T =
        hessian_across(fork.at.weights, fork.at.tau, fork.wakes ? 1 : 0, drawn.ridge());
    if (fork.wakes)
      check(figure, "|X'e| where a unit wakes" + there, T.topRightCorner(two, 1).norm(),
            drawn.ridge(), 1e-9);
    else
      check(figure, "smallest curvature where equal units part" + there,
            Eigen::SelfAdjointEigenSolver<Matrix>(T).eigenvalues().cwiseAbs().minCoeff(), 0.0,
            1e-9);
    const auto [before, after] = drawn.indices_beside(fork);
    check(figure, "change of the Morse index" + there, std::abs(after - before), 1, 0);
  }
  const AllFits& fits = drawn.fits();
  check(figure, "families of a search at tau = 1 that branches reach" + at,
        static_cast<double>(std::count_if(fits.reached_by.begin(), fits.reached_by.end(),
                                          [](int branch) { return branch >= 0; })),
        static_cast<double>(fits.points.size()), 0);
  check(figure, "sum of (-1)^index" + at, static_cast<double>(fits.index_sum), 1, 0);
  double largest = 0.0;
  for (const DrawnPiece& piece : drawn.pieces())
    for (const BranchPlace& place : piece.places)
      largest = std::max(largest, piece.live == 1 ? std::abs(place.excess) : 0.0);
  check(figure, "largest difference of E to a network of one unit" + at, largest, 0.0, 1e-12);
}

// --- Drawing. ----------------------------------------------------------------------------------

constexpr std::array<std::string_view, 2> live_colours = {"#D55E00", "#0072B2"};
const std::string waking_style = point_style(Shape::circle, 1.3, "#000000", 1.8);
const std::string parting_style = point_style(Shape::open_square, 1.3, "#000000", 1.8);
const std::string given_style = point_style(Shape::disc, 1.2, "#404040");
constexpr const char* saddle_dash = "(9,6)";

std::string live_style(int live, bool is_minimum) {
  return line_style(2.4, live_colours[static_cast<std::size_t>(live - 1)],
                    is_minimum ? "" : saddle_dash);
}

/// A column over another of the branches, minima solid, those with one live unit below.
void add_branches(Plot& plot, const std::string& file, std::string_view x, std::string_view y) {
  for (const int live : {1, 2})
    for (const bool is_minimum : {false, true})
      plot.add(file,
               fmt::format("(column('live')=={}&&column('index'){}0?{}:NaN):{}", live,
                           is_minimum ? "==" : ">", x, y),
               live_style(live, is_minimum));
}

void draw_tree(Picture& picture, const Figure& figure, const DrawnTree& drawn,
               const std::string& number, double top) {
  constexpr double height = 400.0;
  constexpr std::array<double, 3> lefts = {80.0, 540.0, 1270.0}, widths = {340.0, 600.0, 410.0};
  const auto place = [&](std::size_t column) {
    return Place{lefts[column], top, widths[column], height};
  };
  Plot data;
  add_branches(data, file_of(figure, "outputs" + number), "$1", "2");
  data.add(file_of(figure, "data"), "1:2", given_style);
  picture.panel(place(0))
      .names("", "", fmt::format("ridge {:g}: data and fits at τ = 1", drawn.ridge()))
      .axes(NumberAxis{"x", -3.4, 3.4}, NumberAxis{"y, z", -1.5, 1.6})
      .plot(data);

  // Images under the symmetries of the units.
  Plot angles;
  const auto images = [](int column) {
    return std::array{fmt::format("(${})", column), fmt::format("(-${})", column),
                      fmt::format("(90-${})", column), fmt::format("(90+${})", column)};
  };
  for (const std::string& image : images(2))
    add_branches(angles, file_of(figure, "branches" + number), "$1", image);
  for (const std::string& image : images(2)) {
    angles.add(file_of(figure, "waking" + number), "1:" + image, waking_style);
    angles.add(file_of(figure, "parting" + number), "1:" + image, parting_style);
  }
  Ticks ticks;
  ticks.add("one alone", 0.0).add("equal sizes", 45.0).add("the other", 90.0);
  picture.panel(place(1))
      .names("", "", "angle of the sizes of the two units, with mirror images")
      .axes(NumberAxis{"τ", 0.0, 1.0}, NumberAxis{"", -25.0, 115.0, false, {ticks}})
      .plot(angles);

  double low = 0.0, high = 0.0;
  for (const DrawnPiece& piece : drawn.pieces())
    for (const BranchPlace& at : piece.places) {
      low = std::min(low, at.excess);
      high = std::max(high, at.excess);
    }
  const double margin = 0.08 * (high - low);
  Plot energies;
  const std::string file = file_of(figure, "branches" + number);
  add_branches(energies, file, "$1", "3");
  energies.add(file_of(figure, "waking" + number), "1:3", waking_style)
      .add(file_of(figure, "parting" + number), "1:3", parting_style);
  picture.panel(place(2))
      .names("", "", "energy less that of one live unit")
      .axes(NumberAxis{"τ", 0.0, 1.0}, NumberAxis{"", low - margin, high + margin})
      .plot(energies);
}

}  // namespace

Figure make_bifurcation(const FigureRequest& /*request*/) {
  Figure figure;
  figure.name = "bifurcation";
  figure.width = 1710;
  figure.height = 1090;
  figure.title =
      "Two hidden units on their way from the linear network: units wake, and equal ones part";
  figure.caption =
      "Seven made-up points, two units of tanh with a linear output, ridge 0.05 (above) and 0.02 "
      "(below) on all hidden and output "
      "weights. The linear network has a continuum of solutions, of which two branches set out: "
      "one unit alone, the other one "
      "without weights, and two equal units. In the middle their bifurcations: the angle whose "
      "tangent is the quotient of the sizes of "
      "the units, with its mirror images under exchange and change of sign. A unit wakes at "
      "circles, where |X'e| is the "
      "ridge, and equal units part at squares; each time the Morse index changes by one. Above, "
      "the second unit wakes at "
      "tau = 0.28, is dead again from 0.84 on, and wakes once more at 0.97 on a branch that folds "
      "back to the equal units. "
      "Below it stays awake until 0.96, on a branch that folds four times, and equal units part "
      "three times. Right: what a second "
      "unit is worth. Minima are solid, saddles dashed. The constant, with no live unit, is not "
      "drawn.";
  FigureTable data{"data", {"x", "y"}, {}};
  for (std::size_t i = 0; i < input_values.size(); ++i)
    data.rows.push_back({input_values[i], target_values[i]});
  figure.tables.push_back(std::move(data));
  std::vector<DrawnTree> trees;
  for (const double ridge : bifurcation_ridges) {
    DrawnTree& drawn = trees.emplace_back(ridge);
    add_tree_tables(figure, drawn, fmt::format("{}", trees.size()));
    check_tree(figure, drawn);
  }
  Picture picture = picture_of(figure);
  picture.centred_legend(figure.height - 24.0,
                         {{live_style(1, true), "one live unit"},
                          {live_style(2, true), "two live units"},
                          {line_style(2.4, "#606060", saddle_dash), "saddles"},
                          {waking_style, "a unit wakes"},
                          {parting_style, "equal units part"},
                          {given_style, "data"}});
  constexpr double first = 90.0, pitch = 495.0;
  for (std::size_t i = 0; i < trees.size(); ++i)
    draw_tree(picture, figure, trees[i], fmt::format("{}", i + 1),
              first + pitch * static_cast<double>(i));
  figure.script = std::move(picture).script();
  return figure;
}

}  // namespace tautrack::program
