"""Conversion of operators of torch on single positions, and of numbers."""

from typing import Any

from tilegan.foreign.aten_builder import Arguments, Builder, Conversion

BOOLEAN, INTEGER, FLOAT = 9, 7, 1  # of ONNX
# of ``torch._export.serde.schema.ScalarType``; all others are floats
CASTS = dict.fromkeys((1, 2, 3, 4, 5), INTEGER) | {12: BOOLEAN}


def _same(b: Builder, a: Arguments) -> str:  # noqa: ARG001
    return a.first()


def _named(operator: str, **attributes: Any) -> Conversion:
    return lambda b, a: b.add(operator, a.first(), **attributes)


def _dropout(b: Builder, a: Arguments) -> str:  # noqa: ARG001
    if a.get("train", False):
        raise NotImplementedError("dropout in training: export the network in evaluation mode")
    return a.first()


def _both(operator: str, turned: bool = False) -> Conversion:
    def convert(b: Builder, a: Arguments) -> str:
        first, second = (b.value(each) for each in list(a.named.values())[:2])
        factor = a.number("alpha", 1)
        if factor != 1:
            first, second = (
                (b.add("Mul", first, b.constant(factor)), second)
                if turned
                else (
                    first,
                    b.add("Mul", second, b.constant(factor)),
                )
            )
        return b.add(operator, second, first) if turned else b.add(operator, first, second)

    return convert


def _not_equal(b: Builder, a: Arguments) -> str:
    return b.add("Not", b.add("Equal", *(b.value(each) for each in list(a.named.values())[:2])))


def _divided(b: Builder, a: Arguments) -> str:
    first, second = (b.value(each) for each in list(a.named.values())[:2])
    mode = a.get("rounding_mode")
    if mode is None:
        return b.add("Div", first, second, true=1)
    if mode == "floor":
        return _floor(b, first, second)
    raise NotImplementedError(f"division rounded by '{mode}'")


def _floor_divided(b: Builder, a: Arguments) -> str:
    return _floor(b, *(b.value(each) for each in list(a.named.values())[:2]))


def _floor(b: Builder, first: str, second: str) -> str:
    """Divide and round down, also negative integers."""
    return b.add("Div", b.add("Sub", first, b.add("Mod", first, second)), second)


def _clip(b: Builder, image: str, low: Any, high: Any) -> str:
    return b.add("Clip", image, *("" if each is None else b.constant(float(each)) for each in (low, high)))


def _clamp(b: Builder, a: Arguments) -> str:
    return _clip(b, a.first(), a.number("min"), a.number("max"))


def _hardtanh(b: Builder, a: Arguments) -> str:
    return _clip(b, a.first(), a.number("min_val", -1.0), a.number("max_val", 1.0))


def _silu(b: Builder, a: Arguments) -> str:
    image = a.first()
    return b.add("Mul", image, b.add("Sigmoid", image))


def _square(b: Builder, a: Arguments) -> str:
    image = a.first()
    return b.add("Mul", image, image)


def _elu(b: Builder, a: Arguments) -> str:
    if a.number("scale", 1) != 1 or a.number("input_scale", 1) != 1:
        raise NotImplementedError("scales of elu")
    return b.add("Elu", a.first(), alpha=float(a.number("alpha", 1.0)))


def _softplus(b: Builder, a: Arguments) -> str:
    if a.number("beta", 1) != 1:
        raise NotImplementedError("beta of softplus")
    return b.add("Softplus", a.first())


def _prelu(b: Builder, a: Arguments) -> str:
    slope = b.add("Reshape", a.value("weight"), b.constant([-1, 1, 1]))
    return b.add("PRelu", a.first(), slope)


def _masked_fill(b: Builder, a: Arguments) -> str:
    return b.add("Where", a.value("mask"), a.value("value"), a.first())


def _where(b: Builder, a: Arguments) -> str:
    return b.add("Where", a.value("condition"), a.value("self"), a.value("other"))


