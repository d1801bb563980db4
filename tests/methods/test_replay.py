"""Earlier translations among present ones."""

import torch

from tilegan.methods.replay import Replay


def numbered(*numbers: int) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float32)[:, None, None, None].expand(-1, 3, 2, 2)


def test_until_it_is_full_images_pass_as_they_are() -> None:
    replay = Replay(4)
    assert torch.equal(replay.mixed(numbered(1, 2), 0), numbered(1, 2))
    assert torch.equal(replay.mixed(numbered(3, 4), 1), numbered(3, 4))
    assert torch.equal(replay.images, numbered(1, 2, 3, 4))


def test_then_half_of_them_are_earlier_ones_which_give_way() -> None:
    replay = Replay(10)
    replay.mixed(numbered(*range(10)), 0)
    earlier = 0
    for step in range(1, 101):
        fresh = numbered(100 * step, 100 * step + 1)
        before = replay.images.clone()
        mixed = replay.mixed(fresh, step)
        for got, new in zip(mixed, fresh, strict=True):
            if not torch.equal(got, new):
                earlier += 1
                assert any(torch.equal(got, old) for old in (*before, *fresh))
                assert any(torch.equal(kept, new) for kept in replay.images) or torch.equal(new, fresh[0])
        assert len(replay.images) == 10
    assert 70 <= earlier <= 130


def test_it_is_a_function_of_its_state_and_the_seed() -> None:
    first, second = Replay(3), Replay(3)
    first.mixed(numbered(1, 2, 3), 0)
    second.load_state_dict(first.state_dict())
    assert torch.equal(first.mixed(numbered(4, 5), 9), second.mixed(numbered(4, 5), 9))
    assert torch.equal(first.images, second.images)


def test_what_it_keeps_has_no_gradient() -> None:
    images = numbered(1, 2).clone().requires_grad_()
    assert not Replay(3).mixed(images, 0).requires_grad
