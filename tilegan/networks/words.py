"""Words: which a generator knows, a text as a vector, and the condition that a text becomes.

Source: H. Zhang et al. 2017, 'StackGAN: Text to Photo-realistic Image Synthesis with Stacked Generative Adversarial
Networks', section 3.2. There a recurrent network that was trained before encodes a sentence; with some hundred captions
the order of words cannot be learned, so here a text is the set of its words.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import nn

WORD = re.compile(r"[^\W\d_]+")
LEAST = 2  # captions in which a word occurs, or nothing is learned of it but one image
MOST = 2000  # words
_FUNCTION_WORDS = """
    a about above across after against all along among an and another are around as at before behind below beneath
    beside between beyond by each for from has have her his in inside into is it its near next of off on one onto or
    other out outside over past several some that the their there these this those through to toward towards two under
    up upon very was were where which while who with within without
"""
# what would be learned of these is what few captions have in common by chance
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
FIRST_SPREAD = -1.5  # logarithm of the first deviations: larger ones than the differences of texts hide these


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, in order: everything between what is no letter."""
    return WORD.findall(unicodedata.normalize("NFKC", text).lower())


@dataclass(frozen=True)
class Vocabulary:
    """The words that a generator knows.

    Attributes:
        words: the words, in lower case.
    """

    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, captions: Iterable[str]) -> "Vocabulary":
        """Return the words that occur in two captions or more, the most frequent 2,000 of them, in order of letters.

        English function words, such as *with*, are left out.
        """
        counts = Counter(word for caption in captions for word in set(words_of(caption)) - FUNCTION_WORDS)
        known = sorted((-count, word) for word, count in counts.items() if count >= LEAST)
        return cls(tuple(sorted(word for _, word in known[:MOST])))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}

    def bag(self, text: str) -> torch.Tensor:
        """Return a text as float (words,): counts of words, over the root of their sum; zeros without known words.

        A sentence and a word have vectors of similar length, so that they move a picture equally far.
        """
        bag = torch.zeros(len(self.words))
        for word in words_of(text):
            if word in self._places:
                bag[self._places[word]] += 1
        return bag / bag.sum().clamp(min=1).sqrt()

    def text(self, bag: Iterable[float]) -> str:
        """Return the words of a vector from ``bag``, each once, in order of letters."""
        return " ".join(word for word, count in zip(self.words, bag, strict=True) if count > 0)

    def unknown(self, text: str) -> list[str]:
        """Return the words of a text that are not known, each once, in order; but no function words."""
        return [word for word in dict.fromkeys(words_of(text)) if word not in FUNCTION_WORDS.union(self._places)]


class Conditioning(nn.Module):
    """Conditioning augmentation: a text becomes a normal distribution of conditions, from which training draws.

    With few captions the conditions of a training are points with nothing between them; drawn ones fill the space, and
    nearby texts give similar pictures. The text encoder is learned along: the sum of the vectors of words.

    Args:
        words: number of words.
        values: values of a condition.
        pace: pace at which the vectors of words are learned, relative to other weights: each occurs in few steps.
    """

    def __init__(self, words: int, values: int, pace: float = 1.0) -> None:
        super().__init__()
        self.pace = pace
        self.encoder = nn.Linear(words, values, bias=False)
        self.moments = nn.Linear(values, 2 * values, bias=False)
        nn.init.normal_(self.encoder.weight, std=1 / pace)
        nn.init.normal_(self.moments.weight, std=values**-0.5)

    def forward(self, bags: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Texts, float (N, words) -> means and logarithms of deviations, (N, values); the means of no words are 0."""
        encoded = nn.functional.leaky_relu(self.encoder(self.pace * bags), 0.2)
        means, spreads = self.moments(encoded).chunk(2, 1)
        return means, FIRST_SPREAD + spreads


def divergence(means: torch.Tensor, spreads: torch.Tensor) -> torch.Tensor:
    """Return the mean of ``KL(N(m, s^2) || N(0, 1)) = (m^2 + s^2 - 1) / 2 - log s`` over all values, in nats.

    Args:
        means: m, float (N, values).
        spreads: log s, likewise.

    Returns:
        scalar.
    """
    return ((means.square() + (2 * spreads).exp() - 1) / 2 - spreads).mean()
