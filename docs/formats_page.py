"""Write the tables of input and output formats in docs/formats.md from the descriptions of the formats.

python docs/formats_page.py
"""

from pathlib import Path

from tilegan.images.formats.register import formats

PAGE = Path(__file__).with_name("formats.md")
BEGIN = "<!-- table: made by docs/formats_page.py: {} -->"
END = "<!-- end of {} -->"


def reading() -> list[str]:
    """Return the lines of the table of input formats."""
    rows = [
        f"| {each.reader.images} | {each.reader.by} | {each.reader.decoded} |"
        for each in formats()
        if each.reader is not None and each.reader.images
    ]
    return ["| format | reader | decoded at once |", "|---|---|---|", *rows]


def writing() -> list[str]:
    """Return the lines of the table of output formats."""
    rows = [
        f"| `{each.endings[0]}` | {each.writer.what} | {each.writer.holds} | {each.writer.opacity} |"
        for each in formats()
        if each.writer is not None
    ]
    return ["| ending | format | holds | opacity |", "|---|---|---|---|", *rows]


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
