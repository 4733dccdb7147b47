"""spvae sample."""

import json
import pathlib

from cli_support import LIKELIHOODS, SIDE, CommandTest, main, read_npy, read_png_size


class Show(CommandTest):
    def show(self, run, out, *more):
        return self.run_json("show", run, "--proposals", "4", "--samples", "9", "--limit", "3",
                             "--completions", "2", "--out", out, *more)

    def test_draws_samples_and_completions_in_one_picture(self):
        run = self.train("run")
        out = self.path("model.png")
        result = self.show(run, out)
        self.assertEqual((result["samples"], result["images"], result["completions"]), (9, 3, 2))
        width, height = read_png_size(out)
        self.assertGreater(width, height)
        beside = json.loads(pathlib.Path(out + ".json").read_text())
        self.assertEqual((beside["out"], beside["run"]), (out, run))
        first = pathlib.Path(out).read_bytes()
        self.show(run, out, "--threads", "2")
        self.assertEqual(pathlib.Path(out).read_bytes(), first)
        self.show(run, out, "--seed", "1")
        self.assertNotEqual(pathlib.Path(out).read_bytes(), first)

    def test_draws_an_svg_of_its_own(self):
        run = self.train("run")
        out = self.path("model.svg")
        self.show(run, out)
        self.assertEqual(pathlib.Path(out).read_text().count("<image "), 9 + 3 * 4 + 3 * 2)
        self.show(run, out, "--searched", "0")
        self.assertEqual(pathlib.Path(out).read_text().count("<image "), 9 + 3 * 4)
        self.show(run, out, "--searched", "2")
        self.assertEqual(pathlib.Path(out).read_text().count("<image "), 9 + 3 * 4 + 2 * 2)

    def test_bad_input_is_refused(self):
        run = self.train("run")
        self.fails(64, "show", run, says="--out FILE.png or FILE.svg")
        self.fails(64, "show", run, "--out", self.path("x.npy"), says=".png or .svg")
        for flag in ["--samples", "--completions", "--proposals"]:
            self.fails(64, "show", run, "--out", self.path("x.png"), flag, "0", says=flag[2:])
        self.fails(64, "show", run, "--out", self.path("x.png"), "--completions", "31",
                   says="completions")
        self.fails(73, "show", run, "--out", self.path("none/x.png"), says="none")


class Sample(CommandTest):
    def test_npy_holds_the_samples_on_the_scale_of_the_data(self):
        for likelihood in LIKELIHOODS:
            run = self.train(likelihood, "--likelihood", likelihood)
            for more in [[], ["--mean"]]:
                out = self.path("samples.npy")
                result = self.run_json("sample", run, "--count", "7", "--out", out, *more)
                shape, values = read_npy(out)
                self.assertEqual(shape, (7, SIDE, SIDE))
                self.assertEqual((result["count"], result["mean"]), (7, more != []))
                if likelihood != "gaussian" or more:
                    self.assertTrue(all(0 <= value <= 1 for value in values))
                self.assertGreater(max(values) - min(values), 0)

    def test_png_is_a_nearly_square_grid(self):
        run = self.train("run")
        out = self.path("samples.png")
        for count, columns, rows in [(1, 1, 1), (9, 3, 3), (10, 4, 3), (64, 8, 8)]:
            self.run_spvae("sample", run, "--count", count, "--out", out)
            self.assertEqual(read_png_size(out), (columns * 10 - 2, rows * 10 - 2))

    def test_endings_may_be_in_capitals(self):
        run = self.train("run")
        done = self.run_spvae("sample", run, "--count", "1", "--out", self.path("x.PNG"))
        self.assertIn("x.PNG: 1 sample of 8×8 pixels", done.stdout)
        self.assertEqual(read_png_size(self.path("x.PNG")), (8, 8))
        self.run_spvae("sample", run, "--count", "2", "--out", self.path("x.Npy"), "--mean=false")
        self.assertEqual(read_npy(self.path("x.Npy"))[0], (2, 8, 8))

    def test_writes_what_they_are_beside_them(self):
        run = self.train("run")
        out = self.path("samples.png")
        self.run_spvae("sample", run, "--count", "3", "--seed", "5", "--out", out)
        beside = json.loads(pathlib.Path(out + ".json").read_text())
        self.assertEqual((beside["count"], beside["seed"], beside["run"]), (3, 5, run))
        self.assertEqual(beside["model"]["config"]["hidden"], 4)
        self.assertRegex(beside["model"]["data_digest"], "^[0-9a-f]{64}$")
        self.assertIn("version", beside)

    def values(self, run, *more):
        out = self.path("values.npy")
        self.run_spvae("sample", run, "--out", out, *more)
        return list(read_npy(out)[1])

    def test_depends_on_the_seed_and_on_neither_count_nor_threads(self):
        run = self.train("run")
        few = self.values(run, "--count", "3", "--threads", "1")
        self.assertEqual(self.values(run, "--count", "9", "--threads", "2")[:len(few)], few)
        self.assertNotEqual(self.values(run, "--count", "3", "--seed", "1"), few)

    def test_takes_its_flags_from_a_config_file(self):
        run = self.train("run")
        config = pathlib.Path(self.path("sample.json"))
        config.write_text(json.dumps({"run": run, "count": 2, "out": self.path("x.npy"),
                                      "mean": True}))
        result = self.run_json("sample", "--config", config, "--count", "4")
        self.assertEqual((result["count"], result["mean"]), (4, True))

    def test_bad_input_is_refused(self):
        run = self.train("run")
        png = self.path("x.png")
        for count in ["0", "-3", "99999999999", "x"]:
            self.fails(64, "sample", run, "--count", count, "--out", png, says="count")
        self.fails(64, "sample", run, says="sample: no --out given; say --out FILE.png or FILE.npy")
        for name in [".png", "none/.npy", "png", "x.png.gz"]:
            self.fails(64, "sample", run, "--out", self.path(name), says=[name, ".png, .npy or .csv"])
        self.fails(64, "sample", run, "--out", self.path("x.jpg"), says=[".png", ".npy"])
        self.fails(64, "sample", "--out", png, says="RUN")
        self.fails(66, "sample", self.path("none"), "--out", png, says="none")
        self.fails(73, "sample", run, "--out", self.path("none/x.png"), says="none")


if __name__ == "__main__":
    main()
