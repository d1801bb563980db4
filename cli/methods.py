"""tilegan methods: list the training methods."""

import click


@click.command()
def methods() -> None:
    """List the training methods (--method of `tilegan train`), the images each learns from, and its paper."""
    from tilegan.methods.registry import choices, methods

    for name, method in methods().items():
        click.echo(f"{name}\n  learns from  {method.needs}\n  paper        {method.paper}")
        settings = ", ".join(f"{entry.name}={entry.default}" for entry in choices(method.settings_type))
        network = ", ".join(f"{name}={value}" for name, value in method.architectures[0].items() if name != "name")
        (tile, short), rates = method.sides, ", ".join(f"{rate:g}" for rate in method.rates)
        click.echo(f"  training     tile size {tile}, short side {short}, learning rates {rates}")
        click.echo(f"  settings     {settings}\n  generator    {method.architectures[0]['name']}: {network}")
