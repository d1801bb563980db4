"""Images as data URLs, which a page or a notebook holds itself."""

import base64
import io
from contextlib import closing
from pathlib import Path

from PIL import Image

from tilegan.files import is_remote
from tilegan.images.opening import open_source

SIDE = 480  # pixels of the longest side of a thumbnail
LARGEST = 10**8  # pixels that are decoded for a thumbnail where a file holds no reduced copies


def thumbnail_url(path: Path) -> str:
    """Return a thumbnail of an image as the data URL of a JPEG.

    Returns:
        '' if the image is gone or damaged, is on object storage, or would have to be decoded as a whole for long.
    """
    if is_remote(path):
        return ""
    try:
        with closing(open_source(path)) as source:
            if source.sequential and source.height * source.width > LARGEST:
                return ""
            thumbnail = Image.fromarray(source.thumbnail(SIDE))
    except (OSError, ValueError):
        return ""
    content = io.BytesIO()
    thumbnail.save(content, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(content.getvalue()).decode()}"
