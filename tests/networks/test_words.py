import pytest
import torch

from tilegan.networks.words import Conditioning, Vocabulary, words_of

CAPTIONS = ["A wheat field under a stormy sky", "wheat, blue sky", "Field-path at night", "night"]


def test_the_words_of_a_text_are_its_letters_in_lower_case() -> None:
    assert words_of("Blé d'été_2, ÜBER—ﬁeld") == ["blé", "d", "été", "über", "field"]
    assert words_of(" 12 - ") == []


def test_words_of_two_captions_are_known_and_others_told() -> None:
    known = Vocabulary.of(CAPTIONS)
    assert known.words == ("field", "night", "sky", "wheat")  # 'a' occurs twice in one caption
    assert known.unknown("Wheat under a wheat sun, sun") == ["sun"]


def test_words_that_say_nothing_of_a_picture_are_not_learned_or_told() -> None:
    known = Vocabulary.of([f"{caption} with the moon" for caption in CAPTIONS])
    assert known.words == ("field", "moon", "night", "sky", "wheat")
    earlier = Vocabulary(("night", "with"))  # of a model that learned them
    assert earlier.bag("with night").tolist() == pytest.approx([0.5**0.5] * 2)


def test_a_text_is_the_set_of_its_words_whatever_their_order() -> None:
    known = Vocabulary(("night", "sky", "wheat"))
    assert known.bag("wheat wheat, a SKY sky").tolist() == [0, 1, 1]
    assert known.bag("sky").tolist() == [0, 1, 0]
    assert known.bag("the sky of wheat").tolist() == pytest.approx([0, 0.5**0.5, 0.5**0.5])
    assert known.bag("moon").tolist() == [0, 0, 0]
    assert known.text(known.bag("wheat, sky")) == "sky wheat"


def test_no_words_are_the_middle_of_all() -> None:
    means, spreads = Conditioning(3, 4)(torch.zeros(1, 3))
    assert means.tolist() == [[0] * 4] and spreads.tolist() == [[-1.5] * 4]
