#include "spvae/query/completion.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <ranges>
#include <vector>

#include "spvae/circuit/induced_tree.h"
#include "spvae/core/error.h"
#include "spvae/core/index.h"
#include "spvae/kernels/kernels.h"
#include "spvae/model/data_units.h"
#include "spvae/query/effective_samples.h"
#include "spvae/query/leaf_posterior.h"

namespace spvae {
namespace {

using Vector = std::vector<double>;

/// `sample` of a random address: which of a completion's random numbers.
enum Stream : std::uint32_t { kProposal = 0, kPixels = 1, kTree = 2 };

// A mean is taken over at most so many proposals of a leaf, chosen by their weights, and, where its
// share of the region is small, over that share of the second number.
constexpr int kMeanProposals = 64;
constexpr int kMeanProposalsOfRegion = 256;
// Codes behind the mean pixels of a leaf's prior, in pairs on both sides of its mean: what is
// linear in the code has no error.
constexpr int kPriorCodes = 256;
// In place of an image's index.
constexpr std::uint32_t kNoImage = 0xFFFFFFFFu;
// Below, a leaf adds nothing that shows to a mean.
constexpr double kNegligible = 1e-4;
// So many are decoded at a time: the memory for their pixels.
constexpr std::size_t kStrokes = 4096;

/// The proposals of all leaves for a tile of images, weighed.
class Proposals {
 public:
  Proposals(const Spvae& model, const Sampling& sampling, LeafEngine& engine, ThreadPool& pool)
      : model_(model), sampling_(sampling), engine_(engine), pool_(pool) {
    sampling_.keeps_weights = true;
    for (int leaf = 0; leaf < leaves(); ++leaf) priors_.push_back(model.prior(leaf));
  }

  /// False if the observer stopped it.
  bool weigh(const ImageSet& images, std::span<const std::uint32_t> rows,
             const SamplingObserver& observer) {
    if (!gather_evidence(model_, images, rows, sampling_, engine_, pool_, observer, evidence_)) {
      return false;
    }
    posteriors_.emplace(model_, batch(), engine_);
    return true;
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
        const auto weight = static_cast<double>(evidence_.normalised_weights[row(leaf, s, lane)]);
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
      const auto weight = static_cast<double>(evidence_.normalised_weights[row(leaf, s, lane)]);
      if (weight > 0) last = s;
      sum += weight;
      if (sum > u) return s;
    }
    return last;  // rounding
  }

  /// The code z of a proposal.
  void code(int leaf, int sample, int lane, std::span<float> z) const {
    const int expert = model_.leaves().expert_of(leaf);
    const RandomAddress address{.seed = sampling_.noise.seed,
                                .step = sampling_.noise.step,
                                .purpose = sampling_.noise.purpose,
                                .image = batch().addresses[index(lane)],
                                .leaf = static_cast<std::uint32_t>(expert),
                                .sample = static_cast<std::uint32_t>(sample)};
    if (sampling_.sampler == Sampler::kLaplace &&
        evidence_.laplace.proposes(expert, lane, address)) {
      return evidence_.laplace.draw(expert, lane, address, z);
    }
    const int prior_leaf = prior_of(leaf, lane, address);
    const CodeGaussian& proposal =
        prior_leaf < 0 ? posteriors_->of(leaf, lane) : priors_[index(prior_leaf)];
    draw_code(proposal, address, z);
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
  Sampling sampling_;
  LeafEngine& engine_;
  ThreadPool& pool_;
  std::vector<CodeGaussian> priors_;
  Evidence evidence_;
  std::optional<LeafPosteriors> posteriors_;
};

/// What gives its share of a leaf's pixels to an image.
struct Stroke {
  static constexpr int kPriorMean = -1;

  int image;  ///< of the tile's completions
  int leaf;
  int proposal;  ///< or kPriorMean: the mean pixels of the leaf's prior
  double share;
};

/// The mean pixels of leaves of which nothing is observed. Images share them: they are computed
/// when first asked for.
class PriorMeans {
 public:
  PriorMeans(const Spvae& model, const NoiseKey& noise, LeafEngine& engine)
      : model_(model), noise_(noise), engine_(engine), of_leaf_(index(model.circuit().leaves())) {}

