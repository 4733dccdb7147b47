#include "spvae/query/completion.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "spvae/circuit/induced_tree.h"
#include "spvae/core/error.h"
#include "spvae/core/index.h"
#include "spvae/kernels/kernels.h"
#include "spvae/leaves/importance.h"
#include "spvae/query/effective_samples.h"
#include "spvae/query/leaf_posterior.h"

namespace spvae {
namespace {

using Vector = std::vector<double>;

/// `sample` of a random address: which of a completion's random numbers.
enum Stream : std::uint32_t { kProposal = 0, kPixels = 1, kTree = 2 };

// A mean is taken over at most so many proposals of a leaf, chosen by their weights.
constexpr int kMeanProposals = 64;
// Below, a leaf adds nothing that shows to a mean.
constexpr double kNegligible = 1e-4;

/// The proposals of all leaves for a tile of images, weighed.
class Proposals {
 public:
  Proposals(const Spvae& model, const Sampling& sampling, LeafEngine& engine, ThreadPool& pool)
      : model_(model),
        sampling_(sampling),
        engine_(engine),
        pool_(pool),
        parameters_(wide_parameters(model)) {}

  void weigh(const ImageSet& images, std::span<const std::uint32_t> rows) {
    Batch& batch = evidence_.batch;
    gather_batch(images, rows, batch);
    impute(model_.graph(), model_.config().channels, sampling_.imputation, batch);
    const std::size_t cells = index(leaves()) * index(batch.stride);
    std::vector<float> log_weight(cells * index(sampling_.samples));
    normalised_.resize(log_weight.size());
    evidence_.leaf_values.resize(cells);
    engine_.log_weights(model_.parameters(), batch, sampling_.noise, 0, sampling_.samples,
                        log_weight);
    importance_weights(log_weight, leaves(), sampling_.samples, batch.stride, pool_,
                       evidence_.leaf_values, normalised_);
    weigh_trees(model_, pool_, evidence_);
  }

  int leaves() const { return model_.circuit().leaves(); }
  const Batch& batch() const { return evidence_.batch; }
  const Circuit::Trace& trace() const { return evidence_.trace; }
  double responsibility(int leaf, int lane) const {
    return evidence_.responsibilities[index(leaf) * index(batch().stride) + index(lane)];
  }
  bool is_observed(int pixel, int lane) const {
    return batch().observed.empty() ||
           batch().observed[index(pixel) * index(batch().stride) + index(lane)] != 0.0f;
  }
  bool lacks_pixels(int leaf, int lane) const {
    return std::ranges::any_of(model_.leaves().scope(leaf),
                               [&](int pixel) { return !is_observed(pixel, lane); });
  }
  bool has_pixels(int leaf, int lane) const {
    return std::ranges::any_of(model_.leaves().scope(leaf),
                               [&](int pixel) { return is_observed(pixel, lane); });
  }
  /// Completions::effective_samples of an image.
  double effective_samples(int lane) const {
    Vector concentrations(index(leaves()));
    Vector responsibilities(index(leaves()));
    for (int leaf = 0; leaf < leaves(); ++leaf) {
      responsibilities[index(leaf)] = responsibility(leaf, lane);
      if (!lacks_pixels(leaf, lane) || !has_pixels(leaf, lane)) continue;
      for (int s = 0; s < sampling_.samples; ++s) {
        const auto weight = static_cast<double>(normalised_[row(leaf, s, lane)]);
        concentrations[index(leaf)] += weight * weight;
      }
    }
    return std::min(
        spvae::effective_samples(concentrations, responsibilities, model_.circuit().k_leaf(),
                                 model_.leaves().leaves_of_expert()),
        static_cast<double>(sampling_.samples));
  }
  /// The proposal at which the weights, in order, reach the share u of their sum.
  int chosen(int leaf, int lane, double u) const {
    double sum = 0;
    int last = 0;
    for (int s = 0; s < sampling_.samples; ++s) {
      const auto weight = static_cast<double>(normalised_[row(leaf, s, lane)]);
      if (weight > 0) last = s;
      sum += weight;
      if (sum > u) return s;
    }
    return last;  // rounding
  }

