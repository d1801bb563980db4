"""ICC profiles for results."""

from functools import cache

from PIL import ImageCms

from tilegan.images.metadata.origin import Origin

_CREATED = slice(24, 36)  # in the header: six 2-byte integers


def profile_of(origin: Origin) -> bytes | None:
    """Return the profile of a result's colors: a kept one, or sRGB if they were converted; None if neither."""
    return origin.profile or (srgb_profile() if origin.color_managed else None)


@cache
def srgb_profile() -> bytes:
    """Return the sRGB profile with a fixed date, so that its bytes do not depend on the time."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_CREATED] = bytes.fromhex("07d0 0001 0001 0000 0000 0000")  # 1 January 2000
    return bytes(profile)
