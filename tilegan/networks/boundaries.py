"""Where the instances of a label map meet: seen at a pixel and its four neighbors, so the same under any tiling."""

import torch
from torch import nn


class Boundaries(nn.Module):
    """Adds a plane to labels: 1 where one of a pixel's four neighbors is of another instance.

    (Wang et al. 2018, 'High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs', section 3.3.)
    Instances end where labels do, and where the numbers of objects do, if these are given. Beyond the image's edge
    there is nothing that could differ.

    Args:
        labels: how many there are.
        instances: whether numbers of objects may be given.
    """

    def __init__(self, labels: int, instances: bool = False) -> None:
        super().__init__()
        cross = torch.tensor([[0.0, -1, 0], [-1, 4, -1], [0, -1, 0]]).expand(labels, 1, 3, 3)
        # mirrored at the edge, a neighbor that is there anyway stands for the one that is not
        self.edges = nn.Conv2d(labels, labels, 3, padding=1, groups=labels, bias=False, padding_mode="reflect")
        self.edges.weight = nn.Parameter(cross.clone(), requires_grad=False)
        if instances:  # each neighbor by itself, since sums of differences may be 0
            steps = torch.zeros(4, 1, 3, 3)
            steps[:, :, 1, 1] = 1
            for number, (row, column) in enumerate(((0, 1), (1, 0), (1, 2), (2, 1))):
                steps[number, :, row, column] = -1
            self.steps = nn.Conv2d(2, 8, 3, padding=1, groups=2, bias=False, padding_mode="reflect")
            self.steps.weight = nn.Parameter(steps.repeat(2, 1, 1, 1), requires_grad=False)

    def forward(self, planes: torch.Tensor, numbers: torch.Tensor | None = None) -> torch.Tensor:
        """Add the plane.

        Args:
            planes: (N, labels, h, w), 1 for the pixel's label and 0 for others.
            numbers: (N, 2, h, w) of the same type, the two bytes of the number of each pixel's object: whole numbers up
                to 255, which bfloat16 holds, as it does their differences.

        Returns:
            (N, labels + 1, h, w) of the same type.
        """
        others = self.edges(planes).amax(1, keepdim=True)  # how many neighbors have another label: 0 to 4
        if numbers is not None:
            others = torch.maximum(others, self.steps(numbers).abs().amax(1, keepdim=True))
        return torch.cat((planes, (others > 0.5).to(planes.dtype)), 1)
