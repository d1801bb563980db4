"""Proofs that are kept: only the very proof, of the very model, is believed."""

import json
from dataclasses import replace

import pytest
from torch import nn

from tilegan.tiling import proof as module
from tilegan.tiling.proof import Proof, can_be_kept
from tilegan.tiling.reach import Reach

PROOF = Proof("abc", Reach(radius=9, context=8, stride=4, scale=1), lost=7, peaks={"1 x 64 + 12": 4096})


def test_a_kept_proof_is_the_same() -> None:
    assert Proof.kept(PROOF.text(), "abc") == PROOF
    assert PROOF.reach.halo == 12


@pytest.mark.parametrize("change", [{"lost": 0}, {"of": "abd"}, {"peaks": {}}, {"hash": ""}, {"more": 1}, {"reach": 3}])
def test_a_changed_proof_is_none(change: dict[str, object]) -> None:
    assert Proof.kept(json.dumps(json.loads(PROOF.text()) | change), "abc") is None


@pytest.mark.parametrize("text", ["", "null", "[]", "{", '{"hash": "x"}'])
def test_what_is_no_proof_is_none(text: str) -> None:
    assert Proof.kept(text, "abc") is None


def test_a_proof_of_another_model_is_none() -> None:
    assert Proof.kept(PROOF.text(), "abd") is None
    assert Proof.kept(replace(PROOF, of="abd").text(), "abc") is None


def test_a_proof_by_other_rules_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    text = PROOF.text()
    monkeypatch.setattr(module, "RULES", module.RULES + 1)
    assert Proof.kept(text, "abc") is None


def test_of_code_that_may_change_nothing_is_kept() -> None:
    class Own(nn.Conv2d):
        pass

    assert can_be_kept(nn.Sequential(nn.Conv2d(3, 3, 1)))
    assert not can_be_kept(nn.Sequential(nn.Conv2d(3, 3, 1), Own(3, 3, 1)))
