#include "spvae/model/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <limits>

#include "spvae/core/error.h"
#include "spvae/io/file.h"
#include "spvae/io/json_testing.h"
#include "spvae/io/safetensors.h"
#include "spvae/likelihood/likelihood_testing.h"
#include "spvae/model/model_fields.h"
#include "spvae/model/sealed_file.h"
#include "spvae/structure/graph_file.h"
#include "spvae/structure/quad.h"

namespace spvae {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Spvae small_model(Structure structure = Structure::kPoonDomingos) {
  Spvae model({.structure = structure,
               .height = 5,
               .width = 4,
               .delta = 3,
               .leaf = {.hidden = 3, .latent = 2, .likelihood = Likelihood::kLogistic}});
  model.initialise(7);
  return model;
}

const ModelOrigin kOrigin = {.data = "mnist",
                             .data_digest = "abc",
                             .step = 1280,
                             .validation_bound = -1.0 / 3,
                             .seed = 4294967295u,
                             .training = {{"batch", 128}}};

class Checkpoint : public ::testing::Test {
 protected:
  void SetUp() override { save_model(path_, model_, model_.parameters(), kOrigin); }
  void TearDown() override { std::filesystem::remove(path_); }

  /// Saves the model again with its file changed, and returns the message of the Error(kData) that
  /// loading it throws.
  std::string refusal_after(const std::function<void(TensorFile&)>& change) {
    TensorFile file = read_safetensors(path_);
    change(file);
    write_sealed(path_, {"spvae-model", "3", "model file"}, file);
    return refusal();
  }

  std::string refusal() {
    try {
      load_model(path_);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_THAT(error.what(), HasSubstr(path_.string()));
      return error.what();
    }
    return "";
  }

  static void change_config(TensorFile& file, const char* key, const Json& value) {
    Json config = Json::parse(file.metadata["config"]);
    config[key] = value;
    file.metadata["config"] = config.dump();
  }

