import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import data_urls
from indexer.errors import PictureForbidden


@given(content=st.binary(min_size=1, max_size=2_000))
def test_content_comes_back_from_either_form(content: bytes) -> None:
    encoded = base64.b64encode(content).decode()
    forms = [
        f"data:image/png;base64,{encoded}",
        f"DATA:;BASE64,{encoded}",
        f"data:image/png;charset=x;base64,{quote(encoded, safe='')}",
        f"data:image/png;base64,{encoded.rstrip('=')}",
        f"data:image/png;base64, {encoded[:5]}\n{encoded[5:]}#part",
        f"data:image/png,{quote(content, safe='')}",
    ]

    read = [data_urls.content(form, max_bytes=2_000) for form in forms]

    assert read == [content] * len(forms)


@given(size=st.integers(1, 300), limit=st.integers(1, 300))
def test_the_size_limit_is_exact_in_either_form(size: int, limit: int) -> None:
    content = b"\xff" * size
    forms = [
        "data:;base64," + base64.b64encode(content).decode(),
        "data:," + quote(content, safe=""),
        "data:," + "a" * size,
    ]

    for form in forms:
        if size <= limit:
            assert len(data_urls.content(form, max_bytes=limit)) == size
        else:
            with pytest.raises(PictureForbidden, match=f"more than {limit} bytes"):
                data_urls.content(form, max_bytes=limit)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("data:", "no comma"),
        ("data:image/png;base64", "no comma"),
        ("data:,", "no bytes"),
        ("data:;base64,", "no bytes"),
        ("data:;base64,====", "no bytes"),
        ("data:;base64,a", "not valid base64"),
        ("data:;base64,ab_-", "not valid base64"),
        ("data:;base64,ab=cd", "not valid base64"),
        ("data:;base64,\u00e9\u00e9", "not valid base64"),
    ],
)
def test_a_malformed_data_url_is_refused(url: str, reason: str) -> None:
    with pytest.raises(PictureForbidden, match=reason):
        data_urls.content(url, max_bytes=100)


def test_too_much_is_refused_before_it_is_decoded() -> None:
    url = "data:;base64," + "!" * 10_000

    with pytest.raises(PictureForbidden, match="more than 100 bytes"):
        data_urls.content(url, max_bytes=100)


def test_only_the_data_scheme_is_a_data_url() -> None:
    urls = ["data:,a", "Data:,a", "http://data:80/", "dat", ""]

    told = [data_urls.is_data_url(url) for url in urls]

    assert told == [True, True, False, False, False]
