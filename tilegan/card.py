"""Display of an object in a notebook: a title, facts, and a picture beside them."""

from collections.abc import Mapping
from html import escape


def card(title: str, facts: Mapping[str, object], picture: str = "") -> str:
    """Return HTML that stands by itself and suits light and dark notebooks.

    Args:
        title: of the card.
        facts: values by name; those that are None or '' are left out.
        picture: address of a picture, such as a data URL; '' if there is none.
    """
    rows = "".join(
        '<tr style="background:none"><td style="text-align:left;opacity:.65;padding:1px 16px 1px 0;white-space:nowrap">'
        f'{escape(name)}</td><td style="text-align:left;padding:1px 0">{escape(str(value))}</td></tr>'
        for name, value in facts.items()
        if value not in (None, "")
    )
    shown = f'<img src="{escape(picture)}" alt="{escape(title)}" style="max-width:min(320px,100%);border-radius:6px">'
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:20px;align-items:flex-start;padding:8px 0">'
        f'{shown if picture else ""}<div style="flex:1 1 260px">'
        f'<div style="font-weight:600;padding-bottom:4px">{escape(title)}</div>'
        f'<table style="border:none;margin:0">{rows}</table></div></div>'
    )
