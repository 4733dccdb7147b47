#include "spvae/leaves/fused_engine.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "spvae/core/index.h"
#include "spvae/leaves/laplace_proposals.h"
#include "spvae/leaves/leaf_gradient.h"
#include "spvae/leaves/leaf_kernel.h"
#include "spvae/leaves/leaf_tape.h"
#include "spvae/leaves/posterior_mode.h"

namespace spvae {
namespace {

using kernels::kTile;

// From this many experts on, a gradient task is one; below, threads share the work on each.
constexpr int kExpertsForTasks = 8;

// Samples that statistics keep at a time where an expert has many leaves.
constexpr int kSharedStep = 16;
static_assert(kStatisticsStep % kSharedStep == 0 && kSharedStep % kernels::kBlocks == 0);

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
    const bool expert_tasks = bank.experts() >= kExpertsForTasks;
    const int copies = expert_tasks ? pool.threads() : 1;
    for (int copy = 0; copy < copies; ++copy) {
      gradients_.emplace_back();
      for (const GroupPlan& group : plan_.groups) {
        gradients_.back().push_back(std::make_unique<LeafGradient>(bank, group, negligible_row,
                                                                   expert_tasks ? nullptr : &pool));
      }
    }
  }

  void log_weights(std::span<const float> parameters, const Batch& batch, const NoiseKey& noise,
                   int first_sample, int samples, std::span<float> log_weight) override {
    assert(log_weight.size() >= index(bank_.leaves()) * index(samples) * index(batch.stride));
    prepared_.update(parameters);
    for_each_tile(batch, [&](int expert, int tile, Workspace& space) {
      const kernels::Leaf& kernel = space.kernel.bind(expert, parameters, prepared_);
      encode(kernel, batch, tile, noise.prior_share, space);
      const std::size_t rows = index(samples) * index(batch.stride);  // of a leaf
      const std::size_t first = index(expert * kernel.leaves) * rows + index(tile) * kTile;
      for (int s = 0; s < samples; ++s) {
        decode(kernel, batch, tile, noise, first_sample + s, space,
               log_weight.data() + first + index(s) * index(batch.stride), rows);
      }
    });
  }

  void backward(std::span<const float> parameters, const Batch& batch, const NoiseKey& noise,
                int samples, const RowGradient& row_gradient, std::span<float> grad) override {
    const std::size_t rows = index(samples) * index(batch.stride);
    assert(row_gradient.of_leaves.size() >= index(bank_.leaves()) * rows);
    assert(row_gradient.shares.empty() ||
           row_gradient.shares.size() == index(bank_.experts()) * rows);
    assert(noise.prior_share == 0 && noise.laplace == nullptr);
    prepared_.update(parameters);
    grad_tables_.resize(index(bank_.experts()));
    grad_shared_.resize(index(bank_.experts()) * plan_.shared_floats);
    const std::size_t size = index(bank_.leaves_of_expert()) * rows;
    const auto compute = [&](int expert, std::size_t copy) {
      grad_tables_[index(expert)].resize(prepared_.likelihood_table().size());
      gradients_[copy][index(bank_.group_of(expert))]->compute(
          expert, parameters, prepared_, batch, noise, samples,
          {row_gradient.of_leaves.subspan(index(expert) * size, size),
           row_gradient.shares.subspan(row_gradient.shares.empty() ? 0 : index(expert) * rows,
                                       row_gradient.shares.empty() ? 0 : rows)},
          {grad, shared_part(expert), grad_tables_[index(expert)]});
    };
    if (bank_.experts() >= kExpertsForTasks) {
      pool_.run(bank_.experts(), [&](int expert, int thread) { compute(expert, index(thread)); });
    } else {
      for (int expert = 0; expert < bank_.experts(); ++expert) compute(expert, 0);
    }
    add_shared(grad);
    std::ranges::transform(pull_back_tables(bank_.config().likelihood,
                                            prepared_.likelihood_parameters(), grad_tables_),
                           bank_.likelihood_part(grad).begin(),
                           [](double value) { return static_cast<float>(value); });
  }

