"""A page to search a gallery on, in the browser; see docs/gallery.md."""

import argparse
import contextlib
import math
import os
import signal
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from aanet.apis import Gallery
from aanet.apis.arguments import open_inferencer
from aanet.apis.backends import BACKENDS
from aanet.apis.page_html import STYLE, answer_html, problem_html
from aanet.apis.page_search import PageSearch
from aanet.datasets.image_files import UnreadableImageError
from aanet.utils.cli import clear_errors

HOST = '127.0.0.1'
# Nothing is fetched from elsewhere, whatever the page asks for.
POLICY = "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'"
HINT = 'Drop a picture of one person: the nearest pictures are listed here.'


def parse_args() -> argparse.Namespace:
    """Arguments of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        '--gallery',
        required=True,
        metavar='GALLERY.npz',
        help='a gallery that tools/gallery.py has built',
    )
    parser.add_argument(
        '--model',
        nargs='+',
        default=[],
        metavar='FILE',
        help='a checkpoint, or a config and a checkpoint (default: the '
        'checkpoint that the gallery was built with)',
    )
    parser.add_argument(
        '--backend',
        choices=sorted(BACKENDS),
        help='what runs the model (default: onnxruntime for an .onnx file, '
        'else torch)',
    )
    parser.add_argument(
        '--device', help='where to compute (default: a GPU if there is one)'
    )
    parser.add_argument(
        '--port', type=int, default=7860, help='(default: 7860)'
    )
    return parser.parse_args()


def import_gradio() -> ModuleType:
    """Import Gradio, which is told to call nobody.

    Returns:
        ModuleType: The package.

    Raises:
        ImportError: If it is not installed.
    """
    os.environ['GRADIO_ANALYTICS_ENABLED'] = 'False'
    os.environ['HF_HUB_DISABLE_TELEMETRY'] = '1'
    os.environ['HF_HUB_OFFLINE'] = '1'
    try:
        import gradio
    except ImportError as error:
        raise ImportError(
            "the search page needs gradio: run `pip install -e '.[demo]'`."
        ) from error
    return gradio


def open_search(args: argparse.Namespace) -> PageSearch:
    """Open the gallery and its model."""
    gallery = Gallery.open(args.gallery)
    files = args.model or [gallery.model_file]
    if not files[0]:
        raise ValueError(
            'the gallery does not know the file of a model: name it with '
            '--model.'
        )
    with redirect_stdout(sys.stderr):
        inferencer = open_inferencer(files, args, show_progress=False)
    return PageSearch(gallery, inferencer)


def show(
    search: PageSearch,
    path: str | None,
    topk: int,
    use_threshold: bool,
    threshold: float,
    cameras: list[str],
    attend_results: bool,
) -> str:
    """Answer with HTML, whatever the file is."""
    if not path:
        return _hint()
    try:
        answer = search(
            path,
            int(topk),
            threshold if use_threshold else math.inf,
            [int(camera) for camera in cameras],
            attend_results,
        )
    except UnreadableImageError:
        return problem_html(
            f'{Path(path).name} cannot be read: it is damaged or no picture. '
            'Take a JPEG or PNG file of one person.'
        )
    except (ValueError, OSError) as error:
        return problem_html(str(error))
    return answer_html(answer)


def _hint() -> str:
    return f'<div class="answer"><p>{HINT}</p></div>'


def make_page(gr: ModuleType, search: PageSearch) -> Any:
    """Lay the page out."""
    gallery = search.gallery
    content = f'{len(gallery)} pictures, {gallery.distance} distance'
    with gr.Blocks(
        title='Search a gallery',
        analytics_enabled=False,
        fill_width=True,
        # Pictures of persons are not kept: looked for each minute, removed
        # after ten.
        delete_cache=(60, 600),
    ) as page:
        gr.Markdown(f'# Search a gallery\n{content}')
        with gr.Row():
            with gr.Column(scale=1, min_width=280):
                inputs = _controls(gr, search)
            with gr.Column(scale=4):
                answer = gr.HTML(_hint(), elem_id='answer')
        gr.on(
            [control.change for control in inputs],
            lambda *values: show(search, *values),
            inputs,
            answer,
            trigger_mode='always_last',
            api_visibility='private',
        )
    return page


def _controls(gr: ModuleType, search: PageSearch) -> list:
    """What the user sets, in the order of the arguments of `show`."""
    found = search.gallery.threshold
    cameras = [str(camera) for camera in search.cameras]
    return [
        gr.File(label='Picture of a person', elem_id='query', height=180),
        gr.Slider(1, 48, 12, step=1, label='Pictures to list'),
        gr.Checkbox(
            found is not None,
            label='Say who is not in the gallery',
            elem_id='use-threshold',
        ),
        gr.Slider(
            0,
            _largest_distance(search.gallery),
            round(found.value, 4) if found else 0.3,
            step=0.0001,
            label='Threshold',
            elem_id='threshold',
        ),
        gr.CheckboxGroup(
            cameras,
            label='Only these cameras (none: all)',
            visible=bool(cameras),
            elem_id='cameras',
        ),
        gr.Checkbox(
            False,
            label='Attention on the results, too',
            visible=search.sees_attention,
            elem_id='attend',
        ),
    ]


def _largest_distance(gallery: Gallery) -> float:
    """An end of the slider that no distance lies far beyond."""
    if gallery.distance == 'cosine':
        return 2.0
    features = gallery.entries.features.astype('float32')
    return 2 * math.ceil(float((features**2).sum(1).max()) ** 0.5)


class OnlyFromHere:
    """Have the browser refuse connections to other servers.

    Args:
        app (Any): The ASGI application.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: dict, receive: Any, send: Any) -> None:
        """Add the policy to each response."""

        async def send_with_policy(message: dict) -> None:
            if message['type'] == 'http.response.start':
                policy = (b'content-security-policy', POLICY.encode())
                message['headers'] = [*message.get('headers', ()), policy]
            await send(message)

        await self.app(scope, receive, send_with_policy)


def serve(gr: ModuleType, page: Any, port: int) -> None:
    """Serve the page to this machine only, until Ctrl+C."""
    from starlette.middleware import Middleware

    fonts = {'font': ['system-ui', 'sans-serif'], 'font_mono': ['monospace']}
    try:
        page.launch(
            server_name=HOST,
            server_port=port,
            share=False,
            ssr_mode=False,
            enable_monitoring=False,
            quiet=True,
            prevent_thread_lock=True,
            max_file_size='20mb',
            footer_links=[],
            theme=gr.themes.Base(**fonts),
            css=STYLE,
            app_kwargs={'middleware': [Middleware(OnlyFromHere)]},
        )
    except OSError as error:
        raise OSError(
            f'port {port} is taken: choose another one with --port.'
        ) from error
    # A kill ends it like Ctrl+C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f'search page: http://{HOST}:{port} (Ctrl+C ends it)', flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        page.block_thread()


if __name__ == '__main__':
    with clear_errors():
        args = parse_args()
        gr = import_gradio()
        search = open_search(args)
        with tempfile.TemporaryDirectory(prefix='search_page_') as uploads:
            os.environ['GRADIO_TEMP_DIR'] = uploads
            serve(gr, make_page(gr, search), args.port)
