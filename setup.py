"""Installation of aanet: ``pip install -e '.[openmmlab]'``."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = re.search(
    r"__version__ = '([^']+)'",
    (ROOT / 'aanet' / 'version.py').read_text('utf-8'),
).group(1)

SEARCH = ['faiss-cpu>=1.9,<2', 'pyarrow>=16']
DEMO = ['gradio>=6,<7']
EXPORT = ['onnx>=1.18,<2', 'onnxruntime>=1.22,<2', 'onnxscript>=0.5,<1']

setup(
    name='aanet',
    version=VERSION,
    description='Attention-Aligned Network for person re-identification '
    'on OpenMMLab',
    long_description=(ROOT / 'README.md').read_text('utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    packages=find_packages(include=['aanet', 'aanet.*']),
    package_data={'aanet': ['py.typed']},
    python_requires='>=3.10,<3.14',
    install_requires=[
        'torch>=2.6',
        'torchvision>=0.21',
        'filelock>=3.0',
        'numpy>=1.23',
        'opencv-python>=4.5',
        'pillow>=9.0',
        'prettytable>=3.12',
        'scipy>=1.9',
        'tensorboard>=2.12',
    ],
    extras_require={
        # The two OpenMMLab stacks share import names: install one of them.
        'openmmlab': [
            'mmengine>=0.10.7,<0.12',
            'mmcv-lite>=2.1.0,<2.3',
            'mmpretrain>=1.2.0,<1.3',
        ],
        'onedl': [
            'onedl-mmengine>=0.10.12,<0.12',
            'onedl-mmcv>=2.3.6,<2.4',
            'onedl-mmpretrain>=1.3.6,<1.4',
        ],
        'demo': DEMO,
        'export': EXPORT,
        'search': SEARCH,
        'dev': [
            *DEMO,
            *EXPORT,
            *SEARCH,
            'codespell',
            'h5py',
            'hypothesis',
            'mypy',
            'pre-commit',
            'pytest',
            'pytest-cov',
            'pytest-xdist',
            'ruff',
            'selenium>=4.15',
        ],
    },
    classifiers=[
        'License :: OSI Approved :: Apache Software License',
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
    ],
)
