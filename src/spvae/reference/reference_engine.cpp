#include "spvae/reference/reference_engine.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "spvae/core/index.h"
#include "spvae/core/log_sum_exp.h"
#include "spvae/core/random.h"
#include "spvae/kernels/kernels.h"
#include "spvae/leaves/laplace_proposals.h"
#include "spvae/leaves/mode_finder.h"
#include "spvae/reference/leaf_reference.h"

namespace spvae {

namespace {

using Vector = std::vector<double>;

Vector widen(std::span<const float> values) { return Vector(values.begin(), values.end()); }

// The leaf's part [D] of one image of the batch.
Vector leaf_pixels(const LeafBank& bank, int leaf, const Batch& batch, int lane) {
  Vector pixels;
  for (const std::int32_t pixel : bank.scope(leaf)) {
    pixels.push_back(
        batch.values[static_cast<std::size_t>(pixel) * static_cast<std::size_t>(batch.stride) +
                     static_cast<std::size_t>(lane)]);
  }
  return pixels;
}

RandomAddress row_address(const Batch& batch, int expert, int lane, const NoiseKey& key,
                          int sample) {
  return {.seed = key.seed,
          .step = key.step,
          .purpose = key.purpose,
          .image = batch.addresses[static_cast<std::size_t>(lane)],
          .leaf = static_cast<std::uint32_t>(expert),
          .sample = static_cast<std::uint32_t>(sample)};
}

// Which pixels of a leaf are observed; empty if all of them are.
std::vector<bool> observed_pixels(const LeafBank& bank, int leaf, const Batch& batch, int lane) {
  std::vector<bool> observed;
  if (batch.observed.empty()) return observed;
  for (const std::int32_t pixel : bank.scope(leaf)) {
    observed.push_back(
        batch.observed[static_cast<std::size_t>(pixel) * static_cast<std::size_t>(batch.stride) +
                       static_cast<std::size_t>(lane)] != 0.0f);
  }
  if (std::ranges::find(observed, false) == observed.end()) observed.clear();
  return observed;
}

RowObservation row_observation(const std::vector<bool>& observed, const LeafBank& bank, int leaf,
                               const Batch& batch, int lane, const NoiseKey& key, int sample) {
  if (observed.empty()) return {};
  const RandomAddress address = row_address(batch, bank.expert_of(leaf), lane, key, sample);
  return {.pixels = observed,
          .prior_share = key.prior_share,
          .from_prior = prior_of_row(address, bank.config().latent, key.prior_share,
                                     bank.leaves_of_expert())};
}

// log of a mode's part of t(z) but for (2π)^(−Z/2): Student's t of LaplaceProposals, in double.
double log_student(std::span<const double> mode, std::span<const double> factor,
                   std::span<const double> z) {
  constexpr double kNu = LaplaceProposals::kDegrees;
  constexpr double kScale = LaplaceProposals::kInflation;
  const auto latent = static_cast<double>(z.size());
  double squares = 0;
  double log_determinant = 0;
  for (std::size_t j = 0; j < z.size(); ++j) {
    double u = 0;
    for (std::size_t i = j; i < z.size(); ++i) {
      u += factor[i * (i + 1) / 2 + j] * (z[i] - mode[i]);
    }
    squares += u * u;
    log_determinant += std::log(factor[j * (j + 1) / 2 + j] / kScale);
  }
  return LaplaceProposals::log_normaliser(static_cast<int>(z.size())) + log_determinant -
         (kNu + latent) / 2 * std::log1p(squares / (kScale * kScale) / kNu);
}

RowSecondProposal second_proposal(const LeafBank& bank, int leaf, const Batch& batch, int lane,
                                  const NoiseKey& key, int sample) {
  const int expert = bank.expert_of(leaf);
  if (key.laplace == nullptr || key.laplace->share(expert, lane) == 0) return {};
  RowSecondProposal second{.share = key.laplace->share(expert, lane)};
  second.log_density = [&laplace = *key.laplace, expert, lane](std::span<const double> z) {
    Vector terms;
    for (int i = 0; i < laplace.modes(expert, lane); ++i) {
      terms.push_back(
          laplace.log_share(expert, i, lane) +
          log_student(laplace.mode(expert, i, lane), laplace.factor(expert, i, lane), z));
    }
    return log_sum_exp(terms);
  };
  const RandomAddress address = row_address(batch, expert, lane, key, sample);
  if (!key.laplace->proposes(expert, lane, address)) return second;
  std::vector<float> z(index(bank.config().latent));
  key.laplace->draw(expert, lane, address, z);
  second.code = widen(z);
  return second;
}

// The noise ε [Z] of a row.
Vector row_noise(const LeafBank& bank, int leaf, const Batch& batch, int lane, const NoiseKey& key,
                 int sample) {
  const RandomAddress address = row_address(batch, bank.expert_of(leaf), lane, key, sample);
  Vector noise(static_cast<std::size_t>(bank.config().latent));
  for (std::size_t d = 0; d < noise.size(); ++d) {
    noise[d] = random_normal(address, static_cast<std::uint32_t>(d));
  }
  return noise;
}

// Position of a row in an array [L, samples, stride].
std::size_t row_index(const Batch& batch, int samples, int leaf, int sample, int lane) {
  const auto row = static_cast<std::size_t>(leaf) * static_cast<std::size_t>(samples) +
                   static_cast<std::size_t>(sample);
  return row * static_cast<std::size_t>(batch.stride) + static_cast<std::size_t>(lane);
}

[[maybe_unused]] std::size_t row_count(const LeafBank& bank, const Batch& batch, int samples) {
  return row_index(batch, samples, bank.leaves(), 0, 0);
}

// Σ exp(log w − maximum) and Σ exp(2 (log w − maximum)), one weight at a time.
class StreamingSum {
 public:
  StreamingSum(double maximum, double sum, double sum_squares)
      : maximum_(maximum), sum_(sum), sum_squares_(sum_squares) {}