  Spvae model_ = small_model();
  std::filesystem::path path_ = ::testing::TempDir() +
                                ::testing::UnitTest::GetInstance()->current_test_info()->name() +
                                ".safetensors";
};

TEST_F(Checkpoint, IsReadBackBitForBit) {
  const StoredModel stored = load_model(path_);
  EXPECT_TRUE(std::ranges::equal(stored.model.parameters(), model_.parameters()));
  EXPECT_EQ(config_json(model_fields(), stored.model.config()),
            config_json(model_fields(), model_.config()));
  EXPECT_EQ(stored.origin.data, "mnist");
  EXPECT_EQ(stored.origin.data_digest, "abc");
  EXPECT_EQ(stored.origin.step, 1280);
  EXPECT_EQ(stored.origin.validation_bound, -1.0 / 3);
  EXPECT_EQ(stored.origin.seed, 4294967295u);
  EXPECT_EQ(stored.origin.training, (Json{{"batch", 128}}));
}

TEST_F(Checkpoint, HoldsTheGivenParametersRatherThanTheModels) {
  const ParameterBuffer others(model_.parameters().size(), 0.25f);
  save_model(path_, model_, others, kOrigin);
  EXPECT_TRUE(std::ranges::equal(load_model(path_).model.parameters(), others));
}

TEST_F(Checkpoint, OfASingleRegionHasNoLogits) {
  const Spvae vae = small_model(Structure::kSingleRegion);
  save_model(path_, vae, vae.parameters(), kOrigin);
  EXPECT_TRUE(std::ranges::equal(load_model(path_).model.parameters(), vae.parameters()));
}

TEST_F(Checkpoint, HoldsTheGraphOfAStructureThatItsModelDoesNotImply) {
  EXPECT_FALSE(read_safetensors(path_).metadata.contains("graph"));
  const auto graph = std::make_shared<const RegionGraph>(quad_graph(5, 4, 2));
  for (const Structure structure :
       {Structure::kQuadTree, Structure::kQuadGraph, Structure::kRandom, Structure::kFile}) {
    Spvae model({.structure = structure,
                 .height = 5,
                 .width = 4,
                 .delta = 3,
                 .leaf_variables = 7,
                 .repetitions = 2,
                 .structure_seed = 9,
                 .graph = graph,
                 .leaf = {.hidden = 3, .latent = 2, .likelihood = Likelihood::kLogistic}});
    model.initialise(7);
    save_model(path_, model, model.parameters(), kOrigin);
    const StoredModel stored = load_model(path_);
    EXPECT_EQ(stored.model.config().structure, structure);
    EXPECT_EQ(config_json(model_fields(), stored.model.config()),
              config_json(model_fields(), model.config()));
    EXPECT_EQ(region_graph_json(stored.model.graph(), 1), region_graph_json(model.graph(), 1));
    EXPECT_TRUE(std::ranges::equal(stored.model.parameters(), model.parameters()));

    EXPECT_THAT(refusal_after([](TensorFile& file) { file.metadata["graph"] = "{}"; }),
                HasSubstr("the model file's graph is not valid: region graph: 'regions' is"));
    save_model(path_, model, model.parameters(), kOrigin);
    EXPECT_THAT(refusal_after([](TensorFile& file) { file.metadata.erase("graph"); }),
                HasSubstr("graph"));
  }
}

TEST_F(Checkpoint, OfConvolutionalLeavesIsReadBackBitForBit) {
  Spvae conv({.height = 5,
              .width = 4,
              .delta = 3,
              .leaf = {.latent = 2,
                       .likelihood = Likelihood::kBinomial,
                       .network = Network::kConv,
                       .filters = {2, 3},
                       .stride = 2,
                       .dense = 4}});
  conv.initialise(7);
  save_model(path_, conv, conv.parameters(), kOrigin);
  const StoredModel stored = load_model(path_);
  EXPECT_TRUE(std::ranges::equal(stored.model.parameters(), conv.parameters()));
  EXPECT_EQ(config_json(model_fields(), stored.model.config()),
            config_json(model_fields(), conv.config()));
  EXPECT_EQ(stored.model.config().leaf.filters, (Filters{2, 3}));
  // The first group's leaves have 2 × 1 pixels, two leaves of their one region; places 1 and 1.
  const TensorFile file = read_safetensors(path_);
  const auto has_shape = [&file](const char* name, std::vector<std::size_t> shape) {
    const auto found = std::ranges::find(file.tensors, name, &TensorRecord::name);
    return found != file.tensors.end() && found->shape == shape;
  };
  EXPECT_TRUE(has_shape("leaves.0.encoder_trunk.0", {2, 10, 2}));
  EXPECT_TRUE(has_shape("leaves.0.encoder_trunk.1", {2, 19, 3}));
  EXPECT_TRUE(has_shape("leaves.0.encoder_trunk.2", {2, 4, 4}));
  EXPECT_TRUE(has_shape("leaves.0.encoder_mean.0", {2, 5, 2}));
  EXPECT_TRUE(has_shape("leaves.0.encoder_precision.0", {2, 5, 2}));
  EXPECT_TRUE(has_shape("leaves.0.decoder_trunk.0", {2, 3, 3}));
  EXPECT_TRUE(has_shape("leaves.0.decoder_trunk.1", {2, 28, 2}));
  EXPECT_TRUE(has_shape("leaves.0.decoder_logit.0", {2, 19, 1}));
}

TEST_F(Checkpoint, NamesItsTensorsAndTheirShapesAsTheLayoutDoes) {
  const TensorFile file = read_safetensors(path_);
  ASSERT_EQ(file.tensors.size(), model_.layout().tensors().size());
  for (const Tensor& tensor : model_.layout().tensors()) {
    EXPECT_EQ(file.values<float>(tensor.name, tensor.shape).size(), tensor.size);
  }
}

TEST_F(Checkpoint, ThatIsMissingIsNoInput) {
  try {
    load_model(path_.string() + ".missing");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNoInput);
  }
}

TEST_F(Checkpoint, ThatIsTruncatedAnywhereIsRefused) {
  const std::string whole = read_file(path_);
  for (std::size_t size = 0; size < whole.size(); size += 1 + whole.size() / 40) {
    std::ofstream(path_, std::ios::binary) << whole.substr(0, size);
    EXPECT_NE(refusal(), "") << size;
  }
}

TEST_F(Checkpoint, WithAFlippedBitAnywhereIsRefused) {
  const std::string whole = read_file(path_);
  for (std::size_t i = 0; i < whole.size(); i += 13) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 4);
    std::ofstream(path_, std::ios::binary) << damaged;
    EXPECT_NE(refusal(), "") << i;
  }
}

TEST_F(Checkpoint, WhoseTensorsHaveChangedPlacesIsRefused) {
  TensorFile file = read_safetensors(path_);
  const auto twin = std::ranges::find_if(file.tensors, [&file](const TensorRecord& tensor) {
    return &tensor != &file.tensors[0] && tensor.shape == file.tensors[0].shape;
  });
  ASSERT_NE(twin, file.tensors.end());
  std::swap(twin->name, file.tensors[0].name);
  write_safetensors(path_, file);
  EXPECT_THAT(refusal(), HasSubstr("digest"));
}

