"""The metric: what it collects, returns, prints, writes and refuses."""

import numpy as np
import pytest
import torch
from mmengine.logging import MessageHub
from mmpretrain.structures import DataSample

from aanet.evaluation import ReIDMetric
from aanet.evaluation.metrics import reid_metric
from aanet.registry import METRICS


def sample(degrees, pid, camid, split, length=1.0):
    """A data sample with a 2-D feature at an angle, as the model gives it."""
    angle = torch.tensor(float(degrees)).deg2rad()
    data_sample = DataSample(
        metainfo={
            'camid': camid,
            'split': split,
            'img_path': f'{split}/{pid:04d}_c{camid}_{degrees}.jpg',
        }
    )
    data_sample.set_gt_label(pid)
    feature = length * torch.stack([angle.cos(), angle.sin()])
    data_sample.set_field(feature, 'pred_feature')
    return data_sample.to_dict()


SAMPLES = [
    # The query of identity 1 at 0 degrees, camera 0, sees in this order:
    sample(0, 1, 0, 'query'),
    sample(1, -1, 1, 'gallery'),  # junk: identity -1
    sample(2, 1, 0, 'gallery'),  # junk: own camera
    sample(10, 0, 2, 'gallery'),  # position 0: distractor
    sample(20, 1, 1, 'gallery', 9),  # position 1: match; AP 1/2
    sample(40, 2, 1, 'gallery'),  # position 2: negative
    sample(60, 1, 2, 'gallery'),  # position 3: match; AP 2/4
    # The query of identity 2: its match, 5 degrees away, comes first.
    sample(45, 2, 0, 'query'),
    # Nobody shows identity 3.
    sample(90, 3, 0, 'query'),
]

# Query 1: step AP (1/2 + 2/4) / 2, trapezoid ((0 + 1/2) + (1/3 + 2/4)) / 4,
# INP 2/4. Query 2: all 1.
STEP = 100 * (1 / 2 + 1) / 2
TRAPEZOID = 100 * (1 / 3 + 1) / 2
FIGURES = {
    'reid/mAP': STEP,
    'reid/Rank-1': 50.0,
    'reid/Rank-5': 100.0,
    'reid/Rank-10': 100.0,
    'reid/mINP': 75.0,
}


@pytest.fixture(autouse=True)
def message_hub(monkeypatch):
    """A message hub of this test alone."""
    hub = MessageHub('reid-metric-test')
    monkeypatch.setattr(MessageHub, 'get_current_instance', lambda: hub)
    return hub


@pytest.fixture
def log(monkeypatch):
    """The lines that the metric logs."""
    lines = []
    monkeypatch.setattr(
        reid_metric, 'print_log', lambda text, logger: lines.append(text)
    )
    return lines


def evaluate(samples=SAMPLES, size=None, **options):
    metric = METRICS.build({'type': 'ReIDMetric', **options})
    metric.dataset_meta = {'dataset': 'CUHK03-NP (detected)'}
    for start in range(0, len(samples), 2):
        metric.process(None, samples[start : start + 2])
    return metric.evaluate(len(samples) if size is None else size)


def table_of(log):
    """The rows of the one table logged, by name."""
    (text,) = log
    rows = [line.split('|')[1:3] for line in text.splitlines() if '|' in line]
    return {name.strip(): value.strip() for name, value in rows}


def test_figures_by_hand():
    figures = evaluate()
    assert list(figures) == list(FIGURES)
    assert figures == pytest.approx(FIGURES)


def test_trapezoid_is_reported_when_asked_for():
    figures = evaluate(ap='trapezoid')
    assert figures == pytest.approx({**FIGURES, 'reid/mAP': TRAPEZOID})
    # Not rounded: two thirds in percent.
    assert figures['reid/mAP'] != round(figures['reid/mAP'], 6)


def test_distance_is_used():
    # The long feature at 20 degrees falls to the last position.
    figures = evaluate(distance='euclidean')
    assert figures['reid/mAP'] == pytest.approx(100 * (5 / 12 + 1) / 2)


def test_prefix_and_topk():
    figures = evaluate(prefix='val', topk=(1, 2))
    assert list(figures) == ['val/mAP', 'val/Rank-1', 'val/Rank-2', 'val/mINP']


def test_padding_is_dropped():
    padded = [*SAMPLES, SAMPLES[0], SAMPLES[4]]
    assert evaluate(padded, size=len(SAMPLES)) == evaluate()
    assert evaluate(padded) != evaluate()


def test_roc_adds_rates_and_thresholds(log):
    figures = evaluate(roc=True)
    rates = {key for key in figures if 'FPR' in key}
    assert rates == {
        f'reid/{name}@FPR=1e-{power}'
        for name in ('TPR', 'threshold')
        for power in (2, 3, 4)
    }
    # The nearest negative is the distractor, 10 degrees from query 1; of the
    # three matches only that of query 2 is nearer, 5 degrees away.
    threshold = 1 - np.cos(np.deg2rad(10))
    assert figures['reid/threshold@FPR=1e-4'] == pytest.approx(
        threshold, abs=1e-6
    )
    assert figures['reid/TPR@FPR=1e-4'] == pytest.approx(100 / 3)
    assert 'threshold@FPR=1e-2' in table_of(log)


def test_re_ranking_is_used_and_named(log):
    rng = np.random.default_rng(0)
    samples = [
        sample(angle, pid, camid, split)
        for camid, split in enumerate(('query', 'gallery', 'gallery'))
        for pid, angle in enumerate(rng.uniform(0, 360, 20))
    ]
    plain = evaluate(samples)
    re_ranked = evaluate(samples, rerank={'k1': 4}, roc=True)
    assert re_ranked['reid/mAP'] != plain['reid/mAP']
    assert 'reid/TPR@FPR=1e-2' in re_ranked
    assert table_of(log[:1])['re-ranked'] == 'no'
    options = 'yes (k1=4, k2=6, lambda_value=0.3)'
    assert table_of(log[1:])['re-ranked'] == options


