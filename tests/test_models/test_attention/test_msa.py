"""MSA against four separate branches, and its switches."""

import pytest
import torch
import torch.nn.functional as F

from aanet.models.attention import MSAModule
from tests.helpers.models import perturb


def reference_logits(module, x):
    """Four branches with a reduction each, concatenated and projected."""
    m = module.branch_channels
    conv, norm = module.reduce[0], module.reduce[1]
    outs = []
    for index, size in enumerate((1, 3, 5, 7)):
        own = slice(index * m, (index + 1) * m)
        u = F.relu(
            F.batch_norm(
                F.conv2d(x, conv.weight[own]),
                norm.running_mean[own],
                norm.running_var[own],
                norm.weight[own],
                norm.bias[own],
            )
        )
        if size > 1:
            row, row_norm, _, column, column_norm, _ = module.branches[
                index - 1
            ]
            assert row.weight.shape == (m, m, 1, size)
            assert column.weight.shape == (m, m, size, 1)
            u = F.conv2d(u, row.weight, padding=(0, size // 2))
            u = row_norm(u).relu()
            u = F.conv2d(u, column.weight, padding=(size // 2, 0))
            u = column_norm(u).relu()
        outs.append(u)
    y = torch.cat(outs, 1)
    return F.conv2d(y, module.project.weight, module.project.bias)


def test_equals_four_separate_branches():
    module = perturb(MSAModule(32, 48, reduction=4)).eval()
    x = torch.randn(3, 32, 9, 7)
    torch.testing.assert_close(module(x), reference_logits(module, x))


@pytest.mark.parametrize(
    ('rows', 'columns'), [(3, 0), (0, 3)], ids=['height', 'width']
)
def test_a_pixel_reaches_three_pixels_and_no_further(rows, columns):
    """The largest field is 7 x 7, and it looks both ways."""
    module = perturb(MSAModule(16, 16, reduction=2)).eval()
    x = torch.randn(1, 16, 15, 15)
    changed = x.clone()
    changed[:, :, 7, 7] += 5
    moved = (module(x) - module(changed)).abs().amax((0, 1)) > 1e-6
    assert moved[7 + rows, 7 + columns]
    assert not moved[:4].any() and not moved[:, :4].any()
    assert not moved[11:].any() and not moved[:, 11:].any()


def test_concat_equals_the_literal_stack_in_double():
    """Wp = [P E_1, ..., P E_4]: two linear steps are one."""
    literal = perturb(MSAModule(32, 48, reduction=4, fuse='literal'))
    literal.double().eval()
    concat = MSAModule(32, 48, reduction=4).double().eval()
    state = literal.state_dict()
    expand = state.pop('expand.weight')[:, :, 0, 0]
    project = state['project.weight'][:, :, 0, 0]
    state['project.weight'] = (project @ expand)[:, :, None, None]
    concat.load_state_dict(state)
    x = torch.randn(2, 32, 9, 7, dtype=torch.float64)
    torch.testing.assert_close(concat(x), literal(x), rtol=1e-10, atol=1e-12)
    assert literal(x).std() > 0.1


def strided_pair(down):
    """A strided module and its twin of stride 1 with the same weights."""
    strided = perturb(MSAModule(16, 32, 2, reduction=4, down=down)).eval()
    dense = MSAModule(16, 32, 1, reduction=4).eval()
    dense.load_state_dict(strided.state_dict())
    return strided, dense


def test_avg_equals_pooling_the_logits():
    strided, dense = strided_pair('avg')
    x = torch.randn(2, 16, 12, 6)
    torch.testing.assert_close(strided(x), F.avg_pool2d(dense(x), 2))


def test_conv_takes_every_other_logit():
    strided, dense = strided_pair('conv')
    x = torch.randn(2, 16, 12, 6)
    torch.testing.assert_close(strided(x), dense(x)[:, :, ::2, ::2])


def test_input_pools_the_input():
    strided, dense = strided_pair('input')
    x = torch.randn(2, 16, 12, 6)
    torch.testing.assert_close(strided(x), dense(F.avg_pool2d(x, 2)))


def test_without_branch_norm_a_branch_is_affine():
    module = MSAModule(16, 16, reduction=4, branch_norm=False)
    perturb(module)
    kinds = {type(part) for part in module.modules()}
    assert torch.nn.BatchNorm2d not in kinds
    assert torch.nn.ReLU not in kinds
    assert all(
        part.bias is not None
        for part in module.modules()
        if isinstance(part, torch.nn.Conv2d)
    )
    x, y = torch.randn(2, 1, 16, 8, 8)
    zero = module(torch.zeros_like(x))
    torch.testing.assert_close(
        module(x + y) - zero,
        module(x) - zero + module(y) - zero,
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.parametrize(
    ('switch', 'message'),
    [
        ({'down': 'max'}, r"down must be .*got 'max'"),
        ({'fuse': 'sum'}, r"fuse must be .*got 'sum'"),
    ],
)
def test_unknown_switches_are_refused(switch, message):
    with pytest.raises(ValueError, match=message):
        MSAModule(8, 8, **switch)