  void add(double log_weight) {
    if (log_weight > maximum_) {
      rescale(log_weight);
      maximum_ = log_weight;
    }
    if (log_weight == kMinusInfinity) return;  // a weight of zero, even if all were
    const double weight = std::exp(log_weight - maximum_);
    sum_ += weight;
    sum_squares_ += weight * weight;
  }

  // Relates the sums to `reference` instead of to the maximum.
  void rescale(double reference) {
    if (maximum_ == kMinusInfinity) return;
    const double factor = std::exp(maximum_ - reference);
    sum_ *= factor;
    sum_squares_ *= factor * factor;
  }

  double maximum() const { return maximum_; }
  double sum() const { return sum_; }
  double sum_squares() const { return sum_squares_; }

 private:
  static constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();
  double maximum_;
  double sum_;
  double sum_squares_;
};

// WeightStatistics::block_sum of a (leaf, image), first at `at`, relative to a new maximum.
void add_to_blocks(const std::vector<double>& log_weights, double former, double maximum,
                   std::size_t at, std::size_t stride, std::span<float> block_sum) {
  const double factor = former == maximum ? 1 : std::exp(former - maximum);
  for (std::size_t b = 0; b < index(kernels::kBlocks); ++b) {
    float& sum = block_sum[at + b * stride];
    double total = factor * static_cast<double>(sum);
    for (std::size_t s = b; s < log_weights.size(); s += index(kernels::kBlocks)) {
      if (log_weights[s] > -std::numeric_limits<double>::infinity()) {
        total += std::exp(log_weights[s] - maximum);
      }
    }
    sum = static_cast<float>(total);
  }
}

class ReferenceEngine final : public LeafEngine {
 public:
  ReferenceEngine(const LeafBank& bank, ThreadPool& pool) : bank_(bank), pool_(pool) {}

  void log_weights(std::span<const float> parameters, const Batch& batch, const NoiseKey& noise,
                   int first_sample, int samples, std::span<float> log_weight) override {
    Vector exact(log_weight.size());
    reference_log_weights(bank_, parameters, batch, noise, first_sample, samples, pool_, exact);
    std::ranges::transform(exact, log_weight.begin(),
                           [](double value) { return static_cast<float>(value); });
  }

  void backward(std::span<const float> parameters, const Batch& batch, const NoiseKey& noise,
                int samples, const RowGradient& row_gradient, std::span<float> grad) override {
    Vector exact(grad.size());
    reference_gradient(bank_, parameters, batch, noise, samples, row_gradient, pool_, exact);
    for (std::size_t i = bank_.parameters_begin(); i < bank_.parameters_end(); ++i) {
      grad[i] = static_cast<float>(exact[i]);
    }
  }

