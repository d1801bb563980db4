"""The ICC profile that colours of a result are tagged with."""

from functools import cache

from PIL import ImageCms

from tilegan.images.metadata.origin import Origin

_CREATED = slice(24, 36)  # in the header: six numbers of two bytes


def profile_of(origin: Origin) -> bytes | None:
    """The profile of a result's colours: the one it keeps, or sRGB's if they were converted; None for none."""
    return origin.profile or (srgb_profile() if origin.color_managed else None)


@cache
def srgb_profile() -> bytes:
    """The profile of sRGB, the same at any time: without the date that is written into each new one."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_CREATED] = bytes.fromhex("07d0 0001 0001 0000 0000 0000")  # 1 January 2000
    return bytes(profile)