  void encode(std::span<const float> parameters, const Batch& batch, std::span<float> mean,
              std::span<float> deviation) override {
    const std::size_t stride = index(batch.stride);
    assert(mean.size() == index(bank_.experts()) * index(bank_.config().latent) * stride);
    assert(deviation.size() == mean.size());
    prepared_.update(parameters);
    for_each_tile(batch, [&](int expert, int tile, Workspace& space) {
      const kernels::Leaf& kernel = space.kernel.bind(expert, parameters, prepared_);
      const kernels::Posterior posterior = run_encoder(kernel, batch, tile, space.encoder);
      for (int d = 0; d < kernel.latent; ++d) {
        const std::size_t at = index(expert * kernel.latent + d) * stride + index(tile) * kTile;
        std::copy_n(posterior.mean + index(d) * kTile, kTile, mean.data() + at);
        std::copy_n(posterior.deviation + index(d) * kTile, kTile, deviation.data() + at);
      }
    });
  }

  void decode(std::span<const float> parameters, std::span<const int> experts,
              const CodeSource& code, const PixelVisitor& visit) override {
    prepared_.update(parameters);
    const std::vector<double> table =
        likelihood_table(bank_.config().likelihood, prepared_.likelihood_parameters());
    const std::vector<std::vector<std::size_t>> tiles = tiles_of(experts);
    pool_.run(static_cast<int>(tiles.size()), [&](int task, int thread) {
      const std::vector<std::size_t>& rows = tiles[index(task)];
      const int expert = experts[rows.front()];
      Workspace& space = workspaces_[index(thread)][index(bank_.group_of(expert))];
      const kernels::Leaf& kernel = space.kernel.bind(expert, parameters, prepared_);
      std::vector<float> z(index(kernel.latent));
      for (std::size_t lane = 0; lane < rows.size(); ++lane) {
        code(rows[lane], z);
        for (std::size_t d = 0; d < z.size(); ++d) space.decoder.code[d * kTile + lane] = z[d];
      }
      kernels::table().decode_codes(kernel, space.decoder.trace());
      visit_rows(kernel, rows, table, space.decoder, visit);
    });
  }

  void refine(std::span<const float> parameters, const Batch& batch, const NoiseKey& pilot,
              const PilotView& told, LaplaceProposals& proposals) override {
    prepared_.update(parameters);
    for_each_tile(batch, [&](int expert, int tile, Workspace& space) {
      const GroupPlan& plan = plan_.groups[index(bank_.group_of(expert))];
      if (!space.mode) space.mode.emplace(bank_, plan);
      const kernels::Leaf& kernel = space.kernel.bind(expert, parameters, prepared_);
      encode(kernel, batch, tile, pilot.prior_share, space);
      EncoderTape& tape = space.encoder;
      if (!told.is_first && tape.observed.empty()) return;
      space.mode->bind(
          expert, parameters, prepared_, {tape.pixels.data(), tape.observed, space.constant.data()},
          {told.log_leaf_weight.subspan(index(expert * kernel.leaves) * index(batch.stride) +
                                        index(tile) * kTile),
           index(batch.stride)});
      const std::span<const float> mean{tape.posterior().mean, tape.deviation.size()};
      const std::span<const float> code = std::span(space.decoder.code).first(mean.size());
      std::uint32_t samples[kTile];
      const std::size_t first = index(expert) * index(batch.stride) + index(tile) * kTile;
      std::ranges::copy(told.samples.subspan(first, kTile), samples);
      draw(kernel, batch, tile, pilot, samples, space);
      const ModeFinder& found = space.mode->find(told.is_first ? mean : code, code, tape.deviation);
      for (int lane = 0; lane < kTile; ++lane) {
        const bool is_empty = !tape.observed.empty() && space.is_empty[index(lane)];
        if (is_empty || !found.is_found(lane)) continue;
        // A lane that is complete gets the same whatever its neighbours lack.
        if (!told.is_first && space.is_complete[index(lane)]) continue;
        proposals.add(expert, tile * kTile + lane, found.mode(lane), found.value(lane),
                      found.factor(lane));
      }
    });
  }