  void encode(std::span<const float> parameters, const Batch& batch, std::span<float> mean,
              std::span<float> deviation) override {
    const Vector wide = widen(parameters);
    pool_.run(bank_.experts(), [&](int expert, int) {
      const int leaf = expert * bank_.leaves_of_expert();
      for (int lane = 0; lane < batch.stride; ++lane) {
        const CodeGaussian posterior =
            encode_leaf(bank_, leaf, wide, leaf_pixels(bank_, leaf, batch, lane));
        for (int d = 0; d < bank_.config().latent; ++d) {
          const std::size_t at = row_index(batch, bank_.config().latent, expert, d, lane);
          mean[at] = static_cast<float>(posterior.mean[index(d)]);
          deviation[at] = static_cast<float>(posterior.scale[index(d)]);
        }
      }
    });
  }

  void decode(std::span<const float> parameters, std::span<const int> experts,
              const CodeSource& code, const PixelVisitor& visit) override {
    const Vector wide = widen(parameters);
    pool_.run(static_cast<int>(experts.size()), [&](int task, int) {
      const std::size_t row = index(task);
      std::vector<float> z(index(bank_.config().latent));
      code(row, z);
      const DecodedLeaf decoded =
          decode_leaf(bank_, experts[row] * bank_.leaves_of_expert(), wide, widen(z));
      std::vector<PixelDistribution> pixels;
      pixels.reserve(decoded.pixels.size());
      for (std::size_t i = 0; i < decoded.pixels.size(); ++i) pixels.push_back(decoded.pixel(i));
      visit(row, pixels);
    });
  }

  void refine(std::span<const float> parameters, const Batch& batch, const NoiseKey& pilot,
              const PilotView& told, LaplaceProposals& proposals) override {
    const Vector wide = widen(parameters);
    pool_.run(bank_.experts() * (batch.stride / kernels::kTile), [&](int task, int) {
      const int tile = task / bank_.experts();
      refine_tile(wide, batch, pilot, told, task % bank_.experts(), tile * kernels::kTile,
                  proposals);
    });
  }

  int leaves() const override { return bank_.leaves(); }
  int leaves_of_expert() const override { return bank_.leaves_of_expert(); }

  void add_statistics(std::span<const float> parameters, const Batch& batch, const NoiseKey& noise,
                      int samples, WeightStatistics& statistics) override {
    assert(samples >= 1);
    assert(statistics.leaves == bank_.leaves() && statistics.stride == batch.stride);
    const Vector wide = widen(parameters);
    const auto former = static_cast<int>(statistics.samples);
    pool_.run(bank_.leaves(), [&](int leaf, int) {
      for (int lane = 0; lane < batch.stride; ++lane) {
        const Vector pixels = leaf_pixels(bank_, leaf, batch, lane);
        const std::vector<bool> observed = observed_pixels(bank_, leaf, batch, lane);
        const std::size_t i = row_index(batch, 1, leaf, 0, lane);
        StreamingSum weights(static_cast<double>(statistics.maximum[i]), statistics.sum[i],
                             statistics.sum_squares[i]);
        std::vector<double> added;
        for (int sample = 0; sample < samples; ++sample) {
          const Vector epsilon = row_noise(bank_, leaf, batch, lane, noise, former + sample);
          const RowObservation observation =
              row_observation(observed, bank_, leaf, batch, lane, noise, former + sample);
          added.push_back(
              leaf_log_weight(bank_, leaf, wide, pixels, epsilon, observation,
                              second_proposal(bank_, leaf, batch, lane, noise, former + sample))
                  .value);
          weights.add(added.back());
        }
        // The maximum is kept as a float: relate the sums to that very number.
        const auto maximum = static_cast<float>(weights.maximum());
        weights.rescale(maximum);
        if (!statistics.block_sum.empty()) {
          add_to_blocks(added, static_cast<double>(statistics.maximum[i]), maximum,
                        row_index(batch, kernels::kBlocks, leaf, 0, lane), index(batch.stride),
                        statistics.block_sum);
        }
        statistics.maximum[i] = maximum;
        statistics.sum[i] = weights.sum();
        statistics.sum_squares[i] = weights.sum_squares();
      }
    });
    statistics.samples += samples;
  }

