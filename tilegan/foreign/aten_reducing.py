"""Conversion of operators of torch that reduce or multiply along axes."""

from typing import Any

from tilegan.foreign.aten_builder import Arguments, Builder, Conversion

OVER_POSITIONS = ({2, 3}, {-2, -1}, {1, 2, 3}, {-3, -2, -1})


def _reduced(operator: str) -> Conversion:
    def convert(b: Builder, a: Arguments) -> str:
        return _over(b, operator, a.first(), a.number("dim"), a.get("keepdim", False))

    return convert


def _over(b: Builder, operator: str, image: str, dims: Any, keep: bool) -> str:
    axes = () if dims is None or dims == [] else (b.constant(dims if isinstance(dims, list) else [dims]),)
    return b.add(operator, image, *axes, keepdims=int(keep))


def _variance(b: Builder, a: Arguments) -> tuple[str, str]:
    """Return variance and mean. Over all positions that of the sample counts as that of the population.

    Both differ by a factor of n / (n - 1), with n positions: by less than 0.1 % in features of 32 x 32.
    """
    image, dims, keep = a.first(), a.number("dim"), a.get("keepdim", False)
    correction = a.number("correction", a.get("unbiased", 1))
    if correction and (not isinstance(dims, list) or set(dims) not in OVER_POSITIONS):
        raise NotImplementedError("the variance of a sample over other than rows and columns")
    mean = _over(b, "ReduceMean", image, dims, True)
    apart = b.add("Sub", image, mean)
    variance = _over(b, "ReduceMean", b.add("Mul", apart, apart), dims, keep)
    return variance, mean if keep else _over(b, "ReduceMean", image, dims, False)


def _deviation(b: Builder, a: Arguments) -> str:
    return b.add("Sqrt", _variance(b, a)[0])


def _extreme(name: str) -> Conversion:
    def convert(b: Builder, a: Arguments) -> str:
        if "other" in a.named:
            return b.add(name, a.first(), a.value("other"))
        return _over(b, f"Reduce{name}", a.first(), a.number("dim"), a.get("keepdim", False))

    return convert


def _length(b: Builder, a: Arguments) -> str:
    if a.number("ord", a.get("p", 2)) != 2:
        raise NotImplementedError("a norm of vectors other than of order 2")
    return _over(b, "ReduceL2", a.first(), a.number("dim"), a.get("keepdim", False))


def _linear(b: Builder, a: Arguments) -> str:
    product = b.add("MatMul", a.first(), b.add("Transpose", a.value("weight")))
    return b.add("Add", product, a.value("bias")) if a.get("bias") is not None else product


def _product(b: Builder, a: Arguments) -> str:
    return b.add("MatMul", *(b.value(each) for each in list(a.named.values())[:2]))


def _added(b: Builder, a: Arguments) -> str:
    factors = [a.value(name) for name in ("mat1", "mat2", "batch1", "batch2") if name in a.named]
    if a.number("alpha", 1) != 1 or a.number("beta", 1) != 1:
        raise NotImplementedError("factors of a product")
    return b.add("Add", b.add("MatMul", *factors), a.first())


def _attention(b: Builder, a: Arguments) -> str:
    if a.get("is_causal", False):
        raise NotImplementedError("causal attention")
    query, key = a.value("query"), a.value("key")
    if a.get("scale") is None:
        side = b.add("Cast", b.add("Gather", b.add("Shape", query), b.constant(-1), axis=0), to=1)
        query = b.add("Div", query, b.add("Sqrt", side))
    else:
        query = b.add("Mul", query, b.value(a.get("scale")))
    seen = b.add("MatMul", query, b.add("Transpose", key, swap=[-2, -1]))
    if a.get("attn_mask") is not None:
        seen = b.add("Add", seen, a.value("attn_mask"))
    return b.add("MatMul", b.add("Softmax", seen, axis=-1), a.value("value"))


def _each(conversion: Conversion, names: str) -> dict[str, Conversion]:
    return dict.fromkeys(names.split(), conversion)


REDUCING: dict[str, Conversion] = {
    "mean": _reduced("ReduceMean"),
    "sum": _reduced("ReduceSum"),
    "amax": _reduced("ReduceMax"),
    "amin": _reduced("ReduceMin"),
    "prod": _reduced("ReduceProd"),
    "max": _extreme("Max"),
    "min": _extreme("Min"),
    "var": lambda b, a: _variance(b, a)[0],
    "var_mean": _variance,
    "std": _deviation,
    **_each(_length, "linalg_vector_norm norm"),
    "linear": _linear,
    **_each(_product, "matmul mm bmm"),
    **_each(_added, "addmm baddbmm"),
    "scaled_dot_product_attention": _attention,
}
