"""spvae inpaint."""

import json
import pathlib

from cli_support import LIKELIHOODS, CommandTest, main, read_npy, read_png_size


class Inpaint(CommandTest):
    def inpaint(self, run, *more):
        out = self.path("filled.npy")
        result = self.run_json("inpaint", run, "--proposals", "5", "--out", out, *more)
        return result, *read_npy(out)

    def test_observed_pixels_stay_and_hidden_ones_are_filled(self):
        for likelihood in LIKELIHOODS:
            run = self.train(likelihood, "--likelihood", likelihood)
            _, shape, lower = self.inpaint(run, "--limit", "3", "--count", "2")
            self.assertEqual(shape, (3, 2, 8, 8))
            _, _, upper = self.inpaint(run, "--limit", "3", "--count", "2", "--hide", "upper")
            # What one hides the other shows: the originals, put together.
            for i in range(0, len(lower), 128):
                for pixel in range(64):
                    source = lower if pixel < 32 else upper
                    self.assertEqual(source[i + pixel], source[i + 64 + pixel])

    def test_the_picture_has_a_column_for_each_image(self):
        run = self.train("run")
        out = self.path("filled.png")
        self.run_spvae("inpaint", run, "--limit", "5", "--count", "3", "--proposals", "4", "--out",
                       out)
        self.assertEqual(read_png_size(out), (5 * 10 - 2, 5 * 10 - 2))
        beside = json.loads(pathlib.Path(out + ".json").read_text())
        self.assertEqual((beside["proposals"], beside["hide"]), (4, "lower"))

    def test_laplace_proposals_fill_what_the_mask_cuts_through(self):
        run = self.train("run")
        one, shape, values = self.inpaint(run, "--limit", "3", "--hide", "random", "--sampler",
                                          "laplace", "--threads", "1")
        _, _, again = self.inpaint(run, "--limit", "3", "--hide", "random", "--sampler", "laplace",
                                   "--threads", "2")
        self.assertEqual((one["sampler"], shape), ("laplace", (3, 4, 8, 8)))
        self.assertEqual(values, again)

    def test_mean_and_best_have_one_completion(self):
        run = self.train("run")
        for fill in ["mean", "best"]:
            result, shape, values = self.inpaint(run, "--limit", "2", "--fill", fill)
            self.assertEqual(shape, (2, 1, 8, 8))
            self.assertEqual(result["completions"], 1)
            self.assertTrue(all(-0.001 <= value <= 1.001 for value in values))

    def test_depends_on_the_seed_and_not_on_threads(self):
        run = self.train("run")
        flags = ["--limit", "3", "--hide", "random", "--share", "0.5"]
        expected = list(self.inpaint(run, *flags, "--threads", "1")[2])
        self.assertEqual(list(self.inpaint(run, *flags, "--threads", "2")[2]), expected)
        self.assertNotEqual(list(self.inpaint(run, *flags, "--seed", "1")[2]), expected)

    def test_nothing_and_everything_may_be_hidden(self):
        run = self.train("run")
        whole = list(self.inpaint(run, "--hide", "random", "--share", "0", "--count", "1")[2])
        again = list(self.inpaint(run, "--hide", "random", "--share", "0", "--count", "1",
                                  "--seed", "5")[2])
        self.assertEqual(whole, again)
        result, _, nothing = self.inpaint(run, "--hide", "random", "--share", "1", "--count", "1")
        self.assertNotEqual(list(nothing), whole)
        self.assertGreater(result["squared_error"], 0)

    def test_bad_input_is_refused(self):
        run = self.train("run")
        out = self.path("x.png")
        self.fails(64, "inpaint", says="no run given")
        self.fails(64, "inpaint", run, says="--out FILE.png or FILE.npy")
        self.fails(64, "inpaint", run, "--out", self.path("x.txt"), says=".png, .npy or .csv")
        for flag in ["--count", "--proposals"]:
            self.fails(64, "inpaint", run, "--out", out, flag, "0", says=flag[2:])
        self.fails(64, "inpaint", run, "--out", out, "--share", "0.5", says="--hide random")
        self.fails(64, "inpaint", run, "--out", out, "--hide", "middle", says="lower")
        self.fails(64, "inpaint", run, "--out", out, "--hide", "random", "--share", "1.5",
                   says="share")
        self.fails(64, "inpaint", run, "--out", out, "--fill", "best", "--count", "9",
                   says=["count: got 9", "--fill best"])
        self.fails(73, "inpaint", run, "--out", self.path("none/x.png"), says="none")


if __name__ == "__main__":
    main()
