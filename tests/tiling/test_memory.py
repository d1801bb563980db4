"""Peak memory: against sums by hand, and against what torch's own profiler sees of a real pass."""

import pytest
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from tilegan.networks.build import build_generator
from tilegan.tiling.memory import peak_bytes

FLOAT = 4


@pytest.mark.parametrize(
    ("network", "channels"),
    [
        (nn.Conv2d(3, 8, 1), 3 + 8),
        (nn.Sequential(nn.Conv2d(3, 8, 1), nn.Conv2d(8, 2, 1)), 3 + 8 + 2),  # the input is held by who calls
        (nn.Sequential(nn.Conv2d(3, 8, 1), nn.Conv2d(8, 4, 1), nn.Conv2d(4, 8, 1)), 3 + 8 + 4),
        (nn.Sequential(nn.Conv2d(3, 8, 1), nn.ReLU(inplace=True)), 3 + 8),
        (nn.Sequential(nn.Conv2d(3, 8, 1), nn.Flatten(), nn.Unflatten(1, (8, 6, 10))), 3 + 8),  # views
    ],
)
def test_hand_computed(network, channels):
    assert peak_bytes(network, (2, 3, 6, 10), torch.float32) == channels * 2 * 6 * 10 * FLOAT


def test_the_number_format_counts():
    assert peak_bytes(nn.Conv2d(3, 8, 1).bfloat16(), (1, 3, 6, 10), torch.bfloat16) == 11 * 60 * 2


def profiled_peak(network, image):
    """The most bytes that torch's allocator held at once, from the profiler's record of each allocation."""
    with torch.inference_mode(), profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        network(image)
    held = peak = 0
    events = [event for event in record.profiler.kineto_results.events() if event.name() == "[memory]"]
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        peak = max(peak, held)
    return peak + image.nbytes


def test_a_real_pass_needs_as_much():
    architecture = {"name": "residual", "channels": 32, "blocks": 2, "stride": 4, "detail": 8}
    generator = build_generator(architecture).to(memory_format=torch.channels_last)
    image = torch.rand(2, 3, 256, 192).contiguous(memory_format=torch.channels_last)
    computed = peak_bytes(generator, tuple(image.shape), torch.float32)
    assert computed == pytest.approx(profiled_peak(generator, image), rel=0.05)


def test_the_network_stays_as_it_is():
    network = nn.Sequential(nn.Conv2d(3, 3, 1), nn.Dropout()).train()
    weight = network[0].weight
    peak_bytes(network, (1, 3, 4, 4), torch.float32)
    assert network.training
    assert network[0].weight is weight
