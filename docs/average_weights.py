"""Write the weighted mean of the weights of models that were trained from the same one.

(M. Wortsman et al. 2022, 'Model soups: averaging weights of multiple fine-tuned models improves accuracy without
increasing inference time'.) The first model gives the architecture and the record, and the first one with a line that
describes it gives this line; weights that another one lacks, such as those of a first layer that moves colors, count as
0 there. The effect of noise can be changed: with its full strength in training strokes arise everywhere, and with less
of it even areas differ more from others, as in paintings. What the generator does to an image before it paints can be
replaced: the filter that flattens textures, and the blur; and so can the length of the streaks of noise, the share of
the lines of the image that are kept, and the grain of the paper, its tooth and the flow of water.

python docs/average_weights.py runs/second=0.4 vangogh=0.6 --noise 0.4 --drifts 0.7 -o averaged.safetensors
python docs/average_weights.py ukiyoe=1 --washes 4 --squint 0 -o ukiyoe.safetensors
python docs/average_weights.py monet=1 --streaks 2 --noise 1.2 -o monet.safetensors
python docs/average_weights.py watercolor=1 --grain 6 --tooth 3 --flow 25 -o watercolor.safetensors
"""

import argparse

import torch

import tilegan
from tilegan.networks.build import build_generator

FIXED = "squint"  # weights that follow from the architecture
SEEN = ("washes", "squint", "streaks", "lines", "grain", "tooth", "flow")
NOISE = ("noise.convolution.weight", "drift.convolution.weight")


def averaged(
    models: list[tilegan.Translator], shares: list[float], noise: tuple[float, float], seen: dict[str, int]
) -> tilegan.Translator:
    """Return the first model with the weighted mean of all weights, and factors on those of noise and slow noise.

    ``seen`` replaces entries of the architecture that need no training: what is seen, noise, lines and paper.
    """
    all_weights = [model.weights() for model in models]
    found: dict[str, torch.Tensor] = {
        name: sum(share * each[name] for each, share in zip(all_weights, shares, strict=True) if name in each)
        for name in all_weights[0]
    }
    found |= {name: factor * found[name] for name, factor in zip(NOISE, noise, strict=True) if name in found}
    architecture = models[0].architecture | seen
    generator = build_generator(architecture)
    fixed = {name: weight for name, weight in generator.state_dict().items() if name.startswith(FIXED)}
    generator.load_state_dict({name: weight for name, weight in found.items() if not name.startswith(FIXED)} | fixed)
    summary = next(({"summary": each.facts["summary"]} for each in models if "summary" in each.facts), {})
    first = models[0]
    facts = first.facts | summary
    return tilegan.Translator.of(generator.eval(), architecture, first.tile_size, name=first.name, facts=facts)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="+", metavar="MODEL=SHARE")
    parser.add_argument("--noise", type=float, default=1.0, metavar="FACTOR")
    parser.add_argument("--drifts", type=float, default=1.0, metavar="FACTOR")
    parser.add_argument("--washes", type=int, metavar="SIDE")
    parser.add_argument("--squint", type=int, metavar="SIDE")
    parser.add_argument("--streaks", type=int, metavar="LENGTH")
    parser.add_argument("--lines", type=int, metavar="PERCENT")
    parser.add_argument("--grain", type=int, metavar="PERCENT")
    parser.add_argument("--tooth", type=int, metavar="PIXELS")
    parser.add_argument("--flow", type=int, metavar="PERCENT")
    parser.add_argument("-o", "--output", required=True)
    given = parser.parse_args()
    names, shares = zip(*(each.rsplit("=", 1) for each in given.models), strict=True)
    models = [tilegan.load(name, device="cpu", precision="float32") for name in names]
    seen = {name: getattr(given, name) for name in SEEN if getattr(given, name) is not None}
    averaged(models, [float(share) for share in shares], (given.noise, given.drifts), seen).save(given.output)
