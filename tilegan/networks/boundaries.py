"""Where the instances of a label map meet: seen at a pixel and its four neighbours, so the same under any tiling."""

import torch
from torch import nn


class Boundaries(nn.Module):
    """Adds a plane to labels: 1 where one of a pixel's four neighbours has another label.

    (Wang et al. 2018, 'High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs', section 3.3: a
    map of the boundaries of instances. Instances are the connected areas of one label here, so they end where labels
    do. Beyond the image's edge there is nothing that could differ.)
    """

    def __init__(self, labels: int) -> None:
        super().__init__()
        cross = torch.tensor([[0.0, -1, 0], [-1, 4, -1], [0, -1, 0]]).expand(labels, 1, 3, 3)
        # mirrored at the edge, a neighbour that is there anyway stands for the one that is not
        self.edges = nn.Conv2d(labels, labels, 3, padding=1, groups=labels, bias=False, padding_mode="reflect")
        self.edges.weight = nn.Parameter(cross.clone(), requires_grad=False)

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        """(N, labels, h, w), 1 for the pixel's label and 0 for others -> (N, labels + 1, h, w) of the same type."""
        others = self.edges(planes).amax(1, keepdim=True)  # how many neighbours have another label: 0 to 4
        return torch.cat((planes, (others > 0.5).to(planes.dtype)), 1)
