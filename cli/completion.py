"""tilegan completion: scripts by which shells complete commands, options and names."""

import os

import click
from click.shell_completion import CompletionItem, get_completion_class

PROGRAM = "tilegan"
VARIABLE = "_TILEGAN_COMPLETE"  # set by the scripts; click looks for it


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that makes SHELL complete commands, options, files and names of models.

    For bash put eval "$(tilegan completion bash)" into ~/.bashrc, for zsh the same with zsh into ~/.zshrc; for fish
    write the output to ~/.config/fish/completions/tilegan.fish.
    """
    found = get_completion_class(shell)
    assert found is not None, "click knows this shell"
    click.echo(found(ctx.find_root().command, {}, PROGRAM, VARIABLE).source())


def is_completing() -> bool:
    """Return whether the program was started by a shell to complete a word."""
    return VARIABLE in os.environ


def complete_values(command: click.Command) -> None:
    """Let a command complete the values of its parameters: models, endings of outputs, files.

    What has choices of its own completes these; a value that is a number or has a syntax of its own is not completed.
    """
    for parameter in command.params:
        if parameter.name == "model":
            _complete_by(parameter, _models)
        elif parameter.name in ("output", "out_dir"):
            _complete_by(parameter, _outputs)
        elif isinstance(parameter, click.Argument) and not isinstance(parameter.type, click.Choice):
            _complete_by(parameter, _files)


def _complete_by(parameter: click.Parameter, complete: object) -> None:
    setattr(parameter, "shell_complete", complete)  # noqa: B010 - of this object alone


def _files(_context: click.Context, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


def _models(context: click.Context, incomplete: str) -> list[CompletionItem]:
    from tilegan.model_file import bundled

    names = [CompletionItem(name) for name in bundled() if name.startswith(incomplete)]
    return _files(context, incomplete) + names


def _outputs(context: click.Context, incomplete: str) -> list[CompletionItem]:
    from tilegan.images.formats.register import written

    stem, dot, begun = incomplete.rpartition(".")
    known = [each.endings[0] for each in written()] if dot and stem and "/" not in begun else []
    names = [CompletionItem(stem + ending) for ending in known if ending.startswith(dot + begun)]
    return _files(context, incomplete) + names