 private:
  // log Σⱼ wⱼ·p(x|z)·pⱼ(z) of an expert's leaves, but for a constant.
  double log_posterior(const Vector& parameters, const Batch& batch, const PilotView& told,
                       int expert, int lane, std::span<const double> z) const {
    const int first = expert * bank_.leaves_of_expert();
    const Vector pixels = leaf_pixels(bank_, first, batch, lane);
    const std::vector<bool> observed = observed_pixels(bank_, first, batch, lane);
    Vector terms;
    for (int leaf = first; leaf < first + bank_.leaves_of_expert(); ++leaf) {
      const auto weight =
          static_cast<double>(told.log_leaf_weight[row_index(batch, 1, leaf, 0, lane)]);
      terms.push_back(weight + leaf_log_joint(bank_, leaf, parameters, pixels, observed, z));
    }
    return log_sum_exp(terms);
  }

  // The code of a sample of the pilot.
  Vector pilot_code(const Vector& parameters, const Batch& batch, const NoiseKey& pilot, int expert,
                    int lane, int sample) const {
    const int leaf = expert * bank_.leaves_of_expert();
    const std::vector<bool> observed = observed_pixels(bank_, leaf, batch, lane);
    const int prior = row_observation(observed, bank_, leaf, batch, lane, pilot, sample).from_prior;
    const CodeGaussian proposal =
        prior >= 0 ? prior_of(bank_, leaf + prior, parameters)
                   : encode_leaf(bank_, leaf, parameters, leaf_pixels(bank_, leaf, batch, lane));
    return latent_code(proposal, row_noise(bank_, leaf, batch, lane, pilot, sample));
  }

  void refine_tile(const Vector& parameters, const Batch& batch, const NoiseKey& pilot,
                   const PilotView& told, int expert, int first_lane,
                   LaplaceProposals& proposals) const {
    constexpr std::size_t kTile = kernels::kTile;
    const std::size_t latent = index(bank_.config().latent);
    const int leaf = expert * bank_.leaves_of_expert();
    ModeFinder finder(bank_.config().latent);
    std::vector<float> start(latent * kTile);
    std::vector<float> scale(latent * kTile);
    for (std::size_t i = 0; i < kTile; ++i) {
      const int lane = first_lane + static_cast<int>(i);
      const CodeGaussian encoded =
          encode_leaf(bank_, leaf, parameters, leaf_pixels(bank_, leaf, batch, lane));
      const int sample = told.samples[row_index(batch, 1, expert, 0, lane)];
      Vector code = pilot_code(parameters, batch, pilot, expert, lane, sample);
      if (told.is_first && log_posterior(parameters, batch, told, expert, lane, encoded.mean) >=
                               log_posterior(parameters, batch, told, expert, lane, code)) {
        code = encoded.mean;
      }
      for (std::size_t d = 0; d < latent; ++d) {
        start[d * kTile + i] = static_cast<float>(code[d]);
        scale[d * kTile + i] = static_cast<float>(encoded.scale[d]);
      }
    }
    finder.find(
        [&](std::span<const float> z, std::span<double> value, std::span<float> gradient) {
          for (std::size_t i = 0; i < kTile; ++i) {
            log_posterior_and_gradient(parameters, batch, told, expert, first_lane, i, z, value,
                                       gradient);
          }
        },
        start, scale);
    for (std::size_t i = 0; i < kTile; ++i) {
      const int lane = first_lane + static_cast<int>(i);
      const std::vector<bool> observed = observed_pixels(bank_, leaf, batch, lane);
      if (!finder.is_found(static_cast<int>(i))) continue;
      if (observed.empty() ? !told.is_first : std::ranges::find(observed, true) == observed.end()) {
        continue;
      }
      proposals.add(expert, lane, finder.mode(static_cast<int>(i)),
                    finder.value(static_cast<int>(i)), finder.factor(static_cast<int>(i)));
    }
  }

  // At the point of lane first_lane + i of a tile; the gradient by differences.
  void log_posterior_and_gradient(const Vector& parameters, const Batch& batch,
                                  const PilotView& told, int expert, int first_lane, std::size_t i,
                                  std::span<const float> z, std::span<double> value,
                                  std::span<float> gradient) const {
    constexpr std::size_t kTile = kernels::kTile;
    constexpr double kStep = 1e-4;
    Vector code;
    for (std::size_t at = i; at < z.size(); at += kTile) code.push_back(z[at]);
    const auto value_at = [&](const Vector& point) {
      return log_posterior(parameters, batch, told, expert, first_lane + static_cast<int>(i),
                           point);
    };
    value[i] = value_at(code);
    for (std::size_t d = 0; d < code.size(); ++d) {
      Vector above = code;
      Vector below = code;
      above[d] += kStep;
      below[d] -= kStep;
      gradient[d * kTile + i] =
          static_cast<float>((value_at(above) - value_at(below)) / (2 * kStep));
    }
  }

