"""spvae info."""

import gzip
import pathlib
import struct

from cli_support import SMALL, CommandTest, idx_bytes, main

COUNTS = ["leaves", "sum_nodes", "product_nodes", "sum_weights", "regions", "partitions",
          "parameters", "encoder_parameters"]


class Info(CommandTest):
    def counts(self, *arguments):
        result = self.run_json("info", *arguments)
        self.assertEqual(list(result)[:len(COUNTS)], COUNTS)
        return [result[key] for key in COUNTS[:7]]

    def test_counts_are_those_of_the_paper(self):
        structure = [32, 167, 800, 1576, 100, 200]
        self.assertEqual(self.counts(), structure + [413352])
        self.assertEqual(self.counts("--likelihood", "binomial"), structure + [310024])
        self.assertEqual(self.counts("--likelihood", "logistic"), structure + [413352])
        self.assertEqual(self.counts("--height", "32", "--width", "32", "--delta", "8", "--hidden",
                                     "32"), structure + [511080])

    def test_the_vae_has_one_leaf_and_no_sums(self):
        self.assertEqual(self.counts("--model", "vae"), [1, 0, 0, 0, 1, 0, 1545168])
        self.assertEqual(self.counts("--model", "vae", "--likelihood", "binomial")[6], 1158584)

    def test_convolutional_models_have_the_counts_of_the_paper(self):
        structure = [32, 167, 800, 1576, 100, 200]
        self.assertEqual(self.counts("--model", "conv-spvae"), structure + [1259048])
        self.assertEqual(self.counts("--model", "conv-vae"), [1, 0, 0, 0, 1, 0, 894962])
        self.assertEqual(
            self.counts("--model", "conv-vae", "--filters", "32,64", "--stride", "2", "--dense",
                        "128", "--latent", "200", "--height", "32", "--width", "32",
                        "--likelihood", "binomial")[6], 1436881)

    def test_prints_the_same_for_people(self):
        text = self.run_spvae("info").stdout
        for key, value in [("leaves", "32"), ("parameters", "413,352"), ("sum_weights", "1,576")]:
            self.assertRegex(text, rf"(?m)^{key} +{value}$")

    def test_shows_people_what_the_model_makes_use_of(self):
        text = self.run_spvae("info", "--model", "conv-vae").stdout
        for key, value in [("model", "conv-vae"), ("filters", "32,64"), ("stride", "2")]:
            self.assertRegex(text, rf"(?m)^{key} +{value}$")
        for key in ["hidden", "delta"]:
            self.assertNotRegex(text, rf"(?m)^{key} ")

    def test_of_a_run_says_what_it_was_trained_on(self):
        run = self.train("run")
        result = self.run_json("info", run)
        described = self.run_json("info", *SMALL[:8], "--height", "8", "--width", "8")
        for key in COUNTS + ["model"]:
            self.assertEqual(result[key], described[key], key)
        self.assertEqual((result["data"], result["model"]["height"]), ("tiny", 8))
        self.assertRegex(result["data_digest"], "^[0-9a-f]{64}$")

    def test_takes_the_config_of_a_run(self):
        run = self.train("run", "--hidden-layers", "1")
        self.assertEqual(self.run_json("info", "--config", run + "/config.json")["parameters"],
                         self.run_json("info", run)["parameters"])

    def test_takes_the_image_size_from_the_data(self):
        model = self.run_json("info", "--data", self.data, "--delta", "4")["model"]
        self.assertEqual((model["height"], model["width"]), (8, 8))

    def test_a_size_that_contradicts_the_data_is_refused(self):
        described = ["info", "--data", self.data, "--delta", "4"]
        for size in [["--height", "20"], ["--width", "20"], ["--height", "20", "--width", "20"]]:
            self.fails(64, *described, *size, says=[size[0][2:], "got 20", "tiny are 8×8"])
        self.run_spvae(*described, "--height", "8")

    def test_a_delta_that_leaves_one_region_is_refused(self):
        self.fails(64, "info", "--delta", "28",
                   says=["leaves a single region of 28×28 pixels", "(delta)", "k-leaf 1"])

    def test_of_a_run_and_a_description_at_once_is_refused(self):
        self.fails(64, "info", self.train("run"), "--hidden", "3", says="run")

    def test_of_a_missing_run_is_no_input(self):
        self.fails(66, "info", self.path("none"), says="none")
        pathlib.Path(self.path("empty")).mkdir()
        self.fails(66, "info", self.path("empty"), says=["empty", "no model"])

    def test_of_an_absurdly_large_model_is_refused(self):
        self.fails(64, "info", "--delta", "1", "--height", "4096", "--width", "4096")