TEST_F(Checkpoint, OfOlderVersionsHadFewerFields) {
  const TensorFile whole = read_safetensors(path_);
  const auto write_without = [&](const std::vector<std::string>& fields, const char* version) {
    TensorFile file = whole;
    Json config = Json::parse(file.metadata["config"]);
    for (const std::string& field : fields) config.erase(field);
    for (const char* newest : {"product", "sum-scale"}) config.erase(newest);
    file.metadata["config"] = config.dump();
    write_sealed(path_, {"spvae-model", version, "model file"}, file);
  };
  const auto expect_loaded = [&] {
    const StoredModel stored = load_model(path_);
    EXPECT_EQ(stored.model.config().leaf.likelihood.gaussian.max_precision, 0);
    EXPECT_EQ(stored.model.config().channels, 1);
    EXPECT_EQ(stored.model.config().product, Product::kCross);
    EXPECT_TRUE(std::ranges::equal(stored.model.parameters(), model_.parameters()));
  };
  write_without({"max-precision", "channels"}, "2");
  expect_loaded();
  write_without({"channels"}, "3");
  expect_loaded();
  write_without({"max-precision", "channels"}, "3");
  EXPECT_THAT(refusal(), HasSubstr("'max-precision' is missing"));
  write_without({}, "4");
  expect_loaded();
  write_without({"channels"}, "4");
  EXPECT_THAT(refusal(), HasSubstr("'channels' is missing"));
  write_without({}, "5");
  EXPECT_THAT(refusal(), HasSubstr("'product' is missing"));
}

TEST_F(Checkpoint, KeepsChannels) {
  Spvae colour({.height = 5, .width = 4, .channels = 3, .delta = 3, .leaf = {.latent = 2}});
  save_model(path_, colour, colour.parameters(), kOrigin);
  EXPECT_EQ(load_model(path_).model.config().channels, 3);
}

TEST_F(Checkpoint, SaysTheColourSpaceOnlyWhereColoursAreMixed) {
  Spvae colour({.height = 5,
                .width = 4,
                .channels = 3,
                .colour_space = ColourSpace::kYcocg,
                .delta = 3,
                .leaf = {.latent = 2, .likelihood = Likelihood::kOrdinal}});
  EXPECT_THAT(read_safetensors(path_).metadata.at("config"), Not(HasSubstr("colour-space")));
  save_model(path_, colour, colour.parameters(), kOrigin);
  EXPECT_EQ(load_model(path_).model.config().colour_space, ColourSpace::kYcocg);
}

TEST_F(Checkpoint, KeepsWhichPixelsWereNeverSeen) {
  EXPECT_FALSE(read_safetensors(path_).metadata.contains("unseen"));
  EXPECT_TRUE(load_model(path_).origin.unseen.empty());
  ModelOrigin origin = kOrigin;
  origin.unseen.assign(20, 0);
  for (const std::size_t pixel : {0u, 1u, 7u, 18u, 19u}) origin.unseen[pixel] = 1;
  save_model(path_, model_, model_.parameters(), origin);
  EXPECT_EQ(load_model(path_).origin.unseen, origin.unseen);
  EXPECT_EQ(read_safetensors(path_).metadata.at("unseen"), "[[0,2],[7,1],[18,2]]");
}

TEST_F(Checkpoint, KeepsTheBoundOfThePrecision) {
  Spvae bounded(
      {.height = 5,
       .width = 4,
       .delta = 3,
       .leaf = {
           .hidden = 3, .latent = 2, .likelihood = gaussian_config(MeanLink::kSigmoid, 2500.5)}});
  save_model(path_, bounded, bounded.parameters(), kOrigin);
  EXPECT_EQ(load_model(path_).model.config().leaf.likelihood.gaussian.max_precision, 2500.5);
}

TEST_F(Checkpoint, OfAnotherFormatOrVersionIsRefused) {
  TensorFile file = read_safetensors(path_);
  write_sealed(path_, {"spvae-model", "1", "model file"}, file);
  EXPECT_THAT(refusal(),
              AllOf(HasSubstr("version '1'"), HasSubstr("expected '5'"), HasSubstr("train anew")));
  write_sealed(path_, {"other", "3", "model file"}, file);
  EXPECT_THAT(refusal(), AllOf(HasSubstr("'other'"), HasSubstr("'spvae-model'")));
  file.metadata.clear();
  write_safetensors(path_, file);
  EXPECT_THAT(refusal(), HasSubstr("no format"));
}

TEST_F(Checkpoint, WhoseTensorsAreNotThoseOfItsConfigIsRefused) {
  EXPECT_THAT(refusal_after([](TensorFile& file) { change_config(file, "hidden", 4); }),
              HasSubstr("leaves.0.encoder_mean.0"));
}

