"""Colour images: --colour, and what the commands make of their channels."""

import pathlib

from cli_support import (LIKELIHOODS, CommandTest, main, read_npy, read_png_size, small,
                         write_colours, write_png, write_npy)

HEIGHT, WIDTH = 8, 6
VALUES = HEIGHT * WIDTH * 3
GRAY, RGB = 0, 2  # a PNG's type of colour


class Colour(CommandTest):
    def setUp(self):
        super().setUp()
        self.colours = write_colours(self.path("colours.npy"), 40, HEIGHT, WIDTH)

    def train_colours(self, out, *more, colour="rgb"):
        self.run_spvae("train", "--data", self.colours, "--out", self.path(out), "--colour", colour,
                       *small(*more))
        return self.path(out)

    def picture(self, *arguments):
        """Size and type of colour of the picture that a command draws."""
        out = self.path("picture.png")
        self.run_spvae(*arguments, "--out", out)
        return read_png_size(out), pathlib.Path(out).read_bytes()[25]

    def test_the_leaves_hold_all_channels(self):
        model = self.run_json("info", self.train_colours("run"))
        self.assertEqual(model["model"]["channels"], 3)
        self.assertEqual(model["leaves"], 8)
        sizes = ["--height", HEIGHT, "--width", WIDTH, "--delta", "4", "--hidden", "4", "--latent", "2"]
        described = self.run_json("info", *sizes, "--channels", "3")
        self.assertEqual(described["parameters"], model["parameters"])
        self.assertGreater(model["parameters"], self.run_json("info", *sizes)["parameters"])

    def test_every_model_and_likelihood_learns_and_scores_them(self):
        for model in ["spvae", "vae", "conv-spvae", "conv-vae"]:
            for likelihood in LIKELIHOODS:
                run = self.train_colours(f"{model}-{likelihood}", "--model", model, "--likelihood",
                                         likelihood)
                both = [self.run_json("evaluate", run, "--samples", "5", "--engine", engine)
                        for engine in ["fused", "reference"]]
                self.assertAlmostEqual(both[0]["log_likelihood"], both[1]["log_likelihood"],
                                       delta=1e-5 * abs(both[1]["log_likelihood"]))

    def test_luma_and_chromas_are_learned_and_everything_shown_is_red_green_and_blue(self):
        run = self.train_colours("run", "--likelihood", "ordinal", colour="ycocg")
        self.assertEqual(self.run_json("info", run)["model"]["colour-space"], "ycocg")
        self.assertNotIn("colour-space", self.run_json("info", self.train_colours("rgb"))["model"])
        both = [self.run_json("evaluate", run, "--samples", "5", "--engine", engine)
                for engine in ["fused", "reference"]]
        self.assertAlmostEqual(both[0]["bits_per_dimension"], both[1]["bits_per_dimension"], places=5)
        out = self.path("values.npy")
        self.run_spvae("sample", run, "--count", "3", "--out", out)
        for value in read_npy(out)[1]:
            self.assertAlmostEqual(255 * value, min(max(round(255 * value), 0), 255), places=3)
        self.run_spvae("train", "--resume", "--out", run)
        self.run_spvae("report", run, "--samples", "2", "--proposals", "2")
        rgb = self.train_colours("ordinal", "--likelihood", "ordinal")
        self.assertIn("difference", self.run_json("compare", run, rgb, "--samples", "2"))

    def test_colours_are_mixed_in_three_channels_of_bytes_alone(self):
        for data, likelihood, says in [(self.colours, "gaussian", ["gaussian", "--colour rgb"]),
                                       (self.data, "ordinal", ["ycocg", "gray"])]:
            flags = small("--colour", "ycocg", "--likelihood", likelihood)
            self.fails(64, "train", "--data", data, "--out", self.path("none"), *flags, says=says)

    def test_bits_per_dimension_are_of_channels(self):
        run = self.train_colours("run", "--likelihood", "logistic")
        result = self.run_json("evaluate", run, "--samples", "2")
        bits = -result["log_likelihood"] / (VALUES * 0.6931471805599453)
        self.assertAlmostEqual(result["bits_per_dimension"], bits, places=9)

    def test_arrays_and_pictures_have_their_channels(self):
        run = self.train_colours("run")
        out = self.path("values.npy")
        self.run_spvae("sample", run, "--count", "3", "--out", out)
        self.assertEqual(read_npy(out)[0], (3, HEIGHT, WIDTH, 3))
        self.run_spvae("reconstruct", run, "--limit", "2", "--samples", "2", "--out", out)
        self.assertEqual(read_npy(out)[0], (2, HEIGHT, WIDTH, 3))
        grid = (4 * (WIDTH + 2) - 2, 3 * (HEIGHT + 2) - 2)
        self.assertEqual(self.picture("sample", run, "--count", "12"), (grid, RGB))
        self.assertEqual(self.picture("explain", run, "--samples", "2")[1], RGB)
        self.assertEqual(self.picture("data", self.colours, "--count", "4", "--colour", "rgb")[1], RGB)
        self.assertEqual(self.picture("data", self.colours, "--count", "4")[1], GRAY)

    def test_a_mask_hides_all_channels_and_observed_ones_stay(self):
        run = self.train_colours("run", "--likelihood", "logistic")
        mask = write_npy(self.path("mask.npy"), (HEIGHT, WIDTH), [1] * 24 + [0] * 24)
        out = self.path("filled.npy")
        self.run_spvae("inpaint", run, "--data", self.colours, "--limit", "2", "--mask", mask,
                       "--count", "2", "--proposals", "5", "--out", out)
        shape, filled = read_npy(out)
        self.assertEqual(shape, (2, 2, HEIGHT, WIDTH, 3))
        for completion in range(4):
            image = completion // 2
            for v in range(VALUES // 2):
                y, x, c = v // (3 * WIDTH), v // 3 % WIDTH, v % 3
                expected = (37 * image + 11 * y * (c + 1) + 5 * x * x + 60 * c) % 256
                self.assertAlmostEqual(255 * filled[completion * VALUES + v], expected, places=3)
        nothing = write_npy(self.path("nothing.npy"), (HEIGHT, WIDTH), [0] * 48)
        result = self.run_json("evaluate", run, "--mask", nothing, "--samples", "2")
        self.assertEqual(result["log_likelihood"], 0)

    def value(self, image, v):
        """What write_colours wrote, on the scale [0, 1]."""
        y, x, c = v // (3 * WIDTH), v // 3 % WIDTH, v % 3
        return (37 * image + 11 * y * (c + 1) + 5 * x * x + 60 * c) % 256 / 255

    def test_inpaint_hides_whole_pixels(self):
        run = self.train_colours("run", "--likelihood", "logistic")
        out = self.path("filled.npy")
        for hide in ["lower", "upper", "left", "right", "random"]:
            self.run_spvae("inpaint", run, "--data", self.colours, "--limit", "1", "--hide", hide,
                           "--count", "3", "--proposals", "5", "--out", out)
            filled = read_npy(out)[1]
            changed = {v // 3 for completion in range(3) for v in range(VALUES)
                       if abs(filled[completion * VALUES + v] - self.value(0, v)) > 1e-4}
            place = [(p // WIDTH, p % WIDTH) for p in range(HEIGHT * WIDTH)]
            expected = {"lower": {p for p, (y, _) in enumerate(place) if 2 * y >= HEIGHT},
                        "upper": {p for p, (y, _) in enumerate(place) if 2 * y < HEIGHT},
                        "left": {p for p, (_, x) in enumerate(place) if 2 * x < WIDTH},
                        "right": {p for p, (_, x) in enumerate(place) if 2 * x >= WIDTH}}
            if hide in expected:
                # Three draws of three channels do not all meet their value by chance.
                self.assertEqual(changed, expected[hide])
            else:
                self.assertTrue(0 < len(changed) < HEIGHT * WIDTH / 2)
                for v in (3 * pixel + channel for pixel in changed for channel in range(3)):
                    self.assertTrue(any(abs(filled[completion * VALUES + v] - self.value(0, v)) > 1e-4
                                        for completion in range(3)))

    def test_explain_divides_pixels(self):
        tree = self.run_json("explain", self.train_colours("run"), "--samples", "2", "--out",
                             self.path("tree.png"))["tree"]
        boxes = [node["rectangle"] for node in tree["nodes"] if "leaf" in node]
        covered = [(y, x) for box in boxes for y in range(box["top"], box["top"] + box["height"])
                   for x in range(box["left"], box["left"] + box["width"])]
        self.assertEqual(sorted(covered), [(y, x) for y in range(HEIGHT) for x in range(WIDTH)])

    def test_observed_pixels_are_counted_once(self):
        run = self.train_colours("run", "--likelihood", "logistic")
        mask = write_npy(self.path("mask.npy"), (HEIGHT, WIDTH), [1] * 12 + [0] * 36)
        result = self.run_json("evaluate", run, "--samples", "2", "--mask", mask)
        self.assertEqual(result["observed_pixels"], 12)
        bits = -result["log_likelihood"] / (36 * 0.6931471805599453)
        self.assertAlmostEqual(result["bits_per_dimension"], bits, places=9)

    def test_a_run_goes_on_with_the_flags_that_it_began_with(self):
        flags = ["--data", self.colours, "--out", self.path("run"),
                 *small("--colour", "rgb", "--delta", "0", "--stretch", "auto")]
        self.run_spvae("train", *flags)
        self.run_spvae("train", *flags, "--resume")

    def test_gray_images_have_three_equal_channels_for_a_model_of_colours(self):
        run = self.train_colours("run")
        folder = self.folder / "grays"
        folder.mkdir()
        for i in range(3):
            write_png(folder / f"{i}.png", WIDTH, [i] * (HEIGHT * WIDTH))
        repeated = write_npy(self.path("repeated.npy"), (3, HEIGHT, WIDTH, 3),
                             [i for i in range(3) for _ in range(VALUES)])
        both = [self.run_json("evaluate", run, "--data", data, "--samples", "3")["log_likelihood"]
                for data in [folder, repeated]]
        self.assertEqual(*both)

    def test_colours_are_gray_by_default(self):
        self.data = self.colours
        run = self.train("gray")
        again = self.run_spvae("train", "--data", self.colours, "--out", self.path("x"), *small())
        self.assertIn("colours become gray; --colour rgb or ycocg keeps them", again.stderr)
        self.fails(64, "compare", run, self.train_colours("colour"), says="colour differs")
        self.assertEqual(self.run_json("info", run)["model"]["channels"], 1)
        self.assertEqual(self.picture("sample", run, "--count", "2")[1], GRAY)

    def test_embeddings_reports_and_classes_take_them(self):
        labels = self.path("labels.txt")
        pathlib.Path(labels).write_text("".join(f"{i % 2}\n" for i in range(40)))
        run = self.train_colours("run", "--latent", "2")
        self.run_spvae("embed", run, "--samples", "2", "--out", self.path("codes.npy"))
        self.run_spvae("report", run, "--samples", "2", "--proposals", "4", "--out",
                       self.path("report.html"))
        models = self.train_colours("classes", "--per-class", "--labels", labels)
        self.assertEqual(self.run_json("classify", models, "--samples", "2")["classes"], ["0", "1"])

    def test_bad_input_is_refused(self):
        train = ["train", "--out", self.path("x"), *small()]
        self.fails(64, *train, "--data", self.data, "--colour", "rgb", says=["rgb", "gray"])
        self.fails(64, *train, "--data", self.colours, "--colour", "red", says="gray, rgb")
        self.fails(64, "info", "--channels", "2", says="expected 1 or 3")
        four = write_npy(self.path("four.npy"), (2, 2, 2, 4), [0] * 32)
        self.fails(65, *train, "--data", four, says=["(2, 2, 2, 4)", "[..., :3]"])
        five = write_npy(self.path("five.npy"), (2, 2, 2, 5), [0] * 40)
        self.fails(65, *train, "--data", five, says=["(2, 2, 2, 5)", "width, 3"])

    def test_data_that_are_taken_whole_say_so(self):
        run = self.train_colours("run")
        done = self.run_spvae("evaluate", run, "--samples", "2", "--data", self.colours)
        self.assertIn("40 images (all)", done.stdout)
        self.assertIn("its training images among them", done.stderr)
        other = write_colours(self.path("other.npy"), 5, HEIGHT, WIDTH)
        self.assertNotIn("training", self.run_spvae("evaluate", run, "--samples", "2", "--data",
                                                    other).stderr)
        report = self.path("report.html")
        self.run_spvae("report", run, "--samples", "2", "--proposals", "2", "--data", other, "--out",
                       report)
        text = pathlib.Path(report).read_text()
        self.assertIn("the first 5 of all images of other.npy, of digest", text)
        self.assertIn("colours.npy", text)
        self.run_spvae("report", run, "--samples", "2", "--proposals", "2", "--data", self.colours,
                       "--out", report)
        self.assertIn("images of colours.npy, training images among them",
                      pathlib.Path(report).read_text())


if __name__ == "__main__":
    main()
