"""Which checkpoint a run goes on from."""

import math
import os

import torch

from aanet.utils.resume import latest_checkpoint, latest_finite_checkpoint


def write(folder, *names):
    """Checkpoints, each written a second after the one before."""
    for second, name in enumerate(names):
        (folder / name).write_bytes(b'x')
        os.utime(folder / name, (second, second))


def test_a_new_folder_has_none(tmp_path):
    assert latest_checkpoint(tmp_path) is None
    assert latest_checkpoint(tmp_path / 'missing') is None


def test_the_noted_one_is_taken(tmp_path):
    write(tmp_path, 'epoch_1.pth', 'epoch_2.pth')
    noted = str(tmp_path / 'epoch_1.pth')
    (tmp_path / 'last_checkpoint').write_text(noted + '\n')
    assert latest_checkpoint(tmp_path) == noted


def test_without_a_useful_note_the_newest_is_taken(tmp_path):
    """By time: epoch_10 comes after epoch_9, whatever the spelling."""
    write(tmp_path, 'epoch_9.pth', 'epoch_10.pth')
    newest = str(tmp_path / 'epoch_10.pth')
    assert latest_checkpoint(tmp_path) == newest
    for note in ('', '\n', str(tmp_path / 'epoch_11.pth')):
        (tmp_path / 'last_checkpoint').write_text(note)
        assert latest_checkpoint(str(tmp_path)) == newest


def test_other_files_are_no_checkpoints_of_the_run(tmp_path):
    write(
        tmp_path,
        'iter_30.pth',
        'best_reid_mAP_epoch_1.pth',
        'epoch_x.pth',
        '.epoch_2.pth.1.partial',
    )
    assert latest_checkpoint(tmp_path) == str(tmp_path / 'iter_30.pth')


def save(folder, second, name, *values):
    weights = {'w': torch.tensor(values), 'count': torch.tensor(3)}
    torch.save({'state_dict': weights}, folder / name)
    os.utime(folder / name, (second, second))


def test_the_last_one_without_nan_is_found(tmp_path):
    assert latest_finite_checkpoint(tmp_path) is None
    save(tmp_path, 1, 'iter_1.pth', 1.0)
    save(tmp_path, 2, 'iter_2.pth', 2.0)
    save(tmp_path, 3, 'iter_3.pth', 2.0, math.inf)
    save(tmp_path, 4, 'iter_4.pth', math.nan, 1.0)
    save(tmp_path, 5, 'best_mAP_iter_2.pth', 2.0)
    (tmp_path / 'last_checkpoint').write_text(str(tmp_path / 'iter_4.pth'))
    assert latest_finite_checkpoint(tmp_path) == str(tmp_path / 'iter_2.pth')


def test_there_may_be_none_without_nan(tmp_path):
    save(tmp_path, 1, 'iter_1.pth', math.nan)
    assert latest_finite_checkpoint(tmp_path) is None
