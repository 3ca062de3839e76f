#pragma once

#include <memory>
#include <utility>

#include "tautrack/core/types.hpp"
#include "tautrack/network/network.hpp"
#include "tautrack/network/tau.hpp"

namespace tautrack {

/// Any TargetNetwork, for what is compiled once for all of them: an evaluation goes by one virtual call. A
/// copy of the network, which shares its data; itself a TargetNetwork.
class AnyNetwork {
 public:
  /// Implicit, as a HomotopyRef is made.
  template <TargetNetwork Network>
  requires(!std::same_as<Network, AnyNetwork>) AnyNetwork(const Network& network)  // NOLINT
      : model_(std::make_shared<Of<Network>>(network)) {}

 private:
  struct Memory {
    Memory() = default;
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    virtual ~Memory() = default;
    [[nodiscard]] virtual double last_displacement() const = 0;
  };

 public:
  class Workspace {
   public:
    explicit Workspace(const AnyNetwork& network, int threads = 1)
        : memory_(network.model_->workspace(threads)) {}
    [[nodiscard]] double last_displacement() const { return memory_->last_displacement(); }

   private:
    friend class AnyNetwork;
    std::unique_ptr<Memory> memory_;
  };

  [[nodiscard]] Index unknowns() const { return model_->unknowns(); }
  [[nodiscard]] Index patterns() const { return model_->patterns(); }
  [[nodiscard]] double total_pattern_weight() const { return model_->total_pattern_weight(); }
  [[nodiscard]] Vector weights(const Vector& x) const { return model_->weights(x); }
  [[nodiscard]] Vector coordinates(const Vector& w) const { return model_->coordinates(w); }
  [[nodiscard]] Matrix node_inputs(const Vector& x) const { return model_->node_inputs(x); }
  [[nodiscard]] Vector linear_solution() const { return model_->linear_solution(); }
  [[nodiscard]] const Vector& targets() const { return model_->targets(); }
  [[nodiscard]] AnyNetwork with_targets(const Vector& y) const { return model_->with_targets(y); }
  [[nodiscard]] Matrix node_outputs(const Vector& x, Tau tau) const {
    return model_->node_outputs(x, tau);
  }

  [[nodiscard]] double energy(const Vector& x, Tau tau, Workspace& work) const {
    return model_->energy(x, tau, *work.memory_);
  }
  double gradient(const Vector& x, Tau tau, Workspace& work, Vector& H) const {
    return model_->gradient(x, tau, *work.memory_, H);
  }
  double derivatives(const Vector& x, Tau tau, Workspace& work, Vector& H, Matrix& H_x,
                     Vector& H_tau) const {
    return model_->derivatives(x, tau, *work.memory_, H, H_x, H_tau);
  }
  double append_series(int k, const Vector& x_k, double tau_k, Workspace& work,
                       Vector& rest) const {
    return model_->append_series(k, x_k, tau_k, *work.memory_, rest);
  }
  [[nodiscard]] double relative_displacement(const Vector& x, const Vector& dx,
                                             Workspace& work) const {
    return model_->relative_displacement(x, dx, *work.memory_);
  }
  void hessian_form_gradient(const Vector& x, Tau tau, const Vector& psi, const Vector& phi,
                             Vector& by_x, double& by_tau) const {
    model_->hessian_form_gradient(x, tau, psi, phi, by_x, by_tau);
  }