  int leaves() const override { return bank_.leaves(); }
  int leaves_of_expert() const override { return bank_.leaves_of_expert(); }

  void add_statistics(std::span<const float> parameters, const Batch& batch, const NoiseKey& noise,
                      int samples, WeightStatistics& statistics) override {
    assert(statistics.leaves == bank_.leaves() && statistics.stride == batch.stride);
    const auto former = static_cast<int>(statistics.samples);
    prepared_.update(parameters);
    const std::size_t stride = index(batch.stride);
    const int step = step_of(bank_);
    for_each_tile(batch, [&](int expert, int tile, Workspace& space) {
      const kernels::Leaf& kernel = space.kernel.bind(expert, parameters, prepared_);
      encode(kernel, batch, tile, noise.prior_share, space);
      for (int first = 0; first < samples; first += step) {
        const int count = std::min(step, samples - first);
        const std::size_t rows = index(step) * kTile;  // of a leaf
        for (int s = 0; s < count; ++s) {
          decode(kernel, batch, tile, noise, former + first + s, space,
                 space.chunk.data() + index(s) * kTile, rows);
        }
        for (int j = 0; j < kernel.leaves; ++j) {
          const std::size_t leaf = index(expert * kernel.leaves + j);
          const std::size_t at = leaf * stride + index(tile) * kTile;
          float* blocks = statistics.block_sum.empty()
                              ? nullptr
                              : statistics.block_sum.data() +
                                    leaf * std::size_t{kernels::kBlocks} * stride +
                                    index(tile) * kTile;
          kernels::table().accumulate(space.chunk.data() + index(j) * rows, count,
                                      statistics.maximum.data() + at, statistics.sum.data() + at,
                                      statistics.sum_squares.data() + at, blocks, stride);
        }
      }
    });
    statistics.samples += samples;
  }

 private:
  // What a thread needs to take a tile of a group forward.
  struct Workspace {
    Workspace(const LeafBank& bank, const GroupPlan& plan)
        : kernel(bank, plan),
          encoder(bank, *plan.group, false),
          decoder(*plan.group, bank.config().latent, false),
          constant(kTile),
          chunk(index(bank.leaves_of_expert()) * index(step_of(bank)) * kTile),
          log_prior_share(kTile),
          log_encoder_share(kTile),
          from_prior(kTile),
          prior_mean(index(bank.config().latent) * kTile),
          prior_scale(prior_mean.size()),
          is_laplace(kTile),
          laplace_code(prior_mean.size()),
          laplace_density(kTile),
          log_rest_share(kTile),
          laplace_work(prior_mean.size()) {}

    LeafKernel kernel;
    EncoderTape encoder;
    DecoderTape decoder;
    AlignedVector<float> constant;  // log p's part that depends on x alone
    AlignedVector<float> chunk;     // [leaves, step, kTile]
    // Of a tile with missing pixels.
    AlignedVector<float> log_prior_share;
    AlignedVector<float> log_encoder_share;
    AlignedVector<float> from_prior;
    AlignedVector<float> prior_mean;
    AlignedVector<float> prior_scale;
    std::array<double, kTile> prior_share{};
    std::array<bool, kTile> is_empty{};
    std::array<bool, kTile> is_complete{};
    // Of rows that LaplaceProposals propose as well.
    AlignedVector<float> is_laplace;
    AlignedVector<float> laplace_code;
    AlignedVector<float> laplace_density;
    AlignedVector<float> log_rest_share;
    AlignedVector<float> laplace_work;
    std::optional<PosteriorMode> mode;
  };

