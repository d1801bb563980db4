"""Conversion of operators of torch that move elements, change shapes, reduce or multiply along axes."""

from collections.abc import Iterable
from typing import Any

from tilegan.foreign.aten_builder import Arguments, Builder, Conversion

END = 2**63 - 1
MOST_REPEATS = 1024


def _reshape(b: Builder, a: Arguments) -> str:
    return b.add("Reshape", a.first(), b.numbers(a.get("size", a.get("shape"))))


def _flatten(b: Builder, a: Arguments) -> str:
    image, start, end = a.first(), a.number("start_dim", 0), a.number("end_dim", -1)
    return _grouped(b, image, start, end, b.constant([-1]))


def _unflatten(b: Builder, a: Arguments) -> str:
    return _grouped(b, a.first(), a.number("dim"), a.number("dim"), b.numbers(a.get("sizes")))


def _grouped(b: Builder, image: str, start: int, end: int, between: str) -> str:
    """Replace the dimensions from start to end by others."""
    parts = [b.add("Shape", image, end=start)] if start else []
    parts.append(between)
    if end != -1:
        parts.append(b.add("Shape", image, start=end + 1))
    return b.add("Reshape", image, b.add("Concat", *parts, axis=0) if len(parts) > 1 else between)


def _transpose(b: Builder, a: Arguments) -> str:
    return b.add("Transpose", a.first(), swap=[a.number("dim0"), a.number("dim1")])


def _unsqueeze(b: Builder, a: Arguments) -> str:
    return b.add("Unsqueeze", a.first(), b.constant([a.number("dim")]))


def _squeeze(b: Builder, a: Arguments) -> str:
    dims = a.number("dim")
    chosen = () if dims is None else (b.constant(dims if isinstance(dims, list) else [dims]),)
    return b.add("Squeeze", a.first(), *chosen)


def _cut(b: Builder, image: str, axis: int, start: Any, end: Any, step: int = 1) -> str:
    ends = [b.numbers([each]) for each in (start, END if end is None else end, axis, step)]
    return b.add("Slice", image, *ends)


def _slice(b: Builder, a: Arguments) -> str:
    return _cut(b, a.first(), a.number("dim", 0), a.get("start", 0), a.get("end"), a.number("step", 1))


def _narrow(b: Builder, a: Arguments) -> str:
    start, length = a.number("start"), a.number("length")
    return _cut(b, a.first(), a.number("dim"), start, start + length)


def _select(b: Builder, a: Arguments) -> str:
    return b.add("Gather", a.first(), b.value(a.get("index")), axis=a.number("dim"))


def _item(b: Builder, a: Arguments) -> str:
    """Return one number of a shape."""
    return b.add("Gather", a.first(), b.value(a.get("idx", a.get("i", 0))), axis=0)


def _scattered(b: Builder, a: Arguments) -> str:
    """Replace the part of a tensor from start to end."""
    image, axis, start, end = a.first(), a.number("dim", 0), a.number("start", 0), a.number("end", END)
    if a.number("step", 1) != 1 or start < 0 or end < 0:
        raise NotImplementedError("a change of every second position")
    before = [_cut(b, image, axis, 0, start)] if start else []
    after = [_cut(b, image, axis, end, None)] if end < END else []
    return b.add("Concat", *before, a.value("src"), *after, axis=axis) if before or after else a.value("src")


def _picked(b: Builder, a: Arguments) -> str:
    return b.add("Gather", a.first(), a.value("index"), axis=a.number("dim"))


def _indexed(b: Builder, a: Arguments) -> str:
    chosen = [(axis, each) for axis, each in enumerate(a.get("indices", [])) if each is not None]
    if len(chosen) != 1:
        raise NotImplementedError(f"an index of {len(chosen)} tensors")
    return b.add("Gather", a.first(), b.value(chosen[0][1]), axis=chosen[0][0])


def _embedded(b: Builder, a: Arguments) -> str:
    return b.add("Gather", a.value("weight"), a.value("indices"), axis=0)


def _cat(b: Builder, a: Arguments) -> str:
    return b.add("Concat", *(b.value(each) for each in a.get("tensors", [])), axis=a.number("dim", 0))


def _stack(b: Builder, a: Arguments) -> str:
    axis = a.number("dim", 0)
    parts = [b.add("Unsqueeze", b.value(each), b.constant([axis])) for each in a.get("tensors", [])]
    return b.add("Concat", *parts, axis=axis)


def _split(b: Builder, a: Arguments) -> Iterable[str]:
    side = a.number("split_size", a.get("split_size_or_sections", a.get("split_sizes")))
    image, axis, count = a.first(), a.number("dim", 0), len(b.call.outputs)
    ends = [sum(side[:number]) for number in range(count + 1)] if isinstance(side, list) else None
    ends = ends or [number * side for number in range(count + 1)]
    return [_cut(b, image, axis, ends[number], ends[number + 1]) for number in range(count)]


