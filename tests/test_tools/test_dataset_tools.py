"""The checker and the converter of data sets, as run from the shell."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from aanet.datasets import CUHK03NP, ToyReID

ROOT = Path(__file__).parents[2]
CHECKER = ROOT / 'tools/dataset_tools/check_dataset.py'
CONVERTER = ROOT / 'tools/dataset_converters/cuhk03_np.py'
TOY = dict(train_ids=3, test_ids=3, images_per_id=4)


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


checker, converter = load(CHECKER), load(CONVERTER)


@pytest.fixture
def market(tmp_path) -> Path:
    """A data set in Market's layout: drawn, then renamed."""
    ToyReID(str(tmp_path / 'toy'), **TOY)
    (tmp_path / 'toy').rename(tmp_path / 'market')
    return tmp_path / 'market'


def test_usable_data_set(market, capsys):
    assert checker.main(['Market1501', str(market)]) == 0
    text = capsys.readouterr().out
    assert 'Market-1501' in text
    # 3 train identities x 4 images, one of which stays for the gallery;
    # and 3 distractors and 2 junk boxes.
    assert '12 (12936) |    3 (751)' in text
    assert '6 (15913)' in text
    assert 'note: query: expected 3368 images of 750 identities' in text
    assert text.rstrip().endswith('usable: yes')


def test_table_counts_cameras_distractors_and_junk(market):
    report = checker.check_dataset(
        *checker.build_datasets(
            checker.parse_args(['Market1501', str(market)])
        )
    )
    table = checker.make_table(report)
    rows = {row[0]: row[-2:] for row in table.rows}
    assert rows == {'train': [0, 0], 'query': [0, 0], 'gallery': [3, 2]}


def test_unreadable_images_are_listed(market, capsys):
    bad = min((market / 'query').iterdir())
    bad.write_bytes(bad.read_bytes()[:900])
    assert checker.main(['Market1501', str(market)]) == 1
    text = capsys.readouterr().out
    assert f'unreadable: {bad} (' in text
    assert 'problem: 1 unreadable images' in text
    assert text.rstrip().endswith('usable: no')
    assert checker.main(['Market1501', str(market), '--no-decode']) == 0


def test_own_data_from_a_csv_file(tmp_path, capsys):
    rows = ['path,pid,split']
    for pid, split in ((1, 'train'), (2, 'train'), (5, 'query')):
        rows.append(f'{pid}.png,{pid},{split}')
        cv2.imwrite(
            str(tmp_path / f'{pid}.png'), np.zeros((8, 4, 3), np.uint8)
        )
    (tmp_path / 'list.csv').write_text('\n'.join(rows))
    arguments = ['ReIDDataset', str(tmp_path), '--ann-file', 'list.csv']
    assert checker.main(arguments) == 1
    text = capsys.readouterr().out
    assert 'problem: ' in text
    assert "no row whose split is 'gallery'" in text
    assert 'note: query: some images have no camera' in text
    assert 'note: train: 2 identities have one image' in text


def test_data_sets_of_a_config(market, tmp_path, capsys):
    config = tmp_path / 'config.py'
    config.write_text(
        f'dataset = dict(type="Market1501", data_root="{market}")\n'
        'train_dataloader = dict(dataset=dict(split="train", **dataset))\n'
        'test_dataloader = dict(dataset=dict(split="test", **dataset))\n'
    )
    arguments = ['--config', str(config), '--no-decode']
    assert checker.main(arguments) == 0
    assert '12 (12936)' in capsys.readouterr().out


def test_wrappers_cannot_be_checked(tmp_path):
    config = tmp_path / 'config.py'
    config.write_text(
        'dataset = dict(type="RepeatDataset", times=2)\n'
        'train_dataloader = dict(dataset=dataset)\n'
        'test_dataloader = dict(dataset=dataset)\n'
    )
    with pytest.raises(ValueError, match=r'RepeatDataset is no data set of'):
        checker.main(['--config', str(config)])


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['Market1502', '.'], r'Market1502 is no data set of .*Market1501'),
        (['CUHK03NP', '.'], r"needs variant='labeled'"),
        (
            ['Market1501', '.', '--variant', 'labeled'],
            r"Market1501 has other options: .*'variant'",
        ),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        checker.main(arguments)


