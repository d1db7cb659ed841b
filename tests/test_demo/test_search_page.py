"""The search page in a browser."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.parse import urlsplit

import pytest

from tests.helpers.tools import ROOT, run_inside

PAGE = ROOT / 'demo' / 'search_page.py'
CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
DRIVER = shutil.which('chromedriver')
FLAGS = (
    '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run '
    '--disable-background-networking --disable-component-update '
    '--disable-sync --disable-dev-shm-usage --window-size=1280,1000'
)


@pytest.fixture(scope='module')
def address(tiny):
    """Address of a page that is being served."""
    pytest.importorskip('gradio')
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    command = [PAGE, '--gallery', tiny.gallery_file, '--port', port]
    log, uploads = tiny.folder / 'page.log', tiny.folder / 'uploads'
    uploads.mkdir()
    with log.open('w') as file:
        page = subprocess.Popen(
            [sys.executable, *map(str, command)],
            cwd=ROOT,
            env=os.environ | {'OMP_NUM_THREADS': '1', 'TMPDIR': str(uploads)},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_served(page, f'http://127.0.0.1:{port}', log)
        yield f'http://127.0.0.1:{port}'
    finally:
        page.terminate()
        page.wait(20)
    assert not list(uploads.rglob('*.jpg'))


def wait_until_served(page, address, log):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(240):
        assert page.poll() is None, log.read_text('utf-8')
        try:
            opener.open(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.25)
    raise AssertionError(log.read_text('utf-8'))


@pytest.fixture(scope='module')
def browser(tmp_path_factory):
    """A headless Chromium that logs its requests."""
    webdriver = pytest.importorskip('selenium.webdriver')
    if not CHROMIUM or not DRIVER:
        pytest.skip('chromium or chromedriver is not installed')
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    profile = tmp_path_factory.mktemp('profile')
    for flag in (*FLAGS.split(), f'--user-data-dir={profile}'):
        options.add_argument(flag)
    options.set_capability('goog:loggingPrefs', {'performance': 'ALL'})
    service = webdriver.ChromeService(DRIVER)
    driver = webdriver.Chrome(options, service)
    yield driver
    driver.quit()


def find(browser, css):
    return browser.find_elements('css selector', f'#answer {css}')


def wait_for(browser, css, text=''):
    """The elements, once the first of them is there and holds a text."""
    from selenium.common import StaleElementReferenceException
    from selenium.webdriver.support.ui import WebDriverWait

    def there(_):
        found = find(browser, css)
        return found if found and text in found[0].text else False

    ignored = [StaleElementReferenceException]
    return WebDriverWait(browser, 20, 0.1, ignored).until(there)


def wait_for_only(browser, text):
    """Until every figure of the ranked list holds a text."""
    from selenium.common import StaleElementReferenceException
    from selenium.webdriver.support.ui import WebDriverWait

    def there(_):
        texts = [hit.text for hit in find(browser, 'figure.hit')]
        return texts and all(text in other for other in texts)

    ignored = [StaleElementReferenceException]
    WebDriverWait(browser, 20, 0.1, ignored).until(there)


def upload(browser, path):
    """Hand a file to the page, in place of the one before."""
    from selenium.webdriver.support.ui import WebDriverWait

    for button in browser.find_elements(
        'css selector', '#query [aria-label="Clear"]'
    ):
        button.click()
    field = WebDriverWait(browser, 20).until(
        lambda _: browser.find_elements(
            'css selector', '#query input[type=file]'
        )
    )[0]
    field.send_keys(path)


def test_a_person_is_found_and_a_broken_file_is_named(browser, address, tiny):
    browser.get(address)
    upload(browser, tiny.query)
    hits = wait_for(browser, 'figure.hit')
    assert len(hits) == 12
    assert hits[0].text.startswith(f'1. id {tiny.pid}')
    assert '0.0000' in hits[0].text
    assert len(find(browser, 'figure.query img')) == 2

    browser.find_element('css selector', '#use-threshold input').click()
    wait_for(browser, '.verdict.yes', f'In the gallery: id {tiny.pid}')
    assert '✓' in find(browser, 'figure.near')[0].text

    camera = browser.find_element('css selector', '#cameras label')
    number = camera.text.strip()
    camera.click()
    wait_for_only(browser, f'camera {number}\n')

    upload(browser, tiny.broken)
    (problem,) = wait_for(browser, '.problem', 'broken.jpg cannot be read')
    assert 'Traceback' not in browser.page_source
    assert not find(browser, 'figure')
    assert problem.is_displayed()
    assert hosts(browser) == {urlsplit(address).netloc}


def hosts(browser):
    """Whom the browser has asked for something."""
    messages = [
        json.loads(entry['message'])['message']
        for entry in browser.get_log('performance')
    ]
    urls = [
        urlsplit(message['params']['request']['url'])
        for message in messages
        if message['method'] == 'Network.requestWillBeSent'
    ]
    return {url.netloc for url in urls if url.scheme.startswith('http')}


def test_without_gradio_a_sentence_names_the_extra(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, 'gradio', None)
    status, printed = run_inside(
        monkeypatch, capsys, 'demo/search_page.py', '--gallery', 'any.npz'
    )
    assert status == 1
    assert "pip install -e '.[demo]'" in printed.err
