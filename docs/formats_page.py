"""Make the tables of docs/formats.md that tell what is read and what is written, from what each format says of itself.

python docs/formats_page.py
"""

from pathlib import Path

from tilegan.images.formats.register import formats

PAGE = Path(__file__).with_name("formats.md")
BEGIN = "<!-- table: made by docs/formats_page.py: {} -->"
END = "<!-- end of {} -->"


def reading() -> list[str]:
    """The lines of the table of formats that are read."""
    rows = [
        f"| {each.reader.images} | {each.reader.by} | {each.reader.decoded} |"
        for each in formats()
        if each.reader is not None and each.reader.images
    ]
    return ["| what | by | how much is decoded at once |", "|---|---|---|", *rows]


def writing() -> list[str]:
    """The lines of the table of formats that are written."""
    rows = [
        f"| `{each.endings[0]}` | {each.writer.what} | {each.writer.holds} | {each.writer.opacity} |"
        for each in formats()
        if each.writer is not None
    ]
    return ["| ending | what | holds | opacity |", "|---|---|---|---|", *rows]


def page() -> str:
    """The page with both tables made anew."""
    text = PAGE.read_text()
    for name, lines in (("what is read", reading()), ("what is written", writing())):
        begin, end = BEGIN.format(name), END.format(name)
        before, after = text[: text.index(begin)], text[text.index(end) :]
        text = before + "\n".join([begin, "", *lines, "", ""]) + after
    return text


if __name__ == "__main__":
    PAGE.write_text(page())
