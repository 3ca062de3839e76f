#pragma once

#include <cstddef>

/// The loops over patterns, where a path spends its time. The same source is compiled once per
/// instruction set (kernels_*.cpp), each copy in its own namespace, and the best one that the
/// processor has is chosen when the program starts.
///
/// This header and those it is implemented in hold plain data, templates of their own namespace and
/// nothing from Eigen or the standard library: an inline function that the linker may share between
/// files would carry, say, AVX-512 instructions into the part that must run everywhere. For the same
/// reason the functions of this header are static.
namespace tautrack::kernels {

using Count = std::ptrdiff_t;

/// A (L x n) lies in panels of this many rows, [panel][column][16], the last one filled up with
/// zeros; data of the patterns beside it in [panel][array][16]. Aligned to 64 bytes.
inline constexpr Count panel_rows = 16;

/// Up to this many columns the loops are compiled for their number.
inline constexpr int most_fixed_columns = 8;

/// Columns for which paths in lanes are compiled. Each takes seconds for each processor, the more the larger it is, and several
/// times as long under sanitizers, where fewer are enough.
#ifdef TAUTRACK_FEW_LANE_COLUMNS
inline constexpr int most_lane_columns = 3;
#else
inline constexpr int most_lane_columns = 6;
#endif

static constexpr Count panels_of(Count patterns) {
  return (patterns + panel_rows - 1) / panel_rows;
}

/// Where sigma is nearer to an end of its range than this part of the range, residuals are summed from
/// the distances to that end: see network/residual.hpp.
inline constexpr double near_end = 0.25;

/// The range of panels [first, last).
struct PanelRange {
  Count first;
  Count last;
};

/// Arrays of what is known of each pattern.
enum PatternArray : Count {
  pattern_target,
  pattern_weight,
  pattern_norm,
  pattern_offset,  ///< A known part of the node input, u = A v + offset.
  pattern_arrays
};

/// Arrays of what an evaluation leaves behind for the series that starts there: u, sigma, sigma',
/// sigma''/sigma', f_u and r.
enum PointArray : Count {
  point_input,
  point_value,
  point_slope,
  point_bend,
  point_gain,
  point_residual,
  point_arrays
};

/// Arrays of one order k of a series: k u_k, s_k, d_k (sigma and sigma'), the coefficient of f_u,
/// that of r, and for arctan and erf that of the quadratic (pi u / 2)^2 or -pi u^2 / 4.
enum SeriesArray : Count {
  series_input,
  series_value,
  series_slope,
  series_gain,
  series_residual,
  series_quadratic,
  series_arrays
};

enum class Sigmoid { tanh, logistic, arctan, erf };

static constexpr Count arrays_of(Sigmoid sigmoid) {
  return sigmoid == Sigmoid::tanh || sigmoid == Sigmoid::logistic ? series_quadratic
                                                                  : series_arrays;
}

/// Arrays of evaluated sigmoids, [array][lanes].
enum SigmoidArray : Count {
  sigmoid_value,   ///< sigma
  sigmoid_slope,   ///< sigma'
  sigmoid_second,  ///< sigma''
  sigmoid_third,   ///< sigma'''
  sigmoid_bend,    ///< sigma''/sigma'
  sigmoid_tail,    ///< distance to the end of the range on the side of u
  sigmoid_arrays
};

/// Fills out[array * count + i] for u[i], i < count: for sigmoids without a vectorised form.
using EvaluateLanes = void (*)(Sigmoid sigmoid, const double* u, Count count, double* out);

/// A network as the loops see it. Either A is there in panels, or `inputs` in its place and a copy in single precision, and the
/// loops of many columns compute with X: what they call v are weights then, and sums are those of X. Where there are panels, those
/// of single precision may be null.
struct Network {
  const double* panels;    ///< A; null: see `inputs`.
  const double* patterns;  ///< [panel][pattern_arrays][16]; weights zero beyond L.
  Count rows;              ///< L
  Count columns;           ///< n
  Sigmoid sigmoid;
  double low, high;  ///< Range of sigma.
  EvaluateLanes lanes;
  const float* single_panels = nullptr;   ///< A.
  const float* single_weights = nullptr;  ///< 16 a panel, zero beyond L.
  const double* inputs = nullptr;         ///< X, L x n, column by column.
};

/// A point of the curve, and where the loops leave its data (may be null).
struct Point {
  const double* v;  ///< n
  double tau;
  double rest;    ///< 1 - tau
  double length;  ///< |v|
  double* data;   ///< [panel][point_arrays][16]
  bool without_hessian =
      false;  ///< Of more columns than are compiled for their number: derivatives() leaves H_v out.
};

/// What one slice of the patterns adds up.
struct Sums {
  double*
      scratch;  ///< scratch_size() numbers, and packing_size() more where `inputs` are the network.
  double* H;    ///< n
  double* H_tau;        ///< n
  double* H_v;          ///< n x n, lower triangle, column by column; not of use at tau = 0.
  double scale;         ///< See Perceptron::gradient().
  double energy;        ///< sum omega r^2
  double displacement;  ///< Largest |u - u_before| / (1 + |u_before|).
};

inline constexpr int max_order = 24;

/// A Taylor series in progress, in double or single precision. order[j] points to the arrays of order j,
/// [panel][arrays][16], for j = 1 ... k + 1; panels are `stride` numbers apart.
template <class Number>
struct SeriesOf {
  int k;                      ///< The order that is appended.
  const Number* v;            ///< n, v_k.
  double tau[max_order + 1];  ///< tau_0 ... tau_k
  Number* order[max_order + 2];
  Count stride;
  const Number* point;  ///< [panel][point_arrays][16]
  bool in_tau;          ///< The parameter is tau: tau_1 = 1, and tau_2 = ... = 0.
};
using Series = SeriesOf<double>;
using SingleSeries = SeriesOf<float>;

/// Patterns of an Amplitude lie in groups of so many, a multiple of all numbers of lanes.
inline constexpr Count amplitude_group = 8;

/// Up to this many columns.
inline constexpr int most_amplitude_columns = 4;

/// Arrays of what is known of each pattern of an Amplitude, behind the columns of A.
enum AmplitudePattern : Count {
  amplitude_target,
  amplitude_weight,
  amplitude_norm,
  amplitude_patterns
};

/// Arrays of one order k of its series: u_k (from the first order on k u_k), sigma and sigma', f and f_u, the weighted
/// residual e and b e.
enum AmplitudeArray : Count {
  amplitude_input,
  amplitude_value,
  amplitude_slope,
  amplitude_output,
  amplitude_gain,
  amplitude_residual,
  amplitude_force,
  amplitude_arrays
};

/// Numbers of one order of a group.
inline constexpr Count amplitude_order_size = amplitude_arrays * amplitude_group;

/// One sigmoid, tanh or logistic, with a linear output: residuals c + b f(A v, tau) - y.
struct Amplitude {
  const double* patterns;  ///< [group][columns + amplitude_patterns][8]; zero beyond L.
  /// [group][orders][amplitude_arrays][8]; the inputs of order 0 are read before they are written.
  double* series;
  Count rows;     ///< L
  Count columns;  ///< 1 to most_amplitude_columns.
  Count orders;   ///< For which there is room.
  bool is_tanh;
};

struct AmplitudePoint {
  const double* v;  ///< columns
  double length;    ///< |v|
  double b, c;
  double unit;  ///< Of b and c, in sizes.
  double tau;
  double rest;  ///< 1 - tau
};

/// The order that is appended to a series.
struct AmplitudeOrder {
  int k;
  const double* v;  ///< v_k
  const double* b;  ///< b_0 ... b_k
  double c;         ///< c_k
  double tau;       ///< tau_0
};

/// Sums over the patterns of an Amplitude. A series has its next coefficients in the first three.
struct AmplitudeSums {
  double v[most_amplitude_columns];  ///< A' (D b e)
  double e, Fe;
  double square;        ///< omega r^2
  double scale;         ///< See HiddenLayer.
  double displacement;  ///< Largest |u - u_before| / (1 + |u_before|), or |u_k| / (1 + |u_0|).
  // Of the Hessian, its triangle row by row from the diagonal on, without factors of the unit; and of H_tau.
  double vv[most_amplitude_columns * (most_amplitude_columns + 1) / 2];
  double vb[most_amplitude_columns], vc[most_amplitude_columns], tau_v[most_amplitude_columns];
  double FF, F, tau_b, tau_c;
};

/// Order of the series of paths in lanes.
inline constexpr int lane_order = 8;

/// What a path in lanes does next.
enum LaneStage {
  lane_idle,     ///< Nothing.
  lane_fresh,    ///< It starts, from no point yet.
  lane_going,    ///< It goes on from the end of its last step.
  lane_shorter,  ///< The last step was refused; a shorter one is tried from the same point.
  lane_arrived,  ///< It is at tau = 1.
  lane_refused   ///< It is for others.
};

/// What is known of each path in lanes, one number a lane.
enum LaneArray : Count {
  lane_stage,         ///< A LaneStage.
  lane_total_weight,  ///< Of its patterns.
  lane_ridge_norm,    ///< See Perceptron::penalty_norm().
  lane_share,         ///< Largest part of the way to tau = 1 that the next step may have.
  lane_newton_steps,  ///< Of the last step.
  lane_gradient,  ///< |H|, its scale and the last Newton step, relative, at the end of the last step.
  lane_scale,
  lane_last_step,
  lane_arrays
};

/// A point of a path in lanes, and its coordinates behind these.
enum LaneNode : Count { lane_tau, lane_arclength, lane_energy, lane_node_arrays };

/// Conditions that a step of paths in lanes has to meet: see path/monotone_steps.hpp.
struct LaneRules {
  double tolerance;             ///< Of the series.
  double agreement;             ///< The curve agrees with the series to this.
  double distance;              ///< From the predicted to the corrected point, at most.
  double displacement;          ///< Likewise, of node inputs.
  double half_angle_sine;       ///< Of the angle between expected and true tangents.
  double contraction;           ///< Ratio of the first two Newton steps.
  double length;                ///< Of the step.
  double furthest;              ///< Multiple of the length of the plain series.
  double smallest_denominator;  ///< Of the approximant.
  double regularisation;        ///< Of its normal equations.
  double rounding;              ///< |H| below this multiple of its scale is zero.
  double margin;                ///< See MorseIndex::margin().
  double newton_tolerance;      ///< As in CorrectorOptions, like the next three.
  double max_contraction;
  double reuse;
  int max_iterations;
};

/// Natural paths of networks of one shape, one a lane, as functions of tau. Row i of the problem in lane j is row i * lanes + j
/// of `network`; of its panels also those in single precision are there. Arrays are aligned to 64 bytes.
struct LaneBlock {
  Network network;      ///< Of rows * lanes rows.
  const double* ridge;  ///< [n * n][lanes], ridge M; null: none.
  double* numbers;      ///< [lane_arrays][lanes]
  double* from;  ///< [lane_node_arrays + n][lanes], where the last step began, v behind the others.
  double* to;    ///< The same, where it ended.
  double* eigenvalues;  ///< [n][lanes], of the Hessian in arrived lanes, ascending.
  double* point;        ///< See Point::data.
  float* single_point;
  float* orders;  ///< [lane_order][panel][series_arrays][16]
  LaneRules rules;
};

/// One term of a sum over arrays of numbers; the arrays are aligned to 64 bytes.
struct Term {
  const double* first;
  const double* second;  ///< Not read where there is no product.
  double factor;
};

struct Kernels {
  const char* name;
  Count lanes;  ///< Doubles in a vector.

