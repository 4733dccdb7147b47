"""spvae tune."""

import json
import os
import pathlib
import signal

from cli_support import CommandTest, main, read_png_size, small

GRID = "hidden=3,4;latent=1,2"


class Tune(CommandTest):
    def flags(self, *more, steps=20):
        words = small("--hidden", "0", "--latent", "0", "--max-steps", str(steps))
        keep = [word for i in range(0, len(words), 2) for word in words[i:i + 2]
                if words[i] not in ["--hidden", "--latent"]]
        return ["tune", "--data", self.data, *keep, *more]

    def failing(self, grid, out):
        """Flags of a search in which a learning rate of 10 leaves the finite."""
        return self.flags("--grid", grid, "--beta1", "0", "--beta2", "0", "--hidden-layers", "6",
                          "--patience", "1000", "--out", self.path(out), steps=400)

    def test_trains_a_grid_and_says_which_point_is_best(self):
        result = self.run_json(*self.flags("--grid", GRID, "--out", self.path("t")))
        points = result["points"]
        self.assertEqual(len(points), 4)
        bounds = [point["validation_bound"] for point in points]
        self.assertEqual(bounds, sorted(bounds, reverse=True))
        self.assertEqual({point["steps"] for point in points}, {20})
        self.run_json("evaluate", points[0]["run"], "--samples", "2")
        folder = pathlib.Path(self.path("t"))
        self.assertEqual((folder / "tune.csv").read_text().count("\n"), 5)
        table = (folder / "tune.md").read_text().split("|---|---|---|---|---|\n")[1]
        self.assertIn(points[0]["point"], table.splitlines()[0])
        self.assertIn("</svg>", (folder / "tune.svg").read_text())
        self.assertGreater(min(read_png_size(folder / "tune.png")), 100)

    def test_goes_on_after_an_interruption_to_the_same_points(self):
        whole = self.run_json(*self.flags("--grid", GRID, "--out", self.path("whole")))
        for stop in [signal.SIGINT, signal.SIGKILL]:
            process = self.start(*self.flags("--grid", GRID, "--out", self.path("cut")))
            self.wait_for_checks("cut/points/hidden=3,latent=2", 1)
            process.send_signal(stop)
            process.communicate()
        cut = self.run_json(*self.flags("--grid", GRID, "--out", self.path("cut")))
        self.assertEqual([(p["point"], p["validation_bound"]) for p in cut["points"]],
                         [(p["point"], p["validation_bound"]) for p in whole["points"]])

    def test_says_in_every_file_how_the_search_was_made(self):
        result = self.run_json(*self.flags("--grid", GRID, "--points", "2",
                                           "--out", self.path("t")))
        folder = pathlib.Path(self.path("t"))
        for name in ["tune.json", "tune.png.json", "tune.svg.json"]:
            made = json.loads((folder / name).read_text())
            self.assertEqual(made["search"], {"grid": {"hidden": [3, 4], "latent": [1, 2]},
                                              "points": 2, "seed": 0})
            self.assertEqual((made["config"]["batch"], made["data"]), (16, "tiny"))
            for point in made["points"]:
                run = json.loads(pathlib.Path(point["run"], "config.json").read_text())
                self.assertEqual({key: run[key] for key in made["config"]}, made["config"])
            for key in ["command", "search", "config", "data_digest", "points", "version"]:
                self.assertEqual(made[key], result[key])
        self.assertIn("--grid 'hidden=3,4;latent=1,2' --points 2", made["command"])
        text = (folder / "tune.md").read_text()
        for words in [made["command"], made["data_digest"], made["version"], "| batch | 16 |"]:
            self.assertIn(words, text)

    def test_another_search_does_not_replace_the_results_but_a_grid_may_grow(self):
        out = ["--out", self.path("t")]
        self.run_json(*self.flags("--grid", "hidden=3;latent=1,2", *out))
        before = pathlib.Path(self.path("t"), "tune.json").read_text()
        for words, more in [("hidden 3, got 4", ["--grid", "hidden=4;latent=1,2"]),
                            ("hidden=3 latent=2, which", ["--grid", "hidden=3,4;latent=1"]),
                            ("halving", ["--grid", "hidden=3;latent=1,2", "--halving", "2"]),
                            ("seed 0, got 1", ["--grid", "hidden=3;latent=1,2", "--seed", "1"])]:
            self.fails(64, *self.flags(*more, *out), says=[words, "another --out"])
        self.assertEqual(pathlib.Path(self.path("t"), "tune.json").read_text(), before)
        result = self.run_json(*self.flags("--grid", GRID, *out))
        self.assertEqual(len(result["points"]), 4)

    def test_a_point_that_fails_is_last_and_is_said_to_have_failed(self):
        done = self.run_spvae(*self.failing("learning-rate=10,0.0001", "t"))
        self.assertIn("2 points, 1 of them failed", done.stdout)
        self.assertIn("the best, learning-rate=0.0001:", done.stdout)
        self.assertIn("warning: learning-rate=10.0 failed: ", done.stderr)
        states = [point["state"] for point in
                  json.loads(pathlib.Path(self.path("t"), "tune.json").read_text())["points"]]
        self.assertEqual(states, ["finished", "failed"])

    def test_where_all_points_fail_there_is_no_best_one(self):
        self.fails(79, *self.failing("learning-rate=10", "t"),
                   says=["all points failed", "lower learning-rate"])
        self.assertIn("| failed |", pathlib.Path(self.path("t"), "tune.md").read_text())
        self.fails(79, *self.failing("learning-rate=10", "t"), says="all points failed")

    def test_halving_drops_points_early(self):
        result = self.run_json(*self.flags("--grid", GRID, "--halving", "4", "--first-steps", "5",
                                           "--out", self.path("t")))
        self.assertEqual([point["steps"] for point in result["points"]], [20, 5, 5, 5])

    def test_bad_input_is_refused(self):
        for grid, words in [("hiden=3", "hidden"), ("hidden=3;hidden=4", "once"), ("x", "conv-vae"),
                            ("hidden=0", "hidden"), (self.path("no.json"), "no.json")]:
            code = 66 if grid.endswith(".json") else 64
            self.fails(code, *self.flags("--grid", grid, "--out", self.path("t")), says=words)
        deep = pathlib.Path(self.path("deep.json"))
        deep.write_text('{"hidden": [' + "[" * 100000 + "]" * 100000 + "]}")
        self.fails(64, *self.flags("--grid", deep, "--out", self.path("t")),
                   says="deep.json: arrays and objects lie more than 64 deep")
        self.fails(64, *self.flags("--grid", GRID, "--hidden", "3"), says="both a flag and a key")
        self.fails(64, *self.flags("--grid", "dense=3"), says="dense")
        self.fails(64, *self.flags("--grid", "validation-samples=1,9"), says="not be comparable")
        self.fails(64, *self.flags("--grid", GRID, "--halving", "1"), says="halving")
        self.fails(64, *self.flags("--grid", GRID, "--first-steps", "5"), says="--halving")
        self.assertFalse(os.path.exists(self.path("t/points/hidden=3,latent=1")))


if __name__ == "__main__":
    main()
