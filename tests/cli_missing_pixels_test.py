"""Masks and NaN: what commands make of images that lack pixels."""

import json
import math
import pathlib

from cli_support import (LIKELIHOODS, CommandTest, images, main, read_npy, read_png_size, small,
                         write_png, write_npy)

TESTS = 20
PIXELS = 64


def lower_half():
    return [1] * 32 + [0] * 32


class MissingPixels(CommandTest):
    def mask(self, name, values):
        """A mask of all images, or of each."""
        shape = (8, 8) if len(values) == PIXELS else (len(values) // PIXELS, 8, 8)
        return write_npy(self.path(name), shape, values)

    def scores(self, run, *more):
        """Log-likelihoods of the test images."""
        out = self.path("scores.npy")
        self.run_spvae("score", run, "--samples", "5", "--out", out, *more)
        shape, values = read_npy(out)
        return list(values[1::shape[1]])

    def float_data(self, name, count, missing=()):
        """Floating-point images in [0, 1] with NaN at pixels `missing` of every image."""
        values = [value / 255 for value in images(count)]
        for at in range(len(values)):
            if at % PIXELS in missing:
                values[at] = math.nan
        return write_npy(self.path(name), (count, 8, 8), values, "<f4")

    def test_an_image_of_which_everything_is_missing_scores_exactly_zero(self):
        mask = self.mask("none.npy", [0] * PIXELS)
        for likelihood in LIKELIHOODS:
            run = self.train(likelihood, "--likelihood", likelihood)
            self.assertEqual(self.scores(run, "--mask", mask), [0.0] * TESTS)
            result = self.run_json("evaluate", run, "--samples", "3", "--mask", mask)
            self.assertEqual(result["log_likelihood"], 0)
            self.assertEqual(result["observed_pixels"], 0)
            if likelihood != "gaussian":
                self.assertIsNone(result["bits_per_dimension"])

    def test_text_says_how_much_is_observed(self):
        run = self.train("run")
        mask = self.mask("half.npy", lower_half())
        for command in ["score", "evaluate"]:
            whole = self.run_spvae(command, run, "--samples", "2").stdout
            self.assertNotIn("observed", whole)
            self.assertIn(f"{PIXELS / 2} of {PIXELS} pixels observed",
                          self.run_spvae(command, run, "--samples", "2", "--mask", mask).stdout)

    def test_embeddings_of_what_is_not_observed_are_the_prior(self):
        run = self.train("run")
        out = self.path("codes.npy")
        self.run_spvae("embed", run, "--samples", "2", "--limit", "1", "--mask",
                       self.mask("none.npy", [0] * PIXELS), "--out", out)
        columns = json.loads(pathlib.Path(out + ".json").read_text())["columns"]
        for name, value in zip(columns, read_npy(out)[1]):
            if "mean" in name:
                self.assertEqual(value, 0, name)
            elif "sd" in name or "deviation" in name:
                self.assertEqual(value, 1, name)

    def test_a_mask_that_hides_nothing_changes_nothing(self):
        run = self.train("run")
        whole = self.scores(run)
        self.assertEqual(self.scores(run, "--mask", self.mask("all.npy", [1] * PIXELS)), whole)
        white = write_png(self.path("white.png"), 8, [255] * PIXELS)
        self.assertEqual(self.scores(run, "--mask", white), whole)

    def test_one_mask_is_of_all_images_and_several_are_in_the_order_of_the_split(self):
        run = self.train("run", "--likelihood", "logistic")
        picture = write_png(self.path("half.png"), 8, [255 * flag for flag in lower_half()])
        half = self.scores(run, "--mask", picture)
        whole = self.scores(run)
        each = [flag for i in range(TESTS) for flag in ([1] * PIXELS if i % 2 else lower_half())]
        mixed = self.scores(run, "--mask", self.mask("each.npy", each))
        # But for rounding: neighbours in a tile decide which loop computes an image.
        for i in range(TESTS):
            self.assertAlmostEqual(mixed[i], (whole if i % 2 else half)[i], places=3)
        self.assertNotAlmostEqual(whole[0], half[0], places=0)
        first = self.scores(run, "--mask", self.path("each.npy"), "--limit", "3")
        self.assertEqual(first, mixed[:3])

    def test_bits_are_of_observed_pixels(self):
        run = self.train("run", "--likelihood", "binomial")
        result = self.run_json("evaluate", run, "--samples", "3", "--mask",
                               self.mask("half.npy", lower_half()))
        self.assertEqual(result["observed_pixels"], 32)
        self.assertAlmostEqual(result["bits_per_dimension"],
                               -result["log_likelihood"] / (32 * math.log(2)))
        self.assertRegex(result["mask_digest"], "^[0-9a-f]{64}$")

    def test_the_estimate_depends_on_prior_share_and_imputation_where_a_leaf_lacks_pixels(self):
        run = self.train("run")
        mask = self.mask("some.npy", [1 if v % 3 else 0 for v in range(PIXELS)])
        default = self.scores(run, "--mask", mask)
        self.assertNotEqual(self.scores(run, "--mask", mask, "--prior-share", "0"), default)
        self.assertNotEqual(self.scores(run, "--mask", mask, "--impute", "zero"), default)
        self.assertEqual(self.scores(run, "--prior-share", "0"), self.scores(run))

    def test_evaluate_and_compare_see_the_same_observed_pixels_as_score(self):
        run = self.train("run")
        other = self.train("other", "--seed", "1")
        mask = ["--mask", self.mask("half.npy", lower_half())]
        a = self.run_json("evaluate", run, "--samples", "2000", *mask)["log_likelihood"]
        b = self.run_json("evaluate", other, "--samples", "2000", *mask)["log_likelihood"]
        scored = self.run_json("score", run, "--samples", "2000", *mask)["log_likelihood"]
        self.assertAlmostEqual(scored, a, delta=0.5)
        compared = self.run_json("compare", run, other, "--samples", "2000", *mask)
        self.assertAlmostEqual(compared["difference"], a - b, places=9)
        self.assertEqual(compared["observed_pixels"], 32)

    def test_inpaint_fills_what_the_mask_hides_and_nothing_else(self):
        run = self.train("run", "--stretch", "none")  # which would go by what is observed
        out = self.path("filled.npy")
        upper = [1 - flag for flag in lower_half()]
        mask = self.mask("upper.npy", upper)

        def filled(*flags):
            result = self.run_json("inpaint", run, "--limit", "3", "--count", "1", "--proposals",
                                   "5", "--out", out, *flags)
            return result, list(read_npy(out)[1])

        by_mask, values = filled("--mask", mask)
        by_flag, same = filled("--hide", "upper")
        for at, value in enumerate(values):
            if upper[at % PIXELS]:
                self.assertEqual(value, same[at])
        self.assertEqual((by_mask["hide"], by_flag["hide"]), ("none", "upper"))
        self.assertGreater(by_mask["squared_error"], 0)
        # Hidden by both: nothing is left of the original.
        both, values = filled("--mask", mask, "--hide", "lower", "--fill", "best")
        self.assertEqual(both["hide"], "lower")
        self.assertEqual(values, filled("--hide", "random", "--share", "1", "--fill", "best")[1])

    def test_pictures_show_hidden_pixels(self):
        run = self.train("run")
        mask = self.mask("half.npy", lower_half())
        rank = self.path("rank.png")
        self.run_spvae("score", run, "--samples", "2", "--count", "4", "--mask", mask, "--rank", rank)
        self.assertGreater(min(read_png_size(rank)), 18)
        out = self.path("rec.png")
        self.run_spvae("reconstruct", run, "--limit", "3", "--mask", mask, "--out", out)
        self.assertEqual(read_png_size(out), (28, 18))

    def test_embeddings_and_reconstructions_of_partly_observed_images(self):
        run = self.train("run")
        out = self.path("e.npy")
        mask = self.mask("half.npy", lower_half())
        self.run_spvae("embed", run, "--limit", "4", "--samples", "3", "--mask", mask, "--out", out)
        self.assertTrue(all(math.isfinite(value) for value in read_npy(out)[1]))
        error = self.run_json("reconstruct", run, "--mask", mask, "--out", out)["squared_error"]
        self.assertGreater(error, 0)
        nothing = self.run_json("reconstruct", run, "--mask", self.mask("none.npy", [0] * PIXELS),
                                "--out", out)
        self.assertIsNone(nothing["squared_error"])
        self.assertTrue(all(0 <= value <= 1 for value in read_npy(out)[1]))

    def test_nan_is_a_missing_pixel_where_it_is_said_so(self):
        whole = self.float_data("whole.npy", 60)
        run = self.path("run")
        self.run_spvae("train", "--data", whole, "--out", run, *small("--likelihood", "gaussian"))
        holes = self.float_data("holes.npy", 60, missing=range(32, 64))
        self.fails(65, "score", run, "--samples", "3", "--data", holes, says=["nan", "image"])
        flags = ["--data", holes, "--missing", "nan"]
        by_mask = self.scores(run, "--data", whole, "--mask", self.mask("half.npy", lower_half()))
        self.assertEqual(len(by_mask), 60)  # images without splits are taken whole
        self.assertEqual(self.scores(run, *flags), by_mask)
        self.fails(65, "score", run, "--samples", "3", "--data", holes, "--missing", "none",
                   says="nan")
        out = self.path("x.npy")
        inpaint = ["inpaint", run, *flags, "--limit", "2", "--proposals", "4", "--out", out]
        unknown = self.run_json(*inpaint)
        self.assertIsNone(unknown["squared_error"])
        self.assertIn("no true value", self.run_spvae(*inpaint).stdout)
        known = self.run_json(*inpaint, "--hide", "upper")
        self.assertGreater(known["squared_error"], 0)
        again = self.run_json(*inpaint, "--mask", self.mask("upper.npy", [0] * 32 + [1] * 32))
        self.assertGreater(again["squared_error"], 0)

    def test_training_learns_from_what_is_observed(self):
        # 60 images of the training file, of each of which every third pixel is missing.
        mask = write_npy(self.path("train.npy"), (60, 8, 8),
                         [1 if (at + at // PIXELS) % 3 else 0 for at in range(60 * PIXELS)])
        run = self.train("run", "--mask", mask)
        self.assertEqual(json.loads(pathlib.Path(run, "config.json").read_text())["mask"], mask)
        self.assertNotEqual(self.model_bytes("run"), self.model_bytes(self.train("whole")))
        observed = [self.run_json("evaluate", run, "--samples", "2", "--split", split).get(
            "observed_pixels") for split in ["train", "test"]]
        self.assertAlmostEqual(observed[0], PIXELS * 2 / 3, delta=0.5)
        self.assertIsNone(observed[1])
        # Each pixel was seen in some image; of the lower half none was.
        said = [self.run_spvae("evaluate", model, "--samples", "2").stderr
                for model in [run, self.train("half", "--mask", self.mask("half.npy", lower_half()))]]
        self.assertNotIn("hid some pixels", said[0])
        self.assertIn("of the 64 pixels of these images the model never saw 32", said[1])
        # It is the model's, whatever the data, the command and what stands for a missing pixel.
        half = self.path("half")
        other = write_npy(self.path("other.npy"), (6, 8, 8), list(images(6)))
        for command in [["score", half], ["compare", half, half]]:
            for data in [self.data, other]:
                done = self.run_spvae(*command, "--samples", "2", "--data", data)
                self.assertEqual(done.stderr.count("never saw 32"), 1, done.stderr)
        for observed, count in [(lower_half(), 0), ([1] * PIXELS, 32), ([0] * 63 + [1], 1)]:
            asked = self.mask("asked.npy", observed)
            said = self.run_spvae("evaluate", half, "--samples", "2", "--mask", asked).stderr
            self.assertEqual(f"never saw {count}," in said, count > 0, said)
        # Runs of other data may be compared on data that are named.
        whole = self.path("whole")
        self.fails(64, "compare", run, whole, says=["other data", "--data"])
        self.run_json("compare", run, whole, "--samples", "2", "--data", self.data)
        self.fails(65, "train", "--data", self.data, "--mask", self.mask("one.npy", [1] * 61 * PIXELS),
                   "--out", self.path("x"), *small(), says=["(61, 8, 8)", "(60, 8, 8)"])
        nothing = self.mask("nothing.npy", [0] * PIXELS)
        self.fails(65, "train", "--data", self.data, "--mask", nothing, "--out", self.path("x"),
                   *small(), says="no pixel of any training image is observed")
        self.fails(64, "train", "--data", self.data, "--missing", "nan", "--out", self.path("x"),
                   *small(), says="8 bits")
        pathlib.Path(mask).unlink()
        self.fails(66, "evaluate", run, "--samples", "2", says="train.npy")
        self.run_spvae("evaluate", run, "--samples", "2", "--data", self.data)

    def test_bad_masks_are_refused_in_one_sentence(self):
        run = self.train("run")
        for count in [TESTS - 1, TESTS + 1]:
            mask = self.mask("count.npy", [1] * (count * PIXELS))
            for command in ["score", "evaluate"]:
                self.fails(65, command, run, "--samples", "2", "--mask", mask,
                           says=[f"({count}, 8, 8)", f"({TESTS}, 8, 8)"])
        out = ["--out", self.path("x.npy"), "--mask"]
        for command in ["inpaint", "reconstruct", "embed"]:
            wide = write_npy(self.path("wide.npy"), (8, 9), [1] * 72)
            self.fails(65, command, run, *out, wide, says=["(8, 9)", "(8, 8)"])
            self.fails(65, command, run, *out, self.mask("two.npy", [2] * PIXELS), says="value 2")
            gray = write_png(self.path("gray.png"), 8, [100] * PIXELS)
            self.fails(65, command, run, *out, gray, says="white")
            small_one = write_png(self.path("small.png"), 7, [255] * 49)
            self.fails(65, command, run, *out, small_one, says=["7×7", "8×8"])
            self.fails(64, command, run, *out, self.path("mask.txt"), says=".npy or .png")
            self.fails(66, command, run, *out, self.path("absent.npy"), says="absent.npy")
        self.fails(64, "compare", run, run, "--mask", "", says="--mask")
        self.fails(64, "score", run, "--missing", "nan", says="8 bits")
        self.fails(64, "score", run, "--missing", "zero", says="nan")

    def test_the_description_beside_an_array_names_the_mask(self):
        run = self.train("run")
        out = self.path("s.npy")
        mask = self.mask("half.npy", lower_half())
        self.run_spvae("score", run, "--samples", "2", "--mask", mask, "--out", out)
        beside = json.loads(pathlib.Path(out + ".json").read_text())
        self.assertEqual((beside["mask"], beside["impute"]), (mask, "patch-mean"))


if __name__ == "__main__":
    main()
