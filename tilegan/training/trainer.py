"""One training step after another: losses, optimisers, the average of the generator's weights."""

import copy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tilegan.devices import plain_memory_errors, to_device
from tilegan.errors import TrainingError
from tilegan.methods.base import Batch
from tilegan.methods.siamese import Siamese
from tilegan.networks.build import build_discriminator, build_generator
from tilegan.training.settings import TrainSettings
from tilegan.translator import Translator

# the average follows the weights closely at first: its decay is (1 + step) / (10 + step) until that is the setting's
AVERAGE_WARM_UP = 10


class Trainer:
    """All that changes while a model learns.

    Attributes:
        step: steps done.
        rates: of each network's optimiser, before they decay.
        average: the generator with averaged weights.
    """

    def __init__(self, settings: TrainSettings, device: torch.device, precision: torch.dtype) -> None:
        self.settings = settings
        self.device = device
        self.precision = precision
        self.step = 0
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            generator = build_generator(settings.generator)
            discriminator = build_discriminator(settings.discriminator)
        for network in (generator, discriminator):
            to_device(network, device, torch.float32)
        self.method = Siamese(generator, discriminator, settings.method)
        self.average = copy.deepcopy(generator).requires_grad_(False)
        self.rates = {"generator": settings.learning_rate, "discriminator": settings.discriminator_rate}
        self.optimizers = {
            name: torch.optim.Adam(network.parameters(), self.rates[name], settings.betas)
            for name, network in self.method.networks().items()
        }

    def start_from(self, translator: Translator) -> None:
        """Take over the weights of a finished model: fine-tuning."""
        self.method.generator.load_state_dict(translator.weights())
        self.average.load_state_dict(translator.weights())

    def train_step(self, source: NDArray[np.uint8], target: NDArray[np.uint8]) -> dict[str, float]:
        """Learn from one batch, uint8 (N, 2S, 2S, 3) each, and return the losses by name.

        Raises:
            TrainingError: a loss is no longer a finite number; weights are then no longer usable.
        """
        seed = int(np.random.SeedSequence((self.settings.seed, self.step)).generate_state(1)[0])
        batch = Batch(self._tensor(source), self._tensor(target), seed)
        discriminator = self.method.networks()["discriminator"]
        with plain_memory_errors():
            discriminator.requires_grad_(False)
            losses = self._minimise("generator", batch)
            discriminator.requires_grad_(True)
            losses |= self._minimise("discriminator", batch)
        self._follow()
        self.step += 1
        values = dict(zip(losses, torch.stack(list(losses.values())).tolist(), strict=True))
        if not np.isfinite(list(values.values())).all():
            raise TrainingError(f"step {self.step}: a loss is no longer a number: {values}; try a lower learning rate")
        return values

    def _minimise(self, name: str, batch: Batch) -> dict[str, torch.Tensor]:
        compute = self.method.generator_loss if name == "generator" else self.method.discriminator_loss
        with torch.autocast(self.device.type, self.precision, enabled=self.precision != torch.float32):
            losses = compute(batch)
        for group in self.optimizers[name].param_groups:
            group["lr"] = self.rates[name] * self._decay()
        self.optimizers[name].zero_grad()
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        self.optimizers[name].step()
        return {name: loss.detach() for name, loss in losses.items()}

    def _decay(self) -> float:
        """By what the rates of this step are multiplied."""
        left = 1 - self.step / self.settings.steps
        return 1.0 if left >= self.settings.rate_decay else left / self.settings.rate_decay

    @torch.no_grad()
    def _follow(self) -> None:
        decay = min(self.settings.average_decay, (1 + self.step) / (AVERAGE_WARM_UP + self.step))
        for average, weight in zip(self.average.parameters(), self.method.generator.parameters(), strict=True):
            average.lerp_(weight, 1 - decay)

    def _tensor(self, crops: NDArray[np.uint8]) -> torch.Tensor:
        pixels = torch.from_numpy(crops).to(self.device).permute(0, 3, 1, 2)
        return (pixels.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)

    def translator(self, name: str, facts: dict[str, Any]) -> Translator:
        """The averaged generator with its contract, on the training's device, in float32."""
        generator = copy.deepcopy(self.average).eval()
        return Translator.of(generator, self.settings.generator, self.settings.tile_size, name=name, facts=facts)

    def check_finite(self) -> None:
        """Make sure that the weights are worth keeping: a last step may have spoilt them unnoticed by its losses.

        Raises:
            TrainingError: a weight is no longer a finite number.
        """
        if not all(bool(torch.isfinite(value).all()) for value in self.state().values()):
            raise TrainingError(f"step {self.step}: a weight is no longer a number: try a lower learning rate")

    def state(self) -> dict[str, torch.Tensor]:
        """Everything that changes, as named tensors."""
        tensors = {f"average/{name}": value for name, value in self.average.state_dict().items()}
        for network_name, network in self.method.networks().items():
            tensors |= {f"{network_name}/{name}": value for name, value in network.state_dict().items()}
            moments = self.optimizers[network_name].state_dict()["state"]
            for index, entry in moments.items():
                tensors |= {f"adam/{network_name}/{index}/{name}": value for name, value in entry.items()}
        return {name: value.detach().contiguous() for name, value in tensors.items()}

    def restore(self, step: int, tensors: dict[str, torch.Tensor]) -> None:
        """Go on where ``state`` was taken.

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


def _below(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _load(network: nn.Module, tensors: dict[str, torch.Tensor], prefix: str) -> None:
    network.load_state_dict(_below(tensors, prefix))
