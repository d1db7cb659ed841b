"""The convolution unit that the attention modules are built of."""

from torch import nn


def conv_unit(
    in_channels: int,
    out_channels: int,
    kernel_size: tuple[int, int] = (1, 1),
    stride: int = 1,
    norm: bool = True,
) -> nn.Sequential:
    """Convolution, with batch norm and ReLU behind it if ``norm``.

    Args:
        in_channels (int): Channels of the input.
        out_channels (int): Channels of the output.
        kernel_size (tuple[int, int]): Odd height and width of the kernel;
            the padding keeps the size. Defaults to (1, 1).
        stride (int): Stride of the convolution. Defaults to 1.
        norm (bool): Batch norm and ReLU, and no bias. Defaults to True.

    Returns:
        nn.Sequential: The layers.
    """
    padding = (kernel_size[0] // 2, kernel_size[1] // 2)
    conv = nn.Conv2d(
        in_channels, out_channels, kernel_size, stride, padding, bias=not norm
    )
    if not norm:
        return nn.Sequential(conv)
    return nn.Sequential(
        conv, nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True)
    )
