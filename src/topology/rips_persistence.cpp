#include "topology/rips_persistence.hpp"

#ifdef TAUTRACK_WITH_GUDHI

// Parts of GUDHI under the MIT licence. The alpha complexes are not: they need CGAL.
#define GUDHI_COLLAPSE_USE_DENSE_ARRAY
#include <algorithm>
#include <array>
#include <cstddef>
#include <gudhi/Flag_complex_edge_collapser.h>
#include <gudhi/Persistent_cohomology.h>
#include <gudhi/Simplex_tree.h>
#include <iterator>
#include <limits>
#include <tuple>

namespace tautrack::detail {
namespace {

using Edge = std::tuple<int, int, double>;

/// Sorting is looked at after so many: they take less than a millisecond.
constexpr long comparisons_of_a_look = 4096;

/// A simplex tree that looks at a stop condition while GUDHI works on it. In place of its members of
/// the same name GUDHI's algorithms call those of this class.
class Tree : public Gudhi::Simplex_tree<Gudhi::Simplex_tree_options_full_featured> {
 public:
  explicit Tree(const StopCondition& stop) : stop_(stop) {}

  auto boundary_simplex_range(const Simplex_handle& simplex) {
    look_at(stop_);
    return Simplex_tree::boundary_simplex_range(simplex);
  }

  /// By filtration; where that is the same, by the vertices from the last one on, so that faces come
  /// first.
  const std::vector<Simplex_handle>& filtration_simplex_range() {
    if (in_order_.empty()) {
      const auto all = complex_simplex_range();
      in_order_.reserve(num_simplices());
      in_order_.assign(all.begin(), all.end());
      std::stable_sort(in_order_.begin(), in_order_.end(), [this](auto a, auto b) {
        if (++comparisons_ % comparisons_of_a_look == 0) look_at(stop_);
        if (filtration(a) != filtration(b)) return filtration(a) < filtration(b);
        const auto of_a = simplex_vertex_range(a), of_b = simplex_vertex_range(b);
        return std::lexicographical_compare(of_a.begin(), of_a.end(), of_b.begin(), of_b.end());
      });
    }
    return in_order_;
  }

  [[nodiscard]] Simplex_handle simplex(Simplex_key key) const { return in_order_[key]; }

 private:
  const StopCondition& stop_;
  std::vector<Simplex_handle> in_order_;
  long comparisons_ = 0;
};

using Cohomology =
    Gudhi::persistent_cohomology::Persistent_cohomology<Tree,
                                                        Gudhi::persistent_cohomology::Field_Zp>;

/// Neighbours of each vertex with a larger number, in order.
std::vector<std::vector<int>> later_neighbours(int vertices, const std::vector<Edge>& edges) {
  std::vector<std::vector<int>> later(static_cast<std::size_t>(vertices));
  for (const auto& [u, v, length] : edges)
    later[static_cast<std::size_t>(std::min(u, v))].push_back(std::max(u, v));
  for (std::vector<int>& list : later) std::sort(list.begin(), list.end());
  return later;
}

/// Simplices up to a dimension, 1 to 3; some number above `most` where there are more.
/// @throws HomologyStopped
long count_simplices(int vertices, const std::vector<Edge>& edges, int dimension, long most,
                     const StopCondition& stop) {
  const std::vector<std::vector<int>> later = later_neighbours(vertices, edges);
  const auto list = [&](int v) -> const std::vector<int>& {
    return later[static_cast<std::size_t>(v)];
  };
  long count = vertices + static_cast<long>(edges.size());
  std::vector<int> common, inner;
  for (int u = 0; u < vertices && dimension >= 2; ++u)
    for (const int v : list(u)) {
      look_at(stop);
      common.clear();
      std::set_intersection(list(u).begin(), list(u).end(), list(v).begin(), list(v).end(),
                            std::back_inserter(common));
      count += static_cast<long>(common.size());
      for (std::size_t i = 0; i < common.size() && dimension >= 3 && count <= most; ++i) {
        inner.clear();
        const std::vector<int>& third = list(common[i]);
        std::set_intersection(common.begin(), common.end(), third.begin(), third.end(),
                              std::back_inserter(inner));
        count += static_cast<long>(inner.size());
      }
      if (count > most) return count;
    }
  return count;
}

}  // namespace

RipsOutcome rips_persistence(int vertices, const std::vector<WeightedEdge>& edges,
                             const HomologyOptions& options) {
  std::vector<Edge> graph;
  graph.reserve(edges.size());
  for (const WeightedEdge& edge : edges) graph.emplace_back(edge.from, edge.to, edge.length);
  if (options.dimension > 0 && !graph.empty()) {
    // GUDHI sorts them, too, which takes long unless they are.
    long comparisons = 0;
    std::sort(graph.begin(), graph.end(), [&](const Edge& a, const Edge& b) {
      if (++comparisons % comparisons_of_a_look == 0) look_at(options.stop);
      return std::get<2>(a) > std::get<2>(b);
    });
    graph = Gudhi::collapse::flag_complex_collapse_edges(graph, [&](double length) {
      look_at(options.stop);
      return length;
    });
  }
  std::sort(graph.begin(), graph.end(), [](const Edge& a, const Edge& b) {
    return std::tie(std::get<2>(a), a) < std::tie(std::get<2>(b), b);
  });
  const int top = options.dimension + 1;
  const auto simplices_of = [&](std::size_t edge_count) {
    return count_simplices(vertices, {graph.begin(), graph.begin() + std::ptrdiff_t(edge_count)},
                           top, options.simplices, options.stop);
  };
  RipsOutcome outcome;
  std::size_t kept = graph.size();
  outcome.simplices = simplices_of(kept);
  outcome.is_whole = outcome.simplices <= options.simplices;
  if (!outcome.is_whole) {
    std::size_t too_many = kept;
    kept = 0;
    while (too_many - kept > 1) {
      const std::size_t middle = kept + (too_many - kept) / 2;
      (simplices_of(middle) <= options.simplices ? kept : too_many) = middle;
    }
    // Of equally long edges all or none.
    const double first_out = std::get<2>(graph[too_many - 1]);
    while (kept > 0 && std::get<2>(graph[kept - 1]) >= first_out) --kept;
    graph.resize(kept);
    outcome.simplices = simplices_of(kept);
  }
  outcome.edges = static_cast<long>(kept);
  outcome.scale = graph.empty() ? 0.0 : std::get<2>(graph.back());
  outcome.fits = outcome.simplices <= options.simplices;
  if (!outcome.fits) return outcome;

  Tree tree(options.stop);
  for (int v = 0; v < vertices; ++v) tree.insert_simplex(std::array<int, 1>{v}, 0.0);
  for (const auto& [u, v, length] : graph) tree.insert_simplex(std::array<int, 2>{u, v}, length);
  tree.expansion(top);
  // Homology of the dimension of the complex itself is wanted where that has no larger simplices.
  Cohomology cohomology(tree, tree.dimension() < top);
  cohomology.init_coefficients(options.field);
  cohomology.compute_persistent_cohomology(0.0);
  for (const auto& [birth, death, characteristic] : cohomology.get_persistent_pairs()) {
    const int dimension = tree.dimension(birth);
    if (dimension > options.dimension) continue;
    outcome.intervals.push_back({dimension, tree.filtration(birth),
                                 death == tree.null_simplex()
                                     ? std::numeric_limits<double>::infinity()
                                     : tree.filtration(death)});
  }
  return outcome;
}

}  // namespace tautrack::detail

#endif
