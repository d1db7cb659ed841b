"""The commands of ``tools/gallery.py``.

Each takes the arguments that its parser has found, and prints what was done.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from aanet.apis.arguments import open_inferencer
from aanet.apis.extracted import ExtractedFeatures
from aanet.apis.feature_file import read_features
from aanet.apis.gallery import Gallery
from aanet.apis.inferencer import ReIDInferencer
from aanet.apis.labelled import extract_records
from aanet.apis.search_result import SearchResult
from aanet.apis.sources import read_source
from aanet.datasets.records import DISTRACTOR_PID, NO_CAMERA


def build(args: argparse.Namespace) -> None:
    """Make a gallery."""
    path = Path(args.gallery)
    if path.exists() and not args.overwrite:
        raise ValueError(
            f'{path} exists already: add images to it with `add`, or replace '
            'it with --overwrite.'
        )
    gallery = Gallery(args.distance, args.dtype, args.search)
    if len(args.model) == 1:
        gallery.model_file = args.model[0]
    _fill(gallery, args)
    gallery.save(path)
    print(f'wrote {path}: {_summary(gallery)}')


def add(args: argparse.Namespace) -> None:
    """Add images."""
    with _changed(args.gallery) as gallery:
        before = len(gallery)
        _fill(gallery, args)
    print(f'added {len(gallery) - before} images: {_summary(gallery)}')


def remove(args: argparse.Namespace) -> None:
    """Remove images."""
    with _changed(args.gallery) as gallery:
        number = gallery.remove(args.ids, args.paths)
    print(f'removed {number} images: {_summary(gallery)}')


def calibrate(args: argparse.Namespace) -> None:
    """Find the threshold."""
    with _changed(args.gallery) as gallery:
        images = ExtractedFeatures.joined(list(_labelled(gallery, args)))
        threshold = gallery.calibrate(images, fpr=args.fpr, per=args.per)
    print(f'threshold {threshold}')


def query(args: argparse.Namespace) -> None:
    """Search."""
    gallery = Gallery.open(args.gallery)
    inferencer = _open_model(gallery, args)
    with redirect_stdout(sys.stderr):
        asked = inferencer.extract(
            args.sources,
            args.batch_size,
            args.num_workers,
            args.skip_unreadable,
        )
    _report_unreadable(asked)
    results = gallery.search(
        asked, args.topk, args.cameras, args.not_cameras, args.threshold
    )
    answers = zip(asked.paths, results, strict=True)
    if args.json:
        found = [{'query': p, **r.as_dict()} for p, r in answers]
        print(json.dumps(found, indent=2))
        return
    for path, result in answers:
        print(f'{path}\n{_as_lines(result)}')


def _as_lines(result: SearchResult) -> str:
    """An answer to read."""
    if not result.in_gallery:
        return (
            f'  not in the gallery (nearest {result.nearest:.4f}, threshold '
            f'{result.threshold:.4f})'
        )
    return '\n'.join(
        f'  {rank:3} {hit.distance:.4f}  id {_known(hit.pid)}, camera '
        f'{_known(hit.camid)}, {hit.path}'
        for rank, hit in enumerate(result.hits, 1)
    )


def _known(number: int) -> str:
    """An identity or a camera, if it is known."""
    return '?' if number == -1 else str(number)


def info(args: argparse.Namespace) -> None:
    """Describe the gallery."""
    gallery = Gallery.open(args.gallery)
    described = _describe(gallery)
    if args.json:
        print(json.dumps(described, indent=2))
        return
    described['model'] = gallery.identity or 'unknown'
    described['threshold'] = gallery.threshold or 'none'
    for name, value in described.items():
        print(f'{name:10} {value}')


def _describe(gallery: Gallery) -> dict[str, Any]:
    entries, identity = gallery.entries, gallery.identity
    threshold = gallery.threshold
    cameras = np.unique(entries.camids[entries.camids != NO_CAMERA])
    persons = np.unique(entries.pids[entries.pids > DISTRACTOR_PID])
    return {
        'images': len(entries),
        'persons': len(persons),
        'cameras': cameras.tolist(),
        'model': identity and identity.as_dict(),
        'distance': gallery.distance,
        'dtype': entries.features.dtype.name,
        'search': gallery.settings.as_dict(),
        'threshold': threshold and threshold.as_dict(),
    }


def _summary(gallery: Gallery) -> str:
    described = _describe(gallery)
    return f'{described["images"]} images, {described["persons"]} identities'


@contextmanager
def _changed(path: str) -> Iterator[Gallery]:
    """Open a gallery and save it again, while no other tool may."""
    if not Path(path).is_file():
        # Else the lock of a gallery that is not there would be left behind.
        Gallery.open(path)
    with FileLock(Path(path).with_name(f'.{Path(path).name}.lock')):
        gallery = Gallery.open(path)
        yield gallery
        gallery.save(path)


def _open_model(gallery: Gallery, args: argparse.Namespace) -> ReIDInferencer:
    """The model of a gallery, which is the one that the user names."""
    files = args.model or [gallery.model_file]
    if not files[0]:
        raise ValueError(
            'the gallery does not know the file of a model: name it with '
            '--model.'
        )
    with redirect_stdout(sys.stderr):
        inferencer = open_inferencer(files, args)
    gallery.check_model(inferencer.backend.identity)
    return inferencer


def _labelled(
    gallery: Gallery, args: argparse.Namespace
) -> Iterator[ExtractedFeatures]:
    """Features of all sources, with what is known of the images."""
    inferencer = None
    for source in args.sources:
        if Path(source).suffix == '.npz':
            read = read_features(source, args.splits)
            gallery.check_model(read.identity)
            yield read
            continue
        records = read_source(source, args.names, args.splits, args.data_root)
        if args.run is add:
            old = gallery.entries.known_paths
            records = [r for r in records if r.img_path not in old]
        inferencer = inferencer or _open_model(gallery, args)
        extracted = extract_records(
            inferencer,
            records,
            args.batch_size,
            args.num_workers,
            args.skip_unreadable,
        )
        _report_unreadable(extracted)
        yield extracted


def _fill(gallery: Gallery, args: argparse.Namespace) -> None:
    """Add the images of all sources."""
    for extracted in _labelled(gallery, args):
        gallery.add(extracted)


def _report_unreadable(extracted: ExtractedFeatures) -> None:
    """List what was left out."""
    for problem in extracted.unreadable.values():
        print(f'left out: {problem}', file=sys.stderr)
