"""``python -m tilegan``: the command `tilegan`."""

from tilegan.cli.main import main

if __name__ == "__main__":
    main(prog_name="tilegan")
