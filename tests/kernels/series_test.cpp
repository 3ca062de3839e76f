#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "kernels/panels.hpp"

namespace series_test {

namespace {

using tautrack::Activation;
using tautrack::ActivationValues;
using tautrack::Index;
using tautrack::Matrix;
using tautrack::Vector;
using tautrack::test::for_each_instruction_set;
using tautrack::test::in_panels;

namespace kernels = tautrack::kernels;

constexpr std::array<Activation, 4> all_activations{Activation::tanh, Activation::logistic,
                                                    Activation::arctan, Activation::erf};

/// Coefficients of orders 1, 2, 3, 7, 13 and 20 of sigma(u(a)) and sigma'(u(a)) for
/// u(a) = u_0 + 0.7 a - 0.2 a^2 (mpmath, contour integrals with 420 digits).
constexpr std::array<int, 6> series_orders{1, 2, 3, 7, 13, 20};
struct SeriesReference {
  Activation activation;
  double u_0;
  std::array<double, 6> value;
  std::array<double, 6> slope;
};

constexpr SeriesReference series_references[] = {
    {Activation::tanh,
     0.3,
     {0.640595873278640406, -0.313656952524682147, -0.00334736945057727837, 0.0178954601497348785,
      0.000666445317238427616, -0.0000133667513435803851},
     {-0.373227314741018009, -0.227618620354484367, 0.403804960703908256, -0.0422144962857945382,
      -0.00251160279436582819, -0.0000894246777155281442}},
    {Activation::tanh,
     3.0,
     {0.00690622601580813345, -0.00678365855203343449, 0.00497147587220960005,
      0.000320776734451959313, -1.43868675705983243e-7, 3.90264728420697849e-10},
     {-0.0137441460541297041, 0.0134525274213955983, -0.00980008244061326875,
      -0.000575442851273313629, 1.58714675360271099e-6, -2.23747492523230013e-10}},
    {Activation::tanh,
     25.0,
     {5.40049957429896945e-22, -5.32334958038041269e-22, 3.92436302399058436e-22,
      2.75961687891424495e-23, 4.7092351532607654e-26, -3.71912731079326321e-30},
     {-1.08009991485979389e-21, 1.06466991607608254e-21, -7.84872604798116873e-22,
      -5.51923375782848989e-23, -9.41847030652153079e-26, 7.43825462158652641e-30}},
    {Activation::logistic,
     0.3,
     {0.171120818183522098, -0.057808727407265355, -0.0014273015189569741, 0.000236254818830511265,
      3.94330814949841091e-7, -3.5471605042344914e-10},
     {-0.0254773287689033684, -0.0206754800920461017, 0.0199970572987994131,
      -0.000277771327698493021, -1.07516113184221293e-6, -3.3848241197074926e-10}},
    {Activation::logistic,
     3.0,
     {0.0316236618116384908, -0.019053767738113578, 0.00760738031001874558, -6.80253197502538317e-7,
      6.52312817864159755e-9, 8.75366548712482134e-12},
     {-0.0286241022626604332, 0.0162464286071315194, -0.00568070718805058648,
      0.0000734563047614024967, -1.03390348296243627e-7, -4.09704491832023384e-11}},
    {Activation::logistic,
     25.0,
     {9.72156070520478882e-12, -6.18013501964282141e-12, 2.73823959851252108e-12,
      3.295780555305264e-14, 4.61288669124413397e-18, -2.18589539080767819e-23},
     {-9.72156070493476384e-12, 6.18013501937665393e-12, -2.73823959831630293e-12,
      -3.29578055392545556e-14, -4.61288666769795823e-18, 2.18589520485131376e-23}},
    {Activation::arctan,
     0.3,
     {0.572800440629815966, -0.406523814268575437, 0.0871847591972925298, 0.0978100486888144455,
      -0.0461175388894082813, -0.14371652362436636},
     {-0.69390441576342698, -0.0228678410192760273, 1.0003726517904891, -2.11882193373784645,
      -4.5198802643124384, 13.7418251691732729}},
    {Activation::arctan,
     3.0,
     {0.0301638198316104205, -0.0153531735227007913, 0.00532973301412108612,
      0.000112989852375255611, 2.4692712843559523e-7, -4.86331809318082543e-11},
     {-0.0192426836717080383, 0.0118458936766857759, -0.00545964660991201639,
      -0.000201956104685671759, -6.55489313349375942e-7, -4.12496288653192906e-11}},
    {Activation::arctan,
     25.0,
     {0.000453624747221238549, -0.000142300332540382618, 7.60839675878299547e-6,
      1.16687260913143484e-9, 1.62933495210460768e-15, -2.23214117304562989e-22},
     {-0.0000362664625878371945, 0.0000118837217731630119, -9.26398347638581622e-7,
      -2.43205395468319554e-10, -5.59155675198624189e-16, 1.12209330170514167e-22}},
    {Activation::erf,
     0.3,
     {0.652228199769563471, -0.293925268565033514, -0.0103694645962621862, 0.00747026547173622643,
      0.0000359297227002619495, -4.03147341450598405e-8},
     {-0.30735529812902349, -0.220072161486279959, 0.288646147464870521, -0.00995641024589312996,
      -0.0000901611365589706591, -3.0459467877349755e-8}},
    {Activation::erf,
     3.0,
     {0.000596006839963610587, -0.00115330329126847853, 0.0015661485728522592,
      0.000577020693948731777, -3.23770238689729285e-6, -2.11440929475298801e-9},
     {-0.00280861606487841992, 0.00510714184657915687, -0.00647247211834123435,
      -0.00148002819949750534, 0.000010616770059866632, -7.95896292486135012e-9}},
    {Activation::erf,
     25.0,
     {4.58450818276230234e-214, -6.43214848501757225e-213, 6.12792707672489022e-212,
      5.74150086609864385e-209, 4.9340633260468782e-206, -7.16325975144492865e-204},
     {-1.80033215341104278e-212, 2.52337833840146495e-211, -2.40166831578947694e-210,
      -2.24166440817336792e-207, -1.91593064270618383e-204, 2.76455300277722587e-202}},
};

/// u(a) = u_0 + 0.7 a - 0.2 a^2.
constexpr std::array<double, 2> input_coefficients{0.7, -0.2};

/// The series of sigma(u(a)) and sigma'(u(a)) up to an order, for u(a) with these coefficients in
/// each of L patterns: a network of one column of ones.
class SeriesOf {
 public:
  SeriesOf(const kernels::Kernels& loops, Activation activation, const std::vector<double>& u,
           Index L = 1)
      : panels_(in_panels(Matrix::Ones(L, 1))),
        patterns_(in_panels(ones_without_offset(L))),
        view_(tautrack::network_view(activation, panels_.get(), patterns_.get(), L, 1)) {
    const kernels::PanelRange all{0, kernels::panels_of(L)};
    const Index padded = all.last * kernels::panel_rows;
    const Index arrays = kernels::arrays_of(view_.sigmoid);
    const auto orders = static_cast<Index>(u.size());
    point_ = kernels::numbers(padded * kernels::point_arrays);
    std::fill_n(point_.get(), padded * kernels::point_arrays, 0.0);
    memory_ = kernels::numbers(padded * arrays * (orders + 1));
    const kernels::Numbers scratch = kernels::numbers(loops.scratch_size(1));
    double H = 0.0;
    kernels::Sums sums{};
    sums.scratch = scratch.get();
    sums.H = &H;
    loops.gradient(view_, {u.data(), 0.5, 0.5, 1.0, point_.get()}, all, sums);
    series_.stride = arrays * kernels::panel_rows;
    series_.point = point_.get();
    series_.tau[0] = 0.5;
    for (Index k = 1; k <= orders; ++k)
      series_.order[k] = memory_.get() + k * padded * arrays - padded * arrays;
    series_.order[orders] = memory_.get() + orders * padded * arrays;
    for (Index k = 1; k < orders; ++k) {
      series_.k = static_cast<int>(k);
      series_.v = u.data() + k;
      loops.append_series(view_, series_, all, sums);
    }
  }