  /// Numbers of scratch that is enough for every other function, a multiple of 8.
  Count (*scratch_size)(Count columns);

  /// Numbers beside these where there are no panels, likewise.
  Count (*packing_size)(Count columns);

  void (*gradient)(const Network&, const Point&, PanelRange, Sums&);
  void (*derivatives)(const Network&, const Point&, PanelRange, Sums&);

  /// The same, H_v by the copy of A in single precision: to 1e-6 or so of its largest entries.
  void (*derivatives_single)(const Network&, const Point&, PanelRange, Sums&);

  /// The energy alone, into Sums::energy.
  void (*energy)(const Network&, const Point&, PanelRange, Sums&);

  /// Completes order k; Sums::H is the gradient's coefficient of order k + 1, see
  /// Perceptron::append_series(). Sums::displacement is the largest |u_k| / (1 + |u_0|).
  void (*append_series)(const Network&, const Series&, PanelRange, Sums&);

  /// The same by the copy of A in single precision; sums of blocks are added in double precision.
  void (*append_series_single)(const Network&, const SingleSeries&, PanelRange, Sums&);

  /// out[i] = in[i], zero where a float would lose digits.
  void (*narrow)(const double* in, Count count, float* out);

  /// max_i |(A dv)_i| / (1 + |u_i|), u = A v + offset.
  double (*displacement)(const Network&, const double* v, const double* dv, double* scratch);

