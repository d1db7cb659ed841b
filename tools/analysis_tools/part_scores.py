"""What each stripe of a part-based model is worth, and what they add up to.

Each part of the features ranks the gallery alone, then all do together; and
how alike the parts of an image are. The files are those that
`tools/test.py --out FILE.npz` writes, a column of the table each.
docs/diagnose.md says what the figures mean.
"""

import argparse

from aanet.diagnosis import part_figures
from aanet.evaluation.metrics.feature_set import check_splits
from aanet.utils.cli import clear_errors
from aanet.utils.log_tables import as_table, short_names
from aanet.visualization.feature_file import load_features


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'features',
        nargs='+',
        metavar='FEATURES',
        help='files with query and gallery features',
    )
    parser.add_argument(
        '--num-parts',
        type=int,
        default=6,
        metavar='P',
        help="the head's num_parts (default: 6)",
    )
    return parser.parse_args()


def measure_file(path: str, num_parts: int) -> dict[str, float]:
    """Figures of a file.

    Args:
        path (str): Path of the feature file.
        num_parts (int): Parts of a feature.

    Returns:
        dict[str, float]: As :func:`~aanet.diagnosis.parts.part_figures`
        returns them.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it holds something else, or has no such parts.
    """
    features, _ = load_features(path)
    check_splits(features.splits.tolist())
    query, gallery = features.part('query'), features.part('gallery')
    return part_figures(query, gallery, num_parts)


def as_cells(figures: dict[str, float]) -> dict[str, str]:
    """Figures for people: percent with one decimal, the cosine with three.

    Args:
        figures (dict[str, float]): As :func:`measure_file` returns them.

    Returns:
        dict[str, str]: The same, as text.
    """
    return {
        name: f'{value:.3f}' if 'cosine' in name else f'{value:.1f}'
        for name, value in figures.items()
    }


def main() -> None:
    """Measure each file and print a table."""
    args = parse_args()
    names = short_names(args.features)
    with clear_errors():
        columns = {
            name: as_cells(measure_file(path, args.num_parts))
            for name, path in zip(names, args.features, strict=True)
        }
    print(as_table(columns))


if __name__ == '__main__':
    main()
