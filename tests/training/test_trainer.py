import copy
import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from tilegan.errors import SettingError, TrainingError
from tilegan.methods.base import Batch, MethodSettings
from tilegan.methods.passes import translate
from tilegan.training.processes import Processes
from tilegan.training.settings import TrainSettings
from tilegan.training.trainer import Trainer

CPU = torch.device("cpu")


def crops(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)


def weights(trainer: Trainer) -> torch.Tensor:
    return torch.cat([value.flatten().float() for value in trainer.state().values()])


def test_a_step_changes_both_networks_and_reports_all_losses(tiny_training: TrainSettings) -> None:
    trainer = Trainer(tiny_training, CPU, torch.float32)
    before = copy.deepcopy([network.state_dict() for network in trainer.method.networks().values()])
    losses = trainer.train_step(crops(0), crops(1))
    assert set(losses) == {
        "generator_length",
        "generator_content",
        "generator_tone",
        "generator_seams",
        "generator_weave",
        "real_length",
        "translated_margin",
        "discriminator_content",
    }
    for old, network in zip(before, trainer.method.networks().values(), strict=True):
        assert any(not torch.equal(old[name], value) for name, value in network.state_dict().items())


def test_two_trainings_with_one_seed_are_equal(tiny_training: TrainSettings) -> None:
    first, second = (Trainer(tiny_training, CPU, torch.float32) for _ in range(2))
    for trainer in (first, second):
        for step in range(3):
            trainer.train_step(crops(step), crops(9 + step))
    assert torch.equal(weights(first), weights(second))


def test_rates_fall_linearly_at_the_end(tiny_training: TrainSettings) -> None:
    trainer = Trainer(replace(tiny_training, steps=10, rate_decay=0.4, learning_rate=1e-3), CPU, torch.float32)
    rates = []
    for step in range(10):
        trainer.train_step(crops(step), crops(9 + step))
        rates.append(trainer.optimizers["generator"].param_groups[0]["lr"])
    assert rates == pytest.approx([1e-3] * 7 + [7.5e-4, 5e-4, 2.5e-4])


@pytest.mark.parametrize("norm", ["channel", "batch"])
def test_restoring_a_state_goes_on_as_if_nothing_had_happened(tiny_training: TrainSettings, norm: str) -> None:
    tiny_training = replace(tiny_training, generator=tiny_training.generator | {"norm": norm})
    whole = Trainer(tiny_training, CPU, torch.float32)
    for step in range(4):
        if step == 2:
            state = {name: value.clone() for name, value in whole.state().items()}
        whole.train_step(crops(step), crops(9 + step))
    resumed = Trainer(tiny_training, CPU, torch.float32)
    resumed.train_step(crops(50), crops(51))
    resumed.restore(2, state)
    for step in range(2, 4):
        resumed.train_step(crops(step), crops(9 + step))
    assert torch.equal(weights(whole), weights(resumed))


@pytest.mark.parametrize("name", ["tail.weight", "norm.mean", "norm.variance"])
def test_the_kept_weights_and_statistics_are_the_running_average(tiny_training: TrainSettings, name: str) -> None:
    settings = replace(tiny_training, average_decay=0.05, generator=tiny_training.generator | {"norm": "batch"})
    trainer = Trainer(settings, CPU, torch.float32)
    average = trainer.average.state_dict()[name].clone()
    for step in range(3):
        trainer.train_step(crops(step), crops(9 + step))
        current = trainer.method.generator.state_dict()[name]
        average = 0.05 * average + 0.95 * current
    assert not torch.equal(average, Trainer(settings, CPU, torch.float32).average.state_dict()[name])
    assert torch.allclose(trainer.average.state_dict()[name], average, atol=1e-7)
    assert torch.equal(trainer.translator("x", {}).weights()[name], trainer.average.state_dict()[name])


def test_the_translator_carries_the_generators_contract(tiny_training: TrainSettings) -> None:
    translator = Trainer(tiny_training, CPU, torch.float32).translator("name", {"steps": 0})
    assert (translator.tile_size, translator.stride, translator.scale, translator.name) == (16, 4, 1, "name")
    assert (
        translator.halo == 20
    )  # three convolutions of one cell of 4 each, and 5 px at full resolution: 17, rounded up


def test_losses_that_are_no_numbers_stop_the_training(tiny_training: TrainSettings) -> None:
    trainer = Trainer(tiny_training, CPU, torch.float32)
    with torch.no_grad():
        next(trainer.method.discriminator.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingError, match="step 1: a loss is no longer a number"):
        trainer.train_step(crops(0), crops(1))


