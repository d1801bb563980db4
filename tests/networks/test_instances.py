"""Instances of label maps: connected areas by hand, means over them, and k-means by hand."""

import pytest
import torch

from tilegan.networks.instances import cluster, find_instances

# a ring around a dot, a second dot of its label that touches it by a corner only, and others
MAP = torch.tensor(
    [
        [1, 1, 1, 0, 0],
        [1, 0, 1, 0, 0],
        [1, 1, 1, 0, 0],
        [0, 0, 0, 1, 2],
    ]
)


def areas_of(labels: torch.Tensor) -> list[tuple[int, float]]:
    found = find_instances(labels)
    return sorted(zip(found.labels.tolist(), found.areas.tolist(), strict=True))


def test_areas_are_connected_by_edges_and_not_by_corners() -> None:
    assert areas_of(MAP[None]) == [(0, 1.0), (0, 3.0), (0, 6.0), (1, 1.0), (1, 8.0), (2, 1.0)]


def test_maps_of_a_batch_share_no_instance() -> None:
    found = find_instances(torch.zeros(3, 2, 2, dtype=torch.long))
    assert found.areas.tolist() == [4, 4, 4]
    assert [part.unique().numel() for part in found.of_pixel] == [1, 1, 1]


def test_they_are_those_of_a_flood_fill() -> None:
    labels = torch.randint(0, 2, (2, 24, 24), generator=torch.Generator().manual_seed(0))
    found = find_instances(labels)
    filled = torch.full_like(labels, -1)
    count = 0
    for start in labels.ne(-1).nonzero().tolist():
        if filled[tuple(start)] >= 0:
            continue
        waiting = [tuple(start)]
        while waiting:
            n, y, x = waiting.pop()
            if filled[n, y, x] >= 0 or labels[n, y, x] != labels[tuple(start)]:
                continue
            filled[n, y, x] = count
            around = [(n, y - 1, x), (n, y + 1, x), (n, y, x - 1), (n, y, x + 1)]
            waiting += [place for place in around if 0 <= place[1] < 24 and 0 <= place[2] < 24]
        count += 1
    assert len(found.labels) == count
    assert len(set(zip(filled.flatten().tolist(), found.of_pixel.flatten().tolist(), strict=True))) == count


def test_means_are_over_instances_and_carry_gradients() -> None:
    found = find_instances(torch.tensor([[[0, 0, 1]]]))
    features = torch.tensor([[[[1.0, 3.0, 7.0]], [[0.0, 2.0, 5.0]]]], requires_grad=True)
    means = found.means(features)
    assert means.tolist() == [[2, 1], [7, 5]]
    spread = found.spread(means)
    assert spread.tolist() == [[[[2, 2, 7]], [[1, 1, 5]]]]
    spread[0, 0, 0, 0].backward()
    assert features.grad is not None
    assert features.grad[0, 0].tolist() == [[0.5, 0.5, 0]]


def test_k_means_by_hand() -> None:
    points = torch.tensor([[0.0, 0], [0, 2], [10, 0], [10, 1], [10, 2]])
    assert cluster(points, 2, seed=3).tolist() == [[10, 1], [0, 1]]  # the larger one first
    assert torch.equal(cluster(points, 3, seed=3), cluster(points, 3, seed=3))


@pytest.mark.parametrize("count", [1, 4])
def test_fewer_points_than_clusters_repeat(count: int) -> None:
    assert cluster(torch.tensor([[1.0, 2], [1, 2]]), count, seed=0).tolist() == [[1, 2]] * count


def test_objects_that_touch_are_two_and_one_in_two_parts_is_one() -> None:
    numbers = torch.tensor([[[7, 7, 9, 9, 0, 7], [0, 0, 0, 9, 0, 7]]])
    labels = torch.zeros_like(numbers)
    found = find_instances(labels, numbers)
    assert sorted(found.areas.tolist()) == [2, 3, 3, 4]  # two areas without a number, 9, and 7 in two parts
    assert found.of_pixel[0, 0, 0] == found.of_pixel[0, 0, 5]
    features = torch.tensor([[[[1.0, 3, 5, 5, 0, 8], [0, 0, 6, 11, 4, 0]]]])
    spread = found.spread(found.means(features))
    assert spread[0, 0].tolist() == [[3, 3, 7, 7, 2, 3], [2, 2, 2, 7, 2, 3]]


def test_one_number_in_two_maps_or_labels_is_another_instance() -> None:
    labels = torch.tensor([[[0, 1]], [[0, 0]]])
    found = find_instances(labels, torch.full_like(labels, 5))
    assert found.labels.tolist() == [0, 1, 0]
    assert found.areas.tolist() == [1, 1, 2]


def test_numbers_of_none_are_as_no_numbers() -> None:
    labels = MAP[None]
    found, zero = find_instances(labels), find_instances(labels, torch.zeros_like(labels))
    assert torch.equal(found.of_pixel, zero.of_pixel)