  /// A v, without an offset, 16 numbers a panel.
  void (*multiply)(const Network&, const double* v, double* scratch, double* u);

  /// by_v = A' g, g with 16 numbers a panel.
  void (*multiply_transposed)(const Network&, const double* g, double* scratch, double* by_v);

  /// G = A' diag(c) A (n x n, column by column), its lower triangle alone; c has 16 numbers a panel,
  /// null stands for ones.
  void (*symmetric_product)(const double* panels, PanelRange, Count columns, const double* c,
                            double* scratch, double* G);

  /// Panels from X (L x n, column by column), row i times factor[i] (null: ones).
  void (*pack)(const double* X, Count rows, Count columns, const double* factor, double* panels);

  /// The same, unless `panels` is null, and the lower triangle G of their A' A. scratch: packing_size() numbers more where it is.
  void (*pack_and_multiply)(const double* X, Count rows, Count columns, const double* factor,
                            double* panels, double* scratch, double* G);

  /// Panels in single precision from X, column j times factor[j], and the norms of its rows, 16 a panel.
  void (*narrow_columns)(const double* X, Count rows, Count columns, const double* factor,
                         float* panels, double* norms);

  /// Panels times the inverse of L', L a lower triangle (n x n, column by column), in place; then
  /// row i is multiplied by factor[i] (16 a panel; null: ones) and its norm stored in norms[i].
  void (*solve_triangular)(double* panels, PanelRange, Count columns, const double* L,
                           const double* factor, double* norms, double* scratch);

