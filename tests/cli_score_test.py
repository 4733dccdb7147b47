"""spvae score."""

import csv
import json
import pathlib

from cli_support import SIDE, CommandTest, images, main, read_npy, read_png_size, write_npy

REGIONS = 4  # SMALL has 8 × 8 pixels and Δ = 4


class Score(CommandTest):
    def test_mean_is_that_of_evaluate_but_for_the_noise(self):
        run = self.train("run")
        result = self.run_json("score", run, "--samples", "2000", "--out", self.path("scores.npy"))
        evaluated = self.run_json("evaluate", run, "--samples", "2000")
        self.assertEqual(read_npy(self.path("scores.npy"))[0], (20, 4 + REGIONS))
        self.assertAlmostEqual(result["log_likelihood"], evaluated["log_likelihood"], delta=0.5)

    def test_equal_images_score_alike_wherever_they_stand(self):
        run = self.train("run", "--likelihood", "logistic")  # whose pixels have no noise
        pixels = images(20)
        size = SIDE * SIDE
        moved = write_npy(self.path("moved.npy"), (12, SIDE, SIDE), pixels[8 * size:])
        whole = write_npy(self.path("whole.npy"), (20, SIDE, SIDE), pixels)

        def rows(data):
            self.run_spvae("score", run, "--data", data, "--samples", "3", "--out",
                           self.path("scores.npy"))
            shape, values = read_npy(self.path("scores.npy"))
            # As text, since an error that is unknown equals none.
            return [repr(values[i * shape[1] + 1:(i + 1) * shape[1]]) for i in range(shape[0])]

        self.assertEqual(rows(moved), rows(whole)[8:])

    def test_csv_and_json_lines_hold_the_same(self):
        run = self.train("run", "--likelihood", "binomial")
        for name in ["s.csv", "s.jsonl"]:
            self.run_spvae("score", run, "--samples", "3", "--out", self.path(name))
        with open(self.path("s.csv"), newline="") as file:
            rows = list(csv.DictReader(file))
        lines = [json.loads(line) for line in
                 pathlib.Path(self.path("s.jsonl")).read_text().splitlines()]
        self.assertEqual((len(rows), len(lines)), (20, 20))
        for row, line in zip(rows, lines):
            self.assertEqual(list(row), list(line))
            for key, value in row.items():
                if line[key] is None:
                    self.assertEqual((key, value), ("monte_carlo_error", "nan"))
                else:
                    self.assertAlmostEqual(float(value), line[key], places=9)
        self.assertIn("bits_per_dimension", lines[0])
        columns = json.loads(pathlib.Path(self.path("s.csv.json")).read_text())["columns"]
        self.assertEqual(columns, list(lines[0]))

    def test_rank_draws_the_least_likely_images_in_order(self):
        run = self.train("run")
        out = self.path("strange.png")
        self.run_spvae("score", run, "--samples", "3", "--rank", out, "--count", "4", "--out",
                       self.path("s.npy"))
        width, height = read_png_size(out)
        self.assertGreater(min(width, height), 2 * SIDE)
        drawn = out.replace(".png", ".svg")
        self.run_spvae("score", run, "--samples", "3", "--rank", drawn, "--count", "3")
        # Each image, and what of it is to blame.
        self.assertEqual(pathlib.Path(drawn).read_text().count("<image"), 6)
        ranking = json.loads(pathlib.Path(out + ".json").read_text())["ranking"]
        shape, values = read_npy(self.path("s.npy"))
        scores = sorted(values[1::shape[1]])
        self.assertEqual([entry["log_likelihood"] for entry in ranking], scores[:4])

    def test_laplace_tells_the_likelihood_regret(self):
        run = self.train("run")
        out = self.path("strange.png")
        self.run_spvae("score", run, "--samples", "50", "--sampler", "laplace", "--rank", out, "--rank-by",
                       "regret", "--count", "4", "--out", self.path("s.csv"))
        with open(self.path("s.csv"), newline="") as file:
            rows = list(csv.DictReader(file))
        regrets = sorted((float(row["likelihood_regret"]) for row in rows), reverse=True)
        self.assertGreater(sum(regrets), 0)
        ranking = json.loads(pathlib.Path(out + ".json").read_text())["ranking"]
        for entry, regret in zip(ranking, regrets[:4], strict=True):
            self.assertAlmostEqual(entry["likelihood_regret"], regret, places=9)
        self.fails(64, "score", run, "--rank", out, "--rank-by", "regret", says="--sampler laplace")

    def test_depends_on_neither_threads_nor_limit(self):
        run = self.train("run")
        def first(*more):
            self.run_spvae("score", run, "--samples", "3", "--out", self.path("s.npy"), *more)
            return repr(read_npy(self.path("s.npy"))[1][:4 + REGIONS])
        expected = first("--threads", "1")
        self.assertEqual(first("--threads", "2"), expected)
        self.assertEqual(first("--limit", "1"), expected)

    def test_bad_input_is_refused(self):
        run = self.train("run")
        self.fails(64, "score", says="score: no run given")
        self.fails(64, "score", run, "--out", self.path("s.txt"), says=[".npy, .csv or .jsonl"])
        self.fails(64, "score", run, "--rank", self.path("s.jpg"), says=".png")
        self.fails(64, "score", run, "--samples", "0", says="samples")
        self.fails(64, "score", run, "--count", "0", says="count")
        self.fails(64, "score", run, "--count", "5", says="count: got 5, but it is for --rank alone")
        self.fails(73, "score", run, "--out", self.path("none/s.csv"), says="none")
        self.fails(66, "score", self.path("none"), says="no such run")


if __name__ == "__main__":
    main()
