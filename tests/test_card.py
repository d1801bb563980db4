"""Cards of notebooks: what they hold is text, never markup."""

from tilegan.card import card


def test_a_card_has_title_facts_and_picture() -> None:
    html = card("a.png", {"size": 3, "none": None, "empty": "", "zero": 0}, "data:image/jpeg;base64,AAAA")
    assert "a.png" in html and ">3<" in html and ">0<" in html and 'src="data:image/jpeg;base64,AAAA"' in html
    assert "none" not in html.replace("background:none", "").replace("border:none", "") and "empty" not in html
    assert "<img" not in card("a.png", {})


def test_names_cannot_be_markup() -> None:
    html = card("<b>", {"<i>": "<script>"}, '" onerror="')
    assert not {"<b>", "<i>", "<script>"} & {html[i : i + n] for i in range(len(html)) for n in (3, 8)}
    assert 'onerror="' not in html
