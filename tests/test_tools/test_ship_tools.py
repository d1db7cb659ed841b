import json
import re
import sys

import pytest

from aanet.deployment import export
from tests.helpers.tools import run_inside, run_tool, test_scores

EXPORT = 'tools/deployment/export_onnx.py'
PUBLISH = 'tools/model_converters/publish_model.py'
BENCHMARK = 'tools/analysis_tools/benchmark.py'
TEST = 'tools/test.py'


@pytest.fixture(scope='module')
def exported(tiny_run):
    """Config, checkpoint, exported file, and what the tool printed."""
    for name in ('onnxruntime', 'onnxscript'):
        pytest.importorskip(name, reason='the extra [export] is missing')
    folder, config, work_dir, _ = tiny_run
    checkpoint = work_dir / 'epoch_2.pth'
    out = folder / 'exported' / 'tiny.onnx'
    done = run_tool(EXPORT, config, checkpoint, '--out', out, '--evaluate')
    return config, checkpoint, out, done


@pytest.fixture(scope='module')
def pictures(tiny_run):
    """Folder of drawn pictures, which the export has made."""
    return tiny_run[0] / 'toy' / 'bounding_box_train'


def rows_of(text):
    """Cells of each row of the tables in a text."""
    lines = [line for line in text.splitlines() if line.startswith('|')]
    return [[cell.strip() for cell in line.split('|')[1:-1]] for line in lines]


def test_an_export_is_checked_and_evaluated(exported):
    _, _, out, done = exported
    rows = rows_of(done.stdout)
    sizes = [row for row in rows if row[0] in ('1', '16')]
    assert len(sizes) == 2
    for _, difference, distance, cosine, agreement in sizes:
        assert float(difference) <= float(distance) < 1e-5
        assert (cosine, agreement) == ('1.000000', '100.0%')
    scores = {
        row[0]: row[1:] for row in rows if 'R' in row[0] or 'm' in row[0]
    }
    for name in ('mAP (step)', 'Rank-1'):
        ours, theirs, change = map(float, scores[name])
        assert 0 <= ours <= 100
        assert change == pytest.approx(theirs - ours, abs=0.011)
        assert abs(change) < 0.5
    assert re.search(r'wrote .*tiny\.onnx.*fp32 of tiny\.py', done.stdout)
    assert [path.name for path in out.parent.iterdir()] == ['tiny.onnx']
    for noise in ('torch.onnx', 'FutureWarning', 'onnxscript', 'WARNING'):
        assert noise not in done.stdout + done.stderr


def test_the_file_finds_what_a_test_finds(exported, tiny_run, pictures):
    """From files to features, with a file that knows its own pipeline."""
    from aanet.apis import ReIDInferencer

    config, checkpoint, out, _ = exported
    paths = sorted(map(str, pictures.glob('*.jpg')))[:5]
    feats = [
        ReIDInferencer(*model, device='cpu', backend=backend)
        .extract(paths)
        .features
        for model, backend in (
            ((str(out),), 'onnxruntime'),
            ((str(config), str(checkpoint)), 'torch'),
        )
    ]
    assert feats[0].shape == (5, 384)
    assert abs(feats[0] - feats[1]).max() < 1e-5


@pytest.fixture
def export_inside(exported, pictures, monkeypatch, capsys):
    """Run the tool here, with pictures of a folder and a given translation."""
    import onnx

    config, checkpoint, fp32, _ = exported

    def run(out, *arguments, spoil=lambda model: None):
        model = onnx.load(fp32)
        spoil(model)
        # Translating takes most of the time, and is the same each time.
        monkeypatch.setattr(export, '_translate', lambda _: model)
        pair = (config, checkpoint, '--out', out, '--images', pictures)
        return run_inside(monkeypatch, capsys, EXPORT, *pair, *arguments)

    return run


def test_int8_is_calibrated_with_images_of_a_folder(
    export_inside, exported, tmp_path
):
    out = tmp_path / 'int8.onnx'
    status, printed = export_inside(
        out, '--precision', 'int8', '--num-images', 12
    )
    assert status == 0, printed.err
    assert '12 images through' in printed.out
    assert out.stat().st_size < exported[2].stat().st_size / 2
    row = next(row for row in rows_of(printed.out) if row[0] == '16')
    assert 1e-4 < float(row[2]) < 0.2


