"""Configs, their documents and their names agree."""

import re
from pathlib import Path

import pytest
import yaml
from mmengine.config import Config, ConfigDict

from aanet.registry import DATASETS, MODELS

ROOT = Path(__file__).resolve().parents[1]
LEAVES = sorted(
    path
    for path in (ROOT / 'configs').glob('*/**/*.py')
    if '_base_' not in path.parts
)
FOLDERS = sorted({path.parent for path in LEAVES})
NAME = re.compile(r'[a-z]+_[a-z0-9]+(-[a-z0-9-]+)?_[a-z0-9]+(-[a-z]+)?')


def leaf_ids(path):
    return path.stem


def metafile(folder):
    return yaml.safe_load((folder / 'metafile.yml').read_text('utf-8'))


def dicts(node):
    """Every dict within a config."""
    if isinstance(node, (dict, ConfigDict)):
        yield node
        node = list(node.values())
    if isinstance(node, (list, tuple)):
        for child in node:
            yield from dicts(child)


@pytest.mark.parametrize('path', LEAVES, ids=leaf_ids)
class TestLeaf:
    def test_name_says_method_backbone_and_data_set(self, path):
        assert NAME.fullmatch(path.stem)

    def test_is_short(self, path):
        assert len(path.read_text('utf-8').splitlines()) <= 30

    def test_batch_is_p_times_k(self, path):
        loader = Config.fromfile(path).train_dataloader
        sampler = loader.sampler
        assert loader.batch_size == sampler.num_ids * sampler.num_instances

    def test_whatever_is_borrowed_carries_its_prefix(self, path):
        types = [
            node['type']
            for node in dicts(Config.fromfile(path).model)
            if 'type' in node and node['type'] != 'Pretrained'
        ]
        assert types
        for name in types:
            package = MODELS.get(name).__module__.partition('.')[0]
            assert package == (name.rpartition('.')[0] or 'aanet')

    def test_same_classes_in_neck_and_head(self, path):
        model = Config.fromfile(path).model
        parts = [model.head, model.get('neck') or model.head]
        assert len({part.num_classes for part in parts}) == 1

    def test_classes_are_the_training_identities(self, path):
        cfg = Config.fromfile(path)
        data = dict(cfg.train_dataloader.dataset, pipeline=[])
        dataset = DATASETS.build(dict(data, lazy_init=True))
        counts = dataset.official_counts('train')
        total = counts.ids if counts else dataset.spec.train_ids
        assert cfg.model.head.num_classes == total - dataset.val_ids

    def test_has_a_row_in_the_readme(self, path):
        readme = (path.parent / 'README.md').read_text('utf-8')
        assert f'[{path.stem}]({path.name})' in readme

    def test_is_in_the_metafile(self, path):
        configs = [
            model['Config'] for model in metafile(path.parent)['Models']
        ]
        assert configs.count(str(path.relative_to(ROOT))) == 1


@pytest.mark.parametrize('folder', FOLDERS, ids=leaf_ids)
class TestFolder:
    def test_metafile_names_only_what_exists(self, folder):
        meta = metafile(folder)
        collections = {entry['Name'] for entry in meta['Collections']}
        for model in meta['Models']:
            assert (ROOT / model['Config']).is_file()
            assert model['In Collection'] in collections
            assert model['Name'] == Path(model['Config']).stem

    def test_readme_and_metafile_have_the_same_figures(self, folder):
        readme = (folder / 'README.md').read_text('utf-8')
        for model in metafile(folder)['Models']:
            row = next(
                line
                for line in readme.splitlines()
                if line.startswith(f'| [{model["Name"]}]')
            )
            assert f'{model["Metadata"]["Parameters"] / 1e6:.1f} M' in row
            for result in model.get('Results', []):
                metrics = result['Metrics']
                # Figures with resources were measured, others are a paper's.
                measured = 'Training Resources' in model['Metadata']
                star = '' if measured else ' *'
                assert f'{metrics["Rank-1"]} / {metrics["mAP"]}{star} |' in row

    def test_model_index_imports_it(self, folder):
        index = yaml.safe_load((ROOT / 'model-index.yml').read_text('utf-8'))
        name = str((folder / 'metafile.yml').relative_to(ROOT))
        assert name in index['Import']


def test_no_leaf_repeats_another():
    texts = {}
    for path in LEAVES:
        cfg = Config.fromfile(path).pretty_text
        assert cfg not in texts, f'{path.stem} repeats {texts.get(cfg)}'
        texts[cfg] = path.stem
