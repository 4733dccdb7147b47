"""The program on processors without AVX-512 and without AVX2, emulated by QEMU.

An instruction that the emulated processor lacks kills the program, so that these tests show that
there is none outside of the kernels of a target. The emulated Haswell has AVX2 and fused
multiply-add and gives the same bits as this machine, if that has them too. The environment variable
QEMU names the emulator, SPVAE the program under test.
"""

import os
import pathlib
import subprocess

import cli_support

QEMU = os.environ["QEMU"]
# The least processors of the targets AVX2 and SSE4.
PROCESSORS = {"Haswell": "AVX2", "Westmere": "SSE4"}
MODELS = {
    "spvae": [],
    "conv-vae": ["--filters", "3,5", "--dense", "6", "--stride", "2"],
}


class OlderProcessors(cli_support.CommandTest):
    def emulate(self, processor, *arguments):
        command = [QEMU, "-cpu", processor, cli_support.SPVAE, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder,
                              timeout=600)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def native_target(self):
        flags = pathlib.Path("/proc/cpuinfo").read_text()
        return "AVX2" if " avx2 " in flags and " fma " in flags else "SSE4"

    def test_every_model_is_trained_and_evaluated_without_newer_instructions(self):
        for processor, target in PROCESSORS.items():
            for model in MODELS:
                with self.subTest(processor=processor, model=model):
                    small = cli_support.small("--model", model, *MODELS[model])
                    flags = ["train", "--data", self.data, *small, "--out"]
                    emulated = f"{processor}-{model}"
                    self.emulate(processor, *flags, emulated)
                    self.emulate(processor, "evaluate", emulated, "--samples", "10")
                    if target != self.native_target():
                        continue
                    self.run_spvae(*flags, f"native-{processor}-{model}")
                    self.assertEqual(self.model_bytes(emulated),
                                     self.model_bytes(f"native-{processor}-{model}"))


if __name__ == "__main__":
    cli_support.main()
