"""The ICC profile that converted colours are tagged with."""

from functools import cache

from PIL import ImageCms

_CREATED = slice(24, 36)  # in the header: six numbers of two bytes


@cache
def srgb_profile() -> bytes:
    """The profile of sRGB, the same at any time: without the date that is written into each new one."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_CREATED] = bytes.fromhex("07d0 0001 0001 0000 0000 0000")  # 1 January 2000
    return bytes(profile)
