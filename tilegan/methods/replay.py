"""Translations of earlier steps, which a discriminator sees among those of the present one."""

import torch
from torch import nn


class Replay(nn.Module):
    """Up to ``size`` earlier images; half of those asked for come from there, and give their place to new ones.

    So a discriminator does not forget what the generator did before. (Shrivastava et al. 2017, 'Learning from Simulated
    and Unsupervised Images through Adversarial Training', as Zhu et al. 2017 use it, with 50 images.)

    It is a module without parameters, so that a checkpoint holds it. Each process has one of its own.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.images = torch.empty(0)

    def mixed(self, images: torch.Tensor, seed: int) -> torch.Tensor:
        """Images to be judged in place of these.

        Args:
            images: float (N, C, H, W), always of one shape but for N.
            seed: chooses which ones.

        Returns:
            (N, C, H, W): until there are ``size`` earlier ones, the images themselves.
        """
        random = torch.Generator().manual_seed(seed)
        self.images = self.images.to(images)
        mixed = []
        for image in images.detach():
            if len(self.images) < self.size:
                self.images = torch.cat((self.images, image[None])) if len(self.images) else image[None]
            elif torch.rand((), generator=random) < 0.5:
                place = int(torch.randint(self.size, (), generator=random))
                earlier = self.images[place].clone()
                self.images[place] = image
                image = earlier
            mixed.append(image)
        return torch.stack(mixed)

    def get_extra_state(self) -> torch.Tensor:
        """The images, for a checkpoint."""
        return self.images

    def set_extra_state(self, state: torch.Tensor) -> None:
        """Take over those of a checkpoint."""
        self.images = state.clone()
