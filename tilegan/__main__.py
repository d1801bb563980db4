"""``python -m tilegan``: the command `tilegan`."""

from tilegan.cli.main import main

main(prog_name="tilegan")
