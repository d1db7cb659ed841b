"""Ranked lists of a checkpoint, as a picture and as a page (Figure 1).

Each row is a query followed by the gallery images nearest to it, those that
the metric ignores left out, with green frames around the query's person and
red frames around others.
"""

import argparse
from pathlib import Path

from mmengine.config import Config
from mmengine.device import get_device
from mmengine.evaluator import Evaluator
from mmengine.registry import init_default_scope
from mmengine.runner import Runner

from aanet.evaluation.metrics.feature_set import FeatureSet
from aanet.utils.cli import add_options_argument, clear_errors, load_config
from aanet.utils.safe_saving import whole_file
from aanet.visualization import (
    CHOICES,
    LEGEND,
    MetricRanking,
    RankingRow,
    choose_queries,
    extract_features,
    find_reid_metric,
    load_features,
    load_model,
    ranking_page,
    ranking_sheet,
    save_png,
)


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='path of the config')
    parser.add_argument(
        'checkpoint',
        nargs='?',
        help='path of the checkpoint (not needed with --features)',
    )
    parser.add_argument(
        '--features',
        metavar='FILE.npz',
        help='features that tools/test.py --out or an earlier call of this '
        'tool wrote, so that nothing is extracted again',
    )
    parser.add_argument(
        '--out-dir',
        help='folder of the results (default: work_dirs/CONFIG/ranking)',
    )
    parser.add_argument(
        '--topk',
        type=int,
        default=10,
        help='gallery images in a row (default: 10)',
    )
    parser.add_argument(
        '--num', type=int, default=8, help='rows at most (default: 8)'
    )
    parser.add_argument(
        '--choose',
        choices=list(CHOICES),
        default='random',
        help='which queries: random ones, or those with the worst or best '
        'average precision (default: random)',
    )
    parser.add_argument(
        '--ids',
        type=int,
        nargs='+',
        default=[],
        metavar='ID',
        help='choose only among the queries of these identities',
    )
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        help='seed of the random choice (default: 0)',
    )
    add_options_argument(parser)
    return parser.parse_args()


def get_features(
    cfg: Config, args: argparse.Namespace, out_dir: Path
) -> tuple[FeatureSet, str]:
    """Read the features, or extract and keep them.

    Args:
        cfg (Config): The config.
        args (argparse.Namespace): The arguments.
        out_dir (Path): Where extracted features are kept.

    Returns:
        tuple[FeatureSet, str]: The features and the name of the data set.

    Raises:
        ValueError: If there is neither a checkpoint nor a feature file.
    """
    if args.features is not None:
        return load_features(args.features)
    if args.checkpoint is None:
        raise ValueError('give a CHECKPOINT, or --features FILE.npz.')
    model = load_model(cfg, args.checkpoint, get_device())
    loader = Runner.build_dataloader(cfg.test_dataloader, seed=0)
    features = extract_features(model, loader)
    dataset = loader.dataset.metainfo.get('dataset', 'unknown')
    path = out_dir / 'features.npz'
    features.save(path, dataset)
    print(f'\nkept the features: next time, add --features {path}')
    return features, dataset


def describe_choice(num: int, ids: list[int], choice: str) -> str:
    """Say which queries are shown.

    Args:
        num (int): How many they are.
        ids (list[int]): Identities that they were chosen from; all if empty.
        choice (str): How they were chosen.

    Returns:
        str: A sentence without its full stop.
    """
    if not ids:
        whose = ''
    elif len(ids) < 7:
        whose = f' of id {", ".join(map(str, ids))},'
    else:
        whose = f' of {len(ids)} ids,'
    return f'{num} queries{whose} {CHOICES[choice]}'


def write(
    rows: list[RankingRow],
    ranking: MetricRanking,
    dataset: str,
    choice: str,
    out_dir: Path,
) -> None:
    """Write the picture and the page.

    Args:
        rows (list[RankingRow]): What to show.
        ranking (MetricRanking): Where it comes from.
        dataset (str): Name of the data set.
        choice (str): Which queries they are.
        out_dir (Path): Where to.
    """
    title = f'Ranked lists on {dataset}'
    scores = ', '.join(f'{name} {n}' for name, n in ranking.scores.items())
    sheet = ranking_sheet(rows, title, f'{scores}\n{choice}.\n{LEGEND}')
    save_png(sheet, out_dir / 'ranking.png')
    page = ranking_page(
        rows, title, f'{choice}. {LEGEND}', ranking.scores, ranking.details
    )
    with whole_file(out_dir / 'ranking.html') as partial:
        partial.write_text(page, 'utf-8')
    print(f'wrote {out_dir}/ranking.png and {out_dir}/ranking.html')


def main() -> None:
    """Rank, choose and draw."""
    args = parse_args()
    cfg = load_config(args.config, args.cfg_options)
    init_default_scope(cfg.get('default_scope', 'aanet'))
    metric = find_reid_metric(Evaluator(cfg.test_evaluator))
    name = Path(args.config).stem
    out_dir = Path(args.out_dir or f'work_dirs/{name}/ranking')
    features, dataset = get_features(cfg, args, out_dir)
    ranking = MetricRanking(metric, features)
    chosen = choose_queries(
        ranking.ap,
        ranking.query.pids,
        num=args.num,
        choice=args.choose,
        ids=args.ids,
        seed=args.seed,
    )
    rows = ranking.rows(chosen, args.topk)
    choice = describe_choice(len(rows), args.ids, args.choose)
    write(rows, ranking, dataset, choice, out_dir)


if __name__ == '__main__':
    with clear_errors():
        main()