def _chunk(b: Builder, a: Arguments) -> Iterable[str]:
    return b.adds(
        "Split", a.first(), count=len(b.call.outputs), axis=a.number("dim", 0), num_outputs=a.number("chunks")
    )


def _unbind(b: Builder, a: Arguments) -> Iterable[str]:
    image, axis = a.first(), a.number("dim", 0)
    return [b.add("Gather", image, b.constant(number), axis=axis) for number in range(len(b.call.outputs))]


def _expand(b: Builder, a: Arguments) -> str:
    sides = [1 if each == -1 else each for each in a.get("size", [])]
    return b.add("Expand", a.first(), b.numbers(sides))


def _expand_as(b: Builder, a: Arguments) -> str:
    return b.add("Expand", a.first(), b.add("Shape", a.value("other")))


def _view_as(b: Builder, a: Arguments) -> str:
    return b.add("Reshape", a.first(), b.add("Shape", a.value("other")))


def _repeat(b: Builder, a: Arguments) -> str:
    return b.add("Tile", a.first(), b.numbers(a.get("repeats", a.get("dims"))))


def _repeated(b: Builder, a: Arguments) -> str:
    """Repeat each element along an axis."""
    axis, image, count = a.number("dim"), a.first(), a.number("repeats")
    if count > MOST_REPEATS:
        raise NotImplementedError(f"{count:,} copies of each element")
    apart = b.add("Unsqueeze", image, b.constant([axis + 1]))
    many = b.add("Concat", *[apart] * count, axis=axis + 1)
    return _grouped(b, many, axis, axis + 1, b.constant([-1]))


def _roll(b: Builder, a: Arguments) -> str:
    image = a.first()
    for shift, axis in zip(a.number("shifts"), a.number("dims"), strict=True):
        if shift:
            image = b.add("Concat", _cut(b, image, axis, -shift, None), _cut(b, image, axis, 0, -shift), axis=axis)
    return image


def _flip(b: Builder, a: Arguments) -> str:
    image = a.first()
    for axis in a.number("dims"):
        image = _cut(b, image, axis, -1, -END, -1)
    return image


def _size(b: Builder, a: Arguments) -> str:
    axis, image = a.number("dim"), a.first()
    if axis is None:
        return b.add("Shape", image)
    return b.add("Gather", b.add("Shape", image), b.constant(axis), axis=0)


def _filled(value: float | None, like: bool = False) -> Conversion:
    def convert(b: Builder, a: Arguments) -> str:
        shape = b.add("Shape", a.first()) if like else b.numbers(a.get("size"))
        return b.add("ConstantOfShape", shape, value=a.number("fill_value", 0) if value is None else value)

    return convert


def _arange(b: Builder, a: Arguments) -> str:
    ends = [a.get("start", 0), a.get("end"), a.get("step", 1)]
    return b.add("Range", *(b.value(each) for each in ends))


def _each(conversion: Conversion, names: str) -> dict[str, Conversion]:
    return dict.fromkeys(names.split(), conversion)


# those whose result is a part of what they are given, in the same memory
VIEWS = frozenset(
    "view reshape _unsafe_view flatten unflatten transpose permute t mT unsqueeze squeeze slice narrow select split "  # noqa: SIM905
    "split_with_sizes chunk unbind expand expand_as view_as contiguous detach alias lift_fresh dropout to".split()
)
SHAPING: dict[str, Conversion] = {
    **_each(_reshape, "view reshape _unsafe_view"),
    **_each(_view_as, "view_as reshape_as"),
    "flatten": _flatten,
    "unflatten": _unflatten,
    "transpose": _transpose,
    "permute": lambda b, a: b.add("Transpose", a.first(), perm=list(a.number("dims"))),
    "t": lambda b, a: b.add("Transpose", a.first()),
    **_each(lambda b, a: b.add("Transpose", a.first(), swap=[-2, -1]), "mT numpy_T"),
    "unsqueeze": _unsqueeze,
    "squeeze": _squeeze,
    "slice": _slice,
    "narrow": _narrow,
    "slice_scatter": _scattered,
    "select": _select,
    "__getitem__": _item,
    "index_select": _picked,
    "index": _indexed,
    "embedding": _embedded,
    **_each(_cat, "cat concat"),
    "stack": _stack,
    **_each(_split, "split split_with_sizes"),
    **_each(_chunk, "chunk"),
    "unbind": _unbind,
    "expand": _expand,
    "expand_as": _expand_as,
    **_each(_repeat, "repeat tile"),
    "repeat_interleave": _repeated,
    "roll": _roll,
    "flip": _flip,
    **_each(_size, "sym_size size"),
    **_each(_filled(0.0), "zeros new_zeros"),
    **_each(_filled(1.0), "ones new_ones"),
    **_each(_filled(None), "full new_full"),
    "zeros_like": _filled(0.0, like=True),
    "ones_like": _filled(1.0, like=True),
    "full_like": _filled(None, like=True),
    "arange": _arange,
}