class BadModelFile(CommandTest):
    def test_truncated_corrupted_or_foreign_is_a_data_error_that_names_the_file(self):
        run = self.train("run")
        file = pathlib.Path(run, "model.safetensors")
        good = file.read_bytes()
        bad = {
            "empty": b"",
            "header cut": good[:6],
            "cut": good[:-1],
            "half": good[:len(good) // 2],
            "longer": good + b"\0",
            "bit flipped": good[:-10] + bytes([good[-10] ^ 0x40]) + good[-9:],
            "header flipped": good[:40] + bytes([good[40] ^ 0xff]) + good[41:],
            "other version": good.replace(b'"format_version":"5"', b'"format_version":"1"'),
            "foreign": idx_bytes(3),
            "huge header": b"\xff" * 8 + good[8:],
            "deep header": struct.pack("<Q", 200000) + b"[" * 100000 + b"]" * 100000,
        }
        for name, content in bad.items():
            with self.subTest(name):
                self.assertNotEqual(content, good)
                file.write_bytes(content)
                for command in [["info", run], ["evaluate", run, "--samples", "2"],
                                ["sample", run, "--out", self.path("x.png")]]:
                    self.fails(65, *command, says="model.safetensors")

    def test_that_is_another_file_says_which_to_give(self):
        run = self.train("run")
        for command in ["info", "evaluate"]:
            self.fails(65, command, run + "/config.json",
                       says="config.json is not a model file (safetensors); give the run's folder or "
                            "its model.safetensors")


class BadData(CommandTest):
    """Broken data files, by way of the command that reads nothing else of them."""

    def file(self, content, name="images"):
        path = pathlib.Path(self.path(name))
        path.write_bytes(content)
        return str(path)

    def train_on(self, data):
        return ["train", "--data", data, "--out", self.path("run"), *SMALL]

    def test_missing_is_no_input(self):
        self.fails(66, *self.train_on(self.path("none")), says="none")
        pathlib.Path(self.path("empty")).mkdir()
        self.fails(66, *self.train_on(self.path("empty")), says="empty")

    def test_an_unknown_name_lists_the_known(self):
        message = self.run_spvae(*self.train_on("mnits"), code=64).stderr
        self.assertIn("mnist", message)

    def test_damaged_is_a_data_error(self):
        good = idx_bytes(30)
        packed = gzip.compress(good)
        for name, content in {
                "empty": b"", "short": good[:-1], "header": good[:9], "long": good + b"\0",
                "magic": idx_bytes(30, magic=0x00000801), "no images": idx_bytes(0),
                "gzip cut": packed[:-9], "gzip damaged": packed[:60] + b"\xff\x00" + packed[62:],
                "few": idx_bytes(2)}.items():
            with self.subTest(name):
                self.fails(65, *self.train_on(self.file(content)), says="images")
        self.fails(65, *self.train_on(self.file(b"pixels\n1 2 3\n")), says="not an IDX file")

    def test_constant_images_train_without_nan(self):
        header = idx_bytes(30)[:16]
        data = self.file(header + bytes([77]) * (30 * 64))
        for likelihood in ["gaussian", "binomial"]:
            result = self.run_json(*self.train_on(data), "--likelihood", likelihood, "--force")
            self.assertIsInstance(result["validation_bound"], float)


if __name__ == "__main__":
    main()