def _added_product(b: Builder, a: Arguments) -> str:
    product = b.add("Mul", a.value("tensor1"), a.value("tensor2"))
    return b.add("Add", a.first(), b.add("Mul", product, b.constant(a.number("value", 1))))


def _cast(b: Builder, a: Arguments) -> str:
    kind = a.get("dtype")
    if kind is None:
        return a.first()
    return b.add("Cast", a.first(), to=CASTS.get(kind, FLOAT))


def _along(operator: str) -> Conversion:
    return lambda b, a: b.add(operator, a.first(), axis=a.number("dim"))


def _each(conversion: Conversion, names: str) -> dict[str, Conversion]:
    return dict.fromkeys(names.split(), conversion)


def _like_onnx(names: str) -> dict[str, Conversion]:
    """Return conversions of operators that have the names of ONNX, in small letters."""
    return {name.lower(): _named(name) for name in names.split()}


POINTWISE: dict[str, Conversion] = {
    **_each(_same, "contiguous clone detach alias lift_fresh_copy lift_fresh lift operator.pos Int NumToTensor"),
    **_each(_same, "ScalarImplicit FloatImplicit IntImplicit copy resolve_conj resolve_neg operator.int sym_int"),
    **_each(_dropout, "dropout feature_dropout alpha_dropout"),
    **_like_onnx("Abs Neg Exp Log Sin Cos Erf Sign Floor Ceil Round Sqrt Reciprocal Relu Sigmoid Tanh Mish Selu"),
    "hardswish": _named("HardSwish"),
    "absolute": _named("Abs"),
    **_each(_named("Neg"), "negative operator.neg"),
    **_each(_named("Not"), "logical_not bitwise_not"),
    "rsqrt": lambda b, a: b.add("Reciprocal", b.add("Sqrt", a.first())),
    "hardsigmoid": _named("HardSigmoid", alpha=1 / 6, beta=0.5),
    "silu": _silu,
    "square": _square,
    "relu6": lambda b, a: _clip(b, a.first(), 0, 6),
    "hardtanh": _hardtanh,
    "leaky_relu": lambda b, a: b.add("LeakyRelu", a.first(), alpha=float(a.number("negative_slope", 0.01))),
    "elu": _elu,
    "celu": _elu,
    "gelu": lambda b, a: b.add("Gelu", a.first(), approximate=a.get("approximate", "none")),
    "softplus": _softplus,
    "prelu": _prelu,
    **_each(_clamp, "clamp clip clamp_min clamp_max"),
    **_each(_both("Add"), "add operator.add"),
    **_each(_both("Sub"), "sub subtract operator.sub"),
    "rsub": _both("Sub", turned=True),
    **_each(_both("Mul"), "mul multiply operator.mul"),
    **_each(_divided, "div divide true_divide operator.truediv"),
    **_each(_floor_divided, "floor_divide operator.floordiv floordiv"),
    **_each(_both("Mod"), "remainder operator.mod"),
    **_each(_both("Pow"), "pow operator.pow"),
    **_each(_both("Max"), "maximum sym_max"),
    **_each(_both("Min"), "minimum sym_min"),
    **_each(_both("Equal"), "eq operator.eq"),
    **_each(_not_equal, "ne operator.ne"),
    **_each(_both("Greater"), "gt operator.gt"),
    **_each(_both("GreaterOrEqual"), "ge operator.ge"),
    **_each(_both("Less"), "lt operator.lt"),
    **_each(_both("LessOrEqual"), "le operator.le"),
    **_each(_both("And"), "logical_and bitwise_and __and__"),
    **_each(_both("Or"), "logical_or bitwise_or __or__"),
    "where": _where,
    "masked_fill": _masked_fill,
    "addcmul": _added_product,
    **_each(_cast, "to _to_copy"),
    **_each(_same, "type_as"),
    **_each(_named("Cast", to=FLOAT), "float Float sym_float"),
    **_each(_along("Softmax"), "softmax _softmax"),
    **_each(_along("LogSoftmax"), "log_softmax _log_softmax"),
}
