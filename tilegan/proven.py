"""Verified properties of a translator and the memory of its passes, and their storage in its file."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors.torch import save

from tilegan.contract import Contract
from tilegan.devices import CPU_BATCH, CPU_WINDOWS, GPU_BATCH, GPU_WINDOW, least_width, precision_name
from tilegan.errors import ModelError, SettingError
from tilegan.files import locate, replace_file
from tilegan.foreign.runtime import RuntimeNetwork
from tilegan.geometry import round_up
from tilegan.model_file import FORMAT
from tilegan.names import COMBO, EXACT, INSTANCE, RUNTIME, TORCH
from tilegan.tiling.levels import Levels, under_halo
from tilegan.tiling.memory import peak_bytes
from tilegan.tiling.proof import Proof, can_be_kept, named, proven_reach
from tilegan.tiling.reach import reach
from tilegan.tiling.unpadded import unpadded

# Default dtypes of computation and pixels for images of 8 and of 16 bits.
CPU_TYPES = (("float32", "uint8"), ("bfloat16", "uint8"), ("float32", "uint16"))
GPU_TYPES = (("bfloat16", "uint8"), ("float16", "uint8"), ("float32", "uint16"))
LEAST_CELLS, LEAST_SIDE = 4, 64  # of an image that a network is traced with: strides, and pixels


class Pass(NamedTuple):
    """A forward pass of ``run``: windows, their side without halo, their halo, and the dtype of their pixels."""

    batch: int
    side: int
    halo: int
    levels: str


class Proven(Contract):
    """A contract whose network can be run on windows with a halo, unless it sees more than that."""

    @property
    def needs_statistics(self) -> bool:
        """Return whether it needs statistics of whole images (instance norm); it is bounded once these are fixed."""
        return self.architecture.get("norm") == INSTANCE and not self.architecture.get("blended")

    @cached_property
    def exact(self) -> Levels:
        """Return the module that runs on windows with a halo: without padding if possible.

        Raises:
            ModelError: the generator sees more than the halo.
        """
        found = self.proof.reach if self.proof is not None else reach(self.generator)
        if unbounded := self.unbounded or found.unbounded:
            seen = self.obstacle or f"{unbounded} sees more than a neighborhood"
            remedy = "settle its statistics, or use --seams blend" if self.needs_statistics else "--seams blend works"
            raise ModelError(f"the model '{self.name}' cannot be exact: {seen}: {remedy}")
        if found.context > self.halo:
            seen = f"sees {found.context} px beyond a window, its halo is {self.halo}"
            raise ModelError(f"the model '{self.name}' {seen}")
        lost = None if self.proof is None else self.proof.lost
        levels = under_halo(self.generator, found, self.halo, self.precision, lost)
        return self._run_by_backend(levels, 2 * (self.halo - levels.cut) + LEAST_CELLS * self.stride)

    @cached_property
    def _padded(self) -> Levels:
        """The module that runs on windows as they are."""
        side = self.fixed_side or round_up(LEAST_SIDE, self.stride)
        return self._run_by_backend(Levels(self.generator, self.precision).eval(), side)

    def _run_by_backend(self, levels: Levels, side: int) -> Levels:
        """Let the backend run the network; ``side`` is that of an image that it can be traced with."""
        if self.backend == RUNTIME:
            if levels.placed:
                raise SettingError(f"the model '{self.name}' depends on positions of windows: use the backend torch")
            levels.network = RuntimeNetwork(levels.network, self.channels, side, 0 if self.fixed_side else self.stride)
        return levels

    def levels(self, halo: int) -> Levels:
        """Return the module that runs on windows with the translator's halo, or without halo."""
        assert halo in (0, self.halo), f"windows have a halo of {self.halo} px or none, not {halo}"
        if halo:
            return self.exact
        return self._padded if self.backend == RUNTIME else Levels(self.generator, self.precision).eval()

    def missing(self, width: int, halo: int) -> int:
        """Return the number of columns by which windows are too narrow to be rounded as the whole image."""
        return max(0, round_up(least_width(self.device, self.precision), self.stride) - width) if halo else 0

    def peak_bytes(self, batch: int, side: int, halo: int = 0, levels: np.dtype[Any] | type = np.uint8) -> int:
        """Return the peak bytes of a pass without weights: pixels, intermediate tensors and result.

        Args:
            batch: number of windows.
            side: side of a window without halo, in input pixels; a multiple of ``stride``.
            halo: halo of the translator, or 0.
            levels: dtype of the pixels.

        Raises:
            ModelError: there is a halo, and the generator sees more.
        """
        asked = Pass(batch, side, halo, np.dtype(levels).name)
        known = self.known_bytes(batch, side, halo, levels)
        if known is not None:
            return known
        if asked not in self._peaks:
            self._peaks[asked] = self._peak_bytes(asked)
        return self._peaks[asked]

    def known_bytes(self, batch: int, side: int, halo: int, levels: np.dtype[Any] | type) -> int | None:
        """Return the peak bytes if they are stored in the translator's file, otherwise None."""
        if self.proof is None:
            return None
        name = named(batch, side, halo, precision_name(self.precision), np.dtype(levels).name)
        return self.proof.peaks.get(name)

    @cached_property
    def _peaks(self) -> dict[Pass, int]:
        """Peak bytes that were determined: images of a batch have few different sizes."""
        return {}

    def _peak_bytes(self, asked: Pass) -> int:
        batch, side, halo, levels = asked
        shape = (batch, side + 2 * halo, side + self.missing(side, halo) + 2 * halo, self.channels)
        return peak_bytes(self.levels(halo), shape, getattr(torch, levels))

    def save(self, path: str | Path) -> None:
        """Write a safetensors file; an existing one is replaced only when the new one is complete.

        Its properties are verified and stored in the file, so that loading is faster.

        Raises:
            ModelError: halo, stride and scale are not what the generator needs.
        """
        proof = self.prove()
        metadata = {"format": FORMAT, "tilegan": json.dumps(self.header(), sort_keys=True)}
        if can_be_kept(self.generator):
            metadata["proof"] = proof.text()
        replace_file(locate(path), save(self.weights(), metadata))

    def prove(self) -> Proof:
        """Verify all properties that a plan with default settings needs.

        The stored proof is returned if it belongs to the same contract and weights.

        Raises:
            ModelError: halo, stride and scale are not what the generator needs.
        """
        fingerprint = self.fingerprint()
        if self.proof is not None and self.proof.of == fingerprint:
            return self.proof
        found = proven_reach(self.generator)
        if not self.fits(found):
            raise ModelError(
                f"the model '{self.name}' cannot be saved: its halo, stride or scale is not its generator's"
            )
        if found.unbounded or not can_be_kept(self.generator):
            return Proof(fingerprint, found, 0, {})
        plain = unpadded(self.generator, found)
        proof = Proof(fingerprint, found, 0 if plain is None else plain[1], {})
        placed = {
            name: replace(self, proof=proof, backend=TORCH).place("cpu", name) for name, _ in CPU_TYPES + GPU_TYPES
        }
        peaks = {
            named(*asked[:3], precision, asked.levels): placed[precision]._peak_bytes(asked)
            for precision, asked in self._usual()
        }
        return replace(proof, peaks=peaks)

    def _usual(self) -> Iterator[tuple[str, Pass]]:
        """Yield the passes of plans with default settings, with their precisions."""
        for precision, levels in CPU_TYPES:
            yield precision, Pass(CPU_BATCH, round_up(CPU_WINDOWS[EXACT], self.stride), self.halo, levels)
            tiles = -(-CPU_WINDOWS[COMBO] // self.tile_size)
            yield precision, Pass(CPU_BATCH * tiles**2, self.tile_size, 0, levels)
        for precision, levels in GPU_TYPES:
            yield precision, Pass(GPU_BATCH, round_up(GPU_WINDOW, self.stride), self.halo, levels)
