"""spvae embed and reconstruct."""

import json
import pathlib

from cli_support import CommandTest, main, read_npy, read_png_size


class Embed(CommandTest):
    def test_columns_are_named_and_responsibilities_sum_to_one(self):
        run = self.train("run")
        out = self.path("e.npy")
        self.run_spvae("embed", run, "--out", out, "--samples", "3")
        columns = json.loads(pathlib.Path(out + ".json").read_text())["columns"]
        shape, values = read_npy(out)
        info = self.run_json("info", run)
        leaves, sums = info["leaves"], info["sum_nodes"]
        self.assertEqual(shape, (20, len(columns)))
        self.assertEqual(len(columns), leaves * (2 * 2 + 1) + sums)
        row = dict(zip(columns, values))
        for leaf in range(0, leaves, 2):
            total = sum(row[f"leaf_{leaf + i}_responsibility"] for i in range(2))
            self.assertAlmostEqual(total, 1, places=9)
        self.assertGreaterEqual(row[f"sum_{sums - 1}_choice"], 0)
        self.assertTrue(all(0 < row[f"leaf_0_deviation_{d}"] <= 1 for d in range(2)))

    def test_many_leaves_of_one_expert_have_one_code_and_the_largest_are_told(self):
        run = self.train("run", "--k-leaf", "12", "--experts", "1", "--priors", "learned")
        out = self.path("e.npy")
        self.run_spvae("embed", run, "--out", out, "--samples", "3")
        columns = json.loads(pathlib.Path(out + ".json").read_text())["columns"]
        shape, values = read_npy(out)
        regions = self.run_json("info", run)["leaves"] // 12
        self.assertEqual(shape, (20, len(columns)))
        self.assertEqual(len(columns), regions * (2 * 2 + 2 * 8))
        row = dict(zip(columns, values))
        for region in range(regions):
            shares = [row[f"region_{region}_responsibility_{i}"] for i in range(8)]
            self.assertEqual(shares, sorted(shares, reverse=True))
            self.assertLessEqual(sum(shares), 1 + 1e-9)
            self.assertGreater(sum(shares), 8 / 12 - 1e-9)
            self.assertEqual({row[f"region_{region}_leaf_{i}"] // 12 for i in range(8)}, {region})
        self.run_spvae("embed", run, "--out", out, "--samples", "3", "--top", "0")
        names = json.loads(pathlib.Path(out + ".json").read_text())["columns"]
        self.assertIn(f"leaf_{regions * 12 - 1}_responsibility", names)

    def test_reconstructions_have_the_originals_above_them(self):
        run = self.train("run", "--model", "vae")
        out = self.path("r.png")
        result = self.run_json("reconstruct", run, "--limit", "5", "--out", out)
        self.assertEqual(read_png_size(out), (5 * 10 - 2, 2 * 10 - 2))
        self.run_spvae("reconstruct", run, "--limit", "5", "--out", self.path("r.npy"))
        shape, values = read_npy(self.path("r.npy"))
        self.assertEqual(shape, (5, 8, 8))
        self.assertTrue(all(0 <= value <= 1 for value in values))
        self.assertGreater(result["squared_error"], 0)

    def test_bad_input_is_refused(self):
        run = self.train("run")
        self.fails(64, "embed", run, "--out", self.path("e.csv"), says=".npy")
        self.fails(64, "embed", "--out", self.path("e.npy"), says="embed: no run given")
        self.fails(64, "reconstruct", run, "--out", self.path("r.jpg"), says=".png, .npy or .csv")
        self.fails(64, "reconstruct", run, "--out", self.path("r.png"), "--limit", "0", says="limit")


if __name__ == "__main__":
    main()