  /// Computes those of the strokes' leaves that are missing yet.
  void prepare(std::span<const Stroke> strokes) {
    std::vector<int> leaves;
    for (const Stroke& stroke : strokes) {
      if (!of(stroke.leaf).empty()) continue;
      of_leaf_[index(stroke.leaf)].resize(model_.leaves().scope(stroke.leaf).size());
      leaves.push_back(stroke.leaf);
    }
    const std::span<const int> all(leaves);
    constexpr std::size_t kStep = kStrokes / kPriorCodes;
    for (std::size_t done = 0; done < all.size(); done += kStep) {
      add(all.subspan(done, std::min(kStep, all.size() - done)));
    }
  }

  std::span<const float> of(int leaf) const { return of_leaf_[index(leaf)]; }

 private:
  void add(std::span<const int> leaves) {
    std::vector<int> experts;
    std::vector<CodeGaussian> priors;
    for (const int leaf : leaves) {
      experts.insert(experts.end(), kPriorCodes, model_.leaves().expert_of(leaf));
      priors.push_back(model_.prior(leaf));
    }
    std::vector<std::vector<float>> rows(experts.size());
    engine_.decode(
        model_.parameters(), experts,
        [&](std::size_t row, std::span<float> z) {
          const std::size_t number = row / kPriorCodes;
          const RandomAddress address{.seed = noise_.seed,
                                      .step = noise_.step,
                                      .purpose = Purpose::kSampling,
                                      .image = kNoImage,
                                      .leaf = static_cast<std::uint32_t>(leaves[number]),
                                      .sample = static_cast<std::uint32_t>(row % kPriorCodes / 2)};
          draw_code(priors[number], address, z, row % 2 == 0 ? 1 : -1);
        },
        [&](std::size_t row, std::span<const PixelDistribution> pixels) {
          for (const PixelDistribution& pixel : pixels) {
            rows[row].push_back(static_cast<float>(mean_pixel(pixel)));
          }
        });
    for (std::size_t row = 0; row < rows.size(); ++row) {  // in order: their sums are rounded
      std::vector<float>& mean = of_leaf_[index(leaves[row / kPriorCodes])];
      for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += rows[row][i] / kPriorCodes;
    }
  }

  const Spvae& model_;
  NoiseKey noise_;
  LeafEngine& engine_;
  std::vector<std::vector<float>> of_leaf_;
};

/// The completions of the images of a tile, `count` of each.
class Painter {
 public:
  Painter(const Spvae& model, const Proposals& proposals, Filling filling, int count,
          std::uint32_t seed)
      : model_(model), proposals_(proposals), filling_(filling), count_(count), seed_(seed) {}

  int lane(int image) const { return image / count_; }

  /// All of an image; every missing pixel's shares sum to 1.
  std::vector<Stroke> strokes(int image) const {
    std::vector<Stroke> all;
    switch (filling_) {
      case Filling::kDrawn: {
        const RandomAddress address = address_of(image, 0, kTree);
        std::uint32_t choice = 0;
        const InducedTree tree = sample_tree(model_.circuit(), proposals_.trace(), lane(image),
                                             [&] { return random_uniform(address, choice++); });
        for (const int leaf : tree.leaves) {
          add(image, leaf, 1, 1, random_uniform(address_of(image, leaf, kProposal), 0), all);
        }
        break;
      }
      case Filling::kBest:
        for (const int leaf : best_tree(model_.circuit(), proposals_.trace(), lane(image)).leaves) {
          add_mean(image, leaf, 1, all);
        }
        break;
      case Filling::kMean:
        for (int leaf = 0; leaf < proposals_.leaves(); ++leaf) {
          const double share = proposals_.responsibility(leaf, lane(image));
          if (share > kNegligible) add_mean(image, leaf, share, all);
        }
    }
    return all;
  }

  /// Calls visit(pixel of the image, i) for what is missing of the leaf's scope.
  template <class Visit>
  void visit_missing(const Stroke& stroke, const Visit& visit) const {
    const auto scope = model_.leaves().scope(stroke.leaf);
    for (std::size_t i = 0; i < scope.size(); ++i) {
      if (!proposals_.is_observed(scope[i], lane(stroke.image))) visit(index(scope[i]), i);
    }
  }

