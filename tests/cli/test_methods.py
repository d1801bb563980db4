from click.testing import CliRunner

from tilegan.cli.main import main
from tilegan.methods.registry import methods


def test_every_method_is_listed_with_what_it_needs() -> None:
    result = CliRunner().invoke(main, ["methods"])
    assert result.exit_code == 0
    for name, method in methods().items():
        assert name in result.output
        assert method.needs in result.output
        assert method.paper in result.output
    assert "margin=2.0" in result.output
    assert "tile size 64, short side 512, learning rates 0.0005, 0.0003" in result.output
    assert "unet: channels=64, downs=5" in result.output