 private:
  struct Model {
    Model() = default;
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;
    virtual ~Model() = default;
    [[nodiscard]] virtual std::unique_ptr<Memory> workspace(int threads) const = 0;
    [[nodiscard]] virtual Index unknowns() const = 0;
    [[nodiscard]] virtual Index patterns() const = 0;
    [[nodiscard]] virtual double total_pattern_weight() const = 0;
    [[nodiscard]] virtual Vector weights(const Vector& x) const = 0;
    [[nodiscard]] virtual Vector coordinates(const Vector& w) const = 0;
    [[nodiscard]] virtual Matrix node_inputs(const Vector& x) const = 0;
    [[nodiscard]] virtual Vector linear_solution() const = 0;
    [[nodiscard]] virtual const Vector& targets() const = 0;
    [[nodiscard]] virtual AnyNetwork with_targets(const Vector& y) const = 0;
    [[nodiscard]] virtual Matrix node_outputs(const Vector& x, Tau tau) const = 0;
    virtual double energy(const Vector& x, Tau tau, Memory& memory) const = 0;
    virtual double gradient(const Vector& x, Tau tau, Memory& memory, Vector& H) const = 0;
    virtual double derivatives(const Vector& x, Tau tau, Memory& memory, Vector& H, Matrix& H_x,
                               Vector& H_tau) const = 0;
    virtual double append_series(int k, const Vector& x_k, double tau_k, Memory& memory,
                                 Vector& rest) const = 0;
    virtual double relative_displacement(const Vector& x, const Vector& dx,
                                         Memory& memory) const = 0;
    virtual void hessian_form_gradient(const Vector& x, Tau tau, const Vector& psi,
                                       const Vector& phi, Vector& by_x, double& by_tau) const = 0;
  };

  template <class Network>
  struct MemoryOf final : Memory {
    MemoryOf(const Network& network, int threads) : work(network, threads) {}
    [[nodiscard]] double last_displacement() const override { return work.last_displacement(); }
    typename Network::Workspace work;
  };

  template <class Network>
  struct Of final : Model {
    explicit Of(const Network& of) : network(of) {}
    static typename Network::Workspace& in(Memory& memory) {
      return static_cast<MemoryOf<Network>&>(memory).work;
    }
    [[nodiscard]] std::unique_ptr<Memory> workspace(int threads) const override {
      return std::make_unique<MemoryOf<Network>>(network, threads);
    }
    [[nodiscard]] Index unknowns() const override { return network.unknowns(); }
    [[nodiscard]] Index patterns() const override { return network.patterns(); }
    [[nodiscard]] double total_pattern_weight() const override {
      return network.total_pattern_weight();
    }
    [[nodiscard]] Vector weights(const Vector& x) const override { return network.weights(x); }
    [[nodiscard]] Vector coordinates(const Vector& w) const override {
      return network.coordinates(w);
    }
    [[nodiscard]] Matrix node_inputs(const Vector& x) const override {
      return network.node_inputs(x);
    }
    [[nodiscard]] Vector linear_solution() const override { return network.linear_solution(); }
    [[nodiscard]] const Vector& targets() const override { return network.targets(); }
    [[nodiscard]] AnyNetwork with_targets(const Vector& y) const override {
      return network.with_targets(y);
    }
    [[nodiscard]] Matrix node_outputs(const Vector& x, Tau tau) const override {
      return network.node_outputs(x, tau);
    }
    double energy(const Vector& x, Tau tau, Memory& memory) const override {
      return network.energy(x, tau, in(memory));
    }
    double gradient(const Vector& x, Tau tau, Memory& memory, Vector& H) const override {
      return network.gradient(x, tau, in(memory), H);
    }
    double derivatives(const Vector& x, Tau tau, Memory& memory, Vector& H, Matrix& H_x,
                       Vector& H_tau) const override {
      return network.derivatives(x, tau, in(memory), H, H_x, H_tau);
    }
    double append_series(int k, const Vector& x_k, double tau_k, Memory& memory,
                         Vector& rest) const override {
      return network.append_series(k, x_k, tau_k, in(memory), rest);
    }
    double relative_displacement(const Vector& x, const Vector& dx, Memory& memory) const override {
      return network.relative_displacement(x, dx, in(memory));
    }
    void hessian_form_gradient(const Vector& x, Tau tau, const Vector& psi, const Vector& phi,
                               Vector& by_x, double& by_tau) const override {
      network.hessian_form_gradient(x, tau, psi, phi, by_x, by_tau);
    }
    Network network;
  };

  std::shared_ptr<const Model> model_;
};

}  // namespace tautrack