  LeafPosterior posterior(int leaf, int lane) const {
    return posterior_of(model_.leaves(), parameters_, batch(), leaf, lane);
  }

  /// p(x|z) of a proposal; `posterior` is posterior(leaf, lane).
  DecodedLeaf decoded(int leaf, int sample, int lane, const LeafPosterior& posterior) const {
    const LeafBank& bank = model_.leaves();
    const RandomAddress address{.seed = sampling_.noise.seed,
                                .step = sampling_.noise.step,
                                .purpose = sampling_.noise.purpose,
                                .image = batch().indices[index(lane)],
                                .leaf = static_cast<std::uint32_t>(bank.expert_of(leaf)),
                                .sample = static_cast<std::uint32_t>(sample)};
    Vector noise(index(bank.config().latent));
    for (std::size_t d = 0; d < noise.size(); ++d) {
      noise[d] = random_normal(address, static_cast<std::uint32_t>(d));
    }
    const int prior_leaf = prior_of(leaf, lane, address);
    if (prior_leaf < 0) return decode_leaf(bank, leaf, parameters_, latent_code(posterior, noise));
    const LeafPrior prior = spvae::prior_of(bank, prior_leaf, parameters_);
    return decode_leaf(bank, leaf, parameters_, latent_code({prior.mean, prior.scale}, noise));
  }

 private:
  std::size_t row(int leaf, int sample, int lane) const {
    return (index(leaf) * index(sampling_.samples) + index(sample)) * index(batch().stride) +
           index(lane);
  }
  /// The leaf whose prior gave a proposal; −1: the encoder. A leaf of which nothing is observed has
  /// its own for a posterior.
  int prior_of(int leaf, int lane, const RandomAddress& address) const {
    if (!lacks_pixels(leaf, lane)) return -1;
    if (!has_pixels(leaf, lane)) return leaf;
    const int count = model_.leaves().leaves_of_expert();
    const int number =
        prior_of_row(address, model_.config().leaf.latent, sampling_.noise.prior_share, count);
    return number < 0 ? -1 : model_.leaves().expert_of(leaf) * count + number;
  }

  const Spvae& model_;
  const Sampling& sampling_;
  LeafEngine& engine_;
  ThreadPool& pool_;
  Vector parameters_;
  Evidence evidence_;              // without statistics
  std::vector<float> normalised_;  // [L, samples, stride]
};

/// One completion of one image of the tile.
class Painter {
 public:
  Painter(const Spvae& model, const Proposals& proposals, int lane, std::uint32_t seed, int number,
          std::span<float> image)
      : model_(model),
        proposals_(proposals),
        lane_(lane),
        address_{.seed = seed,
                 .step = static_cast<std::uint32_t>(number) + 1,
                 .purpose = Purpose::kSampling,
                 .image = proposals.batch().indices[index(lane)]},
        image_(image) {}

  void draw() {
    RandomAddress address = address_;
    address.sample = kTree;
    std::uint32_t choice = 0;
    const InducedTree tree = sample_tree(model_.circuit(), proposals_.trace(), lane_,
                                         [&] { return random_uniform(address, choice++); });
    for (const int leaf : tree.leaves) draw_leaf(leaf);
  }

  void paint_best() {
    for (const int leaf : best_tree(model_.circuit(), proposals_.trace(), lane_).leaves) {
      add_mean(leaf, 1);
    }
  }

  void paint_mean() {
    for (int leaf = 0; leaf < proposals_.leaves(); ++leaf) {
      const double share = proposals_.responsibility(leaf, lane_);
      if (share > kNegligible) add_mean(leaf, share);
    }
  }

