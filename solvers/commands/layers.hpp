#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tautrack/network/layer.hpp"
#include "tautrack/topology/labelled_points.hpp"
#include "tautrack/topology/persistent_homology.hpp"

#include "commands/outputs.hpp"

namespace tautrack::program {

/// What the user asks of `tautrack layers`.
struct LayersRequest {
  std::string file;          ///< Data file; "-": standard input.
  TableOptions table;        ///< How it is read.
  std::string weights_file;  ///< Layers, see read_layers() ...
  bool is_fit = false;       ///< ... or a report of solve, see read_fitted_layers().
  std::string problem;       ///< Of that; empty: the only one.
  std::string label;         ///< Column of labels; empty: a last column that is no coordinate.
  double tau = 1.0;          ///< In [0, 1].
  bool homology = false;     ///< Whether Betti numbers are wanted.
  HomologyOptions
      barcode;       ///< Its dimension is lowered for points of few coordinates. Barcodes that
                     ///< its stop leaves out are said.
  double gap = 2.0;  ///< See decide_betti(). > 1.
  int threads = 1;   ///< > 0
  OutputRequest outputs;
};

/// What is known of one layer.
struct LayerFacts {
  HomeomorphismVerdict verdict;
  double condition = 0.0;  ///< Largest singular value of W over the smallest; infinity: singular.
  std::optional<double> inverse_slope;  ///< max |J^-1| over the data; of square layers.
};

/// The homology of the data, or of those with one label, after some layer.
struct SetHomology {
  std::string name;  ///< The label; empty: all data.
  Index points = 0;
  PersistentHomology homology;
  std::optional<BettiDecision> betti;  ///< Nothing unless the homology is complete.
};

/// The data after some layers.
struct Stage {
  Matrix points;                  ///< d x N, points are columns.
  Vector low, high;               ///< d, their range.
  std::vector<SetHomology> sets;  ///< All data, then one a label; empty unless asked for.
};

/// What a layer did to the shape of the data.
enum class ShapeChange {
  preserved,      ///< The same Betti numbers before and after.
  changed,        ///< Others after: no homeomorphism on these data.
  contradictory,  ///< Others after a layer that is proven to be a homeomorphism.
  undecided       ///< Before or after they are not clear.
};
[[nodiscard]] std::string_view to_string(ShapeChange change) noexcept;

/// What Betti numbers say about one layer.
struct Conclusion {
  std::size_t layer = 0;  ///< Counted from 1; 0: all layers together.
  std::string set;        ///< As SetHomology::name.
  ShapeChange change = ShapeChange::undecided;
  std::string sentence;
};

/// Data carried through layers.
struct CarriedData {
  LabelledPoints data;
  std::vector<Layer> layers;
  std::vector<LayerFacts> facts;  ///< By layer.
  HomeomorphismVerdict verdict;   ///< Of all layers together.
  std::vector<Stage> stages;      ///< One more than layers.
  std::vector<Conclusion> conclusions;
  std::vector<std::string> unresolved;  ///< Sentences: what is undecided, and why.
};

/// "all data", or "the data labelled 'a'".
[[nodiscard]] std::string set_text(const std::string& name);

/// The subcommand with all its options, which fill the request.
[[nodiscard]] Command layers_command(LayersRequest& request);

/// Refuses options that are unusable together.
/// @throws UsageError
void check_request(const LayersRequest& request);

/// Carries the data through the layers, which both are there, and concludes.
/// @throws UsageError where numbers overflow.
void carry_through(const LayersRequest& request, CarriedData& carried);

/// Runs the subcommand and writes its results. Returns the exit status.
/// @throws UsageError, DataError: unusable input, option or output.
int run_layers(LayersRequest request);

}  // namespace tautrack::program
