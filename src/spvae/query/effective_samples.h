#pragma once

#include <cstdint>
#include <span>

namespace spvae {

/// Fewer effective samples of a leaf than this leave its value unknown.
inline constexpr double kFailedLeaf = 10;

/// Of an image's estimate, that of its worst leaf region: circuits multiply regions, so one that
/// failed spoils the whole, however well the others were sampled. Of a region, it is the harmonic
/// mean over its leaves of (Σw)²/Σw², weighted by their responsibilities. But a leaf with fewer
/// than kFailedLeaf counts in full: its value may be far too low, and with it the responsibility
/// that says it does not matter. Not so where leaves share an expert: they share p(x|z), and those
/// whose priors lie elsewhere rightly have few. `concentrations` [L] are Σw²/(Σw)² of the leaves'
/// importance weights, 0 of leaves that are left out, `responsibilities` [L] theirs, `k_leaf`
/// leaves to a region, `leaves_of_expert` to an expert. Infinite where all are left out.
double effective_samples(std::span<const double> concentrations,
                         std::span<const double> responsibilities, int k_leaf,
                         int leaves_of_expert = 1);

/// Fewer effective samples than this of so many say nothing of the tail that they missed: ten, or
/// √samples. Weights with a Pareto tail of shape k > 1/2 have samples^(2 − 2k) effective ones,
/// fewer than √samples where k > 3/4; from k = 0.7 on, estimates cannot be trusted (Vehtari et al.,
/// *Pareto Smoothed Importance Sampling*, JMLR 2024).
double few_effective_samples(std::int64_t samples);

}  // namespace spvae