  /// G = L L' in place, lower triangles column by column; the smallest entry of the diagonal of L,
  /// 0 when G is not positive definite to rounding.
  double (*cholesky)(double* G, Count columns);

  /// The inverse of a lower triangle; what is above the diagonal is neither read nor written.
  void (*invert_lower)(const double* L, Count columns, double* inverse);

  /// The sigmoid at u[0 ... count), count a multiple of 8: out[array * count + i].
  void (*evaluate)(const Network&, const double* u, Count count, double* out);

  /// out[i] = sum_j factor_j first_j[i] second_j[i], and the same without second; size is a multiple of 8 and
  /// out is none of the arrays.
  void (*sum_products)(const Term* terms, int count, Count size, double* out);
  void (*sum_multiples)(const Term* terms, int count, Count size, double* out);

  /// sum_j factor_j sum_i first_j[i] second_j[i]
  double (*inner_product)(const Term* terms, int count, Count size);

  /// Sets order 0 of the series and the sums; gradient() those of the first lines alone.
  void (*amplitude_gradient)(const Amplitude&, const AmplitudePoint&, AmplitudeSums&);
  void (*amplitude_derivatives)(const Amplitude&, const AmplitudePoint&, AmplitudeSums&);
  /// Completes order k; the sums of order k + 1 with v_(k + 1), b_(k + 1) and c_(k + 1) zero.
  void (*amplitude_series)(const Amplitude&, const AmplitudeOrder&, AmplitudeSums&);

  /// One step of each path, tried and judged; up to most_lane_columns unknowns. What becomes of a lane does not depend on the
  /// others, to the last bit.
  void (*lane_step)(LaneBlock&);
};

/// The best ones for this processor, or those chosen by force().
const Kernels& active();

/// All that this processor can run, the most portable first; ends with null.
const Kernels* const* available();

/// Makes active() answer `kernels`; null: the best. For tests and benchmarks, not while others
/// compute.
void force(const Kernels* kernels);

/// One per instruction set; null where it was not compiled.
const Kernels* baseline_kernels();
const Kernels* avx2_kernels();
const Kernels* avx512_kernels();

}  // namespace tautrack::kernels
