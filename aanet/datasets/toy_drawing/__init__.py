from aanet.datasets.toy_drawing.toy_set import ToySpec, ensure_toy_set

__all__ = ['ToySpec', 'ensure_toy_set']
