from aanet.datasets.transforms.fast_pack_inputs import FastPackInputs
from aanet.datasets.transforms.fast_random_erasing import FastRandomErasing

__all__ = ['FastPackInputs', 'FastRandomErasing']
