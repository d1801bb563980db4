"""Conversion of operators of torch on neighborhoods, and of norms, for images (N, C, h, w)."""

from typing import Any

import numpy as np

from tilegan.foreign.aten_builder import Arguments, Builder, Conversion, Ref

MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}


def _convolution(b: Builder, a: Arguments) -> str:
    """Convert a convolution of the schemas of conv2d, conv_transpose2d, convolution and _convolution."""
    transposed = a.get("transposed", b.call.target == "conv_transpose2d")
    attributes: dict[str, Any] = {"strides": a.pair("stride", 1), "dilations": a.pair("dilation", 1)}
    attributes["group"] = a.number("groups", 1)
    padding = a.number("padding", 0)
    if isinstance(padding, str):
        attributes["auto_pad"] = {"same": "SAME_UPPER", "valid": "VALID"}[padding]
    else:
        attributes["pads"] = a.pair("padding", 0) * 2
    if transposed:
        attributes["output_padding"] = a.pair("output_padding", 0)
    operator = "ConvTranspose" if transposed else "Conv"
    return b.add(operator, a.first(), a.value("weight"), a.value("bias"), **attributes)


def _filled(b: Builder, a: Arguments, name: str, like: str, value: float) -> str:
    """Return gain or bias; ones or zeros of the shape of another value if it is left out."""
    if a.get(name) is not None:
        return a.value(name)
    return b.add("ConstantOfShape", b.add("Shape", like), value=value)


def _instance_norm(b: Builder, a: Arguments) -> str:
    if not a.get("use_input_stats", True):
        return _batch_norm(b, a)
    image, epsilon = a.first(), float(a.number("eps", 1e-5))
    if a.get("weight") is None:  # statistics are recognized without them
        return b.add("InstanceNormalization", image, epsilon=epsilon)
    return b.add("InstanceNormalization", image, a.value("weight"), _bias(b, a), epsilon=epsilon)


def _bias(b: Builder, a: Arguments) -> str:
    return _filled(b, a, "bias", a.value("weight"), 0.0)


def _batch_norm(b: Builder, a: Arguments) -> str:
    if a.get("training", False) or a.get("running_mean") is None:
        raise NotImplementedError("a batch norm in training: export the network in evaluation mode")
    mean, variance = a.value("running_mean"), a.value("running_var")
    gain = _filled(b, a, "weight", mean, 1.0)
    bias = _filled(b, a, "bias", mean, 0.0)
    return b.add("BatchNormalization", a.first(), gain, bias, mean, variance, epsilon=float(a.number("eps", 1e-5)))


def _group_norm(b: Builder, a: Arguments) -> str:
    groups = a.number("num_groups", a.get("group"))
    attributes = {"num_groups": groups, "epsilon": float(a.number("eps", 1e-5))}
    if a.get("weight") is None:
        return b.add("GroupNormalization", a.first(), **attributes)
    return b.add("GroupNormalization", a.first(), a.value("weight"), _bias(b, a), **attributes)


def _layer_norm(b: Builder, a: Arguments) -> str:
    axes = len(a.get("normalized_shape", []))
    attributes = {"axis": -axes, "epsilon": float(a.number("eps", 1e-5))}
    if a.get("weight") is None:
        return b.add("LayerNormalization", a.first(), **attributes)
    return b.add("LayerNormalization", a.first(), a.value("weight"), _bias(b, a), **attributes)


def _pool(operator: str) -> Conversion:
    def convert(b: Builder, a: Arguments) -> str:
        kernel = a.pair("kernel_size", 1)
        stride = a.pair("stride", 1) if a.get("stride") not in (None, []) else kernel
        attributes: dict[str, Any] = {"kernel_shape": kernel, "strides": stride, "pads": a.pair("padding", 0) * 2}
        attributes["ceil_mode"] = int(a.get("ceil_mode", False))
        if operator == "AveragePool":
            attributes["count_include_pad"] = int(a.get("count_include_pad", True))
            if a.get("divisor_override") is not None:
                raise NotImplementedError("another divisor of an average pool")
        else:
            attributes["dilations"] = a.pair("dilation", 1)
        return b.add(operator, a.first(), **attributes)

    return convert


