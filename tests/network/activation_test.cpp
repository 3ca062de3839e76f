#include "tautrack/network/activation.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace {

using std::numbers::pi;
using tautrack::Activation;
using tautrack::ActivationSeries;
using tautrack::ActivationValues;
using tautrack::evaluate;
using tautrack::Index;
using tautrack::Vector;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr std::array<Activation, 4> all_activations{Activation::tanh, Activation::logistic,
                                                    Activation::arctan, Activation::erf};

/// sigma and its derivatives at the double nearest to u, to 20 digits (mpmath, 60 digits).
struct Reference {
  Activation activation;
  double u;
  double value;
  double value_at_minus_u;
  double first;
  double second;
  double third;
  double tail;
};

constexpr Reference references[] = {
    // tanh
    {Activation::tanh, 0.0, 0.0, 0.0, 1.0, 0.0, -2.0, 1.0},
    {Activation::tanh, 1e-300, 1.0000000000000000251e-300, -1.0000000000000000251e-300, 1.0,
     -2.0000000000000000501e-300, -2.0, 1.0},
    {Activation::tanh, 1e-8, 9.9999999999999998759e-9, -9.9999999999999998759e-9,
     0.9999999999999999, -1.9999999999999997752e-8, -1.9999999999999992, 0.99999999},
    {Activation::tanh, 0.1, 0.099667994624955822614, -0.099667994624955822614,
     0.99006629084743977725, -0.19735584350906515175, -1.9211223982446841705,
     0.90033200537504417739},
    {Activation::tanh, 0.35, 0.33637554433633219337, -0.33637554433633219337,
     0.88685149317243621487, -0.59663030752273445095, -1.1716274529633332099,
     0.66362445566366780663},
    {Activation::tanh, 0.3501, 0.33646422650230268411, -0.33646422650230268411,
     0.8867918242842071561, -0.59674745045270335676, -1.1712311405670442203,
     0.66353577349769731589},
    {Activation::tanh, 1.0, 0.76159415595576488812, -0.76159415595576488812, 0.41997434161402606939,
     -0.63970000844922450019, 0.62162668077129626311, 0.23840584404423511188},
    {Activation::tanh, 5.0, 0.99990920426259513121, -0.99990920426259513121,
     0.00018158323094380668413, -0.00036313348792090556523, 0.00072613508895666678552,
     9.079573740486878901e-5},
    {Activation::tanh, 20.0, 0.9999999999999999915, -0.9999999999999999915,
     1.6993417021166355837e-17, -3.3986834042332711385e-17, 6.7973668084665421615e-17,
     8.4967085105831779546e-18},
    {Activation::tanh, 30.0, 1.0, -1.0, 3.5026043050786081354e-26, -7.0052086101572162708e-26,
     1.4010417220314432542e-25, 1.7513021525393040677e-26},
    {Activation::tanh, 300.0, 1.0, -1.0, 1.0601586212017243265e-260, -2.1203172424034486531e-260,
     4.2406344848068973061e-260, 5.3007931060086216327e-261},
    {Activation::tanh, 700.0, 1.0, -1.0, 0.0, 0.0, 0.0, 0.0},
    {Activation::tanh, 1000.0, 1.0, -1.0, 0.0, 0.0, 0.0, 0.0},
    // logistic
    {Activation::logistic, 0.0, 0.5, 0.5, 0.25, 0.0, -0.125, 0.5},
    {Activation::logistic, 1e-300, 0.5, 0.5, 0.25, -1.2500000000000000313e-301, -0.125, 0.5},
    {Activation::logistic, 1e-8, 0.5000000025, 0.4999999975, 0.24999999999999999375,
     -1.2499999999999999845e-9, -0.1249999999999999875, 0.4999999975},
    {Activation::logistic, 0.1, 0.52497918747893998748, 0.47502081252106001252,
     0.24937604019289196775, -0.012458421721467844204, -0.12375441634082925326,
     0.47502081252106001252},
    {Activation::logistic, 0.35, 0.58661757891733005241, 0.41338242108266994759,
     0.24249739502250010043, -0.042009074501216724578, -0.11033252453369063846,
     0.41338242108266994759},
    {Activation::logistic, 0.3501, 0.58664182844676855228, 0.41335817155323144772,
     0.24249319356340072767, -0.042020107352458411939, -0.11032449998406086494,
     0.41335817155323144772},
    {Activation::logistic, 1.0, 0.73105857863000487925, 0.26894142136999512075,
     0.19661193324148185254, -0.090857747672948409442, -0.035325580516235647554,
     0.26894142136999512075},
    {Activation::logistic, 5.0, 0.99330714907571514444, 0.0066928509242848555594,
     0.006648056670790154914, -0.0065590677663225629379, 0.0063828767258019300448,
     0.0066928509242848555594},
    {Activation::logistic, 20.0, 0.99999999793884638181, 2.0611536181902035814e-9,
     2.0611536139418493437e-9, -2.0611536054451408856e-9, 2.0611535884517240221e-9,
     2.0611536181902035814e-9},
    {Activation::logistic, 30.0, 0.99999999999990642377, 9.3576229688392989538e-14,
     9.3576229688384233028e-14, -9.3576229688366720006e-14, 9.3576229688331693963e-14,
     9.3576229688392989538e-14},
    {Activation::logistic, 300.0, 1.0, 5.1482002224120137812e-131, 5.1482002224120137812e-131,
     -5.1482002224120137812e-131, 5.1482002224120137812e-131, 5.1482002224120137812e-131},
    {Activation::logistic, 700.0, 1.0, 9.8596765437597708567e-305, 9.8596765437597708567e-305,
     -9.8596765437597708567e-305, 9.8596765437597708567e-305, 9.8596765437597708567e-305},
    {Activation::logistic, 1000.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0},
    // arctan
    {Activation::arctan, 0.0, 0.0, 0.0, 1.0, 0.0, -4.9348022005446793094, 1.0},
    {Activation::arctan, 1e-300, 1.0000000000000000251e-300, -1.0000000000000000251e-300, 1.0,
     -4.9348022005446794331e-300, -4.9348022005446793094, 1.0},
    {Activation::arctan, 1e-8, 9.9999999999999993868e-9, -9.9999999999999993868e-9,
     0.99999999999999975326, -4.9348022005446769774e-8, -4.9348022005446720037, 0.99999999},
    {Activation::arctan, 0.1, 0.099189498543999244159, -0.099189498543999244159,
     0.97592013583073317529, -0.47000048621712966273, -4.247302947467382525,
     0.90081050145600075584},
    {Activation::arctan, 0.35, 0.32001176313348842731, -0.32001176313348842731,
     0.76789779624839935907, -1.0184615472300063634, -0.20832248296173960796,
     0.67998823686651157269},
    {Activation::arctan, 0.3501, 0.32008854782077089654, -0.32008854782077089654,
     0.76779594905413148384, -1.0184823174532819393, -0.20708208436369463838,
     0.67991145217922910346},
    {Activation::arctan, 1.0, 0.6390929267718916267, -0.6390929267718916267, 0.28840043914200094243,
     -0.41045125168940390628, 0.75785647013377954771, 0.3609070732281083733},
    {Activation::arctan, 5.0, 0.91937685654843399273, -0.91937685654843399273,
     0.015952772771638102644, -0.0062793127250138338451, 0.0036874496757569392309,
     0.080623143451566007273},
    {Activation::arctan, 20.0, 0.97974260310206512515, -0.97974260310206512515,
     0.0010121862773065454073, -0.00010111617562465777245, 1.5146956662622466427e-5,
     0.020257396897934874854},
    {Activation::arctan, 30.0, 0.98649253614830708963, -0.98649253614830708963,
     0.00045011367818529080653, -2.9994071724133421e-5, 2.9976070734870083505e-6,
     0.013507463851692910372},
    {Activation::arctan, 300.0, 0.9986490529126116973, -0.9986490529126116973,
     4.503143439045085163e-6, -3.0020821071628350322e-8, 3.0020640820877092389e-10,
     0.0013509470873883027038},
    {Activation::arctan, 700.0, 0.99942102196738453689, -0.99942102196738453689,
     8.2711101908955358098e-7, -2.3631723856483305189e-9, 1.0127870483601872636e-11,
     0.00057897803261546310572},
    {Activation::arctan, 1000.0, 0.99959471532018254096, -0.99959471532018254096,
     4.0528457031370158113e-7, -8.1056881211623729354e-10, 2.4317051223045809678e-12,
     0.00040528467981745904152},
    // erf
    {Activation::erf, 0.0, 0.0, 0.0, 1.0, 0.0, -1.5707963267948966192, 1.0},
    {Activation::erf, 1e-300, 1.0000000000000000251e-300, -1.0000000000000000251e-300, 1.0,
     -1.5707963267948966586e-300, -1.5707963267948966192, 1.0},
    {Activation::erf, 1e-8, 9.9999999999999999474e-9, -9.9999999999999999474e-9,
     0.99999999999999992146, -1.5707963267948965287e-8, -1.5707963267948962491, 0.99999999},
    {Activation::erf, 0.1, 0.099738816310727939496, -0.099738816310727939496,
     0.99217678029256146061, -0.15585076420147428023, -1.5340266612211573776,
     0.9002611836892720605},
    {Activation::erf, 0.35, 0.33909204767812992715, -0.33909204767812992715, 0.90827210059319203654,
     -0.49934866776972478112, -1.1521792107491578073, 0.66090795232187007285},
    {Activation::erf, 0.3501, 0.33918287239125392723, -0.33918287239125392723,
     0.90822215996588603795, -0.49946387467912812526, -1.1519589702867171469,
     0.66081712760874607277},
    {Activation::erf, 1.0, 0.78990859455606272463, -0.78990859455606272463, 0.45593812776599623677,
     -0.71618593634056915278, 0.40879630176536053669, 0.21009140544393727537},
    {Activation::erf, 5.0, 0.99999999963091411597, -0.99999999963091411597,
     2.9692569965648222489e-9, -2.3320489917570348788e-8, 1.7849460152437055683e-7,
     3.6908588403180028666e-10},
    {Activation::erf, 20.0, 1.0, -1.0, 3.6506030794955504273e-137, -1.1468707815715497181e-135,
     3.597266468094107272e-134, 1.1601823944300441172e-138},
    {Activation::erf, 30.0, 1.0, -1.0, 1.0359060884026988906e-307, -4.8815924357022866202e-306,
     2.298769042594703884e-304, 2.1967093305032045894e-309},
    {Activation::erf, 300.0, 1.0, -1.0, 0.0, 0.0, 0.0, 0.0},
    {Activation::erf, 700.0, 1.0, -1.0, 0.0, 0.0, 0.0, 0.0},
    {Activation::erf, 1000.0, 1.0, -1.0, 0.0, 0.0, 0.0, 0.0},
};

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

