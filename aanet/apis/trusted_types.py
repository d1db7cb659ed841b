"""Which classes a config may name that nobody has read.

mmengine takes a ``type`` that no registry knows for a path to import, so that
``dict(type='subprocess.call', ...)`` calls that function; and some registered
classes download code. A config from a checkpoint is held to less.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from mmengine.registry import Registry

from aanet.registry import MODELS, TRANSFORMS

_TRUSTED_MODULES = {
    MODELS: (
        'mmcv.cnn.',
        'mmengine.model.',
        'mmpretrain.models.backbones.',
        'mmpretrain.models.heads.',
        'mmpretrain.models.losses.',
        'mmpretrain.models.necks.',
        'mmpretrain.models.utils.data_preprocessor',
        'torch.nn.modules.',
    ),
    TRANSFORMS: (
        'mmcv.transforms.',
        'mmpretrain.datasets.transforms.',
    ),
}
# Its classes fetch models from hubs.
_DISTRUSTED_MODULES = ('mmpretrain.models.backbones.timm_backbone',)


def check_types(settings: Any, registry: Registry) -> None:
    """Refuse settings that could build something else than a part.

    Args:
        settings (Any): Config of a model or of transforms.
        registry (Registry): ``MODELS`` or ``TRANSFORMS`` of this package.

    Raises:
        ValueError: If a ``type`` is no class of this package, or of those
            parts of mmcv, mmpretrain and torch that only compute.
    """
    for mapping in _mappings(settings):
        if '_scope_' in mapping:
            raise ValueError('it sets _scope_')
        if 'type' in mapping and not _is_trusted(mapping['type'], registry):
            raise ValueError(
                f'it builds {mapping["type"]!r}, which is no part known to '
                'only compute'
            )


def _mappings(settings: Any) -> Iterator[Mapping]:
    """All dicts in there, at any depth."""
    values: Any = ()
    if isinstance(settings, Mapping):
        yield settings
        values = settings.values()
    elif isinstance(settings, list | tuple):
        values = settings
    for value in values:
        yield from _mappings(value)


def _is_trusted(name: Any, registry: Registry) -> bool:
    if not isinstance(name, str):
        return False
    scope, key = Registry.split_scope_key(name)
    registry.import_from_location()
    # Who registers a class here trusts it.
    if scope in (None, 'aanet') and key in registry.module_dict:
        return True
    found = _borrowed(scope, key, registry)
    # mmpretrain wraps the transforms of torchvision.
    found = found.func if isinstance(found, partial) else found
    return (
        isinstance(found, type)
        and found.__module__.startswith(_TRUSTED_MODULES[registry])
        and not found.__module__.startswith(_DISTRUSTED_MODULES)
    )


def _borrowed(scope: str | None, key: str, registry: Registry) -> Any:
    """What another package has registered under a name, None if nothing."""
    root = registry.parent
    if scope in (None, 'mmengine'):
        return root.module_dict.get(key)
    if scope != 'mmpretrain':
        return None
    # Importing it makes the node.
    import mmpretrain.registry  # noqa: F401

    node = root.children['mmpretrain']
    node.import_from_location()
    return node.module_dict.get(key)
