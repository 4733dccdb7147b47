#include "spvae/leaves/fused_engine.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

#include "spvae/core/index.h"
#include "spvae/leaves/leaf_gradient.h"
#include "spvae/leaves/leaf_kernel.h"
#include "spvae/leaves/leaf_tape.h"

namespace spvae {
namespace {

using kernels::kTile;

// From this many leaves on, a gradient task is a leaf; below, threads share the work on a leaf.
constexpr int kLeavesForTasks = 8;

// The logarithm of a share of 0, finite so that the kernels' sums stay so.
constexpr float kNever = -1e30f;

// LikelihoodInfo::log_constant of each value; empty where there is none.
std::vector<float> log_constants(const LikelihoodConfig& likelihood) {
  const LikelihoodInfo& info = likelihood_info(likelihood.kind);
  std::vector<float> constants;
  if (info.log_constant == nullptr) return constants;
  for (int v = 0; v < info.values(likelihood); ++v) {
    constants.push_back(static_cast<float>(info.log_constant(v)));
  }
  return constants;
}

class FusedEngine final : public LeafEngine {
 public:
  FusedEngine(const LeafBank& bank, ThreadPool& pool, float negligible_row)
      : bank_(bank),
        pool_(pool),
        plan_(bank),
        prepared_(bank, plan_, pool),
        log_constants_(log_constants(bank.config().likelihood)) {
    for (int thread = 0; thread < pool.threads(); ++thread) {
      workspaces_.emplace_back();
      for (const GroupPlan& group : plan_.groups) workspaces_.back().emplace_back(bank, group);
    }
    const bool leaf_tasks = bank.leaves() >= kLeavesForTasks;
    const int copies = leaf_tasks ? pool.threads() : 1;
    for (int copy = 0; copy < copies; ++copy) {
      gradients_.emplace_back();
      for (const GroupPlan& group : plan_.groups) {
        gradients_.back().push_back(std::make_unique<LeafGradient>(bank, group, negligible_row,
                                                                   leaf_tasks ? nullptr : &pool));
      }
    }
  }

  void log_weights(std::span<const float> parameters, const Batch& batch, const NoiseKey& noise,
                   int first_sample, int samples, std::span<float> log_weight) override {
    assert(log_weight.size() >= index(bank_.leaves()) * index(samples) * index(batch.stride));
    prepared_.update(parameters);
    for_each_tile(batch, [&](int leaf, int tile, Workspace& space) {
      const kernels::Leaf& kernel = space.kernel.bind(leaf, parameters, prepared_);
      encode(kernel, batch, tile, noise.prior_share, space);
      for (int s = 0; s < samples; ++s) {
        const std::size_t row = index(leaf) * index(samples) + index(s);
        decode(kernel, batch, tile, noise, first_sample + s, space,
               log_weight.data() + row * index(batch.stride) + index(tile) * kTile);
      }
    });
  }

  void backward(std::span<const float> parameters, const Batch& batch, const NoiseKey& noise,
                int samples, std::span<const float> row_gradient, std::span<float> grad) override {
    const std::size_t rows = index(samples) * index(batch.stride);
    assert(row_gradient.size() >= index(bank_.leaves()) * rows);
    assert(noise.prior_share == 0);
    prepared_.update(parameters);
    grad_tables_.resize(index(bank_.leaves()));
    const auto compute = [&](int leaf, std::size_t copy) {
      grad_tables_[index(leaf)].resize(prepared_.likelihood_table().size());
      gradients_[copy][index(bank_.group_of(leaf))]->compute(
          leaf, parameters, prepared_, batch, noise, samples,
          row_gradient.subspan(index(leaf) * rows, rows), grad, grad_tables_[index(leaf)]);
    };
    if (bank_.leaves() >= kLeavesForTasks) {
      pool_.run(bank_.leaves(), [&](int leaf, int thread) { compute(leaf, index(thread)); });
    } else {
      for (int leaf = 0; leaf < bank_.leaves(); ++leaf) compute(leaf, 0);
    }
    std::ranges::transform(pull_back_tables(bank_.config().likelihood,
                                            prepared_.likelihood_parameters(), grad_tables_),
                           bank_.likelihood_part(grad).begin(),
                           [](double value) { return static_cast<float>(value); });
  }

  int leaves() const override { return bank_.leaves(); }

  void add_statistics(std::span<const float> parameters, const Batch& batch, const NoiseKey& noise,
                      int samples, WeightStatistics& statistics) override {
    assert(statistics.leaves == bank_.leaves() && statistics.stride == batch.stride);
    const auto former = static_cast<int>(statistics.samples);
    prepared_.update(parameters);
    for_each_tile(batch, [&](int leaf, int tile, Workspace& space) {
      const kernels::Leaf& kernel = space.kernel.bind(leaf, parameters, prepared_);
      encode(kernel, batch, tile, noise.prior_share, space);
      const std::size_t at = index(leaf) * index(batch.stride) + index(tile) * kTile;
      for (int first = 0; first < samples; first += kStatisticsStep) {
        const int count = std::min(kStatisticsStep, samples - first);
        for (int s = 0; s < count; ++s) {
          decode(kernel, batch, tile, noise, former + first + s, space,
                 space.chunk.data() + index(s) * kTile);
        }
        kernels::table().accumulate(space.chunk.data(), count, statistics.maximum.data() + at,
                                    statistics.sum.data() + at, statistics.sum_squares.data() + at);
      }
    });
    statistics.samples += samples;
  }

 private:
  // What a thread needs to take a tile of a group forward.
  struct Workspace {
    Workspace(const LeafBank& bank, const GroupPlan& plan)
        : kernel(bank, plan),
          encoder(*plan.group, bank.config().latent, false),
          decoder(*plan.group, bank.config().latent, false),
          constant(kTile),
          chunk(index(kStatisticsStep) * kTile),
          log_prior_share(kTile),
          log_encoder_share(kTile),
          from_prior(kTile) {}

