"""Parts: whole or not there, and the same bytes again."""

from contextlib import closing
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tilegan.video.clip import open_clip
from tilegan.video.encoding import Encoding, PartEncoder, codec_of
from tilegan.video.frames import frames_of
from tilegan.video.parts import Parts


@pytest.fixture
def encoding(clip: Path) -> Encoding:
    return Encoding.of(open_clip(clip), Path("a.mp4"), 90, 48, 64)


def packets(clip: Path, encoding: Encoding) -> list:
    encoder = PartEncoder(encoding)
    made = [packet for frame in frames_of(open_clip(clip)) for packet in encoder.encode(frame.pixels, frame.pts)]
    return made + encoder.finish()


def test_parts_are_kept_until_the_first_that_is_damaged(clip: Path, encoding: Encoding, tmp_path: Path) -> None:
    parts, made = Parts(tmp_path), packets(clip, encoding)
    assert not parts.any() and parts.finished() == []
    notes = [parts.write(number, made, 10) for number in range(3)]
    assert parts.any() and parts.finished() == notes
    assert notes[0].frames == 10 and list(parts.packets(1)) == made
    torn = tmp_path / "parts" / "000001.part"
    torn.write_bytes(torn.read_bytes()[:-1])
    assert Parts(tmp_path).finished() == notes[:1]
    (tmp_path / "journal" / "parts" / "000000.json").write_text("{")
    assert Parts(tmp_path).finished() == []


def test_a_part_begins_anew_and_is_the_same_again(clip: Path, encoding: Encoding) -> None:
    made = packets(clip, encoding)
    assert made[0].is_key and sorted(packet.pts for packet in made) == [
        frame.pts for frame in frames_of(open_clip(clip))
    ]
    assert packets(clip, encoding) == made


def test_odd_sides_are_repeated_where_the_codec_needs_even_ones(clip: Path) -> None:
    odd = Encoding.of(open_clip(clip), Path("a.mkv"), 100, 47, 63)
    assert (odd.height, odd.width) == (48, 64)
    assert "47 x 63 pixels become 48 x 64" in odd.remarks(47, 63)[0]
    assert Encoding.of(open_clip(clip), Path("a.webm"), 90, 47, 63).remarks(47, 63) == ()
    pixels = np.full((47, 63, 3), 40, np.uint8)
    pixels[-1], pixels[:, -1] = 200, 200
    encoder = PartEncoder(odd)
    (packet,) = encoder.encode(pixels, 0) + encoder.finish()
    decoder = av.CodecContext.create("h264", "r")
    decoder.extradata = encoder._context.extradata
    given = av.Packet(packet.content)
    (frame,) = [*decoder.decode(given), *decoder.decode(None)]
    luma = frame.to_ndarray(format="gray").astype(int)
    assert np.abs(luma[-1] - luma[-2]).max() <= 4 and luma[-1].min() > luma[10, 10] + 100


@pytest.mark.parametrize(("ending", "quality", "factor"), [(".mp4", 75, 22.3), (".mp4", 95, 14.7), (".webm", 75, 27.6)])
def test_qualities(ending: str, quality: int, factor: float) -> None:
    assert codec_of(Path(f"a{ending}")).rate_factor(quality) == factor


def test_an_encoding_keeps_what_the_clip_says(clip: Path) -> None:
    facts = open_clip(clip)
    encoding = Encoding.of(facts, Path("A.MKV"), 90, 48, 64)
    assert (encoding.rate, encoding.time_base, encoding.aspect) == (facts.rate, facts.time_base, Fraction(1))
    with closing(facts.open()) as container:
        assert container.streams.video[0].time_base == facts.time_base