def _adaptive(operator: str) -> Conversion:
    def convert(b: Builder, a: Arguments) -> str:
        if a.pair("output_size", 1) != [1, 1]:
            raise NotImplementedError("a pool to a fixed size other than 1 x 1")
        return b.add(operator, a.first())

    return convert


def _pad(b: Builder, a: Arguments) -> str:
    named = {"reflection_pad2d": "reflect", "replication_pad2d": "replicate"}
    mode = a.get("mode", named.get(b.call.target, "constant"))
    if mode not in MODES:
        raise NotImplementedError(f"padding '{mode}'")
    pads = list(a.get("pad", a.get("padding", [])))
    if len(pads) > 4 and any(each != 0 for each in pads[4:]):
        raise NotImplementedError("padding of other than rows and columns")
    left, right, top, bottom = [*pads[:4], 0, 0, 0, 0][:4]
    ends = b.numbers([top, left, bottom, right])
    filling = a.number("value", 0)
    axes = b.constant(np.array([-2, -1]))
    return b.add("Pad", a.first(), ends, b.constant(float(filling)), axes, mode=MODES[mode])


def _resize(mode: str, smooth: bool = False, exact: bool = False) -> Conversion:
    def convert(b: Builder, a: Arguments) -> str:
        attributes: dict[str, Any] = {"mode": mode}
        if mode == "nearest" and not exact:
            attributes |= {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        elif a.get("align_corners", False):
            attributes["coordinate_transformation_mode"] = "align_corners"
        else:
            attributes["coordinate_transformation_mode"] = "pytorch_half_pixel"
        if smooth:
            attributes["antialias"] = 1
        factors = a.get("scale_factors", [a.get("scales_h", a.get("scales")), a.get("scales_w")])
        sizes = a.get("output_size")
        if all(isinstance(each, float) for each in factors):
            scales = b.constant(np.array([1.0, 1.0, *factors], np.float32))
            return b.add("Resize", a.first(), "", scales, **attributes)
        if sizes is None:
            raise NotImplementedError("a resize by factors that depend on the image")
        sides = [Ref(each) if isinstance(each, Ref) else each for each in sizes]
        return b.add("Resize", a.first(), "", "", b.numbers([1, 1, *sides]), **attributes)

    return convert


def _unshuffle(b: Builder, a: Arguments) -> str:
    return b.add("SpaceToDepth", a.first(), blocksize=a.number("downscale_factor"), mode="CRD")


def _each(conversion: Conversion, names: str) -> dict[str, Conversion]:
    return dict.fromkeys(names.split(), conversion)


SPATIAL: dict[str, Conversion] = {
    **_each(_convolution, "conv2d conv_transpose2d convolution _convolution _convolution_mode"),
    "instance_norm": _instance_norm,
    **_each(_batch_norm, "batch_norm _native_batch_norm_legit_no_training native_batch_norm cudnn_batch_norm"),
    **_each(_group_norm, "group_norm native_group_norm"),
    **_each(_layer_norm, "layer_norm native_layer_norm"),
    **_each(_pool("MaxPool"), "max_pool2d max_pool2d_with_indices"),
    "avg_pool2d": _pool("AveragePool"),
    **_each(_adaptive("GlobalAveragePool"), "adaptive_avg_pool2d _adaptive_avg_pool2d"),
    **_each(_adaptive("GlobalMaxPool"), "adaptive_max_pool2d"),
    **_each(_pad, "pad constant_pad_nd reflection_pad2d replication_pad2d"),
    "upsample_nearest2d": _resize("nearest"),
    "_upsample_nearest_exact2d": _resize("nearest", exact=True),
    "upsample_bilinear2d": _resize("linear"),
    "upsample_bicubic2d": _resize("cubic"),
    "_upsample_bilinear2d_aa": _resize("linear", smooth=True),
    "_upsample_bicubic2d_aa": _resize("cubic", smooth=True),
    "pixel_shuffle": lambda b, a: b.add("DepthToSpace", a.first(), blocksize=a.number("upscale_factor"), mode="CRD"),
    "pixel_unshuffle": _unshuffle,
}