  const LeafBank& bank_;
  ThreadPool& pool_;
};

}  // namespace

std::unique_ptr<LeafEngine> make_reference_engine(const LeafBank& bank, ThreadPool& pool) {
  return std::make_unique<ReferenceEngine>(bank, pool);
}

void reference_log_weights(const LeafBank& bank, std::span<const float> parameters,
                           const Batch& batch, const NoiseKey& noise, int first_sample, int samples,
                           ThreadPool& pool, std::span<double> log_weight,
                           std::span<double> magnitude) {
  assert(log_weight.size() == row_count(bank, batch, samples));
  assert(magnitude.empty() || magnitude.size() == log_weight.size());
  const Vector wide = widen(parameters);
  pool.run(bank.leaves(), [&](int leaf, int) {
    for (int lane = 0; lane < batch.stride; ++lane) {
      const Vector pixels = leaf_pixels(bank, leaf, batch, lane);
      const std::vector<bool> observed = observed_pixels(bank, leaf, batch, lane);
      for (int sample = 0; sample < samples; ++sample) {
        const Vector epsilon = row_noise(bank, leaf, batch, lane, noise, first_sample + sample);
        const RowObservation observation =
            row_observation(observed, bank, leaf, batch, lane, noise, first_sample + sample);
        const LogWeight weight =
            leaf_log_weight(bank, leaf, wide, pixels, epsilon, observation,
                            second_proposal(bank, leaf, batch, lane, noise, first_sample + sample));
        const std::size_t i = row_index(batch, samples, leaf, sample, lane);
        log_weight[i] = weight.value;
        if (!magnitude.empty()) magnitude[i] = weight.magnitude;
      }
    }
  });
}

void reference_gradient(const LeafBank& bank, std::span<const float> parameters, const Batch& batch,
                        const NoiseKey& noise, int samples, const RowGradient& row_gradient,
                        ThreadPool& pool, std::span<double> grad) {
  assert(row_gradient.of_leaves.size() == row_count(bank, batch, samples));
  assert(grad.size() == parameters.size());
  assert(noise.prior_share == 0);
  const Vector wide = widen(parameters);
  std::fill(grad.begin() + static_cast<std::ptrdiff_t>(bank.parameters_begin()),
            grad.begin() + static_cast<std::ptrdiff_t>(bank.parameters_end()), 0.0);
  const auto own = bank.likelihood_part(std::span<const double>(wide));
  const Vector none(likelihood_table(bank.config().likelihood, own).size());
  std::vector<Vector> grad_tables(static_cast<std::size_t>(bank.leaves()), none);
  const auto add_leaf = [&](int leaf) {
    for (int lane = 0; lane < batch.size; ++lane) {
      const Vector pixels = leaf_pixels(bank, leaf, batch, lane);
      const std::vector<bool> observed = observed_pixels(bank, leaf, batch, lane);
      if (!observed.empty() && std::ranges::find(observed, true) == observed.end()) continue;
      for (int sample = 0; sample < samples; ++sample) {
        const double gradient =
            row_gradient.of_leaves[row_index(batch, samples, leaf, sample, lane)];
        if (gradient == 0) continue;
        std::optional<double> share;
        if (!row_gradient.shares.empty()) {
          share =
              row_gradient.shares[row_index(batch, samples, bank.expert_of(leaf), sample, lane)];
        }
        leaf_backward(bank, leaf, wide, pixels, row_noise(bank, leaf, batch, lane, noise, sample),
                      {gradient, share}, grad, grad_tables[static_cast<std::size_t>(leaf)],
                      observed);
      }
    }
  };
  // Leaves that share parameters one after another.
  const bool is_shared = bank.config().network == Network::kSharedMlp;
  const int together = is_shared ? bank.leaves() : bank.leaves_of_expert();
  pool.run(bank.leaves() / together, [&](int task, int) {
    for (int leaf = task * together; leaf < (task + 1) * together; ++leaf) add_leaf(leaf);
  });
  std::ranges::copy(pull_back_tables(bank.config().likelihood, own, grad_tables),
                    bank.likelihood_part(grad).begin());
}

}  // namespace spvae