@pytest.mark.parametrize('arguments', [[], ['Market1501'], ['--no-decode']])
def test_something_to_check_is_needed(arguments, capsys):
    with pytest.raises(SystemExit):
        checker.main(arguments)
    assert 'give either DATASET and ROOT, or --config' in (
        capsys.readouterr().err
    )


def test_missing_data_from_the_shell(tmp_path):
    command = [sys.executable, str(CHECKER), 'Market1501', str(tmp_path)]
    environment = {**os.environ, 'PYTHONPATH': str(ROOT)}
    result = subprocess.run(
        command, capture_output=True, text=True, env=environment
    )
    assert result.returncode == 1
    assert 'problem: Market-1501 not found' in result.stdout
    assert 'usable: no' in result.stdout
    assert 'Traceback' not in result.stderr


# (camera pair, person, view, image) of the toy CUHK03: three persons.
CUHK03_FILES = [
    (1, 1, 1, 1),
    (1, 1, 2, 6),
    (1, 2, 1, 2),
    (1, 2, 2, 7),
    (2, 1, 1, 1),
    (2, 1, 2, 6),
    (2, 1, 2, 7),
]
CUHK03_PIDS = [1, 1, 2, 2, 3, 3, 3]
CUHK03_PARTS = dict(train_idx=[3, 4], query_idx=[1, 6], gallery_idx=[2, 5, 7])


@pytest.fixture
def cuhk03(tmp_path) -> Path:
    """``cuhk-03.mat`` and its protocols, with seven images."""
    h5py = pytest.importorskip(
        'h5py', reason='h5py is not installed: pip install h5py'
    )
    folder = tmp_path / 'cuhk03'
    (folder / 'cuhk03_release').mkdir(parents=True)
    names = ['{}_{:03}_{}_{:02}.png'.format(*key) for key in CUHK03_FILES]
    column = np.empty((len(names), 1), object)
    column[:, 0] = names
    protocol = dict(filelist=column, labels=np.c_[CUHK03_PIDS])
    protocol |= {key: np.c_[value] for key, value in CUHK03_PARTS.items()}
    with h5py.File(folder / 'cuhk03_release/cuhk-03.mat', 'w') as file:
        for number, variant in enumerate(('labeled', 'detected')):
            savemat(
                folder / f'cuhk03_new_protocol_config_{variant}.mat', protocol
            )
            write_variant(file, variant, number, h5py.ref_dtype)
    return folder


def write_variant(file, variant: str, number: int, ref_dtype) -> None:
    # MATLAB stores (5, 1) cells of (persons, 10) cells of (H, W, 3) images
    # as HDF5 data sets with the axes reversed.
    pairs = file.create_dataset(variant, (1, 5), ref_dtype)
    empty = file.create_dataset(f'{variant}_empty', data=np.zeros(2, 'u8'))
    for pair in range(5):
        cells = file.create_dataset(f'{variant}_{pair}', (10, 2), ref_dtype)
        cells[...] = empty.ref
        pairs[0, pair] = cells.ref
    for key in CUHK03_FILES:
        pair, person, _, image = key
        stored = file.create_dataset(
            f'{variant}_image_{key}', data=pixels(key, number).T
        )
        file[f'{variant}_{pair - 1}'][image - 1, person - 1] = stored.ref


def pixels(key: tuple[int, ...], number: int) -> np.ndarray:
    """A (20, 8, 3) image, red first, that tells which it is."""
    image = np.zeros((20, 8, 3), np.uint8)
    image[:10, :4] = (*[20 * part for part in key[:2]], 10 * key[3])
    image[10:] = 100 * (number + 1)
    return image


def files(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob('*')
        if path.is_file()
    )