/// sigma''' has zeros, where an error relative to itself means nothing: the sum of the absolute
/// values of the terms of its formula, from sigma' at the same place.
double size_of_third(Activation activation, double u, double first) {
  const double p = 0.5 * pi * u;
  switch (activation) {
    case Activation::tanh:  // 2 sigma' (2 - 3 sigma')
      return 2.0 * first * (2.0 + 3.0 * first);
    case Activation::logistic:  // sigma' (1 - 6 sigma')
      return first * (1.0 + 6.0 * first);
    case Activation::arctan:  // pi^2/2 sigma'^3 (3 p^2 - 1)
      return 0.5 * pi * pi * first * first * first * (3.0 * p * p + 1.0);
    case Activation::erf:  // sigma' (p^2 - pi/2)
      break;
  }
  return first * (p * p + 0.5 * pi);
}

/// u(a) = u_0 + 0.7 a - 0.2 a^2.
constexpr std::array<double, 2> input_coefficients{0.7, -0.2};

/// The series of sigma(u(a)) up to this order.
ActivationSeries series_of(Activation activation, const Vector& u_0, int order) {
  ActivationSeries series(activation, u_0.size(), order);
  series.start(u_0);
  for (int k = 1; k <= order; ++k)
    series.append(Vector::Constant(
        u_0.size(), k <= 2 ? input_coefficients[static_cast<std::size_t>(k - 1)] : 0.0));
  return series;
}

}  // namespace

