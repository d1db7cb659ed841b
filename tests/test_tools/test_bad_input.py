"""Each mistake of a user ends in one sentence that says what to do."""

import shutil

import cv2
import numpy as np
import pytest
import torch

from tests.helpers.tools import run_inside

TRAIN = 'tools/train.py'
TEST = 'tools/test.py'
MARKET = 'configs/aanet/aanet_mobilenetv2_market.py'
SCRATCH = 'model.backbone.init_cfg=None'


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run a tool; what it printed as its error."""

    def call(tool, *arguments):
        status, printed = run_inside(
            monkeypatch,
            capsys,
            tool,
            *arguments,
            '--work-dir',
            tmp_path / 'work',
        )
        assert status == 1, printed.err[-2000:]
        sentence = printed.err[printed.err.rindex('error: ') :]
        assert 'Traceback' not in sentence
        return sentence

    return call


def options(*pairs):
    return ['--cfg-options', SCRATCH, *pairs]


def market_folder(root, ids=(1, 2, 3), images=2):
    """A data set in Market-1501's layout, of plain pictures."""
    for folder in ('bounding_box_train', 'query', 'bounding_box_test'):
        (root / folder).mkdir(parents=True)
        for pid in ids:
            for number in range(images):
                name = f'{pid:04}_c{number + 1}s1_000000_00.jpg'
                picture = np.full((64, 32, 3), 10 * pid, np.uint8)
                cv2.imwrite(str(root / folder / name), picture)
    return root


def train_market(run, root, *pairs):
    return run(
        TRAIN,
        MARKET,
        *options(
            f'train_dataloader.dataset.data_root={root}',
            f'val_dataloader.dataset.data_root={root}',
            'train_dataloader.num_workers=0',
            'train_dataloader.persistent_workers=False',
            *pairs,
        ),
    )


def test_no_data_folder(run, tmp_path):
    sentence = train_market(run, tmp_path / 'nowhere')
    assert 'nowhere' in sentence
    assert 'docs/prepare_data.md' in sentence


def test_empty_data_folder(run, tmp_path):
    (tmp_path / 'empty').mkdir()
    sentence = train_market(run, tmp_path / 'empty')
    assert 'empty' in sentence
    assert 'bounding_box_train' in sentence


def test_wrong_file_names(run, tmp_path):
    root = market_folder(tmp_path / 'market')
    for path in (root / 'bounding_box_train').iterdir():
        path.rename(path.with_name(f'person-{path.name[:4]}.jpg'))
    sentence = train_market(run, root)
    assert 'bounding_box_train' in sentence


def test_truncated_image(run, tmp_path):
    root = market_folder(tmp_path / 'market', ids=range(1, 11))
    victim = sorted((root / 'bounding_box_train').iterdir())[3]
    victim.write_bytes(victim.read_bytes()[:-60])
    sentence = train_market(
        run,
        root,
        'train_dataloader.batch_size=20',
        'train_dataloader.sampler.num_instances=2',
        'model.neck.num_classes=10',
        'model.head.num_classes=10',
    )
    assert victim.name in sentence


def test_fewer_ids_than_p(run, tmp_path):
    sentence = train_market(run, market_folder(tmp_path / 'market'))
    assert '3 identities' in sentence
    assert 'num_ids=10' in sentence


def test_batch_size_is_not_p_times_k(run, tiny_run):
    _, config, _, _ = tiny_run
    sentence = run(
        TRAIN, config, '--cfg-options', 'train_dataloader.batch_size=8'
    )
    assert 'train_dataloader.batch_size is 8' in sentence
    assert 'batch_size=6' in sentence


def test_wrong_number_of_classes(run, tiny_run):
    _, config, _, _ = tiny_run
    sentence = run(TRAIN, config, '--cfg-options', 'model.head.num_classes=7')
    assert 'model.head.num_classes is 7' in sentence
    assert 'model.head.num_classes=6' in sentence


def test_unknown_option(run, tiny_run):
    _, config, _, _ = tiny_run
    sentence = run(TRAIN, config, '--cfg-options', 'train_cfg.max_epoch=1')
    assert "'train_cfg.max_epoch'" in sentence
    assert 'train_cfg.max_epochs' in sentence


def test_missing_config(run):
    assert 'configs/' in run(TRAIN, 'no_such_config.py')


def test_missing_checkpoint(run, tiny_run):
    _, config, _, _ = tiny_run
    assert 'nothing.pth does not exist' in run(TEST, config, 'nothing.pth')


def test_checkpoint_of_another_model(run, tiny_run, tmp_path):
    _, config, work_dir, _ = tiny_run
    other = tmp_path / 'other.py'
    other.write_text(
        f"_base_ = '{config}'\n"
        'model = dict(backbone=dict(depth=34, attention_blocks=(0, 0, 2, 2)))',
        'utf-8',
    )
    sentence = run(TEST, other, work_dir / 'epoch_2.pth')
    assert 'checkpoint is of another model' in sentence
    assert 'layer' in sentence


def test_half_a_checkpoint(run, tiny_run, tmp_path):
    _, config, work_dir, _ = tiny_run
    half = tmp_path / 'half.pth'
    whole = (work_dir / 'epoch_2.pth').read_bytes()
    half.write_bytes(whole[: len(whole) // 2])
    sentence = run(TEST, config, half)
    assert 'half.pth' in sentence
    assert 'damaged' in sentence


def test_checkpoint_that_wants_to_run_code(run, tiny_run, tmp_path):
    _, config, _, _ = tiny_run

    class Payload:
        def __reduce__(self):
            return shutil.rmtree, (str(tmp_path / 'precious'),)

    (tmp_path / 'precious').mkdir()
    torch.save({'state_dict': Payload()}, tmp_path / 'evil.pth')
    sentence = run(TEST, config, tmp_path / 'evil.pth')
    assert 'could run code' in sentence
    assert (tmp_path / 'precious').is_dir()


def test_query_without_any_match(run, tiny_run, tmp_path):
    _, config, work_dir, _ = tiny_run
    root = market_folder(tmp_path / 'market', images=1)
    csv = tmp_path / 'own.csv'
    rows = ['path,pid,camid,split']
    for path in sorted((root / 'query').iterdir()):
        rows.append(f'{path},{path.name[:4]},0,query')
    for path in sorted((root / 'bounding_box_test').iterdir()):
        rows.append(f'{path},{int(path.name[:4]) + 50},1,gallery')
    csv.write_text('\n'.join(rows), 'utf-8')
    own = tmp_path / 'own.py'
    own.write_text(
        'test_dataloader = dict(dataset=dict('
        f"type='ReIDDataset', ann_file='{csv}', split='test'))",
        'utf-8',
    )
    sentence = run(TEST, config, work_dir / 'epoch_2.pth', '--dataset', own)
    assert 'match' in sentence
