"""Read the text of a config without running it.

mmengine keeps the config of a run in its checkpoints, as Python source. To
run that source would let a checkpoint do anything; here it is only read, and
nothing but plain values is understood.
"""

import ast
from typing import Any

_MAX_CHARACTERS = 2**20
_NUMBERS = {'inf': float('inf'), 'nan': float('nan')}
_PLAIN = (str, int, float, bool, type(None))


def parse_config_text(text: str) -> dict[str, Any]:
    """Turn lines like ``model = dict(type='ReIDNet')`` into a dict.

    Values are strings, numbers, True, False, None, and lists, tuples and
    dicts of these, the latter written ``{...}`` or ``dict(...)``: all that
    ``Config.pretty_text`` of a text config writes.

    Args:
        text (str): The source.

    Returns:
        dict[str, Any]: What each name stands for.

    Raises:
        ValueError: If there is anything else in it; the message holds the
            line.
    """
    if len(text) > _MAX_CHARACTERS:
        raise ValueError(f'a config of {len(text)} characters is too long')
    try:
        body = ast.parse(text).body
        return dict(map(_assignment, body))
    except SyntaxError as error:
        line = error.lineno or 1
        raise ValueError(f'line {line} is no Python ({error.msg})') from error
    except (RecursionError, MemoryError) as error:
        raise ValueError('its values are nested too deeply') from error


def _assignment(statement: ast.stmt) -> tuple[str, Any]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, _value(value)
    raise _refused(statement)


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=value) if isinstance(value, _PLAIN):
            return value
        case ast.Name(id=name) if name in _NUMBERS:
            return _NUMBERS[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand)
        case ast.List(elts=items):
            return [_value(item) for item in items]
        case ast.Tuple(elts=items):
            return tuple(_value(item) for item in items)
        case ast.Dict(keys=keys, values=values):
            return _mapping(keys, values)
        case ast.Call(func=ast.Name(id='dict'), args=args, keywords=words):
            return _dict_call(node, args, words)
    raise _refused(node)


def _number(node: ast.expr) -> int | float:
    value = None if isinstance(node, ast.UnaryOp) else _value(node)
    if isinstance(value, int | float):
        return value
    raise _refused(node)


def _mapping(
    keys: list[ast.expr | None], values: list[ast.expr]
) -> dict[Any, Any]:
    result = {}
    for key, value in zip(keys, values, strict=True):
        # A key of None stands for a mapping that is unpacked.
        if not isinstance(key, ast.Constant):
            raise _refused(value)
        result[_value(key)] = _value(value)
    return result


def _dict_call(
    node: ast.expr, args: list[ast.expr], words: list[ast.keyword]
) -> dict[Any, Any]:
    """``dict(a=1)``, or ``dict({'0': 1})`` as mmengine writes odd keys."""
    match args:
        case []:
            result = {}
        case [ast.Dict(keys=keys, values=values)]:
            result = _mapping(keys, values)
        case _:
            raise _refused(node)
    for word in words:
        if word.arg is None:
            raise _refused(node)
        result[word.arg] = _value(word.value)
    return result


def _refused(node: ast.AST) -> ValueError:
    line = getattr(node, 'lineno', '?')
    kind = type(node).__name__
    return ValueError(f'line {line} holds more than plain values ({kind})')
