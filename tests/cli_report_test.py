"""spvae report."""

import html.parser
import pathlib
import re

from cli_support import LIKELIHOODS, CommandTest, main, write_data

SECTIONS = ["overview", "learning-curves", "scores", "extremes", "trees", "samples",
            "reconstructions", "completions", "latent-spaces", "sum-weights"]
MODELS = ["spvae", "vae", "conv-spvae", "conv-vae"]
VOID = {"meta", "link", "img"}


class Page(html.parser.HTMLParser):
    """A page, which must be well-formed: every element closed in order, no attribute twice."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.headings, self.images, self.links = [], [], [], [], []
        self.used, self.text, self.drawings = [], "", []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names)), (tag, names)
        values = dict(attributes)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "img":
            self.images.append(values)
        if tag == "svg":
            self.drawings.append(values)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        for name in ["href", "xlink:href", "src"]:
            if name in values:
                (self.links if tag == "a" else self.used).append(values[name])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.text += data


class Report(CommandTest):
    def report(self, run, *more):
        result = self.run_json("report", run, "--samples", "3", "--proposals", "4", "--pictures", "2",
                               *more)
        return result, pathlib.Path(result["out"]).read_text()

    def check(self, text):
        page = Page(text)
        for section in SECTIONS:
            self.assertEqual(page.ids.count(section), 1, section)
            self.assertIn("#" + section, page.links)
        self.assertEqual(len(page.ids), len(set(page.ids)))
        # One title, and no level is passed over.
        self.assertEqual(page.headings.count(1), 1)
        for before, after in zip(page.headings, page.headings[1:]):
            self.assertLessEqual(after, before + 1)
        # Nothing comes from elsewhere; namespaces are names alone.
        addresses = re.findall(r'(\S*)="?https?://', text)
        self.assertTrue(all(name.startswith("xmlns") for name in addresses), addresses)
        for source in page.used:
            self.assertTrue(source.startswith(("data:", "#")), source[:50])
            if source.startswith("#"):
                self.assertIn(source[1:], page.ids)
        for name in re.findall(r"url\(#([^)]*)\)", text):
            self.assertIn(name, page.ids)
        self.assertNotIn("@import", text)
        self.assertNotIn("<script", text)
        self.assertTrue(all(image.get("alt") for image in page.images))
        self.assertTrue(all(drawing.get("aria-label") for drawing in page.drawings))
        return page

    def test_is_whole_for_every_model_and_likelihood(self):
        for i, model in enumerate(MODELS):
            run = self.train(model, "--model", model, "--likelihood", LIKELIHOODS[i % 3])
            page = self.check(self.report(run)[1])
            self.assertEqual("Does not apply" in page.text, model in ("vae", "conv-vae"))
            # Two samples, drawn and their means; two images; …
            self.assertGreater(len(page.images), 10)

    def test_says_what_evaluate_says(self):
        run = self.train("run", "--likelihood", "binomial")
        result, text = self.report(run)
        self.assertEqual(result["out"], run + "/report.html")
        evaluated = self.run_json("evaluate", run, "--samples", "3")
        for key in ["log_likelihood", "standard_error", "effective_samples", "data_digest"]:
            self.assertAlmostEqual(result[key], evaluated[key], places=9) if isinstance(
                result[key], float) else self.assertEqual(result[key], evaluated[key])
        page = Page(text)
        self.assertIn(f"{abs(evaluated['log_likelihood']):,.2f}", page.text)
        self.assertIn(f"{evaluated['bits_per_dimension']:.3f}", page.text)
        self.assertIn(evaluated["data_digest"], page.text)
        self.assertIn("published", self.train_on_mnist_names())

    def train_on_mnist_names(self):
        """The text of the report of images that pretend to be MNIST."""
        write_data(self.folder / "elsewhere" / "mnist", side=8)
        self.run_spvae("train", "--recipe", "paper", "--data", "mnist", "--data-dir", self.path("elsewhere"), "--out",
                       self.path("fake"), "--delta", "4", "--hidden", "3", "--latent", "2",
                       "--max-steps", "2", "--validate-every", "1")
        return Page(self.report(self.path("fake"))[1]).text

    def test_gives_the_command_of_the_training(self):
        run = self.train("run", "--seed", "5", "--likelihood", "logistic")
        page = Page(self.report(run)[1])
        command = next(line for line in re.findall(r"spvae train [^\n]*?--out \S+run", page.text))
        again = command.split()
        again[-1] = self.path("again")
        self.run_spvae(*again[1:])
        self.assertEqual(self.model_bytes("again"), self.model_bytes("run"))

    def test_does_with_a_model_file_alone(self):
        run = self.train("run")
        moved = self.folder / "moved.safetensors"
        moved.write_bytes(self.model_bytes("run"))
        out = self.path("x.html")
        _, text = self.report(moved, "--data", self.data, "--out", out)
        self.assertIn("no log of its training", self.check(text).text)

    def test_escapes_names(self):
        data = write_data(self.folder / "<b>&amp;'\"")
        run = self.path("<i>run")
        self.run_spvae("train", "--recipe", "paper", "--data", data, "--out", run, "--delta", "4", "--hidden", "3",
                       "--latent", "2", "--max-steps", "2", "--validate-every", "1")
        _, text = self.report(run)
        self.assertIn("<i>run", self.check(text).text)
        self.assertNotIn("<i>", text)

    def test_depends_on_the_seed_and_not_on_threads(self):
        run = self.train("run")
        expected = self.report(run, "--threads", "1")[1]
        self.assertEqual(self.report(run, "--threads", "2")[1], expected)
        self.assertNotEqual(self.report(run, "--seed", "1")[1], expected)

    def test_shows_one_image_too(self):
        run = self.train("run")
        self.assertIn("unknown", self.check(self.report(run, "--limit", "1")[1]).text)

    def test_bad_input_is_refused(self):
        run = self.train("run")
        self.fails(64, "report", says="report: no run given")
        self.fails(64, "report", run, "--out", self.path("x.pdf"), says=".html")
        for flag in ["--samples", "--proposals", "--pictures", "--limit"]:
            self.fails(64, "report", run, flag, "0", says=flag[2:])
        self.fails(73, "report", run, "--out", self.path("none/x.html"), says="none")
        self.fails(66, "report", self.path("none"), says="no such run")
        pathlib.Path(run, "model.safetensors").unlink()
        self.fails(66, "report", run, says="holds no model")
        self.assertFalse(pathlib.Path(run, "report.html").exists())


if __name__ == "__main__":
    main()
