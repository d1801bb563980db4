"""Devices: only those that can do the work."""

import pytest
import torch

from tilegan.devices import choose_device
from tilegan.errors import SettingError


@pytest.mark.parametrize("name", ["meta", "toaster", "", "cuda:99"])
def test_what_cannot_compute_is_no_device(name):
    with pytest.raises(SettingError, match=f"no device '{name}'"):
        choose_device(name)


def test_the_cpu_is_always_there():
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type in ("cpu", "cuda", "mps")