  /// values [D]: where they are missing, the pixels that a stroke gives.
  void paint(const Stroke& stroke, std::span<const PixelDistribution> pixels,
             std::span<float> values) const {
    const RandomAddress address = address_of(stroke.image, stroke.leaf, kPixels);
    visit_missing(stroke, [&](std::size_t, std::size_t i) {
      values[i] =
          static_cast<float>(filling_ == Filling::kDrawn
                                 ? draw_pixel(pixels[i], address, static_cast<std::uint32_t>(i))
                                 : mean_pixel(pixels[i]));
    });
  }

 private:
  RandomAddress address_of(int image, int leaf, Stream stream) const {
    return {.seed = seed_,
            .step = static_cast<std::uint32_t>(image % count_) + 1,
            .purpose = Purpose::kSampling,
            .image = proposals_.batch().addresses[index(lane(image))],
            .leaf = static_cast<std::uint32_t>(leaf),
            .sample = stream};
  }
  /// Of a leaf, `share` of its mean pixels.
  void add_mean(int image, int leaf, double share, std::vector<Stroke>& all) const {
    if (!proposals_.has_pixels(leaf, lane(image))) {
      all.push_back({image, leaf, Stroke::kPriorMean, share});
      return;
    }
    const int count =
        std::min(kMeanProposals, static_cast<int>(std::ceil(kMeanProposalsOfRegion * share)));
    add(image, leaf, share, count, 0.5, all);
  }
  /// Of a leaf, `share` in `count` parts, each by the proposal that a number (i + u)/count chooses.
  void add(int image, int leaf, double share, int count, double u, std::vector<Stroke>& all) const {
    if (!proposals_.lacks_pixels(leaf, lane(image))) return;
    int last = -1;
    for (int i = 0; i < count; ++i) {
      const int proposal = proposals_.chosen(leaf, lane(image), (i + u) / count);
      if (proposal != last) all.push_back({image, leaf, proposal, 0});
      all.back().share += share / count;
      last = proposal;
    }
  }

