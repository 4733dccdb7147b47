"""spvae explain."""

import json
import math
import pathlib

from cli_support import (LIKELIHOODS, SIDE, CommandTest, main, read_npy, read_png_size,
                         write_npy)


class Explain(CommandTest):
    def explain(self, run, *more, out="tree.svg"):
        return self.run_json("explain", run, "--samples", "5", "--out", self.path(out), *more)

    def check_tree(self, result, leaf_regions):
        """Parents come before children, and leaves' rectangles partition the image."""
        nodes = result["tree"]["nodes"]
        covered = [0] * (SIDE * SIDE)
        probability = 1
        for place, node in enumerate(nodes):
            box = node["rectangle"]
            if place == 0:
                self.assertIsNone(node["parent"])
                self.assertEqual(box, {"top": 0, "left": 0, "height": SIDE, "width": SIDE})
            if "leaf" in node:
                self.assertEqual(node["responsibility"], result["responsibilities"][node["leaf"]])
                for row in range(box["top"], box["top"] + box["height"]):
                    for column in range(box["left"], box["left"] + box["width"]):
                        covered[row * SIDE + column] += 1
                continue
            probability *= node["probability"]
            for child in node["children"]:
                self.assertGreater(child, place)
                self.assertEqual(nodes[child]["parent"], place)
                self.assertEqual(nodes[child]["level"], node["level"] + 1)
        self.assertEqual(covered, [1] * (SIDE * SIDE))
        self.assertEqual(sum("leaf" in node for node in nodes), leaf_regions)
        self.assertTrue(math.isclose(probability, result["tree"]["probability"], rel_tol=1e-9))

    def test_gives_a_tree_of_every_model(self):
        for likelihood in LIKELIHOODS:
            run = self.train(likelihood, "--likelihood", likelihood)
            self.check_tree(self.explain(run, "--image", "3"), 4)
        self.check_tree(self.explain(self.train("vae", "--model", "vae")), 1)
        self.check_tree(self.explain(self.train("conv", "--model", "conv-spvae")), 4)

    def test_estimates_as_score_does(self):
        run = self.train("run")
        mask = write_npy(self.path("m.npy"), (SIDE, SIDE), [1] * 28 + [0] * 36)
        found = set()
        for flags in [["--prior-share", "0"], ["--prior-share", "1"], ["--impute", "zero"]]:
            flags += ["--mask", mask, "--samples", "7"]
            explained = self.run_json("explain", run, "--image", "2", "--out", self.path("t.svg"),
                                      *flags)["log_likelihood"]
            self.run_spvae("score", run, "--out", self.path("s.npy"), *flags)
            shape, values = read_npy(self.path("s.npy"))
            self.assertAlmostEqual(explained, values[2 * shape[1] + 1], places=9)
            found.add(explained)
        self.assertEqual(len(found), 3)

    def test_draws_both_formats_and_describes_them(self):
        run = self.train("run")
        result = self.explain(run, "--image", "2", out="tree.png")
        width, height = read_png_size(self.path("tree.png"))
        self.assertGreater(width, height)
        beside = json.loads(pathlib.Path(self.path("tree.png.json")).read_text())
        self.assertEqual(beside["tree"], result["tree"])
        self.assertEqual((beside["image"], beside["model"]["data"]), (2, "tiny"))
        self.explain(run, "--image", "2", out="tree.svg")
        self.assertTrue(pathlib.Path(self.path("tree.svg")).read_text().startswith("<?xml"))

    def test_has_the_log_likelihood_of_score(self):
        run = self.train("run")
        self.run_spvae("score", run, "--samples", "5", "--out", self.path("s.jsonl"))
        lines = [json.loads(line) for line in
                 pathlib.Path(self.path("s.jsonl")).read_text().splitlines()]
        for image in [0, 7, 19]:
            result = self.explain(run, "--image", str(image))
            self.assertAlmostEqual(result["log_likelihood"], lines[image]["log_likelihood"])
            self.assertEqual(result["index"], lines[image]["image"])

    def test_depends_on_the_seed_and_not_on_threads(self):
        run = self.train("run")
        expected = self.explain(run, "--threads", "1")
        self.assertEqual(self.explain(run, "--threads", "2"), expected)
        self.assertNotEqual(self.explain(run, "--seed", "1")["responsibilities"],
                            expected["responsibilities"])

    def test_bad_input_is_refused(self):
        run = self.train("run")
        out = self.path("x.png")
        self.fails(64, "explain", "--out", out, says="explain: no run given")
        self.fails(64, "explain", run, says="--out FILE.png or FILE.svg")
        self.fails(64, "explain", run, "--out", self.path("x.npy"), says=".png, .svg or .json")
        self.fails(64, "explain", run, "--out", self.path("x.PNG"), says=".png")
        self.fails(64, "explain", run, "--out", out, "--image", "20",
                   says=["image: got 20", "0 to 19", "20 test images"])
        self.fails(64, "explain", run, "--out", out, "--image", "-1", says="image")
        self.fails(64, "explain", run, "--out", out, "--samples", "0", says="samples")
        self.fails(64, "explain", run, "--out", out, "--limit", "3", says="limit")
        self.fails(73, "explain", run, "--out", self.path("none/x.png"), says="none")
        self.fails(66, "explain", self.path("none"), "--out", out, says="no such run")
        self.assertFalse(pathlib.Path(out).exists())


if __name__ == "__main__":
    main()
