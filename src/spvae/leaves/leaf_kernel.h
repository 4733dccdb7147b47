#pragma once

#include <memory>
#include <span>
#include <vector>

#include "spvae/core/aligned_vector.h"
#include "spvae/core/thread_pool.h"
#include "spvae/kernels/kernels.h"
#include "spvae/leaves/leaf_bank.h"
#include "spvae/leaves/wiring.h"

namespace spvae {

/// A layer of a group as the engine sees it.
struct PlannedLayer {
  LayerStack stack;
  LayerWiring wiring;
  bool packed = false;               ///< large: its weights are read in panels, copied once a call
  std::size_t packed_offset = 0;     ///< in PreparedParameters, of the group's first expert
  std::size_t shared_offset = 0;     ///< of its gradient in an expert's part, where it is shared
  bool needs_input_gradient = true;  ///< false where its input is the image
};

/// The layers of a group in the order of their tensors: what an engine works out once.
struct GroupPlan {
  const LeafGroup* group = nullptr;
  std::vector<PlannedLayer> layers;
};

/// Plans of all groups.
struct LeafPlan {
  explicit LeafPlan(const LeafBank& bank);
  std::vector<GroupPlan> groups;
  std::size_t packed_floats = 0;  ///< of PreparedParameters's panels
  std::size_t shared_floats = 0;  ///< of all layers that experts share, of the group of most
};

/// What is worked out of the parameters once for all leaves: the large layers' weights in panels
/// (kernels::Table::pack), consecutive in memory in the order in which products read them, the
/// leaves' priors, and the likelihood's table.
class PreparedParameters {
 public:
  /// bank, plan and pool must outlive it.
  PreparedParameters(const LeafBank& bank, const LeafPlan& plan, ThreadPool& pool);

  /// Works them out anew.
  void update(std::span<const float> parameters);
  const float* panels() const { return panels_.data(); }
  /// Of a leaf; null: N(0, I).
  const float* prior(int leaf) const;
  std::span<const double> likelihood_parameters() const { return likelihood_parameters_; }
  std::span<const float> likelihood_table() const { return likelihood_table_; }

 private:
  struct Task {
    const LayerStack* layer;
    std::size_t from;
    std::size_t to;
  };

  const LeafBank& bank_;
  ThreadPool& pool_;
  std::vector<Task> tasks_;
  AlignedVector<float> panels_;
  AlignedVector<float> priors_;                // [L][kernels::prior_floats]
  std::vector<double> likelihood_parameters_;  // LeafBank::likelihood_part
  AlignedVector<float> likelihood_table_;
};

/// An expert of a group as the kernels see it; each thread has its own.
class LeafKernel {
 public:
  /// bank and plan must outlive it.
  LeafKernel(const LeafBank& bank, const GroupPlan& plan);
  LeafKernel(LeafKernel&&) = default;

  /// Points at the weights of an expert of the group.
  const kernels::Leaf& bind(int expert, std::span<const float> parameters,
                            const PreparedParameters& prepared);
  /// Sets Layer::transposed of layer number `layer`, in the order of the plan.
  void set_transposed(std::size_t layer, const float* weights) {
    layers_[layer].transposed = weights;
  }
  const kernels::Leaf& leaf() const { return leaf_; }

 private:
  const LeafBank& bank_;
  const GroupPlan& plan_;
  std::vector<kernels::Layer> layers_;
  std::vector<kernels::Network> decoders_;
  kernels::Leaf leaf_;
};

/// The weights of an expert of a group as the way back reads them (kernels::Layer::transposed).
class TransposedWeights {
 public:
  /// The kernel's layers point here from now on. plan must outlive it.
  TransposedWeights(const GroupPlan& plan, LeafKernel& kernel);

  std::size_t layers() const { return weights_.size(); }
  /// Works out those of a layer, of the expert in `slot`.
  void update(std::size_t layer, std::span<const float> parameters, int slot);

 private:
  const GroupPlan& plan_;
  std::vector<AlignedVector<float>> weights_;  // by layer
};

}  // namespace spvae