def test_table_shows_figures_and_conditions(log):
    evaluate()
    assert table_of(log) == {
        're-ID evaluation': 'value',
        'data set': 'CUHK03-NP (detected)',
        'query images': '3',
        'query identities': '3',
        'queries without a match (excluded)': '1',
        'gallery images': '6',
        'gallery identities': '2',
        'gallery junk (identity -1)': '1',
        'gallery distractors (in no query)': '1',
        'cameras': '3',
        'distance': 'cosine',
        're-ranked': 'no',
        'Rank-1': '50.0',
        'Rank-5': '100.0',
        'Rank-10': '100.0',
        'mAP (step)': '75.0',
        'mAP (trapezoid)': '66.7',
        '"mAP" stands for': 'step',
        'mINP': '75.0',
    }


def test_table_shows_what_the_message_hub_knows(log, message_hub):
    message_hub.update_info('flip_test', True)
    message_hub.update_info('extraction_seconds', 0.5)
    message_hub.update_info('extraction_images', 100)
    evaluate()
    table = table_of(log)
    assert table['flip test'] == 'yes'
    expected = '5.00 ms per image, 0.5 s in total'
    assert table['feature extraction'] == expected


def test_cameras_may_be_unknown(log):
    samples = [dict(one, camid=None) for one in SAMPLES]
    del samples[0]['camid']
    # The image at 2 degrees is a match now: AP (1 + 2/3 + 3/5) / 3.
    figures = evaluate(samples)
    assert figures['reid/mAP'] == pytest.approx(100 * (34 / 45 + 1) / 2)
    assert table_of(log)['cameras'] == 'unknown: none is excluded'


def test_out_file_holds_everything(tmp_path):
    path = tmp_path / 'new' / 'features.npz'
    evaluate(out_file=str(path))
    assert [file.name for file in path.parent.iterdir()] == ['features.npz']
    with np.load(path, allow_pickle=False) as file:
        saved = dict(file)
    assert saved['features'].dtype == np.float32
    expected = torch.stack([one['pred_feature'] for one in SAMPLES])
    assert saved['features'].tolist() == expected.tolist()
    assert saved['pids'].tolist() == [1, -1, 1, 0, 1, 2, 1, 2, 3]
    assert saved['camids'].tolist() == [0, 1, 0, 2, 1, 1, 2, 0, 0]
    assert saved['splits'].tolist() == [one['split'] for one in SAMPLES]
    assert saved['img_paths'][1] == 'gallery/-001_c1_1.jpg'
    assert saved['dataset'] == 'CUHK03-NP (detected)'


def test_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / 'features.npz'
    path.write_bytes(b'old')

    def fail(file, **arrays):
        file.write(b'half')
        raise OSError('disk full')

    monkeypatch.setattr(np, 'savez', fail)
    with pytest.raises(OSError, match='disk full'):
        evaluate(out_file=str(path))
    assert path.read_bytes() == b'old'
    assert list(tmp_path.iterdir()) == [path]


def test_kept_features_share_no_memory_with_the_batch():
    batch = torch.ones(2, 2, dtype=torch.float64)
    samples = [
        dict(SAMPLES[i], pred_feature=feature)
        for i, feature in enumerate(batch)
    ]
    metric = ReIDMetric()
    metric.process(None, samples)
    batch.zero_()
    kept = [result['feature'] for result in metric.results]
    assert [feature.tolist() for feature in kept] == [[1, 1], [1, 1]]
    assert all(feature.dtype == np.float32 for feature in kept)


@pytest.mark.parametrize('split', ['query', 'gallery'])
def test_a_missing_split_is_named(split):
    samples = [one for one in SAMPLES if one['split'] == split]
    message = {
        'query': "3 query and 0 gallery images.*split='test'",
        'gallery': "0 query and 6 gallery images.*split='test'",
    }
    with pytest.raises(ValueError, match=message[split]):
        evaluate(samples)


@pytest.mark.parametrize(
    ('field', 'message'),
    [
        ('pred_feature', "misses 'pred_feature'.*head"),
        ('gt_label', "misses 'gt_label'.*data set"),
        ('split', "misses 'split'.*meta_keys.*PackInputs"),
    ],
)
def test_a_missing_field_is_named(field, message):
    broken = dict(SAMPLES[0])
    del broken[field]
    with pytest.raises(ValueError, match=message):
        ReIDMetric().process(None, [broken])


def test_unknown_split_is_refused():
    with pytest.raises(ValueError, match="'gallery', not 'train'"):
        ReIDMetric().process(None, [dict(SAMPLES[0], split='train')])


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'distance': 'l1'}, "distance must be one of .* not 'l1'"),
        ({'ap': 'voc'}, "'step' or 'trapezoid', not 'voc'"),
        ({'topk': (0,)}, 'topk of ReIDMetric must lie in 1..max_rank'),
        ({'topk': (1, 51)}, r'max_rank \(50\), not \(1, 51\)'),
        ({'rerank': {'k3': 1}}, r"no option \['k3'\]: it takes \['k1'"),
        ({'rerank': {'k1': 0}}, 'k1 of at least 1, not 0'),
        ({'out_file': 'features.pkl'}, "end in .npz, not 'features.pkl'"),
    ],
)
def test_bad_options_are_refused_at_construction(options, message):
    with pytest.raises(ValueError, match=message):
        ReIDMetric(**options)
