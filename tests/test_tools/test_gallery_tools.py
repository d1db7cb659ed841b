import json
import re
import shutil

import numpy as np
import pytest

from aanet.apis import Gallery
from aanet.visualization import load_features
from tests.helpers.tools import run_inside, run_tool

GALLERY = 'tools/gallery.py'
EXTRACT = 'tools/extract_features.py'
NAMES = ('--names', 'market1501')


@pytest.fixture(scope='module')
def built(tiny_run):
    """Checkpoint, folders, and a gallery that a real process has built."""
    folder, config, work_dir, _ = tiny_run
    checkpoint = work_dir / 'epoch_2.pth'
    gallery = folder / 'galleries' / 'gallery.npz'
    images = folder / 'toy' / 'bounding_box_test'
    done = run_tool(
        *(GALLERY, 'build', gallery, images, *NAMES, '--model', checkpoint)
    )
    assert f'wrote {gallery}: 24 images, 6 identities' in done.stdout
    return config, checkpoint, folder / 'toy', gallery


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a tool in this process; what it printed."""

    def run(*command, status=0):
        ended, printed = run_inside(monkeypatch, capsys, *command)
        assert ended == status, printed.err
        return printed.err if status else printed.out

    return run


@pytest.fixture
def gallery(built, tmp_path):
    """A copy to change."""
    return shutil.copy(built[3], tmp_path / 'gallery.npz')


@pytest.fixture(scope='module')
def tested(built):
    """Features that the test has written."""
    config, checkpoint, toy, _ = built
    path = toy.parent / 'of_the_test.npz'
    run_tool(
        *('tools/test.py', config, checkpoint, '--out', path),
        *('--work-dir', toy.parent / 'of_the_test'),
    )
    return load_features(path)[0]


def test_features_are_those_of_the_test(built, tested, tmp_path, run):
    _, checkpoint, toy, gallery = built
    out = tmp_path / 'f.npz'
    folders = (toy / 'query', toy / 'bounding_box_test')
    printed = run(EXTRACT, checkpoint, *folders, *NAMES, '--out', out)
    assert f'wrote {out}: 42 images, 384 numbers each' in printed
    found, dataset = load_features(out)
    assert dataset == 'query, bounding_box_test'
    np.testing.assert_allclose(found.features, tested.features, atol=1e-6)
    for name in ('img_paths', 'pids', 'camids'):
        np.testing.assert_array_equal(vars(found)[name], vars(tested)[name])
    entries = Gallery.open(gallery).entries
    part = tested.part('gallery')
    np.testing.assert_allclose(entries.features, part.features, atol=1e-6)
    np.testing.assert_array_equal(entries.pids, part.pids)
    np.testing.assert_array_equal(entries.camids, part.camids)


def test_two_processes_write_one_file_in_order(built, tested, tmp_path):
    pytest.importorskip('pyarrow', reason='pip install -e .[search]')
    import pyarrow.parquet as parquet

    config, checkpoint, toy, _ = built
    crops = tmp_path / 'crops'
    shutil.copytree(toy / 'query', crops)
    (crops / '0008_c1s1_000000.jpg').write_bytes(b'damaged')
    out = tmp_path / 'f.parquet'
    done = run_tool(
        *('-m', 'torch.distributed.run', '--nproc_per_node=2'),
        *('--master_port=29533', EXTRACT, config, checkpoint, crops),
        *(*NAMES, '--out', out, '--launcher', 'pytorch', '--skip-unreadable'),
    )
    assert done.stdout.count('wrote') == 1
    assert done.stderr.count('left out: image') == 1
    table = parquet.read_table(out).to_pydict()
    part = tested.part('query')
    paths = [f'{crops}/{path.split("/")[-1]}' for path in part.img_paths]
    assert table['path'] == paths
    assert table['pid'] == part.pids.tolist()
    assert table['camid'] == part.camids.tolist()
    assert table['split'] == ['gallery'] * len(paths)
    np.testing.assert_allclose(table['feature'], part.features, atol=1e-6)


def test_a_csv_file_tells_ids_cameras_and_splits(built, tmp_path, run):
    config, checkpoint, toy, _ = built
    names = sorted(path.name for path in (toy / 'query').iterdir())[:3]
    shutil.copytree(toy / 'query', tmp_path / 'crops')
    rows = zip(names, (4, -1, 5), ('', '1', '2'), strict=True)
    lines = [f'crops/{n},{pid},{cam},query' for n, pid, cam in rows]
    lines.append(f'crops/{names[0]},9,,gallery')
    text = '\n'.join(['path,pid,camid,split', *lines])
    (tmp_path / 'mine.csv').write_text(text)
    out = tmp_path / 'f.npz'
    run(EXTRACT, config, checkpoint, tmp_path / 'mine.csv', '--out', out)
    found, _ = load_features(out)
    assert found.pids.tolist() == [4, 5, 9]
    assert found.camids.tolist() == [-1, 2, -1]
    assert found.splits.tolist() == ['query', 'query', 'gallery']
    # A gallery takes files of features, with no model at hand.
    made = tmp_path / 'g.npz'
    run(GALLERY, 'build', made, out)
    assert Gallery.open(made).entries.pids.tolist() == [9]
    printed = run(GALLERY, 'query', made, toy / 'query', status=1)
    assert 'does not know the file of a model' in printed
    arguments = ('--model', checkpoint, '--topk', 1, '--threshold', 0.001)
    printed = run(GALLERY, 'query', made, tmp_path / 'crops', *arguments)
    assert printed.count('id 9, camera ?') == 1
    assert printed.count('not in the gallery (nearest') == 17


def test_queries_calibration_and_info(built, tested, gallery, run):
    _, _, toy, _ = built
    folders = (toy / 'query', toy / 'bounding_box_test')
    printed = run(
        *(GALLERY, 'calibrate', gallery, *folders, *NAMES, '--fpr', 0.01)
    )
    value = float(
        re.search(r'threshold ([\d.]+), which accepts 1% of', printed)[1]
    )
    described = json.loads(run(GALLERY, 'info', gallery, '--json'))
    assert described['images'] == 24 and described['persons'] == 6
    assert described['cameras'] == [0, 1, 2, 3, 4]
    assert described['threshold']['value'] == pytest.approx(value, abs=1e-4)
    assert 'which accepts 1%' in run(GALLERY, 'info', gallery)
    answers = json.loads(
        run(GALLERY, 'query', gallery, toy / 'query', '--topk', 3, '--json')
    )
    assert len(answers) == 18
    for answer in answers:
        near = [hit['distance'] for hit in answer['hits']]
        assert (
            answer['in_gallery'] == (answer['nearest'] < value) == bool(near)
        )
        assert all(d < answer['threshold'] for d in near)
    everything = ('--threshold', 'inf', '--not-cameras', 0, '--cameras', 0, 1)
    answers = json.loads(
        run(GALLERY, 'query', gallery, toy / 'query', *everything, '--json')
    )
    cameras = {hit['camid'] for a in answers for hit in a['hits']}
    assert cameras == {1} and answers[0]['threshold'] is None


def test_images_are_removed_and_added_again(built, gallery, run):
    _, _, toy, _ = built
    images = toy / 'bounding_box_test'
    path = Gallery.open(gallery).entries.paths[-1]
    printed = run(GALLERY, 'remove', gallery, '--ids', 7, 8, '--paths', path)
    gone = int(re.search(r'removed (\d+) images', printed)[1])
    assert gone > 3 and len(Gallery.open(gallery)) == 24 - gone
    printed = run(GALLERY, 'add', gallery, images, *NAMES)
    assert f'added {gone} images: 24 images, 6 identities' in printed
    assert 'added 0 images' in run(GALLERY, 'add', gallery, images, *NAMES)


def test_what_does_not_fit_is_one_sentence(built, gallery, tmp_path, run):
    _, checkpoint, toy, _ = built
    bad = tmp_path / 'bad.jpg'
    bad.write_bytes(b'')
    flip = tmp_path / 'flip.py'
    flip.write_text(f"_base_ = '{built[0]}'\nmodel = dict(flip_test=True)\n")
    (tmp_path / 'foreign.npz').write_bytes(b'PK')
    for command, message in (
        (('build', gallery, toy), 'exists already'),
        (
            ('query', gallery, bad),
            'bad.jpg cannot be read (the file is empty)',
        ),
        (('query', tmp_path / 'g.npz', bad), 'g.npz does not exist'),
        (
            ('query', tmp_path / 'foreign.npz', bad),
            'foreign.npz is no gallery',
        ),
        (('add', tmp_path / 'g.npz', toy), 'g.npz does not exist'),
        (('remove', gallery, '--ids', 99), 'identity 99 is not in'),
        (('calibrate', gallery, toy / 'query'), 'identities are known'),
        (
            ('query', gallery, bad, '--model', flip, checkpoint),
            'the gallery was made with the model epoch_2.pth',
        ),
    ):
        printed = run(GALLERY, *command, status=1)
        assert printed.count('error: ') == 1 and message in printed
    assert 'names no images' in run(
        EXTRACT, checkpoint, '--out', tmp_path / 'f.npz', status=1
    )
    assert 'must end in .npz' in run(
        EXTRACT, checkpoint, toy, '--out', tmp_path / 'f.txt', status=1
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        *('.gallery.npz.lock', 'bad.jpg', 'flip.py', 'foreign.npz'),
        'gallery.npz',
    ]
