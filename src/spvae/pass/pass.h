#pragma once

#include <functional>
#include <span>

#include "spvae/circuit/circuit.h"
#include "spvae/core/aligned_vector.h"
#include "spvae/core/thread_pool.h"
#include "spvae/data/batch.h"
#include "spvae/leaves/laplace_proposals.h"
#include "spvae/leaves/leaf_engine.h"
#include "spvae/model/spvae.h"

namespace spvae {

/// What the time of a training step goes to, in the order in which it begins.
enum class StepPart {
  kGather,
  kLeavesForward,
  kImportance,  ///< leaf bounds, and the rows' gradients on the way back
  kCircuit,     ///< value, responsibilities, logits
  kLeavesBackward,
  kFiniteCheck,
  kAdam,
};
/// Called at the end of each stretch of a step with the part that it was of, on the thread that
/// trains; a part may have several stretches.
using StepObserver = std::function<void(StepPart)>;

/// Asked after every few hundred samples, and after each search for modes, with the share that is
/// done; false stops.
using SamplingObserver = std::function<bool(double share)>;

/// What proposes the codes of leaves.
enum class Sampler {
  kEncoder = 0,  ///< q(z|x), as TP19 does
  kLaplace = 1,  ///< half of them LaplaceProposals, sought for each image from a pilot of q's
};

/// How a batch passes through a model.
struct PassSettings {
  int samples = 1;  ///< k, importance samples of each expert and image
  NoiseKey noise = {};
  /// Keep every row's importance weight; else statistics alone, whose memory does not grow with
  /// `samples`.
  bool keeps_weights = false;
  bool has_responsibilities = true;
  Sampler sampler = Sampler::kEncoder;
};

/// What a pass leaves behind: the leaves' values (waist 1) and the circuit's.
struct Pass {
  AlignedVector<float> normalised_weights;  ///< [L, samples, stride], where they are kept
  WeightStatistics statistics;              ///< [L, stride], where weights are not kept
  /// [L, stride] each leaf's bound in nats, in the data's units. Exactly 0 where nothing of the
  /// leaf's region is observed; else of what is.
  AlignedVector<double> leaf_values;
  Circuit::Trace trace;                    ///< its root: the bound on log p of each image, nats
  AlignedVector<double> responsibilities;  ///< [L, stride]
  AlignedVector<float> grad_logits;        ///< [W] d Σ root / d logits, with the responsibilities
  AlignedVector<float> log_weights;        ///< work
  LaplaceProposals laplace;                ///< of Sampler::kLaplace
  /// [stride] of Sampler::kLaplace: the bound by the encoder's kPilotSamples alone.
  AlignedVector<double> pilot_bound;
};

/// Samples of the encoder from which LaplaceProposals are sought. Of leaves of which pixels are
/// missing up to so many modes are, from the best of so many samples.
inline constexpr int kPilotSamples = 48;
inline constexpr int kModesOfParts = 8;
inline constexpr int kStartsOfParts = 128;

/// Batch → leaf bounds (TP19 Eq. (2)) → circuit (TP19 Eq. (9)) → responsibilities: fills `pass`,
/// reusing its memory. False if `sampling`, which is asked where weights are not kept and where
/// modes are sought, stopped it.
bool run_pass(const Spvae& model, const Batch& batch, const PassSettings& settings,
              LeafEngine& engine, ThreadPool& pool, Pass& pass,
              const SamplingObserver& sampling = {}, const StepObserver& observer = {});

}  // namespace spvae
