#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spvae/train/run_config.h"

namespace spvae {

/// What the paper reports of a cell.
struct PaperFigure {
  double log_likelihood = 0;  ///< of the test images, nats (TP19 Table 1)
  int parameters = 0;         ///< in thousands, cut (TP19 Table 2)
};

/// How a trained model is scored.
struct TrialEvaluation {
  int samples = 5000;       ///< importance samples
  int test_images = 0;      ///< the first ones; 0: all
  int training_images = 0;  ///< the first ones, for the gap between training and test; 0: none
};

/// One training and its evaluation: a cell of a table or a point of a figure, with one seed.
struct Trial {
  std::string cell;     ///< MODEL/DATA/LIKELIHOOD: "spvae/mnist/gaussian"
  std::string variant;  ///< a key of Experiment::variants; empty: the paper's protocol
  std::string varied;   ///< the value that this trial has of what its cell varies; empty: nothing
  RunRequest run;       ///< the seed is given
  int seed_number = 0;  ///< position of the seed in its cell's list
  int height = 0;       ///< of an image, pixels
  int width = 0;
  TrialEvaluation evaluation;
  std::optional<PaperFigure> paper;
  double minutes = 0;  ///< a guess, on two cores with AVX-512

  /// Cell, variant and value: "spvae/mnist/gaussian", "vae/mnist/binomial+decay",
  /// "vae/mnist/gaussian@5000".
  std::string name() const;
  /// The same with the seed, as the name of a file: "vae-mnist-binomial+decay-seed0".
  std::string stem() const;
};

struct Variant {
  std::string name;
  std::string meaning;
};

/// What a table or a figure is made of: the content of a file of experiments/.
struct Experiment {
  std::string title;
  std::vector<Variant> variants;
  std::vector<std::string> notes;  ///< where it departs from the paper or its code, a sentence each
  std::vector<Trial> trials;       ///< in the file's order
};

/// Reads an experiment file: one object of "title", "notes" (a list), "variants" (name: meaning)
/// and "cells", each an object of
///   name, config, height, width, minutes     see Trial
///   seeds        list of seeds; a trial for each
///   variant, evaluation (samples, test-images, training-images), paper (log-likelihood,
///   parameters)                               may be missing
///   vary         may be missing: one key of the config and a list of values; a trial for each
/// Errors as read_file; Error(kUsage), naming file and cell, for unknown keys and bad values.
Experiment read_experiment(const std::filesystem::path& path);

/// Where the experiments' files are looked for: $SPVAE_EXPERIMENTS, else beside the data
/// (data_folders). Error(kNoInput) if NAME.json is in none.
std::filesystem::path find_experiment(std::string_view name);

/// What a trial's model counts to, without any data.
struct ParameterCount {
  std::size_t all = 0;
  std::size_t encoders = 0;  ///< of these, what only the estimate of the density needs
};
ParameterCount count_parameters(const Trial& trial);

}  // namespace spvae
