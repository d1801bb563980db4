"""ONNX Runtime in place of torch: a network whose passes another program runs."""

import threading
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import nn

from tilegan.errors import ModelError, SettingError
from tilegan.foreign.onnx_writer import export_onnx
from tilegan.foreign.read import line

MOST = 2 / 255  # difference from torch, of values from -1 to 1: one level
NEEDED = "the backend onnxruntime needs the packages onnx and onnxruntime: pip install 'tilegan[export]'"
# by type of device, in the order of preference; those that the installed ONNX Runtime lacks are left out
PROVIDERS = {
    "cpu": ("CPUExecutionProvider",),
    "cuda": ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"),
}
LEAST = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}  # that has to be there


class RuntimeNetwork(nn.Module):
    """A network of torch that ONNX Runtime runs, with one thread for each pass, as passes run side by side.

    It is exported when it first runs in a process, so that it can be copied and sent to others like any module.

    Attributes:
        network: float32 (N, C, h, w) -> (N, 3, h', w'); it runs passes on the ``meta`` device, which count memory.
    """

    def __init__(self, network: nn.Module, channels: int, side: int, step: int) -> None:
        """Take a network.

        Args:
            network: see above.
            channels: that it takes.
            side: of an image that it can be exported with, in pixels.
            step: by which sides of other images differ from it; 0 if there are no others.
        """
        super().__init__()
        self.network, self.shape = network, (1, channels, side, side)
        self.other = (1, channels, side + step, side + 2 * step)
        self._lock = threading.Lock()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) -> (N, 3, h', w'), on the device of the images."""
        if images.is_meta:
            made: torch.Tensor = self.network(images)
            return made
        try:
            with self._lock:
                session = self._session
            output = session.run(None, {"image": images.contiguous().cpu().numpy()})[0]
        except ModelError:
            raise
        except Exception as error:  # ONNX Runtime has classes of its own
            cause = line(error)
            if "allocate memory" in cause or "bad_alloc" in cause:
                raise MemoryError(cause) from error
            raise ModelError(f"ONNX Runtime cannot run the network: {cause}: use the backend torch") from error
        return torch.from_numpy(output).to(images.device)

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        device = next((weight.device.type for weight in self.network.parameters()), "cpu")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # which would keep the memory of the largest window for good
        providers = [each for each in PROVIDERS[device] if each in onnxruntime.get_available_providers()]
        session = onnxruntime.InferenceSession(_exported(self.network, self.shape), options, providers=providers)
        self._check(session)
        return session

    def _check(self, session: Any) -> None:
        """Refuse what was exported if it differs on images of another size: a trace may hold the size as a number."""
        device = next((weight.device for weight in self.network.parameters()), torch.device("cpu"))
        image = torch.rand(self.other, generator=torch.Generator().manual_seed(0)) * 2 - 1
        with torch.no_grad():
            ours = self.network(image.to(device)).cpu()
        theirs = torch.from_numpy(session.run(None, {"image": image.numpy()})[0])
        if ours.shape != theirs.shape or float((ours - theirs).abs().max()) > MOST:
            raise ModelError("the exported network differs from torch on images of other sizes: use the backend torch")

    def __getstate__(self) -> dict[str, Any]:
        """Return what can be copied: all but the lock and the session."""
        return {key: value for key, value in self.__dict__.items() if key not in ("_lock", "_session")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take it."""
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._lock = threading.Lock()


def check_runtime(device: torch.device) -> None:
    """Refuse a device that ONNX Runtime does not run on, or that it is not installed for.

    Raises:
        SettingError: it is one.
    """
    try:
        import onnx  # noqa: F401
        import onnxruntime
    except ImportError as error:
        raise SettingError(NEEDED) from error
    available = onnxruntime.get_available_providers()
    if LEAST.get(device.type) not in available:
        raise SettingError(f"ONNX Runtime does not run on '{device.type}' here: use the backend torch")


def _exported(network: nn.Module, shape: tuple[int, ...]) -> bytes:
    image = torch.rand(shape, device=next(network.parameters(), torch.empty(0)).device)
    try:
        with TemporaryDirectory() as folder, torch.inference_mode(False), torch.no_grad():
            file = Path(folder) / "network.onnx"
            export_onnx(network, image, file)
            return file.read_bytes()
    except ModelError as error:
        raise ModelError(f"{error}: use the backend torch") from error
