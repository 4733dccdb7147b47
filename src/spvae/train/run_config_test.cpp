#include "spvae/train/run_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spvae/core/error.h"
#include "spvae/io/npy.h"

namespace spvae {
namespace {

using ::testing::HasSubstr;

TEST(RunConfig, HasThePapersDefaults) {
  const RunConfig config = run_config(Json::object());
  EXPECT_EQ(config.data, "mnist");
  EXPECT_EQ(config.model.structure, Structure::kPoonDomingos);
  EXPECT_EQ(config.model.leaf.hidden, 30);
  EXPECT_EQ(config.model.leaf.latent, 25);
  EXPECT_EQ(config.train.samples, 5);
  EXPECT_EQ(config.train.batch, 128);
  EXPECT_EQ(config.train.learning_rate, 0.01);
  EXPECT_EQ(config.train.patience, 10);
  EXPECT_EQ(config.train.validate_every, 128);
}

TEST(RunConfig, TakesTheDefaultsOfTheModelThatIsAskedFor) {
  const RunConfig config = run_config({{"latent", 50}, {"model", "vae"}});
  EXPECT_EQ(config.model.structure, Structure::kSingleRegion);
  EXPECT_EQ(config.model.leaf.hidden, 300);
  EXPECT_EQ(config.model.leaf.latent, 50);
  EXPECT_EQ(config.train.learning_rate, 0.001);
}

TEST(RunConfig, HasThePapersConvolutionalModels) {
  const RunConfig spvae = run_config({{"model", "conv-spvae"}});
  EXPECT_EQ(spvae.model.structure, Structure::kPoonDomingos);
  EXPECT_EQ(spvae.model.leaf.network, Network::kConv);
  EXPECT_EQ(spvae.model.leaf.filters, (Filters{4, 8}));
  EXPECT_EQ(spvae.model.leaf.stride, 1);
  EXPECT_EQ(spvae.model.leaf.dense, 64);
  EXPECT_EQ(spvae.model.leaf.latent, 25);
  EXPECT_EQ(spvae.train.learning_rate, 0.01);
  const RunConfig vae = run_config({{"model", "conv-vae"}, {"filters", {16, 48}}});
  EXPECT_EQ(vae.model.structure, Structure::kSingleRegion);
  EXPECT_EQ(vae.model.leaf.network, Network::kConv);
  EXPECT_EQ(vae.model.leaf.filters, (Filters{16, 48}));
  EXPECT_EQ(run_config({{"model", "conv-vae"}}).model.leaf.filters, (Filters{32, 64}));
  EXPECT_EQ(vae.model.leaf.stride, 2);
  EXPECT_EQ(vae.model.leaf.dense, 64);
  EXPECT_EQ(vae.model.leaf.latent, 200);
  EXPECT_EQ(vae.train.learning_rate, 0.001);
}

TEST(RunConfig, IsReadBackFromItsOwnJson) {
  RunConfig config =
      run_config({{"model", "vae"}, {"seed", 4294967295u}, {"threads", 2}, {"filters", {5, 6}}});
  const Json written = run_config_json(config);
  EXPECT_EQ(run_config_json(run_config(Json::parse(written.dump()))), written);
  for (const auto& field : run_fields()) {
    EXPECT_EQ(written.contains(field.info.name), is_written(field, config)) << field.info.name;
  }
  EXPECT_EQ(written["hidden"], 300);
  EXPECT_EQ(written["data-dir"], "");
  config = run_config({{"data-dir", "/data"}, {"training-images", 700}});
  EXPECT_EQ(config.data_dir, "/data");
  EXPECT_EQ(config.training_images, 700);
  EXPECT_THROW(run_config({{"data-dir", 3}}), Error);
  EXPECT_THROW(run_config({{"training-images", -1}}), Error);
}

TEST(RunConfig, LeavesToDataWithoutANameWhatDependsOnThem) {
  const RunConfig named = run_config({{"data", "cifar10"}});
  EXPECT_EQ(named.stretch, Stretch::kImage);
  EXPECT_EQ(named.dequantize, Dequantize::kOn);
  EXPECT_EQ(named.model.delta, 0);
  const RunConfig own = run_config({{"data", "folder/of/mine"}});
  EXPECT_EQ(own.stretch, Stretch::kAuto);
  EXPECT_EQ(own.dequantize, Dequantize::kAuto);
  EXPECT_EQ(own.model.delta, 0);
  EXPECT_EQ(named.model.leaf.likelihood.kind, Likelihood::kGaussian);
  EXPECT_EQ(own.model.leaf.likelihood.kind, Likelihood::kLogistic);
  const RunConfig asked =
      run_config({{"data", "mine"}, {"delta", 5}, {"stretch", "image"}, {"dequantize", "off"}});
  EXPECT_EQ(asked.model.delta, 5);
  EXPECT_EQ(data_config(asked).stretch, Stretch::kImage);
  EXPECT_EQ(data_config(asked).dequantize, Dequantize::kOff);
  EXPECT_EQ(data_config(run_config({{"missing", "nan"}})).missing, Missing::kNan);
}

TEST(RunConfig, HasTheLikelihoodThatSuitsTheNumbersOfAnArray) {
  const std::string floats = ::testing::TempDir() + "run_config_floats.npy";
  const std::string bytes = ::testing::TempDir() + "run_config_bytes.npy";
  const std::size_t shape[] = {1, 1, 2};
  write_npy<float>(floats, shape, std::vector<float>{0.25F, 0.5F});
  write_npy<std::uint8_t>(bytes, shape, std::vector<std::uint8_t>{3, 4});
  const auto likelihood_of = [](const Json& given) {
    return run_config(given).model.leaf.likelihood.kind;
  };
  EXPECT_EQ(likelihood_of({{"data", floats}}), Likelihood::kGaussian);
  EXPECT_EQ(likelihood_of({{"data", bytes}}), Likelihood::kLogistic);
  for (const std::string& data : {floats, bytes, std::string("folder/of/mine")}) {
    EXPECT_EQ(likelihood_of({{"data", data}, {"likelihood", "binomial"}}), Likelihood::kBinomial);
    EXPECT_EQ(likelihood_of({{"data", data}, {"likelihood", "gaussian"}}), Likelihood::kGaussian);
  }
  // What a run records is what it chose.
  EXPECT_EQ(run_config_json(run_config({{"data", bytes}}))["likelihood"], "logistic");
}

TEST(RunConfig, TakesAQuarterOfTheLongerSideForADeltaOfZero) {
  for (const auto& [height, width, delta] :
       {std::tuple{28, 28, 7}, {32, 32, 8}, {20, 33, 9}, {64, 8, 16}, {1, 1, 1}}) {
    ModelConfig model;
    model.delta = 0;
    set_image_size(height, width, model);
    EXPECT_EQ(model.height, height);
    EXPECT_EQ(model.width, width);
    EXPECT_EQ(model.delta, delta);
    model.delta = 5;
    set_image_size(height, width, model);
    EXPECT_EQ(model.delta, 5);
  }
}

TEST(RunConfig, HasMoreSuperPixelsInLargeImagesWhereProductsAreElementwise) {
  for (const auto& [height, width, delta] :
       {std::tuple{28, 28, 7}, {32, 32, 8}, {64, 64, 8}, {96, 20, 6}, {1, 1, 1}}) {
    ModelConfig model;
    model.delta = 0;
    model.product = Product::kElementwise;
    set_image_size(height, width, model);
    EXPECT_EQ(model.delta, delta);
  }
}

TEST(RunConfig, RefusesUnknownKeysAndModels) {
  EXPECT_THROW(run_config({{"hidden-units", 3}}), Error);
  try {
    run_config({{"model", "gan"}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("spvae, vae, conv-spvae, conv-vae"));
  }
  for (const char* size :
       {"hidden", "latent", "k-sum", "k-leaf", "stride", "dense", "batch", "samples"}) {
    EXPECT_THROW(run_config({{size, 0}}), Error) << size;
    EXPECT_THROW(run_config({{size, 1000000000}}), Error) << size;
  }
}

TEST(RunConfig, ShowsDefaultsThatDependOnTheModel) {
  EXPECT_EQ(default_text("hidden", Recipe::kDensity), "160; recipe paper: 30; vae: 300");
  EXPECT_EQ(default_text("learning-rate", Recipe::kDensity),
            "0.02; recipe paper: 0.01; vae, conv-vae: 0.001");
  EXPECT_EQ(default_text("latent", Recipe::kDensity), "16; recipe paper: 25; vae, conv-vae: 200");
  EXPECT_EQ(default_text("filters", Recipe::kDensity), "4,8; conv-vae: 32,64");
  EXPECT_EQ(default_text("stride", Recipe::kDensity), "1; conv-vae: 2");
  EXPECT_EQ(default_text("dense", Recipe::kDensity), "64");
  EXPECT_EQ(default_text("delta", Recipe::kDensity), "0");
  EXPECT_EQ(default_text("batch", Recipe::kDensity), "64; recipe paper: 128");
  EXPECT_EQ(default_text("model", Recipe::kDensity), "spvae");
  EXPECT_EQ(default_text("structure", Recipe::kDensity),
            "quad-tree; recipe paper: poon-domingos; vae, conv-vae: single-region");
  EXPECT_EQ(default_text("recipe", Recipe::kDensity), "density");
  EXPECT_EQ(default_text("recipe", Recipe::kPaper), "paper");
  EXPECT_EQ(default_text("hidden", Recipe::kPaper), "30; vae: 300");
}

TEST(Recipe, OfThePaperIsWhatFieldsHaveByDefault) {
  EXPECT_EQ(run_config_json(run_config({{"recipe", "paper"}})),
            run_config_json(run_config(Json::object())));
}

TEST(Recipe, GivesValuesToWhatIsNotTold) {
  const RunConfig all = run_config({{"recipe", "density"}});
  EXPECT_EQ(all.model.structure, Structure::kQuadTree);
  EXPECT_EQ(all.model.leaf.network, Network::kSharedMlp);
  EXPECT_EQ(all.model.leaf.likelihood.kind, Likelihood::kOrdinal);
  EXPECT_EQ(all.train.optimizer, Optimizer::kMuon);
  const RunConfig some = run_config(
      {{"recipe", "density"}, {"hidden", 7}, {"optimizer", "adam"}, {"likelihood", "gaussian"}});
  EXPECT_EQ(some.model.leaf.hidden, 7);
  EXPECT_EQ(some.train.optimizer, Optimizer::kAdam);
  EXPECT_EQ(some.model.leaf.likelihood.kind, Likelihood::kGaussian);
  EXPECT_EQ(some.model.leaf.latent, all.model.leaf.latent);
  // Precisions have networks of their own; nothing of Muon's is left.
  EXPECT_EQ(some.model.leaf.network, Network::kMlp);
  EXPECT_EQ(some.train.weight_decay, 0);
  EXPECT_GT(all.train.weight_decay, 0);
}

TEST(Recipe, KeepsTheStructureAndSizesOfAModelThatIsNamed) {
  const RunConfig named = run_config({{"recipe", "density"}, {"model", "vae"}});
  EXPECT_EQ(named.model.structure, Structure::kSingleRegion);
  EXPECT_EQ(named.model.leaf.hidden, 300);
  EXPECT_EQ(named.model.leaf.likelihood.kind, Likelihood::kOrdinal);
  EXPECT_EQ(named.train.learning_rate_decay, LearningRateDecay::kCosine);
  // Its matrices are too large for Muon.
  EXPECT_EQ(named.train.optimizer, Optimizer::kAdam);
  EXPECT_EQ(run_config({{"recipe", "density"}, {"model", "spvae"}}).train.optimizer,
            Optimizer::kMuon);
}

TEST(Recipe, GivesTheSameWhereOneOfItsValuesIsTold) {
  const Json all = run_config_json(run_config({{"recipe", "density"}}));
  for (const auto& [key, value] : all.items()) {
    if (key == "model" || key == "structure") continue;
    EXPECT_EQ(run_config_json(run_config({{"recipe", "density"}, {key, value}})), all) << key;
  }
  // Standard priors leave each leaf an expert of its own.
  EXPECT_EQ(run_config({{"recipe", "density"}, {"priors", "standard"}}).model.leaf.experts, 0);
}

TEST(Recipe, IsNoPartOfWhatARunKeeps) {
  const RunConfig config = run_config({{"recipe", "density"}});
  const Json kept = run_config_json(config);
  EXPECT_FALSE(kept.contains("recipe"));
  EXPECT_EQ(run_config_json(run_config(kept)), kept);
}

TEST(Recipe, TakesTheTrainingLengthFromTheNumberOfImages) {
  const auto length_of = [](int images) {
    TrainConfig train = run_config({{"recipe", "density"}}).train;
    set_training_length(images, train);
    return std::pair(train.max_steps, train.validate_every);
  };
  EXPECT_EQ(length_of(50000), std::pair(19531, 781));
  EXPECT_EQ(length_of(1000000), std::pair(20000, 800));
  EXPECT_EQ(length_of(80), std::pair(500, 20));
  TrainConfig given{.max_steps = 30, .validate_every = 4};
  set_training_length(50000, given);
  EXPECT_EQ(std::pair(given.max_steps, given.validate_every), std::pair(30, 4));
}

TEST(RunConfig, LetsThreadsAndThePlaceOfDataAloneDifferBetweenRunsOfOneResult) {
  for (const auto& field : run_fields()) {
    const std::string& name = field.info.name;
    const bool is_free = name == "threads" || name == "data-dir" || name == "recipe";
    EXPECT_EQ(field.info.changes_result, !is_free) << field.info.name;
  }
}

}  // namespace
}  // namespace spvae
