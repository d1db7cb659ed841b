import shutil

import cv2
import numpy as np
import pytest
import torch
from mmengine.runner import Runner

from aanet.apis import ReIDInferencer
from aanet.apis.torch_backend import find_config
from aanet.evaluation.functional import pairwise_distance
from aanet.visualization import extract_features, load_model

LIMIT = 1e-6


def test_features_are_those_of_a_test(tiny, extracted):
    model = load_model(tiny.cfg, tiny.checkpoint)
    loader = Runner.build_dataloader(tiny.cfg.test_dataloader, seed=0)
    tested = extract_features(model, loader)
    np.testing.assert_allclose(extracted.features, tested.features, atol=LIMIT)
    assert extracted.paths == tested.img_paths.tolist()
    assert extracted.features.dtype == np.float32


def test_arrays_give_what_their_files_give(tiny, inferencer, extracted):
    arrays = [cv2.imread(path) for path in tiny.paths[:5]]
    found = inferencer.extract(arrays)
    np.testing.assert_allclose(
        found.features, extracted.features[:5], atol=LIMIT
    )
    assert found.paths == [''] * 5 and found.name(3) == 'image 3'


@pytest.mark.parametrize(('batch_size', 'workers'), [(1, 0), (5, 2), (99, 0)])
def test_batches_do_not_matter(
    tiny, inferencer, extracted, batch_size, workers
):
    found = inferencer.extract(
        tiny.paths[:12], batch_size=batch_size, num_workers=workers
    )
    np.testing.assert_allclose(
        found.features, extracted.features[:12], atol=LIMIT
    )


def test_folders_are_read_in_order(tiny, inferencer, extracted):
    found = inferencer.extract(tiny.query)
    number = len(found)
    assert found.paths == extracted.paths[:number]
    np.testing.assert_allclose(
        found.features, extracted.features[:number], atol=LIMIT
    )


@pytest.mark.parametrize('kind', ['path', 'config', 'weights alone'])
def test_models_are_named_in_several_ways(tiny, inferencer, kind):
    model = {'path': tiny.config, 'config': tiny.cfg, 'weights alone': None}
    other = ReIDInferencer(
        model[kind], tiny.checkpoint, 'cpu', show_progress=False
    )
    assert other.backend.identity.agrees_with(inferencer.backend.identity)


def test_the_global_scope_does_not_matter(tiny):
    from mmengine.registry import DefaultScope

    with DefaultScope.overwrite_default_scope('mmengine'):
        ReIDInferencer(tiny.checkpoint, show_progress=False)


def test_configs_are_found_by_name():
    path = find_config('aanet_r50_market')
    assert path.parts[-3:] == ('configs', 'aanet', 'aanet_r50_market.py')
    with pytest.raises(FileNotFoundError, match='mean aanet_r50_market'):
        find_config('aanet_r50_markt')


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ([], 'None is none'),
        (['aanet_r50_market'], 'aanet_r50_market is none'),
        (['gone.pth'], 'gone.pth does not exist'),
        (['aanet_r50_market', 'CHECKPOINT'], 'is of another model'),
        (['configs/_base_/default_runtime.py', 'CHECKPOINT'], 'lacks model'),
    ],
)
def test_what_does_not_fit_is_named(tiny, arguments, message):
    given = [tiny.checkpoint if a == 'CHECKPOINT' else a for a in arguments]
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        ReIDInferencer(*given)


def test_unknown_backends_are_named(tiny):
    with pytest.raises(ValueError, match=r"one of \['onnx.*not 'caffe'"):
        ReIDInferencer(tiny.checkpoint, backend='caffe')


def test_unreadable_images_are_named_or_left_out(tmp_path, tiny, inferencer):
    good = [shutil.copy(path, tmp_path) for path in tiny.paths[:2]]
    bad = tmp_path / 'bad.jpg'
    bad.write_bytes(b'nothing')
    inputs = [good[0], str(bad), good[1]]
    with pytest.raises(ValueError, match=r'bad\.jpg cannot be read.*--skip'):
        inferencer.extract(inputs)
    found = inferencer.extract(inputs, skip_unreadable=True)
    assert found.paths == good and found.kept.tolist() == [0, 2]
    assert 'bad.jpg cannot be read' in found.unreadable[str(bad)]
    nothing = inferencer.extract(str(bad), skip_unreadable=True)
    assert nothing.features.shape == (0, found.features.shape[1])


def test_the_conventions_of_mmengine(tiny, inferencer):
    result = inferencer(tiny.paths[:2], return_datasamples=True, batch_size=1)
    first = result['predictions'][0]
    assert first.img_path == tiny.paths[0]
    assert isinstance(first.pred_feature, torch.Tensor)
    assert result['visualization'] == []
    with pytest.raises(ValueError, match='unknown argument'):
        inferencer(tiny.paths[:1], topk=3)


def test_distances_and_neighbors(tiny, inferencer, extracted):
    part = inferencer.extract(tiny.gallery)
    distances = inferencer.distances(tiny.query, part, 'euclidean')
    wanted = pairwise_distance(
        inferencer.extract(tiny.query).features, part.features, 'euclidean'
    )
    torch.testing.assert_close(distances, wanted, atol=1e-5, rtol=0)
    (row,) = inferencer.topk(tiny.paths[4], extracted, k=3)
    assert [len(row), row[0][0]] == [3, tiny.paths[4]]
    assert row[0][1] == pytest.approx(0, abs=1e-5)
    assert [d for _, d in row] == sorted(d for _, d in row)


def test_features_of_other_models_are_refused(tmp_path, tiny, extracted):
    saved = torch.load(tiny.checkpoint)
    saved['state_dict']['backbone.conv1.weight'] *= 2
    torch.save(saved, tmp_path / 'other.pth')
    other = ReIDInferencer(str(tmp_path / 'other.pth'), show_progress=False)
    with pytest.raises(ValueError, match=r'features are of tiny\.pth.*other'):
        other.topk(tiny.paths[0], extracted)


def test_progress_is_shown(tiny, capsys):
    ReIDInferencer(tiny.checkpoint)(tiny.paths[:2])
    assert 'Inference' in capsys.readouterr().out