    LeafKernel kernel;
    EncoderTape encoder;
    DecoderTape decoder;
    AlignedVector<float> constant;  // log p's part that depends on x alone
    AlignedVector<float> chunk;
    // Of a tile with missing pixels.
    AlignedVector<float> log_prior_share;
    AlignedVector<float> log_encoder_share;
    AlignedVector<float> from_prior;
    std::array<double, kTile> prior_share{};
    std::array<bool, kTile> is_empty{};
  };

  template <class Body>
  void for_each_tile(const Batch& batch, const Body& body) {
    const int tiles = batch.stride / kTile;
    pool_.run(bank_.leaves() * tiles, [&](int task, int thread) {
      const int leaf = task / tiles;
      body(leaf, task % tiles, workspaces_[index(thread)][index(bank_.group_of(leaf))]);
    });
  }

  void encode(const kernels::Leaf& leaf, const Batch& batch, int tile, double prior_share,
              Workspace& space) {
    EncoderTape& tape = space.encoder;
    tape.load(batch, bank_.scope(static_cast<int>(leaf.index)), tile * kTile);
    kernels::table().encode(leaf, tape.pixels.data(), tape.trace(), tape.posterior());
    observe(prior_share, space);
    if (log_constants_.empty()) return;
    std::fill(space.constant.begin(), space.constant.end(), 0.0f);
    for (int i = 0; i < leaf.pixels * kTile; ++i) {
      if (!tape.observed.empty() && tape.observed[index(i)] == 0.0f) continue;
      const int v = value_of(tape.pixels[index(i)], static_cast<int>(log_constants_.size()));
      space.constant[index(i % kTile)] += log_constants_[index(v)];
    }
  }

  // How the rows of each lane are proposed; nothing where all pixels of the tile are observed.
  static void observe(double prior_share, Workspace& space) {
    EncoderTape& tape = space.encoder;
    if (std::ranges::all_of(tape.observed, [](float flag) { return flag != 0.0f; })) {
      tape.observed.clear();
    }
    if (tape.observed.empty()) return;
    for (int lane = 0; lane < kTile; ++lane) {
      bool is_complete = true;
      for (std::size_t i = index(lane); i < tape.observed.size(); i += kTile) {
        is_complete = is_complete && tape.observed[i] != 0.0f;
      }
      // A lane that is complete gets the same rows whatever its neighbours lack.
      const double share = is_complete ? 0 : prior_share;
      space.prior_share[index(lane)] = share;
      space.log_prior_share[index(lane)] = share > 0 ? static_cast<float>(std::log(share)) : kNever;
      space.log_encoder_share[index(lane)] =
          share < 1 ? static_cast<float>(std::log1p(-share)) : kNever;
      space.is_empty[index(lane)] = tape.is_empty(lane);
    }
  }

  void decode(const kernels::Leaf& leaf, const Batch& batch, int tile, const NoiseKey& noise,
              int sample, Workspace& space, float* log_weight) {
    std::uint32_t samples[kTile];
    std::fill_n(samples, kTile, static_cast<std::uint32_t>(sample));
    const kernels::Posterior posterior = space.encoder.posterior();
    const kernels::DecoderTrace trace = space.decoder.trace();
    const std::uint32_t* images = batch.indices.data() + index(tile) * kTile;
    const bool is_partial = !space.encoder.observed.empty();
    const kernels::Observation observation{space.encoder.observed.data(),
                                           space.log_prior_share.data(),
                                           space.log_encoder_share.data(), space.from_prior.data()};
    if (is_partial) choose_proposals(leaf, images, noise, sample, space);
    kernels::table().decode(leaf, posterior, {images, samples},
                            {noise.seed, noise.step, static_cast<std::uint32_t>(noise.purpose)},
                            is_partial ? &observation : nullptr, trace);
    kernels::table().log_weight(leaf, space.encoder.pixels.data(), space.constant.data(), posterior,
                                is_partial ? &observation : nullptr, trace, log_weight);
    if (!is_partial) return;
    for (int lane = 0; lane < kTile; ++lane) {
      if (space.is_empty[index(lane)]) log_weight[lane] = 0.0f;
    }
  }

  static void choose_proposals(const kernels::Leaf& leaf, const std::uint32_t* images,
                               const NoiseKey& noise, int sample, Workspace& space) {
    for (int lane = 0; lane < kTile; ++lane) {
      const RandomAddress row{.seed = noise.seed,
                              .step = noise.step,
                              .purpose = noise.purpose,
                              .image = images[lane],
                              .leaf = leaf.index,
                              .sample = static_cast<std::uint32_t>(sample)};
      const double share = space.prior_share[index(lane)];
      space.from_prior[index(lane)] =
          share > 0 && is_from_prior(row, leaf.latent, share) ? 1.0f : 0.0f;
    }
  }

  const LeafBank& bank_;
  ThreadPool& pool_;
  LeafPlan plan_;
  PreparedParameters prepared_;
  std::vector<float> log_constants_;
  std::vector<std::vector<double>> grad_tables_;                       // of the likelihood, by leaf
  std::vector<std::vector<Workspace>> workspaces_;                     // [thread][group]
  std::vector<std::vector<std::unique_ptr<LeafGradient>>> gradients_;  // [thread or 1][group]
};

}  // namespace

std::unique_ptr<LeafEngine> make_fused_engine(const LeafBank& bank, ThreadPool& pool,
                                              float negligible_row) {
  return std::make_unique<FusedEngine>(bank, pool, negligible_row);
}

}  // namespace spvae