TEST_CASE("value and derivatives agree with high-precision references to a few epsilon") {
  for (const Reference& reference : references) {
    const auto name = tautrack::to_string(reference.activation);
    CAPTURE(name);
    CAPTURE(reference.u);
    const ActivationValues plus = evaluate(reference.activation, reference.u);
    const ActivationValues minus = evaluate(reference.activation, -reference.u);
    const double tolerance = 4.0 * epsilon;
    CHECK(std::abs(plus.value - reference.value) <= tolerance * std::abs(reference.value));
    CHECK(std::abs(minus.value - reference.value_at_minus_u) <=
          tolerance * std::abs(reference.value_at_minus_u));
    const double size = size_of_third(reference.activation, reference.u, reference.first);
    for (const double sign : {1.0, -1.0}) {
      CAPTURE(sign);
      const ActivationValues& values = sign > 0.0 ? plus : minus;
      CHECK(std::abs(values.first - reference.first) <= tolerance * reference.first);
      CHECK(std::abs(sign * values.second - reference.second) <=
            tolerance * std::abs(reference.second));
      CHECK(std::abs(values.third - reference.third) <= 2.0 * tolerance * size);
      CHECK(std::abs(values.tail - reference.tail) <= tolerance * reference.tail);
    }
  }
}

TEST_CASE("values and slopes at zero are exact") {
  for (const Activation activation : all_activations) {
    const auto name = tautrack::to_string(activation);
    CAPTURE(name);
    const bool logistic = activation == Activation::logistic;
    const ActivationValues values = evaluate(activation, 0.0);
    CHECK(values.value == (logistic ? 0.5 : 0.0));
    CHECK(values.first == (logistic ? 0.25 : 1.0));
    CHECK(values.second == 0.0);
    CHECK(values.third < 0.0);
  }
}