TEST_F(Checkpoint, WithAMissingTensorIsRefused) {
  EXPECT_THAT(refusal_after([](TensorFile& file) {
                std::erase_if(file.tensors,
                              [](const auto& tensor) { return tensor.name == "circuit.logits"; });
              }),
              HasSubstr("circuit.logits"));
}

TEST_F(Checkpoint, WithATensorTooManyIsRefused) {
  EXPECT_THAT(refusal_after([](TensorFile& file) {
                file.add("extra", {1}, std::span<const float>(std::vector<float>{1.0f}));
              }),
              HasSubstr("'extra'"));
}

TEST_F(Checkpoint, WithAValueThatIsNotFiniteIsRefused) {
  for (const float value :
       {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::quiet_NaN()}) {
    ParameterBuffer parameters(model_.parameters().begin(), model_.parameters().end());
    parameters.back() = value;
    save_model(path_, model_, parameters, kOrigin);
    EXPECT_THAT(refusal(), AllOf(HasSubstr("circuit.logits"), HasSubstr("not finite")));
  }
}

TEST_F(Checkpoint, WithABadConfigIsRefused) {
  const auto with = [this](const char* key, const Json& value) {
    save_model(path_, model_, model_.parameters(), kOrigin);
    return refusal_after([&](TensorFile& file) { change_config(file, key, value); });
  };
  EXPECT_THAT(with("latent", 0), HasSubstr("latent"));
  EXPECT_THAT(with("likelihood", "poisson"), HasSubstr("poisson"));
  EXPECT_THAT(with("colour", 1), HasSubstr("colour"));
  EXPECT_THAT(with("hidden", 65536), HasSubstr("config"));
  save_model(path_, model_, model_.parameters(), kOrigin);
  EXPECT_THAT(refusal_after([](TensorFile& file) { file.metadata["config"] = "{}"; }),
              HasSubstr("'model' is missing"));
  save_model(path_, model_, model_.parameters(), kOrigin);
  EXPECT_THAT(refusal_after([](TensorFile& file) { file.metadata["config"] = "[1"; }),
              HasSubstr("config is not valid"));
  save_model(path_, model_, model_.parameters(), kOrigin);
  EXPECT_THAT(refusal_after([](TensorFile& file) { file.metadata.erase("step"); }),
              HasSubstr("step"));
  save_model(path_, model_, model_.parameters(), kOrigin);
  EXPECT_THAT(refusal_after([](TensorFile& file) { file.metadata["seed"] = "x"; }),
              HasSubstr("the metadata's seed is not valid"));
}

TEST_F(Checkpoint, WithMetadataThatNoModelHasIsRefused) {
  const auto with = [this](const char* key, const std::string& value) {
    save_model(path_, model_, model_.parameters(), kOrigin);
    return refusal_after([&](TensorFile& file) { file.metadata[key] = value; });
  };
  const auto not_valid = [](const std::string& what) {
    return HasSubstr("the model file's metadata are not valid: " + what);
  };
  EXPECT_THAT(with("step", "-1"), not_valid("step: got -1, expected 0 to"));
  EXPECT_THAT(with("step", "1.5"), not_valid("step: got 1.5, expected a whole number"));
  EXPECT_THAT(with("step", "18446744073709551615"), not_valid("step: got 18446744073709551615"));
  EXPECT_THAT(with("seed", "4294967296"), not_valid("seed: got 4294967296, expected 0 to"));
  EXPECT_THAT(with("seed", "-1"), not_valid("seed: got -1"));
  for (const char* runs : {"{}", "[1]", "[[1]]", "[[-1, 2]]", "[[0.5, 1]]", "[[0, 21]]",
                           "[[21, 0]]", "[[1, 18446744073709551615]]"}) {
    EXPECT_THAT(with("unseen", runs), not_valid("unseen: expected a list of [first, count]"));
  }
  EXPECT_THAT(with("seed", "0.5"), not_valid("seed: got 0.5"));
  EXPECT_THAT(with("validation_bound", "null"), not_valid("validation_bound: got null"));
  EXPECT_THAT(with("validation_bound", "1e999"), HasSubstr("beyond the range of a double"));
  for (const char* key : {"config", "training", "step", "seed", "validation_bound"}) {
    EXPECT_THAT(with(key, testing::deep_json()),
                HasSubstr(std::string("the metadata's ") + key + " is not valid: arrays"));
  }
  EXPECT_THAT(with("config", R"({"model":"vae","model":"spvae"})"),
              HasSubstr("config is not valid: 'model' is given twice"));
}

}  // namespace
}  // namespace spvae
