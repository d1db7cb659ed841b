"""OFA: the serial reading, its parameters and its literal twin."""

import pytest
import torch

from aanet.models.attention import FCAModule, MSAModule, OFAModule
from tests.helpers.models import perturb


@pytest.mark.parametrize(
    ('in_channels', 'out_channels', 'expected'),
    [
        (64, 256, 6_516),
        (256, 256, 49_488),
        (256, 512, 66_128),
        (512, 512, 196_256),
        (512, 1024, 262_304),
        (1024, 1024, 781_632),
        (1024, 2048, 1_044_800),
        (2048, 2048, 3_119_744),
    ],
)
def test_parameters_of_the_paper_s_positions(
    in_channels, out_channels, expected
):
    module = OFAModule(in_channels, out_channels)
    assert sum(p.numel() for p in module.parameters()) == expected


def parts_of(module):
    """FCA and MSA apart from the module, with its weights."""
    fca = FCAModule(16, 16, reduction=4)
    msa = MSAModule(16, 32, reduction=4).eval()
    fca.load_state_dict(module.fca.state_dict())
    msa.load_state_dict(module.msa.state_dict())
    return fca, msa


@pytest.mark.parametrize('act', ['sigmoid', 'none'])
def test_msa_reads_what_fca_strengthened(act):
    module = OFAModule(16, 32, reduction=4, fca_act=act)
    perturb(module).eval()
    fca, msa = parts_of(module)
    x = torch.randn(2, 16, 8, 4)
    weights = fca(x).sigmoid() if act == 'sigmoid' else fca(x)
    torch.testing.assert_close(module(x), msa(x * weights))
    assert (module(x) - msa(x)).abs().max() > 0.01


def test_fca_inside_starts_ordinarily_at_zero_bias():
    """Only the gate starts at zero: FCA must pass a gradient to W1."""
    module = OFAModule(64, 64)
    assert module.fca.excite.weight.std() > 0.1
    assert not module.fca.squeeze.bias.any()
    assert not module.fca.excite.bias.any()
    assert not module.msa.project.weight.any()


def test_convolutions_start_with_kaiming_fan_out():
    """Kaiming normal, fan out: std = sqrt(2 / (k * k * out channels))."""
    module = OFAModule(512, 512)
    for conv in (module.msa.reduce[0], module.fca.squeeze):
        expected = (2 / conv.out_channels) ** 0.5
        assert conv.weight.std().item() == pytest.approx(expected, rel=0.05)
    row = module.msa.branches[2][0]
    expected = (2 / (7 * row.out_channels)) ** 0.5
    assert row.weight.std().item() == pytest.approx(expected, rel=0.05)


def test_product_is_the_literal_equation_where_shapes_agree():
    """A = F * C * S, and S alone where the channels differ."""
    x = torch.randn(2, 16, 8, 4)
    same = perturb(OFAModule(16, 16, reduction=4, product=True)).eval()
    logits = same(x)
    expected = x * same.fca(x).sigmoid() * logits.sigmoid()
    torch.testing.assert_close(same.activate(x, logits), expected)

    wider = perturb(OFAModule(16, 32, reduction=4, product=True)).eval()
    logits = wider(x)
    torch.testing.assert_close(wider.activate(x, logits), logits.sigmoid())


def test_switches_reach_the_parts():
    module = OFAModule(
        16,
        32,
        2,
        reduction=2,
        fca_pool='avg',
        branch_norm=False,
        down='conv',
        msa_fuse='literal',
    )
    assert module.fca.squeeze.out_channels == 8
    assert module.msa.branch_channels == 8
    assert module.msa.project.stride == (2, 2)
    assert module.msa.expand.weight.shape == (16, 32, 1, 1)
    x = torch.rand(1, 16, 4, 4)
    torch.testing.assert_close(module.fca.pool(x), x.mean((2, 3), True))


@pytest.mark.parametrize(
    ('switch', 'message'),
    [
        ({'fca_act': 'tanh'}, r"fca_act must be .*got 'tanh'"),
        ({'fca_pool': 'min'}, r"pool must be .*got 'min'"),
        ({'down': 'max'}, r"down must be .*got 'max'"),
        ({'msa_fuse': 'sum'}, r"fuse must be .*got 'sum'"),
    ],
)
def test_unknown_switches_are_refused(switch, message):
    with pytest.raises(ValueError, match=message):
        OFAModule(8, 8, **switch)
