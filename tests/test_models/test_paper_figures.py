"""Parameters and MACs of the paper's Table 5 and of its variants."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from aanet.registry import MODELS

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / 'tools' / 'analysis_tools' / 'get_flops.py'
CONFIG = ROOT / 'configs' / 'aanet' / 'aanet_r50_cuhk03-labeled.py'

RESNET50 = 23_508_032
# Head and CAM classifier at 767 identities: 4,856,314 and 767 * 2048.
HEAD_AND_NECK = 4_856_314 + 1_570_816
HEAD_AND_NECK_MACS = 4_848_128 + 1_570_816
ROWS = {
    0: (0, 0, 0, 0),
    3: (0, 0, 0, 3),
    6: (0, 0, 3, 3),
    9: (0, 0, 6, 3),
    13: (0, 4, 6, 3),
    16: (3, 4, 6, 3),
}


@pytest.fixture(scope='module', autouse=True)
def as_users_run_it():
    """The tool in a process of its own, beside the tests of this file."""
    options = ['--json', '--shape', '384', '192']
    process = subprocess.Popen(
        [sys.executable, str(TOOL), str(CONFIG), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    yield process
    process.kill()
    process.communicate()


def resnet50(blocks, **kwargs):
    backbone = MODELS.build(
        {
            'type': 'ResNetOFA',
            'depth': 50,
            'attention_blocks': blocks,
            **kwargs,
        }
    )
    backbone.eval()
    return backbone


def params(module):
    return sum(p.numel() for p in module.parameters())


def macs(backbone):
    """Counted on meta tensors, independently of the tool."""
    backbone.to('meta')
    with FlopCounterMode(display=False) as counter:
        (out,) = backbone(torch.zeros(1, 3, 384, 192, device='meta'))
    assert out.shape == (1, 2048, 24, 12)
    return counter.get_total_flops() / 2


@pytest.mark.parametrize(
    ('modules', 'millions', 'giga'),
    [
        (9, 41.390, 11.961),
        (13, 42.045, 12.669),
        (16, 42.150, 13.068),
    ],
)
def test_deeper_rows_of_table_5(modules, millions, giga):
    """Strided blocks pool before the projection, the default."""
    backbone = resnet50(ROWS[modules])
    assert len(backbone.attention_modules()) == modules
    total = params(backbone) + HEAD_AND_NECK
    assert total / 1e6 == pytest.approx(millions, abs=0.0006)
    total = macs(backbone) + HEAD_AND_NECK_MACS
    assert total / 1e9 == pytest.approx(giga, abs=0.001)


def test_pooling_the_input_is_cheaper():
    """+0.439 G for nine modules, in place of +0.635 G at full size."""
    attention = {'type': 'OFAModule', 'down': 'input'}
    total = macs(resnet50(ROWS[9], attention=attention)) + HEAD_AND_NECK_MACS
    assert total / 1e9 == pytest.approx(11.440 + 0.439, abs=0.001)


@pytest.mark.parametrize(
    ('switches', 'extra'),
    [
        ({}, 9_629_184),
        ({'connection': 'dense'}, 9_629_184),
        ({'connection': 'transmit'}, 9_629_184),
        ({'connection': 'series'}, 11_704_128),
        ({'attention': None}, 0),
    ],
    ids=str,
)
def test_parameters_of_the_connections(switches, extra):
    assert params(resnet50(ROWS[6], **switches)) == RESNET50 + extra


def test_parameters_of_dense_concatenation():
    """A 1x1 convolution and a batch norm from all attentions before."""
    outs = [1024, 1024, 1024, 2048, 2048, 2048]
    ins = [1024, 1024, 1024, 1024, 2048, 2048]
    links = sum(
        sum(outs[:j]) * ins[j] + 2 * ins[j] for j in range(1, len(ins))
    )
    assert links / 1e6 == pytest.approx(31.5, abs=0.05)
    switches = {'connection': 'dense', 'dense_fusion': 'concat'}
    total = params(resnet50(ROWS[6], **switches))
    assert total == RESNET50 + 9_629_184 + links


POSITIONS = [(1024, 1024)] * 3 + [(1024, 2048)] + [(2048, 2048)] * 2
# c m + m + m c' + c' at the six positions, where m = c/16.
CHANNELS_ALONE = sum(
    c * (c // 16) + c // 16 + (c // 16) * d + d for c, d in POSITIONS
)


@pytest.mark.parametrize(
    ('attention', 'extra'),
    [
        ({'type': 'FCAModule'}, CHANNELS_ALONE),
        # OFA less the FCA inside it, whose output is its input.
        (
            {'type': 'MSAModule'},
            9_629_184
            - sum(
                2 * c * (c // 16) + c // 16 + c
                for c in [1024] * 4 + [2048] * 2
            ),
        ),
        ({'type': 'CAModule'}, 1_648_128),
        # 3x3 kernel, batch norm, weight and bias of a single channel.
        ({'type': 'SAModule'}, 6 * (9 + 2 + 2)),
        ({'type': 'SOAModule'}, CHANNELS_ALONE + 6 * 13),
        ({'type': 'SOAModule', 'fuse': 'mul'}, CHANNELS_ALONE + 6 * 13),
        # The c c' convolution is most of it.
        ({'type': 'HAModule'}, 15_240_276),
        ({'type': 'ThreeDAModule'}, 1_747_968),
    ],
    ids=['FCA', 'MSA', 'CA', 'SA', 'SOA', 'SOA-mul', 'HA', '3DA'],
)
def test_parameters_of_one_part_alone(attention, extra):
    backbone = resnet50(ROWS[6], attention=attention)
    assert params(backbone) == RESNET50 + extra


def test_closed_forms_of_the_rivals_parameters():
    """Of CA, HA and 3DA at the six positions; SOA is CA and 78 of SA."""
    assert CHANNELS_ALONE == 1_648_128
    harmonious = sum(
        14 + 2 * c * (c // 16) + 2 * (c // 16 + c) + c * d + 2 * d
        for c, d in POSITIONS
    )
    assert harmonious == 15_240_276
    three_d = sum(
        (c + 2) * m + 2 * (m + 1) * m + (m + 1) * d
        for c, d in POSITIONS
        for m in [c // 16]
    )
    assert three_d == 1_747_968


def check(summary, total, giga):
    """One row of the table, and that its parts add up."""
    assert summary['params'] == total
    assert summary['macs'] / 1e9 == pytest.approx(giga, abs=0.001)
    parts = summary['parts']
    assert set(parts) == {'backbone', 'attention', 'neck', 'head'}
    for unit in ('params', 'macs'):
        assert sum(part[unit] for part in parts.values()) == summary[unit]
    assert parts['backbone']['params'] == RESNET50


@pytest.mark.parametrize(
    ('modules', 'total', 'giga'),
    [(0, 29_935_162, 9.126), (3, 37_219_450, 10.880)],
)
def test_flop_counter(modules, total, giga, monkeypatch, capsys):
    option = f'model.backbone.attention_blocks={ROWS[modules]}'
    arguments = [str(CONFIG), '--json', '--cfg-options']
    monkeypatch.setattr(
        sys, 'argv', [str(TOOL), *arguments, option.replace(' ', '')]
    )
    runpy.run_path(str(TOOL), run_name='__main__')
    check(json.loads(capsys.readouterr().out), total, giga)


def test_flop_counter_of_the_paper_s_model_as_users_run_it(as_users_run_it):
    output, errors = as_users_run_it.communicate(timeout=120)
    assert as_users_run_it.returncode == 0, errors
    summary = json.loads(output)
    check(summary, 39_564_346, 11.440)
    assert summary['parts']['attention']['params'] == 9_629_184