def scale_a_weight(model):
    import onnx

    weight = model.graph.initializer[0]
    values = 1.5 * onnx.numpy_helper.to_array(weight)
    weight.CopyFrom(onnx.numpy_helper.from_array(values, weight.name))


@pytest.mark.parametrize(
    ('tolerance', 'spoil'),
    [((), scale_a_weight), (('--tolerance', 1e-12), lambda model: None)],
)
def test_a_file_that_is_too_far_off_never_gets_its_name(
    export_inside, tmp_path, tolerance, spoil
):
    out = tmp_path / 'model.onnx'
    out.write_text('an earlier file', 'utf-8')
    status, printed = export_inside(
        out, '--num-images', 3, *tolerance, spoil=spoil
    )
    assert status == 1
    assert 'was not written: its features are further' in printed.err
    assert out.read_text('utf-8') == 'an earlier file'
    assert [path.name for path in tmp_path.iterdir()] == ['model.onnx']


@pytest.mark.parametrize(
    ('option', 'value', 'message'),
    [
        ('--num-images', 1, 'must be a whole number from 2 on'),
        ('--batch-size', 'many', 'must be a whole number from 2 on'),
    ],
)
def test_an_export_says_what_it_lacks(
    tmp_path, monkeypatch, capsys, option, value, message
):
    arguments = ('config.py', 'a.pth', '--out', tmp_path / 'a.onnx')
    status, printed = run_inside(
        monkeypatch, capsys, EXPORT, *arguments, option, value
    )
    assert status == 2
    assert message in printed.err


def test_a_missing_package_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'onnxscript', None)
    arguments = ('config.py', 'a.pth', '--out', tmp_path / 'a.onnx')
    status, printed = run_inside(monkeypatch, capsys, EXPORT, *arguments)
    assert status == 1
    assert "run `pip install -e '.[export]'`" in printed.err


def test_a_published_checkpoint_has_the_scores_of_its_source(
    tiny_run, tmp_path, monkeypatch, capsys
):
    _, config, work_dir, _ = tiny_run
    source = work_dir / 'epoch_2.pth'
    done = run_tool(PUBLISH, source, tmp_path / 'tiny.pth')
    (published,) = tmp_path.glob('tiny-*.pth')
    assert re.fullmatch(r'tiny-[0-9a-f]{8}\.pth', published.name)
    assert str(published) in done.stdout
    assert published.stat().st_size < 0.7 * source.stat().st_size
    arguments = (config, published, '--work-dir', tmp_path / 'test')
    status, printed = run_inside(monkeypatch, capsys, TEST, *arguments)
    assert status == 0, printed.err[-2000:]
    scores = test_scores(tmp_path / 'test')
    (log,) = work_dir.glob('*/vis_data/scalars.json')
    of_the_run = json.loads(log.read_text('utf-8').splitlines()[-1])
    names = [name for name in scores if name.startswith('reid/')]
    assert 'reid/mAP' in names
    assert [of_the_run[n] for n in names] == [scores[n] for n in names]


def test_the_benchmark_times_each_backend_at_each_size(
    exported, monkeypatch, capsys
):
    config, _, out, _ = exported
    few = ('--iterations', 2, '--warmup', 1, '--batch-sizes', 1, 3)
    done = run_tool(BENCHMARK, config, '--onnx', out, '--json', *few)
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary['input'] == [96, 48] and summary['threads'] == 1
    backends = [
        'PyTorch fp32',
        'PyTorch bf16 autocast',
        f'ONNX Runtime {out.name}',
    ]
    timed = [(row['backend'], row['batch_size']) for row in summary['rows']]
    assert timed == [(name, size) for size in (1, 3) for name in backends]
    for row in summary['rows']:
        assert 0 < row['median_ms'] <= row['p95_ms']
        assert row['images_per_s'] > 0
    status, printed = run_inside(
        monkeypatch, capsys, BENCHMARK, config, exported[1], *few
    )
    assert status == 0, printed.err
    rows = rows_of(printed.out)
    assert [row[:2] for row in rows[1:]] == [
        [name, size] for size in '13' for name in backends[:2]
    ]
