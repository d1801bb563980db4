"""End-to-end flows: paths and settings in, a result out; nothing is printed."""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tilegan.pipelines.batch import batch, plan_batch
    from tilegan.pipelines.batching.report import BatchPlan, BatchResult
    from tilegan.pipelines.batching.results import BatchImage
    from tilegan.pipelines.code_sheet import CodeSheetResult, code_sheet
    from tilegan.pipelines.convert import ConvertResult, convert
    from tilegan.pipelines.doctor import DoctorResult, doctor
    from tilegan.pipelines.evaluate import evaluate
    from tilegan.pipelines.evaluate_filling import FillingResult, evaluate_filling
    from tilegan.pipelines.evaluation.result import EvaluateResult
    from tilegan.pipelines.export import ExportResult, export
    from tilegan.pipelines.info import ImageInfo, ModelInfo, info
    from tilegan.pipelines.model_sheet import SheetResult, model_sheet
    from tilegan.pipelines.models import BundledModel, models
    from tilegan.pipelines.networks import ImportResult, NetworkInfo, import_network, network_info
    from tilegan.pipelines.sample import SampleResult, sample
    from tilegan.pipelines.stylize import StylizeResult, plan_stylize, stylize
    from tilegan.pipelines.stylize_report import StylizePlan
    from tilegan.pipelines.stylize_settings import StylizeSettings
    from tilegan.pipelines.train import train
    from tilegan.pipelines.train_report import TrainPlan, TrainResult
    from tilegan.pipelines.verify import Damage, VerifyResult, verify
    from tilegan.pipelines.video import plan_video, stylize_video
    from tilegan.pipelines.video_report import VideoPlan, VideoResult
    from tilegan.pipelines.view import Viewer, view, view_stylized

__all__ = [
    "BatchImage",
    "BatchPlan",
    "BatchResult",
    "BundledModel",
    "CodeSheetResult",
    "ConvertResult",
    "Damage",
    "DoctorResult",
    "EvaluateResult",
    "ExportResult",
    "FillingResult",
    "ImageInfo",
    "ImportResult",
    "ModelInfo",
    "NetworkInfo",
    "SampleResult",
    "SheetResult",
    "StylizePlan",
    "StylizeResult",
    "StylizeSettings",
    "TrainPlan",
    "TrainResult",
    "VerifyResult",
    "VideoPlan",
    "VideoResult",
    "Viewer",
    "batch",
    "code_sheet",
    "convert",
    "doctor",
    "evaluate",
    "evaluate_filling",
    "export",
    "import_network",
    "info",
    "model_sheet",
    "models",
    "network_info",
    "plan_batch",
    "plan_stylize",
    "plan_video",
    "sample",
    "stylize",
    "stylize_video",
    "train",
    "verify",
    "view",
    "view_stylized",
]

# torch takes seconds to import, so each flow is imported at first use
_HOMES = {
    "BatchImage": "batching.results",
    "BatchPlan": "batching.report",
    "BatchResult": "batching.report",
    "plan_batch": "batch",
    "CodeSheetResult": "code_sheet",
    "ConvertResult": "convert",
    "Damage": "verify",
    "DoctorResult": "doctor",
    "EvaluateResult": "evaluation.result",
    "ExportResult": "export",
    "FillingResult": "evaluate_filling",
    "ImageInfo": "info",
    "ImportResult": "networks",
    "NetworkInfo": "networks",
    "import_network": "networks",
    "network_info": "networks",
    "ModelInfo": "info",
    "SampleResult": "sample",
    "SheetResult": "model_sheet",
    "BundledModel": "models",
    "StylizePlan": "stylize_report",
    "StylizeSettings": "stylize_settings",
    "StylizeResult": "stylize",
    "plan_stylize": "stylize",
    "TrainPlan": "train_report",
    "TrainResult": "train_report",
    "VerifyResult": "verify",
    "VideoPlan": "video_report",
    "VideoResult": "video_report",
    "Viewer": "view",
    "plan_video": "video",
    "stylize_video": "video",
    "view_stylized": "view",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, name)}"), name)


class _Pipelines(ModuleType):
    """A package whose ``stylize`` is the function, also after the module of that name was imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, ModuleType) and name in __all__):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Pipelines