TEST_CASE("the slope does not cancel in the tails and underflows only below the range of double") {
  CHECK(evaluate(Activation::tanh, 30.0).first ==
        doctest::Approx(3.5026043050786081e-26).epsilon(1e-15).scale(0.0));
  CHECK(1.0 - std::tanh(30.0) * std::tanh(30.0) == 0.0);  // what the textbook formula makes of it
  // 4 exp(-740) = 1.7e-321, but 4 exp(-760) = 4e-330 is no double.
  CHECK(evaluate(Activation::tanh, 370.0).first > 0.0);
  CHECK(evaluate(Activation::tanh, 380.0).first == 0.0);
  CHECK(evaluate(Activation::logistic, -740.0).first > 0.0);
  CHECK(evaluate(Activation::logistic, -760.0).first == 0.0);
  CHECK(evaluate(Activation::erf, 30.0).first > 0.0);
  CHECK(evaluate(Activation::erf, 31.0).first == 0.0);
  CHECK(evaluate(Activation::arctan, 1e100).first ==
        doctest::Approx(4.0 / (pi * pi) * 1e-200).epsilon(1e-14).scale(0.0));
}

TEST_CASE("the logistic function does not cancel in its lower tail") {
  CHECK(evaluate(Activation::logistic, -700.0).value ==
        doctest::Approx(9.8596765437597708e-305).epsilon(1e-15).scale(0.0));
  CHECK(evaluate(Activation::logistic, 700.0).value == 1.0);
}

