import click
import pytest

from tilegan.cli.options import byte_count, duration, height_width, label_looks, style_shares


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("1.5h", 5400), ("45", 45)])
def test_duration(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "count"),
    [("500MB", 500_000_000), ("2GB", 2_000_000_000), ("2g", 2_000_000_000), ("1.5 kB", 1500), ("7", 7)],
)
def test_byte_count(text: str, count: int) -> None:
    assert byte_count(text) == count


@pytest.mark.parametrize(("text", "shape"), [("900x1200", (900, 1200)), ("1X1", (1, 1))])
def test_height_width(text: str, shape: tuple[int, int]) -> None:
    assert height_width(text) == shape


@pytest.mark.parametrize(
    ("convert", "text"),
    [
        (duration, "soon"),
        (duration, "-3m"),
        (byte_count, "much"),
        (byte_count, "-1GB"),
        (height_width, "900"),
        (height_width, "0x5"),
        (height_width, "-3x5"),
        (height_width, "9x9x9"),
    ],
)
def test_nonsense_is_named(convert, text: str) -> None:
    with pytest.raises(click.BadParameter, match=text):
        convert(text)


def test_shares_of_styles() -> None:
    assert style_shares("monet") == {"monet": 1.0}
    assert style_shares("vangogh=0.7, monet = 0.3") == {"vangogh": 0.7, "monet": 0.3}
    with pytest.raises(click.BadParameter, match="'monet=much' is not a share"):
        style_shares("monet=much")


def test_looks_of_labels_and_instances() -> None:
    assert label_looks("2=4, water=1,#17=3") == {2: 4, "water": 1, "#17": 3}
    for text in ("2", "2=", "=3", "2=x", "2=-1"):
        with pytest.raises(click.BadParameter, match=f"'{text}' are not looks of labels"):
            label_looks(text)
