"""spvae data, and the data sets that are known by name."""

import hashlib
import json
import lzma
import os
import pathlib
import struct
import zlib

from cli_support import (CommandTest, idx_bytes, main, read_png_size, small, write_png,
                         write_npy)

COLOUR = 3072


def planes(number):
    """A colour image, which tells its number: three planes of 32×32."""
    return bytes((number * 31 + i * (1 + number % 5) + i // 1024 * 60) % 256 for i in range(COLOUR))


def mat_element(kind, data):
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def mat_array(name, shape, values):
    return mat_element(14, mat_element(6, struct.pack("<II", 9, 0)) +
                       mat_element(5, struct.pack(f"<{len(shape)}i", *shape)) +
                       mat_element(1, name) + mat_element(2, values))


def mat_file(count):
    """As SVHN's: colour images X, labels y, zlib-compressed."""
    header = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    content = b"".join(planes(i) for i in range(count))
    packed = [zlib.compress(array) for array in
              [mat_array(b"X", (32, 32, 3, count), content), mat_array(b"y", (count, 1), bytes(count))]]
    return header + b"".join(struct.pack("<II", 15, len(part)) + part for part in packed)


class DataTest(CommandTest):
    def setUp(self):
        super().setUp()
        self.sets = self.folder / "sets"
        self.sets.mkdir()

    def needs_nowhere_else(self, name):
        """Skips the test where a set would be found whatever --data-dir says."""
        sets = self.run_json("data")["data_sets"]
        if not any(known["data"] == name and "problem" in known for known in sets):
            self.skipTest(f"{name} is among the program's own data")

    def write_svhn(self, folder="svhn"):
        (self.sets / folder).mkdir()
        for name, count in [("train", 40), ("extra", 12), ("test", 9)]:
            (self.sets / folder / f"{name}_32x32.mat").write_bytes(mat_file(count))

    def write_cifar(self):
        folder = self.sets / "cifar-10-batches-bin"
        folder.mkdir()
        batch = b"".join(bytes([i]) + planes(i) for i in range(10)) * 1000
        for name in [f"data_batch_{i}.bin" for i in range(1, 6)]:
            (folder / name).write_bytes(batch)
        with lzma.open(folder / "test_batch.bin.xz", "wb", preset=0) as file:
            file.write(batch)
        return folder


class Data(DataTest):
    def test_lists_all_named_sets_and_what_is_missing(self):
        self.write_svhn()
        mnist, cifar10, svhn = self.run_json("data", "--data-dir", self.sets)["data_sets"]
        self.assertEqual((mnist["data"], mnist["train"], mnist["validation"], mnist["test"]),
                         ("mnist", 50000, 10000, 10000))
        self.assertEqual([file["published"] for file in mnist["files"]], [True, True])
        self.assertNotIn("data_warning", mnist)
        self.assertEqual((svhn["height"], svhn["width"], svhn["train"], svhn["validation"],
                          svhn["test"]), (32, 32, 40, 12, 9))
        self.assertIn("not comparable with the paper's", svhn["data_warning"])
        self.assertEqual(svhn["files"][1]["sha256"], hashlib.sha256(mat_file(12)).hexdigest())
        self.assertEqual(cifar10["data"], "cifar10")
        done = self.run_spvae("data", "--data-dir", self.sets)
        self.assertEqual(done.stderr.count("warning: " + svhn["data_warning"] + "\n"), 1)
        text = done.stdout
        for words in ["50,000 training, 10,000 validation and 10,000 test images", "as published",
                      "train_32x32.mat, not the published file"]:
            self.assertIn(words, text)

    def test_says_of_a_set_that_is_missing_where_to_get_it(self):
        self.needs_nowhere_else("cifar10")
        (self.sets / "cifar10").mkdir()
        self.fails(66, "data", "cifar10", "--data-dir", self.sets,
                   says=["data_batch_1.bin, data_batch_2.bin", "missing in",
                         "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", "--data-dir"])
        self.fails(66, "data", "svhn", "--data-dir", self.path("none"), says=["data-dir", "none"])

    def test_shows_cifar10_from_a_folder_of_either_name_and_from_packed_files(self):
        folder = self.write_cifar()
        for place in [self.sets, folder]:
            result = self.run_json("data", "cifar10", "--data-dir", place)
            self.assertEqual([result[key] for key in ["height", "width", "train", "validation", "test"]],
                             [32, 32, 40000, 10000, 10000])
            self.assertEqual([file["name"] for file in result["files"]],
                             [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"])
            self.assertEqual(len({file["sha256"] for file in result["files"]}), 1)
        (folder / "data_batch_3.bin").write_bytes(bytes(3073 * 9999))
        self.fails(65, "data", "cifar10", "--data-dir", folder,
                   says=["data_batch_3.bin: truncated", "10000 records"])

    def test_warns_once_of_a_set_whose_files_are_not_the_published_ones(self):
        self.write_svhn()
        done = self.run_spvae("data", "svhn", "--data-dir", self.sets, "--json", "--out",
                              self.path("svhn.png"))
        self.assertEqual(done.stderr, f"warning: {json.loads(done.stdout)['data_warning']}\n")
        self.assertEqual(self.run_spvae("data", "mnist").stderr, "")

    def test_shows_what_is_wrong_with_files_that_are_cut_off(self):
        self.write_svhn()
        file = self.sets / "svhn" / "test_32x32.mat"
        whole = file.read_bytes()
        file.write_bytes(whole[:-100])
        svhn = self.run_json("data", "--data-dir", self.sets)["data_sets"][2]
        self.assertEqual(svhn["data"], "svhn")
        self.assertIn("test_32x32.mat", svhn["problem"])
        self.assertIn("truncated", svhn["problem"])
        self.fails(65, "data", "svhn", "--data-dir", self.sets, says="truncated")
        content = idx_bytes(20)
        for wrong, words in [(content[:-1], "truncated"), (content + b"x", "trailing bytes")]:
            pathlib.Path(self.data, "t10k-images-idx3-ubyte").write_bytes(wrong)
            self.fails(65, "data", self.data, says=["t10k-images-idx3-ubyte", words])
            self.fails(65, "train", "--data", self.data, "--out", self.path("run"), *small(),
                       says=["t10k-images-idx3-ubyte", words])
            self.assertFalse(pathlib.Path(self.path("run"), "config.json").exists())

    def test_shows_nothing_of_a_file_that_could_command_a_terminal(self):
        self.write_svhn()
        header = mat_file(1)[:128]
        (self.sets / "svhn" / "test_32x32.mat").write_bytes(
            header + mat_array(b"\xff\x1b[31m", (1, 1), b"\1"))
        self.assertIn("but ??[31m; give", self.run_spvae("data", "--data-dir", self.sets).stdout)
        self.fails(65, "data", "svhn", "--data-dir", self.sets, says="but ??[31m; give")

    def test_refuses_numbers_out_of_range_also_without_a_picture(self):
        values = [0.5] * 40 * 36
        self.run_json("data", write_npy(self.path("a.npy"), (40, 6, 6), values, "<f4"))
        values[40] = 1.5
        self.fails(65, "data", write_npy(self.path("a.npy"), (40, 6, 6), values, "<f4"),
                   says="pixel 4 of image 1 is 1.5, expected a value in [0, 1]")

    def test_shows_a_path(self):
        result = self.run_json("data", self.data)
        self.assertEqual((result["data"], result["train"], result["test"]), ("tiny", 50, 20))
        self.assertNotIn("published", result["files"][0])

    def test_draws_the_first_images_of_a_split(self):
        self.write_svhn()
        out = self.path("svhn.png")
        result = self.run_json("data", "svhn", "--data-dir", self.sets, "--split", "validation",
                               "--count", "9", "--out", out)
        self.assertEqual((result["out"], result["count"], result["split"]), (out, 9, "validation"))
        self.assertEqual(read_png_size(out), (3 * 34 - 2, 3 * 34 - 2))
        beside = json.loads(pathlib.Path(out + ".json").read_text())
        for key in ["data", "data_digest", "data_warning", "split", "count", "data_seed", "files",
                    "version"]:
            self.assertIn(key, beside)
        self.assertEqual(self.run_json("data", self.data, "--split", "test", "--out", out)["count"], 20)

    def test_a_picture_that_is_a_pipe_is_refused_at_once(self):
        folder = self.folder / "pictures"
        folder.mkdir()
        write_png(folder / "a.png", 8, [7] * 64)
        os.mkfifo(folder / "b.png")
        self.fails(66, "data", folder, says="b.png: is a pipe or a device; expected a PNG file")

    def test_flags_that_do_not_fit_are_refused(self):
        self.fails(64, "data", self.data, "--split", "test", says=["--split", "--out"])
        self.fails(64, "data", "--out", self.path("x.png"), says="no data set")
        self.fails(64, "data", self.data, "--out", self.path("x.npy"), says=".png")
        self.fails(73, "data", self.data, "--out", self.path("none/x.png"), says="none")
        self.fails(64, "data", "cifar100", says=["unknown name", "mnist, cifar10, svhn"])


class NamedSets(DataTest):
    def train_on_svhn(self, run, *more):
        return ["train", "--data", "svhn", "--data-dir", "sets", "--out", self.path(run),
                *small("--delta", "16", *more)]

    def test_training_and_evaluation_warn_of_files_that_are_not_the_published_ones(self):
        self.write_svhn("svhn_like")
        done = self.run_spvae(*self.train_on_svhn("run"), "--json")
        result = json.loads(done.stdout)
        self.assertIn("train_32x32.mat", result["data_warning"])
        self.assertIn("warning: " + result["data_warning"], done.stderr)
        evaluated = self.run_spvae("evaluate", self.path("run"), "--samples", "2", "--json",
                                   cwd="/")
        self.assertEqual(json.loads(evaluated.stdout)["data_warning"], result["data_warning"])
        self.assertIn("warning: " + result["data_warning"], evaluated.stderr)
        self.assertNotIn("data_warning", self.run_json("evaluate", self.train("other"), "--samples", "2"))

    def test_a_run_finds_its_data_again_or_where_they_are_said_to_be(self):
        self.needs_nowhere_else("svhn")
        self.write_svhn()
        self.run_spvae(*self.train_on_svhn("run"))
        config = json.loads(pathlib.Path(self.path("run"), "config.json").read_text())
        self.assertEqual((config["data"], config["data-dir"]), ("svhn", str(self.sets)))
        self.run_spvae("train", "--out", self.path("run"), "--resume")
        (self.sets / "svhn").rename(self.folder / "moved")
        self.fails(66, "evaluate", self.path("run"), "--samples", "2", says="--data-dir")
        self.fails(66, "train", "--out", self.path("run"), "--resume", says="--data-dir")
        message = self.fails(66, "train", "--out", self.path("run"), "--resume", "--data-dir",
                             self.path("none"), says=["none", "say --data-dir"])
        self.assertFalse(message.endswith("say --data"), message)
        moved = ["--data-dir", self.path("moved")]
        self.run_spvae("evaluate", self.path("run"), "--samples", "2", *moved)
        self.run_spvae("evaluate", self.path("run") + "/model.safetensors", "--samples", "2", *moved)
        self.run_spvae("train", "--out", self.path("run"), "--resume", *moved)

    def test_the_place_of_the_data_does_not_change_a_result(self):
        self.write_svhn()
        self.run_spvae(*self.train_on_svhn("one"))
        (self.sets / "svhn").rename(self.folder / "svhn")
        self.run_spvae(*self.train_on_svhn("two"), env={**os.environ, "SPVAE_DATA": str(self.folder)})
        self.assertEqual(self.model_bytes("one"), self.model_bytes("two"))

    def test_info_takes_the_size_of_named_images(self):
        self.write_svhn()
        model = self.run_json("info", "--data", "svhn", "--data-dir", self.sets, "--delta",
                              "8")["model"]
        self.assertEqual((model["height"], model["width"]), (32, 32))


class TrainingImages(DataTest):
    def test_are_as_many_as_asked_for_and_evaluated_as_such(self):
        done = self.run_spvae("train", "--data", self.data, "--out", self.path("run"),
                              *small("--training-images", "30"))
        self.assertIn("30 training and 10 validation images", done.stderr)
        self.assertEqual(self.run_json("evaluate", self.path("run"), "--split", "train",
                                       "--samples", "2")["images"], 30)
        self.assertEqual(self.run_json("evaluate", self.path("run"), "--split", "train", "--data",
                                       self.data, "--samples", "2")["images"], 50)
        self.fails(64, "train", "--out", self.path("run"), "--resume", "--training-images", "20",
                   says=["training-images 20", "has 30"])

    def test_that_are_more_than_there_are_are_refused(self):
        self.fails(64, "train", "--data", self.data, "--out", self.path("run"),
                   *small("--training-images", "51"),
                   says="training-images: got 51, but tiny has 50 training images")


if __name__ == "__main__":
    main()
