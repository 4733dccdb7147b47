#include "spvae/run/train_command.h"

#include <gtest/gtest.h>

namespace spvae {
namespace {

RunConfig config_of(const Json& given) {
  RunConfig config = run_config(given);
  set_image_size(28, 28, config.model);
  return config;
}

TEST(TrainCommand, NamesWhatDiffersFromTheDefaultsAlone) {
  EXPECT_EQ(train_command(config_of(Json::object()), "runs/a"),
            "spvae train --recipe paper --out runs/a");
  EXPECT_EQ(train_command(config_of({{"model", "vae"}}), "r"),
            "spvae train --recipe paper --model vae --out r");
  EXPECT_EQ(
      train_command(config_of({{"model", "conv-vae"}, {"filters", {4, 8}}, {"seed", 3}}), "r"),
      "spvae train --recipe paper --model conv-vae --filters 4,8 --seed 3 --out r");
  EXPECT_EQ(train_command(config_of({{"data", "mine"}}), "r"),
            "spvae train --recipe paper --data mine --out r");
  EXPECT_EQ(train_command(config_of({{"data", "mine"}, {"delta", 4}}), "r"),
            "spvae train --recipe paper --data mine --delta 4 --out r");
}

TEST(TrainCommand, NamesTheRecipeOfFewestDifferences) {
  const Json density = {{"recipe", "density"}};
  EXPECT_EQ(train_command(config_of(density), "r"), "spvae train --out r");
  Json changed = density;
  changed.update({{"hidden", 20}, {"averaging", 0.9}});
  EXPECT_EQ(train_command(config_of(changed), "r"),
            "spvae train --hidden 20 --averaging 0.9 --out r");
  EXPECT_EQ(train_command(config_of({{"recipe", "density"}, {"model", "vae"}}), "r"),
            "spvae train --model vae --out r");
  // What the recipe has and the run has not is said.
  changed = density;
  changed["clip-norm"] = 0;
  EXPECT_EQ(train_command(config_of(changed), "r"), "spvae train --clip-norm 0.0 --out r");
}

TEST(TrainCommand, LeavesOutWhatTheModelMakesNoUseOf) {
  EXPECT_EQ(train_command(config_of({{"model", "vae"}, {"delta", 3}, {"filters", {7, 7}}}), "r"),
            "spvae train --recipe paper --model vae --out r");
}

TEST(TrainCommand, QuotesForTheShell) {
  EXPECT_EQ(train_command(config_of({{"data", "my data"}}), "it's $1"),
            "spvae train --recipe paper --data 'my data' --out 'it'\\''s $1'");
}

TEST(TrainCommand, LeavesOutEmptyTextsOfAnyFlags) {
  EXPECT_EQ(flag_words({{"grid", "hidden=1,2;latent=3"}, {"class", ""}, {"points", 4}}),
            " --grid 'hidden=1,2;latent=3' --points 4");
}

TEST(TrainCommand, GivesTheSameConfigAgain) {
  for (const Json& given :
       {Json{{"likelihood", "logistic"}, {"latent", 7}, {"learning-rate", 0.003}},
        Json{{"model", "vae"}, {"learning-rate", 0.01}, {"mean-link", "identity"}},
        Json{{"model", "conv-spvae"},
             {"stride", 2},
             {"dense", 9},
             {"learning-rate-decay", "linear"}},
        Json{{"data", "svhn"}, {"data-seed", 4}, {"training-images", 100}, {"engine", "reference"}},
        Json{{"recipe", "density"}, {"likelihood", "gaussian"}, {"seed", 4}, {"split-every", 0}},
        Json{{"recipe", "density"}, {"model", "conv-spvae"}, {"latent", 3}},
        Json{{"data", "a.npy"}, {"stretch", "none"}, {"missing", "nan"}, {"k-sum", 3}}}) {
    const RunConfig config = config_of(given);
    Json flags = train_flags(config);
    if (!flags.contains("recipe")) flags["recipe"] = "density";
    EXPECT_EQ(run_config_json(config_of(flags)), run_config_json(config));
  }
}

}  // namespace
}  // namespace spvae
