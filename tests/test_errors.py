"""Words of messages."""

from tilegan.errors import ordinal


def test_ordinals_are_those_of_english():
    said = {
        "st": [1, 21, 31, 101, 121, 1001],
        "nd": [2, 22, 102, 1002],
        "rd": [3, 23, 103, 1003],
        "th": [0, 4, 10, 11, 12, 13, 14, 20, 111, 112, 113, 1011, 1012, 1013],
    }
    for ending, numbers in said.items():
        assert [ordinal(number) for number in numbers] == [f"{number}{ending}" for number in numbers]
