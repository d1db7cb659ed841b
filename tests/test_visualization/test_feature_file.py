import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample

from aanet.visualization import extract_features, load_features
from tests.test_visualization.helpers import draw_set, join


def test_features_come_back_as_saved(tmp_path):
    features = join(*draw_set(tmp_path))
    features.save(tmp_path / 'f.npz', 'SomeSet')
    loaded, dataset = load_features(tmp_path / 'f.npz')
    assert dataset == 'SomeSet'
    for name, array in vars(features).items():
        np.testing.assert_array_equal(vars(loaded)[name], array)


def test_other_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'a\.npz does not exist'):
        load_features(tmp_path / 'a.npz')
    np.savez(tmp_path / 'b.npz', features=np.zeros(3))
    with pytest.raises(ValueError, match=r'b\.npz is no feature file.*pids'):
        load_features(tmp_path / 'b.npz')
    half = (tmp_path / 'b.npz').read_bytes()[:100]
    for content in (b'nothing', half):
        (tmp_path / 'c.npz').write_bytes(content)
        with pytest.raises(ValueError, match=r'c\.npz is no feature file'):
            load_features(tmp_path / 'c.npz')


class SumModel:
    """Its feature is the sum of the image, twice."""

    def test_step(self, batch):
        assert not torch.is_grad_enabled()
        for image, sample in zip(
            batch['inputs'], batch['data_samples'], strict=True
        ):
            sample.pred_feature = image.sum().repeat(2)
        return batch['data_samples']


def test_extraction_keeps_what_the_metric_would(capsys):
    batches = []
    for number, split in enumerate(['query', 'gallery']):
        sample = DataSample().set_gt_label(number + 5)
        meta = dict(split=split, camid=number, img_path=f'{number}.jpg')
        sample.set_metainfo(meta)
        image = torch.full((2, 2), float(number))
        batches.append(dict(inputs=[image], data_samples=[sample]))
    features = extract_features(SumModel(), batches)
    np.testing.assert_array_equal(features.features, [[0, 0], [4, 4]])
    assert features.pids.tolist() == [5, 6]
    assert features.camids.tolist() == [0, 1]
    assert features.splits.tolist() == ['query', 'gallery']
    assert features.img_paths.tolist() == ['0.jpg', '1.jpg']
    capsys.readouterr()
