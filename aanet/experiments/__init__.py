from .columns import COLUMNS
from .jobs import Job, expand
from .launch import Launcher
from .report import FORMATS, render
from .results import load_result
from .tables import Row, Table, load_table, table_names

__all__ = [
    'COLUMNS',
    'FORMATS',
    'Job',
    'Launcher',
    'Row',
    'Table',
    'expand',
    'load_result',
    'load_table',
    'render',
    'table_names',
]