def test_converted_cuhk03_is_what_the_data_set_reads(cuhk03, tmp_path):
    target = tmp_path / 'CUHK03-NP'
    converter.main([str(cuhk03), str(target)])
    assert files(target / 'labeled') == [
        'bounding_box_test/0001_c2_1_001_2_06.png',
        'bounding_box_test/0003_c1_2_001_1_01.png',
        'bounding_box_test/0003_c2_2_001_2_07.png',
        'bounding_box_train/0002_c1_1_002_1_02.png',
        'bounding_box_train/0002_c2_1_002_2_07.png',
        'query/0001_c1_1_001_1_01.png',
        'query/0003_c2_2_001_2_06.png',
    ]
    assert files(target / 'detected') == files(target / 'labeled')
    for number, variant in enumerate(('labeled', 'detected')):
        path = target / variant / 'query/0003_c2_2_001_2_06.png'
        image = cv2.imread(str(path))[..., ::-1]
        np.testing.assert_array_equal(image, pixels((2, 1, 2, 6), number))
        dataset = CUHK03NP(variant, data_root=str(tmp_path), split='test')
        infos = map(dataset.get_data_info, range(len(dataset)))
        assert [(info['gt_label'], info['camid']) for info in infos] == [
            (1, 0),
            (3, 1),
            (1, 1),
            (3, 0),
            (3, 1),
        ]


def test_interrupted_conversion_goes_on(cuhk03, tmp_path, monkeypatch):
    target = tmp_path / 'out'
    arguments = [str(cuhk03), str(target), '--variant', 'labeled']
    read, calls = converter.CUHK03Images.read, []

    def read_counted(self, name: str) -> np.ndarray:
        calls.append(name)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return read(self, name)

    monkeypatch.setattr(converter.CUHK03Images, 'read', read_counted)
    with pytest.raises(KeyboardInterrupt):
        converter.main(arguments)
    assert not (target / 'labeled').exists()
    converter.main(arguments)
    # Three images before the interruption, four after it.
    assert len(calls) == 4 + 4
    assert len(files(target / 'labeled')) == 7
    assert os.listdir(target) == ['labeled']


def test_finished_variants_are_left_alone(cuhk03, tmp_path, capsys):
    target = tmp_path / 'out'
    (target / 'labeled').mkdir(parents=True)
    converter.main([str(cuhk03), str(target)])
    assert 'labeled is there already' in capsys.readouterr().out
    assert files(target / 'labeled') == []
    assert len(files(target / 'detected')) == 7


@pytest.mark.parametrize(
    ('name', 'message'),
    [
        (
            'cuhk03_new_protocol_config_labeled.mat',
            r'config_labeled\.mat is neither in .* nor in .*cuhk03_release',
        ),
        ('cuhk03_release/cuhk-03.mat', r'cuhk-03\.mat is neither in'),
    ],
)
def test_missing_files(cuhk03, tmp_path, name, message):
    (cuhk03 / name).unlink()
    with pytest.raises(FileNotFoundError, match=message):
        converter.main([str(cuhk03), str(tmp_path / 'out')])


def test_damaged_file(cuhk03, tmp_path):
    (cuhk03 / 'cuhk03_release/cuhk-03.mat').write_bytes(b'half a download')
    with pytest.raises(ValueError, match=r'cuhk-03\.mat is damaged, or no MA'):
        converter.main([str(cuhk03), str(tmp_path / 'out')])


@pytest.mark.parametrize(
    ('name', 'message'),
    [
        ('1_001_1_02.png', r'has an empty cell for 1_001_1_02\.png'),
        ('1_009_1_01.png', r'has no image 1_009_1_01\.png'),
        ('7_001_1_01.png', r'has no image 7_001_1_01\.png'),
    ],
)
def test_protocol_and_images_do_not_fit(cuhk03, name, message):
    images = converter.CUHK03Images(
        cuhk03 / 'cuhk03_release/cuhk-03.mat', 'labeled'
    )
    with pytest.raises(ValueError, match=message):
        images.read(name)


def test_h5py_is_optional(cuhk03, monkeypatch):
    monkeypatch.setitem(sys.modules, 'h5py', None)
    with pytest.raises(ImportError, match=r'run `pip install h5py`'):
        converter.CUHK03Images(
            cuhk03 / 'cuhk03_release/cuhk-03.mat', 'labeled'
        )