 private:
  void draw_leaf(int leaf) {
    if (!proposals_.lacks_pixels(leaf, lane_)) return;
    RandomAddress address = address_;
    address.leaf = static_cast<std::uint32_t>(leaf);
    address.sample = kProposal;
    const int sample = proposals_.chosen(leaf, lane_, random_uniform(address, 0));
    address.sample = kPixels;
    visit_missing(leaf, sample, proposals_.posterior(leaf, lane_),
                  [&](int pixel, std::uint32_t i, const PixelDistribution& p) {
                    image_[index(pixel)] = static_cast<float>(draw_pixel(p, address, i));
                  });
  }

  /// Adds `share` of the leaf's mean pixels, over proposals that are evenly spread by weight.
  void add_mean(int leaf, double share) {
    if (!proposals_.lacks_pixels(leaf, lane_)) return;
    const LeafPosterior posterior = proposals_.posterior(leaf, lane_);
    for (int i = 0; i < kMeanProposals; ++i) {
      const int sample = proposals_.chosen(leaf, lane_, (i + 0.5) / kMeanProposals);
      visit_missing(
          leaf, sample, posterior, [&](int pixel, std::uint32_t, const PixelDistribution& p) {
            image_[index(pixel)] += static_cast<float>(share / kMeanProposals * mean_pixel(p));
          });
    }
  }

  template <class Visit>
  void visit_missing(int leaf, int sample, const LeafPosterior& posterior, const Visit& visit) {
    const DecodedLeaf decoded = proposals_.decoded(leaf, sample, lane_, posterior);
    const auto scope = model_.leaves().scope(leaf);
    for (std::size_t i = 0; i < scope.size(); ++i) {
      if (proposals_.is_observed(scope[i], lane_)) continue;
      visit(scope[i], static_cast<std::uint32_t>(i), decoded.pixel(i));
    }
  }

  const Spvae& model_;
  const Proposals& proposals_;
  int lane_;
  RandomAddress address_;
  std::span<float> image_;
};

}  // namespace

Completions complete(const Spvae& model, const ImageSet& images,
                     std::span<const std::uint32_t> rows, Filling filling, int count,
                     std::uint32_t seed, const Sampling& sampling, LeafEngine& engine,
                     ThreadPool& pool) {
  if (count < 1) fail(ErrorKind::kUsage, "count: got {}, expected at least 1 completion", count);
  if (sampling.samples < 1) {
    fail(ErrorKind::kUsage, "proposals: got {}, expected at least 1", sampling.samples);
  }
  check_images(images, model.config().height, model.config().width, model.config().channels);
  Completions completions{.images = {.height = images.height,
                                     .width = images.width,
                                     .channels = images.channels,
                                     .values = {},
                                     .indices = {}},
                          .effective_samples = std::vector<double>(rows.size())};
  ImageSet& result = completions.images;
  const std::size_t variables = index(images.variables());
  Proposals proposals(model, sampling, engine, pool);
  for (std::size_t first = 0; first < rows.size(); first += kernels::kTile) {
    const auto tile =
        rows.subspan(first, std::min<std::size_t>(kernels::kTile, rows.size() - first));
    proposals.weigh(images, tile);
    const std::size_t begin = result.indices.size();
    result.indices.resize(begin + tile.size() * index(count));
    result.values.resize(result.indices.size() * variables);
    pool.run(static_cast<int>(tile.size()) * count, [&](int task, int) {
      const int lane = task / count;
      const std::size_t at = begin + index(task);
      if (task % count == 0) {
        completions.effective_samples[first + index(lane)] = proposals.effective_samples(lane);
      }
      const std::span<float> image = std::span(result.values).subspan(at * variables, variables);
      result.indices[at] = proposals.batch().indices[index(lane)];
      for (std::size_t v = 0; v < variables; ++v) {
        const bool is_observed = proposals.is_observed(static_cast<int>(v), lane);
        image[v] = is_observed ? images.values[tile[index(lane)] * variables + v] : 0.0f;
      }
      Painter painter(model, proposals, lane, seed, task % count, image);
      switch (filling) {
        case Filling::kDrawn:
          return painter.draw();
        case Filling::kBest:
          return painter.paint_best();
        case Filling::kMean:
          return painter.paint_mean();
      }
    });
  }
  return completions;
}

}  // namespace spvae