  template <class Body>
  void for_each_tile(const Batch& batch, const Body& body) {
    const int tiles = batch.stride / kTile;
    pool_.run(bank_.experts() * tiles, [&](int task, int thread) {
      const int expert = task / tiles;
      body(expert, task % tiles, workspaces_[index(thread)][index(bank_.group_of(expert))]);
    });
  }

  // The rows of each expert, in order, up to kTile at a time.
  std::vector<std::vector<std::size_t>> tiles_of(std::span<const int> experts) const {
    std::vector<std::vector<std::size_t>> tiles;
    std::vector<std::size_t> open(index(bank_.experts()));  // number of the expert's tile, from 1
    for (std::size_t row = 0; row < experts.size(); ++row) {
      std::size_t& tile = open[index(experts[row])];
      if (tile == 0 || tiles[tile - 1].size() == kTile) {
        tiles.emplace_back();
        tile = tiles.size();
      }
      tiles[tile - 1].push_back(row);
    }
    return tiles;
  }

  static void visit_rows(const kernels::Leaf& leaf, std::span<const std::size_t> rows,
                         std::span<const double> table, const DecoderTape& tape,
                         const PixelVisitor& visit) {
    const auto heads = likelihood_info(leaf.likelihood->kind).heads(*leaf.likelihood);
    const std::size_t outputs = index(outputs_of_pixel(*leaf.likelihood));
    std::vector<double> values(index(leaf.pixels) * outputs);
    std::vector<PixelDistribution> pixels;
    pixels.reserve(index(leaf.pixels));
    for (std::size_t i = 0; i < index(leaf.pixels); ++i) {
      pixels.push_back({*leaf.likelihood, table, std::span(values).subspan(i * outputs, outputs)});
    }
    for (std::size_t lane = 0; lane < rows.size(); ++lane) {
      std::size_t first = 0;  // of the head, among a pixel's outputs
      for (std::size_t h = 0; h < heads.size(); ++h) {
        const std::size_t each = index(heads[h].outputs);
        for (std::size_t o = 0; o < index(leaf.pixels) * each; ++o) {
          values[o / each * outputs + first + o % each] =
              static_cast<double>(tape.outputs[h][o * kTile + lane]);
        }
        first += each;
      }
      visit(rows[lane], pixels);
    }
  }

  kernels::Posterior run_encoder(const kernels::Leaf& leaf, const Batch& batch, int tile,
                                 EncoderTape& tape) const {
    tape.load(batch, bank_.scope(static_cast<int>(leaf.index) * leaf.leaves), tile * kTile);
    kernels::table().encode(leaf, tape.pixels.data(), tape.trace(), tape.posterior());
    return tape.posterior();
  }

  void encode(const kernels::Leaf& leaf, const Batch& batch, int tile, double prior_share,
              Workspace& space) {
    EncoderTape& tape = space.encoder;
    run_encoder(leaf, batch, tile, tape);
    observe(prior_share, space);
    if (log_constants_.empty()) return;
    std::fill(space.constant.begin(), space.constant.end(), 0.0f);
    const std::span<const float> constants(log_constants_);
    const auto values = static_cast<int>(constants.size());
    const bool is_whole = tape.observed.empty();
    for (std::size_t i = 0; i < index(leaf.pixels) * kTile; ++i) {
      if (!is_whole && tape.observed[i] == 0.0f) continue;
      space.constant[i % kTile] += constants[index(value_of(tape.pixels[i], values))];
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
      space.is_complete[index(lane)] = is_complete;
      const double share = is_complete ? 0 : prior_share;
      space.prior_share[index(lane)] = share;
      space.log_prior_share[index(lane)] =
          share > 0 ? static_cast<float>(std::log(share)) : kernels::kLogOfNever;
      space.log_encoder_share[index(lane)] =
          share < 1 ? static_cast<float>(std::log1p(-share)) : kernels::kLogOfNever;
      space.is_empty[index(lane)] = tape.is_empty(lane);
    }
  }

