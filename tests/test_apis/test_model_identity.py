from dataclasses import replace

import pytest
import torch

from aanet.apis.model_identity import ModelIdentity, hash_file, hash_weights

IDENTITY = ModelIdentity('a.py', 96, 48, 12, False, 'f' * 64, 'w' * 64)


@pytest.mark.parametrize(
    ('changes', 'agree'),
    [
        ({}, True),
        ({'name': 'b.py'}, True),
        ({'checkpoint_sha256': ''}, True),
        ({'weights_sha256': ''}, True),
        ({'weights_sha256': 'x'}, False),
        ({'weights_sha256': '', 'checkpoint_sha256': 'x'}, False),
        ({'height': 97}, False),
        ({'width': 49}, False),
        ({'feature_dim': 13}, False),
        ({'flip_test': True}, False),
    ],
)
def test_weights_count_and_else_the_file(changes, agree):
    other = replace(IDENTITY, **changes)
    assert IDENTITY.agrees_with(other) == agree
    assert other.agrees_with(IDENTITY) == agree


def test_it_comes_back_from_a_dict():
    assert ModelIdentity.from_dict(IDENTITY.as_dict()) == IDENTITY
    for change in ({'height': '96'}, {'flip_test': 1}, {'more': 1}):
        with pytest.raises(ValueError, match='damaged'):
            ModelIdentity.from_dict({**IDENTITY.as_dict(), **change})


def test_a_file_with_other_things_has_the_same_weights(tmp_path):
    weights = {'b': torch.tensor(3), 'a': torch.rand(2, 3).half()}
    for name, more in (('x', 1), ('y', 2)):
        torch.save({'state_dict': weights, 'more': more}, tmp_path / name)
    assert hash_file(tmp_path / 'x') != hash_file(tmp_path / 'y')
    hashed = hash_weights(weights)
    assert hash_weights(dict(reversed(weights.items()))) == hashed
    for name, value in (
        ('a', weights['a'] + 1),
        ('a', weights['a'].float()),
        ('a', weights['a'].T),
        ('c', weights['a']),
    ):
        assert hash_weights({**weights, name: value}) != hashed


def test_strided_weights_hash_as_plain_ones():
    plain = torch.rand(4, 3, 2, 2)
    strided = plain.to(memory_format=torch.channels_last)
    assert hash_weights({'a': plain}) == hash_weights({'a': strided})