TEST_CASE("value and tail add up to the end of the range on the side of u") {
  for (const Activation activation : all_activations) {
    const auto name = tautrack::to_string(activation);
    CAPTURE(name);
    const tautrack::Range range = tautrack::range(activation);
    for (const double u : {0.0, 1e-9, 0.2, 0.45, 0.64, 0.8, 3.0, 12.0, 25.0}) {
      CAPTURE(u);
      const ActivationValues plus = evaluate(activation, u);
      const ActivationValues minus = evaluate(activation, -u);
      CHECK(plus.tail > 0.0);
      CHECK(minus.tail == plus.tail);
      CHECK(std::abs(plus.value + plus.tail - range.high) <= epsilon);
      CHECK(std::abs(minus.value - minus.tail - range.low) <= epsilon);
    }
  }
}

TEST_CASE("the second derivative has the sign of -u and the third its zeros where they belong") {
  for (const Activation activation : all_activations) {
    const auto name = tautrack::to_string(activation);
    CAPTURE(name);
    for (const double u : {1e-3, 0.4, 2.0, 9.0}) {
      CHECK(evaluate(activation, u).second < 0.0);
      CHECK(evaluate(activation, -u).second > 0.0);
    }
  }
  const auto third_changes_sign_at = [](Activation activation, double zero) {
    for (const double sign : {1.0, -1.0}) {
      CHECK(evaluate(activation, sign * zero * (1.0 - 1e-12)).third < 0.0);
      CHECK(evaluate(activation, sign * zero * (1.0 + 1e-12)).third > 0.0);
      const double first = evaluate(activation, zero).first;
      CHECK(std::abs(evaluate(activation, sign * zero).third) <=
            4.0 * epsilon * size_of_third(activation, zero, first));
    }
  };
  third_changes_sign_at(Activation::tanh, std::atanh(std::sqrt(1.0 / 3.0)));
  third_changes_sign_at(Activation::logistic, std::log(2.0 + std::sqrt(3.0)));
  third_changes_sign_at(Activation::arctan, 2.0 / (pi * std::sqrt(3.0)));
  third_changes_sign_at(Activation::erf, std::sqrt(2.0 / pi));
}

TEST_CASE("odd sigmoids are exactly odd, and the logistic one is symmetric about one half") {
  for (const Activation activation : all_activations) {
    const auto name = tautrack::to_string(activation);
    CAPTURE(name);
    for (const double u : {1e-5, 0.1, 0.35, 0.36, 1.0, 4.0, 25.0, 400.0}) {
      CAPTURE(u);
      const ActivationValues plus = evaluate(activation, u);
      const ActivationValues minus = evaluate(activation, -u);
      if (activation == Activation::logistic)
        CHECK(std::abs(plus.value + minus.value - 1.0) <= epsilon);
      else
        CHECK(plus.value == -minus.value);
      CHECK(plus.first == minus.first);
      CHECK(plus.second == -minus.second);
      CHECK(plus.third == minus.third);
    }
  }
}

TEST_CASE("values lie in the range, reach both of its ends to rounding, and increase") {
  for (const Activation activation : all_activations) {
    const auto name = tautrack::to_string(activation);
    CAPTURE(name);
    const tautrack::Range range = tautrack::range(activation);
    CHECK(range.low == (activation == Activation::logistic ? 0.0 : -1.0));
    CHECK(range.high == 1.0);
    double previous = evaluate(activation, -1000.0).value;
    CHECK(previous >= range.low);
    CHECK(previous <= range.low + 1e-3);
    for (double u = -8.0; u <= 8.0; u += 0.125) {
      const double value = evaluate(activation, u).value;
      CHECK(value >= previous);
      if (std::abs(u) < 4.0) CHECK(value > previous);
      previous = value;
    }
    CHECK(evaluate(activation, 1000.0).value >= range.high - 1e-3);
    CHECK(evaluate(activation, 1000.0).value <= range.high);
  }
}

