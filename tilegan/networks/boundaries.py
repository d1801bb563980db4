"""Boundaries between the instances of a label map, from each pixel and its four neighbors: exact under any tiling."""

import torch
from torch import nn


class Boundaries(nn.Module):
    """Append a plane to labels: 1 where one of the four neighbors of a pixel belongs to another instance.

    (Wang et al. 2018, 'High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs', section 3.3.)
    Instances end where the label changes and, if there are object numbers, where these change. Edges of the image are
    no boundaries.

    Args:
        labels: number of labels.
        instances: whether object numbers may be passed.
    """

    def __init__(self, labels: int, instances: bool = False) -> None:
        super().__init__()
        cross = torch.tensor([[0.0, -1, 0], [-1, 4, -1], [0, -1, 0]]).expand(labels, 1, 3, 3)
        # padded by reflection: the neighbor on the other side replaces the missing one
        self.edges = nn.Conv2d(labels, labels, 3, padding=1, groups=labels, bias=False, padding_mode="reflect")
        self.edges.weight = nn.Parameter(cross.clone(), requires_grad=False)
        if instances:  # each neighbor separately, since sums of differences may be 0
            steps = torch.zeros(4, 1, 3, 3)
            steps[:, :, 1, 1] = 1
            for number, (row, column) in enumerate(((0, 1), (1, 0), (1, 2), (2, 1))):
                steps[number, :, row, column] = -1
            self.steps = nn.Conv2d(2, 8, 3, padding=1, groups=2, bias=False, padding_mode="reflect")
            self.steps.weight = nn.Parameter(steps.repeat(2, 1, 1, 1), requires_grad=False)

    def forward(self, planes: torch.Tensor, numbers: torch.Tensor | None = None) -> torch.Tensor:
        """Append the plane.

        Args:
            planes: (N, labels, h, w), one-hot labels.
            numbers: (N, 2, h, w) of the same dtype, the two bytes of the object number of each pixel: integers up to
                255, which bfloat16 represents exactly, as it does their differences.

        Returns:
            (N, labels + 1, h, w) of the same dtype.
        """
        others = self.edges(planes).amax(1, keepdim=True)  # number of neighbors with another label: 0 to 4
        if numbers is not None:
            others = torch.maximum(others, self.steps(numbers).abs().amax(1, keepdim=True))
        return torch.cat((planes, (others > 0.5).to(planes.dtype)), 1)
