"""Training steps: losses, optimizers, and the average of the generator's weights."""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from tilegan.devices import plain_memory_errors, to_device
from tilegan.errors import SettingError, TrainingError
from tilegan.gray import seen
from tilegan.methods.base import HOLED, PAIRED, Batch, Losses
from tilegan.names import BATCH
from tilegan.networks.capabilities import capabilities, drawn_codes
from tilegan.tiling.layers import input_channels
from tilegan.tiling.reach import reach
from tilegan.training.processes import LossesOf, Processes
from tilegan.training.settings import TrainSettings
from tilegan.translator import Translator

# the average follows the weights closely at first: its decay is (1 + step) / (10 + step) until that is the setting's
AVERAGE_WARM_UP = 10
COLORS = 3  # channels
ALONE = Processes()

# sources, targets and thumbnails of the sources' images, uint8 (N, h, w, 3), style indices of the targets, (N,), and
# their captions, float32 (N, 1 + K, words)
Captions = NDArray[np.float32]
Crops = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8] | None, NDArray[np.int_] | None, Captions | None]


class Trainer:
    """The state of a training: networks, optimizers and average.

    Attributes:
        step: completed steps.
        processes: the processes of the training.
        rates: initial learning rates of the optimizer of each network.
        average: the generator with averaged weights.
    """

    def __init__(
        self,
        settings: TrainSettings,
        device: torch.device,
        precision: torch.dtype,
        processes: Processes = ALONE,
    ) -> None:
        self.settings = settings
        self.device = device
        self.precision = precision
        self.processes = processes
        self.step = 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            self.method = settings.method_type.build(settings.method, settings.generator, settings.discriminator)
        found = reach(self.method.generator)
        if settings.tile_size % found.stride:
            side = settings.tile_size
            raise SettingError(f"tile size must be a multiple of the generator's {found.stride}, not {side}")
        name, channels = settings.method_type.name, input_channels(self.method.generator)
        if settings.method_type.examples == HOLED:
            if not capabilities(self.method.generator).holes:
                raise SettingError(f"{name} learns to fill holes, and its generator takes no mask of them: use another")
        elif channels != COLORS and settings.method_type.examples != PAIRED:
            raise SettingError(f"{name} translates colors, and its generator takes {channels} channels: use another")
        if found.scale != settings.scale:
            raise SettingError(
                f"{name} does not learn to enlarge, and its generator does, {found.scale} x: use another"
            )
        if processes.count > 1 and settings.generator.get("norm") == BATCH:
            raise SettingError("each process would have batch norms of its own: train in one, or with another norm")
        for network in self.method.networks().values():
            to_device(network, device, torch.float32)
        computed = {"generator": self.method.generator_loss, "discriminator": self.method.discriminator_loss}
        # float16 underflows for small gradients (Micikevicius et al. 2018, 'Mixed Precision Training')
        self._scaler = torch.amp.GradScaler(device.type, enabled=precision == torch.float16)
        self._losses = {name: self._shared(name, compute) for name, compute in computed.items()}
        self.average = copy.deepcopy(self.method.generator).requires_grad_(False)
        self.rates = {"generator": settings.learning_rate, "discriminator": settings.discriminator_rate}
        self.optimizers = {
            name: torch.optim.Adam(
                [weight for weight in network.parameters() if weight.requires_grad], self.rates[name], settings.betas
            )
            for name, network in self.method.networks().items()
        }

    def start_from(self, translator: Translator) -> None:
        """Initialize from the weights of a finished model, for fine-tuning.

        Parts that it lacks, such as an encoder, are initialized anew; parts that are not needed are ignored, and so are
        parts that are not learned, such as a map of colors, unless its look is to be kept. Of several styles the chosen
        one is used, if there is one. The weights may be those of the part that paints (``Capabilities.painter``).

        Raises:
            SettingError: its layers have other sizes.
        """
        if translator.chosen_style:
            translator = translator.in_style({})
        own = self.method.generator.state_dict()
        fixed = {name for name, weight in self.method.generator.named_parameters() if not weight.requires_grad}
        taken = own.keys() if self.settings.method.keeps else own.keys() - fixed
        part = capabilities(self.method.generator).painter
        among = f"{part}." if part and translator.architecture["name"] != self.settings.generator["name"] else ""
        given = {among + name: value for name, value in translator.weights().items()}
        weights = {name: value for name, value in given.items() if name in taken}
        if other := [name for name, value in weights.items() if value.shape != own[name].shape]:
            raise SettingError(f"cannot start from '{translator.name}': its {other[0]} has another size: start anew")
        for network in (self.method.generator, self.average):
            network.load_state_dict(own | weights)

    def train_step(
        self,
        source: NDArray[np.uint8],
        target: NDArray[np.uint8],
        thumbnails: NDArray[np.uint8] | None = None,
        styles: NDArray[np.int_] | None = None,
        captions: Captions | None = None,
    ) -> dict[str, float]:
        """Train on one batch and return the losses by name.

        With several processes each passes its part of the batch; losses are those of the whole batch.

        Args:
            source: uint8 (N, 2S, 2S, 3), or with as many channels as the generator takes.
            target: uint8 (N, 2S * scale, 2S * scale, 3), of the other domain.
            thumbnails: uint8 (N, 64, 64, 3), of the images that the sources were cropped from, for generators with
                context.
            styles: (N,), the style index of each target, for generators with several styles.
            captions: float32 (N, 1 + K, words), see ``Batch``, for generators with words.

        Raises:
            TrainingError: a loss is not finite, so that the weights are no longer usable; or the device has too little
                memory for the batch.
        """
        seed = int(np.random.SeedSequence((self.settings.seed, self.step)).generate_state(1)[0])
        first, total = self.processes.part(self.settings.batch).start, self.settings.batch
        crops = source, target, thumbnails, styles, captions
        losses: Losses | None = None
        try:
            with plain_memory_errors(), self._seeded(seed):
                batch = self._batch(crops, seed, first, total)
                losses = self._minimize("generator", batch) | self._minimize("discriminator", batch)
        except MemoryError:
            pass  # tensors in its traceback must be freed first
        if losses is None:
            raise TrainingError(self._too_large(crops))
        self._follow()
        self.step += 1
        values = dict(zip(losses, self.processes.mean(torch.stack(list(losses.values()))).tolist(), strict=True))
        if not np.isfinite(list(values.values())).all():
            raise TrainingError(f"step {self.step}: a loss is no longer a number: {values}; try a lower learning rate")
        return values

    @contextmanager
    def _seeded(self, seed: int) -> Iterator[None]:
        """Seed the random numbers of networks, such as dropout, for this step; they differ between processes."""
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed + self.processes.rank)
            yield

    def _shared(self, name: str, compute: Callable[[Batch], Losses]) -> nn.Module:
        """Return the module that computes the losses of a network; with several processes it averages gradients."""
        losses = LossesOf(self.method.networks()[name], compute)
        if self.processes.count == 1:
            return losses
        rests = self.settings.method_type.rests and name == "generator"
        return DistributedDataParallel(losses, broadcast_buffers=False, find_unused_parameters=rests)

    def _minimize(self, name: str, batch: Batch) -> dict[str, torch.Tensor]:
        if not (losses := self._gradients(name, batch)):
            return {}
        for group in self.optimizers[name].param_groups:
            group["lr"] = self.rates[name] * self._decay()
        self._scaler.step(self.optimizers[name])
        self._scaler.update()
        return {name: loss.detach() for name, loss in losses.items()}

    def _gradients(self, name: str, batch: Batch) -> Losses:
        self.method.networks()["discriminator"].requires_grad_(name == "discriminator")
        self.optimizers[name].zero_grad()
        with torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32):
            losses: Losses = self._losses[name](batch)
        if losses:
            self._scaler.scale(torch.stack(list(losses.values())).sum()).backward()  # type: ignore[no-untyped-call]
        return losses

    def _batch(self, crops: Crops, seed: int, first: int, total: int) -> Batch:
        """Create a batch on the device."""
        source, target, thumbnails, styles, captions = crops
        context = None if thumbnails is None else self._tensor(thumbnails)
        inputs = self._tensor(seen(source, input_channels(self.method.generator)))
        shares, progress = self._shares(styles), self.step / self.settings.steps
        codes = drawn_codes(self.method.generator, inputs, seed, first, total)
        told = None if captions is None or not captions.size else torch.from_numpy(captions).to(self.device)
        return Batch(inputs, self._tensor(target), seed, first, total, context, shares, progress, codes, told)

    def _too_large(self, crops: Crops) -> str:
        """Return an error message with a batch size that fits, which is tested unless other processes would wait."""
        count, side, fitting = len(crops[0]), crops[0].shape[1], 0
        for size in range(count - 1, 1, -1) if self.processes.count == 1 else ():
            fewer = cast(Crops, tuple(None if part is None else part[:size] for part in crops))
            try:
                with plain_memory_errors():
                    batch = self._batch(fewer, 0, 0, size)
                    for name in self.optimizers:
                        self._gradients(name, batch)
                fitting = size
                break
            except MemoryError:
                continue
        cure = f"a batch of {fitting} fits (--batch {fitting})" if fitting else "try a smaller --batch or --tile-size"
        return f"too little memory on {self.device} for {count} crops of {side} x {side} pixels: {cure}"

    def _decay(self) -> float:
        """Return the factor of the learning rates in this step."""
        left = 1 - self.step / self.settings.steps
        return 1.0 if left >= self.settings.rate_decay else left / self.settings.rate_decay

    @torch.no_grad()
    def _follow(self) -> None:
        decay = min(self.settings.average_decay, (1 + self.step) / (AVERAGE_WARM_UP + self.step))
        torch._foreach_lerp_(_numbers(self.average), _numbers(self.method.generator), 1 - decay)

    def _shares(self, styles: NDArray[np.int_] | None) -> torch.Tensor | None:
        """Return one-hot styles of targets, (N, styles); None if there is only one style."""
        count = len(self.settings.generator.get("styles", ()))
        if styles is None or not count:
            return None
        return nn.functional.one_hot(torch.from_numpy(styles).long(), count).float().to(self.device)

    def _tensor(self, crops: NDArray[np.uint8]) -> torch.Tensor:
        pixels = torch.from_numpy(crops).to(self.device).permute(0, 3, 1, 2)
        return (pixels.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)

    def translator(self, name: str, facts: dict[str, Any]) -> Translator:
        """Return the averaged generator with its contract, on the device of the training, in float32."""
        generator = copy.deepcopy(self.average).eval()
        self.method.finish(generator)
        return Translator.of(generator, self.settings.generator, self.settings.tile_size, name=name, facts=facts)

    def check_finite(self) -> None:
        """Check that all weights are finite: the last step may have broken them although its losses were finite.

        Raises:
            TrainingError: a weight is not finite.
        """
        if not all(bool(torch.isfinite(value).all()) for value in self.state().values()):
            raise TrainingError(f"step {self.step}: a weight is no longer a number: try a lower learning rate")

    def state(self) -> dict[str, torch.Tensor]:
        """Return the state as named tensors."""
        tensors = {f"average/{name}": value for name, value in self.average.state_dict().items()}
        for network_name, network in self.method.networks().items():
            tensors |= {f"{network_name}/{name}": value for name, value in network.state_dict().items()}
            moments = self.optimizers[network_name].state_dict()["state"]
            for index, entry in moments.items():
                tensors |= {f"adam/{network_name}/{index}/{name}": value for name, value in entry.items()}
        tensors |= {f"scaler/{name}": torch.tensor(value) for name, value in self._scaler.state_dict().items()}
        return {name: value.detach().contiguous() for name, value in tensors.items()}

    def restore(self, step: int, tensors: dict[str, torch.Tensor]) -> None:
        """Restore a state from ``state``.

        Raises:
            KeyError, RuntimeError: the tensors are not those of such a training.
        """
        self.step = step
        _load(self.average, tensors, "average/")
        for network_name, network in self.method.networks().items():
            _load(network, tensors, f"{network_name}/")
            optimizer = self.optimizers[network_name]
            state = optimizer.state_dict()
            moments: dict[int, dict[str, torch.Tensor]] = {}
            for name, value in _below(tensors, f"adam/{network_name}/").items():
                index, moment = name.split("/")
                moments.setdefault(int(index), {})[moment] = value
            optimizer.load_state_dict({**state, "state": moments})
        if self._scaler.is_enabled():
            self._scaler.load_state_dict({name: value.item() for name, value in _below(tensors, "scaler/").items()})


def _numbers(network: nn.Module) -> list[torch.Tensor]:
    """Return weights, and statistics of batch norms."""
    return [value for value in chain(network.parameters(), network.buffers()) if value.is_floating_point()]


def _below(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _load(network: nn.Module, tensors: dict[str, torch.Tensor], prefix: str) -> None:
    network.load_state_dict(_below(tensors, prefix))