  // Leaf j's row is written at log_weight + j·stride.
  void decode(const kernels::Leaf& leaf, const Batch& batch, int tile, const NoiseKey& noise,
              int sample, Workspace& space, float* log_weight, std::size_t stride) {
    std::uint32_t samples[kTile];
    std::fill_n(samples, kTile, static_cast<std::uint32_t>(sample));
    draw(leaf, batch, tile, noise, samples, space);
    const bool is_partial = !space.encoder.observed.empty();
    const kernels::Observation observation = observation_of(space);
    const kernels::SecondProposal second = second_proposal_of(space);
    if (noise.laplace != nullptr) {
      noise.laplace->log_density(static_cast<int>(leaf.index), tile * kTile,
                                 space.decoder.code.data(), space.laplace_work,
                                 space.laplace_density);
    }
    kernels::table().log_weight(leaf, space.encoder.pixels.data(), space.constant.data(),
                                space.encoder.posterior(), is_partial ? &observation : nullptr,
                                noise.laplace != nullptr ? &second : nullptr, space.decoder.trace(),
                                log_weight, stride);
    if (!is_partial) return;
    for (int lane = 0; lane < kTile; ++lane) {
      for (int j = 0; j < leaf.leaves && space.is_empty[index(lane)]; ++j) {
        log_weight[index(j) * stride + index(lane)] = 0.0f;
      }
    }
  }

  // Codes of samples [kTile], one of each lane, and what the decoders make of them.
  static void draw(const kernels::Leaf& leaf, const Batch& batch, int tile, const NoiseKey& noise,
                   const std::uint32_t* samples, Workspace& space) {
    const std::uint32_t* images = batch.addresses.data() + index(tile) * kTile;
    const bool is_partial = !space.encoder.observed.empty();
    const kernels::Observation observation = observation_of(space);
    const kernels::SecondProposal second = second_proposal_of(space);
    const auto row_of = [&](int lane) {
      return RandomAddress{.seed = noise.seed,
                           .step = noise.step,
                           .purpose = noise.purpose,
                           .image = images[lane],
                           .leaf = leaf.index,
                           .sample = samples[lane]};
    };
    if (is_partial) choose_proposals(leaf, row_of, space);
    if (noise.laplace != nullptr) {
      draw_laplace(*noise.laplace, leaf, tile * kTile, row_of, space);
    }
    kernels::table().decode(leaf, space.encoder.posterior(), {images, samples},
                            {noise.seed, noise.step, static_cast<std::uint32_t>(noise.purpose)},
                            is_partial ? &observation : nullptr,
                            noise.laplace != nullptr ? &second : nullptr, space.decoder.trace());
  }

  static kernels::Observation observation_of(const Workspace& space) {
    return {space.encoder.observed.data(),  space.log_prior_share.data(),
            space.log_encoder_share.data(), space.from_prior.data(),
            space.prior_mean.data(),        space.prior_scale.data()};
  }

  static kernels::SecondProposal second_proposal_of(const Workspace& space) {
    return {space.is_laplace.data(), space.laplace_code.data(), space.laplace_density.data(),
            space.log_rest_share.data()};
  }

  template <class RowOf>
  static void draw_laplace(const LaplaceProposals& laplace, const kernels::Leaf& leaf,
                           int first_lane, const RowOf& row_of, Workspace& space) {
    const auto expert = static_cast<int>(leaf.index);
    std::vector<float> z(index(leaf.latent));
    for (int lane = 0; lane < kTile; ++lane) {
      const auto at = index(lane);
      const bool is_drawn = laplace.proposes(expert, first_lane + lane, row_of(lane));
      space.is_laplace[at] = is_drawn ? 1.0f : 0.0f;
      const double share = laplace.share(expert, first_lane + lane);
      space.log_rest_share[at] = static_cast<float>(std::log1p(-share));
      if (!is_drawn) continue;
      laplace.draw(expert, first_lane + lane, row_of(lane), z);
      for (std::size_t d = 0; d < z.size(); ++d) space.laplace_code[d * kTile + at] = z[d];
    }
  }

