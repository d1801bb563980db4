"""A buffer of generated images of earlier steps, which the discriminator sees among those of the current step."""

import torch
from torch import nn


class Replay(nn.Module):
    """A buffer of up to ``size`` images; half of the returned images come from it and are replaced by new ones.

    It keeps the discriminator from forgetting earlier outputs of the generator. (Shrivastava et al. 2017, 'Learning
    from Simulated and Unsupervised Images through Adversarial Training', as Zhu et al. 2017 use it, with 50 images.)

    It is a module without parameters, so that checkpoints include it. Each process has its own buffer.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.images = torch.empty(0)

    def mixed(self, images: torch.Tensor, seed: int) -> torch.Tensor:
        """Return images for the discriminator in place of ``images``.

        Args:
            images: float (N, C, H, W), of a constant shape except N.
            seed: seed of the random choice.

        Returns:
            (N, C, H, W): ``images`` themselves until the buffer is full.
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
        """Return the images for a checkpoint."""
        return self.images

    def set_extra_state(self, state: torch.Tensor) -> None:
        """Restore the images of a checkpoint."""
        self.images = state.clone()
