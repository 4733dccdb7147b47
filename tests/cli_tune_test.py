"""spvae tune."""

import os
import pathlib
import signal

from cli_support import CommandTest, main, read_png_size, small

GRID = "hidden=3,4;latent=1,2"


class Tune(CommandTest):
    def flags(self, *more):
        words = small("--hidden", "0", "--latent", "0")
        keep = [word for i in range(0, len(words), 2) for word in words[i:i + 2]
                if words[i] not in ["--hidden", "--latent"]]
        return ["tune", "--data", self.data, *keep, *more]

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
        self.assertIn(points[0]["point"], (folder / "tune.md").read_text().splitlines()[2])
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

    def test_halving_drops_points_early(self):
        result = self.run_json(*self.flags("--grid", GRID, "--halving", "4", "--first-steps", "5",
                                           "--out", self.path("t")))
        self.assertEqual([point["steps"] for point in result["points"]], [20, 5, 5, 5])

    def test_bad_input_is_refused(self):
        for grid, words in [("hiden=3", "hidden"), ("hidden=3;hidden=4", "once"), ("x", "conv-vae"),
                            ("hidden=0", "hidden"), (self.path("no.json"), "no.json")]:
            code = 66 if grid.endswith(".json") else 64
            self.fails(code, *self.flags("--grid", grid, "--out", self.path("t")), says=words)
        self.fails(64, *self.flags("--grid", GRID, "--hidden", "3"), says="both a flag and a key")
        self.fails(64, *self.flags("--grid", "dense=3"), says="dense")
        self.fails(64, *self.flags("--grid", GRID, "--halving", "1"), says="halving")
        self.fails(64, *self.flags("--grid", GRID, "--first-steps", "5"), says="--halving")
        self.assertFalse(os.path.exists(self.path("t/points/hidden=3,latent=1")))


if __name__ == "__main__":
    main()