  template <class RowOf>
  static void choose_proposals(const kernels::Leaf& leaf, const RowOf& row_of, Workspace& space) {
    for (int lane = 0; lane < kTile; ++lane) {
      const RandomAddress row = row_of(lane);
      const double share = space.prior_share[index(lane)];
      const int j = share > 0 ? prior_of_row(row, leaf.latent, share, leaf.leaves) : -1;
      space.from_prior[index(lane)] = j < 0 ? 0.0f : 1.0f;
      if (j < 0 || leaf.priors == nullptr) continue;
      const float* prior = leaf.priors + index(j) * index(kernels::prior_floats(leaf.latent));
      for (int d = 0; d < leaf.latent; ++d) {
        const std::size_t at = index(d) * kTile + index(lane);
        space.prior_scale[at] = 1 / prior[d];
        space.prior_mean[at] = -prior[kernels::padded(leaf.latent) + d] / prior[d];
      }
    }
  }

  // The gradient of what experts share: of each expert apart, then summed in their order.
  void add_shared(std::span<float> grad) {
    if (plan_.shared_floats == 0) return;
    for (std::size_t g = 0; g < plan_.groups.size(); ++g) {
      for (const PlannedLayer& layer : plan_.groups[g].layers) {
        if (!layer.stack.is_shared()) continue;
        const bool is_of_all = layer.stack.sharing == Sharing::kOfAll;
        if (is_of_all && g > 0) continue;
        const std::span<float> sum = grad.subspan(layer.stack.offset, layer.stack.size());
        std::ranges::fill(sum, 0.0f);
        for (int expert = 0; expert < bank_.experts(); ++expert) {
          const auto group = index(bank_.group_of(expert));
          if (!is_of_all && group != g) continue;
          add(shared_part(expert).subspan(shared_offset(group, layer.stack), sum.size()), sum);
        }
      }
    }
  }

  // Of one expert.
  std::span<float> shared_part(int expert) {
    return std::span(grad_shared_)
        .subspan(index(expert) * plan_.shared_floats, plan_.shared_floats);
  }

  // Of a tensor among what the experts of a group share.
  std::size_t shared_offset(std::size_t group, const LayerStack& stack) const {
    const std::vector<PlannedLayer>& layers = plan_.groups[group].layers;
    return std::ranges::find(layers, stack.offset,
                             [](const PlannedLayer& layer) { return layer.stack.offset; })
        ->shared_offset;
  }

  static void add(std::span<const float> part, std::span<float> sum) {
    std::ranges::transform(sum, part, sum.begin(), std::plus());
  }

  static int step_of(const LeafBank& bank) {
    return bank.leaves_of_expert() == 1 ? kStatisticsStep : kSharedStep;
  }

  const LeafBank& bank_;
  ThreadPool& pool_;
  LeafPlan plan_;
  PreparedParameters prepared_;
  std::vector<float> log_constants_;
  std::vector<std::vector<double>> grad_tables_;    // of the likelihood, by expert
  AlignedVector<float> grad_shared_;                // [experts, shared floats]
  std::vector<std::vector<Workspace>> workspaces_;  // [thread][group]
  std::vector<std::vector<std::unique_ptr<LeafGradient>>> gradients_;  // [thread or 1][group]
};

}  // namespace

std::unique_ptr<LeafEngine> make_fused_engine(const LeafBank& bank, ThreadPool& pool,
                                              float negligible_row) {
  return std::make_unique<FusedEngine>(bank, pool, negligible_row);
}

}  // namespace spvae
