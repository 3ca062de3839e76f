#include "tautrack/network/activation.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace activation_test {

namespace {

using std::numbers::pi;
using tautrack::Activation;
using tautrack::ActivationValues;
using tautrack::evaluate;

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

}  // namespace activation_test