TEST_CASE("the largest doubles give the limits and no infinity or NaN") {
  for (const Activation activation : all_activations) {
    const auto name = tautrack::to_string(activation);
    CAPTURE(name);
    for (const double u : {1e155, 1e200, 1e300, std::numeric_limits<double>::max()}) {
      CAPTURE(u);
      CHECK(evaluate(activation, u).value == doctest::Approx(1.0));
      CHECK(evaluate(activation, -u).value == doctest::Approx(tautrack::range(activation).low));
      for (const double sign : {1.0, -1.0}) {
        CHECK(std::abs(evaluate(activation, sign * u).first) <= 1e-300);
        CHECK(std::abs(evaluate(activation, sign * u).second) <= 1e-300);
        CHECK(std::abs(evaluate(activation, sign * u).third) <= 1e-300);
      }
    }
  }
}

TEST_CASE("a NaN stays one") {
  for (const Activation activation : all_activations) {
    const ActivationValues values = evaluate(activation, std::numeric_limits<double>::quiet_NaN());
    CHECK(std::isnan(values.value));
    CHECK(std::isnan(values.first));
  }
}

TEST_CASE("names go to activations and back") {
  CHECK(tautrack::activation_names() ==
        std::vector<std::string_view>{"tanh", "logistic", "arctan", "erf"});
  for (const Activation activation : all_activations)
    CHECK(tautrack::activation_from_name(tautrack::to_string(activation)) == activation);
  CHECK(tautrack::to_string(Activation::erf) == "erf");
  for (const std::string_view unknown : {"", "Tanh", "sigmoid", "tan"})
    CHECK(tautrack::activation_from_name(unknown) == std::nullopt);
}

TEST_CASE("series coefficients agree with high-precision references up to order 20") {
  for (const SeriesReference& reference : series_references) {
    const auto name = tautrack::to_string(reference.activation);
    CAPTURE(name);
    CAPTURE(reference.u_0);
    const ActivationSeries series =
        series_of(reference.activation, Vector::Constant(1, reference.u_0), 20);
    for (std::size_t i = 0; i < series_orders.size(); ++i) {
      const int k = series_orders[i];
      CAPTURE(k);
      // The loss beyond rounding is where a coefficient cancels: 6e-14 for arctan at 3, k = 20.
      CHECK(series.value(k)(0) == doctest::Approx(reference.value[i]).epsilon(2e-13).scale(0.0));
      CHECK(series.slope(k)(0) == doctest::Approx(reference.slope[i]).epsilon(2e-13).scale(0.0));
    }
  }
}

TEST_CASE("the first series coefficients are the chain rule applied to evaluate()") {
  for (const Activation activation : all_activations) {
    const auto name = tautrack::to_string(activation);
    CAPTURE(name);
    for (const double u_0 : {-2.0, -0.3, 0.0, 0.8, 6.0, 25.0}) {
      CAPTURE(u_0);
      const double u_1 = 0.9, u_2 = -0.4, u_3 = 0.25;
      ActivationSeries series(activation, 1, 3);
      series.start(Vector::Constant(1, u_0));
      for (const double u_k : {u_1, u_2, u_3}) series.append(Vector::Constant(1, u_k));
      const ActivationValues at = evaluate(activation, u_0);
      const double size = at.first + std::abs(at.second) + std::abs(at.third);
      const auto agree = [size](double a, double b) { return std::abs(a - b) <= 1e-14 * size; };
      CHECK(series.value(0)(0) == at.value);
      CHECK(series.slope(0)(0) == at.first);
      CHECK(agree(series.value(1)(0), at.first * u_1));
      CHECK(agree(series.value(2)(0), at.first * u_2 + at.second * u_1 * u_1 / 2.0));
      CHECK(agree(series.value(3)(0),
                  at.first * u_3 + at.second * u_1 * u_2 + at.third * u_1 * u_1 * u_1 / 6.0));
      CHECK(agree(series.slope(1)(0), at.second * u_1));
      CHECK(agree(series.slope(2)(0), at.second * u_2 + at.third * u_1 * u_1 / 2.0));
    }
  }
}