  [[nodiscard]] double value(int k, Index pattern = 0) const {
    return k == 0 ? at(point_.get(), kernels::point_arrays, kernels::point_value, pattern)
                  : at(series_.order[k], kernels::arrays_of(view_.sigmoid), kernels::series_value,
                       pattern);
  }
  [[nodiscard]] double slope(int k, Index pattern = 0) const {
    return k == 0 ? at(point_.get(), kernels::point_arrays, kernels::point_slope, pattern)
                  : at(series_.order[k], kernels::arrays_of(view_.sigmoid), kernels::series_slope,
                       pattern);
  }

 private:
  static Matrix ones_without_offset(Index L) {
    Matrix patterns = Matrix::Ones(L, Index{kernels::pattern_arrays});
    patterns.col(kernels::pattern_offset).setZero();
    return patterns;
  }
  static double at(const double* data, Index arrays, Index array, Index pattern) {
    return data[(pattern / kernels::panel_rows * arrays + array) * kernels::panel_rows +
                pattern % kernels::panel_rows];
  }

  kernels::Numbers panels_, patterns_, point_, memory_;
  kernels::Network view_;
  kernels::Series series_{};
};

/// Coefficients of u(a) up to an order.
std::vector<double> inputs(double u_0, int order) {
  std::vector<double> u(static_cast<std::size_t>(order + 1), 0.0);
  u[0] = u_0;
  u[1] = input_coefficients[0];
  u[2] = input_coefficients[1];
  return u;
}

}  // namespace

TEST_CASE("series coefficients agree with high-precision references up to order 20") {
  for_each_instruction_set([&](const kernels::Kernels& loops) {
    for (const SeriesReference& reference : series_references) {
      const auto name = tautrack::to_string(reference.activation);
      CAPTURE(loops.name);
      CAPTURE(name);
      CAPTURE(reference.u_0);
      const SeriesOf series(loops, reference.activation, inputs(reference.u_0, 20));
      for (std::size_t i = 0; i < series_orders.size(); ++i) {
        const int k = series_orders[i];
        CAPTURE(k);
        // The loss beyond rounding is where a coefficient cancels: 6e-14 for arctan at 3, k = 20.
        CHECK(series.value(k) == doctest::Approx(reference.value[i]).epsilon(2e-13).scale(0.0));
        CHECK(series.slope(k) == doctest::Approx(reference.slope[i]).epsilon(2e-13).scale(0.0));
      }
    }
  });
}

TEST_CASE("the first series coefficients are the chain rule applied to evaluate()") {
  for_each_instruction_set([&](const kernels::Kernels& loops) {
    for (const Activation activation : all_activations) {
      const auto name = tautrack::to_string(activation);
      CAPTURE(loops.name);
      CAPTURE(name);
      for (const double u_0 : {-2.0, -0.3, 0.0, 0.8, 6.0, 25.0}) {
        CAPTURE(u_0);
        const double u_1 = 0.9, u_2 = -0.4, u_3 = 0.25;
        const SeriesOf series(loops, activation, {u_0, u_1, u_2, u_3});
        const ActivationValues at = evaluate(activation, u_0);
        const double size = at.first + std::abs(at.second) + std::abs(at.third);
        const auto agree = [size](double a, double b) { return std::abs(a - b) <= 1e-14 * size; };
        CHECK(agree(series.value(1), at.first * u_1));
        CHECK(agree(series.value(2), at.first * u_2 + at.second * u_1 * u_1 / 2.0));
        CHECK(agree(series.value(3),
                    at.first * u_3 + at.second * u_1 * u_2 + at.third * u_1 * u_1 * u_1 / 6.0));
        CHECK(agree(series.slope(1), at.second * u_1));
        CHECK(agree(series.slope(2), at.second * u_2 + at.third * u_1 * u_1 / 2.0));
      }
    }
  });
}

TEST_CASE("a long series summed at small a is the function there, in every pattern") {
  const double a = 0.1;
  const int order = kernels::max_order;
  for_each_instruction_set([&](const kernels::Kernels& loops) {
    for (const Activation activation : all_activations) {
      const auto name = tautrack::to_string(activation);
      CAPTURE(loops.name);
      CAPTURE(name);
      for (const double u_0 : {-5.0, -1.0, -0.1, 0.0, 0.3, 2.0, 5.0}) {
        const double u = u_0 + a * (input_coefficients[0] + a * input_coefficients[1]);
        const ActivationValues direct = evaluate(activation, u);
        const SeriesOf series(loops, activation, inputs(u_0, order), 27);
        CAPTURE(u);
        for (Index i = 0; i < 27; ++i) {
          double value = 0.0, slope = 0.0;
          for (int k = order; k >= 0; --k) {
            value = a * value + series.value(k, i);
            slope = a * slope + series.slope(k, i);
          }
          CHECK(value == doctest::Approx(direct.value).epsilon(1e-13).scale(0.0));
          CHECK(slope == doctest::Approx(direct.first).epsilon(1e-13).scale(0.0));
          // Cut off after the first order the sum is not.
          CHECK(std::abs(series.slope(0, i) + a * series.slope(1, i) - direct.first) >
                1e-5 * direct.first);
        }
      }
    }
  });
}

}  // namespace series_test
