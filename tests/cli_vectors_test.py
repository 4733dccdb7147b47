"""Vectors: rows of CSV and NumPy files through all commands."""

import json
import math
import pathlib
import random

from cli_support import CommandTest, main, read_npy, write_npy

NAMES = ["height", "weight, kg", "age", "c", "d", "e"]
FLAGS = ["--recipe", "paper", "--hidden", "6", "--latent", "2", "--batch", "16", "--samples", "2", "--validate-every", "5",
         "--max-steps", "20", "--threads", "1"]


def rows(count):
    """Around means and of deviations that differ much."""
    numbers = random.Random(1)
    result = []
    for _ in range(count):
        z = numbers.gauss(0, 1)
        result.append([round((100 + 7 * i) + 10 ** (i - 2) * (z + numbers.gauss(0, 0.5)), 6)
                       for i in range(len(NAMES))])
    return result


class Vectors(CommandTest):
    def table(self, name="table.csv", names=NAMES, values=None):
        lines = [",".join(f'"{name}"' for name in names)]
        lines += [",".join(map(str, row)) for row in values or rows(100)]
        path = pathlib.Path(self.path(name))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return str(path)

    def learn(self, *flags, data=None, run="vectors"):
        out = self.path(run)
        self.run_spvae("train", "--data", data or self.table(), "--out", out, *FLAGS, *flags)
        return out

    def test_all_commands_answer_in_the_units_of_the_data(self):
        run = self.learn("--standardise")
        info = self.run_json("info", run)
        self.assertEqual(info["variables"], len(NAMES))
        self.assertEqual(info["columns"], NAMES)
        self.assertEqual(len(info["deviations"]), len(NAMES))
        self.assertEqual(info["model"]["structure"], "random")
        self.assertEqual(info["model"]["mean-link"], "identity")
        self.assertNotIn("1×", self.run_spvae("info", run).stdout)

        result = self.run_json("evaluate", run, "--samples", "20")
        self.assertNotIn("bits_per_dimension", result)
        # Columns of the deviations 0.011 … 1100 have a density far from that of standardised ones.
        own = self.learn("--standardise", run="same",
                         data=self.table("thousand.csv", values=[[1000 * x for x in row]
                                                                 for row in rows(100)]))
        other = self.run_json("evaluate", own, "--samples", "20")
        self.assertAlmostEqual(other["log_likelihood"],
                               result["log_likelihood"] - len(NAMES) * math.log(1000), delta=0.01)

        self.run_spvae("sample", run, "--count", "50", "--out", self.path("s.csv"))
        lines = pathlib.Path(self.path("s.csv")).read_text(encoding="utf-8").splitlines()
        self.assertEqual(lines[0], 'height,"weight, kg",age,c,d,e')
        self.assertEqual(len(lines), 51)
        self.run_spvae("sample", run, "--count", "50", "--out", self.path("s.npy"))
        shape, values = read_npy(self.path("s.npy"))
        self.assertEqual(shape, (50, 6))
        self.assertAlmostEqual(float(lines[1].split(",")[0]), values[0], places=4)
        self.assertTrue(all(90 < value < 110 for value in values[::6]))
        # What sample writes is data again.
        self.run_json("evaluate", run, "--data", self.path("s.csv"), "--samples", "5")
        self.run_json("evaluate", run, "--data", self.path("s.npy"), "--samples", "5")

        filled = self.run_json("inpaint", run, "--limit", "3", "--count", "2", "--proposals", "20",
                               "--out", self.path("f.npy"))
        self.assertEqual(filled["hide"], "random")
        self.assertEqual(read_npy(self.path("f.npy"))[0], (3, 2, 6))
        self.run_spvae("inpaint", run, "--limit", "3", "--hide", "none", "--fill", "mean", "--out",
                       self.path("f.csv"))
        self.assertEqual(len(pathlib.Path(self.path("f.csv")).read_text().splitlines()), 4)
        mask = write_npy(self.path("mask.npy"), (6,), [1, 0, 1, 1, 0, 0])
        observed = self.run_json("evaluate", run, "--mask", mask, "--samples", "5")
        self.assertEqual(observed["observed_columns"], 3)
        self.run_spvae("embed", run, "--samples", "5", "--out", self.path("e.npy"))
        self.run_spvae("score", run, "--samples", "5", "--out", self.path("scores.csv"))
        self.run_spvae("reconstruct", run, "--samples", "5", "--out", self.path("r.csv"))
        self.run_spvae("explain", run, "--samples", "5", "--out", self.path("tree.json"))
        tree = json.loads(pathlib.Path(self.path("tree.json")).read_text())["tree"]
        self.assertEqual(sorted(tree["nodes"][0]["columns"]), sorted(NAMES))
        self.run_spvae("report", run, "--samples", "5", "--out", self.path("r.html"))
        html = pathlib.Path(self.path("r.html")).read_text(encoding="utf-8")
        self.assertIn("6 columns", html)
        self.assertNotIn("<img", html)
        self.run_spvae("compare", run, self.learn("--standardise", "--seed", "1", run="b"),
                       "--samples", "5")
        self.assertIn("6 columns; 80 training, 10 validation and 10 test vectors",
                      self.run_spvae("data", self.table()).stdout)

    def test_pictures_and_planes_are_refused_in_one_sentence(self):
        run = self.learn("--standardise")
        for arguments in [["sample", run, "--out", self.path("s.png")],
                          ["inpaint", run, "--out", self.path("s.png")],
                          ["reconstruct", run, "--out", self.path("s.png")],
                          ["score", run, "--rank", self.path("s.png")],
                          ["explain", run, "--out", self.path("s.png")]]:
            self.fails(64, *arguments, says="vectors, which are no pictures")
            self.assertFalse(pathlib.Path(self.path("s.png")).exists())
        self.fails(64, "inpaint", run, "--hide", "lower", "--out", self.path("s.npy"),
                   says="half of a picture")
        for flags in [["--structure", "quad-tree"], ["--structure", "poon-domingos"],
                      ["--model", "conv-spvae"]]:
            self.fails(64, "train", "--data", self.table(), *flags, "--out", self.path("no"),
                       says="the data are vectors")

    def test_bad_files_are_refused_and_nothing_is_written(self):
        out = pathlib.Path(self.path("no"))
        for text, sentence in [("a,b\n1,x\n", "line 2, column b: got 'x'"),
                               ("a,b\n1,2\n3\n", "line 3: got 1 cells, expected 2"),
                               ("1,2\n3,4\n", "line 1: got numbers alone"),
                               ("", "is empty"),
                               ("a,b\n" + "1,\n" * 30, "if it may be missing, say --missing nan"),
                               ("a,b\n" + "1,inf\n", "column b: got 'inf'")]:
            path = pathlib.Path(self.path("bad.csv"))
            path.write_text(text)
            self.fails(65, "train", "--data", path, "--out", out, *FLAGS, says=sentence)
            self.assertFalse(out.exists())
        constant = self.table("constant.csv", values=[[*row[:5], 1] for row in rows(40)])
        self.fails(65, "train", "--data", constant, "--standardise", "--out", out, *FLAGS,
                   says="column e is the same, in float32, in the training rows")
        run = self.learn("--standardise")
        renamed = self.table("renamed.csv", names=NAMES[::-1])
        self.fails(65, "evaluate", run, "--data", renamed,
                   says="column 1 of the data is 'e', but of the model 'height'")

    def test_a_run_goes_on_with_the_flags_that_began_it(self):
        for model in ("spvae", "vae"):
            run = self.learn("--model", model, run=model)
            self.run_spvae("train", "--data", self.table(), "--model", model, "--out", run, *FLAGS,
                           "--resume")

    def test_a_single_column_is_learnt(self):
        table = self.table("one.csv", names=["a"], values=[[row[0]] for row in rows(100)])
        info = self.run_json("info", self.learn("--standardise", data=table, run="one"))
        self.assertEqual(info["model"]["model"], "vae")

    def test_inpaint_fills_all_rows_and_hides_a_share(self):
        run = self.learn("--standardise")
        filled = self.run_json("inpaint", run, "--share", "0.5", "--fill", "mean", "--proposals", "5",
                               "--out", self.path("f.npy"))
        self.assertEqual(filled["images"], 10)
        self.assertEqual(filled["share"], 0.5)

    def test_classes_are_checked_before_anything_is_written(self):
        labels = pathlib.Path(self.path("labels.txt"))
        labels.write_text("\n".join(str(i % 2) for i in range(100)) + "\n")
        values = [[*row[:5], row[5] if i % 2 else 7] for i, row in enumerate(rows(100))]
        for flags, kind, sentence in [
                (["--k-leaf", "4", "--experts", "3"], 64, "experts: got 3"),
                (["--standardise"], 65, "class 0: standardise: column e is the same")]:
            self.fails(kind, "train", "--data", self.table(values=values), "--labels", labels,
                       "--per-class", "--out", self.path("classes"), *FLAGS, *flags, says=sentence)
            self.assertFalse(pathlib.Path(self.path("classes")).exists())

    def test_whole_numbers_have_bits(self):
        values = [[(i * j) % 3 for j in range(1, 7)] for i in range(60)]
        run = self.learn("--likelihood", "categorical", "--values", "3",
                         data=self.table(values=values))
        self.assertIn("bits_per_dimension", self.run_json("evaluate", run, "--samples", "5"))
        self.run_spvae("sample", run, "--count", "30", "--out", self.path("s.npy"))
        self.assertLessEqual(set(read_npy(self.path("s.npy"))[1]), {0.0, 1.0, 2.0})


if __name__ == "__main__":
    main()
