"""What a training step spends its time on: convolutions against the machine's matrix peak, and waiting for crops.

    python benchmarks/training.py photo/ vangogh/

The peak is that of square matrix products in the precision of training, on the same threads. FLOPs are counted by
torch's FlopCounterMode, times of convolutions are those of torch's profiler (CPU) or CUDA kernels.
"""

import argparse
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from tilegan.devices import choose_device, choose_precision, keep_freed_memory
from tilegan.training.crops import Crops
from tilegan.training.examples import Unpaired, batches
from tilegan.training.images import find_images
from tilegan.training.settings import TrainSettings
from tilegan.training.trainer import Trainer

SIDE = 2048
WARM_UP, STEPS = 300, 30  # by then most images have been read


def main() -> None:
    """Measure and tell."""
    keep_freed_memory()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--batch", type=int, default=TrainSettings().batch)
    parser.add_argument("--tile-size", type=int, default=TrainSettings().tile_size)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    given = parser.parse_args()
    device = choose_device(given.device)
    precision = choose_precision(given.precision, device)
    settings = TrainSettings(batch=given.batch, tile_size=given.tile_size)
    trainer = Trainer(settings, device, precision)
    side = 2 * settings.tile_size
    folders = (given.source, given.target)
    crops = [Crops(find_images(folder, side, settings.short_side), side, 10**9, 0) for folder in folders]
    following = batches(Unpaired(*crops), range(settings.steps), range(settings.batch), settings.batch)
    seconds, waited = [], []
    for _ in range(WARM_UP + STEPS):
        begin = time.perf_counter()
        source, target = next(following)
        arrived = time.perf_counter()
        batch = source.pixels, target.pixels, source.thumbnail
        trainer.train_step(*batch)
        waited.append(arrived - begin)
        seconds.append(time.perf_counter() - begin)
    step = median(seconds[WARM_UP:])
    share = sum(waited[WARM_UP:]) / sum(seconds[WARM_UP:])
    with FlopCounterMode(display=False) as counter:
        trainer.train_step(*batch)
    flops = sum(count for name, count in counter.get_flop_counts()["Global"].items() if "convolution" in str(name))
    spent = convolution_seconds(trainer, batch, device)
    peak = matrix_peak(device, precision)
    threads, achieved = torch.get_num_threads(), flops / spent
    print(f"device       {device}, {precision}, {threads} threads; batch {settings.batch}, crops of {side} px")
    print(f"step         {step * 1000:.0f} ms (median of {STEPS})")
    print(f"waiting      {100 * share:.2f} % of it for crops")
    print(f"matrix peak  {peak / 1e9:.0f} GFLOP/s")
    print(f"convolutions {flops / 1e9:.1f} GFLOP in {spent * 1000:.0f} ms: {achieved / 1e9:.0f} GFLOP/s")
    print(f"of the peak  {100 * achieved / peak:.0f} % in convolutions, {100 * flops / step / peak:.0f} % in the step")


def convolution_seconds(trainer: Trainer, batch: tuple[NDArray[np.uint8], ...], device: torch.device) -> float:
    """Of one step; the median of five."""
    cuda = device.type == "cuda"
    found = []
    for _ in range(5):
        with profile(activities=[ProfilerActivity.CUDA if cuda else ProfilerActivity.CPU]) as profiled:
            trainer.train_step(*batch)
        averages = profiled.key_averages()
        name = "self_device_time_total" if cuda else "self_cpu_time_total"
        found.append(sum(getattr(event, name) for event in averages if "conv" in event.key) / 1e6)
    return median(found)


def matrix_peak(device: torch.device, precision: torch.dtype) -> float:
    """FLOP/s of square matrix products, the best of ten."""
    left, right = (torch.randn(SIDE, SIDE, device=device, dtype=precision) for _ in range(2))
    best = float("inf")
    for _ in range(10):
        begin = time.perf_counter()
        left @ right
        if device.type == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - begin)
    return 2 * SIDE**3 / best


if __name__ == "__main__":
    main()
