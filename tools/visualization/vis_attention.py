"""What a model looks at in several images of a person (Figures 7 and 8).

For each image: the class activation map with AAM's crop, the attention
vector and the maps of the stripes; and how alike the vectors are. A person
of the test set has no class of its own, so the map is that of the training
class which AAM's classifier scores highest. Of a model without AAM, the mean
activation of the last map is shown instead.
"""

import argparse
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.device import get_device
from mmengine.registry import init_default_scope

from aanet.datasets.guarded_pipeline import run_guarded
from aanet.datasets.labels import read_labels
from aanet.datasets.market_style import list_images
from aanet.registry import DATASETS
from aanet.utils.cli import add_options_argument, clear_errors, load_config
from aanet.visualization import (
    attention_sheet,
    choose_people,
    load_model,
    look_at,
    save_png,
    spread_over_cameras,
)

MAX_IMAGES = 24


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='path of the config')
    parser.add_argument('checkpoint', help='path of the checkpoint')
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument(
        '--ids',
        type=int,
        nargs='+',
        metavar='ID',
        help="identities of the config's test set",
    )
    chosen.add_argument(
        '--images',
        nargs='+',
        metavar='PATH',
        help='image files, or folders of them, to show on one sheet instead '
        'of the test set',
    )
    parser.add_argument(
        '--num-ids',
        type=int,
        default=4,
        help='how many identities, if --ids names none (default: 4)',
    )
    parser.add_argument(
        '--per-id',
        type=int,
        default=4,
        help='images of each, of as many cameras as there are (default: 4)',
    )
    parser.add_argument(
        '--out-dir',
        help='folder of the results (default: work_dirs/CONFIG/attention)',
    )
    add_options_argument(parser)
    return parser.parse_args()


def groups_of_files(paths: list[str]) -> dict[str, list[dict]]:
    """One group with the files named and those of the folders named.

    Args:
        paths (list[str]): Files and folders.

    Returns:
        dict[str, list[dict]]: Samples by the name of their group.

    Raises:
        FileNotFoundError: If a folder holds no image.
        ValueError: If there are too many files.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        files.extend(list_images(path) if path.is_dir() else [path])
    if len(files) > MAX_IMAGES:
        raise ValueError(
            f'--images names {len(files)} images, and a sheet holds '
            f'{MAX_IMAGES}: name some of them.'
        )
    return {'images': [{'img_path': str(file)} for file in files]}


def groups_of_people(
    cfg: Config, args: argparse.Namespace
) -> dict[str, list[dict]]:
    """Samples of some identities of the test set.

    Args:
        cfg (Config): The config.
        args (argparse.Namespace): The arguments.

    Returns:
        dict[str, list[dict]]: Samples by identity.

    Raises:
        ValueError: If the test set lacks an identity.
    """
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    pids = read_labels(dataset)
    ids = args.ids or choose_people(pids, args.num_ids)
    unknown = sorted(set(ids) - set(pids))
    if unknown:
        raise ValueError(
            f'--ids: the test set has no identity {unknown[0]}; it has those '
            f'from {min(pids)} to {max(pids)}, with gaps perhaps.'
        )
    groups = {}
    for pid in ids:
        samples = [
            dataset.get_data_info(index)
            for index, other in enumerate(pids)
            if other == pid
        ]
        camids = [sample['camid'] for sample in samples]
        chosen = spread_over_cameras(camids, args.per_id)
        groups[str(pid)] = [samples[index] for index in chosen]
    return groups


def caption(sample: dict) -> str:
    """What to write above an image."""
    name = Path(sample['img_path']).name
    name = name if len(name) <= 26 else f'...{name[-23:]}'
    if 'camid' not in sample:
        return name
    return f'camid {sample["camid"]}\n{name}'


def main() -> None:
    """Choose, look and draw."""
    args = parse_args()
    cfg = load_config(args.config, args.cfg_options)
    init_default_scope(cfg.get('default_scope', 'aanet'))
    if args.images is not None:
        groups = groups_of_files(args.images)
    else:
        groups = groups_of_people(cfg, args)
    model = load_model(cfg, args.checkpoint, get_device())
    pipeline = Compose(cfg.test_dataloader.dataset.pipeline)
    name = Path(args.config).stem
    out_dir = Path(args.out_dir or f'work_dirs/{name}/attention')
    for group, samples in groups.items():
        inputs = torch.stack(
            [
                run_guarded(pipeline, dict(sample), seed=None)['inputs']
                for sample in samples
            ]
        )
        # The pipeline makes images with blue first.
        images = inputs.flip(1).permute(0, 2, 3, 1).numpy()
        whom = '' if args.images else f' in images of id {group}'
        sheet = attention_sheet(
            images,
            look_at(model, inputs),
            [caption(sample) for sample in samples],
            f'Where {name} looks{whom}',
        )
        path = out_dir / f'attention_{group}.png'
        save_png(sheet, path)
        print(f'wrote {path}')


if __name__ == '__main__':
    with clear_errors():
        main()
