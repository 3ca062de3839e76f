#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/data/dataset.hpp"
#include "tautrack/network/perceptron.hpp"

namespace tautrack::program {

/// A number that a figure shows, beside what it must be.
struct FigureCheck {
  std::string what;        ///< In words.
  double value = 0.0;      ///< As the figure computes it.
  double reference = 0.0;  ///< As it is known.
  double tolerance = 0.0;  ///< Relative, or absolute where the reference is 0. >= 0.

  [[nodiscard]] bool holds() const;
};

/// A table of a figure, written as CSV: a header line, then rows of numbers. Empty rows separate
/// pieces of curves, as gnuplot has it.
struct FigureTable {
  std::string
      name;  ///< Of the file, after the name of the figure: "manifold" for NAME-manifold.csv.
  std::vector<std::string> columns;
  std::vector<std::vector<double>> rows;  ///< Each of so many numbers, or empty.
};

/// A figure before it is drawn.
struct Figure {
  std::string name;                 ///< "projections"
  std::string title;                ///< One line.
  std::string caption;              ///< What to see, two or three sentences.
  int width = 1600, height = 1200;  ///< Pixels of its PNG form.
  std::vector<FigureTable> tables;
  /// gnuplot commands that set no terminal and no output; they read the tables as
  /// 'NAME-TABLE.csv', separated by commas, with a header line.
  std::string script;
  std::vector<FigureCheck> checks;
  std::string html;  ///< A self-contained page, for figures that move; empty: none.
};

/// What the user asks of all figures.
struct FigureRequest {
  std::optional<Problem> problem;  ///< The user's data; nothing: those of the thesis.
  PerceptronOptions network;       ///< Of the user's problem.
  bool train = false;              ///< Train the spiral network instead of using the listed one.
  std::uint64_t seed = 0;
  int threads = 1;
};

/// A driver: makes one figure.
struct FigureDriver {
  std::string_view name;
  std::string_view about;  ///< One line for the help.
  bool takes_data;         ///< Whether it can show the user's data.
  Figure (*make)(const FigureRequest& request);
  /// Why it cannot show these data, in words that follow "the figure NAME"; nothing: it can.
  std::optional<std::string> (*refuses)(const Problem& problem) = nullptr;
};

/// All drivers, in the order in which they are drawn.
[[nodiscard]] const std::vector<FigureDriver>& figure_drivers();

}  // namespace tautrack::program
