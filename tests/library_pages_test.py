"""The programs of docs/library, whose folder is PAGES, answer as the command does."""

import os
import pathlib
import re
import subprocess

from cli_support import SIDE, CommandTest, main, read_npy, small

PAGES = pathlib.Path(os.environ["PAGES"])


class LibraryPages(CommandTest):
    def page(self, name, *arguments):
        """What it prints."""
        done = subprocess.run([PAGES / f"page_{name}", *arguments], capture_output=True, text=True,
                              timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def numbers(self, name, *arguments):
        """The numbers at the ends of its lines, their unit left out."""
        return [float(number) for number in
                re.findall(r"(-?[0-9.]+(?:e-?[0-9]+)?)(?: nats)?$", self.page(name, *arguments), re.M)]

    def model(self, *arguments, run="run"):
        return os.path.join(self.train(run, *arguments), "model.safetensors")

    def assert_close(self, values, expected):
        self.assertEqual(len(values), len(expected))
        for value, other in zip(values, expected):
            self.assertAlmostEqual(value, other, delta=1e-7 * max(1, abs(other)))

    def test_log_likelihood(self):
        model = self.model()
        expected = self.run_json("evaluate", model, "--samples", "50")
        self.assert_close(self.numbers("log_likelihood", model, self.data)[1:],
                          [expected["log_likelihood"], expected["standard_error"]])

    def test_contributions(self):
        model = self.model()
        self.run_spvae("score", model, "--samples", "50", "--out", self.path("scores.npy"))
        shape, values = read_npy(self.path("scores.npy"))
        self.assert_close(self.numbers("contributions", model, self.data), values[4:shape[1]])

    def test_missing_pixels(self):
        model = self.model()
        whole = self.numbers("log_likelihood", model, self.data)[1]
        half, nothing = self.numbers("missing_pixels", model, self.data)
        self.assertEqual(nothing, 0)
        self.assertNotEqual(half, whole)

    def test_completion(self):
        model = self.model()
        expected = self.run_json("inpaint", model, "--hide", "lower", "--fill", "mean", "--limit", "1",
                                 "--proposals", "1000", "--out", self.path("mean.npy"))
        printed = self.page("completion", model, self.data)
        self.assertIn("4 completions\n", printed)
        self.assert_close([float(printed.splitlines()[0].split()[-1])], [expected["squared_error"]])

    def test_samples(self):
        lines = self.page("samples", self.model()).splitlines()
        self.assertEqual([len(line) for line in lines[:-1]], [SIDE] * SIDE)
        self.assertEqual(lines[-1], "3 images")

    def test_embedding(self):
        model = self.model()
        self.run_spvae("embed", model, "--out", self.path("codes.npy"))
        expected = self.run_json("reconstruct", model, "--limit", "1000", "--out",
                                 self.path("same.npy"))
        deviation, responsibility, error = self.numbers("embedding", model, self.data)
        self.assert_close([error], [expected["squared_error"]])
        values = list(read_npy(self.path("codes.npy"))[1])
        for value in [deviation, responsibility]:
            self.assertLess(min(abs(value - other) for other in values), 1e-6)

    def test_explanation(self):
        model = self.model()
        expected = self.run_json("explain", model, "--samples", "100", "--image", "0", "--out",
                                 self.path("tree.svg"))
        printed = self.page("explanation", model, self.data)
        leaves = [node["leaf"] for node in expected["tree"]["nodes"] if "leaf" in node]
        self.assertEqual([int(leaf) for leaf in re.findall(r"^leaf (\d+):", printed, re.M)], leaves)
        self.assert_close([float(line.split(":")[1].split()[0]) for line in printed.splitlines()[-2:]],
                          [expected["tree"]["probability"], expected["log_likelihood"]])

    def test_density(self):
        images = self.path("images.raw")
        pathlib.Path(images).write_bytes(bytes((7 * i * v) % 251 for i in range(40) for v in range(64)))
        model = self.path("density.safetensors")
        printed = self.page("density", images, "8", "8", model)
        self.assertRegex(printed, r"(step \d+: -\d+\.\d\d nats\n){2}the first image: -[\d.]+ nats\n"
                                  r"16 samples\n$")
        self.run_spvae("sample", model, "--count", "2", "--out", self.path("samples.png"))

    def test_classification(self):
        labels = self.path("labels.txt")
        pathlib.Path(labels).write_text("".join("AB"[i % 2] + "\n" for i in range(80)))
        run = self.path("classes")
        self.run_spvae("train", "--per-class", "--data", self.data, "--labels", labels, "--out", run,
                       *small())
        result = self.run_json("classify", run, "--temperature", "1", "--samples", "100", "--out",
                               self.path("posteriors.npy"))
        shape, values = read_npy(self.path("posteriors.npy"))
        models = [os.path.join(run, f"class-{name}", "model.safetensors") for name in "AB"]
        log_posterior, first = self.numbers("classification", *models, self.data)
        self.assert_close([log_posterior], [values[3]])
        self.assertEqual(first, sum(row[0] for row in result["confusion"]))

    def test_comparison(self):
        model = self.model()
        other = self.model("--seed", "1", run="other")
        expected = self.run_json("compare", model, other, "--samples", "100")
        self.assert_close(self.numbers("comparison", model, other, self.data),
                          [expected["difference"], expected["standard_error"]])

    def test_an_error_is_a_sentence(self):
        done = subprocess.run([PAGES / "page_samples", self.path("none")], capture_output=True,
                              text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"^samples: .*none.*\n$")


if __name__ == "__main__":
    main()