def test_bfloat16_trains_with_float32_weights(tiny_training: TrainSettings) -> None:
    trainer = Trainer(tiny_training, CPU, torch.bfloat16)
    trainer.train_step(crops(0), crops(1))
    assert {value.dtype for value in trainer.state().values()} == {torch.float32}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"tile_size": 20}, "multiple of 16"),
        ({"tile_size": 64, "short_side": 100}, "at least 2 tile sizes, 128"),
        ({"batch": 1}, "at least 2"),
        ({"steps": 0}, "steps"),
        ({"learning_rate": 0.0}, "learning rate"),
        ({"learning_rate": float("inf")}, "learning rate"),
        ({"betas": (2.0, 0.9)}, "betas"),
        ({"average_decay": -3.0}, "average decay"),
        ({"discriminator_rate": float("nan")}, "discriminator rate"),
        ({"seed": -1}, "seed"),
        ({"seed": 10**30}, "seed"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    tiny_training: TrainSettings, wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        replace(tiny_training, **wrong)


def test_weights_that_are_no_numbers_are_not_kept(tiny_training: TrainSettings) -> None:
    trainer = Trainer(tiny_training, CPU, torch.float32)
    trainer.check_finite()
    with torch.no_grad():
        next(trainer.method.generator.parameters())[0] = float("inf")
    with pytest.raises(TrainingError, match="a weight is no longer a number"):
        trainer.check_finite()


def test_settings_survive_json(tiny_training: TrainSettings) -> None:
    assert TrainSettings.from_json(tiny_training.to_json()) == tiny_training
    with pytest.raises(SettingError, match="another version: they differ in extra"):
        TrainSettings.from_json({**tiny_training.to_json(), "extra": 1})


def test_runs_from_before_a_setting_go_on_without_it(tiny_training: TrainSettings) -> None:
    values = tiny_training.to_json()
    del values["method"]["weave_weight"]
    assert TrainSettings.from_json(values).method == replace(tiny_training.method, weave_weight=0.0)
    del values["method"]["seam_weight"]
    with pytest.raises(SettingError, match="another version: they differ in seam_weight"):
        TrainSettings.from_json(values)


@pytest.mark.slow
def test_each_network_learns_against_the_other_held_still(tiny_training: TrainSettings) -> None:
    """Gray noise is to become vertical stripes: D learns to tell them apart, and then G to please that D."""
    rates = {"learning_rate": 1e-2, "discriminator_rate": 2e-3, "average_decay": 0.5}
    trainer = Trainer(replace(tiny_training, batch=4, **rates), CPU, torch.float32)
    random = np.random.default_rng(0)
    stripes = np.where(np.arange(64) % 8 < 4, 60, -60)[:, None]

    def noise_and_stripes() -> Batch:
        source, target = random.normal(125, 15, (2, 4, 32, 32, 3))
        phase = random.integers(8)
        target += stripes[phase : phase + 32]
        return Batch(trainer._tensor(_levels(source)), trainer._tensor(_levels(target)), 0, 0, len(source))

    def learn(name: str, batch: Batch) -> float:
        with torch.no_grad():
            trainer.method.generator_loss(batch)  # translates, for the discriminator
        losses = trainer._minimize(name, batch)
        return sum(loss.item() for key, loss in losses.items() if "content" not in key)

    before, *_, after = (learn("discriminator", noise_and_stripes()) for _ in range(100))
    assert after < 0.6 * before
    trainer.method.discriminator.requires_grad_(False)
    batch = noise_and_stripes()
    before, *_, after = (learn("generator", batch) for _ in range(100))
    assert after < 0.6 * before


def _levels(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    return values.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize(("fitting", "cure"), [(3, r"a batch of 3 fits \(--batch 3\)"), (0, "try a smaller --batch")])
def test_too_large_a_batch_is_refused_with_one_that_fits(
    tiny_training: TrainSettings, fitting: int, cure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(replace(tiny_training, batch=6), CPU, torch.float32)

    def small_device(generator: nn.Module, batch: Batch, settings: MethodSettings) -> torch.Tensor:
        if len(batch.source) > fitting:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return translate(generator, batch, settings)

    monkeypatch.setattr("tilegan.methods.siamese.translate", small_device)
    many = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)
    with pytest.raises(TrainingError, match=f"too little memory on cpu for 6 crops of 32 x 32 pixels: {cure}"):
        trainer.train_step(many, many, many, np.arange(6) % 2)


def test_float16_learns_with_scaled_losses_and_resumes(tiny_training: TrainSettings) -> None:
    trainer, exact = (Trainer(tiny_training, CPU, precision) for precision in (torch.float16, torch.float32))
    before = weights(trainer)
    losses = [[each.train_step(crops(step), crops(9 + step)) for step in range(3)] for each in (trainer, exact)]
    assert not torch.equal(weights(trainer)[: len(before)], before)
    for half, full in zip(*losses, strict=True):
        assert half == pytest.approx(full, rel=0.05, abs=0.02)
    other = Trainer(tiny_training, CPU, torch.float16)
    other.restore(3, {name: value.clone() for name, value in trainer.state().items()})
    assert other._scaler.get_scale() == trainer._scaler.get_scale()
    assert other.train_step(crops(3), crops(12)) == trainer.train_step(crops(3), crops(12))


def test_a_context_is_learned_and_restored(tiny_training: TrainSettings) -> None:
    settings = replace(tiny_training, generator=tiny_training.generator | {"context": 4})
    first, second = (Trainer(settings, CPU, torch.float32) for _ in range(2))
    thumbnails = np.random.default_rng(5).integers(0, 256, (2, 64, 64, 3), np.uint8)
    before = first.method.generator.film.weight.clone()
    for step in range(3):
        first.train_step(crops(step), crops(9 + step), thumbnails)
    assert not torch.equal(first.method.generator.film.weight, before)
    second.restore(3, first.state())
    assert first.train_step(crops(3), crops(4), thumbnails) == second.train_step(crops(3), crops(4), thumbnails)


def test_another_norm_can_be_gone_on_with(tiny_training: TrainSettings) -> None:
    settings = {
        norm: replace(tiny_training, generator=tiny_training.generator | {"norm": norm})
        for norm in ("channel", "instance", "batch")
    }
    for norm, other in itertools.permutations(settings, 2):
        before = Trainer(settings[norm], CPU, torch.float32)
        after = Trainer(replace(settings[other], seed=5), CPU, torch.float32)
        after.start_from(before.translator("before", {}))
        assert torch.equal(after.method.generator.head.weight, before.method.generator.head.weight)
        assert torch.equal(after.average.head.weight, before.average.head.weight)


def test_a_model_of_other_sizes_cannot_be_gone_on_from(tiny_training: TrainSettings) -> None:
    wider = replace(tiny_training, generator=tiny_training.generator | {"channels": 16})
    given = Trainer(wider, CPU, torch.float32).translator("wide", {})
    with pytest.raises(SettingError, match=r"cannot start from 'wide': its head\.weight has another size"):
        Trainer(tiny_training, CPU, torch.float32).start_from(given)


@pytest.mark.parametrize("keep_weight", [0.0, 1.0])
def test_the_map_of_colors_is_that_of_the_model_if_its_look_is_kept(
    tiny_training: TrainSettings, keep_weight: float
) -> None:
    settings = replace(tiny_training, generator=tiny_training.generator | {"recolor": True})
    before = Trainer(settings, CPU, torch.float32)
    torch.nn.init.ones_(before.average.recolor.weight)
    after = Trainer(replace(settings, method=replace(settings.method, keep_weight=keep_weight)), CPU, torch.float32)
    after.start_from(before.translator("before", {}))
    assert bool(after.method.generator.recolor.weight.any()) == (keep_weight > 0)


def test_several_processes_have_no_batch_norms(tiny_training: TrainSettings) -> None:
    settings = replace(tiny_training, generator=tiny_training.generator | {"norm": "batch"})
    with pytest.raises(SettingError, match="each process would have batch norms of its own"):
        Trainer(settings, CPU, torch.float32, Processes(0, 2))


def test_a_model_without_context_can_be_gone_on_from_with_one(tiny_training: TrainSettings) -> None:
    plain = Trainer(tiny_training, CPU, torch.float32)
    plain.train_step(crops(0), crops(1))
    trainer = Trainer(replace(tiny_training, generator=tiny_training.generator | {"context": 4}), CPU, torch.float32)
    trainer.start_from(plain.translator("plain", {}))
    image = crops(2)[0]
    assert np.array_equal(trainer.translator("x", {}).translate(image), plain.translator("x", {}).translate(image))
