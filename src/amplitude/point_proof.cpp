#include "amplitude/point_proof.hpp"

#include <utility>
#include <vector>

namespace tautrack::amplitude {
namespace {

class ModelEnergy final : public proof::EnclosedEnergy {
 public:
  explicit ModelEnergy(const Model& model) : model_(model) {}

  [[nodiscard]] Rounded at(const Vector& x) const override {
    const Index n = x.size();
    const Evaluation<double> at = evaluate_model(model_, x);
    return {Vector::Map(at.gradient.data(), n), Matrix::Map(at.hessian.data(), n, n)};
  }

  [[nodiscard]] Enclosed over(const Vector& x, const Matrix& V, const Vector& reach,
                              proof::Arithmetic arithmetic) const override {
#ifdef TAUTRACK_WITH_FLINT
    if (arithmetic == proof::Arithmetic::balls) return enclosed<proof::Real>(x, V, reach);
#else
    (void)arithmetic;
#endif
    return enclosed<Interval>(x, V, reach);
  }

 private:
  template <class S>
  [[nodiscard]] Enclosed enclosed(const Vector& x, const Matrix& V, const Vector& reach) const {
    using proof::to_interval;
    std::vector<S> z;
    for (const double r : reach) z.push_back(proof::around<S>(0.0, r));
    const Evaluation<S> at = evaluate_model(model_, frame_at<S>(model_, x, V), z);
    Enclosed enclosed;
    enclosed.energy = to_interval(at.energy);
    for (const S& entry : at.gradient) enclosed.gradient.push_back(to_interval(entry));
    for (const S& entry : at.hessian) enclosed.hessian.push_back(to_interval(entry));
    return enclosed;
  }

  const Model& model_;
};

}  // namespace

PointProof prove_point(const Model& model, const Vector& x) {
  PointProof proof{proof::prove_point(ModelEnergy(model), x)};
  if (proof.is_proven) proof.radius = proof::radius_of(proof, model.first_weight());
  return proof;
}

}  // namespace tautrack::amplitude
