#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "spvae/core/thread_pool.h"
#include "spvae/leaves/layer_gradient.h"
#include "spvae/leaves/leaf_engine.h"
#include "spvae/leaves/leaf_kernel.h"
#include "spvae/leaves/leaf_tape.h"
#include "spvae/leaves/row_selection.h"

namespace spvae {

/// Where the gradient of an expert goes.
struct ExpertGradient {
  std::span<float> parameters;  ///< the model's: the expert's slices and its leaves' priors
  std::span<float> shared;      ///< [LeafPlan::shared_floats] of layers that experts share
  std::span<double> table;      ///< [PreparedParameters::likelihood_table]
};

/// The gradient of one expert of a group (TP19 Algorithm 1): recomputes the forward pass of the
/// rows that matter, gathered into dense tiles, and goes back through it. Keeps its memory between
/// calls.
class LeafGradient {
 public:
  /// Leaves out rows whose multiplier is at most `negligible_row` of the expert's largest. With a
  /// pool, the work on one expert is spread over its threads; the bits are the same.
  /// bank, plan and pool must outlive it.
  LeafGradient(const LeafBank& bank, const GroupPlan& plan, float negligible_row, ThreadPool* pool);
  ~LeafGradient();

  /// row_gradient: the expert's part, [leaves of the expert, samples, stride] and [samples,
  /// stride]; overwrites what `out` points at.
  void compute(int expert, std::span<const float> parameters, const PreparedParameters& prepared,
               const Batch& batch, const NoiseKey& noise, int samples,
               const RowGradient& row_gradient, const ExpertGradient& out);

 private:
  using Row = RowSelection::Row;
  using DirectTile = RowSelection::DirectTile;
  struct RowTape;
  // Rows [first, first + count) of a layer's gradient over tiles [first_tile, end_tile).
  struct Sum {
    LayerGradient* layer;
    int first_tile;
    int end_tile;
    int first;
    int count;
  };

  void run(int tasks, const std::function<void(int)>& body);
  /// [leaves, samples, stride] with 0 for images of which the expert has no observed pixel.
  std::span<const float> observed_rows(int expert, const Batch& batch,
                                       std::span<const float> row_gradient);
  /// [samples, stride]: the sum over leaves.
  std::span<const float> sum_of_leaves(std::span<const float> row_gradient, std::size_t rows);
  /// Makes room for the selected rows and clears the posterior's gradient.
  void prepare();
  void decode_rows(const Batch& batch, const NoiseKey& noise, std::span<double> grad_table);
  /// Adds a tape's sums to those of the expert.
  void add_sums(const RowTape& tape, std::span<double> grad_table);
  /// What the rows of a tile give to each leaf.
  void gather_leaf_gradients(const Batch& batch, RowTape& tape) const;
  void take(const DirectTile& direct, const Batch& batch, RowTape& tape);
  void gather(std::span<const Row> rows, const Batch& batch, RowTape& tape);
  /// What `count` tiles of the wave give to the posterior's gradient, in order.
  void add_to_posterior(int first_tile, int count, int first_slot);
  void add_to_posterior(const DirectTile& direct, const RowTape& tape, int begin, int end);
  /// Makes of a tape's dz [Z][kTile] what encoders get where there are shares of rows.
  void reparametrise_doubly(int stride, RowTape& tape) const;
  void add_to_posterior(std::span<const Row> rows, const RowTape& tape, int begin, int end);
  void encode_backward();
  /// Records a tile's pass through a network, whose first layer is number `layer`, which moves on;
  /// returns its output.
  const float* record(int tile, std::size_t& layer, const float* input, const NetworkTape& tape);
  /// Sets aside the sums of layers [first_layer, end_layer) over recorded tiles [first_tile,
  /// end_tile): run_beside runs them.
  void defer(std::size_t first_layer, std::size_t end_layer, int first_tile, int end_tile);
  /// Runs body(0), … body(tasks − 1) and what was set aside.
  void run_beside(int tasks, const std::function<void(int)>& body);

  const LeafBank& bank_;
  const GroupPlan& plan_;
  float negligible_row_;
  ThreadPool* pool_;
  std::size_t encoder_layers_;
  LeafKernel kernel_;
  std::vector<std::unique_ptr<LayerGradient>> layers_;  // encoders' layers, then decoders'
  TransposedWeights transposed_;
  std::vector<EncoderTape> encoders_;           // by tile of active images
  std::vector<std::unique_ptr<RowTape>> wave_;  // with a pool two waves that take turns
  std::vector<Sum> deferred_;
  RowSelection rows_;
  std::span<const float> row_gradient_;  // [leaves, samples, stride]
  std::span<const float> shares_;        // [samples, stride], or empty
  int samples_ = 0;
  std::vector<float> kept_gradient_;                      // of a batch with missing pixels
  std::vector<float> total_gradient_;                     // [samples, stride]
  AlignedVector<float> prior_sums_;                       // kernels::Table::prior_gradient
  std::vector<AlignedVector<float>> posterior_gradient_;  // by tile: dz, dz·ε [Z][kTile], rows
};

}  // namespace spvae
