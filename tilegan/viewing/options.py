"""Options of the server."""

from dataclasses import dataclass

from tilegan.options import described, option


@described
@dataclass(frozen=True)
class ViewOptions:
    """Settings of a server."""

    host: str = option("127.0.0.1", "Address or name of this machine to listen on", metavar="NAME")
    port: int = option(8765, "Port to listen on; 0 for any that is free", least=0, most=65535, metavar="N")
    allow_origin: str | None = option(
        None,
        "Origin of another site whose pages may read all that is served, such as https://example.org; * for all sites",
        metavar="ORIGIN",
        unset="none",
    )
    tile_size: int = option(256, "Side of a tile in pixels", least=64, most=2048, metavar="PX")