  const Spvae& model_;
  const Proposals& proposals_;
  Filling filling_;
  int count_;
  std::uint32_t seed_;
};

// Adds a stroke's pixels `values` [D] to images [images, V].
void add_pixels(const Painter& painter, const Stroke& stroke, std::span<const float> values,
                std::size_t variables, std::span<float> images) {
  painter.visit_missing(stroke, [&](std::size_t pixel, std::size_t i) {
    images[index(stroke.image) * variables + pixel] +=
        static_cast<float>(stroke.share * static_cast<double>(values[i]));
  });
}

// Adds strokes to images [images, V]; their proposals are decoded.
void add_strokes(const Spvae& model, const Proposals& proposals, const Painter& painter,
                 std::span<const Stroke> strokes, LeafEngine& engine, std::span<float> images) {
  std::vector<int> experts;
  std::vector<std::size_t> first = {0};  // of a stroke's pixels, among those of all
  for (const Stroke& stroke : strokes) {
    experts.push_back(model.leaves().expert_of(stroke.leaf));
    first.push_back(first.back() + model.leaves().scope(stroke.leaf).size());
  }
  std::vector<float> values(first.back());
  engine.decode(
      model.parameters(), experts,
      [&](std::size_t i, std::span<float> z) {
        proposals.code(strokes[i].leaf, strokes[i].proposal, painter.lane(strokes[i].image), z);
      },
      [&](std::size_t i, std::span<const PixelDistribution> pixels) {
        painter.paint(strokes[i], pixels, std::span(values).subspan(first[i], pixels.size()));
      });
  const std::size_t variables = index(model.graph().variables());
  for (std::size_t s = 0; s < strokes.size(); ++s) {  // in order: their sums are rounded
    add_pixels(painter, strokes[s], std::span(values).subspan(first[s]), variables, images);
  }
}

// Of an image's values [V], those that are not observed.
void to_data_units(const Spvae& model, const Proposals& proposals, int lane, SampledPixels made,
                   std::span<float> image) {
  std::vector<std::int32_t> missing;
  std::vector<double> values;
  for (std::size_t v = 0; v < image.size(); ++v) {
    if (proposals.is_observed(static_cast<int>(v), lane)) continue;
    missing.push_back(static_cast<std::int32_t>(v));
    values.push_back(static_cast<double>(image[v]));
  }
  to_data_units(model.config(), missing, made, values);
  for (std::size_t i = 0; i < missing.size(); ++i) {
    image[index(missing[i])] = static_cast<float>(values[i]);
  }
}

}  // namespace

Completions complete(const Spvae& model, const ImageSet& images, Filling filling, int count,
                     std::uint32_t seed, const Sampling& sampling, LeafEngine& engine,
                     ThreadPool& pool, const EvaluationObserver& observer) {
  if (count < 1) fail(ErrorKind::kUsage, "count: got {}, expected at least 1 completion", count);
  if (sampling.samples < 1) {
    fail(ErrorKind::kUsage, "proposals: got {}, expected at least 1", sampling.samples);
  }
  check_images(images, model.config());
  const SampledPixels made =
      filling == Filling::kDrawn ? SampledPixels::kDrawn : SampledPixels::kMean;
  std::vector<std::uint32_t> all_rows(index(images.count()));
  std::iota(all_rows.begin(), all_rows.end(), 0U);
  const std::span<const std::uint32_t> rows(all_rows);
  Completions completions{.images = empty_images(model.config()),
                          .effective_samples = std::vector<double>(rows.size())};
  ImageSet& result = completions.images;
  const std::size_t variables = index(images.variables());
  Proposals proposals(model, sampling, engine, pool);
  PriorMeans prior_means(model, sampling.noise, engine);
  const auto goes_on = [&](double done) {
    return !observer || observer(done, static_cast<int>(rows.size()));
  };
  const auto stop = [&](std::size_t done) {
    fail(ErrorKind::kInterrupted, "stopped after {} of {} images; nothing is written", done,
         rows.size());
  };
  for (std::size_t first = 0; first < rows.size(); first += kernels::kTile) {
    if (!goes_on(static_cast<double>(first))) stop(first);
    const auto tile =
        rows.subspan(first, std::min<std::size_t>(kernels::kTile, rows.size() - first));
    const bool was_weighed = proposals.weigh(images, tile, [&](double share) {
      return goes_on(static_cast<double>(first) + share * static_cast<double>(tile.size()));
    });
    if (!was_weighed) stop(first);
    const std::size_t begin = result.indices.size();
    result.indices.resize(begin + tile.size() * index(count));
    result.values.resize(result.indices.size() * variables);
    const Painter painter(model, proposals, filling, count, seed);
    std::vector<std::vector<Stroke>> of_image(tile.size() * index(count));
    pool.run(static_cast<int>(of_image.size()), [&](int image, int) {
      const int lane = painter.lane(image);
      if (image % count == 0) {
        completions.effective_samples[first + index(lane)] = proposals.effective_samples(lane);
      }
      const std::size_t at = begin + index(image);
      result.indices[at] = proposals.batch().indices[index(lane)];
      for (std::size_t v = 0; v < variables; ++v) {
        const bool is_observed = proposals.is_observed(static_cast<int>(v), lane);
        result.values[at * variables + v] =
            is_observed ? images.values[tile[index(lane)] * variables + v] : 0.0f;
      }
      of_image[index(image)] = painter.strokes(image);
    });
    std::vector<Stroke> decoded;
    std::vector<Stroke> of_priors;
    for (const Stroke& stroke : std::views::join(of_image)) {
      (stroke.proposal == Stroke::kPriorMean ? of_priors : decoded).push_back(stroke);
    }
    const std::span<float> painted = std::span(result.values).subspan(begin * variables);
    prior_means.prepare(of_priors);
    for (const Stroke& stroke : of_priors) {
      add_pixels(painter, stroke, prior_means.of(stroke.leaf), variables, painted);
    }
    const std::span<const Stroke> all(decoded);
    for (std::size_t done = 0; done < all.size(); done += kStrokes) {
      add_strokes(model, proposals, painter,
                  all.subspan(done, std::min(kStrokes, all.size() - done)), engine, painted);
    }
    for (std::size_t image = 0; image < of_image.size(); ++image) {
      to_data_units(model, proposals, painter.lane(static_cast<int>(image)), made,
                    painted.subspan(image * variables, variables));
    }
  }
  if (!goes_on(static_cast<double>(rows.size()))) stop(rows.size());
  return completions;
}

}  // namespace spvae
