"""Write the weighted mean of the weights of models that were trained from the same one.

(M. Wortsman et al. 2022, 'Model soups: averaging weights of multiple fine-tuned models improves accuracy without
increasing inference time'.) The first model gives the architecture and the record; weights that another one lacks, such
as those of a first layer that moves colors, count as 0 there.

python docs/average_weights.py runs/second=0.4 vangogh=0.6 -o averaged.safetensors
"""

import argparse
from dataclasses import replace

import torch

import tilegan
from tilegan.networks.build import build_generator


def averaged(models: list[tilegan.Translator], shares: list[float]) -> dict[str, torch.Tensor]:
    """The mean of the weights by name."""
    all_weights = [model.weights() for model in models]
    return {
        name: sum(share * each[name] for each, share in zip(all_weights, shares, strict=True) if name in each)
        for name in all_weights[0]
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="+", metavar="MODEL=SHARE")
    parser.add_argument("-o", "--output", required=True)
    given = parser.parse_args()
    names, shares = zip(*(each.rsplit("=", 1) for each in given.models), strict=True)
    models = [tilegan.load(name, device="cpu", precision="float32") for name in names]
    generator = build_generator(models[0].architecture)
    generator.load_state_dict(averaged(models, [float(share) for share in shares]))
    replace(models[0], generator=generator.eval(), proof=None).save(given.output)