TEST_CASE("a long series summed at small a is the function there") {
  const double a = 0.1;
  const int order = 30;
  for (const Activation activation : all_activations) {
    const auto name = tautrack::to_string(activation);
    CAPTURE(name);
    const Vector u_0{{-5.0, -1.0, -0.1, 0.0, 0.3, 2.0, 5.0}};
    const ActivationSeries series = series_of(activation, u_0, order);
    Vector value = Vector::Zero(u_0.size());
    Vector slope = Vector::Zero(u_0.size());
    for (int k = order; k >= 0; --k) {
      value = a * value + series.value(k);
      slope = a * slope + series.slope(k);
    }
    for (Index i = 0; i < u_0.size(); ++i) {
      const double u = u_0(i) + a * (input_coefficients[0] + a * input_coefficients[1]);
      CAPTURE(u);
      const ActivationValues direct = evaluate(activation, u);
      CHECK(value(i) == doctest::Approx(direct.value).epsilon(1e-13).scale(0.0));
      CHECK(slope(i) == doctest::Approx(direct.first).epsilon(1e-13).scale(0.0));
      // Cut off after the first order the sum is not.
      CHECK(std::abs(series.slope(0)(i) + a * series.slope(1)(i) - direct.first) >
            1e-5 * direct.first);
    }
  }
}

TEST_CASE(
    "patterns of a series do not influence each other, and start() forgets what came before") {
  for (const Activation activation : all_activations) {
    const Vector u_0{{-3.0, 0.2, 700.0, 1.5}};
    const Vector u_1{{0.5, -1.0, 2.0, 0.0}};
    const Vector u_2{{0.1, 0.0, -0.3, 1.0}};
    ActivationSeries together(activation, 4, 2);
    CHECK(together.order() == -1);
    together.start(Vector::Constant(4, 0.7));
    CHECK(together.order() == 0);
    together.append(Vector::Ones(4));
    together.append(Vector::Ones(4));
    CHECK(together.order() == 2);
    together.start(u_0);
    CHECK(together.order() == 0);
    together.append(u_1);
    together.append(u_2);
    CHECK(together.order() == 2);
    CHECK(together.input(0) == u_0);
    CHECK(together.input(1) == u_1);
    CHECK(together.input(2) == u_2);
    for (Index i = 0; i < 4; ++i) {
      ActivationSeries alone(activation, 1, 2);
      alone.start(u_0.segment(i, 1));
      alone.append(u_1.segment(i, 1));
      alone.append(u_2.segment(i, 1));
      for (int k = 0; k <= 2; ++k) {
        const double scale = std::abs(alone.slope(k)(0));
        CHECK(std::abs(together.slope(k)(i) - alone.slope(k)(0)) <= 10.0 * epsilon * scale);
        CHECK(std::abs(together.value(k)(i) - alone.value(k)(0)) <=
              10.0 * epsilon * std::abs(alone.value(k)(0)));
      }
    }
  }
}

TEST_CASE("a series of no patterns and one of order zero are fine") {
  ActivationSeries empty(Activation::tanh, 0, 3);
  empty.start(Vector(0));
  empty.append(Vector(0));
  CHECK(empty.order() == 1);
  CHECK(empty.value(1).size() == 0);
  ActivationSeries constant(Activation::logistic, 1, 0);
  constant.start(Vector::Zero(1));
  CHECK(constant.value(0)(0) == 0.5);
}
